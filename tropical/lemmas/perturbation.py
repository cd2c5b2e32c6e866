"""Lemma P: moving the pieces of a lattice polynomial moves its values by no more than the farthest piece."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical._exact.rational import as_fraction
from tropical.decide import is_below, sup_distance, value_range
from tropical.domains import Box, Domain
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import LemmaReport, compare, decided
from tropical.lemmas.statement import Lemma
from tropical.pieces import PieceTable
from tropical.polynomial import TropicalPolynomial

__all__ = ["Perturbation"]


@dataclass(frozen=True, repr=False)
class Perturbation(Lemma):
    """Lemma P; `factor` multiplies the bound (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "P"
    name: ClassVar[str] = "perturbation"
    title: ClassVar[str] = "with the same clauses, values move by at most the largest move of a piece"
    statement: ClassVar[str] = (
        "If F and G have the same clauses over the pieces g_i and h_i, then |F(x) - G(x)| <= max_i |g_i(x) - h_i(x)|."
    )
    latex: ClassVar[str] = r"|F(x)-G(x)|\le\max_i|g_i(x)-h_i(x)|"
    source: ClassVar[str] = "docs/theory.md, lemma P"

    def check(self, F: LatticePolynomial, pieces: Any, *, domain: Domain = None) -> LemmaReport:
        """Prove the inequality at all points, and compare the largest values on a domain.

        Parameters
        ----------
        F : LatticePolynomial
        pieces : sequence of pairs (gradient, constant)
            The moved pieces h_i, one for each piece of F.
        domain : Box or Polyhedron, optional
            Where the inequality is proved, R^d by default, and where the largest values of the two sides are compared,
            [-1, 1]^d by default; where one of them is infinite they are not.

        Raises
        ------
        InvalidInput
            If there are not as many pieces as F has, on the same space.

        Notes
        -----
        Two order proofs, F - G <= B and G - F <= B, B the convex function max_i ±(g_i - h_i).
        """
        if not isinstance(F, LatticePolynomial):
            raise InvalidType("F", "a LatticePolynomial", F, "pass tropical.lattice(F)")
        moved = PieceTable.from_rationals(pieces)
        if len(moved) != len(F.pieces) or moved.dimension != F.dimension:
            given = f"{len(moved)} on R^{moved.dimension}"
            raise InvalidInput("pieces", f"{len(F.pieces)} pieces on R^{F.dimension}", given, "give one for each")
        G = LatticePolynomial(moved, F.clauses, F.form)
        factor = as_fraction(self.factor, "factor")
        terms = []
        for i in range(len(moved)):
            row = [factor * (a - b) for a, b in zip(F.pieces.fractions(i), moved.fractions(i), strict=True)]
            terms += [(row[:-1], row[-1]), ([-a for a in row[:-1]], -row[-1])]
        bound = TropicalPolynomial([(c, u) for u, c in terms], "max")
        formula = LatticePolynomial(terms, [[i] for i in range(len(terms))])
        comparisons = [
            decided("F - G <= max |g_i - h_i|", F, "<=", bound, is_below(F, G + formula, domain)),
            decided("G - F <= max |g_i - h_i|", G, "<=", bound, is_below(G, F + formula, domain)),
        ]
        where = Box([-1] * F.dimension, [1] * F.dimension) if domain is None else domain
        value, most = sup_distance(F, G, where).value, value_range(bound, where).max
        if value is not None and most is not None:
            comparisons.append(compare("largest values on the domain", value, "<=", most))
        return self.report(comparisons, certificate=tuple(c.evidence for c in comparisons[:2]), perturbed=G)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        def with_moves(F: LatticePolynomial) -> Any:
            size = len(F.pieces)
            moved = st.lists(testing.affine_pieces(F.dimension), min_size=size, max_size=size)
            return st.tuples(st.just(F), moved)

        return testing.lattice_polynomials(max_pieces=3, max_clauses=2).flatmap(with_moves)
