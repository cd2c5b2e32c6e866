r"""Tropical polynomials.

.. math:: P(x) = \bigoplus_i c_i \odot x^{\odot u_i} = \max_i\,(\langle u_i, x\rangle + c_i)
          \qquad\text{(convention "max"), or } \min_i \text{ (convention "min")}

**Convention.** ``+`` is the maximum (minimum) and ``*`` is the ordinary sum, as in Sage and TropicalNN.jl; both take
tropical objects only. The convention is stated at construction and shown by every repr; the two do not mix. Exponents
are rational: negative and fractional ones are welcome.

=========================  =================================
docs/theory.md, section 1  here
=========================  =================================
g_i = <u_i, x> + c_i       ``pieces[i]``, one for each term
c_i, u_i                   ``terms[i]``
=========================  =================================

More than 400 lines: the operators beside the named operations, each with its own words about which numbers it takes.

A polynomial is a *formula*: ``==`` compares terms. Terms with one exponent are added, and nothing else is decided:
:meth:`TropicalPolynomial.essential` drops the terms that never matter, :func:`tropical.same_function` compares
functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tropical._display import never_raising
from tropical._exact.rational import (
    IntVector,
    as_affine_map,
    as_dimension,
    as_fraction,
    rational_text,
)
from tropical._protocol import Unordered, as_sample_array
from tropical._term_resolver import TermResolver
from tropical._terms import MOST_PRODUCTS, add_terms, as_convention, expansion_size, match_operands, term_table
from tropical.exceptions import BudgetExceeded, InvalidInput, InvalidType
from tropical.pieces import AffinePiece, PieceTable, as_point

if TYPE_CHECKING:
    from tropical.complexes.hypersurface import TropicalHypersurface
    from tropical.complexes.newton import NewtonPolytope, RegularSubdivision
    from tropical.rational_function import TropicalRational

__all__ = ["TropicalOperators", "TropicalPolynomial"]

_TERMS_SHOWN, _TERM_SHOWN = 6, 60
_NUMBERS = "c becomes the polynomial TropicalPolynomial.constant(c, dimension, convention)"
_MOST_VARIABLES = 5_000


class TropicalOperators:
    """What ``-`` would mean is said by ``/`` here."""

    __slots__ = ()

    def _refuse_minus(self, other: Any = None) -> Any:
        cure = "F / G is the difference of functions; `reciprocal` and `negated` change the sign"
        raise InvalidType("other", "no - : tropical addition has no inverse", "-", cure)

    __neg__ = __sub__ = __rsub__ = _refuse_minus


@dataclass(frozen=True, slots=True, init=False, repr=False)
class TropicalPolynomial(TropicalOperators, Unordered):
    """Maximum (or minimum) of affine functions on R^d with tropical arithmetic: ``+`` is max (min), ``*`` is the sum.

    Parameters
    ----------
    terms : mapping or sequence
        ``{exponents: coefficient}``, or pairs ``(coefficient, exponents)``; exact rational numbers, exponents of one
        length d >= 1. At least one term: the tropical zero is infinite everywhere and no function to R.
    convention : {"max", "min"}

    Notes
    -----
    With negative or fractional exponents some say *signomial*, or Laurent and Puiseux polynomial. Frozen and hashable;
    terms are sorted by exponents, of several with one exponent the largest (smallest) stays. With
    M terms a call costs O(M·d) rational operations, ``evaluate`` one product of (n, d) and (d, M) arrays in blocks.

    Examples
    --------
    >>> line = TropicalPolynomial({(1, 0): 0, (0, 1): 0, (0, 0): "1/2"}, convention="max")
    >>> str(line), line([1, 3])
    ('max(1/2, x1, x0)', Fraction(3, 1))
    >>> x, y = TropicalPolynomial.variables(2, convention="min")
    >>> str((x + y) * x)
    'min(x0 + x1, 2*x0)'
    """

    pieces: PieceTable
    convention: str

    __array_ufunc__ = None

    def __init__(self, terms: Any, convention: str) -> None:
        as_convention(convention)
        table = terms if isinstance(terms, PieceTable) else term_table(terms)
        rows = add_terms(table.rows, 1 if convention == "max" else -1)
        object.__setattr__(self, "pieces", PieceTable.from_integers(rows, table.denominator))
        object.__setattr__(self, "convention", convention)

    @classmethod
    def constant(cls, value: Any, dimension: int, convention: str) -> TropicalPolynomial:
        """Return the constant polynomial with this exact value; ``constant(0, …)`` is the tropical one.

        Parameters
        ----------
        value : exact number
        dimension : int
        convention : {"max", "min"}
        """
        return cls([(as_fraction(value), (0,) * as_dimension(dimension))], convention)

    @classmethod
    def variables(cls, dimension: int, convention: str) -> tuple[TropicalPolynomial, ...]:
        """Return the coordinates x0, ..., x(d-1) as polynomials.

        Parameters
        ----------
        dimension : int
        convention : {"max", "min"}

        Raises
        ------
        InvalidInput
            For more variables than would fit into memory as polynomials.
        """
        size = as_dimension(dimension)
        if size > _MOST_VARIABLES:
            raise InvalidInput("dimension", f"at most {_MOST_VARIABLES}", size, "build polynomials from their terms")
        return tuple(cls([(0, [int(i == j) for j in range(size)])], convention) for i in range(size))

    @property
    def dimension(self) -> int:
        """Number of variables d."""
        return self.pieces.dimension

    @property
    def outputs(self) -> int:
        """Number of outputs: one."""
        return 1

    @property
    def terms(self) -> tuple[tuple[Fraction, tuple[Fraction, ...]], ...]:
        """The terms as pairs (coefficient, exponents), sorted by exponents."""
        return tuple((piece.constant, piece.gradient) for piece in self.pieces)

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self.pieces)

    # ------------------------------------------------------------ values

    def __call__(self, x: Any) -> Fraction:
        """Evaluate exactly at a rational point."""
        point = as_point(x, self.dimension, of_function=True)
        values = (sum((a * t for a, t in zip(r, point, strict=False) if a and t), Fraction(r[-1])) for r in self._rows)
        return (max if self.convention == "max" else min)(values) / self.pieces.denominator

    def evaluate(self, X: Any) -> np.ndarray:
        """Return the values (n,) at the rows of X, shape (n, d), in float64.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        samples = as_sample_array(X, self.dimension)
        best = np.max if self.convention == "max" else np.min
        blocks = [best(values, axis=0) for values in self.pieces.float_values(samples)]
        return np.concatenate(blocks) if blocks else np.empty(0)

    # ------------------------------------------------------------ arithmetic

    def __add__(self, other: Any) -> TropicalPolynomial:
        """Return the tropical sum, the maximum (minimum) of both functions: the terms of both."""
        right = self._operand(other)
        if right is None:
            return NotImplemented
        step, scale = self.pieces.denominator, right.pieces.denominator
        rows = [tuple(a * scale for a in row) for row in self._rows]
        rows += [tuple(b * step for b in row) for row in right._rows]
        return self._made(rows, step * scale)

    def __mul__(self, other: Any) -> TropicalPolynomial:
        """Return the tropical product, the ordinary sum of both functions: all M·M' products of terms, collected."""
        right = self._operand(other)
        if right is None:
            return NotImplemented
        if len(self) * len(right) > MOST_PRODUCTS:
            message = f"a product of {len(self)} and {len(right)} terms; drop terms by essential() first"
            raise BudgetExceeded(message)
        step, scale = self.pieces.denominator, right.pieces.denominator
        factors = [tuple(b * step for b in row) for row in right._rows]
        rows = []
        for row in self._rows:
            mine = [a * scale for a in row]
            rows += [tuple([a + b for a, b in zip(mine, other_row, strict=True)]) for other_row in factors]
        return self._made(rows, step * scale)

    def __truediv__(self, other: Any) -> TropicalRational:
        """Return the tropical quotient, the difference of both functions."""
        from tropical.rational_function import TropicalRational

        right = self._operand(other)
        return NotImplemented if right is None else TropicalRational(self, right)

    def __pow__(self, exponent: Any) -> TropicalPolynomial:
        """Return a tropical power, the multiple ``exponent·P`` as a function.

        An integer n >= 0 multiplies P with itself, so that ``P**2 == P*P``; the formula has up to C(M+n-1, n) terms. A
        fraction r >= 0 multiplies every term by r (Frobenius; the same function, but there is no formula to expand). A
        negative exponent needs a single term.
        """
        power = as_fraction(exponent, "exponent")
        if power < 0 and len(self) > 1:
            cure = "its power is a quotient: write (one / P) ** r, one being the constant 0"
            raise InvalidInput("exponent", "a number >= 0 for a polynomial of several terms", power, cure)
        if power.denominator > 1 or power < 0:
            return self.frobenius(power)
        if len(self) > 1 and expansion_size(len(self), power.numerator) > MOST_PRODUCTS:
            raise BudgetExceeded(f"power {power} of {len(self)} terms; frobenius({power}) is the same function")
        result = TropicalPolynomial.constant(0, self.dimension, self.convention)
        square, left = self, power.numerator
        while left:
            if left & 1:
                result = result * square
            left >>= 1
            if left:
                square = square * square
        return result

    def frobenius(self, factor: Any) -> TropicalPolynomial:
        """Return the formula with every term multiplied by a factor >= 0 (any factor for a single term).

        Parameters
        ----------
        factor : exact number

        Raises
        ------
        InvalidInput
            For a negative factor of several terms.
        """
        number = as_fraction(factor, "factor")
        if number < 0 and len(self) > 1:
            raise InvalidInput("factor", "a number >= 0", number, "see `negated` for -P")
        rows = [tuple(a * number.numerator for a in row) for row in self._rows]
        return self._made(rows, self.pieces.denominator * number.denominator)

    def scale(self, constant: Any) -> TropicalPolynomial:
        """Return the multiple by a tropical scalar: every coefficient, hence every value, raised by an exact number.

        Parameters
        ----------
        constant : exact number
        """
        return self * TropicalPolynomial.constant(constant, self.dimension, self.convention)

    def negated(self) -> TropicalPolynomial:
        """Return -P as a function: a polynomial in the other convention."""
        rows = [tuple(-a for a in row) for row in self._rows]
        table = PieceTable(tuple(rows), self.pieces.denominator, self.dimension)
        return TropicalPolynomial(table, "min" if self.convention == "max" else "max")

    def compose(self, A: Any, b: Any = None) -> TropicalPolynomial:
        """Return ``x -> P(A x + b)`` exactly, on R^e for A of shape (d, e).

        Parameters
        ----------
        A : (d, e) exact numbers
        b : length d, optional
            Zero by default.
        """
        matrix, offset = as_affine_map(A, b, self.dimension)
        return TropicalPolynomial(self.pieces.compose(matrix, offset, len(matrix[0])), self.convention)

    def __radd__(self, other: Any) -> Any:
        raise self.refusal(other)

    __rmul__ = __rtruediv__ = __radd__

    def _operand(self, other: Any) -> TropicalPolynomial | None:
        """Return the other polynomial; None for a rational function, whose turn it then is."""
        if isinstance(other, TropicalPolynomial):
            match_operands(self, other)
            return other
        if hasattr(other, "numerator") and hasattr(other, "convention"):
            return None  # NotImplemented lets Python ask the quotient
        raise self.refusal(other)

    def refusal(self, other: Any) -> InvalidType:
        """Return the error for an operand that is no tropical object.

        Parameters
        ----------
        other : object
        """
        kind = f"+ is {self.convention} here and * is the sum, so a bare number would be misread; "
        cure = kind + _NUMBERS if not hasattr(other, "resolver") else "take tropical.lattice of both for functions"
        return InvalidType("other", "a tropical polynomial or rational function", other, cure)

    def _made(self, rows: Iterable[IntVector], denominator: int) -> TropicalPolynomial:
        return TropicalPolynomial(PieceTable.from_integers(list(rows), denominator), self.convention)

    @property
    def _rows(self) -> tuple[IntVector, ...]:
        return self.pieces.rows

    # ------------------------------------------------------------ geometry, in higher rooms

    def essential(self) -> TropicalPolynomial:
        """Return the polynomial of the essential terms: those that alone are largest (smallest) somewhere.

        The same function, and the shortest formula for it: equal functions give equal results. Exact; see
        :class:`tropical.complexes.epigraph.Epigraph` for the cost.
        """
        from tropical.complexes.epigraph import essential_terms

        kept = essential_terms(self.pieces, self.convention)
        return self._made([self._rows[i] for i in kept], self.pieces.denominator)

    def roots(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """Return the roots of a polynomial in one variable with their multiplicities, sorted; exact.

        A root is a point where the slope jumps, its multiplicity is the size of the jump: an integer where the
        exponents are. Infinite roots are not listed. Costs one scan of the terms.

        Raises
        ------
        InvalidInput
            For more variables than one.
        """
        if self.dimension != 1:
            cure = "in several variables see `hypersurface`"
            raise InvalidInput("polynomial", "one variable", f"{self.dimension} variables", cure)
        pairs = pairwise(self.essential().terms)
        return tuple(sorted((Fraction(c - b) / (v - u), v - u) for (c, (u,)), (b, (v,)) in pairs))

    def newton_polytope(self) -> NewtonPolytope:
        """Return the convex hull of the exponents."""
        from tropical.complexes.newton import NewtonPolytope

        return NewtonPolytope.of_points([piece.gradient for piece in self.pieces])

    def regular_subdivision(self) -> RegularSubdivision:
        """Return the subdivision of the Newton polytope that the coefficients induce, dual to the hypersurface."""
        from tropical.complexes.newton import RegularSubdivision

        return RegularSubdivision.of_polynomial(self)

    def hypersurface(self) -> TropicalHypersurface:
        """Return the set where P is not affine: the weighted, balanced complex of its cells."""
        from tropical.complexes.hypersurface import TropicalHypersurface

        return TropicalHypersurface.of_polynomial(self)

    # ------------------------------------------------------------ text

    def __str__(self) -> str:
        return self._text(str, "({})", self.convention)

    @never_raising
    def __repr__(self) -> str:
        count = f"{len(self)} term{'s' * (len(self) > 1)}, R^{self.dimension}"
        return f"TropicalPolynomial({self.convention}, {count}: {self.outline()})"

    def outline(self) -> str:
        """Return the formula cut to a line."""
        return self._text(_short(str), "({})", self.convention, cut=True)

    @never_raising
    def _repr_latex_(self) -> str:
        name = rf"\{self.convention}"
        return "$" + self._text(_short(AffinePiece.latex), r"\left({}\right)", name, cut=True) + "$"

    def _text(self, term: Any, brackets: str, name: str, *, cut: bool = False) -> str:
        shown = [term(self.pieces[i]) for i in range(min(len(self), _TERMS_SHOWN) if cut else len(self))]
        if len(self) == 1:
            return shown[0]
        return name + brackets.format(", ".join(shown if len(shown) == len(self) else [*shown, "…"]))

    # ------------------------------------------------------------ the protocol of functions

    def to_plain(self) -> dict[str, Any]:
        """Return the polynomial as plain data with exact numbers as strings."""
        return {"type": "tropical_polynomial", "convention": self.convention, "terms": self._plain_terms()}

    def _plain_terms(self) -> list[dict[str, Any]]:
        return [
            {"coefficient": rational_text(c), "exponents": [rational_text(a) for a in exponents]}
            for c, exponents in self.terms
        ]

    def linear_forms(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the exponents: P depends on x through these forms alone."""
        return self.pieces.gradients()

    def is_bias_free(self) -> bool:
        """Return whether every coefficient is 0."""
        return self.pieces.is_homogeneous()

    def resolver(self, columns: Sequence[int]) -> TermResolver:
        """Return P on the coordinates ``columns``, all others zero, in integers.

        Parameters
        ----------
        columns : sequence of int
            Coordinates, from 0.
        """
        return TermResolver(self.pieces, self.convention, columns)


def _short(text: Any) -> Any:
    def term(piece: AffinePiece) -> str:
        try:
            whole = text(piece)
        except ValueError:  # numbers of more than 4300 digits have no text
            return "…"
        return whole if len(whole) <= _TERM_SHOWN else "…"

    return term
