"""Tables of samples in CSV and Parquet: a row of numbers a sample, the label in the column ``y`` or else the last."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import IO, Any

import numpy as np

from learner.array_files import check_expansion
from learner.parquet_footer import declared_values
from tropical.exceptions import FormatError, TropicalError

__all__ = ["Table", "parquet_bytes", "read_csv", "read_parquet"]

Table = tuple[str, np.ndarray, np.ndarray]


def read_csv(path: str | os.PathLike[str]) -> Table:
    """Return where the label comes from, X and y.

    Raises
    ------
    FormatError
        With the line that is wrong.
    OSError
    """
    file = Path(path)
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
    return _split(np.array(rows), header, file.name)


def read_parquet(path: str | os.PathLike[str]) -> Table:
    """Return where the label comes from, X and y; a column of lists of one length stands for several columns.

    Raises
    ------
    FormatError
        For damaged files, missing values, and columns that are not numbers.
    TropicalError
        Where the package ``pyarrow`` is missing (extra ``io``).
    OSError
        Where the file cannot be read.
    """
    pyarrow, parquet = _pyarrow("reading")
    name = Path(path).name
    with open(path, "rb") as stream:
        try:
            file = parquet.ParquetFile(stream)
            check_expansion(8 * _declared(file, stream), os.fstat(stream.fileno()).st_size, name)
            table = file.read()
            columns = [_column(table.column(i), key, name, pyarrow) for i, key in enumerate(table.column_names)]
        except FormatError:
            raise
        except (pyarrow.ArrowException, OSError, ValueError, TypeError, OverflowError, MemoryError) as error:
            raise FormatError(name, f"no readable Parquet of numbers: {' '.join(str(error).split())[:200]}") from None
    if not columns or not table.num_rows:
        raise FormatError(name, "it holds no row of numbers")
    header = [key for key, column in zip(table.column_names, columns, strict=True) for _ in range(column.shape[1])]
    return _split(np.concatenate(columns, axis=1), header, name)


def _declared(file: Any, stream: IO[bytes]) -> int:
    """Return how many values reading a file will make: for plain columns one a row, for lists what the footer says."""
    count = file.metadata.num_rows * max(1, file.metadata.num_columns)
    if all(file.schema.column(j).max_repetition_level == 0 for j in range(file.metadata.num_columns)):
        return count
    length = os.fstat(stream.fileno()).st_size
    stream.seek(max(0, length - _LONGEST_FOOTER))
    return max(count, declared_values(stream.read()))


_LONGEST_FOOTER = 16 << 20


def parquet_bytes(X: np.ndarray, y: np.ndarray) -> bytes:
    """Return samples as a Parquet file with the columns x0, x1, ..., y."""
    pyarrow, parquet = _pyarrow("writing")
    columns = {f"x{i}": X[:, i] for i in range(X.shape[1])} | {"y": y}
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns), sink)
    return sink.getvalue().to_pybytes()


def _column(column: Any, key: str, name: str, pyarrow: Any) -> np.ndarray:
    """Return a column as an array (n, k); k is 1 but for lists."""
    kind, place = column.type, f"{name}, column {key[:60]!r}"
    lists = pyarrow.types.is_list(kind) or pyarrow.types.is_fixed_size_list(kind) or pyarrow.types.is_large_list(kind)
    number = kind.value_type if lists else kind
    if not (pyarrow.types.is_floating(number) or pyarrow.types.is_integer(number)):
        raise FormatError(place, f"{kind} are no numbers; drop the column or convert it to float64")
    parts = [chunk.flatten() if lists else chunk for chunk in column.chunks]
    if column.null_count or any(part.null_count for part in parts):
        raise FormatError(place, "missing values; drop or fill these rows")
    arrays = [np.asarray(part.to_numpy(zero_copy_only=False), dtype=np.float64) for part in parts]
    values = np.concatenate(arrays) if arrays else np.empty(0)
    if not lists:
        return values[:, None]
    length = len(values) // max(1, len(column))
    if not length or any(len(row) != length for chunk in column.chunks for row in chunk):
        raise FormatError(place, "lists of different lengths, or empty ones; one length >= 1 is needed")
    return values.reshape(-1, length)


def _split(table: np.ndarray, header: list[str] | None, name: str) -> Table:
    """Return the label column apart from the others."""
    if table.shape[1] < 2:
        raise FormatError(name, "it has one column; inputs and a label need two or more")
    label = header.index("y") if header is not None and "y" in header else table.shape[1] - 1
    title = f"column {header[label]!r}" if header is not None else "the last column"
    return title, np.delete(table, label, axis=1), table[:, label]


def _pyarrow(purpose: str) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        cure = "pip install 'tropical-learner[io]'"
        raise TropicalError(f"{purpose} Parquet files needs the package pyarrow: {cure}") from None
    return pyarrow, pyarrow.parquet
