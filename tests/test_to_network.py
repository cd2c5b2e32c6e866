"""Formulas as networks: the same function, within the published size, at the depth of the trees."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import ASSEMBLY_EXAMPLE, MEDIAN
from oracles import z3_same

from tropical import (
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    ReLUNetwork,
    TropicalPolynomial,
    TropicalRational,
    cells,
    families,
    hidden_neuron_bound,
    lattice,
    parse,
    same_function,
    to_network,
)
from tropical.testing import lattice_polynomials, networks, points, rationals, vectors

small = st.integers(-2, 2)


def halvings(count):
    return (count - 1).bit_length()


def polynomials(convention, dimension=2):
    terms = st.lists(st.tuples(rationals(), vectors(dimension, small)), min_size=1, max_size=5)
    return terms.map(lambda pairs: TropicalPolynomial(pairs, convention))


conventions = st.sampled_from(["max", "min"])
quotients = conventions.flatmap(lambda c: st.builds(TropicalRational, polynomials(c), polynomials(c)))


# ------------------------------------------------------------ exactness


@given(st.data())
@settings(max_examples=100)
def test_a_lattice_polynomial_stays_the_function_it_is(data):
    F = data.draw(lattice_polynomials(max_pieces=6, max_clauses=5))
    net = to_network(F)
    x = data.draw(points(F.dimension))
    assert net(x) == F(x)
    assert same_function(net, F)


@given(lattice_polynomials(2, max_pieces=3, max_clauses=2))
@settings(max_examples=15)
def test_z3_agrees(F):
    assert z3_same(to_network(F), F)


@given(lattice_polynomials())
@settings(max_examples=60)
def test_there_and_back_is_the_canonical_form(F):
    assert lattice(to_network(F)) == F.canonical()


@given(networks())
@settings(max_examples=40)
def test_back_and_there_is_the_same_function(net):
    assert same_function(to_network(lattice(net)), net)


@given(st.data())
@settings(max_examples=40)
def test_tropical_polynomials(data):
    P = data.draw(conventions.flatmap(polynomials))
    net = to_network(P)
    x = data.draw(points(2))
    assert net(x) == P(x)
    assert same_function(net, P)
    assert len(net.weights) - 1 <= halvings(len(P))
    assert net.size <= hidden_neuron_bound(len(P), 1)


@given(quotients, points(2))
@settings(max_examples=40)
def test_tropical_quotients_are_differences(R, x):
    net = to_network(R)
    assert net(x) == R(x)
    assert same_function(net, R)
    assert len(net.weights) - 1 <= max(halvings(len(R.numerator)), halvings(len(R.denominator)))


@pytest.mark.parametrize(
    "F",
    [
        MEDIAN,
        MEDIAN.dual(),
        ASSEMBLY_EXAMPLE,
        families.minimum_of_absolute_values(3),
        families.sign_times_minimum(3),
        parse("max(min(x0, x1), min(x1, x2), min(x0, x2), 1/3)"),
    ],
    ids=str,
)
def test_known_functions(F):
    assert same_function(to_network(F), F)


# ------------------------------------------------------------ size


@given(lattice_polynomials(max_pieces=7, max_clauses=6))
@settings(max_examples=100)
def test_size_and_depth_keep_the_bounds(F):
    net = to_network(F)
    largest = max(map(len, F.clauses))
    assert net.size <= hidden_neuron_bound(len(set(F.pieces)), len(F.clauses))
    assert len(net.weights) - 1 <= halvings(largest) + halvings(len(F.clauses))


@st.composite
def large_lattice_polynomials(draw):
    """Many pieces in general position in a large space, so that little can be shared."""
    count = draw(st.integers(1, 14))
    pieces = [([int(i == j) for j in range(14)], draw(small)) for i in range(count)]
    index = st.integers(0, count - 1)
    clauses = draw(st.lists(st.lists(index, min_size=1, max_size=14), min_size=1, max_size=9))
    return LatticePolynomial(pieces, clauses, draw(st.sampled_from(["max-min", "min-max"])))


@given(st.data())
@settings(max_examples=30)
def test_size_keeps_the_bound_where_nothing_is_shared(data):
    F = data.draw(large_lattice_polynomials())
    net = to_network(F)
    assert net.size <= hidden_neuron_bound(len(F.pieces), len(F.clauses))
    assert len(net.weights) - 1 <= halvings(max(map(len, F.clauses))) + halvings(len(F.clauses))
    for x in data.draw(st.lists(points(14), min_size=4, max_size=4)):
        assert net(x) == F(x)


def test_published_counts(data):
    expected = json.loads((data / "published_cases.json").read_text())["closed_forms"]["max_of_m_hidden"]
    for m, size in expected.items():
        for F in (families.maximum_of(int(m)), -families.maximum_of(int(m))):
            assert to_network(F).size <= size
    assert (hidden_neuron_bound(1, 1), hidden_neuron_bound(2, 2), hidden_neuron_bound(5, 1)) == (0, 11, 21)


@pytest.mark.parametrize(
    ("F", "widths"),
    [
        (families.maximum_of(2), (2, 3, 1)),
        (families.maximum_of(3), (3, 5, 3, 1)),
        (families.maximum_of(7), (7, 11, 6, 3, 1)),
        (parse("relu(x0)"), (1, 1, 1)),
        (parse("abs(x0)"), (1, 2, 1)),
        (MEDIAN, (2, 4, 4, 3, 1)),
        (parse("max(x0, x0 + 1, x0 - 5)"), (1, 1)),  # parallel pieces
        (parse("max(min(x0, x1), min(x0, x1) + 1)"), (2, 3, 1)),
    ],
    ids=str,
)
def test_widths(F, widths):
    assert to_network(F).widths == widths


def test_carried_inputs_are_shared():
    # 32 pieces on the plane in 16 pairs: a unit for each pair, and 4 units that carry the plane
    pieces = [([i, i * i + 1], i**3) for i in range(32)]
    assert to_network(LatticePolynomial(pieces, [[i] for i in range(32)])).widths[1] == 16 + 4


def test_ambient_dimension_costs_no_units():
    F = LatticePolynomial([([i, i * i + 1], i**3) for i in range(16)], [[i] for i in range(16)])
    A = [[(5 * i + 3 * j + i * j * j) % 7 - 3 for j in range(60)] for i in range(2)]
    wide = F.compose(A)
    assert to_network(wide).widths[1:] == to_network(F).widths[1:]
    x = [Fraction(j % 5, 3) for j in range(60)]
    assert to_network(wide)(x) == wide(x)


def test_common_minima_are_made_once():
    shared = parse("max(min(x0, x1, x2, x3) + x4, min(x0, x1, x2, x3) - x5)")
    sizes = [to_network(F).size for F in (parse("min(x0, x1, x2, x3)"), shared)]
    assert sizes[1] < 2 * sizes[0] + 3


# ------------------------------------------------------------ degenerate


@pytest.mark.parametrize(
    "F",
    [
        LatticePolynomial([([2, -1], "1/3")], [[0]]),  # one piece
        LatticePolynomial([([0], 5)], [[0]]),  # a constant
        LatticePolynomial([([0], 5), ([0], 3)], [[0], [1]]),  # constants
        LatticePolynomial([([1], 0), ([1], 0)], [[0, 1], [1]]),  # duplicates
        LatticePolynomial([([1], 0), ([2], 0)], [[0], [0, 1], [0, 1]], "min-max"),  # absorbed clauses
        LatticePolynomial([([1], 0), ([9], 0)], [[0]]),  # a piece that no clause names
    ],
    ids=str,
)
def test_affine_functions_have_no_hidden_layer(F):
    net = to_network(F)
    assert net.size == 0
    assert same_function(net, F)


def test_parts_that_cancel_leave_no_units():
    x, y = TropicalPolynomial.variables(2, convention="max")
    assert to_network((x + y) / (x + y)) == ReLUNetwork([[[0, 0]]])


def test_a_network_is_returned_as_it_is():
    net = families.random_network((2, 3, 2), 0)
    assert to_network(net) is net


def test_a_complex_is_the_function_on_its_cells():
    net = families.random_network((2, 3, 1), 0)
    assert same_function(to_network(cells(net)), net)
    with pytest.raises(InvalidInput, match="one output"):
        to_network(cells(ReLUNetwork([[[1], [1]]])))
    assert parse("max(x0, 0)").to_network() == to_network(parse("max(x0, 0)"))


@pytest.mark.parametrize("bad", [None, 3, Fraction(1, 2), "max(x0, 0)", [[1, 2]]], ids=str)
def test_other_objects_are_refused(bad):
    with pytest.raises(InvalidType, match=r"^`F` needs .*, got .*; "):
        to_network(bad)


@pytest.mark.parametrize(
    ("components", "pieces", "named"),
    [(0, 1, "components"), (1, 0, "pieces"), (True, 1, "components"), (1, 2.0, "pieces"), (None, 1, "components")],
)
def test_the_bound_needs_positive_integers(components, pieces, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs a positive integer"):
        hidden_neuron_bound(components, pieces)
