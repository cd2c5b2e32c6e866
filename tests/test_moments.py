"""Filtered moments: additive, and equal to their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.filters import LabelSlices
from learner.moments import SliceMoments


def data(n=500, d=4, slices=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.integers(0, slices, n)


def test_definition():
    X, index = data()
    moments = SliceMoments(4, 4).add(X, index)
    for h in range(3):
        rows = X[index == h]
        assert moments.counts[h] == len(rows)
        assert np.allclose(moments.means()[h], rows.mean(axis=0))
        assert np.allclose(moments.hermite()[h], rows.T @ rows / len(rows) - np.eye(4))
    assert moments.probabilities().sum() == pytest.approx(1)
    assert not moments.means()[3].any()  # an empty slice is zero
    assert not moments.hermite()[3].any()


@given(st.integers(0, 500), st.integers(0, 500), st.randoms())
def test_any_chunking_in_any_order_gives_the_same_sums(a, b, random):
    X, index = data()
    parts = [slice(0, min(a, b)), slice(min(a, b), max(a, b)), slice(max(a, b), None)]
    random.shuffle(parts)
    whole = SliceMoments(3, 4).add(X, index)
    first = SliceMoments(3, 4).add(X[parts[0]], index[parts[0]]).add(X[parts[1]], index[parts[1]])
    merged = first.merge(SliceMoments(3, 4).add(X[parts[2]], index[parts[2]]))
    assert np.array_equal(merged.counts, whole.counts)
    assert np.allclose(merged.sums, whole.sums)
    assert np.allclose(merged.squares, whole.squares)


def test_more_rows_than_a_chunk():
    X, index = data(n=70_000, d=2)
    moments = SliceMoments(3, 2).add(X, index)
    assert np.allclose(moments.squares.sum(axis=0), X.T @ X)


def test_slices_are_equally_likely_and_exhaustive():
    y = np.random.default_rng(0).standard_normal(1000)
    slices = LabelSlices.by_quantiles(y, 10)
    counts = np.bincount(slices.index(y), minlength=len(slices))
    assert len(slices) == 10
    assert counts.min() >= 99
    assert counts.max() <= 101


@pytest.mark.parametrize("share", [0.3, 0.5, 0.95])
def test_ties_share_a_slice(share):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(1000) < share, 0.0, rng.standard_normal(1000))
    index = LabelSlices.by_quantiles(y, 16).index(y)
    assert len(set(index[y == 0])) == 1
    assert len(set(index)) > 1


def test_two_labels_give_two_slices():
    y = np.array([0.0] * 50 + [1.0] * 50)
    assert np.array_equal(LabelSlices.by_quantiles(y, 8).index(y), y)
