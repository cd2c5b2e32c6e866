"""Exact weights to floats of a file: only where nothing is lost, unless rounding was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np

from tropical._arguments import as_flag
from tropical._exact.rational import as_choice, over_common_denominator
from tropical.convert import to_network
from tropical.exceptions import InvalidInput, NotExact
from tropical.network import ReLUNetwork

__all__ = ["DTYPES", "float_layers"]

DTYPES = ("float32", "float64")


def float_layers(F: Any, dtype: str, *, rounded: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the weights and biases of a function as a network, in floats.

    Raises
    ------
    NotExact
        If a number is no float of this type, and `rounded` is false.
    InvalidInput
        If a number is beyond the range of the type.
    """
    as_flag(rounded, "rounded")
    as_choice(dtype, "dtype", DTYPES, "choose one")
    network = F if isinstance(F, ReLUNetwork) else _integral(to_network(F))
    layers = []
    for depth, (matrix, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        name = f"weights[{depth}]"
        table = [_floats(row, dtype, name, rounded=rounded) for row in matrix]
        layers.append((np.stack(table), _floats(bias, dtype, f"biases[{depth}]", rounded=rounded)))
    return layers


def _integral(network: ReLUNetwork) -> ReLUNetwork:
    """Return the same function with coprime integers as the weights of each hidden unit.

    Units that several terms share carry quotients of their sizes, thirds say. With the size moved to the layer after,
    a function of dyadic pieces has dyadic weights.
    """
    weights, biases = [], []
    sizes: list[Fraction] = [Fraction(1)] * network.dimension
    for depth, (matrix, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        rows = [
            [*(w * size for w, size in zip(row, sizes, strict=True)), b] for row, b in zip(matrix, bias, strict=True)
        ]
        sizes = [Fraction(1)] * len(rows)
        if depth < len(network.weights) - 1:
            for i, row in enumerate(rows):
                (numerators,), denominator = over_common_denominator([row])
                sizes[i] = Fraction(gcd(*numerators) or 1, denominator)
        rows = [[value / size for value in row] for row, size in zip(rows, sizes, strict=True)]
        weights.append([row[:-1] for row in rows])
        biases.append([row[-1] for row in rows])
    return ReLUNetwork(weights, biases)


def _floats(numbers: Iterable[Fraction], dtype: str, name: str, *, rounded: bool) -> np.ndarray:
    made = []
    for number in numbers:
        try:
            with np.errstate(over="ignore", under="ignore"):
                value = np.dtype(dtype).type(float(number))
        except OverflowError:
            value = np.inf
        if not np.isfinite(value):
            raise InvalidInput(name, f"numbers within the range of {dtype}", "a larger one", "scale the network")
        if not rounded and Fraction(float(value)) != number:
            cure = 'pass rounded=True, or dtype="float64" for numbers of up to 53 bits'
            shown = str(number) if max(abs(number.numerator), number.denominator) < 10**20 else "a longer number"
            raise NotExact(f"`{name}` holds {shown}, which is no {dtype}: the file would hold another function; {cure}")
        made.append(value)
    return np.array(made, dtype=dtype)
