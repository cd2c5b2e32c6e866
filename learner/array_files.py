"""NumPy's files, read without trusting them: no pickle, and no array larger than what the file can hold.

NumPy makes an array of the declared shape before it reads; a header of a hundred bytes can so ask for all memory. Here
the declared size is compared with the bytes that are there, and those of a compressed archive with its own length:
Gaussian numbers hardly compress, a file that grows a hundredfold holds none.
"""

from __future__ import annotations

import os
import zipfile
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from tropical.exceptions import FormatError

__all__ = ["check_expansion", "read_npy", "read_npz"]

_SMALL = 64 << 20  # bytes: what any file may expand to
_GROWTH = 100
_LARGEST = 64 << 30
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def check_expansion(size: int, stored: int, name: str) -> None:
    """Refuse data that would take out of all proportion more memory than its file has bytes."""
    if size > min(_LARGEST, max(_SMALL, _GROWTH * stored)):
        problem = f"it would expand from {stored} to {size} bytes; store the arrays uncompressed if that is meant"
        raise FormatError(name, problem)


def read_npy(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an array of numbers from an ``.npy`` file.

    Raises
    ------
    FormatError
        For damaged files, and for arrays of objects.
    OSError
    """
    name = Path(path).name
    with open(path, "rb") as stream:
        try:
            return _read_array(stream, os.fstat(stream.fileno()).st_size, name)
        except (FormatError, OSError):
            raise
        except Exception as error:  # NumPy reads headers with Python's tokenizer and parser, whose errors are many
            raise FormatError(name, f"no readable .npy of numbers: {_text(error)}") from None


def read_npz(path: str | os.PathLike[str], names: tuple[str, ...]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read the arrays of these names from an ``.npz`` archive, and return what else the archive holds.

    Raises
    ------
    FormatError
        For damaged archives, arrays of objects, and archives that expand out of all proportion.
    OSError
    """
    name = Path(path).name
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = {item.removesuffix(".npy"): item for item in archive.namelist() if item.endswith(".npy")}
                wanted = [key for key in names if key in members]
                sizes = [archive.getinfo(members[key]).file_size for key in wanted]
                check_expansion(sum(sizes), os.fstat(file.fileno()).st_size, name)
                arrays = {}
                for key, size in zip(wanted, sizes, strict=True):
                    with archive.open(members[key]) as stream:
                        arrays[key] = _read_array(stream, size, f"{name}, array {key}")
                return arrays, sorted(members)
        except FormatError:
            raise
        except Exception as error:  # also OSError: a place beyond the end, or before the beginning
            raise FormatError(name, f"no readable .npz of numbers: {_text(error)}") from None


def _read_array(stream: IO[bytes], size: int, name: str) -> np.ndarray:
    """Read one array from a stream of so many bytes."""
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise FormatError(name, f"version {version} of NumPy's format; save it with a NumPy that writes 1.0 or 2.0")
    shape, by_columns, dtype = _HEADERS[version](stream)
    if dtype.hasobject or dtype.names is not None:
        cure = "they would need pickle (allow_pickle=False here); save numbers"
        raise FormatError(name, f"an array of Python objects or records: {cure}")
    there = size - stream.tell()
    if any(length < 0 for length in shape) or prod(shape) * dtype.itemsize != there:
        raise FormatError(name, f"{there} bytes for an array of shape {shape} and type {dtype}; the file is damaged")
    array = np.empty(prod(shape), dtype=dtype)
    view: Any = array.view(np.uint8) if array.size else np.empty(0, dtype=np.uint8)
    place = 0
    while place < there:
        read = stream.readinto(view[place : place + _BLOCK])  # type: ignore[attr-defined]
        if not read:
            raise EOFError(f"it ends after {place} of {there} bytes")
        place += read
    stream.read(1)  # an archive compares its checksum at the end
    return array.reshape(shape, order="F" if by_columns else "C")


_BLOCK = 1 << 22


def _text(error: BaseException) -> str:
    return str(error)[:200] or type(error).__name__
