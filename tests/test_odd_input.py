"""Good but odd input: other types, orders and views of an array give the answer of the plain one, and stay unchanged.

All numbers are integers of a few bits, so every type holds them exactly.
"""

import warnings

import numpy as np
import pytest
from known_functions import MEDIAN

from learner import (
    ExhaustiveFilteredPCA,
    FilteredPCA,
    LatticeRegressor,
    RampFilter,
    SampleWarning,
    SliceFilter,
    ThresholdFilter,
    as_source,
)
from tropical import Box, LatticePolynomial, ReLUNetwork, TropicalPolynomial, cells, gaussian, parse
from tropical.io import from_state_dict

RNG = np.random.default_rng(0)
X = np.rint(4 * RNG.standard_normal((60, 2)))
Y = np.maximum(X[:, 0], 0.0)


def _view(array):
    """Return a view with gaps in all axes, one of them backwards."""
    wide = np.full([2 * size for size in array.shape], 7.0)
    part = wide[tuple(slice(None, None, 2) for _ in array.shape)]
    part = part[::-1]
    part[...] = array
    return part


def _read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


ODD = {
    "float32": lambda array: array.astype(np.float32),
    "float16": lambda array: array.astype(np.float16),
    "int64": lambda array: array.astype(np.int64),
    "int8": lambda array: array.astype(np.int8),
    "other byte order": lambda array: array.astype(">f8"),
    "by columns": np.asfortranarray,
    "a view": _view,
    "read-only": _read_only,
    "objects": lambda array: array.astype(np.int64).astype(object),
    "masked nowhere": lambda array: np.ma.masked_array(array),
    "a list": lambda array: array.tolist(),
    "nested tuples": lambda array: tuple(map(tuple, array.tolist())) if array.ndim == 2 else tuple(array.tolist()),
}
NET = ReLUNetwork([[[1, 2], [3, -1]], [1, -1]], [[0, 1], 1])
P = TropicalPolynomial({(0, 0): 0, (1, 0): 1, (0, 2): -1}, convention="max")
PCA = FilteredPCA(random_state=0)
MODEL = LatticeRegressor(random_state=0)
EXHAUSTIVE = ExhaustiveFilteredPCA(n_directions=1, lipschitz=1, grid=1)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", SampleWarning)
    for estimator in (PCA, MODEL, EXHAUSTIVE):
        estimator.fit(X, Y)


def _learned(estimator, X, y):
    estimator.fit(X, y)
    return estimator.components_


CALLS = {  # name: (function of odd arrays, the plain ones)
    "ReLUNetwork.evaluate": (NET.evaluate, X),
    "LatticePolynomial.evaluate": (MEDIAN.evaluate, X),
    "TropicalPolynomial.evaluate": (P.evaluate, X),
    "TropicalRational.evaluate": ((P / P).evaluate, X),
    "ReLUNetwork.from_floats": (lambda W, b: ReLUNetwork.from_floats([W, b], [b, None]).to_plain(), X[:2], Y[:2]),
    "LatticePolynomial.from_floats": (lambda u, c: LatticePolynomial.from_floats(u, c, [[0]]).to_plain(), X[:3], Y[:3]),
    "from_state_dict": (lambda W: from_state_dict({"a.weight": W}).to_plain(), X[:2]),
    "IndependentSum.evaluate": (gaussian.independent_sum([parse("max(x0, 0)")] * 2).evaluate, X),
    "LabelFilter.evaluate": (gaussian.LabelFilter.ramp(2).evaluate, Y),
    "ThresholdFilter": (ThresholdFilter(2.0), Y),
    "RampFilter": (RampFilter(2.0), Y),
    "SliceFilter.by_quantiles": (lambda y: SliceFilter.by_quantiles(y, 3).edges, Y),
    "SliceFilter.index": (SliceFilter([0.5, 2.0]).index, Y),
    "FilteredPCA.fit": (lambda X, y: _learned(FilteredPCA(random_state=0), X, y), X, Y),
    "FilteredPCA.partial_fit": (lambda X, y: FilteredPCA(n_components=1).partial_fit(X, y).components_, X, Y),
    "FilteredPCA.transform": (PCA.transform, X),
    "LatticeRegressor.fit": (lambda X, y: _learned(LatticeRegressor(random_state=0), X, y), X, Y),
    "LatticeRegressor.predict": (MODEL.predict, X),
    "LatticeRegressor.is_sure": (MODEL.is_sure, X),
    "ExhaustiveFilteredPCA.fit": (
        lambda X, y: _learned(ExhaustiveFilteredPCA(n_directions=1, lipschitz=1, grid=1), X, y),
        X,
        Y,
    ),
    "ExhaustiveFilteredPCA.predict": (EXHAUSTIVE.predict, X),
    "ExhaustiveFilteredPCA.transform": (EXHAUSTIVE.transform, X),
    "as_source": (lambda X, y: np.concatenate([x for x, _ in as_source(X, y).chunks()]), X, Y),
}
EXACT = {  # exact numbers come as integers, whatever holds them
    "ReLUNetwork": (lambda W: ReLUNetwork([W, [1, 1]]).to_plain(), X[:2]),
    "ReLUNetwork.__call__": (NET, X[0]),
    "LatticePolynomial.__call__": (MEDIAN, X[0]),
    "LatticePolynomial.compose": (lambda A: MEDIAN.compose(A).to_plain(), X[:2]),
    "Box": (lambda lo: Box(lo, [9, 99]).to_plain(), X[0]),
    "CellComplex.locate": (cells(MEDIAN).locate, X[0]),
}


def _unchanged(call, *plain, odd):
    given = [ODD[odd](array) for array in plain]
    before = [np.array(array) for array in given]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampleWarning)
        result = call(*given)
    for array, old in zip(given, before, strict=True):
        assert np.array_equal(np.array(array), old)
    return result


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", CALLS)
def test_odd_arrays_give_the_plain_answer(name, odd):
    call, *plain = CALLS[name]
    expected, found = _unchanged(call, *plain, odd="read-only"), _unchanged(call, *plain, odd=odd)
    if isinstance(expected, dict):
        assert found == expected
    else:
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("odd", ["int64", "int8", "objects"])
@pytest.mark.parametrize("name", EXACT)
def test_integers_are_exact_whatever_holds_them(name, odd):
    call, *plain = EXACT[name]
    assert _unchanged(call, *plain, odd=odd) == call(*(array.astype(int).tolist() for array in plain))


def test_integers_beyond_floats_stay_exact_beside_floats():
    large = 2**53 + 1
    net = ReLUNetwork.from_floats([[[large, 0.5]]])
    assert net([1, 2]) == large + 1
