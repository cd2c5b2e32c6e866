r"""Lattice polynomials: max-min combinations of affine functions.

.. math:: F(x) = \max_j \min_{i \in S_j} g_i(x) \qquad\text{or dually}\qquad F(x) = \min_j \max_{i \in S_j} g_i(x)

Every continuous piecewise-linear function has such a form over its own pieces (docs/theory.md, lemma R).

=================  ==========================
docs/theory.md     here
=================  ==========================
g_i = <u_i,x>+c_i  ``pieces[i]``
S_j                ``clauses[j]``
=================  ==========================

A lattice polynomial is a *function*: ``+`` is the ordinary sum, ``3 * F`` scales, and exact numbers stand for constants
(docs/theory.md, lemma A). Operations merge equal pieces, absorb clauses that contain another one and drop pieces that
no clause names; they decide nothing about the function beyond that.

More than 400 lines: one class, with the operations that make its objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from tropical._arguments import exact_array
from tropical._display import never_raising
from tropical._exact.rational import (
    IntVector,
    as_affine_map,
    as_choice,
    as_dimension,
    as_fraction,
    as_fraction_matrix,
    as_items,
    as_limit,
    rational_text,
)
from tropical._lattice_resolver import LatticeResolver
from tropical._protocol import Unordered, as_sample_array
from tropical.clauses import check_products, formula, mask_of, members, merge, product_of_families, transversals
from tropical.exceptions import InvalidInput, InvalidType
from tropical.pieces import AffinePiece, PieceTable, as_point

if TYPE_CHECKING:
    from tropical.network import ReLUNetwork

__all__ = ["FORMS", "LatticePolynomial", "maximum", "minimum", "tidy"]

Clauses = tuple[tuple[int, ...], ...]
FORMS = ("max-min", "min-max")
_TERM_SHOWN = 60
_PLAIN, _LATEX = {"max": "max", "min": "min"}, {"max": r"\max", "min": r"\min"}


@dataclass(frozen=True, slots=True, init=False, repr=False)
class LatticePolynomial(Unordered):
    """Max-min (or min-max) combination of affine functions on R^d, exact; frozen and hashable.

    ``==`` compares pieces, clauses and form as they stand; ask :func:`tropical.same_function` whether two objects are
    the same function.

    Parameters
    ----------
    pieces : sequence of pairs (gradient, constant) of exact numbers
    clauses : sequence of sequences of int
        Each names the pieces of one inner minimum (maximum for "min-max"); non-empty. Kept sorted, repeats removed.
    form : {"max-min", "min-max"}

    Notes
    -----
    A call costs O(M·d) rational operations and O(Σ|S_j|) comparisons; ``evaluate`` one product of (n, d) and (d, M)
    arrays and O(n·Σ|S_j|) float comparisons.

    Examples
    --------
    >>> tent = LatticePolynomial([([1], 1), ([-1], 1), ([0], 0)], [[0, 1], [2]])
    >>> tent(["1/2"]), str(tent)
    (Fraction(1, 2), 'max(min(x0 + 1, -x0 + 1), 0)')
    """

    pieces: PieceTable
    clauses: Clauses
    form: str

    __array_ufunc__ = None

    def __init__(self, pieces: Any, clauses: Any, form: str = "max-min") -> None:
        as_choice(form, "form", FORMS, "name which operation is outside")
        table = PieceTable.from_rationals(pieces)
        object.__setattr__(self, "pieces", table)
        object.__setattr__(self, "clauses", _clauses(clauses, len(table)))
        object.__setattr__(self, "form", form)

    @classmethod
    def from_floats(
        cls, gradients: Any, constants: Any, clauses: Iterable[Iterable[int]], form: str = "max-min"
    ) -> LatticePolynomial:
        """Build from float arrays, gradients (M, d) and constants (M,): dyadic rationals, lossless.

        Parameters
        ----------
        gradients : (M, d)
        constants : (M,)
        clauses : iterable of sets of numbers of pieces
        form : {"max-min", "min-max"}

        Raises
        ------
        InvalidInput
            If the shapes do not match.
        """
        u, c = exact_array(gradients, "gradients"), exact_array(constants, "constants")
        if u.ndim != 2:
            raise InvalidInput("gradients", "shape (M, d)", str(u.shape), "give one row for each piece")
        if c.shape != u.shape[:1]:
            raise InvalidInput("constants", f"shape ({len(u)},)", str(c.shape), "give one for each row of gradients")
        return cls(list(zip(u.tolist(), c.tolist(), strict=True)), clauses, form)

    @property
    def dimension(self) -> int:
        """Number of inputs d."""
        return self.pieces.dimension

    @property
    def outputs(self) -> int:
        """Number of outputs: one."""
        return 1

    def is_bias_free(self) -> bool:
        """Return whether every piece has constant 0."""
        return self.pieces.is_homogeneous()

    def __call__(self, x: Any) -> Fraction:
        """Evaluate exactly at a rational point."""
        point = as_point(x, self.dimension, of_function=True)
        values = []
        for i in range(len(self.pieces)):
            row = self.pieces.rows[i]
            values.append(sum((a * t for a, t in zip(row[:-1], point, strict=True) if a and t), Fraction(row[-1])))
        inner, outer = (min, max) if self.form == "max-min" else (max, min)
        return outer(inner(values[i] for i in clause) for clause in self.clauses) / self.pieces.denominator

    def evaluate(self, X: Any) -> np.ndarray:
        """Return the values (n,) at the rows of X, shape (n, d), in float64.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        samples = as_sample_array(X, self.dimension)
        inner, outer = (np.min, np.maximum) if self.form == "max-min" else (np.max, np.minimum)
        blocks = []
        for values in self.pieces.float_values(samples):
            result = inner(values[list(self.clauses[0])], axis=0)
            for clause in self.clauses[1:]:
                outer(result, inner(values[list(clause)], axis=0), out=result)
            blocks.append(result)
        return np.concatenate(blocks) if blocks else np.empty(0)

    @classmethod
    def constant(cls, value: Any, dimension: int) -> LatticePolynomial:
        """Return the constant function with this exact value on R^dimension.

        Parameters
        ----------
        value : exact number
        dimension : int
        """
        return cls([([0] * as_dimension(dimension), as_fraction(value))], [[0]])

    def __add__(self, other: Any) -> LatticePolynomial:
        """Return the sum: at most M·M' pieces, products of clauses; BudgetExceeded beyond a million of either."""
        right = self._operand(other)
        if right is None:
            return NotImplemented
        right = right if right.form == self.form else right.dual()
        scale, step = right.pieces.denominator, self.pieces.denominator
        count = len(right.pieces)
        check_products(count * len(self.pieces), "pieces")
        check_products(len(right.clauses) * len(self.clauses), "clauses")
        rows = [
            tuple([a * scale + b * step for a, b in zip(row, other_row, strict=True)])
            for row in self.pieces.rows
            for other_row in right.pieces.rows
        ]
        if all(len(clause) == 1 for clause in (*self.clauses, *right.clauses)):
            used = {i * count + j for (i,) in self.clauses for (j,) in right.clauses}
            return _extremum([rows[i] for i in sorted(used)], scale * step, self.form)
        check_products(len(rows) * len(self.clauses) * len(right.clauses) // _BITS, "pieces and clauses")
        masks = [
            mask_of(i * count + j for i in clause for j in other_clause)
            for clause in self.clauses
            for other_clause in right.clauses
        ]
        return tidy(rows, scale * step, masks, self.form)

    __radd__ = __add__

    def __neg__(self) -> LatticePolynomial:
        """Return -F: the pieces change sign and the form turns over."""
        return self * -1

    def __sub__(self, other: Any) -> LatticePolynomial:
        right = self._operand(other)
        return NotImplemented if right is None else self + -right

    def __rsub__(self, other: Any) -> LatticePolynomial:
        return -self + other

    def __mul__(self, factor: Any) -> LatticePolynomial:
        """Return the multiple by an exact number; a negative one turns the form over."""
        if isinstance(factor, LatticePolynomial):
            raise InvalidType("factor", "an exact number", "a function", "a product of two functions has curved pieces")
        number = as_fraction(factor, "factor")
        swapped = "min-max" if self.form == "max-min" else "max-min"
        rows = [tuple(a * number.numerator for a in row) for row in self.pieces.rows]
        masks = [mask_of(clause) for clause in self.clauses]
        form = self.form if number >= 0 else swapped
        return tidy(rows, self.pieces.denominator * number.denominator, masks, form)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> LatticePolynomial:
        number = as_fraction(divisor, "divisor")
        if number == 0:
            raise InvalidInput("divisor", "a number other than zero", 0, "divide by something else")
        return self * (1 / number)

    def dual(self, max_clauses: int | None = 100_000) -> LatticePolynomial:
        """Return the same function in the other form, by distributivity alone (formal dual).

        The clauses are the minimal sets that meet every clause; on clauses without absorption an involution.

        Parameters
        ----------
        max_clauses : int, optional
            None is no limit.

        Raises
        ------
        BudgetExceeded
            If more than `max_clauses` clauses arise.
        """
        masks = transversals((mask_of(c) for c in self.clauses), limit=as_limit(max_clauses, "max_clauses"))
        swapped = "min-max" if self.form == "max-min" else "max-min"
        return LatticePolynomial(self.pieces, sorted(members(mask) for mask in masks), swapped)

    def canonical(self, form: str = "max-min", max_cells: int | None = None) -> LatticePolynomial:
        """Return the canonical form, which depends on the function alone: equal functions give equal objects.

        ``canonical("min-max")`` is the canonical dual: its clauses are the minimal T_x. As set families it differs from
        the formal :meth:`dual` in general. See :func:`tropical.lattice` for the cost.

        Parameters
        ----------
        form : {"max-min", "min-max"}
        max_cells : int, optional
            Limit on the number of order cells.
        """
        from tropical.canonical import active_cells, canonical_form

        as_choice(form, "form", FORMS, "name which operation is outside")
        limit = as_limit(max_cells, "max_cells")
        reduction, (found,), denominator = active_cells(self, None, limit)
        return canonical_form(reduction, found, denominator, form=form, max_cells=limit)

    def minimal(self, max_cells: int | None = None) -> LatticePolynomial:
        """Return an irredundant form of the same function; see :func:`tropical.canonical.minimal_form`.

        Parameters
        ----------
        max_cells : int, optional
            Limit on the number of cells.
        """
        from tropical.canonical import minimal_form

        return minimal_form(self, max_cells)

    def to_sympy(self, variables: Any = None) -> Any:
        """Return F as a SymPy expression; see :func:`tropical.to_sympy`.

        Parameters
        ----------
        variables : sequence of symbols, optional
            x0, x1, ... by default.
        """
        from tropical.symbolic import to_sympy

        return to_sympy(self, variables)

    def to_network(self) -> ReLUNetwork:
        """Return a ReLU network that is the same function; see :func:`tropical.to_network`."""
        from tropical.convert import to_network

        return to_network(self)

    def restrict(self, basis: Any, origin: Any = None) -> LatticePolynomial:
        """Return F on a subspace: ``z -> F(origin + z_1 b_1 + ... + z_e b_e)`` for the rows b of the basis, on R^e.

        Parameters
        ----------
        basis : (e, d) exact numbers
            Rows b; they need not be independent.
        origin : length d, optional
            Zero by default.

        Raises
        ------
        InvalidInput
            If the basis is empty or of another dimension.
        """
        rows = as_fraction_matrix(basis, "basis")
        if not rows or len(rows[0]) != self.dimension:
            given = f"rows of length {len(rows[0])}" if rows else "none"
            raise InvalidInput("basis", f"at least one row of length {self.dimension}", given, "give spanning vectors")
        start = None if origin is None else as_point(origin, self.dimension, "origin")
        return self.compose(list(zip(*rows, strict=True)), start)

    def _operand(self, other: Any, argument: str = "other") -> LatticePolynomial | None:
        """Return the other operand as a function on the same space, None where it is not for us to handle."""
        if isinstance(other, LatticePolynomial):
            if other.dimension != self.dimension:
                given = f"{other.dimension} inputs beside {self.dimension}"
                raise InvalidInput(argument, "the same number of inputs", given, "compose one of them")
            return other
        numbers = (int, Fraction, np.integer, str, float, np.floating)  # floats are refused with the cure
        if isinstance(other, numbers) or getattr(other, "is_Rational", False) is True:
            return LatticePolynomial.constant(as_fraction(other, argument), self.dimension)
        return None

    def compose(self, A: Any, b: Any = None) -> LatticePolynomial:
        """Return ``x -> F(A x + b)`` exactly, on R^e for A of shape (d, e).

        The pieces of the result have gradients ``u A``: their rank is at most that of A.

        Parameters
        ----------
        A : (d, e) exact numbers
        b : length d, optional
            Zero by default.
        """
        matrix, offset = as_affine_map(A, b, self.dimension)
        pieces = self.pieces.compose(matrix, offset, len(matrix[0]))
        return tidy(pieces.rows, pieces.denominator, [mask_of(clause) for clause in self.clauses], self.form)

    def __str__(self) -> str:
        return self._text(self._term(str), _PLAIN, cut=False)

    def outline(self) -> str:
        """Return the formula with the pieces named g0, g1, ... by their numbers."""
        return self._text("g{}".format, _PLAIN, cut=False)

    @never_raising
    def __repr__(self) -> str:
        count = f"{len(self.pieces)} pieces, {len(self.clauses)} clauses, R^{self.dimension}"
        text = self._text(self._term(str, cut=True), _PLAIN, cut=True)
        return f"LatticePolynomial({self.form}, {count}: {text if len(text) <= 240 else text[:239] + '…'})"

    @never_raising
    def _repr_latex_(self) -> str:
        term = self._term(AffinePiece.latex, cut=True, name="g_{{{}}}")
        return "$" + self._text(term, _LATEX, brackets=r"\left({}\right)", cut=True) + "$"

    def _term(
        self, piece_text: Callable[[AffinePiece], str], *, cut: bool = False, name: str = "g{}"
    ) -> Callable[[int], str]:
        """Return the text of a piece by its number, its mere name where the text is cut and long."""

        def term(i: int) -> str:
            try:
                text = piece_text(self.pieces[i])
            except ValueError:  # numbers of more than 4300 digits have no text
                if not cut:
                    raise
                return name.format(i)
            return name.format(i) if cut and len(text) > _TERM_SHOWN else text

        return term

    def _text(self, term: Callable[[int], str], names: dict[str, str], *, brackets: str = "({})", cut: bool) -> str:
        outer, inner = self.form.split("-")
        return formula(self.clauses, term, names[outer], names[inner], brackets, cut=cut)

    def to_plain(self) -> dict[str, Any]:
        """Return the lattice polynomial as plain data with exact numbers as strings."""
        return {
            "type": "lattice_polynomial",
            "form": self.form,
            "pieces": [
                {"gradient": [rational_text(a) for a in piece.gradient], "constant": rational_text(piece.constant)}
                for piece in self.pieces
            ],
            "clauses": [list(clause) for clause in self.clauses],
        }

    def linear_forms(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the gradients: F depends on x through them alone."""
        return self.pieces.gradients()

    def resolver(self, columns: Sequence[int]) -> LatticeResolver:
        """Return F on the coordinates ``columns``, all others zero, in integers.

        Parameters
        ----------
        columns : sequence of int
            Coordinates, from 0.
        """
        return LatticeResolver(self.pieces, self.clauses, self.form, columns)


def maximum(first: LatticePolynomial, *others: Any) -> LatticePolynomial:
    """Return the pointwise maximum of functions on one space; exact numbers stand for constants.

    In max-min form the clauses are joined; in min-max form they are multiplied out.

    Parameters
    ----------
    first : LatticePolynomial
    *others : LatticePolynomial or exact number

    Examples
    --------
    >>> x = LatticePolynomial([([1], 0)], [[0]])
    >>> str(maximum(x, -x, "1/2"))
    'max(x0, -x0, 1/2)'
    """
    return _fold(first, others, "max-min")


def minimum(first: LatticePolynomial, *others: Any) -> LatticePolynomial:
    """Return the pointwise minimum of functions on one space; exact numbers stand for constants.

    Parameters
    ----------
    first : LatticePolynomial
    *others : LatticePolynomial or exact number
    """
    return _fold(first, others, "min-max")


def _fold(first: LatticePolynomial, others: Iterable[Any], joining: str) -> LatticePolynomial:
    """Combine functions by the operation that is outside in the form `joining`."""
    if not isinstance(first, LatticePolynomial):
        cure = "put the lattice polynomial first; numbers may follow"
        raise InvalidType("first", "a LatticePolynomial", first, cure)
    functions = [first]
    for position, other in enumerate(others, start=1):
        right = first._operand(other, f"argument {position}")  # pyright: ignore[reportPrivateUsage]
        if right is None:
            raise InvalidType(f"argument {position}", "a LatticePolynomial or an exact number", other, "convert it")
        functions.append(right if right.form == first.form else right.dual())
    scale = lcm(*(function.pieces.denominator for function in functions))
    number: dict[IntVector, int] = {}  # equal pieces are one
    families = []
    for function in functions:
        factor = scale // function.pieces.denominator
        rows = (tuple([a * factor for a in row]) for row in function.pieces.rows)
        places = [number.setdefault(row, len(number)) for row in rows]
        families.append([[places[i] for i in clause] for clause in function.clauses])
    if first.form == joining and all(len(clause) == 1 for family in families for clause in family):
        rows = list(number)
        used = {i for family in families for (i,) in family}
        return _extremum([rows[i] for i in sorted(used)], scale, first.form)
    masks = [[mask_of(clause) for clause in family] for family in families]
    if first.form == joining:
        return tidy(list(number), scale, chain.from_iterable(masks), first.form)
    return tidy(list(number), scale, product_of_families(masks), first.form)


_BITS = 1 << 12  # a million of them are the masks of the clauses, half a gigabyte


def _extremum(rows: Iterable[IntVector], denominator: int, form: str) -> LatticePolynomial:
    """Return the maximum (minimum) of affine functions: no clause can absorb another, so no masks are needed."""
    used = list(dict.fromkeys(rows))
    return LatticePolynomial(PieceTable.from_integers(used, denominator), [[i] for i in range(len(used))], form)


def tidy(rows: Sequence[IntVector], denominator: int, masks: Iterable[int], form: str) -> LatticePolynomial:
    """Merge equal pieces, absorb clauses, drop unused pieces; pieces keep the order of their first appearance."""
    used, kept = merge(rows, masks)
    return LatticePolynomial(PieceTable.from_integers(used, denominator), sorted(map(members, kept)), form)


def _clauses(clauses: Any, pieces: int) -> Clauses:
    result = []
    cure = "pass for example [[0, 1], [2]]"
    for j, clause in enumerate(as_items(clauses, "clauses", "a list of lists of piece numbers", cure)):
        name = f"clauses[{j}]"
        if isinstance(clause, Set):  # a set of numbers is what a clause is
            clause = sorted(clause)
        members = as_items(clause, name, "a list of piece numbers", "pass for example [0, 1]")
        for i in members:
            if isinstance(i, bool) or not isinstance(i, (int, np.integer)):
                raise InvalidType(name, "piece numbers", i, "use integers")
            if not 0 <= i < pieces:
                raise InvalidInput(name, f"piece numbers from 0 to {pieces - 1}", int(i), "there is no such piece")
        if not members:
            raise InvalidInput(name, "at least one piece", "none", "an empty minimum has no value; drop the clause")
        result.append(tuple(sorted({int(i) for i in members})))
    if not result:
        raise InvalidInput("clauses", "at least one clause", "none", "an empty maximum has no value")
    return tuple(result)
