r"""Lemma S3 on a function: the ramp filter of a residual in a basis that is only known approximately.

Here the matrices M (of the basis B of W) and M' (of B') are those of a function and a filter, exact or enclosed, so
that the bound ‖M' - M‖ <= √(2ℓ)Lδ is checked as well; and M̂' may be a matrix of samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from tropical import gaussian
from tropical._arguments import as_count
from tropical._exact.linear import rank
from tropical._exact.rational import as_fraction, as_fraction_matrix
from tropical._protocol import PiecewiseLinear
from tropical.convert import lattice
from tropical.decide import lipschitz, relevant_subspace
from tropical.exceptions import InvalidInput
from tropical.gaussian.filters import LabelFilter
from tropical.gaussian.values import Enclosure
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.eigenvectors import difference_norm, orthogonal_rows, projected, sine_of_span, unit_rows
from tropical.lemmas.numbers import bounds, plus, times
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.residuals import root_above
from tropical.lemmas.soundness import eigenvector_comparisons
from tropical.lemmas.statement import Lemma, scalar
from tropical.lemmas.weight_net import spectral_norm

__all__ = ["PerturbedBasis"]

_LARGEST_NORM = Fraction(968, 1000)
Rows = tuple[tuple[Fraction, ...], ...]


_MOST_SAMPLES = 1_000_000


@dataclass(frozen=True, repr=False)
class PerturbedBasis(Lemma):
    """Lemma S3 with its filter; `factor` multiplies the bound √(2ℓ)Lδ (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "S3'"
    name: ClassVar[str] = "perturbed basis"
    title: ClassVar[str] = "a filter that is Lipschitz in the known coordinates changes little with their basis"
    statement: ClassVar[str] = (
        "W ⊆ V with orthonormal basis B, B' orthonormal, δ = ‖B - B'‖, ψ(y, p) = min(1, max(0, |y - G(p)|/τ - 1)), "
        "L = Lip(G)/τ: M = E[ψ(y, Bx)(xxᵀ - I)] and M' with B' have ‖M' - M‖ <= √(2ℓ)Lδ; and for M̂' with "
        "e = ‖M̂' - M'‖ and û' as in S3, |P_{V⊥}û'| <= (e + √(2ℓ)Lδ + 0.968 sin θ)/|λ̂'|."
    )
    latex: ClassVar[str] = r"\|M'-M\|\le\sqrt{2\ell}L\delta,\quad L=\mathrm{Lip}(G)/\tau"
    source: ClassVar[str] = "docs/reference_algorithm.md, lemma S3"
    hypotheses: ClassVar[tuple[str, ...]] = ("B and B' have orthonormal rows", "W lies in V")

    def check(
        self,
        F: Any,
        basis: Any,
        approximate: Any,
        tau: Any = 1,
        *,
        candidate: Any = None,
        n_samples: int | None = None,
        random_state: int = 0,
        max_cells: int | None = None,
    ) -> LemmaReport:
        """Compute M and M', compare their distance with its bound, and the eigenvectors of M' or of samples with S3's.

        Parameters
        ----------
        F : a function of any type with one output
        basis, approximate : rows of exact numbers, (l, d)
            B and B', for example with rows such as (3/5, 4/5).
        tau : exact number > 0
        candidate : a function of l variables, optional
            G; by default p -> F(Bᵀp).
        n_samples : int, optional
            Take for M̂' the matrix of that many samples, rounded; by default M' itself.
        random_state : int
        max_cells : int, optional

        Raises
        ------
        InvalidInput
            If the two have different numbers of rows, or rows of another length.

        Notes
        -----
        The second part is deterministic: whatever M̂' is, e is measured (enclosed) and the bound has to hold.
        """
        function, level = scalar(F), as_fraction(tau, "tau")
        drawn = None if n_samples is None else as_count(n_samples, "n_samples", 1, _MOST_SAMPLES)
        as_count(random_state, "random_state", 0)
        d = function.dimension
        B, other = as_fraction_matrix(basis, "basis"), as_fraction_matrix(approximate, "approximate")
        if not B or len(B) != len(other) or any(len(row) != d for row in (*B, *other)):
            raise InvalidInput(
                "approximate", f"as many rows of length {d} as `basis`", f"{len(other)} rows", "pass two"
            )
        V = relevant_subspace(function, max_cells)
        conditions = [
            Hypothesis(self.hypotheses[0], _is_orthonormal(B) and _is_orthonormal(other), "rows that are not"),
            Hypothesis(self.hypotheses[1], rank([*V, *B], d) == len(V), "a direction of W outside V"),
        ]
        if not all(condition.holds for condition in conditions):
            return self.report([], conditions)
        form = lattice(function, max_cells=max_cells)
        assert isinstance(form, LatticePolynomial)
        G = form.compose(tuple(zip(*B, strict=True))) if candidate is None else _as_lattice(candidate, len(B))
        ramp = LabelFilter.ramp(level)
        before, after = form - G.compose(B), form - G.compose(other)
        M, slack = _rounded(gaussian.filter_matrix(before, ramp, max_cells=max_cells))
        moved, more = _rounded(gaussian.filter_matrix(after, ramp, max_cells=max_cells))
        steep = lipschitz(G).squared / (level * level)
        delta = spectral_norm(
            tuple(tuple(a - b for a, b in zip(p, q, strict=True)) for p, q in zip(B, other, strict=True))
        )
        square = times(times(delta, delta), 2 * len(B) * steep * as_fraction(self.factor, "factor") ** 2)
        same = other == B or not steep  # a constant G takes the same value on every basis
        gap = Fraction(0) if same else _widened(difference_norm(M, moved), slack + more)
        comparisons = [compare("‖M' - M‖² <= 2ℓL²δ²", times(gap, gap), "<=", square)]
        sampled = moved if drawn is None else _of_samples(after, ramp, drawn, random_state)
        error = _widened(difference_norm(sampled, moved), more)
        inner, outer = orthogonal_rows(B, d, "basis"), orthogonal_rows(V, d, "V")
        off = orthogonal_rows(other, d, "approximate")
        total: Any = plus(error, root_above(bounds(square)[1]))
        total = plus(total, times(sine_of_span(unit_rows(off), inner), _LARGEST_NORM))
        comparisons += eigenvector_comparisons(projected(sampled, off), outer, total)
        return self.report(comparisons, conditions, population=M, moved=moved, error=error, numerator=total)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        def turned(t: Fraction) -> list[list[Fraction]]:
            return [[(1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)]]

        functions = testing.lattice_polynomials(2, max_pieces=3).filter(lambda F: len(relevant_subspace(F)) == 2)
        slopes = testing.rationals(1, 8).map(turned)
        return st.tuples(functions, st.just([[1, 0]]), slopes, st.sampled_from([Fraction(1, 2), Fraction(1)]))


def _is_orthonormal(rows: Rows) -> bool:
    return all(
        sum((a * b for a, b in zip(p, q, strict=True)), Fraction(0)) == int(i == j)
        for i, p in enumerate(rows)
        for j, q in enumerate(rows)
    )


def _as_lattice(candidate: Any, dimension: int) -> LatticePolynomial:
    G = scalar(candidate, "candidate")
    if G.dimension != dimension:
        raise InvalidInput("candidate", f"a function of {dimension} variables", f"{G.dimension}", "it takes Bx")
    form = lattice(G)
    assert isinstance(form, LatticePolynomial)
    return form


def _rounded(matrix: Any) -> tuple[Rows, Fraction]:
    """Return a rational matrix on R^d and a bound of its distance to the given one in operator norm."""
    entries = [[bounds(entry) for entry in row] for row in matrix.ambient()]
    width = max((high - low for row in entries for low, high in row), default=Fraction(0))
    rows = tuple(tuple((low + high) / 2 for low, high in row) for row in entries)
    size = range(len(rows))
    symmetric = tuple(tuple(rows[min(i, j)][max(i, j)] for j in size) for i in size)
    return symmetric, len(rows) * width


def _widened(norm: Enclosure, slack: Fraction) -> Enclosure:
    return Enclosure(max(norm.lower - slack, Fraction(0)), norm.upper + slack)


def _of_samples(H: PiecewiseLinear, psi: LabelFilter, n_samples: int | None, random_state: int) -> Rows:
    """Return the filter matrix of samples, rounded to rationals: any symmetric matrix will do."""
    d = H.dimension
    X = np.random.default_rng(random_state).standard_normal((n_samples or 1000, d))
    weights = psi.evaluate(H.evaluate(X))
    matrix = (X * weights[:, None]).T @ X / len(X) - weights.mean() * np.eye(d)
    size = range(d)
    return tuple(
        tuple(Fraction(float(matrix[min(i, j), max(i, j)])).limit_denominator(10**9) for j in size) for i in size
    )
