r"""Additive summaries of filtered moments: the only place that sweeps all n·d numbers.

A summary is a sum over samples, so chunks may come in any order and any number of workers may hold parts:
``add`` a chunk, ``merge`` summaries, and read moments at the end.

A sample also has a *fold*, a hash of its own numbers (:mod:`learner.content`): estimates from some folds are tested on
the others, and neither order nor chunking changes who is where. :class:`FilteredSums` is all that filtered PCA keeps of
samples.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.linalg.blas import dsyrk  # pyright: ignore[reportAttributeAccessIssue]

from learner.arrays import coordinates, from_host, is_foreign, namespace, to_host
from learner.content import content_folds
from learner.filters import Partition, index_on_device
from learner.sampling import GaussianCheck
from tropical.exceptions import InvalidInput

__all__ = ["FOLDS", "DeviceMoments", "FilteredSums", "SliceMoments", "undivided"]

FOLDS = 4  # three quarters choose, a quarter tests; more folds cost memory, fewer cost power near the threshold


class SliceMoments:
    """First and second moments of x within each slice of the samples.

    Parameters
    ----------
    slices, dimension : int
        H and d.

    Attributes
    ----------
    counts : int array (H,)
    sums : float64 array (H, d)
        Σ x over the slice.

    Notes
    -----
    One pass: the rows of a chunk are sorted by slice and each slice is one symmetric product, n·d² multiply-adds in all
    as for XᵀX. Memory: H·d² float64 and one chunk, whatever n is. Sums are float64 for float32 samples too.
    """

    def __init__(self, slices: int, dimension: int) -> None:
        self.counts = np.zeros(slices, dtype=np.int64)
        self.sums = np.zeros((slices, dimension))
        self._squares = np.zeros((slices, dimension, dimension))
        self._mirrored = True

    @classmethod
    def from_sums(cls, counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> SliceMoments:
        """Return the summary with these counts (H,), sums (H, d) and symmetric squares (H, d, d)."""
        result = cls(0, sums.shape[1])
        result.counts, result.sums, result._squares = counts, sums, squares
        return result

    @property
    def dimension(self) -> int:
        """Return d."""
        return self.sums.shape[1]

    @property
    def squares(self) -> np.ndarray:
        """Return Σ x xᵀ over each slice, (H, d, d)."""
        if not self._mirrored:
            above = np.triu_indices(self.dimension, 1)
            for square in self._squares:
                square[above] = square.T[above]
            self._mirrored = True
        return self._squares

    def add(self, X: np.ndarray, index: np.ndarray) -> SliceMoments:
        """Add rows of X (n, d), whose slice numbers are `index` (n,)."""
        self._mirrored = False
        for start in range(0, len(X), _CHUNK):
            rows, labels = X[start : start + _CHUNK], index[start : start + _CHUNK]
            counts = np.bincount(labels, minlength=len(self.counts))
            self.counts += counts
            order = np.argsort(labels, kind="stable")
            rows = np.take(rows.astype(np.float64, copy=False), order, axis=0, mode="clip")
            ends = np.cumsum(counts)
            for h in np.flatnonzero(counts):
                block = rows[ends[h] - counts[h] : ends[h]]
                self.sums[h] += block.sum(axis=0)
                # One triangle only: half the work of a general product. Transposed views are what BLAS calls columns.
                dsyrk(1.0, block.T, beta=1.0, c=self._squares[h].T, overwrite_c=1)
        return self

    def merge(self, other: SliceMoments) -> SliceMoments:
        """Add another summary of the same slices."""
        if other.sums.shape != self.sums.shape:
            given = f"{len(other.counts)} slices of dimension {other.dimension}"
            needed = f"{len(self.counts)} slices of dimension {self.dimension}"
            raise InvalidInput("other", needed, given, "summarise both parts with one partition")
        self.counts = self.counts + other.counts
        self.sums = self.sums + other.sums
        self._squares = self.squares + other.squares
        return self

    def total(self, folds: int, without: Sequence[int] = ()) -> SliceMoments:
        """Return the summary over all folds but some, where group ``fold·H + h`` is slice h of a fold."""
        kept = [fold for fold in range(folds) if fold not in without]
        shape = (folds, len(self.counts) // folds)
        return SliceMoments.from_sums(
            *(a.reshape(*shape, *a.shape[1:])[kept].sum(axis=0) for a in (self.counts, self.sums, self.squares))
        )

    def fold(self, folds: int, number: int) -> SliceMoments:
        """Return the summary of one fold (a view)."""
        size = len(self.counts) // folds
        part = slice(number * size, (number + 1) * size)
        return SliceMoments.from_sums(self.counts[part], self.sums[part], self.squares[part])

    def along(self, columns: np.ndarray, shift: np.ndarray | None = None) -> SliceMoments:
        """Return the moments of ``columnsᵀ (x - shift)``, for columns (d, k)."""
        sums = self.sums @ columns
        squares = columns.T @ (self.squares @ columns)
        if shift is not None:
            moved = shift @ columns
            cross = sums[:, :, None] * moved
            size = self.counts[:, None]
            squares = squares - cross - cross.transpose(0, 2, 1) + size[:, :, None] * np.outer(moved, moved)
            sums = sums - size * moved
        return SliceMoments.from_sums(self.counts, sums, squares)

    def means(self) -> np.ndarray:
        """Return E[x | slice], (H, d); zero for an empty slice."""
        return self.sums / np.maximum(self.counts, 1)[:, None]

    def hermite(self) -> np.ndarray:
        """Return E[x xᵀ - I | slice], (H, d, d); zero for an empty slice."""
        full = np.maximum(self.counts, 1)[:, None, None]
        result = self.squares / full
        result[:, np.arange(self.dimension), np.arange(self.dimension)] -= 1.0
        result[self.counts == 0] = 0.0
        return result


_CHUNK = 1 << 14  # fastest of 2^11 ... 2^16 for 16 and for 64 slices at d = 500, on one and on two threads


class DeviceMoments:
    """:class:`SliceMoments` of arrays on a device, with the sums kept there until they are asked for.

    Parameters
    ----------
    slices, dimension : int
        H and d.
    like : array
        Any array of the library, on the device.

    Notes
    -----
    The rows of a chunk are sorted by slice there and each slice is one product; H numbers a chunk, the sizes of the
    slices, come back to the host. All in float64.
    """

    def __init__(self, slices: int, dimension: int, like: Any) -> None:
        zeros = from_host(np.zeros((slices, dimension)), like)
        self.counts = np.zeros(slices, dtype=np.int64)
        self._sums = zeros
        self._squares = from_host(np.zeros((slices, dimension, dimension)), like)
        self._slices = from_host(np.arange(slices), like)

    def add(self, X: Any, index: Any) -> DeviceMoments:
        """Add rows of X (n, d), whose slice numbers are `index` (n,), both on the device."""
        xp = namespace(X, index)
        order = xp.argsort(index)
        rows = xp.take(xp.astype(X, xp.float64), order, axis=0)
        ends = to_host(xp.searchsorted(xp.take(index, order), self._slices, side="right")).astype(np.int64)
        counts = np.diff(ends, prepend=0)
        self.counts += counts
        for h in np.flatnonzero(counts).tolist():
            block = rows[int(ends[h] - counts[h]) : int(ends[h]), :]
            self._sums[h, :] += xp.sum(block, axis=0)
            self._squares[h, :, :] += block.T @ block
        return self

    def to_host(self) -> SliceMoments:
        """Return the sums in NumPy's memory."""
        return SliceMoments.from_sums(self.counts.copy(), to_host(self._sums).copy(), to_host(self._squares).copy())


