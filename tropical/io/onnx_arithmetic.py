"""ONNX nodes that compute: affine ones, and those that make hidden layers.

=====================================================  ===============================================================
nodes                                                  are
=====================================================  ===============================================================
Gemm, MatMul                                           affine, with one factor of numbers
Add, Sub, Sum, Neg, Mul, Div                           affine, products and quotients by numbers
Relu, LeakyRelu, PRelu, Abs, Max, Min, Clip            hidden layers
=====================================================  ===============================================================

Numbers are kept as the arrays of the file until they meet a form; sums and products among numbers are exact, too.
Operations are those of the ONNX specification (https://onnx.ai/onnx/operators), with batch dimensions of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod

import numpy as np

from tropical._arguments import exact_array
from tropical._circuit import Form, Value
from tropical.io.limits import check_count
from tropical.io.onnx_node import Node
from tropical.io.tracing import clip, extremum, form_array, is_variable, leaky

__all__ = ["ARITHMETIC"]


def _elementwise(node: Node, tensors: Sequence[np.ndarray], signs: Sequence[int]) -> np.ndarray:
    """Return the sum of tensors with signs, broadcast."""
    if node.has("broadcast"):
        raise node.wrong("broadcasting as before version 7 of the operators; convert it (onnx.version_converter)")
    shape = np.broadcast_shapes(*(tensor.shape for tensor in tensors))
    check_count(prod(shape), node.work.place, "elements")
    trace = node.work.trace
    if not any(map(is_variable, tensors)):
        exact = [exact_array(tensor, f"input {i}") for i, tensor in enumerate(tensors)]
        total = sum(sign * numbers for sign, numbers in zip(signs, exact, strict=True))
        return trace.checked(np.asarray(total))
    trace.spend(len(tensors) * prod(shape))
    terms = zip(*(np.broadcast_to(trace.forms(tensor), shape).flat for tensor in tensors), strict=True)
    return trace.checked(form_array([Form.combine(zip(signs, forms, strict=True)) for forms in terms], shape))


def _scaled(node: Node, tensor: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return a tensor times numbers, broadcast."""
    shape = np.broadcast_shapes(tensor.shape, factors.shape)
    check_count(prod(shape), node.work.place, "elements")
    trace = node.work.trace
    if not is_variable(tensor):
        return trace.checked(np.asarray(exact_array(tensor, "input 0") * factors))
    pairs = zip(np.broadcast_to(tensor, shape).flat, np.broadcast_to(factors, shape).flat, strict=True)
    return trace.checked(form_array([Form.combine([(c, form)]) for form, c in pairs], shape))


def _add(node: Node) -> np.ndarray:
    return _elementwise(node, [node.input(0), node.input(1)], (1, 1))


def _subtract(node: Node) -> np.ndarray:
    return _elementwise(node, [node.input(0), node.input(1)], (1, -1))


def _sum(node: Node) -> np.ndarray:
    tensors = [node.input(number) for number in range(max(1, len(node.inputs)))]
    return _elementwise(node, tensors, [1] * len(tensors))


def _negate(node: Node) -> np.ndarray:
    return _scaled(node, node.input(0), exact_array(-1, "factor"))


def _multiply(node: Node) -> np.ndarray:
    if is_variable(node.input(1)):
        if is_variable(node.input(0)):
            raise node.wrong("a product of two tensors that depend on the input is not piecewise linear")
        return _scaled(node, node.input(1), node.numbers(0))
    return _scaled(node, node.input(0), node.numbers(1))


def _divide(node: Node) -> np.ndarray:
    divisors = node.numbers(1)
    if not all(divisors.flat):
        raise node.wrong("a division by zero; mend the numbers")
    inverse = form_array([1 / value for value in divisors.flat], divisors.shape)
    if not is_variable(node.input(0)) and node.input(0).dtype.kind in "iu":
        raise node.wrong("a division of integers, which rounds; simplify the graph")
    return _scaled(node, node.input(0), inverse)


def _gemm(node: Node) -> np.ndarray:
    left, right = node.input(0), node.input(1)
    if left.ndim != 2 or right.ndim != 2:
        raise node.wrong(f"its factors have {left.ndim} and {right.ndim} axes, two each are needed; flatten them")
    left = left.T if node.attribute("transA", 0) else left
    right = right.T if node.attribute("transB", 0) else right
    result = _matrix_product(node, left, right)
    alpha, beta = (exact_array(node.attribute(name, 1.0), name) for name in ("alpha", "beta"))
    if alpha != 1:
        result = _scaled(node, result, alpha)
    if node.optional(2) is None:
        return result
    if np.broadcast_shapes(node.input(2).shape, result.shape) != result.shape:
        raise node.wrong(f"its offset of shape {node.input(2).shape} does not fit {result.shape}")
    offset = node.input(2) if beta == 1 else _scaled(node, node.input(2), beta)
    return _elementwise(node, [result, offset], (1, 1))


