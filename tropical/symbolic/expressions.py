"""Functions as SymPy expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import as_limit
from tropical.exceptions import BudgetExceeded, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.pieces import AffinePiece
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational
from tropical.symbolic.shared import extreme, inputs, lattice_expression, load_sympy, rational

__all__ = ["to_sympy"]

# a network whose expression has 290,522 nodes was converted in 0.2 s and printed in 9 s; sizes grow with the product of
# the widths, and SymPy walks through all nodes again and again
_MAX_NODES = 300_000


def to_sympy(F: Any, variables: Iterable[Any] | None = None, *, max_nodes: int | None = _MAX_NODES) -> Any:
    """Return a function as a SymPy expression, exactly.

    Parameters
    ----------
    F : LatticePolynomial, ReLUNetwork, TropicalPolynomial, TropicalRational or AffinePiece
    variables : sequence of d distinct SymPy symbols, optional
        By default ``Symbol("x0", real=True)``, ``Symbol("x1", real=True)``, ...
    max_nodes : int or None
        Limit on the size of the expression as a tree; None for no limit.

    Returns
    -------
    sympy.Expr, or a tuple of them for a network with several outputs
        Max of Min (or Min of Max) for a lattice polynomial, nested ``Max(…, 0)`` for a network. Coefficients are
        ``sympy.Rational``.

    Raises
    ------
    BudgetExceeded
        Before anything is built, if the expression has more than `max_nodes` nodes.

    Notes
    -----
    Costs time in proportion to the size: SymPy's comparisons of arguments, which are quadratic and slow, are left out.
    SymPy makes them in ``expression.subs`` after each variable (in three variables 0.3 s for 4 pieces, 3 s for
    10, 160 s for 20 in 20 clauses), and in unpickling. Give values to all variables at once by
    ``expression.xreplace({x0: …, x1: …})``, which compares numbers only: milliseconds.

    Examples
    --------
    >>> from tropical import ReLUNetwork, parse
    >>> to_sympy(parse("max(min(x0, 2*x1 - 1/3), 0)"))
    Max(0, Min(x0, 2*x1 - 1/3))
    >>> to_sympy(ReLUNetwork([[[1], [-1]], [1, 1]]))
    Max(0, -x0) + Max(0, x0)
    """
    sympy = load_sympy()
    limit = as_limit(max_nodes, "max_nodes")
    d = _dimension_of(F)
    symbols = inputs(sympy, variables, d)
    nodes = _size(F)
    if limit is not None and nodes > limit:
        raise BudgetExceeded(f"the expression has {nodes} nodes, more than max_nodes = {limit}; raise it")
    return _expression(sympy, F, symbols)


def _dimension_of(F: Any) -> int:
    if isinstance(F, AffinePiece):
        return len(F.gradient)
    if isinstance(F, (LatticePolynomial, ReLUNetwork, TropicalPolynomial)):
        return F.dimension
    if isinstance(F, TropicalRational):
        return F.numerator.dimension
    requirement = "a lattice polynomial, a network, a tropical polynomial or quotient, or an affine piece"
    raise InvalidType("F", requirement, F, "convert it first")


def _expression(sympy: Any, F: Any, symbols: Sequence[Any]) -> Any:
    if isinstance(F, AffinePiece):
        return _affine(sympy, F, symbols)
    if isinstance(F, ReLUNetwork):
        values: list[Any] = list(symbols)
        for depth, (matrix, bias) in enumerate(zip(F.weights, F.biases, strict=True)):
            if depth:
                values = [extreme(sympy, "Max", [value, sympy.S.Zero]) for value in values]
            values = [_combination(sympy, row, b, values) for row, b in zip(matrix, bias, strict=True)]
        return values[0] if F.outputs == 1 else tuple(values)
    if isinstance(F, LatticePolynomial):
        outer = "Max" if F.form == "max-min" else "Min"
        return lattice_expression(sympy, [_affine(sympy, piece, symbols) for piece in F.pieces], F.clauses, outer)
    if isinstance(F, TropicalPolynomial):
        return extreme(sympy, F.convention.capitalize(), [_affine(sympy, piece, symbols) for piece in F.pieces])
    return _expression(sympy, F.numerator, symbols) - _expression(sympy, F.denominator, symbols)


def _affine(sympy: Any, piece: AffinePiece, symbols: Sequence[Any]) -> Any:
    return _combination(sympy, piece.gradient, piece.constant, symbols)


def _combination(sympy: Any, weights: Iterable[Fraction], constant: Fraction, values: Iterable[Any]) -> Any:
    terms = [sympy.Mul(rational(sympy, w), value) for w, value in zip(weights, values, strict=True) if w]
    return sympy.Add(*terms, rational(sympy, constant))


def _size(F: Any) -> int:
    """Bound the number of nodes of the expression tree from above."""
    if isinstance(F, AffinePiece):
        return 2 + 3 * sum(map(bool, F.gradient))
    if isinstance(F, ReLUNetwork):
        sizes = [1] * F.dimension
        for depth, matrix in enumerate(F.weights):
            inside = [size + 2 for size in sizes] if depth else sizes
            sizes = [2 + sum(size + 2 for w, size in zip(row, inside, strict=True) if w) for row in matrix]
        return sum(sizes)
    if isinstance(F, LatticePolynomial):
        sizes = [_size(piece) for piece in F.pieces]
        return 1 + sum(1 + sum(sizes[i] for i in clause) for clause in F.clauses)
    if isinstance(F, TropicalPolynomial):
        return 1 + sum(_size(piece) for piece in F.pieces)
    return 3 + _size(F.numerator) + _size(F.denominator)
