"""A lattice polynomial that is exact in most places, and elsewhere a network that is near everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.folds import FoldedFunction
from tropical import LatticePolynomial

__all__ = ["Corrected"]


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """The values of a lattice polynomial where they are near those of a network, else the network's.

    But where they are more than twice as far apart as at any sample, the network may be built on features that samples
    hardly show, and the lattice polynomial, whose slopes are those of its pieces, is taken.

    Attributes
    ----------
    pieces : LatticePolynomial
        On R^k.
    near : FoldedFunction
    within, far : float
        The distances, in the unit of y.
    """

    pieces: LatticePolynomial
    near: FoldedFunction
    within: float
    far: float = np.inf

    @classmethod
    def of(cls, pieces: LatticePolynomial, near: FoldedFunction, Z: np.ndarray, y: np.ndarray) -> Corrected:
        """Return that with distances of samples: five root mean squares of residuals, and twice the largest."""
        values = near.evaluate(Z)
        apart = float(np.abs(pieces.evaluate(Z) - values).max())
        return cls(pieces, near, _SPREADS * float(np.sqrt(((values - y) ** 2).mean())), _FARTHER * apart)

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the values at the rows of Z (n, k)."""
        near, exact = self.near.evaluate(Z), self.pieces.evaluate(Z)
        apart = np.abs(exact - near)
        return np.where((apart > self.within) & (apart <= self.far), near, exact)

    def agree(self, Z: np.ndarray) -> np.ndarray:
        """Return where the two are near each other."""
        return np.abs(self.pieces.evaluate(Z) - self.near.evaluate(Z)) <= self.within


_SPREADS, _FARTHER = 5.0, 2.0
