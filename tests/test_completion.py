"""Between two bounds: exact where they agree, one of them elsewhere, and the source itself where walls tell."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learner import sample
from learner.assemble import clauses_of_samples
from tropical import BudgetExceeded, InvalidInput, LatticePolynomial, families, lattice, same_function, simplest_between
from tropical.completion import _least_cost
from tropical.testing import networks, points

small = st.integers(-2, 2)


def dual(F):
    """The canonical min-max form of F over F's own table: that of -F, turned over."""
    swapped = "min-max" if F.form == "max-min" else "max-min"
    negative = LatticePolynomial([([-u for u in p.gradient], -p.constant) for p in F.pieces], F.clauses, swapped)
    other = lattice(negative)
    number = {piece: i for i, piece in enumerate(F.pieces)}
    index = [number[tuple(-u for u in p.gradient), -p.constant] for p in other.pieces]
    return LatticePolynomial(F.pieces, [[index[i] for i in clause] for clause in other.clauses], "min-max")


@given(networks(2, max_width=4), st.data())
@settings(max_examples=40)
def test_it_lies_between_and_is_one_of_the_two_everywhere(net, data):
    F = lattice(net)
    upper = dual(F)
    assert same_function(F, upper)
    kept = data.draw(st.lists(st.sampled_from(F.clauses), min_size=1, unique=True))
    lower = LatticePolynomial(F.pieces, kept)
    completion = simplest_between(lower, upper)
    assert (completion.n_open == 0) == bool(same_function(lower, upper))
    for x in data.draw(st.lists(points(2), min_size=5, max_size=5)):
        assert completion.function(x) in (lower(x), upper(x))
        assert lower(x) <= completion.function(x) <= upper(x)


@given(networks(2))
@settings(max_examples=20)
def test_equal_bounds_give_the_canonical_form(net):
    F = lattice(net)
    completion = simplest_between(F, dual(F))
    assert completion.function == F
    assert completion.n_open == 0


def bounds_from_samples(net, n, seed):
    F = lattice(net)
    X, y = sample(net, n, random_state=seed)
    gradients, constants = F.pieces.float_arrays()
    lower = clauses_of_samples(X, y, gradients, constants, 1e-9)
    upper = clauses_of_samples(X, y, gradients, constants, 1e-9, dual=True)
    return LatticePolynomial(F.pieces, lower), LatticePolynomial(F.pieces, upper, "min-max")


def test_walls_tell_more_than_either_bound():
    """With known pieces and few samples the completion is the source more often than either bound is."""
    right = {"lower": 0, "upper": 0, "completed": 0}
    for seed in range(12):
        net = families.random_network((3, 4, 4, 1), seed, rank=3)
        lower, upper = bounds_from_samples(net, 3000, seed)
        completion = simplest_between(lower, upper)
        for name, function in (("lower", lower), ("upper", upper), ("completed", completion.function)):
            right[name] += bool(same_function(net, function))
    assert right["completed"] >= right["lower"] + 2
    assert right["completed"] >= right["upper"] + 2


def test_no_open_region_is_too_small_to_be_seen():
    # a tent of width 2e-12 between x = 1 and x = 1 + 2e-12: no sample would find it
    pieces = [([0], 0), ([1], -1), ([-1], f"{10**12 + 2}/{10**12}")]
    tent, flat = LatticePolynomial(pieces, [[0], [1, 2]]), LatticePolynomial(pieces, [[0]])
    assert tent([f"{10**12 + 1}/{10**12}"]) > 0
    assert simplest_between(flat, tent).n_open >= 1


def test_bad_arguments():
    net = families.random_network((3, 4, 4, 1), 0, rank=3)
    lower, upper = bounds_from_samples(net, 200, 0)
    with pytest.raises(BudgetExceeded, match="max_cells=1"):
        simplest_between(lower, upper, max_cells=1)
    with pytest.raises(InvalidInput, match=r"^`upper` needs"):
        simplest_between(lower, LatticePolynomial([([1, 0, 0], 0)], [[0]]))
    assert np.isfinite(simplest_between(lower, upper).function.evaluate(np.zeros((1, 3)))).all()


def brute_force(alone, together):
    def cost(bits):
        total = sum(alone[u][bits[u]] for u in range(len(bits)))
        return total + sum(table[bits[u]][bits[v]] for u in range(len(bits)) for v, table in together[u].items())

    return min(cost(bits) for bits in product((0, 1), repeat=len(alone))), cost


@given(st.integers(1, 7), st.randoms())
@settings(max_examples=100)
def test_branch_and_bound_finds_the_least_cost(count, random):
    costs = [0.0, 0.25, 0.5, 1.0, 1.0, float("inf")]
    alone = [[random.choice(costs[:5]) for _ in range(2)] for _ in range(count)]
    together = [
        {
            v: [[random.choice(costs[:5]), random.choice(costs)], [random.choice(costs), random.choice(costs[:5])]]
            for v in range(u)
            if random.random() < 0.6
        }
        for u in range(count)
    ]
    least, cost = brute_force(alone, together)
    assert cost(_least_cost(alone, together)) == least
