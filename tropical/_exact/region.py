"""A polyhedral cell under question, and the subdivision that answers a question on every cell.

A *question* is any computation that asks a :class:`Region` for signs of affine forms. Where the hyperplane of a form
crosses the cell no sign exists, the question is interrupted by :class:`Crossing`, the cell is split there, and the
question is asked again on both parts. What remains are cells on which the question has one answer each. Cells of a
network, pieces of a lattice polynomial, order cells and proofs of equality are all this one loop with another question.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector, primitive
from tropical.exceptions import BudgetExceeded, Interrupted

__all__ = ["Crossing", "Region", "Step", "leaves", "subdivide"]

Answer = TypeVar("Answer")


class Crossing(Exception):
    """The hyperplane of ``form`` crosses the cell: its sign is not constant there."""

    def __init__(self, form: IntVector) -> None:
        super().__init__(form)
        self.form = form


class Region:
    """A full-dimensional cell of R^k with the signs of affine forms known on it.

    An affine form is an int vector of k coefficients followed by the constant, meaningful up to a positive factor.

    Parameters
    ----------
    cone : Cone
        The cell: homogenised in R^{k+1}, or as it is in R^k where every form is linear (``homogeneous``).
    homogeneous : bool
    known : dict
        Signs (1, -1, 0) of primitive forms: a memory, which saves evaluations.
    given : frozenset
        Primitive forms that are >= 0 because the cell is defined so, or because an enclosing cell noted them in `used`.

    Attributes
    ----------
    used : dict
        The primitive forms, beyond those given, whose being >= 0 an answer rests on, in the order they were needed.
    """

    __slots__ = ("_point", "cone", "given", "homogeneous", "known", "used")

    def __init__(
        self,
        cone: Cone,
        homogeneous: bool,
        known: dict[IntVector, int] | None = None,
        given: frozenset[IntVector] = frozenset(),
    ) -> None:
        self.cone = cone
        self.homogeneous = homogeneous
        self.known = {} if known is None else known
        self.given = given
        self.used: dict[IntVector, None] = {}
        self._point: IntVector | None = None

    @property
    def point(self) -> IntVector:
        """An interior point (z, t) with t > 0, meaning z/t; integers."""
        if self._point is None:
            interior = self.cone.interior_point()
            self._point = (*interior, 1) if self.homogeneous else interior
        return self._point

    def vector(self, form: IntVector) -> IntVector:
        """Return the form as a vector of the cone's space."""
        return form[:-1] if self.homogeneous else form

    def sign(self, form: IntVector) -> int | None:
        """Return the sign of the form on the cell, 1 for ``>= 0``, -1 for ``<= 0``; None where it takes both."""
        known = self.known.get(form)  # most callers hold primitive forms already
        if known is not None:
            return known
        key = primitive(form)
        known = self.known.get(key)
        if known is not None:
            return known
        side = self.cone.side(self.vector(key))
        if side is not None:
            self.known[key] = side
            self.known[tuple(-a for a in key)] = -side
        return side

    def decide(self, form: IntVector) -> int:
        """Return the sign of the form, and note that the answer rests on it.

        Raises
        ------
        Crossing
            Where there is none.
        """
        side = self.sign(form)
        if side is None:
            raise Crossing(primitive(form))
        if side:
            key = primitive(form if side > 0 else tuple(-a for a in form))
            if key not in self.given:
                self.used[key] = None
        return side

    def split(self, form: IntVector) -> tuple[Region, Region]:
        """Return the parts where the form is >= 0 and where it is <= 0."""
        opposite = tuple(-a for a in form)
        up, down = self.cone.split(self.vector(form))
        given = self.given.union(self.used)
        return (
            Region(up, self.homogeneous, {**self.known, form: 1, opposite: -1}, given | {form}),
            Region(down, self.homogeneous, {**self.known, form: -1, opposite: 1}, given | {opposite}),
        )


class Step(Generic[Answer]):
    """One node of a subdivision in preorder: a cell that was split, or one that has its answer.

    ``crossing`` is the form of the split, None at a leaf; ``answer`` is None at a split.
    """

    __slots__ = ("answer", "crossing", "region")

    def __init__(self, region: Region, crossing: IntVector | None, answer: Answer | None) -> None:
        self.region = region
        self.crossing = crossing
        self.answer = answer


def subdivide(start: Region, question: Callable[[Region], Answer]) -> Iterator[Step[Answer]]:
    """Yield the nodes of the subdivision on whose leaves the question has one answer each.

    Depth first, in preorder, the part >= 0 before the part <= 0: memory is one path, time one question a node.
    """
    pending = [start]
    while pending:
        region = pending.pop()
        try:
            answer = question(region)
        except Crossing as crossing:
            yield Step(region, crossing.form, None)
            up, down = region.split(crossing.form)
            pending += (down, up)
        else:
            yield Step(region, None, answer)


def leaves(
    start: Region,
    question: Callable[[Region], Answer],
    limit: int | None,
    what: str,
    key: Callable[[Answer], Hashable] | None = None,
    progress: Callable[[int], object] = lambda count: None,
) -> list[tuple[Region, Answer]]:
    """Return the leaves of the subdivision with their answers.

    Raises
    ------
    BudgetExceeded
        After `limit` leaves, or leaves of `limit` different keys; ``partial`` holds them. `what` is their name.
    Interrupted
        After Ctrl-C, with what was found.
    """
    found: list[tuple[Region, Answer]] = []
    keys: set[Hashable] = set()
    try:
        for step in subdivide(start, question):
            if step.answer is not None:
                counted = len(found) if key is None else key(step.answer)
                if limit is not None and len(keys) == limit and counted not in keys:
                    message = f"more than max_cells={limit} {what}; raise max_cells or shrink the domain"
                    raise BudgetExceeded(message, found)
                keys.add(counted)
                found.append((step.region, step.answer))
                progress(len(found))
    except KeyboardInterrupt:
        if not found:
            raise
        raise Interrupted(f"interrupted with {len(found)} {what} found; see .partial", found) from None
    return found
