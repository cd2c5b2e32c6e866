r"""Filtered PCA: the directions that a function looks at, from filtered moments of Gaussian samples.

For y = F(P_V x) + noise and any filter ψ of the label, ``E[ψ(y)(xxᵀ - I)]`` and ``E[ψ(y) x]`` live on V
(docs/theory.md, lemma K). With indicator filters of slices h of the labels, probability p_h, means m_h and matrices
C_h:

1. start: leading eigenvectors of ``K = Σ p_h (C_h² + w m_h m_hᵀ)``, less its expected noise;
2. joint iteration for k directions: U <- leading eigenvectors of ``Σ p_h (C_h U Uᵀ C_h + w m_h m_hᵀ)``;
3. k is the number of leading directions that a permutation test finds, one after the other: does x off the directions
   found so far still depend on the label?

====================  ======================
docs/theory.md        here
====================  ======================
ψ                     ``LabelSlices``
M_ψ (one a slice)     ``SliceMoments.hermite``
V (estimated)         ``components_``
====================  ======================
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from learner.filters import LabelSlices
from learner.moments import SliceMoments
from learner.sampling import as_samples, warn_unless_gaussian
from tropical._protocol import as_sample_array
from tropical.exceptions import InvalidInput

__all__ = ["FilteredPCA"]


class FilteredPCA(TransformerMixin, BaseEstimator):
    """Estimate the relevant subspace of y = F(x) from Gaussian x.

    Parameters
    ----------
    n_components : "auto" or int
        Number of directions; "auto" tests for it.
    n_slices : int
        Number of label filters.
    mean_weight : float
        Weight w of the first moments beside the second.
    level : float
        Error level of the dimension test: on labels that are independent of x, a direction is reported in at most this
        share of runs. ``ceil(1/level) - 1`` permutations are drawn. Beyond the first direction the level is
        approximate, as the directions before it are estimates.
    random_state : None, int or RandomState
        For the permutations.

    Attributes
    ----------
    components_ : float array (k, d)
        Orthonormal rows, leading direction first; the largest entry of each row is positive. k may be 0.
    eigenvalues_ : float array (d,)
        Of K, decreasing.
    pvalues_ : float array (d,)
        Permutation p-value of each direction, given the ones before it; NaN beyond the first that is not significant,
        and where the number of components was given.
    n_features_in_ : int

    Notes
    -----
    One pass over the data, n·d² multiply-adds, and two more for each permutation; then eigenvectors in d dimensions.
    An estimate: sin of the angle to V falls like sqrt(d/n).
    """

    def __init__(
        self,
        n_components: str | int = "auto",
        *,
        n_slices: int = 16,
        mean_weight: float = 2.0,
        level: float = 0.02,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.n_slices = n_slices
        self.mean_weight = mean_weight
        self.level = level
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> FilteredPCA:
        """Estimate the directions from samples X (n, d) and labels y (n,)."""
        automatic = self._check_parameters()
        samples, labels = as_samples(X, y, least=2)
        warn_unless_gaussian(samples)
        dimension = samples.shape[1]
        if not automatic and int(self.n_components) > dimension:
            raise InvalidInput("n_components", f"at most d = {dimension}", self.n_components, "lower it")
        rng = check_random_state(self.random_state)
        slices = LabelSlices.by_quantiles(labels, self.n_slices)
        index = slices.index(labels)
        moments = SliceMoments(len(slices), dimension).add(samples, index)
        self.eigenvalues_, vectors = _descending(_spectral_matrix(moments, self.mean_weight))
        self.pvalues_ = np.full(dimension, np.nan)
        if automatic:
            pvalues = self._test_dimensions(samples, index, moments, vectors, rng)
            self.pvalues_[: len(pvalues)] = pvalues
            k = int((pvalues <= self.level).sum())
        else:
            k = int(self.n_components)
        self.components_ = _fixed_signs(_joint_iteration(moments, vectors[:, :k], self.mean_weight).T)
        self.n_features_in_ = dimension
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the coordinates of the rows of X along the components, (n, k)."""
        check_is_fitted(self, "components_")
        return as_sample_array(X, self.n_features_in_) @ self.components_.T

    def _test_dimensions(
        self,
        X: np.ndarray,
        index: np.ndarray,
        moments: SliceMoments,
        vectors: np.ndarray,
        rng: np.random.RandomState,
    ) -> np.ndarray:
        """Return p-values of "there is a direction beyond the first j", j = 0, 1, ..., up to the first large one.

        Each test looks at x off the j leading eigenvectors only. If these span V, that part of x is independent of the
        labels, and permuting the labels gives its law.
        """
        dimension = X.shape[1]
        draws = int(np.ceil(1.0 / self.level)) - 1
        seeds = rng.randint(np.iinfo(np.int32).max, size=draws)
        pvalues: list[float] = []
        tested = 1  # the first pass tests j = 0 only; there is a second one where directions are found
        while True:
            rests = [vectors[:, j:] for j in range(len(pvalues), min(len(pvalues) + tested, dimension))]
            observed = np.array([_largest(moments, rest, self.mean_weight) for rest in rests])
            exceeded = np.zeros(len(rests), dtype=int)
            for seed in seeds:
                order = np.random.RandomState(seed).permutation(index)
                permuted = SliceMoments(len(moments.counts), dimension).add(X, order)
                exceeded += np.array([_largest(permuted, rest, self.mean_weight) for rest in rests]) >= observed
            for count in exceeded:
                pvalues.append(max([(1 + int(count)) / (draws + 1), *pvalues]))
                if pvalues[-1] > self.level or len(pvalues) == dimension:
                    return np.array(pvalues)
            tested = _TESTED_AT_ONCE

    def _check_parameters(self) -> bool:
        """Return whether the number of components is to be estimated."""
        if not 0.0 < self.level < 1.0:
            raise InvalidInput("level", "a number between 0 and 1", self.level, "0.02 is usual")
        if not isinstance(self.n_slices, Integral) or self.n_slices < 2:
            raise InvalidInput("n_slices", "an integer of at least 2", self.n_slices, "10 to 24 is usual")
        wanted: Any = self.n_components
        if isinstance(wanted, str) and wanted == "auto":
            return True
        if isinstance(wanted, bool) or not isinstance(wanted, Integral) or int(wanted) < 0:
            raise InvalidInput("n_components", '"auto" or an integer >= 0', self.n_components, "use the default")
        return False


