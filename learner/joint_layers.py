r"""Several layers of absolute values on known features, with all their coefficients unknown at once.

``φ_0 = φ, φ_l = (φ_{l-1}, |W_l φ_{l-1}|), y = <c, φ_L>``: as ReLU units are linear functions of φ and absolute values,
any network on the features is one of these, with no more units than it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from learner.marquardt import descended

__all__ = ["JointLayers", "fitted_jointly"]


@dataclass(frozen=True, slots=True, eq=False)
class JointLayers:
    """Layers on q features.

    Attributes
    ----------
    units : tuple of float arrays (m_l, q + m_1 + ... + m_{l-1})
        The W_l.
    top : (q + m_1 + ... + m_L,)
        c.
    fixed : int
        So many units of the first layer are known, and stay as they are.
    """

    units: tuple[np.ndarray, ...]
    top: np.ndarray
    fixed: int = 0

    def evaluate(self, known: np.ndarray) -> np.ndarray:
        """Return the function at samples with these features (q, n): rows, so that each lies together in memory."""
        return self.top @ self.features(known)[0][-1]

    def features(self, known: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return φ_0 to φ_L, and the heights W_l φ_{l-1}."""
        all_, heights = [known], []
        for weights in self.units:
            heights.append(weights @ all_[-1])
            all_.append(np.vstack([all_[-1], np.abs(heights[-1])]))
        return all_, heights

    def slopes(self, heights: list[np.ndarray]) -> list[np.ndarray]:
        """Return the slopes of the function in the heights, as these are."""
        result: list[np.ndarray] = []
        along = np.broadcast_to(self.top[:, None], (len(self.top), heights[0].shape[1]))
        for weights, height in zip(reversed(self.units), reversed(heights), strict=True):
            q = weights.shape[1]
            result.append(along[q:] * np.sign(height))
            along = weights.T @ result[-1] + along[:q]
        return result[::-1]

    def moved(self, step: np.ndarray) -> JointLayers:
        """Return those so far from here: first units that are not fixed, then others, then the top."""
        units, first = [], 0
        for layer, weights in enumerate(self.units):
            fixed = 0 if layer else self.fixed
            size = weights[fixed:].size
            more = step[first : first + size].reshape(-1, weights.shape[1])
            units.append(np.vstack([weights[:fixed], weights[fixed:] + more]))
            first += size
        return JointLayers(tuple(units), self.top + step[first:], self.fixed)

    def parts(self, features: list[np.ndarray], heights: list[np.ndarray]) -> list[np.ndarray]:
        """Return how much each unit bends the function at samples: one that has the same sign at all of them, not."""
        result = []
        for slope, height in zip(self.slopes(heights), heights, strict=True):
            squares, positive = (slope * height) ** 2, height > 0.0
            both = np.minimum((squares * positive).mean(axis=1), (squares * ~positive).mean(axis=1))
            result.append(np.sqrt(both))
        return result

    def with_unit(self, layer: int, place: int, row: np.ndarray, *, silent: bool) -> JointLayers:
        """Return those with another unit in a place; if silent, nothing of the next layer depends on it.

        In the last layer the top never depends on it, as its best coefficient is found in one step.
        """
        units, top = [weights.copy() for weights in self.units], self.top.copy()
        units[layer][place] = row
        column = units[layer].shape[1] + place
        if layer == len(units) - 1:
            top[column] = 0.0
        elif silent:
            units[layer + 1][:, column] = 0.0
        return JointLayers(tuple(units), top, self.fixed)

    def longer(self, layer: int, row: np.ndarray) -> JointLayers:
        """Return those with one unit more at the end of a layer; nothing depends on it."""
        units, column = list(self.units), self.units[layer].shape[1] + len(self.units[layer])
        units[layer] = np.vstack([units[layer], row])
        units[layer + 1 :] = [np.insert(rows, column, 0.0, axis=1) for rows in units[layer + 1 :]]
        return replace(self, units=tuple(units), top=np.insert(self.top, column, 0.0))

    def without(self, layer: int, place: int, features: list[np.ndarray]) -> JointLayers:
        """Return those without a unit, what it gives replaced by the nearest linear function of others at samples."""
        column = self.units[layer].shape[1] + place
        others = np.delete(features[layer + 1], column, axis=0)
        instead = np.linalg.lstsq(others.T, features[layer + 1][column], rcond=1e-9)[0]

        def folded_in(rows: np.ndarray) -> np.ndarray:
            fewer = np.delete(rows, column, axis=-1)
            fewer[..., : len(instead)] += rows[..., column, None] * instead
            return fewer

        units = [*self.units[:layer], np.delete(self.units[layer], place, axis=0)]
        units += [folded_in(rows) for rows in self.units[layer + 1 :]]
        return replace(self, units=tuple(units), top=folded_in(self.top))


def fitted_jointly(
    layers: JointLayers,
    known: np.ndarray,
    y: np.ndarray,
    goal: float,
    *,
    rounds: int,
    weights: np.ndarray | None = None,
    hopeless: Callable[[int, float], bool] = lambda *_: False,
) -> JointLayers:
    """Return where the mean square of the residuals ends from here; it may be a local minimum.

    Parameters
    ----------
    layers : JointLayers
    known, y : (q, n), (n,)
    goal : float
        Of the mean square.
    rounds : int
    weights : (n,), optional
        Of the residuals.
    hopeless : callable
        Stop where it returns True of the number of a round and the mean square.
    """
    at = descended(
        _Point.of(layers, known, y, np.ones(len(y)) if weights is None else weights),
        len(y) * goal,
        rounds=rounds,
        patience=_PATIENCE,
        least_norm=_LEAST_NORM,
        hopeless=lambda number, point: hopeless(number, point.loss / len(y)),
    )
    return at.layers


_PATIENCE, _LEAST_NORM = 12, 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Where Levenberg and Marquardt's method is."""

    layers: JointLayers
    y: np.ndarray
    weights: np.ndarray
    features: list[np.ndarray]
    heights: list[np.ndarray]
    residuals: np.ndarray
    loss: float

    @classmethod
    def of(cls, layers: JointLayers, known: np.ndarray, y: np.ndarray, weights: np.ndarray) -> _Point:
        features, heights = layers.features(known)
        residuals = weights * (y - layers.top @ features[-1])
        return cls(layers, y, weights, features, heights, residuals, float(residuals @ residuals))

    def moved(self, step: np.ndarray) -> _Point:
        return self.of(self.layers.moved(step), self.features[0], self.y, self.weights)

    def jacobian(self) -> np.ndarray:
        """Return it as the transpose of one whose rows lie in memory one after another."""
        slopes, last = self.layers.slopes(self.heights), self.features[-1]
        slopes[0] = slopes[0][self.layers.fixed :]
        widths = [weights.shape[1] for weights in self.layers.units]
        size = sum(len(rows) * q for rows, q in zip(slopes, widths, strict=True))
        result, first = np.empty((size + len(last), last.shape[1])), 0
        for rows, q in zip(slopes, widths, strict=True):
            for row in rows * self.weights:
                np.multiply(row, last[:q], out=result[first : first + q])
                first += q
        result[first:] = last * self.weights
        return result.T
