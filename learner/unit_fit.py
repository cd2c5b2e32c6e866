r"""A hidden layer of absolute values on known features, fitted to exact labels by Levenberg and Marquardt's method.

``y = <v, φ> + Σ_j c_j |<w_j, φ>|``: which ReLU units and absolute values give the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Layer", "fitted", "pruned"]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Units on q features.

    Attributes
    ----------
    units : (m, q)
        The w_j.
    top : (q + m,)
        v, then the c_j.
    """

    units: np.ndarray
    top: np.ndarray

    def evaluate(self, known: np.ndarray) -> np.ndarray:
        """Return the function at samples with these features (n, q)."""
        return known @ self.top[: known.shape[1]] + np.abs(known @ self.units.T) @ self.top[known.shape[1] :]

    def explains(self, known: np.ndarray, y: np.ndarray, tolerance: float) -> np.ndarray:
        """Return which labels it gives up to the tolerance."""
        return np.abs(self.evaluate(known) - y) <= tolerance


def fitted(
    known: np.ndarray, y: np.ndarray, units: np.ndarray, tolerance: float, *, top: np.ndarray | None = None
) -> Layer:
    """Return the layer that a sum of squares ends at from here; it may be a local minimum.

    Parameters
    ----------
    known : (n, q)
    y : (n,)
    units : (m, q)
        To start from.
    tolerance : float
        The method stops where all residuals are below a hundredth of it.
    top : (q + m,), optional
        To start from; default the least-squares solution for these units.

    Notes
    -----
    A round costs n·(m q + q + m)²; up to 100. Each damping is scaled by the norms of the columns (Marquardt).
    """
    (n, q), m = known.shape, len(units)
    if top is None:
        units = units / np.linalg.norm(units, axis=1, keepdims=True)
    values = known @ units.T
    columns = np.hstack([known, np.abs(values)])
    weights: np.ndarray = np.linalg.lstsq(columns, y, rcond=1e-10)[0] if top is None else top
    residuals = y - columns @ weights
    loss, damping, slow = float(residuals @ residuals), _DAMPING, 0
    jacobian = np.empty((n, m * q + q + m))
    for _ in range(_ROUNDS):
        for j in range(m):
            np.multiply((np.sign(values[:, j]) * weights[q + j])[:, None], known, out=jacobian[:, j * q : (j + 1) * q])
        jacobian[:, m * q :] = columns
        norms = np.sqrt(np.einsum("ij,ij->j", jacobian, jacobian))
        norms[norms == 0.0] = 1.0
        gram, image = jacobian.T @ jacobian / np.outer(norms, norms), jacobian.T @ residuals / norms
        while damping < _MOST_DAMPING:
            step = np.linalg.solve(gram + damping * np.eye(len(gram)), image) / norms
            moved = units + step[: m * q].reshape(m, q), weights + step[m * q :]
            values_ = known @ moved[0].T
            columns_ = np.hstack([known, np.abs(values_)])
            residuals_ = y - columns_ @ moved[1]
            loss_ = float(residuals_ @ residuals_)
            if loss_ < loss:
                break
            damping *= _UP
        else:
            break
        slow = slow + 1 if loss_ > _SLOW * loss else 0
        (units, weights), values, columns, residuals, loss = moved, values_, columns_, residuals_, loss_
        damping = max(damping / _DOWN, _LEAST_DAMPING)
        if loss <= n * (1e-2 * tolerance) ** 2 or slow >= _PATIENCE:
            break
    return Layer(units, weights)


_ROUNDS, _PATIENCE, _SLOW = 100, 8, 0.99
_DAMPING, _LEAST_DAMPING, _MOST_DAMPING, _UP, _DOWN = 1e-2, 1e-12, 1e6, 5.0, 3.0


def pruned(layer: Layer, known: np.ndarray, y: np.ndarray, tolerance: float) -> Layer:
    """Return a layer with fewer units that explains all labels, as `layer` does.

    Each unit in turn, that with the smallest part of the function first, is left out, and the others are fitted again.
    Fewer units say more about where no sample fell.
    """
    q, again = known.shape[1], True
    while again:
        again = False
        parts = np.abs(known @ layer.units.T).mean(axis=0) * np.abs(layer.top[q:])
        for j in np.argsort(parts):
            kept = np.arange(len(layer.units)) != j
            trial = fitted(known, y, layer.units[kept], tolerance)
            if trial.explains(known, y, tolerance).all():
                layer, again = trial, True
                break
    return layer
