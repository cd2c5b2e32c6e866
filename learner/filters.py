r"""Filters: functions of the label and of the part of x that is known already, which weight samples in a moment.

By lemma K (docs/theory.md) no filter ψ(y, P_W x) with W in the relevant subspace V can produce a direction that the
function does not look at, whatever ψ is. Two kinds, each a small frozen object:

* a *filter* is called as ``psi(y, p)`` and returns values in [-1, 1], (n,);
* a *partition* names with ``index(y, p)`` the cell of each sample, an integer (n,) below ``len``. Its indicators are a
  family of filters, and every filter that is constant on the cells is a combination of them.

Here p = (n, l) are the coordinates of x along a basis of W; both take ``p=None`` where they do not look at it.

====================================  ================================
docs/theory.md                        here
====================================  ================================
1{abs(y) > τ}, 1{abs(F - G) > τ}      ``ThresholdFilter``
ramp ψ_τ                              ``RampFilter``
slices of y or of a residual          ``SliceFilter``
cells of P_W x (conditional filters)  ``CellFilter``
residual slices within cells          ``ConditionalSliceFilter``
any filter, rounded to few values     ``LevelFilter``
====================================  ================================

More than 400 lines: the kinds of filters and of partitions of labels, one family behind two protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from learner.arrays import from_host, is_foreign, namespace, to_host
from tropical._arguments import as_count, as_real, real_array
from tropical._display import Record
from tropical.exceptions import InvalidInput, InvalidType

__all__ = [
    "CellFilter",
    "ConditionalSliceFilter",
    "Filter",
    "LevelFilter",
    "Partition",
    "Predictor",
    "RampFilter",
    "SliceFilter",
    "ThresholdFilter",
    "cells_of_slices",
    "choose_partition",
    "index_on_device",
    "residuals",
]

Predictor = Callable[[np.ndarray], np.ndarray]
"""A function G of the known coordinates: (n, l) to (n,)."""


@runtime_checkable
class Filter(Protocol):
    """A function ψ of (y, P_W x) with values in [-1, 1]."""

    def __call__(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return ψ for labels (n,) and known coordinates (n, l), as (n,)."""
        ...


