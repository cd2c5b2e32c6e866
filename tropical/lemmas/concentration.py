"""Lemma S1: the sampling error of a filter matrix. A statement about probabilities, checked by drawing samples."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log, sqrt
from typing import Any, ClassVar

import numpy as np
from flint import fmpq

from tropical import gaussian
from tropical._arguments import as_count, check_size
from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput
from tropical.gaussian.closed_form import Combination, Key
from tropical.gaussian.filters import as_filter
from tropical.gaussian.monte_carlo import Sampling, estimate_probability
from tropical.gaussian.values import exact_value
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["Concentration"]

# 4φ(1) = 2√2·e^(-1/2)/√π
_LARGEST_NORM = exact_value(Combination({Key(-1, 2, (-1, 2), ()): fmpq(2)}))


_MOST = 1_000_000


@dataclass(frozen=True, repr=False)
class Concentration(Lemma):
    """Lemma S1; `factor` multiplies the bound on the error (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "S1"
    name: ClassVar[str] = "concentration"
    title: ClassVar[str] = "the sampling error of a filter matrix is at most 4√(t/n) + 4t/n with probability 1 - δ"
    statement: ClassVar[str] = (
        "|ψ| <= 1 fixed, n samples: with probability >= 1 - δ, ‖M̂ - M_ψ‖ <= 4√(t/n) + 4t/n, t = d ln 9 + ln(2/δ). "
        "Moreover ‖M_ψ‖ <= 4φ(1)."
    )
    latex: ClassVar[str] = r"\Pr[\|\hat M-M_\psi\|>4\sqrt{t/n}+4t/n]\le\delta,\quad t=d\ln9+\ln(2/\delta)"
    source: ClassVar[str] = "Boucheron, Lugosi and Massart 2013; Vershynin 2018; docs/reference_algorithm.md, lemma S1"
    hypotheses: ClassVar[tuple[str, ...]] = ("|ψ| <= 1",)

    def check(
        self,
        F: Any,
        psi: Any = 1,
        *,
        n_samples: int = 500,
        trials: int = 200,
        delta: Any = "1/10",
        confidence: float = 0.99,
        random_state: int = 0,
    ) -> LemmaReport:
        """Draw many samples of n points, and estimate how often the error exceeds the bound. Never exact.

        Parameters
        ----------
        F : a function of any type with one output
        psi : exact number or LabelFilter
        n_samples, trials : int
        delta : exact number in (0, 1)
        confidence : float
            Of the binomial interval (Clopper and Pearson) for the frequency.
        random_state : int

        Returns
        -------
        LemmaReport
            The first comparison is between a Monte Carlo estimate and δ: "holds" means that the whole interval of the
            stated confidence lies below δ, "fails" that it lies above, and "undecided" anything between. The second,
            ‖M_ψ‖² <= (4φ(1))², is proved.

        Raises
        ------
        InvalidInput
            If delta is not between 0 and 1.

        Notes
        -----
        Norms of samples are computed in float64; M_ψ is exact or enclosed (:func:`tropical.gaussian.filter_matrix`).
        """
        function, label_filter = scalar(F), as_filter(psi)
        level = as_fraction(delta, "delta")
        if not 0 < level < 1:
            raise InvalidInput("delta", "a number between 0 and 1", delta, 'pass for example "1/10"')
        n, repeats = as_count(n_samples, "n_samples", 1, _MOST), as_count(trials, "trials", 1, _MOST)
        as_count(random_state, "random_state", 0)
        check_size(n * repeats, "n_samples", f"{n} in each of {repeats} trials")
        condition = Hypothesis(self.hypotheses[0], label_filter.is_bounded_by_one(), "a filter beyond [-1, 1]")
        if not condition.holds:
            return self.report([], [condition])
        d = function.dimension
        population = gaussian.filter_matrix(function, label_filter)
        assert isinstance(population, gaussian.RelevantMatrix)
        truth = np.array([[float(entry) for entry in row] for row in population.ambient()]).reshape(d, d)
        t = d * log(9) + log(2 / float(level))
        bound = float(self.factor) * (4 * sqrt(t / n) + 4 * t / n)
        errors: list[float] = []

        def exceeded(draws: np.ndarray) -> np.ndarray:
            """Return for each trial, a row of n samples, whether its error exceeds the bound."""
            for X in draws.reshape(-1, n, d):
                weights = label_filter.evaluate(function.evaluate(X))
                sampled = (X * weights[:, None]).T @ X / n - weights.mean() * np.eye(d)
                errors.append(float(np.linalg.norm(sampled - truth, 2)))
            return np.array(errors[-len(draws) :]) > bound

        frequency = estimate_probability(exceeded, n * d, Sampling(confidence, repeats, random_state))
        eigenvalues = population.eigenvalues()
        comparisons = [compare("Pr[error > bound] <= δ (Monte Carlo)", frequency, "<=", level)]
        if eigenvalues:
            largest = max((eigenvalues[0], eigenvalues[-1]), key=lambda e: max(abs(e.lower), abs(e.upper)))
            size = max(abs(largest.lower), abs(largest.upper))
            comparisons.append(compare("‖M_ψ‖ <= 4φ(1)", size, "<=", _LARGEST_NORM))
        return self.report(
            comparisons, [condition], bound=bound, largest_error=max(errors), n_samples=n, trials=repeats
        )

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from tropical import testing

        return testing.networks(2, max_width=2, max_depth=1)
