"""Moments of one and two functions: closed forms known elsewhere, laws, samples, degenerate functions.

More than 400 lines: every quantity on the same known functions.
"""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from known_functions import ASSEMBLY_EXAMPLE, ASSEMBLY_NETWORK, MEDIAN

from tropical import (
    Box,
    BudgetExceeded,
    Enclosure,
    Exact,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    cells,
    families,
    gaussian,
    lattice,
    parse,
    to_rational,
)
from tropical.gaussian.arc_cosine import hidden_layer, layer_mean, layer_product
from tropical.gaussian.values import exact_value
from tropical.testing import functions

pi, sqrt = mpmath.pi, mpmath.sqrt


def normal_density(t):
    return mpmath.npdf(t)


def normal_distribution(t):
    return mpmath.ncdf(t)


def holds(value, truth, digits=45):
    """Whether a value that is exact or enclosed is the 50-digit number `truth`."""
    with mpmath.workdps(50):
        slack = mpmath.mpf(10) ** -digits
        box = value.enclosure(digits)
        low, high = (mpmath.mpf(x.numerator) / x.denominator for x in (box.lower, box.upper))
        return low - slack <= truth <= high + slack


def at_fifty_digits(build):
    with mpmath.workdps(50):
        return build()


def maximum_moment(n, power):
    """E[max(x_1, ..., x_n)^power] by quadrature of the density n φ Φ^(n-1)."""
    return at_fifty_digits(
        lambda: mpmath.quad(
            lambda t: t**power * n * normal_density(t) * normal_distribution(t) ** (n - 1),
            [-20, -8, -4, -2, 0, 2, 4, 8, 20],
        )
    )


# ---------------------------------------------------------------- known values


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("max(x0, 0)", lambda: 1 / sqrt(2 * pi), lambda: mpmath.mpf(1) / 2),
        ("max(x0, -x0)", lambda: sqrt(2 / pi), lambda: 1),
        ("max(x0, -x0) - max(x1, -x1)", lambda: 0, lambda: 2 - 4 / pi),
        ("max(x0, x1)", lambda: 1 / sqrt(pi), lambda: 1),
        ("max(x0, x1, x2)", lambda: 3 / (2 * sqrt(pi)), lambda: 1 + sqrt(3) / (2 * pi)),
        (
            "max(x0, x1, x2, x3)",
            lambda: 3 / sqrt(pi) * (mpmath.mpf(1) / 2 + mpmath.asin(mpmath.mpf(1) / 3) / pi),
            lambda: 1 + sqrt(3) / pi,
        ),
        ("max(x0, 1)", lambda: normal_density(1) + normal_distribution(1), None),
        ("min(max(x0, -1), 1)", lambda: 0, None),
        ("max(0, min(x0 + 1, 1 - x0), min(100*x0 - 200, 1/10*x0 + 1/2))", None, None),
        ("7/3", lambda: mpmath.mpf(7) / 3, lambda: mpmath.mpf(49) / 9),
    ],
)
def test_closed_forms(text, first, second):
    F = parse(text) if text != "7/3" else LatticePolynomial.constant("7/3", 2)
    assert isinstance(gaussian.mean(F), Exact)
    assert isinstance(gaussian.second_moment(F), Exact)
    if first is not None:
        assert holds(gaussian.mean(F), at_fifty_digits(first))
    if second is not None:
        assert holds(gaussian.second_moment(F), at_fifty_digits(second))


