"""The exact minimum and maximum of a function."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from tropical._exact.rational import as_choice, as_limit, dot, rational_text
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear, as_scalar
from tropical.certificates import Certificate
from tropical.complexes.overlay import Overlay, overlay
from tropical.complexes.reduction import dehomogenise
from tropical.decide.branch_and_bound import BoxSearch
from tropical.decide.enclosures import enclosure
from tropical.decide.proofs import Refuted, Rows, require, strings, tree
from tropical.decide.subjects import ray_of
from tropical.domains import Box, Domain, Polyhedron, as_polyhedron
from tropical.exceptions import BudgetExceeded, Interrupted, InvalidInput
from tropical.network import ReLUNetwork
from tropical.results import Point, Range, RangeBounds, Ray

__all__ = ["value_range"]


def value_range(
    F: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None, *, method: str = "auto"
) -> Range:
    """Return the exact minimum and maximum of a function on a domain, and points where they are attained.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        With one output; select one of several with ``net[j]``.
    domain : None, Box or Polyhedron
        Bounded or not; None is all of R^d.
    max_cells : int, optional
        Limit on the number of cells, or of nodes of the search for each end.
    method : {"auto", "cells", "branch"}
        All cells with their vertices, or branch and bound, for networks on boxes. By default the latter where the box
        has more than 9 dimensions, and so cells with a thousand vertices.

    Returns
    -------
    Range
        ``min``, ``argmin``, ``max``, ``argmax``, Fractions; None with a ray where F is unbounded. ``certificate`` has
        the kind ``range``.

    Raises
    ------
    BudgetExceeded
    Interrupted
        ``.partial`` is a :class:`RangeBounds`: values attained on the cells found, and on a box outer bounds by ball
        arithmetic (:mod:`tropical.decide.enclosures`).

    Notes
    -----
    Cells: one evaluation at each vertex and extreme ray of each; N cells of V vertices cost N·V·k integer operations
    beside the enumeration. Branch and bound: two exact linear programs for each undecided unit of a node; the number of
    nodes can be exponential in the number of units, but the dimension is harmless.

    Examples
    --------
    >>> from tropical import Box, parse
    >>> value_range(parse("max(x0 - x1, -1/2)"), Box([0, 0], [1, 2]))
    Range(min -1/2 at x1 = 2, all others 0; max 1 at x0 = 1, all others 0)
    >>> value_range(parse("abs(x0)")).max is None
    True
    """
    function = as_scalar(F)
    polyhedron = as_polyhedron(domain, function.dimension)
    if _branches(function, domain, method):
        assert isinstance(function, ReLUNetwork)
        assert isinstance(domain, Box)
        return _search(BoxSearch(function, domain), as_limit(max_cells, "max_cells"))
    found = overlay([function], polyhedron, as_limit(max_cells, "max_cells"))
    low, high = _extreme(found, -1), _extreme(found, 1)
    if found.unfinished is not None and None not in (low.value, high.value):
        raise _with_bounds(found.unfinished, function, domain, low, high)
    found.all_parts()
    proof = partial(_prove, function, polyhedron, low, high)
    return Range(low.value, low.point, high.value, high.point, low.ray, high.ray, evidence=proof)


def _branches(function: PiecewiseLinear, domain: Domain, method: str) -> bool:
    chosen = as_choice(method, "method", ("auto", "cells", "branch"), "leave it out")
    possible = isinstance(function, ReLUNetwork) and len(function.weights) > 1 and isinstance(domain, Box)
    if chosen == "branch" and not possible:
        raise InvalidInput("method", '"cells" for other than networks on boxes', '"branch"', "leave it out")
    return possible and (chosen == "branch" or (chosen == "auto" and function.dimension > _MANY))


_MANY = 9  # dimensions: 9-8-8-1 takes 4 s by cells, 13 s by branch and bound, 10-8-8-1 31 s and 23 s


def _search(search: BoxSearch, limit: int | None) -> Range:
    low, high = search.extreme(-1, limit), search.extreme(1, limit)
    if low.value == low.bound and high.value == high.bound:
        proof = partial(search.certificate, low, high)
        return Range(low.value, low.point, high.value, high.point, evidence=proof)
    bounds = RangeBounds((low.bound, low.value), low.point, (high.value, high.bound), high.point)
    if search.interrupted:
        raise Interrupted(f"interrupted after {search.nodes} nodes; {_proven(bounds)}", bounds)
    raise BudgetExceeded(f"more than max_cells={limit} nodes; raise max_cells; {_proven(bounds)}", bounds)


def _with_bounds(
    error: BudgetExceeded | Interrupted, function: PiecewiseLinear, domain: Domain, low: _End, high: _End
) -> BudgetExceeded | Interrupted:
    """Return the error with what is proven: the best values found, and bounds that need no cells."""
    assert low.value is not None
    assert low.point is not None
    assert high.value is not None
    assert high.point is not None
    least, most = enclosure(function, domain) if isinstance(domain, Box) else (None, None)
    bounds = RangeBounds((least, low.value), low.point, (high.value, most), high.point)
    return type(error)(f"{error.args[0]}; {_proven(bounds)}", bounds)


def _proven(bounds: RangeBounds) -> str:
    return f"proven so far: {_interval(bounds.min)} for min F, {_interval(bounds.max)} for max F"


def _interval(ends: tuple[Fraction | None, Fraction | None]) -> str:
    low, high = (("-∞", "∞")[i] if end is None else f"{float(end):.6g}" for i, end in enumerate(ends))
    return f"[{low}, {high}]"


@dataclass(frozen=True, slots=True)
class _End:
    """One end of the range."""

    value: Fraction | None
    point: Point | None
    ray: Ray | None = None


def _extreme(found: Overlay, sign: int) -> _End:
    """Return the maximum (sign = 1) or minimum (-1); of several points that attain it the first one met."""
    (scale,) = found.scales
    best: Fraction | None = None
    place: tuple[int, ...] = ()
    for part, generator in found.contenders(sign):
        ((form,),) = part.values
        value, height = sign * dot(form, generator), generator[-1]
        if not height:
            if value > 0:
                return _End(None, None, ray_of(found, part, generator))
        elif best is None or value * best.denominator > best.numerator * height:
            best, place = Fraction(value, height), generator
    assert best is not None, "no cell has a vertex"
    return _End(sign * best / scale, found.coordinates.lift_point(dehomogenise(place)))


def _prove(function: PiecewiseLinear, domain: Polyhedron | None, low: _End, high: _End) -> Certificate:
    claim = {
        "min": None if low.value is None else rational_text(low.value),
        "argmin": None if low.point is None else strings(low.point),
        "max": None if high.value is None else rational_text(high.value),
        "argmax": None if high.point is None else strings(high.point),
    }
    unbounded: dict[str, Any] = {}

    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        ((form,),) = values
        bounded_below = low.value is None or require(region, [*form[:-1], form[-1] - low.value])
        if not (bounded_below and (high.value is None or require(region, _from_above(form, high.value)))):
            raise Refuted(region, values)
        return {}

    def mark(number: int, region: Region, values: tuple[Rows, ...]) -> None:
        ((form,),) = values
        for name, end, sign in (("min", low, -1), ("max", high, 1)):
            if end.value is None and name not in unbounded:
                direction = growing(region, [sign * a for a in form])
                if direction is not None:
                    unbounded[name] = {"node": number, **direction}

    return tree("range", [function], domain, leaf, claim=claim, mark=mark, evidence={"unbounded": unbounded})


def _from_above(form: tuple[Fraction, ...], bound: Fraction) -> list[Fraction]:
    return [*(-a for a in form[:-1]), bound - form[-1]]


def growing(region: Region, form: list[Fraction]) -> dict[str, list[str]] | None:
    """Return a point of a region and a direction along which a form grows, as plain data; None where it is bounded."""
    point = dehomogenise(region.point)
    directions = [*region.cone.lines, *(tuple(-a for a in line) for line in region.cone.lines), *region.cone.rays]
    for direction in directions:
        flat = direction if region.homogeneous else direction[:-1]
        at_infinity = region.homogeneous or not direction[-1]
        if at_infinity and sum((a * b for a, b in zip(form, flat, strict=False)), Fraction(0)) > 0:
            return {"point": strings(point), "direction": strings([Fraction(a) for a in flat])}
    return None
