r"""Hashes of a sample's own numbers: what is chosen by them knows neither order nor chunks nor workers.

Two uses. A sample's *fold* (:func:`content_folds`): estimates from some folds are tested on the others, and copies of a
sample share a fold. And a *uniform subsample of bounded size* (:class:`ContentSample`): the m samples with the smallest
hashes (bottom-m sampling), which is additive, as moments are: the m smallest of a union are among the m smallest of the
parts. Hashes of continuous numbers behave as fair coins; nothing here withstands an adversary who chose the samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learner.arrays import namespace, to_host

__all__ = ["ContentSample", "content_folds", "content_hash"]

_GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)  # odd, as a signed number of 64 bits
_MIXER = 0xBF58476D1CE4E5B9 - (1 << 64)
_HASHED = 8


def content_hash(X: Any, y: Any) -> Any:
    """Return a hash of each sample's label and of at most eight of its inputs, (n,) int64.

    Arrays of any library, where they lie; the same numbers have the same hash in all of them.
    """
    xp = namespace(X, y)
    columns = np.unique(np.linspace(0, X.shape[1] - 1, _HASHED).astype(int)).tolist()
    state = _bits(xp, y) * 0
    for column in (y, *(X[:, j] for j in columns)):
        state = (state ^ _bits(xp, column)) * _GOLDEN  # overflow wraps: arithmetic modulo 2^64
        state = state ^ _shifted(state, 29)
    return state


def content_folds(X: Any, y: Any, folds: int) -> Any:
    """Return a fold for each sample, (n,) int."""
    return _shifted(content_hash(X, y), 11) % folds


def _shifted(state: Any, places: int) -> Any:
    """Return bits shifted to the right, zeros from the left; the numbers are signed."""
    return (state >> places) & ((1 << (64 - places)) - 1)


def _bits(xp: Any, column: Any) -> Any:
    """Return the bits of float64 numbers as int64; -0.0 and 0.0 are one number."""
    numbers = xp.asarray(column, dtype=xp.float64) + 0.0
    if xp is np:
        return np.ascontiguousarray(numbers).view(np.int64)
    if hasattr(numbers, "view"):  # not in the array API, but torch and CuPy have it
        return numbers.view(xp.int64)
    return xp.asarray(to_host(numbers).view(np.int64))


class ContentSample:
    """A uniform subsample of bounded size, whatever the order, the chunks and the workers.

    Parameters
    ----------
    most : int
        Number of samples kept; all, where there are no more.
    basis : float array (l, d), optional
        Keep coordinates along these rows only, in the place of x.

    Attributes
    ----------
    seen : int
        Number of samples seen.

    Notes
    -----
    O(n) hashes of nine numbers each. Memory: 1.5·m·d numbers and one chunk. Samples of one hash are copies, so the
    subsample is the same set of numbers always; they come in the order of their hashes.
    """

    def __init__(self, most: int, basis: np.ndarray | None = None) -> None:
        self.most, self.seen = most, 0
        self._basis = basis
        self._keys = np.empty(0, dtype=np.int64)
        self._X: np.ndarray | None = None
        self._y = np.empty(0)
        self._bound: int | None = None

    def add(self, X: Any, y: Any) -> ContentSample:
        """Take in rows of X (n, d) and labels y (n,)."""
        self.seen += X.shape[0]
        # A second multiplication: the order must say nothing about the fold.
        state = content_hash(X, y) * _MIXER
        keys = to_host(state ^ _shifted(state, 31))
        if self._bound is not None or len(keys) > self.most:
            kept = np.flatnonzero(keys <= self._bound) if self._bound is not None else np.arange(len(keys))
            if len(kept) > self.most:
                kept = kept[np.argpartition(keys[kept], self.most - 1)[: self.most]]
            xp = namespace(X, y)
            rows = kept if xp is np else _rows_on_device(xp, kept, X)
            keys, X, y = keys[kept], xp.take(X, rows, axis=0), xp.take(y, rows, axis=0)
        return self._append(keys, self._seen_along(X), to_host(y))

    def merge(self, other: ContentSample) -> ContentSample:
        """Add another subsample, of other samples."""
        self.seen += other.seen
        if other._X is not None:
            self._append(other._keys, other._X, other._y)
        return self

    @property
    def X(self) -> np.ndarray:
        """The inputs of the subsample, or their coordinates, (m, d)."""
        self._shrink()
        return np.empty((0, 0)) if self._X is None else self._X

    @property
    def y(self) -> np.ndarray:
        """The labels of the subsample, (m,)."""
        self._shrink()
        return self._y

    def _seen_along(self, X: Any) -> np.ndarray:
        rows = np.asarray(to_host(X), dtype=np.float64)
        return rows if self._basis is None else rows @ self._basis.T

    def _append(self, keys: np.ndarray, X: np.ndarray, y: np.ndarray) -> ContentSample:
        self._X = X.copy() if self._X is None else np.concatenate([self._X, X])
        self._keys, self._y = np.concatenate([self._keys, keys]), np.concatenate([self._y, y])
        if len(self._keys) > self.most + self.most // 2:
            self._shrink()
        return self

    def _shrink(self) -> None:
        """Keep the smallest hashes, sorted."""
        if self._X is None:
            return
        order = np.argsort(self._keys, kind="stable")[: self.most]
        self._keys, self._X, self._y = self._keys[order], self._X[order], self._y[order]
        if len(order) == self.most and self.most:
            self._bound = int(self._keys[-1])


def _rows_on_device(xp: Any, rows: np.ndarray, like: Any) -> Any:
    from array_api_compat import device

    return xp.asarray(rows, device=device(like))
