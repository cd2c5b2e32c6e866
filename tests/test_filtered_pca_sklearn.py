"""The conventions of scikit-learn: its own checks, none of them expected to fail."""

import numpy as np
import pandas
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from learner import FilteredPCA

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
