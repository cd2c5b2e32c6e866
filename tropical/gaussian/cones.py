r"""Gaussian measure of cones with apex at the mean: angles.

The measure depends on the inner products of the walls' normals alone, so lines inside the cone do no harm: half-spaces
have 1/2, wedges β/2π, and cones whose normals span three dimensions Ω/4π, where by Girard's theorem
Ω = Σ β - (n - 2)π over the n edges, β the dihedral angle there: π minus the angle between inward normals. All these
are exact. Beyond rank three there is no closed form in general; see :mod:`tropical.gaussian.dilation`.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq, fmpq_mat

from tropical.gaussian.closed_form import Combination, Factor, arc_cosine
from tropical.gaussian.faces import Face, Wall, inner

__all__ = ["cone_measure", "gram"]


def cone_measure(face: Face, walls: Sequence[Wall]) -> Combination | None:
    """Return the measure of the cone ``{<normal, z - mean> >= 0 for all walls}``, None where no closed form is known.

    The walls are some of the face's, irredundant.
    """
    if not walls:
        return Combination.rational(1)
    if len(walls) == 1:
        return Combination.rational(fmpq(1, 2))
    if len(walls) == 2:
        return _dihedral_angle(*walls).times(_PER_TURN)
    if fmpq_mat(gram(walls)).rank() > 3:
        return None
    total = Combination.of(Factor(fmpq(2 - len(walls)), 2, 1, fmpq(0)))
    for i, wall in enumerate(walls):
        for other in walls[:i]:
            if face.is_ridge(wall, other):
                total.add(_dihedral_angle(wall, other))
    return total.times(_PER_SPHERE)


_PER_TURN = Factor(fmpq(1, 2), -2, 1, fmpq(0))
_PER_SPHERE = Factor(fmpq(1, 4), -2, 1, fmpq(0))


def gram(walls: Sequence[Wall]) -> list[list[fmpq]]:
    """Return the inner products of the normals: covariances of the walls' forms."""
    return [[inner(wall.direction, other.normal) for other in walls] for wall in walls]


def _dihedral_angle(wall: Wall, other: Wall) -> Combination:
    """Return π minus the angle between the inward normals."""
    product = inner(wall.direction, other.normal)
    return arc_cosine(-_sign(product), product * product / (wall.variance * other.variance))


def _sign(value: fmpq) -> int:
    return (value > 0) - (value < 0)
