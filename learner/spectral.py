r"""Directions from the moments of slices: linear algebra on summaries, no samples.

Within slice h the part of x along orthonormal columns U (d, k) has mean ``μ_h`` and second moment ``I + G_h``; off V it
is N(0, I) in every slice. The Gaussian likelihood of the slices against N(0, I),

    J(U) = Σ_h p_h KL( N(μ_h, S_h) || N(0, I) ),    S_h = I + G_h - μ_h μ_hᵀ,

is stationary where the columns of ``Σ_h p_h (C_h U T_h + m_h w_hᵀ)`` lie in the span of U, for

    T_h = I - S_h⁻¹,    w_h = S_h⁻¹ μ_h.

For one direction and zero means T is c/(1 + c): the scalar filter that is optimal for recovery (docs/learning.md,
section 1). So :func:`refine` iterates that matrix, with weights measured on samples that the directions did not see
(cross-fitting): weights fitted where the directions were chosen confirm any direction at all.

Where it starts is in :mod:`learner.starts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from learner.moments import SliceMoments

__all__ = [
    "FoldedMoments",
    "Weights",
    "adaptive",
    "along",
    "fitted_weights",
    "information",
    "joint_iteration",
    "leading",
    "polish",
    "refine",
    "slice_ranks",
    "smooth_basis",
    "without",
]


class Weights(NamedTuple):
    """How each slice weights x xᵀ - I and x along k directions: T (H, k, k) symmetric, w (H, k)."""

    second: np.ndarray
    first: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class FoldedMoments:
    """Summaries of all samples and of each fold; the samples outside a fold are their difference.

    Attributes
    ----------
    total : SliceMoments
    parts : tuple of SliceMoments
        One for each fold.
    smooth : float array (H, q), optional
        See :func:`smooth_basis`.
    """

    total: SliceMoments
    parts: tuple[SliceMoments, ...]
    smooth: np.ndarray | None = None

    @classmethod
    def split(cls, moments: SliceMoments, folds: int, cells: np.ndarray | None = None) -> FoldedMoments:
        """Return the folds of a summary whose group ``fold·H + h`` is slice h of a fold."""
        total = moments.total(folds)
        smooth = None if cells is None else smooth_basis(total.counts, cells)
        return cls(total, tuple(moments.fold(folds, f) for f in range(folds)), smooth)

    def counts(self, fold: int | None = None) -> np.ndarray:
        """Return the samples of each slice, outside a fold where one is named."""
        return self.total.counts - (0 if fold is None else self.parts[fold].counts)

    def sums(self, fold: int | None = None) -> np.ndarray:
        """Return Σ x over each slice, outside a fold where one is named."""
        return self.total.sums - (0.0 if fold is None else self.parts[fold].sums)

    def products(self, columns: np.ndarray, fold: int | None = None) -> np.ndarray:
        """Return ``Σ (x xᵀ - I) columns`` over each slice, (H, d, k), outside a fold where one is named."""
        result = self.total.squares @ columns
        if fold is not None:
            result -= self.parts[fold].squares @ columns
        return result - self.counts(fold)[:, None, None] * columns

    def weighted(self, psi: np.ndarray, fold: int | None = None) -> np.ndarray:
        """Return ``(1/n) Σ ψ (x xᵀ - I)`` for weights ψ (H,) of the slices."""
        result = np.tensordot(psi, self.total.squares, 1)
        if fold is not None:
            result -= np.tensordot(psi, self.parts[fold].squares, 1)
        counts = self.counts(fold)
        result[np.diag_indices_from(result)] -= float(psi @ counts)
        return result / max(1, int(counts.sum()))


def leading(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, decreasing, and eigenvectors."""
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1], vectors[:, ::-1]


