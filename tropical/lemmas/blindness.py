r"""Lemma X: the cyclic functions F_K are orthogonal to all polynomials of lower degree, and filters see their plane.

The coordinates of the directions are algebraic, so for K >= 4 a rational network stands for F_K, off by at most e·|x|
(:func:`tropical.families.cyclic_error`). A normalised Hermite coefficient of it then differs from that of F_K by at
most e·E[|x|²]^(1/2) = e·√2, the comparison that is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import factorial, prod
from typing import Any, ClassVar

from tropical import families, gaussian
from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput
from tropical.lemmas.numbers import as_exact, plus, times
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma

__all__ = ["Blindness", "energy_of_degree"]


@dataclass(frozen=True, repr=False)
class Blindness(Lemma):
    """Lemma X; `degrees` is how many degrees beyond those below K the claim covers (0 is true)."""

    degrees: int = 0

    letter: ClassVar[str] = "X"
    name: ClassVar[str] = "blindness"
    title: ClassVar[str] = "E[F_K q] = 0 for all polynomials q of degree < K, and filters of |F_K| see the plane"
    statement: ClassVar[str] = (
        "For even K, F_K(x) = Σ_{i<2K} (-1)^i relu(<x, v_i>), v_i = (cos πi/K, sin πi/K), has E[F_K q] = 0 for every "
        "polynomial q of degree < K, but not for degree K; E[1{|F|>τ}(xxᵀ - I)] is positive on the plane for τ > 0."
    )
    latex: ClassVar[str] = r"E[F_Kq]=0\ (\deg q<K),\qquad E[1\{|F_K|>\tau\}(xx^\top-I)]=c\,I,\ c>0"
    source: ClassVar[str] = (
        "Diakonikolas, Kane, Kontonis and Zarifis 2020; Goel, Gollakota, Jin, Karmalkar and Klivans 2020; "
        "docs/theory.md, "
        "lemma X"
    )
    hypotheses: ClassVar[tuple[str, ...]] = ("K is even",)

    def check(self, K: int, *, digits: int = 12, tau: Any = 1) -> LemmaReport:
        """Compute the Hermite coefficients of degree below K, the energy of degree K, and the filter matrix.

        Parameters
        ----------
        K : int
        digits : int
            To which the algebraic coordinates are rounded for K >= 4.
        tau : exact number > 0
            Threshold of the filter.

        Notes
        -----
        The coefficients are closed forms, exact for the rational network. The energy of degree K of F_K is
        ``(π/2)((K+1)!!)² c_K²/(2^{K+1} K!)`` with the harmonic c_K = ±(4K/π)/(K² - 1); the root of the measured energy
        has to be within e√2 of its root.
        """
        if isinstance(K, bool) or not isinstance(K, int) or K < 1:
            raise InvalidInput("K", "a positive integer", K, "use an even number")
        condition = Hypothesis(self.hypotheses[0], K % 2 == 0, f"K = {K}")
        if K % 2:
            return self.report([], [condition])
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
        matrix = gaussian.filter_matrix(network, as_fraction(tau, "tau"))
        smallest = matrix.eigenvalues()[-1]
        comparisons.append(compare("the filter sees the plane: 0 <= smallest eigenvalue", 0, "<=", smallest))
        if K == 2:
            comparisons.append(compare("equal diagonal entries", matrix[0, 0], "=", matrix[1, 1]))
            comparisons.append(compare("off-diagonal entry", matrix[0, 1], "=", 0))
        return self.report(comparisons, [condition], certificate=network, energy=measured, matrix=matrix)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        return st.sampled_from([2, 4])


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
