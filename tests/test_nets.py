"""Nets of candidates: counts against brute force, every function once, nothing within the rounding error missed."""

from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learner import oracles
from learner.clause_structures import chamber_bound, chamber_orders, formal_count, functions_of, structures
from learner.oracles import LatticeNet, gradient_grid, lattice_net_size
from learner.weight_net import WeightNet, weight_net_size
from tropical import BudgetExceeded, LatticePolynomial, same_function
from tropical.clauses import absorb, mask_of, transversals

HALF = Fraction(1, 2)


def families(generators):
    """All antichains of non-empty sets, by brute force: every family of sets, absorbed."""
    sets = range(1, 1 << generators)
    return {tuple(absorb(family)) for size in sets for family in combinations(sets, size)}


# ------------------------------------------------------------ clause structures


@pytest.mark.parametrize("generators", [1, 2, 3])
def test_structures_are_all_antichains_that_name_every_generator(generators):
    expected = {family for family in families(generators) if mask_of(range(generators)) == _union(family)}
    found = {tuple(absorb(map(mask_of, clauses))) for clauses in structures(generators)}
    assert found == expected
    assert len(structures(generators)) == len(expected)


def _union(masks):
    total = 0
    for mask in masks:
        total |= mask
    return total


def test_counts_are_the_dedekind_numbers():
    assert [formal_count(m) for m in range(1, 7)] == [1, 4, 18, 166, 7579, 7828352]
    for m in range(1, 6):  # a lattice polynomial names some of the generators
        assert formal_count(m) == sum(comb(m, j) * len(structures(j)) for j in range(1, m + 1))
    assert formal_count(3) == len(families(3))


def test_structures_are_closed_under_the_formal_dual():
    for generators in (3, 4):
        masks = {tuple(sorted(map(mask_of, clauses))) for clauses in structures(generators)}
        assert {tuple(sorted(transversals(family))) for family in masks} == masks


def test_many_generators_are_refused_with_the_number():
    with pytest.raises(BudgetExceeded, match="7785062"):
        structures(6)
    with pytest.raises(BudgetExceeded, match="lower n_pieces"):
        formal_count(8)


def test_chamber_bound_is_lemma_n():
    assert [chamber_bound(1, m) for m in (1, 2, 5)] == [1, 2, 2]
    assert [chamber_bound(d, 3) for d in (1, 2, 3)] == [2, 6, 8]
    assert chamber_bound(2, 4) == 12


PLANE = st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=2, max_size=4, unique=True)
# every sector between normals of differences with entries up to 4 holds one of these directions
DIRECTIONS = [(a, b) for a, b in product(range(-40, 41), repeat=2) if (a, b) != (0, 0)]


@given(PLANE)
@settings(max_examples=40)
def test_chamber_orders_are_those_seen_in_all_directions(points):
    values = np.array(points) @ np.array(DIRECTIONS).T
    ordered = np.sort(values, axis=0)
    generic = (np.diff(ordered, axis=0) != 0).all(axis=0)
    seen = {tuple(order) for order in np.argsort(-values[:, generic], axis=0).T.tolist()}
    found = chamber_orders(points)
    assert seen == (set(permutations(range(len(points)))) if found is None else found)


def test_a_plane_in_space_has_the_orders_of_the_plane():
    flat = [(0, 0), (2, 0), (0, 2), (1, 1)]
    lifted = [(a + b, a - b, 2 * a + 5) for a, b in flat]
    assert chamber_orders(lifted) == chamber_orders(flat)


# ------------------------------------------------------------ the lattice net


def every_function(net, pieces, probes):
    """The values of all formulas on M gradients of the grid at probes, by brute force."""
    gradients = np.array(net.gradients)
    table = gradients @ probes.T
    found = set()
    for chosen in product(range(len(gradients)), repeat=pieces):
        for family in families(pieces):
            clauses = [[i for i in range(pieces) if mask >> i & 1] for mask in family]
            values = np.max([table[[chosen[i] for i in clause]].min(axis=0) for clause in clauses], axis=0)
            found.add(values.tobytes())
    return found


def generic_probes(dimension):
    """Integer points in every chamber of differences with entries up to 2, on which all gradients differ."""
    if dimension == 1:
        return np.array([[1], [-1]])
    turn = np.arange(0, 360, 3) + 1.234
    return np.rint(1e4 * np.column_stack([np.cos(np.radians(turn)), np.sin(np.radians(turn))])).astype(int)


