"""Scikit-learn's own checks of estimators, on samples of its own choice: hardly any of them Gaussian."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from learner import LatticeRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::learner.SampleWarning"),
    pytest.mark.filterwarnings("ignore::learner.NonGaussianWarning"),
]


@parametrize_with_checks([LatticeRegressor(random_state=0)])
def test_sklearn_estimator_checks(estimator, check):
    check(estimator)
