r"""Alternating functions of the plane: what correlations of low degree cannot see (docs/theory.md, lemma X).

Both families turn over when the plane is rotated by π/K, so in polar coordinates r·g(θ) they have the harmonics
K, 3K, 5K, ... only, and E[F q] = 0 for every polynomial q of degree below K: its harmonics are below K.

* :func:`cyclic` has one hidden layer and exists for even K (and K = 1): with odd K, F(-x) = -F(x), and a bias-free
  function of one hidden layer that is odd is linear, as its kinks on the two halves of a line are equal.
* :func:`fan` has two hidden layers and exists for every K. It interpolates (-1)^i at the 2K directions v_i.

**The fan.** Let θ_i = πi/K, v_i = (cos θ_i, sin θ_i), and F(v_i) = (-1)^i, linear on every sector between v_i and
v_{i+1}. On that sector, with θ = θ_i + ϕ, g = (-1)^i sin(π/2K - ϕ)/sin(π/2K), whose derivative jumps at v_i by
-2(-1)^i cot(π/2K). As g'' + g is the sum of these jumps, the cosine coefficients are

.. math:: c_m = \frac{4K}{\pi}\,\frac{\cot(\pi/2K)}{m^2 - 1}, \qquad m = K, 3K, 5K, \dots\quad (K \ge 2),

none of them zero. So E[F·Re (x_0 + i x_1)^K] = E[r^{K+1}]·c_K/2 > 0: degree K is where the blindness ends. The
gradients have norm 1/sin(π/2K). There are 2K linear regions; for even K 2K pieces, and for odd K only K, as opposite
sectors share theirs. For even K ``cyclic = (-1)^{K/2+1} tan(π/2K)·fan``: the kinks are on the same lines.

**Its network.** For vectors v_i in cyclic order, with angles below π between v_{i-1} and v_{i+1}, let
D_i = det(v_i, x) and d_i = det(v_i, v_{i+1}). The hat function that is 1 at v_i and 0 at v_{i±1} and beyond is

.. math:: T_i = \mathrm{relu}(\min(a, b)) = \mathrm{relu}(\mathrm{relu}(a) - \mathrm{relu}(a - b)),\qquad
          a = D_{i-1}/d_{i-1},\quad a - b = D_i \det(v_{i-1}, v_{i+1})/(d_{i-1}d_i),

so the 2K units relu(D_i) are enough in the first layer, and F = Σ (-1)^i T_i.

**Its error.** The network is built on rational vectors w_i with w_{i+K} = -w_i and |w_i - v_i| <= √2·10^-digits = e. It
is exactly the interpolant on that fan: same regions, same pieces, and exactly odd for odd K. Let x = a·w_i + b·w_{i+1}
with a, b >= 0 and x' = a·v_i + b·v_{i+1}. The interpolant at x is F(x'), so it is off by at most Λ|x - x'| <= Λe(a +
b), Λ = 1/sin(π/2K) <= K. Further |x'| >= (a + b)cos(π/2K), so |x| >= (a + b)(√3/2 - e) >= (a + b)/√2 for K >= 3, and
the error is at most 2K·10^-digits·|x|.

References: I. Diakonikolas, D. Kane, V. Kontonis, N. Zarifis, *Algorithms and SQ Lower Bounds for PAC Learning
One-Hidden-Layer ReLU Networks*, COLT 2020, for :func:`cyclic`; the fan is derived above.
"""

from __future__ import annotations

from fractions import Fraction

from tropical._arguments import check_size
from tropical.exceptions import InvalidInput
from tropical.families._arguments import as_size
from tropical.network import ReLUNetwork

__all__ = ["cyclic", "cyclic_error", "fan", "fan_error"]

Vector = tuple[Fraction, Fraction]


def cyclic(K: int, digits: int = 30) -> ReLUNetwork:
    """Return ``F_K(x) = Σ_{i < 2K} (-1)^i relu(<x, v_i>)`` on the plane, ``v_i = (cos πi/K, sin πi/K)``: lemma X.

    E[F_K q] = 0 for every polynomial q of degree below K: correlational queries of lower degree are blind. Filters of
    |F_K| see the plane at once.

    Parameters
    ----------
    K : even int, or 1
        F_1 = x_0 and F_2 = |x_0| - |x_1| are exact. For odd K >= 3 the sum is identically zero: refused, see
        :func:`fan`.
    digits : int
        For K >= 4 the coordinates of v_i are algebraic; they are rounded to this many decimals. See
        :func:`cyclic_error` for what that changes.

    Examples
    --------
    >>> cyclic(2)([3, -1])
    Fraction(2, 1)
    """
    _check_cyclic(K, digits)
    return ReLUNetwork([_directions(K, digits), [(-1) ** i for i in range(2 * K)]])


