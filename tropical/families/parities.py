r"""Parity of half-spaces: directions that all label filters lose (docs/theory.md, lemma Λ and section 4).

A *leap direction* is a unit vector u of V with E[<u,x>|y] = 0 and E[(xxᵀ-I)u|y] = 0: no filter of the label sees it.
The label sign(x_1 ··· x_k), k >= 3, has nothing else: any k - 1 coordinates are independent of it and of each other. It
is not continuous, and continuity costs something:

**In the plane no bias-free F has a leap direction.** Let F = r·g(θ), y = F(x), u = (0, 1). Gaussian integration by
parts turns E[(<u,x>² - 1)ψ(y)] = 0 for all ψ into E[ψ(y)<u,x>∂_uF] = 0 for all ψ, and, as r is independent of θ, the
Mellin transform in r (ψ(y) = |y|^s on y > 0, or on y < 0) turns this into a sum over the points of the circle with g(θ)
= v, for almost all v: Σ sin θ·∂_uF(θ)/|g'(θ)| = 0. Let the piece at such a point be <p,x>, p = |p|(cos β, sin β), and θ
= β ± δ with cos δ = v/|p|: the summand is sin²β·cot δ ± sin β cos β. The functions cot δ = v/√(|p|² - v²) of v for
different |p|, and 1, are linearly independent on every interval. So the sum of sin²β over the points with one |p| is 0,
hence every piece has β in {0, π}, and u is not in V. ∎

Beyond the plane no continuous piecewise-linear F with a leap direction for its full label is known here, and symmetry
alone makes none: if ρ is orthogonal, F∘ρ = F and ρu = ±u, then <ρx,u>∂_uF(ρx) = <x,u>∂_uF(x), so no two such parts of a
level set cancel. What there is: an exact one for a coarser label, the sign of
:func:`~tropical.families.sign_times_minimum`, and here families whose label loses the directions at a stated rate.

**Rate.** Let y be :func:`parity` (V = R^k) or :func:`homogeneous_parity` (V = R^{1+k}, x_0 the scale), U the span of
the k >= 3 coordinates in the parity, B_i the event |x_i| < t (|x_i| < t|x_0|). Off all B_i, y is y' = Π sign x_i (times
|x_0|). For |ψ| <= 1 and unit vectors v in U, w in V put Q = <v,x><w,x> - <v,w>. E[ψ(y')Q] = 0, as given x_0 any two of
the k coordinates are independent of y'. So |E[ψ(y)Q]| <= 2·Σ_i Pr[B_i]·E[|Q| | B_i].

* ``parity``, t <= 1: given x_i = s, with v = v_i e_i + v' and w = w_i e_i + w', E[Q² | x_i = s] = v_i²w_i²(1 - s²)²
  + s²|v_i w' + w_i v'|² + |v'|²|w'|² + <v',w'>², for |s| <= 1 at most |v|²|w|² + 2v_iw_i<v',w'> + <v',w'>² <= 2. With
  Pr[B_i] <= t√(2/π), the bound is 4kt/√π.
* ``homogeneous_parity``: the angle of (x_0, x_i) decides B_i, and its length r is independent of it with E[r²] = 2. So
  E[<v,x>² | B_i] <= 2 for unit vectors, E[|Q| | B_i] <= 3, and Pr[B_i] = (2/π) arctan t: the bound is 12kt/π.

E[ψ(y)<v,x>] is smaller in the same way (E[<v,x>² | B_i] <= 1 and 2), and |E[ψ(y)Q]| <= √(1 + <v,w>²) <= √2 always.
:func:`leap_bound` is the least of these. Given k - 2 of the k coordinates, the other two are visible:
E[y' x_1 ··· x_k] = (2/π)^{k/2}, times E|x_0| for the second.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tropical.families._arguments import as_count, as_positive
from tropical.network import ReLUNetwork

__all__ = ["homogeneous_parity", "leap_bound", "parity"]

_STEEP = "small t is steep"


def parity(k: int, t: object = "1/10") -> ReLUNetwork:
    """Return the parity of k half-spaces with slope 1/t, ``h(Σ clip(x_i/t, -1, 1))``: the family of lemma Λ.

    Where all |x_i| >= t it is the product of the signs; h is the zigzag with slopes ±1 through (-1)^((k-s)/2) at s = k,
    k - 2, ..., -k. Its Lipschitz constant is sqrt(k)/t, and as t goes to 0 all label filters fade for k >= 3.

    Parameters
    ----------
    k : int
    t : exact number > 0

    Examples
    --------
    >>> parity(3)([1, -1, 1]), parity(3)([1, -1, -2])
    (Fraction(-1, 1), Fraction(1, 1))
    """
    count, width = as_count(k, "k"), as_positive(t, "t", _STEEP)
    clip_rows, clip_biases = [], []  # clip(u, -1, 1) = -1 + relu(u + 1) - relu(u - 1) for u = x_i / t
    for i in range(count):
        row = [Fraction(int(i == j)) / width for j in range(count)]
        clip_rows += [row, row]
        clip_biases += [1, -1]
    total = [1, -1] * count  # s + k, in terms of these units
    nodes = range(0, 2 * count, 2)  # of s + k; h starts at (-1)^k and turns at every node
    start = (-1) ** count
    return ReLUNetwork(
        [clip_rows, [total for _ in nodes], [_zigzag(count)]],
        [clip_biases, [-node for node in nodes], [start]],
    )


def homogeneous_parity(k: int, t: object = "1/10") -> ReLUNetwork:
    """Return ``|x_0| h(Σ_{i=1..k} clip(x_i/(t|x_0|), -1, 1))`` on R^{1+k}: the bias-free variant of lemma Λ.

    Where all |x_i| >= t|x_0| it is |x_0| times the product of the signs of x_1, ..., x_k. With x_0 = 1 it is
    ``parity(k, t)``.

    Parameters
    ----------
    k : int
    t : exact number > 0

    Returns
    -------
    ReLUNetwork
        Three hidden layers of 2k + 2, 2k + 1 and k + 1 units, as clip(u, -a, a) = relu(u + a) - relu(u - a) - a with
        a = |x_0|.

    Notes
    -----
    Λ² = max(1, k/t² + (k - 1)²): where m of the coordinates are not clipped, the piece has m slopes ±1/t, and its slope
    in |x_0| is the value at s = n of the bit of h that it uses, n the sum of the k - m clipped signs. That bit meets
    the open interval from n - m to n + m, so the value is at most m - 1 in modulus for m >= 1; it is 1 for m = 0. m = k
    and the last bit attain the bound.

    Examples
    --------
    >>> F = homogeneous_parity(3)
    >>> F, F([-2, 1, -1, 1]), F([0, 1, 1, 1])
    (ReLUNetwork(4 -> 8 -> 7 -> 4 -> 1, bias-free), Fraction(-2, 1), Fraction(0, 1))
    """
    count, width = as_count(k, "k"), as_positive(t, "t", _STEEP)
    signed = [[sign * int(i == j) for j in range(count + 1)] for i in range(count + 1) for sign in (1, -1)]
    scale = [1, 1] + [0, 0] * count  # |x_0| in terms of the first layer
    shifted = []
    for i in range(1, count + 1):
        ratio = [(-1) ** j / width * (j // 2 == i) for j in range(2 * count + 2)]
        shifted += [[u + side * a for u, a in zip(ratio, scale, strict=True)] for side in (1, -1)]
    nodes = range(0, 2 * count, 2)
    total = [[1, -1] * count + [-node] for node in nodes]  # s + (k - node)|x_0|
    unit = [0] * (2 * count) + [1]
    return ReLUNetwork([signed, [*shifted, scale], [*total, unit], [*_zigzag(count), (-1) ** count]])


def leap_bound(k: int, t: object, *, homogeneous: bool = False) -> Fraction:
    """Return a bound for all that filters of the label see of the parity: it goes to 0 with t.

    Parameters
    ----------
    k : int >= 3
    t : exact number > 0
    homogeneous : bool
        Whether for ``homogeneous_parity(k, t)``; otherwise for ``parity(k, t)``.

    Returns
    -------
    Fraction
        At least |<v, E[ψ(y)(xxᵀ - I)] w>| and |E[ψ(y)<v, x>]| for every |ψ| <= 1, v a unit vector in the span of the k
        coordinates and w any unit vector: min(√2, 4kt/√π) for t <= 1, homogeneous min(√2, 12kt/π), rounded up (see the
        module's docstring).

    Examples
    --------
    >>> float(leap_bound(3, "1/1000")), float(leap_bound(3, "1/1000", homogeneous=True))
    (0.0067704, 0.0114594)
    """
    count, width = as_count(k, "k", 3), as_positive(t, "t", _STEEP)
    rate = Fraction("3.8198") if homogeneous else Fraction("2.2568")  # above 12/π = 3.81971..., 4/√π = 2.25675...
    if not homogeneous and width > 1:
        return _ROOT_OF_TWO
    return min(_ROOT_OF_TWO, rate * count * width)


_ROOT_OF_TWO = Fraction("1.4143")  # above √2 = 1.41421...


def _zigzag(count: int) -> list[Any]:
    """Return the coefficients of relu(s + k - node) in h, after its value (-1)^k at the first node."""
    start = (-1) ** count
    return [-start] + [2 * start * (-1) ** (j + 1) for j in range(1, count)]
