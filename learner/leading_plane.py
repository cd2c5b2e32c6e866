"""A start where samples are few: the best plane in the leading subspace of a smooth filter of the size of labels.

A direction of V is then spread over several leading eigenvectors, each hardly above the noise. In the p << d dimensions
that they span samples are plenty; planes are found there by refinement, and the subspace is doubled until it is R^d.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learner.gauss_newton import orthonormal
from learner.refine import refine

__all__ = ["FILTERS", "leading_plane"]


def leading_plane(
    X: np.ndarray,
    y: np.ndarray,
    filtered: Callable[[np.ndarray], np.ndarray],
    rank: int,
    *,
    rng: np.random.RandomState,
    expired: Callable[[], bool],
) -> np.ndarray:
    """Return the best plane (rank, d) in the leading subspace of a filter, refined as the subspace grows."""
    d = X.shape[1]
    centre = float(np.median(y))
    if abs(centre) < float(np.std(y)):
        centre = 0.0  # natural: many labels are exactly zero, or they have both signs about it
    psi = filtered(np.abs(y - centre))
    vectors = np.linalg.eigh((X * (psi - psi.mean())[:, None]).T @ X)[1].T[::-1]
    size = min(d, max(_LEADING, 3 * rank))
    rows = X @ vectors[:size].T
    starts = [np.eye(rank, size), *(orthonormal(rng.standard_normal((rank, size))) for _ in range(_PLANES))]
    best = min((refine(rows, y, s, rounds=8, expired=expired) for s in starts), key=lambda result: result.error)
    plane = best.components @ vectors[:size]
    while size < d and not expired():
        size = min(d, 2 * size)
        frame = vectors[:size]
        grown = refine(X @ frame.T, y, orthonormal(plane @ frame.T), rounds=10, expired=expired)
        plane = grown.components @ frame
    return plane


_LEADING, _PLANES = 6, 5


def _clipped(magnitudes: np.ndarray) -> np.ndarray:
    return np.minimum(magnitudes / max(float(magnitudes.mean()), 1e-300), 4.0)


def _saturating(magnitudes: np.ndarray) -> np.ndarray:
    squares = (magnitudes / max(float(magnitudes.mean()), 1e-300)) ** 2
    return (squares - 1.0) / (squares + 0.5)


FILTERS = (_clipped, _saturating)
"""Of |y| in units of its mean. Steeper and flatter ones find less at ten samples an input."""
