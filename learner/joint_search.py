"""The layers that are left of a network, fitted at once on those that are known: which ones are known is tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from learner.folds import FoldedFunction
from learner.joint_fit import JointFit
from learner.joint_layers import JointLayers
from learner.levels import Level
from learner.pieces import label_tolerance

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

    None where none is known, and where fits do not come near.

    Parameters
    ----------
    levels : sequence of Level
        The one first that leaves least to describe. Of those without open folds the first of each depth is tried, and
        the best one is gone on with.
    design, y : (n, p), (n,)
    rng : RandomState
    expired : callable
        Stop where it returns True.

    Notes
    -----
    Each turn is 1e11 multiplications, most of them in products of matrices: 4 s of one core at 25 GFlop/s. One for
    each level and two more where little is gained, and up to 12 of the best while two of them halve the loss.
    """
    known = [level for level in levels if level.signs is not None and level.is_closed and not len(level.open.owner)]
    bases = [next((level for level in known if level.depth == depth), None) for depth in range(1, _DEEPEST + 1)]
    searches = [_Search(level, design, y, rng) for level in dict.fromkeys(bases) if level is not None]
    searches = [search for search in searches if len(y) >= _SAMPLES * search.fit.size]
    if not searches:
        return None
    for search in searches:
        search.go_on(_WORK, expired)
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


class _Search:
    """Two layers beyond a level."""

    def __init__(self, level: Level, design: np.ndarray, y: np.ndarray, rng: np.random.RandomState) -> None:
        known = np.ascontiguousarray(level.features(design).T)
        q, self._scale, self._level = len(known), float(y.std()), level
        fixed = np.array(level.seen).reshape(-1, q)[:_MOST_FIXED]
        widths = max(q + 2, len(fixed) + 3), q + 5
        tolerance = label_tolerance(y) / self._scale
        likely = [*level.partial, *level.likely]
        self.fit = JointFit(known, y / self._scale, tolerance, fixed, likely, widths, rng)

    def go_on(self, work: float, expired: Callable[[], bool]) -> None:
        """Fit on, and leave out what is not needed."""
        self.fit.run((1.0 - _LEAN) * work, expired)
        if not expired():
            self.fit.lean(_LEAN * work)

    def function(self, layers: JointLayers) -> FoldedFunction:
        """Return the function of layers."""
        return self._level.folded(layers.units, layers.top * self._scale)


_WORK, _LEAN = 1e11, 0.3  # multiplications in a turn, and the share of them for leaving units out
_MOST_TURNS, _PATIENCE, _GAIN = 12, 2, 0.5  # it ends where so many turns did not bring the loss down to this share
_NOT_NEAR = 1e-2  # of the variance, after the first turn: deep networks were at 1e-5 to 2e-3
_DEEPEST, _MOST_FIXED = 3, 9
_SAMPLES = 5  # for each unknown
