r"""The search for layers of units behind pieces: which folds belong to a layer, which way they are turned.

Hyperplanes of the first layer are ranked, and for later layers sets of folds are built up and turned
(:mod:`learner.peeling`): from those that are seen along most of them, and where that comes to nothing from all that are
seen, which takes longer. The layer that leaves least to describe is taken (:class:`learner.levels.Level`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from learner.levels import MOST_FOLDS, Level, Neighbourhoods
from learner.open_folds import settled
from learner.orientation import oriented
from learner.peeling import Peeling
from learner.units import Jump, Open

__all__ = ["beside_all", "first_levels", "peeled_levels", "sure_levels"]


def first_levels(part: Neighbourhoods, expired: Callable[[], bool]) -> list[Level]:
    """Return first layers, the one first that leaves least to describe.

    A fold too many is one of the second layer in some place; with one too few all others are harder to describe.
    """
    ranked, none, levels = _ranked(part), np.empty((0, part.design.shape[1])), []
    for folds in _nested(ranked, _MOST_COUNTS):
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


def sure_levels(level: Level, part: Neighbourhoods, expired: Callable[[], bool]) -> list[Level]:
    """Return layers on a layer of units, the one first that leaves least to describe; [] where signs do not show.

    Folds are those that are seen along most of them (:meth:`learner.peeling.Peeling.surest`), turned; then folds are
    added to the best layer and left out as long as that leaves less to describe. What is open about folds follows from
    what is built on them.
    """
    if level.signs is None:
        return []
    peeling = Peeling(level, part)
    turned = peeling.turned(peeling.surest(expired), expired)[:_MOST_LAYERS]
    turned[:1] = [peeling.improved(one, expired) for one in turned[:1]]
    levels = [_settled(one.level(level, part), part) for one in turned if not expired()]
    return sorted(levels, key=lambda one: one.cost)


def peeled_levels(level: Level, part: Neighbourhoods, expired: Callable[[], bool]) -> list[Level]:
    """Return layers on a layer of units as :func:`sure_levels` does, of folds and signs that leave least to describe.

    Sets of folds are ranked ones, with those that are seen where they are determined, and those that are peeled.
    """
    if level.signs is None:
        return []
    peeling, (sets, partial) = Peeling(level, part), _ranked_sets(level, part)
    sets = [chosen + partial[:count] for chosen in sets for count in range(len(partial) + 1)] + peeling.sets(expired)
    turned = peeling.turned([chosen for chosen in sets if 0 < len(chosen) <= MOST_FOLDS], expired)[:_MOST_LAYERS]
    levels = [_settled(one.level(level, part), part) for one in turned if not expired()]
    return sorted(levels, key=lambda one: one.cost)


def _ranked_sets(level: Level, part: Neighbourhoods) -> tuple[list[list[Jump]], list[Jump]]:
    """Return the first so many folds of a ranking, for some numbers, and those that are seen where determined."""
    folds = [*level.seen, *(fold for fold, open_ in level.likely if not len(open_))]
    scores = [float(np.prod(part.seen_along(fold, level))) for fold in folds]
    ranked = [(scores[i], folds[i]) for i in np.argsort(-np.array(scores), kind="stable") if scores[i]]
    sets = [_as_jumps(chosen) for chosen in _nested(ranked, _FEW)] or [[]]
    return sets, [entry for entry in level.partial if len(entry[1]) <= _MOST_OPEN][:_MOST_PARTIAL]


def beside_all(levels: Sequence[Level], part: Neighbourhoods) -> list[Level]:
    """Return the layer of all folds that are seen on the first of these, as absolute values, where parts are open.

    For a last resort: where signs do not show, as what is open hides them.
    """
    if not levels or levels[0].signs is None or len(levels[0].open.owner) or not levels[0].partial:
        return []
    level = levels[0]
    likely = [jump for jump in level.likely if not len(jump[1]) and part.seen_along(jump[0], level)[1] > _HALF]
    jumps = _as_jumps(level.seen) + likely + [jump for jump in level.partial if len(jump[1]) <= _MOST_OPEN]
    jumps, size = jumps[:MOST_FOLDS], len(level.features(part.design[:1])[0])
    open_ = Open.of([rows for _, rows in jumps], size)
    folds = np.array([fold for fold, _ in jumps])
    return [Level(level, folds, None, np.empty((0, size)), part, open_)] if len(open_.owner) else []


def _as_jumps(folds: Sequence[np.ndarray] | np.ndarray) -> list[Jump]:
    return [(fold, np.empty((0, len(fold)))) for fold in folds]


def _settled(level: Level, part: Neighbourhoods) -> Level:
    """Return the level with what components settle of what is open, while that describes it in fewer numbers."""
    rng = np.random.RandomState(0)
    for _ in range(_MOST_SETTLED):
        found = settled(level.components.fits, slice(0, len(level.folds)), level.open.owner, rng)
        if found is None or not found[1].any():
            break
        folds, open_ = _with(level.folds, level.open, *found)
        passed = level.passed if part.linear else level.passed[:-1]
        less = Level(level.below, folds, level.signs, passed, part, open_)
        if less.cost > level.cost:
            break
        level = less
    return level


def _with(folds: np.ndarray, open_: Open, t: np.ndarray, clear: np.ndarray) -> tuple[np.ndarray, Open]:
    """Return folds with what is clear about them, and what is still open."""
    folds = folds.copy()
    np.add.at(folds, open_.owner[clear], t[clear, None] * open_.rows[clear])
    return folds, Open(open_.rows[~clear], open_.owner[~clear])


def _nested(ranked: list[tuple[float, np.ndarray]], most: int) -> list[np.ndarray]:
    """Return the first so many folds of a ranked list, first those before the largest gap."""
    scores = np.array([score for score, _ in ranked[: MOST_FOLDS + 1]] + [0.0])
    counts = 1 + np.flatnonzero(scores[:-1] >= _FAINTEST * scores[0])[:MOST_FOLDS]
    folds = np.array([fold for _, fold in ranked[:MOST_FOLDS]])
    order = sorted(counts.tolist(), key=lambda count: scores[count] / scores[count - 1])
    return [folds[:count] for count in order[:most]]


_FAINTEST, _MOST_COUNTS = 0.08, 6
_CLEAR = 0.9  # share of samples that obey the signs: below, absolute values are tried as well
_FEW, _MOST_OPEN, _HALF = 2, 3, 0.5
_MOST_PARTIAL, _MOST_LAYERS, _MOST_SETTLED = 6, 3, 4


def _ranked(part: Neighbourhoods) -> list[tuple[float, np.ndarray]]:
    """Return hyperplanes by how many pairs of pieces, and which share of the samples beside them, jump across them."""
    ranked = []
    for fold, _, seen in part.hyperplanes():
        times, share = part.seen_along(fold)
        if times:
            ranked.append((seen * share, fold))
    ranked.sort(key=lambda entry: -entry[0])
    return ranked
