"""Exact numbers at the border of the package, and primitive integer vectors inside it.

Outside, an exact number is an ``int`` or a ``Fraction`` (or something that states such a number without rounding).
Inside, linear algebra runs on integer vectors over one common denominator: a vector that is only needed up to a
positive factor (the normal of a half-space, a ray) is kept *primitive*, so that equal objects are equal tuples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from fractions import Fraction
from math import gcd, lcm
from numbers import Integral, Rational
from typing import Any

import numpy as np

from tropical.exceptions import InvalidInput, InvalidType, shown

__all__ = [
    "IntVector",
    "as_affine_map",
    "as_choice",
    "as_dimension",
    "as_fraction",
    "as_fraction_matrix",
    "as_fraction_vector",
    "as_items",
    "as_limit",
    "as_number_below",
    "common_denominator",
    "dot",
    "float_array",
    "over_common_denominator",
    "primitive",
    "primitive_multiple",
    "rational_text",
]

IntVector = tuple[int, ...]

# Python converts integers to and from text up to 4300 digits, unless told otherwise
_RATIONAL = re.compile(r"\s*[+-]?[0-9]{1,4300}(\s*/\s*[0-9]{1,4300})?\s*\Z")
_DECIMAL = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,2})?\s*\Z", re.IGNORECASE)
_SHORT = 10_000  # a denominator that is worth showing in place of a decimal


def as_fraction(value: Any, argument: str = "value") -> Fraction:
    """Return an exact number as a Fraction; refuse what would be rounded or guessed.

    Accepts int, Fraction, NumPy integers, any ``numbers.Rational``, SymPy Rational and strings ``"a"`` or ``"a/b"``.
    Booleans and floats are refused.

    Raises
    ------
    InvalidType
        For bool, float and everything that is no exact number.
    InvalidInput
        For a string that is no rational, or has denominator zero.
    """
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        raise InvalidType(argument, "an exact number", f"the boolean {value!r}", "pass 0 or 1")
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Integral):
        return Fraction(int(value))
    if isinstance(value, str):
        if not _RATIONAL.match(value):
            short = _as_quotient(value)
            cure = "write an integer or a/b" if short is None else f'write "{short}"'
            raise InvalidInput(argument, 'a rational such as "-3/4"', repr(value), cure)
        try:
            return Fraction("".join(value.split()))
        except ZeroDivisionError:
            raise InvalidInput(argument, "a denominator other than zero", repr(value), "correct the number") from None
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if getattr(value, "is_Rational", False) is True:  # SymPy, without importing it
        return Fraction(int(value.p), int(value.q))
    kind = "float" if isinstance(value, float) or "float" in type(value).__name__ else type(value).__name__
    short = (_as_quotient(repr(float(value))) if isinstance(value, (float, np.floating)) else None) or "3/4"
    cure = f'pass an int, a Fraction or a string such as "{short}", or use the from_floats constructor'
    raise InvalidType(argument, "an exact number", f"the {kind} {shown(value)}", cure)


def _as_quotient(text: str) -> str | None:
    """Return a decimal as a quotient of short integers, None where it is none."""
    if len(text) > _LONGEST_DECIMAL or not _DECIMAL.match(text):
        return None
    quotient = Fraction(text.strip())
    return str(quotient) if quotient.denominator <= _SHORT and abs(quotient.numerator) < 10**9 else None


_LONGEST_DECIMAL = 40


def as_items(values: Any, argument: str, requirement: str, cure: str) -> list[Any]:
    """Return the items of an ordered collection; text, sets, mappings and arrays without axes are none."""
    if not isinstance(values, (str, bytes, Mapping, Set)):
        try:
            return list(values)
        except TypeError:
            pass
    raise InvalidType(argument, requirement, values, cure)


def as_choice(value: Any, argument: str, choices: tuple[str, ...], cure: str) -> str:
    """Return one of the words allowed."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidInput(argument, " or ".join(f'"{choice}"' for choice in choices), _quoted(value), cure)
    return value


def _quoted(value: Any) -> Any:
    """Return text in quotes for a message, and any other object as it is: its repr may fail."""
    return repr(value) if isinstance(value, str) else value


