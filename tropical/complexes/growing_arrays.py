"""The arrays of the compiled cell engine that grow while the kernels work: a layer's vertices, and the cells found.

The kernels of :mod:`tropical.complexes.kernels` stop where an array is full, and go on after it was replaced by a
longer one. Cells are put aside in chunks, so that what is found is copied once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tropical.complexes import kernels
from tropical.complexes.float_layers import FloatLayer

__all__ = ["FoundCells", "LayerTable"]

_U = 2.0**-53
_VERTICES, _CELLS, _STACK = 1 << 10, 1 << 10, 1 << 12

# Products beyond this many are left to BLAS, whose call costs as much as some thousands of them.
_BLAS = 10_000


class LayerTable:
    """The values of a layer at all vertices, with room for more."""

    def __init__(
        self,
        layer: FloatLayer,
        inputs: np.ndarray,
        last: np.ndarray,
        error: np.ndarray,
        neurons: np.ndarray,
        zeros: np.ndarray,
    ) -> None:
        self.layer = layer
        self.count = count = len(inputs)
        capacity = max(_VERTICES, 4 * count)
        width, fan_in = layer.matrix.shape
        self.values, self.error = np.empty((capacity, width + 1)), np.empty(capacity)
        self.signs = np.empty((3, capacity, (width + 63) // 64), dtype=np.uint64)
        multiplied = count * width * fan_in > _BLAS
        if multiplied:
            self.values[:count, :width] = inputs @ layer.matrix.T
        weights = (layer.matrix, layer.bias, layer.reach, multiplied)
        kernels.evaluate_layer(inputs, last, error, *weights, self.values, self.error, *self.signs)
        # vertices of earlier layers are ends of edges here, whatever made them
        self.parents, self.line = np.empty((capacity, 3), dtype=np.int32), np.empty((capacity, 2), dtype=np.int32)
        self.parents[:count, :2] = -1
        self.parents[:count, 2] = neurons
        self.line[:count] = -1
        self.zeros = _longer(zeros, capacity)
        self.table = np.full(_table_size(capacity), -1, dtype=np.int32)

    def fill(self, v: int, inputs: np.ndarray, last: float) -> None:
        """Compute the values of one vertex from inputs of size 1 with rounding errors only."""
        self.values[v, :-1] = self.layer.matrix @ inputs + self.layer.bias * last
        self.values[v, -1] = last
        # the last coordinate was rounded, too, whatever the weights are
        self.error[v] = max(self.layer.reach * (len(inputs) + 10), 2.0) * _U

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel that splits."""
        return self.values, self.error, *self.signs, self.parents, self.line, self.zeros, self.table

    def grow(self) -> None:
        """Double the room."""
        capacity = 2 * len(self.values)
        self.values, self.error = _longer(self.values, capacity), _longer(self.error, capacity)
        signs, self.signs = self.signs, np.empty((3, capacity, self.signs.shape[2]), dtype=np.uint64)
        self.signs[:, : self.count] = signs[:, : self.count]
        self.parents = _longer(self.parents, capacity)
        self.line, self.zeros = _longer(self.line, capacity), _longer(self.zeros, capacity)
        self.table = np.full(_table_size(capacity), -1, dtype=np.int32)
        kernels.fill_table(self.table, self.parents, self.count)


class FoundCells:
    """The cells found, in chunks, and the stack of those at work."""

    def __init__(self, words: int) -> None:
        self.count = 0
        self._words = words
        self._chunks: list[tuple[np.ndarray, ...]] = []
        self._stack = np.zeros(256, dtype=np.int64)
        self._stack_vertices = np.empty(_STACK, dtype=np.int32)
        self._stack_masks = np.empty(_STACK, dtype=np.uint64)
        self._open(_CELLS, 8 * _CELLS)

    def _open(self, cells: int, vertices: int) -> None:
        """Begin a chunk with room for so many cells, and vertices of all of them."""
        self._offsets, self._parent = np.zeros(cells + 1, dtype=np.int64), np.empty(cells, dtype=np.int32)
        self._vertices, self._masks = np.empty(vertices, dtype=np.int32), np.empty(vertices, dtype=np.uint64)
        self._pattern = np.empty((cells, self._words), dtype=np.uint64)

    def arguments(self) -> tuple[np.ndarray, ...]:
        """Return the arguments of the kernel that splits."""
        found = (self._offsets, self._parent, self._vertices, self._masks, self._pattern)
        return *found, self._stack, self._stack_vertices, self._stack_masks

    def _chunk(self, count: int) -> tuple[np.ndarray, ...]:
        stop = int(self._offsets[count])
        lists = (self._vertices[:stop], self._masks[:stop])
        return self._offsets[: count + 1], self._parent[:count], *lists, self._pattern[:count]

    def store(self, state: np.ndarray) -> None:
        """Put the cells found so far aside and begin another chunk; the kernel's state is told."""
        count, cells, vertices = int(state[2]), len(self._parent), len(self._vertices)
        if count:
            self._chunks.append(self._chunk(count))
        self.count += count
        state[2] = 0
        if state[3] >= 0:
            state[3] -= count
        # twice the room, up to a size at which a chunk more or less no longer counts, or if not one cell found room
        if not count or vertices < _CHUNK:
            cells, vertices = 2 * cells, 2 * vertices
        self._open(cells, vertices)

    def cells(self, count: int) -> tuple[np.ndarray, ...]:
        """Return offsets, parents, vertices, masks and patterns of the cells found; the chunks are used up."""
        if not self._chunks:
            return self._chunk(count)
        self._chunks.append(self._chunk(count))
        columns = [list(column) for column in zip(*self._chunks, strict=True)]
        self._chunks.clear()
        sizes = np.concatenate([np.diff(offsets) for offsets in columns[0]])
        return np.concatenate([[0], np.cumsum(sizes)]), *(_joined(column) for column in columns[1:])

    def grow_stack(self) -> None:
        """Double the room for the cells at work."""
        self._stack = _longer(self._stack, 2 * len(self._stack))
        size = 2 * len(self._stack_vertices)
        self._stack_vertices, self._stack_masks = _longer(self._stack_vertices, size), _longer(self._stack_masks, size)


# Vertices of the cells in a full chunk.
_CHUNK = 1 << 20


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Return arrays one after the other; each is given up as soon as it is copied."""
    if len(parts) == 1:
        return parts[0]
    result = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), dtype=parts[0].dtype)
    place = len(result)
    while parts:
        part = parts.pop()
        place -= len(part)
        result[place : place + len(part)] = part
    return result


def _longer(array: np.ndarray, length: int) -> np.ndarray:
    """Return a copy with room for more rows; the new ones are not initialised."""
    result = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    kept = min(length, len(array))
    result[:kept] = array[:kept]
    return result


def _table_size(capacity: int) -> int:
    """Return a power of two of at least twice the capacity."""
    return 1 << (2 * capacity - 1).bit_length()
