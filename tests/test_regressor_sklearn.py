"""Scikit-learn's own checks of estimators, on samples of its own choice: hardly any of them Gaussian."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from learner import LatticeRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::learner.SampleWarning"),
    pytest.mark.filterwarnings("ignore::learner.NonGaussianWarning"),
]


LONG = {"check_regressors_train", "check_regressor_data_not_an_array"}
"""They fit 200 noisy labels again and again, on which the search tries all it knows."""


def name(check):
    return getattr(check, "func", check).__name__


@parametrize_with_checks([LatticeRegressor(random_state=0)])
def test_sklearn_estimator_checks(estimator, check):
    check(estimator.set_params(n_components=1) if name(check) in LONG else estimator)


@pytest.mark.slow
@parametrize_with_checks([LatticeRegressor(random_state=0)])
def test_the_long_ones_with_defaults_throughout(estimator, check):
    if name(check) not in LONG:
        pytest.skip("runs above")
    check(estimator)
