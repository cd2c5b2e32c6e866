r"""Shorter formulas for a tropical rational function: common factors, and the shared affine term.

What is cancelled, exactly:

1. terms that are not essential;
2. common *hyperplane factors*, polynomials ``w·max(h, 0)``: a polynomial has this factor iff its hypersurface covers
   the hyperplane {h = 0} with weights >= w everywhere, that is, iff what remains is still convex. In one variable
   every factor is of this kind, so numerator and denominator end without a common root;
3. the whole denominator (numerator), where the function is convex (concave): then it is a polynomial (or one over a
   polynomial);
4. the common affine term: the first essential term of the denominator, in the order of exponents, becomes 0.

Other common factors can remain: in two and more variables factorisation is not unique, and
:func:`tropical.same_function` decides about functions.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from tropical._exact.rational import IntVector, primitive, primitive_multiple
from tropical.canonical import NotConvex, extremal_pieces
from tropical.complexes.epigraph import Epigraph
from tropical.complexes.hypersurface import TropicalHypersurface
from tropical.exceptions import BudgetExceeded
from tropical.pieces import PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["cancel_hyperplanes", "reduced"]

# Looking for a polynomial costs the joint cells times the terms: 1.5 s where a factor of 49 terms is taken out of a
# product of 160 (1 s for 196 over 196 terms without a common factor). Beyond this many cells it is left.
_CELLS = 2_000


def reduced(R: TropicalRational) -> TropicalRational:
    """Return a shorter formula for the same function; the module says what is cancelled.

    Deterministic, exact, never longer in terms: cancelling merges regions, and a quotient P - Q that is a polynomial
    has no more regions than P. In one variable the result depends on the function alone.

    Examples
    --------
    >>> x, y = TropicalPolynomial.variables(2, convention="max")
    >>> str(((x + y) * (x * x + y) / ((x + y) * y)).reduced())
    'max(0, 2*x0 - x1)'
    """
    numerator, denominator = cancel_hyperplanes(R.numerator.essential(), R.denominator.essential())
    if len(denominator) > 1:
        sign = 1 if R.convention == "max" else -1
        quotient = TropicalRational(numerator, denominator)
        whole = _extremal(quotient, sign) if _bends_along(numerator, denominator) else None
        if whole is not None:
            return _normalised(TropicalPolynomial(whole, R.convention), None)
        if len(numerator) > 1:
            below = _extremal(quotient.reciprocal(), sign) if _bends_along(denominator, numerator) else None
            if below is not None:
                numerator, denominator = _one(numerator), TropicalPolynomial(below, R.convention)
    return _normalised(numerator, denominator)


def _bends_along(above: TropicalPolynomial, below: TropicalPolynomial) -> bool:
    """Return whether `above` ties at a point of each cell of the hypersurface of `below`.

    Necessary for the quotient to be a polynomial, and nearly always seen to fail at once.
    """
    best = max if above.convention == "max" else min
    for cell in TropicalHypersurface.of_polynomial(below).cells:
        values = [
            piece.constant + sum((u * x for u, x in zip(piece.gradient, cell.point, strict=True)), Fraction(0))
            for piece in above.pieces
        ]
        if values.count(best(values)) < 2:
            return False
    return True


def _extremal(F: TropicalRational, sign: int) -> PieceTable | None:
    try:
        return extremal_pieces(F, sign, max_cells=_CELLS)
    except (NotConvex, BudgetExceeded):
        return None


def _normalised(numerator: TropicalPolynomial, denominator: TropicalPolynomial | None) -> TropicalRational:
    """Return the quotient with the first term of the denominator taken from both."""
    if denominator is None:
        return TropicalRational(numerator)
    coefficient, exponents = denominator.terms[0]
    shift = TropicalPolynomial([(-coefficient, [-a for a in exponents])], denominator.convention)
    return TropicalRational((numerator * shift), (denominator * shift))


def cancel_hyperplanes(
    numerator: TropicalPolynomial, denominator: TropicalPolynomial
) -> tuple[TropicalPolynomial, TropicalPolynomial]:
    """Divide two polynomials, all of whose terms are essential, by the hyperplane factors that they share."""
    if len(numerator) == 1 or len(denominator) == 1:
        return numerator, denominator
    above, below = _hyperplanes(numerator), _hyperplanes(denominator)
    for wall in sorted(above.keys() & below.keys()):
        weight = min(above[wall], below[wall])
        numerator, denominator = _divide(numerator, wall, weight), _divide(denominator, wall, weight)
    return numerator, denominator


def _hyperplanes(polynomial: TropicalPolynomial) -> dict[IntVector, Fraction]:
    """Return the hyperplanes that the hypersurface covers, as forms (n, c) with <n, x> + c = 0, and the least weights.

    The cells on a hyperplane cover it iff none of them has a ridge where no other cell of that hyperplane goes on.
    """
    surface = TropicalHypersurface.of_polynomial(polynomial)
    on: dict[IntVector, list[int]] = defaultdict(list)
    walls = []
    for i, cell in enumerate(surface.cells):
        level = -sum((a * x for a, x in zip(cell.normal, cell.point, strict=True)), Fraction(0))
        wall = primitive_multiple([*map(Fraction, cell.normal), level])
        walls.append(max(wall, tuple(-a for a in wall)))
        on[walls[-1]].append(i)
    open_walls = set()
    for ridge in surface.ridges:
        here = [walls[i] for i in ridge.cells]
        open_walls.update(wall for wall in here if here.count(wall) == 1)
    return {
        wall: min(surface.cells[i].weight for i in numbers) for wall, numbers in on.items() if wall not in open_walls
    }


def _divide(polynomial: TropicalPolynomial, wall: IntVector, weight: Fraction) -> TropicalPolynomial:
    """Divide an essential polynomial by ``weight`` times the maximum (minimum) of a form and 0.

    Every region lies on one side of the hyperplane. Where the form wins it is taken from the term.
    """
    sign = 1 if polynomial.convention == "max" else -1
    # weights are lattice lengths of the primitive normal; the form is a multiple of it
    length = primitive(wall[:-1])
    lead = next(i for i, a in enumerate(length) if a)
    factor = weight * Fraction(length[lead], wall[lead])
    epigraph = Epigraph(polynomial.pieces, polynomial.convention)
    (regions, *_) = epigraph.faces_by_codimension()
    rows = []
    for face in regions:
        (term,) = epigraph.attaining(face)
        row = polynomial.pieces.fractions(term)
        height = sum((a * x for a, x in zip(wall, (*epigraph.interior_point(face), 1), strict=True)), Fraction(0))
        if sign * height > 0:
            row = tuple(a - factor * b for a, b in zip(row, wall, strict=True))
        rows.append(row)
    return TropicalPolynomial(PieceTable.from_rows(rows), polynomial.convention)


def _one(like: TropicalPolynomial) -> TropicalPolynomial:
    return TropicalPolynomial.constant(0, like.dimension, like.convention)
