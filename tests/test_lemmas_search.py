"""Searches refute wrong statements with small exact instances, and find tight ones of true statements."""

import pickle
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import strategies as st

from tropical import InvalidInput, InvalidType, lemmas, parse
from tropical.lemmas import HALF, search
from tropical.testing import affine_pieces, lattice_polynomials, networks, tropical_rationals

QUOTIENTS = tropical_rationals(2, convention="max", max_terms=3, common_factor=False)
PERTURBED = st.tuples(
    st.just(parse("max(min(0, x0), min(0, 1 - x0))")), st.lists(affine_pieces(1), min_size=3, max_size=3)
)
WRONG = {
    "no growth in C": (replace(lemmas.lemma("C"), growth=False), None),
    "threshold not reduced in F": (replace(lemmas.lemma("F"), reduced=False), None),
    "no facet matching in Gl": (replace(lemmas.lemma("Gl"), facet_matching=False), None),
    "half of Q": (replace(lemmas.lemma("Q"), factor=HALF), None),
    "half of B": (replace(lemmas.lemma("B"), factor=HALF), None),
    "half of L": (replace(lemmas.lemma("L"), factor=HALF), None),
    "half of P": (replace(lemmas.lemma("P"), factor=HALF), None),
    "half of DC": (replace(lemmas.lemma("DC"), factor=HALF), None),
    "a quarter of N": (replace(lemmas.lemma("N"), factor=Fraction(1, 4)), None),
    "K for all directions": (replace(lemmas.lemma("K"), orthogonal=False), None),
    "a tenth of S4": (replace(lemmas.lemma("S4"), factor=Fraction(1, 10)), None),
    "other layers forgotten in N'": (replace(lemmas.lemma("N'"), norms=False), None),
    "a fiftieth of S3'": (replace(lemmas.lemma("S3'"), factor=Fraction(1, 50)), None),
    "two lines in X": (replace(lemmas.lemma("X"), signed=2), None),
    "one degree more in X": (replace(lemmas.lemma("X"), degrees=1), None),
}


SLOW = {"half of L", "half of P", "a quarter of N", "a fiftieth of S3'"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in WRONG]
)
def test_wrong_statements_are_refuted(name):
    statement, strategy = WRONG[name]
    found = search(statement, strategy, 120)
    assert found
    assert found.report.verdict == "fails"
    assert found.report.counterexample is not None
    true = lemmas.lemma(statement.letter)
    arguments = found.instance
    if isinstance(arguments, dict):
        report = true.check(**arguments)
    else:
        report = true.check(*arguments) if isinstance(arguments, tuple) else true.check(arguments)
    assert report.verdict in ("holds", "does not apply")  # the instance refutes the change, not the lemma


FAST, ANY = (QUOTIENTS, 100), (None, 300)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("regions", FAST),
        pytest.param("pieces", FAST, marks=pytest.mark.slow),
        pytest.param("activation", ANY, marks=pytest.mark.slow),
    ],
)
def test_the_coarse_form_is_refuted_by_a_small_function(kind, how):
    found = search(replace(lemmas.lemma("R"), cells=kind), *how)
    assert found.report.verdict == "fails"
    assert lemmas.check("R", found.instance)
    F = found.instance
    assert len(F.numerator) <= 2
    assert len(F.denominator) <= 3
    assert all(abs(c) <= 2 for part in (F.numerator, F.denominator) for c, _ in part.terms)


@pytest.mark.parametrize(
    ("letter", "strategy", "reached"),
    [
        ("B", networks(2, biases=True).filter(lambda net: net.size >= 2), Fraction(1)),
        ("Q", lattice_polynomials(2).filter(lambda F: len(F.pieces) >= 2), Fraction(1)),
        ("P", PERTURBED, Fraction(1)),
        ("C", st.tuples(networks(1, biases=False), st.just(0)), HALF),  # the proof loses a factor of two
    ],
)
def test_tight_instances_are_found(letter, strategy, reached):
    found = search(lemmas.lemma(letter), strategy, 40, goal="tightest")
    assert found.goal == "tightest"
    assert found.report.verdict == "holds"
    ratio = found.report.ratio
    assert (ratio if isinstance(ratio, Fraction) else ratio.upper) >= reached
    assert "tightest" in repr(found)


def test_a_true_statement_is_not_refuted():
    found = search(lemmas.lemma("B"), budget=30)
    assert not found
    assert found.instance is None
    assert found.examined >= 30
    assert "no counterexample" in repr(found)


def test_the_same_seed_finds_the_same():
    statement = replace(lemmas.lemma("DC"), factor=HALF)
    one, other = (search(statement, budget=40, seed=7) for _ in range(2))
    assert one.instance == other.instance
    assert one.examined == other.examined


def test_a_function_can_be_a_statement():
    def few_cells(network):
        return replace(lemmas.lemma("B"), factor=Fraction(2, 3)).check(network)

    assert search(few_cells, networks(2), 60)
    with pytest.raises(InvalidType, match="strategy"):
        search(few_cells)


def test_arguments_of_a_search_are_checked():
    with pytest.raises(InvalidInput, match="goal"):
        search(lemmas.lemma("B"), goal="best")
    with pytest.raises(InvalidType):
        search(3, networks())
    with pytest.raises(InvalidInput):
        search(lemmas.lemma("B"), budget=0)


def test_a_result_can_be_kept():
    found = search(replace(lemmas.lemma("B"), factor=HALF), budget=20)
    assert pickle.loads(pickle.dumps(found.instance)) == found.instance
