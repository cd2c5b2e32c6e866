"""Equality of functions on all of R^d: decided, never sampled."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import ASSEMBLY_EXAMPLE, ASSEMBLY_NETWORK, MEDIAN
from oracles import z3_same

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    check,
    families,
    lattice,
    same_function,
)
from tropical.testing import functions

small = st.integers(-2, 2)

ABSOLUTE = ReLUNetwork([[[1], [-1]], [1, 1]])
ABSOLUTE_LATTICE = LatticePolynomial([([1], 0), ([-1], 0)], [[0], [1]])


@given(st.integers(1, 2).flatmap(lambda d: st.tuples(functions(d), functions(d))))
@settings(max_examples=60)
def test_the_verdict_is_that_of_z3_and_comes_with_evidence(pair):
    F, G = pair
    verdict = same_function(F, G)
    assert bool(verdict) == z3_same(F, G)
    if verdict:
        assert verdict.witness is None
        assert check(verdict.certificate, F, G)
    else:
        assert verdict.certificate is None
        assert (F(verdict.witness.point), G(verdict.witness.point)) == (verdict.witness.left, verdict.witness.right)
        assert verdict.witness.left != verdict.witness.right


@given(functions(2))
@settings(max_examples=40)
def test_reflexive(F):
    assert same_function(F, F)


@pytest.mark.parametrize(
    ("F", "G"),
    [
        (ABSOLUTE, ABSOLUTE_LATTICE),
        (ABSOLUTE, ReLUNetwork([[[2], [-2], [2]], ["1/4", "1/2", "1/4"]])),  # duplicated and scaled neurons
        (ASSEMBLY_EXAMPLE, ASSEMBLY_NETWORK),
        (ReLUNetwork([[[0]], [1]]), LatticePolynomial([([0], 0)], [[0]])),  # dead unit: the zero network
        (ReLUNetwork([[[1], [1]], [1, -1]]), ReLUNetwork([[0]])),  # cancelling units
        (MEDIAN, LatticePolynomial(MEDIAN.pieces, [[0, 1], [0, 2], [1, 2]], "min-max")),  # self-dual
        (
            ReLUNetwork([[[1, -1], [0, 1], [0, -1]], [1, 1, -1]]),
            LatticePolynomial([([1, 0], 0), ([0, 1], 0)], [[0], [1]]),
        ),
    ],
)
def test_different_formulas_of_one_function(F, G):
    for left, right in ((F, G), (G, F)):
        verdict = same_function(left, right)
        assert verdict
        assert check(verdict.certificate, left, right)


def test_assembly_from_one_sample_in_each_region_is_not_enough():
    # sets S_x of one sample for each region of the example: x = -3, -1/2, 1/2, 3/2, 2.002, 5
    pieces = ASSEMBLY_EXAMPLE.pieces
    samples = [Fraction(-3), Fraction(-1, 2), Fraction(1, 2), Fraction(3, 2), Fraction(2002, 1000), Fraction(5)]
    clauses = [
        [i for i, p in enumerate(pieces) if p.gradient[0] * x + p.constant >= ASSEMBLY_EXAMPLE([x])] for x in samples
    ]
    assembled = LatticePolynomial(pieces, clauses)
    verdict = same_function(ASSEMBLY_EXAMPLE, assembled)
    assert not verdict
    assert verdict.witness.right < verdict.witness.left
    assert (assembled([-10]), ASSEMBLY_EXAMPLE([-10])) == (Fraction(-1, 2), 0)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_mutant_by_one_thousandth_is_caught(layer):
    net = families.random_network((20, 4, 4, 1), 5, rank=2)
    F = lattice(net)
    assert same_function(net, F)
    weights = [[list(row) for row in matrix] for matrix in net.weights]
    unit, entry = next((i, j) for i, row in enumerate(weights[layer]) for j, w in enumerate(row) if w and i < 4)
    weights[layer][unit][entry] += Fraction(1, 1000)
    mutant = ReLUNetwork(weights, net.biases)
    verdict = same_function(mutant, F)
    assert not verdict
    assert mutant(verdict.witness.point) != F(verdict.witness.point)
    assert all(isinstance(t, Fraction) for t in verdict.witness.point)


def test_a_difference_too_small_and_too_far_for_floats_is_found():
    # they differ on |x| > 10^12 only, and by slope 10^-15
    bump = LatticePolynomial([([0], 0), ([f"1/{10**15}"], "-1/1000")], [[0], [1]])
    zero = LatticePolynomial([([0], 0)], [[0]])
    verdict = same_function(bump, zero)
    assert not verdict
    assert verdict.witness.left > 0
    assert same_function(bump, zero, Box([-1], [10**12]))


def test_coefficients_beyond_floats_are_decided_all_the_same():
    huge = ReLUNetwork([[["1" + "0" * 400]]])
    assert same_function(huge, huge)
    assert not same_function(huge, ReLUNetwork([[["1" + "0" * 399 + "1"]]]))
    with pytest.raises(InvalidInput, match="range of float64"):
        huge.evaluate([[1.0]])


def test_domains():
    relu, line, zero = ReLUNetwork([[[1]], [1]]), ReLUNetwork([[1]]), ReLUNetwork([[0]])
    right, left = Polyhedron([[-1]], [0]), Polyhedron([[1]], [0])
    for F, G, domain, expected in [(relu, line, right, True), (relu, zero, left, True), (relu, line, left, False)]:
        verdict = same_function(F, G, domain)
        assert bool(verdict) == expected
        if verdict:
            assert check(verdict.certificate, F, G, domain=domain)
            assert not check(verdict.certificate, F, G)
        else:
            assert verdict.witness.point in domain


def test_several_outputs():
    net = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])
    same = ReLUNetwork([[[-1], [1]], [[1, 1], [-1, 1]]])
    assert check(same_function(net, same).certificate, net, same)
    other = ReLUNetwork([[[-1], [1]], [[1, 1], [1, 1]]])
    assert not same_function(net, other)


def test_budget_and_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        same_function(net, net, max_cells=2)
    with pytest.raises(InvalidInput, match=r"^`G` needs 3 inputs"):
        same_function(net, ABSOLUTE)
    with pytest.raises(InvalidInput, match=r"^`G` needs 1 outputs"):
        same_function(ABSOLUTE, ReLUNetwork([[[1], [1]]]))
    with pytest.raises(InvalidInput, match=r"^`F` needs"):
        same_function("x0", ABSOLUTE)
    with pytest.raises(InvalidInput, match=r"^`domain` needs"):
        same_function(ABSOLUTE, ABSOLUTE, domain=[0, 1])
