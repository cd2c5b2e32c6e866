"""Networks in safetensors files: named arrays after a JSON header, nothing that could be executed.

A file holds eight bytes with the length N of the header (little-endian), the header, and the numbers. The header names
for each array its type, its shape and the bytes from and to which it reaches. That is all there is to the format, so
it is read here, and every number in the header is checked before it is used.

Reference: https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import json
import os
import re
from math import prod
from typing import Any

import numpy as np

from tropical._arguments import as_path
from tropical.exceptions import FormatError, InvalidInput, InvalidType
from tropical.io.frameworks import from_state_dict
from tropical.io.limits import check_count, read_bytes
from tropical.io.rounding import float_layers
from tropical.network import ReLUNetwork

__all__ = ["from_safetensors", "to_safetensors"]

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_NAMES = {"float32": "F32", "float64": "F64"}
_LARGEST_HEADER = 10_000_000
_NUMBER = re.compile(r"([0-9]+)")


def from_safetensors(source: Any, layers: list[str] | None = None) -> ReLUNetwork:
    """Return the network whose layers a safetensors file holds, ReLU between them; floats become dyadic rationals.

    Parameters
    ----------
    source : path or bytes
        Arrays ``"<layer>.weight"`` of shape (outputs, inputs), optionally ``"<layer>.bias"``, as torch names them.
    layers : list of str, optional
        The names of the layers in order. The file keeps none; where the names differ by numbers alone, as in ``net.0``
        and ``net.2``, their order is taken.

    Raises
    ------
    FormatError
        For damaged files, with what is wrong where.
    InvalidInput
        If the order of the layers is not clear, or they do not fit together.
    OSError
        Where the file cannot be read.
    """
    if isinstance(source, (bytes, bytearray)):
        content, name = bytes(source), "source"
    elif isinstance(source, (str, os.PathLike)):
        content, name = read_bytes(source), as_path(source, "source").name
    else:
        raise InvalidType("source", "a path or bytes", source, "pass the file's name")
    arrays = _arrays(content, name)
    if not arrays:
        raise FormatError(name, "it holds no array; save the weights of the trained model")
    return from_state_dict(arrays, _order(arrays) if layers is None else layers)


def to_safetensors(F: Any, *, dtype: str = "float32", rounded: bool = False) -> bytes:
    """Return the content of a safetensors file with the layers ``layers.0``, ``layers.1``, ... of a function.

    Parameters
    ----------
    F : function of any type
        Other functions than networks go through :func:`tropical.to_network`.
    dtype : {"float32", "float64"}
    rounded : bool
        Whether weights that are no floats of this type may be rounded to the nearest.

    Raises
    ------
    NotExact
        If a weight would be rounded, and `rounded` is false.
    """
    header: dict[str, Any] = {}
    parts, place = [], 0
    for depth, pair in enumerate(float_layers(F, dtype, rounded=rounded)):
        for kind, array in zip(("weight", "bias"), pair, strict=True):
            data = array.astype(_DTYPES[_NAMES[dtype]]).tobytes()
            offsets = [place, place + len(data)]
            header[f"layers.{depth}.{kind}"] = {
                "dtype": _NAMES[dtype],
                "shape": list(array.shape),
                "data_offsets": offsets,
            }
            parts.append(data)
            place += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # numbers begin at a multiple of eight bytes
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def _arrays(content: bytes, name: str) -> dict[str, np.ndarray]:
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(len(content) - 8, _LARGEST_HEADER):
        raise FormatError(name, "no safetensors file: the length of its header does not fit")
    try:
        header = json.loads(content[8 : 8 + length].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: header", f"no JSON: {str(error)[:120]}") from None
    if not isinstance(header, dict):
        raise FormatError(f"{name}: header", "expected an object with an entry for each array")
    data = memoryview(content)[8 + length :]
    arrays, total = {}, 0
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        arrays[key] = _array(entry, data, f"{name}: {key[:60]!r}")
        total += arrays[key].size
        check_count(total, name, "weights")
    ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
    if arrays and max(ends) != len(data):
        raise FormatError(name, f"{len(data)} bytes of numbers, of which {max(ends)} belong to arrays")
    return arrays


def _array(entry: Any, data: memoryview, where: str) -> np.ndarray:
    if not isinstance(entry, dict):
        raise FormatError(where, "expected an object with dtype, shape and data_offsets")
    kind, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise FormatError(where, f"the type {str(kind)[:20]!r}; convert the weights to one of {', '.join(_DTYPES)}")
    shape, offsets = _naturals(shape, where), _naturals(offsets, where)
    if len(offsets) != 2 or len(shape) > 8:
        raise FormatError(where, "data_offsets needs two integers, shape at most eight")
    size, dtype = prod(shape), np.dtype(_DTYPES[kind])
    check_count(size, where)
    if not offsets[0] <= offsets[1] <= len(data) or offsets[1] - offsets[0] != size * dtype.itemsize:
        given = f"bytes {offsets[0]} to {offsets[1]} of {len(data)} for shape {shape}"
        raise FormatError(where, f"its numbers do not fit: {given}; the file is damaged")
    array = np.frombuffer(data[offsets[0] : offsets[1]], dtype=dtype).reshape(shape)
    if kind == "BF16":  # the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    if not np.isfinite(array).all():
        raise FormatError(where, "NaN or infinity among the weights; mend them")
    return array


def _naturals(values: Any, where: str) -> list[int]:
    if not isinstance(values, list) or not all(type(value) is int and 0 <= value < 2**63 for value in values):
        raise FormatError(where, "shape and data_offsets have to be lists of integers >= 0")
    return values


def _order(arrays: dict[str, np.ndarray]) -> list[str]:
    """Return the names of the layers in the order of their numbers."""
    names = list(dict.fromkeys(key.rpartition(".")[0] for key in arrays))
    if len({_NUMBER.sub("#", name) for name in names}) > 1:
        cure = f"name them from first to last, layers={names!r} for example"
        raise InvalidInput("layers", "the names in order, as the file keeps none", "None", cure)
    return sorted(names, key=lambda name: [int(digits[:20]) for digits in _NUMBER.findall(name)])
