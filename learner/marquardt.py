"""Levenberg and Marquardt's method, for sums of squares with tens to hundreds of unknowns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

import numpy as np

__all__ = ["Point", "descended"]


class Point(Protocol):
    """Where the method is, and what it gives there."""

    @property
    def residuals(self) -> np.ndarray:
        """Labels minus values, (n,)."""
        ...

    @property
    def loss(self) -> float:
        """Sum of the squares of the residuals."""
        ...

    def jacobian(self) -> np.ndarray:
        """Return the slopes of the values in the unknowns, (n, p)."""
        ...

    def moved(self, step: np.ndarray) -> Self:
        """Return the point so far from here, (p,)."""
        ...


P = TypeVar("P", bound=Point)


def descended(
    at: P,
    goal: float,
    *,
    rounds: int = 100,
    patience: int = 8,
    least_norm: float = 0.0,
    hopeless: Callable[[int, P], bool] = lambda *_: False,
) -> P:
    """Return where the sum of squares ends from here; it may be a local minimum.

    Parameters
    ----------
    at : Point
    goal : float
        The method stops where the loss is at most this.
    rounds, patience : int
        It stops after so many rounds, or so many in a row that hardly gain.
    least_norm : float
        Columns of the Jacobian that are shorter than this share of the longest are taken to be as long as that, so that
        unknowns that hardly matter move little.
    hopeless : callable
        Stop where it returns True of the number of a round, from 1 on, and where that ended.

    Notes
    -----
    A round costs n·p² for p unknowns. Each damping is scaled by the norms of the columns (Marquardt).
    """
    damping, slow = _DAMPING, 0
    for number in range(1, rounds + 1):
        jacobian = at.jacobian()
        norms = np.sqrt(np.einsum("ij,ij->j", jacobian, jacobian))
        norms = np.maximum(norms, least_norm * norms.max())
        norms[norms == 0.0] = 1.0
        gram, image = jacobian.T @ jacobian / np.outer(norms, norms), jacobian.T @ at.residuals / norms
        while damping < _MOST_DAMPING:
            moved = at.moved(_step(gram, image, damping) / norms)
            if moved.loss < at.loss:
                break
            damping *= _UP
        else:
            break
        slow = slow + 1 if moved.loss > _SLOW * at.loss else 0
        at, damping = moved, max(damping / _DOWN, _LEAST_DAMPING)
        if at.loss <= goal or slow >= patience or hopeless(number, at):
            break
    return at


def _step(gram: np.ndarray, image: np.ndarray, damping: float) -> np.ndarray:
    """Return the damped step; none where numbers are too large, or the matrix is singular to rounding."""
    try:
        step = np.linalg.solve(gram + damping * np.eye(len(gram)), image)
    except np.linalg.LinAlgError:
        return np.zeros_like(image)
    return step if np.isfinite(step).all() else np.zeros_like(image)


_SLOW = 0.99
_DAMPING, _LEAST_DAMPING, _MOST_DAMPING, _UP, _DOWN = 1e-2, 1e-12, 1e6, 5.0, 3.0
