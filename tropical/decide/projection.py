"""Exact projection on a polyhedral cone (docs/theory.md, lemma L).

Everything happens in the row space of R, ``z = R x``. A linear form u on R^k stands for the vector ``Rᵀu``, and the ray
r of a cone of R^k for the vector ``RᵀG⁻¹r`` that it is the image of, where ``G = RRᵀ``. Hence forms have the inner
product ``uᵀGv``, rays ``rᵀG⁻¹s``, and a form and a ray just ``u·r``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from tropical._exact.linear import solve
from tropical._exact.rational import IntVector
from tropical.complexes.reduction import Coordinates

__all__ = ["ConeProjection"]

Form = Sequence[Fraction | int]


class ConeProjection:
    """Projections and lengths of linear forms, exact."""

    def __init__(self, coordinates: Coordinates) -> None:
        self._coordinates = coordinates
        basis = coordinates.basis
        self._gram = [[_dot(row, other) for other in basis] for row in basis]

    def squared(self, form: Form) -> Fraction:
        """Return the squared length of a form's gradient on R^d."""
        return _dot(form, [_dot(row, form) for row in self._gram])

    def point(self, form: Form) -> tuple[Fraction, ...]:
        """Return the gradient on R^d as a point, some point other than 0 for the zero form."""
        d = self._coordinates.dimension
        x = [sum((a * row[j] for a, row in zip(form, self._coordinates.basis, strict=True)), _ZERO) for j in range(d)]
        return tuple(x) if any(x) else (Fraction(1), *(_ZERO for _ in range(d - 1)))

    def any_direction(self) -> list[Fraction]:
        """Return the zero form."""
        return [_ZERO for _ in self._gram]

    def onto(self, form: Form, rays: Sequence[IntVector], lines: Sequence[IntVector]) -> list[Fraction]:
        """Return the projection of a form's vector on a cone, as a form.

        Parameters
        ----------
        form : sequence of k numbers
        rays, lines : sequences of int vectors of length k
            Generators of the cone.

        Notes
        -----
        p is the projection of u iff p = Σ λ_i w_i with λ >= 0 (free for lines) over the generators w_i, and u - p has
        inner product <= 0 with each of them, = 0 where λ_i is not 0. Nonnegative least squares in floats propose which
        λ_i are positive; one rational system decides. Where the floats err, all independent sets of generators are
        tried, the smallest first; one of them fits.
        """
        generators = [*lines, *rays]
        free = len(lines)
        images = self._images(generators)
        for chosen in self._proposals(form, generators, images, free):
            matrix = [[_dot(generators[i], images[j]) for j in chosen] for i in chosen]
            weights = solve(matrix, [_dot(form, generators[i]) for i in chosen])
            if weights is None or any(weight < 0 for i, weight in zip(chosen, weights, strict=True) if i >= free):
                continue
            p = [sum((w * images[i][j] for i, w in zip(chosen, weights, strict=True)), _ZERO) for j in range(len(form))]
            rest = [a - b for a, b in zip(form, p, strict=True)]
            heights = [_dot(rest, generator) for generator in generators]
            if not any(heights[:free]) and all(height <= 0 for height in heights[free:]):
                return p
        raise AssertionError("every vector has a projection on a cone")

    def _images(self, generators: Sequence[IntVector]) -> list[list[Fraction]]:
        """Return the forms of the generators' vectors."""
        images = []
        for generator in generators:
            image = solve(self._gram, [Fraction(a) for a in generator])
            assert image is not None, "the rows of a basis are independent"
            images.append(image)
        return images

    def _proposals(
        self, form: Form, generators: Sequence[IntVector], images: Sequence[Sequence[Fraction]], free: int
    ) -> Iterator[tuple[int, ...]]:
        from scipy.optimize import nnls

        if generators:
            try:
                root = np.linalg.cholesky(np.array(self._gram, dtype=float)).T
                vectors = np.array(images, dtype=float) @ root.T
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                columns = np.concatenate([vectors[:free], -vectors[:free], vectors[free:]]).T
                weights = nnls(columns, root @ np.array(form, dtype=float))[0]
                positive = {i if i < free else i - free for i in np.flatnonzero(weights).tolist()}
                yield tuple(sorted(positive))
            except (np.linalg.LinAlgError, RuntimeError, OverflowError, ValueError):
                pass  # numbers beyond floats: nothing is proposed
        for size in range(len(form) + 1):
            yield from combinations(range(len(generators)), size)


_ZERO = Fraction(0)


def _dot(left: Form, right: Form) -> Fraction:
    return sum((Fraction(a) * b for a, b in zip(left, right, strict=True) if a and b), _ZERO)
