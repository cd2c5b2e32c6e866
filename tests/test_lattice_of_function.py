"""Lemma R: every continuous piecewise-linear function is a max-min of its pieces, by order cells."""

import itertools

import pytest
from hypothesis import given, settings
from known_functions import ASSEMBLY_NETWORK, COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED, MEDIAN
from oracles import z3_same

from tropical import BudgetExceeded, LatticePolynomial, ReLUNetwork, cells, check, families, lattice, same_function
from tropical.testing import functions, networks


def coarse_form(net):
    """The wrong statement: one clause for each activation cell, {i : g_i >= g_a on the whole cell}."""
    complex_ = cells(net)
    table = complex_.pieces
    clauses = []
    for cell, region in zip(complex_.cells, complex_.regions(), strict=True):
        cone = region.cone
        active = table.rows[cell.pieces[0]]
        pivots = [next(j for j, b in enumerate(row) if b) for row in complex_.basis]
        clause = []
        for i, row in enumerate(table.rows):
            form = [row[p] - active[p] for p in pivots] + [row[-1] - active[-1]]
            if cone.side(form[: cone.dimension]) in (0, 1):
                clause.append(i)
        clauses.append(clause)
    return LatticePolynomial(table, clauses)


@pytest.mark.parametrize("net", [COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED], ids=["bias-free", "biased"])
def test_the_coarse_form_is_false_and_order_cells_mend_it(net):
    wrong = same_function(net, coarse_form(net))
    assert not wrong
    assert coarse_form(net)(wrong.witness.point) > net(wrong.witness.point)
    F = lattice(net)
    right = same_function(net, F)
    assert right
    assert check(right.certificate, net, F)
    assert z3_same(net, F)


def test_the_published_value_of_the_first_counterexample():
    assert COARSE_FAILS_BIAS_FREE([2, 5]) == -2
    assert coarse_form(COARSE_FAILS_BIAS_FREE)([2, 5]) >= 0


def test_assembly_example():
    F = lattice(ASSEMBLY_NETWORK)
    verdict = same_function(ASSEMBLY_NETWORK, F)
    assert check(verdict.certificate, ASSEMBLY_NETWORK, F)
    assert len(F.pieces) == 5
    assert F([-10]) == 0


def test_max_of_two_by_three_units():
    assert str(lattice(ReLUNetwork([[[1, -1], [0, 1], [0, -1]], [1, 1, -1]]))) == "max(x1, x0)"


def test_median_is_self_dual():
    assert lattice(MEDIAN).clauses == ((0, 1), (0, 2), (1, 2))


@given(networks())
@settings(max_examples=80)
def test_lattice_of_a_network_is_the_network(net):
    F = lattice(net)
    verdict = same_function(net, F)
    assert verdict
    assert check(verdict.certificate, net, F)


@given(networks(max_depth=1))
@settings(max_examples=25)
def test_z3_agrees(net):
    assert z3_same(net, lattice(net))


@given(functions(2))
@settings(max_examples=50)
def test_the_form_is_canonical(F):
    """Another representation of the same function has the same pieces and clauses."""
    first = lattice(F)
    assert lattice(first) == first
    assert all(not set(a) < set(b) for a, b in itertools.permutations(first.clauses, 2))
    assert list(first.pieces) == sorted(first.pieces)


def test_ambient_dimension_costs_linear_algebra_only():
    net = families.random_network((200, 4, 4, 1), 3, rank=2)
    F = lattice(net)
    assert F.dimension == 200
    assert F.pieces.rank() <= 2
    assert same_function(net, F)


def test_several_outputs_give_a_tuple():
    net = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])
    F, G = lattice(net)
    assert (str(F), str(G)) == ("max(-x0, x0)", "x0")


def test_budget():
    with pytest.raises(BudgetExceeded, match="cells"):
        lattice(families.random_network((3, 4, 4, 1), 0), max_cells=3)
