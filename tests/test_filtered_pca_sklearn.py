"""The conventions of scikit-learn: its own checks, none of them expected to fail."""

import pickle

import numpy as np
import pandas
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from learner import FilteredPCA, sample
from tropical import families

# The checks' inputs are blobs, uniforms and ones: a warning that they are not Gaussian is right.
pytestmark = pytest.mark.filterwarnings("ignore::learner.NonGaussianWarning")


@parametrize_with_checks([FilteredPCA(), FilteredPCA(1), FilteredPCA(1, whiten=True, method="joint")])
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_names_of_features_go_in_and_out():
    rng = np.random.default_rng(0)
    X = pandas.DataFrame(rng.standard_normal((500, 3)), columns=["a", "b", "c"])
    pca = FilteredPCA().fit(X, np.abs(X["b"]))
    assert list(pca.feature_names_in_) == ["a", "b", "c"]
    assert list(pca.get_feature_names_out()) == ["filteredpca0"]
    with pytest.raises(ValueError, match="feature names"):
        pca.transform(X[["c", "b", "a"]])


def test_in_a_pipeline():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1000, 4))
    pipeline = make_pipeline(StandardScaler(), FilteredPCA(2)).fit(3.0 * X + 1.0, np.abs(X[:, 0]) + X[:, 2])
    assert pipeline.transform(X).shape == (1000, 2)


def test_sums_can_be_dropped():
    X, y = sample(families.minimum_of_absolute_values(2), 2000, random_state=0)
    pca = FilteredPCA(2).fit(X, y)
    before, size = pca.components_.copy(), len(pickle.dumps(pca))
    assert pca.forget_sums() is pca
    assert np.array_equal(pca.components_, before)
    assert np.allclose(pca.transform(X), X @ before.T)
    assert len(pickle.dumps(pca)) < size / 2
    with pytest.raises(NotFittedError):
        pca.merge(FilteredPCA(2).fit(X, y))
    assert pca.partial_fit(X, y).components_.shape == (2, 2)
