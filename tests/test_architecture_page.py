"""docs/architecture.md: the tables are the floors of the import contract, and the picture shows what imports what."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

import learner
import tropical

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = {
    contract["containers"][0]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    if "containers" in contract
}


@pytest.mark.parametrize("package", CONTRACTS)
def test_the_table_is_the_contract(package):
    table = re.search(rf"^`{package}`:\n\n.*?\n\n", TEXT, re.DOTALL | re.MULTILINE)
    rows = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table[0].splitlines() if line.startswith("| `")]
    assert rows == [layer.split(" | ") for layer in CONTRACTS[package]["layers"]]


def rooms() -> dict[str, list[str]]:
    """The rooms, ``tropical.decide``, say, that each box of the picture names below its title."""
    found = {}
    for package, boxes in re.findall(r"^  subgraph (\w+)\n(.*?)^  end$", TEXT, re.DOTALL | re.MULTILINE):
        for box, names in re.findall(r'^    (\w+)\[".*<br/>(.*)"\]$', boxes, re.MULTILINE):
            found[box] = [f"{package}.{name}" for name in names.split(", ")]
    return found


def picture() -> nx.DiGraph:
    return nx.DiGraph(re.findall(r"^  (\w+) -->(?:\|.*\|)? (\w+)$", TEXT, re.MULTILINE))


def imports() -> Iterator[tuple[str, str]]:
    """Pairs of rooms, the first of which imports the second; what the contract excuses or never sees is left out."""
    lines = [line.split(" -> ") for line in CONTRACTS["tropical"]["ignore_imports"]]
    excused = {(upper, ".".join(lower.split(".")[:2])) for upper, lower in lines}
    homes = [Path(package.__file__).parent for package in (tropical, learner)]  # maybe installed, away from ROOT
    for file, home in sorted((path, root) for root in homes for path in root.rglob("*.py")):
        here = ".".join(file.relative_to(home.parent).with_suffix("").parts[:2])
        tree = ast.parse(file.read_text(encoding="utf-8"))
        typed = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
        unseen = {id(inner) for node in typed for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and id(node) not in unseen:
                for name in node.names:
                    there = ".".join([*node.module.split("."), name.name][:2])
                    if node.module == "tropical":  # a public name is that of a room
                        there = ".".join(
                            getattr(getattr(tropical, name.name, None), "__module__", there).split(".")[:2]
                        )
                    if here != there and (here, there) not in excused:
                        yield here, there


def test_the_picture_has_every_room_once():
    contract = [f"{p}.{room}" for p, c in CONTRACTS.items() for layer in c["layers"] for room in layer.split(" | ")]
    assert sorted(room for box in rooms().values() for room in box) == sorted(contract)


def test_the_picture_shows_the_imports():
    box = {room: box for box, inside in rooms().items() for room in inside}
    between = {(box[there], box[here]) for here, there in imports() if here in box and there in box}
    between = {(source, target) for source, target in between if source != target}
    arrows = picture()
    assert set(arrows.edges) <= between  # every arrow stands for an import
    assert {pair for pair in between if not nx.has_path(arrows, *pair)} == set()
    assert nx.is_directed_acyclic_graph(arrows)
