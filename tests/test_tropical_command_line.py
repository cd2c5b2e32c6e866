"""``python -m tropical verify``, as a user runs it: in a process of its own."""

import re
import subprocess
import sys
from fractions import Fraction

import pytest

from tropical import Box, PropertyProof, ReLUNetwork, check_property, families, load, load_property, save
from tropical.__main__ import main


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
        ("box.json", "safe.vnnlib", [], "`F` needs"),
        ("small.json", "safe.vnnlib", [], "as many inputs as the function has, 1, got 2"),
        ("net.json", "safe.vnnlib", ["--certificate", "nowhere/proof.json"], "make the folder first"),
    ],
)
def test_bad_input_answers_error(folder, capsys, monkeypatch, net, question, options, message):
    save(Box([0], [1]).polyhedron(), folder / "box.json")
    save(ReLUNetwork([[[1]]]), folder / "small.json")
    monkeypatch.chdir(folder)
    assert main(["verify", net, question, *options]) == 2
    out, err = capsys.readouterr()
    assert out == "error\n"
    assert message in err


def test_bad_options_are_refused(folder):
    for option in (["--max-cells", "0"], ["--max-cells", "many"], ["--max-cases", "-1"], ["--colour"]):
        with pytest.raises(SystemExit) as caught:
            main(["verify", "net.json", "safe.vnnlib", *option])
        assert caught.value.code == 2