def test_one_variable_against_quadrature():
    value = gaussian.second_moment(ASSEMBLY_EXAMPLE)

    def heights(t):
        return max(0, min(t + 1, 1 - t), min(100 * (t - 2), (t + 5) / 10))

    with mpmath.workdps(50):
        corner = mpmath.mpf(2005) / 999
        breaks = [-5, -1, 0, 1, 2, corner, 4, 8, 20]
        truth = mpmath.quad(lambda t: heights(t) ** 2 * normal_density(t), breaks)
    assert holds(value, truth, 40)
    assert value == gaussian.second_moment(ASSEMBLY_NETWORK)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_maximum_of_normals(n):
    with gaussian.precision(digits=40):
        F = families.maximum_of(n)
        assert holds(gaussian.mean(F), maximum_moment(n, 1), 38)
        assert holds(gaussian.second_moment(F), maximum_moment(n, 2), 38)


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("level", ["1", "-1/2"])
def test_maximum_of_normals_and_a_constant(n, level):
    """E[max(M, c)] = c + ∫_c^∞ (1 - Φ^n): biases, so polygons and polyhedra with vertices off the origin."""
    F = parse("max(" + ", ".join(f"x{i}" for i in range(n)) + f", {level})")
    c = Fraction(level)

    def truth(power):
        low = mpmath.mpf(c.numerator) / c.denominator
        return low**power + mpmath.quad(
            lambda t: power * t ** (power - 1) * (1 - normal_distribution(t) ** n), [low, 1.5, 3, 6, 12, 25]
        )

    with gaussian.precision(digits=40):
        assert holds(gaussian.mean(F), at_fifty_digits(lambda: truth(1)), 38)
        assert holds(gaussian.second_moment(F), at_fifty_digits(lambda: truth(2)), 38)


@pytest.mark.parametrize("K", [2, 4, 6])
def test_cyclic_family_has_the_energy_of_its_harmonics(K):
    """Lemma X: E[F_K²] is the sum of the squares of c_m = 2K a_m, m = K, 3K, ...; closed by cotangents."""
    value = gaussian.second_moment(families.cyclic(K))
    with mpmath.workdps(40):
        total = mpmath.nsum(lambda j: (4 * K / pi / (((2 * j + 1) * K) ** 2 - 1)) ** 2, [0, mpmath.inf])
        error = 20 * float(families.cyclic_error(K))  # |F - F'| <= e|x| and E|x|² = 2, E F² < 2
        box = value.enclosure(40)
        assert mpmath.mpf(box.lower.numerator) / box.lower.denominator <= total + error + mpmath.mpf(10) ** -30
        assert mpmath.mpf(box.upper.numerator) / box.upper.denominator >= total - error - mpmath.mpf(10) ** -30


def test_cyclic_family_is_blind_below_its_degree():
    F = families.cyclic(4)
    for i in range(5):
        for j in range(5 - i):
            size = abs(float(gaussian.hermite_coefficient(F, [i, j])))
            assert size < 1e-25 if i + j < 4 else True
    assert abs(float(gaussian.hermite_coefficient(F, [4, 0]))) > 0.05
    assert all(gaussian.hermite_coefficient(families.cyclic(2), index) == 0 for index in ([0, 0], [1, 0], [1, 1]))


# ---------------------------------------------------------------- one hidden layer


@pytest.mark.parametrize(("v", "expected"), [([1, 0], 0.5), ([0, 1], 1 / (2 * np.pi)), ([-1, 0], 0.0)])
def test_arc_cosine_at_the_ends_and_at_a_right_angle(v, expected):
    layers = [hidden_layer(ReLUNetwork([[[1, 0]], [1]])), hidden_layer(ReLUNetwork([[v], [1]]))]
    assert float(exact_value(layer_product(*layers))) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_hidden_layers_agree_with_cells(seed):
    """The arc-cosine kernel on three dimensions against the sum over cones, by way of another representation."""
    net = families.random_network((3, 5, 1), seed)
    through_cells = lattice(net)
    assert hidden_layer(net) is not None
    assert hidden_layer(through_cells) is None
    for quantity in (gaussian.mean, gaussian.second_moment):
        a, b = quantity(net), quantity(through_cells)
        assert isinstance(a, Exact)
        assert isinstance(b, Exact)
        assert float(a) == pytest.approx(float(b), rel=1e-14, abs=1e-14)


def test_hidden_layer_in_many_dimensions_is_exact():
    net = families.random_network((40, 20, 1), 1, biases=False)
    X = np.random.default_rng(0).standard_normal((100_000, 40))
    y = net.evaluate(X)
    assert isinstance(gaussian.second_moment(net), Exact)
    assert abs(float(gaussian.mean(net)) - y.mean()) < 5 * y.std() / np.sqrt(len(y))
    assert abs(float(gaussian.second_moment(net)) - (y**2).mean()) < 5 * (y**2).std() / np.sqrt(len(y))


