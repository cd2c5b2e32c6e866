r"""Hidden layers, recognised from the pieces of a function: right where hardly any sample fell, or none.

A ReLU network is folded along others (:mod:`learner.folds`): its gradient jumps across a fold H_j = 0, and nowhere
else. Differences of neighbouring pieces show the folds, one layer after another.

1. *First layer.* A jump between pieces, as it is that of a hyperplane, is seen along all of that hyperplane. Candidates
   are ranked by how often, and on which share of the hyperplane.
2. *Orientation.* Where the folds are units relu(s_j H_j) of a network, s_j = ±1, a function of these units alone has
   coefficients on (z, |H_1|, |H_2|, ...) that determine the signs, and obey them on every component (:func:`oriented`).
3. *Second layer.* The same once more with the units as features: components instead of pieces
   (:mod:`learner.components`), jumps as coefficients on the features, seen wherever two components touch.
4. *Further layers.* Folds of the second layer are those that pieces jump along wherever they are, and those that leave
   least to describe beside them; so are the signs (:mod:`learner.peeling`). Units that are active wherever samples fell
   have no fold: what they pass on, linear functions of the first layer, is found with the signs
   (:mod:`learner.orientation`). Then the second layer's units are features, and so on (:mod:`learner.layer_search`). A
   layer is added only if fewer coefficients then describe the function. What is open about its folds, as they were seen
   in part, is a feature more, until components settle it (:mod:`learner.extension`, :mod:`learner.open_folds`).
5. *Last layer.* What is not seen of it is found by least squares from many starts, which end at rounding or are dropped
   (:mod:`learner.unit_fit`), together with what is still open.
6. *Several layers at once.* Where folds are seen in too few places for all that, two layers are fitted at once on units
   that are known (:mod:`learner.joint_fit`).

Which network made the labels is not asked: whatever has the same folds is the same function. Evidence is that it
explains samples, also those on no piece.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from learner.folds import FoldedFunction
from learner.joint_search import fitted_beyond
from learner.layer_search import beside_all, first_levels, peeled_levels, sure_levels
from learner.levels import MOST_FOLDS, Level, Neighbourhoods
from learner.pieces import Pieces, label_tolerance
from learner.unit_fit import Layer, fitted, fitted_together, pruned

__all__ = ["Recognised", "as_hidden_layers"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What hidden layers are behind pieces.

    Attributes
    ----------
    function : FoldedFunction or None
        One that explains almost all samples on pieces.
    near : FoldedFunction or None
        Where that is not found, one that comes near all samples, and explains few.
    """

    function: FoldedFunction | None
    near: FoldedFunction | None = None


def as_hidden_layers(
    Z: np.ndarray,
    y: np.ndarray,
    pieces: Pieces,
    *,
    rng: np.random.RandomState,
    accept: Callable[[FoldedFunction], bool] = lambda _: True,
    expired: Callable[[], bool] = lambda: False,
    soon: Callable[[], bool] = lambda: False,
) -> Recognised:
    """Return a function of two or more hidden layers that explains almost all samples on pieces, if one is found.

    Where it explains the samples on no piece as well, that is evidence for it; units that no sample needs are left out.
    Of several the one that explains most samples is returned. BLAS runs on one thread here: its problems are small.

    Parameters
    ----------
    Z, y : (n, k), (n,)
    pieces : Pieces
        On R^k, with owners.
    rng : RandomState
        Of the starts.
    accept : callable
        Asked of a function that explains all samples; where it returns False, others are looked for.
    expired : callable
        Stop where it returns True.
    soon : callable
        Go on to what follows the search for layers one by one where it returns True.

    Notes
    -----
    Components cost a QR factor for each two units that touch. Then up to 32 starts on each of three layers, with m
    units on q features, each of up to 100 rounds of n·(m q)², m up to 15 or so; 150 where a part of the layer is open.
    Further layers, up to the fifth, are tried where the folds of the last one describe the function with fewer
    coefficients than those of the one before do. Where all that is in vain, folds and signs are looked for
    in a wider search (:func:`learner.layer_search.peeled_levels`), and then two layers more are fitted at once
    (:func:`learner.joint_search.fitted_beyond`), for up to 1.4e12 multiplications, or more where that gains much.
    """
    if not len(pieces):
        return Recognised(None)
    with threadpool_limits(1, user_api="blas"):
        return _found(Z, y, pieces, rng, accept, expired, lambda: expired() or soon())


