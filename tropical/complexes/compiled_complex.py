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
from tropical._exact.rational import IntVector, dot, primitive
from tropical.complexes.batched_forms import output_forms
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
    network: ReLUNetwork,
    reduction: Reduction,
    max_cells: int | None,
    *,
    insist: bool,
    progress: bool = False,
    n_jobs: int = 1,
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
        sys.stderr.write("tropical: compiling the cell engine; some ten seconds, once\n")
    first = resolver.layers[0]
    try:
        cones = list(_pointed(reduction.start().cone, first.matrix, first.bias))
        with progress_bar(progress) as bar:
            arguments = (resolver, cones, reduction.homogeneous, max_cells, bar)
            if n_jobs == 1:
                found = enumerate_cells(*arguments)
            else:
                from tropical.complexes.parallel import enumerate_in_parallel

                found = enumerate_in_parallel(*arguments, n_jobs=n_jobs)
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


_U = 2.0**-53
_UNKNOWN = ((),) * 64  # constraints that only have numbers


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

    def label(self, cell: int) -> tuple[tuple[int, ...], ...]:
        """Return the activation pattern of a cell."""
        return self._labels[cell]

    def generators(self, cell: int) -> Cone:
        """Return a cell as a cone without the normals of its constraints."""
        start, stop = self._found.offsets[cell : cell + 2].tolist()
        incidence: dict[IntVector, int] = {}
        vertices, masks = (array[start:stop].tolist() for array in (self._found.vertices, self._found.masks))
        for v, mask in zip(vertices, masks, strict=True):
            ray = self._found.exact.ray(v)
            incidence[ray] = incidence.get(ray, 0) | mask
        rays = tuple(incidence)
        return Cone(len(rays[0]), (), rays, tuple(incidence.values()), _UNKNOWN)

    @cached_property
    def _batch(self) -> np.ndarray | None:
        bits = self._found.active_units(self._hidden)
        return output_forms(self._resolver.layers, len(self.coordinates.pivots), bits)

    def forms(self, cell: int) -> tuple[IntVector, ...]:
        """Return what the outputs are on a cell, over the scale."""
        if self._batch is None:
            return self._resolver.resolution(self._labels[cell]).forms
        return tuple(map(tuple, self._batch[cell].tolist()))

    @property
    def scale(self) -> int:
        """The denominator of the forms."""
        return self._resolver.layers[-1].scale

    def contenders(self, sign: int) -> list[tuple[int, IntVector]] | None:
        """Return the vertices that floats cannot exclude: their interval reaches the best lower end of all."""
        computed = self._found.final.outputs(self._resolver.layers)
        if computed is None or self._homogeneous:
            return None
        values, t, error = (a[:, 0] if a.ndim > 1 else a for a in computed)
        used, first = self._used
        value, t, error = sign * values[used], t[used], error[used]
        finite = t > 2 * error
        near, far = np.where(finite, t - error, 1.0), t + error
        low, high = value - error, value + error
        # quotients are rounded once each, and what is divided was rounded before: four units are more than enough
        most = np.where(high > 0, high / near, high / far)
        least = np.where(low > 0, low / far, low / near)
        most, least = most + 4 * _U * np.abs(most), least - 4 * _U * np.abs(least)
        best = least[finite].max(initial=-np.inf)
        kept = np.flatnonzero(~finite | (most >= best))
        cells = np.searchsorted(self._found.offsets, first[kept], side="right") - 1
        rays = (self._found.exact.ray(v) for v in used[kept].tolist())
        return list(zip(cells.tolist(), rays, strict=True))

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
        forms, scale = [self.forms(cell) for cell in range(len(self))], self.scale
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
    def _used(self) -> tuple[np.ndarray, np.ndarray]:
        """The vertices in the order in which the cells show them, and where each is first: whatever their numbers."""
        used, first = np.unique(self._found.vertices, return_index=True)
        order = np.argsort(first)
        return used[order], first[order]

    @cached_property
    def _rays(self) -> tuple[list[IntVector], list[int]]:
        """The different exact rays, and for each vertex the number of its ray: one may have been made on two edges."""
        number: dict[IntVector, int] = {}
        exact = self._found.exact
        used = self._used[0].tolist()
        place = [-1] * (max(used) + 1)
        for vertex in used:
            place[vertex] = number.setdefault(exact.ray(vertex), len(number))
        return list(number), place

    @cached_property
    def _facets(self) -> tuple[list[tuple[int, ...]], list[list[int]], list[list[int]]]:
        """The facets as sorted rays, for each cell the numbers of its facets, and its rays.

        A facet is a maximal set among those of a cell's rays that lie on one constraint.
        """
        rays, place = self._rays
        number: dict[tuple[int, ...], int] = {}
        facets, rays_of = [], []
        offsets, vertices, masks = (a.tolist() for a in (self._found.offsets, self._found.vertices, self._found.masks))
        for cell in range(len(self)):
            start, stop = offsets[cell : cell + 2]
            here = [place[v] for v in vertices[start:stop]]
            distinct = sorted(set(here))
            local = {ray: 1 << i for i, ray in enumerate(distinct)}
            on: dict[int, int] = defaultdict(int)
            for ray, mask in zip(here, masks[start:stop], strict=True):
                flag = local[ray]
                while mask:
                    bit = mask & -mask
                    mask ^= bit
                    on[bit] |= flag
            # a half-line's facet is the origin, on which there is no ray
            sets = set(on.values()) if len(rays[0]) > 1 else {0}
            found = []
            for one in sets:
                if not any(one & other == one and one != other for other in sets):
                    key = tuple([ray for ray, flag in local.items() if one & flag])
                    found.append(number.setdefault(key, len(number)))
            facets.append(found)
            rays_of.append(distinct)
        return list(number), facets, rays_of

    @cached_property
    def _normals(self) -> list[IntVector]:
        """For each facet a primitive normal of its hyperplane, the larger one of two."""
        rays = self._rays[0]
        normals = (normal_of([rays[r] for r in facet], len(rays[0])) for facet in self._facets[0])
        return [max(normal, tuple(-a for a in normal)) for normal in normals]

    def _inward(self, cell: int, facet: int) -> IntVector:
        """Return the normal of a cell's facet that is nonnegative on the cell."""
        rays, normal, on = self._rays[0], self._normals[facet], self._facets[0][facet]
        inside = next(r for r in self._facets[2][cell] if r not in on)
        return normal if dot(normal, rays[inside]) > 0 else tuple(-a for a in normal)

    @cached_property
    def _cones(self) -> tuple[Cone, ...]:
        rays = self._rays[0]
        facets, facets_of, rays_of = self._facets
        cones = []
        for cell, (numbers, here) in enumerate(zip(facets_of, rays_of, strict=True)):
            incidence = dict.fromkeys(here, 0)
            for c, facet in enumerate(numbers):
                for ray in facets[facet]:
                    incidence[ray] |= 1 << c
            normals = tuple(self._inward(cell, facet) for facet in numbers)
            cones.append(Cone(len(rays[0]), (), tuple(rays[r] for r in here), tuple(incidence.values()), normals))
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
        sides: list[list[int]] = [[] for _ in self._facets[0]]
        for cell, facets in enumerate(self._facets[1]):
            for facet in facets:
                sides[facet].append(cell)
        pairs = []
        for facet, cells in enumerate(sides):
            if len(cells) == 2:
                normal = self._normals[facet]
                first, second = cells if self._inward(cells[0], facet) == normal else reversed(cells)
                pairs.append((first, second, normal))
        return sorted(pairs)


def normal_of(rows: list[IntVector], width: int) -> IntVector:
    """Return the primitive integer vector, up to sign, orthogonal to rows that span a hyperplane.

    Fraction-free elimination, one row after another until there are enough; exact.
    """
    basis: list[tuple[int, list[int]]] = []
    for given in rows:
        if len(basis) == width - 1:
            break
        row = list(given)
        for pivot, other in basis:
            if row[pivot]:
                factor, lead = row[pivot], other[pivot]
                row = [lead * a - factor * b for a, b in zip(row, other, strict=True)]
        pivot = next((c for c, a in enumerate(row) if a), None)
        if pivot is not None:
            basis.append((pivot, list(primitive(row))))
    pivots = [pivot for pivot, _ in basis]
    (free,) = (c for c in range(width) if c not in pivots)
    normal = [int(c == free) for c in range(width)]
    for pivot, row in reversed(basis):
        total = dot(row, normal)
        normal = [row[pivot] * a for a in normal]
        normal[pivot] = -total
    return primitive(normal)
