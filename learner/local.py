r"""Which piece applies at a point, by samples close by; where they leave it open, a network that is near all samples.

A max-min form needs all pieces and all clauses, and where some are missing it may be far off, also where the right
piece is known. But the cells of pieces are convex or unions of few convex ones, and where two of them meet, the pieces
are equal: all samples of one are on one side of ``p = q``, and all of the other on the other side. So what nearby
samples say about a pair of pieces is asked of the point, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from learner.folds import FoldedFunction
from learner.pieces import label_tolerance, on_sphere, owners
from tropical import LatticePolynomial

__all__ = ["Local"]


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """The value of the piece that samples close by say applies, or of a network that is near all samples.

    *Candidates* are the pieces of the nearest 40 samples. Of two of them, p and q, the sixty nearest samples may say
    that ``p - q`` has one sign on those of p, and the other one on those of q; a candidate p has a *fault* for each
    such q if ``p - q`` has the other sign at the point. The candidates with the fewest faults are left.

    Without a network, the piece of the nearest sample among them is taken. With one, the value is expected to be that
    of the network and what it misses the ten nearest samples by, weighted by the inverse cube of the distance; what it
    misses them by at most, times the share of the ten that lie on pieces, is the distance up to which values count as
    near. Where the nearest sample lies on a piece, the candidate without a fault that is closest to this is taken, if
    it is within four times that distance; else the closest of all, if it is within it; else the value expected. Without
    constants, samples and distances are those on the unit sphere.

    Attributes
    ----------
    slopes : (M, p)
        Pieces: gradients on R^k, and constants if there are any.
    owner : int array (n,)
        The piece of each sample, -1 for none.
    design, y : (n, p), (n,)
        The samples, without constants on the unit sphere.
    near : FoldedFunction or None
    missed : (n,)
        Labels minus the network's values.
    tree : KDTree
        Of the samples.
    tolerance : float
        Values up to this apart are equal.

    Notes
    -----
    A value costs one query of the tree, and 60·m·(p + m) operations with m candidates, up to 16 of them.
    """

    slopes: np.ndarray
    owner: np.ndarray
    design: np.ndarray
    y: np.ndarray
    near: FoldedFunction | None
    missed: np.ndarray
    tree: KDTree
    tolerance: float

    @classmethod
    def of(cls, pieces: LatticePolynomial, near: FoldedFunction | None, Z: np.ndarray, y: np.ndarray) -> Local:
        """Return that of the pieces of a function and exact samples (n, k), (n,)."""
        gradients, constants = pieces.pieces.float_arrays()
        linear, tolerance = not constants.any(), label_tolerance(y)
        slopes = gradients if linear else np.column_stack([gradients, constants])
        owner = owners(gradients, constants, Z, y, tolerance)
        points, scales = on_sphere(Z, linear)
        missed = np.zeros(len(y)) if near is None else (y - near.evaluate(Z)) / scales
        design = points if linear else np.column_stack([points, np.ones(len(Z))])
        return cls(slopes, owner, design, y / scales, near, missed, KDTree(points), tolerance)

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the values at the rows of Z (n, k)."""
        return self.valued(Z)[0]

    def valued(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values, and where samples, and the network if there is one, agree on one piece."""
        values, whole = np.empty(len(Z)), np.empty(len(Z), dtype=bool)
        linear = self.slopes.shape[1] == Z.shape[1]
        points, scales = on_sphere(Z, linear)
        expected = np.zeros(len(Z)) if self.near is None else self.near.evaluate(Z) / scales
        count = min(_SIGNS, len(self.owner))
        for first in range(0, len(Z), _ROWS):
            rows = slice(first, first + _ROWS)
            away, which = (np.asarray(part).reshape(-1, count) for part in self.tree.query(points[rows], count))
            design = points[rows] if linear else np.column_stack([points[rows], np.ones(len(away))])
            there, faults = self._candidates(design, which)
            if self.near is None:
                values[rows], whole[rows] = _first(there, faults)
            else:
                values[rows], whole[rows] = self._closest(there, faults, expected[rows], away, which)
        return values * scales, whole

    def _candidates(self, design: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values of candidates (n, m), the nearest first, infinite where there are no more; and faults."""
        owner = self.owner[which]
        pieces = _distinct(owner[:, :_NEAREST], _CANDIDATES)
        slopes = self.slopes[pieces]
        there = np.einsum("nmp,np->nm", slopes, design)
        off = self.y[which][:, :, None] - self.design[which] @ slopes.mT  # (n, samples, m): own piece less another
        n, m = pieces.shape
        signs = np.zeros((n, m, m), dtype=int)
        for place in range(m):
            mine = (owner == pieces[:, place, None])[:, :, None]
            least = np.where(mine, off, np.inf).min(axis=1)
            most = np.where(mine, off, -np.inf).max(axis=1)
            signs[:, place] = np.where(least >= -self.tolerance, 1, np.where(most <= self.tolerance, -1, 0))
        telling = (signs != 0) & (signs == signs.transpose(0, 2, 1))
        here = np.sign(there[:, :, None] - there[:, None, :])
        valid = pieces >= 0
        faults = (telling & (here * signs < 0) & valid[:, None, :]).sum(axis=2)
        there[~valid], faults[~valid] = np.inf, m + 1
        return there, faults

    def _closest(
        self, there: np.ndarray, faults: np.ndarray, expected: np.ndarray, away: np.ndarray, which: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return values by what is expected, and where they are those of pieces without a fault."""
        weights, missed = np.maximum(away[:, :_MISSED], _CLOSE) ** -3.0, self.missed[which[:, :_MISSED]]
        expected = expected + (weights * missed).sum(axis=1) / weights.sum(axis=1)
        known = self.owner[which[:, :_MISSED]] >= 0
        within = known.mean(axis=1) * np.abs(missed).max(axis=1) + self.tolerance
        off = np.abs(there - expected[:, None])
        left = np.where((faults == 0) & known[:, :1], off, np.inf).min(axis=1)
        whole, any_ = left <= _WIDER * within, off.min(axis=1)
        least = np.where(whole, left, any_)[:, None]
        closest = np.take_along_axis(there, (off == least).argmax(axis=1)[:, None], 1)[:, 0]
        return np.where(whole | (any_ <= within), closest, expected), whole


def _first(there: np.ndarray, faults: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of the first with the fewest faults, and where it is the only one without."""
    best = faults.argmin(axis=1)[:, None]
    values = np.take_along_axis(there, best, 1)[:, 0]
    return np.where(np.isfinite(values), values, 0.0), (faults == 0).sum(axis=1) == 1


def _distinct(owner: np.ndarray, most: int) -> np.ndarray:
    """Return the pieces of each row, each once, in their order; -1 where there are no more."""
    order = np.argsort(owner, axis=1, kind="stable")
    ordered = np.take_along_axis(owner, order, 1)
    new = np.ones(owner.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    places = np.sort(np.where(new & (ordered >= 0), order, owner.shape[1]), axis=1)[:, :most]
    places = places[:, : max(1, int((places < owner.shape[1]).sum(axis=1).max(initial=0)))]
    padded = np.column_stack([owner, np.full(len(owner), -1)])
    return np.take_along_axis(padded, places, 1)


_NEAREST, _SIGNS, _CANDIDATES = 40, 60, 16  # samples whose pieces are candidates, that tell, and candidates
_MISSED, _WIDER = 10, 4.0
_CLOSE, _ROWS = 1e-9, 1024
