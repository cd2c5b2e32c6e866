"""Order functions of the coordinates: maximum, least absolute value, median."""

from __future__ import annotations

from tropical.families._arguments import coordinate_functions
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum

__all__ = ["maximum_of", "mean_minus_median", "minimum_of_absolute_values", "sign_times_minimum"]


def maximum_of(n: int) -> LatticePolynomial:
    """Return max(x0, ..., x_{n-1}): n pieces, n regions.

    Parameters
    ----------
    n : int

    Examples
    --------
    >>> str(maximum_of(3))
    'max(x0, x1, x2)'
    """
    return maximum(*coordinate_functions(n))


def minimum_of_absolute_values(k: int) -> LatticePolynomial:
    """Return min(|x0|, ..., |x_{k-1}|): 2k pieces; even in each variable, so no mean filter sees it.

    Parameters
    ----------
    k : int
    """
    return minimum(*[maximum(x, -x) for x in coordinate_functions(k, "k")])


def sign_times_minimum(k: int) -> LatticePolynomial:
    """Return sign(x0 ··· x_{k-1}) · min |x_i|: continuous, and odd in each variable.

    Built from ``sign(ab) min(|a|, |b|) = max(min(a, b), -max(a, b))``.

    Parameters
    ----------
    k : int

    Notes
    -----
    A change of two signs leaves the label alone. So for k >= 2 E[x | y] = 0, and for k >= 3 E[x_i x_j | y] = 0 for
    i ≠ j. Filters of the *sign* of y see nothing at all for k >= 3, E[xxᵀ - I | y > 0] = 0: given sign(x0 ··· x_{k-1}),
    any k - 1 coordinates are still independent standard Gaussians. The size of y, the least |x_i|, gives every
    direction away: E[x_i² - 1 | y] is not zero.

    Examples
    --------
    >>> sign_times_minimum(3)([-2, 3, 5])
    Fraction(-2, 1)
    """
    first, *others = coordinate_functions(k, "k")
    result = first
    for x in others:
        result = maximum(minimum(result, x), -maximum(result, x))
    return result


def mean_minus_median() -> LatticePolynomial:
    r"""Return the mean minus the median of (x0, x1, x2): the fan of K = 3 with rational weights.

    Notes
    -----
    It vanishes on (1, 1, 1), so it is a function of the plane orthogonal to that vector. In that plane it is 1 at
    (2, -1, -1), -1 at (1, 1, -2), and so on for the permutations: six directions at angles of π/3, of length √6, and it
    is linear between neighbours, where the order of the coordinates does not change. Hence it is ``fan(3)/√6`` in an
    orthonormal basis of the plane: harmonics 3, 9, 15, ..., E[F q] = 0 for every polynomial q of degree at most 2, and
    E[F·q] ≠ 0 for some cubic q. Three pieces, six regions, Λ² = 2/3. For no other K >= 3 has such a plane a rational
    basis: <v_0, v_1>/|v_0|² = cos(π/K) would be rational.

    Examples
    --------
    >>> F = mean_minus_median()
    >>> F([2, -1, -1]), F([1, 1, -2]), F([5, 5, 5])
    (Fraction(1, 1), Fraction(-1, 1), Fraction(0, 1))
    """
    x, y, z = coordinate_functions(3)
    return (x + y + z) / 3 - maximum(minimum(x, y), minimum(y, z), minimum(x, z))
