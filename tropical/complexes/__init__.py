"""Complexes of cells on which a function is affine."""

from tropical.complexes.cell_complex import Cell, CellComplex
from tropical.complexes.reference import cells

__all__ = ["Cell", "CellComplex", "cells"]