def _matmul(node: Node) -> np.ndarray:
    left, right = node.input(0), node.input(1)
    if not left.ndim or not right.ndim:
        raise node.wrong("a factor without axes")
    first, last = left.ndim == 1, right.ndim == 1
    left, right = left[None, :] if first else left, right[:, None] if last else right
    if left.shape[-1] != right.shape[-2]:
        raise node.wrong(f"factors of shapes {left.shape} and {right.shape} do not fit")
    if right.ndim == 2:  # rows of the left one are independent
        result = _matrix_product(node, left.reshape(-1, left.shape[-1]), right)
        result = result.reshape(*left.shape[:-1], right.shape[1])
    elif left.ndim == 2 and prod(right.shape[:-2]) == 1:
        result = _matrix_product(node, left, right.reshape(right.shape[-2:]))
        result = result.reshape(*right.shape[:-2], left.shape[0], right.shape[-1])
    else:
        raise node.wrong(f"factors of shapes {left.shape} and {right.shape}: stacks of matrices are not multiplied")
    result = result[..., 0, :] if first else result
    return result[..., 0] if last else result


def _matrix_product(node: Node, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if left.shape[1] != right.shape[0]:
        raise node.wrong(f"factors of shapes {left.shape} and {right.shape} do not fit")
    if 0 in (*left.shape, *right.shape):
        raise node.wrong("an empty factor")
    trace = node.work.trace
    if is_variable(left):
        if is_variable(right):
            raise node.wrong("a product of two tensors that depend on the input is not piecewise linear")
        return trace.product(exact_array(right, "input 1").T, left.T).T
    if not is_variable(right):
        return trace.number_product(exact_array(left, "input 0"), exact_array(right, "input 1"))
    return trace.product(exact_array(left, "input 0"), right)


def _relu(node: Node) -> np.ndarray:
    trace, tensor = node.work.trace, node.work.trace.forms(node.input(0))
    return node.work.bends(lambda live: trace.relu(tensor, live))


def _leaky(node: Node) -> np.ndarray:
    trace, tensor = node.work.trace, node.work.trace.forms(node.input(0))
    slope = exact_array(np.float32(node.attribute("alpha", 0.01)), "alpha")  # the attribute is a float32
    return node.work.bends(lambda live: leaky(trace, tensor, slope, live))


def _prelu(node: Node) -> np.ndarray:
    trace, tensor, slopes = node.work.trace, node.work.trace.forms(node.input(0)), node.numbers(1)
    if np.broadcast_shapes(tensor.shape, slopes.shape) != tensor.shape:
        raise node.wrong(f"slopes of shape {slopes.shape} do not fit {tensor.shape}")
    return node.work.bends(lambda live: leaky(trace, tensor, slopes, live))


def _absolute(node: Node) -> np.ndarray:
    trace, tensor = node.work.trace, node.work.trace.forms(node.input(0))
    values = [Value(((2, form),), -form) for form in tensor.flat]
    return node.work.bends(lambda live: trace.bend(values, tensor.shape, live))


def _extremum(node: Node, sign: int) -> np.ndarray:
    """Return the maximum or minimum of all inputs."""
    trace = node.work.trace
    tensors = [trace.forms(node.input(number)) for number in range(len(node.inputs))]
    if not tensors:
        raise node.wrong("input 0 is missing")
    return node.work.bends(lambda live: extremum(trace, sign, tensors, live))


def _clip(node: Node) -> np.ndarray:
    trace, tensor = node.work.trace, node.work.trace.forms(node.input(0))
    bounds: list[np.ndarray | None] = []
    for number, name in ((1, "min"), (2, "max")):
        if node.has(name):
            bound = exact_array(np.float32(node.attribute(name, 0.0)), name)
        elif node.optional(number) is not None:
            bound = node.numbers(number)
        else:
            bounds.append(None)
            continue
        if bound.size != 1:
            raise node.wrong(f"a bound of shape {bound.shape}, one number is needed")
        bounds.append(None if abs(bound.flat[0]) >= _UNBOUNDED else bound.reshape(()))
    return node.work.bends(lambda live: clip(trace, tensor, bounds[0], bounds[1], live))


_UNBOUNDED = Fraction(float(np.finfo(np.float32).max))  # how old files say that there is no bound


ARITHMETIC: dict[str, Callable[[Node], np.ndarray]] = {
    "Abs": _absolute,
    "Add": _add,
    "Clip": _clip,
    "Div": _divide,
    "Gemm": _gemm,
    "LeakyRelu": _leaky,
    "MatMul": _matmul,
    "Max": lambda node: _extremum(node, 1),
    "Min": lambda node: _extremum(node, -1),
    "Mul": _multiply,
    "Neg": _negate,
    "PRelu": _prelu,
    "Relu": _relu,
    "Sub": _subtract,
    "Sum": _sum,
}
