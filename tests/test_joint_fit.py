"""Two layers at once from many starts: found at rounding, made lean, and settled where some labels are wrong."""

from itertools import pairwise

import numpy as np
import pytest

from learner import joint_fit
from learner.joint_fit import JointFit
from learner.joint_layers import JointLayers

TOLERANCE = 1e-9


def some(rng, widths=(2, 2), q=3):
    """Random layers on q features."""
    units, size = [], q
    for width in widths:
        units.append(rng.standard_normal((width, size)))
        size += width
    return JointLayers(tuple(units), rng.standard_normal(size))


def problem(seed, n=600, q=3):
    """A function of two layers whose labels have standard deviation 1, its features, and the labels."""
    rng = np.random.default_rng(seed)
    known, truth = rng.standard_normal((q, n)), some(rng, q=q)
    truth = JointLayers(truth.units, truth.top / truth.evaluate(known).std())
    return truth, known, truth.evaluate(known)


def a_fit(known, y, seed=0, *, widths=(4, 4), fixed=None, likely=()):
    fixed = np.empty((0, len(known))) if fixed is None else fixed
    return JointFit(known, y, TOLERANCE, fixed, likely, widths, np.random.RandomState(seed))


def exact(known, y, **options):
    """A fit that ended at rounding, of a few: about every third one ends near the function for long."""
    for seed in range(10):
        fit = a_fit(known, y, seed, **options)
        fit.run(2e9, forever)
        if fit.is_exact:
            return fit
    pytest.fail("no fit ended at rounding")


def started_at(fit, layers, known, y):
    """The fit, with these as the best so far."""
    fit._best, fit.least = layers, float(((layers.evaluate(known) - y) ** 2).mean())
    return fit


def moved(layers, rng, size=1e-3):
    count = sum(rows.size for rows in layers.units) + len(layers.top)
    return layers.moved(size * rng.standard_normal(count))


def padded(layers, rng, widths=(4, 4)):
    """The layers with units that nothing depends on."""
    for layer, width in enumerate(widths):
        for _ in range(width - len(layers.units[layer])):
            layers = layers.longer(layer, rng.standard_normal(layers.units[layer].shape[1]))
    return layers


def off(layers, known, y):
    return float(np.abs(layers.evaluate(known) - y).max())


def forever():
    return False


@pytest.mark.parametrize("seed", range(6))
def test_small_functions_are_found_and_made_lean(seed):
    truth, known, y = problem(seed)
    fit = exact(known, y)
    assert fit.least == pytest.approx(float(((fit.best.evaluate(known) - y) ** 2).mean()))
    assert off(fit.best, known, y) < TOLERANCE
    lean = fit.lean(3e9)
    assert off(lean, known, y) < TOLERANCE
    assert all(len(few) <= 4 for few in lean.units)
    assert sum(map(len, lean.units)) < 8
    fresh = np.random.default_rng(seed + 100).standard_normal((3, 500))
    assert (np.abs(lean.evaluate(fresh) - truth.evaluate(fresh)) < TOLERANCE).mean() > 0.95


@pytest.mark.parametrize("seed", range(4))
def test_units_that_nothing_needs_are_left_out(seed):
    truth, known, y = problem(seed, q=4)
    rng = np.random.default_rng(seed)
    fit = started_at(a_fit(known, y), padded(truth, rng), known, y)
    lean = fit.lean(np.inf)  # it ends by itself
    assert [len(rows) for rows in lean.units] == [2, 2]
    assert off(lean, known, y) < TOLERANCE


def test_without_work_nothing_is_left_out():
    truth, known, y = problem(0)
    best = padded(truth, np.random.default_rng(0))
    fit = started_at(a_fit(known, y), best, known, y)
    assert fit.lean(0.0) is best
    assert fit.best is best


def test_what_is_better_when_lean_is_gone_on_with():
    """Units left out come back, in what is altered next, as ones that nothing depends on."""
    truth, known, y = problem(2)
    rng = np.random.default_rng(2)
    fit = started_at(a_fit(known, y), moved(padded(truth, rng), rng), known, y)
    before = fit.least
    lean = fit.lean(5e9)
    assert sum(map(len, lean.units)) < 8
    assert fit.least < 1e-6 * before
    assert fit.best is lean
    assert fit._now is not None
    widened = fit._now[1]
    assert [len(rows) for rows in widened.units] == [4, 4]
    assert np.allclose(widened.evaluate(known), lean.evaluate(known), atol=1e-12)
    assert fit.least == pytest.approx(float(((lean.evaluate(known) - y) ** 2).mean()))


