"""How many samples an input each tool needs: the share of seeds that it solves, along n/d, in 50, 100 and 200 inputs.

The budget of a network grows with the number of inputs: `SECONDS` of processor time a setting at d = 50, d/50 times as
much at d. Fresh samples (``online``) have no n/d: one job for each family, d and seed, with more time, which stops
where the task is solved and says how many samples it had drawn.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.jobs import Job, Selection, run_jobs
from benchmarks.peers import BATCH
from benchmarks.separation import CAP, LABELS, SECONDS, SOLVED, VALIDATION, compare, settings
from benchmarks.tables import longest, over_seeds, table
from benchmarks.teachers import function
from learner.limits import weak_recovery_threshold

__all__ = ["GRID", "LEARNERS", "budget", "figure", "jobs", "render", "run"]

# family: number of inputs: n/d
GRID: dict[str, dict[int, tuple[int, ...]]] = {
    "cyclic 4": {
        50: (6, 8, 12, 20, 40, 160, 320, 640),
        100: (6, 8, 12, 20, 40, 160, 320, 640),
        200: (8, 12, 40, 160, 640),
    },
    "sign-min 2": {50: (6, 10, 20, 40, 160, 640), 100: (6, 10, 20, 40, 160, 640), 200: (6, 10, 20, 40, 160)},
    "sign-min 3": {50: (10, 20, 40, 160, 640), 100: (10, 20, 40, 160, 640), 200: (10, 20, 40, 160, 640)},
    "cyclic 6": {50: (12, 20, 40, 160, 640), 100: (12, 20, 40, 160, 640), 200: (20, 40, 160, 640)},
}
# The most telling first, so that a grid that is stopped is of use.
_ORDER = ((100, 0), (50, 0), (50, 1), (50, 2), (200, 0), (100, 1), (100, 2), (200, 1), (200, 2))
LEARNERS = ("ours", "adam", "sgd", "xrfm", "save")
_OURS_STOPS = 80  # n/d from which ours has long succeeded: not run beyond
_XRFM_STOPS = 8000  # samples: it solves dense systems of this size, a minute and more for one round beyond
_ONLINE = 6.0  # times the budget of the others: fresh samples are what gradient descent does best with

Rates = dict[tuple[str, int, str, float], tuple[int, int]]


def budget(d: int, tool: str = "adam", *, quick: bool = False) -> float:
    """Return seconds of processor time for one setting of a tool in d inputs."""
    seconds = 2.0 if quick else SECONDS * d / 50
    return _ONLINE * seconds if tool == "online" else seconds


def jobs(quick: bool = False) -> list[Job]:
    """Return the cells in the order of `_ORDER`, and ours at the end."""
    if quick:
        tools = ("adam", "sgd", "xrfm", "save", "ours")
        cells: list[dict[str, Any]] = [{"family": "cyclic 4", "d": 50, "alpha": 12, "tool": tool} for tool in tools]
        cells.append({"family": "cyclic 4", "d": 50, "tool": "online"})
        return [Job({**cell, "seconds": budget(50, cell["tool"], quick=True)}, 0, CAP) for cell in cells]
    found = []
    for d, seed in _ORDER:
        for family, ratios in GRID.items():
            cells = [
                {"family": family, "d": d, "alpha": alpha, "tool": tool}
                for alpha in ratios[d]
                for tool in LEARNERS
                if _is_run(tool, d, alpha)
            ]
            cells.append({"family": family, "d": d, "tool": "online"})
            for cell in cells:
                seconds = budget(d, cell["tool"])
                found.append(Job({**cell, "seconds": seconds}, seed, max(CAP, 1.5 * seconds)))
    return sorted(found, key=lambda job: job.parameters["tool"] == "ours")


def _is_run(tool: str, d: int, alpha: float) -> bool:
    return not (tool == "ours" and alpha > _OURS_STOPS) and not (tool == "xrfm" and alpha * d > _XRFM_STOPS)


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, and print the table; `python -m benchmarks render` draws the figure."""
    print("success: samples an input that each tool needs")
    print(render(run_jobs("success", compare, jobs(quick), again=again, only=only)))


# ------------------------------------------------------------ table


