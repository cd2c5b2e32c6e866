"""Exact numbers, enclosures and estimates as values: arithmetic, order, SymPy, precision, refusals."""

import pickle
from fractions import Fraction

import mpmath
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import Enclosure, Exact, InvalidInput, InvalidType, MonteCarloEstimate, NotExact, gaussian, parse
from tropical.gaussian.closed_form import Combination, arc_cosine, error_function, square_root
from tropical.gaussian.values import enclosure_of_ball, exact_value, root
from tropical.gaussian.working_precision import working_bits
from tropical.testing import rationals

half_normal = gaussian.mean(parse("max(x0, 0)"))  # 1/√(2π)
beyond_two = gaussian.tail(parse("x0"), 2)  # 1 - erf √2


def numbers():
    """Sums of a rational, a root, an angle and a value of erf, with positive arguments of any size."""
    positive = rationals(5, 7).map(abs).filter(bool)

    def build(parts):
        rational, r, angle, e = parts
        total = Combination.rational(fmpq(rational.numerator, rational.denominator))
        total.add(Combination.of(square_root(fmpq(r.numerator, r.denominator))))
        total.add(arc_cosine(-1, fmpq(angle.numerator, angle.denominator)), 2)
        total.add(error_function(fmpq(e.numerator, e.denominator)), -1)
        return exact_value(total)

    share = st.builds(Fraction, st.integers(0, 12), st.just(12))
    return st.tuples(rationals(), positive, share, positive).map(build)


@given(numbers(), numbers())
@settings(max_examples=60)
def test_arithmetic_is_that_of_sympy(a, b):
    left, right = a.to_sympy(), b.to_sympy()
    for ours, theirs in ((a + b, left + right), (a - b, left - right), (a * b, left * right), (a / 3, left / 3)):
        assert float(ours) == pytest.approx(float(theirs.evalf(30)), rel=1e-14, abs=1e-14)


@given(numbers(), numbers())
@settings(max_examples=60)
def test_order_agrees_with_floats_and_differences_cancel(a, b):
    assert (a - a) == 0
    assert (a < b) == (float(a) < float(b)) or abs(float(a) - float(b)) < 1e-12
    assert (a <= b) == (a < b or a == b)
    assert (a + b) - b == a


def test_equality_with_rationals_and_hash():
    half = gaussian.second_moment(parse("max(x0, 0)"))
    assert half == Fraction(1, 2) == half
    assert half != "1/2"  # a text has another hash
    assert half != 1
    assert hash(half) == hash(Fraction(1, 2))
    assert hash(Exact(())) == hash(0)
    assert Exact(()) == 0
    assert half in {Fraction(1, 2)}
    assert pickle.loads(pickle.dumps(half_normal)) == half_normal


def test_order_with_rationals():
    assert 0 < half_normal < 1
    assert half_normal > "39894228/100000000"
    assert half_normal < Fraction(39894229, 100000000)


def test_sums_that_cannot_be_told_from_zero_are_no_answer():
    # arccos(1/3) = π - 2 arccos(1/√3): the terms differ, the numbers do not
    relation = Combination()
    relation.add(arc_cosine(1, fmpq(1, 9)))
    relation.add(arc_cosine(1, fmpq(1, 3)), 2)
    relation.add(arc_cosine(-1, fmpq(1)), -1)
    assert relation
    with pytest.raises(NotExact, match="bits do not tell"):
        exact_value(relation).sign()


