"""The layers that are left of a network, fitted at once on those that are known: which ones are known is tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from learner.folds import FoldedFunction
from learner.joint_fit import JointFit
from learner.joint_layers import JointLayers
from learner.levels import Level
from learner.pieces import label_tolerance
from learner.units import Units

__all__ = ["Joint", "fitted_beyond"]


@dataclass(frozen=True, slots=True)
class Joint:
    """What fits of several layers at once ended at.

    Attributes
    ----------
    near : FoldedFunction
        The least mean square of residuals.
    settled : FoldedFunction
        The same function, fitted to most samples at the cost of others.
    """

    near: FoldedFunction
    settled: FoldedFunction


def fitted_beyond(
    levels: Sequence[Level], design: np.ndarray, y: np.ndarray, rng: np.random.RandomState, expired: Callable[[], bool]
) -> Joint | None:
    """Return functions of two layers beyond one that is known, if samples are enough.

    Where layers beyond are known in part, they are what is started from. None where none is known, and where fits do
    not come near.

    Parameters
    ----------
    levels : sequence of Level
        The one first that leaves least to describe. The first of each depth is tried, the two layers beyond its second
        but last; and those without open folds, with two layers beyond. The best one is gone on with.
    design, y : (n, p), (n,)
    rng : RandomState
    expired : callable
        Stop where it returns True.

    Notes
    -----
    Each turn is 1e11 multiplications, most of them in products of matrices: 4 s of one core at 25 GFlop/s. One for
    each level, or four where it explains many samples, and three more of the best where little is gained, or up to 12
    while three of them halve the loss.
    """
    known = [level for level in levels if level.signs is not None and level.is_closed and not len(level.open.owner)]
    tops = [level for level in levels if level.below and level.below.below in known]
    searches = list[_Search]()
    for level in _first_of_each(tops, _DEEPEST + 1):
        search = _Search.of_layers(level, design, y, rng)
        times = _TIMES if search.fit.explained >= _EXPLAINED else 1
        searches += [search, *(_Search.of_layers(level, design, y, rng) for _ in range(1, times))]
    for level in reversed(_first_of_each(known, _DEEPEST)):
        upper = next((other for other in levels if other.below is level and other.signs is not None), None)
        searches.append(_Search.beyond(level, upper, design, y, rng))
    searches = [search for search in searches if len(y) >= _SAMPLES * search.fit.size]
    if not searches:
        return None
    for search in searches:
        search.go_on(_WORK, expired)
        if search.fit.is_exact:
            break
    best = min(searches, key=lambda search: search.fit.least)
    if best.fit.least > _NOT_NEAR:
        return None
    losses = [best.fit.least]
    while len(losses) < _MOST_TURNS and not (expired() or best.fit.is_exact):
        best.go_on(_WORK, expired)
        losses.append(best.fit.least)
        if len(losses) > _PATIENCE and losses[-1] > _GAIN * losses[-1 - _PATIENCE]:
            break
    return Joint(best.function(best.fit.best), best.function(best.fit.settled()))


def _first_of_each(levels: Sequence[Level], most: int) -> list[Level]:
    """Return the first level of each depth up to the most, the deepest one first."""
    firsts = {level.depth: level for level in reversed(levels) if level.depth <= most}
    return [firsts[depth] for depth in sorted(firsts, reverse=True)]


class _Search:
    """Two layers beyond a level, which is made of `units`."""

    def __init__(self, units: Units, fit: JointFit, scale: float) -> None:
        self._units, self.fit, self._scale = units, fit, scale

    @classmethod
    def beyond(
        cls, level: Level, upper: Level | None, design: np.ndarray, y: np.ndarray, rng: np.random.RandomState
    ) -> _Search:
        """Return the search beyond a level, where folds are known that are seen on it, or those of an upper one."""
        known, scale = np.ascontiguousarray(level.features(design).T), float(y.std())
        q, seen, likely = len(known), level.seen, [*level.partial, *level.likely]
        if upper is not None:
            jumps = upper.open.jumps(upper.folds)
            seen = [fold for fold, open_ in jumps if not len(open_)]
            likely = [*(jump for jump in jumps if len(jump[1])), *likely]
        fixed = np.array(seen).reshape(-1, q)[:_MOST_FIXED]
        widths = max(q + 2, len(fixed) + 3), q + 5
        return cls(level, JointFit(known, y / scale, label_tolerance(y) / scale, fixed, likely, widths, rng), scale)

    @classmethod
    def of_layers(cls, level: Level, design: np.ndarray, y: np.ndarray, rng: np.random.RandomState) -> _Search:
        """Return the search that starts from a level and the one below it, with a few units more on each."""
        first, base = level.below, level.below.below if level.below else None
        assert first is not None
        assert base is not None
        known, scale = np.ascontiguousarray(base.features(design).T), float(y.std())
        open_ = np.isin(np.arange(len(first.folds)), first.open.owner)
        order = np.argsort(open_, kind="stable")  # what is not open stays as it is
        columns = np.append(np.arange(len(known)), len(known) + order)
        units = first.folds[order], np.array([first.on_below(row)[columns] for row in level.folds])
        layers = JointLayers(units, np.zeros(sum(map(len, units), len(known))), int((~open_).sum()))
        samples, labels = level.largest()
        features = layers.features(np.ascontiguousarray(base.features(samples).T))[0][-1]
        layers = replace(layers, top=np.linalg.lstsq(features.T, labels / scale, rcond=1e-9)[0])
        widths = [len(rows) + more for rows, more in zip(units, _MORE, strict=True)]
        fixed = layers.units[0][: layers.fixed]
        fit = JointFit(known, y / scale, label_tolerance(y) / scale, fixed, (), widths, rng, layers)
        return cls(base, fit, scale)

    def go_on(self, work: float, expired: Callable[[], bool]) -> None:
        """Fit on, and leave out what is not needed."""
        self.fit.run((1.0 - _LEAN) * work, expired)
        if not expired():
            self.fit.lean(_LEAN * work)

    def function(self, layers: JointLayers) -> FoldedFunction:
        """Return the function of layers."""
        return self._units.folded(layers.units, layers.top * self._scale)


_WORK, _LEAN = 1e11, 0.3  # multiplications in a turn, and the share of them for leaving units out
_MOST_TURNS, _PATIENCE, _GAIN = 12, 3, 0.5  # it ends where so many turns did not bring the loss down to this share
_NOT_NEAR = 1e-2  # of the variance, after the first turn: deep networks were at 1e-5 to 2e-3
_DEEPEST, _MOST_FIXED = 3, 9
_MORE = 2, 3  # units more on two layers that are known
_TIMES, _EXPLAINED = 4, 0.3  # layers that explain so many samples are gone on from several times
_SAMPLES = 5  # for each unknown
