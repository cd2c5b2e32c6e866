r"""Pieces on which too few samples fell to be seen alone, found beside others.

Where all that is known of a piece are its samples, p unknowns (k, and 1 for a constant) take p + 2 of them. Less do
where neighbouring pieces are known, and where residuals are compared with rounding, some 1e-14 of the labels, which
chance does not reach:

1. *Alone:* p + 1 samples near each other. p of them are solved for, one tests.
2. *Beyond a fold:* F is continuous, so pieces on both sides of a fold differ by a multiple of its normal. Where two
   folds cross, one of them goes straight on (that of the lower layer), so the piece beyond both is
   ``g_D + t (g_B - g_A)`` for pieces A, B, D nearby. One sample gives t, another one tests.
3. *By a jump seen elsewhere:* t = 1 or -1 where units of one layer cross, or nothing that follows has changed. Then one
   sample tests.

Each guess has an error that follows from its samples, and is refuted by a residual beyond it. Guesses are many, so it
is estimated how many would not be refuted if all were wrong: from how dense their residuals are. Where guesses that
differ pass, nothing is said.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

from learner.pieces import Pieces, label_tolerance, on_sphere

__all__ = ["with_adjacent_pieces"]


def with_adjacent_pieces(Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> Pieces:
    """Return the pieces and those found beside them, with owners.

    Parameters
    ----------
    Z, y : (n, k), (n,)
        Coordinates accurate to rounding, exact labels.
    pieces : Pieces
        On R^k. Where all are linear, so are those found.

    Notes
    -----
    A sample on no piece costs some 200 solves of size p, and then, in each of a few rounds, some 10^3 residuals on ten
    samples close by. Of very many such samples only the first are looked at.
    """
    found = replace(pieces, owner=pieces.owner.copy())
    if not len(pieces) or not 0 < (pieces.owner < 0).sum() < len(y):
        return found
    search = _Search(Z, y, found)
    search.look_for_groups()
    while search.look_beyond_folds() + search.look_for_jumps():
        pass
    return search.pieces()


_MOST = 4000  # samples looked at
_CHANCE = 1e-6  # guesses that are all wrong and not refuted, expected for a sample
_WIDTH = 1e-3  # of the labels' spread: residuals up to it tell how dense they are
_SIZE = 4.0  # residuals of rounding, over the one that few samples exceed
_MOST_ROUNDING = 1e-3  # of samples, exceed it
_GROUPS = 200  # of p samples
_TOUCHING = 6  # nearest samples: pieces that share some of them touch
_BASES, _AROUND, _TESTS = 20, 40, 12  # nearest samples: of D, of A and B, and without a piece
_SAME, _ALIKE = 1e-8, 1e-5  # differences of pieces that are one, and of guesses of one, relative to the largest


class _Guess(NamedTuple):
    """A row, its error, how many samples tested it, and by how much the clearest of them may be off."""

    row: np.ndarray
    error: np.ndarray
    tests: int
    allowed: float


class _Search:
    """Rows (g, c) of pieces with what is known of their errors: at x it is |E x|, E (p, p), times rounding."""

    def __init__(self, Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> None:
        self._linear = not pieces.constants.any()
        self._before, self._y, self._p = pieces, y, Z.shape[1] + (not self._linear)
        self._design = Z if self._linear else np.column_stack([Z, np.ones(len(Z))])
        self._norms = np.linalg.norm(self._design, axis=1)
        self._points, _ = on_sphere(Z, self._linear)
        self._tolerance = label_tolerance(y)
        self._spread = self._tolerance / _EXACT
        rows = np.column_stack([pieces.gradients, pieces.constants])[:, : self._p]
        self._rows, self.owner = rows, pieces.owner
        mine = np.flatnonzero(self.owner >= 0)
        sizes = np.linalg.norm(rows[self.owner[mine]], axis=1) * self._norms[mine]
        off = np.abs(np.einsum("ij,ij->i", self._design[mine], rows[self.owner[mine]]) - y[mine])
        ratios = off[sizes > 0.0] / sizes[sizes > 0.0]
        self._unit = _SIZE * max(float(np.quantile(ratios, 1.0 - _MOST_ROUNDING)) if len(ratios) else 0.0, _EPS)
        members = [np.flatnonzero(self.owner == piece) for piece in range(len(rows))]
        self._errors = np.array([self._error(row, group) for row, group in zip(rows, members, strict=True)])
        self._open = np.flatnonzero(self.owner < 0)[:_MOST]
        count = min(max(_BASES, _AROUND) + 1, len(y))
        tree = KDTree(self._points)
        self._near = np.asarray(tree.query(self._points[self._open], count)[1]).reshape(len(self._open), count)
        touching = np.asarray(tree.query(self._points, min(_TOUCHING, len(y)))[1]).reshape(len(y), -1)
        self._touching = np.column_stack([np.repeat(np.arange(len(y)), touching.shape[1]), touching.ravel()])

    def pieces(self) -> Pieces:
        """Return the table."""
        k = self._before.gradients.shape[1]
        constants = np.zeros(len(self._rows)) if self._linear else self._rows[:, k]
        new = self._unit * np.linalg.norm(self._errors[len(self._before) :], axis=(1, 2))
        return Pieces(self._rows[:, :k], constants, np.append(self._before.accuracy, new), self.owner)

    # ------------------------------------------------------------ errors

    def _error(self, row: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Return E of a row that is the least-squares fit to a group of samples."""
        inverse = np.linalg.pinv(self._design[group]) * self._norms[group]
        return _compressed(float(np.linalg.norm(row)) * inverse.T)

    def _allowed(self, row: np.ndarray, error: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return up to which residual a row explains samples."""
        x = self._design[samples]
        rounding = np.linalg.norm(row) * self._norms[samples]
        return np.minimum(self._unit * (rounding + np.linalg.norm(x @ error.T, axis=1)), self._tolerance)

    def _explained(self, row: np.ndarray, error: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return which of some samples a row explains."""
        off = np.abs(self._design[samples] @ row - self._y[samples])
        return samples[off <= self._allowed(row, error, samples)]

    def _is_chance(self, residuals: np.ndarray, allowed: np.ndarray) -> bool:
        """Return whether a wrong guess may pass: residuals of all guesses, and what the one that passed was allowed."""
        width = _WIDTH * self._spread
        dense = max(1, int((residuals <= width).sum())) / width
        return bool(np.prod(np.minimum(1.0, dense * allowed)) > _CHANCE)

    def _passed(
        self, row: np.ndarray, error: np.ndarray, samples: np.ndarray, off: np.ndarray, others: np.ndarray
    ) -> list[_Guess]:
        """Return a guess if some of the samples that test it show that it is right: residuals of it, and of all."""
        allowed = self._allowed(row, error, samples)
        passed = off <= allowed
        if not passed.any() or self._is_chance(others, allowed[passed]):
            return []
        return [_Guess(row, error, int(passed.sum()), float(allowed[passed].min()))]

    def _add_if_one(self, passed: list[_Guess]) -> bool:
        """Take what passed, if all guesses that pass most tests are one piece: what differs was not tested."""
        most = max((guess.tests for guess in passed), default=0)
        best = min((guess for guess in passed if guess.tests == most), key=lambda guess: guess.allowed, default=None)
        if best is None:
            return False
        size = _ALIKE * float(np.abs(best.row).max())
        if any(np.abs(guess.row - best.row).max() > size for guess in passed if guess.tests == most):
            return False
        return self._add(best.row, best.error)

    def _add(self, row: np.ndarray, error: np.ndarray) -> bool:
        """Take a row and the open samples it explains; solve for it once more where they are enough."""
        mine = self._explained(row, error, self._open[self.owner[self._open] < 0])
        if len(mine) > self._p:
            row = np.linalg.lstsq(self._design[mine], self._y[mine], rcond=None)[0]
            error = self._error(row, mine)
        if not len(mine):
            return False
        self.owner[mine] = len(self._rows)
        self._rows = np.vstack([self._rows, row])
        self._errors = np.concatenate([self._errors, error[None]])
        return True

    # ------------------------------------------------------------ guesses

    def _seeds(self, most: int) -> list[tuple[int, int, np.ndarray]]:
        """Return open samples: number, sample, and up to so many open ones nearest to it, with itself first."""
        open_ = np.flatnonzero(self.owner[self._open] < 0)
        if not len(open_):
            return []
        samples = self._open[open_]
        count = min(most, len(samples))
        near = np.asarray(KDTree(self._points[samples]).query(self._points[samples], count)[1]).reshape(-1, count)
        return [
            (int(number), int(sample), np.append(sample, samples[others[samples[others] != sample]]))
            for number, sample, others in zip(open_, samples, near, strict=True)
        ]

    def look_for_groups(self) -> None:
        """Solve for p of the open samples near each other, and test with others."""
        p, size = self._p, self._p + 1
        while size < p + _TESTS and comb(size, p - 1) <= _GROUPS:
            size += 1
        for _, sample, near in self._seeds(size):
            near = near[self.owner[near] < 0]
            if self.owner[sample] >= 0 or len(near) <= p:
                continue
            chosen = list(combinations(range(1, len(near)), p - 1))
            others = np.array(chosen, dtype=int).reshape(len(chosen), p - 1)
            groups = near[np.column_stack([np.zeros(len(others), dtype=int), others])]
            fits = _solved(self._design[groups], self._y[groups])
            off = np.abs(fits @ self._design[near].T - self._y[near])
            solved = (groups[:, :, None] == near).any(axis=1)
            off[solved] = np.inf
            passed = []
            for guess in np.flatnonzero((off <= self._tolerance).any(axis=1)):
                error = self._error(fits[guess], groups[guess])
                passed += self._passed(fits[guess], error, near, off[guess], off)
            self._add_if_one(passed)

    def _folds(self) -> tuple[np.ndarray, list[list[int]]]:
        """Return pairs of pieces that touch, and of each piece the numbers of its pairs."""
        owners = self.owner[self._touching]
        pairs = np.unique(np.sort(owners[(owners >= 0).all(axis=1)], axis=1), axis=0)
        apart = np.abs(self._rows[pairs[:, 0]] - self._rows[pairs[:, 1]]).max(axis=1)
        pairs = pairs[apart > _SAME * np.abs(self._rows).max()]
        of: list[list[int]] = [[] for _ in self._rows]
        for number, pair in enumerate(pairs.tolist()):
            for piece in pair:
                of[piece].append(number)
        return pairs, of

    def _nearby(self, number: int, of: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return pieces of the nearest samples, and the folds of more of them."""
        owners = self.owner[self._near[number]]
        bases, around = (np.unique(owners[: most + 1]) for most in (_BASES, _AROUND))
        folds = sorted({fold for piece in around if 0 <= piece < len(of) for fold in of[piece]})
        return bases[(bases >= 0) & (bases < len(of))], np.array(folds, dtype=int)

    def look_beyond_folds(self) -> int:
        """Guess ``g_D + t (g_B - g_A)``: one sample gives t, another one tests."""
        (pairs, of), found = self._folds(), 0
        for number, sample, near in self._seeds(_TESTS):
            near = near[1:][self.owner[near[1:]] < 0]
            bases, folds = self._nearby(number, of)
            if self.owner[sample] >= 0 or not (len(near) and len(bases) and len(folds)):
                continue
            x, jumps = self._design[sample], self._rows[pairs[folds, 0]] - self._rows[pairs[folds, 1]]
            with np.errstate(all="ignore"):
                steps = (self._y[sample] - self._rows[bases] @ x)[:, None] / (jumps @ x)  # (bases, folds)
                off = (self._rows[bases] @ self._design[near].T - self._y[near])[:, None]
                off = np.abs(off + steps[:, :, None] * (jumps @ self._design[near].T))
            off[~np.isfinite(off)] = np.inf
            passed = []
            for base, fold in np.argwhere((off <= self._tolerance).any(axis=2)):
                row = self._rows[bases[base]] + steps[base, fold] * jumps[fold]
                error = self._stepped(int(bases[base]), pairs[folds[fold]], float(steps[base, fold]), sample, row)
                passed += self._passed(row, error, near, off[base, fold], off)
            found += self._add_if_one(passed)
        return found

    def _stepped(self, base: int, pair: np.ndarray, step: float, sample: int, row: np.ndarray) -> np.ndarray:
        """Return E of ``g_D + t (g_B - g_A)`` with the t for which it is right at a sample."""
        x, jump = self._design[sample], self._rows[pair[0]] - self._rows[pair[1]]
        along = np.outer(x, jump) / float(jump @ x)  # what the sample says about any point
        off = np.eye(self._p) - along.T
        label = np.linalg.norm(row) * self._norms[sample] / float(jump @ x) * jump
        parts = [self._errors[base] @ off.T, *(step * self._errors[piece] @ off.T for piece in pair), label[None]]
        return _compressed(np.vstack(parts))

    def look_for_jumps(self) -> int:
        """Guess ``g_D + g_B - g_A``: one sample tests."""
        (pairs, of), found = self._folds(), 0
        for number, sample, _ in self._seeds(1):
            bases, folds = self._nearby(number, of)
            if self.owner[sample] >= 0 or not (len(bases) and len(folds)):
                continue
            x, both = self._design[sample], np.vstack([pairs[folds], pairs[folds][:, ::-1]])
            jumps = self._rows[both[:, 0]] - self._rows[both[:, 1]]
            off = np.abs((self._rows[bases] @ x - self._y[sample])[:, None] + jumps @ x)
            passed = []
            for base, fold in np.argwhere(off <= self._tolerance):
                row = self._rows[bases[base]] + jumps[fold]
                error = _compressed(np.vstack([self._errors[piece] for piece in (bases[base], *both[fold])]))
                passed += self._passed(row, error, np.array([sample]), off[base, fold, None], off)
            found += self._add_if_one(passed)
        return found


def _compressed(rows: np.ndarray) -> np.ndarray:
    """Return E (p, p) with |E x| = |rows x|."""
    p = rows.shape[1]
    triangle = np.linalg.qr(rows, mode="r")
    return np.vstack([triangle, np.zeros((p - len(triangle), p))])


def _solved(designs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the solutions of many square systems; nearly singular ones give infinite values."""
    values = np.linalg.svd(designs, compute_uv=False)
    regular = values[:, -1] > _SINGULAR * values[:, 0]
    solutions = np.full(labels.shape, np.inf)
    if regular.any():
        solutions[regular] = np.linalg.solve(designs[regular], labels[regular][..., None])[..., 0]
    return solutions


_SINGULAR = 1e-9
_EXACT = 1e-9  # label tolerance over spread
_EPS = float(np.finfo(np.float64).eps)
