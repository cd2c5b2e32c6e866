"""Gaussian samples: drawn from a teacher, or checked when they come from elsewhere."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress
from typing import Any, Protocol

import numpy as np

from learner.arrays import to_host
from learner.exceptions import NonGaussianWarning, SampleWarning
from tropical._arguments import as_count, as_real, real_array
from tropical.exceptions import InvalidInput, InvalidType

__all__ = [
    "GaussianCheck",
    "Teacher",
    "as_level",
    "as_noise",
    "as_random_state",
    "as_sample_size",
    "as_samples",
    "as_teacher",
    "distinct_samples",
    "sample",
    "validated",
    "warn_if_rounded",
    "warn_unless_gaussian",
]


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

    Raises
    ------
    InvalidInput
        For a teacher of several outputs.

    Examples
    --------
    >>> import tropical as tp
    >>> X, y = sample(tp.families.random_network((5, 3, 1), seed=0), 100, random_state=0)
    >>> X.shape, y.shape
    ((100, 5), (100,))
    """
    teacher, size, deviation = as_teacher(teacher), as_sample_size(n, "n"), as_noise(noise)
    rng = as_random_state(random_state)
    X = rng.standard_normal((size, teacher.dimension))
    y = teacher.evaluate(X)
    if y.ndim != 1:
        raise InvalidInput("teacher", "one output", f"{y.shape[1]} outputs", "select one with net[j]")
    return X, y + deviation * rng.standard_normal(size) if deviation else y


def as_teacher(teacher: Any, argument: str = "teacher") -> Teacher:
    """Return what has `dimension` and `evaluate`, and not several outputs."""
    if isinstance(teacher, type) or not hasattr(teacher, "evaluate") or not hasattr(teacher, "dimension"):
        raise InvalidType(argument, "`dimension` and `evaluate`", teacher, "pass a tropical.ReLUNetwork")
    if (outputs := getattr(teacher, "outputs", 1)) != 1:
        raise InvalidInput(argument, "one output", f"{outputs}", "select one with net[j]")
    return teacher


def as_sample_size(n: Any, argument: str) -> int:
    """Return a number of samples that are drawn into memory."""
    return as_count(n, argument, 1, _MOST_SAMPLES, "draw more from a TeacherSource, which holds a chunk at a time")


def as_noise(noise: Any) -> float:
    """Return a standard deviation."""
    requirement, cure = "a finite standard deviation >= 0", "use 0.0 for exact labels"
    return as_real(noise, "noise", requirement, lambda value: 0.0 <= value < np.inf, cure)


def as_level(level: Any, argument: str = "level") -> float:
    """Return an error level."""
    return as_real(level, argument, "a number between 0 and 1", lambda value: 0.0 < value < 1.0, "0.02 is usual")


def as_random_state(random_state: Any) -> np.random.RandomState:
    """Return a generator, as scikit-learn understands the argument."""
    from sklearn.utils import check_random_state

    if not isinstance(random_state, (bool, np.bool_)):
        with suppress(Exception):  # the message of what is no seed shows it, and that may fail
            return check_random_state(random_state)
    requirement = "None, an integer from 0 to 2^32 - 1, or a numpy.random.RandomState"
    raise InvalidInput("random_state", requirement, random_state, "use 0 for the same numbers each time")


