"""Bad input to the command lines: every verb, every option. Exit status 2, one line that says why, and no file.

What argparse refuses ends in status 2, too, with the usage before the line.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from bad_input import litter, no_hang

import tropical as tp
from learner.__main__ import _parser as learner_parser
from learner.__main__ import main as learner
from tropical.__main__ import _parser as tropical_parser
from tropical.__main__ import main as tropical
from tropical.certificates import _main as checker

PROPERTY = "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(assert (> Y_0 9))"
NUMBERS = ("0", "-1", "x", "1.5", "1e9", "", "²", "9" * 30, "nan")
FILES = (  # for reading a function
    "nothing.json",
    "folder",
    "",
    "empty.json",
    "damaged.json",
    "deep.json",
    "polyhedron.json",
    "damaged.onnx",
    "damaged.safetensors",
    "damaged.txt",
    "model.pkl",
    "samples.npz",
    "n" * 300,
)
TARGETS = ("nowhere/f.json", "f.docx", "folder")  # for writing a function
PROOFS = ("nowhere/c.json", "c.txt")
BOXES = ("", "1", "a,b", "1,2,3", "nan,1", "inf,inf", "1,-1", "1,1", "1/0,1", "0.5,1", "9" * 5000 + ",1", "0,1,0,1,0,1")
WORDS = ("nonsense", "", "²")
NET, LIMIT = {"network": FILES}, {"--max-cells": NUMBERS}
READ = {"--graph-output": ("nonsense",), "--layers": ("nonsense", ",")}  # of other kinds of files than net.json

# verb: (a right command line, bad values of its positional arguments and options)
TROPICAL = {
    "show": (["net.json"], {"network": tuple(name for name in FILES if name != "polyhedron.json"), "--as": WORDS}),
    "cells": (["net.json"], {**NET, "--box": BOXES, **LIMIT}),
    "lattice": (["net.json"], {**NET, "--form": WORDS, "--save": TARGETS, "--box": BOXES, **LIMIT}),
    "verify": (
        ["net.json", "p.vnnlib"],
        {
            **NET,
            "property": ("nothing.vnnlib", "folder", "", "damaged.vnnlib", "empty.json"),
            "--certificate": PROOFS,
            **LIMIT,
            "--max-cases": NUMBERS,
        },
    ),
    "equal": (
        ["net.json", "net.json"],
        {"left": FILES, "right": (*FILES, "other.json"), "--certificate": PROOFS, "--box": BOXES, **LIMIT},
    ),
    "convert": (["net.json", "g.json"], {**NET, "target": TARGETS, "--dtype": WORDS}),
}
LEARNER = {
    "demo": (
        ["--samples", "200", "--dimension", "3", "--rank", "1", "--widths", "2"],
        {
            "--dimension": ("0", "-1", "x", "1.5", "", "1000000000", "9" * 30),
            "--rank": ("0", "-1", "x", "99", "", "9" * 30),
            "--widths": ("", "0", "-1", "x", "6,x", "1000000000", "9" * 30),
            "--denominator": ("0", "-1", "x", ""),
            "--samples": ("0", "-1", "x", "", "1000000000000", "9" * 30),
            "--seed": ("-1", "x", "", "²", "4294967296", "9" * 5000),
            "--save": TARGETS,
            "--certificate": PROOFS,
        },
    ),
    "fit": (
        ["samples.npz"],
        {
            "files": (
                "nothing.npz",
                "folder",
                "",
                "net.json",
                "damaged.npz",
                "damaged.csv",
                "damaged.parquet",
                "x.npy",
            ),
            "--seed": ("-1", "x", "", "²", "4294967296"),
            "--save": TARGETS,
        },
    ),
    "verify": (
        ["net.json", "net.json"],
        {"model": FILES, "teacher": (*FILES, "other.json"), "--certificate": PROOFS, **LIMIT},
    ),
    "sample": (
        ["net.json", "s.npz", "--samples", "9"],
        {
            "teacher": FILES,
            "target": ("nowhere/s.npz", "s.docx", "folder"),
            "--samples": ("0", "-1", "x", "", "1.5", "1000000000000", "9" * 30),
            "--noise": ("nan", "inf", "-1", "x", "", "1e999"),
            "--seed": ("-1", "x", "", "²", "4294967296"),
        },
    ),
}
COMMANDS = {"tropical": (tropical, TROPICAL), "learner": (learner, LEARNER)}
CASES = [
    (program, verb, option)
    for program, (_, verbs) in COMMANDS.items()
    for verb, (_, options) in verbs.items()
    for option in options
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tp.save(tp.ReLUNetwork([[[1, 2], [3, -1]], [1, -1]]), "net.json")
    tp.save(tp.parse("x0"), "other.json")
    tp.save(tp.Polyhedron([[1]], [1]), "polyhedron.json")
    (tmp_path / "folder").mkdir()
    X = np.random.default_rng(0).standard_normal((60, 2))
    np.savez("samples.npz", X=X, y=X[:, 0])
    damaged = ("json", "onnx", "safetensors", "txt", "vnnlib", "npz", "csv", "parquet")
    for name in ("empty.json", "x.npy", "model.pkl", *(f"damaged.{suffix}" for suffix in damaged)):
        (tmp_path / name).write_bytes(b"" if name == "empty.json" else b"\x89 damaged (((")
    (tmp_path / "deep.json").write_text('{"weights": ' + "[" * 600 + "]" * 600 + "}")
    (tmp_path / "p.vnnlib").write_text(PROPERTY)
    return tmp_path


def _lines(verb, arguments, option, value, positions):
    if option.startswith("--"):
        return [verb, *arguments, f"{option}={value}"]
    changed = list(arguments)
    changed[positions.index(option)] = value
    return [verb, *changed]


@pytest.mark.parametrize(("program", "verb", "option"), CASES)
def test_bad_input_to_a_command(program, verb, option, folder, capsys):
    main, verbs = COMMANDS[program]
    arguments, options = verbs[verb]
    positions = [name for name in options if not name.startswith("--")]
    before = litter(folder)
    for value in options[option]:
        try:
            with no_hang():
                status = main(_lines(verb, arguments, option, value, positions))
        except SystemExit as stop:  # of argparse
            status = stop.code
        out, err = capsys.readouterr()
        place = f"{option}={value[:40]!r}: status {status}, {err!r}"
        assert status == 2, place
        assert "Traceback" not in err, place
        remarks = [line for line in err.splitlines() if line.startswith(("note:", "warning:"))]
        *usage, line = [line for line in err.splitlines() if line not in remarks]
        assert "error: " in line, place
        assert not usage or usage[0].startswith("usage:"), place
        assert out.strip() in ("", "error"), place  # verify says so on standard output, as its readers ask
        assert litter(folder) == before, place


@pytest.mark.parametrize(("program", "parser"), [("tropical", tropical_parser), ("learner", learner_parser)])
def test_every_verb_and_option_is_tried(program, parser):
    (verbs,) = (action for action in parser()._actions if action.choices and hasattr(action.choices, "items"))
    assert set(verbs.choices) == set(COMMANDS[program][1])
    for name, verb in verbs.choices.items():
        needed = set()
        for action in verb._actions:
            if action.nargs == 0 or action.dest == "help":
                continue  # a flag takes no value
            needed.add(action.option_strings[-1] if action.option_strings else action.dest)
        assert needed - set(READ) == set(COMMANDS[program][1][name][1]), name


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["show"],
        ["show", "net.json", "extra"],
        ["cells", "net.json", "--nonsense"],
        ["equal", "net.json"],
    ],
)
def test_incomplete_command_lines(arguments, folder, capsys):
    with pytest.raises(SystemExit) as stop:
        tropical(arguments)
    assert stop.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_options_of_other_kinds_of_files(folder, capsys):
    net = tp.load("net.json")
    tp.save(net, "net.onnx")
    tp.save(net, "net.safetensors")
    assert tropical(["show", "net.onnx", "--graph-output", "nonsense"]) == 2
    assert tropical(["show", "net.safetensors", "--layers", "nonsense"]) == 2
    assert tropical(["show", "net.safetensors", "--layers", ","]) == 2
    assert capsys.readouterr().err.count("\n") == 3


def test_an_old_file_survives_a_failure(folder, capsys):
    """Numbers that are no float32 are not rounded unasked, and the file that was there is still there."""
    tp.save(tp.parse("1/3*x0"), "third.json")
    (folder / "old.onnx").write_bytes(b"old")
    before = litter(folder)
    assert tropical(["convert", "third.json", "old.onnx"]) == 2
    assert (folder / "old.onnx").read_bytes() == b"old"
    assert litter(folder) == before
    assert "rounded=True" in capsys.readouterr().err


@pytest.mark.parametrize("box", ["-1", "-1,", "-1,-2", "-1,1,0", "-1/0,1"])
def test_a_bad_box_apart_from_its_option(box, folder, capsys):
    """What begins with - is not taken for another option."""
    assert tropical(["cells", "net.json", "--box", box]) == 2
    assert capsys.readouterr().err.startswith("error: `")


def test_bad_input_to_the_checker(folder, capsys):
    """It knows nothing of this package's errors, and answers in a line all the same."""
    for name in FILES:
        assert checker([name]) == 2, name
        out, err = capsys.readouterr()
        assert out == "", name
        assert err.startswith("error: "), name
        assert err.count("\n") == 1, name
    for arguments in ([], ["net.json", "net.json"], ["--nonsense"]):
        assert checker(arguments) == 2
        assert capsys.readouterr().err.startswith("usage: ")


@pytest.mark.parametrize("program", ["tropical", "learner"])
def test_names_that_are_no_text_and_json(program, folder):
    """In a process of its own: the system hands over bytes that are no UTF-8; with --json nothing else is printed."""
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    verb = "show" if program == "tropical" else "fit"
    command = [sys.executable, "-m", program, verb, b"\xff\x01.json", "--json"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: ")
    assert done.stderr.count(b"\n") == 1


def test_json_answers_are_one_object(folder, capsys):
    assert tropical(["show", "net.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"] == 2
