"""Walls between exact pieces and the steep pieces inside: against functions whose walls are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from learner import LatticeRegressor, sample
from learner.crossing import across_walls, crossing_pieces
from learner.exact_finish import Finished
from learner.gauss_newton import orthonormal
from learner.pieces import label_tolerance
from learner.walls import find_walls, steep_pieces
from tropical import families, to_network

D = 20


def slab(u, width):
    """From -1 to 1 in a slab of half-width so much."""
    return np.clip(u / width, -1.0, 1.0)


def teacher(n, seed, kind, width):
    """Inputs, labels, the frame, exact pieces, and rough directions that contain the frame up to some per cent."""
    frame = ortho_group.rvs(D, random_state=seed)[:4]
    X = np.random.default_rng(seed).standard_normal((n, D))
    z = X @ frame.T
    if kind == "constants":  # a parity of two
        y, known, gradients, constants, used = (
            slab(z[:, 0], width) * 0.0,
            frame[:0],
            np.empty((2, 0)),
            [1.0, -1.0],
            [0, 1],
        )
        a, b = slab(z[:, 0], width), slab(z[:, 1], width)
        y = np.where(np.abs(a) < np.abs(b), a * np.sign(b), b * np.sign(a))
    elif kind == "linear":  # 0 on one side and x_0 on the other
        y = (slab(z[:, 1], width * np.abs(z[:, 0])) + 1.0) / 2.0 * z[:, 0]
        known, gradients, constants, used = frame[:1], np.array([[0.0], [1.0]]), [0.0, 0.0], [0, 1]
    else:  # ± x_0, by the side of two walls
        a, b = (slab(z[:, i], width * np.abs(z[:, 0])) for i in (1, 2))
        y = np.abs(z[:, 0]) * np.where(np.abs(a) < np.abs(b), a * np.sign(b), b * np.sign(a))
        known, gradients, constants, used = frame[:1], np.array([[1.0], [-1.0]]), [0.0, 0.0], [0, 1, 2]
    found = Finished(known, gradients, np.array(constants), np.full(n, -1), 0.0, exact=True, rounds=0)
    noise = orthonormal(np.random.default_rng(seed + 1).standard_normal((len(used), D)))
    return X, y, frame[used], found, orthonormal(frame[used] + 0.05 * noise)


def sine(rows, true):
    """The sine of the largest angle of normals to a subspace."""
    return np.linalg.norm(rows - rows @ true.T @ true, axis=1).max()


@pytest.mark.parametrize("kind", ["constants", "linear", "two"])
@pytest.mark.parametrize("seed", range(3))
def test_steep_pieces_inside_walls_are_exact(kind, seed):
    X, y, frame, found, rough = teacher(4000, seed, kind, 0.1)
    tolerance = label_tolerance(y)
    walls = find_walls(X, y, found, rough, tolerance=tolerance, rng=np.random.RandomState(seed))
    assert walls.wrong < 0.02
    assert walls.linear == (kind != "constants")
    assert sine(walls.rows[:, :-1], frame) < 0.1
    pieces = steep_pieces(X, y, found, walls, tolerance=tolerance)
    assert len(pieces.walls) == 0
    assert len(pieces.components) == len(frame)
    assert sine(pieces.components, frame) < 1e-12
    values = (X @ pieces.components.T) @ pieces.gradients.T + pieces.constants
    steep = np.linalg.norm(pieces.gradients, axis=1) > 2.0
    assert steep.sum() >= 2
    assert (np.abs(values - y[:, None]).min(axis=1) <= tolerance).mean() > 0.97
    own = np.flatnonzero(pieces.owner >= 0)
    assert np.abs(values[own, pieces.owner[own]] - y[own]).max() <= tolerance
    assert (np.bincount(pieces.owner[own], minlength=len(steep))[steep] > 0).all()


@pytest.mark.parametrize("kind", ["constants", "linear", "two"])
def test_walls_too_thin_to_have_samples_keep_the_normals_of_the_classification(kind):
    X, y, frame, found, rough = teacher(4000, 0, kind, 1e-4)
    pieces = across_walls(X, y, found, rough, rng=np.random.RandomState(0))
    assert len(pieces.gradients) == 2
    assert len(pieces.walls) == (2 if kind != "linear" else 1)
    assert sine(pieces.walls, frame) < 0.03


def test_pieces_that_known_coordinates_tell_apart_have_no_walls():
    X = np.random.default_rng(0).standard_normal((2000, D))
    found = Finished(np.eye(1, D), np.array([[1.0], [-1.0]]), np.zeros(2), np.full(2000, -1), 0.0, exact=True, rounds=0)
    assert across_walls(X, np.abs(X[:, 0]), found, np.eye(2, D), rng=np.random.RandomState(0)) is None


def test_pieces_in_no_cells_have_no_walls():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, D))
    found = Finished(np.eye(1, D), np.array([[1.0], [-1.0]]), np.zeros(2), np.full(2000, -1), 0.0, exact=True, rounds=0)
    y = X[:, 0] * rng.choice([-1.0, 1.0], 2000)
    assert across_walls(X, y, found, np.eye(3, D), rng=np.random.RandomState(0)) is None


def test_many_pieces_or_no_direction_left_are_not_tried():
    X = np.random.default_rng(0).standard_normal((200, D))
    one = Finished(np.eye(1, D), np.array([[1.0]]), np.zeros(1), np.full(200, -1), 0.0, exact=True, rounds=0)
    assert across_walls(X, X[:, 0], one, np.eye(2, D), rng=np.random.RandomState(0)) is None
    five = Finished(np.eye(1, D), np.arange(5.0)[:, None], np.zeros(5), np.full(200, -1), 0.0, exact=True, rounds=0)
    assert across_walls(X, X[:, 0], five, np.eye(2, D), rng=np.random.RandomState(0)) is None
    two = Finished(np.eye(1, D), np.array([[1.0], [0.0]]), np.zeros(2), np.full(200, -1), 0.0, exact=True, rounds=0)
    assert across_walls(X, np.maximum(X[:, 0], 0.0), two, np.eye(1, D), rng=np.random.RandomState(0)) is None


@pytest.mark.parametrize("n", [0, 1, 5, D])
def test_few_samples_on_pieces_are_not_tried(n):
    X, y, _, found, rough = teacher(200, 0, "linear", 0.1)
    y[n:] += 1.0 + np.arange(200.0 - n)
    assert across_walls(X, y, found, rough, rng=np.random.RandomState(0)) is None


def test_time_that_is_up_ends_the_search_where_it_is():
    X, y, frame, found, rough = teacher(4000, 0, "two", 0.1)
    pieces = across_walls(X, y, found, rough, rng=np.random.RandomState(0), expired=lambda: True)
    assert len(pieces.gradients) == 2
    assert sine(pieces.walls, frame) < 0.2


def test_the_same_piece_twice_is_one():
    X, y, frame, found, rough = teacher(4000, 1, "linear", 0.1)
    twice = Finished(
        found.components,
        np.array([[0.0], [1.0], [1.0 + 1e-13], [0.0]]),
        np.zeros(4),
        found.owner,
        0.0,
        exact=True,
        rounds=0,
    )
    pieces = across_walls(X, y, twice, rough, rng=np.random.RandomState(0))
    assert len(pieces.walls) == 0
    assert sine(pieces.components, frame) < 1e-12


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_crossing_pieces_are_right_whatever_the_scale(seed, scale):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1500, D))
    start = orthonormal(np.eye(1, D) + 0.1 * rng.standard_normal((1, D)) / np.sqrt(D))
    y = scale * X[:, 0] * np.where(rng.random(1500) < 0.5, 1.0, -1.0)
    y[:150] = scale * rng.standard_normal(150)
    found = crossing_pieces(X, y, start, rng=np.random.RandomState(seed))
    assert found is not None
    assert np.allclose(np.abs(found.components), np.eye(1, D), atol=1e-12)
    assert np.allclose(np.sort(found.gradients[:, 0]) / scale, [-1.0, 1.0], atol=1e-10)


def test_what_does_not_cross_is_not_said_to():
    X, y = sample(families.random_network((D, 4, 4, 1), 0), 1000, random_state=0)
    noise = np.random.default_rng(0).standard_normal(1000)
    assert crossing_pieces(X, noise, np.eye(2, D), rng=np.random.RandomState(0)) is None
    found = crossing_pieces(X, y, np.eye(1, D), rng=np.random.RandomState(0))
    assert found is None or len(found.components) <= 1


@pytest.mark.parametrize(("k", "width", "seed"), [(3, "1/5", 0), (3, "1/10", 1), (1, "1/10", 0)])
def test_parities_that_no_filter_of_the_label_sees_are_learned(k, width, seed):
    F = families.parity(k, width)
    frame = ortho_group.rvs(40, random_state=seed)[:k]
    X = np.random.default_rng(seed).standard_normal((3200, 40))
    model = LatticeRegressor(random_state=seed).fit(X, F.evaluate(X @ frame.T))
    assert sine(frame, model.components_) < 1e-12
    fresh = np.random.default_rng(seed + 1).standard_normal((2000, 40))
    off = np.abs(model.predict(fresh) - F.evaluate(fresh @ frame.T))
    assert (off < 1e-9).mean() > 0.98


def test_nearly_parallel_neurons_leave_a_wall_and_say_so():
    F = families.near_parallel("1/1000")
    frame = ortho_group.rvs(D, random_state=0)[:2]
    X = np.random.default_rng(0).standard_normal((3000, D))
    model = LatticeRegressor(random_state=0).fit(X, F.evaluate(X @ frame.T))
    assert len(model.components_) == 2
    assert sine(frame, model.components_) < 0.05
    assert "depends on the side of one wall" in model.confidence_
    assert model.components_[0] @ frame[1] == pytest.approx(np.sign(model.components_[0] @ frame[1]), abs=1e-12)
    fresh = np.random.default_rng(1).standard_normal((2000, D))
    truth = F.evaluate(fresh @ frame.T)
    assert ((model.predict(fresh) - truth) ** 2).mean() < 0.02 * truth.var()
    sure = model.is_sure(fresh)
    assert np.abs(model.predict(fresh) - truth)[sure].max(initial=0.0) < 1e-9
    assert to_network(model.lattice_).dimension == D
    assert model.to_network().dimension == D
