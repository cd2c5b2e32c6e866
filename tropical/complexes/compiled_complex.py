"""From the arrays of the compiled engine to a complex: exact forms, vertices, facets and neighbours, when asked for."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tropical._exact.cone import Cone
from tropical._exact.linear import null_space
from tropical._exact.rational import IntVector, dot, primitive
from tropical.complexes.cell_complex import Cell, CellComplex, Pair
from tropical.complexes.listed_cells import facets_of_cones
from tropical.complexes.progress import progress_bar
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.exceptions import BudgetExceeded, Interrupted, InvalidInput
from tropical.network import NetworkResolver, ReLUNetwork
from tropical.pieces import PieceTable

if TYPE_CHECKING:
    from tropical.complexes.compiled import CompiledCells

__all__ = ["compiled_cells"]


def compiled_cells(
    network: ReLUNetwork, reduction: Reduction, max_cells: int | None, *, insist: bool, progress: bool = False
) -> CellComplex | None:
    """Return the complex of a network, or None where this engine cannot work and is not insisted on.

    Raises
    ------
    BudgetExceeded
        With the complex of `max_cells` cells.
    """
    hidden, resolver = network.widths[1:-1], reduction.resolvers[0]
    assert isinstance(resolver, NetworkResolver)
    if not hidden or not reduction.pivots:
        return None if not insist else _refuse("a network with a hidden layer that reads its inputs")
    try:
        from tropical.complexes.compiled import NotForThisEngine, enumerate_cells, kernels_ready
    except ImportError:
        return None if not insist else _refuse("numba, which is not installed: pip install numba")
    except RuntimeError as error:  # numba finds no folder that it may write to, not even in the user's home
        return None if not insist else _refuse(f"a folder for compiled code; set NUMBA_CACHE_DIR ({error})")
    if not kernels_ready():
        sys.stderr.write("tropical: compiling the cell engine; a few seconds, once\n")
    first = resolver.layers[0]
    try:
        cones = list(_pointed(reduction.start().cone, first.matrix, first.bias))
        with progress_bar(progress) as bar:
            found = enumerate_cells(resolver, cones, reduction.homogeneous, max_cells, bar)
    except NotForThisEngine as reason:
        return None if not insist else _refuse(f"another instance: {reason}")
    complex_ = CellComplex(_CompiledSource(found, resolver, reduction, hidden), network)
    if found.interrupted:
        raise Interrupted(f"interrupted with {len(complex_)} cells found; see .partial", complex_)
    if not found.complete:
        message = f"more than max_cells={max_cells} cells; raise max_cells or shrink the domain"
        raise BudgetExceeded(message, complex_)
    return complex_


def _refuse(requirement: str) -> None:
    raise InvalidInput("engine", f'"auto" or "reference"; "compiled" needs {requirement}', '"compiled"', "leave it out")


def _pointed(cone: Cone, matrix: list[list[int]], bias: list[int]) -> Iterator[Cone]:
    """Yield pointed parts of a cone, cut along neurons of the first layer: those cuts are walls of cells anyway."""
    if not cone.lines:
        yield cone
        return
    width = len(cone.lines[0])
    for row, b in zip(matrix, bias, strict=True):
        normal = primitive((*row, b)[:width])
        if any(dot(normal, line) for line in cone.lines):
            for part in cone.split(normal):
                yield from _pointed(part, matrix, bias)
            return
    raise AssertionError("the first layer spans the coordinates, so no line is left")


class _CompiledSource:
    """The cells as arrays, and what follows from them."""

    def __init__(
        self, found: CompiledCells, resolver: NetworkResolver, reduction: Reduction, hidden: tuple[int, ...]
    ) -> None:
        self._found, self._resolver, self._hidden = found, resolver, hidden
        self._homogeneous = reduction.homogeneous
        self.coordinates, self.domain = reduction.coordinates(), reduction.domain

    def __len__(self) -> int:
        return len(self._found.offsets) - 1

    def labels(self) -> list[tuple[tuple[int, ...], ...]]:
        """Return the activation patterns."""
        return self._labels

    @cached_property
    def _labels(self) -> list[tuple[tuple[int, ...], ...]]:
        bits = self._found.active_units(self._hidden)
        stops = np.cumsum(self._hidden).tolist()
        starts = [0, *stops[:-1]]
        return [
            tuple(tuple(row[start:stop]) for start, stop in zip(starts, stops, strict=True))
            for row in bits.astype(np.int64).tolist()
        ]

    @cached_property
    def _numbered(self) -> tuple[tuple[PieceTable, ...], list[tuple[int, ...]]]:
        """The tables of pieces, and for each cell the numbers of its pieces."""
        forms = [self._resolver.resolution(label).forms for label in self._labels]
        scale = self._resolver.layers[-1].scale
        tables, numbers = [], []
        for column in zip(*forms, strict=True):
            distinct = sorted(set(column))
            rows = [[Fraction(a, scale) for a in form] for form in distinct]
            tables.append(PieceTable.from_rows(self.coordinates.lift_forms(rows)))
            place = {form: i for i, form in enumerate(distinct)}
            numbers.append([place[form] for form in column])
        return tuple(tables), list(zip(*numbers, strict=True))

    def tables(self) -> tuple[PieceTable, ...]:
        """Return for each output its distinct pieces, sorted."""
        return self._numbered[0]

    def pieces(self) -> list[tuple[int, ...]]:
        """Return for each cell the numbers of its pieces."""
        return self._numbered[1]

    @cached_property
    def _rays(self) -> tuple[list[IntVector], list[int]]:
        """The different exact rays, and for each vertex the number of its ray: one may have been made on two edges."""
        number: dict[IntVector, int] = {}
        exact = self._found.exact
        used = np.unique(self._found.vertices).tolist()
        place = [-1] * (used[-1] + 1)
        for vertex in used:
            place[vertex] = number.setdefault(exact.ray(vertex), len(number))
        return list(number), place

    def _facets(self, cell: int) -> list[frozenset[int]]:
        """Return the facets of a cell as sets of rays: the maximal ones among those that lie on one constraint."""
        rays, place = self._rays
        if len(rays[0]) == 1:
            return [frozenset()]  # a half-line: its facet is the origin, on which there is no ray
        start, stop = self._found.offsets[cell : cell + 2].tolist()
        vertices = self._found.vertices[start:stop].tolist()
        on: dict[int, list[int]] = defaultdict(list)
        for vertex, mask in zip(vertices, self._found.masks[start:stop].tolist(), strict=True):
            while mask:
                bit = mask & -mask
                mask ^= bit
                on[bit].append(place[vertex])
        sets = {frozenset(numbers) for numbers in on.values()}
        return [facet for facet in sets if not any(facet < other for other in sets)]

    def _normal(self, facet: frozenset[int], inside: int) -> IntVector:
        """Return the primitive normal of the hyperplane through a facet, positive on the ray `inside`."""
        rays = self._rays[0]
        rows = [[Fraction(a) for a in rays[r]] for r in facet]
        width = len(rays[0])
        (normal,) = null_space(rows, width) if rows else [(1,) * width]
        return normal if dot(normal, rays[inside]) > 0 else tuple(-a for a in normal)

    @cached_property
    def _cones(self) -> tuple[Cone, ...]:
        rays, place = self._rays
        cones = []
        for cell in range(len(self)):
            start, stop = self._found.offsets[cell : cell + 2].tolist()
            here = [place[v] for v in self._found.vertices[start:stop].tolist()]
            facets = self._facets(cell)
            normals = tuple(self._normal(facet, next(r for r in here if r not in facet)) for facet in facets)
            incidence = tuple(sum(1 << c for c, facet in enumerate(facets) if r in facet) for r in here)
            cones.append(Cone(len(rays[0]), (), tuple(rays[r] for r in here), incidence, normals))
        return tuple(cones)

    def cones(self) -> tuple[Cone, ...]:
        """Return the cells as cones with their facets."""
        return self._cones

    def cells(self) -> tuple[Cell, ...]:
        """Return all cells."""
        walls = facets_of_cones(self._cones, self._homogeneous)
        cells = []
        for label, numbers, cone, constraints in zip(self._labels, self.pieces(), self._cones, walls, strict=True):
            point = cone.interior_point()
            z = dehomogenise((*point, 1) if self._homogeneous else point)
            cells.append(Cell(label, numbers, self.coordinates.lift_point(z), constraints))
        return tuple(cells)

    def adjacent(self) -> list[Pair]:
        """Return the pairs of cells that share a facet.

        The cells of a network meet face to face: a unit's preactivation is continuous, so its zero set goes on across
        every wall that it meets. Hence a shared facet has the same rays on both sides, and is looked up.
        """
        sides: dict[frozenset[int], list[int]] = defaultdict(list)
        for cell in range(len(self)):
            for facet in self._facets(cell):
                sides[facet].append(cell)
        place, pairs = self._rays[1], []
        for facet, cells in sides.items():
            if len(cells) == 2:
                start, stop = self._found.offsets[cells[0] : cells[0] + 2].tolist()
                here = (place[v] for v in self._found.vertices[start:stop].tolist())
                normal = self._normal(facet, next(r for r in here if r not in facet))
                opposite = tuple(-a for a in normal)
                first, second = cells if normal > opposite else reversed(cells)
                pairs.append((first, second, max(normal, opposite)))
        return sorted(pairs)
