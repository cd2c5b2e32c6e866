"""Geometry of the cells of a complex: vertices, volumes, faces, location, level sets, order cells; all exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING, Any

from tropical._display import Record
from tropical._exact.cone import Cone
from tropical._exact.linear import determinant
from tropical._exact.rational import IntVector, as_fraction, as_number_below, primitive, primitive_multiple
from tropical._exact.region import Region, subdivide
from tropical.clauses import mask_of
from tropical.complexes.reduction import dehomogenise
from tropical.exceptions import BudgetExceeded, InvalidInput
from tropical.pieces import as_point

if TYPE_CHECKING:
    from tropical.complexes.cell_complex import CellComplex

__all__ = ["LevelCell", "OrderCell"]

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, repr=False)
class LevelCell(Record):
    """A part of a level set {F = level} inside the complex, a polyhedron.

    Attributes
    ----------
    cells : tuple of int
        The cells that contain it: one where the set runs through a cell (or is all of it), two where it is their facet.
    dimension : int
        k - 1, or k where F is constant on a cell.
    vertices : tuple of points of R^d
    rays : tuple of int vectors
        Directions in the reduced coordinates.
    """

    cells: tuple[int, ...]
    dimension: int
    vertices: tuple[Point, ...]
    rays: tuple[IntVector, ...]


@dataclass(frozen=True, slots=True, repr=False)
class OrderCell(Record):
    """A part of a cell on which no piece crosses the active one (docs/theory.md, lemma R).

    Attributes
    ----------
    cell : int
    point : point of R^d
        In the interior.
    upper : tuple of int
        S_x there: the pieces on or above the active one.
    """

    cell: int
    point: Point
    upper: tuple[int, ...]


def shape(complex_: CellComplex, cell: int) -> tuple[tuple[Point, ...], tuple[IntVector, ...]]:
    """Return the vertices, lifted to R^d, and the directions in reduced coordinates."""
    cone = complex_.cone(cell)
    return _shape(complex_, cone, cone.dimension == len(complex_.basis))


def _shape(complex_: CellComplex, cone: Cone, homogeneous: bool) -> tuple[tuple[Point, ...], tuple[IntVector, ...]]:
    lift = complex_.coordinates().lift_point
    k = len(complex_.basis)
    if homogeneous:
        return (lift([Fraction(0)] * k),), tuple(sorted(cone.rays))
    vertices = sorted(lift(dehomogenise(ray)) for ray in cone.rays if ray[-1])
    return tuple(vertices), tuple(sorted(primitive(ray[:-1]) for ray in cone.rays if not ray[-1]))


def is_bounded(complex_: CellComplex, cell: int) -> bool:
    """Return whether a cell is bounded in R^d."""
    cone, k = complex_.cone(cell), len(complex_.basis)
    if k < complex_.coordinates().dimension or cone.lines or cone.dimension == k:
        return False
    return all(ray[-1] for ray in cone.rays)


def volume(complex_: CellComplex, cell: int) -> Fraction:
    """Return the volume of a bounded cell, by a pulling triangulation and determinants."""
    if not is_bounded(complex_, cell):
        cure = "ask is_bounded, or enumerate the cells in a box"
        raise InvalidInput("cell", "a bounded cell of a complex of full rank", cell, cure)
    cone = complex_.cone(cell)
    points = [dehomogenise(ray) for ray in cone.rays]
    on = [mask_of(r for r, mask in enumerate(cone.incidence) if mask >> c & 1) for c in range(len(cone.constraints))]
    k, total = len(points[0]), Fraction(0)
    for simplex in _simplices((1 << len(points)) - 1, on):
        first = points[simplex[0]]
        total += abs(determinant([[a - b for a, b in zip(points[i], first, strict=True)] for i in simplex[1:]]))
    return total / factorial(k)


def _simplices(face: int, on: list[int]) -> Iterator[list[int]]:
    """Yield a triangulation of a face given by its vertices: cones from the first vertex over the facets without it."""
    apex = (face & -face).bit_length() - 1
    if face == 1 << apex:
        yield [apex]
        return
    for facet in facets_of_face(face, on):
        if not facet >> apex & 1:
            for simplex in _simplices(facet, on):
                yield [apex, *simplex]


def facets_of_face(face: int, on: list[int]) -> list[int]:
    """Return the maximal proper faces of a face, as masks of rays."""
    meets = {face & other for other in on} - {face, 0}
    return [meet for meet in meets if not any(meet != other and meet & other == meet for other in meets)]


def f_vector(complex_: CellComplex) -> tuple[int, ...]:
    """Return the numbers of faces of dimensions 0, ..., k in the reduced coordinates."""
    k = len(complex_.basis)
    faces: list[set[frozenset[IntVector]]] = [set() for _ in range(k + 1)]
    for region in complex_.regions():
        cone = region.cone
        if cone.lines:
            cure = "cut it, or restrict the function to its relevant subspace"
            raise InvalidInput("complex", "cells without lines", "a cell that contains a line", cure)
        on = [mask_of(r for r, m in enumerate(cone.incidence) if m >> c & 1) for c in range(len(cone.constraints))]
        finite = mask_of(r for r, ray in enumerate(cone.rays) if region.homogeneous or ray[-1])
        level = {(1 << len(cone.rays)) - 1}
        for dimension in range(k, -1, -1):
            faces[dimension].update(
                frozenset(ray for r, ray in enumerate(cone.rays) if face >> r & 1) for face in level
            )
            level = {facet for face in level for facet in facets_of_face(face, on) if facet & finite}
            if region.homogeneous and dimension == 1:
                level = {0}  # the origin, on which there is no ray
    return tuple(len(found) for found in faces)


def locate(complex_: CellComplex, x: Any) -> tuple[int, ...]:
    """Return the numbers of the cells that contain a point."""
    coordinates = complex_.coordinates()
    point = as_point(x, coordinates.dimension)
    if complex_.domain is not None and point not in complex_.domain:
        return ()
    z = [sum((a * t for a, t in zip(row, point, strict=True) if a), Fraction(0)) for row in coordinates.basis]
    return complex_.holding(tuple(z))


def level_set(complex_: CellComplex, level: Any, output: int) -> tuple[LevelCell, ...]:
    """Return the parts of {F = level}, of dimension k - 1 or more."""
    number = as_number_below(output, "output", len(complex_.tables), "outputs")
    value = as_fraction(level, "level")
    pivots = complex_.coordinates().pivots
    table = complex_.tables[number]
    k = len(pivots)
    found: dict[tuple[Any, ...], LevelCell] = {}
    for i, (region, cell) in enumerate(zip(complex_.regions(), complex_, strict=True)):
        row = table.fractions(cell.pieces[number])
        form = [row[p] for p in pivots] + [row[-1] - value]
        if region.homogeneous and form[-1]:  # a linear form and another level: a section of the cone at a height
            region = _affine(region)
        if not any(form):
            found[("cell", i)] = LevelCell((i,), k, *_shape(complex_, region.cone, region.homogeneous))
            continue
        if not any(form[:-1]):
            continue  # another constant
        integers = primitive_multiple(form)
        side = region.sign(integers)
        if side is None:
            part = region.cone.split(region.vector(integers))[0]
            wall = part.face(len(part.constraints) - 1)
            found[("cut", i)] = LevelCell((i,), k - 1, *_shape(complex_, wall, region.homogeneous))
            continue
        for facet in region.cone.facets():
            wall = region.cone.constraints[facet]
            if wall in (region.vector(integers), tuple(-a for a in region.vector(integers))):
                vertices, rays = _shape(complex_, region.cone.face(facet), region.homogeneous)
                before = found.get((vertices, rays))
                cells = (i,) if before is None else (*before.cells, i)
                found[vertices, rays] = LevelCell(cells, k - 1, vertices, rays)
    return tuple(found.values())


def _affine(region: Region) -> Region:
    """Return a cone of linear forms as a cell of affine ones."""
    cone = Cone.whole_space(len(region.point)).part((*(0,) * (len(region.point) - 1), 1))
    for wall in region.cone.constraints:
        assert cone is not None  # the region has interior points
        cone = cone.part((*wall, 0))
    assert cone is not None
    return Region(cone, False)


def order_cells(complex_: CellComplex, output: int, max_cells: int | None) -> tuple[OrderCell, ...]:
    """Return the order cells of an output."""
    number = as_number_below(output, "output", len(complex_.tables), "outputs")
    coordinates = complex_.coordinates()
    forms = [(*(row[p] for p in coordinates.pivots), row[-1]) for row in complex_.tables[number].rows]
    found: list[OrderCell] = []

    def upper_set(region: Region, active: IntVector) -> tuple[int, ...]:
        differences = (tuple(a - b for a, b in zip(form, active, strict=True)) for form in forms)
        return tuple(i for i, difference in enumerate(differences) if region.decide(difference) >= 0)

    for i, (region, cell) in enumerate(zip(complex_.regions(), complex_, strict=True)):
        active = forms[cell.pieces[number]]
        for step in subdivide(region, lambda part, active=active: upper_set(part, active)):
            if step.answer is not None:
                if max_cells is not None and len(found) == max_cells:
                    raise BudgetExceeded(f"more than max_cells={max_cells} order cells; raise max_cells", tuple(found))
                found.append(OrderCell(i, coordinates.lift_point(dehomogenise(step.region.point)), step.answer))
    return tuple(found)
