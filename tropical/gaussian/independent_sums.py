r"""Functions h(g_1(x_1) + ... + g_k(x_k)) of a sum of independent one-dimensional parts, in any number of coordinates.

The cells of such a function grow like 3^k; its law does not. The values of each part are counted in bins of length δ,
with atoms (where g_i is constant) kept on the grid exactly; laws are convolved as polynomials with ball coefficients,
for each number j of parts that are not at an atom. Then the sum lies in [bδ, (b + j)δ], and for H = ψ ∘ h

* where H is one polynomial Q on that interval: E[w H] = p Q(bδ) + q Q'(bδ), off by at most a·max|Q''|·(jδ)²/2, where
  p, q, a are the moments E[w], E[w (S - bδ)], E|w| of the bin: first moments are convolved, too;
* where H has a break there: between its bounds, times a.

So a continuous H costs an error of order δ² and an indicator one of order δ (docs/gaussian.md, independent sums). The
weights w = 1, x_i, x_i² - 1 and x_i x_j give masses, means and matrices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from flint import arb, fmpq

from tropical._display import Record
from tropical._exact.rational import as_fraction, as_items, as_limit
from tropical._protocol import PiecewiseLinear, as_sample_array
from tropical.exceptions import BudgetExceeded, InvalidInput
from tropical.gaussian import binned_laws
from tropical.gaussian.binned_laws import Bins, as_ball, bin_count, convolve, law_of_part
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.filters import LabelFilter, as_filter, as_threshold
from tropical.gaussian.matrices import RelevantMatrix, RelevantVector
from tropical.gaussian.one_dimensional import LinearPiece, PiecewisePolynomial, compose, linear_pieces
from tropical.gaussian.values import Enclosure, enclosure_of_ball
from tropical.gaussian.working_precision import working_bits

__all__ = ["IndependentSum", "independent_sum"]

_BITS = 96
_FIRST_BINS = 64


@dataclass(frozen=True, slots=True, repr=False)
class IndependentSum(Record):
    """The function ``outer(parts[0](x_0) + parts[1](x_1) + ...)`` of standard normal coordinates.

    Attributes
    ----------
    parts : tuple of functions of one variable
    outer : function of one variable, or None for the sum itself
    """

    parts: tuple[PiecewiseLinear, ...]
    outer: PiecewiseLinear | None = None

    def evaluate(self, X: Any) -> np.ndarray:
        """Return the values at the rows of a float array (n, k).

        Parameters
        ----------
        X : array of float, (n, k)
        """
        array = as_sample_array(X, len(self.parts))
        total = sum(part.evaluate(array[:, i : i + 1]) for i, part in enumerate(self.parts))
        return np.asarray(total if self.outer is None else self.outer.evaluate(np.asarray(total)[:, None]))

    def mean(self, *, width: Any = "1/1000000", max_bins: int = 1 << 16) -> Enclosure:
        """Return an enclosure of E[F]; errors as for :meth:`tail`.

        Parameters
        ----------
        width, max_bins
            As for :meth:`tail`.
        """
        return self._ask(LabelFilter.polynomial([0, 1]), {}, width, max_bins)

    def second_moment(self, *, width: Any = "1/1000000", max_bins: int = 1 << 16) -> Enclosure:
        """Return an enclosure of E[F²]; errors as for :meth:`tail`.

        Parameters
        ----------
        width, max_bins
            As for :meth:`tail`.
        """
        return self._ask(LabelFilter.polynomial([0, 0, 1]), {}, width, max_bins)

    def tail(self, tau: Any, *, width: Any = "1/1000", max_bins: int = 1 << 16) -> Enclosure:
        """Return an enclosure of Pr[|F| > tau].

        Parameters
        ----------
        tau : exact number >= 0
        width : exact number > 0
            Aim: bins are halved until the enclosure is that narrow.
        max_bins : int
            Limit on the number of bins of one part.

        Raises
        ------
        BudgetExceeded
            If `max_bins` bins do not suffice; ``.partial`` is the narrowest enclosure.

        Notes
        -----
        k products of polynomials with k·N coefficients, N bins, for each of up to k + 1 numbers of parts off atoms.
        """
        return self._ask(LabelFilter.threshold(as_threshold(tau)), {}, width, max_bins)

    def filter_matrix(self, psi: Any, *, width: Any = "1/1000", max_bins: int = 1 << 16) -> RelevantMatrix:
        """Return E[ψ(F) (xxᵀ - I)] in the coordinates; equal parts are computed once.

        Parameters
        ----------
        psi : exact number or LabelFilter
            A number τ stands for the indicator of |F| > τ.
        width, max_bins
            As for :meth:`tail`; the width is that of each entry.
        """
        k = len(self.parts)
        entry = self._entries(psi, width, max_bins)
        upper = {(i, j): entry({i: 2} if i == j else {i: 1, j: 1}) for i in range(k) for j in range(i, k)}
        rows = tuple(tuple(Fraction(int(i == j)) for j in range(k)) for i in range(k))
        basis = RelevantBasis.of(rows, k)
        return RelevantMatrix(tuple(tuple(upper[min(i, j), max(i, j)] for j in range(k)) for i in range(k)), basis)

    def filter_mean(self, psi: Any, *, width: Any = "1/1000", max_bins: int = 1 << 16) -> RelevantVector:
        """Return E[ψ(F) x].

        Parameters
        ----------
        psi, width, max_bins
            As for :meth:`filter_matrix`.
        """
        k = len(self.parts)
        entry = self._entries(psi, width, max_bins)
        rows = tuple(tuple(Fraction(int(i == j)) for j in range(k)) for i in range(k))
        return RelevantVector(tuple(entry({i: 1}) for i in range(k)), RelevantBasis.of(rows, k))

    def _entries(self, psi: Any, width: Any, max_bins: Any) -> Callable[[dict[int, int]], Enclosure]:
        """Return E[ψ(F) · Π of weights] as a function of the weights that computes equal ones once."""
        label_filter = as_filter(psi)
        known: dict[Any, Enclosure] = {}

        def entry(weights: dict[int, int]) -> Enclosure:
            # what decides an entry is which parts are weighted, not where they stand
            key = frozenset(Counter((self.parts[m], weights[m]) for m in weights).items())
            if key not in known:
                known[key] = self._ask(label_filter, weights, width, max_bins)
            return known[key]

        return entry

    def _ask(self, psi: LabelFilter, weights: dict[int, int], width: Any, max_bins: Any) -> Enclosure:
        """Return E[ψ(F) · Π of weights], weight 1 for x_i and 2 for x_i² - 1."""
        aim, limit = as_fraction(width, "width"), as_limit(max_bins, "max_bins")
        if aim <= 0:
            raise InvalidInput("width", "a positive number", width, 'pass for example "1/1000"')
        pieces = [linear_pieces(part, f"parts[{i}]") for i, part in enumerate(self.parts)]
        outer = linear_pieces(self.outer, "outer") if self.outer is not None else [_IDENTITY]
        heights = compose(psi, outer)

        def exact(s: Fraction) -> Fraction:
            piece = next(piece for piece in outer if piece.upper is None or s <= piece.upper)
            return psi(piece.slope * s + piece.intercept)

        constant = all(not p.slope for part in pieces for p in part)  # nothing to cut into bins
        base = lcm(*(p.intercept.denominator for part in pieces for p in part if not p.slope))
        per_unit = base
        best: Enclosure | None = None
        with working_bits(_BITS):
            while True:
                bins = max(bin_count(part, per_unit) for part in pieces)
                if limit is not None and bins > limit:
                    message = f"max_bins={limit} bins do not reach the width {aim}; raise max_bins or width"
                    raise BudgetExceeded(message, best)
                if constant or bins >= min(_FIRST_BINS, limit or _FIRST_BINS) or 2 * bins > (limit or 2 * bins):
                    found = enclosure_of_ball(self._enclose(pieces, heights, exact, weights, per_unit, psi, outer))
                    if best is not None:
                        found = Enclosure(max(found.lower, best.lower), min(found.upper, best.upper))
                    best = found
                    if constant or best.width <= aim:
                        return best
                per_unit *= 2

    def _enclose(
        self,
        pieces: list[list[LinearPiece]],
        heights: PiecewisePolynomial,
        exact: Callable[[Fraction], Fraction],
        weights: dict[int, int],
        per_unit: int,
        psi: LabelFilter,
        outer: list[LinearPiece],
    ) -> arb:
        laws = [law_of_part(part, weights.get(i, 0), per_unit) for i, part in enumerate(pieces)]
        total = laws[0]
        for law in laws[1:]:
            total = convolve(total, law)
        result = arb(0)
        for j, bins in enumerate(total):
            if bins is not None:
                result += _expectation(bins, j, heights, exact, per_unit)
        if any(p.slope and (p.lower is None or p.upper is None) for part in pieces for p in part):
            result += _beyond_reach(pieces, outer, psi) * arb(0, 1)
        return result


def independent_sum(parts: Any, outer: PiecewiseLinear | None = None) -> IndependentSum:
    """Return a function of a sum of independent parts, ``outer(Σ parts[i](x_i))``, for Gaussian questions.

    Parameters
    ----------
    parts : sequence of functions of one variable
    outer : function of one variable, optional
        The sum itself by default.

    Raises
    ------
    InvalidInput
        If there is no function, or one of another number of variables.

    Examples
    --------
    The parity of six half-spaces (lemma Λ) has 3^6 cells and more; its law is a convolution.

    >>> from fractions import Fraction
    >>> from tropical import parse
    >>> clip = parse("max(min(4*x0, 1), -1)")
    >>> zigzag = parse("max(min(x0 + 5, -x0 - 3), min(x0 + 1, 1 - x0), min(x0 - 3, 5 - x0))")
    >>> moment = independent_sum([clip] * 6, outer=zigzag).second_moment(width="1/100")
    >>> moment.width < Fraction(1, 100)
    True
    """
    functions = tuple(as_items(parts, "parts", "a list of functions of one variable", "pass for example [clip] * 3"))
    if not functions:
        raise InvalidInput("parts", "at least one function", "none", "the empty sum is the constant outer(0)")
    for i, part in enumerate(functions):
        linear_pieces(part, f"parts[{i}]")
    if outer is not None:
        linear_pieces(outer, "outer")
    return IndependentSum(functions, outer)


_IDENTITY = LinearPiece(None, None, Fraction(1), Fraction(0))


# ---------------------------------------------------------------- expectations


def _expectation(
    bins: Bins, j: int, heights: PiecewisePolynomial, exact: Callable[[Fraction], Fraction], per_unit: int
) -> arb:
    """Return E[w H(S)] for the part of the law with j parts off atoms."""
    total = arb(0)
    count = max(poly.length() for poly in bins[1:])
    if j == 0:
        for b in range(count):
            value = exact(Fraction(bins.start + b, per_unit))
            if value:
                total += bins.mass[b] * as_ball(value)
        return total
    previous, curved = range(0), arb(0)
    polynomial: tuple[fmpq, ...] = ()
    derivative: tuple[fmpq, ...] = ()
    for b in range(count):
        low = Fraction(bins.start + b, per_unit)
        numbers = heights.between(low, low + Fraction(j, per_unit))
        if len(numbers) > 1:
            least, most = _range(heights, numbers, low, low + Fraction(j, per_unit))
            middle, radius = (least + most) / 2, (most - least) / 2
            total += bins.mass[b] * as_ball(middle) + abs(bins.size[b]) * as_ball(radius) * arb(0, 1)
            continue
        if numbers != previous:
            previous = numbers
            coefficients = heights.polynomials[numbers[0]]
            polynomial = tuple(fmpq(c.numerator, c.denominator) for c in coefficients)
            derivative = tuple(power * c for power, c in enumerate(polynomial))[1:]
        if len(polynomial) == 1:
            if polynomial[0]:
                total += bins.mass[b] * polynomial[0]
            continue
        s = fmpq(bins.start + b, per_unit)
        total += bins.mass[b] * _value(polynomial, s) + bins.offset[b] * _value(derivative, s)
        if len(polynomial) > 2:
            bend = _bend(heights.polynomials[numbers[0]], low, low + Fraction(j, per_unit))
            curved += abs(bins.size[b]) * as_ball(bend)
    step = as_ball(Fraction(j, per_unit))
    return total + curved * step * step / 2 * arb(0, 1)


def _value(polynomial: Sequence[fmpq], s: fmpq) -> fmpq:
    total = fmpq(0)
    for coefficient in reversed(polynomial):
        total = total * s + coefficient
    return total


def _bend(polynomial: Sequence[Fraction], low: Fraction, high: Fraction) -> Fraction:
    """Return a bound of |Q''| on an interval."""
    reach = max(abs(low), abs(high))
    return sum((abs(c) * n * (n - 1) * reach ** (n - 2) for n, c in enumerate(polynomial) if n >= 2), Fraction(0))


def _range(heights: PiecewisePolynomial, numbers: range, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return bounds of H on an interval on which it is several polynomials; at the breaks, too."""
    ends = [low, *(heights.breaks[n] for n in numbers[:-1]), high]
    values = []
    for number, a, b in zip(numbers, ends[:-1], ends[1:], strict=True):
        polynomial = heights.polynomials[number]
        slack = _bend(polynomial, a, b) * (b - a) ** 2 / 2
        for end in (a, b):
            value = sum((c * end**n for n, c in enumerate(polynomial)), Fraction(0))
            values += [value - slack, value + slack]
    return min(values), max(values)


