"""Bad input, by table: what a parameter takes is its *kind*; a value of every sort that the kind does not take must be
refused by one of the package's own errors, which names the parameter and says requirement, given and cure.

A row of a table is one public callable: for each of its parameters a kind, and a value with which the call is right
(:func:`row`). :func:`try_everything` then puts every value of ``SORTS`` in the place of one parameter after the other.
A value that the kind takes may give an answer or one of the package's errors; nothing else may ever come out: no error
of NumPy or of Python, no hang. :func:`public_callables` lists what the tables have to cover.

More than 400 lines: the sorts of values and the kinds of parameters, which the tables of all other files refer to.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import re
import signal
import sys
import time
import warnings
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import DataConversionWarning

from learner import SampleWarning
from tropical import Box, BudgetExceeded, InvalidInput, LatticePolynomial, Polyhedron, TropicalError, cells, families


class NoRepr:
    """Something that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class HostileFrame:
    """Calls itself a table, and fails when it is asked for its numbers."""

    shape, dtype, columns = (3, 2), np.dtype(float), ["a", "b"]

    def __len__(self) -> int:
        return 3

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise RuntimeError("no array")


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


SORTS: dict[str, Any] = {
    "None": None,
    "True": True,
    "False": False,
    "NumPy True": np.True_,
    "0": 0,
    "1": 1,
    "2": 2,
    "-1": -1,
    "0.5": 0.5,
    "2.0": 2.0,
    "float32": np.float32(0.5),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "-infinity": float("-inf"),
    "1e300": 1e300,
    "10^9": 10**9,
    "10^400": 10**400,
    "-10^400": -(10**400),
    "complex": 1j,
    "date": np.datetime64("2020-01-01"),
    "word": "nonsense",
    "no word": "",
    "NUL": "a\0b",
    "superscript": "²",
    "surrogate": "\ud800",
    "1/0": "1/0",
    "3/4": "3/4",
    "5000 digits": "9" * 5000,
    "bytes": b"max",
    "object": object(),
    "object without repr": NoRepr(),
    "function": lambda *_: None,
    "class": int,
    "module": inspect,
    "[]": [],
    "()": (),
    "[[]]": [[]],
    "ragged": [[1, 2], [1]],
    "[None]": [None],
    "[NaN]": [float("nan")],
    "[[NaN, 1]]": [[float("nan"), 1.0]],
    "[0.5]": [0.5],
    "[1e300]": [1e300, -1e300],
    "[word]": ["nonsense"],
    "[[word]]": [["nonsense"]],
    "[True]": [True, True],
    "[-1]": [-1, -1],
    "[10^9]": [10**9, 10**9],
    "[10^400]": [10**400, 10**400],
    "[object]": [NoRepr()],
    "seven integers": [1, 2, 3, 4, 5, 6, 7],
    "2 x 7 integers": [[1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1]],
    "2 x 7 floats": np.full((2, 7), 0.25),
    "10^4 deep": _nested(10_000),
    "{}": {},
    "{word: 1}": {"nonsense": 1},
    "{1}": {1},
    "array of NaN": np.full((3, 2), np.nan),
    "array of infinity": np.full((3, 2), np.inf),
    "array of 1e300": np.full((3, 2), 1e300),
    "array of objects": np.array([[None, 1], [1, NoRepr()]], dtype=object),
    "array of text": np.array([["a", "b"]]),
    "array of numbers as text": np.array([["1", "2"]]),
    "array of complex": np.full((3, 2), 1j),
    "array of bools": np.ones((3, 2), dtype=bool),
    "array of dates": np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
    "array of records": np.zeros(3, dtype=[("a", float), ("b", int)]),
    "array without axes": np.array(1.0),
    "array without rows": np.empty((0, 2)),
    "array without columns": np.empty((3, 0)),
    "array with three axes": np.ones((2, 2, 2)),
    "masked array": np.ma.masked_less([[0.1, 2.0], [3.0, 5.0], [0.2, -3.0]], 0.5),
    "masked vector": np.ma.masked_less([1.0, 2.0, 5.0], 1.5),
    "hostile table": HostileFrame(),
    "network of two outputs": families.random_network((7, 2, 2), 0),
    "function of seven inputs": LatticePolynomial([([1] * 7, 0)], [[0]]),
    "box in seven dimensions": Box([0] * 7, [1] * 7),
    "polyhedron in seven dimensions": Polyhedron([[1] * 7], [1]),
    "empty box": Polyhedron([[1, 0], [-1, 0]], [0, -1]),
}


