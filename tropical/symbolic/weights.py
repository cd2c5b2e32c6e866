r"""Networks with symbolic weights.

:func:`formal_lattice` expands a network whose weights are symbols of known sign, by the algebra of lattice polynomials
(docs/theory.md, lemma A):

.. math:: w \max_j \min_{i \in S_j} g_i = \max_j \min_{i \in S_j} w g_i \quad (w \ge 0), \qquad
          = \min_j \max_{i \in S_j} w g_i = \max_T \min_{i \in T} w g_i \quad (w \le 0)

with T over the minimal sets that meet every S_j. No piece is compared with another one, so the result holds for all
values of the symbols at once; in return it has clauses that no single network needs.

=================  =============================
docs/theory.md     here
=================  =============================
g_i                ``SymbolicLattice.pieces[i]``
S_j                ``SymbolicLattice.clauses[j]``
=================  =============================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tropical._display import never_raising
from tropical._exact.rational import as_fraction, as_limit
from tropical.clauses import formula, mask_of, members, merge, transversals
from tropical.exceptions import BudgetExceeded, InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.symbolic.reading import from_sympy
from tropical.symbolic.shared import inputs, lattice_expression, load_sympy, rational, shown

__all__ = ["SymbolicLattice", "formal_lattice"]

_LONGEST_REPR = 240


@dataclass(frozen=True, slots=True, repr=False)
class SymbolicLattice:
    """Max-min form whose pieces have symbolic coefficients; made by :func:`formal_lattice`.

    Attributes
    ----------
    pieces : tuple of sympy.Expr
        Affine in the variables, expanded.
    clauses : tuple of tuples of int
        Each names the pieces of one minimum; the function is the maximum of these minima.
    variables : tuple of sympy.Symbol
        The inputs.
    """

    pieces: tuple[Any, ...]
    clauses: tuple[tuple[int, ...], ...]
    variables: tuple[Any, ...]

    @property
    def dimension(self) -> int:
        """Number of inputs d."""
        return len(self.variables)

    @property
    def expression(self) -> Any:
        """The function as a SymPy expression, Max of Min."""
        return lattice_expression(load_sympy(), self.pieces, self.clauses, "Max")

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The symbols of the weights that occur in the pieces, sorted by name."""
        found = set().union(*(piece.free_symbols for piece in self.pieces)) - set(self.variables)
        return tuple(sorted(found, key=str))

    def subs(self, values: Mapping[Any, Any]) -> LatticePolynomial:
        """Return the lattice polynomial with exact numbers in place of the parameters.

        Parameters
        ----------
        values : mapping from sympy.Symbol to exact numbers
            A value for every parameter that agrees with the symbol's assumptions: for weights of other signs the form
            is another one, and false here.

        Raises
        ------
        InvalidInput
            If a value is missing or contradicts an assumption, or if a coefficient becomes irrational or infinite.

        Notes
        -----
        The pieces and clauses are the same, one by one; pieces that have become equal are not merged.
        """
        sympy = load_sympy()
        if not isinstance(values, Mapping):
            raise InvalidType("values", "a mapping from symbols to exact numbers", values, "pass {a: 2}")
        numbers = {symbol: _parameter_value(sympy, symbol, value) for symbol, value in values.items()}
        for symbol in self.variables:
            if symbol in numbers:
                cure = "call the lattice polynomial at a point"
                raise InvalidInput("values", "parameters", f"the variable {symbol}", cure)
        missing = [str(symbol) for symbol in self.parameters if symbol not in numbers]
        if missing:
            cure = "add them; symbols of one name with different assumptions are different"
            raise InvalidInput("values", "a number for every parameter", f"none for {', '.join(missing)}", cure)
        pairs = []
        for piece in self.pieces:
            replaced = piece.xreplace(numbers)
            try:
                pairs.append(from_sympy(replaced, self.variables).pieces[0])
            except InvalidInput:  # an irrational coefficient, a division by zero
                requirement = "values with which all coefficients are rational numbers"
                raise InvalidInput("values", requirement, shown(replaced), "choose other values") from None
        return LatticePolynomial(pairs, self.clauses)

    def __str__(self) -> str:
        return formula(self.clauses, self._term(str), "max", "min")

    @never_raising
    def __repr__(self) -> str:
        text = formula(self.clauses, self._term(shown), "max", "min", cut=True)
        cut = text if len(text) <= _LONGEST_REPR else text[: _LONGEST_REPR - 1] + "…"
        return f"SymbolicLattice({len(self.pieces)} pieces, {len(self.clauses)} clauses, R^{self.dimension}: {cut})"

    @never_raising
    def _repr_latex_(self) -> str:
        term = self._term(load_sympy().latex)
        return "$" + formula(self.clauses, term, r"\max", r"\min", r"\left({}\right)", cut=True) + "$"

    def _term(self, text: Any) -> Any:
        return lambda i: text(self.pieces[i])


