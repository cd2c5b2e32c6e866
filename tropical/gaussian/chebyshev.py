r"""Rigorous integration of ``Σ ±w φ(sw) g(s)`` over s > s_0, for all s_0 among Chebyshev points at once.

The half-line is cut into panels [1, 2], [2, 4], ... (and [0, 1] before them, where asked for). On each the integrand is
interpolated in n Chebyshev points. If f is analytic and |f| <= M inside the ellipse with foci at the panel's ends whose
semi-axes add up to ρ half-lengths, its Chebyshev coefficients are at most 2Mρ^{-k}, and each T_k with k >= n is aliased
to ±T_j or 0; so the interpolant is off by at most 4Mρ^{1-n}/(ρ - 1) everywhere on the panel. Where g is the measure of
a dilated set of dimension m, |g(s)| <= (|s|²/Re s²)^{m/2} for Re s² > 0 bounds M in advance (docs/gaussian.md,
dilation).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import flint
from flint import arb, arb_mat, fmpq

__all__ = ["UNIT", "Integrand", "Panel", "mass_beyond", "panels"]

_RATIO = fmpq(19, 5)  # ρ of the Bernstein ellipse on [a, 2a]; there |s|²/Re s² <= 23/5 and Re s² >= 3a²/16
_SPREAD = fmpq(23, 5)
_REAL_SQUARE = fmpq(3, 16)


class Panel:
    """An interval [start, start + length] with its Chebyshev points."""

    def __init__(self, start: int, length: int) -> None:
        self.start, self.length = start, length

    def nodes(self, count: int) -> list[arb]:
        """Return the Chebyshev points, at the working precision."""
        return _nodes(self.start, self.length, count, _precision())

    def interpolation_error(self, squares: list[tuple[fmpq, int]], count: int, reach: fmpq | None) -> arb:
        """Return a bound of the error of interpolating Σ w φ(sw) g(s), g of the given dimensions."""
        ratio = arb(_RATIO)
        bound = arb(0)
        if self.start == 0:
            # ellipse of [0, 1]: |Im s| <= (ρ - 1/ρ)/4, and |φ(sw) g(s)| <= e^{(Im s)² reach/2}/√(2π)
            assert reach is not None
            height = (ratio - 1 / ratio) / 4
            growth = (height * height * arb(reach) / 2).exp()
            for square, _ in squares:
                bound += arb(square).sqrt() * growth
        else:
            least = arb(_REAL_SQUARE) * self.start * self.start / 2
            for square, dimension in squares:
                decay = (-arb(square) * least).exp()
                bound += arb(square).sqrt() * decay * (arb(_SPREAD) ** (arb(dimension) / 2))
        bound /= (2 * arb.pi()).sqrt()
        return 4 * bound * ratio ** (1 - count) / (ratio - 1)


@lru_cache(maxsize=1024)
def _nodes(start: int, length: int, count: int, bits: int) -> list[arb]:
    points, _, _ = _chebyshev(count, bits)
    return [start + arb(length) / 2 * (1 + x) for x in points]


def panels(start: int, count: int) -> list[Panel]:
    """Return the first panels from 0 or from 1 on."""
    if start == 0:
        return [Panel(0, 1), *panels(1, count - 1)]
    return [Panel(1 << p, 1 << p) for p in range(count)]


class Integrand:
    """The sum ``Σ ±w φ(sw) g(s)`` at the nodes of all panels, with what it takes to integrate it rigorously."""

    def __init__(self, panels: list[Panel], count: int, reach: fmpq | None = None) -> None:
        self.panels, self.count, self.reach = panels, count, reach
        self.rows = [[arb(0)] * count for _ in panels]
        self.squares: list[tuple[fmpq, int]] = []

    def add(self, sign: int, square: fmpq, inside: Callable[[int], list[arb]], dimension: int) -> None:
        """Add ``sign · w φ(sw) g(s)`` for a face of this dimension, whose g on a panel is ``inside(panel)``."""
        self.squares.append((square, dimension))
        scale = sign * arb(square).sqrt() / (2 * arb.pi()).sqrt()
        half = -arb(square) / 2
        enough = 2 * _precision()
        for p, (panel, row) in enumerate(zip(self.panels, self.rows, strict=True)):
            if square * panel.start * panel.start > enough:
                small = scale * ((half * panel.start * panel.start).exp() * UNIT)
                for j in range(self.count):
                    row[j] += small
                continue
            values = inside(p)
            for j, node in enumerate(panel.nodes(self.count)):
                row[j] += scale * (half * node * node).exp() * values[j]

    def _beyond(self) -> arb:
        """Return a ball around the integral from the end of the last panel."""
        end = self.panels[-1].start + self.panels[-1].length
        total = arb(0)
        for square, _ in self.squares:
            total += mass_beyond(square * end * end)
        return total * UNIT

    def from_nodes(self) -> list[list[arb]]:
        """Return the integrals from each node to infinity."""
        _, weights, matrix = _chebyshev(self.count, _precision())
        after = self._beyond()
        results: list[list[arb]] = []
        for panel, row in zip(reversed(self.panels), reversed(self.rows), strict=True):
            half = arb(panel.length) / 2
            error = panel.interpolation_error(self.squares, self.count, self.reach) * panel.length * UNIT
            column = arb_mat(self.count, 1, row)
            parts = matrix * column
            results.append([after + half * parts[j, 0] + error for j in range(self.count)])
            after = after + half * (weights * column)[0, 0] + error
        return results[::-1]

    def from_start(self) -> arb:
        """Return the integral from the start of the first panel to infinity."""
        _, weights, _ = _chebyshev(self.count, _precision())
        total = self._beyond()
        for panel, row in zip(self.panels, self.rows, strict=True):
            error = panel.interpolation_error(self.squares, self.count, self.reach) * panel.length * UNIT
            total += arb(panel.length) / 2 * (weights * arb_mat(self.count, 1, row))[0, 0] + error
        return total


UNIT = arb(0, 1)


def _precision() -> int:
    return flint.ctx.prec


@lru_cache(maxsize=8)
def _chebyshev(count: int, bits: int) -> tuple[list[arb], arb_mat, arb_mat]:
    """Return Chebyshev points x of [-1, 1], weights of the integral of the interpolant, and of its integrals from x.

    ``matrix[i, j]`` is the weight of node j in the integral from x_i to 1. Balls of `bits` bits.
    """
    points = [arb.cos_pi_fmpq(fmpq(2 * j + 1, 2 * count)) for j in range(count)]
    chebyshev = arb_mat(
        count, count, [arb.cos_pi_fmpq(fmpq(k * (2 * j + 1), 2 * count)) for k in range(count) for j in range(count)]
    )
    coefficients = arb_mat(
        count,
        count,
        [chebyshev[k, j] * (fmpq(2, count) if k else fmpq(1, count)) for k in range(count) for j in range(count)],
    )

    def primitives(cosine: Callable[[int], arb]) -> list[arb]:
        """Return the values of primitives of T_0, ..., at the point whose T_k are given."""
        rows = [cosine(1), cosine(2) / 4]
        rows += [cosine(k + 1) / (2 * (k + 1)) - cosine(k - 1) / (2 * (k - 1)) for k in range(2, count)]
        return rows[:count]

    upper = primitives(lambda k: arb(1))
    lower = primitives(lambda k: arb((-1) ** k))
    whole = arb_mat(1, count, [a - b for a, b in zip(upper, lower, strict=True)])
    parts = []
    for i in range(count):
        at = primitives(lambda k, i=i: arb.cos_pi_fmpq(fmpq(k * (2 * i + 1), 2 * count)))
        parts += [a - b for a, b in zip(upper, at, strict=True)]
    return points, whole * coefficients, arb_mat(count, count, parts) * coefficients


def mass_beyond(square: fmpq) -> arb:
    """Return the standard normal mass beyond w."""
    return (arb(square) / 2).sqrt().erfc() / 2
