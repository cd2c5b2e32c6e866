r"""Betti numbers of the sets {F > c}, {F = c} and {F < c}, over GF(2).

F is affine on every face of a complex whose cells meet face to face, so the cells cut each set into convex parts whose
intersections are parts of common faces: by the nerve theorem its homotopy type is that of the poset of these parts
[1]_, and only signs of F - c at vertices and along directions matter.

* {F = c} consists of the faces Z(σ) = σ on which F = c, and of the sections C(σ) = σ ∩ {F = c} of the faces on which
  F - c takes both signs. The facets of C(σ) are the C(τ) of facets τ of σ, and the faces of codimension two on which
  F = c.
* {F > c} has the homology of {F >= c + ε} for small ε > 0, since the nerves are the same: no vertex has a value in
  between. It consists of the parts A(σ) = σ ∩ {F >= c + ε} of all faces with larger values than c, and of their
  sections B(σ) = σ ∩ {F = c + ε} where there are others than larger ones. The facets of A(σ) are B(σ) and the A(τ),
  those of B(σ) the B(τ), for facets τ of σ. {F < c} is {-F > -c}.

**Unbounded parts.** All parts are pointed polyhedra. The bounded faces of a pointed polyhedron form a contractible
complex, so by Quillen's fibre lemma [2]_ the bounded parts have the homology of all. A(σ) is bounded iff F falls along
every direction of σ; C(σ) and B(σ) iff it falls along all of them, or rises along all.

So the chain complex of the bounded parts has the Betti numbers of the set itself: nothing is cut off or added at
infinity. Where the rank k is below d, the set in R^d is that in R^k times a linear space, with the same Betti numbers.

References
----------
.. [1] A. Björner, *Topological methods*, Handbook of Combinatorics (1995), 10.6 and 10.7.
.. [2] D. Quillen, *Homotopy properties of the poset of nontrivial p-subgroups of a group* (1978), Proposition 1.6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tropical._exact.rational import IntVector, as_choice, as_fraction, as_number_below, dot, primitive_multiple
from tropical.clauses import mask_of, members
from tropical.complexes.geometry import facets_of_face
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial

if TYPE_CHECKING:
    from tropical.complexes.cell_complex import CellComplex

__all__ = ["betti_numbers"]

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Face:
    """A face: its facets, and the signs of F - c at its vertices and along its directions."""

    facets: tuple[Key, ...]
    at: frozenset[int]
    along: frozenset[int]

    @property
    def signs(self) -> frozenset[int]:
        return self.at | self.along

    @property
    def is_zero(self) -> bool:
        return self.signs == {0}

    @property
    def is_crossed(self) -> bool:
        return {-1, 1} <= self.signs

    @property
    def rises(self) -> bool:
        """Whether F is larger than c somewhere."""
        return 1 in self.signs

    @property
    def is_entered(self) -> bool:
        """Whether F - c - ε takes both signs."""
        return self.rises and (-1 in self.along or not self.at <= {1})

    @property
    def has_bounded_section(self) -> bool:
        return not self.along or self.along in ({1}, {-1})


def betti_numbers(complex_: CellComplex, which: str, level: Any, output: int) -> tuple[int, ...]:
    """Return the Betti numbers b_0, ..., b_k of a set that F and a level define."""
    as_choice(which, "which", ("zero", "positive", "negative"), "choose one of them")
    if isinstance(complex_.function, LatticePolynomial):
        cure = "take the cells of F.to_network()"
        raise InvalidInput("complex", "cells that meet face to face", "those of a lattice polynomial", cure)
    number = as_number_below(output, "output", len(complex_.tables), "outputs")
    sign = -1 if which == "negative" else 1
    faces = _faces(complex_, number, as_fraction(level, "level"), sign)
    chains = _level_parts(faces) if which == "zero" else _upper_parts(faces)
    sizes = [len(parts) for parts in chains]
    ranks = [0, *(_rank(chains[i].values()) for i in range(1, len(chains))), 0]
    return tuple(size - ranks[i] - ranks[i + 1] for i, size in enumerate(sizes))


def _faces(complex_: CellComplex, output: int, level: Any, sign: int) -> list[dict[Key, _Face]]:
    """Return the faces by dimension; a face is known by the numbers of its vertices and directions."""
    table, pivots = complex_.tables[output], complex_.coordinates().pivots
    k = len(pivots)
    place: dict[IntVector, int] = {}
    faces: list[dict[Key, _Face]] = [{} for _ in range(k + 1)]
    for region, numbers in zip(complex_.regions(), complex_.piece_numbers(), strict=True):
        cone = region.cone
        if cone.lines:
            cure = "cut it, or restrict the function to its relevant subspace"
            raise InvalidInput("complex", "cells without lines", "a cell that contains a line", cure)
        points, incidence = list(cone.rays), list(cone.incidence)
        walls = len(cone.constraints)
        if region.homogeneous:  # the origin is on all walls
            points = [(*(0,) * k, 1), *((*ray, 0) for ray in points)]
            incidence = [(1 << walls) - 1, *incidence]
        row = table.fractions(numbers[output])
        form = primitive_multiple([*(row[p] for p in pivots), row[-1] - level])
        values = [sign * dot(form, point) for point in points]
        signs = [(value > 0) - (value < 0) for value in values]
        label = [place.setdefault(point, len(place)) for point in points]
        on = [mask_of(p for p, mask in enumerate(incidence) if mask >> c & 1) for c in range(walls)]
        finite = mask_of(p for p, point in enumerate(points) if point[-1])
        names = {(1 << len(points)) - 1: tuple(sorted(label))}
        for dimension in range(k, -1, -1):
            below: dict[int, Key] = {}
            for face, name in names.items():
                facets = [facet for facet in facets_of_face(face, on) if facet & finite]
                for facet in facets:
                    if facet not in below:
                        below[facet] = tuple(sorted(label[p] for p in members(facet)))
                if name not in faces[dimension]:
                    at = frozenset(signs[p] for p in members(face & finite))
                    along = frozenset(signs[p] for p in members(face & ~finite))
                    faces[dimension][name] = _Face(tuple(below[facet] for facet in facets), at, along)
            names = below
    return faces


Parts = list[dict[Any, set[int]]]


def _level_parts(faces: list[dict[Key, _Face]]) -> Parts:
    """Return the bounded parts of {F = c} by dimension, each with the numbers of its facets."""
    chains: Parts = [{} for _ in faces]
    places: list[dict[Any, int]] = [{} for _ in faces]
    for dimension in range(len(faces)):
        parts: list[tuple[Any, Iterable[Any]]] = [
            (("face", key), (("face", facet) for facet in face.facets))
            for key, face in faces[dimension].items()
            if face.is_zero and not face.along
        ]
        if dimension + 1 < len(faces):
            for key, face in faces[dimension + 1].items():
                if face.is_crossed and face.has_bounded_section:
                    below = faces[dimension]
                    ridges = {ridge for facet in face.facets for ridge in below[facet].facets} if dimension else set()
                    cut = [("cut", facet) for facet in face.facets if below[facet].is_crossed]
                    flat = [("face", ridge) for ridge in ridges if faces[dimension - 1][ridge].is_zero]
                    parts.append((("cut", key), cut + flat))
        _enter(chains, places, dimension, parts)
    return chains


def _upper_parts(faces: list[dict[Key, _Face]]) -> Parts:
    """Return the bounded parts of {F >= c + ε} by dimension, each with the numbers of its facets."""
    chains: Parts = [{} for _ in faces]
    places: list[dict[Any, int]] = [{} for _ in faces]
    for dimension in range(len(faces)):
        parts: list[tuple[Any, Iterable[Any]]] = []
        for key, face in faces[dimension].items():
            if face.rises and face.along <= {-1}:
                kept = [("face", facet) for facet in face.facets if faces[dimension - 1][facet].rises]
                parts.append((("face", key), [*kept, *([("cut", key)] if face.is_entered else [])]))
        if dimension + 1 < len(faces):
            for key, face in faces[dimension + 1].items():
                if face.is_entered and face.has_bounded_section:
                    entered = [("cut", facet) for facet in face.facets if faces[dimension][facet].is_entered]
                    parts.append((("cut", key), entered))
        _enter(chains, places, dimension, parts)
    return chains


def _enter(
    chains: Parts, places: list[dict[Any, int]], dimension: int, parts: Iterable[tuple[Any, Iterable[Any]]]
) -> None:
    """Number the parts of one dimension and write their facets as numbers."""
    for name, facets in parts:
        places[dimension][name] = len(places[dimension])
        chains[dimension][name] = {places[dimension - 1][facet] for facet in facets} if dimension else set()


def _rank(columns: Iterable[set[int]]) -> int:
    """Return the rank over GF(2) of a matrix given by the places of the ones in its columns."""
    pivots: dict[int, set[int]] = {}
    for given in columns:
        column = set(given)
        while column:
            low = max(column)
            other = pivots.get(low)
            if other is None:
                pivots[low] = column
                break
            column ^= other
    return len(pivots)
