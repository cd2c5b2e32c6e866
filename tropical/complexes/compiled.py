"""The compiled cell engine: networks in general and special position alike, exact.

Layer by layer, all cells of a layer at once: one matrix product gives the values of the next layer at all vertices, and
the kernels of :mod:`tropical.complexes.kernels` split the cells. A sign that float64 cannot prove is that of
determinants modulo primes, or, where those are too large, of integers: from the exact coordinates of the vertex, which
follow from those of the two ends of its edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector
from tropical.clauses import members
from tropical.complexes import kernels
from tropical.complexes.exact_vertices import ExactVertices, JoinedVertices
from tropical.complexes.float_layers import FloatLayer, NotForThisEngine, float_layers
from tropical.complexes.growing_arrays import FoundCells, LayerTable
from tropical.complexes.modular import Arithmetic, ModularNetwork, wall_zeros
from tropical.network import IntegerLayer, NetworkResolver

__all__ = ["CompiledCells", "FinalOutputs", "NotForThisEngine", "begin", "enumerate_cells", "finish"]

_U = 2.0**-53


Outputs = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class FinalLayer:
    """The last hidden layer at all vertices, in floats with their error bound: from it those of the outputs follow.

    Attributes
    ----------
    active : uint64 (vertices, words)
    values : float64 (vertices, width + 1)
        Preactivations, rows scaled by powers of two, and the last homogeneous coordinate t.
    error : float64 (vertices,)
    """

    active: np.ndarray
    values: np.ndarray
    error: np.ndarray

    def outputs(self, layers: Sequence[IntegerLayer]) -> Outputs | None:
        """Return the outputs (homogeneous: times t), t, and bounds of the errors of both; None beyond float64's range.

        Of sums of fan_in + 1 products each, as in the kernel that evaluates layers.
        """
        try:
            layer = float_layers(layers)[-1]
        except NotForThisEngine:
            return None
        width = self.values.shape[1] - 1
        inputs = np.where(unpack(self.active, width), self.values[:, :-1], 0.0)
        t = self.values[:, -1]
        size = np.maximum(np.abs(inputs).max(axis=1, initial=0.0), np.abs(t))
        error = np.maximum(layer.reach * (self.error + (width + 8) * _U * size), self.error)
        values = inputs @ layer.matrix.T + t[:, None] * layer.bias
        exponents = np.array(layer.exponents)
        return np.ldexp(values, exponents), t, np.maximum(np.ldexp(error[:, None], exponents), error[:, None])


@dataclass(frozen=True, slots=True)
class FinalOutputs:
    """The outputs at all vertices, as :meth:`FinalLayer.outputs` gives them: a small part of what that layer holds."""

    found: Outputs | None

    def outputs(self, layers: Sequence[IntegerLayer]) -> Outputs | None:
        """Return what was found."""
        return self.found


@dataclass(frozen=True, slots=True)
class CompiledCells:
    """Cells as arrays.

    Attributes
    ----------
    offsets : int64 (cells + 1,)
        Cell c has the vertices ``vertices[offsets[c]:offsets[c + 1]]``.
    vertices : int32
    masks : uint64
        For each of them on which constraints of its cell it lies; the bits mean something within a cell only.
    patterns : uint64 (cells, words)
        The active units, layer by layer, each layer beginning a new word.
    exact : ExactVertices or JoinedVertices
    final : FinalLayer or FinalOutputs
    complete : bool
        False where the budget ended the enumeration.
    interrupted : bool
        Whether Ctrl-C ended it; the cells are true ones all the same.
    """

    offsets: np.ndarray
    vertices: np.ndarray
    masks: np.ndarray
    patterns: np.ndarray
    exact: ExactVertices | JoinedVertices
    final: FinalLayer | FinalOutputs
    complete: bool
    interrupted: bool

    def active_units(self, widths: Sequence[int]) -> np.ndarray:
        """Return which hidden units are active, bool (cells, sum of the widths)."""
        parts, word = [], 0
        for width in widths:
            words = (width + 63) // 64
            parts.append(unpack(self.patterns[:, word : word + words], width))
            word += words
        return np.concatenate(parts, axis=1)


def kernels_ready() -> bool:
    """Return whether compiled kernels are in memory, or on disk from the present source."""
    if _PREPARED:  # some network was enumerated in this process
        return True
    dispatcher = kernels.split_layer
    source, folder = Path(kernels.__file__), dispatcher.stats.cache_path
    if folder is None:
        return False
    entries = Path(folder).glob(f"{source.stem}.split_layer-*.nbi")
    return any(entry.stat().st_mtime >= source.stat().st_mtime for entry in entries)


def enumerate_cells(
    network: NetworkResolver,
    cones: Sequence[Cone],
    homogeneous: bool,
    max_cells: int | None,
    progress: Callable[[int], object] = lambda count: None,
) -> CompiledCells:
    """Return the cells of a network's hidden layers inside pointed cones.

    Parameters
    ----------
    network : NetworkResolver
        The network on R^k, in integers.
    cones : sequence of Cone
        Pointed, full-dimensional, without overlap: the domain.
    homogeneous : bool
        Whether the cones live in R^k; otherwise in R^(k+1), the last coordinate being t >= 0.
    max_cells : int or None
    progress : callable
        Called with the number of cells finished, in each layer anew.

    Raises
    ------
    NotForThisEngine
    """
    work = begin(network, cones, homogeneous)
    return finish(work, 0, np.empty((len(cones), 0), dtype=np.uint64), max_cells, progress)


def begin(network: NetworkResolver, cones: Sequence[Cone], homogeneous: bool) -> _Work:
    """Return the state before the first layer: the start cones are the cells.

    Raises
    ------
    NotForThisEngine
    """
    layers = network.layers[:-1]
    prepared = _PREPARED.get(network)
    if prepared is None:
        floats = float_layers(layers)
        prepared = _PREPARED[network] = (floats, ModularNetwork(layers, floats))
    return _Work(layers, *prepared, cones, homogeneous)


def finish(
    work: _Work,
    depth: int,
    patterns: np.ndarray,
    max_cells: int | None,
    progress: Callable[[int], object] = lambda count: None,
) -> CompiledCells:
    """Split the cells at work, with their patterns in the layers before, along the layers from `depth` on."""
    complete = True
    for layer in range(depth, len(work.floats)):
        parent, pattern, finished = work.split(layer, patterns, max_cells, progress)
        patterns = np.concatenate([patterns[parent], pattern], axis=1)
        complete = complete and finished
        if work.interrupted:  # what was found goes through the layers that are left, if it is not too much
            max_cells = min(max_cells or _AFTER_INTERRUPT, _AFTER_INTERRUPT)
    arrays = (work.offsets, work.vertices, work.masks, patterns)
    assert work.final is not None, "there is a hidden layer"
    return CompiledCells(*arrays, work.exact, work.final, complete, work.interrupted)


# Cells split at a time: between two batches the bar moves, and Ctrl-C is heard.
_BATCH, _AFTER_INTERRUPT = 1 << 10, 1 << 10


# a network's layers in float64 and modulo primes: their preparation takes as long as the cells of a small network
_PREPARED: WeakKeyDictionary[NetworkResolver, tuple[list[FloatLayer], ModularNetwork]] = WeakKeyDictionary()


class _Work:
    """The cells reached so far, and the values of the present layer at their vertices."""

    def __init__(
        self,
        layers: Sequence[IntegerLayer],
        floats: Sequence[FloatLayer],
        modular: ModularNetwork,
        cones: Sequence[Cone],
        homogeneous: bool,
    ) -> None:
        self.dimension = cones[0].dimension
        number: dict[IntVector, int] = {}
        vertices: list[int] = []
        masks: list[int] = []
        offsets = [0]
        for cone in cones:
            if cone.lines or len(cone.constraints) > 64:
                raise NotForThisEngine("a start cone with lines, or with more than 64 constraints")
            vertices += [number.setdefault(ray, len(number)) for ray in cone.rays]
            masks += cone.incidence
            offsets.append(len(vertices))
        self.offsets = np.array(offsets, dtype=np.int64)
        self.vertices = np.array(vertices, dtype=np.int32)
        self.masks = np.array(masks, dtype=np.uint64)
        self.exact = ExactVertices(layers, list(number), homogeneous)
        self.floats = floats
        self.arithmetic = Arithmetic(modular, cones)
        self.cone = np.arange(len(cones), dtype=np.int32)
        self.zeros = wall_zeros(cones, number)
        rays = np.array([_unit(ray) for ray in number])
        self.inputs = rays if homogeneous else np.ascontiguousarray(rays[:, :-1])
        self.last = np.zeros(len(rays)) if homogeneous else np.ascontiguousarray(rays[:, -1])
        self.error = np.full(len(rays), 2 * _U)
        self.neurons = np.full(len(rays), -1, dtype=np.int32)
        self.first_neuron = 0
        self.final: FinalLayer | None = None
        self.interrupted = False

    def part(self, start: int, stop: int) -> _Work:
        """Return the same state with these cells, and their vertices, only."""
        part = copy(self)
        first, last = self.offsets[[start, stop]]
        part.offsets = self.offsets[start : stop + 1] - first
        kept = self.exact.closed(self.vertices[first:last])
        part.vertices = np.searchsorted(kept, self.vertices[first:last]).astype(np.int32)
        part.masks, part.cone = self.masks[first:last], self.cone[start:stop]
        part.inputs, part.last, part.error = self.inputs[kept], self.last[kept], self.error[kept]
        part.neurons, part.zeros, part.exact = self.neurons[kept], self.zeros[kept], self.exact.restricted(kept)
        return part

    def split(
        self,
        depth: int,
        patterns: np.ndarray,
        max_cells: int | None,
        progress: Callable[[int], object] = lambda count: None,
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Split all cells along a layer; return for each new cell its parent and its pattern, and if all are there."""
        layer = self.floats[depth]
        table = LayerTable(layer, self.inputs, self.last, self.error, self.neurons, self.zeros)
        self.exact.look_at(table.line, table.parents[:, 2])
        settle = self.arithmetic.arguments(depth, patterns, self.cone)
        out = FoundCells((layer.width + 63) // 64)
        state = np.array([0, table.count, 0, -1 if max_cells is None else max_cells, -1, 0], dtype=np.int64)
        count = len(self.offsets) - 1
        while True:
            try:
                stop = min(int(state[0]) + _BATCH, count)
                where = (self.dimension, self.first_neuron, self.offsets[: stop + 1], self.vertices, self.masks)
                arguments = (*where, *table.arguments(), *out.arguments(), state, *settle)
                status = kernels.split_layer(*arguments)
                progress(int(state[0]))
            except KeyboardInterrupt:
                if not out.count + state[2]:
                    raise
                self.interrupted = True
                table.count = int(state[1])  # the kernel may have returned before the signal was seen
                break
            table.count = int(state[1])
            if status == kernels.DONE:
                if stop == count or state[0] < stop:
                    break
                continue
            if status == kernels.UNDECIDED:
                if self.arithmetic.ready:
                    self._decide(int(state[4]), depth, table)
                else:
                    self.arithmetic.prepare()
                    settle = self.arithmetic.arguments(depth, patterns, self.cone)
            elif status == kernels.GROW_VERTICES:
                table.grow()
                self.exact.look_at(table.line, table.parents[:, 2])
            elif status == kernels.MASK_FULL:
                raise NotForThisEngine("a cell with more than 64 facets")
            elif status == kernels.GROW_CELLS:
                out.store(state)
            else:
                out.grow_stack()
        finished = int(state[0]) == count
        self.offsets, parent, self.vertices, self.masks, pattern = out.cells(int(state[2]))
        self.exact.keep(table.count)
        if depth + 1 < len(self.floats):  # what the next layer reads is zero exactly where the sign says so
            self.neurons = table.parents[: table.count, 2]
            self.first_neuron += layer.width
            self.cone = self.cone[parent]
            nowhere = ~(table.signs[0, : table.count] | table.signs[1, : table.count])
            self.zeros = np.concatenate([table.zeros[: table.count], nowhere], axis=1)
            active = unpack(table.signs[0, : table.count], layer.width)
            self.inputs = np.where(active, np.maximum(table.values[: table.count, :-1], _TINY), 0.0)
            self.last = np.ascontiguousarray(table.values[: table.count, -1])
            self.error = table.error[: table.count]
        else:
            self.final = FinalLayer(*(a[: table.count] for a in (table.signs[0], table.values, table.error)))
        return parent, pattern, finished

    def _decide(self, v: int, depth: int, table: LayerTable) -> None:
        """Set the undecided signs of a vertex in integers, and its values to the rounded exact ones if they are bad."""
        for w, word in enumerate(table.signs[2, v].tolist()):
            for bit in members(word):
                value = self.exact.value(v, depth, 64 * w + bit)
                if value:
                    table.signs[0 if value > 0 else 1, v, w] |= np.uint64(1 << bit)
        table.signs[2, v] = 0
        if table.error[v] > _BAD:
            self._refresh(v, depth, table)

    def _refresh(self, v: int, depth: int, table: LayerTable) -> None:
        """Compute the values of a vertex anew from the exact inputs of the layer."""
        before = self.floats[depth - 1] if depth else None
        scale, exponents = (before.scale, before.exponents) if before else (1, [0] * self.inputs.shape[1])
        shift = max(0, *exponents)
        inputs = [x << shift - e for x, e in zip(self.exact.inputs(v, depth), exponents, strict=True)]
        last = self.exact.last(v) * scale << shift
        size = max(1, abs(last), *map(abs, inputs))
        table.fill(v, np.array([x / size for x in inputs]), last / size)


# An error bound beyond this (values have the size of 1) is not inherited by further vertices.
_BAD = 1e-11


# Stands for a positive number that was rounded to zero or below: far below every error bound.
_TINY = 1e-300


def unpack(words: np.ndarray, width: int) -> np.ndarray:
    """Return the bits of words, (n, words) to bool (n, width)."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, count=width, bitorder="little").view(bool)


def _unit(ray: IntVector) -> list[float]:
    """Return a multiple of a ray of size 1, zero exactly where the ray is."""
    size = max(map(abs, ray))
    return [entry / size or (_TINY if entry > 0 else -_TINY if entry else 0.0) for entry in ray]
