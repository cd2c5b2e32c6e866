r"""Which clauses represent a function (docs/theory.md, lemma R').

A family of clauses over a table of affine functions that contains every piece represents F in max-min form iff every
minimal ``S_x`` contains a clause (then the formula is >= F) and every clause meets every minimal ``T_x`` (then it is
<= F). Both families are finite and found once; after that every question about clauses is combinatorial.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tropical._display import Record
from tropical._exact.rational import as_limit
from tropical._protocol import PiecewiseLinear, as_scalar
from tropical.canonical import Point, SignSets, sign_sets
from tropical.clauses import mask_of, members
from tropical.complexes import cells
from tropical.decide import same_function
from tropical.domains import Domain, as_polyhedron
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.pieces import PieceTable
from tropical.results import Verdict, Witness

__all__ = ["ClauseCriterion", "clause_criterion"]


@dataclass(frozen=True, slots=True, repr=False)
class ClauseCriterion(Record):
    """The two set families that decide which clauses represent a function.

    Attributes
    ----------
    function : a function with one output
    pieces : PieceTable
        The affine functions that clauses name.
    upper_sets, lower_sets : tuple of tuple of int
        The inclusion-minimal ``S_x = {i : g_i(x) >= F(x)}`` and ``T_x = {i : g_i(x) <= F(x)}``.
    upper_points, lower_points : tuple of points
        For each of them a rational point x that has it.
    domain : None, Box or Polyhedron
    """

    function: PiecewiseLinear
    pieces: PieceTable
    upper_sets: tuple[tuple[int, ...], ...]
    lower_sets: tuple[tuple[int, ...], ...]
    upper_points: tuple[Point, ...]
    lower_points: tuple[Point, ...]
    domain: Domain

    def represents(self, clauses: Any, form: str = "max-min") -> Verdict:
        """Decide whether clauses over :attr:`pieces` represent the function on the domain.

        Parameters
        ----------
        clauses : iterable of sets of numbers of pieces
        form : {"max-min", "min-max"}

        Returns
        -------
        Verdict
            Yes with a certificate of kind ``same_function``, no with the point of a set S_x that holds no clause, or of
            a set T_x that some clause misses.

        Notes
        -----
        Clauses times sets mask operations; the certificate costs an equality proof.
        """
        formula = LatticePolynomial(self.pieces, clauses, form)
        masks = [mask_of(clause) for clause in formula.clauses]
        contained, met = (self.upper_sets, self.lower_sets), (self.upper_points, self.lower_points)
        if form == "min-max":
            contained, met = contained[::-1], met[::-1]
        for sets, points, fits in ((contained[0], met[0], _contains_one), (contained[1], met[1], _meets_all)):
            for members_of, point in zip(sets, points, strict=True):
                if not fits(mask_of(members_of), masks):
                    witness = Witness(point, self.function(point), formula(point))
                    return Verdict(False, "clauses represent the function", witness=witness)
        proof = same_function(self.function, formula, self.domain)
        assert proof, "lemma R' and the equality proof disagree"
        return Verdict(True, "clauses represent the function", evidence=proof.evidence)


def clause_criterion(
    F: PiecewiseLinear, pieces: Any = None, domain: Domain = None, max_cells: int | None = None
) -> ClauseCriterion:
    """Return what decides which clauses represent a function (lemma R').

    Parameters
    ----------
    F : a function of any type with one output
    pieces : PieceTable or sequence of pairs (gradient, constant), optional
        Affine functions that clauses may name: distinct, and every piece of F among them. Extra ones do no harm. By
        default the pieces of F, sorted.
    domain : None, Box or Polyhedron
    max_cells : int, optional
        Limit on the number of cells, and of order cells.

    Raises
    ------
    InvalidInput
        If a piece of F is not in the table (lemma I: no clauses represent F then).
    BudgetExceeded

    Examples
    --------
    >>> from tropical import parse
    >>> criterion = clause_criterion(parse("max(0, min(x0, 1 - x0))"))
    >>> [str(piece) for piece in criterion.pieces], criterion.upper_sets
    (['-x0 + 1', '0', 'x0'], ((0, 1), (0, 2), (1, 2)))
    >>> bool(criterion.represents([[1], [0, 2]])), criterion.represents([[1]])
    (True, Verdict(clauses represent the function: no, witness at x0 = 1/3: 1/3 against 0))
    """
    function = as_scalar(F)
    limit = as_limit(max_cells, "max_cells")
    (own,) = cells(function, domain, limit).tables
    table = own if pieces is None else PieceTable.from_rationals(pieces)
    if table.dimension != function.dimension:
        raise InvalidInput("pieces", f"{function.dimension} inputs", f"{table.dimension}", "pad or cut the gradients")
    given = [table.fractions(i) for i in range(len(table))]
    if len(set(given)) < len(given):
        raise InvalidInput("pieces", "distinct affine functions", "one of them twice", "drop the repetition")
    for i, piece in enumerate(own):
        if own.fractions(i) not in given:
            cure = "every form contains every piece (lemma I); add it"
            raise InvalidInput("pieces", "every piece of F", f"none equal to {piece}", cure)
    sets: SignSets = sign_sets(function, table, domain=as_polyhedron(domain, function.dimension), max_cells=limit)
    upper, lower = (tuple(members(mask) for mask in family) for family in (sets.upper, sets.lower))
    return ClauseCriterion(function, table, upper, lower, sets.upper_points, sets.lower_points, domain)


def _contains_one(mask: int, clauses: Iterable[int]) -> bool:
    return any(clause & mask == clause for clause in clauses)


def _meets_all(mask: int, clauses: Iterable[int]) -> bool:
    return all(clause & mask for clause in clauses)
