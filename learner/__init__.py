"""Learn deep ReLU networks from Gaussian samples, and have the result proved."""

from learner.exceptions import NonGaussianWarning, SampleWarning
from learner.experiments import SweepCell, sweep
from learner.filters import RampFilter, SliceFilter, ThresholdFilter
from learner.limits import RecoveryThreshold, weak_recovery_threshold
from learner.reference import ExhaustiveFilteredPCA
from learner.reference_audit import audit
from learner.regressor import LatticeRegressor, Stage
from learner.sampling import sample
from learner.sources import TeacherSource, as_source
from learner.subspace import FilteredPCA
from learner.verification import Verification, verify

from learner import plot  # isort: skip

__all__ = [
    "ExhaustiveFilteredPCA",
    "FilteredPCA",
    "LatticeRegressor",
    "NonGaussianWarning",
    "RampFilter",
    "RecoveryThreshold",
    "SampleWarning",
    "SliceFilter",
    "Stage",
    "SweepCell",
    "TeacherSource",
    "ThresholdFilter",
    "Verification",
    "as_source",
    "audit",
    "plot",
    "sample",
    "sweep",
    "verify",
    "weak_recovery_threshold",
]
