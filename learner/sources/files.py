"""Samples in files: ``.npy`` read by ranges of rows, and Parquet."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from learner.sources.protocol import BUDGET, Chunk, Part, SampleSource, rows_of
from tropical._arguments import as_path
from tropical._exact.rational import as_items
from tropical.exceptions import FormatError, InvalidInput, TropicalError

__all__ = ["NpyFile", "ParquetSource"]


class NpyFile:
    """An array in a ``.npy`` file, or rows of it, read when it is asked for.

    By ordinary reads and not by a memory map, whose pages stay resident until the system needs the room.

    Parameters
    ----------
    path : path of the file
    layout : (int, dtype, shape), optional
        Where the numbers begin, in bytes, and what they are; read from the file by default.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy dtype
    """

    def __init__(
        self, path: str | os.PathLike[str], *, layout: tuple[int, np.dtype, tuple[int, ...]] | None = None
    ) -> None:
        self._path = os.path.abspath(as_path(path))  # a worker may live in another folder
        self._offset, self.dtype, self.shape = _npy_layout(self._path) if layout is None else layout

    @classmethod
    def of_map(cls, array: np.memmap) -> NpyFile | None:
        """Return the file behind a memory map, or None where it is a view, a copy on write, or ordered by columns.

        Parameters
        ----------
        array : numpy.memmap
        """
        import mmap

        whole = isinstance(array.base, mmap.mmap) and array.flags.c_contiguous and array.mode in ("r", "r+")
        if not whole or array.filename is None:
            return None
        array.flush()
        return cls(array.filename, layout=(array.offset, array.dtype, array.shape))

    def rows(self, start: int, stop: int) -> NpyFile:
        """Return the rows from `start` up to `stop`.

        Parameters
        ----------
        start, stop : int
        """
        size = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        return NpyFile(self._path, layout=(self._offset + start * size, self.dtype, (stop - start, *self.shape[1:])))

    def read(self) -> np.ndarray:
        """Return the array.

        Raises
        ------
        FormatError
            If the file has been cut off since it was opened.
        """
        count = int(np.prod(self.shape, dtype=np.int64))
        found = np.fromfile(self._path, dtype=self.dtype, count=count, offset=self._offset)
        if len(found) != count:
            raise FormatError(Path(self._path).name, f"it ends after {len(found)} of {count} numbers")
        return found.reshape(self.shape)


def _npy_layout(path: str) -> tuple[int, np.dtype, tuple[int, ...]]:
    name = Path(path).name
    with open(path, "rb") as stream:
        try:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, by_columns, dtype = read(stream)
        except OSError:
            raise
        except Exception as error:  # NumPy reads headers with Python's tokenizer and parser, whose errors are many
            raise FormatError(name, f"no readable .npy: {str(error)[:200]}") from None
        if dtype.kind not in "fiu":
            raise FormatError(name, f"it holds {dtype}, not numbers")
        if by_columns and len(shape) > 1:
            raise FormatError(name, "it is ordered by columns; save it with numpy.ascontiguousarray")
        there = os.fstat(stream.fileno()).st_size - stream.tell()
        if any(length < 0 for length in shape) or prod(shape) * dtype.itemsize > there:
            raise FormatError(name, f"{there} bytes for an array of shape {shape} and type {dtype}; it is damaged")
        return stream.tell(), dtype, shape


class ParquetSource(SampleSource):
    """Samples in Parquet files, one column an input and one the label.

    Parameters
    ----------
    paths : path or sequence of paths
        Files, or folders of ``.parquet`` files, which are taken in the order of their names.
    label : str, optional
        Column of the labels: ``y``, or else the last one.

    Notes
    -----
    A part is a row group of a file. pyarrow unpacks a row group column by column: besides the budget one row group of
    one file is held at a time, so write files with row groups of some ten megabytes.
    """

    def __init__(
        self, paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], label: str | None = None
    ) -> None:
        parquet = _pyarrow()
        cure = "pass a file, a folder, or a list of them"
        single = isinstance(paths, str | os.PathLike)
        given = [paths] if single else as_items(paths, "paths", "paths of Parquet files", cure)
        self._files: list[tuple[str, int]] = []
        rows, names = 0, None
        for path in given:
            folder = as_path(path, "paths")
            for file in sorted(folder.glob("*.parquet")) if folder.is_dir() else [folder]:
                with _damage(file.name):
                    metadata = parquet.read_metadata(file)
                    columns = metadata.schema.to_arrow_schema().names
                if len(set(columns)) < len(columns):
                    raise FormatError(file.name, f"a name stands for several columns among {columns}")
                if names is not None and set(columns) != set(names):
                    raise FormatError(file.name, f"its columns are {columns}, those of the first file {names}")
                names = names or columns
                self._files.append((os.path.abspath(file), metadata.num_row_groups))
                rows += metadata.num_rows
        if names is None:
            raise InvalidInput("paths", "at least one .parquet file", str(paths), "check the folder")
        self._label = label if label is not None else "y" if "y" in names else names[-1]
        if not isinstance(self._label, str) or self._label not in names or len(names) < 2:
            raise InvalidInput("label", f"one of the columns {names}, besides inputs", self._label, "name the label")
        self._inputs = [name for name in names if name != self._label]
        self._rows = rows

    @property
    def n_features(self) -> int:
        """Number of inputs d."""
        return len(self._inputs)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self._rows

    def parts(self, budget_bytes: int = BUDGET) -> list[Part]:
        """Return one part for each row group.

        Parameters
        ----------
        budget_bytes : int
            What a chunk may take.
        """
        rows = rows_of(budget_bytes, self.n_features)
        return [
            partial(_read_group, file, group, self._inputs, self._label, rows)
            for file, groups in self._files
            for group in range(groups)
        ]


def _read_group(file: str, group: int, inputs: list[str], label: str, rows: int) -> Iterator[Chunk]:
    with _damage(Path(file).name), _pyarrow().ParquetFile(file, pre_buffer=False) as stream:
        for batch in stream.iter_batches(batch_size=rows, row_groups=[group], columns=[*inputs, label]):
            columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in inputs]
            X = np.empty((batch.num_rows, len(inputs)))
            for j, column in enumerate(columns):
                if column.dtype.kind not in "fiu":
                    raise FormatError(Path(file).name, f"the column {inputs[j]!r} holds {column.dtype}, not numbers")
                X[:, j] = column
            y = batch.column(label).to_numpy(zero_copy_only=False)
            yield X, np.asarray(y, dtype=np.float64)


@contextmanager
def _damage(name: str) -> Generator[None]:
    """Turn what pyarrow and NumPy raise for damaged files and columns of other things than numbers into FormatError."""
    try:
        yield
    except (TropicalError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except (OSError, ValueError, TypeError, LookupError, OverflowError, MemoryError) as error:  # pyarrow's are of these
        problem = " ".join(str(error).split())[:200]
        raise FormatError(name, f"no readable Parquet of numbers: {problem}") from None


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise ImportError("Parquet files need pyarrow: pip install 'tropical-learner[io]'") from None
    return pyarrow.parquet
