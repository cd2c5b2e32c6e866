"""Ours and other tools on the same samples: error, angle, time; and how many samples each needs.

Two grids of jobs. *Peers*: every tool on the same samples of each family. *Success*: the share of seeds that a tool
solves as n/d grows, "solved" being a mean square error of at most 1 % of the variance on fresh points: what a network
that is trained by gradient descent reaches when it has found the subspace, and far from what "exact" means for ours.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.jobs import RESULTS, Job, Selection, finished, run_jobs, slowness
from benchmarks.peers import PEERS, SETTINGS, Task, best_of
from benchmarks.tables import over_seeds, table
from benchmarks.teachers import function, hidden
from learner import LatticeRegressor
from learner.limits import weak_recovery_threshold
from learner.report import sine_to

__all__ = ["compare", "figure", "peer_jobs", "render", "run", "success_jobs"]

SOLVED = 0.01
FRESH, VALIDATION = 5000, 1000
PEER_GRID = [
    ("cyclic 4", 100, 12.0),
    ("cyclic 6", 100, 40.0),
    ("sign-min 2", 100, 20.0),
    ("sign-min 3", 100, 20.0),
    ("net 3-6-6-1", 100, 60.0),
    ("cyclic 8", 100, 40.0),
    ("cyclic 10", 100, 40.0),
    ("min-abs 2", 100, 20.0),
    ("leap 2 1/10", 100, 40.0),
    ("near-parallel 1/10", 100, 60.0),
    ("near-parallel 1/100", 100, 60.0),
    ("net 2-8-1", 100, 60.0),
    ("net 3-8-1", 100, 60.0),
    ("net 2-6-6-1", 100, 60.0),
    ("net 4-6-6-1", 100, 60.0),
    ("biased net 2-6-6-1", 100, 60.0),
    ("biased net 3-6-6-1", 100, 60.0),
    ("parity 3 1/10", 100, 40.0),
    ("net 3-8-8-8-1", 100, 150.0),
]
TOOLS = ("ours", *PEERS)
SUCCESS_GRID: dict[str, tuple[int, tuple[float, ...]]] = {
    "cyclic 4": (50, (6, 8, 12, 20, 40, 160, 320, 640)),
    "sign-min 2": (50, (6, 10, 20, 40, 160, 640)),
    "cyclic 6": (50, (12, 20, 40, 160, 640)),
    "sign-min 3": (50, (10, 20, 40, 160, 640)),
}
LEARNERS = ("ours", "adam", "sgd", "save")
_LABELS = {"ours": "LatticeRegressor", "adam": "Adam", "sgd": "SGD", "save": "SAVE + neighbours"}
SECONDS = 10.0  # of processor time, for one setting of a network or of xRFM
_CAP = 300.0  # of a job: all settings of a tool; xRFM keeps to its seconds only between rounds
_OURS_STOPS = 80  # n/d from which ours has long succeeded: not run beyond


def peer_jobs(quick: bool = False) -> list[Job]:
    """Return every tool on every family, the first seed of all families first."""
    families = [PEER_GRID[0], PEER_GRID[2]] if quick else PEER_GRID
    return [
        Job({"family": family, "d": d, "alpha": alpha, "tool": tool, "seconds": 2.0 if quick else SECONDS}, seed, _CAP)
        for seed in range(1 if quick else 3)
        for family, d, alpha in families
        for tool in TOOLS
    ]


def success_jobs(quick: bool = False) -> list[Job]:
    """Return the tools along n/d, the first seed of all cells first."""
    return [
        Job({"family": family, "d": d, "alpha": alpha, "tool": tool, "seconds": 2.0 if quick else SECONDS}, seed, _CAP)
        for seed in range(1 if quick else 3)
        for family, (d, ratios) in SUCCESS_GRID.items()
        if not quick or family == "cyclic 4"
        for alpha in (ratios[2::5] if quick else ratios)
        for tool in LEARNERS
        if tool != "ours" or alpha <= _OURS_STOPS
    ]


def compare(family: str, d: int, alpha: float, tool: str, seconds: float, seed: int, cap: float) -> dict[str, Any]:
    """Fit one tool to round(α d) samples and test it on fresh points; every tool sees the same samples."""
    teacher = hidden(family, d, seed)
    X, y = teacher.sample(round(alpha * d), [seed, 1])
    fresh, truth = teacher.sample(FRESH, [seed, 2])
    for package in ("torch", "sklearn.neighbors", "statsmodels.regression.dimred", "xrfm") if tool != "ours" else ():
        import_module(package)  # not part of the time
    start = process_time()
    if tool == "ours":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = LatticeRegressor(random_state=seed, max_time=5.0 * seconds * slowness()).fit(X, y)
        error = float(((model.predict(fresh) - truth) ** 2).mean() / truth.var())
        components, samples, setting = model.components_, len(X), "no setting"
    else:
        task = Task(X, y, teacher.sample(VALIDATION, [seed, 4]), teacher, seconds, seed)
        best, error = best_of(PEERS[tool](task), fresh, truth)
        components, samples, setting = best.components, best.samples, best.setting
    spent = process_time() - start
    sine = sine_to(teacher.basis, components)
    return {"nmse": error, "sine": sine, "seconds": spent, "samples": samples, "setting": setting}


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, print both tables, and draw the figure."""
    print("separation: every tool on the same samples")
    peers = run_jobs("peers", compare, peer_jobs(quick), again=again, only=only)
    success = run_jobs("success", compare, success_jobs(quick), again=again, only=only)
    print(render(peers, success))
    if not quick:
        figure(success, RESULTS / "separation.svg")


