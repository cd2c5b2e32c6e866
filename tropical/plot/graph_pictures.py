"""The graph of a function: a broken line over R, a faceted surface over a plane."""

from __future__ import annotations

from fractions import Fraction
from math import atan2, degrees
from typing import TYPE_CHECKING, Any

from tropical._exact.rational import as_choice, as_fraction, as_number_below
from tropical._protocol import as_function
from tropical.complexes import CellComplex
from tropical.complexes import cells as enumerated
from tropical.domains import Box
from tropical.exceptions import InvalidInput
from tropical.pieces import AffinePiece
from tropical.plot.figures import BLACK, LINES, OKABE_ITO, SEQUENTIAL, axes_of, colouring, pale
from tropical.plot.planes import PlaneView, area, plane_view, rounded, value_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["graph"]


def graph(
    F: Any,
    ax: Axes | None = None,
    *,
    window: Any = None,
    plane: Any = None,
    origin: Any = None,
    output: int = 0,
    color: str = "piece",
    max_cells: int | None = 20_000,
) -> Axes:
    """Draw the graph of a function of one variable, or of two (in 3-D), or of a plane slice of one with more.

    Parameters
    ----------
    F : a function of any type, or a CellComplex
    ax : matplotlib Axes, optional
        Three-dimensional ones (``projection="3d"``) for a surface; new ones are turned to look uphill.
    window : None, exact number or Box
        r is [-r, r] in each coordinate; by default the vertices, as for :func:`tropical.plot.cells`.
    plane, origin, output, max_cells
        As for :func:`tropical.plot.cells`.
    color : {"piece", "value"}
        One colour a piece, or the height.

    Returns
    -------
    Axes
        Over a plane with one polygon a cell.

    Raises
    ------
    InvalidInput
        If the axes are not three-dimensional.
    """
    as_choice(color, "color", ("piece", "value"), "name what the colours tell apart")
    dimension = F.coordinates().dimension if isinstance(F, CellComplex) else as_function(F).dimension
    if dimension == 1 and plane is None:
        return _line(F, axes_of(ax), window, output, color, max_cells)
    view = plane_view(F, window=window, plane=plane, origin=origin, max_cells=max_cells)
    number = as_number_below(output, "output", len(view.complex_.tables), "outputs")
    axes: Any = axes_of(ax, three_dimensional=True)
    if axes.name != "3d":
        raise InvalidInput("ax", 'axes made with projection="3d"', axes.name, "leave it out")
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    corners = []
    for cell in view.cells:
        form = cell.forms[number]
        corners.append([(float(p[0]), float(p[1]), rounded(value_at(form, p))) for p in cell.polygon])
    heights = [z for polygon in corners for _, _, z in polygon]
    low, high = min(heights), max(heights)
    if color == "piece":
        pieces = {cell: numbers[0] for cell, numbers in view.pieces(number).items()}
        order = {piece: place for place, piece in enumerate(sorted(set(pieces.values())))}
        near = {(order[pieces[i]], order[pieces[j]]) for i, j in (facet.cells for facet in view.facets)}
        chosen = colouring(len(order), [(i, j) for i, j in near if i != j])
        colours: list[Any] = [pale(OKABE_ITO[chosen[order[pieces[cell.number]]]], 0.75) for cell in view.cells]
    else:
        from matplotlib import colormaps

        palette, span = colormaps[SEQUENTIAL], high - low or 1.0
        colours = [palette((sum(z for *_, z in polygon) / len(polygon) - low) / span) for polygon in corners]
    axes.add_collection3d(Poly3DCollection(corners, facecolors=colours, edgecolors=BLACK, linewidths=0.5, gid="graph"))
    (left, bottom), (right, top) = view.window.lo, view.window.hi
    axes.set_xlim(float(left), float(right))
    axes.set_ylim(float(bottom), float(top))
    axes.set_zlim(low, high if high > low else low + 1.0)
    axes.set_xlabel(f"${view.axes[0]}$")
    axes.set_ylabel(f"${view.axes[1]}$")
    axes.set_zlabel("$F$")
    if ax is None:
        _look_uphill(axes, view, number)
    return axes