def _found(
    Z: np.ndarray,
    y: np.ndarray,
    pieces: Pieces,
    rng: np.random.RandomState,
    accept: Callable[[FoldedFunction], bool],
    expired: Callable[[], bool],
    soon: Callable[[], bool],
) -> Recognised:
    part = Neighbourhoods.of(Z, y, pieces)
    design = Z if part.linear else np.column_stack([Z, np.ones(len(Z))])
    first, levels, best = first_levels(part, soon), list[Level](), _Best(Z, y)
    for following in (sure_levels, peeled_levels):
        found = _levels(first, following, part, soon)
        built = [level for level in found if level.left <= _MOST_LEFT and level.is_closed]
        built = [level for level in built if level.cost <= _NEAR * found[0].cost and level not in levels][:_LEVELS]
        built += [] if expired() or levels else beside_all(built, part)
        searches = [_Search(level, design, y, pieces.owner, rng) for level in built]
        best.put(_last_layer(searches, pieces, accept, expired))
        if best.share >= _ENOUGH_EXPLAINED:
            return Recognised(best.function)
        levels += [level for level in found if level not in levels]
        if expired():
            return Recognised(best.function)
    joint = fitted_beyond(sorted(levels, key=lambda level: level.cost), design, y, rng, expired)
    if joint is None:
        return Recognised(best.function)
    mine, off = pieces.owner >= 0, [function.evaluate(Z) - y for function in (joint.settled, joint.near)]
    settled, near = (float((one**2).mean()) for one in off)
    least = max(near, part.tolerance**2)
    if (np.abs(off[0][mine]) <= part.tolerance).mean() >= _NEARLY and settled <= _AS_NEAR * least:
        best.put(joint.settled)
    return Recognised(best.function, None if best.function else joint.near)


class _Best:
    """The function that explains most samples."""

    def __init__(self, Z: np.ndarray, y: np.ndarray) -> None:
        self._Z, self._y, self._tolerance = Z, y, label_tolerance(y)
        self.function: FoldedFunction | None = None
        self.share = 0.0

    def put(self, function: FoldedFunction | None) -> None:
        """Keep a function if it explains more than those before."""
        if function is None:
            return
        share = float((np.abs(function.evaluate(self._Z) - self._y) <= self._tolerance).mean())
        if self.function is None or share > self.share:
            self.function, self.share = function, share


def _last_layer(
    searches: list[_Search], pieces: Pieces, accept: Callable[[FoldedFunction], bool], expired: Callable[[], bool]
) -> FoldedFunction | None:
    """Return the function that explains most samples, of those with a last layer that explains those on pieces."""
    best: _Last | None = None
    left = max((search.most for search in searches), default=0)
    most = _MOST_NEAR
    while left > 0 and most > 0 and not expired():
        left -= 1
        for search in searches:
            last = search.trial() if search.trials < search.most else None
            if last is None:
                continue
            if last.explained.all() and accept(last.function):
                return last.function
            if last.explained[pieces.owner >= 0].all():
                left = min(left, _OTHERS if last.explained.all() else _MORE)
            else:
                most -= 1
            if best is None or last.explained.sum() > best.explained.sum():
                best = last
    return None if best is None else best.function


_LEVELS, _TRIALS = 3, 32  # layers to build the last one on, and starts on each
_DEEP_TRIALS = 4  # starts on a layer that is complete and not the first: one of the first few does it
_OPEN_TRIALS = 150  # starts on a layer of which something is open
_NEAR = 1.3  # cost of a layer that may be it, over the least
_ENOUGH_EXPLAINED = 0.9998  # share of the samples: with fewer, others are looked for
_AS_NEAR = 10.0  # mean square of residuals that a fit to most samples may have, over the least
_MORE = 4  # starts where all samples on pieces are explained, but not all others
_OTHERS = 12  # starts where a function that explains all samples was not accepted
_MOST_NEAR = 24  # functions that explain most samples on pieces, and not all
_MOST_LEFT = 40  # components that are left: with more, a last layer hardly explains them


