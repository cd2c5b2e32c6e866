"""Lipschitz constants in three norms, exact."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import contains, dual_squared, pieces, term
from proved_statements import agreement_tests, copies_are_equal, questions

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    check,
    families,
    lipschitz,
    parse,
    to_network,
    to_rational,
)
from tropical.testing import functions, points

NORMS = (1, 2, "inf")
ABSOLUTE = parse("abs(x0)")


def length_squared(vector, norm):
    lengths = [abs(a) for a in vector]
    return {1: sum(lengths) ** 2, 2: sum(a * a for a in lengths), "inf": max(lengths) ** 2}[norm]


def agrees_with_z3(F, domain):
    found = [gradient for gradient, _ in pieces(lambda x: term(F, x), F.dimension, domain)]
    for norm in NORMS:
        constant = lipschitz(F, norm, domain)
        assert constant.squared == max(dual_squared(gradient, norm) for gradient in found)
        assert constant.gradient in found
        assert dual_squared(constant.gradient, norm) == constant.squared
        assert contains(domain, constant.point)
        tiny = Fraction(1, 10**9)
        for i, slope in enumerate(constant.gradient):
            moved = [a + tiny * (i == j) for j, a in enumerate(constant.point)]
            assert F(moved) - F(constant.point) == tiny * slope
        assert check(constant.certificate, F, domain=domain)


test_the_constants_are_those_of_all_gradients_by_z3, test_much_more_of_that = agreement_tests(
    agrees_with_z3, questions(), questions(largest=3), usual=50, slow=600
)


@given(functions(2), points(2), points(2), st.sampled_from(NORMS))
@settings(max_examples=100)
def test_no_two_points_are_steeper(F, x, y, norm):
    constant = lipschitz(F, norm)
    difference = [a - b for a, b in zip(x, y, strict=True)]
    assert (F(x) - F(y)) ** 2 <= constant.squared * length_squared(difference, norm)


@given(functions(2))
@settings(max_examples=30)
def test_the_norms_are_ordered(F):
    # |x|_inf <= |x|_2 <= |x|_1 <= 2 |x|_inf on the plane
    one, two, largest = (lipschitz(F, norm).squared for norm in NORMS)
    assert one <= two <= largest <= 4 * one
    assert two <= 2 * one


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_closed_forms(n):
    maximum, total = families.maximum_of(n), parse(" + ".join(f"abs(x{i})" for i in range(n)))
    for F in (maximum, to_network(maximum), to_rational(maximum)):
        assert [lipschitz(F, norm).squared for norm in NORMS] == [1, 1, 1]
    assert [lipschitz(total, norm).squared for norm in NORMS] == [1, n, n * n]
    assert float(lipschitz(total)) == pytest.approx(n**0.5, abs=1e-15)


def test_parity():
    # its gradients are products of k slopes ±1/t
    for k, t in ((1, 1), (2, "1/2"), (3, "1/10")):
        assert lipschitz(families.parity(k, t)).squared == k / Fraction(t) ** 2


def test_the_domain_counts():
    F = parse("max(0, 3*x0 - 6, -x0)")
    for domain, constant in [
        (None, 3),
        (Box([-1], [2]), 1),  # the steep part touches the box in one point
        (Box([-1], ["2001/1000"]), 3),
        (Box([0], [2]), 0),
        (Polyhedron([[1]], [-5]), 1),
    ]:
        found = lipschitz(F, domain=domain)
        assert found.constant == constant
        assert contains(domain, found.point)
        assert check(found.certificate, F, domain=domain)


def test_irrational_and_zero():
    root = lipschitz(parse("x0 + x1"))
    assert (root.squared, root.constant) == (2, None)
    assert float(root) == 2**0.5
    assert "√(2)" in repr(root)
    zero = lipschitz(ReLUNetwork([[[0, 0]], [1]]))
    assert (zero.squared, zero.constant, zero.gradient) == (0, 0, (0, 0))
    cancelling = ReLUNetwork([[[1, 2], [1, 2], [2, 4]], [1, 1, -1]])
    assert lipschitz(cancelling).squared == 0


def test_names_of_norms():
    for norm in ("inf", float("inf"), np.inf):
        assert lipschitz(ABSOLUTE, norm).norm == "inf"
    assert lipschitz(ABSOLUTE, np.int64(2)) == lipschitz(ABSOLUTE)
    for norm in (0, 3, -1, True, None, "3", "euclidean", [2], float("nan")):
        with pytest.raises(InvalidInput, match=r"^`norm` needs"):
            lipschitz(ABSOLUTE, norm)


def test_errors_about_norms_name_the_choices():
    for norm in (np.array([1, 2]), "2"):
        with pytest.raises(InvalidInput, match=r'^`norm` needs 1, 2 or "inf"'):
            lipschitz(ABSOLUTE, norm)


@pytest.mark.parametrize("size", [200, -200])
def test_constants_whose_square_is_no_float(size):
    slope = Fraction(10) ** size
    found = lipschitz(LatticePolynomial([([slope, slope], 0)], [[0]]))
    assert float(found) == pytest.approx(2**0.5 * 10.0**size, rel=1e-12, abs=0)


def test_budget_and_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        lipschitz(net, max_cells=2)
    with pytest.raises(InvalidInput, match=r"^`F` needs one output, got 2; select one with F\[j\]"):
        lipschitz(ReLUNetwork([[[1], [2]]]))
    with pytest.raises(InvalidInput, match=r"^`F` needs a network"):
        lipschitz(3)
    with pytest.raises(InvalidInput, match=r"^`domain` needs"):
        lipschitz(net, domain="R")


def test_constants_are_values():
    box = Box([-1], [2])
    found = lipschitz(ABSOLUTE, 1, box)
    copies_are_equal(found, ABSOLUTE, domain=box)
    assert found == lipschitz(ABSOLUTE, 1, box)
    assert found != lipschitz(ABSOLUTE, 2, box)
    assert repr(found).startswith("Lipschitz(1 in the 1-norm, at x0 = ")
