"""Hypersurfaces, Newton polytopes and regular subdivisions: exact in any dimension and any position."""

from dataclasses import replace
from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import z3_essential, z3_hull_vertices

from tropical import InvalidInput, NewtonPolytope, TropicalPolynomial, cells
from tropical.testing import points, rationals, tropical_polynomials, vectors

dimensions = st.integers(1, 3)
any_polynomial = dimensions.flatmap(lambda d: tropical_polynomials(d, max_terms=6))
fractional = st.integers(1, 3).flatmap(lambda d: tropical_polynomials(d, max_terms=5, exponents=rationals(2, 3)))


def attaining(P, x):
    values = [c + sum(u * t for u, t in zip(exponents, x, strict=True)) for c, exponents in P.terms]
    value = (max if P.convention == "max" else min)(values)
    return tuple(i for i, v in enumerate(values) if v == value)


@given(any_polynomial)
@settings(max_examples=60)
def test_essential_terms_are_those_of_z3(P):
    expected = z3_essential(P)
    assert P.essential().terms == tuple(P.terms[i] for i in expected)


@given(st.one_of(any_polynomial, fractional))
@settings(max_examples=80)
def test_balancing(P):
    surface = P.hypersurface()
    assert surface.is_balanced()
    for ridge in surface.ridges:
        assert len(ridge.cells) >= 3


@given(any_polynomial)
@settings(max_examples=60)
def test_a_wrong_weight_is_out_of_balance(P):
    surface = P.hypersurface()
    for number in {i for ridge in surface.ridges for i in ridge.cells}:
        cells_ = list(surface.cells)
        cells_[number] = replace(cells_[number], weight=cells_[number].weight + 1)
        assert not replace(surface, cells=tuple(cells_)).is_balanced()


@given(st.one_of(any_polynomial, fractional))
@settings(max_examples=80)
def test_cells_are_where_their_terms_tie(P):
    surface = P.hypersurface()
    for cell in surface.cells:
        assert attaining(P, cell.point) == cell.terms
        for vertex in cell.vertices:
            assert set(cell.terms) <= set(attaining(P, vertex))
            for ray in cell.rays:
                far = [v + 3 * r for v, r in zip(vertex, ray, strict=True)]
                assert set(cell.terms) <= set(attaining(P, far))
        first, last = (P.terms[i][1] for i in (cell.terms[0], cell.terms[-1]))
        assert gcd(*cell.normal) == 1
        assert [b - a for a, b in zip(first, last, strict=True)] == [cell.weight * n for n in cell.normal]
        assert cell.weight > 0
    for ridge in surface.ridges:
        assert attaining(P, ridge.point) == ridge.terms
        assert all(set(surface.cells[i].terms) < set(ridge.terms) for i in ridge.cells)
    for direction in surface.lineality:
        assert all(not sum(a * b for a, b in zip(direction, cell.normal, strict=True)) for cell in surface.cells)


@given(tropical_polynomials(2, max_terms=5), points(2))
@settings(max_examples=60)
def test_every_tie_of_essential_terms_lies_on_a_cell(P, x):
    # move x along the first axis to where two terms tie; the hypersurface must know the tie
    for i, (c, u) in enumerate(P.terms):
        for b, v in P.terms[:i]:
            if u[0] != v[0]:
                y = (Fraction(b - c + (v[1] - u[1]) * x[1], 1) / (u[0] - v[0]), x[1])
                terms = attaining(P, y)
                if len(terms) >= 2:
                    covered = [cell for cell in P.hypersurface().cells if set(cell.terms) <= set(terms)]
                    assert covered


@given(any_polynomial)
@settings(max_examples=40)
def test_the_cells_of_the_polynomial_are_its_essential_terms(P):
    assert cells(P).n_cells == cells(P).n_regions == cells(P).n_pieces == len(P.essential())


@given(st.one_of(any_polynomial, fractional))
@settings(max_examples=60)
def test_the_subdivision_is_dual(P):
    subdivision, surface = P.regular_subdivision(), P.hypersurface()
    polytope = P.newton_polytope()
    assert subdivision.dimension == polytope.dimension
    assert len(subdivision.faces(0)) == len(P.essential())
    if subdivision.dimension >= 1:
        assert sorted(subdivision.faces(1)) == sorted(cell.terms for cell in surface.cells)
    if subdivision.dimension >= 2:
        assert sorted(subdivision.faces(2)) == sorted(ridge.terms for ridge in surface.ridges)
    for dimension in range(subdivision.dimension + 1):
        for face in subdivision.faces(dimension):
            assert subdivision.polytope(face).dimension == dimension
    # a point of the Newton polytope lies in some maximal cell
    weights = [Fraction(1, len(subdivision.points))] * len(subdivision.points)
    middle = [sum(w * p[i] for w, p in zip(weights, subdivision.points, strict=True)) for i in range(P.dimension)]
    assert middle in polytope
    assert any(middle in subdivision.polytope(cell) for cell in subdivision.cells)


@given(st.integers(1, 3).flatmap(lambda d: st.lists(vectors(d, st.integers(-2, 2)), min_size=1, max_size=7)))
@settings(max_examples=80)
def test_hull_vertices_are_those_of_z3(raw):
    polytope = NewtonPolytope.of_points(raw)
    assert list(polytope.vertices) == z3_hull_vertices([tuple(map(Fraction, p)) for p in raw])
    for point in raw:
        assert point in polytope
    for a in polytope.inequalities:
        on = [p for p in polytope.vertices if sum(c * t for c, t in zip(a, (*p, 1), strict=True)) == 0]
        assert on
        assert len(on) < len(polytope.vertices)
    outside = [max(p[0] for p in raw) + 1, *[0] * (len(raw[0]) - 1)]
    assert outside not in polytope


