"""Floats to rationals: the right ones, or an honest refusal."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.rationalize import rationalize
from tropical import NotExact


@given(st.lists(st.lists(st.integers(-300, 300), min_size=3, max_size=3), min_size=1, max_size=5), st.integers(1, 500))
def test_multiples_of_one_fraction_are_recovered_through_noise(numerators, denominator):
    exact = [[Fraction(a, denominator) for a in row] for row in numerators]
    rng = np.random.default_rng(0)
    floats = np.array(exact, dtype=float) + 1e-12 * rng.uniform(-1, 1, (len(exact), 3))
    result = rationalize(floats, np.full(len(exact), 1e-11))
    assert [list(row) for row in result.rows] == exact
    assert denominator % result.denominator == 0


@pytest.mark.parametrize("value", [np.pi, np.sqrt(2), 0.1234567890123])
def test_irrational_numbers_are_refused(value):
    with pytest.raises(NotExact, match=r"no common denominator|too coarse"):
        rationalize(np.array([[value, 1.0]]), np.array([1e-13]))


def test_a_piece_off_the_grid_is_named():
    with pytest.raises(NotExact, match="piece 1 is off the grid of denominator 4"):
        rationalize(np.array([[0.25], [0.3], [0.5]]), np.array([1e-12, 1e-6, 1e-12]))


def test_a_piece_known_too_coarsely_is_named():
    with pytest.raises(NotExact, match=r"piece 1 is known to 1\.0e-03 only"):
        rationalize(np.array([[1 / 64], [3 / 64]]), np.array([1e-12, 1e-3]))


def test_coarse_pieces_use_the_denominator_of_the_accurate_ones():
    result = rationalize(np.array([[1 / 64], [5 / 64 + 3e-7]]), np.array([1e-12, 1e-6]))
    assert result.rows[1][0] == Fraction(5, 64)


def test_infinite_error_means_no_exact_piece():
    with pytest.raises(NotExact):
        rationalize(np.array([[0.5, 0.25]]), np.array([np.inf]))
