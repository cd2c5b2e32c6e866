r"""The relevant subspace V with coordinates z = R x and an orthogonal basis, exact.

R (k, d) is the reduced echelon basis of V, so z ~ N(0, R Rᵀ). Gram-Schmidt over the rationals gives R = U Q with U unit
lower triangular and rows q_i of Q orthogonal; the rows q_i/|q_i| are an orthonormal basis of V whose only irrational
entries come from the lengths, √(q_i·q_i). Both are kept apart, so nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from tropical._display import Shown, never_raising
from tropical._exact.rational import float_array

__all__ = ["RelevantBasis"]

Row = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, repr=False)
class RelevantBasis(Shown):
    """An orthonormal basis of a rational subspace of R^d, held without roots.

    Attributes
    ----------
    rows : tuple of k rows of d Fractions
        Orthogonal; row i of the orthonormal basis is ``rows[i] / sqrt(squared_norms[i])``.
    squared_norms : tuple of k Fractions
    dimension : int
        d.
    """

    rows: tuple[Row, ...]
    squared_norms: Row
    dimension: int

    @classmethod
    def of(cls, rows: Sequence[Row], dimension: int) -> RelevantBasis:
        """Orthogonalise independent rows, in order. Complexity: k²·d rational operations.

        Parameters
        ----------
        rows : sequence of rows of Fractions
        dimension : int
            The length of the rows, of which there may be none.
        """
        found: list[Row] = []
        norms: list[Fraction] = []
        for row in rows:
            for other, norm in zip(found, norms, strict=True):
                scale = _dot(row, other) / norm
                if scale:
                    row = tuple(a - scale * b for a, b in zip(row, other, strict=True))
            found.append(tuple(row))
            norms.append(_dot(row, row))
        return cls(tuple(found), tuple(norms), dimension)

    def orthonormal(self) -> np.ndarray:
        """Return the orthonormal rows rounded to float64, (k, d)."""
        rows = float_array(self.rows, "basis").reshape(len(self.rows), self.dimension)
        norms = np.sqrt(float_array(self.squared_norms, "basis"))
        return rows / norms[:, None]

    def forms(self, pivots: Sequence[int]) -> list[tuple[fmpq, ...]]:
        """Return the rows as linear forms in z, for the echelon basis with these pivots: entries at the pivots.

        Parameters
        ----------
        pivots : sequence of int
        """
        return [tuple(fmpq(row[p].numerator, row[p].denominator) for p in pivots) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    @never_raising
    def __repr__(self) -> str:
        return f"RelevantBasis({len(self.rows)} orthogonal rows in R^{self.dimension})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        for i, row in enumerate(self.rows):
            yield f"row {i}", row


def _dot(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))