@pytest.mark.parametrize(
    "square", [Fraction(n, 12) for n in range(13)] + [Fraction(1, 10**12), 1 - Fraction(1, 10**12)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_arc_cosine(sign, square):
    with mpmath.workdps(50):
        expected = mpmath.acos(sign * mpmath.sqrt(mpmath.mpf(square.numerator) / square.denominator))
    value = exact_value(arc_cosine(sign, fmpq(square.numerator, square.denominator)))
    assert float(value) == pytest.approx(float(expected), rel=1e-15)
    if square in (0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1):
        assert not any(term.functions for term in value.terms)  # a rational multiple of π


@given(st.builds(Fraction, st.integers(0, 50), st.just(50)))
def test_acute_angles_of_a_right_triangle_are_terms_that_cancel(square):
    both = Combination()
    both.add(arc_cosine(1, fmpq(square.numerator, square.denominator)))
    both.add(arc_cosine(1, fmpq(1) - fmpq(square.numerator, square.denominator)))
    both.add(arc_cosine(1, fmpq(0)), -1)
    assert exact_value(both) == 0


@given(st.integers(1, 10**40), st.integers(1, 10**6))
def test_roots(number, denominator):
    value = root(Fraction(number, denominator))
    assert value * value == Fraction(number, denominator)
    assert root(Fraction(number * number, denominator**2)) == Fraction(number, denominator)


def test_float_is_right_where_terms_cancel():
    # 1 - erf(√2·5) is 5.7e-23: float arithmetic would give 0
    assert float(gaussian.tail(parse("x0"), 10)) == pytest.approx(float(mpmath.erfc(10 / mpmath.sqrt(2))), rel=1e-14)


def test_enclosures_of_exact_values_have_the_digits_asked_for():
    for digits in (5, 40, 200):
        box = beyond_two.enclosure(digits)
        with mpmath.workdps(digits + 20):
            truth = mpmath.erfc(mpmath.sqrt(2))
            assert mpmath.mpf(box.lower.numerator) / box.lower.denominator <= truth
            assert mpmath.mpf(box.upper.numerator) / box.upper.denominator >= truth
        assert box.width < Fraction(1, 10**digits)


def test_sympy():
    assert sympy.simplify(half_normal.to_sympy() - 1 / sympy.sqrt(2 * sympy.pi)) == 0
    assert sympy.simplify(beyond_two.to_sympy() - (1 - sympy.erf(sympy.sqrt(2)))) == 0


def test_enclosure_comparisons_do_not_guess():
    box = Enclosure(Fraction(1, 4), Fraction(1, 2))
    assert box > 0
    assert box < 1
    assert not box < Fraction(1, 4)
    with pytest.raises(NotExact, match="lies inside"):
        _ = box < Fraction(1, 3)
    assert Enclosure(Fraction(1, 3), Fraction(2, 5)) in box
    assert half_normal in box
    assert Fraction(3, 4) not in box


def test_enclosures_of_balls_are_rounded_outwards_at_any_precision():
    with working_bits(300):
        ball = arb(1) / 3
    box = enclosure_of_ball(ball)  # outside: at the default precision
    assert box.lower <= Fraction(1, 3) <= box.upper
    assert box.width < Fraction(1, 2**290)


def test_an_enclosure_has_its_bounds_in_order():
    with pytest.raises(InvalidInput, match="swap the bounds"):
        Enclosure(Fraction(1), Fraction(0))


def test_precision_is_a_context():
    F = parse("max(x0, x1, 1)")
    widths = {}
    for digits in (10, 50):
        with gaussian.precision(digits=digits):
            widths[digits] = gaussian.mean(F).width
    assert widths[50] < Fraction(1, 10**50) < widths[10] < Fraction(1, 10**10)
    assert gaussian.mean(F).width < Fraction(1, 10**15)


@pytest.mark.parametrize("digits", [0, -1, True, 2.5, "5", 10**6])
def test_precision_refuses(digits):
    with pytest.raises(InvalidInput, match="digits"), gaussian.precision(digits=digits):
        pass


def test_a_quotient_of_closed_forms_is_refused_with_the_cure():
    with pytest.raises(NotExact, match="enclosures"):
        _ = half_normal / half_normal
    with pytest.raises(TypeError):
        _ = half_normal + 0.5
    with pytest.raises(InvalidType, match="from_floats"):
        _ = half_normal / 0.5


def test_what_is_sampled_is_another_type():
    sampled = gaussian.mean(parse("max(x0, 0)"), method="monte-carlo", random_state=0)
    assert isinstance(sampled, MonteCarloEstimate)
    assert not isinstance(sampled, (Exact, Enclosure))
    assert sampled.confidence == 0.99
    with pytest.raises(TypeError):
        _ = half_normal < sampled


@pytest.mark.parametrize("value", [half_normal, beyond_two, Exact(()), Enclosure(Fraction(0), Fraction(1))])
def test_reprs_are_short_and_have_latex(value):
    assert "\n" not in repr(value)
    assert value._repr_latex_().startswith("$")
    assert value._repr_latex_().endswith("$")


def test_long_reprs_are_cut():
    total = sum((root(Fraction(10**400 + 2 * n + 1)) for n in range(40)), Exact(()))
    assert len(repr(total)) < 1000
    assert len(repr(root(Fraction(10**5000 + 1)))) < 1000
    assert len(root(Fraction(10**5000 + 1))._repr_latex_()) < 1000
