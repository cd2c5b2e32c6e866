"""Bad input to loaders and writers: values of every sort for their parameters, damaged and hostile files, full disks.

A damaged file ends in one of the package's own errors; after an error of a writer the old file is there, or none, and
nothing else.

More than 400 lines: the tables of all loaders and writers, which share the damaged files.
"""

import base64
import io
import json
import struct
import zipfile
import zlib

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from bad_input import (
    ANYTHING,
    DOMAIN,
    FLAG,
    FUNCTION,
    LIMIT,
    MAP,
    NATURAL,
    OPTIONAL,
    PATH,
    SPECIFIC,
    Table,
    complaints,
    litter,
    outcome,
)

import tropical as tp
from learner import sources
from learner.sample_files import read_samples, write_samples
from learner.sampling import as_samples
from tropical import TropicalError, parse
from tropical import io as formats
from tropical.io.vnnlib_grammar import read_version_1

NET = tp.ReLUNetwork([[[1, 2], [3, -1]], [1, -1]], [[0, 1], 1])
TENT = parse("max(min(x0, 1 - x0), 0)")
SAME = tp.same_function(TENT, TENT).certificate
PROPERTY_TEXT = "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (and (<= 0 X_0 1) (> Y_0 9)))"
PROPERTY = read_version_1(PROPERTY_TEXT, "p.vnnlib")
PROOF = tp.verify_property(TENT, PROPERTY).proof
STATE = {"a.weight": np.array([[1.0, 2.0]]), "a.bias": np.array([0.5])}

TABLE = Table()
row = TABLE.row

row("tropical.load", path=PATH("nothing.json"), standard=(OSError,))
row("tropical.load_property", path=PATH("nothing.vnnlib"), standard=(OSError,))
for suffix in ("json", "onnx", "safetensors", "smt2", "txt", "tex", "sage", "polymake"):
    row(
        f"tropical.save as .{suffix}",
        call=lambda obj, suffix=suffix: tp.save(obj, f"f.{suffix}"),
        obj=ANYTHING(TENT),
    )
row("tropical.save", call=lambda path: tp.save(NET, path), standard=(OSError,), path=PATH("f.json"))
row("tropical.io.from_onnx", source=ANYTHING(formats.to_onnx(NET)), output=OPTIONAL(None), standard=(OSError,))
row(
    "tropical.io.from_safetensors",
    source=ANYTHING(formats.to_safetensors(NET)),
    layers=OPTIONAL(None),
    standard=(OSError,),
)
row("tropical.io.from_sklearn", call=formats.from_sklearn, model=ANYTHING(None))
row("tropical.io.from_state_dict", state=SPECIFIC(STATE), layers=OPTIONAL(None))
row("tropical.io.from_torch", called={"model": "state"}, model=SPECIFIC(STATE))
row("tropical.io.to_latex", F=MAP(TENT))
row("tropical.io.to_onnx", F=MAP(NET), dtype=SPECIFIC("float32"), rounded=FLAG(False))
row("tropical.io.to_safetensors", F=MAP(NET), dtype=SPECIFIC("float32"), rounded=FLAG(False))
POLYHEDRA = ("box in seven dimensions", "polyhedron in seven dimensions", "empty box")
row("tropical.io.to_polymake", obj=FUNCTION(TENT, *POLYHEDRA), max_terms=LIMIT(99))
row("tropical.io.to_sage", obj=FUNCTION(TENT, *POLYHEDRA), max_terms=LIMIT(99))
row("tropical.io.to_smtlib", F=MAP(TENT), name=SPECIFIC("F", "word"))
row("tropical.io.to_smtlib_equality", F=MAP(TENT), G=MAP(TENT), domain=DOMAIN())
row("tropical.io.to_text", F=FUNCTION(TENT), max_cells=LIMIT(99))
# the checker rejects whatever it is given, and raises nothing
row(
    "tropical.check",
    call=lambda certificate, subject, domain, claim: tp.check(certificate, subject, domain=domain, claim=claim),
    certificate=ANYTHING(SAME),
    subject=ANYTHING(TENT),
    domain=ANYTHING(None),
    claim=ANYTHING(None),
)
row("tropical.Certificate.from_plain", document=ANYTHING(SAME.to_plain()), standard=(ValueError,))
row("tropical.PropertyProof.from_plain", document=ANYTHING(PROOF.to_plain()), standard=(ValueError,))
X, Y = np.ones((3, 2)), np.arange(3.0)
row(
    "learner.sample_files.read_samples",
    called={"path": "FILE"},
    call=lambda path: read_samples([path]),
    standard=(OSError,),
    path=PATH("nothing.npz"),
)
row(
    "learner.sample_files.write_samples",
    called={"path": "FILE"},
    call=lambda path: write_samples(path, X, Y),
    standard=(OSError,),
    path=PATH("s.npz"),
)
row("learner.sources.NpyFile", path=PATH("nothing.npy"), standard=(OSError,))
row("learner.sources.ParquetSource", paths=PATH("nothing.parquet"), label=OPTIONAL(None), standard=(OSError,))
SOURCE = sources.ArraySource(X, Y)
row("learner.sources.ArraySource.parts", on=SOURCE, budget_bytes=NATURAL(999, but=("0",)))
row(
    "learner.sources.gather",
    source=SPECIFIC(SOURCE),
    at_most_n=NATURAL(9, but=("0",)),
    budget_bytes=NATURAL(999, but=("0",)),
)


