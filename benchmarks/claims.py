"""The claims of the theorem as experiments: what each measures, and what it cannot show.

Learning takes time f(k, S, Λ, ε)·poly(d) for ReLU networks of any depth; the bound depends on the function's Lipschitz
constant Λ and not on the norms of the weight matrices, and some dependence on Λ is necessary.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from fractions import Fraction
from time import perf_counter, process_time
from typing import Any

import numpy as np

import tropical
from benchmarks.jobs import Job, Selection, run_jobs, slowness
from benchmarks.tables import over_seeds, table
from benchmarks.teachers import HiddenFunction, function, hidden
from learner import FilteredPCA, LatticeRegressor
from learner.report import sine_to

__all__ = ["jobs", "measure", "render", "run"]

_FRESH = 5000
_SIZES, _SIZES_MORE = (20, 50, 100, 200, 400), (800,)
_NET, _RATIO = "net 2-6-6-1", 40.0
_DEPTHS = {2: "net 2-8-1", 3: "net 2-6-6-1", 4: "net 2-6-6-6-1", 5: "net 2-6-6-6-6-1", 6: "net 2-6-6-6-6-6-1"}
_STEEPNESS = ("1", "1/2", "1/4", "1/8", "1/16", "1/32")


def jobs(quick: bool = False) -> list[Job]:
    """Return the cells of all claims, the first seed first."""
    found = []
    for seed in range(1 if quick else 3):
        for d in _SIZES[:3] if quick else _SIZES:
            found.append(Job({"claim": "dimension", "value": str(d)}, seed, 120.0))
        for depth in list(_DEPTHS)[:3] if quick else _DEPTHS:
            found.append(Job({"claim": "depth", "value": str(depth)}, seed, 90.0))
        for factor in ("10", "1000000"):
            found.append(Job({"claim": "rescaled", "value": factor}, seed, 60.0))
        for t in _STEEPNESS[:2] if quick else _STEEPNESS:
            found.append(Job({"claim": "steepness", "value": t}, seed, 120.0))
    if not quick:
        found += [Job({"claim": "dimension", "value": str(d)}, 0, 300.0) for d in _SIZES_MORE]
    return found


def measure(claim: str, value: str, seed: int, cap: float) -> dict[str, Any]:
    """Run one cell of one claim."""
    return _CLAIMS[claim](value, seed, cap)


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, and print the tables."""
    print("claims: the theorem's statements as experiments")
    print(render(run_jobs("claims", measure, jobs(quick), again=again, only=only)))


# ------------------------------------------------------------ experiments


def _dimension(value: str, seed: int, cap: float) -> dict[str, Any]:
    d = int(value)
    return _learned(HiddenFunction(function(_NET, seed), d, seed), round(_RATIO * d), seed, cap)


def _depth(value: str, seed: int, cap: float) -> dict[str, Any]:
    teacher = hidden(_DEPTHS[int(value)], 50, seed)
    return {"pieces": tropical.cells(teacher.function).n_pieces, **_learned(teacher, 60 * 50, seed, cap)}


def _rescaled(value: str, seed: int, cap: float) -> dict[str, Any]:
    """Multiply the first layer by λ and the last by 1/λ: the same function, a spectral norm λ times as large."""
    factor = Fraction(value)
    net: Any = function(_NET, seed)
    first, *middle, last = net.weights
    other = tropical.ReLUNetwork(
        [[[factor * w for w in row] for row in first], *middle, [[w / factor for w in row] for row in last]], net.biases
    )
    teachers = [HiddenFunction(one, 50, seed) for one in (net, other)]
    models, labels = [], []
    for teacher in teachers:
        X, y = teacher.sample(round(_RATIO * 50), [seed, 1])
        labels.append(y)
        models.append(LatticeRegressor(random_state=seed, max_time=0.3 * cap * slowness()).fit(X, y))
    fresh, truth = teachers[0].sample(_FRESH, [seed, 2])
    predictions = [model.predict(fresh) for model in models]
    scale = float(truth.std())
    return {
        "same_function": bool(tropical.same_function(net, other)),
        "labels_differ": float(np.abs(labels[0] - labels[1]).max()) / scale,
        "predictions_differ": float(np.abs(predictions[0] - predictions[1]).max()) / scale,
        "same_pieces": len(models[0].pieces_) == len(models[1].pieces_),
        "nmse": float(((predictions[1] - truth) ** 2).mean()) / scale**2,
    }


def _steepness(value: str, seed: int, cap: float) -> dict[str, Any]:
    """Find how many samples an input the homogeneous parity of three half-spaces needs, by doubling n/d."""
    d = 30
    teacher = hidden(f"parity 3 {value}", d, seed)
    lipschitz = float(tropical.lipschitz(teacher.function).squared) ** 0.5
    result: dict[str, Any] = {"lipschitz": lipschitz}
    end = process_time() + 0.6 * cap
    X, y = teacher.sample(1_000 * d, [seed, 5])
    label_only = FilteredPCA(4).fit(X, y).components_
    result["label_filter_sine"] = sine_to(teacher.basis, label_only)
    needed, alpha = None, 10
    while alpha <= 640 and needed is None and process_time() < end:
        found = _learned(teacher, alpha * d, seed, (end - process_time()) / 0.5)
        if found["sine"] <= 1e-6:
            needed = alpha
        alpha *= 2
    result["needed"] = needed
    result["tried"] = alpha // 2
    return result


_CLAIMS: dict[str, Callable[[str, int, float], dict[str, Any]]] = {
    "dimension": _dimension,
    "depth": _depth,
    "rescaled": _rescaled,
    "steepness": _steepness,
}


