"""Properties of one function: convex, positively homogeneous."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

from tropical._exact.rational import as_limit
from tropical._exact.region import Region, leaves
from tropical._protocol import PiecewiseLinear, as_function
from tropical.certificates import Certificate
from tropical.complexes.overlay import Overlay, Part, overlay
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.decide.proofs import Refuted, Rows, require, strings, tree
from tropical.decide.subjects import below_zero
from tropical.domains import Domain, Polyhedron, as_polyhedron
from tropical.results import Chord, Point, Scaling, Verdict

__all__ = ["is_convex", "is_homogeneous"]

_CONVEX, _HOMOGENEOUS = "F is convex", "F is positively homogeneous"


def is_convex(F: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None) -> Verdict:
    """Decide whether a function is convex on the domain, each output of it.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Ask for ``-F`` to know whether F is concave.
    domain : None, Box or Polyhedron
        None is all of R^d.
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    Verdict
        Yes with a certificate of kind ``convex``. No with a witness: a point of a segment, F there and the value of
        the chord of F over that segment, which is less.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    F is convex iff it is the maximum of its pieces: cells times different pieces sign evaluations.

    Examples
    --------
    >>> from tropical import parse
    >>> bool(is_convex(parse("max(x0, -x0)"))), bool(is_convex(parse("min(x0, -x0)")))
    (True, False)
    """
    function = as_function(F)
    polyhedron = as_polyhedron(domain, function.dimension)
    found = overlay([function], polyhedron, as_limit(max_cells, "max_cells"))
    for output in range(function.outputs):  # what is bent on some parts is not convex, whatever the others are
        pieces = dict.fromkeys(part.values[0][output] for part in found.parts)
        for part in found.parts:
            mine = part.values[0][output]
            for piece in pieces:
                below = below_zero(found, part, tuple(a - b for a, b in zip(mine, piece, strict=True)))
                if below is not None:
                    other = next(p for p in found.parts if p.values[0][output] == piece)
                    return Verdict(False, _CONVEX, _dent(function, found, other, below, polyhedron, output))
    found.all_parts()
    return Verdict(True, _CONVEX, evidence=partial(_prove_convex, function, polyhedron))


def _dent(
    function: PiecewiseLinear, found: Overlay, part: Part, end: Point, domain: Polyhedron | None, output: int
) -> Chord:
    """Return a chord below F. On the part F is the affine function g; at ``end`` it is less than g.

    Let q be an interior point of the part and x a point close to it, on the line from ``end`` and behind q, where F is
    still g. On the chord from x to ``end`` the affine g has its values at x and more than F at ``end``: so at q the
    chord lies below g, which is F there.
    """
    (scale,) = found.scales
    form = part.values[0][output]
    q = found.coordinates.lift_point(dehomogenise(found.interior(part)))

    def value(x: Point) -> Fraction:
        result = function(x)
        return result[output] if isinstance(result, tuple) else result

    def piece(x: Point) -> Fraction:
        z = [sum((a * b for a, b in zip(row, x, strict=True)), Fraction(0)) for row in found.coordinates.basis]
        return Fraction(1, scale) * sum((a * b for a, b in zip(form, (*z, 1), strict=True)), Fraction(0))

    step = Fraction(1)
    while True:  # ends: close to q, F is g
        start = tuple(a - step * (b - a) for a, b in zip(q, end, strict=True))
        if (domain is None or start in domain) and value(start) == piece(start):
            break
        step /= 2
    chord = (value(start) + step * value(end)) / (1 + step)  # q = (start + step·end)/(1 + step)
    return Chord(q, value(q), chord, start, end)


def _prove_convex(function: PiecewiseLinear, domain: Polyhedron | None) -> Certificate:
    reduction = Reduction([function], domain)
    parts = leaves(reduction.start(), reduction.resolvers[0].resolve, None, "cells")
    found = [resolution.rows() for _, resolution in parts]
    pieces = [list(dict.fromkeys(rows[j] for rows in found)) for j in range(function.outputs)]

    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        for form, others in zip(values[0], pieces, strict=True):
            for other in others:
                if not require(region, [a - b for a, b in zip(form, other, strict=True)]):
                    raise Refuted(region, values)
        return {}

    evidence = {"pieces": [[strings(form) for form in forms] for forms in pieces]}
    return tree("convex", [function], domain, leaf, reduction=reduction, evidence=evidence)


# ---------------------------------------------------------------- homogeneous


def is_homogeneous(F: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None) -> Verdict:
    """Decide whether F(tx) = tF(x) for all t >= 0, wherever x and tx lie in the domain.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Biases do no harm where they cancel.
    domain : None, Box or Polyhedron
        None is all of R^d.
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    Verdict
        Yes with a certificate of kind ``homogeneous``. No with a witness: a point x, and F(tx) against tF(x).

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    It holds iff no piece has a constant: the pieces on a ray through 0 meet continuously, and a constant c shows as
    c(t - 1) where x and tx are in one cell.

    Examples
    --------
    >>> from tropical import parse
    >>> bool(is_homogeneous(parse("max(x0 + 1, 1) - 1"))), bool(is_homogeneous(parse("max(x0, 1)")))
    (True, False)
    """
    function = as_function(F)
    polyhedron = as_polyhedron(domain, function.dimension)
    found = overlay([function], polyhedron, as_limit(max_cells, "max_cells"))
    for part in found.parts:
        if any(form[-1] for form in part.values[0]):
            x = found.coordinates.lift_point(dehomogenise(found.interior(part)))
            return Verdict(False, _HOMOGENEOUS, _scaling(function, x, polyhedron))
    found.all_parts()
    return Verdict(True, _HOMOGENEOUS, evidence=partial(_prove_homogeneous, function, polyhedron))


def _scaling(function: PiecewiseLinear, x: Point, domain: Polyhedron | None) -> Scaling:
    step = Fraction(1)
    while True:
        factor = 1 + step
        scaled = tuple(factor * a for a in x)
        if domain is None or scaled in domain:
            left, right = function(scaled), function(x)
            right = tuple(factor * b for b in right) if isinstance(right, tuple) else factor * right
            if left != right:
                return Scaling(x, left, right, factor)
        step /= 2


def _prove_homogeneous(function: PiecewiseLinear, domain: Polyhedron | None) -> Certificate:
    return tree("homogeneous", [function], domain, lambda *_: {})
