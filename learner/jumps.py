"""Jumps between components of a folded function: which of them are those of one fold (docs/learning.md, 10)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["joined", "span_of"]


def span_of(rows: np.ndarray) -> np.ndarray:
    """Return orthonormal rows with the same span."""
    if not len(rows):
        return rows
    _, values, basis = np.linalg.svd(rows, full_matrices=False)
    return basis[values > _FLAT]


def joined(jumps: Iterator[tuple[np.ndarray, np.ndarray]], size: int) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Return (unit jump, what is open about it, times seen), with jumps joined that may be those of one fold."""
    groups: list[tuple[np.ndarray, np.ndarray, int]] = [(jump, open_, 1) for jump, open_ in jumps]
    before = None
    while before != len(groups):
        before, kept = len(groups), []
        for jump, open_, seen in sorted(groups, key=lambda group: (len(group[1]), -group[2])):
            for number, (other, also, times) in enumerate(kept):
                joint = _common(other, also, jump, open_, size)
                if joint is not None:
                    kept[number] = (*joint, times + seen)
                    break
            else:
                kept.append((jump, open_, seen))
        groups = kept
    return groups


def _common(
    one: np.ndarray, one_open: np.ndarray, other: np.ndarray, other_open: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what two jumps say together if they are multiples of each other up to what is open; else None."""
    both = span_of(np.vstack([one_open, other_open]))
    if size - len(both) < (_TELLING if len(both) else 2):
        return None
    a, b = one - both.T @ (both @ one), other - both.T @ (both @ other)
    sizes = np.linalg.norm(a), np.linalg.norm(b)
    if min(sizes) < _CLEAR:
        return None
    a, b = a / sizes[0], b / sizes[1]
    if min(np.abs(a - b).max(), np.abs(a + b).max()) > _SAME:
        return None
    if not len(one_open):
        return one, one_open
    if not len(other_open):
        return other, other_open
    # s·one + one_open·t = other + other_open·u
    columns = np.column_stack([one, one_open.T, -other_open.T])
    solution = np.linalg.lstsq(columns, other, rcond=_FLAT)[0]
    jump = other + other_open.T @ solution[1 + len(one_open) :]
    off = [np.eye(size) - rows.T @ rows for rows in (one_open, other_open)]
    _, values, rows = np.linalg.svd(np.vstack(off))
    open_ = rows[values < _SAME]
    jump = jump - open_.T @ (open_ @ jump)
    return jump / np.linalg.norm(jump), open_


_TELLING = 3  # dimensions in which jumps are compared: on a line all agree, in a plane some do by chance
_CLEAR = 1e-6
_SAME = 1e-7  # distance of unit vectors that are equal
_FLAT = 1e-9  # singular values, over the largest, that count as none