def test_flat_collinear_and_single_term_input():
    # exponents on a line in the plane: parallel lines
    P = TropicalPolynomial({(0, 0): 0, (1, 2): 0, (2, 4): -1}, convention="max")
    surface = P.hypersurface()
    assert [(cell.weight, cell.normal) for cell in surface.cells] == [(1, (1, 2)), (1, (1, 2))]
    assert surface.ridges == ()
    assert surface.lineality == ((-2, 1),)
    assert P.newton_polytope().dimension == 1
    assert P.regular_subdivision().cells == ((0, 1), (1, 2))
    # a point inside the segment that the lifting hides
    assert len(TropicalPolynomial({(0, 0): 0, (1, 1): -5, (2, 2): 0}, convention="max").essential()) == 2
    single = TropicalPolynomial({(3, 1): 7}, convention="min")
    assert single.hypersurface().cells == ()
    assert single.hypersurface().is_balanced()
    assert single.newton_polytope().dimension == 0
    assert single.newton_polytope().inequalities == ()
    assert single.regular_subdivision().cells == ((0,),)
    assert single.essential() == single
    constant = TropicalPolynomial.constant(2, 3, "max")
    assert len(constant.hypersurface().lineality) == 3
    # a plane in space: exponents span a plane only
    wall = TropicalPolynomial({(1, 0, 0): 0, (0, 1, 0): 0, (0, 0, 0): 0}, convention="max").hypersurface()
    assert len(wall.cells) == 3
    assert wall.lineality == ((0, 0, 1),)
    assert wall.is_balanced()


def test_the_tropical_plane_in_space():
    terms = {(1, 0, 0): 0, (0, 1, 0): 0, (0, 0, 1): 0, (0, 0, 0): 0}
    plane = TropicalPolynomial(terms, convention="min").hypersurface()
    assert (len(plane.cells), len(plane.ridges), len(plane.vertices)) == (6, 4, 1)
    assert plane.vertices == ((0, 0, 0),)
    assert {cell.weight for cell in plane.cells} == {1}


def test_a_smooth_cubic_has_genus_one():
    # the honeycomb: c(i, j) = -(i^2 + i j + j^2), a unimodular triangulation with nine triangles
    cubic = TropicalPolynomial(
        {(i, j): -(i * i + i * j + j * j) for i in range(4) for j in range(4 - i)}, convention="max"
    )
    subdivision, curve = cubic.regular_subdivision(), cubic.hypersurface()
    assert subdivision.is_triangulation
    assert (len(subdivision.cells), len(curve.vertices)) == (9, 9)
    bounded = [cell for cell in curve.cells if not cell.rays]
    assert len(bounded) - len(curve.vertices) + 1 == 1
    assert len(curve.cells) - len(bounded) == 9
    assert {cell.weight for cell in curve.cells} == {1}


def test_weights_are_lattice_lengths():
    double = TropicalPolynomial({(0, 0): 0, (2, 4): 0}, convention="max").hypersurface()
    assert (double.cells[0].weight, double.cells[0].normal) == (2, (1, 2))
    half = TropicalPolynomial({(0, 0): 0, ("1/2", "1/3"): 0}, convention="max").hypersurface()
    assert (half.cells[0].weight, half.cells[0].normal) == (Fraction(1, 6), (3, 2))


@given(st.lists(st.tuples(rationals(), st.integers(1, 3)), min_size=1, max_size=4), st.sampled_from(["max", "min"]))
def test_roots_are_those_of_the_factors(factors, convention):
    x = TropicalPolynomial.variables(1, convention)[0]
    product = x**0
    expected = {}
    for root, multiplicity in factors:
        product = product * (x + TropicalPolynomial.constant(root, 1, convention)) ** multiplicity
        expected[root] = expected.get(root, 0) + multiplicity
    assert dict(product.roots()) == expected


def test_roots_of_other_input():
    assert TropicalPolynomial({("1/2",): 0, (0,): 1}, convention="max").roots() == ((2, Fraction(1, 2)),)
    assert TropicalPolynomial({(-1,): 0, (1,): 0}, convention="max").roots() == ((0, 2),)
    with pytest.raises(InvalidInput, match="one variable"):
        TropicalPolynomial({(1, 0): 0}, convention="max").roots()
    with pytest.raises(InvalidInput, match="0 to 1"):
        TropicalPolynomial({(1,): 0, (0,): 0}, convention="max").regular_subdivision().faces(2)


def test_numbers_beyond_64_bits():
    big = 10**40
    P = TropicalPolynomial({(0, 0): 0, (big, 0): 1, (0, big + 1): Fraction(1, big), (big, big): 3}, convention="max")
    assert P.hypersurface().is_balanced()
    assert len(P.essential()) == len(z3_essential(P))


def test_many_variables_cost_only_the_rank():
    d = 60
    terms = {tuple(int(j == i) for j in range(d)): i for i in range(3)} | {(0,) * d: 0}
    surface = TropicalPolynomial(terms, convention="max").hypersurface()
    assert len(surface.cells) == 6
    assert len(surface.lineality) == d - 3
    assert surface.is_balanced()
