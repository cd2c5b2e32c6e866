"""VNN-LIB 1.0, the syntax of the competition's files up to 2025: a small part of SMT-LIB over the real numbers.

Declarations ``(declare-const X_0 Real)`` name the inputs X_0, X_1, ... and the outputs Y_0, Y_1, ...; assertions are
formulas built with ``and``, ``or``, ``not`` and ``=>`` from comparisons of linear terms. Commands that state nothing,
such as ``(check-sat)``, are passed over. The text is parsed by lark without recursion, terms become affine expressions
on the way, and no part of it is ever evaluated.

References
----------
VNN-LIB 1.0 (www.vnnlib.org); Barrett, Fontaine, Tinelli, *The SMT-LIB standard, version 2.6*.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from tropical.exceptions import FormatError, InvalidInput
from tropical.properties.formulas import (
    FALSE,
    TRUE,
    Formula,
    Linear,
    Property,
    Tensor,
    compare,
    conjunction,
    disjunction,
    negation,
)

__all__ = ["read_decimal", "read_version_1"]

_GRAMMAR = r"""
start: command*
?command: "(" "declare-const" NAME SORT ")"  -> declare
    | "(" "declare-fun" NAME "(" ")" SORT ")"  -> declare
    | "(" "assert" formula ")"  -> assertion
    | "(" SILENT (NAME | NUMBER | STRING | ATTRIBUTE | TRUTH)* ")"  -> silent
?formula: TRUTH  -> truth
    | "(" "and" formula* ")"  -> all_of
    | "(" "or" formula* ")"  -> one_of
    | "(" "not" formula ")"  -> negated
    | "(" IMPLIES formula+ ")"  -> implied
    | "(" RELATION term term+ ")"  -> comparison
?term: NUMBER  -> number
    | NAME  -> variable
    | "(" "+" term+ ")"  -> addition
    | "(" "-" term+ ")"  -> subtraction
    | "(" TIMES term+ ")"  -> multiplication
    | "(" OVER term term+ ")"  -> division
