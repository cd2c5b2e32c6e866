"""Sources: the same samples, the same result, whatever holds them and however they are cut."""

import pickle
import subprocess
import sys

import dask.array
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learner import FilteredPCA, NonGaussianWarning
from learner.filters import ThresholdFilter
from learner.sampling import sample
from learner.sources import ArraySource, NpyFile, SampleSource, TeacherSource, as_source, gather, is_streamed
from tropical import FormatError, InvalidInput, families

TEACHER = families.random_network((12, 4, 1), 5, rank=2)
X, Y = sample(TEACHER, 3000, random_state=0)
SMALL = 100_000  # bytes: some hundred rows a chunk


class Stored:
    """What h5py and zarr arrays have in common: slices of rows are read from chunks."""

    def __init__(self, array, rows=100):
        self._array, self.shape, self.dtype = array, array.shape, array.dtype
        self.chunks = (rows, *array.shape[1:])
        self.read = []

    def __getitem__(self, rows):
        self.read.append(rows)
        return self._array[rows]


def parquet(folder, X=X, y=Y, **options):
    names = [f"x{j}" for j in range(X.shape[1])]
    table = pyarrow.table([*X.T, y], names=[*names, "y"])
    pyarrow.parquet.write_table(table, folder / "samples.parquet", **options)
    return folder / "samples.parquet"


def npy(folder, name, array):
    np.save(folder / name, array)
    return folder / f"{name}.npy"


HOLDERS = {
    "arrays": lambda folder: as_source(X, Y),
    "lists": lambda folder: as_source(X.tolist(), Y.tolist()),
    "a column of labels": lambda folder: as_source(X, Y[:, None]),
    "npy files": lambda folder: as_source(npy(folder, "X", X), npy(folder, "y", Y)),
    "npy and an array": lambda folder: as_source(str(npy(folder, "X", X)), Y),
    "a memory map": lambda folder: as_source(np.load(npy(folder, "X", X), mmap_mode="r"), Y),
    "part of a memory map": lambda folder: as_source(
        np.load(npy(folder, "X", np.vstack([X, X])), mmap_mode="r")[: len(X)], Y
    ),
    "parquet": lambda folder: as_source(parquet(folder, row_group_size=700)),
    "a folder of parquet": lambda folder: (parquet(folder), as_source(folder))[1],
    "stored arrays": lambda folder: as_source(Stored(X), Stored(Y)),
    "dask": lambda folder: as_source(
        dask.array.from_array(X, chunks=(1100, 5)), dask.array.from_array(Y, chunks=(400,))
    ),
    "dask and an array": lambda folder: as_source(dask.array.from_array(X, chunks=(1100, 12)), Y),
}
PICKLABLE = [name for name in HOLDERS if name != "stored arrays"]


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("budget", [SMALL, 1 << 26])
def test_every_holder_gives_the_samples(holder, budget, tmp_path):
    source = HOLDERS[holder](tmp_path)
    assert (source.n_features, source.n_samples) == (12, 3000)
    for _ in range(2):  # and again
        chunks = list(source.chunks(budget))
        assert np.array_equal(np.concatenate([x for x, _ in chunks]), X)
        assert np.array_equal(np.concatenate([y for _, y in chunks]), Y)
    if budget == SMALL and "dask" not in holder:
        assert max(len(y) for _, y in chunks) * 12 * 8 <= SMALL


@pytest.mark.parametrize("holder", PICKLABLE)
def test_parts_are_read_in_any_process_and_order(holder, tmp_path):
    parts = HOLDERS[holder](tmp_path).parts(SMALL)
    rows = [[x for part in pickle.loads(pickle.dumps([p])) for x, _ in part()] for p in reversed(parts)]
    assert np.array_equal(np.concatenate([x for part in reversed(rows) for x in part]), X)


@pytest.mark.parametrize("holder", HOLDERS)
def test_filtered_pca_is_that_of_the_samples_in_memory(holder, tmp_path):
    memory, streamed = FilteredPCA().fit(X, Y), FilteredPCA(memory_budget=SMALL).fit(HOLDERS[holder](tmp_path))
    assert np.allclose(memory.components_, streamed.components_, atol=1e-10)
    assert np.allclose(memory.pvalues_, streamed.pvalues_, equal_nan=True)
    assert np.allclose(memory.soundness_, streamed.soundness_)
    assert np.array_equal(memory.filter_.edges, streamed.filter_.edges)
    assert streamed.transform(X).shape == (3000, len(memory.components_))


