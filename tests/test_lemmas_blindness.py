"""Lemmas X and Λ: what correlations of low degree, and filters of steep functions, cannot see."""

from dataclasses import replace
from fractions import Fraction
from math import factorial, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import ReLUNetwork, families, lemmas
from tropical.gaussian import LabelFilter
from tropical.lemmas.blindness import energy_of_degree
from tropical.testing import rationals


@pytest.mark.parametrize("K", [2, 4])
def test_lower_degrees_are_blind(K):
    report = lemmas.check("X", K)
    assert report
    assert replace(lemmas.lemma("X"), degrees=1).check(K).verdict == "fails"  # degree K itself is seen


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([2, 4]), rationals(2).map(lambda a: abs(a) + Fraction(1, 8)), st.integers(9, 15))
def test_blindness(K, tau, digits):
    report = lemmas.check("X", K, tau=tau, digits=digits)
    assert report.verdict == "holds"
    matrix = report.details["matrix"]
    assert float(matrix[0, 0]) == pytest.approx(float(matrix[1, 1]), abs=1e-6)


def test_what_rounding_hides_is_left_open():
    report = lemmas.check("X", 4, tau=3, digits=5)  # |F_4| > 3 almost nowhere: the eigenvalue is below the rounding
    assert report.verdict == "undecided"
    assert report.counterexample is None


@settings(max_examples=8, deadline=None)
@given(lemmas.lemma("X").instances())
def test_filters_of_the_label_are_isotropic(instance):
    report = lemmas.check("X", **instance)
    assert report.verdict in ("holds", "undecided")  # undecided: |F_K| hardly ever exceeds τ
    isotropic = [c for c in report.comparisons if c.name.startswith("ψ(F)")]
    assert all(c.holds for c in isotropic)
    assert len(isotropic) == (0 if instance["K"] == 2 else 2)


@pytest.mark.parametrize("psi", [(0, 1), (None, "-1/3"), LabelFilter.union([(-1, 0), ("1/2", None)])])
def test_filters_of_a_stretched_function_are_not_isotropic(monkeypatch, psi):
    cyclic = families.cyclic(4, 12)
    first, *others = cyclic.weights
    stretched = ReLUNetwork([[[a, b * Fraction(1001, 1000)] for a, b in first], *others])
    monkeypatch.setattr(families, "cyclic", lambda *_: stretched)
    report = lemmas.check("X", 4, psi=psi)
    assert report.verdict == "fails"
    assert any(c.holds is False for c in report.comparisons if c.name.startswith("ψ(F)"))


def test_filters_that_are_no_indicators_are_a_violated_hypothesis_of_blindness():
    assert lemmas.check("X", 4, psi=LabelFilter.ramp(1)).verdict == "does not apply"


@pytest.mark.parametrize("tau", [Fraction(1, 3), 1])
def test_signed_filters_of_two_lines_are_not_isotropic(tau):
    assert replace(lemmas.lemma("X"), signed=2).check(2, tau=tau).verdict == "fails"
    assert lemmas.check("X", 2, tau=tau)


@pytest.mark.parametrize("K", [2, 4])
def test_the_filter_of_a_cyclic_function_by_quadrature(K):
    # trace = E[s² exp(-s²/2)], s = 1/|g(θ)|
    theta = (np.arange(40000) + 0.5) * 2 * pi / 40000
    angle = np.abs(sum((-1) ** i * np.maximum(np.cos(theta - pi * i / K), 0) for i in range(2 * K)))
    expected = np.mean(np.exp(-0.5 / angle**2) / angle**2)
    matrix = lemmas.check("X", K).details["matrix"]
    assert float(matrix.trace()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_lower_degrees_are_blind_for_six():
    assert lemmas.check("X", 6)


@pytest.mark.parametrize("K", [1, 3, 5])
def test_odd_numbers_are_a_violated_hypothesis(K):
    assert lemmas.check("X", K).verdict == "does not apply"


@pytest.mark.parametrize("K", [2, 4, 6])
def test_the_energy_of_degree_k_by_quadrature(K):
    # the inner product with r^K cos(Kθ), over its norm, in polar coordinates
    theta = (np.arange(4000) + 0.5) * 2 * pi / 4000
    angle = sum((-1) ** i * np.maximum(np.cos(theta - pi * i / K), 0) for i in range(2 * K))
    harmonic = 2 * np.mean(angle * np.cos(K * theta))
    r = (np.arange(40000) + 0.5) * 30 / 40000
    moment = np.sum(r ** (K + 2) * np.exp(-r * r / 2)) * 30 / 40000
    expected = (harmonic / 2 * moment) ** 2 / (2**K * factorial(K) / 2)
    assert float(energy_of_degree(K)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("t", ["1/4", "1/10", "1/100"])
def test_label_filters_of_steep_parities_fade(t):
    report = lemmas.check("Λ", 3, t)
    assert report
    assert report.comparison("Λ² = k/t²").left == 3 / Fraction(t) ** 2


def test_wide_entries_on_a_multiple_of_the_identity_have_a_spectrum():
    assert lemmas.check("Λ", 4, Fraction(1, 114)).verdict == "holds"  # entries of width 1e-6, eigenvalues all alike


@settings(max_examples=8, deadline=None)
@given(
    st.integers(3, 4),
    st.sampled_from(["1/2", "1/5", "1/17", "1/100"]),
    st.sampled_from(
        [LabelFilter.slice(a, b) for a, b in [(None, 0), ("-1/2", "1/3"), (0, 1)]] + [LabelFilter.ramp("1/3")]
    ),
)
def test_steepness(k, t, psi):
    report = lemmas.check("Λ", k, t, psi)
    assert report.verdict == "holds"
    assert len(report.details["means"]["ψ"]) == k


@pytest.mark.parametrize("k", [1, 2])
def test_fewer_than_three_half_spaces_show(k):
    report = replace(lemmas.lemma("Λ"), fewest=1).check(k, "1/1000")
    assert report.verdict == "fails"
    shown = {"|E[ψx]|² <= 4 Pr[B] for sign": k == 1, "‖M‖² <= 8 Pr[B] for sign": k == 2}
    assert {name: report.comparison(name).holds is False for name in shown} == shown


def test_parities_of_many_half_spaces():
    assert lemmas.check("Λ", 5, "1/100")


def test_two_half_spaces_do_not_fade():
    assert lemmas.check("Lambda", 2).verdict == "does not apply"
    report = replace(lemmas.lemma("Λ"), fewest=2).check(2, "1/100")
    assert report.verdict == "fails"
    assert float(report.comparison("‖M‖² <= 8 Pr[B] for sign").left) == pytest.approx((2 / pi) ** 2, abs=0.01)


def test_the_zigzag_is_that_of_the_family():
    from tropical.lemmas.steepness import _zigzag

    for k in (1, 2, 3, 4, 5):
        net = families.parity(k, "1/2")
        for s in range(k + 1):
            x = [1] * (k - s) + [-1] * s
            assert _zigzag(k)([sum(x)]) == net(x)
        assert _zigzag(k)([k - 1]) == net([1] * (k - 1) + [0])
