"""Proofs that no point satisfies a property: one for each case, and the check that they are about it.

A case is refuted in one of three ways:

==============  ====================================================================================================
contradiction   weights of the inequalities on x alone with an impossible sum (:mod:`.input_sets`): there are no inputs
violated        the elimination leaves one point x, and there the inequality of this number fails
certificate     of kind ``unreachable``, about F on the affine hull of the inputs: on its free inputs where a step
                eliminated others, else about F itself
==============  ====================================================================================================

:func:`check_property` makes the cases anew from the property, replays each elimination, builds from it the statement
that the certificate has to prove (function, domain, inequalities), and hands both to :func:`tropical.check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from tropical._display import Shown, never_raising
from tropical._exact.linear import combine_rows
from tropical._exact.rational import as_fraction, rational_text
from tropical._protocol import PiecewiseLinear, as_function
from tropical.certificates import Certificate, CheckResult, check
from tropical.decide import Inequality
from tropical.domains import Polyhedron
from tropical.exceptions import InvalidInput, InvalidType, TropicalError
from tropical.network import ReLUNetwork
from tropical.properties.formulas import Case, Property, Terms
from tropical.properties.input_sets import Chart, InputSet, Step, Weights, replay

__all__ = ["CaseProof", "PropertyProof", "Statement", "check_property", "match", "outputs_of", "statement"]

VERSION = 1
_ZERO = Fraction(0)
_MALFORMED = (TropicalError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class CaseProof:
    """Why one case has no solution; of the last three attributes one is given."""

    steps: tuple[Step, ...]
    contradiction: Weights | None = None
    violated: int | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class PropertyProof(Shown):
    """A proof that no x satisfies a property of a function; ``tropical.save`` writes it.

    Attributes
    ----------
    cases : tuple of CaseProof
        One for each case of the property, in its order.
    """

    cases: tuple[CaseProof, ...]

    def to_plain(self) -> dict[str, Any]:
        """Return the proof as plain data with exact numbers as strings."""
        return {"type": "property_proof", "version": VERSION, "cases": [_plain(case) for case in self.cases]}

    @classmethod
    def from_plain(cls, document: dict[str, Any]) -> PropertyProof:
        """Build from plain data; ValueError for anything else.

        Parameters
        ----------
        document : dict
        """
        if not isinstance(document, dict):
            raise ValueError(f"a property's proof is an object, got {type(document).__name__}")
        if document.get("version") != VERSION or isinstance(document.get("version"), bool):
            given = document.get("version")
            raise ValueError(f"version {given!r} of a property's proof is unknown; this program reads {VERSION}")
        try:
            return cls(tuple(_case(entry) for entry in document["cases"]))
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"no proof of a property: {type(error).__name__}: {error}") from None

    @never_raising
    def __repr__(self) -> str:
        return f"PropertyProof({len(self.cases)} cases)"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "cases", len(self.cases)
        yield "with a certificate", sum(case.certificate is not None for case in self.cases)
        yield "replay", "tropical.check_property(proof, F, property)"


def _plain(case: CaseProof) -> dict[str, Any]:
    steps = [{"weights": _texts(step.weights), "row": step.row, "variable": step.variable} for step in case.steps]
    found: dict[str, Any] = {"steps": steps}
    if case.contradiction is not None:
        found["contradiction"] = _texts(case.contradiction)
    if case.violated is not None:
        found["violated"] = case.violated
    if case.certificate is not None:
        found["certificate"] = case.certificate.to_plain()
    return found


def _texts(weights: Weights) -> list[list[Any]]:
    return [[i, rational_text(weight)] for i, weight in weights]


def _case(entry: dict[str, Any]) -> CaseProof:
    if unknown := entry.keys() - {"steps", "contradiction", "violated", "certificate"}:
        raise ValueError(f"a case has no key {min(unknown)!r}")
    steps = tuple(
        Step(_weights(step["weights"]), _index(step["row"]), _index(step["variable"])) for step in entry["steps"]
    )
    return CaseProof(
        steps,
        _weights(entry["contradiction"]) if "contradiction" in entry else None,
        _index(entry["violated"]) if "violated" in entry else None,
        Certificate.from_plain(entry["certificate"]) if "certificate" in entry else None,
    )


def _weights(entries: Any) -> Weights:
    return tuple((_index(i), as_fraction(weight, "weight")) for i, weight in entries)


def _index(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"expected the number of a row or a variable, got {str(value)[:40]!r}")
    return value


# ---------------------------------------------------------------- what is to be proved


class Statement(NamedTuple):
    """No point of the domain satisfies the inequalities; the function is F on the free inputs."""

    function: PiecewiseLinear
    domain: Polyhedron | None
    inequalities: list[Inequality]


def outputs_of(case: Case) -> Case:
    """Return the inequalities of a case that read an output."""
    return tuple(part for part in case if part.outputs)


def statement(F: PiecewiseLinear, case: Case, inputs: InputSet) -> Statement:
    """Return what remains of a case on the free inputs, of which there is at least one."""
    chart = inputs.chart
    free = chart.free
    place = {j: i for i, j in enumerate(free)}
    rows = []
    for part in outputs_of(case):
        coefficients, bound = _on_chart(part.inputs, part.bound, chart, place)
        rows.append(Inequality(_dense(part.outputs, F.outputs), bound, coefficients, strict=part.strict))
    for row in inputs.open_rows():
        coefficients = [_ZERO] * len(free)
        for j, a in row.coefficients.items():
            coefficients[place[j]] = -a
        rows.append(Inequality([0] * F.outputs, row.constant, coefficients, strict=True))
    return Statement(_along(F, chart), inputs.domain(), rows)


def _dense(terms: Terms, length: int) -> list[Fraction]:
    entries = [_ZERO] * length
    for j, a in terms:
        entries[j] = a
    return entries


def _on_chart(
    terms: Terms, bound: Fraction, chart: Chart, place: dict[int, int]
) -> tuple[list[Fraction] | None, Fraction]:
    """Return ``terms·x <= bound`` in the free inputs: coefficients, None where all are zero, and bound."""
    entries = [_ZERO] * len(place)
    for j, a in terms:
        if j in place:
            entries[place[j]] += a
            continue
        value = chart.eliminated[j]
        bound -= a * value.constant
        for k, b in value.coefficients.items():
            entries[place[k]] += a * b
    return (entries if any(entries) else None), bound


def _along(F: PiecewiseLinear, chart: Chart) -> PiecewiseLinear:
    """Return ``z -> F(offset + matrix z)``."""
    if chart.is_identity():
        return F
    matrix, offset = chart.rows()
    if not isinstance(F, ReLUNetwork):
        return F.compose(matrix, offset)  # type: ignore[attr-defined]
    first = combine_rows(F.weights[0], matrix, len(matrix[0]))
    shift = combine_rows(F.weights[0], [[entry] for entry in offset], 1)
    bias = [b + s for b, (s,) in zip(F.biases[0], shift, strict=True)]
    return ReLUNetwork([first, *F.weights[1:]], [bias, *F.biases[1:]])


def match(F: Any, property: Any) -> PiecewiseLinear:  # noqa: A002 -- the field's word for it
    """Return the function, after comparing its numbers of inputs and outputs with those declared."""
    function = as_function(F)
    if not isinstance(property, Property):
        raise InvalidType("property", "a Property", property, "read one with tropical.load_property")
    for what, declared, given in (
        ("inputs", property.input.size, function.dimension),
        ("outputs", property.output.size, function.outputs),
    ):
        if declared != given:
            cure = "use the network that the property was written for, or declare its variables"
            raise InvalidInput("property", f"as many {what} as the function has, {given}", f"{declared}", cure)
    return function


# ---------------------------------------------------------------- the check


def check_property(proof: PropertyProof, F: PiecewiseLinear, property: Property) -> CheckResult:  # noqa: A002
    """Replay a proof that no x satisfies a property of F.

    Parameters
    ----------
    proof : PropertyProof
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
    property : Property

    Returns
    -------
    CheckResult
        Truthy iff all cases of the property are refuted. A damaged proof, or one about something else, is rejected with
        the reason.

    Raises
    ------
    InvalidInput
        If F has not as many inputs and outputs as the property declares.

    Notes
    -----
    The cases come from the property and not from the proof, so none can be left out. The certificates are replayed by
    :func:`tropical.check`, which shares nothing with the engine that found them; eliminations by adding up.
    """
    function = match(F, property)
    claimed = "no x satisfies the property"
    plain = (function.to_plain(),)
    try:
        if not isinstance(proof, PropertyProof):
            raise InvalidType("proof", "a PropertyProof", proof, "see PropertyVerdict.proof")
        if property.count() != len(proof.cases):
            raise InvalidInput("proof", f"{property.count()} cases", f"{len(proof.cases)}", "it is another property's")
        replayed = 0
        for number, (case, part) in enumerate(zip(property.cases(), proof.cases, strict=True)):
            problem = _problem(function, case, part)
            if problem is not None:
                return CheckResult(False, f"case {number}: {problem}", claimed, plain, None, None)
            replayed += part.certificate is not None
    except _MALFORMED as error:
        return CheckResult(False, f"malformed proof: {error}", claimed, plain, None, None)
    reason = f"replayed {len(proof.cases)} cases, {replayed} of them certificates"
    return CheckResult(True, reason, claimed, plain, None, None)


def _problem(F: PiecewiseLinear, case: Case, part: CaseProof) -> str | None:
    """Return why the case is not refuted, None where it is."""
    inputs = replay(case, F.dimension, part.steps, part.contradiction)
    if part.contradiction is not None:
        return None
    if part.violated is not None:
        if inputs.chart.free:
            return f"{len(inputs.chart.free)} inputs are left, not one point"
        x = inputs.chart.lift(())
        y = F(x)  # type: ignore[operator]
        values = y if isinstance(y, tuple) else (y,)
        return "the inequality holds" if outputs_of(case)[part.violated].holds(x, values) else None
    if part.certificate is None:
        return "no reason is given"
    needed = statement(F, case, inputs)
    if part.certificate.kind != "unreachable":
        return f"a certificate of kind {part.certificate.kind!r} proves something else"
    claim = {"constraints": [_claim(row, needed.function.dimension) for row in needed.inequalities]}
    result = check(part.certificate, needed.function, domain=needed.domain, claim=claim)
    return None if result else result.reason


def _claim(row: Inequality, dimension: int) -> dict[str, Any]:
    return {
        "inputs": _plain_vector(row.inputs or (_ZERO,) * dimension),
        "outputs": _plain_vector(row.outputs),
        "bound": rational_text(row.bound),
        "strict": row.strict,
    }


def _plain_vector(values: Sequence[Fraction]) -> list[str]:
    return [rational_text(value) for value in values]
