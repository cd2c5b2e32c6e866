"""Lemma C: a homogeneous function that grows at most like Λ|x| exceeds a threshold with some probability."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical import gaussian
from tropical._exact.rational import as_fraction
from tropical.decide import is_homogeneous, relevant_subspace, sup_distance
from tropical.lemmas.numbers import quotient, times
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.residuals import chi_square_tail
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["AntiConcentration"]


@dataclass(frozen=True, repr=False)
class AntiConcentration(Lemma):
    """Lemma C; without ``growth`` the false statement that has 1 for Λ², and `factor` multiplies the bound."""

    growth: bool = True
    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "C"
    name: ClassVar[str] = "anti-concentration"
    title: ClassVar[str] = (
        "a homogeneous function exceeds a threshold with a probability that its variance bounds below"
    )
    statement: ClassVar[str] = (
        "H positively homogeneous, dim V = k >= 1, |H(x)| <= Λ|x|, σ² = E[H²] > 0, τ >= 0: Pr[|H| > τ] >= "
        "σ²/(2kΛ²)·Pr[χ_k > τ√(2k)/σ]."
    )
    latex: ClassVar[str] = r"\Pr[|H|>\tau]\ge\frac{\sigma^2}{2k\Lambda^2}\Pr[\chi_k>\tau\sqrt{2k}/\sigma]"
    source: ClassVar[str] = "Chen, Klivans and Meka 2021 for the idea; docs/reference_algorithm.md, lemma C"
    hypotheses: ClassVar[tuple[str, ...]] = ("H is positively homogeneous", "H is not zero")

    def check(self, H: Any, tau: Any = 1, *, max_cells: int | None = None) -> LemmaReport:
        """Compare the exact tail with the bound, for the smallest Λ with |H(x)| <= Λ|x|.

        Parameters
        ----------
        H : a function of any type with one output
        tau : exact number >= 0
        max_cells : int, optional

        Notes
        -----
        σ² and the tail are closed forms or enclosures (:mod:`tropical.gaussian`), Λ² is rational.
        """
        function, level = scalar(H, "H"), as_fraction(tau, "tau")
        homogeneous = is_homogeneous(function, max_cells=max_cells)
        V = relevant_subspace(function, max_cells)
        conditions = [
            Hypothesis(self.hypotheses[0], bool(homogeneous), f"witness {homogeneous.witness}"),
            Hypothesis(self.hypotheses[1], bool(V) or not homogeneous, "the zero function"),
        ]
        if not homogeneous or not V:
            return self.report([], conditions)
        k = len(V)
        square = sup_distance(function, 0, relative=True, max_cells=max_cells).squared if self.growth else Fraction(1)
        assert square is not None
        variance = gaussian.second_moment(function, max_cells=max_cells)
        probability = gaussian.tail(function, level, max_cells=max_cells)
        reach = quotient(2 * k * level * level, variance)
        assert reach is not None
        share = times(variance, as_fraction(self.factor, "factor") / (2 * k * square))
        bound = times(share, chi_square_tail(k, reach))
        name = "σ²/(2kΛ²)·Pr[χ_k > τ√(2k)/σ] <= Pr[|H| > τ]"
        return self.report(
            [compare(name, bound, "<=", probability)], conditions, variance=variance, growth_squared=square, rank=k
        )

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        thresholds = testing.rationals(2, 2).map(abs)
        return st.tuples(testing.networks(max_width=2, max_depth=1, biases=False), thresholds)
