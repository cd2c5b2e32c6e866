r"""Layers of units on the units of others, turned, with what is open about their folds."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np

from learner.components import Components
from learner.folds import FoldedFunction
from learner.unit_fit import Loose

__all__ = ["Jump", "Open", "Units", "described"]

Jump = tuple[np.ndarray, np.ndarray]  # unit coefficients of a fold, and what is open about them


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

    def jumps(self, folds: np.ndarray) -> list[Jump]:
        """Return the folds, each with what is open about it."""
        return [(fold, self.rows[self.owner == place]) for place, fold in enumerate(folds)]


class Units:
    """Units relu(s_j H_j), or |H_j| beside all that they are built on.

    Parameters
    ----------
    below : Units or None
        What they are built on; None for the design (z, and 1 unless linear).
    folds : (m, q)
        The H_j on the features of `below`.
    signs : (m,) or None
        The s_j, or None for absolute values.
    passed : (u, q)
        Linear functions of the features of `below` that are features here, too: units that are always active.
    linear : bool
        Whether there are no constants; where there are, 1 is passed on as well.
    open_ : Open, optional
        What is open about folds.

    Attributes
    ----------
    k : int
        Number of coordinates.
    """

    def __init__(
        self,
        below: Units | None,
        folds: np.ndarray,
        signs: np.ndarray | None,
        passed: np.ndarray,
        linear: bool,
        open_: Open | None = None,
    ) -> None:
        self.below, self.folds, self.signs, self.linear = below, folds, signs, linear
        self.open = open_ or Open.nothing(folds.shape[1])
        self.passed = passed if linear else np.vstack([passed, np.eye(folds.shape[1])[-1:]])
        self.k = folds.shape[1] - (not linear) if below is None else below.k

    @property
    def depth(self) -> int:
        """Number of layers up to here."""
        return 1 if self.below is None else 1 + self.below.depth

    @property
    def place_of_open(self) -> slice:
        """Which of the features belong to what is open."""
        m = len(self.folds) if self.signs is not None else self.folds.shape[1] + len(self.folds)
        return slice(m, m + len(self.open.owner))

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
        level: Units | None = self
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

    def closed(self, t: np.ndarray) -> Self:
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

    def on_below(self, row: np.ndarray) -> np.ndarray:
        """Return coefficients on the units as coefficients on what they are built on and |H_1|, |H_2|, ...

        By relu(h) = (h + |h|)/2. Those on what is open are left out.
        """
        if self.signs is None:
            return row
        m, rest = len(self.folds), len(self.folds) + len(self.open.owner)
        own = row[:m] / 2.0
        return np.concatenate([(own * self.signs) @ self.folds + row[rest:] @ self.passed, own])

    def _on_absolute_values(self, row: np.ndarray) -> np.ndarray:
        """Return coefficients on the units as coefficients on (design, |H_1|, ...)."""
        row = self.on_below(row)
        if self.below is None:
            return row
        first = row.shape[0] - len(self.folds)
        return np.concatenate([self.below._on_absolute_values(row[:first]), row[first:]])


def described(components: Components, open_: slice) -> int:
    """Return how many coefficients of components are to be told: those on what is open follow from the units'.

    A component that features do not explain is a piece, and counts as many as the design has.
    """
    count, told = open_.stop - open_.start, 0
    for fit in components.fits:
        if not components.explains(fit):
            told += components.least
            continue
        free = np.linalg.matrix_rank(fit.open[:, open_], _FREE) if count and len(fit.open) else 0
        told += fit.rank - count + int(free)
    return told


_FREE = 1e-7  # singular values of what is open about coefficients that count as none
