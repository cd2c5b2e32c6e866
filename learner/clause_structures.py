r"""Clause structures on a few generators, and which of them are different functions of given gradients.

A lattice polynomial on j generators is a monotone Boolean function: a set T of generators is *true* if it contains a
clause, and ``max_S min_{i in S} g_i(x)`` is the largest v for which ``{i : g_i(x) >= v}`` is true. So on a chamber
where the generators have one order, it is the generator that makes the sets of the largest ones true, and

* formally there are ``dedekind(j) - 2`` lattice polynomials on j generators, constants left out;
* as functions of given generators they are told apart by the generators that they are on each chamber.

Generators of one candidate are linear functions ``<u_i, x>`` with different gradients. If these are affinely
independent, every order occurs, and all structures that depend on all generators are different functions with all
generators as pieces (docs/reference_algorithm.md). If they lie in a plane, the orders are found by going around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, cmp_to_key
from itertools import combinations, pairwise

from tropical._exact.linear import row_space
from tropical._exact.rational import dot
from tropical.clauses import absorb, members
from tropical.exceptions import BudgetExceeded

__all__ = [
    "LARGEST",
    "chamber_bound",
    "chamber_orders",
    "essential_count",
    "formal_count",
    "functions_of",
    "structures",
]

Clauses = tuple[tuple[int, ...], ...]
Order = tuple[int, ...]

LARGEST = 5
"""The largest number of generators whose structures are listed: 7579 of them; on six there are 7828352."""

# monotone Boolean functions on j variables (OEIS A000372), those that depend on all of them (A006126), from j = 0
_DEDEKIND = (2, 3, 6, 20, 168, 7581, 7828354, 2414682040998)
_ESSENTIAL = (2, 1, 2, 9, 114, 6894, 7785062, 2414627396434)


def formal_count(generators: int) -> int:
    """Return the number D(j) - 2 of lattice polynomials on j >= 1 generators, D(j) the Dedekind number.

    Raises
    ------
    BudgetExceeded
        For more than seven generators: there are more than 10^22.
    """
    return _known(_DEDEKIND, generators) - 2


def essential_count(generators: int) -> int:
    """Return the number of those in which all j >= 1 generators matter; see :func:`formal_count`."""
    return _known(_ESSENTIAL, generators)


def _known(table: tuple[int, ...], generators: int) -> int:
    if generators >= len(table):
        raise BudgetExceeded(f"there are more than 10^22 clause structures on {generators} pieces; lower n_pieces")
    return table[generators]


def chamber_bound(dimension: int, pieces: int) -> int:
    """Return ``N = 2 Σ_{j<l} C(C(M,2) - 1, j)``, which bounds the chambers of the hyperplanes h_i = h_j (lemma N).

    For M = 1, or l = 0, there is no hyperplane and one chamber.
    """
    walls = pieces * (pieces - 1) // 2
    if walls == 0 or dimension == 0:
        return 1
    total, term = 0, 1
    for j in range(dimension):
        total += term
        term = term * (walls - 1 - j) // (j + 1)
    return 2 * total


@cache
def structures(generators: int) -> tuple[Clauses, ...]:
    """Return all families of clauses on j >= 1 generators in which every generator matters.

    Each is an antichain of subsets of 0, ..., j-1 that together name all of them. Labelled: permuting the generators
    gives another entry or the same. 1, 2, 9, 114, 6894 for j = 1 ... 5.

    Raises
    ------
    BudgetExceeded
        For j > 5.
    """
    if generators > LARGEST:
        count = essential_count(generators)
        raise BudgetExceeded(f"{count} clause structures on {generators} pieces are not listed; lower n_pieces")
    families = []
    for table in _monotone(generators):
        minimal = absorb(mask for mask in range(1 << generators) if table >> mask & 1)
        support = 0
        for mask in minimal:
            support |= mask
        if minimal != [0] and support == (1 << generators) - 1:
            families.append(tuple(sorted(members(mask) for mask in minimal)))
    return tuple(sorted(families, key=lambda clauses: (len(clauses), clauses)))


@cache
def functions_of(generators: int, orders: frozenset[Order] | None) -> tuple[int, ...]:
    """Return the numbers of the structures that are different functions with all generators as pieces.

    Parameters
    ----------
    generators : int
    orders : frozenset of permutations, or None
        On each chamber the generators from the largest to the smallest; None: all permutations occur.

    Returns
    -------
    tuple of int
        Positions in :func:`structures`, the first of equal functions.
    """
    if orders is None:
        return tuple(range(len(structures(generators))))
    chambers = sorted(orders)
    kept: dict[tuple[int, ...], int] = {}
    for number, clauses in enumerate(structures(generators)):
        values = tuple(_value(clauses, order) for order in chambers)
        if len(set(values)) == generators:
            kept.setdefault(values, number)
    return tuple(kept.values())


def chamber_orders(gradients: Sequence[Sequence[int]]) -> frozenset[Order] | None:
    """Return the orders in which distinct linear functions occur on chambers, from the largest to the smallest.

    Exact; None means all permutations. Gradients whose affine hull has dimension 3 or more without being a simplex
    (five gradients at least) are answered with None, too: a superset of the truth.
    """
    count = len(gradients)
    differences = [[Fraction(a - b) for a, b in zip(row, gradients[0], strict=True)] for row in gradients[1:]]
    basis, pivots = row_space(differences, len(gradients[0]))
    if len(basis) == count - 1 or len(basis) > 2:
        return None
    # differences of values depend on x through the pivot coordinates of the differences of gradients alone
    flat = [tuple(int(row[p]) for p in pivots) for row in gradients]
    directions = [(1,), (-1,)] if len(basis) == 1 else _around(flat)
    return frozenset(tuple(sorted(range(count), key=lambda i: -dot(flat[i], direction))) for direction in directions)


def _around(points: Sequence[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Return a direction inside each sector in which no two distinct points of the plane have equal values."""
    walls = []
    for (a, b), (c, d) in combinations(points, 2):
        walls += [(b - d, c - a), (d - b, a - c)]
    walls.sort(key=cmp_to_key(_by_angle))
    distinct = [wall for wall, after in pairwise([*walls, walls[0]]) if _by_angle(wall, after)]
    # with points that span a plane there are two lines of walls at least, so neighbours are less than π apart
    return [_between(wall, after) for wall, after in pairwise([*distinct, distinct[0]])]


def _between(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


def _by_angle(left: tuple[int, int], right: tuple[int, int]) -> int:
    """Compare the angles of two plane vectors in [0, 2π); 0 for equal directions."""
    halves = [v < 0 or (v == 0 and u < 0) for u, v in (left, right)]
    if halves[0] != halves[1]:
        return 1 if halves[0] else -1
    turn = left[0] * right[1] - left[1] * right[0]
    return (turn < 0) - (turn > 0)


def _value(clauses: Clauses, order: Order) -> int:
    """Return the generator that a structure is where the generators have this order."""
    place = {generator: position for position, generator in enumerate(order)}
    return order[min(max(place[i] for i in clause) for clause in clauses)]


@cache
def _monotone(variables: int) -> tuple[int, ...]:
    """Return all monotone Boolean functions as truth tables: bit s is the value on the set with mask s."""
    if variables == 0:
        return (0, 1)
    half = 1 << (variables - 1)
    smaller = _monotone(variables - 1)
    # the last variable is false in the first half of the table; monotone: the first half implies the second
    return tuple(low | high << half for low in smaller for high in smaller if low & ~high == 0)
