r"""Lemma N: functions rounded to a net of lattice polynomials, biases or not; how many candidates there are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, isqrt
from typing import Any, ClassVar

from tropical._arguments import as_count
from tropical._exact.rational import as_fraction
from tropical.convert import lattice
from tropical.decide import is_below, is_homogeneous, lipschitz, sup_distance
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.counts import chamber_points
from tropical.lemmas.dedekind import DEDEKIND, function_count, lattice_structures
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare, decided
from tropical.lemmas.residuals import root_below
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
        "(η√ℓ/2)|x|; at most (2⌈Λ/η⌉+1)^{ℓM}·min(D(M)-2, M^N) candidates, N = 2 Σ_{j<ℓ} C(C(M,2)-1, j). With "
        "constants rounded to κZ, |c_i| <= C: |F(x) - G(x)| <= (η/2)|x|_1 + κ/2; (2⌈C/κ⌉+1)^M times as many, with N = "
        "Σ_{j<=ℓ} C(C(M,2), j)."
    )
    latex: ClassVar[str] = (
        r"|F-G|\le\tfrac{\eta\sqrt\ell}{2}|x|,\quad\#\le(2\lceil\Lambda/\eta\rceil+1)^{\ell M}\min(D(M)-2,M^N)"
    )
    source: ClassVar[str] = (
        "Chen, Klivans and Meka 2021; Dedekind numbers OEIS A000372; docs/reference_algorithm.md, lemma N"
    )
    hypotheses: ClassVar[tuple[str, ...]] = ("F has no biases", "|c_i| <= C")

    def check(
        self,
        F: Any,
        eta: Any = "1/2",
        *,
        constant_step: Any = None,
        largest_constant: Any = None,
        max_cells: int | None = None,
    ) -> LemmaReport:
        """Round the gradients of the canonical form, and compare the exact relative distance with the bound.

        Parameters
        ----------
        F : a function of any type with one output, on R^ℓ
        eta : exact number > 0
            Step of the grid.
        constant_step : exact number > 0, optional
            κ: constants are rounded to its multiples, and F may have biases.
        largest_constant : exact number, optional
            C; by default the largest that occurs.
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            The distance is compared as a square; with constants two order proofs on all of R^ℓ take its place. For up
            to five pieces the structures, the different functions on the rounded pieces and the chambers of these are
            counted exactly.

        Raises
        ------
        InvalidInput
            If the step is not positive.
        """
        function, step = scalar(F), as_fraction(eta, "eta")
        if step <= 0:
            raise InvalidInput("eta", "a positive number", eta, "pass the step of the grid")
        if largest_constant is not None:
            as_fraction(largest_constant, "largest_constant")
        if constant_step is not None:
            return self._with_constants(function, step, constant_step, largest_constant, max_cells)
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
        comparisons += _counts(rounded, central=True)
        count = candidate_count(M, size, reach)
        return self.report(comparisons, [condition], certificate=G, candidates=count, rank=size, pieces=M)

    def _with_constants(
        self, F: Any, eta: Fraction, constant_step: Any, largest_constant: Any, max_cells: int | None
    ) -> LemmaReport:
        kappa = as_fraction(constant_step, "constant_step")
        if kappa <= 0:
            raise InvalidInput("constant_step", "a positive number", constant_step, "pass the step of the grid")
        form = lattice(F, max_cells=max_cells)
        assert isinstance(form, LatticePolynomial)
        constants = [abs(row[-1]) for row in map(form.pieces.fractions, range(len(form.pieces)))]
        C = max(constants) if largest_constant is None else as_fraction(largest_constant, "largest_constant")
        condition = Hypothesis(self.hypotheses[1], max(constants) <= C, f"{max(constants)} > {C}")
        if not condition.holds:
            return self.report([], [condition])
        rows = [form.pieces.fractions(i) for i in range(len(form.pieces))]
        rounded = [([eta * round(a / eta) for a in row[:-1]], kappa * round(row[-1] / kappa)) for row in rows]
        G, size = LatticePolynomial(rounded, form.clauses), form.dimension
        # (η/2)|x|_1 + κ/2 = Σ_i (η/2)|x_i| + κ/2; the factor is that of a square
        scale = root_below(as_fraction(self.factor, "factor"))
        bound = LatticePolynomial.constant(scale * kappa / 2, size)
        for i in range(size):
            axis = [scale * eta / 2 * int(i == j) for j in range(size)]
            bound = bound + LatticePolynomial([(axis, 0), ([-a for a in axis], 0)], [[0], [1]])
        comparisons = [
            decided("F - G <= (η/2)|x|_1 + κ/2", form, "<=", bound, is_below(form, G + bound)),
            decided("G - F <= (η/2)|x|_1 + κ/2", G, "<=", bound, is_below(G, form + bound)),
        ]
        reach, high = _ceil_root(lipschitz(form).squared / (eta * eta)), ceil(C / kappa)
        farthest = max(abs(a / eta) for u, _ in rounded for a in u)
        comparisons.append(compare("rounded coordinates within ⌈Λ/η⌉ steps", farthest, "<=", reach))
        tallest = max(abs(c / kappa) for _, c in rounded)
        comparisons.append(compare("rounded constants within ⌈C/κ⌉ steps", tallest, "<=", high))
        comparisons += _counts(rounded, central=False)
        count = candidate_count(len(rows), size, reach, constant_steps=high)
        return self.report(comparisons, [condition], certificate=G, candidates=count, rank=size, pieces=len(rows))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        step = testing.rationals(1, 4).map(lambda a: abs(a) + Fraction(1, 8))
        return st.tuples(testing.networks(biases=False), step)


def _counts(pieces: Any, *, central: bool) -> list[Comparison]:
    """Compare structures, functions and chambers on given pieces, if these are few."""
    M = len(pieces)
    if M > _LISTED:
        return []
    structures = len(lattice_structures(M))
    comparisons = [compare("structures = D(M) - 2", structures, "=", DEDEKIND[M] - 2)]
    distinct = list(dict.fromkeys((tuple(u), c) for u, c in pieces))
    comparisons.append(compare("functions <= structures", function_count(distinct), "<=", structures))
    if len(distinct) > 1:
        chambers = len(chamber_points(LatticePolynomial(distinct, [[0]]).pieces))
        most = chamber_count_bound(len(distinct), len(distinct[0][0]), central=central)
        comparisons.append(compare("chambers of the rounded pieces <= N", chambers, "<=", most))
    return comparisons


def chamber_count_bound(pieces: int, dimension: int, *, central: bool = True) -> int:
    """Return N, a bound on the chambers of {h_i = h_j}: 2 Σ_{j < ℓ} C(C(M,2) - 1, j) for M >= 2 linear functions.

    Σ_{j <= ℓ} C(C(M,2), j) for affine ones.
    """
    walls = comb(pieces, 2)
    if central:
        return 2 * sum(comb(walls - 1, j) for j in range(dimension))
    return sum(comb(walls, j) for j in range(dimension + 1))


_MOST, _MOST_STEPS = 100, 10**9  # the number of candidates then has a hundred thousand digits


def candidate_count(pieces: int, dimension: int, steps: int, *, constant_steps: int | None = None) -> int | str:
    """Return lemma N's bound on the number of candidates, as text where it has thousands of digits.

    Parameters
    ----------
    pieces : int
        M.
    dimension : int
        ℓ.
    steps : int
        ⌈Λ/η⌉.
    constant_steps : int, optional
        ⌈C/κ⌉, for functions with biases.

    Examples
    --------
    >>> candidate_count(3, 2, 2)
    281250
    """
    pieces, dimension = as_count(pieces, "pieces", 1, _MOST), as_count(dimension, "dimension", 0, _MOST)
    steps = as_count(steps, "steps", 0, _MOST_STEPS)
    grid = (2 * steps + 1) ** (dimension * pieces)
    if constant_steps is not None:
        as_count(constant_steps, "constant_steps", 0, _MOST_STEPS)
        grid *= (2 * constant_steps + 1) ** pieces
    if pieces == 1:
        return grid
    N = chamber_count_bound(pieces, dimension, central=constant_steps is None)
    known = DEDEKIND[pieces] - 2 if pieces < len(DEDEKIND) else None
    if N * pieces.bit_length() <= _DIGITS_OF_POWER:
        return grid * (pieces**N if known is None else min(known, pieces**N))
    return grid * known if known is not None else f"{grid} times {pieces}^{N}"


def _ceil_root(square: Fraction) -> int:
    """Return the least integer n >= 0 with n² >= square."""
    root = isqrt(ceil(square))
    return root if root * root >= square else root + 1
