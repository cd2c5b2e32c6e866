r"""Gauss-Newton steps for a subspace: how far to turn it so that residuals of a function on it vanish.

With orthonormal rows U (k, d), a function f of z = U x and residuals r_i = y_i - f(z_i), turning U to U + D changes
f(U x_i) by <∇f(z_i), D x_i> to first order. The step is

    argmin_D  (1/n) Σ_i ( r_i - <s_i, D x_i> )² + ridge·|D|²,   D Uᵀ = 0,   s_i = ∇f(z_i).

The ridge is that of a Gaussian prior on D: where f is hardly more than noise its slopes are small, and so is the step.
For Gaussian x the part of x off U is independent of s, so in coordinates that whiten s the normal matrix is close to
the identity and conjugate gradients need some ten products with X, whatever k and d are: nothing of size (kd)² is made.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["aligned", "off_span", "orthonormal", "turning_step"]


def turning_step(
    X: np.ndarray,
    slopes: np.ndarray,
    residuals: np.ndarray,
    basis: np.ndarray,
    *,
    ridge: float = 0.0,
    iterations: int = 20,
    tolerance: float = 1e-4,
    eliminate: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Return the step D (k, d), orthogonal to the rows of `basis`.

    Parameters
    ----------
    X : (n, d)
    slopes : (n, k)
        ∇f at each sample.
    residuals : (n,)
    basis : (k, d)
        Orthonormal rows U.
    ridge : float
        The variance of the residuals, over n and the variance that the entries of D are expected to have.
    iterations : int
        Of conjugate gradients, at most.
    tolerance : float
        Stop where the gradient has fallen by this factor.
    eliminate : callable, optional
        A symmetric projection of (n,) vectors that removes other unknowns of the same least-squares problem.

    Notes
    -----
    Two products with X an iteration: 4·n·d·k operations. Slopes whose second moment is below 1e-6 of the largest count
    as that large, which damps directions that the function hardly looks at.
    """
    n = len(X)
    values, vectors = np.linalg.eigh(slopes.T @ slopes / n)
    largest = float(values.max(initial=0.0))
    if largest <= 0.0:
        return np.zeros_like(basis)
    whitening = vectors / np.sqrt(np.maximum(values, _FLATTEST * largest) + ridge)
    penalty = ridge * (whitening.T @ whitening)
    weights = slopes @ whitening
    residuals = residuals if eliminate is None else eliminate(residuals)

    def adjoint(values: np.ndarray) -> np.ndarray:
        rows = (weights * values[:, None]).T @ X / n
        return off_span(rows, basis)

    def normal(D: np.ndarray) -> np.ndarray:
        change = np.einsum("ij,ij->i", weights, X @ D.T)
        return adjoint(change if eliminate is None else eliminate(change)) + penalty @ D

    gradient = adjoint(residuals)
    step, direction = np.zeros_like(gradient), gradient.copy()
    square = start = float((gradient**2).sum())
    for _ in range(iterations):
        if square <= tolerance**2 * start or square == 0.0:
            break
        image = normal(direction)
        curvature = float((direction * image).sum())
        if curvature <= 0.0:
            break
        length = square / curvature
        step += length * direction
        gradient -= length * image
        square, before = float((gradient**2).sum()), square
        direction = gradient + square / before * direction
    return whitening @ step


_FLATTEST = 1e-6


def off_span(rows: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return rows (m, d) less their projections on the span of orthonormal rows."""
    return rows - (rows @ basis.T) @ basis


def orthonormal(rows: np.ndarray) -> np.ndarray:
    """Return orthonormal rows (k, d) with the same span."""
    return np.linalg.qr(rows.T)[0].T


def aligned(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the orthonormal basis of the span of the rows that is nearest to the target's rows."""
    basis = orthonormal(rows)
    left, _, right = np.linalg.svd(target @ basis.T)
    return left @ right @ basis
