r"""Faces of a polyhedron, each with the Gaussian measure of the flat that it spans. Exact.

Let z ~ N(0, Σ) on R^k, Σ rational. On a flat {z : <a, z> + c = 0, ...} the conditional law of z is again Gaussian, with
rational mean and covariance: adding the equation of the wall <a, z> + c = 0 to a flat with mean μ and covariance S,

.. math:: d = S a, \quad σ² = <a, d>, \quad v = <a, μ> + c, \qquad μ' = μ - v d / σ², \quad S' = S - d dᵀ / σ².

So no orthonormal basis is needed to work on faces, and no root: lengths enter as σ² alone. A face is named by its
extreme rays, whatever cell it was met on, so that what two neighbours say about their common face can cancel.

=========================  =======================
docs/gaussian.md           here
=========================  =======================
μ, S of a face f           ``Face.mean, .covariance``
walls of f: a, d, v, σ²    ``Face.walls``
=========================  =======================
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import lcm
from typing import NamedTuple

from flint import fmpq

from tropical._exact.cone import Cone

__all__ = ["AffineForm", "Body", "Face", "FaceTable", "Wall", "inner"]

Vector = tuple[fmpq, ...]


class AffineForm(NamedTuple):
    """The affine form ``<normal, z> + constant``."""

    normal: Vector
    constant: fmpq


class Wall(NamedTuple):
    """A facet of a face, seen from the face: ``<normal, z> + constant >= 0`` there.

    ``direction`` is d = S·normal, ``variance`` is σ² = <normal, d>, ``shift`` is v, the form's value at the mean. The
    ``mask`` numbers the rays of the face from which it is seen; the facet as a face may have met other numbers first.
    """

    face: Face
    mask: int
    normal: Vector
    direction: Vector
    variance: fmpq
    shift: fmpq


class Body:
    """A cone, or a homogenised polyhedron, prepared for its face lattice.

    Parameters
    ----------
    cone : Cone
        In R^k, or over (z, t) in R^{k+1}; may hold lines.
    dimension : int
        k.
    """

    __slots__ = ("dimension", "finite", "forms", "linear", "lines", "on", "rays")

    def __init__(self, cone: Cone, dimension: int) -> None:
        self.dimension = dimension
        self.linear = cone.dimension == dimension
        self.rays = cone.rays
        self.lines = cone.lines
        self.finite = sum(1 << r for r, ray in enumerate(cone.rays) if self.linear or ray[-1])
        self.forms: list[AffineForm] = []
        self.on: list[int] = []
        for number, constraint in enumerate(cone.constraints):
            normal = constraint[:dimension]
            if any(normal):
                constant = 0 if self.linear else constraint[-1]
                self.forms.append(AffineForm(tuple(map(fmpq, normal)), fmpq(constant)))
                self.on.append(sum(1 << r for r, mask in enumerate(cone.incidence) if mask >> number & 1))

    def moved(self, point: Vector) -> Body:
        """Return a cone moved by a vector, as a polyhedron; its rays keep their numbers, the apex comes last."""
        scale = lcm(*(int(a.q) for a in point))
        apex = 1 << len(self.rays)
        body = object.__new__(Body)
        body.dimension, body.linear, body.finite = self.dimension, False, apex
        body.rays = (*((*ray, 0) for ray in self.rays), (*(int(a * scale) for a in point), scale))
        body.lines = tuple((*line, 0) for line in self.lines)
        body.forms = [AffineForm(form.normal, -inner(form.normal, point)) for form in self.forms]
        body.on = [on | apex for on in self.on]
        return body

    def key(self, mask: int) -> tuple[frozenset[tuple[int, ...]], tuple[tuple[int, ...], ...]]:
        """Return what identifies a face as a set of points."""
        return frozenset(ray for r, ray in enumerate(self.rays) if mask >> r & 1), self.lines


class Face:
    """A face with the conditional law of z on its flat."""

    def __init__(
        self, table: FaceTable, body: Body, mask: int, dimension: int, mean: Vector, covariance: tuple[Vector, ...]
    ) -> None:
        self.table, self.body, self.mask, self.dimension = table, body, mask, dimension
        self.mean, self.covariance = mean, covariance
        self.number = len(table.faces)

    @cached_property
    def walls(self) -> tuple[Wall, ...]:
        """The facets of the face, each once."""
        meets: dict[int, AffineForm] = {}
        for form, on in zip(self.body.forms, self.body.on, strict=True):
            meet = self.mask & on
            if meet != self.mask and (self.body.linear or meet & self.body.finite):
                meets.setdefault(meet, form)
        maximal = [m for m in meets if not any(m != other and m & other == m for other in meets)]
        return tuple(self.wall(meets[meet], meet) for meet in maximal)

    def wall(self, form: AffineForm, mask: int) -> Wall:
        """Return the part of the face where a form vanishes, which is >= 0 on the face; its rays are the mask."""
        direction = tuple(inner(row, form.normal) for row in self.covariance)
        variance = inner(direction, form.normal)
        shift = inner(form.normal, self.mean) + form.constant
        face = self.table.find(self.body, mask, self.dimension - 1)
        if face is None:
            step = shift / variance
            mean = tuple(m - step * d for m, d in zip(self.mean, direction, strict=True)) if shift else self.mean
            scaled = [d / variance for d in direction]
            covariance = tuple(
                tuple(s - a * b for s, b in zip(row, direction, strict=True))
                for row, a in zip(self.covariance, scaled, strict=True)
            )
            face = self.table.add(Face(self.table, self.body, mask, self.dimension - 1, mean, covariance))
        return Wall(face, mask, form.normal, direction, variance, shift)

    def is_ridge(self, wall: Wall, other: Wall) -> bool:
        """Return whether two walls of the face meet in a wall of both."""
        meets = {wall.mask & on for on in self.body.on} - {wall.mask}
        common = wall.mask & other.mask
        return common in meets and not any(common != meet and common & meet == common for meet in meets)

    def rays(self) -> frozenset[tuple[int, ...]]:
        """Return the extreme rays, of the homogenised face where there are constants."""
        return self.body.key(self.mask)[0]

    def value(self, form: AffineForm) -> fmpq:
        """Return the form's conditional mean."""
        return inner(form.normal, self.mean) + form.constant

    def covariances(self, form: AffineForm) -> Vector:
        """Return the conditional covariances of the form with the coordinates z."""
        return tuple(inner(row, form.normal) for row in self.covariance)


