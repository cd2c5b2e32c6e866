"""Where a classifier changes its mind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput
from tropical.plot.drawing import draw_polygons, prepared
from tropical.plot.figures import BLACK, GREY, OKABE_ITO, axes_of, pale
from tropical.plot.planes import Polygon, clipped, plane_view, value_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["decision_boundary"]


def decision_boundary(
    F: Any,
    ax: Axes | None = None,
    *,
    level: Any = 0,
    window: Any = None,
    plane: Any = None,
    origin: Any = None,
    max_cells: int | None = 20_000,
) -> Axes:
    r"""Draw where a classifier changes its mind.

    With one output the sides {F > level} and {F < level} and the set {F = level} between them; with several the classes
    ``argmax_j F_j`` and the points where the largest two tie.

    Parameters
    ----------
    F : a function of any type, or a CellComplex
    ax : matplotlib Axes, optional
    level : exact number
        For one output.
    window, plane, origin, max_cells
        As for :func:`cells`.

    Returns
    -------
    Axes
        Its collection ``"boundary"`` holds the segments; ``"ties"`` the polygons on which two sides tie, if any.

    Raises
    ------
    InvalidInput
        For a level beside several outputs.
    """
    view = plane_view(F, window=window, plane=plane, origin=origin, max_cells=max_cells)
    axes = prepared(axes_of(ax), view)
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Patch

    outputs = len(view.complex_.tables)
    value = as_fraction(level, "level")
    if outputs == 1:
        names = [rf"$F < {value}$", rf"$F > {value}$"]
    elif value:
        raise InvalidInput("level", "0 for several outputs, whose largest one decides", level, "leave it out")
    else:
        names = [rf"$\mathrm{{argmax}} = {j}$" for j in range(outputs)]
    parts: list[Polygon] = []
    ties: list[Polygon] = []
    colours: list[Any] = []
    segments: set[tuple[Any, Any]] = set()
    count = len(names)
    for cell in view.cells:
        forms = list(cell.forms)
        if outputs == 1:
            a, b, c = forms[0]
            forms = [(-a, -b, value - c), (a, b, c - value)]
        for j in range(count):
            part = cell.polygon
            for other in range(count):
                if len(part) >= 3 and other != j:
                    difference = tuple(p - q for p, q in zip(forms[j], forms[other], strict=True))
                    part = clipped(part, difference) if any(difference) or other > j else ()
            if len(part) < 3:
                continue
            if any(forms[j] == forms[other] for other in range(count) if other != j):
                ties.append(part)
                continue
            parts.append(part)
            colours.append(pale(OKABE_ITO[j % len(OKABE_ITO)]))
            for one, two in zip(part, (*part[1:], *part[:1]), strict=True):
                for other in range(count):
                    if other != j and all(value_at(forms[j], p) == value_at(forms[other], p) for p in (one, two)):
                        segments.add((min(one, two), max(one, two)))
    draw_polygons(axes, parts, colours, "sides")
    if ties:
        draw_polygons(axes, ties, ["white"] * len(ties), "ties", hatch="///", edgecolors=GREY, linewidths=0.0)
    lines = [[(float(x), float(y)) for x, y in ends] for ends in sorted(segments)]
    axes.add_collection(LineCollection(lines, colors=BLACK, linewidths=2.0, capstyle="round", gid="boundary"))
    handles = [Patch(color=pale(OKABE_ITO[j % len(OKABE_ITO)]), label=name) for j, name in enumerate(names)]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="small")
    return axes
