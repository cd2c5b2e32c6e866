"""Both sides of an inequality: comparison, products and quotients of exact numbers, enclosures and estimates.

Three answers are possible: yes, no, and None where enclosures overlap. Nothing here compares rounded numbers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from tropical._exact.rational import as_fraction
from tropical.exceptions import NotExact
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.values import Enclosure, Exact, MonteCarloEstimate, enclosure_of_ball, exact_value
from tropical.gaussian.working_precision import bits_for, working_bits

__all__ = ["Number", "as_exact", "at_most", "ball_of", "bounds", "equal", "is_number", "plus", "quotient", "times"]

Number = Fraction | Exact | Enclosure | MonteCarloEstimate
_DIGITS = 20


def is_number(value: Any) -> bool:
    """Return whether a value can stand on one side of an inequality."""
    return isinstance(value, (int, Fraction, Exact, Enclosure, MonteCarloEstimate)) and not isinstance(value, bool)


def as_number(value: Any) -> Number:
    """Return integers as Fractions and numbers as they are."""
    return value if isinstance(value, (Exact, Enclosure, MonteCarloEstimate)) else as_fraction(value)


def as_exact(value: Fraction | int) -> Exact:
    """Return a rational number as a closed form."""
    number = Fraction(value)
    return exact_value(Combination.rational(fmpq(number.numerator, number.denominator)))


def bounds(value: Any) -> tuple[Fraction, Fraction]:
    """Return rational bounds of a number; equal ones for a rational."""
    number = as_number(value)
    if isinstance(number, Fraction):
        return number, number
    if isinstance(number, MonteCarloEstimate):
        return Fraction(number.lower), Fraction(number.upper)
    enclosure = number if isinstance(number, Enclosure) else number.enclosure(_DIGITS)
    return enclosure.lower, enclosure.upper


def at_most(left: Any, right: Any) -> bool | None:
    """Return whether left <= right; None where enclosures overlap."""
    sign = _sign_of_difference(as_number(left), as_number(right))
    if sign is not None:
        return sign <= 0
    (low, high), (least, most) = bounds(left), bounds(right)
    if high <= least:
        return True
    return False if low > most else None


def equal(left: Any, right: Any) -> bool | None:
    """Return whether two numbers are equal; None where enclosures overlap."""
    sign = _sign_of_difference(as_number(left), as_number(right))
    if sign is not None:
        return sign == 0
    (low, high), (least, most) = bounds(left), bounds(right)
    return False if high < least or most < low else None


def _sign_of_difference(left: Number, right: Number) -> int | None:
    """Return the sign of left - right; None where one of them is not in closed form, or digits do not decide."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return (left > right) - (left < right)
    if isinstance(left, (Fraction, Exact)) and isinstance(right, (Fraction, Exact)):
        first = left if isinstance(left, Exact) else as_exact(left)
        try:
            return (first - right).sign()
        except NotExact:
            return None
    return None


def times(left: Any, right: Any) -> Number:
    """Return the product: exact if both factors are, else an enclosure."""
    one, other = as_number(left), as_number(right)
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one * other
    if isinstance(one, (Fraction, Exact)) and isinstance(other, (Fraction, Exact)):
        return (one if isinstance(one, Exact) else as_exact(one)) * other
    with working_bits(bits_for(_DIGITS) + 32):
        return enclosure_of_ball(ball_of(one) * ball_of(other))


def plus(left: Any, right: Any) -> Number:
    """Return the sum: exact if both terms are, else an enclosure."""
    one, other = as_number(left), as_number(right)
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one + other
    if isinstance(one, (Fraction, Exact)) and isinstance(other, (Fraction, Exact)):
        return (one if isinstance(one, Exact) else as_exact(one)) + other
    with working_bits(bits_for(_DIGITS) + 32):
        return enclosure_of_ball(ball_of(one) + ball_of(other))


def quotient(left: Any, right: Any) -> Fraction | Enclosure | None:
    """Return left/right, a Fraction if both are; None where the right side may be zero."""
    one, other = as_number(left), as_number(right)
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one / other if other else None
    if isinstance(one, MonteCarloEstimate) or isinstance(other, MonteCarloEstimate):
        return None
    with working_bits(bits_for(_DIGITS) + 32):
        below = ball_of(other)
        if below.contains(0):
            return None
        ball = ball_of(one) / below
        return enclosure_of_ball(ball) if ball.is_finite() else None


def ball_of(value: Any, digits: int = _DIGITS) -> arb:
    """Return a ball that contains the number, with so many correct digits of a closed form."""
    number = as_number(value)
    if isinstance(number, Fraction):
        return arb(fmpq(number.numerator, number.denominator))
    if isinstance(number, MonteCarloEstimate):
        low, high = bounds(number)
        return Enclosure(low, high).ball()
    return number.ball(digits)
