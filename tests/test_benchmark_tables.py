"""Which jobs a benchmark runs, and what its tables say of the records."""

from fractions import Fraction

import pytest

from benchmarks import __main__ as command
from benchmarks import claims, fitting, growth, separation, success
from benchmarks.jobs import Job, run_jobs
from benchmarks.teachers import hidden

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def record(parameters, seed=0, status="done", **result):
    return {"parameters": parameters, "seed": seed, "status": status, "result": result}


# ------------------------------------------------------------ which jobs


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ({}, True),
        ({"tool": {"ours", "adam"}}, True),
        ({"tool": {"adam"}}, False),
        ({"alpha": {"12"}, "seed": {"1"}}, True),  # a float that is whole is written without its point
        ({"seed": {"0"}}, False),
        ({"claim": {"depth"}}, False),  # a parameter that the job does not have
    ],
)
def test_a_selection_names_values_of_parameters_and_of_the_seed(only, chosen):
    assert Job({"tool": "ours", "alpha": 12.0}, 1, 10.0).chosen(only) is chosen


def test_jobs_that_are_not_chosen_are_not_run(tmp_path):
    jobs = [Job({"tool": tool}, 0, 10.0) for tool in ("ours", "adam")]
    records = run_jobs("grid", nothing, jobs, folder=tmp_path, only={"tool": {"adam"}}, report=None)
    assert [one["parameters"]["tool"] for one in records] == ["adam"]


def nothing(tool: str, seed: int, cap: float) -> dict:
    return {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "recovery", "--only", "tool"], "needs PARAMETER=VALUE, got 'tool'"),
        (["run", "cells", "--only", "seed=0"], "--only chooses jobs of grids, and 'cells' is none"),
        (["run", "unknown"], "no benchmark is called 'unknown'"),
    ],
)
def test_a_selection_that_means_nothing_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "jobs", [separation.peer_jobs, success.jobs, claims.jobs], ids=["separation", "success", "claims"]
)
@pytest.mark.parametrize("quick", [True, False])
def test_no_job_is_listed_twice(jobs, quick):
    keys = [job.key for job in jobs(quick)]
    assert keys
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("jobs", [separation.peer_jobs, success.jobs])
def test_our_own_jobs_come_last(jobs):
    tools = [job.parameters["tool"] for job in jobs()]
    first = tools.index("ours")
    assert set(tools[first:]) == {"ours"}


def test_the_budget_grows_with_the_number_of_inputs():
    seconds = {job.parameters["d"]: job.parameters["seconds"] for job in success.jobs() if "alpha" in job.parameters}
    assert seconds == {50: 10.0, 100: 20.0, 200: 40.0}
    assert success.budget(100, "online") == 6 * success.budget(100)
    assert all(job.cap >= 1.5 * job.parameters["seconds"] for job in success.jobs())


def test_the_first_jobs_are_those_of_a_hundred_inputs():
    first = success.jobs()[0]
    assert (first.parameters["d"], first.seed) == (100, 0)


def test_xrfm_is_left_out_beyond_its_samples():
    sizes = [
        job.parameters["alpha"] * job.parameters["d"] for job in success.jobs() if job.parameters["tool"] == "xrfm"
    ]
    assert max(sizes) == 8000


# ------------------------------------------------------------ what tables say


CELL = {"family": "cyclic 4", "d": 50, "tool": "adam", "seconds": 10.0, "alpha": 12}
DRAWN = {"family": "cyclic 4", "d": 50, "tool": "online", "seconds": 60.0}


def test_the_share_of_seeds_counts_those_that_were_lost():
    records = [record(CELL, 0, nmse=0.01), record(CELL, 1, nmse=0.02), record(CELL, 2, "capped")]
    assert success.rates(records) == {("cyclic 4", 50, "adam", 12.0): (1, 3)}


def test_of_two_budgets_the_larger_one_counts():
    records = [record({**CELL, "seconds": 10.0}, nmse=0.0), record({**CELL, "seconds": 2.0}, nmse=1.0)]
    for order in (records, records[::-1]):
        assert success.rates(order) == {("cyclic 4", 50, "adam", 12.0): (1, 1)}


def test_fresh_samples_are_told_by_how_many_an_input_were_drawn():
    records = [record(DRAWN, 0, nmse=0.009, samples=5000), record(DRAWN, 1, nmse=0.5, samples=100_000)]
    assert success.fresh(records) == {("cyclic 4", 50): [(True, 100.0), (False, 2000.0)]}
    assert not success.rates(records)
    text = success.render([*records, record(CELL, nmse=1.0)])
    assert "1/2; samples an input, each seed: after 100, not with 2000" in text
    assert "`cyclic 4`, d = 50: Adam none up to 12" in text


