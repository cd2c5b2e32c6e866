"""Samples from a user's own files: ``.npz``, ``.csv``, or a pair of ``.npy``. Nothing in a file is executed."""

from __future__ import annotations

import csv
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tropical.exceptions import FormatError, InvalidInput

__all__ = ["SampleFile", "read_samples"]


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
        An ``.npz`` with arrays ``X`` (n, d), ``y`` (n,) and optionally ``X_test``, ``y_test``; a ``.csv`` of numbers,
        the label in the column named ``y`` or else in the last one; or two ``.npy``, X first.

    Raises
    ------
    FormatError
        Saying what is wrong in which file; also for arrays of Python objects, which would need pickle.
    """
    files = [Path(path) for path in paths]
    kinds = [file.suffix.lower() for file in files]
    if kinds == [".npz"]:
        return _read_npz(files[0])
    if kinds == [".csv"]:
        return _read_csv(files[0])
    if kinds == [".npy", ".npy"]:
        return SampleFile(files[1].name, _read_npy(files[0]), _read_npy(files[1]))
    given = ", ".join(file.name for file in files)
    raise InvalidInput("FILE", "one .npz, one .csv, or two .npy (X, then y)", given, "convert it with numpy.savez")


def _read_npz(file: Path) -> SampleFile:
    try:
        with np.load(file, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise FormatError(file.name, "it holds one bare array, not an archive of named ones")
            missing = [name for name in ("X", "y") if name not in archive]
            if missing:
                found = ", ".join(archive.files) or "nothing"
                raise FormatError(file.name, f"the array {missing[0]!r} is missing; it holds {found}")
            arrays = {name: archive[name] for name in ("X", "y", "X_test", "y_test") if name in archive}
    except (ValueError, EOFError, KeyError, NotImplementedError, zlib.error, zipfile.BadZipFile) as error:
        raise FormatError(file.name, f"no readable .npz of numbers: {error}") from None
    if ("X_test" in arrays) != ("y_test" in arrays):
        raise FormatError(file.name, "it holds only one of X_test and y_test")
    return SampleFile(label="array y", **arrays)


def _read_npy(file: Path) -> np.ndarray:
    try:
        array = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise FormatError(file.name, f"no readable .npy of numbers: {error}") from None
    if not isinstance(array, np.ndarray):
        raise FormatError(file.name, "it holds an archive, not one array")
    return array


def _read_csv(file: Path) -> SampleFile:
    rows: list[list[float]] = []
    header: list[str] | None = None
    with file.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        try:
            for line, row in enumerate(csv.reader(stream), start=1):
                if not any(cell.strip() for cell in row):
                    continue
                try:
                    values = [float(cell) for cell in row]
                except ValueError as error:
                    if line == 1:
                        header = [cell.strip() for cell in row]
                        continue
                    raise FormatError(f"{file.name}, line {line}", str(error)) from None
                width = len(header) if header is not None else len(rows[0]) if rows else len(values)
                if len(values) != width:
                    raise FormatError(f"{file.name}, line {line}", f"{len(values)} cells where {width} are expected")
                rows.append(values)
        except csv.Error as error:
            raise FormatError(file.name, f"no readable CSV: {error}") from None
    if not rows:
        raise FormatError(file.name, "it holds no row of numbers")
    table = np.array(rows)
    label = header.index("y") if header is not None and "y" in header else table.shape[1] - 1
    if table.shape[1] < 2:
        raise FormatError(file.name, "it has one column; inputs and a label need two or more")
    name = f"column {header[label]!r}" if header is not None else "the last column"
    return SampleFile(name, np.delete(table, label, axis=1), table[:, label])
