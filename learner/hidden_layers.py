r"""Hidden layers, recognised from the pieces of a function: right where hardly any sample fell, or none.

A ReLU network is folded along others (:mod:`learner.folds`): its gradient jumps across a fold H_j = 0, and nowhere
else. Differences of neighbouring pieces show the folds, one layer after another.

1. *First layer.* A jump between pieces, as it is that of a hyperplane, is seen along all of that hyperplane. Candidates
   are ranked by how often, and on which share of the hyperplane.
2. *Orientation.* Where the folds are units relu(s_j H_j) of a network, s_j = ±1, a function of these units alone has
   coefficients on (z, |H_1|, |H_2|, ...) that determine the signs, and obey them on every component (:func:`oriented`).
3. *Second layer.* The same once more with the units as features: components instead of pieces
   (:mod:`learner.components`), jumps as coefficients on the features, seen wherever two components touch. What is not
   seen is found by least squares from many starts, which end at rounding or are dropped (:mod:`learner.unit_fit`).

Which network made the labels is not asked: whatever has the same folds is the same function. Evidence is that it
explains samples, also those on no piece.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.spatial import KDTree

from learner.components import Components
from learner.folds import FoldedFunction, features, fold_values
from learner.jumps import joined
from learner.orientation import oriented
from learner.piece_regression import Pieces, label_tolerance
from learner.unit_fit import Layer, fitted, pruned

__all__ = ["as_one_layer", "as_two_layers"]


def as_one_layer(Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> FoldedFunction | None:
    """Return the function of one hidden layer that explains *all* samples on pieces; None if there is none.

    Its folds are hyperplanes between neighbouring pieces; the rest is one least-squares problem of n rows and up to 150
    columns.

    Parameters
    ----------
    Z, y : (n, k), (n,)
    pieces : Pieces
        On R^k, with owners.
    """
    if not len(pieces):
        return None
    part = _Neighbourhoods(*_thinned(Z, y, pieces))
    mine, p = part.owner >= 0, part.design.shape[1]
    folds = [fold for fold, _, _ in sorted(part.hyperplanes(), key=lambda entry: -entry[2])[:_MOST]]
    while True:
        known = features(part.design[mine], folds)
        if known.shape[1] + _SPARE > len(known):
            return None
        top = np.linalg.lstsq(known, part.y[mine], rcond=None)[0]
        if np.abs(known @ top - part.y[mine]).max() > part.tolerance:
            return None
        weights = np.abs(top[p:])
        heavy = weights > _ZERO * float(weights.max(initial=0.0))
        if heavy.all():
            break
        folds = [fold for fold, keep in zip(folds, heavy, strict=True) if keep]
    found, mine = FoldedFunction(folds, top, part.linear, Z.shape[1]), pieces.owner >= 0
    return found if np.abs(found.evaluate(Z[mine]) - y[mine]).max() <= label_tolerance(y) else None


def as_two_layers(
    Z: np.ndarray,
    y: np.ndarray,
    pieces: Pieces,
    *,
    rng: np.random.RandomState,
    expired: Callable[[], bool] = lambda: False,
) -> FoldedFunction | None:
    """Return a function of two hidden layers that explains *all* samples on pieces; None if none is found.

    Where it explains the samples on no piece as well, that is evidence for it; units that no sample needs are left out.

    Parameters
    ----------
    Z, y, pieces
        As for :func:`as_one_layer`.
    rng : RandomState
        Of the starts.
    expired : callable
        Stop where it returns True.

    Notes
    -----
    Components cost a QR factor for each two units that touch. Then up to 48 starts with m units on q features, each of
    up to 100 rounds of n·(m q)², m up to 15 or so.
    """
    if not len(pieces):
        return None
    part = _Neighbourhoods(*_thinned(Z, y, pieces))
    layers = [layer for layer in _first_layers(part, expired) if layer.left <= _MOST_LEFT]
    layers = [layer for layer in layers if layer.cost <= _NEAR * layers[0].cost][:_LAYERS]
    design = Z if part.linear else np.column_stack([Z, np.ones(len(Z))])
    searches = [_Search(layer, layer.features(design), y, pieces.owner, rng) for layer in layers]
    best, left = None, _TRIALS // max(1, len(layers))
    while left > 0 and not expired():
        left -= 1
        for search in searches:
            second = search.trial()
            if second is None:
                continue
            explained = int(search.explained(second).sum())
            if explained == len(y):
                return search.folded(second)
            if best is None or explained > best[0]:
                best, left = (explained, search.folded(second)), min(left, _MORE)
    return None if best is None else best[1]


_LAYERS, _TRIALS = 3, 48  # first layers, and starts on all of them
_NEAR = 1.3  # cost of a first layer that may be it, over the least
_MORE = 4  # starts where all samples on pieces are explained, but not all others
_MOST_LEFT = 20  # components that are left: with more, a second layer hardly explains them


def _thinned(Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> tuple[np.ndarray, np.ndarray, Pieces]:
    """Return the samples on pieces, of those with very many only the first."""
    most, order = max(_FEWEST, _ENOUGH // max(1, len(pieces))), np.argsort(pieces.owner, kind="stable")
    starts = np.searchsorted(pieces.owner[order], np.arange(len(pieces)))
    place = np.arange(len(order)) - starts[np.maximum(pieces.owner[order], 0)]
    kept = np.sort(order[(pieces.owner[order] >= 0) & (place < most)])
    kept = kept if (pieces.owner >= 0).sum() > _ENOUGH else np.arange(len(Z))
    return Z[kept], y[kept], replace(pieces, owner=pieces.owner[kept])


_ENOUGH, _FEWEST = 20_000, 50  # samples in all, and on a piece
_NEAREST, _MOST = 12, 150
_SPARE = 20  # samples beyond the unknowns
_ZERO = 1e-7  # weights below this share of the largest are rounding
_PARALLEL = 1e-6  # sine of jumps that are multiples of each other


class _Neighbourhoods:
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


# ------------------------------------------------------------ the first layer


class _FirstLayer:
    """Units relu(s_j H_j), or the design with absolute values; and what is seen of folds on them.

    Attributes
    ----------
    seen : list of float arrays (q,)
        Folds that are seen wherever they are, as coefficients on the features.
    likely : list of pairs
        Other folds, and what is open about them.
    left : int
        Number of components that they leave.
    cost : int
        Number of coefficients that describe the function: of the folds, and of the components that they leave.
    """

    def __init__(self, folds: np.ndarray, signs: np.ndarray | None, part: _Neighbourhoods) -> None:
        self.folds, self.signs, self.linear = list(folds), signs, part.linear
        self.k = folds.shape[1] - (not part.linear)
        self.seen: list[np.ndarray] = []
        known, heights = self.features(part.design), self.values(part.design)
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

    def values(self, design: np.ndarray) -> np.ndarray:
        """Return the folds with their signs."""
        return fold_values(design, self.folds)

    def features(self, design: np.ndarray) -> np.ndarray:
        """Return what the second layer is linear in."""
        if self.signs is None:
            return features(design, self.folds)
        units = np.maximum(self.values(design) * self.signs, 0.0)
        return units if self.linear else np.column_stack([units, np.ones(len(units))])

    def folded(self, layer: Layer) -> FoldedFunction:
        """Return the function of both layers."""
        q = layer.units.shape[1]
        rows = [self._on_absolute_values(row) for row in [*layer.units, layer.top[:q]]]
        top = np.concatenate([rows[-1], layer.top[q:]])
        return FoldedFunction([*self.folds, *rows[:-1]], top, self.linear, self.k)

    def _on_absolute_values(self, row: np.ndarray) -> np.ndarray:
        """Return coefficients on the units as coefficients on (design, |H_1|, ...): relu(h) = (h + |h|)/2."""
        if self.signs is None:
            return row
        half = row[: len(self.folds)] / 2.0
        first = (half * self.signs) @ np.array(self.folds)
        if not self.linear:
            first[-1] += row[-1]
        return np.concatenate([first, half])


def _first_layers(part: _Neighbourhoods, expired: Callable[[], bool]) -> list[_FirstLayer]:
    """Return first layers, the one first that leaves least to describe.

    A fold too many is one of the second layer in some place; with one too few all others are harder to describe.
    """
    ranked = _ranked(part)
    scores = np.array([score for score, _ in ranked[: _MOST_FOLDS + 1]] + [0.0])
    counts = 1 + np.flatnonzero(scores[:-1] >= _FAINTEST * scores[0])[:_MOST_FOLDS]
    folds, layers = np.array([fold for _, fold in ranked[:_MOST_FOLDS]]), []
    for count in sorted(counts.tolist(), key=lambda count: scores[count] / scores[count - 1])[:_MOST_COUNTS]:
        if expired():
            break
        known, heights = features(part.design, list(folds[:count])), fold_values(part.design, list(folds[:count]))
        signs, share = oriented(folds[:count], part.components(known, heights).fits, part.linear)
        if signs is not None:
            layers.append(_FirstLayer(folds[:count], signs, part))
            if layers[-1].left == 1:
                break
        if signs is None or share < _CLEAR:
            layers.append(_FirstLayer(folds[:count], None, part))
    return sorted(layers, key=lambda layer: layer.cost)


_FAINTEST, _MOST_FOLDS, _MOST_COUNTS = 0.08, 14, 6
_CLEAR = 0.9  # share of samples that obey the signs: below, absolute values are tried as well


def _ranked(part: _Neighbourhoods) -> list[tuple[float, np.ndarray]]:
    """Return hyperplanes by how many pairs of pieces, and which share of the samples beside them, jump across them."""
    ends = part.pieces.of[part.pairs]
    apart = ends[:, 0] != ends[:, 1]
    coefficients = np.array([fit.coefficients for fit in part.pieces.fits])
    jumps = np.zeros((len(ends), part.design.shape[1]))
    known = (ends >= 0).all(axis=1)
    jumps[known] = coefficients[ends[known, 0]] - coefficients[ends[known, 1]]
    jumps /= np.maximum(np.linalg.norm(jumps, axis=1), 1e-300)[:, None]
    ranked = []
    for fold, _, seen in part.hyperplanes():
        values = part.design @ fold
        across = known & (values[part.pairs[:, 0]] * values[part.pairs[:, 1]] < 0.0)
        rest = jumps[across] - np.outer(jumps[across] @ fold, fold)
        same = apart[across] & (np.linalg.norm(rest, axis=1) <= _PARALLEL)
        if same.any():
            ranked.append((seen * float(same.mean()), fold))
    ranked.sort(key=lambda entry: -entry[0])
    return ranked


def _sorted(
    components: Components, pairs: np.ndarray, known: np.ndarray
) -> tuple[list[np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Return jumps that are seen wherever they are, and others with what is open about them, the likeliest first."""
    seen, likely, q = [], [], known.shape[1]
    for jump, open_, times in joined(components.jumps(pairs, q), q):
        height = known @ jump
        ends = components.of[pairs[height[pairs[:, 0]] * height[pairs[:, 1]] < 0.0]]
        ends = ends[(ends >= 0).all(axis=1)]
        share = float((ends[:, 0] != ends[:, 1]).mean()) if len(ends) else 0.0
        if not len(open_) and share >= _EVERYWHERE and len(ends) >= _FEWEST_PAIRS:
            seen.append(jump)
        else:
            likely.append((len(open_), -times * share, jump, open_))
    likely.sort(key=lambda entry: entry[:2])
    return seen, [(jump, open_) for _, _, jump, open_ in likely[:_MOST_FOLDS]]


