"""Medians of repeated timings."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

__all__ = ["alternate"]

_SHORTEST = 0.02  # seconds a measurement: shorter tasks are repeated, as timeit does


def alternate(*tasks: Callable[[], object], repeats: int = 5, warm_up: bool = True) -> list[tuple[float, float, float]]:
    """Time tasks in turn, so that noise of the machine meets all of them alike.

    Returns (median, fastest, slowest) seconds of one call of each. One warm-up call is not counted, if there is one; it
    also tells how many calls in a row make a measurement of 20 ms.
    """
    counts = [1] * len(tasks)
    if warm_up:
        for i, task in enumerate(tasks):
            task()
            counts[i] = max(1, int(_SHORTEST / max(_seconds(task, 1), 1e-9)))
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(repeats):
        for task, count, record in zip(tasks, counts, times, strict=True):
            record.append(_seconds(task, count) / count)
    return [(median(record), min(record), max(record)) for record in times]


def _seconds(task: Callable[[], object], count: int) -> float:
    start = perf_counter()
    for _ in range(count):
        task()
    return perf_counter() - start
