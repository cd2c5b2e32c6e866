r"""Layers of units on the units of others, from the pieces of a function: which folds they have, and how they turn.

A :class:`Level` is a layer with known folds on known features, and what is seen on it of the folds of the next one. The
first level is built on coordinates, the next on the units of the first, and so on; each step is the same
(:mod:`learner.hidden_layers`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import KDTree

from learner.components import Components
from learner.folds import FoldedFunction
from learner.extension import Sight, extended
from learner.jumps import common, joined
from learner.orientation import oriented, oriented_beside
from learner.piece_regression import Pieces, label_tolerance
from learner.unit_fit import Layer

__all__ = ["Level", "Neighbourhoods", "first_levels", "next_levels"]
_NEAREST = 12
_PARALLEL = 1e-6  # sine of jumps that are multiples of each other


class Neighbourhoods:
    """Samples on pieces, and which of them are neighbours."""

    def __init__(self, Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> None:
        self.y, self.owner, self.tolerance = y, pieces.owner, label_tolerance(y)
        self.linear = not pieces.constants.any()
        self.design = Z if self.linear else np.column_stack([Z, np.ones(len(Z))])
        points = Z / np.maximum(np.linalg.norm(Z, axis=1), 1e-300)[:, None] if self.linear else Z
        near = np.asarray(KDTree(points).query(points, min(_NEAREST, len(Z)))[1]).reshape(len(Z), -1)
        pairs = np.column_stack([np.repeat(np.arange(len(Z)), near.shape[1]), near.ravel()])
        self.pairs = pairs[(pieces.owner[pairs] >= 0).all(axis=1) & (pairs[:, 0] < pairs[:, 1])]
        self.pieces = Components(self.design, y, pieces.owner, self.pairs, self.design.shape[1], self.tolerance)
        self.coefficients = np.array([fit.coefficients for fit in self.pieces.fits]).reshape(-1, self.design.shape[1])

    def hyperplanes(self) -> list[tuple[np.ndarray, np.ndarray, int]]:
        """Return what jumps between pieces are multiples of: (unit coefficients, what is open, times seen)."""
        p = self.design.shape[1]
        return [entry for entry in joined(self.pieces.jumps(self.pairs, p), p) if not len(entry[1])]

    def components(self, known: np.ndarray, folds: np.ndarray) -> Components:
        """Return components on features; folds are the values that cut the pieces, (n, m)."""
        sides = np.column_stack([self.owner, folds >= 0.0])
        cut = np.unique(np.where(self.owner[:, None] >= 0, sides, -1), axis=0, return_inverse=True)[1].ravel()
        unit = cut - int((self.owner < 0).any())
        return Components(known, self.y, unit, self.pairs, self.design.shape[1], self.tolerance)


# ------------------------------------------------------------ a level


class Level:
    """Units relu(s_j H_j), or |H_j| beside all that they are built on; and what is seen of folds on them.

    Parameters
    ----------
    below : Level or None
        What it is built on; None for the design (z, and 1 unless linear).
    folds : (m, q)
        The H_j on the features of `below`.
    signs : (m,) or None
        The s_j, or None for absolute values.
    passed : (u, q)
        Linear functions of the features of `below` that are features here, too: units that are always active.
    part : Neighbourhoods

    Attributes
    ----------
    seen : list of float arrays (m + u,)
        Folds that are seen wherever they are, as coefficients on the features.
    likely : list of pairs
        Other folds, and what is open about them.
    left : int
        Number of components that they leave.
    cost : int
        Number of coefficients that describe the function: of the folds, and of the components that they leave. Those of
        the first level are not counted.
    """

    def __init__(
        self, below: Level | None, folds: np.ndarray, signs: np.ndarray | None, passed: np.ndarray, part: Neighbourhoods
    ) -> None:
        self.below, self.folds, self.signs, self.linear = below, folds, signs, part.linear
        self.passed = passed if part.linear else np.vstack([passed, np.eye(folds.shape[1])[-1:]])
        self.k = part.design.shape[1] - (not part.linear)
        self.seen: list[np.ndarray] = []
        known, heights = self.features(part.design), self.heights(part.design)
        q, same = known.shape[1], (heights[part.pairs[:, 0]] >= 0.0) == (heights[part.pairs[:, 1]] >= 0.0)
        inside = part.pairs[same.all(axis=1)]
        while True:  # those seen join the features: components are then larger, and more is seen
            values = known @ np.array(self.seen).reshape(-1, q).T
            components = part.components(np.hstack([known, np.abs(values)]), np.hstack([heights, values]))
            beside = inside[((values[inside[:, 0]] >= 0.0) == (values[inside[:, 1]] >= 0.0)).all(axis=1)]
            new, self.likely = _sorted(components, beside, known)
            self.seen += new
            if not new or len(components.fits) == 1 or len(self.seen) > _MOST_FOLDS:
                break
        self.left = len(components.fits)
        self.cost = sum(fit.rank for fit in components.fits) + q * len(self.seen)
        level: Level = self
        while level.below is not None:
            self.cost += level.folds.size + level.passed.size
            level = level.below

    def known(self, design: np.ndarray) -> np.ndarray:
        """Return what the folds are linear in, (n, q)."""
        return design if self.below is None else self.below.features(design)

    def heights(self, design: np.ndarray) -> np.ndarray:
        """Return the folds of this level and of those below, with their signs."""
        own = self.known(design) @ self.folds.T
        return own if self.below is None else np.hstack([self.below.heights(design), own])

    def features(self, design: np.ndarray) -> np.ndarray:
        """Return what the next level is linear in."""
        known = self.known(design)
        if self.signs is None:
            return np.hstack([known, np.abs(known @ self.folds.T)])
        return np.hstack([np.maximum(known @ self.folds.T * self.signs, 0.0), known @ self.passed.T])

    def gradients(self, design: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Return what a combination of units is at samples, as coefficients on the design, (n, p)."""
        weights = np.broadcast_to(row, (len(design), len(row)))
        level: Level | None = self
        while level is not None:
            assert level.signs is not None
            m = len(level.signs)
            active = level.known(design) @ level.folds.T * level.signs > 0.0
            weights = (weights[:, :m] * active * level.signs) @ level.folds + weights[:, m:] @ level.passed
            level = level.below
        return weights

    def folded(self, layer: Layer) -> FoldedFunction:
        """Return the function of all layers, of which this is the last but one."""
        q = layer.units.shape[1]
        rows = [self._on_absolute_values(row) for row in [*layer.units, layer.top[:q]]]
        return FoldedFunction(
            [*self._folds(), *rows[:-1]], np.concatenate([rows[-1], layer.top[q:]]), self.linear, self.k
        )

    def _folds(self) -> list[np.ndarray]:
        """Return the folds up to here on the design and the absolute values of those before."""
        if self.below is None:
            return list(self.folds)
        return [*self.below._folds(), *(self.below._on_absolute_values(row) for row in self.folds)]

    def _on_absolute_values(self, row: np.ndarray) -> np.ndarray:
        """Return coefficients on the units as coefficients on (design, |H_1|, ...): relu(h) = (h + |h|)/2."""
        m = len(self.folds)
        if self.signs is None:
            first, own = row[:-m], row[-m:]
        else:
            own = row[:m] / 2.0
            first = (own * self.signs) @ self.folds + row[m:] @ self.passed
        return np.concatenate([first if self.below is None else self.below._on_absolute_values(first), own])


