r"""The Gaussian measure of one polyhedron, exact or enclosed.

Normals that are orthogonal are independent directions, so the measure is the product over the connected components of
the graph in which walls that are not orthogonal are joined: a box costs d intervals, not 2^d vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

from flint import arb, fmpq, fmpq_mat

from tropical._exact.cone import Cone
from tropical._exact.linear import row_space
from tropical._exact.rational import as_fraction_matrix, as_limit, primitive_multiple
from tropical.complexes import Cell
from tropical.domains import Box, Polyhedron
from tropical.exceptions import InvalidInput, InvalidType
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.evaluation import Value, evaluate, evaluate_probability, unit_interval
from tropical.gaussian.faces import FaceTable
from tropical.gaussian.measures import Measures
from tropical.gaussian.values import Enclosure, Exact, enclosure_of_ball, exact_value
from tropical.gaussian.working_precision import bits_for, precision, target_digits, working_bits

__all__ = ["cell_probability"]

Row = tuple[Fraction, ...]

_MOST_TERMS = 4096


def cell_probability(cell: Box | Polyhedron | Cell, basis: Any = None, *, max_faces: int | None = None) -> Value:
    """Return Pr[x in cell] for x ~ N(0, I_d).

    Parameters
    ----------
    cell : Box, Polyhedron or Cell
    basis : rows of exact numbers, for a Cell
        The coordinates ``z = basis @ x`` of the cell: the ``basis`` of its complex.
    max_faces : int, optional
        Limit on the number of faces tabulated for an enclosure.

    Returns
    -------
    Exact or Enclosure
        Exact for cones whose normals span at most three dimensions (angles), for half-spaces and slabs (erf), and for
        products of such sets with orthogonal normals; an enclosure otherwise.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    Faces of dimension 2 and more are tabulated once each.

    Examples
    --------
    >>> from tropical import Box, Polyhedron
    >>> cell_probability(Polyhedron([[1, -1, 0], [0, 1, -1]], [0, 0]))  # x0 <= x1 <= x2
    Exact(1/6)
    >>> cell_probability(Box([0, -1], [1, 1]))
    Exact(1/2*erf(sqrt(1/2))*erf(sqrt(1/2)) = 0.233032471337)
    """
    as_limit(max_faces, "max_faces")
    rows = _constraints(cell, basis)
    if rows is None:
        return Exact(())
    factors: list[tuple[Combination, Measures]] = []
    for group in _independent_groups(rows):
        found = _measure(group)
        if found is None:
            return Exact(())
        factors.append(found)
    open_factors = [(c, m) for c, m in factors if c.names() & {"flux", "cone"}]
    closed = [c for c, _ in factors if not c.names() & {"flux", "cone"}]
    if not open_factors and prod(len(c.terms) for c in closed) <= _MOST_TERMS:
        product = Combination.rational(1)
        for combination in closed:
            product = product * combination
        return exact_value(product)
    if len(factors) == 1:
        return evaluate_probability(*factors[0], max_faces)
    digits = target_digits() + 3
    with precision(digits=digits), working_bits(bits_for(digits) + 32):
        ball = arb(1)
        for combination, measures in factors:
            ball *= evaluate(combination, measures, max_faces).ball(digits)
        value = unit_interval(enclosure_of_ball(ball))
    assert isinstance(value, Enclosure)
    return value


def _constraints(cell: Any, basis: Any) -> list[Row] | None:
    """Return rows (a, c) of ``<a, x> + c >= 0`` with a not zero; None for an empty set."""
    if isinstance(cell, Cell):
        if basis is None:
            raise InvalidInput("basis", "the coordinates of the cell", "None", "pass the basis of the cell's complex")
        coordinates = as_fraction_matrix(basis, "basis")
        given = [tuple(map(Fraction, row)) for row in cell.constraints]
        if any(len(row) != len(coordinates) + 1 for row in given):
            needed = f"{len(given[0]) - 1} rows, as the cell has coordinates"
            raise InvalidInput("basis", needed, f"{len(coordinates)} rows", "pass the basis of the cell's complex")
        columns = range(len(coordinates[0]) if coordinates else 0)
        rows = [
            (*(sum((a * b[j] for a, b in zip(row, coordinates, strict=False)), Fraction(0)) for j in columns), row[-1])
            for row in given
        ]
    elif isinstance(cell, (Box, Polyhedron)):
        polyhedron = cell.polyhedron() if isinstance(cell, Box) else cell
        rows = [(*(-a for a in row), bound) for row, bound in zip(polyhedron.A, polyhedron.b, strict=True)]
    else:
        raise InvalidType("cell", "a Box, a Polyhedron or a Cell with its basis", cell, "see tropical.Polyhedron")
    if any(row[-1] < 0 for row in rows if not any(row[:-1])):
        return None
    return [row for row in rows if any(row[:-1])]


def _independent_groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the classes of constraints joined by inner products that are not zero."""
    groups: list[list[Row]] = []
    for row in rows:
        joined = [group for group in groups if any(_dot(row, other) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([row, *(other for group in joined for other in group)])
    return groups


def _dot(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left[:-1], right[:-1], strict=True) if a and b), Fraction(0))


def _measure(rows: Sequence[Row]) -> tuple[Combination, Measures] | None:
    """Return the measure of a polyhedron on the span of its normals, None where it has no interior."""
    basis, pivots = row_space([row[:-1] for row in rows], len(rows[0]) - 1)
    k = len(basis)
    matrix = fmpq_mat([[fmpq(a.numerator, a.denominator) for a in row] for row in basis])
    gram = matrix * matrix.transpose()
    table = FaceTable([tuple(gram[i, j] for j in range(k)) for i in range(k)])
    linear = not any(row[-1] for row in rows)
    cone: Cone | None = Cone.whole_space(k) if linear else Cone.whole_space(k + 1).part((*(0,) * k, 1))
    for row in rows:
        normal = [row[p] for p in pivots]
        if cone is not None:
            cone = cone.part(primitive_multiple(normal if linear else [*normal, row[-1]]))
    if cone is None:
        return None
    measures = Measures(table)
    return measures.measure(table.cell(cone)), measures
