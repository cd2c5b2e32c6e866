"""The intersection of many half-spaces of which few matter, by lazy double description.

The epigraph of a polynomial with 10^4 terms is bounded by the few hundred that are essential; the Newton polytope has
few vertices among many exponents. So only a half-space that cuts off a ray of the present cone is added, and of these
the one that cuts deepest: it attains the extreme value of its kind at that ray, so it nearly always matters in the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector

__all__ = ["WallTable", "intersect"]


class WallTable:
    """Integer vectors that are evaluated together, exactly.

    Products run in int64 where a bound on their size proves that they fit, in Python integers otherwise.
    """

    def __init__(self, walls: Sequence[IntVector]) -> None:
        self.walls = walls
        self._width = len(walls[0])
        self._largest = max((abs(entry) for wall in walls for entry in wall), default=0)
        self._fast = np.array(walls, dtype=np.int64) if self._largest < _FITS else None
        self._exact: np.ndarray | None = None

    def values(self, vector: IntVector) -> np.ndarray:
        """Return the inner products of all walls with a vector."""
        size = max(map(abs, vector), default=0)
        if self._fast is not None and self._largest * size * self._width < _FITS:
            return self._fast @ np.array(vector, dtype=np.int64)
        if self._exact is None:
            self._exact = np.array(self.walls, dtype=object)
        return self._exact @ np.array(vector, dtype=object)


_FITS = 1 << 62


def intersect(table: WallTable, cone: Cone, first: int) -> tuple[Cone, tuple[int, ...]]:
    """Return the part of a cone where every wall is >= 0, and the numbers of the walls added, in order.

    Walls that cut nothing off are not among the constraints. The result must span what the cone spans. `first` is the
    wall to begin with.

    Complexity: an inner product of every wall with every ray that arises, and one split for each wall added.
    """
    added = [first]
    part = cone.part(table.walls[first])
    passed: set[IntVector] = set()
    while part is not None:
        wall = _violated(table, part, passed)
        if wall is None:
            return part, tuple(added)
        added.append(wall)
        part = part.part(table.walls[wall])
    raise AssertionError("the half-spaces have no common interior")


def _violated(table: WallTable, cone: Cone, passed: set[IntVector]) -> int | None:
    """Return the wall that cuts off a line or ray of the cone deepest; rays inside all walls are noted in `passed`."""
    for line in cone.lines:
        values = table.values(line)
        if values.any():
            return int(np.abs(values).argmax())
    for ray in cone.rays:
        if ray not in passed:
            values = table.values(ray)
            deepest = int(values.argmin())
            if values[deepest] < 0:
                return deepest
            passed.add(ray)
    return None