def without(matrix: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return P M P for the projection P off orthonormal columns (d, l)."""
    if known.shape[1] == 0:
        return matrix
    half = matrix - known @ (known.T @ matrix)
    return half - (half @ known) @ known.T


def along(moments: FoldedMoments, columns: np.ndarray, fold: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return Σ Uᵀ(x xᵀ - I)U (H, k, k) and Σ Uᵀx (H, k) of each slice, outside a fold where one is named."""
    return columns.T @ moments.products(columns, fold), moments.sums(fold) @ columns


def smooth_basis(counts: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return columns (H, q), orthonormal for the weights `counts`, of quadratics of the rank in each cell."""
    ranks = slice_ranks(counts, cells)
    rows = np.sqrt(counts / max(1, int(counts.sum())))[:, None]
    columns = [(cells == cell)[:, None] * ranks[:, None] ** np.arange(3) for cell in np.unique(cells)]
    left, values, _ = np.linalg.svd(rows * np.column_stack(columns), full_matrices=False)
    return left[:, values > _ROUNDING * values.max(initial=0.0)] / np.where(rows > 0.0, rows, np.inf)


_ROUNDING = 1e-12


def slice_ranks(counts: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the middle rank of each slice among the labels of its cell, from -1 to 1."""
    ranks = np.zeros(len(counts))
    for cell in np.unique(cells):
        mine = cells == cell
        size = counts[mine]
        ranks[mine] = (2.0 * np.cumsum(size) - size) / max(1, int(size.sum())) - 1.0
    return ranks


def fitted_weights(
    counts: np.ndarray, hermite: np.ndarray, sums: np.ndarray, smooth: np.ndarray | None = None
) -> Weights:
    """Return the weights that the Gaussian likelihood gives to slices, from sums along k directions.

    Parameters
    ----------
    counts : (H,)
    hermite : (H, k, k)
        Σ (z zᵀ - I) over each slice.
    sums : (H, k)
        Σ z over each slice.
    smooth : (H, q), optional
        See :func:`smooth_basis`.

    Notes
    -----
    The isotropic part of the second moments, their other part and the means, and of each the part that is smooth in the
    rank of the label and the rest, are shrunk by the share of their square that noise explains (James and Stein): noise
    of a slice has variance 2/(k n_h) in the isotropic part, (k² + k - 2)/n_h in the other, k/n_h in the mean.
    """
    k = hermite.shape[1]
    n = max(1, int(counts.sum()))
    full, p = np.maximum(counts, 1), counts / n
    second, mean = hermite / full[:, None, None], sums / full[:, None]
    level = np.trace(second, axis1=1, axis2=2) / k
    shape = second - level[:, None, None] * np.eye(k)
    level = _shrunk(level, p, 2.0 / k, n, smooth)
    shape = _shrunk(shape, p, k * k + k - 2, n, smooth)
    mean = _shrunk(mean, p, k, n, smooth)
    covariance = (1.0 + level)[:, None, None] * np.eye(k) + shape - mean[:, :, None] * mean[:, None, :]
    values, vectors = np.linalg.eigh(covariance)
    inverse = np.einsum("hij,hj,hkj->hik", vectors, 1.0 / np.maximum(values, _SMALLEST), vectors)
    return Weights(np.eye(k) - inverse, np.einsum("hij,hj->hi", inverse, mean))


_SMALLEST = 0.05  # variance of a slice along a direction: bounds the weights by 19 where few samples look flat


def _shrunk(values: np.ndarray, p: np.ndarray, variance: float, n: int, smooth: np.ndarray | None) -> np.ndarray:
    """Return values (H, ...) less noise, of summed variance `variance`/n_h in slice h."""
    flat = values.reshape(len(values), -1)
    part = np.zeros_like(flat) if smooth is None else smooth @ (smooth.T @ (p[:, None] * flat))
    freedom = 0 if smooth is None else smooth.shape[1]
    rest = flat - part
    part *= _shrinkage(float(p @ (part**2).sum(axis=1)), variance * freedom / n)
    rest *= _shrinkage(float(p @ (rest**2).sum(axis=1)), variance * (int((p > 0.0).sum()) - freedom) / n)
    return (part + rest).reshape(values.shape)


def _shrinkage(square: float, noise: float) -> float:
    return max(0.0, 1.0 - noise / square) if square > 0.0 else 0.0


def information(moments: FoldedMoments, columns: np.ndarray, fold: int | None = None) -> float:
    """Return J(U) of the measured moments, in nats a sample, outside a fold where one is named."""
    hermite, sums = along(moments, columns, fold)
    counts = moments.counts(fold)
    kept = counts > 0
    full, p = counts[kept], counts[kept] / max(1, int(counts.sum()))
    second, mean = hermite[kept] / full[:, None, None], sums[kept] / full[:, None]
    covariance = np.eye(columns.shape[1]) + second - mean[:, :, None] * mean[:, None, :]
    logarithms = np.log(np.maximum(np.linalg.eigvalsh(covariance), _SMALLEST)).sum(axis=1)
    return float(p @ (np.trace(second, axis1=1, axis2=2) - logarithms)) / 2.0


def refine(
    moments: FoldedMoments, start: np.ndarray, known: np.ndarray, *, rounds: int = 8
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return directions that maximise J, from a start, and those found without each fold.

    Parameters
    ----------
    moments : FoldedMoments
    start : (d, k)
        Orthonormal columns off the known ones.
    known : (d, l)
        Orthonormal columns to stay off.
    rounds : int
        At most so many changes of the weights; fewer where the directions move by less than 1e-3.

    Returns
    -------
    columns : (d, k)
    apart : list of (d, k)
        The same from the samples outside each fold, which that fold can test.

    Notes
    -----
    O((2F + 1)·H·d²·k) for each of about ten steps a round.
    """
    if start.shape[1] == 0:
        return start, [start for _ in moments.parts]
    current, apart = start, [start for _ in moments.parts]
    weights = fitted_weights(moments.total.counts, *along(moments, start), moments.smooth)
    for _ in range(rounds):
        before = current
        current = _steps(moments, current, weights, known)
        hermite, sums = 0.0, 0.0
        for fold, part in enumerate(moments.parts):
            columns = _turned(_steps(moments, apart[fold], weights, known, fold), current)
            apart[fold] = columns
            second = columns.T @ (part.squares @ columns) - part.counts[:, None, None] * np.eye(columns.shape[1])
            hermite, sums = hermite + second, sums + part.sums @ columns
        weights = fitted_weights(moments.total.counts, np.asarray(hermite), np.asarray(sums), moments.smooth)
        if np.linalg.norm(current - before @ (before.T @ current)) < _SETTLED:
            break
    for _ in range(2):
        current = _steps(moments, current, weights, known)
    return current, apart


def polish(
    moments: FoldedMoments, start: np.ndarray, known: np.ndarray, fold: int | None, *, rounds: int = 3
) -> tuple[np.ndarray, Weights]:
    """Return directions nearer to a maximum of J, and weights, both from the same samples outside a fold."""
    columns = start
    for _ in range(rounds):
        weights = fitted_weights(moments.counts(fold), *along(moments, columns, fold), moments.smooth)
        columns = _steps(moments, columns, weights, known, fold)
    return columns, fitted_weights(moments.counts(fold), *along(moments, columns, fold), moments.smooth)


_SETTLED = 1e-3
_INNER = 4  # products between two changes of the weights


def _steps(
    moments: FoldedMoments, columns: np.ndarray, weights: Weights, known: np.ndarray, fold: int | None = None
) -> np.ndarray:
    """Return U after some products with ``Σ p_h (C_h U T_h + m_h w_hᵀ)``, shifted so that noise cannot turn its sign.

    Σ p_h T_h C_h of pure noise has its spectrum within about 2 sqrt(d/n · Σ p_h T_h²).
    """
    n, k = max(1, int(moments.counts(fold).sum())), columns.shape[1]
    size = moments.counts(fold) / n @ ((weights.second**2).sum(axis=(1, 2)) + (weights.first**2).sum(axis=1))
    shift = 2.0 * np.sqrt(float(size) / k * len(columns) / n) + np.finfo(float).tiny
    means = moments.sums(fold).T @ weights.first / n
    # One pass over the slices for all steps: Σ_h C_h U T_h is k² fixed matrices times columns of U.
    counts, rows = moments.counts(fold), weights.second.reshape(len(weights.second), -1).T
    blocks = rows @ moments.total.squares.reshape(rows.shape[1], -1)
    if fold is not None:
        blocks -= rows @ moments.parts[fold].squares.reshape(rows.shape[1], -1)
    blocks = blocks.reshape(k, k, len(columns), len(columns)) / n
    diagonal = (rows @ counts).reshape(k, k) / n
    for _ in range(_INNER):
        image = np.column_stack([sum(blocks[j, i] @ columns[:, j] for j in range(k)) for i in range(k)])
        image += means + shift * columns - columns @ diagonal
        image -= known @ (known.T @ image)
        columns = _nearest_orthonormal(image)
    return columns


def _nearest_orthonormal(columns: np.ndarray) -> np.ndarray:
    """Return the polar factor: unlike a QR step it does not turn the basis that the weights are written in."""
    left, _, right = np.linalg.svd(columns, full_matrices=False)
    return left @ right


def _turned(columns: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the basis of the same span that is nearest to the target."""
    return columns @ _nearest_orthonormal(columns.T @ target)


# ------------------------------------------------------------ simpler iterations


def joint_iteration(
    moments: FoldedMoments, start: np.ndarray, mean_weight: float, known: np.ndarray, *, rounds: int = 8
) -> np.ndarray:
    """Return k columns after iterating U <- leading eigenvectors of ``Σ p_h (C_h U Uᵀ C_h + w m_h m_hᵀ)``.

    Fixed points are stationary for ``Σ p_h (|Uᵀ C_h U|² + 2 w |Uᵀ m_h|²)``, the square of the signal: J for small
    signals, up to a factor, if w = 1.
    """
    counts, n = np.maximum(moments.total.counts, 1), max(1, int(moments.total.counts.sum()))
    means = mean_weight * (moments.total.sums.T / counts) @ moments.total.sums / n
    current = start
    for _ in range(rounds if start.shape[1] else 0):
        images = moments.products(current) / np.sqrt(counts)[:, None, None]
        flat = images.transpose(1, 0, 2).reshape(len(current), -1)
        current = leading(without(flat @ flat.T / n + means, known))[1][:, : start.shape[1]]
    return current


def adaptive(moments: FoldedMoments, start: np.ndarray, known: np.ndarray, *, rounds: int = 8) -> np.ndarray:
    """Return k columns after alternating a scalar filter T = c/(1 + c) and its leading eigenvectors.

    c is the mean of C_h along the columns: optimal where G(y) is a multiple of the identity, blind to the rest.
    """
    counts, k = np.maximum(moments.total.counts, 1), start.shape[1]
    current = start
    for _ in range(rounds if k else 0):
        c = np.trace(along(moments, current)[0], axis1=1, axis2=2) / (k * counts)
        psi = c / np.maximum(1.0 + c, _SMALLEST)
        current = leading(without(moments.weighted(psi), known))[1][:, :k]
    return current
