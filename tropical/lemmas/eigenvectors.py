"""Enclosed norms, eigenvalues and eigenvectors of symmetric rational matrices: what lemmas S2 to S4 compare."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import acb_mat, arb, arb_mat, fmpq

from tropical._exact.linear import row_space
from tropical._exact.rational import as_fraction_matrix
from tropical.exceptions import InvalidInput, NotExact
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.spectra import eigenvalue_enclosures
from tropical.gaussian.values import Enclosure, enclosure_of_ball
from tropical.gaussian.working_precision import working_bits
from tropical.lemmas.residuals import root_above, root_below

__all__ = [
    "as_symmetric",
    "difference_norm",
    "eigenpairs",
    "eigenvalues",
    "orthogonal_rows",
    "projected",
    "sine_of_span",
    "unit_rows",
    "vanishes_off",
]

Matrix = tuple[tuple[Fraction, ...], ...]
_BITS, _ROOT_DIGITS = 192, 40


def as_symmetric(matrix: Any, argument: str) -> Matrix:
    """Return a symmetric matrix of exact numbers."""
    rows = as_fraction_matrix(matrix, argument)
    if not rows or len(rows) != len(rows[0]) or rows != tuple(zip(*rows, strict=True)):
        raise InvalidInput(argument, "a symmetric matrix", matrix, "pass rows of exact numbers")
    return rows


def orthogonal_rows(rows: Any, dimension: int, argument: str) -> RelevantBasis:
    """Return an orthogonal rational basis of the span of rows."""
    given = as_fraction_matrix(rows, argument)
    if given and len(given[0]) != dimension:
        raise InvalidInput(argument, f"rows of length {dimension}", f"length {len(given[0])}", "pad them")
    return RelevantBasis.of(row_space(given, dimension)[0], dimension)


def projected(matrix: Matrix, removed: RelevantBasis) -> Matrix:
    """Return P M P for the projection P off a subspace."""
    d = len(matrix)
    P = [[Fraction(int(i == j)) - _entry(removed, i, j) for j in range(d)] for i in range(d)]
    return _product(_product(P, matrix), P)


def vanishes_off(matrix: Matrix, basis: RelevantBasis) -> bool:
    """Return whether M v = 0 for all v orthogonal to the span of the basis, exactly."""
    d = len(matrix)
    off = [[Fraction(int(i == j)) - _entry(basis, i, j) for j in range(d)] for i in range(d)]
    return not any(any(row) for row in _product(matrix, off))


def difference_norm(left: Matrix, right: Matrix) -> Enclosure:
    """Return the operator norm of a difference of symmetric matrices."""
    rows = [[a - b for a, b in zip(p, q, strict=True)] for p, q in zip(left, right, strict=True)]
    if not any(map(any, rows)):
        return Enclosure(Fraction(0), Fraction(0))
    with working_bits(_BITS):
        values = eigenvalue_enclosures([[_ball(a) for a in row] for row in rows])
        top, bottom = enclosure_of_ball(abs(values[0])), enclosure_of_ball(abs(values[-1]))
    return Enclosure(max(top.lower, bottom.lower, Fraction(0)), max(top.upper, bottom.upper))


def eigenpairs(matrix: Matrix) -> list[tuple[arb, list[arb]]]:
    """Return enclosed eigenvalues, largest modulus first, with enclosed unit eigenvectors.

    Raises
    ------
    NotExact
        If eigenvalues are too close to be isolated.
    """
    with working_bits(_BITS):
        try:
            values, vectors = acb_mat(arb_mat([[_ball(a) for a in row] for row in matrix])).eig(right=True)
        except ValueError as error:
            raise NotExact(f"eigenvalues that are equal, or too close to be isolated: {error}") from None
        pairs = []
        for j, value in enumerate(values):
            column = [vectors[i, j] for i in range(len(matrix))]
            # an eigenvector of a real simple eigenvalue is real up to a factor: divide by its largest entry
            lead = max(range(len(column)), key=lambda i, column=column: float(abs(column[i]).mid()))
            real = [(entry / column[lead]).real for entry in column]
            length = sum((a * a for a in real), arb(0)).sqrt()
            pairs.append((value.real, [a / length for a in real]))
    return sorted(pairs, key=lambda pair: -abs(float(pair[0].mid())))


def eigenvalues(matrix: Matrix) -> list[Enclosure]:
    """Return enclosures of the eigenvalues, largest modulus first."""
    with working_bits(_BITS):
        values = eigenvalue_enclosures([[_ball(a) for a in row] for row in matrix])
    return sorted(map(enclosure_of_ball, values), key=lambda value: -abs(value.midpoint))


def unit_rows(basis: RelevantBasis) -> list[list[arb]]:
    """Return the orthonormal basis in balls."""
    with working_bits(_BITS):
        lengths = [_ball(norm).sqrt() for norm in basis.squared_norms]
        return [[_ball(a) / length for a in row] for row, length in zip(basis.rows, lengths, strict=True)]


def sine_of_span(vectors: Sequence[Sequence[arb]], basis: RelevantBasis) -> Enclosure:
    """Return ‖P_{V⊥} U‖ for orthonormal vectors U and the span V of a basis: the sine of the largest angle to V."""
    if basis.rows and len(basis.rows) == len(basis.rows[0]):
        return Enclosure(Fraction(0), Fraction(0))  # V is everything: no rounding leaves a doubt
    with working_bits(_BITS):
        inner = [_coordinates(vector, basis) for vector in vectors]
        gram = [
            [arb(int(i == j)) - sum((a * b for a, b in zip(u, v, strict=True)), arb(0)) for j, v in enumerate(inner)]
            for i, u in enumerate(inner)
        ]
        square = enclosure_of_ball(eigenvalue_enclosures(gram)[0])
    low, high = max(square.lower, Fraction(0)), max(square.upper, Fraction(0))
    return Enclosure(root_below(low, _ROOT_DIGITS), root_above(high, _ROOT_DIGITS))


def _coordinates(vector: Sequence[arb], basis: RelevantBasis) -> list[arb]:
    return [
        sum((_ball(a) * x for a, x in zip(row, vector, strict=True)), arb(0)) / _ball(norm).sqrt()
        for row, norm in zip(basis.rows, basis.squared_norms, strict=True)
    ]


def _entry(basis: RelevantBasis, i: int, j: int) -> Fraction:
    return sum((row[i] * row[j] / norm for row, norm in zip(basis.rows, basis.squared_norms, strict=True)), Fraction(0))


def _product(left: Any, right: Any) -> Matrix:
    columns = list(zip(*right, strict=True))
    return tuple(tuple(sum((a * b for a, b in zip(row, c, strict=True)), Fraction(0)) for c in columns) for row in left)


def _ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))
