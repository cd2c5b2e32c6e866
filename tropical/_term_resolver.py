"""The term of a polynomial that attains the value on a cell, with the signs that prove it."""

from __future__ import annotations

from collections.abc import Sequence

from tropical._exact.rational import IntVector, dot
from tropical._exact.region import Region
from tropical._protocol import Resolution
from tropical.pieces import PieceTable

__all__ = ["TermResolver"]


class TermResolver:
    """Finds the term that is largest (smallest) on a cell: the differences to all others have one sign there."""

    def __init__(self, pieces: PieceTable, convention: str, columns: Sequence[int]) -> None:
        self.rows: list[IntVector] = [(*(row[c] for c in columns), row[-1]) for row in pieces.rows]
        self.denominator = pieces.denominator
        self._sign = 1 if convention == "max" else -1

    def resolve(self, region: Region) -> Resolution:
        """Return the term that attains the value on the region."""
        heights = [self._sign * dot(row, region.point) for row in self.rows]
        active = heights.index(max(heights))
        # the most competitive terms first: their hyperplanes bound the cell, where the others rarely cross it
        for i in sorted(range(len(heights)), key=heights.__getitem__, reverse=True):
            if i != active:
                region.decide(self._difference(active, i))
        return Resolution((self.rows[active],), self.denominator, (active,))

    def walls(self, label: tuple[int, ...]) -> list[IntVector]:
        """Return the forms that are >= 0 exactly on the cell of a term."""
        return [self._difference(label[0], i) for i in range(len(self.rows)) if i != label[0]]

    def _difference(self, active: int, other: int) -> IntVector:
        return tuple([self._sign * (a - b) for a, b in zip(self.rows[active], self.rows[other], strict=True)])
