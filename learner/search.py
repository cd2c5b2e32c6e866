"""Search on summaries: one direction after another while samples confirm it, then all of them from several starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learner import spectral
from learner.dimension import centred
from learner.spectral import FoldedMoments, Weights
from learner.starts import gram_filters, linear_starts, quadratic, rank_filters

__all__ = ["Search"]

Test = Callable[[int, np.ndarray, Weights], float]
"""Takes a fold, a direction (d,) and weights chosen without it; returns a p-value."""


class Search:
    """The best k columns for the moments of slices, and the number of them.

    Parameters
    ----------
    moments : FoldedMoments
    known : (d, l)
        Orthonormal columns to stay off.
    cells : int array (H,)
        Cell of each slice; slices of a cell are in the order of labels.
    method : str
        Of :class:`learner.FilteredPCA`.
    mean_weight : float
    psi : (H,), optional
        Where it is given, the one filter to use.
    vectors : (d, d)
        Eigenvectors, leading first, of the quadratic matrix or of the one filter's.
    """

    def __init__(
        self,
        moments: FoldedMoments,
        known: np.ndarray,
        cells: np.ndarray,
        *,
        method: str,
        mean_weight: float,
        psi: np.ndarray | None,
        vectors: np.ndarray,
    ) -> None:
        self.moments, self.known, self.cells = moments, known, cells
        self.method, self.mean_weight, self.psi, self.vectors = method, mean_weight, psi, vectors
        # The largest eigenvalue of noise exceeds its edge by more than 2 d^(-2/3), in units of sqrt(d/n), in about one
        # of a hundred samples (Tracy and Widom).
        self._clear = 2.0 * len(known) ** (-2 / 3)

    def significant(self, most: int, level: float, test: Test) -> tuple[np.ndarray, list[float]]:
        """Return directions, at most so many, as long as folds that did not choose the next one confirm it.

        Also the p-value of each, and of the first that was not confirmed. Each is F times the smallest of F folds.
        """
        columns = self.known[:, :0]
        apart = [columns for _ in self.moments.parts]
        pvalues: list[float] = []
        while len(pvalues) < most and (self.moments.total.counts > 0).sum() > 1:
            smallest = 1.0
            for fold, part in enumerate(self.moments.parts):
                direction, weights = self._next(apart[fold], fold)
                smallest = min(smallest, test(fold, direction[:, 0], centred(weights, part.counts)))
                if self.psi is not None:
                    apart[fold] = np.column_stack([apart[fold], direction])
            pvalues.append(max([min(1.0, len(self.moments.parts) * smallest), *pvalues]))
            if pvalues[-1] > level:
                break
            columns = np.column_stack([columns, self._next(columns, None)[0]])
            if self.psi is None:
                columns, apart = spectral.refine(self.moments, columns, self.known)
        return columns, pvalues

    def best(self, k: int, greedy: np.ndarray | None = None) -> np.ndarray:
        """Return the best k columns; `greedy` is one more start."""
        start = self.vectors[:, :k]
        if k == 0 or self.psi is not None or self.method == "quadratic":
            return start
        if self.method == "joint":
            return spectral.joint_iteration(self.moments, start, self.mean_weight, self.known)
        linear = linear_starts(self.moments, self._filters(None), k, self.known)
        complete = bool(linear) and linear[0][0][-1] > self._clear
        n, size = int(self.moments.total.counts.sum()), len(self.moments.total.counts) * len(self.known)
        if self._means(self.known, None)[1] or (not complete and n > 2 * size):
            starts = [columns for _, columns in linear[:3]]
            starts += quadratic(self.moments, k, self.known, self.vectors)
        else:  # where the means show nothing and samples are few, starts with more noise than one filter only mislead
            starts = [columns for _, columns in linear[: 2 if complete else 1]]
        if greedy is not None:
            starts.append(greedy)
        if self.method == "adaptive":
            ends = [spectral.adaptive(self.moments, columns, self.known) for columns in starts]
        else:
            ends = [spectral.refine(self.moments, columns, self.known)[0] for columns in starts]
        return max(ends, key=lambda columns: spectral.information(self.moments, columns))

    def _filters(self, fold: int | None) -> np.ndarray:
        ranks = rank_filters(self.moments.counts(fold), self.cells)
        # Within cells the sign may change from cell to cell, which no function of the rank alone follows. Filters
        # chosen from the data exceed the edge more easily, so they are left out where they are not needed.
        return np.vstack([ranks, gram_filters(self.moments, fold)]) if self.cells.any() else ranks

    def _next(self, found: np.ndarray, fold: int | None) -> tuple[np.ndarray, Weights]:
        """Return the best further direction (d, 1) from the samples outside a fold, and weights of the slices."""
        off = np.column_stack([self.known, found])
        if self.psi is not None:
            values, vectors = spectral.leading(spectral.without(self.moments.weighted(self.psi, fold), off))
            top = int(np.abs(values).argmax())
            second = np.sign(values[top]) * self.psi[:, None, None]
            return vectors[:, [top]], Weights(second, np.zeros((len(self.psi), 1)))
        linear = linear_starts(self.moments, self._filters(fold), 1, off, fold)[:2]
        clear = [columns for excess, columns in linear if excess[0] > self._clear]
        mean, mean_clear = self._means(off, fold)
        starts = clear if clear or mean_clear else [columns for _, columns in linear]
        if mean_clear or not clear:
            starts = [*starts, mean]
        ends = [spectral.polish(self.moments, columns, off, fold) for columns in starts]
        return max(ends, key=lambda end: spectral.information(self.moments, end[0], fold))

    def _means(self, off: np.ndarray, fold: int | None) -> tuple[np.ndarray, bool]:
        """Return the leading direction (d, 1) of the means of slices, and whether it is clear of noise (Gordon)."""
        counts = self.moments.counts(fold)
        rows = self.moments.sums(fold) / np.sqrt(np.maximum(counts, 1))[:, None]
        _, values, directions = np.linalg.svd(rows - (rows @ off) @ off.T, full_matrices=False)
        edge = np.sqrt(len(off)) + np.sqrt(len(counts))
        return directions[:1].T, bool(values[0] > _MEAN_CLEAR * edge)


_MEAN_CLEAR = 1.1
