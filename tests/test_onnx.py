"""ONNX: graphs in and out agree with onnxruntime; what a file keeps is kept; hostile files are refused in words.

More than 400 lines: the operators of one format, against one runtime.
"""

import contextlib
import sys
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from time import process_time

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from tropical import (
    FormatError,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    NotExact,
    ReLUNetwork,
    TropicalError,
    families,
    load,
    same_function,
    save,
)
from tropical.io import from_onnx, to_onnx
from tropical.testing import functions, lattice_polynomials, networks


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def graph(nodes, shape, weights=(), outputs=("y",), opset=13, kind=TensorProto.FLOAT):
    entry = helper.make_tensor_value_info("x", kind, shape)
    results = [helper.make_tensor_value_info(name, kind, None) for name in outputs]
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in dict(weights).items()]
    made = helper.make_graph(
        [helper.make_node(*node[:3], **(node[3] if node[3:] else {})) for node in nodes], "g", [entry], results, tensors
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


RNG = np.random.default_rng(0)


def numbers(*shape):
    return (RNG.integers(-8, 9, shape) / 4).astype(np.float32)


# ---------------------------------------------------------------- round trips


@given(networks(outputs=2))
@settings(max_examples=40)
def test_a_network_comes_back_unit_by_unit(net):
    assert from_onnx(to_onnx(net)) == net


@given(st.integers(1, 3).flatmap(functions))
@settings(max_examples=30)
def test_every_function_is_written_as_itself(F):
    try:
        model = to_onnx(F, dtype="float64")
    except NotExact:  # thirds
        reject()
    assert same_function(from_onnx(model), F)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("widths", [(3, 1), (4, 6, 5, 2), (2, 8, 8, 8, 1)])
def test_onnxruntime_agrees_with_what_is_written(widths, dtype):
    net = families.random_network(widths, 1, biases=True)
    model = to_onnx(net, dtype=dtype)
    onnx.checker.check_model(model, full_check=True)
    X = RNG.standard_normal((50, widths[0])).astype(dtype)
    (found,) = session(model).run(None, {"x": X})
    expected = net.evaluate(X.astype(float)).reshape(50, -1)
    scale = 1e-5 if dtype == "float32" else 1e-13
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= scale * (1 + np.abs(expected).max())


def test_files_by_suffix(tmp_path):
    net = families.random_network((3, 4, 1), 0)
    save(net, tmp_path / "net.onnx")
    assert load(tmp_path / "net.onnx") == net
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
    save(net, tmp_path / "double.onnx", dtype="float64")
    assert onnx.load(tmp_path / "double.onnx").graph.initializer[0].data_type == TensorProto.DOUBLE


def test_nothing_is_rounded_silently(tmp_path):
    third = LatticePolynomial([([1, "1/3"], 0)], [[0]])
    with pytest.raises(NotExact, match=r"1/3, which is no float32.*rounded=True"):
        save(third, tmp_path / "third.onnx")
    assert not list(tmp_path.iterdir())
    save(third, tmp_path / "third.onnx", rounded=True)
    assert load(tmp_path / "third.onnx")([0, 1]) == Fraction(float(np.float32(1 / 3)))
    with pytest.raises(InvalidInput, match="range of float32"):
        to_onnx(ReLUNetwork([[[10**50]]]), rounded=True)
    with pytest.raises(InvalidInput, match="range of float64"):
        to_onnx(ReLUNetwork([[[10**400]]]), dtype="float64", rounded=True)
    with pytest.raises(InvalidInput, match="`dtype` needs"):
        to_onnx(third, dtype="int8")


def test_floats_come_in_as_dyadic_rationals():
    weight = np.array([[0.1]], dtype=np.float32)
    model = graph([("Gemm", ["x", "w"], ["y"])], [1, 1], {"w": weight})
    assert from_onnx(model).weights == (((Fraction(float(weight[0, 0])),),),)


def test_dead_and_repeated_units_stay():
    first = np.array([[1, 1, 0, 2], [0, 0, 0, 0]], dtype=np.float32)
    nodes = [
        ("MatMul", ["x", "w"], ["a"]),
        ("Add", ["a", "b"], ["c"]),
        ("Relu", ["c"], ["h"]),
        ("Gemm", ["h", "v"], ["y"]),
    ]
    weights = {"w": first, "b": np.array([0, 0, -1, 0], np.float32), "v": np.ones((4, 1), np.float32)}
    net = from_onnx(graph(nodes, ["n", 2], weights))
    assert net == ReLUNetwork([first.T.astype(int).tolist(), [1, 1, 1, 1]], [[0, 0, -1, 0], 0])


@given(lattice_polynomials(2).map(lambda F: 6 * F))
@settings(max_examples=30)
def test_dyadic_pieces_need_no_rounding(F):
    assert same_function(from_onnx(to_onnx(F)), F)


# ---------------------------------------------------------------- every node, against onnxruntime

W, V = numbers(5, 4), numbers(4, 3)
GRAPHS = {
    "gemm with everything": (
        [("Gemm", ["x", "w", "c"], ["y"], {"alpha": 0.5, "beta": -2.0, "transB": 1})],
        [1, 4],
        {"w": W, "c": numbers(5)},
    ),
    "gemm of a column": ([("Gemm", ["w", "x"], ["y"])], [4, 1], {"w": W}),
    "gemm, transposed input": ([("Gemm", ["x", "w"], ["y"], {"transA": 1, "transB": 1})], [4, 1], {"w": W}),
    "matmul from the left": ([("MatMul", ["w", "x"], ["y"])], [4], {"w": W}),
    "matmul with three axes": ([("MatMul", ["x", "w"], ["y"])], [1, 2, 4], {"w": V}),
    "matmul of a matrix and a stack of one": ([("MatMul", ["w", "x"], ["y"])], [1, 4, 2], {"w": W}),
    "scaling": (
        [("Sub", ["x", "m"], ["a"]), ("Div", ["a", "s"], ["b"]), ("Mul", ["b", "t"], ["c"]), ("Neg", ["c"], ["y"])],
        [1, 4],
        {"m": numbers(4), "s": np.array([2, 4, 0.5, 1], np.float32), "t": np.float32(3)},
    ),
    "numbers among themselves": (
        [
            ("Constant", [], ["k"], {"value": numpy_helper.from_array(numbers(4))}),
            ("Mul", ["k", "m"], ["l"]),
            ("Add", ["l", "m"], ["n"]),
            ("Sub", ["n", "x"], ["y"]),
        ],
        [1, 4],
        {"m": numbers(4)},
    ),
    "weights multiplied before they meet the input": (
        [("MatMul", ["w", "v"], ["a"]), ("MatMul", ["a", "u"], ["b"]), ("MatMul", ["x", "b"], ["y"])],
        [1, 5],
        {"w": W, "v": V, "u": numbers(3, 2)},
    ),
    "leaky": ([("LeakyRelu", ["x"], ["y"], {"alpha": 0.1})], [1, 4], {}),
    "leaky by default": ([("LeakyRelu", ["x"], ["y"])], [1, 4], {}),
    "prelu": ([("PRelu", ["x", "s"], ["y"])], [1, 4], {"s": numbers(4)}),
    "abs": ([("Abs", ["x"], ["y"])], [1, 4], {}),
    "clip": ([("Clip", ["x", "l", "h"], ["y"])], [1, 4], {"l": np.float32(-0.5), "h": np.float32(1)}),
    "clip below only": ([("Clip", ["x", "", "h"], ["y"])], [1, 4], {"h": np.float32(0.25)}),
    "max and min": (
        [("Max", ["x", "m", "n"], ["a"]), ("Min", ["a", "x", "k"], ["b"]), ("Sum", ["a", "b", "x"], ["y"])],
        [1, 4],
        {"m": numbers(4), "n": numbers(1), "k": numbers(4)},
    ),
    "residual": (
        [
            ("Relu", ["x"], ["h"]),
            ("Gemm", ["h", "w"], ["a"]),
            ("Relu", ["a"], ["g"]),
            ("Add", ["g", "x"], ["b"]),
            ("Relu", ["b"], ["c"]),
            ("Add", ["c", "h"], ["y"]),
        ],
        [1, 4],
        {"w": numbers(4, 4)},
    ),
    "branches joined": (
        [
            ("Gemm", ["x", "w"], ["a"]),
            ("Relu", ["a"], ["h"]),
            ("Abs", ["x"], ["g"]),
            ("Concat", ["h", "g", "k"], ["c"], {"axis": 1}),
            ("Gather", ["c", "i"], ["d"], {"axis": 1}),
            ("Slice", ["d", "from", "to", "axes", "steps"], ["y"]),
        ],
        [1, 4],
        {
            "w": V,
            "k": numbers(1, 2),
            "i": np.array([8, 0, 3, 3, -2]),
            "from": np.array([-1]),
            "to": np.array([-6]),
            "axes": np.array([1]),
            "steps": np.array([-2]),
        },
    ),
    "shapes": (
        [
            ("Unsqueeze", ["x", "axis"], ["a"]),
            ("Transpose", ["a"], ["b"], {"perm": [2, 1, 0, 3]}),
            ("Squeeze", ["b", "axis"], ["c"]),
            ("Identity", ["c"], ["d"]),
            ("Cast", ["d"], ["e"], {"to": TensorProto.FLOAT}),
            ("Dropout", ["e"], ["f"]),
            ("Flatten", ["f"], ["g"]),
            ("Reshape", ["g", "s"], ["y"]),
        ],
        [1, 3, 2],
        {"axis": np.array([1]), "s": np.array([0, -1])},
    ),
    "flattened by its own shape": (
        [
            ("Shape", ["x"], ["s"]),
            ("Gather", ["s", "zero"], ["n"], {"axis": 0}),
            ("Unsqueeze", ["n", "axis"], ["m"]),
            ("Concat", ["m", "minus"], ["t"], {"axis": 0}),
            ("Reshape", ["x", "t"], ["f"]),
            ("Gemm", ["f", "w"], ["y"]),
        ],
        ["batch", 2, 2],
        {"zero": np.array(0), "axis": np.array([0]), "minus": np.array([-1]), "w": V},
    ),
    "nothing but the input": ([("Identity", ["x"], ["y"])], [1, 3], {}),
    "a constant": ([("Mul", ["x", "z"], ["a"]), ("Relu", ["a"], ["y"])], [1, 3], {"z": np.zeros(3, np.float32)}),
    "a node without use": (
        [("Exp", ["x"], ["unused"]), ("Relu", ["x"], ["y"])],
        [1, 3],
        {},
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_onnxruntime_agrees_with_what_is_read(name):
    nodes, shape, weights = GRAPHS[name]
    model = graph(nodes, shape, weights)
    net, run = from_onnx(model), session(model)
    sizes = [1 if isinstance(size, str) else size for size in shape]
    for x in RNG.standard_normal((20, *sizes)).astype(np.float32):
        (found,) = run.run(["y"], {"x": x})
        expected = np.atleast_1d(net.evaluate(x.reshape(1, -1).astype(float))).ravel()
        np.testing.assert_allclose(found.ravel(), expected, rtol=1e-5, atol=1e-5)


def test_reading_is_exact_not_nearly_so():
    net = from_onnx(graph([("Div", ["x", "three"], ["y"])], [1, 1], {"three": np.float32(3)}))
    assert net([1]) == Fraction(1, 3)


def exact(array):
    return [[Fraction(float(value)) for value in row] for row in array]


def test_a_long_chain_of_matrices_is_their_product():
    weight = RNG.standard_normal((24, 24)).astype(np.float32)
    names = ["x", *(f"a{i}" for i in range(99)), "y"]
    started = process_time()
    net = from_onnx(graph([("MatMul", [a, "w"], [b]) for a, b in pairwise(names)], [1, 24], {"w": weight}))
    assert process_time() - started < 10  # of products in Fractions one by one it would be a minute
    matrix, x = np.array(exact(weight), dtype=object), [Fraction(i, 3) for i in range(24)]
    assert net(x) == tuple(reduce(np.matmul, [matrix] * 100, np.array(x, dtype=object)))


@pytest.mark.parametrize("deviations", [[3.0] * 6, [3.0, 5.0, 7.0, 0.1, 0.7, 11.0]], ids=["one", "many"])
def test_scaled_inputs_whatever_the_denominators(deviations):
    # 1/3, 1/5, 1/7 and reciprocals of floats have no short common denominator
    mean, spread = numbers(6), np.array(deviations, np.float32)
    first, second = RNG.standard_normal((2, 6, 6)).astype(np.float32)
    nodes = [
        ("Sub", ["x", "m"], ["a"]),
        ("Div", ["a", "s"], ["b"]),
        ("MatMul", ["b", "w"], ["c"]),
        ("Gemm", ["c", "v", "m"], ["y"]),
    ]
    net = from_onnx(graph(nodes, [1, 6], {"m": mean, "s": spread, "w": first, "v": second}))
    A, B = np.array(exact(first), dtype=object), np.array(exact(second), dtype=object)
    (m,), (s,) = exact([mean]), exact([spread])
    for x in ([0] * 6, [1, 2, 3, 4, 5, 6], [Fraction(-1, 3)] * 6):
        scaled = np.array([(a - b) / c for a, b, c in zip(x, m, s, strict=True)], dtype=object)
        assert net(x) == tuple(scaled @ A @ B + np.array(m, dtype=object))


def test_old_files_list_bounds_and_axes_as_attributes():
    nodes = [
        ("Squeeze", ["x"], ["a"], {"axes": [0]}),
        ("Clip", ["a"], ["y"], {"min": 0.0, "max": 3.4028234663852886e38}),
    ]
    assert same_function(from_onnx(graph(nodes, [1, 1], opset=6)), ReLUNetwork([[[1]], [1]]))


def test_one_of_several_outputs():
    model = graph([("Relu", ["x"], ["y"]), ("Neg", ["x"], ["z"])], [1, 1], outputs=("y", "z"))
    assert from_onnx(model, output="z")([3]) == -3
    with pytest.raises(InvalidInput, match=r"`output` needs .* choose one of y, z"):
        from_onnx(model)
    with pytest.raises(InvalidInput, match="one of y, z"):
        from_onnx(model, output="w")


# ---------------------------------------------------------------- files that are not read

REFUSED = {
    "Tanh": (
        [("Tanh", ["x"], ["y"])],
        {},
        r"node Tanh 'y': it is not supported; it is not piecewise linear.*known are",
    ),
    "Conv": ([("Conv", ["x", "w"], ["y"])], {"w": numbers(1, 1, 1)}, "write the convolution as a MatMul"),
    "foreign": ([("Relu", ["x"], ["y"], {"domain": "com.example"})], {}, "it is not supported"),
    "products": ([("Mul", ["x", "x"], ["y"])], {}, "not piecewise linear"),
    "matrix products": ([("MatMul", ["x", "x"], ["y"])], {}, "do not fit|not piecewise linear"),
    "division by the input": ([("Div", ["w", "x"], ["y"])], {"w": numbers(1)}, "numbers are needed"),
    "division by zero": ([("Div", ["x", "w"], ["y"])], {"w": np.zeros(1, np.float32)}, "division by zero"),
    "sizes": ([("Gemm", ["x", "w"], ["y"])], {"w": numbers(3, 2)}, r"shapes \(1, 4\) and \(3, 2\) do not fit"),
    "bias": ([("Gemm", ["x", "w", "c"], ["y"])], {"w": numbers(4, 2), "c": numbers(3)}, "broadcast|fit"),
    "shape": ([("Reshape", ["x", "s"], ["y"])], {"s": np.array([3, -1])}, "reshape"),
    "axes": ([("Transpose", ["x"], ["y"], {"perm": [0, 5]})], {}, "axis|axes"),
    "missing": ([("Relu", ["nowhere"], ["y"])], {}, "'nowhere' is made by no node"),
    "no input": ([("Relu", [], ["y"])], {}, "input 0 is missing"),
    "no output": ([("Relu", ["x"], ["z"])], {}, "'y' is made by no node"),
    "nan": ([("Gemm", ["x", "w"], ["y"])], {"w": np.full((4, 1), np.nan, np.float32)}, "NaN or infinity"),
    "strings": ([("Add", ["x", "w"], ["y"])], {"w": np.array(["a"], dtype=object)}, "type object"),
    "complex": ([("Add", ["x", "w"], ["y"])], {"w": np.ones(1, np.complex64)}, "type complex64"),
    "casts": ([("Cast", ["x"], ["y"], {"to": TensorProto.INT64})], {}, "not continuous"),
    "training": ([("Dropout", ["x", "r", "t"], ["y"])], {"r": np.float32(0.5), "t": np.array(True)}, "random"),
    "old broadcasting": ([("Add", ["x", "w"], ["y"], {"broadcast": 1})], {"w": numbers(1)}, "version 7"),
    "outer products": (
        [("Reshape", ["x", "s"], ["a"]), ("Add", ["a", "w"], ["y"])],
        {"s": np.array([4, 1]), "w": np.zeros((1, 2_000_000), np.float32)},
        "8000000 elements, at most 4000000",
    ),
    "wide layers": (
        [("Add", ["x", "w"], ["a"]), ("Relu", ["a"], ["h"]), ("Relu", ["h"], ["g"]), ("Abs", ["g"], ["y"])],
        {"w": np.zeros((5000, 1, 4), np.float32)},
        "weights, at most 4000000",
    ),
    "doubling": (
        [("Concat", [f"x{i}" if i else "x"] * 2, [f"x{i + 1}"], {"axis": 0}) for i in range(60)]
        + [("Relu", ["x60"], ["y"])],
        {},
        "elements, at most 4000000",
    ),
    "one maximum of many": (
        [("Reshape", ["x", "s"], ["a"]), ("Add", ["a", "w"], ["b"]), ("Max", ["b"] * 5000, ["y"])],
        {"s": np.array([4, 1]), "w": np.zeros((1, 250), np.float32)},
        "numbers arise on the way|weights, at most",
    ),
    "squaring": (
        [("Mul", [f"w{i}" if i else "w"] * 2, [f"w{i + 1}"]) for i in range(60)] + [("Mul", ["x", "w60"], ["y"])],
        {"w": np.array([1.1], np.float32)},
        "numbers of more than 65536 bits",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_named(name):
    nodes, weights, message = REFUSED[name]
    with pytest.raises(FormatError, match=message):
        from_onnx(graph(nodes, [1, 4], weights))


def test_inputs_without_a_size_and_more_than_one():
    with pytest.raises(FormatError, match="dimension 1 of the input 'x' has no number"):
        from_onnx(graph([("Relu", ["x"], ["y"])], [1, "n"]))
    with pytest.raises(FormatError, match="has no shape"):
        from_onnx(graph([("Relu", ["x"], ["y"])], None))
    model = graph([("Add", ["x", "z"], ["y"])], [1, 2])
    model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 2]))
    with pytest.raises(FormatError, match=r"one input is read, the graph has 2 \(x, z\)"):
        from_onnx(model)
    with pytest.raises(FormatError, match="inputs"):
        from_onnx(graph([("Relu", ["x"], ["y"])], [10**9, 10**9]))


def test_weights_beside_the_model_are_not_opened(tmp_path):
    model = to_onnx(families.random_network((2, 3, 1), 0))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(FormatError, match="in another file, which is not opened"):
        load(tmp_path / "net.onnx")


@pytest.mark.parametrize("dims", [[10**12], [2**62, 4], [-1, 3], [3, 7], [0]])
def test_declared_shapes_are_checked_against_the_data(dims):
    model = to_onnx(families.random_network((2, 3, 1), 0))
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend(dims)
    with pytest.raises(FormatError, match=r"weights|node"):
        from_onnx(model)


CONTENT = to_onnx(families.random_network((3, 4, 2), 0, biases=True)).SerializeToString()


def read_or_refused(content):
    with contextlib.suppress(FormatError):  # damage can leave another network; any other error is a failure
        assert isinstance(from_onnx(content), ReLUNetwork)


def test_truncated_files():
    for length in range(0, len(CONTENT), 7):
        read_or_refused(CONTENT[:length])


@given(st.lists(st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=150)
def test_damaged_files(changes):
    content = bytearray(CONTENT)
    for place, value in changes:
        content[place] = value
    read_or_refused(bytes(content))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04K\x01.", b"\x00" * 100, b"\xff" * 50])
def test_foreign_files(tmp_path, content):
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(FormatError, match=r"net\.onnx"):
        load(tmp_path / "net.onnx")


def test_other_sources():
    with pytest.raises(InvalidType, match="`source` needs"):
        from_onnx(3)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(TropicalError, match=r"needs the package onnx: pip install 'tropical-learner\[io\]'"):
        from_onnx(b"")
    with pytest.raises(TropicalError, match=r"tropical-learner\[io\]"):
        to_onnx(ReLUNetwork([[[1]]]))