class FaceTable:
    """All faces met in one question.

    Parameters
    ----------
    covariance : tuple of rows of fmpq, (k, k)
        Σ, positive definite.
    """

    def __init__(self, covariance: Sequence[Vector]) -> None:
        self.covariance = tuple(covariance)
        self.faces: list[Face] = []
        self._found: dict[object, Face] = {}

    def find(self, body: Body, mask: int, dimension: int) -> Face | None:
        """Return a face that is known already."""
        return self._found.get((dimension, *body.key(mask)))

    def add(self, face: Face) -> Face:
        """Keep a new face."""
        self._found[(face.dimension, *face.body.key(face.mask))] = face
        self.faces.append(face)
        return face

    def cell(self, cone: Cone) -> Face:
        """Return a full-dimensional cell as a face of itself."""
        return self.whole(Body(cone, len(self.covariance)))

    def whole(self, body: Body) -> Face:
        """Return a full-dimensional body as a face of itself."""
        k = len(self.covariance)
        mask = (1 << len(body.rays)) - 1
        found = self.find(body, mask, k)
        if found is not None:
            return found
        return self.add(Face(self, body, mask, k, (fmpq(0),) * k, self.covariance))


def inner(left: Sequence[fmpq], right: Sequence[fmpq]) -> fmpq:
    """Return an inner product."""
    total = fmpq(0)
    for a, b in zip(left, right, strict=True):
        if a and b:
            total += a * b
    return total
