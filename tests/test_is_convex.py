"""Convexity, with a chord that lies below the function where it fails."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from known_functions import MEDIAN
from oracles import bent, contains
from proved_statements import agreement_tests, copies_are_equal, questions

from tropical import (
    Box,
    BudgetExceeded,
    Chord,
    InvalidInput,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    check,
    families,
    is_convex,
    lattice,
    parse,
    to_network,
)
from tropical.testing import affine_pieces, functions, networks, tropical_polynomials

ABSOLUTE = parse("abs(x0)")


def is_dent(F, chord, domain):
    """Whether F at the point lies above the chord, in some output."""
    weights = {(p - a) / (b - a) for a, b, p in zip(chord.start, chord.end, chord.point, strict=True) if a != b}
    same = [p for a, b, p in zip(chord.start, chord.end, chord.point, strict=True) if a == b and p != a]
    (weight,) = weights
    assert not same
    assert 0 < weight < 1
    assert contains(domain, chord.start)
    assert contains(domain, chord.end)
    tuples = [v if isinstance(v, tuple) else (v,) for v in (F(chord.start), F(chord.end), F(chord.point))]
    heights = [((1 - weight) * a + weight * b, c) for a, b, c in zip(*tuples, strict=True)]
    assert (chord.right, chord.left) in heights
    return chord.left > chord.right


def agrees_with_z3(F, domain):
    verdict = is_convex(F, domain)
    assert bool(verdict) == (not bent(F, domain))
    if verdict:
        assert verdict.witness is None
        assert check(verdict.certificate, F, domain=domain)
    else:
        assert verdict.certificate is None
        assert isinstance(verdict.witness, Chord)
        assert is_dent(F, verdict.witness, domain)


test_the_verdict_is_that_of_z3_and_comes_with_evidence, test_much_more_of_that = agreement_tests(
    agrees_with_z3, questions(), questions(largest=3), usual=100, slow=1000
)


@given(tropical_polynomials(convention="max"))
@settings(max_examples=60)
def test_maxima_are_convex_and_minima_are_not_unless_affine(P):
    assert check(is_convex(P).certificate, P)
    negated = [(-c, [-u for u in exponents]) for c, exponents in P.terms]
    verdict = is_convex(TropicalPolynomial(negated, "min"))
    assert bool(verdict) == (len(P.essential()) == 1)
    assert verdict or is_dent(TropicalPolynomial(negated, "min"), verdict.witness, None)


@given(functions(2))
@settings(max_examples=40)
def test_convex_and_concave_is_affine(F):
    G = lattice(F)
    both = bool(is_convex(G)) and bool(is_convex(-G))
    assert both == (len(G.minimal().pieces) == 1)


@given(affine_pieces(2))
@settings(max_examples=20)
def test_affine_functions_are_convex(piece):
    F = LatticePolynomial([piece, piece], [[0, 1], [1]])
    assert is_convex(F)


@given(networks(2, outputs=2))
@settings(max_examples=30)
def test_of_several_outputs_each_counts(F):
    verdict = is_convex(F)
    assert bool(verdict) == (bool(is_convex(F[0])) and bool(is_convex(F[1])))
    if verdict:
        assert check(verdict.certificate, F)
    else:
        assert is_dent(F, verdict.witness, None)


@pytest.mark.parametrize(
    ("F", "domain", "expected"),
    [
        (families.maximum_of(4), None, True),
        (to_network(families.maximum_of(3)), None, True),
        (-families.maximum_of(2), None, False),
        (MEDIAN, None, False),
        (MEDIAN, Box([1, -3], [2, -1]), True),  # x1 < 0 < x0: the median is 0
        (families.minimum_of_absolute_values(2), None, False),
        (-ABSOLUTE, Polyhedron([[1]], [0]), True),
        (-ABSOLUTE, Box([-1], ["1/1000000000"]), False),
        (-ABSOLUTE, Box([-1], [0]), True),
        (ReLUNetwork([[[1], [1]], [1, -1]]), None, True),  # cancelling units
        (parse("min(x0, 2*x0) + max(x0, 2*x0)"), None, True),
    ],
)
def test_known_functions(F, domain, expected):
    verdict = is_convex(F, domain)
    assert bool(verdict) == expected
    assert check(verdict.certificate, F, domain=domain) if expected else is_dent(F, verdict.witness, domain)


def test_a_dent_of_a_hair_far_away():
    hair = Fraction(1, 10**15)
    F = LatticePolynomial([([0], 0), ([hair], -1)], [[0], [1]], "min-max")
    verdict = is_convex(F)
    assert not verdict
    assert is_dent(F, verdict.witness, None)
    assert is_convex(F, Box([-1], [10**15]))


def test_budget_and_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0)
    assert not is_convex(net)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        is_convex(families.maximum_of(4), max_cells=2)
    with pytest.raises(InvalidInput, match=r"^`F` needs a network"):
        is_convex("max(x0, 0)")
    with pytest.raises(InvalidInput, match=r"^`domain` needs dimension 3"):
        is_convex(net, Box([0], [1]))


def test_verdicts_are_values():
    copies_are_equal(is_convex(ABSOLUTE), ABSOLUTE)
    copies_are_equal(is_convex(-ABSOLUTE))
    assert repr(is_convex(ABSOLUTE)) == "Verdict(F is convex: yes)"
    assert "on the chord from" in repr(is_convex(-ABSOLUTE))
