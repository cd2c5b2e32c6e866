"""Leap functions: what label filters see of the hidden directions is enclosed, below the bound, and never nothing."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import InvalidInput, Polyhedron, families, gaussian, lattice, lipschitz, same_function
from tropical.families import leap, leap_bound
from tropical.gaussian import LabelFilter
from tropical.lemmas.numbers import bounds
from tropical.testing import points, rationals

ABOVE, BELOW = Polyhedron([[-1, 0, 0]], [0]), Polyhedron([[1, 0, 0]], [0])
STEEP = st.sampled_from(["1/3", "1/10", "1/100", "1/1000"])


@pytest.mark.parametrize("t", ["1/10", 3])
def test_a_leap_is_the_sign_of_the_scale_times_the_homogeneous_parity(t):
    F, G = leap(2, t), families.homogeneous_parity(2, t)
    assert F.is_bias_free()
    assert same_function(F, G, ABOVE)
    assert same_function(F, -lattice(G), BELOW)
    assert lipschitz(F).squared == lipschitz(G).squared


@pytest.mark.parametrize("k", [2, 3, 4])
@given(data=st.data())
def test_it_is_the_product_of_the_signs_off_the_thin_sets(k, data):
    x = data.draw(points(k + 1))
    if all(abs(v) >= abs(x[0]) / 10 for v in x[1:]):
        assert leap(k)(x) == x[0] * math.prod(1 if v > 0 else -1 for v in x[1:])
    assert abs(leap(k)(x)) <= abs(x[0])
    assert leap(k)([-x[0], *x[1:]]) == -leap(k)(x)


def absolute(value):
    """An upper bound of the modulus of an exact or enclosed number."""
    return max(map(abs, bounds(value)))


@settings(max_examples=8, deadline=None)
@given(STEEP, rationals(2), st.integers(1, 8))
def test_slices_of_the_label_hardly_see_the_hidden_directions(t, low, width):
    F, bound = leap(2, t), leap_bound(2, t, "leap")
    with gaussian.precision(digits=6):
        matrix = gaussian.filter_matrix(F, LabelFilter.slice(low, low + Fraction(width, 4)))
    assert max(absolute(matrix[i, j]) for i in (1, 2) for j in range(3)) <= bound
    assert absolute(matrix[1, 1]) + absolute(matrix[1, 2]) <= bound  # (1, 1)/√2, by symmetry


@pytest.mark.parametrize("t", ["1/10", "1/100", "1/1000"])
def test_one_direction_shows_and_the_others_leak(t):
    matrix = gaussian.filter_matrix(leap(2, t), 1)
    assert bounds(matrix[0, 0])[0] > Fraction(2, 5)
    assert bounds(matrix[1, 1])[0] > leap_bound(2, t, "leap") / 50  # lemma Y: it is not zero; and the rate is right
    assert bounds(matrix[1, 1])[1] < leap_bound(2, t, "leap")
    if t == "1/100":  # the numbers of docs/lemmas.md
        assert [round(float(matrix[i, i]), 4) for i in range(3)] == [0.4763, 0.0025, 0.0025]


@pytest.mark.parametrize("t", ["1/10", "1/100", "1/1000"])
def test_once_the_first_is_known_the_others_show(t):
    # sign(x_0)·y is the homogeneous parity, so this filter reads the label and x_0
    matrix = gaussian.filter_matrix(families.homogeneous_parity(2, t), LabelFilter.slice(0, None))
    assert bounds(matrix[1, 2])[0] > Fraction(1, 4)
    assert absolute(matrix[1, 2]) < 1 / math.pi + 1e-6


def test_three_hidden_directions_stay_hidden_given_the_first():
    matrix = gaussian.filter_matrix(families.parity(3, "1/100"), LabelFilter.slice(0, None))
    assert max(absolute(matrix[i, j]) for i in range(3) for j in range(3)) <= leap_bound(3, "1/100")


@pytest.mark.parametrize("t", ["1/2", "1/10", "1/100"])
def test_filters_of_the_parity_stay_below_the_stated_rate(t):
    F, bound = families.parity(3, t), leap_bound(3, t)
    with gaussian.precision(digits=6):
        slice_ = gaussian.conditional_moments(F, (None, "-1/2"))
    mass = float(slice_.mass)
    matrix = np.array([[float(slice_.hermite[i, j]) for j in range(3)] for i in range(3)]) * mass
    largest = np.abs(np.linalg.eigvalsh(matrix)).max()
    assert largest <= bound
    assert largest > bound / 100  # the rate is right: bounds of the order t² would fail
    assert max(abs(float(slice_.mean[i])) * mass for i in range(3)) <= bound


def test_given_one_direction_of_a_parity_the_others_are_visible():
    with gaussian.precision(digits=4):
        together = gaussian.hermite_coefficient(families.parity(3, "1/100"), (1, 1, 1))
    assert float(together) == pytest.approx((2 / math.pi) ** 1.5, abs=0.01)


@pytest.mark.parametrize(
    ("family", "rate"),
    [("parity", 4 / math.sqrt(math.pi)), ("homogeneous_parity", 12 / math.pi), ("leap", 12 / math.pi)],
)
def test_leap_bounds_are_capped_and_rounded_up(family, rate):
    assert 0 < float(leap_bound(4, "1/1000", family)) - 4 * rate / 1000 < 1e-6
    assert leap_bound(3, 50, family) ** 2 > 2


def test_arguments_are_checked():
    with pytest.raises(InvalidInput, match="k"):
        leap(1)
    with pytest.raises(InvalidInput, match="t"):
        leap(2, 0)
    with pytest.raises(InvalidInput, match="family"):
        leap_bound(3, 1, "zonotope")
    with pytest.raises(InvalidInput, match="k"):
        leap_bound(2, 1)
