"""Units on units, how few numbers describe a function with them, and the search for folds and signs of a layer."""

from dataclasses import replace

import numpy as np
import pytest
from folded_networks import pieces_shown
from hypothesis import given
from hypothesis import strategies as st

from learner import peeling
from learner.components import Components, Fit
from learner.levels import Level, Neighbourhoods
from learner.peeling import Peeling, Turned
from learner.units import Open, Units, described
from tropical.families import random_network


def never():
    return False


def weights_of(net, layer):
    """The rows of a layer, with biases as a last column unless there are none."""
    rows = np.array([[float(entry) for entry in row] for row in net.weights[layer]])
    biases = np.array([float(entry) for entry in net.biases[layer]])
    return rows if net.is_bias_free() else np.column_stack([rows, biases])


def first_layer(net, part):
    folds = weights_of(net, 0)
    folds /= np.linalg.norm(folds, axis=1)[:, None]
    return Level(None, folds, np.ones(len(folds)), np.empty((0, folds.shape[1])), part)


def second_layer(net, level):
    """The folds of the second layer on the units of the first, which a level has at another scale."""
    first, rows = weights_of(net, 0), weights_of(net, 1)
    sizes = np.linalg.norm(first, axis=1)
    folds = np.hstack([rows[:, : len(sizes)] * sizes, rows[:, len(sizes) :]])
    return folds / np.linalg.norm(folds, axis=1)[:, None]


def shown_of(net):
    """Neighbourhoods of pieces with five samples, the first layer, the folds of the second one, and what it passes."""
    Z = np.random.default_rng(0).standard_normal((6000, 3))
    y = net.evaluate(Z)
    part = Neighbourhoods(Z, y, pieces_shown(net, Z, y, least=5)[0])
    level = first_layer(net, part)
    folds = second_layer(net, level)
    sides = (level.features(part.design) @ folds.T > 0.0).mean(axis=0)
    return part, level, folds[(sides > 0.01) & (sides < 0.99)], folds[sides >= 0.99]


@pytest.fixture(scope="module", params=[False, True], ids=["linear", "biased"])
def shown(request):
    return shown_of(random_network((3, 4, 4, 1) if request.param else (3, 5, 5, 1), seed=5, biases=request.param))


# ------------------------------------------------------------ units


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
def test_law_gradients_are_slopes_of_the_features(seed, linear, deep):
    rng = np.random.default_rng(seed)
    k, p = 3, 3 + (not linear)
    below = Units(None, rng.standard_normal((4, p)), rng.choice([-1.0, 1.0], 4), rng.standard_normal((1, p)), linear)
    q = 5 + (not linear)
    open_ = Open(rng.standard_normal((2, q)), np.array([0, 2]))
    units = Units(below, rng.standard_normal((3, q)), rng.choice([-1.0, 1.0], 3), np.empty((0, q)), linear, open_)
    units = units if deep else below
    Z = rng.standard_normal((20, k))
    design = Z if linear else np.column_stack([Z, np.ones(20)])
    row = rng.standard_normal(units.features(design).shape[1])
    slopes = units.gradients(design, row)
    value = units.features(design) @ row
    assert np.allclose(np.einsum("np,np->n", slopes, design), value)  # linear, or affine, on each cell
    step = 1e-7 * rng.standard_normal((20, k))
    moved = design.copy()
    moved[:, :k] += step
    same = (np.sign(units.heights(moved)) == np.sign(units.heights(design))).all(axis=1)
    change = units.features(moved) @ row - value
    assert np.allclose(change[same], np.einsum("nk,nk->n", slopes[:, :k], step)[same], atol=1e-12)
    assert units.depth == (2 if deep else 1)


def test_what_is_open_is_beside_the_units():
    open_ = Open.of([np.eye(4)[:1], np.empty((0, 4)), np.eye(4)[2:]], 4)
    assert open_.owner.tolist() == [0, 2, 2]
    jumps = open_.jumps(np.ones((3, 4)))
    assert [len(rows) for _, rows in jumps] == [1, 0, 2]
    turned = Units(None, np.ones((3, 4)), np.ones(3), np.empty((0, 4)), True, open_)
    absolute = Units(None, np.ones((3, 4)), None, np.empty((0, 4)), True, open_)
    assert turned.place_of_open == slice(3, 6)
    assert absolute.place_of_open == slice(7, 10)


def stand_in(fits, tolerance=1e-9, least=3):
    components = object.__new__(Components)
    components.fits, components.least, components._tolerance = fits, least, tolerance
    return components


def test_description_counts_ranks_without_what_follows_from_units():
    whole = Fit(np.ones(6), np.empty((0, 6)), 6, 100, 0.0)
    partly = Fit(np.ones(6), np.eye(6)[4:5], 5, 100, 0.0)  # the first of two that are open is not seen on it
    beyond = Fit(np.ones(6), np.empty((0, 6)), 6, 100, 1.0)
    assert described(stand_in([whole]), slice(4, 4)) == 6
    assert described(stand_in([whole]), slice(4, 6)) == 4
    assert described(stand_in([partly]), slice(4, 6)) == 5 - 1
    assert described(stand_in([whole, partly, beyond]), slice(4, 6)) == 4 + 4 + 3
    assert described(stand_in([]), slice(4, 6)) == 0


