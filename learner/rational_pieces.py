"""The exact table behind recovered pieces: rationals where the floats allow them, and rare pieces recognised so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.pieces import Pieces, label_tolerance, owners
from learner.rare_pieces import rare_pieces
from learner.rationalize import rationalize
from tropical import NotExact, PieceTable

__all__ = ["ExactTable", "recognised"]


@dataclass(frozen=True, slots=True)
class ExactTable:
    """What is known about the pieces as exact objects.

    Attributes
    ----------
    table : PieceTable or None
        Rational pieces in R^d whose gradients have exact rank k; None where there are none.
    reason : str
        Why there are none; "" where there are.
    residual : float
        Largest distance of a recovered coefficient from its rational.
    n_rare : int
        How many pieces few samples show: the common denominator found them.
    """

    table: PieceTable | None
    reason: str = ""
    residual: float = 0.0
    n_rare: int = 0

    def __str__(self) -> str:
        if self.table is None:
            return f"none: {self.reason}"
        rare = f", {self.n_rare} of them recognised from a few samples" if self.n_rare else ""
        return (
            f"{len(self.table)} pieces{rare}, multiples of 1/{self.table.denominator} up to {self.residual:.0e}, "
            f"exact rank {self.table.rank()}"
        )


def recognised(
    pieces: Pieces, basis: np.ndarray, X: np.ndarray, y: np.ndarray, *, walls: int = 0
) -> tuple[ExactTable, Pieces]:
    """Round the pieces to rationals where they allow it, and look for rational ones that few samples show.

    Parameters
    ----------
    pieces : Pieces
        On the coordinates along the basis.
    basis : (k, d)
    X, y : (n, d), (n,)
    walls : int
        How many of the directions no piece looks at.

    Returns
    -------
    ExactTable
    Pieces
        In the order of the table, or as they were where there is none.
    """
    rows = np.column_stack([pieces.gradients @ basis, pieces.constants])
    scale = float(np.abs(rows).max())
    try:
        exact = rationalize(rows, _SAFETY * (pieces.accuracy + _SPAN_ACCURACY * scale)).rows
    except NotExact as error:
        return ExactTable(None, str(error)), pieces
    table = PieceTable.from_rows(sorted(set(exact)))
    rank = len(basis) - walls
    if table.rank() != rank and not (table.rank() == 0 and not basis.any()):
        return ExactTable(None, f"the rational pieces have rank {table.rank()}, the floats {rank}"), pieces
    residual = float(np.abs(rows - np.array([[float(a) for a in row] for row in exact])).max())
    tolerance = label_tolerance(y)
    open_ = pieces.owner < 0
    rare = rare_pieces(table, X[open_], y[open_], tolerance) if 0 < open_.sum() <= _FEW_OPEN else []
    if rare:
        table = PieceTable.from_rows(sorted({*exact, *rare}))
    gradients, constants = table.float_arrays()
    number = {table.fractions(i): i for i in range(len(table))}
    places = np.array([number[row] for row in exact])
    owner = np.where(open_, -1, places[pieces.owner])
    if rare:
        owner[open_] = owners(gradients, constants, X[open_], y[open_], tolerance)
    local = Pieces(gradients @ basis.T, constants, np.full(len(table), _SPAN_ACCURACY * scale), owner)
    return ExactTable(table, residual=residual, n_rare=len(rare)), local


_FEW_OPEN = 200  # samples on no piece that are worth an integer search each; more of them mean another problem
_SAFETY = 50.0  # between the estimated and the allowed error of a coefficient
_SPAN_ACCURACY = 1e-14  # of the span's basis, relative to the gradients: many samples determine it to rounding