def test_hidden_layer_with_biases_has_an_exact_mean_in_any_dimension():
    net = families.random_network((20, 12, 1), 2, biases=True)
    y = net.evaluate(np.random.default_rng(0).standard_normal((200_000, 20)))
    assert isinstance(gaussian.mean(net), Exact)
    assert abs(float(gaussian.mean(net)) - y.mean()) < 5 * y.std() / np.sqrt(len(y))
    small = families.random_network((2, 4, 1), 2, biases=True)
    layer = hidden_layer(small)
    assert float(exact_value(layer_mean(layer))) == pytest.approx(float(gaussian.mean(small)), abs=1e-15)


def test_pairs_of_units_agree_with_cells():
    """With biases: wedges of the plane for each pair of units against polyhedra in all dimensions."""
    F, G = (families.random_network((3, 3, 1), seed, biases=True) for seed in (1, 2))
    for pairs, polyhedra in (
        (gaussian.second_moment(F), gaussian.second_moment(lattice(F))),
        (gaussian.inner_product(F, G), gaussian.inner_product(lattice(F), G)),
    ):
        assert pairs.lower <= polyhedra.upper
        assert polyhedra.lower <= pairs.upper
        assert max(pairs.width, polyhedra.width) < Fraction(1, 10**14)


def test_parallel_units_and_units_without_a_common_side():
    """relu(x0 + 1), relu(-x0 - 2), relu(2 x0 + 1) beside two more directions: wedges that are lines, or empty."""
    rows = [[1, 0, 0], [-1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 1]]
    net = ReLUNetwork([rows, [1, 2, -1, 1, 1]], [[1, -2, 1, 1, 0], "1/2"])
    assert float(gaussian.second_moment(net)) == pytest.approx(float(gaussian.second_moment(lattice(net))), rel=1e-14)
    assert gaussian.distance(net, net) == 0


def test_distance_of_wide_layers_with_biases():
    F, G = (families.random_network((30, 12, 1), seed, biases=True) for seed in (1, 2))
    X = np.random.default_rng(0).standard_normal((50_000, 30))
    gaps = (F.evaluate(X) - G.evaluate(X)) ** 2
    value = gaussian.distance(F, G)
    assert value.width < Fraction(1, 10**15)
    assert abs(float(value) - gaps.mean()) < 5 * gaps.std() / np.sqrt(len(X))


# ---------------------------------------------------------------- laws


@given(functions(2), functions(2))
@settings(max_examples=25)
def test_inner_product_is_bilinear_and_distance_is_its_norm(F, G):
    pairs = [(float(gaussian.second_moment(F))), float(gaussian.second_moment(G)), float(gaussian.inner_product(F, G))]
    scale = 1 + pairs[0] + pairs[1]
    assert float(gaussian.distance(F, G)) == pytest.approx(pairs[0] + pairs[1] - 2 * pairs[2], abs=1e-12 * scale)
    assert float(gaussian.inner_product(G, F)) == pytest.approx(pairs[2], abs=1e-12 * scale)
    assert gaussian.distance(F, F) == 0
    assert pairs[2] ** 2 <= pairs[0] * pairs[1] + 1e-9 * scale**2


@given(functions(2))
@settings(max_examples=25)
def test_the_value_does_not_depend_on_the_representation(F):
    first, second = gaussian.mean(F), gaussian.second_moment(F)
    G = lattice(F)
    assert float(gaussian.mean(G)) == pytest.approx(float(first), abs=1e-13)
    assert float(gaussian.second_moment(G)) == pytest.approx(float(second), abs=1e-12)
    assert float(first) ** 2 <= float(second) + 1e-12
    assert gaussian.distance(F, G) == 0


def test_all_function_types_in_mixtures():
    net = ReLUNetwork([[[1, 0], [-1, 1]], [1, 1]])
    P = TropicalPolynomial({(1, 0): 0, (0, 1): "1/2"}, convention="max")
    R = to_rational(net)
    for F in (net, P, R, MEDIAN):
        for G in (net, P, R, MEDIAN):
            value = float(gaussian.inner_product(F, G))
            X = np.random.default_rng(1).standard_normal((100_000, 2))
            products = F.evaluate(X) * G.evaluate(X)
            assert abs(value - products.mean()) < 5 * products.std() / np.sqrt(len(X))


