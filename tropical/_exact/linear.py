"""Linear algebra over Q, by python-flint.

flint's matrices live inside these functions only: they neither pickle nor compare with ``Fraction``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from flint import fmpq_mat

from tropical._exact.flint_numbers import from_fmpq, to_fmpq
from tropical._exact.rational import IntVector, primitive_multiple

__all__ = ["combine_rows", "coordinates", "determinant", "null_space", "rank", "row_space", "solve"]

Rows = Sequence[Sequence[Fraction]]


def _matrix(rows: Rows, columns: int) -> fmpq_mat:
    return fmpq_mat(len(rows), columns, [to_fmpq(entry) for row in rows for entry in row])


def row_space(rows: Rows, columns: int) -> tuple[tuple[tuple[Fraction, ...], ...], tuple[int, ...]]:
    """Return the reduced echelon basis R of the row space, and its pivot columns.

    ``R[:, pivots]`` is the identity, so every vector u of the row space is ``u[pivots] @ R``: coordinates on the
    row space are read off, not computed.

    Complexity: one exact reduced echelon form, O(rows·columns·rank) rational operations.
    """
    if not rows or columns == 0:
        return (), ()
    if _has_full_rank(rows, columns):
        axes = tuple(tuple(Fraction(int(i == j)) for j in range(columns)) for i in range(columns))
        return axes, tuple(range(columns))
    reduced, dimension = _matrix(rows, columns).rref()
    basis = tuple(tuple(from_fmpq(reduced[i, j]) for j in range(columns)) for i in range(dimension))
    pivots = tuple(next(j for j, entry in enumerate(row) if entry) for row in basis)
    return basis, pivots


def _has_full_rank(rows: Rows, columns: int) -> bool:
    """Return whether the rows certainly span all of Q^columns: they do if they do modulo a prime.

    Elimination stops at `columns` independent rows, mostly the first ones: a few microseconds where columns are few.
    """
    if columns > _FEW or len(rows) < columns:
        return False
    pivots: list[tuple[int, list[int]]] = []
    for row in rows:
        # a row's common denominator does not change what it spans; one divisible by the prime would only hide rank
        scale = lcm(*(entry.denominator for entry in row))
        left = [entry.numerator * (scale // entry.denominator) % _PRIME for entry in row]
        for lead, other in pivots:
            if left[lead]:
                factor = left[lead]
                left = [(a - factor * b) % _PRIME for a, b in zip(left, other, strict=True)]
        lead = next((j for j, a in enumerate(left) if a), None)
        if lead is not None:
            inverse = pow(left[lead], -1, _PRIME)
            pivots.append((lead, [a * inverse % _PRIME for a in left]))
            if len(pivots) == columns:
                return True
    return False


_PRIME, _FEW = (1 << 61) - 1, 8


def rank(rows: Rows, columns: int) -> int:
    """Return the exact rank."""
    if not rows or columns == 0:
        return 0
    return int(_matrix(rows, columns).rank())


def null_space(rows: Rows, columns: int) -> tuple[IntVector, ...]:
    """Return a basis of the vectors orthogonal to all rows: one for each column without a pivot, primitive."""
    basis, pivots = row_space(rows, columns)
    result = []
    for free in sorted(set(range(columns)) - set(pivots)):
        vector = [Fraction(int(j == free)) for j in range(columns)]
        for row, pivot in zip(basis, pivots, strict=True):
            vector[pivot] = -row[free]
        result.append(primitive_multiple(vector))
    return tuple(result)


def coordinates(vector: Sequence[Fraction | int], basis: Sequence[Sequence[Fraction | int]]) -> tuple[Fraction, ...]:
    """Return the coordinates of a vector of the span in a basis of independent rows."""
    rows = [[Fraction(entry) for entry in row] for row in basis]
    _, pivots = row_space(rows, len(vector))
    square = _matrix([[row[p] for row in rows] for p in pivots], len(rows))
    solution = square.solve(_matrix([[Fraction(vector[p])] for p in pivots], 1))
    return tuple(from_fmpq(solution[i, 0]) for i in range(len(rows)))


def solve(matrix: Rows, right: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
    """Return the solution of a square system, None where the matrix is singular."""
    if not matrix:
        return ()
    try:
        solution = _matrix(matrix, len(matrix)).solve(_matrix([[entry] for entry in right], 1))
    except ZeroDivisionError:
        return None
    return tuple(from_fmpq(solution[i, 0]) for i in range(len(matrix)))


def determinant(rows: Rows) -> Fraction:
    """Return the determinant of a square matrix (1 for none)."""
    return from_fmpq(_matrix(rows, len(rows)).det()) if rows else Fraction(1)


def combine_rows(coefficients: Rows, rows: Rows, columns: int) -> tuple[tuple[Fraction, ...], ...]:
    """Return the matrix product of ``coefficients`` (p, q) and ``rows`` (q, columns)."""
    if not coefficients:
        return ()
    if not rows:
        return tuple((Fraction(0),) * columns for _ in coefficients)
    product = _matrix(coefficients, len(rows)) * _matrix(rows, columns)
    return tuple(tuple(from_fmpq(product[i, j]) for j in range(columns)) for i in range(len(coefficients)))
