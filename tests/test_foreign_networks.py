"""Networks of torch, scikit-learn and safetensors: read by their attributes, exactly; what does not fit is named."""

import contextlib
import json
import warnings
from collections import OrderedDict
from fractions import Fraction

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler

from tropical import (
    FormatError,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    NotExact,
    ReLUNetwork,
    families,
    load,
    same_function,
    save,
)
from tropical.io import from_safetensors, from_sklearn, from_state_dict, from_torch, to_safetensors
from tropical.testing import networks

RNG = np.random.default_rng(0)


# ---------------------------------------------------------------- objects with torch's interface


class Tensor:
    """As torch's: numbers come out by detach, cpu and numpy, in this order."""

    def __init__(self, values, stage=0):
        self.values, self.stage = np.asarray(values, dtype=np.float32), stage

    def detach(self):
        return Tensor(self.values, 1)

    def cpu(self):
        assert self.stage == 1
        return Tensor(self.values, 2)

    def numpy(self):
        assert self.stage == 2
        return self.values


class Brain16(Tensor):
    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        raise TypeError("Got unsupported ScalarType BFloat16")


class Module:
    def __init__(self, *children, **attributes):
        self.children = children
        self.__dict__.update(attributes)

    def named_children(self):
        return [(str(i), child) for i, child in enumerate(self.children)]

    def forward(self, x):
        raise AssertionError("code of a model is not run")


def kind(name):
    return type(name, (Module,), {})


Sequential, ReLU, Flatten, Dropout, Tanh, Net = (
    kind(name) for name in ("Sequential", "ReLU", "Flatten", "Dropout", "Tanh", "Net")
)
LeakyReLU, PReLU, ReLU6, Hardtanh, BatchNorm1d = (
    kind(name) for name in ("LeakyReLU", "PReLU", "ReLU6", "Hardtanh", "BatchNorm1d")
)


class Linear(Module):
    def __init__(self, weight, bias=None):
        super().__init__(weight=Tensor(weight), bias=None if bias is None else Tensor(bias))


def quarters(*shape):
    return RNG.integers(-8, 9, shape) / 4


def test_a_sequential_keeps_its_units():
    A, b, C = quarters(4, 3), quarters(4), quarters(2, 4)
    model = Sequential(Flatten(), Sequential(Linear(A, b), ReLU()), Dropout(p=0.5), Linear(C))
    assert from_torch(model) == ReLUNetwork.from_floats([A, C], [b, None])
    assert from_torch(Linear(A, b)) == ReLUNetwork.from_floats([A], [b])


def test_consecutive_linear_layers_are_multiplied_and_a_last_relu_is_kept():
    A, B = quarters(4, 3), quarters(2, 4)
    net = from_torch(Sequential(Linear(A), Linear(B, [1, 2]), ReLU()))
    assert net.widths == (3, 2, 2)
    for x in quarters(10, 3):
        point = [Fraction(t) for t in x]
        assert net(point) == tuple(max(Fraction(v), 0) for v in B @ (A @ x) + [1, 2])


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (LeakyReLU(negative_slope=0.25), lambda v: np.where(v > 0, v, 0.25 * v)),
        (PReLU(weight=Tensor([0.5])), lambda v: np.where(v > 0, v, 0.5 * v)),
        (PReLU(weight=Tensor([0.5, -1, 2, 0])), lambda v: np.where(v > 0, v, v * [0.5, -1, 2, 0])),
        (ReLU6(), lambda v: np.clip(v, 0, 6)),
        (Hardtanh(min_val=-1.0, max_val=0.5), lambda v: np.clip(v, -1, 0.5)),
    ],
)
def test_other_activations(module, function):
    A, b, C = quarters(4, 3), quarters(4), quarters(1, 4)
    net = from_torch(Sequential(Linear(A, b), module, Linear(C)))
    X = 3 * RNG.standard_normal((40, 3))
    np.testing.assert_allclose(net.evaluate(X), (function(X @ A.T + b) @ C.T)[:, 0], atol=1e-12)


