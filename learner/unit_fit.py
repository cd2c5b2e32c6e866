r"""A hidden layer of absolute values on known features, fitted to exact labels by Levenberg and Marquardt's method.

``y = <v, φ> + Σ_j c_j |<w_j, φ>|``: which ReLU units and absolute values give the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.marquardt import descended

__all__ = ["Layer", "Loose", "fitted", "fitted_together", "pruned"]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Units on q features.

    Attributes
    ----------
    units : (m, q)
        The w_j.
    top : (q + m,)
        v, then the c_j.
    """

    units: np.ndarray
    top: np.ndarray

    def evaluate(self, known: np.ndarray) -> np.ndarray:
        """Return the function at samples with these features (n, q)."""
        return known @ self.top[: known.shape[1]] + np.abs(known @ self.units.T) @ self.top[known.shape[1] :]

    def explains(self, known: np.ndarray, y: np.ndarray, tolerance: float) -> np.ndarray:
        """Return which labels it gives up to the tolerance."""
        return np.abs(self.evaluate(known) - y) <= tolerance


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """Features of which a part is open, at n samples: units relu(s_j (H_j + Σ t_e O_e)), and others after them.

    Or, with all s_j = 1, others and absolute values |H_j + Σ t_e O_e| after them.

    Attributes
    ----------
    heights : (n, m)
        The s_j H_j.
    beside : (n, e)
        The s_j O_e, where j is the owner of e.
    owner : int array (e,)
    others : (n, u)
    absolute : bool
    """

    heights: np.ndarray
    beside: np.ndarray
    owner: np.ndarray
    others: np.ndarray
    absolute: bool = False

    @classmethod
    def fixed(cls, known: np.ndarray) -> Loose:
        """Return features about which nothing is open."""
        none = np.empty((len(known), 0))
        return cls(none, none, np.empty(0, dtype=int), known)

    def at(self, rows: np.ndarray) -> Loose:
        """Return those of some samples."""
        return Loose(self.heights[rows], self.beside[rows], self.owner, self.others[rows], self.absolute)

    def features(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return them (n, m + u), and the slopes (n, e) of the owner's unit in t."""
        heights = self.heights
        if len(t):
            heights = heights.copy()
            for place, fold in enumerate(self.owner):
                heights[:, fold] += t[place] * self.beside[:, place]
        if self.absolute:
            return np.hstack([self.others, np.abs(heights)]), self.beside * np.sign(heights)[:, self.owner]
        return np.hstack([np.maximum(heights, 0.0), self.others]), self.beside * (heights > 0.0)[:, self.owner]


def fitted(
    known: np.ndarray, y: np.ndarray, units: np.ndarray, tolerance: float, *, top: np.ndarray | None = None
) -> Layer:
    """Return the layer that a sum of squares ends at from here; it may be a local minimum.

    Parameters
    ----------
    known : (n, q)
    y : (n,)
    units : (m, q)
        To start from.
    tolerance : float
        The method stops where all residuals are below a hundredth of it.
    top : (q + m,), optional
        To start from; default the least-squares solution for these units.

    Notes
    -----
    A round costs n·(m q + q + m)²; up to 100.
    """
    return fitted_together(Loose.fixed(known), y, units, np.empty(0), tolerance, top=top)[0]


def fitted_together(
    known: Loose, y: np.ndarray, units: np.ndarray, t: np.ndarray, tolerance: float, *, top: np.ndarray | None = None
) -> tuple[Layer, np.ndarray]:
    """Return the layer, and what is open about its features, that a sum of squares ends at.

    Parameters
    ----------
    known : Loose
    t : (e,)
        To start from.
    y, units, tolerance, top
        As for :func:`fitted`.
    """
    if top is None:
        units = units / np.linalg.norm(units, axis=1, keepdims=True)
    at = descended(_Point.of(known, y, units, t, top), len(y) * (1e-2 * tolerance) ** 2)
    return Layer(at.units, at.top), at.t


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Where the method is: unknowns, and what they give."""

    known: Loose
    y: np.ndarray
    units: np.ndarray
    top: np.ndarray
    t: np.ndarray
    features: np.ndarray
    slopes: np.ndarray
    values: np.ndarray
    residuals: np.ndarray
    loss: float

    @classmethod
    def of(cls, known: Loose, y: np.ndarray, units: np.ndarray, t: np.ndarray, top: np.ndarray | None) -> _Point:
        features, slopes = known.features(t)
        values = features @ units.T
        if top is None:
            top = np.asarray(np.linalg.lstsq(np.hstack([features, np.abs(values)]), y, rcond=1e-10)[0])
        q = features.shape[1]
        residuals = y - features @ top[:q] - np.abs(values) @ top[q:]
        return cls(known, y, units, top, t, features, slopes, values, residuals, float(residuals @ residuals))

    def moved(self, step: np.ndarray) -> _Point:
        size, e = self.units.size, len(self.t)
        units = self.units + step[:size].reshape(self.units.shape)
        return self.of(self.known, self.y, units, self.t + step[size : size + e], self.top + step[size + e :])

    def jacobian(self) -> np.ndarray:
        (n, q), m, e = self.features.shape, len(self.units), len(self.t)
        result = np.empty((n, m * q + e + q + m))
        weights = np.sign(self.values) * self.top[q:]
        for j in range(m):
            np.multiply(weights[:, j, None], self.features, out=result[:, j * q : (j + 1) * q])
        if e:
            first = self.known.others.shape[1] if self.known.absolute else 0
            along = (weights @ self.units + self.top[:q])[:, first + self.known.owner]
            np.multiply(along, self.slopes, out=result[:, m * q : m * q + e])
        result[:, m * q + e : m * q + e + q] = self.features
        result[:, m * q + e + q :] = np.abs(self.values)
        return result


def pruned(layer: Layer, known: np.ndarray, y: np.ndarray, tolerance: float) -> Layer:
    """Return a layer with fewer units that explains all labels, as `layer` does.

    Each unit in turn, that with the smallest part of the function first, is left out, and the others are fitted again.
    Fewer units say more about where no sample fell.
    """
    q, again = known.shape[1], True
    while again:
        again = False
        parts = np.abs(known @ layer.units.T).mean(axis=0) * np.abs(layer.top[q:])
        for j in np.argsort(parts):
            kept = np.arange(len(layer.units)) != j
            trial = fitted(known, y, layer.units[kept], tolerance)
            if trial.explains(known, y, tolerance).all():
                layer, again = trial, True
                break
    return layer
