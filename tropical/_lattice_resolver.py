"""The active piece of a lattice polynomial on a cell, with the signs that prove it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import accumulate
from operator import or_

from tropical._exact.rational import IntVector, dot
from tropical._exact.region import Region
from tropical._protocol import Resolution
from tropical.clauses import mask_of, members
from tropical.pieces import PieceTable

__all__ = ["LatticeResolver"]


class LatticeResolver:
    """Finds the piece that F equals on a cell, and proves it by signs of differences of pieces.

    With s = 1 for max-min and s = -1 for min-max, and f the value's piece at an interior point: F = f on the cell iff
    s(g_i - f) >= 0 for all i of some clause, and every clause holds an i with s(g_i - f) <= 0. Only the signs that this
    needs are decided; the cell is split where one of them is missing.
    """

    def __init__(self, pieces: PieceTable, clauses: Sequence[Sequence[int]], form: str, columns: Sequence[int]) -> None:
        self._rows = [(*(row[c] for c in columns), row[-1]) for row in pieces.rows]
        self._denominator = pieces.denominator
        # sets of pieces are bit masks here: with hundreds of clauses a subset test has to be one operation
        self._clauses = [mask_of(clause) for clause in clauses]
        self._sign = 1 if form == "max-min" else -1

    def resolve(self, region: Region) -> Resolution:
        heights = [self._sign * dot(row, region.point) for row in self._rows]
        order, reached = self._attained(heights)
        value = heights[order[-1]]
        attaining = [clause for clause in self._clauses if clause & reached == clause]
        active = next(i for i in order if heights[i] == value and attaining[0] >> i & 1)
        form = self._rows[active]
        s = self._sign
        differences: dict[int, IntVector] = {}

        def difference(i: int) -> IntVector:
            if i not in differences:
                differences[i] = tuple(s * (a - b) for a, b in zip(self._rows[i], form, strict=True))
            return differences[i]

        self._reach(attaining, region, difference)
        self._stay([i for i, height in enumerate(heights) if height <= value], region, difference)
        return Resolution((form,), self._denominator, (form,))

    def walls(self, label: tuple[IntVector, ...]) -> None:
        """Return None: one piece can be active on several cells, and the leaves are the cells."""

    def _attained(self, heights: list[int]) -> tuple[list[int], int]:
        """Return the pieces at or above the value, highest first, and their mask.

        The value is the largest height v such that some clause lies in {i : height_i >= v}: bisection on the pieces
        ordered by height.
        """
        order = sorted(range(len(heights)), key=lambda i: -heights[i])
        masks = list(accumulate((1 << i for i in order), or_))

        def holds_a_clause(position: int) -> bool:
            return any(clause & masks[position] == clause for clause in self._clauses)

        last = bisect_left(range(len(order)), True, key=holds_a_clause)
        while last + 1 < len(order) and heights[order[last + 1]] == heights[order[last]]:
            last += 1
        return order[: last + 1], masks[last]

    def _reach(self, attaining: list[int], region: Region, difference: Callable[[int], IntVector]) -> None:
        """Prove that one clause lies on or above the candidate on the whole region.

        At the interior point no form of these clauses is negative, so a sign is missing only where a form crosses.
        """
        crossing = 0
        for i in members(reduce(or_, attaining)):
            if region.sign(difference(i)) is None:
                crossing |= 1 << i
        best = min(attaining, key=lambda clause: (clause & crossing).bit_count())
        for i in members(best & crossing or best):
            region.decide(difference(i))

    def _stay(self, low: list[int], region: Region, difference: Callable[[int], IntVector]) -> None:
        """Prove that every clause holds a piece on or below the candidate on the whole region.

        Only the pieces `low`, at or below the candidate at the interior point, can serve.
        """
        proved = 0
        possible = {i: 1 << i for i in low}
        for clause in self._clauses:
            if clause & proved:
                continue
            here = [i for i, bit in possible.items() if clause & bit]
            found = next((i for i in here if region.sign(difference(i)) in (0, -1)), here[0])
            region.decide(difference(found))
            proved |= 1 << found
