"""Layers of absolute values on known features: values, slopes, what changes none of them, and the fit of all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.joint_layers import JointLayers, _Point, fitted_jointly

SEEDS, WIDTHS = st.integers(0, 10**6), st.lists(st.integers(1, 3), min_size=1, max_size=3)


def some(rng, widths, q=3, fixed=0):
    """Random layers on q features."""
    units, size = [], q
    for width in widths:
        units.append(rng.standard_normal((width, size)))
        size += width
    return JointLayers(tuple(units), rng.standard_normal(size), min(fixed, widths[0]))


def samples(rng, n=50, q=3):
    """Features that begin with a constant."""
    return np.vstack([np.ones((1, n)), rng.standard_normal((q - 1, n))])


def plain(layers, known):
    """The values, one sample and one unit after another."""
    values = []
    for sample in known.T:
        now = list(sample)
        for rows in layers.units:
            now += [abs(sum(w * v for w, v in zip(row, now, strict=True))) for row in rows]
        values.append(sum(c * v for c, v in zip(layers.top, now, strict=True)))
    return np.array(values)


def same(one, other):
    return np.allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


def one_sign(rng, layers, layer, place, known, sign):
    """The layers with a unit that has one sign at all samples."""
    below = layers.features(known)[0][layer]
    row = rng.standard_normal(len(below))
    row[0] += 0.5 - (row @ below).min()
    units = [rows.copy() for rows in layers.units]
    units[layer][place] = sign * row
    return replace(layers, units=tuple(units))


def place_in(rng, layers):
    """A layer, and a place in it that is not fixed; None where all are."""
    layer = int(rng.integers(len(layers.units)))
    first = 0 if layer else layers.fixed
    count = len(layers.units[layer])
    return None if first == count else (layer, int(rng.integers(first, count)))


@given(SEEDS, WIDTHS)
def test_law_values_are_those_of_units_one_by_one(seed, widths):
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths), samples(rng, 20)
    assert same(layers.evaluate(known), plain(layers, known))
    features, heights = layers.features(known)
    assert [len(rows) for rows in features] == [3 + sum(widths[:depth]) for depth in range(len(widths) + 1)]
    for below, height, rows in zip(features, heights, layers.units, strict=False):
        assert same(height, rows @ below)


@given(SEEDS, WIDTHS, st.integers(0, 2), st.booleans())
def test_law_the_jacobian_is_that_of_the_residuals(seed, widths, fixed, weighted):
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths, fixed=fixed), samples(rng)
    weights = rng.uniform(0.5, 2.0, 50) if weighted else np.ones(50)
    point = _Point.of(layers, known, rng.standard_normal(50), weights)
    jacobian = point.jacobian()
    step = 1e-7 * rng.standard_normal(jacobian.shape[1])
    moved = point.moved(step)
    inside = np.ones(50, dtype=bool)
    for one, other in zip(point.heights, moved.heights, strict=True):
        inside &= (np.sign(one) == np.sign(other)).all(axis=0)
    change, expected = point.residuals - moved.residuals, jacobian @ step
    assert inside.sum() > 40
    assert np.abs(change - expected)[inside].max() < 1e-4 * np.abs(expected).max() + 1e-12
    assert point.loss == pytest.approx(float(np.sum((weights * (point.y - plain(layers, known))) ** 2)))


@given(SEEDS, WIDTHS)
def test_law_slopes_are_those_in_the_heights(seed, widths):
    """A constant added to a height is a step in the unit's first coefficient, as the first feature is 1."""
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths), samples(rng)
    slopes = layers.slopes(layers.features(known)[1])
    for layer, rows in enumerate(slopes):
        for place, row in enumerate(rows):
            units = [rows.copy() for rows in layers.units]
            units[layer][place, 0] += 1e-7
            change = (replace(layers, units=tuple(units)).evaluate(known) - layers.evaluate(known)) / 1e-7
            assert np.mean(np.abs(change - row) < 1e-5 * (1.0 + np.abs(row))) > 0.8  # others lie on a kink


