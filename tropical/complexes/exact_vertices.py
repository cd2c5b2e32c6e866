"""Exact coordinates and values at the vertices of the compiled engine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from math import gcd
from typing import Any

import numpy as np
from flint import fmpz_mat

from tropical._exact.rational import IntVector
from tropical.network import IntegerLayer

__all__ = ["ExactVertices", "JoinedVertices"]


class ExactVertices:
    """Exact coordinates and values at vertices, computed where they are asked for.

    A vertex between p and q, made by a neuron with values a and b of opposite signs there, is ``|b| p + |a| q`` over a
    common divisor; the values of that neuron's layer, which are linear on the edge, follow in the same way. Those of
    later layers take a matrix product.
    """

    def __init__(self, layers: Sequence[IntegerLayer], rays: Sequence[IntVector], homogeneous: bool) -> None:
        self._layers = layers
        self._matrices: dict[int, fmpz_mat] = {}
        self.homogeneous = homogeneous
        self._rays: dict[int, IntVector] = dict(enumerate(rays))
        self._edges: dict[int, tuple[int, int, int, int, int, int]] = {}
        self._values: dict[tuple[int, int], list[int]] = {}
        self._single: dict[tuple[int, int, int], int] = {}
        # for each vertex two points of the line on which it was made, and the neuron that made it: those of earlier
        # layers, and the tables of the layer at work
        self._lines = np.empty((0, 2), dtype=np.int32)
        self._present = (self._lines, np.empty(0, dtype=np.int32))

    @cached_property
    def _place(self) -> list[tuple[int, int]]:
        """For each neuron its layer, and its number in it."""
        return [(depth, j) for depth, layer in enumerate(self._layers) for j in range(len(layer.matrix))]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_matrices": {}}  # integers of flint do not pickle; they are made anew

    def closed(self, vertices: np.ndarray) -> np.ndarray:
        """Return these vertices and all that their coordinates follow from, sorted; between two layers."""
        kept = np.unique(vertices)
        while True:
            ends = self._lines[kept]
            more = np.setdiff1d(ends[ends >= 0], kept)
            if not len(more):
                return kept
            kept = np.union1d(kept, more)

    def restricted(self, kept: np.ndarray) -> ExactVertices:
        """Return the vertices of a closed sorted set, numbered by their places in it; between two layers."""
        lines = self._lines[kept]
        first = np.flatnonzero(lines[:, 0] < 0).tolist()
        rays = [self._rays[v] for v in kept[first].tolist()]
        other = ExactVertices(self._layers, (), self.homogeneous)
        other._rays = dict(zip(first, rays, strict=True))
        other._lines = np.where(lines >= 0, np.searchsorted(kept, lines), -1).astype(np.int32)
        other._present = (self._present[0], self._present[1][kept])
        return other

    def look_at(self, line: np.ndarray, neurons: np.ndarray) -> None:
        """Take the tables of the layer at work, which a kernel fills; they hold the earlier vertices' neurons, too."""
        self._present = (line, neurons)

    def keep(self, count: int) -> None:
        """Keep the lines of the layer that ends now, with `count` vertices altogether."""
        line, neurons = self._present
        self._lines = np.concatenate([self._lines, line[len(self._lines) : count]])
        self._present = (line[:0], neurons[:count])

    def ray(self, vertex: int) -> IntVector:
        """Return the primitive homogeneous coordinates."""
        pending = [vertex]
        while pending:
            v = pending[-1]
            if v in self._rays:
                pending.pop()
                continue
            low, high = (self._lines[v] if v < len(self._lines) else self._present[0][v]).tolist()
            missing = [end for end in (low, high) if end not in self._rays]
            if missing:
                pending += missing
                continue
            depth, j = self._place[int(self._present[1][v])]
            one, other = abs(self.value(low, depth, j)), abs(self.value(high, depth, j))
            raw = [other * a + one * b for a, b in zip(self._rays[low], self._rays[high], strict=True)]
            divisor = gcd(*raw)
            self._edges[v] = (low, high, depth, other, one, divisor)
            self._rays[v] = tuple(entry // divisor for entry in raw)
        return self._rays[vertex]

    def value(self, vertex: int, depth: int, j: int) -> int:
        """Return the preactivation of one neuron, an integer over its layer's scale.

        Along a chain of edges only this neuron is followed, not its whole layer.
        """
        row = self._values.get((vertex, depth))
        if row is not None:
            return row[j]
        known = self._single.get((vertex, depth, j))
        if known is None:
            self.ray(vertex)
            edge = self._edges.get(vertex)
            if edge is None or edge[2] != depth:
                return self.values(vertex, depth)[j]
            low, high, _, other, one, divisor = edge
            known = (other * self.value(low, depth, j) + one * self.value(high, depth, j)) // divisor
            self._single[vertex, depth, j] = known
        return known

    def values(self, vertex: int, depth: int) -> list[int]:
        """Return the preactivations of a layer at a vertex, in integers over the layer's scale."""
        known = self._values.get((vertex, depth))
        if known is None:
            self.ray(vertex)
            edge = self._edges.get(vertex)
            if edge is not None and edge[2] == depth:
                low, high, _, other, one, divisor = edge
                ends = zip(self.values(low, depth), self.values(high, depth), strict=True)
                known = [(other * a + one * b) // divisor for a, b in ends]
            else:
                known = self._product(vertex, depth)
            self._values[vertex, depth] = known
        return known

    def inputs(self, vertex: int, depth: int) -> list[int]:
        """Return what a layer reads at a vertex, over the scale of the layer before."""
        if depth:
            return [max(value, 0) for value in self.values(vertex, depth - 1)]
        ray = self.ray(vertex)
        return list(ray if self.homogeneous else ray[:-1])

    def last(self, vertex: int) -> int:
        """Return the last homogeneous coordinate t, 0 for a direction."""
        return 0 if self.homogeneous else self.ray(vertex)[-1]

    def _product(self, vertex: int, depth: int) -> list[int]:
        layer = self._layers[depth]
        if depth not in self._matrices:
            rows = [[*row, b] for row, b in zip(layer.matrix, layer.bias, strict=True)]
            self._matrices[depth] = fmpz_mat(rows)
        column = [[x] for x in (*self.inputs(vertex, depth), self.last(vertex))]
        return [int(x) for x in (self._matrices[depth] * fmpz_mat(column)).entries()]


class JoinedVertices:
    """The exact vertices of several runs, numbered through."""

    def __init__(self, parts: Sequence[ExactVertices | JoinedVertices], counts: Sequence[int]) -> None:
        self._parts = parts
        self._starts = [0, *accumulate(counts)]

    def ray(self, vertex: int) -> IntVector:
        """Return the primitive homogeneous coordinates."""
        run = bisect_right(self._starts, vertex) - 1
        return self._parts[run].ray(vertex - self._starts[run])
