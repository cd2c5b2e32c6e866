r"""Minimal and canonical forms of lattice polynomials, from the sets S_x and T_x (docs/theory.md, lemmas R and R').

For a point x put ``S_x = {i : g_i(x) >= F(x)}`` and ``T_x = {i : g_i(x) <= F(x)}`` over a table of affine functions
that contains every piece. A family of clauses represents F in max-min form iff every S_x contains a clause and every
clause meets every T_x (R'); it is enough to test the inclusion-minimal sets, of which there are finitely many. On an
*order cell*, a part of a cell in whose interior no difference g_i - g_a with the active piece g_a changes sign, both
sets are constant; so the minimal ones are found by visiting order cells.

=====================  ======================================
docs/theory.md         here
=====================  ======================================
minimal S_x            :attr:`SignSets.upper`
minimal T_x            :attr:`SignSets.lower`
canonical form         :func:`canonical_form`
=====================  ======================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tropical._exact.rational import IntVector, as_limit, primitive
from tropical._exact.region import Region, leaves, subdivide
from tropical._protocol import PiecewiseLinear
from tropical.clauses import absorb, mask_of, members
from tropical.complexes.reduction import Coordinates, Reduction, dehomogenise
from tropical.domains import Polyhedron
from tropical.exceptions import BudgetExceeded
from tropical.lattice_polynomial import LatticePolynomial, tidy
from tropical.pieces import AffinePiece, PieceTable

__all__ = [
    "NotConvex",
    "SignSets",
    "active_cells",
    "canonical_form",
    "extremal_pieces",
    "minimal_form",
    "sign_sets",
]

Found = Sequence[tuple[Region, IntVector]]
Point = tuple[Fraction, ...]


def active_cells(
    function: PiecewiseLinear, domain: Polyhedron | None, max_cells: int | None
) -> tuple[Reduction, list[list[tuple[Region, IntVector]]], int]:
    """Return the reduced coordinates, for each output the cells with their active forms, and the forms' denominator."""
    reduction = Reduction([function], domain)
    (resolver,) = reduction.resolvers
    found = leaves(reduction.start(), resolver.resolve, max_cells, "cells")
    outputs = [[(region, resolution.forms[j]) for region, resolution in found] for j in range(function.outputs)]
    return reduction, outputs, found[0][1].denominator  # one for all cells of one function


def upper_sets(
    found: Found, forms: Sequence[IntVector], *, sign: int = 1, max_cells: int | None = None
) -> dict[int, IntVector]:
    """Return the minimal sets S_x (T_x for ``sign = -1``) as bit masks, each with a point that has it.

    Parameters
    ----------
    found : sequence of (Region, form)
        Cells that cover the domain, and what F is on each.
    forms : sequence of int vectors
        The table of affine functions, over the denominator of the cells' forms.
    max_cells : int, optional
        Limit on the number of order cells.
    """
    sets: dict[int, IntVector] = {}  # an antichain at all times: branches are compared with every member
    differences: dict[IntVector, list[IntVector]] = {}
    order_cells = 0

    def upper_set(above: list[IntVector], region: Region) -> int | None:
        """Return S on the region as a bit mask, None as soon as it contains a set that is known."""
        signs = [region.sign(difference) for difference in above]
        mask = mask_of(i for i, side in enumerate(signs) if side is not None and side >= 0)
        if any(known & mask == known for known in sets):
            return None
        for difference, side in zip(above, signs, strict=True):
            if side is None:
                region.decide(difference)
        return mask

    for region, active in found:
        if active not in differences:
            differences[active] = [
                primitive([sign * (a - b) for a, b in zip(form, active, strict=True)]) for form in forms
            ]
        for step in subdivide(region, lambda cell, above=differences[active]: upper_set(above, cell)):
            if step.crossing is None:
                order_cells += 1
                if max_cells is not None and order_cells > max_cells:
                    raise BudgetExceeded(f"more than max_cells={max_cells} order cells; raise max_cells")
                if step.answer is not None:
                    new = step.answer
                    sets = {known: point for known, point in sets.items() if known & new != new}
                    sets[new] = step.region.point
    return sets


def canonical_form(
    coordinates: Coordinates,
    found: Found,
    denominator: int,
    *,
    form: str = "max-min",
    max_cells: int | None = None,
) -> LatticePolynomial:
    """Return the canonical form of a continuous function given on cells that cover the domain.

    Distinct pieces sorted, clauses the minimal S_x (the minimal T_x for "min-max"), sorted: it depends on the function
    and the domain alone.

    Parameters
    ----------
    coordinates : Coordinates
        In which the cells live.
    found : sequence of (Region, form)
        Cells and the affine function on each, an integer form over the denominator.
    max_cells : int, optional
        Limit on the number of order cells.
    denominator : int
    form : {"max-min", "min-max"}
    """
    forms = sorted({active for _, active in found})
    lifted = coordinates.lift_forms([[Fraction(a, denominator) for a in row] for row in forms])
    sets = upper_sets(found, forms, sign=1 if form == "max-min" else -1, max_cells=max_cells)
    return LatticePolynomial(PieceTable.from_rows(lifted), sorted(members(mask) for mask in sets), form)


