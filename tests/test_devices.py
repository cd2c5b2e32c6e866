"""Arrays of other libraries: the sums and the values that NumPy gives, kept where the arrays lie.

Strict arrays of the array API stand for a device by default: they refuse what a device may refuse. torch, where it is
installed, runs on the processor.
"""

import array_api_strict
import numpy as np
import pytest

from learner import FilteredPCA, LatticeRegressor, sample
from learner.arrays import coordinates, is_foreign, to_host
from learner.content import content_folds, content_hash
from learner.filters import CellFilter, ConditionalSliceFilter, SliceFilter, ThresholdFilter, index_on_device
from learner.moments import DeviceMoments, FilteredSums, SliceMoments
from learner.on_device import lattice_values
from learner.sources import as_source, gather, is_streamed
from tropical import InvalidInput, families, lattice, parse

TEACHER = families.random_network((12, 4, 1), 5, rank=2)
X, Y = sample(TEACHER, 3000, random_state=0)


@pytest.fixture(params=["strict", "torch"])
def library(request):
    if request.param == "torch":
        return pytest.importorskip("torch", reason="torch is in the extra bench only")
    return array_api_strict


def there(library, array):
    return library.asarray(np.ascontiguousarray(array))


def test_only_other_libraries_are_foreign(library):
    assert is_foreign(there(library, X))
    assert is_streamed(there(library, X))
    assert not any(map(is_foreign, (X, X[0, 0], X.tolist(), None)))


def test_hashes_and_folds_are_the_same_numbers(library):
    inputs, labels = np.vstack([X, -0.0 * X[:1], 0.0 * X[:1]]), np.append(Y, [0.0, -0.0])
    assert np.array_equal(
        to_host(content_hash(there(library, inputs), there(library, labels))), content_hash(inputs, labels)
    )
    folds = to_host(content_folds(there(library, inputs), there(library, labels), 4))
    assert np.array_equal(folds, content_folds(inputs, labels, 4))
    assert folds[-1] == folds[-2]


def test_moments(library):
    index = np.random.default_rng(0).integers(0, 5, len(X))
    index[index == 3] = 4  # an empty slice
    device = DeviceMoments(5, 12, there(library, X))
    for rows in (slice(0, 1000), slice(1000, None)):
        device.add(there(library, X[rows]), there(library, index[rows]))
    ours, theirs = SliceMoments(5, 12).add(X, index), device.to_host()
    assert np.array_equal(ours.counts, theirs.counts)
    assert np.allclose(ours.sums, theirs.sums)
    assert np.allclose(ours.squares, theirs.squares)


PLANE = np.eye(12)[:2]
PARTITIONS = [
    SliceFilter.by_quantiles(Y, 7),
    CellFilter.by_medians(X[:, :2], 8),
    ConditionalSliceFilter.by_quantiles(Y, X[:, :2], cells=4, slices=3),
    SliceFilter.by_quantiles(Y, 5, p=X[:, :2], predictor=lambda p: p[:, 0] - p[:, 1]),
]


@pytest.mark.parametrize("partition", PARTITIONS, ids=["slices", "cells", "slices in cells", "residuals"])
def test_partitions(library, partition):
    known = coordinates(there(library, X), PLANE)
    assert np.array_equal(to_host(index_on_device(partition, there(library, Y), known)), partition.index(Y, X[:, :2]))
    sums = FilteredSums(partition, 12, PLANE).add(there(library, X), there(library, Y)).add(X, Y)
    twice = FilteredSums(partition, 12, PLANE).add(X, Y).add(X, Y)
    assert np.allclose(sums.moments.squares, twice.moments.squares)


@pytest.mark.parametrize("options", [{}, {"basis": PLANE}, {"filter": ThresholdFilter(1.0), "n_components": 2}])
def test_filtered_pca(library, options):
    host = FilteredPCA(**options).fit(X, Y)
    device = FilteredPCA(**options, memory_budget=300_000).fit(there(library, X), there(library, Y[:, None]))
    assert np.allclose(host.components_, device.components_, atol=1e-10)
    coordinates_ = device.transform(there(library, X))
    assert is_foreign(coordinates_)
    assert np.allclose(to_host(coordinates_), host.transform(X))


def test_single_precision_is_summed_in_double(library):
    short = X.astype(np.float32)
    device = FilteredPCA(2).fit(there(library, short), there(library, Y.astype(np.float32)))
    host = FilteredPCA(2).fit(short, Y.astype(np.float32))
    assert np.allclose(host.components_, device.components_, atol=1e-10)


def test_subsamples(library):
    ours, theirs = (gather(as_source(a, b), 500) for a, b in ((X, Y), (there(library, X), there(library, Y))))
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("F", [parse("max(min(x0, 2*x1 - 1/3), x1 - x0)"), lattice(TEACHER), lattice(TEACHER).dual()])
def test_values(library, F):
    points = X[:, : F.dimension]
    values = lattice_values(F, there(library, points))
    assert is_foreign(values)
    assert np.allclose(to_host(values), F.evaluate(points))
    assert np.allclose(lattice_values(F, points), F.evaluate(points))
    basis = np.linalg.svd(F.pieces.float_arrays()[0], full_matrices=False)[2][:2]
    assert np.allclose(to_host(lattice_values(F, there(library, points), components=basis)), F.evaluate(points))
    assert lattice_values(F, there(library, points[:0])).shape == (0,)


def test_blocks_of_values(library, monkeypatch):
    monkeypatch.setattr("learner.on_device._BLOCK", 100)
    F = parse("max(x0, min(x1, 0))")
    assert np.allclose(to_host(lattice_values(F, there(library, X[:, :2]))), F.evaluate(X[:, :2]))


def test_errors(library):
    with pytest.raises(InvalidInput, match="`X in part 0` needs finite"):
        FilteredPCA().fit(there(library, np.full((5, 2), np.nan)), there(library, np.arange(5.0)))
    with pytest.raises(InvalidInput, match="an array of the library of X"):
        as_source(there(library, X), Y)
    with pytest.raises(InvalidInput, match=r"`X` needs shape \(n, 2\)"):
        lattice_values(parse("x0 + x1"), there(library, X))


def test_a_learned_function_predicts_where_the_inputs_are(library):
    net = families.random_network((6, 3, 1), 1, rank=2)
    inputs, labels = sample(net, 2000, random_state=0)
    model = LatticeRegressor(random_state=0).fit(inputs, labels)
    values = model.predict(there(library, inputs[:300]))
    assert is_foreign(values)
    assert np.allclose(to_host(values), labels[:300])


def test_a_regressor_learns_from_arrays_of_another_library(library):
    net = families.random_network((6, 3, 1), 1, rank=2)
    inputs, labels = sample(net, 2000, random_state=0)
    model = LatticeRegressor(random_state=0).fit(there(library, inputs), there(library, labels))
    assert np.allclose(model.predict(inputs), labels)