def cyclic_error(K: int, digits: int = 30) -> Fraction:
    """Return e with ``|F_K(x) - cyclic(K, digits)(x)| <= e·|x|`` for all x; 0 where the family is exact.

    Each of the 4K coordinates is off by at most 10^-digits (rounding, and the error of what is rounded), so each unit
    by at most 2·10^-digits·|x|.

    Parameters
    ----------
    K, digits : int
        Those of :func:`cyclic`.
    """
    _check_cyclic(K, digits)
    return Fraction(0) if K <= 2 else Fraction(4 * K, 10**digits)


def fan(K: int, digits: int = 30) -> ReLUNetwork:
    """Return the function on the plane that is (-1)^i at ``v_i = (cos πi/K, sin πi/K)`` and linear in between, any K.

    Harmonics K, 3K, 5K, ..., none of them zero: E[F q] = 0 for every polynomial q of degree below K, odd K too.

    Parameters
    ----------
    K : int >= 1
        F_1 = x_0 and F_2 = |x_0| - |x_1| are exact.
    digits : int
        For K >= 3 the directions are algebraic and rounded to this many decimals, 10^digits >= 2K. The network is
        exactly the interpolant on the rounded fan, with v_{i+K} = -v_i; see :func:`fan_error`.

    Returns
    -------
    ReLUNetwork
        Two hidden layers of 2K units (one for K <= 2). 2K regions; 2K pieces for even K, K pieces for odd K.

    See Also
    --------
    mean_minus_median : the fan of K = 3, with rational weights, on a plane in R^3.

    Examples
    --------
    >>> from tropical import cells
    >>> F = fan(5)
    >>> F, F([1, 0]), F([-1, 0])
    (ReLUNetwork(2 -> 10 -> 10 -> 1, bias-free), Fraction(1, 1), Fraction(-1, 1))
    >>> cells(F).n_regions, cells(F).n_pieces
    (10, 5)
    """
    _check_fan(K, digits)
    if K <= 2:
        return cyclic(K)
    count = 2 * K
    half = _directions(K, digits)[:K]
    w = [*half, *((-a, -b) for a, b in half)]
    steps = [_determinant(w[i], w[(i + 1) % count]) for i in range(count)]
    hats = []
    for i in range(count):
        row = [Fraction(0)] * count
        row[i - 1] += 1 / steps[i - 1]
        row[i] -= _determinant(w[i - 1], w[(i + 1) % count]) / (steps[i - 1] * steps[i])
        hats.append(row)
    return ReLUNetwork([[(-b, a) for a, b in w], hats, [(-1) ** i for i in range(count)]])


def fan_error(K: int, digits: int = 30) -> Fraction:
    """Return e with ``|F(x) - fan(K, digits)(x)| <= e·|x|`` for all x, F on the regular fan; 0 where it is exact.

    Parameters
    ----------
    K, digits : int
        Those of :func:`fan`.
    """
    _check_fan(K, digits)
    return Fraction(0) if K <= 2 else Fraction(2 * K, 10**digits)


def _check_cyclic(K: int, digits: int) -> None:
    as_size(K, "K")
    as_size(digits, "digits")
    check_size(K * digits, "K", K)
    if K % 2 and K > 1:
        cure = "for odd K >= 3 the alternating sum is identically zero, families.fan is not"
        raise InvalidInput("K", "an even number, or 1", K, cure)


def _check_fan(K: int, digits: int) -> None:
    as_size(K, "K")
    as_size(digits, "digits")
    check_size(4 * K * (K + digits), "K", K)
    if 10**digits < 2 * K:
        raise InvalidInput("digits", f"10^digits >= 2K = {2 * K}", digits, "raise it, or directions change their order")


def _directions(K: int, digits: int) -> list[Vector]:
    """Return the 2K directions, coordinates rounded to so many decimals; each is off by less than 10^-digits."""
    from flint import arb, ctx, fmpq

    scale, precision = 10**digits, ctx.prec
    result = []
    try:
        ctx.prec = 4 * digits + 64
        for i in range(2 * K):
            balls = (arb.cos_pi_fmpq(fmpq(i, K)), arb.sin_pi_fmpq(fmpq(i, K)))
            first, second = (Fraction(round(_middle(ball) * scale), scale) for ball in balls)
            result.append((first, second))
    finally:
        ctx.prec = precision
    return result


def _middle(ball: object) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()  # pyright: ignore[reportAttributeAccessIssue]
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _determinant(v: Vector, w: Vector) -> Fraction:
    return v[0] * w[1] - v[1] * w[0]
