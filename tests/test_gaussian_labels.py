"""Tails, filter matrices and slices: against quadrature, samples, laws, and the lemmas that will use them."""

from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import MEDIAN

from tropical import (
    BudgetExceeded,
    Enclosure,
    Exact,
    InvalidInput,
    InvalidType,
    ReLUNetwork,
    families,
    gaussian,
    lattice,
    lipschitz,
    parse,
)
from tropical.gaussian import LabelFilter
from tropical.testing import functions, rationals

CLIP = parse("min(max(x0, -1), 1)")
STEP = parse("min(max(x0, x1, -1), 1)")  # constant on cells, at levels that filters jump at


def inside(value, truth, digits=18):
    with mpmath.workdps(50):
        box = value.enclosure(digits)
        slack = mpmath.mpf(10) ** -digits
        low, high = (mpmath.mpf(x.numerator) / x.denominator for x in (box.lower, box.upper))
        return low - slack <= truth <= high + slack


# ---------------------------------------------------------------- known values


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("tau", ["1", "1/3", "0"])
def test_tail_of_a_maximum(n, tau):
    """Pr[|max| > τ] = 1 - Φ(τ)^n + Φ(-τ)^n."""
    level = Fraction(tau)
    with gaussian.precision(digits=40), mpmath.workdps(50):
        t = mpmath.mpf(level.numerator) / level.denominator
        truth = 1 - mpmath.ncdf(t) ** n + mpmath.ncdf(-t) ** n
        value = gaussian.tail(families.maximum_of(n), tau)
        assert inside(value, truth, 38)
        assert isinstance(value, Exact) or value.width < Fraction(1, 10**40)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_filter_matrix_of_a_maximum(n):
    """One matrix entry and the trace from the order statistics: x_i given that the maximum is t."""
    tau = 1
    matrix = gaussian.filter_matrix(families.maximum_of(n), LabelFilter.slice(tau, None))
    with mpmath.workdps(30):
        phi, cdf = mpmath.npdf, mpmath.ncdf
        # E[(x_0² - 1) 1{max > τ}] = -E[(x_0² - 1) 1{all <= τ}] = τ φ(τ) Φ(τ)^(n-1); off the diagonal -φ(τ)² Φ(τ)^(n-2)
        diagonal = tau * phi(tau) * cdf(tau) ** (n - 1)
        off = -(phi(tau) ** 2) * cdf(tau) ** (n - 2)
        assert all(inside(matrix[i, i], diagonal) for i in range(n))
        assert all(inside(matrix[i, j], off) for i in range(n) for j in range(i))
        eigenvalues = matrix.eigenvalues()
        assert len(eigenvalues) == n
        assert all(inside(value, diagonal - off, 15) for value in eigenvalues[:-1])  # n - 1 times the same
        assert inside(eigenvalues[-1], diagonal + (n - 1) * off, 15)
        assert all(value.width < Fraction(1, 10**12) for value in eigenvalues)
        assert inside(matrix.trace(), n * diagonal, 15)


def test_ramp_of_one_variable_against_quadrature():
    matrix = gaussian.filter_matrix(parse("x0"), LabelFilter.ramp("1/2"))
    with mpmath.workdps(30):
        ramp = lambda t: min(mpmath.mpf(1), max(mpmath.mpf(0), abs(t) / mpmath.mpf("0.5") - 1))  # noqa: E731
        truth = 2 * mpmath.quad(lambda t: ramp(t) * (t * t - 1) * mpmath.npdf(t), [0.5, 1, 4, 20])
    assert inside(matrix[0, 0], truth)


def test_second_moment_is_a_polynomial_filter():
    """E[F²] = mass of the filter y²: two ways through the same integrals."""
    for F in (MEDIAN, parse("max(x0, x1 + 1, -1)")):
        total = gaussian.conditional_moments(F, LabelFilter.polynomial([0, 0, 1])).mass
        assert float(total) == pytest.approx(float(gaussian.second_moment(F)), abs=1e-15)


@pytest.mark.parametrize("F", [parse("max(x0, 0) - max(-x0, 1)"), STEP, MEDIAN, parse("max(x0 - 1/2, x1, 2*x1 - 1)")])
def test_matrices_in_the_plane_are_closed_forms(F):
    for psi in (1, LabelFilter.ramp("1/2"), LabelFilter.union([(-1, 0), ("1/2", 1)])):
        matrix = gaussian.filter_matrix(F, psi)
        assert all(isinstance(entry, Exact) for row in matrix.entries for entry in row)


