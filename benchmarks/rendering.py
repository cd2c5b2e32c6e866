"""``benchmarks/RESULTS.md`` from the files of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import claims, recovery, recovery_proofs, separation, success
from benchmarks.jobs import RESULTS, finished
from benchmarks.tables import table

__all__ = ["render"]

_INTRODUCTION = """\
# Results

Written by `python -m benchmarks render` from the files in `benchmarks/results/`, one line of JSON a job: parameters,
seed, result, machine, load when it ended. `python -m benchmarks run` adds what is missing; grids may be built up over
several runs, so cells can have different numbers of seeds, and commits. A job that reaches its cap is named "capped".
"""


def render(folder: Path = RESULTS) -> Path:
    """Write the file and return its path."""
    records = {file.stem: list(finished(file).values()) for file in sorted(folder.glob("*.jsonl"))}
    parts = [_INTRODUCTION, _machines(records)]
    if records.get("recovery"):
        title = "## Recovery\n\n`python -m benchmarks run recovery`: LatticeRegressor, told nothing."
        parts += [title, recovery.render(records["recovery"])]
    if records.get("recovery_proofs"):
        title = "## Proofs\n\n`python -m benchmarks run recovery_proofs`: learned, then decided by exact arithmetic."
        parts += [title, recovery_proofs.render(records["recovery_proofs"])]
    if records.get("peers"):
        parts += ["## Other tools\n\n`python -m benchmarks run separation`", separation.render(records["peers"])]
    if records.get("success"):
        success.figure(records["success"], folder / "separation.svg")
        title = "## The separation from gradient descent\n\n`python -m benchmarks run success`"
        parts += [title, success.render(records["success"])]
    if records.get("claims"):
        parts += ["## The theorem's claims as experiments\n\n`python -m benchmarks run claims`"]
        parts += [claims.render(records["claims"])]
    ratios = [(name, record) for name, found in records.items() for record in found if "what" in record["parameters"]]
    if ratios:
        parts += ["## Ratios of time in one run\n\nMedian (fastest through slowest); below 1 the first is faster."]
        parts += [table(("benchmark", "what", "ratio"), [_ratio(*entry) for entry in ratios])]
    path = folder.parent / "RESULTS.md"
    path.write_text("\n\n".join(part.strip("\n") for part in parts) + "\n")
    return path


def _machines(records: dict[str, list[dict[str, Any]]]) -> str:
    lines = ["## Machine"]
    every = [record for found in records.values() for record in found]
    for name in dict.fromkeys(record["machine"].rpartition(", commit")[0] for record in every):
        mine = [record for record in every if record["machine"].rpartition(", commit")[0] == name]
        commits = ", ".join(dict.fromkeys(record["machine"].rpartition(" ")[2] for record in mine))
        loads = [record["load"] for record in mine]
        lines.append(
            f"{name}; {len(mine)} jobs, one BLAS thread each, at load {min(loads)} to {max(loads)}: other work was "
            f"running on these cores, so wall times are longer than on an idle machine. Commits {commits}."
        )
    return "\n\n".join(lines)


def _ratio(name: str, record: dict[str, Any]) -> list[object]:
    result = record["result"]
    spread = f"{result['ratio']:.3g} ({result['low']:.3g} to {result['high']:.3g})"
    if result.get("stopped"):
        spread = f"less than {result['high']:.2g}: the other was stopped without an answer"
    return [name, record["parameters"]["what"], spread]
