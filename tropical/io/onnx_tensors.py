"""The numbers in an ONNX file; declared shapes are checked against the data before anything is made."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tropical.exceptions import FormatError
from tropical.io.limits import check_count, needed_package

__all__ = ["tensor_array"]


def tensor_array(tensor: Any, where: str) -> np.ndarray:
    """Return a tensor of the file as an array; its shape is checked against its data before anything is made."""
    onnx = needed_package("onnx", "reading ONNX files")
    helper = needed_package("onnx.numpy_helper", "reading ONNX files")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        cure = "make it one: onnx.save(onnx.load(path), new_path), or torch.onnx.export(..., external_data=False)"
        raise FormatError(where, f"its numbers are in another file, which is not opened; {cure}")
    if any(size < 0 for size in tensor.dims):
        raise FormatError(where, f"a negative size in the shape {list(tensor.dims)[:8]}")
    check_count(prod(tensor.dims), where)
    try:
        array = helper.to_array(tensor)
    except Exception as error:  # damaged tensors raise whatever numpy and protobuf raise
        raise FormatError(where, f"damaged: {str(error)[:120]}") from None
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise FormatError(where, f"numbers of type {array.dtype}; convert them to float")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise FormatError(where, "NaN or infinity among the weights; mend them")
    return array