def test_the_figure_has_a_panel_for_each_family_and_number_of_inputs(tmp_path):
    pytest.importorskip("matplotlib")
    records = [record({**CELL, "d": d, "alpha": alpha}, nmse=0.0) for d in (50, 100) for alpha in (12, 40)]
    success.figure([*records, record(DRAWN, nmse=0.0, samples=5000)], tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").read_text().count('id="axes_') == 2


def peer(tool, nmse, family="cyclic 4", alpha=12.0):
    parameters = {"family": family, "d": 100, "alpha": alpha, "tool": tool, "seconds": 10.0}
    return record(parameters, nmse=nmse, sine=0.1, seconds=1.0, samples=1200, setting="no setting")


def test_the_table_of_errors_says_where_ours_is_not_the_lowest():
    records = [
        *(peer("ours", 1e-30), peer("adam", 1e-3)),
        *(peer("ours", 1e-2, "near-parallel 1/100", 60.0), peer("xrfm", 1e-3, "near-parallel 1/100", 60.0)),
        *(peer("ours", 1.1, "parity 3 1/10", 40.0), peer("sir", 1.0, "parity 3 1/10", 40.0)),
        peer("adam", 0.5, "cyclic 6", 40.0),
        record({**peer("ours", 0.0)["parameters"], "seconds": 2.0}, nmse=1.0),  # of a quick run
    ]
    text = separation.render(records)
    assert "the lowest median error on 1 of 3 families" in text
    assert (
        "**It has not on** `near-parallel 1/100` (xRFM 1.0e-03 from 1200 samples, LatticeRegressor 1.0e-02 from 6000)."
        in text
    )
    assert "No tool explains a tenth of the variance on `parity 3 1/10`." in text
    assert "It was not run yet on `cyclic 6`." in text
    assert "| cyclic 4 | 100 | 12 | **1.0e-30** | 1.0e-03 |" in text


def test_an_enclosure_is_rounded_outwards():
    low, high = 0.02422999, 0.02423001
    ends = [Fraction(end) for end in claims.enclosure(low, high).strip("[]").split(", ")]
    assert ends == [Fraction("0.02422"), Fraction("0.02424")]
    assert claims.enclosure(0.0, 0.5) == "[0, 0.5000]"


@pytest.mark.slow
def test_the_eigenvalues_of_the_steep_parity_lie_below_what_is_proved_for_every_filter():
    found = claims.measure("eigenvalues", "1/100", 0, 60.0)
    assert 0.0 < found["lower"] <= found["upper"] <= found["bound"]


def test_enclosures_stand_beside_the_samples_needed():
    proved = record({"claim": "eigenvalues", "value": "1/8"}, lower=0.0242199, upper=0.0242201, bound=1.4143)
    measured = record(
        {"claim": "steepness", "value": "1/8"}, lipschitz=14.0, label_filter_sine=0.98, needed=None, tried=640
    )
    row = "| 1/8 | [0.02421, 0.02423] | 1.415 | {} |"
    assert row.format("14.0 | 0.98 | > 640") in claims.render([proved, measured])
    assert row.format("not run | not run | not run") in claims.render([proved])


def test_claims_have_a_table_each():
    for claim, (values, _) in growth.VALUES.items():
        text = growth.TABLES[claim]([])
        assert text.startswith("### "), claim
        assert "Does not show" in text
        assert claim in growth.EXPERIMENTS
        assert values


# ------------------------------------------------------------ how many samples


def test_the_samples_needed_are_those_of_the_first_ratio_that_succeeds(monkeypatch):
    sizes = []

    def fit(teacher, n, seed, seconds):
        sizes.append(n)
        sine, exact = (1e-15 if n >= 400 else 0.5), float(n >= 800)
        return None, {"sine": sine, "exact": exact, "processor_seconds": 2.0}

    monkeypatch.setattr(fitting, "fitted", fit)
    teacher = hidden("cyclic 4", 10, 0)
    found = fitting.samples_needed(teacher, 0, (10, 20, 40, 80, 160), 60.0)
    assert found == {"needed": 40, "needed_exact": 80, "tried": 80, "processor_seconds": 2.0}
    assert sizes == [100, 200, 400, 800]
    assert fitting.samples_needed(teacher, 0, (10, 40, 80), 60.0, whole=False)["tried"] == 40
    none = {"needed": None, "needed_exact": None, "tried": 20, "processor_seconds": None}
    assert fitting.samples_needed(teacher, 0, (10, 20), 60.0) == none
    assert fitting.samples_needed(teacher, 0, (10, 20), 0.0) == {**none, "tried": 0}


def test_the_exponent_of_a_power_law():
    assert growth.power([(1.0, 3.0), (2.0, 12.0), (4.0, 48.0)]) == pytest.approx(2.0)
    assert growth.power([(2.0, 1.0), (2.0, 2.0)]) is None


def test_accuracy_needs_more_samples_the_smaller_it_is(monkeypatch):
    monkeypatch.setattr(growth, "_STEPS", (2, 8, 32, 128))
    found = growth.EXPERIMENTS["accuracy"]("sign-min 2", 0, 60.0)
    needs = [need for need in found["needed"].values() if need is not None]
    assert needs == sorted(needs)
    assert list(found["needed"]) == ["0.5", "0.35", "0.25", "0.18", "0.125", "0.09", "0.0625"]


def test_weights_of_a_large_condition_number_are_made_so(monkeypatch):
    monkeypatch.setattr(growth, "fitted", lambda teacher, n, seed, seconds: (None, {}))
    found = growth.EXPERIMENTS["conditioning"]("1000", 1, 60.0)
    assert 100 < found["condition"] < 10_000
    assert found["lipschitz"] <= 3.0
