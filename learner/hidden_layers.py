r"""Hidden layers, recognised from the pieces of a function: right where hardly any sample fell, or none.

A ReLU network is folded along others (:mod:`learner.folds`): its gradient jumps across a fold H_j = 0, and nowhere
else. Differences of neighbouring pieces show the folds, one layer after another.

1. *Components.* Given some folds, one linear combination of their features explains many pieces at once: those beyond
   which only known folds lie. Components are grown from the largest piece over neighbouring samples, as long as a
   combination explains all of them to rounding.
2. *Jumps.* The difference of two neighbouring components, as coefficients on the features, is a multiple of an unknown
   fold. It is determined up to the features that keep their sign on both components. Jumps that agree up to what is
   open are those of one fold, and leave less open together. What stays open is chosen so that the fold ends where it
   was seen to end: it must not cross a known fold that it was not seen to cross.
3. A fold is *taken* if components are fewer with it than without, for what it costs: nothing else makes samples of two
   components lie on one combination to rounding. Then jumps of the larger components are looked at.

Without known folds components are pieces, jumps are differences of gradients, and a fold of the first layer is the
hyperplane that many pairs of pieces share. The search ends with one component, or with the largest; then all
coefficients are fitted together (:func:`learner.folds.polished`). Which network made the labels is not asked: whatever
has the same folds is the same function. Evidence is that it explains samples, also those on no piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from learner.folds import FoldedFunction, features, fold_values, polished
from learner.jumps import joined, span_of
from learner.piece_regression import Pieces, label_tolerance

__all__ = ["as_folded", "as_one_layer"]


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
    found = _Search(*_thinned(Z, y, pieces)).one_layer() if len(pieces) else None
    mine = pieces.owner >= 0
    if found is None or np.abs(found.evaluate(Z[mine]) - y[mine]).max() > label_tolerance(y):
        return None
    return found


def as_folded(
    Z: np.ndarray, y: np.ndarray, pieces: Pieces, *, expired: Callable[[], bool] = lambda: False
) -> FoldedFunction | None:
    """Return a function with few folds that explains the samples on pieces, or most of them; None if none is found.

    Parameters
    ----------
    Z, y, pieces
        As for :func:`as_one_layer`.
    expired : callable
        Stop where it returns True.

    Notes
    -----
    Some tens of trials for each fold, each of which sorts the pairs of neighbours and solves a problem of the features
    for each pair of neighbouring units (pieces cut by folds). Given up where after the first layer more than 60
    components are left.
    """
    if not len(pieces):
        return None
    search = _Search(*_thinned(Z, y, pieces))
    for fold in search.candidates(_BEYOND[0]):
        trial = search.with_fold(fold)
        if trial.samples >= _KEPT * search.samples and trial.cost < search.cost:
            search = trial
        if expired():
            return None
    if not search.folds or len(search.fits) > _MOST_COMPONENTS:
        return None
    while len(search.fits) > 1 and not expired():
        better = next(filter(None, map(search.extended, _BEYOND)), None)
        if better is None:
            break
        search = better
    return search.best()


def _thinned(Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> tuple[np.ndarray, np.ndarray, Pieces]:
    """Return the samples on pieces, of those with very many only the first."""
    most, order = max(_FEWEST, _ENOUGH // max(1, len(pieces))), np.argsort(pieces.owner, kind="stable")
    starts = np.searchsorted(pieces.owner[order], np.arange(len(pieces)))
    place = np.arange(len(order)) - starts[np.maximum(pieces.owner[order], 0)]
    kept = np.sort(order[(pieces.owner[order] >= 0) & (place < most)])
    kept = kept if (pieces.owner >= 0).sum() > _ENOUGH else np.arange(len(Z))
    return Z[kept], y[kept], replace(pieces, owner=pieces.owner[kept])


_ENOUGH, _FEWEST = 20_000, 50  # samples in all, and on a piece
_KEPT = 0.998  # of the samples in components: a fold may cost those next to it
_MOST_COMPONENTS = 60
_CANDIDATES = 25
_NEAREST, _MOST = 12, 150
_SPARE = 20  # samples beyond the unknowns
_ZERO = 1e-7  # weights below this share of the largest are rounding
_SAME = 1e-7  # distance of unit vectors that are equal
_FLAT = 1e-9  # singular values, over the largest, that count as none
_FEWEST_PAIRS = 3
_OTHER_SIDE = 0.3  # share of neighbours across a fold that lie in one component: where a jump is none
_EXPLAINED, _NEARLY = 0.5, 0.999


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One combination of features: coefficients, what is open about them (orthonormal rows), its samples."""

    coefficients: np.ndarray
    open: np.ndarray
    rank: int
    samples: int
    misfit: float

    @classmethod
    def of(cls, triangle: np.ndarray, samples: int) -> _Fit:
        """Solve the least-squares problem whose rows (features, label) have this triangular factor."""
        left, values, rows = np.linalg.svd(triangle[:, :-1])
        rank = int((values > _FLAT * values[0]).sum())
        solution = rows[:rank].T @ ((left[:, :rank].T @ triangle[:, -1]) / values[:rank])
        misfit = float(np.linalg.norm(triangle[:, :-1] @ solution - triangle[:, -1]))
        return cls(solution, rows[rank:], rank, samples, misfit)


