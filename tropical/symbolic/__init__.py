"""SymPy: piecewise-linear functions as expressions, expressions as functions, networks with symbolic weights."""

from tropical.symbolic.expressions import to_sympy
from tropical.symbolic.reading import from_sympy
from tropical.symbolic.weights import SymbolicLattice, formal_lattice

__all__ = ["SymbolicLattice", "formal_lattice", "from_sympy", "to_sympy"]
