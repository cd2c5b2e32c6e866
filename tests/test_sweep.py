"""Grids: every cell once, whatever interrupts; the same cells on any number of processes."""

import json
import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, Ridge

from learner import LatticeRegressor, sweep
from learner.results_file import ResultsFile
from learner.time_limit import TimeIsUp, time_limit
from tropical import FormatError, InvalidInput, families, parse

TEACHERS = {"plane": parse("x0 - 2*x1 + x2"), "fan": families.cyclic(4)}


class Counted(LinearRegression):
    """Counts fits in this process, and can be interrupted."""

    fits = 0
    stop_at = None

    def fit(self, X, y):
        type(self).fits += 1
        if type(self).fits == type(self).stop_at:
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.fixture(autouse=True)
def afresh():
    Counted.fits, Counted.stop_at = 0, None


class Sleeper(BaseEstimator):
    def fit(self, X, y):
        end = time.monotonic() + 5
        while time.monotonic() < end:
            time.sleep(0.01)
        return self


class Failing(BaseEstimator):
    def fit(self, X, y):
        raise ValueError("no idea")


def timeless(cells):
    return [replace(cell, seconds=None) for cell in cells]


def test_a_cell_says_what_came_of_it():
    plane, fan = sweep(TEACHERS, [400], [0])
    assert (plane.teacher, plane.alpha, plane.seed, plane.n, plane.d) == ("plane", 400.0, 0, 1200, 3)
    assert plane.status == fan.status == "done"
    assert plane.explained == fan.explained == 1.0
    assert plane.nmse < 1e-20
    assert max(plane.sine, fan.sine) < 1e-10
    assert (plane.rank, fan.rank) == (1, 2)
    assert "exact on all" in plane.confidence
    assert plane.seconds > 0


def test_the_order_is_that_of_the_grid():
    cells = sweep(TEACHERS, [20, 10], [1, 0], estimator=Counted())
    assert [(c.teacher, c.alpha, c.seed) for c in cells] == [
        (name, alpha, seed) for name in TEACHERS for alpha in (20, 10) for seed in (1, 0)
    ]


def test_seeds_fix_everything_and_processes_change_nothing():
    grid = (TEACHERS, [10, 20], [0, 1])
    one = sweep(*grid, estimator=Ridge(), noise=0.1)
    assert timeless(one) == timeless(sweep(*grid, estimator=Ridge(), noise=0.1))
    assert timeless(one) == timeless(sweep(*grid, estimator=Ridge(), noise=0.1, n_jobs=2))
    assert len({cell.nmse for cell in one}) == len(one)


@pytest.mark.parametrize("name", ["grid.parquet", "grid.jsonl"])
def test_an_interrupted_grid_is_resumed_and_nothing_is_repeated(name, tmp_path):
    file, grid = tmp_path / name, (TEACHERS, [10, 20], [0, 1])
    Counted.stop_at = 4
    with pytest.raises(KeyboardInterrupt):
        sweep(*grid, estimator=Counted(), results=file)
    assert len(ResultsFile(file).rows) == 3
    Counted.stop_at = None
    cells = sweep(*grid, estimator=Counted(), results=file)
    assert Counted.fits == 4 + 5
    assert timeless(cells) == timeless(sweep(*grid, estimator=Counted()))
    Counted.fits = 0
    assert sweep(*grid, estimator=Counted(), results=file) == cells  # all from the file, seconds too
    assert Counted.fits == 0
    larger = sweep(TEACHERS, [10, 20, 30], [0, 1], estimator=Counted(), results=file)
    assert (len(larger), Counted.fits) == (12, 4)


def test_a_kill_leaves_what_was_finished(tmp_path):
    file = tmp_path / "grid.parquet"
    sweep(TEACHERS, [10], [0], estimator=Counted(), results=file)
    journal = tmp_path / "grid.parquet.jsonl"
    assert not journal.exists()
    row = {**ResultsFile(file).rows[0], "seed": 1}
    journal.write_text(json.dumps(row) + "\n" + json.dumps(row)[:40])  # killed while it wrote a line
    Counted.fits = 0
    cells = sweep(TEACHERS, [10], [0, 1], estimator=Counted(), results=file)
    assert Counted.fits == 1  # seed 1 of the other teacher
    assert len(ResultsFile(file).rows) == len(cells) == 4


def test_other_settings_do_not_mix(tmp_path):
    file = tmp_path / "grid.parquet"
    sweep(TEACHERS, [10], [0], estimator=Ridge(), results=file)
    for change in ({"estimator": Ridge(2.0)}, {"noise": 0.5}, {"n_test": 5}):
        with pytest.raises(InvalidInput, match="use another file"):
            sweep(TEACHERS, [10], [0], **{"estimator": Ridge(), "results": file, **change})
    with pytest.raises(InvalidInput, match="use another file"):
        sweep({"plane": parse("x0 + x1 + x2")}, [10], [0], estimator=Ridge(), results=file)
    assert len(sweep({"new": parse("x0")}, [10], [0], estimator=Ridge(), results=file)) == 1


