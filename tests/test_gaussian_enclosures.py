"""Error bounds at work: few nodes, few panels and bad eigenvectors widen answers and never falsify them; mutants do."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import Polyhedron, families, gaussian, parse
from tropical._exact.cone import Cone
from tropical.gaussian import chebyshev, dilation, isserlis, measures, spectra
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.cones import gram
from tropical.gaussian.decomposition import decompose
from tropical.gaussian.dilation import Budget, Dilations
from tropical.gaussian.faces import AffineForm, FaceTable
from tropical.gaussian.filters import LabelFilter
from tropical.gaussian.label_moments import LabelMoments
from tropical.gaussian.moved_cones import moved_cone
from tropical.gaussian.spectra import eigenvalue_enclosures
from tropical.gaussian.values import enclosure_of_ball
from tropical.gaussian.working_precision import working_bits


def tail_of_maximum(n, tau):
    with mpmath.workdps(40):
        return 1 - mpmath.ncdf(tau) ** n + mpmath.ncdf(-tau) ** n


def contains(ball, truth):
    with mpmath.workdps(60):
        box = enclosure_of_ball(ball)
        low, high = (mpmath.mpf(x.numerator) / x.denominator for x in (box.lower, box.upper))
        return low <= truth <= high


def rough_tail(n, tau, nodes, most_panels=None):
    """The tail of a maximum with any number of nodes and panels, as the engine bounds it."""
    moments = LabelMoments(decompose([families.maximum_of(n)], None), LabelFilter.threshold(tau))
    with working_bits(160):
        tables = Dilations(moments.moments.measures, 25, Budget(None))
        tables.nodes = nodes
        if most_panels is not None:
            tables._panel_count = lambda square: most_panels
        return moments.mass().ball(tables.atom)


# ---------------------------------------------------------------- interpolation and truncation


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("nodes", [2, 4, 7, 11, 16, 24, 40])
def test_few_nodes_are_still_right(n, nodes):
    ball = rough_tail(n, 1, nodes)
    assert contains(ball, tail_of_maximum(n, 1))
    assert float(ball.rad()) < 2000 * 3.8**-nodes


def test_without_the_interpolation_bound_it_would_be_wrong(monkeypatch):
    monkeypatch.setattr(chebyshev.Panel, "interpolation_error", lambda *_: arb(0))
    assert not is_right(6)


def is_right(nodes):
    try:
        return contains(rough_tail(3, 1, nodes), tail_of_maximum(3, 1))
    except ValueError:  # a measure certainly outside [0, 1]: caught as well
        return False


def test_a_bound_that_is_too_small_would_be_wrong(monkeypatch):
    """A mutant of the error bound, ten thousand times smaller, is caught."""
    honest = chebyshev.Panel.interpolation_error
    monkeypatch.setattr(chebyshev.Panel, "interpolation_error", lambda *given: honest(*given) / 10**4)
    assert not all(is_right(nodes) for nodes in range(2, 12))


@pytest.mark.parametrize("panels", [1, 2, 3])
def test_few_panels_are_still_right(panels):
    assert contains(rough_tail(3, 1, 40, most_panels=panels), tail_of_maximum(3, 1))


def test_without_the_remainder_it_would_be_wrong(monkeypatch):
    monkeypatch.setattr(chebyshev.Integrand, "_beyond", lambda self: arb(0))
    monkeypatch.setattr(dilation, "UNIT", arb(0))
    assert not contains(rough_tail(3, 1, 40, most_panels=1), tail_of_maximum(3, 1))


def test_constants_of_the_ellipse():
    """On the ellipse of [a, 2a], with ρ = 19/5: |s|²/Re s² <= 23/5 and Re s² >= 3a²/16."""
    turn = np.linspace(0, 2 * np.pi, 100_001)
    rho = 3.8
    s = 1.5 + (rho + 1 / rho) / 4 * np.cos(turn) + 1j * (rho - 1 / rho) / 4 * np.sin(turn)
    real = (s**2).real
    assert real.min() >= 3 / 16
    assert (np.abs(s) ** 2 / real).max() <= 23 / 5
    assert (np.abs(s) ** 2 / real).max() > 4.5  # sharp enough to be worth stating


@given(st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=40)
def test_owen(p, q):
    w, h = p / 7, q / 5
    with working_bits(100):
        value = dilation._owen(fmpq(p, 7) ** 2, fmpq(q, 5) ** 2)
    assert float(value) == pytest.approx(scipy.special.owens_t(w, h / w), rel=1e-12, abs=1e-16)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
@settings(max_examples=20)
def test_chebyshev_integration_is_exact_for_polynomials(coefficients):
    with working_bits(120):
        points, weights, matrix = chebyshev._chebyshev(6, 120)
        values = [sum((arb(c) * x**k for k, c in enumerate(coefficients)), arb(0)) for x in points]
        total = sum((weights[0, j] * values[j] for j in range(6)), arb(0))
        whole = sum(c * (1 - (-1) ** (k + 1)) / (k + 1) for k, c in enumerate(coefficients))
        assert float(total) == pytest.approx(whole, abs=1e-14)
        for i in range(6):
            part = sum((matrix[i, j] * values[j] for j in range(6)), arb(0))
            x = float(points[i])
            truth = sum(c * (1 - x ** (k + 1)) / (k + 1) for k, c in enumerate(coefficients))
            assert float(part) == pytest.approx(truth, abs=1e-14)


# ---------------------------------------------------------------- cones of rank above three


@pytest.mark.parametrize("scale", [1, 10**4])
def test_thin_cones_in_four_dimensions(scale):
    """A linear image of the orthant with probability known through independence of two thin wedges."""
    # {0 <= scale·x1 <= x0} x {0 <= x3 <= x2}, hidden from the splitting into independent groups by a redundant wall
    rows = [[0, -1, 0, 0], [-1, scale, 0, 0], [0, 0, 0, -1], [0, 0, -1, 1], [-1, 0, -1, 0]]
    value = gaussian.cell_probability(Polyhedron(rows, [0] * 5))
    with mpmath.workdps(40):
        truth = mpmath.atan(mpmath.mpf(1) / scale) / (2 * mpmath.pi) / 8
        with working_bits(120):
            assert contains(value.ball(30), truth)
    assert value.width < Fraction(1, 10**15)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_range_of_normals(n):
    """x_0 <= ... <= x_{n-1} <= x_0 + 1: n - 1 walls through the mean, one off it: a tangent cone of rank n - 1."""
    rows = [[int(j == i) - int(j == i + 1) for j in range(n)] for i in range(n - 1)]
    rows.append([-1] + [0] * (n - 2) + [1])
    value = gaussian.cell_probability(Polyhedron(rows, [0] * (n - 1) + [1]))
    with mpmath.workdps(40):
        whole = mpmath.quad(
            lambda t: n * mpmath.npdf(t) * (mpmath.ncdf(t + 1) - mpmath.ncdf(t)) ** (n - 1), [-12, -4, -1, 1, 4, 12]
        )
        low, high = (mpmath.mpf(x.numerator) / x.denominator for x in (value.lower, value.upper))
        assert low <= whole / mpmath.factorial(n) <= high
    assert value.width < Fraction(1, 10**15)


def test_the_fan_and_the_single_cone_agree():
    """A cone of rank four as a cell of a fan, moved with it, and by the inner products of its normals alone."""
    F = families.maximum_of(5)
    decomposition = decompose([F], None)
    table = FaceTable(decomposition.covariance)
    face = table.cell(decomposition.cells[0][0])
    with working_bits(140):
        tables = Dilations(measures.Measures(table), 25, Budget(None))
        in_fan = tables._cone(face)
        alone, point = moved_cone(gram(face.walls))
        inside = tables._moved(alone, point)
        single = inside.measures.tangent(alone.faces[0]).ball() - inside._integrand(alone.faces[0]).from_start()
    assert in_fan.overlaps(single)
    for ball in (in_fan, single):
        assert Fraction(1, 120) in enclosure_of_ball(ball)  # the order cone x_i <= x_j <= ... that this cell is
        assert float(ball.rad()) < 1e-15


def test_moved_cones_are_general_and_of_unit_size():
    products = [[fmpq(2), fmpq(1), fmpq(0), fmpq(0)], [fmpq(1), fmpq(2), fmpq(1), fmpq(0)]]
    products += [[fmpq(0), fmpq(1), fmpq(2), fmpq(1)], [fmpq(0), fmpq(0), fmpq(1), fmpq(2)]]
    table, apex = moved_cone(products)
    size = dilation.squared_length(table.covariance, apex)
    assert fmpq(1, 2) < size < 2
    assert all(wall.shift for face in table.faces for wall in face.walls)


# ---------------------------------------------------------------- integration by parts


@pytest.mark.parametrize("seed", range(6))
def test_cones_in_space_by_the_closed_forms_of_the_theory(seed):
    """Pr = Ω/4π, E[1_C x] = -(2π)^(-3/2) Σ ω n, E[1_C(xxᵀ - I)] = -(1/4π) Σ n (a + b)ᵀ tan(ω/2), in floats."""
    rng = np.random.default_rng(seed)
    rays = [tuple(int(a) for a in row) for row in rng.integers(-5, 6, (3, 3))]
    turn = np.linalg.det(rays)
    if abs(turn) < 1e-9:
        rays = [(1, 0, 0), (1, 2, 0), (1, 1, 3)]
        turn = 6.0
    rays = rays if turn > 0 else rays[::-1]
    unit = [np.array(ray) / np.linalg.norm(ray) for ray in rays]
    faces = [(unit[i], unit[(i + 1) % 3]) for i in range(3)]
    inward = [np.cross(a, b) for a, b in faces]
    table = FaceTable(tuple(tuple(fmpq(int(i == j)) for j in range(3)) for i in range(3)))
    cone = Cone.whole_space(3)
    for i in range(3):
        cone = cone.part(tuple(int(a) for a in np.cross(rays[i], rays[(i + 1) % 3])))
    moments = isserlis.Moments(table)
    axes = [moments.name(AffineForm(row, fmpq(0))) for row in table.covariance]
    cell = table.cell(cone)

    def value(*factors):
        return float(moments.moment(cell, factors).ball())

    mass = value()
    ratio = np.linalg.det(unit) / (1 + sum(a @ b for a, b in faces))
    assert mass == pytest.approx(np.arctan2(np.linalg.det(unit), np.linalg.det(unit) / ratio) / (2 * np.pi), abs=1e-13)
    first, second = np.zeros(3), np.zeros((3, 3))
    for (a, b), normal in zip(faces, inward, strict=True):
        outer = -normal / np.linalg.norm(normal)
        angle = np.arccos(a @ b)
        first -= (2 * np.pi) ** -1.5 * angle * outer
        second -= np.outer(outer, a + b) * np.tan(angle / 2) / (4 * np.pi)
    assert [value(axis) for axis in axes] == pytest.approx(first, abs=1e-13)
    for i in range(3):
        for j in range(3):
            assert value(axes[i], axes[j]) - (i == j) * mass == pytest.approx(second[i, j], abs=1e-13)


def test_a_forgotten_covariance_is_caught(monkeypatch):
    """Mutant of Isserlis' theorem with walls: the pairings are left out."""
    F = parse("max(x0, x1 + 1, -1)")
    truth = float(gaussian.second_moment(F))
    monkeypatch.setattr(isserlis.Moments, "_moment", _without_pairings)
    assert abs(float(gaussian.second_moment(F)) - truth) > 0.1


