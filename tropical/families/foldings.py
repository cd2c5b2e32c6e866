r"""Depth: networks that fold the unit cube onto itself, with exponentially many regions.

The zigzag :math:`h_p : [0,1] \to [0,1]` with h_p(0) = 0 and p linear bits of slope ±p, alternately, takes p units:
:math:`h_p(x) = p\,\mathrm{relu}(x) + 2p\sum_{0<i<p} (-1)^i\,\mathrm{relu}(x - i/p)`. Composed L times it is the zigzag
with p^L bits. One copy for each of n coordinates folds the cube [0,1]^n onto itself, p^n sheets a layer.

References: M. Telgarsky, *Benefits of depth in neural networks*, COLT 2016, for p = 2 and n = 1. G. Montúfar, R.
Pascanu, K. Cho, Y. Bengio, *On the Number of Linear Regions of Deep Neural Networks*, NeurIPS 2014: each folding layer
of width n_l >= n multiplies the number of regions by floor(n_l/n)^n, here p^n. The counts stated below are derived
below.
"""

from __future__ import annotations

from fractions import Fraction

from tropical._arguments import check_size
from tropical.families._arguments import as_size
from tropical.network import ReLUNetwork

__all__ = ["folding", "sawtooth"]


def sawtooth(depth: int) -> ReLUNetwork:
    """Return the tent map ``2 relu(x) - 4 relu(x - 1/2)`` composed with itself, `depth` times in all, on R.

    Parameters
    ----------
    depth : int
        L >= 1.

    Notes
    -----
    On [0, 1] it is the zigzag through 0, 1, 0, ... with 2^L bits: 2^L pieces of slopes ±2^L, E[f(U)] = 1/2 and
    E[f(U)²] = 1/3 for uniform U. Off [0, 1] it is 0 for x <= 0, and for x >= 1 it is 2 - 2x if L = 1, else 0 (the next
    tent maps what is negative to 0). So on R there are 2^L + 1 pieces and, as 0 is met on both sides, 2^L + 2
    regions, but 3 for L = 1. Λ = 2^L.

    Examples
    --------
    >>> from tropical import Box, cells
    >>> F = sawtooth(3)
    >>> F, F(["1/8"]), F(["1/4"])
    (ReLUNetwork(1 -> 2 -> 2 -> 2 -> 1, with biases), Fraction(1, 1), Fraction(0, 1))
    >>> cells(F, Box([0], [1])).n_pieces, cells(F).n_pieces
    (8, 9)
    """
    return folding(1, 2, depth)


def folding(dimension: int, folds: int, depth: int) -> ReLUNetwork:
    r"""Return ``Σ_j h(h(...h(x_j)))`` with the zigzag h of `folds` bits, `depth` times: a network that folds the cube.

    Parameters
    ----------
    dimension : int >= 1
        n.
    folds : int >= 1
        p; with p = 1 nothing is folded and the function is Σ x_j on the cube.
    depth : int >= 1
        L hidden layers of p·n units.

    Notes
    -----
    On [0,1]^n the cells are the p^(nL) cubes of side p^-L, and so are the regions: the gradients have entries ±p^L, and
    two neighbours differ in the sign of one. Λ = √n p^L there.

    Examples
    --------
    >>> from tropical import Box, cells
    >>> complex_ = cells(folding(2, 3, 2), Box([0, 0], [1, 1]))
    >>> complex_.n_cells, complex_.n_regions
    (81, 81)
    """
    n, p, layers = as_size(dimension, "dimension"), as_size(folds, "folds"), as_size(depth, "depth")
    width = p * n
    check_size(width * (n + (layers - 1) * width), "depth" if layers > 1 else "folds", f"{n}, {p} and {layers}")
    zigzag = [p] + [2 * p * (-1) ** i for i in range(1, p)]
    first = [[int(i == j) for j in range(n)] for i in range(n) for _ in range(p)]
    middle = [[c * (i == j) for j in range(n) for c in zigzag] for i in range(n) for _ in range(p)]
    bias = [Fraction(-i, p) for i in range(p)] * n
    return ReLUNetwork([first, *[middle] * (layers - 1), zigzag * n], [*[bias] * layers, None])
