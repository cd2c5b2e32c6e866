"""Piecewise-linear functions of one variable as intervals, and piecewise polynomials of their values. Exact."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tropical._protocol import PiecewiseLinear, as_scalar
from tropical.complexes import cells
from tropical.exceptions import InvalidInput
from tropical.gaussian.filters import LabelFilter

__all__ = ["LinearPiece", "PiecewisePolynomial", "compose", "linear_pieces"]


class LinearPiece(NamedTuple):
    """The function ``slope·x + intercept`` for lower <= x <= upper; None is no bound."""

    lower: Fraction | None
    upper: Fraction | None
    slope: Fraction
    intercept: Fraction


def linear_pieces(F: PiecewiseLinear, argument: str = "F") -> list[LinearPiece]:
    """Return a function of one variable, interval after interval; neighbours differ."""
    function = as_scalar(F, argument)
    if function.dimension != 1:
        cure = "pass functions of one variable each"
        raise InvalidInput(argument, "one input", f"{function.dimension} inputs", cure)
    complex_ = cells(function)
    found: list[LinearPiece] = []
    for number, cell in enumerate(complex_):
        piece = complex_.piece_of(cell)
        cone = complex_.cone(number)
        ends = (
            {Fraction(ray[0], ray[1]) for ray in cone.rays if len(ray) == 2 and ray[1]} if cone.dimension > 1 else {0}
        )
        ways = {ray[0] > 0 for ray in cone.rays if len(ray) == 1 or not ray[1]}
        both = bool(cone.lines) or not complex_.basis
        lower = None if both or False in ways else Fraction(min(ends))
        upper = None if both or True in ways else Fraction(max(ends))
        found.append(LinearPiece(lower, upper, piece.gradient[0], piece.constant))
    found.sort(key=lambda piece: (piece.lower is not None, piece.lower or 0))
    merged = found[:1]
    for piece in found[1:]:
        if piece[2:] == merged[-1][2:]:
            merged[-1] = merged[-1]._replace(upper=piece.upper)
        else:
            merged.append(piece)
    return merged


@dataclass(frozen=True)
class PiecewisePolynomial:
    """A function of one variable that is ``polynomials[i]`` between ``breaks[i - 1]`` and ``breaks[i]``.

    What it is at the breaks themselves is left open here.
    """

    breaks: tuple[Fraction, ...]
    polynomials: tuple[tuple[Fraction, ...], ...]

    def between(self, lower: Fraction, upper: Fraction) -> range:
        """Return the numbers of the polynomials on an interval of positive length."""
        first = bisect_left(self.breaks, lower)
        while first < len(self.breaks) and self.breaks[first] == lower:
            first += 1
        return range(first, bisect_left(self.breaks, upper) + 1)


def compose(psi: LabelFilter, pieces: Sequence[LinearPiece]) -> PiecewisePolynomial:
    """Return ψ(h(s)) for a piecewise-linear h."""
    breaks: set[Fraction] = {piece.lower for piece in pieces if piece.lower is not None}
    for piece in pieces:
        if piece.slope:
            for level in psi.levels():
                point = (level - piece.intercept) / piece.slope
                if (piece.lower is None or piece.lower < point) and (piece.upper is None or point < piece.upper):
                    breaks.add(point)
    ordered = sorted(breaks)
    inside = _points_between(ordered)
    return PiecewisePolynomial(tuple(ordered), tuple(_polynomial_at(psi, pieces, point) for point in inside))


def _points_between(breaks: Sequence[Fraction]) -> list[Fraction]:
    if not breaks:
        return [Fraction(0)]
    middles = [(a + b) / 2 for a, b in pairwise(breaks)]
    return [breaks[0] - 1, *middles, breaks[-1] + 1]


def _polynomial_at(psi: LabelFilter, pieces: Sequence[LinearPiece], point: Fraction) -> tuple[Fraction, ...]:
    """Return the polynomial that ψ(h) is around a point that is no break."""
    piece = next(piece for piece in pieces if piece.upper is None or point <= piece.upper)
    height = piece.slope * point + piece.intercept
    part = next((part for part in psi.parts if part.holds(height)), None)
    result = [Fraction(0)]
    for coefficient in reversed(part.coefficients if part is not None else ()):
        # Horner's rule for polynomials: result·(slope·s + intercept) + coefficient
        shifted = [a * piece.intercept for a in result] + [Fraction(0)]
        for i, a in enumerate(result):
            shifted[i + 1] += a * piece.slope
        shifted[0] += coefficient
        result = shifted
    while len(result) > 1 and not result[-1]:
        result.pop()
    return tuple(result)
