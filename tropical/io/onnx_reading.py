"""ONNX graphs to networks: floats become the dyadic rationals that they are, and every node is taken exactly.

The input is one tensor; its elements in row-major order are the network's inputs, a batch dimension without a number
counts once. What the nodes are is said by :mod:`tropical.io.onnx_arithmetic` and :mod:`tropical.io.onnx_shapes`. No
part of a file is executed, and no other file is opened: weights stored beside the model are refused.
"""

from __future__ import annotations

import os
from collections import Counter
from math import prod
from typing import Any

import numpy as np

from tropical._arguments import as_path
from tropical.exceptions import FormatError, InvalidInput, InvalidType
from tropical.io.limits import LARGEST_FILE, check_count, needed_package, read_bytes
from tropical.io.onnx_arithmetic import ARITHMETIC
from tropical.io.onnx_node import Node, Workspace
from tropical.io.onnx_shapes import SHAPES
from tropical.io.onnx_tensors import tensor_array
from tropical.io.tracing import Trace
from tropical.network import ReLUNetwork

__all__ = ["from_onnx"]

_MOST_NODES = 20_000
NODES = {**ARITHMETIC, **SHAPES}


def from_onnx(source: Any, output: str | None = None) -> ReLUNetwork:
    """Return the network that an ONNX graph computes over the real numbers; exact.

    Parameters
    ----------
    source : path, bytes, or onnx.ModelProto
    output : str, optional
        The name of the output to read, where the graph has several.

    Returns
    -------
    ReLUNetwork
        Its inputs are the elements of the input tensor, its outputs those of the output tensor, in row-major order. A
        plain chain of affine maps and ReLU keeps its units one by one.

    Raises
    ------
    FormatError
        Naming the node that is not supported and the cure, or what is damaged.
    InvalidInput, InvalidType
        For an output that the graph does not have, and for a source of another kind.
    TropicalError
        Where the package ``onnx`` is missing (extra ``io``).
    OSError
        Where the file cannot be read.

    Notes
    -----
    ONNX runtimes round after each operation: their results differ from the network's by rounding errors. Costs one
    rational operation a weight, and those of :func:`tropical.from_layers` for what is no plain chain.
    """
    model, name = _model(source)
    try:
        return _read_graph(model, name, output)
    except FormatError:
        raise
    except InvalidInput as error:
        if error.argument == "output":
            raise
        raise FormatError(name, str(error)) from None


def _model(source: Any) -> tuple[Any, str]:
    onnx = needed_package("onnx", "reading ONNX files")
    if isinstance(source, onnx.ModelProto):
        return source, "model"
    if isinstance(source, (bytes, bytearray)):
        content, name = bytes(source), "model"
        if len(content) > LARGEST_FILE:
            raise FormatError(name, f"more than {LARGEST_FILE >> 20} MiB, too large for exact work; split the network")
    elif isinstance(source, (str, os.PathLike)):
        content, name = read_bytes(source), as_path(source, "source").name
    else:
        raise InvalidType("source", "a path, bytes or an onnx.ModelProto", source, "pass the file's name")
    message = needed_package("google.protobuf.message", "reading ONNX files")
    try:
        model = onnx.ModelProto.FromString(content)  # never opens external data, unlike onnx.load
    except (message.DecodeError, ValueError, RuntimeError) as error:
        raise FormatError(name, f"no ONNX file: {str(error)[:120]}") from None
    return model, name


def _read_graph(model: Any, name: str, output: str | None) -> ReLUNetwork:
    graph = model.graph
    if not graph.output:
        raise FormatError(name, "no ONNX model: it has no output")
    if len(graph.node) > _MOST_NODES:
        raise FormatError(name, f"{len(graph.node)} nodes, at most {_MOST_NODES} are read; simplify the graph")
    if graph.sparse_initializer:
        raise FormatError(name, "sparse weights; store them as dense tensors")
    wanted = _output(graph, output)
    tensors = _initializers(graph, name)
    entry = _entry(graph, tensors, name)
    shape = _shape(entry, name)
    trace = Trace(prod(shape), name)
    tensors[entry.name] = trace.inputs(shape)
    needed = _needed(graph, wanted)
    uses = Counter(used for node in needed for used in node.input)
    uses[wanted] += 1
    for node in needed:
        place = f"{name}, node {_title(node)}"
        if node.domain not in ("", "ai.onnx") or node.op_type not in NODES:
            raise FormatError(place, _unknown(node))
        missing = [used for used in node.input if used and used not in tensors]
        if missing:
            raise FormatError(place, f"its input {missing[0][:60]!r} is made by no node before it")
        uses.subtract(node.input)
        work = Workspace(trace, tensors, uses, place)
        try:
            with np.errstate(all="ignore"):  # what overflows among the numbers of the file is refused where it is used
                result = NODES[node.op_type](Node(node, [tensors.get(used) for used in node.input], work))
        except FormatError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError, MemoryError, ZeroDivisionError) as error:
            raise FormatError(place, f"{str(error)[:160] or type(error).__name__}") from None
        if not node.output or not node.output[0]:
            raise FormatError(place, "it has no output")
        check_count(result.size, place, "elements")
        tensors[node.output[0]] = result
        for used in node.input:
            if uses[used] <= 0:
                tensors.pop(used, None)
    if wanted not in tensors:
        raise FormatError(name, f"the output {wanted[:60]!r} is made by no node")
    return trace.network(trace.forms(tensors[wanted]))


