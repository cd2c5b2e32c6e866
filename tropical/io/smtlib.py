"""Functions as definitions in SMT-LIB 2, for z3, cvc5, MathSAT and other solvers of linear real arithmetic.

Rational numbers are written as quotients, nothing is rounded. Shared terms are named by ``let``, layer by layer, so
that a file is about as long as the function's own data; extrema are balanced trees.

Reference: Barrett, Fontaine, Tinelli, *The SMT-LIB standard, version 2.6*.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import rational_text
from tropical._protocol import as_function
from tropical.domains import Domain, as_polyhedron
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.pieces import PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["to_smtlib", "to_smtlib_equality"]

_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OWN = re.compile(r"([xaghc][0-9]+|let|ite|and|or|not|distinct|assert|Real|par|exists|forall|match|as|_)\Z")


def to_smtlib(F: Any, *, name: str = "F") -> str:
    """Return the definition of a function in SMT-LIB 2.

    Parameters
    ----------
    F : function of any type
    name : str
        Letters, digits and underscores. With m > 1 outputs the functions ``name_0``, ..., ``name_{m-1}`` are defined.

    Returns
    -------
    str
        ``define-fun`` commands over Real; set a logic such as QF_LRA before them, assertions after.

    Raises
    ------
    InvalidInput
        If the name is no symbol, or one that inputs and terms have.

    Examples
    --------
    >>> from tropical import parse
    >>> print(to_smtlib(parse("max(x0 - 1/3, 0)")), end="")
    (define-fun F ((x0 Real)) Real
      (let ((g0 (+ x0 (- (/ 1.0 3.0)))) (g1 0.0))
      (let ((c0 (ite (>= g0 g1) g0 g1)))
      c0)))
    """
    function = as_function(F)
    if not isinstance(name, str) or not _SYMBOL.match(name) or _OWN.match(name):
        cure = "names such as x0 and g0 are taken for inputs and terms"
        raise InvalidInput("name", "a symbol of letters, digits and underscores", name, cure)
    inputs = " ".join(f"(x{i} Real)" for i in range(function.dimension))
    return "".join(
        f"(define-fun {symbol} ({inputs}) Real\n  {_body(part)})\n"
        for symbol, part in zip(_symbols(function, name), _parts(function), strict=True)
    )


def to_smtlib_equality(F: Any, G: Any, domain: Domain = None) -> str:
    """Return the question whether two functions differ: ``unsat`` means that they are the same on the domain.

    Parameters
    ----------
    F, G : functions of any types, with as many inputs and outputs each
    domain : None, Box or Polyhedron
        R^d by default.

    Raises
    ------
    InvalidInput
        If inputs or outputs do not match.
    """
    left, right = as_function(F, "F"), as_function(G, "G")
    if (left.dimension, left.outputs) != (right.dimension, right.outputs):
        requirement = f"{left.dimension} inputs and {left.outputs} outputs, as F has"
        raise InvalidInput("G", requirement, f"{right.dimension} and {right.outputs}", "compose or select them")
    polyhedron = as_polyhedron(domain, left.dimension)
    inputs = [f"x{i}" for i in range(left.dimension)]
    lines = [
        "; unsat: F and G are the same function there; sat: they differ at the model's point",
        "(set-logic QF_LRA)",
    ]
    lines += [to_smtlib(left, name="F") + to_smtlib(right, name="G").rstrip()]
    lines += [f"(declare-const {symbol} Real)" for symbol in inputs]
    if polyhedron is not None:
        for row, bound in zip(polyhedron.A, polyhedron.b, strict=True):
            lines.append(f"(assert (<= {_affine(row, Fraction(0), inputs)} {_number(bound)}))")
    calls = [
        [f"({symbol} {' '.join(inputs)})" for symbol in _symbols(function, name)]
        for function, name in ((left, "F"), (right, "G"))
    ]
    pairs = [f"(distinct {a} {b})" for a, b in zip(*calls, strict=True)]
    lines.append(f"(assert {pairs[0] if len(pairs) == 1 else '(or ' + ' '.join(pairs) + ')'})")
    return "\n".join([*lines, "(check-sat)", ""])


def _symbols(function: Any, name: str) -> list[str]:
    return [name] if function.outputs == 1 else [f"{name}_{j}" for j in range(function.outputs)]


def _parts(function: Any) -> Iterable[Any]:
    return [function] if function.outputs == 1 else [function[j] for j in range(function.outputs)]


class _Lets:
    """Layers of names for terms, each layer in terms of those before."""

    def __init__(self) -> None:
        self._layers: list[list[tuple[str, str]]] = []
        self._count: Counter[str] = Counter()

    def bind(self, letter: str, terms: Iterable[str]) -> list[str]:
        """Return new names for terms: the letter and a running number."""
        layer = []
        for term in terms:
            layer.append((f"{letter}{self._count[letter]}", term))
            self._count[letter] += 1
        self._layers.append(layer)
        return [name for name, _ in layer]

    def around(self, value: str) -> str:
        """Return a term in which the names have their meaning."""
        opened = [f"(let ({' '.join(f'({name} {term})' for name, term in layer)})" for layer in self._layers]
        return "\n  ".join([*opened, value + ")" * len(opened)])


def _body(function: Any) -> str:
    lets = _Lets()
    if isinstance(function, ReLUNetwork):
        value = _network(function, lets)
    elif isinstance(function, TropicalRational):
        value = f"(- {_polynomial(function.numerator, lets)} {_polynomial(function.denominator, lets)})"
    elif isinstance(function, TropicalPolynomial):
        value = _polynomial(function, lets)
    else:
        value = _lattice(function, lets)
    return lets.around(value)


def _network(network: ReLUNetwork, lets: _Lets) -> str:
    values = [f"x{i}" for i in range(network.dimension)]
    layers = list(zip(network.weights, network.biases, strict=True))
    for matrix, bias in layers[:-1]:
        sums = lets.bind("a", [_affine(row, b, values) for row, b in zip(matrix, bias, strict=True)])
        values = lets.bind("h", [f"(ite (>= {a} 0.0) {a} 0.0)" for a in sums])
    (row,), (constant,) = layers[-1]
    return _affine(row, constant, values)


def _polynomial(polynomial: TropicalPolynomial, lets: _Lets) -> str:
    return _extrema([_pieces(polynomial.pieces, lets)], ">=" if polynomial.convention == "max" else "<=", lets)[0]


def _lattice(function: LatticePolynomial, lets: _Lets) -> str:
    terms = _pieces(function.pieces, lets)
    inner, outer = ("<=", ">=") if function.form == "max-min" else (">=", "<=")
    clauses = _extrema([[terms[i] for i in clause] for clause in function.clauses], inner, lets)
    return _extrema([clauses], outer, lets)[0]


def _pieces(pieces: PieceTable, lets: _Lets) -> list[str]:
    inputs = [f"x{i}" for i in range(pieces.dimension)]
    return lets.bind("g", [_affine(*piece, inputs) for piece in pieces])


def _extrema(families: list[list[str]], relation: str, lets: _Lets) -> list[str]:
    """Return names of the extrema of families of names, halved level by level; equal pairs are compared once."""
    current = families
    while any(len(family) > 1 for family in current):
        halves = [list(zip(family[::2], family[1::2], strict=False)) for family in current]
        pairs = list(dict.fromkeys(pair for half in halves for pair in half))
        names = dict(zip(pairs, lets.bind("c", [f"(ite ({relation} {a} {b}) {a} {b})" for a, b in pairs]), strict=True))
        current = [
            [*(names[pair] for pair in half), *family[2 * len(half) :]]
            for half, family in zip(halves, current, strict=True)
        ]
    return [family[0] for family in current]


def _affine(row: Sequence[Fraction], constant: Fraction, names: Sequence[str]) -> str:
    terms = [name if a == 1 else f"(* {_number(a)} {name})" for a, name in zip(row, names, strict=True) if a]
    if constant or not terms:
        terms.append(_number(constant))
    return terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def _number(value: Fraction) -> str:
    """Return a rational number of sort Real."""
    above, _, below = rational_text(abs(value)).partition("/")
    text = f"(/ {above}.0 {below}.0)" if below else f"{above}.0"
    return f"(- {text})" if value < 0 else text
