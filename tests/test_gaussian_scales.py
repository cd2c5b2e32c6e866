"""Laws that tie filters together, and sizes beyond what is usual."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import gaussian, maximum, parse
from tropical.gaussian import LabelFilter, conditional_moments, filter_matrix, independent_sum, tail
from tropical.testing import lattice_polynomials

small = st.fractions(min_value=-2, max_value=2, max_denominator=3)


def entry(F, psi, i=0):
    return filter_matrix(F, psi).ambient()[i][i]


def ends(value):
    """The bounds of a result."""
    found = value.enclosure() if isinstance(value, gaussian.Exact) else value
    return found.lower, found.upper


def close(left, right):
    """Whether two results can be one number."""
    (a, b), (c, d) = ends(left), ends(right)
    return a <= d and c <= b


@pytest.mark.parametrize(
    ("text", "coefficients", "truth"),
    [("2*x0 + 2", [1, 1], 0.24197072451914334), ("x0 + 5/3", [-2, -2], 0.13263618505699826)],
)
def test_filters_that_jump_and_slope(text, coefficients, truth):
    # φ(1) and 4/3 φ(5/3), by parts on the half-line where F > 0
    found = entry(parse(text), LabelFilter.polynomial(coefficients, 0, None))
    assert float(found) == pytest.approx(truth, rel=1e-12)


@given(lattice_polynomials(2), small, small, st.integers(0, 1))
@settings(max_examples=30)
def test_filters_are_linear(F, a, b, i):
    low, high = ends(entry(F, LabelFilter.polynomial([a, b], 0, None), i))
    total = [Fraction(0), Fraction(0)]
    for coefficient, part in ((a, [1]), (b, [0, 1])):
        products = sorted(coefficient * end for end in ends(entry(F, LabelFilter.polynomial(part, 0, None), i)))
        total = [t + p for t, p in zip(total, products, strict=True)]
    assert low <= total[1]
    assert total[0] <= high


@given(lattice_polynomials(2), st.fractions(min_value=Fraction(1, 5), max_value=9, max_denominator=5))
@settings(max_examples=30)
def test_scaling_the_function_scales_the_filter(F, c):
    scaled = entry(c * F, LabelFilter.polynomial([1, 1 / c], 0, None))
    assert close(scaled, entry(F, LabelFilter.polynomial([1, 1], 0, None)))


def test_constants_have_no_bins():
    three = parse("0*x0 + 3")
    assert independent_sum([three]).mean().lower <= 3 <= independent_sum([three]).mean().upper
    assert float(independent_sum([three, three]).tail(6)) == 0
    assert float(independent_sum([three, three]).tail(5)) == 1


@pytest.mark.parametrize("level", [10**4, 10**5, 10**9])
def test_levels_that_are_never_reached(level):
    found = tail(parse("max(x0, x1)"), level)
    assert 0 <= found.lower <= found.upper < Fraction(1, 2**10_000)
    assert float(found) == 0
    assert float(filter_matrix(parse("x0"), level)[0, 0]) == 0


def test_slopes_that_are_hardly_there():
    flat = maximum(parse("1/1000000000*x0 + 1 + 0*x1"), parse("x1"))
    moments = conditional_moments(flat, (1, 2))
    assert 0 < moments.mass.lower <= moments.mass.upper < 1