def test_a_piece_that_features_do_not_explain_is_a_component_of_its_own():
    rng = np.random.default_rng(0)
    known, unit = rng.standard_normal((60, 2)), np.repeat([0, 1, 2], 20)
    y = known @ np.array([1.0, 2.0])
    y[unit == 1] += 1.0  # beyond linear functions of the features
    pairs = np.array([[0, 20], [20, 40], [0, 40]])
    components = Components(known, y, unit, pairs, 2, 1e-9)
    assert [components.explains(fit) for fit in components.fits] == [fit.samples == 40 for fit in components.fits]
    assert sorted(fit.samples for fit in components.fits) == [20, 40]
    assert described(components, slice(2, 2)) == 2 + components.least


# ------------------------------------------------------------ folds


def same_up_to_sign(one, other):
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    return min(np.abs(one - other).max(), np.abs(one + other).max()) < 1e-6


def may_be(jump, fold):
    """Whether a fold is one of those that a jump leaves open."""
    rows = np.vstack([jump[0][None], jump[1]])
    return np.linalg.norm(fold - np.linalg.lstsq(rows.T, fold, rcond=None)[0] @ rows) < 1e-6


@pytest.mark.parametrize("seed", range(1, 6))
def test_folds_that_are_peeled_are_those_of_the_layer(seed):
    part, level, folds, _ = shown_of(random_network((3, 5, 5, 1), seed=seed))
    order = Peeling(level, part).peeled(never)
    assert all(any(may_be(jump, fold) for fold in folds) for jump in order)
    assert sum(any(may_be(jump, fold) for jump in order) for fold in folds) >= len(folds) - 1


def test_a_set_with_all_folds_describes_the_function_in_fewer_numbers(shown):
    part, level, folds, _ = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    jumps = [(fold, nothing) for fold in folds]
    whole = search._set(jumps)
    assert whole.cost < search._set([]).cost
    rng = np.random.default_rng(0)
    for _ in range(5):
        row = rng.standard_normal(folds.shape[1])
        assert search._set([*jumps, (row / np.linalg.norm(row), nothing)]).cost > whole.cost


def test_true_signs_describe_the_function_in_fewest_numbers_and_are_found(shown):
    part, level, folds, passed = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    jumps = tuple((fold, nothing) for fold in folds)
    right = search._told(Turned(0, jumps, (1.0,) * len(jumps), passed))
    rng = np.random.default_rng(0)
    for _ in range(6):
        signs = tuple(rng.choice([-1.0, 1.0], len(jumps)).tolist())
        other = search._told(replace(right, signs=signs))
        assert other.cost > right.cost or signs == right.signs
    found = search.turned([jumps], never)
    assert found[0].cost <= right.cost
    assert np.allclose(found[0].level(level, part).folds, folds)


def test_flips_mend_wrong_signs(shown):
    part, level, folds, passed = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    jumps = tuple((fold, nothing) for fold in folds)
    right = search._told(Turned(0, jumps, (1.0,) * len(jumps), passed))
    wrong = search._told(replace(right, signs=(-1.0, *right.signs[1:])))
    assert wrong.cost > right.cost
    assert search._descended(wrong).cost <= right.cost


def test_the_same_folds_in_another_order_or_turned_are_one_set(shown):
    part, level, folds, _ = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    jumps = [(fold, nothing) for fold in folds]
    turned = [(-fold, nothing) for fold in folds[::-1]]
    assert search._key(jumps) == search._key(turned)
    assert search._key(jumps) != search._key(jumps[:-1])
    assert search._key(jumps) != search._key([(folds[0], np.eye(folds.shape[1])[:1]), *jumps[1:]])


def test_sets_are_what_is_peeled_with_fewer_and_with_more(shown, monkeypatch):
    part, level, folds, _ = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    jumps = [(fold, nothing) for fold in folds[:2]]
    monkeypatch.setattr(search, "peeled", lambda expired: jumps)
    monkeypatch.setattr(search, "_candidates", lambda now, most: [(folds[-1], nothing)] * (most == peeling._MORE))
    assert [len(chosen) for chosen in search.sets(never)] == [1, 2, 3]


def test_it_stops_when_asked(shown):
    part, level, folds, _ = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    assert search.peeled(lambda: True) == []
    sets = [[(fold, nothing)] for fold in folds]
    found = search.turned(sets, lambda: True)
    assert len(found) == 1
    assert np.array_equal(found[0].jumps[0][0], folds[0])
    assert search.turned([], never) == []


