"""The command line: a few times in a process of its own, as a user runs it, else in this one, which costs less."""

import contextlib
import io
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
from terminals import on_terminal

from learner import sample
from learner.__main__ import main
from learner.sample_files import read_samples
from tropical import (
    Certificate,
    LatticePolynomial,
    ReLUNetwork,
    check,
    families,
    lattice,
    load,
    parse,
    same_function,
    save,
)
from tropical.io.plain import from_plain


def run_apart(*arguments, cwd=None):
    """In a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "learner", *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False
    )


def run(*arguments, cwd="."):
    """In this process, with the warnings of a new one."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(cwd),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        try:
            status = main([*map(str, arguments)])
        except SystemExit as error:  # argparse
            status = error.code
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


SMALL = ["--dimension", 15, "--rank", 2, "--widths", "4,4", "--seed", 5]


def assert_shown(done, *lines):
    """It succeeded, and printed these."""
    assert done.returncode == 0, done.stdout + done.stderr
    for line in lines:
        assert line in done.stdout


def test_demo_proves_and_saves(tmp_path):
    done = run_apart(
        "demo", *SMALL, "--samples", 8000, "--save", "model.json", "--certificate", "proof.json", cwd=tmp_path
    )
    assert_shown(
        done,
        "directions  2 significant",
        "sin of the angle to the truth",
        "100.0000% of 800 held-out samples exact",
        "proved equal to the teacher on all of R^15",
        "certificate replayed by the independent checker",
    )
    learned, proof = load(tmp_path / "model.json"), load(tmp_path / "proof.json")
    teacher = families.random_network((15, 4, 4, 1), 5, rank=2)
    assert isinstance(learned, LatticePolynomial)
    assert isinstance(proof, Certificate)
    assert check(proof, teacher, learned)


def test_demo_proves_a_network(tmp_path):
    """Pieces are missing among those that samples show; the rational network behind them is the teacher."""
    arguments = ["--dimension", 16, "--rank", 3, "--widths", "6,6", "--seed", 4, "--samples", 6000]
    done = run("demo", *arguments, "--save", tmp_path / "model.json", "--certificate", tmp_path / "proof.json")
    assert_shown(
        done,
        "rational network  ",
        "function    F = ReLUNetwork(16 -> ",
        "(--full prints them",
        "proved equal to the teacher on all of R^16",
    )
    learned, teacher = load(tmp_path / "model.json"), families.random_network((16, 6, 6, 1), 4, rank=3)
    assert isinstance(learned, ReLUNetwork)
    assert check(load(tmp_path / "proof.json"), teacher, learned)
    save(teacher, tmp_path / "teacher.json")
    assert run("verify", tmp_path / "model.json", tmp_path / "teacher.json").returncode == 0


