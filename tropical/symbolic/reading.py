"""SymPy expressions as functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from tropical._exact.rational import as_fraction, as_limit
from tropical.clauses import mask_of, members, transversals
from tropical.exceptions import BudgetExceeded, InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum
from tropical.symbolic.shared import inputs, load_sympy, shown

__all__ = ["from_sympy"]

_LARGEST_DIMENSION = 100_000


def from_sympy(
    expression: Any, variables: Iterable[Any] | None = None, *, max_clauses: int | None = 10_000
) -> LatticePolynomial:
    """Return the lattice polynomial that a SymPy expression states.

    Parameters
    ----------
    expression : sympy.Expr
        Built of symbols, rational numbers, sums, products with rational numbers, Max, Min and Abs. All symbols are read
        as real variables, whatever else they assume.
    variables : sequence of SymPy symbols, optional
        The inputs in their order. By default the symbols of the expression: by their numbers if all are named x0, x1,
        ... (d is one more than the largest number), otherwise sorted by name. A constant lives on R^1.
    max_clauses : int or None
        Limit on the clauses, and on the pieces of one sum, that arise on the way; None for no limit.

    Raises
    ------
    InvalidType
        For a string, and for floats inside the expression.
    InvalidInput
        For whatever else is no such expression, with the part that is none: a product of two functions, an irrational
        number, Piecewise, another function.
    BudgetExceeded

    Notes
    -----
    Sums of maxima are multiplied out: the nested expression of a network grows as docs/theory.md, lemma A, says. Of a
    network itself, :func:`tropical.lattice` makes the canonical form without that. The depth of the expression is not
    limited by Python's stack.

    Examples
    --------
    >>> import sympy
    >>> x, y = sympy.symbols("x y", real=True)
    >>> str(from_sympy(sympy.Max(x, 2 * y) - sympy.Rational(1, 3)))
    'max(x0 - 1/3, 2*x1 - 1/3)'
    >>> from_sympy(abs(x - y), variables=[y, x])([3, 1])
    Fraction(2, 1)
    """
    sympy = load_sympy()
    limit = as_limit(max_clauses, "max_clauses")
    if isinstance(expression, str):
        raise InvalidType("expression", "a SymPy expression", f"the string {expression!r}", "use tropical.parse")
    if not isinstance(expression, sympy.Expr):
        raise InvalidType("expression", "one SymPy expression", expression, "convert entries one by one")
    nodes = _children_first(sympy, expression)
    found = list(dict.fromkeys(node for node in nodes if isinstance(node, sympy.Symbol)))
    for symbol in found:
        if symbol.is_extended_real is False:
            raise InvalidInput("expression", "real symbols", str(symbol), "declare it with real=True")
    if variables is None:
        numbers, d = _numbered(found)
    else:
        symbols = inputs(sympy, variables, None)
        numbers, d = {symbol: i for i, symbol in enumerate(symbols)}, len(symbols)
        for symbol in found:
            if symbol not in numbers:
                same = " (of the same name, with other assumptions)" if str(symbol) in map(str, symbols) else ""
                requirement = "symbols that are among `variables`"
                raise InvalidInput("expression", requirement, f"{symbol}{same}", "add it to variables")
    value = _Reader(sympy, numbers, d, limit).read(nodes)
    return value if isinstance(value, LatticePolynomial) else _one_piece(value, d)


Affine = dict[int, Fraction]  # the non-zero coefficients by the variables' numbers, the constant under the number d


def _children_first(sympy: Any, expression: Any) -> list[Any]:
    """Return the different nodes of an expression, each after its arguments; refuse those without a meaning."""
    order: list[Any] = []
    seen: set[int] = set()
    stack = [(expression, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            _admit(sympy, node)
            stack.append((node, True))
            stack.extend((argument, False) for argument in node.args)
    return order


def _admit(sympy: Any, node: Any) -> None:
    if isinstance(node, (sympy.Symbol, sympy.Rational, sympy.Add, sympy.Mul, sympy.Max, sympy.Min, sympy.Abs)):
        return
    if isinstance(node, sympy.Float):
        cure = "write sympy.Rational(1, 2), or sympy.nsimplify(expression, rational=True)"
        raise InvalidType("expression", "exact numbers", f"the float {node}", cure)
    if isinstance(node, sympy.Pow):
        if node.exp == -1:
            return
        if not all(isinstance(part, (sympy.Rational, sympy.NumberSymbol)) for part in node.args):
            raise InvalidInput("expression", "no powers", shown(node), "a power of a function has curved pieces")
    if isinstance(node, (sympy.Pow, sympy.Number, sympy.NumberSymbol)) or node in (sympy.I, sympy.zoo):
        cure = "put a rational number in its place"
        raise InvalidInput("expression", "rational numbers", shown(node), cure)
    if isinstance(node, sympy.Piecewise):
        cure = "write it with Max, Min and Abs: its branches need not fit together"
        raise InvalidInput("expression", "no Piecewise", shown(node), cure)
    name = getattr(node.func, "__name__", type(node).__name__)
    cure = "only +, -, products with rational numbers, Max, Min and Abs have a meaning here"
    raise InvalidInput("expression", "known functions", f"{name} in {shown(node)}", cure)


def _one_piece(row: Affine, d: int) -> LatticePolynomial:
    return LatticePolynomial([_pair(row, d)], [[0]])


def _pair(row: Affine, d: int) -> tuple[list[Fraction | int], Fraction | int]:
    return [row.get(i, 0) for i in range(d)], row.get(d, 0)


class _Reader:
    """The meaning of expressions: an affine function or a lattice polynomial."""

    def __init__(self, sympy: Any, numbers: Mapping[Any, int], d: int, limit: int | None) -> None:
        self._numbers, self._d, self._limit = numbers, d, limit
        self._meanings: list[tuple[Any, Callable[[Any, list[Any]], Any]]] = [
            (sympy.Symbol, lambda node, _: {numbers[node]: Fraction(1)}),
            (sympy.Rational, lambda node, _: self._constant(as_fraction(node))),
            (sympy.Add, lambda _, values: self._sum(values)),
            (sympy.Mul, self._product),
            (sympy.Max, lambda _, values: self._extreme(values, "max-min")),
            (sympy.Min, lambda _, values: self._extreme(values, "min-max")),
            (sympy.Abs, lambda _, values: self._extreme([values[0], _times(values[0], Fraction(-1))], "max-min")),
            (sympy.Pow, self._reciprocal),
        ]

    def read(self, nodes: list[Any]) -> Affine | LatticePolynomial:
        values: dict[int, Any] = {}
        for node in nodes:
            meaning = next(meaning for kind, meaning in self._meanings if isinstance(node, kind))
            values[id(node)] = meaning(node, [values[id(argument)] for argument in node.args])
        return values[id(nodes[-1])]

    def _constant(self, value: Fraction) -> Affine:
        return {self._d: value} if value else {}

    def _number(self, value: Affine | LatticePolynomial) -> Fraction | None:
        """Return the number that a constant is."""
        if isinstance(value, LatticePolynomial) or any(i != self._d for i in value):
            return None
        return value.get(self._d, Fraction(0))

    def _product(self, node: Any, values: list[Any]) -> Any:
        factor, function = Fraction(1), None
        for value in values:
            number = self._number(value)
            if number is not None:
                factor *= number
            elif function is None:
                function = value
            else:
                cure = "a product of two functions has curved pieces"
                raise InvalidInput("expression", "products with rational numbers only", shown(node), cure)
        return self._constant(factor) if function is None else _times(function, factor)

    def _reciprocal(self, node: Any, values: list[Any]) -> Affine:
        divisor = self._number(values[0])
        if not divisor:
            cure = "a quotient of functions has curved pieces"
            raise InvalidInput("expression", "division by rational numbers other than zero", shown(node), cure)
        return self._constant(1 / divisor)

    def _sum(self, values: list[Any]) -> Affine | LatticePolynomial:
        total: Affine = {}
        functions = []
        for value in values:
            if isinstance(value, LatticePolynomial):
                functions.append(value)
                continue
            for i, coefficient in value.items():
                total[i] = total.get(i, Fraction(0)) + coefficient
        total = {i: coefficient for i, coefficient in total.items() if coefficient}
        if not functions:
            return total
        forms = sorted({F.form for F in functions})
        form = min(forms, key=lambda form: _product([_clause_bound(F, form) for F in functions]))
        result, *others = [self._in_form(F, form) for F in functions]
        for other in others:
            self._check(max(len(result.clauses) * len(other.clauses), len(result.pieces) * len(other.pieces)))
            result = result + other
        return result + _one_piece(total, self._d) if total else result

    def _extreme(self, values: list[Any], joining: str) -> Affine | LatticePolynomial:
        """Return the maximum (joining "max-min") or minimum ("min-max")."""
        rows = list({tuple(sorted(v.items())): v for v in values if not isinstance(v, LatticePolynomial)}.values())
        functions = [value for value in values if isinstance(value, LatticePolynomial)]
        largest = joining == "max-min"
        numbers = [self._number(row) for row in rows]
        constants = [number for number in numbers if number is not None]
        if constants:
            best = self._constant((max if largest else min)(constants))
            rows = [*(row for row, number in zip(rows, numbers, strict=True) if number is None), best]
        if len(rows) == 1 and not functions:
            return rows[0]
        if rows:
            singles = [[i] for i in range(len(rows))]
            functions.append(LatticePolynomial([_pair(row, self._d) for row in rows], singles, joining))
        # In the joining form clauses are collected, in the other one they are multiplied out. Collecting is the
        # natural choice unless some operand would have to be turned over at a cost.
        other = "min-max" if largest else "max-min"
        collected = sum(_clause_bound(F, joining) for F in functions)
        multiplied = _product([_clause_bound(F, other) for F in functions])
        turned = [F for F in functions if F.form != joining and not _turns_freely(F)]
        form = joining if not turned or collected <= multiplied else other
        functions = [self._in_form(F, form) for F in functions]
        if form == joining:
            self._check(sum(len(F.clauses) for F in functions))
        while len(functions) > 1:  # in pairs: n functions are copied log n times instead of n times
            paired = []
            for first, second in zip(functions[::2], functions[1::2], strict=False):
                if form != joining:
                    self._check(len(first.clauses) * len(second.clauses))
                paired.append((maximum if largest else minimum)(first, second))
            functions = paired + functions[2 * len(paired) :]
        return functions[0]

    def _in_form(self, F: LatticePolynomial, form: str) -> LatticePolynomial:
        if F.form == form:
            return F
        masks = transversals((mask_of(clause) for clause in F.clauses), limit=self._limit)
        return LatticePolynomial(F.pieces, sorted(members(mask) for mask in masks), form)

    def _check(self, count: int) -> None:
        if self._limit is not None and count > self._limit:
            cure = "raise max_clauses, or convert the network itself with tropical.lattice"
            raise BudgetExceeded(f"more than {self._limit} clauses or pieces; {cure}")


def _times(value: Affine | LatticePolynomial, factor: Fraction) -> Affine | LatticePolynomial:
    if isinstance(value, LatticePolynomial):
        return value * factor if factor else {}
    return {i: coefficient * factor for i, coefficient in value.items()} if factor else {}


def _clause_bound(F: LatticePolynomial, form: str) -> int:
    """Bound the number of clauses in a form: a transversal takes one element of each clause."""
    return len(F.clauses) if F.form == form else _product([len(clause) for clause in F.clauses])


def _product(counts: list[int]) -> int:
    result = 1
    for count in counts:
        result = min(result * count, 10**30)  # only compared: no need of numbers with a thousand digits
    return result


def _turns_freely(F: LatticePolynomial) -> bool:
    """Return whether F is one maximum or minimum of pieces: either form then has it as it is."""
    return len(F.clauses) == 1 or all(len(clause) == 1 for clause in F.clauses)


def _numbered(found: list[Any]) -> tuple[dict[Any, int], int]:
    """Return the numbers of the symbols of an expression, and the dimension."""
    names = [symbol.name for symbol in found]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        given = f"two different symbols {double}"
        raise InvalidInput("expression", "one symbol a name", given, "use the same assumptions, or pass variables")
    numbered = [re.fullmatch(r"x(0|[1-9][0-9]{0,5})", name) for name in names]
    if all(numbered):
        numbers = {symbol: int(match[1]) for symbol, match in zip(found, numbered, strict=True) if match}
        d = 1 + max(numbers.values(), default=0)
        if d > _LARGEST_DIMENSION:
            given = f"x{d - 1}"
            raise InvalidInput("expression", f"variables below x{_LARGEST_DIMENSION}", given, "pass variables")
        return numbers, d
    return {symbol: i for i, symbol in enumerate(sorted(found, key=lambda symbol: symbol.name))}, len(found)
