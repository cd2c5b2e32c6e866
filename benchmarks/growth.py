"""The theorem's f(k, S, Λ, ε) as experiments: what each constant costs the learner, one at a time.

==================  ======================================================================================
k                   networks k-6-6-1: samples an input, by doubling, until V is found and the function exact
S                   networks 2-S-1, likewise
Λ                   two nearly parallel units with outputs ±1/ε: the Lipschitz constant is (1 + 1/ε²)^(1/2)
ε                   samples until FilteredPCA, told k, is within ε of V; no refinement, no exact finish
condition number    depth two, k units in k directions, output signs in turn; rows of length one
==================  ======================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tropical
from benchmarks.fitting import fitted, samples_needed
from benchmarks.tables import Group, table
from benchmarks.teachers import HiddenFunction, function, hidden
from learner import FilteredPCA
from learner.report import sine_to

__all__ = ["EXPERIMENTS", "TABLES", "VALUES", "power"]

Cells = list[tuple[str, Group]]

_DIMENSION = 50
_DOUBLINGS = (10, 20, 40, 80, 160, 320, 640)
_EACH = 15.0  # seconds of processor time for one fit: below the samples needed the search would use all there is
_ACCURACIES = (0.5, 0.35, 0.25, 0.18, 0.125, 0.09, 0.0625)
_STEPS = tuple(round(2 * 2 ** (step / 2)) for step in range(22))  # n/d from 2 to 2896, by factors √2
_FIRST = (60, 120, 240, 480, 960)  # n/d of the ill-conditioned
_UNITS, _SIGNS = 3, (1.0, -1.0, 1.0)

VALUES: dict[str, tuple[tuple[str, ...], float]] = {  # claim: its values, cap of a job in seconds
    "directions": (("1", "2", "3", "4"), 180.0),
    "units": (("4", "8", "16", "32"), 180.0),
    "slope": (("1", "1/2", "1/4", "1/8", "1/16", "1/32"), 180.0),
    "accuracy": (("sign-min 2", "cyclic 4", "net 2-6-6-1"), 120.0),
    "conditioning": (("10", "100", "1000", "10000", "100000", "1000000"), 180.0),
}


def _directions(value: str, seed: int, cap: float) -> dict[str, Any]:
    return _growth(hidden(f"net {value}-6-6-1", _DIMENSION, seed), seed, cap)


def _units(value: str, seed: int, cap: float) -> dict[str, Any]:
    return _growth(hidden(f"net 2-{value}-1", _DIMENSION, seed), seed, cap)


def _slope(value: str, seed: int, cap: float) -> dict[str, Any]:
    return _growth(hidden(f"near-parallel {value}", _DIMENSION, seed), seed, cap)


def _growth(teacher: HiddenFunction, seed: int, cap: float) -> dict[str, Any]:
    facts = {
        "lipschitz": float(tropical.lipschitz(teacher.function)),
        "pieces": tropical.cells(teacher.function).n_pieces,
    }
    return {**facts, **samples_needed(teacher, seed, _DOUBLINGS, 0.75 * cap, each=_EACH)}


def _accuracy(value: str, seed: int, cap: float) -> dict[str, Any]:
    """Find the first n/d at which filtered PCA is within each ε; the samples are the first n of one sequence."""
    teacher = HiddenFunction(function(value, seed), _DIMENSION, seed)
    X, y = teacher.sample(_STEPS[-1] * _DIMENSION, [seed, 1])
    needed: dict[str, int | None] = {f"{accuracy:g}": None for accuracy in _ACCURACIES}
    for alpha in _STEPS:
        n = alpha * _DIMENSION
        sine = sine_to(teacher.basis, FilteredPCA(len(teacher.basis)).fit(X[:n], y[:n]).components_)
        for accuracy in needed:
            if needed[accuracy] is None and sine <= float(accuracy):
                needed[accuracy] = alpha
        if None not in needed.values():
            break
    points = [(1.0 / float(accuracy), alpha) for accuracy, alpha in needed.items() if alpha is not None]
    return {"needed": needed, "power": power(points)}


def power(points: Sequence[tuple[float, float]]) -> float | None:
    """Return p of the least-squares fit y = c·x^p; None for fewer than two different x.

    Examples
    --------
    >>> round(power([(1.0, 3.0), (2.0, 12.0), (4.0, 48.0)]), 9), power([(1.0, 3.0)])
    (2.0, None)
    """
    if len({x for x, _ in points}) < 2:
        return None
    x, y = np.log(np.array(points, dtype=float)).T
    return float(np.polyfit(x, y, 1)[0])


def _conditioning(value: str, seed: int, cap: float) -> dict[str, Any]:
    """Learn Σ ±relu(<w_i, x>), rows of length one and condition number close to the value: n = 60 d, and doublings."""
    rng = np.random.default_rng([seed, 7])
    left, right = (np.linalg.qr(rng.standard_normal((_UNITS, _UNITS)))[0] for _ in range(2))
    rows = left @ np.diag(np.geomspace(1.0, 1.0 / float(value), _UNITS)) @ right
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    net = tropical.ReLUNetwork.from_floats([rows, np.array([_SIGNS])])
    teacher = HiddenFunction(net, _DIMENSION, seed)
    result = fitted(teacher, _FIRST[0] * _DIMENSION, seed, _EACH)[1]
    needs = samples_needed(teacher, seed, _FIRST, 0.6 * cap, each=_EACH)
    needs.pop("processor_seconds")
    facts = {
        "condition": float(np.linalg.cond(rows)),
        "lipschitz": float(tropical.lipschitz(net)),
        "influence": float(np.linalg.svd(rows)[1][-1]),
    }
    return {**facts, **result, **needs}


EXPERIMENTS: dict[str, Callable[[str, int, float], dict[str, Any]]] = {
    "directions": _directions,
    "units": _units,
    "slope": _slope,
    "accuracy": _accuracy,
    "conditioning": _conditioning,
}


# ------------------------------------------------------------ tables


def _needed_table(cells: Cells, name: str) -> str:
    head = (name, "Λ", "pieces", "n/d at which V is found", "n/d at which F is exact", "processor seconds then")
    rows = [
        [
            value,
            group.spread("lipschitz", ".1f"),
            group.spread("pieces", ".0f"),
            _each_seed(group, "needed") + group.lost,
            _each_seed(group, "needed_exact"),
            group.spread("processor_seconds", ".1f"),
        ]
        for value, group in cells
    ]
    return table(head, rows)


def _each_seed(group: Group, name: str) -> str:
    return ", ".join(str(result[name] or f"> {result['tried']}") for result in group.results)


def _directions_table(cells: Cells) -> str:
    return (
        f"### Growth with k\n\nNetworks k-6-6-1 on k directions of R^{_DIMENSION}; n/d doubles from "
        f"{_DOUBLINGS[0]} on, {_EACH:g} seconds of processor time a fit; each seed is another network.\n\n"
        + _needed_table(cells, "k")
        + "\n\nShows: at a fixed architecture, how samples and time grow with the number of directions; the number of "
        "pieces grows along with it. Does not show: the theorem's dependence, which is exponential in k, or k > 4."
    )


def _units_table(cells: Cells) -> str:
    return (
        f"### Growth with S\n\nNetworks 2-S-1 on a plane of R^{_DIMENSION}, likewise.\n\n"
        + _needed_table(cells, "S")
        + f"\n\nShows: what more units and pieces cost in a plane. {_DOUBLINGS[0]} is the first n/d tried, so rows "
        "with it bound the growth of samples from above alone. Does not show: the theorem's dependence on S in more "
        "directions, where units leave pieces that are rarely seen: k = 3 and 4 above."
    )


def _slope_table(cells: Cells) -> str:
    return (
        f"### Growth with Λ\n\n`near_parallel(ε)`, (relu(x_0 + ε x_1) - relu(x_0))/ε, on a plane of R^{_DIMENSION}, "
        "likewise: variance close to 1/2 for every ε, and Λ² = 1 + 1/ε².\n\n"
        + _needed_table(cells[::-1], "ε")
        + "\n\nShows: the steep pieces lie on two sectors of probability about ε/2π each, so samples that see them get "
        "rare as Λ grows. Does not show: that this is necessary; the section on necessity below does, for filters of "
        "the label."
    )


def _accuracy_table(cells: Cells) -> str:
    rows = []
    for accuracy in map("{:g}".format, _ACCURACIES):
        row: list[object] = [accuracy]
        for _, group in cells:
            needs = [result["needed"][accuracy] for result in group.results]
            row.append(", ".join(f"> {_STEPS[-1]}" if need is None else str(need) for need in needs))
        rows.append(row)
    rows.append(["exponent of 1/ε", *(group.spread("power", ".2f") for _, group in cells)])
    return (
        f"### Growth with 1/ε\n\nFilteredPCA, told k, in R^{_DIMENSION}: the first n/d of a sequence with ratio √2 at "
        "which the sine of the largest angle to V is at most ε, each seed.\n\n"
        + table(("ε", *(f"`{value}`" for value, _ in cells)), rows)
        + "\n\nShows: the statistical cost of accuracy of one spectral step. An average of independent samples has "
        "the exponent 2 as ε goes to 0; a smaller one is that of the range of the table, no better law. Does not show: "
        "what the exact finish needs, which goes on to rounding error with no more samples."
    )


def _conditioning_table(cells: Cells) -> str:
    rows = [
        [
            f"{float(value):.0e}",
            group.spread("condition", ".1e"),
            group.spread("lipschitz", ".2f"),
            group.spread("influence", ".0e"),
            group.spread("nmse", ".0e") + group.lost,
            group.spread("exact", ".1%"),
            group.spread("k", ".0f"),
            _each_seed(group, "needed_exact"),
        ]
        for value, group in cells
    ]
    head = ("aim", "condition number of W", "Λ", "smallest singular value", "NMSE", "exact", "directions found")
    head = (*head, "n/d at which F is exact, each seed")
    return (
        f"### Depth two, ill-conditioned weights, mixed signs\n\nrelu(<w_1, x>) - relu(<w_2, x>) + relu(<w_3, x>) in "
        f"R^{_DIMENSION}, |w_i| = 1; n = {_FIRST[0]} d, but for the last column, where n/d doubles. Earlier "
        "learners of depth two need W to be well conditioned, or output weights of one sign.\n\n"
        + table(head, rows)
        + "\n\n"
        "Shows: whether the error depends on the condition number, and what an exact result costs. W has "
        f"{_UNITS} singular values in geometric progression, and moving x along the last direction changes the "
        "function by that value at most: with Λ bounded, a large condition number makes a direction matter "
        "little. Left out it costs little, but to find it, and every piece, takes more samples the less it "
        "matters: an exact result is not free of the condition number. Exact counts points explained to 1e-9. "
        "Networks 2-S-1 above have S linearly dependent rows: no condition on W is met at all. Does not show: "
        "an experiment against those learners."
    )


TABLES: dict[str, Callable[[Cells], str]] = {
    "directions": _directions_table,
    "units": _units_table,
    "slope": _slope_table,
    "accuracy": _accuracy_table,
    "conditioning": _conditioning_table,
}
