"""From recovered floats to exact rationals: the simplest numbers that the accuracy of the floats allows.

The most accurate pieces propose a common denominator D by continued fractions; then *every* coefficient has to lie on
the grid Z/D up to its own accuracy. That is strong evidence and no proof: reals chosen at random would pass with
probability at most about (2·D·accuracy) for each coefficient, which is asked to be small. A proof needs the teacher.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from tropical.exceptions import NotExact

__all__ = ["RationalPieces", "rationalize"]


@dataclass(frozen=True, slots=True)
class RationalPieces:
    """Exact pieces.

    Attributes
    ----------
    rows : tuple of tuples of Fraction, M rows (u, c) of length d + 1
    denominator : int
        Their common denominator.
    """

    rows: tuple[tuple[Fraction, ...], ...]
    denominator: int


def rationalize(
    coefficients: np.ndarray,
    accuracy: np.ndarray,
    *,
    largest_denominator: int = 10**6,
    name: str = "piece",
    spread: float = 10.0,
) -> RationalPieces:
    """Round coefficients to a grid of one common denominator.

    Parameters
    ----------
    coefficients : float array (M, d + 1)
        Rows (u, c).
    accuracy : float array (M,)
        Error allowed in the coefficients of each row.
    largest_denominator : int
        Give up beyond.
    name : str
        What a row is, in messages.
    spread : float
        Rows up to so many times the median error propose the denominator.

    Raises
    ------
    NotExact
        If the coefficients show no common denominator, or one that their accuracy does not support.
    """
    reliable = accuracy <= spread * float(np.median(accuracy))
    denominator = 1
    for row, tolerance in zip(coefficients[reliable], accuracy[reliable], strict=True):
        for value in np.unique(row):
            if abs(value * denominator - round(value * denominator)) <= tolerance * denominator:
                continue
            denominator = lcm(denominator, _convergent(float(value), float(tolerance)).denominator)
            if denominator > largest_denominator:
                raise NotExact(
                    f"the coefficients show no common denominator up to {largest_denominator}: "
                    "they look irrational, or are not accurate enough"
                )
    scaled = coefficients * denominator
    nearest = np.rint(scaled)
    distance = np.abs(scaled - nearest) / denominator
    allowed = accuracy[:, None]
    if (distance > allowed).any():
        row = int((distance / allowed).max(axis=1).argmax())
        raise NotExact(f"{name} {row} is off the grid of denominator {denominator} by {distance[row].max():.1e}")
    if float((2.0 * denominator * accuracy).max()) > _LARGEST_CHANCE:
        row = int(accuracy.argmax())
        raise NotExact(
            f"{name} {row} is known to {accuracy[row]:.1e} only, too coarse to tell multiples of 1/{denominator} apart"
        )
    rows = tuple(tuple(Fraction(int(a), denominator) for a in row) for row in nearest)
    return RationalPieces(rows, denominator)


_LARGEST_CHANCE = 1e-3  # for one coefficient; a piece has d + 1 of them


def _convergent(value: float, tolerance: float) -> Fraction:
    """Return the first convergent of the continued fraction within the tolerance."""
    exact = Fraction(value)
    rest = exact
    before, current = (1, 0), (int(rest // 1), 1)
    while abs(Fraction(*current) - exact) > tolerance:
        rest = 1 / (rest - rest // 1)
        whole = int(rest // 1)
        before, current = current, (whole * current[0] + before[0], whole * current[1] + before[1])
    return Fraction(*current)
