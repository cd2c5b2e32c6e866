"""Exact objects: lattice forms, canonical forms and products, against one float evaluation of the result.

A float tool publishes 0.47, 1.5 and 1.9 s on its author's machine for the lattice form of one hidden
layer with 32 pieces: 31 units in one variable, 5 units in 10 and in 100.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import tropical
from benchmarks.jobs import record_ratio
from benchmarks.timing import alternate

__all__ = ["run"]

POINTS = 100_000


def run() -> None:
    """Print the time of each exact operation, and its ratio to a vectorised evaluation of the result at 1e5 points."""
    print(f"lattice: exact operation / one float64 evaluation of its result at {POINTS} points")
    for widths in ((1, 31, 1), (10, 5, 1), (100, 5, 1)):
        net = tropical.families.random_network(widths, 0, biases=True, denominator=1000, largest=1000)
        name = f"lattice form of {'-'.join(map(str, widths))}"
        _report(name, lambda net=net: tropical.lattice(net), lambda F: f"{len(F.pieces)} pieces")
    rng = random.Random(0)
    pieces = [([rng.randint(-999, 999), rng.randint(-999, 999)], rng.randint(-999, 999)) for _ in range(64)]
    for literals in (3, 5):
        F = tropical.LatticePolynomial(pieces, [rng.sample(range(64), literals) for _ in range(64)])
        name = f"canonical form of 64 pieces, 64 clauses of {literals}, in the plane"
        _report(name, F.canonical, lambda G: f"{len(G.pieces)} pieces, {len(G.clauses)} clauses")
    P, Q = (
        tropical.TropicalPolynomial(
            [(rng.randint(-999, 999), [rng.randint(0, 99) for _ in range(3)]) for _ in range(100)], "max"
        )
        for _ in range(2)
    )
    product = P * Q
    _report("product of two polynomials of 100 terms in 3 variables", lambda: P * Q, lambda R: f"{len(R)} terms")
    _report("its essential terms", product.essential, lambda R: f"{len(R)} terms")


def _report(name: str, operation: Callable[[], Any], size: Callable[[Any], str]) -> None:
    result = operation()
    X = np.random.default_rng(0).standard_normal((POINTS, result.dimension))
    exact, floats = alternate(operation, lambda: result.evaluate(X), repeats=3)
    ratio = exact[0] / floats[0]
    record_ratio("lattice", f"{name} / evaluation at {POINTS} points", exact, floats)
    print(f"  {name:<62} {size(result):>22}: {exact[0] * 1e3:8.1f} ms, {ratio:7.3f} evaluations")
