"""Two layers fitted beyond one that is known: the functions are those of the fits, and near all samples."""

from dataclasses import replace

import numpy as np
import pytest
from folded_networks import pieces_shown

from learner import joint_fit, joint_search
from learner.joint_fit import JointFit
from learner.joint_layers import JointLayers
from learner.joint_search import _Search, fitted_beyond
from learner.levels import Level, Neighbourhoods
from learner.units import Open
from tropical.families import random_network


@pytest.fixture(scope="module", params=[False, True], ids=["linear", "biased"])
def known(request):
    """Labels of a network of three layers in the plane, its samples on pieces, and its first two layers as levels."""
    net = random_network((2, 3, 3, 2, 1), seed=125 if request.param else 101, biases=request.param)  # all units bend
    Z = np.random.default_rng(0).standard_normal((800, 2))
    y = net.evaluate(Z)
    part = Neighbourhoods(Z, y, pieces_shown(net, Z, y, least=6)[0])
    assert part.linear != request.param
    none = np.empty((0, part.design.shape[1]))
    signs = np.array([1.0, -1.0, 1.0])
    level = Level(None, signs[:, None] * rows_of(net, 0, part.linear), signs, none, part)
    rows = rows_of(net, 1, part.linear)
    deep = Level(level, rows, np.ones(3), np.empty((0, rows.shape[1])), part)
    return y, part, level, deep


def rows_of(net, layer, linear):
    """The weights of a layer, and beside them the constants."""
    rows = np.array([[float(weight) for weight in row] for row in net.weights[layer]])
    return rows if linear else np.column_stack([rows, [float(bias) for bias in net.biases[layer]]])


def beyond(levels, part, y, *, seed=0, expired=lambda: False):
    return fitted_beyond(levels, part.design, y, np.random.RandomState(seed), expired)


@pytest.fixture
def fits(monkeypatch):
    """The fits made, with less work for each."""
    made = []

    class Noted(JointFit):
        def __init__(self, *args):
            super().__init__(*args)
            self.asked, self.leaned, self.args = [], [], args
            made.append(self)

        def run(self, work, expired):
            self.asked.append(work)
            super().run(work, expired)

        def lean(self, work):
            self.leaned.append(work)
            return super().lean(work)

    monkeypatch.setattr(joint_search, "JointFit", Noted)
    monkeypatch.setattr(joint_search, "_WORK", WORK)
    return made


WORK = 5e9


def Z_of(part):
    return part.design[:, :2]


def test_functions_are_near_all_samples(known, fits):
    y, part, level, _ = known
    found = beyond([level], part, y)
    for function in (found.near, found.settled):
        assert function.linear == part.linear
        assert function.dimension == 2
        assert function.depth == 3
        assert ((function.evaluate(Z_of(part)) - y) ** 2).mean() < 1e-3 * y.var()
    off = ((found.near.evaluate(Z_of(part)) - y) ** 2).mean()
    assert off == pytest.approx(fits[0].least * y.var(), rel=1e-3, abs=1e-20 * y.var())
    assert np.abs(found.near.to_network().evaluate(Z_of(part)) - found.near.evaluate(Z_of(part))).max() < 1e-9


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_functions_have_the_values_of_the_layers(known, depth, seed):
    """Features of a level are units; folded functions have absolute values: of any layers, at any samples."""
    y, part, *levels = known
    level, rng = levels[depth - 1], np.random.default_rng(seed)
    search = _Search.beyond(level, None, part.design, y, np.random.RandomState(0))
    q = level.features(part.design).shape[1]
    widths = tuple(rng.integers(1, 5, rng.integers(1, 4)))
    units = tuple(rng.standard_normal((m, q + sum(widths[:before]))) for before, m in enumerate(widths))
    layers = JointLayers(units, rng.standard_normal(q + sum(widths)))
    function = search.function(layers)
    Z = 3.0 * rng.standard_normal((200, 2))
    values = layers.evaluate(level.features(function.design(Z)).T) * y.std()
    assert np.allclose(function.evaluate(Z), values, rtol=1e-9, atol=1e-9 * np.abs(values).max())
    assert function.depth <= depth + len(widths)
    assert len(function.folds) == 3 * depth + sum(widths)


