"""Rational pieces that hardly any sample shows.

A piece with fewer samples than unknowns is not determined by linear algebra. But if the pieces known so far are
rational with a common denominator D, the missing one very likely is, too: its coordinates on the span are a_j/D with
integers a_j of about the size already seen. The equation ``Σ a_j z_j = D·y`` of a *single* sample has a unique such
solution as a rule: some 10^5 integer vectors, and one real number known to 13 digits. As evidence the whole gradient
in R^d has to lie on the grid Z/D, which is asked of all d coordinates and used by none of the equations.
"""

from __future__ import annotations

from fractions import Fraction
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
    A sample costs Π (3·|a_j| + 16) over all coordinates but one, vectorised; more than 2·10^7 candidates are not tried.
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
    while open_.any():
        sample = int(open_.argmax())
        open_[sample] = False
        integers = _solve(coordinates[sample], table.denominator * y[sample], table.denominator * tolerance, bounds)
        row = None if integers is None else _row(integers, basis, table, homogeneous)
        if row is not None:
            found.append(row)
            values = X @ np.array(row[:-1], dtype=np.float64) + float(row[-1])
            open_ &= np.abs(values - y) > tolerance
    return found


_MOST_CANDIDATES = 2 * 10**7
_SHARPER = 1e-3  # of the tolerance: rounding is far below what "explained" allows, and chance hits grow with it


def _solve(z: np.ndarray, target: float, tolerance: float, bounds: np.ndarray) -> list[int] | None:
    """Return the one integer vector a within the bounds with |a·z - target| small; None if there is none or another."""
    last = int(np.abs(z).argmax())
    others = [j for j in range(len(z)) if j != last]
    if z[last] == 0.0 or prod(2 * int(bounds[j]) + 1 for j in others) > _MOST_CANDIDATES:
        return None
    rest = np.array(target)
    for j in others:
        rest = rest[..., None] - z[j] * np.arange(-bounds[j], bounds[j] + 1)
    quotient = rest / z[last]
    nearest = np.rint(quotient)
    hits = (np.abs(quotient - nearest) * abs(z[last]) <= _SHARPER * tolerance) & (np.abs(nearest) <= bounds[last])
    positions = np.argwhere(hits)
    if len(positions) != 1:
        return None
    integers = [0] * len(z)
    for j, position in zip(others, positions[0], strict=True):
        integers[j] = int(position) - int(bounds[j])
    integers[last] = int(nearest[tuple(positions[0])])
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
