"""Filtered PCA: finds the relevant subspace, its dimension, and nothing where there is nothing."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from learner import FilteredPCA, NonGaussianWarning, sample
from learner.filters import RampFilter, SliceFilter, ThresholdFilter
from learner.report import sine_to
from tropical import InvalidInput, ReLUNetwork, families


def truth(net):
    return np.linalg.svd(np.array(net.weights[0], dtype=float), full_matrices=False)[2]


def gaussian(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


@pytest.fixture(scope="module")
def learned():
    net = families.random_network((20, 4, 4, 1), 5, rank=2)
    X, y = sample(net, 8000, random_state=0)
    return net, X, y, FilteredPCA(random_state=0).fit(X, y)


# ------------------------------------------------------------ directions


def test_it_finds_the_directions(learned):
    net, _, _, pca = learned
    assert pca.components_.shape == (2, 20)
    assert np.allclose(pca.components_ @ pca.components_.T, np.eye(2))
    assert sine_to(truth(net)[:2], pca.components_) < 0.1
    assert (pca.pvalues_[:2] <= 0.02).all()
    assert pca.pvalues_[2] > 0.02
    assert np.isnan(pca.pvalues_[3:]).all()
    assert (np.diff(pca.eigenvalues_) <= 0).all()
    assert pca.null_ == "gaussian"


def test_more_samples_bring_it_closer():
    net = families.random_network((20, 4, 4, 1), 5, rank=2)
    sines = []
    for n in (1000, 64_000):
        X, y = sample(net, n, random_state=1)
        sines.append(sine_to(truth(net)[:2], FilteredPCA(2).fit(X, y).components_))
    assert sines[1] < sines[0] / 4  # sqrt(64) = 8 in theory


def test_even_functions_are_seen_though_their_mean_filter_is_zero():
    net = ReLUNetwork([[[1, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]], [1, 1]])  # |x0|
    X, y = sample(net, 4000, random_state=0)
    pca = FilteredPCA(random_state=0).fit(X, y)
    assert pca.components_.shape == (1, 6)
    assert pca.components_[0, 0] > 0.95


@pytest.mark.parametrize("method", ["likelihood", "adaptive", "joint", "quadratic"])
def test_every_method_finds_an_isotropic_plane(method):
    X = gaussian(12_000, 30)
    y = families.cyclic(4).evaluate(X[:, :2])
    assert sine_to(np.eye(30)[:2], FilteredPCA(2, method=method).fit(X, y).components_) < 0.25


@pytest.mark.parametrize("filter_", [ThresholdFilter(1.0), RampFilter(0.5)], ids=["threshold", "ramp"])
def test_one_filter_is_its_matrix(filter_):
    X = gaussian(6000, 12)
    y = families.cyclic(4).evaluate(X[:, :2])
    pca = FilteredPCA(filter=filter_).fit(X, y)
    assert sine_to(np.eye(12)[:2], pca.components_) < 0.5
    if isinstance(filter_, ThresholdFilter):  # an indicator is not rounded
        matrix = (X * filter_(y)[:, None]).T @ X / len(X) - filter_(y).mean() * np.eye(12)
        values = np.linalg.eigvalsh(matrix)
        assert np.allclose(pca.eigenvalues_, values[np.argsort(-np.abs(values))])


def test_slices_combine_what_no_threshold_of_the_size_sees():
    X = gaussian(20_000, 20)
    y = np.abs(X[:, 0]) - np.abs(X[:, 1])  # exchanging the two changes the sign of y: |y| is isotropic
    values = FilteredPCA(2, filter=ThresholdFilter(1.0)).fit(X, y).eigenvalues_
    assert values[0] == pytest.approx(values[1], rel=0.2)
    components = FilteredPCA().fit(X, y).components_
    assert sine_to(np.eye(20)[:2], components) < 0.1


# ------------------------------------------------------------ dimension


@pytest.mark.parametrize("d", [5, 60])
def test_permuted_labels_give_no_direction_in_the_stated_share_of_runs(d):
    found = 0
    rng = np.random.default_rng(d)
    for seed in range(60):
        X = gaussian(600, d, seed)
        found += len(FilteredPCA(level=0.1).fit(X, rng.permutation(np.abs(X[:, 0]))).components_) > 0
    # 60 runs at level 0.1: more than 20 false alarms have probability 2e-7; a test that always rejects gives 60
    assert found <= 20


def test_permuted_labels_of_other_inputs_give_none_either():
    found = 0
    rng = np.random.default_rng(1)
    for _ in range(24):
        X = rng.standard_t(3, (600, 6))
        with pytest.warns(NonGaussianWarning):
            pca = FilteredPCA(level=0.1, random_state=0).fit(X, rng.permutation(np.abs(X[:, 0])))
        assert pca.null_ == "permutation"
        found += len(pca.components_) > 0
    assert found <= 12  # more have probability 1e-7 at level 0.1


def test_a_direction_beside_two_true_ones_is_rare():
    X = gaussian(4000, 10)
    found = 0
    for seed in range(30):
        X = gaussian(4000, 10, seed)
        y = families.cyclic(4).evaluate(X[:, :2])
        k = len(FilteredPCA(level=0.1).fit(X, y).components_)
        assert k >= 2
        found += k > 2
    assert found <= 13  # more have probability 4e-7 at level 0.1, which is approximate here


def test_the_dimension_is_found_at_few_samples_for_each_input():
    X = gaussian(2400, 60)
    assert len(FilteredPCA().fit(X, families.sign_times_minimum(2).evaluate(X[:, :2])).components_) == 2
    assert len(FilteredPCA().fit(X, np.abs(X[:, 0])).components_) == 1


def test_k_may_be_zero_given_and_full(learned):
    _, X, y, _ = learned
    pca = FilteredPCA(0).fit(X, y)
    assert pca.components_.shape == (0, 20)
    assert pca.soundness_.shape == (0,)
    assert pca.transform(X).shape == (len(X), 0)
    assert np.isnan(pca.pvalues_).all()
    full = FilteredPCA(20).fit(X, y)
    assert np.allclose(full.components_ @ full.components_.T, np.eye(20))
    every = FilteredPCA().fit(X[:, :2], X[:, 0] + np.abs(X[:, 1]))
    assert every.components_.shape == (2, 2)


# ------------------------------------------------------------ soundness


@pytest.mark.parametrize("k", [1, 2])
def test_soundness_bounds_the_angle_to_the_subspace(k):
    d, level = 10, 0.1
    failures, bounds = 0, []
    for seed in range(25):
        X = gaussian(20_000, d, seed)
        y = X[:, 0] if k == 1 else families.cyclic(4).evaluate(X[:, :2])
        pca = FilteredPCA(k, level=level).fit(X, y)
        angles = np.linalg.norm(pca.components_[:, k:], axis=1)
        failures += bool((angles > pca.soundness_).any())
        bounds += list(pca.soundness_)
    assert failures <= 13  # more of 25 have probability 7e-8 at level 0.1
    assert np.median(bounds) < (0.1 if k == 1 else 0.75)  # and they say something


def test_noise_is_never_called_sound():
    X = gaussian(20_000, 10)
    for seed in range(10):
        pca = FilteredPCA(1, level=0.1).fit(X, np.random.default_rng(seed).standard_normal(len(X)))
        assert pca.soundness_[0] > 0.9  # the angle is near 1


# ------------------------------------------------------------ later rounds


def leap(X):
    """|z0| + sign(z0 z1 z2)/2: z1 and z2 are leap directions.

    Given the label, sign(z0) is a fair coin, so sign(z1 z2) is one too: E[z1 z2 | y] = 0, and the sizes of z1 and z2
    are independent of y. Given z0 as well, the sign is known and E[z1 z2 | y, z0] = ±2/π.
    """
    return np.abs(X[:, 0]) + 0.5 * np.sign(X[:, 0] * X[:, 1] * X[:, 2])


def test_residuals_within_cells_find_what_labels_hide():
    X = gaussian(4000, 20)
    y = leap(X)
    first = FilteredPCA().fit(X, y)
    assert len(first.components_) == 1
    assert abs(first.components_[0, 0]) > 0.95
    labels_only = FilteredPCA(3).fit(X, y)
    assert sine_to(np.eye(20)[:3], labels_only.components_) > 0.8
    rest = FilteredPCA(basis=first.components_, predictor=lambda p: np.abs(p[:, 0])).fit(X, y)
    assert sine_to(np.eye(20)[1:3], rest.components_) < 0.3
    assert np.allclose(rest.components_ @ first.components_.T, 0.0)
    cells_only = FilteredPCA(basis=first.components_).fit(X, y)
    assert sine_to(np.eye(20)[1:3], cells_only.components_) < 0.4


def test_steep_parities_are_seen_in_cells_of_a_known_direction():
    # lemma Λ: for small t no filter of the label alone sees more than O(√t)
    X = gaussian(4000, 20)
    y = families.parity(3, "1/10000").evaluate(X[:, :3])
    assert len(FilteredPCA().fit(X, y).components_) == 0
    rest = FilteredPCA(basis=np.eye(20)[:1]).fit(X, y)
    assert rest.components_.shape == (2, 20)
    assert sine_to(np.eye(20)[1:3], rest.components_) < 0.3


def test_a_leap_is_made_in_two_rounds():
    X = gaussian(4000, 20)
    y = families.leap(2, "1/10000").evaluate(X[:, :3])
    first = FilteredPCA().fit(X, y)
    assert len(first.components_) == 1
    assert abs(first.components_[0, 0]) > 0.95
    rest = FilteredPCA(basis=first.components_).fit(X, y)
    assert rest.components_.shape == (2, 20)
    assert sine_to(np.eye(20)[1:3], rest.components_) < 0.4


def test_further_rounds_invent_no_direction():
    found = 0
    for seed in range(40):
        X = gaussian(1500, 15, seed)
        y = np.abs(X[:, 0]) * X[:, 1] + X[:, 0]
        found += len(FilteredPCA(level=0.1, basis=np.eye(15)[:2]).fit(X, y).components_) > 0
    assert found <= 17  # more of 40 have probability 1e-7 at level 0.1


def test_a_basis_need_not_be_orthonormal(learned):
    _, X, y, _ = learned
    basis = np.random.default_rng(0).standard_normal((2, 20))
    pca = FilteredPCA(2, basis=basis).fit(X, y)
    assert np.abs(pca.components_ @ basis.T).max() < 1e-9


# ------------------------------------------------------------ inputs as they are


def test_shifted_and_correlated_inputs_are_whitened_and_mapped_back():
    rng = np.random.default_rng(0)
    mixing = np.eye(8) + 0.4 * rng.standard_normal((8, 8))
    z = rng.standard_normal((20_000, 8))
    X = z @ mixing.T + 3.0
    direction = rng.standard_normal(8)
    direction /= np.linalg.norm(direction)
    y = np.maximum(X @ direction - direction.sum() * 3.0, 0.0)
    with pytest.warns(NonGaussianWarning):
        pca = FilteredPCA(whiten=True, random_state=0).fit(X, y)
    assert sine_to(direction[None], pca.components_) < 0.1
    assert len(pca.components_) == 1
    assert np.isnan(pca.soundness_).all()


DEGENERATE = {
    "half of the labels zero": lambda X: np.maximum(X[:, 0], 0.0),
    "two labels": lambda X: np.sign(X[:, 0]),
    "heavy tails": lambda X: X[:, 0] / np.abs(X[:, 1]) ** 2,
    "integers": lambda X: np.rint(X[:, 0]),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_labels_as_they_are(name):
    X = gaussian(4000, 10)
    pca = FilteredPCA().fit(X, DEGENERATE[name](X))
    assert len(pca.components_) >= 1
    assert np.linalg.norm(pca.components_[:, 0]) > 0.95  # the span holds x0


def test_constant_labels_have_no_direction():
    X = gaussian(100, 5)
    pca = FilteredPCA().fit(X, np.ones(100))
    assert pca.components_.shape == (0, 5)
    with pytest.raises(InvalidInput, match="labels that differ"):
        FilteredPCA(1).fit(X, np.ones(100))


@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_fewer_samples_than_inputs(n):
    X = gaussian(n, 50)
    assert len(FilteredPCA().fit(X, X[:, 0]).components_) <= 1
    assert FilteredPCA(2).fit(X, X[:, 0]).components_.shape == (2, 50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonGaussianWarning)
        assert np.isfinite(FilteredPCA(1, whiten=True).fit(X, X[:, 0]).components_).all()


def test_copies_of_rows_are_no_evidence_where_there_is_none():
    found = 0
    for seed in range(20):
        X = np.repeat(gaussian(500, 10, seed), 2, axis=0)
        y = np.repeat(np.random.default_rng(seed).standard_normal(500), 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NonGaussianWarning)
            found += len(FilteredPCA(level=0.001).fit(X, y).components_) > 0
    # A pair of copies lies in one fold, so no fold confirms what its own samples chose; but pairs count as two samples.
    assert found <= 6


# ------------------------------------------------------------ streams


@settings(max_examples=12)
@given(st.lists(st.integers(2, 998), max_size=4, unique=True), st.randoms())
def test_chunks_order_and_workers_do_not_matter(cuts, random):
    X = gaussian(1000, 6)
    y = np.abs(X[:, 0]) + X[:, 1]
    pca = FilteredPCA(2, filter=SliceFilter.by_quantiles(y, 8))
    whole = clone(pca).fit(X, y)
    order = list(range(1000))
    random.shuffle(order)
    cuts = [cut for cut in sorted(cuts) if cut % 2 == 0]  # batches of at least two samples
    parts = np.split(np.array(order), cuts)
    stream = clone(pca)
    for part in parts:
        stream.partial_fit(X[part], y[part], solve=False)
    workers = [clone(pca).partial_fit(X[part], y[part], solve=False) for part in parts]
    for worker in workers[1:]:
        workers[0].merge(worker)
    stream.partial_fit(X[:2], y[:2])
    reference = clone(pca).fit(np.vstack([X, X[:2]]), np.append(y, y[:2]))
    if len(workers) > 1:
        assert np.allclose(workers[0].components_, whole.components_, atol=1e-8)
        assert np.allclose(workers[0].eigenvalues_, whole.eigenvalues_)
    assert np.allclose(stream.components_, reference.components_, atol=1e-8)
    assert np.allclose(stream.soundness_, reference.soundness_)


def test_order_does_not_matter(learned):
    _, X, y, pca = learned
    order = np.random.default_rng(0).permutation(len(X))
    again = clone(pca).fit(X[order], y[order])
    assert np.allclose(again.components_, pca.components_, atol=1e-8)
    assert np.allclose(again.pvalues_[:2], pca.pvalues_[:2], rtol=1e-5, atol=1e-300)


def test_single_precision_gives_the_same_to_its_rounding(learned):
    _, X, y, pca = learned
    with_less = clone(pca).set_params(filter=pca.filter_).fit(X.astype(np.float32), y)
    assert sine_to(pca.components_, with_less.components_) < 0.1  # other folds, so other weights


# ------------------------------------------------------------ conventions


def test_signs_and_results_are_deterministic(learned):
    _, X, y, pca = learned
    again = clone(pca).fit(X, y)
    assert np.array_equal(again.components_, pca.components_)
    largest = np.abs(pca.components_).argmax(axis=1)
    assert (pca.components_[np.arange(2), largest] > 0).all()


def test_it_survives_a_journey(learned):
    _, X, _, pca = learned
    for other in (pickle.loads(pickle.dumps(pca)), copy.deepcopy(pca)):
        assert np.array_equal(other.transform(X), pca.transform(X))


def test_transform_is_the_coordinates(learned):
    _, X, _, pca = learned
    assert np.allclose(pca.transform(X), X @ pca.components_.T)
    with pytest.raises(InvalidInput, match="`X` needs"):
        pca.transform(X[:, :3])
    with pytest.raises(NotFittedError):
        FilteredPCA().transform(X)
    with pytest.raises(NotFittedError):
        FilteredPCA().merge(pca)


@pytest.mark.parametrize(
    "parameters",
    [
        *[{"n_components": bad} for bad in (-1, "all", True, 21, 1.5)],
        *[{"level": bad} for bad in (0, 1.0)],
        *[{"n_slices": bad} for bad in (1, 2.5)],
        {"n_cells": 0},
        {"method": "best"},
        {"filter": 3},
        {"predictor": len},
        {"basis": np.ones((2, 20))},
    ],
    ids=str,
)
def test_bad_parameters(learned, parameters):
    _, X, y, _ = learned
    with pytest.raises(InvalidInput, match=next(iter(parameters))):
        FilteredPCA(**parameters).fit(X, y)