@pytest.mark.parametrize("seed", range(3))
def test_sectors_of_the_plane_against_quadrature_in_the_angle(seed):
    """theory.md: (1/2π) ∫ [(s² + 2) θθᵀ - I] e^(-s²/2) dθ over each sector, s = τ/|<u, θ>|."""
    F = families.random_network((2, 5, 1), seed)
    tau = Fraction(1, 2)
    turns = np.linspace(0, 2 * np.pi, 400_001)[:-1] + 1e-6  # periodic and smooth but for kinks: the midpoint rule
    theta = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    with np.errstate(divide="ignore"):
        s2 = (float(tau) / np.abs(F.evaluate(theta))) ** 2
    weights = np.exp(-s2 / 2)
    s2[np.isinf(s2)] = 0.0
    truth = (theta * (weights * (s2 + 2))[:, None]).T @ theta / len(turns) - np.eye(2) * weights.mean()
    matrix = gaussian.filter_matrix(F, tau)
    assert np.allclose(matrix.to_numpy(), truth, atol=1e-9)
    assert float(gaussian.tail(F, tau)) == pytest.approx(weights.mean(), abs=1e-9)


# ---------------------------------------------------------------- constants at the level of a jump


def test_a_cell_on_which_the_function_is_the_level():
    """F = 1 on a cell of positive mass: strict and closed ends differ, in mass and in matrix."""
    strict, closed = LabelFilter.threshold(1), LabelFilter.slice(1, None)
    assert gaussian.tail(CLIP, 1) == 0
    assert gaussian.filter_matrix(CLIP, strict)[0, 0] == 0
    half = gaussian.tail(parse("x0"), 1) / 2
    assert gaussian.conditional_moments(CLIP, (1, None)).mass == half
    expected = gaussian.filter_matrix(parse("x0"), closed)[0, 0]
    assert gaussian.filter_matrix(CLIP, closed)[0, 0] == expected > 0


def test_levels_on_cells_in_the_plane_against_samples():
    X = np.random.default_rng(0).standard_normal((200_000, 2))
    y = STEP.evaluate(X)
    for psi in (LabelFilter.slice(1, None), LabelFilter.slice(-1, 1), LabelFilter.slice(None, -1, closed=(True, True))):
        weights = psi.evaluate(y)
        matrix = gaussian.filter_matrix(STEP, psi)
        for i in range(2):
            for j in range(2):
                samples = weights * (X[:, i] * X[:, j] - (i == j))
                assert abs(float(matrix[i, j]) - samples.mean()) < 5 * samples.std() / np.sqrt(len(y)) + 1e-9


# ---------------------------------------------------------------- laws


@given(functions(2), rationals(3, 4).map(abs))
@settings(max_examples=25)
def test_slices_share_everything(F, tau):
    below, middle, above = (-tau, None), (-tau, tau), (tau, None)
    edges = [LabelFilter.slice(None, -tau), LabelFilter.slice(-tau, tau) if tau else None, LabelFilter.slice(*above)]
    parts = [psi for psi in edges if psi is not None]
    total = sum(gaussian.filter_matrix(F, psi).to_numpy() for psi in parts)
    assert np.allclose(total, 0, atol=1e-13)  # the filter 1 has E[xxᵀ - I] = 0
    masses = []
    for psi in parts:
        try:
            masses.append(float(gaussian.conditional_moments(F, psi).mass))
        except InvalidInput:
            masses.append(0.0)
    assert sum(masses) == pytest.approx(1, abs=1e-13)
    assert below
    assert middle


@given(functions(2), st.integers(1, 6))
@settings(max_examples=20)
def test_tails_fall_and_matrices_are_bounded(F, n):
    tails = [float(gaussian.tail(F, Fraction(i, 2))) for i in range(n)]
    assert all(a >= b - 1e-14 for a, b in pairwise(tails))
    matrix = gaussian.filter_matrix(F, Fraction(n, 2))
    assert all(abs(value.midpoint) < 0.969 for value in matrix.eigenvalues())  # ‖M_ψ‖ <= 4e^(-1/2)/√(2π)
    scaled = 3 * lattice(F)
    assert float(gaussian.tail(scaled, Fraction(3 * n, 2))) == pytest.approx(
        float(gaussian.tail(F, Fraction(n, 2))), abs=1e-14
    )


def test_matrices_turn_with_the_inputs():
    turn = [["3/5", "-4/5"], ["4/5", "3/5"]]
    F = parse("max(min(x0, x1 + 1), 2*x0 - x1, -1)")
    before = np.array([[float(a) for a in row] for row in gaussian.filter_matrix(F, 1).ambient()])
    after = np.array([[float(a) for a in row] for row in gaussian.filter_matrix(F.compose(turn), 1).ambient()])
    Q = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert np.allclose(Q.T @ before @ Q, after, atol=1e-14)


