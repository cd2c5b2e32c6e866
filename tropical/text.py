"""Text to lattice polynomials: ``max(min(x0, 2*x1 - 1/3), relu(x2))``.

The grammar knows max, min, relu, abs, sums, and products and quotients by rational numbers; ``str`` of a lattice
polynomial is read back. Nothing is evaluated: the text is parsed (lark), and the meaning of each phrase is an
operation on functions.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import Any

from tropical.exceptions import BudgetExceeded, FormatError, InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum

__all__ = ["parse"]

_GRAMMAR = r"""
?start: sum
?sum: product
    | sum "+" product  -> add
    | sum "-" product  -> subtract
?product: factor
    | product "*" factor  -> multiply
    | product "/" factor  -> divide
?factor: atom
    | "-" factor  -> negate
    | "+" factor  -> keep
?atom: NUMBER  -> number
    | VARIABLE  -> variable
    | FUNCTION "(" sum ("," sum)* ")"  -> call
    | "(" sum ")"  -> keep
FUNCTION: "max" | "min" | "relu" | "abs"
VARIABLE: /x[0-9]{1,5}/
NUMBER: /[0-9]{1,4000}/
%ignore /[ \t\r\n]+/
"""
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]*)?(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
_LONGEST, _LONGEST_DECIMAL, _MOST_NUMBERS = 1_000_000, 40, 2_000_000
_LARGEST_DIMENSION = 100_000


def parse(text: str, dimension: int | None = None) -> LatticePolynomial:
    """Return the lattice polynomial that a text describes.

    Parameters
    ----------
    text : str
        Variables are x0, x1, ...; numbers are integers, quotients of them rationals (``1/3*x0``).
    dimension : int, optional
        Number of inputs; by default one more than the largest variable's number, at least one.

    Raises
    ------
    FormatError
        With line and column, for text that is no lattice polynomial.
    BudgetExceeded
        Where sums and minima of maxima multiply out to more than some million numbers.
    InvalidInput
        For a text that is too long, or has more variables than `dimension`.

    Notes
    -----
    Sums and multiples of variables cost a step a term; operations on maxima and minima what they cost by themselves.

    Examples
    --------
    >>> F = parse("max(min(x0, 2*x1 - 1/3), relu(x2))")
    >>> str(F)
    'max(min(x0, 2*x1 - 1/3), x2, 0)'
    >>> parse(str(F)) == F
    True
    """
    if not isinstance(text, str):
        raise InvalidType("text", "a string", text, 'pass for example "max(x0, 0)"')
    if len(text) > _LONGEST:
        raise InvalidInput("text", f"at most {_LONGEST} characters", f"{len(text)}", "build it from pieces and clauses")
    if wrong := re.search(r"x[0-9]{6,}", text):
        line, start = text.count("\n", 0, wrong.start()) + 1, text.rfind("\n", 0, wrong.start())
        place = f"text, line {line}, column {wrong.start() - start}"
        raise FormatError(place, f"unexpected {wrong[0][:12]!r}; variables are x0 to x{_LARGEST_DIMENSION - 1}")
    needed = 1 + max((int(digits) for digits in re.findall(r"x([0-9]+)", text)), default=0)
    size = needed if dimension is None else dimension
    if isinstance(size, bool) or not isinstance(size, int) or not needed <= size <= _LARGEST_DIMENSION:
        requirement = f"an integer from {needed} (for x{needed - 1}) to {_LARGEST_DIMENSION}"
        raise InvalidInput("dimension", requirement, size, "rename the variables or leave it out")
    return _parser(size)(text)


class _Affine:
    """An affine phrase while the text is read: the coefficients that are not zero, by the variables' numbers.

    A sum is added up in the phrase on the left, which nothing else refers to: n terms cost n steps.
    """

    __slots__ = ("coefficients", "constant")

    def __init__(self, coefficients: dict[int, Fraction], constant: Fraction) -> None:
        self.coefficients, self.constant = coefficients, constant

    def add(self, other: _Affine | Fraction, sign: int) -> _Affine:
        if isinstance(other, Fraction):
            self.constant += sign * other
            return self
        for i, a in other.coefficients.items():
            self.coefficients[i] = self.coefficients.get(i, _ZERO) + sign * a
        self.constant += sign * other.constant
        return self

    def times(self, factor: Fraction) -> _Affine:
        for i in self.coefficients:
            self.coefficients[i] *= factor
        self.constant *= factor
        return self

    def row(self, dimension: int) -> tuple[Fraction, ...]:
        found = [_ZERO] * dimension
        for i, a in self.coefficients.items():
            found[i] = a
        return tuple(found)


_ZERO = Fraction(0)
_Phrase = Fraction | _Affine | LatticePolynomial


@cache
def _parser(dimension: int) -> Any:
    """Return a function from text to the lattice polynomial on R^dimension."""
    import lark

    class Meaning(lark.Transformer[Any, Any]):
        """The meaning of a phrase: a number, an affine function, or a lattice polynomial."""

        spent = 0  # numbers written down so far

        def number(self, items: list[Any]) -> Fraction:
            return Fraction(str(items[0]))

        def variable(self, items: list[Any]) -> _Affine:
            return _Affine({int(items[0][1:]): Fraction(1)}, _ZERO)

        def keep(self, items: list[Any]) -> _Phrase:
            return items[0]

        def negate(self, items: list[Any]) -> _Phrase:
            return self.scaled(items[0], Fraction(-1))

        def add(self, items: list[Any]) -> _Phrase:
            return self.sum(items[0], items[1], 1)

        def subtract(self, items: list[Any]) -> _Phrase:
            return self.sum(items[0], items[1], -1)

        def multiply(self, items: list[Any]) -> _Phrase:
            left, right = items
            if isinstance(left, Fraction):
                left, right = right, left
            if not isinstance(right, Fraction):
                cure = "a product of two functions has curved pieces"
                raise InvalidType("factor", "an exact number", "a function", cure)
            return self.scaled(left, right)

        def divide(self, items: list[Any]) -> _Phrase:
            if not isinstance(items[1], Fraction):
                raise InvalidType("divisor", "a number", "a function", "divide by rational numbers only")
            if items[1] == 0:
                raise InvalidInput("divisor", "a number other than zero", 0, "correct the text")
            return self.scaled(items[0], 1 / items[1])

        def call(self, items: list[Any]) -> LatticePolynomial:
            name, arguments = str(items[0]), list(items[1:])
            if name in ("relu", "abs"):
                if len(arguments) != 1:
                    raise InvalidInput(name, "one argument", f"{len(arguments)}", "use max or min for several")
                arguments.append(_ZERO if name == "relu" else self.scaled(self.function(arguments[0]), Fraction(-1)))
            if not any(isinstance(argument, LatticePolynomial) for argument in arguments):
                return self.extremum(name, arguments)
            functions = [self.function(argument) for argument in arguments]
            self.spend(sum(len(function.pieces) for function in functions))
            found = (minimum if name == "min" else maximum)(*functions)
            self.spend(len(found.pieces) + sum(map(len, found.clauses)) // (dimension + 1))
            return found

        def extremum(self, name: str, phrases: list[Fraction | _Affine]) -> LatticePolynomial:
            """Return the extremum of affine phrases, without the detour of making each a function."""
            self.spend(len(phrases))
            pieces = list(dict.fromkeys(self.piece(phrase) for phrase in phrases))
            numbers = range(len(pieces))
            return LatticePolynomial(pieces, [numbers] if name == "min" else [[i] for i in numbers])

        def piece(self, phrase: Fraction | _Affine) -> tuple[tuple[Fraction, ...], Fraction]:
            if isinstance(phrase, Fraction):
                return (_ZERO,) * dimension, phrase
            return phrase.row(dimension), phrase.constant

        def function(self, phrase: Any) -> LatticePolynomial:
            """Return a phrase as a function."""
            if isinstance(phrase, LatticePolynomial):
                return phrase
            self.spend(1)
            return LatticePolynomial([self.piece(phrase)], [[0]])

        def sum(self, left: _Phrase, right: _Phrase, sign: int) -> _Phrase:
            if isinstance(left, LatticePolynomial) or isinstance(right, LatticePolynomial):
                first, second = self.function(left), self.function(self.scaled(right, Fraction(sign)))
                self.spend(len(first.pieces) * len(second.pieces))
                return first + second
            if isinstance(left, Fraction):
                return (
                    left + sign * right
                    if isinstance(right, Fraction)
                    else self.scaled(right, Fraction(sign)).add(left, 1)
                )
            return left.add(right, sign)

        def scaled(self, phrase: _Phrase, factor: Fraction) -> Any:
            if isinstance(phrase, _Affine):
                return phrase.times(factor)
            return phrase if factor == 1 else phrase * factor

        def spend(self, rows: int) -> None:
            """Count the numbers that so many pieces are, and stop where that grows beyond all use."""
            self.spent += rows * (dimension + 1)
            if self.spent > _MOST_NUMBERS:
                message = f"the text multiplies out to more than {_MOST_NUMBERS} numbers; use a ReLUNetwork"
                raise BudgetExceeded(message)

    meaning = Meaning()
    engine = lark.Lark(_GRAMMAR, parser="lalr", transformer=meaning)

    def read(text: str) -> LatticePolynomial:
        meaning.spent = 0
        try:
            return meaning.function(engine.parse(text))
        except lark.exceptions.UnexpectedInput as error:
            place = f"line {error.line}, column {error.column}" if error.line > 0 else "the end"
            raise FormatError(f"text, {place}", _problem(text, error)) from None
        except InvalidInput as error:  # a phrase without a meaning, such as a product of two functions
            raise FormatError("text", str(error)) from None

    return read


def _problem(text: str, error: Any) -> str:
    """Say what stands where the text stops making sense."""
    position = getattr(error, "pos_in_stream", None)
    at_end = getattr(getattr(error, "token", None), "type", None) == "$END"
    if at_end or position is None or not 0 <= position < len(text):
        return "the text ends where more is expected: a number, a variable, or a closing bracket"
    for number in _DECIMAL.finditer(text):
        if number.start() < position < number.end() and len(number[0]) <= _LONGEST_DECIMAL:
            return f"{number[0]} is no quotient of integers; write {Fraction(number[0])}"
    return (
        f"unexpected {text[position : position + 12]!r}; "
        "expected max, min, relu, abs, x0, x1, ..., integers, + - * / ( ) or a comma"
    )
