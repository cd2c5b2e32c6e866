"""Samples in Dask arrays: one part for each block of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from learner.sources.protocol import BUDGET, Chunk, Part, SampleSource, rows_of
from tropical.exceptions import InvalidInput

__all__ = ["DaskSource"]


class DaskSource(SampleSource):
    """A Dask array X (n, d) and a Dask array y (n,).

    Parameters
    ----------
    X, y : dask.array.Array
        Rows may be of unknown number; X is rechunked to whole rows, and y to the rows of X.

    Notes
    -----
    A block is computed when it is asked for, by Dask's scheduler; blocks are what Dask makes them, so one is held,
    whatever the budget.
    """

    def __init__(self, X: Any, y: Any) -> None:
        if X.ndim != 2 or y.ndim not in (1, 2):
            given = f"{X.ndim} and {y.ndim} dimensions"
            raise InvalidInput("X", "shape (n, d), with y of shape (n,)", given, "give one row a sample")
        self._X = X if X.numblocks[1] == 1 else X.rechunk({1: -1})
        self._y = y if y.ndim == 1 else y[:, 0]
        if self._y.chunks[0] != self._X.chunks[0]:
            try:
                self._y = self._y.rechunk((self._X.chunks[0],))
            except ValueError as error:  # unknown sizes, or another number of labels
                raise InvalidInput("y", "one label for each row of X", str(error), "compute chunk sizes") from None

    @property
    def n_features(self) -> int:
        """Number of inputs d."""
        return int(self._X.shape[1])

    @property
    def n_samples(self) -> int | None:
        """Number of samples, if Dask knows it."""
        n = self._X.shape[0]
        return int(n) if n == n else None  # an unknown size is NaN

    def blocks(self) -> list[tuple[Any, Any]]:
        """Return delayed pairs (X, y), one for each block: a cluster computes them where it sums them."""
        return list(zip(self._X.to_delayed().ravel().tolist(), self._y.to_delayed().ravel().tolist(), strict=True))

    def parts(self, budget_bytes: int = BUDGET) -> list[Part]:
        """Return one part for each block.

        Parameters
        ----------
        budget_bytes : int
            What a chunk may take.
        """
        rows = rows_of(budget_bytes, self.n_features)
        return [partial(_compute, X, y, rows) for X, y in self.blocks()]


def _compute(X: Any, y: Any, rows: int) -> Iterator[Chunk]:
    from dask.base import compute

    X, y = compute(X, y)
    for start in range(0, len(X), rows):
        yield X[start : start + rows], y[start : start + rows]
