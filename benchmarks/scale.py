"""Cost against samples, inputs and workers; what 10^10 samples would take, and what would be in the way then."""

from __future__ import annotations

import importlib
import logging
import os
import pickle
from collections.abc import Callable
from functools import partial
from time import perf_counter, process_time

import numpy as np
from threadpoolctl import threadpool_limits

import tropical
from benchmarks.jobs import record_ratio
from benchmarks.timing import alternate
from learner import FilteredPCA, TeacherSource
from learner.distributed import distribute
from learner.filters import SliceFilter
from learner.moments import FilteredSums
from learner.sources import as_source, label_sample

__all__ = ["run"]

SLICES = 16
TARGET = 10**10
TASKS = 256  # of learner.distributed


def run() -> None:
    """Print per-sample costs, the size of a reduction, speed-ups and the extrapolation; some minutes."""
    print(f"scale: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; other work on them makes times longer")
    with threadpool_limits(1):  # what a core does
        costs = {d: _costs(d) for d in (50, 100, 200, 500)}
        _linear_in_n()
        _workers()
        _cells()
    _devices()
    for d in (100, 500):
        _extrapolate(d, *costs[d])


def _teacher(d: int) -> tropical.ReLUNetwork:
    return tropical.families.random_network((d, 4, 4, 1), 5, rank=2)


def _costs(d: int) -> tuple[float, float, float, float]:
    """Print and return seconds a sample to draw and to sum, and seconds of a merge and of the search on the sums.

    Of one processor core, the best of three runs: whatever else runs on the machine only adds.
    """
    n = 4_000_000 // d
    source = TeacherSource(_teacher(d), n, seed=0, chunk=1 << 14)
    chunks = list(source.chunks())
    X, y = (np.concatenate(columns) for columns in zip(*chunks, strict=True))
    partition = SliceFilter.by_quantiles(y, SLICES)
    make = partial(FilteredSums, partition, d)
    draw = _processor(lambda: sum(len(labels) for _, labels in source.chunks()))
    summing = _processor(lambda: make().add(X, y))
    sketch = _processor(lambda: label_sample(as_source(X, y)))
    product = _processor(lambda: X.T @ X)
    one, other = make().add(X, y), make().add(X, y)
    merging = _processor(lambda: one.merge(other))
    pca = FilteredPCA(filter=partition).partial_fit(X, y, solve=False)
    solving = _processor(lambda: pca.partial_fit(X[:1], y[:1]), repeats=1)
    size = len(pickle.dumps(one))
    each = [f"{name} {time / n * 1e6:.2f}" for name, time in (("draw", draw), ("edges", sketch), ("sum", summing))]
    print(
        f"  d = {d:>3}: {', '.join(each)} μs a sample ({summing / product:.1f} times X.T @ X); "
        f"a summary {size / 1e6:.1f} MB, its merge {merging * 1e3:.1f} ms; search {solving:.2f} s"
    )
    return draw / n, summing / n, merging, solving


def _linear_in_n() -> None:
    times = []
    for n in (100_000, 200_000, 400_000):
        source = TeacherSource(_teacher(100), n, seed=0)
        partition = SliceFilter.by_quantiles(next(source.chunks())[1], SLICES)
        make = partial(FilteredSums, partition, 100)
        times.append((n, _processor(lambda source=source, make=make: source.reduce(make)) / n * 1e6))
    print("  d = 100, one process: " + ", ".join(f"n = {n}: {t:.2f} μs a sample" for n, t in times))


