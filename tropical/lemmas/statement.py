"""The abstract lemma: a statement with a source, hypotheses and a check; and the catalogue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from html import escape
from typing import Any, ClassVar

from tropical._display import never_raising
from tropical._protocol import PiecewiseLinear, as_function
from tropical.exceptions import InvalidInput
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport

__all__ = ["Lemma", "scalar"]


@dataclass(frozen=True)
class Lemma(ABC):
    """A lemma of docs/theory.md as an object that can be checked on instances.

    The fields of a concrete lemma are the constants and conditions of its statement. Their defaults are the true
    statement; ``dataclasses.replace`` makes another one, true or false, with the same check: that is how the tests see
    that a wrong statement is refuted, and what :func:`tropical.lemmas.search` can attack.

    Attributes
    ----------
    letter, name, title : str
        As in docs/theory.md; a short name for lookups; one line.
    statement, latex : str
        In words and as a formula.
    source : str
    hypotheses : tuple of str
        What is assumed; the check reports each.
    """

    letter: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    statement: ClassVar[str]
    latex: ClassVar[str]
    source: ClassVar[str]
    hypotheses: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, *args: Any, **parameters: Any) -> LemmaReport:
        """Check the statement on an instance.

        Parameters
        ----------
        *args, **parameters
            What the statement is about: see each lemma.
        """

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances: an argument, a tuple of arguments, or a dict of keywords.

        Raises
        ------
        ImportError
            Without Hypothesis: the extra ``testing``.
        InvalidInput
            If the lemma has no strategy of its own.
        """
        raise InvalidInput("strategy", "a Hypothesis strategy for this lemma", "None", "pass one of tropical.testing")

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that differ from the true statement."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    @property
    def label(self) -> str:
        """Letter, name and changes."""
        changed = ", ".join(f"{name}={value}" for name, value in self.changes.items())
        return f"{self.letter} {self.name}" + (f" [changed: {changed}]" if changed else "")

    def report(
        self,
        comparisons: Any,
        hypotheses: Any = (),
        *,
        certificate: Any = None,
        counterexample: Any = None,
        **details: Any,
    ) -> LemmaReport:
        """Return a report; where a comparison fails, its evidence is the counterexample by default.

        Parameters
        ----------
        comparisons : sequence of Comparison
        hypotheses : sequence of Hypothesis
        certificate : optional
            Evidence for the statement.
        counterexample : optional
            Evidence against it.
        **details
            Numbers found on the way.
        """
        found: tuple[Comparison, ...] = tuple(comparisons)
        conditions: tuple[Hypothesis, ...] = tuple(hypotheses)
        failed = next((c for c in found if c.holds is False), None)
        shown = None
        if failed is not None and all(h.holds is not False for h in conditions):
            witness = getattr(failed.evidence, "witness", None)
            shown = next((x for x in (counterexample, witness, failed.evidence) if x is not None), failed)
        return LemmaReport(self, conditions, found, certificate, shown, details)

    @never_raising
    def __repr__(self) -> str:
        return f"Lemma({self.label}: {self.title})"

    @never_raising
    def _repr_latex_(self) -> str:
        return rf"$\text{{{self.label}:}}\quad {self.latex}$"

    @never_raising
    def _repr_html_(self) -> str:
        lines = [f"<p><b>{escape(self.label)}.</b> {escape(self.statement)}</p>"]
        if self.hypotheses:
            lines.append(f"<p>Hypotheses: {escape('; '.join(self.hypotheses))}</p>")
        return "".join([*lines, f"<p>Source: {escape(self.source)}</p>"])


def scalar(F: Any, argument: str = "F") -> PiecewiseLinear:
    """Return a function with one output."""
    function = as_function(F, argument)
    if function.outputs != 1:
        raise InvalidInput(argument, "one output", f"{function.outputs} outputs", f"select one with {argument}[j]")
    return function
