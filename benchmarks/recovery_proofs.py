"""How often the demo's kind of teacher is proved, and with which part of the path missing where it is not."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import tropical
from benchmarks.jobs import Job, Selection, run_jobs, slowness
from benchmarks.tables import over_seeds, table
from learner import LatticeRegressor, sample, verify

__all__ = ["jobs", "prove", "render", "run"]

KINDS = {3: (24, 200_000), 4: (6, 60_000)}  # rank: seeds, samples
_CAP = 180.0


def jobs(quick: bool = False) -> list[Job]:
    """Return a job for each teacher."""
    return [
        Job({"teacher": f"50-6-6-1 of rank {rank}", "n": samples}, seed, _CAP)
        for rank, (seeds, samples) in KINDS.items()
        for seed in range(1 if quick else seeds)
    ]


def prove(teacher: str, n: int, seed: int, cap: float) -> dict[str, Any]:
    """Learn one teacher from n samples, and decide whether the result equals it."""
    net = tropical.families.random_network((50, 6, 6, 1), seed, rank=int(teacher.split()[-1]))
    X, y = sample(net, n, random_state=seed)
    clock = perf_counter()
    model = LatticeRegressor(random_state=seed, max_time=0.6 * cap * slowness()).fit(X, y)
    result = verify(model, net)
    seconds = perf_counter() - clock
    return {
        "proved": bool(result.proved),
        "as": model.predictor_,
        "pieces": len(model.pieces_),
        "true_pieces": tropical.cells(net).n_pieces,
        "seconds": seconds,
    }


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, and print how many are proved; some eight minutes in all."""
    for rank, (seeds, samples) in KINDS.items():
        print(f"recovery_proofs: {seeds} teachers 50-6-6-1 of rank {rank}, bias-free, {samples} samples each")
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
        networks = sum(result["proved"] and result.get("as") == "network" for result in group.results)
        pieces, seconds = group.spread("true_pieces", ".0f"), group.spread("seconds", ".1f") + group.lost
        rows.append(
            [
                cell["teacher"],
                cell["n"],
                f"{proved} of {group.count}",
                networks,
                pieces,
                "; ".join(others) or "none",
                seconds,
            ]
        )
    head = ("teacher", "n", "proved equal", "as networks", "pieces", "pieces found where not proved", "seconds")
    return table(head, rows)
