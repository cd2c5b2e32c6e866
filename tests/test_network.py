"""ReLU networks: evaluation, construction, errors."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from tropical import InvalidInput, InvalidType, ReLUNetwork
from tropical.testing import networks, points


def _described(value):
    return f"{type(value).__module__}.{type(value).__name__} {value}"


def test_relu_is_not_applied_to_the_last_layer():
    assert ReLUNetwork([[[1]], [-1]])([3]) == -3
    assert ReLUNetwork([[-2, 1]])([1, 0]) == -2


@given(st.data())
def test_float_evaluation_follows_exact_evaluation(data):
    net = data.draw(networks())
    x = data.draw(points(net.dimension))
    assert net.evaluate([[float(t) for t in x]])[0] == pytest.approx(float(net(x)), rel=1e-12, abs=1e-9)


@given(st.data())
def test_bias_free_networks_are_positively_homogeneous(data):
    net = data.draw(networks(biases=False))
    x = data.draw(points(net.dimension))
    scale = data.draw(st.fractions(0, 10))
    assert net.is_bias_free()
    assert net([scale * t for t in x]) == scale * net(x)


def test_floats_are_taken_as_the_dyadic_rationals_they_are():
    net = ReLUNetwork.from_floats([np.array([[0.1]]), np.array([1.0])], [np.array([0.5]), 0.25])
    assert net.weights[0][0][0] == Fraction(0.1) != Fraction(1, 10)
    assert net([0]) == Fraction(3, 4)


@pytest.mark.parametrize("one", [1, Fraction(1), np.int64(1), "1", "2/2", sympy.Integer(1)], ids=_described)
def test_exact_numbers_are_accepted(one):
    assert ReLUNetwork([[[one]], [one]])([one]) == 1
    assert ReLUNetwork([[[sympy.Rational(1, 3)]], [3]])([one]) == 1


@pytest.mark.parametrize(
    "bad", [1.0, np.float64(1), True, np.True_, None, "1.5", "x", "1/0", 1j, sympy.Float(1)], ids=_described
)
def test_other_numbers_are_refused_with_the_cure(bad):
    with pytest.raises(InvalidInput, match=r"weights\[0\]\[0\]\[0\].*; "):
        ReLUNetwork([[[bad]], [1]])


def test_outputs():
    net = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])
    assert net([-2]) == (2, -2)
    assert [net[0]([-2]), net[1]([-2]), net[-1]([-2])] == [2, -2, -2]
    assert net.evaluate([[1.0], [2.0]]).shape == (2, 2)
    with pytest.raises(IndexError):
        net[2]


def test_a_call_at_floats_names_what_takes_them():
    net = ReLUNetwork([[[1, 2]]])
    for bad in ([0.5, 1.0], np.array([0.5, 1.0]), np.ones((3, 2))):
        with pytest.raises(
            InvalidType, match=r"^`x\[0\]` needs an exact number.*; rows of floats go to evaluate\(X\)$"
        ):
            net(bad)


@pytest.mark.parametrize(
    ("weights", "biases", "named"),
    [
        ([], None, "weights"),
        ("12", None, "weights"),
        ([[[1, 2], [3]], [1, 1]], None, r"weights\[0\]"),
        ([[[1, 2]], [1, 1]], None, r"weights\[1\]"),
        ([[[]], [1]], None, r"weights\[0\]"),
        ([[[1]], [1]], [[0]], "biases"),
        ([[[1]], [1]], [[0, 0], 0], r"biases\[0\]"),
        ([[[1]], [1]], 3, "biases"),
        ([[[1]], [1]], [[0.5], 0], r"biases\[0\]\[0\]"),
    ],
)
def test_bad_shapes_name_the_argument(weights, biases, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        ReLUNetwork(weights, biases)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_non_finite_floats_are_refused(bad):
    with pytest.raises(InvalidInput, match="finite"):
        ReLUNetwork.from_floats([[[bad]], [1.0]])


def test_evaluate_names_what_is_wrong_with_X():
    net = ReLUNetwork([[1, 2]])
    for bad in ([1.0, 2.0], [[1.0]], [[np.nan, 0.0]], "text", [["a", "b"]]):
        with pytest.raises(InvalidInput, match=r"^`X` needs"):
            net.evaluate(bad)
    with pytest.raises(InvalidInput, match=r"^`x` needs 2 coordinates"):
        net([1])
    with pytest.raises(InvalidType, match=r"x\[0\]"):
        net([0.5, 1])


def test_equality_is_structural():
    assert ReLUNetwork([[[1]], [2]]) == ReLUNetwork([[["2/2"]], [2]], [None, 0])
    assert ReLUNetwork([[[1]], [2]]) != ReLUNetwork([[[2]], [1]])


def test_networks_have_no_order():
    net = ReLUNetwork([[[1], [-1]], [1, 1]])
    for compare in (lambda: net < net, lambda: net >= 3, lambda: max(net, net)):
        with pytest.raises(InvalidType, match=r"is_below\(F, G\)"):
            compare()