def _levels(
    first: list[Level],
    following: Callable[[Level, Neighbourhoods, Callable[[], bool]], list[Level]],
    part: Neighbourhoods,
    expired: Callable[[], bool],
) -> list[Level]:
    """Return layers to build the last one on, of any depth, the one first that leaves least to describe."""
    found, last = list(first), first[:1]
    for _ in range(_MOST_DEPTH - 2):
        if not last or last[0].left <= _FEW_LEFT or expired():
            break
        new, least = following(last[0], part, expired), last[0].cost
        last = [level for level in new if level.cost < least]
        found += last or [level for level in new[:1] if level.cost <= _NEAR * least]  # to start from, not to build on
    return sorted(found, key=lambda level: level.cost)


_MOST_DEPTH = 5
_FEW_LEFT = 3  # components that are left: where they are few, one layer more explains them


# ------------------------------------------------------------ the last layer


@dataclass(frozen=True, slots=True, eq=False)
class _Last:
    """A function with its last layer, and which samples it explains."""

    function: FoldedFunction
    explained: np.ndarray


class _Search:
    """The layer on features (n, q) of others that explains all samples on pieces, and if possible the others."""

    def __init__(
        self, level: Level, design: np.ndarray, y: np.ndarray, owner: np.ndarray, rng: np.random.RandomState
    ) -> None:
        self.level, self.rng, self.trials = level, rng, 0
        self.most = _OPEN_TRIALS if len(level.open.owner) else _TRIALS if level.below is None else _DEEP_TRIALS
        self.shown = [*level.partial, *level.likely][:MOST_FOLDS]
        self.scale = float(y.std())
        self.tolerance = label_tolerance(y) / self.scale
        self._labels, self._mine, self._rows = y / self.scale, owner >= 0, _spread(owner, _ROWS)
        if len(level.open.owner):  # what is open shows where few samples fell
            self._rows = np.concatenate([self._rows, np.flatnonzero(owner < 0)[:_ROWS]])
        self.all = level.loose(design)
        self.few = self.all.at(self._rows)
        self.width = self.few.features(np.zeros(len(level.open.owner)))[0].shape[1]
        self.closest: Layer | None = None
        self.t = np.zeros(len(level.open.owner))
        self.least = np.inf

    def trial(self) -> _Last | None:
        """Start once more: anew, or every second time from the closest so far; None where it ends elsewhere."""
        if self.closest is None or self.trials % 2 == 0:
            start, t = self._start(), self._guess()
        else:
            start, t = self._altered(self.closest), self.t
        self.trials += 1
        layer, t = fitted_together(self.few, self._labels[self._rows], start, t, self.tolerance)
        off = layer.evaluate(self.few.features(t)[0]) - self._labels[self._rows]
        loss = float((off**2).mean())
        if loss < self.least:
            self.closest, self.t, self.least = layer, t, loss
        right = float((np.abs(off) <= self.tolerance).mean())
        if right < _RIGHT:
            return None
        if len(t) or right < 1.0:
            layer, t = self._mended(layer, t)
        known = self.all.features(t)[0]
        return self._lean(known, layer, self.level.closed(t) if len(t) else self.level)

    def _lean(self, known: np.ndarray, layer: Layer, level: Level) -> _Last | None:
        """Return the layer with as few units as explain all samples on pieces; None if it does not explain most."""
        few, mine = (known[self._rows], self._labels[self._rows]), (known[self._mine], self._labels[self._mine])
        tried = [layer]
        if layer.explains(*few, self.tolerance).all():
            tried.insert(0, pruned(layer, *few, self.tolerance))
        for candidate in tried:
            if not candidate.explains(*mine, self.tolerance).all():
                candidate = fitted(*mine, candidate.units, self.tolerance, top=candidate.top)
            if candidate.explains(*mine, self.tolerance).all():
                return self._last(level, known, self._extended(known, candidate))
        nearly = layer.explains(*mine, self.tolerance).mean() >= _NEARLY
        return self._last(level, known, layer) if nearly else None

    def _last(self, level: Level, known: np.ndarray, layer: Layer) -> _Last:
        function = level.folded([layer.units], layer.top * self.scale)
        return _Last(function, layer.explains(known, self._labels, self.tolerance))

    def _mended(self, layer: Layer, t: np.ndarray) -> tuple[Layer, np.ndarray]:
        """Return the layer and what is open, fitted once more with the samples that they do not explain yet."""
        for _ in range(_MENDINGS):
            known = self.all.features(t)[0]
            wrong = np.flatnonzero(~layer.explains(known, self._labels, self.tolerance))
            if not len(wrong):
                break
            rows = np.union1d(self._rows, wrong[:_ROWS])
            better, moved = fitted_together(
                self.all.at(rows), self._labels[rows], layer.units, t, self.tolerance, top=layer.top
            )
            known = self.all.features(moved)[0]
            if better.explains(known, self._labels, self.tolerance).mean() <= 1.0 - len(wrong) / len(self._labels):
                break
            layer, t = better, moved
        return layer, t

    def _start(self) -> np.ndarray:
        """Return the folds seen, some of the likely ones, and random ones; what is open is random, too."""
        q, trial, rng, level = self.width, self.trials, self.rng, self.level
        spread = _SPREADS[trial // 2 % len(_SPREADS)]
        chosen = [entry for entry in self.shown if trial == 0 or rng.random_sample() < 0.4]
        guesses = [jump + spread * rng.standard_normal(len(open_)) @ open_ for jump, open_ in chosen]
        count = rng.randint(0, 6) if trial else 0
        count = max(count, 1 - len(level.seen) - len(guesses))
        shown = np.array([*level.seen, *guesses])
        if len(shown):
            shown = level.without_open(shown)
            shown = shown[np.linalg.norm(shown, axis=1) > 0.0]
        return np.vstack([shown.reshape(-1, q), rng.standard_normal((count if len(shown) else max(count, 1), q))])

    def _guess(self) -> np.ndarray:
        """Return coefficients to start with of what is open about the features."""
        spread = _SPREADS[self.rng.randint(len(_SPREADS))] if self.trials else 0.0
        return spread * self.rng.standard_normal(len(self.level.open.owner))

    def _altered(self, layer: Layer) -> np.ndarray:
        """Return the units, the least ones replaced by random ones, and perhaps one or two more."""
        q, rng = self.width, self.rng
        parts = np.abs(self.few.features(self.t)[0] @ layer.units.T).mean(axis=0) * np.abs(layer.top[q:])
        fewer = rng.randint(0, 3) if len(parts) < _MOST_UNITS else 3
        kept = layer.units[np.sort(np.argsort(parts)[fewer:])]
        size = float(np.linalg.norm(layer.units, axis=1).mean())
        return np.vstack([kept, size * rng.standard_normal((rng.randint(1, 4), q))])

    def _extended(self, known: np.ndarray, layer: Layer) -> Layer:
        """Return a layer that explains all samples, perhaps with more units; or this one."""
        y, tolerance = self._labels, self.tolerance
        for more in range(_EXTENSIONS):
            if layer.explains(known, y, tolerance).all():
                break
            start = np.vstack([layer.units, self.rng.standard_normal((more, self.width))])
            longer = fitted(known, y, start, tolerance, top=None if more else layer.top)
            if longer.explains(known, y, tolerance).all():
                return pruned(longer, known, y, tolerance)
        return layer


_MOST_UNITS = 14
_NEARLY = 0.99  # share of the samples on pieces: what is not explained may need a unit that few samples show
_RIGHT, _MENDINGS = 0.5, 3  # share of few samples for which the others are looked at
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
