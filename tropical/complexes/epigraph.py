"""The epigraph of a polynomial: one polyhedron whose faces are the cells of its hypersurface.

``{(x, t) : t >= P(x)}`` for "max" (``t <= P(x)`` for "min", turned over). A face lies over the set where certain terms
attain the value together: facets over the regions of the essential terms, ridges over the cells of the hypersurface,
minimal faces over its vertices.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property

import numpy as np

from tropical._exact.cone import Cone
from tropical._exact.halfspaces import WallTable, intersect
from tropical._exact.linear import null_space
from tropical._exact.rational import IntVector, primitive
from tropical.clauses import mask_of, members
from tropical.pieces import PieceTable

__all__ = ["Epigraph", "essential_terms"]

Point = tuple[Fraction, ...]


def essential_terms(pieces: PieceTable, convention: str) -> tuple[int, ...]:
    """Return the numbers of the terms that alone attain the value somewhere.

    Complexity: one scan of the sorted exponents where these lie on a line, else that of the epigraph.
    """
    basis, pivots = pieces.span()
    if len(basis) > 1:
        return Epigraph(pieces, convention).essential
    sign = 1 if convention == "max" else -1
    points = [(row[pivots[0]] if pivots else 0, sign * row[-1]) for row in pieces.rows]
    hull: list[int] = []
    # exponents on a line through the origin are sorted by their pivot entry, up to the direction of the line
    for i in sorted(range(len(points)), key=points.__getitem__):
        u, c = points[i]
        while len(hull) > 1:
            (u0, c0), (u1, c1) = points[hull[-2]], points[hull[-1]]
            if (c1 - c0) * (u - u1) > (c - c1) * (u1 - u0):
                break
            hull.pop()
        hull.append(i)
    return tuple(sorted(hull))


class Epigraph:
    """Faces of the epigraph over R^d; a face is a bit mask of the minimal faces and directions on it.

    Parameters
    ----------
    pieces : PieceTable
        The terms, gradients distinct and sorted.
    convention : {"max", "min"}

    Attributes
    ----------
    essential : tuple of int
        The terms that carry a facet.

    Notes
    -----
    Double description in k + 2 dimensions, k the rank of the exponents, over the terms that matter; for M terms, E of
    them essential, and V vertices: O(M·V·k) for looking for cuts and about O(E·V²) mask operations in the worst case.
    """

    def __init__(self, pieces: PieceTable, convention: str) -> None:
        self._dimension = pieces.dimension
        self._basis, self._pivots = pieces.span()
        sign = 1 if convention == "max" else -1
        # (z, t, s) with t scaled by the common denominator: t - a z - c s >= 0 for every term, and s >= 0
        walls = [(*(-sign * row[p] for p in self._pivots), 1, -sign * row[-1]) for row in pieces.rows]
        table = WallTable(walls)
        width = len(walls[0])
        start = Cone.whole_space(width).part((*(0,) * (width - 1), 1))
        assert start is not None  # a half-space has interior
        # the last term has the lexicographically largest exponent, a vertex of the Newton polytope: it is essential
        cone, added = intersect(table, start, len(walls) - 1)
        self.essential = tuple(sorted(added[c - 1] for c in cone.facets() if c))
        self._lines = [line[:-2] for line in cone.lines]
        self._rays = cone.rays
        zero = np.array([table.values(ray) == 0 for ray in cone.rays])
        self._on_ray = [mask_of(np.flatnonzero(row).tolist()) for row in zero]
        self._carried = {i: mask_of(np.flatnonzero(zero[:, i]).tolist()) for i in self.essential}
        self._finite = mask_of(r for r, ray in enumerate(cone.rays) if ray[-1])

    def faces_by_codimension(self) -> Iterator[list[int]]:
        """Yield the faces over cells of codimension 0 (regions), 1 (the hypersurface), ... while there are any."""
        faces = sorted(self._carried.values())
        while faces:
            yield faces
            faces = sorted({below for face in faces for below in self._facets_of(face)})

    def _facets_of(self, face: int) -> list[int]:
        """Return the facets of a face that reach a finite point: its maximal proper intersections with facets."""
        meets = {face & other for other in self._carried.values()}
        meets = {meet for meet in meets if meet != face and meet & self._finite}
        return [meet for meet in meets if not any(meet != other and meet & other == meet for other in meets)]

    def attaining(self, face: int) -> tuple[int, ...]:
        """Return all terms that attain the value on a face, essential or not."""
        common = -1
        for r in members(face):
            common &= self._on_ray[r]
        return members(common)

    def vertices(self, face: int) -> tuple[Point, ...]:
        """Return the minimal faces of a face, each by a point of R^d on it."""
        found = []
        for r in members(face & self._finite):
            ray = self._rays[r]
            found.append(self._lift([Fraction(a, ray[-1]) for a in ray[:-2]]))
        return tuple(sorted(found))

    def directions(self, face: int) -> tuple[IntVector, ...]:
        """Return the rays of R^d along which a face is unbounded, modulo the lineality space; primitive."""
        found = []
        for r in members(face & ~self._finite):
            horizontal = self._rays[r][:-2]
            if any(horizontal):
                found.append(primitive([int(a) for a in self._lift(horizontal)]))
        return tuple(sorted(found))

    @cached_property
    def lineality(self) -> tuple[IntVector, ...]:
        """Basis of the directions along which every face is invariant: where all terms grow alike."""
        lifted = [tuple(int(a) for a in self._lift(line)) for line in self._lines]
        return tuple(lifted) + null_space(self._basis, self._dimension)

    def interior_point(self, face: int) -> Point:
        """Return a point of R^d in the relative interior of the cell below a face."""
        total = [sum(entries) for entries in zip(*(self._rays[r] for r in members(face)), strict=True)]
        return self._lift([Fraction(a, total[-1]) for a in total[:-2]])

    def _lift(self, z: list[Fraction] | IntVector) -> Point:
        x = [Fraction(0)] * self._dimension
        for pivot, value in zip(self._pivots, z, strict=True):
            x[pivot] = Fraction(value)
        return tuple(x)
