"""Irredundant forms, the canonical duals, and criterion R': which clauses represent a function."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import COARSE_FAILS_BIAS_FREE, MEDIAN

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    LatticePolynomial,
    ReLUNetwork,
    check,
    clause_criterion,
    families,
    lattice,
    parse,
    same_function,
)
from tropical.clauses import mask_of
from tropical.testing import lattice_polynomials, networks, points

plane = lattice_polynomials(2, max_pieces=4, max_clauses=4)


def without(F, clause, literal=None):
    """F with a clause dropped, or one literal of it."""
    clauses = [list(c) for c in F.clauses]
    if literal is None:
        del clauses[clause]
    else:
        clauses[clause].remove(literal)
    return LatticePolynomial(F.pieces, clauses, F.form)


@given(plane)
@settings(max_examples=60)
def test_minimal_is_the_same_function_in_the_same_form(F):
    M = F.minimal()
    assert M.form == F.form
    assert same_function(F, M)
    assert M.minimal() == M
    assert list(M.pieces.rows) == sorted(set(M.pieces.rows))


@given(plane)
@settings(max_examples=40)
def test_minimal_is_irredundant(F):
    M = F.minimal()
    for j, clause in enumerate(M.clauses):
        if len(M.clauses) > 1:
            assert not same_function(M, without(M, j))
        for i in clause:
            if len(clause) > 1:
                assert not same_function(M, without(M, j, i))


@given(plane, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_minimal_does_not_depend_on_the_order_of_pieces_and_clauses(F, random):
    order = list(range(len(F.pieces)))
    random.shuffle(order)
    clauses = [[order.index(i) for i in clause] for clause in F.clauses]
    random.shuffle(clauses)
    shuffled = LatticePolynomial([F.pieces[i] for i in order], clauses, F.form)
    assert shuffled.minimal() == F.minimal()


def test_textbook_instances():
    assert str(parse("max(min(x0, x1, x0 + x1), min(x0, x1), 0)").minimal()) == "max(0, min(x1, x0))"
    assert str(parse("max(0, min(x0, 1 - x0))").canonical().minimal()) == "max(min(-x0 + 1, x0), 0)"
    # a piece that is nowhere alone is not needed
    assert str(parse("max(x0, -x0, 0)").minimal()) == "max(-x0, x0)"
    same = LatticePolynomial([([1], 0), ([1], 0)], [[0, 1], [1]])
    assert same.minimal() == LatticePolynomial([([1], 0)], [[0]])
    zero = LatticePolynomial.constant(0, 2)
    assert zero.minimal() == zero


def test_minimal_has_a_budget():
    F = lattice(families.random_network((2, 5, 1), 0))
    with pytest.raises(BudgetExceeded, match="max_cells"):
        F.minimal(max_cells=2)
    with pytest.raises(InvalidInput, match="max_cells"):
        F.minimal(max_cells=0)


@given(plane)
@settings(max_examples=40)
def test_both_canonical_forms_are_the_function_and_each_others_dual(F):
    up, down = F.canonical(), F.canonical("min-max")
    assert (up.form, down.form) == ("max-min", "min-max")
    assert up.pieces == down.pieces
    assert same_function(up, down)
    assert down.canonical() == up
    assert up.canonical("min-max") == down
    # every clause of one meets every clause of the other (lemma R, separation)
    assert all(set(s) & set(t) for s in up.clauses for t in down.clauses)


def test_the_canonical_dual_is_not_the_formal_one():
    F = parse("max(0, min(x0, 1 - x0))").canonical()
    assert set(F.canonical("min-max").clauses) < set(F.dual().clauses)
    median = MEDIAN.canonical()
    assert median.canonical("min-max").clauses == median.dual().clauses  # self-dual: there they agree
    with pytest.raises(InvalidInput, match="max-min"):
        F.canonical("max")


@given(plane, points(1))
@settings(max_examples=40)
def test_restriction_to_a_subspace(F, z):
    G = F.restrict([[1, -2]], ["1/2", 0])
    assert G.dimension == 1
    assert G(z) == F([z[0] + Fraction(1, 2), -2 * z[0]])


def test_restriction_refuses_bad_bases():
    F = parse("max(x0, x1)")
    assert str(F.restrict([[1, 1]])) == "x0"
    assert F.restrict([[1, 0], [0, 1], [1, 1]]).dimension == 3
    for basis in ([], [[1]], [[1, 2], [1]]):
        with pytest.raises(InvalidInput, match="basis"):
            F.restrict(basis)


# ------------------------------------------------------------ criterion R'


@given(networks(2, max_depth=1))
@settings(max_examples=15)
def test_the_criterion_agrees_with_equality_on_every_family(net):
    criterion = clause_criterion(net)
    count = len(criterion.pieces)
    if count > 3:
        return
    subsets = [s for n in range(1, count + 1) for s in combinations(range(count), n)]
    families_ = [f for n in range(1, 4) for f in combinations(subsets, n)]
    for form in ("max-min", "min-max"):
        for family in families_[:: max(1, len(families_) // 25)]:
            verdict = criterion.represents(family, form)
            formula = LatticePolynomial(criterion.pieces, family, form)
            assert bool(verdict) == bool(same_function(net, formula))
            if verdict:
                assert check(verdict.certificate, net, formula)
            else:
                assert (verdict.witness.left, verdict.witness.right) == (
                    net(verdict.witness.point),
                    formula(verdict.witness.point),
                )
                assert verdict.witness.left != verdict.witness.right


@given(plane)
@settings(max_examples=30)
def test_the_canonical_clauses_are_the_upper_sets(F):
    criterion = clause_criterion(F)
    assert criterion.upper_sets == tuple(sorted(criterion.upper_sets, key=mask_of))
    assert set(criterion.upper_sets) == set(F.canonical().clauses)
    assert set(criterion.lower_sets) == set(F.canonical("min-max").clauses)
    assert criterion.represents(F.canonical().clauses)
    assert criterion.represents(F.canonical("min-max").clauses, "min-max")
    for sets, points_, sign in (
        (criterion.upper_sets, criterion.upper_points, 1),
        (criterion.lower_sets, criterion.lower_points, -1),
    ):
        for members, x in zip(sets, points_, strict=True):
            values = [sum(u * t for u, t in zip(g.gradient, x, strict=True)) + g.constant for g in criterion.pieces]
            assert members == tuple(i for i, value in enumerate(values) if sign * (value - F(x)) >= 0)


def test_the_coarse_form_is_refused_with_its_witness():
    # one clause for each activation cell is not enough (lemma R); R' says so, with a point
    criterion = clause_criterion(COARSE_FAILS_BIAS_FREE)
    for j in range(len(criterion.upper_sets)):
        fewer = [s for i, s in enumerate(criterion.upper_sets) if i != j]
        verdict = criterion.represents(fewer)
        assert not verdict
        assert verdict.witness.right < verdict.witness.left


def test_extra_functions_do_no_harm():
    F = parse("max(x0, 0)")
    criterion = clause_criterion(F, [((5,), 7), ((0,), 0), ((1,), 0)])
    assert criterion.represents([[1], [2]])
    assert not criterion.represents([[0], [2]])
    assert criterion.represents([[1], [2], [0, 1]])


def test_the_criterion_on_a_domain():
    F = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]])
    criterion = clause_criterion(F, domain=Box([1, -1], [2, 1]))
    assert [str(p) for p in criterion.pieces] == ["x0", "x0 + x1"]
    assert criterion.represents([[0], [1]])


def test_bad_input_to_the_criterion():
    F = parse("max(x0, 0)")
    with pytest.raises(InvalidInput, match="lemma I"):
        clause_criterion(F, [((1,), 0)])
    with pytest.raises(InvalidInput, match="twice"):
        clause_criterion(F, [((1,), 0), ((0,), 0), ((1,), 0)])
    with pytest.raises(InvalidInput, match="1 inputs"):
        clause_criterion(F, [((1, 0), 0)])
    with pytest.raises(InvalidInput, match="one output"):
        clause_criterion(ReLUNetwork([[[1], [1]]]))
    with pytest.raises(InvalidInput, match="piece numbers"):
        clause_criterion(F).represents([[5]])
