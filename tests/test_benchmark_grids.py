"""The runner of benchmark grids: resumable, capped, and a comparison that flags what got worse."""

import json
import os
import time

import numpy as np
import pytest

from benchmarks.comparison import changes, load
from benchmarks.jobs import Job, finished, run_jobs
from benchmarks.tables import over_seeds, table
from benchmarks.teachers import hidden

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def work(what: str, folder: str, seed: int, cap: float) -> dict:
    with open(os.path.join(folder, "calls"), "a") as calls:
        calls.write(f"{what} {seed}\n")
    if what == "sleeps":
        time.sleep(60)
    if what == "computes":
        while True:
            pass
    if what == "fails":
        raise ValueError("on purpose")
    if what == "dies":
        os._exit(1)
    return {"seconds": 2.0 + seed, "exact": 1.0}


def grid(folder, *names, cap=30.0):
    return [Job({"what": name, "folder": str(folder)}, seed, cap) for name in names for seed in (0, 1)]


def calls(folder):
    return (folder / "calls").read_text().split("\n")[:-1]


def test_finished_jobs_are_not_repeated(tmp_path):
    first = run_jobs("grid", work, grid(tmp_path, "a"), folder=tmp_path, report=None)
    both = run_jobs("grid", work, grid(tmp_path, "a", "b"), folder=tmp_path, report=None)
    assert both[:2] == first
    assert calls(tmp_path) == ["a 0", "a 1", "b 0", "b 1"]
    run_jobs("grid", work, grid(tmp_path, "a"), folder=tmp_path, report=None, again=True)
    assert calls(tmp_path)[4:] == ["a 0", "a 1"]
    assert len(finished(tmp_path / "grid.jsonl")) == 4


def test_a_line_that_was_cut_off_is_run_again(tmp_path):
    run_jobs("grid", work, grid(tmp_path, "a"), folder=tmp_path, report=None)
    path = tmp_path / "grid.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    records = run_jobs("grid", work, grid(tmp_path, "a"), folder=tmp_path, report=None)
    assert [record["status"] for record in records] == ["done", "done"]
    assert calls(tmp_path) == ["a 0", "a 1", "a 1"]
    assert len(finished(path)) == 2


def test_the_cap_ends_a_job_and_the_grid_goes_on(tmp_path):
    start = time.perf_counter()
    jobs = [
        *grid(tmp_path, "sleeps", cap=0.05)[:1],
        *grid(tmp_path, "computes", cap=0.5)[:1],
        *grid(tmp_path, "fails", "dies", "a"),
    ]
    records = run_jobs("grid", work, jobs, folder=tmp_path, report=None)
    assert [record["status"] for record in records] == ["capped", "capped", *["failed"] * 4, "done", "done"]
    assert records[2]["result"]["error"] == "ValueError: on purpose"
    assert time.perf_counter() - start < 60


def written(folder, values, machine="one, 2 cores, CPython 3.11, numpy 1, commit x"):
    folder.mkdir(exist_ok=True)
    lines = [
        json.dumps({"parameters": {"c": cell}, "seed": i, "status": "done", "result": result, "machine": machine})
        for cell, results in values.items()
        for i, result in enumerate(results)
    ]
    (folder / "grid.jsonl").write_text("\n".join(lines) + "\n")
    return load(str(folder))


@pytest.mark.parametrize(
    ("old", "new", "worse"),
    [
        ([2.0, 3.0], [2.5, 3.5], False),  # within the spread
        ([2.0, 3.0], [5.0, 6.0], True),
        ([2.0, 3.0], [2.0, 60.0], False),  # one seed of two
        ([0.01, 0.01], [0.5, 0.5], False),  # below what is measured
    ],
)
def test_times_count_as_worse_beyond_the_noise(tmp_path, old, new, worse):
    before = written(tmp_path / "old", {"a": [{"seconds": value} for value in old]})
    after = written(tmp_path / "new", {"a": [{"seconds": value} for value in new]})
    assert [change.measure for change in changes(before, after)] == ["seconds"] * worse
    other = written(tmp_path / "other", {"a": [{"seconds": v} for v in new]}, "another, 8 cores, CPython 3.11, numpy 1")
    assert not list(changes(before, other))  # of another machine


def test_a_lost_share_of_exact_points_and_a_lost_job_are_flagged(tmp_path):
    before = written(tmp_path / "old", {"a": [{"exact": 1.0, "sine": 1e-16}]})
    after = written(tmp_path / "new", {"a": [{"exact": 0.9, "sine": 1e-14}]})
    (change,) = changes(before, after)
    assert str(change).startswith("grid: a: missed was 0, is 0.1")
    text = (tmp_path / "new" / "grid.jsonl").read_text().replace('"done"', '"capped"')
    (tmp_path / "new" / "grid.jsonl").write_text(text)
    assert "jobs without a result" in [change.measure for change in changes(before, load(str(tmp_path / "new")))]


def test_medians_with_spread():
    records = [
        {"parameters": {"c": 1}, "seed": seed, "status": status, "result": {"s": value}}
        for seed, (status, value) in enumerate([("done", 1.0), ("done", 3.0), ("done", 2.0), ("capped", None)])
    ]
    ((cell, group),) = over_seeds(records)
    assert (cell, group.spread("s", ".0f"), group.lost) == ({"c": 1}, "2 (1 to 3)", "; 1 capped")
    assert table(("a",), [["|x|"]]) == "| a |\n| --- |\n| \\|x\\| |"


@pytest.mark.parametrize(
    ("family", "k"),
    [
        ("cyclic 4", 2),
        ("sign-min 3", 3),
        ("min-abs 2", 2),
        ("net 3-6-6-1", 3),
        ("biased net 2-8-1", 2),
        ("leap 2 1/10", 3),
        ("parity 3 1/10", 4),
        ("near-parallel 1/10", 2),
    ],
)
def test_teachers_look_at_their_basis_only(family, k):
    teacher = hidden(family, 12, 3)
    X, y = teacher.sample(200, 0)
    assert teacher.basis.shape == (k, 12)
    np.testing.assert_allclose(teacher.basis @ teacher.basis.T, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(teacher.evaluate(X @ teacher.basis.T @ teacher.basis), y, atol=1e-10)
