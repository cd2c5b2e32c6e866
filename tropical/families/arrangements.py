r"""Hyperplanes in general, in special and in nearly equal position.

**Zonotopes.** :math:`F(x) = \sum_i |\langle u_i, x\rangle|` is the support function of the zonotope
:math:`Z = \sum_i [-u_i, u_i]`: its pieces are the vertices of Z, and its regions are those of the arrangement of the
hyperplanes <u_i, x> = 0. The number of regions obeys r(A) = r(A - H) + r(A^H), without H and within H (T. Zaslavsky,
*Facing up to Arrangements*, 1975); for n hyperplanes in general position in R^k it is 2·Σ_{j<k} C(n-1, j).

**Near-parallel neurons.** (relu(x_0 + εx_1) - relu(x_0))/ε tends to x_1·1{x_0 > 0}, which is not continuous, so Λ has
to grow. The walls of its two neurons are the lines x_0 = 0 and x_0 + εx_1 = 0, at the angle α = arctan ε.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import IntVector, as_fraction_matrix, primitive_multiple
from tropical.exceptions import InvalidInput
from tropical.families._arguments import as_positive
from tropical.network import ReLUNetwork

__all__ = ["near_parallel", "zonotope", "zonotope_vertices"]


def zonotope(generators: Any) -> ReLUNetwork:
    """Return ``Σ_i |<u_i, x>|``, the support function of the zonotope with these generators.

    Parameters
    ----------
    generators : sequence of n >= 1 vectors u_i of exact numbers, of one length k >= 1
        Zero, equal and opposite ones are allowed.

    Returns
    -------
    ReLUNetwork
        One hidden layer of 2n units; convex and bias-free. Its pieces, regions and cells are equally many:
        :func:`zonotope_vertices`.

    Examples
    --------
    >>> from tropical import cells
    >>> hexagon = zonotope([[1, 0], [0, 1], [1, 1]])
    >>> hexagon([1, -3]), cells(hexagon).n_pieces
    (Fraction(6, 1), 6)
    """
    rows = _generators(generators)
    units = [[sign * a for a in row] for row in rows for sign in (1, -1)]
    return ReLUNetwork([units, [1] * len(units)])


def zonotope_vertices(generators: Any) -> int:
    """Return the number of vertices of ``Σ_i [-u_i, u_i]``: the regions of the hyperplanes ``<u_i, x> = 0``.

    Parameters
    ----------
    generators : rows of exact numbers
        The vectors u_i.

    Notes
    -----
    By deletion and restriction, exact, whatever the position; no linear program, no cells. Costs up to C(n, <= k)
    restrictions of O(n·k) operations each.

    Examples
    --------
    >>> zonotope_vertices([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])  # general position: 2 (1 + 3 + 3)
    14
    >>> zonotope_vertices([[1, 0], [2, 0], [-1, 0], [0, 0]])
    2
    """
    return _regions(_lines(_generators(generators)))


def near_parallel(epsilon: Any) -> ReLUNetwork:
    r"""Return ``(relu(x_0 + ε x_1) - relu(x_0))/ε`` on the plane.

    Parameters
    ----------
    epsilon : exact number > 0

    Notes
    -----
    Four pieces, each on one sector: x_1, 0, and on the two opposite sectors of angle α = arctan ε between the walls
    x_0/ε + x_1 and -x_0/ε. So Λ² = 1 + 1/ε², attained on sectors of probability α/2π each. By the arc-cosine kernel
    E[relu(x_0 + εx_1) relu(x_0)] = (ε + π - α)/2π, hence E[F²] = 1/2 - (ε - α)/(πε²), which tends to 1/2.

    Examples
    --------
    >>> F = near_parallel("1/100")
    >>> F([1, 1]), F([-1, 1]), F(["-1/100", 2])
    (Fraction(1, 1), Fraction(0, 1), Fraction(1, 1))
    """
    step = as_positive(epsilon, "epsilon", "small values are steep; at 0 there is no function")
    return ReLUNetwork([[[1, step], [1, 0]], [1 / step, -1 / step]])


def _generators(generators: Any) -> tuple[tuple[Fraction, ...], ...]:
    rows = as_fraction_matrix(generators, "generators")
    if not rows or not rows[0]:
        raise InvalidInput("generators", "at least one vector with at least one entry", "none", "pass [[1, 0], [0, 1]]")
    return rows


def _lines(rows: Sequence[Sequence[Fraction]]) -> list[IntVector]:
    """Return the distinct lines that the non-zero rows span, each by one primitive vector."""
    found: dict[IntVector, None] = {}
    for row in rows:
        vector = primitive_multiple(row)
        lead = next((a for a in vector if a), 0)
        if lead:
            found[vector if lead > 0 else tuple(-a for a in vector)] = None
    return list(found)


def _regions(lines: list[IntVector]) -> int:
    """Return the number of regions of distinct central hyperplanes."""
    total = 1  # of no hyperplane
    for count, wall in enumerate(lines):
        axis = next(j for j, a in enumerate(wall) if a)
        within = []
        for other in lines[:count]:  # the trace in this wall, the coordinate `axis` eliminated
            row = [Fraction(a * wall[axis] - other[axis] * b) for a, b in zip(other, wall, strict=True)]
            within.append(row[:axis] + row[axis + 1 :])
        total += _regions(_lines(within))
    return total
