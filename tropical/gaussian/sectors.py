r"""Sectors of the plane: moments of bias-free functions for k = 2, in a few rational operations a cell.

Let the cell be the sector of angle α between the rays r and r' in the coordinates z ~ N(0, Σ). In the metric of the
Gaussian |r|² = rᵀ Σ⁻¹ r, and a wall's normal a along r has aᵀΣa = det Σ · |r|²: so in

.. math:: E[1_C\, ℓ ℓ'] = \frac{1}{2π} \Bigl( \mathrm{cov}(ℓ, ℓ')\, α +
          \sum_{r} \frac{\mathrm{cov}(ℓ, a_r)\, ℓ'(r)}{\sqrt{\det Σ}\, |r|²} \Bigr)

the roots of the lengths have met, and one root is left for all cells. It is Isserlis' theorem with walls written out.
"""

from __future__ import annotations

from collections.abc import Iterable

from flint import fmpq

from tropical._exact.cone import Cone
from tropical.gaussian.closed_form import Combination, Factor, arc_cosine, square_root
from tropical.gaussian.faces import AffineForm

__all__ = ["is_sector", "sector_moments"]


def is_sector(cone: Cone) -> bool:
    """Return whether a cell of two coordinates is a pointed cone of the plane, with apex at the mean."""
    return cone.dimension == 2 and len(cone.rays) == 2 and not cone.lines


def sector_moments(
    covariance: tuple[tuple[fmpq, ...], ...], sectors: Iterable[tuple[Cone, AffineForm, AffineForm]]
) -> Combination:
    """Return the sum of E[1_C ℓ ℓ'] over sectors with two linear forms each."""
    (a, b), (_, d) = covariance
    determinant = a * d - b * b
    total = Combination()
    rational_part = fmpq(0)
    for cone, first, second in sectors:
        (u, v), (s, t) = first.normal, second.normal
        image = a * u + b * v, b * u + d * v  # Σ·first
        lengths = []
        for ray, other in zip(cone.rays, cone.rays[::-1], strict=True):
            x, y = ray
            square = (d * x * x - 2 * b * x * y + a * y * y) / determinant
            lengths.append(square)
            # the normal (-y, x) or its opposite, whichever is positive on the other ray
            sign = 1 if x * other[1] - y * other[0] > 0 else -1
            rational_part += sign * (x * image[1] - y * image[0]) * (s * x + t * y) / square
        (x, y), (p, q) = cone.rays
        product = (d * x * p - b * (x * q + y * p) + a * y * q) / determinant
        weight = image[0] * s + image[1] * t
        if weight:
            angle = arc_cosine(1 if product >= 0 else -1, product * product / (lengths[0] * lengths[1]))
            total.add(angle, weight)
    root = square_root(1 / determinant)
    total.add(Combination.of(Factor(root.coefficient * rational_part, 0, root.radicand, fmpq(0))))
    return total.times(Factor(fmpq(1, 2), -2, 1, fmpq(0)))
