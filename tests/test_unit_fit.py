"""A layer on known features, and on features of which a part is open, from exact labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.unit_fit import Layer, Loose, _Point, fitted, fitted_together, pruned


def loose(rng, n=400, *, absolute=False):
    """Three units on five inputs, of which two have something open, and one function passed on."""
    known = rng.standard_normal((n, 5))
    folds, rows = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    return Loose(known @ folds.T, known @ rows.T, np.array([0, 0, 2]), known[:, :1], absolute)


def a_layer(rng, q, m=2):
    return Layer(rng.standard_normal((m, q)), rng.standard_normal(q + m))


@given(st.integers(0, 10**6), st.booleans())
def test_law_the_jacobian_is_that_of_the_residuals(seed, absolute):
    rng = np.random.default_rng(seed)
    known, t = loose(rng, 30, absolute=absolute), rng.standard_normal(3)
    layer = a_layer(rng, 4)
    point = _Point.of(known, rng.standard_normal(30), layer.units, t, layer.top)
    step = 1e-7 * rng.standard_normal(layer.units.size + len(t) + len(layer.top))
    change = point.residuals - point.moved(step).residuals
    kinks = (np.abs(point.values) > 1e-5).all(axis=1) & (np.abs(known.heights) > 0.0).all(axis=1)
    same = (np.sign(point.slopes) == np.sign(point.moved(step).slopes)).all(axis=1)
    inside = kinks & same
    assert np.allclose(change[inside], (point.jacobian() @ step)[inside], rtol=1e-3, atol=1e-11)


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_open_is_found_with_the_layer(seed, absolute):
    rng = np.random.default_rng(seed)
    known, t = loose(rng, 2000, absolute=absolute), rng.standard_normal(3)
    truth = a_layer(rng, 4)
    y = truth.evaluate(known.features(t)[0])
    start = truth.units + 0.002 * rng.standard_normal(truth.units.shape)
    layer, found = fitted_together(known, y, start, t + 0.002 * rng.standard_normal(3), 1e-9)
    assert layer.explains(known.features(found)[0], y, 1e-9).all()
    assert np.abs(found - t).max() < 1e-7


def test_with_nothing_open_it_is_the_plain_fit():
    rng = np.random.default_rng(0)
    known, truth = rng.standard_normal((300, 3)), a_layer(rng, 3)
    y, start = truth.evaluate(known), truth.units + 0.01
    plain = fitted(known, y, start, 1e-9)
    other, t = fitted_together(Loose.fixed(known), y, start, np.empty(0), 1e-9)
    assert np.array_equal(plain.units, other.units)
    assert np.array_equal(plain.top, other.top)
    assert not len(t)
    assert plain.explains(known, y, 1e-9).all()


def test_units_that_nothing_needs_are_left_out():
    rng = np.random.default_rng(1)
    known, truth = rng.standard_normal((500, 3)), a_layer(rng, 3)
    y = truth.evaluate(known)
    more = Layer(np.vstack([truth.units, rng.standard_normal((2, 3))]), np.append(truth.top, [0.0, 0.0]))
    lean = pruned(more, known, y, 1e-9)
    assert len(lean.units) == 2
    assert lean.explains(known, y, 1e-9).all()


def test_rows_are_those_of_samples():
    rng = np.random.default_rng(2)
    known, t = loose(rng, 50), rng.standard_normal(3)
    rows = np.array([3, 7, 7, 20])
    assert np.array_equal(known.at(rows).features(t)[0], known.features(t)[0][rows])
