"""The catalogue, lookups, verdicts of three and more values, comparison of numbers, and how reports show themselves."""

import pickle
import re
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from pathlib import Path

import pytest
from known_functions import MEDIAN
from lemma_instances import BIAS_FREE

import tropical
from tropical import Enclosure, InvalidInput, InvalidType, MonteCarloEstimate, gaussian, lemmas, parse
from tropical.lemmas import Comparison, Hypothesis
from tropical.lemmas.numbers import at_most, equal, plus, quotient, times
from tropical.lemmas.report import compare, value_text

LETTERS = ["R", "R'", "R°", "I", "A", "Q", "B", "L", "P", "Gl", "DC", "D", "N", "N'", "K", "Y"]
LETTERS += ["S1", "S2", "S3", "S3'", "S4", "F", "C", "G", "X", "Λ", "M5"]


def test_the_catalogue_has_every_letter_once():
    catalogue = lemmas.catalogue()
    assert [lemma.letter for lemma in catalogue] == LETTERS
    assert len({lemma.name for lemma in catalogue}) == len(catalogue)
    assert tropical.lemmas is lemmas
    assert all(lemma.name in str(catalogue) for lemma in catalogue)
    assert "<table>" in catalogue._repr_html_()


@pytest.mark.parametrize("lemma", lemmas.catalogue(), ids=lambda lemma: lemma.letter)
def test_every_lemma_states_itself(lemma):
    assert lemma.statement.endswith(".")
    assert lemma.latex
    assert lemma.source
    assert lemma.changes == {}
    assert lemmas.lemma(lemma.letter) is lemmas.lemma(lemma.name) is lemmas.lemma(lemma) is lemma
    assert lemma.instances() is not None
    assert lemma.latex in lemma._repr_latex_()
    assert lemma._repr_latex_().count("$") == 2
    assert lemma.name in lemma._repr_html_()
    with pytest.raises(FrozenInstanceError):
        lemma.anything = 1
    assert fields(lemma)  # each statement can be changed, so that its check can be seen to fail
    assert pickle.loads(pickle.dumps(lemma)) == lemma


@pytest.mark.parametrize("lemma", lemmas.catalogue(), ids=lambda lemma: lemma.letter)
def test_sources_are_where_they_are_said_to_be(lemma):
    """A source "docs/theory.md, lemma R" has the heading "### Lemma R" in that file, and all lemmas are in a table."""
    docs = Path(__file__).parents[1] / "docs"
    for file, kind, letter in re.findall(r"docs/(\w+\.md), (lemma|criterion) ([^\s\";]+)", lemma.source):
        headings = re.findall(
            rf"^### {kind.capitalize()} (\S+)", (docs / file).read_text(encoding="utf-8"), re.MULTILINE
        )
        assert letter in [heading.replace("′", "'") for heading in headings]
    table = (docs / "lemmas.md").read_text(encoding="utf-8")
    assert re.search(rf"^\|[^|]*\b{re.escape(lemma.letter.replace(chr(39), '′'))}(?=[ ,])", table, re.MULTILINE)


def test_other_spellings():
    assert lemmas.lemma("R′") is lemmas.lemma("R'")
    assert lemmas.lemma("Lambda") is lemmas.lemma("Λ")


@pytest.mark.parametrize("name", ["Z", 3, None])
def test_unknown_lemmas_name_the_known_ones(name):
    with pytest.raises(InvalidInput, match="representation"):
        lemmas.check(name, MEDIAN)


def test_a_changed_statement_says_so():
    changed = replace(lemmas.lemma("Q"), factor=Fraction(1, 2))
    assert "changed: factor=1/2" in repr(changed.check(MEDIAN))
    assert changed != lemmas.lemma("Q")


@pytest.mark.parametrize("argument", [3, "x0", None])
def test_what_is_no_function_is_refused(argument):
    for letter in ("R", "Q", "L", "C", "F"):
        with pytest.raises(InvalidType):
            lemmas.check(letter, argument)


def test_several_outputs_are_refused():
    two = tropical.ReLUNetwork([[[1], [-1]], [[1, 0], [0, 1]]])
    with pytest.raises(InvalidInput, match="one output"):
        lemmas.check("R", two)
    assert lemmas.check("B", two)


# ---------------------------------------------------------------- verdicts