def test_a_float_slope_is_the_number_that_it_is():
    net = from_torch(Sequential(Linear([[1]]), LeakyReLU(negative_slope=0.1)))
    assert net([-1]) == -Fraction(0.1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Sequential(Linear([[1]]), Tanh()), r"`model\.1` needs .* got a Tanh; it is not piecewise linear"),
        (Sequential(Linear([[1]]), BatchNorm1d()), "fuse_linear_bn_eval"),
        (Net(Linear([[1]])), "its forward is code, which is not run.*torch.onnx.export"),
        (Sequential(ReLU()), "at least one Linear layer"),
        (Sequential(), "at least one Linear layer"),
        (Sequential(Linear([[1, 2]]), Linear([[1, 2]])), r"`model\.1 weight` needs shape \(outputs, 1\)"),
        (Sequential(Linear([[1, 2]], [1, 2])), r"`model\.0 bias` needs shape \(1,\)"),
        (Sequential(Linear([[np.nan]])), "finite numbers"),
        (Sequential(Linear([[1, 1]]), PReLU(weight=Tensor([1, 2]))), "1 slopes"),
        (3, "a torch.nn.Sequential or a state dict"),
        ({}, "at least one layer"),
        ({"0.weight": Tensor([[1]]), "0.running_mean": Tensor([1])}, "fold normalisation"),
        ({"0.weight": Tensor([1])}, "a matrix"),
        ({"0.bias": Tensor([1])}, "a matrix, as 0 has a bias, got none"),
        ({"0.weight": Brain16([[1]])}, r"call \.float\(\)"),
        ({0: 1}, "a mapping of names"),
    ],
)
def test_other_models_are_refused(model, message):
    with pytest.raises(InvalidInput, match=message):
        from_torch(model)


def test_a_state_dict_has_relu_between_its_layers():
    A, b, C = quarters(4, 3), quarters(4), quarters(2, 4)
    state = OrderedDict({"a.weight": Tensor(A), "a.bias": Tensor(b), "b.weight": Tensor(C)})
    expected = ReLUNetwork.from_floats([A, C], [b, None])
    assert from_torch(state) == from_state_dict(state) == expected
    shuffled = dict(reversed(state.items()))
    assert from_state_dict(shuffled, layers=["a", "b"]) == expected
    assert from_state_dict({"weight": A, "bias": b}) == ReLUNetwork.from_floats([A], [b])
    with pytest.raises(InvalidInput, match="name each of b, a once"):
        from_state_dict(shuffled, layers=["a"])


# ---------------------------------------------------------------- scikit-learn, whose predictions are the oracle

X = RNG.standard_normal((200, 3))
LABEL = np.abs(X[:, 0]) - X[:, 1]


def fitted(model, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("hidden", [(5,), (6, 4)])
def test_predictions_of_a_regressor(activation, hidden):
    model = MLPRegressor(hidden_layer_sizes=hidden, activation=activation, max_iter=20, random_state=0)
    net = from_sklearn(fitted(model, LABEL))
    np.testing.assert_allclose(net.evaluate(X), model.predict(X), atol=1e-12)
    if activation == "relu":
        assert net.widths == (3, *hidden, 1)
        assert net.weights[0][0][1] == Fraction(float(model.coefs_[0][1, 0]))


def test_several_outputs():
    model = fitted(
        MLPRegressor(hidden_layer_sizes=(4,), max_iter=20, random_state=0), np.stack([LABEL, X[:, 2]], axis=1)
    )
    np.testing.assert_allclose(from_sklearn(model).evaluate(X), model.predict(X), atol=1e-12)


def test_the_score_of_a_classifier():
    two = fitted(MLPClassifier(hidden_layer_sizes=(5,), max_iter=20, random_state=0), LABEL > 0)
    score = from_sklearn(two).evaluate(X)
    assert ((score > 0) == two.predict(X)).all()
    np.testing.assert_allclose(1 / (1 + np.exp(-score)), two.predict_proba(X)[:, 1], atol=1e-12)
    three = fitted(MLPClassifier(hidden_layer_sizes=(5,), max_iter=20, random_state=0), np.digitize(LABEL, [-0.5, 0.5]))
    logits = from_sklearn(three).evaluate(X)
    assert (three.classes_[logits.argmax(axis=1)] == three.predict(X)).all()


@pytest.mark.parametrize(
    "scaler", [StandardScaler(), StandardScaler(with_mean=False), StandardScaler(with_std=False), MinMaxScaler()]
)
def test_pipelines_with_a_scaler(scaler):
    network = MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=0)
    model = fitted(make_pipeline(scaler, "passthrough", network), LABEL)
    np.testing.assert_allclose(from_sklearn(model).evaluate(X), model.predict(X), atol=1e-11)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (MLPRegressor(), "call model.fit"),
        (MLPRegressor(activation="tanh"), "activation='relu'"),
        (StandardScaler(), "an MLPRegressor or MLPClassifier"),
        (fitted(make_pipeline(Normalizer(), MLPRegressor(max_iter=5)), LABEL), "got a Normalizer"),
        (fitted(make_pipeline(MinMaxScaler(clip=True), MLPRegressor(max_iter=5)), LABEL), "got a MinMaxScaler"),
    ],
    ids=str,
)
def test_other_estimators_are_refused(model, message):
    with pytest.raises(InvalidInput, match=message):
        from_sklearn(model)


