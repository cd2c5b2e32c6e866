"""Additive summaries of filtered moments: the only place that sweeps all n·d numbers.

A summary is a sum over samples, so chunks may come in any order and any number of workers may hold parts:
``add`` a chunk, ``merge`` summaries, and read moments at the end.
"""

from __future__ import annotations

import numpy as np

__all__ = ["SliceMoments"]


class SliceMoments:
    """First and second moments of x within each slice of the labels.

    Parameters
    ----------
    slices, dimension : int
        H and d.

    Attributes
    ----------
    counts : int array (H,)
    sums : float64 array (H, d)
        Σ x over the slice.
    squares : float64 array (H, d, d)
        Σ x xᵀ over the slice.

    Notes
    -----
    One pass: n·d² multiply-adds, as BLAS products of the rows of each slice; memory H·d² and one chunk.
    """

    def __init__(self, slices: int, dimension: int) -> None:
        self.counts = np.zeros(slices, dtype=np.int64)
        self.sums = np.zeros((slices, dimension))
        self.squares = np.zeros((slices, dimension, dimension))

    def add(self, X: np.ndarray, index: np.ndarray) -> SliceMoments:
        """Add rows of X, whose slice numbers are `index`."""
        for start in range(0, len(X), _CHUNK):
            rows, labels = X[start : start + _CHUNK], index[start : start + _CHUNK]
            order = np.argsort(labels, kind="stable")
            rows = rows[order]
            counts = np.bincount(labels, minlength=len(self.counts))
            self.counts += counts
            ends = np.cumsum(counts)
            for h, (end, count) in enumerate(zip(ends, counts, strict=True)):
                block = rows[end - count : end]
                self.sums[h] += block.sum(axis=0)
                self.squares[h] += block.T @ block
        return self

    def merge(self, other: SliceMoments) -> SliceMoments:
        """Add another summary of the same slices."""
        self.counts += other.counts
        self.sums += other.sums
        self.squares += other.squares
        return self

    def along(self, columns: np.ndarray) -> SliceMoments:
        """Return the moments of ``columnsᵀ x``, for orthonormal columns (d, k)."""
        result = SliceMoments(len(self.counts), columns.shape[1])
        result.counts = self.counts
        result.sums = self.sums @ columns
        result.squares = columns.T @ self.squares @ columns
        return result

    def probabilities(self) -> np.ndarray:
        """Return the share of samples in each slice, (H,)."""
        return self.counts / self.counts.sum()

    def means(self) -> np.ndarray:
        """Return E[x | slice], (H, d); zero for an empty slice."""
        return self.sums / np.maximum(self.counts, 1)[:, None]

    def hermite(self) -> np.ndarray:
        """Return E[x xᵀ - I | slice], (H, d, d); zero for an empty slice."""
        full = np.maximum(self.counts, 1)[:, None, None]
        result = self.squares / full - np.eye(self.squares.shape[1])
        result[self.counts == 0] = 0.0
        return result


_CHUNK = 1 << 15  # within 10 % of the fastest of 2^11 ... 2^16 at d = 50, 200 and 1000
