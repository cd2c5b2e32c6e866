"""What a mixed-integer solver makes of the same questions: big-M models for scipy's HiGHS, in floats.

A unit is ``a = relu(z)`` with a binary p for "active": ``z <= a``, ``a <= z - l(1 - p)``, ``0 <= a <= u p``, where
[l, u] contains z (interval arithmetic through the layers). For the Lipschitz constant the gradient is propagated
backwards through the same binaries, each product of a binary and a bounded number again by big-M (Jordan and Dimakis,
NeurIPS 2020, in essence).
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

import tropical

__all__ = ["Answer", "lipschitz", "maximum"]


@dataclass(frozen=True)
class Answer:
    """Value of the best solution, proven bound, seconds, and whether the solver finished."""

    value: float | None
    bound: float
    seconds: float
    finished: bool


class _Model:
    """Variables with bounds, and rows ``low <= sum of coefficients·variables <= high``."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.integer: list[int] = []
        self.entries: list[tuple[int, int, float]] = []
        self.row_low: list[float] = []
        self.row_high: list[float] = []

    def variable(self, low: float, high: float, integer: bool = False) -> int:
        self.low.append(low)
        self.high.append(high)
        self.integer.append(int(integer))
        return len(self.low) - 1

    def row(self, terms: list[tuple[int, float]], low: float, high: float) -> None:
        for variable, coefficient in terms:
            self.entries.append((len(self.row_low), variable, coefficient))
        self.row_low.append(low)
        self.row_high.append(high)

    def product(self, binary: int, terms: list[tuple[int, float]], low: float, high: float) -> int:
        """Return a variable equal to binary·(sum of terms), the sum being in [low, high]."""
        low, high = min(low, 0.0), max(high, 0.0)
        v = self.variable(low, high)
        minus = [(i, -c) for i, c in terms]
        self.row([(v, 1.0), (binary, -high)], -np.inf, 0.0)
        self.row([(v, 1.0), (binary, -low)], 0.0, np.inf)
        self.row([(v, 1.0), *minus, (binary, -low)], -np.inf, -low)
        self.row([(v, 1.0), *minus, (binary, -high)], -high, np.inf)
        return v

    def maximise(self, terms: list[tuple[int, float]], constant: float, cap: float) -> Answer:
        objective = np.zeros(len(self.low))
        for variable, coefficient in terms:
            objective[variable] -= coefficient
        i, j, values = zip(*self.entries, strict=True)
        matrix = coo_array((values, (i, j)), shape=(len(self.row_low), len(self.low))).tocsr()
        start = perf_counter()
        rows: Any = LinearConstraint(matrix, np.array(self.row_low), np.array(self.row_high))  # pyright: ignore
        box: Any = Bounds(np.array(self.low), np.array(self.high))  # pyright: ignore
        options = {"time_limit": cap, "mip_rel_gap": 1e-9}
        found = milp(objective, constraints=rows, integrality=np.array(self.integer), bounds=box, options=options)
        seconds = perf_counter() - start
        value = None if found.fun is None else constant - found.fun
        bound = np.inf if found.mip_dual_bound is None else constant - found.mip_dual_bound
        return Answer(value, bound, seconds, found.status == 0)


@dataclass
class _Hidden:
    active: int
    terms: list[tuple[int, float]]
    constant: float
    low: float
    high: float


def _hidden_layers(
    model: _Model, net: tropical.ReLUNetwork, box: tropical.Box
) -> tuple[list[list[_Hidden]], list[int]]:
    """Add inputs and hidden units; return the units and the variables of the last layer's outputs."""
    low, high = np.array(box.lo, dtype=float), np.array(box.hi, dtype=float)
    outputs = [model.variable(a, b) for a, b in zip(low, high, strict=True)]
    layers = []
    for matrix, bias in zip(net.weights[:-1], net.biases[:-1], strict=True):
        W, b = np.array(matrix, dtype=float), np.array(bias, dtype=float)
        least = np.minimum(W * low, W * high).sum(1) + b
        most = np.maximum(W * low, W * high).sum(1) + b
        units, following = [], []
        for row, c, u, v in zip(W, b, least, most, strict=True):
            terms = [(i, float(w)) for i, w in zip(outputs, row, strict=True) if w]
            p = model.variable(0, 1, integer=True)
            a = model.variable(0, max(v, 0.0))
            minus = [(i, -w) for i, w in terms]
            model.row([(a, 1.0), *minus], c, np.inf)
            model.row([(a, 1.0), *minus, (p, -min(u, 0.0))], -np.inf, c - min(u, 0.0))
            model.row([(a, 1.0), (p, -max(v, 0.0))], -np.inf, 0.0)
            units.append(_Hidden(p, terms, c, u, v))
            following.append(a)
        layers.append(units)
        outputs, low, high = following, np.maximum(least, 0), np.maximum(most, 0)
    return layers, outputs


def maximum(net: tropical.ReLUNetwork, box: tropical.Box, cap: float) -> Answer:
    """Maximise the output over the box."""
    model = _Model()
    _, outputs = _hidden_layers(model, net, box)
    terms = [(i, float(w)) for i, w in zip(outputs, net.weights[-1][0], strict=True)]
    return model.maximise(terms, float(net.biases[-1][0]), cap)


def lipschitz(net: tropical.ReLUNetwork, box: tropical.Box, cap: float) -> Answer:
    """Maximise the 1-norm of the gradient over the box."""
    model = _Model()
    layers, _ = _hidden_layers(model, net, box)
    # z <= 0 where a unit is off: without it a binary could be 0 above the hyperplane
    for units in layers:
        for unit in units:
            model.row([*unit.terms, (unit.active, -max(unit.high, 0.0))], -np.inf, -unit.constant)
            model.row([*unit.terms, (unit.active, min(unit.low, 0.0))], min(unit.low, 0.0) - unit.constant, np.inf)
    gradient = [([], float(w), float(w), float(w)) for w in net.weights[-1][0]]  # terms, constant, low, high
    for units, matrix in zip(reversed(layers), reversed(net.weights[:-1]), strict=True):
        gated = []
        for unit, (terms, constant, low, high) in zip(units, gradient, strict=True):
            one = model.variable(1, 1)
            v = model.product(unit.active, terms or [(one, constant)], low, high)
            gated.append((v, min(low, 0.0), max(high, 0.0)))
        W = np.array(matrix, dtype=float)
        gradient = []
        for column in W.T:
            low = sum(min(w * a, w * b) for w, (_, a, b) in zip(column, gated, strict=True))
            high = sum(max(w * a, w * b) for w, (_, a, b) in zip(column, gated, strict=True))
            gradient.append(([(v, float(w)) for w, (v, _, _) in zip(column, gated, strict=True)], 0.0, low, high))
    lengths = []
    for terms, _, low, high in gradient:
        size = max(abs(low), abs(high))
        sign, absolute = model.variable(0, 1, integer=True), model.variable(0, size)
        minus = [(i, -c) for i, c in terms]
        model.row([(absolute, 1.0), *minus, (sign, 2 * size)], -np.inf, 2 * size)  # sign = 1: |g| <= g
        model.row([(absolute, 1.0), *terms, (sign, -2 * size)], -np.inf, 0.0)  # sign = 0: |g| <= -g
        lengths.append((absolute, 1.0))
    return model.maximise(lengths, 0.0, cap)
