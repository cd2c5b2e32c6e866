"""Spans of many sets of rows at once are those of singular value decompositions, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.components import Components, Fit
from learner.jumps import Candidates, common
from learner.open_folds import _Equations
from learner.orientation import _are_singular
from learner.small_spans import NONE, basis_of, without


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6), st.integers(0, 6))
def test_law_bases_have_the_rank_and_the_span(seed, r, n, rank):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((7, r, min(rank, r, n))) @ rng.standard_normal((7, min(rank, r, n), n))
    basis, lengths = basis_of(rows, NONE)
    assert basis.shape == (7, r, n)
    for one, own, long in zip(rows, basis, lengths, strict=True):
        new = long > NONE
        assert new.sum() == np.linalg.matrix_rank(one, 1e-9)
        assert np.abs(own[new] @ own[new].T - np.eye(int(new.sum()))).max(initial=0.0) < 1e-12
        assert not own[~new].any()
        assert np.abs(one - one @ own.T @ own).max() < 1e-9


def test_many_sets_and_none():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((1500, 2, 4))
    left = without(basis_of(rows, NONE)[0], rng.standard_normal((1500, 4)))
    assert np.abs(np.einsum("srn,sn->sr", rows, left)).max() < 1e-9
    assert basis_of(np.empty((0, 2, 4)), NONE)[0].shape == (0, 2, 4)
    assert basis_of(np.empty((3, 0, 4)), NONE)[0].shape == (3, 0, 4)


def test_rows_that_are_nearly_dependent_give_orthonormal_bases():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 1, 5)) + 1e-8 * rng.standard_normal((50, 3, 5))
    basis, _ = basis_of(rows, NONE)
    assert np.abs(basis @ basis.mT - np.eye(3)).max() < 1e-14


@pytest.mark.parametrize("seed", range(6))
def test_candidates_leave_out_only_what_has_nothing_in_common(seed):
    rng, size = np.random.default_rng(seed), 6
    folds = rng.standard_normal((3, size))
    directions = np.eye(size)[rng.permutation(size)]

    def jump():
        open_ = directions[rng.choice(size, rng.integers(0, 5), replace=False)]
        fold = folds[rng.integers(3)]
        rest = fold - open_.T @ (open_ @ fold)
        return rest / np.linalg.norm(rest) * rng.choice([-1.0, 1.0]), open_

    jumps, left_out, like = [jump() for _ in range(40)], 0, 0
    candidates = Candidates(jumps, size)
    for telling in (None, 2):
        for one, open_ in [jump() for _ in range(40)]:
            near = candidates.like(one, open_, len(jumps), telling)
            alike = [i for i, other in enumerate(jumps) if common(*other, one, open_, size, telling) is not None]
            assert set(alike) <= set(near)
            left_out, like = left_out + len(jumps) - len(near), like + len(alike)
    assert left_out > 1000
    assert like > 100


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_law_least_eigenvalues(seed, k):
    rng = np.random.default_rng(seed)
    spans = np.linalg.qr(rng.standard_normal((60, k, k)))[0] * 10.0 ** rng.integers(-8, 1, (60, 1, k))
    matrices = spans @ spans.mT
    least = np.linalg.eigvalsh(matrices)[:, 0]
    told = np.abs(least - 1e-12) > 1e-14
    assert (_are_singular(matrices, 1e-12) == (least <= 1e-12))[told].all()


def test_slopes_of_what_is_open():
    rng, owner, size = np.random.default_rng(0), np.array([1, 2, 2]), 9
    fits = []
    for opened in (0, 1, 2, 4, 7):
        open_ = np.linalg.qr(rng.standard_normal((size, max(opened, 1))))[0].T[:opened]
        fits.append(Fit(rng.standard_normal(size), open_, size - opened, 100, 0.0))
    equations, t, step = _Equations(fits, slice(0, 4), owner), rng.standard_normal(3), 1e-6
    ends = [(equations.misses(t + step * e), equations.misses(t - step * e)) for e in np.eye(3)]
    found = np.stack([(after - before) / (2 * step) for after, before in ends], axis=-1)
    assert np.abs(equations.slopes(t) - found).max() < 1e-7


@pytest.mark.parametrize("seed", range(3))
def test_units_are_joined_as_one_by_one(seed, monkeypatch):
    """What is refused at once is what a joint fit refuses."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((3000, 3))
    heights = points @ rng.standard_normal((3, 5))
    known = np.hstack([points, np.abs(heights[:, :4])])
    unit = np.unique(heights > 0.0, axis=0, return_inverse=True)[1].ravel()
    y = known @ rng.standard_normal(7) + np.abs(heights[:, 4])
    pairs = rng.integers(0, len(points), (4000, 2))
    quick = Components(known, y, unit, pairs, 3, 1e-9)
    monkeypatch.setattr("learner.components._SURE", np.inf)
    slow = Components(known, y, unit, pairs, 3, 1e-9)
    assert np.array_equal(quick.of, slow.of)
    assert 1 < len(slow.fits) < len(np.unique(unit))