@pytest.mark.parametrize(
    ("dimension", "pieces", "ratio"), [(1, 1, 2), (1, 2, 2), (1, 3, 2), (2, 1, 1), (2, 2, 1), (2, 3, Fraction(2, 3))]
)
def test_the_net_has_every_function_once(dimension, pieces, ratio):
    net = LatticeNet(dimension, pieces, Fraction(ratio), Fraction(1))
    probes = generic_probes(dimension)
    values = np.rint(net.on(probes.astype(float))(np.arange(len(net)))).astype(int)
    found = {row.tobytes() for row in values}
    assert len(found) == len(net) == net.size.enumerated
    assert found == every_function(net, pieces, probes)
    assert net.size.enumerated <= net.size.formal <= net.size.bound


def test_a_net_without_the_zero_gradient_is_caught(monkeypatch):
    monkeypatch.setattr(oracles, "gradient_grid", lambda *given: [g for g in gradient_grid(*given) if any(g)])
    net = LatticeNet(1, 2, Fraction(1), HALF)
    assert worst_distance(net, [([1], 0), ([0], 0)], [[0], [1]]) > net.error


@pytest.mark.parametrize(
    ("arguments", "bound", "formal", "enumerated"),
    [
        ((0, 3, 1, HALF), 1, 1, 1),
        ((1, 2, 1, HALF), 5**2 * 4, 5 + 2 * comb(5, 2), 25),
        ((1, 3, 1, HALF), 5**3 * 3**2, 5 + 2 * comb(5, 2) + 9 * comb(5, 3), 25),  # a slope on each side
        ((2, 2, 1, HALF), 5**4 * 4, 21 + 2 * comb(21, 2), 441),
        ((2, 3, 1, HALF), 5**6 * 18, 21 + 2 * comb(21, 2) + 9 * comb(21, 3), 11601),
        ((2, 3, 1, 1), 3**6 * 18, 9 + 2 * comb(9, 2) + 9 * comb(9, 3), 765),  # less 9 for each of 8 lines of three
    ],
)
def test_counts(arguments, bound, formal, enumerated):
    dimension, pieces, lipschitz, step = arguments
    size = lattice_net_size(dimension, pieces, Fraction(lipschitz), Fraction(step))
    assert (size.bound, size.formal, size.enumerated) == (bound, formal, None)
    assert LatticeNet(dimension, pieces, Fraction(lipschitz), Fraction(step)).size.enumerated == enumerated


@given(
    st.integers(1, 3),
    st.fractions(Fraction(1, 3), 3, max_denominator=5),
    st.lists(st.floats(-1, 1), min_size=3, max_size=3),
)
def test_every_vector_of_the_ball_is_rounded_to_the_grid(dimension, ratio, direction):
    grid = set(gradient_grid(dimension, ratio))
    u = np.array(direction[:dimension])
    u *= float(ratio) * (1 - 1e-12) / max(1.0, float(np.linalg.norm(u)))
    assert tuple(np.rint(u).astype(int).tolist()) in grid
    for g in grid:  # and no point of the grid is idle: the nearest point of its cube lies in the ball
        nearest = np.maximum(np.abs(g) - 0.5, 0.0)
        assert float(nearest @ nearest) <= float(ratio) ** 2 * (1 + 1e-12)


def worst_distance(net, pieces, clauses):
    """The least, over the net, of the largest |F(z) - G(z)|/|z| over probes."""
    probes = generic_probes(net.dimension)
    probes = probes / np.linalg.norm(probes, axis=1, keepdims=True)
    exact = LatticePolynomial(pieces, clauses).evaluate(probes)
    return float(np.abs(net.on(probes)(np.arange(len(net))) - exact).max(axis=1).min())


NET = LatticeNet(2, 3, Fraction(1), HALF)


@st.composite
def homogeneous(draw):
    """Bias-free lattice polynomials of three pieces with gradients of length at most 1."""
    angle, length = st.integers(0, 359), st.integers(0, 64)
    pieces = []
    for _ in range(3):
        turn, size = np.radians(draw(angle)), draw(length) / 64
        pieces.append(([Fraction(float(size * np.cos(turn))), Fraction(float(size * np.sin(turn)))], 0))
    return pieces, draw(st.sampled_from(structures(3)))


@given(homogeneous())
@settings(max_examples=40)
def test_lemma_n_some_candidate_is_within_the_rounding_error(function):
    assert worst_distance(NET, *function) <= NET.error + 1e-12


def test_lemma_n_with_half_the_error_is_caught():
    corners = [([Fraction(1, 4), Fraction(1, 4)], 0), ([Fraction(-1, 4), Fraction(1, 4)], 0)]
    assert worst_distance(NET, corners, [[0], [1]]) > NET.error / 2


@given(st.integers(0, len(NET) - 1))
def test_candidates_are_exact_and_what_is_evaluated(number):
    F = NET.candidate(number)
    assert all((entry / NET.step).denominator == 1 for gradient in F.pieces.gradients() for entry in gradient)
    Z = np.random.default_rng(number).standard_normal((20, 2))
    assert np.allclose(NET.on(Z)(np.array([number]))[0], F.evaluate(Z), atol=1e-12)
    assert len(F.canonical().pieces) == len(F.pieces)  # every gradient is a piece
    assert max(np.linalg.norm(np.array(g, dtype=float)) for g in F.pieces.gradients()) <= NET.lipschitz + 1e-12


