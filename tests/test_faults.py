"""Faults of the machine: a full disk, a killed process, a cluster without workers. What was done is not lost."""

import errno
import gc
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from bad_input import litter
from distributed import KilledWorker
from joblib.externals import loky
from sklearn.linear_model import Ridge

import learner.__main__ as learner_command
import tropical as tp
import tropical.__main__ as tropical_command
from learner import FilteredPCA, SliceFilter, TeacherSource, sample, sweep
from learner.distributed import distribute
from learner.results_file import ResultsFile
from learner.sample_files import write_samples
from tropical import Box, LatticePolynomial, TropicalError, families, parse
from tropical.complexes import parallel
from tropical.io import atomic

TENT = parse("max(min(x0, 1 - x0), 0)")


# ---------------------------------------------------------------- a full disk


def _full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


SAVED = [".json", ".onnx", ".safetensors", ".txt", ".smt2", ".tex", ".sage", ".polymake"]
WRITERS = {suffix: lambda path: tp.save(TENT, path) for suffix in SAVED}
WRITERS |= {s: lambda path: write_samples(path, np.ones((3, 2)), np.arange(3.0)) for s in (".npz", ".csv", ".parquet")}


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_full_disk_leaves_the_old_file(suffix, step, tmp_path, monkeypatch):
    path = tmp_path / f"f{suffix}"
    monkeypatch.setattr(atomic.os, step, _full)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[suffix](path)
    assert litter(tmp_path) == []
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="No space left"):
        WRITERS[suffix](path)
    assert (litter(tmp_path), path.read_bytes()) == ([path.name], b"old")


def test_a_disk_that_is_really_full(tmp_path):
    """The system lets a process write 100 bytes a file: the command says so in a line, and nothing is left behind."""
    tp.save(families.random_network((3, 9, 1), 0), tmp_path / "net.json")
    (tmp_path / "g.json").write_bytes(b"old")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    command = [sys.executable, "-m", "tropical", "convert", "net.json", "g.json"]
    done = subprocess.run(command, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: [Errno 27]")
    assert litter(tmp_path) == ["g.json", "net.json"]
    assert (tmp_path / "g.json").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["grid.parquet", "grid.jsonl"])
def test_a_grid_goes_on_after_a_full_disk(name, tmp_path, monkeypatch):
    teachers = {"plane": parse("x0 + 2*x1")}
    file = tmp_path / name
    pca = FilteredPCA(n_components=1)
    write, calls = os.fsync, []

    def full_at_the_third(handle):
        calls.append(handle)
        return _full() if len(calls) >= 3 else write(handle)

    monkeypatch.setattr(os, "fsync", full_at_the_third)
    with pytest.raises(OSError, match="No space left"):
        sweep(teachers, [20.0], range(5), estimator=pca, results=file)
    assert set(litter(tmp_path)) <= {"grid.parquet.jsonl", "grid.jsonl"}
    monkeypatch.undo()
    assert len(ResultsFile(file).rows) >= 2
    assert len(sweep(teachers, [20.0], range(5), estimator=pca, results=file)) == 5
    assert litter(tmp_path) == [name]


# ---------------------------------------------------------------- killed processes


def _killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)


class _Deadly:
    """A result that kills the process which makes it, unless it is the calling one."""

    def __init__(self, run, caller):
        self.run, self.caller = run, caller

    def __call__(self):
        if os.getpid() != self.caller:
            _killed()
        return self.run()


def _broken(results, after):
    """Yield some results, then fail as a pool does whose process was killed."""
    for number, result in enumerate(results):
        if number == after:
            raise BrokenProcessPool("a process was terminated abruptly")
        yield result


def test_runs_that_a_pool_lost_are_done_here():
    runs = [lambda i=i: i for i in range(5)]
    with pytest.warns(RuntimeWarning, match="this one does the rest"):
        assert list(parallel._survived(_broken(map(str, range(5)), 2), runs)) == ["0", "1", 2, 3, 4]
    assert list(parallel._survived(iter("ab"), runs[:2])) == ["a", "b"]