def _without_pairings(self, face, first, *rest):
    form = self.forms[first]
    total = Combination()
    total.add(self.moment(face, rest), face.value(form))
    for wall in face.walls:
        covariance = sum((a * b for a, b in zip(wall.direction, form.normal, strict=True)), fmpq(0))
        total.add(self.on_wall(face, wall, rest), covariance)
    return total


def test_a_tangent_cone_that_is_always_empty_is_caught(monkeypatch):
    truth = float(gaussian.cell_probability(Polyhedron([[1, 0], [-1, -1], [0, -1]], [1, 1, 1])))
    monkeypatch.setattr(measures.Measures, "tangent", lambda self, face: Combination())
    assert abs(float(gaussian.cell_probability(Polyhedron([[1, 0], [-1, -1], [0, -1]], [1, 1, 1]))) - truth) > 0.1


def test_faces_agree_whatever_the_cell_they_were_met_on():
    decomposition = decompose([families.random_network((3, 3, 1), 0, biases=True)], None)
    table = FaceTable(decomposition.covariance)
    cells = [table.cell(cone) for cone, _ in decomposition.cells]
    shared = {}
    for cell in cells:
        for wall in cell.walls:
            shared.setdefault(wall.face.number, []).append(wall)
    inner = [walls for walls in shared.values() if len(walls) == 2]
    assert len(inner) == len(shared)  # a complete face-to-face complex: every facet has two sides
    for first, second in inner:
        # the normals are opposite up to a factor, so the distances from the mean agree
        assert first.shift**2 / first.variance == second.shift**2 / second.variance
        assert (first.shift > 0) != (second.shift > 0) or not first.shift


