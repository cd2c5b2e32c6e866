"""Arguments checked at the border, once for all rooms: flags, counts, floats, paths, objects and float arrays.

Exact numbers and what is made of them are checked by :mod:`tropical._exact.rational`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from numbers import Integral, Rational, Real
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tropical.exceptions import InvalidInput, InvalidType

__all__ = [
    "MOST_NUMBERS",
    "as_count",
    "as_flag",
    "as_instance",
    "as_jobs",
    "as_path",
    "as_real",
    "as_word",
    "check_size",
    "exact_array",
    "real_array",
]

Object = TypeVar("Object")
MOST_NUMBERS = 4_000_000  # weights of a network, or elements of a tensor: as Fractions some 500 MB
_MOST_DRAWN = 10_000_000
_MOST_JOBS = 1024


def as_flag(value: Any, argument: str) -> bool:
    """Return True or False; nothing else is taken for one of them, ``"no"`` least of all."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidType(argument, "True or False", value, "pass one of the two")
    return bool(value)


def as_count(value: Any, argument: str, smallest: int = 1, largest: int | None = None, cure: str | None = None) -> int:
    """Return an integer that is at least `smallest`, and at most `largest` where that is given."""
    fine = not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= smallest
    if not fine or (largest is not None and int(value) > largest):
        requirement = "a positive integer" if smallest == 1 else f"an integer >= {smallest}"
        if largest is not None:
            requirement = f"an integer from {smallest} to {largest}"
        raise InvalidInput(argument, requirement, value, cure or f"use at least {smallest}")
    return int(value)


def as_jobs(value: Any) -> int:
    """Return a number of processes, as joblib counts them: -1 is one a core."""
    fine = isinstance(value, Integral) and not isinstance(value, bool) and 0 < abs(int(value)) <= _MOST_JOBS
    if not fine:
        requirement = f"an integer other than 0, from -{_MOST_JOBS} to {_MOST_JOBS}"
        raise InvalidInput("n_jobs", requirement, value, "-1 is one process a core")
    return int(value)


def as_real(value: Any, argument: str, requirement: str, fits: Callable[[float], bool], cure: str) -> float:
    """Return a number that fits as a float; NaN fits nothing."""
    if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)):
        try:
            number = float(value)
        except OverflowError:
            number = float("nan")
        if number == number and fits(number):
            return number
    raise InvalidInput(argument, requirement, value, cure)


def as_instance(value: Any, kind: type[Object], argument: str, cure: str) -> Object:
    """Return an object of a class of this package."""
    if not isinstance(value, kind):
        raise InvalidType(argument, f"a {kind.__name__}", value, cure)
    return value


def as_word(value: Any, argument: str) -> str:
    """Return text that a picture, a key or a name can show."""
    if not isinstance(value, str) or not value.isprintable():
        raise InvalidType(argument, "a string of printable characters", value, "pass a name")
    return value


def as_path(value: Any, argument: str = "path", cure: str = "pass a string or a pathlib.Path") -> Path:
    """Return the name of a file: a string or a path, which the system can be asked for."""
    try:
        name = os.fspath(value)
    except Exception:  # of an object that calls itself a path
        name = None
    if not isinstance(name, str):
        raise InvalidType(argument, "the name of a file", value, cure)
    try:
        usable = name != "" and b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise InvalidInput(argument, "the name of a file", repr(name), "pass a name without NUL and lone surrogates")
    return Path(name)


def check_size(count: int, argument: str, given: Any) -> None:
    """Refuse to build what would have more than ten million numbers."""
    if count > _MOST_DRAWN:
        cure = "exact work on so many is out of reach; ask for less"
        raise InvalidInput(argument, f"a value that makes at most {_MOST_DRAWN} numbers", given, cure)


def real_array(
    values: Any, argument: str, requirement: str = "an array of real numbers", cure: str = "convert it to float64"
) -> np.ndarray:
    """Return real numbers of any type as float64; a float64 array is returned as it is, not copied.

    Booleans, text, dates, complex numbers and masked entries are no real numbers. NaN and infinity pass.
    """
    array = _plain_array(values, argument, requirement, cure)
    if array.dtype.kind in "fiu":
        return array.astype(np.float64, copy=False)
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise InvalidInput(argument, "numbers within the range of float64", "a larger one", "scale it down") from None


def exact_array(values: Any, argument: str) -> np.ndarray:
    """Return numbers as an array of Fractions, floats as the dyadic rationals that they are.

    Raises
    ------
    InvalidType
        For what is no array of real numbers.
    InvalidInput
        For NaN and infinity, and for more than ``MOST_NUMBERS`` numbers.
    """
    requirement, cure = "an array of real numbers", "convert it to float64"
    array = _plain_array(values, argument, requirement, cure)
    if array.size > MOST_NUMBERS:
        raise InvalidInput(argument, f"at most {MOST_NUMBERS} numbers", array.size, "use a smaller network")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise InvalidType(argument, requirement, f"dtype {array.dtype}", cure)
    if array.dtype.kind == "f" and not hasattr(values, "dtype"):  # a list may mix in integers that a float would round
        array = _plain_array(np.array(values, dtype=object), argument, requirement, cure)
    if array.dtype.kind == "O":
        items = [_exact(value, argument) for value in array.ravel().tolist()]
    elif array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InvalidInput(argument, "finite numbers", "NaN or infinity", "mend them")
    else:
        items = [Fraction(value) for value in array.ravel().tolist()]
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result.reshape(array.shape)


def _exact(value: Any, argument: str) -> Fraction:
    """Return a real number as the Fraction that it is."""
    if isinstance(value, Rational) and not isinstance(value, (int, Fraction)):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, np.floating) and value.itemsize <= 8:
        value = float(value)
    if not isinstance(value, (int, float, Fraction)):
        requirement, cure = "rational numbers, or floats of at most 64 bits", "convert it to float64"
        raise InvalidType(argument, requirement, f"a {type(value).__name__}", cure)
    try:
        return Fraction(value)
    except (ValueError, OverflowError):
        raise InvalidInput(argument, "finite numbers", "NaN or infinity", "mend them") from None


def _plain_array(values: Any, argument: str, requirement: str, cure: str) -> np.ndarray:
    """Return an array of floats, integers, or objects each of which is a real number."""
    if np.ma.isMaskedArray(values) and np.ma.is_masked(values):
        raise InvalidInput(argument, "numbers without a mask", "masked entries", "drop or fill them: .filled()")
    try:
        array = np.asarray(values)
    except Exception as error:  # ragged lists, and whatever a foreign __array__ does
        raise InvalidType(argument, requirement, str(error) or type(error).__name__, cure) from None
    if array.dtype.kind == "O":
        for value in array.flat:
            if not isinstance(value, Real) or isinstance(value, (bool, np.bool_)):
                given = f"an array of objects, a {type(value).__name__} among them"
                raise InvalidType(argument, requirement, given, cure)
    elif array.dtype.kind not in "fiu":
        raise InvalidType(argument, requirement, f"dtype {array.dtype}", cure)
    return array
