"""Pieces that cross: all apply at the same known directions, and the choice between them looks at directions unknown.

Given the known directions labels have several values there, so no function of them explains anything, but each value
is exact: a sample with its neighbours in (coordinates, label) shares its piece with most of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from learner.exact_finish import Finished
from learner.piece_regression import ambient_pieces, span_of_pieces
from learner.pieces import Pieces, each_once, label_tolerance, owners
from learner.third_degree import third_degree
from learner.walls import find_walls, steep_pieces

__all__ = ["across_walls", "crossing_pieces", "with_third_degree"]


def crossing_pieces(X: np.ndarray, y: np.ndarray, start: np.ndarray, *, rng: np.random.RandomState) -> Finished | None:
    """Return exact pieces that cross on rough directions (k, d), k >= 0, and their span; None with fewer than two.

    Notes
    -----
    Up to 24 seeds of some 12 least-squares fits of (3d, d); fewer in many dimensions.
    """
    n, d = X.shape
    seeds = float(np.clip(_MOST_OPERATIONS / (_FITS * d**3), 2, _SEEDS))
    everything = np.ones(n, dtype=bool)
    pieces = ambient_pieces(X, y, start, Pieces.none(n, d), everything, rng=rng, crossing=True, seeds=seeds)
    components = span_of_pieces(pieces, label_tolerance(y))
    if len(pieces) < 2 or len(components) > len(start):
        return None
    gradients = pieces.gradients @ components.T
    return Finished(components, gradients, pieces.constants, pieces.owner, label_tolerance(y), exact=True, rounds=0)


def with_third_degree(
    X: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    most: int,
    *,
    rng: np.random.RandomState,
    expired: Callable[[], bool] = lambda: False,
) -> tuple[Finished | None, np.ndarray]:
    """Return pieces that cross on rough directions (k, d), and known directions with three that third moments show.

    Known are those that the pieces look at, or the rough ones if no pieces cross. Without three more, or with more than
    `most` in all, there are no rows.
    """
    crossing = crossing_pieces(X, y, start, rng=rng)
    known = start if crossing is None else crossing.components
    few = len(known) + _DEGREE <= most
    rows = third_degree(X, y, known, rank=_DEGREE, rng=rng, expired=expired) if few else known[:0]
    return crossing, np.vstack([known, rows]) if len(rows) else rows


def across_walls(
    X: np.ndarray,
    y: np.ndarray,
    found: Finished,
    directions: np.ndarray,
    *,
    rng: np.random.RandomState,
    expired: Callable[[], bool] = lambda: False,
) -> Finished | None:
    """Return pieces found with the steep ones between them, and normals of walls whose are too thin to find.

    None where no few hyperplanes in the span of rough directions (k, d) and the pieces' say which piece applies.
    """
    tolerance = label_tolerance(y)
    found = _distinct(found, X, y, tolerance)
    walls = find_walls(X, y, found, directions, tolerance=tolerance, rng=rng, expired=expired)
    return None if walls is None else steep_pieces(X, y, found, walls, tolerance=tolerance, expired=expired)


def _distinct(found: Finished, X: np.ndarray, y: np.ndarray, tolerance: float) -> Finished:
    """Return each piece once, and constants that are rounding as zeros."""
    constants = np.where(np.abs(found.constants) <= tolerance, 0.0, found.constants)
    scale = max(float(np.abs(part).max(initial=0.0)) for part in (found.gradients, constants))
    own = each_once(found.gradients, constants, _EQUAL * scale)
    gradients, constants = found.gradients[own], constants[own]
    owner = owners(gradients, constants, X @ found.components.T, y, tolerance)
    return replace(found, gradients=gradients, constants=constants, owner=owner)


_DEGREE = 3
_EQUAL = 1e-7  # of the largest slope
_SEEDS, _FITS, _MOST_OPERATIONS = 24, 72, 3e11
