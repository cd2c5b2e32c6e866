"""Lemmas S2, S3 and S4: what a wrong matrix does to eigenvectors. Deterministic, checked in rationals and balls."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import arb

from tropical._exact.linear import null_space, rank, row_space
from tropical._exact.rational import as_fraction
from tropical.exceptions import NotExact
from tropical.gaussian.values import Enclosure, enclosure_of_ball
from tropical.lemmas.eigenvectors import (
    as_symmetric,
    difference_norm,
    eigenpairs,
    eigenvalues,
    orthogonal_rows,
    projected,
    sine_of_span,
    unit_rows,
    vanishes_off,
)
from tropical.lemmas.numbers import bounds, plus, quotient, times
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma

__all__ = ["ApproximateSubspace", "DavisKahan", "Soundness", "eigenvector_comparisons"]


def _matrices_with_noise() -> Any:
    from hypothesis import strategies as st

    from tropical import testing

    def symmetric(size: int) -> Any:
        entries = testing.vectors(size * (size + 1) // 2)
        return entries.map(lambda values: _filled(values, size))

    def noisy(signal: Any) -> Any:
        def add(noise: Any) -> dict[str, Any]:
            full = [[signal[i][j] if i < 2 and j < 2 else Fraction(0) for j in range(3)] for i in range(3)]
            measured = [[a + b / 8 for a, b in zip(p, q, strict=True)] for p, q in zip(full, noise, strict=True)]
            return {"measured": measured, "population": full}

        return symmetric(3).map(add)

    return st.deferred(lambda: symmetric(2).flatmap(noisy))


def _filled(values: list[Fraction], size: int) -> list[list[Fraction]]:
    rows = [[Fraction(0)] * size for _ in range(size)]
    numbers = iter(values)
    for i in range(size):
        for j in range(i + 1):
            rows[i][j] = rows[j][i] = next(numbers)
    return rows


@dataclass(frozen=True, repr=False)
class Soundness(Lemma):
    """Lemma S2; `factor` multiplies the bound (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "S2"
    name: ClassVar[str] = "soundness"
    title: ClassVar[str] = "eigenvectors of a sampled filter matrix lie in V up to error/eigenvalue; no gap needed"
    statement: ClassVar[str] = (
        "M vanishes off V, W ⊆ V; û a unit eigenvector in W⊥ of P_{W⊥}M̂P_{W⊥} with eigenvalue λ̂ ≠ 0: "
        "|P_{V⊥}û| <= ‖M̂ - M‖/|λ̂|."
    )
    latex: ClassVar[str] = r"|P_{V^\perp}\hat u|\le\|\hat M-M_\psi\|/|\hat\lambda|"
    source: ClassVar[str] = "docs/reference_algorithm.md, lemma S2"
    hypotheses: ClassVar[tuple[str, ...]] = ("M vanishes off V", "W lies in V")

    def check(self, measured: Any, population: Any, V: Any = None, W: Any = ()) -> LemmaReport:
        """Compare every eigenvector of the compressed matrix with the bound.

        Parameters
        ----------
        measured, population : symmetric matrices of exact numbers, (d, d)
            M̂ and M.
        V : rows, optional
            A spanning set of V; by default the image of M.
        W : rows

        Returns
        -------
        LemmaReport
            One comparison for each eigenvalue that is proved not to be zero. Undecided where these are not simple.
        """
        M_hat, M = as_symmetric(measured, "measured"), as_symmetric(population, "population")
        d = len(M)
        outer = orthogonal_rows(M if V is None else V, d, "V")
        inner = orthogonal_rows(W, d, "W")
        conditions = [
            Hypothesis(self.hypotheses[0], vanishes_off(M, outer), "a vector off V that M moves"),
            Hypothesis(
                self.hypotheses[1], rank([*outer.rows, *inner.rows], d) == len(outer), "a direction of W outside V"
            ),
        ]
        if any(not condition.holds for condition in conditions):
            return self.report([], conditions)
        error = difference_norm(M_hat, M)
        return self.report(
            eigenvector_comparisons(projected(M_hat, inner), outer, times(error, self.factor)),
            conditions,
            error=error,
        )

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        return _matrices_with_noise()


def eigenvector_comparisons(matrix: Any, outer: Any, numerator: Any) -> list[Comparison]:
    """Return |P_{V⊥}û| <= numerator/|λ̂| for all eigenvectors whose eigenvalue is not zero."""
    try:
        pairs = _on_image(matrix)
    except NotExact as error:
        return [Comparison("eigenvectors", str(error), "<=", "", None)]
    comparisons = []
    for j, (value, vector) in enumerate(pairs):
        size = enclosure_of_ball(abs(value))
        if size.lower <= 0:
            continue
        bound = quotient(numerator, size)
        if bound is not None:
            low, high = bounds(bound)
            bound = Enclosure(max(low, Fraction(0)), high)  # a size, whatever rounding makes of its lower end
            comparisons.append(compare(f"|P off V of eigenvector {j}|", sine_of_span([vector], outer), "<=", bound))
    return comparisons


def _on_image(matrix: Any) -> list[tuple[arb, list[arb]]]:
    """Return the eigenpairs of a matrix shifted along its kernel, so that zero eigenvalues become different ones."""
    d = len(matrix)
    kernel = orthogonal_rows(null_space(matrix, d), d, "kernel")
    largest = sum((abs(a) for row in matrix for a in row), Fraction(1))
    rows = [list(row) for row in matrix]
    for shift, (row, norm) in enumerate(zip(kernel.rows, kernel.squared_norms, strict=True), start=1):
        for i in range(d):
            for j in range(d):
                rows[i][j] += (largest + shift) * row[i] * row[j] / norm
    pairs = eigenpairs(tuple(map(tuple, rows)))
    return [pair for pair in pairs if bounds(enclosure_of_ball(abs(pair[0])))[1] < largest + Fraction(1, 2)]


@dataclass(frozen=True, repr=False)
class ApproximateSubspace(Lemma):
    """Lemma S3 on given matrices; without ``angle`` the false statement that forgets the angle between W and W'."""

    angle: bool = True

    letter: ClassVar[str] = "S3"
    name: ClassVar[str] = "approximate subspace"
    title: ClassVar[str] = "soundness when W is only known approximately"
    statement: ClassVar[str] = (
        "M vanishes off V, ‖M‖ <= 0.968, W ⊆ V; û' a unit eigenvector in W'⊥ of P_{W'⊥}M̂'P_{W'⊥}, e = ‖M̂' - M'‖, "
        "‖M' - M‖ <= √(2ℓ)Lδ: |P_{V⊥}û'| <= (e + √(2ℓ)Lδ + 0.968 sin θ)/|λ̂'|, θ the largest angle between W and W'."
    )
    latex: ClassVar[str] = r"|P_{V^\perp}\hat u'|\le(e+\sqrt{2\ell}L\delta+0.968\sin\theta)/|\hat\lambda'|"
    source: ClassVar[str] = "docs/reference_algorithm.md, lemma S3"
    hypotheses: ClassVar[tuple[str, ...]] = ("M vanishes off V", "W lies in V", "‖M‖ <= 0.968")

    def check(self, measured: Any, moved: Any, population: Any, W: Any, approximate: Any, V: Any = None) -> LemmaReport:
        """Check the deterministic part: M̂', M' and M are given, and ‖M' - M‖ stands for its bound √(2ℓ)Lδ.

        Parameters
        ----------
        measured, moved, population : symmetric matrices of exact numbers, (d, d)
            M̂', M' and M.
        W, approximate : rows
            Spanning sets of W and W'.
        V : rows, optional
            By default the image of M and W.
        """
        M_hat, M_moved = as_symmetric(measured, "measured"), as_symmetric(moved, "moved")
        M = as_symmetric(population, "population")
        d = len(M)
        inner, other = orthogonal_rows(W, d, "W"), orthogonal_rows(approximate, d, "approximate")
        outer = orthogonal_rows([*M, *inner.rows] if V is None else V, d, "V")
        zero = tuple((Fraction(0),) * d for _ in range(d))
        size = difference_norm(M, zero)
        conditions = [
            Hypothesis(self.hypotheses[0], vanishes_off(M, outer), "a vector off V that M moves"),
            Hypothesis(self.hypotheses[1], rank([*outer.rows, *inner.rows], d) == len(outer), "W is not inside V"),
            Hypothesis(self.hypotheses[2], size.upper <= Fraction(968, 1000), f"{size}"),
        ]
        if any(not condition.holds for condition in conditions):
            return self.report([], conditions)
        total: Any = plus(difference_norm(M_hat, M_moved), difference_norm(M_moved, M))
        if self.angle and len(other):
            sine = sine_of_span(unit_rows(other), inner)
            total = plus(total, times(sine, Fraction(968, 1000)))
        comparisons = eigenvector_comparisons(projected(M_hat, other), outer, total)
        return self.report(comparisons, conditions, numerator=total)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from tropical import testing

        def tilted(matrices: dict[str, Any]) -> Any:
            small = {key: [[a / 8 for a in row] for row in matrix] for key, matrix in matrices.items()}
            slopes = testing.vectors(2, testing.rationals(1))
            return slopes.map(
                lambda slope: {
                    "measured": small["measured"],
                    "moved": small["population"],
                    "population": small["population"],
                    "W": [[1, 0, 0]],
                    "approximate": [[1, *slope]],
                    "V": [[1, 0, 0], [0, 1, 0]],
                }
            )

        return _matrices_with_noise().flatmap(tilted)


@dataclass(frozen=True, repr=False)
class DavisKahan(Lemma):
    """Lemma S4; `factor` multiplies the bound (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "S4"
    name: ClassVar[str] = "davis-kahan"
    title: ClassVar[str] = "the leading eigenvectors span the image up to error/(gap - error)"
    statement: ClassVar[str] = (
        "M of rank r with non-zero eigenvalues of modulus >= λ, e = ‖M̂ - M‖ < λ/2: the r leading "
        "eigenvectors of M̂ span "
        "a space at an angle Θ to the image with ‖sin Θ‖ <= e/(λ - e)."
    )
    latex: ClassVar[str] = r"\|\sin\Theta\|\le\frac e{\lambda-e}"
    source: ClassVar[str] = "Davis and Kahan 1970; docs/reference_algorithm.md, lemma S4"
    hypotheses: ClassVar[tuple[str, ...]] = ("e < λ/2",)

    def check(self, measured: Any, population: Any) -> LemmaReport:
        """Compare the sine of the largest angle with the bound.

        Parameters
        ----------
        measured, population : symmetric matrices of exact numbers, (d, d)

        Returns
        -------
        LemmaReport
            Undecided where eigenvalues of M̂ are not simple.
        """
        M_hat, M = as_symmetric(measured, "measured"), as_symmetric(population, "population")
        d = len(M)
        image, _ = row_space(M, d)
        r = len(image)
        error = difference_norm(M_hat, M)
        smallest = min((abs(value.midpoint) - value.width for value in eigenvalues(M)[:r]), default=Fraction(0))
        condition = Hypothesis(
            self.hypotheses[0],
            r > 0 and 2 * error.upper < smallest,
            f"e about {float(error):.3g}, λ about {float(smallest):.3g}",
        )
        if not condition.holds:
            return self.report([], [condition])
        try:
            vectors = [vector for _, vector in eigenpairs(M_hat)[:r]]
        except NotExact as reason:
            return self.report([Comparison("eigenvectors", str(reason), "<=", "", None)], [condition])
        sine = sine_of_span(vectors, orthogonal_rows(image, d, "population"))
        gap = plus(smallest, times(error, -1))
        bound = quotient(times(error, as_fraction(self.factor, "factor")), gap)
        return self.report([compare("‖sin Θ‖ <= e/(λ - e)", sine, "<=", bound)], [condition], error=error, gap=smallest)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        return _matrices_with_noise()
