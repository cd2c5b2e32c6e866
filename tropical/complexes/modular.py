r"""Determinants modulo primes: what the compiled kernels need to decide a sign in integers.

A vertex of a cell with preactivations F_j (integer forms on the cell) lies on d independent hyperplanes h_1, ..., h_d;
homogeneous coordinates have d + 1 entries. Its coordinates are the cofactors c with <c, x> = det(h_1, ..., h_d, x), up
to a factor, whose sign is that of <c, w> for a wall w of the domain that does not contain the vertex. So the sign of
F_j there is the product of the signs of two determinants, each found from its residues modulo primes p_1, ..., p_m.

**How many primes.** By Hadamard an absolute determinant is at most the product of the rows' Euclidean norms; residues
tell apart all integers below half the product of the primes in absolute value. A neuron's form on any cell has a norm
of at most N_j, where N_j is the norm of its row in the first layer, and :math:`N_j = \sum_i |W_{ji}| N_i + |b_j|` later
(triangle inequality; inactive neurons contribute nothing). The kernel adds up log2 of these for the rows that it chose
and takes more primes until their bits suffice; rounding is paid for by the slack in ``_SLACK`` and in the bits that a
prime counts for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from flint import fmpz

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector
from tropical.complexes.float_layers import FloatLayer
from tropical.network import IntegerLayer

__all__ = ["Arithmetic", "ModularNetwork", "wall_zeros"]

# A prime counts for so many bits; all are just below 2^30, so that fifteen products of residues fit in 64 bits.
BITS = 29.99
# 32 of them stay below the largest float64.
_MOST = 32
_SLACK = 1 + 1e-9
# Norms below 2^62 let all forms fit in 64 bits.
_WORD = 62.0
# Values (of size 1) with a larger error bound are computed anew. Measured on 2-128-128-128-1, where every such vertex
# makes some in the next layer undecided: 0.25 to 0.27 s for limits from 1e-4 to 1e-3, 0.3 to 0.5 s for 1e-5, 1e-2 and
# none. Behind the last layer nobody reads the values.
_LIMIT, _LAST_LIMIT = 1e-3, 1.0
_U = 2.0**-53


class ModularNetwork:
    """A network's weights modulo primes, made when they are asked for and kept."""

    def __init__(self, layers: Sequence[IntegerLayer], floats: Sequence[FloatLayer]) -> None:
        self._layers, self._floats = layers, floats
        self.limits = _limits(floats)
        self.arguments: tuple[Any, ...] = _NO_NETWORK
        self.floats = (_NO_FLOATS, _NO_FLOATS)

    @property
    def primes(self) -> np.ndarray:
        """The primes in use."""
        return self.arguments[1][0]

    def prepare(self, dimension: int, wall_bits: float) -> None:
        """Reduce all weights modulo as many primes as a sign can need, or as many as there are.

        Parameters
        ----------
        dimension : int
            Rows of a determinant.
        wall_bits : float
            log2 of the largest norm of a wall.
        """
        bits = _neuron_bits(self._layers) if not len(self.primes) else self.arguments[-1]
        most = dimension * max(float(bits.max()), wall_bits) + 2
        count = min(int(most / BITS) + 1, _MOST) if np.isfinite(most) else _MOST
        if count <= len(self.primes):
            return
        primes, inverses = _primes()
        primes, inverses = primes[:count], np.ascontiguousarray(inverses[:count, :count])
        rows = [[[*row, b] for row, b in zip(layer.matrix, layer.bias, strict=True)] for layer in self._layers]
        moduli, residues = _planes(rows, primes, float(bits.max()))
        widths = [len(self._layers[0].matrix[0]), *map(len, rows)]
        places = np.cumsum([0, *(len(layer) * len(layer[0]) for layer in rows)])
        words = np.cumsum([0, *((width + 63) // 64 for width in widths[1:])])
        shape = (places, words, np.array(widths, dtype=np.int64))
        self.arguments = (moduli, (primes, inverses), residues, *shape, bits)
        weights = np.concatenate([np.column_stack([layer.matrix, layer.bias]).ravel() for layer in self._floats])
        self.floats = (weights, np.array([layer.reach for layer in self._floats]))


class Arithmetic:
    """What the kernels need to settle a vertex of an enumeration; empty until the first one is.

    Attributes
    ----------
    ready : bool
        Whether :meth:`prepare` was called.
    """

    def __init__(self, network: ModularNetwork, cones: Sequence[Cone]) -> None:
        self.ready = False
        self._network, self._cones = network, cones
        self._arguments: tuple[Any, ...] = (_NO_NETWORK, _NO_WALLS)
        self._scratch = (_NO_FORMS, _NO_INTEGERS, _NO_FLOATS, _NO_FLOATS)

    def arguments(self, depth: int, patterns: np.ndarray, cone: np.ndarray) -> tuple[Any, ...]:
        """Return the kernels' arguments that have to do with exact signs.

        They are: the layer; patterns and start cones of its cells, scratch for forms and the cell they belong to, float
        weights and reach, and the error bound beyond which a vertex is computed anew; for the network moduli, primes
        with their inverses modulo each other, residues of the rows (weights, bias), first weight, first word and width
        of each layer, bits of each neuron's norm; for the walls residues, bits, and the first one of each start cone.
        """
        self._scratch[1].fill(-1)
        return depth, (patterns, cone, *self._scratch, self._network.limits[depth]), *self._arguments

    def prepare(self) -> None:
        """Make the residues."""
        walls = [wall for cone in self._cones for wall in cone.constraints]
        bits = _log2(np.array([np.linalg.norm(_floats(wall)) for wall in walls]))
        dimension = len(walls[0])
        self._network.prepare(dimension, float(bits.max()))
        network, primes = self._network.arguments, self._network.primes
        starts = np.cumsum([0, *(len(cone.constraints) for cone in self._cones)])
        residues = _residues(walls, primes).reshape(len(primes), len(walls), dimension)
        self._arguments = (network, (residues, bits, starts))
        forms = np.empty((len(network[0]), len(network[-1]), dimension), dtype=np.uint64)
        self._scratch = (forms, np.full(len(forms), -1, dtype=np.int64), *self._network.floats)
        self.ready = True


def _planes(rows: list[list[list[int]]], primes: np.ndarray, bits: float) -> tuple[np.ndarray, np.ndarray]:
    """Return moduli and all weights modulo each: the primes, or only 2^64, written 0, if all forms fit."""
    if bits < _WORD:
        try:
            entries = np.concatenate([np.array(layer, dtype=np.int64).ravel() for layer in rows])
            return np.zeros(1, dtype=np.uint64), entries.view(np.uint64)[None]
        except OverflowError:  # a large weight behind a dead neuron
            pass
    return primes, np.concatenate([_residues(layer, primes) for layer in rows], axis=1)


_NO_INTEGERS, _NO_FLOATS, _NO_WORDS = np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.uint64)
_NO_TABLE, _NO_FORMS = np.empty((0, 0), dtype=np.uint64), np.empty((0, 0, 0), dtype=np.uint64)
_NO_NETWORK = (_NO_WORDS, (_NO_WORDS, _NO_TABLE), _NO_TABLE, *(_NO_INTEGERS,) * 3, _NO_FLOATS)
_NO_WALLS = (_NO_FORMS, _NO_FLOATS, _NO_INTEGERS)


def _limits(floats: Sequence[FloatLayer]) -> tuple[float, ...]:
    """Return the error bounds beyond which values are computed anew, well above those that can be reached."""
    limits = []
    error, size = 2 * _MOST * _U, 1.0
    for layer in floats:
        error = max(layer.reach * (error + (layer.matrix.shape[1] + 8) * _U * size), error)
        size = max(layer.reach * size, 1.0)
        limits.append(max(_LIMIT, 64 * error))
    return (*limits[:-1], _LAST_LIMIT)


@lru_cache(maxsize=1)
def _primes() -> tuple[np.ndarray, np.ndarray]:
    """Return the largest primes below 2^30 and the inverses of each modulo the others."""
    primes, candidate = [], 2**30 - 1
    while len(primes) < _MOST:
        if fmpz(candidate).is_prime():
            primes.append(candidate)
        candidate -= 2
    inverses = [[pow(p, -1, q) if p != q else 0 for q in primes] for p in primes]
    return np.array(primes, dtype=np.uint64), np.array(inverses, dtype=np.uint64)


def _neuron_bits(layers: Sequence[IntegerLayer]) -> np.ndarray:
    """Return log2 of the largest norm that each neuron's integer form has on a cell."""
    bits, norms = [], np.empty(0)
    with np.errstate(all="ignore"):  # what overflows is infinite or nan, and no sign is decided with it
        for depth, layer in enumerate(layers):
            offsets = np.abs(_floats(layer.bias))
            weights = np.abs(np.array([_floats(row) for row in layer.matrix]))
            norms = weights @ norms + offsets if depth else np.hypot(np.linalg.norm(weights, axis=1), offsets)
            norms = norms * _SLACK
            bits.append(_log2(norms))
    return np.concatenate(bits)


def _log2(norms: Any) -> np.ndarray:
    return np.log2(np.maximum(norms, 1.0)) + 1e-8


def wall_zeros(cones: Sequence[Cone], number: dict[IntVector, int]) -> np.ndarray:
    """Return the walls on which each ray lies, as words."""
    if len(cones) == 1:
        return np.array(cones[0].incidence, dtype=np.uint64)[:, None]
    count = sum(len(cone.constraints) for cone in cones)
    words = np.zeros((len(number), (count + 63) // 64), dtype=np.uint64)
    first = 0
    for cone in cones:
        for ray, incidence in zip(cone.rays, cone.incidence, strict=True):
            for w, word in enumerate(_words(incidence << first % 64)):
                words[number[ray], first // 64 + w] |= np.uint64(word)
        first += len(cone.constraints)
    return words


def _words(mask: int) -> list[int]:
    found = []
    while mask:
        found.append(mask & (1 << 64) - 1)
        mask >>= 64
    return found


def _floats(numbers: Sequence[int]) -> np.ndarray:
    """Return integers in float64, infinite where they are beyond it."""
    try:
        return np.array(numbers, dtype=np.float64)
    except OverflowError:
        return np.array([float(x) if abs(x) < 2**1000 else np.inf for x in numbers])


def _residues(rows: Sequence[Sequence[int]], primes: np.ndarray) -> np.ndarray:
    """Return the entries of all rows modulo each prime, flat."""
    try:
        entries = np.array(rows, dtype=np.int64).ravel()
    except OverflowError:
        flat = [entry for row in rows for entry in row]
        return np.array([[entry % p for entry in flat] for p in primes.tolist()], dtype=np.uint64)
    return (entries[None, :] % primes.astype(np.int64)[:, None]).astype(np.uint64)