def test_a_function_that_is_passed_on_is_found():
    """One unit of the second layer is active everywhere: it has no fold."""
    part, level, folds, always = shown_of(random_network((3, 5, 4, 1), seed=10))
    assert len(always) == 1
    nothing = np.empty((0, folds.shape[1]))
    found = Peeling(level, part).turned([[(fold, nothing) for fold in folds]], never)[0]
    assert len(found.passed) == 1
    assert same_up_to_sign(found.passed[0], always[0])
    assert found.signs == (1.0,) * len(folds)


# ------------------------------------------------------------ the surest ones


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_surest_folds_are_all_of_the_layer(seed):
    part, level, folds, _ = shown_of(random_network((3, 5, 5, 1), seed=seed))
    sets = Peeling(level, part).surest(never)
    assert all(any(may_be(jump, fold) for fold in folds) for chosen in sets for jump in chosen)
    assert max(sum(any(may_be(jump, fold) for jump in chosen) for fold in folds) for chosen in sets) >= len(folds) - 1


@pytest.fixture(scope="module")
def deeper():
    """A network of three layers: the first one, and the folds of the second and of the third on it."""
    net = random_network((3, 6, 6, 6, 1), seed=5)
    Z = np.random.default_rng(0).standard_normal((8000, 3))
    y = net.evaluate(Z)
    part = Neighbourhoods(Z, y, pieces_shown(net, Z, y, least=5)[0])
    level = first_layer(net, part)
    return part, level, second_layer(net, level), net


def test_pieces_jump_along_folds_of_the_layer_and_not_along_others(deeper):
    part, level, folds, _ = deeper
    known = level.features(part.design)
    sides = (known @ folds.T > 0.0).mean(axis=0)
    bent = [fold for fold, side in zip(folds, sides, strict=True) if 0.02 < side < 0.98]
    seen = [part.seen_along(fold, level) for fold in bent]
    assert len(seen) >= 4
    assert np.median([share for _, share in seen]) > 0.6
    assert min(times for times, _ in seen) >= 3
    rng = np.random.default_rng(0)
    for _ in range(20):
        times, share = part.seen_along(rng.standard_normal(folds.shape[1]), level)
        assert times == 0
        assert share == 0.0
    assert part.seen_along(np.zeros(folds.shape[1]), level) == (0, 0.0)


def test_of_a_deeper_network_the_surest_folds_are_those_of_the_second_layer(deeper):
    part, level, folds, _ = deeper
    search = Peeling(level, part)
    sets = search.surest(never)
    costs = [search._set(chosen).cost for chosen in sets]
    assert costs == sorted(costs)
    assert all(any(may_be(jump, fold) for fold in folds) for jump in sets[0])
    assert len(sets[0]) >= 4
    assert search.surest(lambda: True) == []


def test_a_fold_that_is_missing_is_added_and_one_too_many_is_left_out(shown):
    part, level, folds, passed = shown
    search, nothing = Peeling(level, part), np.empty((0, folds.shape[1]))
    jumps = tuple((fold, nothing) for fold in folds)
    right = search._told(Turned(0, jumps, (1.0,) * len(jumps), passed))
    short = search._told(replace(right, jumps=jumps[:-1], signs=right.signs[:-1]))
    found = search.improved(short, never)
    assert found.cost < short.cost
    assert len(found.jumps) == len(jumps)
    assert all(any(may_be(jump, fold) for fold in folds) for jump in found.jumps)
    rng = np.random.default_rng(0)
    row = rng.standard_normal(folds.shape[1])
    more = (row / np.linalg.norm(row), nothing)
    longer = search._told(replace(right, jumps=(*jumps, more), signs=(*right.signs, 1.0)))
    found = search.improved(longer, never)
    assert found.cost <= right.cost < longer.cost
    assert not any(np.array_equal(fold, more[0]) for fold, _ in found.jumps)
    assert search.improved(longer, lambda: True) is longer


@given(st.integers(0, 10**6), st.booleans())
def test_law_coefficients_on_units_are_the_same_function_on_absolute_values(seed, linear):
    rng = np.random.default_rng(seed)
    p = 3 + (not linear)
    units = Units(None, rng.standard_normal((4, p)), rng.choice([-1.0, 1.0], 4), rng.standard_normal((2, p)), linear)
    Z = rng.standard_normal((30, 3))
    design = Z if linear else np.column_stack([Z, np.ones(30)])
    row = rng.standard_normal(units.features(design).shape[1])
    both = np.hstack([design, np.abs(design @ units.folds.T)])
    assert np.allclose(both @ units.on_below(row), units.features(design) @ row)
    absolute = Units(None, units.folds, None, np.empty((0, p)), linear)
    row = rng.standard_normal(absolute.features(design).shape[1])
    assert absolute.on_below(row) is row


def test_coefficients_on_what_is_open_are_left_out():
    open_ = Open.of([np.eye(3)[:1], np.empty((0, 3))], 3)
    units = Units(None, np.eye(3)[:2], np.ones(2), np.eye(3)[2:], True, open_)
    assert units.on_below(np.array([2.0, 4.0, 99.0, 5.0])).tolist() == [1.0, 2.0, 5.0, 1.0, 2.0]
