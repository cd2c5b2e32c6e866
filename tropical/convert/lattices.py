"""From any representation to the lattice polynomial (docs/theory.md, lemma R)."""

from __future__ import annotations

from tropical._exact.rational import IntVector, as_choice, as_limit
from tropical._protocol import PiecewiseLinear, as_function
from tropical.canonical import active_cells, canonical_form
from tropical.complexes import CellComplex
from tropical.domains import Domain, as_polyhedron
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import FORMS, LatticePolynomial

__all__ = ["lattice"]


def lattice(
    F: PiecewiseLinear | CellComplex, domain: Domain = None, max_cells: int | None = None, *, form: str = "max-min"
) -> LatticePolynomial | tuple[LatticePolynomial, ...]:
    """Return the canonical max-min (or min-max) form of a piecewise-linear function.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational, LatticePolynomial or CellComplex
        Of a complex the function that it has on its cells.
    domain : None, Box or Polyhedron
        The result equals F there. A complex brings its own.
    max_cells : int, optional
        Limit on the number of cells, and of order cells for each output.
    form : {"max-min", "min-max"}

    Returns
    -------
    LatticePolynomial, or a tuple of them for several outputs
        Pieces distinct and sorted, clauses the inclusion-minimal sets S_x (T_x), sorted: it depends on the function and
        the domain alone, not on the representation.

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
    as_choice(form, "form", FORMS, "name which operation is outside")
    limit = as_limit(max_cells, "max_cells")
    if isinstance(F, CellComplex):
        return _of_cells(F, domain, form, limit)
    function = as_function(F)
    reduction, outputs, denominator = active_cells(function, as_polyhedron(domain, function.dimension), limit)
    results = tuple(canonical_form(reduction, found, denominator, form=form, max_cells=limit) for found in outputs)
    return results[0] if len(results) == 1 else results


def _of_cells(
    complex_: CellComplex, domain: Domain, form: str, limit: int | None
) -> LatticePolynomial | tuple[LatticePolynomial, ...]:
    if domain is not None:
        raise InvalidInput("domain", "None for a complex", domain, "a complex has its own domain")
    coordinates, regions = complex_.coordinates(), complex_.regions()
    results = []
    for output, table in enumerate(complex_.tables):
        forms: list[IntVector] = [(*(row[p] for p in coordinates.pivots), row[-1]) for row in table.rows]
        found = [(region, forms[cell.pieces[output]]) for region, cell in zip(regions, complex_, strict=True)]
        results.append(canonical_form(coordinates, found, table.denominator, form=form, max_cells=limit))
    return results[0] if len(results) == 1 else tuple(results)