def test_the_verdict_has_four_values():
    lemma = lemmas.lemma("Q")
    yes, no, open_ = (Comparison("a", 1, "<=", 2, answer) for answer in (True, False, None))
    met, violated, assumed = (Hypothesis("h", answer) for answer in (True, False, None))
    assert lemma.report([yes], [met, assumed]).verdict == "holds"
    assert lemma.report([yes, no, open_]).verdict == "fails"
    assert lemma.report([yes, open_]).verdict == "undecided"
    assert lemma.report([no], [violated]).verdict == "does not apply"
    assert lemma.report([no]).holds is False
    assert lemma.report([open_]).holds is None
    assert not lemma.report([open_])


def test_a_violated_hypothesis_is_no_counterexample():
    report = lemmas.check("N", parse("x0 + 1"))
    assert report.verdict == "does not apply"
    assert report.holds is None
    assert report.counterexample is None
    assert "witness" in report.hypotheses[0].found


# ---------------------------------------------------------------- numbers

HALF, ROOT = Fraction(1, 2), gaussian.mean(parse("max(x0, x1)"))  # 1/√π = 0.564...


def test_exact_numbers_are_compared_exactly():
    assert at_most(HALF, ROOT)
    assert at_most(ROOT, HALF) is False
    assert at_most(ROOT, ROOT)
    assert equal(ROOT, ROOT)
    assert equal(ROOT, "1/2") is False
    assert at_most(Fraction(10**40, 3 * 10**40 + 1), Fraction(1, 3))
    assert at_most(Fraction(1, 3), Fraction(10**40, 3 * 10**40 + 1)) is False


def test_overlapping_enclosures_are_open():
    narrow = Enclosure(Fraction(1, 4), HALF)
    assert at_most(narrow, HALF)
    assert at_most(narrow, Fraction(1, 3)) is None
    assert at_most(narrow, Fraction(1, 5)) is False
    assert equal(narrow, narrow) is None
    assert equal(narrow, 1) is False
    assert at_most(narrow, MonteCarloEstimate(0.7, 0.6, 0.8, 0.9, 10))


def test_products_and_quotients():
    assert times(HALF, 3) == Fraction(3, 2)
    assert equal(times(ROOT, ROOT), times(ROOT, ROOT))
    assert plus(ROOT, times(ROOT, -1)) == 0
    assert quotient(HALF, 0) is None
    assert quotient(HALF, plus(ROOT, times(ROOT, -1))) is None
    found = quotient(1, ROOT)
    assert found.lower**2 < Fraction(314159266, 10**8)
    assert found.upper**2 > Fraction(314159265, 10**8)
    interval = Enclosure(Fraction(-1), Fraction(2))
    assert times(interval, interval).upper >= 4
    assert plus(interval, 1).lower <= 0 <= plus(interval, 1).upper


def test_floats_are_never_called_exact():
    with pytest.raises(InvalidType):
        compare("a", 0.5, "<=", 1)


# ---------------------------------------------------------------- text


@pytest.mark.parametrize("name", BIAS_FREE)
@pytest.mark.parametrize("letter", ["R", "Q", "Gl", "N", "C", "K"])
def test_reports_show_themselves(letter, name):
    report = lemmas.check(letter, BIAS_FREE[name])
    assert report.verdict in repr(report)
    assert "\n" not in repr(report)
    html = report._repr_html_()
    assert html.count("<tr>") <= 13
    assert report.verdict in html
    assert report._repr_latex_().count("$") == 2
    assert "<script" not in html


def test_long_reports_are_cut():
    many = [Comparison(f"row {i}", 1, "<=", 2, True) for i in range(100)]
    assert "88 more rows" in lemmas.lemma("Q").report(many)._repr_html_()


def test_text_never_raises():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert "Broken" in value_text(Broken())
    assert len(value_text("x" * 1000)) == 60
    assert value_text(Fraction(10**5000, 3))
    lemma = lemmas.lemma("Q")
    shown = lemma.report([Comparison("<b>", Broken(), "=", Fraction(10**5000 + 1, 10**5000), False)])
    assert "&lt;b&gt;" in shown._repr_html_()
    assert repr(shown)


def test_the_tightest_comparison_is_found():
    report = lemmas.check("Q", MEDIAN)
    assert report.ratio == 1
    assert report.tightest.left == report.tightest.right
    assert lemmas.lemma("Q").report([]).ratio is None
