"""Order of functions: F <= G everywhere, decided."""

import json
from fractions import Fraction
from functools import reduce
from operator import mul

import pytest
from hypothesis import given, settings
from known_functions import COARSE_FAILS_BIASED, MEDIAN
from oracles import above, contains
from proved_statements import agreement_tests, copies_are_equal, questions
from published import ABSENT, FOLDER

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    check,
    families,
    is_below,
    lattice,
    maximum,
    minimum,
    parse,
    same_function,
    sup_distance,
    to_network,
    to_rational,
)
from tropical.testing import functions, networks

ABSOLUTE = parse("abs(x0)")
TWO = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])


def is_witness(verdict, F, G, domain):
    x = verdict.witness.point
    left, right = (value if isinstance(value, tuple) else (value,) for value in (F(x), G(x)))
    assert (F(x), G(x)) == (verdict.witness.left, verdict.witness.right)
    return any(a > b for a, b in zip(left, right, strict=True)) and contains(domain, x)


def agrees_with_z3(F, G, domain):
    verdict = is_below(F, G, domain)
    assert bool(verdict) == (not above(F, G, domain))
    if verdict:
        assert verdict.witness is None
        assert check(verdict.certificate, F, G, domain=domain)
    else:
        assert verdict.certificate is None
        assert is_witness(verdict, F, G, domain)


test_the_verdict_is_that_of_z3_and_comes_with_evidence, test_much_more_of_that = agreement_tests(
    agrees_with_z3, questions(2), questions(2, largest=3), usual=120, slow=1500
)


@given(questions(2))
@settings(max_examples=40)
def test_bounds_of_lattices_always_hold(question):
    F, G, domain = question
    low, high = minimum(lattice(F), lattice(G)), maximum(lattice(F), lattice(G))
    for H in (F, G):
        assert check(is_below(low, H, domain).certificate, low, H, domain=domain)
        assert check(is_below(H, high, domain).certificate, H, high, domain=domain)


@given(functions(2), functions(2))
@settings(max_examples=40)
def test_antisymmetric(F, G):
    assert bool(is_below(F, F))
    assert bool(same_function(F, G)) == (bool(is_below(F, G)) and bool(is_below(G, F)))


@given(networks(2, outputs=2), networks(2, outputs=2))
@settings(max_examples=40)
def test_of_several_outputs_each_counts(F, G):
    verdict = is_below(F, G)
    assert bool(verdict) == (bool(is_below(F[0], G[0])) and bool(is_below(F[1], G[1])))
    if verdict:
        assert check(verdict.certificate, F, G)
    else:
        assert is_witness(verdict, F, G, None)


@pytest.mark.parametrize("epsilon", [Fraction(1, 10**30), Fraction(1)])
def test_a_hair_above_is_found(epsilon):
    F = to_network(MEDIAN)
    lifted = LatticePolynomial([(p.gradient, p.constant - epsilon) for p in MEDIAN.pieces], MEDIAN.clauses)
    assert is_below(lifted, F)
    verdict = is_below(F, lifted)
    assert not verdict
    assert verdict.witness.left - verdict.witness.right == epsilon


def test_constants_stand_for_functions():
    assert is_below(0, ABSOLUTE)
    assert is_below("-1/2", ABSOLUTE)
    assert not is_below(ABSOLUTE, 10**9)
    box = Box([-3], [2])
    assert is_below(ABSOLUTE, 3, box)
    assert not is_below(ABSOLUTE, Fraction(3) - Fraction(1, 10**9), box)
    assert is_below(ABSOLUTE, 3, box).certificate.functions[1]["pieces"] == [{"constant": "3", "gradient": ["0"]}]


def test_only_far_away_along_a_ray():
    # below on everything within 10^20, above beyond it
    F, G = parse(f"x0 - {10**20}"), parse("0*x0")
    verdict = is_below(F, G)
    assert not verdict
    assert verdict.witness.point[0] > 10**20
    assert is_below(F, G, Box([-1], [10**20]))


def test_a_difference_on_a_lower_dimensional_set_counts_nowhere_else():
    # F <= G fails on an open set or nowhere: equality on a line does no harm
    F, G = parse("min(x0, x1)"), parse("max(x0, x1)")
    assert is_below(F, G)
    assert not is_below(G, F)
    assert is_below(G, F, Polyhedron([[1, 0]], [0])).witness is not None


