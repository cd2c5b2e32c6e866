"""Folds that are seen in part are extended where they are seen in what is added, and only there."""

from types import SimpleNamespace

import numpy as np
import pytest

from learner.extension import Sight, extended

RNG = np.random.default_rng(0)
Z = RNG.standard_normal((4000, 3))
PLANES = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
KNOWN = np.hstack([np.maximum(Z @ PLANES.T, 0.0), np.maximum(-Z @ PLANES.T, 0.0)])  # six units
FOLD = np.array([1.0, -0.7, 0.4, -0.9, 0.8, -0.3])
FOLD /= np.linalg.norm(FOLD)


def cell_of(points):
    return (points @ PLANES.T > 0.0) @ np.array([1, 2, 4])


def sight(heights, seen=None):
    """Neighbours within cells; components are the sides of a fold, where it is seen."""
    cells, pairs = cell_of(Z), []
    for cell in range(8):
        inside = np.flatnonzero(cells == cell)
        pairs.append(RNG.choice(inside, (600, 2)))
    side = (heights > 0.0).astype(int) + 2 * cells
    if seen is not None:
        side = np.where(np.isin(cells, list(seen)), side, 2 * cells)
    return Sight(KNOWN, SimpleNamespace(of=side), np.vstack(pairs))


def jump_in(*cells, fold=FOLD):
    """What cells show of a fold: it, and what vanishes there."""
    inside = np.isin(cell_of(Z), cells)
    _, values, rows = np.linalg.svd(KNOWN[inside], full_matrices=False)
    open_ = rows[values < 1e-9 * values[0]]
    rest = fold - open_.T @ (open_ @ fold)
    return rest / np.linalg.norm(rest), open_


def test_a_fold_is_completed_over_neighbouring_cells():
    jumps = [jump_in(0, 1), jump_in(1, 3), jump_in(3, 2, 6), jump_in(6, 7, 5, 4)]
    folds = extended([(*jumps[0], 1)], jumps, sight(KNOWN @ FOLD))
    assert len(folds) == 1
    fold, open_, pairs = folds[0]
    assert not len(open_)
    assert pairs > 100
    assert min(np.abs(fold - FOLD).max(), np.abs(fold + FOLD).max()) < 1e-9


def test_jumps_of_another_fold_are_not_taken():
    other = FOLD + 0.3 * np.array([0.0, 0.0, 0.0, 1.0, -1.0, 0.5])
    jumps = [jump_in(0, 1), jump_in(1, 3, fold=other), jump_in(6, 7, 5, 4, fold=other)]
    (fold, open_, _), *_ = extended([(*jumps[0], 1)], jumps, sight(KNOWN @ FOLD))
    known = FOLD - open_.T @ (open_ @ FOLD)
    assert abs(abs(fold @ known) / np.linalg.norm(known) - 1.0) < 1e-9


def test_a_fold_that_is_not_seen_all_over_its_region_is_none():
    """It is a bend of a later layer there."""
    jump = jump_in(0, 1)
    assert extended([(*jump, 1)], [jump], sight(KNOWN @ FOLD, seen={0})) == []
    assert len(extended([(*jump, 1)], [jump], sight(KNOWN @ FOLD, seen={0, 1}))) == 1


def test_it_is_not_extended_to_cells_where_it_is_not_seen():
    jumps = [jump_in(0, 1), jump_in(1, 3)]
    (_, open_, _), *_ = extended([(*jumps[0], 1)], jumps, sight(KNOWN @ FOLD, seen={0, 1}))
    assert len(open_) == len(jumps[0][1])


@pytest.mark.parametrize("cells", [(0,), (0, 1), (0, 1, 3, 2)])
def test_region_is_where_nothing_is_open(cells):
    _, open_ = jump_in(*cells)
    region = sight(KNOWN @ FOLD).region(open_)
    assert region[np.isin(cell_of(Z), cells)].all()
