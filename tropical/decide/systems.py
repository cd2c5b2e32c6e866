"""Systems of linear inequalities in x and F(x): is there a point of the domain that satisfies all of them?

Safety properties of networks, zeros of functions and the question whether F reaches a set are of this kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from tropical._arguments import as_flag
from tropical._display import Record
from tropical._exact.cone import Cone
from tropical._exact.linear import rank
from tropical._exact.rational import (
    IntVector,
    as_fraction,
    as_fraction_vector,
    as_limit,
    dot,
    primitive_multiple,
    rational_text,
)
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear, as_function
from tropical.certificates import Certificate
from tropical.complexes.overlay import Overlay, Part, generators, overlay
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.decide.proofs import Refuted, Rows, require, strings, tree
from tropical.domains import Domain, Polyhedron, as_polyhedron
from tropical.exceptions import InvalidInput, InvalidType
from tropical.network import ReLUNetwork
from tropical.results import Verdict, Witness

__all__ = ["Inequality", "is_unreachable", "zero_set_is_empty"]

_UNREACHABLE, _ZERO = "no point satisfies all inequalities", "F has no zero"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Inequality(Record):
    """``inputs·x + outputs·F(x) <= bound``, or ``<`` where ``strict``.

    Parameters
    ----------
    outputs : sequence of exact numbers, length m
        A number stands for the one coefficient of a function with one output.
    bound : exact number
    inputs : sequence of exact numbers, length d, optional
        By default zero.
    strict : bool
    """

    outputs: tuple[Fraction, ...]
    bound: Fraction
    inputs: tuple[Fraction, ...] | None
    strict: bool

    def __init__(self, outputs: Any, bound: Any, inputs: Any = None, *, strict: bool = False) -> None:
        if not isinstance(outputs, (list, tuple)) and not getattr(outputs, "ndim", 0):
            outputs = [outputs]
        object.__setattr__(self, "outputs", _coefficients(outputs, "outputs"))
        object.__setattr__(self, "bound", as_fraction(bound, "bound"))
        object.__setattr__(self, "inputs", None if inputs is None else _coefficients(inputs, "inputs"))
        object.__setattr__(self, "strict", as_flag(strict, "strict"))


def _coefficients(values: Any, argument: str) -> tuple[Fraction, ...]:
    vector = as_fraction_vector(values, argument)
    if not vector:
        raise InvalidInput(argument, "one coefficient for each number", "none", "write 0 for what does not count")
    return vector


def is_unreachable(
    F: PiecewiseLinear, inequalities: Sequence[Inequality], domain: Domain = None, max_cells: int | None = None
) -> Verdict:
    """Decide whether no point of the domain satisfies a system of linear inequalities in x and F(x).

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
    inequalities : sequence of Inequality
        All of them together: describe what must not happen.
    domain : None, Box or Polyhedron
        None is all of R^d.
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    Verdict
        Yes with a certificate of kind ``unreachable``; no with a witness: a rational point that satisfies all, with
        ``left`` the value of F there and ``right`` the left-hand sides of the inequalities.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    On each cell, where F is affine, the system is one of linear inequalities; its generators are found by double
    description. That there are none follows from one combination of the inequalities a cell (Farkas).

    Examples
    --------
    >>> from tropical import Box, parse
    >>> F, box = parse("max(x0, x1)"), Box([0, 0], [1, 1])
    >>> bool(is_unreachable(F, [Inequality(1, -1)], box))                     # F <= -1
    True
    >>> is_unreachable(F, [Inequality(-1, -1), Inequality(0, "1/2", [1, 0])], box).witness.point   # F >= 1, x0 <= 1/2
    (Fraction(1, 3), Fraction(1, 1))
    """
    function = as_function(F)
    polyhedron = as_polyhedron(domain, function.dimension)
    system = _as_system(inequalities, function)
    return _decide(function, system, polyhedron, as_limit(max_cells, "max_cells"), _UNREACHABLE)


def zero_set_is_empty(F: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None) -> Verdict:
    """Decide whether F(x) is nowhere zero on the domain (of several outputs: nowhere all of them).

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
    domain : None, Box or Polyhedron
        None is all of R^d.
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    Verdict
        Yes with a certificate of kind ``unreachable`` for the system ``F <= 0, -F <= 0``; no with a rational zero as
        the witness.

    Raises
    ------
    BudgetExceeded

    Examples
    --------
    >>> from tropical import parse
    >>> bool(zero_set_is_empty(parse("max(x0, -x0) + 1")))
    True
    >>> zero_set_is_empty(parse("max(x0, -x0) - 1")).witness.point
    (Fraction(-1, 1),)
    """
    function = as_function(F)
    m = function.outputs
    rows = [[int(i == j) * sign for j in range(m)] for i in range(m) for sign in (1, -1)]
    system = _as_system([Inequality(row, 0) for row in rows], function)
    polyhedron = as_polyhedron(domain, function.dimension)
    return _decide(function, system, polyhedron, as_limit(max_cells, "max_cells"), _ZERO)


def _as_system(inequalities: Any, function: PiecewiseLinear) -> list[Inequality]:
    if isinstance(inequalities, Inequality):
        inequalities = [inequalities]
    if not isinstance(inequalities, (list, tuple)) or not all(isinstance(row, Inequality) for row in inequalities):
        cure = "pass for example [tropical.Inequality(1, 0)] for F <= 0"
        raise InvalidType("inequalities", "a list of Inequality", inequalities, cure)
    if not inequalities:
        raise InvalidInput("inequalities", "at least one", "none", "every point satisfies an empty system")
    for i, row in enumerate(inequalities):
        if len(row.outputs) != function.outputs:
            given = f"{len(row.outputs)} coefficients"
            raise InvalidInput(f"inequalities[{i}]", f"{function.outputs} coefficients of outputs", given, "match F")
        if row.inputs is not None and len(row.inputs) != function.dimension:
            given = f"{len(row.inputs)} coefficients"
            raise InvalidInput(f"inequalities[{i}]", f"{function.dimension} coefficients of inputs", given, "match F")
    return list(inequalities)


def _left_side(row: Inequality, values: Sequence[Fraction], x: Sequence[Fraction]) -> Fraction:
    total = sum((a * b for a, b in zip(row.outputs, values, strict=True)), Fraction(0))
    return total + sum((a * b for a, b in zip(row.inputs or (), x, strict=False)), Fraction(0))


def _decide(
    function: PiecewiseLinear, system: list[Inequality], domain: Polyhedron | None, limit: int | None, question: str
) -> Verdict:
    found = overlay([function, _inputs(function, system)], domain, limit)
    for part in found.parts:
        z = _solution(found, part, system)
        if z is not None:
            x = found.coordinates.lift_point(z)
            left = function(x)
            values = left if isinstance(left, tuple) else (left,)
            return Verdict(False, question, Witness(x, left, tuple(_left_side(row, values, x) for row in system)))
    found.all_parts()
    return Verdict(True, question, evidence=partial(_prove, function, system, domain))


def _inputs(function: PiecewiseLinear, system: Sequence[Inequality]) -> ReLUNetwork:
    """Return what the inequalities read from x, as one affine map: a row each."""
    return ReLUNetwork([[row.inputs or (0,) * function.dimension for row in system]])


def _excesses(system: Sequence[Inequality], values: Rows, inputs: Rows) -> list[tuple[Fraction, ...]]:
    """Return for each inequality left side less bound, an affine form on a part."""
    found = []
    for row, own in zip(system, inputs, strict=True):
        total = [*own[:-1], own[-1] - row.bound]
        for coefficient, form in zip(row.outputs, values, strict=True):
            total = [a + coefficient * b for a, b in zip(total, form, strict=True)]
        found.append(tuple(total))
    return found


def _solution(found: Overlay, part: Part, system: Sequence[Inequality]) -> tuple[Fraction, ...] | None:
    """Return a point z of the part that satisfies the system, None where there is none."""
    values, inputs = (
        tuple(tuple(Fraction(a, scale) for a in form) for form in forms)
        for forms, scale in zip(part.values, found.scales, strict=True)
    )
    forms = [primitive_multiple([-a for a in excess]) for excess in _excesses(system, values, inputs)]
    cone = part.cone.homogenised() if found.homogeneous else part.cone  # the bounds are constants
    for form in forms:
        cone = _intersection(cone, form)
        if not any(ray[-1] for ray in cone.rays):
            return None
    point = [sum(entries) for entries in zip(*cone.rays, strict=True)]
    # the sum of the rays is in the relative interior: what vanishes there vanishes on the whole intersection
    if any(row.strict and dot(form, point) == 0 for row, form in zip(system, forms, strict=True)):
        return None
    return dehomogenise(point)


def _intersection(cone: Cone, form: IntVector) -> Cone:
    """Return the part of a cone where a form is >= 0, were it but a face."""
    part = cone.part(form)
    if part is not None:
        return part
    kept = [i for i, ray in enumerate(cone.rays) if dot(form, ray) == 0]
    rays = tuple(cone.rays[i] for i in kept)
    bit = 1 << len(cone.constraints)
    vectors = [[Fraction(a) for a in vector] for vector in (*rays, *cone.lines)]
    dimension = rank(vectors, len(form))
    return Cone(dimension, cone.lines, rays, tuple(cone.incidence[i] | bit for i in kept), (*cone.constraints, form))


# ---------------------------------------------------------------- the proof


def _prove(function: PiecewiseLinear, system: list[Inequality], domain: Polyhedron | None) -> Certificate:
    reader = _inputs(function, system)
    reduction = Reduction([function, reader], domain)
    inputs = reduction.resolvers.pop()  # the statement is about F alone; what it reads besides is in the basis
    fixed: list[Rows] = []

    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        if not fixed:
            fixed.append(inputs.resolve(region).rows())
        excesses = _excesses(system, values[0], fixed[0])
        weights = _weights(region, excesses, [row.strict for row in system])
        if weights is None:
            raise Refuted(region, values)
        total = [
            sum((w * a for w, a in zip(weights, column, strict=True)), Fraction(0))
            for column in zip(*excesses, strict=True)
        ]
        margin = _minimum(region, total)
        if not require(region, [*total[:-1], total[-1] - margin]):
            raise Refuted(region, values)
        return {"weights": strings(weights), "margin": rational_text(margin)}

    zero = ["0"] * function.dimension
    constraints = [
        {
            "inputs": zero if row.inputs is None else strings(row.inputs),
            "outputs": strings(row.outputs),
            "bound": rational_text(row.bound),
            "strict": row.strict,
        }
        for row in system
    ]
    return tree("unreachable", [function], domain, leaf, claim={"constraints": constraints}, reduction=reduction)


def _minimum(region: Region, form: Sequence[Fraction]) -> Fraction:
    return min(
        sum((a * b for a, b in zip(form, point, strict=True)), Fraction(0)) / point[-1]
        for point in generators(region.cone, region.homogeneous)
        if point[-1]
    )


def _weights(
    region: Region, excesses: Sequence[Sequence[Fraction]], strict: Sequence[bool]
) -> tuple[Fraction, ...] | None:
    """Return weights w >= 0 whose combination of the excesses proves that no point of the region has all <= 0.

    They form the cone {w >= 0 : Σ w_j e_j(p) >= 0 for all generators p of the region}. By Farkas' lemma some of them
    have a combination > 0 at all vertices, or >= 0 with weight on a strict inequality; then the sum of the extreme rays
    of that cone has.
    """
    count = len(excesses)
    cone = Cone.whole_space(count)
    for j in range(count):
        cone = _intersection(cone, tuple(int(i == j) for i in range(count)))
    for point in generators(region.cone, region.homogeneous):
        heights = [sum((a * b for a, b in zip(e, point, strict=True)), Fraction(0)) for e in excesses]
        if any(heights):
            cone = _intersection(cone, primitive_multiple(heights))
    if not cone.rays:
        return None
    weights = [Fraction(sum(entries)) for entries in zip(*cone.rays, strict=True)]
    total = [
        sum((w * a for w, a in zip(weights, column, strict=True)), Fraction(0))
        for column in zip(*excesses, strict=True)
    ]
    margin = _minimum(region, total)
    proved = margin > 0 or (margin == 0 and any(w and s for w, s in zip(weights, strict, strict=True)))
    return tuple(weights) if proved else None
