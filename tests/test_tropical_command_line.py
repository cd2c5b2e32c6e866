"""``python -m tropical``, as a user runs it: in a process of its own, and for machines."""

import importlib
import json
import re
import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest
from terminals import on_terminal

from tropical import (
    Box,
    PropertyProof,
    ReLUNetwork,
    cells,
    check,
    check_property,
    families,
    lattice,
    load,
    load_property,
    parse,
    same_function,
    save,
)
from tropical.__main__ import main
from tropical.io import to_latex, to_sage, to_smtlib, to_text
from tropical.io.plain import from_plain


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "tropical", *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False
    )


DECLARED = "".join(f"(declare-const {name} Real)\n" for name in ("X_0", "X_1", "Y_0", "Y_1"))
BOX = "".join(f"(assert (>= X_{i} -1))\n(assert (<= X_{i} 1))\n" for i in range(2))


@pytest.fixture
def folder(tmp_path):
    save(families.random_network((2, 4, 4, 2), 0, biases=True), tmp_path / "net.json")
    (tmp_path / "reached.vnnlib").write_text(DECLARED + BOX + "(assert (or (<= Y_0 -100) (>= Y_1 Y_0)))\n")
    (tmp_path / "safe.vnnlib").write_text(DECLARED + BOX + "(assert (or (<= Y_0 -100) (>= Y_1 100)))\n")
    return tmp_path


def test_sat_prints_a_counterexample(folder):
    done = run("verify", "net.json", "reached.vnnlib", cwd=folder)
    assert done.returncode == 0, done.stderr
    first, rest = done.stdout.split("\n", 1)
    assert first == "sat"
    assert re.fullmatch(r"\(\(X_0 \S+\)\n \(X_1 \S+\)\n \(Y_0 \S+\)\n \(Y_1 \S+\)\)\n", rest)
    values = [Fraction(text) for text in re.findall(r"[XY]_[0-9] ([^)]+)\)", rest)]
    assert load(folder / "net.json")(values[:2]) == tuple(values[2:])  # dyadic weights: nothing was rounded
    assert load_property(folder / "reached.vnnlib").holds(values[:2], values[2:])


