"""Ours and other tools on the same samples: error, angle, time, for each family that we claim to learn.

"Solved" is a mean square error of at most 1 % of the variance on fresh points: what a network that is trained by
gradient descent reaches when it has found the subspace, and far from what "exact" means for ours.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from time import process_time
from typing import Any

from benchmarks.jobs import Job, Selection, run_jobs, slowness
from benchmarks.peers import PEERS, SETTINGS, Task, best_of
from benchmarks.tables import longest, over_seeds, table
from benchmarks.teachers import hidden
from learner import LatticeRegressor
from learner.report import sine_to

__all__ = ["CAP", "LABELS", "SECONDS", "SOLVED", "VALIDATION", "compare", "peer_jobs", "render", "run", "settings"]

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
LABELS = {
    "ours": "LatticeRegressor",
    "adam": "Adam",
    "sgd": "SGD",
    "online": "Adam on fresh samples",
    "sklearn": "MLPRegressor",
    "xrfm": "xRFM",
    "save": "SAVE + neighbours",
    "sir": "SIR + neighbours",
}
SECONDS = 10.0  # of processor time, for one setting of a network or of xRFM
CAP = 300.0  # of a job: all settings of a tool; xRFM keeps to its seconds only between rounds
_OURS = 60.0  # seconds for ours: a search that has found nothing by then goes on for long
_MARGIN = 0.75  # of the validation set: it is smaller than the set of test points
_LEARNED = 0.9  # of the variance: who ends above has learned nothing


def peer_jobs(quick: bool = False) -> list[Job]:
    """Return every tool on every family, the first seed of all families first, and ours at the end."""
    families = [PEER_GRID[0], PEER_GRID[2]] if quick else PEER_GRID
    seconds = 2.0 if quick else SECONDS
    return [
        Job({"family": family, "d": d, "alpha": alpha, "tool": tool, "seconds": seconds}, seed, CAP)
        for tools in (tuple(PEERS), ("ours",))
        for seed in range(1 if quick else 3)
        for family, d, alpha in families
        for tool in tools
    ]


def compare(
    family: str, d: int, tool: str, seconds: float, seed: int, cap: float, alpha: float | None = None
) -> dict[str, Any]:
    """Fit one tool to round(α d) samples and test it on fresh points; every tool sees the same samples.

    Without α the tool is ``online``, which draws its own, and stops where it has solved the task.
    """
    teacher = hidden(family, d, seed)
    X, y = teacher.sample(VALIDATION if alpha is None else round(alpha * d), [seed, 1])
    fresh, truth = teacher.sample(FRESH, [seed, 2])
    for package in ("torch", "sklearn.neighbors", "statsmodels.regression.dimred", "xrfm") if tool != "ours" else ():
        import_module(package)  # not part of the time
    start = process_time()
    if tool == "ours":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = LatticeRegressor(random_state=seed, max_time=min(5.0 * seconds, _OURS) * slowness()).fit(X, y)
        error = float(((model.predict(fresh) - truth) ** 2).mean() / truth.var())
        components, samples, setting = model.components_, len(X), "no setting"
    else:
        enough = _MARGIN * SOLVED if alpha is None else 0.0
        task = Task(X, y, teacher.sample(VALIDATION, [seed, 4]), teacher, seconds, seed, enough)
        best, error = best_of(PEERS[tool](task), fresh, truth)
        components, samples, setting = best.components, best.samples, best.setting
    spent = process_time() - start
    sine = sine_to(teacher.basis, components)
    return {"nmse": error, "sine": sine, "seconds": spent, "samples": samples, "setting": setting}


def run(*, quick: bool = False, again: bool = False, only: Selection | None = None) -> None:
    """Run what is not finished, and print the tables."""
    print("separation: every tool on the same samples")
    print(render(run_jobs("peers", compare, peer_jobs(quick), again=again, only=only)))


def settings(name: str) -> str:
    """Return the widths and rates of a tool in words."""
    return ", ".join(f"{'-'.join(map(str, hidden))} at {rate:g}" for hidden, rate in SETTINGS[name])


def render(records: list[dict[str, Any]]) -> str:
    """Return two tables in Markdown, the lowest errors and everything, and what they mean."""
    widths = "; ".join(f"{name}: {settings(name)}" for name in SETTINGS)
    return "\n\n".join(
        [
            f"All tools see the same samples, without noise, but `online`, which draws its own, more of them: see the "
            f"column of samples used. The others get {VALIDATION} fresh samples more to choose "
            f"an epoch with, the true k where they take one, up to {SECONDS:g} seconds of processor time for each "
            f"setting, and the setting that is best on the test points counts ({widths}). Seconds are of processor "
            "time, on one core, for all settings of a tool together. Medians over seeds.",
            _errors(longest(records)),
            _details(longest(records)),
        ]
    )


def _errors(records: list[dict[str, Any]]) -> str:
    """Return the median errors of all tools side by side, the lowest in bold, and on which families it is not ours."""
    medians: dict[tuple[str, int, float], dict[str, float | None]] = {}
    samples: dict[tuple[str, int, float], dict[str, float]] = {}
    seeds: dict[tuple[str, int, float], list[int]] = {}
    for cell, group in over_seeds(records):
        key = (cell["family"], cell["d"], float(cell["alpha"]))
        medians.setdefault(key, {})[cell["tool"]] = group.median("nmse")
        samples.setdefault(key, {})[cell["tool"]] = group.median("samples") or 0.0
        seeds.setdefault(key, []).append(group.count)
    rows, ours, others, nobody, open_ = [], [], [], [], []
    for (family, d, alpha), errors in sorted(medians.items(), key=lambda entry: _place(entry[0])):
        known = {tool: error for tool, error in errors.items() if error is not None}
        best = min(known, key=lambda tool: known[tool], default=None)
        row: list[object] = [family, d, f"{alpha:g}"]
        for tool in TOOLS:
            text = f"{known[tool]:.1e}" if tool in known else "not run" if tool not in errors else "no result"
            row.append(f"**{text}**" if tool == best and known[tool] <= _LEARNED else text)
        few, many = min(seeds[family, d, alpha]), max(seeds[family, d, alpha])
        rows.append([*row, few if few == many else f"{few} to {many}"])
        if "ours" not in errors:
            open_.append(f"`{family}`")
        elif best is None or known[best] > _LEARNED:
            nobody.append(f"`{family}`")
        elif best == "ours":
            ours.append(f"`{family}`")
        else:
            theirs = f"{LABELS[best]} {known[best]:.1e} from {samples[family, d, alpha][best]:.0f} samples"
            others.append(f"`{family}` ({theirs}, LatticeRegressor {known.get('ours', 1.0):.1e} from {alpha * d:.0f})")
    sentences = [
        f"LatticeRegressor has the lowest median error on {len(ours)} of {len(medians) - len(open_)} families."
    ]
    if others:
        sentences.append(f"**It has not on** {', '.join(others)}.")
    if nobody:
        sentences.append(f"No tool explains a tenth of the variance on {', '.join(nobody)}.")
    if open_:
        sentences.append(f"It was not run yet on {', '.join(open_)}.")
    return table(("family", "d", "n/d", *TOOLS, "seeds"), rows) + "\n\n" + " ".join(sentences)


def _details(records: list[dict[str, Any]]) -> str:
    rows = []
    for cell, group in sorted(over_seeds(records), key=lambda entry: _order(entry[0])):
        words = sorted({result["setting"] for result in group.results})
        rows.append(
            [
                f"{cell['family']}, d = {cell['d']}, n/d = {cell['alpha']:g}",
                cell["tool"],
                group.spread("nmse", ".1e"),
                group.spread("sine", ".1e"),
                group.spread("seconds", ".1f") + group.lost,
                group.spread("samples", ".0f"),
                group.count,
                "; ".join(words)[:80],
            ]
        )
    return table(("samples", "tool", "NMSE", "sine", "seconds", "samples used", "seeds", "best setting"), rows)


def _place(cell: tuple[str, int, float]) -> int:
    return PEER_GRID.index(cell) if cell in PEER_GRID else len(PEER_GRID)


def _order(cell: dict[str, Any]) -> tuple[int, str, int]:
    return _place((cell["family"], cell["d"], float(cell["alpha"]))), cell["family"], TOOLS.index(cell["tool"])
