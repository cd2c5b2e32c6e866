r"""Layers of units on the units of others, from the pieces of a function: which folds they have, and how they turn.

A :class:`Level` is a layer with known folds on known features, and what is seen on it of the folds of the next one. The
first level is built on coordinates, the next on the units of the first, and so on; each step is the same
(:mod:`learner.hidden_layers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from learner.components import Components
from learner.extension import Sight, extended
from learner.folds import FoldedFunction
from learner.jumps import Candidates, common, joined
from learner.piece_regression import Pieces, label_tolerance
from learner.unit_fit import Loose

__all__ = ["MOST_FOLDS", "Jump", "Level", "Neighbourhoods", "Open"]

Jump = tuple[np.ndarray, np.ndarray]  # unit coefficients, and what is open about them
_NEAREST, _SIDES = 12, 32


class Neighbourhoods:
    """Samples on pieces, and which of them are neighbours."""

    def __init__(self, Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> None:
        self.y, self.owner, self.tolerance = y, pieces.owner, label_tolerance(y)
        self.linear = not pieces.constants.any()
        self.design = Z if self.linear else np.column_stack([Z, np.ones(len(Z))])
        points = Z / np.maximum(np.linalg.norm(Z, axis=1), 1e-300)[:, None] if self.linear else Z
        near = np.asarray(KDTree(points).query(points, min(_NEAREST, len(Z)))[1]).reshape(len(Z), -1)
        pairs = np.column_stack([np.repeat(np.arange(len(Z)), near.shape[1]), near.ravel()])
        self.pairs = pairs[(pieces.owner[pairs] >= 0).all(axis=1) & (pairs[:, 0] < pairs[:, 1])]
        self.pieces = Components(self.design, y, pieces.owner, self.pairs, self.design.shape[1], self.tolerance)
        self.coefficients = np.array([fit.coefficients for fit in self.pieces.fits]).reshape(-1, self.design.shape[1])

    def hyperplanes(self) -> list[tuple[np.ndarray, np.ndarray, int]]:
        """Return what jumps between pieces are multiples of: (unit coefficients, what is open, times seen)."""
        p = self.design.shape[1]
        return [entry for entry in joined(self.pieces.jumps(self.pairs, p), p) if not len(entry[1])]

    def components(self, known: np.ndarray, folds: np.ndarray) -> Components:
        """Return components on features; folds are the values that cut the pieces, (n, m)."""
        mine, cut = self.owner >= 0, np.maximum(self.owner, -1).astype(np.int64)
        for first in range(0, folds.shape[1], _SIDES):  # numbered anew for each so many sides: the order stays
            sides = folds[:, first : first + _SIDES] >= 0.0
            cut = (cut << sides.shape[1]) + sides @ (1 << np.arange(sides.shape[1])[::-1])
            cut = np.unique(np.where(mine, cut, -1), return_inverse=True)[1] - int(not mine.all())
        unit = cut
        return Components(known, self.y, unit, self.pairs, self.design.shape[1], self.tolerance)


# ------------------------------------------------------------ a level


class Level:
    """Units relu(s_j H_j), or |H_j| beside all that they are built on; and what is seen of folds on them.

    Parameters
    ----------
    below : Level or None
        What it is built on; None for the design (z, and 1 unless linear).
    folds : (m, q)
        The H_j on the features of `below`.
    signs : (m,) or None
        The s_j, or None for absolute values.
    passed : (u, q)
        Linear functions of the features of `below` that are features here, too: units that are always active.
    part : Neighbourhoods
    open_ : Open, optional
        What is open about folds.

    Attributes
    ----------
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
        below: Level | None,
        folds: np.ndarray,
        signs: np.ndarray | None,
        passed: np.ndarray,
        part: Neighbourhoods,
        open_: Open | None = None,
    ) -> None:
        self.below, self.folds, self.signs, self.linear = below, folds, signs, part.linear
        self.open = open_ or Open.nothing(folds.shape[1])
        self.passed = passed if part.linear else np.vstack([passed, np.eye(folds.shape[1])[-1:]])
        self.k = part.design.shape[1] - (not part.linear)
        self.seen: list[np.ndarray] = []
        known, heights = self.features(part.design), self.heights(part.design)
        q, same = known.shape[1], (heights[part.pairs[:, 0]] >= 0.0) == (heights[part.pairs[:, 1]] >= 0.0)
        inside = part.pairs[same.all(axis=1)]
        while True:  # those seen join the features: components are then larger, and more is seen
            values = known @ np.array(self.seen).reshape(-1, q).T
            self.components = part.components(np.hstack([known, np.abs(values)]), np.hstack([heights, values]))
            beside = inside[((values[inside[:, 0]] >= 0.0) == (values[inside[:, 1]] >= 0.0)).all(axis=1)]
            new, self.partial, self.likely = _sorted(self.components, beside, known)
            self.seen += new
            if not new or len(self.components.fits) == 1 or len(self.seen) > MOST_FOLDS:
                break
        self.left = len(self.components.fits)
        self.cost = sum(fit.rank for fit in self.components.fits) + q * len(self.seen)
        level: Level = self
        while level.below is not None:
            self.cost += level.folds.size + level.passed.size + len(level.open.owner)
            level = level.below

    def known(self, design: np.ndarray) -> np.ndarray:
        """Return what the folds are linear in, (n, q)."""
        return design if self.below is None else self.below.features(design)

    def heights(self, design: np.ndarray) -> np.ndarray:
        """Return the folds of this level and of those below, with their signs."""
        own = self.known(design) @ self.folds.T
        return own if self.below is None else np.hstack([self.below.heights(design), own])

    def features(self, design: np.ndarray) -> np.ndarray:
        """Return what the next level is linear in, (n, m + e + u)."""
        known = self.known(design)
        heights = known @ self.folds.T
        if self.signs is None:
            return np.hstack([known, np.abs(heights), self.open.beside(known, np.sign(heights))])
        active = (heights * self.signs > 0.0) * self.signs
        return np.hstack([heights * active, self.open.beside(known, active), known @ self.passed.T])

    def gradients(self, design: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Return what a combination of units is at samples, as coefficients on the design, (n, p)."""
        weights = np.broadcast_to(row, (len(design), len(row)))
        level: Level | None = self
        while level is not None:
            assert level.signs is not None
            m, rest = len(level.signs), len(level.signs) + len(level.open.owner)
            active = (level.known(design) @ level.folds.T * level.signs > 0.0) * level.signs
            own = (weights[:, :m] * active) @ level.folds
            own += (weights[:, m:rest] * active[:, level.open.owner]) @ level.open.rows
            weights = own + weights[:, rest:] @ level.passed
            level = level.below
        return weights

    def loose(self, design: np.ndarray) -> Loose:
        """Return its features, and what is open about them."""
        known, owner = self.known(design), self.open.owner
        heights, beside = known @ self.folds.T, known @ self.open.rows.T
        if self.signs is None:
            return Loose(heights, beside, owner, known, absolute=True)
        return Loose(heights * self.signs, beside * self.signs[owner], owner, known @ self.passed.T)

    def without_open(self, rows: np.ndarray) -> np.ndarray:
        """Return rows of coefficients on its features without those on what is open, (r, q)."""
        m, e = len(self.folds), len(self.open.owner)
        first = rows.shape[1] - e if self.signs is None else m
        return np.delete(rows, np.arange(first, first + e), axis=1)

    def closed(self, t: np.ndarray) -> Level:
        """Return the layer with these coefficients of what is open; what is seen of it is not looked for again."""
        result = copy(self)
        result.folds = self.folds.copy()
        np.add.at(result.folds, self.open.owner, t[:, None] * self.open.rows)
        result.open = Open.nothing(self.folds.shape[1])
        return result

    @property
    def is_closed(self) -> bool:
        """Whether nothing is open about the layers below it."""
        return self.below is None or (not len(self.below.open.owner) and self.below.is_closed)

    def folded(self, layers: Sequence[np.ndarray], top: np.ndarray) -> FoldedFunction:
        """Return the function of all layers where absolute values follow on this one; nothing is open.

        Each of the layers that follow are rows on the features of this one and the absolute values before that layer.
        """
        q = layers[0].shape[1]
        rows = [
            np.concatenate([self._on_absolute_values(row[:q]), row[q:]])
            for row in [*(row for units in layers for row in units), top]
        ]
        return FoldedFunction([*self._folds(), *rows[:-1]], rows[-1], self.linear, self.k)

    def _folds(self) -> list[np.ndarray]:
        """Return the folds up to here on the design and the absolute values of those before."""
        if self.below is None:
            return list(self.folds)
        return [*self.below._folds(), *(self.below._on_absolute_values(row) for row in self.folds)]

    def _on_absolute_values(self, row: np.ndarray) -> np.ndarray:
        """Return coefficients on the units as coefficients on (design, |H_1|, ...): relu(h) = (h + |h|)/2."""
        m = len(self.folds)
        if self.signs is None:
            first, own = row[:-m], row[-m:]
        else:
            own = row[:m] / 2.0
            first = (own * self.signs) @ self.folds + row[m:] @ self.passed
        return np.concatenate([first if self.below is None else self.below._on_absolute_values(first), own])


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """What is open about the folds of a layer: H_j + t·O_j with unknown t.

    Where its sign is that of H_j, relu(H_j + t·O_j) is linear in the unit and in O_j where the unit is active: one
    feature more for each row.

    Attributes
    ----------
    rows : (e, q)
        The O_j.
    owner : int array (e,)
        The fold of each.
    """

    rows: np.ndarray
    owner: np.ndarray

    @classmethod
    def nothing(cls, size: int) -> Open:
        """Return that of folds that are determined."""
        return cls(np.empty((0, size)), np.empty(0, dtype=int))

    @classmethod
    def of(cls, opens: Sequence[np.ndarray], size: int) -> Open:
        """Return that of folds with these rows each."""
        owner = np.repeat(np.arange(len(opens)), [len(rows) for rows in opens])
        return cls(np.vstack([np.empty((0, size)), *opens]), owner)

    def beside(self, known: np.ndarray, active: np.ndarray) -> np.ndarray:
        """Return the features; `active` (n, m) are factors of the folds."""
        return (known @ self.rows.T) * active[:, self.owner]


def _sorted(
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
