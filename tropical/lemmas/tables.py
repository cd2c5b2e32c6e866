"""Counting bounds beside exact counts, for networks drawn from one architecture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tropical import families
from tropical._arguments import as_count
from tropical._display import Record, never_raising
from tropical._exact.linear import rank
from tropical._exact.rational import as_items, as_limit
from tropical.complexes import cells
from tropical.exceptions import BudgetExceeded
from tropical.lemmas.network_cells import activation_cell_bound
from tropical.lemmas.report import value_text

__all__ = ["CountingRow", "CountingTable", "counting_table"]

_ROWS_SHOWN = 20


@dataclass(frozen=True, slots=True, repr=False)
class CountingRow(Record):
    """Exact numbers of one network; None where the budget ended first.

    Attributes
    ----------
    seed : int
    rank : int
        Of the first layer.
    pieces, regions, cells : int or None
    bound : int
        That of lemma B on the cells.
    """

    seed: int
    rank: int
    pieces: int | None
    regions: int | None
    cells: int | None
    bound: int


@dataclass(frozen=True, repr=False)
class CountingTable:
    """Exact counts of networks of one architecture beside the bounds of lemma B.

    Attributes
    ----------
    widths : tuple of int
    bias_free : bool
    rows : tuple of CountingRow
    bound : int
        Lemma B's bound for a first layer of full rank.
    pieces_bound : int
        2^S.
    """

    widths: tuple[int, ...]
    bias_free: bool
    rows: tuple[CountingRow, ...]
    bound: int
    pieces_bound: int

    _COLUMNS = ("seed", "rank", "pieces", "regions", "cells", "bound", "cells/bound")

    def _cells(self, row: CountingRow) -> tuple[str, ...]:
        share = "" if row.cells is None else f"{row.cells / row.bound:.3f}"
        values = (row.seed, row.rank, row.pieces, row.regions, row.cells, row.bound)
        return (*("?" if value is None else value_text(str(value), 24) for value in values), share)

    def __str__(self) -> str:
        lines = [self._COLUMNS, *map(self._cells, self.rows[:_ROWS_SHOWN])]
        sizes = [max(len(line[i]) for line in lines) for i in range(len(self._COLUMNS))]
        text = ["  ".join(entry.rjust(size) for entry, size in zip(line, sizes, strict=True)) for line in lines]
        more = len(self.rows) - _ROWS_SHOWN
        return "\n".join(text + ([f"and {more} more"] if more > 0 else []))

    @never_raising
    def __repr__(self) -> str:
        kind = "bias-free" if self.bias_free else "with biases"
        return f"CountingTable({' -> '.join(map(str, self.widths))}, {kind}, {len(self.rows)} networks)"

    @never_raising
    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self._COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(entry)}</td>" for entry in self._cells(row)) + "</tr>"
            for row in self.rows[:_ROWS_SHOWN]
        )
        return f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{body}</table>"


def counting_table(
    widths: Sequence[int],
    *,
    seeds: Iterable[int] = range(5),
    rank: int | None = None,
    biases: bool = False,
    max_cells: int | None = None,
) -> CountingTable:
    """Return exact numbers of pieces, regions and cells of random networks, with the bound of lemma B beside them.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden widths, outputs.
    seeds : iterable of int
        One row each, for ``families.random_network(widths, seed)``.
    rank : int, optional
        Of the first layer.
    biases : bool
    max_cells : int, optional
        A network with more cells gets a row without counts.

    Examples
    --------
    >>> print(counting_table([2, 3, 1], seeds=range(2)))
    seed  rank  pieces  regions  cells  bound  cells/bound
       0     2       6        6      6      6        1.000
       1     2       4        4      4      6        0.667
    """
    sizes = families.random_network(widths, rank=rank, biases=biases).widths
    as_limit(max_cells, "max_cells")
    rows = []
    for seed in as_items(seeds, "seeds", "a list of integers", "pass for example range(5)"):
        as_count(seed, "seeds", 0)
        network = families.random_network(sizes, seed, rank=rank, biases=biases)
        first = _first_rank(network)
        bound = activation_cell_bound(sizes[1:-1], first, bias_free=not biases)
        counts: tuple[int | None, int | None, int | None]
        try:
            complex_ = cells(network, max_cells=max_cells)
            counts = (complex_.n_pieces, complex_.n_regions, complex_.n_cells)
        except BudgetExceeded:
            counts = (None, None, None)
        rows.append(CountingRow(seed, first, *counts, bound))
    full = activation_cell_bound(sizes[1:-1], min(sizes[:2]) if rank is None else rank, bias_free=not biases)
    return CountingTable(sizes, not biases, tuple(rows), full, 2 ** sum(sizes[1:-1]))


def _first_rank(network: Any) -> int:
    return rank(network.weights[0], network.dimension)
