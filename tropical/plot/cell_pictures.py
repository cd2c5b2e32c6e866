"""Cells, linear regions and pieces of a function on a plane."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tropical._arguments import as_flag
from tropical._exact.rational import as_choice, as_number_below
from tropical.exceptions import InvalidInput
from tropical.network import ReLUNetwork
from tropical.pieces import AffinePiece
from tropical.plot.drawing import (
    MOST_LABELS,
    ROOM_FOR_TEXT,
    area_of_window,
    centroid,
    draw_facets,
    draw_polygons,
    prepared,
    write_inside,
)
from tropical.plot.figures import BLACK, OKABE_ITO, axes_of, colour_bar, colouring, pale
from tropical.plot.planes import Form, PlaneCell, PlaneView, area, plane_view, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cells"]

COLOURS = ("piece", "region", "pattern", "gradient")


def cells(
    F: Any,
    ax: Axes | None = None,
    *,
    window: Any = None,
    plane: Any = None,
    origin: Any = None,
    output: int = 0,
    color: str = "piece",
    labels: bool | None = None,
    max_cells: int | None = 20_000,
) -> Axes:
    r"""Draw the cells of a function of two variables, or of a plane slice of one with more.

    Heavy lines are facets across which F bends, thin ones facets between cells with one piece: what the representation
    sees and the function does not.

    Parameters
    ----------
    F : a function of any type, or a CellComplex
    ax : matplotlib Axes, optional
        A new figure by default.
    window : None, exact number or Box
        What to show, in the coordinates of the plane: r is the square [-r, r]². By default all vertices, and where
        there are many of them most: the outermost tenth along each axis is left out.
    plane : pair of vectors of exact numbers, optional
        The slice ``origin + s·u + t·v`` for directions (u, v). Not needed for two inputs, and for exact rank two, where
        the relevant coordinates are shown.
    origin : vector of exact numbers, optional
        Zero by default.
    output : int
        Whose pieces, regions and gradients to show.
    color : {"piece", "region", "pattern", "gradient"}
        The affine function; the linear region; the number of active units of the activation pattern, by which
        neighbours differ; or the length of the gradient, with arrows along it. Gradients are those in the plane shown.
    labels : bool, optional
        Whether to write g_i (or the pattern) into the cells; by default where there are few.
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    Axes
        The polygons are its collection ``"cells"`` (``get_gid``), one for each cell with interior points in the window.

    Raises
    ------
    BudgetExceeded
        After `max_cells` cells.

    Notes
    -----
    Polygons are exact and rounded when drawn. More than seven pieces share seven colours; neighbours differ as far as
    that goes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from tropical import parse
    >>> ax = cells(parse("max(min(0, x0), min(0, x1), min(x0, x1))"), Figure().add_subplot(), window=2)
    >>> [len(found.get_paths()) for found in ax.collections if found.get_gid() == "cells"]
    [6]
    """
    as_choice(color, "color", COLOURS, "name what the colours tell apart")
    if labels is not None:
        as_flag(labels, "labels")
    view = plane_view(F, window=window, plane=plane, origin=origin, max_cells=max_cells)
    number = as_number_below(output, "output", len(view.complex_.tables), "outputs")
    axes = prepared(axes_of(ax), view)
    if color == "pattern":
        _by_pattern(axes, view, labels)
    elif color == "gradient":
        _by_gradient(axes, view, number, labels)
    else:
        _by_number(axes, view, number, color, labels)
    draw_facets(axes, view, number)
    return axes


def _by_number(axes: Axes, view: PlaneView, output: int, what: str, labels: bool | None) -> None:
    pieces = {cell: numbers[0] for cell, numbers in view.pieces(output).items()}
    classes = pieces if what == "piece" else view.regions(output)
    order = {value: place for place, value in enumerate(sorted(set(classes.values())))}
    neighbours = {(order[classes[i]], order[classes[j]]) for i, j in (f.cells for f in view.facets)}
    chosen = colouring(len(order), [(i, j) for i, j in neighbours if i != j])
    colours = [pale(OKABE_ITO[chosen[order[classes[cell.number]]]]) for cell in view.cells]
    draw_polygons(axes, [cell.polygon for cell in view.cells], colours)
    regions = view.regions(output)
    if labels or (labels is None and len(set(regions.values())) <= MOST_LABELS):
        largest: dict[int, PlaneCell] = {}
        for cell in view.cells:
            region = regions[cell.number]
            if region not in largest or area(cell.polygon) > area(largest[region].polygon):
                largest[region] = cell
        for cell in largest.values():
            write_inside(axes, view, cell.polygon, f"$g_{{{pieces[cell.number]}}}$", insist=bool(labels))
    if what == "piece" and len(order) <= len(OKABE_ITO):
        _legend_of_pieces(axes, view, output, {piece: OKABE_ITO[chosen[place]] for piece, place in order.items()})


def _legend_of_pieces(axes: Axes, view: PlaneView, output: int, colours: dict[int, str]) -> None:
    from matplotlib.patches import Patch

    forms = {view.complex_.cells[c.number].pieces[output]: c.forms[output] for c in view.cells}
    handles = []
    for piece, colour in colours.items():
        text = piece_latex(view, forms[piece])
        handles.append(Patch(color=pale(colour), label=f"$g_{{{piece}}}" + (f" = {text}$" if text else "$")))
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="small")


def piece_latex(view: PlaneView, form: Form) -> str:
    """Return a piece in the coordinates of the picture, nothing where it is long."""
    try:
        text = AffinePiece(form[:2], form[2]).latex().replace(r"\tfrac", r"\frac")
    except ValueError:  # a number of thousands of digits has no text
        return ""
    names = {"x_{0}": view.axes[0], "x_{1}": view.axes[1]}
    return "" if len(text) > _LONGEST_PIECE else re.sub(r"x_\{[01]\}", lambda name: names[name[0]], text)


_LONGEST_PIECE = 70


def _by_pattern(axes: Axes, view: PlaneView, labels: bool | None) -> None:
    if not isinstance(view.complex_.function, ReLUNetwork):
        kind = type(view.complex_.function).__name__
        raise InvalidInput("color", '"piece", "region" or "gradient"', f'"pattern" for a {kind}', "pass a network")
    patterns = {cell.number: view.complex_.cells[cell.number].label for cell in view.cells}
    active = {number: sum(map(sum, label)) for number, label in patterns.items()}
    low, high = min(active.values()), max(active.values())
    paint = colour_bar(axes, low, high, "active units", whole=True)
    draw_polygons(axes, [c.polygon for c in view.cells], [paint(active[c.number]) for c in view.cells])
    if labels or (labels is None and len(patterns) <= MOST_LABELS):
        for cell in view.cells:
            text = "|".join("".join(map(str, layer)) for layer in patterns[cell.number])
            dark = active[cell.number] < (low + high) / 2
            write_inside(axes, view, cell.polygon, text, insist=bool(labels), color="white" if dark else BLACK)


def _by_gradient(axes: Axes, view: PlaneView, output: int, labels: bool | None) -> None:
    slopes = [(rounded(c.forms[output][0]), rounded(c.forms[output][1])) for c in view.cells]
    lengths = [(a * a + b * b) ** 0.5 for a, b in slopes]
    paint = colour_bar(axes, 0.0, max(lengths), r"$\|\nabla F\|_2$")  # from 0: pictures side by side compare
    draw_polygons(axes, [c.polygon for c in view.cells], [paint(length) for length in lengths])
    if labels or (labels is None and len(view.cells) <= 4 * MOST_LABELS):
        largest, whole = max(lengths) or 1.0, float(area_of_window(view)) ** 0.5
        for cell, (a, b), length in zip(view.cells, slopes, lengths, strict=True):
            size = float(area(cell.polygon)) ** 0.5
            if not length or (size < ROOM_FOR_TEXT * whole and not labels):
                continue
            x, y = centroid(cell.polygon)
            reach = 0.35 * size / length
            dark = length < largest / 2
            tip, tail = (x + a * reach, y + b * reach), (x - a * reach, y - b * reach)
            style = {"arrowstyle": "-|>", "color": "white" if dark else BLACK, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", tip, tail, arrowprops=style)
