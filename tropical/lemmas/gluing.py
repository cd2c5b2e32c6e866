"""Lemma Gl: affine functions on cells make one continuous function iff they agree on facets; and balancing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical._exact.rational import as_items, over_common_denominator
from tropical.canonical import canonical_form
from tropical.complexes import CellComplex, cells
from tropical.convert import facet_jumps, from_jumps
from tropical.decide import same_function
from tropical.domains import Domain, Polyhedron
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare, decided
from tropical.lemmas.statement import Lemma, scalar
from tropical.pieces import PieceTable

__all__ = ["Gluing"]


@dataclass(frozen=True, repr=False)
class Gluing(Lemma):
    """Lemma Gl; without ``facet_matching`` the false claim that any affine functions on the cells make a function."""

    facet_matching: bool = True

    letter: ClassVar[str] = "Gl"
    name: ClassVar[str] = "gluing"
    title: ClassVar[str] = "affine functions on cells are one continuous function iff they agree on facets"
    statement: ClassVar[str] = (
        "Affine g_C on the cells of a complex define a continuous F iff g_C - g_D = c_f·h_f on every facet; "
        "numbers c_f "
        "come from a function, unique up to an affine one, iff they are balanced."
    )
    latex: ClassVar[str] = r"g_C-g_D=c_fh_f\ \forall f;\qquad\sum_{f\ni\tau}\pm c_fh_f=0\ \forall\tau"
    source: ClassVar[str] = "Maclagan and Sturmfels 2015, section 3.3; docs/theory.md, lemma Gl"
    hypotheses: ClassVar[tuple[str, ...]] = ("neighbouring functions agree on their common facet",)

    def check(self, F: Any, pieces: Any = None, *, domain: Domain = None, max_cells: int | None = None) -> LemmaReport:
        """Glue affine functions on the cells of F, and compare the result with them on every cell.

        Parameters
        ----------
        F : a function of any type with one output, or a CellComplex
        pieces : sequence of pairs (gradient, constant), optional
            One for each cell, in order; by default what F is there.
        domain : None, Box or Polyhedron
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            Every cell's identity with its certificate. With the functions of F itself also: F is its jumps' function
            plus an affine one, and one jump less is not balanced where a walk leads around its facet.
        """
        complex_ = F if isinstance(F, CellComplex) else cells(scalar(F), domain, max_cells)
        table = _given(complex_, pieces)
        gap = _mismatch(complex_, table)
        conditions = []
        if self.facet_matching:
            found = "" if gap is None else f"cells {gap[0]} and {gap[1]} differ by {gap[2]}"
            conditions.append(Hypothesis(self.hypotheses[0], gap is None, found))
        if self.facet_matching and gap is not None:
            return self.report([], conditions)
        formula = _glued(complex_, table, max_cells)
        if formula is None:
            single = Comparison(
                "gluing", "a function", "=", "none: a difference is not constant along a facet", False, gap
            )
            return self.report([single], conditions, counterexample=gap)
        comparisons = []
        for i in range(len(complex_)):
            affine = LatticePolynomial(table[i : i + 1], [[0]])
            comparisons.append(
                decided(f"cell {i}", formula, "=", table[i], same_function(formula, affine, _cell_domain(complex_, i)))
            )
        if pieces is None:
            comparisons += _jump_comparisons(complex_, table, formula, max_cells)
        return self.report(comparisons, conditions, certificate=formula, complex=complex_)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        def with_pieces(F: Any) -> Any:
            count = len(cells(F))
            many = st.lists(testing.affine_pieces(F.dimension), min_size=count, max_size=count)
            return st.tuples(st.just(F), many)

        small = testing.networks(max_depth=1, max_width=2)
        if self.facet_matching:
            return st.one_of(testing.networks(max_depth=1), testing.lattice_polynomials())
        return small.flatmap(with_pieces)


def _given(complex_: CellComplex, pieces: Any) -> PieceTable:
    if pieces is None:
        own = complex_.tables[0]
        return PieceTable.from_rows([own.fractions(cell.pieces[0]) for cell in complex_])
    items = as_items(pieces, "pieces", "a list of pairs (gradient, constant)", "give one for each cell")
    table = PieceTable.from_rationals(items)
    if len(table) != len(complex_):
        raise InvalidInput("pieces", f"{len(complex_)} pieces, one for each cell", len(table), "see complex.cells")
    return table


def _mismatch(complex_: CellComplex, table: PieceTable) -> tuple[int, int, str] | None:
    """Return two cells whose functions differ on their common facet, and the difference."""
    for i, j, form in complex_.adjacent():
        difference = [a - b for a, b in zip(table.fractions(i), table.fractions(j), strict=True)]
        (wall,) = complex_.coordinates().lift_forms([[Fraction(a) for a in form]])
        lead = next(k for k, a in enumerate(wall) if a)
        factor = difference[lead] / wall[lead]
        if difference != [factor * a for a in wall]:
            return i, j, str(PieceTable.from_rows([difference])[0])
    return None


def _glued(complex_: CellComplex, table: PieceTable, max_cells: int | None) -> LatticePolynomial | None:
    """Return the maximum of minima that lemma R makes of the cells, as if the functions fitted together.

    None where differences do not live on the coordinates of the complex: then they disagree along a wall, too.
    """
    coordinates, first = complex_.coordinates(), table.fractions(0)
    rows = [[a - b for a, b in zip(table.fractions(i), first, strict=True)] for i in range(len(table))]
    reduced = [[*(row[p] for p in coordinates.pivots), row[-1]] for row in rows]
    if [list(row) for row in coordinates.lift_forms(reduced)] != rows:
        return None
    forms, denominator = over_common_denominator(reduced)
    found = list(zip(complex_.regions(), forms, strict=True))
    if any(form[-1] for form in forms) and any(region.homogeneous for region, _ in found):
        return None  # cones have a common point, at which constants differ
    rest = canonical_form(coordinates, found, denominator, max_cells=max_cells)
    return rest + LatticePolynomial([(first[:-1], first[-1])], [[0]])


def _cell_domain(complex_: CellComplex, cell: int) -> Polyhedron | None:
    rows = [[Fraction(a) for a in wall] for wall in complex_.cells[cell].constraints]
    if not rows:
        return None
    lifted = complex_.coordinates().lift_forms(rows)
    return Polyhedron([[-a for a in row[:-1]] for row in lifted], [row[-1] for row in lifted])


def _jump_comparisons(
    complex_: CellComplex, table: PieceTable, formula: LatticePolynomial, max_cells: int | None
) -> list[Comparison]:
    """Return what part (b) says: jumps determine F up to an affine function, and have to be balanced."""
    facets = facet_jumps(complex_)
    jumps = {(facet.first, facet.second): facet.jump for facet in facets}
    rebuilt = from_jumps(complex_, jumps, max_cells=max_cells) + LatticePolynomial(table[:1], [[0]])
    comparisons = [decided("F from its jumps", formula, "=", rebuilt, same_function(formula, rebuilt))]
    spanning = len(complex_) - 1
    for number, facet in enumerate(facets):
        if len(facets) > spanning and facet.jump and _in_cycle(complex_, number):
            broken = {**jumps, (facet.first, facet.second): 2 * facet.jump}
            try:
                from_jumps(complex_, broken, max_cells=max_cells)
            except InvalidInput:
                balanced = 0
            else:
                balanced = 1
            comparisons.append(compare("a doubled jump stays balanced", balanced, "<=", 0, facet))
            break
    return comparisons


def _in_cycle(complex_: CellComplex, number: int) -> bool:
    """Return whether the two cells of a facet are connected without it."""
    pairs = [(i, j) for i, j, _ in complex_.adjacent()]
    start, end = pairs.pop(number)
    reached, grown = {start}, True
    while grown:
        more = {b for a, b in [*pairs, *((j, i) for i, j in pairs)] if a in reached}
        grown = not more <= reached
        reached |= more
    return end in reached
