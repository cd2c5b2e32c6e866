"""From a convex or concave function to the tropical polynomial that it is, and the formal way back."""

from __future__ import annotations

from tropical._exact.rational import as_limit
from tropical._protocol import PiecewiseLinear, as_function
from tropical._terms import as_convention
from tropical.canonical import NotConvex, extremal_pieces
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.polynomial import TropicalPolynomial

__all__ = ["polynomial_as_lattice", "to_polynomial"]


def to_polynomial(F: PiecewiseLinear, convention: str = "max", *, max_cells: int | None = None) -> TropicalPolynomial:
    """Return a convex function as the maximum of its pieces (a concave one as the minimum, for ``convention="min"``).

    Every term is essential: equal functions give equal polynomials.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        With one output.
    convention : {"max", "min"}
    max_cells : int, optional
        Limit on the number of cells.

    Raises
    ------
    InvalidInput
        If F is not convex (concave), with a rational point where it lies below (above) one of its own pieces.
    BudgetExceeded

    Notes
    -----
    N cells times M pieces sign evaluations.

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> to_polynomial(ReLUNetwork([[[1], [-1]], [1, 1]]))
    TropicalPolynomial(max, 2 terms, R^1: max(-x0, x0))
    """
    function = as_function(F)
    as_convention(convention)
    if function.outputs != 1:
        raise InvalidInput("F", "one output", f"{function.outputs}", "select one with net[j]")
    sign, kind, side = (1, "convex", "below") if convention == "max" else (-1, "concave", "above")
    try:
        pieces = extremal_pieces(function, sign, max_cells=as_limit(max_cells, "max_cells"))
    except NotConvex as no:
        point = ", ".join(map(str, no.point))
        given = f"one that lies {side} its own piece {no.piece} at the point ({point})"
        raise InvalidInput("F", f"a {kind} function", given, "every function is a quotient: see to_rational") from None
    return TropicalPolynomial(pieces, convention)


def polynomial_as_lattice(P: TropicalPolynomial) -> LatticePolynomial:
    """Return the lattice polynomial with a clause for each term, formally; :func:`lattice` gives the canonical form.

    Parameters
    ----------
    P : TropicalPolynomial
    """
    if not isinstance(P, TropicalPolynomial):
        raise InvalidType("P", "a TropicalPolynomial", P, "see `lattice` for other functions")
    clauses = [[i] for i in range(len(P))]
    return LatticePolynomial(P.pieces, clauses, "max-min" if P.convention == "max" else "min-max")
