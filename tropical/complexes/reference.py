"""The reference cell engine: pure Python integers, no assumption on position, always available.

A cell is split by the hyperplane of a preactivation only where the two truly cross, decided by integers; coincident
hyperplanes, dead and duplicated units and cells with many walls through one vertex are ordinary input. It is slow and
plain on purpose: faster engines are tested against it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

from tropical._exact.cone import Cone
from tropical._exact.halfspaces import WallTable, intersect
from tropical._exact.rational import as_limit, primitive
from tropical._exact.region import Region, leaves
from tropical._protocol import PiecewiseLinear, Resolution, Resolver, as_function
from tropical.complexes.cell_complex import Cell, CellComplex
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.domains import Domain, Polyhedron, as_polyhedron
from tropical.exceptions import BudgetExceeded
from tropical.pieces import PieceTable

__all__ = ["cells"]

Row = tuple[Fraction, ...]


def cells(F: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None) -> CellComplex:
    """Enumerate the cells of a piecewise-linear function, exactly.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        For a network the cells are its activation cells; for a polynomial the regions of its essential terms, for a
        rational function the common refinement of those of numerator and denominator; for a lattice polynomial the
        cells of a subdivision on which one piece is active.
    domain : None, Box or Polyhedron
        None is all of R^d. A bounded domain in many inputs gives up the reduction to the relevant coordinates.
    max_cells : int, optional
        Stop with an error after this many; a subdivision may cut one cell of a rational function into several, each
        of which counts.

    Returns
    -------
    CellComplex

    Raises
    ------
    BudgetExceeded
        After `max_cells` cells; ``.partial`` holds the complex of the cells found.

    Notes
    -----
    With k the rank of the first layer and N cells: N·S sign evaluations of O(k·vertices) each, and double description
    at every split, which grows like vertices³ in the worst case. Practical to k = 4 and some 10^4 cells.

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> complex = cells(ReLUNetwork([[[1], [-1], [2]], [1, 1, 0]]))   # |x|, with a dead end
    >>> complex.n_cells, complex.n_regions, [str(piece) for piece in complex.pieces]
    (2, 2, ['-x0', 'x0'])
    """
    function = as_function(F)
    max_cells = as_limit(max_cells, "max_cells")
    polyhedron = as_polyhedron(domain, function.dimension)
    reduction = Reduction([function], polyhedron)
    (resolver,) = reduction.resolvers
    start = reduction.start()
    try:
        found = leaves(start, resolver.resolve, max_cells, "cells")
    except BudgetExceeded as exceeded:
        found = _whole_cells(start, resolver, cast(Found, exceeded.partial))
        exceeded.partial = _complex(reduction, found, function.outputs, polyhedron)
        raise
    return _complex(reduction, _whole_cells(start, resolver, found), function.outputs, polyhedron)


Found = list[tuple[Region, Resolution]]


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


def _complex(reduction: Reduction, found: Found, outputs: int, domain: Polyhedron | None) -> CellComplex:
    tables: list[PieceTable] = []
    numbers: list[dict[Row, int]] = []
    rows_by_cell = [resolution.rows() for _, resolution in found]
    for output in range(outputs):
        distinct = sorted({rows[output] for rows in rows_by_cell})
        tables.append(PieceTable.from_rows(reduction.lift_forms(distinct)))
        numbers.append({row: position for position, row in enumerate(distinct)})
    result, cones = [], []
    for (region, resolution), rows in zip(found, rows_by_cell, strict=True):
        cone: Cone = region.cone
        walls = tuple(cone.constraints[facet] for facet in cone.facets())
        if region.homogeneous:
            walls = tuple((*wall, 0) for wall in walls)
        else:  # the wall at infinity, t >= 0, bounds the cone and not the cell
            walls = tuple(wall for wall in walls if any(wall[:-1]))
        result.append(
            Cell(
                label=resolution.label,
                pieces=tuple(number[row] for number, row in zip(numbers, rows, strict=True)),
                point=reduction.lift_point(dehomogenise(region.point)),
                constraints=walls,
            )
        )
        cones.append(cone)
    return CellComplex(tuple(result), tuple(tables), reduction.basis, domain, tuple(cones))
