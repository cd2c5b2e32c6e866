"""What the families check and share: positive integers, seeds, coordinate functions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from tropical._arguments import as_count, check_size
from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial

__all__ = ["as_positive", "as_size", "coordinate_functions", "generator"]


def as_size(value: Any, name: str, smallest: int = 1) -> int:
    """Return the size of a function to be made."""
    return as_count(value, name, smallest, _LARGEST)


_LARGEST = 100_000


def as_positive(value: Any, name: str, cure: str) -> Fraction:
    """Return an exact number > 0."""
    number = as_fraction(value, name)
    if number <= 0:
        raise InvalidInput(name, "a positive number", value, cure)
    return number


def generator(seed: Any) -> np.random.Generator:
    """Return the generator of a seed: the same numbers for the same seed."""
    return np.random.default_rng(as_count(seed, "seed", 0))


def coordinate_functions(n: Any, name: str = "n") -> list[LatticePolynomial]:
    """Return the coordinates of R^n as functions."""
    size = as_size(n, name)
    check_size(size * size, name, n)
    return [LatticePolynomial([([int(i == j) for j in range(size)], 0)], [[0]]) for i in range(size)]
