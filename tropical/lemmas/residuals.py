"""The residual H = F - F∘P_W and what lemmas F, C and G measure on it: rational projections, traces, tails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from flint import arb, fmpq

from tropical._exact.linear import rank, row_space
from tropical._exact.rational import as_fraction_matrix
from tropical._protocol import PiecewiseLinear
from tropical.convert import to_rational
from tropical.decide import relevant_subspace
from tropical.exceptions import InvalidInput
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.matrices import RelevantMatrix, combine
from tropical.gaussian.spectra import eigenvalue_enclosures
from tropical.gaussian.values import Enclosure, Exact, enclosure_of_ball
from tropical.gaussian.working_precision import bits_for, working_bits
from tropical.lemmas.numbers import ball_of, bounds
from tropical.lemmas.report import Hypothesis
from tropical.network import ReLUNetwork
from tropical.rational_function import TropicalRational

__all__ = ["Split", "chi_square_tail", "composed", "difference", "root_above", "root_below", "split"]

Rows = tuple[tuple[Fraction, ...], ...]
_DIGITS = 25


@dataclass(frozen=True, slots=True)
class Split:
    """A subspace W of the relevant subspace V, and what is left of V.

    Attributes
    ----------
    relevant, known, rest : RelevantBasis
        Orthogonal bases of V, W and V ⊖ W.
    projection : rows of Fractions, (d, d)
        P_W.
    condition : Hypothesis
        That W lies in V.
    """

    relevant: RelevantBasis
    known: RelevantBasis
    rest: RelevantBasis
    projection: Rows
    condition: Hypothesis

    def rest_square(self, x: Sequence[Fraction]) -> Fraction:
        """Return |P_{V⊖W} x|²."""
        return _square_in(self.rest, x)

    def known_square(self, x: Sequence[Fraction]) -> Fraction:
        """Return |P_W x|²."""
        return _square_in(self.known, x)

    def trace(self, matrix: RelevantMatrix) -> Any:
        """Return the trace of a matrix on V compressed to V ⊖ W."""
        return combine([(Fraction(1), Fraction(1), _form(matrix, row, row)) for row in self.rest.rows])

    def largest_eigenvalue(self, matrix: RelevantMatrix) -> Any:
        """Return the largest eigenvalue of a matrix on V compressed to V ⊖ W; exact in one dimension."""
        if len(self.rest) == 1:
            return _form(matrix, self.rest.rows[0], self.rest.rows[0])
        with working_bits(bits_for(_DIGITS) + 32):
            balls = [[ball_of(_form(matrix, a, b)) for b in self.rest.rows] for a in self.rest.rows]
            return enclosure_of_ball(eigenvalue_enclosures(balls)[0])


def split(F: PiecewiseLinear, directions: Any, *, max_cells: int | None = None) -> Split:
    """Return V and W with their bases; W is spanned by the rows given, which may be none."""
    d = F.dimension
    rows = as_fraction_matrix(directions, "W")
    if rows and len(rows[0]) != d:
        raise InvalidInput("W", f"rows of length {d}", f"length {len(rows[0])}", "give vectors of the inputs")
    V = relevant_subspace(F, max_cells)
    inside = rank([*V, *rows], d) == len(V) if rows else True
    W, _ = row_space(rows, d)
    known = RelevantBasis.of(W, d)
    identity = [[Fraction(int(i == j)) for j in range(d)] for i in range(d)]
    projection = tuple(tuple(_projected(known, row)) for row in identity)
    left = [[a - b for a, b in zip(row, _projected(known, row), strict=True)] for row in V]
    rest, _ = row_space(left, d)
    condition = Hypothesis("W lies in V", inside, "a direction of W outside V")
    return Split(RelevantBasis.of(V, d), known, RelevantBasis.of(rest, d), projection, condition)


def composed(F: PiecewiseLinear, matrix: Rows) -> PiecewiseLinear:
    """Return x -> F(matrix x)."""
    if isinstance(F, ReLUNetwork):
        first = [
            [
                sum((w * a for w, a in zip(row, column, strict=True)), Fraction(0))
                for column in zip(*matrix, strict=True)
            ]
            for row in F.weights[0]
        ]
        return ReLUNetwork([first, *F.weights[1:]], F.biases)
    return F.compose(matrix)  # type: ignore[attr-defined]


def difference(F: PiecewiseLinear, G: PiecewiseLinear) -> PiecewiseLinear:
    """Return F - G: a network for two networks of one depth, else a quotient of polynomials."""
    if isinstance(F, ReLUNetwork) and isinstance(G, ReLUNetwork) and len(F.weights) == len(G.weights) > 1:
        weights: list[Any] = [[*F.weights[0], *G.weights[0]]]
        for one, other in zip(F.weights[1:-1], G.weights[1:-1], strict=True):
            left, right = len(one[0]), len(other[0])
            weights.append([[*row, *[0] * right] for row in one] + [[*[0] * left, *row] for row in other])
        weights.append([*F.weights[-1][0], *(-w for w in G.weights[-1][0])])
        biases: list[Any] = [[*a, *b] for a, b in zip(F.biases[:-1], G.biases[:-1], strict=True)]
        return ReLUNetwork(weights, [*biases, F.biases[-1][0] - G.biases[-1][0]])
    P, Q = to_rational(F), to_rational(G)
    assert isinstance(P, TropicalRational)
    return P / Q


def chi_square_tail(k: int, level: Any) -> Fraction | Enclosure:
    """Return Pr[χ²_k > level] for a number level >= 0, enclosed; k = 0 is the constant 0."""
    if bounds(level)[1] <= 0:
        return Fraction(int(k > 0))
    if k == 0:
        return Fraction(0)
    with working_bits(bits_for(_DIGITS) + 64):
        ball = (ball_of(level) / 2).gamma_upper(arb(fmpq(k, 2)), regularized=1)
        found = enclosure_of_ball(ball)
    return Enclosure(max(found.lower, Fraction(0)), min(found.upper, Fraction(1)))


def root_above(square: Fraction, digits: int = 9) -> Fraction:
    """Return a rational >= the square root, the root itself where it is rational."""
    below = root_below(square, digits)
    return below if below * below == square else below + Fraction(1, 10**digits)


def root_below(square: Fraction, digits: int = 9) -> Fraction:
    """Return a rational <= the square root by less than 10^-digits, the root itself where it is rational."""
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    if top * top == square.numerator and bottom * bottom == square.denominator:
        return Fraction(top, bottom)
    scale = 10**digits
    return Fraction(isqrt(square.numerator * scale * scale // square.denominator), scale)


def _projected(basis: RelevantBasis, x: Sequence[Fraction]) -> list[Fraction]:
    total = [Fraction(0)] * len(x)
    for row, norm in zip(basis.rows, basis.squared_norms, strict=True):
        share = sum((a * b for a, b in zip(row, x, strict=True)), Fraction(0)) / norm
        total = [t + share * a for t, a in zip(total, row, strict=True)]
    return total


def _square_in(basis: RelevantBasis, x: Sequence[Fraction]) -> Fraction:
    return sum((a * a for a in _projected(basis, x)), Fraction(0))


def _form(matrix: RelevantMatrix, a: Sequence[Fraction], b: Sequence[Fraction]) -> Exact | Enclosure:
    """Return aᵀ M b/(|a||b|)."""
    basis = matrix.basis
    left, right = (
        [sum((p * q for p, q in zip(row, x, strict=True)), Fraction(0)) for row in basis.rows] for x in (a, b)
    )
    lengths = sum((p * p for p in a), Fraction(0)) * sum((p * p for p in b), Fraction(0))
    norms, k = basis.squared_norms, len(basis)
    terms = [
        (left[i] * right[j], norms[i] * norms[j] * lengths, matrix[i, j])
        for i in range(k)
        for j in range(k)
        if left[i] and right[j]
    ]
    return combine(terms)
