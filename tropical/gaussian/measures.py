r"""The Gaussian measure of a face, as a sum of closed forms and of fluxes through its walls.

Let P be a polyhedron in a flat of dimension m with Gaussian law of mean μ, and sP its dilation about μ by s > 0. The
boundary of sP at the wall f moves outwards with speed v/σ, so (docs/gaussian.md, dilation)

.. math:: γ(P) = γ(T) - \sum_{f} \mathrm{sign}(v_f)\, Φ_f, \qquad
          Φ_f = w \int_1^\infty φ(s w)\, γ_f(s f)\, ds, \quad w = |v_f|/σ_f,

where T is what sP becomes for s → ∞: empty if μ is outside P, else the tangent cone of P at μ. A *flux* Φ_f is
closed if the dilation of f about its own mean does not change it (it is a cone with that apex, or a flat):
Φ_f = γ_f(f) (1 - erf(w/√2))/2; otherwise it is a face atom ("flux", number of the face, number of w²), and cones of
rank above 3 are face atoms ("cone", number of the face, 0).
"""

from __future__ import annotations

from flint import fmpq

from tropical.gaussian.closed_form import Combination, Key, error_function
from tropical.gaussian.cones import cone_measure
from tropical.gaussian.faces import Face, FaceTable, Wall, inner

__all__ = ["Measures", "is_slab"]

_HALF = fmpq(1, 2)


class Measures:
    """Measures of the faces of one table, each computed once.

    Attributes
    ----------
    squares : list of fmpq
        The numbers w² that flux atoms refer to.
    """

    def __init__(self, table: FaceTable) -> None:
        self.table = table
        self.squares: list[fmpq] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._measures: dict[int, Combination] = {}

    def measure(self, face: Face) -> Combination:
        """Return γ(face) under the conditional law on its flat."""
        found = self._measures.get(face.number)
        if found is None:
            found = self._measures[face.number] = self._measure(face)
        return found

    def _measure(self, face: Face) -> Combination:
        walls = face.walls
        if is_slab(walls):
            return _slab(walls)
        total = self.tangent(face)
        for wall in walls:
            if wall.shift:
                total.add(self.flux(wall.face, wall.shift * wall.shift / wall.variance), -1 if wall.shift > 0 else 1)
        return total

    def tangent(self, face: Face) -> Combination:
        """Return the limit of γ under dilation of the face about its mean."""
        if any(wall.shift < 0 for wall in face.walls):
            return Combination()
        found = cone_measure(face, [wall for wall in face.walls if not wall.shift])
        return _atom("cone", face.number, 0) if found is None else Combination({**found.terms})

    def flux(self, face: Face, square: fmpq) -> Combination:
        """Return the flux through a facet at the distance w > 0 from the mean of the face around it; w² is given."""
        if any(wall.shift for wall in face.walls):
            return _atom("flux", face.number, self._number(square))
        beyond = Combination.rational(_HALF)
        beyond.add(error_function(square / 2), -_HALF)
        return self.measure(face) * beyond

    def _number(self, square: fmpq) -> int:
        key = (int(square.p), int(square.q))
        if key not in self._numbers:
            self._numbers[key] = len(self.squares)
            self.squares.append(square)
        return self._numbers[key]


def _atom(name: str, first: int, second: int) -> Combination:
    return Combination({Key(0, 1, (0, 1), ((name, first, second),)): fmpq(1)})


def is_slab(walls: tuple[Wall, ...]) -> bool:
    """Return whether a face is a flat, a half-space or what lies between two parallel walls."""
    if len(walls) != 2:
        return len(walls) < 2
    first, second = walls
    product = inner(first.direction, second.normal)
    return product < 0 and product * product == first.variance * second.variance


def _slab(walls: tuple[Wall, ...]) -> Combination:
    """Return the measure of a slab: a difference of two values of the distribution function, at most."""
    total = Combination.rational(_HALF if len(walls) == 1 else 0 if walls else 1)
    for wall in walls:
        if wall.shift:
            square = wall.shift * wall.shift / (2 * wall.variance)
            total.add(error_function(square), _HALF if wall.shift > 0 else -_HALF)
    return total
