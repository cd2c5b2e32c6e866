"""Named functions and networks for examples, tests and experiments. Exact, reproducible."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial, maximum, minimum
from tropical.network import ReLUNetwork

__all__ = [
    "cyclic",
    "cyclic_error",
    "maximum_of",
    "minimum_of_absolute_values",
    "parity",
    "random_network",
    "sign_times_minimum",
]


def random_network(
    widths: Sequence[int],
    seed: int = 0,
    *,
    rank: int | None = None,
    biases: bool = False,
    denominator: int = 4,
    largest: int = 4,
) -> ReLUNetwork:
    """Draw a network whose weights are integers over one denominator.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden widths, outputs.
    seed : int
        The same arguments and seed give the same network.
    rank : int, optional
        Rank of the first layer: ``W_1 = A B`` with A (n_1, rank) of entries -1, 0, 1 and B (rank, d) of the usual
        weights; both are redrawn until the product has this rank. None: a first layer of the usual weights.
    biases : bool
        Whether hidden layers and the output have biases (of the same kind as the weights).
    denominator : int
        Weights are k/denominator.
    largest : int
        |k| <= largest, uniformly.

    Examples
    --------
    >>> random_network((50, 6, 6, 1), seed=1, rank=3)
    ReLUNetwork(50 -> 6 -> 6 -> 1, bias-free)
    """
    sizes = list(widths)
    if len(sizes) < 2 or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in sizes):
        raise InvalidInput("widths", "at least two positive integers (inputs, hidden..., outputs)", widths, "list them")
    if rank is not None and (isinstance(rank, bool) or not isinstance(rank, int) or not 1 <= rank <= min(sizes[:2])):
        raise InvalidInput("rank", f"an integer from 1 to min(d, n_1) = {min(sizes[:2])}", rank, "lower it")
    if denominator < 1 or largest < 1:
        raise InvalidInput("denominator", "a positive integer, and so `largest`", (denominator, largest), "raise them")
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.integers(-largest, largest + 1, size=shape)

    layers = [draw(after, before) for before, after in pairwise(sizes)]
    if rank is not None:
        while True:
            layers[0] = rng.integers(-1, 2, size=(sizes[1], rank)) @ draw(rank, sizes[0])
            if np.linalg.matrix_rank(layers[0]) == rank:  # integers of a few units: the float rank is safe
                break
    offsets = [draw(size) if biases else np.zeros(size, dtype=int) for size in sizes[1:]]
    return ReLUNetwork(
        [[[Fraction(int(w), denominator) for w in row] for row in layer] for layer in layers],
        [[Fraction(int(b), denominator) for b in offset] for offset in offsets],
    )


def maximum_of(n: int) -> LatticePolynomial:
    """Return max(x0, ..., x_{n-1}).

    >>> str(maximum_of(3))
    'max(x0, x1, x2)'
    """
    return maximum(*_coordinates(n))


def minimum_of_absolute_values(k: int) -> LatticePolynomial:
    """Return min(|x0|, ..., |x_{k-1}|): 2k pieces; even in each variable, so no mean filter sees it."""
    return minimum(*[maximum(x, -x) for x in _coordinates(k)])


def sign_times_minimum(k: int) -> LatticePolynomial:
    """Return sign(x0 ··· x_{k-1}) · min |x_i|: continuous, and odd in each variable.

    Built from ``sign(ab) min(|a|, |b|) = max(min(a, b), -max(a, b))``.

    >>> sign_times_minimum(3)([-2, 3, 5])
    Fraction(-2, 1)
    """
    first, *others = _coordinates(k)
    result = first
    for x in others:
        result = maximum(minimum(result, x), -maximum(result, x))
    return result


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
    count, width = _count(k, "k"), as_fraction(t, "t")
    if width <= 0:
        raise InvalidInput("t", "a positive number", t, "small t is steep")
    clip_rows, clip_biases = [], []  # clip(u, -1, 1) = -1 + relu(u + 1) - relu(u - 1) for u = x_i / t
    for i in range(count):
        row = [Fraction(int(i == j)) / width for j in range(count)]
        clip_rows += [row, row]
        clip_biases += [1, -1]
    total = [1, -1] * count  # s + k, in terms of these units
    nodes = range(0, 2 * count, 2)  # of s + k; h starts at (-1)^k with slope ±2/2 and turns at every node
    start = (-1) ** count
    zigzag = [-start] + [2 * start * (-1) ** (j + 1) for j in range(1, count)]
    return ReLUNetwork(
        [clip_rows, [total for _ in nodes], [zigzag]],
        [clip_biases, [-node for node in nodes], [start]],
    )


def cyclic(K: int, digits: int = 30) -> ReLUNetwork:
    """Return ``F_K(x) = Σ_{i < 2K} (-1)^i relu(<x, v_i>)`` on the plane, ``v_i = (cos πi/K, sin πi/K)``: lemma X.

    E[F_K q] = 0 for every polynomial q of degree below K: correlational queries of lower degree are blind. Filters of
    |F_K| see the plane at once.

    Parameters
    ----------
    K : even int, or 1
        F_1 = x_0 and F_2 = |x_0| - |x_1| are exact. For odd K >= 3 the sum is identically zero: refused.
    digits : int
        For K >= 4 the coordinates of v_i are algebraic; they are rounded to this many decimals. See
        :func:`cyclic_error` for what that changes.
    """
    _check_cyclic(K, digits)
    scale = 10**digits
    weights = [[Fraction(round(c * scale), scale) for c in _direction(i, K, digits)] for i in range(2 * K)]
    return ReLUNetwork([weights, [(-1) ** i for i in range(2 * K)]])


def cyclic_error(K: int, digits: int = 30) -> Fraction:
    """Return e with ``|F_K(x) - cyclic(K, digits)(x)| <= e·|x|`` for all x; 0 where the family is exact.

    Each of the 4K coordinates is off by at most 10^-digits (rounding, and the error of what is rounded), so each unit
    by at most 2·10^-digits·|x|.
    """
    _check_cyclic(K, digits)
    return Fraction(0) if K <= 2 else Fraction(4 * K, 10**digits)


def _check_cyclic(K: int, digits: int) -> None:
    _count(K, "K")
    _count(digits, "digits")
    if K % 2 and K > 1:
        raise InvalidInput("K", "an even number, or 1", K, "for odd K >= 3 the alternating sum is identically zero")


def _direction(i: int, K: int, digits: int) -> tuple[Fraction, Fraction]:
    """Return (cos πi/K, sin πi/K) as rationals, off by less than 10^-(digits + 5)."""
    from flint import arb, ctx, fmpq

    precision = ctx.prec
    try:
        ctx.prec = 4 * digits + 64
        balls = (arb.cos_pi_fmpq(fmpq(i, K)), arb.sin_pi_fmpq(fmpq(i, K)))
        middles = []
        for ball in balls:
            mantissa, exponent = ball.mid().man_exp()
            middles.append(Fraction(int(mantissa)) * Fraction(2) ** int(exponent))
    finally:
        ctx.prec = precision
    return middles[0], middles[1]


def _coordinates(n: int) -> list[LatticePolynomial]:
    """Return the coordinate functions of R^n."""
    size = _count(n, "n")
    return [LatticePolynomial([([int(i == j) for j in range(size)], 0)], [[0]]) for i in range(size)]


def _count(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidInput(name, "a positive integer", value, "use at least 1")
    return value
