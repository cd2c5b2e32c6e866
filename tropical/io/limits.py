"""What a file may ask for: sizes beyond these are refused before memory is spent on them.

Exact work on a network of millions of weights is out of reach anyway; the limits stand well above what is useful, and
below what would exhaust an ordinary machine. Declared shapes are checked before anything of that size is made.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from tropical._arguments import MOST_NUMBERS, as_path
from tropical.exceptions import FormatError, TropicalError

__all__ = ["LONGEST_NUMBER", "check_count", "needed_package", "read_bytes"]

LARGEST_FILE = 256 << 20  # bytes; MOST_NUMBERS in text of 60 characters each
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
    with open(as_path(path), "rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        problem = f"more than {LARGEST_FILE >> 20} MiB, too large for exact work; split the network"
        raise FormatError(Path(path).name, problem)
    return content


def check_count(count: int, where: str, what: str = "numbers") -> None:
    """Refuse more than ``MOST_NUMBERS`` numbers."""
    if count > MOST_NUMBERS:
        raise FormatError(where, f"{count} {what}, at most {MOST_NUMBERS} are read; use a smaller network")


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
