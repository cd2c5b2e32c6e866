"""Looking for a counterexample of a statement, or for its tightest instance, by Hypothesis.

Hypothesis proposes and shrinks; what it proposes is judged by the exact check of the lemma, and what is returned is an
exact instance with its report. A search that finds nothing proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from math import isfinite
from random import Random
from typing import Any

from tropical._arguments import as_count, as_instance
from tropical._display import never_raising
from tropical._exact.rational import as_choice
from tropical.exceptions import BudgetExceeded, InvalidType, NotExact
from tropical.lemmas.numbers import bounds
from tropical.lemmas.report import LemmaReport, value_text
from tropical.lemmas.statement import Lemma

__all__ = ["Found", "search"]

_GOALS = ("counterexample", "tightest")


@dataclass(frozen=True, repr=False)
class Found:
    """The result of a search.

    Attributes
    ----------
    instance : object
        What the check was given: an argument, a tuple of arguments, or a dict of keywords; None if nothing was found.
    report : LemmaReport or None
    examined : int
        Instances looked at, those of the shrinking included.
    goal : {"counterexample", "tightest"}

    Notes
    -----
    True in a boolean context iff something was found.
    """

    instance: Any
    report: LemmaReport | None
    examined: int
    goal: str

    def __bool__(self) -> bool:
        return self.report is not None

    @never_raising
    def _repr_html_(self) -> str:
        if self.report is None:
            return f"<p>{escape(repr(self))}</p>"
        found = f"{self.goal} among {self.examined} instances: {value_text(self.instance, 400)}"
        return f"<p>{escape(found)}</p>{self.report._repr_html_()}"  # pyright: ignore[reportPrivateUsage]

    @never_raising
    def __repr__(self) -> str:
        if self.report is None:
            return f"Found(no {self.goal} among {self.examined} instances)"
        return f"Found({self.goal} among {self.examined} instances: {value_text(self.instance, 200)}; {self.report!r})"


_MOST_INSTANCES = 1_000_000


def search(
    statement: Lemma | Callable[..., LemmaReport],
    strategy: Any = None,
    budget: int = 200,
    *,
    goal: str = "counterexample",
    seed: int = 0,
) -> Found:
    """Look for a counterexample of a statement, or for the instance with the largest ratio of its sides; shrunk.

    Parameters
    ----------
    statement : Lemma, or callable that returns a LemmaReport
        A lemma with changed fields is a statement of its own.
    strategy : Hypothesis strategy, optional
        Of arguments, tuples of arguments, or dicts of keywords for the check; ``statement.instances()`` by default.
    budget : int
        How many instances to draw; shrinking looks at more.
    goal : {"counterexample", "tightest"}
    seed : int
        The same seed finds the same.

    Returns
    -------
    Found

    Raises
    ------
    ImportError
        Without Hypothesis: ``pip install 'tropical-learner[testing]'``.

    Notes
    -----
    Instances on which the check exceeds a budget, or on which the lemma does not apply, count as looked at. For the
    tightest instance a first pass climbs towards large ratios (``hypothesis.target``), a second one repeats it and
    shrinks the first instance that is as good.

    Examples
    --------
    >>> import dataclasses
    >>> from tropical import lemmas
    >>> coarse = dataclasses.replace(lemmas.lemma("lipschitz"), factor=lemmas.HALF)
    >>> found = search(coarse)                                                       # doctest: +SKIP
    >>> found.report.verdict                                                         # doctest: +SKIP
    'fails'
    """
    try:
        import hypothesis
        from hypothesis import errors, strategies
    except ImportError:  # pragma: no cover - the extra is part of the test extra
        raise ImportError("tropical.lemmas.search needs Hypothesis: pip install 'tropical-learner[testing]'") from None
    as_choice(goal, "goal", _GOALS, "say what to look for")
    limit = as_count(budget, "budget", 1, _MOST_INSTANCES)
    as_count(seed, "seed", 0)
    check = statement.check if isinstance(statement, Lemma) else statement
    if not callable(check):
        raise InvalidType("statement", "a lemma or a function that returns a LemmaReport", statement, "see catalogue()")
    if strategy is None:
        if not isinstance(statement, Lemma):
            raise InvalidType("strategy", "a Hypothesis strategy for a function", None, "pass one of tropical.testing")
        strategy = statement.instances()
    as_instance(strategy, strategies.SearchStrategy, "strategy", "pass one of tropical.testing")
    settings = hypothesis.settings(
        max_examples=limit or 200,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.target, hypothesis.Phase.shrink),
    )
    examined = 0
    best: list[Any] = []  # the largest ratio and its instance

    def judged(instance: Any) -> LemmaReport | None:
        nonlocal examined
        examined += 1
        try:
            return _applied(check, instance)
        except (BudgetExceeded, NotExact):
            return None

    def first(condition: Callable[[Any], bool]) -> Any:
        """Return the shrunk instance that satisfies a condition, wrapped in a tuple; None if there is none."""
        try:
            return (hypothesis.find(strategy, condition, settings=settings, random=Random(seed)),)
        except errors.NoSuchExample:
            return None

    if goal == "counterexample":

        def is_wanted(instance: Any) -> bool:
            report = judged(instance)
            return report is not None and report.verdict == "fails"

    else:

        def climb(instance: Any) -> bool:
            ratio = _ratio(judged(instance))
            if ratio is not None:
                score = float(ratio)
                if isfinite(score):
                    hypothesis.target(score, label="ratio")
                if not best or ratio > best[0]:
                    best[:] = [ratio, instance]
            return False

        first(climb)
        if not best:
            return Found(None, None, examined, goal)

        def is_wanted(instance: Any) -> bool:
            ratio = _ratio(judged(instance))
            if ratio is not None and isfinite(float(ratio)):
                hypothesis.target(float(ratio), label="ratio")  # the second pass draws what the first one drew
            return ratio is not None and ratio >= best[0]

    found = first(is_wanted)
    if found is None and best:
        found = (best[1],)
    if found is None:
        return Found(None, None, examined, goal)
    return Found(found[0], _applied(check, found[0]), examined, goal)


def _applied(check: Callable[..., LemmaReport], instance: Any) -> LemmaReport:
    if isinstance(instance, dict):
        return check(**instance)
    return check(*instance) if isinstance(instance, tuple) else check(instance)


def _ratio(report: LemmaReport | None) -> Any:
    """Return a rational lower bound of the largest ratio of a report that holds; None otherwise."""
    if report is None or report.verdict == "does not apply" or report.ratio is None:
        return None
    return bounds(report.ratio)[0]