def test_candidate_zero_is_the_zero_function():
    for net in (NET, LatticeNet(0, 2, Fraction(1), HALF), WeightNet(2, [2], [Fraction(1)] * 2, HALF)):
        assert same_function(net.candidate(0), LatticePolynomial.constant(0, max(1, net.dimension)))
        assert not net.on(np.ones((3, net.dimension)))(np.array([0])).any()


def test_the_budget_speaks_before_anything_is_listed():
    with pytest.raises(BudgetExceeded, match=r"12411 formulas .*281250.*raise max_candidates") as caught:
        LatticeNet(2, 3, Fraction(1), HALF, max_candidates=12410)
    assert caught.value.partial == lattice_net_size(2, 3, Fraction(1), HALF)
    with pytest.raises(BudgetExceeded, match="coarser"):
        lattice_net_size(2, 2, Fraction(1), Fraction(1, 10**5000))
    assert "more than 1e300" in str(lattice_net_size(1, 2, Fraction(1), Fraction(1, 10**5000)))


# ------------------------------------------------------------ the weight net


def test_the_weight_net_has_every_function_of_the_line():
    net = WeightNet(1, [2], [Fraction(1), Fraction(1)], HALF)
    slopes = {tuple(row) for row in net.on(np.array([[1.0], [-1.0]]))(np.arange(len(net))).tolist()}
    expected = set()
    for a, b, c, d in product(np.arange(-2, 3) / 2, repeat=4):
        # |W| <= 1 is rounded to |W'| <= 1 + h sqrt(2)/2 at most: a point of the box that fits, fits the net
        if max(np.hypot(a, b), np.hypot(c, d)) <= 1 + 0.25 * np.sqrt(2) + 1e-9:
            expected.add((c * max(a, 0) + d * max(b, 0), c * max(-a, 0) + d * max(-b, 0)))
    assert slopes == expected
    assert len(net) == len(expected)
    assert net.size.bound == 5**4
    assert net.size.formal == comb(5 + 1, 2) * 5**2


def test_weight_counts_up_to_the_order_of_units():
    size = weight_net_size(2, [2, 3], [Fraction(1), Fraction(2), Fraction(1)], Fraction(1))
    assert size.bound == 3**4 * 5**6 * 3**3
    assert size.formal == comb(9 + 1, 2) * comb(25 + 2, 3) * 3**3
    with pytest.raises(BudgetExceeded, match="weight vectors"):
        WeightNet(2, [2, 3], [Fraction(1), Fraction(2), Fraction(1)], Fraction(1), max_candidates=10)


@pytest.mark.parametrize("widths", [[2], [1, 2]])
def test_rounding_weights_is_within_the_error(widths):
    norms = [Fraction(1), Fraction(3, 2), Fraction(1)][: len(widths) + 1]
    net = WeightNet(2, widths, norms, HALF)
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((50, 2))
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    values = net.on(Z)(np.arange(len(net)))
    sizes, worst = [2, *widths, 1], 0.0
    for _ in range(40):
        weights = [rng.standard_normal((sizes[j + 1], sizes[j])) for j in range(len(norms))]
        weights = [W * float(norm) / np.linalg.norm(W, 2) for W, norm in zip(weights, norms, strict=True)]
        exact, rounded = (forward(Z, scale, weights) for scale in (None, 0.5))
        worst = max(worst, float(np.abs(exact - rounded).max()))
        assert np.abs(values - rounded).max(axis=1).min() <= 1e-12  # the rounding is a candidate
    assert worst <= net.error
    assert worst > net.error / 20  # the bound is not void


def forward(Z, step, weights):
    hidden = Z.T
    for j, W in enumerate(weights):
        used = W if step is None else step * np.rint(W / step)
        hidden = used @ (np.maximum(hidden, 0.0) if j else hidden)
    return hidden[0]


def test_weight_candidates_are_exact():
    net = WeightNet(2, [2], [Fraction(1), Fraction(1)], HALF)
    Z = np.random.default_rng(0).standard_normal((30, 2))
    for number in range(0, len(net), 997):
        assert np.allclose(net.candidate(number).evaluate(Z), net.on(Z)(np.array([number]))[0], atol=1e-12)


def test_functions_of_a_line_need_two_pieces():
    assert functions_of(3, frozenset({(0, 1, 2), (2, 1, 0)})) == ()
    assert len(functions_of(2, frozenset({(0, 1), (1, 0)}))) == 2
