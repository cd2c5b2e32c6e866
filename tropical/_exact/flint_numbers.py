"""Between Fraction and flint's rational numbers, which are fast, and live inside functions only."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

__all__ = ["from_fmpq", "to_fmpq"]


def to_fmpq(value: Fraction | int) -> fmpq:
    """Return flint's form of a number."""
    return fmpq(value.numerator, value.denominator)


def from_fmpq(value: fmpq) -> Fraction:
    """Return the number as a Fraction."""
    return Fraction(int(value.p), int(value.q))
