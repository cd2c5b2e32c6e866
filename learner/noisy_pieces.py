"""Pieces of a function whose labels are noisy: least squares on the members of each, and no more pieces than needed."""

from __future__ import annotations

import numpy as np

from learner.exact_finish import Finished

__all__ = ["merged_pieces"]


def merged_pieces(found: Finished, Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return gradients (M, k), constants (M,) and the owner of each sample after merging pieces that noise split.

    Two pieces are one if a common fit is worse by no more than noise allows: by less than `_WORSE` times the variance
    for each coefficient saved. The pair that costs least is merged first.

    Notes
    -----
    Sums of squares are additive: O(M²) solves of size k + 1, and one pass over the samples.
    """
    linear = not found.constants.any()
    design = Z if linear else np.column_stack([Z, np.ones(len(Z))])
    p, owner = design.shape[1], found.owner.copy()
    groups = [np.flatnonzero(owner == m) for m in range(len(found.gradients))]
    groups = [group for group in groups if len(group) > p]
    sums = [_sums(design[group], y[group]) for group in groups]
    misfits = [_misfit(part) for part in sums]
    freedom = sum(len(group) - p for group in groups)
    variance = sum(misfits) / max(1, freedom)
    while len(groups) > 1:
        costs = [
            (_misfit(_add(sums[a], sums[b])) - misfits[a] - misfits[b], a, b)
            for a in range(len(groups))
            for b in range(a + 1, len(groups))
        ]
        cost, a, b = min(costs)
        if cost > _WORSE * p * variance:
            break
        groups[a] = np.concatenate([groups[a], groups.pop(b)])
        sums[a] = _add(sums[a], sums.pop(b))
        misfits.pop(b)
        misfits[a] = _misfit(sums[a])
    owner[:] = -1
    for number, group in enumerate(groups):
        owner[group] = number
    rows = np.array([np.linalg.lstsq(part[0], part[1], rcond=None)[0] for part in sums]).reshape(len(groups), p)
    return rows[:, : Z.shape[1]], np.zeros(len(rows)) if linear else rows[:, -1], owner


_WORSE = 6.0

_Sums = tuple[np.ndarray, np.ndarray, float]


def _sums(design: np.ndarray, y: np.ndarray) -> _Sums:
    return design.T @ design, design.T @ y, float(y @ y)


def _add(one: _Sums, other: _Sums) -> _Sums:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _misfit(sums: _Sums) -> float:
    solution = np.linalg.lstsq(sums[0], sums[1], rcond=None)[0]
    return max(0.0, sums[2] - float(sums[1] @ solution))
