"""Fuzzing of every loader: whatever a file holds, the answer is an object or an error of the package, and soon.

Valid files are mutated byte by byte, and documents and formulas made of the right words in the wrong places. The fast
run has a hundred cases for each loader; ``-m slow`` runs many thousand and prints their number.

More than 400 lines: a mutator for each format, on one list of loaders.
"""

import io
import json
import random

import numpy as np
import onnx
import pyarrow
import pyarrow.parquet
import pytest
from bad_input import outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tropical as tp
from learner.sample_files import read_samples
from learner.sampling import as_samples
from learner.sources import as_source
from tropical import TropicalError, families, parse
from tropical.io import to_onnx, to_safetensors
from tropical.io.vnnlib_grammar import read_version_1

NET = families.random_network((3, 4, 2, 2), 1, biases=True)
TENT = parse("max(min(x0, 1 - x0), 0)")
DECLARED = "(declare-const X_0 Real)(declare-const Y_0 Real)"
PROPERTY_1 = DECLARED + "(assert (or (and (<= 0 X_0 1) (> Y_0 9)) (< (+ Y_0 (* 2.5 X_0)) (- 3) )))"
PROPERTY_2 = """(vnnlib-version <2.0>)
(declare-network N (declare-input X real [1, 2]) (declare-output Y real [1, 1]))
(assert (and (<= X[0,0] 1.0) (>= Y[0,0] (* 2.0 X[0,1]))))"""


def _samples():
    X = np.random.default_rng(0).standard_normal((12, 2))
    return X, X[:, 0] - X[:, 1]


def _bytes(write):
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def _saved(folder, obj, name):
    tp.save(obj, folder / name)
    return (folder / name).read_bytes()


def _parquet():
    X, y = _samples()
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"x0": X[:, 0], "x1": X[:, 1], "y": y}), sink)
    return sink.getvalue().to_pybytes()


def _check(samples):
    as_samples(samples.X, samples.y, least=1)


def _drain(source):
    for _ in source.chunks():
        pass


LABELS = np.arange(12.0)
LOADERS = {  # name: (suffix, what reads the file)
    "json": (".json", tp.load),
    "weights": (".json", tp.load),
    "certificate": (".json", lambda path: _replay(tp.load(path))),
    "proof": (".json", tp.load),
    "text": (".txt", tp.load),
    "onnx": (".onnx", tp.load),
    "onnx graph": (".onnx", tp.load),
    "safetensors": (".safetensors", tp.load),
    "vnnlib 1.0": (".vnnlib", tp.load_property),
    "vnnlib 2.0": (".vnnlib", tp.load_property),
    "npz": (".npz", lambda path: _check(read_samples([path]))),
    "npy": (".npy", lambda path: read_samples([path, path])),
    "csv": (".csv", lambda path: _check(read_samples([path]))),
    "parquet": (".parquet", lambda path: _check(read_samples([path]))),
    "npy as a source": (".npy", lambda path: _drain(as_source(path, LABELS))),
    "parquet as a source": (".parquet", lambda path: _drain(as_source(path))),
}


def _replay(certificate):
    if isinstance(certificate, tp.Certificate):
        tp.check(certificate, TENT, TENT)


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """Return a valid file for each loader."""
    folder = tmp_path_factory.mktemp("valid")
    X, y = _samples()
    weights = {"layers": [{"weight": [[1, 2.5], ["1/3", -4]], "bias": [0, 1]}, {"weight": [[1, -1]]}]}
    proof = tp.verify_property(TENT, read_version_1(DECLARED + "(assert (and (<= 0 X_0 1) (> Y_0 9)))", "p")).proof
    npy = _bytes(lambda stream: np.save(stream, X))
    return {
        "json": _saved(folder, NET, "net.json"),
        "weights": json.dumps(weights).encode(),
        "certificate": _saved(folder, tp.same_function(TENT, TENT).certificate, "c.json"),
        "proof": _saved(folder, proof, "p.json"),
        "text": b"max(min(x0, 2*x1 - 1/3), relu(x2), abs(-x0 + 7)/2)",
        "onnx": to_onnx(NET).SerializeToString(),
        "onnx graph": to_onnx(NET).SerializeToString(),
        "safetensors": to_safetensors(NET),
        "vnnlib 1.0": PROPERTY_1.encode(),
        "vnnlib 2.0": PROPERTY_2.encode(),
        "npz": _bytes(lambda stream: np.savez(stream, X=X, y=y)),
        "npy": npy,
        "csv": b"x0,x1,y\n" + b"\n".join(f"{a},{b},{c}".encode() for (a, b), c in zip(X, y, strict=True)),
        "parquet": _parquet(),
        "npy as a source": npy,
        "parquet as a source": _parquet(),
    }


