"""The lemmas' numbers: against quadrature, closed forms, simulation, and mutants that break them."""

from math import erfc, exp, inf, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from learner.guarantees import (
    LARGEST_FILTER_NORM,
    chi_square_tail,
    davis_kahan,
    filtered_trace,
    progress,
    samples_for,
    sampling_error,
    sine_bound,
    sine_bound_for_estimated_basis,
    tail_bound,
    visible_residual,
)

DEGREES = range(1, 9)


@pytest.mark.parametrize("degrees", DEGREES)
def test_chi_square_tail_against_scipy(degrees):
    for t in (1e-9, 0.3, 1.0, 4.0, 20.0, 80.0):
        assert chi_square_tail(t, degrees) == pytest.approx(stats.chi2.sf(t, degrees), rel=1e-11)
    assert chi_square_tail(0.0, degrees) == chi_square_tail(-1.0, degrees) == 1.0
    assert chi_square_tail(inf, degrees) == 0.0
    assert chi_square_tail(1.0, 0) == 0.0


def test_largest_filter_norm_is_that_of_the_sign_filter():
    value, _ = integrate.quad(lambda s: abs(s * s - 1) * exp(-s * s / 2) / sqrt(2 * pi), -12, 12, points=[-1, 1])
    assert pytest.approx(value, rel=1e-9) == LARGEST_FILTER_NORM


# ------------------------------------------------------------ S1 ... S4


def largest_error(n, d, rng):
    """The norm of the sampling error of ψ = sign(x_0² - 1), whose matrix has the largest norm there is."""
    X = rng.standard_normal((n, d))
    psi = np.sign(X[:, 0] ** 2 - 1)
    truth = np.zeros((d, d))
    truth[0, 0] = LARGEST_FILTER_NORM
    return np.linalg.norm((X.T * psi) @ X / n - psi.mean() * np.eye(d) - truth, 2)


def test_s1_holds_and_a_twelfth_of_it_does_not():
    rng = np.random.default_rng(0)
    for n, d in ((300, 2), (2000, 10), (2000, 50)):
        errors = [largest_error(n, d, rng) for _ in range(30)]
        bound = sampling_error(n, d, 0.01)
        assert max(errors) <= bound
        assert max(errors) > bound / 12


def test_s1_in_its_printed_form():
    t = 50 * np.log(9) + np.log(2 * 26 / 0.01)
    assert sampling_error(30_000, 50, 0.01, 26) == pytest.approx(4 * np.sqrt(t / 30_000) + 4 * t / 30_000, rel=1e-14)


def test_s1_grows_with_the_number_of_filters_and_is_inverted_by_samples_for():
    assert sampling_error(1000, 10, 0.01, 100) > sampling_error(1000, 10, 0.01)
    for error in (1e-3, 0.1, 3.0):
        n = samples_for(error, 20, 0.01, 7)
        assert sampling_error(n, 20, 0.01, 7) <= error < sampling_error(n * 0.999 - 1, 20, 0.01, 7)
    assert samples_for(0.0, 20, 0.01) == inf
    assert 1e20 < samples_for(1e-9, 20, 0.01) < inf


def perturbed(rng, d, k, size):
    """A symmetric matrix that lives on the first k coordinates, and one off by `size`."""
    M = np.zeros((d, d))
    core = rng.standard_normal((k, k))
    M[:k, :k] = core + core.T
    noise = rng.standard_normal((d, d))
    noise += noise.T
    return M, M + size * noise / np.linalg.norm(noise, 2)


def test_s2_holds_for_every_eigenvector_and_half_of_it_does_not():
    rng = np.random.default_rng(0)
    violated = 0
    for trial in range(60):
        size = (0.01, 0.1, 1.0)[trial % 3]
        _, observed = perturbed(rng, 8, 3, size)
        values, vectors = np.linalg.eigh(observed)
        for value, vector in zip(values, vectors.T, strict=True):
            sine = np.linalg.norm(vector[3:])
            assert sine <= sine_bound(size, value) + 1e-9
            violated += sine > sine_bound(size, value) / 2
    assert violated
    assert sine_bound(1.0, 0.0) == 1.0