@runtime_checkable
class Partition(Protocol):
    """Finitely many cells that cover all (y, P_W x)."""

    def __len__(self) -> int:
        """Return the number of cells."""
        ...

    def index(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return the number of the cell of each sample, (n,) int."""
        ...


def check_filter(chosen: Any, predictor: Any) -> None:
    """Refuse what is no partition and no filter of (y, p), such as a function of x, and what is no predictor."""
    suits = isinstance(chosen, Partition) or callable(chosen)
    data = (str, bytes, Sequence, np.ndarray, type)  # some of them have a length and an `index`, too
    function = isinstance(chosen, data) or hasattr(chosen, "linear_forms")
    if chosen is not None and (function or not suits):
        raise InvalidInput("filter", "a Partition, a Filter or None", chosen, "see learner.filters")
    as_predictor(predictor)


def as_predictor(predictor: Any) -> Any:
    """Return a function of the known coordinates, or None."""
    if predictor is not None and (isinstance(predictor, type) or not callable(predictor)):
        raise InvalidType("predictor", "a function from (n, l) to (n,), or None", predictor, "pass F.evaluate, say")
    return predictor


def _labels(y: Any) -> Any:
    """Return labels as an array; those on a device stay there."""
    return y if (isinstance(y, np.ndarray) and y.dtype == np.float64) or is_foreign(y) else real_array(y, "y")


def residuals(y: np.ndarray, p: np.ndarray | None, predictor: Predictor | None) -> np.ndarray:
    """Return y - G(p), or y where there is no predictor."""
    y = _labels(y)
    if predictor is None:
        return y
    if p is None:
        raise InvalidInput("p", "coordinates along the basis, as there is a predictor", "None", "pass them")
    predicted = real_array(predictor(p), "predictor", "a function from (n, l) to (n,)", "return floats")
    if predicted.shape != y.shape:
        given = f"values of shape {predicted.shape} for {p.shape}"
        raise InvalidInput("predictor", "a function from (n, l) to (n,)", given, "return one number a row")
    return y - predicted


@dataclass(frozen=True, slots=True, repr=False)
class ThresholdFilter(Record):
    """The filter ``1{|y - G(p)| > threshold}``; G = 0 where no predictor is given.

    Parameters
    ----------
    threshold : float
        τ >= 0, in the unit of y.
    predictor : callable, optional
        G, from (n, l) to (n,).

    Examples
    --------
    >>> ThresholdFilter(1.0)(np.array([-2.0, 0.5, 1.0]))
    array([1., 0., 0.])
    """

    threshold: float
    predictor: Predictor | None = None

    def __post_init__(self) -> None:
        _check_threshold(self.threshold, least=0.0)
        as_predictor(self.predictor)

    def __call__(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return 0 or 1 for each sample, (n,)."""
        return (np.abs(residuals(y, p, self.predictor)) > self.threshold).astype(np.float64)


@dataclass(frozen=True, slots=True, repr=False)
class RampFilter(Record):
    """The filter ``min(1, max(0, |y - G(p)|/threshold - 1))``, Lipschitz in y and p as a threshold is not.

    Its Lipschitz constant in p is Lip(G)/threshold, which lemma S3 asks for where the known subspace is an estimate.

    Parameters
    ----------
    threshold : float
        τ > 0, in the unit of y: 0 below τ, 1 above 2τ.
    predictor : callable, optional
        G, from (n, l) to (n,).

    Examples
    --------
    >>> RampFilter(1.0)(np.array([-3.0, 0.5, 1.5]))
    array([1. , 0. , 0.5])
    """

    threshold: float
    predictor: Predictor | None = None

    def __post_init__(self) -> None:
        _check_threshold(self.threshold, least=float(np.finfo(float).tiny))
        as_predictor(self.predictor)

    def __call__(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return the ramp's value for each sample, (n,)."""
        return np.clip(np.abs(residuals(y, p, self.predictor)) / self.threshold - 1.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SliceFilter(Record):
    """Consecutive intervals of the label, or of the residual y - G(p).

    Attributes
    ----------
    edges : float array (H - 1,)
        Increasing; slice h holds ``edges[h-1] <= y - G(p) < edges[h]``.
    predictor : callable, optional
        G, from (n, l) to (n,).
    """

    edges: np.ndarray
    predictor: Predictor | None = None

    def __post_init__(self) -> None:
        edges = real_array(self.edges, "edges", "increasing finite numbers")
        if edges.ndim != 1 or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
            raise InvalidInput("edges", "increasing finite numbers", self.edges, "sort them, drop repeated ones")
        object.__setattr__(self, "edges", edges)
        as_predictor(self.predictor)

    @classmethod
    def by_quantiles(
        cls, y: np.ndarray, count: int, *, p: np.ndarray | None = None, predictor: Predictor | None = None
    ) -> SliceFilter:
        """Return slices of about equal probability; ties (y = 0 on half of space, say) share a slice.

        Parameters
        ----------
        y : (n,)
            Labels.
        count : int
            The number of slices; ties can make them fewer.
        p : (n, l), optional
            Coordinates of the samples, for a predictor.
        predictor : callable, optional
            What is taken off the labels, a function of the coordinates.

        Raises
        ------
        InvalidInput
            If the labels are not finite, of shape (n,).
        """
        slices = as_count(count, "count", 1, _MOST_SLICES)
        labels = real_array(y, "y")
        if labels.ndim != 1 or not np.isfinite(labels).all():
            raise InvalidInput("y", "finite labels of shape (n,)", f"shape {labels.shape}", "drop or mend these rows")
        return cls(_quantile_edges(residuals(labels, p, predictor), slices), predictor)

    def __len__(self) -> int:
        return len(self.edges) + 1

    def index(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return the number of the slice of each label, (n,) int.

        Parameters
        ----------
        y : (n,)
            Labels.
        p : (n, l), optional
            Coordinates of the samples, for a predictor.
        """
        return np.searchsorted(self.edges, residuals(y, p, self.predictor), side="right")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CellFilter(Record):
    """Boxes of the known coordinates with equal probability: medians, coordinate after coordinate.

    Attributes
    ----------
    cuts : float array (count - 1,)
        A complete binary tree in breadth-first order: node i splits coordinate ``depth % l`` at ``cuts[i]``.
    """

    cuts: np.ndarray

    @classmethod
    def by_medians(cls, p: np.ndarray, count: int) -> CellFilter:
        """Return at most `count` cells (rounded down to a power of two) with about equally many of the points p."""
        n, width = p.shape
        depth = 0 if width == 0 else max(0, int(np.log2(max(1, min(count, n)))))
        cuts = np.zeros(2**depth - 1)
        members = [np.arange(n)]
        node = 0
        for level in range(depth):
            halves = []
            for rows in members:
                values = p[rows, level % width]
                cuts[node] = float(np.median(values)) if len(rows) else 0.0
                halves += [rows[values < cuts[node]], rows[values >= cuts[node]]]
                node += 1
            members = halves
        return cls(cuts)

    def __len__(self) -> int:
        return len(self.cuts) + 1

    def index(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return the number of the cell of each sample, (n,) int."""
        node = np.zeros(len(y), dtype=np.intp)
        if len(self.cuts) == 0:
            return node
        if p is None:
            raise InvalidInput("p", "coordinates along the basis, as cells look at them", "None", "pass them")
        for level in range(int(np.log2(len(self)))):
            node = 2 * node + 1 + (p[:, level % p.shape[1]] >= self.cuts[node])
        return node - len(self.cuts)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ConditionalSliceFilter(Record):
    """Slices of the label, or of the residual y - G(p), of their own in each cell of the known coordinates.

    Attributes
    ----------
    cells : CellFilter
    slices : tuple of SliceFilter
        One for each cell.
    """

    cells: CellFilter
    slices: tuple[SliceFilter, ...]
    _starts: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.slices) != len(self.cells):
            given = f"{len(self.slices)} for {len(self.cells)} cells"
            raise InvalidInput("slices", "one SliceFilter for each cell", given, "use by_quantiles")
        object.__setattr__(self, "_starts", np.cumsum([0, *map(len, self.slices)]))

    @classmethod
    def by_quantiles(
        cls, y: np.ndarray, p: np.ndarray, *, cells: int, slices: int, predictor: Predictor | None = None
    ) -> ConditionalSliceFilter:
        """Return `cells` cells of p with `slices` quantile slices of the residuals in each."""
        partition = CellFilter.by_medians(p, cells)
        number, rests = partition.index(y, p), residuals(y, p, predictor)
        edges = [_quantile_edges(rests[number == cell], slices) for cell in range(len(partition))]
        return cls(partition, tuple(SliceFilter(edge, predictor) for edge in edges))

    def __len__(self) -> int:
        return int(self._starts[-1])

    def index(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return the number of the slice of each sample, counted through all cells, (n,) int."""
        number = self.cells.index(y, p)
        result = np.zeros(len(y), dtype=np.intp)
        for cell, slices in enumerate(self.slices):
            mine = number == cell
            result[mine] = self._starts[cell] + slices.index(y[mine], None if p is None else p[mine])
        return result


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LevelFilter(Record):
    """A filter rounded to finitely many values: its level sets are a partition.

    An indicator stays what it is. A continuous filter becomes a step function of the same (y, P_W x), so lemma K holds
    for it as it does for the filter.

    Attributes
    ----------
    filter : Filter
    edges : float array (H - 1,)
    values : float array (H,)
        The value on each level set.
    """

    filter: Filter
    edges: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, psi: Filter, levels: int = 17) -> LevelFilter:
        """Return the filter rounded to `levels` equally spaced values from -1 to 1, both among them and 0 (odd)."""
        if levels < 3 or levels % 2 == 0:
            raise InvalidInput("levels", "an odd integer >= 3", levels, "17 is usual")
        values = np.linspace(-1.0, 1.0, levels)
        return cls(psi, (values[1:] + values[:-1]) / 2.0, values)

    def __len__(self) -> int:
        return len(self.values)

    def index(self, y: np.ndarray, p: np.ndarray | None = None) -> np.ndarray:
        """Return the number of the level set of each sample, (n,) int."""
        weights = np.asarray(self.filter(y, p), dtype=np.float64)
        if weights.shape != y.shape or not (np.abs(weights) <= 1.0).all():
            cure = "return one number for each label, scaled to that range"
            raise InvalidInput("filter", "values in [-1, 1], one a sample", f"shape {weights.shape}", cure)
        return np.searchsorted(self.edges, weights, side="right")


def choose_partition(
    chosen: Partition | Filter | None,
    y: np.ndarray,
    p: np.ndarray | None,
    *,
    n_slices: int,
    n_cells: int,
    predictor: Predictor | None,
) -> Partition:
    """Return the partition that was chosen, the level sets of the filter that was, or else slices at quantiles."""
    if chosen is None and p is not None:
        slices = max(2, n_slices // 4)
        return ConditionalSliceFilter.by_quantiles(y, p, cells=n_cells, slices=slices, predictor=predictor)
    if chosen is None:
        return SliceFilter.by_quantiles(y, n_slices)
    return chosen if isinstance(chosen, Partition) else LevelFilter.of(chosen)


def cells_of_slices(partition: Partition) -> np.ndarray:
    """Return the cell of the known coordinates that each slice lies in, (H,) int."""
    if isinstance(partition, ConditionalSliceFilter):
        return np.repeat(np.arange(len(partition.slices)), [len(slices) for slices in partition.slices])
    return np.zeros(len(partition), dtype=int)


def index_on_device(partition: Partition, y: Any, p: Any = None) -> Any:
    """Return the cells (n,) of labels and coordinates on a device, as integers there.

    Slices of the label are found on the device. Other partitions look at labels and known coordinates on the host:
    these are l + 1 numbers a sample, the inputs stay where they are.
    """
    if isinstance(partition, SliceFilter) and partition.predictor is None:
        edges = from_host(partition.edges, y)
        return namespace(y).searchsorted(edges, y, side="right")
    index = partition.index(to_host(y), None if p is None else to_host(p))
    return from_host(index.astype(np.int64), y)


_MOST_SLICES = 100_000


def _quantile_edges(values: np.ndarray, count: int) -> np.ndarray:
    if len(values) == 0:
        return np.empty(0)
    quantiles = np.quantile(values, np.arange(1, count) / count, method="lower")
    edges = np.unique(quantiles[quantiles > values.min()])
    if len(edges) == 0 and np.ptp(values) > 0.0:  # nearly all are one value: it gets a slice, the rest another
        edges = values[values > values.min()].min(keepdims=True)
    return edges


def _check_threshold(value: Any, *, least: float) -> None:
    requirement = f"a finite number {'> 0' if least else '>= 0'}"
    as_real(value, "threshold", requirement, lambda number: least <= number < np.inf, "use the label's unit")
