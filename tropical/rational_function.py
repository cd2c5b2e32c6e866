r"""Tropical rational functions: quotients of tropical polynomials, which are differences of functions.

.. math:: R(x) = (P \oslash Q)(x) = P(x) - Q(x)

Every continuous piecewise-linear function with finitely many pieces is one (docs/theory.md, section 1 and lemma DC).

**Convention.** As for polynomials: ``+`` is the maximum (minimum), ``*`` the ordinary sum, ``/`` the difference; all
take tropical objects only. A quotient is a *formula*: ``==`` compares numerators and denominators, and one function has
many formulas, ``x = (x) - 0 = (2x) - (x)``. :meth:`TropicalRational.reduced` cancels what it finds;
:func:`tropical.same_function` compares functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tropical._display import never_raising
from tropical._exact.rational import IntVector, as_fraction
from tropical._exact.region import Region
from tropical._protocol import Resolution, Unordered
from tropical._term_resolver import TermResolver
from tropical._terms import as_convention, match_operands
from tropical.exceptions import InvalidType
from tropical.polynomial import TropicalOperators, TropicalPolynomial

__all__ = ["TropicalRational"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class TropicalRational(TropicalOperators, Unordered):
    """Difference of two tropical polynomials on R^d; ``+`` is max (min), ``*`` is the sum, ``/`` the difference.

    Parameters
    ----------
    numerator : TropicalPolynomial
    denominator : TropicalPolynomial, optional
        Of the same convention and dimension; the tropical one (constant 0) by default.

    Notes
    -----
    Frozen and hashable. Sums multiply denominators: with M and M' terms in numerators and denominators up to 2·M·M'
    terms arise, so reduce on the way; :func:`tropical.to_rational` does.

    Examples
    --------
    >>> x, y = TropicalPolynomial.variables(2, convention="max")
    >>> R = (x + y) / x
    >>> str(R), R([1, 4])
    ('max(x1, x0) - (x0)', Fraction(3, 1))
    >>> str((R * x).reduced())
    'max(x1, x0)'
    """

    numerator: TropicalPolynomial
    denominator: TropicalPolynomial

    __array_ufunc__ = None

    def __init__(self, numerator: TropicalPolynomial, denominator: TropicalPolynomial | None = None) -> None:
        if not isinstance(numerator, TropicalPolynomial):
            raise InvalidType("numerator", "a TropicalPolynomial", numerator, "build it from its terms")
        if denominator is None:
            denominator = _one(numerator)
        if not isinstance(denominator, TropicalPolynomial):
            raise InvalidType("denominator", "a TropicalPolynomial", denominator, "build it from its terms")
        match_operands(numerator, denominator, "denominator")
        object.__setattr__(self, "numerator", numerator)
        object.__setattr__(self, "denominator", denominator)

    @property
    def convention(self) -> str:
        """What tropical addition is: "max" or "min"."""
        return self.numerator.convention

    @property
    def dimension(self) -> int:
        """Number of variables d."""
        return self.numerator.dimension

    @property
    def outputs(self) -> int:
        """Number of outputs: one."""
        return 1

    def __call__(self, x: Any) -> Fraction:
        """Evaluate exactly at a rational point."""
        return self.numerator(x) - self.denominator(x)

    def evaluate(self, X: Any) -> np.ndarray:
        """Return the values (n,) at the rows of X, shape (n, d), in float64.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        return self.numerator.evaluate(X) - self.denominator.evaluate(X)

    # ------------------------------------------------------------ arithmetic

    def __add__(self, other: Any) -> TropicalRational:
        """Return the tropical sum, the maximum (minimum) of both functions, over the product of the denominators."""
        right = self._operand(other)
        if self.denominator == right.denominator:
            return TropicalRational(self.numerator + right.numerator, self.denominator)
        crossed = self.numerator * right.denominator + right.numerator * self.denominator
        return TropicalRational(crossed, self.denominator * right.denominator)

    __radd__ = __add__  # tropical addition is commutative, and a polynomial on the left lets the quotient answer

    def __mul__(self, other: Any) -> TropicalRational:
        """Return the tropical product, the ordinary sum of both functions."""
        right = self._operand(other)
        return TropicalRational(self.numerator * right.numerator, self.denominator * right.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> TropicalRational:
        """Return the tropical quotient, the ordinary difference of both functions."""
        return self * self._operand(other).reciprocal()

    def __rtruediv__(self, other: Any) -> TropicalRational:
        return self._operand(other) / self

    def __pow__(self, exponent: Any) -> TropicalRational:
        """Return a tropical power, the multiple ``exponent·R`` as a function; any rational exponent."""
        power = as_fraction(exponent, "exponent")
        if power < 0:
            return self.reciprocal() ** -power
        return TropicalRational(self.numerator**power, self.denominator**power)

    def reciprocal(self) -> TropicalRational:
        """Return -R as a function, the numerator and the denominator exchanged."""
        return TropicalRational(self.denominator, self.numerator)

    def scale(self, constant: Any) -> TropicalRational:
        """Return the multiple by a tropical scalar: every value raised by an exact number.

        Parameters
        ----------
        constant : exact number
        """
        return TropicalRational(self.numerator.scale(constant), self.denominator)

    def in_convention(self, convention: str) -> TropicalRational:
        """Return the same function as a quotient of polynomials in a convention, "max" or "min".

        ``P - Q = (-Q) - (-P)``, and minus a maximum is a minimum: terms change sign, nothing is multiplied out.

        Parameters
        ----------
        convention : {"max", "min"}
        """
        if as_convention(convention) == self.convention:
            return self
        return TropicalRational(self.denominator.negated(), self.numerator.negated())

    def compose(self, A: Any, b: Any = None) -> TropicalRational:
        """Return ``x -> R(A x + b)`` exactly, on R^e for A of shape (d, e).

        Parameters
        ----------
        A : (d, e) exact numbers
        b : length d, optional
            Zero by default.
        """
        return TropicalRational(self.numerator.compose(A, b), self.denominator.compose(A, b))

    def reduced(self) -> TropicalRational:
        """Return a shorter formula for the same function; see :func:`tropical.common_factors.reduced`."""
        from tropical.common_factors import reduced

        return reduced(self)

    def _operand(self, other: Any) -> TropicalRational:
        if isinstance(other, TropicalPolynomial):
            other = TropicalRational(other)
        if not isinstance(other, TropicalRational):
            raise self.numerator.refusal(other)
        match_operands(self, other)
        return other

    # ------------------------------------------------------------ text

    def __str__(self) -> str:
        return str(self.numerator) if self._is_polynomial() else f"{self.numerator} - ({self.denominator})"

    @never_raising
    def __repr__(self) -> str:
        count = f"{len(self.numerator)} over {len(self.denominator)} terms, R^{self.dimension}"
        text = self.numerator.outline()
        if not self._is_polynomial():
            text += f" - ({self.denominator.outline()})"
        return f"TropicalRational({self.convention}, {count}: {text})"

    @never_raising
    def _repr_latex_(self) -> str:
        parts = self.numerator, self.denominator
        above, below = (part._repr_latex_()[1:-1] for part in parts)  # pyright: ignore[reportPrivateUsage]
        return f"${above}$" if self._is_polynomial() else rf"${above} - \left({below}\right)$"

    def _is_polynomial(self) -> bool:
        return self.denominator == _one(self.numerator)

    # ------------------------------------------------------------ the protocol of functions

    def to_plain(self) -> dict[str, Any]:
        """Return the quotient as plain data with exact numbers as strings."""
        above, below = self.numerator.to_plain(), self.denominator.to_plain()
        return {"type": "tropical_rational", "numerator": above, "denominator": below}

    def linear_forms(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return all exponents: R depends on x through these forms alone."""
        return self.numerator.linear_forms() + self.denominator.linear_forms()

    def is_bias_free(self) -> bool:
        """Return whether every coefficient is 0."""
        return self.numerator.is_bias_free() and self.denominator.is_bias_free()

    def resolver(self, columns: Sequence[int]) -> _QuotientResolver:
        """Return R on the coordinates ``columns``, all others zero, in integers.

        Parameters
        ----------
        columns : sequence of int
            Coordinates, from 0.
        """
        return _QuotientResolver(self.numerator.resolver(columns), self.denominator.resolver(columns))


class _QuotientResolver:
    """The largest terms of numerator and denominator; cells are those of the common refinement."""

    def __init__(self, above: TermResolver, below: TermResolver) -> None:
        self._above, self._below = above, below

    def resolve(self, region: Region) -> Resolution:
        above, below = self._above.resolve(region), self._below.resolve(region)
        form = tuple(
            a * below.denominator - b * above.denominator for a, b in zip(above.forms[0], below.forms[0], strict=True)
        )
        return Resolution((form,), above.denominator * below.denominator, above.label + below.label)

    def walls(self, label: tuple[int, ...]) -> list[IntVector]:
        """Return the forms that are >= 0 exactly on the cell of a pair of terms."""
        return self._above.walls(label[:1]) + self._below.walls(label[1:])


def _one(like: TropicalPolynomial) -> TropicalPolynomial:
    return TropicalPolynomial.constant(0, like.dimension, like.convention)
