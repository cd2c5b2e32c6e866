"""Tropical curves, and the Newton polygon with the subdivision that is dual to them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tropical._arguments import as_flag
from tropical.complexes import TropicalHypersurface
from tropical.domains import Box
from tropical.exceptions import InvalidInput, InvalidType
from tropical.plot.figures import BLACK, GREY, OKABE_ITO, axes_of, pale
from tropical.plot.planes import Point, as_window, counter_clockwise, drawable, on_plane, square_around
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["newton_polygon", "tropical_curve"]

_ROLES = (("P", OKABE_ITO[5], "-"), ("Q", OKABE_ITO[6], "--"))


def tropical_curve(
    P: TropicalPolynomial | TropicalRational | TropicalHypersurface,
    ax: Axes | None = None,
    *,
    window: Any = None,
    plane: Any = None,
    origin: Any = None,
    labels: bool = True,
) -> Axes:
    """Draw the curve on which a tropical polynomial of two variables is not affine.

    Of a rational function P ⊘ Q both curves, that of Q dashed: it bends on their union at most.

    Parameters
    ----------
    P : TropicalPolynomial, TropicalRational or TropicalHypersurface
    ax : matplotlib Axes, optional
    window : None, exact number or Box
        r is the square [-r, r]²; by default all vertices.
    plane, origin
        As for :func:`tropical.plot.cells`.
    labels : bool
        Whether to write the weights other than 1, and to name the vertices v_i as :func:`newton_polygon` names the
        polygons dual to them.

    Returns
    -------
    Axes
        With one collection ``"curve P"`` (and ``"curve Q"``) of segments.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> line = TropicalPolynomial({(1, 0): 0, (0, 1): 0, (0, 0): 0}, convention="max")
    >>> ax = tropical_curve(line, Figure().add_subplot(), window=1)
    >>> [len(found.get_segments()) for found in ax.collections if found.get_gid() == "curve P"]
    [3]
    """
    as_flag(labels, "labels")
    curves = _curves(P, plane, origin)
    box = drawable(as_window(window) or square_around((v[0], v[1]) for curve in curves for v in curve.vertices))
    axes = axes_of(ax)
    from matplotlib.collections import LineCollection

    for (name, colour, style), curve in zip(_ROLES, curves, strict=False):
        lines, widths = [], []
        for cell in curve.cells:
            directions = [*cell.rays, *(sign for line in curve.lineality for sign in (line, tuple(-a for a in line)))]
            ends = _visible(cell.vertices, directions, box)
            if ends is None:
                continue
            segment = [(float(x), float(y)) for x, y in ends]
            lines.append(segment)
            widths.append(1.4 * min(4.0, max(1.0, float(cell.weight))))
            if labels and cell.weight != 1:
                x, y = ((a + b) / 2 for a, b in zip(*segment, strict=True))
                box_style = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
                axes.text(x, y, str(cell.weight), color=colour, ha="center", va="center", bbox=box_style, gid="weight")
        label = f"${name}$" if len(curves) > 1 else None
        looks = {"colors": colour, "linewidths": widths, "linestyles": style}
        axes.add_collection(LineCollection(lines, gid=f"curve {name}", label=label, **looks))
        _draw_vertices(axes, curve, box, colour, named=labels and len(curves) == 1)
    (left, bottom), (right, top) = box.lo, box.hi
    axes.set_xlim(float(left), float(right))
    axes.set_ylim(float(bottom), float(top))
    axes.set_aspect("equal")
    sliced = plane is not None
    axes.set_xlabel("$s$" if sliced else "$x_0$")
    axes.set_ylabel("$t$" if sliced else "$x_1$")
    if len(curves) > 1:
        axes.legend(loc="best", frameon=False)
    return axes


def _curves(P: Any, plane: Any, origin: Any) -> list[TropicalHypersurface]:
    """Return the curve, or those of numerator and denominator."""
    if isinstance(P, TropicalHypersurface):
        if plane is not None or origin is not None:
            raise InvalidInput("plane", "None for a hypersurface", plane, "pass the polynomial")
        surfaces = [P]
    elif isinstance(P, (TropicalPolynomial, TropicalRational)):
        sliced = P if plane is None and origin is None else on_plane(P, plane, origin)
        parts = (sliced.numerator, sliced.denominator) if isinstance(sliced, TropicalRational) else (sliced,)
        surfaces = [part.hypersurface() for part in parts]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        cure = "take tropical.to_rational(F): its curves hold the walls of F"
        raise InvalidType("P", "a TropicalPolynomial, TropicalRational or TropicalHypersurface", P, cure)
    if surfaces[0].dimension != 2:
        cure = "pass plane=(u, v): two directions, and an origin if it is not 0"
        raise InvalidInput("P", "two variables", str(surfaces[0].dimension), cure)
    return surfaces


def _visible(
    vertices: Sequence[Sequence[Fraction]], directions: Sequence[Sequence[int]], box: Box
) -> tuple[Point, Point] | None:
    """Return the part inside the window of a segment, half-line or line (Liang and Barsky); exact."""
    start = (vertices[0][0], vertices[0][1])
    if len(vertices) == 2:
        step = tuple(b - a for a, b in zip(*vertices, strict=True))
        low, high = Fraction(0), Fraction(1)
    else:
        step = tuple(Fraction(a) for a in directions[0])
        low, high = (None if len(directions) == 2 else Fraction(0)), None
    for x, a, least, most in zip(start, step, box.lo, box.hi, strict=True):
        if not a:
            if not least <= x <= most:
                return None
            continue
        first, last = sorted(((least - x) / a, (most - x) / a))
        low, high = first if low is None else max(low, first), last if high is None else min(high, last)
    if low is None or high is None or low >= high:
        return None
    one, two = ((start[0] + t * step[0], start[1] + t * step[1]) for t in (low, high))
    return one, two


def _draw_vertices(axes: Axes, curve: TropicalHypersurface, box: Box, colour: str, *, named: bool) -> None:
    inside = [(i, ridge.point) for i, ridge in enumerate(curve.ridges) if ridge.point in box]
    axes.scatter(
        [float(p[0]) for _, p in inside], [float(p[1]) for _, p in inside], s=18, color=colour, zorder=3, gid="vertices"
    )
    if named and len(curve.ridges) <= _MOST_NAMES:
        for i, p in inside:
            place = (float(p[0]), float(p[1]))
            axes.annotate(f"$v_{{{i}}}$", place, xytext=(5, 4), textcoords="offset points", fontsize="small")


_MOST_NAMES = 40


def newton_polygon(
    P: TropicalPolynomial, ax: Axes | None = None, *, subdivision: bool = True, labels: bool = True
) -> Axes:
    """Draw the Newton polygon of a polynomial of two variables with the regular subdivision dual to its curve.

    Parameters
    ----------
    P : TropicalPolynomial
    ax : matplotlib Axes, optional
    subdivision : bool
        Whether to draw the subdivision that the coefficients induce.
    labels : bool
        Whether to write the coefficients beside the exponents, and into each polygon v_i, the vertex of the curve that
        it is dual to.

    Returns
    -------
    Axes
        Its collection ``"polygons"`` holds the maximal cells, ``"edges"`` those of dimension one, each dual to a
        segment of the curve; filled dots are exponents of the subdivision, hollow ones lie below the lifted hull.

    Raises
    ------
    InvalidInput
        If there are not two variables.
    """
    if not isinstance(P, TropicalPolynomial):
        raise InvalidType("P", "a TropicalPolynomial", P, "a rational function has two: of numerator and denominator")
    if P.dimension != 2:
        raise InvalidInput("P", "two variables", str(P.dimension), "compose it with a map from R^2")
    as_flag(subdivision, "subdivision")
    as_flag(labels, "labels")
    axes = axes_of(ax)
    from matplotlib.collections import LineCollection, PolyCollection

    found = P.regular_subdivision()
    points = [(u[0], u[1]) for u in found.points]
    polygons = [counter_clockwise(points[i] for i in cell) for cell in found.cells] if found.dimension == 2 else []
    edges = [[points[i] for i in cell] for cell in (found.faces(1) if found.dimension else ())]
    if not subdivision:
        hull = counter_clockwise(points)
        polygons = [hull] if found.dimension == 2 else []
        edges = [list(pair) for pair in zip(hull, (*hull[1:], *hull[:1]), strict=True)] if found.dimension else []
    faces = [pale(OKABE_ITO[i % len(OKABE_ITO)], 0.35) for i in range(len(polygons))]
    corners = [[(float(x), float(y)) for x, y in polygon] for polygon in polygons]
    axes.add_collection(PolyCollection(corners, facecolors=faces, gid="polygons"))
    ends = [[(float(x), float(y)) for x, y in (min(edge), max(edge))] for edge in edges]
    axes.add_collection(LineCollection(ends, colors=BLACK, linewidths=1.4, gid="edges"))
    cells = {i for cell in found.cells for i in cell}
    used = [i for i in range(len(points)) if i in cells]
    below = [i for i in range(len(points)) if i not in cells]
    for numbers, style in ((used, {"color": BLACK}), (below, {"facecolors": "white", "edgecolors": GREY})):
        x, y = ([float(points[i][a]) for i in numbers] for a in (0, 1))
        axes.scatter(x, y, s=30, zorder=3, gid="used" if numbers is used else "below", **style)  # pyright: ignore
    if labels:
        if len(points) <= _MOST_NAMES:
            for (coefficient, _), place in zip(P.terms, points, strict=True):
                text = str(coefficient) if max(map(abs, coefficient.as_integer_ratio())) < _LARGEST_SHOWN else "…"
                where = (float(place[0]), float(place[1]))
                axes.annotate(text, where, xytext=(4, 5), textcoords="offset points", fontsize="x-small")
        if subdivision and 0 < len(polygons) <= _MOST_NAMES:
            number = {ridge.terms: i for i, ridge in enumerate(P.hypersurface().ridges)}
            for cell, polygon in zip(found.cells, corners, strict=True):
                x, y = (sum(p[a] for p in polygon) / len(polygon) for a in (0, 1))
                axes.text(x, y, f"$v_{{{number[cell]}}}$", ha="center", va="center", fontsize="small", gid="dual")
    axes.set_aspect("equal")
    axes.margins(0.12)
    axes.autoscale_view()
    axes.set_xlabel("$u_0$")
    axes.set_ylabel("$u_1$")
    return axes


_LARGEST_SHOWN = 10**6
