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

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from warnings import catch_warnings, simplefilter

import numpy as np

from learner.exact_finish import Finished
from learner.gauss_newton import off_span, orthonormal
from learner.pieces import least_squares, on_sphere, owners

__all__ = ["Walls", "find_walls", "steep_pieces"]


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """Hyperplanes that tell the samples of exact pieces apart.

    Attributes
    ----------
    rows : (m, d + 1)
        Normals of unit length, and constants; above is where <normal, x> + constant > 0.
    folds : (f, d + 1)
        The same for the hyperplanes at which two of the pieces are equal.
    piece : int array (2^(f+m),)
        The piece of each cell, -1 where no sample tells; bit i of a cell's number is the side of row i, folds first.
    wrong : float
        Share of the samples on pieces that lie in a cell of another piece.
    linear : bool
        Whether pieces have no constants, and walls none.
    """

    rows: np.ndarray
    folds: np.ndarray
    piece: np.ndarray
    wrong: float
    linear: bool

    @property
    def unknowns(self) -> int:
        """Coefficients of a wall, and of a piece."""
        return self.rows.shape[1] - int(self.linear)

    def cells(self, design: np.ndarray) -> np.ndarray:
        """Return the number of the cell of each sample (n, d + 1), the last entry 1."""
        return _cells(design, np.vstack([self.folds, self.rows]))

    def sides(self, number: int, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pieces below and above a wall, for cells on either side of it."""
        bit = 1 << (len(self.folds) + number)
        return self.piece[cells & ~bit], self.piece[cells | bit]


def find_walls(
    X: np.ndarray,
    y: np.ndarray,
    found: Finished,
    directions: np.ndarray,
    *,
    tolerance: float,
    rng: np.random.RandomState,
    expired: Callable[[], bool] = lambda: False,
) -> Walls | None:
    """Return the walls between pieces found, None where no few hyperplanes tell their samples apart.

    Parameters
    ----------
    X, y : (n, d), (n,)
    found : Finished
        Exact pieces, no two alike.
    directions : (r, d)
        Rough directions that the choice between them looks at, the pieces' among them.
    tolerance : float
        Residual of samples on pieces.
    rng : RandomState
    expired : callable
        Leave walls as they are where it returns True.

    Notes
    -----
    Some thousand hyperplanes against n points in R^k, and some ten logistic regressions in R^d for each wall.
    """
    room = max(0, len(directions) - len(found.components))
    beyond = np.linalg.svd(off_span(directions, found.components), full_matrices=False)[2][:room]
    pairs = list(combinations(range(len(found.gradients)), 2))
    if not len(beyond) or not 1 <= len(pairs) <= _MOST_FOLDS:
        return None
    design, own = _on_one_piece(X, y, found, tolerance)
    if len(own) <= design.shape[1]:
        return None
    frame = np.vstack([found.components, beyond])
    pieces = np.column_stack([found.gradients, found.constants])
    gaps = [pieces[p] - pieces[q] for p, q in pairs if np.any(pieces[p, :-1] != pieces[q, :-1])]
    folds = np.array([_lifted(gap / np.linalg.norm(gap[:-1]), found.components) for gap in gaps])
    folds = folds.reshape(len(gaps), X.shape[1] + 1)
    clear = np.abs(design @ folds.T).min(axis=1, initial=np.inf)
    linear = not found.constants.any()
    rough = [_lifted(row, frame) for row in _hyperplanes(design[:, :-1] @ frame.T, own, clear, linear, rng)]
    best: Walls | None = None
    for count in range(1, len(rough) + 1):  # the fewest that tell the pieces apart: one more makes twice as many cells
        walls = _of_rows(design, own, np.array(rough[:count]), folds, linear)
        if best is None or walls.wrong < _FEWER * best.wrong:
            best = walls
    if best is None or best.wrong > _TELLING:
        return None
    best = _sharpened(design, own, best, np.zeros(len(best.rows), dtype=bool), expired)
    return best if best.wrong <= _WRONG else None


def _on_one_piece(X: np.ndarray, y: np.ndarray, found: Finished, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples that lie on one piece and are close to no other, with a column of ones, and their pieces."""
    Z = X @ found.components.T
    off = np.abs(Z @ found.gradients.T + found.constants - y[:, None])
    mine = (off.min(axis=1) <= tolerance) & ((off <= _APART * tolerance).sum(axis=1) == 1)
    return _with_ones(X[mine]), off[mine].argmin(axis=1)


def _with_ones(X: np.ndarray) -> np.ndarray:
    return np.column_stack([X, np.ones(len(X))])


def _lifted(row: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return a hyperplane (k + 1,) of coordinates along a frame as one of R^d."""
    return np.append(row[:-1] @ frame, row[-1])


# ------------------------------------------------------------ where they are, on rough coordinates


def _hyperplanes(
    Z: np.ndarray, own: np.ndarray, clear: np.ndarray, linear: bool, rng: np.random.RandomState
) -> list[np.ndarray]:
    """Return hyperplanes (k + 1,) through many places where the piece changes and no fold is near, the best first."""
    from scipy.spatial import KDTree

    points, lengths = on_sphere(Z, linear)
    near = np.asarray(KDTree(points).query(points, min(_NEAR, len(points)))[1]).reshape(len(points), -1)
    other = own[near] != own[:, None]
    changes = other.any(axis=1) & (clear > _WIDTH * lengths)
    partner = near[np.arange(len(Z)), other.argmax(axis=1)]
    places = (points[changes] + points[partner[changes]]) / 2.0
    result: list[np.ndarray] = []
    least = _LEAST_SHARE * len(places)
    while len(result) < _MOST_WALLS and len(places) > max(least, 2 * Z.shape[1]):
        row = _through_most(places, linear, rng)
        on = np.abs(places @ row[:-1] + row[-1]) < _WIDTH
        if on.sum() < least:
            break
        result.append(row)
        places = places[~on]
    return result


def _through_most(places: np.ndarray, linear: bool, rng: np.random.RandomState) -> np.ndarray:
    """Return the hyperplane (k + 1,) through most places, of those through few random ones; half of them close by."""
    from scipy.spatial import KDTree

    k = places.shape[1]
    design = places if linear else _with_ones(places)
    needed = design.shape[1] - 1
    seeds = rng.randint(len(places), size=_TRIALS)
    close = np.asarray(KDTree(places).query(places[seeds], min(_AROUND, len(places)))[1]).reshape(_TRIALS, -1)
    picks = rng.randint(len(places), size=(_TRIALS, needed))
    local = np.arange(_TRIALS) % 2 == 0
    picks[local] = np.take_along_axis(close, rng.randint(close.shape[1], size=(_TRIALS, needed)), axis=1)[local]
    if needed:
        picks[:, 0] = seeds
    rows = np.linalg.svd(design[picks])[2][:, -1]
    sizes = np.maximum(np.linalg.norm(rows[:, :k], axis=1), _TINY)
    rows = rows / sizes[:, None]
    row = rows[(np.abs(design @ rows.T) < _WIDTH).sum(axis=0).argmax()]
    row = np.append(row[:k], 0.0 if linear else row[-1])
    for _ in range(_POLISHING):
        on = places[np.abs(places @ row[:-1] + row[-1]) < _WIDTH]
        centre = np.zeros(k) if linear or not len(on) else on.mean(axis=0)
        normal = np.linalg.eigh((on - centre).T @ (on - centre))[1][:, 0]
        row = np.append(normal, -normal @ centre)
    return row


# ------------------------------------------------------------ which side, in R^d


def _cells(design: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the number of the cell of each sample: its side of each row as bits."""
    return (design @ rows.T > 0.0) @ (1 << np.arange(len(rows)))


def _of_rows(design: np.ndarray, own: np.ndarray, rows: np.ndarray, folds: np.ndarray, linear: bool) -> Walls:
    """Return walls with the piece of most samples in each cell."""
    cells = _cells(design, np.vstack([folds, rows]))
    counts = np.zeros((1 << (len(folds) + len(rows)), int(own.max()) + 1), dtype=int)
    np.add.at(counts, (cells, own), 1)
    piece = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
    return Walls(rows, folds, piece, float((piece[cells] != own).mean()), linear)


def _sharpened(
    design: np.ndarray, own: np.ndarray, walls: Walls, fixed: np.ndarray, expired: Callable[[], bool]
) -> Walls:
    """Move walls, but the fixed ones, by logistic regression in R^d, until few samples are on wrong sides."""
    best = walls = _of_rows(design, own, walls.rows, walls.folds, walls.linear)
    since = 0
    while since < _PATIENCE and best.wrong > 0.0 and not expired():
        rows, cells = walls.rows.copy(), walls.cells(design)
        for number in np.flatnonzero(~fixed).tolist():
            below, above = walls.sides(number, cells)
            tells = (below != above) & ((own == below) | (own == above))
            target = own[tells] == above[tells]
            if target.any() and not target.all():
                rows[number] = _separating(design[tells], target, walls.unknowns)
        walls = _of_rows(design, own, rows, walls.folds, walls.linear)
        since = 0 if walls.wrong < best.wrong else since + 1
        best = min(best, walls, key=lambda one: one.wrong)
    return best


def _separating(design: np.ndarray, target: np.ndarray, unknowns: int) -> np.ndarray:
    """Return the hyperplane (d + 1,) of logistic regression, the samples of the target above it."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with catch_warnings():
        simplefilter("ignore", ConvergenceWarning)  # a wall that is not at its best place yet is moved again
        fit = LogisticRegression(C=_LOOSE, fit_intercept=False, max_iter=_MOST_STEPS).fit(design[:, :unknowns], target)
    row = np.zeros(design.shape[1])
    row[:unknowns] = fit.coef_[0]
    return row / np.linalg.norm(row[:-1])


# ------------------------------------------------------------ inside


def steep_pieces(
    X: np.ndarray,
    y: np.ndarray,
    found: Finished,
    walls: Walls,
    *,
    tolerance: float,
    expired: Callable[[], bool] = lambda: False,
) -> Finished:
    """Return the pieces found with steep ones inside walls, and the normals of walls whose are not found.

    Parameters
    ----------
    X, y : (n, d), (n,)
    found : Finished
        Exact pieces.
    walls : Walls
        That tell them apart.
    tolerance : float
        Residual of samples on pieces.
    expired : callable
        Look inside no more walls where it returns True.

    Notes
    -----
    Up to 300 least-squares problems of some times d rows for each wall.
    """
    d, everything = X.shape[1], _with_ones(X)
    design, own = _on_one_piece(X, y, found, tolerance)
    flat = np.column_stack([found.gradients @ found.components, found.constants])
    pieces, exact = flat, np.zeros(len(walls.rows), dtype=bool)
    while not exact.all():
        open_ = owners(pieces[:, :d], pieces[:, d], X, y, tolerance) < 0
        rows, before = walls.rows.copy(), exact.copy()
        for number in np.flatnonzero(~exact).tolist():
            if expired():
                break
            slope, inside = _inside(everything[open_], y[open_], flat, walls, number, tolerance)
            if len(inside):
                pieces, exact[number] = np.vstack([pieces, inside]), True
                rows[number] = slope / np.linalg.norm(slope[:d])
        if (exact == before).all():
            break  # else samples inside the others are fewer to confuse, and the others are told apart better
        walls = _sharpened(design, own, replace(walls, rows=rows), exact, expired)
    found = _joined(X, y, found, pieces, tolerance)
    normals = walls.rows[~exact, :d]
    return replace(found, walls=normals[np.linalg.norm(off_span(normals, found.components), axis=1) > _WIDTH])


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
    """Return v (d + 1,) and the steep pieces (r, d + 1) inside a wall; none where samples on no piece are too few."""
    p, place = walls.unknowns, len(walls.folds) + number
    away = np.abs(design @ np.vstack([walls.folds, walls.rows]).T)
    below, above = walls.sides(number, walls.cells(design))
    inside = (away[:, len(walls.folds) :].argmin(axis=1) == number) & (below >= 0) & (above >= 0) & (below != above)
    others = np.delete(away, place, axis=1).min(axis=1, initial=np.inf)
    for clear in _CLEAR:
        mine = np.flatnonzero(inside & (others > clear))[: _ENOUGH * p]
        if len(mine) < p + _REDUNDANT:
            continue
        low, high = (np.einsum("ij,ij->i", design[mine], pieces[side[mine]]) for side in (below, above))
        sign, rows = np.sign(high - low), design[mine, :p]
        target = sign * (y[mine] - (high + low) / 2.0)
        on = _least_absolute(rows, target, tolerance)
        if on.sum() >= p + _REDUNDANT:
            slope = np.zeros(design.shape[1])
            slope[:p] = least_squares(rows[on], target[on], intercept=False).gradient
            pairs = np.sort(np.column_stack([below, above])[mine[on]], axis=1)  # (a, b) and (b, a) are one
            kinds = sorted({*zip(*pairs.T.tolist(), sign[on].tolist(), strict=True)})
            return slope, np.array([(pieces[a] + pieces[b]) / 2.0 + side * slope for a, b, side in kinds])
    return np.empty(0), np.empty((0, design.shape[1]))


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
