"""The passages between representations: each keeps the function, and is a homomorphism where there is an operation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import ASSEMBLY_NETWORK, COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED, MEDIAN

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    ReLUNetwork,
    TropicalPolynomial,
    TropicalRational,
    cells,
    difference_of_convex,
    facet_jumps,
    families,
    from_jumps,
    glue,
    lattice,
    maximum,
    parse,
    polynomial_as_lattice,
    same_function,
    to_polynomial,
    to_rational,
)
from tropical.testing import affine_pieces, functions, lattice_polynomials, networks, tropical_polynomials

HARD = {
    "bias-free": COARSE_FAILS_BIAS_FREE,
    "biased": COARSE_FAILS_BIASED,
    "assembly": ASSEMBLY_NETWORK,
    "three layers": families.random_network((2, 3, 3, 2, 1), 5),
    "rank 2 of 30": families.random_network((30, 4, 3, 1), 2, rank=2),
    "constant": ReLUNetwork([[[0, 0]], [1]], [[3], 1]),
}


# ------------------------------------------------------------ to rational functions


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("convention", ["max", "min"])
def test_networks_of_any_depth_are_quotients(name, convention):
    net = HARD[name]
    R = to_rational(net, convention)
    assert R.convention == convention
    assert same_function(net, R)
    assert lattice(R) == lattice(net)


@given(functions(2), st.sampled_from(["max", "min"]))
@settings(max_examples=40)
def test_every_function_is_a_quotient(F, convention):
    R = to_rational(F, convention)
    assert same_function(F, R)
    assert R.reduced() == R
    assert lattice(R) == lattice(F)


@given(lattice_polynomials(2, max_pieces=3, max_clauses=2), lattice_polynomials(2, max_pieces=3, max_clauses=2))
@settings(max_examples=15)
def test_quotients_are_a_homomorphic_image(F, G):
    R, S = to_rational(F), to_rational(G)
    assert same_function(R * S, F + G)
    assert same_function(R / S, F - G)
    assert same_function(R + S, maximum(F, G))
    assert same_function(R.in_convention("min") + S.in_convention("min"), -maximum(-F, -G))
    assert same_function(R**-2, -2 * F)


def test_vector_outputs_and_pruning():
    net = ReLUNetwork([[[1, 0], [0, 1]], [[1, -1], [2, 2]]])
    R, S = to_rational(net)
    assert str(R) == "max(0, x0) - (max(0, x1))"
    assert same_function(S, net[1])
    # without pruning the numerator alone would have 3^4 terms and more
    wide = families.random_network((2, 8, 4, 1), 1)
    quotient = to_rational(wide)
    assert same_function(wide, quotient)
    assert len(quotient.numerator) + len(quotient.denominator) < 80


def test_rational_budget_and_bad_input():
    with pytest.raises(BudgetExceeded, match="max_terms"):
        to_rational(families.random_network((2, 8, 4, 1), 1), max_terms=5)
    with pytest.raises(InvalidInput, match='"max" or "min"'):
        to_rational(parse("x0"), "plus")
    with pytest.raises(InvalidType, match="network"):
        to_rational([1, 2])
    with pytest.raises(InvalidInput, match="all of R"):
        to_rational(cells(parse("max(x0, 0)"), Box([0], [1])))


# ------------------------------------------------------------ to polynomials


@given(tropical_polynomials(2))
@settings(max_examples=40)
def test_polynomials_come_back_from_every_representation(P):
    essential = P.essential()
    for F in (P, polynomial_as_lattice(P), lattice(P), TropicalRational(P), to_rational(P)):
        assert to_polynomial(F, P.convention) == essential


def is_polynomial(R):
    return len(R.denominator) == 1


@given(functions(2))
@settings(max_examples=40)
def test_a_function_is_a_polynomial_or_shows_where_not(F):
    convex = is_polynomial(to_rational(F))
    if convex:
        P = to_polynomial(F)
        assert same_function(F, P)
        assert to_rational(F) == TropicalRational(P)
    else:
        with pytest.raises(InvalidInput, match="below its own piece"):
            to_polynomial(F)


def test_not_convex_names_a_point():
    with pytest.raises(InvalidInput, match=r"lies below its own piece .* at the point \(-?[0-9/]+\)"):
        to_polynomial(parse("min(x0, 0)"))
    assert to_polynomial(parse("min(x0, 0)"), "min") == TropicalPolynomial({(1,): 0, (0,): 0}, "min")
    with pytest.raises(InvalidInput, match="above its own piece"):
        to_polynomial(MEDIAN, "min")
    with pytest.raises(InvalidInput, match="one output"):
        to_polynomial(ReLUNetwork([[[1], [1]]]))
    with pytest.raises(InvalidInput, match='"max" or "min"'):
        to_polynomial(parse("x0"), "plus")
    with pytest.raises(BudgetExceeded):
        to_polynomial(families.random_network((2, 5, 1), 0), max_cells=1)


# ------------------------------------------------------------ cells


@given(networks(2))
@settings(max_examples=40)
def test_a_complex_knows_its_function(net):
    complex_ = cells(net)
    assert lattice(complex_) == lattice(net)
    assert lattice(complex_, form="min-max") == lattice(net, form="min-max")
    assert same_function(to_rational(complex_), net)


@given(functions(2))
@settings(max_examples=40)
def test_difference_of_convex(F):
    R = difference_of_convex(F)
    assert same_function(F, R)
    assert R.convention == "max"
    assert R.numerator.essential() == R.numerator
    assert R.denominator.essential() == R.denominator


@pytest.mark.parametrize("name", HARD)
def test_difference_of_convex_on_hard_instances(name):
    assert same_function(HARD[name], difference_of_convex(HARD[name]))


def test_a_convex_function_has_no_defect():
    R = difference_of_convex(parse("max(x0, -x0, x1)"))
    assert len(R.denominator) == 1
    assert len(difference_of_convex(parse("min(x0, -x0)")).numerator) == 1
    two = difference_of_convex(ReLUNetwork([[[1, 0], [0, 1]], [[1, 1], [-1, 0]]]), output=1)
    assert str(two) == "0 - (max(0, x0))"


# ------------------------------------------------------------ gluing


@given(networks(2))
@settings(max_examples=40)
def test_gluing_undoes_cutting(net):
    complex_ = cells(net)
    assert glue(complex_, [complex_.piece_of(cell) for cell in complex_]) == lattice(net)
    jumps = {(f.first, f.second): f.jump for f in facet_jumps(complex_)}
    difference = lattice(net) - from_jumps(complex_, jumps)
    assert len(difference.canonical().pieces) == 1


@given(networks(2), affine_pieces(2))
@settings(max_examples=30)
def test_gluing_may_leave_the_span_of_the_complex(net, extra):
    complex_ = cells(net)
    pieces = []
    for cell in complex_:
        g = complex_.piece_of(cell)
        pieces.append(
            (tuple(a + b for a, b in zip(g.gradient, extra.gradient, strict=True)), g.constant + extra.constant)
        )
    expected = lattice(net) + LatticePolynomial([extra], [[0]])
    assert glue(complex_, pieces) == expected.canonical()


def test_facets_that_do_not_match_are_named():
    complex_ = cells(ReLUNetwork([[[1, 0], [0, 1]], [1, 1]]))
    pieces = [complex_.piece_of(cell) for cell in complex_]
    wrong = [((pieces[0].gradient[0] + 1, pieces[0].gradient[1] + 1), pieces[0].constant), *pieces[1:]]
    with pytest.raises(InvalidInput, match="between cells 0 and"):
        glue(complex_, wrong)
    shifted = [(pieces[0].gradient, pieces[0].constant + 1), *pieces[1:]]
    with pytest.raises(InvalidInput, match="agree on every common facet"):
        glue(complex_, shifted)
    with pytest.raises(InvalidInput, match="one for each cell"):
        glue(complex_, pieces[1:])
    with pytest.raises(InvalidType, match="CellComplex"):
        glue(MEDIAN, pieces)


def test_unbalanced_jumps_are_refused():
    complex_ = cells(ReLUNetwork([[[1, 0], [0, 1]], [1, 1]]))
    facets = facet_jumps(complex_)
    assert [f.jump for f in facets] == [1] * 4
    jumps = {(f.first, f.second): f.jump for f in facets}
    assert same_function(from_jumps(complex_, jumps) - from_jumps(complex_, {}), from_jumps(complex_, jumps))
    for pair in jumps:
        with pytest.raises(InvalidInput, match="does not close"):
            from_jumps(complex_, {**jumps, pair: 2})
    with pytest.raises(InvalidInput, match="share a facet"):
        from_jumps(complex_, {(0, 99): 1})
    with pytest.raises(InvalidInput, match="exact number"):
        from_jumps(complex_, {next(iter(jumps)): 0.5})


def test_jumps_of_a_concave_wall_are_negative():
    (facet,) = facet_jumps(cells(ReLUNetwork([[[2, 4]], [-3]])))
    assert facet.jump == -6  # -3 relu(2 x0 + 4 x1), by the primitive form z + ... with z = x0 + 2 x1
    assert facet.form == (1, 0)


def test_numbers_of_outputs_and_other_arguments_are_checked():
    complex_ = cells(parse("max(x0, 0)"))
    for output in (-1, 1, True, "a", 1.5):
        with pytest.raises(InvalidInput, match="`output` needs a number from 0 to 0"):
            facet_jumps(complex_, output=output)
        with pytest.raises(InvalidInput, match="`output` needs"):
            difference_of_convex(parse("max(x0, 0)"), output=output)
    for jumps in (None, [], 3):
        with pytest.raises(InvalidType, match="mapping from pairs"):
            from_jumps(complex_, jumps)
    for pieces in (None, 5, [], {}):
        with pytest.raises(InvalidInput, match="`pieces` needs"):
            glue(complex_, pieces)
    with pytest.raises(InvalidInput, match="max_cells"):
        glue(complex_, [complex_.piece_of(cell) for cell in complex_], max_cells="a")
    with pytest.raises(InvalidType, match="`P` needs"):
        polynomial_as_lattice(5)


def test_the_parts_of_a_difference_of_convex_functions_have_a_budget():
    net = families.random_network((3, 5, 5, 1), 1, biases=True)
    with pytest.raises(BudgetExceeded, match="parts of cells"):
        difference_of_convex(net, max_cells=cells(net).n_cells)


def test_many_clauses_go_through_the_cells():
    F = lattice(families.random_network((2, 5, 5, 1), 3, biases=True))
    R = to_rational(F)
    assert same_function(R, F)
