"""Filters: functions of the label and the known coordinates, between -1 and 1; partitions cover everything once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner.filters import (
    CellFilter,
    ConditionalSliceFilter,
    Filter,
    LevelFilter,
    Partition,
    RampFilter,
    SliceFilter,
    ThresholdFilter,
    residuals,
)
from tropical import InvalidInput

RNG = np.random.default_rng(0)
Y, P = RNG.standard_normal(400), RNG.standard_normal((400, 2))


def predictor(p):
    return np.maximum(p[:, 0], 0.0)


PARTITIONS = [
    SliceFilter.by_quantiles(Y, 5),
    SliceFilter.by_quantiles(Y, 5, p=P, predictor=predictor),
    CellFilter.by_medians(P, 8),
    ConditionalSliceFilter.by_quantiles(Y, P, cells=4, slices=3, predictor=predictor),
    LevelFilter.of(RampFilter(0.5)),
]


@pytest.mark.parametrize("partition", PARTITIONS, ids=["labels", "residuals", "cells", "conditional", "levels"])
def test_every_sample_has_one_cell(partition):
    index = partition.index(Y, P)
    assert isinstance(partition, Partition)
    assert index.shape == Y.shape
    assert index.min() >= 0
    assert index.max() < len(partition)
    assert np.array_equal(index[::-1], partition.index(Y[::-1], P[::-1]))  # no sample looks at another


@pytest.mark.parametrize(
    "psi",
    [ThresholdFilter(0.7), RampFilter(0.7), ThresholdFilter(0.7, predictor)],
    ids=["threshold", "ramp", "residual"],
)
def test_values_lie_between_0_and_1(psi):
    values = psi(Y, P)
    assert isinstance(psi, Filter)
    assert values.min() == 0.0
    assert values.max() == 1.0


def test_a_threshold_is_strict_and_even():
    assert ThresholdFilter(1.0)(np.array([-2.0, -1.0, 0.0, 1.0, 2.0])).tolist() == [1, 0, 0, 0, 1]


def test_a_ramp_rises_from_the_threshold_to_twice_it():
    assert RampFilter(2.0)(np.array([0.0, 2.0, 3.0, -4.0, 9.0])).tolist() == [0, 0, 0.5, 1, 1]


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 3))
def test_a_ramp_is_lipschitz(a, b, threshold):
    first, second = RampFilter(threshold)(np.array([a, b]))
    assert abs(first - second) <= abs(a - b) / threshold + 1e-12


def test_a_predictor_is_subtracted():
    assert np.array_equal(residuals(Y, P, predictor), Y - np.maximum(P[:, 0], 0))
    exact = ThresholdFilter(1e-9, predictor)(predictor(P), P)
    assert not exact.any()


def test_cells_are_equally_likely():
    counts = np.bincount(CellFilter.by_medians(P, 8).index(Y, P))
    assert counts.tolist() == [50] * 8


def test_slices_within_a_cell_follow_that_cell():
    y = 100.0 * (P[:, 0] > 0) + Y  # labels of the two halves do not overlap
    partition = ConditionalSliceFilter.by_quantiles(y, P, cells=2, slices=4)
    counts = np.bincount(partition.index(y, P))
    assert len(counts) == 8
    assert counts.min() >= 48
    assert counts.max() <= 52


def test_no_coordinates_make_one_cell():
    empty = np.zeros((10, 0))
    assert len(CellFilter.by_medians(empty, 8)) == 1
    assert not CellFilter.by_medians(empty, 8).index(np.zeros(10), empty).any()


def test_levels_keep_an_indicator_as_it_is():
    level = LevelFilter.of(ThresholdFilter(1.0))
    assert np.array_equal(level.values[level.index(Y)], ThresholdFilter(1.0)(Y))


def test_levels_are_near_a_ramp():
    level = LevelFilter.of(RampFilter(0.5), levels=33)
    assert np.abs(level.values[level.index(Y)] - RampFilter(0.5)(Y)).max() <= 1 / 32


@pytest.mark.parametrize(
    ("make", "named"),
    [
        pytest.param(lambda: ThresholdFilter(-1.0), "threshold", id="negative"),
        pytest.param(lambda: ThresholdFilter(np.nan), "threshold", id="nan"),
        pytest.param(lambda: RampFilter(0.0), "threshold", id="zero ramp"),
        pytest.param(lambda: RampFilter("1"), "threshold", id="text"),
        pytest.param(lambda: SliceFilter(np.array([1.0, 0.0])), "edges", id="decreasing"),
        pytest.param(lambda: SliceFilter(np.array([0.0]), predictor).index(Y), "p", id="no coordinates"),
        pytest.param(lambda: CellFilter(np.zeros(1)).index(Y), "p", id="cells without coordinates"),
        pytest.param(lambda: residuals(Y, P, lambda p: p), "predictor", id="predictor of two columns"),
        pytest.param(lambda: LevelFilter.of(lambda y, p: 2 * np.ones_like(y)).index(Y), "filter", id="too large"),
        pytest.param(lambda: LevelFilter.of(RampFilter(1.0), levels=4), "levels", id="even levels"),
        pytest.param(lambda: ConditionalSliceFilter(CellFilter(np.zeros(1)), ()), "slices", id="too few slices"),
    ],
)
def test_bad_arguments_are_named(make, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        make()
