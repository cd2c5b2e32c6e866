r"""Two layers of folds as a plain ReLU network: without units that only pass on coordinates.

``|H| = 2 relu(sH) - sH``. Where the coefficients of all folds of the second layer, and of the function itself, obey the
law of :mod:`learner.orientation`, the function is one of the units relu(s_j H_j) alone. Some folds may be needed both
ways, as relu(H_j) and relu(-H_j): then the law holds up to multiples of their gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from learner.components import Fit
from learner.orientation import oriented
from tropical._exact.linear import coordinates

__all__ = ["Turn", "plain_layers", "turned"]


class Turn:
    """Which way the units of a layer are turned.

    Attributes
    ----------
    signs : int array (m,)
    both : list of int
        Folds that are needed both ways.
    law : (k - len(both), k + m) or with a column of zeros for the constant in between
        Rows that every combination of such units, as coefficients on (z, 1, |H_1|, ...), is orthogonal to.
    """

    def __init__(
        self, signs: np.ndarray, both: Sequence[int], off: np.ndarray, folds: np.ndarray, linear: bool
    ) -> None:
        self.signs, self.both = signs.astype(int), list(both)
        k = off.shape[1]
        nothing = np.zeros((len(off), int(not linear)))
        self.law = np.hstack([off, nothing, -off @ (folds[:, :k] * signs[:, None]).T])


def turned(folds: np.ndarray, rows: np.ndarray, linear: bool) -> Turn | None:
    """Return how units turn so that all rows are combinations of them, the fewest both ways; None if they do not.

    Parameters
    ----------
    folds : (m, p)
        On k coordinates and, unless `linear`, 1.
    rows : (r, p + m)
        On those and the absolute values of the folds.
    linear : bool

    Notes
    -----
    2^m candidates for each choice of folds needed both ways, up to two of them.
    """
    (m, p), k = folds.shape, folds.shape[1] - (not linear)
    for count in range(min(k, 1 + (_MOST_BOTH if m <= _FEW else 0)) if m <= _MOST else 0):
        for both in combinations(range(m), count):
            off = np.linalg.svd(folds[list(both), :k])[2][count:] if count else np.eye(k)
            others = [i for i in range(m) if i not in both]
            laws = [
                Fit(law, np.empty((0, len(law))), len(law), _MANY, 0.0)
                for law in np.hstack([rows[:, :k] @ off.T, rows[:, p:][:, others]])
            ]
            found, share = oriented(folds[others, :k] @ off.T, laws, True)
            if found is not None and share == 1.0:
                signs = np.ones(m)
                signs[others] = found
                return Turn(signs, both, off, folds, linear)
    return None


_MANY = 10**9  # the law is asked of every row
_MOST, _FEW, _MOST_BOTH = 14, 10, 2


def plain_layers(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray], top: np.ndarray, linear: bool
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Return weights and biases of three layers; None if no signs turn the folds into units.

    Parameters
    ----------
    first : sequence of (p,)
        Folds of the first layer, on k coordinates and, unless `linear`, 1; floats, or all that follows is of Fractions
        (dtype object) and then exact: floats only propose the signs.
    second : sequence of (p + m,)
        Folds of the second, on those and the absolute values of the first.
    top : (p + m + m',)
    linear : bool

    Notes
    -----
    The last hidden layer has a unit for each fold, and two for the linear rest where there is one.
    """
    folds, rows = np.array(first), np.array([*second, top[: len(first[0]) + len(first)]])
    (m, p), exact = folds.shape, top.dtype == object
    k = p - (not linear)
    turn = turned(folds.astype(float), rows.astype(float), linear)
    if turn is None:
        return None
    slopes, signed = rows[:, p:], folds * turn.signs[:, None]
    passed = _multiples(rows[:, :k] - slopes @ signed[:, :k], signed[turn.both, :k], exact)
    if passed is None:
        return None
    units = 2 * slopes
    units[:, turn.both] += passed
    units = np.hstack([units, -passed])  # H = relu(H) - relu(-H)
    signed = np.vstack([signed, -signed[turn.both]])
    shift = np.zeros(len(signed), dtype=top.dtype) if linear else signed[:, k]
    constants = np.zeros(len(rows), dtype=top.dtype)
    if not linear:
        constants = rows[:, k] - slopes @ shift[:m] - passed @ shift[turn.both]
    values = top[p + m :]  # on |H'| = 2 relu(H') - H'
    rest, constant = units[-1] - values @ units[:-1], constants[-1] - values @ constants[:-1]
    hidden, bias, last = units[:-1], constants[:-1], 2 * values
    sizes = np.abs(units[-1]).max(initial=0) + np.abs(values[:, None] * units[:-1]).sum(axis=0).max(initial=0)
    rest = np.where(np.abs(rest) > (0 if exact else _ZERO * sizes), rest, 0 * rest)
    if rest.any():
        hidden, bias = np.vstack([hidden, rest, -rest]), np.concatenate([bias, [0, 0]])
        last = np.concatenate([last, [1, -1]])
    return [signed[:, :k], hidden, last[None, :]], [shift, bias, np.array([constant])]


def _multiples(left: np.ndarray, gradients: np.ndarray, exact: bool) -> np.ndarray | None:
    """Return coefficients (r, u) of rows (r, k) on gradients (u, k); None where rationals are no combinations."""
    if not exact:
        return np.linalg.lstsq(gradients.T, left.T, rcond=None)[0].T
    result = np.full((len(left), len(gradients)), Fraction(0))
    if len(gradients):
        result[:] = [coordinates(row, gradients.tolist()) for row in left.tolist()]
    return result if (result @ gradients + 0 * left == left).all() else None


_ZERO = 1e-12  # what is left of coefficients that cancel
