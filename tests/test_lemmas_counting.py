"""Depth by construction, Dedekind counts, counting tables, the maximum of five."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from known_functions import MEDIAN
from lemma_instances import AFFINE, BIAS_FREE, ZERO

from tropical import BudgetExceeded, InvalidInput, LatticePolynomial, families, lemmas, maximum, parse, same_function
from tropical.lemmas.simplices import signed_simplices
from tropical.testing import lattice_polynomials, networks, rationals, tropical_polynomials

# ---------------------------------------------------------------- depth


@settings(max_examples=12, deadline=None)
@given(networks(3, max_width=2))
def test_three_dimensions_take_two_layers(F):
    report = lemmas.check("D", F)
    assert report
    assert len(report.certificate.widths) - 2 <= 2


@settings(max_examples=25, deadline=None)
@given(tropical_polynomials(convention="max"))
def test_signed_simplices_add_up(P):
    essential = P.essential()
    total = LatticePolynomial.constant(0, P.dimension)
    for simplex, sign in signed_simplices(essential).items():
        assert len(simplex) <= P.dimension + 1
        part = maximum(*[LatticePolynomial([essential.pieces[i]], [[0]]) for i in simplex])
        total = total + sign * part
    assert same_function(total, P)


def test_homogeneous_functions_get_networks_without_biases():
    for F in BIAS_FREE.values():
        assert lemmas.shallow_network(F).is_bias_free()


def test_depth_bounds_known_from_the_literature():
    assert [lemmas.depth_bound(k) for k in (0, 1, 2, 3, 4, 7, 8)] == [0, 1, 2, 2, 3, 3, 4]
    assert [lemmas.depth_bound(k, base=3) for k in (3, 4, 5, 10, 11)] == [2, 2, 3, 3, 4]


@pytest.mark.parametrize("text", ["max(x0, x1, x2, x3, 0)", "max(x0, x1, 2*x2 + 1, x3 - x0, 0)"])
def test_four_dimensions_take_two_layers(text):
    F = parse(text)
    report = lemmas.check("D", F, base=3)
    assert report
    assert report.comparison("hidden layers").right == 2
    assert len(lemmas.check("D", F).certificate.widths) - 2 == 3


@settings(max_examples=12, deadline=None)
@given(lattice_polynomials())
def test_two_layers_of_other_functions(F):
    network = lemmas.two_layer_network(F)
    assert len(network.widths) - 2 <= 2
    assert same_function(network, F)


def test_five_dimensions_are_too_many_for_two_layers():
    with pytest.raises(InvalidInput, match="at most 4"):
        lemmas.two_layer_network(families.maximum_of(6))
    assert lemmas.check("D", families.maximum_of(6), base=3)  # the bounds agree
    with pytest.raises(InvalidInput, match="base"):
        lemmas.check("D", MEDIAN, base=4)


def test_one_layer_less_is_refuted_or_open():
    fewer = replace(lemmas.lemma("D"), fewer=1)
    assert fewer.check(parse("max(x0, 0)")).verdict == "fails"  # no hidden layer: not affine
    assert fewer.check(MEDIAN).verdict == "undecided"  # a longer construction refutes nothing
    assert lemmas.check("D", AFFINE).comparison("hidden layers").left == 0
    assert lemmas.check("D", ZERO)


# ---------------------------------------------------------------- Dedekind


def test_dedekind_numbers_by_enumeration():
    assert [len(lemmas.lattice_structures(n)) for n in range(1, 6)] == [1, 4, 18, 166, 7579]  # OEIS A000372 - 2
    with pytest.raises(BudgetExceeded):
        lemmas.lattice_structures(6)


def test_structures_are_the_antichains():
    for n in (1, 2, 3):
        subsets = [frozenset(c) for size in range(1, n + 1) for c in combinations(range(n), size)]
        antichains = [
            family
            for size in range(1, len(subsets) + 1)
            for family in combinations(subsets, size)
            if not any(a < b or b < a for a, b in combinations(family, 2))
        ]
        tables = {
            sum(1 << m for m in range(1 << n) if any(all(m >> i & 1 for i in clause) for clause in family))
            for family in antichains
        }
        assert set(lemmas.lattice_structures(n)) == tables


def test_different_functions_in_the_plane():
    convex = [([1, 0], 0), ([0, 1], 0), ([-1, 0], 0), ([0, -2], 0)]  # gradients at the corners of a quadrangle
    inside = [([3, 0], 0), ([-3, 2], 0), ([-2, -3], 0), ([0, -1], 0)]  # one in the triangle of the others
    assert [lemmas.function_count(convex[:n]) for n in (1, 2, 3)] == [1, 4, 18]
    assert lemmas.function_count(convex) == 82
    assert lemmas.function_count(inside) == 129


def test_affinely_independent_pieces_make_all_structures_different():
    assert lemmas.function_count([([1, 0, 0], 0), ([0, 1, 0], 0), ([0, 0, 1], 0), ([0, 0, 0], 0)]) == 166


def test_counts_agree_with_the_decision():
    pieces = [([1], 0), ([2], 1), ([-1], 0)]
    formulas = [
        LatticePolynomial(pieces, family)
        for family in ([[0]], [[1]], [[2]], [[0], [1]], [[0, 1]], [[0], [2]], [[0, 2]], [[1], [2]], [[1, 2]])
    ]
    formulas += [LatticePolynomial(pieces, f) for f in ([[0], [1], [2]], [[0, 1, 2]], [[0, 1], [2]], [[0, 2], [1]])]
    formulas += [LatticePolynomial(pieces, f) for f in ([[1, 2], [0]], [[0, 1], [0, 2]], [[0, 1], [1, 2]])]
    formulas += [LatticePolynomial(pieces, f) for f in ([[0, 2], [1, 2]], [[0, 1], [0, 2], [1, 2]])]
    classes = []
    for F in formulas:
        if not any(same_function(F, G) for G in classes):
            classes.append(F)
    assert len(formulas) == 18
    assert lemmas.function_count(pieces) == len(classes)


# ---------------------------------------------------------------- tables


def test_the_table_has_exact_counts_below_the_bound():
    table = lemmas.counting_table([3, 4, 2, 1], seeds=range(4), biases=True)
    assert len(table.rows) == 4
    assert all(row.pieces <= row.regions <= row.cells <= row.bound <= table.bound for row in table.rows)
    assert table.bound == 15 * 4
    assert table.pieces_bound == 2**6
    assert "cells/bound" in str(table)
    assert "<table>" in table._repr_html_()


def test_a_budget_leaves_a_gap_in_the_table():
    table = lemmas.counting_table([3, 6, 1], seeds=[1], max_cells=3)
    assert table.rows[0].cells is None
    assert "?" in str(table)


def test_bounds_of_arrangements():
    # lines in the plane: 1 + n + C(n, 2); through one point: 2n; planes through one point: n(n - 1) + 2
    assert [lemmas.arrangement_bound(n, 2) for n in range(5)] == [1, 2, 4, 7, 11]
    assert [lemmas.arrangement_bound(n, 2, central=True) for n in range(1, 5)] == [2, 4, 6, 8]
    assert [lemmas.arrangement_bound(n, 3, central=True) for n in range(1, 6)] == [2, 4, 8, 14, 22]


# ---------------------------------------------------------------- the maximum of five


def test_the_maximum_of_five_numbers_needs_two_hidden_layers():
    report = lemmas.check("maximum of five")
    assert report
    assert len(report.certificate.widths) == 4
    assert report.certificate([5, 3, 2, 1, 0]) == 5
    assert report.certificate([-7, 3, 2, "9/2", 0]) == Fraction(9, 2)
    assert lemmas.depth_bound(5 - 1) == 3  # what was known before


@pytest.mark.slow
def test_the_maximum_of_five_numbers_on_all_of_space():
    assert lemmas.check("M5", everywhere=True)


def test_a_changed_coefficient_is_refuted():
    report = replace(lemmas.lemma("M5"), factor=Fraction(119, 120)).check()
    assert report.verdict == "fails"
    network = report.certificate
    assert network(report.counterexample.point) != families.maximum_of(5)(report.counterexample.point)


@st.composite
def rewritten(draw):
    """The identity for five numbers: coordinates of each term renamed, sides swapped, terms in any order."""
    terms = []
    for term in lemmas.MAXIMUM_OF_FIVE:
        s = draw(st.permutations(range(5)))
        sides = [[(s[a], s[b]) for a, b in side] for side in (term.left, term.right)]
        terms.append((term.coefficient, *draw(st.permutations(sides))))
    return draw(st.permutations(terms))


@settings(max_examples=4, deadline=None)
@given(rewritten())
def test_names_of_coordinates_do_not_matter_to_the_identity(terms):
    assert lemmas.check("M5", 5, terms)


@settings(max_examples=4, deadline=None)
@given(rewritten(), st.integers(0, 2), st.integers(-9, 9).filter(bool))
def test_no_coefficient_of_the_identity_can_be_changed(terms, place, change):
    terms = list(terms)
    coefficient, *sides = terms[place]
    terms[place] = (coefficient + Fraction(change, 100), *sides)
    report = lemmas.check("M5", 5, terms)
    assert report.verdict == "fails"
    assert report.certificate(report.counterexample.point) != max(report.counterexample.point)


@settings(max_examples=10, deadline=None)
@given(rationals(1))
def test_identities_of_three_numbers(c):
    # the first and the last term cancel, whatever c is
    terms = [(c, [(0, 1)], [(0, 1)]), (Fraction(1, 6), [(0, 0)], [(1, 2)]), (-c, [(0, 1)], [(0, 1)])]
    report = lemmas.check("M5", 3, terms)
    assert report.verdict == "holds"  # max(x_0, max(x_1, x_2)), six times over six


def test_the_identity_of_two_numbers():
    # max(x, y) = ½ Σ_s max(x_s(0), x_s(1)) over both permutations
    assert lemmas.check("M5", 2, [("1/2", [(0, 0)], [(1, 1)])])
    assert lemmas.check("M5", 2, [("1/3", [(0, 0)], [(1, 1)])]).verdict == "fails"


@settings(max_examples=4, deadline=None)
@given(lemmas.lemma("M5").instances())
def test_the_maximum_of_five_affine_functions(instance):
    report = lemmas.check("M5", **instance)
    assert report
    assert len(report.certificate.widths) == 4
    forms = instance["forms"]
    x = [Fraction(3, 7), Fraction(-5, 2)][: len(forms[0].gradient)]
    values = [sum(u * a for u, a in zip(g.gradient, x, strict=True)) + g.constant for g in forms]
    assert report.certificate(x) == max(values)


@settings(max_examples=4, deadline=None)
@given(lemmas.lemma("M5").instances())
def test_a_changed_coefficient_is_refuted_for_affine_functions(instance):
    # The first sum has the slopes 6a + 3b + c along v and -(c + 3d + 6e) along -v, for slopes a >= b >= c >= d >= e of
    # the five: it is zero only if none has a slope.
    assume(any(any(g.gradient) for g in instance["forms"]))
    report = replace(lemmas.lemma("M5"), factor=Fraction(119, 120)).check(**instance)
    assert report.verdict == "fails"
    assert report.counterexample.left != report.counterexample.right


def test_a_wrong_identity_is_refuted_by_two_functions():
    mean = [("1/2", [(0, 0)], [(0, 0)])]  # ½ (x_0 + x_1)
    assert lemmas.check("M5", 2, mean, forms=[([3], 1), ([3], 1)])
    assert lemmas.check("M5", 2, mean, forms=[([1], 0), ([-1], 0)]).verdict == "fails"


def test_there_is_an_affine_function_for_each_number():
    with pytest.raises(InvalidInput, match="forms"):
        lemmas.check("M5", forms=[([1], 0)] * 4)


def test_pairs_that_name_no_coordinate_are_a_violated_hypothesis():
    assert lemmas.check("M5", 2, [("1/2", [(0, 0)], [(1, 2)])]).verdict == "does not apply"


def test_the_coefficients_are_the_published_ones():
    assert [term.coefficient for term in lemmas.MAXIMUM_OF_FIVE] == [
        Fraction(1, 120),
        Fraction(-1, 60),
        Fraction(1, 80),
    ]
    with pytest.raises(InvalidInput):
        lemmas.lemma("max of six")
