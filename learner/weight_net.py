r"""The other net: networks of one architecture with weights on a grid; it needs bounds on the spectral norms.

For hidden widths n_1, ..., n_L on l inputs (n_0 = l, n_{L+1} = 1) and ``‖W_j‖ <= B_j``, rounding every weight to the
grid hZ changes W_j by at most ``r_j = (h/2)√(n_j n_{j-1})`` in Frobenius norm, hence in spectral norm. Changing one
layer after the other,

.. math:: |F(z) - F'(z)| \le |z| \sum_l \prod_{j<l} (B_j + r_j)\; r_l \prod_{j>l} B_j
          = |z| \Bigl(\prod_j (B_j + r_j) - \prod_j B_j\Bigr),

as relu is 1-Lipschitz with relu(0) = 0 (docs/reference_algorithm.md). The rounded matrices may be longer than B_j,
which is why this is more than Σ_l r_l Π_{j≠l} B_j, and that to first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import ceil, comb, floor, prod, sqrt

import numpy as np

from learner.oracles import Evaluator, NetSize, count_text
from tropical import LatticePolynomial, ReLUNetwork, lattice
from tropical.exceptions import BudgetExceeded

__all__ = ["WeightNet", "weight_net_size"]


def weight_net_size(dimension: int, widths: Sequence[int], norms: Sequence[Fraction], step: Fraction) -> NetSize:
    """Return the number of weight vectors on the grid, ``Π_j (2⌈B_j/h⌉+1)^{n_j n_{j-1}}``, and that up to unit order.

    Parameters
    ----------
    dimension : int
        l >= 0.
    widths : sequence of int
        Hidden widths.
    norms : sequence of Fraction
        B_1, ..., B_{L+1}.
    step : Fraction
        h > 0.
    """
    if dimension == 0:
        return NetSize(0, 1, 1)
    sizes = [dimension, *widths, 1]
    bound = formal = 1
    for j, norm in enumerate(norms):
        rows, columns = sizes[j + 1], sizes[j]
        bound *= (2 * ceil(norm / step) + 1) ** (rows * columns)
        values = (2 * _reach(norm, step) + 1) ** columns
        formal *= comb(values + rows - 1, rows)  # sorted rows; the output layer has one
    return NetSize(dimension, bound, formal)


class WeightNet:
    """All bias-free networks of one architecture with weights on a grid, up to the order of hidden units.

    Parameters
    ----------
    dimension : int
        l.
    widths : sequence of int
        Hidden widths n_1, ..., n_L, at least one.
    norms : sequence of Fraction
        Bounds B_1, ..., B_{L+1} on the spectral norms.
    step : Fraction
        h.
    max_candidates : int, optional
        Limit on the number of weight vectors up to the order of units.

    Raises
    ------
    BudgetExceeded
        Before anything is listed, with the :class:`NetSize`.

    Notes
    -----
    Permuting hidden units permutes the rows of one matrix and the columns of the next, so it is enough to list matrices
    with sorted rows, layer after layer. Matrices that no W with ``‖W‖ <= B`` is rounded to are left out where their
    norm shows it. On R^1 a function is its two slopes, and each is kept once.
    """

    def __init__(
        self,
        dimension: int,
        widths: Sequence[int],
        norms: Sequence[Fraction],
        step: Fraction,
        *,
        max_candidates: int | None = None,
    ) -> None:
        predicted = weight_net_size(dimension, widths, norms, step)
        if max_candidates is not None and predicted.formal > max_candidates:
            cure = "raise max_candidates, or take a coarser grid or fewer units"
            raise BudgetExceeded(
                f"the weight net on R^{dimension} has {count_text(predicted.formal)} networks up to the order of "
                f"units ({count_text(predicted.bound)} weight vectors), more than max_candidates={max_candidates}; "
                f"{cure}",
                predicted,
            )
        self.dimension, self.step = dimension, step
        sizes = [dimension, *widths, 1]
        radii = [float(step) / 2.0 * sqrt(sizes[j + 1] * sizes[j]) for j in range(len(norms))]
        lengthened = [float(norm) + radius for norm, radius in zip(norms, radii, strict=True)]
        self.lipschitz = prod(lengthened) if dimension else 0.0
        self.error = self.lipschitz - prod(map(float, norms)) if dimension else 0.0
        self._layers = [
            _matrices(sizes[j + 1], sizes[j], _reach(norms[j], step), lengthened[j] / float(step))
            for j in range(len(norms) if dimension else 0)
        ]
        self._shape = tuple(len(layer) for layer in self._layers)
        self._numbers = self._distinct()
        self.size = NetSize(dimension, predicted.bound, predicted.formal, len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def on(self, Z: np.ndarray) -> Evaluator:
        """Return what takes numbers of candidates (b,) and gives their values at the rows of Z (n, l), as (b, n)."""
        scale = float(self.step) ** len(self._layers)

        def evaluate(numbers: np.ndarray) -> np.ndarray:
            if not self._layers:
                return np.zeros((len(numbers), len(Z)))
            return scale * self._values(self._numbers[numbers], Z)

        return evaluate

    def candidate(self, number: int) -> LatticePolynomial:
        """Return one candidate, exactly, on R^max(l, 1)."""
        if not self._layers:
            return LatticePolynomial([([0], 0)], [[0]])
        places = np.unravel_index(int(self._numbers[number]), self._shape)
        matrices = [layer[place].tolist() for layer, place in zip(self._layers, places, strict=True)]
        function = lattice(ReLUNetwork([[[w * self.step for w in row] for row in W] for W in matrices]))
        assert isinstance(function, LatticePolynomial), "networks here have one output"
        return function

    def _values(self, numbers: np.ndarray, Z: np.ndarray) -> np.ndarray:
        """Return the values for integer weights."""
        places = np.unravel_index(numbers, self._shape)
        hidden = self._layers[0][places[0]] @ Z.T
        for layer, place in zip(self._layers[1:], places[1:], strict=True):
            hidden = layer[place] @ np.maximum(hidden, 0)
        return hidden[:, 0, :]

    def _distinct(self) -> np.ndarray:
        """Return the numbers of the networks to try, the zero function first."""
        if not self._layers:
            return np.zeros(1, dtype=np.intp)
        numbers = np.arange(prod(self._shape), dtype=np.intp)
        silent = [int((~layer.any(axis=(1, 2))).argmax()) for layer in self._layers]
        zero = int(np.ravel_multi_index(silent, self._shape))
        numbers[[0, zero]] = numbers[[zero, 0]]
        if self.dimension > 1:
            return numbers
        slopes = self._values(numbers, np.array([[1], [-1]], dtype=np.int64))
        _, first = np.unique(slopes, axis=0, return_index=True)
        return numbers[np.sort(first)]


def _reach(norm: Fraction, step: Fraction) -> int:
    """Return the largest multiple of the step that an entry of size at most the norm is rounded to."""
    return floor(norm / step + Fraction(1, 2))


def _matrices(rows: int, columns: int, reach: int, longest: float) -> np.ndarray:
    """Return the integer matrices with sorted rows, entries up to `reach` and norm up to `longest`, (count, r, c)."""
    row_list = np.array(list(product(range(-reach, reach + 1), repeat=columns)), dtype=np.int64)
    chosen = np.arange(len(row_list))[:, None]
    for _ in range(rows - 1):
        counts = len(row_list) - chosen[:, -1]
        before = np.repeat(np.arange(len(chosen)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        chosen = np.column_stack([chosen[before], chosen[before, -1] + offsets])
    matrices = row_list[chosen]
    norms = np.linalg.norm(matrices.astype(np.float64), ord=2, axis=(1, 2))
    return matrices[norms <= longest * (1.0 + _SLACK) + _SLACK]


_SLACK = 1e-9  # far above the rounding of norms: what is kept too much does no harm