@given(SEEDS, WIDTHS, st.integers(0, 2))
def test_law_steps_leave_fixed_units_and_reach_all_others(seed, widths, fixed):
    rng = np.random.default_rng(seed)
    layers = some(rng, widths, fixed=fixed)
    size = sum(rows.size for rows in layers.units) + len(layers.top) - 3 * layers.fixed
    assert _Point.of(layers, samples(rng), np.zeros(50), np.ones(50)).jacobian().shape == (50, size)
    moved = layers.moved(np.ones(size))
    assert moved.fixed == layers.fixed
    assert np.array_equal(moved.units[0][: layers.fixed], layers.units[0][: layers.fixed])
    assert np.array_equal(moved.units[0][layers.fixed :], layers.units[0][layers.fixed :] + 1.0)
    for one, other in zip(moved.units[1:], layers.units[1:], strict=True):
        assert np.array_equal(one, other + 1.0)
    assert np.array_equal(moved.top, layers.top + 1.0)
    back = moved.moved(-np.ones(size))
    assert same(back.top, layers.top)
    steps = np.arange(1.0, size + 1.0)  # each unknown has a place of its own
    parts = [layers.moved(steps).units[0][layers.fixed :] - layers.units[0][layers.fixed :]]
    parts += [one - other for one, other in zip(layers.moved(steps).units[1:], layers.units[1:], strict=True)]
    parts.append(layers.moved(steps).top - layers.top)
    assert np.allclose(np.concatenate([part.ravel() for part in parts]), steps)


@given(SEEDS, WIDTHS)
def test_law_a_unit_more_changes_no_value(seed, widths):
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths, fixed=1), samples(rng)
    for layer, rows in enumerate(layers.units):
        row = rng.standard_normal(rows.shape[1])
        longer = layers.longer(layer, row)
        assert same(longer.evaluate(known), layers.evaluate(known))
        assert len(longer.units[layer]) == len(rows) + 1
        assert np.array_equal(longer.units[layer][-1], row)
        assert longer.fixed == 1


@given(SEEDS, WIDTHS, st.integers(0, 2), st.sampled_from([-1.0, 1.0]))
def test_law_a_unit_of_one_sign_is_left_out_without_a_change(seed, widths, fixed, sign):
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths, fixed=fixed), samples(rng)
    if (chosen := place_in(rng, layers)) is None:
        return
    layers = one_sign(rng, layers, *chosen, known, sign)
    layer, place = chosen
    fewer = layers.without(layer, place, layers.features(known)[0])
    assert len(fewer.units[layer]) == widths[layer] - 1
    assert len(fewer.top) == len(layers.top) - 1
    assert fewer.fixed == layers.fixed
    assert same(fewer.evaluate(known), layers.evaluate(known))
    assert same(plain(fewer, known), fewer.evaluate(known))


def test_what_is_left_out_is_replaced_by_the_nearest():
    rng = np.random.default_rng(0)
    layers, known = some(rng, (2, 2)), samples(rng, 200)
    features = layers.features(known)[0]
    others = np.delete(features[2], 6, axis=0).T
    nearest = others @ np.linalg.lstsq(others, features[2][6], rcond=None)[0]
    expected = layers.evaluate(known) + layers.top[6] * (nearest - features[2][6])
    assert same(layers.without(1, 1, features).evaluate(known), expected)


@given(SEEDS, WIDTHS, st.booleans())
def test_law_a_silent_unit_in_the_last_layer_weighs_nothing(seed, widths, silent):
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths), samples(rng)
    place = int(rng.integers(widths[-1]))
    row, column = rng.standard_normal(layers.units[-1].shape[1]), layers.units[-1].shape[1] + place
    other = layers.with_unit(len(widths) - 1, place, row, silent=silent)
    top = layers.top.copy()
    top[column] = 0.0
    assert same(other.evaluate(known), replace(layers, top=top).evaluate(known))
    assert np.array_equal(other.units[-1][place], row)
    assert layers.top[column] != 0.0


