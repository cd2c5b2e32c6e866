"""The largest |F - G|, and the largest |F - G|/|x|, exact."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import contains, dual_squared, farther, pieces, term
from oracles import states_truth as statement_is_true
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
    lattice,
    lipschitz,
    parse,
    same_function,
    sup_distance,
    to_rational,
    value_range,
)
from tropical.testing import lattice_polynomials, networks

ABSOLUTE = parse("abs(x0)")
ZERO = parse("0*x0 + 0*x1")
DIFFERENCE = parse("max(x0, 0) - max(x1, 0)")


def agrees_with_z3(F, G, domain):
    found = sup_distance(F, G, domain)
    assert check(found.certificate, F, G, domain=domain)
    assert statement_is_true(found.certificate.to_plain())
    if found.squared is None:
        assert (found.point, found.value, float(found)) == (None, None, float("inf"))
        start, direction = found.ascent.point, found.ascent.direction
        far = [[a + t * b for a, b in zip(start, direction, strict=True)] for t in (10**6, 2 * 10**6, 3 * 10**6)]
        gaps = [abs(F(x) - G(x)) for x in far]
        assert gaps[2] - gaps[1] == gaps[1] - gaps[0] > 0
        assert all(contains(domain, x) for x in far)
    else:
        assert found.ascent is None
        assert contains(domain, found.point)
        assert abs(F(found.point) - G(found.point)) == found.value
        assert found.squared == found.value**2


test_the_distance_is_that_of_z3_and_comes_with_evidence, test_much_more_of_that = agreement_tests(
    agrees_with_z3, questions(2), questions(2, largest=3), usual=100, slow=1500
)


@given(questions(2))
@settings(max_examples=30)
def test_it_is_the_range_of_the_difference(question):
    F, G, domain = question
    found, ends = sup_distance(F, G, domain), value_range(lattice(F) - lattice(G), domain)
    if None in (ends.min, ends.max):
        assert found.squared is None
    else:
        assert found.value == max(abs(ends.min), abs(ends.max))
    assert sup_distance(G, F, domain).squared == found.squared
    assert (found.squared == 0) == bool(same_function(F, G, domain))


def test_closed_forms():
    box = Box([-3], [1])
    for F, G, domain, distance in [
        (ABSOLUTE, 0, box, 3),
        (ABSOLUTE, 1, box, 2),
        (ABSOLUTE, parse("x0"), box, 6),
        (ABSOLUTE, parse("x0"), Polyhedron([[-1]], [0]), 0),
        (parse("max(x0, 0)"), parse("max(x0, -1/2)"), None, Fraction(1, 2)),
        (ABSOLUTE, parse("x0"), None, None),
        (families.maximum_of(3), families.maximum_of(3), None, 0),
        (families.maximum_of(3), parse("x0 + 0*x2"), Box([0] * 3, [1] * 3), 1),
    ]:
        found = sup_distance(F, G, domain)
        assert found.value == distance


def test_of_several_outputs_the_farthest_counts():
    net = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])
    other = ReLUNetwork([[[1], [-1]], [[1, 1], [3, -1]]])
    box = Box([-5], [2])
    found = sup_distance(net, other, box)
    assert (found.value, found.point) == (4, (2,))
    assert check(found.certificate, net, other, domain=box)
    for j, distance in ((0, 0), (1, 4)):
        assert sup_distance(net[j], other[j], box).value == distance
    assert sup_distance(net, other).squared is None


# ---------------------------------------------------------------- relative to |x|


def without_constants(F):
    return LatticePolynomial([(piece.gradient, 0) for piece in F.pieces], F.clauses, F.form)


def bias_free(dimension):
    return st.one_of(
        networks(dimension, biases=False),
        lattice_polynomials(dimension).map(without_constants),
        lattice_polynomials(dimension).map(without_constants).map(to_rational),
    )


def relative_agrees_with_z3(F, G):
    found = sup_distance(F, G, relative=True)
    assert check(found.certificate, F, G)
    assert not farther(F, G, found.squared)
    assert found.squared == 0 or farther(F, G, found.squared * (1 - Fraction(1, 10**9)))
    assert (F(found.point) - G(found.point)) ** 2 == found.squared * sum(x * x for x in found.point)
    assert found.squared <= lipschitz(lattice(F) - lattice(G)).squared
    assert any(found.point)


test_the_relative_distance_is_that_of_z3_and_comes_with_evidence, test_much_more_of_that_relative = agreement_tests(
    relative_agrees_with_z3,
    st.integers(1, 2).flatmap(lambda d: st.tuples(bias_free(d), bias_free(d))),
    st.tuples(bias_free(2), bias_free(2)),
    usual=60,
    slow=800,
)


@given(st.tuples(bias_free(3), bias_free(3)), st.lists(st.integers(-9, 9), min_size=3, max_size=3))
@settings(max_examples=40)
def test_in_three_dimensions_it_is_a_bound_that_is_attained(pair, x):
    F, G = pair
    found = sup_distance(F, G, relative=True)
    assert check(found.certificate, F, G)
    assert (F(x) - G(x)) ** 2 <= found.squared * sum(a * a for a in x)
    assert (F(found.point) - G(found.point)) ** 2 == found.squared * sum(a * a for a in found.point)


def test_a_projection_may_be_strictly_shorter_than_the_gradient():
    # lemma L: on the quadrant the gradient is (1, -1), but along it one leaves the quadrant; (1, 0) is its projection
    found = sup_distance(DIFFERENCE, ZERO, relative=True)
    assert found.squared == 1
    assert lipschitz(DIFFERENCE).squared == 2
    assert (1, -1) in [gradient for gradient, _ in pieces(lambda x: term(DIFFERENCE, x), 2)]
    assert dual_squared((1, -1), 2) == 2
    # and where no coordinate direction will do: min(x0, x1) on the quadrant has gradients (1, 0) and (0, 1)
    kink = sup_distance(parse("max(0, min(x0, x1))"), ZERO, relative=True)
    assert kink.squared == Fraction(1, 2)
    assert kink.value is None
    assert abs(float(kink) - 0.5**0.5) < 1e-15
    assert kink.point[0] == kink.point[1] > 0
    assert lipschitz(parse("max(0, min(x0, x1))")).squared == 1


def test_cyclic_functions():
    one, two = families.cyclic(1), families.cyclic(2)  # x0 and |x0| - |x1|
    assert sup_distance(two, ZERO, relative=True).squared == 1
    assert lipschitz(two).squared == 2
    assert sup_distance(two, one, relative=True).squared == 4
    assert sup_distance(two, families.cyclic(2), relative=True).squared == 0
    four = families.cyclic(4)
    found = sup_distance(four, ZERO, relative=True)
    assert check(found.certificate, four, ZERO)
    assert 0 < found.squared <= lipschitz(four).squared


def test_relative_closed_forms():
    for n in (2, 3, 4):
        F, zero = families.maximum_of(n), LatticePolynomial([([0] * n, 0)], [[0]])
        assert sup_distance(F, zero, relative=True).squared == 1
        absolute_sum = parse(" + ".join(f"abs(x{i})" for i in range(n)))
        assert sup_distance(absolute_sum, zero, relative=True).squared == n
        smallest = families.minimum_of_absolute_values(n)
        assert sup_distance(smallest, zero, relative=True).squared == Fraction(1, n)
    line = parse("3*x0 + 4*x1")
    assert sup_distance(line, ZERO, relative=True).value == 5
    assert sup_distance(line, line, relative=True).point != (0, 0)


def test_in_many_inputs_of_low_rank():
    F, G = families.random_network((20, 4, 1), 1, rank=2), families.random_network((20, 3, 1), 2, rank=1)
    found = sup_distance(F, G, relative=True)
    assert check(found.certificate, F, G)
    assert (F(found.point) - G(found.point)) ** 2 == found.squared * sum(x * x for x in found.point)


def test_budget_and_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        sup_distance(net, net, max_cells=2)
    for F, G, arguments, message in [
        (ABSOLUTE, 1, {"relative": True}, r"^`G` needs no biases for a relative distance.*on a box instead"),
        (parse("abs(x0) + 1"), ABSOLUTE, {"relative": True}, r"^`F` needs no biases"),
        (ABSOLUTE, ABSOLUTE, {"relative": True, "domain": Box([0], [1])}, r"^`domain` needs None.*leave it out"),
        (ABSOLUTE, 0.5, {}, r"^`G` needs an exact number"),
        (ABSOLUTE, ZERO, {}, r"^`G` needs 1 inputs, as F has, got 2"),
        (1, 2, {}, r"^`F` needs a network"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            sup_distance(F, G, **arguments)
    assert sup_distance(ABSOLUTE, 0, relative=True).squared == 1


def test_distances_are_values():
    box = Box([-1], [2])
    copies_are_equal(sup_distance(ABSOLUTE, parse("x0"), box), ABSOLUTE, parse("x0"), domain=box)
    copies_are_equal(sup_distance(ABSOLUTE, parse("x0")), ABSOLUTE, parse("x0"))
    copies_are_equal(sup_distance(DIFFERENCE, ZERO, relative=True), DIFFERENCE, ZERO)
    assert repr(sup_distance(ABSOLUTE, 0)).startswith("Distance(|F - G| unbounded from ")
    assert repr(sup_distance(ABSOLUTE, 0, box)) == "Distance(|F - G| <= 2, at x0 = 2)"
    assert sup_distance(ABSOLUTE, 0, box) != sup_distance(ABSOLUTE, 1, box)
