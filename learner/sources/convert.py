"""One source of whatever holds samples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from learner.arrays import is_foreign
from learner.sampling import as_samples
from learner.sources.arrays import ArraySource
from learner.sources.dask_arrays import DaskSource
from learner.sources.files import NpyFile, ParquetSource
from learner.sources.protocol import SampleSource
from tropical._arguments import as_path
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["as_source", "is_streamed"]


def is_streamed(X: Any) -> bool:
    """Return whether samples come in chunks: anything :func:`as_source` takes but arrays in NumPy's memory.

    Parameters
    ----------
    X : whatever a user calls samples
    """
    return isinstance(X, SampleSource | NpyFile | np.memmap) or bool(_paths(X)) or is_foreign(X) or _is_stored(X)


def as_source(X: Any, y: Any = None) -> SampleSource:
    """Return a source of the samples that arguments hold.

    Parameters
    ----------
    X : source, array-like (n, d), path, or list of paths
        A NumPy array or what becomes one; a memory-mapped array; an array of torch or CuPy, which stays on its device;
        a Dask array; a dataset of h5py or zarr; the path of a ``.npy`` file; the path of a Parquet file or of a folder
        of them, or several such paths. A source is returned as it is.
    y : array-like (n,), path or str
        The labels, of any of these kinds; for Parquet the name of their column (by default ``y``, or else the last
        one). None with a source.

    Raises
    ------
    InvalidInput, InvalidType, FormatError

    Examples
    --------
    >>> source = as_source(np.zeros((5, 2)), np.arange(5))
    >>> source.n_features, source.n_samples, [len(y) for _, y in source.chunks(budget_bytes=200)]
    (2, 5, [2, 2, 1])
    """
    if isinstance(X, SampleSource):
        if y is not None:
            raise InvalidInput("y", "None with a source, which has labels of its own", type(y).__name__, "drop it")
        return X
    paths = [as_path(path, "X") for path in _paths(X)]
    if paths:
        if len(paths) > 1 or Path(paths[0]).suffix.lower() != ".npy":
            if not (y is None or isinstance(y, str)):
                raise InvalidInput("y", "the name of a column of the Parquet files", type(y).__name__, "name it")
            if wrong := [os.fspath(p) for p in paths if Path(p).suffix.lower() != ".parquet" and not Path(p).is_dir()]:
                cure = "for two .npy files pass X and y"
                raise InvalidInput("X", "one .npy file, or Parquet files or folders of them", wrong[0], cure)
            return ParquetSource(paths, y)
        X = NpyFile(paths[0])
    if y is None:
        raise InvalidInput("y", "one label for each row of X", "None", "pass the labels, or a source")
    if isinstance(y, list | tuple) and _paths(y):
        raise InvalidType("y", "labels, or one file of them", y, "join the files")
    if isinstance(y, str | os.PathLike):
        y = NpyFile(as_path(y, "y"))
    if hasattr(X, "__dask_graph__") or hasattr(y, "__dask_graph__"):
        return DaskSource(*(_as_dask(array) for array in (X, y)))
    X, y = (_of_map(array) for array in (X, y))
    if not is_streamed(X) and not is_streamed(y):
        X, y = as_samples(X, y, least=1, constant=True)
    return ArraySource(*(array if is_streamed(array) else np.asarray(array) for array in (X, y)))


def _paths(X: Any) -> list[str | os.PathLike[str]]:
    """Return the paths that are given, none where X is something else."""
    given = [X] if isinstance(X, str | os.PathLike) else X if isinstance(X, list | tuple) else []
    return list(given) if all(isinstance(path, str | os.PathLike) for path in given) else []


def _is_stored(X: Any) -> bool:
    """Return whether this is an array in chunks: of Dask, h5py or zarr."""
    return not isinstance(X, np.ndarray) and all(hasattr(X, name) for name in ("shape", "dtype", "chunks"))


def _of_map(array: Any) -> Any:
    return (NpyFile.of_map(array) or array) if isinstance(array, np.memmap) else array


def _as_dask(array: Any) -> Any:
    if hasattr(array, "__dask_graph__"):
        return array
    import dask.array

    return dask.array.from_array(array)
