"""The reference algorithm on tiny instances: candidates predicted and tried, time against the fast version."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.jobs import record_ratio
from learner import ExhaustiveFilteredPCA, FilteredPCA, audit, sample
from learner.report import sine_to
from tropical import LatticePolynomial, parse

__all__ = ["run"]


@dataclass(frozen=True)
class Instance:
    """A function of the first k variables of R^d, and how it is learned."""

    text: str
    k: int
    d: int
    n: int
    parameters: dict[str, Any]

    def teacher(self) -> LatticePolynomial:
        """Return the function on R^d."""
        F = parse(self.text)
        return F.compose(np.eye(F.dimension, self.d, dtype=int).tolist())


_ONE: dict[str, Any] = {"n_directions": 1, "n_pieces": 2, "lipschitz": 1}
_TWO: dict[str, Any] = {"n_directions": 2, "n_pieces": 3, "lipschitz": 1, "threshold": 0.75}
_FINE: dict[str, Any] = {**_TWO, "search": "best", "final_grid": "1/4"}
_WEIGHTS: dict[str, Any] = {"net": "weights", "lipschitz": 1, "spectral_norms": ("3/2", "3/2")}

INSTANCES = [
    Instance("max(x0, -x0)", 1, 50, 120_000, _ONE),
    Instance("max(x0, 0)", 1, 50, 120_000, {**_ONE, "threshold": 1.0}),
    Instance("max(x0, 0)", 1, 20, 200_000, {**_ONE, "threshold": 1.0, "n_directions": 2}),
    Instance("max(x0, -x0)", 1, 50, 120_000, {**_WEIGHTS, "n_directions": 1}),
    Instance("max(x0, x1, 0)", 2, 10, 240_000, _TWO),
    Instance("max(x0, x1, 0)", 2, 10, 240_000, _FINE),
    Instance("max(x0, x1, 0)", 2, 50, 900_000, _FINE),
    Instance("min(x0, max(x1, 0))", 2, 50, 900_000, _FINE),
    Instance("max(x0, 0) - max(x1, 0)", 2, 10, 450_000, {**_WEIGHTS, **_TWO, "search": "best"}),
]


def run() -> None:
    """Print one line an instance; some two minutes."""
    print("reference: the exhaustive algorithm; bound = lemma N's count, tried = filters + candidates at the end")
    print("  time is a multiple of that of FilteredPCA (k given) on the same samples")
    header = ("function", "d", "n", "bound", "formulas", "tried", "sin", "NMSE", "error", "<= bound", "time", "audit")
    print("  {:<24}{:>4}{:>8}{:>9}{:>9}{:>16}{:>8}{:>8}{:>7}{:>9}{:>7}  {}".format(*header))
    for instance in INSTANCES:
        _print(instance)


def _print(instance: Instance) -> None:
    F = instance.teacher()
    X, y = sample(F, instance.n, random_state=0)
    start = perf_counter()
    model = ExhaustiveFilteredPCA(**instance.parameters).fit(X, y)
    middle = perf_counter()
    FilteredPCA(instance.k).fit(X, y)
    end = perf_counter()
    spent, direct = (middle - start,) * 3, (end - middle,) * 3
    record_ratio("reference", f"{instance.text}, d = {instance.d}, n = {instance.n} / FilteredPCA", spent, direct)
    fresh, labels = sample(F, 50_000, random_state=1)
    tried = f"{sum(found.tried for found in model.rounds_)} + {model.selection_.enumerated}"
    sizes = [*model.plan_.rounds, model.plan_.selection]
    print(
        f"  {instance.text:<24}{instance.d:>4}{instance.n:>8}{sum(size.bound for size in sizes):>9}"
        f"{model.plan_.formal:>9}{tried:>16}"
        f"{sine_to(np.eye(instance.d)[: instance.k], model.components_):>8.3f}"
        f"{np.mean((labels - model.predict(fresh)) ** 2) / labels.var():>8.4f}{model.error_:>7.3f}"
        f"{model.error_bound_:>9.3f}{(middle - start) / (end - middle):>6.1f}x  "
        f"{'all hold' if audit(model, F, random_state=0) else 'VIOLATED'}, {middle - start:.1f} s"
    )