@dataclass(frozen=True)
class Kind:
    """What a parameter takes, by names of ``SORTS``."""

    name: str
    takes: frozenset[str]

    def __call__(
        self, good: Any = None, *also: str, but: tuple[str, ...] = (), untried: tuple[str, ...] = ()
    ) -> Argument:
        """Return a parameter of this kind with a right value; `also` it takes, `but` not; `untried` cost too much."""
        unknown = {*also, *but, *untried} - set(SORTS)
        assert not unknown, unknown
        return Argument(self, good, (self.takes | set(also)) - set(but), frozenset(untried))


@dataclass(frozen=True)
class Argument:
    """A parameter of a row."""

    kind: Kind
    good: Any
    takes: frozenset[str]
    untried: frozenset[str] = frozenset()


def _kind(name: str, *takes: str) -> Kind:
    assert set(takes) <= set(SORTS), set(takes) - set(SORTS)
    return Kind(name, frozenset(takes))


_BIG = ("10^9", "10^400")
FUNCTION = _kind("function of one output", "function of seven inputs")
MAP = _kind("function", "function of seven inputs", "network of two outputs")
SPECIFIC = _kind("something specific")
DOMAIN = _kind("domain", "None")
LIMIT = _kind("limit", "None", "1", "2", *_BIG)
COUNT = _kind("positive integer of moderate size", "1", "2")
NATURAL = _kind("integer >= 0", "0", "1", "2", *_BIG)
SEED = _kind("seed", "0", "1", "2", *_BIG)
FLAG = _kind("flag", "True", "False", "NumPy True")
CHOICE = _kind("one of some words")
EXACT = _kind("exact number", "0", "1", "2", "-1", *_BIG, "-10^400", "3/4")
POSITIVE = _kind("exact number > 0", "1", "2", *_BIG, "3/4")
EXACT_VECTOR = _kind("exact vector")
ANYTHING = Kind("anything", frozenset(SORTS))
RANDOM_STATE = _kind("random state", "None", "0", "1", "2", "10^9")
PATH = _kind("path", "word", "superscript")
OPTIONAL = _kind("None or something specific", "None")
SAMPLES = _kind("samples", "array without rows")


@dataclass(frozen=True)
class Row:
    """A public callable, and what its parameters take."""

    name: str
    call: Callable[..., Any]
    arguments: dict[str, Argument]
    standard: tuple[type[BaseException], ...] = ()
    called: dict[str, str] = field(default_factory=dict)


class Table(dict[str, Row]):
    """Rows by the name of the callable."""

    def row(
        self,
        name: str,
        /,
        on: Any = None,
        call: Callable[..., Any] | None = None,
        standard: tuple[type[BaseException], ...] = (),
        called: dict[str, str] | None = None,
        **arguments: Argument,
    ) -> None:
        """Add a callable.

        Parameters
        ----------
        name : its full name, such as "tropical.Box.__contains__"
        on : the object whose method it is
        call : what to call instead, with the parameters by name
        standard : errors of Python that are right here, as documented
        called : how the errors call a parameter, where not by its name
        """
        if call is None:
            call = getattr(on, name.rpartition(".")[2]) if on is not None else find(name)
        assert name not in self, name
        self[name] = Row(name, call, arguments, standard, called or {})

    def cases(self) -> list[tuple[str, str]]:
        """Return the pairs (callable, parameter)."""
        return [(name, parameter) for name, row in self.items() for parameter in row.arguments]


