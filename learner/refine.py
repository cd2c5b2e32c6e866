r"""Joint refinement: a subspace and a function on it, from a rough start, by alternating two linear problems.

Given directions U (k, d), a smooth function f of z = U x is a *convex* problem with honest leave-one-out residuals
(:mod:`learner.smoother`); given f, the residuals say how to turn U (:mod:`learner.gauss_newton`). Alternation is
Levenberg and Marquardt's method on (U, f) with f projected out, in the spirit of semiparametric least squares
(Ichimura 1993) and of minimum average variance estimation (Xia et al. 2002). No architecture is chosen, and nothing is
initialised at random.

The filter is what makes it work: near enough to V residuals point towards V; from a random start they do not.

With few samples for each dimension, U bends towards the noise of the samples that f is fitted on, and the residuals
look better than they are. :func:`refine_apart` keeps one U for each fold, made without the fold: f then sees honest
coordinates only. It costs a fold times as much and escapes where :func:`refine` does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from learner.gauss_newton import aligned, orthonormal, turning_step
from learner.smoother import Smoother, SmootherFit, smoothers

__all__ = ["Refined", "refine", "refine_apart"]

Clock = Callable[[], bool]
"""Says whether time is up."""


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """A subspace and a function on it.

    Attributes
    ----------
    components : (k, d)
        Orthonormal rows.
    function : SmootherFit
        Of the coordinates along the components, for labels in units of `scale` about `centre`.
    error : float
        Mean square of honest residuals, in units of the variance of y.
    centre, scale : float
    rounds : int
    """

    components: np.ndarray
    function: SmootherFit
    error: float
    centre: float
    scale: float
    rounds: int

    def local(self, Z: np.ndarray) -> np.ndarray:
        """Return the function at coordinates Z (n, k) along the components."""
        return self.centre + self.scale * self.function.evaluate(Z)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the function at the rows of X (n, d)."""
        return self.local(X @ self.components.T)


def _never() -> bool:
    return False


def refine(
    X: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    *,
    rounds: int = 40,
    outer: float = 0.0,
    detail: int = 1,
    expired: Clock = _never,
) -> Refined:
    """Alternate from a start until the subspace settles, and return the best pair.

    Parameters
    ----------
    X, y : (n, d), (n,)
    start : (k, d)
        Orthonormal rows.
    rounds : int
        At most so many.
    outer : float
        Share of the samples, those with the shortest coordinates, that every round leaves out. The angle between U x
        and V x is the smaller the longer they are: where directions are rough and F oscillates, only long ones show it.
    detail : int
        How many times as many points smoothers have.
    expired : callable
        Stop where it returns True.

    Notes
    -----
    A round costs one smoother, n·m², and some twenty products with X for k directions; every third round all kinds and
    lengths of smoothers compete.
    """
    centre, scale = _unit(y)
    labels = (y - centre) / scale
    choice = _Choice(len(start), len(X), centre / scale, detail)
    everything, U, best, fit = (X, labels), start, None, None
    mark = (0, np.inf)  # the last round that made progress, and its error
    for done in range(rounds):
        if outer:
            lengths = np.linalg.norm(everything[0] @ U.T, axis=1)
            far = lengths >= np.quantile(lengths, outer)
            X, labels, fit = everything[0][far], everything[1][far], None
        fit = choice.fit(X @ U.T, labels if fit is None else _without_outliers(labels, fit), every=3)
        if best is None or fit.error < _PROGRESS * mark[1]:
            mark = (done, fit.error)
        if best is None or fit.error < best.error:
            best = Refined(U, fit, fit.error, *choice.label_frame(centre, scale), done)
        if expired() or done - mark[0] > _PATIENCE:
            break
        slopes = fit.with_gradients(X @ U.T)[1]
        step = turning_step(X, slopes, fit.residuals, U, ridge=_ridge(fit.error, X))
        U = orthonormal(U + step)
        if np.linalg.norm(step) < _SETTLED or fit.error < _FINE:
            break
    assert best is not None
    return best


