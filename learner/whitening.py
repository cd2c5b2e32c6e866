"""Standardised coordinates from summaries, and the way back for directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.moments import SliceMoments

__all__ = ["Whitening"]


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """The map ``z = columnsᵀ (x - mean)`` under which a sample has mean 0 and covariance I.

    Attributes
    ----------
    mean : float array (d,)
    columns : float array (d, r)
        r is the rank of the covariance: directions without variance are left out.
    """

    mean: np.ndarray
    columns: np.ndarray

    @classmethod
    def of(cls, moments: SliceMoments) -> Whitening:
        """Return the whitening of all samples summed."""
        n = max(1, int(moments.counts.sum()))
        mean = moments.sums.sum(axis=0) / n
        values, vectors = np.linalg.eigh(moments.squares.sum(axis=0) / n - np.outer(mean, mean))
        kept = values > len(values) * np.finfo(float).eps * max(float(values[-1]), np.finfo(float).tiny)
        if kept.all():  # symmetric: the coordinates stay as near to x as they can
            return cls(mean, (vectors / np.sqrt(values)) @ vectors.T)
        return cls(mean, vectors[:, kept] / np.sqrt(values[kept]))

    def back(self, directions: np.ndarray) -> np.ndarray:
        """Return orthonormal columns (d, k) that x is read through, for columns (r, k) that z is read through."""
        return np.linalg.qr(self.columns @ directions)[0]

    def forward(self, directions: np.ndarray) -> np.ndarray:
        """Return orthonormal columns (r, k) that z is read through, for columns (d, k) that x is read through."""
        return np.linalg.qr(np.linalg.pinv(self.columns) @ directions)[0]
