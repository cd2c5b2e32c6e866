"""Lemmas S1-S4, F, C and G: exact or enclosed on every instance, and wrong statements are refuted."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import COARSE_FAILS_BIASED, MEDIAN
from lemma_instances import AFFINE, BIAS_FREE, EVERY, ZERO
from scipy.stats import chi2

from tropical import InvalidInput, ReLUNetwork, lemmas, parse
from tropical import check as check_certificate
from tropical.gaussian import LabelFilter
from tropical.lemmas.eigenvectors import as_symmetric, eigenpairs
from tropical.lemmas.residuals import chi_square_tail

PLANE = [name for name, F in EVERY.items() if F.dimension == 2]
HIDDEN = ReLUNetwork([[[1, 2, 0], [-1, -2, 0]], [1, 1]])  # |x0 + 2 x1| on R^3
SUM = parse("abs(x0) + abs(x1)")
FAINT = parse("3/4*abs(x0) + 0*x1")


# ---------------------------------------------------------------- C


@pytest.mark.parametrize("name", BIAS_FREE)
@pytest.mark.parametrize("tau", [0, Fraction(1, 2), 2])
def test_anti_concentration_on_named_functions(name, tau):
    F = BIAS_FREE[name]
    if F.dimension == 3 and tau:
        tau = 1
    report = lemmas.check("C", F, tau)
    assert report.verdict == ("does not apply" if name == "zero" else "holds")


@settings(max_examples=20, deadline=None)
@given(lemmas.lemma("C").instances())
def test_anti_concentration(instance):
    report = lemmas.check("C", *instance)
    assert report.verdict in ("holds", "does not apply")


def test_growth_cannot_be_dropped():
    steep = parse("max(4*x0, 0)")
    assert lemmas.check("C", steep, 0)
    report = replace(lemmas.lemma("C"), growth=False).check(steep, 0)
    assert report.verdict == "fails"
    assert report.comparisons[0].left == 4  # σ²/(2k) = 8/2
    assert report.comparisons[0].right == Fraction(1, 2)


def test_the_constant_of_anti_concentration_is_at_most_twice_too_small():
    assert lemmas.check("C", parse("abs(x0)"), 0).comparisons[0].left == Fraction(1, 2)
    assert replace(lemmas.lemma("C"), factor=Fraction(21, 10)).check(parse("abs(x0)"), 0).verdict == "fails"


def test_biases_are_a_violated_hypothesis_of_anti_concentration():
    assert lemmas.check("C", COARSE_FAILS_BIASED).verdict == "does not apply"
    assert lemmas.check("C", ZERO).hypotheses[1].holds is False


@pytest.mark.parametrize("k", [1, 2, 3, 6])
@pytest.mark.parametrize("level", [Fraction(1, 3), Fraction(2), Fraction(40)])
def test_tails_of_chi_square(k, level):
    found = chi_square_tail(k, level)
    assert found.width < Fraction(1, 10**20)
    assert float(found) == pytest.approx(chi2.sf(float(level), k), rel=1e-10)
    assert chi_square_tail(k, 0) == 1


# ---------------------------------------------------------------- F


@pytest.mark.parametrize("name", PLANE)
@pytest.mark.parametrize("W", [(), [(1, 0)]])
@pytest.mark.parametrize("tau", [Fraction(1, 2), 3])
def test_the_filter_lemma_on_named_functions(name, W, tau):
    report = lemmas.check("F", EVERY[name], W, tau)
    assert report.verdict in ("holds", "does not apply")
    assert (report.verdict == "does not apply") == (not all(h.holds for h in report.hypotheses))


@settings(max_examples=15, deadline=None)
@given(lemmas.lemma("F").instances())
def test_the_filter_lemma(instance):
    assert lemmas.check("F", *instance).verdict in ("holds", "does not apply")


@pytest.mark.parametrize("candidate", [FAINT, parse("abs(x0) + 0*x1"), parse("5/4*abs(x0) + 0*x1")])
def test_the_filter_lemma_with_a_candidate(candidate):
    report = lemmas.check("F", SUM, [(1, 0)], 3, candidate=candidate)
    assert report
    assert report.details["points"] > 0


def test_the_threshold_has_to_be_reduced():
    kept = replace(lemmas.lemma("F"), reduced=False).check(SUM, [(1, 0)], 2, candidate=FAINT)
    assert kept.verdict == "fails"
    x = kept.counterexample  # on the event, and closer to W than τ/Λ
    assert abs(SUM(x) - FAINT(x)) > 2
    assert 2 * x[1] ** 2 < 4
    assert lemmas.check("F", SUM, [(1, 0)], 2, candidate=FAINT)


def test_hypotheses_of_the_filter_lemma():
    assert lemmas.check("F", HIDDEN, [(0, 0, 1)]).verdict == "does not apply"  # W is not in V
    assert lemmas.check("F", HIDDEN, [(1, 2, 0)]).verdict == "does not apply"  # W = V
    assert lemmas.check("F", SUM, [(1, 0)], 1, candidate=FAINT, radius=5).verdict == "does not apply"  # ηR >= τ


def test_the_trace_of_the_filter_lemma_cannot_be_doubled():
    assert replace(lemmas.lemma("F"), factor=Fraction(2)).check(SUM, (), 3).verdict == "fails"


def test_the_pointwise_bound_is_attained():
    report = lemmas.check("F", parse("abs(x0)"), (), 1)
    assert report.ratio == 1
    assert check_certificate(report.certificate, parse("abs(x0)")).valid


# ---------------------------------------------------------------- G


@pytest.mark.parametrize("name", [name for name in BIAS_FREE if name in PLANE])
@pytest.mark.parametrize("W", [(), [(1, 0)]])
def test_progress_on_named_functions(name, W):
    report = lemmas.check("G", BIAS_FREE[name], W)
    assert report.verdict in ("holds", "does not apply")


@settings(max_examples=15, deadline=None)
@given(lemmas.lemma("G").instances(), st.sampled_from([(), [(1, 0)], [(1, -1)]]))
def test_progress(instance, W):
    assert lemmas.check("G", *instance, W).verdict in ("holds", "does not apply")


def test_progress_of_the_absolute_value_is_the_documented_number():
    report = lemmas.check("G", parse("abs(x0)"))
    assert float(report.comparisons[0].left) == pytest.approx(0.0228, abs=1e-4)
    assert float(report.comparisons[0].right) == pytest.approx(0.415, abs=1e-3)


def test_a_hundred_times_the_progress_is_not_promised():
    assert replace(lemmas.lemma("G"), factor=Fraction(100)).check(parse("abs(x0)")).verdict == "fails"


@pytest.mark.parametrize("F", [AFFINE, COARSE_FAILS_BIASED])
def test_biases_are_a_violated_hypothesis_of_progress(F):
    assert lemmas.check("G", F).verdict == "does not apply"


# ---------------------------------------------------------------- S1-S4

POPULATION = [[1, 0, 0], [0, "1/2", 0], [0, 0, 0]]
MEASURED = [[1, "1/10", "1/20"], ["1/10", "1/2", "1/10"], ["1/20", "1/10", "1/30"]]


@pytest.mark.parametrize("W", [(), [[1, 0, 0]], [[1, 1, 0]]])
def test_soundness(W):
    report = lemmas.check("S2", MEASURED, POPULATION, W=W)
    assert report
    assert len(report.comparisons) == 3 - len(W)


@pytest.mark.parametrize("letter", ["S2", "S3", "S4"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_soundness_of_random_matrices(letter, data):
    report = lemmas.check(letter, **data.draw(lemmas.lemma(letter).instances()))
    assert report.verdict != "fails"


@pytest.mark.parametrize("letter", ["S2", "S4"])
def test_a_quarter_of_the_error_is_not_enough(letter):
    assert replace(lemmas.lemma(letter), factor=Fraction(1, 4)).check(MEASURED, POPULATION).verdict == "fails"


def test_soundness_is_attained():
    # noise in a direction off V alone: that eigenvector is off V, and its eigenvalue is the error
    assert lemmas.check("S2", [[1, 0], [0, "1/8"]], [[1, 0], [0, 0]]).tightest.holds is not False


def test_hypotheses_about_matrices():
    assert lemmas.check("S2", MEASURED, MEASURED, V=[[1, 0, 0]]).verdict == "does not apply"
    assert lemmas.check("S2", MEASURED, POPULATION, W=[[0, 0, 1]]).verdict == "does not apply"
    assert lemmas.check("S4", [[1, 0], [0, "2/3"]], [[1, 0], [0, 0]]).verdict == "does not apply"  # e >= λ/2
    assert lemmas.check("S4", [[1, 0], [0, 0]], [[0, 0], [0, 0]]).verdict == "does not apply"


def test_the_angle_between_the_subspaces_matters():
    M = [["1/2", 0, 0], [0, "1/2", 0], [0, 0, 0]]
    tilted = [[1, "1/50", "1/10"]]
    assert lemmas.check("S3", M, M, M, [[1, 0, 0]], tilted)
    assert replace(lemmas.lemma("S3"), angle=False).check(M, M, M, [[1, 0, 0]], tilted).verdict == "fails"


@settings(max_examples=12, deadline=None)
@given(lemmas.lemma("S3'").instances(), st.sampled_from([None, 500]))
def test_a_basis_that_is_only_nearly_right(instance, n_samples):
    report = lemmas.check("S3'", *instance, n_samples=n_samples)
    assert report.verdict in ("holds", "undecided")  # undecided where eigenvalues are equal
    assert report.comparison("‖M' - M‖² <= 2ℓL²δ²").holds


def test_a_basis_that_leaves_the_subspace():
    F, tilted = parse("abs(x0) + max(x1, 0) + 0*x2"), [["40/41", 0, "9/41"]]
    report = lemmas.check("S3'", F, [[1, 0, 0]], tilted, "1/2", n_samples=2000)
    assert report.verdict == "holds"
    assert report.details["error"].upper < Fraction(1, 4)
    assert replace(lemmas.lemma("S3'"), factor=Fraction(1, 20)).check(F, [[1, 0, 0]], tilted, "1/2").verdict == "fails"
    flat = parse("max(0, min(x0, x1))")  # constant where x1 = 0: no basis makes a difference
    for same in ((F, [[1, 0, 0]], [[1, 0, 0]]), (flat, [[1, 0]], [["3/5", "4/5"]])):
        assert lemmas.check("S3'", *same).comparison("‖M' - M‖² <= 2ℓL²δ²").left == 0
    whole = parse("min(-2/3*x0 - 1/3*x1 - 1, 3*x0 + x1 - 1)")  # it looks at all of R^2: nothing is off V
    assert lemmas.check("S3'", whole, [[1, 0]], [[1, 0]]).verdict == "holds"
    assert lemmas.check("S3'", F, [[2, 0, 0]], tilted).verdict == "does not apply"
    assert lemmas.check("S3'", F, [[0, 0, 1]], tilted).verdict == "does not apply"
    with pytest.raises(InvalidInput, match="approximate"):
        lemmas.check("S3'", F, [[1, 0, 0]], [[1, 0]])


def test_equal_eigenvalues_leave_the_question_open():
    M = [["1/2", 0, 0], [0, "1/2", 0], [0, 0, 0]]
    assert lemmas.check("S2", M, M).verdict == "undecided"


def test_eigenpairs_against_floats():
    A = as_symmetric(MEASURED, "A")
    values, vectors = np.linalg.eigh(np.array([[float(a) for a in row] for row in A]))
    for value, vector in eigenpairs(A):
        j = int(np.argmin(abs(values - float(value.mid()))))
        assert float(value.mid()) == pytest.approx(values[j], abs=1e-12)
        assert abs(sum(float(x.mid()) * v for x, v in zip(vector, vectors[:, j], strict=True))) == pytest.approx(1)


def test_concentration_is_sampled_and_says_so():
    report = lemmas.check("S1", MEDIAN, trials=100, n_samples=200)
    assert report
    assert not report.is_exact
    assert "Monte Carlo" in repr(report)
    assert report.comparisons[0].left.confidence == 0.99


@settings(max_examples=8, deadline=None)
@given(
    lemmas.lemma("S1").instances(),
    st.sampled_from([0, 1, LabelFilter.ramp(1), LabelFilter.slice(-1, "1/2")]),
    st.integers(100, 300),
    st.integers(0, 10),
)
def test_concentration(F, psi, n_samples, random_state):
    report = lemmas.check("S1", F, psi, n_samples=n_samples, trials=60, delta="1/5", random_state=random_state)
    assert report.verdict == "holds"  # with confidence 0.99; in fact no error of sixty comes near the bound
    assert report.details["largest_error"] < report.details["bound"]


def test_a_twelfth_of_the_error_is_exceeded():
    report = replace(lemmas.lemma("S1"), factor=Fraction(1, 12)).check(MEDIAN, trials=100, n_samples=200)
    assert report.verdict == "fails"


def test_few_trials_decide_nothing():
    assert lemmas.check("S1", MEDIAN, trials=5, n_samples=100).verdict == "undecided"


def test_unbounded_filters_are_a_violated_hypothesis():
    assert lemmas.check("S1", MEDIAN, LabelFilter.polynomial([0, 2])).verdict == "does not apply"
