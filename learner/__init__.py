"""Learn deep ReLU networks from Gaussian samples, and have the result proved.

Names load where they are first used: an estimator costs scikit-learn, the rest does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from learner import plot
    from learner.exceptions import NonGaussianWarning, SampleWarning
    from learner.experiments import SweepCell, sweep
    from learner.filters import RampFilter, SliceFilter, ThresholdFilter
    from learner.limits import RecoveryThreshold, weak_recovery_threshold
    from learner.reference import ExhaustiveFilteredPCA
    from learner.reference_audit import audit
    from learner.regressor import LatticeRegressor
    from learner.sampling import sample
    from learner.sources import TeacherSource, as_source
    from learner.stages import Stage
    from learner.subspace import FilteredPCA
    from learner.verification import Verification, verify

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

_ROOMS = {
    "exceptions": ("NonGaussianWarning", "SampleWarning"),
    "experiments": ("SweepCell", "sweep"),
    "filters": ("RampFilter", "SliceFilter", "ThresholdFilter"),
    "limits": ("RecoveryThreshold", "weak_recovery_threshold"),
    "reference": ("ExhaustiveFilteredPCA",),
    "reference_audit": ("audit",),
    "regressor": ("LatticeRegressor",),
    "stages": ("Stage",),
    "sampling": ("sample",),
    "sources": ("TeacherSource", "as_source"),
    "subspace": ("FilteredPCA",),
    "verification": ("Verification", "verify"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name == "plot":
        return import_module("learner.plot")
    if name == "__version__":
        return import_module("tropical").__version__
    if name not in _HOME:
        raise AttributeError(f"module 'learner' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"learner.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
