"""Several functions at once: networks side by side, and forms computed in batches."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import Box, ReLUNetwork, cells, families
from tropical.complexes.batched_forms import output_forms
from tropical.complexes.overlay import by_networks, overlay, side_by_side
from tropical.network import NetworkResolver
from tropical.testing import networks, points


def outputs(function, x):
    value = function(x)
    return value if isinstance(value, tuple) else (value,)


@given(st.integers(1, 3).flatmap(lambda d: st.tuples(st.lists(networks(d), min_size=1, max_size=3), points(d))))
@settings(max_examples=80)
def test_side_by_side_is_each_of_them(case):
    nets, x = case
    nets = [net for net in nets if len(net.weights) > 1]
    if nets:
        joint = side_by_side(nets)
        assert outputs(joint, x) == tuple(value for net in nets for value in outputs(net, x))


def test_common_units_are_kept_once():
    net = ReLUNetwork([[[1, 2], [3, 4], [0, 0]], [[1, 1, 5], [2, -1, 0]], [1, 1]], [[1, 0, 2], [0, 0], None])
    weights = [[[4, 6], ["1/2", 1]], [[1, -1], [1, 4]], [1, 2]]
    # the same lines, scaled and exchanged; the constant unit relu(2) = 2 is a bias of the next layer
    other = ReLUNetwork(weights, [[0, "1/2"], [0, 0], None])
    joint = side_by_side([net, other])
    assert joint.widths[1] == 3  # (1, 2; 1), (3, 4; 0), (4, 6; 0)
    same = ReLUNetwork([[[6, 8], [1, 2]], [[1, -2], ["1/2", 1]], [1, 1]], [[0, 1], [0, 10], None])
    assert side_by_side([net, same]).widths == (2, 2, 3, 2)  # of the second layer a + b + 10 is common
    assert side_by_side([net, net]).widths == (2, 2, 2, 2)
    constant = ReLUNetwork([[[0, 0]], [3]], [["-1"], 1])
    assert side_by_side([constant, constant])([5, 5]) == (1, 1)


def test_networks_of_different_depth():
    shallow, deep = families.random_network((2, 3, 1), 0), families.random_network((2, 3, 3, 1), 1, biases=True)
    joint = side_by_side([shallow, deep])
    for x in ([0, 0], [1, -2], [Fraction(-7, 3), 5]):
        assert joint(x) == (shallow(x), deep(x))


@given(st.integers(1, 3).flatmap(lambda d: networks(d)), st.integers(0, 3))
@settings(max_examples=60)
def test_batched_forms_are_those_of_each_cell(net, seed):
    if len(net.weights) == 1:
        return
    resolver = NetworkResolver(net, range(net.dimension))
    generator = np.random.default_rng(seed)
    patterns = generator.integers(0, 2, (7, net.size)).astype(bool)
    found = output_forms(resolver.layers, net.dimension, patterns)
    stops = np.cumsum(net.widths[1:-1])[:-1]
    for row, forms in zip(patterns, found, strict=True):
        label = tuple(tuple(map(int, part)) for part in np.split(row, stops))
        assert tuple(map(tuple, forms.tolist())) == tuple(resolver.resolution(label).forms)


def test_no_form_is_computed_where_int64_could_overflow():
    for exponent, fits in ((17, True), (19, False)):
        net = ReLUNetwork([[[10**exponent]], [1]])
        assert (output_forms(NetworkResolver(net, [0]).layers, 1, np.ones((1, 1), dtype=bool)) is not None) == fits
    huge = ReLUNetwork([[[10**12, j] for j in range(8)], [[10**12] * 8] * 4, [1, -1, 2, 3]])
    box = Box([-1, -1], [1, 1])
    found = by_networks([huge, huge], box.polyhedron(), None)
    assert not any(any(form) for part in found.parts for form in found.differences(part))
    assert len(found.parts) == cells(huge, box).n_cells


def test_affine_functions_cut_nothing():
    net, line = families.random_network((2, 4, 4, 4, 1), 0), ReLUNetwork([[1, 1]], [5])
    assert len(overlay([net, line], None, None).parts) == cells(net).n_cells
    # what a rank-one network does not read, the line does: all coordinates are needed then
    narrow = ReLUNetwork([[[1, 1], [-1, -1]], [1, 1]])
    found = overlay([narrow, ReLUNetwork([[1, -1]])], None, None)
    assert len(found.coordinates.pivots) == 2
