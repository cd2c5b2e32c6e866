"""Functions of one hidden layer: all pieces follow from some of them."""

import numpy as np
import pytest

from learner import LatticeRegressor, sample, verify
from learner.one_layer import all_pieces, as_one_layer, renumbered
from learner.piece_regression import Pieces
from tropical import families, lattice, same_function
from tropical.families import random_network


def pieces_of(F, Z, *, least=5):
    """The pieces of F with enough samples, and the labels."""
    y = F.evaluate(Z)
    whole = all_pieces(lattice(F), Z, y)
    counts = whole.counts()
    kept = np.flatnonzero(counts >= least)
    number = np.full(len(counts) + 1, -1)
    number[kept] = np.arange(len(kept))
    owner = number[whole.owner]
    return y, Pieces(whole.gradients[kept], whole.constants[kept], whole.accuracy[kept], owner), len(counts)


@pytest.mark.parametrize(("k", "biases"), [(2, False), (2, True), (3, False), (3, True), (4, False)])
def test_pieces_without_samples_follow(k, biases):
    F = random_network((k, 6, 1), seed=3, biases=biases)
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((500, k))
    y, pieces, total = pieces_of(F, Z)
    layer = as_one_layer(Z, y, pieces)
    fresh = 3.0 * rng.standard_normal((4000, k))
    assert np.abs(layer.evaluate(fresh) - F.evaluate(fresh)).max() < 1e-11
    assert len(layer.weights) <= 6
    whole = layer.lattice(100_000)
    assert np.abs(whole.evaluate(fresh) - F.evaluate(fresh)).max() < 1e-11
    assert len(whole.pieces) == total >= len(pieces)
    assert np.allclose(layer.to_network().evaluate(fresh), layer.evaluate(fresh), atol=1e-12)


@pytest.mark.parametrize(
    "F",
    [random_network((2, 4, 4, 1), seed=1), random_network((3, 5, 4, 1), seed=0), families.sign_times_minimum(3)],
    ids=["in the plane", "in space", "signed minimum"],
)
def test_deeper_functions_are_none(F):
    Z = np.random.default_rng(0).standard_normal((2000, F.dimension))
    y, pieces, _ = pieces_of(F, Z)
    assert as_one_layer(Z, y, pieces) is None


def test_a_wrong_label_on_a_piece_is_no_layer():
    """It is taken only if it explains all samples on pieces."""
    Z = np.random.default_rng(0).standard_normal((500, 3))
    y, pieces, _ = pieces_of(random_network((3, 6, 1), seed=3), Z)
    y[np.flatnonzero(pieces.owner >= 0)[7]] += 1e-3
    assert as_one_layer(Z, y, pieces) is None


def test_too_few_samples_or_no_pieces():
    Z = np.random.default_rng(0).standard_normal((20, 3))
    y, pieces, _ = pieces_of(random_network((3, 6, 1), seed=3), Z, least=1)
    assert as_one_layer(Z, y, pieces) is None
    assert as_one_layer(Z, y, Pieces.none(20, 3)) is None


def test_too_many_cells_are_no_lattice():
    Z = np.random.default_rng(0).standard_normal((500, 3))
    y, pieces, _ = pieces_of(random_network((3, 6, 1), seed=3, biases=True), Z)
    assert as_one_layer(Z, y, pieces).lattice(3) is None


def test_clauses_are_renumbered():
    F = lattice(random_network((2, 4, 1), seed=0))
    Z = np.random.default_rng(0).standard_normal((200, 2))
    pieces = all_pieces(F, Z, F.evaluate(Z))
    order = np.random.default_rng(1).permutation(len(pieces))
    turned = Pieces(pieces.gradients[order], pieces.constants[order], pieces.accuracy[order], pieces.owner)
    clauses = renumbered(F, turned)
    rebuilt = type(F).from_floats(turned.gradients, turned.constants, clauses)
    assert same_function(rebuilt, F)


def test_the_regressor_proves_what_no_sample_showed():
    teacher = random_network((12, 7, 1), seed=2, rank=3)
    X, y = sample(teacher, 2500, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X, y)
    assert any(stage.name == "one hidden layer" for stage in model.stages_)
    assert verify(model, teacher).proved
    assert model.explained_ == 1.0
