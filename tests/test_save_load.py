"""Files: exact, readable, written whole, and read back equal; damage is reported with its place."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tropical.io.atomic
import tropical.io.limits
from tropical import (
    FormatError,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    load,
    parse,
    same_function,
    save,
)
from tropical.testing import functions


@given(st.integers(1, 3).flatmap(functions))
@settings(max_examples=50)
def test_round_trip_is_equality(tmp_path_factory, obj):
    path = tmp_path_factory.mktemp("files") / "object.json"
    save(obj, path)
    assert load(path) == obj


def test_other_objects(tmp_path):
    F = LatticePolynomial([([1, 0], "-3/4")], [[0]])
    for obj in (Polyhedron([[1, "1/2"]], [3]), same_function(F, F).certificate):
        save(obj, tmp_path / "object.json")
        assert load(tmp_path / "object.json") == obj


def test_the_file_is_readable_by_people(tmp_path):
    save(LatticePolynomial([([1, "2/3"], "-3/4"), ([0, 0], 0)], [[0], [1]]), tmp_path / "f.json")
    text = (tmp_path / "f.json").read_text()
    assert '"gradient": ["1", "2/3"]' in text
    assert '"constant": "-3/4"' in text
    assert json.loads(text)["version"] == 1
    assert text.count("\n") > 5
    assert max(map(len, text.splitlines())) < 200


def test_dyadic_numbers_of_hundreds_of_digits(tmp_path):
    F = LatticePolynomial.from_floats([[2.0**-1000, 1e300]], [5e-324], [[0]])
    save(F, tmp_path / "f.json")
    assert load(tmp_path / "f.json") == F


def test_saving_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "f.json"
    F, G = LatticePolynomial([([1], 0)], [[0]]), LatticePolynomial([([2], 0)], [[0]])
    save(F, path)

    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tropical.io.atomic.os, "fsync", full_disk)
    with pytest.raises(OSError, match="space"):
        save(G, path)
    monkeypatch.undo()
    assert load(path) == F
    assert os.listdir(tmp_path) == ["f.json"]


def test_only_known_objects_are_saved(tmp_path):
    with pytest.raises(InvalidInput, match=r"^`obj` needs"):
        save({"a": 1}, tmp_path / "x.json")
    assert os.listdir(tmp_path) == []


def damaged(tmp_path, change):
    path = tmp_path / "model.json"
    save(ReLUNetwork([[[1, 2], [3, "1/2"]], [1, -1]]), path)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return path


DAMAGE = [
    (lambda d: d.pop("format"), "model.json", "no file of this project"),
    (lambda d: d.update(version=7), "model.json: version", "version 7 is unknown"),
    (lambda d: d.pop("object"), "model.json", "'object' is missing"),
    (lambda d: d.update(object=[]), "model.json: object", "expected an object"),
    (lambda d: d["object"].pop("weights"), "model.json: object", "'weights' is missing"),
    (lambda d: d["object"].update(type="pickle"), "model.json: object.type", "unknown type 'pickle'"),
    (
        lambda d: d["object"]["weights"][0][1].__setitem__(0, 0.5),
        r"object.weights\[0\]\[1\]\[0\]",
        "expected a string",
    ),
    (
        lambda d: d["object"]["weights"][0][1].__setitem__(0, "1e5"),
        r"object.weights\[0\]\[1\]\[0\]",
        "exact number",
    ),
    (
        lambda d: d["object"]["weights"][0][1].__setitem__(0, "1/0"),
        r"object.weights\[0\]\[1\]\[0\]",
        "exact number",
    ),
    (lambda d: d["object"]["weights"][0][1].__setitem__(0, "9" * 10**5), r"object.weights\[0\]\[1\]\[0\]", "exact"),
    (
        lambda d: d["object"]["weights"][0][1].__setitem__(0, "exit()"),
        r"object.weights\[0\]\[1\]\[0\]",
        "exact number",
    ),
    (lambda d: d["object"]["weights"][0][1].pop(), "model.json: object", "rows of one length"),
    (lambda d: d["object"]["biases"].pop(), "model.json: object", "`biases` needs"),
    (lambda d: d["object"].update(biases=None), "object.biases", "expected a list"),
]


@pytest.mark.parametrize(("change", "where", "what"), DAMAGE, ids=[f"{i} {case[2]}" for i, case in enumerate(DAMAGE)])
def test_damage_is_reported_with_its_place(tmp_path, change, where, what):
    with pytest.raises(FormatError, match=f"{where}.*{what}"):
        load(damaged(tmp_path, change))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "no JSON"),
        (b'{"format": "tropical-learner", "version": 1', "line 1 column"),
        (b"\x80\x04K\x01.", "no UTF-8"),
        (b"[" * 100_000, "nested too deeply|no JSON"),
        (b"[1, 2]", "no file of this project"),
        (b'{"format": NaN}', "no exact number"),
        (b'{"a": 1, "a": 2}', "one key twice"),
        (b"1" * 5000, "limit|digits"),
    ],
)
def test_foreign_files(tmp_path, text, what):
    path = tmp_path / "foreign.json"
    path.write_bytes(text)
    with pytest.raises(FormatError, match=what):
        load(path)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.json")
    with pytest.raises(FileNotFoundError, match=r"the folder does not exist; make it first: '.*none'"):
        save(parse("x0"), tmp_path / "none" / "x.json")


def test_arguments_in_the_wrong_order_are_named():
    with pytest.raises(InvalidType, match=r"^`path` needs the name of a file, .*tropical.save\(obj, path\)"):
        save("x.json", parse("x0"))
    with pytest.raises(InvalidType, match=r"^`path` needs"):
        load(None)


def written(tmp_path, document):
    path = tmp_path / "weights.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_plain_weights_of_other_programs(tmp_path):
    expected = ReLUNetwork.from_floats([[[0.1, 2.0], [3.0, -1.5]], [1.0, 0.25]], [[0.0, 1e-3], [0.5]])
    weights, biases = [[[0.1, 2], [3, -1.5]], [1, "1/4"]], [[0, 1e-3], 0.5]
    assert load(written(tmp_path, {"weights": weights, "biases": biases})) == expected
    layers = [{"weight": w, "bias": b} for w, b in zip(weights, biases, strict=True)]
    assert load(written(tmp_path, {"layers": layers})) == expected
    assert load(written(tmp_path, {"weights": weights})).is_bias_free()
    assert load(written(tmp_path, {"layers": [{"weight": [[1]]}]})) == ReLUNetwork([[[1]]])


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"weights": 3}, r"weights\.json\.weights: expected a list"),
        ({"weights": [[["a"]]]}, r"weights\[0\]\[0\]\[0\]: expected an exact number"),
        ({"weights": [[[True]]]}, r"weights\[0\]\[0\]\[0\]: expected a finite number"),
        ({"weights": [[[{}]]]}, r"weights\[0\]\[0\]\[0\]: expected a finite number"),
        ('{"weights": [[[1e999]]]}', "expected a finite number, got 'inf'"),
        ({"weights": [[[1], [1, 2]]]}, "rows of one length"),
        ({"weights": []}, "weights"),
        ({"weights": [[[1, 2]], [[1, 2]]]}, "one column for each unit"),
        ({"weights": [[[1]]], "biases": 1}, "biases: expected a list"),
        ({"weights": [[[1]]], "biases": [[1, 2]]}, "1 entries"),
        ({"layers": [3]}, r"layers\[0\]: expected an object"),
        ({"layers": [{"bias": [1]}]}, "'weight' is missing"),
    ],
)
def test_damaged_plain_weights(tmp_path, document, where):
    with pytest.raises(FormatError, match=where):
        load(written(tmp_path, document))


def test_files_without_an_end_are_not_read_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(tropical.io.limits, "LARGEST_FILE", 1 << 20)
    for name in ("/dev/zero", written(tmp_path, " " * (1 << 21))):
        with pytest.raises(FormatError, match="more than 1 MiB"):
            load(name)
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