def test_what_is_given_is_the_best_of_the_fit(known, fits):
    y, part, level, _ = known
    found = beyond([level], part, y)
    (fit,) = fits
    features = level.features(part.design).T
    assert np.array_equal(fit.args[0], features)
    assert np.allclose(fit.args[1] * y.std(), y)
    values = fit.best.evaluate(features) * y.std()
    assert np.abs(found.near.evaluate(Z_of(part)) - values).max() < 1e-10 * np.abs(values).max()


def test_folds_that_are_seen_are_fixed_and_others_likely(known, fits):
    y, part, level, _ = known
    beyond([level], part, y, expired=lambda: True)
    _, _, tolerance, fixed, likely, widths, *_ = fits[0].args
    q = level.features(part.design).shape[1]
    assert fixed.shape == (len(level.seen), q)
    assert np.array_equal(fixed, np.array(level.seen).reshape(-1, q))
    assert len(likely) == len(level.partial) + len(level.likely)
    assert widths == (max(q + 2, len(fixed) + 3), q + 5)
    assert tolerance == pytest.approx(part.tolerance / y.std())
    assert np.array_equal(fits[0].best.units[0][: len(fixed)], fixed)


@pytest.mark.parametrize("most", [1, 9])
def test_very_many_folds_are_not_all_fixed(known, fits, monkeypatch, most):
    """Beside those that are, there is room for three others."""
    monkeypatch.setattr(joint_search, "_MOST_FIXED", most)
    y, part, level, _ = known
    level = level.closed(np.empty(0))
    q = level.features(part.design).shape[1]
    level.seen = list(np.random.default_rng(0).standard_normal((12, q)))
    beyond([level], part, y, expired=lambda: True)
    assert np.array_equal(fits[0].args[3], level.seen[:most])
    assert fits[0].args[5][0] == max(q + 2, most + 3)


def test_without_signs_or_with_something_open_there_is_none(known, fits):
    y, part, level, _ = known
    none = np.empty((0, part.design.shape[1]))
    unsigned = Level(None, level.folds, None, none, part)
    rows = np.eye(level.folds.shape[1])[:1]
    opened = Level(None, level.folds, level.signs, none, part, Open.of([rows], level.folds.shape[1]))
    above = Level(opened, np.ones((1, 4 + (not part.linear))), np.ones(1), np.empty((0, 4 + (not part.linear))), part)
    assert not above.is_closed
    for levels in ([], [unsigned], [opened], [above], [unsigned, opened, above]):
        assert beyond(levels, part, y) is None
    assert not fits
    assert beyond([unsigned, level], part, y, expired=lambda: True) is not None


def test_the_better_of_two_levels_is_gone_on_with(known, fits, monkeypatch):
    monkeypatch.setattr(JointFit, "is_exact", False)
    monkeypatch.setattr(joint_search, "_WORK", 1e8)
    monkeypatch.setattr(joint_search, "_GAIN", 2.0)  # so that no turn is too poor, and all are taken
    monkeypatch.setattr(joint_search, "_MOST_TURNS", 4)
    y, part, level, deep = known
    found = beyond([deep, level], part, y)
    first, second = fits  # on the coordinates, and the one first of any depth
    assert np.array_equal(first.args[0], level.features(part.design).T)
    assert np.array_equal(second.args[0], deep.features(part.design).T)
    turns = sorted([len(first.asked), len(second.asked)])
    assert turns == [1, 4]
    better = max(fits, key=lambda fit: len(fit.asked))
    other = min(fits, key=lambda fit: len(fit.asked))
    assert better.least <= other.least
    on = level if better is first else deep
    values = better.best.evaluate(on.features(part.design).T) * y.std()
    assert np.abs(found.near.evaluate(Z_of(part)) - values).max() < 1e-9 * np.abs(values).max()
    assert sum(better.asked + better.leaned + other.asked + other.leaned) == pytest.approx(5e8)
    assert len(better.leaned) == len(better.asked)


def test_turns_that_gain_little_are_the_last(known, fits, monkeypatch):
    monkeypatch.setattr(JointFit, "is_exact", False)
    monkeypatch.setattr(joint_search, "_WORK", 1e7)
    monkeypatch.setattr(joint_search, "_GAIN", 0.0)  # no turn gains as much as that
    y, part, level, _ = known
    beyond([level], part, y)
    assert len(fits[0].asked) == 1 + joint_search._PATIENCE


def test_the_same_level_is_tried_once(known, fits):
    y, part, level, _ = known
    beyond([level, level], part, y, expired=lambda: True)
    assert len(fits) == 1


