"""Complexes of cells: those on which a function is affine, and those where a tropical polynomial is not."""

from tropical.complexes.cell_complex import Cell, CellComplex
from tropical.complexes.enumeration import cells
from tropical.complexes.geometry import LevelCell, OrderCell
from tropical.complexes.hypersurface import HypersurfaceCell, HypersurfaceRidge, TropicalHypersurface
from tropical.complexes.newton import NewtonPolytope, RegularSubdivision

__all__ = [
    "Cell",
    "CellComplex",
    "HypersurfaceCell",
    "HypersurfaceRidge",
    "LevelCell",
    "NewtonPolytope",
    "OrderCell",
    "RegularSubdivision",
    "TropicalHypersurface",
    "cells",
]