def test_degenerate_networks():
    zero = ReLUNetwork([[[0, 0]], [1]])
    assert is_below(zero, zero)
    assert is_below(COARSE_FAILS_BIASED, 0)
    assert is_below(-1, COARSE_FAILS_BIASED)
    assert not is_below("-999/1000", COARSE_FAILS_BIASED)


def test_budget():
    net = families.random_network((3, 4, 4, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        is_below(net, net, max_cells=2)
    assert is_below(net, net, max_cells=10**6)


def test_bad_arguments():
    for F, G, message in [
        (ABSOLUTE, 0.5, r"^`G` needs an exact number.*float 0\.5; .* such as \"1/2\""),
        (ABSOLUTE, 1e-300, r"^`G` needs an exact number.* such as \"3/4\""),
        (ABSOLUTE, "0.25", r"^`G` needs a rational.*; write \"1/4\"$"),
        (ABSOLUTE, True, r"^`G` needs an exact number.*boolean"),
        (1, 2, r"^`F` needs a network"),
        (ABSOLUTE, None, r"^`G` needs a network"),
        (ABSOLUTE, parse("x0 + x1"), r"^`G` needs 1 inputs, as F has, got 2"),
        (ABSOLUTE, TWO, r"^`G` needs 1 outputs, as F has, got 2; select outputs"),
        (TWO, 0, r"^`G` needs a function with 2 outputs.*select outputs"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            is_below(F, G)
    with pytest.raises(InvalidType, match=r"^`domain` needs None, a Box or a Polyhedron"):
        is_below(ABSOLUTE, 0, [[0, 1]])
    with pytest.raises(InvalidInput, match=r"^`domain` needs dimension 1, got dimension 2"):
        is_below(ABSOLUTE, 0, Box([0, 0], [1, 1]))
    with pytest.raises(InvalidInput, match=r"^`domain` needs a set with interior points"):
        is_below(ABSOLUTE, 0, Polyhedron([[1], [-1]], [0, 0]))
    for limit in (0, -3, 1.5, True, "7"):
        with pytest.raises(InvalidInput, match=r"^`max_cells` needs"):
            is_below(ABSOLUTE, 0, max_cells=limit)


def test_verdicts_are_values():
    yes, no = is_below(0, ABSOLUTE), is_below(ABSOLUTE, 0)
    zero = LatticePolynomial([([0], 0)], [[0]])
    copies_are_equal(yes, zero, ABSOLUTE)
    copies_are_equal(no)
    assert yes != no
    assert yes == is_below(zero, ABSOLUTE)
    assert repr(yes) == "Verdict(F <= G: yes)"
    assert repr(no).startswith("Verdict(F <= G: no, witness at x0 = ")


# ---------------------------------------------------------------- published cases

PUBLISHED = FOLDER / "published_cases.json"
CASES = json.loads(PUBLISHED.read_text()) if PUBLISHED.is_file() else {"equalities": [], "networks": []}


@pytest.mark.skipif(not CASES["equalities"], reason=ABSENT)
@pytest.mark.parametrize("case", CASES["equalities"], ids=[case["id"] for case in CASES["equalities"]])
def test_published_equalities_are_two_orders(case):
    left, right = (
        reduce(mul, [TropicalPolynomial([tuple(t) for t in factor], case["convention"]) for factor in case[side]])
        for side in ("left_factors", "right_factors")
    )
    verdicts = [is_below(left, right), is_below(right, left)]
    assert all(verdicts) == case["expected_equal_functions"] == (sup_distance(left, right).squared == 0)
    for verdict, F, G in zip(verdicts, (left, right), (right, left), strict=True):
        assert check(verdict.certificate, F, G) if verdict else is_witness(verdict, F, G, None)


NETWORKS = [case for case in CASES["networks"] if "biases" in case]


@pytest.mark.skipif(not NETWORKS, reason=ABSENT)
@pytest.mark.parametrize("case", NETWORKS, ids=[case["id"] for case in NETWORKS])
def test_published_networks_lie_within_their_quotients(case):
    net = ReLUNetwork(case["weights"], case["biases"])
    for other in (lattice(net), to_rational(net)):
        for F, G in ((net, other), (other, net)):
            assert check(is_below(F, G).certificate, F, G)
        assert sup_distance(net, other).squared == 0
    hair = lattice(net) - Fraction(1, 10**9)
    assert not is_below(net, hair)
    assert check(is_below(hair, net).certificate, hair, net)