def test_unsat_writes_a_proof(folder):
    done = run("verify", "net.json", "safe.vnnlib", "--certificate", "proof.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "unsat\n"), done.stderr
    assert "proof written to proof.json; replayed 2 cases" in done.stderr
    proof = load(folder / "proof.json")
    assert isinstance(proof, PropertyProof)
    net = load(folder / "net.json")
    assert check_property(proof, net, load_property(folder / "safe.vnnlib"))
    assert not check_property(proof, net, load_property(folder / "reached.vnnlib"))


def test_the_help_says_what_the_exit_status_means():
    done = run("verify", "--help")
    assert done.returncode == 0
    assert "0 for sat and unsat, 1 for unknown, 2 for error" in " ".join(done.stdout.split())


# the rest in this process: argparse, printing and status are the same


def test_version_2_is_answered_in_its_own_format(folder, capsys):
    (folder / "two.vnnlib").write_text(
        "(vnnlib-version <2.0>)\n(declare-network N (declare-input X float32 [1,2]) (declare-output Y float32 [2]))\n"
        "(assert (and (== X[0,0] 0.5) (== X[0,1] (* 2.0 X[0,0]))))\n"
    )
    assert main(["verify", str(folder / "net.json"), str(folder / "two.vnnlib")]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:5] == ["sat", "X float32 [1,2]", "0.5", "1.0", "Y float32 [2]"]
    assert "X is declared float32; decided over the real numbers" in err


def test_rounding_is_said(folder, capsys):
    save(ReLUNetwork([[[1, 0], [0, 1]]]), folder / "identity.json")
    (folder / "third.vnnlib").write_text(DECLARED + "(assert (= (* 3 X_0) 1))(assert (= X_1 1e-3))\n")
    arguments = ["verify", str(folder / "identity.json"), str(folder / "third.vnnlib")]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "(X_0 0.33333333333333333333)\n (X_1 0.001)" in out
    assert "2 numbers are no short decimals and rounded" in err
    assert main([*arguments, "--exact"]) == 0
    out, err = capsys.readouterr()
    assert "(X_0 1/3)\n (X_1 0.001)\n (Y_0 1/3)\n (Y_1 0.001))" in out
    assert err == ""


def test_a_budget_answers_unknown(folder, capsys):
    arguments = ["verify", str(folder / "net.json"), str(folder / "safe.vnnlib")]
    for limit in ("--max-cells", "--max-cases"):
        assert main([*arguments, limit, "1"]) == 1
        out, err = capsys.readouterr()
        assert out == "unknown\n"
        assert limit[2:].replace("-", "_") + "=1" in err


def test_a_counterexample_writes_no_proof(folder, capsys):
    arguments = ["verify", str(folder / "net.json"), str(folder / "reached.vnnlib")]
    assert main([*arguments, "--certificate", str(folder / "proof.json")]) == 0
    assert "was not written" in capsys.readouterr().err
    assert not (folder / "proof.json").exists()


@pytest.mark.parametrize(
    ("net", "question", "options", "message"),
    [
        ("missing.json", "safe.vnnlib", [], "missing.json"),
        ("net.json", "missing.vnnlib", [], "missing.vnnlib"),
        ("safe.vnnlib", "safe.vnnlib", [], "no JSON"),
        ("net.json", "net.json", [], "net.json, line 1 column 1: unexpected"),
        ("box.json", "safe.vnnlib", [], "`box.json` needs"),
        ("small.json", "safe.vnnlib", [], "as many inputs as the function has, 1, got 2"),
        ("net.json", "safe.vnnlib", ["--certificate", "nowhere/proof.json"], "make the folder first"),
        ("net.json", "safe.vnnlib", ["--certificate", "../{}/net.json"], "a file other than net.json"),
    ],
)
def test_bad_input_answers_error(folder, capsys, monkeypatch, net, question, options, message):
    save(Box([0], [1]).polyhedron(), folder / "box.json")
    save(ReLUNetwork([[[1]]]), folder / "small.json")
    monkeypatch.chdir(folder)
    assert main(["verify", net, question, *(option.format(folder.name) for option in options)]) == 2
    out, err = capsys.readouterr()
    assert out == "error\n"
    assert message in err


def test_bad_options_are_refused(folder):
    for option in (["--max-cells", "0"], ["--max-cells", "many"], ["--max-cases", "-1"], ["--colour"]):
        with pytest.raises(SystemExit) as caught:
            main(["verify", "net.json", "safe.vnnlib", *option])
        assert caught.value.code == 2


# ---------------------------------------------------------------- the other verbs

TENT = "max(min(x0, 2*x1 - 1/3), 0)"


@pytest.fixture
def files(folder, monkeypatch):
    monkeypatch.chdir(folder)
    net = families.random_network((2, 4, 4, 1), 0, biases=True)
    save(net, "one.json")
    save(net, "one.onnx")
    save(net, "one.safetensors")
    save(lattice(net), "lattice.json")
    (folder / "tent.txt").write_text(TENT)
    return folder


def answered(capsys, *arguments, status=0):
    assert main([*map(str, arguments), "--json"]) == status
    out, _ = capsys.readouterr()
    assert out.count("\n") == 1
    return json.loads(out)


def test_verbs_in_a_process_of_their_own(files):
    done = run("show", "one.onnx", cwd=files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ReLUNetwork(2 -> 4 -> 4 -> 1, with biases)\n")
    done = run("cells", "one.safetensors", cwd=files)
    assert re.fullmatch(r"cells +29\nregions +19\npieces +19\n", done.stdout)
    assert done.stderr == ""  # no progress bar where nobody watches
    done = run("lattice", "tent.txt", cwd=files)
    assert done.stdout == f"F = {lattice(parse(TENT))}\n"
    done = run("equal", "one.json", "lattice.json", cwd=files)
    assert (done.returncode, done.stdout) == (0, "equal on all of R^2\n")
    done = run("equal", "one.json", "tent.txt", cwd=files)
    assert done.returncode == 1
    assert re.match(r"different at x0 = .* against ", done.stdout)


def test_a_box_may_stand_apart(files, capsys, monkeypatch):
    monkeypatch.chdir(files)
    expected = cells(load("one.json"), Box([-1, -1], [1, 1])).n_cells
    for box in (["--box=-1,1"], ["--box", "-1,1"]):
        assert main(["cells", "one.json", *box]) == 0
        assert capsys.readouterr().out.startswith(f"cells    {expected}\n")
    with pytest.raises(SystemExit):
        main(["cells", "one.json", "--box", "--list"])


def test_a_progress_bar_on_a_terminal(files):
    output, seen = on_terminal([sys.executable, "-m", "tropical", "cells", "one.json"])
    assert b"29 cells" in seen
    assert output.startswith(b"cells")


@pytest.mark.parametrize(("verb", "bars"), [("equal", ["proof"]), ("verify", ["cells", "proof"])])
def test_decisions_that_take_long_show_a_bar_where_somebody_watches(verb, bars, files, folder, monkeypatch, capsys):
    arguments = {
        "equal": ["one.json", "lattice.json", "--certificate", "proof.json"],
        "verify": [str(folder / "net.json"), str(folder / "safe.vnnlib"), "--certificate", "proof.json"],
    }[verb]
    monkeypatch.chdir(files)
    monkeypatch.setattr("tropical.complexes.progress._PATIENCE", 0.0)

    def seen(*options, terminal=True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
        assert main([verb, *arguments, *options]) == 0
        return capsys.readouterr().err

    shown = seen()
    assert all(f"\r{bar}: " in shown for bar in bars)
    quiet = seen("--json") + seen(terminal=False)
    monkeypatch.setattr("tropical.complexes.progress._PATIENCE", 60.0)
    assert "\r" not in quiet + seen()


@pytest.mark.parametrize("name", ["tropical", "tropical-learner"])
def test_console_scripts_are_declared(name):
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"][name].partition(":")
    with pytest.raises(SystemExit) as caught:
        getattr(importlib.import_module(module), function)(["--help"])
    assert caught.value.code == 0


def test_a_reader_that_stops_early_is_no_error(files):
    command = f"{sys.executable} -m tropical cells one.json --list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("cells    29\n", "")


def test_show(files, capsys):
    for name in ("one.json", "one.onnx", "one.safetensors"):
        facts = answered(capsys, "show", name)
        assert facts == {
            "command": "show",
            "type": "ReLUNetwork",
            "inputs": 2,
            "outputs": 1,
            "widths": [2, 4, 4, 1],
            "hidden_units": 8,
            "bias_free": False,
        }
    assert answered(capsys, "show", "lattice.json")["clauses"] == len(load("lattice.json").clauses)
    save(Box([0], [1]).polyhedron(), "box.json")
    assert answered(capsys, "show", "box.json")["type"] == "Polyhedron"
    for form, make in (("text", to_text), ("latex", to_latex), ("smt2", to_smtlib), ("sage", to_sage)):
        assert answered(capsys, "show", "tent.txt", "--as", form)["text"] == make(parse(TENT)).rstrip("\n")


def test_cells(files, capsys):
    found = answered(capsys, "cells", "one.onnx", "--list", "--box=-1,1")
    complex_ = cells(load("one.json"), Box([-1, -1], [1, 1]))
    assert [found[name] for name in ("cells", "regions", "pieces")] == [
        complex_.n_cells,
        complex_.n_regions,
        complex_.n_pieces,
    ]
    net = load("one.json")
    for cell in found["list"]:
        point = [Fraction(t) for t in cell["point"]]
        piece = parse(found["functions"][0][cell["pieces"][0]], 2)
        assert net(point) == piece(point)
    assert answered(capsys, "cells", "one.json", "--box=0,1,-1,1/2")["cells"] < found["cells"]
    assert main(["cells", "tent.txt", "--list"]) == 0
    assert main(["cells", "net.json", "--list"]) == 0  # two outputs


def test_lattice(files, capsys):
    for form in ("max-min", "min-max"):
        (found,) = answered(capsys, "lattice", "one.onnx", "--form", form)["functions"]
        assert from_plain(found) == lattice(load("one.json"), form=form)
    assert len(answered(capsys, "lattice", "net.json")["functions"]) == 2
    assert main(["lattice", "one.onnx", "--save", "F.smt2"]) == 0
    assert Path("F.smt2").read_text().startswith("(define-fun F ")


def test_equal(files, capsys):
    assert answered(capsys, "equal", "one.onnx", "lattice.json", "--certificate", "proof.json")["equal"]
    assert check(load("proof.json"), load("one.json"), load("lattice.json"))
    found = answered(capsys, "equal", "one.onnx", "tent.txt", "--certificate", "none.json", status=1)
    point = [Fraction(t) for t in found["point"]]
    assert [Fraction(v) for (v,) in (found["left"], found["right"])] == [load("one.json")(point), parse(TENT)(point)]
    assert not Path("none.json").exists()
    Path("relu.txt").write_text("max(x0, 0)")
    Path("identity.txt").write_text("x0")
    assert answered(capsys, "equal", "relu.txt", "identity.txt", status=1)["equal"] is False
    assert answered(capsys, "equal", "relu.txt", "identity.txt", "--box=0,1", "--certificate", "box.json")["equal"]
    assert answered(capsys, "equal", "net.json", "net.json")["equal"]


def test_a_certificate_never_replaces_what_it_is_about(files, capsys):
    Path("link.json").symlink_to("one.json")
    for name in ("one.json", "./one.json", "link.json"):
        assert main(["equal", "one.onnx", "one.json", "--certificate", name]) == 2
        assert "a file other than one.json" in capsys.readouterr().err
    assert isinstance(load("one.json"), ReLUNetwork)


def test_verify_for_machines(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    found = answered(capsys, "verify", "net.json", "reached.vnnlib")
    assert found["answer"] == "sat"
    assert load("net.json")(found["inputs"]) == tuple(Fraction(v) for v in found["outputs"])
    assert answered(capsys, "verify", "net.json", "safe.vnnlib") == {"command": "verify", "answer": "unsat"}


def test_convert(files, capsys):
    for target, options in (("two.safetensors", []), ("two.onnx", ["--rounded"]), ("two.json", [])):
        assert answered(capsys, "convert", "lattice.json", target, *options)["written"] == target
        assert same_function(load(target), load("one.json"))
    assert main(["convert", "tent.txt", "tent.onnx"]) == 2
    assert "1/3, which is no float32" in capsys.readouterr().err
    assert main(["convert", "tent.txt", "tent.onnx", "--rounded", "--dtype", "float64"]) == 0


def test_options_of_files(files, capsys):
    assert main(["show", "one.safetensors", "--layers", "layers.0,layers.1"]) == 2
    assert "name each of" in capsys.readouterr().err
    assert main(["show", "one.onnx", "--graph-output", "z"]) == 2
    assert "one of y" in capsys.readouterr().err
    assert main(["show", "one.onnx", "--graph-output", "y"]) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["show", "missing.json"], 2, "No such file"),
        (["cells", "safe.vnnlib"], 2, "no JSON"),
        (["cells", "one.json", "--box=1"], 2, "two bounds, or 4"),
        (["cells", "one.json", "--box=1,0"], 2, "swap or widen"),
        (["cells", "one.json", "--box=a,b"], 2, "--box"),
        (["cells", "one.json", "--max-cells", "3"], 3, "max_cells=3"),
        (["lattice", "one.json", "--max-cells", "3"], 3, "max_cells=3"),
        (["lattice", "net.json", "--save", "F.json"], 2, "2 outputs"),
        (["lattice", "one.json", "--save", "nowhere/F.json"], 2, "make the folder first"),
        (["equal", "one.json", "lattice.json", "--max-cells", "3"], 3, "max_cells=3"),
        (["equal", "one.json", "net.json"], 2, "outputs"),
        (["convert", "one.json", "F.pkl"], 2, "one of the suffixes"),
        (["show", "model.pkl"], 2, "a pickle can run any code"),
        (["show", "net.json", "--as", "text"], 2, "one output"),
    ],
    ids=str,
)
@pytest.mark.parametrize("machine", [False, True])
def test_failures_are_one_line(files, capsys, arguments, status, message, machine):
    assert main([*arguments, *(["--json"] if machine else [])]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


def test_the_help_of_every_verb_says_what_the_exit_status_means(capsys):
    for verb in ("show", "cells", "lattice", "verify", "equal", "convert"):
        with pytest.raises(SystemExit) as caught:
            main([verb, "--help"])
        assert caught.value.code == 0
        assert "Exit status: " in " ".join(capsys.readouterr().out.split())
