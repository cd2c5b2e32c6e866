"""Exact symbolic mathematics of continuous piecewise-linear functions: networks, cells, lattice polynomials, proofs."""

from tropical.certificates import Certificate, CheckResult, check
from tropical.completion import Completion, simplest_between
from tropical.complexes import (
    Cell,
    CellComplex,
    HypersurfaceCell,
    HypersurfaceRidge,
    LevelCell,
    NewtonPolytope,
    OrderCell,
    RegularSubdivision,
    TropicalHypersurface,
    cells,
)
from tropical.convert import (
    FacetJump,
    difference_of_convex,
    facet_jumps,
    from_jumps,
    from_layers,
    glue,
    hidden_neuron_bound,
    lattice,
    polynomial_as_lattice,
    to_network,
    to_polynomial,
    to_rational,
)
from tropical.criterion import ClauseCriterion, clause_criterion
from tropical.decide import relevant_subspace, same_function
from tropical.domains import Box, Polyhedron
from tropical.exceptions import (
    BudgetExceeded,
    FormatError,
    Interrupted,
    InvalidInput,
    InvalidType,
    NotExact,
    TropicalError,
)
from tropical.io import load, save
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum
from tropical.network import ReLUNetwork
from tropical.pieces import AffinePiece, PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational
from tropical.results import Verdict, Witness
from tropical.symbolic import SymbolicLattice, formal_lattice, from_sympy, to_sympy
from tropical.text import parse

from tropical import families, layers  # isort: skip

__all__ = [
    "AffinePiece",
    "Box",
    "BudgetExceeded",
    "Cell",
    "CellComplex",
    "Certificate",
    "CheckResult",
    "ClauseCriterion",
    "Completion",
    "FacetJump",
    "FormatError",
    "HypersurfaceCell",
    "HypersurfaceRidge",
    "Interrupted",
    "InvalidInput",
    "InvalidType",
    "LatticePolynomial",
    "LevelCell",
    "NewtonPolytope",
    "NotExact",
    "OrderCell",
    "PieceTable",
    "Polyhedron",
    "ReLUNetwork",
    "RegularSubdivision",
    "SymbolicLattice",
    "TropicalError",
    "TropicalHypersurface",
    "TropicalPolynomial",
    "TropicalRational",
    "Verdict",
    "Witness",
    "cells",
    "check",
    "clause_criterion",
    "difference_of_convex",
    "facet_jumps",
    "families",
    "formal_lattice",
    "from_jumps",
    "from_layers",
    "from_sympy",
    "glue",
    "hidden_neuron_bound",
    "lattice",
    "layers",
    "load",
    "maximum",
    "minimum",
    "parse",
    "polynomial_as_lattice",
    "relevant_subspace",
    "same_function",
    "save",
    "simplest_between",
    "to_network",
    "to_polynomial",
    "to_rational",
    "to_sympy",
]