@pytest.mark.parametrize(("name", "parameter"), TABLE.cases())
def test_bad_input(name, parameter, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = complaints(TABLE[name], parameter)
    assert not found, "\n".join([f"{name}({parameter}=...)", *found])
    assert not [file for file in litter(tmp_path) if file.endswith(".part")]


# ---------------------------------------------------------------- content


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npy_header(text):
    header = text.encode() + b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def parquet(**columns):
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return sink.getvalue().to_pybytes()


class Exploit:
    """What a pickle would run."""

    def __reduce__(self):
        return (print, ("a pickle was executed",))


def written(obj, suffix, folder):
    tp.save(obj, folder / f"valid{suffix}")
    return (folder / f"valid{suffix}").read_bytes()


def safetensors(header, data=b""):
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return len(text).to_bytes(8, "little") + text + data


PIECE = {"gradient": ["1"], "constant": "0"}


def nested_quotients(depth):
    plain = {"type": "polyhedron"}
    for _ in range(depth):
        plain = {"type": "tropical_rational", "numerator": plain, "denominator": {}}
    return plain


def hostile_json():
    good = json.loads(_valid_json())
    lattice = good["object"]
    yield from (b"", b"\0", b"nul", b"[]", b"{}", b"0", b'"a"', b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"NaN")
    yield b"1" * 10_000
    yield b'{"weights": [[[1e999]]]}'
    yield b'{"weights": [[[NaN]]]}'
    yield b'{"weights": [[["1/0"]]]}'
    yield b'{"weights": [[[' + b"9" * 10_000 + b"]]]}"
    yield b'{"weights": [[["' + b"9" * 10_000 + b'"]]]}'
    yield b'{"weights": ' + b"[" * 900 + b"]" * 900 + b"}"
    yield b'{"weights": [[[1, 2], [3]]]}'
    yield b'{"weights": [[[1]], [[1, 2]]]}'
    yield b'{"weights": {}, "biases": 3}'
    yield b'{"layers": [{"weight": [[true]]}]}'
    yield b'{"layers": [3]}'
    yield b'{"a": 1, "a": 2}'
    for change in (
        {"format": "other"},
        {"version": 10**9},
        {"version": None},
        {"object": None},
        {"object": []},
        {"object": {"type": "other"}},
        {"object": {"type": ["lattice_polynomial"]}},
        {"object": {**lattice, "form": "other"}},
        {"object": {**lattice, "form": 3}},
        {"object": {**lattice, "pieces": {}}},
        {"object": {**lattice, "pieces": []}},
        {"object": {**lattice, "clauses": [[10**9]]}},
        {"object": {**lattice, "clauses": [[-1]]}},
        {"object": {**lattice, "clauses": [[True]]}},
        {"object": {**lattice, "clauses": [[0.0]]}},
        {"object": {**lattice, "clauses": "01"}},
        {"object": {**lattice, "pieces": [PIECE, {"gradient": ["1", "2"], "constant": "0"}]}},
        {"object": {**lattice, "pieces": [{"gradient": [1], "constant": "0"}]}},
        {"object": {**lattice, "pieces": [{"gradient": ["x"], "constant": "0"}]}},
        {"object": {**lattice, "pieces": [{"gradient": ["\ud800"], "constant": "²"}]}},
        {"object": {**lattice, "pieces": [{"gradient": ["1"], "constant": "1/0"}]}},
        {"object": {"type": "polyhedron", "A": [[]], "b": []}},
        {"object": {"type": "certificate", "kind": 3}},
        {"object": {"type": "certificate", "version": 1, "kind": "x", "functions": []}},
        {"object": {"type": "property_proof", "cases": [[]]}},
        {"object": nested_quotients(300)},
        {"object": {"type": "tropical_rational", "numerator": {"type": "polyhedron"}, "denominator": {}}},
    ):
        yield json.dumps({**good, **change}).encode()


def _valid_json():
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return written(TENT, ".json", Path(folder)).decode()


def hostile_text():
    yield from (
        b"",
        b"\0",
        b"\xff",
        b"x0 +",
        "x²".encode(),
        b"max(x0,, 1)",
        b"x9999999",
        b"x0 x1",
        b"x0*x0",
        b"1/0",
        b"x0/x1",
    )
    yield b"-" * 100_000 + b"x0" + b"("
    yield b"max(" * 50_000
    yield b"9" * 5000
    yield b"import os"
    yield "​max(x0, 1)".encode()


def hostile_onnx():
    valid = formats.to_onnx(NET).SerializeToString()
    yield from (
        b"",
        b"\0" * 1000,
        b"\x08",
        b"\xff" * 100,
        valid[: len(valid) // 2],
        valid[1:],
        valid + b"\xff\xff\xff\xff",
    )


def hostile_safetensors():
    valid = formats.to_safetensors(NET)
    yield from (
        b"",
        b"\0" * 7,
        b"\xff" * 8,
        valid[:-1],
        valid + b"\0",
        valid[:9],
        (1 << 62).to_bytes(8, "little") + b"{}",
    )
    yield from map(safetensors, (b"", b"[]", b"{", b"\xff", b"[" * 100_000, {"a.weight": 3}, {"a.weight": {}}))
    entry = {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}
    for change in (
        {"dtype": "X"},
        {"dtype": 3},
        {"shape": [10**9, 10**9]},
        {"shape": [-1, -1]},
        {"shape": [1.5]},
        {"shape": "11"},
        {"shape": [True, True]},
        {"data_offsets": [0, 10**18]},
        {"data_offsets": [4, 0]},
        {"data_offsets": [0]},
        {"data_offsets": None},
    ):
        yield safetensors({"a.weight": {**entry, **change}}, b"\0" * 4)
    yield safetensors({"a.weight": entry}, struct.pack("<f", float("nan")))
    yield safetensors({"a.weight": entry, "b": entry}, b"\0" * 4)


def hostile_npz():
    valid = npz(X=npy(X), y=npy(Y))
    yield from (
        b"",
        b"PK\x03\x04",
        valid[: len(valid) // 2],
        valid[:-1],
        b"\0" * 1000,
        npz(),
        npz(X=npy(X)),
        npz(y=npy(Y)),
    )
    yield npz(X=npy(np.array([Exploit()], dtype=object), allow_pickle=True), y=npy(Y))
    yield npz(X=npy(X), y=npy(Y), X_test=npy(X))
    yield from (npz(X=head, y=npy(Y)) for head in hostile_npy())
    yield npz(X=npy(np.zeros(3, dtype=[("a", float)])), y=npy(Y))


def hostile_npy():
    yield from (b"", b"\x93NUMPY", b"\x93NUMPY\x09\x00" + b"\0" * 100, npy(X)[:-1], npy(X) + b"\0")
    yield npy(np.array([Exploit()], dtype=object), allow_pickle=True)
    for shape in ("(1000000000000,)", "(-1,)", "(1, -3)", "3", "'ab'", "(10**9, 10**9)", "(True,)", "()" * 3000):
        yield npy_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}")
    for descr in ("'|O'", "'<V99999999'", "3", "[('a', '<f8')]", "'<f99'", "'>c16'"):
        yield npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}") + b"\0" * 16
    yield npy_header("__import__('os').system('echo exploited')")
    yield npy_header("[" * 5000)


def hostile_csv():
    yield from (
        b"",
        b"\n\n",
        b"x,y",
        b"1",
        b"1\n2",
        b"1,2\n3",
        b"1,2\na,b",
        b"x,y\n1,2,3",
        b"\0,\0",
        b"\xff\xfe\n1,2\nx,y",
    )
    yield b"1,2\n3,nonsense\n"
    yield b'"' + b"1" * 1_000_000
    yield b"y,x\n1," + b"9" * 1_000_000 + b"x"
    yield b"0x10,1\n"
    yield b"1_000,2\n3,x\n"


# A footer with damaged statistics: asked for its columns, pyarrow ends the process; older releases read the file.
ABORTING = zlib.decompress(
    base64.b64decode(
        "eNoLcAwyFGURPcAoeozRR1RClEGIgSHhQ7xjy+3Ot+IH7HM3ZCwJr3ti/9b5mYSJysP9NgJ71fTvfrHXWH/r4P+WZ/t/f1HwvPvx8f5mZak9"
        "K2cyHah75BTo8P7z/itLai9MzHq4/8fBD7PUI27Zc8y7/+xS8YH98mrM4W6eT/eLMogqiKroAC0UEGUTZZOR4ICZLMEBM0uMQQOLqKAgAwOD"
        "gA0TkJRgZGEVMAopm7GLgQGLH8647n15/sWB/R+utLzZfWuX/bOL56bGq1y3X7wnc0+N3zv73SfmTNWy/7L/MU/34bUaS+3rVOc2xDKe2f9d"
        "refT7rzn+zUuXGFytruyf3LStnqldR/sCzgun+G4+9W+6MUFcZX6a/aYfoCpkOCAmQ3yA6Yo8X5gSz2zM67hgv150RtqDMoP7R+sOfs4edub"
        "/auOKygdvn7N3u9RXGboz4f2J5dGqma4PN2vHSjwZPJNhgOs836uP5L/YD/DZx+bg7pn92ulfDE0NHiy3/DPOs3m19/365wtNcxx+YAlHmAm"
        "SnDAzAL5AVMUpx8kfUwZJNiKkzNScxNF2RhEuVSZJJgqDGAMQwiDsZJBTEJSRtJGjUFGlEvSlIFNQBKkTJRJTELsH5NYB7PaO0Y1DtIShqQO"
        "MAgZRJkYgIQAkLLRZJNUY5AAOhHVFkMkW76xqE1gJi3uMKzhxGYNYyWSLf/Y1WaQGLq4PSP2i0NMQo1DbAYng6SMBI9jUJB/uBUkwCUWMOmD"
        "gKUjCAQ6QoC3o2O5o1O6o5ujY7qjczpYzMnJ0dEXxHB2dPQECyBoR4iUUzGMBTHKuRxkNFhJBVgwFKHeEc5MBSn1MgeqtHAEGWkUAGSWg4zw"
        "BbvHDcVpjiAnOTp6pANNdHGHmu8MMskN7J5IR6dyiBNcEZpg9iej2e8Mtt8Fqigdqj8dyR4gYJBQKEgsKixNLdFNLijQTSwqyi9XKEstKs7M"
        "z1MwMtMz0DOUtJFhYIAghovAFB4ALCQBlZmcGg=="
    )
)


def hostile_parquet():
    valid = parquet(x0=[1.0, 2.0], y=[1.0, 3.0])
    yield from (b"", b"PAR1", b"PAR1PAR1", valid[:-1], valid[: len(valid) // 2], valid[4:], b"\0" * 1000)
    yield parquet(x0=["a", "b"], y=[1.0, 2.0])
    yield parquet(x0=[None, 1.0], y=[1.0, 2.0])
    yield parquet(y=[1.0])
    yield parquet(x0=[[1.0], [1.0, 2.0]], y=[1.0, 2.0])
    yield parquet(x0=pyarrow.array([], type=pyarrow.float64()), y=pyarrow.array([], type=pyarrow.float64()))
    yield parquet(x0=[True, False], y=[1.0, 2.0])
    yield ABORTING


def hostile_vnnlib():
    yield from (
        b"",
        b"\0",
        b"\xff",
        b"(" * 100_000,
        b"(assert" * 50_000,
        PROPERTY_TEXT[:-1].encode(),
        b"(declare-const X_0 Real)",
    )
    yield b"(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= X_0 1e999999999))"
    yield b"(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= (* X_0 Y_0) 1))"
    yield b"(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= (/ X_0 0) 1))"
    yield b"(declare-const X_999999999 Real)(declare-const Y_0 Real)(assert (<= X_999999999 1))"
    yield b"(declare-const X_0 Int)(declare-const X_0 Real)"
    yield b"(vnnlib-version <2.0>)" + b"(declare-network N" * 1000
    yield b"(vnnlib-version <2.0>)(declare-network N (declare-input X real [1000000000, 1000000000]))"


def checked(samples):
    as_samples(samples.X, samples.y, least=1)


HOSTILE = {
    ".json": (tp.load, hostile_json),
    ".txt": (tp.load, hostile_text),
    ".onnx": (tp.load, hostile_onnx),
    ".safetensors": (tp.load, hostile_safetensors),
    ".vnnlib": (tp.load_property, hostile_vnnlib),
    ".npz": (lambda path: checked(read_samples([path])), hostile_npz),
    ".npy": (lambda path: checked(read_samples([path, path])), hostile_npy),
    ".csv": (lambda path: checked(read_samples([path])), hostile_csv),
    ".parquet": (lambda path: checked(read_samples([path])), hostile_parquet),
}


LONG = {  # texts that are large or multiply out: an answer, or a budget, but soon
    "a sum of 10^4 terms": ("+".join(["x0"] * 10_000), True),
    "a sum of 10^4 variables": ("+".join(f"x{i}" for i in range(10_000)), True),
    "a maximum of 10^4 terms": (f"max({','.join(f'{i}*x0' for i in range(10_000))})", True),
    "10^5 brackets": ("(" * 100_000 + "x0" + ")" * 100_000, True),
    "10^4 maxima in each other": ("max(" * 10_000 + "x0" + ",1)" * 10_000, True),
    "long numbers": ("*".join(["9" * 4000] * 20) + "*x0", True),
    "few terms of many variables": ("x99999 + x0", True),
    "a sum of absolute values": ("+".join(f"abs(x{i})" for i in range(30)), False),
    "a minimum of maxima": (f"min({','.join(f'max(x{2 * i},x{2 * i + 1})' for i in range(40))})", False),
    "maxima of many variables": ("max(x99999, " + ",".join(f"x{i}" for i in range(100)) + ")", False),
}


@pytest.mark.parametrize("name", LONG)
def test_long_texts(name):
    text, read = LONG[name]
    error = outcome(lambda: tp.parse(text))
    assert error is None if read else isinstance(error, tp.BudgetExceeded)


@pytest.mark.parametrize("kind", ["parquet", "npy"])
def test_hostile_files_as_sources(kind, tmp_path):
    path, wrong = tmp_path / f"file.{kind}", []
    labels = None if kind == "parquet" else np.arange(3.0)
    twice = pyarrow.table([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]], names=["x", "x", "y"])
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(twice, sink)
    read = (11,) if kind == "parquet" else (4,)  # a table without rows; bytes behind the array
    contents = [*hostile_parquet(), sink.getvalue().to_pybytes()] if kind == "parquet" else list(hostile_npy())
    for number, content in enumerate(contents):
        path.write_bytes(content)
        error = outcome(lambda: [None for _ in sources.as_source(path, labels).chunks()])
        if not isinstance(error, TropicalError) and number not in read and not (error is None and content == ABORTING):
            wrong.append((number, content[:60], type(error).__name__, str(error)[:200]))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("suffix", HOSTILE)
def test_hostile_files_end_in_errors_of_the_package(suffix, tmp_path, capsys):
    load, contents = HOSTILE[suffix]
    path = tmp_path / f"file{suffix}"
    wrong = []
    for number, content in enumerate(contents()):
        path.write_bytes(content)
        error = outcome(lambda: load(path))
        fine = isinstance(error, TropicalError) and str(error)
        if not fine and not (error is None and content == ABORTING):
            wrong.append((number, content[:60], type(error).__name__, str(error)[:200]))
    assert not wrong, "\n".join(map(str, wrong))
    assert "executed" not in capsys.readouterr().out
