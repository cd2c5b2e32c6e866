"""Where the search for directions starts: eigenvectors that stand out of noise.

Starts are of two kinds. A fixed filter ψ has the matrix ``Σ p_h ψ_h C_h``; without signal its spectrum ends at a known
edge (:func:`bulk_edge`), so an eigenvalue beyond it is signal. The quadratic ``Σ p_h C_h² + w m_h m_hᵀ`` and the means
alone (:func:`quadratic`) find what no single filter shows, with more noise. What follows is in :mod:`learner.spectral`.
"""

from __future__ import annotations

import numpy as np

from learner.spectral import FoldedMoments, leading, slice_ranks, without

__all__ = ["bulk_edge", "gram_filters", "linear_starts", "quadratic", "rank_filters", "spectral_matrix"]


def linear_starts(
    moments: FoldedMoments, filters: np.ndarray, k: int, known: np.ndarray, fold: int | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each filter the k eigenvectors furthest beyond the edges of noise, and how far they are beyond.

    Parameters
    ----------
    moments : FoldedMoments
    filters : (q, H)
        Weights of the slices, brought to mean 0 and square 1 here.
    k : int
    known : (d, l)
        Orthonormal columns: the directions to stay away from.
    fold : int, optional
        The fold to leave out; None takes all samples.

    Returns
    -------
    list of (excess (k,), columns (d, k))
        The excess is in units of sqrt(d/n), decreasing; filters in decreasing order of its positive part.
    """
    counts = moments.counts(fold)
    n = max(1, int(counts.sum()))
    ratio = (moments.total.dimension - known.shape[1]) / n
    found = []
    for row in filters:
        psi = row - counts @ row / n
        scale = np.sqrt(counts @ psi**2 / n)
        if scale <= _ROUNDING * np.abs(row).max(initial=0.0):
            continue
        psi = psi / scale
        values, vectors = _extreme(without(moments.weighted(psi, fold), known), k)
        above, below = bulk_edge(counts, psi, ratio), bulk_edge(counts, -psi, ratio)
        excess = np.where(values > 0.0, values - above, -values - below) / np.sqrt(ratio)
        order = np.argsort(-excess)[:k]
        found.append((excess[order], vectors[:, order]))
    return sorted(found, key=lambda pair: -float(np.maximum(pair[0], 0.0).sum()))


_ROUNDING = 1e-12  # of the largest weight: a filter that is constant but for rounding


def _extreme(matrix: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues and eigenvectors that hold the k largest and the k smallest ones."""
    d = len(matrix)
    if d < _LANCZOS or 2 * k > d // 10:
        return np.linalg.eigh(matrix)
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    try:  # starts need no more digits, and the fixed start makes them reproducible
        return eigsh(matrix, k=2 * k, which="BE", v0=np.cos(np.arange(d) ** 2.0), tol=1e-3)  # pyright: ignore
    except ArpackNoConvergence:
        return np.linalg.eigh(matrix)


_LANCZOS = 300  # dimension from which Lanczos is faster than all eigenvectors


def bulk_edge(counts: np.ndarray, psi: np.ndarray, ratio: float) -> float:
    """Return the right end of the spectrum of ``(1/n) Σ ψ_i (x_i x_iᵀ - I)`` for labels without information.

    Parameters
    ----------
    counts, psi : (H,)
        Samples and weight of each slice.
    ratio : float
        d/n.

    Notes
    -----
    The limit for large d and n: the minimum of ``-1/m + Σ p ψ/(1 + ψ m d/n)`` over m < 0 where all denominators are
    positive (Silverstein and Choi 1995), less ``Σ p ψ``. It is convex there, so golden sections find it.
    """
    p = counts / max(1, int(counts.sum()))
    largest = float(psi.max(initial=0.0))
    if largest <= 0.0:
        return 0.0

    def value(u: float) -> float:
        m = -u / (ratio * largest)
        return -1.0 / m + float(p @ (psi / (1.0 + ratio * psi * m) - psi))

    low, high = 0.0, 1.0
    for _ in range(60):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if value(left) < value(right):
            high = right
        else:
            low = left
    return value((low + high) / 2.0)


_GOLDEN = (5**0.5 - 1) / 2


def spectral_matrix(moments: FoldedMoments, mean_weight: float, known: np.ndarray) -> np.ndarray:
    """Return Σ p_h (C_h² + w m_h m_hᵀ) less the part that comes from pairing a sample with itself.

    The diagonal terms of the two double sums are Σ_i (x_i x_iᵀ - I)² / n_h² and Σ_i x_i x_iᵀ / n_h²; with |x_i|²
    replaced by its mean d they are functions of C_h.
    """
    counts, sums, squares = moments.total.counts, moments.total.sums, moments.total.squares
    dimension, n = moments.total.dimension, max(1, int(counts.sum()))
    result, own = np.zeros((dimension, dimension)), np.zeros((dimension, dimension))
    for count, total, square in zip(counts, sums, squares, strict=True):
        if count:
            C = square / count
            own += C
            C[np.diag_indices_from(C)] -= 1.0
            result += (count / n) * (C @ C) + mean_weight / (count * n) * np.outer(total, total)
    result -= (dimension - 2 + mean_weight) / n * own
    result[np.diag_indices_from(result)] -= int((counts > 0).sum()) / n
    return without(result, known)


def quadratic(moments: FoldedMoments, k: int, known: np.ndarray, vectors: np.ndarray) -> list[np.ndarray]:
    """Return starts from the eigenvectors of the quadratic matrix of all slices, and from their means alone."""
    counts, sums = moments.total.counts, moments.total.sums
    rows = sums / np.sqrt(np.maximum(counts, 1))[:, None]
    means = np.linalg.svd(rows - (rows @ known) @ known.T, full_matrices=False)[2][:k].T
    filled = np.linalg.qr(np.column_stack([means, vectors[:, :k]]))[0][:, :k]
    return [vectors[:, :k], filled]


def rank_filters(counts: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return filters (q, H) that are simple functions of the rank of a label among those of its cell.

    Parameters
    ----------
    counts : (H,)
    cells : int array (H,)
        The cell of each slice; slices of one cell are in the order of the labels.

    Notes
    -----
    For the rank r in (-1, 1): r, r², r³ less its linear part, and exp(±2r).
    """
    ranks = slice_ranks(counts, cells)
    return np.array([ranks, ranks**2, ranks**3 - 0.6 * ranks, np.exp(2 * ranks), np.exp(-2 * ranks)])


def gram_filters(moments: FoldedMoments, fold: int | None = None, *, most: int = 2) -> np.ndarray:
    """Return the filters (q, H) whose matrices have the largest Frobenius norms among those of equal Σ p_h ψ_h².

    They are eigenvectors of the H x H matrix of inner products of C_h, its diagonal less the expected noise.
    """
    counts = moments.counts(fold)
    n, d = max(1, int(counts.sum())), moments.total.dimension
    flat = moments.total.squares.reshape(len(counts), -1)
    if fold is not None:
        flat = flat - moments.parts[fold].squares.reshape(len(counts), -1)
    traces = flat[:, :: d + 1].sum(axis=1)
    products = flat @ flat.T - np.add.outer(traces, np.zeros_like(traces)) * counts
    products += np.outer(counts, counts) * d - np.outer(counts, traces)
    roots = np.sqrt(np.maximum(counts, 1))
    gram = products / np.outer(roots, roots) / n
    gram[np.diag_indices_from(gram)] -= d * (d + 1) / n
    vectors = leading(gram)[1][:, :most]
    return (vectors / roots[:, None]).T
