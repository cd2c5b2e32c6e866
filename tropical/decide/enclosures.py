"""Bounds of a function over a box without its cells: proven, quick, not sharp.

Networks: each layer's values as affine functions of the inputs with an error (centre and radii), in ball arithmetic.
The ReLU of a value z in [l, u], l < 0 < u, lies between z·u/(u - l) and that plus -lu/(u - l); z's own dependence on
the inputs survives, which intervals forget. Other functions: intervals of the pieces, exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from tropical._exact.flint_numbers import to_fmpq
from tropical._protocol import PiecewiseLinear
from tropical.domains import Box
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.pieces import PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["enclosure"]

Interval = tuple[Fraction, Fraction]


def enclosure(function: PiecewiseLinear, box: Box) -> Interval:
    """Return numbers that a function with one output nowhere exceeds on a box.

    Complexity: for a network one product of the weights with the affine forms, width²·d ball operations a layer.
    """
    if isinstance(function, ReLUNetwork):
        return _of_network(function, box)
    if isinstance(function, TropicalRational):
        low, high = enclosure(function.numerator, box)
        below, above = enclosure(function.denominator, box)
        return low - above, high - below
    if isinstance(function, TropicalPolynomial):
        intervals = _of_pieces(function.pieces, box)
        best = max if function.convention == "max" else min
        return best(low for low, _ in intervals), best(high for _, high in intervals)
    assert isinstance(function, LatticePolynomial)
    intervals = _of_pieces(function.pieces, box)
    inner, outer = (min, max) if function.form == "max-min" else (max, min)
    low, high = (outer(inner(intervals[i][side] for i in clause) for clause in function.clauses) for side in (0, 1))
    return low, high


def _of_pieces(pieces: PieceTable, box: Box) -> list[Interval]:
    found = []
    for row in pieces.rows:
        ends = [sorted((a * low, a * high)) for a, low, high in zip(row, box.lo, box.hi, strict=False)]
        low, high = (sum((end[side] for end in ends), Fraction(row[-1])) / pieces.denominator for side in (0, 1))
        found.append((low, high))
    return found


class _Zonotope:
    """A value ``centre + Σ slopes_i ε_i + error``, |ε_i| <= 1, |error| <= radius, known to lie in an interval."""

    __slots__ = ("centre", "high", "low", "radius", "slopes")

    def __init__(self, centre: arb, slopes: list[arb], radius: arb, low: arb, high: arb) -> None:
        reach = sum((abs(slope) for slope in slopes), radius)
        self.centre, self.slopes, self.radius = centre, slopes, radius
        self.low = (centre - reach).lower().max(low.lower())
        self.high = (centre + reach).upper().min(high.upper())

    def relu(self) -> _Zonotope:
        """Return max(value, 0)."""
        zero = arb(0)
        if self.low >= 0:
            return self
        if self.high <= 0:
            return _Zonotope(zero, [zero] * len(self.slopes), zero, zero, zero)
        factor = self.high / (self.high - self.low)
        half = -factor * self.low / 2
        slopes = [factor * slope for slope in self.slopes]
        return _Zonotope(factor * self.centre + half, slopes, factor * self.radius + half, zero, self.high)


def _of_network(network: ReLUNetwork, box: Box) -> Interval:
    d = network.dimension
    values = []
    for i, (low, high) in enumerate(zip(box.lo, box.hi, strict=True)):
        half = _ball((high - low) / 2)
        slopes = [half if i == j else arb(0) for j in range(d)]
        values.append(_Zonotope(_ball((low + high) / 2), slopes, arb(0), _ball(low), _ball(high)))
    for depth, (matrix, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        values = [value.relu() for value in values] if depth else values
        values = [_combined(row, b, values, d) for row, b in zip(matrix, bias, strict=True)]
    (output,) = values
    return _rational(output.low), _rational(output.high)


def _combined(row: Sequence[Fraction], bias: Fraction, values: Sequence[_Zonotope], d: int) -> _Zonotope:
    centre = low = high = _ball(bias)
    slopes, radius = [arb(0)] * d, arb(0)
    for weight, value in zip(row, values, strict=True):
        if weight:
            w = _ball(weight)
            centre += w * value.centre
            slopes = [s + w * t for s, t in zip(slopes, value.slopes, strict=True)]
            radius += abs(w) * value.radius
            low += w * (value.low if weight > 0 else value.high)
            high += w * (value.high if weight > 0 else value.low)
    return _Zonotope(centre, slopes, radius, low, high)


def _ball(number: Fraction) -> arb:
    return arb(to_fmpq(number))


def _rational(exact: arb) -> Fraction:
    """Return a ball without radius as the dyadic rational that it is."""
    mantissa, exponent = exact.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
