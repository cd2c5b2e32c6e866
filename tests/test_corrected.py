"""A lattice polynomial where samples close by lie on its pieces, else a network corrected by what it misses them by."""

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

# max(x, y) with a piece too few: x and y are there, but not -x - y, which the function has where both are below -1/2
SLOPES = np.array([[1.0, 0.0], [0.0, 1.0]])
PIECES = LatticePolynomial.from_floats(SLOPES, np.zeros(2), [[0], [1]])
NEAR = FoldedFunction([np.array([1.0, -1.0])], np.array([0.5, 0.5, 0.5]), linear=True, dimension=2)  # max(x, y)
BIASED = FoldedFunction([np.array([1.0, -1.0, 0.0])], np.array([0.5, 0.5, 0.25, 0.5]), linear=False, dimension=2)


def by_loops(pieces, near, Z, y, points, nearest=10, closest=3, wider=4.0):
    """The rule, point by point."""
    slopes, constants = pieces.pieces.float_arrays()
    tolerance, linear = 1e-9 * y.std(), not constants.any()
    values, whole = [], []
    for point in points:
        size = np.linalg.norm(point) if linear else 1.0
        scales = np.linalg.norm(Z, axis=1) if linear else np.ones(len(Z))
        away = np.linalg.norm(Z / scales[:, None] - point / size, axis=1)
        order = np.argsort(away)[:nearest]
        missed = ((y - near.evaluate(Z)) / scales)[order]
        weights = 1.0 / away[order] ** 3
        expected = near.evaluate(point[None])[0] + size * (weights @ missed) / weights.sum()
        within, exact = size * np.abs(missed).max() + tolerance, pieces.evaluate(point[None])[0]
        own = []
        for sample_ in order:
            off = np.abs(slopes @ Z[sample_] + constants - y[sample_])
            own.append(int(off.argmin()) if off.min() <= tolerance else None)
        there = [None if piece is None else slopes[piece] @ point + constants[piece] for piece in own]
        on = any(value is not None and abs(value - exact) <= tolerance for value in there[:closest])
        if on and abs(exact - expected) <= wider * within:
            values.append(exact)
            whole.append(True)
            continue
        whole.append(False)
        known = [value for value in there if value is not None]
        best = min(known, key=lambda value: abs(value - expected), default=np.inf)
        values.append(best if abs(best - expected) <= within else expected)
    return np.array(values), np.array(whole)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e-3, 0.1, 1.0]), st.booleans())
def test_law_values_are_those_of_the_rule_point_by_point(seed, off, biased):
    rng = np.random.default_rng(seed)
    constants = np.array([0.25, 0.0]) if biased else np.zeros(2)
    pieces = LatticePolynomial.from_floats(SLOPES, constants, [[0], [1]])
    near = BIASED if biased else NEAR
    Z, points = rng.standard_normal((60, 2)), rng.standard_normal((15, 2))
    y = pieces.evaluate(Z) + off * (rng.random(60) < 0.3) * rng.standard_normal(60)
    both = Corrected.of(pieces, near, Z, y)
    values, whole = by_loops(pieces, near, Z, y, points)
    assert np.allclose(both.evaluate(points), values, rtol=1e-9, atol=1e-12)
    assert np.array_equal(both.agree(points), whole)


def test_where_pieces_are_right_a_network_far_off_does_not_matter():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((300, 2)), rng.standard_normal((200, 2))
    shifted = replace(NEAR, top=NEAR.top + np.array([0.3, -0.2, 0.1]))
    both = Corrected.of(PIECES, shifted, Z, PIECES.evaluate(Z))
    assert both.agree(points).all()
    assert np.array_equal(both.evaluate(points), PIECES.evaluate(points))


def test_clauses_that_pick_a_wrong_piece_are_overruled_by_samples_on_another_one():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((300, 2)), rng.standard_normal((200, 2))
    wrong = LatticePolynomial.from_floats(SLOPES, np.zeros(2), [[0, 1]])  # min(x, y) of the same pieces
    both = Corrected.of(wrong, replace(NEAR, top=1.01 * NEAR.top), Z, NEAR.evaluate(Z))
    error = np.abs(both.evaluate(points) - NEAR.evaluate(points))
    assert (error <= 1e-12).mean() > 0.95
    assert error.max() < 0.05
    assert np.abs(wrong.evaluate(points) - NEAR.evaluate(points)).max() > 1.0


def test_where_no_piece_is_known_the_network_is_corrected_by_what_it_misses_samples_by():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((400, 2)), rng.standard_normal((200, 2))
    zero = LatticePolynomial.from_floats(np.zeros((1, 2)), np.zeros(1), [[0]])
    y = NEAR.evaluate(Z) + 0.1 * Z[:, 0]
    both = Corrected.of(zero, NEAR, Z, y)
    assert not both.agree(points).any()
    truth = NEAR.evaluate(points) + 0.1 * points[:, 0]
    off = np.abs(both.evaluate(points) - truth)
    assert np.sqrt((off**2).mean()) < 0.1 * np.sqrt(((0.1 * points[:, 0]) ** 2).mean())


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_units_of_labels_do_not_matter(scale):
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((100, 2)), rng.standard_normal((50, 2))
    y = NEAR.evaluate(Z) + 0.1 * rng.standard_normal(100) * (rng.random(100) < 0.3)
    scaled = LatticePolynomial.from_floats(scale * SLOPES, np.zeros(2), [[0], [1]])
    one = Corrected.of(PIECES, NEAR, Z, y)
    other = Corrected.of(scaled, replace(NEAR, top=scale * NEAR.top), Z, scale * y)
    assert np.allclose(other.evaluate(points), scale * one.evaluate(points), rtol=1e-9, atol=0.0)
    assert np.array_equal(one.agree(points), other.agree(points))


def test_without_constants_it_is_as_homogeneous_as_the_polynomial():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((100, 2)), rng.standard_normal((50, 2))
    y = NEAR.evaluate(Z) + 0.1 * np.abs(Z[:, 0]) * (Z[:, 1] > 0.5)
    both = Corrected.of(PIECES, NEAR, Z, y)
    assert np.allclose(both.evaluate(1000.0 * points), 1000.0 * both.evaluate(points), rtol=1e-9)
    assert both.evaluate(np.zeros((1, 2))).tolist() == [0.0]


@pytest.mark.parametrize("count", [2, 9])
def test_fewer_samples_than_are_asked(count):
    Z = np.random.default_rng(0).standard_normal((count + 3, 2))
    both = Corrected.of(PIECES, NEAR, Z[:count], PIECES.evaluate(Z[:count]))
    assert np.isfinite(both.evaluate(Z)).all()
    assert both.evaluate(np.empty((0, 2))).shape == (0,)


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