def make_ridge(strength, seed):
    return Ridge(strength, random_state=seed)


def test_a_function_may_make_the_estimator(tmp_path):
    file = tmp_path / "grid.jsonl"
    cells = sweep(TEACHERS, [10], [0], estimator=partial(make_ridge, 0.5), results=file)
    assert timeless(cells) == timeless(sweep(TEACHERS, [10], [0], estimator=partial(make_ridge, 0.5), results=file))
    assert cells[0].rank is None
    with pytest.raises(InvalidInput, match="use another file"):
        sweep(TEACHERS, [10], [0], estimator=partial(make_ridge, 0.6), results=file)


def test_time_is_up(tmp_path):
    file = tmp_path / "grid.parquet"
    started = time.monotonic()
    (cell,) = sweep({"plane": TEACHERS["plane"]}, [10], [0], estimator=Sleeper(), cap=0.2, results=file)
    assert cell.status == "timeout"
    assert time.monotonic() - started < 4
    again = sweep({"plane": TEACHERS["plane"]}, [10], [0], estimator=Sleeper(), cap=0.2, results=file)
    assert again == [cell]  # not run again
    (longer,) = sweep({"plane": TEACHERS["plane"]}, [10], [0], estimator=Sleeper(), cap=0.3, results=file)
    assert longer.cap == 0.3  # run again: it has more time now


def test_a_failed_cell_is_a_result_and_is_tried_again(tmp_path):
    file = tmp_path / "grid.parquet"
    (cell,) = sweep({"plane": TEACHERS["plane"]}, [10], [0], estimator=Failing(), results=file)
    assert (cell.status, cell.error) == ("failed", "ValueError: no idea")
    sweep({"plane": TEACHERS["plane"]}, [10], [0], estimator=Failing(), results=file)
    assert len(ResultsFile(file).rows) == 2


def test_a_limit_holds_in_any_thread_and_leaves_nothing_behind():
    seen = []

    def work():
        try:
            with time_limit(0.05):
                while True:
                    pass
        except TimeIsUp:
            seen.append("up")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == ["up"]
    for _ in range(300):  # ends about when the time is up: either way nothing arrives later
        try:
            with time_limit(0.001):
                end = time.perf_counter() + 0.001
                while time.perf_counter() < end:
                    pass
        except TimeIsUp:
            seen.append("up")
    time.sleep(0.01)
    with time_limit(None):
        assert sum(range(1000)) == 499_500


def test_own_teachers_have_no_known_subspace():
    class Own:
        dimension = 3

        def evaluate(self, X):
            return X[:, 0]

    (cell,) = sweep({"own": Own()}, [100], [0], estimator=LatticeRegressor())
    assert cell.sine is None
    assert cell.explained == 1.0


def test_progress_is_shown_on_request(capsys):
    sweep(TEACHERS, [10], [0], estimator=Ridge())
    assert capsys.readouterr().err == ""
    sweep(TEACHERS, [10], [0], estimator=Ridge(), progress=True)
    assert "2/2" in capsys.readouterr().err


def test_errors(tmp_path):
    with pytest.raises(InvalidInput, match="a mapping"):
        sweep([TEACHERS["fan"]], [1], [0])
    with pytest.raises(InvalidInput, match="`dimension` and `evaluate`"):
        sweep({"one": 1}, [1], [0])
    for wrong in (
        {"alphas": [0]},
        {"alphas": 20},
        {"seeds": [-1]},
        {"seeds": 3},
        {"noise": -1},
        {"n_test": 0},
        {"cap": 0},
        {"n_jobs": 0},
    ):
        (name,) = wrong
        with pytest.raises(InvalidInput, match=f"`{name}`"):
            sweep(TEACHERS, **{"alphas": [1], "seeds": [0], **wrong})
    with pytest.raises(InvalidInput, match="ends in"):
        sweep(TEACHERS, [1], [0], results="grid.csv")
    (tmp_path / "bad.parquet").write_text("no")
    with pytest.raises(FormatError, match="no readable Parquet"):
        sweep(TEACHERS, [1], [0], results=tmp_path / "bad.parquet")
    (tmp_path / "bad.jsonl").write_text("no\n")
    with pytest.raises(FormatError, match="line 1"):
        sweep(TEACHERS, [1], [0], results=tmp_path / "bad.jsonl")
    assert np.isfinite(sweep(TEACHERS, [10], [0], estimator=Ridge())[0].nmse)
