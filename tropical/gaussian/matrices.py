"""Vectors and symmetric matrices of Gaussian quantities on the relevant subspace, in its orthonormal basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from tropical._display import never_raising
from tropical._exact.rational import as_fraction_vector
from tropical.exceptions import InvalidInput
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.evaluation import Value
from tropical.gaussian.spectra import eigenvalue_enclosures
from tropical.gaussian.values import Enclosure, Exact, enclosure_of_ball, root
from tropical.gaussian.working_precision import bits_for, target_digits, working_bits

__all__ = ["RelevantMatrix", "RelevantVector", "combine"]

_GUARD = 8  # digits


@dataclass(frozen=True, slots=True, repr=False)
class RelevantVector:
    """A vector of V: coordinates in an orthonormal basis, exact or enclosed.

    Attributes
    ----------
    entries : tuple of k Exact or Enclosure
    basis : RelevantBasis
    """

    entries: tuple[Value, ...]
    basis: RelevantBasis

    def ambient(self) -> tuple[Value, ...]:
        """Return the vector in R^d: Σ entries[i] · row i of the orthonormal basis."""
        columns = range(self.basis.dimension)
        return tuple(
            combine(
                [
                    (row[a], norm, entry)
                    for row, norm, entry in zip(self.basis.rows, self.basis.squared_norms, self.entries, strict=True)
                    if row[a]
                ]
            )
            for a in columns
        )

    def to_numpy(self) -> np.ndarray:
        """Return the midpoints as float64, (k,)."""
        return np.array([float(entry) for entry in self.entries])

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Value:
        return self.entries[index]

    @never_raising
    def __repr__(self) -> str:
        return f"RelevantVector({_kind(self.entries)}, {len(self.entries)} coordinates on {self.basis!r})"

    @never_raising
    def _repr_latex_(self) -> str:
        cells = r"\\".join(_cell(entry) for entry in self.entries[:8])
        return rf"$\begin{{pmatrix}}{cells}\end{{pmatrix}}$"


@dataclass(frozen=True, slots=True, repr=False)
class RelevantMatrix:
    """A symmetric matrix on V, zero on its complement: entries in an orthonormal basis, exact or enclosed.

    Attributes
    ----------
    entries : tuple of k rows of k Exact or Enclosure
    basis : RelevantBasis
    """

    entries: tuple[tuple[Value, ...], ...]
    basis: RelevantBasis

    def ambient(self) -> tuple[tuple[Value, ...], ...]:
        """Return the matrix on R^d, of shape (d, d). Complexity: d²·k² additions of closed forms."""
        rows, norms = self.basis.rows, self.basis.squared_norms
        k, d = len(rows), self.basis.dimension

        def entry(a: int, b: int) -> Value:
            return combine(
                [
                    (rows[i][a] * rows[j][b], norms[i] * norms[j], self.entries[i][j])
                    for i in range(k)
                    for j in range(k)
                    if rows[i][a] and rows[j][b]
                ]
            )

        upper = [[entry(a, b) for b in range(a, d)] for a in range(d)]
        return tuple(tuple(upper[min(a, b)][abs(a - b)] for b in range(d)) for a in range(d))

    def eigenvalues(self) -> tuple[Enclosure, ...]:
        """Return enclosures of all k eigenvalues, descending; multiple eigenvalues do no harm.

        See :func:`tropical.gaussian.spectra.eigenvalue_enclosures`.
        """
        digits = target_digits() + _GUARD
        with working_bits(bits_for(digits) + 32):
            balls = [[entry.ball(digits) for entry in row] for row in self.entries]
            return tuple(map(enclosure_of_ball, eigenvalue_enclosures(balls)))

    def quadratic_form(self, direction: Any) -> Value:
        """Return <v, M v>/<v, v> for an exact vector v of R^d: positive iff the matrix sees the direction as such.

        Parameters
        ----------
        direction : exact vector of R^d
            Not zero.

        Raises
        ------
        InvalidInput
            If the vector is zero or of another dimension.
        """
        vector = as_fraction_vector(direction, "direction")
        if len(vector) != self.basis.dimension or not any(vector):
            requirement = f"{self.basis.dimension} entries, not all zero"
            raise InvalidInput("direction", requirement, direction, "pass a vector of the inputs")
        inner = [sum((a * b for a, b in zip(row, vector, strict=True) if a), Fraction(0)) for row in self.basis.rows]
        norms = self.basis.squared_norms
        length = sum((a * a for a in vector), Fraction(0))
        k = len(inner)
        return combine(
            [
                (inner[i] * inner[j] / length, norms[i] * norms[j], self.entries[i][j])
                for i in range(k)
                for j in range(k)
                if inner[i] and inner[j]
            ]
        )

    def trace(self) -> Value:
        """Return the sum of the eigenvalues."""
        return combine([(Fraction(1), Fraction(1), row[i]) for i, row in enumerate(self.entries)])

    def to_numpy(self) -> np.ndarray:
        """Return the midpoints as float64, (k, k)."""
        k = len(self.entries)
        return np.array([[float(entry) for entry in row] for row in self.entries]).reshape(k, k)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: tuple[int, int]) -> Value:
        return self.entries[index[0]][index[1]]

    @never_raising
    def __repr__(self) -> str:
        k = len(self.entries)
        kind = _kind([entry for row in self.entries for entry in row])
        return f"RelevantMatrix({kind}, {k} x {k} on {self.basis!r})"

    @never_raising
    def _repr_latex_(self) -> str:
        rows = r"\\".join("&".join(_cell(entry) for entry in row[:8]) for row in self.entries[:8])
        return rf"$\begin{{pmatrix}}{rows}\end{{pmatrix}}$"


def combine(terms: Sequence[tuple[Fraction, Fraction, Value]]) -> Value:
    """Return the sum of ``factor / √square · value`` over triples; exact if all values are."""
    if len(terms) == 1 and terms[0][:2] == (1, 1):
        return terms[0][2]
    exact = [(factor, square, value) for factor, square, value in terms if isinstance(value, Exact)]
    if len(exact) == len(terms):
        total = Exact(())
        for factor, square, value in exact:
            total = total + (value * (root(square) * (factor / square)) if square != 1 else value * factor)
        return total
    digits = target_digits() + _GUARD
    with working_bits(bits_for(digits) + 32):
        ball = arb(0)
        for factor, square, value in terms:
            ball += (root(square) * (factor / square)).combination().ball() * value.ball(digits)
        return enclosure_of_ball(ball)


def _kind(entries: Sequence[Value]) -> str:
    return "exact" if all(isinstance(entry, Exact) for entry in entries) else "enclosed"


def _cell(entry: Value) -> str:
    return f"{float(entry):.6g}"
