"""``python -m benchmarks run [NAME ...] [--quick]``, ``compare OLD [NEW]``, ``render``.

Grids (recovery, separation, success, claims) go on where they were stopped. ``--only`` chooses jobs of them:

    python -m benchmarks run success --only tool=adam,sgd,online d=100 seed=0
    python -m benchmarks run separation success --only tool=ours --again  # after a change of the learner, and with it
    python -m benchmarks run recovery recovery_proofs claims --again      # all of these

``--quick`` without names leaves out `SLOW`, the benchmarks that take some minutes and have no small version.
"""

from __future__ import annotations

import argparse
import inspect
import platform
import signal
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import (
    cells,
    claims,
    decide,
    directions,
    gaussian,
    lattice,
    moments,
    recovery,
    recovery_proofs,
    reference,
    scale,
    separation,
    spectral,
    success,
)
from benchmarks.comparison import changes, load
from benchmarks.jobs import RESULTS
from benchmarks.rendering import render

SUITE: dict[str, Callable[..., None]] = {
    "cells": cells.run,
    "moments": moments.run,
    "decide": decide.run,
    "lattice": lattice.run,
    "gaussian": gaussian.run,
    "recovery": recovery.run,
    "recovery_proofs": recovery_proofs.run,
    "separation": separation.run,
    "success": success.run,
    "claims": claims.run,
    "reference": reference.run,
    "spectral": spectral.run,
    "directions": directions.run,
    "scale": scale.run,
}

SLOW = {"cells", "decide", "reference", "spectral", "directions", "scale"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status of ``compare`` is 1 if something got worse."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="run benchmarks; cells of grids that are finished are not repeated")
    running.add_argument("names", nargs="*", metavar="NAME", help=f"which (default: all): {', '.join(SUITE)}")
    running.add_argument("--quick", action="store_true", help="a few cells of the grids, one seed")
    running.add_argument("--again", action="store_true", help="repeat finished cells")
    running.add_argument(
        "--only",
        nargs="+",
        metavar="PARAMETER=VALUE,...",
        default=[],
        type=_selected,
        help="of grids, the jobs with these values of parameters (tool, family, d, alpha, claim, ...) or of seed",
    )
    comparing = commands.add_parser("compare", help="what got worse by more than the noise; exit status 1 if anything")
    comparing.add_argument("old", metavar="OLD", help="a folder of results, a file of it, or a git revision")
    comparing.add_argument("new", metavar="NEW", nargs="?", default=str(RESULTS), help="default: the results here")
    commands.add_parser("render", help="write benchmarks/RESULTS.md from the results")
    options = parser.parse_args(arguments)
    if options.command == "compare":
        worse = list(changes(load(options.old), load(options.new)))
        print("\n".join(map(str, worse)) or "nothing got worse by more than the noise")
        return int(bool(worse))
    if options.command == "render":
        print(f"wrote {render()}")
        return 0
    unknown = [name for name in options.names if name not in SUITE]
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}: choose from {', '.join(SUITE)}")
    only = dict(options.only)
    names = options.names or [name for name in SUITE if not options.quick or name not in SLOW]
    if only:
        others = [name for name in names if "only" not in inspect.signature(SUITE[name]).parameters]
        if options.names and others:
            parser.error(f"--only chooses jobs of grids, and {others[0]!r} is none")
        names = [name for name in names if name not in others]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the job at work is ended, too
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    for name in names:
        _run(SUITE[name], {"quick": options.quick, "again": options.again, "only": only})
    return 0


def _selected(text: str) -> tuple[str, set[str]]:
    name, equals, values = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"needs PARAMETER=VALUE, got {text!r}: for example --only tool=ours d=100")
    return name, set(values.split(","))


def _run(benchmark: Callable[..., None], options: dict[str, Any]) -> None:
    taken = inspect.signature(benchmark).parameters
    benchmark(**{name: value for name, value in options.items() if name in taken})


if __name__ == "__main__":
    sys.exit(main())
