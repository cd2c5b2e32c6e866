"""Pieces from samples: exact to rounding, complete, and never invented."""

import numpy as np
import pytest

from learner import sample
from learner.assemble import clauses_of_samples
from learner.piece_regression import ambient_pieces, local_pieces, span_of_pieces
from learner.pieces import Pieces, label_tolerance
from learner.report import sine_to
from tropical import LatticePolynomial, cells, families


@pytest.fixture(scope="module")
def problem():
    net = families.random_network((15, 4, 4, 1), 5, rank=2)
    X, y = sample(net, 6000, random_state=0)
    directions = np.linalg.svd(np.array(net.weights[0], dtype=float), full_matrices=False)[2][:2]
    return net, X, y, directions


def rough(directions, size, seed=0):
    noisy = directions + size * np.random.default_rng(seed).standard_normal(directions.shape)
    return np.linalg.qr(noisy.T)[0].T


def test_pieces_are_exact_from_a_rough_subspace(problem):
    net, X, y, directions = problem
    start = rough(directions, 0.05)
    assert sine_to(directions, start) > 0.05
    rng = np.random.RandomState(0)
    ambient = ambient_pieces(X, y, start, Pieces.none(*X.shape), np.ones(len(X), bool), rng=rng)
    span = span_of_pieces(ambient, label_tolerance(y))
    assert sine_to(directions, span) < 1e-12
    found = local_pieces(X @ span.T, y, ambient, rng=rng)
    assert (found.owner >= 0).all()
    table, _ = cells(net).pieces.float_arrays()
    learned = found.gradients @ span
    distances = np.linalg.norm(learned[:, None] - table[None], axis=2)
    assert len(learned) == len(table)
    assert distances.min(axis=1).max() < 1e-11
    assert sorted(distances.argmin(axis=1)) == list(range(len(table)))


def test_accuracy_bounds_the_error(problem):
    net, X, y, directions = problem
    rng = np.random.RandomState(1)
    ambient = ambient_pieces(X, y, directions, Pieces.none(*X.shape), np.ones(len(X), bool), rng=rng)
    table, _ = cells(net).pieces.float_arrays()
    for gradient, accuracy in zip(ambient.gradients, ambient.accuracy, strict=True):
        assert np.linalg.norm(table - gradient, axis=1).min() < 50 * accuracy + 1e-13


@pytest.mark.parametrize("kind", ["noise", "smooth", "noisy teacher"])
def test_no_piece_is_found_where_there_is_none(problem, kind):
    net, X, _, directions = problem
    rng = np.random.RandomState(0)
    y = {"noise": rng.randn(len(X)), "smooth": np.sin(X @ directions[0]) + 0.1 * (X @ directions[1]) ** 2}.get(
        kind, net.evaluate(X) + 1e-3 * rng.randn(len(X))
    )
    ambient = ambient_pieces(X[:2000], y[:2000], directions, Pieces.none(2000, 15), np.ones(2000, bool), rng=rng)
    assert len(ambient) == 0
    found = local_pieces(X[:2000] @ directions.T, y[:2000], Pieces.none(2000, 15), rng=rng)
    assert len(found) == 0


def test_assembly_is_below_the_function_and_equal_at_the_samples():
    F = LatticePolynomial([([0], 0), ([1], 1), ([-1], 1), ([100], -200), (["1/10"], "1/2")], [[0], [1, 2], [3, 4]])
    gradients, constants = F.pieces.float_arrays()
    one_a_region = np.array([[-3.0], [-0.5], [0.5], [1.5], [2.002], [5.0]])
    y = F.evaluate(one_a_region)
    grid = np.linspace(-12, 12, 4001)[:, None]
    lower = LatticePolynomial(F.pieces, clauses_of_samples(one_a_region, y, gradients, constants, 1e-9))
    upper_clauses = clauses_of_samples(one_a_region, y, gradients, constants, 1e-9, dual=True)
    upper = LatticePolynomial(F.pieces, upper_clauses, "min-max")
    for bound in (lower, upper):
        assert np.allclose(bound.evaluate(one_a_region), y)
    assert (lower.evaluate(grid) <= F.evaluate(grid) + 1e-12).all()
    assert (upper.evaluate(grid) >= F.evaluate(grid) - 1e-12).all()
    assert lower([-10]) < F([-10])  # one sample a region is not enough
    enough = np.vstack([one_a_region, [[-10.0]]])
    assert LatticePolynomial(F.pieces, clauses_of_samples(enough, F.evaluate(enough), gradients, constants, 1e-9))(
        [-10]
    ) == F([-10])


def test_tolerance_is_relative_to_the_labels():
    y = np.random.default_rng(0).standard_normal(1000)
    assert label_tolerance(1e6 * y) == pytest.approx(1e6 * label_tolerance(y))
    spoilt = y.copy()
    spoilt[7] = 1e13
    assert label_tolerance(spoilt) < 20 * label_tolerance(y)
    assert label_tolerance(np.where(y > 2, y, 0.0)) > 0
