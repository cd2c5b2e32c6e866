r"""Which subspace, and of how many dimensions: starts, joint refinement from each, one more direction where needed.

A start is right if refinement from it explains the labels, and that is seen at once: honest residuals collapse from the
size of the labels to some per cent of it. So starts may be many and cheap:

1. the directions of filtered PCA, as many as its test confirms;
2. where that explains nothing, three directions more that only moments of third degree show
   (:mod:`learner.third_degree`), beyond exact pieces that cross (:mod:`learner.crossing`) if there are some;
3. planes in the *leading subspace* of a smooth filter of |y| (:mod:`learner.leading_plane`);
4. refinement with a subspace apart for each fold, which does not mistake the noise it was fitted to for signal;
5. one direction more, from slices of the residual within cells of the known coordinates: the paper's residual filter.

Where exact pieces look at fewer directions than the choice between them does, the other directions are normals of walls
that tell them apart (:mod:`learner.walls`).

Directions that the function found does not look at are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np

from learner.crossing import across_walls, crossing_pieces, with_third_degree
from learner.exact_finish import Finished, exact_finish
from learner.gauss_newton import off_span, orthonormal
from learner.leading_plane import FILTERS, leading_plane
from learner.refine import Refined, refine, refine_apart
from learner.subspace import FilteredPCA

__all__ = ["Pursuit"]


class Pursuit:
    """The search for a subspace and a function on it, on samples that are all it may see.

    Parameters
    ----------
    X, y : (n, d), (n,)
    rounding : float
        Residual that counts as exact.
    rng : RandomState
    expired : callable
        Says whether time is up.
    note : callable, optional
        Told in words what was tried.

    Attributes
    ----------
    refined : Refined or None
        The best pair so far.
    finished : Finished or None
        Exact subspace and pieces, if they were found.
    rough : Finished or None
        Subspace and pieces up to noise, where they were found and are not exact.
    tried : int
        Number of starts.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        *,
        rounding: float,
        rng: np.random.RandomState,
        expired: Callable[[], bool],
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.X, self.y, self.rounding = X, y, rounding
        self._rng, self._expired, self._note = rng, expired, note
        self.refined: Refined | None = None
        self.finished: Finished | None = None
        self.rough: Finished | None = None
        self.tried = 0

    @property
    def best(self) -> Finished | Refined | None:
        """What comes closest."""
        return self.finished or self.refined

    def __str__(self) -> str:
        if self.finished is not None:
            return f"{len(self.finished.components)} directions, exact from start {self.tried}"
        if self.refined is None:
            return "no direction explains anything"
        return f"{len(self.refined.components)} directions leave {self.refined.error:.1e} of the variance"

    def run(self, start: np.ndarray, wanted: int | None) -> Pursuit:
        """Search from the directions of filtered PCA (k, d), for `wanted` dimensions where a number is given."""
        self._from_spectrum(start, wanted)
        while not self._explained() and not self._expired() and self._one_more(wanted):
            pass
        while self._explained() and not self._expired() and self._one_beyond(wanted):
            pass
        return self

    # ------------------------------------------------------------ starts

    def _from_spectrum(self, start: np.ndarray, wanted: int | None) -> None:
        """Try ranks in the order of their plausibility, cheap starts first, until one explains the labels."""
        n, d = self.X.shape
        most = min(d, _MOST) if wanted is None else wanted
        if len(start) == 0 and self._by_third_degree(start, most):
            return
        if wanted is None and len(start) == 0 and n >= _PLENTY * d:
            return  # with so many samples a direction that labels show would have been confirmed
        ranks = [wanted] if wanted is not None else [*dict.fromkeys([len(start), 2, 3, 1])]
        ranks = [rank for rank in ranks if 0 < rank <= d]
        for rank in ranks:
            columns = start[:rank] if len(start) >= rank else FilteredPCA(rank).fit(self.X, self.y).components_
            if self._try(columns, f"filtered PCA, {rank} directions") or self._expired():
                return
            if rank == len(start) and (self._further_rounds(start, most) or self._by_third_degree(start, most)):
                return
            if rank == len(start) and self.refined is not None and self.refined.error > _EXPLAINED:
                far = refine(self.X, self.y, columns, outer=0.5, expired=self._expired)
                if self._try(far.components, f"filtered PCA by the longer half, {rank} directions"):
                    return
            if rank == len(start) and n >= _ENOUGH * rank * d and self.refined and self.refined.error < _SEEN:
                return  # errors are honest and the test has confirmed so many: what is missing comes one at a time
        if n >= _PLENTY * d:
            return
        for rank in [rank for rank in ranks if rank > 1] or ranks:
            if self.refined is not None and self.refined.error < _EXPLAINED:
                return
            for filtered in FILTERS:
                if self._expired():
                    return
                columns = leading_plane(self.X, self.y, filtered, rank, rng=self._rng, expired=self._expired)
                if self._try(columns, f"the leading subspace, {rank} directions", apart=True):
                    return

    def _try(self, start: np.ndarray, what: str, *, apart: bool = False) -> bool:
        """Refine from a start and keep the result if it is the best; return whether the labels are explained."""
        result = self._refined(start) if apart else refine(self.X, self.y, start, expired=self._expired)
        return self._better(result, what)

    def _by_third_degree(self, start: np.ndarray, most: int) -> bool:
        """Where known directions alone explain nothing, add three that products of three coordinates show."""
        if self._expired() or (self.refined is not None and self.refined.error <= _SEEN):
            return False
        limits = {"rng": self._rng, "expired": self._expired}
        crossing, rows = with_third_degree(self.X, self.y, start, most, **limits)
        if not len(rows):
            return False
        result = refine(self.X, self.y, rows, expired=self._expired)
        if result.error > _SEEN:
            return False
        what = f"moments of third degree, {len(result.components)} directions"
        return self._better(result, what) or (crossing is not None and self._cross_walls(crossing))

    def _further_rounds(self, start: np.ndarray, most: int) -> bool:
        """Add directions that only show within cells of the known ones, and try them all together.

        Known ones are estimates here, so the first that cells show may be what an estimate lacks: few cells show less
        of that, and the refinement of all together puts it right.
        """
        rows = start
        while len(rows) < most and not self._expired():
            search = FilteredPCA("auto", basis=rows, n_cells=_CELLS).fit(self.X, self.y)
            if not len(search.components_):
                break
            rows = np.vstack([rows, search.components_[: most - len(rows)]])
            if self._try(rows, f"a round of filtered PCA more, {len(rows)} directions"):
                return True
            best = self.refined  # where the test let in a direction too many, a function of fewer is resolved better
            if best is not None and len(best.components) == len(rows) > 2 and best.error < _SEEN:
                fewer = refine(self.X, self.y, self._slopes_of(best)[1][1:], expired=self._expired)
                if self._better(fewer, f"without the flattest, {len(rows) - 1} directions"):
                    return True
        return False

    # ------------------------------------------------------------ refinement

    def _refined(self, start: np.ndarray) -> Refined:
        """Refine; where that leaves more than it should, refine apart and go on from there."""
        result = refine(self.X, self.y, start, expired=self._expired)
        if result.error <= _EXPLAINED or self._expired():
            return result
        apart = refine_apart(self.X, self.y, start, rng=self._rng, expired=self._expired)
        if apart.error > _SEEN:
            again = refine_apart(self.X, self.y, result.components, rng=self._rng, expired=self._expired)
            apart = min(apart, again, key=_error)
        if apart.components is start:  # no turn made it better: from here `refine` has gone before
            onwards = result
        else:
            onwards = refine(self.X, self.y, apart.components, expired=self._expired)
        if onwards.error <= _EXPLAINED:
            return onwards
        # leave-one-out errors of a subspace that was fitted to the same samples flatter it; those apart do not
        return replace(min(result, onwards, key=_error), error=max(apart.error, onwards.error))

    def _better(self, result: Refined, what: str) -> bool:
        """Keep a result if it is better than the best; return whether nothing is left to explain."""
        self._note(f"{what}: {result.error:.1e} of the variance left")
        self.tried += 1
        if self.refined is None or result.error < self.refined.error:
            self.refined = result
            if result.error < _WORTH_FINISHING:
                self._finish()
            elif result.error < _WORTH_CROSSING:
                self._cross_walls()
        return self._explained()

    def _finish(self) -> None:
        """Look for exact pieces on the best subspace; without success, on that of a finer function, which is closer."""
        self._drop_idle_directions()
        self._solve_exactly()
        current = self.refined
        walled = self.finished if self._cross_walls() else None
        if current is None or current.error <= _FINEST or self._whole() or self._expired():
            return
        finer = refine(self.X, self.y, current.components, rounds=_FEW_ROUNDS, detail=_DETAIL, expired=self._expired)
        if finer.error < _FINER * current.error:
            self._note(f"finer: {finer.error:.1e} of the variance left")
            self.refined = finer
            self._solve_exactly()
            self.finished = self.finished if walled is None or self._whole() else walled

    def _cross_walls(self, found: Finished | None = None) -> bool:
        """Where pieces look at fewer directions than the choice between them does, find the others by that choice."""
        if self.refined is None or self._expired() or self._whole():
            return False
        found = found or self.finished or crossing_pieces(self.X, self.y, self.refined.components, rng=self._rng)
        if found is None:
            return False
        directions, limits = self.refined.components, {"rng": self._rng, "expired": self._expired}
        result = across_walls(self.X, self.y, found, directions, **limits)
        self.finished = result or self.finished
        return result is not None

    def _whole(self) -> bool:
        """Whether exact pieces look at all directions of the best subspace."""
        assert self.refined is not None
        return self.finished is not None and len(self.finished.components) == len(self.refined.components)

    def _solve_exactly(self) -> None:
        assert self.refined is not None
        k, homogeneous = len(self.refined.components), self.refined.function.smoother.homogeneous
        partial: Finished | None = None
        tried: set[tuple[int, int]] = set()  # a second look beyond the same pieces finds no more
        for linear, steep in product((True, False) if homogeneous else (False,), (False, True)):
            found = exact_finish(
                self.X,
                self.y,
                self.refined.components,
                homogeneous=linear,
                rounding=self.rounding,
                rng=self._rng,
                steep=steep,
                expired=self._expired,
            )
            if found is None:
                continue
            if found.exact and len(found.components) < k:
                left = self._without_piece(found)
                if (len(found.components), len(left)) not in tried:
                    tried.add((len(found.components), len(left)))
                    found = self._beyond(found, left, homogeneous=linear)
            if found.exact and (len(found.components) == k or self._misses_little(found)):
                self.finished = found
                return
            if found.exact and partial is None and (found.owner >= 0).mean() >= _NEARLY_ALL:
                partial = found
            if not found.exact and (self.rough is None or found.scale < self.rough.scale):
                self.rough = found
        self.finished = partial  # a direction that no exact piece looks at is sought among the samples without a piece

    def _without_piece(self, found: Finished) -> np.ndarray:
        """Return the indices of the samples that lie on no piece found, wherever their neighbours lie."""
        values = (self.X @ found.components.T) @ found.gradients.T + found.constants
        return np.flatnonzero(np.abs(values - self.y[:, None]).min(axis=1) > _ON_PIECE * self.rounding)

    def _beyond(self, found: Finished, left: np.ndarray, *, homogeneous: bool) -> Finished:
        """Look for the directions that pieces found do not look at, among the samples that lie on none of them.

        Where most samples lie on flat pieces of few directions and some on thin steep ones (parities, neurons that are
        nearly parallel), the latter show only when the former are out of the way.
        """
        assert self.refined is not None
        known = found.components
        X, y = self.X[left], self.y[left]
        _, sizes, rows = np.linalg.svd(off_span(self.refined.components, known), full_matrices=False)
        start = rows[: len(self.refined.components) - len(known)]
        if len(left) <= len(start) * self.X.shape[1] or not sizes[len(start) - 1] > 0.0:
            return found
        for neighbours, steep in product((0, *(len(left) // share for share in _WIDE)), (False, True)):
            more = exact_finish(
                X,
                y,
                start,
                known=known,
                homogeneous=homogeneous,
                rounding=self.rounding,
                rng=self._rng,
                steep=steep,
                neighbours=neighbours,
                expired=self._expired,
            )
            if more is not None and more.exact:
                return _joined(found, more, left)
        return found

    def _misses_little(self, found: Finished) -> bool:
        """Return whether fewer samples lie on no piece than a piece with a direction of its own has to have."""
        return len(self._without_piece(found)) <= self.X.shape[1]

    def _explained(self) -> bool:
        return self.finished is not None

    # ------------------------------------------------------------ number of directions

    def _slopes_of(self, result: Refined) -> tuple[np.ndarray, np.ndarray]:
        """Return mean squares of slopes, increasing, and the directions of them, (k, d)."""
        slopes = result.function.with_gradients(self.X @ result.components.T)[1]
        values, vectors = np.linalg.eigh(slopes.T @ slopes / len(slopes))
        return values, vectors.T @ result.components

    def _drop_idle_directions(self) -> None:
        """Drop directions without which the labels are explained as well."""
        while self.refined is not None and len(self.refined.components) > 1 and not self._expired():
            current = self.refined
            values, directions = self._slopes_of(current)
            if values[0] > _IDLE * values[-1]:
                return
            fewer = refine(self.X, self.y, directions[1:], rounds=10, expired=self._expired)
            if fewer.error > max(_WORSE * current.error, _NOTHING):
                return
            self._note(f"one direction dropped: {fewer.error:.1e} of the variance left")
            self.refined = fewer

    def _one_more(self, wanted: int | None) -> bool:
        """Add the direction that slices of the residual show within cells of the known coordinates."""
        current = self.refined
        most = min(self.X.shape[1], _MOST if wanted is None else wanted)
        if current is None or not _SMALL < current.error < _SEEN or len(current.components) >= most:
            return False
        U = current.components
        extra = FilteredPCA(1, basis=U, predictor=current.local).fit(self.X, self.y).components_
        before = current.error
        what = f"a direction of the residual, {len(U) + 1} directions"
        if self._try(orthonormal(np.vstack([U, extra])), what, apart=True):
            return False
        return self.refined is not current and self.refined is not None and self.refined.error < _GAIN * before

    def _one_beyond(self, wanted: int | None) -> bool:
        """Add the direction that the residual shows beyond those of exact pieces, where many samples lie on none."""
        found, room = self.finished, min(self.X.shape[1], _MOST if wanted is None else wanted)
        if found is None or len(found.components) >= room:
            return False
        if len(self._without_piece(found)) <= (1.0 - _NEARLY_ALL) * len(self.X):
            return False
        known = refine(self.X, self.y, found.components, rounds=1, expired=self._expired)
        search = FilteredPCA("auto", basis=known.components, predictor=known.local).fit(self.X, self.y)
        if not len(search.components_):
            return False
        rows = orthonormal(np.vstack([known.components, search.components_[:1]]))
        if self._try(rows, f"beyond exact pieces, {len(rows)} directions", apart=True):
            return self.finished is not found
        self.finished = found
        return False


def _error(result: Refined) -> float:
    return result.error


def _joined(first: Finished, second: Finished, left: np.ndarray) -> Finished:
    """Return the pieces of both; the second's are those of some samples, on the first's directions and more."""
    flat = np.zeros((len(first.gradients), len(second.components) - len(first.components)))
    owner = first.owner.copy()
    owner[left] = np.where(second.owner >= 0, second.owner + len(first.gradients), -1)
    return replace(
        second,
        gradients=np.vstack([np.hstack([first.gradients, flat]), second.gradients]),
        constants=np.concatenate([first.constants, second.constants]),
        owner=owner,
    )


_EXPLAINED = 0.02  # of the variance: honest residuals of a right subspace end below, of wrong ones at tens of per cent
_SMALL = 1e-3  # what is left below is misfit and noise, or pieces too rare to show a direction
_SEEN = 0.7  # honest residuals below are no chance
_WORTH_FINISHING, _WORTH_CROSSING = 0.15, 0.4
_IDLE, _WORSE, _NOTHING = 0.3, 1.1, 1e-6
_GAIN = 0.9
_DETAIL, _FEW_ROUNDS = 3, 8
_FINER, _FINEST = 0.7, 1e-4  # error over that of the coarse function to go on; below, a finer one is not needed
_NEARLY_ALL = 0.9  # of the samples: pieces that span fewer directions are all there is only if they explain so many
_PLENTY, _ENOUGH = 50, 20  # samples for each input (and direction)
_MOST = 8
_ON_PIECE = 10.0  # times rounding: residuals of samples on a piece
_WIDE = (5, 3, 2)  # of the samples left, one in so many is a neighbour where pieces are thin
_CELLS = 2  # of the label's law given the known directions
