"""Jumps between components of a folded function: which of them are those of one fold (docs/learning.md, 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial import KDTree

from learner.small_spans import NONE, basis_of, without

__all__ = ["Candidates", "common", "joined", "jump_between", "span_of"]


def span_of(rows: np.ndarray) -> np.ndarray:
    """Return orthonormal rows with the same span."""
    if not len(rows):
        return rows
    _, values, basis = np.linalg.svd(rows, full_matrices=False)
    return basis[values > _FLAT]


def jump_between(difference: np.ndarray, open_: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Return (unit jump, what is open about it, length) on the first features; None if it is on others as well."""
    open_ = span_of(open_)
    more = open_[:, size:].T
    shift = np.linalg.lstsq(more, -difference[size:], rcond=_FLAT)[0] if more.size else np.zeros(len(open_))
    if more.size:
        _, values, rows = np.linalg.svd(more)
        free = rows[int((values > _FLAT).sum()) :]
    else:
        free = np.eye(len(open_))
    jump = difference + open_.T @ shift
    if np.abs(jump[size:]).max(initial=0.0) > _SAME * float(np.linalg.norm(difference)):
        return None
    rest = span_of(free @ open_[:, :size])
    jump = jump[:size] - rest.T @ (rest @ jump[:size])
    length = float(np.linalg.norm(jump))
    return (jump / length, rest, length) if length > _FLAT else None


def joined(jumps: Iterator[tuple[np.ndarray, np.ndarray]], size: int) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Return (unit jump, what is open about it, times seen), with jumps joined that may be those of one fold.

    Of those that are not determined only the first are looked at: they are compared in pairs.
    """
    entries = list(jumps)
    groups = _repeated(np.array([jump for jump, open_ in entries if not len(open_)]).reshape(-1, size))
    groups += [(jump, open_, 1) for jump, open_ in entries if len(open_)][:_MOST_OPEN]
    before = None
    while before != len(groups):
        before = len(groups)
        groups.sort(key=lambda group: (len(group[1]), -group[2]))
        clear = [group for group in groups if not len(group[1])]
        counts, matrix = [seen for *_, seen in clear], np.array([jump for jump, *_ in clear]).reshape(-1, size)
        kept: list[tuple[np.ndarray, np.ndarray, int]] = []
        others = Candidates([group[:2] for group in groups[len(clear) :]], size)
        for jump, open_, seen in groups[len(clear) :]:
            number = _first_multiple(matrix, jump, open_)
            if number is not None:
                counts[number] += seen
                continue
            for number in others.like(jump, open_, len(kept)):
                other, also, times = kept[number]
                joint = common(other, also, jump, open_, size)
                if joint is not None:
                    kept[number] = (*joint, times + seen)
                    others.put(number, *joint)
                    break
            else:
                others.put(len(kept), jump, open_)
                kept.append((jump, open_, seen))
        groups = [(jump, open_, times) for (jump, open_, _), times in zip(clear, counts, strict=True)] + kept
        if any(not len(open_) for _, open_, _ in kept):  # determined now: perhaps the same as others
            before = None
            groups = _merged(groups, size)
    return groups


def _repeated(jumps: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Return determined unit jumps, those equal up to sign once, with their number."""
    if not len(jumps):
        return []
    size = jumps.shape[1]
    first = jumps[np.arange(len(jumps)), np.abs(jumps).argmax(axis=1)]
    both = np.vstack([jumps, -jumps])  # the largest entry may change with rounding where two are equal
    near = KDTree(both).query_ball_point(jumps * np.sign(first)[:, None], _SAME * np.sqrt(size))
    nothing, taken = np.empty((0, size)), np.full(len(jumps), -1)
    groups: list[tuple[np.ndarray, np.ndarray, int]] = []
    for number, places in enumerate(near):
        if taken[number] >= 0:
            continue
        members = np.unique(np.array(places) % len(jumps)) if size > 1 else np.array([number])
        members = members[taken[members] < 0]
        taken[members] = number
        groups.append((jumps[number], nothing, len(members)))
    return groups


