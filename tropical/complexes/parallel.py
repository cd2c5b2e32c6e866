"""The compiled engine on several processes: each splits some cells of the first layer along the layers after it.

Cells of a layer are split one by one, and what becomes of one depends on it alone: on signs at its vertices, which are
exact. So runs of consecutive cells go to other processes, and the cells that come back, put behind each other, are
those of one process in the same order. A vertex on the border of two runs is made in both: its exact coordinates tell
that it is one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from tropical._exact.cone import Cone
from tropical.complexes.compiled import (
    CompiledCells,
    FinalLayer,
    FinalOutputs,
    NotForThisEngine,
    Outputs,
    begin,
    finish,
)
from tropical.complexes.exact_vertices import JoinedVertices
from tropical.network import IntegerLayer, NetworkResolver

__all__ = ["enumerate_in_parallel"]

# Runs for each process: cells have different numbers of parts, so the last run to end is waited for by the others. A
# run costs its transfer, some milliseconds.
_RUNS = 4


Run = tuple[CompiledCells, int]


def enumerate_in_parallel(
    network: NetworkResolver,
    cones: Sequence[Cone],
    homogeneous: bool,
    max_cells: int | None,
    progress: Callable[[int], object] = lambda count: None,
    *,
    n_jobs: int,
) -> CompiledCells:
    """Return what :func:`tropical.complexes.compiled.enumerate_cells` returns, found by several processes.

    Parameters
    ----------
    n_jobs : int
        As in joblib; -1 is one process a core.
    network, cones, homogeneous, max_cells, progress
        As for :func:`tropical.complexes.compiled.enumerate_cells`.

    Raises
    ------
    NotForThisEngine

    Notes
    -----
    A network with one hidden layer is not split. A process that is new takes a second or two to start; joblib keeps
    them for later calls.
    """
    from joblib import Parallel, delayed, effective_n_jobs

    jobs: Any = effective_n_jobs(n_jobs)
    work = begin(network, cones, homogeneous)
    nothing = np.empty((len(cones), 0), dtype=np.uint64)
    if jobs == 1 or len(work.floats) == 1:
        return finish(work, 0, nothing, max_cells, progress)
    _, patterns, complete = work.split(0, nothing, max_cells, progress)
    count = len(patterns)
    if work.interrupted or count < 2:
        found = finish(work, 1, patterns, max_cells, progress)
        return replace(found, complete=found.complete and complete)
    ends = np.unique(np.linspace(0, count, min(count, _RUNS * jobs) + 1).astype(int)).tolist()
    runs = [
        partial(_run, work.part(start, stop), patterns[start:stop], max_cells, network.layers)
        for start, stop in pairwise(ends)
    ]
    # arrays as memory maps are read-only, for which the kernels would be compiled once more
    pool: Any = Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)
    results = _survived(pool(delayed(run)() for run in runs), runs)
    return _joined(results, len(runs), complete, max_cells, progress)


def _survived(results: Iterator[Run | str], runs: Sequence[Callable[[], Run | str]]) -> Iterator[Run | str]:
    """Yield the results in order; where a process died, this one does what is left."""
    done = 0
    try:
        for result in results:
            yield result
            done += 1
        return
    except BrokenProcessPool:
        text = "a process that enumerated cells was killed, for want of memory perhaps; this one does the rest"
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    for run in runs[done:]:
        yield run()


def _run(work: Any, patterns: np.ndarray, max_cells: int | None, layers: Sequence[IntegerLayer]) -> Run | str:
    """Split a run of cells; return them with their number of vertices, or the reason why not, which a pool can send."""
    try:
        found = finish(work, 1, patterns, max_cells)
    except NotForThisEngine as reason:
        return str(reason)
    assert isinstance(found.final, FinalLayer)
    # The last layer at all vertices is most of what would be sent back; all that is read of it are the outputs.
    return replace(found, final=FinalOutputs(found.final.outputs(layers))), len(found.final.values)


def _joined(
    results: Iterator[Run | str],
    expected: int,
    complete: bool,
    max_cells: int | None,
    progress: Callable[[int], object],
) -> CompiledCells:
    """Return the cells of all runs behind each other, up to the budget; after Ctrl-C those of the runs that ended."""
    runs: list[CompiledCells] = []
    counts: list[int] = []
    interrupted, cells = False, 0
    try:
        for run in results:
            if isinstance(run, str):
                raise NotForThisEngine(run)
            runs.append(run[0])
            counts.append(run[1])
            cells += len(run[0].offsets) - 1
            progress(cells)
    except KeyboardInterrupt:
        if not runs:
            raise
        interrupted = True
    starts = [0, *accumulate(counts)]
    sizes = np.concatenate([np.diff(run.offsets) for run in runs])
    kept = len(sizes) if max_cells is None else min(len(sizes), max_cells)
    offsets = np.concatenate([[0], np.cumsum(sizes[:kept])]).astype(np.int64)
    vertices = [run.vertices + np.int32(start) for run, start in zip(runs, starts, strict=False)]
    return CompiledCells(
        offsets,
        np.concatenate(vertices)[: offsets[-1]],
        np.concatenate([run.masks for run in runs])[: offsets[-1]],
        np.concatenate([run.patterns for run in runs])[:kept],
        JoinedVertices([run.exact for run in runs], counts),
        FinalOutputs(_joined_outputs([run.final.outputs(()) for run in runs])),
        complete and kept == len(sizes) and len(runs) == expected and all(run.complete for run in runs),
        interrupted or any(run.interrupted for run in runs),
    )


def _joined_outputs(parts: Sequence[Outputs | None]) -> Outputs | None:
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    values, last, error = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return values, last, error
