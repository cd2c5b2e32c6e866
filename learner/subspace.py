r"""Filtered PCA: the directions that a function looks at, from filtered moments of Gaussian samples.

For y = F(P_V x) + noise and any filter ψ(y, P_W x), W in V, ``E[ψ (xxᵀ - I)]`` and ``E[ψ x]`` live on V
(docs/theory.md, lemma K). :class:`FilteredPCA` sums both over the cells of a partition of (y, P_W x) in one sweep, and
works on the sums:

* directions (:mod:`learner.spectral`): from several starts (:mod:`learner.starts`) to a maximum of the likelihood of
  the slices;
* their number (:mod:`learner.dimension`): one more as long as samples that did not choose it confirm it;
* how far off V each can be (:mod:`learner.soundness`).

====================  ========================================
docs/theory.md        here
====================  ========================================
ψ                     ``filter``, :mod:`learner.filters`
M_ψ (one a slice)     ``SliceMoments.hermite``
W, G                  ``basis``, ``predictor``
V off W (estimated)   ``components_``
lemma S2              ``soundness_``
====================  ========================================

More than 400 lines: a third of them says what the parameters and attributes are.
"""

from __future__ import annotations

from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from learner import spectral, starts
from learner.arrays import coordinates, is_foreign
from learner.content import content_folds
from learner.dimension import gaussian_pvalue, permutation_pvalue
from learner.filters import Filter, LevelFilter, Partition, Predictor, cells_of_slices, check_filter, choose_partition
from learner.moments import FOLDS, FilteredSums, undivided
from learner.sampling import as_level, as_random_state, as_samples, validated
from learner.search import Search
from learner.soundness import soundness_bound
from learner.sources import BUDGET, SampleSource, as_source, gather, is_streamed, label_sample
from learner.sources.protocol import rows_of
from learner.spectral import FoldedMoments, Weights
from learner.whitening import Whitening
from tropical._arguments import as_count, as_flag, as_instance, as_real, real_array
from tropical._exact.rational import as_choice
from tropical.exceptions import InvalidInput

__all__ = ["FilteredPCA"]

METHODS = ("likelihood", "adaptive", "joint", "quadratic")


class FilteredPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Estimate the relevant subspace of y = F(x) from Gaussian x.

    Parameters
    ----------
    n_components : "auto" or int
        Number of directions beyond the basis; "auto" tests for it.
    method : {"likelihood", "adaptive", "joint", "quadratic"}
        What the slices are used for. "likelihood": a matrix filter for each slice, weights cross-fitted, the best of
        several starts. "adaptive": the scalar filter T* = c/(1 + c), alternating. "joint": orthogonal iteration
        over all slices (HOOI). "quadratic": leading eigenvectors of Σ p_h (C_h² + w m_h m_hᵀ), no iteration. Not used
        where `filter` fixes ψ.
    filter : None, Partition or Filter
        None: slices of the label at quantiles; with a basis, slices of the label (of the residual, where there is
        a predictor) within cells of the known coordinates. A partition (:class:`SliceFilter`, say): its cells. A filter
        (:class:`ThresholdFilter`, :class:`RampFilter`, any callable of (y, p)): eigenvectors of its one matrix.
    n_slices : int
        Number of label slices; a quarter of it within each cell.
    n_cells : int
        Cells of the known coordinates.
    mean_weight : float
        Weight w of the first moments beside the second, for "joint" and "quadratic".
    level : float
        Error level of the dimension test: on labels that are independent of x, a direction is reported in at most this
        share of samples, for every n and d. Beyond the first direction the level is approximate, as the directions
        before it are estimates. `soundness_` has the same level.
    whiten : bool
        Whether to standardise x by the sample mean and covariance first; components are mapped back.
    basis : array-like (l, d), optional
        Rows that span known directions W; the components are orthogonal to it.
    predictor : callable, optional
        A function G from the coordinates along the basis, (n, l), to (n,): filters look at y - G.
    random_state : None, int or RandomState
        For permutations; used where x is not Gaussian only.
    memory_budget : int
        Bytes for the samples held at a time where they come from a source; the sums, 40·H·d² bytes, come to that.

    Attributes
    ----------
    components_ : float array (k, d)
        Orthonormal rows; the largest entry of each row is positive. k may be 0.
    eigenvalues_ : float array
        Decreasing. Of the quadratic matrix; of M_ψ, by modulus, where `filter` fixes ψ.
    pvalues_ : float array (d,)
        p-value of each direction, given the ones before it; NaN beyond the first that is not significant, and where the
        number of components was given.
    soundness_ : float array (k,)
        Bound on the sine of the angle from each component to V, which holds with probability 1 - `level` for x from
        N(0, I), the known directions in V, and dim V <= max(4, 2 (k + l)). 1 says nothing; NaN where x was whitened.
    filter_ : Partition
        What was summed over: fixed in the first pass, over labels only.
    slice_counts_ : int array (H,)
        Samples in each part of `filter_`.
    null_ : {"gaussian", "permutation"}
        Which law the p-values come from: permutations where the inputs do not look like N(0, I).
    n_features_in_ : int
    feature_names_in_ : array of str
        Where the inputs had names.

    Notes
    -----
    Two passes: one over the labels (and the known coordinates) for the slices' edges, then one sweep of n·d²
    multiply-adds; then O(H·d²) for each of some hundred products. Memory O(H·d²), whatever n is. Results do not depend
    on the order of samples or on chunks, but for rounding. sin of the angle to V falls like sqrt(d/n).

    *Sources* (:mod:`learner.sources`). Edges are quantiles of at most 2^17 labels, a uniform subsample (the first ones
    where samples are drawn); with no more samples the result is that of samples in memory. Inputs that do not look like
    N(0, I) take one more pass: permutations are then of a uniform subsample that fits into the budget.

    Examples
    --------
    >>> import tropical as tp
    >>> from learner import sample
    >>> X, y = sample(tp.families.minimum_of_absolute_values(2), 4000, random_state=0)
    >>> FilteredPCA().fit(X, y).components_.shape
    (2, 2)
    """

    def __init__(
        self,
        n_components: str | int = "auto",
        *,
        method: str = "likelihood",
        filter: Partition | Filter | None = None,  # noqa: A002
        n_slices: int = 16,
        n_cells: int = 8,
        mean_weight: float = 1.0,
        level: float = 0.02,
        whiten: bool = False,
        basis: Any = None,
        predictor: Predictor | None = None,
        random_state: Any = None,
        memory_budget: int = BUDGET,
    ) -> None:
        self.n_components = n_components
        self.method = method
        self.filter = filter
        self.n_slices = n_slices
        self.n_cells = n_cells
        self.mean_weight = mean_weight
        self.level = level
        self.whiten = whiten
        self.basis = basis
        self.predictor = predictor
        self.random_state = random_state
        self.memory_budget = memory_budget

    # ------------------------------------------------------------ sums

    def fit(self, X: Any, y: Any = None) -> FilteredPCA:
        """Estimate the directions from samples X (n, d) and labels y (n,), or from a source of them.

        Parameters
        ----------
        X : array-like (n, d), or anything that :func:`learner.sources.as_source` takes
        y : array-like (n,), or what it takes beside X; None with a source
        """
        self._begin()
        if is_streamed(X):
            return self._fit_source(as_source(X, y))
        samples, labels = self._checked(X, y, first=True)
        self._sum(samples, labels)
        self._warn()
        return self._solve((samples, labels))

    def _fit_source(self, source: SampleSource) -> FilteredPCA:
        self._adopt(source.n_features)
        self.__dict__.pop("feature_names_in_", None)
        known = self._raw_basis if len(self._basis) else None
        if self.filter is not None:
            self.filter_ = self._partition(np.empty(0), None)
        else:
            seen = label_sample(source, known, self.memory_budget)
            self.filter_ = self._partition(seen.y, None if known is None else seen.X)
        make = partial(FilteredSums, self.filter_, source.n_features, known)
        self._sums = source.reduce(make, self.memory_budget)
        if (n := int(self._sums.moments.counts.sum())) < 2:
            raise InvalidInput("X", "at least 2 samples", f"{n}", "draw more samples")
        self._warn()
        if not (self._sums.check.warned or self.whiten):
            return self._solve(None)
        most = rows_of(self.memory_budget, source.n_features)  # permutations need samples
        return self._solve(gather(source, most, budget_bytes=self.memory_budget))

    def partial_fit(self, X: Any, y: Any, *, solve: bool = True) -> FilteredPCA:
        """Add samples to the sums, and estimate the directions anew.

        The slices are those of `filter`, or the quantiles of the first batch.

        Parameters
        ----------
        X : (n, d)
        y : (n,)
        solve : bool
            False only adds: the directions follow with the next call that solves, or with :meth:`merge`.
        """
        as_flag(solve, "solve")
        first = not hasattr(self, "_sums")
        if first:
            self._begin()
        samples, labels = self._checked(X, y, first=first)
        with undivided():
            self._sum(samples, labels)
        if not solve:
            return self
        self._warn()
        return self._solve(None)

    def merge(self, other: FilteredPCA) -> FilteredPCA:
        """Add the sums of another worker, whose slices were the same, and estimate the directions anew.

        Parameters
        ----------
        other : FilteredPCA
            Fitted, on other samples.
        """
        as_instance(other, FilteredPCA, "other", "merge with the FilteredPCA of another worker")
        for worker in (self, other):
            check_is_fitted(worker, "_sums")
        with undivided():
            self._sums.merge(other._sums)
        self._warn()
        return self._solve(None)

    def forget_sums(self) -> FilteredPCA:
        """Drop the sums, O(H·d²) numbers: estimates stay, there is nothing to merge, and adding begins anew."""
        self.__dict__.pop("_sums", None)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the coordinates of the rows of X along the components, (n, k), on the device of X.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        check_is_fitted(self, "components_")
        if is_foreign(X):
            return coordinates(X, self.components_)
        return validated(self, X, reset=False) @ self.components_.T

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _begin(self) -> None:
        self._automatic = self._check_parameters()
        self.__dict__.pop("_sums", None)

    def _warn(self) -> None:
        """Warn where the inputs are not N(0, I); covariances may be anything where they are whitened."""
        moments = self._sums.moments
        n = max(1, int(moments.counts.sum()))
        self._sums.check.warn(n, moments.sums.sum(axis=0) / n, moments.squares.sum(axis=0) / n)

    def _checked(self, X: Any, y: Any, *, first: bool) -> tuple[np.ndarray, np.ndarray]:
        least = 2 if first else 1
        samples, labels = validated(self, X, y, reset=first, y_numeric=True, ensure_min_samples=least)
        samples, labels = as_samples(samples, labels, least=least, constant=True)
        if first:
            self._adopt(samples.shape[1])
        return samples, labels

    def _adopt(self, dimension: int) -> None:
        """Take the number of inputs and check what depends on it."""
        self.n_features_in_ = dimension
        self._basis = self._checked_basis()
        if not self._automatic and int(self.n_components) > dimension - len(self._basis):
            most = f"d = {dimension}" if not len(self._basis) else "d less the basis"
            raise InvalidInput("n_components", f"at most {most}", self.n_components, "lower it")

    def _checked_basis(self) -> np.ndarray:
        """Return orthonormal rows with the span of the basis."""
        dimension = self.n_features_in_
        if self.basis is None:
            if self.predictor is not None:
                raise InvalidInput("predictor", "a basis whose coordinates it takes", "None", "pass `basis` as well")
            return np.zeros((0, dimension))
        rows = real_array(self.basis, "basis", f"rows of {dimension} real numbers")
        rows = rows.reshape(-1, dimension) if rows.ndim == 1 and rows.size % dimension == 0 else rows
        if rows.ndim != 2 or rows.shape[1] != dimension or not (np.abs(rows) <= 1e100).all():  # NaN compares false
            requirement, cure = f"rows of {dimension} finite numbers up to 1e100", "give vectors of the inputs"
            raise InvalidInput("basis", requirement, f"shape {rows.shape}", cure)
        self._raw_basis = rows
        orthonormal = np.linalg.qr(rows.T)[0].T
        if len(rows) and np.linalg.matrix_rank(rows) < len(rows):  # NumPy 2.0 knows no rank of no rows
            raise InvalidInput("basis", "linearly independent rows", f"rank below {len(rows)}", "drop some")
        return orthonormal

    def _sum(self, samples: np.ndarray, labels: np.ndarray) -> None:
        """Add samples in memory to the sums."""
        if not hasattr(self, "_sums"):
            rows = self._raw_basis if len(self._basis) else None
            self.filter_ = self._partition(labels, None if rows is None else samples @ rows.T)
            self._sums = FilteredSums(self.filter_, self.n_features_in_, rows)
        self._sums.add(samples, labels)

    def _partition(self, labels: np.ndarray, known: np.ndarray | None) -> Partition:
        sizes = {"n_slices": int(self.n_slices), "n_cells": int(self.n_cells)}
        return choose_partition(self.filter, labels, known, predictor=self.predictor, **sizes)

    # ------------------------------------------------------------ directions

    def _solve(self, data: tuple[np.ndarray, np.ndarray] | None) -> FilteredPCA:
        """Estimate directions from the sums; samples and labels are used for permutations only."""
        moments, self._whitening = self._sums.moments, None
        known, cells = self._basis.T, cells_of_slices(self.filter_)
        if self.whiten:
            self._whitening = Whitening.of(moments)
            moments = moments.along(self._whitening.columns, self._whitening.mean)
            known = self._whitening.forward(known)
        # The folds' law under no signal is that of N(0, I) only where x is: otherwise permute, if there are samples.
        permute = data is not None and (self._sums.check.warned or self.whiten)
        self.null_ = "permutation" if permute else "gaussian"
        folded = FoldedMoments.split(moments, FOLDS, cells)
        room = moments.dimension - known.shape[1]
        self.slice_counts_ = folded.total.counts
        psi = self.filter_.values if isinstance(self.filter_, LevelFilter) else None
        matrix = (
            starts.spectral_matrix(folded, self.mean_weight, known)
            if psi is None
            else spectral.without(folded.weighted(psi), known)
        )
        values, vectors = spectral.leading(matrix)
        if psi is not None:
            order = np.argsort(-np.abs(values), kind="stable")
            values, vectors = values[order], vectors[:, order]
        self.eigenvalues_ = values
        search = Search(
            folded, known, cells, method=self.method, mean_weight=self.mean_weight, psi=psi, vectors=vectors
        )
        self.pvalues_ = np.full(self.n_features_in_, np.nan)
        greedy = None
        if self._automatic:
            rng = as_random_state(self.random_state)
            if data is not None and permute:
                X, y = data
                folds, index = content_folds(X, y, FOLDS), self.filter_.index(y, self._sums.coordinates(X))

                def test(fold: int, direction: np.ndarray, weights: Weights) -> float:
                    mine = folds == fold
                    z = X[mine] @ (self._whitening.columns @ direction if self._whitening else direction)
                    draws = int(np.ceil(FOLDS / self.level))
                    return permutation_pvalue(z, index[mine], weights, draws=draws, rng=rng)

            else:

                def test(fold: int, direction: np.ndarray, weights: Weights) -> float:
                    return gaussian_pvalue(folded.parts[fold], direction, weights)

            greedy, pvalues = search.significant(room, self.level, test)
            self.pvalues_[: len(pvalues)] = pvalues
            k = greedy.shape[1]
        else:
            k = min(int(self.n_components), room)
            if k and (folded.total.counts > 0).sum() < 2:
                cure = "one slice carries no direction: use n_components='auto' or other labels"
                raise InvalidInput("y", "labels that differ", "labels of one slice only", cure)
        columns = search.best(k, greedy)
        if self._whitening is not None:
            columns = self._whitening.back(columns)
            columns = np.linalg.qr(columns - self._basis.T @ (self._basis @ columns))[0]
        self.components_ = _fixed_signs(columns.T)
        largest_rank = max(4, 2 * (k + len(self._basis)))
        self.soundness_ = np.array(
            [
                soundness_bound(folded.total, row, largest_rank=largest_rank, level=self.level)
                if self._whitening is None
                else np.nan
                for row in self.components_
            ]
        )
        return self

    def _check_parameters(self) -> bool:
        """Return whether the number of components is to be estimated."""
        as_level(self.level)
        as_real(self.mean_weight, "mean_weight", "a number >= 0", lambda w: 0.0 <= w < np.inf, "1 is usual")
        as_flag(self.whiten, "whiten")
        as_random_state(self.random_state)
        for name, least, usual in (("n_slices", 2, "10 to 24"), ("n_cells", 1, "8"), ("memory_budget", 1, str(BUDGET))):
            as_count(getattr(self, name), name, least, cure=f"{usual} is usual")
        as_choice(self.method, "method", METHODS, "use the default")
        check_filter(self.filter, self.predictor)
        wanted: Any = self.n_components
        if isinstance(wanted, str) and wanted == "auto":
            return True
        if isinstance(wanted, bool) or not isinstance(wanted, Integral) or int(wanted) < 0:
            raise InvalidInput("n_components", '"auto" or an integer >= 0', self.n_components, "use the default")
        return False


def _fixed_signs(rows: np.ndarray) -> np.ndarray:
    """Return the rows with their largest entries positive: equal inputs give equal outputs."""
    return np.array([row * np.sign(row[np.abs(row).argmax()]) for row in rows]).reshape(rows.shape)
