"""Exact symbolic mathematics of continuous piecewise-linear functions: networks, cells, lattice polynomials, proofs."""

from tropical.certificates import Certificate, CheckResult, check
from tropical.completion import Completion, simplest_between
from tropical.complexes import Cell, CellComplex, cells
from tropical.convert import lattice
from tropical.decide import relevant_subspace, same_function
from tropical.domains import Box, Polyhedron
from tropical.exceptions import (
    BudgetExceeded,
    FormatError,
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
from tropical.text import parse

from tropical import families  # isort: skip

__all__ = [
    "AffinePiece",
    "Box",
    "BudgetExceeded",
    "Cell",
    "CellComplex",
    "Certificate",
    "CheckResult",
    "Completion",
    "FormatError",
    "InvalidInput",
    "InvalidType",
    "LatticePolynomial",
    "NotExact",
    "PieceTable",
    "Polyhedron",
    "ReLUNetwork",
    "TropicalError",
    "TropicalPolynomial",
    "TropicalRational",
    "Verdict",
    "Witness",
    "cells",
    "check",
    "families",
    "lattice",
    "load",
    "maximum",
    "minimum",
    "parse",
    "relevant_subspace",
    "same_function",
    "save",
    "simplest_between",
]
