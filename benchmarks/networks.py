"""The networks of the shared data folder."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import tropical

__all__ = ["shared_networks"]


def shared_networks() -> dict[str, tuple[tropical.ReLUNetwork, tropical.Box, int]]:
    """Return for each name the network, its box and the known number of cells in it; nothing without the data."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    file = Path(os.environ.get("TROPICAL_DATA", default)) / "nets.json"
    if not file.is_file():
        return {}
    found = {}
    for case in json.loads(file.read_text())["networks"]:
        den, d = case["den"], case["arch"][0]
        net = tropical.ReLUNetwork(
            [[[Fraction(w, den) for w in row] for row in layer["W"]] for layer in case["layers"]],
            [[Fraction(b, den) for b in layer["b"]] for layer in case["layers"]],
        )
        low, high = case["box"]
        found[case["name"]] = (net, tropical.Box([low] * d, [high] * d), case["cells_in_box"])
    return found
