"""Filtered moments: additive, and equal to their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.content import content_folds
from learner.filters import SliceFilter
from learner.moments import SliceMoments
from tropical import InvalidInput


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
    slices = SliceFilter.by_quantiles(y, 10)
    counts = np.bincount(slices.index(y), minlength=len(slices))
    assert len(slices) == 10
    assert counts.min() >= 99
    assert counts.max() <= 101


@pytest.mark.parametrize("share", [0.3, 0.5, 0.95])
def test_ties_share_a_slice(share):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(1000) < share, 0.0, rng.standard_normal(1000))
    index = SliceFilter.by_quantiles(y, 16).index(y)
    assert len(set(index[y == 0])) == 1
    assert len(set(index)) > 1


def test_two_labels_give_two_slices():
    y = np.array([0.0] * 50 + [1.0] * 50)
    assert np.array_equal(SliceFilter.by_quantiles(y, 8).index(y), y)


@given(st.permutations(list(range(40))), st.lists(st.integers(0, 40), max_size=3))
def test_folds_know_neither_order_nor_chunks(order, cuts):
    X, _ = data(n=40)
    y = X[:, 0]
    whole = content_folds(X, y, 4)
    assert np.array_equal(content_folds(X[order], y[order], 4), whole[order])
    parts = [
        content_folds(rows, labels, 4)
        for rows, labels in zip(np.split(X, sorted(cuts)), np.split(y, sorted(cuts)), strict=True)
    ]
    assert np.array_equal(np.concatenate(parts), whole)


def test_folds_are_even_and_copies_share_one():
    X, _ = data(n=4000)
    folds = content_folds(X, X[:, 0], 4)
    assert np.bincount(folds).min() > 850  # 1000 expected, standard deviation 27
    assert np.array_equal(content_folds(np.vstack([X, X]), np.tile(X[:, 0], 2), 4), np.tile(folds, 2))


def test_folds_and_the_rest_add_up():
    X, index = data()
    folds = np.arange(len(X)) % 3
    moments = SliceMoments(9, 4).add(X, folds * 3 + index)
    whole = SliceMoments(3, 4).add(X, index)
    assert np.allclose(moments.total(3).squares, whole.squares)
    rest = SliceMoments(3, 4).add(X[folds != 1], index[folds != 1])
    assert np.allclose(moments.total(3, without=[1]).squares, rest.squares)
    assert np.allclose(moments.fold(3, 1).merge(rest).sums, whole.sums)


def test_single_precision_is_summed_in_double():
    X = np.full((200_000, 1), 0.1, dtype=np.float32)
    moments = SliceMoments(1, 1).add(X, np.zeros(len(X), dtype=int))
    assert moments.sums[0, 0] == pytest.approx(200_000 * float(np.float32(0.1)), rel=1e-12)
    assert moments.squares[0, 0, 0] == pytest.approx(200_000 * float(np.float32(0.1)) ** 2, rel=1e-12)


def test_coordinates_along_columns_and_a_shift():
    X, index = data()
    columns, shift = np.random.default_rng(1).standard_normal((4, 2)), np.array([1.0, 2.0, 3.0, 4.0])
    there = SliceMoments(3, 2).add((X - shift) @ columns, index)
    here = SliceMoments(3, 4).add(X, index).along(columns, shift)
    assert np.allclose(here.sums, there.sums)
    assert np.allclose(here.squares, there.squares)


def test_only_the_same_slices_merge():
    with pytest.raises(InvalidInput, match="`other` needs 3 slices"):
        SliceMoments(3, 4).merge(SliceMoments(2, 4))
