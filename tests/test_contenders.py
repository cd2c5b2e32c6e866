"""The vertices that floats cannot exclude always hold the extreme ones."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import Box, ReLUNetwork, cells, families, value_range
from tropical.complexes.compiled import FinalLayer
from tropical.complexes.overlay import overlay
from tropical.decide.ranges import _extreme


def every_value(net, box):
    complex_ = cells(net, box, engine="reference")
    return [net(x) for i in range(len(complex_)) for x in complex_.vertices(i)]


@given(
    st.integers(1, 3),
    st.integers(0, 10**6),
    st.sampled_from([1, 8, 1000]),
    st.sampled_from([Fraction(1), Fraction(1, 10**9), Fraction(10**9)]),
)
@settings(max_examples=40)
def test_the_extreme_values_are_those_of_all_vertices(d, seed, denominator, scale):
    net = families.random_network((d, 6, 5, 1), seed, biases=True, denominator=denominator, largest=denominator)
    last = [[scale * w for w in net.weights[-1][0]]]
    net = ReLUNetwork([*net.weights[:-1], last], [*net.biases[:-1], [scale * net.biases[-1][0]]])
    box = Box([-3] * d, [2] * d)
    values = every_value(net, box)
    found = value_range(net, box)
    assert (found.min, found.max) == (min(values), max(values))


def test_floats_exclude_most_vertices():
    net = families.random_network((2, 12, 12, 1), 0, biases=True)
    found = overlay([net], Box([-3, -3], [3, 3]).polyhedron(), None)
    assert len(list(found.contenders(1))) < 5 < len(found.parts)


def test_values_are_within_their_error_bounds():
    net = families.random_network((3, 8, 8, 1), 1, biases=True, denominator=1000, largest=1000)
    source = cells(net, Box([-2] * 3, [2] * 3)).source
    values, t, error = source._found.final.outputs(source._resolver.layers)
    for v in np.unique(source._found.vertices).tolist():
        ray = source._found.exact.ray(v)
        exact = net([Fraction(a, ray[-1]) for a in ray[:-1]])
        low, high = (Fraction(values[v, 0]) + sign * Fraction(error[v, 0]) for sign in (-1, 1))
        near, far = (Fraction(t[v]) + sign * Fraction(error[v, 0]) for sign in (-1, 1))
        ends = [a / b for a in (low, high) for b in (near, far)]
        assert min(ends) <= exact <= max(ends)


def test_a_wrong_bound_would_be_caught(monkeypatch):
    # the largest value is attained at a vertex that floats, with no error bound, would exclude
    outputs = FinalLayer.outputs

    def shifted(self, layers):
        values, t, error = outputs(self, layers)
        return values + np.linspace(0, 100, len(values))[:, None], t, 0 * error

    nets = [families.random_network((2, 8, 8, 1), seed, biases=True) for seed in range(6)]
    box = Box([-3, -3], [3, 3])
    right = [value_range(net, box).max for net in nets]
    monkeypatch.setattr(FinalLayer, "outputs", shifted)
    wrong = [_extreme(overlay([net], box.polyhedron(), None), 1).value for net in nets]
    assert any(a != b for a, b in zip(right, wrong, strict=True))


@pytest.mark.parametrize("bias", [0, 1])
def test_unbounded_domains_look_at_all_directions(bias):
    net = ReLUNetwork([[[1, 0], [0, 1], *([[1, j] for j in range(9)])], [[1, -1, *[0] * 9]]], [[bias] * 11, None])
    found = value_range(net)
    assert found.min is None
    assert found.max is None
