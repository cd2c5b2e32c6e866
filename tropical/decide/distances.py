"""How far two functions are apart: the largest |F - G|, and the largest |F - G|/|x| (docs/theory.md, lemma L)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

from tropical._arguments import as_flag
from tropical._exact.rational import IntVector, as_limit, dot, rational_text
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear
from tropical.certificates import Certificate
from tropical.complexes.overlay import Overlay, Part, overlay
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.decide.projection import ConeProjection
from tropical.decide.proofs import Refuted, Rows, require, strings, tree
from tropical.decide.ranges import growing
from tropical.decide.subjects import Function, as_pair, ray_of
from tropical.domains import Domain, Polyhedron
from tropical.exceptions import InvalidInput
from tropical.results import Distance, Point

__all__ = ["sup_distance"]


def sup_distance(
    F: Function, G: Function, domain: Domain = None, *, relative: bool = False, max_cells: int | None = None
) -> Distance:
    """Return the largest distance of two functions on a domain, exactly.

    Parameters
    ----------
    F, G : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial, in any mixture
        Of one input dimension and one number of outputs; of several outputs the farthest counts. A number stands for
        the constant function.
    domain : None, Box or Polyhedron
        Bounded or not; None is all of R^d.
    relative : bool
        Whether to return the largest ``|F(x) - G(x)|/|x|_2`` instead, for functions without biases on all of R^d.
    max_cells : int, optional
        Limit on the number of joint cells.

    Returns
    -------
    Distance
        Its ``squared`` is a Fraction, or None where the difference is unbounded; ``float()`` gives the distance.
        ``certificate`` has the kind ``distance`` or ``relative_distance``.

    Raises
    ------
    InvalidInput
        If a relative distance is asked for of functions with biases, or on a domain.
    BudgetExceeded

    Notes
    -----
    On the joint cells, as in :func:`same_function`. Relative: on a cone C where F - G = <u, x> the largest value is the
    length of the projection of u, or of -u, on C; it is at most ``|u|`` and so at most the Lipschitz constant of F - G.
    Only cones with ``|u|`` above the best length so far are projected on.

    Examples
    --------
    >>> from tropical import Box, parse
    >>> float(sup_distance(parse("abs(x0)"), 1, Box([-3], [1])))
    2.0
    >>> sup_distance(parse("max(x0 + x1, 0)"), parse("0*x1"), relative=True)
    Distance(|F - G|/|x| <= √(2), at x0 = 1, x1 = 1)
    """
    left, right, polyhedron = as_pair(F, G, domain)
    limit = as_limit(max_cells, "max_cells")
    if as_flag(relative, "relative"):
        if polyhedron is not None:
            raise InvalidInput("domain", "None for a relative distance", "a polyhedron", "leave it out")
        for name, function in (("F", left), ("G", right)):
            if not function.is_bias_free():
                cure = "ask for the distance on a box instead"
                raise InvalidInput(name, "no biases for a relative distance", repr(function), cure)
    found = overlay([left, right], polyhedron, limit)
    found.all_parts()
    return _relative(left, right, found) if relative else _absolute(left, right, polyhedron, found)


def _signed(found: Overlay, part: Part) -> Iterator[tuple[int, int, IntVector]]:
    """Yield for each output and sign the form of sign·(F - G), over the product of the scales."""
    for output, form in enumerate(found.differences(part)):
        yield output, -1, form
        yield output, 1, tuple(-a for a in form)


# ---------------------------------------------------------------- on a domain


def _absolute(left: PiecewiseLinear, right: PiecewiseLinear, domain: Polyhedron | None, found: Overlay) -> Distance:
    best, place = Fraction(0), None
    for part in found.parts:
        for _, _, form in _signed(found, part):
            for generator in found.generators(part):
                value, height = dot(form, generator), generator[-1]
                if not height and value > 0:
                    ascent = ray_of(found, part, generator)
                    proof = partial(_prove_absolute, left, right, domain, None, None)
                    return Distance(None, None, ascent=ascent, evidence=proof)
                if height and (place is None or value * best.denominator > best.numerator * height):
                    best, place = Fraction(value, height), generator
    assert place is not None, "no cell has a vertex"
    distance = best / (found.scales[0] * found.scales[1])
    point = found.coordinates.lift_point(dehomogenise(place))
    return Distance(distance**2, point, evidence=partial(_prove_absolute, left, right, domain, distance, point))


def _prove_absolute(
    left: PiecewiseLinear,
    right: PiecewiseLinear,
    domain: Polyhedron | None,
    distance: Fraction | None,
    point: Point | None,
) -> Certificate:
    claim = {
        "distance": None if distance is None else rational_text(distance),
        "point": None if point is None else strings(point),
    }
    evidence: dict[str, Any] = {}

    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        if distance is not None:
            for f, g in zip(*values, strict=True):
                for sign in (1, -1):
                    gap = [sign * (a - b) for a, b in zip(f, g, strict=True)]
                    if not require(region, [*gap[:-1], gap[-1] + distance]):
                        raise Refuted(region, values)
        return {}

    def mark(number: int, region: Region, values: tuple[Rows, ...]) -> None:
        if distance is not None or "unbounded" in evidence:
            return
        for output, (f, g) in enumerate(zip(*values, strict=True)):
            for sign in (1, -1):
                ray = growing(region, [sign * (a - b) for a, b in zip(f, g, strict=True)])
                if ray is not None:
                    evidence["unbounded"] = {"node": number, "output": output, "sign": sign, **ray}

    return tree("distance", [left, right], domain, leaf, claim=claim, mark=mark, evidence=evidence)


# ---------------------------------------------------------------- relative to |x|


def _relative(left: PiecewiseLinear, right: PiecewiseLinear, found: Overlay) -> Distance:
    projection = ConeProjection(found.coordinates)
    lengths = [
        (projection.squared(form[:-1]), part, form) for part in found.parts for _, _, form in _signed(found, part)
    ]
    best, place = Fraction(0), projection.any_direction()
    for length, part, form in sorted(lengths, key=lambda entry: -entry[0]):
        if length <= best:
            break
        gradient = projection.onto(form[:-1], part.cone.rays, part.cone.lines)
        if projection.squared(gradient) > best:
            best, place = projection.squared(gradient), gradient
    scale = found.scales[0] * found.scales[1]
    squared, point = best / scale**2, projection.point(place)
    return Distance(squared, point, relative=True, evidence=partial(_prove_relative, left, right, squared, point))


def _prove_relative(left: PiecewiseLinear, right: PiecewiseLinear, squared: Fraction, point: Point) -> Certificate:
    reduction = Reduction([left, right], None)
    projection = ConeProjection(reduction)

    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        dominating = []
        for f, g in zip(*values, strict=True):
            both = []
            for sign in (1, -1):
                u = [sign * (a - b) for a, b in zip(f[:-1], g[:-1], strict=True)]
                short = projection.squared(u) <= squared
                p = u if short else projection.onto(u, region.cone.rays, region.cone.lines)
                if not require(region, [*(a - b for a, b in zip(p, u, strict=True)), Fraction(0)]):
                    raise Refuted(region, values)
                both.append(strings(p))
            dominating.append(both)
        return {"dominating": dominating}

    claim = {"squared": rational_text(squared), "point": strings(point)}
    return tree("relative_distance", [left, right], None, leaf, claim=claim, reduction=reduction)
