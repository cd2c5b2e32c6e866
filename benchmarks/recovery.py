"""What LatticeRegressor recovers, and from how few samples: families, sample ratios n/d and seeds, a job a cell."""

from __future__ import annotations

from typing import Any

import tropical
from benchmarks.fitting import FRESH, fitted
from benchmarks.jobs import Job, Selection, run_jobs
from benchmarks.tables import over_seeds, table
from benchmarks.teachers import hidden

__all__ = ["jobs", "learn", "render", "run"]

_MARGIN = 0.6  # of a job's cap is for `fit`: a step that has begun is completed, and the test follows
_CELLS = 5000

# family, d, ratios n/d (those that must be exact first), cap in seconds
GRID: list[tuple[str, int, tuple[float, ...], float]] = [
    ("cyclic 4", 100, (12, 10, 8), 60),
    ("cyclic 4", 200, (12, 10, 8), 60),
    ("cyclic 6", 100, (40, 20, 15), 60),
    ("cyclic 8", 100, (40, 20, 15), 60),
    ("cyclic 10", 100, (40, 20, 15), 60),
    ("sign-min 2", 100, (20, 10), 60),
    ("sign-min 3", 100, (20, 10), 60),
    ("min-abs 2", 100, (20, 10), 60),
    *((f"net {k}-{hidden}-1", 100, (60,), 90) for k in (2, 3, 4) for hidden in ("8", "6-6")),
    *((f"net 3-{hidden}-1", 100, (150, 60), 180) for hidden in ("6-6-6", "8-8-8", "5-5-5-5", "8-8-8-8")),
    ("leap 2 1/10", 100, (40, 20), 90),
    ("parity 3 1/10", 100, (40, 20), 90),
    ("near-parallel 1/10", 100, (60,), 60),
    ("near-parallel 1/100", 100, (60,), 60),
    *((f"biased net {k}-{hidden}-1", 100, (60,), 90) for k in (2, 3) for hidden in ("8", "6-6")),
    ("biased net 3-6-6-6-1", 100, (150,), 180),
    ("net 2-6-6-1", 200, (40,), 60),
    ("cyclic 4", 1000, (20,), 240),
]
_QUICK = {("cyclic 4", 100, 12), ("sign-min 2", 100, 20), ("min-abs 2", 100, 20), ("net 2-8-1", 100, 60)}


def jobs(quick: bool = False) -> list[Job]:
    """Return the cells: the largest n/d of all families first, and of these the first seed."""
    return [
        Job({"family": family, "d": d, "alpha": ratios[rank]}, seed, cap)
        for rank in range(max(len(ratios) for _, _, ratios, _ in GRID))
        for seed in range(1 if quick else 3)
        for family, d, ratios, cap in GRID
        if rank < len(ratios) and (not quick or (family, d, ratios[rank]) in _QUICK)
    ]


def learn(family: str, d: int, alpha: float, seed: int, cap: float) -> dict[str, Any]:
    """Fit `LatticeRegressor`, told nothing, to round(α d) samples, and compare on fresh points."""
    teacher = hidden(family, d, seed)
    model, found = fitted(teacher, round(alpha * d), seed, _MARGIN * cap)
    return {
        **{name: found[name] for name in ("exact", "nmse", "sine", "k")},
        "true_k": len(teacher.basis),
        "pieces": found["found"],
        "true_pieces": _pieces(teacher.function),
        "seconds": found["seconds"],
        "processor_seconds": found["processor_seconds"],
        "predictor": model.predictor_,
        "confidence": model.confidence_,
    }


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, and print the table."""
    print(f"recovery: LatticeRegressor, told nothing; {FRESH} fresh points")
    print(render(run_jobs("recovery", learn, jobs(quick), again=again, only=only)))


def render(records: list[dict[str, Any]]) -> str:
    """Return the table in Markdown."""
    rows = []
    for cell, group in sorted(over_seeds(records), key=lambda entry: _place(entry[0])):
        values = group.results
        whole = sum(r["exact"] >= 0.99 and r["sine"] <= 1e-9 for r in values)
        right = sum(r["sine"] <= 1e-9 for r in values)
        rows.append(
            [
                cell["family"],
                cell["d"],
                cell["alpha"],
                f"{whole} of {group.count}",
                f"{right} of {group.count}",
                group.spread("sine", ".0e"),
                group.spread("nmse", ".0e"),
                group.spread("exact", ".1%"),
                group.spread("pieces", ".0f") + " of " + group.spread("true_pieces", ".0f"),
                group.spread("seconds", ".1f") + group.lost,
                group.spread("processor_seconds", ".1f"),
            ]
        )
    head = ("family", "d", "n/d", "recovered", "V found", "sine", "NMSE", "exact on fresh points", "pieces")
    head = (*head, "seconds", "of processor")
    return (
        "Recovered: sine of the largest angle to V at most 1e-9, and at least 99 % of fresh points explained to 1e-9 "
        "standard deviations. V found: the sine alone. Medians over the seeds run, from 0 on (lowest to highest).\n\n"
        + table(head, rows)
    )


def _place(cell: dict[str, Any]) -> tuple[int, float]:
    """Return the place of a cell in the table."""
    order = [(family, d) for family, d, _, _ in GRID]
    place = (cell["family"], cell["d"])
    return order.index(place) if place in order else len(order), -cell["alpha"]


def _pieces(function: Any) -> int | None:
    try:
        return tropical.cells(function, max_cells=_CELLS).n_pieces
    except tropical.BudgetExceeded:
        return None