# ---------------------------------------------------------------- spectra


def balls(matrix):
    return [[arb(float(a)) for a in row] for row in matrix]


@given(st.integers(1, 6), st.integers(0, 10**6))
@settings(max_examples=30)
def test_spectra_of_integer_matrices(size, seed):
    rng = np.random.default_rng(seed)
    A = rng.integers(-9, 10, (size, size))
    A = A + A.T
    with working_bits(120):
        found = eigenvalue_enclosures(balls(A))
    # the characteristic polynomial changes sign, or vanishes, inside every enclosure: checked by mpmath at 40 digits
    with mpmath.workdps(40):
        truth = sorted(mpmath.eigsy(mpmath.matrix(A.tolist()), eigvals_only=True), reverse=True)
        slack = mpmath.mpf(10) ** -30
        for ball, value in zip(found, truth, strict=True):
            box = enclosure_of_ball(ball)
            assert mpmath.mpf(box.lower.numerator) / box.lower.denominator - slack <= value
            assert mpmath.mpf(box.upper.numerator) / box.upper.denominator + slack >= value
            assert box.width < Fraction(1, 10**9)


@pytest.mark.parametrize("multiplicity", [2, 3, 5])
def test_multiple_eigenvalues(multiplicity):
    size = multiplicity + 1
    A = np.full((size, size), 1.0)  # eigenvalue `size` once, 0 with the multiplicity
    with working_bits(120):
        found = [enclosure_of_ball(ball) for ball in eigenvalue_enclosures(balls(A))]
    assert size in found[0]
    assert all(0 in box for box in found[1:])
    assert all(box.width < Fraction(1, 10**20) for box in found)