def _parameter_value(sympy: Any, symbol: Any, value: Any) -> Any:
    if not isinstance(symbol, sympy.Symbol):
        raise InvalidType("values", "SymPy symbols as keys", symbol, "pass the symbol itself")
    number = rational(sympy, as_fraction(value, f"values[{symbol}]"))
    contradicted = {
        name: expected
        for name, expected in symbol.assumptions0.items()
        if getattr(number, f"is_{name}") not in (expected, None)
    }
    if contradicted:
        telling = ("positive", "negative", "nonnegative", "nonpositive", "zero", "integer")
        name = next((name for name in telling if name in contradicted), min(contradicted))
        requirement = f"a number that is {'' if contradicted[name] else 'not '}{name}, as the symbol assumes"
        raise InvalidInput(f"values[{symbol}]", requirement, str(number), "choose another value, or expand anew")
    return number


def formal_lattice(
    weights: Sequence[Any],
    biases: Sequence[Any] | None = None,
    variables: Iterable[Any] | None = None,
    *,
    max_clauses: int | None = 10_000,
) -> SymbolicLattice | tuple[SymbolicLattice, ...]:
    """Expand a ReLU network with symbolic weights of known sign into max-min form.

    Parameters
    ----------
    weights : sequence of matrices
        Nested lists or SymPy matrices of exact numbers and SymPy expressions. ReLU acts after all layers but the last;
        the last may be a vector.
    biases : None or sequence of vectors
        One for each layer, or None for a zero one. The last may be one entry.
    variables : sequence of d SymPy symbols, optional
        The inputs; by default x0, x1, ..., real.
    max_clauses : int or None
        Limit on the clauses, and on the pieces of one sum, that arise on the way, before absorption.

    Returns
    -------
    SymbolicLattice, or a tuple of them for several outputs
        Clauses absorb each other formally and equal pieces are merged; no other is left out, whatever the symbols'
        values would imply.

    Raises
    ------
    InvalidInput
        If a weight is met whose sign SymPy does not know from its assumptions (nonnegative and nonpositive suffice).
        Biases and the first layer act on affine functions and may have any sign.
    BudgetExceeded

    Notes
    -----
    A weight known >= 0 keeps the form, one known <= 0 turns it over (formal dual, exponential in general); a sum
    multiplies pieces and clauses; relu joins the clause {0}. Meant for few units.

    Examples
    --------
    >>> import sympy
    >>> a, b = sympy.symbols("a b", positive=True)
    >>> u, v = sympy.symbols("u v", real=True)
    >>> F = formal_lattice([[[u], [v]], [a, -b]])
    >>> str(F)
    'max(min(a*u*x0 - b*v*x0, a*u*x0), min(-b*v*x0, 0))'
    >>> str(F.subs({a: 2, b: 1, u: 1, v: -1}))
    'max(min(3*x0, 2*x0), min(x0, 0))'
    """
    sympy = load_sympy()
    layers, offsets = _symbolic_network(sympy, weights, biases)
    d = len(layers[0][0])
    symbols = inputs(sympy, variables, d)
    _check_apart(layers, offsets, symbols)
    formal = _Formal(sympy, as_limit(max_clauses, "max_clauses"))
    zero, one = sympy.S.Zero, sympy.S.One
    units = [([tuple(one if j == i else zero for j in range(d + 1))], [1]) for i in range(d)]
    for depth, (matrix, bias) in enumerate(zip(layers, offsets, strict=True)):
        if depth:
            units = [formal.relu(unit) for unit in units]
        following = []
        for i, (row, b) in enumerate(zip(matrix, bias, strict=True)):
            total = ([(*[zero] * d, b)], [1])
            for j, (weight, unit) in enumerate(zip(row, units, strict=True)):
                if weight.is_zero is not True:
                    total = formal.sum(total, formal.times(unit, weight, (depth, i, j)))
            following.append(total)
        units = following
    coordinates = (*symbols, one)
    results = tuple(
        SymbolicLattice(
            tuple(sympy.Add(*(sympy.expand(c * x) for c, x in zip(row, coordinates, strict=True))) for row in rows),
            tuple(sorted(members(mask) for mask in masks)),
            symbols,
        )
        for rows, masks in units
    )
    return results[0] if len(results) == 1 else results


Unit = tuple[list[tuple[Any, ...]], list[int]]  # rows (gradient, constant) of expanded expressions, clauses as masks


