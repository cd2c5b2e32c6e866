"""Sums of independent parts: against the engine of cells in few dimensions, samples and closed forms in many."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import BudgetExceeded, InvalidInput, InvalidType, ReLUNetwork, families, gaussian, parse
from tropical.gaussian import LabelFilter, binned_laws, independent_sum, independent_sums
from tropical.gaussian.one_dimensional import compose, linear_pieces
from tropical.testing import functions, points, rationals

CLIP = parse("max(min(2*x0, 1), -1)")
ABS, RAMP = parse("max(x0, -x0)"), parse("max(x0, 0)")
ZIGZAG = parse("max(min(x0 + 2, -x0), min(x0 - 2, 4 - x0))")  # 1 at -1 and 3, -1 at 1 and -3


def parity_parts(k, t):
    """Lemma Λ's function by its parts: clips, and the zigzag with h(k) = 1."""
    clip = CLIP.compose([[1 / (2 * Fraction(t))]])
    net = families.parity(k, t)
    outer = ReLUNetwork([[[1]] * k, net.weights[2]], [[k - 2 * i for i in range(k)], net.biases[2]])
    return independent_sum([clip] * k, outer), net


@given(functions(1), st.lists(points(1), min_size=5, max_size=5))
@settings(max_examples=60)
def test_pieces_of_one_variable(F, xs):
    pieces = linear_pieces(F)
    assert pieces[0].lower is None
    assert pieces[-1].upper is None
    for before, after in itertools.pairwise(pieces):
        assert before.upper == after.lower
        assert (before.slope, before.intercept) != (after.slope, after.intercept)
    for (x,) in xs:
        here = [p for p in pieces if (p.lower is None or p.lower <= x) and (p.upper is None or x <= p.upper)]
        assert here
        assert all(p.slope * x + p.intercept == F([x]) for p in here)


@given(functions(1), rationals(3, 4).map(abs).filter(bool), points(1))
@settings(max_examples=60)
def test_filters_of_one_variable(F, tau, x):
    psi = LabelFilter.ramp(tau)
    heights = compose(psi, linear_pieces(F))
    (s,) = x
    if s not in heights.breaks:
        number = sum(b < s for b in heights.breaks)
        polynomial = heights.polynomials[number]
        assert sum(c * s**n for n, c in enumerate(polynomial)) == psi(F(x))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_parity_agrees_with_its_cells(k):
    summed, net = parity_parts(k, "1/2")
    X = np.random.default_rng(0).standard_normal((500, k))
    assert np.allclose(summed.evaluate(X), net.evaluate(X))
    for ours, theirs in (
        (summed.mean(width="1/1000"), gaussian.mean(net)),
        (summed.second_moment(width="1/1000"), gaussian.second_moment(net)),
        (summed.tail("1/2", width="1/50"), gaussian.tail(net, "1/2")),
    ):
        assert theirs in ours
    matrix = summed.filter_matrix("1/2", width="1/50")
    truth = gaussian.filter_matrix(net, "1/2")
    assert all(truth[i, j] in matrix[i, j] for i in range(k) for j in range(k))
    upper = LabelFilter.slice("1/2", None)
    means = summed.filter_mean(upper, width="1/50")
    slice_ = gaussian.conditional_moments(net, ("1/2", None))
    for ours, theirs in zip(means.entries, slice_.mean.entries, strict=True):
        assert abs(float(ours) - float(theirs) * float(slice_.mass)) < 1 / 50


@pytest.mark.parametrize("bins", [64, 256, 1024])
def test_every_number_of_bins_is_right(bins):
    """Coarse bins widen an answer and do not falsify it; signed weights and unbounded parts included."""
    parts, F = [ABS, RAMP, parse("x0")], parse("max(x0, -x0) + max(x1, 0) + x2")
    summed = independent_sum(parts)

    def partial(question, *given):
        try:
            return question(*given, width=Fraction(1, 10**30), max_bins=bins)
        except BudgetExceeded as error:
            return error.partial

    assert gaussian.mean(F) in partial(summed.mean)
    assert gaussian.second_moment(F) in partial(summed.second_moment)
    assert gaussian.tail(F, 2) in partial(summed.tail, 2)