def test_of_deep_levels_alone_the_first_is_tried(known, fits):
    y, part, _, deep = known
    assert beyond([deep], part, y, expired=lambda: True) is not None
    assert [len(fit.args[0]) for fit in fits] == [3 + (not part.linear)]


def test_it_stops_after_one_trial_each_when_asked(known, fits):
    y, part, level, deep = known
    assert beyond([deep, level], part, y, expired=lambda: True) is not None
    assert [fit._trials for fit in fits] == [1, 1]
    assert [len(fit.asked) for fit in fits] == [1, 1]
    assert not any(fit.leaned for fit in fits)


def test_it_stops_where_nothing_is_left_to_gain(known, fits, monkeypatch):
    monkeypatch.setattr(JointFit, "is_exact", True)
    monkeypatch.setattr(JointFit, "run", lambda self, *_: self.trial() if self._best is None else None)
    y, part, level, _ = known
    beyond([level], part, y)
    assert len(fits[0].asked) == 1


def test_the_same_random_state_gives_the_same(known, fits):
    y, part, level, _ = known
    one, again, other = (beyond([level], part, y, seed=seed, expired=lambda: True) for seed in (0, 0, 1))
    assert all(np.array_equal(fold, same) for fold, same in zip(one.near.folds, again.near.folds, strict=True))
    assert np.array_equal(one.settled.top, again.settled.top)
    assert not np.array_equal(one.near.top, other.near.top)


def test_what_is_settled_is_given_beside_what_is_near(known, fits, monkeypatch):
    y, part, level, _ = known
    monkeypatch.setattr(JointFit, "settled", lambda self: replace(self.best, top=2.0 * self.best.top))
    found = beyond([level], part, y, expired=lambda: True)
    assert np.allclose(2.0 * found.near.evaluate(Z_of(part)), found.settled.evaluate(Z_of(part)))


def third_of(net_levels, part, *, without=None, below_without=None):
    """The last hidden layer as a level, perhaps with a unit missing there or in the layer below it."""
    deep, rows, passed = net_levels
    kept = [place for place in range(len(deep.folds)) if place != below_without]
    if below_without is not None:
        deep = Level(deep.below, deep.folds[kept], deep.signs[kept], passed, part)
        rows = np.hstack([rows[:, kept], rows[:, len(rows[0]) - (not part.linear) :]])
    own = [place for place in range(len(rows)) if place != without]
    return Level(deep, rows[own], np.ones(len(own)), np.empty((0, rows.shape[1])), part)


@pytest.fixture(scope="module", params=[False, True], ids=["linear", "biased"])
def layers(request):
    net = random_network((2, 3, 3, 2, 1), seed=125 if request.param else 101, biases=request.param)
    Z = np.random.default_rng(0).standard_normal((800, 2))
    y = net.evaluate(Z)
    part = Neighbourhoods(Z, y, pieces_shown(net, Z, y, least=6)[0])
    first = rows_of(net, 0, part.linear)
    level = Level(None, first, np.ones(3), np.empty((0, first.shape[1])), part)
    rows = rows_of(net, 1, part.linear)
    deep = Level(level, rows, np.ones(3), np.empty((0, rows.shape[1])), part)
    return y, part, (deep, rows_of(net, 2, part.linear), np.empty((0, rows.shape[1])))


def test_of_layers_that_are_all_known_nothing_is_left_to_fit(layers, fits):
    y, part, known_layers = layers
    found = beyond([third_of(known_layers, part), known_layers[0], known_layers[0].below], part, y)
    assert len(fits[0].asked) == 1
    assert all(not fit.asked for fit in fits[1:])
    assert fits[0]._trials == joint_fit._STARTS  # no start, and no trial
    assert np.abs(found.near.evaluate(Z_of(part)) - y).max() <= 1e-9 * y.std()


@pytest.mark.parametrize("missing", [{"without": 0}, {"without": 1}, {"below_without": 0}, {"below_without": 2}])
def test_layers_that_lack_a_unit_are_completed(layers, fits, missing):
    y, part, known_layers = layers
    top = third_of(known_layers, part, **missing)
    found = beyond([top, top.below.below], part, y)
    off = np.abs(found.near.evaluate(Z_of(part)) - y) / y.std()
    assert (off <= 1e-9).mean() > 0.99
    assert np.array_equal(fits[0].best.units[0][: len(top.below.folds)], top.below.folds)  # what is known stays
