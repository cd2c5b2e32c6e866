"""Pictures for notebooks: small SVG drawings from what is known already, without matplotlib.

Polygons are drawn from the generators of the cells, which every engine has; nothing is computed for a picture that the
complex did not hold, and exact numbers are rounded. :mod:`tropical.plot` draws the exact pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import hypot
from typing import TYPE_CHECKING

from tropical._display import PALETTE

if TYPE_CHECKING:
    from tropical.complexes.cell_complex import CellComplex

__all__ = ["cell_picture", "convex_hull", "draw", "window_of"]

Point = tuple[float, float]
_SIZE, _MOST_CELLS, _FAR, _FEW = 220, 400, 1e3, 20


def cell_picture(complex_: CellComplex) -> str:
    """Return the cells of a complex of rank two as an SVG element; nothing for other ranks and many cells.

    Cells with one piece have one colour where the pieces are known already, else colours only alternate.
    """
    source = complex_.source
    if len(source.coordinates.basis) != 2 or not 0 < len(source) <= _MOST_CELLS:
        return ""
    generators = []
    for i in range(len(source)):
        cone = source.generators(i)
        homogeneous = cone.dimension == 2
        lines = [line[:2] for line in cone.lines]
        directions = [*lines, *((-a, -b) for a, b in lines)]
        corners: list[Point] = [(0.0, 0.0)] if homogeneous else []
        for ray in cone.rays:
            if homogeneous or not ray[2]:
                directions.append(ray[:2])
            else:
                corners.append((ray[0] / ray[2], ray[1] / ray[2]))
        generators.append((corners, [(a / hypot(a, b), b / hypot(a, b)) for a, b in directions]))
    low, high = window_of(list({corner for corners, _ in generators for corner in corners}), most=True)
    numbers = complex_.known_pieces() or range(len(source))
    polygons = []
    for (corners, directions), number in zip(generators, numbers, strict=True):
        reach = _FAR * (high[0] - low[0])
        # sums of two directions: a wedge cut off straight between its two ends may miss the window
        steps = [*directions, *((a + c, b + d) for (a, b), (c, d) in combinations(directions, 2))]
        far = [(x + reach * a, y + reach * b) for x, y in corners for a, b in steps]
        polygon = _in_window(convex_hull([*corners, *far]), low, high)
        if len(polygon) > 2:
            polygons.append((polygon, PALETTE[number % len(PALETTE)]))
    return draw(polygons=polygons, low=low, high=high)


def window_of(points: Sequence[Point], *, most: bool = False) -> tuple[Point, Point]:
    """Return the corners of a square around points, or most of them where they are many, with room around them."""
    cut = len(points) // 20 if most and len(points) > _FEW else 0  # walls that are nearly parallel meet far out
    ordered = [sorted(p[a] for p in points)[cut : len(points) - cut] for a in (0, 1)]
    low, high = [line[0] for line in ordered], [line[-1] for line in ordered]
    half = 0.625 * max(b - a for a, b in zip(low, high, strict=True)) or 1.0
    x, y = ((a + b) / 2 for a, b in zip(low, high, strict=True))
    return (x - half, y - half), (x + half, y + half)


def convex_hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the convex hull in order (monotone chain)."""
    ordered, chain = sorted(set(points)), []
    for sequence in (ordered, ordered[::-1]):
        start = len(chain)
        for p in sequence:
            while len(chain) >= start + 2 and _turn(chain[-2], chain[-1], p) <= 0.0:
                chain.pop()
            chain.append(p)
        chain.pop()
    return chain or ordered


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _in_window(polygon: Sequence[Point], low: Point, high: Point) -> list[Point]:
    """Return the part of a convex polygon inside the window."""
    part = list(polygon)
    for axis in (0, 1):
        for sign, bound in ((1.0, low[axis]), (-1.0, -high[axis])):
            found: list[Point] = []
            for i, p in enumerate(part):
                before = part[i - 1]
                here, last = sign * p[axis] - bound, sign * before[axis] - bound
                if here * last < 0.0:
                    share = last / (last - here)
                    found.append((before[0] + share * (p[0] - before[0]), before[1] + share * (p[1] - before[1])))
                if here >= 0.0:
                    found.append(p)
            part = found
    return part


def draw(
    *,
    polygons: Iterable[tuple[Sequence[Point], str]] = (),
    segments: Iterable[tuple[Point, Point]] = (),
    dots: Iterable[Point] = (),
    low: Point,
    high: Point,
) -> str:
    """Return an SVG element that shows polygons, segments and dots inside a window."""
    wide = (high[0] - low[0]) or 1.0
    scale = _SIZE / wide

    def at(p: Point) -> str:
        return f"{(p[0] - low[0]) * scale:.1f},{(high[1] - p[1]) * scale:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE}" height="{(high[1] - low[1]) * scale:.0f}" role="img">'
    ]
    for polygon, colour in polygons:
        corners = " ".join(map(at, polygon))
        parts.append(
            f'<polygon points="{corners}" fill="{colour}" fill-opacity="0.55" stroke="#1a1a1a" stroke-width="0.7"/>'
        )
    for one, other in segments:
        (x, y), (u, v) = (at(p).split(",") for p in (one, other))
        parts.append(f'<line x1="{x}" y1="{y}" x2="{u}" y2="{v}" stroke="#0072B2" stroke-width="2"/>')
    for dot in dots:
        x, y = at(dot).split(",")
        parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="#1a1a1a"/>')
    return "".join([*parts, "</svg>"])
