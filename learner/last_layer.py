r"""The last layer of folds on exact features, in rationals.

With the factors of its folds absorbed, ``y = <v, Φ> + Σ_j ±|<w_j, Φ>|`` on the features Φ, and v and all w_j of a
rational teacher lie on *one* grid Z/D. Wherever the signs of all folds are fixed this is linear in v and w. So samples
are equations of one linear problem, and where they lie on exact pieces these equations are rational: on a cell of all
folds the function is the piece.

What samples leave open are null directions of that problem: a relu(H_i) may be moved into a w_j wherever its sign says
that of w_j. Units turned as those of a network (:mod:`learner.plain_network`) say what is to be chosen; what they leave
open as well is rounded to the grid first, and the rest follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import scipy.linalg

from learner.folds import FoldedFunction, features, fold_values
from learner.pieces import label_tolerance
from learner.plain_network import turned
from learner.rationalize import RationalPieces, rationalize

__all__ = ["LastLayer", "RoundedLayer", "independent_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class RoundedLayer:
    """A function of R^k with rational coefficients, and the evidence for those of its last layer.

    Attributes
    ----------
    folded : FoldedFunction
        Of Fractions.
    denominator : int
        Common to the coefficients of the last layer.
    residual : float
        Largest distance of a float from its rational.
    n_coefficients, n_open : int
        Of the last layer, and how many directions in their space the samples leave open.
    """

    folded: FoldedFunction
    denominator: int
    residual: float
    n_coefficients: int
    n_open: int

    def __str__(self) -> str:
        count = f"{self.n_coefficients} coefficients of the last layer"
        left = f", of which samples leave {self.n_open} open" if self.n_open else ""
        return f"{count}{left}, multiples of 1/{self.denominator} up to {self.residual:.0e}"


class LastLayer:
    """The last layer of a network of floats on exact features.

    Parameters
    ----------
    lower : sequence of arrays of Fraction
        The folds of the layers below.
    start : FoldedFunction
        The network in floats: its folds are those of the last layer, on the design and the absolute values of `lower`.
    W, y : (n, k), (n,)
    affine : (M, k + 1)
        Exact pieces.
    owner : (n,)
        Which of them a sample lies on, -1 for none.
    """

    def __init__(
        self,
        lower: Sequence[np.ndarray],
        start: FoldedFunction,
        W: np.ndarray,
        y: np.ndarray,
        affine: np.ndarray,
        owner: np.ndarray,
    ) -> None:
        self.lower, self.linear, self.k, self.owner = list(lower), start.linear, start.dimension, owner
        self.integers = [row.astype(float) for row in lower]
        self.design, self.tolerance = start.design(W), label_tolerance(y)
        self.samples, self.affine = np.column_stack([self.design, y]), affine[:, : self.design.shape[1]]
        self.known = features(self.design, self.integers)
        q = self.known.shape[1]
        kept, weights = np.flatnonzero(start.top[q:]), start.top[q:]
        self.turns = np.sign(weights[kept])
        self._solutions: dict[tuple[int, bool], _Solution] = {}
        self.rows = np.vstack([start.top[:q], *(abs(weights[j]) * start.folds[j] for j in kept)])

    def rounded(self, *, least: int = 1, as_units: bool = True, finer: int = 1) -> RoundedLayer:
        """Return the layer in rationals.

        Parameters
        ----------
        least : int
            Use cells of so many samples. A cell of few may be one that the floats have, and the rationals have not.
        as_units : bool
            Whether units of a network say what is to be chosen.
        finer : int
            What is open is rounded to 1/(finer·D), D the denominator of what is not; 0 leaves it as it is.

        Raises
        ------
        NotExact
            If the coefficients show no common denominator.
        """
        found = self._solution(least, as_units)
        entries, accuracy, open_ = found.rows.ravel(), found.accuracy, found.open
        if finer and len(found.null):
            grid = finer * (1 if open_.all() else _rationalized(entries[~open_], accuracy[~open_]).denominator)
            free = independent_columns(found.null)
            wanted = np.rint(entries[free] * grid) / grid - entries[free]
            entries = entries + found.null.T @ np.linalg.solve(found.null[:, free].T, wanted)
        exact = _rationalized(entries, accuracy)
        rows = np.array(exact.rows, dtype=object).reshape(found.rows.shape)
        residual = float(np.abs(rows.astype(float).ravel() - entries).max())
        kept = [j for j, row in enumerate(rows[1:]) if row.any()]
        top = np.array([*rows[0], *(Fraction(int(self.turns[j])) for j in kept)], dtype=object)
        folded = FoldedFunction([*self.lower, *(rows[1 + j] for j in kept)], top, self.linear, self.k)
        return RoundedLayer(folded, exact.denominator, residual, rows.size, self.n_open)

    def _solution(self, least: int, as_units: bool) -> _Solution:
        """Solve for all coefficients; again where that changes signs."""
        if (least, as_units) in self._solutions:
            return self._solutions[least, as_units]
        signs = self._signs(self.rows)
        matrix, labels = self._equations(signs, least)
        found = _least_squares(matrix, labels, self.rows)
        for _ in range(_ROUNDS):
            before, signs = signs, self._signs(found.rows)
            if np.array_equal(signs, before):
                break
            matrix, labels = self._equations(signs, least)
            found = _least_squares(matrix, labels, found.rows)
        self.n_open = len(found.null)
        found = self._as_units(found, matrix, labels) if as_units and self.n_open else found
        self._solutions[least, as_units] = found
        return found

    def _signs(self, rows: np.ndarray) -> np.ndarray:
        return np.column_stack([fold_values(self.design, self.integers), self.known @ rows[1:].T]) >= 0.0

    def _equations(self, positive: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the equations (r, (m + 1) q) and labels (r,) that samples amount to with these signs of the folds."""
        p, q = self.design.shape[1], self.known.shape[1]
        _, first, cell = np.unique(np.packbits(positive, axis=1), axis=0, return_index=True, return_inverse=True)
        order, factors = np.argsort(cell.ravel(), kind="stable"), np.zeros((len(first), p, p + 1))
        for factor, part in zip(factors, np.split(order, np.cumsum(np.bincount(cell.ravel()))[:-1]), strict=True):
            owner = self.owner[part]
            if len(part) < least:
                continue
            if owner[0] >= 0 and (owner == owner[0]).all():
                factor[:, :p], factor[:, p] = np.eye(p), self.affine[owner[0]]
            else:
                triangle = np.linalg.qr(self.samples[part], mode="r")[:p]
                factor[: len(triangle)] = triangle / np.sqrt(len(part))
        signs = np.where(positive[first], 1.0, -1.0)
        linear = np.zeros((len(first), q, p))  # the features on a cell, on the design
        linear[:, :p] = np.eye(p)
        for j, row in enumerate(self.integers):
            linear[:, p + j] = signs[:, j, None] * (row @ linear[:, : len(row)])
        part = factors[:, :, :p] @ linear.transpose(0, 2, 1)
        bends = signs[:, len(self.lower) :] * self.turns
        blocks = [part, *(part * column[:, None, None] for column in bends.T)]
        return np.concatenate(blocks, axis=2).reshape(len(first) * p, -1), factors[:, :, p].ravel()

    def _as_units(self, found: _Solution, matrix: np.ndarray, labels: np.ndarray) -> _Solution:
        """Return the solution whose rows are combinations of units of one layer below; the same where none is."""
        clear = found.rows[~found.open.reshape(found.rows.shape).any(axis=1)]
        if not self.integers or not len(clear) or any(len(row) != self.design.shape[1] for row in self.integers):
            return found
        turn = turned(np.array(self.integers), clear, self.linear)
        if turn is None:
            return found
        weight = float(np.linalg.norm(matrix, axis=0).mean())
        law = np.kron(np.eye(len(found.rows)), weight * turn.law)
        other = _least_squares(np.vstack([matrix, law]), np.append(labels, np.zeros(len(law))), found.rows)
        allowed = 10.0 * found.misfit(matrix, labels) + 1e-3 * self.tolerance
        return other if other.misfit(matrix, labels) <= allowed else found


_ROUNDS = 2


def _rationalized(entries: np.ndarray, accuracy: np.ndarray) -> RationalPieces:
    order = np.argsort(accuracy, kind="stable")  # the surest propose the grid
    found = rationalize(entries[order, None], accuracy[order], name="coefficient", spread=np.inf)
    place = np.argsort(order).tolist()
    return replace(found, rows=tuple(found.rows[i] for i in place))


# ------------------------------------------------------------ the linear problem


def independent_columns(rows: np.ndarray) -> list[int]:
    """Return as many columns of independent rows (r, n) as there are rows, as far from dependent as is easily found."""
    order: np.ndarray = scipy.linalg.qr(rows, mode="r", pivoting=True)[-1]
    return order[: len(rows)].tolist()


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    """Rows v, w_1, ..., w_m (m + 1, q); for each entry its accuracy; and what is open, orthonormal (r, (m + 1) q)."""

    rows: np.ndarray
    accuracy: np.ndarray
    null: np.ndarray

    @property
    def open(self) -> np.ndarray:
        return np.linalg.norm(self.null, axis=0) > _OPEN

    def misfit(self, matrix: np.ndarray, labels: np.ndarray) -> float:
        return float(np.linalg.norm(matrix @ self.rows.ravel() - labels))


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
