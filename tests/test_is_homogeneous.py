"""Positive homogeneity: F(tx) = tF(x)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import contains, pieces, term
from proved_statements import agreement_tests, copies_are_equal, questions

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    Polyhedron,
    ReLUNetwork,
    Scaling,
    check,
    families,
    is_homogeneous,
    lattice,
    parse,
    to_rational,
)
from tropical.testing import functions, networks, points

ABSOLUTE = parse("abs(x0)")


def is_failure(F, scaling, domain):
    scaled = [scaling.factor * a for a in scaling.point]
    value = F(scaling.point)
    times = tuple(scaling.factor * v for v in value) if isinstance(value, tuple) else scaling.factor * value
    assert (scaling.left, scaling.right) == (F(scaled), times)
    assert contains(domain, scaling.point)
    assert contains(domain, scaled)
    return scaling.left != scaling.right and scaling.factor >= 0


def agrees_with_z3(F, domain):
    verdict = is_homogeneous(F, domain)
    constants = [constant for _, constant in pieces(lambda x: term(F, x), F.dimension, domain)]
    assert bool(verdict) == (not any(constants))
    if verdict:
        assert check(verdict.certificate, F, domain=domain)
    else:
        assert isinstance(verdict.witness, Scaling)
        assert is_failure(F, verdict.witness, domain)


test_the_verdict_is_that_of_all_pieces_by_z3, test_much_more_of_that = agreement_tests(
    agrees_with_z3, questions(), questions(largest=3), usual=60, slow=600
)


@given(functions(2), points(2), st.fractions(0, 7, max_denominator=5))
@settings(max_examples=100)
def test_no_point_contradicts_a_yes(F, x, t):
    if is_homogeneous(F):
        assert F([t * a for a in x]) == t * F(x)


@given(networks(2, biases=False, outputs=2))
@settings(max_examples=30)
def test_networks_without_biases_are_homogeneous(F):
    assert check(is_homogeneous(F).certificate, F)
    assert check(is_homogeneous(F[0]).certificate, F[0])


@pytest.mark.parametrize(
    ("F", "domain", "expected"),
    [
        (parse("max(x0 + 1, 1) - 1"), None, True),
        (parse("max(x0, 1)"), None, False),
        (parse("max(x0, 1)"), Box([2], [5]), True),  # there F is x0
        (parse("max(x0, 1)"), Box([-5], ["1/2"]), False),
        (parse("max(x0, 1/1000000000000)"), None, False),
        (parse("max(x0 - 5, 0)"), Box([-1], [5]), True),
        (parse("max(x0 - 5, 0)"), Polyhedron([[-1]], [-5]), False),
        (families.cyclic(2), None, True),
        (families.parity(1, 1), None, False),
        (families.parity(1, 1), Box([-1], [1]), True),
        (to_rational(families.cyclic(2)), None, True),
        (ReLUNetwork([[[1], [1]], [1, -1]], [[1, 1], [0]]), None, True),  # units with biases that cancel
        (ReLUNetwork([[[0]], [1]], [[1], [-1]]), None, True),  # relu(1) - 1
    ],
)
def test_known_functions(F, domain, expected):
    verdict = is_homogeneous(F, domain)
    assert bool(verdict) == expected
    assert check(verdict.certificate, F, domain=domain) if expected else is_failure(F, verdict.witness, domain)


def test_of_several_outputs_each_counts():
    net = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]], [[0, 0], [0, "1/7"]])
    verdict = is_homogeneous(net)
    assert not verdict
    assert is_failure(net, verdict.witness, None)
    assert is_homogeneous(net[0])
    assert not is_homogeneous(net[1])


@given(functions(1), st.fractions(-2, 2, max_denominator=3).filter(bool))
@settings(max_examples=30)
def test_a_constant_more_is_found(F, constant):
    G = lattice(F) + constant
    assert not (is_homogeneous(F) and is_homogeneous(G))


def test_budget_and_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        is_homogeneous(net, max_cells=2)
    with pytest.raises(InvalidInput, match=r"^`F` needs a network"):
        is_homogeneous(3)
    with pytest.raises(InvalidInput, match=r"^`domain` needs"):
        is_homogeneous(net, 5)


def test_verdicts_are_values():
    copies_are_equal(is_homogeneous(ABSOLUTE), ABSOLUTE)
    copies_are_equal(is_homogeneous(ABSOLUTE + Fraction(1, 2)))
    assert repr(is_homogeneous(ABSOLUTE)) == "Verdict(F is positively homogeneous: yes)"
    assert "for the factor" in repr(is_homogeneous(ABSOLUTE + 1))
