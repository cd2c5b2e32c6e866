"""Other layers as ReLU networks: every rewriting against a direct evaluation of the layers."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import InvalidInput, InvalidType, ReLUNetwork, cells, families, same_function
from tropical.layers import Abs, Affine, LeakyReLU, Maxout, ReLU, Threshold, from_layers
from tropical.testing import networks, points, rationals, vectors

small = st.integers(-2, 2)


def direct(layers, x):
    """Return the values after all layers, by the definitions."""
    values = [Fraction(t) for t in x]
    for layer in layers:
        match layer:
            case Affine():
                rows = zip(layer.A, layer.b, strict=True)
                values = [sum((a * v for a, v in zip(row, values, strict=True)), b) for row, b in rows]
            case ReLU():
                values = [max(v, Fraction(0)) for v in values]
            case LeakyReLU():
                values = [v if v >= 0 else layer.slope * v for v in values]
            case Abs():
                values = [abs(v) for v in values]
            case Threshold():
                bounds = layer.t if isinstance(layer.t, tuple) else [layer.t] * len(values)
                values = [max(v, t) for v, t in zip(values, bounds, strict=True)]
            case Maxout():
                groups = layer.groups
                if isinstance(groups, int):
                    groups = [range(i, i + groups) for i in range(0, len(values), groups)]
                values = [max(values[i] for i in group) for group in groups]
    return values[0] if len(values) == 1 else tuple(values)


@st.composite
def activations(draw, width):
    """One layer other than Affine, and the width after it."""
    index = st.integers(0, width - 1)
    divisors = [k for k in range(1, width + 1) if width % k == 0]
    kind = draw(st.sampled_from(["relu", "leaky", "abs", "threshold", "thresholds", "pooling", "maxout"]))
    if kind == "pooling":
        k = draw(st.sampled_from(divisors))
        return Maxout(k), width // k
    if kind == "maxout":
        groups = draw(st.lists(st.lists(index, min_size=1, max_size=5), min_size=1, max_size=3))
        return Maxout(groups), len(groups)
    simple = {
        "relu": st.just(ReLU()),
        "leaky": rationals().map(LeakyReLU),
        "abs": st.just(Abs()),
        "threshold": rationals().map(Threshold),
        "thresholds": vectors(width, rationals()).map(Threshold),
    }
    return draw(simple[kind]), width


@st.composite
def layer_lists(draw, dimension):
    width, layers = dimension, []
    for affine in draw(st.lists(st.booleans(), min_size=1, max_size=5)):
        if affine:
            rows = draw(st.lists(vectors(width, small), min_size=1, max_size=4))
            layers.append(Affine(rows, draw(st.none() | vectors(len(rows), rationals()))))
            width = len(rows)
        else:
            layer, width = draw(activations(width))
            layers.append(layer)
    return layers


def layers_of(net, activation):
    result = []
    for matrix, bias in zip(net.weights, net.biases, strict=True):
        result += [Affine(matrix, bias), activation]
    return result[:-1]


@given(st.data())
@settings(max_examples=150)
def test_compositions_are_what_the_layers_say(data):
    dimension = data.draw(st.integers(1, 3))
    layers = data.draw(layer_lists(dimension))
    net = from_layers(layers, dimension)
    assert net.dimension == dimension
    for x in data.draw(st.lists(points(dimension), min_size=3, max_size=6)):
        assert net(x) == direct(layers, x)


@pytest.mark.parametrize(
    "layer",
    [
        Affine([[1, 2, 3, 4], ["1/2", 0, -1, 0]], [1, "-1/3"]),
        ReLU(),
        LeakyReLU("1/100"),
        LeakyReLU(3),
        LeakyReLU("-7/2"),
        LeakyReLU(0),
        LeakyReLU(1),
        LeakyReLU(-1),
        Abs(),
        Threshold("3/2"),
        Threshold(-1),
        Threshold([0, 1, -2, "1/3"]),
        Maxout(1),
        Maxout(2),
        Maxout(4),
        Maxout([[0, 1, 2], [3], [2, 2, 0, 3], [1, 3]]),
    ],
    ids=lambda layer: f"{layer} {getattr(layer, 'groups', getattr(layer, 't', ''))}",
)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_every_layer_alone_and_after_hidden_layers(layer, depth):
    rng = np.random.default_rng(depth)
    before = []
    for _ in range(depth):
        before += [Affine(rng.integers(-3, 4, (4, 4)), rng.integers(-3, 4, 4)), ReLU()]
    for layers in ([*before, layer], [*before, Affine(rng.integers(-3, 4, (4, 4)), [1, 0, -1, 2]), layer]):
        net = from_layers(layers, 4)
        for x in rng.integers(-9, 10, (40, 4)):
            assert net([Fraction(int(t), 2) for t in x]) == direct(layers, [Fraction(int(t), 2) for t in x])


# ------------------------------------------------------------ laws


@given(networks())
@settings(max_examples=60)
def test_relu_layers_keep_function_and_activation_cells(net):
    again = from_layers(layers_of(net, ReLU()))
    assert same_function(again, net)
    assert cells(again).n_cells == cells(net).n_cells
    assert again.size <= net.size


@pytest.mark.parametrize("seed", [0, 2, 3, 4])  # at 1 a unit never bends: its weights are positive
def test_relu_layers_in_general_position_are_the_network_itself(seed):
    net = families.random_network((3, 5, 4, 2), seed, biases=True, largest=99)
    assert from_layers(layers_of(net, ReLU())) == net


@given(networks(), rationals().filter(lambda slope: slope != 1))
@settings(max_examples=40)
def test_leaky_layers_cut_where_preactivations_change_sign(net, slope):
    # the plain rewriting: relu(v) and relu(-v) for every v
    weights, biases = [], []
    for depth, (matrix, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        rows = [[w for a in row for w in (a, -slope * a)] for row in matrix] if depth else matrix
        last = depth == len(net.weights) - 1
        weights.append(rows if last else [[s * w for w in row] for row in rows for s in (1, -1)])
        biases.append(bias if last else [s * b for b in bias for s in (1, -1)])
    plain = ReLUNetwork(weights, biases)
    leaky = from_layers(layers_of(net, LeakyReLU(slope)))
    assert same_function(leaky, plain)
    assert cells(leaky).n_cells == cells(plain).n_cells
    assert leaky.size <= plain.size


@given(st.data())
@settings(max_examples=30)
def test_coinciding_layers_give_one_network(data):
    before = Affine(data.draw(st.lists(vectors(2, small), min_size=1, max_size=4)))
    after = Affine([data.draw(vectors(len(before.A), small))])
    for one, other in (
        (ReLU(), Threshold(0)),
        (ReLU(), LeakyReLU(0)),
        (Abs(), LeakyReLU(-1)),
        (Maxout(1), LeakyReLU(1)),
        (Maxout(len(before.A)), Maxout([list(range(len(before.A)))])),
    ):
        tail = [] if isinstance(one, Maxout) else [after]
        assert from_layers([before, one, *tail]) == from_layers([before, other, *tail])


def test_affine_layers_are_multiplied_together():
    net = from_layers([Affine([[1, 2]], [3]), LeakyReLU(1), Affine([[2], [-1]], [0, "1/2"])])
    assert net == ReLUNetwork([[[2, 4], [-1, -2]]], [[6, "-5/2"]])
    assert from_layers([Affine([[0, 0]], [-2]), Abs()]) == ReLUNetwork([[[0, 0]]], [[2]])  # nothing but a constant


WIDE = [[1, 2], [3, 1], [-1, 4], [2, -5], [1, 1]]


@pytest.mark.parametrize(
    ("layers", "widths"),
    [
        ([ReLU()], (2, 2, 2)),
        ([Affine(WIDE), ReLU()], (2, 5, 5)),
        ([LeakyReLU("1/2")], (2, 4, 2)),
        ([Affine(WIDE), Abs()], (2, 10, 5)),
        ([ReLU(), Affine(WIDE), LeakyReLU(2)], (2, 2, 4, 5)),  # three rows are >= 0, two change sign: 2 + min(2, 2)
        ([Threshold([1, 2])], (2, 2, 2)),
        ([Maxout(2)], (2, 3, 1)),
        ([Affine(WIDE[:3]), Maxout(3)], (2, 5, 3, 1)),
        ([Affine([*WIDE, [7, 2], [1, 7], [0, -1]]), Maxout(4)], (2, 8, 6, 2)),
        ([ReLU(), ReLU(), Abs(), Threshold(0), LeakyReLU(-3)], (2, 2, 2)),  # all after the first has plain signs
        ([ReLU(), Maxout(2)], (2, 2, 2, 1)),  # one neuron carries what is >= 0
        ([Affine([[1, 1], [2, 2], [0, 0]], [1, 2, 3]), ReLU()], (2, 1, 3)),  # multiples are one, constants are none
        ([Affine([[0, 0]]), ReLU(), Affine([[1]]), ReLU()], (2, 1)),
        ([Maxout([[0, 1], [1, 0], [0, 1, 1]])], (2, 3, 3)),
    ],
    ids=str,
)
def test_number_of_neurons(layers, widths):
    assert from_layers(layers, 2).widths == widths


# ------------------------------------------------------------ values and errors


def test_layers_are_values():
    for layer in (Affine([[1, "1/2"]]), ReLU(), LeakyReLU("1/5"), Abs(), Threshold([1, 2]), Maxout([[0, 1]])):
        assert pickle.loads(pickle.dumps(layer)) == layer
        assert len({layer, pickle.loads(pickle.dumps(layer))}) == 1
        assert "\n" not in repr(layer)
    assert repr(Affine([[1, 2]], [3])) == "Affine(2 -> 1, with biases)"
    assert Maxout(np.int64(2)) == Maxout(2)
    assert Maxout([np.array([0, 1])]) == Maxout([[0, 1]])


@pytest.mark.parametrize(
    ("kind", "arguments", "named"),
    [
        (Affine, ([[0.5]],), r"A\[0\]\[0\]"),
        (Affine, ([],), "A"),
        (Affine, ([[]],), "A"),
        (Affine, ([[1], [1, 2]],), "A"),
        (Affine, ([1, 2],), r"A\[0\]"),
        (
            Affine,
            (
                [[1]],
                [1, 2],
            ),
            "b",
        ),
        (
            Affine,
            (
                [[1]],
                [0.5],
            ),
            r"b\[0\]",
        ),
        (LeakyReLU, (0.01,), "slope"),
        (LeakyReLU, (True,), "slope"),
        (LeakyReLU, ("a",), "slope"),
        (Threshold, (0.5,), "t"),
        (Threshold, ([],), "t"),
        (Threshold, ([0, None],), r"t\[1\]"),
        (Maxout, (0,), "groups"),
        (Maxout, (True,), "groups"),
        (Maxout, ("12",), "groups"),
        (Maxout, (2.0,), "groups"),
        (Maxout, ([],), "groups"),
        (Maxout, ([0, 1],), r"groups\[0\]"),
        (Maxout, ([[0], []],), r"groups\[1\]"),
        (Maxout, ([[0, 1.0]],), r"groups\[0\]"),
        (Maxout, ([[0], [-1]],), r"groups\[1\]"),
    ],
    ids=str,
)
def test_bad_layers_name_the_argument(kind, arguments, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        kind(*arguments)


@pytest.mark.parametrize(
    ("layers", "dimension", "named"),
    [
        ([], 2, "layers"),
        ("ReLU", 2, "layers"),
        (ReLU(), 2, "layers"),
        ([Affine([[1]]), ReLU], None, r"layers\[1\]"),
        ([[[1]]], None, r"layers\[0\]"),
        ([ReLU()], None, "dimension"),
        ([Maxout([[0, 1]])], None, "dimension"),
        ([ReLU()], 0, "dimension"),
        ([ReLU()], True, "dimension"),
        ([ReLU()], 2.0, "dimension"),
        ([Affine([[1, 2]])], 3, r"layers\[0\]"),
        ([Threshold([1, 2])], 3, r"layers\[0\]"),
        ([ReLU(), Abs(), ReLU(), Affine([[1, 2, 3]])], 2, r"layers\[3\]"),
        ([Affine([[1], [1]]), Threshold([1, 2, 3])], None, r"layers\[1\]"),
        ([Affine([[1], [1]]), Maxout(4)], None, r"layers\[1\]"),
        ([Affine([[1], [1], [1]]), Maxout(2)], None, r"layers\[1\]"),
        ([Affine([[1], [1]]), ReLU(), Maxout([[0, 2]])], None, r"layers\[2\]"),
    ],
    ids=str,
)
def test_bad_lists_name_the_layer(layers, dimension, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        from_layers(layers, dimension)


def test_a_class_in_place_of_a_layer_is_named_with_the_cure():
    with pytest.raises(InvalidType, match=r"write ReLU\(\) with brackets"):
        from_layers([Affine([[1]]), ReLU])


def test_a_layer_that_states_its_width_needs_no_dimension():
    assert from_layers([Threshold([1, 2])]) == from_layers([Threshold([1, 2])], 2)
