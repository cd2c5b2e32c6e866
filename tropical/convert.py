r"""From a network to its lattice polynomial (docs/theory.md, lemma R).

For a point x put ``S_x = {i : g_i(x) >= F(x)}`` over the distinct pieces. Then ``F = max_x min_{i in S_x} g_i``. On
an *order cell*, a part of a cell in whose interior no difference g_i - g_a with the active piece g_a changes sign,
S_x is one set. Order cells are necessary: one set for each activation cell, region or piece can give a larger
function than F.
"""

from __future__ import annotations

from fractions import Fraction

from tropical._exact.rational import IntVector, as_limit, primitive
from tropical._exact.region import Region, subdivide
from tropical._protocol import PiecewiseLinear, Resolution, as_function
from tropical.clauses import mask_of, members
from tropical.complexes.reduction import Reduction
from tropical.domains import Domain, as_polyhedron
from tropical.exceptions import BudgetExceeded
from tropical.lattice_polynomial import LatticePolynomial
from tropical.pieces import PieceTable

__all__ = ["canonical_form", "canonical_of", "lattice"]


def lattice(
    F: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None
) -> LatticePolynomial | tuple[LatticePolynomial, ...]:
    """Return the canonical max-min form of a piecewise-linear function.

    Parameters
    ----------
    F : ReLUNetwork or LatticePolynomial
    domain : None, Box or Polyhedron
        The result equals F there.
    max_cells : int, optional
        Limit on the number of cells, and of order cells for each output.

    Returns
    -------
    LatticePolynomial, or a tuple of them for several outputs
        Pieces distinct and sorted, clauses the inclusion-minimal sets S_x, sorted: it depends on the function and the
        domain alone, not on the network.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    Order cells are the chambers of {g_i = g_a} inside each cell: up to O(M^k) a cell. Branches whose set already
    contains a clause found before are cut off, as they cannot be minimal.

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> str(lattice(ReLUNetwork([[[1, -1], [0, 1], [0, -1]], [1, 1, -1]])))   # relu(x - y) + relu(y) - relu(-y)
    'max(x1, x0)'
    """
    function, max_cells = as_function(F), as_limit(max_cells, "max_cells")
    reduction = Reduction([function], as_polyhedron(domain, function.dimension))
    (resolver,) = reduction.resolvers
    found: list[tuple[Region, Resolution]] = []
    for step in subdivide(reduction.start(), resolver.resolve):
        if step.answer is not None:
            if len(found) == max_cells:
                raise BudgetExceeded(f"more than max_cells={max_cells} cells; raise max_cells")
            found.append((step.region, step.answer))
    results = tuple(
        canonical_form(
            reduction,
            [(region, resolution.forms[output]) for region, resolution in found],
            found[0][1].denominator,  # one for all cells of one function
            max_cells=max_cells,
        )
        for output in range(function.outputs)
    )
    return results[0] if len(results) == 1 else results


def canonical_of(F: LatticePolynomial) -> LatticePolynomial:
    """Return the canonical max-min form of a lattice polynomial."""
    result = lattice(F)
    assert isinstance(result, LatticePolynomial)  # one output
    return result


def canonical_form(
    reduction: Reduction, found: list[tuple[Region, IntVector]], denominator: int, *, max_cells: int | None = None
) -> LatticePolynomial:
    """Return the canonical max-min form of a continuous function given on cells that cover the domain.

    Parameters
    ----------
    reduction : Reduction
        The coordinates.
    found : list of (Region, form)
        Cells and the affine function on each, an integer form over the denominator.
    max_cells : int, optional
        Limit on the number of order cells.
    """
    forms = sorted({form for _, form in found})
    lifted = reduction.lift_forms([[Fraction(a, denominator) for a in form] for form in forms])
    sets: list[int] = []  # an antichain at all times: branches are compared with every member
    differences: dict[IntVector, list[IntVector]] = {}
    order_cells = 0

    def upper_set(above: list[IntVector], region: Region) -> int | None:
        """Return S on the region as a bit mask, None as soon as it contains a set that is known."""
        signs = [region.sign(difference) for difference in above]
        mask = mask_of(i for i, sign in enumerate(signs) if sign is not None and sign >= 0)
        if any(known & mask == known for known in sets):
            return None
        for difference, sign in zip(above, signs, strict=True):
            if sign is None:
                region.decide(difference)
        return mask

    for region, active in found:
        if active not in differences:
            differences[active] = [primitive([a - b for a, b in zip(form, active, strict=True)]) for form in forms]
        for step in subdivide(region, lambda cell, above=differences[active]: upper_set(above, cell)):
            if step.crossing is None:
                order_cells += 1
                if max_cells is not None and order_cells > max_cells:
                    raise BudgetExceeded(f"more than max_cells={max_cells} order cells; raise max_cells")
                if step.answer is not None:
                    new = step.answer
                    sets = [known for known in sets if known & new != new]
                    sets.append(new)
    clauses = sorted(members(mask) for mask in sets)
    return LatticePolynomial(PieceTable.from_rows(lifted), clauses)
