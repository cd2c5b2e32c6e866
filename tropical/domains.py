"""Where a question is asked: all of R^d (``None``), a box, or a polyhedron. Exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tropical._display import never_raising, number_latex, value_text
from tropical._exact.rational import as_fraction_matrix, as_fraction_vector, rational_text
from tropical.exceptions import InvalidInput, InvalidType
from tropical.pieces import AffinePiece, as_point

__all__ = ["Box", "Domain", "Polyhedron", "as_polyhedron"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Polyhedron:
    """The set ``{x in R^d : A x <= b}``, bounded or not.

    Parameters
    ----------
    A : nested sequence of exact numbers, shape (m, d)
    b : sequence of exact numbers, length m
    """

    A: tuple[tuple[Fraction, ...], ...]
    b: tuple[Fraction, ...]
    _hash: int = field(compare=False, repr=False)  # kept: domains are keys, and fractions are slow to hash

    def __init__(self, A: Any, b: Any) -> None:
        rows, bounds = as_fraction_matrix(A, "A"), as_fraction_vector(b, "b")
        if not rows or not rows[0]:
            raise InvalidInput("A", "at least one row and one column", "an empty matrix", "use domain=None for R^d")
        if len(rows) != len(bounds):
            raise InvalidInput("b", f"{len(rows)} bounds, one a row of A", str(len(bounds)), "match A and b")
        object.__setattr__(self, "A", rows)
        object.__setattr__(self, "b", bounds)
        object.__setattr__(self, "_hash", hash((rows, bounds)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def dimension(self) -> int:
        """Number of coordinates d."""
        return len(self.A[0])

    def __contains__(self, x: Any) -> bool:
        point = as_point(x, self.dimension)
        return all(
            sum((a * t for a, t in zip(row, point, strict=True)), Fraction(0)) <= bound
            for row, bound in zip(self.A, self.b, strict=True)
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the polyhedron as plain data with exact numbers as strings."""
        return {
            "type": "polyhedron",
            "A": [[rational_text(a) for a in row] for row in self.A],
            "b": [rational_text(bound) for bound in self.b],
        }

    def _inequality(self, i: int) -> str:
        """Return one inequality as text."""
        return f"{AffinePiece(self.A[i], Fraction(0)).outline()} <= {value_text(self.b[i])}"

    @never_raising
    def __repr__(self) -> str:
        shown = [self._inequality(i) for i in range(min(len(self.b), _SIDES_SHOWN))]
        more = ", …" if len(self.b) > _SIDES_SHOWN else ""
        return f"Polyhedron({', '.join(shown)}{more}; {len(self.b)} inequalities in R^{self.dimension})"

    @never_raising
    def _repr_latex_(self) -> str:
        rows = [
            rf"{AffinePiece(row, Fraction(0))._repr_latex_()[1:-1]} \le {number_latex(bound)}"  # pyright: ignore[reportPrivateUsage]
            for row, bound in zip(self.A[:_SIDES_SHOWN], self.b[:_SIDES_SHOWN], strict=True)
        ]
        rows += [rf"\cdots \text{{ ({len(self.b)} inequalities)}}"] if len(self.b) > _SIDES_SHOWN else []
        inequalities = r",\; ".join(rows)
        return rf"$\left\{{x \in \mathbb{{R}}^{{{self.dimension}}} : {inequalities}\right\}}$"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Box:
    """The product of closed intervals ``[lo_i, hi_i]``, ``lo_i < hi_i``.

    Parameters
    ----------
    lo, hi : exact numbers, one for each coordinate

    Examples
    --------
    >>> Box([0, 0], [1, "1/2"]).polyhedron().b
    (Fraction(0, 1), Fraction(1, 1), Fraction(0, 1), Fraction(1, 2))
    """

    lo: tuple[Fraction, ...]
    hi: tuple[Fraction, ...]
    _hash: int = field(compare=False, repr=False)

    def __init__(self, lo: Any, hi: Any) -> None:
        low, high = as_fraction_vector(lo, "lo"), as_fraction_vector(hi, "hi")
        if not low or len(low) != len(high):
            raise InvalidInput("hi", f"{len(low)} bounds as `lo` has", str(len(high)), "give both for each axis")
        for i, (below, above) in enumerate(zip(low, high, strict=True)):
            if below >= above:
                raise InvalidInput(f"hi[{i}]", f"more than lo[{i}] = {below}", str(above), "swap or widen the bounds")
        object.__setattr__(self, "lo", low)
        object.__setattr__(self, "hi", high)
        object.__setattr__(self, "_hash", hash((low, high)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def dimension(self) -> int:
        """Number of coordinates d."""
        return len(self.lo)

    def __contains__(self, x: Any) -> bool:
        point = as_point(x, self.dimension)
        return all(low <= t <= high for low, t, high in zip(self.lo, point, self.hi, strict=True))

    def polyhedron(self) -> Polyhedron:
        """Return the box as a polyhedron, rows ``-x_i <= -lo_i`` and ``x_i <= hi_i`` for each i."""
        return _polyhedron_of(self)

    def to_plain(self) -> dict[str, Any]:
        """Return the plain data of the polyhedron that the box is."""
        return self.polyhedron().to_plain()

    @never_raising
    def __repr__(self) -> str:
        sides = [f"[{value_text(a)}, {value_text(b)}]" for a, b in self._sides()]
        if len(set(self.lo)) == len(set(self.hi)) == 1 < self.dimension:
            return f"Box({sides[0]}^{self.dimension})"
        more = f" x …; R^{self.dimension}" if self.dimension > _SIDES_SHOWN else ""
        return f"Box({' x '.join(sides)}{more})"

    @never_raising
    def _repr_latex_(self) -> str:
        sides = [rf"[{number_latex(a)},\, {number_latex(b)}]" for a, b in self._sides()]
        if len(set(self.lo)) == len(set(self.hi)) == 1 < self.dimension:
            return f"${sides[0]}^{{{self.dimension}}}$"
        more = rf" \times \cdots \subset \mathbb{{R}}^{{{self.dimension}}}" if self.dimension > _SIDES_SHOWN else ""
        return "$" + r" \times ".join(sides) + more + "$"

    def _sides(self) -> Iterable[tuple[Fraction, Fraction]]:
        """Return the first few intervals."""
        return zip(self.lo[:_SIDES_SHOWN], self.hi[:_SIDES_SHOWN], strict=True)


@lru_cache(maxsize=64)
def _polyhedron_of(box: Box) -> Polyhedron:
    rows, bounds = [], []
    for i, (low, high) in enumerate(zip(box.lo, box.hi, strict=True)):
        axis = [Fraction(int(i == j)) for j in range(box.dimension)]
        rows += [[-a for a in axis], axis]
        bounds += [-low, high]
    return Polyhedron(rows, bounds)


Domain = Box | Polyhedron | None
_SIDES_SHOWN = 4


def as_polyhedron(domain: Domain, dimension: int) -> Polyhedron | None:
    """Return the domain as a polyhedron of R^dimension, None for the whole space."""
    if domain is None:
        return None
    if not isinstance(domain, (Box, Polyhedron)):
        raise InvalidType("domain", "None, a Box or a Polyhedron", domain, "see tropical.Box and tropical.Polyhedron")
    if domain.dimension != dimension:
        raise InvalidInput("domain", f"dimension {dimension}", f"dimension {domain.dimension}", "match the function's")
    return domain.polyhedron() if isinstance(domain, Box) else domain
