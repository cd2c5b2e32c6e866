"""Two layers of folds as units of a network: which way they turn, which are needed both ways, in floats and exactly."""

from fractions import Fraction

import numpy as np
import pytest
from folded_networks import folded_of
from hypothesis import given
from hypothesis import strategies as st

from learner.folds import FoldedFunction
from learner.plain_network import turned
from tropical import ReLUNetwork, same_function
from tropical.families import random_network


@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 10**6),
    st.lists(st.sampled_from([1, -1, Fraction(2, 3), -5]), min_size=7, max_size=7),
)
def test_rational_folds_are_a_rational_network_of_the_same_function(k, first, second, biases, seed, scales):
    net = random_network((k, first, second, 1), seed, biases=biases)
    folded = folded_of(net, scales=scales)
    assert same_function(folded.to_network(), net)
    shallow = random_network((k, first, 1), seed, biases=biases)
    assert same_function(folded_of(shallow, scales=scales).to_network(), shallow)


@pytest.mark.parametrize("biases", [False, True])
def test_a_fold_needed_both_ways_costs_one_unit(biases):
    """relu(h) and relu(-h), with other weights: no signs of four folds do, and no unit passes on a coordinate."""
    rng = np.random.default_rng(3)
    rows = rng.integers(-4, 5, (4, 3)).tolist()
    rows.append([-w for w in rows[0]])
    offsets = [1, 2, -1, 3, -1] if biases else [0] * 5
    second = rng.integers(1, 5, (3, 5)).tolist()
    net = ReLUNetwork([rows, second, [[1, -2, 3]]], [offsets, [0] * 3, [0]])
    whole = folded_of(net)
    shared = [whole.folds[i] for i in range(4)]
    start = len(shared[0])

    def joined(row):  # |h_5| is |h_1|
        result = np.delete(row, start + 4)
        result[start] += row[start + 4]
        return result

    folds = [*shared, *(joined(row) for row in whole.folds[5:])]
    folded = FoldedFunction(folds, joined(whole.top), whole.linear, 3)
    found = folded.to_network()
    assert found.widths == (3, 5, 3 + 2, 1) or found.widths == (3, 5, 3, 1)
    assert same_function(found, net)
    turn = turned(np.array(shared, dtype=float), np.array(folds[4:], dtype=float), whole.linear)
    assert turn.both == [0]
    law = turn.law @ np.array(folds[4:], dtype=float).T
    assert np.abs(law).max() < 1e-12
    floats = FoldedFunction([fold.astype(float) for fold in folds], folded.top.astype(float), folded.linear, 3)
    Z = rng.standard_normal((300, 3))
    assert floats.to_network().widths == found.widths
    assert np.allclose(floats.to_network().evaluate(Z), net.evaluate(Z))


def test_combinations_of_no_units_have_no_turn():
    rng = np.random.default_rng(0)
    assert turned(rng.standard_normal((4, 3)), rng.standard_normal((3, 7)), True) is None
    assert turned(np.ones((1, 1)), np.ones((2, 2)), True).both == []


def test_nearly_a_law_is_no_law_of_rationals():
    """Floats take it for one, to 1e-6; the exact network has its rest, and is the same function."""
    net = random_network((2, 3, 2, 1), 1)
    folded = folded_of(net)
    folded.folds[3][0] += Fraction(1, 10**9)
    assert folded.to_network()([1, 5]) == exactly(folded, [1, 5])
    assert not same_function(folded.to_network(), net)


def exactly(folded, point):
    known = [Fraction(a) for a in point] + [Fraction(1)] * (not folded.linear)
    for fold in folded.folds:
        known.append(abs(sum(a * b for a, b in zip(fold, known, strict=False))))
    return sum(a * b for a, b in zip(folded.top, known, strict=True))
