r"""Filters of the label: piecewise polynomials ψ(y), exact.

By lemma K (docs/theory.md) no filter ψ(F(x)) can show a direction outside the relevant subspace, whatever it is; these
are the ones whose population matrices :func:`tropical.gaussian.filter_matrix` computes. They are the exact counterparts
of the float filters by which `learner` weights samples.

====================================  ============================
docs/theory.md                        here
====================================  ============================
1{abs(y) > τ}                         ``LabelFilter.threshold``
ramp ψ_τ                              ``LabelFilter.ramp``
slices [a, b) of y, unions of them    ``LabelFilter.slice, .union``
====================================  ============================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tropical._arguments import as_flag, real_array
from tropical._display import Record
from tropical._exact.rational import as_fraction, as_fraction_vector, as_items, float_array
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["FilterPart", "LabelFilter", "as_filter", "as_slice", "as_threshold"]


@dataclass(frozen=True, slots=True, repr=False)
class FilterPart(Record):
    """A polynomial on an interval of labels.

    Attributes
    ----------
    lower, upper : Fraction or None
        Ends; None is no bound.
    closed : (bool, bool)
        Whether the ends belong to the interval: it matters where F is constant on a cell with that value.
    coefficients : tuple of Fraction
        Of 1, y, y², ...
    """

    lower: Fraction | None
    upper: Fraction | None
    closed: tuple[bool, bool]
    coefficients: tuple[Fraction, ...]

    def holds(self, y: Fraction) -> bool:
        """Return whether a label lies in the interval.

        Parameters
        ----------
        y : Fraction
        """
        above = self.lower is None or y > self.lower or (self.closed[0] and y == self.lower)
        below = self.upper is None or y < self.upper or (self.closed[1] and y == self.upper)
        return above and below

    def value(self, y: Fraction) -> Fraction:
        """Return the polynomial at y, inside the interval or not.

        Parameters
        ----------
        y : Fraction
        """
        total = Fraction(0)
        for coefficient in reversed(self.coefficients):
            total = total * y + coefficient
        return total

    def derivative(self) -> tuple[Fraction, ...]:
        """Return the coefficients of the polynomial's derivative."""
        return tuple(power * c for power, c in enumerate(self.coefficients))[1:]


