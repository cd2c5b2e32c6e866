"""Sums over many machines: a tree reduction of additive summaries with Dask.

A source on a cluster is a source: whatever sums over one (``FilteredPCA.fit``, ``gather``) then sums on the workers.

The tree is fixed by the source alone: a fixed number of tasks, each the sum of consecutive parts, merged `fan_in` at a
time. Hence the sums are the same bits on any number of workers, and after a worker died: Dask makes the summaries that
were lost with it anew, from the same parts. (One process adds in another order, and agrees to rounding.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from learner.sources import BUDGET, DaskSource, Part, SampleSource, Summary
from learner.sources.protocol import Chunk, as_budget, checked, rows_of
from tropical._arguments import as_count
from tropical.exceptions import InvalidInput, InvalidType, TropicalError

__all__ = ["DistributedSource", "distribute"]

S = TypeVar("S", bound=Summary)


def distribute(source: SampleSource, client: Any = None, *, tasks: int = 256, fan_in: int = 8) -> DistributedSource:
    """Return the source with its sums taken on the workers of a Dask cluster.

    Parameters
    ----------
    source : SampleSource
        Its parts are read on the workers: files have to be where all of them find them, arrays in memory are sent.
    client : distributed.Client, optional
        By default the client in use.
    tasks : int
        Number of leaves of the tree, at most one a part. What a worker holds is lost with it: more tasks lose less,
        and keep more workers busy.
    fan_in : int
        Summaries merged at a time.

    Notes
    -----
    A worker holds the chunks of one task for each of its threads, at most the budget each, and some `fan_in` summaries;
    of filtered moments over H slices these are 32·H·d² bytes each, which is also what a merge sends.

    Examples
    --------
    With a cluster of two processes::

        with distributed.LocalCluster(n_workers=2) as cluster, distributed.Client(cluster) as client:
            pca = FilteredPCA().fit(distribute(TeacherSource(teacher, 10**9), client))
    """
    if not isinstance(source, SampleSource):
        raise InvalidType("source", "a source of samples", type(source).__name__, "make one with as_source(X, y)")
    for name, value, least in (("tasks", tasks, 1), ("fan_in", fan_in, 2)):
        as_count(value, name, least, cure="use the default")
    if client is None:
        client = current_client()
    if not hasattr(client, "compute") or isinstance(client, type):
        raise InvalidType("client", "a distributed.Client or None", client, "distributed.Client(cluster) makes one")
    return DistributedSource(source, client, int(tasks), int(fan_in))


def current_client() -> Any:
    """Return the Dask client in use.

    Raises
    ------
    ImportError
        Without Dask.
    InvalidInput
        If there is no client.
    """
    try:
        from distributed import get_client
    except ImportError:
        cure = "pip install 'tropical-learner[distributed]'"
        raise ImportError(f"learner.distributed needs Dask: {cure}") from None
    try:
        return get_client()
    except ValueError:
        cure = "make one: distributed.Client(distributed.LocalCluster())"
        raise InvalidInput("client", "a Dask client", "None, and none is in use", cure) from None


class DistributedSource(SampleSource):
    """A source whose sums are taken on a cluster; made by :func:`distribute`."""

    def __init__(self, source: SampleSource, client: Any, tasks: int, fan_in: int) -> None:
        self._source, self._client, self._tasks, self._fan_in = source, client, tasks, fan_in
        self.exchangeable = source.exchangeable

    @property
    def n_features(self) -> int:
        """Number of inputs d."""
        return self._source.n_features

    @property
    def n_samples(self) -> int | None:
        """Number of samples, if it is known."""
        return self._source.n_samples

    def parts(self, budget_bytes: int = BUDGET) -> list[Part]:
        """Return the parts of the source."""
        return self._source.parts(budget_bytes)

    def chunks(self, budget_bytes: int = BUDGET) -> Iterator[Chunk]:
        """Yield all samples, in this process."""
        return self._source.chunks(budget_bytes)

    def reduce(self, empty: Callable[[], S], budget_bytes: int = BUDGET) -> S:
        """Return the summary of all samples, summed and merged on the workers."""
        from dask.delayed import delayed

        budget, dimension = as_budget(budget_bytes), self.n_features
        leaf, merge = delayed(_summary_of, pure=False), delayed(_merged, pure=False)
        if isinstance(self._source, DaskSource):  # blocks are computed where they are summed
            rows = rows_of(budget, dimension)
            block = delayed(_summary_of_block, pure=False)
            level = [block(empty, X, y, i, rows, dimension) for i, (X, y) in enumerate(self._source.blocks())]
        else:
            parts = self.parts(budget)
            size = max(1, -(-len(parts) // self._tasks))
            level = [leaf(empty, parts[i : i + size], i, dimension) for i in range(0, len(parts), size)]
        if not level:
            return empty()
        while len(level) > 1:
            level = [merge(empty, level[i : i + self._fan_in]) for i in range(0, len(level), self._fan_in)]
        try:
            return self._client.compute(level[0], retries=_RETRIES).result()
        except Exception as error:
            if type(error).__name__ not in _LOST:
                raise
            cure = "give them more memory, or raise `tasks` for smaller pieces, and call again"
            raise TropicalError(f"the cluster lost its workers ({type(error).__name__}: {error}); {cure}") from error


_LOST = ("KilledWorker", "FutureCancelledError", "CancelledError", "CommClosedError")
_RETRIES = 3  # a task that fails for a reason of the network or of a dying worker is tried again


def _summary_of(empty: Callable[[], S], parts: list[Part], first: int, dimension: int) -> S:
    total = empty()
    for number, part in enumerate(parts, start=first):
        for X, y in checked(part, number, dimension):
            total.add(X, y)
    return total


def _summary_of_block(empty: Callable[[], S], X: Any, y: Any, number: int, rows: int, dimension: int) -> S:
    def part() -> Iterator[Chunk]:
        for start in range(0, len(X), rows):
            yield X[start : start + rows], y[start : start + rows]

    return _summary_of(empty, [part], number, dimension)


def _merged(empty: Callable[[], S], summaries: list[S]) -> S:
    """Return the sum in a new summary: those that came are values of other tasks, which may be asked for again."""
    total = empty()
    for summary in summaries:
        total.merge(summary)
    return total
