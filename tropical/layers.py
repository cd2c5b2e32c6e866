r"""Other piecewise-linear layers, rewritten exactly as affine maps and ReLU.

=========================  ====================================  =================================================
layer, n values in         identity                              neurons
=========================  ====================================  =================================================
``Affine(A, b)``           multiplied into what follows          0
``ReLU()``                 relu(v)                               n
``LeakyReLU(slope)``       slope·v + (1 - slope)·relu(v)         2n at first, then n + min(n, neurons before)
``Abs()``                  2·relu(v) - v                         as LeakyReLU
``Threshold(t)``           max(v, t) = t + relu(v - t)           n
``Maxout(groups)``         max(a, b) = b + relu(a - b)           3 for a pair, 2 for an odd one, in each of
                                                                 ceil(log2 g) layers for groups of g
=========================  ====================================  =================================================

These are upper bounds. Preactivations that are positive multiples of each other share a neuron, a value that is plainly
>= 0 (a nonnegative combination of neurons) is carried by one, and a layer whose signs are all plain needs none: ReLU
after ReLU is nothing, max-pooling after ReLU takes 2 for a pair. Elementwise layers have the activation cells that they
ought to have: their neurons cut where a preactivation changes sign, and nowhere else. Maxout cuts more, as a carried
value over the inputs needs relu(v) - relu(-v).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any

from tropical._arguments import check_size
from tropical._circuit import Circuit, Extremum, Form, Value
from tropical._display import matrix_latex, never_raising, number_latex, value_text
from tropical._exact.rational import (
    as_affine_map,
    as_dimension,
    as_fraction,
    as_fraction_matrix,
    as_fraction_vector,
    as_items,
    as_limit,
)
from tropical.exceptions import InvalidInput, InvalidType
from tropical.network import ReLUNetwork

__all__ = ["Abs", "Affine", "LeakyReLU", "Maxout", "ReLU", "Threshold", "from_layers"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Affine:
    """The layer x -> A x + b; A of shape (m, n), b of length m, exact numbers, zero if None."""

    A: tuple[tuple[Fraction, ...], ...]
    b: tuple[Fraction, ...]

    def __init__(self, A: Any, b: Any = None) -> None:
        matrix = as_fraction_matrix(A, "A")
        if not matrix:
            raise InvalidInput("A", "at least one row", "none", "remove the layer")
        _, offset = as_affine_map(matrix, b, len(matrix))
        object.__setattr__(self, "A", matrix)
        object.__setattr__(self, "b", offset)

    @never_raising
    def __repr__(self) -> str:
        return f"Affine({len(self.A[0])} -> {len(self.A)}{', with biases' if any(self.b) else ''})"

    @never_raising
    def _repr_latex_(self) -> str:
        if len(self.A) > _SHOWN or len(self.A[0]) > _SHOWN:
            return rf"$x \mapsto A x + b,\quad A \in {matrix_latex(self.A)}$"
        shift = f" + {matrix_latex([(b,) for b in self.b])}" if any(self.b) else ""
        return rf"$x \mapsto {matrix_latex(self.A)} x{shift}$"

    def _apply(self, circuit: Circuit, values: list[Form], place: str) -> list[Form]:
        _check_width(place, len(self.A[0]), values, "one column of A for each value")
        return [Form.combine(zip(row, values, strict=True), shift) for row, shift in zip(self.A, self.b, strict=True)]


@dataclass(frozen=True, slots=True)
class ReLU:
    """The layer v -> max(v, 0), elementwise."""

    def _repr_latex_(self) -> str:
        return r"$v \mapsto \max(v, 0)$"

    def _apply(self, circuit: Circuit, values: list[Form], place: str) -> list[Form]:
        return circuit.layer([Value(((1, value),)) for value in values])


@dataclass(frozen=True, slots=True, init=False, repr=False)
class LeakyReLU:
    """The layer v -> v where v >= 0 and slope·v elsewhere, elementwise; the slope is any exact number.

    Slope 0 is ReLU, slope 1 the identity, slope -1 the absolute value.
    """

    slope: Fraction

    def __init__(self, slope: Any) -> None:
        object.__setattr__(self, "slope", as_fraction(slope, "slope"))

    @never_raising
    def __repr__(self) -> str:
        return f"LeakyReLU({value_text(self.slope)})"

    @never_raising
    def _repr_latex_(self) -> str:
        return rf"$v \mapsto \max(v, 0) + {number_latex(self.slope)} \min(v, 0)$"

    def _apply(self, circuit: Circuit, values: list[Form], place: str) -> list[Form]:
        slope = self.slope
        return circuit.layer([Value(((1 - slope, v),), Form.combine([(slope, v)])) for v in values])


@dataclass(frozen=True, slots=True)
class Abs:
    """The layer v -> |v|, elementwise."""

    def _repr_latex_(self) -> str:
        return r"$v \mapsto |v|$"

    def _apply(self, circuit: Circuit, values: list[Form], place: str) -> list[Form]:
        return circuit.layer([Value(((2, value),), -value) for value in values])


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Threshold:
    """The layer v -> max(v, t), elementwise; t is one exact number, or a vector with one for each value."""

    t: Fraction | tuple[Fraction, ...]

    def __init__(self, t: Any) -> None:
        several = isinstance(t, Iterable) and not isinstance(t, (str, bytes))
        vector = as_fraction_vector(t, "t") if several else as_fraction(t, "t")
        if vector == ():
            raise InvalidInput("t", "at least one number", "none", "remove the layer")
        object.__setattr__(self, "t", vector)

    @never_raising
    def __repr__(self) -> str:
        return f"Threshold({f'{len(self.t)} numbers' if isinstance(self.t, tuple) else value_text(self.t)})"

    @never_raising
    def _repr_latex_(self) -> str:
        bound = "t_i" if isinstance(self.t, tuple) else number_latex(self.t)
        return rf"$v_i \mapsto \max(v_i, {bound})$"

    def _apply(self, circuit: Circuit, values: list[Form], place: str) -> list[Form]:
        if isinstance(self.t, tuple):
            _check_width(place, len(self.t), values, "one threshold for each value")
        bounds = self.t if isinstance(self.t, tuple) else [self.t] * len(values)
        pairs = zip(values, bounds, strict=True)
        return circuit.layer([Value(((1, Form.combine([(1, v)], -t)),), Form((), t)) for v, t in pairs])


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Maxout:
    """The layer whose outputs are the maxima over groups of values; max-pooling is a case of it.

    Parameters
    ----------
    groups : int or sequence of sequences of int
        The numbers of the values in each group; groups may overlap, values may be left out. An int k: consecutive
        groups of k, which has to divide the width.
    """

    groups: int | tuple[tuple[int, ...], ...]

    def __init__(self, groups: Any) -> None:
        object.__setattr__(self, "groups", _groups(groups))

    @never_raising
    def __repr__(self) -> str:
        return f"Maxout({self.groups if isinstance(self.groups, int) else f'{len(self.groups)} groups'})"

    @never_raising
    def _repr_latex_(self) -> str:
        if isinstance(self.groups, int):
            k = self.groups
            return rf"$v \mapsto \left(\max_{{{k}j \le i < {k}j + {k}}} v_i\right)_j$"
        first = ", ".join(map(str, self.groups[0][:_SHOWN])) + (", …" if len(self.groups[0]) > _SHOWN else "")
        return rf"$v \mapsto \left(\max_{{i \in G_j}} v_i\right)_{{j < {len(self.groups)}}},\quad G_0 = \{{{first}\}}$"

    def _apply(self, circuit: Circuit, values: list[Form], place: str) -> list[Form]:
        width, groups = len(values), self.groups
        if isinstance(groups, int):
            if width % groups:
                cure = "name the groups one by one, or resize the layer before"
                raise InvalidInput(place, f"a multiple of {groups} values to group", f"{width}", cure)
            groups = [range(start, start + groups) for start in range(0, width, groups)]
        largest = max(max(group) for group in groups)
        if largest >= width:
            requirement = f"at least {largest + 1} values for the group that names number {largest}"
            raise InvalidInput(place, requirement, f"{width}", "numbers start at 0; check the groups")
        return circuit.reduce(Extremum.of(1, [values[i] for i in group]) for group in groups)


Layer = Affine | ReLU | LeakyReLU | Abs | Threshold | Maxout


def from_layers(layers: Sequence[Layer], dimension: int | None = None) -> ReLUNetwork:
    """Return the ReLU network that is the composition of layers, first layer first; exact.

    Parameters
    ----------
    layers : sequence of Affine, ReLU, LeakyReLU, Abs, Threshold and Maxout
        In any order. Consecutive affine maps are multiplied together; a list that ends with an activation gets an
        output layer that reads its values off.
    dimension : int, optional
        Number of inputs; needed if the first layer fits any number of them.

    Raises
    ------
    InvalidInput, InvalidType
        Naming the layer, such as ``layers[3]``, that does not fit the width before it.

    Notes
    -----
    The neurons are counted in the table of :mod:`tropical.layers`. Multiplying affine maps together costs one rational
    operation for each pair of entries.

    Examples
    --------
    >>> net = from_layers([Affine([[1, 0], [0, 1], [1, 1], [2, -1]]), Abs(), Maxout(2)])
    >>> net
    ReLUNetwork(2 -> 8 -> 4 -> 2, bias-free)
    >>> net([-3, 2])
    (Fraction(3, 1), Fraction(8, 1))
    """
    if isinstance(layers, (str, bytes)) or not isinstance(layers, Sequence) or not layers:
        raise InvalidType("layers", "a non-empty list of layers", layers, "pass for example [Affine(A), ReLU()]")
    for index, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            cure = "write ReLU() with brackets" if isinstance(layer, type) else "wrap a matrix in Affine(A, b)"
            requirement = "Affine, ReLU, LeakyReLU, Abs, Threshold or Maxout"
            raise InvalidType(f"layers[{index}]", requirement, layer, cure)
    width = _own_width(layers[0]) if dimension is None else as_dimension(dimension)
    if width is None:
        given = f"None before {type(layers[0]).__name__}"
        raise InvalidInput("dimension", "the number of inputs, as layers[0] fits any", given, "pass dimension=2, say")
    check_size(width * width, "dimension", width)
    circuit = Circuit(width)
    values = circuit.inputs()
    for index, layer in enumerate(layers):
        values = layer._apply(circuit, values, f"layers[{index}]")  # pyright: ignore[reportPrivateUsage]
    return circuit.network(values)


def _own_width(layer: Layer) -> int | None:
    """Return the number of values that the layer takes, None if it does not say."""
    if isinstance(layer, Affine):
        return len(layer.A[0])
    return len(layer.t) if isinstance(layer, Threshold) and isinstance(layer.t, tuple) else None


def _check_width(place: str, needed: int, values: Sequence[Form], why: str) -> None:
    if len(values) != needed:
        given = f"{len(values)} from the layer before" if place != "layers[0]" else f"dimension={len(values)}"
        raise InvalidInput(place, f"{needed} values, {why}", given, "resize one of the two")


def _groups(groups: Any) -> int | tuple[tuple[int, ...], ...]:
    if isinstance(groups, Integral):
        size = as_limit(groups, "groups")
        assert size is not None  # it refuses what is not positive
        return size
    result = []
    requirement, cure = "a group size, or a list of lists of value numbers", "pass [[0, 1], [2, 3]]"
    for j, group in enumerate(as_items(groups, "groups", requirement, cure)):
        name = f"groups[{j}]"
        numbers = as_items(group, name, "a list of value numbers", "pass for example [0, 1]")
        if not numbers:
            raise InvalidInput(name, "at least one value number", "none", "an empty maximum has no value")
        for i in numbers:
            if isinstance(i, bool) or not isinstance(i, Integral):
                raise InvalidType(name, "value numbers", i, "use integers")
            if i < 0:
                raise InvalidInput(name, "value numbers >= 0", int(i), "count from the front")
        result.append(tuple(int(i) for i in numbers))
    if not result:
        raise InvalidInput("groups", "at least one group", "none", "a layer needs an output")
    return tuple(result)


_SHOWN = 5  # rows, columns, members of a group
