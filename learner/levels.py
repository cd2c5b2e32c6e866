r"""Layers of units on the units of others, from the pieces of a function: which folds they have, and how they turn.

A :class:`Level` is a layer with known folds on known features, and what is seen on it of the folds of the next one. The
first level is built on coordinates, the next on the units of the first, and so on; each step is the same
(:mod:`learner.hidden_layers`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import KDTree

from learner.components import Components
from learner.extension import Sight, extended
from learner.jumps import Candidates, common, joined
from learner.pieces import Pieces, label_tolerance, on_sphere
from learner.units import Jump, Open, Units

__all__ = ["MOST_FOLDS", "Level", "Neighbourhoods", "folds_between"]

_NEAREST, _SIDES = 12, 32
_ENOUGH, _FEWEST = 20_000, 50  # samples in all, and on a piece
_PARALLEL = 1e-6  # sine of jumps that are multiples of each other


class Neighbourhoods:
    """Samples on pieces, and which of them are neighbours."""

    def __init__(self, Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> None:
        self.y, self.owner, self.tolerance = y, pieces.owner, label_tolerance(y)
        self.linear = not pieces.constants.any()
        self.design = Z if self.linear else np.column_stack([Z, np.ones(len(Z))])
        points, _ = on_sphere(Z, self.linear)
        near = np.asarray(KDTree(points).query(points, min(_NEAREST, len(Z)))[1]).reshape(len(Z), -1)
        pairs = np.column_stack([np.repeat(np.arange(len(Z)), near.shape[1]), near.ravel()])
        self.pairs = pairs[(pieces.owner[pairs] >= 0).all(axis=1) & (pairs[:, 0] < pairs[:, 1])]
        self.pieces = Components(self.design, y, pieces.owner, self.pairs, self.design.shape[1], self.tolerance)
        self.coefficients = np.array([fit.coefficients for fit in self.pieces.fits]).reshape(-1, self.design.shape[1])

    @classmethod
    def of(cls, Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> Neighbourhoods:
        """Return those of all samples; where very many lie on pieces, of those on pieces that have most the first."""
        if (pieces.owner >= 0).sum() <= _ENOUGH:
            return cls(Z, y, pieces)
        most, order = max(_FEWEST, _ENOUGH // max(1, len(pieces))), np.argsort(pieces.owner, kind="stable")
        starts = np.searchsorted(pieces.owner[order], np.arange(len(pieces)))
        place = np.arange(len(order)) - starts[np.maximum(pieces.owner[order], 0)]
        kept = np.sort(order[(pieces.owner[order] >= 0) & (place < most)])
        return cls(Z[kept], y[kept], replace(pieces, owner=pieces.owner[kept]))

    def hyperplanes(self) -> list[tuple[np.ndarray, np.ndarray, int]]:
        """Return what jumps between pieces are multiples of: (unit coefficients, what is open, times seen)."""
        p = self.design.shape[1]
        return [entry for entry in joined(self.pieces.jumps(self.pairs, p), p) if not len(entry[1])]

    def inside(self, heights: np.ndarray, pairs: np.ndarray | None = None) -> np.ndarray:
        """Return the pairs (all, or those given) that no fold separates; `heights` are the values of folds, (n, m)."""
        pairs, sides = self.pairs if pairs is None else pairs, heights >= 0.0
        return pairs[(sides[pairs[:, 0]] == sides[pairs[:, 1]]).all(axis=1)]

    def seen_along(self, fold: np.ndarray, level: Units | None = None) -> tuple[int, float]:
        """Return how many pairs of pieces, and which share of the pairs of samples across a fold, jump along it.

        Across a fold of a later layer pieces do not jump along what it would be further on, if it did not bend; across
        one of this layer they do almost everywhere.
        """
        pairs, known = self.pairs, self.design if level is None else level.features(self.design)
        if level is not None:
            pairs = self.inside(level.heights(self.design))
        height = known @ fold
        ends = self.pieces.of[pairs]
        across = (ends >= 0).all(axis=1) & (height[pairs[:, 0]] * height[pairs[:, 1]] < 0.0)
        ends = ends[across]
        if not len(ends):
            return 0, 0.0
        jumps = self.coefficients[ends[:, 0]] - self.coefficients[ends[:, 1]]
        jumps /= np.maximum(np.linalg.norm(jumps, axis=1), 1e-300)[:, None]
        if level is None:
            along = np.broadcast_to(fold, jumps.shape)
        else:
            along = level.gradients(self.design[pairs[across, 0]], fold)
            along = along / np.maximum(np.linalg.norm(along, axis=1), 1e-300)[:, None]
        rest = jumps - np.einsum("ij,ij->i", jumps, along)[:, None] * along
        same = (ends[:, 0] != ends[:, 1]) & (np.linalg.norm(rest, axis=1) <= _PARALLEL)
        return len(np.unique(np.sort(ends[same], axis=1), axis=0)), float(same.mean())

    def components(self, known: np.ndarray, folds: np.ndarray) -> Components:
        """Return components on features; folds are the values that cut the pieces, (n, m)."""
        mine, cut = self.owner >= 0, np.maximum(self.owner, -1).astype(np.int64)
        for first in range(0, folds.shape[1], _SIDES):  # numbered anew for each so many sides: the order stays
            sides = folds[:, first : first + _SIDES] >= 0.0
            cut = (cut << sides.shape[1]) + sides @ (1 << np.arange(sides.shape[1])[::-1])
            cut = np.unique(np.where(mine, cut, -1), return_inverse=True)[1] - int(not mine.all())
        return Components(known, self.y, cut, self.pairs, self.design.shape[1], self.tolerance)


class Level(Units):
    """Units, and what is seen of folds on them.

    Parameters
    ----------
    below, folds, signs, passed, open_
        As for :class:`learner.units.Units`.
    part : Neighbourhoods

    Attributes
    ----------
    components : Components
        On the features and the absolute values of the folds seen.
    seen : list of float arrays (m + e + u,)
        Folds that are seen wherever they are, as coefficients on the features.
    partial : list of pairs
        Folds that are seen wherever they are determined, and what is open about them.
    likely : list of pairs
        Other folds, and what is open about them.
    left : int
        Number of components that they leave.
    cost : int
        Number of coefficients that describe the function: of the folds, and of the components that they leave. Those of
        the first level are not counted.
    """

    def __init__(
        self,
        below: Units | None,
        folds: np.ndarray,
        signs: np.ndarray | None,
        passed: np.ndarray,
        part: Neighbourhoods,
        open_: Open | None = None,
    ) -> None:
        super().__init__(below, folds, signs, passed, part.linear, open_)
        self._part = part
        self.seen: list[np.ndarray] = []
        known, heights = self.features(part.design), self.heights(part.design)
        q, inside = known.shape[1], part.inside(heights)
        while True:  # those seen join the features: components are then larger, and more is seen
            values = known @ np.array(self.seen).reshape(-1, q).T
            self.components = part.components(np.hstack([known, np.abs(values)]), np.hstack([heights, values]))
            new, self.partial, self.likely = folds_between(self.components, part.inside(values, inside), known)
            self.seen += new
            if not new or len(self.components.fits) == 1 or len(self.seen) > MOST_FOLDS:
                break
        self.left = len(self.components.fits)
        self.cost = sum(fit.rank for fit in self.components.fits) + q * len(self.seen)
        layer: Units = self
        while layer.below is not None:
            self.cost += layer.folds.size + layer.passed.size + len(layer.open.owner)
            layer = layer.below

    def largest(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the samples of the largest component, as rows of the design, and their labels."""
        sizes = [fit.samples for fit in self.components.fits]
        mine = self.components.of == int(np.argmax(sizes))
        return self._part.design[mine], self._part.y[mine]


def folds_between(
    components: Components, pairs: np.ndarray, known: np.ndarray
) -> tuple[list[np.ndarray], list[Jump], list[Jump]]:
    """Return folds that are seen wherever they are, those seen where they are determined, and others, likeliest first.

    The last two with what is open about them.
    """
    q = known.shape[1]
    jumps, sight = list(components.jumps(pairs, q)), Sight(known, components, pairs)
    folds = joined(iter(jumps), q)
    firm = extended(folds, jumps, sight)
    likely, others = [], Candidates([(fold, open_) for fold, open_, _ in firm], q)
    for fold, open_, times in folds:
        near = others.like(fold, open_, len(firm))
        if not any(common(*firm[number][:2], fold, open_, q) for number in near):
            likely.append((len(open_), -times * sight.share(fold, open_)[1], fold, open_))
    likely.sort(key=lambda entry: entry[:2])
    seen, partial = [one for one, open_, _ in firm if not len(open_)], [(one, open_) for one, open_, _ in firm]
    return seen, [entry for entry in partial if len(entry[1])], [entry[2:] for entry in likely][:MOST_FOLDS]


MOST_FOLDS = 14
