r"""Two layers of folds as a plain ReLU network: without units that only pass on coordinates.

``|H| = 2 relu(sH) - sH``. Where the coefficients of all folds of the second layer, and of the function itself, obey the
law of :mod:`learner.orientation`, the function is one of the units relu(s_j H_j) alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from learner.components import Fit
from learner.orientation import oriented

__all__ = ["plain_layers"]


def plain_layers(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray], top: np.ndarray, linear: bool
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Return weights and biases of three layers; None if no signs turn the folds into units.

    Parameters
    ----------
    first : sequence of (p,)
        Folds of the first layer, on k coordinates and, unless `linear`, 1.
    second : sequence of (p + m,)
        Folds of the second, on those and the absolute values of the first.
    top : (p + m + m',)
    linear : bool

    Notes
    -----
    The last hidden layer has a unit for each fold, and two for the linear rest where there is one.
    """
    folds = np.array(first)
    (m, p), rows = folds.shape, [*second, top[: folds.shape[1] + len(first)]]
    laws = [Fit(row, np.empty((0, len(row))), len(row), _MANY, 0.0) for row in rows]
    signs, share = oriented(folds, laws, linear) if m <= _MOST else (None, 0.0)
    if signs is None or share < 1.0:
        return None
    k = p - (not linear)
    units = 2.0 * np.array([row[p:] for row in rows])  # coefficients on relu(s H)
    constants = np.zeros(len(rows))
    if not linear:
        constants = np.array([row[k] for row in rows]) - units @ (signs * folds[:, k]) / 2.0
    weights, shift = (folds * signs[:, None])[:, :k], np.zeros(m) if linear else folds[:, k] * signs
    values = top[p + m :]  # on |H'| = 2 relu(H') - H'
    rest, constant = units[-1] - values @ units[:-1], float(constants[-1] - values @ constants[:-1])
    hidden, bias, last = units[:-1], constants[:-1], 2.0 * values
    scale = float(
        np.abs(units[-1]).max(initial=0.0) + np.abs(values[:, None] * units[:-1]).sum(axis=0).max(initial=0.0)
    )
    rest = np.where(np.abs(rest) > _ZERO * scale, rest, 0.0)
    if rest.any():
        hidden, bias = np.vstack([hidden, rest, -rest]), np.concatenate([bias, [0.0, 0.0]])
        last = np.concatenate([last, [1.0, -1.0]])
    return [weights, hidden, last[None, :]], [shift, bias, np.array([constant])]


_MANY = 10**9  # the law is asked of every row
_MOST = 14
_ZERO = 1e-12  # what is left of coefficients that cancel
