"""ONNX nodes that move elements or make numbers.

=====================================================  ===============================================================
nodes                                                  are
=====================================================  ===============================================================
Flatten, Reshape, Squeeze, Unsqueeze, Transpose,       the same elements elsewhere
Concat, Gather, Slice
Identity, Dropout, Cast to a floating type             nothing
Constant, Shape                                        numbers
=====================================================  ===============================================================
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from tropical.io.limits import check_count
from tropical.io.onnx_node import Node
from tropical.io.onnx_tensors import tensor_array
from tropical.io.tracing import is_variable

__all__ = ["SHAPES"]

_TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 10: np.float16, 11: np.float64}  # by ONNX's numbers of them
_INTEGERS = (6, 7)


def _nothing(node: Node) -> np.ndarray:
    return node.input(0)


def _dropout(node: Node) -> np.ndarray:
    training = node.optional(2)
    if training is not None and (is_variable(training) or np.any(training)):
        raise node.wrong("dropout in training mode is random; export the model for inference")
    return node.input(0)


def _cast(node: Node) -> np.ndarray:
    """Return values as they are, as real numbers are not rounded; numbers of the file in the type asked for."""
    tensor, kind = node.input(0), node.attribute("to", 0)
    if kind not in _TYPES:
        raise node.wrong(f"a cast to type {kind} of ONNX; cast to float")
    if is_variable(tensor) or tensor.dtype == object:
        if kind in _INTEGERS:
            raise node.wrong("a cast of values to integers, which is not continuous")
        return tensor
    return tensor.astype(_TYPES[kind])


def _flatten(node: Node) -> np.ndarray:
    tensor, axis = node.input(0), node.attribute("axis", 1)
    if not -tensor.ndim <= axis <= tensor.ndim:
        raise node.wrong(f"axis {axis} of a tensor of shape {tensor.shape}")
    axis += tensor.ndim if axis < 0 else 0
    return tensor.reshape(prod(tensor.shape[:axis]), prod(tensor.shape[axis:]))


def _reshape(node: Node) -> np.ndarray:
    tensor = node.input(0)
    shape = node.attribute("shape", []) if node.has("shape") else node.integers(1)
    if not node.attribute("allowzero", 0):
        shape = [tensor.shape[i] if not size and i < tensor.ndim else size for i, size in enumerate(shape)]
    return tensor.reshape(shape)


def _squeeze(node: Node) -> np.ndarray:
    axes = node.axes(1)
    return np.squeeze(node.input(0), None if axes is None else tuple(axes))


def _unsqueeze(node: Node) -> np.ndarray:
    axes = node.axes(1)
    if axes is None or len(axes) + node.input(0).ndim > 32:
        raise node.wrong("axes are missing, or too many")
    return np.expand_dims(node.input(0), tuple(axes))


def _transpose(node: Node) -> np.ndarray:
    order = node.attribute("perm", [])
    return np.transpose(node.input(0), order or None)


def _concat(node: Node) -> np.ndarray:
    parts = [node.input(number) for number in range(len(node.inputs))]
    check_count(sum(part.size for part in parts), node.work.place, "elements")
    if any(is_variable(part) for part in parts):
        parts = [node.work.trace.forms(part) for part in parts]
    return np.concatenate(parts, axis=node.attribute("axis", 1))


def _gather(node: Node) -> np.ndarray:
    tensor, axis = node.input(0), node.attribute("axis", 0)
    indices = node.input(1)
    if is_variable(indices) or indices.dtype.kind not in "iu":
        raise node.wrong("indices have to be integers")
    check_count(tensor.size // max(1, tensor.shape[axis]) * indices.size, node.work.place, "elements")
    return np.asarray(np.take(tensor, indices, axis=axis))


def _slice(node: Node) -> np.ndarray:
    tensor = node.input(0)
    if node.has("starts"):
        starts, ends = node.attribute("starts", []), node.attribute("ends", [])
        axes, steps = node.attribute("axes", []) or list(range(len(starts))), [1] * len(starts)
    else:
        starts, ends = node.integers(1), node.integers(2)
        axes = node.integers(3) if node.optional(3) is not None else list(range(len(starts)))
        steps = node.integers(4) if node.optional(4) is not None else [1] * len(starts)
    cut = [slice(None)] * tensor.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        size = tensor.shape[axis]
        # an end before the beginning, in steps backwards, has no number of Python's
        cut[axis] = slice(start, None if step < 0 and end < -size else end, step)
    return tensor[tuple(cut)]


def _constant(node: Node) -> np.ndarray:
    if node.has("value"):
        return tensor_array(node.raw("value").t, node.work.place)
    for name, kind in (("value_float", "f"), ("value_int", "i"), ("value_floats", "floats"), ("value_ints", "ints")):
        if node.has(name):
            dtype = np.float32 if "float" in name else np.int64
            return np.array(getattr(node.raw(name), kind), dtype=dtype)
    raise node.wrong("a constant that is no tensor of numbers")


def _shape(node: Node) -> np.ndarray:
    return np.array(node.input(0).shape, dtype=np.int64)


SHAPES: dict[str, Callable[[Node], np.ndarray]] = {
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _nothing,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
