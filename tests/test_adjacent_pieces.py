"""Pieces with too few samples to be seen alone: found beside others, right, and never invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner import LatticeRegressor, reconstruction, sample
from learner.adjacent_pieces import with_adjacent_pieces
from learner.hidden_layers import Recognised
from learner.pieces import Pieces, least_squares
from tropical.families import random_network


def slopes_of(net, Z):
    """The row (gradient, constant) of the piece at each sample."""
    units, rows = Z, np.broadcast_to(np.eye(Z.shape[1], Z.shape[1] + 1), (len(Z), Z.shape[1], Z.shape[1] + 1))
    layers = [
        (np.array(w, dtype=float), np.array(b, dtype=float)) for w, b in zip(net.weights, net.biases, strict=True)
    ]
    for place, (weights, biases) in enumerate(layers):
        units = units @ weights.T + biases
        rows = np.einsum("ij,njk->nik", weights, rows)
        rows[:, :, -1] += biases
        if place < len(layers) - 1:
            active = units > 0.0
            units, rows = units * active, rows * active[:, :, None]
    return rows[:, 0]


def shown_by(net, Z, y, *, least):
    """The pieces that so many samples show, by least squares."""
    rows = slopes_of(net, Z)
    _, piece = np.unique(np.round(rows, 6), axis=0, return_inverse=True)
    table, linear = Pieces.none(*Z.shape), net.is_bias_free()
    for number in np.flatnonzero(np.bincount(piece) >= least):
        mine = piece == number
        table.add(least_squares(Z[mine], y[mine], intercept=not linear), mine)
    return table


def owned(pieces):
    """The samples on pieces, and the rows that they lie on."""
    mine = np.flatnonzero(pieces.owner >= 0)
    return mine, np.column_stack([pieces.gradients, pieces.constants])[pieces.owner[mine]]


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("widths", [(3, 8, 8, 1), (3, 6, 6, 6, 1), (2, 8, 8, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_most_pieces_of_networks_with_few_samples_are_found_and_none_is_wrong(widths, biases, seed):
    net = random_network(widths, seed, biases=biases)
    Z = np.random.default_rng(seed).standard_normal((3000, widths[0]))
    y = net.evaluate(Z)
    shown = shown_by(net, Z, y, least=widths[0] + biases + 2)
    before = shown.owner.copy()
    found = with_adjacent_pieces(Z, y, shown)
    mine, rows = owned(found)
    assert np.abs(rows - slopes_of(net, Z)[mine]).max() < 1e-6 * np.abs(rows).max()
    left = (before < 0).sum(), (found.owner < 0).sum()
    assert left[1] <= 0.7 * left[0]
    assert np.array_equal(shown.owner, before)  # what was given is not altered
    assert np.array_equal(found.owner[before >= 0], before[before >= 0])
    assert len(found.accuracy) == len(found.constants) == len(found)
    true = np.abs(np.column_stack([found.gradients, found.constants])[found.owner[mine]] - slopes_of(net, Z)[mine])
    assert (true.max(axis=1) <= 1e3 * found.accuracy[found.owner[mine]] + 1e-12).all()


def crossing(counts, seed=0, both=0.0):
    """relu(x) + 2 relu(y) + both·relu(x + y - 1) on the plane, its four or more cells with so many samples each."""
    rng = np.random.default_rng(seed)
    signs = [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)]
    Z = np.vstack(
        [np.abs(0.4 * rng.standard_normal((count, 2))) * sign for count, sign in zip(counts, signs, strict=True)]
    )
    value = np.maximum(Z[:, 0], 0.0) + 2.0 * np.maximum(Z[:, 1], 0.0) + both * np.maximum(Z.sum(axis=1) - 1.0, 0.0)
    known = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    owner = np.repeat([0, 1, 2, -1], counts)
    return Z, value, Pieces(known, np.zeros(3), np.full(3, 1e-15), owner)


def test_one_sample_is_enough_where_a_jump_was_seen_elsewhere():
    Z, y, pieces = crossing([40, 40, 40, 1])
    found = with_adjacent_pieces(Z, y, pieces)
    assert len(found) == 4
    assert np.allclose(found.gradients[3], [1.0, 2.0], atol=1e-12)
    assert found.owner[-1] == 3


def test_two_samples_beyond_a_fold_that_is_known():
    Z, y, pieces = crossing([40, 40, 40, 2])
    inner = Z[:, 0] * Z[:, 1] * (Z > 0.0).all(axis=1) > 0.0
    y = np.where(inner, Z @ [3.7, 2.0], y)  # the fold x = 0 goes on, its jump is another one
    found = with_adjacent_pieces(Z, y, pieces)
    assert len(found) == 4
    assert np.allclose(found.gradients[3], [3.7, 2.0], atol=1e-11)
    one = with_adjacent_pieces(Z[:-1], y[:-1], Pieces(*pieces_but_owner(pieces), pieces.owner[:-1]))
    assert len(one) == 3  # of one sample nothing can be said


def pieces_but_owner(pieces):
    return pieces.gradients, pieces.constants, pieces.accuracy


def test_as_many_samples_as_unknowns_and_one_are_enough_alone():
    Z, y, pieces = crossing([40, 40, 40, 3])
    inner = (Z > 0.0).all(axis=1)
    y = np.where(inner, Z @ [-0.3, 0.77], y)  # not even continuous: neighbours do not help
    found = with_adjacent_pieces(Z, y, pieces)
    assert len(found) == 4
    assert np.allclose(found.gradients[3], [-0.3, 0.77], atol=1e-10)
    two = with_adjacent_pieces(Z[:-1], y[:-1], Pieces(*pieces_but_owner(pieces), pieces.owner[:-1]))
    assert len(two) == 3


@given(st.integers(0, 10**6), st.integers(1, 30), st.booleans())
def test_law_labels_that_lie_on_no_piece_get_none(seed, count, biased):
    rng = np.random.default_rng(seed)
    Z, y, pieces = crossing([30, 30, 30, count], seed)
    off = np.repeat([False, False, False, True], [30, 30, 30, count])
    y = np.where(off, y + rng.standard_normal(len(y)), y) + 0.25 * biased
    pieces.constants += 0.25 * biased
    found = with_adjacent_pieces(Z, y, pieces)
    assert len(found) == 3
    assert (found.owner[off] == -1).all()


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 3), st.integers(1, 40), st.booleans())
def test_law_in_any_dimension_nothing_is_invented(seed, k, count, open_, biased):
    rng = np.random.default_rng(seed)
    slopes, constants = rng.standard_normal((count, k)), biased * rng.standard_normal(count)
    slopes[0] *= rng.random() < 0.8  # a plateau
    owner = np.concatenate([np.repeat(np.arange(count), 12), np.full(open_, -1)])
    Z = rng.standard_normal((len(owner), k))
    y = np.where(owner < 0, rng.standard_normal(len(owner)), np.einsum("nk,nk->n", Z, slopes[owner]) + constants[owner])
    pieces = Pieces(slopes, constants, np.full(count, 1e-15), owner)
    found = with_adjacent_pieces(Z, y, pieces)
    assert len(found) == count
    assert np.array_equal(found.owner, owner)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_labels_do_not_matter(scale):
    net = random_network((3, 6, 6, 1), 1)
    Z = np.random.default_rng(0).standard_normal((1500, 3))
    y = net.evaluate(Z)
    shown = shown_by(net, Z, y, least=5)
    one = with_adjacent_pieces(Z, y, shown)
    scaled = Pieces(scale * shown.gradients, shown.constants, scale * shown.accuracy, shown.owner)
    other = with_adjacent_pieces(Z, scale * y, scaled)
    assert np.array_equal(one.owner, other.owner)
    assert np.allclose(other.gradients, scale * one.gradients, rtol=1e-6)


def test_nothing_to_do():
    Z, y, pieces = crossing([10, 10, 10, 0])
    assert len(with_adjacent_pieces(Z, y, pieces)) == 3
    none = Pieces.none(len(y), 2)
    assert len(with_adjacent_pieces(Z, y, none)) == 0
    line = np.linspace(-1.0, 1.0, 21)[:, None]
    two = Pieces(np.array([[0.0], [1.0]]), np.zeros(2), np.full(2, 1e-15), (line[:, 0] > 0).astype(int))
    two.owner[-1] = -1
    found = with_adjacent_pieces(line, np.maximum(line[:, 0], 0.0), two)
    assert len(found) == 2  # on the sphere, two points, the two do not touch
    assert np.array_equal(found.owner, two.owner)


@pytest.mark.parametrize("biased", [False, True])
def test_in_one_dimension(biased):
    line = np.linspace(-1.0, 1.0, 41)[:, None]
    y = np.where(line[:, 0] > 0.0, 0.7, -0.2) * line[:, 0] + 0.25 * biased
    owner = np.where(line[:, 0] > 0.0, -1, 0)
    one = Pieces(np.array([[-0.2]]), np.array([0.25 * biased]), np.array([1e-15]), owner)
    found = with_adjacent_pieces(line, y, one)
    assert len(found) == 2
    assert np.allclose(found.gradients[1], 0.7)
    assert np.allclose(found.constants[1], 0.25 * biased)
    assert (found.owner >= 0).all()


def test_copies_of_one_sample_test_nothing():
    Z, y, pieces = crossing([30, 30, 30, 1])
    y[-1] += 0.1
    Z, y = np.vstack([Z, np.repeat(Z[-1:], 6, axis=0)]), np.append(y, np.repeat(y[-1], 6))
    copies = Pieces(*pieces_but_owner(pieces), np.append(pieces.owner, np.full(6, -1)))
    assert len(with_adjacent_pieces(Z, y, copies)) == 3


def test_a_regressor_finds_them(monkeypatch):
    net = random_network((12, 6, 6, 6, 1), 3, rank=3)
    rotated = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 12)))[0]  # no rational pieces
    X, y = sample(net, 3000, random_state=0)
    monkeypatch.setattr(reconstruction, "as_hidden_layers", lambda *_, **__: Recognised(None))
    model = LatticeRegressor(random_state=0).fit(X @ rotated, y)
    monkeypatch.setattr(reconstruction, "with_adjacent_pieces", lambda Z, y, pieces: pieces)
    without = LatticeRegressor(random_state=0).fit(X @ rotated, y)
    assert len(model.pieces_) > 1.1 * len(without.pieces_)
    fresh, truth = sample(net, 3000, random_state=1)
    off = [np.abs(one.predict(fresh @ rotated) - truth) > 1e-9 * truth.std() for one in (model, without)]
    assert off[0].mean() < 0.8 * off[1].mean()
