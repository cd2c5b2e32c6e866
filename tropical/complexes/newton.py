"""The Newton polytope of a polynomial and its regular subdivision.

The coefficients lift the exponents u_i to the points (u_i, c_i); the upper faces of their hull (the lower ones for
"min"), projected back, subdivide the Newton polytope. The subdivision is dual to the hypersurface: its cells of
dimension j are the exponents that attain on the hypersurface's cells of codimension j.

References
----------
Maclagan and Sturmfels (2015), *Introduction to Tropical Geometry*, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tropical._arguments import as_instance
from tropical._display import PALETTE, Shown, never_raising
from tropical._exact.cone import Cone
from tropical._exact.halfspaces import WallTable, intersect
from tropical._exact.rational import (
    IntVector,
    as_fraction_matrix,
    as_items,
    as_number_below,
    dot,
    over_common_denominator,
)
from tropical.complexes.epigraph import Epigraph
from tropical.complexes.vector_pictures import convex_hull, draw, window_of
from tropical.exceptions import InvalidInput
from tropical.pieces import as_point
from tropical.polynomial import TropicalPolynomial

__all__ = ["NewtonPolytope", "RegularSubdivision"]

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, repr=False)
class NewtonPolytope(Shown):
    """Convex hull of finitely many rational points in R^d, of any dimension; exact.

    Attributes
    ----------
    vertices : tuple of points, sorted
    inequalities : tuple of int vectors (a, b) of length d + 1
        The facets: ``<a, u> + b >= 0``, with equality on the facet.
    equations : tuple of int vectors (a, b)
        The affine hull: ``<a, u> + b = 0``. Inequalities are unique up to adding equations.

    Examples
    --------
    >>> triangle = NewtonPolytope.of_points([(0, 0), (2, 0), (0, 2), (1, 1)])
    >>> len(triangle.vertices), len(triangle.inequalities), triangle.dimension
    (3, 3, 2)
    """

    vertices: tuple[Point, ...]
    inequalities: tuple[IntVector, ...]
    equations: tuple[IntVector, ...]

    @classmethod
    def of_points(cls, points: Any) -> NewtonPolytope:
        """Return the hull of points given as sequences of exact numbers.

        The cone of the inequalities valid on all points is intersected from half-spaces, one for each point that
        matters; its rays are the facets, its lines the equations (polar duality).

        Parameters
        ----------
        points : exact points of R^d
            At least one.

        Raises
        ------
        InvalidInput
            If there is no point, or d is 0.
        """
        rows = sorted(set(as_fraction_matrix(points, "points")))
        if not rows or not rows[0]:
            raise InvalidInput("points", "at least one point in R^d, d >= 1", "none", "give the exponents")
        numerators, denominator = over_common_denominator(rows)
        walls = [(*row, denominator) for row in numerators]
        cone, added = intersect(WallTable(walls), Cone.whole_space(len(walls[0])), len(walls) - 1)
        vertices = sorted(rows[added[c]] for c in cone.facets())
        facets = [ray for ray in cone.rays if any(dot(walls[i], ray) == 0 for i in added)]
        return cls(tuple(vertices), tuple(sorted(facets)), tuple(sorted(cone.lines)))

    @property
    def dimension(self) -> int:
        """Dimension of the affine hull."""
        return len(self.vertices[0]) - len(self.equations)

    def __contains__(self, point: Any) -> bool:
        row = (*as_point(point, len(self.vertices[0]), "point"), 1)
        return all(_pairing(a, row) >= 0 for a in self.inequalities) and not any(
            _pairing(a, row) for a in self.equations
        )

    @never_raising
    def __repr__(self) -> str:
        count = f"{len(self.vertices)} vertices, {len(self.inequalities)} facets"
        return f"NewtonPolytope(dimension {self.dimension} in R^{len(self.vertices[0])}, {count})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "dimension", f"{self.dimension} in R^{len(self.vertices[0])}"
        yield f"{len(self.vertices)} vertices", self.vertices
        yield "facets", len(self.inequalities)

    def _picture(self) -> str:
        if len(self.vertices[0]) != 2 or len(self.vertices) > _POINTS_DRAWN:
            return ""
        points = [(float(x), float(y)) for x, y in self.vertices]
        low, high = window_of(points)
        return draw(polygons=[(convex_hull(points), PALETTE[0])], dots=points, low=low, high=high)


@dataclass(frozen=True, slots=True, repr=False)
class RegularSubdivision(Shown):
    """The subdivision of the Newton polytope that the coefficients induce; exact.

    Attributes
    ----------
    points : tuple of points
        The exponents of all terms.
    cells : tuple of tuple of int
        For each maximal cell the numbers of the points that the lifting puts on one face: vertices of the cell, and
        points marked inside it.
    """

    points: tuple[Point, ...]
    cells: tuple[tuple[int, ...], ...]
    _faces: tuple[tuple[tuple[int, ...], ...], ...]

    @classmethod
    def of_polynomial(cls, polynomial: TropicalPolynomial) -> RegularSubdivision:
        """Return the regular subdivision of a polynomial; at the cost of its epigraph.

        Parameters
        ----------
        polynomial : TropicalPolynomial
        """
        as_instance(polynomial, TropicalPolynomial, "polynomial", "pass a tropical polynomial")
        epigraph = Epigraph(polynomial.pieces, polynomial.convention)
        by_dimension = tuple(
            tuple(sorted(epigraph.attaining(face) for face in faces)) for faces in epigraph.faces_by_codimension()
        )
        points = tuple(piece.gradient for piece in polynomial.pieces)
        return cls(points, by_dimension[-1], by_dimension)

    @property
    def dimension(self) -> int:
        """Dimension of the Newton polytope."""
        return len(self._faces) - 1

    def faces(self, dimension: int) -> tuple[tuple[int, ...], ...]:
        """Return the cells of one dimension, 0 (the points used) to :attr:`dimension`, as :attr:`cells` are given.

        Parameters
        ----------
        dimension : int
        """
        return self._faces[as_number_below(dimension, "dimension", self.dimension + 1, "dimensions of faces")]

    @property
    def is_triangulation(self) -> bool:
        """Whether every cell is a simplex with no point marked inside."""
        return all(len(cell) == self.dimension + 1 for cell in self.cells)

    def polytope(self, cell: Sequence[int]) -> NewtonPolytope:
        """Return a cell as a polytope.

        Parameters
        ----------
        cell : sequence of int
            Numbers of points, as in :attr:`cells`.
        """
        numbers = as_items(cell, "cell", "a list of numbers of points", "pass one of `cells` or `faces(...)`")
        chosen = [as_number_below(i, "cell", len(self.points), "points") for i in numbers]
        return NewtonPolytope.of_points([self.points[i] for i in chosen])

    @never_raising
    def __repr__(self) -> str:
        kind = "triangulation" if self.is_triangulation else "subdivision"
        return f"RegularSubdivision({kind}, {len(self.cells)} cells of dimension {self.dimension})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "points", len(self.points)
        yield f"cells of dimension {self.dimension}", len(self.cells)
        yield "triangulation", "yes" if self.is_triangulation else "no"

    def _picture(self) -> str:
        if len(self.points[0]) != 2 or len(self.points) > _POINTS_DRAWN:
            return ""
        points = [(float(x), float(y)) for x, y in self.points]
        low, high = window_of(points)
        hulls = [convex_hull(points[i] for i in cell) for cell in self.cells]
        polygons = [(hull, PALETTE[i % len(PALETTE)]) for i, hull in enumerate(hulls)]
        used = sorted({i for cell in self.cells for i in cell})
        return draw(polygons=polygons, dots=[points[i] for i in used], low=low, high=high)


_POINTS_DRAWN = 400


def _pairing(form: IntVector, row: Sequence[Fraction | int]) -> Fraction:
    return sum((Fraction(a * b) for a, b in zip(form, row, strict=True)), Fraction(0))
