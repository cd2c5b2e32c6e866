"""What the bridge to SymPy shares: loading it, numbers, symbols, and Max of Min.

SymPy is loaded inside the functions. Strings are never given to it: ``sympify`` evaluates them as programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import as_items
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["extreme", "inputs", "lattice_expression", "load_sympy", "rational", "shown"]

_NODES_SHOWN = 50


def load_sympy() -> Any:
    """Return the module, or say how to install it."""
    try:
        import sympy
    except ImportError:
        raise ImportError("tropical.symbolic needs SymPy, which is not installed: pip install sympy") from None
    return sympy


def rational(sympy: Any, value: Fraction) -> Any:
    """Return an exact number of SymPy."""
    return sympy.Rational(value.numerator, value.denominator)


def lattice_expression(sympy: Any, pieces: Sequence[Any], clauses: Iterable[Iterable[int]], outer: str) -> Any:
    """Return Max of Min (outer "Max") or Min of Max."""
    inner = "Min" if outer == "Max" else "Max"
    return extreme(sympy, outer, [extreme(sympy, inner, [pieces[i] for i in clause]) for clause in clauses])


def extreme(sympy: Any, name: str, values: list[Any]) -> Any:
    """Return Max or Min; only numbers are compared (see the Notes of to_sympy)."""
    if all(value.is_Rational for value in values):
        return (max if name == "Max" else min)(values)
    return getattr(sympy, name)(*values, evaluate=False)


def inputs(sympy: Any, variables: Any, d: int | None) -> tuple[Any, ...]:
    """Return the given symbols, checked, or else x0, ..., x(d-1); d = None: as many as are given."""
    if variables is None and d is not None:
        return tuple(sympy.Symbol(f"x{i}", real=True) for i in range(d))
    cure = 'pass for example sympy.symbols("x:3", real=True)'
    symbols = tuple(as_items(variables, "variables", "a sequence of SymPy symbols", cure))
    for i, symbol in enumerate(symbols):
        if not isinstance(symbol, sympy.Symbol):
            raise InvalidType(f"variables[{i}]", "a SymPy symbol", symbol, cure)
        if symbol.is_extended_real is False:
            raise InvalidInput(f"variables[{i}]", "a real symbol", str(symbol), cure)
    if d is not None and len(symbols) != d:
        raise InvalidInput("variables", f"{d} symbols, one an input", f"{len(symbols)}", cure)
    if not symbols or len(set(symbols)) < len(symbols):
        raise InvalidInput("variables", "at least one symbol, each of them once", str(symbols), cure)
    return symbols


def shown(node: Any) -> str:
    """Return the text of a small expression, the kind of a large one: printing recurses, and can take minutes."""
    stack, count = [node], 0
    while stack and count < _NODES_SHOWN:
        count += 1
        stack.extend(stack.pop().args)
    return f"a large {type(node).__name__}" if stack else str(node)
