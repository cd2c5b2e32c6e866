"""The cells of a function, and the three numbers that are often mixed up.

``n_cells`` belongs to the representation (activation cells of a network); ``n_regions``, the connected components of
the interiors of the sets {F = g_i}, and ``n_pieces``, the number of different affine functions, belong to F:
``n_pieces <= n_regions <= n_cells`` (docs/theory.md, section 1).

More than 400 lines: one class, whose questions share what it remembers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

from tropical._arguments import as_instance
from tropical._display import Record, Shown, never_raising
from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector, as_limit, as_number_below
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear
from tropical.certificates import Certificate
from tropical.complexes import geometry, homology
from tropical.complexes.certify import certify
from tropical.complexes.geometry import LevelCell, OrderCell
from tropical.complexes.listed_cells import ListedCells
from tropical.complexes.reduction import Coordinates
from tropical.complexes.vector_pictures import cell_picture
from tropical.domains import Polyhedron
from tropical.exceptions import InvalidInput
from tropical.pieces import AffinePiece, PieceTable

__all__ = ["Cell", "CellComplex", "CellSource"]

Pair = tuple[int, int, IntVector]


@dataclass(frozen=True, slots=True, repr=False)
class Cell(Record):
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


class CellSource(Protocol):
    """What an engine knows about the cells it found; a complex asks for it when it is needed."""

    @property
    def coordinates(self) -> Coordinates: ...
    @property
    def domain(self) -> Polyhedron | None: ...
    def __len__(self) -> int: ...
    def cells(self) -> tuple[Cell, ...]:
        """Return all cells with labels, pieces, points and facets."""
        ...

    def tables(self) -> tuple[PieceTable, ...]:
        """Return for each output its distinct pieces, sorted."""
        ...

    def pieces(self) -> Sequence[tuple[int, ...]]:
        """Return for each cell the numbers of its pieces."""
        ...

    def cones(self) -> tuple[Cone, ...]:
        """Return the cells as cones, homogenised unless all forms are linear."""
        ...

    def label(self, cell: int) -> tuple[Any, ...]:
        """Return what the cell is told apart by."""
        ...

    def generators(self, cell: int) -> Cone:
        """Return a cell as a cone of whose constraints the incidence with its rays may be all that is known."""
        ...

    @property
    def scale(self) -> int:
        """The denominator of the forms."""
        ...

    def forms(self, cell: int) -> tuple[IntVector, ...]:
        """Return the affine forms on R^k that the outputs equal on a cell, over the scale."""
        ...

    def contenders(self, sign: int) -> Iterable[tuple[int, IntVector]] | None:
        """Return cells, each with a ray, among which are all where sign·output is largest, or grows; None if unknown.

        For one output, and cells over (z, t).
        """
        ...

    def adjacent(self) -> Sequence[Pair]:
        """Return the pairs of cells that share a facet, with the normal of its hyperplane, >= 0 on the first."""
        ...


class CellComplex(Shown):
    """Cells of a `function` on a domain, exact; made by :func:`tropical.cells` from a `source`, the engine's result.

    What is not asked for is not computed: numbers, pieces and cells come from the engine's arrays on first use.

    Attributes
    ----------
    cells : tuple of Cell
    tables : tuple of PieceTable
        For each output its distinct pieces, sorted.
    basis : tuple of rows of Fractions, (k, d)
        The coordinates ``z = basis @ x`` in which the cells live.
    domain : Polyhedron or None

    Examples
    --------
    Cells, regions and pieces are three numbers. ``max(0, x, 2x - 2) - max(0, 2x - 2)`` is 0, x, 2 - x, 0 between its
    breakpoints: the piece 0 has two regions. The median of 0, x, y has three pieces, each on two opposite sectors.

    >>> from tropical import TropicalPolynomial, cells, parse
    >>> P = TropicalPolynomial({(0,): 0, (1,): 0, (2,): -2}, convention="max")
    >>> hat = cells(P / TropicalPolynomial({(0,): 0, (2,): -2}, convention="max"))
    >>> hat.n_cells, hat.n_regions, hat.n_pieces
    (4, 4, 3)
    >>> median = cells(parse("max(min(0, x0), min(0, x1), min(x0, x1))"))
    >>> median.n_regions, median.n_pieces
    (6, 3)
    """

    def __init__(self, source: CellSource, function: PiecewiseLinear) -> None:
        self._source = source
        self._function = function

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells."""
        return self._source.cells()

    @cached_property
    def tables(self) -> tuple[PieceTable, ...]:
        """For each output its distinct pieces, sorted."""
        return self._source.tables()

    @property
    def basis(self) -> tuple[tuple[Fraction, ...], ...]:
        """The rows of the coordinates ``z = basis @ x``."""
        return self._source.coordinates.basis

    @property
    def domain(self) -> Polyhedron | None:
        """Where the cells lie; None is all of R^d."""
        return self._source.domain

    @property
    def n_cells(self) -> int:
        """Number of full-dimensional cells of the representation."""
        return len(self._source)

    @property
    def n_pieces(self) -> int:
        """Number of distinct affine functions (of distinct tuples of them, for several outputs)."""
        return len(set(self._source.pieces()))

    @cached_property
    def n_regions(self) -> int:
        """Number of linear regions: connected components of the interiors of the sets where F is one piece.

        Complexity: that of :meth:`adjacent`.
        """
        pieces = self._source.pieces()
        joined = ((i, j) for i, j, _ in self.adjacent() if pieces[i] == pieces[j])
        return _components(self.n_cells, joined)

    @property
    def pieces(self) -> PieceTable | tuple[PieceTable, ...]:
        """The distinct pieces, sorted; a tuple of tables for several outputs."""
        return self.tables[0] if len(self.tables) == 1 else self.tables

    def piece_of(self, cell: Cell, output: int = 0) -> AffinePiece:
        """Return the affine function that an output equals on a cell.

        Parameters
        ----------
        cell : Cell
        output : int

        Raises
        ------
        InvalidInput
            If the cell is none of this complex.
        """
        number = as_number_below(output, "output", len(self.tables), "outputs")
        table, held = self.tables[number], as_instance(cell, Cell, "cell", "take one of complex.cells").pieces
        if number >= len(held) or not 0 <= held[number] < len(table):
            raise InvalidInput("cell", "a cell of this complex", cell, "take one of complex.cells")
        return table[held[number]]

    @property
    def source(self) -> CellSource:
        """What the engine found; for the other rooms of this package."""
        return self._source

    def piece_numbers(self) -> Sequence[tuple[int, ...]]:
        """Return for each cell the numbers of its pieces, one for each output."""
        return self._source.pieces()

    def coordinates(self) -> Coordinates:
        """Return the coordinates in which the cells live."""
        return self._source.coordinates

    def regions(self) -> list[Region]:
        """Return the cells as regions that answer for the signs of affine forms."""
        k = len(self.basis)
        return [Region(cone, cone.dimension == k) for cone in self._source.cones()]

    def cone(self, cell: int) -> Cone:
        """Return a cell as a cone: over (z, t), or in R^k where all forms are linear.

        Parameters
        ----------
        cell : int
            Its number, from 0.
        """
        return self._source.cones()[as_number_below(cell, "cell", len(self), "cells")]

    def adjacent(self) -> tuple[Pair, ...]:
        """Return the pairs of cells that share a facet, each with the form of its hyperplane.

        Triples (i, j, h): the affine form h on R^k, primitive integers, is >= 0 on cell i and <= 0 on cell j; of h and
        -h the larger one is given.
        """
        return self._adjacent

    @cached_property
    def _adjacent(self) -> tuple[Pair, ...]:
        k = len(self.basis)
        return tuple((i, j, (*h, 0) if len(h) == k else h) for i, j, h in self._source.adjacent())

    @property
    def function(self) -> PiecewiseLinear:
        """The function whose cells these are."""
        return self._function

    def certificate(self) -> Certificate:
        """Return a certificate of kind ``complex``: these are all activation cells of the network on the domain.

        Raises
        ------
        InvalidInput
            If the function is no network, or a cell contains a line.

        Notes
        -----
        One Farkas combination for each cell and unit, found without a linear program; replaying costs as much.
        """
        return certify(self)

    # ------------------------------------------------------------ geometry

    def neighbours(self, cell: int) -> tuple[int, ...]:
        """Return the numbers of the cells that share a facet with a cell, sorted.

        Parameters
        ----------
        cell : int
            Its number, from 0.
        """
        number = as_number_below(cell, "cell", len(self), "cells")
        return self._neighbours[number]

    @cached_property
    def _neighbours(self) -> list[tuple[int, ...]]:
        found: list[set[int]] = [set() for _ in range(len(self))]
        for i, j, _ in self.adjacent():
            found[i].add(j)
            found[j].add(i)
        return [tuple(sorted(others)) for others in found]

    def vertices(self, cell: int) -> tuple[tuple[Fraction, ...], ...]:
        """Return the vertices of a cell, sorted points of R^d (supported on the pivots where the rank is smaller).

        Parameters
        ----------
        cell : int
            Its number, from 0.
        """
        return geometry.shape(self, cell)[0]

    def rays(self, cell: int) -> tuple[IntVector, ...]:
        """Return the extreme directions of a cell in the reduced coordinates, primitive, sorted.

        Parameters
        ----------
        cell : int
            Its number, from 0.
        """
        return geometry.shape(self, cell)[1]

    def is_bounded(self, cell: int) -> bool:
        """Return whether a cell is bounded in R^d.

        Parameters
        ----------
        cell : int
            Its number, from 0.
        """
        return geometry.is_bounded(self, cell)

    def volume(self, cell: int) -> Fraction:
        """Return the volume of a bounded cell; exact.

        Complexity: one determinant for each simplex of a triangulation.

        Parameters
        ----------
        cell : int
            Its number, from 0.
        """
        return geometry.volume(self, cell)

    @cached_property
    def f_vector(self) -> tuple[int, ...]:
        """Numbers of faces of dimensions 0, ..., k in the reduced coordinates.

        For cells without lines that meet face to face: those of networks, polynomials and rational functions.
        """
        return geometry.f_vector(self)

    @property
    def euler_characteristic(self) -> int:
        """Alternating sum of the f-vector: (-1)^k for a complex of all of R^k, 1 for one of a bounded domain."""
        return sum((-1) ** dimension * count for dimension, count in enumerate(self.f_vector))

    def locate(self, x: Any) -> tuple[int, ...]:
        """Return the numbers of the cells that contain an exact point: several on walls, none outside the domain.

        Parameters
        ----------
        x : exact point of R^d
        """
        return geometry.locate(self, x)

    def holding(self, z: tuple[Fraction, ...]) -> tuple[int, ...]:
        """Return the numbers of the cells that contain the point with these reduced coordinates.

        Parameters
        ----------
        z : tuple of Fraction
            In the order of :meth:`coordinates`.
        """
        row = (*z, Fraction(1))
        return tuple(
            i
            for i, cell in enumerate(self.cells)
            if all(sum((a * b for a, b in zip(h, row, strict=True)), Fraction(0)) >= 0 for h in cell.constraints)
        )

    def level_set(self, level: Any = 0, *, output: int = 0) -> tuple[LevelCell, ...]:
        """Return the parts of {F = level} of dimension k - 1, and the cells on which F is constant with that value.

        For a classifier's output and level 0 the decision boundary.

        Parameters
        ----------
        level : exact number
        output : int
        """
        return geometry.level_set(self, level, output)

    def betti_numbers(self, which: str = "zero", *, level: Any = 0, output: int = 0) -> tuple[int, ...]:
        """Return the Betti numbers b_0, ..., b_k over GF(2) of a set that an output and a level define; exact.

        Parameters
        ----------
        which : {"zero", "positive", "negative"}
            {F = level}, {F > level} or {F < level}, inside the domain. Unbounded sets are taken as they are: a line has
            the numbers of a point, the outside of a disk in the plane those of a circle.
        level : exact number
        output : int

        Raises
        ------
        InvalidInput
            For the cells of a lattice polynomial, which do not meet face to face, and cells that contain a line.

        Notes
        -----
        From the signs of F - level at the vertices of all faces (:mod:`tropical.complexes.homology`). Complexity:
        elimination over GF(2) on the faces, in the worst case cubic in their number, nearly linear as a rule.

        Examples
        --------
        >>> from tropical import ReLUNetwork, cells
        >>> diamond = cells(ReLUNetwork([[[1, 0], [-1, 0], [0, 1], [0, -1]], [1, 1, 1, 1]], [None, -1]))
        >>> [diamond.betti_numbers(which) for which in ("zero", "positive", "negative")]   # a loop, outside, inside
        [(1, 1, 0), (1, 1, 0), (1, 0, 0)]
        """
        return homology.betti_numbers(self, which, level, output)

    def order_cells(self, *, output: int = 0, max_cells: int | None = None) -> tuple[OrderCell, ...]:
        """Return the refinement on whose cells the sets S_x of lemma R are constant.

        Parameters
        ----------
        output : int
        max_cells : int, optional
            Limit on the number of order cells.

        Raises
        ------
        BudgetExceeded
            After `max_cells` order cells.
        """
        return geometry.order_cells(self, output, as_limit(max_cells, "max_cells"))

    def to_networkx(self) -> Any:
        """Return the adjacency graph as a ``networkx.Graph``.

        Nodes are cell numbers with the attributes ``label``, ``pieces``, ``point`` and ``constraints``, edges shared
        facets with the attribute ``form``, >= 0 on the cell ``above``.
        """
        import networkx

        graph = networkx.Graph()
        for i, cell in enumerate(self.cells):
            graph.add_node(i, label=cell.label, pieces=cell.pieces, point=cell.point, constraints=cell.constraints)
        for i, j, form in self.adjacent():
            graph.add_edge(i, j, form=form, above=i)
        return graph

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellComplex):
            return NotImplemented
        mine, theirs = ((c.basis, c.domain, c.tables, c.cells) for c in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.basis, self.domain, self.tables, len(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        source = self._source
        listed = ListedCells(source.coordinates, source.domain, self.cells, self.tables, source.cones())
        return CellComplex, (listed, self._function)

    @never_raising
    def __repr__(self) -> str:
        where = "" if self.domain is None else " on a polyhedron"
        space = f"rank {len(self.basis)} in R^{self._source.coordinates.dimension}"
        return f"CellComplex({self.n_cells} cells{where}, {space})"

    def known_pieces(self) -> Sequence[int] | None:
        """Return for each cell the number of its (first) piece, None where the pieces were not asked for yet."""
        if "tables" not in self.__dict__ and not isinstance(self._source, ListedCells):
            return None
        return [numbers[0] for numbers in self._source.pieces()]

    def _facts(self) -> Iterable[tuple[str, Any]]:
        """Return what is known, and no number that would have to be computed."""
        yield "cells", self.n_cells
        if "n_regions" in self.__dict__:
            yield "linear regions", self.n_regions
        if self.known_pieces() is not None:
            yield "pieces", self.n_pieces
        yield "rank", f"{len(self.basis)} in R^{self._source.coordinates.dimension}"
        yield "domain", "R^d" if self.domain is None else self.domain

    def _picture(self) -> str:
        return cell_picture(self)


def _components(count: int, joined: Iterable[tuple[int, int]]) -> int:
    """Count the classes of 0, ..., count - 1 when pairs are joined."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in joined:
        parent[root(i)] = root(j)
    return len({root(i) for i in range(count)})