def test_ambient_matrices_vanish_off_the_subspace():
    net = families.random_network((5, 4, 1), 3, rank=2, biases=True)
    matrix = gaussian.filter_matrix(net, 1)
    ambient = matrix.ambient()
    assert len(ambient) == 5
    basis = np.array([[float(a) for a in row] for row in matrix.basis.rows])
    kernel = np.linalg.svd(basis)[2][2:]
    assert np.allclose(np.array([[float(a) for a in row] for row in ambient]) @ kernel.T, 0, atol=1e-13)
    direction = [int(i == 1) for i in range(5)]
    assert float(matrix.quadratic_form(direction)) == pytest.approx(float(ambient[1][1]), abs=1e-14)
    vector = gaussian.conditional_moments(net, (0, 1)).mean.ambient()
    assert np.allclose(kernel @ [float(a) for a in vector], 0, atol=1e-13)


# ---------------------------------------------------------------- the lemmas


@pytest.mark.parametrize("seed", range(3))
def test_lemma_f_filter_lemma(seed):
    """trace E[1{|F| > τ}(xxᵀ - I)] >= (τ²/Λ² - k) Pr[|F| > τ] for bias-free F (W = 0, H = F)."""
    F = families.random_network((2, 4, 1), seed)
    k = len(gaussian.filter_matrix(F, 1))
    square = lipschitz(F).squared
    for tau in (Fraction(1, 2), Fraction(2), Fraction(4)):
        trace, mass = gaussian.filter_matrix(F, tau).trace(), gaussian.tail(F, tau)
        assert float(trace) >= (float(tau**2 / square) - k) * float(mass) - 1e-13


def test_lemma_x_filters_see_the_hidden_plane_at_once():
    F = families.cyclic(4)
    for tau in ("1/10", "1/2", "1"):
        low, high = gaussian.filter_matrix(F, tau).eigenvalues()[::-1]
        assert low > Fraction(1, 1000)
        assert high.upper - low.lower < Fraction(1, 10**20)  # c·I up to the rounding of the weights
    assert abs(float(gaussian.filter_matrix(F, 0).trace())) < 1e-25


def test_lemma_lambda_label_filters_fade():
    """‖E[ψ(y_t)(xxᵀ - I)]‖ <= 2√(2 Pr B), Pr B <= 3t√(2/π): for small t nothing is left."""
    sizes = []
    for t in ("1/2", "1/100"):
        matrix = gaussian.filter_matrix(families.parity(3, t), "1/2")
        sizes.append(max(abs(float(value)) for value in matrix.eigenvalues()))
        bound = 2 * np.sqrt(2 * 3 * float(Fraction(t)) * np.sqrt(2 / np.pi))
        assert sizes[-1] <= bound
    assert sizes[1] < sizes[0] / 2


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize(
    "F",
    [
        families.random_network((2, 4, 1), 1, biases=True),
        families.random_network((4, 4, 3, 1), 4, rank=2),
        families.random_network((3, 4, 1), 3),
        families.random_network((3, 3, 1), 5, biases=True),
        parse("max(x0, x1, x2, x3, -1/2)"),
        lattice(families.random_network((2, 3, 2, 1), 3, biases=True)),
    ],
    ids=str,
)
def test_against_samples(F):
    n = 50_000
    X = np.random.default_rng(2).standard_normal((n, F.dimension))
    y = F.evaluate(X)
    tau = Fraction(round(4 * float(np.sqrt((y**2).mean()))), 4) or Fraction(1, 4)

    def agrees(value, samples):
        return abs(float(value) - samples.mean()) <= 5 * samples.std() / np.sqrt(n) + 20 / n

    assert agrees(gaussian.tail(F, tau), 1.0 * (np.abs(y) > float(tau)))
    for psi in (LabelFilter.threshold(tau), LabelFilter.ramp(tau / 2), LabelFilter.union([(-tau, 0), (tau, 2 * tau)])):
        matrix, weights = gaussian.filter_matrix(F, psi), psi.evaluate(y)
        Z = X @ matrix.basis.orthonormal().T
        for i in range(len(matrix)):
            for j in range(i + 1):
                assert agrees(matrix[i, j], weights * (Z[:, i] * Z[:, j] - (i == j)))
    slice_ = gaussian.conditional_moments(F, (-tau, tau / 2))
    weights = 1.0 * ((y >= -float(tau)) & (y < float(tau / 2)))
    Z = X @ slice_.mean.basis.orthonormal().T
    assert agrees(slice_.mass, weights)
    for i in range(len(slice_.mean)):
        assert agrees(float(slice_.mean[i]) * float(slice_.mass), weights * Z[:, i])
        assert agrees(float(slice_.hermite[i, i]) * float(slice_.mass), weights * (Z[:, i] ** 2 - 1))


