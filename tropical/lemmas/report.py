"""What a check of a lemma returns: the verdict, both sides of every inequality, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING, Any

from tropical._display import Shown, never_raising, value_text
from tropical.complexes import CellComplex
from tropical.complexes.vector_pictures import cell_picture
from tropical.exceptions import InvalidInput
from tropical.gaussian.values import Enclosure, MonteCarloEstimate
from tropical.lemmas.numbers import at_most, bounds, equal, is_number, quotient
from tropical.results import Verdict

if TYPE_CHECKING:
    from tropical.lemmas.statement import Lemma

__all__ = ["Comparison", "Hypothesis", "LemmaReport", "compare", "decided", "value_text"]

_ROWS_SHOWN, _TEXT_SHOWN = 12, 60


@dataclass(frozen=True, slots=True, repr=False)
class Hypothesis(Shown):
    """A condition under which a lemma says something.

    Attributes
    ----------
    text : str
    holds : bool or None
        None where it is assumed and cannot be decided from the instance.
    found : str
        What the instance has instead, where the condition is violated.
    """

    text: str
    holds: bool | None
    found: str = ""

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield self.text, _mark(self.holds) if self.holds is not None else "assumed"

    @never_raising
    def __repr__(self) -> str:
        answer = {True: "yes", False: f"no, {self.found}" if self.found else "no", None: "assumed"}[self.holds]
        return f"Hypothesis({self.text}: {answer})"


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Shown):
    """One inequality or identity of a lemma, with both sides.

    Attributes
    ----------
    name : str
    left, right : Fraction, Exact, Enclosure or MonteCarloEstimate; functions for an identity between functions
    relation : {"<=", "<", "="}
    holds : bool or None
        None where the enclosures of the two sides overlap, or a construction leaves the answer open.
    evidence : object
        A :class:`tropical.Verdict` for a statement about functions, else what shows the answer; may be None.
    """

    name: str
    left: Any
    relation: str
    right: Any
    holds: bool | None
    evidence: Any = field(default=None, compare=False)

    @property
    def ratio(self) -> Fraction | Enclosure | None:
        """How tight an inequality is: left/right, 1 for equality; None for identities and where the right side is 0."""
        if self.relation != "<=" or not (is_number(self.left) and is_number(self.right)):
            return None
        return quotient(self.left, self.right)

    @property
    def is_sampled(self) -> bool:
        """Whether a side is a Monte Carlo estimate: then the answer holds with its confidence only."""
        return isinstance(self.left, MonteCarloEstimate) or isinstance(self.right, MonteCarloEstimate)

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield self.name, f"{value_text(self.left)} {self.relation} {value_text(self.right)}: {_mark(self.holds)}"

    @never_raising
    def __repr__(self) -> str:
        mark = _mark(self.holds)
        return f"Comparison({self.name}: {value_text(self.left)} {self.relation} {value_text(self.right)}, {mark})"


def compare(name: str, left: Any, relation: str, right: Any, evidence: Any = None) -> Comparison:
    """Decide an inequality ``"<="`` or an equation ``"="`` between numbers."""
    one, other = (Fraction(side) if isinstance(side, int) else side for side in (left, right))
    return Comparison(
        name, one, relation, other, at_most(one, other) if relation == "<=" else equal(one, other), evidence
    )


def decided(name: str, left: Any, relation: str, right: Any, verdict: Verdict) -> Comparison:
    """Return a statement about functions that an exact decision has answered."""
    return Comparison(name, left, relation, right, bool(verdict), verdict)


@dataclass(frozen=True, repr=False)
class LemmaReport:
    """What a lemma says about one instance, and whether it is so.

    Attributes
    ----------
    lemma : Lemma
        With the fields in which it deviates from the true statement, if it does.
    hypotheses : tuple of Hypothesis
    comparisons : tuple of Comparison
        Every inequality and identity, with both sides.
    certificate : object
        What proves a yes beyond the comparisons: a :class:`tropical.Certificate`, a network, a table; or None.
    counterexample : object
        What shows a no; None otherwise.
    details : dict
        Numbers and tables of the check, by name.

    Notes
    -----
    The report is true in a boolean context iff the verdict is "holds".
    """

    lemma: Lemma
    hypotheses: tuple[Hypothesis, ...]
    comparisons: tuple[Comparison, ...]
    certificate: Any = None
    counterexample: Any = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """``"holds"``, ``"fails"``, ``"does not apply"`` (a violated hypothesis) or ``"undecided"``."""
        if any(hypothesis.holds is False for hypothesis in self.hypotheses):
            return "does not apply"
        answers = [comparison.holds for comparison in self.comparisons]
        if False in answers:
            return "fails"
        return "undecided" if None in answers else "holds"

    @property
    def holds(self) -> bool | None:
        """True, False, or None where the lemma does not apply or nothing is decided."""
        return {"holds": True, "fails": False}.get(self.verdict)

    @property
    def is_exact(self) -> bool:
        """Whether no side of a comparison is sampled."""
        return not any(comparison.is_sampled for comparison in self.comparisons)

    @property
    def tightest(self) -> Comparison | None:
        """The inequality with the largest ratio of its sides; None where there is none."""
        rated = [comparison for comparison in self.comparisons if comparison.ratio is not None]
        return max(rated, key=lambda comparison: bounds(comparison.ratio)[0], default=None)

    @property
    def ratio(self) -> Fraction | Enclosure | None:
        """The largest ratio left/right of an inequality; 1 is equality."""
        best = self.tightest
        return None if best is None else best.ratio

    def comparison(self, name: str) -> Comparison:
        """Return the comparison of this name.

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidInput
            If there is none of this name.
        """
        for comparison in self.comparisons:
            if isinstance(name, str) and comparison.name == name:
                return comparison
        names = ", ".join(repr(comparison.name) for comparison in self.comparisons)
        raise InvalidInput("name", f"one of {names or 'no comparisons'}", name, "see `comparisons`")

    def __bool__(self) -> bool:
        return self.verdict == "holds"

    @never_raising
    def __repr__(self) -> str:
        best = self.tightest
        tight = "" if best is None else f", tightest ratio {value_text(best.ratio)}"
        sampled = "" if self.is_exact else ", Monte Carlo"
        return f"LemmaReport({self.lemma.label}: {self.verdict}{tight}{sampled})"

    @never_raising
    def _repr_latex_(self) -> str:
        return rf"{self.lemma._repr_latex_()[:-1]}\qquad\text{{{self.verdict}}}$"  # pyright: ignore[reportPrivateUsage]

    @never_raising
    def _repr_html_(self) -> str:
        lines = [f"<p><b>{escape(self.lemma.label)}</b> {escape(self.lemma.title)}: <b>{self.verdict}</b></p>"]
        rows = [
            (h.text, "hypothesis", h.found if h.holds is False else "", "", _mark(h.holds)) for h in self.hypotheses
        ]
        rows += [
            (c.name, value_text(c.left), c.relation + " " + value_text(c.right), _ratio_text(c), _mark(c.holds))
            for c in self.comparisons
        ]
        lines.append("<table><tr><th></th><th>left</th><th>right</th><th>ratio</th><th></th></tr>")
        for row in rows[:_ROWS_SHOWN]:
            lines.append("<tr>" + "".join(f"<td>{escape(entry)}</td>" for entry in row) + "</tr>")
        lines.append("</table>")
        if len(rows) > _ROWS_SHOWN:
            lines.append(f"<p>and {len(rows) - _ROWS_SHOWN} more rows</p>")
        if self.counterexample is not None:
            lines.append(f"<p>counterexample: {escape(value_text(self.counterexample, 4 * _TEXT_SHOWN))}</p>")
        return "".join([*lines, self._picture()])

    def _picture(self) -> str:
        """Return the cells of the instance as an SVG element, where they are known and of rank two."""
        known = next((value for value in self.details.values() if isinstance(value, CellComplex)), None)
        try:
            return "" if known is None else cell_picture(known)
        except Exception:  # coordinates beyond float64: the table is worth showing without a picture
            return ""


def _mark(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "open"}[holds]


def _ratio_text(comparison: Comparison) -> str:
    ratio = comparison.ratio
    return "" if ratio is None else value_text(ratio)
