"""The public strategies: valid, and shrinking to the instance that a textbook would print."""

from fractions import Fraction

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from tropical import InvalidInput, cells, lattice, same_function, to_polynomial
from tropical.testing import (
    affine_pieces,
    boundary_points,
    functions,
    lattice_polynomials,
    networks,
    points,
    rationals,
    tropical_polynomials,
    tropical_rationals,
    vectors,
)

QUICK = settings(max_examples=400, database=None, derandomize=True)


def several_pieces(F):
    return cells(F).n_pieces > 1


def not_convex(F):
    try:
        to_polynomial(F)
    except InvalidInput:
        return True
    return False


@pytest.mark.parametrize(
    ("strategy", "property_", "text"),
    [
        (lattice_polynomials(), lambda F: True, "0"),
        (lattice_polynomials(form="max-min"), several_pieces, "min(0, x0)"),
        (lattice_polynomials(form="max-min"), not_convex, "min(0, x0)"),
        (tropical_polynomials(), lambda P: True, "0"),
        (tropical_polynomials(), several_pieces, "max(0, x0)"),
        (tropical_polynomials(convention="min"), several_pieces, "min(0, x0)"),
        (tropical_polynomials(), lambda P: len(P.essential()) < len(P), "max(-x0, 0, x0)"),
        (tropical_rationals(), not_convex, "0 - (max(0, x0))"),
        (affine_pieces(2), lambda g: True, "0"),
        (affine_pieces(2), lambda g: any(g.gradient), "x0"),
    ],
    ids=[
        "lattice",
        "lattice of two pieces",
        "lattice not convex",
        "polynomial",
        "polynomial of two terms",
        "min polynomial",
        "polynomial with an idle term",
        "rational not convex",
        "piece",
        "piece not constant",
    ],
)
def test_shrinking_ends_at_a_textbook_instance(strategy, property_, text):
    found = str(find(strategy, property_, settings=QUICK))
    # which of several variables remains is chance; the instance is the same
    assert found.replace("x1", "x0") == text


@pytest.mark.parametrize(
    ("property_", "text", "size"),
    [
        (lambda net: True, "0", 0),
        (several_pieces, "max(0, x0)", 2),
        (not_convex, "min(0, -x0)", 2),
        (lambda net: cells(net).n_cells > cells(net).n_pieces, "0", 2),
        (lambda net: len(net.weights) == 3 and several_pieces(net), "max(0, x0)", 2),
    ],
    ids=["any", "kink", "concave", "cancelling", "deep"],
)
def test_networks_shrink_to_textbook_instances(property_, text, size):
    net = find(networks(), property_, settings=QUICK)
    assert net.size <= size  # no idle unit; at times a layer that passes a value on remains
    assert {w for layer in net.weights for row in layer for w in row} <= {0, 1, -1}
    assert net.is_bias_free()
    assert str(lattice(net)).replace("x1", "x0") in (text, text.replace("(0, -x0)", "(-x0, 0)"))


def test_points_shrink_to_the_origin():
    assert find(points(3), lambda x: True, settings=QUICK) == (0, 0, 0)
    assert find(rationals(), lambda r: r > 0, settings=QUICK) == 1
    assert find(vectors(2), lambda v: v[1] != 0, settings=QUICK)[0] == 0


@given(st.integers(1, 2).flatmap(lambda d: functions(d).flatmap(lambda F: st.tuples(st.just(F), boundary_points(F)))))
@settings(max_examples=60)
def test_boundary_points_lie_on_a_wall_or_just_beside(pair):
    F, x = pair
    complex_ = cells(F)
    z = [sum(a * t for a, t in zip(row, x, strict=True)) for row in complex_.basis]
    walls = {wall for cell in complex_ for wall in cell.constraints if any(wall[:-1])}
    if walls:
        lifted = {wall: complex_.coordinates().lift_forms([[Fraction(a) for a in wall]])[0] for wall in walls}
        largest = {wall: max(abs(a) for a in row[:-1]) for wall, row in lifted.items()}
        gaps = [abs(sum(a * t for a, t in zip(w, (*z, 1), strict=True))) / largest[w] for w in walls]
        assert min(gaps) <= Fraction(1, 1000)


@given(st.integers(1, 3).flatmap(functions))
@settings(max_examples=60)
def test_functions_answer_questions(F):
    assert F.outputs == 1
    assert same_function(F, F)


@given(networks(2, outputs=2, biases=True))
def test_outputs_and_biases_can_be_asked_for(net):
    assert (net.dimension, net.outputs) == (2, 2)


def test_degenerate_networks_are_drawn():
    def dead(net):
        return len(net.weights) == 2 and len(net.weights[0]) == 2 and not any(net.weights[0][0])

    def opposite(net):
        if len(net.weights) != 2 or len(net.weights[0]) != 2 or not any(net.weights[0][0]):
            return False
        return net.weights[0][0] == tuple(-a for a in net.weights[0][1])

    assert find(networks(2), dead, settings=QUICK)
    assert find(networks(2), opposite, settings=settings(max_examples=5000, database=None, derandomize=True))
