"""A lattice polynomial where it is near a network, else the network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.corrected import Corrected
from learner.folds import FoldedFunction
from tropical import LatticePolynomial

# x, in the plane, and |x| + 1/8: near where x >= -3/16 if within 1/2
LINE = LatticePolynomial.from_floats(np.array([[1.0, 0.0]]), np.array([0.0]), [[0]])
FOLDED = FoldedFunction([np.array([1.0, 0.0, 0.0])], np.array([0.0, 0.0, 0.125, 1.0]), linear=False, dimension=2)


def line(Z):
    return Z[:, 0]


def folded(Z):
    return np.abs(Z[:, 0]) + 0.125


@given(st.integers(0, 10**6), st.floats(0.0, 4.0))
def test_law_values_are_exact_where_they_are_near_else_those_of_the_network(seed, within):
    Z = np.random.default_rng(seed).standard_normal((50, 2))
    both = Corrected(LINE, FOLDED, within)
    near = np.abs(line(Z) - folded(Z)) <= within
    assert np.array_equal(both.agree(Z), near)
    assert np.allclose(both.evaluate(Z)[near], line(Z)[near], rtol=0.0, atol=1e-15)
    assert np.allclose(both.evaluate(Z)[~near], folded(Z)[~near], rtol=0.0, atol=1e-15)


def test_at_the_distance_itself_they_are_exact():
    Z = np.array([[1.0, 5.0], [-0.125, 5.0], [-0.1875, 5.0], [-0.25, 5.0], [-3.0, 5.0]])
    both = Corrected(LINE, FOLDED, 0.5)
    assert both.agree(Z).tolist() == [True, True, True, False, False]
    assert both.evaluate(Z).tolist() == [1.0, -0.125, -0.1875, 0.375, 3.125]


def test_values_above_and_below_the_network_count_alike():
    above = LatticePolynomial.from_floats(np.zeros((1, 2)), np.array([2.0]), [[0]])
    Z = np.array([[0.0, 0.0], [1.0, 0.0], [-3.0, 0.0], [-6.0, 0.0]])
    assert Corrected(above, FOLDED, 1.5).evaluate(Z).tolist() == [0.125, 2.0, 2.0, 6.125]


def test_of_several_pieces_the_whole_polynomial_counts():
    whole = LatticePolynomial.from_floats(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.zeros(2), [[0], [1]])  # |x|
    Z = np.random.default_rng(0).standard_normal((100, 2))
    assert Corrected(whole, FOLDED, 0.25).agree(Z).all()
    assert np.allclose(Corrected(whole, FOLDED, 0.25).evaluate(Z), np.abs(Z[:, 0]))
    assert not Corrected(whole, FOLDED, 0.0625).agree(Z).any()


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_the_distance_is_five_times_the_root_mean_square(scale):
    Z = np.random.default_rng(0).standard_normal((4, 2))
    y = folded(Z) + scale * np.array([1.0, -1.0, 7.0, -7.0])
    both = Corrected.of(LINE, FOLDED, Z, y)
    assert both.within == pytest.approx(5.0 * 5.0 * scale)
    assert both.pieces is LINE
    assert both.near is FOLDED


def test_a_network_that_is_right_leaves_only_equal_values():
    Z = np.random.default_rng(0).standard_normal((20, 2))
    both = Corrected.of(LINE, FOLDED, Z, FOLDED.evaluate(Z))
    assert both.within == 0.0
    assert np.array_equal(both.evaluate(Z), FOLDED.evaluate(Z))