def test_bad_eigenvectors_widen_and_never_falsify(monkeypatch):
    A = np.diag([3.0, 1.0, -2.0]) + 0.1
    truth = sorted(np.linalg.eigvalsh(A), reverse=True)
    good = np.linalg.eigh(A)[1]
    monkeypatch.setattr(spectra, "_STEPS", 0)
    for size in (1e-8, 1e-3, 0.05):
        bad = good + size * np.array([[1, -1, 0.5], [0, 1, 1], [-1, 0.3, 1]])
        monkeypatch.setattr(spectra.np.linalg, "eigh", lambda matrix, bad=bad: (None, bad))
        with working_bits(120):
            found = [enclosure_of_ball(ball) for ball in eigenvalue_enclosures(balls(A))]
        assert all(
            float(box.lower) - 1e-12 <= v <= float(box.upper) + 1e-12 for box, v in zip(found, truth, strict=True)
        )
    assert found[0].width > Fraction(1, 100)


def test_forgetting_that_vectors_are_not_orthonormal_is_caught(monkeypatch):
    """Mutant of Ostrowski's factor: with vectors of length 1.1 the product QᵀAQ alone is off by a fifth."""
    A = np.diag([3.0, 1.0])
    stretched = 1.1 * np.linalg.eigh(A)[1]
    monkeypatch.setattr(spectra, "_STEPS", 0)
    monkeypatch.setattr(spectra.np.linalg, "eigh", lambda matrix: (None, stretched))
    with working_bits(100):
        assert 3 in enclosure_of_ball(eigenvalue_enclosures(balls(A))[0])
    honest = spectra._disc
    monkeypatch.setattr(spectra, "_disc", lambda matrix, i: honest(matrix, i) if matrix[i, i] > 1.3 else arb(1))
    with working_bits(100):
        assert 3 not in enclosure_of_ball(eigenvalue_enclosures(balls(A))[0])


def test_overlapping_discs_count_all_their_eigenvalues():
    discs = [arb(0, 0.1), arb(1, 2), arb(2.5, 0.1), arb(10, 1)]
    found = spectra._separated(discs)
    assert len(found) == 4
    assert float(found[0].mid()) == pytest.approx(10, abs=1e-6)
    assert all(ball.contains(arb(0)) and ball.contains(arb(2.5)) for ball in found[1:])


def test_an_eigenvalue_of_an_instance_is_a_theorem():
    """The plane of the cyclic family is seen: both eigenvalues are positive, though equal to 25 digits."""
    values = gaussian.filter_matrix(families.cyclic(6), "1/4").eigenvalues()
    assert all(value > 0 for value in values)
