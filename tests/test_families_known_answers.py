"""Named families: counts, laws and Gaussian quantities that their docstrings state, by independent means."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import (
    Box,
    InvalidInput,
    InvalidType,
    ReLUNetwork,
    TropicalPolynomial,
    TropicalRational,
    cells,
    families,
    gaussian,
    is_convex,
    is_homogeneous,
    lattice,
    lipschitz,
    parse,
    relevant_subspace,
    same_function,
    sup_distance,
)
from tropical.testing import lattice_polynomials, points, vectors

# ---------------------------------------------------------------- functions of the plane


def circle_harmonic(values, m):
    """The cosine and sine coefficient of values at equidistant angles, by the trapezoidal rule."""
    angles = 2 * np.pi * np.arange(len(values)) / len(values)
    return 2 * np.mean(values * np.cos(m * angles)), 2 * np.mean(values * np.sin(m * angles))


@pytest.mark.parametrize("K", [3, 4, 5, 7])
def test_harmonics_of_the_fan(K):
    angles = np.pi * np.arange(2 * K * 4000) / (K * 4000)  # every kink is a node
    values = families.fan(K).evaluate(np.column_stack([np.cos(angles), np.sin(angles)]))
    for m in range(3 * K + 2):
        expected = 4 * K / math.pi / math.tan(math.pi / (2 * K)) / (m * m - 1) if m in (K, 3 * K) else 0
        assert np.allclose(circle_harmonic(values, m), (expected, 0), atol=1e-6)


@pytest.mark.parametrize("K", [3, 4, 5, 6, 9])
def test_shape_of_the_fan(K):
    F = families.fan(K)
    found = cells(F)
    assert (found.n_regions, found.n_pieces) == (2 * K, 2 * K if K % 2 == 0 else K)
    assert is_homogeneous(F)
    turned = ReLUNetwork([[[-a for a in row] for row in F.weights[0]], *F.weights[1:]])
    assert same_function(turned, (-1) ** K * lattice(F))
    assert float(lipschitz(F)) == pytest.approx(1 / math.sin(math.pi / (2 * K)), abs=1e-12)


def test_small_fans_are_exact():
    assert same_function(families.fan(1), parse("x0", dimension=2))
    assert same_function(families.fan(2), parse("abs(x0) - abs(x1)"))
    assert families.fan_error(1) == families.fan_error(2) == 0


@pytest.mark.parametrize("K", [4, 6, 10])
def test_for_even_K_the_fan_is_a_multiple_of_the_cyclic_sum(K):
    X = np.random.default_rng(K).standard_normal((100, 2))
    factor = (-1) ** (K // 2 + 1) * math.tan(math.pi / (2 * K))
    assert np.allclose(families.cyclic(K).evaluate(X), factor * families.fan(K).evaluate(X), atol=1e-12)


@pytest.mark.parametrize(("K", "digits"), [(3, 2), (5, 3), (8, 3)])
def test_the_error_of_the_fan_is_bounded_and_not_by_much_too_much(K, digits):
    fine, coarse, bound = families.fan(K, 30), families.fan(K, digits), families.fan_error(K, digits)
    apart = float(sup_distance(fine, coarse, relative=True))
    assert apart <= bound + families.fan_error(K, 30)
    assert apart > bound / 50  # a bound a hundred times smaller would be wrong


def test_the_fan_of_an_odd_number_is_blind_exactly_where_it_should_be():
    assert gaussian.mean(families.fan(5, 4)) == 0
    assert gaussian.hermite_coefficient(families.fan(5, 4), (1, 1)) == 0
    F = families.mean_minus_median()
    for degrees in product(range(4), repeat=3):
        value = gaussian.hermite_coefficient(F, degrees)
        if sum(degrees) < 3:
            assert value == 0
    assert gaussian.hermite_coefficient(F, (1, 1, 1)) > 0


def test_mean_minus_median_is_the_fan_of_three():
    F = families.mean_minus_median()
    found = cells(F)
    assert (found.n_regions, found.n_pieces, lipschitz(F).squared) == (6, 3, Fraction(2, 3))
    X = np.random.default_rng(0).standard_normal((50, 3))
    plane = np.array([[2, -1, -1], [0, 1, -1]]) / np.sqrt([[6], [2]])
    assert np.allclose(families.fan(3).evaluate(X @ plane.T) / np.sqrt(6), F.evaluate(X), atol=1e-12)
    assert np.allclose(X.mean(axis=1) - np.median(X, axis=1), F.evaluate(X), atol=1e-12)


# ---------------------------------------------------------------- parities


@pytest.mark.parametrize(("k", "t"), [(1, "1/3"), (1, 2), (2, "1/2"), (3, "1/5"), (3, 2)])
def test_homogeneous_parity_is_the_parity_on_a_slice(k, t):
    F = families.homogeneous_parity(k, t)
    assert F.is_bias_free()
    assert lipschitz(F).squared == max(1, k / Fraction(t) ** 2 + (k - 1) ** 2)
    first, *others = F.weights
    for scale in (1, -1):  # x_0 fixed: its column is a bias
        slice_ = type(F)([[row[1:] for row in first], *others], [[scale * row[0] for row in first], None, None, None])
        assert same_function(slice_, families.parity(k, t))


@given(points(4))
def test_homogeneous_parity_off_the_thin_sets(x):
    scale = abs(x[0])
    if all(abs(v) >= scale / 10 for v in x[1:]):
        sign = math.prod(1 if v > 0 else -1 for v in x[1:])
        assert families.homogeneous_parity(3)(x) == scale * sign
    assert abs(families.homogeneous_parity(3)(x)) <= scale


@pytest.mark.parametrize("k", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_no_filter_of_the_sign_sees_anything(k):
    half = gaussian.conditional_moments(families.sign_times_minimum(k), (0, None))
    assert half.mass.enclosure(10).lower <= Fraction(1, 2) <= half.mass.enclosure(10).upper
    for i in range(k):
        assert abs(float(half.mean[i])) < 1e-15
        for j in range(k):
            value = half.hermite[i, j]
            assert value.enclosure(10).lower <= 0 <= value.enclosure(10).upper
            assert k > 3 or value == 0


def test_two_signs_are_too_few_and_the_size_tells():
    assert gaussian.conditional_moments(families.sign_times_minimum(2), (0, None)).hermite[0, 1] > Fraction(1, 2)
    matrix = gaussian.filter_matrix(families.sign_times_minimum(3), 1)
    assert matrix[0, 0].enclosure(6).lower > Fraction(1, 25)


# ---------------------------------------------------------------- depth


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_counts_of_the_sawtooth(depth):
    F = families.sawtooth(depth)
    line, unit = cells(F), cells(F, Box([0], [1]))
    assert (unit.n_pieces, unit.n_regions) == (2**depth, 2**depth)
    assert (line.n_pieces, line.n_regions) == (2**depth + 1, 3 if depth == 1 else 2**depth + 2)
    assert lipschitz(F).squared == 4**depth
    for i in range(2**depth + 1):
        assert F([Fraction(i, 2**depth)]) == i % 2


def test_a_sawtooth_of_a_sawtooth():
    one, two, three = (families.sawtooth(depth) for depth in (1, 2, 3))
    for i in range(-7, 30):
        x = Fraction(i, 23)
        assert three([x]) == one([two([x])]) == two([one([x])])


@pytest.mark.parametrize(("n", "p", "depth"), [(1, 3, 3), (2, 2, 2), (2, 3, 1), (3, 2, 1), (2, 1, 2)])
def test_counts_of_foldings(n, p, depth):
    F, cube = families.folding(n, p, depth), Box([0] * n, [1] * n)
    found = cells(F, cube)
    assert found.n_regions == p ** (n * depth)
    assert F.widths == (n, *[p * n] * depth, 1)
    assert lipschitz(F, domain=cube).squared == n * p ** (2 * depth)


# ---------------------------------------------------------------- hyperplanes


@pytest.mark.parametrize(("n", "k"), [(1, 1), (3, 2), (5, 2), (4, 3), (5, 3), (4, 4)])
def test_vertices_in_general_position(n, k):
    moments = [[(i + 1) ** j for j in range(k)] for i in range(n)]  # Vandermonde: any k are independent
    expected = 2 * sum(math.comb(n - 1, j) for j in range(k))
    assert families.zonotope_vertices(moments) == expected
    found = cells(families.zonotope(moments))
    assert (found.n_pieces, found.n_regions, found.n_cells) == (expected,) * 3


@settings(max_examples=25, deadline=None)
@given(st.lists(vectors(3, st.integers(-1, 1)), min_size=1, max_size=5))
def test_vertices_in_special_position(generators):
    F = families.zonotope(generators)
    assert families.zonotope_vertices(generators) == cells(F).n_pieces == cells(F).n_regions
    assert is_convex(F)


def test_a_zonotope_is_a_sum_of_absolute_values():
    assert same_function(families.zonotope([[1, 2], [0, 0], [-3, "1/2"]]), parse("abs(x0 + 2*x1) + abs(3*x0 - 1/2*x1)"))


@pytest.mark.parametrize("epsilon", ["1/1000", "1/3", 1, 7])
def test_near_parallel_neurons(epsilon):
    F, e = families.near_parallel(epsilon), Fraction(epsilon)
    found = cells(F)
    assert {piece.gradient for piece in found.pieces} == {(0, 1), (0, 0), (1 / e, 1), (-1 / e, 0)}
    assert found.n_regions == 4
    assert lipschitz(F).squared == 1 + 1 / e**2
    expected = 0.5 - (float(e) - math.atan(e)) / (math.pi * float(e) ** 2)
    assert float(gaussian.second_moment(F)) == pytest.approx(expected, abs=1e-9)


# ---------------------------------------------------------------- chance, and R^d


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(0, 4), st.integers(0, 10**6))
def test_orthonormal_frames_are_orthonormal_exactly(k, more, seed):
    rows = families.frame(k, k + more, "orthonormal", seed)
    assert all(
        sum(a * b for a, b in zip(v, w, strict=True)) == (i == j)
        for i, v in enumerate(rows)
        for j, w in enumerate(rows)
    )


def test_frames_are_reproducible_and_differ():
    for kind in ("orthonormal", "rational"):
        assert families.frame(3, 8, kind, 1) == families.frame(3, 8, kind, 1) != families.frame(3, 8, kind, 2)
    matrix = np.array(families.frame(4, 4, "rational", 0), dtype=float)
    assert np.linalg.matrix_rank(matrix) == 4
    assert np.count_nonzero(np.array(families.frame(3, 40, seed=0), dtype=float)) > 60


@settings(max_examples=15, deadline=None)
@given(lattice_polynomials(2), points(4), st.sampled_from(["orthonormal", "rational"]), st.integers(0, 5))
def test_embedding_is_composition_with_the_frame(F, x, kind, seed):
    rows = families.frame(2, 4, kind, seed)
    inner = [sum(a * b for a, b in zip(row, x, strict=True)) for row in rows]
    terms = TropicalPolynomial([(piece.constant, piece.gradient) for piece in F.pieces], "max")
    for function in (F, F.to_network(), terms, TropicalRational(terms, terms)):
        embedded = families.embed(function, 4, kind, seed)
        assert type(embedded) is type(function)
        assert embedded.dimension == 4
        assert embedded(x) == function(inner)


def test_orthonormal_embedding_changes_no_gaussian_quantity():
    F = families.mean_minus_median()
    wide = families.embed(F, 12, seed=4)
    assert lipschitz(wide).squared == lipschitz(F).squared
    assert len(relevant_subspace(wide)) == 2
    assert float(gaussian.second_moment(wide)) == pytest.approx(float(gaussian.second_moment(F)), abs=1e-12)
    stretched = families.embed(F, 12, "rational", seed=4)
    assert lipschitz(stretched).squared != lipschitz(F).squared


@pytest.mark.parametrize(
    ("pieces", "clauses", "size"), [(1, 1, None), (4, 3, None), (6, 5, 3), (5, 1, None), (4, 6, 2), (8, 12, None)]
)
@pytest.mark.parametrize("form", ["max-min", "min-max"])
def test_random_lattice_polynomials_have_what_was_asked_for(pieces, clauses, size, form):
    F = families.random_lattice_polynomial(3, pieces, clauses, 7, clause_size=size, form=form)
    assert (len(F.pieces), len(F.clauses), F.form, F.dimension) == (pieces, clauses, form, 3)
    assert families.random_lattice_polynomial(3, pieces, clauses, 7, clause_size=size, form=form) == F
    assert len({(piece.gradient, piece.constant) for piece in F.pieces}) == pieces
    assert {i for clause in F.clauses for i in clause} == set(range(pieces))
    assert not any(set(a) < set(b) for a in F.clauses for b in F.clauses)
    assert size is None or {len(clause) for clause in F.clauses} == {size}


def test_random_lattice_polynomials_without_constants():
    F = families.random_lattice_polynomial(2, 5, 4, 0, biases=False)
    assert is_homogeneous(F)
    assert families.random_lattice_polynomial(2, 5, 4, 1, biases=False) != F


@pytest.mark.parametrize(
    "call",
    [
        lambda: families.fan(0),
        lambda: families.fan(100, digits=2),
        lambda: families.fan(3, digits=1.5),
        lambda: families.homogeneous_parity(0),
        lambda: families.homogeneous_parity(2, 0.1),
        lambda: families.leap(1),
        lambda: families.leap_bound(3, 0),
        lambda: families.sawtooth(0),
        lambda: families.folding(1, 2, True),
        lambda: families.zonotope([]),
        lambda: families.zonotope([[]]),
        lambda: families.zonotope_vertices([[1, 0.5]]),
        lambda: families.near_parallel(0),
        lambda: families.near_parallel(0.1),
        lambda: families.frame(3, 2),
        lambda: families.frame(1, 2, "orthogonal"),
        lambda: families.frame(1, 2, seed=-1),
        lambda: families.embed(families.fan(3), 1),
        lambda: families.embed(families.fan(3), 4, "other"),
        lambda: families.random_lattice_polynomial(1, 100, 1, biases=False),
        lambda: families.random_lattice_polynomial(2, 3, 4),
        lambda: families.random_lattice_polynomial(2, 3, 1, clause_size=4),
        lambda: families.random_lattice_polynomial(2, 3, 1, clause_size=2),
        lambda: families.random_lattice_polynomial(2, 3, 1, form="max"),
        lambda: families.random_network([3, 1], "seed"),
    ],
    ids=range(25),
)
def test_bad_arguments(call):
    with pytest.raises(InvalidInput, match=r"^`[\w\[\]]+` needs .*, got .*; "):
        call()


def test_only_functions_are_embedded():
    with pytest.raises(InvalidType, match=r"^`F` needs"):
        families.embed("x0", 3)