def render(records: list[dict[str, Any]]) -> str:
    """Return the table in Markdown, and what it means."""
    widths = "; ".join(f"{LABELS[name]}: {settings(name)}" for name in ("adam", "sgd", "online"))
    return "\n\n".join(
        [
            f"Solved: NMSE at most {SOLVED:g} on fresh points, seeds of those run. Seconds of processor time for each "
            f"setting: {SECONDS:g} at d = 50, {2 * SECONDS:g} at d = 100, {4 * SECONDS:g} at d = 200; {_ONLINE:g} "
            "times as many for fresh samples, of which none is seen twice. Hidden widths and step sizes: "
            f"{widths}; mini-batches of {BATCH}, the best epoch on {VALIDATION} further samples, the best setting on "
            f"the test points. xRFM gets at most {_XRFM_STOPS} samples: its dense kernel systems would take minutes "
            "beyond, and what was not run is no failure of it. LatticeRegressor is not run beyond "
            f"n/d = {_OURS_STOPS}.",
            _table(records),
            _meaning(records),
            "![Share of seeds solved against samples an input](results/separation.svg)",
        ]
    )


def rates(records: list[dict[str, Any]]) -> Rates:
    """Return (solved, run) for each family, d, tool and n/d."""
    found: Rates = {}
    for cell, group in over_seeds(longest(records)):
        if "alpha" in cell:
            good = sum(result["nmse"] <= SOLVED for result in group.results)
            found[cell["family"], cell["d"], cell["tool"], float(cell["alpha"])] = (good, group.count)
    return found


def fresh(records: list[dict[str, Any]]) -> dict[tuple[str, int], list[tuple[bool, float]]]:
    """Return for each family and d, and each seed, whether fresh samples solved it and how many an input were drawn."""
    return {
        (cell["family"], cell["d"]): [(r["nmse"] <= SOLVED, r["samples"] / cell["d"]) for r in group.results]
        for cell, group in over_seeds(longest(records))
        if "alpha" not in cell and group.results
    }


def _table(records: list[dict[str, Any]]) -> str:
    counts, drawn = rates(records), fresh(records)
    lines = []
    for family, d in _cells(records):
        for tool in LEARNERS:
            line = {key[3]: value for key, value in sorted(counts.items()) if key[:3] == (family, d, tool)}
            if line:
                text = ", ".join(f"{alpha:g}: {good}/{count}" for alpha, (good, count) in line.items())
                if tool == "xrfm":
                    text += f"; beyond {_XRFM_STOPS // d} not run"
                lines.append([family, d, f"{_limit(family):.2f}", LABELS[tool], text])
        outcomes = drawn.get((family, d))
        if outcomes:
            lines.append([family, d, f"{_limit(family):.2f}", LABELS["online"], _outcomes(outcomes)])
    return table(("family", "d", "α_c", "tool", "n/d: seeds solved"), lines)


def _outcomes(outcomes: list[tuple[bool, float]]) -> str:
    words = [f"{'after' if solved else 'not with'} {ratio:.0f}" for solved, ratio in outcomes]
    good = sum(solved for solved, _ in outcomes)
    return f"{good}/{len(outcomes)}; samples an input, each seed: {', '.join(words)}"


