r"""Formulas in the inputs x and the outputs y of a network: linear inequalities, ``and``, ``or``.

.. math:: \bigvee_c \bigwedge_{i \in c} \; \langle a_i, x\rangle + \langle b_i, y\rangle \le \beta_i
    \quad (\text{or } <)

is the disjunctive normal form; every c is a *case*. Equalities are two inequalities, ``!=`` is an ``or`` of two strict
ones, so no negation is left. The normal form may be exponentially longer than the formula: cases are counted before any
is made, and made one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from tropical._arguments import as_instance
from tropical._display import Shown, never_raising
from tropical._exact.rational import as_dimension
from tropical.exceptions import InvalidInput, InvalidType
from tropical.pieces import as_point

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Case",
    "Comparison",
    "Formula",
    "Linear",
    "Or",
    "Property",
    "Tensor",
    "compare",
    "conjunction",
    "disjunction",
    "negation",
]

INPUT, OUTPUT = 0, 1
Variable = tuple[int, int]  # INPUT or OUTPUT, and the number
Terms = tuple[tuple[int, Fraction], ...]  # the coefficients that are not zero, by the variable's number
_ZERO = Fraction(0)
_LONGEST = 100_000  # bits of a number: products of long literals double in length


@dataclass(frozen=True, slots=True)
class Comparison:
    """``inputs·x + outputs·y <= bound``, or ``<`` where ``strict``.

    Attributes
    ----------
    inputs, outputs : tuple of (int, Fraction)
        The coefficients that are not zero, in the order of the variables.
    bound : Fraction
    strict : bool
    """

    inputs: Terms
    outputs: Terms
    bound: Fraction
    strict: bool

    def holds(self, x: Sequence[Fraction], y: Sequence[Fraction]) -> bool:
        """Return whether the inequality is satisfied, exactly."""
        total = sum((a * x[i] for i, a in self.inputs), _ZERO) + sum((b * y[j] for j, b in self.outputs), _ZERO)
        return total < self.bound if self.strict else total <= self.bound


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; without parts: true."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the parts holds; without parts: false."""

    parts: tuple[Formula, ...]


Formula = Comparison | And | Or
Case = tuple[Comparison, ...]
TRUE, FALSE = And(()), Or(())


def conjunction(parts: Iterable[Formula]) -> Formula:
    """Return the ``and`` of formulas, flat, without repetition and without what is constant."""
    return _joined(And, Or, parts)


def disjunction(parts: Iterable[Formula]) -> Formula:
    """Return the ``or`` of formulas, flat, without repetition and without what is constant."""
    return _joined(Or, And, parts)


def _joined(kind: type[And] | type[Or], other: type[And] | type[Or], parts: Iterable[Formula]) -> Formula:
    kept: dict[Formula, None] = {}
    for part in parts:
        if part == other(()):  # false in an `and`, true in an `or`
            return part
        for inner in part.parts if isinstance(part, kind) else (part,):
            kept[inner] = None
    return next(iter(kept)) if len(kept) == 1 else kind(tuple(kept))


def negation(formula: Formula) -> Formula:
    """Return the formula that holds where this one does not."""
    if isinstance(formula, Comparison):
        turned = [tuple((i, -a) for i, a in terms) for terms in (formula.inputs, formula.outputs)]
        return Comparison(turned[0], turned[1], -formula.bound, not formula.strict)
    parts = [negation(part) for part in formula.parts]
    return disjunction(parts) if isinstance(formula, And) else conjunction(parts)


# ---------------------------------------------------------------- affine terms


class Linear:
    """An affine expression in x and y while a formula is read.

    Attributes
    ----------
    coefficients : mapping from variable to Fraction
        Those that are not zero.
    constant : Fraction
    """

    __slots__ = ("coefficients", "constant")

    def __init__(self, coefficients: Mapping[Variable, Fraction], constant: Fraction) -> None:
        self.coefficients = coefficients
        self.constant = constant

    @classmethod
    def variable(cls, kind: int, index: int) -> Linear:
        """Return x_index (INPUT) or y_index (OUTPUT)."""
        return cls({(kind, index): Fraction(1)}, _ZERO)

    @classmethod
    def number(cls, value: Fraction) -> Linear:
        """Return a constant."""
        return cls({}, value)

    @classmethod
    def sum(cls, terms: Iterable[Linear]) -> Linear:
        """Return the sum, in one pass however many terms there are."""
        total: dict[Variable, Fraction] = {}
        constant = _ZERO
        for term in terms:
            constant = _short(constant + term.constant)
            for variable, a in term.coefficients.items():
                total[variable] = _short(total.get(variable, _ZERO) + a)
        return cls({variable: a for variable, a in total.items() if a}, constant)

    def times(self, factor: Fraction) -> Linear:
        """Return a multiple."""
        if not factor:
            return Linear({}, _ZERO)
        return Linear({v: _short(factor * a) for v, a in self.coefficients.items()}, _short(factor * self.constant))

    def product(self, other: Linear) -> Linear | None:
        """Return the product with an expression of which one is a number; None where neither is."""
        if not other.coefficients:
            return self.times(other.constant)
        return None if self.coefficients else other.times(self.constant)


