"""Laws of one-dimensional parts counted in bins, weighted, with ball coefficients; and their convolution.

Atoms and the rest are kept apart: entry j of a law holds what comes from j parts that are not at an atom, so its bins
are j bins wide (docs/gaussian.md, independent sums).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from flint import arb, arb_poly, fmpq

from tropical.gaussian.one_dimensional import LinearPiece

__all__ = ["REACH", "Bins", "Law", "as_ball", "bin_count", "convolve", "law_of_part"]

REACH = 13  # sloped pieces are cut at |x| <= 13: what is beyond has mass 1e-38 and is bounded


class Bins(NamedTuple):
    """Moments of the bins [bδ, (b + j)δ], b = start, start + 1, ...: of w, w·(S - bδ) and |w|."""

    start: int
    mass: arb_poly
    offset: arb_poly
    size: arb_poly


Law = list[Bins | None]


def bin_count(part: Sequence[LinearPiece], per_unit: int) -> int:
    """Return how many bins a part takes."""
    count = 0
    for piece in part:
        if piece.slope:
            low, high = _ends(piece)
            count += ceil(abs(piece.slope) * (high - low) * per_unit) + 1
    return count + 1


def _ends(piece: LinearPiece) -> tuple[Fraction, Fraction]:
    low = Fraction(-REACH) if piece.lower is None else max(piece.lower, Fraction(-REACH))
    high = Fraction(REACH) if piece.upper is None else min(piece.upper, Fraction(REACH))
    return low, max(low, high)


def law_of_part(part: Sequence[LinearPiece], power: int, per_unit: int) -> Law:
    """Return the law of one part, weighted by 1, x or x² - 1."""
    atoms: dict[int, list[arb]] = {}
    sloped: dict[int, list[arb]] = {}
    for piece in part:
        if not piece.slope:
            b = int(piece.intercept * per_unit)
            mass, _, size = _moments(piece.lower, piece.upper, power)
            _add(atoms, b, mass, arb(0), size)
            continue
        low, high = _ends(piece)
        if low >= high:
            continue
        images = sorted((piece.slope * x + piece.intercept) * per_unit for x in (low, high))
        for b in range(floor(images[0]), ceil(images[1])):
            cut = [(Fraction(b + s, per_unit) - piece.intercept) / piece.slope for s in (0, 1)]
            left, right = max(low, min(cut)), min(high, max(cut))
            if left < right:
                mass, first, size = _moments(left, right, power)
                shift = as_ball(piece.intercept - Fraction(b, per_unit))
                _add(sloped, b, mass, as_ball(piece.slope) * first + shift * mass, size)
    return [_pack(atoms), _pack(sloped)]


def _add(bins: dict[int, list[arb]], b: int, *moments: arb) -> None:
    bins[b] = [old + new for old, new in zip(bins.get(b, [arb(0)] * 3), moments, strict=True)]


def _pack(bins: dict[int, list[arb]]) -> Bins | None:
    if not bins:
        return None
    start = min(bins)
    rows = [bins.get(b, [arb(0)] * 3) for b in range(start, max(bins) + 1)]
    return Bins(start, *(arb_poly([row[i] for row in rows]) for i in range(3)))


def _moments(lower: Fraction | None, upper: Fraction | None, power: int) -> tuple[arb, arb, arb]:
    """Return the integrals of w, w·x and |w| over an interval against the normal density, w = 1, x or x² - 1."""
    roots = [[], [Fraction(0)], [Fraction(-1), Fraction(1)]][power]
    cuts = [lower, *(r for r in roots if (lower is None or lower < r) and (upper is None or r < upper)), upper]
    primitives = [_primitives(end, power, at_start=i == 0) for i, end in enumerate(cuts)]
    whole = [b - a for a, b in zip(primitives[0], primitives[-1], strict=True)]
    size = arb(0)
    for a, b in pairwise(primitives):
        size += abs(b[0] - a[0])
    return whole[0], whole[1], size


def _primitives(end: Fraction | None, power: int, *, at_start: bool) -> tuple[arb, arb]:
    """Return primitives of wφ and wxφ at an end, where None is minus or plus infinity."""
    if end is None:
        below = arb(0) if at_start else arb(1)
        distribution, density, x = below, arb(0), arb(0)
    else:
        x = as_ball(end)
        distribution = (1 + (x / arb(2).sqrt()).erf()) / 2
        density = (-x * x / 2).exp() / (2 * arb.pi()).sqrt()
    if power == 0:
        return distribution, -density
    if power == 1:
        return -density, distribution - x * density
    return -x * density, -(x * x + 1) * density


def convolve(left: Law, right: Law) -> Law:
    """Return the law of a sum of independent variables."""
    result: Law = [None] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            if a is not None and b is not None:
                product = Bins(
                    a.start + b.start, a.mass * b.mass, a.offset * b.mass + a.mass * b.offset, a.size * b.size
                )
                known = result[i + j]
                result[i + j] = product if known is None else _sum(known, product)
    return result


def _sum(left: Bins, right: Bins) -> Bins:
    start = min(left.start, right.start)

    def shifted(bins: Bins, polynomial: arb_poly) -> arb_poly:
        return polynomial * arb_poly([0] * (bins.start - start) + [1])

    return Bins(start, *(shifted(left, a) + shifted(right, b) for a, b in zip(left[1:], right[1:], strict=True)))


def as_ball(value: Fraction | int) -> arb:
    """Return a ball around a rational number."""
    return arb(fmpq(value.numerator, value.denominator))
