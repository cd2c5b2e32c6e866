r"""Leap functions: directions that all label filters miss up to a stated leak, and that show once others are known.

A *leap direction* is a unit vector u of V with E[<u,x>|y] = 0 and E[(xxᵀ-I)u|y] = 0: no filter of the label sees it.
The label sign(x_1 ··· x_k), k >= 3, has nothing else, and is not continuous. **No continuous piecewise-linear F has
one** (docs/theory.md, lemma Y), so a leap function is a network that has leap directions up to a leak that goes to 0
with a parameter t. There are three families; y' is the label off the thin events B_i, and s_i the sign of x_i:

==================================  =========================  =============  ======================================
family                              y'                         B_i            seen by label filters; what shows more
==================================  =========================  =============  ======================================
:func:`parity` (k, t), k >= 3       s_1 ··· s_k                abs(x_i) < t   nothing; k - 2 directions show 2 more
``homogeneous_parity`` (k, t)       abs(x_0) s_1 ··· s_k       < t·abs(x_0)   x_0; with k - 2 more, the last two
:func:`leap` (k, t), k >= 2         x_0 s_1 ··· s_k            < t·abs(x_0)   x_0; for k = 2, x_0 shows the other two
==================================  =========================  =============  ======================================

:func:`leap` with k = 2 is the plain case: one direction visible, two that no label filter sees, and these visible as
soon as the first is known. Since x_0 has a symmetric sign, the label is the parity of k + 1 signs, times abs(x_0).

**Rate.** Let U be the span of x_1, ..., x_k. Off all B_i, y is y'. For |ψ| <= 1 and unit vectors v in U, w in V put Q =
<v,x><w,x> - <v,w>. E[ψ(y')Q] = 0: given all |x_i| the signs are fair coins, and any two of them are independent of
their product, of three or more. So |E[ψ(y)Q]| <= 2·Σ_i Pr[B_i]·E[|Q| | B_i].

* ``parity``, t <= 1: given x_i = s, with v = v_i e_i + v' and w = w_i e_i + w', E[Q² | x_i = s] = v_i²w_i²(1 - s²)²
  + s²|v_i w' + w_i v'|² + |v'|²|w'|² + <v',w'>², for |s| <= 1 at most |v|²|w|² + 2v_iw_i<v',w'> + <v',w'>² <= 2. With
  Pr[B_i] <= t√(2/π), the bound is 4kt/√π.
* the others: the angle of (x_0, x_i) decides B_i, and its length r is independent of it with E[r²] = 2. So
  E[<v,x>² | B_i] <= 2 for unit vectors, E[|Q| | B_i] <= 3, and Pr[B_i] = (2/π) arctan t: the bound is 12kt/π.

E[ψ(y)<v,x>] is smaller in the same way (E[<v,x>² | B_i] <= 1 and 2), and |E[ψ(y)Q]| <= √(1 + <v,w>²) <= √2 always.
:func:`leap_bound` is the least of these.

**Given more.** Given k - 2 of the k coordinates of a parity, the other two are visible: E[y' x_1 ··· x_k] =
(2/π)^{k/2}, times E|x_0| = (2/π)^{1/2} for the second family. ``leap(k, t)`` is sign(x_0) times
``homogeneous_parity(k, t)``, so what filters of y and sign(x_0) see is what filters of that label see: for k = 2,
E[sign(y')sign(x_0) x_1 x_2] = 2/π.
"""

from __future__ import annotations

from fractions import Fraction

from tropical._arguments import check_size
from tropical._exact.rational import as_choice
from tropical.families._arguments import as_positive, as_size
from tropical.families.parities import zigzag_coefficients
from tropical.network import ReLUNetwork

__all__ = ["leap", "leap_bound"]

