"""``python -m benchmarks run [NAME ...]``: all of them where none is named."""

from __future__ import annotations

import argparse
import platform

from benchmarks import cells, decide, directions, gaussian, lattice, moments, recovery, reference, scale, spectral

SUITE = {
    "cells": cells.run,
    "moments": moments.run,
    "decide": decide.run,
    "lattice": lattice.run,
    "gaussian": gaussian.run,
    "recovery": recovery.run,
    "reference": reference.run,
    "spectral": spectral.run,
    "directions": directions.run,
    "scale": scale.run,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("command", choices=["run"])
    parser.add_argument("names", nargs="*", choices=[[], *SUITE], help="which (default: all)")
    options = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    for name in options.names or SUITE:
        SUITE[name]()
