r"""Estimates from samples, with bounds that hold at every sample size; never called exact.

Only Gaussian facts are used, no limit theorem. Let F, G have Lipschitz constants Λ_F, Λ_G, n samples, δ = 1 -
confidence:

* *mean*: a mean of n values of a Λ-Lipschitz function of a Gaussian is sub-Gaussian: |error| <= Λ √(2 ln(2/δ)/n).
* *E[FG]*: by Poincaré Var(FG) <= E|F∇G + G∇F|² <= 2(Λ_G² E[F²] + Λ_F² E[G²]), 4Λ² E[F²] for F = G; then Chebyshev.
  For F = G the second moment itself is in the bound: the quadratic inequality is solved for it. Else the same intervals
  for E[F²] and E[G²] are put in, and the three share δ.
* *probabilities*: the interval of Clopper and Pearson.
* *filter matrices*, |ψ| <= 1, on r directions: operator norm of the error at most 4√(t/n) + 4t/n,
  t = r ln 9 + ln(2/δ) (docs/gaussian.md, sampling).

Rounding of the float64 evaluation is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import log, sqrt
from numbers import Integral
from typing import Any

import numpy as np

from tropical._arguments import as_count, as_real
from tropical._display import Shown, never_raising
from tropical._exact.rational import as_choice, as_limit
from tropical._protocol import PiecewiseLinear
from tropical.complexes import cells
from tropical.exceptions import InvalidInput
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.values import MonteCarloEstimate

__all__ = [
    "MatrixEstimate",
    "Sampling",
    "estimate_matrix",
    "estimate_mean",
    "estimate_probability",
    "estimate_product",
    "estimate_square",
    "lipschitz_bound",
    "sampling_asked",
]

_BLOCK = 1 << 22  # numbers a block, 32 MB


@dataclass(frozen=True, slots=True, repr=False)
class MatrixEstimate(Shown):
    """A symmetric matrix estimated from samples: never called exact.

    Attributes
    ----------
    entries : tuple of rows of float
        In the orthonormal basis.
    error : float
        With the stated confidence, the matrix differs by at most this in operator norm.
    confidence : float
    n_samples : int
    basis : RelevantBasis
        Of the span of what F reads, which contains V.
    """

    entries: tuple[tuple[float, ...], ...]
    error: float
    confidence: float
    n_samples: int
    basis: RelevantBasis

    def to_numpy(self) -> np.ndarray:
        """Return the entries, (r, r)."""
        return np.array(self.entries).reshape(len(self.entries), -1)

    def eigenvalues(self) -> tuple[MonteCarloEstimate, ...]:
        """Return estimates of the eigenvalues, descending; all bounds hold at once (Weyl)."""
        values = np.linalg.eigvalsh(self.to_numpy())[::-1] if self.entries else []
        return tuple(
            MonteCarloEstimate(float(v), float(v) - self.error, float(v) + self.error, self.confidence, self.n_samples)
            for v in values
        )

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: tuple[int, int]) -> float:
        return self.entries[index[0]][index[1]]

    @never_raising
    def __repr__(self) -> str:
        size, sure = len(self.entries), f"at {self.confidence:.6g}"
        return f"MatrixEstimate({size} x {size}, off by {self.error:.3g} {sure}, {self.n_samples} samples)"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        for row in self.entries[:8]:
            yield "", "  ".join(f"{entry:.4g}" for entry in row[:8])
        yield "off by at most", f"{self.error:.3g} in operator norm, with confidence {self.confidence:.6g}"
        yield "samples", self.n_samples


class Sampling:
    """How much to sample, and how sure to be.

    Parameters
    ----------
    confidence : float
        In (0, 1).
    n_samples : int
    random_state : None, int or numpy.random.Generator
    """

    def __init__(self, confidence: float, n_samples: int, random_state: Any) -> None:
        share = "a number between 0 and 1", lambda number: 0.0 < number < 1.0
        self.confidence = as_real(confidence, "confidence", *share, "0.99 is usual")
        self.n_samples = as_count(n_samples, "n_samples", 1, _MOST_SAMPLES, "take at least 1000")
        self.generator = _generator(random_state)

    @property
    def doubt(self) -> float:
        """1 - confidence."""
        return 1.0 - self.confidence

    def blocks(self, dimension: int) -> Iterator[np.ndarray]:
        """Yield samples of N(0, I), blocks (m, dimension)."""
        size = max(1, _BLOCK // dimension)
        for start in range(0, self.n_samples, size):
            yield self.generator.standard_normal((min(size, self.n_samples - start), dimension))

    def estimate(self, value: float, error: float) -> MonteCarloEstimate:
        """Return an estimate with symmetric bounds."""
        return MonteCarloEstimate(value, value - error, value + error, self.confidence, self.n_samples)


def _generator(random_state: Any) -> np.random.Generator:
    known = (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence)
    if isinstance(random_state, Integral) and not isinstance(random_state, bool) and int(random_state) >= 0:
        return np.random.default_rng(int(random_state))
    if random_state is None or isinstance(random_state, known):
        return np.random.default_rng(random_state)
    requirement, cure = "None, an integer >= 0 or a numpy.random.Generator", "use 0 for the same numbers each time"
    raise InvalidInput("random_state", requirement, random_state, cure)


_MOST_SAMPLES = 100_000_000  # some seconds for each input; the error is then 1e-4 of the spread


def sampling_asked(
    method: str, confidence: float, n_samples: int, random_state: Any, max_cells: int | None, max_faces: int | None
) -> Sampling | None:
    """Return how to sample, None where that was not asked for; all options are checked either way."""
    as_limit(max_cells, "max_cells")
    as_limit(max_faces, "max_faces")
    asked = as_choice(method, "method", ("auto", "monte-carlo"), '"auto" proves its answer') == "monte-carlo"
    sampling = Sampling(confidence, n_samples, random_state)
    return sampling if asked else None


def lipschitz_bound(F: PiecewiseLinear) -> float:
    """Return the Lipschitz constant, rounded up: the largest gradient among the pieces, or a product of norms.

    A network of many units has too many pieces to list: there the product of the layers' Frobenius norms serves.
    """
    weights = getattr(F, "weights", None)
    if weights is not None and sum(len(layer) for layer in weights[:-1]) > _FEW_UNITS:
        square = 1.0
        for layer in weights:
            square *= float(sum(w * w for row in layer for w in row))
    else:
        gradients = cells(F).tables[0].gradients()
        square = max(float(sum(u * u for u in gradient)) for gradient in gradients)
    return sqrt(square) * (1 + 1e-12)


_FEW_UNITS = 12


def estimate_mean(F: PiecewiseLinear, sampling: Sampling) -> MonteCarloEstimate:
    """Estimate E[F]."""
    total = sum(float(F.evaluate(X).sum()) for X in sampling.blocks(F.dimension))
    error = lipschitz_bound(F) * sqrt(2 * log(2 / sampling.doubt) / sampling.n_samples)
    return sampling.estimate(total / sampling.n_samples, error)


def estimate_product(F: PiecewiseLinear, G: PiecewiseLinear, sampling: Sampling) -> MonteCarloEstimate:
    """Estimate E[F G]."""
    sums = np.zeros(3)
    for X in sampling.blocks(F.dimension):
        first, second = F.evaluate(X), G.evaluate(X)
        sums += [float(first @ second), float(first @ first), float(second @ second)]
    product, left, right = sums / sampling.n_samples
    if F == G:
        low, high = _second_moment_bounds(left, lipschitz_bound(F), sampling.n_samples, sampling.doubt)
        return MonteCarloEstimate(left, low, high, sampling.confidence, sampling.n_samples)
    slopes = lipschitz_bound(F), lipschitz_bound(G)
    third = sampling.doubt / 3
    most = [
        _second_moment_bounds(moment, slope, sampling.n_samples, third)[1]
        for moment, slope in zip((left, right), slopes, strict=True)
    ]
    variance = 2 * (slopes[1] ** 2 * most[0] + slopes[0] ** 2 * most[1])
    return sampling.estimate(product, sqrt(variance / (sampling.n_samples * third)))


def estimate_square(
    values: Callable[[np.ndarray], np.ndarray], dimension: int, slope: float, sampling: Sampling
) -> MonteCarloEstimate:
    """Estimate E[H²] of a function given by its values and a Lipschitz constant."""
    total = 0.0
    for X in sampling.blocks(dimension):
        heights = values(X)
        total += float(heights @ heights)
    moment = total / sampling.n_samples
    low, high = _second_moment_bounds(moment, slope, sampling.n_samples, sampling.doubt)
    return MonteCarloEstimate(moment, low, high, sampling.confidence, sampling.n_samples)


def estimate_probability(
    inside: Callable[[np.ndarray], np.ndarray], dimension: int, sampling: Sampling
) -> MonteCarloEstimate:
    """Estimate the probability of a set, by its indicator on samples."""
    from scipy.stats import beta

    hits = sum(int(np.count_nonzero(inside(X))) for X in sampling.blocks(dimension))
    n, half = sampling.n_samples, sampling.doubt / 2
    low = float(beta.ppf(half, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - half, hits + 1, n - hits)) if hits < n else 1.0
    return MonteCarloEstimate(hits / n, low, high, sampling.confidence, n)


def estimate_matrix(
    F: PiecewiseLinear, psi: Callable[[np.ndarray], np.ndarray], basis: RelevantBasis, sampling: Sampling
) -> MatrixEstimate:
    """Estimate E[ψ(F) (xxᵀ - I)] on the span of a basis, for |ψ| <= 1."""
    rows = basis.orthonormal()
    r = len(rows)
    total = np.zeros((r, r))
    for X in sampling.blocks(F.dimension):
        weights = psi(F.evaluate(X))
        Z = X @ rows.T
        total += (Z * weights[:, None]).T @ Z - np.eye(r) * weights.sum()
    matrix = total / sampling.n_samples
    t = r * log(9) + log(2 / sampling.doubt)
    error = 4 * sqrt(t / sampling.n_samples) + 4 * t / sampling.n_samples
    entries = tuple(tuple(map(float, row)) for row in (matrix + matrix.T) / 2)
    return MatrixEstimate(entries, error, sampling.confidence, sampling.n_samples, basis)


def _second_moment_bounds(moment: float, slope: float, n: int, doubt: float) -> tuple[float, float]:
    """Return the m with |moment - m| <= √(4 slope² m / (n doubt)): an interval, as the inequality is quadratic."""
    b = 2 * slope * slope / (n * doubt)
    spread = sqrt(b * b + 2 * b * moment)
    return max(0.0, moment + b - spread), moment + b + spread
