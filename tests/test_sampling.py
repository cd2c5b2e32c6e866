"""Samples: reproducible, checked, and warned about where they are not Gaussian."""

import numpy as np
import pytest

from learner import NonGaussianWarning, SampleWarning, sample
from learner.sampling import as_samples, distinct_samples, warn_if_rounded, warn_unless_gaussian
from tropical import InvalidInput, LatticePolynomial, ReLUNetwork, families

NET = families.random_network((4, 3, 1), 0)


def test_samples_are_gaussian_labelled_and_reproducible():
    X, y = sample(NET, 2000, random_state=3)
    assert X.shape == (2000, 4)
    assert np.array_equal(y, NET.evaluate(X))
    again = sample(NET, 2000, random_state=3)
    assert np.array_equal(X, again[0])
    assert np.abs(X.mean(axis=0)).max() < 0.15
    assert np.abs(X.std(axis=0) - 1).max() < 0.1


def test_noise_has_the_stated_deviation():
    X, y = sample(NET, 5000, noise=0.5, random_state=0)
    assert (y - NET.evaluate(X)).std() == pytest.approx(0.5, rel=0.05)


def test_any_object_that_evaluates_is_a_teacher():
    X, y = sample(LatticePolynomial([([1, 0], 0), ([0, 1], 0)], [[0], [1]]), 10, random_state=0)
    assert np.array_equal(y, X.max(axis=1))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((NET, 0), "n"),
        ((NET, True), "n"),
        ((NET, 2.5), "n"),
        ((None, 5), "teacher"),
        ((ReLUNetwork([[[1], [1]]]), 5), "teacher"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        sample(*arguments)


@pytest.mark.parametrize("noise", [-1.0, np.nan, np.inf, True, "1"])
def test_bad_noise(noise):
    with pytest.raises(InvalidInput, match="noise"):
        sample(NET, 5, noise=noise)


BAD = {
    "X one-dimensional": (np.zeros(5), np.arange(5.0), "X"),
    "X without columns": (np.zeros((5, 0)), np.arange(5.0), "X"),
    "X empty": (np.zeros((0, 3)), np.zeros(0), "X"),
    "X text": ([["a"], ["b"]], [1.0, 2.0], "X"),
    "X ragged": ([[1.0], [1.0, 2.0]], [1.0, 2.0], "X"),
    "X boolean": (np.zeros((2, 2), dtype=bool), [1.0, 2.0], "X"),
    "X complex": (np.zeros((2, 2), dtype=complex), [1.0, 2.0], "X"),
    "X with NaN": ([[1.0], [np.nan]], [1.0, 2.0], "X"),
    "y with infinity": ([[1.0], [2.0]], [1.0, np.inf], "y"),
    "y too short": (np.zeros((5, 2)), np.arange(4.0), "y"),
    "y of two outputs": (np.zeros((5, 2)), np.zeros((5, 2)), "y"),
    "y constant": (np.zeros((5, 2)), np.ones(5), "y"),
    "too few": (np.zeros((2, 2)), [1.0, 2.0], "X"),
    "y huge": (np.zeros((2, 2)), [1.0, 1e160], "y"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_samples_are_named(name):
    X, y, argument = BAD[name]
    with pytest.raises(InvalidInput, match=f"^`{argument}` needs .*, got .*; "):
        as_samples(X, y, least=3 if name == "too few" else 1)


def test_layout_and_precision_do_not_matter():
    X, y = np.arange(12.0).reshape(4, 3), np.arange(4)
    for other in (np.asfortranarray(X), X.astype(np.float32), X.astype(int), X.tolist(), np.repeat(X, 2, axis=0)[::2]):
        samples, labels = as_samples(other, y[:, None], least=1)
        assert np.array_equal(samples, X)
        assert labels.shape == (4,)


@pytest.mark.parametrize("n", [20, 2000])
def test_gaussian_inputs_pass_silently(n):
    for seed in range(20):
        warn_unless_gaussian(np.random.default_rng(seed).standard_normal((n, 30)))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda X: X + 1, "mean"),
        (lambda X: 2 * X, "fourth moment|variance"),
        (lambda X: np.sign(X), "fourth moment"),
        (lambda X: np.random.default_rng(1).standard_t(4, X.shape) / np.sqrt(2), "fourth moment"),
        (lambda X: X @ np.array([[1, 0.5, 0], [0, 0.75**0.5, 0], [0, 0, 1]]), "covariance"),
        (lambda X: X[:, [0, 0, 2]], "covariance"),
    ],
    ids=["shifted", "scaled", "signs", "heavy tails", "correlated", "repeated column"],
)
def test_other_inputs_warn_with_the_measured_deviation(change, found):
    X = change(np.random.default_rng(0).standard_normal((5000, 3)))
    with pytest.warns(NonGaussianWarning, match=rf"columns? \d (and \d )?ha(s|ve) ({found}) -?[\d.]+.*expected"):
        warn_unless_gaussian(X)


def test_repeated_rows_are_dropped_with_a_warning():
    X, y = np.random.default_rng(0).standard_normal((50, 3)), np.arange(50.0)
    with pytest.warns(SampleWarning, match="100 of 150 rows"):
        samples, labels = distinct_samples(np.repeat(X, 3, axis=0), np.repeat(y, 3))
    assert np.array_equal(samples, X)
    assert np.array_equal(labels, y)
    assert distinct_samples(X, y)[0] is X


@pytest.mark.parametrize(
    ("y", "found"),
    [
        (np.random.default_rng(0).standard_normal(100).astype(np.float32).astype(float), "float32"),
        (np.random.default_rng(0).standard_normal(100) + 1e9, "rounded at the size"),
    ],
    ids=["float32", "offset"],
)
def test_rounded_labels_warn(y, found):
    with pytest.warns(SampleWarning, match=found):
        warn_if_rounded(y, 1e-9 * y.std())


@pytest.mark.parametrize(
    "y",
    [np.random.default_rng(0).standard_normal(100), np.arange(100.0), np.arange(100) / 64],
    ids=["float64", "integers", "dyadic"],
)
def test_exact_labels_do_not_warn(y):
    warn_if_rounded(y, 1e-9 * y.std())