def test_arguments_are_taken_without_as_source(tmp_path):
    expected = FilteredPCA(2).fit(X, Y).components_
    for arguments in (
        (npy(tmp_path, "X", X), npy(tmp_path, "y", Y)),
        (parquet(tmp_path),),
        (parquet(tmp_path), "y"),
        (dask.array.from_array(X, chunks=500), Y),
        (Stored(X), Y),
        (np.load(npy(tmp_path, "X", X), mmap_mode="r"), Y),
    ):
        assert is_streamed(arguments[0])
        assert np.allclose(FilteredPCA(2).fit(*arguments).components_, expected, atol=1e-10)
    assert not any(map(is_streamed, (X, X.tolist(), [], (), None)))


@pytest.mark.parametrize("options", [{"basis": np.eye(12)[:2]}, {"filter": ThresholdFilter(1.0)}, {"whiten": True}])
def test_every_way_of_filtering_takes_sources(options):
    memory, streamed = FilteredPCA(1, **options).fit(X, Y), FilteredPCA(1, **options).fit(as_source(X, Y))
    assert np.allclose(memory.components_, streamed.components_, atol=1e-10)


def test_other_inputs_are_noticed_and_permuted():
    heavy = np.random.default_rng(0).standard_t(3, (2000, 5))
    with pytest.warns(NonGaussianWarning):
        pca = FilteredPCA().fit(as_source(heavy, np.abs(heavy[:, 0])))
    assert pca.null_ == "permutation"
    assert pca.components_[0, 0] > 0.99
    assert pca.pvalues_[0] < 0.02


def test_whole_chunks_of_a_file_are_read():
    stored = Stored(X, rows=70)
    list(as_source(stored, Y).chunks(SMALL))
    assert all(rows.start % 70 == 0 for rows in stored.read)


# ------------------------------------------------------------ drawn on the fly


@given(st.integers(200, 20_000), st.permutations(range(5)))
@settings(max_examples=20)
def test_a_teacher_gives_the_same_samples_whoever_asks(budget, order):
    source = TeacherSource(TEACHER, 1000, seed=3, chunk=220, noise=0.1)
    whole = [next(part()) for part in source.parts(1 << 30)]
    assert [len(y) for _, y in whole] == [220] * 4 + [120]
    again = {i: list(source.parts(budget)[i]()) for i in order}
    for i, (inputs, labels) in enumerate(whole):
        assert np.array_equal(np.concatenate([x for x, _ in again[i]]), inputs)
        assert np.allclose(np.concatenate([y for _, y in again[i]]), labels, rtol=0, atol=1e-12)


def test_streams_differ_and_are_gaussian():
    chunks = list(TeacherSource(TEACHER, 40_000, seed=0, chunk=10_000).chunks())
    means = np.array([x.mean(axis=0) for x, _ in chunks])
    assert len({float(x[0, 0]) for x, _ in chunks}) == 4
    assert np.abs(means).max() < 0.05
    assert np.abs(np.corrcoef(chunks[0][0][:, 0], chunks[1][0][:, 0])[0, 1]) < 0.05
    assert not np.array_equal(chunks[0][0], next(TeacherSource(TEACHER, 10_000, seed=1).chunks())[0])


def test_directions_from_a_teacher():
    source = TeacherSource(TEACHER, 20_000, seed=0, chunk=3000)
    drawn = [np.concatenate(columns) for columns in zip(*source.chunks(), strict=True)]
    assert np.allclose(FilteredPCA().fit(source).components_, FilteredPCA().fit(*drawn).components_, atol=1e-9)


# ------------------------------------------------------------ subsamples


@given(st.integers(0, 99), st.integers(30_000, 1_000_000), st.integers(1, 3100))
@settings(max_examples=30)
def test_a_subsample_knows_neither_order_nor_chunks(seed, budget, most):
    order = np.random.default_rng(seed).permutation(len(X))
    first = gather(as_source(X, Y), most)
    again = gather(as_source(X[order], Y[order]), most, budget_bytes=budget)
    assert len(first[1]) == min(most, 3000)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_subsample_is_uniform():
    n, most = 40_000, 10_000
    inputs = np.random.default_rng(0).standard_normal((n, 3))
    ranks = np.arange(n, dtype=float)  # sorted by the label, as files can be
    kept = gather(as_source(inputs, ranks), most, budget_bytes=200_000)[1]
    assert len(np.unique(kept)) == most
    counts = np.histogram(kept, bins=20, range=(0, n))[0]  # 500 each, standard deviation 19
    assert np.abs(counts - 500).max() < 100