def as_samples(
    X: Any, y: Any, *, least: int, names: tuple[str, str] = ("X", "y"), constant: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return X (n, d) and y (n,) as float64 arrays after checking what learning needs of them.

    Parameters
    ----------
    X, y : array-like
    least : int
        Number of samples needed.
    names : pair of str
        What the arguments are called in errors.
    constant : bool
        Whether constant labels are allowed.

    Raises
    ------
    InvalidInput, InvalidType
        For wrong shapes, NaN or infinity, numbers beyond 1e100, too few samples, constant y.
    """
    samples, labels = real_array(X, names[0]), real_array(y, names[1])
    if samples.ndim != 2 or samples.shape[1] == 0:
        cure = "use X[:, None] if there is one input" if samples.ndim == 1 else "give one row a sample"
        raise InvalidInput(names[0], "shape (n, d) with d >= 1", str(samples.shape), cure)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != len(samples):
        given = f"{labels.shape} for {names[0]} of shape {samples.shape}"
        requirement = f"shape (n,), one label for each row of {names[0]}"
        raise InvalidInput(names[1], requirement, given, "learn one output at a time")
    if len(samples) < least:
        raise InvalidInput(names[0], f"at least {least} samples", f"{len(samples)}", "draw more samples")
    for name, array in zip(names, (samples, labels), strict=True):
        rows = array.reshape(len(array), -1)
        if not np.isfinite(array).all():
            row = int((~np.isfinite(rows)).any(axis=1).argmax())
            raise InvalidInput(name, "finite numbers", f"NaN or infinity in row {row}", "drop or mend these rows")
        if np.abs(array).max(initial=0.0) > _LARGEST:
            row = int(np.abs(rows).max(axis=1).argmax())
            raise InvalidInput(name, f"numbers up to {_LARGEST:g}", f"{array[row]} in row {row}", "scale them down")
    if not constant and np.ptp(labels) == 0.0:
        cure = "a constant function needs no learning: it is its one value"
        raise InvalidInput(names[1], "at least two different labels", f"the constant {float(labels[0])!r}", cure)
    return samples, labels


_LARGEST = 1e100  # squares and sums of squares stay finite


def validated(estimator: Any, X: Any, *y: Any, **options: Any) -> Any:
    """Return what scikit-learn's own check of arrays and names of columns returns; its errors become ours."""
    from sklearn.utils.validation import validate_data

    for name, values in zip("Xy", (X, *y), strict=False):
        _refuse_what_would_be_read_as_numbers(name, values)
    try:
        return validate_data(estimator, X, *y, dtype=np.float64, **options)
    except Exception as error:  # of scikit-learn, and of whatever makes an array of a foreign object
        text = re.sub(r":\narray=.*\.\nReshape", ". Reshape", str(error), flags=re.DOTALL)  # not all of the array
        text = re.split(r"\.\n\w+ does not accept missing values|\n\[", text)[0]  # nor advice to impute
        name = "y" if re.search(r"\by\b|inconsistent numbers of samples", text) else "X"
        if name == "X" and y and not _are_labels(y[0]):
            name = "y"
        wanted = "one finite number for each row of X" if name == "y" else "finite numbers of shape (n, d), n >= 1"
        given = _described(y[0] if y and name == "y" else X)
        kind = InvalidType if not isinstance(error, ValueError) else InvalidInput
        cure = next((f"; {cure}" for sign, cure in _CURES.items() if re.search(sign, text)), "")
        raise kind(name, wanted, given, text.rstrip(".") + cure) from error


_CURES = {
    "NaN|infinity": "drop or mend these rows",
    "target y is None": "call fit(X, y)",
    "inconsistent numbers": "give one label for each row",
    "is expecting": "pass the inputs that it was fitted to",
    r"y should be a 1d array": "learn one output at a time",
}


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    kind = "None" if value is None else type(value).__name__
    return f"{kind} of shape {shape}" if isinstance(shape, tuple) else kind


def _refuse_what_would_be_read_as_numbers(name: str, values: Any) -> None:
    """Refuse masked entries, booleans and text, which scikit-learn takes for numbers."""
    if np.ma.isMaskedArray(values) and np.ma.is_masked(values):
        raise InvalidInput(name, "numbers without a mask", "masked entries", "drop or fill them: .filled()")
    if isinstance(values, list | tuple):
        with suppress(Exception):  # what is no array is refused by scikit-learn
            values = np.asarray(values)
    found = getattr(values, "dtypes", None)  # of a table, one for each column
    for dtype in [getattr(values, "dtype", None)] if found is None or hasattr(found, "kind") else list(found):
        if getattr(dtype, "kind", "f") in "bSU":
            raise InvalidType(name, "real numbers", f"dtype {dtype}", "convert it to float64")


def _are_labels(values: Any) -> bool:
    try:
        array = real_array(values, "y")
    except InvalidInput:
        return False
    return array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)