def test_matrices_of_unbounded_sums():
    matrix = independent_sum([ABS, RAMP, parse("x0")]).filter_matrix(2, width="1/10")
    truth = gaussian.filter_matrix(parse("max(x0, -x0) + max(x1, 0) + x2"), 2)
    assert all(truth[i, j] in matrix[i, j] for i in range(3) for j in range(3))


def test_many_parts_against_closed_forms():
    """Twelve |x_i|: the mean and the variance are k√(2/π) and k(1 - 2/π)."""
    summed = independent_sum([ABS] * 12)
    with mpmath.workdps(30):
        mean = 12 * mpmath.sqrt(2 / mpmath.pi)
        second = mean**2 + 12 * (1 - 2 / mpmath.pi)
        boxes = summed.mean(width="1/100"), summed.second_moment(width=4)
        for box, truth in zip(boxes, (mean, second), strict=True):
            assert float(box.lower) - 1e-12 <= truth <= float(box.upper) + 1e-12


def test_many_parts_against_samples():
    summed, _ = parity_parts(5, "1/4")
    y = summed.evaluate(np.random.default_rng(1).standard_normal((200_000, 5)))
    box = summed.second_moment(width="1/1000")
    assert abs(float(box) - (y**2).mean()) < 5 * (y**2).std() / np.sqrt(len(y)) + 1e-3


def test_lemma_lambda_fades_in_many_dimensions():
    """‖E[1{|y| > 1/2}(xxᵀ - I)]‖ <= 2√(2 Pr B), Pr B <= 5t√(2/π), for five half-spaces."""
    sizes = []
    for t in ("1/16", "1/256"):
        summed, _ = parity_parts(5, t)
        value = summed.filter_matrix("1/2", width="1/500").entries[0][0]
        sizes.append(max(abs(float(value.lower)), abs(float(value.upper))))
        assert sizes[-1] <= 2 * np.sqrt(2 * 5 * float(Fraction(t)) * np.sqrt(2 / np.pi))
    assert sizes[1] < sizes[0] / 2


def test_without_the_spread_of_bins_it_would_be_wrong(monkeypatch):
    """Mutant: breaks inside a bin are ignored."""
    summed, net = parity_parts(2, "1/2")
    monkeypatch.setattr(independent_sums, "_range", lambda heights, numbers, low, high: (Fraction(0), Fraction(0)))
    with pytest.raises(InvalidInput, match="swap the bounds"):  # two numbers of bins contradict each other
        summed.second_moment(width="1/1000")
    assert gaussian.second_moment(net) not in summed.second_moment(width=1)


def test_without_the_bend_it_would_be_wrong(monkeypatch):
    """Mutant: the second derivative is forgotten."""
    monkeypatch.setattr(independent_sums, "_bend", lambda *_: Fraction(0))
    found = independent_sum([CLIP] * 2).second_moment(width="1/100", max_bins=256)
    F = parse("max(min(2*x0, 1), -1) + max(min(2*x1, 1), -1)")
    assert gaussian.second_moment(F) not in found


def test_what_is_beyond_reach_is_counted(monkeypatch):
    monkeypatch.setattr(binned_laws, "REACH", 2)
    with pytest.raises(BudgetExceeded) as caught:
        independent_sum([ABS]).mean(width="1/1000", max_bins=512)
    assert gaussian.mean(ABS) in caught.value.partial
    monkeypatch.setattr(independent_sums, "_beyond_reach", lambda *_: arb(0))
    assert gaussian.mean(ABS) not in independent_sum([ABS]).mean(width="1/1000", max_bins=512)


def test_refusals():
    with pytest.raises(InvalidInput, match=r"parts\[1\]"):
        independent_sum([ABS, parse("x0 + x1")])
    with pytest.raises(InvalidInput, match="outer"):
        independent_sum([ABS], parse("x0 + x1"))
    with pytest.raises(InvalidInput, match="at least one"):
        independent_sum([])
    with pytest.raises(InvalidType, match="parts"):
        independent_sum(3)
    with pytest.raises(InvalidInput, match="width"):
        independent_sum([ABS]).mean(width=0)
    with pytest.raises(InvalidInput, match=">= 0"):
        independent_sum([ABS]).tail(-1)
    with pytest.raises(BudgetExceeded, match="max_bins=16"):
        independent_sum([CLIP] * 2).tail(1, max_bins=16)