@pytest.mark.parametrize("seed", range(4))
def test_what_some_labels_have_wrong_is_left_where_it_is(seed):
    """A sum of squares spreads it over all samples."""
    truth, known, y = problem(seed, 1000)
    rng = np.random.default_rng(seed)
    wrong = rng.permutation(1000)[:100]
    labels = y.copy()
    labels[wrong] = rng.permutation(y)[:100]
    right = np.delete(np.arange(1000), wrong)
    fit = started_at(a_fit(known, labels), moved(truth, rng), known, labels)
    settled = fit.settled()
    assert (np.abs(settled.evaluate(known) - labels) < TOLERANCE)[right].mean() > 0.9
    squares = joint_fit.fitted_jointly(fit.best, known, labels, 0.0, rounds=72)
    assert (np.abs(squares.evaluate(known) - labels) < TOLERANCE)[right].mean() < 0.1


def test_with_right_labels_settling_keeps_what_is_exact():
    truth, known, y = problem(1)
    fit = started_at(a_fit(known, y), moved(truth, np.random.default_rng(1), 1e-6), known, y)
    assert off(fit.settled(), known, y) < TOLERANCE


def test_the_same_random_state_gives_the_same():
    _, known, y = problem(4)
    first, again, other = (a_fit(known, y, seed, widths=(3, 2)) for seed in (0, 0, 1))
    for fit in (first, again, other):
        for _ in range(9):
            fit.trial()
    assert first.least == again.least
    assert first.work == again.work
    assert all(np.array_equal(one, two) for one, two in zip(first.best.units, again.best.units, strict=True))
    assert np.array_equal(first.best.top, again.best.top)
    assert first.least != other.least


def test_it_stops_after_the_first_trial_when_asked():
    _, known, y = problem(4)
    fit = a_fit(known, y)
    fit.run(np.inf, lambda: True)
    assert fit._trials == 1
    assert np.isfinite(fit.least)
    work = fit.work
    fit.run(np.inf, lambda: True)
    assert fit.work == work


def test_it_stops_when_the_work_is_done():
    """A round costs (samples)·(unknowns)²; the last trial is carried through."""
    rng = np.random.default_rng(0)
    known, y = rng.standard_normal((3, 400)), rng.standard_normal(400)
    fit, one = a_fit(known, y, widths=(2, 2)), 400.0 * (2 * 3 + 2 * 5 + 7) ** 2
    fit.run(500 * one, forever)
    assert fit.work % one == 0.0
    assert 500 * one <= fit.work <= (500 + 120) * one
    before = fit.work
    fit.run(500 * one, forever)
    assert fit.work >= before + 500 * one


def test_it_stops_where_there_is_nothing_to_gain():
    _, known, y = problem(0)
    fit = exact(known, y)
    trials = fit._trials
    fit.run(np.inf, forever)
    assert fit._trials == trials


def test_the_least_never_rises():
    rng = np.random.default_rng(0)
    known, y = rng.standard_normal((3, 200)), rng.standard_normal(200)  # nothing to find
    fit, least = a_fit(known, y, widths=(2, 2)), []
    for _ in range(80):
        fit.trial()
        least.append(fit.least)
        assert fit.least == pytest.approx(float(((fit.best.evaluate(known) - y) ** 2).mean()))
        assert fit._now[0] == pytest.approx(float((fit._now[2] ** 2).mean()))
        assert np.allclose(fit._now[1].evaluate(known) - y, fit._now[2])
    assert all(later <= earlier for earlier, later in pairwise(least))
    assert len(set(least)) > 3
    assert not fit.is_exact


def test_after_many_trials_in_vain_it_goes_back_to_the_best(monkeypatch):
    monkeypatch.setattr(joint_fit, "_RETURN", 1)
    rng = np.random.default_rng(0)
    known, y = rng.standard_normal((3, 200)), rng.standard_normal(200)
    fit = a_fit(known, y, widths=(2, 2))
    for _ in range(20):
        fit.trial()
        assert fit._now[0] == fit.least
        assert fit._now[1] is fit.best


@pytest.mark.parametrize("seed", range(3))
def test_known_units_stay(seed):
    truth, known, y = problem(seed)
    fit = a_fit(known, y, seed, fixed=truth.units[0][:1])
    for _ in range(8):
        fit.trial()
        assert np.array_equal(fit.best.units[0][:1], truth.units[0][:1])
        assert fit.best.fixed == 1
    assert fit.work % (600 * (3 * 3 + 4 * 7 + 11) ** 2) == 0.0  # a fixed unit is no unknown
    fit = exact(known, y, fixed=truth.units[0][:1])
    lean = fit.lean(3e9)
    assert np.array_equal(lean.units[0][0], truth.units[0][0])
    assert np.array_equal(fit.best.units[0][0], truth.units[0][0])


