r"""A maximum of many affine functions as a signed sum of maxima of few (Wang and Sun 2005), constructively.

Let ``P = max_i g_i``, ``g_i = <u_i, x> + c_i``, the u_i of affine rank k. The upper hull of the points (u_i, c_i), made
generic by a second height w_i that breaks ties, projects to a triangulation of the convex hull of the u_i. Support
functions are additive on it (inclusion and exclusion):

.. math:: P = \sum_\sigma (-1)^{k - \dim\sigma} \max_{i \in \sigma} g_i

over the simplices σ of all dimensions that do not lie in the boundary of the hull. Each has at most k + 1 vertices. The
identity is not taken on trust: whoever uses it has the result proved equal to P.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb
from random import Random

from tropical._exact.linear import determinant, row_space, solve
from tropical.exceptions import BudgetExceeded
from tropical.polynomial import TropicalPolynomial

__all__ = ["signed_simplices"]

_MOST_SUBSETS = 200_000
_ATTEMPTS = 20


def signed_simplices(polynomial: TropicalPolynomial) -> dict[tuple[int, ...], int]:
    """Return the signs of the simplices, sets of numbers of essential terms: ``P = Σ sign·max over the set``.

    Parameters
    ----------
    polynomial : TropicalPolynomial
        In the convention "max", with essential terms only.

    Raises
    ------
    BudgetExceeded
        If there are too many sets of k + 1 terms to look through.

    Notes
    -----
    All C(m, k+1) sets of terms, m linear systems each: for few terms in few dimensions.
    """
    terms = polynomial.terms
    points = [tuple(b - a for a, b in zip(terms[0][1], exponent, strict=True)) for _, exponent in terms]
    _, pivots = row_space(points, polynomial.dimension)
    k = len(pivots)
    flat = [[point[p] for p in pivots] for point in points]
    if comb(len(flat), k + 1) > _MOST_SUBSETS:
        raise BudgetExceeded(f"{len(flat)} terms of rank {k} have too many simplices to look through")
    heights = [coefficient for coefficient, _ in terms]
    random = Random(0)
    for _ in range(_ATTEMPTS):
        ties = [Fraction(random.randrange(1 << 30)) for _ in flat]
        largest = _upper_simplices(flat, heights, ties, k)
        if largest is not None:
            return _signed(largest, k)
    raise BudgetExceeded("no generic heights found")


def _upper_simplices(
    points: Sequence[Sequence[Fraction]], heights: Sequence[Fraction], ties: Sequence[Fraction], k: int
) -> list[tuple[int, ...]] | None:
    """Return the (k + 1)-sets over which the upper hull of (point, height) is a facet; None where ties remain."""
    found = []
    for simplex in combinations(range(len(points)), k + 1):
        matrix = [[*points[i], Fraction(1)] for i in simplex]
        if not determinant(matrix):
            continue
        planes = [solve(matrix, [values[i] for i in simplex]) for values in (heights, ties)]
        above = False
        for j, point in enumerate(points):
            if j in simplex:
                continue
            gaps = []
            for plane, values in zip(planes, (heights, ties), strict=True):
                assert plane is not None
                level = sum((a * x for a, x in zip(plane[:-1], point, strict=True)), plane[-1])
                gaps.append(values[j] - level)
            if not any(gaps):
                return None
            if gaps > [Fraction(0), Fraction(0)]:
                above = True
                break
        if not above:
            found.append(simplex)
    return found


def _signed(largest: list[tuple[int, ...]], k: int) -> dict[tuple[int, ...], int]:
    """Return the interior simplices of a triangulation with their signs."""
    walls = Counter(wall for simplex in largest for wall in combinations(simplex, k)) if k else Counter()
    boundary = {face for wall, count in walls.items() if count == 1 for face in _faces(wall)}
    faces = {face for simplex in largest for face in _faces(simplex)} - boundary
    return {face: (-1) ** (k + 1 - len(face)) for face in sorted(faces)}


def _faces(simplex: tuple[int, ...]) -> set[tuple[int, ...]]:
    return {face for size in range(1, len(simplex) + 1) for face in combinations(simplex, size)}
