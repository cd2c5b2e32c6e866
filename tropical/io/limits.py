"""What a file may ask for: sizes beyond these are refused before memory is spent on them.

Exact work on a network of millions of weights is out of reach anyway; the limits stand well above what is useful, and
below what would exhaust an ordinary machine. Declared shapes are checked before anything of that size is made.
"""

from __future__ import annotations

import importlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tropical.exceptions import FormatError, InvalidInput, InvalidType, TropicalError

__all__ = ["LONGEST_NUMBER", "MOST_NUMBERS", "check_count", "exact_array", "needed_package", "read_bytes"]

LARGEST_FILE = 256 << 20  # bytes; MOST_NUMBERS in text of 60 characters each
MOST_NUMBERS = 4_000_000  # weights of a network, or elements of a tensor: as Fractions some 500 MB
LONGEST_NUMBER = 1 << 16  # bits; a float64 needs 2100 at most, a product of thirty of them is shorter


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file of at most ``LARGEST_FILE`` bytes; devices without an end stop there, too.

    Raises
    ------
    FormatError
        For a longer file.
    OSError
        Where it cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        problem = f"more than {LARGEST_FILE >> 20} MiB, too large for exact work; split the network"
        raise FormatError(Path(path).name, problem)
    return content


def check_count(count: int, where: str, what: str = "numbers") -> None:
    """Refuse more than ``MOST_NUMBERS`` numbers."""
    if count > MOST_NUMBERS:
        raise FormatError(where, f"{count} {what}, at most {MOST_NUMBERS} are read; use a smaller network")


def exact_array(values: Any, argument: str) -> np.ndarray:
    """Return numbers as an array of Fractions, floats as the dyadic rationals that they are.

    Raises
    ------
    InvalidType
        For what is no array of real numbers.
    InvalidInput
        For NaN and infinity, and for more than ``MOST_NUMBERS`` numbers.
    """
    array = np.asarray(values)
    if array.size > MOST_NUMBERS:
        raise InvalidInput(argument, f"at most {MOST_NUMBERS} numbers", array.size, "use a smaller network")
    if array.dtype == object:
        if not all(isinstance(value, (int, Fraction)) and not isinstance(value, bool) for value in array.flat):
            raise InvalidType(argument, "an array of real numbers", f"dtype {array.dtype}", "pass a float array")
        items = [Fraction(value) for value in array.flat]
    elif array.dtype.kind in "iu":
        items = [Fraction(value) for value in array.ravel().tolist()]
    elif array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        if not np.isfinite(array).all():
            raise InvalidInput(argument, "finite numbers", "NaN or infinity", "mend the weights")
        items = [Fraction(value) for value in array.astype(np.float64).ravel().tolist()]
    else:
        raise InvalidType(argument, "an array of real numbers", f"dtype {array.dtype}", "convert it to float64")
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result.reshape(array.shape)


def needed_package(name: str, purpose: str) -> Any:
    """Import a package of the extra ``io``.

    Raises
    ------
    TropicalError
        Naming the extra, where the package is missing.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise TropicalError(f"{purpose} needs the package {package}: pip install 'tropical-learner[io]'") from None
