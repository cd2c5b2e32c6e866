"""The reference cell engine: pure Python integers, no assumption on position, always available.

A cell is split by the hyperplane of a preactivation only where the two truly cross, decided by integers; coincident
hyperplanes, dead and duplicated units and cells with many walls through one vertex are ordinary input. It is slow and
plain on purpose: faster engines are tested against it. It takes any function that can say what it is on a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any, cast

from tropical._exact.halfspaces import WallTable, intersect
from tropical._exact.rational import primitive
from tropical._exact.region import Region, leaves
from tropical._lattice_resolver import LatticeResolver
from tropical._protocol import PiecewiseLinear, Resolution, Resolver
from tropical.complexes.cell_complex import Cell, CellComplex
from tropical.complexes.listed_cells import ListedCells, facets_of_cones
from tropical.complexes.progress import progress_bar
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.exceptions import BudgetExceeded, Interrupted
from tropical.pieces import PieceTable

__all__ = ["reference_cells"]

Row = tuple[Fraction, ...]
Found = list[tuple[Region, Resolution]]


def reference_cells(
    function: PiecewiseLinear, reduction: Reduction, max_cells: int | None, *, progress: bool = False
) -> CellComplex:
    """Enumerate the cells of a function, the one of the reduction.

    Raises
    ------
    BudgetExceeded
        After `max_cells` cells; ``.partial`` holds the complex of the cells found.
    """
    (resolver,) = reduction.resolvers
    start = reduction.start()
    try:
        with progress_bar(progress) as bar:
            found = leaves(start, resolver.resolve, max_cells, "cells", _cell_of(resolver), bar)
    except (BudgetExceeded, Interrupted) as exceeded:
        found = _whole_cells(start, resolver, cast(Found, exceeded.partial))
        exceeded.partial = _complex(function, reduction, found)
        raise
    return _complex(function, reduction, _whole_cells(start, resolver, found))


def _cell_of(resolver: Resolver) -> Callable[[Resolution], Hashable] | None:
    """Return what tells whole cells apart, where one cell can be several leaves."""
    return None if isinstance(resolver, LatticeResolver) else lambda resolution: resolution.label


def _whole_cells(start: Region, resolver: Resolver, found: Found) -> Found:
    """Join the leaves that the subdivision cut out of one cell."""
    by_label: dict[tuple[Any, ...], Found] = {}
    for region, resolution in found:
        by_label.setdefault(resolution.label, []).append((region, resolution))
    result: Found = []
    for label, parts in by_label.items():
        walls = resolver.walls(label) if len(parts) > 1 else None
        if walls is None:
            result += parts
            continue
        table = WallTable([primitive(start.vector(wall)) for wall in walls])
        cone, _ = intersect(table, start.cone, 0)
        result.append((Region(cone, start.homogeneous), parts[0][1]))
    return result


def _complex(function: PiecewiseLinear, reduction: Reduction, found: Found) -> CellComplex:
    tables: list[PieceTable] = []
    numbers: list[dict[Row, int]] = []
    rows_by_cell = [resolution.rows() for _, resolution in found]
    for output in range(len(rows_by_cell[0])):
        distinct = sorted({rows[output] for rows in rows_by_cell})
        tables.append(PieceTable.from_rows(reduction.lift_forms(distinct)))
        numbers.append({row: position for position, row in enumerate(distinct)})
    cones = tuple(region.cone for region, _ in found)
    cells = []
    for (region, resolution), rows, walls in zip(
        found, rows_by_cell, facets_of_cones(cones, reduction.homogeneous), strict=True
    ):
        cells.append(
            Cell(
                label=resolution.label,
                pieces=tuple(number[row] for number, row in zip(numbers, rows, strict=True)),
                point=reduction.lift_point(dehomogenise(region.point)),
                constraints=walls,
            )
        )
    listed = ListedCells(reduction.coordinates(), reduction.domain, tuple(cells), tuple(tables), cones)
    return CellComplex(listed, function)
