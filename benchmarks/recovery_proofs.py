"""How often the demo's kind of teacher is proved, and with which part of the path missing where it is not."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import tropical
from benchmarks.jobs import Job, Selection, run_jobs, slowness
from benchmarks.tables import over_seeds, table
from learner import LatticeRegressor, sample, verify

__all__ = ["jobs", "prove", "render", "run"]

SEEDS, SAMPLES = 24, 200_000
_CAP = 180.0


def jobs(quick: bool = False) -> list[Job]:
    """Return a job for each teacher."""
    return [Job({"teacher": "50-6-6-1 of rank 3", "n": SAMPLES}, seed, _CAP) for seed in range(2 if quick else SEEDS)]


def prove(teacher: str, n: int, seed: int, cap: float) -> dict[str, Any]:
    """Learn one teacher from n samples, and decide whether the result equals it."""
    net = tropical.families.random_network((50, 6, 6, 1), seed, rank=3)
    X, y = sample(net, n, random_state=seed)
    clock = perf_counter()
    model = LatticeRegressor(random_state=seed, max_time=0.6 * cap * slowness()).fit(X, y)
    result = verify(model, net)
    seconds = perf_counter() - clock
    pieces = tropical.cells(net).n_pieces
    return {"proved": bool(result.proved), "pieces": len(model.pieces_), "true_pieces": pieces, "seconds": seconds}


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, and print how many are proved; some four minutes in all."""
    print(f"recovery_proofs: {SEEDS} teachers 50-6-6-1 of rank 3, bias-free, {SAMPLES} samples each")
    print(render(run_jobs("recovery_proofs", prove, jobs(quick), again=again, only=only)))


def render(records: list[dict[str, Any]]) -> str:
    """Return the table in Markdown."""
    rows = []
    for cell, group in over_seeds(records):
        proved = sum(result["proved"] for result in group.results)
        others = [
            f"seed {record['seed']}: {record['result']['pieces']} of {record['result']['true_pieces']}"
            for record in group.records
            if record["status"] == "done" and not record["result"]["proved"]
        ]
        pieces, seconds = group.spread("true_pieces", ".0f"), group.spread("seconds", ".1f") + group.lost
        rows.append(
            [cell["teacher"], cell["n"], f"{proved} of {group.count}", pieces, "; ".join(others) or "none", seconds]
        )
    return table(("teacher", "n", "proved equal", "pieces", "pieces found where not proved", "seconds"), rows)
