"""One hidden layer behind pieces: right where hardly any sample fell, or none (docs/learning.md, 10)."""

from __future__ import annotations

import numpy as np

from learner.folds import FoldedFunction, features
from learner.levels import Neighbourhoods
from learner.pieces import Pieces, label_tolerance

__all__ = ["as_one_layer"]


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
    if not len(pieces):
        return None
    part = Neighbourhoods.of(Z, y, pieces)
    mine, p = part.owner >= 0, part.design.shape[1]
    folds = [fold for fold, _, _ in sorted(part.hyperplanes(), key=lambda entry: -entry[2])[:_MOST]]
    while True:
        known = features(part.design[mine], folds)
        if known.shape[1] + _SPARE > len(known):
            return None
        top = np.linalg.lstsq(known, part.y[mine], rcond=None)[0]
        if np.abs(known @ top - part.y[mine]).max() > part.tolerance:
            return None
        weights = np.abs(top[p:])
        heavy = weights > _ZERO * float(weights.max(initial=0.0))
        if heavy.all():
            break
        folds = [fold for fold, keep in zip(folds, heavy, strict=True) if keep]
    found, mine = FoldedFunction(folds, top, part.linear, Z.shape[1]), pieces.owner >= 0
    return found if np.abs(found.evaluate(Z[mine]) - y[mine]).max() <= label_tolerance(y) else None


_MOST = 150
_SPARE = 20  # samples beyond the unknowns
_ZERO = 1e-7  # weights below this share of the largest are rounding