def test_demo_with_biases():
    done = run("demo", "--dimension", 8, "--rank", 2, "--widths", "3", "--biases", "--samples", 20_000, "--seed", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "with biases" in done.stdout


def test_demo_that_cannot_prove_says_so_and_fails():
    done = run("demo", *SMALL, "--samples", 60)
    assert done.returncode == 1
    assert "NOT proved" in done.stdout
    assert "more samples" in done.stdout
    assert "proved equal" not in done.stdout.replace("NOT proved equal", "")


@pytest.fixture(scope="module")
def arrays():
    net = families.random_network((6, 3, 3, 1), 1, rank=2)
    X, y = sample(net, 4000, random_state=0)
    X_test, y_test = sample(net, 500, random_state=1)
    return net, {"X": X, "y": y, "X_test": X_test, "y_test": y_test}


def test_fit_npz_with_test_part(tmp_path, arrays):
    net, data = arrays
    np.savez(tmp_path / "samples.npz", **data)
    done = run("fit", tmp_path / "samples.npz", "--save", tmp_path / "model.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100.0000% of 500 explained exactly" in done.stdout
    assert "without a teacher nothing can be proved about the source, only about the samples" in done.stdout
    assert "every coefficient is a multiple of 1/" in done.stdout
    learned = load(tmp_path / "model.json")
    assert same_function(learned, net)  # the file holds what a teacher would confirm
    for i, piece in enumerate(learned.pieces):
        assert f"g{i} = {piece}\n" in done.stdout


def test_fit_csv_and_npy(tmp_path, arrays):
    _, data = arrays
    table = np.column_stack([data["y"], data["X"]])
    header = "y," + ",".join(f"x{i}" for i in range(6))
    np.savetxt(tmp_path / "named.csv", table, delimiter=",", fmt="%.17g", header=header, comments="")
    np.savetxt(tmp_path / "bare.csv", np.roll(table, -1, axis=1), delimiter=",", fmt="%.17g")
    np.save(tmp_path / "X.npy", data["X"])
    np.save(tmp_path / "y.npy", data["y"])
    (tmp_path / "excel.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "named.csv").read_bytes())
    for files in (["named.csv"], ["bare.csv"], ["X.npy", "y.npy"], ["excel.csv"]):
        done = run("fit", *[tmp_path / file for file in files])
        assert done.returncode == 0, done.stdout + done.stderr
        assert "100.0000% of 400 held-out samples exact" in done.stdout


def test_fit_of_noise_is_not_called_exact(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "noise.npz", X=rng.standard_normal((500, 4)), y=rng.standard_normal(500))
    done = run("fit", tmp_path / "noise.npz")
    assert done.returncode == 1
    assert "not exact" in done.stdout
    assert "rational    no" in done.stdout


def test_fit_warns_about_inputs_that_are_not_gaussian(tmp_path):
    X = np.random.default_rng(0).random((3000, 3))
    np.savez(tmp_path / "uniform.npz", X=X, y=np.abs(X[:, 0] - 0.5))
    done = run("fit", tmp_path / "uniform.npz")
    assert "warning: `X` does not look like N(0, I): column" in done.stderr


BAD_FILES = {
    "missing.npz": (None, "No such file"),
    "empty.npz": (b"", "no readable .npz"),
    "text.npz": (b"hello", "no readable .npz"),
    "pickle.npy": (b"\x93NUMPY garbage", "one .npz, one .csv, one .parquet, or two .npy"),
    "model.txt": (b"1,2\n3,4\n", "one .npz, one .csv, one .parquet, or two .npy"),
    "empty.csv": (b"", "no row of numbers"),
    "ragged.csv": (b"1,2\n3\n", "line 2: 1 cells where 2 are expected"),
    "words.csv": (b"x,y\n1,2\n3,four\n", "line 3: could not convert"),
    "narrow.csv": (b"1\n2\n", "one column"),
    "constant.csv": (b"x,y\n" + b"1,2\n" * 30, "`y` needs at least two different labels"),
    "nan.csv": (b"x,y\n" + b"1,2\nnan,3\n" * 30, "`X` needs finite numbers"),
    "few.csv": (b"x,y\n1,2\n2,3\n", "at least 10 samples"),
}


def test_a_bad_file_and_a_bad_option_in_a_process_of_its_own(tmp_path):
    for arguments in (["fit", tmp_path / "missing.npz"], ["demo", "--seed", "-1"]):
        done = run_apart(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "error: " in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_explained(tmp_path, name):
    content, message = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run("fit", tmp_path / name)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_easy_test_samples_do_not_hide_what_held_out_ones_show(tmp_path):
    X, y = sample(families.random_network((6, 4, 4, 1), 3, rank=3), 150, random_state=0)
    np.savez(tmp_path / "few.npz", X=X, y=y, X_test=X[:5], y_test=y[:5])
    done = run("fit", tmp_path / "few.npz")
    assert done.returncode == 1, done.stdout


def test_test_samples_are_checked_before_the_work(tmp_path, arrays):
    _, data = arrays
    X, y = data["X"], data["y"]
    np.savez(tmp_path / "plateau.npz", X=X, y=y, X_test=X[:1], y_test=y[:1])
    assert run("fit", tmp_path / "plateau.npz").returncode == 0
    np.savez(tmp_path / "narrow.npz", X=X, y=y, X_test=X[:9, :2], y_test=y[:9])
    done = run("fit", tmp_path / "narrow.npz")
    assert done.returncode == 2
    assert "`X_test` needs 6 columns" in done.stderr
    assert "directions" not in done.stdout


def test_a_damaged_compressed_archive_is_explained(tmp_path, arrays):
    path = tmp_path / "samples.npz"
    np.savez_compressed(path, X=arrays[1]["X"], y=arrays[1]["y"])
    content = bytearray(path.read_bytes())
    for i in range(2000, 2100):
        content[i] ^= 0xFF
    path.write_bytes(content)
    done = run("fit", path)
    assert done.returncode == 2
    assert "no readable .npz" in done.stderr


def test_arrays_of_objects_are_refused(tmp_path):
    class Bomb:
        def __reduce__(self):
            return print, ("exploded",)

    np.savez(tmp_path / "bomb.npz", X=np.array([[Bomb()]], dtype=object), y=np.zeros(1))
    np.savez(tmp_path / "half.npz", X=np.zeros((3, 2)))
    np.savez(tmp_path / "odd.npz", X=np.zeros((3, 2)), y=np.zeros(3), X_test=np.zeros((3, 2)))
    for name, message in (("bomb", "allow_pickle"), ("half", "'y' is missing"), ("odd", "only one of")):
        done = run("fit", tmp_path / f"{name}.npz")
        assert done.returncode == 2
        assert message in done.stderr
        assert "exploded" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--widths", "6;6"], "--widths"),
        (["demo", "--widths", "0"], "widths"),
        (["demo", "--rank", "9"], "rank"),
        (["demo", "--samples", "0"], "`--samples` needs"),
        (["demo", "--dimension", "-1"], "widths"),
        (["demo", "--denominator", "0"], "denominator"),
        (["demo", "--seed", "-1"], "a seed is an integer"),
        (["fit", "x.npz", "--seed", "5000000000"], "a seed is an integer"),
        (["demo", "--save", "/no/such/folder/model.json"], "folder that exists"),
        (["demo", "--save", "model.pkl"], "one of the suffixes"),
        (["demo", "--certificate", "proof.onnx"], "certificates are JSON"),
        (["fit"], "FILE"),
        ([], "demo"),
    ],
    ids=str,
)
def test_bad_options_are_explained(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- samples, verification, answers for machines


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = families.random_network((6, 3, 3, 1), 1, rank=2)
    for name in ("teacher.json", "teacher.onnx"):
        save(net, name)
    return net


def test_from_samples_to_a_proof(teacher, tmp_path):
    done = run("sample", "teacher.onnx", "samples.parquet", "--samples", 3000, "--seed", 4, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3000 samples of R^6 from N(0, I), noise 0, written to samples.parquet\n"
    done = run("fit", "samples.parquet", "--json", "--save", "model.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["exact"], found["rational"], found["samples"]) == (True, True, [3000, 6])
    assert from_plain(found["function"]) == load("model.json")
    assert found["stages"][0]["name"] == "directions"
    done = run("verify", "model.json", "teacher.onnx", "--certificate", "proof.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "proved equal to the teacher on all of R^6\n"
    assert check(load("proof.json"), teacher, load("model.json"))


def answered(capsys, *arguments, status=0):
    assert main([*map(str, arguments), "--json"]) == status
    return json.loads(capsys.readouterr().out)


def test_demo_for_machines(capsys):
    found = answered(capsys, "demo", *SMALL, "--samples", 8000)
    assert found["proved"]
    assert "witness" not in found
    net = families.random_network((15, 4, 4, 1), 5, rank=2)
    assert same_function(from_plain(found["function"]), net)


def test_verify_shows_a_point_of_difference(teacher, capsys):
    save(2 * lattice(teacher), "double.json")
    assert main(["verify", "double.json", "teacher.json", "--certificate", "proof.json"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("NOT proved: differs from the teacher at ")
    assert "proof.json was not written" in err
    found = answered(capsys, "verify", "double.json", "teacher.json", status=1)
    assert str(teacher(found["witness"]["point"])) == found["witness"]["teacher"]
    assert answered(capsys, "verify", "teacher.onnx", "teacher.json")["proved"]


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_sample(teacher, capsys, suffix):
    target = f"samples{suffix}"
    assert answered(capsys, "sample", "teacher.json", target, "--samples", 50, "--seed", 3)["samples"] == [50, 6]
    X, y = sample(teacher, 50, random_state=3)
    data = read_samples([target])
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.y, y)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["sample", "teacher.json", "samples.pkl"], 2, "one of the suffixes"),
        (["sample", "teacher.json", "nowhere/s.npz"], 2, "make the folder first"),
        (["sample", "missing.json", "s.npz"], 2, "No such file"),
        (["sample", "two.json", "s.npz"], 2, "one output"),
        (["sample", "teacher.json", "s.npz", "--noise", "-1"], 2, "`noise` needs"),
        (["verify", "two.json", "teacher.json"], 2, "`MODEL` needs one output"),
        (["verify", "teacher.json", "line.txt"], 2, "6 inputs"),
        (
            ["verify", "teacher.json", "teacher.json", "--certificate", "teacher.json"],
            2,
            "a file other than teacher.json",
        ),
        (["demo", "--save", "F.json", "--certificate", "F.json"], 2, "a file other than F.json"),
        (["verify", "teacher.json", "teacher.json", "--max-cells", "1"], 3, "max_cells=1"),
    ],
    ids=str,
)
def test_failures_are_one_line(teacher, capsys, arguments, status, message):
    save(families.random_network((6, 2, 2), 0), "two.json")
    save(parse("max(x0, 1)"), "line.txt")
    assert main(arguments) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


def test_a_progress_bar_on_a_terminal(teacher, tmp_path):
    X, y = sample(teacher, 2000, random_state=0)
    np.savez("samples.npz", X=X, y=y)
    output, seen = on_terminal([sys.executable, "-m", "learner", "fit", "samples.npz"])
    assert b"stages" in seen
    assert output.startswith(b"samples     X (2000, 6)")
    assert b"stages" not in output


def test_the_help_of_every_verb_says_what_the_exit_status_means(capsys):
    for verb in ("demo", "fit", "verify", "sample"):
        with pytest.raises(SystemExit) as caught:
            main([verb, "--help"])
        assert caught.value.code == 0
        assert "Exit status: 0 answered (yes), 1 answered with no" in " ".join(capsys.readouterr().out.split())
