r"""The rational network behind a network of floats: hidden layers recognised from pieces, made exact.

In the coordinates ``w = Bx``, B the reduced echelon basis of the span of the gradients, a teacher with rational weights
is a network with rational weights on R^k: it is its own restriction to the k pivot coordinates.

1. *Layers below the last.* A fold may be scaled by any factor, and its absolute value with it. Ratios of its
   coefficients are rounded, and the least integers in these ratios are the fold.
2. *The last layer.* With the factors of its folds absorbed, ``y = <v, Φ> + Σ_j ±|<w_j, Φ>|`` on features Φ that are now
   exact, and v and all w_j lie on *one* grid Z/D. Wherever the signs of all folds are fixed this is linear in v and w,
   so all samples together are one linear least-squares problem: nothing of the rounding below is left in it.
3. *What samples leave open* are null directions of that problem: a relu(H_i) may be moved into a w_j wherever its sign
   says that of w_j. Units turned as those of a network (:mod:`learner.plain_network`) say what is to be chosen; what
   they do not say is rounded to the grid first.
4. The result is taken only if it explains *all* samples to rounding.

Floats propose; that the coefficients lie on a grid is the evidence of :mod:`learner.rationalize`, and no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr

from learner.folds import FoldedFunction, features, fold_values
from learner.piece_regression import label_tolerance
from learner.plain_network import turned
from learner.rationalize import RationalPieces, rationalize
from tropical import LatticePolynomial, NotExact, PieceTable, ReLUNetwork
from tropical._exact.linear import row_space
from tropical._exact.rational import primitive_multiple

__all__ = ["RationalNetwork", "rational_network"]


@dataclass(frozen=True, slots=True, eq=False)
class RationalNetwork:
    """A function of few directions, folded along others, with rational coefficients.

    Attributes
    ----------
    folded : FoldedFunction
        On R^k, of Fractions.
    basis : array of Fraction (k, d)
        It is the function of ``basis @ x``.
    denominator : int
        Of the coefficients of the last layer.
    residual : float
        Largest distance of a float from its rational.
    n_coefficients, n_chosen : int
        Of the last layer, and how many directions the samples leave open in their space.
    """

    folded: FoldedFunction
    basis: np.ndarray
    denominator: int
    residual: float
    n_coefficients: int
    n_chosen: int

    def __str__(self) -> str:
        chosen = f", {self.n_chosen} directions left open" if self.n_chosen else ""
        return (
            f"rational: {self.n_coefficients} coefficients of the last layer, multiples of 1/{self.denominator} "
            f"up to {self.residual:.0e}{chosen}"
        )

    def to_network(self) -> ReLUNetwork:
        """Return it on R^d, exactly."""
        return self.folded.to_network(self.basis)

    def lattice(self, max_cells: int) -> LatticePolynomial | None:
        """Return its canonical form on R^d; None where that takes more cells."""
        return self.folded.lattice(max_cells, self.basis)

    def in_floats(self, basis: np.ndarray) -> FoldedFunction:
        """Return it in the coordinates along orthonormal rows (k, d) of the same span, in floats."""
        return _moved(_in_floats(self.folded), self.basis.astype(float) @ basis.T)


def rational_network(
    folded: FoldedFunction, basis: np.ndarray, table: PieceTable | None, Z: np.ndarray, y: np.ndarray
) -> RationalNetwork:
    """Return the rational network that a network of floats stands for.

    Parameters
    ----------
    folded : FoldedFunction
        On R^k.
    basis : (k, d)
        Orthonormal rows.
    table : PieceTable or None
        Exact pieces whose gradients span the same as the basis; the span is rounded where there are none.
    Z, y : (n, k), (n,)
        All samples.

    Raises
    ------
    NotExact
        If coefficients show no small common denominator, or the rational network does not explain all samples.

    Notes
    -----
    Up to three times: n small QR factors in all, and a singular value decomposition of k·C rows, C the cells of all
    folds that samples fall into, and q·(m + 1) columns, for m folds of the last layer on q features.
    """
    exact_basis, pivots = _span(basis, table)
    frame = basis[:, pivots]
    lower, start = _lower_layers(_moved(folded, frame))
    W, tolerance = np.linalg.solve(frame, Z.T).T, label_tolerance(y)
    problem, reason = _Last(lower, start, W, y), ""
    for _ in range(_ROUNDS):
        try:
            found = problem.rounded()
        except NotExact as error:
            reason = f"the last layer of the network: {error}"
        else:
            missed = int((np.abs(_in_floats(found[0]).evaluate(W) - y) > tolerance).sum())
            if not missed:
                return RationalNetwork(found[0], exact_basis, *found[1:])
            reason = f"the rational network misses {missed} of {len(y)} samples"
        problem.solve()
    raise NotExact(reason)


_ROUNDS = 3


def _moved(folded: FoldedFunction, frame: np.ndarray) -> FoldedFunction:
    """Return the function of w that `folded` is of z = frame @ w."""
    k = folded.dimension
    rows = [np.concatenate([row[:k] @ frame, row[k:]]) for row in [*folded.folds, folded.top]]
    return FoldedFunction(rows[:-1], rows[-1], folded.linear, k)


def _in_floats(folded: FoldedFunction) -> FoldedFunction:
    rows = [row.astype(float) for row in [*folded.folds, folded.top]]
    return FoldedFunction(rows[:-1], rows[-1], folded.linear, folded.dimension)


def _span(basis: np.ndarray, table: PieceTable | None) -> tuple[np.ndarray, list[int]]:
    """Return the echelon basis of the span, exactly, and its pivots."""
    k, d = basis.shape
    if table is not None:
        rows, places = row_space([table.fractions(i)[:-1] for i in range(len(table))], d)
        return np.array(rows, dtype=object), list(places)
    pivots = sorted(qr(basis, mode="r", pivoting=True)[1][:k].tolist())
    echelon = np.linalg.solve(basis[:, pivots], basis)
    try:
        rows = rationalize(echelon, np.full(k, _SPAN_ACCURACY * float(np.abs(echelon).max()))).rows
    except NotExact as error:
        raise NotExact(f"the span of the gradients: {error}") from error
    return np.array(rows, dtype=object), pivots


_SPAN_ACCURACY = 1e-11


def _lower_layers(folded: FoldedFunction) -> tuple[list[np.ndarray], FoldedFunction]:
    """Return the folds of all layers but the last as integers, and the function on their absolute values."""
    size = max(map(len, folded.folds))
    first, lower, scales, rows = folded.dimension + (not folded.linear), [], np.ones(0), []
    for row in [*folded.folds, folded.top]:
        row = np.array(row)
        row[first : first + len(scales)] *= scales[: len(row) - first]
        if len(row) >= size:
            rows.append(row)
            continue
        largest = float(np.abs(row).max())
        try:
            ratios = rationalize(row[None] / largest, np.array([_FOLD_ACCURACY])).rows[0]
        except NotExact as error:
            raise NotExact(f"fold {len(lower)}: {error}") from error
        integers = primitive_multiple(ratios)
        lower.append(np.array([Fraction(entry) for entry in integers], dtype=object))
        scales = np.append(scales, largest / float(max(map(abs, integers))))
    return lower, FoldedFunction(rows[:-1], rows[-1], folded.linear, folded.dimension)


_FOLD_ACCURACY = 1e-8


class _Solution(NamedTuple):
    """Rows v, w_1, ..., w_m (m + 1, q); for each entry its accuracy; and what is open, orthonormal (r, (m + 1) q)."""

    rows: np.ndarray
    accuracy: np.ndarray
    null: np.ndarray

    def misfit(self, matrix: np.ndarray, labels: np.ndarray) -> float:
        return float(np.linalg.norm(matrix @ self.rows.ravel() - labels))


class _Last:
    """The last layer on exact features, from all samples."""

    def __init__(self, lower: Sequence[np.ndarray], start: FoldedFunction, W: np.ndarray, y: np.ndarray) -> None:
        self.lower, self.linear, self.k, self.y = list(lower), start.linear, start.dimension, y
        self.integers = [row.astype(float) for row in lower]
        self.design = start.design(W)
        q = self.design.shape[1] + len(lower)
        kept, weights = np.flatnonzero(start.top[q:]), start.top[q:]
        self.turns = np.sign(weights[kept])
        self.rows = np.vstack([start.top[:q], *(abs(weights[j]) * start.folds[j] for j in kept)])
        self.solve()

    def solve(self) -> None:
        """Solve for all coefficients, with the signs that the folds have now."""
        matrix, labels = self._equations()
        found = _least_squares(matrix, labels, self.rows)
        self.n_chosen = len(found.null)
        if self.n_chosen:
            found = self._as_units(found, matrix, labels)
        self.found, self.rows = found, found.rows

    def _equations(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the equations (r, (m + 1) q) and labels (r,) that all samples amount to where no sign changes."""
        known, p = features(self.design, self.integers), self.design.shape[1]
        values = np.column_stack([fold_values(self.design, self.integers), known @ self.rows[1:].T])
        _, first, cell = np.unique(np.packbits(values >= 0.0, axis=1), axis=0, return_index=True, return_inverse=True)
        order, samples = np.argsort(cell.ravel(), kind="stable"), np.column_stack([self.design, self.y])
        factors = np.zeros((len(first), p, p + 1))
        for factor, part in zip(factors, np.split(order, np.cumsum(np.bincount(cell.ravel()))[:-1]), strict=True):
            triangle = np.linalg.qr(samples[part], mode="r")[:p]
            factor[: len(triangle)] = triangle
        signs = np.where(values[first] >= 0.0, 1.0, -1.0)
        linear = np.zeros((len(first), known.shape[1], p))  # the features on a cell, on the design
        linear[:, :p] = np.eye(p)
        for j, row in enumerate(self.integers):
            linear[:, p + j] = signs[:, j, None] * (row @ linear[:, : len(row)])
        part = factors[:, :, :p] @ linear.transpose(0, 2, 1)
        turned_signs = signs[:, len(self.lower) :] * self.turns
        blocks = [part, *(part * column[:, None, None] for column in turned_signs.T)]
        return np.concatenate(blocks, axis=2).reshape(len(first) * p, -1), factors[:, :, p].ravel()

    def _as_units(self, found: _Solution, matrix: np.ndarray, labels: np.ndarray) -> _Solution:
        """Return the solution whose rows are combinations of units of one layer below; the same where none is."""
        clear = found.rows[~_open(found).reshape(found.rows.shape).any(axis=1)]
        if not self.integers or not len(clear) or any(len(row) != self.design.shape[1] for row in self.integers):
            return found
        turn = turned(np.array(self.integers), clear, self.linear)
        if turn is None:
            return found
        weight = float(np.linalg.norm(matrix, axis=0).mean())
        law = np.kron(np.eye(len(found.rows)), weight * turn.law)
        other = _least_squares(np.vstack([matrix, law]), np.append(labels, np.zeros(len(law))), found.rows)
        allowed = 10.0 * found.misfit(matrix, labels) + 1e-3 * label_tolerance(self.y)
        return other if other.misfit(matrix, labels) <= allowed else found

    def rounded(self) -> tuple[FoldedFunction, int, float, int, int]:
        """Return the function with all coefficients on one grid, its denominator, and how far they were off.

        Raises
        ------
        NotExact
        """
        entries, accuracy, null, open_ = self.rows.ravel(), self.found.accuracy, self.found.null, _open(self.found)
        if len(null):
            grid = _rationalized(entries[~open_], accuracy[~open_]).denominator
            free = qr(null, mode="r", pivoting=True)[1][: len(null)]
            wanted = np.rint(entries[free] * grid) / grid - entries[free]
            entries = entries + null.T @ np.linalg.solve(null[:, free].T, wanted)
        exact = _rationalized(entries, accuracy)
        rows = np.array(exact.rows, dtype=object).reshape(self.rows.shape)
        residual = float(np.abs(rows.astype(float).ravel() - entries).max())
        kept = [j for j, row in enumerate(rows[1:]) if row.any()]
        top = np.append(rows[0], [Fraction(int(self.turns[j])) for j in kept])
        folded = FoldedFunction([*self.lower, *(rows[1 + j] for j in kept)], top, self.linear, self.k)
        return folded, exact.denominator, residual, rows.size, self.n_chosen


