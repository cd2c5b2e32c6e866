"""The relevant subspace V(F): what a function depends on (docs/theory.md, section 1)."""

from __future__ import annotations

from fractions import Fraction

from tropical._exact.linear import row_space
from tropical._protocol import PiecewiseLinear
from tropical.complexes import cells

__all__ = ["relevant_subspace"]


def relevant_subspace(F: PiecewiseLinear, max_cells: int | None = None) -> tuple[tuple[Fraction, ...], ...]:
    """Return the exact basis of the smallest subspace V with F(x) = F(P_V x) for all x.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    tuple of k rows of d Fractions
        The reduced echelon basis of the span of the gradients of the pieces: equal subspaces give equal bases.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    It lies in the row space of the first layer, and is smaller where units cancel: it takes the cells to see that
    (docs/theory.md, section 1).

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> relevant_subspace(ReLUNetwork([[[1, 1], [1, 0], [-1, 0]], [1, 1, -1]]))   # relu(x0 + x1) + x0
    ((Fraction(1, 1), Fraction(0, 1)), (Fraction(0, 1), Fraction(1, 1)))
    >>> relevant_subspace(ReLUNetwork([[[1, 1], [-1, -1], [0, 1]], [1, -1, 0]]))  # x0 + x1
    ((Fraction(1, 1), Fraction(1, 1)),)
    """
    complex_ = cells(F, max_cells=max_cells)
    rows = [gradient for table in complex_.tables for gradient in table.gradients()]
    basis, _ = row_space(rows, complex_.tables[0].dimension)
    return basis
