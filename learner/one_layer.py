r"""Functions of one hidden layer, recognised from some of their pieces: exact where no sample fell, too.

A network of one hidden layer is ``F(z) = <u, z> + c + Σ_j a_j |h_j(z)|`` with affine h_j (relu(t) = (t + |t|)/2).
Across the hyperplane h_j = 0 its gradient jumps by the same vector 2 a_j ∇h_j wherever that is crossed. So differences
of neighbouring pieces are multiples of the h_j, and (u, c, a) solves one linear system with few unknowns. The result is
taken only if it explains *all* samples on pieces, to rounding. It then has the pieces that no sample showed as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from learner.piece_regression import Pieces, label_tolerance
from tropical import BudgetExceeded, LatticePolynomial, ReLUNetwork, lattice

__all__ = ["OneLayer", "all_pieces", "as_one_layer", "renumbered"]


@dataclass(frozen=True, slots=True, eq=False)
class OneLayer:
    """``z -> <gradient, z> + constant + Σ_j weights_j |<normals_j, z> + offsets_j|``.

    Attributes
    ----------
    normals, offsets : (m, k), (m,)
        Unit normals.
    weights : (m,)
    gradient, constant : (k,), float
    """

    normals: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    gradient: np.ndarray
    constant: float

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the function at the rows of Z (n, k)."""
        return Z @ self.gradient + self.constant + np.abs(Z @ self.normals.T + self.offsets) @ self.weights

    def to_network(self) -> ReLUNetwork:
        """Return it on R^k, exact in its floats, with m + 2 hidden units."""
        total = np.vstack([self.normals, self.gradient - self.weights @ self.normals])
        shifts = np.append(self.offsets, self.constant - self.weights @ self.offsets)
        rows, biases = np.vstack([total, -total[-1:]]), np.append(shifts, -shifts[-1])
        outer = np.append(2.0 * self.weights, [1.0, -1.0])
        return ReLUNetwork.from_floats([rows, outer[None, :]], [biases, np.zeros(1)])

    def lattice(self, max_cells: int) -> LatticePolynomial | None:
        """Return all its pieces and clauses; None where the cells are more than so many."""
        try:
            result = lattice(self.to_network(), max_cells=max_cells)
        except BudgetExceeded:
            return None
        assert isinstance(result, LatticePolynomial)
        return result


def as_one_layer(Z: np.ndarray, y: np.ndarray, pieces: Pieces) -> OneLayer | None:
    """Return the function of one hidden layer that explains all samples on pieces; None if there is none.

    Parameters
    ----------
    Z, y : (n, k), (n,)
    pieces : Pieces
        On R^k, with owners.

    Notes
    -----
    A dozen neighbours of each sample, then a least-squares problem of n rows and at most k + 1 + 150 columns.
    """
    tolerance, on_piece = label_tolerance(y), pieces.owner >= 0
    linear = not pieces.constants.any()
    design = Z if linear else np.column_stack([Z, np.ones(len(Z))])
    hyperplanes = _jumps(Z, pieces, by_direction=linear)
    while True:
        columns = np.hstack([np.abs(Z @ hyperplanes[:, :-1].T + hyperplanes[:, -1]), design])
        if columns.shape[1] + _SPARE > on_piece.sum():
            return None
        solution = np.linalg.lstsq(columns[on_piece], y[on_piece], rcond=None)[0]
        if np.abs(columns[on_piece] @ solution - y[on_piece]).max() > tolerance:
            return None
        weights, affine = np.split(solution, [len(hyperplanes)])
        heavy = np.abs(weights) > _ZERO * float(np.abs(weights).max(initial=0.0))
        if heavy.all():
            break
        hyperplanes = hyperplanes[heavy]
    constant = 0.0 if linear else float(affine[-1])
    return OneLayer(hyperplanes[:, :-1], hyperplanes[:, -1], weights, affine[: Z.shape[1]], constant)


def all_pieces(function: LatticePolynomial, Z: np.ndarray, y: np.ndarray) -> Pieces:
    """Return the pieces of a function of R^k, in its order, with the samples that lie on them."""
    gradients, constants = function.pieces.float_arrays()
    residuals = np.abs(Z @ gradients.T + constants - y[:, None])
    owner = np.where(residuals.min(axis=1) <= label_tolerance(y), residuals.argmin(axis=1), -1)
    scale = max(float(np.abs(gradients).max()), float(np.abs(constants).max()))
    return Pieces(gradients, constants, np.full(len(constants), _ACCURACY * scale), owner)


def renumbered(function: LatticePolynomial, pieces: Pieces) -> list[list[int]]:
    """Return the clauses of a function with its pieces numbered as in a table that has all of them, up to rounding."""
    rows = np.column_stack(function.pieces.float_arrays())
    table = np.column_stack([pieces.gradients, pieces.constants])
    number = KDTree(table).query(rows)[1]
    return [sorted({int(number[i]) for i in clause}) for clause in function.clauses]


_SPARE = 20  # samples beyond the unknowns
_ZERO = 1e-7  # weights below this share of the largest are rounding
_ACCURACY = 1e-13  # of sums of jumps, relative to the gradients
_NEAREST, _MOST = 12, 150
_SAME = 1e-6


def _jumps(Z: np.ndarray, pieces: Pieces, *, by_direction: bool) -> np.ndarray:
    """Return the hyperplanes (unit normal, offset) between neighbouring pieces, those seen most often first."""
    points = Z / np.maximum(np.linalg.norm(Z, axis=1), 1e-300)[:, None] if by_direction else Z
    near = np.asarray(KDTree(points).query(points, min(_NEAREST, len(Z)))[1]).reshape(len(Z), -1)
    pairs = np.stack([np.repeat(pieces.owner, near.shape[1]), pieces.owner[near].ravel()], axis=1)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    pairs = pairs[(pairs[:, 0] >= 0) & (pairs[:, 0] != pairs[:, 1])]
    rows = np.column_stack([pieces.gradients, pieces.constants])
    jumps = rows[pairs[:, 0]] - rows[pairs[:, 1]]
    sizes = np.linalg.norm(jumps[:, :-1], axis=1)
    jumps, sizes, pairs = jumps[sizes > 0.0], sizes[sizes > 0.0], pairs[sizes > 0.0]
    quality = sizes * pieces.counts()[pairs].min(axis=1, initial=len(Z))
    order = np.argsort(-quality, kind="stable")
    units = jumps[order] / sizes[order, None]
    units *= np.sign(units[np.arange(len(units)), np.abs(units[:, :-1]).argmax(axis=1)])[:, None]
    found, seen = [], []
    left = np.ones(len(units), dtype=bool)
    while left.any():
        unit = units[int(left.argmax())]  # the most accurate of its kind
        same = left & (np.abs(units - unit).max(axis=1) <= _SAME * (1.0 + abs(unit[-1])))
        found.append(unit)
        seen.append(int(same.sum()))
        left &= ~same
    best = np.argsort(-np.array(seen, dtype=int), kind="stable")[:_MOST]
    return np.array(found).reshape(-1, Z.shape[1] + 1)[best]