def _workers() -> None:
    """Print the time on one, two, ... processes up to the cores of this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        print("  distributed is not installed: no workers")
        return
    source = TeacherSource(_teacher(100), 400_000, seed=0)
    partition = SliceFilter.by_quantiles(next(source.chunks())[1], SLICES)
    make = partial(FilteredSums, partition, 100)
    alone = _seconds(lambda: source.reduce(make))
    line = [f"in this process {alone:.1f} s"]
    workers = 1
    while workers <= (os.cpu_count() or 1):
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
            ) as cluster,
            Client(cluster) as client,
        ):
            client.run(importlib.import_module, "learner.distributed")  # on every worker
            seconds = _seconds(lambda client=client: distribute(source, client).reduce(make))
        line.append(f"{workers} of Dask {seconds:.1f} s")
        workers *= 2
    print("  n = 400 000, d = 100: " + ", ".join(line))


def _cells() -> None:
    """Print what several processes gain in enumerating cells."""
    jobs = os.cpu_count() or 1
    for widths in ((2, 128, 128, 128, 1), (3, 64, 64, 64, 1)):
        net = tropical.families.random_network(widths, 0, biases=True, denominator=1000, largest=1000)
        box = tropical.Box([-10] * widths[0], [10] * widths[0])
        enumerate_ = partial(tropical.cells, net, box, engine="compiled")
        enumerate_(n_jobs=jobs)  # starts the processes
        one, several = alternate(enumerate_, partial(enumerate_, n_jobs=jobs), repeats=3, warm_up=False)
        name = "-".join(map(str, widths))
        record_ratio("scale", f"cells of {name}, {jobs} processes / one", several, one)
        whole, serial = _processor(enumerate_, repeats=1), _processor(partial(enumerate_, n_jobs=jobs), repeats=1)
        print(
            f"  cells of {name}: {enumerate_().n_cells} in {one[0]:.2f} s, with {jobs} processes {several[0]:.2f} s: "
            f"{one[0] / several[0]:.2f} times as fast ({one[1] / several[2]:.2f} to {one[2] / several[1]:.2f}); "
            f"of {whole:.1f} s of processor time {serial:.1f} s stay in the calling process"
        )


def _devices() -> None:
    """Print the sweep on a GPU as a share of the device's own matrix product, where there is one."""
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError:
        print("  no GPU was measured: torch is not installed")
        return
    if not torch.cuda.is_available():
        print("  no GPU was measured: this machine has none")
        return
    n, d = 2_000_000, 500
    X = torch.randn(n, d, dtype=torch.float64, device="cuda")
    y = X[:, 0].abs()
    partition = SliceFilter.by_quantiles(y[:100_000].cpu().numpy(), SLICES)

    def synchronised(work: partial) -> None:
        work()
        torch.cuda.synchronize()

    sums = partial(FilteredSums(partition, d).add, X, y)
    sweep, product = alternate(
        partial(synchronised, sums), partial(synchronised, partial(torch.matmul, X.T, X)), repeats=3
    )
    print(f"  {torch.cuda.get_device_name()}: sweep {sweep[0] / product[0]:.1f} times X.T @ X, float64, d = {d}")


def _extrapolate(d: int, draw: float, summing: float, merging: float, solving: float) -> None:
    """Print what 10^10 samples take, from the costs measured here."""
    core_hours = [TARGET * cost / 3600 for cost in (draw, summing)]
    size = 4 * SLICES * d * d * 8
    levels = int(np.ceil(np.log(TASKS) / np.log(8)))
    reduction = levels * 8 * (merging + size / 1e9)  # the path to the root: eight summaries of 1 GB/s a level
    read = TARGET * (d + 1) * 8
    serial = reduction + solving
    print(
        f"  10^10 samples, d = {d}: sums {core_hours[1]:.0f} core hours; drawing {core_hours[0]:.0f}, or reading "
        f"{read / 1e12:.0f} TB; {TASKS} summaries of {size / 1e6:.0f} MB, the path to the root {reduction:.0f} s; "
        f"search {solving:.1f} s"
    )
    print(
        f"    next bottlenecks: files that give less than {8 * (d + 1) / summing / 1e6:.0f} MB/s a core; cores beyond "
        f"{TASKS} need more tasks; merges and search ({serial:.0f} s, serial) take as long as the sums at about "
        f"{sum(core_hours) * 3600 / serial:.0f} cores; at d = {int((8e9 / (32 * SLICES)) ** 0.5)} a summary is 8 GB"
    )


def _seconds(task: Callable[[], object]) -> float:
    started = perf_counter()
    task()
    return perf_counter() - started


def _processor(task: Callable[[], object], repeats: int = 3) -> float:
    """Return the seconds of processor time of the best run."""
    times = []
    for _ in range(repeats):
        started = process_time()
        task()
        times.append(process_time() - started)
    return max(min(times), 1e-6)
