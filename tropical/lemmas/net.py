r"""Lemma N: functions without biases, rounded to a net of lattice polynomials; how many candidates there are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, isqrt
from typing import Any, ClassVar

from tropical._exact.rational import as_fraction
from tropical.convert import lattice
from tropical.decide import is_homogeneous, lipschitz, sup_distance
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.counts import chamber_points
from tropical.lemmas.dedekind import DEDEKIND, function_count, lattice_structures
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["Net", "candidate_count", "chamber_count_bound"]

_LISTED = 5
_DIGITS_OF_POWER = 4096  # bits up to which M^N is written out


@dataclass(frozen=True, repr=False)
class Net(Lemma):
    """Lemma N; `factor` multiplies the square of the bound on the rounding error (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "N"
    name: ClassVar[str] = "net"
    title: ClassVar[str] = "rounding gradients to a grid moves a function by η√ℓ/2·|x|; the candidates can be counted"
    statement: ClassVar[str] = (
        "F without biases, M pieces, Λ-Lipschitz on R^ℓ: rounding each gradient to ηZ^ℓ gives G with |F(x) - G(x)| <= "
        "(η√ℓ/2)|x|; at most (2⌈Λ/η⌉+1)^{ℓM}·min(D(M)-2, M^N) candidates, N = 2 Σ_{j<ℓ} C(C(M,2)-1, j)."
    )
    latex: ClassVar[str] = (
        r"|F-G|\le\tfrac{\eta\sqrt\ell}{2}|x|,\quad\#\le(2\lceil\Lambda/\eta\rceil+1)^{\ell M}\min(D(M)-2,M^N)"
    )
    source: ClassVar[str] = "Chen, Klivans and Meka 2021; Dedekind numbers OEIS A000372; docs/theory.md, lemma N"
    hypotheses: ClassVar[tuple[str, ...]] = ("F has no biases",)

    def check(self, F: Any, eta: Any = "1/2", *, max_cells: int | None = None) -> LemmaReport:
        """Round the gradients of the canonical form, and compare the exact relative distance with the bound.

        Parameters
        ----------
        F : a function of any type with one output, on R^ℓ
        eta : exact number > 0
            Step of the grid.
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            The distance is compared as a square. For up to five pieces the structures, the different functions on the
            rounded gradients and the chambers of these are counted exactly.
        """
        function, step = scalar(F), as_fraction(eta, "eta")
        if step <= 0:
            raise InvalidInput("eta", "a positive number", eta, "pass the step of the grid")
        homogeneous = is_homogeneous(function, max_cells=max_cells)
        condition = Hypothesis(self.hypotheses[0], bool(homogeneous), f"witness {homogeneous.witness}")
        if not homogeneous:
            return self.report([], [condition])
        form = lattice(function, max_cells=max_cells)
        assert isinstance(form, LatticePolynomial)
        rounded = [([step * round(a / step) for a in u], 0) for u in form.pieces.gradients()]
        G = LatticePolynomial(rounded, form.clauses)
        size = form.dimension
        distance = sup_distance(form, G, relative=True, max_cells=max_cells)
        assert distance.squared is not None
        bound = as_fraction(self.factor, "factor") * step * step * size / 4
        comparisons = [compare("(sup |F-G|/|x|)² <= η²ℓ/4", distance.squared, "<=", bound, distance.point)]
        square = lipschitz(form).squared
        reach = _ceil_root(square / (step * step))
        farthest = max(abs(a / step) for u, _ in rounded for a in u)
        comparisons.append(compare("rounded coordinates within ⌈Λ/η⌉ steps", farthest, "<=", reach))
        M = len(form.pieces)
        if M <= _LISTED:
            structures = len(lattice_structures(M))
            comparisons.append(compare("structures = D(M) - 2", structures, "=", DEDEKIND[M] - 2))
            distinct = list(dict.fromkeys((tuple(u), 0) for u, _ in rounded))
            comparisons.append(compare("functions <= structures", function_count(distinct), "<=", structures))
            if len(distinct) > 1:
                chambers = len(chamber_points(LatticePolynomial(distinct, [[0]]).pieces))
                most = chamber_count_bound(len(distinct), size)
                comparisons.append(compare("chambers of the rounded gradients <= N", chambers, "<=", most))
        count = candidate_count(M, size, reach)
        return self.report(comparisons, [condition], certificate=G, candidates=count, rank=size, pieces=M)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        step = testing.rationals(1, 4).map(lambda a: abs(a) + Fraction(1, 8))
        return st.tuples(testing.networks(biases=False), step)


def chamber_count_bound(pieces: int, dimension: int) -> int:
    """Return N = 2 Σ_{j < ℓ} C(C(M,2) - 1, j), a bound on the chambers of {h_i = h_j} for M >= 2 linear functions."""
    return 2 * sum(comb(comb(pieces, 2) - 1, j) for j in range(dimension))


def candidate_count(pieces: int, dimension: int, steps: int) -> int | str:
    """Return lemma N's bound on the number of candidates, as text where it has thousands of digits.

    Parameters
    ----------
    pieces : int
        M.
    dimension : int
        ℓ.
    steps : int
        ⌈Λ/η⌉.

    >>> candidate_count(3, 2, 2)
    281250
    """
    grid = (2 * steps + 1) ** (dimension * pieces)
    if pieces == 1:
        return grid
    N = chamber_count_bound(pieces, dimension)
    known = DEDEKIND[pieces] - 2 if pieces < len(DEDEKIND) else None
    if N * pieces.bit_length() <= _DIGITS_OF_POWER:
        return grid * (pieces**N if known is None else min(known, pieces**N))
    return grid * known if known is not None else f"{grid} times {pieces}^{N}"


def _ceil_root(square: Fraction) -> int:
    """Return the least integer n >= 0 with n² >= square."""
    root = isqrt(ceil(square))
    return root if root * root >= square else root + 1