def _output(graph: Any, output: str | None) -> str:
    names = [value.name for value in graph.output]
    if output is None and len(names) > 1:
        requirement, cure = "the name of one output, as the graph has several", f"choose one of {', '.join(names)}"
        raise InvalidInput("output", requirement, "None", cure)
    if output is not None and (not isinstance(output, str) or output not in names):
        given = repr(output) if isinstance(output, str) else output
        raise InvalidInput("output", f"one of {', '.join(names)}", given, "see the names in the graph")
    return names[0] if output is None else output


def _initializers(graph: Any, name: str) -> dict[str, np.ndarray]:
    tensors: dict[str, np.ndarray] = {}
    total = 0
    for tensor in graph.initializer:
        array = tensor_array(tensor, f"{name}, weights {tensor.name[:60]!r}")
        total += array.size
        check_count(total, name, "weights")
        tensors[tensor.name] = array
    return tensors


def _entry(graph: Any, tensors: dict[str, np.ndarray], name: str) -> Any:
    """Return the one input that is no weight: old files list weights among the inputs."""
    entries = [value for value in graph.input if value.name not in tensors]
    if len(entries) != 1:
        given = ", ".join(value.name for value in entries) or "none"
        raise FormatError(name, f"one input is read, the graph has {len(entries)} ({given[:120]}); join them into one")
    return entries[0]


def _shape(entry: Any, name: str) -> tuple[int, ...]:
    """Return the shape of the input; a leading dimension without a number is a batch of one."""
    if not entry.type.HasField("tensor_type") or not entry.type.tensor_type.HasField("shape"):
        raise FormatError(name, f"the input {entry.name[:60]!r} has no shape; export it with one")
    sizes = []
    for axis, size in enumerate(entry.type.tensor_type.shape.dim):
        number = size.dim_value if size.HasField("dim_value") else 0
        if number <= 0 and axis:
            raise FormatError(name, f"dimension {axis} of the input {entry.name[:60]!r} has no number; give it a size")
        sizes.append(max(number, 1))
        check_count(prod(sizes), name, "inputs")
    return tuple(sizes)


def _needed(graph: Any, wanted: str) -> list[Any]:
    """Return the nodes on which the output depends, in the order of the file."""
    names, needed = {wanted}, []
    for node in reversed(graph.node):
        if names & set(node.output):
            needed.append(node)
            names.update(used for used in node.input if used)
    return needed[::-1]


def _title(node: Any) -> str:
    made = (node.name or (node.output[0] if node.output else ""))[:60]
    return f"{node.op_type[:40]} {made!r}"


_CURES = {
    "Conv": "write the convolution as a MatMul; only fully connected graphs are read",
    "BatchNormalization": "it takes a square root; fold it into the layer before (torch.nn.utils.fusion does)",
    "Sigmoid": "it is not piecewise linear: cut the graph before it, and read the logit",
    "Softmax": "it is not piecewise linear: cut the graph before it, and read the logits",
    "LogSoftmax": "it is not piecewise linear: cut the graph before it, and read the logits",
    "Tanh": "it is not piecewise linear; train with Relu, LeakyRelu or Clip",
    "Gelu": "it is not piecewise linear; train with Relu or LeakyRelu",
    "Erf": "it is not piecewise linear; train with Relu or LeakyRelu",
    "Exp": "it is not piecewise linear",
    "MaxPool": "write it by Max of slices, or use tropical.layers.Maxout",
    "Sign": "it is not continuous",
    "ArgMax": "cut the graph before it: the scores are what is read",
}


def _unknown(node: Any) -> str:
    cure = _CURES.get(node.op_type, "rewrite it with these, or simplify the graph (onnxsim)")
    return f"it is not supported; {cure}; known are {', '.join(sorted(NODES))}"