def _short(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > _LONGEST or value.denominator.bit_length() > _LONGEST:
        raise InvalidInput("number", f"at most {_LONGEST} bits", "a longer product or sum", "use shorter literals")
    return value


def compare(left: Linear, relation: str, right: Linear) -> Formula:
    """Return ``left relation right`` as a formula; one without variables is decided at once."""
    if relation in (">=", ">"):
        return compare(right, "<" + relation[1:], left)
    if relation == "=":
        return conjunction([compare(left, "<=", right), compare(right, "<=", left)])
    if relation == "!=":
        return disjunction([compare(left, "<", right), compare(right, "<", left)])
    excess = Linear.sum([left, right.times(Fraction(-1))])
    strict = relation == "<"
    if not excess.coefficients:
        return TRUE if (excess.constant < 0 if strict else excess.constant <= 0) else FALSE
    ordered = sorted(excess.coefficients.items())
    inputs, outputs = (tuple((i, a) for (kind, i), a in ordered if kind == wanted) for wanted in (INPUT, OUTPUT))
    return Comparison(inputs, outputs, -excess.constant, strict)


# ---------------------------------------------------------------- properties


@dataclass(frozen=True, slots=True)
class Tensor:
    """How a file declares the inputs or the outputs: name, element type, shape; elements in row-major order."""

    name: str
    element_type: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements (of a scalar: one)."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True, repr=False)
class Property(Shown):
    """A formula in the inputs and outputs of a network that is yet to be named.

    By custom the formula describes what must not happen, and a point that satisfies it is a counterexample.

    Attributes
    ----------
    formula : Comparison, And or Or
    input, output : Tensor
        What was declared.
    version : str
        The version of VNN-LIB that it was written in, ``"1.0"`` or ``"2.0"``.
    """

    formula: Formula
    input: Tensor
    output: Tensor
    version: str = "1.0"

    def __post_init__(self) -> None:
        as_instance(self.input, Tensor, "input", "read the property with load_property")
        as_instance(self.output, Tensor, "output", "read the property with load_property")
        if not isinstance(self.formula, Formula):
            raise InvalidType("formula", "a Comparison, And or Or", self.formula, "see tropical.properties.formulas")
        as_dimension(self.input.size, "inputs")
        as_dimension(self.output.size, "outputs")

    def holds(self, x: Sequence[Fraction], y: Sequence[Fraction]) -> bool:
        """Return whether inputs and outputs satisfy the formula, exactly.

        Parameters
        ----------
        x, y : sequence of Fractions
            Inputs and outputs.
        """
        point, values = as_point(x, self.input.size), as_point(y, self.output.size, "y")
        return _holds(self.formula, point, values)

    def count(self) -> int:
        """Return the number of cases, without making them."""
        return _count(self.formula)

    def cases(self) -> Iterator[Case]:
        """Yield the cases: their ``or`` is the formula. The order is that of the formula's parts."""
        return _cases(self.formula)

    @never_raising
    def __repr__(self) -> str:
        return f"Property(VNN-LIB {self.version}, {self.input.size} inputs, {self.output.size} outputs)"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "version", f"VNN-LIB {self.version}"
        for name, tensor in (("input", self.input), ("output", self.output)):
            yield name, f"{tensor.name} of shape {tensor.shape}"
        yield "cases", self.count()


def _holds(formula: Formula, x: Sequence[Fraction], y: Sequence[Fraction]) -> bool:
    if isinstance(formula, Comparison):
        return formula.holds(x, y)
    return (all if isinstance(formula, And) else any)(_holds(part, x, y) for part in formula.parts)


def _count(formula: Formula) -> int:
    if isinstance(formula, Comparison):
        return 1
    return (prod if isinstance(formula, And) else sum)(_count(part) for part in formula.parts)


def _cases(formula: Formula) -> Iterator[Case]:
    if isinstance(formula, Comparison):
        yield (formula,)
    elif isinstance(formula, Or):
        for part in formula.parts:
            yield from _cases(part)
    else:
        common = tuple(part for part in formula.parts if isinstance(part, Comparison))
        choices = [part for part in formula.parts if not isinstance(part, Comparison)]
        yield from (tuple(dict.fromkeys((*common, *case))) for case in _product(choices))


def _product(choices: Sequence[Formula]) -> Iterator[Case]:
    if not choices:
        yield ()
        return
    for case in _cases(choices[0]):
        for rest in _product(choices[1:]):
            yield (*case, *rest)
