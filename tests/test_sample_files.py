"""Sample files: what is written comes back, files of others are read, hostile ones are refused before they cost."""

import contextlib
import io
import sys
import zipfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tropical.io.atomic
from learner.sample_files import read_samples, write_samples
from tropical import FormatError, InvalidInput, TropicalError

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.sampled_from([".npz", ".csv", ".parquet"]),
    st.tuples(st.integers(1, 5), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(float, shape, elements=FINITE), hnp.arrays(float, shape[:1], elements=FINITE)
        )
    ),
)
@settings(max_examples=60)
def test_what_is_written_is_read_to_the_last_bit(tmp_path_factory, suffix, samples):
    path = tmp_path_factory.mktemp("samples") / f"samples{suffix}"
    X, y = samples
    write_samples(path, X, y)
    data = read_samples([path])
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.y, y)


X, Y = np.arange(12.0).reshape(4, 3) / 7, np.array([1.0, -2.0, 0.5, 3.0])


def test_arrays_by_columns_compressed_and_of_other_types(tmp_path):
    np.savez_compressed(
        tmp_path / "a.npz", X=np.asfortranarray(X), y=Y.astype(">f4"), X_test=X[:2], y_test=Y[:2], extra="a"
    )
    data = read_samples([tmp_path / "a.npz"])
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.y, Y)
    np.testing.assert_array_equal(data.X_test, X[:2])
    np.save(tmp_path / "X.npy", np.asfortranarray(X))
    np.save(tmp_path / "y.npy", Y)
    np.testing.assert_array_equal(read_samples([tmp_path / "X.npy", tmp_path / "y.npy"]).X, X)
    np.save(tmp_path / "none.npy", np.empty((0, 3)))
    assert read_samples([tmp_path / "none.npy", tmp_path / "y.npy"]).X.shape == (0, 3)


# ---------------------------------------------------------------- Parquet of other writers


def parquet(tmp_path, columns, **options):
    path = tmp_path / "table.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path, **options)
    return path


def test_columns_of_a_table(tmp_path):
    path = parquet(
        tmp_path, {"y": Y, "a": X[:, 0], "b": pyarrow.array([1, 2, 3, 4], pyarrow.int16())}, row_group_size=2
    )
    data = read_samples([path])
    assert data.label == "column 'y'"
    np.testing.assert_array_equal(data.X, np.column_stack([X[:, 0], [1, 2, 3, 4]]))
    np.testing.assert_array_equal(data.y, Y)
    unnamed = read_samples([parquet(tmp_path, {"a": X[:, 0], "label": Y})])
    assert unnamed.label == "column 'label'"


@pytest.mark.parametrize("kind", [pyarrow.list_(pyarrow.float64()), pyarrow.list_(pyarrow.float64(), 3)])
def test_a_column_of_vectors(tmp_path, kind):
    path = parquet(tmp_path, {"X": pyarrow.array(X.tolist(), kind), "y": Y}, row_group_size=3)
    data = read_samples([path])
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.y, Y)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": ["1", "2"], "y": [1.0, 2.0]}, "column 'a': string are no numbers"),
        ({"a": [True, False], "y": [1.0, 2.0]}, "bool are no numbers"),
        ({"a": [1.0, None], "y": [1.0, 2.0]}, "column 'a': missing values"),
        ({"a": [[1.0], [1.0, 2.0]], "y": [1.0, 2.0]}, "lists of different lengths"),
        ({"a": [[1.0, 2.0, 3.0], [1.0]], "y": [1.0, 2.0]}, "lists of different lengths"),
        ({"a": [[1.0], [None]], "y": [1.0, 2.0]}, "missing values"),
        ({"a": [1.0, 2.0]}, "one column"),
        ({"a": pyarrow.array([], pyarrow.float64()), "y": pyarrow.array([], pyarrow.float64())}, "no row"),
    ],
)
def test_other_tables_are_refused(tmp_path, columns, message):
    with pytest.raises(FormatError, match=message):
        read_samples([parquet(tmp_path, columns)])


def test_a_constant_column_cannot_fill_the_memory(tmp_path):
    rows = 30_000_000
    values = pyarrow.DictionaryArray.from_arrays(pyarrow.array(np.zeros(rows, np.int8)), pyarrow.array([1.5]))
    path = parquet(tmp_path, {"a": values, "y": values})
    assert path.stat().st_size < 400_000
    with pytest.raises(FormatError, match="it would expand from"):
        read_samples([path])


