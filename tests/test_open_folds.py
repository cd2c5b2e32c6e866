"""What is open about the folds of a layer follows from components that obey C(t) g = 0."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.components import Fit
from learner.open_folds import settled

UNITS, OWNER, OTHERS = 4, np.array([1, 2, 2]), 2


def components(t, count, rng, *, opened=0, wrong=0):
    """Components of a function of such a layer; of each some directions are open, and some obey nothing."""
    size, fits = UNITS + len(OWNER) + OTHERS, []
    for number in range(count):
        row = rng.standard_normal(size)
        if number >= wrong:
            row[UNITS : UNITS + len(OWNER)] = t * row[OWNER]
        open_ = np.linalg.qr(rng.standard_normal((size, max(opened, 1))))[0].T[:opened]
        fits.append(Fit(row - open_.T @ (open_ @ row), open_, size - opened, 200, 0.0))
    return fits


def found(fits):
    return settled(fits, slice(0, UNITS), OWNER, np.random.RandomState(0))


@given(st.integers(0, 10**6), st.integers(0, 2))
def test_law_components_determine_what_is_open(seed, opened):
    rng = np.random.default_rng(seed)
    t = rng.uniform(-2.0, 2.0, len(OWNER))
    result = found(components(t, 12, rng, opened=opened))
    assert result is not None
    assert result[1].all()
    assert np.abs(result[0] - t).max() < 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_components_that_do_not_obey_are_left_out(seed):
    rng = np.random.default_rng(seed)
    t = rng.uniform(-2.0, 2.0, len(OWNER))
    result = found(components(t, 12, rng, opened=1, wrong=3))
    assert result is not None
    assert np.abs(result[0] - t).max() < 1e-6


def test_what_no_component_weighs_stays_open():
    rng = np.random.default_rng(0)
    t = np.array([0.5, -1.0, 2.0])
    fits = components(t, 8, rng)
    for fit in fits:  # the unit that the last two belong to is not seen
        fit.coefficients[[2, UNITS + 1, UNITS + 2]] = 0.0
    values, clear = found(fits)
    assert clear.tolist() == [True, False, False]
    assert values[0] == pytest.approx(0.5, abs=1e-6)


def test_components_that_disagree_settle_nothing():
    rng = np.random.default_rng(1)
    assert found(components(np.zeros(3), 12, rng, wrong=9)) is None


def test_nothing_open_and_no_component():
    rng = np.random.RandomState(0)
    fits = components(np.zeros(3), 4, np.random.default_rng(0))
    assert settled(fits, slice(0, UNITS), np.empty(0, dtype=int), rng) is None
    assert settled([], slice(0, UNITS), OWNER, rng) is None
