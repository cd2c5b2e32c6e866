"""From R^d to the few coordinates that the functions look at.

The linear forms that the functions and the domain read span a subspace with reduced echelon basis R (k, d). Each form
is ``L = L[:, pivots] R``, so each function is ``F(x) = F'(R x)`` with F' the function at x supported on the pivots.
The ambient dimension thus costs one exact echelon form, and everything after happens in R^k.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from tropical._exact.cone import Cone
from tropical._exact.linear import combine_rows, row_space
from tropical._exact.rational import IntVector, primitive_multiple
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear, Resolver
from tropical.domains import Polyhedron
from tropical.exceptions import BudgetExceeded, InvalidInput

__all__ = ["Coordinates", "Reduction", "dehomogenise", "domain_walls"]


Rows = tuple[tuple[Fraction, ...], ...]


class Coordinates:
    """Coordinates ``z = R x`` on the span of linear forms.

    Attributes
    ----------
    dimension : int
        d.
    basis : tuple of rows of Fractions, (k, d)
        R, in reduced echelon form.
    pivots : tuple of int
        The k columns at which the basis is the identity.
    """

    def __init__(self, dimension: int, basis: Rows, pivots: tuple[int, ...]) -> None:
        self.dimension, self.basis, self.pivots = dimension, basis, pivots

    def lift_point(self, z: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """Return the point of R^d supported on the pivots whose coordinates ``R x`` are z."""
        x = [Fraction(0)] * self.dimension
        for pivot, value in zip(self.pivots, z, strict=True):
            x[pivot] = value
        return tuple(x)

    def lift_forms(self, forms: Sequence[Sequence[Fraction]]) -> tuple[tuple[Fraction, ...], ...]:
        """Return affine forms on R^k, rows (u, c), as affine forms on R^d; sorted rows stay sorted.

        Entries before a pivot are combinations of the coordinates before it, so rows compare as their coordinates do.
        """
        gradients = combine_rows([form[:-1] for form in forms], self.basis, self.dimension)
        return tuple((*gradient, form[-1]) for gradient, form in zip(gradients, forms, strict=True))


class Reduction(Coordinates):
    """Functions of R^d seen on the joint span of what they read.

    Attributes
    ----------
    resolvers : list of Resolver
        The functions on R^k.
    homogeneous : bool
        Whether all forms and the domain are linear: cells are then cones, and one dimension is saved.
    """

    def __init__(self, functions: Sequence[PiecewiseLinear], domain: Polyhedron | None) -> None:
        dimension = functions[0].dimension
        rows = [row for function in functions for row in function.linear_forms()]
        if domain is not None:
            rows += domain.A
        self.domain = domain
        super().__init__(dimension, *row_space(rows, dimension))
        self.resolvers: list[Resolver] = [function.resolver(self.pivots) for function in functions]
        self.homogeneous = domain is None and all(function.is_bias_free() for function in functions)

    def coordinates(self) -> Coordinates:
        """Return the coordinates alone."""
        return Coordinates(self.dimension, self.basis, self.pivots)

    def start(self) -> Region:
        """Return the domain as one cell of R^k.

        Raises
        ------
        InvalidInput
            If the domain has no interior.
        """
        if self.homogeneous:
            return Region(Cone.whole_space(len(self.pivots)), True)
        cone, given = _domain_cone(self.domain, self.pivots)
        if cone is None:
            cure = "widen it, or restrict the functions to its affine hull"
            raise InvalidInput("domain", "a set with interior points", "an empty or flat polyhedron", cure)
        return Region(cone, False, given=given)


# Cells inherit the vertices of the domain: a box of 11 dimensions takes 20 s for 5 hidden units.
_MOST_VERTICES = 2048


@lru_cache(maxsize=64)
def _domain_cone(domain: Polyhedron | None, pivots: tuple[int, ...]) -> tuple[Cone | None, frozenset[IntVector]]:
    """Return the domain, homogenised in the coordinates at the pivots, and its walls; many questions share one."""
    finite = (*(0,) * len(pivots), 1)
    cone = Cone.whole_space(len(pivots) + 1).part(finite)
    walls = domain_walls(domain, pivots)
    for wall in walls:
        cone = cone.part(wall) if cone is not None else None
        if cone is not None and len(cone.rays) > _MOST_VERTICES:
            cure = "restrict the functions to fewer dimensions; value_range of a network on a box needs no vertices"
            raise BudgetExceeded(f"the domain has more than {_MOST_VERTICES} vertices; {cure}")
    return cone, frozenset([finite, *walls])


def domain_walls(domain: Polyhedron | None, pivots: tuple[int, ...]) -> list[IntVector]:
    """Return the walls ``b - A x >= 0`` of a domain as primitive affine forms in the coordinates at the pivots."""
    walls = []
    if domain is not None:
        for row, bound in zip(domain.A, domain.b, strict=True):
            walls.append(primitive_multiple([*(-row[p] for p in pivots), bound]))
    return walls


def dehomogenise(point: Sequence[int]) -> tuple[Fraction, ...]:
    """Return z/t for the homogeneous point (z, t), t > 0."""
    return tuple(Fraction(entry, point[-1]) for entry in point[:-1])
