"""The plane that a picture shows, and the polygons of the cells in it; exact.

A function of two variables is shown on R². One of more variables is shown on the plane ``origin + s·u + t·v``, or,
where its exact rank is two, in the reduced coordinates ``z = basis @ x`` that its complex lives in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from tropical._exact.linear import combine_rows, rank
from tropical._exact.rational import as_fraction, as_fraction_matrix, as_fraction_vector
from tropical._protocol import PiecewiseLinear, as_function
from tropical.complexes import CellComplex, cells
from tropical.domains import Box, Polyhedron
from tropical.exceptions import InvalidInput, InvalidType
from tropical.network import ReLUNetwork

__all__ = [
    "Facet",
    "PlaneCell",
    "PlaneView",
    "area",
    "as_window",
    "clipped",
    "counter_clockwise",
    "drawable",
    "on_plane",
    "plane_view",
    "rounded",
    "square_around",
    "value_at",
    "window_polygon",
]

Point = tuple[Fraction, Fraction]
Form = tuple[Fraction, Fraction, Fraction]
Polygon = tuple[Point, ...]

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class PlaneCell:
    """The part of a cell inside the window.

    Attributes
    ----------
    number : int
        The number of the cell in the complex.
    polygon : tuple of points
        Counter-clockwise.
    forms : tuple of (a, b, c)
        For each output what it is on the cell: ``a·s + b·t + c``.
    """

    number: int
    polygon: Polygon
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Facet:
    """A common facet of two cells inside the window; `cells` are numbers of the complex."""

    cells: tuple[int, int]
    ends: tuple[Point, Point]


@dataclass(frozen=True)
class PlaneView:
    """Cells of a function in a window of a plane.

    Attributes
    ----------
    complex_ : CellComplex
    window : Box
        Of dimension 2, in the coordinates of the plane.
    cells : tuple of PlaneCell
        Those with interior points in the window.
    axes : (str, str)
        LaTeX names of the coordinates.
    """

    complex_: CellComplex
    window: Box
    cells: tuple[PlaneCell, ...]
    axes: tuple[str, str]

    @cached_property
    def facets(self) -> tuple[Facet, ...]:
        """The common facets of two cells inside the window."""
        polygons = {cell.number: cell.polygon for cell in self.cells}
        found = []
        for i, j, wall in self.complex_.adjacent():
            if i in polygons and j in polygons:
                ends = _common_edge(polygons[i], polygons[j], _view_form(self.complex_, wall))
                if ends is not None:
                    found.append(Facet((i, j), ends))
        return tuple(found)

    def pieces(self, output: int | None = None) -> dict[int, tuple[int, ...]]:
        """Return for each cell shown the numbers of its pieces, or of that of one output."""
        numbers = self.complex_.piece_numbers()
        return {c.number: numbers[c.number] if output is None else (numbers[c.number][output],) for c in self.cells}

    def regions(self, output: int | None = None) -> dict[int, int]:
        """Return for each cell shown the number of its linear region, counted in the window."""
        pieces = self.pieces(output)
        parent = {number: number for number in pieces}

        def root(i: int) -> int:
            while parent[i] != i:
                i = parent[i]
            return i

        for facet in self.facets:
            i, j = facet.cells
            if pieces[i] == pieces[j]:
                one, other = sorted((root(i), root(j)))
                parent[other] = one
        order: dict[int, int] = {}
        return {number: order.setdefault(root(number), len(order)) for number in sorted(pieces)}


def plane_view(
    F: Any, *, window: Any = None, plane: Any = None, origin: Any = None, max_cells: int | None = None
) -> PlaneView:
    """Return the cells of a function, or of a complex, in a window of a plane.

    Parameters
    ----------
    F : CellComplex, or a function of any type
    window : None, exact number or Box
        A number r is the square [-r, r]²; None shows the vertices, see :func:`square_around`.
    plane : pair of vectors of exact numbers, optional
        Directions u and v.
    origin : vector of exact numbers, optional
    max_cells : int, optional
        Limit on the number of cells.
    """
    known = F if isinstance(F, CellComplex) else None
    function = as_function(F) if known is None else known.function
    domain = None if known is None else known.domain
    if plane is not None or origin is not None:
        function, domain = _restricted(function, domain, plane, origin)
        known, names = None, ("s", "t")
    else:
        names = ("x_0", "x_1")
    box = as_window(window)
    if known is None and (function.dimension == 2 or box is None):
        known = cells(function, _within(domain, box), max_cells)
    elif known is None:
        known = cells(function, None, max_cells)
    if known.coordinates().dimension != 2:
        if len(known.basis) != 2:
            inputs = known.coordinates().dimension
            given = f"{inputs} inputs and rank {len(known.basis)}" if inputs > 1 else "one input"
            cure = "pass plane=(u, v): two directions, and an origin if it is not 0" if inputs > 1 else "see plot.graph"
            raise InvalidInput("F", "two inputs, or exact rank 2", given, cure)
        pivots = known.coordinates().pivots
        bare = all(sum(map(bool, row)) == 1 for row in known.basis)
        names = tuple(f"x_{{{p}}}" for p in pivots) if bare else ("z_0", "z_1")
    box = drawable(_around(known) if box is None else box)
    start = window_polygon(box)
    shown = []
    for number, cell in enumerate(known.cells):
        polygon = start
        for wall in cell.constraints:
            polygon = clipped(polygon, _view_form(known, wall))
            if len(polygon) < 3:
                break
        if len(polygon) >= 3:
            pieces = [table.fractions(i) for table, i in zip(known.tables, cell.pieces, strict=True)]
            forms = tuple(_piece_form(known, row) for row in pieces)
            shown.append(PlaneCell(number, polygon, forms))
    if not shown:
        raise InvalidInput("window", "a part of the domain", box, "leave it out, or move it")
    return PlaneView(known, box, tuple(shown), (names[0], names[1]))


def as_window(window: Any) -> Box | None:
    """Return the window as a box of R², None where it has to be found."""
    if window is None:
        return None
    if isinstance(window, Box):
        if window.dimension != 2:
            raise InvalidInput("window", "a Box of dimension 2", f"dimension {window.dimension}", "Box([0, 0], [1, 1])")
        return window
    if isinstance(window, (Polyhedron, list, tuple)):
        raise InvalidType("window", "None, a Box of dimension 2 or an exact number", window, "Box([0, 0], [1, 1])")
    radius = as_fraction(window, "window")
    if radius <= 0:
        raise InvalidInput("window", "a number > 0", window, "r shows the square from -r to r")
    return Box([-radius, -radius], [radius, radius])


def drawable(box: Box) -> Box:
    """Return the window if its corners are different floats; pictures have no others."""
    try:
        wide = all(float(low) < float(high) for low, high in zip(box.lo, box.hi, strict=True))
    except OverflowError:
        wide = False
    if not wide:
        raise InvalidInput("window", "corners that are different as float64", box, "pass a window, or scale F")
    return box


def rounded(value: Fraction) -> float:
    """Return a value or a slope as float64, or say that there is none."""
    try:
        return float(value)
    except OverflowError:
        raise InvalidInput("F", "values and slopes within float64", "larger ones", "scale it") from None


def on_plane(function: PiecewiseLinear, plane: Any, origin: Any) -> PiecewiseLinear:
    """Return ``(s, t) -> F(origin + s u + t v)`` as a function of the same type."""
    return _restricted(function, None, plane, origin)[0]


def _restricted(
    function: PiecewiseLinear, domain: Polyhedron | None, plane: Any, origin: Any
) -> tuple[PiecewiseLinear, Polyhedron | None]:
    d = function.dimension
    if plane is None:
        raise InvalidInput("plane", "two directions, as there is an origin", "None", "pass plane=(u, v)")
    directions = as_fraction_matrix(plane, "plane")
    if len(directions) != 2 or len(directions[0]) != d:
        given = f"{len(directions)} vectors of length {len(directions[0]) if directions else 0}"
        raise InvalidInput("plane", f"two directions of length {d}", given, "pass plane=(u, v)")
    if rank(directions, d) < 2:
        raise InvalidInput("plane", "two independent directions", "parallel ones", "change one of them")
    offset = (_ZERO,) * d if origin is None else as_fraction_vector(origin, "origin")
    if len(offset) != d:
        raise InvalidInput("origin", f"{d} coordinates", str(len(offset)), "pass a point of R^d")
    columns = list(zip(*directions, strict=True))
    if domain is not None:
        rows = combine_rows(domain.A, columns, 2)
        bounds = [b - _dot(row, offset) for row, b in zip(domain.A, domain.b, strict=True)]
        domain = Polyhedron(rows, bounds)
    if isinstance(function, ReLUNetwork):
        first = combine_rows(function.weights[0], columns, 2)
        bias = [b + _dot(row, offset) for row, b in zip(function.weights[0], function.biases[0], strict=True)]
        return ReLUNetwork([first, *function.weights[1:]], [bias, *function.biases[1:]]), domain
    if not hasattr(function, "compose"):
        raise InvalidType("F", "a function of this package", function, "see tropical.lattice")
    return function.compose(columns, offset), domain  # type: ignore[attr-defined]


def _within(domain: Polyhedron | None, box: Box | None) -> Polyhedron | None:
    """Return the part of the domain inside the window."""
    if box is None or domain is None:
        return domain if box is None else box.polyhedron()
    window = box.polyhedron()
    return Polyhedron((*domain.A, *window.A), (*domain.b, *window.b))


def _around(known: CellComplex) -> Box:
    """Return a square with all vertices inside and some room around them."""
    pivots = known.coordinates().pivots
    axes = (0, 1) if known.coordinates().dimension == 2 else pivots
    return square_around({(v[axes[0]], v[axes[1]]) for i in range(len(known)) for v in known.vertices(i)}, most=True)


def square_around(points: Iterable[Point], *, most: bool = False) -> Box:
    """Return a square with these points inside and some room around them; [-1, 1]² about a single one, or none.

    With `most`, of more than twenty points the outermost tenth along each axis need not be inside: walls that are
    nearly parallel meet far out, and a picture that shows where shows nothing else.
    """
    points = list(points) or [(_ZERO, _ZERO)]
    cut = len(points) // 20 if most and len(points) > _FEW else 0
    ordered = [sorted(p[a] for p in points)[cut : len(points) - cut] for a in (0, 1)]
    low, high = [line[0] for line in ordered], [line[-1] for line in ordered]
    half = max(b - a for a, b in zip(low, high, strict=True)) * _ROOM or Fraction(1)
    middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    return Box([m - half for m in middle], [m + half for m in middle])


_FEW = 20
_ROOM = Fraction(5, 8)  # half the side, and a quarter of that again as a margin


def window_polygon(box: Box) -> Polygon:
    """Return the corners of the window, counter-clockwise."""
    (a, b), (c, d) = box.lo, box.hi
    return (a, b), (c, b), (c, d), (a, d)


def counter_clockwise(points: Iterable[Point]) -> Polygon:
    """Return the corners of the convex hull, counter-clockwise (monotone chain); exact."""
    chain: list[Point] = []
    ordered = sorted(set(points))
    for sequence in (ordered, ordered[::-1]):
        start = len(chain)
        for p in sequence:
            while len(chain) >= start + 2 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        chain.pop()
    return tuple(chain) or tuple(ordered)


def _turn(a: Point, b: Point, c: Point) -> Fraction:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def value_at(form: Sequence[Fraction], point: Point) -> Fraction:
    """Return ``a·s + b·t + c`` at a point."""
    return form[0] * point[0] + form[1] * point[1] + form[2]


def clipped(polygon: Polygon, form: Sequence[Fraction]) -> Polygon:
    """Return the part of a convex polygon where an affine form is >= 0 (Sutherland and Hodgman); exact.

    Fewer than three points: the part has no interior.
    """
    values = [value_at(form, point) for point in polygon]
    if all(value >= 0 for value in values):
        return polygon
    found: list[Point] = []
    for i, (point, value) in enumerate(zip(polygon, values, strict=True)):
        before, last = polygon[i - 1], values[i - 1]
        if (last > 0 > value) or (last < 0 < value):
            share = last / (last - value)
            crossing = tuple(p + share * (q - p) for p, q in zip(before, point, strict=True))
            found.append((crossing[0], crossing[1]))
        if value >= 0:
            found.append(point)
    return tuple(found) if any(value > 0 for value in values) else ()


def area(polygon: Polygon) -> Fraction:
    """Return the area of a polygon given counter-clockwise; exact."""
    pairs = zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)
    return sum((a[0] * b[1] - a[1] * b[0] for a, b in pairs), _ZERO) / 2


def _common_edge(one: Polygon, other: Polygon, form: Form) -> tuple[Point, Point] | None:
    """Return what two polygons on both sides of a line share on it; None for a point or nothing."""
    along = (-form[1], form[0], _ZERO)
    ends = []
    for polygon in (one, other):
        on = sorted((value_at(along, point), point) for point in polygon if value_at(form, point) == 0)
        if len(on) < 2:
            return None
        ends.append((on[0], on[-1]))
    low, high = max(ends[0][0], ends[1][0]), min(ends[0][1], ends[1][1])
    return (low[1], high[1]) if low[0] < high[0] else None


def _view_form(known: CellComplex, wall: Sequence[int]) -> Form:
    """Return a form on the reduced coordinates as one on the coordinates of the picture."""
    if known.coordinates().dimension != 2:
        return Fraction(wall[0]), Fraction(wall[1]), Fraction(wall[-1])
    columns = zip(*known.basis, strict=True) if known.basis else ((), ())
    a, b = (_dot(wall[: len(known.basis)], column) for column in columns)
    return a, b, Fraction(wall[-1])


def _piece_form(known: CellComplex, row: Sequence[Fraction]) -> Form:
    places = (0, 1) if known.coordinates().dimension == 2 else known.coordinates().pivots
    return row[places[0]], row[places[1]], row[-1]


def _dot(left: Sequence[Any], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), _ZERO)
