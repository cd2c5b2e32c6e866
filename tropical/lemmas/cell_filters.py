"""Filters ψ(y, P_W x): a filter of the label in each cell of the known coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tropical._arguments import real_array
from tropical._display import Record
from tropical._exact.cone import Cone
from tropical._exact.rational import as_fraction, as_fraction_vector, as_items, float_array, primitive_multiple
from tropical._protocol import as_sample_array
from tropical.domains import Box, Polyhedron
from tropical.exceptions import InvalidInput, InvalidType
from tropical.gaussian.filters import LabelFilter, as_filter

__all__ = ["CellFilter", "as_cell_filter"]

_CURE = 'pass for example [(Polyhedron([[1, 0]], [0]), 1), (Polyhedron([[-1, 0]], [0]), LabelFilter.slice(0, "1/2"))]'


@dataclass(frozen=True, slots=True, repr=False)
class CellFilter(Record):
    """``ψ(y, x) = Σ 1{x in cell} ψ_cell(y)``: the general filter of lemma K, up to approximation.

    Parameters
    ----------
    parts : sequence of pairs (domain, filter)
        A domain is a Polyhedron, a Box or None for all of R^d; its rows say which coordinates the filter reads. A
        filter is a LabelFilter, or a number τ for the indicator of |y| > τ. Where cells overlap, filters add up.

    Examples
    --------
    The sign of y, times the sign of x_0:

    >>> from tropical import Polyhedron
    >>> up, down = LabelFilter.slice(0, None), LabelFilter.slice(None, 0)
    >>> right, left = Polyhedron([[-1, 0]], [0]), Polyhedron([[1, 0]], [0])
    >>> psi = CellFilter([(right, up), (left, down)])
    >>> psi(1, [2, 0]), psi(1, [-2, 0])
    (Fraction(1, 1), Fraction(0, 1))
    """

    parts: tuple[tuple[Polyhedron | None, LabelFilter], ...]

    def __init__(self, parts: Any) -> None:
        found = []
        for i, pair in enumerate(as_items(parts, "parts", "a list of pairs (domain, filter)", _CURE)):
            ends = as_items(pair, f"parts[{i}]", "a pair (domain, filter)", _CURE)
            if len(ends) != 2:
                raise InvalidInput(f"parts[{i}]", "a pair (domain, filter)", f"{len(ends)} items", _CURE)
            domain = ends[0].polyhedron() if isinstance(ends[0], Box) else ends[0]
            if not (domain is None or isinstance(domain, Polyhedron)):
                raise InvalidType(f"parts[{i}]", "a Polyhedron, a Box or None first", domain, _CURE)
            found.append((domain, as_filter(ends[1])))
        object.__setattr__(self, "parts", tuple(found))

    def __call__(self, y: Any, x: Any) -> Fraction:
        """Return ψ(y, x), exactly."""
        label, point = as_fraction(y, "y"), as_fraction_vector(x, "x")
        return sum((psi(label) for domain, psi in self.parts if domain is None or point in domain), Fraction(0))

    def evaluate(self, y: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return ψ of float labels, (n,), at float points, (n, d).

        Parameters
        ----------
        y : (n,)
        X : (n, d)

        Raises
        ------
        InvalidInput
            If the labels are not of shape (n,), one a row of X.
        """
        y = real_array(y, "y")
        if y.ndim != 1:
            raise InvalidInput("y", "labels of shape (n,)", f"shape {y.shape}", "pass one label a row of X")
        total = np.zeros(len(y))
        for domain, psi in self.parts:
            inside = np.ones(len(y), dtype=bool)
            if domain is not None:
                A, b = (float_array(a, "parts") for a in (domain.A, domain.b))
                inside = np.all(b >= as_sample_array(X, domain.dimension) @ A.T, axis=1)
                if len(inside) != len(y):
                    raise InvalidInput("X", f"{len(y)} rows, one a label", f"{len(inside)}", "match X and y")
            total += np.where(inside, psi.evaluate(y), 0.0)
        return total

    def directions(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the vectors whose products with x the filter reads."""
        return tuple(dict.fromkeys(row for domain, _ in self.parts if domain is not None for row in domain.A))

    def is_affine(self) -> bool:
        """Return whether a cell has a wall off the origin."""
        return any(any(domain.b) for domain, _ in self.parts if domain is not None)

    def pieces(self, cone: Cone, pivots: tuple[int, ...]) -> Iterator[tuple[Cone, LabelFilter]]:
        """Yield the parts of a cell on which ψ is one filter of the label; the cell in coordinates of these columns.

        Parameters
        ----------
        cone : Cone
        pivots : tuple of int
            The columns whose coordinates the cell is in.
        """
        for domain, psi in self.parts:
            part: Cone | None = cone
            for row, bound in () if domain is None else zip(domain.A, domain.b, strict=True):
                form = [-row[p] for p in pivots]
                if cone.dimension > len(pivots):
                    form.append(bound)
                if not any(form):
                    if bound < 0:
                        part = None
                elif part is not None:
                    part = part.part(primitive_multiple(form))
            if part is not None:
                yield part, psi


def as_cell_filter(psi: Any) -> CellFilter:
    """Return a filter of label and coordinates; a filter of the label, or a number τ, reads no coordinates."""
    return psi if isinstance(psi, CellFilter) else CellFilter([(None, psi)])
