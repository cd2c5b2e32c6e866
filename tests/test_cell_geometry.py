"""Vertices, volumes, faces, location, level sets and order cells: against closed forms and against the functions."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import COARSE_FAILS_BIAS_FREE, MEDIAN

from tropical import Box, BudgetExceeded, InvalidInput, ReLUNetwork, TropicalPolynomial, cells, families, lattice, parse
from tropical.testing import networks, points

QUADRANTS = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]], [[-1, 0], 0])
SQUARE = Box([-1, -1], [3, 1])


def test_four_quadrants():
    complex_ = cells(QUADRANTS)
    assert complex_.f_vector == (1, 4, 4)
    assert complex_.euler_characteristic == 1
    for i, cell in enumerate(complex_):
        assert complex_.vertices(i) == ((1, 0),)
        assert len(complex_.rays(i)) == 2
        assert not complex_.is_bounded(i)
        assert len(complex_.neighbours(i)) == 2
        assert complex_.locate(cell.point) == (i,)
    assert len(complex_.locate([1, 0])) == 4
    assert len(complex_.locate([1, 5])) == 2
    with pytest.raises(InvalidInput, match="bounded cell"):
        complex_.volume(0)


def test_volumes_add_up_to_the_box():
    complex_ = cells(QUADRANTS, SQUARE)
    assert [complex_.volume(i) for i in range(4)] == [2, 2, 2, 2]
    assert complex_.locate([5, 5]) == ()
    for net, box in (
        (families.random_network((2, 6, 5, 1), 1, biases=True), Box([-2, "-1/3"], [1, 2])),
        (families.random_network((3, 4, 3, 1), 2, biases=True), Box([-1, -1, -1], [1, 2, 1])),
    ):
        inside = cells(net, box)
        expected = Fraction(1)
        for low, high in zip(box.lo, box.hi, strict=True):
            expected *= high - low
        assert sum(inside.volume(i) for i in range(len(inside))) == expected
        assert all(inside.is_bounded(i) for i in range(len(inside)))
        assert inside.euler_characteristic == 1


@given(st.integers(1, 2).flatmap(lambda d: networks(d, max_depth=2)))
@settings(max_examples=40)
def test_faces_alternate_to_one_or_minus_one(net):
    complex_ = cells(net)
    if any(any(row) for row in net.weights[0]) and len(net.weights) > 1:
        assert complex_.euler_characteristic == (-1) ** len(complex_.basis)
        assert complex_.f_vector[-1] == complex_.n_cells


@given(networks(2, max_depth=2), points(2))
@settings(max_examples=40)
def test_a_point_is_located_where_its_piece_holds(net, x):
    complex_ = cells(net)
    found = complex_.locate(x)
    assert found
    for i in found:
        g = complex_.piece_of(complex_.cells[i])
        assert g.constant + sum(u * t for u, t in zip(g.gradient, x, strict=True)) == net(x)


@given(networks(2, max_depth=2), st.integers(-2, 2))
@settings(max_examples=40)
def test_level_sets_have_the_level(net, level):
    complex_ = cells(net)
    for part in complex_.level_set(level):
        for vertex in part.vertices:
            if part.dimension == len(complex_.basis) or len(part.vertices):
                assert net(vertex) == level or complex_.coordinates().dimension > len(complex_.basis)
    # wherever the sign of F - level changes between two neighbours' interior points, some part was found
    values = [net(cell.point) - level for cell in complex_]
    if any(a * b < 0 for a in values for b in values):
        assert complex_.level_set(level)


def test_a_decision_boundary():
    net = ReLUNetwork([[[1, 0], [-1, 0], [0, 1], [0, -1]], [1, 1, 1, 1]], [None, -1])  # |x| + |y| - 1
    parts = cells(net).level_set()
    assert len(parts) == 4
    corners = {vertex for part in parts for vertex in part.vertices}
    assert corners == {(1, 0), (-1, 0), (0, 1), (0, -1)}
    # a facet between two cells is listed once, with both; a flat cell as a whole
    (touching,) = cells(ReLUNetwork([[[1], [-1]], [1, 1]])).level_set()
    assert (touching.cells, touching.dimension, touching.vertices) == ((0, 1), 0, ((0,),))
    (flat,) = [part for part in cells(ReLUNetwork([[[1]], [1]])).level_set() if part.dimension == 1]
    assert len(flat.cells) == 1
    assert [p.vertices for p in cells(ReLUNetwork([[[1]], [1]])).level_set(2)] == [((2,),)]


def test_order_cells_have_the_sets_of_lemma_r():
    complex_ = cells(COARSE_FAILS_BIAS_FREE)
    parts = complex_.order_cells()
    assert len(parts) > len(complex_)
    table = complex_.pieces
    for part in parts:
        values = [sum(u * t for u, t in zip(g.gradient, part.point, strict=True)) + g.constant for g in table]
        active = complex_.cells[part.cell].pieces[0]
        assert part.upper == tuple(i for i, value in enumerate(values) if value >= values[active])
    sets = {part.upper for part in parts}
    minimal = sorted(s for s in sets if not any(set(other) < set(s) for other in sets))
    assert tuple(minimal) == lattice(COARSE_FAILS_BIAS_FREE).clauses
    with pytest.raises(BudgetExceeded):
        complex_.order_cells(max_cells=2)


def test_the_graph_of_cells():
    graph = cells(MEDIAN).to_networkx()
    assert sorted(dict(graph.degree()).values()) == [2] * graph.number_of_nodes()
    honeycomb = cells(TropicalPolynomial({(2, 0): 0, (1, 1): 1, (0, 2): 0, (1, 0): 1, (0, 1): 1, (0, 0): 0}, "max"))
    graph = honeycomb.to_networkx()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (6, 9)
    assert honeycomb.f_vector == (4, 9, 6)
    i, j, data = next(iter(graph.edges(data=True)))
    other = j if data["above"] == i else i
    z = [*honeycomb.cells[data["above"]].point, 1]
    assert sum(a * b for a, b in zip(data["form"], z, strict=True)) > 0
    assert sum(a * b for a, b in zip(data["form"], [*honeycomb.cells[other].point, 1], strict=True)) < 0


def test_numbers_of_cells_are_checked():
    complex_ = cells(parse("max(x0, 0)"))
    for number in (-1, 2, True, "a"):
        for method in (complex_.vertices, complex_.rays, complex_.is_bounded, complex_.volume, complex_.neighbours):
            with pytest.raises(InvalidInput, match="number from 0 to 1"):
                method(number)
    with pytest.raises(InvalidInput, match="without lines"):
        cells(ReLUNetwork([[1, 2]])).f_vector  # noqa: B018