def test_a_rational_rotation_changes_nothing():
    turn = [["3/5", "-4/5"], ["4/5", "3/5"]]
    F = parse("max(min(x0, x1 + 1), 2*x0 - x1, -1)")
    for quantity in (gaussian.mean, gaussian.second_moment):
        assert float(quantity(F)) == pytest.approx(float(quantity(F.compose(turn))), abs=1e-14)


def test_ambient_dimension_is_free():
    flat = parse("max(x0, x1, 1/2)")
    rows = [
        ["1/2" if i % 4 == 0 else 0 for i in range(16)],
        ["1/2" if i % 4 == 1 else 0 for i in range(16)],
    ]  # length 1
    high = flat.compose(rows)
    assert high.dimension == 16
    assert gaussian.second_moment(high) == gaussian.second_moment(flat)


def test_units_that_cancel_do_not_add_dimensions():
    # the third and fourth unit cut space along x2 and cancel: k = 2, so everything is exact
    net = ReLUNetwork([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], [[1, 1, 1, -1]], [1]])
    assert gaussian.second_moment(net) == gaussian.second_moment(parse("max(x0, 0) + max(x1, 0)"))


@pytest.mark.parametrize(
    "F",
    [
        ReLUNetwork([[[0, 0]], [1]]),
        ReLUNetwork([[[1, 0]], [[-1]], [1]]),  # relu(-relu(x))
        LatticePolynomial.constant(0, 3),
    ],
)
def test_zero(F):
    assert gaussian.mean(F) == gaussian.second_moment(F) == gaussian.tail(F, 0) == 0
    assert gaussian.hermite_coefficient(F, {0: 3}) == 0
    assert len(gaussian.filter_matrix(F, 0)) == 0
    assert gaussian.filter_matrix(F, 0).eigenvalues() == ()


# ---------------------------------------------------------------- Hermite coefficients


ONE_VARIABLE = {
    "max(x0, -x0)": abs,
    "max(x0, 1/2)": lambda t: max(t, mpmath.mpf(1) / 2),
    "min(max(x0, -1), 1)": lambda t: min(max(t, -1), 1),
}


@pytest.mark.parametrize("text", ONE_VARIABLE)
def test_hermite_coefficients_in_one_variable_against_quadrature(text):
    F = parse(text)
    for n in range(6):
        with mpmath.workdps(20):
            truth = mpmath.quad(
                lambda t, n=n: ONE_VARIABLE[text](t) * mpmath.hermite(n, t / sqrt(2)) * normal_density(t),
                [-12, -5, -1, 0, mpmath.mpf(1) / 2, 1, 5, 12],
            ) / sqrt(mpmath.factorial(n) * 2**n)
        assert float(gaussian.hermite_coefficient(F, [n])) == pytest.approx(float(truth), abs=1e-14)


def test_parseval():
    """The squares of the coefficients of a biased function of two variables approach E[F²] from below."""
    F = parse("max(min(x0, x1 + 1), -1)")
    energy = float(gaussian.second_moment(F))
    partial = [sum(float(gaussian.hermite_coefficient(F, [i, n - i])) ** 2 for i in range(n + 1)) for n in range(7)]
    assert 0.97 * energy < sum(partial) < energy


def test_hermite_coefficients_in_ambient_coordinates():
    F = parse("max(3/5*x0 + 4/5*x1, 0)")
    ridge = [float(gaussian.hermite_coefficient(parse("max(x0, 0)"), [n])) for n in range(5)]
    for i in range(3):
        for j in range(3):
            weight = 0.6**i * 0.8**j * np.sqrt(float(mpmath.binomial(i + j, i)))
            assert float(gaussian.hermite_coefficient(F, [i, j])) == pytest.approx(weight * ridge[i + j], abs=1e-15)
    assert gaussian.hermite_coefficient(F, {1: 2}) == gaussian.hermite_coefficient(F, [0, 2])


# ---------------------------------------------------------------- probabilities of polyhedra


