r"""Lemma R: every continuous piecewise-linear function is the maximum of the minima over its sets S_x.

.. math:: F = \max_x \min_{i \in S_x} g_i = \min_x \max_{i \in T_x} g_i, \qquad S_x \cap T_y \ne \emptyset

The finer parts of the lemma are in :mod:`tropical.lemmas.clause_forms`. The field ``cells`` says on what the sets are
formed: order cells (true), or activation cells, regions or pieces (the coarse form, which is false).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical._display import Record
from tropical._exact.rational import as_choice, as_limit
from tropical.clauses import absorb, mask_of, members
from tropical.complexes import CellComplex, cells
from tropical.decide import same_function
from tropical.domains import Domain
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import LemmaReport, compare, decided
from tropical.lemmas.statement import Lemma, scalar
from tropical.results import Point

__all__ = ["OrderRow", "Representation"]

_CELLS = ("order", "activation", "regions", "pieces")


@dataclass(frozen=True, slots=True, repr=False)
class OrderRow(Record):
    """One row of the certificate: a set on which S_x and T_x are constant.

    Attributes
    ----------
    point : point of R^d
        In the interior.
    upper, lower : tuple of int
        S_x and T_x.
    """

    point: Point
    upper: tuple[int, ...]
    lower: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class Representation(Lemma):
    """Lemma R for functions of any type; `cells` says on which the sets are formed: ``"order"`` is true."""

    cells: str = "order"

    letter: ClassVar[str] = "R"
    name: ClassVar[str] = "representation"
    title: ClassVar[str] = "F is the maximum of the minima of its pieces over the sets S_x"
    statement: ClassVar[str] = (
        "With S_x = {i : g_i(x) >= F(x)} and T_x = {i : g_i(x) <= F(x)} over the pieces, every S_x meets "
        "every T_y, and "
        "F is the maximum of the minima over the S_x and the minimum of the maxima over the T_x."
    )
    latex: ClassVar[str] = r"F=\max_x\min_{i\in S_x}g_i=\min_x\max_{i\in T_x}g_i,\quad S_x\cap T_y\neq\emptyset"
    source: ClassVar[str] = "Ovchinnikov 2002; Tarela and Martínez 1999; docs/theory.md, lemma R"

    def check(self, F: Any, *, domain: Domain = None, max_cells: int | None = None) -> LemmaReport:
        """Check separation on all pairs of order cells, and both forms by an exact equality decision.

        Parameters
        ----------
        F : a function of any type with one output
        domain : None, Box or Polyhedron
        max_cells : int, optional
            Limit on the numbers of cells and of order cells.

        Returns
        -------
        LemmaReport
            The certificate is the tuple of :class:`OrderRow`: interior points with their sets; ``intersections`` in the
            details is the table of |S ∩ T| for the inclusion-minimal sets. The comparisons between functions carry
            equality certificates, and witnesses where they fail.

        Notes
        -----
        Order cells: up to O(M^k) in each cell, all of them, as they are the certificate: minutes for many pieces in
        four dimensions. :func:`tropical.lattice` visits few of them.
        """
        as_choice(self.cells, "cells", _CELLS, "choose on what the sets are formed")
        complex_ = cells(scalar(F), domain, as_limit(max_cells, "max_cells"))
        table = complex_.tables[0]
        rows = _order_rows(complex_, max_cells) if self.cells == "order" else _coarse_rows(complex_, self.cells)
        upper = absorb(mask_of(row.upper) for row in rows)
        lower = absorb(mask_of(row.lower) for row in rows)
        meets = tuple(tuple((s & t).bit_count() for t in lower) for s in upper)
        largest_form = LatticePolynomial(table, [members(s) for s in upper])
        smallest_form = LatticePolynomial(table, [members(t) for t in lower], "min-max")
        separation = compare("every S meets every T", Fraction(1), "<=", Fraction(min(map(min, meets))), meets)
        identities = [
            decided(name, complex_.function, "=", form, same_function(complex_.function, form, domain))
            for name, form in (("max of min over S", largest_form), ("min of max over T", smallest_form))
        ]
        return self.report(
            [*identities, separation],
            certificate=rows,
            pieces=table,
            complex=complex_,
            intersections=meets,
            upper_sets=tuple(map(members, upper)),
            lower_sets=tuple(map(members, lower)),
        )

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        return st.one_of(testing.networks(), testing.lattice_polynomials(), testing.tropical_rationals(max_terms=3))


def _order_rows(complex_: CellComplex, max_cells: int | None) -> tuple[OrderRow, ...]:
    table, rows = complex_.tables[0], []
    for cell in complex_.order_cells(max_cells=max_cells):
        own = complex_.cells[cell.cell].pieces[0]
        values = [_value(table.fractions(i), cell.point) for i in range(len(table))]
        lower = tuple(i for i, value in enumerate(values) if value <= values[own])
        rows.append(OrderRow(cell.point, cell.upper, lower))
    return tuple(rows)


def _coarse_rows(complex_: CellComplex, kind: str) -> tuple[OrderRow, ...]:
    """Return one row for each activation cell, region or piece, with the pieces on one side on all of it."""
    table = complex_.tables[0]
    pivots = complex_.coordinates().pivots
    forms = [(*(row[p] for p in pivots), row[-1]) for row in table.rows]
    numbers = [cell.pieces[0] for cell in complex_]
    groups: dict[Any, list[int]] = {}
    for i, name in enumerate(_group_names(complex_, numbers, kind)):
        groups.setdefault(name, []).append(i)
    regions = complex_.regions()
    rows = []
    for group in groups.values():
        active = forms[numbers[group[0]]]
        upper, lower = set(range(len(forms))), set(range(len(forms)))
        for c in group:
            signs = [regions[c].sign(tuple(a - b for a, b in zip(form, active, strict=True))) for form in forms]
            upper &= {i for i, sign in enumerate(signs) if sign is not None and sign >= 0}
            lower &= {i for i, sign in enumerate(signs) if sign is not None and sign <= 0}
        rows.append(OrderRow(complex_.cells[group[0]].point, tuple(sorted(upper)), tuple(sorted(lower))))
    return tuple(rows)


def _group_names(complex_: CellComplex, numbers: list[int], kind: str) -> list[int]:
    if kind == "activation":
        return list(range(len(numbers)))
    if kind == "pieces":
        return numbers
    names = list(range(len(numbers)))
    for start in range(len(numbers)):  # flood each region from its first cell
        if names[start] == start:
            waiting = [start]
            for cell in waiting:
                for other in complex_.neighbours(cell):
                    if numbers[other] == numbers[start] and names[other] != start:
                        names[other] = start
                        waiting.append(other)
    return names


def _value(row: tuple[Fraction, ...], point: Point) -> Fraction:
    return sum((a * x for a, x in zip(row[:-1], point, strict=True) if a), row[-1])