def refine_apart(
    X: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    *,
    folds: int = 5,
    rounds: int = 60,
    rng: np.random.RandomState,
    expired: Clock = _never,
) -> Refined:
    """As :func:`refine`, with one subspace for each fold that its samples did not make.

    Returns where honest residuals explain the labels (an error below 0.02, from where :func:`refine` goes on), or where
    rounds end; the error is that of honest coordinates.
    """
    n, k = len(X), len(start)
    centre, scale = _unit(y)
    labels = (y - centre) / scale
    choice = _Choice(k, n, centre / scale)
    fold = rng.permutation(n) % folds
    masks = [*(fold != f for f in range(folds)), np.ones(n, dtype=bool)]
    bases = [start] * (folds + 1)
    best, fit = None, None
    for done in range(rounds):
        Z = np.empty((n, k))
        for f in range(folds):
            Z[fold == f] = X[fold == f] @ bases[f].T
        fit = choice.fit(Z, labels if fit is None else _without_outliers(labels, fit), every=3)
        if best is None or fit.error < best.error:
            best = Refined(bases[-1], fit, fit.error, *choice.label_frame(centre, scale), done)
        if fit.error < _CLEAR or expired() or done - best.rounds > _PATIENCE:
            break
        turned = []
        for mask, U in zip(masks, bases, strict=True):
            rows = X[mask]
            values, slopes = fit.with_gradients(rows @ U.T)
            target = choice.targets(labels)[mask]
            step = turning_step(rows, slopes, target - values, U, ridge=_ridge(fit.error, rows), iterations=12)
            turned.append(aligned(U + step, U))
        bases = [aligned(U, turned[-1]) for U in turned]
    assert best is not None
    return best


_SETTLED, _FINE, _CLEAR = 1e-3, 1e-5, 0.02
_PATIENCE, _PROGRESS = 12, 0.98  # rounds that may pass without an error smaller by this factor


def _ridge(error: float, X: np.ndarray) -> float:
    """Return the ridge of a step whose rows are expected to have this size in all."""
    return error * X.shape[1] / (len(X) * _STEP**2)


_STEP = 0.7  # a tangent: starts are some 40 degrees off; what is left of the labels' variance makes later steps freer


def _unit(y: np.ndarray) -> tuple[float, float]:
    """Return the centre and the scale of labels; a few huge ones do not matter."""
    low, high = np.quantile(y, [0.005, 0.995])
    inner = y[(y >= low) & (y <= high)]
    return float(inner.mean()), float(inner.std()) or 1.0


def _without_outliers(labels: np.ndarray, fit: SmootherFit) -> np.ndarray:
    """Return the labels, those far from the last fit moved to where they are no longer far.

    Far is far for all other samples, too, and a fifth of the labels' spread at least: a fit that misses a kink is not
    held back by that. More than a tenth are not outliers but what the fit has to explain, as where labels are zero on
    half of space and most residuals are small.
    """
    size, tenth = np.quantile(np.abs(fit.residuals), [0.5, 1.0 - _MOST_OUTLIERS])
    limit = max(_FAR * 1.4826 * size, _FAR_AT_LEAST, tenth)
    excess = fit.residuals - np.clip(fit.residuals, -limit, limit)
    return labels - excess if excess.any() else labels


_FAR, _FAR_AT_LEAST, _MOST_OUTLIERS = 8.0, 0.2, 0.1


class _Choice:
    """The smoother in use: all compete every few rounds, homogeneous ones on labels that are not centred."""

    def __init__(self, k: int, n: int, shift: float, detail: int = 1) -> None:
        self._all = smoothers(k, n, detail)
        self._shift = shift
        self._round = 0
        self.used: Smoother | None = None

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """Return the labels as the smoother in use takes them."""
        return labels + self._shift if self.used is not None and self.used.homogeneous else labels

    def label_frame(self, centre: float, scale: float) -> tuple[float, float]:
        """Return what the smoother's values are relative to."""
        return (0.0 if self.used is not None and self.used.homogeneous else centre), scale

    def fit(self, Z: np.ndarray, labels: np.ndarray, every: int) -> SmootherFit:
        if self.used is None or self._round % every == 0:
            few = slice(0, _JURY)
            fits = [s.fit(Z[few], labels[few] + self._shift if s.homogeneous else labels[few]) for s in self._all]
            self.used = min(fits, key=lambda fit: fit.error).smoother
        self._round += 1
        return self.used.fit(Z, self.targets(labels))


_JURY = 3000  # samples that smoothers compete on
