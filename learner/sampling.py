"""Gaussian samples: drawn from a teacher, or checked when they come from elsewhere."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np
from sklearn.utils import check_random_state

from learner.exceptions import NonGaussianWarning
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["Teacher", "as_samples", "sample", "warn_unless_gaussian"]


class Teacher(Protocol):
    """Anything with d inputs that evaluates rows: a ReLUNetwork, a LatticePolynomial, your own class."""

    @property
    def dimension(self) -> int: ...
    def evaluate(self, X: Any) -> np.ndarray: ...


def sample(teacher: Teacher, n: int, *, noise: float = 0.0, random_state: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Draw inputs from N(0, I_d) and label them with a teacher.

    Parameters
    ----------
    teacher : ReLUNetwork, LatticePolynomial or any object with `dimension` and `evaluate`
    n : int
        Number of samples.
    noise : float
        Standard deviation of Gaussian label noise, in the unit of y.
    random_state : None, int or numpy RandomState

    Returns
    -------
    X : float64 array (n, d)
    y : float64 array (n,)
        The teacher's float64 values, rounding error included.

    Examples
    --------
    >>> import tropical as tp
    >>> X, y = sample(tp.families.random_network((5, 3, 1), seed=0), 100, random_state=0)
    >>> X.shape, y.shape
    ((100, 5), (100,))
    """
    if not hasattr(teacher, "evaluate") or not hasattr(teacher, "dimension"):
        raise InvalidType("teacher", "`dimension` and `evaluate`", teacher, "pass a tropical.ReLUNetwork")
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise InvalidInput("n", "a positive integer", n, "ask for at least one sample")
    if isinstance(noise, bool) or not isinstance(noise, Real) or not 0 <= float(noise) < np.inf:
        raise InvalidInput("noise", "a finite standard deviation >= 0", noise, "use 0.0 for exact labels")
    rng = check_random_state(random_state)
    X = rng.standard_normal((int(n), teacher.dimension))
    y = teacher.evaluate(X)
    if y.ndim != 1:
        raise InvalidInput("teacher", "one output", f"{y.shape[1]} outputs", "select one with net[j]")
    return X, y + noise * rng.standard_normal(int(n)) if noise else y


def as_samples(X: Any, y: Any, *, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return X (n, d) and y (n,) as float64 arrays after checking what learning needs of them.

    Raises
    ------
    InvalidInput, InvalidType
        For wrong shapes, NaN or infinity, fewer than `least` samples, constant y.
    """
    samples, labels = _real_array("X", X), _real_array("y", y)
    if samples.ndim != 2 or samples.shape[1] == 0:
        cure = "use X[:, None] if there is one input" if samples.ndim == 1 else "give one row a sample"
        raise InvalidInput("X", "shape (n, d) with d >= 1", str(samples.shape), cure)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != len(samples):
        given = f"{labels.shape} for X of shape {samples.shape}"
        raise InvalidInput("y", "shape (n,), one label for each row of X", given, "learn one output at a time")
    for name, array in (("X", samples), ("y", labels)):
        if not np.isfinite(array).all():
            row = int((~np.isfinite(array.reshape(len(array), -1))).any(axis=1).argmax())
            raise InvalidInput(name, "finite numbers", f"NaN or infinity in row {row}", "drop or mend these rows")
    if len(samples) < least:
        raise InvalidInput("X", f"at least {least} samples", f"{len(samples)}", "draw more samples")
    if np.ptp(labels) == 0.0:
        cure = "a constant function needs no learning: it is its one value"
        raise InvalidInput("y", "at least two different labels", f"the constant {labels[0]!r}", cure)
    return samples, labels


def warn_unless_gaussian(X: np.ndarray) -> None:
    """Warn where means, variances or fourth moments of the columns are far from those of N(0, 1).

    The allowance is seven standard errors plus 0.02: a Gaussian sample of any size passes.
    """
    n = len(X)
    worst: tuple[float, str] = (0.0, "")
    for name, moments, expected, deviation in (
        ("mean", X.mean(axis=0), 0.0, 1.0),
        ("variance", np.einsum("ij,ij->j", X, X) / n, 1.0, np.sqrt(2.0)),
        ("fourth moment", np.einsum("ij,ij->j", X * X, X * X) / n, 3.0, np.sqrt(96.0)),
    ):
        gap = np.abs(moments - expected)
        column = int(gap.argmax())
        excess = float(gap[column]) / (_STANDARD_ERRORS * deviation / np.sqrt(n) + _SLACK)
        if excess > max(1.0, worst[0]):
            worst = (excess, f"column {column} has {name} {moments[column]:.4g}, expected {expected:g}")
    if worst[1]:
        cure = "standardise the columns; results are then heuristic"
        warnings.warn(f"`X` does not look like N(0, I): {worst[1]}; {cure}", NonGaussianWarning, stacklevel=3)


_STANDARD_ERRORS, _SLACK = 7.0, 0.02


def _real_array(name: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "fiu":
            raise TypeError(f"dtype {array.dtype}")
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise InvalidType(name, "an array of real numbers", str(error), "convert it to float64") from None
