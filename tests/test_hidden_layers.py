"""Hidden layers recognised from pieces: the function follows where hardly any sample fell, or none."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from folded_networks import pieces_shown

from learner import LatticeRegressor, hidden_layers, sample, verify
from learner.assemble import renumbered
from learner.components import Fit
from learner.folds import FoldedFunction, features
from learner.hidden_layers import Recognised, as_hidden_layers
from learner.joint_search import Joint
from learner.one_layer import as_one_layer
from learner.orientation import oriented, oriented_beside, passed_beside
from learner.pieces import Pieces, all_pieces
from learner.plain_network import plain_layers
from tropical import families, lattice, same_function
from tropical.families import random_network


def pieces_of(F, Z, *, least=5):
    """The pieces of F with enough samples, and the labels."""
    y = F.evaluate(Z)
    return y, *pieces_shown(F, Z, y, least=least)


@pytest.mark.parametrize(("k", "biases"), [(2, False), (2, True), (3, False), (3, True), (4, False)])
def test_pieces_without_samples_follow(k, biases):
    F = random_network((k, 6, 1), seed=3, biases=biases)
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((500, k))
    y, pieces, total = pieces_of(F, Z)
    layer = as_one_layer(Z, y, pieces)
    fresh = 3.0 * rng.standard_normal((4000, k))
    assert np.abs(layer.evaluate(fresh) - F.evaluate(fresh)).max() < 1e-11
    assert len(layer.folds) <= 6
    assert layer.depth == 1
    whole = layer.lattice(100_000)
    assert np.abs(whole.evaluate(fresh) - F.evaluate(fresh)).max() < 1e-11
    assert len(whole.pieces) == total >= len(pieces)
    assert np.allclose(layer.to_network().evaluate(fresh), layer.evaluate(fresh), atol=1e-12)


@pytest.mark.parametrize(
    "F",
    [random_network((2, 4, 4, 1), seed=1), random_network((3, 5, 4, 1), seed=0), families.sign_times_minimum(3)],
    ids=["in the plane", "in space", "signed minimum"],
)
def test_deeper_functions_are_none(F):
    Z = np.random.default_rng(0).standard_normal((2000, F.dimension))
    y, pieces, _ = pieces_of(F, Z)
    assert as_one_layer(Z, y, pieces) is None


def test_a_wrong_label_on_a_piece_is_no_layer():
    """It is taken only if it explains all samples on pieces."""
    Z = np.random.default_rng(0).standard_normal((500, 3))
    y, pieces, _ = pieces_of(random_network((3, 6, 1), seed=3), Z)
    y[np.flatnonzero(pieces.owner >= 0)[7]] += 1e-3
    assert as_one_layer(Z, y, pieces) is None


def test_too_few_samples_or_no_pieces():
    Z = np.random.default_rng(0).standard_normal((20, 3))
    y, pieces, _ = pieces_of(random_network((3, 6, 1), seed=3), Z, least=1)
    assert as_one_layer(Z, y, pieces) is None
    assert as_one_layer(Z, y, Pieces.none(20, 3)) is None


def test_too_many_cells_are_no_lattice():
    Z = np.random.default_rng(0).standard_normal((500, 3))
    y, pieces, _ = pieces_of(random_network((3, 6, 1), seed=3, biases=True), Z)
    assert as_one_layer(Z, y, pieces).lattice(3) is None


def test_clauses_are_renumbered():
    F = lattice(random_network((2, 4, 1), seed=0))
    Z = np.random.default_rng(0).standard_normal((200, 2))
    pieces = all_pieces(F, Z, F.evaluate(Z))
    order = np.random.default_rng(1).permutation(len(pieces))
    turned = Pieces(pieces.gradients[order], pieces.constants[order], pieces.accuracy[order], pieces.owner)
    clauses = renumbered(F, turned)
    rebuilt = type(F).from_floats(turned.gradients, turned.constants, clauses)
    assert same_function(rebuilt, F)


def random_folded(layers, k, linear, seed=0):
    rng = np.random.default_rng(seed)
    size, folds = k + (not linear), []
    for width in layers:
        folds += [rng.standard_normal(size + len(folds)) for _ in range(width)]
    return FoldedFunction(folds, rng.standard_normal(size + len(folds)), linear, k)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("layers", [(), (3,), (3, 2), (2, 2, 1)], ids=str)
def test_networks_of_folded_functions(layers, linear):
    F = random_folded([1] * sum(layers) if layers == (2, 2, 1) else layers, 3, linear)
    rng = np.random.default_rng(1)
    Z, net = rng.standard_normal((500, 3)), F.to_network()
    assert np.abs(net.evaluate(Z) - F.evaluate(Z)).max() < 1e-10
    assert net.is_bias_free() == linear
    basis = np.linalg.qr(rng.standard_normal((5, 3)))[0].T
    X = rng.standard_normal((500, 5))
    assert np.abs(F.to_network(basis).evaluate(X) - F.evaluate(X @ basis.T)).max() < 1e-10


def test_features_are_nested():
    Z = np.array([[1.0, -2.0]])
    assert features(Z, [np.array([1.0, 1.0]), np.array([0.0, 1.0, 2.0])]).tolist() == [[1.0, -2.0, 1.0, 0.0]]


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("seed", [0, 2])
def test_two_layers_from_a_part_of_the_pieces(seed, biases):
    """Exact on fresh samples, also where no piece was known: less than a tenth of a per cent is left open."""
    F = random_network((3, 5, 4, 1), seed=seed, biases=biases)
    rng = np.random.default_rng(0)
    Z, fresh = rng.standard_normal((3000, 3)), rng.standard_normal((10_000, 3))
    y, pieces, total = pieces_of(F, Z, least=6)
    found, truth = as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0)).function, F.evaluate(fresh)
    right = np.abs(found.evaluate(fresh) - truth) < 1e-9
    assert len(pieces) < total
    assert found.depth == 2
    assert np.abs(found.evaluate(Z) - y).max() < 1e-9
    assert right.mean() > 0.999


def test_three_layers_from_a_part_of_the_pieces():
    """The second layer is turned like the first, beside what is passed on; the third explains the rest."""
    F = random_network((3, 5, 4, 3, 1), seed=8)
    rng = np.random.default_rng(0)
    Z, fresh = rng.standard_normal((6000, 3)), rng.standard_normal((10_000, 3))
    y, pieces, total = pieces_of(F, Z, least=6)
    found = as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0)).function
    assert len(pieces) < total
    assert found.depth == 3
    assert np.abs(found.evaluate(Z) - y).max() < 1e-9
    assert (np.abs(found.evaluate(fresh) - F.evaluate(fresh)) < 1e-9).mean() > 0.999
    assert np.allclose(found.to_network().evaluate(fresh), found.evaluate(fresh), atol=1e-9)


@pytest.mark.parametrize("linear", [True, False])
def test_orientation_beside_what_is_passed_on(linear):
    """Components leave something open; two of them together show the signs and the function passed on."""
    rng, signs = np.random.default_rng(5), np.array([1.0, -1.0, -1.0])
    p = 6 + (not linear)
    folds, function = rng.standard_normal((3, p)), rng.standard_normal(6)
    components = []
    for _ in range(5):
        half, weight = rng.standard_normal(3), rng.standard_normal()
        first = (half * signs) @ folds
        first[:6] += weight * function
        if not linear:
            first[-1] += rng.standard_normal()
        open_ = np.linalg.qr(rng.standard_normal((p + 3, 1)))[0].T
        whole = np.concatenate([first, half])
        components.append(Fit(whole - open_.T @ (open_ @ whole), open_, p + 2, 100, 0.0))
    found, passed, share = oriented_beside(folds, components, linear, 1)
    assert np.array_equal(found, signs)
    assert share == 1.0
    assert abs(passed @ function) == pytest.approx(np.linalg.norm(function))
    assert oriented(folds, components, linear)[0] is None
    given = passed_beside(folds, components, linear, signs, np.arange(3))
    assert abs(given @ function) == pytest.approx(np.linalg.norm(function))
    for other in (-signs, np.ones(3)):  # the function that fits best, if any, is another one
        given = passed_beside(folds, components, linear, other, np.arange(3))
        assert given is None or abs(given @ function) < 0.9 * np.linalg.norm(function)
    assert passed_beside(folds, [], linear, signs, np.arange(3)) is None
    wrong = [Fit(rng.standard_normal(p + 3), c.open, c.rank, c.samples, 0.0) for c in components]
    assert oriented_beside(folds, wrong, linear, 1)[0] is None
    assert oriented_beside(folds, [], linear, 1)[0] is None


def test_two_layers_of_absolute_values():
    """No signs turn them into units of a network; without signs they are found all the same."""
    F = random_folded((4, 2), 3, linear=True, seed=3)
    rng = np.random.default_rng(1)
    Z, fresh = rng.standard_normal((3000, 3)), rng.standard_normal((3000, 3))
    pieces, _ = pieces_shown(F.to_network(), Z, F.evaluate(Z), least=6)
    found = as_hidden_layers(Z, F.evaluate(Z), pieces, rng=np.random.RandomState(0)).function
    assert (np.abs(found.evaluate(fresh) - F.evaluate(fresh)) < 1e-9).mean() > 0.999


@pytest.mark.parametrize("signs", [(1, 1, 1, 1), (1, -1, -1, 1), (-1, -1, 1, -1)])
@pytest.mark.parametrize("linear", [True, False])
def test_orientation_of_units(signs, linear):
    rng, signs = np.random.default_rng(5), np.array(signs, dtype=float)
    folds = rng.standard_normal((4, 3 + (not linear)))
    components = []
    for _ in range(6):
        half = rng.standard_normal(4)
        first = (half * signs) @ folds
        if not linear:
            first[-1] += rng.standard_normal()
        components.append(Fit(np.concatenate([first, half]), np.empty((0, len(first) + 4)), len(first) + 4, 100, 0.0))
    found, share = oriented(folds, components, linear)
    assert share == 1.0
    assert np.array_equal(found, signs)
    wrong = [Fit(rng.standard_normal(len(c.coefficients)), c.open, c.rank, c.samples, 0.0) for c in components]
    assert np.array_equal(oriented(folds, [*components, *wrong[:2]], linear)[0], signs)  # a vote
    assert oriented(folds, wrong, linear)[0] is None
    assert oriented(folds, [], linear)[0] is None


def test_two_layers_stop_when_asked():
    Z = np.random.default_rng(0).standard_normal((1000, 3))
    y, pieces, _ = pieces_of(random_network((3, 5, 4, 1), seed=0, biases=True), Z)
    assert as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0), expired=lambda: True).function is None


def test_with_no_time_for_layers_one_by_one_several_at_once_are_tried(monkeypatch):
    """`soon` ends the search for layers; what follows still has its turn."""
    F = random_network((3, 5, 4, 1), seed=0)
    Z = np.random.default_rng(0).standard_normal((3000, 3))
    y, pieces, _ = pieces_of(F, Z, least=6)
    asked, tried = [], []

    def soon():
        asked.append(None)
        return len(asked) > 1  # one first layer is built

    monkeypatch.setattr(hidden_layers, "fitted_beyond", lambda levels, *_: tried.append(levels))
    monkeypatch.setattr(hidden_layers, "_last_layer", lambda *_: None)
    found = as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0), soon=soon)
    assert found.function is None
    assert {level.depth for level in tried[0]} == {1}


def test_the_wider_search_follows_where_the_ranking_came_to_nothing(monkeypatch):
    """A layer is built on if it leaves less to describe than the one below, and tried if about as little; once."""
    F = random_network((3, 4, 1), seed=0)
    Z = np.random.default_rng(0).standard_normal((500, 3))
    y, pieces, _ = pieces_of(F, Z)
    costs = 100, 120, 140, 60
    first, costly, worse, better = (SimpleNamespace(cost=cost, left=10, is_closed=True) for cost in costs)
    built, tried = [], []
    following = {"sure_levels": [costly, worse], "peeled_levels": [worse, costly, better]}
    monkeypatch.setattr(hidden_layers, "first_levels", lambda *_: [first])
    for name, levels in following.items():
        monkeypatch.setattr(hidden_layers, name, lambda level, *_, levels=levels: levels if level is first else [])
    monkeypatch.setattr(hidden_layers, "beside_all", lambda *_: [])
    monkeypatch.setattr(hidden_layers, "_Search", lambda level, *_: level)
    monkeypatch.setattr(hidden_layers, "_last_layer", lambda searches, *_: built.append(searches))
    monkeypatch.setattr(hidden_layers, "fitted_beyond", lambda levels, *_: tried.append(levels))
    assert as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0)) == Recognised(None)
    assert built == [[first, costly], [better]]
    assert tried == [[better, first, costly]]


def test_noise_has_no_folds():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((500, 2))
    nothing = as_hidden_layers(Z, rng.standard_normal(500), Pieces.none(500, 2), rng=np.random.RandomState(0))
    assert nothing.function is None
    assert nothing.near is None


def test_the_regressor_proves_what_no_sample_showed():
    teacher = random_network((12, 7, 1), seed=2, rank=3)
    X, y = sample(teacher, 2500, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X, y)
    assert any(stage.name == "one hidden layer" for stage in model.stages_)
    assert verify(model, teacher).proved
    assert model.explained_ == 1.0
    wrong = np.log(20.0 * 2) / 250  # the lattice form and the network compete for the held-out samples
    assert f"on at most {wrong:.1e} of" in model.confidence_


def test_the_network_of_one_hidden_layer_is_small():
    teacher = random_network((10, 6, 1), seed=2, rank=2, biases=True)
    rotated = np.linalg.qr(np.random.default_rng(0).standard_normal((10, 10)))[0]  # no rational pieces
    X, y = sample(teacher, 1500, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X @ rotated, y)
    net = model.to_network()
    assert net.widths[0] == 10
    assert len(net.widths) == 3
    assert net.widths[1] <= 8
    assert np.abs(net.evaluate(X @ rotated) - y).max() < 1e-10


def test_a_network_predicts_where_it_explains_more():
    teacher = random_network((16, 6, 6, 1), seed=4, rank=3, biases=True)
    rotated = np.linalg.qr(np.random.default_rng(0).standard_normal((16, 16)))[0]  # no rational pieces, no completion
    X, _ = sample(teacher, 2600, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X @ rotated, teacher.evaluate(X))
    assert model.predictor_ == "network"
    assert any(stage.name == "hidden layers" for stage in model.stages_)
    fresh, _ = sample(teacher, 2000, random_state=1)
    truth, predicted = teacher.evaluate(fresh), model.predict(fresh @ rotated)
    assert (np.abs(predicted - truth) < 1e-8 * truth.std()).mean() > 0.95
    assert np.allclose(model.to_network().evaluate(fresh @ rotated), predicted, atol=1e-9)
    assert model.is_sure(fresh @ rotated).mean() > 0.9


@pytest.mark.parametrize("biases", [False, True])
def test_units_of_a_network_come_out_as_that_network(biases):
    """No unit only passes on a coordinate: as many in the first layer as the teacher has."""
    F = random_network((3, 5, 4, 1), seed=2, biases=biases)
    Z = np.random.default_rng(0).standard_normal((3000, 3))
    y, pieces, _ = pieces_of(F, Z, least=6)
    found = as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0)).function
    net = found.to_network()
    assert net.widths[:2] == (3, 5)
    assert net.widths[2] <= 4 + 2
    assert np.abs(net.evaluate(Z) - found.evaluate(Z)).max() < 1e-11


def test_absolute_values_are_no_plain_network():
    F = random_folded((3, 2), 3, linear=False)
    assert plain_layers(F.folds[:3], F.folds[3:], F.top, F.linear) is None


@pytest.mark.slow
def test_three_layers_of_eight_units():
    """Folds of the second layer are seen in part; they are extended, settled, or fitted with the third layer.

    This shows that it can be done, not how often: docs/learning.md, section 10, says that.
    """
    F = random_network((3, 8, 8, 8, 1), seed=1)
    rng = np.random.default_rng(1)
    Z, fresh = rng.standard_normal((13_500, 3)), rng.standard_normal((20_000, 3))
    y, pieces, total = pieces_of(F, Z, least=6)
    found = as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(1)).function
    assert len(pieces) < 0.9 * total
    assert found.depth == 3
    assert (np.abs(found.evaluate(fresh) - F.evaluate(fresh)) < 1e-9 * y.std()).mean() > 0.999


@pytest.mark.parametrize(("shift", "taken"), [(0.0, True), (1.0, False)], ids=["close", "far off"])
def test_a_fit_to_most_samples_is_the_network_unless_it_is_far_off_at_others(shift, taken, monkeypatch):
    F = random_network((3, 4, 1), seed=0)
    Z = np.random.default_rng(0).standard_normal((2000, 3))
    y, pieces, _ = pieces_of(F, Z)
    right = as_one_layer(Z, y, pieces)

    class Wrong:
        """Right but at a few samples, by so much."""

        def evaluate(self, points):
            return right.evaluate(points) + shift * (np.arange(len(points)) % 500 == 0)

    near = replace(right, top=right.top * (1.0 + 1e-5))
    monkeypatch.setattr(hidden_layers, "first_levels", lambda *_: [])
    monkeypatch.setattr(hidden_layers, "fitted_beyond", lambda *_: Joint(near, Wrong()))
    found = as_hidden_layers(Z, y, pieces, rng=np.random.RandomState(0))
    assert (found.near is None) == taken
    assert (found.function is not None) == taken