def test_a_silent_unit_is_not_in_the_next_layer():
    rng = np.random.default_rng(3)
    layers, row = some(rng, (2, 3, 2), fixed=1), rng.standard_normal(3)
    before = [rows.copy() for rows in layers.units]
    silent, loud = (layers.with_unit(0, 1, row, silent=one) for one in (True, False))
    assert np.array_equal(silent.units[0], [layers.units[0][0], row])
    assert not silent.units[1][:, 4].any()
    assert np.array_equal(np.delete(silent.units[1], 4, axis=1), np.delete(layers.units[1], 4, axis=1))
    assert np.array_equal(loud.units[0], silent.units[0])
    assert np.array_equal(loud.units[1], layers.units[1])
    for other in (silent, loud):
        assert np.array_equal(other.units[2], layers.units[2])
        assert np.array_equal(other.top, layers.top)
        assert other.fixed == 1
    assert all(np.array_equal(one, other) for one, other in zip(layers.units, before, strict=True))


@given(SEEDS, WIDTHS, st.sampled_from([-1.0, 1.0]))
def test_law_units_of_one_sign_bend_nothing(seed, widths, sign):
    rng = np.random.default_rng(seed)
    layers, known = some(rng, widths), samples(rng)
    layer, place = place_in(rng, layers)
    layers = one_sign(rng, layers, layer, place, known, sign)
    features, heights = layers.features(known)
    parts = layers.parts(features, heights)
    assert parts[layer][place] == 0.0
    for part, height in zip(parts, heights, strict=True):
        both = (height > 0.0).any(axis=1) & (height <= 0.0).any(axis=1)
        assert not part[~both].any()
        assert len(part) == len(height)


def test_units_bend_by_what_is_on_their_smaller_side():
    known = np.array([[-2.0, -2.0, 1.0, 8.0]])
    layers = JointLayers((np.array([[1.0]]),), np.array([7.0, 3.0]))
    assert layers.parts(*layers.features(known))[0].tolist() == pytest.approx([3.0 * np.sqrt(8.0 / 4.0)])


@pytest.mark.parametrize("widths", [(2,), (2, 2), (2, 1, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_from_near_the_truth_the_fit_comes_back(seed, widths):
    rng = np.random.default_rng(seed)
    truth, known = some(rng, widths, fixed=1), samples(rng, 600)
    y = truth.evaluate(known)
    size = sum(rows.size for rows in truth.units) + len(truth.top) - 3
    start = truth.moved(1e-3 * rng.standard_normal(size))
    found = fitted_jointly(start, known, y, 0.0, rounds=60)
    assert np.abs(start.evaluate(known) - y).max() > 1e-4 * y.std()
    assert np.abs(found.evaluate(known) - y).max() < 1e-10 * y.std()
    assert np.array_equal(found.units[0][0], truth.units[0][0])


@pytest.mark.parametrize("seed", range(3))
def test_samples_of_no_weight_are_ignored(seed):
    rng = np.random.default_rng(seed)
    truth, known = some(rng, (2, 2)), samples(rng, 600)
    y, right = truth.evaluate(known), rng.random(600) > 0.2
    labels = np.where(right, y, 100.0 * rng.standard_normal(600))
    start = truth.moved(1e-3 * rng.standard_normal(truth.units[0].size + truth.units[1].size + len(truth.top)))
    found = fitted_jointly(start, known, labels, 0.0, rounds=60, weights=right.astype(float))
    assert np.abs(found.evaluate(known) - y)[right].max() < 1e-9 * y.std()
    spoilt = fitted_jointly(start, known, labels, 0.0, rounds=60)
    assert np.abs(spoilt.evaluate(known) - y)[right].max() > y.std()


def test_goal_and_what_is_hopeless_are_mean_squares():
    rng = np.random.default_rng(1)
    truth, known = some(rng, (2, 2)), samples(rng, 300)
    y, start, losses = truth.evaluate(known), some(rng, (2, 2)), []

    def watched(number, loss):
        losses.append(loss)
        return number == 3

    found = fitted_jointly(start, known, y, 0.0, rounds=50, hopeless=watched)
    assert len(losses) == 3
    assert losses[-1] == pytest.approx(float(((found.evaluate(known) - y) ** 2).mean()))
    early = fitted_jointly(start, known, y, losses[1] * (1.0 + 1e-9), rounds=50)
    assert float(((early.evaluate(known) - y) ** 2).mean()) == pytest.approx(losses[1])
