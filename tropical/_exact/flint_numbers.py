"""Between Fraction and flint's rational numbers, which are fast, and live inside functions only."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

from flint import fmpq

__all__ = ["from_fmpq", "to_fmpq"]


def to_fmpq(value: Fraction | int) -> fmpq:
    """Return flint's form of a number."""
    return fmpq(value.numerator, value.denominator)


def from_fmpq(value: fmpq) -> Fraction:
    """Return the number as a Fraction."""
    return _coprime(int(value.p), int(value.q))


def _coprime_maker() -> Callable[[int, int], Fraction]:
    """Return what makes a Fraction in lowest terms without another gcd, which for long numbers costs most of it."""
    made = getattr(Fraction, "_from_coprime_ints", None)  # Python 3.12
    if made is not None:
        return made
    try:
        Fraction(1, 2, _normalize=False)  # type: ignore[call-overload]  # Python 3.11
    except TypeError:
        return Fraction
    return partial(Fraction, _normalize=False)  # type: ignore[call-overload]


_coprime = _coprime_maker()
