"""A cluster of processes: the same sums as one process, on any number of workers, and when one is killed."""

import logging
import os
import signal
import threading
import time
from contextlib import contextmanager

import dask.array
import numpy as np
import pytest
from distributed import Client, LocalCluster
from sklearn.linear_model import Ridge

from learner import FilteredPCA, TeacherSource, as_source, sample, sweep
from learner.distributed import distribute
from learner.filters import SliceFilter
from learner.moments import FilteredSums
from learner.sources import gather
from tropical import InvalidInput, families

TEACHER = families.random_network((20, 4, 1), 5, rank=2)
SOURCE = TeacherSource(TEACHER, 60_000, seed=0, chunk=2000)


@contextmanager
def client_of(workers):
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",  # any free port: two clusters live beside each other here
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    with client_of(2) as client:
        yield client


@pytest.fixture(scope="module")
def alone():
    return FilteredPCA().fit(SOURCE)


def sums(pca):
    moments = pca._sums.moments
    return moments.counts, moments.sums, moments.squares


def same(a, b, exactly=False):
    near = np.array_equal if exactly else np.allclose
    return all(near(x, y) for x, y in zip(sums(a), sums(b), strict=True))


def test_the_sums_of_one_process(client, alone):
    spread = FilteredPCA().fit(distribute(SOURCE, client))
    assert same(alone, spread)
    assert np.allclose(alone.components_, spread.components_)
    assert np.array_equal(alone.filter_.edges, spread.filter_.edges)


def test_arrays_files_and_dask_arrays(client, tmp_path):
    X, y = sample(TEACHER, 5000, random_state=0)
    np.save(tmp_path / "X.npy", X)
    expected = FilteredPCA().fit(X, y).components_
    for source in (
        as_source(X, y),
        as_source(tmp_path / "X.npy", y),
        as_source(dask.array.from_array(X, chunks=900), dask.array.from_array(y, chunks=900)),
    ):
        pca = FilteredPCA(memory_budget=500_000).fit(distribute(source, client, tasks=7, fan_in=3))
        assert np.allclose(pca.components_, expected)


def test_a_subsample_is_the_same(client):
    ours, theirs = gather(SOURCE, 1000), gather(distribute(SOURCE, client), 1000)
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_the_number_of_workers_changes_no_bit(client):
    partition = SliceFilter.by_quantiles(next(SOURCE.chunks())[1], 16)
    two = FilteredPCA(2, filter=partition).fit(distribute(SOURCE, client))
    with client_of(1) as single:
        one = FilteredPCA(2, filter=partition).fit(distribute(SOURCE, single))
    assert same(one, two, exactly=True)


def test_a_grid_on_the_cluster(client, tmp_path):
    grid = ({"net": TEACHER}, [5, 10], [0, 1])
    here = sweep(*grid, estimator=Ridge())
    there = sweep(*grid, estimator=Ridge(), client=client, results=tmp_path / "grid.parquet")
    assert [(c.alpha, c.seed, round(c.nmse, 9)) for c in here] == [(c.alpha, c.seed, round(c.nmse, 9)) for c in there]
    assert sweep(*grid, estimator=Ridge(), results=tmp_path / "grid.parquet") == there


def test_merging_leaves_the_parts_as_they_are():
    X, y = next(SOURCE.chunks())
    partition = SliceFilter.by_quantiles(y, 4)
    part = FilteredSums(partition, 20).add(X, y)
    before = part.moments.squares.copy()
    FilteredSums(partition, 20).merge(part).merge(part).add(X, y)
    assert np.array_equal(part.moments.squares, before)


def test_errors_come_back(client):
    X, y = np.ones((100, 3)), np.arange(100.0)
    X[70, 1] = np.nan
    with pytest.raises(InvalidInput, match="NaN or infinity"):
        FilteredPCA().fit(distribute(as_source(X, y), client))
    with pytest.raises(InvalidInput, match="`fan_in` needs"):
        distribute(SOURCE, client, fan_in=1)
    with pytest.raises(InvalidInput, match="`source` needs a source"):
        distribute(X, client)


class Slow:
    """A teacher that takes its time, and leaves a file to say that it is at work."""

    dimension = 20

    def __init__(self, marks):
        self.marks = marks

    def evaluate(self, X):
        (self.marks / f"{os.getpid()}").touch()
        time.sleep(0.02)
        return TEACHER.evaluate(X)


def test_a_worker_killed_on_the_way_changes_no_bit(client, tmp_path):
    source = TeacherSource(Slow(tmp_path), 60_000, seed=0, chunk=1000)
    partition = SliceFilter.by_quantiles(next(SOURCE.chunks())[1], 16)
    quiet = FilteredPCA(2, filter=partition).fit(distribute(source, client))
    for mark in tmp_path.iterdir():
        mark.unlink()
    killed = []

    def kill():
        while len(marks := list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        time.sleep(0.3)
        killed.append(int(marks[0].name))
        os.kill(killed[0], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    disturbed = FilteredPCA(2, filter=partition).fit(distribute(source, client))
    thread.join()
    assert killed
    assert len({mark.name for mark in tmp_path.iterdir()}) >= 2
    with pytest.raises(ProcessLookupError):
        os.kill(killed[0], 0)
    assert same(quiet, disturbed, exactly=True)
    assert sums(disturbed)[0].sum() == 60_000
