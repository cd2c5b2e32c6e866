"""What a question is asked about: functions that match, constants among them, and a domain."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import IntVector, as_fraction, dot
from tropical._protocol import PiecewiseLinear, as_function
from tropical.complexes.overlay import Overlay, Part
from tropical.complexes.reduction import dehomogenise
from tropical.domains import Domain, Polyhedron, as_polyhedron
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial
from tropical.results import Ray, Witness

__all__ = ["Function", "as_pair", "below_zero", "ray_of", "witness_at"]

Function = PiecewiseLinear | int | Fraction | str  # a number stands for the constant function


def as_pair(F: Function, G: Function, domain: Domain) -> tuple[PiecewiseLinear, PiecewiseLinear, Polyhedron | None]:
    """Return two functions of one dimension with as many outputs, and the domain; one of them may be a number."""
    if _is_number(F) and not _is_number(G):
        F = _constant(F, as_function(G, "G"), "F")
    left = as_function(F, "F")
    right = _constant(G, left, "G") if _is_number(G) else as_function(G, "G")
    if left.dimension != right.dimension:
        raise InvalidInput("G", f"{left.dimension} inputs, as F has", str(right.dimension), "compose one of them")
    if left.outputs != right.outputs:
        raise InvalidInput("G", f"{left.outputs} outputs, as F has", str(right.outputs), "select outputs with net[j]")
    return left, right, as_polyhedron(domain, left.dimension)


def _is_number(value: Any) -> bool:
    return not hasattr(value, "resolver") and not isinstance(value, type) and value is not None


def _constant(value: Any, like: PiecewiseLinear, argument: str) -> PiecewiseLinear:
    number = as_fraction(value, argument)
    if like.outputs != 1:
        cure = "select outputs with net[j], or pass a network"
        raise InvalidInput(argument, f"a function with {like.outputs} outputs", f"the number {number}", cure)
    return LatticePolynomial.constant(number, like.dimension)


# ---------------------------------------------------------------- points


def witness_at(left: PiecewiseLinear, right: PiecewiseLinear, x: Sequence[Fraction]) -> Witness:
    """Return the point with both exact values."""
    return Witness(tuple(x), left(x), right(x))


def below_zero(found: Overlay, part: Part, form: IntVector) -> tuple[Fraction, ...] | None:
    """Return a point of a part, in R^d, where an affine form is negative; None where there is none."""
    for generator in found.generators(part):
        slope = dot(form, generator)
        if slope < 0:
            if generator[-1]:
                return found.coordinates.lift_point(dehomogenise(generator))
            start = found.interior(part)
            steps = max(0, dot(form, start)) // -slope + 1
            end = [a + steps * b for a, b in zip(start, generator, strict=True)]
            return found.coordinates.lift_point(dehomogenise(end))
    return None


def ray_of(found: Overlay, part: Part, direction: IntVector) -> Ray:
    """Return the ray from an interior point of a part in one of its directions (z, 0)."""
    coordinates = found.coordinates
    start = coordinates.lift_point(dehomogenise(found.interior(part)))
    return Ray(start, coordinates.lift_point([Fraction(a) for a in direction[:-1]]))