def test_all_units_of_a_layer_may_be_known():
    truth, known, y = problem(0)
    fit = exact(known, y, fixed=truth.units[0], widths=(2, 4))
    assert np.array_equal(fit.lean(3e9).units[0], truth.units[0])
    layers = JointLayers(truth.units, truth.top, 2)
    first, second = altered(fit, layers, y)
    assert not first
    assert len(second) > 10


def altered(fit, layers, residuals):
    """Units that are new, by layer, of many alterations; a silent one changes the next layer as well."""
    new = [[], []]
    for _ in range(40):
        other = fit._altered(layers, residuals)
        first, second = ((one != before).any(axis=1) for one, before in zip(other.units, layers.units, strict=True))
        assert not first[: layers.fixed].any()
        assert other.fixed == layers.fixed
        new[0] += list(other.units[0][first])
        new[1] += [] if first.any() else list(other.units[1][second])
    return new


def test_likely_folds_are_tried_with_what_is_open_about_them(monkeypatch):
    monkeypatch.setattr(joint_fit, "_LIKELY", 1.0)
    truth, known, y = problem(0)
    rng = np.random.default_rng(0)
    fold, open_ = rng.standard_normal(3), np.linalg.qr(rng.standard_normal((3, 1)))[0].T
    layers = JointLayers(truth.units, truth.top, 1)
    fit = a_fit(known, y, fixed=truth.units[0][:1], likely=[(fold, open_)], widths=(2, 2))
    first, _ = altered(fit, layers, rng.standard_normal(600))
    apart = np.array(first) - fold
    assert len(first) > 10
    assert np.allclose(apart, apart @ open_.T @ open_)
    sizes = np.linalg.norm(apart, axis=1)
    assert (sizes == 0.0).any()
    assert (sizes > 0.1).any()


def test_new_units_are_folded_where_residuals_are_large(monkeypatch):
    monkeypatch.setattr(joint_fit, "_AT_RESIDUALS", 1.0)
    monkeypatch.setattr(joint_fit, "_CHANGES", (1,))
    truth, known, y = problem(0)
    residuals = np.zeros(600)
    residuals[123] = 0.5
    fit = a_fit(known, y, widths=(2, 2))
    for rows, below in zip(altered(fit, truth, residuals), truth.features(known)[0], strict=False):
        assert len(rows) > 5
        assert np.allclose(np.array(rows) @ below[:, 123], 0.0, atol=1e-12)
        assert (np.abs(np.array(rows) @ below[:, 124]) > 1e-6).all()


def test_units_that_bend_least_are_replaced_most(monkeypatch):
    monkeypatch.setattr(joint_fit, "_CHANGES", (1,))
    truth, known, y = problem(0)
    layers, counts = padded(truth, np.random.default_rng(0)), np.zeros(4)
    fit = a_fit(known, y)
    for _ in range(100):
        counts += (fit._altered(layers, y).units[0] != layers.units[0]).any(axis=1)
    assert counts[2:].sum() > 4 * counts[:2].sum()


def test_fits_that_end_nowhere_are_given_up():
    """Far above the least loss a fit costs three rounds only."""
    _, known, y = problem(3)
    fit = a_fit(known, y)
    start = fit._start(np.arange(600))
    fit._fitted(start, np.arange(600), 1e-12, 120)
    size = sum(rows.size for rows in start.units) + len(start.top)
    assert fit.work == 3 * 600 * size**2


@pytest.mark.parametrize("seed", [0, 3, 5, 7])
def test_features_may_have_different_sizes(seed):
    _, known, y = problem(seed)
    assert exact(known * [[1.0], [10.0], [0.1]], y).is_exact


def test_nothing_large_is_built_on_features_that_are_nowhere():
    """Elsewhere they may not be zero."""
    _, known, y = problem(2)
    fit, fresh = a_fit(np.vstack([known, np.zeros((1, 600))]), y), np.ones((4, 1))
    for _ in range(20):
        fit.trial()
        assert max(np.abs(rows).max() for rows in fit._now[1].units) < 1e6
    assert abs(fit.best.evaluate(fresh)[0]) < 1e6


def test_it_ends_where_no_step_helps():
    """Features that are zero everywhere give no slopes, so that no round is ever taken."""
    fit = JointFit(np.zeros((3, 200)), np.ones(200), 1e-9, np.empty((0, 3)), [], (2, 2), np.random.RandomState(0))
    fit.run(1e8, lambda: False)
    assert fit.least == 1.0
