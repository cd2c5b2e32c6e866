r"""Walls: hyperplanes across which labels jump from one exact piece to another, and the steep pieces inside.

A thin slab with a steep piece, as of relu((v x)/t) - relu((v x)/t - 1) for small t, looks like a jump. Pieces on either
side look at other directions than v, and the few samples inside are too rough a function of rough directions to show
theirs. But which piece a sample lies on is known exactly, so v is the normal of a hyperplane that tells samples of
two pieces apart, and that is a problem of classification with a margin in place of noise:

1. *Where*: midpoints of close samples on different pieces, on rough coordinates, lie on the walls and on the folds
   p = q of known pieces; hyperplanes through many of them are found by random sampling (RANSAC).
2. *Which side*: sides of all walls and folds make cells, and each cell has the piece of most of its samples. Then for
   one wall at a time, the side that a sample should be on is known; logistic regression in R^d moves the wall.
3. *Inside*: between the pieces a and b on its two sides, the steep one is (a + b)/2 ± <v, x> with one v for the wall.
   Least absolute deviations on the samples inside have it to rounding, although some lie in other walls.

Where samples inside are fewer than inputs, the wall stays what the classification makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from learner.exact_finish import Finished
from learner.gauss_newton import off_span, orthonormal
from learner.pieces import least_squares, owners

__all__ = ["Walls", "find_walls", "steep_pieces"]


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """Hyperplanes that tell the samples of exact pieces apart.

    Attributes
    ----------
    rows : (m, p)
        Normals of unit length on R^d, and constants if pieces have some: p = d or d + 1.
    folds : (f, p)
        The same for the hyperplanes at which two of the pieces are equal.
    piece : int array (2^(f+m),)
        The piece of each cell, -1 where no sample tells; bit i of a cell's number is the side of row i, folds first.
    wrong : float
        Share of the samples on pieces that lie in a cell of another piece.
    """

    rows: np.ndarray
    folds: np.ndarray
    piece: np.ndarray
    wrong: float

    def sides(self, number: int, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pieces below and above a wall, for cells on either side of it."""
        bit = 1 << (len(self.folds) + number)
        return self.piece[cells & ~bit], self.piece[cells | bit]


def find_walls(
    X: np.ndarray, y: np.ndarray, found: Finished, directions: np.ndarray, *, tolerance: float, rng: np.random.RandomState
) -> Walls | None:
    """Return the walls between pieces found, None where no few hyperplanes tell their samples apart.

    Parameters
    ----------
    X, y : (n, d), (n,)
    found : Finished
        Exact pieces.
    directions : (r, d)
        Rough directions that the choice between them looks at, beyond those that the pieces look at.
    tolerance : float
        Residual of samples on pieces.
    rng : RandomState

    Notes
    -----
    Some thousand hyperplanes against n points in R^k, and some ten logistic regressions in R^d for each wall.
    """
    beyond = off_span(directions, found.components)
    beyond = np.linalg.svd(beyond, full_matrices=False)[2][: max(0, len(directions) - len(found.components))]
    pairs = list(combinations(range(len(found.gradients)), 2))
    if not len(beyond) or not 1 <= len(pairs) <= _MOST_FOLDS:
        return None
    constants = bool(found.constants.any())
    owner = _only(found, X, y, tolerance)
    mine, own = X[owner >= 0], owner[owner >= 0]
    frame = np.vstack([found.components, beyond])
    design = _design(mine, constants)
    pieces = np.column_stack([found.gradients, found.constants])
    gaps = [pieces[p] - pieces[q] for p, q in pairs if np.any(pieces[p, :-1] != pieces[q, :-1])]
    folds = np.array([_lifted(gap, found.components, constants) for gap in gaps]).reshape(len(gaps), design.shape[1])
    folds /= np.linalg.norm(folds[:, : X.shape[1]], axis=1)[:, None]
    clear = np.abs(design @ folds.T).min(axis=1, initial=np.inf)
    rough = [_lifted(row, frame, constants) for row in _hyperplanes(mine @ frame.T, own, clear, constants, rng)]
    best: Walls | None = None
    for count in range(1, len(rough) + 1):  # the fewest that tell the pieces apart: one more makes twice as many cells
        walls = _of_rows(design, own, np.array(rough[:count]), folds)
        if best is None or walls.wrong < _FEWER * best.wrong:
            best = walls
    if best is None or best.wrong > _TELLING:
        return None
    best = _sharpened(design, own, best, X.shape[1], np.zeros(len(best.rows), dtype=bool))
    return best if best.wrong <= _WRONG else None


