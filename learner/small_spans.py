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
        Rows that are no longer than this, beyond those before, are in the span of these.

    Returns
    -------
    (sets, r, n)
        Rows of zeros where they are in the span of those before.
    (sets, r)
        Lengths.

    Notes
    -----
    Gram and Schmidt's method, a row of many sets at a time. Sets are the last axis inside, so that NumPy's inner loops
    are long, and as many at once as a cache holds.
    """
    sets, r, n = rows.shape
    none = np.broadcast_to(none, sets)
    basis, lengths = np.zeros((sets, r, n)), np.zeros((sets, r))
    for first in range(0, sets, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        basis[some], lengths[some] = _basis(np.ascontiguousarray(rows[some].transpose(1, 2, 0)), none[some])
    return basis, lengths


def _basis(rows: np.ndarray, none: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return bases and lengths of rows (r, n, sets)."""
    basis, lengths = np.zeros_like(rows), np.zeros((len(rows), len(none)))
    for place, row in enumerate(rows):
        before = basis[:place]
        left = _beyond(before, row)
        lengths[place] = np.sqrt(np.einsum("ns,ns->s", left, left))
        new = lengths[place] > none
        if place and new.any():  # what rounding left of those before is large where little of the row is new
            left = _beyond(before, left / np.where(new, lengths[place], 1.0))
            lengths_again = np.sqrt(np.einsum("ns,ns->s", left, left))
            basis[place] = left * (new / np.where(new, lengths_again, 1.0))
        elif new.any():
            basis[place] = left * (new / np.where(new, lengths[place], 1.0))
    return basis.transpose(2, 0, 1), lengths.T


def _beyond(basis: np.ndarray, row: np.ndarray) -> np.ndarray:
    if not len(basis):
        return row
    return row - np.einsum("bns,bs->ns", basis, np.einsum("bns,ns->bs", basis, row))


def without(basis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return what is left of vectors (sets, n) beyond the spans of orthonormal rows (sets, b, n)."""
    return vectors - np.einsum("sbn,sb->sn", basis, np.einsum("sbn,sn->sb", basis, vectors))


NONE = 1e-10  # of unit rows: rounding
_AT_ONCE = 512
