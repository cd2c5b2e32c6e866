"""Lemma Q: how many canonical clauses, regions and chambers a function with M pieces can have."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any, ClassVar

from tropical._exact.rational import as_fraction, as_limit
from tropical._exact.region import Region, subdivide
from tropical.complexes import cells
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.convert import lattice
from tropical.exceptions import BudgetExceeded
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import LemmaReport, compare
from tropical.lemmas.statement import Lemma, scalar
from tropical.pieces import PieceTable
from tropical.results import Point

__all__ = ["ClauseCounts", "chamber_points"]


@dataclass(frozen=True, repr=False)
class ClauseCounts(Lemma):
    """Lemma Q; `factor` multiplies the bounds (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "Q"
    name: ClassVar[str] = "counts"
    title: ClassVar[str] = "clauses and regions are at most the chambers of the arrangement of ties; Zaslavsky, Sperner"
    statement: ClassVar[str] = (
        "Canonical clauses and regions are at most the chambers of {g_i = g_j}, these at most Σ_{j<=k} C(C(M,2), j); "
        "clauses are at most C(M, ⌊M/2⌋)."
    )
    latex: ClassVar[str] = (
        r"\#\text{clauses},\#\text{regions}\le\#\text{chambers}\le\sum_{j\le k}\binom{\binom M2}{j},\quad"
        r"\#\text{clauses}\le\binom M{\lfloor M/2\rfloor}"
    )
    source: ClassVar[str] = "Zaslavsky 1975; Sperner 1928; docs/theory.md, lemma Q"

    def check(self, F: Any, *, max_cells: int | None = None) -> LemmaReport:
        """Count clauses, regions and chambers exactly, and compare.

        Parameters
        ----------
        F : a function of any type with one output
        max_cells : int, optional
            Limit on cells, order cells and chambers.

        Returns
        -------
        LemmaReport
            The certificate is the tuple of interior points of all chambers; the canonical forms are in the details.
        """
        function = scalar(F)
        complex_ = cells(function, max_cells=max_cells)
        table = complex_.tables[0]
        M, k = len(table), table.rank()
        points = chamber_points(table, max_cells=max_cells)
        chambers, forms = len(points), {}
        factor = as_fraction(self.factor, "factor")
        zaslavsky = sum(comb(comb(M, 2), j) for j in range(k + 1))
        comparisons = [
            compare("regions <= chambers", complex_.n_regions, "<=", factor * chambers),
            compare("chambers <= Zaslavsky", chambers, "<=", factor * zaslavsky),
        ]
        for form in ("max-min", "min-max"):
            canonical = forms[form] = lattice(complex_, max_cells=max_cells, form=form)
            assert isinstance(canonical, LatticePolynomial)
            count = len(canonical.clauses)
            comparisons += [
                compare(f"{form} clauses <= chambers", count, "<=", factor * chambers),
                compare(f"{form} clauses <= Sperner", count, "<=", factor * comb(M, M // 2)),
            ]
        measured = {"pieces": M, "rank": k, "chambers": chambers, "forms": forms, "complex": complex_}
        return self.report(comparisons, certificate=points, **measured)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        return st.one_of(testing.lattice_polynomials(), testing.networks(max_depth=1))


def chamber_points(table: PieceTable, *, max_cells: int | None = None) -> tuple[Point, ...]:
    """Return an interior point of every chamber of the arrangement {g_i = g_j} of the affine functions of a table.

    Raises
    ------
    BudgetExceeded
        After `max_cells` chambers.
    """
    limit = as_limit(max_cells, "max_cells")
    reduction = Reduction([LatticePolynomial(table, [range(len(table))])], None)
    forms = [(*(row[p] for p in reduction.pivots), row[-1]) for row in table.rows]
    differences = {tuple(a - b for a, b in zip(f, g, strict=True)) for f, g in combinations(forms, 2)}
    walls = sorted(d for d in differences if any(d[:-1]))

    def signs(region: Region) -> tuple[int, ...]:
        return tuple(region.decide(wall) for wall in walls)

    points: list[Point] = []
    for step in subdivide(reduction.start(), signs):
        if step.answer is not None:
            if limit is not None and len(points) == limit:
                raise BudgetExceeded(f"more than max_cells={limit} chambers; raise max_cells", tuple(points))
            points.append(reduction.lift_point(dehomogenise(step.region.point)))
    return tuple(points)