def first_levels(part: Neighbourhoods, expired: Callable[[], bool]) -> list[Level]:
    """Return first layers, the one first that leaves least to describe.

    A fold too many is one of the second layer in some place; with one too few all others are harder to describe.
    """
    ranked, none, levels = _ranked(part), np.empty((0, part.design.shape[1])), []
    for folds in _nested(ranked):
        if expired():
            break
        values = part.design @ folds.T
        fits = part.components(np.hstack([part.design, np.abs(values)]), values).fits
        signs, share = oriented(folds, fits, part.linear)
        if signs is not None:
            levels.append(Level(None, folds, signs, none, part))
            if levels[-1].left == 1:
                break
        if signs is None or share < _CLEAR:
            levels.append(Level(None, folds, None, none, part))
    return sorted(levels, key=lambda level: level.cost)


def next_levels(level: Level, part: Neighbourhoods, expired: Callable[[], bool]) -> list[Level]:
    """Return layers on a layer of units, the one first that leaves least to describe; [] where signs do not show.

    Folds are those that are determined, ranked as in the first layer. The best layer is then completed as long as that
    leaves less to describe: by folds of functions that are passed on, as such a fold is one of the same layer; and by
    folds about which something is open, which says that it is nowhere seen, with the least coefficients they may have.
    """
    if level.signs is None:
        return []
    folds = [*level.seen, *(jump for jump, open_ in level.likely if not len(open_))]
    scores = [float(np.prod(_times_and_share(part, fold, level))) for fold in folds]
    ranked = [(scores[i], folds[i]) for i in np.argsort(-np.array(scores), kind="stable") if scores[i]]
    sets = _nested(ranked, _MOST_NEXT)
    found = [_turned(level, chosen, part) for chosen in sets if not expired()]
    levels = sorted((one for one in found if one is not None), key=lambda one: one.cost)
    open_folds = [jump for jump, open_ in level.likely if 0 < len(open_) <= _MOST_OPEN][:_MOST_NEXT]
    best, chosen = (levels[0], levels[0].folds) if levels else (None, sets[0] if sets else np.empty((0, 0)))
    while len(chosen) and not expired():
        more = [] if best is None else [np.array(rows) for rows in [_passed_folds(best)] if rows]
        more += [fold[None] for fold in open_folds]
        for rows in more:
            longer = _turned(level, np.vstack([chosen, rows]), part) if len(chosen) + len(rows) <= _MOST_FOLDS else None
            if longer is not None and (best is None or longer.cost < best.cost):
                levels = [longer, *levels[1:]]
                best, chosen = longer, longer.folds
                open_folds = [fold for fold in open_folds if not np.array_equal(fold, rows[0])]
                break
        else:
            break
    return levels


