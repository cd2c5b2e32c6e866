"""Filters: functions of the label that weight samples before a moment is taken.

By lemma K (docs/theory.md) no filter of the label can produce a direction that the function does not look at,
whatever the filter is. A family of indicator filters, one for each slice of the labels, is the finest choice that
needs no knowledge of the function: every other label filter is, up to the width of a slice, a combination of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["LabelSlices"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelSlices:
    """Indicators of consecutive intervals of the label.

    Attributes
    ----------
    edges : float array (H - 1,)
        Increasing; slice h holds ``edges[h-1] <= y < edges[h]``.
    """

    edges: np.ndarray

    @classmethod
    def by_quantiles(cls, y: np.ndarray, count: int) -> LabelSlices:
        """Return slices of about equal probability; ties (y = 0 on half of space, say) share a slice."""
        quantiles = np.quantile(y, np.arange(1, count) / count, method="lower")
        edges = np.unique(quantiles[quantiles > y.min()])
        if len(edges) == 0 and np.ptp(y) > 0.0:  # nearly all labels are one value: it gets a slice, the rest another
            edges = y[y > y.min()].min(keepdims=True)
        return cls(edges)

    def __len__(self) -> int:
        return len(self.edges) + 1

    def index(self, y: np.ndarray) -> np.ndarray:
        """Return the number of the slice of each label, (n,) int."""
        return np.searchsorted(self.edges, y, side="right")
