r"""A function as a difference of convex functions, from its cells (docs/theory.md, lemma DC).

On a facet f between cells C and D, ``g_C - g_D = c_f h`` with h >= 0 on C; F is convex across f iff c_f >= 0. Put for
each hyperplane H = {h = 0} the largest defect ``b_H = max{|c_f| : f in H, c_f < 0}``. Then

.. math:: B = \sum_H b_H\,\mathrm{relu}(h_H), \qquad F = (F + B) - B

with B and F + B convex.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from tropical._exact.rational import IntVector, as_limit
from tropical._exact.region import Region, subdivide
from tropical._protocol import PiecewiseLinear
from tropical.complexes import CellComplex, cells
from tropical.convert.gluing import facet_jumps
from tropical.exceptions import BudgetExceeded, InvalidInput
from tropical.pieces import PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["difference_of_convex"]


def difference_of_convex(
    F: PiecewiseLinear | CellComplex, *, output: int = 0, max_cells: int | None = None
) -> TropicalRational:
    """Return F as the quotient (F + B) / B of max polynomials, convex both, by lemma DC.

    Parameters
    ----------
    F : a function of any type, or a CellComplex on all of R^d
    output : int
        Which output.
    max_cells : int, optional
        Limit on the number of cells of F, and of the parts into which the hyperplanes with a defect cut them.

    Returns
    -------
    TropicalRational
        As the lemma has it, all terms essential, and not reduced further.

    Raises
    ------
    BudgetExceeded
    InvalidInput
        For a complex on a polyhedron.

    Notes
    -----
    The denominator has as many terms as the arrangement of the hyperplanes with a defect has chambers, the numerator at
    most as many as that arrangement has inside the cells.

    Examples
    --------
    >>> from tropical import parse
    >>> str(difference_of_convex(parse("max(0, min(x0, 1))")))
    'max(0, x0) - (max(0, x0 - 1))'
    """
    limit = as_limit(max_cells, "max_cells")
    complex_ = F if isinstance(F, CellComplex) else cells(F, max_cells=limit)
    if complex_.domain is not None:
        raise InvalidInput(
            "F", "a complex on all of R^d", "one on a polyhedron", "enumerate the cells without a domain"
        )
    defects: dict[IntVector, Fraction] = defaultdict(Fraction)
    for facet in facet_jumps(complex_, output=output):
        if facet.jump < 0:
            defects[facet.form] = max(defects[facet.form], -facet.jump)
    coordinates = complex_.coordinates()
    size = len(complex_.basis) + 1
    forms = [(*(row[p] for p in coordinates.pivots), row[-1]) for row in complex_.tables[output].rows]
    scale = complex_.tables[output].denominator
    walls = sorted(defects)

    def lifted(rows: set[tuple[Fraction, ...]]) -> TropicalPolynomial:
        table = PieceTable.from_rows(coordinates.lift_forms(sorted(rows)))
        return TropicalPolynomial(table, "max")

    def defect_rows(region: Region) -> tuple[Fraction, ...]:
        total = [Fraction(0)] * size
        for wall in walls:
            if region.decide(wall) > 0:
                total = [t + defects[wall] * a for t, a in zip(total, wall, strict=True)]
        return tuple(total)

    above, below = set(), set()
    parts = 0
    for region, cell in zip(complex_.regions(), complex_, strict=True):
        piece = [Fraction(a, scale) for a in forms[cell.pieces[output]]]
        for step in subdivide(region, defect_rows):
            if step.answer is not None:
                parts += 1
                if limit is not None and parts > limit:
                    raise BudgetExceeded(f"more than max_cells={limit} parts of cells; raise max_cells")
                below.add(step.answer)
                above.add(tuple(a + b for a, b in zip(piece, step.answer, strict=True)))
    return TropicalRational(lifted(above), lifted(below))
