"""Families of sets of piece numbers: the combinatorial half of a lattice polynomial.

A family stands for ``max_j min_{i in S_j}`` or its dual. Everything here is about the sets alone and holds whatever the
pieces are (formal equality); what the pieces imply is asked elsewhere. Sets are bit masks: a subset test is one
operation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TypeVar

from tropical.exceptions import BudgetExceeded

__all__ = [
    "MOST_PRODUCTS",
    "absorb",
    "check_products",
    "covering_pairs",
    "formula",
    "intersections",
    "mask_of",
    "members",
    "merge",
    "product_of_families",
    "product_of_unions",
    "transversals",
]

Item = TypeVar("Item", bound=Hashable)
_CLAUSES_SHOWN, _LITERALS_SHOWN = 6, 6


def mask_of(indices: Iterable[int]) -> int:
    """Return a set as a bit mask."""
    mask = 0
    for i in indices:
        mask |= 1 << i
    return mask


def members(mask: int) -> tuple[int, ...]:
    """Return the elements of a bit mask in increasing order."""
    if 8 * mask.bit_count() > mask.bit_length():
        return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)
    found = []  # few of many: from one to the next, not bit by bit
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return tuple(found)


def absorb(masks: Iterable[int]) -> list[int]:
    """Return the inclusion-minimal sets of a family, smallest first (absorption law).

    Complexity: O(distinct sets · minimal sets) mask operations.
    """
    kept: list[int] = []
    size, smaller = 0, 0  # sets of one size do not contain each other: only the first `smaller` kept ones can be inside
    for mask in sorted(set(masks), key=lambda mask: (mask.bit_count(), mask)):
        if mask.bit_count() > size:
            size, smaller = mask.bit_count(), len(kept)
        if not any(other & mask == other for other in kept[:smaller]):
            kept.append(mask)
    return kept


def merge(items: Sequence[Item], masks: Iterable[int]) -> tuple[list[Item], list[int]]:
    """Merge equal items, absorb sets, drop the items that no set names.

    Items keep the order of their first appearance.
    """
    number: dict[Item, int] = {}
    merged = [number.setdefault(item, len(number)) for item in items]
    kept = absorb(mask_of(merged[i] for i in members(mask)) for mask in masks)
    used = members(reduce(or_, kept))
    position = {i: place for place, i in enumerate(used)}
    distinct = list(number)
    return [distinct[i] for i in used], [mask_of(position[i] for i in members(mask)) for mask in kept]


def formula(
    clauses: Sequence[Sequence[int]],
    term: Callable[[int], str],
    outer: str,
    inner: str,
    brackets: str = "({})",
    *,
    cut: bool = False,
) -> str:
    """Return the text of a family as ``outer(inner(...), ...)``, the first few clauses and literals of it if cut."""

    def combine(name: str, terms: list[str], total: int) -> str:
        if total == 1:
            return terms[0]
        return name + brackets.format(", ".join([*terms, "…"] if len(terms) < total else terms))

    parts = []
    for clause in clauses[:_CLAUSES_SHOWN] if cut else clauses:
        literals = clause[:_LITERALS_SHOWN] if cut else clause
        parts.append(combine(inner, [term(i) for i in literals], len(clause)))
    return combine(outer, parts, len(clauses))


def product_of_unions(left: Iterable[int], right: Iterable[int], *, limit: int | None = None) -> list[int]:
    """Return the minimal sets among the unions S | T (distributive law: the minimum of two maxima of minima).

    Raises
    ------
    BudgetExceeded
        If more than `limit` minimal sets arise.
    """
    others = list(right)
    result = absorb(one | other for one in left for other in others)
    if limit is not None and len(result) > limit:
        raise BudgetExceeded(f"more than {limit} clauses; raise max_clauses")
    return result


def product_of_families(families: Sequence[Sequence[int]]) -> list[int]:
    """Return the minimal sets among the unions of one set of each family.

    Raises
    ------
    BudgetExceeded
        Before more than a million unions are made.
    """
    result = list(families[0])
    for family in families[1:]:
        check_products(len(result) * len(family), "clauses")
        result = product_of_unions(result, family)
    return result


def check_products(count: int, what: str) -> None:
    """Refuse to multiply out what would not end soon."""
    if count > MOST_PRODUCTS:
        raise BudgetExceeded(f"{count} products of {what}, more than {MOST_PRODUCTS}; use fewer, or a ReLU network")


MOST_PRODUCTS = 1_000_000


def transversals(masks: Iterable[int], *, limit: int | None = None) -> list[int]:
    """Return the minimal sets that meet every set of the family (Berge's algorithm).

    On families of incomparable sets this is an involution: the formal passage between the max-min and the min-max form.

    Raises
    ------
    BudgetExceeded
        If more than `limit` sets arise on the way. Their number can grow exponentially.
    """
    result = [0]
    for mask in absorb(masks):
        result = product_of_unions(result, [1 << i for i in members(mask)], limit=limit)
    return result


def intersections(masks: Iterable[int], *, limit: int | None = None) -> list[int]:
    """Return the sets of a family with all their intersections: the meet-semilattice that it generates.

    Raises
    ------
    BudgetExceeded
        If there are more than `limit`; k sets can have 2^k - 1.
    """
    closed: set[int] = set()
    for mask in masks:
        closed |= {mask, *(mask & other for other in closed)}
        if limit is not None and len(closed) > limit:
            raise BudgetExceeded(f"more than {limit} intersections of clauses; raise max_sets")
    return sorted(closed)


def covering_pairs(masks: Iterable[int]) -> list[tuple[int, int]]:
    """Return the pairs (S, T) of a family with S inside T and no other set of it between: its Hasse diagram.

    Complexity: O(n²) mask operations for n sets, times the covers of one of them.
    """
    ordered = sorted(set(masks), key=lambda mask: (mask.bit_count(), mask))
    pairs = []
    for place, low in enumerate(ordered):
        covers: list[int] = []
        for high in ordered[place + 1 :]:
            if low & high == low and not any(between & high == between for between in covers):
                covers.append(high)
        pairs += [(low, high) for high in covers]
    return pairs
