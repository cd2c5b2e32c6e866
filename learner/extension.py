r"""Folds that are seen in part: determined where nothing is open about them, and extended from there.

A jump is known up to combinations of features that vanish wherever it was seen (docs/learning.md, 10). So its fold is
determined on the *region* where these combinations vanish, and there it is tested: a fold is seen across almost all
pairs of neighbouring samples that it separates. Another jump that agrees with it in two dimensions or more may be one
of the same fold; in two dimensions some agree by chance. It is one of the same fold if the fold is seen on what it adds
to the region as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from learner.components import Components
from learner.jumps import Candidates, common

__all__ = ["Fold", "Sight", "extended"]

Fold = tuple[np.ndarray, np.ndarray, int]  # unit coefficients, what is open about them, times or pairs seen


class Sight:
    """Where folds are seen: neighbouring samples within cells of the folds below, and their components.

    Parameters
    ----------
    known : (n, q)
        Features that folds are linear in.
    components : Components
    pairs : int array (m, 2)
    """

    def __init__(self, known: np.ndarray, components: Components, pairs: np.ndarray) -> None:
        ends = components.of[pairs]
        pairs = pairs[(ends >= 0).all(axis=1)]
        self._one, self._other = np.ascontiguousarray(pairs.T)
        self._apart = components.of[self._one] != components.of[self._other]
        self._shares = dict[tuple[bytes, bytes], tuple[int, float]]()
        self.known, self._flat = known, _VANISHES * float(np.abs(known).max(initial=0.0))

    def region(self, open_: np.ndarray) -> np.ndarray:
        """Return the samples at which nothing is open, as bools (n,)."""
        return np.asarray((np.abs(open_ @ self.known.T) <= self._flat).all(axis=0))

    def share(self, fold: np.ndarray, open_: np.ndarray, beyond: np.ndarray | None = None) -> tuple[int, float]:
        """Return how many pairs a fold separates where it is determined, and the share that it is seen across.

        Of pairs with a sample `beyond` a region, where one is given.
        """
        if beyond is not None:
            return self._share(self._outside(self._across(fold, open_), beyond))
        key = fold.tobytes(), open_.tobytes()
        if key not in self._shares:
            self._shares[key] = self._share(self._across(fold, open_))
        return self._shares[key]

    def shares(self, fold: np.ndarray, open_: np.ndarray, beyond: np.ndarray) -> tuple[int, float, int, float]:
        """Return both of all pairs, and both of those with a sample `beyond` a region."""
        across = self._across(fold, open_)
        return *self._share(across), *self._share(self._outside(across, beyond))

    def _across(self, fold: np.ndarray, open_: np.ndarray) -> np.ndarray:
        """Return which pairs the fold separates where it is determined."""
        side = np.sign(self.known @ fold).astype(np.int8)
        side[~self.region(open_)] = 0
        return np.flatnonzero(side[self._one] * side[self._other] < 0)

    def _outside(self, across: np.ndarray, region: np.ndarray) -> np.ndarray:
        return across[~(region[self._one[across]] & region[self._other[across]])]

    def _share(self, across: np.ndarray) -> tuple[int, float]:
        return len(across), float(self._apart[across].mean()) if len(across) else 0.0


def extended(folds: Sequence[Fold], jumps: Sequence[tuple[np.ndarray, np.ndarray]], sight: Sight) -> list[Fold]:
    """Return the folds that are seen all over the region where they are determined, as far as jumps extend it.

    Parameters
    ----------
    folds : sequence of Fold
    jumps : sequence of pairs
        (unit coefficients, what is open about them).
    sight : Sight

    Returns
    -------
    list of Fold
        With the number of pairs they are seen across; each once, those with least open first.

    Notes
    -----
    A round compares up to 40 folds with up to 250 jumps at once, and those that are alike by singular value
    decompositions of size q; up to 8 rounds.
    """
    found = []
    for fold, open_, _ in folds:
        count, share = sight.share(fold, open_)
        if len(open_) <= _MOST_OPEN and share >= _EVERYWHERE and count >= _FEWEST:
            found.append((fold, open_, count))
    found.sort(key=_order)
    found, before, complete = found[:_MOST_FOLDS], -1, list[Fold]()
    jumps = jumps[:_MOST_JUMPS]
    candidates = Candidates(jumps, sight.known.shape[1])
    for _ in range(_ROUNDS):
        folds = found
        found = [fold if _among(fold, complete) else _longer(fold, jumps, candidates, sight) for fold in folds]
        complete = [fold for fold, longer in zip(folds, found, strict=True) if fold is longer]
        found = _once(found, sight)
        left = sum(len(open_) for _, open_, _ in found)
        if left == before:
            break
        before = left
    return found


def _among(fold: Fold, folds: Sequence[Fold]) -> bool:
    return any(fold is other for other in folds)


def _longer(fold: Fold, jumps: Sequence[tuple[np.ndarray, np.ndarray]], candidates: Candidates, sight: Sight) -> Fold:
    """Return the fold with the jump that leaves least open, of those it is seen all over the new region with."""
    best, size = fold, len(fold[0])
    if not len(fold[1]):
        return fold
    region = sight.region(fold[1])
    for number in candidates.like(*fold[:2], len(jumps), telling=2):
        both = common(*fold[:2], *jumps[number], size, telling=2)
        if both is None or len(both[1]) >= len(best[1]):
            continue
        count, share, new, new_share = sight.shares(*both, beyond=region)
        if min(share, new_share) >= _EVERYWHERE and new >= _FEWEST_NEW:
            best = (*both, count)
    return best


def _once(folds: list[Fold], sight: Sight) -> list[Fold]:
    """Return the folds without those that may be another one, seen over both regions."""
    kept: list[Fold] = []
    others = Candidates([(fold, open_) for fold, open_, _ in folds], sight.known.shape[1])
    for fold in sorted(folds, key=_order):
        for place in others.like(*fold[:2], len(kept)):
            other = kept[place]
            both = common(other[0], other[1], fold[0], fold[1], len(fold[0]))
            if both is not None:
                count, share = sight.share(*both)
                if share >= _EVERYWHERE:
                    kept[place] = (*both, count)
                    others.put(place, *both)
                    break
        else:
            others.put(len(kept), *fold[:2])
            kept.append(fold)
    return kept


def _order(fold: Fold) -> tuple[int, int]:
    return len(fold[1]), -fold[2]


_VANISHES = 1e-9  # of the largest feature: a combination below is zero
_EVERYWHERE = 0.99  # share of pairs
_FEWEST, _FEWEST_NEW = 20, 10  # pairs of samples, in all and beyond the region before
_MOST_OPEN, _MOST_FOLDS, _MOST_JUMPS, _ROUNDS = 5, 40, 250, 8
