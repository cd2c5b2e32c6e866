"""Filtered PCA: finds the relevant subspace, its dimension, and nothing where there is nothing."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from learner import FilteredPCA, sample
from learner.report import sine_to
from tropical import InvalidInput, ReLUNetwork, families


def truth(net):
    return np.linalg.svd(np.array(net.weights[0], dtype=float), full_matrices=False)[2]


@pytest.fixture(scope="module")
def learned():
    net = families.random_network((20, 4, 4, 1), 5, rank=2)
    X, y = sample(net, 8000, random_state=0)
    return net, X, y, FilteredPCA(random_state=0).fit(X, y)


def test_it_finds_the_directions(learned):
    net, _, _, pca = learned
    assert pca.components_.shape == (2, 20)
    assert np.allclose(pca.components_ @ pca.components_.T, np.eye(2))
    assert sine_to(truth(net)[:2], pca.components_) < 0.25
    assert (pca.pvalues_[:2] <= 0.02).all()
    assert (np.diff(pca.eigenvalues_) <= 0).all()


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


def test_permuted_labels_give_no_direction_in_the_stated_share_of_runs(learned):
    _, X, y, _ = learned
    rng = np.random.default_rng(0)
    found = [
        len(FilteredPCA(level=0.1, random_state=i).fit(X[:1500], rng.permutation(y[:1500])).components_)
        for i in range(60)
    ]
    # 60 runs at level 0.1: more than 13 false alarms have probability below 0.002
    assert sum(k > 0 for k in found) <= 13


def test_k_may_be_zero_and_given(learned):
    _, X, y, _ = learned
    pca = FilteredPCA(0).fit(X, y)
    assert pca.components_.shape == (0, 20)
    assert pca.transform(X).shape == (len(X), 0)
    assert np.isnan(pca.pvalues_).all()


def test_signs_and_results_are_deterministic(learned):
    _, X, y, pca = learned
    again = clone(pca).fit(X, y)
    assert np.array_equal(again.components_, pca.components_)
    largest = np.abs(pca.components_).argmax(axis=1)
    assert (pca.components_[np.arange(2), largest] > 0).all()


def test_transform_is_the_coordinates(learned):
    _, X, _, pca = learned
    assert np.allclose(pca.transform(X), X @ pca.components_.T)
    with pytest.raises(InvalidInput, match="`X` needs"):
        pca.transform(X[:, :3])
    with pytest.raises(NotFittedError):
        FilteredPCA().transform(X)


@pytest.mark.parametrize(
    "parameters",
    [
        *[{"n_components": bad} for bad in (-1, "all", True, 21, 1.5)],
        *[{"level": bad} for bad in (0, 1.0)],
        *[{"n_slices": bad} for bad in (1, 2.5)],
    ],
    ids=str,
)
def test_bad_parameters(learned, parameters):
    _, X, y, _ = learned
    with pytest.raises(InvalidInput, match=next(iter(parameters))):
        FilteredPCA(**parameters).fit(X, y)
