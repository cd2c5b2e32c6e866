r"""Several hidden layers at once, fitted to exact labels from many starts.

Where folds of a layer are seen in too few places to be known one by one, all that is left of a network is fitted
together: absolute values on the units of layers that are known (:mod:`learner.joint_layers`), more of them than are
needed. From the best fit so far a few units that bend the function least are replaced, and all is fitted again
(basin hopping): the new ones are folded where residuals are large. Units that nothing needs are then left out, one by
one; what remains of the right number ends at rounding, or is near the function and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from learner.joint_layers import JointLayers, fitted_jointly
from learner.units import Jump

__all__ = ["JointFit"]


class JointFit:
    """Layers on known features, better from trial to trial.

    Parameters
    ----------
    known : (q, n)
        Features, a row each.
    y : (n,)
        Exact labels of standard deviation 1.
    tolerance : float
        Residuals up to this are rounding.
    fixed : (f, q)
        Units of the first layer that are known.
    likely : sequence of pairs
        Others that may be some, with what is open about them.
    widths : sequence of int
        Units of each layer; the first f of them are the fixed ones.
    rng : RandomState
    start : JointLayers, optional
        Layers to start from; without, starts are random.

    Attributes
    ----------
    least : float
        Mean square of the residuals of the best layers so far.
    work : float
        Multiplications so far, about: a round of a fit costs (samples)·(unknowns)².
    """

    def __init__(
        self,
        known: np.ndarray,
        y: np.ndarray,
        tolerance: float,
        fixed: np.ndarray,
        likely: Sequence[Jump],
        widths: Sequence[int],
        rng: np.random.RandomState,
        start: JointLayers | None = None,
    ) -> None:
        self._known, self._y, self._tolerance, self._rng = known, y, tolerance, rng
        self._fixed, self._likely, self._widths = fixed, likely, widths
        self._goal = (_ROUNDING * tolerance) ** 2
        self.least, self.work, self._trials, self._since = np.inf, 0.0, 0, 0
        self._best: JointLayers | None = None
        self._now: tuple[float, JointLayers, np.ndarray] | None = None
        if start is not None:
            self._trials = _STARTS
            self._adopt(start)

    @property
    def best(self) -> JointLayers:
        """The best layers so far."""
        assert self._best is not None
        return self._best

    @property
    def size(self) -> int:
        """Number of unknowns."""
        q, size = len(self._known), -len(self._fixed) * len(self._known)
        for width in self._widths:
            size, q = size + width * q, q + width
        return size + q

    @property
    def explained(self) -> float:
        """Share of samples that the layers last gone on with explain."""
        return 0.0 if self._now is None else float((np.abs(self._now[2]) <= self._tolerance).mean())

    @property
    def is_exact(self) -> bool:
        """Whether residuals are rounding."""
        return self.least <= self._goal

    def run(self, work: float, expired: Callable[[], bool]) -> None:
        """Go on until there is nothing to gain, or so much more work is done."""
        end = self.work + work
        while self.work < end and not self.is_exact and not (self._best is not None and expired()):
            self.trial()

    def trial(self) -> None:
        """Fit once more: anew the first few times, then from what the last trials ended at, altered."""
        self._trials += 1
        if self._now is None or self._trials <= _STARTS:
            rows, least = self._rng.permutation(len(self._y))[:_ROWS], np.inf
            start = self._start(rows)
        else:
            least, layers, residuals = self._now
            rows, start = self._rows(residuals), self._altered(layers, residuals)
        layers = self._fitted(start, rows, least, _ROUNDS)
        residuals = layers.evaluate(self._known) - self._y
        loss = float((residuals**2).mean())
        self._since += 1
        if self._now is None or loss < self._now[0] * (1.0 + _WARMTH * self._rng.exponential()):
            self._now = loss, layers, residuals
        if loss < self.least:
            self.least, self._best, self._since = loss, layers, 0
            self._now = loss, layers, residuals
        elif self._since % _RETURN == 0:
            best = self.best
            self._now = self.least, self._widened(best), best.evaluate(self._known) - self._y

    def lean(self, work: float) -> JointLayers:
        """Return the best layers with as few units as are found to do, after at most so much work.

        Each in turn, the one first that bends the function least, is left out, and the others are fitted again.
        """
        layers, loss, kept, end = self.best, self.least, set[tuple[int, int]](), self.work + work
        while self.work < end:
            features, heights = layers.features(self._known[:, :_ROWS])
            parts = layers.parts(features, heights)
            ranked = sorted(
                (part, layer, place)
                for layer, values in enumerate(parts)
                for place, part in enumerate(values)
                if (layer, place) not in kept and (layer or place >= layers.fixed)
            )
            if not ranked:
                break
            _, layer, place = ranked[0]
            rows = self._rows(layers.evaluate(self._known) - self._y)
            fewer = self._fitted(layers.without(layer, place, features), rows, np.inf, _FEW_ROUNDS)
            left = float(((fewer.evaluate(self._known) - self._y) ** 2).mean())
            if left <= max(min(_WORSE * loss, _MOST_WORSE * self.least), self._goal):
                layers, loss = fewer, left
                kept = {(one, at - (one == layer and at > place)) for one, at in kept}
            else:
                kept.add((layer, place))
        self._adopt(layers)
        return layers

    def settled(self) -> JointLayers:
        """Return the best layers, fitted to most samples at the cost of others.

        Labels are exact. Where only some of a network is wrong, a sum of squares spreads that over all samples; one
        with weights 1/(1 + (r/s)²), s the median of the residuals r, leaves it where it is, and others at rounding.
        """
        if self.is_exact:
            return self.best
        layers = self.best
        rows = self._rng.permutation(len(self._y))[:_MANY_ROWS]
        known, y = self._known[:, rows], self._y[rows]
        for quantile in _QUANTILES:
            residuals = layers.evaluate(known) - y
            scale = max(float(np.quantile(np.abs(residuals), quantile)), _ROUNDING * self._tolerance)
            weights = 1.0 / np.sqrt(1.0 + (residuals / scale) ** 2)
            layers = fitted_jointly(layers, known, y, 0.0, rounds=_SETTLING, weights=weights)
        return layers

    def _adopt(self, layers: JointLayers) -> None:
        """Go on from these if they are as good, widened."""
        residuals = layers.evaluate(self._known) - self._y
        loss = float((residuals**2).mean())
        if loss <= max(self.least, self._goal):
            self.least, self._best, self._since = loss, layers, 0
            self._now = loss, self._widened(layers), residuals

    def _widened(self, layers: JointLayers) -> JointLayers:
        """Return the layers with units that nothing depends on, as many as were left out."""
        for layer, width in enumerate(self._widths):
            for _ in range(width - len(layers.units[layer])):
                layers = layers.longer(layer, self._rng.standard_normal(layers.units[layer].shape[1]))
        return layers

    def _rows(self, residuals: np.ndarray) -> np.ndarray:
        """Return some samples, and those with the largest residuals."""
        some = self._rng.permutation(len(self._y))[:_ROWS]
        return np.union1d(some, np.argsort(-np.abs(residuals), kind="stable")[: _ROWS // 4])

    def _fitted(self, start: JointLayers, rows: np.ndarray, least: float, rounds: int) -> JointLayers:
        """Return the layers fitted to some samples; given up early if such fits hardly end below `least`."""
        size = sum(weights.size for weights in start.units) + len(start.top) - start.fixed * len(self._known)
        self.work += len(rows) * size**2  # of the first round, or where there is no step

        def hopeless(number: int, loss: float) -> bool:
            self.work += len(rows) * size**2 if number > 1 else 0
            return loss > _GIVE_UP.get(number, np.inf) * max(least, _NEAR)

        return fitted_jointly(start, self._known[:, rows], self._y[rows], self._goal, rounds=rounds, hopeless=hopeless)

    def _start(self, rows: np.ndarray) -> JointLayers:
        known, rng = self._known, self._rng
        q, units = len(known), []
        for number, width in enumerate(self._widths):
            weights = rng.standard_normal((width, q))
            if number == 0:
                weights /= _sizes(known)
                weights[: len(self._fixed)] = self._fixed
            units.append(weights)
            q += width
        layers = JointLayers(tuple(units), np.zeros(q), len(self._fixed))
        features = layers.features(known[:, rows])[0][-1]
        return JointLayers(layers.units, np.linalg.lstsq(features.T, self._y[rows], rcond=1e-8)[0], layers.fixed)

    def _altered(self, layers: JointLayers, residuals: np.ndarray) -> JointLayers:
        """Return the layers with one to three other units: likely ones, or folded at samples with large residuals."""
        rng = self._rng
        features, heights = layers.features(self._known)
        parts, chances = layers.parts(features, heights), np.cumsum(residuals**2)
        for _ in range(int(rng.choice(_CHANGES))):
            layer = int(rng.randint(len(layers.units)))
            first, count = (0 if layer else layers.fixed), len(layers.units[layer])
            if count == first:
                continue
            weak = 1.0 / (parts[layer][first:] + _WEAK * parts[layer].max() + _TINY)
            place = first + int(rng.choice(count - first, p=weak / weak.sum()))
            if layer == 0 and self._likely and rng.random_sample() < _LIKELY:
                fold, open_ = self._likely[int(rng.randint(len(self._likely)))]
                row = fold + float(rng.choice(_SPREADS)) * rng.standard_normal(len(open_)) @ open_
            else:
                below = features[layer]
                row = rng.standard_normal(len(below)) / _sizes(below)
                if rng.random_sample() < _AT_RESIDUALS:
                    sample = int(np.searchsorted(chances, chances[-1] * rng.random_sample()))
                    at = below[:, min(sample, below.shape[1] - 1)]
                    row -= (row @ at) / max(at @ at, _TINY) * at
            layers = layers.with_unit(layer, place, row, silent=bool(rng.randint(2)))
        return layers


def _sizes(features: np.ndarray) -> np.ndarray:
    """Return the root mean squares; those that are nowhere count as infinite, so that nothing is built on them."""
    result = np.sqrt((features**2).mean(axis=1))
    result[result == 0.0] = np.inf
    return result


_ROWS, _STARTS = 3000, 6
_ROUNDS, _FEW_ROUNDS = 120, 60
_ROUNDING = 1e-2  # of the tolerance
_WARMTH, _RETURN = 0.3, 60  # losses so much above the last are accepted; after so many trials in vain back to the best
_GIVE_UP = {3: 40.0, 6: 12.0, 10: 5.0, 15: 3.5, 20: 3.0, 30: 2.2, 45: 1.5}  # times the least loss, after these rounds
_NEAR = 1e-5  # a loss to which most fits come down first, however small the least is
_WORSE, _MOST_WORSE = 1.5, 3.0  # mean square with a unit less, over that with it, and over the least
_MANY_ROWS, _QUANTILES, _SETTLING = 5000, (0.7, 0.5, 0.5, 0.5, 0.5, 0.0), 12
_CHANGES = (1, 1, 2, 3)
_LIKELY, _AT_RESIDUALS, _SPREADS, _WEAK = 0.3, 0.8, (0.0, 0.3, 1.0), 0.03
_TINY = 1e-300
