"""Cells that are all there: what the reference engine makes, and what a complex becomes on a journey."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector
from tropical.complexes.reduction import Coordinates
from tropical.domains import Polyhedron
from tropical.pieces import PieceTable

if TYPE_CHECKING:
    from tropical.complexes.cell_complex import Cell

__all__ = ["ListedCells", "facets_of_cones", "share_facet"]

Pair = tuple[int, int, IntVector]


@dataclass(frozen=True)
class ListedCells:
    """Cells that are all there."""

    coordinates: Coordinates
    domain: Polyhedron | None
    listed: tuple[Cell, ...]
    listed_tables: tuple[PieceTable, ...]
    listed_cones: tuple[Cone, ...]

    def __len__(self) -> int:
        return len(self.listed)

    def cells(self) -> tuple[Cell, ...]:
        """Return all cells."""
        return self.listed

    def tables(self) -> tuple[PieceTable, ...]:
        """Return the pieces."""
        return self.listed_tables

    def pieces(self) -> list[tuple[int, ...]]:
        """Return for each cell the numbers of its pieces."""
        return [cell.pieces for cell in self.listed]

    def cones(self) -> tuple[Cone, ...]:
        """Return the cells as cones."""
        return self.listed_cones

    def label(self, cell: int) -> tuple[Any, ...]:
        """Return the label of a cell."""
        return self.listed[cell].label

    def generators(self, cell: int) -> Cone:
        """Return a cell as a cone."""
        return self.listed_cones[cell]

    @property
    def scale(self) -> int:
        """The denominator of the forms."""
        return lcm(*(table.denominator for table in self.listed_tables))

    def forms(self, cell: int) -> tuple[IntVector, ...]:
        """Return what the outputs are on a cell, forms on R^k over the scale."""
        scale, columns = self.scale, (*self.coordinates.pivots, -1)
        found = []
        for table, number in zip(self.listed_tables, self.listed[cell].pieces, strict=True):
            factor = scale // table.denominator
            found.append(tuple([factor * table.rows[number][c] for c in columns]))
        return tuple(found)

    def contenders(self, sign: int) -> None:
        """Return None: all rays have to be looked at."""

    def adjacent(self) -> list[Pair]:
        """Return the pairs of cells that share a facet.

        Complexity: pairs of cells with opposite facets, a double description each.
        """
        walls: dict[IntVector, list[tuple[int, int]]] = defaultdict(list)
        for i, cone in enumerate(self.listed_cones):
            for facet in cone.facets():
                walls[cone.constraints[facet]].append((i, facet))
        pairs = []
        for normal, here in walls.items():
            opposite = tuple(-a for a in normal)
            if normal > opposite:
                for i, facet in here:
                    for j, other in walls.get(opposite, []):
                        if share_facet(self.listed_cones[i], facet, self.listed_cones[j], other):
                            pairs.append((i, j, normal))
        return pairs


def facets_of_cones(cones: Iterable[Cone], homogeneous: bool) -> list[tuple[IntVector, ...]]:
    """Return for each cone its facets as affine forms, without the wall at infinity, which bounds no cell."""
    found = []
    for cone in cones:
        walls = (cone.constraints[facet] for facet in cone.facets())
        found.append(tuple((*w, 0) for w in walls) if homogeneous else tuple(w for w in walls if any(w[:-1])))
    return found


def share_facet(cone: Cone, facet: int, other: Cone, other_facet: int) -> bool:
    """Return whether the facets on opposite sides of one hyperplane overlap in full dimension."""
    face: Cone | None = cone.face(facet)
    for index in other.facets():
        if index != other_facet and face is not None:
            face = face.part(other.constraints[index])
    return face is not None
