"""Levenberg and Marquardt's method: it ends at the least squares, never rises, and stops when it is told to."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.marquardt import descended


class Squares:
    """What the sums of squares below have in common; their unknowns are x."""

    @property
    def loss(self):
        return float(self.residuals @ self.residuals)

    def moved(self, step):
        return replace(self, x=self.x + step)


@dataclass(frozen=True, eq=False)
class Linear(Squares):
    """y - A x."""

    matrix: np.ndarray
    y: np.ndarray
    x: np.ndarray

    @property
    def residuals(self):
        return self.y - self.matrix @ self.x

    def jacobian(self):
        return self.matrix


@dataclass(frozen=True, eq=False)
class Exponentials(Squares):
    """y - a exp(-bt) - c exp(-dt)."""

    t: np.ndarray
    y: np.ndarray
    x: np.ndarray

    @property
    def residuals(self):
        a, b, c, d = self.x
        return self.y - a * np.exp(-b * self.t) - c * np.exp(-d * self.t)

    def jacobian(self):
        a, b, c, d = self.x
        first, second = np.exp(-b * self.t), np.exp(-d * self.t)
        return np.column_stack([first, -a * self.t * first, second, -c * self.t * second])


@dataclass(frozen=True, eq=False)
class Circle(Squares):
    """Distances of points from (x, y) are a radius."""

    points: np.ndarray
    x: np.ndarray

    @property
    def residuals(self):
        return -(np.linalg.norm(self.points - self.x[:2], axis=1) - self.x[2])

    def jacobian(self):
        away = self.x[:2] - self.points
        return np.column_stack([away / np.linalg.norm(away, axis=1)[:, None], -np.ones(len(away))])


@dataclass(frozen=True, eq=False)
class Scheduled:
    """However far it moves, the losses are those of a schedule."""

    losses: tuple[float, ...]
    number: int = 0
    residuals = np.ones(2)

    @property
    def loss(self):
        return self.losses[min(self.number, len(self.losses) - 1)]

    def jacobian(self):
        return np.eye(2)

    def moved(self, _):
        return replace(self, number=self.number + 1)


def exponentials(start=(1.0, 0.1, 1.0, 3.0)):
    t = np.linspace(0.0, 5.0, 60)
    return Exponentials(t, 2.0 * np.exp(-0.3 * t) + 0.7 * np.exp(-2.0 * t), np.array(start))


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_law_linear_problems_end_at_least_squares(seed, p):
    rng = np.random.default_rng(seed)
    matrix, y = rng.standard_normal((p + 20, p)) * 10.0 ** rng.uniform(-2.0, 2.0, p), rng.standard_normal(p + 20)
    truth = np.linalg.lstsq(matrix, y, rcond=None)[0]
    found = descended(Linear(matrix, y, rng.standard_normal(p)), 0.0)
    assert np.linalg.norm(matrix @ (found.x - truth)) < 1e-6 * np.linalg.norm(y)
    assert found.loss <= float(np.sum((y - matrix @ truth) ** 2)) * (1.0 + 1e-10)


def test_two_exponentials_end_at_rounding():
    found = descended(exponentials(), 0.0)
    assert np.abs(found.residuals).max() < 1e-13
    assert np.allclose(found.x, [2.0, 0.3, 0.7, 2.0], atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_circle_through_points_is_found_from_elsewhere(seed):
    rng = np.random.default_rng(seed)
    angles, centre = rng.uniform(0.0, 4.0, 30), rng.standard_normal(2)
    points = centre + 1.5 * np.column_stack([np.cos(angles), np.sin(angles)])
    found = descended(Circle(points, np.append(centre + 1.5 * rng.uniform(-1.0, 1.0, 2), 0.1)), 0.0)
    assert np.abs(found.residuals).max() < 1e-13
    assert np.allclose(found.x, [*centre, 1.5], atol=1e-10)


@given(st.lists(st.floats(-2.0, 4.0), min_size=4, max_size=4))
def test_law_the_loss_never_rises(start):
    losses, at = [], exponentials(start)

    def watched(number, point):
        losses.append(point.loss)
        assert number == len(losses)
        return False

    with np.errstate(over="ignore", invalid="ignore"):
        end = descended(at, 0.0, hopeless=watched)
    assert all(later < earlier for earlier, later in zip([at.loss, *losses], losses, strict=False))
    assert end.loss <= at.loss
    assert not losses or end.loss <= losses[-1]


def test_it_stops_at_the_goal():
    losses = (16.0, 8.0, 4.0, 2.0, 1.0, 0.5)
    assert descended(Scheduled(losses), 4.0).loss == 4.0
    assert descended(Scheduled(losses), 3.9).loss == 2.0
    assert descended(Scheduled(losses), 0.0).number == 5  # no step gains any more


def test_it_stops_after_so_many_rounds():
    halved = tuple(0.5**number for number in range(50))
    assert descended(Scheduled(halved), 0.0, rounds=7).number == 7
    at = exponentials()
    assert descended(at, 0.0, rounds=0) is at


def test_it_loses_patience_with_rounds_in_a_row_that_hardly_gain():
    slow = tuple(0.999**number for number in range(60))
    assert descended(Scheduled(slow), 0.0, patience=5).number == 5
    factors = [0.999, 0.999, 0.5] * 5 + [0.999] * 20  # a round that gains much starts the count anew
    assert descended(Scheduled(tuple(np.cumprod([1.0, *factors]))), 0.0, patience=3).number == 15 + 3


def test_it_stops_where_it_is_hopeless():
    halved = tuple(0.5**number for number in range(50))
    assert descended(Scheduled(halved), 0.0, hopeless=lambda number, _: number == 4).number == 4
    assert descended(Scheduled(halved), 0.0, hopeless=lambda _, point: point.loss < 0.1).loss == 0.0625


@pytest.mark.parametrize("later", [1.0, 2.0, np.inf, np.nan])
def test_where_no_step_gains_it_stays(later):
    at = Scheduled((1.0, later))
    assert descended(at, 0.0) is at


def test_a_column_of_zeros_does_no_harm():
    rng = np.random.default_rng(0)
    matrix, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    matrix[:, 1] = 0.0
    found = descended(Linear(matrix, y, np.array([0.0, 5.0, 0.0])), 0.0)
    assert found.x[1] == 5.0
    assert np.allclose(found.x[[0, 2]], np.linalg.lstsq(matrix[:, [0, 2]], y, rcond=None)[0])


def test_a_jacobian_of_zeros_does_no_harm():
    at = Linear(np.zeros((5, 2)), np.ones(5), np.array([1.0, 2.0]))
    assert descended(at, 0.0, least_norm=1e-3) is at


def test_columns_that_are_multiples_do_no_harm():
    rng = np.random.default_rng(1)
    column, y = rng.standard_normal(30), rng.standard_normal(30)
    found = descended(Linear(np.column_stack([column, 2.0 * column]), y, np.zeros(2)), 0.0)
    assert np.isclose(column @ found.residuals, 0.0, atol=1e-9)
    assert np.abs(found.x).max() < 10.0


def test_unknowns_that_hardly_matter_move_little():
    rng = np.random.default_rng(2)
    matrix, y = rng.standard_normal((30, 2)) * [1.0, 1e-9], rng.standard_normal(30)
    at = Linear(matrix, y, np.zeros(2))
    assert abs(descended(at, 0.0).x[1]) > 1e6
    found = descended(at, 0.0, least_norm=1e-3)
    assert abs(found.x[1]) < 100.0
    assert abs(descended(at, 0.0, least_norm=1e-3, rounds=1).x[1]) < 0.01
    assert found.x[0] == pytest.approx(matrix[:, 0] @ y / (matrix[:, 0] @ matrix[:, 0]), rel=1e-5)