@contextmanager
def undivided() -> Generator[None]:
    """Let Ctrl-C wait until what has begun is complete: sums of half a batch would be wrong without a sign of it."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield  # the signal goes elsewhere, or is ignored
        return
    received: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *arguments: received.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if received:
        before(*received[0])


class FilteredSums:
    """All that filtered PCA keeps of samples: moments of each slice of each fold, and a look at the law of x.

    Parameters
    ----------
    partition : Partition
    dimension : int
        d.
    known : float array (l, d), optional
        Rows whose coordinates the partition looks at.

    Attributes
    ----------
    check : GaussianCheck

    Notes
    -----
    8·F·H·d² bytes for F folds, whatever the number of samples.
    """

    def __init__(self, partition: Partition, dimension: int, known: np.ndarray | None = None) -> None:
        self.partition = partition
        self.check = GaussianCheck(dimension)
        self._known = known
        self._host = SliceMoments(FOLDS * len(partition), dimension)
        self._device: DeviceMoments | None = None

    @property
    def moments(self) -> SliceMoments:
        """The moments; group ``fold·H + h`` is slice h of a fold."""
        if self._device is not None:
            self._host.merge(self._device.to_host())
            self._device = None
        return self._host

    def coordinates(self, X: Any) -> Any:
        """Return the coordinates that the partition looks at, (n, l), or None."""
        return None if self._known is None else coordinates(X, self._known)

    def add(self, X: Any, y: Any) -> FilteredSums:
        """Add inputs X (n, d) and labels y (n,), of NumPy or on a device."""
        known, folds = self.coordinates(X), content_folds(X, y, FOLDS)
        if is_foreign(X):
            index = folds * len(self.partition) + index_on_device(self.partition, y, known)
            if self._device is None:
                self._device = DeviceMoments(FOLDS * len(self.partition), X.shape[1], X)
            self._device.add(X, index)
        else:
            self._host.add(X, folds * len(self.partition) + self.partition.index(y, known))
        self.check.add(X)
        return self

    def merge(self, other: FilteredSums) -> FilteredSums:
        """Add the sums of other samples over the same partition."""
        self.moments.merge(other.moments)
        self.check.merge(other.check)
        return self

    def __getstate__(self) -> dict[str, Any]:
        self.moments  # noqa: B018 - a device is not sent to another process
        return self.__dict__
