"""What pictures of cells are made of: axes, polygons, facets, and text where there is room for it."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tropical.plot.figures import BLACK, GREY
from tropical.plot.planes import PlaneView, Polygon

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "MOST_LABELS",
    "ROOM_FOR_TEXT",
    "area_of_window",
    "centroid",
    "draw_facets",
    "draw_polygons",
    "prepared",
    "write_inside",
]

MOST_LABELS = 40
ROOM_FOR_TEXT = 0.05  # of the window's side


def prepared(axes: Axes, view: PlaneView) -> Axes:
    """Set the limits, the equal scales and the names of the coordinates."""
    (left, bottom), (right, top) = view.window.lo, view.window.hi
    axes.set_xlim(float(left), float(right))
    axes.set_ylim(float(bottom), float(top))
    axes.set_aspect("equal")
    axes.set_xlabel(f"${view.axes[0]}$")
    axes.set_ylabel(f"${view.axes[1]}$")
    return axes


def draw_polygons(axes: Axes, polygons: list[Polygon], colours: list[Any], gid: str = "cells", **options: Any) -> None:
    """Draw polygons, one colour each."""
    from matplotlib.collections import PolyCollection

    corners = [[(float(x), float(y)) for x, y in polygon] for polygon in polygons]
    # edges in the colour of the face close the hairlines that rounding leaves between neighbours
    style = {"edgecolors": "face", "linewidths": 0.4} | options
    axes.add_collection(PolyCollection(corners, facecolors=colours, gid=gid, **style))


def draw_facets(axes: Axes, view: PlaneView, output: int, colour: str = BLACK) -> None:
    """Draw the facets: heavy lines where an output bends, thin ones where it does not."""
    from matplotlib.collections import LineCollection

    pieces = view.pieces(output)
    bends: list[Any] = []
    straight: list[Any] = []
    for facet in view.facets:
        i, j = facet.cells
        (straight if pieces[i] == pieces[j] else bends).append([(float(x), float(y)) for x, y in facet.ends])
    axes.add_collection(LineCollection(straight, colors=GREY, linewidths=0.6, gid="facets"))
    axes.add_collection(LineCollection(bends, colors=colour, linewidths=1.4, capstyle="round", gid="bends"))


def area_of_window(view: PlaneView) -> Fraction:
    """Return the area of the window."""
    (a, b), (c, d) = view.window.lo, view.window.hi
    return (c - a) * (d - b)


def write_inside(axes: Axes, view: PlaneView, polygon: Polygon, text: str, *, insist: bool, color: str = BLACK) -> None:
    """Write a text into a polygon if it fits, or in any case."""
    x, y = centroid(polygon)
    letters = len(re.sub(r"[\\${}_^]", "", text))
    wide, high = (float(b - a) for a, b in zip(view.window.lo, view.window.hi, strict=True))
    fits = _chord(polygon, x, y, 0) > _LETTER * wide * letters and _chord(polygon, x, y, 1) > 3 * _LETTER * high
    if insist or fits:
        axes.text(x, y, text, ha="center", va="center", fontsize="small", color=color)


_LETTER = 0.015  # width of a letter, as a share of the window's side in a picture of usual size


def _chord(polygon: Polygon, x: float, y: float, axis: int) -> float:
    """Return how long the polygon is along an axis through an inner point."""
    place, found = (x, y)[1 - axis], []
    for one, two in zip(polygon, (*polygon[1:], *polygon[:1]), strict=True):
        a, b = float(one[1 - axis]), float(two[1 - axis])
        if min(a, b) <= place <= max(a, b) and a != b:
            share = (place - a) / (b - a)
            found.append((1 - share) * float(one[axis]) + share * float(two[axis]))
    return max(found, default=0.0) - min(found, default=0.0)


def centroid(polygon: Polygon) -> tuple[float, float]:
    """Return the centre of mass, rounded."""
    total = x = y = Fraction(0)
    for (a, b), (c, d) in zip(polygon, (*polygon[1:], *polygon[:1]), strict=True):
        cross = a * d - b * c
        total, x, y = total + cross, x + (a + c) * cross, y + (b + d) * cross
    return float(x / (3 * total)), float(y / (3 * total))
