"""Functions as formulas: text that :func:`tropical.parse` reads, and LaTeX. Nothing is cut, nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tropical._exact.rational import as_limit
from tropical._protocol import as_function
from tropical.clauses import formula
from tropical.convert import lattice
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.pieces import AffinePiece
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["to_latex", "to_text"]

_MOST_CELLS = 100_000


def to_text(F: Any, *, max_cells: int | None = _MOST_CELLS) -> str:
    """Return the formula of a function, which :func:`tropical.parse` reads back as the same function.

    Parameters
    ----------
    F : function of any type, one output
        The formula of a network is its canonical lattice polynomial.
    max_cells : int, optional
        Limit for the conversion of a network, 100000 by default; None for no limit.

    Raises
    ------
    InvalidInput
        For several outputs.
    BudgetExceeded
        After `max_cells` cells.

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> to_text(ReLUNetwork([[[1, 0], [-1, 0]], [1, 1]]))
    'max(-x0, x0) + 0*x1'
    """
    function = as_function(F)
    if function.outputs != 1:
        raise InvalidInput("F", "one output, as a formula has", f"{function.outputs}", "select one with F[j]")
    as_limit(max_cells, "max_cells")
    shown = lattice(function, max_cells=max_cells) if isinstance(function, ReLUNetwork) else function
    text, last = str(shown), f"x{function.dimension - 1}"
    # without the last variable a reader would take the space to be smaller
    return text if _reads(shown, function.dimension - 1) else f"{text} + 0*{last}"


def to_latex(F: Any) -> str:
    r"""Return the formula of a function in LaTeX, without dollar signs.

    Lattice polynomials and tropical ones are extrema of affine functions, networks are matrices and ReLU.

    Parameters
    ----------
    F : function of any type

    Examples
    --------
    >>> from tropical import parse
    >>> print(to_latex(parse("max(x0/2, 0)")))
    \max\left(\tfrac{1}{2}x_{0}, 0\right)
    """
    function = as_function(F)
    if isinstance(function, ReLUNetwork):
        return _network(function)
    if isinstance(function, TropicalPolynomial):
        return _polynomial(function)
    if isinstance(function, TropicalRational):
        above, below = _polynomial(function.numerator), _polynomial(function.denominator)
        return above if below == "0" else rf"{above} - \left({below}\right)"
    assert isinstance(function, LatticePolynomial)
    outer, inner = function.form.split("-")
    return formula(function.clauses, lambda i: function.pieces[i].latex(), rf"\{outer}", rf"\{inner}", _BRACKETS)


_BRACKETS = r"\left({}\right)"


def _reads(function: Any, variable: int) -> bool:
    """Return whether the formula names the variable: a lattice polynomial may have pieces that no clause uses."""
    if isinstance(function, LatticePolynomial):
        return any(function.pieces[i].gradient[variable] for clause in function.clauses for i in clause)
    parts = (function.numerator, function.denominator) if isinstance(function, TropicalRational) else (function,)
    return any(part.pieces[i].gradient[variable] for part in parts for i in range(len(part.pieces)))


def _polynomial(polynomial: TropicalPolynomial) -> str:
    terms = [piece.latex() for piece in polynomial.pieces]
    return terms[0] if len(terms) == 1 else rf"\{polynomial.convention}{_BRACKETS.format(', '.join(terms))}"


def _network(network: ReLUNetwork) -> str:
    value = "x"
    for depth, (matrix, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if depth:
            value = rf"\operatorname{{relu}}\left({value}\right)"
        value = f"{_matrix(matrix)} {value}"
        if any(bias):
            value += f" + {_matrix([b] for b in bias)}"
    return value


def _matrix(rows: Iterable[Iterable[Fraction]]) -> str:
    body = r" \\ ".join(" & ".join(_number(value) for value in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def _number(value: Fraction) -> str:
    return AffinePiece((Fraction(0),), value).latex()