@pytest.mark.parametrize(("n", "count"), [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720)])
def test_order_cones(n, count):
    """x_0 <= x_1 <= ... <= x_{n-1} has probability 1/n!: exact up to rank three, enclosed beyond."""
    rows = [[int(j == i) - int(j == i + 1) for j in range(n)] for i in range(n - 1)]
    value = gaussian.cell_probability(Polyhedron(rows, [0] * (n - 1)))
    if n <= 4:
        assert value == Fraction(1, count)
    else:
        assert isinstance(value, Enclosure)
        assert Fraction(1, count) in value
        assert value.width < Fraction(1, 10**15)


def test_boxes_are_products():
    box = Box([-1] * 8, [1] * 8)
    with mpmath.workdps(50):
        assert holds(gaussian.cell_probability(box), mpmath.erf(1 / sqrt(2)) ** 8)
    assert gaussian.cell_probability(Polyhedron([[1, 0], [-1, 0]], [0, -1])) == 0  # empty
    assert gaussian.cell_probability(Polyhedron([[0, 0]], [1])) == 1
    assert gaussian.cell_probability(Polyhedron([[0, 0]], [-1])) == 0


@pytest.mark.parametrize("slope", [Fraction(1), Fraction(1, 10**6), Fraction(10**6), Fraction(1, 10**15)])
def test_thin_and_wide_sectors(slope):
    """{0 <= x_1 <= slope·x_0}: angles down to 1e-15 lose no digits."""
    value = gaussian.cell_probability(Polyhedron([[0, -1], [-slope, 1]], [0, 0]))
    with mpmath.workdps(60):
        truth = mpmath.atan(mpmath.mpf(slope.numerator) / slope.denominator) / (2 * pi)
    assert float(value) == pytest.approx(float(truth), rel=1e-14)


@pytest.mark.parametrize("size", [Fraction(1, 1000), Fraction(1), Fraction(20)])
def test_triangles_against_quadrature(size):
    value = gaussian.cell_probability(Polyhedron([[-1, 0], [0, -1], [1, 1]], [0, 0, size]))
    with mpmath.workdps(40):
        s = mpmath.mpf(size.numerator) / size.denominator
        points = [0, s] if s < 2 else [0, 1, 2, 4, 8, s]
        truth = mpmath.quad(lambda t: normal_density(t) * (normal_distribution(s - t) - mpmath.mpf(1) / 2), points)
    assert holds(value, truth, 18)


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_cells_of_a_network_share_all_mass(dimension):
    complex_ = cells(families.random_network((dimension, 3, 1), dimension, biases=True))
    values = [gaussian.cell_probability(cell, complex_.basis) for cell in complex_]
    assert abs(sum(float(value) for value in values) - 1) < 1e-14
    assert all(float(value) > 0 for value in values)


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("shape", [(1, 3, 1), (2, 4, 1), (3, 3, 1), (4, 3, 1), (3, 3, 2, 1)])
def test_moments_against_samples(shape, seed):
    net = families.random_network(shape, seed, biases=seed % 2 == 1)
    X = np.random.default_rng(seed).standard_normal((100_000, shape[0]))
    y = net.evaluate(X)
    for value, samples in ((gaussian.mean(net), y), (gaussian.second_moment(net), y**2)):
        assert abs(float(value) - samples.mean()) <= 5 * samples.std() / np.sqrt(len(y)) + 1e-12
    for index in ({0: 1}, {0: 2}, {0: 3}):
        polynomial = np.polynomial.hermite_e.hermeval(X[:, 0], [0] * index[0] + [1])
        samples = y * polynomial / np.sqrt(float(mpmath.factorial(index[0])))
        value = gaussian.hermite_coefficient(net, index)
        assert abs(float(value) - samples.mean()) <= 5 * samples.std() / np.sqrt(len(y)) + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_moments_against_many_samples(seed):
    shape = [(2, 6, 4, 1), (3, 5, 1), (4, 5, 1), (5, 5, 1)][seed % 4]
    net = families.random_network(shape, seed, biases=seed % 2 == 0)
    total, squares, count = 0.0, 0.0, 0
    rng = np.random.default_rng(seed)
    for _ in range(20):
        y = net.evaluate(rng.standard_normal((500_000, shape[0])))
        total, squares, count = total + y.sum(), squares + (y**2).sum(), count + len(y)
    spread = np.sqrt(squares / count / count)
    assert abs(float(gaussian.mean(net)) - total / count) < 5 * spread
    assert float(gaussian.second_moment(net)) == pytest.approx(squares / count, rel=5e-3)