def distinct_samples(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples without repeated rows of X, with a warning if there were any.

    A repeated sample is no new evidence: held-out copies of training rows are explained by anything that fits.
    """
    rows = np.ascontiguousarray(X).view(np.dtype((np.void, X.shape[1] * X.itemsize))).ravel()
    _, first = np.unique(rows, return_index=True)
    repeated = len(X) - len(first)
    if repeated == 0:
        return X, y
    warnings.warn(
        f"{repeated} of {len(X)} rows of `X` repeat others; only the first of each is used", SampleWarning, stacklevel=3
    )
    first.sort()
    return X[first], y[first]


def warn_if_rounded(y: np.ndarray, tolerance: float) -> None:
    """Warn where the labels cannot show exact pieces: rounded to float32, or an offset that eats their digits."""
    cure = "save the labels in float64, less their mean if that is large; exact pieces cannot be recognised"
    if float(np.finfo(float).eps) * float(np.median(np.abs(y))) > tolerance:
        warnings.warn(f"`y` is rounded at the size of 1e-9 of its spread; {cure}", SampleWarning, stacklevel=3)
        return
    with np.errstate(over="ignore", under="ignore"):
        short = y.astype(np.float32).astype(np.float64)
    mantissas = np.frexp(y)[0] * 2.0**_FEW_BITS
    if np.array_equal(short, y) and (mantissas != np.rint(mantissas)).mean() > _SHARE_LONG:
        warnings.warn(f"`y` looks rounded to float32; {cure}", SampleWarning, stacklevel=3)


_FEW_BITS, _SHARE_LONG = 18, 0.1  # labels that are short binary fractions anyway (integers, say) are no rounded ones


class GaussianCheck:
    """Compares means, covariances and fourth moments of the columns with those of N(0, I), batch by batch.

    The allowance is seven standard errors, one outlier of size 6, and 0.02: a Gaussian sample of any size passes. Means
    and covariances are read from sums that are at hand; fourth moments are taken from the first 65 536 rows.
    """

    def __init__(self, dimension: int) -> None:
        self.warned = False
        self._fourth = np.zeros(dimension)
        self._rows = 0

    def add(self, X: np.ndarray) -> GaussianCheck:
        """Take in rows of X (n, d), of NumPy or on a device."""
        rows = to_host(X[: max(0, min(X.shape[0], _ROWS_OF_FOURTH - self._rows)), :])
        squares = rows * rows
        self._fourth += np.einsum("ij,ij->j", squares, squares)
        self._rows += len(rows)
        return self

    def merge(self, other: GaussianCheck) -> GaussianCheck:
        """Add what another check has seen."""
        self._fourth = self._fourth + other._fourth
        self._rows += other._rows
        return self

    def deviation(self, n: int, mean: np.ndarray, second: np.ndarray) -> str:
        """Return the largest deviation beyond the allowance in words, or nothing.

        Parameters
        ----------
        n : int
        mean : (d,)
        second : (d, d)
            Means of x xᵀ over the n samples.
        """
        correlations = second - np.outer(mean, mean)
        np.fill_diagonal(correlations, 0.0)
        i, j = divmod(int(np.abs(correlations).argmax()), len(mean))
        worst = (1.0, "")
        excess = abs(float(correlations[i, j])) / (_STANDARD_ERRORS / np.sqrt(n) + _SLACK)
        if excess > worst[0]:
            worst = (excess, f"columns {i} and {j} have covariance {correlations[i, j]:.4g}, expected 0")
        for name, moments, size, expected, deviation, power in (
            ("mean", mean, n, 0.0, 1.0, 1),
            ("variance", np.diagonal(second), n, 1.0, np.sqrt(2.0), 2),
            ("fourth moment", self._fourth / max(1, self._rows), self._rows, 3.0, np.sqrt(96.0), 4),
        ):
            gap = np.abs(moments - expected)
            column, size = int(gap.argmax()), max(1, size)
            allowed = _STANDARD_ERRORS * deviation / np.sqrt(size) + _FAR**power / size + _SLACK
            excess = float(gap[column]) / allowed
            if excess > worst[0]:
                worst = (excess, f"column {column} has {name} {moments[column]:.4g}, expected {expected:g}")
        return worst[1]

    def warn(self, n: int, mean: np.ndarray, second: np.ndarray) -> None:
        """Warn of a deviation."""
        found = self.deviation(n, mean, second)
        self.warned = bool(found)
        if found:
            cure = "standardise the columns (whiten=True in FilteredPCA); results are then heuristic"
            warnings.warn(f"`X` does not look like N(0, I): {found}; {cure}", NonGaussianWarning, stacklevel=4)


def warn_unless_gaussian(X: np.ndarray) -> None:
    """Warn where means, variances or fourth moments of the columns, or their correlations, are not those of N(0, I)."""
    GaussianCheck(X.shape[1]).add(X).warn(len(X), X.mean(axis=0), X.T @ X / len(X))


_MOST_SAMPLES = 100_000_000
_STANDARD_ERRORS, _SLACK = 7.0, 0.02
_FAR = 6.0  # one number in a billion of N(0, 1) is beyond: its powers dominate the moments of a small sample
_ROWS_OF_FOURTH = 1 << 16
