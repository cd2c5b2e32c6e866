r"""A smooth function through samples of R^k: kernel ridge regression with honest residuals and gradients.

Where the subspace is not yet exact, labels are no exact function of the coordinates: what is fitted is a smooth
version of F, with a penalty. The kernel is Matérn's of order 3/2, ``κ(ρ) = (1 + √3ρ/ℓ) exp(-√3ρ/ℓ)``:

* *homogeneous* functions (no biases): ``|z||z'|·κ(|z/|z| - z'/|z'||)``, functions r·g(θ);
* *others*: ``κ(|z - z'|)`` plus affine functions.

It is spanned by m fixed points (Nyström) that do not depend on the data, as the law of the inputs is known: angles at
equal distances for homogeneous functions of the plane, points of a Sobol sequence mapped to N(0, I) beyond. The length
ℓ, the kind and the penalty are those with the smallest leave-one-out error, which linear smoothers give in closed form:
residual/(1 - leverage).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["Smoother", "SmootherFit", "smoothers"]


@dataclass(frozen=True, slots=True, eq=False)
class SmootherFit:
    """A fitted function of R^k.

    Attributes
    ----------
    smoother : Smoother
    weights : (m,)
        Of the kernel's points.
    affine : (k + 1,)
        Of 1 and the coordinates; zero for homogeneous kinds.
    residuals : (n,)
        Leave-one-out.
    error : float
        Their mean square.
    """

    smoother: Smoother
    weights: np.ndarray
    affine: np.ndarray
    residuals: np.ndarray
    error: float

    def evaluate(self, Z: np.ndarray) -> np.ndarray:
        """Return the function at the rows of Z (n, k)."""
        return np.concatenate([self._at(*self.smoother.kernel(rows), rows)[0] for rows in _chunks(Z)] or [np.empty(0)])

    def with_gradients(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values (n,) and gradients (n, k)."""
        return self._at(*self.smoother.kernel(Z), Z)

    def _at(self, kernel: np.ndarray, slope: np.ndarray, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = self.smoother.points
        values = kernel @ self.weights
        pull = slope * self.weights
        if not self.smoother.homogeneous:
            gradients = pull @ points - Z * pull.sum(axis=1)[:, None] + self.affine[1:]
            return values + self.affine[0] + Z @ self.affine[1:], gradients
        lengths = np.linalg.norm(Z, axis=1)
        radius = np.maximum(lengths, np.finfo(float).tiny)[:, None]
        unit = Z / radius
        tangent = pull @ points
        tangent -= unit * np.einsum("ij,ij->i", unit, tangent)[:, None]
        return values, unit * (values[:, None] / radius) + tangent


class Smoother:
    """Kernel ridge regression of one kind and one length.

    Parameters
    ----------
    points : (m, k)
        Unit vectors where the kind is homogeneous.
    length : float
        ℓ, in the unit of the coordinates (of N(0, I)), or of the unit sphere.
    homogeneous : bool
    """

    def __init__(self, points: np.ndarray, length: float, homogeneous: bool) -> None:
        self.points, self.length, self.homogeneous = points, length, homogeneous
        gram = self.kernel(points)[0]
        jitter = _JITTER * np.trace(gram) / len(gram)
        factor = np.linalg.cholesky(gram + jitter * np.eye(len(gram)))
        self._whitening = np.linalg.inv(factor).T  # features K(z, points) @ this have the kernel as inner product

    def kernel(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel values (n, m), and the factors of (point - z) in their gradients."""
        scale = np.sqrt(3.0) / self.length
        if self.homogeneous:
            lengths = np.maximum(np.linalg.norm(Z, axis=1), np.finfo(float).tiny)[:, None]
            squares = 2.0 - 2.0 * (Z / lengths) @ self.points.T
        else:
            lengths = 1.0
            squares = (Z**2).sum(axis=1)[:, None] - 2.0 * Z @ self.points.T + (self.points**2).sum(axis=1)
        distances = scale * np.sqrt(np.maximum(squares, 0.0))
        decay = np.exp(-distances)
        return lengths * (1.0 + distances) * decay, scale**2 * decay

    def fit(self, Z: np.ndarray, y: np.ndarray) -> SmootherFit:
        """Return the ridge fit with the penalty of the smallest leave-one-out error.

        Notes
        -----
        2·n·m² + O(m³) operations for all penalties together.
        """
        kernel = self.kernel(Z)[0]
        m, k = kernel.shape[1], Z.shape[1]
        basis = self._whitening
        if not self.homogeneous:
            kernel = np.column_stack([kernel, np.ones(len(Z)), Z])
            basis = np.zeros((m + k + 1, m + k + 1))
            basis[:m, :m] = self._whitening
            basis[np.arange(m, m + k + 1), np.arange(m, m + k + 1)] = _AFFINE
        values, vectors = np.linalg.eigh(basis.T @ (kernel.T @ kernel) @ basis)
        values, basis = np.maximum(values, 0.0), basis @ vectors
        features = kernel @ basis
        image = features.T @ y
        penalties = len(y) * _PENALTIES
        shrink = 1.0 / (values[:, None] + penalties)
        leverage = np.minimum(features**2 @ shrink, _MOST_LEVERAGE)
        residuals = (y[:, None] - features @ (image[:, None] * shrink)) / (1.0 - leverage)
        errors = (residuals**2).mean(axis=0)
        best = int(errors.argmin())
        coefficients = basis @ (image * shrink[:, best])
        affine = np.zeros(k + 1) if self.homogeneous else coefficients[m:]
        return SmootherFit(self, coefficients[:m], affine, residuals[:, best], float(errors[best]))


_JITTER = 1e-8
_AFFINE = 10.0  # prior size of affine parts in units of the kernel's: they are hardly penalised
_PENALTIES = np.geomspace(1e-6, 1e1, 13)  # a label's variance is 1: from interpolation to almost nothing
_MOST_LEVERAGE = 0.999


def smoothers(k: int, n: int, detail: int = 1, lengths: tuple[float, ...] = (0.15, 0.3, 0.6, 1.2)) -> list[Smoother]:
    """Return smoothers of both kinds and several lengths for n samples of R^k.

    The number of points is a third of n at most; beyond the plane it grows with k, as pieces do. `detail` multiplies
    it: thin pieces need more points than the labels of a rough subspace can use.
    """
    return list(_smoothers(k, max(2, min(detail * _COUNTS.get(k, 300), n // 3)), lengths))


@lru_cache(maxsize=64)  # a search asks for the same ones at each of its starts
def _smoothers(k: int, count: int, lengths: tuple[float, ...]) -> tuple[Smoother, ...]:
    result: list[Smoother] = []
    for homogeneous in (True, False):
        points = _points(k, count, homogeneous)
        result += [Smoother(points, length * (1.0 if homogeneous else 2.0), homogeneous) for length in lengths]
    return tuple(result)


_COUNTS = {1: 24, 2: 64, 3: 200}


def _points(k: int, count: int, homogeneous: bool) -> np.ndarray:
    if homogeneous and k == 1:
        return np.array([[1.0], [-1.0]])
    if homogeneous and k == 2:
        angles = 2.0 * np.pi * np.arange(count) / count
        return np.column_stack([np.cos(angles), np.sin(angles)])
    from scipy.stats import norm, qmc

    # SciPy calls it `seed` up to 1.14 and takes both names since
    sequence = qmc.Sobol(k, seed=0)  # pyright: ignore[reportCallIssue]
    cube = sequence.random_base2(int(np.ceil(np.log2(count))))[:count]
    normal = norm.ppf(np.clip(cube, 1e-9, 1.0 - 1e-9))
    return normal / np.linalg.norm(normal, axis=1)[:, None] if homogeneous else _SPREAD * normal


_SPREAD = 1.2  # points a little beyond the samples


def _chunks(Z: np.ndarray) -> list[np.ndarray]:
    return [Z[start : start + _CHUNK] for start in range(0, len(Z), _CHUNK)]


_CHUNK = 1 << 14
