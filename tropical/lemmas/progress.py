"""Lemma G: as long as F∘P_W is not F, a filter of the residual has an eigenvalue that can be bounded below."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical import gaussian
from tropical._exact.rational import as_fraction
from tropical.decide import lipschitz
from tropical.lemmas.numbers import at_most, quotient, times
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.residuals import chi_square_tail, composed, difference, root_above, split
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["Progress"]


@dataclass(frozen=True, repr=False)
class Progress(Lemma):
    """Lemma G; `factor` multiplies the bound (1 is true), `spread` is the constant 4 inside the probability."""

    factor: Fraction = Fraction(1)
    spread: Fraction = Fraction(4)

    letter: ClassVar[str] = "G"
    name: ClassVar[str] = "progress"
    title: ClassVar[str] = "the filter at τ = Λ√(2m) has an eigenvalue that the residual's variance bounds below"
    statement: ClassVar[str] = (
        "F without biases, W ⊆ V, m = dim V - dim W, E[(F - F∘P_W)²] = ε² > 0, τ = Λ√(2m): the filter 1{|F - "
        "F∘P_W| > τ} "
        "has an eigenvalue >= ε²/(2kΛ²)·Pr[χ²_k > 4kΛ²m/ε²] on V⊖W."
    )
    latex: ClassVar[str] = r"\lambda_{\max}\ge\frac{\varepsilon^2}{2k\Lambda^2}\Pr[\chi_k^2>4k\Lambda^2m/\varepsilon^2]"
    source: ClassVar[str] = "Chen, Klivans and Meka 2021 for the idea; docs/reference_algorithm.md, lemma G"
    hypotheses: ClassVar[tuple[str, ...]] = ("W lies in V", "F has no biases", "F is not F∘P_W")

    def check(self, F: Any, W: Any = (), *, max_cells: int | None = None) -> LemmaReport:
        """Compare the eigenvalue of the filter with the bound.

        Parameters
        ----------
        F : a function of any type with one output
        W : rows of exact numbers
            Spanning vectors of W; none for W = 0.
        max_cells : int, optional

        Notes
        -----
        τ has to be rational: it is Λ√(2m) rounded up, and Λ is raised with it (a larger Λ is a Lipschitz bound, too).
        """
        function = scalar(F)
        parts = split(function, W, max_cells=max_cells)
        m, k = len(parts.rest), len(parts.relevant)
        conditions = [
            parts.condition,
            Hypothesis(self.hypotheses[1], function.is_bias_free(), "biases"),
            Hypothesis(self.hypotheses[2], m > 0, "W = V"),
        ]
        if any(condition.holds is False for condition in conditions):
            return self.report([], conditions)
        tau = root_above(2 * m * lipschitz(function, max_cells=max_cells).squared)
        square = tau * tau / (2 * m)
        H = difference(function, composed(function, parts.projection))
        residual = gaussian.second_moment(H, max_cells=max_cells)
        if at_most(residual, 0):
            conditions[2] = Hypothesis(self.hypotheses[2], False, "the residual is zero")
            return self.report([], conditions)
        level = quotient(as_fraction(self.spread, "spread") * k * square * m, residual)
        assert level is not None
        share = times(residual, as_fraction(self.factor, "factor") / (2 * k * square))
        bound = times(share, chi_square_tail(k, level))
        matrix = gaussian.filter_matrix(H, tau, max_cells=max_cells)
        assert isinstance(matrix, gaussian.RelevantMatrix)
        eigenvalue = parts.largest_eigenvalue(matrix)
        name = "ε²/(2kΛ²)·Pr[χ²_k > 4kΛ²m/ε²] <= eigenvalue"
        return self.report([compare(name, bound, "<=", eigenvalue)], conditions, residual=residual, tau=tau, rank=k)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        return st.tuples(testing.networks(2, max_width=2, max_depth=1, biases=False))
