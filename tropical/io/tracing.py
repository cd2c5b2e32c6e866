"""From the operations that a file lists to the network that they make; exact.

A tensor is an array of affine forms over the units of the newest hidden layer. Affine operations make new forms. An
operation that bends makes a hidden layer, and whatever is still needed later is carried over it. So residual
connections and branches are networks of plain layers, too.

A plain chain of affine maps and ReLU keeps each unit as the file has it, dead and repeated ones as well: the
activation cells are those of the network in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate, chain, pairwise
from math import lcm, prod
from typing import Any

import numpy as np

from tropical._arguments import exact_array
from tropical._circuit import Circuit, Form, Value
from tropical._exact.linear import combine_rows
from tropical.exceptions import FormatError, InvalidInput
from tropical.io.limits import LONGEST_NUMBER, check_count
from tropical.network import ReLUNetwork

__all__ = ["Chain", "Trace", "form_array", "is_variable"]

_MOST_PRODUCTS = 500_000_000  # a minute, in flint's matrices
_MOST_INPUTS = 100_000
_CONVERSION = 5  # a product of Fractions and its sum take the time of so many numbers on the way to flint and back
_COST = 100  # a value of a hidden layer takes the time of so many numbers
_SHORT = 256  # bits: a longer number takes the time of several
_MOST_MADE = 20_000_000  # numbers of all tensors together: a minute, and five times the most weights


def form_array(forms: Iterable[Form], shape: Sequence[int]) -> np.ndarray:
    """Return forms as an array."""
    items = list(forms)
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result.reshape(tuple(shape))


def is_variable(tensor: np.ndarray) -> bool:
    """Return whether a tensor holds forms, not numbers."""
    return tensor.dtype == object and tensor.size > 0 and isinstance(tensor.flat[0], Form)


class Trace:
    """Hidden layers under construction.

    Parameters
    ----------
    dimension : int
        Number of inputs.
    where : str
        What is read, for messages.
    """

    def __init__(self, dimension: int, where: str) -> None:
        if dimension > _MOST_INPUTS:
            raise FormatError(where, f"{dimension} inputs, at most {_MOST_INPUTS} are read; use a smaller network")
        self._where = where
        self._circuit = Circuit(dimension)
        self._made = 0

    def inputs(self, shape: Sequence[int]) -> np.ndarray:
        """Return the coordinate functions as an array."""
        return form_array(self._circuit.inputs(), shape)

    def forms(self, tensor: np.ndarray) -> np.ndarray:
        """Return a tensor with its numbers as constant forms."""
        if is_variable(tensor):
            return tensor
        return form_array([Form((), Fraction(value)) for value in exact_array(tensor, self._where).flat], tensor.shape)

    def relu(self, tensor: np.ndarray, live: Sequence[np.ndarray] = ()) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return relu of each element, and the live tensors over the new layer."""
        if any(form.linear for other in live for form in other.flat):
            return self.bend([Value(((1, form),)) for form in tensor.flat], tensor.shape, live)
        self._check_layer(tensor.size)
        self.spend(_COST * tensor.size)
        return form_array(self._circuit.units(tensor.flat), tensor.shape), list(live)

    def bend(
        self, values: Sequence[Value], shape: Sequence[int], live: Sequence[np.ndarray] = ()
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return what a new hidden layer makes, and the live tensors over it."""
        carried = [form for tensor in live for form in tensor.flat]
        self.spend(_COST * (len(values) + len(carried)))
        self._check_layer(2 * (len(values) + len({form.without_constant() for form in carried})))
        made = self._circuit.layer([*values, *(Value((), form) for form in carried)])
        rest = iter(made[len(values) :])
        moved = [form_array([next(rest) for _ in range(tensor.size)], tensor.shape) for tensor in live]
        return self.checked(form_array(made[: len(values)], shape)), moved

    def _check_layer(self, units: int) -> None:
        check_count(self._circuit.weights(units), self._where, "weights")

    def product(self, matrix: np.ndarray, columns: np.ndarray, offset: np.ndarray | None = None) -> np.ndarray:
        """Return ``matrix @ columns + offset`` for Fractions (m, n) and forms (n, p); the offset has (m, p)."""
        rows = [list(row) for row in matrix]
        terms = [sum(len(form.linear) + 1 for form in column) for column in columns.T]
        work = len(rows) * sum(terms)
        check_count(len(rows) * columns.shape[1], self._where, "elements of a product")
        if work > _MOST_PRODUCTS:
            cure = "multiply consecutive affine layers together before, or use a smaller network"
            raise FormatError(self._where, f"a product of matrices with {work} terms, at most {_MOST_PRODUCTS}; {cure}")
        result = np.empty((len(rows), columns.shape[1]), dtype=object)
        for p, column in enumerate(columns.T):
            shifts = [Fraction(0)] * len(rows) if offset is None else list(offset[:, p])
            units, width = _units(column), self._circuit.width
            dense = (len(rows) + len(column)) * (width + 1) + len(rows) * len(column)
            if units is not None:
                made = [_read_off(row, units, b) for row, b in zip(rows, shifts, strict=True)]
            elif len(rows) * terms[p] > dense // _CONVERSION and _have_common_denominator(
                chain(*rows, (c for form in column for _, c in form.linear))
            ):
                self.spend(dense)
                table = [[*form.row(width), form.constant] for form in column]
                products = combine_rows(rows, table, width + 1)
                made = [Form.of_row(r[:-1], r[-1] + b) for r, b in zip(products, shifts, strict=True)]
            else:
                self.spend(len(rows) * terms[p])
                if any(form.constant for form in column):  # sums of all forms: flint is faster in any case
                    constants = combine_rows(rows, [[form.constant] for form in column], 1)
                    shifts = [c + b for (c,), b in zip(constants, shifts, strict=True)]
                linear = [form.without_constant() for form in column]
                made = [Form.combine(zip(row, linear, strict=True), b) for row, b in zip(rows, shifts, strict=True)]
            result[:, p] = made
        return self.checked(result)

    def number_product(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return ``left @ right`` for arrays of Fractions (m, n) and (n, p)."""
        check_count(left.shape[0] * right.shape[1], self._where, "elements of a product")
        work, common = left.size * right.shape[1], all(_have_common_denominator(array.flat) for array in (left, right))
        self.spend(work * _MOST_MADE // _MOST_PRODUCTS if common else work)
        if common:
            return self.checked(np.array(combine_rows(left.tolist(), right.tolist(), right.shape[1]), dtype=object))
        return self.checked(left @ right)

    def checked(self, tensor: np.ndarray) -> np.ndarray:
        """Return a tensor, of Fractions or forms, whose numbers are few and short enough to work with."""
        for item in tensor.flat:
            numbers = [*(c for _, c in item.linear), item.constant] if isinstance(item, Form) else [item]
            self.spend(len(numbers))
            for number in numbers:
                bits = max(abs(number.numerator), number.denominator).bit_length()
                if bits > _SHORT:
                    self.spend(bits // _SHORT)
                    if bits > LONGEST_NUMBER:
                        problem = f"numbers of more than {LONGEST_NUMBER} bits arise; mend the weights"
                        raise FormatError(self._where, problem)
        return tensor

    def check_elements(self, count: int) -> None:
        """Refuse a tensor that is too large before it is made."""
        check_count(count, self._where, "elements")
        self.spend(_COST * count)

    def spend(self, count: int) -> None:
        """Count numbers and forms that are made: a small file can ask for many."""
        self._made += count
        if self._made > _MOST_MADE:
            problem = f"more than {_MOST_MADE} numbers arise on the way; use a smaller network"
            raise FormatError(self._where, problem)

    def network(self, outputs: np.ndarray) -> ReLUNetwork:
        """Return the network with these outputs, in row-major order."""
        self._check_layer(outputs.size)
        return self._circuit.network(list(outputs.flat))


class Chain:
    """Layers one after another, as the sequential models of other libraries have them.

    Every method names the layer in its message if the layer does not fit.
    """

    def __init__(self, dimension: int, where: str) -> None:
        self.trace = Trace(dimension, where)
        self.values = self.trace.inputs((dimension,))

    def affine(self, weight: Any, bias: Any, name: str) -> None:
        """Append x -> weight @ x + bias; the bias may be None."""
        matrix = exact_array(weight, f"{name} weight")
        if matrix.ndim != 2 or 0 in matrix.shape or matrix.shape[1] != self.values.size:
            requirement = f"shape (outputs, {self.values.size}), one column for each value of the layer before"
            cure = "check the order and the sizes of the layers"
            raise InvalidInput(f"{name} weight", requirement, str(matrix.shape), cure)
        offset = None if bias is None else exact_array(bias, f"{name} bias")
        if offset is not None and offset.shape != matrix.shape[:1]:
            cure = "give one number for each row of the weight"
            raise InvalidInput(f"{name} bias", f"shape ({matrix.shape[0]},)", str(offset.shape), cure)
        column = None if offset is None else offset[:, None]
        self.values = self.trace.product(matrix, self.values[:, None], column)[:, 0]

    def relu(self) -> None:
        """Append max(v, 0)."""
        self.values, _ = self.trace.relu(self.values)

    def leaky(self, slopes: Any, name: str) -> None:
        """Append v -> v for v >= 0, slope·v elsewhere; one slope, or one for each value."""
        self.values = leaky(self.trace, self.values, exact_array(slopes, f"{name} slope"), ())[0]

    def clip(self, low: Any, high: Any, name: str) -> None:
        """Append v -> min(max(v, low), high); None for no bound."""
        bounds = [None if b is None else exact_array(b, f"{name} bound") for b in (low, high)]
        self.values = clip(self.trace, self.values, bounds[0], bounds[1], ())[0]

    def scale(self, factors: np.ndarray, shifts: np.ndarray) -> None:
        """Append v -> factor·v + shift, elementwise; exact arrays of the width."""
        made = [Form.combine([(a, v)], b) for a, v, b in zip(factors, self.values, shifts, strict=True)]
        self.values = self.trace.checked(form_array(made, self.values.shape))

    def network(self) -> ReLUNetwork:
        """Return the network that the layers make."""
        return self.trace.network(self.values)


def _units(column: Sequence[Form]) -> list[int] | None:
    """Return the units that the forms are, in order and all different, if that is what they are."""
    units = [form.linear[0][0] for form in column if len(form.linear) == 1 and form.linear[0][1] == 1]
    plain = len(units) == len(column) and not any(form.constant for form in column)
    return units if plain and len(set(units)) == len(units) else None


def _have_common_denominator(numbers: Iterable[Fraction]) -> bool:
    """Return whether numbers share a denominator that is not much longer than theirs, as floats do: flint uses it."""
    common = 1
    for number in numbers:
        common = lcm(common, number.denominator)
        if common.bit_length() > _SHORT + 2 * number.denominator.bit_length():
            return False
    return True


def _read_off(row: Sequence[Fraction], units: Sequence[int], constant: Fraction) -> Form:
    pairs = [(unit, weight) for unit, weight in zip(units, row, strict=True) if weight]
    return Form(tuple(sorted(pairs)), constant)


Moved = tuple[np.ndarray, list[np.ndarray]]


def leaky(trace: Trace, tensor: np.ndarray, slopes: np.ndarray, live: Sequence[np.ndarray]) -> Moved:
    """Return slope·v + (1 - slope)·relu(v), elementwise; the slopes are exact and broadcast to the tensor."""
    pairs = zip(tensor.flat, np.broadcast_to(slopes, tensor.shape).flat, strict=True)
    values = [Value(((1 - slope, form),), Form.combine([(slope, form)])) for form, slope in pairs]
    return trace.bend(values, tensor.shape, live)


def extremum(trace: Trace, sign: int, tensors: Sequence[np.ndarray], live: Sequence[np.ndarray]) -> Moved:
    """Return max (sign 1) or min (sign -1) of tensors of forms, which are broadcast: b ± relu(±(a - b)).

    Pairs are taken in parallel, layer by layer, as in a balanced tree.
    """
    rest, moved = list(tensors), list(live)
    while len(rest) > 1:
        values: list[Value] = []
        couples = list(zip(rest[::2], rest[1::2], strict=False))
        shapes = [np.broadcast_shapes(left.shape, right.shape) for left, right in couples]
        for shape in shapes:
            trace.check_elements(prod(shape))
        for (left, right), shape in zip(couples, shapes, strict=True):
            pairs = zip(np.broadcast_to(left, shape).flat, np.broadcast_to(right, shape).flat, strict=True)
            values += [Value(((sign, Form.combine([(sign, a), (-sign, b)])),), b) for a, b in pairs]
        odd = rest[2 * len(shapes) :]
        made, moved = trace.bend(values, (len(values),), [*odd, *moved])
        ends = list(accumulate(map(prod, shapes), initial=0))
        halves = [made[start:end].reshape(shape) for (start, end), shape in zip(pairwise(ends), shapes, strict=True)]
        rest, moved = [*halves, *moved[: len(odd)]], moved[len(odd) :]
    return rest[0], moved


def clip(
    trace: Trace, tensor: np.ndarray, low: np.ndarray | None, high: np.ndarray | None, live: Sequence[np.ndarray]
) -> Moved:
    """Return min(max(v, low), high); bounds are exact and broadcast to the tensor, None for none."""
    moved = list(live)
    for sign, bound in ((1, low), (-1, high)):
        if bound is not None:
            tensor, moved = extremum(trace, sign, [tensor, trace.forms(np.asarray(bound, dtype=object))], moved)
    return tensor, moved
