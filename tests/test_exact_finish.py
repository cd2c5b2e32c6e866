"""From a subspace right to some per cent to one right to rounding; and never "exact" where nothing is."""

import numpy as np
import pytest

from learner import sample
from learner.exact_finish import exact_finish
from learner.gauss_newton import orthonormal
from learner.refine import refine, refine_apart
from learner.report import sine_to
from tropical import families


def teacher_samples(F, k, d, n, *, seed=0, noise=0.0):
    """Return X, y, V for a function of R^k on a random plane of R^d."""
    rng = np.random.default_rng(seed)
    V = orthonormal(rng.standard_normal((k, d)))
    X = rng.standard_normal((n, d))
    y = F.evaluate(X @ V.T)
    return X, y + noise * y.std() * rng.standard_normal(n), V


def rough(V, size, seed=77):
    return orthonormal(V + size * np.random.default_rng(seed).standard_normal(V.shape))


CASES = {
    "cyclic": (families.cyclic(4), 2, True),
    "signed minimum": (families.sign_times_minimum(3), 3, True),
    "minimum": (families.minimum_of_absolute_values(2), 2, True),
    "network": (families.random_network((2, 5, 5, 1), 3), 2, True),
    "biased network": (families.random_network((2, 5, 5, 1), 4, biases=True), 2, False),
    "plateau": (families.random_network((2, 4, 4, 1), 5), 2, True),
}


@pytest.mark.parametrize("name", CASES)
def test_it_ends_at_rounding(name):
    F, k, homogeneous = CASES[name]
    X, y, V = teacher_samples(F, k, 30, 1200)
    start = rough(V, 0.004)
    found = exact_finish(X, y, start, homogeneous=homogeneous, rounding=1e-10 * y.std(), rng=np.random.RandomState(0))
    assert found.exact
    assert sine_to(V, start) > 1e-2
    assert sine_to(V, found.components) < 1e-12
    members = found.owner >= 0
    values = np.einsum("ij,ij->i", X @ found.components.T, found.gradients[found.owner]) + found.constants[found.owner]
    assert np.abs(values - y)[members].max() < 1e-9 * y.std()
    assert members.mean() > 0.3


def test_noise_is_not_exact_and_the_scale_measures_it():
    X, y, V = teacher_samples(families.cyclic(4), 2, 30, 3000, noise=0.05)
    found = exact_finish(
        X, y, rough(V, 0.004), homogeneous=True, rounding=1e-10 * y.std(), rng=np.random.RandomState(0)
    )
    assert found is None or not found.exact
    assert found is None or 0.02 < found.scale / y.std() < 0.1


def test_labels_without_structure_give_nothing_exact():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((1500, 10)), rng.standard_normal(1500)
    found = exact_finish(X, y, np.eye(2, 10), homogeneous=False, rounding=1e-10, rng=np.random.RandomState(0))
    assert found is None or not found.exact


@pytest.mark.parametrize("seed", range(2))
def test_refinement_goes_from_a_rough_plane_to_one_that_the_finish_takes(seed):
    X, y, V = teacher_samples(families.cyclic(4), 2, 50, 1000, seed=seed)
    start = rough(V, 0.09)
    result = refine(X, y, start)
    assert sine_to(V, start) > 0.45
    assert sine_to(V, result.components) < 0.02
    assert result.error < 0.01
    fresh = np.random.default_rng(9).standard_normal((500, 50))
    truth = families.cyclic(4).evaluate(fresh @ V.T)
    assert ((result.predict(fresh) - truth) ** 2).mean() < 0.02 * truth.var()


def test_errors_apart_are_honest_where_others_flatter():
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((600, 60)), rng.standard_normal(600)
    together = refine(X, y, np.eye(2, 60))
    apart = refine_apart(X, y, np.eye(2, 60), rng=np.random.RandomState(0))
    assert together.error < 0.8  # a plane fitted to noise explains noise
    assert apart.error > 0.9


def test_samples_of_the_sampler_do_as_well():
    net = families.random_network((20, 4, 4, 1), 5, rank=2)
    X, y = sample(net, 1500, random_state=0)
    V = np.linalg.svd(np.array(net.weights[0], dtype=float))[2][:2]
    options = {"homogeneous": True, "rounding": 1e-10 * y.std()}
    found = exact_finish(X, y, rough(V, 0.003), steep=True, rng=np.random.RandomState(0), **options)
    assert found.exact
    assert sine_to(V, found.components) < 1e-12
    # Its slopes are from 1.6 to 7: a common scale leaves the steep ones out, and with them a direction.
    common = exact_finish(X, y, rough(V, 0.003), rng=np.random.RandomState(0), **options)
    assert len(common.components) < 2
