"""The claims of the theorem as experiments: what each measures, and what it cannot show.

Learning takes time f(k, S, Λ, ε)·poly(d) for ReLU networks of any depth; the bound depends on the function's Lipschitz
constant Λ and not on the norms of the weight matrices, and some dependence on Λ is necessary.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, inf, nextafter
from time import process_time
from typing import Any

import numpy as np

import tropical
from benchmarks import growth
from benchmarks.fitting import FRESH, fitted, samples_needed
from benchmarks.jobs import Job, Selection, run_jobs, slowness
from benchmarks.tables import over_seeds, table
from benchmarks.teachers import HiddenFunction, function, hidden
from learner import FilteredPCA, LatticeRegressor
from learner.report import sine_to
from tropical import gaussian
from tropical.families import leap_bound

__all__ = ["enclosure", "jobs", "measure", "render", "run"]

_SIZES, _SIZES_MORE = (20, 50, 100, 200, 400), (800,)
_NET, _RATIO = "net 2-6-6-1", 40.0
_DEPTHS = {2: "net 2-8-1", 3: "net 2-6-6-1", 4: "net 2-6-6-6-1", 5: "net 2-6-6-6-6-1", 6: "net 2-6-6-6-6-6-1"}
_STEEPNESS = ("1", "1/2", "1/4", "1/8", "1/16", "1/32")
_STEEPER = ("1/100", "1/1000")  # for what is proved; samples are not tried
_HALF_SPACES = 3
_LEVELS = (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(2))


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
        if seed == 0:
            values = _STEEPNESS[:2] if quick else (*_STEEPNESS, *_STEEPER)
            found += [Job({"claim": "eigenvalues", "value": t}, seed, 60.0) for t in values]
        for claim, (values, cap) in growth.VALUES.items():
            found += [Job({"claim": claim, "value": value}, seed, cap) for value in values[: 1 if quick else None]]
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
    return fitted(HiddenFunction(function(_NET, seed), d, seed), round(_RATIO * d), seed, 0.5 * cap)[1]


def _depth(value: str, seed: int, cap: float) -> dict[str, Any]:
    teacher = hidden(_DEPTHS[int(value)], 50, seed)
    return {"pieces": tropical.cells(teacher.function).n_pieces, **fitted(teacher, 60 * 50, seed, 0.5 * cap)[1]}


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
    fresh, truth = teachers[0].sample(FRESH, [seed, 2])
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
    end = process_time() + 0.6 * cap
    X, y = teacher.sample(1_000 * d, [seed, 5])
    label_only = FilteredPCA(4).fit(X, y).components_
    found = samples_needed(teacher, seed, (10, 20, 40, 80, 160, 320, 640), end - process_time(), whole=False)
    return {
        "lipschitz": lipschitz,
        "label_filter_sine": sine_to(teacher.basis, label_only),
        "needed": found["needed"],
        "tried": found["tried"],
    }


def _eigenvalues(value: str, seed: int, cap: float) -> dict[str, Any]:
    """Enclose the second largest modulus of an eigenvalue of E[1{|y| > τ}(xxᵀ - I)], the largest of some levels τ."""
    F = function(f"parity {_HALF_SPACES} {value}", seed)
    lowest, highest = [], []
    for level in _LEVELS:
        matrix: Any = gaussian.filter_matrix(F, level)
        enclosures = matrix.eigenvalues()
        lowest.append(sorted(max(e.lower, -e.upper, 0) for e in enclosures)[-2])
        highest.append(sorted(max(e.upper, -e.lower) for e in enclosures)[-2])
    bound = leap_bound(_HALF_SPACES, value, "homogeneous_parity")
    lower, upper = nextafter(float(max(lowest)), 0.0), nextafter(float(max(highest)), inf)
    return {"lower": lower, "upper": upper, "bound": nextafter(float(bound), inf)}


_CLAIMS: dict[str, Callable[[str, int, float], dict[str, Any]]] = {
    "dimension": _dimension,
    "depth": _depth,
    "rescaled": _rescaled,
    "steepness": _steepness,
    "eigenvalues": _eigenvalues,
    **growth.EXPERIMENTS,
}


# ------------------------------------------------------------ tables


def render(records: list[dict[str, Any]]) -> str:
    """Return the tables in Markdown, each with what it shows and what not."""
    cells = {claim: [] for claim in _CLAIMS}
    for cell, group in over_seeds(records):
        cells[cell["claim"]].append((cell["value"], group))
    found = {claim: sorted(mine, key=_size) for claim, mine in cells.items()}
    parts = [writer(found[claim]) for claim, writer in _TABLES.items() if found[claim]]
    if found["steepness"] or found["eigenvalues"]:
        parts.append(_steepness_table(found["steepness"], found["eigenvalues"]))
    return "\n\n".join(parts)


def _size(cell: tuple[str, Any]) -> tuple[Fraction, str]:
    """Return what cells are sorted by: numbers by size, names by their letters."""
    try:
        return Fraction(cell[0]), ""
    except ValueError:
        return Fraction(0), cell[0]


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


def _steepness_table(cells: list[tuple[str, Any]], eigenvalues: list[tuple[str, Any]]) -> str:
    found = dict(cells)
    proved = {value: group.results[0] for value, group in eigenvalues if group.results}
    rows = []
    for value in sorted({*found, *proved}, key=Fraction, reverse=True):
        row: list[object] = [value]
        bounds, group = proved.get(value), found.get(value)
        row += [enclosure(bounds["lower"], bounds["upper"]), _above(bounds["bound"])] if bounds else ["-", "-"]
        if group is None:
            row += ["not run"] * 3
        else:
            needs = ", ".join(str(r["needed"] or f"> {r['tried']}") for r in group.results)
            row += [group.spread("lipschitz", ".1f"), group.spread("label_filter_sine", ".2f"), needs + group.lost]
        rows.append(row)
    head = ("t", "second eigenvalue of threshold filters", "bound for every filter of the label", "Λ")
    head = (*head, "sine of label filters alone, n = 1000 d", "n/d at which V is found, each seed")
    levels = ", ".join(map(str, _LEVELS))
    return (
        "### Dependence on the Lipschitz constant is necessary\n\n`homogeneous_parity(3, t)` in R^30: as t goes to 0, "
        "filters of the label lose three of the four directions. Second eigenvalue: proved enclosure, rounded "
        "outwards, of the second largest modulus of an eigenvalue of E[1{|y| > τ}(xxᵀ - I)], the largest over τ = "
        f"{levels}; in three directions the filters see at most this. For every filter: min(√2, 36t/π), `leap_bound`."
        "\n\n"
        + table(head, rows)
        + "\n\nShows: what filters of the label see of three directions goes to 0 in proportion to t = O(1/Λ), which "
        "is proved, and beside it the samples that this learner needs at fixed d and k. It is not confined to filters "
        "of the label: moments of third degree show these directions at every t, and V is found to rounding where the "
        "steep pieces, of probability O(t), have more samples than inputs. Does not show: a lower bound for every "
        "algorithm. A search that stops at its time counts as not found."
    )


def enclosure(lower: float, upper: float) -> str:
    """Return an interval of numbers with four digits that contains this one."""
    return f"[{_rounded(lower, floor)}, {_above(upper)}]"


def _above(value: float) -> str:
    return _rounded(value, ceil)


def _rounded(value: float, direction: Callable[[Decimal], int]) -> str:
    """Round to four digits by floor or ceil, in decimal arithmetic, so that the bound stays one."""
    exact = Decimal(value)
    if not exact:
        return "0"
    unit = Decimal(1).scaleb(exact.adjusted() - 3)
    return f"{direction(exact / unit) * unit:f}"


def _columns(group: Any, *names: str) -> list[str]:
    forms = {"seconds": ".1f", "processor_seconds": ".1f", "sine": ".0e", "nmse": ".0e", "exact": ".1%"}
    return [group.spread(name, forms[name]) + (group.lost if name == names[0] else "") for name in names]


_TABLES: dict[str, Callable[[list[tuple[str, Any]]], str]] = {
    "dimension": _dimension_table,
    "depth": _depth_table,
    "rescaled": _rescaled_table,
    **growth.TABLES,
}