# ---------------------------------------------------------------- safetensors, with the package as the oracle


@given(networks(outputs=2))
@settings(max_examples=40)
def test_safetensors_round_trip(net):
    content = to_safetensors(net)
    arrays = safetensors.numpy.load(content)  # another reader finds the same numbers
    for depth, (matrix, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        assert arrays[f"layers.{depth}.weight"].tolist() == [[float(a) for a in row] for row in matrix]
        assert arrays[f"layers.{depth}.bias"].tolist() == [float(b) for b in bias]
    assert from_safetensors(content) == net
    assert from_safetensors(safetensors.numpy.save(arrays)) == net  # another writer, with its own order of keys


def test_safetensors_files(tmp_path):
    net = families.random_network((3, 4, 1), 0, biases=True)
    save(net, tmp_path / "net.safetensors", dtype="float64")
    assert load(tmp_path / "net.safetensors") == net
    third = LatticePolynomial([(["1/3"], 0)], [[0]])
    with pytest.raises(NotExact, match="no float32"):
        save(third, tmp_path / "third.safetensors")


def test_the_order_of_layers():
    A, B = quarters(3, 3).astype(np.float32), quarters(3, 3).astype(np.float32)
    numbered = safetensors.numpy.save({"net.10.weight": B, "net.2.weight": A})
    assert from_safetensors(numbered) == ReLUNetwork.from_floats([A, B])
    named = safetensors.numpy.save({"first.weight": A, "last.weight": B})
    with pytest.raises(InvalidInput, match="the names in order, as the file keeps none"):
        from_safetensors(named)
    assert from_safetensors(named, layers=["first", "last"]) == ReLUNetwork.from_floats([A, B])


def test_half_precision():
    half = np.array([[0.1, 2]], dtype=np.float16)
    assert from_safetensors(safetensors.numpy.save({"weight": half}))([1, 0]) == Fraction(float(half[0, 0]))
    header = json.dumps({"weight": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [0, 4]}}).encode()
    brain = len(header).to_bytes(8, "little") + header + bytes([0x80, 0x3F, 0x20, 0xC0])
    assert from_safetensors(brain).weights == (((1, Fraction(-5, 2)),),)


def document(entry, data=b"\0" * 8, key="weight"):
    header = entry if isinstance(entry, bytes) else json.dumps({key: entry}).encode()
    return len(header).to_bytes(8, "little") + header + data


GOOD = {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "length of its header"),
        (b"\xff" * 16, "length of its header"),
        (document(GOOD)[:-1], "its numbers do not fit"),
        (document(b"{"), "header: no JSON"),
        (document(b"[" * 10_000), "header: no JSON"),
        (document(b"\xff"), "header: no JSON"),
        (document(b"[]"), "expected an object"),
        (document(b"{}"), "no array"),
        (document(3), "expected an object with dtype"),
        (document({**GOOD, "dtype": "I64"}), "the type 'I64'"),
        (document({**GOOD, "dtype": ["F32"]}), "the type"),
        (document({**GOOD, "shape": [1, 2.0]}), "lists of integers"),
        (document({**GOOD, "shape": [True, 2]}), "lists of integers"),
        (document({**GOOD, "shape": [-1, -2]}), "lists of integers"),
        (document({**GOOD, "shape": [10**10, 10**10]}), "at most 4000000"),
        (document({**GOOD, "data_offsets": [0, 8, 16]}), "two integers"),
        (document({**GOOD, "data_offsets": [4, 12]}), "do not fit"),
        (document({**GOOD, "data_offsets": [8, 0]}), "do not fit"),
        (document(GOOD, b"\xff" * 8), "NaN or infinity"),
    ],
)
def test_damaged_safetensors(content, message):
    with pytest.raises(FormatError, match=message):
        from_safetensors(content)


CONTENT = to_safetensors(families.random_network((3, 4, 2), 0, biases=True))


@given(st.lists(st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=150)
def test_any_damage_is_an_error_of_this_package(changes):
    content = bytearray(CONTENT)
    for place, value in changes:
        content[place] = value
    with contextlib.suppress(InvalidInput, FormatError):
        assert isinstance(from_safetensors(bytes(content)), ReLUNetwork)


def test_other_sources():
    with pytest.raises(InvalidType, match="`source` needs"):
        from_safetensors(3)


def test_a_network_and_its_file_are_the_same_function():
    net = families.random_network((2, 5, 5, 1), 3)
    assert same_function(from_safetensors(to_safetensors(net)), net)
