r"""ReLU networks with exact rational weights.

.. math:: F(x) = W_{L+1}\,\mathrm{relu}(W_L\,\mathrm{relu}(\cdots\mathrm{relu}(W_1 x + b_1)\cdots) + b_L) + b_{L+1}

ReLU acts after every layer but the last. With all signs of preactivations fixed (an *activation pattern*) F is
affine; the closure of the set of points with one pattern, where full-dimensional, is an *activation cell*
(docs/theory.md, section 1).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from numbers import Integral
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tropical._arguments import exact_array
from tropical._display import html_table, matrix_latex, never_raising
from tropical._exact.rational import (
    IntVector,
    as_fraction,
    as_fraction_matrix,
    as_fraction_vector,
    as_items,
    common_denominator,
    float_array,
    rational_text,
)
from tropical._exact.region import Region
from tropical._protocol import Resolution, Unordered, as_sample_array
from tropical.exceptions import InvalidInput, InvalidType, shown
from tropical.pieces import as_point

__all__ = ["IntegerLayer", "NetworkResolver", "ReLUNetwork"]

Matrix = tuple[tuple[Fraction, ...], ...]
Prepared = TypeVar("Prepared")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ReLUNetwork(Unordered):
    """Feed-forward ReLU network R^d -> R^m, exact; frozen and hashable, ``==`` compares the weights.

    Parameters
    ----------
    weights : sequence of matrices of exact numbers
        ``W_l`` of shape (n_l, n_{l-1}). The last one may be a vector of length n_L: one output.
    biases : None or sequence of vectors of exact numbers
        One for each layer, or None for a zero one; None altogether: bias-free. The last may be a number if there is
        one output.

    Notes
    -----
    Exact numbers are int, Fraction, NumPy integers, SymPy Rational and strings ``"a/b"``; floats are refused, see
    :meth:`from_floats`. A call costs one rational operation a weight.

    Examples
    --------
    >>> absolute_value = ReLUNetwork([[[1], [-1]], [1, 1]])
    >>> absolute_value(["-3/2"])
    Fraction(3, 2)
    """

    weights: tuple[Matrix, ...]
    biases: tuple[tuple[Fraction, ...], ...]
    _resolvers: dict[tuple[int, ...], NetworkResolver] = field(init=False, compare=False)
    _last: dict[Any, Any] = field(init=False, compare=False)

    __array_ufunc__ = None

    def __init__(self, weights: Any, biases: Any = None) -> None:
        layers = _layers(weights)
        object.__setattr__(self, "weights", layers)
        object.__setattr__(self, "biases", _biases(biases, layers))
        object.__setattr__(self, "_resolvers", {})
        object.__setattr__(self, "_last", {})

    @classmethod
    def from_floats(cls, weights: Sequence[Any], biases: Sequence[Any] | None = None) -> ReLUNetwork:
        """Build from float arrays, which are dyadic rationals: lossless.

        Parameters
        ----------
        weights : sequence of matrices
            One for each layer.
        biases : sequence of vectors, optional
            Zero by default.
        """
        layers = as_items(weights, "weights", *_WEIGHTS)
        offsets = None if biases is None else as_items(biases, "biases", *_BIASES)
        return cls(
            [exact_array(layer, f"weights[{i}]").tolist() for i, layer in enumerate(layers)],
            offsets and [None if b is None else exact_array(b, f"biases[{i}]").tolist() for i, b in enumerate(offsets)],
        )

    @property
    def dimension(self) -> int:
        """Number of inputs d."""
        return len(self.weights[0][0])

    @property
    def outputs(self) -> int:
        """Number of outputs m."""
        return len(self.weights[-1])

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs, hidden widths, outputs."""
        return (self.dimension, *(len(layer) for layer in self.weights))

    @property
    def size(self) -> int:
        """Number of hidden units S."""
        return sum(self.widths[1:-1])

    def is_bias_free(self) -> bool:
        """Return whether all biases are zero; F is then positively homogeneous."""
        return not any(any(bias) for bias in self.biases)

    def __call__(self, x: Any) -> Fraction | tuple[Fraction, ...]:
        """Evaluate exactly at a rational point: a Fraction, or a tuple of m of them."""
        values = as_point(x, self.dimension, of_function=True)
        for depth, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if depth:
                values = tuple(max(value, Fraction(0)) for value in values)
            values = tuple(
                sum((w * v for w, v in zip(row, values, strict=True) if w and v), b)
                for row, b in zip(matrix, bias, strict=True)
            )
        return values[0] if self.outputs == 1 else values

    def evaluate(self, X: Any) -> np.ndarray:
        """Return the values at the rows of X, shape (n, d), in float64: (n,), or (n, m) for m > 1 outputs.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        values = as_sample_array(X, self.dimension)
        for depth, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if depth:
                values = np.maximum(values, 0.0)
            values = values @ float_array(matrix).T + float_array(bias)
        return values[:, 0] if self.outputs == 1 else values

    def __getitem__(self, output: int) -> ReLUNetwork:
        """Return one output as a network of its own."""
        if isinstance(output, bool) or not isinstance(output, Integral) or not -self.outputs <= output < self.outputs:
            raise IndexError(f"output {shown(output)} of a network with {self.outputs} outputs")
        return ReLUNetwork(
            [*self.weights[:-1], [self.weights[-1][output]]], [*self.biases[:-1], [self.biases[-1][output]]]
        )

    def __iter__(self) -> Any:
        return (self[j] for j in range(self.outputs))

    def __len__(self) -> int:
        return self.outputs

    @never_raising
    def __repr__(self) -> str:
        kind = "bias-free" if self.is_bias_free() else "with biases"
        return f"ReLUNetwork({' -> '.join(map(str, self.widths))}, {kind})"

    @never_raising
    def _repr_html_(self) -> str:
        layers = zip(self.weights, self.biases, strict=True)
        rows = (
            (f"{depth} ({'ReLU' if depth < len(self.weights) else 'affine'})", f"{len(W)} x {len(W[0])}", W, b)
            for depth, (W, b) in enumerate(layers, start=1)
        )
        table = html_table(rows, ("layer", "shape", "weights", "biases"), total=len(self.weights))
        return f"<p><b>{escape(repr(self))}</b>, {self.size} hidden units</p>{table}"

    @never_raising
    def _repr_latex_(self) -> str:
        if len(self.weights) > _LAYERS_SHOWN or max(self.widths) > _UNITS_SHOWN:
            spaces = (rf"\mathbb{{R}}^{{{width}}}" for width in self.widths[:_SPACES_SHOWN])
            more = r" \to \cdots" if len(self.widths) > _SPACES_SHOWN else ""
            return "$F: " + r" \to ".join(spaces) + more + "$"
        formula = "x"
        for depth, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            inner = rf"\,\mathrm{{relu}}\!\left({formula}\right)" if depth else formula
            formula = f"{matrix_latex(matrix)} {inner}"
            if any(bias):
                formula += f" + {matrix_latex([(b,) for b in bias])}"
        return f"$F(x) = {formula}$"

    def to_plain(self) -> dict[str, Any]:
        """Return the network as plain data with exact numbers as strings."""
        return {
            "type": "relu_network",
            "weights": [[[rational_text(w) for w in row] for row in layer] for layer in self.weights],
            "biases": [[rational_text(b) for b in bias] for bias in self.biases],
        }

    def linear_forms(self) -> Matrix:
        """Return the rows of the first layer: F depends on x through them alone."""
        return self.weights[0]

    def resolver(self, columns: Sequence[int]) -> NetworkResolver:
        """Return the network on the coordinates ``columns``, all others zero, in integers.

        The last one is kept: conversion to integers costs more than the enumeration of a small network's cells.

        Parameters
        ----------
        columns : sequence of int
            Coordinates, from 0.
        """
        key = tuple(columns)
        if key not in self._resolvers:
            self._resolvers.clear()
            self._resolvers[key] = NetworkResolver(self, key)
        return self._resolvers[key]

    def remembered(self, key: Hashable, make: Callable[[], Prepared]) -> Prepared:
        """Return what `make` made for this key the last time: preparations can cost more than a small question.

        Parameters
        ----------
        key : hashable
        make : callable
        """
        if key not in self._last:
            self._last.clear()
            self._last[key] = make()
        return self._last[key]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.weights, self.biases)


class IntegerLayer(NamedTuple):
    """A layer in integers: its preactivations are over one denominator, ``scale``.

    For homogeneous inputs (h, t) over the scale of the layer before, they are ``matrix h + bias t``.
    """

    matrix: list[list[int]]
    bias: list[int]
    scale: int


class NetworkResolver:
    """Preactivations as integer forms; every layer has one denominator, so signs need no rationals."""

    def __init__(self, network: ReLUNetwork, columns: Sequence[int]) -> None:
        self.layers: list[IntegerLayer] = []
        denominator = 1
        for depth, (matrix, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
            used = [[row[c] for c in columns] for row in matrix] if depth == 0 else matrix
            scale = common_denominator([*(w for row in used for w in row), *bias])
            integers = [[w.numerator * (scale // w.denominator) for w in row] for row in used]
            offsets = [b.numerator * (scale // b.denominator) * denominator for b in bias]
            denominator *= scale
            self.layers.append(IntegerLayer(integers, offsets, denominator))
        self._width = len(columns)
        # forms of a layer's outputs by the patterns of the layers before it; depth-first search asks for the same
        # few prefixes again and again
        self._memo: dict[tuple[tuple[int, ...], ...], list[IntVector]] = {}

    def resolve(self, region: Region) -> Resolution:
        """Return what the network is on the region."""
        pattern: tuple[tuple[int, ...], ...] = ()
        forms = self._layer(pattern, [])
        for _ in range(len(self.layers) - 1):
            signs = tuple(int(region.decide(form) > 0) for form in forms)
            pattern = (*pattern, signs)
            forms = self._layer(pattern, forms)
        return Resolution(tuple(forms), self.layers[-1].scale, pattern)

    def layer_forms(self, pattern: tuple[tuple[int, ...], ...]) -> list[IntVector]:
        """Return the preactivations of the layer after those with a pattern, over that layer's scale."""
        forms: list[IntVector] = []
        for depth in range(len(pattern) + 1):
            forms = self._layer(pattern[:depth], forms)
        return forms

    def preactivations(self, pattern: tuple[tuple[int, ...], ...]) -> list[list[IntVector]]:
        """Return the preactivations of the hidden layers on the cell with a pattern, up to positive factors."""
        found: list[list[IntVector]] = []
        for depth in range(len(self.layers) - 1):
            found.append(self._layer(pattern[:depth], found[-1] if found else []))
        return found

    def resolution(self, pattern: tuple[tuple[int, ...], ...]) -> Resolution:
        """Return what the network is on the cell with an activation pattern."""
        return Resolution(tuple(self.layer_forms(pattern)), self.layers[-1].scale, pattern)

    def walls(self, label: tuple[tuple[int, ...], ...]) -> None:
        """Return None: the leaves are the activation cells, as splits go layer by layer."""

    def _layer(self, pattern: tuple[tuple[int, ...], ...], inputs: list[IntVector]) -> list[IntVector]:
        found = self._memo.get(pattern)
        if found is not None:
            return found
        matrix, bias, _ = self.layers[len(pattern)]
        if not pattern:
            forms = [(*row, b) for row, b in zip(matrix, bias, strict=True)]
        else:
            active = [(j, inputs[j]) for j, on in enumerate(pattern[-1]) if on]
            forms = []
            for row, b in zip(matrix, bias, strict=True):
                total = [0] * self._width + [b]
                for j, value in active:
                    weight = row[j]
                    if weight:
                        total = [t + weight * v for t, v in zip(total, value, strict=True)]
                forms.append(tuple(total))
        if len(self._memo) > _MEMO_SIZE:
            self._memo.clear()
        self._memo[pattern] = forms
        return forms