def _beyond_reach(pieces: list[list[LinearPiece]], outer: list[LinearPiece], psi: LabelFilter) -> arb:
    """Return a bound of |E[w H(S)]| on the event that some coordinate leaves the reach.

    By Hölder (E[H⁴])^(1/4) (E[w⁴])^(1/4) Pr[event]^(1/2), with E[w⁴] <= 60, |H| <= C (1 + |y|)^n for the filter and
    |y| <= c + L Σ|x_i| for its argument.
    """
    k = len(pieces)
    steep = max(abs(p.slope) for p in outer)
    inner = max(abs(p.slope) for part in pieces for p in part)
    start = sum((_at_zero(part) for part in pieces), Fraction(0))
    offset = abs(_at_zero(outer)) + steep * abs(start) + 1
    slope = steep * inner
    degree = max((len(part.coefficients) - 1 for part in psi.parts), default=0)
    size = sum((abs(c) for part in psi.parts for c in part.coefficients), Fraction(0))
    # E[(c + L Σ|x_i|)^{4n}] <= 2^{4n} (c^{4n} + (L k)^{4n} E|x|^{4n})
    power = 4 * degree
    moment = 1
    for odd in range(1, power, 2):
        moment *= odd
    bound = 2**power * (offset**power + (slope * k) ** power * moment)
    event = k * (arb(binned_laws.REACH) / arb(2).sqrt()).erfc()
    return as_ball(size) * as_ball(bound).root(4) * arb(60).root(4) * event.sqrt()


def _at_zero(pieces: Sequence[LinearPiece]) -> Fraction:
    return abs(next(p.intercept for p in pieces if p.upper is None or p.upper >= 0))
