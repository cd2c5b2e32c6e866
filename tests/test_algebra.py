"""Laws of lattice polynomials as functions: each against pointwise values and the exact decision."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import (
    BudgetExceeded,
    InvalidInput,
    LatticePolynomial,
    cells,
    families,
    lattice,
    maximum,
    minimum,
    parse,
    same_function,
)
from tropical.clauses import absorb, mask_of, members, transversals
from tropical.testing import lattice_polynomials, points

plane = lattice_polynomials(2, max_pieces=3, max_clauses=2)
scalars = st.fractions(-3, 3, max_denominator=4)
masks = st.lists(st.integers(1, 63), min_size=1, max_size=6)


def same(F, G):
    verdict = same_function(F, G)
    assert verdict, verdict
    return True


@given(plane, plane, points(2), scalars)
def test_operations_are_pointwise(F, G, x, c):
    assert (F + G)(x) == F(x) + G(x)
    assert (F - G)(x) == F(x) - G(x)
    assert (c * F)(x) == (F * c)(x) == c * F(x)
    assert (-F)(x) == -F(x)
    assert maximum(F, G)(x) == max(F(x), G(x))
    assert minimum(F, G)(x) == min(F(x), G(x))
    assert (F + c)(x) == (c + F)(x) == F(x) + c
    assert (c - F)(x) == c - F(x)
    assert F.dual()(x) == F(x)
    if c:
        assert (F / c)(x) == F(x) / c


@given(plane, plane)
@settings(max_examples=25)
def test_commutativity(F, G):
    assert same(F + G, G + F)
    assert same(maximum(F, G), maximum(G, F))
    assert same(minimum(F, G), minimum(G, F))


@given(plane, plane, plane)
@settings(max_examples=15)
def test_associativity(F, G, H):
    assert same(maximum(maximum(F, G), H), maximum(F, maximum(G, H)))
    assert same(minimum(minimum(F, G), H), minimum(F, minimum(G, H)))
    assert same((F + G) + H, F + (G + H))


@given(plane)
@settings(max_examples=25)
def test_idempotence(F):
    assert same(maximum(F, F), F)
    assert same(minimum(F, F), F)


@given(plane, plane)
@settings(max_examples=25)
def test_absorption(F, G):
    assert same(maximum(F, minimum(F, G)), F)
    assert same(minimum(F, maximum(F, G)), F)


@given(plane, plane, plane)
@settings(max_examples=15)
def test_distributivity(F, G, H):
    assert same(minimum(F, maximum(G, H)), maximum(minimum(F, G), minimum(F, H)))
    assert same(F + maximum(G, H), maximum(F + G, F + H))


@given(plane, plane)
@settings(max_examples=25)
def test_de_morgan(F, G):
    assert same(-maximum(F, G), minimum(-F, -G))


@given(plane, plane)
@settings(max_examples=25)
def test_maximum_and_minimum_share_the_sum(F, G):
    assert same(maximum(F, G) + minimum(F, G), F + G)


@given(plane)
@settings(max_examples=25)
def test_a_function_less_itself_is_zero(F):
    zero = F - F
    assert same(zero, LatticePolynomial.constant(0, 2))
    assert zero.canonical() == LatticePolynomial.constant(0, 2)


@given(plane)
@settings(max_examples=40)
def test_the_formal_dual_is_an_involution_up_to_absorption(F):
    again = F.dual().dual()
    assert again.form == F.form
    assert [mask_of(c) for c in sorted(again.clauses)] == [
        mask_of(c) for c in sorted(members(m) for m in absorb(mask_of(c) for c in F.clauses))
    ]


def test_formal_and_canonical_dual_differ_as_families():
    # max(0, min(x, 1 - x)): the formal dual holds the clause max(x, 1 - x), which no set T_x is
    F = parse("max(0, min(x0, 1 - x0))").canonical()
    formal, canonical = F.dual(), -(-F).canonical()
    assert same(F, formal)
    assert same(F, canonical)
    assert formal.form == canonical.form == "min-max"

    def family(G):
        return {frozenset(G.pieces[i] for i in clause) for clause in G.clauses}

    assert family(canonical) < family(formal)


@given(plane)
@settings(max_examples=25)
def test_equal_functions_from_other_routes_have_one_canonical_form(F):
    zero = LatticePolynomial.constant(0, 2)
    routes = [F, F.dual(), -1 * -F, F + zero, maximum(F, F), 2 * F - F, F.compose([[1, 0], [0, 1]])]
    assert len({route.canonical() for route in routes}) == 1


@given(plane, plane)
@settings(max_examples=25)
def test_canonical_forms_are_equal_iff_functions_are(F, G):
    assert (F.canonical() == G.canonical()) == bool(same_function(F, G))


def test_formal_and_functional_equality_are_kept_apart():
    F = LatticePolynomial([([1], 0), ([-1], 0)], [[0], [1]])
    G = LatticePolynomial([([-1], 0), ([1], 0)], [[1], [0]])
    assert F != G
    assert same_function(F, G)
    assert F.canonical() == G.canonical()


def test_sum_works_and_numbers_are_constants():
    x = LatticePolynomial([([1], 0)], [[0]])
    assert str(sum([x, x, -x])) == "x0"
    assert str(x + "1/2") == str(Fraction(1, 2) + x) == "x0 + 1/2"
    assert str(maximum(x, 0)) == "max(x0, 0)"


def test_counts_of_lemma_a():
    F = lattice(families.random_network((2, 3, 1), 1))
    G = lattice(families.random_network((2, 3, 1), 2))
    assert len((F + G).pieces) <= len(F.pieces) * len(G.pieces)
    assert len(maximum(F, G).pieces) <= len(F.pieces) + len(G.pieces)
    assert cells(F + G).n_pieces <= len((F + G).pieces)


@given(masks)
def test_transversals_are_an_involution_on_antichains(family):
    antichain = sorted(absorb(family))
    assert sorted(transversals(transversals(antichain))) == antichain
    for mask in transversals(antichain):
        assert all(mask & other for other in antichain)
        for i in members(mask):
            assert not all(mask & ~(1 << i) & other for other in antichain)


def test_budget_and_bad_operands():
    F = LatticePolynomial([([i], 0) for i in range(12)], [[2 * i, 2 * i + 1] for i in range(6)])
    assert len(F.dual().clauses) == 64
    with pytest.raises(BudgetExceeded, match="max_clauses"):
        F.dual(max_clauses=63)
    plane_function = LatticePolynomial([([1, 0], 0)], [[0]])
    with pytest.raises(InvalidInput, match="same number of inputs"):
        F + plane_function
    with pytest.raises(InvalidInput, match="exact number"):
        F + 0.5
    with pytest.raises(InvalidInput, match="exact number"):
        0.5 * F
    with pytest.raises(InvalidInput, match="curved"):
        F * F
    with pytest.raises(InvalidInput, match="other than zero"):
        F / 0
    with pytest.raises(TypeError):
        F + [1]  # noqa: RUF005
    with pytest.raises(InvalidInput, match="`first` needs"):
        maximum(3, F)
    with pytest.raises(InvalidInput, match="`argument 1` needs"):
        minimum(F, [1])
