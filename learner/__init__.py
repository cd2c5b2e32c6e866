"""Learn deep ReLU networks from Gaussian samples, and have the result proved."""

from learner.exceptions import NonGaussianWarning, SampleWarning
from learner.regressor import LatticeRegressor, Stage
from learner.sampling import sample
from learner.subspace import FilteredPCA
from learner.verification import Verification, verify

__all__ = [
    "FilteredPCA",
    "LatticeRegressor",
    "NonGaussianWarning",
    "SampleWarning",
    "Stage",
    "Verification",
    "sample",
    "verify",
]