def test_estimates_contain_the_truth():
    """Bounds that hold at every sample size: in 40 runs at 99 % none may fail (they are far from sharp)."""
    F, G = parse("max(x0, x1, 1/2)"), parse("max(x0, -x0)").compose([[1, 0]])
    truths = [float(gaussian.mean(F)), float(gaussian.second_moment(F)), float(gaussian.inner_product(F, G))]
    truths.append(float(gaussian.distance(F, G)))
    for seed in range(10):
        options = {"method": "monte-carlo", "n_samples": 2000, "random_state": seed}
        found = [
            gaussian.mean(F, **options),
            gaussian.second_moment(F, **options),
            gaussian.inner_product(F, G, **options),
            gaussian.distance(F, G, **options),
        ]
        assert all(box.lower <= truth <= box.upper for box, truth in zip(found, truths, strict=True))
    sharper = gaussian.mean(F, method="monte-carlo", n_samples=200_000, random_state=0)
    assert sharper.upper - sharper.lower < found[0].upper - found[0].lower


# ---------------------------------------------------------------- refusals and budgets


def test_refusals():
    two = ReLUNetwork([[[1, 0], [0, 1]], [[1, 0], [0, 1]]])
    with pytest.raises(InvalidInput, match=r"F\[j\]"):
        gaussian.mean(two)
    with pytest.raises(InvalidInput, match=r"G\[j\]"):
        gaussian.inner_product(two[0], two)
    with pytest.raises(InvalidInput, match="2 inputs"):
        gaussian.distance(MEDIAN, parse("x0"))
    with pytest.raises(InvalidType, match="network"):
        gaussian.mean(lambda x: x)
    with pytest.raises(InvalidInput, match="method"):
        gaussian.mean(MEDIAN, method="guess")
    with pytest.raises(InvalidInput, match="confidence"):
        gaussian.mean(MEDIAN, method="monte-carlo", confidence=1)
    with pytest.raises(InvalidInput, match="n_samples"):
        gaussian.mean(MEDIAN, method="monte-carlo", n_samples=0)
    with pytest.raises(InvalidInput, match="max_faces"):
        gaussian.mean(parse("max(x0, x1, 1)"), max_faces=0)
    with pytest.raises(InvalidType, match="Polyhedron"):
        gaussian.cell_probability([[1, 0]])
    with pytest.raises(InvalidInput, match="basis"):
        gaussian.cell_probability(cells(MEDIAN).cells[0])
    with pytest.raises(InvalidInput, match="basis"):
        gaussian.cell_probability(cells(MEDIAN).cells[0], [[1, 0]])


@pytest.mark.parametrize("index", [[1], [1, 2, 3], [1, -1], {2: 1}, {0: -1}])
def test_multi_indices_out_of_range(index):
    with pytest.raises(InvalidInput, match="multi_index"):
        gaussian.hermite_coefficient(MEDIAN, index)


@pytest.mark.parametrize("index", [[1, 0.5], [True, 1], "11", 3, {"x": 1}])
def test_multi_indices_of_other_types(index):
    with pytest.raises(InvalidType, match="multi_index"):
        gaussian.hermite_coefficient(MEDIAN, index)


def test_budgets_keep_what_is_proved():
    F = parse("max(x0, x1, x2, x3, 1)")
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        gaussian.mean(F, max_cells=2)
    truth = gaussian.mean(F)
    widths = []
    for budget in (1, 3, 6):
        with pytest.raises(BudgetExceeded, match=f"max_faces={budget}") as caught:
            gaussian.mean(F, max_faces=budget)
        partial = caught.value.partial
        assert truth in partial
        widths.append(partial.width)
    assert widths[0] >= widths[1] >= widths[2] > 0
    assert widths[0] < 20
    assert gaussian.mean(F, max_faces=10_000) == truth
