"""Spans of few rows, of many sets of rows at once: where NumPy would factor each matrix in a call of its own.

Directions that are clearly in a span, or clearly not, are told apart; what lies between is for the caller to decide
with singular values.
"""

from __future__ import annotations

import numpy as np

__all__ = ["NONE", "basis_of", "without"]


def basis_of(rows: np.ndarray, none: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return orthonormal bases of the spans of sets of rows, and how long each row was beyond the ones before it.

    Parameters
    ----------
    rows : (sets, r, n)
    none : float or (sets,)
        Rows that are no longer than this, beyond those taken, are in the span of these.

    Returns
    -------
    (sets, b, n)
        With b = min(r, n); rows of zeros where there are fewer.
    (sets, b)
        Lengths, largest first. The least singular value is at most the last of them.

    Notes
    -----
    Gram and Schmidt's method, the longest row first, b steps for many sets; the sets are the last axis inside, so that
    NumPy's inner loops are long, and so many at once as a cache holds.
    """
    sets, r, n = rows.shape
    count, none = min(r, n), np.broadcast_to(none, sets)
    basis, lengths = np.zeros((sets, count, n)), np.zeros((sets, count))
    for first in range(0, sets, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        basis[some], lengths[some] = _basis(np.ascontiguousarray(rows[some].transpose(1, 2, 0)), none[some])
    return basis, lengths


def _basis(rest: np.ndarray, none: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return bases and lengths of rows (r, n, sets), which are lost."""
    r, n, sets = rest.shape
    count, every = min(r, n), np.arange(sets)
    basis, lengths = np.zeros((count, n, sets)), np.zeros((count, sets))
    for place in range(count):
        picked = np.einsum("rns,rns->rs", rest, rest).argmax(axis=0)
        row, before = rest[picked, :, every].T, basis[:place]
        if place:  # what rounding left of those before is as large as the row where little of it is new
            row = row - np.einsum("bns,bs->ns", before, np.einsum("bns,ns->bs", before, row))
        lengths[place] = np.sqrt(np.einsum("ns,ns->s", row, row))
        new = lengths[place] > none
        if not new.any():
            break
        row = row * (new / np.where(new, lengths[place], 1.0))
        if place:
            row = row - np.einsum("bns,bs->ns", before, np.einsum("bns,ns->bs", before, row))
            row /= np.where(new, np.sqrt(np.einsum("ns,ns->s", row, row)), 1.0)
        basis[place] = row
        if place < count - 1:
            rest -= np.einsum("rns,ns->rs", rest, row)[:, None] * row
    return basis.transpose(2, 0, 1), lengths.T


def without(basis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return what is left of vectors (sets, n) beyond the spans of orthonormal rows (sets, b, n)."""
    return vectors - np.einsum("sbn,sb->sn", basis, np.einsum("sbn,sn->sb", basis, vectors))


NONE = 1e-10  # of unit rows: rounding
_AT_ONCE = 512