class _Search:
    """Folds found so far, and the components of the samples that they leave."""

    def __init__(self, Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> None:
        self.Z, self.y, self.tolerance = Z, y, label_tolerance(y)
        self.linear = not pieces.constants.any()
        self.design = Z if self.linear else np.column_stack([Z, np.ones(len(Z))])
        points = Z / np.maximum(np.linalg.norm(Z, axis=1), 1e-300)[:, None] if self.linear else Z
        near = np.asarray(KDTree(points).query(points, min(_NEAREST, len(Z)))[1]).reshape(len(Z), -1)
        first, second = np.repeat(np.arange(len(Z)), near.shape[1]), near.ravel()
        kept = (pieces.owner[first] >= 0) & (pieces.owner[second] >= 0) & (first < second)
        self.first, self.second = first[kept], second[kept]
        self.folds: list[np.ndarray] = []
        self.unit = pieces.owner.copy()  # pieces, cut by folds
        self.component = pieces.owner.copy()
        self._fit_components()

    def with_fold(self, fold: np.ndarray) -> _Search:
        """Return the search with one fold more."""
        result = object.__new__(_Search)
        result.__dict__.update(self.__dict__)
        result.folds = [*self.folds, fold]
        side = features(self.design, self.folds)[:, : len(fold)] @ fold >= 0.0
        cut = np.unique(np.where(self.unit >= 0, 2 * self.unit + side, -1), return_inverse=True)[1].ravel()
        result.unit = cut - int((self.unit < 0).any())
        result._grow_components()
        result._fit_components()
        return result

    @property
    def samples(self) -> int:
        """Number of samples in components."""
        return int((self.component >= 0).sum())

    @property
    def cost(self) -> int:
        """Number of coefficients that describe the function: of the components and of the folds."""
        return sum(fit.rank for fit in self.fits) + sum(map(len, self.folds))

    # ------------------------------------------------------------ components

    def _fit_components(self) -> None:
        known = features(self.design, self.folds)
        self.fits = []
        for number in range(int(self.component.max(initial=-1)) + 1):
            mine = self.component == number
            self.fits.append(_Fit.of(_triangle(known[mine], self.y[mine]), int(mine.sum())))

    def _grow_components(self) -> None:
        """Join neighbouring units as long as one combination of features explains them, the largest first."""
        known, unit = features(self.design, self.folds), self.unit
        counts = np.bincount(unit[unit >= 0])
        order = np.argsort(unit, kind="stable")[int((unit < 0).sum()) :]
        parts = np.split(order, np.cumsum(counts)[:-1])
        triangles = [_triangle(known[part], self.y[part]) for part in parts]
        pairs = np.sort(np.column_stack([unit[self.first], unit[self.second]]), axis=1).astype(np.int64)
        codes = np.unique(pairs[:, 0] * len(counts) + pairs[:, 1])
        neighbours: list[list[int]] = [[] for _ in counts]
        for a, b in zip((codes // len(counts)).tolist(), (codes % len(counts)).tolist(), strict=True):
            if a != b:
                neighbours[a].append(b)
                neighbours[b].append(a)
        component = np.full(len(counts), -1)
        number = 0
        for start in np.argsort(-counts, kind="stable").tolist():
            if component[start] >= 0 or counts[start] <= self.design.shape[1]:
                continue
            component[start] = number
            fit, triangle = _Fit.of(triangles[start], int(counts[start])), triangles[start]
            refused: set[int] = set()
            frontier, grown = neighbours[start], True
            while grown:
                grown, waiting = False, []
                for other in sorted(dict.fromkeys(frontier), key=lambda u: -counts[u]):
                    if component[other] >= 0 or other in refused:
                        continue
                    joint = np.asarray(np.linalg.qr(np.vstack([triangle, triangles[other]]), mode="r"))
                    bigger = _Fit.of(joint, fit.samples + int(counts[other]))
                    if counts[other] <= bigger.rank - fit.rank:
                        waiting.append(other)  # any combination explains it: later, when less is open
                    elif bigger.misfit <= self.tolerance * np.sqrt(bigger.samples):
                        component[other], fit, triangle, grown = number, bigger, joint, True
                        waiting += neighbours[other]
                    else:
                        refused.add(other)
                frontier = waiting
            number += 1
        self.component = np.where(unit >= 0, component[unit], -1)

    # ------------------------------------------------------------ folds

    def extended(self, beyond: float) -> _Search | None:
        """Return the search with the fold that saves most coefficients, or else components; None if none does."""
        trials = [self.with_fold(fold) for fold in self.candidates(beyond)]
        trials = [trial for trial in trials if trial.samples >= _KEPT * self.samples]
        best = min(trials, key=lambda trial: (trial.cost, len(trial.fits)), default=self)
        if best.cost >= self.cost:
            best = min(trials, key=lambda trial: (len(trial.fits), trial.cost), default=self)
        return best if best.cost < self.cost or len(best.fits) < len(self.fits) else None

    def candidates(self, beyond: float) -> Iterator[np.ndarray]:
        """Yield folds that jumps between components suggest, the most telling first."""
        signs = fold_values(self.design, self.folds) >= 0.0
        known = features(self.design, self.folds)
        ranked = []
        for jump, open_, seen in joined(self._jumps(signs), known.shape[1]):
            values = known @ jump
            here = np.ones(len(known), dtype=bool)
            if len(open_):
                here = np.abs(known @ open_.T).max(axis=1) <= _SAME * np.linalg.norm(known, axis=1)
            across = (values[self.first] * values[self.second] < 0.0) & here[self.first] & here[self.second]
            a, b = self.component[self.first[across]], self.component[self.second[across]]
            placed = (a >= 0) & (b >= 0)
            if placed.sum() < _FEWEST_PAIRS:
                continue
            none = float((a == b)[placed].mean()) > _OTHER_SIDE
            key = (none, -seen * here.mean()) if self.folds else (False, -seen)
            ranked.append((key, self._ended(jump, open_, values, here, beyond) if len(open_) else jump))
        ranked.sort(key=lambda entry: entry[0])
        return (fold for _, fold in ranked[:_CANDIDATES])

    def _jumps(self, signs: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (unit jump, what is open about it), the most accurate first."""
        a, b = self.component[self.first], self.component[self.second]
        apart = (a >= 0) & (b >= 0) & (a != b) & (signs[self.first] == signs[self.second]).all(axis=1)
        pairs = np.sort(np.column_stack([a[apart], b[apart]]), axis=1).astype(np.int64)
        codes = np.unique(pairs[:, 0] * len(self.fits) + pairs[:, 1])
        found = []
        for code in codes.tolist():
            one, other = self.fits[code // len(self.fits)], self.fits[code % len(self.fits)]
            open_ = span_of(np.vstack([one.open, other.open]))
            jump = one.coefficients - other.coefficients
            jump = jump - open_.T @ (open_ @ jump)
            size = float(np.linalg.norm(jump))
            if size > _FLAT:
                found.append((len(open_), -size * min(one.samples, other.samples), jump / size, open_))
        found.sort(key=lambda entry: entry[:2])
        return ((jump, open_) for _, _, jump, open_ in found)

    def _ended(
        self, jump: np.ndarray, open_: np.ndarray, values: np.ndarray, here: np.ndarray, beyond: float
    ) -> np.ndarray:
        """Choose what is open so that the fold does not cross known folds that it was not seen to cross.

        On the side of a known fold where the jump was seen, ``|H| - σH`` is zero, beyond it is 2·|H|: a large multiple
        of it keeps the sign that the jump has along that fold.
        """
        p, full = self.design.shape[1], jump.copy()
        heights = fold_values(self.design, self.folds)
        for j, fold in enumerate(self.folds):
            crossing = heights[self.first, j] * heights[self.second, j] < 0.0
            for side in (1.0, -1.0):
                bend = np.zeros(len(jump))
                bend[p + j] = 1.0
                bend[: len(fold)] -= side * fold
                size = float(np.linalg.norm(bend))
                if np.linalg.norm(bend - open_.T @ (open_ @ bend)) > _SAME * size:
                    continue
                near = here & (side * heights[:, j] > 0.0)
                along = np.concatenate([ends[crossing & near[ends]] for ends in (self.first, self.second)])
                full += float(np.sign(np.sign(values[along]).sum())) * beyond / size * bend
        return full / np.linalg.norm(full)

    # ------------------------------------------------------------ functions

    def one_layer(self) -> FoldedFunction | None:
        """Return the function whose folds are hyperplanes between pieces, if it explains all samples on pieces."""
        jumps = joined(self._jumps(np.empty((len(self.Z), 0), dtype=bool)), self.design.shape[1])
        folds = [jump for jump, _, _ in sorted(jumps, key=lambda entry: -entry[2])[:_MOST]]
        while True:
            top = self._least_squares(folds)
            if top is None:
                return None
            weights = np.abs(top[self.design.shape[1] :])
            heavy = weights > _ZERO * float(weights.max(initial=0.0))
            if heavy.all():
                return FoldedFunction(folds, top, self.linear, self.Z.shape[1])
            folds = [fold for fold, keep in zip(folds, heavy, strict=True) if keep]

    def _least_squares(self, folds: list[np.ndarray]) -> np.ndarray | None:
        """Return the combination that explains all samples on pieces, if one does."""
        mine = self.unit >= 0
        known = features(self.design[mine], folds)
        if known.shape[1] + _SPARE > len(known):
            return None
        top = np.linalg.lstsq(known, self.y[mine], rcond=None)[0]
        return top if np.abs(known @ top - self.y[mine]).max() <= self.tolerance else None

    def best(self) -> FoldedFunction | None:
        """Return the function that all coefficients together give, or the largest component's."""
        k, mine = self.Z.shape[1], self.unit >= 0
        top = self._least_squares(self.folds)
        if top is not None:
            return FoldedFunction(self.folds, top, self.linear, k)
        largest = max(self.fits, key=lambda fit: fit.samples)
        best = FoldedFunction(self.folds, largest.coefficients, self.linear, k)
        share = self.explained(best)
        for fold in [None, *self.candidates(_BEYOND[0])][:_POLISHED]:
            folds = self.folds if fold is None else [*self.folds, fold]
            known = features(self.design[mine], folds)
            start = np.linalg.lstsq(known, self.y[mine], rcond=None)[0]
            refined = polished(FoldedFunction(folds, start, self.linear, k), self.Z[mine], self.y[mine])
            if self.explained(refined) > share:
                best, share = refined, self.explained(refined)
            if share >= _NEARLY:
                break
        return best if share > _EXPLAINED else None

    def explained(self, function: FoldedFunction) -> float:
        """Return the share of the samples on pieces that a function explains."""
        mine = self.unit >= 0
        return float((np.abs(function.evaluate(self.Z[mine]) - self.y[mine]) <= self.tolerance).mean())


_BEYOND = (3.0, 0.0, 0.5)  # how much a fold is bent where it was not seen to go on, in units of its coefficients
_POLISHED = 4


def _triangle(known: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.qr(np.column_stack([known, y]), mode="r"))
