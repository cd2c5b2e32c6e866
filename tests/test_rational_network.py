"""Recognised networks in rationals: equal to the teacher where the samples determine it, else with a reason."""

from fractions import Fraction

import numpy as np
import pytest
from folded_networks import folded_of
from hypothesis import assume, given
from hypothesis import strategies as st

from learner import LatticeRegressor, sample, verify
from learner.folds import FoldedFunction
from learner.pieces import Pieces, label_tolerance
from learner.rational_network import rational_network
from tropical import BudgetExceeded, LatticePolynomial, NotExact, ReLUNetwork, check, lattice, same_function
from tropical.families import random_network

SCALES = [0.37, 2.9, -1.3, 0.081, 7.7, -0.5, 1.1, 13.0]


def in_floats(net, *, n=3000, noise=0.0, inputs=None, seed=0):
    """A network in floats, its folds scaled and turned into a random frame of R^d; samples, and its teacher there."""
    rng = np.random.default_rng(seed)
    k = net.dimension
    rows = rng.integers(-3, 4, (k, inputs or k + 2)).astype(float) + np.eye(k, inputs or k + 2) * 7
    basis = np.linalg.qr(rows.T)[0].T
    frame = rows @ basis.T  # w = rows x = frame z
    floats = folded_of(net, scales=[Fraction(a) for a in SCALES], dtype=float)
    turned = [np.concatenate([row[:k] @ frame, row[k:]]) for row in [*floats.folds, floats.top]]
    turned = [row * (1.0 + noise * rng.standard_normal(row.shape)) for row in turned]
    Z = rng.standard_normal((n, k))
    first = np.array(net.weights[0], dtype=object) @ rows.astype(int).astype(object)
    teacher = ReLUNetwork([first.tolist(), *net.weights[1:]], net.biases)
    y = net.evaluate(Z @ frame.T)
    folded = FoldedFunction(turned[:-1], turned[-1], floats.linear, k)
    return (folded, basis, None, Pieces.none(n, k), Z, y), teacher


def recognised(net, **options):
    """The rational network of the floats, and the teacher."""
    arguments, teacher = in_floats(net, **options)
    return rational_network(*arguments), teacher


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("widths", [(1, 3, 1), (3, 5, 1), (1, 3, 2, 1), (2, 4, 3, 1), (4, 5, 3, 1)], ids=str)
def test_a_network_of_floats_becomes_its_teacher(widths, biases):
    found, teacher = recognised(random_network(widths, 3, biases=biases))
    assert same_function(found.to_network(), teacher)
    assert found.last.residual < 1e-9


def test_three_hidden_layers():
    found, teacher = recognised(random_network((2, 3, 3, 2, 1), 2))
    assert same_function(found.to_network(), teacher)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 3), st.booleans(), st.integers(0, 10**6))
def test_the_samples_are_explained_and_what_they_determine_is_right(k, first, second, biases, seed):
    """Zero and proportional units occur."""
    net = random_network((k, first, *([second] if second else []), 1), seed, biases=biases)
    arguments, teacher = in_floats(net, n=400)
    assume(len(lattice(net).pieces) > 2 and np.ptp(arguments[-1]) > 1e-6)
    assume(label_tolerance(arguments[-1]) > 1e-12)  # else nearly all labels are one constant and its rounding
    found = rational_network(*arguments)
    points = np.random.default_rng(1).standard_normal((50, teacher.dimension))
    if not found.last.n_open:
        assert same_function(found.to_network(), teacher)
    assert np.median(np.abs(found.to_network().evaluate(points) - teacher.evaluate(points))) < 1e-9


def test_floats_are_those_of_the_rationals():
    found, _ = recognised(random_network((3, 4, 4, 1), 1))
    basis = np.linalg.qr(found.basis.astype(float).T)[0].T
    X = np.random.default_rng(5).standard_normal((200, basis.shape[1]))
    assert np.allclose(found.in_floats(basis).evaluate(X @ basis.T), found.to_network().evaluate(X), atol=1e-10)


def test_zero_and_equal_units():
    rows = [[1, -2], [0, 0], [2, -4], [3, 1]]
    net = ReLUNetwork([rows, [[1, 5, 1, -2], [0, 0, 0, 0], [2, -1, 3, 1]], [[1, 1, -2]]])
    found, teacher = recognised(net)
    assert same_function(found.to_network(), teacher)


