"""The cells of a function, and the three numbers that are often mixed up.

``n_cells`` belongs to the representation (activation cells of a network); ``n_regions``, the connected components of
the interiors of the sets {F = g_i}, and ``n_pieces``, the number of different affine functions, belong to F:
``n_pieces <= n_regions <= n_cells`` (docs/theory.md, section 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector
from tropical._exact.region import Region
from tropical.complexes.reduction import Coordinates
from tropical.domains import Polyhedron
from tropical.pieces import AffinePiece, PieceTable

__all__ = ["Cell", "CellComplex", "share_facet"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A full-dimensional cell on which the function is affine.

    Attributes
    ----------
    label : tuple
        What tells the cell apart: for a network its activation pattern, one tuple of 0 and 1 for each hidden layer.
    pieces : tuple of int
        For each output the number of its piece in the complex's tables.
    point : tuple of Fraction, length d
        An interior point.
    constraints : tuple of int vectors
        The facets, as normals (a, c) of ``<a, z> + c >= 0`` in the reduced coordinates ``z = basis @ x``.
    """

    label: tuple[Any, ...]
    pieces: tuple[int, ...]
    point: tuple[Fraction, ...]
    constraints: tuple[IntVector, ...]


@dataclass(frozen=True, slots=True)
class CellComplex:
    """Cells of a function on a domain, exact.

    Attributes
    ----------
    cells : tuple of Cell
    tables : tuple of PieceTable
        For each output its distinct pieces, sorted.
    basis : tuple of rows of Fractions, (k, d)
        The coordinates ``z = basis @ x`` in which the cells live.
    domain : Polyhedron or None
    """

    cells: tuple[Cell, ...]
    tables: tuple[PieceTable, ...]
    basis: tuple[tuple[Fraction, ...], ...]
    domain: Polyhedron | None
    _cones: tuple[Cone, ...] = field(compare=False, repr=False)

    @property
    def n_cells(self) -> int:
        """Number of full-dimensional cells of the representation."""
        return len(self.cells)

    @property
    def n_pieces(self) -> int:
        """Number of distinct affine functions (of distinct tuples of them, for several outputs)."""
        return len({cell.pieces for cell in self.cells})

    @property
    def n_regions(self) -> int:
        """Number of linear regions: connected components of the interiors of the sets where F is one piece.

        Complexity: pairs of cells with one piece and opposite facets, a double description each.
        """
        by_piece: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, cell in enumerate(self.cells):
            by_piece[cell.pieces].append(index)
        return sum(_components([self._cones[i] for i in group]) for group in by_piece.values())

    @property
    def pieces(self) -> PieceTable | tuple[PieceTable, ...]:
        """The distinct pieces, sorted; a tuple of tables for several outputs."""
        return self.tables[0] if len(self.tables) == 1 else self.tables

    def piece_of(self, cell: Cell, output: int = 0) -> AffinePiece:
        """Return the affine function that an output equals on a cell."""
        return self.tables[output][cell.pieces[output]]

    def coordinates(self) -> Coordinates:
        """Return the coordinates in which the cells live."""
        pivots = tuple(next(j for j, entry in enumerate(row) if entry) for row in self.basis)
        return Coordinates(self.tables[0].dimension, self.basis, pivots)

    def regions(self) -> list[Region]:
        """Return the cells as regions that answer for the signs of affine forms."""
        homogeneous = any(cone.dimension == len(self.basis) for cone in self._cones)
        return [Region(cone, homogeneous) for cone in self._cones]

    def adjacent(self) -> tuple[tuple[int, int, IntVector], ...]:
        """Return the pairs of cells that share a facet, each with the form of its hyperplane.

        Triples (i, j, h): the affine form h on R^k, primitive integers, is >= 0 on cell i and <= 0 on cell j.

        Complexity: as for :attr:`n_regions`, over all cells.
        """
        pairs = []
        for i, j, normal in _adjacent(self._cones):
            pairs.append((i, j, (*normal, 0) if len(normal) == len(self.basis) else normal))
        return tuple(pairs)

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __repr__(self) -> str:
        where = "" if self.domain is None else " on a polyhedron"
        space = f"rank {len(self.basis)} in R^{self.tables[0].dimension}"
        return f"CellComplex({self.n_cells} cells, {self.n_pieces} pieces{where}, {space})"


def _components(cones: Sequence[Cone]) -> int:
    """Count the classes of cones under adjacency through facets."""
    parent = list(range(len(cones)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j, _ in _adjacent(cones):
        parent[root(i)] = root(j)
    return len({root(i) for i in range(len(cones))})


def _adjacent(cones: Sequence[Cone]) -> Iterator[tuple[int, int, IntVector]]:
    """Yield the pairs of cones that share a facet, with the normal that is >= 0 on the first."""
    walls: dict[IntVector, list[tuple[int, int]]] = defaultdict(list)
    for i, cone in enumerate(cones):
        for facet in cone.facets():
            walls[cone.constraints[facet]].append((i, facet))
    for normal, here in walls.items():
        opposite = tuple(-a for a in normal)
        if normal > opposite:
            for i, facet in here:
                for j, other in walls.get(opposite, []):
                    if share_facet(cones[i], facet, cones[j], other):
                        yield i, j, normal


def share_facet(cone: Cone, facet: int, other: Cone, other_facet: int) -> bool:
    """Return whether the facets on opposite sides of one hyperplane overlap in full dimension."""
    face: Cone | None = cone.face(facet)
    for index in other.facets():
        if index != other_facet and face is not None:
            face = face.part(other.constraints[index])
    return face is not None
