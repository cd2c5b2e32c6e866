"""Rational pieces from single samples: found where they are, never made up."""

import numpy as np
import pytest

from learner.rare_pieces import rare_pieces
from tropical import PieceTable, cells, families

NETS = {
    "bias-free": families.random_network((12, 4, 4, 1), 7, rank=3),
    "biased": families.random_network((8, 4, 1), 1, rank=2, biases=True),
}


@pytest.fixture(params=NETS)
def problem(request):
    net = NETS[request.param]
    table = cells(net).pieces
    X = np.random.default_rng(0).standard_normal((4000, net.dimension))
    y = net.evaluate(X)
    gradients, constants = table.float_arrays()
    owner = np.abs(X @ gradients.T + constants - y[:, None]).argmin(axis=1)
    return table, X, y, owner


def without(table, index):
    return PieceTable.from_rows([table.fractions(i) for i in range(len(table)) if i != index])


def test_one_sample_is_enough(problem):
    table, X, y, owner = problem
    tried = 0
    for index in set(owner):
        smaller = without(table, index)
        if smaller.rank() < table.rank() or smaller.denominator != table.denominator:
            continue
        sample = int((owner == index).argmax())
        found = rare_pieces(smaller, X[sample : sample + 1], y[sample : sample + 1], 1e-9)
        assert found == [table.fractions(index)]
        tried += 1
    assert tried >= 3


def test_samples_of_one_piece_give_it_once(problem):
    table, X, y, owner = problem
    index = max(set(owner), key=lambda i: (owner == i).sum())
    mine = owner == index
    assert rare_pieces(without(table, index), X[mine][:20], y[mine][:20], 1e-9) == [table.fractions(index)]


def test_noise_gives_nothing(problem):
    table, X, _, _ = problem
    noise = np.random.default_rng(1).standard_normal(60)
    assert rare_pieces(table, X[:60], noise, 1e-9) == []


def test_no_samples_and_functions_of_no_direction():
    constant = PieceTable.from_rationals([([0, 0], "1/4")])
    assert rare_pieces(constant, np.empty((0, 2)), np.empty(0), 1e-9) == []
    found = rare_pieces(constant, np.ones((1, 2)), np.array([0.75]), 1e-9)
    assert [tuple(map(str, row)) for row in found] == [("0", "0", "3/4")]
