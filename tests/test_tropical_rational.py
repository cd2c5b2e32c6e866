"""Laws of tropical rational functions, named by law, and reduction."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import InvalidInput, InvalidType, TropicalPolynomial, TropicalRational, parse, same_function
from tropical.testing import points, tropical_polynomials, tropical_rationals

conventions = st.sampled_from(["max", "min"])


def several(count, dimension=2, terms=2):
    one = conventions.map(lambda c: tropical_rationals(dimension, convention=c, max_terms=terms, common_factor=False))
    return one.flatmap(lambda strategy: st.tuples(*[strategy] * count))


def best(R):
    return max if R.convention == "max" else min


@given(several(2, terms=3), points(2), st.fractions(-2, 2, max_denominator=2))
def test_operations_are_pointwise(pair, x, r):
    R, S = pair
    assert (R + S)(x) == best(R)(R(x), S(x))
    assert (R * S)(x) == R(x) + S(x)
    assert (R / S)(x) == R(x) - S(x)
    assert (R**r)(x) == r * R(x)
    assert R.scale(r)(x) == R(x) + r
    assert R.reciprocal()(x) == -R(x)
    other = "min" if R.convention == "max" else "max"
    assert R.in_convention(other)(x) == R(x)
    assert R.in_convention(other).convention == other
    assert R.in_convention(other).in_convention(R.convention) == R
    assert R.compose([[1, 2], [0, "1/2"]], [1, 0])(x) == R([x[0] + 2 * x[1] + 1, x[1] / 2])
    X = np.array([[float(a) for a in x]])
    assert np.allclose(R.evaluate(X), float(R(x)))


@given(several(2), tropical_polynomials(2), points(2))
def test_polynomials_join_in(pair, P, x):
    R = pair[0]
    if P.convention != R.convention:
        P = P.negated()
    assert (P + R)(x) == (R + P)(x) == best(R)(P(x), R(x))
    assert (P * R)(x) == (R * P)(x) == P(x) + R(x)
    assert (P / R)(x) == P(x) - R(x)
    assert (R / P)(x) == R(x) - P(x)


@given(several(3))
@settings(max_examples=15)
def test_associativity_and_distributivity(triple):
    R, S, T = triple
    assert same_function((R + S) + T, R + (S + T))
    assert (R * S) * T == R * (S * T)
    assert same_function(R * (S + T), R * S + R * T)


@given(several(2))
@settings(max_examples=25)
def test_commutativity_idempotence_and_inverse(pair):
    R, S = pair
    assert R * S == S * R
    assert same_function(R + S, S + R)
    assert same_function(R + R, R)
    one = TropicalRational(TropicalPolynomial.constant(0, 2, R.convention))
    assert same_function(R / R, one)
    assert (R / R).reduced() == one
    assert R * one == R


@given(st.integers(1, 3).flatmap(lambda d: tropical_rationals(d, max_terms=3)))
@settings(max_examples=80)
def test_reduction_keeps_the_function_and_is_final(R):
    S = R.reduced()
    assert same_function(R, S)
    assert S.reduced() == S
    assert len(S.numerator) <= len(R.numerator)
    assert len(S.denominator) <= len(R.denominator)
    assert S.denominator.terms[0] == (0, (0,) * R.dimension) or len(S.denominator) > 1
    assert S.denominator.essential() == S.denominator


@given(conventions.flatmap(lambda c: st.tuples(*[tropical_polynomials(1, convention=c, max_terms=3)] * 3)))
@settings(max_examples=60)
def test_in_one_variable_the_reduced_form_depends_on_the_function_alone(triple):
    P, Q, C = triple
    R = (P * C) / (Q * C)
    assert R.reduced() == (P / Q).reduced()
    roots = {root for root, _ in R.reduced().numerator.roots()} & {root for root, _ in R.reduced().denominator.roots()}
    assert not roots


@given(conventions.flatmap(lambda c: st.tuples(*[tropical_polynomials(2, convention=c, max_terms=3)] * 2)))
@settings(max_examples=40)
def test_a_polynomial_in_disguise_is_found(pair):
    P, Q = pair
    assert ((P * Q) / Q).reduced() == TropicalRational(P.essential())
    assert len((Q / (P * Q)).reduced().numerator) == 1


def test_the_shared_affine_term():
    x = TropicalPolynomial.variables(1, "max")[0]
    plain = TropicalRational(x)
    for formula in (x / x**0, x**2 / x, (x**3).scale(5) / (x**2).scale(5)):
        assert formula.reduced() == plain
        assert same_function(formula, plain)
    assert x**2 / x != plain


def test_a_hyperplane_factor_of_part_of_its_weight():
    # (x + 0)^3 / (x + 0): weights 3 and 1, so 2 remain
    x = TropicalPolynomial.variables(1, "max")[0]
    b = x + x**0
    assert (b**3 / b).reduced() == TropicalRational(b.frobenius(2))
    half = b.frobenius(Fraction(1, 2))
    assert (b / half).reduced() == TropicalRational(half)
    # in the plane, with a factor that does not cover the hyperplane in the other polynomial
    x, y = TropicalPolynomial.variables(2, "max")
    line = x + y + x**0
    R = (line * (x + y)) / (x + x**0)
    assert same_function(R, R.reduced())
    assert len(R.reduced().denominator) == 2


def test_a_common_factor_that_is_no_hyperplane_can_remain():
    x, y = TropicalPolynomial.variables(2, "max")
    line = x + y + x**0
    R = (line * (x**2 + y)) / (line * (x + y.scale(1)))
    assert same_function(R, R.reduced())


def test_bad_operands():
    x = TropicalPolynomial.variables(1, "max")[0]
    R = x / (x + x**0)
    with pytest.raises(InvalidType, match=r"TropicalPolynomial\.constant"):
        R + 1
    with pytest.raises(InvalidType, match=r"TropicalPolynomial\.constant"):
        2 * R
    with pytest.raises(InvalidType, match=r"tropical\.lattice of both"):
        R * parse("x0")
    with pytest.raises(InvalidInput, match="the same convention"):
        R + TropicalPolynomial.variables(1, "min")[0]
    with pytest.raises(InvalidInput, match="same number of variables"):
        TropicalRational(x, TropicalPolynomial.constant(0, 2, "max"))
    with pytest.raises(InvalidType, match="numerator"):
        TropicalRational(parse("x0"))
    with pytest.raises(InvalidType, match="denominator"):
        TropicalRational(x, 3)
    with pytest.raises(InvalidInput, match='"max" or "min"'):
        R.in_convention("plus")


def test_reprs_say_the_convention():
    x = TropicalPolynomial.variables(1, "min")[0]
    assert repr(x / (x + x**0)) == "TropicalRational(min, 1 over 2 terms, R^1: x0 - (min(0, x0)))"
    assert repr(TropicalRational(x)) == "TropicalRational(min, 1 over 1 terms, R^1: x0)"
    assert (x / (x + x**0))._repr_latex_() == r"$x_{0} - \left(\min\left(0, x_{0}\right)\right)$"
    assert same_function(parse(str(x / (x + x**0))), x / (x + x**0))
