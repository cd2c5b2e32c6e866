"""What a source of samples is, and what can be done with any of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from learner.arrays import is_foreign, namespace
from learner.content import ContentSample
from learner.sampling import as_samples
from tropical._arguments import as_count, as_instance
from tropical._display import Shown, never_raising, value_text
from tropical.exceptions import InvalidInput

__all__ = [
    "BUDGET",
    "Chunk",
    "Part",
    "SampleSource",
    "Summary",
    "as_budget",
    "checked",
    "gather",
    "label_sample",
    "rows_of",
]

Chunk = tuple[Any, Any]
"""Inputs (m, d) and labels (m,)."""

Part = Callable[[], Iterator[Chunk]]
"""Reads a part of a source chunk by chunk; a value that can be sent to another process, where its source can."""

BUDGET = 128 << 20
"""Bytes for the samples held at a time, where nothing else is said."""


class Summary(Protocol):
    """A sum over samples: chunks are added in any order, and summaries of parts merged."""

    def add(self, X: Any, y: Any) -> Self:
        """Take in inputs (m, d) and labels (m,).

        Parameters
        ----------
        X : (m, d)
        y : (m,)
        """
        ...

    def merge(self, other: Any) -> Self:
        """Take in what another summary of the same kind has seen.

        Parameters
        ----------
        other : a summary of the same kind
        """
        ...


S = TypeVar("S", bound=Summary)


class SampleSource(Shown, ABC):
    """Samples (x, y) in parts; at no time is more held in memory than a stated budget.

    Attributes
    ----------
    exchangeable : bool
        Whether every part is distributed as all samples are, so that the first ones tell the quantiles of the labels.
    """

    exchangeable = False

    @never_raising
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value_text(value)}' for name, value in self._facts())})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "n_samples", "not known before the end" if self.n_samples is None else self.n_samples
        yield "n_features", self.n_features

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of inputs d."""

    @property
    @abstractmethod
    def n_samples(self) -> int | None:
        """Number of samples; None where it is not known before the end."""

    @abstractmethod
    def parts(self, budget_bytes: int = BUDGET) -> list[Part]:
        """Return the parts, in order, each in chunks that fit into the budget.

        Parameters
        ----------
        budget_bytes : int
            For a chunk, its copy in float64 and what is computed from it beside the sums.
        """

    def chunks(self, budget_bytes: int = BUDGET) -> Iterator[Chunk]:
        """Yield all samples once, as checked pairs (X, y): finite, float64 if they are NumPy arrays.

        Parameters
        ----------
        budget_bytes : int
            What a chunk may take.

        Raises
        ------
        InvalidInput, InvalidType
            For wrong shapes, NaN or infinity, and numbers beyond 1e100.
        """
        for number, part in enumerate(self.parts(as_budget(budget_bytes))):
            yield from checked(part, number, self.n_features)

    def reduce(self, empty: Callable[[], S], budget_bytes: int = BUDGET) -> S:
        """Return the summary of all samples.

        Parameters
        ----------
        empty : callable
            Makes an empty summary.
        budget_bytes : int
        """
        total = empty()
        for X, y in self.chunks(budget_bytes):
            total.add(X, y)
        return total


def checked(part: Part, number: int, dimension: int) -> Iterator[Chunk]:
    """Yield the chunks of a part after checking what learning needs of them."""
    names = (f"X in part {number}", f"y in part {number}")
    for X, y in part():
        if is_foreign(X):
            yield _checked_on_device(X, y, names, dimension)
            continue
        samples, labels = as_samples(X, y, least=0, names=names, constant=True)
        if samples.shape[1] != dimension:
            raise InvalidInput(names[0], f"{dimension} columns", f"{samples.shape[1]}", "check the files")
        yield samples, labels


def _checked_on_device(X: Any, y: Any, names: tuple[str, str], dimension: int) -> Chunk:
    xp = namespace(X, y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if X.ndim != 2 or X.shape[1] != dimension or y.shape != (X.shape[0],):
        needed, given = f"shapes (n, {dimension}) and (n,)", f"{tuple(X.shape)} and {tuple(y.shape)}"
        raise InvalidInput(names[0], needed, given, "learn one output at a time")
    X, y = xp.astype(X, xp.float64), xp.astype(y, xp.float64)
    for name, values in zip(names, (X, y), strict=True):
        if values.shape[0] and not bool(xp.max(xp.abs(values)) <= 1e100):  # NaN compares false
            raise InvalidInput(name, "finite numbers up to 1e100", "NaN, infinity or more", "drop or mend these rows")
    return X, y


def as_budget(budget_bytes: Any) -> int:
    """Return the budget as an int."""
    return as_count(budget_bytes, "budget_bytes", cure=f"a number of bytes; {BUDGET} is usual")


def rows_of(budget_bytes: int, dimension: int) -> int:
    """Return how many rows of d inputs fit into a budget.

    A row is held up to four times: as it was read, in float64, its absolute values while it is checked, and sorted by
    slice or as the hidden layer of a teacher.
    """
    return max(1, as_budget(budget_bytes) // (32 * (dimension + 1)))


def gather(source: SampleSource, at_most_n: int, *, budget_bytes: int = BUDGET) -> tuple[np.ndarray, np.ndarray]:
    """Return a uniform subsample in memory: all samples, where there are no more than `at_most_n`.

    Parameters
    ----------
    source : SampleSource
    at_most_n : int
    budget_bytes : int
        For the chunks; the subsample comes to that, with 1.5 times its own size while it is gathered.

    Returns
    -------
    X : float64 array (m, d)
    y : float64 array (m,)

    Notes
    -----
    The same samples in the same order whatever the chunks, the workers and the order of the source
    (:class:`learner.content.ContentSample`). One pass.

    Examples
    --------
    >>> from learner.sources import as_source
    >>> rng = np.random.default_rng(0)
    >>> X, y = gather(as_source(rng.standard_normal((1000, 3)), rng.standard_normal(1000)), 10)
    >>> X.shape, y.shape
    ((10, 3), (10,))
    """
    as_instance(source, SampleSource, "source", "make one with as_source(X, y)")
    most = as_count(at_most_n, "at_most_n", cure="ask for at least one sample")
    found = source.reduce(partial(ContentSample, most), as_budget(budget_bytes))
    if not found.seen:
        return np.empty((0, source.n_features)), np.empty(0)
    return found.X, found.y


LABELS = 1 << 17
"""Labels that quantiles are taken of: each is then at its place to 0.0014 of the probability, one standard error."""


def label_sample(source: SampleSource, known: np.ndarray | None = None, budget_bytes: int = BUDGET) -> ContentSample:
    """Return at most 2^17 labels, with their coordinates along known rows (l, d): what a partition is made of.

    A uniform subsample of the source; where its samples are drawn, one of the first samples.

    Parameters
    ----------
    source : SampleSource
    known : (l, d), optional
        Rows along which coordinates are taken; none by default.
    budget_bytes : int
        Room for a chunk.
    """
    basis = np.empty((0, source.n_features)) if known is None else known
    if not source.exchangeable:
        return source.reduce(partial(ContentSample, LABELS, basis), budget_bytes)
    found = ContentSample(LABELS, basis)
    for X, y in source.chunks(budget_bytes):
        if found.add(X, y).seen >= LABELS:
            break
    return found