def _look_uphill(axes: Any, view: PlaneView, output: int) -> None:
    """Turn the picture so that the surface rises away from the eye on the whole: from its side it would be a line."""
    slope = [sum((area(c.polygon) * c.forms[output][a] for c in view.cells), Fraction(0)) for a in (0, 1)]
    if any(slope):
        axes.view_init(azim=degrees(atan2(-rounded(slope[1]), -rounded(slope[0]))))


def _line(F: Any, axes: Axes, window: Any, output: int, color: str, max_cells: int | None) -> Axes:
    """Draw the graph of a function of one variable."""
    if color != "piece":
        raise InvalidInput("color", '"piece" for a function of one variable', color, "leave it out")
    known = F if isinstance(F, CellComplex) else enumerated(F, None, max_cells)
    number = as_number_below(output, "output", len(known.tables), "outputs")
    ends = [sorted(v[0] for v in known.vertices(i)) if known.basis else [] for i in range(len(known))]
    low, high = _interval(window, {x for pair in ends for x in pair})
    pieces = sorted({cell.pieces[number] for cell in known.cells})
    colours = {piece: LINES[place % len(LINES)] for place, piece in enumerate(pieces)}
    used: set[int] = set()
    for i, cell in enumerate(known.cells):
        piece = cell.pieces[number]
        g = known.tables[number][piece]
        left, right = low, high
        for a, c in ((wall[0], wall[-1]) for wall in cell.constraints if len(wall) > 1 and wall[0]):
            root = Fraction(-c, a)
            left, right = (max(left, root), right) if a > 0 else (left, min(right, root))
        if left >= right:
            continue
        values = [g.gradient[0] * x + g.constant for x in (left, right)]
        used.add(piece)
        heights = [rounded(y) for y in values]
        axes.plot([float(left), float(right)], heights, color=colours[piece], linewidth=2.2, gid=f"cell {i}")
    shared = sorted(x for x in {x for pair in ends for x in pair} if low < x < high)
    values = {x: known.function((x,)) for x in shared}
    heights = [rounded(y[number] if isinstance(y, tuple) else y) for y in values.values()]
    axes.scatter([float(x) for x in shared], heights, s=22, color=BLACK, zorder=3, gid="vertices")
    axes.set_xlim(float(low), float(high))
    axes.set_xlabel("$x_0$")
    axes.set_ylabel("$F$")
    if len(used) <= len(LINES):
        from matplotlib.lines import Line2D

        texts = {piece: f"$g_{{{piece}}}{_formula(known.tables[number][piece])}$" for piece in sorted(used)}
        lines = [Line2D([], [], color=colours[piece], linewidth=2.2, label=text) for piece, text in texts.items()]
        axes.legend(handles=lines, loc="best", frameon=False, fontsize="small")
    return axes


def _interval(window: Any, vertices: set[Fraction]) -> tuple[Fraction, Fraction]:
    if isinstance(window, Box):
        if window.dimension != 1:
            raise InvalidInput("window", "a Box of dimension 1", f"dimension {window.dimension}", "Box([-1], [1])")
        return window.lo[0], window.hi[0]
    if window is not None:
        radius = as_fraction(window, "window")
        if radius <= 0:
            raise InvalidInput("window", "a number > 0", window, "r shows the interval from -r to r")
        return -radius, radius
    low, high = min(vertices, default=Fraction(0)), max(vertices, default=Fraction(0))
    margin = (high - low) / 2 or Fraction(1)
    return low - margin, high + margin


def _formula(piece: AffinePiece) -> str:
    try:
        text = piece.latex().replace(r"\tfrac", r"\frac")
    except ValueError:  # a number of thousands of digits has no text
        return ""
    return f" = {text}" if len(text) <= _LONGEST else ""


_LONGEST = 60