def _only(found: Finished, X: np.ndarray, y: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the piece of each sample that lies on one and is close to no other, else -1."""
    values = (X @ found.components.T) @ found.gradients.T + found.constants
    owner = owners(found.gradients, found.constants, X @ found.components.T, y, tolerance)
    owner[(np.abs(values - y[:, None]) <= _APART * tolerance).sum(axis=1) > 1] = -1
    return owner


def _design(X: np.ndarray, constants: bool) -> np.ndarray:
    return np.column_stack([X, np.ones(len(X))]) if constants else X


def _lifted(row: np.ndarray, frame: np.ndarray, constants: bool) -> np.ndarray:
    """Return a hyperplane (k + 1,) of coordinates along a frame as one of R^d, with a constant if there are any."""
    return np.append(row[:-1] @ frame, row[-1]) if constants else row[:-1] @ frame


# ------------------------------------------------------------ where they are, on rough coordinates


def _hyperplanes(
    Z: np.ndarray, own: np.ndarray, clear: np.ndarray, constants: bool, rng: np.random.RandomState
) -> list[np.ndarray]:
    """Return hyperplanes (k + 1,) through many places where the piece changes and no fold is near, the best first."""
    from scipy.spatial import KDTree

    lengths = np.ones(len(Z)) if constants else np.linalg.norm(Z, axis=1)
    points = Z / lengths[:, None]
    near = np.asarray(KDTree(points).query(points, min(_NEAR, len(points)))[1]).reshape(len(points), -1)
    other = own[near] != own[:, None]
    changes = other.any(axis=1) & (clear > _WIDTH * lengths)
    partner = near[np.arange(len(Z)), other.argmax(axis=1)]
    places = (points[changes] + points[partner[changes]]) / 2.0
    result: list[np.ndarray] = []
    least = _LEAST_SHARE * len(places)
    while len(result) < _MOST_WALLS and len(places) > max(least, 2 * places.shape[1]):
        row = _through_most(places, constants, rng)
        on = np.abs(places @ row[:-1] + row[-1]) < _WIDTH
        if on.sum() < least:
            break
        result.append(row)
        places = places[~on]
    return result


def _through_most(places: np.ndarray, constants: bool, rng: np.random.RandomState) -> np.ndarray:
    """Return the hyperplane (k + 1,) through most places, of those through random few of them; half of them close by."""
    from scipy.spatial import KDTree

    design = _design(places, constants)
    k, needed = places.shape[1], design.shape[1] - 1
    seeds = rng.randint(len(places), size=_TRIALS)
    close = np.asarray(KDTree(places).query(places[seeds], min(_AROUND, len(places)))[1]).reshape(_TRIALS, -1)
    picks = rng.randint(len(places), size=(_TRIALS, needed))
    local = np.arange(_TRIALS) % 2 == 0
    picks[local] = np.take_along_axis(close, rng.randint(close.shape[1], size=(_TRIALS, needed)), axis=1)[local]
    picks[:, 0] = seeds
    rows = np.linalg.svd(design[picks])[2][:, -1]
    sizes = np.linalg.norm(rows[:, :k], axis=1)
    rows = rows[sizes > 0.0] / sizes[sizes > 0.0, None]
    row = rows[(np.abs(design @ rows.T) < _WIDTH).sum(axis=0).argmax()]
    for _ in range(_POLISHING):
        on = design[np.abs(design @ row) < _WIDTH]
        centre = on.mean(axis=0) if constants else np.zeros(k)
        normal = np.linalg.eigh((on - centre)[:, :k].T @ (on - centre)[:, :k])[1][:, 0]
        row = np.append(normal, -normal @ centre[:k]) if constants else normal
    return row if constants else np.append(row, 0.0)


# ------------------------------------------------------------ which side, in R^d


def _cells(design: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the number of the cell of each sample: its side of each row as bits."""
    return (design @ rows.T > 0.0) @ (1 << np.arange(len(rows)))


def _of_rows(design: np.ndarray, own: np.ndarray, rows: np.ndarray, folds: np.ndarray) -> Walls:
    """Return walls with the piece of most samples in each cell."""
    cells = _cells(design, np.vstack([folds, rows]))
    counts = np.zeros((1 << (len(folds) + len(rows)), int(own.max()) + 1), dtype=int)
    np.add.at(counts, (cells, own), 1)
    piece = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
    return Walls(rows, folds, piece, float((piece[cells] != own).mean()))


def _sharpened(design: np.ndarray, own: np.ndarray, walls: Walls, d: int, fixed: np.ndarray) -> Walls:
    """Move walls, but the fixed ones, by logistic regression in R^d, until few samples are on wrong sides."""
    from sklearn.linear_model import LogisticRegression

    best = walls = _of_rows(design, own, walls.rows, walls.folds)
    since = 0
    while since < _PATIENCE and best.wrong > 0.0:
        rows = walls.rows.copy()
        cells = _cells(design, np.vstack([walls.folds, walls.rows]))
        for number in np.flatnonzero(~fixed):
            below, above = walls.sides(number, cells)
            tells = (below != above) & ((own == below) | (own == above))
            target = own[tells] == above[tells]
            if target.all() or not target.any():
                continue
            fit = LogisticRegression(C=_LOOSE, fit_intercept=False, max_iter=_MOST_STEPS).fit(design[tells], target)
            rows[number] = fit.coef_[0] / np.linalg.norm(fit.coef_[0, :d])
        walls = _of_rows(design, own, rows, walls.folds)
        since = 0 if walls.wrong < best.wrong else since + 1
        best = min(best, walls, key=lambda one: one.wrong)
    return best


# ------------------------------------------------------------ inside


def steep_pieces(
    X: np.ndarray, y: np.ndarray, found: Finished, walls: Walls, *, tolerance: float
) -> tuple[Finished, np.ndarray]:
    """Return the pieces found with steep ones inside walls, and the normals (r, d) of walls whose are not found.

    Parameters
    ----------
    X, y : (n, d), (n,)
    found : Finished
        Exact pieces.
    walls : Walls
        That tell them apart.
    tolerance : float
        Residual of samples on pieces.

    Notes
    -----
    Up to 300 least-squares problems of some times d rows for each wall.
    """
    d, constants = X.shape[1], walls.rows.shape[1] > X.shape[1]
    owner = _only(found, X, y, tolerance)
    design, own = _design(X, constants), owner[owner >= 0]
    flat = np.column_stack([found.gradients @ found.components, found.constants])
    pieces, exact = flat, np.zeros(len(walls.rows), dtype=bool)
    while not exact.all():
        open_ = owners(pieces[:, :d], pieces[:, d], X, y, tolerance) < 0
        before = exact.sum()
        for number in np.flatnonzero(~exact):
            slope, inside = _inside(design[open_], y[open_], flat, walls, number, tolerance)
            if len(inside):
                pieces, exact[number] = np.vstack([pieces, inside]), True
                walls.rows[number] = slope / np.linalg.norm(slope[:d])
        if exact.sum() == before:
            break  # else samples inside the others are fewer to confuse, and the others are told apart better
        walls = _sharpened(design[owner >= 0], own, walls, d, exact)
    found = _joined(X, y, found, pieces, tolerance)
    normals = walls.rows[~exact, :d]
    return found, normals[np.linalg.norm(off_span(normals, found.components), axis=1) > _WIDTH]


def _joined(X: np.ndarray, y: np.ndarray, found: Finished, pieces: np.ndarray, tolerance: float) -> Finished:
    """Return pieces (M, d + 1), with the directions that they look at beyond those of the first ones."""
    d = X.shape[1]
    values, rows = np.linalg.svd(off_span(pieces[:, :d], found.components), full_matrices=False)[1:]
    beyond = rows[: int((values > _FLAT * np.abs(pieces).max()).sum())]
    components = np.vstack([found.components, orthonormal(off_span(beyond, found.components))])
    gradients, constants = pieces[:, :d] @ components.T, pieces[:, d]
    owner = owners(gradients, constants, X @ components.T, y, tolerance)
    return replace(found, components=components, gradients=gradients, constants=constants, owner=owner)


def _inside(
    design: np.ndarray, y: np.ndarray, pieces: np.ndarray, walls: Walls, number: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return v and the steep pieces (r, d + 1) inside a wall, from samples on no piece; none where they are too few."""
    p, place = design.shape[1], len(walls.folds) + number
    rows = np.vstack([walls.folds, walls.rows])
    away = np.abs(design @ rows.T)
    below, above = walls.sides(number, _cells(design, rows))
    inside = (away[:, len(walls.folds) :].argmin(axis=1) == number) & (below >= 0) & (above >= 0) & (below != above)
    others = np.delete(away, place, axis=1).min(axis=1, initial=np.inf)
    for clear in _CLEAR:
        mine = np.flatnonzero(inside & (others > clear))[: _ENOUGH * p]
        if len(mine) < p + _REDUNDANT:
            continue
        low, high = pieces[below[mine], :p], pieces[above[mine], :p]
        sign = np.sign(np.einsum("ij,ij->i", design[mine], high - low))
        target = sign * (y[mine] - np.einsum("ij,ij->i", design[mine], (high + low) / 2.0))
        on = _least_absolute(design[mine], target, tolerance)
        if on.sum() >= p + _REDUNDANT:
            slope = least_squares(design[mine[on]], target[on], intercept=False).gradient
            pairs = np.sort(np.column_stack([below, above])[mine[on]], axis=1)  # (a, b) and (b, a) are one
            kinds = sorted({*zip(*pairs.T.tolist(), sign[on].tolist(), strict=True)})
            full = np.append(slope, np.zeros(pieces.shape[1] - p))
            return slope, np.array([(pieces[a] + pieces[b]) / 2.0 + side * full for a, b, side in kinds])
    return np.empty(0), np.empty((0, pieces.shape[1]))


def _least_absolute(design: np.ndarray, target: np.ndarray, tolerance: float) -> np.ndarray:
    """Return which rows a fit of least absolute deviations explains to rounding, as bools, by reweighted squares."""
    weights, on = np.ones(len(target)), np.zeros(len(target), dtype=bool)
    for turn in range(_TURNS):
        fit = np.linalg.lstsq(design * weights[:, None], target * weights, rcond=None)[0]
        residuals = np.abs(design @ fit - target)
        on = residuals <= tolerance
        if turn % _LOOK == 0 and on.sum() >= design.shape[1] + _REDUNDANT:
            return on
        least = max(_SMALL * float(np.quantile(residuals, _SMALL)), _TINY)
        weights = 1.0 / np.sqrt(np.maximum(residuals, least))
    return on


_MOST_FOLDS, _MOST_WALLS = 6, 6
_APART = 1e3  # tolerances that a sample on one piece has to be from the others
_NEAR = 9  # nearest samples that one on another piece is sought among
_WIDTH = 0.1  # of walls on rough coordinates: the sine that refinement ends at, and less
_LEAST_SHARE = 0.15  # of the places left: a hyperplane drawn at random has about so many
_TRIALS, _AROUND, _POLISHING = 2000, 40, 10
_FEWER, _TELLING, _WRONG = 0.7, 0.2, 0.1
_LOOSE, _MOST_STEPS, _PATIENCE = 100.0, 1000, 4
_FLAT = 1e-9
_CLEAR = (0.25, 0.1, 0.0)  # standard deviations from all other walls: a sample near two of them may lie in either
_REDUNDANT, _ENOUGH = 8, 10
_TURNS, _LOOK, _SMALL, _TINY = 300, 10, 0.3, 1e-14