def find(name: str) -> Any:
    """Return the public object of a full name."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise LookupError(name)


class TooSlow(BaseException):
    """A case took longer than any refusal may; no `except Exception` catches it."""


@contextmanager
def no_hang(seconds: float = 20.0) -> Iterator[None]:
    """Break off what takes too long."""

    def stop(*_: Any) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome(call: Callable[[], Any]) -> BaseException | None:
    """Return the error that a call ends with; warnings of the package are none, those of NumPy are."""
    try:
        with no_hang(), warnings.catch_warnings():
            warnings.simplefilter("ignore", SampleWarning)
            warnings.simplefilter("ignore", DataConversionWarning)
            call()
    except (Exception, TooSlow) as error:
        return error
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
    return None


@functools.cache
def _compile() -> None:
    """Compile the cell engine, or load it: no call shall be measured that does."""
    cells(families.random_network((2, 3, 1), 0), engine="compiled")


def complaint(row: Row, parameter: str, sort: str) -> str:
    """Return what is wrong with the answer to one value, or nothing."""
    arguments = {name: argument.good for name, argument in row.arguments.items() if argument.good is not OMIT}
    arguments[parameter] = SORTS[sort]
    _compile()
    before = time.process_time()
    error = outcome(lambda: row.call(**arguments))
    seconds = time.process_time() - before
    if seconds > SLOWEST:
        return f"{sort}: took {seconds:.1f} s"
    if error is None:
        return "" if sort in row.arguments[parameter].takes else f"{sort}: taken without a word"
    if isinstance(error, row.standard):
        return ""
    if not isinstance(error, TropicalError):
        return f"{sort}: {type(error).__module__}.{type(error).__name__}: {str(error)[:200]}"
    if isinstance(error, InvalidInput):
        if not all((error.argument, error.requirement, error.given, error.cure)):
            return f"{sort}: an incomplete message: {error}"
        if sort not in row.arguments[parameter].takes and not _names(parameter, row, str(error)):
            return f"{sort}: the message names another parameter: {error}"
    elif sort not in row.arguments[parameter].takes and isinstance(error, BudgetExceeded):
        return f"{sort}: reached a limit instead of being refused: {error}"
    return ""


def _names(parameter: str, row: Row, message: str) -> bool:
    """Return whether a message speaks about a parameter."""
    called = row.called.get(parameter)
    return bool(re.search(rf"\b{re.escape(parameter)}\b", message)) or (called is not None and called in message)


SLOWEST = 3.0  # seconds of processor time
OMIT = object()


def complaints(row: Row, parameter: str) -> list[str]:
    """Return what is wrong with the answers to values of every sort in the place of one parameter."""
    tried = [sort for sort in SORTS if sort not in row.arguments[parameter].untried]
    return [text for sort in tried if (text := complaint(row, parameter, sort))]


def table_tests(table: Table, refusing: Container[str] = ()) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return the two tests of a table: bad input is refused in words, and the right values are right.

    `refusing` names what refuses the right values, too.
    """

    @pytest.mark.parametrize(("name", "parameter"), table.cases())
    def test_bad_input(name: str, parameter: str) -> None:
        found = complaints(table[name], parameter)
        assert not found, "\n".join([f"{name}({parameter}=...)", *found])

    @pytest.mark.parametrize("name", [name for name in table if name not in refusing])
    def test_the_right_values_are_right(name: str) -> None:
        row = table[name]
        row.call(**{parameter: argument.good for parameter, argument in row.arguments.items()})

    return test_bad_input, test_the_right_values_are_right


_OPERATORS = {
    f"__{name}__"
    for name in [
        "call",
        "add",
        "radd",
        "sub",
        "rsub",
        "mul",
        "rmul",
        "truediv",
        "rtruediv",
        "pow",
        "getitem",
        "contains",
        "lt",
    ]
}


def _has_parameters(value: Any, bound: bool) -> bool:
    try:
        parameters = list(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return False
    return len(parameters) > int(bound)


def public_callables(module: ModuleType) -> dict[str, Any]:
    """Return the callables with parameters that `__all__` of a module offers, methods included, by full name."""
    found: dict[str, Any] = {}
    for name in module.__all__:
        value = getattr(module, name)
        full = f"{module.__name__}.{name}"
        if isinstance(value, ModuleType) or not callable(value):
            continue
        if not isinstance(value, type):
            if _has_parameters(value, bound=False):
                found[full] = value
            continue
        if issubclass(value, BaseException):
            continue
        if _has_parameters(value, bound=False):
            found[full] = value
        seen = set()  # a second name of one function needs no second row
        for owner in value.__mro__:
            if not owner.__module__.startswith(("tropical", "learner")):
                continue
            for method, raw in vars(owner).items():
                if method.startswith("_") and method not in _OPERATORS:
                    continue
                static = isinstance(raw, (classmethod, staticmethod))
                inner = raw.__func__ if static else raw
                if not inspect.isfunction(inner) or inner in seen:
                    continue
                seen.add(inner)
                if _has_parameters(inner, bound=not isinstance(raw, staticmethod)):
                    found.setdefault(f"{full}.{method}", inner)
    return found


def is_record(value: Any) -> bool:
    """Return whether a class is a record of results: its constructor takes what the library gives it."""
    plain = dataclasses.is_dataclass(value) and "__init__" in vars(value) and not _written(vars(value)["__init__"])
    return (plain or issubclass(value, tuple)) and "__post_init__" not in vars(value)


def _written(function: Any) -> bool:
    return function.__code__.co_filename != "<string>"  # dataclasses makes the others


def litter(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())
