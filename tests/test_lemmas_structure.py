"""Lemmas R, A, Q, B, L, P, Gl, DC, D and N: they hold on every instance, and wrong statements are refuted."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED, MEDIAN
from lemma_instances import AFFINE, BIAS_FREE, CANCELLING, EVERY, ZERO

from tropical import (
    Box,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    cells,
    families,
    lattice,
    lemmas,
    parse,
)
from tropical import check as check_certificate
from tropical.lemmas import HALF
from tropical.testing import affine_pieces, functions, lattice_polynomials, networks, points, rationals, vectors

ON_FUNCTIONS = ["R", "R'", "R°", "I", "Q", "L", "Gl", "DC", "D"]


@pytest.mark.parametrize("letter", ON_FUNCTIONS)
@pytest.mark.parametrize("name", EVERY)
def test_it_holds_on_named_functions(letter, name):
    report = lemmas.check(letter, EVERY[name])
    assert report.verdict == "holds", report.comparisons
    assert report.is_exact
    assert report.counterexample is None


@pytest.mark.parametrize("letter", ON_FUNCTIONS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_it_holds_on_functions_of_all_types(letter, data):
    F = data.draw(st.integers(1, 2).flatmap(functions))
    assert lemmas.check(letter, F), F


# ---------------------------------------------------------------- R


@pytest.mark.parametrize("F", [COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED], ids=["bias-free", "biased"])
@pytest.mark.parametrize("kind", ["activation", "regions", "pieces"])
def test_the_coarse_form_is_false(F, kind):
    report = replace(lemmas.lemma("R"), cells=kind).check(F)
    assert report.verdict == "fails"
    form = report.comparison("max of min over S").right
    witness = report.counterexample
    assert F(witness.point) == witness.left < witness.right == form(witness.point)


def test_the_coarse_form_exceeds_the_first_counterexample_where_theory_says():
    form = replace(lemmas.lemma("R"), cells="activation").check(COARSE_FAILS_BIAS_FREE).comparisons[0].right
    assert COARSE_FAILS_BIAS_FREE([2, 5]) == -2
    assert form([2, 5]) >= 0


def test_the_certificate_of_representation_can_be_replayed_without_the_engine():
    report = lemmas.check("R", MEDIAN)
    pieces = report.details["pieces"]
    for row in report.certificate:
        values = [sum(a * x for a, x in zip(g.gradient, row.point, strict=True)) + g.constant for g in pieces]
        value = MEDIAN(row.point)
        assert row.upper == tuple(i for i, v in enumerate(values) if v >= value)
        assert row.lower == tuple(i for i, v in enumerate(values) if v <= value)
    assert all(set(s.upper) & set(t.lower) for s in report.certificate for t in report.certificate)
    identity = report.comparison("max of min over S")
    assert check_certificate(identity.evidence.certificate, identity.left, identity.right).valid


def test_representation_on_a_domain():
    box = Box([0, 0], [1, 3])
    assert lemmas.check("R", COARSE_FAILS_BIASED, domain=box)
    assert len(lemmas.check("R", MEDIAN, domain=Box([1, 2], [2, 3])).certificate) == 1


@pytest.mark.parametrize("condition", ["contained", "met"])
def test_both_conditions_of_the_criterion_are_needed(condition):
    report = replace(lemmas.lemma("R'"), **{condition: False}).check(MEDIAN)
    assert report.verdict == "fails"


@st.composite
def domains(draw, dimension):
    """A box, or a half-space moved off the origin."""
    if draw(st.booleans()):
        low = draw(points(dimension, largest=3))
        return Box(low, [a + draw(st.integers(1, 3)) for a in low])
    normal = draw(vectors(dimension, rationals(2)).filter(any))
    return Polyhedron([normal], [draw(rationals(2))])


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_criterion_on_a_domain(data):
    F = data.draw(lattice_polynomials(2, max_pieces=3))
    domain = data.draw(domains(2))
    report = lemmas.check("R'", F, domain=domain)
    assert report
    for comparison in report.comparisons:
        if comparison.left == "does not":
            assert comparison.evidence.witness.point in domain
    assert lemmas.check("R°", F, domain=domain)


@pytest.mark.parametrize("condition", ["contained", "met"])
def test_both_conditions_are_needed_on_a_domain(condition):
    wrong = replace(lemmas.lemma("R'"), **{condition: False})
    assert wrong.check(MEDIAN, domain=Box([-1, -1], [1, 1])).verdict == "fails"


@settings(max_examples=15, deadline=None)
@given(lemmas.lemma("P").instances(), st.data())
def test_perturbation_on_a_domain(instance, data):
    F, moved = instance
    report = lemmas.check("P", F, moved, domain=data.draw(domains(F.dimension)))
    assert report


def test_half_of_the_perturbation_may_be_enough_on_a_domain():
    F, moved = parse("max(0*x0, x0)"), [([0], 2), ([1], 1)]
    half = replace(lemmas.lemma("P"), factor=HALF)
    assert half.check(F, moved).verdict == "fails"  # at x < 0 the first piece is active
    assert half.check(F, moved, domain=Box([1], [2])).verdict == "holds"


def test_the_criterion_on_given_clauses():
    report = lemmas.check("R'", MEDIAN, [[[0, 1], [0, 2], [1, 2]], [[0, 1]]])
    assert [comparison.right for comparison in report.comparisons] == ["represents F", "does not"]


def test_the_formal_dual_is_not_canonical():
    wrong = replace(lemmas.lemma("canonical form"), dual="formal")
    assert wrong.check(COARSE_FAILS_BIASED).verdict == "fails"
    assert wrong.check(MEDIAN).verdict == "holds"  # a self-dual function


def test_a_form_of_another_function_is_a_violated_hypothesis():
    assert lemmas.check("I", MEDIAN, lattice(COARSE_FAILS_BIAS_FREE)).verdict == "does not apply"


def test_forms_may_name_more_than_the_pieces():
    F = parse("max(min(x0, 0), min(x0, 5*x0 + 1))")
    assert lemmas.check("I", F)
    assert replace(lemmas.lemma("I"), converse=True).check(F).verdict == "fails"


# ---------------------------------------------------------------- A, P


@settings(max_examples=15, deadline=None)
@given(lemmas.lemma("A").instances())
def test_the_algebra(pair):
    assert lemmas.check("A", *pair)


def test_a_sum_can_have_more_pieces_than_both_terms_together():
    F, G = parse("max(x0, -x0, 0*x1 - 1)"), parse("max(x1, 0*x0 + 1, -x1)")
    assert lemmas.check("A", F, G).comparison("pieces of the sum").ratio == 1
    assert replace(lemmas.lemma("A"), sum_pieces="sum").check(F, G).verdict == "fails"


@settings(max_examples=20, deadline=None)
@given(lemmas.lemma("P").instances())
def test_perturbation(instance):
    assert lemmas.check("P", *instance)


def test_half_of_the_perturbation_is_not_enough():
    moved = [([0, 0], 1), ([1, 0], 1), ([0, 1], 1)]
    assert lemmas.check("P", MEDIAN, moved).ratio == 1
    report = replace(lemmas.lemma("P"), factor=HALF).check(MEDIAN, moved)
    assert report.verdict == "fails"
    assert report.counterexample.left > report.counterexample.right


def test_perturbation_takes_as_many_pieces():
    with pytest.raises(InvalidInput, match="pieces"):
        lemmas.check("P", MEDIAN, [([0, 0], 1)])


# ---------------------------------------------------------------- Q, B, L


@settings(max_examples=25, deadline=None)
@given(networks(max_depth=3))
def test_cells_of_networks(network):
    assert lemmas.check("B", network)


@settings(max_examples=10, deadline=None)
@given(networks(3, max_width=3, outputs=2))
def test_cells_of_networks_of_three_inputs(network):
    assert lemmas.check("B", network)


def test_the_cells_and_the_algebra_come_with_certificates():
    net = families.random_network((2, 3, 2, 1), 3, biases=True)
    assert check_certificate(lemmas.check("B", net).certificate, net).valid
    assert check_certificate(lemmas.check("B", CANCELLING).certificate, CANCELLING).valid
    F, G = parse("max(x0, 1)"), parse("abs(x0)")
    assert all(check_certificate(proof).valid for proof in lemmas.check("A", F, G).certificate)
    chambers = lemmas.check("Q", MEDIAN)
    assert len(set(chambers.certificate)) == chambers.details["chambers"]
    orders = {tuple(sorted(range(3), key=lambda i: (0, *x)[i])) for x in chambers.certificate}
    assert len(orders) == 6


def test_without_directions_there_is_one_cell():
    # 2 Σ_{j < r} C(n - 1, j) is zero for r = 0: the factor is 1 there
    report = lemmas.check("B", ZERO)
    assert report.ratio == 1
    assert report.comparison("cells <= bound without biases").right == 1


def test_bounds_that_are_attained():
    three_lines = ReLUNetwork([[[1, 0], [0, 1], [1, 1]], [1, 1, 1]], [[0, 0, -1], None])
    assert lemmas.check("B", three_lines).comparison("cells <= bound").ratio == 1
    through_zero = ReLUNetwork([[[1, 0], [0, 1], [1, 1]], [1, 1, 1]])
    assert lemmas.check("B", through_zero).comparison("cells <= bound without biases").ratio == 1
    assert lemmas.check("Q", families.maximum_of(2)).ratio == 1
    assert lemmas.check("Q", MEDIAN).comparison("max-min clauses <= Sperner").ratio == 1


@pytest.mark.parametrize("letter", ["Q", "L"])
def test_half_of_the_bound_is_not_enough(letter):
    assert replace(lemmas.lemma(letter), factor=HALF).check(MEDIAN).verdict == "fails"


def test_half_of_the_cells_is_not_enough():
    report = replace(lemmas.lemma("B"), factor=HALF).check(families.random_network((2, 3, 1), 1))
    assert report.verdict == "fails"
    assert report.counterexample.widths == (2, 3, 1)


@settings(max_examples=10, deadline=None)
@given(lemmas.lemma("L").instances())
def test_relative_distances(pair):
    assert lemmas.check("L", *pair)


@pytest.mark.parametrize("norm", [1, 2, "inf"])
def test_lipschitz_constants_in_three_norms(norm):
    assert lemmas.check("L", COARSE_FAILS_BIASED, norm=norm, domain=Box([-2, -2], [2, 2]))


def test_a_relative_distance_can_be_less_than_the_lipschitz_constant():
    F, G = families.maximum_of(2), parse("max(x0, x1, 3*x0 - 4*x1) - max(x0, x1) + max(x0, x1)")
    thin = parse("max(0, min(x0 - 2*x1, 3*x1 - x0))")  # the gradient of no piece points into its cell
    report = lemmas.check("L", thin, parse("0*x0 + 0*x1"))
    assert report.comparisons[-1].ratio < 1
    assert replace(lemmas.lemma("L"), distance="=").check(thin, parse("0*x0 + 0*x1")).verdict == "fails"
    assert lemmas.check("L", F, G)


# ---------------------------------------------------------------- Gl, DC


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_affine_functions_glue_iff_they_agree_on_facets(data):
    F = data.draw(networks(max_depth=1, max_width=2))
    count = len(cells(F))
    pieces = data.draw(st.lists(affine_pieces(F.dimension), min_size=count, max_size=count))
    report = lemmas.check("Gl", F, pieces)
    unconditional = replace(lemmas.lemma("Gl"), facet_matching=False).check(F, pieces)
    if report.verdict == "does not apply":
        assert unconditional.verdict == "fails"
    else:
        assert report
        assert unconditional


def test_cells_that_touch_in_a_corner_only_do_not_have_to_agree():
    quadrants = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]])
    report = lemmas.check("Gl", quadrants)
    assert report
    assert report.comparison("a doubled jump stays balanced").holds


def test_half_of_the_ramps_is_not_convex():
    report = replace(lemmas.lemma("DC"), factor=HALF).check(MEDIAN)
    assert report.verdict == "fails"
    assert report.counterexample.left > report.counterexample.right  # above a chord
    assert replace(lemmas.lemma("DC"), factor=Fraction(2)).check(MEDIAN)


# ---------------------------------------------------------------- N


@pytest.mark.parametrize("name", BIAS_FREE)
def test_the_net_on_named_functions(name):
    assert lemmas.check("N", BIAS_FREE[name], "1/3")


@settings(max_examples=15, deadline=None)
@given(lemmas.lemma("N").instances())
def test_the_net(instance):
    assert lemmas.check("N", *instance)


def test_a_quarter_of_the_rounding_error_is_not_enough():
    F = ReLUNetwork([[["1/4", "1/4"]], [1]])
    assert lemmas.check("N", F, "1/2").ratio == 1
    assert replace(lemmas.lemma("N"), factor=Fraction(1, 4)).check(F, "1/2").verdict == "fails"


def test_biases_are_a_violated_hypothesis():
    assert lemmas.check("N", AFFINE).verdict == "does not apply"
    assert lemmas.check("N", COARSE_FAILS_BIASED).hypotheses[0].holds is False


def test_the_count_of_candidates_is_the_documented_one():
    assert lemmas.candidate_count(3, 2, 2) == 281250


@settings(max_examples=15, deadline=None)
@given(lattice_polynomials(max_pieces=4), rationals(1, 4).map(lambda a: abs(a) + Fraction(1, 8)))
def test_the_net_of_functions_with_constants(F, step):
    report = lemmas.check("N", F, step, constant_step=step / 2)
    assert report.verdict == "holds"
    assert report.certificate.clauses == lattice(F).clauses


def test_the_net_with_constants_is_sharp_and_has_a_hypothesis():
    F = parse("max(1/4*x0 + 1/4*x1 + 1/4, 0)")
    assert lemmas.check("N", F, "1/2", constant_step="1/2")
    wrong = replace(lemmas.lemma("N"), factor=Fraction(1, 4))
    assert wrong.check(F, "1/2", constant_step="1/2").verdict == "fails"
    assert lemmas.check("N", F, "1/2", constant_step="1/2", largest_constant="1/8").verdict == "does not apply"
    assert lemmas.candidate_count(3, 2, 2, constant_steps=1) == 5**6 * 3**3 * min(18, 3**7)


@settings(max_examples=15, deadline=None)
@given(lemmas.lemma("N'").instances())
def test_the_net_of_weights(instance):
    assert lemmas.check("N'", **instance)


@pytest.mark.parametrize("net", [ReLUNetwork([[1, 1]]), ReLUNetwork([[[1]], [1]]), ReLUNetwork([[[1, 2]], [1]])])
def test_the_net_of_weights_is_decided_where_the_bound_is_attained(net):
    moved = ReLUNetwork([*net.weights[:-1], [[a * 9 / 8 for a in row] for row in net.weights[-1]]])
    report = lemmas.check("N'", net, moved)
    assert report.verdict == "holds"
    assert len(net.weights) > 1 or report.comparisons[0].left == report.comparisons[0].right


def test_the_net_of_weights_needs_the_norms_of_the_other_layers():
    F, G = ReLUNetwork([[[1]], [4]]), ReLUNetwork([[[2]], [4]])
    assert lemmas.check("N'", F, G).ratio.upper > Fraction(99, 100)  # attained
    assert replace(lemmas.lemma("N'"), norms=False).check(F, G).verdict == "fails"
    assert lemmas.check("N'", F, ReLUNetwork([[[1], [1]], [1, 1]])).verdict == "does not apply"
    assert lemmas.check("N'", ReLUNetwork([[[1]], [4]], [[1], [0]])).verdict == "does not apply"
    with pytest.raises(InvalidType, match="network"):
        lemmas.check("N'", MEDIAN)


@settings(max_examples=20, deadline=None)
@given(lattice_polynomials())
def test_cancelling_units_are_seen_through(F):
    assert lemmas.check("D", F)
    assert lemmas.check("D", CANCELLING).details["rank"] == 2
    assert isinstance(F, LatticePolynomial)
