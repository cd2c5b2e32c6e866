"""Which piece applies, by samples close by, with and without a network that is near all samples."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner import LatticeRegressor, reconstruction, sample
from learner.folds import FoldedFunction
from learner.hidden_layers import Recognised, as_hidden_layers
from learner.local import Local
from tropical import LatticePolynomial, lattice
from tropical.families import random_network

# max(x, y) with a piece too few: x and y are there, but not -x - y, which the function has where both are below -1/2
SLOPES = np.array([[1.0, 0.0], [0.0, 1.0]])
PIECES = LatticePolynomial.from_floats(SLOPES, np.zeros(2), [[0], [1]])
NEAR = FoldedFunction([np.array([1.0, -1.0])], np.array([0.5, 0.5, 0.5]), linear=True, dimension=2)  # max(x, y)
BIASED = FoldedFunction([np.array([1.0, -1.0, 0.0])], np.array([0.5, 0.5, 0.25, 0.5]), linear=False, dimension=2)


def by_loops(pieces, near, Z, y, points):
    """The rule, point by point."""
    slopes, constants = pieces.pieces.float_arrays()
    tolerance, linear = 1e-9 * y.std(), not constants.any()
    scales = np.linalg.norm(Z, axis=1) if linear else np.ones(len(Z))
    own = []
    for sample_, label in zip(Z, y, strict=True):
        off = np.abs(slopes @ sample_ + constants - label)
        own.append(int(off.argmin()) if off.min() <= tolerance else -1)
    own = np.array(own)
    values, whole = [], []
    for point in points:
        size = np.linalg.norm(point) if linear else 1.0
        here = point / size
        away = np.linalg.norm(Z / scales[:, None] - here, axis=1)
        order = np.argsort(away)[:60]
        candidates = list(dict.fromkeys(own[i] for i in order[:40] if own[i] >= 0))[:16]
        faults = dict.fromkeys(candidates, 0)
        for one in candidates:
            for other in candidates:
                gaps = [
                    [
                        (slopes[a] - slopes[b]) @ Z[i] / scales[i] + constants[a] - constants[b]
                        for i in order
                        if own[i] == a
                    ]
                    for a, b in ((one, other), (other, one))
                ]
                signs = [sign_of(gap, tolerance) for gap in gaps]
                gap = (slopes[one] - slopes[other]) @ here + constants[one] - constants[other]
                faults[one] += signs[0] != 0 and signs[0] == signs[1] and gap * signs[0] < 0
        there = {piece: slopes[piece] @ here + constants[piece] for piece in candidates}
        if near is None:
            best = min(candidates, key=lambda piece: faults[piece], default=None)
            values.append(0.0 if best is None else there[best] * size)
            whole.append(list(faults.values()).count(0) == 1)
            continue
        ten = order[:10]
        missed = ((y - near.evaluate(Z)) / scales)[ten]
        weights = 1.0 / away[ten] ** 3
        expected = near.evaluate(point[None])[0] / size + (weights @ missed) / weights.sum()
        within = np.abs(missed).max() * np.mean([own[i] >= 0 for i in ten]) + tolerance
        off = {piece: abs(there[piece] - expected) for piece in candidates}
        right = min((piece for piece in candidates if faults[piece] == 0), key=off.get, default=None)
        any_ = min(candidates, key=off.get, default=None)
        whole.append(right is not None and own[order[0]] >= 0 and off[right] <= 4.0 * within)
        if whole[-1]:
            values.append(there[right] * size)
        elif any_ is not None and off[any_] <= within:
            values.append(there[any_] * size)
        else:
            values.append(expected * size)
    return np.array(values), np.array(whole)


def sign_of(gaps, tolerance):
    if min(gaps) >= -tolerance:
        return 1
    return -1 if max(gaps) <= tolerance else 0


@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e-3, 0.1, 1.0]), st.booleans(), st.booleans())
def test_law_values_are_those_of_the_rule_point_by_point(seed, off, biased, alone):
    rng = np.random.default_rng(seed)
    slopes, constants = rng.integers(-2, 3, (5, 2)) / 2.0, (rng.integers(-2, 3, 5) / 4.0 if biased else np.zeros(5))
    slopes = np.unique(np.column_stack([slopes, constants]), axis=0)
    pieces = LatticePolynomial.from_floats(slopes[:, :2], slopes[:, 2], [[i] for i in range(len(slopes))])
    near = None if alone else BIASED if biased else NEAR
    Z, points = rng.standard_normal((90, 2)), rng.standard_normal((15, 2))
    y = pieces.evaluate(Z) + off * (rng.random(90) < 0.3) * rng.standard_normal(90)
    local = Local.of(pieces, near, Z, y)
    values, whole = by_loops(pieces, near, Z, y, points)
    assert np.allclose(local.evaluate(points), values, rtol=1e-9, atol=1e-12)
    assert np.array_equal(local.valued(points)[1], whole)


@pytest.mark.parametrize("biases", [False, True])
def test_pieces_alone_tell_which_one_applies_nearly_everywhere(biases):
    net = random_network((3, 6, 1), 2, biases=biases)
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((3000, 3)), rng.standard_normal((2000, 3))
    whole = lattice(net)
    local = Local.of(LatticePolynomial(whole.pieces, [[i] for i in range(len(whole.pieces))]), None, Z, net.evaluate(Z))
    off = np.abs(local.evaluate(points) - net.evaluate(points)) / net.evaluate(points).std()
    assert (off <= 1e-9).mean() > 0.97
    sure = local.valued(points)[1]
    assert sure.mean() > 0.9
    assert (off[sure] > 1e-9).mean() < 0.02


def test_a_point_beyond_a_fold_gets_the_piece_there_though_the_nearest_sample_is_before_it():
    Z = np.array([[x, y] for x in np.linspace(-0.75, 1.35, 22) for y in np.linspace(-1.0, 1.0, 11)])
    local = Local.of(PIECES, None, Z, PIECES.evaluate(Z))
    points = np.array([[0.501, 0.5], [0.499, 0.5], [0.31, 0.305], [0.305, 0.31]])
    assert local.evaluate(points).tolist() == PIECES.evaluate(points).tolist()


def test_where_pieces_are_right_a_network_far_off_does_not_matter():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((300, 2)), rng.standard_normal((200, 2))
    shifted = replace(NEAR, top=NEAR.top + np.array([0.3, -0.2, 0.1]))
    local = Local.of(PIECES, shifted, Z, PIECES.evaluate(Z))
    assert local.valued(points)[1].all()
    assert np.allclose(local.evaluate(points), PIECES.evaluate(points), rtol=1e-12)


def test_clauses_do_not_matter():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((300, 2)), rng.standard_normal((200, 2))
    wrong = LatticePolynomial.from_floats(SLOPES, np.zeros(2), [[0, 1]])  # min(x, y) of the same pieces
    one, other = (Local.of(pieces, NEAR, Z, NEAR.evaluate(Z)) for pieces in (wrong, PIECES))
    assert np.array_equal(one.evaluate(points), other.evaluate(points))


def test_where_no_piece_is_known_the_network_is_corrected_by_what_it_misses_samples_by():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((400, 2)), rng.standard_normal((200, 2))
    zero = LatticePolynomial.from_floats(np.zeros((1, 2)), np.zeros(1), [[0]])
    y = NEAR.evaluate(Z) + 0.1 * Z[:, 0]
    local = Local.of(zero, NEAR, Z, y)
    assert not local.valued(points)[1].any()
    truth = NEAR.evaluate(points) + 0.1 * points[:, 0]
    off = np.abs(local.evaluate(points) - truth)
    assert np.sqrt((off**2).mean()) < 0.1 * np.sqrt(((0.1 * points[:, 0]) ** 2).mean())


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_units_of_labels_do_not_matter(scale):
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((100, 2)), rng.standard_normal((50, 2))
    y = NEAR.evaluate(Z) + 0.1 * rng.standard_normal(100) * (rng.random(100) < 0.3)
    scaled = LatticePolynomial.from_floats(scale * SLOPES, np.zeros(2), [[0], [1]])
    one = Local.of(PIECES, NEAR, Z, y)
    other = Local.of(scaled, replace(NEAR, top=scale * NEAR.top), Z, scale * y)
    assert np.allclose(other.evaluate(points), scale * one.evaluate(points), rtol=1e-9, atol=0.0)
    assert np.array_equal(one.valued(points)[1], other.valued(points)[1])


def test_without_constants_it_is_as_homogeneous_as_the_polynomial():
    rng = np.random.default_rng(0)
    Z, points = rng.standard_normal((100, 2)), rng.standard_normal((50, 2))
    y = NEAR.evaluate(Z) + 0.1 * np.abs(Z[:, 0]) * (Z[:, 1] > 0.5)
    local = Local.of(PIECES, NEAR, Z, y)
    assert np.allclose(local.evaluate(1000.0 * points), 1000.0 * local.evaluate(points), rtol=1e-9)
    assert local.evaluate(np.zeros((1, 2))).tolist() == [0.0]


@pytest.mark.parametrize("count", [2, 9])
def test_fewer_samples_than_are_asked(count):
    Z = np.random.default_rng(0).standard_normal((count + 3, 2))
    local = Local.of(PIECES, NEAR, Z[:count], PIECES.evaluate(Z[:count]))
    assert np.isfinite(local.evaluate(Z)).all()
    assert local.evaluate(np.empty((0, 2))).shape == (0,)


def test_a_regressor_predicts_so_where_no_network_is_exact(monkeypatch):
    teacher = random_network((16, 6, 6, 1), seed=4, rank=3, biases=True)
    rotated = np.linalg.qr(np.random.default_rng(0).standard_normal((16, 16)))[0]  # no rational pieces, no completion
    X, _ = sample(teacher, 2600, random_state=0)

    def near(*arguments, **options):
        found = as_hidden_layers(*arguments, **options).function
        return Recognised(None, replace(found, top=found.top * (1.0 + 1e-5)))

    monkeypatch.setattr(reconstruction, "as_hidden_layers", near)
    model = LatticeRegressor(random_state=0).fit(X @ rotated, teacher.evaluate(X))
    assert model.predictor_ == "local"
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
    assert "samples close by" in model.confidence_