def test_s3_is_s2_where_the_basis_is_exact_and_never_less():
    assert sine_bound_for_estimated_basis(0.1, 0.5, 2, 3.0, 0.0) == sine_bound(0.1, 0.5)
    assert sine_bound_for_estimated_basis(0.1, 0.5, 1, 1.0, 0.01) == pytest.approx(
        (0.1 + sqrt(2) * 2 * np.sin(np.arcsin(0.01) / 2) + LARGEST_FILTER_NORM * 0.01) / 0.5
    )
    assert sine_bound_for_estimated_basis(0.1, 0.5, 1, inf, 0.01) == 1.0
    assert sine_bound_for_estimated_basis(0.1, 0.5, 1, 1.0, 1.0) == 1.0


def test_s3_on_a_tilted_basis():
    """F = |x_0| + |x_1|, ramp of |F - |p||; the known direction is tilted out of V = span(e_0, e_1) by an angle."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((1_000_000, 3))  # x_0, x_1, x_2: the population matrix up to 0.003
    y, tau = np.abs(z[:, 0]) + np.abs(z[:, 1]), 0.5
    for tilt in (0.02, 0.1):
        w = np.array([np.cos(tilt), 0.0, np.sin(tilt)])
        psi = np.clip(np.abs(y - np.abs(z @ w)) / tau - 1, 0, 1)
        off = np.linalg.qr(w[:, None], mode="complete")[0][:, 1:]
        rows = z @ off
        values, vectors = np.linalg.eigh((rows.T * psi) @ rows / len(z) - psi.mean() * np.eye(2))
        for value, vector in zip(values, (off @ vectors).T, strict=True):
            bound = sine_bound_for_estimated_basis(0.003, value, 1, 1 / tau, float(np.sin(tilt)))
            assert abs(vector[2]) <= bound


def test_s4_holds_and_a_third_of_it_does_not():
    rng = np.random.default_rng(0)
    violated = 0
    for _ in range(60):
        M, observed = perturbed(rng, 8, 3, 0.05)
        smallest = np.abs(np.linalg.eigvalsh(M[:3, :3])).min()
        values, vectors = np.linalg.eigh(observed)
        leading = vectors[:, np.argsort(-np.abs(values))[:3]]
        sine = np.linalg.norm(leading[3:], 2)
        assert sine <= davis_kahan(0.05, smallest) + 1e-9
        violated += sine > davis_kahan(0.05, smallest) / 3
    assert violated
    assert davis_kahan(0.1, 0.15) == 1.0


# ------------------------------------------------------------ F, C, G


@given(st.floats(0, 3), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_f_holds_sample_by_sample(tau, missing, seed):
    """H = max_i a_i |x_i| is as long as Λ|x| allows for Λ = max a_i."""
    rng = np.random.default_rng(seed)
    X, slopes = rng.standard_normal((50, missing)), rng.uniform(0.1, 1, missing)
    H = (slopes * np.abs(X)).max(axis=1)
    for x, h in zip(X, H, strict=True):
        mass = float(h > tau)
        assert mass * (x @ x - missing) >= filtered_trace(tau, slopes.max(), missing, mass) - 1e-9


def test_f_is_attained_and_a_shorter_lipschitz_constant_breaks_it():
    tau = 1.5  # H = |x_0| just above τ
    found = tau**2 - 1
    assert found == pytest.approx(filtered_trace(tau, 1.0, 1, 1.0))
    assert found < filtered_trace(tau, 0.9, 1, 1.0)
    assert filtered_trace(tau, 1.0, 1, 0.5, shift=0.5) == pytest.approx((1.0 - 1) * 0.5)
    assert filtered_trace(tau, 1.0, 2, 0.5, shift=2.0) == -1.0
    assert filtered_trace(tau, 1.0, 2, 0.0) == 0.0


def spike(share):
    """H(x) = |x| on a cone of the plane that has this share of all directions: the worst case of C."""
    return sqrt(2 * share), lambda tau: share * exp(-(tau**2) / 2)


@given(st.floats(0.01, 1), st.floats(0, 5))
def test_c_holds_for_spikes(share, tau):
    deviation, tail = spike(share)
    assert tail_bound(tau, deviation, 1.0, 2) <= tail(tau) * (1 + 1e-12)


@pytest.mark.parametrize("tau", [0.0, 0.5, 2.0])
def test_c_holds_for_linear_functions_in_any_subspace(tau):
    for dimension in (1, 2, 5):
        assert tail_bound(tau, 1.0, 1.0, dimension) <= erfc(tau / sqrt(2))


def test_c_without_its_factors_is_caught():
    deviation, tail = spike(0.5)
    assert 4 * tail_bound(0.0, deviation, 1.0, 2) > tail(0.0)  # σ²/Λ² for σ²/(2kΛ²)
    assert tail_bound(0.0, deviation, 0.7, 2) > tail(0.0) / 2 > 0.2


def eigenvalue_of_absolute_value(tau):
    """E[1{|s| > τ}(s² - 1)] = 2τφ(τ)."""
    return 2 * tau * exp(-(tau**2) / 2) / sqrt(2 * pi)


def test_g_for_the_absolute_value():
    tau = sqrt(2)
    promised = progress(1.0, 1.0, 1, 0, tau)
    assert promised == pytest.approx(0.5 * stats.chi2.sf(4, 1))  # (ε²/2kΛ²) Pr[χ²_k > 4kΛ²(k-l)/ε²]
    assert promised <= eigenvalue_of_absolute_value(tau)
    assert progress(1.0, 1.0, 1, 0, tau, ramp=True) == pytest.approx(0.5 * stats.chi2.sf(16, 1))


def test_g_in_its_printed_form():
    for k, known, deviation in ((2, 0, 0.9), (2, 1, 0.5), (3, 1, 1.0)):
        tau = 2.0 * sqrt(2 * (k - known))  # Λ = 2
        expected = deviation**2 / (2 * k * 4) * stats.chi2.sf(4 * k * 4 * (k - known) / deviation**2, k) / (k - known)
        # lemma F's factor at this τ is k - l, which its eigenvalue form divides out again
        assert progress(deviation, 2.0, k, known, tau) == pytest.approx(expected * (k - known))


def test_g_needs_something_missing_and_a_net_costs():
    assert progress(0.5, 1.0, 1, 1, 1.0) == progress(0.0, 1.0, 2, 1, 1.0) == 0.0
    tau = sqrt(2)
    exact = progress(0.9, 1.0, 2, 1, tau)
    with_net = [progress(0.9, 1.0, 2, 1, tau, net_error=eta) for eta in (1e-3, 1e-2, 0.5)]
    assert exact > with_net[0] > with_net[1] >= with_net[2] >= 0.0
    assert with_net[0] == pytest.approx(exact, rel=0.2)
    assert progress(0.9, 1.0, 2, 1, 0.0, net_error=0.1) == 0.0


def test_g_with_a_net_is_the_best_radius_of_its_formula():
    k, known, tau, eta, deviation = 3, 1, 1.2 * sqrt(2), 0.01, 1.3
    radii = np.linspace(0.01, tau / eta * 0.999, 20_000)[:4000]
    outside = stats.chi2.sf(radii**2, known)
    share = deviation**2 / (2 * k)
    tail = share * stats.chi2.sf(2 * k * (tau + eta * radii) ** 2 / deviation**2, k)
    trace = ((tau - eta * radii) ** 2 - 2) * (tail - outside) - 2 * outside
    found = progress(deviation, 1.0, k, known, tau, net_error=eta)
    assert 0 < found <= trace.max() / 2
    assert found == pytest.approx(trace.max() / 2, rel=0.1)


def test_visible_residual_inverts_progress():
    tau = sqrt(2)
    for wanted in (1e-6, 1e-3, 0.02):
        deviation = visible_residual(wanted, 1.0, 1, 0, tau)
        assert progress(deviation, 1.0, 1, 0, tau) == pytest.approx(wanted, rel=1e-6)
    assert visible_residual(0.5, 1.0, 1, 0, tau) == inf
    assert visible_residual(0.5, 1.0, 1, 1, tau) == 0.0
