r"""Lemma Λ: some dependence on the Lipschitz constant is necessary; steep parities hide from every label filter."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import fmpq

from tropical import families
from tropical._arguments import as_count
from tropical._exact.rational import as_fraction
from tropical.decide import lipschitz
from tropical.exceptions import InvalidInput
from tropical.gaussian import independent_sum
from tropical.gaussian.closed_form import Combination, Key, error_function
from tropical.gaussian.filters import LabelFilter, as_filter
from tropical.gaussian.values import Exact, enclosure_of_ball, exact_value
from tropical.gaussian.working_precision import working_bits
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.numbers import ball_of, plus, times
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma

__all__ = ["Steepness"]

_HALF = Fraction(1, 2)
_MOST_HALF_SPACES = 1000
_CELLS_OF_PARITY = 3  # up to this k the cells are enumerated to find the Lipschitz constant


@dataclass(frozen=True, repr=False)
class Steepness(Lemma):
    """Lemma Λ; `fewest` is the smallest k for which the bounds are claimed: 3 is true, 2 is false.

    (With 2 matrices show both directions, and with 1 means show the one.)
    """

    fewest: int = 3

    letter: ClassVar[str] = "Λ"
    name: ClassVar[str] = "steepness"
    title: ClassVar[str] = "all label filters of the steep parity of k >= 3 half-spaces fade as its slope grows"
    statement: ClassVar[str] = (
        "y_t = h(Σ clip(x_i/t, -1, 1)), h the zigzag: Λ = √k/t; off an event B with Pr[B] <= kt√(2/π), y_t "
        "is the parity "
        "of k signs, so for k >= 3 and |ψ| <= 1: ‖E[ψ(y_t)(xxᵀ - I)]‖ <= 2√(2 Pr B) and |E[ψ(y_t)x]| <= 2√(Pr B)."
    )
    latex: ClassVar[str] = (
        r"\|E[\psi(y_t)(xx^\top-I)]\|\le2\sqrt{2\Pr B},\quad|E[\psi(y_t)x]|\le2\sqrt{\Pr B},"
        r"\quad\Pr B\le kt\sqrt{2/\pi},\quad\Lambda=\sqrt k/t"
    )
    source: ClassVar[str] = "docs/theory.md, lemma Λ"
    hypotheses: ClassVar[tuple[str, ...]] = ("k is large enough", "|ψ| <= 1")

    def check(self, k: int = 3, t: Any = "1/100", psi: Any = None, *, width: Any = "1/200") -> LemmaReport:
        """Enclose filter matrices and means of the parity, and compare their squares with 8 Pr[B] and 4 Pr[B].

        Parameters
        ----------
        k : int
        t : exact number > 0
        psi : exact number or LabelFilter, optional
            Bounded by 1; by default both the sign of y, 1{y >= 0} - 1{y < 0}, and the indicator of |y| > 1/2.
        width : exact number > 0
            Aim of the enclosures of the matrix's entries.

        Raises
        ------
        InvalidInput
            If t is not positive.

        Notes
        -----
        The law of the sum is a convolution (:func:`tropical.gaussian.independent_sum`), so k is not limited by cells.
        """
        k, slope = as_count(k, "k", 1, _MOST_HALF_SPACES), as_fraction(t, "t")
        if slope <= 0:
            raise InvalidInput("t", "a positive number", t, "small t is steep")
        filters = {"ψ": as_filter(psi)} if psi is not None else {"sign": _sign_filter(), "|y| > 1/2": as_filter(_HALF)}
        conditions = [
            Hypothesis(self.hypotheses[0], k >= self.fewest, f"k = {k} < {self.fewest}"),
            Hypothesis(
                self.hypotheses[1], all(f.is_bounded_by_one() for f in filters.values()), "a filter beyond [-1, 1]"
            ),
        ]
        if any(condition.holds is False for condition in conditions):
            return self.report([], conditions)
        clip = LatticePolynomial([([1 / slope], 0), ([0], 1), ([0], -1)], [[0, 1], [2]])
        parity = independent_sum([clip] * k, outer=_zigzag(k))
        event = _event_probability(k, slope)
        crude = times(_root_two_over_pi(), k * slope)
        comparisons = [
            compare("Pr[B] <= kt√(2/π)", event, "<=", crude),
            compare("1 - Pr[B] <= E[y²]", plus(1, times(event, -1)), "<=", parity.second_moment(width=width)),
        ]
        matrices, means = {}, {}
        for name, label_filter in filters.items():
            matrix = matrices[name] = parity.filter_matrix(label_filter, width=width)
            eigenvalues = matrix.eigenvalues()
            norm = max((eigenvalues[0], eigenvalues[-1]), key=lambda e: max(abs(e.lower), abs(e.upper)))
            comparisons.append(compare(f"‖M‖² <= 8 Pr[B] for {name}", times(norm, norm), "<=", times(event, 8)))
            mean = means[name] = parity.filter_mean(label_filter, width=width)
            square: Any = Fraction(0)
            for entry in mean.entries:
                square = plus(square, times(entry, entry))
            comparisons.append(compare(f"|E[ψx]|² <= 4 Pr[B] for {name}", square, "<=", times(event, 4)))
        if k <= _CELLS_OF_PARITY:
            steep = lipschitz(families.parity(k, slope)).squared
            comparisons.append(compare("Λ² = k/t²", steep, "=", k / (slope * slope)))
        return self.report(comparisons, conditions, matrices=matrices, means=means, event=event)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        return st.tuples(st.integers(self.fewest, 4), st.integers(4, 500).map(lambda n: Fraction(1, n)))


def _sign_filter() -> LabelFilter:
    positive, negative = LabelFilter.slice(0, None), LabelFilter.polynomial([-1], None, 0)
    return LabelFilter((*negative.parts, *positive.parts))


def _zigzag(k: int) -> LatticePolynomial:
    """Return the function of one variable through (-1)^((k-s)/2) at s = k, k - 2, ..., -k, with slopes ±1 between."""
    nodes = range(-k, k + 1, 2)
    heights = [(-1) ** ((k - s) // 2) for s in nodes]
    tops = [
        LatticePolynomial([([1], 1 - s), ([-1], 1 + s)], [[0, 1]])
        for s, height in zip(nodes, heights, strict=True)
        if height > 0
    ]
    pieces, clauses = [], []
    for top in tops:
        clauses.append([len(pieces), len(pieces) + 1])
        pieces += [top.pieces[0], top.pieces[1]]
    return LatticePolynomial(pieces, clauses)


def _event_probability(k: int, t: Fraction) -> Any:
    """Return Pr[some |x_i| < t] = 1 - (1 - erf(t/√2))^k, enclosed."""
    inside = exact_value(error_function(fmpq(t.numerator, t.denominator) ** 2 / 2))
    outside = plus(1, times(inside, -1))
    with working_bits(160):
        return enclosure_of_ball(1 - ball_of(outside) ** k)


def _root_two_over_pi() -> Exact:
    return exact_value(Combination({Key(-1, 2, (0, 1), ()): fmpq(1)}))
