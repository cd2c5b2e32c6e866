"""docs/architecture.md shows the floors of the import contract, in its order."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("package", ["tropical", "learner"])
def test_the_table_is_the_contract(package):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c.get("containers") == [package])
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = re.search(rf"^`{package}`:\n\n.*?\n\n", text, re.DOTALL | re.MULTILINE)
    rows = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table[0].splitlines() if line.startswith("| `")]
    assert rows == [layer.split(" | ") for layer in layers]
