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
from tropical.decide import (
    Inequality,
    is_below,
    is_convex,
    is_homogeneous,
    is_unreachable,
    lipschitz,
    relevant_subspace,
    same_function,
    sup_distance,
    value_range,
    zero_set_is_empty,
)
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
from tropical.gaussian.values import Enclosure, Exact, MonteCarloEstimate
from tropical.io import load, save
from tropical.io.vnnlib import load_property
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum
from tropical.network import ReLUNetwork
from tropical.pieces import AffinePiece, PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.properties import Property, PropertyProof, PropertyVerdict, check_property, verify_property
from tropical.rational_function import TropicalRational
from tropical.results import Chord, Distance, Lipschitz, Range, RangeBounds, Ray, Scaling, Verdict, Witness
from tropical.symbolic import SymbolicLattice, formal_lattice, from_sympy, to_sympy
from tropical.text import parse

from tropical import families, gaussian, layers, lemmas, plot  # isort: skip

__version__ = "0.1.0"

__all__ = [
    "AffinePiece",
    "Box",
    "BudgetExceeded",
    "Cell",
    "CellComplex",
    "Certificate",
    "CheckResult",
    "Chord",
    "ClauseCriterion",
    "Completion",
    "Distance",
    "Enclosure",
    "Exact",
    "FacetJump",
    "FormatError",
    "HypersurfaceCell",
    "HypersurfaceRidge",
    "Inequality",
    "Interrupted",
    "InvalidInput",
    "InvalidType",
    "LatticePolynomial",
    "LevelCell",
    "Lipschitz",
    "MonteCarloEstimate",
    "NewtonPolytope",
    "NotExact",
    "OrderCell",
    "PieceTable",
    "Polyhedron",
    "Property",
    "PropertyProof",
    "PropertyVerdict",
    "Range",
    "RangeBounds",
    "Ray",
    "ReLUNetwork",
    "RegularSubdivision",
    "Scaling",
    "SymbolicLattice",
    "TropicalError",
    "TropicalHypersurface",
    "TropicalPolynomial",
    "TropicalRational",
    "Verdict",
    "Witness",
    "cells",
    "check",
    "check_property",
    "clause_criterion",
    "difference_of_convex",
    "facet_jumps",
    "families",
    "formal_lattice",
    "from_jumps",
    "from_layers",
    "from_sympy",
    "gaussian",
    "glue",
    "hidden_neuron_bound",
    "is_below",
    "is_convex",
    "is_homogeneous",
    "is_unreachable",
    "lattice",
    "layers",
    "lemmas",
    "lipschitz",
    "load",
    "load_property",
    "maximum",
    "minimum",
    "parse",
    "plot",
    "polynomial_as_lattice",
    "relevant_subspace",
    "same_function",
    "save",
    "simplest_between",
    "sup_distance",
    "to_network",
    "to_polynomial",
    "to_rational",
    "to_sympy",
    "value_range",
    "verify_property",
    "zero_set_is_empty",
]