def _cells(records: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Return the families and numbers of inputs that have records, in the order of `GRID`."""
    present = {(record["parameters"]["family"], record["parameters"]["d"]) for record in records}
    known = [(family, d) for family, sizes in GRID.items() for d in sizes]
    return [cell for cell in known if cell in present] + sorted(present.difference(known))


def _meaning(records: list[dict[str, Any]]) -> str:
    """Return what the grid says of gradient descent, from the grid, and what it does not say."""
    counts, found = rates(records), fresh(records)
    drawn = {cell: found[cell] for cell in _cells(records) if cell in found}
    solved = []
    for family, d in _cells(records):
        words = []
        for tool in LEARNERS:
            line = {key[3]: good for key, (good, _) in counts.items() if key[:3] == (family, d, tool)}
            good = [alpha for alpha, count in line.items() if count]
            if line:
                words.append(f"{LABELS[tool]} {f'{min(good):g}' if good else f'none up to {max(line):g}'}")
        if words:
            solved.append(f"* `{family}`, d = {d}: {', '.join(words)}")
    errors = [
        record["result"]["nmse"]
        for record in records
        if record["parameters"]["tool"] in ("adam", "sgd") and record["result"].get("nmse", 1.0) <= SOLVED
    ]
    reached = "Gradient descent on a fixed sample solves nothing here"
    if errors:
        reached = (
            "Where gradient descent on a fixed sample solves the task, it ends at "
            f"{min(errors):.0e} to {max(errors):.0e} of the variance"
        )
    return (
        "Smallest n/d of the grid with a seed solved:\n\n" + "\n".join(solved) + f"\n\n{reached}. {_fresh_words(drawn)}"
        "The grid says how many samples it takes with the widths, rates and seconds named above. It is no lower bound "
        "for gradient descent, which does solve tasks of this table with more samples an input, with more time, or "
        "with fresh samples, and would solve more with wider networks or other step sizes. α_c is the limit of weak "
        "recovery for spectral methods and approximate message passing; it is no limit for exhaustive search."
    )


def _fresh_words(drawn: dict[tuple[str, int], list[tuple[bool, float]]]) -> str:
    solved = [
        f"`{family}`, d = {d} ({min(ratio for good, ratio in outcomes if good):.0f} samples an input)"
        for (family, d), outcomes in drawn.items()
        if any(good for good, _ in outcomes)
    ]
    others = [
        f"`{family}`, d = {d} ({max(ratio for _, ratio in outcomes):.0f})"
        for (family, d), outcomes in drawn.items()
        if not any(good for good, _ in outcomes)
    ]
    words = f"With fresh samples Adam solves {', '.join(solved)}. " if solved else ""
    return words + (f"It does not within its time on {', '.join(others)}. " if others else "")


@cache
def _limit(family: str) -> float:
    F = function(family)
    return weak_recovery_threshold(F, F.dimension, points=1 << 12).value


# ------------------------------------------------------------ figure


_STYLES = {"ours": "o-", "adam": "s--", "sgd": "^-.", "xrfm": "v:", "save": "x:"}
_APART = 0.012  # lines that lie on each other are drawn this much apart


def figure(records: list[dict[str, Any]], path: Path) -> None:
    """Draw the share of seeds solved against n/d, α_c marked: a row for each d, a column for each family."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        print("  no figure: matplotlib is not installed")
        return
    matplotlib.rcParams["svg.hashsalt"] = "tropical"
    counts, drawn = rates(records), fresh(records)
    cells = _cells(records)
    if not cells:
        return
    names = list(dict.fromkeys(family for family, _ in cells))
    sizes = sorted({d for _, d in cells})
    picture = Figure(figsize=(3.6 * len(names), 2.7 * len(sizes) + 0.5), layout="constrained")
    grid = picture.subplots(len(sizes), len(names), squeeze=False, sharex=True, sharey=True)
    for row, d in zip(grid, sizes, strict=True):
        row[0].set_ylabel(f"d = {d}\nshare of seeds solved")
        for axes, family in zip(row, names, strict=True):
            _panel(axes, family, d, counts, drawn.get((family, d), []))
    for axes, family in zip(grid[0], names, strict=True):
        axes.set_title(family)
    for axes in grid[-1]:
        axes.set_xlabel("α = samples an input")
    handles = {}
    for axes in picture.axes:
        handles.update({label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)})
    picture.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, metadata={"Date": None})


def _panel(axes: Any, family: str, d: int, counts: Rates, outcomes: list[tuple[bool, float]]) -> None:
    for place, tool in enumerate(LEARNERS):
        points = sorted((key[3], good / n) for key, (good, n) in counts.items() if key[:3] == (family, d, tool))
        if points:
            x, y = zip(*points, strict=True)
            shifted = [share + _APART * (2 - place) for share in y]
            axes.plot(x, shifted, _STYLES[tool], color=f"C{place}", label=LABELS[tool], markersize=4)
    for good, ratio in outcomes:
        label = "Adam on fresh samples: solved, or stopped (hollow)"
        axes.plot([ratio], [float(good)], "D", color="C5", mfc="C5" if good else "none", label=label, markersize=6)
    axes.axvline(_limit(family), color="black", linestyle=(0, (1, 2)), label="α_c, weak recovery")
    axes.set(xscale="log", ylim=(-0.06, 1.06))
