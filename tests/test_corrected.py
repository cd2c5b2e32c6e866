"""A lattice polynomial where it is near a network, else the network."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner import LatticeRegressor, reconstruction, sample
from learner.corrected import Corrected
from learner.folds import FoldedFunction
from learner.hidden_layers import Recognised, as_hidden_layers
from tropical import LatticePolynomial
from tropical.families import random_network

# x, in the plane, and |x| + 1/8: near where x >= -3/16 if within 1/2
LINE = LatticePolynomial.from_floats(np.array([[1.0, 0.0]]), np.array([0.0]), [[0]])
FOLDED = FoldedFunction([np.array([1.0, 0.0, 0.0])], np.array([0.0, 0.0, 0.125, 1.0]), linear=False, dimension=2)


def line(Z):
    return Z[:, 0]


def folded(Z):
    return np.abs(Z[:, 0]) + 0.125


@given(st.integers(0, 10**6), st.floats(0.0, 4.0))
def test_law_values_are_exact_where_they_are_near_else_those_of_the_network(seed, within):
    Z = np.random.default_rng(seed).standard_normal((50, 2))
    both = Corrected(LINE, FOLDED, within)
    near = np.abs(line(Z) - folded(Z)) <= within
    assert np.array_equal(both.agree(Z), near)
    assert np.allclose(both.evaluate(Z)[near], line(Z)[near], rtol=0.0, atol=1e-15)
    assert np.allclose(both.evaluate(Z)[~near], folded(Z)[~near], rtol=0.0, atol=1e-15)


def test_where_they_are_farther_apart_than_at_samples_the_pieces_are_taken():
    Z = np.array([[1.0, 0.0], [-1.0, 0.0], [-3.0, 0.0]])  # apart by 1/8, 17/8, 49/8
    both = Corrected(LINE, FOLDED, 0.5, 3.0)
    assert np.array_equal(both.evaluate(Z), [1.0, 1.125, -3.0])
    assert both.agree(Z).tolist() == [True, False, False]
    assert Corrected.of(LINE, FOLDED, Z[:2], folded(Z[:2])).far == 2.0 * 17.0 / 8.0


def test_at_the_distance_itself_they_are_exact():
    Z = np.array([[1.0, 5.0], [-0.125, 5.0], [-0.1875, 5.0], [-0.25, 5.0], [-3.0, 5.0]])
    both = Corrected(LINE, FOLDED, 0.5)
    assert both.agree(Z).tolist() == [True, True, True, False, False]
    assert both.evaluate(Z).tolist() == [1.0, -0.125, -0.1875, 0.375, 3.125]


def test_values_above_and_below_the_network_count_alike():
    above = LatticePolynomial.from_floats(np.zeros((1, 2)), np.array([2.0]), [[0]])
    Z = np.array([[0.0, 0.0], [1.0, 0.0], [-3.0, 0.0], [-6.0, 0.0]])
    assert Corrected(above, FOLDED, 1.5).evaluate(Z).tolist() == [0.125, 2.0, 2.0, 6.125]


def test_of_several_pieces_the_whole_polynomial_counts():
    whole = LatticePolynomial.from_floats(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.zeros(2), [[0], [1]])  # |x|
    Z = np.random.default_rng(0).standard_normal((100, 2))
    assert Corrected(whole, FOLDED, 0.25).agree(Z).all()
    assert np.allclose(Corrected(whole, FOLDED, 0.25).evaluate(Z), np.abs(Z[:, 0]))
    assert not Corrected(whole, FOLDED, 0.0625).agree(Z).any()


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_the_distance_is_five_times_the_root_mean_square(scale):
    Z = np.random.default_rng(0).standard_normal((4, 2))
    y = folded(Z) + scale * np.array([1.0, -1.0, 7.0, -7.0])
    both = Corrected.of(LINE, FOLDED, Z, y)
    assert both.within == pytest.approx(5.0 * 5.0 * scale)
    assert both.pieces is LINE
    assert both.near is FOLDED


def test_a_network_that_is_right_leaves_only_equal_values():
    Z = np.random.default_rng(0).standard_normal((20, 2))
    both = Corrected.of(LINE, FOLDED, Z, FOLDED.evaluate(Z))
    assert both.within == 0.0
    assert np.array_equal(both.evaluate(Z), FOLDED.evaluate(Z))


def test_a_regressor_predicts_so_where_no_network_is_exact(monkeypatch):
    teacher = random_network((16, 6, 6, 1), seed=4, rank=3, biases=True)
    rotated = np.linalg.qr(np.random.default_rng(0).standard_normal((16, 16)))[0]  # no rational pieces, no completion
    X, _ = sample(teacher, 2600, random_state=0)

    def near(*arguments, **options):
        found = as_hidden_layers(*arguments, **options).function
        return Recognised(None, replace(found, top=found.top * (1.0 + 1e-5)))

    monkeypatch.setattr(reconstruction, "as_hidden_layers", near)
    model = LatticeRegressor(random_state=0).fit(X @ rotated, teacher.evaluate(X))
    assert model.predictor_ == "corrected"
    assert any(stage.found.startswith("none; near one of") for stage in model.stages_)
    fresh, _ = sample(teacher, 3000, random_state=1)
    truth, predicted = teacher.evaluate(fresh), model.predict(fresh @ rotated)
    off, pieces = np.abs(predicted - truth) / truth.std(), model.lattice_.evaluate(fresh @ rotated)
    assert (off**2).mean() < 0.1 * ((pieces - truth) ** 2).mean() / truth.var()
    assert 0.5 < (off < 1e-9).mean() < 1.0
    sure = model.is_sure(fresh @ rotated)
    assert sure.any()
    assert np.abs(pieces - predicted)[sure].max() < 1e-12 * truth.std()
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(fresh @ rotated), predicted)
    assert model.explained_ < 1.0
    assert "a network near all samples" in model.confidence_