def _merged(groups: list[tuple[np.ndarray, np.ndarray, int]], size: int) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Return the groups with those that are determined compared again."""
    clear = [group for group in groups if not len(group[1])]
    again = _repeated(np.array([np.repeat(0.0, size), *(jump for jump, *_ in clear)])[1:])
    totals = [sum(seen for jump, _, seen in clear if _multiples(jump, one)) for one, *_ in again]
    return [(one, open_, total) for (one, open_, _), total in zip(again, totals, strict=True)] + [
        group for group in groups if len(group[1])
    ]


def _multiples(one: np.ndarray, other: np.ndarray) -> bool:
    return min(np.abs(one - other).max(), np.abs(one + other).max()) <= _SAME


def _first_multiple(jumps: np.ndarray, jump: np.ndarray, open_: np.ndarray) -> int | None:
    """Return which of the determined jumps this one may be, up to what is open about it."""
    if not len(jumps) or jumps.shape[1] - len(open_) < _TELLING:
        return None
    parts = jumps - (jumps @ open_.T) @ open_
    sizes = np.linalg.norm(parts, axis=1)
    parts /= np.maximum(sizes, 1e-300)[:, None]
    off = np.minimum(np.abs(parts - jump).max(axis=1), np.abs(parts + jump).max(axis=1))
    hits = np.flatnonzero((off <= _SAME) & (sizes >= _CLEAR))
    return int(hits[0]) if len(hits) else None


def common(
    one: np.ndarray,
    one_open: np.ndarray,
    other: np.ndarray,
    other_open: np.ndarray,
    size: int,
    telling: int | None = None,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what two jumps say together if they are multiples of each other up to what is open; else None.

    They are compared in `telling` dimensions at least; default 3. What is open about each are orthonormal rows.
    """
    both = span_of(np.vstack([one_open, other_open]))
    if size - len(both) < ((telling or _TELLING) if len(both) else 2):
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


class Candidates:
    """Jumps with what is open about them, side by side: most pairs have nothing in common, and that shows at once.

    Parameters
    ----------
    jumps : sequence of pairs
        Unit jumps, and what is open about them (orthonormal rows).
    size : int
        Their length.
    """

    def __init__(self, jumps: Sequence[tuple[np.ndarray, np.ndarray]], size: int) -> None:
        self._jumps = np.zeros((len(jumps), size))
        self._open = np.zeros((len(jumps), max((len(open_) for _, open_ in jumps), default=0), size))
        self._sizes = np.zeros(len(jumps), dtype=int)
        for place, jump in enumerate(jumps):
            self.put(place, *jump)

    def put(self, place: int, jump: np.ndarray, open_: np.ndarray) -> None:
        """Put a jump about which no more is open than about the first ones in the place of another."""
        self._jumps[place], self._sizes[place] = jump, len(open_)
        self._open[place, : len(open_)], self._open[place, len(open_) :] = open_, 0.0

    def like(self, jump: np.ndarray, open_: np.ndarray, count: int, telling: int | None = None) -> list[int]:
        """Return which of the first `count` may have something in common with a jump (:func:`common`).

        The others have not: there the two differ by far more than rounding in what is open about neither, or too little
        is left of them or of the space.
        """
        sizes = self._sizes[:count]
        theirs = self._open[:count, : sizes.max(initial=0)]
        one, others = np.broadcast_to(jump, (count, len(jump))), self._jumps[:count]
        if len(open_) <= theirs.shape[1]:  # beyond the larger span, the smaller one
            rest = open_ - (theirs @ open_.T).mT @ theirs
            fixed, one, others = sizes, without(theirs, one), without(theirs, others)
        else:
            rest = theirs - (theirs @ open_.T) @ open_
            fixed, one, others = len(open_), one - (one @ open_.T) @ open_, others - (others @ open_.T) @ open_
        basis, lengths = basis_of(rest, NONE)
        one, others = without(basis, one), without(basis, others)
        both = fixed + (lengths > _DOUBTFUL).sum(axis=1)
        small = np.minimum(np.linalg.norm(one, axis=1), np.linalg.norm(others, axis=1)) < _SAME
        sure = ((lengths > _DOUBTFUL) | (lengths <= NONE)).all(axis=1)
        one = one / np.maximum(np.linalg.norm(one, axis=1), 1e-300)[:, None]
        off = others - np.einsum("sn,sn->s", one, others)[:, None] * one
        enough = len(jump) - both >= np.where(both > 0, telling or _TELLING, 2)
        return np.flatnonzero(enough & ~(small & sure) & (np.linalg.norm(off, axis=1) <= _DOUBTFUL)).tolist()


_MOST_OPEN = 100
_TELLING = 3  # dimensions in which jumps are compared: on a line all agree, in a plane some do by chance
_CLEAR = 1e-6
_SAME = 1e-7  # distance of unit vectors that are equal
_DOUBTFUL = 1e-5  # lengths up to this are compared with singular values
_FLAT = 1e-9  # singular values, over the largest, that count as none
