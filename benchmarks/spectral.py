"""How near spectral starts come to the optimal label filter: sine against n/d, with the information limit marked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tropical
from benchmarks.jobs import record_ratio
from learner import FilteredPCA
from learner.filters import ThresholdFilter
from learner.limits import weak_recovery_threshold
from learner.report import sine_to

__all__ = ["run"]

DIMENSION, MULTIPLES, SEEDS = 100, (1, 2, 4, 8, 12, 16, 24), 10

# On each of these G(y) = E[zzᵀ - I | y] is a multiple of I, so the scalar filter c/(1 + c) is the oracle.
FAMILIES: dict[str, tuple[int, Any]] = {
    "abs": (1, tropical.families.minimum_of_absolute_values(1)),
    "cyclic 4": (2, tropical.families.cyclic(4)),
    "cyclic 6": (2, tropical.families.cyclic(6)),
    "min of |z| 2": (2, tropical.families.minimum_of_absolute_values(2)),
    "sign·min 3": (3, tropical.families.sign_times_minimum(3)),
}


class _Oracle:
    """The optimal filter c/(1 + c) of y, c(y) = E[|z|²/k - 1 | y], tabulated from a million samples of z."""

    def __init__(self, function: Any, k: int) -> None:
        z = np.random.default_rng(0).standard_normal((1 << 20, k))
        y = function.evaluate(z)
        order = np.argsort(y)
        size = 1 << 10
        self.labels = y[order].reshape(-1, size).mean(axis=1)
        c = ((z**2).mean(axis=1) - 1.0)[order].reshape(-1, size).mean(axis=1)
        self.values = c / (1.0 + c)

    def directions(self, X: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
        weights = np.interp(y, self.labels, self.values)
        matrix = (X * weights[:, None]).T @ X / len(X)
        return np.linalg.eigh(matrix)[1][:, ::-1][:, :k].T


def run(path: str | None = None) -> None:
    """Print the median sine for each start, and the ratio of the default one to the oracle; a few minutes."""
    print(f"spectral: d = {DIMENSION}, median of {SEEDS} seeds, sine of the largest angle; ratio is default / oracle")
    table = []
    for family, (k, function) in FAMILIES.items():
        limit = weak_recovery_threshold(function, k).value
        oracle = _Oracle(function, k)
        starts: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
            "threshold": lambda X, y, k=k: _fitted(X, y, k, filter=ThresholdFilter(float(np.quantile(np.abs(y), 0.7)))),
            "slices": lambda X, y, k=k: _fitted(X, y, k, method="quadratic"),
            "T*": lambda X, y, k=k: _fitted(X, y, k, method="adaptive"),
            "joint": lambda X, y, k=k: _fitted(X, y, k, method="joint"),
            "default": lambda X, y, k=k: _fitted(X, y, k),
            "oracle": lambda X, y, k=k, oracle=oracle: oracle.directions(X, y, k),
        }
        print(f"  {family}: limit n/d = {limit:.3f}")
        print(f"    {'n/d':>7} " + " ".join(f"{name:>9}" for name in starts) + "     ratio")
        for multiple in MULTIPLES:
            sines: dict[str, list[float]] = {name: [] for name in starts}
            for seed in range(SEEDS):
                rng = np.random.default_rng([seed, multiple, k])
                basis = np.linalg.qr(rng.standard_normal((DIMENSION, k)))[0].T
                X = rng.standard_normal((max(20, round(multiple * limit * DIMENSION)), DIMENSION))
                y = function.evaluate(X @ basis.T)
                for name, start in starts.items():
                    sines[name].append(sine_to(basis, start(X, y)))
            medians = {name: float(np.median(values)) for name, values in sines.items()}
            ratio = medians["default"] / medians["oracle"]
            record_ratio("spectral", f"{family}, n/d = {multiple} limits, sine / oracle's", *_as_timings(sines))
            line = " ".join(f"{medians[name]:9.3f}" for name in starts)
            print(f"    {multiple * limit:>7.2f} {line} {ratio:9.3f}", flush=True)
            table.append({"family": family, "k": k, "limit": limit, "ratio": multiple * limit, **medians})
    if path:
        Path(path).with_suffix(".json").write_text(json.dumps(table, indent=1))
        _draw(table, Path(path).with_suffix(".png"))


def _as_timings(sines: dict[str, list[float]]) -> list[tuple[float, float, float]]:
    """Return the medians of the default's and of the oracle's sines; the spread over seeds is no noise of a ratio."""
    medians = [float(np.median(sines[name])) for name in ("default", "oracle")]
    return [(median, median, median) for median in medians]


def _fitted(X: np.ndarray, y: np.ndarray, k: int, **options: Any) -> np.ndarray:
    return FilteredPCA(k, **options).fit(X, y).components_


def _draw(table: list[dict[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 8), layout="constrained")
    for axes, family in zip(figure.subplots(2, 3).flat, FAMILIES, strict=False):
        rows = [row for row in table if row["family"] == family]
        for name in ("threshold", "slices", "T*", "joint", "default", "oracle"):
            style = "k--" if name == "oracle" else "o-"
            axes.plot([row["ratio"] for row in rows], [row[name] for row in rows], style, label=name, markersize=3)
        axes.axvline(rows[0]["limit"], color="grey", linestyle=":", label="information limit")
        axes.set(title=family, xlabel="n/d", ylabel="sine of the largest angle", xscale="log", ylim=(0, 1.02))
    figure.axes[0].legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", metavar="PATH", help="write PATH.json and PATH.png")
    run(parser.parse_args().save)