def render(peers: list[dict[str, Any]], success: list[dict[str, Any]]) -> str:
    """Return both tables in Markdown, and what they mean."""
    rows = []
    for cell, group in over_seeds(peers):
        settings = sorted({result["setting"] for result in group.results})
        rows.append(
            [
                f"{cell['family']}, d = {cell['d']}, n/d = {cell['alpha']:g}",
                cell["tool"],
                group.spread("nmse", ".1e"),
                group.spread("sine", ".1e"),
                group.spread("seconds", ".1f") + group.lost,
                group.spread("samples", ".0f"),
                "; ".join(settings)[:80],
            ]
        )
    rows.sort(key=lambda row: row[0])
    widths = "; ".join(f"{name}: {_settings(name)}" for name in SETTINGS)
    return "\n\n".join(
        [
            f"All tools see the same samples. The others get {VALIDATION} fresh samples more to choose an epoch with, "
            f"the true k where they take one, up to {SECONDS:g} seconds of processor time for each setting, and the "
            f"setting that is best on the test points counts ({widths}). Seconds are of processor time, on one core, "
            "for all settings of a tool together. Medians over seeds.",
            table(("samples", "tool", "NMSE", "sine", "seconds", "samples used", "best setting"), rows),
            f"Solved (NMSE at most {SOLVED:g} on fresh points), seeds of those run, d = 50, the same budget:",
            _success_table(success),
            _meaning(success),
            "![Share of seeds solved against samples an input](results/separation.svg)",
        ]
    )


def _meaning(records: list[dict[str, Any]]) -> str:
    """Return what the grid says of gradient descent, from the grid, and what it does not say."""
    rates = _rates(records)
    solved = []
    for family in dict.fromkeys(name for name, _, _ in rates):
        words = []
        for tool in LEARNERS:
            cells = {cell[2]: rate for cell, rate in rates.items() if cell[:2] == (family, tool)}
            good = [alpha for alpha, rate in cells.items() if rate[0]]
            if cells:
                least = f"{min(good):g}" if good else f"none up to {max(cells):g}"
                words.append(f"{_LABELS[tool]} {least}")
        solved.append(f"`{family}`: {', '.join(words)}")
    errors = [
        record["result"]["nmse"]
        for record in records
        if record["parameters"]["tool"] in ("adam", "sgd") and record["result"].get("nmse", 1.0) <= SOLVED
    ]
    reached = "Gradient descent solves nothing here"
    if errors:
        reached = f"Where gradient descent solves the task, it ends at {min(errors):.0e} to {max(errors):.0e}"
    return (
        f"Smallest n/d of the grid with a seed solved: {'; '.join(solved)}.\n\n{reached}. "
        "The grid says how many samples it takes with the widths, rates and seconds named above. It is no lower bound "
        "for gradient descent: with more samples an input, more time, wider networks, other step sizes or fresh "
        "samples without end it solves more than here. α_c is the limit of weak recovery for spectral methods and "
        "approximate message passing; it is no limit for exhaustive search."
    )


def _settings(name: str) -> str:
    return ", ".join(f"{'-'.join(map(str, hidden))} at {rate:g}" for hidden, rate in SETTINGS[name])


def _success_table(records: list[dict[str, Any]]) -> str:
    rates = _rates(records)
    lines = []
    for family in dict.fromkeys(family for family, _, _ in rates):
        for tool in LEARNERS:
            line = {alpha: value for (f, t, alpha), value in sorted(rates.items()) if (f, t) == (family, tool)}
            if line:
                text = ", ".join(f"{alpha:g}: {good}/{count}" for alpha, (good, count, _) in line.items())
                lines.append([family, f"{_limit(family):.2f}", tool, text])
    return table(("family", "α_c", "tool", "n/d: seeds solved"), lines)


def _rates(records: list[dict[str, Any]]) -> dict[tuple[str, str, float], tuple[int, int, float]]:
    """Return (solved, run, median error) for each family, tool and n/d."""
    rates = {}
    for cell, group in over_seeds(records):
        good = sum(result["nmse"] <= SOLVED for result in group.results)
        rates[cell["family"], cell["tool"], float(cell["alpha"])] = (good, group.count, group.median("nmse") or 1.0)
    return rates


def _limit(family: str) -> float:
    F = function(family)
    return weak_recovery_threshold(F, F.dimension, points=1 << 12).value


def figure(records: list[dict[str, Any]], path: Path) -> None:
    """Draw the share of seeds solved against n/d, with α_c marked."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        print("  no figure: matplotlib is not installed")
        return
    matplotlib.rcParams["svg.hashsalt"] = "tropical"
    rates = _rates(records)
    names = list(dict.fromkeys(family for family, _, _ in rates))
    if not names:
        return
    picture = Figure(figsize=(4.2 * len(names), 3.6), layout="constrained")
    styles = {"ours": "o-", "adam": "s--", "sgd": "^-.", "save": "x:"}
    for axes, family in zip(picture.subplots(1, len(names), squeeze=False).flat, names, strict=True):
        for tool in LEARNERS:
            points = sorted(
                (alpha, good / n) for (f, t, alpha), (good, n, _) in rates.items() if (f, t) == (family, tool)
            )
            if points:
                axes.plot(*zip(*points, strict=True), styles[tool], label=_LABELS[tool], markersize=4)
        axes.axvline(_limit(family), color="black", linestyle=(0, (1, 2)), label="α_c, weak recovery")
        axes.set(title=family, xlabel="α = n/d", xscale="log", ylim=(-0.04, 1.04))
    picture.axes[0].set_ylabel(f"share of seeds with NMSE ≤ {SOLVED:g}")
    picture.axes[0].legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, metadata={"Date": None})


def stored() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is in the files of results."""
    return tuple(list(finished(RESULTS / f"{name}.jsonl").values()) for name in ("peers", "success"))  # type: ignore[return-value]
