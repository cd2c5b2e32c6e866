"""A table of affine pieces, the samples that each explains, and least squares for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tropical import LatticePolynomial

__all__ = ["Fit", "Pieces", "all_pieces", "each_once", "label_tolerance", "least_squares", "on_sphere", "owners"]


class Fit(NamedTuple):
    """One piece, and the estimated error of its coefficients."""

    gradient: np.ndarray
    constant: float
    accuracy: float

    def residuals(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return by how much labels are off it."""
        return np.abs(X @ self.gradient + self.constant - y)


@dataclass(slots=True, eq=False)
class Pieces:
    """Affine pieces found so far and the samples they explain.

    Attributes
    ----------
    gradients : float array (M, p)
    constants : float array (M,)
    accuracy : float array (M,)
        Estimated error of (gradient, constant): rounding of the labels, amplified by the fit's conditioning.
    owner : int array (n,)
        For each sample the piece that explains it, -1 for none.
    """

    gradients: np.ndarray
    constants: np.ndarray
    accuracy: np.ndarray
    owner: np.ndarray

    @classmethod
    def none(cls, n: int, dimension: int) -> Pieces:
        """Return an empty table for n samples."""
        return cls(np.empty((0, dimension)), np.empty(0), np.empty(0), np.full(n, -1))

    def __len__(self) -> int:
        return len(self.constants)

    def add(self, fit: Fit, explained: np.ndarray) -> None:
        """Add a piece and give it the samples it explains (a boolean mask)."""
        self.owner[explained & (self.owner < 0)] = len(self)
        self.gradients = np.vstack([self.gradients, fit.gradient])
        self.constants = np.append(self.constants, fit.constant)
        self.accuracy = np.append(self.accuracy, fit.accuracy)

    def counts(self) -> np.ndarray:
        """Return the number of samples of each piece."""
        return np.bincount(self.owner[self.owner >= 0], minlength=len(self))


def all_pieces(function: LatticePolynomial, Z: np.ndarray, y: np.ndarray) -> Pieces:
    """Return the pieces of a function of R^k with the samples that lie on them; pieces equal up to rounding are one."""
    gradients, constants = function.pieces.float_arrays()
    scale = max(float(np.abs(gradients).max()), float(np.abs(constants).max()))
    own = each_once(gradients, constants, _EQUAL * scale)
    gradients, constants = gradients[own], constants[own]
    owner = owners(gradients, constants, Z, y, label_tolerance(y))
    return Pieces(gradients, constants, np.full(len(constants), _ACCURACY * scale), owner)


def each_once(gradients: np.ndarray, constants: np.ndarray, distance: float) -> np.ndarray:
    """Return which pieces are not as close as that to one before them, as bools (M,)."""
    from scipy.spatial import KDTree

    rows = np.column_stack([gradients, constants])
    near = KDTree(rows).query_ball_point(rows, distance)
    return np.array([min(group) == number for number, group in enumerate(near)], dtype=bool)


def owners(gradients: np.ndarray, constants: np.ndarray, Z: np.ndarray, y: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the piece that is closest to each label, -1 where none is within the tolerance, (n,)."""
    owner = np.full(len(Z), -1)
    for first in range(0, len(Z), _CHUNK):
        rows = slice(first, first + _CHUNK)
        off = np.abs(Z[rows] @ gradients.T + constants - y[rows, None])
        owner[rows] = np.where(off.min(axis=1) <= tolerance, off.argmin(axis=1), -1)
    return owner


def on_sphere(Z: np.ndarray, linear: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the points at which functions are compared, on the unit sphere if linear, and the factors of values."""
    if not linear:
        return Z, np.ones(len(Z))
    scales = np.maximum(np.linalg.norm(Z, axis=1), _TINY)
    return Z / scales[:, None], scales


_ACCURACY = 1e-13  # of sums of jumps, relative to the gradients
_CHUNK, _TINY = 4096, 1e-300
_EQUAL = 1e-10  # distance of pieces that are one, relative to the gradients


def label_tolerance(y: np.ndarray) -> float:
    """Return the residual up to which a sample counts as explained exactly: 1e-9 of the spread of y.

    The spread is the standard deviation, but at most ten times the median distance from the median among labels that
    are not the median itself, up to rounding: a few huge labels must not make all others look alike.
    """
    distances = np.abs(y - np.median(y))
    others = distances[distances > _ROUNDING * np.median(np.abs(y))]
    return 1e-9 * min(float(y.std()), 10.0 * float(np.median(others)) if len(others) else np.inf)


def least_squares(X: np.ndarray, y: np.ndarray, intercept: bool = True) -> Fit:
    """Return the least-squares fit; its accuracy is eps·|y|·sqrt(n) over the smallest singular value."""
    live = X.any(axis=0)  # a column of zeros (the one coordinate of a function of none) says nothing and costs nothing
    design = np.column_stack([X[:, live], np.ones(len(X))]) if intercept else X[:, live]
    solution, _, _, singular = np.linalg.lstsq(design, y, rcond=None)
    smallest = float(singular[-1]) if len(singular) else 0.0
    rounding = _EPS * float(np.abs(y).max(initial=0.0)) * np.sqrt(len(y))
    accuracy = rounding / smallest if smallest > 0.0 else np.inf
    gradient, constant = np.zeros(X.shape[1]), float(solution[-1]) if intercept else 0.0
    gradient[live] = solution[: int(live.sum())]
    return Fit(gradient, constant, accuracy)


_EPS = float(np.finfo(np.float64).eps)
_ROUNDING = 64.0 * _EPS  # in units of a typical label
