r"""The spectrum that filtered PCA shows where there is no signal.

If x is N(0, I) and independent of the slice, a slice of n_h samples has, whatever the labels are,

    Σ x ~ N(0, n_h I),    Σ (x - m_h)(x - m_h)ᵀ ~ Wishart(n_h - 1, I),    independent of each other,

so the sums are drawn as they are, without samples, and go through the same matrix as the ones of the data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from learner.filters import LevelFilter
from learner.moments import SliceMoments
from learner.sampling import as_random_state
from learner.spectral import FoldedMoments, leading, without
from learner.starts import bulk_edge, spectral_matrix
from learner.subspace import FilteredPCA
from learner.whitening import Whitening
from tropical._arguments import as_count

__all__ = ["gaussian_moments", "noise_edges", "null_eigenvalues"]


def gaussian_moments(counts: np.ndarray, dimension: int, rng: np.random.RandomState) -> SliceMoments:
    """Draw the sums of slices of so many samples from N(0, I), independent of the slice.

    Notes
    -----
    O(H·d³), or O(n·d²) where the slices have fewer samples than d: Bartlett's triangular factor.
    """
    sums = rng.standard_normal((len(counts), dimension)) * np.sqrt(counts)[:, None]
    squares = np.zeros((len(counts), dimension, dimension))
    for h, count in enumerate(counts.tolist()):
        if count == 0:
            continue
        freedom = count - 1
        if freedom >= dimension:
            factor = np.tril(rng.standard_normal((dimension, dimension)), -1)
            factor[np.diag_indices(dimension)] = np.sqrt(rng.chisquare(freedom - np.arange(dimension)))
        else:
            factor = rng.standard_normal((dimension, freedom))
        squares[h] = factor @ factor.T + np.outer(sums[h], sums[h]) / count
    return SliceMoments.from_sums(np.asarray(counts), sums, squares)


_MOST_DRAWS = 100_000


def null_eigenvalues(pca: FilteredPCA, *, draws: int = 20, random_state: Any = None) -> np.ndarray:
    """Return what ``eigenvalues_`` of a fitted FilteredPCA would be without signal, one row a draw, (draws, d).

    Parameters
    ----------
    pca : FilteredPCA, fitted
    draws : int
    random_state : None, int or RandomState

    Notes
    -----
    Exact in law for x from N(0, I), from any Gaussian with ``whiten=True``, and labels independent of x. Costs draws
    times one product of d x d matrices and one Wishart draw a slice.
    """
    known, psi = _fitted(pca)
    draws = as_count(draws, "draws", 1, _MOST_DRAWS, "20 is usual")
    rng = as_random_state(random_state)
    counts, rows = pca.slice_counts_, []
    for _ in range(draws):
        sums = gaussian_moments(counts, known.shape[0], rng)
        if pca._whitening is not None:  # pyright: ignore[reportPrivateUsage]  # a sample that is whitened by its own covariance is less noisy
            own = Whitening.of(sums)
            sums = sums.along(own.columns, own.mean)
        drawn = FoldedMoments(sums, ())
        if psi is None:
            rows.append(leading(spectral_matrix(drawn, pca.mean_weight, known))[0])
        else:
            values = leading(without(drawn.weighted(psi), known))[0]
            rows.append(values[np.argsort(-np.abs(values), kind="stable")])
    return np.array(rows)


def noise_edges(pca: FilteredPCA) -> tuple[float, float] | None:
    """Return the ends of the spectrum of M_ψ without signal in the limit of large d and n; None without a fixed filter.

    See :func:`learner.starts.bulk_edge`.
    """
    known, psi = _fitted(pca)
    if psi is None:
        return None
    counts = pca.slice_counts_
    ratio = (known.shape[0] - known.shape[1]) / max(1, int(counts.sum()))
    return -bulk_edge(counts, -psi, ratio), bulk_edge(counts, psi, ratio)


def _fitted(pca: FilteredPCA) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the known directions as they were used, and the filter's values if it is fixed."""
    check_is_fitted(pca, "components_")
    known = pca._basis.T  # pyright: ignore[reportPrivateUsage]
    if pca._whitening is not None:  # pyright: ignore[reportPrivateUsage]
        known = pca._whitening.forward(known)  # pyright: ignore[reportPrivateUsage]
    psi = pca.filter_.values if isinstance(pca.filter_, LevelFilter) else None
    return known, psi
