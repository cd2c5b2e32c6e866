"""Polyhedral cones in R^m by both descriptions at once, in Python integers (double description).

A cone is ``{x : <a, x> >= 0 for every constraint a}`` and also ``lines + nonnegative combinations of rays``. Affine
geometry is done by homogenising: the point z of R^k is the ray (z, 1) of R^{k+1}, the affine form ``<u, z> + c`` is the
vector (u, c), and a cell is a cone inside ``t >= 0``. Nothing here assumes general position: rays may lie on any
number of constraints, and *incidence* (which ray lies on which constraint, a bit mask for each ray) is decided by
integers, never by a tolerance. Unbounded cells need no bounding box: they have rays with t = 0, or lines.

References
----------
Motzkin, Raiffa, Thompson, Thrall (1953), *The double description method*; Fukuda and Prodon (1996), *Double
description method revisited* (the combinatorial adjacency test used in :meth:`Cone.split`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd
from operator import and_

from tropical._exact.rational import IntVector, dot, primitive

__all__ = ["Cone"]


class Cone:
    """A cone that spans a subspace of ``dimension``; immutable by convention.

    Attributes
    ----------
    dimension : int
        Dimension of the linear span.
    lines : tuple of int vectors
        Basis of the largest linear subspace inside the cone.
    rays : tuple of int vectors
        Extreme rays modulo the lines; primitive.
    incidence : tuple of int
        For each ray the bit mask of the constraints that vanish on it.
    constraints : tuple of int vectors
        Normals a of the half-spaces ``<a, x> >= 0`` in the order they were added. Redundant ones may remain.
    """

    __slots__ = ("constraints", "dimension", "incidence", "lines", "rays")

    def __init__(
        self,
        dimension: int,
        lines: tuple[IntVector, ...],
        rays: tuple[IntVector, ...],
        incidence: tuple[int, ...],
        constraints: tuple[IntVector, ...],
    ) -> None:
        self.dimension = dimension
        self.lines = lines
        self.rays = rays
        self.incidence = incidence
        self.constraints = constraints

    @classmethod
    def whole_space(cls, dimension: int) -> Cone:
        """Return R^dimension: no constraint, no ray, one line for each axis."""
        axes = tuple(tuple(int(i == j) for j in range(dimension)) for i in range(dimension))
        return cls(dimension, axes, (), (), ())

    def side(self, normal: Sequence[int]) -> int | None:
        """Return the sign of a linear form on the cone: 1 (>= 0), -1 (<= 0), 0 (vanishes), None (takes both signs).

        Complexity: one inner product for each line and ray.
        """
        if any(dot(normal, line) for line in self.lines):
            return None
        positive = negative = False
        for ray in self.rays:
            value = dot(normal, ray)
            if value > 0:
                if negative:
                    return None
                positive = True
            elif value < 0:
                if positive:
                    return None
                negative = True
        return int(positive) - int(negative)

    def split(self, normal: IntVector) -> tuple[Cone, Cone]:
        """Return the parts ``<normal, x> >= 0`` and ``<normal, x> <= 0`` of a cone that the hyperplane crosses.

        Requires ``side(normal) is None``. Complexity: O(p·q·r) mask operations for p positive, q negative and r rays.
        """
        for index, line in enumerate(self.lines):
            if dot(normal, line):
                return self._split_across_lines(normal, index)
        values = [dot(normal, ray) for ray in self.rays]
        positive = [i for i, value in enumerate(values) if value > 0]
        negative = [i for i, value in enumerate(values) if value < 0]
        bit = 1 << len(self.constraints)
        on_wall = [(self.rays[i], self.incidence[i] | bit) for i, value in enumerate(values) if value == 0]
        # Two extreme rays span a two-dimensional face iff no third ray lies on all constraints they share; such a
        # face is the only place where the wall meets the cone in a new ray.
        needed = self.dimension - len(self.lines) - 2
        masks = self.incidence
        for p in positive:
            for q in negative:
                common = masks[p] & masks[q]
                if common.bit_count() < needed:
                    continue
                if any(common & mask == common for i, mask in enumerate(masks) if i != p and i != q):
                    continue
                up, down = values[p], -values[q]
                crossing = [up * low + down * high for high, low in zip(self.rays[p], self.rays[q], strict=True)]
                on_wall.append((primitive(crossing), common | bit))
        return (
            self._part(normal, [(self.rays[i], masks[i]) for i in positive] + on_wall),
            self._part(tuple(-a for a in normal), [(self.rays[i], masks[i]) for i in negative] + on_wall),
        )

    def _part(self, normal: IntVector, rays: list[tuple[IntVector, int]]) -> Cone:
        return Cone(
            self.dimension,
            self.lines,
            tuple(ray for ray, _ in rays),
            tuple(mask for _, mask in rays),
            (*self.constraints, normal),
        )

    def _split_across_lines(self, normal: IntVector, index: int) -> tuple[Cone, Cone]:
        """Split where some line leaves the hyperplane: that line becomes the one new ray of each part."""
        line = self.lines[index]
        height = dot(normal, line)
        if height < 0:
            line, height = tuple(-a for a in line), -height

        def onto_wall(vector: IntVector) -> IntVector:
            value = dot(normal, vector)
            return primitive([height * a - value * b for a, b in zip(vector, line, strict=True)])

        lines = tuple(onto_wall(other) for j, other in enumerate(self.lines) if j != index)
        bit = 1 << len(self.constraints)
        rays = tuple(onto_wall(ray) for ray in self.rays)
        incidence = (*(mask | bit for mask in self.incidence), bit - 1)
        up = Cone(self.dimension, lines, (*rays, line), incidence, (*self.constraints, normal))
        opposite = tuple(-a for a in line)
        wall = tuple(-a for a in normal)
        down = Cone(self.dimension, lines, (*rays, opposite), incidence, (*self.constraints, wall))
        return up, down

    def part(self, normal: IntVector) -> Cone | None:
        """Return the part ``<normal, x> >= 0``, or None where it spans less than the cone does.

        The normal becomes the newest constraint even where it cuts nothing off, so that the numbers of the
        constraints are those of the calls.
        """
        side = self.side(normal)
        if side is None:
            return self.split(normal)[0]
        if side < 0:
            return None
        bit = 1 << len(self.constraints)
        incidence = tuple(
            mask if dot(normal, ray) else mask | bit for mask, ray in zip(self.incidence, self.rays, strict=True)
        )
        return Cone(self.dimension, self.lines, self.rays, incidence, (*self.constraints, normal))

    def homogenised(self) -> Cone:
        """Return a cone of R^k, whose one vertex is the origin, as the cone over its points (z, 1), in R^(k+1)."""
        width = len(self.rays[0]) if self.rays else len(self.lines[0]) if self.lines else 0
        bit = 1 << len(self.constraints)
        last = (*(0,) * width, 1)
        return Cone(
            self.dimension + 1,
            tuple((*line, 0) for line in self.lines),
            (*((*ray, 0) for ray in self.rays), last),
            (*(mask | bit for mask in self.incidence), bit - 1),
            (*((*wall, 0) for wall in self.constraints), last),
        )

    def interior_point(self) -> IntVector:
        """Return an integer point of the relative interior: the sum of the rays (zero for a linear subspace)."""
        if not self.rays:
            return (0,) * (len(self.lines[0]) if self.lines else 0)
        return primitive([sum(entries) for entries in zip(*self.rays, strict=True)])

    def facets(self) -> tuple[int, ...]:
        """Return the indices of the irredundant constraints, of parallel ones the first.

        A constraint is redundant iff the rays on it are a proper subset of the rays on another one; one that vanishes
        on the whole cone cuts nothing off.
        """
        on = {
            c: sum(1 << i for i, mask in enumerate(self.incidence) if mask >> c & 1)
            for c, normal in enumerate(self.constraints)
            if any(normal)
        }
        first = {mine: c for c, mine in reversed(on.items())}
        return tuple(
            c
            for mine, c in sorted(first.items(), key=lambda item: item[1])
            if not any(mine != other and mine & other == mine for other in first)
        )

    def face(self, constraint: int) -> Cone:
        """Return the facet on the constraint of this index, as a cone of one dimension less."""
        kept = [i for i, mask in enumerate(self.incidence) if mask >> constraint & 1]
        return Cone(
            self.dimension - 1,
            self.lines,
            tuple(self.rays[i] for i in kept),
            tuple(self.incidence[i] for i in kept),
            self.constraints,
        )

    def combination(self, normal: IntVector) -> tuple[int, dict[int, int]]:
        """Write a form that is nonnegative on the cone as a nonnegative combination of the constraints (Farkas).

        Returns ``scale > 0`` and multipliers m with ``scale·normal = Σ m[c]·constraints[c]``; at most ``dimension``
        multipliers. Requires ``side(normal) >= 0`` and a full-dimensional cone.

        Notes
        -----
        No linear program is needed where the rays are known. The form lies in the cone of the constraints. Subtract
        the largest multiple of one constraint that leaves it nonnegative on every ray: it then vanishes on one ray
        more. Go on with a constraint that vanishes on all rays where the form does already (a nonzero form vanishes
        on a proper face, and every proper face lies in a facet) until it vanishes on every ray, hence everywhere.
        """
        scale = 1
        multipliers: dict[int, int] = {}
        values = [dot(normal, ray) for ray in self.rays]
        every = sum(1 << c for c, constraint in enumerate(self.constraints) if any(constraint))
        while any(values):
            zero_on = [mask for mask, value in zip(self.incidence, values, strict=True) if value == 0]
            candidates = reduce(and_, zero_on, every)
            chosen = candidates.bit_length() - 1  # the newest wall: its form is shared by the fewest other cells
            heights = [dot(self.constraints[chosen], ray) for ray in self.rays]
            numerator, denominator = 0, 0
            for value, height in zip(values, heights, strict=True):
                if height > 0 and (denominator == 0 or value * denominator < numerator * height):
                    numerator, denominator = value, height
            common = gcd(numerator, denominator)
            numerator, denominator = numerator // common, denominator // common
            values = [denominator * value - numerator * height for value, height in zip(values, heights, strict=True)]
            scale *= denominator
            multipliers = {c: m * denominator for c, m in multipliers.items()}
            multipliers[chosen] = numerator
        common = gcd(scale, *multipliers.values())
        return scale // common, {c: m // common for c, m in multipliers.items()}