def test_cells_of_a_grid_that_a_pool_lost_are_computed_one_by_one(monkeypatch, tmp_path):
    class Pool:
        def __init__(self, **_):
            pass

        def __call__(self, tasks):
            return _broken((run(*args, **kwargs) for run, args, kwargs in tasks), 1)

    class Executor:
        def submit(self, job):
            return self._Future(job)

        class _Future:
            def __init__(self, job):
                self.job = job

            def result(self):
                if self.job.args[4] == 1:
                    raise BrokenProcessPool
                return self.job()

    monkeypatch.setattr(joblib, "Parallel", Pool)
    monkeypatch.setattr(loky, "get_reusable_executor", lambda **_: Executor())
    file = tmp_path / "grid.jsonl"
    cells = sweep({"plane": parse("x0 + 2*x1")}, [20.0], [0, 1, 2], estimator=Ridge(), n_jobs=2, results=file)
    assert [cell.status for cell in cells] == ["done", "failed", "done"]
    assert "killed" in cells[1].error
    assert len(ResultsFile(file).rows) == 3


@pytest.mark.slow
def test_cells_survive_a_killed_process(monkeypatch):
    net, box = families.random_network((3, 8, 8, 1), 0, biases=True), Box([-1] * 3, [1] * 3)
    whole = tp.cells(net, box, engine="compiled")
    made = parallel.partial

    def deadly(run, *arguments):
        deadly.count += 1
        usual = made(run, *arguments)
        return _Deadly(usual, os.getpid()) if deadly.count == 2 else usual

    deadly.count = 0
    monkeypatch.setattr(parallel, "partial", deadly)
    again = tp.ReLUNetwork(net.weights, net.biases)
    with pytest.warns(RuntimeWarning, match="this one does the rest"):
        found = tp.cells(again, box, engine="compiled", n_jobs=2)
    assert found == whole


class Suicidal(FilteredPCA):
    """An estimator whose fit of seed 1 kills its process."""

    def fit(self, X, y=None):
        if self.random_state == 1:
            _killed()
        return super().fit(X, y)

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.slow
def test_a_grid_survives_a_killed_process(tmp_path):
    file = tmp_path / "grid.jsonl"
    teachers = {"plane": parse("x0 + 2*x1")}
    cells = sweep(teachers, [20.0], [0, 1, 2], estimator=Suicidal(n_components=1), n_jobs=2, results=file)
    assert [cell.status for cell in cells] == ["done", "failed", "done"]
    assert "killed" in cells[1].error
    assert len(ResultsFile(file).rows) == 3
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)


class _LostCluster:
    def compute(self, *_, **__):
        return self

    def result(self):
        raise KilledWorker("task", SimpleNamespace(address="tcp://here"), 3)


def test_a_cluster_without_workers_says_how_to_go_on():
    source = TeacherSource(parse("x0"), 100)
    with pytest.raises(TropicalError, match=r"lost its workers .* raise `tasks`"):
        FilteredPCA().fit(distribute(source, _LostCluster()))


# ---------------------------------------------------------------- Ctrl-C


class _Interrupting(SliceFilter):
    """Slices that receive Ctrl-C in the middle of a batch."""

    def index(self, y, p=None):
        if _Interrupting.armed:
            _Interrupting.armed = False
            os.kill(os.getpid(), signal.SIGINT)
        return super().index(y, p)


def test_an_interrupt_never_leaves_half_a_batch_in_the_sums():
    X, y = sample(parse("max(x0, 0) + 0*x2"), 300, random_state=0)
    slices = _Interrupting([-0.5, 0.5])
    _Interrupting.armed = False
    whole = FilteredPCA(1, filter=slices).partial_fit(X[:200], y[:200]).partial_fit(X[200:], y[200:])
    torn = FilteredPCA(1, filter=slices).partial_fit(X[:100], y[:100])
    _Interrupting.armed = True
    with pytest.raises(KeyboardInterrupt):
        torn.partial_fit(X[100:200], y[100:200])
    assert torn._sums.moments.counts.sum() == 200
    torn.partial_fit(X[200:], y[200:])
    np.testing.assert_allclose(torn.components_, whole.components_, rtol=1e-9)