def _learned(teacher: HiddenFunction, n: int, seed: int, cap: float) -> dict[str, Any]:
    X, y = teacher.sample(n, [seed, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wall, processor = perf_counter(), process_time()
        model = LatticeRegressor(random_state=seed, max_time=max(1.0, 0.5 * cap) * slowness()).fit(X, y)
        wall, processor = perf_counter() - wall, process_time() - processor
    fresh, truth = teacher.sample(_FRESH, [seed, 2])
    error = model.predict(fresh) - truth
    scale = float(truth.std())
    return {
        "exact": float((np.abs(error) <= 1e-9 * scale).mean()),
        "nmse": float((error**2).mean()) / scale**2,
        "sine": sine_to(teacher.basis, model.components_),
        "found": len(model.pieces_),
        "seconds": wall,
        "processor_seconds": processor,
    }


# ------------------------------------------------------------ tables


def render(records: list[dict[str, Any]]) -> str:
    """Return the tables in Markdown, each with what it shows and what not."""
    cells = {claim: [] for claim in _CLAIMS}
    for cell, group in over_seeds(records):
        cells[cell["claim"]].append((cell["value"], group))
    parts = [writer(sorted(cells[claim], key=_size)) for claim, writer in _TABLES.items() if cells[claim]]
    return "\n\n".join(parts)


def _size(cell: tuple[str, Any]) -> Fraction:
    return Fraction(cell[0])


def _dimension_table(cells: list[tuple[str, Any]]) -> str:
    rows, points = [], []
    for value, group in cells:
        rows.append([value, *_columns(group, "processor_seconds", "sine", "nmse", "exact"), group.count])
        seconds = group.median("processor_seconds")
        if seconds:
            points.append((float(value), seconds))
    sizes, times = np.log(np.array(points)).T if points else (np.zeros(0), np.zeros(0))
    large = sizes >= np.log(100.0)
    slope = f"d^{np.polyfit(sizes[large], times[large], 1)[0]:.2f}" if large.sum() > 1 else "not fitted"
    return (
        f"### Time is polynomial in d\n\n`{_NET}` in R^d, n = {_RATIO:g} d. Exponent of the processor time fitted on "
        f"d >= 100: {slope}.\n\n"
        + table(("d", "processor seconds", "sine", "NMSE", "exact", "seeds"), rows)
        + "\n\nShows: at fixed function and fixed n/d the time grows as a small power of d. Does not show: the "
        "theorem's worst case, or that n/d may stay fixed for every function."
    )


def _depth_table(cells: list[tuple[str, Any]]) -> str:
    rows = [
        [value, group.spread("pieces", ".0f"), *_columns(group, "seconds", "sine", "nmse", "exact"), group.count]
        for value, group in cells
    ]
    return (
        "### Depth more than two\n\nRandom networks of width 6 to 8 on a plane of R^50, n = 60 d; depth counts "
        "layers of weights.\n\n"
        + table(("depth", "pieces", "seconds", "sine", "NMSE", "exact", "seeds"), rows)
        + "\n\nShows: depth as such is no obstacle where the number of pieces is moderate. Does not show: large k, or "
        "networks with exponentially many pieces."
    )


def _rescaled_table(cells: list[tuple[str, Any]]) -> str:
    rows = [
        [
            f"{float(value):g}",
            f"{sum(r['same_function'] for r in group.results)} of {group.count}",
            group.spread("labels_differ", ".0e"),
            group.spread("predictions_differ", ".0e"),
            f"{sum(r['same_pieces'] for r in group.results)} of {group.count}",
        ]
        for value, group in cells
    ]
    return (
        "### Norms of weights do not matter, the function does\n\nFirst layer times λ, last layer through λ: proved to "
        "be the same function by exact arithmetic, learned from the same inputs.\n\n"
        + table(("λ", "proved the same", "labels differ by", "predictions differ by", "same pieces"), rows)
        + "\n\nShows: spectral norms λ times as large change nothing beyond rounding; differences are the largest of "
        "all points, in standard deviations of y. This holds by construction, as the learner sees samples only. Does "
        "not show: anything on networks whose function has a large Lipschitz constant."
    )


def _steepness_table(cells: list[tuple[str, Any]]) -> str:
    rows = []
    for value, group in reversed(cells):
        needs = [r["needed"] or f"> {r['tried']}" for r in group.results]
        rows.append(
            [
                value,
                group.spread("lipschitz", ".1f"),
                group.spread("label_filter_sine", ".2f"),
                ", ".join(map(str, needs)) + group.lost,
            ]
        )
    return (
        "### Dependence on the Lipschitz constant is necessary\n\n`homogeneous_parity(3, t)` in R^30: as t goes to 0, "
        "filters of the label lose three of the four directions.\n\n"
        + table(("t", "Λ", "sine of label filters alone, n = 1000 d", "n/d at which V is found, each seed"), rows)
        + "\n\nShows: the samples that this learner needs at fixed d and k. That label filters fade is proved in lemma "
        "Λ. Does not show: a lower bound for every algorithm. A search that stops at its time counts as not found."
    )


def _columns(group: Any, *names: str) -> list[str]:
    forms = {"seconds": ".1f", "processor_seconds": ".1f", "sine": ".0e", "nmse": ".0e", "exact": ".1%"}
    return [group.spread(name, forms[name]) + (group.lost if name == names[0] else "") for name in names]


_TABLES: dict[str, Callable[[list[tuple[str, Any]]], str]] = {
    "dimension": _dimension_table,
    "depth": _depth_table,
    "rescaled": _rescaled_table,
    "steepness": _steepness_table,
}