def as_number_below(value: Any, argument: str, count: int, what: str) -> int:
    """Return an integer from 0 to count - 1: the number of one of `count` things."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) < count:
        raise InvalidInput(argument, f"a number from 0 to {count - 1}", value, f"there are {count} {what}")
    return int(value)


def as_dimension(value: Any, argument: str = "dimension") -> int:
    """Return a number of variables."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 1 <= int(value) <= _LARGEST_DIMENSION:
        raise InvalidInput(
            argument, f"an integer from 1 to {_LARGEST_DIMENSION}", value, "give the number of variables"
        )
    return int(value)


_LARGEST_DIMENSION = 100_000


def as_fraction_vector(values: Any, argument: str) -> tuple[Fraction, ...]:
    """Return a sequence of exact numbers as a tuple of Fractions."""
    entries = as_items(values, argument, "a sequence of exact numbers", 'pass a list such as [1, "1/2"]')
    return tuple(as_fraction(value, f"{argument}[{i}]") for i, value in enumerate(entries))


def as_fraction_matrix(rows: Any, argument: str) -> tuple[tuple[Fraction, ...], ...]:
    """Return a rectangular nested sequence of exact numbers as a tuple of rows."""
    entries = as_items(rows, argument, "a list of rows of exact numbers", "pass a nested list")
    matrix = tuple(as_fraction_vector(row, f"{argument}[{i}]") for i, row in enumerate(entries))
    if len({len(row) for row in matrix}) > 1:
        lengths = [len(row) for row in matrix]
        raise InvalidInput(argument, "rows of one length", f"rows of lengths {lengths}", "make it rectangular")
    return matrix


def as_affine_map(A: Any, b: Any, dimension: int) -> tuple[tuple[tuple[Fraction, ...], ...], tuple[Fraction, ...]]:
    """Return the matrix and the offset of ``x -> A x + b`` into R^dimension; b may be None for zero."""
    matrix = as_fraction_matrix(A, "A")
    if len(matrix) != dimension or not matrix[0]:
        raise InvalidInput("A", f"shape ({dimension}, e) with e >= 1", f"{len(matrix)} rows", "transpose it")
    offset = (Fraction(0),) * dimension if b is None else as_fraction_vector(b, "b")
    if len(offset) != dimension:
        raise InvalidInput("b", f"{dimension} entries", str(len(offset)), "give one for each row of A")
    return matrix, offset


def common_denominator(values: Iterable[Fraction]) -> int:
    """Return the least common denominator (1 for no values)."""
    return lcm(*(value.denominator for value in values))


def over_common_denominator(rows: Sequence[Sequence[Fraction]]) -> tuple[tuple[IntVector, ...], int]:
    """Return integer rows and the one denominator they share: the least."""
    denominator = common_denominator(value for row in rows for value in row)
    numerators = tuple(tuple(value.numerator * (denominator // value.denominator) for value in row) for row in rows)
    return numerators, denominator


def primitive(vector: Sequence[int]) -> IntVector:
    """Return the vector divided by the greatest common divisor of its entries (zero stays zero)."""
    divisor = gcd(*vector)
    if divisor <= 1:
        return tuple(vector)
    return tuple(entry // divisor for entry in vector)


def primitive_multiple(values: Sequence[Fraction]) -> IntVector:
    """Return the positive multiple of a rational vector with coprime integer entries (zero stays zero)."""
    (numerators,), _ = over_common_denominator([values])
    return primitive(numerators)


def dot(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the inner product of two integer vectors of one length."""
    return sum([a * b for a, b in zip(left, right, strict=True)])


def rational_text(value: Fraction | int) -> str:
    """Return ``"a"`` or ``"a/b"``, which :func:`as_fraction` reads back."""
    try:
        return str(Fraction(value))
    except ValueError:
        cure = "raise sys.set_int_max_str_digits, or use coarser numbers"
        raise InvalidInput("number", "at most 4300 digits to be written as text", "a longer one", cure) from None


def float_array(values: Any, argument: str = "function") -> np.ndarray:
    """Return exact numbers, nested or not, as float64.

    Raises
    ------
    InvalidInput
        If one is beyond the range of float64.
    """
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        cure = "evaluate exactly, by a call at a rational point"
        raise InvalidInput(argument, "coefficients within the range of float64", "a larger one", cure) from None


def as_limit(value: Any, argument: str) -> int | None:
    """Return a positive limit, or None for no limit."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise InvalidInput(argument, "a positive integer or None", value, "raise it")
    return int(value)