_WEIGHTS = "a non-empty list of weight matrices", "pass [W1, ..., w_last]"
_BIASES = "None or a list with one bias vector a layer", "pass [b1, ..., b_last]"
_MEMO_SIZE = 4096
_LAYERS_SHOWN, _UNITS_SHOWN, _SPACES_SHOWN = 4, 4, 12


def _layers(weights: Any) -> tuple[Matrix, ...]:
    if isinstance(weights, (str, bytes)) or not isinstance(weights, Sequence) or not len(weights):
        raise InvalidType("weights", _WEIGHTS[0], weights, _WEIGHTS[1])
    layers = []
    for index, layer in enumerate(weights):
        name = f"weights[{index}]"
        if index == len(weights) - 1 and _is_vector(layer):
            layer = [layer]
        matrix = as_fraction_matrix(layer, name)
        if not matrix or not matrix[0]:
            raise InvalidInput(name, "at least one row and one column", "an empty matrix", "remove the layer")
        if layers and len(matrix[0]) != len(layers[-1]):
            given = f"{len(matrix[0])} columns after a layer of {len(layers[-1])} units"
            raise InvalidInput(name, "one column for each unit of the layer before", given, "transpose or resize it")
        layers.append(matrix)
    return tuple(layers)


def _biases(biases: Any, layers: tuple[Matrix, ...]) -> tuple[tuple[Fraction, ...], ...]:
    if biases is None:
        biases = [None] * len(layers)
    if isinstance(biases, (str, bytes)) or not isinstance(biases, Sequence):
        raise InvalidType("biases", _BIASES[0], biases, _BIASES[1])
    if len(biases) != len(layers):
        raise InvalidInput(
            "biases", f"{len(layers)} entries, one a layer", str(len(biases)), "use None for a zero bias"
        )
    result = []
    for index, (bias, layer) in enumerate(zip(biases, layers, strict=True)):
        name = f"biases[{index}]"
        if bias is None:
            vector = (Fraction(0),) * len(layer)
        elif index == len(layers) - 1 and len(layer) == 1 and not _is_vector(bias):
            vector = (as_fraction(bias, name),)
        else:
            vector = as_fraction_vector(bias, name)
        if len(vector) != len(layer):
            raise InvalidInput(name, f"{len(layer)} entries, one a unit", str(len(vector)), "match the layer's rows")
        result.append(vector)
    return tuple(result)


def _is_vector(values: Any) -> bool:
    """Return whether values is a flat sequence."""
    if isinstance(values, np.ndarray):
        return values.ndim == 1
    return isinstance(values, Sequence) and not isinstance(values, str) and not any(_is_sequence(v) for v in values)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)
