r"""A lattice polynomial that is exact in most places, and elsewhere a network that is near everywhere.

Where pieces are missing a lattice polynomial may be far off, also where the right piece is known, as clauses pick
another one. Samples close by tell: which pieces they lie on, and by how much the network misses them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from learner.folds import FoldedFunction
from learner.piece_regression import label_tolerance
from tropical import LatticePolynomial

__all__ = ["Corrected"]


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Values of pieces that samples close by lie on, where they are near a network's, else the network's.

    To the network's value what it misses the ten nearest samples by is added, weighted by the inverse cube of the
    distance; what it misses them by at most is the distance up to which values count as near. The lattice polynomial is
    taken where it is on the piece of one of the three nearest samples and within four times that distance; else the
    closest of the values of the pieces of all ten, if it is within it. Without constants, samples and distances are
    those on the unit sphere.

    Attributes
    ----------
    pieces : LatticePolynomial
        On R^k.
    near : FoldedFunction
    owner : int array (n,)
        The piece of each sample, -1 for none.
    missed : (n,)
        Labels minus the network's values, over the norm of the sample without constants.
    tree : KDTree
        Of the samples.
    linear : bool
        Whether there are no constants.
    tolerance : float
        Values up to this apart are equal.

    Notes
    -----
    A value costs one query of the tree beside those of the polynomial and of the network.
    """

    pieces: LatticePolynomial
    near: FoldedFunction
    owner: np.ndarray
    missed: np.ndarray
    tree: KDTree
    linear: bool
    tolerance: float

    @classmethod
    def of(cls, pieces: LatticePolynomial, near: FoldedFunction, Z: np.ndarray, y: np.ndarray) -> Corrected:
        """Return that of exact samples (n, k), (n,)."""
        linear, tolerance = not pieces.pieces.float_arrays()[1].any(), label_tolerance(y)
        points, scales = _on_sphere(Z, linear)
        missed = (y - near.evaluate(Z)) / np.maximum(scales, _TINY)
        return cls(pieces, near, _owners(pieces, Z, y, tolerance), missed, KDTree(points), linear, tolerance)

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the values at the rows of Z (n, k)."""
        return self._valued(Z)[0]

    def agree(self, Z: np.ndarray) -> np.ndarray:
        """Return where it is the lattice polynomial's."""
        return self._valued(Z)[1]

    def _valued(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points, scales = _on_sphere(Z, self.linear)
        count = min(_NEAREST, len(self.owner))
        found = self.tree.query(points, count)
        away, which = (np.asarray(part).reshape(len(Z), count) for part in found)
        weights = np.maximum(away, _CLOSE) ** -3.0
        missed = self.missed[which]
        expected = self.near.evaluate(Z) + scales * (weights * missed).sum(axis=1) / weights.sum(axis=1)
        within = scales * np.abs(missed).max(axis=1) + self.tolerance

        gradients, constants = self.pieces.pieces.float_arrays()
        owner, exact = self.owner[which], self.pieces.evaluate(Z)
        values = np.einsum("nsk,nk->ns", gradients[owner], Z) + constants[owner]
        values[owner < 0] = np.inf
        equal = np.abs(values[:, :_CLOSEST] - exact[:, None]) <= self.tolerance * np.maximum(scales, 1.0)[:, None]
        whole = equal.any(axis=1) & (np.abs(exact - expected) <= _WIDER * within)
        off = np.abs(values - expected[:, None])
        best = off.argmin(axis=1)[:, None]
        closest = np.take_along_axis(values, best, 1)[:, 0]
        other = np.where(np.take_along_axis(off, best, 1)[:, 0] <= within, closest, expected)
        return np.where(whole, exact, other), whole


def _on_sphere(Z: np.ndarray, linear: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the points at which functions are compared, and the factor of values there."""
    if not linear:
        return Z, np.ones(len(Z))
    scales = np.linalg.norm(Z, axis=1)
    return Z / np.maximum(scales, _TINY)[:, None], scales


def _owners(pieces: LatticePolynomial, Z: np.ndarray, y: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the piece that each sample lies on, -1 for none."""
    gradients, constants = pieces.pieces.float_arrays()
    owner = np.full(len(Z), -1)
    for first in range(0, len(Z), _ROWS):
        rows = slice(first, first + _ROWS)
        off = np.abs(Z[rows] @ gradients.T + constants - y[rows, None])
        owner[rows] = np.where(off.min(axis=1) <= tolerance, off.argmin(axis=1), -1)
    return owner


_NEAREST, _CLOSEST, _WIDER = 10, 3, 4.0
_CLOSE, _TINY, _ROWS = 1e-9, 1e-300, 4096
