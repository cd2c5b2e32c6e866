"""Gaussian quantities: a filter matrix of the plane against SciPy's quadrature, and what each digit costs.

The cells are enumerated before the clock starts: they are the same for both ways, and measured in ``cells``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import atan2, cos, exp, pi, sin, tan
from time import perf_counter
from typing import Any

import tropical
from benchmarks.jobs import record_ratio
from benchmarks.timing import alternate
from tropical import gaussian

__all__ = ["run"]

PIECES = 100


def polygon(pieces: int) -> tropical.TropicalPolynomial:
    """Return the maximum of linear functions with gradients at rational points of the circle."""
    terms = []
    for i in range(pieces):
        t = Fraction(round(tan(pi * (i - pieces / 2 + 0.25) / pieces) * 1000), 1000)
        terms.append((0, [(1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)]))
    return tropical.TropicalPolynomial(terms, "max")


def quadrature(F: tropical.TropicalPolynomial, tau: float) -> list[float]:
    """Return the three entries of E[1{F > τ}(xxᵀ - I)] by adaptive quadrature over each sector, to about 1e-10."""
    from scipy.integrate import quad

    complex_ = tropical.cells(F)
    entries = [0.0, 0.0, 0.0]
    for number, cell in enumerate(complex_):
        u = [float(a) for a in complex_.piece_of(cell).gradient]
        angles = [atan2(y, x) for x, y in complex_.rays(number)]
        low, high = min(angles), max(angles)
        if high - low > pi:
            low, high = high, low + 2 * pi

        def radial(t: float, u: list[float] = u) -> tuple[float, float, float]:
            height = u[0] * cos(t) + u[1] * sin(t)
            if height <= 0:
                return 0.0, 0.0, 0.0
            s = tau / height
            weight = exp(-s * s / 2) / (2 * pi)
            scale = (s * s + 2) * weight
            return scale * cos(t) ** 2 - weight, scale * cos(t) * sin(t), scale * sin(t) ** 2 - weight

        for j in range(3):
            entries[j] += quad(lambda t, j=j, f=radial: f(t)[j], low, high, epsabs=1e-12, epsrel=1e-12)[0]
    return entries


def run() -> None:
    """Print times, widths and ratios."""
    print(f"gaussian: filter matrix E[1{{F > 2}}(xxᵀ - I)] of {PIECES} pieces in the plane")
    F = polygon(PIECES)
    matrix = gaussian.filter_matrix(F, 2)
    assert isinstance(matrix, gaussian.RelevantMatrix)
    exact, sampled = alternate(lambda: gaussian.filter_matrix(F, 2), lambda: quadrature(F, 2.0), repeats=3)
    record_ratio("gaussian", f"filter matrix of {PIECES} pieces / quad to 1e-10", exact, sampled)
    gap = max(
        abs(float(a) - b) for a, b in zip((matrix[0, 0], matrix[0, 1], matrix[1, 1]), quadrature(F, 2.0), strict=True)
    )
    print(f"  closed forms {exact[0] * 1e3:7.1f} ms, quad to 1e-10 {sampled[0] * 1e3:7.1f} ms, ", end="")
    print(f"ratio {exact[0] / sampled[0]:.2f}; largest difference {gap:.1e}")
    evaluation, _ = alternate(lambda: [matrix[i, j].enclosure(10) for i, j in ((0, 0), (0, 1), (1, 1))], lambda: None)
    print(f"  ten digits of the closed forms, proved: {evaluation[0] * 1e3:7.1f} ms")
    for name, question in (("E[F]", gaussian.mean), ("E[F²]", gaussian.second_moment)):
        spent, _ = alternate(lambda ask=question: ask(F), lambda: None, repeats=3)
        print(f"  {name:<6} exact: {spent[0] * 1e3:7.1f} ms")
    print("width against time (the aim is 10^-digits):")
    cases = [
        ("k = 2, tail, 100 pieces", lambda: gaussian.tail(F, 2)),
        ("k = 3, tail, 4-16-1 of rank 3", _asked(gaussian.tail, (4, 16, 1), 3)),
        ("k = 3, filter matrix, the same", _asked(gaussian.filter_matrix, (4, 16, 1), 3)),
        ("k = 4, tail, 4-5-1 with biases", _asked(gaussian.tail, (4, 5, 1), None)),
    ]
    for name, task in cases:
        task()
        line = []
        for digits in (5, 10, 20, 40):
            with gaussian.precision(digits=digits):
                clock = perf_counter()
                value = task()
                spent = perf_counter() - clock
            line.append(f"{_width(value):.0e} in {spent * 1e3:7.1f} ms")
        print(f"  {name:<34} {';  '.join(line)}")


def _asked(question: Callable[..., Any], widths: tuple[int, ...], rank: int | None) -> Callable[[], Any]:
    """Return a question about one network, at level 1."""
    net = tropical.families.random_network(widths, 0, rank=rank, biases=rank is None)
    return lambda: question(net, 1)


def _width(value: object) -> float:
    entries = [e for row in value.entries for e in row] if isinstance(value, gaussian.RelevantMatrix) else [value]
    return max((float(e.width) for e in entries if isinstance(e, gaussian.Enclosure)), default=0.0)