def test_edges_of_many_labels_are_near_the_quantiles():
    n = 300_000
    inputs = np.random.default_rng(0).standard_normal((n, 2))
    labels = np.sort(inputs[:, 0])
    pca = FilteredPCA(1).fit(as_source(inputs, labels))
    ranks = np.searchsorted(labels, pca.filter_.edges) / n
    assert np.allclose(ranks, np.arange(1, 16) / 16, atol=0.008)  # five standard errors of 2^17 labels


# ------------------------------------------------------------ errors


def test_errors_name_the_part_and_the_cure(tmp_path):
    bad = X.copy()
    bad[2900, 3] = np.nan
    with pytest.raises(InvalidInput, match="`X in part 1"):
        list(ArraySource(bad, Y).chunks(13 * 32 * 2000))
    with pytest.raises(InvalidInput, match="one label for each row"):
        as_source(npy(tmp_path, "X", X), Y[:-1])
    with pytest.raises(InvalidInput, match="`y` needs None with a source"):
        FilteredPCA().fit(as_source(X, Y), Y)
    with pytest.raises(InvalidInput, match="pass the labels"):
        as_source(npy(tmp_path, "X", X))
    with pytest.raises(InvalidInput, match=r"one \.npy file, or Parquet"):
        as_source("samples.csv")
    with pytest.raises(InvalidInput, match="one of the columns"):
        as_source(parquet(tmp_path), "z")
    with pytest.raises(InvalidInput, match="budget_bytes"):
        next(as_source(X, Y).chunks(0))
    with pytest.raises(InvalidInput, match="at_most_n"):
        gather(as_source(X, Y), 0)
    with pytest.raises(InvalidInput, match="at least 2 samples"):
        FilteredPCA().fit(TeacherSource(TEACHER, 1))
    with pytest.raises(InvalidInput, match="`chunk` needs a positive integer"):
        TeacherSource(TEACHER, 10, chunk=0)
    with pytest.raises(InvalidInput, match="one output"):
        TeacherSource(families.random_network((3, 2, 2), 0), 10)


def test_damaged_files_say_so(tmp_path):
    file = npy(tmp_path, "X", X)
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(FormatError, match="bytes for an array of shape"):
        list(as_source(file, Y).chunks())
    (tmp_path / "no.npy").write_bytes(b"nothing of this kind")
    with pytest.raises(FormatError, match="no readable"):
        NpyFile(tmp_path / "no.npy")
    with pytest.raises(FormatError, match="ordered by columns"):
        NpyFile(npy(tmp_path, "F", np.asfortranarray(X)))
    with pytest.raises(FormatError, match="not numbers"):
        NpyFile(npy(tmp_path, "s", np.array(["a"])))


def test_a_source_of_one_s_own_needs_three_names():
    class Twice(SampleSource):
        n_features = 12
        n_samples = None

        def parts(self, budget_bytes=0):
            return [lambda: iter([(X, Y)])] * 2

    assert len(gather(Twice(), 10_000)[1]) == 6000


# ------------------------------------------------------------ memory

PROGRAM = """
import resource, sys
from learner import FilteredPCA
from learner.sources import TeacherSource, as_source
import tropical as tp

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

if sys.argv[1] == "drawn":
    source = TeacherSource(tp.families.random_network((100, 4, 4, 1), 5, rank=2), 5_000_000, seed=0)
else:
    source = as_source(sys.argv[1], sys.argv[2])
before = peak()
pca = FilteredPCA(memory_budget=128 << 20).fit(source)
print(source.n_samples * source.n_features * 8, len(pca.components_), peak() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("holder", ["drawn", "npy"])
def test_four_gigabytes_of_samples_in_five_hundred_megabytes(holder, tmp_path):
    arguments = [holder]
    if holder == "npy":
        n, d = 5_000_000, 100
        labels = np.lib.format.open_memmap(tmp_path / "y.npy", mode="w+", dtype=float, shape=(n,))
        inputs = np.lib.format.open_memmap(tmp_path / "X.npy", mode="w+", dtype=float, shape=(n, d))
        teacher = families.random_network((d, 4, 4, 1), 5, rank=2)
        place = 0
        for x, y in TeacherSource(teacher, n, seed=0).chunks():
            inputs[place : place + len(y)], labels[place : place + len(y)] = x, y
            place += len(y)
        arguments = [str(tmp_path / "X.npy"), str(tmp_path / "y.npy")]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    size, k, megabytes = done.stdout.split()
    assert int(size) >= 4e9
    assert int(k) == 2
    assert float(megabytes) <= 500
