"""Betti numbers of level sets: sets whose topology is known, and Alexander duality on random networks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tropical.complexes.homology as homology
from tropical import Box, InvalidInput, Polyhedron, ReLUNetwork, TropicalPolynomial, cells, families, parse

SIDES = ("zero", "positive", "negative")


def betti(text, domain=None, level=0):
    complex_ = cells(parse(text).to_network(), domain)
    return [complex_.betti_numbers(which, level=level) for which in SIDES]


SQUARE, CUBE = Box([-6, -6], [6, 6]), Box([-5, -5, -5], [5, 5, 5])
RING = "min(abs(x0) + abs(x1) - 1, 3 - abs(x0) - abs(x1))"
DISKS = "max(1 - abs(x0 - 2) - abs(x1), 1 - abs(x0 + 2) - abs(x1))"
TOUCHING = "max(2 - abs(x0 - 2) - abs(x1), 2 - abs(x0 + 2) - abs(x1))"
TORUS = "abs(abs(x0) + abs(x1) - 2) + abs(x2) - 1"


@pytest.mark.parametrize("where", ["everywhere", "in a box"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RING, [(2, 2, 0), (1, 1, 0), (2, 1, 0)]),  # two loops; an annulus; a disk and the outside
        (DISKS, [(2, 2, 0), (2, 0, 0), (1, 2, 0)]),
        (TOUCHING, [(1, 2, 0), (2, 0, 0), (1, 1, 0)]),  # two disks that touch in a point, which is in none of them
        (TORUS, [(1, 2, 1, 0), (1, 1, 1, 0), (1, 1, 0, 0)]),
        ("abs(x0) + abs(x1) + abs(x2) - 1", [(1, 0, 1, 0), (1, 0, 1, 0), (1, 0, 0, 0)]),  # a sphere
        ("1 - max(abs(x0), abs(x1), 1)", [(1, 0, 0), (0, 0, 0), (1, 1, 0)]),  # zero on a square, nowhere positive
        ("max(abs(x0) - 1, 0)", [(1, 0), (2, 0), (0, 0)]),
    ],
)
def test_known_sets(text, expected, where):
    box = {2: SQUARE, 3: CUBE}.get(len(expected[0]) - 1, Box([-5], [5]))
    assert betti(text, None if where == "everywhere" else box) == expected


def test_unbounded_sets_are_taken_as_they_are():
    plane = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]], [[-1, 0], 0])  # positive where x0 > 1 or x1 > 0
    assert [cells(plane).betti_numbers(which) for which in SIDES] == [(1, 0, 0), (1, 0, 0), (0, 0, 0)]
    strips = betti("min(abs(x0) - 1, 3 - abs(x0)) + 0 * x1")
    assert strips == [(4, 0), (2, 0), (3, 0)]  # the rank is one
    quadrants = betti("max(min(x0, x1), min(-x0, -x1))")
    assert quadrants == [(1, 0, 0), (2, 0, 0), (2, 0, 0)]  # two lines cross
    assert betti("max(min(x0, x1), min(-x0, -x1))", level=1) == [(2, 0, 0), (2, 0, 0), (1, 0, 0)]
    assert betti("max(min(x0, x1), min(-x0, -x1))", level=-1) == [(2, 0, 0), (1, 0, 0), (2, 0, 0)]
    half = Polyhedron([[-1, 0]], [0])  # x0 >= 0 cuts the ring open
    assert betti(RING, half) == [(2, 0, 0), (1, 0, 0), (2, 0, 0)]


def test_empty_sets_and_whole_domains():
    net = families.random_network((2, 5, 1), 0, biases=True)
    inside = cells(net, Box([-1, -1], [1, 1]))
    assert inside.betti_numbers("positive", level=10**6) == inside.betti_numbers("zero", level=10**6) == (0, 0, 0)
    assert inside.betti_numbers("negative", level=10**6) == (1, 0, 0)
    assert cells(TropicalPolynomial({(1,): 0, (0,): 0}, "max")).betti_numbers("zero") == (1, 0)


def with_a_rim(rows, offsets, outer, d):
    """A network of one hidden layer that falls to minus infinity in all directions: its level sets are compact."""
    steep = 1 + sum(abs(a) * max(1, sum(abs(w) for w in row)) for a, row in zip(outer, rows, strict=True))
    rim = [[sign * int(i == j) for j in range(d)] for i in range(d) for sign in (1, -1)]
    return ReLUNetwork([[*rows, *rim], [*outer, *[-steep] * len(rim)]], [[*offsets, *[-2] * len(rim)], 1])


def small(low=-3, high=3):
    return st.integers(low, high)


@st.composite
def compact(draw):
    d = draw(st.integers(1, 3))
    n = draw(st.integers(1, 5 if d < 3 else 4))
    rows = draw(st.lists(st.lists(small(), min_size=d, max_size=d), min_size=n, max_size=n))
    return with_a_rim(
        rows, draw(st.lists(small(), min_size=n, max_size=n)), draw(st.lists(small(), min_size=n, max_size=n)), d
    )


@given(compact(), st.integers(-2, 2))
@settings(max_examples=60, deadline=None)
def test_alexander_duality(net, level):
    """A compact set Z in R^d has b_i(R^d - Z) = b_(d-1-i)(Z), and one more component: that of infinity."""
    complex_ = cells(net)
    d = net.dimension
    zero, above, below = (complex_.betti_numbers(which, level=level) for which in SIDES)
    outside = [a + b for a, b in zip(above, below, strict=True)]
    if not any(zero):
        assert outside == [1, *[0] * d]
        return
    assert [outside[0] - 1, *outside[1:]] == [*reversed(zero[:d]), 0]
    assert zero[d] == 0


@given(compact(), st.integers(-2, 2))
@settings(max_examples=15, deadline=None)
def test_components_are_those_of_the_graph_of_cells(net, level):
    import networkx

    complex_ = cells(net, Box([-7] * net.dimension, [7] * net.dimension))
    signs = [{net(v) > level for v in complex_.vertices(i)} for i in range(len(complex_))]
    graph = networkx.Graph()
    graph.add_nodes_from(i for i, some in enumerate(signs) if True in some)
    for i in range(len(complex_)):
        for j in range(i):
            if any(net(v) > level for v in set(complex_.vertices(i)) & set(complex_.vertices(j))):
                graph.add_edge(i, j)
    assert complex_.betti_numbers("positive", level=level)[0] == networkx.number_connected_components(graph)


@pytest.mark.parametrize("mutant", ["no ridges", "no sections"])
def test_a_missing_facet_is_caught(monkeypatch, mutant):
    if mutant == "no sections":
        monkeypatch.setattr(homology._Face, "is_entered", property(lambda self: False))
        assert betti(RING, SQUARE)[1] != (1, 1, 0)
    else:
        monkeypatch.setattr(homology._Face, "is_zero", property(lambda self: False))
        assert betti("1 - max(abs(x0), abs(x1), 1)", SQUARE)[0] != (1, 0, 0)


def test_what_cannot_be_asked():
    complex_ = cells(parse("max(x0, 0)").to_network())
    with pytest.raises(InvalidInput, match='"zero" or "positive" or "negative"'):
        complex_.betti_numbers("all")
    with pytest.raises(InvalidInput, match="0 to 0"):
        complex_.betti_numbers(output=1)
    with pytest.raises(InvalidInput, match="to_network"):
        cells(parse("max(min(x0, 0), min(x1, 0))")).betti_numbers()
    with pytest.raises(InvalidInput, match="without lines"):
        cells(ReLUNetwork([[1, 2]])).betti_numbers()


def test_betti_numbers_do_not_depend_on_the_engine():
    net = families.random_network((3, 8, 6, 1), 3, biases=True, denominator=8, largest=8)
    box = Box([-10] * 3, [10] * 3)
    fast, slow = (cells(net, box, engine=engine) for engine in ("compiled", "reference"))
    for which in SIDES:
        assert fast.betti_numbers(which) == slow.betti_numbers(which)
