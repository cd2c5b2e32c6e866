"""Samples in arrays: in memory, on a device, or in a file format whose arrays are cut by slices (HDF5, Zarr)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from learner.arrays import is_foreign
from learner.sources.files import NpyFile
from learner.sources.protocol import BUDGET, Chunk, Part, SampleSource, rows_of
from tropical.exceptions import InvalidInput

__all__ = ["ArraySource"]


class ArraySource(SampleSource):
    """Two arrays X (n, d) and y (n,) that are cut along their rows.

    Parameters
    ----------
    X : array (n, d)
        NumPy's, of a device, an :class:`NpyFile`, or anything with ``shape`` that slices of rows can be read from.
    y : array (n,)
        Likewise, maybe of another kind.
    """

    def __init__(self, X: Any, y: Any) -> None:
        if len(X.shape) != 2 or X.shape[1] == 0:
            raise InvalidInput("X", "shape (n, d) with d >= 1", str(tuple(X.shape)), "give one row a sample")
        if tuple(y.shape) not in ((X.shape[0],), (X.shape[0], 1)):
            given = f"{tuple(y.shape)} for X of shape {tuple(X.shape)}"
            raise InvalidInput("y", "shape (n,), one label for each row of X", given, "learn one output at a time")
        if is_foreign(X) != is_foreign(y):
            raise InvalidInput("y", "an array of the library of X", type(y).__name__, "convert one of them")
        self._X, self._y = X, y

    @property
    def n_features(self) -> int:
        """Number of inputs d."""
        return int(self._X.shape[1])

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return int(self._X.shape[0])

    def parts(self, budget_bytes: int = BUDGET) -> list[Part]:
        """Return one part for each chunk.

        Parameters
        ----------
        budget_bytes : int
            What a chunk may take.
        """
        rows = rows_of(budget_bytes, self.n_features)
        stored = getattr(self._X, "chunks", None)
        if stored and stored[0] and rows > stored[0]:  # whole chunks of the file: none is unpacked twice
            rows -= rows % stored[0]
        starts = range(0, self.n_samples, rows)
        return [partial(_read, _window(self._X, s, s + rows), _window(self._y, s, s + rows)) for s in starts]


class _Window:
    """Rows of an array that is read when they are asked for."""

    def __init__(self, array: Any, start: int, stop: int) -> None:
        self._array, self._start, self._stop = array, start, stop

    def read(self) -> np.ndarray:
        return np.asarray(self._array[self._start : self._stop])


def _window(array: Any, start: int, stop: int) -> Any:
    stop = min(stop, array.shape[0])
    if isinstance(array, np.ndarray) or is_foreign(array):
        return array[start:stop, ...]  # a view; only these rows are sent to a worker
    return array.rows(start, stop) if isinstance(array, NpyFile) else _Window(array, start, stop)


def _read(*windows: Any) -> Iterator[Chunk]:
    X, y = (window.read() if isinstance(window, NpyFile | _Window) else window for window in windows)
    yield X, y
