r"""Lemma DC: a piecewise-linear function is the difference of two convex ones, one of them a sum of ramps."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical._exact.rational import as_fraction
from tropical.convert import difference_of_convex, lattice, polynomial_as_lattice
from tropical.decide import is_convex, same_function
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import LemmaReport, decided
from tropical.lemmas.statement import Lemma, scalar
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["ConvexDifference"]

_LITERALS = 5  # the identity of a clause has as many terms as literals, each a sum of all others


@dataclass(frozen=True, repr=False)
class ConvexDifference(Lemma):
    """Lemma DC; `factor` multiplies the convex function B (1 is true, less is not enough)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "DC"
    name: ClassVar[str] = "difference of convex"
    title: ClassVar[str] = "with one ramp for each concave hyperplane, B and F + B are convex"
    statement: ClassVar[str] = (
        "B = Σ_H max{|c_f| : f ⊂ H, c_f < 0}·relu(h_H) over the distinct hyperplanes: B and F + B are convex. From a "
        "clause: min_S g = Σ_S g - max_{i∈S} Σ_{S∖i} g."
    )
    latex: ClassVar[str] = r"F=(F+B)-B,\quad B=\sum_H\max\{|c_f|:f\subset H,c_f<0\}\,\mathrm{relu}(h_H)"
    source: ClassVar[str] = "Kripfganz and Schulze 1987; docs/theory.md, lemma DC"

    def check(self, F: Any, *, max_cells: int | None = None) -> LemmaReport:
        """Build B, and decide that F + B and B are convex and that their difference is F.

        Parameters
        ----------
        F : a function of any type with one output
        max_cells : int, optional
        """
        function = scalar(F)
        quotient = difference_of_convex(function, max_cells=max_cells)
        B, factor = quotient.denominator, as_fraction(self.factor, "factor")
        # F + factor·B = (F + B) - (1 - factor)·B
        raised: Any = quotient.numerator
        if factor != 1:
            raised = TropicalRational(quotient.numerator, B.frobenius(1 - factor)) if factor < 1 else None
        if raised is None:
            raised = TropicalRational(quotient.numerator * B.frobenius(factor - 1))
        comparisons = [
            decided("F = (F + B) - B", function, "=", quotient, same_function(function, quotient)),
            decided("B is convex", B, "=", "convex", is_convex(polynomial_as_lattice(B))),
            decided("F + B is convex", raised, "=", "convex", is_convex(raised)),
        ]
        canonical = lattice(function, max_cells=max_cells)
        assert isinstance(canonical, LatticePolynomial)
        for j, clause in enumerate(canonical.clauses):
            if 1 < len(clause) <= _LITERALS:
                minimum = LatticePolynomial(canonical.pieces, [clause])
                identity = _clause_identity(canonical, clause)
                comparisons.append(decided(f"clause {j}", minimum, "=", identity, same_function(minimum, identity)))
        return self.report(comparisons, certificate=quotient)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        return st.one_of(testing.networks(max_depth=1), testing.lattice_polynomials(max_clauses=2))


def _clause_identity(form: LatticePolynomial, clause: tuple[int, ...]) -> TropicalRational:
    """Return Σ_S g - max_{i in S} Σ_{S without i} g."""
    rows = {i: form.pieces.fractions(i) for i in clause}
    total = [sum(column, Fraction(0)) for column in zip(*rows.values(), strict=True)]
    others = [[a - b for a, b in zip(total, rows[i], strict=True)] for i in clause]
    above = TropicalPolynomial([(total[-1], total[:-1])], "max")
    return TropicalRational(above, TropicalPolynomial([(row[-1], row[:-1]) for row in others], "max"))
