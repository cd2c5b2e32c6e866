"""Exact coordinates and values at the vertices of the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np
from flint import fmpz_mat

from tropical._exact.rational import IntVector
from tropical.network import IntegerLayer

__all__ = ["ExactVertices"]


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
        self._place = [(depth, j) for depth, layer in enumerate(layers) for j in range(len(layer.matrix))]
        self.parents = np.empty((0, 3), dtype=np.int32)

    def ray(self, vertex: int) -> IntVector:
        """Return the primitive homogeneous coordinates."""
        pending = [vertex]
        while pending:
            v = pending[-1]
            if v in self._rays:
                pending.pop()
                continue
            low, high, neuron = self.parents[v].tolist()
            missing = [end for end in (low, high) if end not in self._rays]
            if missing:
                pending += missing
                continue
            depth, j = self._place[neuron]
            one, other = abs(self.values(low, depth)[j]), abs(self.values(high, depth)[j])
            raw = [other * a + one * b for a, b in zip(self._rays[low], self._rays[high], strict=True)]
            divisor = gcd(*raw)
            self._edges[v] = (low, high, depth, other, one, divisor)
            self._rays[v] = tuple(entry // divisor for entry in raw)
        return self._rays[vertex]

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
