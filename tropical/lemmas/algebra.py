"""Lemma A: lattice polynomials are closed under max, min, sums, scaling and affine substitution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical._exact.rational import as_affine_map, as_fraction
from tropical.convert import lattice, to_rational
from tropical.decide import same_function
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum
from tropical.lemmas.report import LemmaReport, compare, decided
from tropical.lemmas.statement import Lemma, scalar
from tropical.rational_function import TropicalRational

__all__ = ["Algebra"]


@dataclass(frozen=True, repr=False)
class Algebra(Lemma):
    """Lemma A; ``sum_pieces`` is the bound on the pieces of a sum, ``product`` (true) or ``sum`` (false)."""

    sum_pieces: str = "product"

    letter: ClassVar[str] = "A"
    name: ClassVar[str] = "algebra"
    title: ClassVar[str] = "max, min, sums, multiples and affine substitutions of lattice polynomials, with their sizes"
    statement: ClassVar[str] = (
        "Max and min of two lattice polynomials with M and M' pieces are lattice polynomials over at most M "
        "+ M' pieces, "
        "their sum over at most M·M' sums; scaling keeps the clauses, negation swaps the forms."
    )
    latex: ClassVar[str] = r"\max_j\min_{S_j}a+\max_l\min_{T_l}b=\max_{j,l}\min_{S_j\times T_l}(a_i+b_{i'})"
    source: ClassVar[str] = "Ovchinnikov 2002; docs/theory.md, lemma A"

    def check(
        self, F: Any, G: Any, *, factor: Any = "3/2", A: Any = None, b: Any = None, max_cells: int | None = None
    ) -> LemmaReport:
        """Compare the operations on clauses with the same operations on tropical quotients, which are multiplied out.

        Parameters
        ----------
        F, G : functions of any type with one output, on one space
        factor : exact number
            For the multiples F·factor and F·(-factor).
        A, b : affine map, optional
            For x -> F(Ax + b); by default every coordinate is shifted and the first two are added.
        max_cells : int, optional
            Limit on the number of cells.

        Returns
        -------
        LemmaReport
            Every identity with its certificate, every count of pieces with its bound. The certificate is the tuple of
            the certificates of the identities.

        Raises
        ------
        InvalidInput
            For b without A.
        """
        left, right = (_as_lattice(scalar(f, name), max_cells) for f, name in ((F, "F"), (G, "G")))
        multiple = as_fraction(factor, "factor")
        P, Q = (to_rational(f) for f in (left, right))
        assert isinstance(P, TropicalRational)
        assert isinstance(Q, TropicalRational)
        d = left.dimension
        if A is None and b is not None:
            raise InvalidInput("b", "a matrix A beside it", "None for A", "pass both or neither")
        if A is None:
            A = [[int(i == j) + int((i, j) == (0, d - 1) and d > 1) for j in range(d)] for i in range(d)]
            b = [1] * d
        matrix, offset = as_affine_map(A, b, d)
        pairs: list[tuple[str, LatticePolynomial, Any]] = [
            ("maximum", maximum(left, right), P + Q),
            ("minimum", minimum(left, right), (P.reciprocal() + Q.reciprocal()).reciprocal()),
            ("sum", left + right, P * Q),
            ("multiple", left * multiple, _scaled(P, multiple)),
            ("negative multiple", left * -multiple, _scaled(P, -multiple)),
            ("substitution", left.compose(matrix, offset), P.compose(matrix, offset)),
        ]
        comparisons = [
            decided(name, formula, "=", quotient, same_function(formula, quotient, max_cells=max_cells))
            for name, formula, quotient in pairs
        ]
        proofs = tuple(comparison.evidence.certificate for comparison in comparisons)
        M, N = len(left.pieces), len(right.pieces)
        total = M * N if self.sum_pieces == "product" else M + N
        limits: dict[str, int] = {"maximum": M + N, "minimum": M + N, "sum": total, "multiple": M, "substitution": M}
        comparisons += [
            compare(f"pieces of the {name}", len(formula.pieces), "<=", limits[name])
            for name, formula, _ in pairs
            if name in limits
        ]
        return self.report(comparisons, certificate=proofs)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        sized: Callable[[int], Any] = lambda d: testing.lattice_polynomials(  # noqa: E731
            d, max_pieces=3, max_clauses=2, max_literals=2
        )
        return st.integers(1, 2).flatmap(lambda d: st.tuples(sized(d), sized(d)))


def _as_lattice(F: Any, max_cells: int | None) -> LatticePolynomial:
    found = F if isinstance(F, LatticePolynomial) else lattice(F, max_cells=max_cells)
    assert isinstance(found, LatticePolynomial)
    return found


def _scaled(P: TropicalRational, factor: Fraction) -> TropicalRational:
    """Return factor·P, the tropical power."""
    return P**factor