@dataclass(frozen=True, slots=True)
class SignSets:
    """The two finite families that decide every question about clauses (docs/theory.md, lemma R').

    Attributes
    ----------
    upper, lower : tuple of int
        The minimal sets S_x and T_x, as bit masks over the table.
    upper_points, lower_points : tuple of points of R^d
        For each set a point in the interior of the cells where it occurs.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    upper_points: tuple[Point, ...]
    lower_points: tuple[Point, ...]


def sign_sets(
    F: PiecewiseLinear, pieces: PieceTable, *, domain: Polyhedron | None = None, max_cells: int | None = None
) -> SignSets:
    """Return the minimal sets S_x and T_x of a function over a table that contains its pieces.

    Complexity: up to O(M^k) order cells in each cell of F, M the size of the table and k the rank of what is read.
    """
    everything = LatticePolynomial(pieces, [range(len(pieces))])
    reduction = Reduction([F, everything], domain)
    resolver = reduction.resolvers[0]
    found = leaves(reduction.start(), resolver.resolve, max_cells, "cells")
    theirs = found[0][1].denominator
    cells = [(region, _scaled(resolution.forms[0], pieces.denominator)) for region, resolution in found]
    forms = [_scaled((*(row[p] for p in reduction.pivots), row[-1]), theirs) for row in pieces.rows]
    families = [upper_sets(cells, forms, sign=sign, max_cells=max_cells) for sign in (1, -1)]
    sets = [sorted(family) for family in families]
    points = [
        tuple(reduction.lift_point(dehomogenise(family[mask])) for mask in masks)
        for family, masks in zip(families, sets, strict=True)
    ]
    return SignSets(tuple(sets[0]), tuple(sets[1]), points[0], points[1])


class NotConvex(Exception):
    """A function lies below one of its own pieces (above, where concavity was asked for) at ``point``."""

    def __init__(self, point: Point, piece: AffinePiece) -> None:
        super().__init__(point, piece)
        self.point, self.piece = point, piece


def extremal_pieces(F: PiecewiseLinear, sign: int = 1, *, max_cells: int | None = None) -> PieceTable:
    """Return the pieces of a function that is the maximum of them: convex (``sign = -1``: the minimum, concave).

    It is iff on every cell the active piece lies on or above (below) all others.

    Raises
    ------
    NotConvex
        With a point where it does not.
    BudgetExceeded
    """
    reduction, (found,), denominator = active_cells(F, None, max_cells)
    forms = sorted({active for _, active in found})
    lifted = reduction.lift_forms([[Fraction(a, denominator) for a in form] for form in forms])
    for region, active in found:
        for form, row in zip(forms, lifted, strict=True):
            below = primitive([sign * (b - a) for a, b in zip(active, form, strict=True)])
            side = region.sign(below)
            if side is None or side > 0:
                part = region if side else region.split(below)[0]
                raise NotConvex(reduction.lift_point(dehomogenise(part.point)), AffinePiece(row[:-1], row[-1]))
    return PieceTable.from_rows(lifted)


def minimal_form(F: LatticePolynomial, max_cells: int | None = None) -> LatticePolynomial:
    """Return an irredundant form of the same function: no clause and no literal can be dropped.

    Pieces are sorted; then literals are deleted one by one, in order, as long as the clause still meets every T_x; then
    absorption; then clauses are deleted, in order, as long as every S_x still contains one. By R' each deletion is
    exact, and neither kind makes room for the other afterwards. The result is deterministic and keeps the form, but it
    is one of several irredundant forms: it depends on the clauses given, not on the function alone.

    Parameters
    ----------
    max_cells : int, optional
        Limit on the number of cells, and of order cells.
    F : LatticePolynomial

    Raises
    ------
    BudgetExceeded
    """
    limit = as_limit(max_cells, "max_cells")
    start = _sorted(F)
    sets = sign_sets(start, start.pieces, max_cells=limit)
    inside, outside = (sets.upper, sets.lower) if F.form == "max-min" else (sets.lower, sets.upper)
    clauses = absorb(_shortest(mask_of(clause), outside) for clause in start.clauses)
    kept = sorted(clauses, key=members)
    for clause in list(kept):
        rest = [other for other in kept if other != clause]
        if all(any(other & mask == other for other in rest) for mask in inside):
            kept = rest
    return tidy(start.pieces.rows, start.pieces.denominator, kept, F.form)


def _sorted(F: LatticePolynomial) -> LatticePolynomial:
    """Return F with equal pieces merged and the pieces sorted."""
    rows = sorted(set(F.pieces.rows))
    place = {row: i for i, row in enumerate(rows)}
    masks = [mask_of(place[F.pieces.rows[i]] for i in clause) for clause in F.clauses]
    return tidy(rows, F.pieces.denominator, masks, F.form)


def _shortest(clause: int, outside: Iterable[int]) -> int:
    """Return what is left of a clause when literals are deleted in order as long as it meets every set."""
    families = list(outside)
    for i in members(clause):
        smaller = clause & ~(1 << i)
        if all(smaller & mask for mask in families):
            clause = smaller
    return clause


def _scaled(form: Sequence[int], factor: int) -> IntVector:
    return tuple(factor * entry for entry in form)
