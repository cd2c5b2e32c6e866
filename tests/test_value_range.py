"""Minimum and maximum of a function, exact, and where they are attained."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import ASSEMBLY_NETWORK, COARSE_FAILS_BIASED, MEDIAN
from oracles import above, contains, unbounded, value
from proved_statements import agreement_tests, copies_are_equal, questions
from published import ABSENT, FOLDER

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    check,
    families,
    is_below,
    parse,
    to_network,
    value_range,
)
from tropical.testing import functions

ABSOLUTE = parse("abs(x0)")


def is_ray(F, ray, domain, sign):
    """Whether the function grows steadily along the ray from some point on, inside the domain."""
    places = [
        [a + t * b for a, b in zip(ray.point, ray.direction, strict=True)] for t in (0, 1, 10**3, 10**6, 2 * 10**6)
    ]
    heights = [sign * F(x) for x in places]
    steady = heights[-1] - heights[-2] == 10**6 * (heights[1] - heights[0]) > 0
    return steady and all(contains(domain, x) for x in places)


def agrees_with_z3(F, domain):
    found = value_range(F, domain)
    assert check(found.certificate, F, domain=domain)
    for sign, bound, place, ray in (
        (-1, found.min, found.argmin, found.descent),
        (1, found.max, found.argmax, found.ascent),
    ):
        assert (bound is None) == unbounded(F, domain, sign)
        assert (bound is None) == (place is None) == (ray is not None)
        if bound is None:
            assert is_ray(F, ray, domain, sign)
        else:
            assert F(place) == bound == value(F, place)[0]
            assert contains(domain, place)
            assert not (above(F, bound, domain) if sign > 0 else above(bound, F, domain))


test_the_ends_are_those_of_z3_and_come_with_evidence, test_much_more_of_that = agreement_tests(
    agrees_with_z3, questions(), questions(largest=3), usual=120, slow=1500
)


@given(functions(2), st.integers(-5, 5))
@settings(max_examples=40)
def test_the_ends_bound_and_nothing_less_does(F, step):
    box = Box([-1, -2], [3, 1])
    found = value_range(F, box)
    assert is_below(found.min, F, box)
    assert is_below(F, found.max, box)
    hair = Fraction(1, 10**12)
    assert not is_below(found.min + hair, F, box)
    assert not is_below(F, found.max - hair, box)
    assert (found.min + step in found) == (0 <= step <= found.max - found.min)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_maximum_of_coordinates(n):
    F, cube = families.maximum_of(n), Box([0] * n, [1] * n)
    for G in (F, to_network(F)):
        found = value_range(G, cube)
        assert (found.min, found.max) == (0, 1)
        assert found.argmin == (0,) * n
        assert max(found.argmax) == 1
        assert check(found.certificate, G, domain=cube)
    below_a_plane = value_range(F, Polyhedron([[1] * n], [n]))  # some coordinate may grow while another falls
    assert (below_a_plane.min, below_a_plane.max) == (None, 1 if n == 1 else None)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-3, 1), (-1, "7/2"), (1, 4), (-5, -2)])
def test_absolute_value_on_intervals(low, high):
    low, high = Fraction(low), Fraction(high)
    found = value_range(ABSOLUTE, Box([low], [high]))
    assert found.max == max(abs(low), abs(high))
    assert found.min == (0 if low <= 0 <= high else min(abs(low), abs(high)))


def test_closed_forms():
    box = Box([-2, -3], [5, 1])
    median = value_range(MEDIAN, box)  # of 0, x0, x1
    assert (median.min, median.max) == (-2, 1)
    sums = value_range(parse("abs(x0) + 2*abs(x1)"), box)
    assert (sums.min, sums.max, sums.argmin, sums.argmax) == (0, 11, (0, 0), (5, -3))
    assert (value_range(COARSE_FAILS_BIASED).min, value_range(COARSE_FAILS_BIASED).max) == (-1, 0)
    bounded_below = value_range(ASSEMBLY_NETWORK)
    assert (bounded_below.min, bounded_below.max) == (0, None)
    smallest = value_range(families.minimum_of_absolute_values(3), Box([-1] * 3, ["1/2"] * 3))
    assert (smallest.min, smallest.max, smallest.argmax) == (0, 1, (-1, -1, -1))
    parity = value_range(families.parity(2, "1/2"))
    assert (parity.min, parity.max) == (-1, 1)


def test_unbounded_with_rays():
    found = value_range(parse("x0 - 2*x1"), Polyhedron([[1, 0], [0, -1]], [3, 1]))
    assert (found.max, found.min, found.argmax) == (5, None, (3, -1))
    assert found.descent.direction != (0, 0)
    assert "unbounded from" in repr(found)
    everything = value_range(parse("x0"))
    assert everything.min is everything.max is everything.argmin is everything.argmax is None
    assert 10**100 in everything


def test_constants_and_degenerate_functions():
    zero = ReLUNetwork([[[0, 0]], [1]])
    for domain in (None, Box([0, 0], [1, 1]), Polyhedron([[1, 1]], [0])):
        found = value_range(zero, domain)
        assert found.min == found.max == 0
        assert contains(domain, found.argmin)
        assert check(found.certificate, zero, domain=domain)
    doubled = ReLUNetwork([[[1], [1], [-1], [2]], [1, -1, 0, 0]])
    assert value_range(doubled).min == value_range(doubled).max == 0


def test_one_of_several_outputs():
    net = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])
    with pytest.raises(InvalidInput, match=r"^`F` needs one output, got 2; select one with F\[j\]"):
        value_range(net)
    assert value_range(net[0]).min == 0
    assert value_range(net[1], Box([-1], [2])).max == 2


def test_budget_and_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        value_range(net, max_cells=2)
    with pytest.raises(InvalidInput, match=r"^`F` needs a network"):
        value_range(3)
    with pytest.raises(InvalidInput, match=r"^`domain` needs"):
        value_range(net, (0, 1))
    with pytest.raises(InvalidInput, match=r"^`domain` needs a set with interior points.*widen it"):
        value_range(ABSOLUTE, Polyhedron([[1], [-1]], [-1, -1]))


def test_ranges_are_values():
    box = Box([-1], [2])
    found = value_range(ABSOLUTE, box)
    copies_are_equal(found, ABSOLUTE, domain=box)
    copies_are_equal(value_range(ABSOLUTE), ABSOLUTE)
    assert found == value_range(ABSOLUTE, box)
    assert found != value_range(ABSOLUTE, Box([-1], [3]))
    assert Fraction(1, 2) in found
    assert 3 not in found
    assert repr(found) == "Range(min 0 at the origin; max 2 at x0 = 2)"


def test_a_repr_never_raises():
    assert repr(value_range(LatticePolynomial([([1], 10**5000)], [[0]]), Box([0], [1])))


# ---------------------------------------------------------------- published: two-level lattices (TLLVerifyBench)

TWO_LEVEL = FOLDER / "two_level_lattice.json"
INSTANCES = json.loads(TWO_LEVEL.read_text())["instances"] if TWO_LEVEL.is_file() else []


def instance(case):
    box = Box([low for low, _ in case["box"]], [high for _, high in case["box"]])
    return LatticePolynomial.from_floats(case["A"], case["b"], case["clauses"]), box


@pytest.mark.skipif(not INSTANCES, reason=ABSENT)
@pytest.mark.parametrize("case", INSTANCES, ids=[case["name"] for case in INSTANCES])
def test_two_level_lattices(case):
    exact_range(case, replay=len(case["b"]) <= 8)


def exact_range(case, replay):
    F, box = instance(case)
    found = value_range(F, box)
    assert abs(float(found.min) - case["min"]) < 1e-9
    assert abs(float(found.max) - case["max"]) < 1e-9
    for place, bound in ((found.argmin, found.min), (found.argmax, found.max)):
        assert F(place) == bound
        assert contains(box, place)
    hair = Fraction(1, 10**15)
    for left, right, expected in (
        (found.min - hair, F, True),
        (found.min, F, True),
        (found.min + hair, F, False),
        (F, found.max + hair, True),
        (F, found.max, True),
        (F, found.max - hair, False),
    ):
        verdict = is_below(left, right, box)
        assert bool(verdict) == expected
        if verdict and replay:
            subjects = [
                H if isinstance(H, LatticePolynomial) else LatticePolynomial.constant(H, 2) for H in (left, right)
            ]
            assert check(verdict.certificate, *subjects, domain=box)
    if replay:
        assert check(found.certificate, F, domain=box)
