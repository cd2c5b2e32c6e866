"""Networks to ONNX graphs of Gemm and Relu."""

from __future__ import annotations

from typing import Any

from tropical.io.limits import needed_package
from tropical.io.rounding import float_layers

__all__ = ["to_onnx"]

_OPSET, _IR_VERSION = 13, 8  # read by every runtime since 2021


def to_onnx(F: Any, *, dtype: str = "float32", rounded: bool = False) -> Any:
    """Return a function as an ONNX model; other functions than networks go through :func:`tropical.to_network`.

    Parameters
    ----------
    F : function of any type
    dtype : {"float32", "float64"}
        Of the weights, the input ``x`` (batch, d) and the output ``y`` (batch, m).
    rounded : bool
        Whether weights that are no floats of this type may be rounded to the nearest.

    Returns
    -------
    onnx.ModelProto
        A chain of Gemm and Relu; :func:`tropical.save` writes it.

    Raises
    ------
    NotExact
        If a weight would be rounded, and `rounded` is false.
    TropicalError
        Where the package ``onnx`` is missing (extra ``io``).
    """
    needed_package("onnx", "writing ONNX files")
    helper = needed_package("onnx.helper", "writing ONNX files")
    numpy_helper = needed_package("onnx.numpy_helper", "writing ONNX files")
    layers = float_layers(F, dtype, rounded=rounded)
    nodes, weights, value = [], [], "x"
    for depth, (matrix, bias) in enumerate(layers):
        if depth:
            nodes.append(helper.make_node("Relu", [value], [f"h{depth}"], name=f"relu{depth}"))
            value = f"h{depth}"
        last = depth == len(layers) - 1
        names = [f"W{depth + 1}", f"b{depth + 1}"]
        made = "y" if last else f"a{depth + 1}"
        nodes.append(helper.make_node("Gemm", [value, *names], [made], name=f"layer{depth + 1}", transB=1))
        weights += [numpy_helper.from_array(array, name) for array, name in zip((matrix, bias), names, strict=True)]
        value = made
    kind = helper.np_dtype_to_tensor_dtype(layers[0][0].dtype)
    entry = helper.make_tensor_value_info("x", kind, ["batch", layers[0][0].shape[1]])
    result = helper.make_tensor_value_info("y", kind, ["batch", layers[-1][0].shape[0]])
    graph = helper.make_graph(nodes, "tropical", [entry], [result], weights)
    imports = [helper.make_opsetid("", _OPSET)]
    return helper.make_model(graph, producer_name="tropical-learner", opset_imports=imports, ir_version=_IR_VERSION)
