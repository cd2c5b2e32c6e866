"""Tables in Markdown, and medians with their spread."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.jobs import grouped

__all__ = ["Group", "longest", "over_seeds", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(entry).replace("|", "\\|") for entry in line) + " |" for line in lines)


@dataclass(frozen=True)
class Group:
    """The records of one cell."""

    records: list[dict[str, Any]]

    @property
    def results(self) -> list[dict[str, Any]]:
        """What finished jobs returned."""
        return [record["result"] for record in self.records if record["status"] == "done"]

    @property
    def count(self) -> int:
        """Number of seeds, with those that were stopped at the cap or failed."""
        return len(self.records)

    @property
    def lost(self) -> str:
        """What became of the others, in words."""
        others = [record["status"] for record in self.records if record["status"] != "done"]
        return "".join(f"; {others.count(status)} {status}" for status in dict.fromkeys(others))

    def median(self, name: str) -> float | None:
        """Return the median of one result over the seeds that finished."""
        values = self._values(name)
        return median(values) if values else None

    def spread(self, name: str, form: str) -> str:
        """Return ``median (lowest-highest)``, or the one value there is."""
        values = self._values(name)
        if not values:
            return "-"
        low, middle, high = (format(value, form) for value in (min(values), median(values), max(values)))
        return middle if low == high else f"{middle} ({low} to {high})"

    def _values(self, name: str) -> list[float]:
        return [result[name] for result in self.results if result.get(name) is not None]


def over_seeds(records: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Group]]:
    """Give the parameters of each cell, and its records."""
    for parameters, group in grouped(records):
        yield parameters, Group(group)


def longest(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep, of cells that differ in their budget of seconds alone, those of the largest: ``--quick`` leaves others."""
    cells: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        rest = {name: value for name, value in record["parameters"].items() if name != "seconds"}
        cells.setdefault(json.dumps(rest, sort_keys=True), []).append(record)
    kept = []
    for same in cells.values():
        most = max(record["parameters"]["seconds"] for record in same)
        kept += [record for record in same if record["parameters"]["seconds"] == most]
    return kept