def test_estimates_contain_the_truth():
    F = parse("max(x0, x1, 1/2) - max(x0, -x0)")
    tail, matrix = float(gaussian.tail(F, 1)), gaussian.filter_matrix(F, 1)
    for seed in range(8):
        options = {"method": "monte-carlo", "n_samples": 3000, "random_state": seed}
        estimate = gaussian.tail(F, 1, **options)
        assert estimate.lower <= tail <= estimate.upper
        sampled = gaussian.filter_matrix(F, 1, **options)
        assert np.linalg.norm(sampled.to_numpy() - matrix.to_numpy(), 2) <= sampled.error
        pairs = zip(sampled.eigenvalues(), matrix.eigenvalues(), strict=True)
        assert all(box.lower <= float(value) <= box.upper for box, value in pairs)
    assert not isinstance(sampled, gaussian.RelevantMatrix)


# ---------------------------------------------------------------- filters as values


@given(rationals(3, 4).map(abs).filter(bool), rationals(8, 8))
def test_filters_are_what_they_say(tau, y):
    assert LabelFilter.threshold(tau)(y) == (abs(y) > tau)
    assert LabelFilter.ramp(tau)(y) == min(1, max(0, abs(y) / tau - 1))
    for psi in (LabelFilter.threshold(tau), LabelFilter.ramp(tau), LabelFilter.slice(-tau, tau)):
        assert psi.evaluate(np.array([float(y)]))[0] == pytest.approx(float(psi(y)))
        assert psi.is_bounded_by_one()


@pytest.mark.parametrize("tau", [-1, "-1/2", Fraction(-1, 3)])
def test_negative_levels_are_refused(tau):
    with pytest.raises(InvalidInput, match=">= 0"):
        gaussian.tail(MEDIAN, tau)
    with pytest.raises(InvalidInput, match=">= 0"):
        gaussian.filter_matrix(MEDIAN, tau)


@pytest.mark.parametrize("tau", [0.5, float("nan"), True, None, np.float64(1)])
def test_levels_that_are_no_exact_numbers_are_refused(tau):
    with pytest.raises(InvalidType, match="tau"):
        gaussian.tail(MEDIAN, tau)


def test_other_refusals():
    with pytest.raises(InvalidInput, match="positive number"):
        LabelFilter.ramp(0)
    with pytest.raises(InvalidInput, match="lower < upper"):
        gaussian.conditional_moments(MEDIAN, (1, 1))
    with pytest.raises(InvalidType, match="pair"):
        gaussian.conditional_moments(MEDIAN, (1, 2, 3))
    with pytest.raises(InvalidInput, match="disjoint"):
        LabelFilter.union([(0, 2), (1, 3)])
    with pytest.raises(InvalidInput, match="positive probability"):
        gaussian.conditional_moments(CLIP, (2, None))
    with pytest.raises(InvalidInput, match="positive mean"):
        gaussian.conditional_moments(MEDIAN, LabelFilter.polynomial([-1]))
    with pytest.raises(InvalidInput, match="direction"):
        gaussian.filter_matrix(MEDIAN, 1).quadratic_form([0, 0])
    with pytest.raises(InvalidInput, match=r"\[-1, 1\]"):
        gaussian.filter_matrix(MEDIAN, LabelFilter.polynomial([0, 1]), method="monte-carlo")
    with pytest.raises(InvalidInput, match=r"F\[j\]"):
        gaussian.tail(ReLUNetwork([[[1]], [[1], [2]]]), 1)


def test_budgets_keep_what_is_proved():
    F = families.maximum_of(4)
    truth = float(gaussian.tail(F, 1))
    with pytest.raises(BudgetExceeded, match="max_faces=2") as caught:
        gaussian.tail(F, 1, max_faces=2)
    partial = caught.value.partial
    assert isinstance(partial, Enclosure)
    assert 0 <= partial.lower <= truth <= partial.upper <= 1


def test_conditional_moments_of_rare_slices_keep_their_digits():
    """Pr = 1.5e-23: E[x | x > 10] is the inverse Mills ratio."""
    slice_ = gaussian.conditional_moments(parse("x0"), (10, None))
    with mpmath.workdps(50):
        ratio = mpmath.npdf(10) / (mpmath.erfc(10 / mpmath.sqrt(2)) / 2)
        assert inside(slice_.mean[0], ratio, 14)
        assert inside(slice_.hermite[0, 0], 10 * ratio, 13)
    plane = gaussian.conditional_moments(families.maximum_of(2), (8, None))
    assert float(plane.mean[0]) == pytest.approx(float(plane.mean[1]))
    assert plane.mean[0].width < Fraction(1, 10**13)