_EVERYWHERE, _FEWEST_PAIRS = 0.99, 10


# ------------------------------------------------------------ the second layer


class _Search:
    """The layer on features (n, q) of a first one that explains all samples on pieces, and if possible the others."""

    def __init__(
        self, first: _FirstLayer, known: np.ndarray, y: np.ndarray, owner: np.ndarray, rng: np.random.RandomState
    ) -> None:
        self.first, self.rng, self.trials = first, rng, 0
        self.scale = float(y.std())
        self.tolerance = label_tolerance(y) / self.scale
        self.all = known, y / self.scale
        self.on_piece, self.few = ((known[rows], self.all[1][rows]) for rows in (owner >= 0, _spread(owner, _ROWS)))
        self.closest: Layer | None = None
        self.least = np.inf

    def trial(self) -> Layer | None:
        """Start once more: anew, or every second time from the closest so far; None where it ends elsewhere."""
        start = self._start() if self.closest is None or self.trials % 2 == 0 else self._altered(self.closest)
        self.trials += 1
        layer = fitted(*self.few, start, self.tolerance)
        loss = float(((layer.evaluate(self.few[0]) - self.few[1]) ** 2).mean())
        if loss < self.least:
            self.closest, self.least = layer, loss
        if not layer.explains(*self.few, self.tolerance).all():
            return None
        layer = pruned(layer, *self.few, self.tolerance)
        if not layer.explains(*self.on_piece, self.tolerance).all():
            layer = fitted(*self.on_piece, layer.units, self.tolerance, top=layer.top)
            if not layer.explains(*self.on_piece, self.tolerance).all():
                return None
        return self._extended(layer)

    def explained(self, layer: Layer) -> np.ndarray:
        """Return which of all samples a layer explains."""
        return layer.explains(*self.all, self.tolerance)

    def folded(self, layer: Layer) -> FoldedFunction:
        """Return the function of both layers."""
        return self.first.folded(Layer(layer.units, layer.top * self.scale))

    def _start(self) -> np.ndarray:
        """Return the folds seen, some of the likely ones, and random ones; what is open is random, too."""
        q, trial, rng, first = self.all[0].shape[1], self.trials, self.rng, self.first
        spread = _SPREADS[trial // 2 % len(_SPREADS)]
        chosen = [entry for entry in first.likely if trial == 0 or rng.random_sample() < 0.4]
        guesses = [jump + spread * rng.standard_normal(len(open_)) @ open_ for jump, open_ in chosen]
        count = rng.randint(0, 6) if trial else 0
        count = max(count, 1 - len(first.seen) - len(guesses))
        return np.vstack([*first.seen, *guesses, rng.standard_normal((count, q))])

    def _altered(self, layer: Layer) -> np.ndarray:
        """Return the units, the least ones replaced by random ones, and perhaps one or two more."""
        q, rng = self.all[0].shape[1], self.rng
        parts = np.abs(self.few[0] @ layer.units.T).mean(axis=0) * np.abs(layer.top[q:])
        fewer = rng.randint(0, 3) if len(parts) < _MOST_FOLDS else 3
        kept = layer.units[np.sort(np.argsort(parts)[fewer:])]
        size = float(np.linalg.norm(layer.units, axis=1).mean())
        return np.vstack([kept, size * rng.standard_normal((rng.randint(1, 4), q))])

    def _extended(self, layer: Layer) -> Layer:
        """Return a layer that explains all samples, perhaps with more units; or this one."""
        for more in range(_EXTENSIONS):
            if self.explained(layer).all():
                break
            start = np.vstack([layer.units, self.rng.standard_normal((more, layer.units.shape[1]))])
            longer = fitted(*self.all, start, self.tolerance, top=None if more else layer.top)
            if self.explained(longer).all():
                return pruned(longer, *self.all, self.tolerance)
        return layer


_SPREADS = (0.0, 0.3, 1.0)
_EXTENSIONS = 3


def _spread(owner: np.ndarray, most: int) -> np.ndarray:
    """Return samples on pieces, so many: of each piece the same number, or all."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(owner.max() + 1))
    place = np.empty(len(owner), dtype=int)
    place[order] = np.arange(len(order)) - starts[np.maximum(owner[order], 0)]
    place[owner < 0] = len(owner)
    return np.argsort(place, kind="stable")[: min(most, int((owner >= 0).sum()))]


_ROWS = 2000
