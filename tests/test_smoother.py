"""Kernel ridge regression: leave-one-out errors are those of leaving one out, gradients those of the function."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learner.smoother import Smoother, smoothers


def kinds(k, n=300):
    return [s for s in smoothers(k, n) if s.length in (0.6, 1.2)]


def labels(Z):
    return np.abs(Z[:, 0]) - np.maximum(Z[:, -1], 0.3 * Z[:, 0])


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("homogeneous", [True, False])
def test_gradients_are_difference_quotients(k, homogeneous):
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((300, k))
    smoother = next(s for s in kinds(k) if s.homogeneous == homogeneous)
    fit = smoother.fit(Z, labels(Z))
    where = rng.standard_normal((20, k)) + 0.1
    gradients = fit.with_gradients(where)[1]
    for j in range(k):
        step = 1e-6 * np.eye(k)[j]
        quotient = (fit.evaluate(where + step) - fit.evaluate(where - step)) / 2e-6
        assert np.allclose(gradients[:, j], quotient, atol=1e-4, rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_leave_one_out_residuals_are_those_of_leaving_one_out(seed, homogeneous):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((40, 2))
    y = labels(Z) + 0.1 * rng.standard_normal(40)
    smoother = next(s for s in smoothers(2, 40) if s.homogeneous == homogeneous and s.length >= 1.2)
    fit = smoother.fit(Z, y)
    kernel, affine = smoother.kernel(Z)[0], np.column_stack([np.ones(40), Z])
    # Ridge regression with the penalty that was chosen, recovered from the fit: leave row 0 out and predict it.
    gram = kernel @ np.linalg.solve(smoother.kernel(smoother.points)[0] + 1e-8 * np.eye(len(smoother.points)), kernel.T)
    if not homogeneous:
        gram = gram + 100.0 * affine @ affine.T
    penalties = 40 * np.geomspace(1e-6, 1e1, 13)
    out = []
    for penalty in penalties:
        inner = np.linalg.solve(gram[1:, 1:] + penalty * np.eye(39), y[1:])
        out.append(y[0] - gram[0, 1:] @ inner)
    assert np.abs(np.array(out) - fit.residuals[0]).min() < 1e-3


def test_a_homogeneous_fit_is_homogeneous():
    rng = np.random.default_rng(1)
    Z = rng.standard_normal((200, 3))
    fit = next(s for s in kinds(3) if s.homogeneous).fit(Z, labels(Z))
    assert np.allclose(fit.evaluate(2.5 * Z), 2.5 * fit.evaluate(Z))
    other = next(s for s in kinds(3) if not s.homogeneous).fit(Z, labels(Z))
    assert not np.allclose(other.evaluate(2.5 * Z), 2.5 * other.evaluate(Z))


def test_affine_functions_cost_nothing_beyond_the_kernel():
    rng = np.random.default_rng(2)
    Z = rng.standard_normal((100, 2))
    fit = Smoother(rng.standard_normal((20, 2)), 1.0, homogeneous=False).fit(Z, 3.0 + Z @ [1.0, -2.0])
    far = 30.0 * rng.standard_normal((5, 2))
    assert np.allclose(fit.evaluate(far), 3.0 + far @ [1.0, -2.0], rtol=1e-3, atol=0.05)
