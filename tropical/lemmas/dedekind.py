r"""How many lattice polynomials there are: formally (Dedekind numbers), and as functions of given pieces.

A lattice polynomial on n generators is a monotone Boolean function other than the two constants: a set of generators
is true if it contains a clause. On a chamber where the generators have one order, its value is the generator with which
the set of the largest ones becomes true. So structures are the same function iff they name the same generator on every
chamber of {g_i = g_j}. A monotone function of n variables is a pair f_0 <= f_1 of functions of n - 1 variables.
"""

from __future__ import annotations

from typing import Any

from tropical._arguments import as_count
from tropical.exceptions import BudgetExceeded, shown
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.counts import chamber_points
from tropical.pieces import PieceTable

__all__ = ["DEDEKIND", "function_count", "lattice_structures"]

DEDEKIND = (2, 3, 6, 20, 168, 7581, 7828354, 2414682040998, 56130437228687557907788)
"""The numbers of monotone Boolean functions of 0, 1, ..., 8 variables (OEIS A000372)."""

_LARGEST = 5


def lattice_structures(generators: int) -> tuple[int, ...]:
    """Return all lattice polynomials on n generators as truth tables: bit m says whether the set with mask m is true.

    Parameters
    ----------
    generators : int
        From 1 to 5.

    Raises
    ------
    BudgetExceeded
        For more than five generators.

    Examples
    --------
    >>> [len(lattice_structures(n)) for n in range(1, 5)]
    [1, 4, 18, 166]
    """
    n = as_count(generators, "generators")
    if n > _LARGEST:
        given = shown(generators)
        raise BudgetExceeded(f"{given} generators: on six there are 7828352 structures; list at most {_LARGEST}")
    tables = [0, 1]  # on no generator: the one set, the empty one, is false or true
    for width in (1 << i for i in range(n)):
        tables = [low | high << width for high in tables for low in tables if low & high == low]
    constants = {0, (1 << (1 << n)) - 1}
    return tuple(sorted(table for table in tables if table not in constants))


def function_count(pieces: Any, *, max_cells: int | None = None) -> int:
    """Return how many different functions the lattice polynomials on these affine functions are.

    Parameters
    ----------
    pieces : PieceTable or sequence of pairs (gradient, constant)
        From 1 to 5 of them.
    max_cells : int, optional
        Limit on the number of chambers.

    Examples
    --------
    Three functions in general position in the plane: all 18. On a line they are fewer.

    >>> function_count([([1, 0], 0), ([0, 1], 0), ([0, 0], 0)]), function_count([([1], 0), ([2], 0), ([0], 0)])
    (18, 9)
    """
    table = PieceTable.from_rationals(pieces)
    single = [LatticePolynomial([table[i]], [[0]]) for i in range(len(table))]
    orders = []
    for point in chamber_points(table, max_cells=max_cells):
        values = [g(point) for g in single]
        orders.append(sorted(range(len(table)), key=lambda i, values=values: (-values[i], i)))
    return len({tuple(_value(truth, order) for order in orders) for truth in lattice_structures(len(table))})


def _value(truth: int, order: list[int]) -> int:
    """Return the generator that a structure equals where the generators have this order, largest first."""
    mask = 0
    for generator in order:
        mask |= 1 << generator
        if truth >> mask & 1:
            return generator
    raise AssertionError("a structure is not the constant minus infinity")
