"""Named functions and networks for examples, tests and experiments. Exact, reproducible."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tropical.exceptions import InvalidInput
from tropical.network import ReLUNetwork

__all__ = ["random_network"]


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
