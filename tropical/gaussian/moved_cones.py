r"""A cone moved off the mean: the polyhedron C + p, whose dilations C + sp shrink to nothing as s grows.

γ(C) is the measure of C + sp at s = 0. The cone is given by the inner products of its walls' normals, {y >= 0} for
y ~ N(0, G); r = rank G independent ones of the y are coordinates, so lines are gone. p is about 1 from the mean in the
metric of the Gaussian, and general: at no face does a wall pass through the face's mean.

The cones of a fan (the cells of a bias-free function, and their faces) are moved together, by one point in general
position, so that neighbours share their faces; there the mean lies in one of the moved cones.
"""

from __future__ import annotations

from fractions import Fraction
from math import log2
from random import Random
from typing import Any

from flint import fmpq, fmpq_mat

from tropical._exact.cone import Cone
from tropical._exact.rational import primitive_multiple
from tropical.gaussian.faces import Face, FaceTable

__all__ = ["general_point", "moved_cone", "moved_face", "rough_log2", "squared_length"]


def moved_cone(products: list[list[fmpq]]) -> tuple[FaceTable, tuple[fmpq, ...]]:
    """Return the cone {y >= 0}, y ~ N(0, products), moved off the mean by a point p inside, as face 0 of a table.

    In coordinates: r independent ones of the y. Returns the table and p.
    """
    chosen: list[int] = []
    for i in range(len(products)):
        trial = [*chosen, i]
        if fmpq_mat([[products[a][b] for b in trial] for a in trial]).rank() == len(trial):
            chosen = trial
    rank = len(chosen)
    covariance = [[products[a][b] for b in chosen] for a in chosen]
    solved = fmpq_mat(covariance).solve(fmpq_mat([[products[a][i] for i in range(len(products))] for a in chosen]))
    walls = []
    for i in range(len(products)):
        row = [Fraction(int(solved[j, i].p), int(solved[j, i].q)) for j in range(rank)]
        walls.append(primitive_multiple(row))
    cone: Cone | None = Cone.whole_space(rank)
    for wall in walls:
        assert cone is not None
        cone = cone.part(wall)
    assert cone is not None
    rows = tuple(map(tuple, covariance))
    for attempt in range(1, 64):
        apex = _inner_point(cone, rows, attempt)
        shifted = [(*wall, -value) for wall, value in zip(walls, [_dot(w, apex) for w in walls], strict=True)]
        table = FaceTable(rows)
        affine: Cone | None = Cone.whole_space(rank + 1).part((*(0,) * rank, 1))
        for wall in shifted:
            assert affine is not None
            affine = affine.part(_integers(wall))
        assert affine is not None
        if _is_generic(table.cell(affine)):
            return table, apex
    raise AssertionError("64 points in general directions all lie on finitely many hyperplanes")


def general_point(covariance: tuple[tuple[fmpq, ...], ...]) -> tuple[fmpq, ...]:
    """Return a point about 1 from the origin in the Gaussian metric, in no special position to a given fan."""
    generator = Random(len(covariance))  # always the same point: equal questions have equal answers
    point = tuple(fmpq(generator.choice((-1, 1)) * generator.randint(1 << 10, 1 << 12), 1 << 12) for _ in covariance)
    scale = _rough_root(1 / squared_length(covariance, point))
    return tuple(a * scale for a in point)


def moved_face(face: Face, table: FaceTable, point: tuple[fmpq, ...]) -> Face:
    """Return a cone of a fan, or a face of one, after the whole fan was moved by a point, in the moved fan's table."""
    body = face.body.moved(point)
    wanted = body.key(face.mask | 1 << len(face.body.rays))[0]
    found = table.whole(body)
    while found.rays() != wanted:
        found = next(wall.face for wall in found.walls if wanted <= wall.face.rays())
    return found


def _inner_point(cone: Cone, covariance: tuple[tuple[fmpq, ...], ...], attempt: int) -> tuple[fmpq, ...]:
    """Return a point inside the cone, about 1 from the origin in the Gaussian metric."""
    total = [fmpq(0)] * len(covariance)
    for number, ray in enumerate(cone.rays):
        length = squared_length(covariance, tuple(map(fmpq, ray)))
        weight = _rough_root(1 / length) * (1 + fmpq((number * number + 1) * (attempt - 1) % 17, 40))
        total = [a + weight * b for a, b in zip(total, ray, strict=True)]
    scale = _rough_root(1 / squared_length(covariance, tuple(total)))
    return tuple(a * scale for a in total)


def _rough_root(value: fmpq) -> fmpq:
    """Return a power of two times a few bits, near √value: coordinates stay short."""
    exponent = round(rough_log2(value) / 2 * 8)
    whole, eighths = divmod(exponent, 8)
    mantissa = fmpq(round(2 ** (eighths / 8) * 16), 16)
    return mantissa * fmpq(2) ** whole


def _dot(wall: tuple[int, ...], point: tuple[fmpq, ...]) -> fmpq:
    return sum((a * b for a, b in zip(wall, point, strict=True)), fmpq(0))


def _integers(row: tuple[Any, ...]) -> tuple[int, ...]:
    return primitive_multiple([Fraction(int(fmpq(a).p), int(fmpq(a).q)) for a in row])


def _is_generic(face: Face) -> bool:
    return all(wall.shift and _is_generic(wall.face) for wall in face.walls)


def squared_length(matrix: tuple[tuple[fmpq, ...], ...], vector: tuple[fmpq, ...]) -> fmpq:
    """Return vᵀ Σ⁻¹ v."""
    size = len(vector)
    column = fmpq_mat(size, 1, list(vector))
    solved = fmpq_mat(size, size, [entry for row in matrix for entry in row]).solve(column)
    return sum((a * solved[i, 0] for i, a in enumerate(vector)), fmpq(0))


def rough_log2(value: fmpq) -> float:
    """Return about log2 of a rational number > 0 of any size."""
    p, q = int(value.p), int(value.q)
    shift = max(0, min(p.bit_length(), q.bit_length()) - 60)
    return log2(p >> shift) - log2(q >> shift) if p >> shift and q >> shift else p.bit_length() - q.bit_length()
