r"""Lemma X: the cyclic functions F_K are orthogonal to all polynomials of lower degree, and filters see their plane.

The coordinates of the directions are algebraic, so for K >= 4 a rational network stands for F_K, off by at most e·|x|
(:func:`tropical.families.cyclic_error`). A normalised Hermite coefficient of it then differs from that of F_K by at
most e·E[|x|²]^(1/2) = e·√2, the comparison that is made.

**Isotropy.** Turning the plane by π/K takes F_K to -F_K, so M_ψ for ψ = 1{|F_K| > τ} commutes with a rotation that is
not ±1, and is c·I; a filter of signed labels commutes with the rotation by 2π/K, so it is c·I for K >= 4. For K = 2
that rotation is -1: no claim. The matrix M' of the rational network F' is not quite a multiple of I: ψ(F) and ψ(F')
differ only where |x| > R or ||F'| - τ| <= eR, an event N, and |<v, (M - M')w>| <= √(2 Pr[N]) for unit vectors. So M'_11
- M'_22 is at most twice that, M'_12 at most that, and c is positive if the smallest eigenvalue of M' is larger. For the
indicator of a union of intervals of labels, N is where |x| > R or ||F'| - |b|| <= eR for one of their ends b.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import factorial, prod
from typing import Any, ClassVar

from tropical import families, gaussian
from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput
from tropical.gaussian.filters import LabelFilter, as_slice
from tropical.lemmas.numbers import as_exact, at_most, plus, times
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare
from tropical.lemmas.residuals import chi_square_tail
from tropical.lemmas.statement import Lemma

__all__ = ["Blindness", "energy_of_degree"]

_RADIUS = 10  # R: Pr[|x| > 10] is 2e-22 on the plane


@dataclass(frozen=True, repr=False)
class Blindness(Lemma):
    """Lemma X; `degrees` is how many degrees beyond those below K the claim covers (0 is true).

    `signed` is the smallest K for which all filters of the label are claimed to be isotropic (4 is true, 2 is false).
    """

    degrees: int = 0
    signed: int = 4

    letter: ClassVar[str] = "X"
    name: ClassVar[str] = "blindness"
    title: ClassVar[str] = "E[F_K q] = 0 for all polynomials q of degree < K, and filters of |F_K| see the plane"
    statement: ClassVar[str] = (
        "For even K, F_K(x) = Σ_{i<2K} (-1)^i relu(<x, v_i>), v_i = (cos πi/K, sin πi/K), has E[F_K q] = 0 for every "
        "polynomial q of degree < K, but not for degree K; E[1{|F|>τ}(xxᵀ - I)] = c·I on the plane, c > 0 for τ > 0, "
        "and every filter of the label gives a multiple of I for K >= 4."
    )
    latex: ClassVar[str] = r"E[F_Kq]=0\ (\deg q<K),\qquad E[1\{|F_K|>\tau\}(xx^\top-I)]=c\,I,\ c>0"
    source: ClassVar[str] = (
        "Diakonikolas, Kane, Kontonis and Zarifis 2020; Goel, Gollakota, Jin, Karmalkar and Klivans 2020; "
        "docs/theory.md, "
        "lemma X"
    )
    hypotheses: ClassVar[tuple[str, ...]] = ("K is even", "ψ is an indicator")

    def check(self, K: int, *, digits: int = 12, tau: Any = 1, psi: Any = None) -> LemmaReport:
        """Compute the Hermite coefficients of degree below K, the energy of degree K, and the filter matrix.

        Parameters
        ----------
        K : int
        digits : int
            To which the algebraic coordinates are rounded for K >= 4. Where |F_K| hardly ever exceeds τ, rounding
            may hide what the filter sees: undecided then.
        tau : exact number > 0
            Threshold of the filter 1{|F| > τ}.
        psi : LabelFilter, or pair of exact numbers, optional
            The filter of the label that is isotropic for K >= 4: the indicator of intervals; (a, b) stands for [a, b).
            By default 1{F >= τ}.

        Raises
        ------
        InvalidInput
            If K is no positive integer.

        Notes
        -----
        The coefficients are closed forms, exact for the rational network. The energy of degree K of F_K is
        ``(π/2)((K+1)!!)² c_K²/(2^{K+1} K!)`` with the harmonic c_K = ±(4K/π)/(K² - 1); the root of the measured energy
        has to be within e√2 of its root.
        """
        if isinstance(K, bool) or not isinstance(K, int) or K < 1:
            raise InvalidInput("K", "a positive integer", K, "use an even number")
        level = as_fraction(tau, "tau")
        signs = LabelFilter.slice(level, None) if psi is None else as_slice(psi, "psi")
        shown = "an indicator" if signs.is_indicator() else f"{signs}"
        conditions = [
            Hypothesis(self.hypotheses[0], K % 2 == 0, f"K = {K}"),
            Hypothesis(self.hypotheses[1], signs.is_indicator(), shown),
        ]
        if not all(condition.holds for condition in conditions):
            return self.report([], conditions)
        network = families.cyclic(K, digits)
        error = 2 * families.cyclic_error(K, digits) ** 2  # (e√2)²
        comparisons = []
        for degree in range(K + self.degrees):
            energies = [_square(network, index) for index in _indices(degree)]
            total: Any = as_exact(0)
            for energy in energies:
                total = plus(total, energy)
            name = f"energy of degree {degree} <= (e√2)²"
            comparisons.append(compare(name, total, "<=", (degree + 1) * error))
        measured: Any = as_exact(0)
        for index in _indices(K):
            measured = plus(measured, _square(network, index))
        truth = energy_of_degree(K)
        # |√a - √b| <= e√2 follows from |a - b| <= e√2·√b, and implies |a - b| <= e√2(2√b + e√2)
        off = plus(measured, times(truth, -1))
        allowed = Fraction(4) * families.cyclic_error(K, digits)  # √b <= 1 for every K, and √2 < 3/2
        comparisons += [
            compare("energy of degree K is positive", 0, "<=", times(measured, 1)),
            compare("energy - its closed form <= rounding", off, "<=", allowed),
            compare("closed form - energy <= rounding", times(off, -1), "<=", allowed),
        ]
        matrix = gaussian.filter_matrix(network, level)
        smallest = matrix.eigenvalues()[-1]
        defect = _squared_defect(network, [level], families.cyclic_error(K, digits))
        comparisons.append(compare("the filter sees the plane: 0 <= smallest eigenvalue", 0, "<=", smallest))
        square = times(smallest, smallest)
        seen = at_most(defect, square) or None  # where rounding is larger, that of F_K is open, not refuted
        comparisons.append(Comparison("for F_K, too: rounding² <= eigenvalue²", defect, "<=", square, seen))
        comparisons += _isotropy("|F| > τ", matrix, defect)
        if self.signed <= K:
            defect = _squared_defect(network, signs.levels(), families.cyclic_error(K, digits))
            comparisons += _isotropy("ψ(F)", gaussian.filter_matrix(network, signs), defect)
        return self.report(comparisons, conditions, certificate=network, energy=measured, matrix=matrix)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        digits = st.integers(12, 20)
        thresholds = testing.rationals(1, 99).map(lambda a: abs(a) + Fraction(1, 16))
        ends = st.lists(testing.rationals(2, 16), min_size=2, max_size=4, unique=True).map(sorted)
        unions = ends.map(lambda found: LabelFilter.union(zip(found[::2], found[1::2], strict=False)))
        half_lines = testing.rationals(2, 16).map(lambda end: LabelFilter.slice(end, None))
        two = st.fixed_dictionaries({"K": st.just(2), "tau": thresholds})
        more = {"K": st.sampled_from([4, 6, 8]), "digits": digits, "tau": thresholds, "psi": unions | half_lines}
        return st.one_of(two, st.fixed_dictionaries(more))


def _squared_defect(network: Any, levels: Iterable[Fraction], error: Fraction) -> Any:
    """Return a bound of the squared difference that rounding makes to an entry of the filter matrix: 2 Pr[N]."""
    if not error:
        return Fraction(0)
    reach, total = error * _RADIUS, chi_square_tail(2, Fraction(_RADIUS**2))
    for level in {abs(level) for level in levels}:
        beyond, within = level + reach, level - reach
        # below zero: |F'| >= 0 always holds, where |F'| > 0 need not
        inside = gaussian.tail(network, within) if within >= 0 else Fraction(1)
        total = plus(total, plus(inside, times(gaussian.tail(network, beyond), -1)))
    return times(total, 2)


def _isotropy(name: str, matrix: Any, defect: Any) -> list[Comparison]:
    gap = plus(matrix[0, 0], times(matrix[1, 1], -1))
    if defect == 0:
        equal_, zero = compare(f"{name}: M_11 = M_22", gap, "=", 0), compare(f"{name}: M_12 = 0", matrix[0, 1], "=", 0)
        return [equal_, zero]
    return [
        compare(f"{name}: (M_11 - M_22)² <= rounding", times(gap, gap), "<=", times(defect, 4)),
        compare(f"{name}: M_12² <= rounding", times(matrix[0, 1], matrix[0, 1]), "<=", defect),
    ]


def energy_of_degree(K: int) -> Any:
    """Return the squared norm of the part of degree K of F_K: ``(4K²/π)·2·((K+1)!!)²/((K²-1)²·2^K·K!)``, exact.

    >>> float(energy_of_degree(2))
    0.6366197723675814
    """
    odd = prod(range(1, K + 2, 2))
    square = Fraction(16 * K * K * odd * odd, (K * K - 1) ** 2 * 2 ** (K + 2) * factorial(K))
    # 1/π as a closed form: the energy of degree zero of relu(x) is E[relu]² = 1/(2π)
    mean = gaussian.mean(families.maximum_of(2))  # 1/√π
    return times(times(mean, mean), square)


def _indices(degree: int) -> list[tuple[int, int]]:
    return [(a, b) for a, b in product(range(degree + 1), repeat=2) if a + b == degree]


def _square(network: Any, index: tuple[int, int]) -> Any:
    value = gaussian.hermite_coefficient(network, index)
    return times(value, value)
