"""How many digits the questions answer with: a context, not a global."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from typing import Any

import flint

from tropical._arguments import as_count

__all__ = ["bits_for", "precision", "target_digits", "working_bits"]

_DIGITS: ContextVar[int] = ContextVar("digits", default=15)
_MOST = 10_000


@contextmanager
def precision(*, digits: int) -> Generator[None]:
    """Set the accuracy of enclosures computed inside a ``with`` block.

    Parameters
    ----------
    digits : int
        Enclosures aim at a width of 10^-digits, absolute; 15 outside every block. The width reached is in the result.
        Exact values do not depend on it.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from tropical import gaussian, parse
    >>> with gaussian.precision(digits=30):
    ...     wide = gaussian.tail(parse("max(x0, x1, 0)"), 1)
    >>> 0 < wide.width < Fraction(1, 10**30)
    True
    """
    token = _DIGITS.set(as_digits(digits))
    try:
        yield
    finally:
        _DIGITS.reset(token)


def as_digits(digits: Any) -> int:
    """Return a number of decimal digits."""
    return as_count(digits, "digits", 1, _MOST, "15 is the default")


def target_digits() -> int:
    """Return the digits that the present context asks for."""
    return _DIGITS.get()


def bits_for(digits: int) -> int:
    """Return the binary digits that hold a number of decimal ones."""
    return ceil(digits * 3.3220)  # log2(10) = 3.32192...


@contextmanager
def working_bits(bits: int) -> Generator[None]:
    """Let balls be computed with this many bits inside a ``with`` block."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before