QUESTIONS = {
    "cells": lambda F: tp.cells(F, engine="reference").n_regions,
    "lattice": tp.lattice,
    "same_function": lambda F: bool(tp.same_function(F, tp.lattice(F))),
    "value_range": lambda F: tp.value_range(F, Box([-1] * 3, [1] * 3)).max,
    "lipschitz": lambda F: tp.lipschitz(F).squared,
    "second_moment": tp.gaussian.second_moment,
}


@contextmanager
def ctrl_c_after(seconds):
    def stop(*_):
        raise KeyboardInterrupt

    hooks = gc.callbacks[:]  # of a tool for tests: they swallow what is raised while they run
    gc.callbacks.clear()
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        try:
            yield
        finally:  # a signal may come in here, too: once, and the handler below is there for it
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        ctrl_c_after.count += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.callbacks[:] = hooks


def test_objects_answer_rightly_after_an_interrupt_anywhere():
    """What an object remembers of a question is whole or nothing, whenever Ctrl-C comes."""
    net = families.random_network((3, 5, 3, 1), 0)
    expected = {name: question(tp.ReLUNetwork(net.weights, net.biases)) for name, question in QUESTIONS.items()}
    ctrl_c_after.count = 0
    for name, question in QUESTIONS.items():
        for seconds in (0.001, 0.004, 0.012, 0.03):
            with ctrl_c_after(seconds):
                question(net)
        assert question(net) == expected[name], name
    assert ctrl_c_after.count > len(QUESTIONS)


@pytest.mark.parametrize(
    "command", [["tropical", "lattice", "net.json", "--save=f.json"], ["learner", "demo", "--save=f.json"]]
)
def test_an_interrupted_command_says_so_and_writes_nothing(command, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    program, *arguments = command
    monkeypatch.chdir(tmp_path)
    tp.save(TENT, "net.json")
    monkeypatch.setattr(tropical_command, "cells", interrupted)
    monkeypatch.setattr(learner_command, "sample", interrupted)
    main = tropical_command.main if program == "tropical" else learner_command.main
    assert main(arguments) == 130
    assert capsys.readouterr().err == "interrupted; nothing was written\n"
    assert litter(tmp_path) == ["net.json"]


# ---------------------------------------------------------------- limits


def test_what_a_limit_leaves_can_be_gone_on_with():
    """A budget keeps what was found; the same object answers with a larger one."""
    net = families.random_network((3, 6, 1), 0, biases=True)
    with pytest.raises(tp.BudgetExceeded, match="raise max_cells") as caught:
        tp.cells(net, max_cells=5)
    partial, whole = caught.value.partial, tp.cells(net)
    assert len(partial) == 5
    assert {cell.label for cell in partial} <= {cell.label for cell in whole}
    for question in (tp.lattice, tp.to_rational, tp.value_range):
        with pytest.raises(tp.BudgetExceeded):
            question(net, Box([-9] * 3, [9] * 3), 2) if question is not tp.to_rational else question(net, max_terms=2)
    assert tp.cells(net) == whole


HOSTILE_RESULTS = [b"\xff\n", b"[]\n", b"3\n", b"{}\n", b'{"teacher": 3}\n', b"[" * 100_000 + b"\n", b"{\n"]
HOSTILE_RESULTS += [b'{"teacher": "a", "status": "done", "setting": "", "alpha": "x", "seed": 0}\n']


@pytest.mark.parametrize("content", HOSTILE_RESULTS, ids=range(len(HOSTILE_RESULTS)))
@pytest.mark.parametrize("name", ["grid.jsonl", "grid.parquet"])
def test_hostile_files_of_results(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(tp.FormatError):
        sweep({"a": parse("x0")}, [20.0], [0], results=tmp_path / name)
    assert (tmp_path / name).read_bytes() == content


def test_arithmetic_stops_before_it_multiplies_out():
    many = LatticePolynomial([([i], i * i) for i in range(1200)], [[i] for i in range(1200)])
    with pytest.raises(tp.BudgetExceeded, match="1440000 products of pieces"):
        many + many
    pairs = [
        tp.maximum(*(LatticePolynomial([([int(i == j) for i in range(80)], 0)], [[0]]) for j in (k, k + 1)))
        for k in range(0, 80, 2)
    ]
    with pytest.raises(tp.BudgetExceeded, match="products of clauses"):
        tp.minimum(*pairs)
    assert len(tp.maximum(*pairs).pieces) == 80
