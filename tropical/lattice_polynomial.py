r"""Lattice polynomials: max-min combinations of affine functions.

.. math:: F(x) = \max_j \min_{i \in S_j} g_i(x) \qquad\text{or dually}\qquad F(x) = \min_j \max_{i \in S_j} g_i(x)

Every continuous piecewise-linear function has such a form over its own pieces (docs/theory.md, lemma R).

=================  ==========================
docs/theory.md     here
=================  ==========================
g_i = <u_i,x>+c_i  ``pieces[i]``
S_j                ``clauses[j]``
=================  ==========================
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import Any

import numpy as np

from tropical._exact.rational import IntVector, as_fraction_matrix, as_fraction_vector, dot, rational_text
from tropical._exact.region import Region
from tropical._protocol import Resolution, as_sample_array
from tropical.exceptions import InvalidInput, InvalidType
from tropical.pieces import AffinePiece, PieceTable, as_point

__all__ = ["LatticePolynomial", "minimal_masks"]

Clauses = tuple[tuple[int, ...], ...]
_CLAUSES_SHOWN, _LITERALS_SHOWN, _TERM_SHOWN = 6, 6, 60


@dataclass(frozen=True, slots=True, init=False, repr=False)
class LatticePolynomial:
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
        if form not in ("max-min", "min-max"):
            raise InvalidInput("form", '"max-min" or "min-max"', repr(form), "name which operation is outside")
        table = PieceTable.from_rationals(pieces)
        object.__setattr__(self, "pieces", table)
        object.__setattr__(self, "clauses", _clauses(clauses, len(table)))
        object.__setattr__(self, "form", form)

    @classmethod
    def from_floats(
        cls, gradients: Any, constants: Any, clauses: Iterable[Iterable[int]], form: str = "max-min"
    ) -> LatticePolynomial:
        """Build from float arrays, gradients (M, d) and constants (M,): dyadic rationals, lossless."""
        u = np.asarray(gradients, dtype=np.float64)
        c = np.asarray(constants, dtype=np.float64)
        if u.ndim != 2 or c.shape != u.shape[:1]:
            given = f"shapes {u.shape} and {c.shape}"
            raise InvalidInput("gradients", "shape (M, d), with constants of shape (M,)", given, "reshape them")
        if not (np.isfinite(u).all() and np.isfinite(c).all()):
            raise InvalidInput("gradients", "finite numbers, as do the constants", "NaN or infinity", "mend them")
        pairs = [([Fraction(float(a)) for a in row], Fraction(float(b))) for row, b in zip(u, c, strict=True)]
        return cls(pairs, clauses, form)

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
        point = as_point(x, self.dimension)
        values = []
        for i in range(len(self.pieces)):
            row = self.pieces.rows[i]
            values.append(sum((a * t for a, t in zip(row[:-1], point, strict=True) if a and t), Fraction(row[-1])))
        inner, outer = (min, max) if self.form == "max-min" else (max, min)
        return outer(inner(values[i] for i in clause) for clause in self.clauses) / self.pieces.denominator

    def evaluate(self, X: Any) -> np.ndarray:
        """Evaluate in float64 at the rows of X, shape (n, d); returns (n,)."""
        samples = as_sample_array(X, self.dimension)
        gradients, constants = self.pieces.float_arrays()
        values = (samples @ gradients.T + constants).T
        inner, outer = (np.min, np.maximum) if self.form == "max-min" else (np.max, np.minimum)
        result = inner(values[list(self.clauses[0])], axis=0)
        for clause in self.clauses[1:]:
            outer(result, inner(values[list(clause)], axis=0), out=result)
        return result

    def compose(self, A: Any, b: Any = None) -> LatticePolynomial:
        """Return ``x -> F(A x + b)`` exactly, on R^e for A of shape (d, e).

        The pieces of the result have gradients ``u A``: their rank is at most that of A.
        """
        matrix = as_fraction_matrix(A, "A")
        if len(matrix) != self.dimension or not matrix[0]:
            raise InvalidInput("A", f"shape ({self.dimension}, e) with e >= 1", f"{len(matrix)} rows", "transpose it")
        offset = (Fraction(0),) * self.dimension if b is None else as_fraction_vector(b, "b")
        if len(offset) != self.dimension:
            raise InvalidInput("b", f"{self.dimension} entries", str(len(offset)), "give one for each row of A")
        return LatticePolynomial(self.pieces.compose(matrix, offset, len(matrix[0])), self.clauses, self.form)

    def __str__(self) -> str:
        return self._text(str, "max", "min", "({})", cut=False)

    def __repr__(self) -> str:
        count = f"{len(self.pieces)} pieces, {len(self.clauses)} clauses, R^{self.dimension}"
        text = self._text(str, "max", "min", "({})", cut=True)
        return f"LatticePolynomial({self.form}, {count}: {text if len(text) <= 240 else text[:239] + '…'})"

    def _repr_latex_(self) -> str:
        return "$" + self._text(AffinePiece.latex, r"\max", r"\min", r"\left({}\right)", cut=True) + "$"

    def _text(self, piece_text: Any, maximum: str, minimum: str, brackets: str, *, cut: bool) -> str:
        inner, outer = (minimum, maximum) if self.form == "max-min" else (maximum, minimum)

        def combine(name: str, terms: list[str], total: int) -> str:
            if total == 1:
                return terms[0]
            return name + brackets.format(", ".join([*terms, "…"] if len(terms) < total else terms))

        def term(i: int) -> str:
            text = piece_text(self.pieces[i])
            return f"g{i}" if cut and len(text) > _TERM_SHOWN else text

        shown = self.clauses[:_CLAUSES_SHOWN] if cut else self.clauses
        parts = []
        for clause in shown:
            literals = clause[:_LITERALS_SHOWN] if cut else clause
            parts.append(combine(inner, [term(i) for i in literals], len(clause)))
        return combine(outer, parts, len(self.clauses))

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

    def resolver(self, columns: Sequence[int]) -> _LatticeResolver:
        """Return F on the coordinates ``columns``, all others zero, in integers."""
        return _LatticeResolver(self, columns)


class _LatticeResolver:
    """Finds the piece that F equals on a cell, and proves it by signs of differences of pieces.

    With s = 1 for max-min and s = -1 for min-max, and f the value's piece at an interior point: F = f on the cell iff
    s(g_i - f) >= 0 for all i of some clause, and every clause holds an i with s(g_i - f) <= 0. Only the signs that this
    needs are decided; the cell is split where one of them is missing.
    """

    def __init__(self, function: LatticePolynomial, columns: Sequence[int]) -> None:
        self._rows = [(*(row[c] for c in columns), row[-1]) for row in function.pieces.rows]
        self._denominator = function.pieces.denominator
        # sets of pieces are bit masks here: with hundreds of clauses a subset test has to be one operation
        self._clauses = [sum(1 << i for i in clause) for clause in function.clauses]
        self._sign = 1 if function.form == "max-min" else -1

    def resolve(self, region: Region) -> Resolution:
        heights = [self._sign * dot(row, region.point) for row in self._rows]
        order, reached = self._attained(heights)
        value = heights[order[-1]]
        attaining = [clause for clause in self._clauses if clause & reached == clause]
        active = next(i for i in order if heights[i] == value and attaining[0] >> i & 1)
        form = self._rows[active]
        s = self._sign
        differences: dict[int, IntVector] = {}

        def difference(i: int) -> IntVector:
            if i not in differences:
                differences[i] = tuple(s * (a - b) for a, b in zip(self._rows[i], form, strict=True))
            return differences[i]

        self._reach(attaining, region, difference)
        self._stay([i for i, height in enumerate(heights) if height <= value], region, difference)
        return Resolution((form,), self._denominator, (form,))

    def _attained(self, heights: list[int]) -> tuple[list[int], int]:
        """Return the pieces at or above the value, highest first, and their mask.

        The value is the largest height v such that some clause lies in {i : height_i >= v}: bisection on the pieces
        ordered by height.
        """
        order = sorted(range(len(heights)), key=lambda i: -heights[i])
        masks = list(accumulate((1 << i for i in order), or_))

        def holds_a_clause(position: int) -> bool:
            return any(clause & masks[position] == clause for clause in self._clauses)

        last = bisect_left(range(len(order)), True, key=holds_a_clause)
        while last + 1 < len(order) and heights[order[last + 1]] == heights[order[last]]:
            last += 1
        return order[: last + 1], masks[last]

    def _reach(self, attaining: list[int], region: Region, difference: Callable[[int], IntVector]) -> None:
        """Prove that one clause lies on or above the candidate on the whole region.

        At the interior point no form of these clauses is negative, so a sign is missing only where a form crosses.
        """
        crossing = 0
        for i in _members(reduce(or_, attaining)):
            if region.sign(difference(i)) is None:
                crossing |= 1 << i
        best = min(attaining, key=lambda clause: (clause & crossing).bit_count())
        for i in _members(best & crossing or best):
            region.decide(difference(i))

    def _stay(self, low: list[int], region: Region, difference: Callable[[int], IntVector]) -> None:
        """Prove that every clause holds a piece on or below the candidate on the whole region.

        Only the pieces `low`, at or below the candidate at the interior point, can serve.
        """
        proved = 0
        possible = {i: 1 << i for i in low}
        for clause in self._clauses:
            if clause & proved:
                continue
            here = [i for i, bit in possible.items() if clause & bit]
            found = next((i for i in here if region.sign(difference(i)) in (0, -1)), here[0])
            region.decide(difference(found))
            proved |= 1 << found


def _members(mask: int) -> list[int]:
    """Return the elements of a set given as a bit mask."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def minimal_masks(masks: Iterable[int]) -> list[int]:
    """Return the inclusion-minimal sets of a family given as bit masks, smallest first.

    Complexity: O(distinct sets · minimal sets) mask operations.
    """
    kept: list[int] = []
    for mask in sorted(set(masks), key=lambda mask: (mask.bit_count(), mask)):
        if not any(smaller & mask == smaller for smaller in kept):
            kept.append(mask)
    return kept


def _clauses(clauses: Any, pieces: int) -> Clauses:
    if isinstance(clauses, (str, bytes)) or not isinstance(clauses, Iterable):
        raise InvalidType("clauses", "a list of lists of piece numbers", clauses, "pass for example [[0, 1], [2]]")
    result = []
    for j, clause in enumerate(clauses):
        name = f"clauses[{j}]"
        if isinstance(clause, (str, bytes)) or not isinstance(clause, Iterable):
            raise InvalidType(name, "a list of piece numbers", clause, "pass for example [0, 1]")
        members = list(clause)
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
