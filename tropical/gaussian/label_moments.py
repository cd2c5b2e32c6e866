r"""Moments of x weighted by a filter of the label, ψ(F(x)): what remains are the level sets of F. Exact up to measures.

Let ψ be a piecewise polynomial and ℓ, ℓ' linear forms. Integration by parts over every cell, of which the contributions
of a wall between two cells cancel wherever ψ(F) is continuous across it (docs/gaussian.md, level sets), gives

.. math:: E[ψ(F)\, :ℓℓ':] = \sum_L [ψ]\, \mathrm{cov}(ℓ, a_L)\, p_L\, E_L[ℓ']
          + \sum_C \mathrm{cov}(ℓ, u_C)\, E_C[ψ'(F)\, ℓ'],

:ℓℓ': = ℓℓ' - cov(ℓ, ℓ'), over the parts L of the level sets at which ψ jumps by [ψ]. For the indicator of a set of
labels only level sets are left, of dimension k - 1: so for k = 2 its matrix is a closed form, with biases or without.
The mass of the set is ψ(F(0)) minus signed fluxes through the same parts L, unless 0 lies on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from flint import fmpq

from tropical._exact.cone import Cone
from tropical._exact.flint_numbers import to_fmpq
from tropical._exact.rational import IntVector, dot, primitive_multiple
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.decomposition import Decomposition
from tropical.gaussian.faces import AffineForm, Face, FaceTable, Wall, inner
from tropical.gaussian.filters import LabelFilter
from tropical.gaussian.isserlis import Moments

__all__ = ["LabelMoments", "affine_cone", "part_between"]


class _Jump(NamedTuple):
    """A part of a level set: a wall of a (part of a) cell, and the jump of ψ across it, inwards."""

    parent: Face
    wall: Wall
    jump: fmpq


class LabelMoments:
    """Moments of one function weighted by one filter of its value.

    Parameters
    ----------
    decomposition : Decomposition
        Of one function.
    psi : LabelFilter
    """

    def __init__(self, decomposition: Decomposition, psi: LabelFilter) -> None:
        self.decomposition, self.psi = decomposition, psi
        self.moments = Moments(FaceTable(decomposition.covariance))
        self.jumps = list(self._jumps())
        self.slopes = [] if psi.is_step() else list(self._slopes())

    def has_mass(self) -> bool:
        """Return whether ψ(F) is not zero almost everywhere."""
        return next(self._parts(), None) is not None

    def mass(self) -> Combination:
        """Return E[ψ(F)]."""
        total = Combination()
        value = self._value_at_mean()
        jumps_there = value in self.psi.levels() and {*self.psi.limits(value)} != {self.psi(value)}
        if not self.psi.is_step() or jumps_there:
            for cone, form, coefficients in self._parts():
                total.add(self.moments.value_moment(self.moments.table.cell(cone), form, coefficients))
            return total
        total.add(Combination.rational(to_fmpq(self.psi(value))))
        for jump in self.jumps:
            if jump.wall.shift:
                square = jump.wall.shift * jump.wall.shift / jump.wall.variance
                sign = 1 if jump.wall.shift > 0 else -1
                total.add(self.moments.measures.flux(jump.wall.face, square), -sign * jump.jump)
        return total

    def first(self, form: AffineForm) -> Combination:
        """Return E[ψ(F) ℓ] for a linear form."""
        return self._by_parts(form, ())

    def second(self, form: AffineForm, other: AffineForm) -> Combination:
        """Return E[ψ(F) (ℓ ℓ' - cov(ℓ, ℓ'))] for linear forms."""
        return self._by_parts(form, (self.moments.name(other),))

    def _by_parts(self, form: AffineForm, rest: tuple[int, ...]) -> Combination:
        total = Combination()
        for parent, wall, jump in self.jumps:
            covariance = inner(wall.direction, form.normal)
            if covariance:
                total.add(self.moments.on_wall(parent, wall, rest), covariance * jump)
        for face, own, derivative in self.slopes:
            covariance = inner(face.covariances(own), form.normal)
            if covariance:
                total.add(self.moments.value_moment(face, own, derivative, rest), covariance)
        return total

    # ------------------------------------------------------------ parts of cells

    def _value_at_mean(self) -> Fraction:
        """Return F(0)."""
        for cone, (form,) in self.decomposition.cells:
            if all(wall[-1] >= 0 for wall in cone.constraints) or cone.dimension == self.decomposition.dimension:
                return Fraction(int(form.constant.p), int(form.constant.q))
        raise AssertionError("no cell contains the origin")

    def _jumps(self) -> Iterator[_Jump]:
        """Yield the parts of level sets across which ψ jumps."""
        table, k = self.moments.table, self.decomposition.dimension
        limits = {level: self.psi.limits(level) for level in self.psi.levels()}
        limits = {level: ends for level, ends in limits.items() if {*ends, self.psi(level)} != {ends[0]}}
        for cone, (form,) in self.decomposition.cells:
            if not any(form.normal):
                value = Fraction(int(form.constant.p), int(form.constant.q))
                if value in limits and self.psi(value):
                    cell = table.cell(cone)
                    for wall in cell.walls:
                        yield _Jump(cell, wall, to_fmpq(self.psi(value)))
                continue
            for level, (below, above) in limits.items():
                shifted = AffineForm(form.normal, form.constant - to_fmpq(level))
                part, integers = affine_cone(cone, k, shifted)
                side = part.side(integers)
                if side is None:
                    if above != below:
                        up = part.split(integers)[0]
                        cell = table.cell(up)
                        bit = 1 << (len(up.constraints) - 1)
                        mask = sum(1 << r for r, on in enumerate(up.incidence) if on & bit)
                        yield _Jump(cell, cell.wall(shifted, mask), to_fmpq(above - below))
                    continue
                inside = above if side > 0 else below
                if inside:
                    cell = table.cell(part)
                    mask = sum(1 << r for r, ray in enumerate(part.rays) if not dot(integers, ray))
                    for wall in cell.walls:
                        if wall.mask == mask:
                            yield _Jump(cell, wall, to_fmpq(inside))

    def _parts(self) -> Iterator[tuple[Cone, AffineForm, list[fmpq]]]:
        """Yield the parts of cells on which ψ is one polynomial, not zero, with F and the polynomial."""
        k = self.decomposition.dimension
        for cone, (form,) in self.decomposition.cells:
            if not any(form.normal):
                value = self.psi(Fraction(int(form.constant.p), int(form.constant.q)))
                if value:
                    yield cone, form, [to_fmpq(value)]
                continue
            for part in self.psi.parts:
                inside = part_between(cone, k, form, part.lower, part.upper)
                if inside is not None:
                    yield inside, form, [to_fmpq(c) for c in part.coefficients]

    def _slopes(self) -> Iterator[tuple[Face, AffineForm, list[fmpq]]]:
        """Yield the parts of cells on which ψ(F) is not constant, with the derivative of ψ."""
        for cone, form, coefficients in self._parts():
            derivative = [power * c for power, c in enumerate(coefficients)][1:]
            if any(derivative) and any(form.normal):
                yield self.moments.table.cell(cone), form, derivative


def affine_cone(cone: Cone, dimension: int, form: AffineForm) -> tuple[Cone, IntVector]:
    """Return a cell as a cone in whose space an affine form is a vector, and that vector, primitive.

    A cone of linear forms is homogenised where the form has a constant.
    """
    integers = primitive_multiple([Fraction(int(a.p), int(a.q)) for a in (*form.normal, form.constant)])
    if cone.dimension > dimension:
        return cone, integers
    if not form.constant:
        return cone, integers[:-1]
    bit = 1 << len(cone.constraints)
    return (
        Cone(
            dimension + 1,
            tuple((*line, 0) for line in cone.lines),
            (*((*ray, 0) for ray in cone.rays), (*(0,) * dimension, 1)),
            (*(mask | bit for mask in cone.incidence), bit - 1),
            (*((*wall, 0) for wall in cone.constraints), (*(0,) * dimension, 1)),
        ),
        integers,
    )


def part_between(
    cone: Cone, dimension: int, form: AffineForm, lower: Fraction | None, upper: Fraction | None
) -> Cone | None:
    """Return the part of a cell where a form lies between two bounds, None where that has no interior."""
    part: Cone | None = cone
    for bound, sign in ((lower, 1), (upper, -1)):
        if bound is not None and part is not None:
            normal = tuple(sign * a for a in form.normal)
            shifted = AffineForm(normal, sign * (form.constant - to_fmpq(bound)))
            part, integers = affine_cone(part, dimension, shifted)
            side = part.side(integers)
            if side is None:
                part = part.split(integers)[0]
            elif side < 0:
                return None
    return part
