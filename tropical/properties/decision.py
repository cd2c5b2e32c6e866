"""The decision: a point that satisfies a property, or a proof that there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, NoReturn

from tropical._display import Shown, never_raising
from tropical._exact.rational import as_limit
from tropical._protocol import PiecewiseLinear
from tropical.decide import is_unreachable
from tropical.exceptions import BudgetExceeded
from tropical.properties.elimination import analyse
from tropical.properties.formulas import Case, Property
from tropical.properties.input_sets import InputSet
from tropical.properties.proofs import CaseProof, PropertyProof, match, outputs_of, statement
from tropical.results import Verdict, point_text

__all__ = ["PropertyVerdict", "verify_property"]

Point = tuple[Fraction, ...]


@dataclass(frozen=True, repr=False)
class PropertyVerdict(Shown):
    """Whether some x satisfies a property, by exact arithmetic.

    Attributes
    ----------
    answer : str
        ``"sat"``: a point does (for safety properties: a counterexample); ``"unsat"``: none does.
    point : tuple of Fraction or None
        The inputs x, for ``"sat"``.
    values : tuple of Fraction or None
        The outputs F(x).
    proof : PropertyProof or None
        For ``"unsat"``; made on first use. Replay it with :func:`tropical.check_property`.
    evidence : PropertyProof, callable or None
        The proof, or what makes it: for :attr:`proof`.
    """

    answer: str
    point: Point | None = None
    values: Point | None = None
    evidence: PropertyProof | Callable[[], PropertyProof] | None = field(default=None, kw_only=True, compare=False)

    @property
    def proof(self) -> PropertyProof | None:
        """The proof of ``"unsat"``."""
        if self.evidence is not None and not isinstance(self.evidence, PropertyProof):
            object.__setattr__(self, "evidence", self.evidence())
        return self.evidence  # type: ignore[return-value]

    def __bool__(self) -> NoReturn:
        raise TypeError("a counterexample is no yes and its absence no no; compare .answer with 'sat' or 'unsat'")

    @never_raising
    def __repr__(self) -> str:
        return f"PropertyVerdict({self.answer}{f', {point_text(self.point)}' if self.point else ''})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "answer", self.answer
        if self.point is not None:
            yield "point", point_text(self.point)
            yield "values", self.values
        else:
            yield "proof", repr(self.evidence) if isinstance(self.evidence, PropertyProof) else "made on first use"


def verify_property(
    F: PiecewiseLinear,
    property: Property,  # noqa: A002 -- the field's word for it
    *,
    max_cells: int | None = None,
    max_cases: int = 10_000,
) -> PropertyVerdict:
    """Find a point that satisfies a property, or prove that there is none.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
    property : Property
        See :func:`tropical.load_property`.
    max_cells : int, optional
        Limit on the number of cells in each case.
    max_cases : int
        Limit on the number of cases, the parts of the formula's disjunctive normal form.

    Returns
    -------
    PropertyVerdict

    Raises
    ------
    InvalidInput
        If F has not as many inputs and outputs as the property declares.
    BudgetExceeded
        If there are more cases than allowed; or no case that could be decided is satisfied, and some could not.

    Notes
    -----
    Each case costs one enumeration of the cells of F on its inputs, and so the vertices of these: a box in which more
    than 12 inputs vary is refused. A point found is moved to the shortest decimal
    coordinates at which the formula still holds, so it can mostly be printed without rounding.

    Examples
    --------
    >>> from tropical import parse
    >>> from tropical.io.vnnlib_grammar import read_version_1
    >>> declared = "(declare-const X_0 Real) (declare-const Y_0 Real)"
    >>> above = read_version_1(declared + "(assert (<= 0 X_0 2)) (assert (> Y_0 1))", "above.vnnlib")
    >>> tent = parse("min(x0, 2 - x0)")
    >>> verdict = verify_property(tent, above)
    >>> verdict.answer, verdict.proof
    ('unsat', PropertyProof(1 cases))
    >>> reached = read_version_1(declared + "(assert (= Y_0 0.25))", "reached.vnnlib")
    >>> verify_property(tent, reached).point
    (Fraction(1, 4),)
    """
    function = match(F, property)
    limit, most = as_limit(max_cells, "max_cells"), as_limit(max_cases, "max_cases")
    count = property.count()
    if most is not None and count > most:
        shown = str(count) if count.bit_length() < 100 else f"about 2^{count.bit_length()}"
        cure = "raise max_cases, or split the property into several files"
        raise BudgetExceeded(f"the property is an `or` of {shown} cases, more than max_cases={most}; {cure}")
    sets: dict[Case, InputSet] = {}
    outcomes: list[_Outcome] = []
    exceeded: BudgetExceeded | None = None
    for case in property.cases():
        key = tuple(part for part in case if not part.outputs)
        try:
            if key not in sets:
                sets[key] = analyse(case, function.dimension)
            found = _decide(function, case, sets[key], limit)
        except BudgetExceeded as error:
            exceeded = exceeded or error
            continue
        if isinstance(found, tuple):
            x = _short(found, function, property)
            return PropertyVerdict("sat", x, _values(function, x))
        outcomes.append(found)
    if exceeded is not None:
        raise BudgetExceeded(f"{len(outcomes)} of {count} cases are refuted, the others undecided: {exceeded}")
    return PropertyVerdict("unsat", evidence=partial(_prove, tuple(outcomes)))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Why a case has no solution; the certificate may have to be made yet."""

    proof: CaseProof
    verdict: Verdict | None = None


def _prove(outcomes: Sequence[_Outcome]) -> PropertyProof:
    return PropertyProof(
        tuple(
            outcome.proof
            if outcome.verdict is None
            else CaseProof(outcome.proof.steps, certificate=outcome.verdict.certificate)
            for outcome in outcomes
        )
    )


def _decide(F: PiecewiseLinear, case: Case, inputs: InputSet, limit: int | None) -> Point | _Outcome:
    """Return a point that satisfies the case, or why there is none."""
    steps = tuple(inputs.steps)
    if inputs.interior is None:
        return _Outcome(CaseProof(steps, contradiction=inputs.contradiction))
    rows = outputs_of(case)
    values = _values(F, inputs.interior)
    failed = next((i for i, row in enumerate(rows) if not row.holds(inputs.interior, values)), None)
    if failed is None:
        return inputs.interior
    if not inputs.chart.free:
        return _Outcome(CaseProof(steps, violated=failed))
    inputs.require_few_vertices()
    verdict = is_unreachable(*_arguments(F, case, inputs), max_cells=limit)
    if verdict.witness is not None:
        return inputs.chart.lift(verdict.witness.point)
    return _Outcome(CaseProof(steps), verdict)


def _arguments(F: PiecewiseLinear, case: Case, inputs: InputSet) -> tuple[Any, ...]:
    needed = statement(F, case, inputs)
    return needed.function, needed.inequalities, needed.domain


def _values(F: PiecewiseLinear, x: Sequence[Fraction]) -> Point:
    y = F(x)  # type: ignore[operator]
    return y if isinstance(y, tuple) else (y,)


def _short(x: Point, F: PiecewiseLinear, property: Property) -> Point:  # noqa: A002
    """Return the point with its coordinates rounded to as few decimals as the formula allows, if it does at all."""
    for digits in _DIGITS:
        rounded = tuple(Fraction(round(value * 10**digits), 10**digits) for value in x)
        if property.holds(rounded, _values(F, rounded)):
            return rounded
    return x


_DIGITS = (0, 1, 2, 3, 4, 6, 8, 12, 16)  # more are no shorter than the floats that a file's decimals come from
