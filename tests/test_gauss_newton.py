"""Steps of the subspace: the solution of the stated least-squares problem, whatever the solver does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learner.gauss_newton import aligned, off_span, orthonormal, turning_step


def problem(seed, n=120, d=7, k=2):
    rng = np.random.default_rng(seed)
    U = orthonormal(rng.standard_normal((k, d)))
    return rng.standard_normal((n, d)), rng.standard_normal((n, k)), rng.standard_normal(n), U


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.01, 1.0]))
def test_the_step_is_the_ridge_solution(seed, ridge):
    X, slopes, residuals, U = problem(seed)
    step = turning_step(X, slopes, residuals, U, ridge=ridge, iterations=200, tolerance=1e-12)
    off = np.eye(7) - U.T @ U
    basis = np.linalg.svd(off)[0][:, :5]
    design = np.einsum("nk,nd->nkd", slopes, X @ basis).reshape(len(X), -1)
    normal = design.T @ design / len(X) + ridge * np.eye(10)
    solution = np.linalg.solve(normal, design.T @ residuals / len(X)).reshape(2, 5) @ basis.T
    assert np.allclose(step, solution, atol=1e-7)
    assert np.allclose(step @ U.T, 0.0, atol=1e-12)


def test_eliminated_unknowns_are_free():
    X, slopes, _, U = problem(1)
    truth = off_span(0.1 * np.random.default_rng(5).standard_normal((2, 7)), U)
    other = np.random.default_rng(6).standard_normal((len(X), 3))
    labels = np.einsum("nk,nk->n", slopes, X @ truth.T) + other @ [5.0, -3.0, 2.0]
    basis = np.linalg.qr(other)[0]
    step = turning_step(
        X, slopes, labels, U, iterations=200, tolerance=1e-12, eliminate=lambda v: v - basis @ (basis.T @ v)
    )
    assert np.allclose(step, truth, atol=1e-8)


def test_a_flat_function_turns_nothing():
    X, slopes, residuals, U = problem(2)
    assert not turning_step(X, 0.0 * slopes, residuals, U).any()


@pytest.mark.parametrize("seed", range(3))
def test_aligned_keeps_the_span_and_is_the_nearest_basis(seed):
    rng = np.random.default_rng(seed)
    target = orthonormal(rng.standard_normal((3, 8)))
    rows = rng.standard_normal((3, 3)) @ (target + 0.1 * rng.standard_normal((3, 8)))
    found = aligned(rows, target)
    span = orthonormal(rows)
    assert np.allclose(found @ found.T, np.eye(3))
    assert np.allclose(found.T @ found, span.T @ span)
    for _ in range(20):
        turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        assert np.linalg.norm(found - target) <= np.linalg.norm(turn @ span - target) + 1e-9
