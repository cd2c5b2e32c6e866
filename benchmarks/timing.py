"""Medians of repeated timings."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

__all__ = ["alternate"]


def alternate(*tasks: Callable[[], object], repeats: int = 5, warm_up: bool = True) -> list[tuple[float, float, float]]:
    """Time tasks in turn, so that noise of the machine meets all of them alike.

    Returns (median, fastest, slowest) seconds of each; one warm-up call of each is not counted, if there is one.
    """
    for task in tasks if warm_up else ():
        task()
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(repeats):
        for task, record in zip(tasks, times, strict=True):
            start = perf_counter()
            task()
            record.append(perf_counter() - start)
    return [(median(record), min(record), max(record)) for record in times]