def _largest(moments: SliceMoments, rest: np.ndarray, mean_weight: float) -> float:
    """Return the largest eigenvalue of the spectral matrix of x seen through orthonormal columns only."""
    return float(np.linalg.eigvalsh(_spectral_matrix(moments.along(rest), mean_weight))[-1])


_TESTED_AT_ONCE = 4  # a pass over the samples costs as much as some tens of eigenvalue problems


def _spectral_matrix(moments: SliceMoments, mean_weight: float) -> np.ndarray:
    """Return Σ p_h (C_h² + w m_h m_hᵀ) less the part that comes from pairing a sample with itself.

    The diagonal terms of the two double sums are Σ_i (x_i x_iᵀ - I)² / n_h² and Σ_i x_i x_iᵀ / n_h²; with |x_i|²
    replaced by its mean d they are functions of C_h.
    """
    identity = np.eye(moments.sums.shape[1])
    dimension = len(identity)
    total = np.zeros_like(identity)
    hermite, means = moments.hermite(), moments.means()
    for p, count, C, m in zip(moments.probabilities(), moments.counts, hermite, means, strict=True):
        if count:
            own = ((dimension - 2) * (C + identity) + identity + mean_weight * (C + identity)) / count
            total += p * (C @ C + mean_weight * np.outer(m, m) - own)
    return total


def _joint_iteration(moments: SliceMoments, start: np.ndarray, mean_weight: float) -> np.ndarray:
    """Return k orthonormal columns that jointly explain the moments of all slices (an orthogonal iteration)."""
    if start.shape[1] == 0:
        return start
    p, hermite, means = moments.probabilities(), moments.hermite(), moments.means()
    firsts = mean_weight * np.einsum("h,hi,hj->ij", p, means, means)
    current = start
    for _ in range(_ITERATIONS):
        images = hermite @ current
        _, vectors = _descending(firsts + np.einsum("h,hik,hjk->ij", p, images, images))
        current = vectors[:, : start.shape[1]]
    return current


_ITERATIONS = 8  # on the sample files the subspace moves by less than 1e-6 after the fifth


def _descending(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1], vectors[:, ::-1]


def _fixed_signs(rows: np.ndarray) -> np.ndarray:
    """Return the rows with their largest entries positive, so that equal inputs give equal outputs."""
    largest = np.abs(rows).argmax(axis=1, keepdims=True)
    signs = np.sign(np.take_along_axis(rows, largest, axis=1))
    return rows * signs
