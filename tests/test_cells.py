"""Cells, regions and pieces: three numbers, exact in any position."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import MEDIAN

from tropical import (
    Box,
    BudgetExceeded,
    InvalidInput,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    cells,
)
from tropical.testing import networks, points

LARGEST_IN_CI = 1200


def counts(F, domain=None):
    complex_ = cells(F, domain)
    return complex_.n_cells, complex_.n_regions, complex_.n_pieces


def test_published_counts_in_a_box(data):
    networks_ = json.loads((data / "nets.json").read_text())["networks"]
    checked = 0
    for case in networks_:
        if case["cells_in_box"] > LARGEST_IN_CI:
            continue
        den = case["den"]
        net = ReLUNetwork(
            [[[Fraction(w, den) for w in row] for row in layer["W"]] for layer in case["layers"]],
            [[Fraction(b, den) for b in layer["b"]] for layer in case["layers"]],
        )
        low, high = case["box"]
        d = net.dimension
        assert cells(net, Box([low] * d, [high] * d)).n_cells == case["cells_in_box"], case["name"]
        checked += 1
    assert checked >= 8


def test_three_numbers_differ():
    # max(0, x, 2x - 2) - max(0, 2x - 2): pieces 0, x, 2 and 0, ... as a network of three hinges at 0, 1, 2
    net = ReLUNetwork([[[1], [1], [1]], [1, 1, -2]], [[0, -2, -1], 0])
    assert counts(net) == (4, 4, 3)
    assert counts(MEDIAN)[1:] == (6, 3)


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (ReLUNetwork([[[1], [-1]], [1, 1]]), (2, 2, 2)),  # |x|: coincident hyperplanes
        (ReLUNetwork([[[1], [-1]], [1, -1]]), (2, 1, 1)),  # x, though two units cut
        (ReLUNetwork([[[1], [1], [2]], [1, 1, 1]]), (2, 2, 2)),  # duplicated neurons
        (ReLUNetwork([[[0, 0]], [1]]), (1, 1, 1)),  # a dead unit
        (ReLUNetwork([[[1, 1]], [0]]), (2, 1, 1)),  # the zero function, cut by a unit without effect
        (ReLUNetwork([[0, 0, 0]]), (1, 1, 1)),  # no hidden layer, zero function
        (ReLUNetwork([[[1]], [[-1]], [1]]), (2, 1, 1)),  # relu(-relu(x)) = 0
        (ReLUNetwork([[[1, -1], [0, 1], [0, -1]], [1, 1, -1]]), (4, 2, 2)),  # max(x, y)
        (ReLUNetwork([[[0]], [1]], [[1], 0]), (1, 1, 1)),  # constant 1
    ],
)
def test_degenerate_networks(net, expected):
    assert counts(net) == expected


def test_generic_arrangement_has_the_formula_of_cells():
    # n lines in general position: 1 + n + C(n, 2) cells; through the origin: 2n
    lines = [[1, 0], [0, 1], [1, 1], [1, -2], [3, 1]]
    net = ReLUNetwork([lines, [1, 2, 3, 4, 5]], [[1, -2, 5, 7, 11], 0])
    assert cells(net).n_cells == 1 + 5 + 10
    assert cells(ReLUNetwork([lines, [1, 2, 3, 4, 5]])).n_cells == 10


@given(st.data())
@settings(max_examples=60)
def test_every_cell_has_its_affine_function(data):
    net = data.draw(networks(entries=st.fractions(-2, 2, max_denominator=3)))
    complex_ = cells(net)
    assert complex_.n_pieces <= complex_.n_regions <= complex_.n_cells
    assert len({cell.label for cell in complex_}) == complex_.n_cells
    for cell in complex_:
        piece = complex_.piece_of(cell)
        x = cell.point
        assert net(x) == sum(u * t for u, t in zip(piece.gradient, x, strict=True)) + piece.constant


@given(st.data())
@settings(max_examples=60)
def test_cells_cover_space_and_interiors_are_disjoint(data):
    net = data.draw(networks())
    complex_ = cells(net)
    x = data.draw(points(net.dimension))
    z = [sum(b * t for b, t in zip(row, x, strict=True)) for row in complex_.basis]

    def heights(cell):
        return [sum(a * t for a, t in zip(wall, z, strict=False)) + wall[-1] for wall in cell.constraints]

    assert any(all(h >= 0 for h in heights(cell)) for cell in complex_)
    assert sum(all(h > 0 for h in heights(cell)) for cell in complex_) <= 1


def test_domains():
    net = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]])
    assert cells(net).n_cells == 4
    assert cells(net, Box([1, 1], [2, 2])).n_cells == 1
    assert cells(net, Polyhedron([[-1, 0], [0, -1]], [0, 1])).n_cells == 2  # x0 >= 0, x1 >= -1, unbounded
    with pytest.raises(InvalidInput, match="interior"):
        cells(net, Polyhedron([[1, 0], [-1, 0]], [0, 0]))
    with pytest.raises(InvalidInput, match="interior"):
        cells(net, Polyhedron([[1, 0], [-1, 0]], [0, -1]))
    with pytest.raises(InvalidInput, match="dimension 2"):
        cells(net, Box([0], [1]))
    with pytest.raises(InvalidInput, match=r"hi\[0\]"):
        Box([1], [1])


def test_budget_keeps_what_was_found():
    net = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]])
    with pytest.raises(BudgetExceeded, match="max_cells=3") as caught:
        cells(net, max_cells=3)
    assert caught.value.partial.n_cells == 3
    assert cells(net, max_cells=4).n_cells == 4
    for bad in (0, -1, True, 1.5):
        with pytest.raises(InvalidInput, match="max_cells"):
            cells(net, max_cells=bad)


def test_several_outputs_have_a_table_each():
    complex_ = cells(ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]]))
    assert [len(table) for table in complex_.pieces] == [2, 1]
    assert complex_.n_pieces == 2


def test_unknown_functions_are_refused():
    with pytest.raises(InvalidInput, match=r"^`F` needs"):
        cells(lambda x: x)


def test_a_lattice_polynomial_that_never_uses_a_piece():
    F = LatticePolynomial([([1], 0), ([1], -1), ([0], 5)], [[0], [1]])
    assert cells(F).n_pieces == 1


def test_the_budget_counts_whole_cells_of_a_polynomial():
    honeycomb = TropicalPolynomial(
        {(i, j): -(i * i + i * j + j * j) for i in range(4) for j in range(4)}, convention="max"
    )
    n = cells(honeycomb).n_cells
    assert n == 16
    assert cells(honeycomb, max_cells=n).n_cells == n
    with pytest.raises(BudgetExceeded) as caught:
        cells(honeycomb, max_cells=n - 1)
    assert caught.value.partial.n_cells == n - 1
