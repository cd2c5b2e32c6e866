"""A table of results on disk that survives interruption: a journal of JSON lines, folded into Parquet at the end.

A Parquet file cannot be appended to. So every finished row goes to ``NAME.parquet.jsonl`` at once, and closing the
table folds that journal into ``NAME.parquet``, by writing a new file and renaming it. A process killed at any moment
leaves a whole Parquet file and a journal whose last line may be torn; that line is dropped. A table named
``NAME.jsonl`` is the journal alone, and needs no pyarrow.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tropical._arguments import as_path
from tropical.exceptions import FormatError, InvalidInput
from tropical.io.atomic import write_bytes

__all__ = ["ResultsFile"]

Row = dict[str, Any]


class ResultsFile:
    """Rows of plain values, one a call of :meth:`append`; one process at a time may write.

    Parameters
    ----------
    path : path
        Ends in ``.parquet`` or ``.jsonl``; need not exist.

    Attributes
    ----------
    rows : list of dict
        Those of earlier runs, then those appended.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = as_path(path, "results")
        if self.path.suffix not in (".parquet", ".jsonl"):
            raise InvalidInput("results", "a path that ends in .parquet or .jsonl", str(path), "rename it")
        self._parquet = _pyarrow() if self.path.suffix == ".parquet" else None
        self._journal = self.path.with_name(self.path.name + ".jsonl") if self._parquet else self.path
        self.rows: list[Row] = []
        if self._parquet and self.path.exists():
            try:
                self.rows = self._parquet.read_table(self.path).to_pylist()
            except (OSError, ValueError) as error:  # what pyarrow raises is one of both
                raise FormatError(self.path.name, f"no readable Parquet: {error}") from None
        self.rows += _lines(self._journal)

    def append(self, row: Row) -> None:
        """Add a row and have it on disk when this returns."""
        self.rows.append(row)
        with self._journal.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def close(self) -> None:
        """Fold the journal into the Parquet file."""
        if self._parquet is None or not self._journal.exists():
            return
        import pyarrow

        sink = pyarrow.BufferOutputStream()
        self._parquet.write_table(pyarrow.Table.from_pylist(self.rows), sink)
        write_bytes(self.path, sink.getvalue().to_pybytes())
        self._journal.unlink()


def _lines(journal: Path) -> list[Row]:
    """Return the rows of a journal; a torn last line is cut off, so that the next row begins a line."""
    if not journal.exists():
        return []
    text = journal.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        with journal.open("r+b") as stream:
            stream.truncate(len(whole))
    rows = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{journal.name}, line {number}", f"no JSON: {error}") from None
        if not isinstance(row, dict):
            raise FormatError(f"{journal.name}, line {number}", "no row of results: an object is needed")
        rows.append(row)
    return rows


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        cure = "pip install 'tropical-learner[io]', or name a .jsonl file"
        raise ImportError(f"a .parquet file of results needs pyarrow: {cure}") from None
    return pyarrow.parquet
