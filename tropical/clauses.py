"""Families of sets of piece numbers: the combinatorial half of a lattice polynomial.

A family stands for ``max_j min_{i in S_j}`` or its dual. Everything here is about the sets alone and holds whatever the
pieces are (formal equality); what the pieces imply is asked elsewhere. Sets are bit masks: a subset test is one
operation.
"""

from __future__ import annotations

from collections.abc import Iterable

from tropical.exceptions import BudgetExceeded

__all__ = ["absorb", "mask_of", "members", "product_of_unions", "transversals"]


def mask_of(indices: Iterable[int]) -> int:
    """Return a set as a bit mask."""
    mask = 0
    for i in indices:
        mask |= 1 << i
    return mask


def members(mask: int) -> tuple[int, ...]:
    """Return the elements of a bit mask in increasing order."""
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)


def absorb(masks: Iterable[int]) -> list[int]:
    """Return the inclusion-minimal sets of a family, smallest first (absorption law).

    Complexity: O(distinct sets · minimal sets) mask operations.
    """
    kept: list[int] = []
    for mask in sorted(set(masks), key=lambda mask: (mask.bit_count(), mask)):
        if not any(smaller & mask == smaller for smaller in kept):
            kept.append(mask)
    return kept


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