def test_rounding_of_the_floats_does_not_accumulate():
    """The last layer is solved for anew: coefficients off by 1e-10 come out exact to rounding."""
    found, teacher = recognised(random_network((3, 4, 4, 1), 1), noise=1e-10)
    assert same_function(found.to_network(), teacher)
    assert found.last.residual < 1e-11


def test_irrational_weights_are_not_exact():
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape) for shape in ((4, 3), (3, 4), (1, 3))]
    irrational_fold = ReLUNetwork.from_floats(weights)
    with pytest.raises(NotExact, match=r"fold 0: .*irrational"):
        recognised(irrational_fold)
    rational_fold = ReLUNetwork.from_floats([rng.integers(-4, 5, (4, 3)).astype(float), *weights[1:]])
    with pytest.raises(NotExact, match=r"the last layer of the network: .*irrational"):
        recognised(rational_fold)


def test_a_network_that_misses_samples_is_not_exact():
    """Rational as it is, it does not explain the labels."""
    net = random_network((3, 4, 4, 1), 1)
    rng, floats = np.random.default_rng(0), folded_of(net, dtype=float)
    Z = rng.standard_normal((2000, 3))
    y = net.evaluate(Z)
    y[17] += 1e-3
    with pytest.raises(NotExact):
        rational_network(floats, np.eye(3), None, Pieces.none(2000, 3), Z, y)


# ------------------------------------------------------------ through the regressor


@pytest.fixture(scope="module")
def learned():
    teacher = random_network((16, 6, 6, 1), seed=4, rank=3)
    X, y = sample(teacher, 6000, random_state=0)
    return teacher, LatticeRegressor(random_state=0).fit(X, y)


def test_a_recognised_network_is_proved(learned):
    """Pieces that no sample shows are right, too: the exact function is the network, and it is the teacher."""
    teacher, model = learned
    exact, report = model.to_exact(), verify(model, teacher)
    assert model.predictor_ == "network"
    assert any(stage.name == "rational network" for stage in model.stages_)
    assert isinstance(exact, ReLUNetwork)
    assert report.proved
    assert report.lattice is None
    assert report.function == exact == model.to_network()
    assert check(report.certificate, teacher, report.function)
    X, y = sample(teacher, 2000, random_state=1)
    assert np.abs(model.predict(X) - y).max() < 1e-9 * y.std()
    assert np.abs(exact.evaluate(X) - y).max() < 1e-9 * y.std()


def test_its_lattice_form_is_that_of_the_teacher(learned):
    teacher, model = learned
    assert model.lattice_ == lattice(teacher)
    assert len(model.lattice_.pieces) > len(model.pieces_)


def test_one_weight_changed_by_a_quarter_is_not_proved(learned):
    teacher, model = learned
    exact = model.to_exact()
    changed = 0
    for layer, matrix in enumerate(exact.weights):
        unit, entry = next((i, j) for i, row in enumerate(matrix) for j, w in enumerate(row) if w)
        weights = [[list(row) for row in rows] for rows in exact.weights]
        weights[layer][unit][entry] += Fraction(1, 4)
        report = verify(ReLUNetwork(weights, exact.biases), teacher)
        assert not report.proved
        point = report.witness.point
        assert teacher(point) != ReLUNetwork(weights, exact.biases)(point)
        changed += 1
    assert changed == len(exact.weights)


def test_a_lattice_form_of_too_many_cells_is_that_of_the_pieces_found():
    teacher = random_network((16, 6, 6, 1), seed=4, rank=3)
    X, y = sample(teacher, 6000, random_state=0)
    model = LatticeRegressor(random_state=0, max_cells=1).fit(X, y)
    assert verify(model, teacher).proved
    with pytest.raises(BudgetExceeded):
        lattice(model.to_exact(), max_cells=10)
    assert isinstance(model.lattice_, LatticePolynomial)
    assert len(model.lattice_.pieces) == len(model.pieces_)


def test_a_recognised_network_in_an_irrational_frame_has_a_reason():
    teacher = random_network((16, 6, 6, 1), seed=4, rank=3, biases=True)
    rotated = np.linalg.qr(np.random.default_rng(0).standard_normal((16, 16)))[0]
    X, _ = sample(teacher, 2600, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X @ rotated, teacher.evaluate(X))
    assert model.predictor_ == "network"
    with pytest.raises(NotExact, match="the span of the gradients"):
        model.to_exact()
    report = verify(model, teacher)
    assert not report.proved
    assert report.function is None
    assert "the span of the gradients" in report.reason
