"""A lattice polynomial that is exact in most places, and elsewhere a network that is near everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.folds import FoldedFunction
from tropical import LatticePolynomial

__all__ = ["Corrected"]


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """The values of a lattice polynomial where they are within a distance of those of a network, else the network's.

    Attributes
    ----------
    pieces : LatticePolynomial
        On R^k.
    near : FoldedFunction
    within : float
        In the unit of y.
    """

    pieces: LatticePolynomial
    near: FoldedFunction
    within: float

    @classmethod
    def of(cls, pieces: LatticePolynomial, near: FoldedFunction, Z: np.ndarray, y: np.ndarray) -> Corrected:
        """Return that with five times the root mean square of what the network is off at samples as the distance."""
        return cls(pieces, near, _SPREADS * float(np.sqrt(((near.evaluate(Z) - y) ** 2).mean())))

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the values at the rows of Z (n, k)."""
        near, exact = self.near.evaluate(Z), self.pieces.evaluate(Z)
        return np.where(np.abs(exact - near) <= self.within, exact, near)

    def agree(self, Z: np.ndarray) -> np.ndarray:
        """Return where the values are those of the lattice polynomial."""
        return np.abs(self.pieces.evaluate(Z) - self.near.evaluate(Z)) <= self.within


_SPREADS = 5.0
