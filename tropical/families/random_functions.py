"""Networks and lattice polynomials by chance: small rational weights, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import comb

import numpy as np

from tropical._arguments import as_count, as_flag, check_size
from tropical._exact.rational import as_choice, as_items
from tropical.clauses import absorb, mask_of, members
from tropical.exceptions import InvalidInput
from tropical.families._arguments import as_size, generator
from tropical.lattice_polynomial import FORMS, LatticePolynomial
from tropical.network import ReLUNetwork

__all__ = ["random_lattice_polynomial", "random_network"]


def random_network(
    widths: Sequence[int],
    seed: int = 0,
    *,
    rank: int | None = None,
    biases: bool = False,
    denominator: int = 4,
    largest: int = 4,
) -> ReLUNetwork:
    """Return a random network whose weights are integers over one denominator.

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

    Raises
    ------
    InvalidInput
        For fewer than two widths.

    Examples
    --------
    >>> random_network((50, 6, 6, 1), seed=1, rank=3)
    ReLUNetwork(50 -> 6 -> 6 -> 1, bias-free)
    """
    requirement = "at least two positive integers (inputs, hidden..., outputs)"
    sizes = [as_size(n, "widths") for n in as_items(widths, "widths", requirement, "list them")]
    if len(sizes) < 2:
        raise InvalidInput("widths", requirement, widths, "list them")
    check_size(sum(before * after for before, after in pairwise(sizes)), "widths", widths)
    if rank is not None:
        as_count(rank, "rank", 1, min(sizes[:2]), "it is at most min(d, n_1)")
    as_flag(biases, "biases")
    as_count(denominator, "denominator")
    as_count(largest, "largest", 1, _LARGEST_NUMERATOR)
    rng = generator(seed)

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


def random_lattice_polynomial(
    k: int,
    n_pieces: int,
    n_clauses: int,
    seed: int = 0,
    *,
    clause_size: int | None = None,
    form: str = "max-min",
    biases: bool = True,
    denominator: int = 4,
    largest: int = 4,
) -> LatticePolynomial:
    """Return a random lattice polynomial on R^k with distinct pieces and incomparable clauses that name all of them.

    Parameters
    ----------
    k : int
        Number of inputs.
    n_pieces, n_clauses : int
        Exactly so many. Some may still never be active: tropical.LatticePolynomial.canonical tells.
    seed : int
        The same arguments and seed give the same function.
    clause_size : int, optional
        Pieces in each clause; by default each clause draws its own, from 1 to n_pieces.
    form : {"max-min", "min-max"}
    biases : bool
        Whether the pieces have constants.
    denominator, largest : int
        Coefficients are j/denominator with abs(j) <= largest, uniformly.

    Raises
    ------
    InvalidInput
        If no such function exists, or none was found: clauses that have to be incomparable and to name every piece are
        rare near the extremes (one clause can only name all pieces; at most C(n, n//2) are incomparable).

    Examples
    --------
    >>> F = random_lattice_polynomial(2, 4, 3, seed=1)
    >>> len(F.pieces), len(F.clauses), F == random_lattice_polynomial(2, 4, 3, seed=1)
    (4, 3, True)
    """
    size, pieces, count = as_size(k, "k"), as_size(n_pieces, "n_pieces"), as_size(n_clauses, "n_clauses")
    whole, bound = as_count(denominator, "denominator"), as_count(largest, "largest", 1, _LARGEST_NUMERATOR)
    width = None if clause_size is None else as_size(clause_size, "clause_size")
    as_choice(form, "form", FORMS, "name which operation is outside")
    as_flag(biases, "biases")
    check_size(pieces * (size + count), "n_pieces", f"{k}, {n_pieces} and {n_clauses}")
    available = (2 * bound + 1) ** (size + bool(biases))
    if pieces > available:
        raise InvalidInput("n_pieces", f"at most {available}, as there are no more", pieces, "raise `largest`")
    if width is not None and width > pieces:
        raise InvalidInput("clause_size", f"at most n_pieces = {pieces}", width, "lower it")
    incomparable = comb(pieces, pieces // 2 if width is None else width)
    if count > incomparable:
        requirement = f"at most {incomparable}, the most incomparable clauses there are"
        raise InvalidInput("n_clauses", requirement, count, "lower it, or raise n_pieces")
    rng = generator(seed)
    rows: dict[tuple[int, ...], None] = {}
    while len(rows) < pieces:
        row = [int(a) for a in rng.integers(-bound, bound + 1, size=size + 1)]
        rows[tuple(row if biases else [*row[:-1], 0])] = None
    table = [([Fraction(a, whole) for a in row[:-1]], Fraction(row[-1], whole)) for row in rows]
    return LatticePolynomial(table, _clauses(rng, pieces, count, width), form)


_ROUNDS = 200
_LARGEST_NUMERATOR = (1 << 62) - 1  # they are drawn as 64-bit integers


def _clauses(rng: np.random.Generator, pieces: int, count: int, width: int | None) -> list[tuple[int, ...]]:
    """Draw incomparable sets of piece numbers with the union of all."""
    everything = (1 << pieces) - 1
    for attempt in range(_ROUNDS):
        # sizes that differ much are seldom incomparable: later rounds draw them from a narrower range about the middle
        reach = pieces * (_ROUNDS - attempt) // (2 * _ROUNDS)
        low, high = max(1, (pieces + 1) // 2 - reach), min(pieces, (pieces + 1) // 2 + reach)
        if count == 1 and width is None:
            low = high = pieces
        masks: list[int] = []
        for _ in range(20 * count + 20):
            chosen = width or int(rng.integers(low, high + 1))
            new = mask_of(int(i) for i in rng.choice(pieces, size=chosen, replace=False))
            if len(absorb([*masks, new])) == len(masks) + 1:
                masks.append(new)
            if len(masks) == count:
                break
        union = 0
        for mask in masks:
            union |= mask
        if len(masks) == count and union == everything:
            return sorted(map(members, masks))
    requirement = "a number for which incomparable clauses that name every piece are found"
    raise InvalidInput("n_clauses", requirement, count, "change it, n_pieces or clause_size")