IMPLIES.2: "=>"
RELATION: "<=" | ">=" | "<" | ">" | "=" | "distinct"
TIMES: "*"
OVER: "/"
TRUTH.2: /(true|false)(?![^\s();])/
SORT.2: /Real(?![^\s();])/
SILENT: "set-logic" | "set-info" | "set-option" | "check-sat" | "get-model" | "exit"
NUMBER: /[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?(?![^\s();])/
NAME: /[A-Za-z_][A-Za-z0-9_.\-]*/
ATTRIBUTE: /:[A-Za-z0-9\-]+/
STRING: /"[^"]*"/ | /\|[^|]*\|/
%ignore /[ \t\r\n]+/
%ignore /;[^\n]*/
"""
_NUMBER = re.compile(r"(?P<digits>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE](?P<exponent>[+-]?[0-9]+))?\Z")
_VARIABLE = re.compile(r"([XY])_(0|[1-9][0-9]{0,5})\Z")
_MOST_DIGITS, _LARGEST_EXPONENT = 4300, 4300
_MOST_DISTINCT = 100  # each pair is an `or`
_CURE = (
    "expected declare-const or assert; and, or, not, =>, <=, <, >=, >, =; sums, multiples and quotients by numbers "
    "of X_0, X_1, ..., Y_0, Y_1, ...; decimals"
)


def read_decimal(text: str) -> Fraction:
    """Return the rational number that a decimal such as ``-1.5e-3`` is.

    Raises
    ------
    ValueError
        For other text, and for numbers too long to be meant.
    """
    match = _NUMBER.match(text)
    if match is None:
        raise ValueError("no decimal number")
    if len(match["digits"]) > _MOST_DIGITS:
        raise ValueError(f"a number has at most {_MOST_DIGITS} digits")
    exponent = match["exponent"] or "0"
    if len(exponent) > 8 or abs(int(exponent)) > _LARGEST_EXPONENT:
        raise ValueError(f"an exponent is at most {_LARGEST_EXPONENT}")
    return Fraction(match["digits"]) * Fraction(10) ** int(exponent)


def read_version_1(text: str, name: str) -> Property:
    """Return the property that a text in the syntax of version 1.0 states.

    Parameters
    ----------
    text : str
    name : str
        Of the file, for messages.

    Raises
    ------
    FormatError
        With line and column.
    """
    import lark

    class Meaning(lark.Transformer[Any, Any]):
        """The meaning of a phrase: an affine expression, or a formula."""

        declared: tuple[dict[int, Any], dict[int, Any]] = ({}, {})
        asserted: list[Formula]

        def declare(self, items: list[Any]) -> None:
            match = _VARIABLE.match(items[0])
            if match is None:
                cure = "inputs are named X_0, X_1, ..., outputs Y_0, Y_1, ..."
                raise wrong(items[0], f"the variable {_cut(items[0])}; {cure}")
            numbers = self.declared["XY".index(match[1])]
            if int(match[2]) in numbers:
                raise wrong(items[0], f"{items[0]} is declared twice")
            numbers[int(match[2])] = None

        def assertion(self, items: list[Any]) -> None:
            self.asserted.append(items[0])

        def silent(self, items: list[Any]) -> None:
            """State nothing."""

        def truth(self, items: list[Any]) -> Formula:
            return TRUE if items[0] == "true" else FALSE

        def all_of(self, items: list[Any]) -> Formula:
            return conjunction(items)

        def one_of(self, items: list[Any]) -> Formula:
            return disjunction(items)

        def negated(self, items: list[Any]) -> Formula:
            return negation(items[0])

        def implied(self, items: list[Any]) -> Formula:
            return disjunction([*(negation(part) for part in items[1:-1]), items[-1]])

        def comparison(self, items: list[Any]) -> Formula:
            relation, *terms = items
            if relation == "distinct":
                if len(terms) > _MOST_DISTINCT:
                    raise wrong(relation, f"more than {_MOST_DISTINCT} terms of distinct; write the pairs that matter")
                return conjunction([compare(a, "!=", b) for a, b in combinations(terms, 2)])
            return conjunction([compare(a, str(relation), b) for a, b in pairwise(terms)])

        def number(self, items: list[Any]) -> Linear:
            try:
                return Linear.number(read_decimal(items[0]))
            except ValueError as error:
                raise wrong(items[0], f"{_cut(items[0])}: {error}") from None

        def variable(self, items: list[Any]) -> Linear:
            match = _VARIABLE.match(items[0])
            kind = -1 if match is None else "XY".index(match[1])
            if match is None or int(match[2]) not in self.declared[kind]:
                cure = f"write (declare-const {_cut(items[0])} Real) before its first use"
                if match is None:
                    cure = "variables are X_0, X_1, ... and Y_0, Y_1, ..., numbers are decimals"
                raise wrong(items[0], f"{_cut(items[0])} is not declared; {cure}")
            return Linear.variable(kind, int(match[2]))

        def addition(self, items: list[Any]) -> Linear:
            return Linear.sum(items)

        def subtraction(self, items: list[Any]) -> Linear:
            rest = Linear.sum(items[1:] or items).times(Fraction(-1))
            return Linear.sum([items[0], rest]) if items[1:] else rest

        def multiplication(self, items: list[Any]) -> Linear:
            sign, total, *others = items
            for other in others:
                total = total.product(other)
                if total is None:
                    raise wrong(sign, "a product of two variables; only linear terms are decided, multiply by numbers")
            return total

        def division(self, items: list[Any]) -> Linear:
            sign, total, *divisors = items
            for divisor in divisors:
                if divisor.coefficients or not divisor.constant:
                    raise wrong(sign, "a division by zero or by a variable; divide by numbers other than zero")
                total = total.times(1 / divisor.constant)
            return total

    def wrong(token: Any, problem: str) -> FormatError:
        return FormatError(f"{name}, line {token.line} column {token.column}", problem)

    meaning = Meaning()
    meaning.declared, meaning.asserted = ({}, {}), []
    try:
        lark.Lark(_GRAMMAR, parser="lalr", transformer=meaning).parse(text)
    except lark.exceptions.UnexpectedInput as error:
        place = f"{name}, line {error.line} column {error.column}" if error.line > 0 else f"{name}, the end"
        raise FormatError(place, _problem(text, error)) from None
    except InvalidInput as error:  # numbers that grow without end
        raise FormatError(name, str(error)) from None
    inputs, outputs = (_tensor(letter, numbers, name) for letter, numbers in zip("XY", meaning.declared, strict=True))
    return Property(conjunction(meaning.asserted), inputs, outputs)


def _tensor(letter: str, numbers: dict[int, Any], name: str) -> Tensor:
    missing = next(i for i in range(len(numbers) + 1) if i not in numbers)
    if missing < len(numbers) or not numbers:
        cure = f"declare all of {letter}_0, {letter}_1, ..., as many as the network has"
        raise FormatError(name, f"{letter}_{missing} is not declared; {cure}")
    return Tensor(letter, "Real", (len(numbers),))


def _cut(text: str) -> str:
    return repr(str(text) if len(text) <= 40 else text[:39] + "…")


def _problem(text: str, error: Any) -> str:
    position = getattr(error, "pos_in_stream", None)
    at_end = getattr(getattr(error, "token", None), "type", None) == "$END"
    if at_end or position is None or not 0 <= position < len(text):
        return "the text ends where more is expected, such as a closing bracket"
    word = re.match(r"[^\s();]+|.", text[position:], re.DOTALL)
    return f"unexpected {_cut(word[0] if word else '')}; {_CURE}"
