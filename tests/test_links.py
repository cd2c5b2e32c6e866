"""No relative link of the README, the texts or the notebooks leads nowhere."""

import json
import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")])


def prose(path: Path) -> str:
    """The text of a file, without code."""
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return re.sub(r"`[^`\n]*`", lambda code: code[0].replace("(", " "), re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path):
    for link in LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert target.exists(), f"{link} does not exist"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link}: no such heading"


def test_a_broken_link_is_seen(tmp_path):
    text = tmp_path / "text.md"
    text.write_text("[here](there.md) and `f[i](x)`", encoding="utf-8")
    assert LINK.findall(prose(text)) == ["there.md"]


def test_the_pages_of_the_site_exist():
    pages = re.findall(r": ([\w/]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(pages) > 10
    listed = {(ROOT / "docs" / page) for page in pages}
    assert listed == set((ROOT / "docs").rglob("*.md"))


def test_the_code_that_the_theory_table_names_exists():
    text = (ROOT / "docs" / "code_and_theory.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:tropical|learner)\.[\w.]+)`", text):
        pkgutil.resolve_name(name)
    for pattern in re.findall(r"`(tests/[\w.*]+)`", text):
        assert list(ROOT.glob(pattern)), f"{pattern} does not exist"
