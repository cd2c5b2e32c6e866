"""Affine pieces: one affine function, and the immutable table of many.

A table keeps integer numerators over one common denominator, row i being ``(u_i, c_i)`` of ``g_i(x) = <u_i, x> + c_i``,
so that comparisons between pieces are integer comparisons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any, NamedTuple, overload

import numpy as np

from tropical._display import html_table, never_raising, number_latex, number_text, value_text
from tropical._exact.linear import combine_rows, rank, row_space
from tropical._exact.rational import (
    IntVector,
    as_fraction,
    as_fraction_vector,
    as_items,
    float_array,
    over_common_denominator,
)
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["AffinePiece", "PieceTable", "as_point"]


def as_point(x: Any, dimension: int, argument: str = "x", *, of_function: bool = False) -> tuple[Fraction, ...]:
    """Return x as an exact point of R^dimension, or say why it is none; functions take floats elsewhere."""
    try:
        point = as_fraction_vector(x, argument)
    except InvalidType as error:
        if not of_function:
            raise
        cure = f"{error.cure.partition(', or use')[0]}; rows of floats go to evaluate(X)"
        raise InvalidType(error.argument, error.requirement, error.given, cure) from None
    if len(point) != dimension:
        raise InvalidInput(
            argument, f"{dimension} coordinates", f"{len(point)}", "pass one exact number for each input"
        )
    return point


class AffinePiece(NamedTuple):
    """The affine function ``<gradient, x> + constant``; exact.

    Attributes
    ----------
    gradient : tuple of Fraction
    constant : Fraction

    Examples
    --------
    >>> from fractions import Fraction
    >>> str(AffinePiece((Fraction(2), Fraction(-1, 3)), Fraction(1)))
    '2*x0 - 1/3*x1 + 1'
    """

    gradient: tuple[Fraction, ...]
    constant: Fraction

    def __str__(self) -> str:
        return self._text("{}*x{}", "x{}")

    def latex(self) -> str:
        """Return the piece in LaTeX."""
        return self._text("{}x_{{{}}}", "x_{{{}}}", number=_latex_number)

    @never_raising
    def __repr__(self) -> str:
        return f"AffinePiece({self.outline()})"

    def outline(self) -> str:
        """Return the piece as text of bounded length."""
        start, more = self._start()
        text = start._text("{}*x{}", "x{}", number=number_text)
        return value_text(f"{text} + … {more} more terms" if more else text, _LONGEST)

    @never_raising
    def _repr_latex_(self) -> str:
        start, more = self._start()
        text = start._text("{}x_{{{}}}", "x_{{{}}}", number=number_latex)
        return f"${text}" + (rf" + \cdots \text{{ ({more} more terms)}}$" if more else "$")

    def _start(self) -> tuple[AffinePiece, int]:
        """Return the first few terms, and how many more there are."""
        terms = [(i, a) for i, a in enumerate(self.gradient) if a]
        if len(terms) <= _TERMS_SHOWN:
            return self, 0
        last = terms[_TERMS_SHOWN - 1][0]
        return AffinePiece(self.gradient[: last + 1], Fraction(0)), len(terms) - _TERMS_SHOWN

    def _text(self, scaled: str, bare: str, number: Any = str) -> str:
        signed: list[tuple[bool, str]] = []
        for index, coefficient in enumerate(self.gradient):
            if coefficient:
                size = abs(coefficient)
                term = bare.format(index) if size == 1 else scaled.format(number(size), index)
                signed.append((coefficient < 0, term))
        if self.constant or not signed:
            signed.append((self.constant < 0, number(abs(self.constant))))
        text = ("-" if signed[0][0] else "") + signed[0][1]
        return text + "".join((" - " if negative else " + ") + term for negative, term in signed[1:])


@dataclass(frozen=True, slots=True, repr=False)
class PieceTable(Sequence[AffinePiece]):
    """Immutable sequence of affine pieces on R^d.

    Attributes
    ----------
    rows : tuple of int vectors, each of length d + 1
        Numerators of (u_i, c_i).
    denominator : int
        The least positive common denominator of all entries.
    dimension : int
        d.
    """

    rows: tuple[IntVector, ...]
    denominator: int
    dimension: int

    @classmethod
    def from_rationals(cls, pieces: Iterable[tuple[Sequence[Any], Any]], argument: str = "pieces") -> PieceTable:
        """Build from pairs (gradient, constant) of exact numbers; all gradients of one length >= 1.

        Parameters
        ----------
        pieces : pairs (gradient, constant) of exact numbers
        argument : str
            What errors call the pieces.

        Raises
        ------
        InvalidInput
            If there is no piece, or the gradients differ in length.
        """
        if isinstance(pieces, PieceTable):
            return pieces
        rows = []
        cure = "pass [((u_0, ..., u_{d-1}), c), ...]"
        for i, pair in enumerate(as_items(pieces, argument, "a list of pairs (gradient, constant)", cure)):
            place = f"{argument}[{i}]"
            if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 2:
                raise InvalidType(place, "a pair (gradient, constant)", pair, "pass ((u_0, ..., u_{d-1}), c)")
            gradient = as_fraction_vector(pair[0], f"{place}[0]")
            rows.append((*gradient, as_fraction(pair[1], f"{place}[1]")))
        if not rows:
            raise InvalidInput(argument, "at least one piece", "none", "the zero function is one piece with gradient 0")
        lengths = {len(row) for row in rows}
        if len(lengths) > 1 or lengths == {1}:
            given = f"lengths {sorted(n - 1 for n in lengths)}"
            raise InvalidInput(argument, "gradients of one length d >= 1", given, "pad with zeros")
        return cls.from_rows(rows)

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Fraction]]) -> PieceTable:
        """Build from rows (u, c) of Fractions that are known to be rectangular.

        Parameters
        ----------
        rows : sequence of rows of Fraction
        """
        numerators, denominator = over_common_denominator(rows)
        return cls(numerators, denominator, len(rows[0]) - 1)

    @classmethod
    def from_integers(cls, rows: Sequence[IntVector], denominator: int) -> PieceTable:
        """Build from integer rows over a denominator > 0, in lowest terms.

        Parameters
        ----------
        rows : sequence of int vectors
            (u, c) times the denominator.
        denominator : int
        """
        common = gcd(denominator, *(entry for row in rows for entry in row))
        if common > 1:
            rows = [tuple([entry // common for entry in row]) for row in rows]
        return cls(tuple(rows), denominator // common, len(rows[0]) - 1)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[AffinePiece]:
        return (self[i] for i in range(len(self.rows)))

    @overload
    def __getitem__(self, index: int) -> AffinePiece: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[AffinePiece, ...]: ...
    def __getitem__(self, index: int | slice) -> AffinePiece | tuple[AffinePiece, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self.rows))))
        row = self.fractions(index)
        return AffinePiece(row[:-1], row[-1])

    @never_raising
    def __repr__(self) -> str:
        shown = ", ".join(self[i].outline() for i in range(min(4, len(self))))
        return f"PieceTable({shown}{', …' if len(self) > 4 else ''}; {len(self)} pieces on R^{self.dimension})"

    @never_raising
    def _repr_html_(self) -> str:
        rows = ((f"g{i}", self[i].outline()) for i in range(len(self)))
        return f"<p><b>{len(self)} pieces on R<sup>{self.dimension}</sup></b></p>" + html_table(rows, total=len(self))

    def fractions(self, index: int) -> tuple[Fraction, ...]:
        """Return row ``index`` as Fractions (u, c).

        Parameters
        ----------
        index : int
        """
        return tuple(Fraction(entry, self.denominator) for entry in self.rows[index])

    def gradients(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the gradients, one row a piece."""
        return tuple(self.fractions(i)[:-1] for i in range(len(self)))

    def span(self) -> tuple[tuple[tuple[Fraction, ...], ...], tuple[int, ...]]:
        """Return the reduced echelon basis of the span of the gradients, and its pivot columns.

        The basis is the identity at the pivots: a gradient u of the span has the coordinates ``u[pivots]``.
        """
        return row_space(self.gradients(), self.dimension)

    def rank(self) -> int:
        """Return the exact rank of the gradients: the dimension of their span."""
        return rank(self.gradients(), self.dimension)

    def is_homogeneous(self) -> bool:
        """Return whether every piece is linear (constant 0)."""
        return not any(row[-1] for row in self.rows)

    def float_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients (M, d) and constants (M,) rounded to float64."""
        table = float_array([self.fractions(i) for i in range(len(self))])
        return table[:, :-1], table[:, -1]

    def float_values(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the values of all pieces in float64 on blocks of samples, arrays (M, rows of the block).

        Blocks keep the table of values in the cache and bound the memory: n·M values can be far more than n·d.

        Parameters
        ----------
        samples : array of float, (n, d)
        """
        gradients, constants = self.float_arrays()
        size = max(1, _BLOCK // len(self))
        for start in range(0, len(samples), size):
            yield gradients @ samples[start : start + size].T + constants[:, None]

    def compose(self, matrix: Sequence[Sequence[Fraction]], offset: Sequence[Fraction], columns: int) -> PieceTable:
        """Return the pieces after ``x -> matrix @ x + offset``, on R^columns.

        Parameters
        ----------
        matrix : (d, columns)
        offset : length d
        columns : int
        """
        gradients = combine_rows(self.gradients(), matrix, columns)
        rows = []
        for i, gradient in enumerate(gradients):
            old = self.fractions(i)
            shift = sum((u * b for u, b in zip(old[:-1], offset, strict=True)), Fraction(0))
            rows.append((*gradient, old[-1] + shift))
        return PieceTable.from_rows(rows)


_BLOCK = 1 << 18  # values a block, 2 MB: a core's second-level cache


def _latex_number(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else rf"\tfrac{{{value.numerator}}}{{{value.denominator}}}"


_TERMS_SHOWN, _LONGEST = 8, 160