TOKENS = (
    b"0",
    b"-1",
    b"999999999999",
    b"1e999",
    b"NaN",
    b"null",
    b"true",
    b'"',
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"(",
    b")",
)
TOKENS += (
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x80",
    b"\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"/0",
    b"max",
    b"x0",
    b"'|O'",
    b"\n",
)


def mutated(content, rng):
    """Return the content with some bytes changed, cut, doubled, moved, or replaced by words of the formats."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place = rng.randrange(len(data) + 1)
        length = min(rng.choice((1, 1, 2, 4, 8, 64)), len(data) - place)
        kind = rng.randrange(8)
        if kind == 0 and length:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[place : place + length] = rng.randbytes(length)
        elif kind == 2:
            del data[place : place + length]
        elif kind == 3:
            data[place:place] = data[place : place + length] * rng.choice((1, 2, 50))
        elif kind == 4:
            data[place:place] = rng.choice(TOKENS)
        elif kind == 5:
            data[place : place + length] = rng.choice(TOKENS)
        elif kind == 6:
            del data[place:]
        else:
            other = rng.randrange(len(data) + 1)
            data[other:other] = data[place : place + length]
    return bytes(data)


OPERATORS = [
    "Gemm",
    "Relu",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "MatMul",
    "Conv",
    "MaxPool",
    "Flatten",
    "Reshape",
    "Transpose",
    "Concat",
    "Slice",
    "Clip",
    "Abs",
    "Neg",
    "Max",
    "Sum",
]


def mutated_model(content, rng):
    """Return an ONNX file whose protobuf is whole, and whose graph is not."""
    model = onnx.ModelProto.FromString(content)
    graph = model.graph
    for _ in range(rng.choice((1, 1, 2, 4))):
        node, tensor = rng.choice(graph.node), rng.choice(graph.initializer)
        names = [n for each in graph.node for n in (*each.input, *each.output)] + ["", "nothing"]
        kind = rng.randrange(10)
        if kind == 0:
            node.op_type = rng.choice(OPERATORS)
        elif kind == 1 and node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice(names)
        elif kind == 2 and node.output:
            node.output[0] = rng.choice(names)
        elif kind == 3:
            node.attribute.append(
                onnx.helper.make_attribute(rng.choice(("alpha", "axis", "transB")), rng.choice((-1, 7, 0.5)))
            )
        elif kind == 4 and tensor.dims:
            tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice((-1, 0, 1, 3, 10**6, 2**62))
        elif kind == 5:
            tensor.data_type = rng.randrange(20)
        elif kind == 6:
            tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)] + rng.randbytes(
                rng.randrange(9)
            )
        elif kind == 7:
            del graph.node[rng.randrange(len(graph.node))]
        elif kind == 8:
            dimension = graph.input[0].type.tensor_type.shape.dim.add()
            dimension.dim_value = rng.choice((-1, 0, 2, 10**9))
        else:
            graph.node.append(rng.choice(graph.node))
        if not graph.node:
            break
    return model.SerializeToString()


def fuzz(name, content, cases, seed, folder):
    """Return what came out of so many mutated files that should not have."""
    suffix, load = LOADERS[name]
    rng, path, wrong = random.Random(f"{name} {seed}"), folder / f"file{suffix}", []
    for number in range(cases):
        bad = (mutated_model if name == "onnx graph" else mutated)(content, rng)
        path.write_bytes(bad)
        error = outcome(lambda: load(path))
        if error is not None and not isinstance(error, TropicalError):
            wrong.append((number, f"{type(error).__module__}.{type(error).__name__}: {str(error)[:200]}", bad[:300]))
    return wrong


@pytest.mark.parametrize("name", LOADERS)
def test_mutated_files(name, valid, tmp_path):
    path = tmp_path / f"valid{LOADERS[name][0]}"
    path.write_bytes(valid[name])
    assert outcome(lambda: LOADERS[name][1](path)) is None
    assert fuzz(name, valid[name], 100, 0, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADERS)
def test_many_mutated_files(name, valid, tmp_path, capsys):
    cases = 20_000
    wrong = fuzz(name, valid[name], cases, 1, tmp_path)
    with capsys.disabled():
        print(f"\n{name}: {cases} mutated files, {len(wrong)} foreign errors")
    assert wrong == []


# ---------------------------------------------------------------- right words in wrong places

WORDS = [
    "max",
    "min",
    "relu",
    "abs",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "x0",
    "x1",
    "x7",
    "0",
    "1",
    "2",
    "13",
    " ",
    "x",
    "²",
]
TEXTS = st.one_of(st.lists(st.sampled_from(WORDS), max_size=30).map("".join), st.text(max_size=30))
NAMES = [
    "type",
    "format",
    "version",
    "object",
    "weights",
    "biases",
    "layers",
    "weight",
    "bias",
    "pieces",
    "gradient",
    "constant",
    "clauses",
    "form",
    "terms",
    "coefficient",
    "exponents",
    "convention",
    "numerator",
    "denominator",
    "A",
    "b",
    "kind",
    "functions",
    "domain",
    "claim",
    "evidence",
    "cases",
    "steps",
    "certificate",
    "row",
    "variable",
]
VALUES = [
    "relu_network",
    "lattice_polynomial",
    "tropical_polynomial",
    "tropical_rational",
    "polyhedron",
    "certificate",
    "property_proof",
    "max-min",
    "min-max",
    "max",
    "min",
    "1",
    "-3/4",
    "1/0",
    "x",
    "same_function",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.just(10**30),
    st.floats(),
    st.sampled_from(VALUES),
    st.text(max_size=5),
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=20,
)
VALID = [NET, TENT, tp.TropicalPolynomial({(1,): 0}, "max"), tp.Polyhedron([[1]], [2])]
VALID_PLAIN = [obj.to_plain() for obj in [*VALID, VALID[2] / VALID[2]]]
VALID_PLAIN.append({"type": "certificate", **tp.same_function(TENT, TENT).certificate.to_plain()})


@st.composite
def documents(draw):
    """Return a valid document of this project with one part replaced."""
    document = json.loads(json.dumps(draw(st.sampled_from(VALID_PLAIN))))
    part = document
    while True:
        keys = list(part) if isinstance(part, dict) else range(len(part))
        key = draw(st.sampled_from(sorted(keys) if isinstance(part, dict) else list(keys)))
        if isinstance(part[key], (dict, list)) and part[key] and draw(st.booleans()):
            part = part[key]
            continue
        part[key] = draw(PLAIN)
        return document


def _plain_error(document):
    from tropical.io.plain import from_plain

    return outcome(lambda: from_plain(document))


def _formula_error(text):
    return outcome(lambda: parse(text))


def _rejected(document):
    """The checker says yes or no; building a certificate may say ValueError, as documented."""
    try:
        certificate = tp.Certificate.from_plain(document)
    except ValueError:
        return
    assert isinstance(bool(tp.check(certificate, TENT, TENT)), bool)


FEW = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])


@given(TEXTS)
@FEW
def test_formulas(text):
    assert isinstance(_formula_error(text), TropicalError | None)


@given(st.one_of(PLAIN, documents()))
@FEW
def test_documents(document):
    assert isinstance(_plain_error(document), TropicalError | None)


@given(st.one_of(PLAIN, documents()))
@FEW
def test_certificates(document):
    _rejected(document)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["formulas", "documents", "certificates"])
def test_many_structured_cases(kind, capsys):
    strategy, check = {
        "formulas": (TEXTS, test_formulas),
        "documents": (st.one_of(PLAIN, documents()), test_documents),
        "certificates": (st.one_of(PLAIN, documents()), test_certificates),
    }[kind]
    seen = []

    @given(strategy)
    @settings(max_examples=20_000, suppress_health_check=[HealthCheck.too_slow])
    def run(case):
        seen.append(None)
        check.hypothesis.inner_test(case)

    run()
    with capsys.disabled():
        print(f"\n{kind}: {len(seen)} structured cases")
