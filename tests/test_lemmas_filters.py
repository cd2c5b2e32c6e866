"""Lemmas K and Y: what filters of the label and of known directions see, and what they cannot see."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lemma_instances import CANCELLING, CONSTANT, EVERY

from tropical import (
    Box,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    families,
    gaussian,
    lemmas,
    parse,
    relevant_subspace,
)
from tropical.gaussian import LabelFilter
from tropical.lemmas import CellFilter
from tropical.lemmas.numbers import bounds
from tropical.testing import lattice_polynomials, networks, rationals

HIDDEN = ReLUNetwork([[[1, 2, 0], [-1, -2, 0]], [1, 1]])  # |x0 + 2 x1| on R^3


# ---------------------------------------------------------------- K


@pytest.mark.parametrize("name", EVERY)
def test_the_kernel_on_named_functions(name):
    assert lemmas.check("K", EVERY[name], 1).verdict == "holds"


@pytest.mark.parametrize(
    "psi", [0, Fraction(1, 2), LabelFilter.ramp(1), LabelFilter.slice(-1, "1/2"), LabelFilter.polynomial([0, 1, 1])]
)
def test_whatever_the_filter_is(psi):
    for F in (HIDDEN, CANCELLING, ReLUNetwork([[[1, 0, 1], [1, 0, -1]], [1, -2]])):
        report = lemmas.check("K", F, psi)
        assert report
        assert report.is_exact


@settings(max_examples=15, deadline=None)
@given(st.one_of(networks(2, max_width=2), lattice_polynomials(2)), st.sampled_from([0, 1, LabelFilter.ramp(1)]))
def test_the_kernel(F, psi):
    assert lemmas.check("K", F, psi)


def test_directions_of_v_are_seen():
    wrong = replace(lemmas.lemma("K"), orthogonal=False)
    report = wrong.check(HIDDEN)
    assert report.verdict == "fails"
    assert report.counterexample[:2] != (0, 0)  # a vector that is not orthogonal to V
    assert wrong.check(CONSTANT) or CONSTANT.dimension == 1


def test_a_direction_of_v_is_a_violated_hypothesis():
    assert lemmas.check("K", HIDDEN, 1, [[1, 0, 0]]).verdict == "does not apply"
    assert lemmas.check("K", HIDDEN, 1, [[2, -1, 5]])


def test_the_moments_are_those_of_the_filter_matrix():
    # on V the check computes what tropical.gaussian.filter_matrix computes on V alone
    report = replace(lemmas.lemma("K"), orthogonal=False).check(HIDDEN, 1, [[1, 2, 0]])
    expected = gaussian.filter_matrix(HIDDEN, 1).quadratic_form([1, 2, 0]) * 5
    assert report.comparisons[1].left == expected


@st.composite
def filters_of_known_coordinates(draw, V):
    """A CellFilter that reads combinations of rows of V."""
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        rows = []
        for _ in range(draw(st.integers(1, 2))):
            weights = [draw(rationals(2)) for _ in V]
            rows.append([sum((w * row[j] for w, row in zip(weights, V, strict=True)), Fraction(0)) for j in range(2)])
        bounds = [draw(rationals(2)) for _ in rows]
        psi = draw(st.sampled_from([0, Fraction(1, 2), LabelFilter.ramp(1), LabelFilter.polynomial([1, -1], 0, 2)]))
        parts.append((Polyhedron(rows, bounds), psi))
    return CellFilter(parts)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_filters_of_the_label_and_of_known_coordinates(data):
    F = data.draw(st.one_of(networks(2, max_width=2), lattice_polynomials(2)))
    V = relevant_subspace(F)
    psi = data.draw(filters_of_known_coordinates(V)) if V else 1
    report = lemmas.check("K", F, psi)
    assert report.verdict == "holds"
    assert report.is_exact


@settings(max_examples=10, deadline=None)
@given(lattice_polynomials(1, max_pieces=3), st.sampled_from([0, 1, LabelFilter.ramp(1)]))
def test_filters_of_residuals(F, psi):
    plane = F.compose([[1, 2]])
    assert lemmas.check("K", plane, psi, candidate=parse("abs(x0 + 2*x1)")).verdict in ("holds", "does not apply")


def test_a_filter_that_reads_other_coordinates_shows_them():
    psi = CellFilter([(Polyhedron([[0, 1, 1]], [0]), 1)])
    report = lemmas.check("K", HIDDEN, psi)
    assert report.verdict == "does not apply"
    assert "known" in replace(lemmas.lemma("K"), known=False).label
    assert replace(lemmas.lemma("K"), known=False).check(HIDDEN, psi).verdict == "fails"
    assert lemmas.check("K", HIDDEN, 1, candidate=parse("abs(x0) + 0*x2")).verdict == "does not apply"


def test_given_the_first_direction_a_filter_sees_the_others():
    F = families.leap(2, "1/100")
    sides = [
        (Polyhedron([[-1, 0, 0]], [0]), LabelFilter.slice(0, None)),
        (Polyhedron([[1, 0, 0]], [0]), LabelFilter.slice(None, 0)),
    ]
    wrong = replace(lemmas.lemma("K"), orthogonal=False)
    seen = wrong.check(F, CellFilter(sides), [[0, 1, 0]]).comparison("(M v0)_2 = 0")
    assert bounds(seen.left)[0] > Fraction(3, 10)
    hidden = wrong.check(F, LabelFilter.slice(0, None), [[0, 1, 0]]).comparison("(M v0)_2 = 0")
    assert max(map(abs, bounds(hidden.left))) < families.leap_bound(2, "1/100", "leap")


def test_a_cell_filter_has_values():
    psi = CellFilter([(Box([0, 0], [1, 1]), 1), (None, LabelFilter.slice(0, 2))])
    assert [psi(y, x) for y, x in [(1, [0, 0]), (3, [0, 0]), (3, [2, 0]), ("3/2", [1, 1])]] == [1, 1, 0, 2]
    assert psi.evaluate(np.array([1.0, 3.0, 3.0, 1.5]), np.array([[0, 0], [0, 0], [2, 0], [1, 1.0]])).tolist() == [
        1,
        1,
        0,
        2,
    ]
    with pytest.raises(InvalidType, match="parts"):
        CellFilter([([0, 1], 1)])
    with pytest.raises(InvalidInput, match="psi"):
        lemmas.check("K", HIDDEN, psi)


# ---------------------------------------------------------------- Y


@pytest.mark.parametrize("name", EVERY)
def test_labels_show_every_direction_of_named_functions(name):
    report = lemmas.check("Y", EVERY[name])
    assert report.verdict == "holds"
    assert report.details["rank"] == len(relevant_subspace(EVERY[name]))


@settings(max_examples=15, deadline=None)
@given(st.one_of(networks(2, max_width=2), lattice_polynomials(2)))
def test_labels_show_every_direction(F):
    report = lemmas.check("Y", F)
    if report.verdict != "holds":  # a wall some twenty standard deviations away: enclosed integrals do not tell
        assert report.verdict == "undecided"
        assert report.comparisons[-1].right.upper < Fraction(1, 10**40)


@pytest.mark.parametrize("text", ["min(1/3*x1 + 2, 1/2*x0 - 3)", "min(1/3*x1 + 8, 1/2*x0 - 10)"])
def test_what_directions_show_may_have_many_zeros(text):
    found = lemmas.check("Y", parse(text))  # walls at 8 and 30 standard deviations
    assert found.verdict == "holds"
    assert found.comparisons[-1].right.lower > 0


def test_labels_show_a_direction_that_almost_no_input_sees():
    F = LatticePolynomial([([-1, "-2/3"], 1), ([-1, -1], -1)], [[0, 1]])  # its one wall is x1 = -6
    found = lemmas.check("Y", F)
    assert found.verdict == "holds"
    assert 0 < found.comparisons[-1].right.lower < 1e-20


@pytest.mark.parametrize("F", [families.parity(3, "1/20"), families.leap(2, "1/100"), families.cyclic(4)])
def test_labels_show_what_is_made_to_hide(F):
    report = lemmas.check("Y", F)
    assert report.verdict == "holds"
    assert report.comparisons[-1].right.lower > 0


def test_one_filter_can_miss_a_direction():
    half = [LabelFilter.slice(0, None)]  # E[1{x >= 0}(x² - 1)] = 0
    wrong = replace(lemmas.lemma("Y"), each=True)
    assert wrong.check(parse("x0"), half).verdict == "fails"
    assert lemmas.check("Y", parse("x0"), half).verdict == "undecided"
    assert lemmas.check("Y", parse("x0"), [1, *half])
    with pytest.raises(InvalidInput, match="filters"):
        lemmas.check("Y", parse("x0"), [])