def refused_or_read(path, content, *, trials, cut, places):
    """Damage some bytes of a file, and cut it off in one trial of `cut`; then read it."""
    rng = np.random.default_rng(0)
    for trial in range(trials):
        damaged = bytearray(content[: rng.integers(0, len(content))] if trial % cut == 0 else content)
        for place in rng.integers(0, len(content), places):
            if place < len(damaged):
                damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged)
        with contextlib.suppress(FormatError):  # some damage leaves numbers; any other error is a failure
            read_samples([path])


def test_damaged_parquet(tmp_path):
    content = parquet(tmp_path, {"a": X[:, 0], "y": Y}).read_bytes()
    path = tmp_path / "damaged.parquet"
    refused_or_read(path, content, trials=120, cut=3, places=4)


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    path = parquet(tmp_path, {"a": X[:, 0], "y": Y})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TropicalError, match=r"needs the package pyarrow: pip install 'tropical-learner\[io\]'"):
        read_samples([path])
    with pytest.raises(TropicalError, match=r"tropical-learner\[io\]"):
        write_samples(tmp_path / "new.parquet", X, Y)


# ---------------------------------------------------------------- hostile NumPy files


def header(shape, dtype="<f8", version=(1, 0)):
    stream = io.BytesIO()
    write = np.lib.format.write_array_header_1_0 if version == (1, 0) else np.lib.format.write_array_header_2_0
    write(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


HOSTILE = {
    "huge": (header((10**12,)) + b"\0" * 64, "64 bytes for an array of shape"),
    "more than there are numbers for": (header((2**62, 2**62, 4)) + b"\0" * 64, "for an array of shape"),
    "short": (header((9,)) + b"\0" * 64, "for an array of shape"),
    "long": (header((7,)) + b"\0" * 64, "for an array of shape"),
    "negative": (header((-8,)) + b"\0" * 64, "for an array of shape"),
    "objects": (header((1,), "|O") + b"\x80\x04K\x01.", "Python objects"),
    "records": (header((8,), [("a", "<f8")]) + b"\0" * 64, "Python objects or records"),
    "code": (
        b"\x93NUMPY\x01\x00\x40\x00" + b"__import__('os').system('echo exploded')".ljust(63) + b"\n",
        "no readable",
    ),
    "no header": (b"\x93NUMPY\x01\x00\xff\xff", "no readable"),
    "future": (b"\x93NUMPY\x09\x00\x40\x00", "version"),
    "pickle": (b"\x80\x04K\x01.", "no readable"),
    "nothing": (b"", "no readable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_arrays(tmp_path, name, capfd):
    content, message = HOSTILE[name]
    (tmp_path / "X.npy").write_bytes(content)
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(FormatError, match=message):
        read_samples([tmp_path / "X.npy", tmp_path / "y.npy"])
    with zipfile.ZipFile(tmp_path / "s.npz", "w") as archive:
        archive.writestr("X.npy", content)
        archive.writestr("y.npy", (tmp_path / "y.npy").read_bytes())
    with pytest.raises(FormatError, match=message):
        read_samples([tmp_path / "s.npz"])
    assert "exploded" not in capfd.readouterr().out


def test_a_bomb_is_not_unpacked(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("X.npy", "w") as member,
    ):
        member.write(header((20_000_000,)))
        for _ in range(160):
            member.write(b"\0" * 1_000_000)
    with pytest.raises(FormatError, match="it would expand from"):
        read_samples([tmp_path / "bomb.npz"])


def test_damaged_archives(tmp_path):
    stream = io.BytesIO()
    np.savez_compressed(stream, X=X, y=Y)
    content = stream.getvalue()
    path = tmp_path / "damaged.npz"
    refused_or_read(path, content, trials=200, cut=4, places=3)


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    for suffix in (".npz", ".csv", ".parquet"):
        path = tmp_path / f"s{suffix}"
        write_samples(path, X, Y)
        before = path.read_bytes()

        def full_disk(_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(tropical.io.atomic.os, "fsync", full_disk)
            with pytest.raises(OSError, match="space"):
                write_samples(path, 2 * X, Y)
        assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(InvalidInput, match=r"one of the suffixes \.npz"):
        write_samples(tmp_path / "s.pkl", X, Y)
