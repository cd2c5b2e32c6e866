r"""Functions that are folded along others: what a ReLU network is, with absolute values for its units.

``F = <u, z> + c + Σ_j a_j |H_j|``, where each *fold* ``H_j = <u_j, z> + c_j + Σ_{i<j} a_ji |H_i|`` is built on those
before it (relu(t) = (t + |t|)/2). F is linear in the *features* (z, 1, |H_1|, |H_2|, ...), and so is each fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.plain_network import plain_layers
from tropical import BudgetExceeded, LatticePolynomial, ReLUNetwork, lattice

__all__ = ["FoldedFunction", "features", "fold_values"]


def features(design: np.ndarray, folds: list[np.ndarray]) -> np.ndarray:
    """Return the features (n, p + m): the design (n, p), coordinates and perhaps 1, and the absolute values of folds.

    A fold is its coefficients on the features before it.
    """
    p = design.shape[1]
    result = np.empty((len(design), p + len(folds)))
    result[:, :p] = design
    for j, fold in enumerate(folds):
        result[:, p + j] = np.abs(result[:, : len(fold)] @ fold)
    return result


def fold_values(design: np.ndarray, folds: list[np.ndarray]) -> np.ndarray:
    """Return the folds with their signs, (n, m)."""
    known = features(design, folds)
    return np.column_stack([known[:, : len(fold)] @ fold for fold in folds]) if folds else np.empty((len(design), 0))


@dataclass(frozen=True, slots=True, eq=False)
class FoldedFunction:
    """A function of R^k.

    Attributes
    ----------
    folds : list of arrays
        Coefficients of each on the features before it: floats, or Fractions (dtype object).
    top : array
        Coefficients of the function on all features.
    linear : bool
        Whether there are no constants: the features are (z, |H_1|, ...).
    dimension : int
        k.
    """

    folds: list[np.ndarray]
    top: np.ndarray
    linear: bool
    dimension: int

    def design(self, Z: np.ndarray) -> np.ndarray:
        """Return the first features."""
        return Z if self.linear else np.column_stack([Z, np.ones(len(Z))])

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the function at the rows of Z (n, k)."""
        return features(self.design(Z), self.folds) @ self.top

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return int(self._levels().max(initial=0))

    def _levels(self) -> np.ndarray:
        """Return the layer of each fold, from 1 on."""
        first, levels = self.dimension + (not self.linear), np.zeros(len(self.folds), dtype=int)
        for j, fold in enumerate(self.folds):
            levels[j] = 1 + max(levels[: len(fold) - first][fold[first:] != 0], default=0)
        return levels

    def to_network(self, basis: np.ndarray | None = None) -> ReLUNetwork:
        """Return it on R^k, or on R^d along the rows of a basis (k, d), as a network; folds of one layer side by side.

        Two layers of units of a network are those (:mod:`learner.plain_network`). Else a layer has one unit for each of
        its folds, and others that pass on what later layers need: two for each coordinate, one for each earlier fold;
        in the last layer two for all of that together. Weights are products of the coefficients: floats of floats, and
        exact of Fractions.
        """
        weights, biases = self._plain() or self._layers()
        weights = [weights[0] if basis is None else weights[0] @ basis, *weights[1:]]
        if self.top.dtype == object:
            return ReLUNetwork([layer.tolist() for layer in weights], [bias.tolist() for bias in biases])
        return ReLUNetwork.from_floats(weights, biases)

    def _plain(self) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        first = self.dimension + (not self.linear)
        before = [fold for fold in self.folds if len(fold) == first]
        after = self.folds[len(before) :]
        if not after or any(len(fold) != first + len(before) for fold in after):
            return None
        return plain_layers(before, after, self.top, self.linear)

    def _layers(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        k, m, dtype = self.dimension, len(self.folds), self.top.dtype
        first = k + (not self.linear)
        rows = np.zeros((m + 1, k + 1 + m), dtype)  # on z, 1, |H_1|, ...
        for row, fold in zip(rows, [*self.folds, self.top], strict=True):
            row[:k] = fold[:k]
            row[k] = 0 if self.linear else fold[k]
            row[k + 1 : k + 1 + len(fold) - first] = fold[first:]
        level = self._levels()
        # every known quantity (z, 1, |H_1|, ...) as an affine function of the current layer's units
        known = np.eye(k + 1 + m, k + 1, dtype=dtype)
        weights, biases = [], []
        for depth in range(1, self.depth + 1):
            new = np.flatnonzero(level == depth)
            if depth == self.depth:
                passed = (rows[m] - rows[m, k + 1 + new] @ rows[new])[None, :]
                units = np.vstack([rows[new], passed, -passed])
                total = np.concatenate([2 * rows[m, k + 1 + new], [1, -1]])
                weights.append((units @ known)[:, :-1])
                biases.append((units @ known)[:, -1])
                return [*weights, total[None, :]], [*biases, np.zeros(1, dtype)]
            old = np.flatnonzero((level > 0) & (level < depth))
            unit = np.eye(k + 1 + m, dtype=dtype)
            units = np.vstack([unit[:k], -unit[:k], unit[k + 1 + old], rows[new]])
            weights.append((units @ known)[:, :-1])
            biases.append((units @ known)[:, -1])
            known = np.zeros((k + 1 + m, len(units) + 1), dtype)
            known[k, -1] = 1
            known[np.arange(k), np.arange(k)], known[np.arange(k), k + np.arange(k)] = 1, -1
            known[k + 1 + old, 2 * k + np.arange(len(old))] = 1
            known[k + 1 + new] = -rows[new] @ known  # |H| = 2 relu(H) - H
            known[k + 1 + new, 2 * k + len(old) + np.arange(len(new))] += 2
        return [rows[m, None, :k]], [rows[m, k : k + 1]]

    def lattice(self, max_cells: int, basis: np.ndarray | None = None) -> LatticePolynomial | None:
        """Return all its pieces and clauses, on R^k or R^d; None where the cells are more than so many."""
        try:
            result = lattice(self.to_network(basis), max_cells=max_cells)
        except BudgetExceeded:
            return None
        assert isinstance(result, LatticePolynomial)
        return result
