r"""Which folds belong to a layer, and how they are turned: the choice that describes the function in fewest numbers.

Folds of a layer that are seen in part look like those of the next layer where these do not bend. But with a fold that
is one of the layer, components are joined across all of it, and few coefficients are left; one of the next layer is of
use in some places only. So folds are added one by one, each time the one that leaves least to describe, and what is
seen beside them is looked for anew. With the right signs the units alone describe the function
(docs/learning.md, 10); signs are flipped one by one as long as that leaves less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from learner.components import Components, Fit
from learner.extension import Sight
from learner.levels import MOST_FOLDS, Level, Neighbourhoods, folds_between
from learner.orientation import oriented, oriented_beside, passed_beside
from learner.units import Jump, Open, Units, described

__all__ = ["Peeling", "Turned"]


@dataclass(frozen=True, slots=True)
class Turned:
    """Folds of a layer with their signs.

    Attributes
    ----------
    cost : int
        Number of coefficients that describe the function with the units.
    jumps : tuple of pairs
        Folds, and what is open about them.
    signs : tuple of float
    passed : (u, q)
        Functions passed on.
    """

    cost: int
    jumps: tuple[Jump, ...]
    signs: tuple[float, ...]
    passed: np.ndarray

    def level(self, below: Level, part: Neighbourhoods) -> Level:
        """Return the layer, with what is seen on it."""
        return Level(below, *self._folds(), part, self._open())

    def units(self, below: Level) -> Units:
        """Return the layer."""
        return Units(below, *self._folds(), below.linear, self._open())

    def _folds(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.array([fold for fold, _ in self.jumps]), np.array(self.signs), self.passed

    def _open(self) -> Open:
        return Open.of([rows for _, rows in self.jumps], self.passed.shape[1])


@dataclass(frozen=True, slots=True)
class _Set:
    """Folds as absolute values, the components that they leave, and how many coefficients describe the function."""

    jumps: list[Jump]
    values: np.ndarray
    components: Components
    cost: int


class Peeling:
    """Sets of folds on a level whose units are turned.

    Parameters
    ----------
    level : Level
    part : Neighbourhoods

    Notes
    -----
    A set costs a QR factor for each two units (pieces, cut by folds) that touch. There are some ten sets for each fold
    that is peeled, and for each set that is turned two to six more; for the best few sets 30 or so.
    """

    def __init__(self, level: Level, part: Neighbourhoods) -> None:
        self._level, self._part = level, part
        self._known, self._below = level.features(part.design), level.heights(part.design)
        self._inside = part.inside(self._below)
        self._shares = dict[tuple[tuple[int, float], ...], tuple[int, float]]()  # what was asked of folds before

    def peeled(self, expired: Callable[[], bool]) -> list[Jump]:
        """Return folds in the order in which they are added, until none more leaves about as little to describe."""
        now = self._set([])
        least = now.cost
        while len(now.jumps) < MOST_FOLDS and len(now.components.fits) > 1 and not expired():
            longer = (self._set([*now.jumps, jump]) for jump in self._candidates(now, _NEXT))
            best = min(longer, key=lambda one: one.cost, default=None)
            if best is None or best.cost > least + _WORSE:
                break
            now, least = best, min(least, best.cost)
        return now.jumps

    def surest(self, expired: Callable[[], bool]) -> list[list[Jump]]:
        """Return sets of folds that may be the layer: those seen along most of them, and then others one by one.

        At each step all folds are added across which most pairs of samples jump along them
        (:meth:`learner.levels.Neighbourhoods.seen_along`); if there are none, the one that leaves least to describe of
        those that half of the pairs show, and of those that are seen wherever they are determined. The sets that leave
        about as little to describe as any are returned, the best one first.
        """
        now = self._set([])
        path = list[_Set]()
        while len(now.jumps) < MOST_FOLDS and len(now.components.fits) > 1 and not expired():
            sure, fair = self._seen(now, _OPEN, _EVERYWHERE)
            longer = [self._set([*now.jumps, *sure][:MOST_FOLDS])] if sure else []
            now = min(longer or (self._set([*now.jumps, jump]) for jump in fair), key=lambda one: one.cost, default=now)
            least = min((one.cost for one in path), default=now.cost)
            if path and (now is path[-1] or now.cost > least + _WORSE):
                break
            path.append(now)
        least = min((one.cost for one in path), default=0)
        kept = [one for one in path if one.jumps and one.cost <= least + _CLOSE]
        return [one.jumps for one in sorted(kept, key=lambda one: one.cost)]

    def _seen(self, now: _Set, most: int, everywhere: float) -> tuple[list[Jump], list[Jump]]:
        """Return further folds that are seen along most of them, and those that are seen along half, or in part."""
        sight = Sight(self._known, now.components, self._part.inside(now.values, self._inside))
        taken, sure, fair = {self._key([jump]) for jump in now.jumps}, list[Jump](), list[Jump]()
        for jump in self._candidates(now, _ALL):
            key = self._key([jump])
            if key in taken:
                continue
            taken.add(key)
            if len(jump[1]):
                count, share = sight.share(*jump)
                if len(jump[1]) <= most and count >= _PAIRS and share >= everywhere:
                    fair.append(jump)
                continue
            if key not in self._shares:
                self._shares[key] = self._part.seen_along(jump[0], self._level)
            times, share = self._shares[key]
            if times >= _TIMES and share >= _FAIR:
                (sure if share >= _SURE else fair).append(jump)
        return sure, fair

    def sets(self, expired: Callable[[], bool]) -> list[list[Jump]]:
        """Return sets of folds that may be the layer: those peeled, without the last ones or with one more."""
        order = self.peeled(expired)
        more = self._candidates(self._set(order), _MORE)
        shorter = [order[:count] for count in range(max(1, len(order) - _FEWER), len(order) + 1)]
        return [chosen for chosen in (*shorter, *([*order, jump] for jump in more)) if chosen]

    def turned(self, sets: Sequence[Sequence[Jump]], expired: Callable[[], bool]) -> list[Turned]:
        """Return the sets with the signs that leave least to describe, the best few of all, the best one first."""
        voted: list[Turned] = []
        for jumps in {self._key(jumps): jumps for jumps in sets}.values():
            if voted and expired():
                break
            voted.append(min(self._voted(self._set(list(jumps))), key=lambda one: one.cost))
        voted.sort(key=lambda one: one.cost)
        found = [self._descended(one) for one in voted[:_TURNED] if not expired()] or voted[:1]
        return sorted(found, key=lambda one: one.cost)

    def improved(self, one: Turned, expired: Callable[[], bool]) -> Turned:
        """Return where adding folds, leaving out others and flipping signs, each as long as it leaves less, ends."""
        while not expired():
            better = min(self._changed(one, expired), key=lambda other: other.cost, default=one)
            if better.cost >= one.cost:
                break
            one = self._descended(better)
        return one

    def _changed(self, one: Turned, expired: Callable[[], bool]) -> Iterator[Turned]:
        """Yield it without one of its folds, and with one more that is seen beside them, turned both ways."""
        now = self._set(list(one.jumps))
        for place in range(len(one.jumps) if len(one.jumps) > 1 else 0):
            if expired():
                return
            less = _without(one, place)
            yield from self._beside(less, self._set(list(less.jumps)).components.fits)
        more = self._seen(now, _OPEN + 1, _MOSTLY) if len(one.jumps) < MOST_FOLDS else ([], [])
        for jump in (*more[0], *more[1]):
            for sign in (1.0, -1.0):
                if expired():
                    return
                longer = replace(one, jumps=(*one.jumps, jump), signs=(*one.signs, sign))
                yield self._told(longer)
                if len(one.passed):
                    yield self._told(replace(longer, passed=one.passed[:0]))

    def _set(self, jumps: list[Jump]) -> _Set:
        q = self._known.shape[1]
        folds, open_ = np.array([fold for fold, _ in jumps]).reshape(-1, q), Open.of([rows for _, rows in jumps], q)
        units = Units(self._level, folds, None, np.empty((0, q)), self._level.linear, open_)
        values = self._known @ folds.T
        components = self._part.components(units.features(self._part.design), np.hstack([self._below, values]))
        cost = described(components, units.place_of_open) + folds.size + len(open_.owner)
        return _Set(jumps, values, components, cost)

    def _candidates(self, now: _Set, most: tuple[int, int, int]) -> list[Jump]:
        nothing = np.empty((0, self._known.shape[1]))
        found = folds_between(now.components, self._part.inside(now.values, self._inside), self._known)
        seen = [(fold, nothing) for fold in found[0]]
        return [jump for jumps, count in zip((seen, *found[1:]), most, strict=True) for jump in jumps[:count]]

    def _voted(self, one: _Set) -> Iterator[Turned]:
        """Yield the folds with signs that components vote for, or all positive."""
        jumps, fits, linear = tuple(one.jumps), one.components.fits, self._level.linear
        rows, owner = _rows(jumps)
        nothing, k = np.empty((0, rows.shape[1])), rows.shape[1] - (not linear)
        votes = [(oriented(rows, fits, linear, owner)[0], nothing)]
        votes += [oriented_beside(rows, fits, linear, count, owner)[:2] for count in range(1, _PASSED + 1)]
        if all(signs is None for signs, _ in votes):
            votes = [(np.ones(len(jumps)), nothing)]
        for signs, functions in votes:
            if signs is not None:
                passed = np.hstack([functions[:, :k], np.zeros((len(functions), rows.shape[1] - k))])
                alone = Turned(0, jumps, tuple(signs.tolist()), nothing)
                yield self._told(alone)
                if len(passed):
                    yield self._told(replace(alone, passed=passed))

    def _beside(self, one: Turned, fits: Sequence[Fit]) -> Iterator[Turned]:
        """Yield the folds with these signs alone, beside functions given, and beside one that components know of."""
        linear, (rows, owner) = self._level.linear, _rows(one.jumps)
        yield self._told(replace(one, passed=one.passed[:0]))
        if len(one.passed):
            yield self._told(one)
        if len(one.passed) != 1:
            function = passed_beside(rows, fits, linear, np.array(one.signs), owner)
            if function is not None:
                constants = np.zeros((1, rows.shape[1] - function.shape[1]))
                yield self._told(replace(one, passed=np.hstack([function, constants])))

    def _key(self, jumps: Sequence[Jump]) -> tuple[tuple[int, float], ...]:
        """Return what is the same for the same folds, in any order, up to rounding and sign."""
        some = np.random.RandomState(0).standard_normal(self._known.shape[1])
        return tuple(sorted((len(open_), round(abs(float(fold @ some)), _DIGITS)) for fold, open_ in jumps))

    def _told(self, one: Turned) -> Turned:
        """Return it with its cost."""
        units, design = one.units(self._level), self._part.design
        components = self._part.components(units.features(design), units.heights(design))
        more = units.folds.size + one.passed.size + len(units.open.owner)
        return replace(one, cost=described(components, units.place_of_open) + more)

    def _descended(self, one: Turned) -> Turned:
        """Return where flipping signs, one by one as long as that leaves less to describe, ends."""
        fits, place, since = self._set(list(one.jumps)).components.fits, 0, 0
        while since < len(one.jumps):
            moved = min(self._beside(_flipped(one, place % len(one.jumps)), fits), key=lambda other: other.cost)
            one, since = (moved, 0) if moved.cost < one.cost else (one, since + 1)
            place += 1
        return one


def _flipped(one: Turned, place: int) -> Turned:
    return replace(one, signs=(*one.signs[:place], -one.signs[place], *one.signs[place + 1 :]))


def _without(one: Turned, place: int) -> Turned:
    jumps, signs = (part[:place] + part[place + 1 :] for part in (one.jumps, one.signs))
    return replace(one, jumps=jumps, signs=signs)


def _rows(jumps: Sequence[Jump]) -> tuple[np.ndarray, np.ndarray]:
    """Return folds and what is open about them, and which share a sign."""
    folds = np.array([fold for fold, _ in jumps])
    open_ = Open.of([rows for _, rows in jumps], folds.shape[1])
    return np.vstack([folds, open_.rows]), np.concatenate([np.arange(len(folds)), open_.owner])


_DIGITS = 6
_TIMES, _SURE, _FAIR = 3, 0.7, 0.5  # pairs of pieces, and share of the samples' across a fold: most, and half
_OPEN, _PAIRS, _EVERYWHERE, _MOSTLY = 3, 20, 0.97, 0.7  # of a fold that is seen in part
_CLOSE = 10  # coefficients more than the best set on the way
_WORSE = 10  # coefficients more than with fewer folds
_NEXT, _MORE, _ALL = (4, 5, 3), (4, 8, 3), (MOST_FOLDS, MOST_FOLDS, MOST_FOLDS)  # candidates: seen, in part, likely
_FEWER, _TURNED, _PASSED = 3, 4, 2
