"""Rational pieces that hardly any sample shows.

A piece with fewer samples than unknowns is not determined by linear algebra. But if the pieces known so far are
rational with a common denominator D, the missing one very likely is, too: its coordinates on the span are a_j/D with
integers a_j of about the size already seen. The equation ``Σ a_j z_j = D·y`` of a *single* sample has a unique such
solution as a rule: some 10^5 integer vectors, and one real number known to 13 digits. As evidence the whole gradient
in R^d has to lie on the grid Z/D, which is asked of all d coordinates and used by none of the equations.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import prod

import numpy as np

from tropical import PieceTable

__all__ = ["rare_pieces"]

Row = tuple[Fraction, ...]


def rare_pieces(table: PieceTable, X: np.ndarray, y: np.ndarray, tolerance: float) -> list[Row]:
    """Return exact rows (u, c) of pieces that explain samples which no known piece explains.

    Parameters
    ----------
    table : PieceTable
        Known rational pieces.
    X, y : (n, d), (n,)
        The samples left over.
    tolerance : float
        Residual up to which a sample counts as explained.

    Notes
    -----
    A sample costs Π (3·|a_j| + 16) over all coordinates but one, vectorised. Where that is more than 5·10^6, pairs of
    neighbouring samples are tried, which leaves one coordinate less; what is still more is left alone.
    """
    basis, pivots = table.span()
    homogeneous = table.is_homogeneous()
    columns = [*pivots] if homogeneous else [*pivots, table.dimension]
    known = np.array([[row[c] for c in columns] for row in table.rows], dtype=float)
    bounds = (1.5 * np.abs(known).max(axis=0) + 8.0).astype(int)
    coordinates = X @ np.array(basis, dtype=np.float64).T if basis else np.empty((len(X), 0))
    if not homogeneous:
        coordinates = np.column_stack([coordinates, np.ones(len(X))])
    found: list[Row] = []
    open_ = np.ones(len(X), dtype=bool)
    for sample in range(len(X)):
        if not open_[sample]:
            continue
        for group in _groups(sample, coordinates, open_, bounds):
            integers = _solve(coordinates[group], table.denominator * y[group], table.denominator * tolerance, bounds)
            row = None if integers is None else _row(integers, basis, table, homogeneous)
            if row is not None:
                found.append(row)
                values = X @ np.array(row[:-1], dtype=np.float64) + float(row[-1])
                open_ &= np.abs(values - y) > tolerance
                break
    return found


def _groups(sample: int, coordinates: np.ndarray, open_: np.ndarray, bounds: np.ndarray) -> Iterator[list[int]]:
    """Yield the sample alone if its equation can be searched alone, else with each of its nearest open neighbours.

    Two samples of one piece leave one unknown less to try; that neighbours share a piece is a guess, which the grid
    tests.
    """
    if _candidates(bounds, 1) <= _MOST_CANDIDATES:
        yield [sample]
    elif _candidates(bounds, 2) <= _MOST_CANDIDATES:
        others = np.flatnonzero(open_)
        others = others[others != sample]
        distances = ((coordinates[others] - coordinates[sample]) ** 2).sum(axis=1)
        for other in others[np.argsort(distances)[:_NEIGHBOURS]]:
            yield [sample, int(other)]


def _candidates(bounds: np.ndarray, equations: int) -> int:
    """Return the number of integer vectors to try if the widest coordinates are solved for."""
    widths = sorted(2 * int(bound) + 1 for bound in bounds)
    return prod(widths[: max(0, len(widths) - equations)])


_MOST_CANDIDATES = 5 * 10**6
_NEIGHBOURS = 4
_SHARPER = 1e-3  # of the tolerance: rounding is far below what "explained" allows, and chance hits grow with it


def _solve(Z: np.ndarray, targets: np.ndarray, tolerance: float, bounds: np.ndarray) -> list[int] | None:
    """Return the one integer vector a within the bounds with Z a = targets up to rounding; None if there is no one.

    As many coordinates as equations are solved for, those with the largest determinant; the others are tried.
    """
    equations, unknowns = Z.shape
    if equations > unknowns:
        return None
    solved = max(combinations(range(unknowns), equations), key=lambda columns: abs(np.linalg.det(Z[:, columns])))
    square = Z[:, solved]
    others = [j for j in range(unknowns) if j not in solved]
    if np.linalg.det(square) == 0.0 or prod(2 * int(bounds[j]) + 1 for j in others) > _MOST_CANDIDATES:
        return None
    rest = targets.astype(float)
    for j in others:
        rest = rest[..., None] - np.multiply.outer(Z[:, j], np.arange(-bounds[j], bounds[j] + 1)).reshape(
            equations, *[1] * (rest.ndim - 1), -1
        )
    quotient = np.tensordot(np.linalg.inv(square), rest, axes=1)
    nearest = np.rint(quotient)
    residual = np.abs(np.tensordot(square, quotient - nearest, axes=1))
    limits = bounds[list(solved)].reshape(-1, *[1] * (rest.ndim - 1))
    hits = ((residual <= _SHARPER * tolerance) & (np.abs(nearest) <= limits)).all(axis=0)
    positions = np.argwhere(hits)
    if len(positions) != 1:
        return None
    integers = [0] * unknowns
    for j, position in zip(others, positions[0], strict=True):
        integers[j] = int(position) - int(bounds[j])
    for j, value in zip(solved, nearest[(slice(None), *positions[0])], strict=True):
        integers[j] = int(value)
    return integers


def _row(integers: list[int], basis: tuple[Row, ...], table: PieceTable, homogeneous: bool) -> Row | None:
    """Return the piece with these coordinates if its whole gradient lies on the grid of the known pieces."""
    weights = [Fraction(a, table.denominator) for a in integers]
    constant = Fraction(0) if homogeneous else weights.pop()
    gradient = tuple(
        sum((w * line[j] for w, line in zip(weights, basis, strict=True)), Fraction(0)) for j in range(table.dimension)
    )
    if any(table.denominator % entry.denominator for entry in gradient):
        return None
    return (*gradient, constant)
