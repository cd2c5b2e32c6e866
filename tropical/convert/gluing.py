r"""Gluing affine functions along the facets of a complex (docs/theory.md, lemma Gl).

Affine functions g_C on the cells of a complex make one continuous function iff ``g_C - g_D = c_f h_f`` on every facet
f, h_f being the form of its hyperplane. Numbers c_f on the facets come from a continuous piecewise-linear function,
unique up to an affine one, iff they are *balanced*: ``Σ_{f ∋ τ} c_f h_f = 0``, cyclically oriented, around every face τ
of codimension 2. On a convex domain that is the same as: the sums along all closed walks from cell to cell vanish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tropical._display import Record
from tropical._exact.rational import (
    IntVector,
    as_fraction,
    as_items,
    as_limit,
    as_number_below,
    over_common_denominator,
)
from tropical.canonical import canonical_form
from tropical.complexes import CellComplex
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.pieces import AffinePiece, PieceTable

__all__ = ["FacetJump", "facet_jumps", "from_jumps", "glue"]

Row = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, repr=False)
class FacetJump(Record):
    """How the affine function changes across a facet: ``g_first - g_second = jump · form``.

    Attributes
    ----------
    first, second : int
        Numbers of the cells; `form` is >= 0 on the first.
    form : int vector
        The hyperplane, a primitive affine form in the reduced coordinates ``z = basis @ x`` of the complex.
    jump : Fraction
        Positive where the function is convex across the facet.
    """

    first: int
    second: int
    form: IntVector
    jump: Fraction


def facet_jumps(complex_: CellComplex, *, output: int = 0) -> tuple[FacetJump, ...]:
    """Return the jumps c_f of the function of a complex, one for each pair of cells that share a facet.

    Complexity: as for :meth:`CellComplex.adjacent`.

    Parameters
    ----------
    complex_ : CellComplex
    output : int
    """
    _require_complex(complex_)
    output = as_number_below(output, "output", len(complex_.tables), "outputs")
    pivots = complex_.coordinates().pivots
    rows = [(*(row[p] for p in pivots), row[-1]) for row in complex_.tables[output].rows]
    scale = complex_.tables[output].denominator
    result = []
    for i, j, form in complex_.adjacent():
        one, other = (rows[complex_.cells[c].pieces[output]] for c in (i, j))
        lead = next(k for k, a in enumerate(form) if a)
        result.append(FacetJump(i, j, form, Fraction(one[lead] - other[lead], scale * form[lead])))
    return tuple(result)


def glue(complex_: CellComplex, pieces: Sequence[Any], *, max_cells: int | None = None) -> LatticePolynomial:
    """Return the continuous function with the given affine function on each cell, in canonical form.

    Parameters
    ----------
    complex_ : CellComplex
    pieces : sequence of pairs (gradient, constant) of exact numbers
        One for each cell, in the complex's order.
    max_cells : int, optional
        Limit on the number of order cells.

    Raises
    ------
    InvalidInput
        If the functions disagree on a facet: which two cells, and their difference there.
    BudgetExceeded

    Examples
    --------
    >>> from tropical import ReLUNetwork, cells
    >>> two_halves = cells(ReLUNetwork([[[1]], [1]]))
    >>> [str(two_halves.piece_of(cell)) for cell in two_halves]
    ['x0', '0']
    >>> str(glue(two_halves, [((2,), 1), ((-1,), 1)]))
    'max(-x0 + 1, 2*x0 + 1)'
    """
    _require_complex(complex_)
    limit = as_limit(max_cells, "max_cells")
    given = as_items(pieces, "pieces", "a list of pairs (gradient, constant)", "give one for each cell")
    table = PieceTable.from_rationals(given) if given else None
    if table is None or len(table) != len(complex_) or table.dimension != complex_.tables[0].dimension:
        requirement = f"{len(complex_)} pieces on R^{complex_.tables[0].dimension}, one for each cell"
        shown = "none" if table is None else repr(table)
        raise InvalidInput("pieces", requirement, shown, "give them in the order of complex.cells")
    coordinates = complex_.coordinates()
    rows = [table.fractions(i) for i in range(len(table))]
    for i, j, form in complex_.adjacent():
        difference = tuple(a - b for a, b in zip(rows[i], rows[j], strict=True))
        (wall,) = coordinates.lift_forms([[Fraction(a) for a in form]])
        lead = next(k for k, a in enumerate(wall) if a)
        factor = difference[lead] / wall[lead]
        if difference != tuple(factor * a for a in wall):
            gap = AffinePiece(difference[:-1], difference[-1])
            hyperplane = AffinePiece(wall[:-1], wall[-1])
            given = f"a difference {gap} between cells {i} and {j}, whose common facet lies on {hyperplane} = 0"
            raise InvalidInput("pieces", "functions that agree on every common facet", given, "correct one of the two")
    # all differences are combinations of the hyperplanes' forms, so F less its first piece lives on the coordinates
    first = rows[0]
    reduced = [[row[p] - first[p] for p in coordinates.pivots] + [row[-1] - first[-1]] for row in rows]
    forms, denominator = over_common_denominator(reduced)
    found = list(zip(complex_.regions(), forms, strict=True))
    rest = canonical_form(coordinates, found, denominator, max_cells=limit)
    lifted = [
        tuple(a + b for a, b in zip(rest.pieces.fractions(i), first, strict=True)) for i in range(len(rest.pieces))
    ]
    return LatticePolynomial(PieceTable.from_rows(lifted), rest.clauses)


def from_jumps(
    complex_: CellComplex, jumps: Mapping[tuple[int, int], Any], *, max_cells: int | None = None
) -> LatticePolynomial:
    """Return the function with the given jumps that is 0 on the first cell, in canonical form.

    Parameters
    ----------
    complex_ : CellComplex
    jumps : mapping
        For each pair (first, second) of :func:`facet_jumps` the number c_f; missing ones are 0.
    max_cells : int, optional
        Limit on the number of cells.

    Raises
    ------
    InvalidInput
        If the numbers are not balanced: the facet where a walk around does not close.

    Notes
    -----
    One walk over the adjacency graph: the facets of a spanning tree determine the function, the others test it.
    """
    _require_complex(complex_)
    if not isinstance(jumps, Mapping):
        raise InvalidType("jumps", "a mapping from pairs of cells to numbers", jumps, "pass {(i, j): c}")
    neighbours: dict[int, list[tuple[int, IntVector, Fraction]]] = {i: [] for i in range(len(complex_))}
    known = set()
    for i, j, form in complex_.adjacent():
        known.add((i, j))
        jump = as_fraction(jumps.get((i, j), 0), f"jumps[{i}, {j}]")
        neighbours[i].append((j, form, -jump))
        neighbours[j].append((i, form, jump))
    if unknown := jumps.keys() - known:
        cure = "take the pairs of facet_jumps(complex)"
        raise InvalidInput(
            "jumps", "pairs of cells that share a facet, in their order", repr(next(iter(unknown))), cure
        )
    size = len(complex_.basis) + 1
    values: dict[int, Row] = {0: (Fraction(0),) * size}
    order = [0]
    for i in order:
        for j, form, change in neighbours[i]:
            value = tuple(a + change * b for a, b in zip(values[i], form, strict=True))
            if j not in values:
                values[j] = value
                order.append(j)
            elif values[j] != value:
                given = f"a walk that does not close between cells {i} and {j}"
                raise InvalidInput("jumps", "balanced numbers", given, "their sum around every small face must be 0")
    lifted = complex_.coordinates().lift_forms([values[i] for i in range(len(complex_))])
    return glue(complex_, [(row[:-1], row[-1]) for row in lifted], max_cells=max_cells)


def _require_complex(complex_: Any) -> None:
    if not isinstance(complex_, CellComplex):
        raise InvalidType("complex_", "a CellComplex", complex_, "call tropical.cells on a function")
