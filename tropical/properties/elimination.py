"""The search for an elimination: which weighted rows of a case add up to zero, or to something impossible?

Parallel rows are compared, which settles boxes. Where inequalities between inputs are left, the polyhedron is built row
by row as a full-dimensional cone; a row that leaves it no interior is, negated, a combination of the rows before it
(Farkas), and :meth:`Cone.combination` names the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector, dot, primitive_multiple
from tropical.properties.formulas import Case
from tropical.properties.input_sets import (
    Chart,
    InputSet,
    Row,
    Step,
    Weights,
    add_up,
    direction_of,
    require_few,
    rows_of,
)

__all__ = ["analyse"]

_ZERO = Fraction(0)


def analyse(case: Case, dimension: int) -> InputSet:
    """Find the affine hull and an interior point of the inputs of a case, or that there are none.

    Raises
    ------
    BudgetExceeded
        Where the polyhedron has too many vertices.

    Notes
    -----
    Parallel rows are compared first: that settles boxes, flat or not, with n rows in O(n) steps. The rest is double
    description in the variables left, as costly as the number of vertices.
    """
    found = InputSet(Chart(dimension), rows_of(case))
    while found.contradiction is None:
        if _compare_parallel(found):
            continue
        if found.contradiction is None:
            point = _guess(found)
            if point is not None:
                found.interior = found.chart.lift(point)
                return found
            if not _double_description(found):
                return found
    return found


def _conclude(found: InputSet, weights: Weights) -> bool:
    """Use weights whose sum is a constant <= 0: a step, or the set is empty. Return whether a variable went."""
    total, strict = add_up(found.rows, weights, "rows")
    if total.constant < 0 or strict:
        found.contradiction = weights
        return False
    for i, _ in weights:
        if found.rows[i].coefficients:
            found.eliminate(Step(weights, i, min(found.rows[i].coefficients)))
            return True
    return False


def _compare_parallel(found: InputSet) -> bool:
    """Look at rows without variables and at pairs of opposite rows. Return whether a variable went."""
    for i, row in enumerate(found.rows):
        if not row.coefficients and (row.constant < 0 or (row.constant == 0 and row.strict)):
            found.contradiction = ((i, Fraction(1)),)
            return False
    bounds = {direction: (b, i) for direction, b, i in found.tightest()}
    pairs = []
    for direction, (b, i) in bounds.items():
        opposite = tuple((j, -a) for j, a in direction)
        if direction[0][1] > 0 and opposite in bounds:
            other, k = bounds[opposite]
            if b + other <= 0:
                scales = (direction_of(found.rows[i])[1], direction_of(found.rows[k])[1])
                pairs.append(((i, 1 / scales[0]), (k, 1 / scales[1])))
    went = False
    for pair in pairs:  # what adds up to zero still does after a replacement
        went = _conclude(found, pair) or went
        if found.contradiction is not None:
            return False
    return went


def _guess(found: InputSet) -> tuple[Fraction, ...] | None:
    """Return the middle of the bounds on single variables if it is inside all rows."""
    low, high = found.bounds()
    z = []
    for j in found.chart.free:
        below, above = low.get(j), high.get(j)
        if below is not None and above is not None:
            z.append((below + above) / 2)
        elif below is not None:
            z.append(below + 1)
        else:
            z.append(_ZERO if above is None else above - 1)
    x = dict(zip(found.chart.free, z, strict=True))
    inside = all(
        row.constant + sum((a * x[j] for j, a in row.coefficients.items()), _ZERO) > 0
        for row in found.rows
        if row.coefficients
    )
    return tuple(z) if inside else None


def _double_description(found: InputSet) -> bool:
    """Add the rows one by one until one leaves no interior. Return whether a variable went.

    Otherwise the set is empty, or it has an interior point; both are noted.
    """
    found.require_few_vertices()
    variables = sorted({j for row in found.rows for j in row.coefficients})
    place = {j: i for i, j in enumerate(variables)}
    last = (*(0,) * len(variables), 1)
    cone = Cone.whole_space(len(variables) + 1).part(last)
    assert cone is not None
    names: list[tuple[int, Fraction]] = [(-1, Fraction(1))]  # of the cone's constraints: a row and its scale
    for _, _, i in found.tightest():
        wall, scale = _wall(found.rows[i], place)
        part = cone.part(wall)
        if part is None:
            return _conclude(found, _weights(cone, wall, names, (i, scale)))
        cone = part
        names.append((i, scale))
        require_few(len(cone.rays), f"a polyhedron of inputs has {len(cone.rays)}")
    point = cone.interior_point()
    x = dict.fromkeys(found.chart.free, _ZERO)
    x.update((j, Fraction(point[i], point[-1])) for j, i in place.items())
    found.interior = found.chart.lift(tuple(x.values()))
    return False


def _wall(row: Row, place: dict[int, int]) -> tuple[IntVector, Fraction]:
    """Return the row as a primitive vector, and the factor that makes it one."""
    entries = [_ZERO] * len(place) + [row.constant]
    for j, a in row.coefficients.items():
        entries[place[j]] = a
    wall = primitive_multiple(entries)
    lead = next(i for i, entry in enumerate(wall) if entry)
    return wall, wall[lead] / entries[lead]


def _weights(cone: Cone, wall: IntVector, names: Sequence[tuple[int, Fraction]], row: tuple[int, Fraction]) -> Weights:
    """Return weights of rows that add up to a constant <= 0; the wall is <= 0 on the whole cone.

    With gap = the least value of -wall at the vertices, ``-wall - gap`` is a combination of constraints. The gap is
    taken off first: else a combination could be found that proves an empty set to be flat only.
    """
    gap = min(Fraction(-dot(wall, ray), ray[-1]) for ray in cone.rays if ray[-1])
    form = primitive_multiple([*(Fraction(-a) for a in wall[:-1]), -wall[-1] - gap])
    lead = next(i for i, a in enumerate(form[:-1]) if a)
    factor = Fraction(form[lead], -wall[lead])  # form = factor·(-wall - gap)
    scale, multipliers = cone.combination(form)
    weights = {row[0]: row[1] * factor * scale}
    for c, m in multipliers.items():
        i, own = names[c]
        if i >= 0 and m:
            weights[i] = weights.get(i, _ZERO) + m * own
    return tuple(sorted(weights.items()))