def _rationalized(entries: np.ndarray, accuracy: np.ndarray) -> RationalPieces:
    return rationalize(entries[:, None], accuracy, name="coefficient")


def _open(found: _Solution) -> np.ndarray:
    return np.linalg.norm(found.null, axis=0) > _OPEN


def _least_squares(matrix: np.ndarray, labels: np.ndarray, start: np.ndarray) -> _Solution:
    """Return the solution closest to the start, with columns in units of their norms."""
    norms = np.linalg.norm(matrix, axis=0)
    norms[norms == 0.0] = 1.0
    left, values, right = np.linalg.svd(matrix / norms, full_matrices=len(matrix) < matrix.shape[1])
    rank = int((values > _FLAT * values[0]).sum())
    moves = (right[:rank] / values[:rank, None]).T / norms[:, None]
    entries = start.ravel() + moves @ (left[:, :rank].T @ (labels - matrix @ start.ravel()))
    misfit = float(np.linalg.norm(matrix @ entries - labels)) / np.sqrt(len(labels))
    noise = max(misfit, _ROUNDING * float(np.abs(labels).max()))
    accuracy = _SAFETY * (noise * np.linalg.norm(moves, axis=1) + _ROUNDING * float(np.abs(entries).max()))
    null = np.linalg.qr((right[rank:] / norms).T)[0].T
    return _Solution(entries.reshape(start.shape), accuracy, null)


_OPEN, _FLAT, _ROUNDING, _SAFETY = 1e-6, 1e-9, 4e-16, 50.0