_STEEP = "small t is steep"
_ROOT_OF_TWO = Fraction("1.4143")  # above √2 = 1.41421...
_RATES = {  # above 4/√π = 2.25675... and 12/π = 3.81971...; the smallest k for which directions are hidden
    "parity": (Fraction("2.2568"), 3),
    "homogeneous_parity": (Fraction("3.8198"), 3),
    "leap": (Fraction("3.8198"), 2),
}


def leap(k: int = 2, t: object = "1/10") -> ReLUNetwork:
    """Return ``|x_0| h(sign(x_0) + Σ_{i=1..k} clip(x_i/(t|x_0|), -1, 1))`` on R^{1+k}: x_0 visible, the others hidden.

    h is the zigzag of ``parity(k + 1, t)``. Where all |x_i| >= t|x_0| it is x_0 times the signs of x_1, ..., x_k. All
    that filters of the label see of x_1, ..., x_k is at most ``leap_bound(k, t, "leap")``. For k = 2 they are visible
    once x_0 is known.

    Parameters
    ----------
    k : int >= 2
    t : exact number > 0

    Returns
    -------
    ReLUNetwork
        Bias-free; three hidden layers of 2k + 2, 2k + 2 and k + 2 units.

    Notes
    -----
    h_{k+1}(±1 + s) = ±h_k(s), so this is sign(x_0) times ``homogeneous_parity(k, t)``, and has its Lipschitz constant.

    Examples
    --------
    >>> F = leap(2, "1/100")
    >>> F, F([-2, 1, 1]), F([-2, 1, -1])
    (ReLUNetwork(3 -> 6 -> 6 -> 4 -> 1, bias-free), Fraction(-2, 1), Fraction(2, 1))
    """
    count, width = as_size(k, "k", 2), as_positive(t, "t", _STEEP)
    size = 2 * count + 2
    check_size(4 * size * size, "k", k)
    signed = [[sign * int(i == j) for j in range(count + 1)] for i in range(count + 1) for sign in (1, -1)]
    shifted = []
    for i in range(1, count + 1):  # relu(x_i/t + |x_0|) and relu(x_i/t - |x_0|)
        ratio = [(-1) ** j / width * (j // 2 == i) for j in range(size)]
        shifted += [[ratio[j] + side * int(j < 2) for j in range(size)] for side in (1, -1)]
    passed = [[int(j == i) for j in range(size)] for i in range(2)]  # the two parts of x_0
    nodes = range(0, size, 2)
    total = [[*[1, -1] * count, 2 - node, -node] for node in nodes]  # s + (k + 1 - node)|x_0|
    scale = [0] * (2 * count) + [1, 1]
    start = (-1) ** (count + 1)
    return ReLUNetwork([signed, [*shifted, *passed], [*total, scale], [*zigzag_coefficients(count + 1), start]])


def leap_bound(k: int, t: object, family: str = "parity") -> Fraction:
    """Return a bound for all that filters of the label see of the hidden directions: it goes to 0 with t.

    Parameters
    ----------
    k : int
        At least 3; for ``leap`` at least 2.
    t : exact number > 0
    family : {"parity", "homogeneous_parity", "leap"}

    Returns
    -------
    Fraction
        At least |<v, E[ψ(y)(xxᵀ - I)] w>| and |E[ψ(y)<v, x>]| for every |ψ| <= 1, v a unit vector in the span of the k
        coordinates and w any unit vector: min(√2, 4kt/√π) for the parity and t <= 1, min(√2, 12kt/π) for the others,
        rounded up (see the module's docstring).

    Examples
    --------
    >>> float(leap_bound(3, "1/1000")), float(leap_bound(2, "1/1000", "leap"))
    (0.0067704, 0.0076396)
    """
    rate, fewest = _RATES[as_choice(family, "family", tuple(_RATES), "name the function that is bounded")]
    count, width = as_size(k, "k", fewest), as_positive(t, "t", _STEEP)
    if family == "parity" and width > 1:
        return _ROOT_OF_TWO
    return min(_ROOT_OF_TWO, rate * count * width)
