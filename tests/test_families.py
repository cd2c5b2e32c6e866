"""Named families: their values, their symmetries, and what is refused."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import z3_same

from tropical import InvalidInput, cells, families, lattice, lipschitz, parse, relevant_subspace, same_function
from tropical.testing import points

small = st.integers(-2, 2)


@given(points(3))
def test_values_are_the_definitions(x):
    signs = math.prod((t > 0) - (t < 0) for t in x)
    assert families.maximum_of(3)(x) == max(x)
    assert families.minimum_of_absolute_values(3)(x) == min(map(abs, x))
    assert families.sign_times_minimum(3)(x) == signs * min(map(abs, x))


@given(points(3), st.sampled_from(["1/10", 1, "5/2"]))
def test_parity_is_the_zigzag_of_the_clipped_sum(x, t):
    width = Fraction(t)
    s = sum((max(Fraction(-1), min(Fraction(1), v / width)) for v in x), Fraction(0))
    node = 3 - 2 * ((3 - s) // 2)  # the node at or above s, of 3, 1, -1, -3
    value = (-1) ** int((3 - node) // 2) * (1 - (node - s))
    assert families.parity(3, t)(x) == value


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_parity_of_signs(k):
    net = families.parity(k)
    for signs in product((-1, 1), repeat=k):
        assert net(signs) == math.prod(signs)


def test_small_cyclic_sums_are_exact():
    assert same_function(families.cyclic(1), parse("x0", dimension=2))
    assert same_function(families.cyclic(2), parse("abs(x0) - abs(x1)"))
    assert z3_same(families.cyclic(2), lattice(families.cyclic(2)))
    assert families.cyclic_error(2) == 0


@pytest.mark.parametrize("K", [4, 6, 8])
def test_rotation_by_one_step_changes_the_sign(K):
    net, error = families.cyclic(K), families.cyclic_error(K)
    assert 0 < error < Fraction(1, 10**27)
    angle = np.pi / K
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    X = np.random.default_rng(0).standard_normal((200, 2))
    assert np.allclose(net.evaluate(X @ turn.T), -net.evaluate(X), atol=1e-12)
    assert np.abs(net.evaluate(X)).max() > 0.1
    assert len(relevant_subspace(net)) == 2
    assert cells(net).n_cells == 2 * K


def test_the_error_bound_of_cyclic_holds_between_precisions():
    fine, bound = families.cyclic(4, digits=40), families.cyclic_error(4, digits=10)
    coarse = families.cyclic(4, digits=10)
    for x in ([1, 0], [0, 1], [3, -4], [-5, 12]):
        difference = abs(fine(x) - coarse(x))
        assert difference <= bound * (math.isqrt(x[0] ** 2 + x[1] ** 2) + 1)
    # and it is of the right size: a thousandth of it would fail
    assert any(abs(fine([p, 1]) - coarse([p, 1])) > bound / 1000 * (p + 1) for p in range(5))


@pytest.mark.parametrize("K", [3, 5, 7])
def test_odd_cyclic_sums_are_refused_with_the_reason(K):
    with pytest.raises(InvalidInput, match="identically zero"):
        families.cyclic(K)


@pytest.mark.parametrize(
    "call",
    [
        lambda: families.cyclic(0),
        lambda: families.cyclic(True),
        lambda: families.cyclic(4, digits=0),
        lambda: families.parity(0),
        lambda: families.parity(2, 0),
        lambda: families.parity(2, 0.5),
        lambda: families.maximum_of(-1),
        lambda: families.random_network([3]),
        lambda: families.random_network([3, 2, 1], rank=3),
        lambda: families.random_network([3, 2, 1], denominator=0),
    ],
    ids=range(10),
)
def test_bad_arguments(call):
    with pytest.raises(InvalidInput, match=r"^`\w+` needs .*, got .*; "):
        call()


def test_random_networks_are_reproducible_and_of_the_stated_rank():
    one, two = (families.random_network((10, 5, 4, 1), 3, rank=2, biases=True) for _ in range(2))
    assert one == two
    assert one != families.random_network((10, 5, 4, 1), 4, rank=2, biases=True)
    assert np.linalg.matrix_rank(np.array(one.weights[0], dtype=float)) == 2
    assert all((4 * w).denominator == 1 for matrix in one.weights[1:] for row in matrix for w in row)


EMBEDDABLE = {
    "maximum_of": families.maximum_of(3),
    "minimum_of_absolute_values": families.minimum_of_absolute_values(2),
    "sign_times_minimum": families.sign_times_minimum(2),
    "mean_minus_median": families.mean_minus_median(),
    "cyclic": families.cyclic(4),
    "fan": families.fan(3),
    "parity": families.parity(2),
    "homogeneous_parity": families.homogeneous_parity(2),
    "leap": families.leap(2),
    "sawtooth": families.sawtooth(2),
    "folding": families.folding(2, 2, 1),
    "zonotope": families.zonotope([[1, 0], [0, 1], [1, 1]]),
    "near_parallel": families.near_parallel("1/100"),
    "random_network": families.random_network((2, 3, 1), 0),
    "random_lattice_polynomial": families.random_lattice_polynomial(2, 4, 3, 0),
}


def test_every_family_is_listed():
    other = {"cyclic_error", "embed", "fan_error", "frame", "leap_bound", "zonotope_vertices"}
    assert set(families.__all__) == EMBEDDABLE.keys() | other


@pytest.mark.parametrize("kind", ["orthonormal", "rational"])
@pytest.mark.parametrize("name", EMBEDDABLE)
def test_every_family_can_be_embedded(name, kind):
    F = EMBEDDABLE[name]
    embedded = families.embed(F, 6, kind, seed=1)
    own, wide = relevant_subspace(F), relevant_subspace(embedded)
    assert len(wide) == len(own)
    if kind == "orthonormal":
        assert lipschitz(embedded).squared == lipschitz(F).squared
    y = [Fraction(1, 2), Fraction(-1), Fraction(3), Fraction(0), Fraction(1), Fraction(2)]
    rows = families.frame(F.dimension, 6, kind, 1)
    assert embedded(y) == F([sum((a * b for a, b in zip(row, y, strict=True)), Fraction(0)) for row in rows])
