r"""Tropical hypersurfaces: where a polynomial is not affine, with weights and the balancing condition.

A cell of dimension d - 1 lies between the regions of two essential terms i and j. Its *weight* is the lattice length of
``u_i - u_j``: the w > 0 with ``u_i - u_j = w n`` for a primitive integer vector n, the cell's normal (an integer where
the exponents are, a rational number in general). *Balancing*: around every cell of dimension d - 2,

.. math:: \sum_f \pm w_f n_f = 0

over the cells f that meet there, their normals turned into one cyclic sense. (Turning by a right angle in the plane
across the small cell makes this the usual sum of primitive directions; docs/theory.md, lemma Gl.)

References
----------
Maclagan and Sturmfels (2015), *Introduction to Tropical Geometry*, theorem 3.3.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import hypot
from typing import Any

from tropical._arguments import as_instance
from tropical._display import Record, Shown, never_raising
from tropical._exact.linear import coordinates
from tropical._exact.rational import IntVector, common_denominator, primitive
from tropical.complexes.epigraph import Epigraph
from tropical.complexes.vector_pictures import draw, window_of
from tropical.exceptions import InvalidInput
from tropical.polynomial import TropicalPolynomial

__all__ = ["HypersurfaceCell", "HypersurfaceRidge", "TropicalHypersurface"]

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, repr=False)
class HypersurfaceCell(Record):
    """A cell of dimension d - 1: the hull of its vertices plus the cone of its rays plus the lineality space.

    Attributes
    ----------
    terms : tuple of int
        The terms that attain on the cell; its dual edge in the regular subdivision.
    weight : Fraction
        Lattice length of the dual edge.
    normal : int vector
        Primitive; along it the term with the larger exponent takes over ("max").
    vertices : tuple of points
        Sorted; representatives modulo the lineality space.
    rays : tuple of int vectors
        Primitive directions in which the cell is unbounded.
    point : point
        In the relative interior.
    """

    terms: tuple[int, ...]
    weight: Fraction
    normal: IntVector
    vertices: tuple[Point, ...]
    rays: tuple[IntVector, ...]
    point: Point


@dataclass(frozen=True, slots=True, repr=False)
class HypersurfaceRidge(Record):
    """A cell of dimension d - 2, where cells of the hypersurface meet.

    Attributes
    ----------
    terms : tuple of int
        The terms that attain there.
    cells : tuple of int
        Numbers of the cells that contain it.
    vertices, rays, point
        As for the cells.
    """

    terms: tuple[int, ...]
    cells: tuple[int, ...]
    vertices: tuple[Point, ...]
    rays: tuple[IntVector, ...]
    point: Point


@dataclass(frozen=True, slots=True, repr=False)
class TropicalHypersurface(Shown):
    """The set where a polynomial is not affine, as a weighted polyhedral complex; exact.

    Attributes
    ----------
    dimension : int
        d of the space R^d around it.
    cells : tuple of HypersurfaceCell
        Of dimension d - 1. Empty for a single term.
    ridges : tuple of HypersurfaceRidge
        Of dimension d - 2.
    vertices : tuple of points, sorted
        The minimal cells: points where the exponents span, else one point on each.
    lineality : tuple of int vectors
        Basis of the directions along which the hypersurface is invariant.

    Examples
    --------
    >>> from tropical import TropicalPolynomial
    >>> line = TropicalPolynomial({(1, 0): 0, (0, 1): 0, (0, 0): 0}, convention="max").hypersurface()
    >>> [cell.rays for cell in line.cells], line.is_balanced()
    ([((-1, 0),), ((0, -1),), ((1, 1),)], True)
    """

    dimension: int
    cells: tuple[HypersurfaceCell, ...]
    ridges: tuple[HypersurfaceRidge, ...]
    vertices: tuple[Point, ...]
    lineality: tuple[IntVector, ...]

    @classmethod
    def of_polynomial(cls, polynomial: TropicalPolynomial) -> TropicalHypersurface:
        """Return the hypersurface of a polynomial; at the cost of its epigraph and of the cells listed.

        Parameters
        ----------
        polynomial : TropicalPolynomial
        """
        as_instance(polynomial, TropicalPolynomial, "polynomial", "pass a tropical polynomial")
        epigraph = Epigraph(polynomial.pieces, polynomial.convention)
        levels = list(epigraph.faces_by_codimension())
        walls = levels[1] if len(levels) > 1 else []
        cells = []
        for face in walls:
            terms = epigraph.attaining(face)
            exponents = [polynomial.pieces.fractions(i)[:-1] for i in terms]
            weight, normal = _lattice_length(exponents[0], exponents[-1])
            shape = epigraph.vertices(face), epigraph.directions(face), epigraph.interior_point(face)
            cells.append(HypersurfaceCell(terms, weight, normal, *shape))
        ridges = []
        for face in levels[2] if len(levels) > 2 else []:
            around = tuple(i for i, wall in enumerate(walls) if wall & face == face)
            shape = epigraph.vertices(face), epigraph.directions(face), epigraph.interior_point(face)
            ridges.append(HypersurfaceRidge(epigraph.attaining(face), around, *shape))
        minimal = {point for face in walls for point in epigraph.vertices(face)}
        return cls(polynomial.dimension, tuple(cells), tuple(ridges), tuple(sorted(minimal)), epigraph.lineality)

    def imbalance(self, ridge: HypersurfaceRidge) -> tuple[Fraction, ...]:
        """Return the sum of weight times normal around a ridge, in one cyclic sense: zero where it is balanced.

        Parameters
        ----------
        ridge : HypersurfaceRidge
            One of :attr:`ridges`.

        Raises
        ------
        InvalidInput
            If it is a ridge of another surface.
        """
        cure = "cells may be replaced, ridges belong to the surface"
        if as_instance(ridge, HypersurfaceRidge, "ridge", cure) not in self.ridges:
            raise InvalidInput("ridge", "one of `ridges`", ridge, cure)
        around = [self.cells[i] for i in ridge.cells]
        first = around[0].normal
        # the terms of a ridge span a polygon, so the normals around it are not all parallel
        second = next(c.normal for c in around if c.normal not in (first, tuple(-a for a in first)))
        total = [Fraction(0)] * self.dimension
        for cell in around:
            # in the coordinates r = (<first, x>, <second, x>) across the ridge, cell.normal is the form (alpha, beta);
            # it points forward in the cyclic sense where it is positive on r turned by a right angle
            step = [a - b for a, b in zip(cell.point, ridge.point, strict=True)]
            one, two = (sum(n * s for n, s in zip(normal, step, strict=True)) for normal in (first, second))
            alpha, beta = coordinates(cell.normal, [first, second])
            turn = 1 if beta * one - alpha * two > 0 else -1
            total = [t + turn * cell.weight * n for t, n in zip(total, cell.normal, strict=True)]
        return tuple(total)

    def is_balanced(self) -> bool:
        """Return whether the balancing condition holds around every ridge, from the cells as they are given."""
        return not any(any(self.imbalance(ridge)) for ridge in self.ridges)

    @never_raising
    def __repr__(self) -> str:
        count = f"{len(self.cells)} cells, {len(self.vertices)} vertices"
        return f"TropicalHypersurface(R^{self.dimension}, {count}, lineality {len(self.lineality)})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "dimension", f"{self.dimension - 1} in R^{self.dimension}"
        yield "cells", len(self.cells)
        yield "vertices", self.vertices
        yield "weights", tuple(cell.weight for cell in self.cells[:_CELLS_SHOWN])
        yield "lineality", self.lineality

    def _picture(self) -> str:
        if self.dimension != 2 or not 0 < len(self.cells) <= _CELLS_DRAWN:
            return ""
        points = [(float(x), float(y)) for x, y in self.vertices]
        low, high = window_of(points)
        reach = 3.0 * (high[0] - low[0])
        segments = []
        for cell in self.cells:
            ends = [(float(x), float(y)) for x, y in cell.vertices]
            directions = [*cell.rays, *(tuple(s * a for a in line) for line in self.lineality for s in (1, -1))]
            for u, v in directions:
                step = reach / hypot(u, v)
                ends.append((ends[0][0] + u * step, ends[0][1] + v * step))
            segments.append((ends[-2], ends[-1]))
        return draw(segments=segments, dots=points if self.ridges else (), low=low, high=high)


_CELLS_SHOWN, _CELLS_DRAWN = 5, 1000


def _lattice_length(one: Point, other: Point) -> tuple[Fraction, IntVector]:
    """Return w > 0 and the primitive n with ``other - one = w n``."""
    step = [b - a for a, b in zip(one, other, strict=True)]
    scale = common_denominator(step)
    integers = [int(a * scale) for a in step]
    normal = primitive(integers)
    lead = next(i for i, a in enumerate(normal) if a)
    return Fraction(integers[lead], normal[lead] * scale), normal
