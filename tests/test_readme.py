"""The README's examples run as they stand."""

import re
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_python_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    names: dict = {}
    exec("\n".join(blocks), names)  # one after another, as a reader would
    assert names["report"].proved
    assert names["F"].dimension == 3
    assert (tmp_path / "teacher.json").is_file()