class _Formal:
    """Lemma A on max-min forms with symbolic pieces."""

    def __init__(self, sympy: Any, limit: int | None) -> None:
        self._sympy, self._limit = sympy, limit

    def relu(self, unit: Unit) -> Unit:
        rows, masks = unit
        zero = (self._sympy.S.Zero,) * len(rows[0])
        return merge([*rows, zero], [*masks, 1 << len(rows)])

    def times(self, unit: Unit, weight: Any, place: tuple[int, int, int]) -> Unit:
        rows, masks = unit
        scaled = [tuple(self._sympy.expand(weight * entry) for entry in row) for row in rows]
        if len(rows) == 1 or weight.is_nonnegative:
            return merge(scaled, masks)
        if weight.is_nonpositive:
            return merge(scaled, transversals(masks, limit=self._limit))
        layer, i, j = place
        requirement = f"a known sign in layer {layer}, row {i}, column {j} (counted from 0)"
        name = weight.name if isinstance(weight, self._sympy.Symbol) else "c"
        cure = f'declare it, as in sympy.Symbol("{name}", positive=True) or negative=True'
        cure += "" if isinstance(weight, self._sympy.Symbol) else ", a symbol in place of the expression"
        raise InvalidInput(f"weights[{layer}][{i}][{j}]", requirement, shown(weight), cure)

    def sum(self, left: Unit, right: Unit) -> Unit:
        (rows, masks), (others, other_masks) = left, right
        if self._limit is not None and max(len(masks) * len(other_masks), len(rows) * len(others)) > self._limit:
            raise BudgetExceeded(f"more than {self._limit} clauses or pieces; raise max_clauses")
        count = len(others)
        sums = [tuple(a + b for a, b in zip(row, other, strict=True)) for row in rows for other in others]
        products = [
            mask_of(i * count + j for i in members(mask) for j in members(other))
            for mask in masks
            for other in other_masks
        ]
        return merge(sums, products)


def _symbolic_network(sympy: Any, weights: Any, biases: Any) -> tuple[list[list[list[Any]]], list[list[Any]]]:
    """Return the entries as expanded SymPy expressions, with the shapes checked."""
    if isinstance(weights, (str, bytes)) or not isinstance(weights, Sequence) or not len(weights):
        raise InvalidType("weights", "a non-empty list of weight matrices", weights, "pass [W1, ..., w_last]")
    layers: list[list[list[Any]]] = []
    for index, layer in enumerate(weights):
        name = f"weights[{index}]"
        rows = _listed(layer, name)
        if index == len(weights) - 1 and not any(_is_listable(row) for row in rows):
            rows = [rows]
        matrix = []
        for i, row in enumerate(rows):
            entries = enumerate(_listed(row, f"{name}[{i}]"))
            matrix.append([_entry(sympy, entry, f"{name}[{i}][{j}]") for j, entry in entries])
        lengths = sorted({len(row) for row in matrix})
        if len(lengths) != 1 or lengths == [0]:
            raise InvalidInput(name, "rows of one length, at least 1", f"lengths {lengths}", "make it rectangular")
        if layers and lengths != [len(layers[-1])]:
            given = f"{lengths[0]} columns after a layer of {len(layers[-1])} units"
            raise InvalidInput(name, "one column for each unit of the layer before", given, "transpose or resize it")
        layers.append(matrix)
    if biases is None:
        biases = [None] * len(layers)
    if isinstance(biases, (str, bytes)) or not isinstance(biases, Sequence) or len(biases) != len(layers):
        raise InvalidInput("biases", f"None or {len(layers)} vectors, one a layer", biases, "use None for a zero bias")
    offsets = []
    for index, (bias, matrix) in enumerate(zip(biases, layers, strict=True)):
        name = f"biases[{index}]"
        if bias is None:
            bias = [0] * len(matrix)
        elif index == len(layers) - 1 and len(matrix) == 1 and not _is_listable(bias):
            bias = [bias]
        entries = list(bias) if isinstance(bias, sympy.MatrixBase) else _listed(bias, name)
        if len(entries) != len(matrix):
            raise InvalidInput(name, f"{len(matrix)} entries, one a unit", str(len(entries)), "match the layer's rows")
        offsets.append([_entry(sympy, entry, f"{name}[{i}]") for i, entry in enumerate(entries)])
    return layers, offsets


def _is_listable(value: Any) -> bool:
    if isinstance(value, Sequence):
        return not isinstance(value, (str, bytes))
    return hasattr(value, "tolist") and bool(getattr(value, "shape", ()))  # NumPy and SymPy; NumPy's scalars are ()


def _listed(values: Any, argument: str) -> list[Any]:
    if not _is_listable(values):
        raise InvalidType(argument, "a list of numbers or expressions", values, "pass a nested list or a SymPy matrix")
    return list(values) if isinstance(values, Sequence) else values.tolist()


def _entry(sympy: Any, value: Any, argument: str) -> Any:
    if not isinstance(value, sympy.Expr) or value.is_Rational:
        return rational(sympy, as_fraction(value, argument))
    if value.has(sympy.Float):
        raise InvalidType(argument, "exact numbers", f"the float in {shown(value)}", "use sympy.Rational")
    if value.is_extended_real is False or value.is_finite is False or value.has(sympy.nan):
        raise InvalidInput(argument, "a real number", shown(value), "correct the entry")
    return sympy.expand(value)


def _check_apart(layers: Iterable[Any], offsets: Iterable[Any], symbols: Sequence[Any]) -> None:
    """Refuse parameters with the name of a variable: pieces would not be affine, or not readable."""
    names = {symbol.name for symbol in symbols}
    entries = [entry for layer in (*layers, offsets) for row in layer for entry in row]
    for parameter in set().union(*(entry.free_symbols for entry in entries)):
        if str(parameter) in names:
            cure = "pass variables with other names"
            raise InvalidInput("weights", "parameters that are no variables", f"the symbol {parameter}", cure)
