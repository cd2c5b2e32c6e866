"""Samples from and to files: ``.npz``, ``.csv``, ``.parquet``, or a pair of ``.npy``. Nothing in a file is executed."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from learner.array_files import read_npy, read_npz
from learner.table_files import parquet_bytes, read_csv, read_parquet
from tropical._arguments import as_path
from tropical.exceptions import FormatError, InvalidInput
from tropical.io.atomic import write_bytes

__all__ = ["SampleFile", "check_sample_target", "read_samples", "write_samples"]

_SUFFIXES = (".npz", ".csv", ".parquet")


@dataclass(frozen=True, slots=True, eq=False)
class SampleFile:
    """Samples read from disk; the test part is None where the file has none. `label` says where y came from."""

    label: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray | None = None
    y_test: np.ndarray | None = None


def read_samples(paths: list[str | os.PathLike[str]]) -> SampleFile:
    """Read samples.

    Parameters
    ----------
    paths : one or two paths
        An ``.npz`` with arrays ``X`` (n, d), ``y`` (n,) and optionally ``X_test``, ``y_test``; a ``.csv`` or
        ``.parquet`` of numbers, the label in the column named ``y`` or else in the last one; or two ``.npy``, X first.

    Raises
    ------
    FormatError
        Saying what is wrong in which file; also for arrays of Python objects, which would need pickle, and for files
        that expand out of all proportion.
    InvalidInput
        For files of other kinds.
    TropicalError
        For Parquet where the package ``pyarrow`` is missing (extra ``io``).
    OSError
        Where a file cannot be read.
    """
    files = [as_path(path, "FILE") for path in paths]
    kinds = [file.suffix.lower() for file in files]
    if kinds == [".npz"]:
        return _read_npz(files[0])
    if kinds in ([".csv"], [".parquet"]):
        label, X, y = (read_csv if kinds == [".csv"] else read_parquet)(files[0])
        return SampleFile(label, X, y)
    if kinds == [".npy", ".npy"]:
        return SampleFile(files[1].name, read_npy(files[0]), read_npy(files[1]))
    given = ", ".join(file.name for file in files)
    requirement = "one .npz, one .csv, one .parquet, or two .npy (X, then y)"
    raise InvalidInput("FILE", requirement, given, "convert it with numpy.savez")


def write_samples(path: str | os.PathLike[str], X: np.ndarray, y: np.ndarray) -> None:
    """Write samples to ``.npz``, ``.csv`` or ``.parquet``, atomically; :func:`read_samples` reads equal arrays.

    Parameters
    ----------
    path : path
    X : float64 array (n, d)
    y : float64 array (n,)

    Raises
    ------
    InvalidInput
        For other suffixes.
    """
    suffix = check_sample_target(path)
    if suffix == ".npz":
        buffer = io.BytesIO()
        np.savez(buffer, X=X, y=y)
        content = buffer.getvalue()
    elif suffix == ".parquet":
        content = parquet_bytes(X, y)
    else:
        header = ",".join([*(f"x{i}" for i in range(X.shape[1])), "y"])
        rows = [",".join(map(repr, row)) for row in np.column_stack([X, y]).tolist()]
        content = "\n".join([header, *rows, ""]).encode()
    write_bytes(path, content)


def check_sample_target(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a file that samples can be written to."""
    suffix = as_path(path, "FILE").suffix.lower()
    if suffix not in _SUFFIXES:
        raise InvalidInput("FILE", f"one of the suffixes {', '.join(_SUFFIXES)}", Path(path).name, "rename it to .npz")
    return suffix


def _read_npz(file: Path) -> SampleFile:
    arrays, held = read_npz(file, ("X", "y", "X_test", "y_test"))
    missing = [name for name in ("X", "y") if name not in arrays]
    if missing:
        found = ", ".join(held)[:200] or "nothing"
        raise FormatError(file.name, f"the array {missing[0]!r} is missing; it holds {found}")
    if ("X_test" in arrays) != ("y_test" in arrays):
        raise FormatError(file.name, "it holds only one of X_test and y_test")
    return SampleFile(label="array y", **arrays)
