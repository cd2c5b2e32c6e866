"""What got worse between two sets of results, by more than the noise.

A cell is compared on the seeds that both sets have. It counts as worse where the *best* new value is worse than the
*worst* old one by more than a factor, which stands here beside its reason. Times are compared on one machine only.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.jobs import finished, parsed

__all__ = ["Change", "changes", "load"]

Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Measure:
    factor: float
    floor: float  # below it all values are alike
    timed: bool = False


_MEASURES = {
    "ratio": _Measure(1.15, 0.0),  # medians of repeats with other work on the machine: within 10 % in most runs
    "seconds": _Measure(1.5, 1.0, timed=True),  # wall time of one fit on a shared machine
    "processor_seconds": _Measure(1.25, 0.5, timed=True),
    "nmse": _Measure(10.0, 1e-18),  # rounding errors: 1e-30 and 1e-28 are alike
    "sine": _Measure(10.0, 1e-11),
    "missed": _Measure(2.0, 0.01),  # share of fresh points that are not exact
}


@dataclass(frozen=True)
class Change:
    """A measure of a cell that got worse: range of the old values, range of the new ones."""

    benchmark: str
    cell: str
    measure: str
    old: tuple[float, float]
    new: tuple[float, float]

    def __str__(self) -> str:
        old, new = (f"{low:.3g} to {high:.3g}" if low != high else f"{low:.3g}" for low, high in (self.old, self.new))
        return f"{self.benchmark}: {self.cell}: {self.measure} was {old}, is {new}"


def load(where: str) -> dict[str, Records]:
    """Return the records of each benchmark from a folder of results, one file of them, or a git revision."""
    path = Path(where)
    if path.is_dir():
        return {file.stem: finished(file) for file in sorted(path.glob("*.jsonl"))}
    if path.is_file():
        return {path.stem: finished(path)}
    folder = Path(__file__).parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode:
            raise SystemExit(f"{where!r} is no folder or file of results, and no git revision: {answer.stderr.strip()}")
        return answer.stdout

    names = [line for line in git("ls-tree", "--name-only", where, "results/").split() if line.endswith(".jsonl")]
    return {Path(name).stem: parsed(git("show", f"{where}:./{name}")) for name in names}


def changes(old: dict[str, Records], new: dict[str, Records]) -> Iterator[Change]:
    """Give what got worse."""
    for benchmark in sorted(old.keys() & new.keys()):
        cells: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
        for key in old[benchmark].keys() & new[benchmark].keys():
            cell = json.loads(key)[0]
            name = ", ".join(f"{value}" for value in cell.values())
            cells.setdefault(name, []).append((old[benchmark][key], new[benchmark][key]))
        for name, pairs in sorted(cells.items()):
            yield from _worse(benchmark, name, pairs)


def _worse(benchmark: str, cell: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[Change]:
    lost = [sum(record["status"] != "done" for record in side) for side in zip(*pairs, strict=True)]
    if lost[1] > lost[0]:
        yield Change(benchmark, cell, "jobs without a result", (lost[0], lost[0]), (lost[1], lost[1]))
    same = all(_machine(before) == _machine(after) for before, after in pairs)
    for measure, rule in _MEASURES.items():
        if rule.timed and not same:
            continue
        values = [(_value(before, measure), _value(after, measure)) for before, after in pairs]
        both = [(a, b) for a, b in values if a is not None and b is not None]
        if not both:
            continue
        before, after = ([float(x) for x in side] for side in zip(*both, strict=True))
        if min(after) > rule.factor * max(*before, rule.floor):
            yield Change(benchmark, cell, measure, (min(before), max(before)), (min(after), max(after)))


def _value(record: dict[str, Any], measure: str) -> float | None:
    result = record["result"]
    if measure == "missed":
        return 1.0 - result["exact"] if "exact" in result else None
    return result.get(measure)


def _machine(record: dict[str, Any]) -> str:
    return record["machine"].partition(", numpy")[0]
