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

from tropical.exceptions import FormatError, InvalidInput, InvalidType
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
VARIABLE: /x[0-9]{1,6}/
NUMBER: /[0-9]{1,4000}/
%ignore /[ \t\r\n]+/
"""
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]*)?(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
_LONGEST, _LONGEST_DECIMAL = 1_000_000, 40
_LARGEST_DIMENSION = 100_000


def parse(text: str, dimension: int | None = None) -> LatticePolynomial:
    """Read a lattice polynomial from text.

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

    Notes
    -----
    Costs what the operations cost: a minimum of maxima multiplies clauses out.

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
    needed = 1 + max((int(digits) for digits in re.findall(r"x([0-9]{1,6})", text)), default=0)
    size = needed if dimension is None else dimension
    if isinstance(size, bool) or not isinstance(size, int) or not needed <= size <= _LARGEST_DIMENSION:
        requirement = f"an integer from {needed} (for x{needed - 1}) to {_LARGEST_DIMENSION}"
        raise InvalidInput("dimension", requirement, size, "rename the variables or leave it out")
    return _parser(size)(text)


@cache
def _parser(dimension: int) -> Any:
    """Return a function from text to the lattice polynomial on R^dimension."""
    import lark

    class Meaning(lark.Transformer):
        """The meaning of a phrase: a Fraction, or a lattice polynomial."""

        def number(self, items: list[Any]) -> Fraction:
            return Fraction(str(items[0]))

        def variable(self, items: list[Any]) -> LatticePolynomial:
            index = int(items[0][1:])
            return LatticePolynomial([([int(i == index) for i in range(dimension)], 0)], [[0]])

        def keep(self, items: list[Any]) -> Any:
            return items[0]

        def negate(self, items: list[Any]) -> Any:
            return -items[0]

        def add(self, items: list[Any]) -> Any:
            return items[0] + items[1]

        def subtract(self, items: list[Any]) -> Any:
            return items[0] - items[1]

        def multiply(self, items: list[Any]) -> Any:
            return items[0] * items[1]

        def divide(self, items: list[Any]) -> Any:
            if isinstance(items[1], LatticePolynomial):
                raise InvalidType("divisor", "a number", "a function", "divide by rational numbers only")
            if items[1] == 0:
                raise InvalidInput("divisor", "a number other than zero", 0, "correct the text")
            return items[0] / items[1]

        def call(self, items: list[Any]) -> LatticePolynomial:
            name, arguments = str(items[0]), [_as_function(item, dimension) for item in items[1:]]
            if name in ("relu", "abs"):
                if len(arguments) != 1:
                    raise InvalidInput(name, "one argument", f"{len(arguments)}", "use max or min for several")
                return maximum(arguments[0], 0 if name == "relu" else -arguments[0])
            return (maximum if name == "max" else minimum)(*arguments)

    engine = lark.Lark(_GRAMMAR, parser="lalr", transformer=Meaning())

    def read(text: str) -> LatticePolynomial:
        try:
            return _as_function(engine.parse(text), dimension)
        except lark.exceptions.UnexpectedInput as error:
            place = f"line {error.line}, column {error.column}" if error.line > 0 else "the end"
            raise FormatError(f"text, {place}", _problem(text, error)) from None
        except InvalidInput as error:  # a phrase without a meaning, such as a product of two functions
            raise FormatError("text", str(error)) from None

    return read


def _as_function(value: Any, dimension: int) -> LatticePolynomial:
    return value if isinstance(value, LatticePolynomial) else LatticePolynomial.constant(value, dimension)


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
