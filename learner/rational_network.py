r"""The rational network behind a network of floats: hidden layers recognised from pieces, made exact.

In the coordinates ``w = Bx``, B the reduced echelon basis of the span of the gradients, a teacher with rational weights
is a network with rational weights on R^k: it is its own restriction to the k pivot coordinates.

1. *Layers below the last.* A fold may be scaled by any factor, and its absolute value with it. Ratios of its
   coefficients are rounded, and the least integers in these ratios are the fold.
2. *The last layer* is solved for anew on these exact folds (:mod:`learner.last_layer`).
3. The result is taken only if it explains *all* samples to rounding.

Floats propose; that the coefficients lie on a grid is the evidence of :mod:`learner.rationalize`, and no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from learner.folds import FoldedFunction
from learner.last_layer import LastLayer, RoundedLayer, independent_columns
from learner.pieces import Pieces, label_tolerance
from learner.rationalize import rationalize
from tropical import LatticePolynomial, NotExact, PieceTable, ReLUNetwork
from tropical._exact.linear import row_space
from tropical._exact.rational import primitive_multiple

__all__ = ["RationalNetwork", "rational_network"]


@dataclass(frozen=True, slots=True, eq=False)
class RationalNetwork:
    """A function of few directions, folded along others, with rational coefficients.

    Attributes
    ----------
    last : RoundedLayer
        Its function is the network, of R^k.
    basis : array of Fraction (k, d)
        The network is the function of ``basis @ x``.
    """

    last: RoundedLayer
    basis: np.ndarray

    def __str__(self) -> str:
        return str(self.last)

    def to_network(self) -> ReLUNetwork:
        """Return it on R^d, exactly."""
        return self.last.folded.to_network(self.basis)

    def lattice(self, max_cells: int) -> LatticePolynomial | None:
        """Return its canonical form on R^d; None where that takes more cells."""
        return self.last.folded.lattice(max_cells, self.basis)

    def in_floats(self, basis: np.ndarray) -> FoldedFunction:
        """Return it in the coordinates along orthonormal rows (k, d) of the same span, in floats."""
        return _moved(_in_floats(self.last.folded), self.basis.astype(float) @ basis.T)


def rational_network(
    folded: FoldedFunction, basis: np.ndarray, table: PieceTable | None, pieces: Pieces, Z: np.ndarray, y: np.ndarray
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
    pieces : Pieces
        On R^k, with owners of the samples; those of the table where there is one.
    Z, y : (n, k), (n,)
        All samples.

    Raises
    ------
    NotExact
        If coefficients show no small common denominator, or the rational network does not explain all samples.

    Notes
    -----
    Some singular value decompositions of up to k·C rows, C the cells of all folds that samples fall into, and q·(m + 1)
    columns, for m folds of the last layer on q features.
    """
    exact_basis, pivots = _span(basis, table)
    frame = basis[:, pivots]
    lower, start = _lower_layers(_moved(folded, frame))
    W, tolerance, reason = np.linalg.solve(frame, Z.T).T, label_tolerance(y), ""
    affine = np.column_stack([pieces.gradients @ frame, pieces.constants])
    owner = np.full(len(y), -1) if table is None else pieces.owner
    layer = LastLayer(lower, start, W, y, affine, owner)
    for least, as_units, finer in _TRIALS:
        try:
            found = layer.rounded(least=least, as_units=as_units, finer=finer)
        except NotExact as error:
            reason = reason or f"the last layer of the network: {error}"
            continue
        missed = int((np.abs(_in_floats(found.folded).evaluate(W) - y) > tolerance).sum())
        if not missed:
            return RationalNetwork(found, exact_basis)
        reason = reason or f"the rational network misses {missed} of {len(y)} samples"
    raise NotExact(reason)


_FEW = 10  # samples of a cell
_TRIALS = (  # what is open as it is, then rounded
    (1, True, 0),
    (1, False, 0),
    (1, True, 1),
    (_FEW, True, 1),
    (1, False, 1),
    (_FEW, False, 1),
    (1, False, 1024),
)


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
    pivots = sorted(independent_columns(basis))
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
        largest = float(np.abs(row).max()) or 1.0
        try:
            ratios = rationalize(row[None] / largest, np.array([_FOLD_ACCURACY])).rows[0]
        except NotExact as error:
            raise NotExact(f"fold {len(lower)}: {error}") from error
        integers = primitive_multiple(ratios)
        lower.append(np.array([Fraction(entry) for entry in integers], dtype=object))
        scales = np.append(scales, largest / (max(map(abs, integers)) or 1))
    return lower, FoldedFunction(rows[:-1], rows[-1], folded.linear, folded.dimension)


_FOLD_ACCURACY = 1e-8
