r"""Parity of half-spaces: what every filter of the label loses as the slope grows (docs/theory.md, lemma Λ).

The label sign(x_1 ··· x_k), k >= 3, hides all directions from filters of the label: any k - 1 coordinates are
independent of it and of each other. Continuity costs something (lemma Y: no direction is hidden entirely), and how
little is the subject of :mod:`tropical.families.leaps`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tropical._arguments import check_size
from tropical.families._arguments import as_positive, as_size
from tropical.network import ReLUNetwork

__all__ = ["homogeneous_parity", "parity"]

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
    count, width = as_size(k, "k"), as_positive(t, "t", _STEEP)
    check_size(4 * count * count, "k", k)
    clip_rows, clip_biases = [], []  # clip(u, -1, 1) = -1 + relu(u + 1) - relu(u - 1) for u = x_i / t
    for i in range(count):
        row = [Fraction(int(i == j)) / width for j in range(count)]
        clip_rows += [row, row]
        clip_biases += [1, -1]
    total = [1, -1] * count  # s + k, in terms of these units
    nodes = range(0, 2 * count, 2)  # of s + k; h starts at (-1)^k and turns at every node
    start = (-1) ** count
    return ReLUNetwork(
        [clip_rows, [total for _ in nodes], [zigzag_coefficients(count)]],
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
    count, width = as_size(k, "k"), as_positive(t, "t", _STEEP)
    check_size(10 * (count + 1) ** 2, "k", k)
    signed = [[sign * int(i == j) for j in range(count + 1)] for i in range(count + 1) for sign in (1, -1)]
    scale = [1, 1] + [0, 0] * count  # |x_0| in terms of the first layer
    shifted = []
    for i in range(1, count + 1):
        ratio = [(-1) ** j / width * (j // 2 == i) for j in range(2 * count + 2)]
        shifted += [[u + side * a for u, a in zip(ratio, scale, strict=True)] for side in (1, -1)]
    nodes = range(0, 2 * count, 2)
    total = [[1, -1] * count + [-node] for node in nodes]  # s + (k - node)|x_0|
    unit = [0] * (2 * count) + [1]
    return ReLUNetwork([signed, [*shifted, scale], [*total, unit], [*zigzag_coefficients(count), (-1) ** count]])


def zigzag_coefficients(count: int) -> list[Any]:
    """Return the coefficients of relu(s + k - node) in h, after its value (-1)^k at the first node."""
    start = (-1) ** count
    return [-start] + [2 * start * (-1) ** (j + 1) for j in range(1, count)]