@dataclass(frozen=True, slots=True, repr=False)
class LabelFilter(Record):
    """A piecewise polynomial of the label, zero outside its parts.

    Parameters
    ----------
    parts : tuple of FilterPart
        On disjoint intervals, in increasing order.

    Examples
    --------
    >>> ramp = LabelFilter.ramp("1/2")
    >>> ramp(0), ramp("3/4"), ramp(-2)
    (Fraction(0, 1), Fraction(1, 2), Fraction(1, 1))
    """

    parts: tuple[FilterPart, ...]

    def __post_init__(self) -> None:
        cure = "use LabelFilter.slice, union, threshold, ramp or polynomial"
        if not isinstance(self.parts, tuple) or not all(isinstance(part, FilterPart) for part in self.parts):
            raise InvalidType("parts", "a tuple of FilterPart", self.parts, cure)
        for before, after in zip(self.parts, self.parts[1:], strict=False):
            meet = before.upper == after.lower and before.closed[1] and after.closed[0]
            if before.upper is None or after.lower is None or before.upper > after.lower or meet:
                cure = "sort the intervals and let them be half-open"
                raise InvalidInput("parts", "disjoint intervals in increasing order", (before, after), cure)

    @classmethod
    def threshold(cls, tau: Any) -> LabelFilter:
        """Return the indicator of |y| > tau, for an exact tau >= 0.

        Parameters
        ----------
        tau : exact number >= 0
        """
        level = as_threshold(tau)
        one = (Fraction(1),)
        return cls((FilterPart(None, -level, (False, False), one), FilterPart(level, None, (False, False), one)))

    @classmethod
    def ramp(cls, tau: Any) -> LabelFilter:
        """Return min(1, max(0, |y|/tau - 1)), for an exact tau > 0: Lipschitz, 0 below tau and 1 above 2 tau.

        Parameters
        ----------
        tau : exact number > 0

        Raises
        ------
        InvalidInput
            If tau is not positive.
        """
        level = as_threshold(tau)
        if not level:
            raise InvalidInput("tau", "a positive number", tau, "use threshold(0) for the indicator of y != 0")
        one, slope, minus = Fraction(1), 1 / level, Fraction(-1)
        return cls(
            (
                FilterPart(None, -2 * level, (False, False), (one,)),
                FilterPart(-2 * level, -level, (True, True), (minus, -slope)),
                FilterPart(level, 2 * level, (True, True), (minus, slope)),
                FilterPart(2 * level, None, (False, False), (one,)),
            )
        )

    @classmethod
    def slice(cls, lower: Any, upper: Any, *, closed: tuple[bool, bool] = (True, False)) -> LabelFilter:
        """Return the indicator of an interval of labels, ``[lower, upper)`` by default; None is no bound.

        Parameters
        ----------
        lower, upper : exact number or None
        closed : pair of bool
            Which ends belong to the interval.
        """
        return cls((_part((lower, upper), closed, (Fraction(1),), "bounds"),))

    @classmethod
    def union(cls, intervals: Iterable[Any], *, closed: tuple[bool, bool] = (True, False)) -> LabelFilter:
        """Return the indicator of a union of disjoint intervals, given as pairs.

        Parameters
        ----------
        intervals : pairs (lower, upper) of exact numbers or None
        closed : pair of bool
            Which ends belong to the intervals.
        """
        cure = "pass pairs such as [(0, 1), (2, None)]"
        pairs = as_items(intervals, "intervals", "a list of pairs (lower, upper)", cure)
        parts = [_part(pair, closed, (Fraction(1),), f"intervals[{i}]") for i, pair in enumerate(pairs)]
        return cls(tuple(sorted(parts, key=_order)))

    @classmethod
    def polynomial(cls, coefficients: Any, lower: Any = None, upper: Any = None) -> LabelFilter:
        """Return ``c_0 + c_1 y + c_2 y² + ...`` on [lower, upper), zero elsewhere.

        Parameters
        ----------
        coefficients : exact numbers
            c_0, c_1, ...
        lower, upper : exact number, optional
            None is no bound.
        """
        return cls((_part((lower, upper), (True, False), as_fraction_vector(coefficients, "coefficients"), "bounds"),))

    def __call__(self, y: Any) -> Fraction:
        """Return ψ(y), exactly."""
        label = as_fraction(y, "y")
        return next((part.value(label) for part in self.parts if part.holds(label)), Fraction(0))

    def evaluate(self, y: np.ndarray) -> np.ndarray:
        """Return ψ of float labels, (n,).

        Parameters
        ----------
        y : array of float, (n,)

        Raises
        ------
        InvalidInput
            For NaN and infinity.
        """
        labels = real_array(y, "y")
        if not np.isfinite(labels).all():
            raise InvalidInput("y", "finite labels", "NaN or infinity", "drop or mend them")
        result = np.zeros_like(labels)

        def bound(number: Fraction) -> float:
            return float(float_array(number, "ψ"))

        for part in self.parts:
            inside = np.ones(labels.shape, dtype=bool)
            if part.lower is not None:
                inside &= labels >= bound(part.lower) if part.closed[0] else labels > bound(part.lower)
            if part.upper is not None:
                inside &= labels <= bound(part.upper) if part.closed[1] else labels < bound(part.upper)
            result[inside] = np.polynomial.polynomial.polyval(labels[inside], [bound(c) for c in part.coefficients])
        return result

    def levels(self) -> tuple[Fraction, ...]:
        """Return the labels at which the polynomial changes, sorted."""
        return tuple(sorted({end for part in self.parts for end in (part.lower, part.upper) if end is not None}))

    def limits(self, level: Fraction) -> tuple[Fraction, Fraction]:
        """Return ψ just below and just above a level.

        Parameters
        ----------
        level : exact number
        """
        level = as_fraction(level, "level")
        below = above = Fraction(0)
        for part in self.parts:
            if (part.lower is None or part.lower < level) and (part.upper is None or level <= part.upper):
                below = part.value(level)
            if (part.lower is None or part.lower <= level) and (part.upper is None or level < part.upper):
                above = part.value(level)
        return below, above

    def is_indicator(self) -> bool:
        """Return whether ψ is 1 on every part."""
        return all(part.coefficients == (1,) for part in self.parts)

    def is_bounded_by_one(self) -> bool:
        """Return whether |ψ| <= 1 is plain: each part is constant, or affine between finite ends."""
        for part in self.parts:
            if not any(part.coefficients[1:]):
                values = part.coefficients[:1]
            elif not any(part.coefficients[2:]) and part.lower is not None and part.upper is not None:
                values = (part.value(part.lower), part.value(part.upper))
            else:
                return False
            if any(abs(value) > 1 for value in values):
                return False
        return True

    def is_step(self) -> bool:
        """Return whether ψ is constant on each part."""
        return not any(any(part.derivative()) for part in self.parts)


def as_threshold(tau: Any) -> Fraction:
    """Return an exact number >= 0."""
    level = as_fraction(tau, "tau")
    if level < 0:
        raise InvalidInput("tau", "a number >= 0", tau, "|F| is never below 0; pass the absolute value")
    return level


def as_filter(psi: Any) -> LabelFilter:
    """Return a filter; an exact number τ stands for the threshold filter 1{|y| > τ}."""
    return psi if isinstance(psi, LabelFilter) else LabelFilter.threshold(psi)


def as_slice(interval: Any, argument: str = "interval") -> LabelFilter:
    """Return a filter; a pair (a, b) stands for the slice [a, b)."""
    if isinstance(interval, LabelFilter):
        return interval
    return LabelFilter((_part(interval, (True, False), (Fraction(1),), argument),))


def _part(pair: Any, closed: tuple[bool, bool], coefficients: tuple[Fraction, ...], argument: str) -> FilterPart:
    sides = as_items(closed, "closed", "a pair of True and False", "pass (True, False)")
    if len(sides) != 2:
        raise InvalidInput("closed", "a pair of True and False", closed, "pass (True, False)")
    closed = as_flag(sides[0], "closed[0]"), as_flag(sides[1], "closed[1]")
    cure = "pass for example (0, None)"
    ends = as_items(pair, argument, "a pair (lower, upper)", cure)
    if len(ends) != 2:
        raise InvalidType(argument, "a pair (lower, upper)", pair, cure)
    lower, upper = (None if end is None else as_fraction(end, f"{argument}[{i}]") for i, end in enumerate(ends))
    if lower is not None and upper is not None and (lower > upper or (lower == upper and closed != (True, True))):
        raise InvalidInput(argument, "lower < upper", (str(lower), str(upper)), "swap them; None is no bound")
    return FilterPart(lower, upper, (closed[0] and lower is not None, closed[1] and upper is not None), coefficients)


def _order(part: FilterPart) -> tuple[bool, Fraction]:
    return part.lower is not None, part.lower if part.lower is not None else Fraction(0)