def _turned(level: Level, folds: np.ndarray, part: Neighbourhoods) -> Level | None:
    """Return the level with these folds and the signs that most samples obey; None if there are none."""
    known, below = level.features(part.design), level.heights(part.design)
    values, q = known @ folds.T, known.shape[1]
    fits = part.components(np.hstack([known, np.abs(values)]), np.hstack([below, values])).fits
    best, share = oriented(folds, fits, part.linear)
    passed = np.empty((0, q))
    for count in range(1, _MOST_PASSED + 1):
        signs, functions, more = oriented_beside(folds, fits, part.linear, count)
        if signs is not None and more > share:
            best, share = signs, more
            passed = np.hstack([functions, np.zeros((count, q - functions.shape[1]))])
    return None if best is None or share <= _HALF else Level(level, folds, best, passed, part)


def _passed_folds(level: Level) -> list[np.ndarray]:
    """Return folds seen of functions that are passed on alone, on what the level is built on."""
    m, rows = len(level.folds), [*level.seen, *(jump for jump, open_ in level.likely if not len(open_))]
    return [row[m:] @ level.passed for row in rows if np.abs(row[:m]).max() <= _PARALLEL]


def _nested(ranked: list[tuple[float, np.ndarray]], most: int | None = None) -> list[np.ndarray]:
    """Return the first so many folds of a ranked list, first those before the largest gap."""
    scores = np.array([score for score, _ in ranked[: _MOST_FOLDS + 1]] + [0.0])
    counts = 1 + np.flatnonzero(scores[:-1] >= _FAINTEST * scores[0])[:_MOST_FOLDS]
    folds = np.array([fold for _, fold in ranked[:_MOST_FOLDS]])
    order = sorted(counts.tolist(), key=lambda count: scores[count] / scores[count - 1])
    return [folds[:count] for count in order[: _MOST_COUNTS if most is None else most]]


_FAINTEST, _MOST_FOLDS, _MOST_COUNTS = 0.08, 14, 6
_CLEAR = 0.9  # share of samples that obey the signs: below, absolute values are tried as well
_MOST_NEXT, _MOST_PASSED, _MOST_OPEN, _HALF = 4, 2, 2, 0.5


def _ranked(part: Neighbourhoods) -> list[tuple[float, np.ndarray]]:
    """Return hyperplanes by how many pairs of pieces, and which share of the samples beside them, jump across them."""
    ranked = []
    for fold, _, seen in part.hyperplanes():
        times, share = _times_and_share(part, fold)
        if times:
            ranked.append((seen * share, fold))
    ranked.sort(key=lambda entry: -entry[0])
    return ranked


def _times_and_share(part: Neighbourhoods, fold: np.ndarray, level: Level | None = None) -> tuple[int, float]:
    """Return how many pairs of pieces, and which share of the pairs of samples across a fold, jump along it."""
    pairs, known = part.pairs, part.design if level is None else level.features(part.design)
    if level is not None:
        sides = level.heights(part.design) >= 0.0
        pairs = pairs[(sides[pairs[:, 0]] == sides[pairs[:, 1]]).all(axis=1)]
    height = known @ fold
    ends = part.pieces.of[pairs]
    across = (ends >= 0).all(axis=1) & (height[pairs[:, 0]] * height[pairs[:, 1]] < 0.0)
    ends = ends[across]
    if not len(ends):
        return 0, 0.0
    jumps = part.coefficients[ends[:, 0]] - part.coefficients[ends[:, 1]]
    jumps /= np.maximum(np.linalg.norm(jumps, axis=1), 1e-300)[:, None]
    if level is None:
        along = np.broadcast_to(fold, jumps.shape)
    else:
        along = level.gradients(part.design[pairs[across, 0]], fold)
        along = along / np.maximum(np.linalg.norm(along, axis=1), 1e-300)[:, None]
    rest = jumps - np.einsum("ij,ij->i", jumps, along)[:, None] * along
    same = (ends[:, 0] != ends[:, 1]) & (np.linalg.norm(rest, axis=1) <= _PARALLEL)
    return len(np.unique(np.sort(ends[same], axis=1), axis=0)), float(same.mean())


def _sorted(
    components: Components, pairs: np.ndarray, known: np.ndarray
) -> tuple[list[np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Return jumps that are seen wherever they are, and others with what is open about them, the likeliest first."""
    q = known.shape[1]
    jumps, sight = list(components.jumps(pairs, q)), Sight(known, components, pairs)
    folds = joined(iter(jumps), q)
    firm = extended(folds, jumps, sight)
    seen, likely = [fold for fold, open_, _ in firm if not len(open_)], []
    for fold, open_, times in folds:
        if not any(common(*one[:2], fold, open_, q) for one in firm):
            likely.append((len(open_), -times * sight.share(fold, open_)[1], fold, open_))
    likely.sort(key=lambda entry: entry[:2])
    others = [(fold, open_) for fold, open_, _ in firm if len(open_)] + [(fold, open_) for _, _, fold, open_ in likely]
    return seen, others[:_MOST_FOLDS]
