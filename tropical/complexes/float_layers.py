"""The layers of a network in float64, for the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tropical.exceptions import TropicalError
from tropical.network import IntegerLayer

__all__ = ["FloatLayer", "NotForThisEngine", "float_layers"]


class NotForThisEngine(TropicalError):
    """An instance beyond the fixed sizes of the compiled kernels; the reference engine takes it."""


@dataclass(frozen=True, slots=True)
class FloatLayer:
    """A layer in float64, rows and columns scaled by powers of two so that rows have entries of size about 1."""

    matrix: np.ndarray
    bias: np.ndarray
    reach: float
    scale: int
    exponents: list[int]

    @property
    def width(self) -> int:
        """Number of neurons."""
        return len(self.matrix)


def float_layers(layers: Sequence[IntegerLayer]) -> list[FloatLayer]:
    """Return the layers in float64.

    Raises
    ------
    NotForThisEngine
        If a weight, relative to the others, is beyond the range of float64.
    """
    result: list[FloatLayer] = []
    before, scale = np.zeros(len(layers[0].matrix[0]), dtype=np.int64), 1
    for layer in layers:
        try:
            matrix = np.array(layer.matrix, dtype=np.float64) / float(layer.scale // scale)
            bias = np.array(layer.bias, dtype=np.float64) / float(layer.scale)
        except OverflowError:
            raise NotForThisEngine("weights beyond the range of float64") from None
        matrix = np.ldexp(matrix, before)
        size = np.maximum(np.abs(matrix).max(axis=1), np.abs(bias))
        after = np.where(size > 0, np.frexp(size)[1], 0).astype(np.int64)
        matrix, bias = np.ldexp(matrix, -after[:, None]), np.ldexp(bias, -after)
        entries = np.abs(np.concatenate([matrix.ravel(), bias]))
        given = sum(map(bool, layer.bias)) + sum(bool(w) for row in layer.matrix for w in row)
        if np.count_nonzero(entries > _SMALLEST) != given or not np.isfinite(entries).all():
            raise NotForThisEngine("weights whose ratios are beyond the range of float64")
        reach = float((np.abs(matrix).sum(axis=1) + np.abs(bias)).max()) * (1 + 1e-10) + _SMALLEST
        result.append(FloatLayer(matrix, bias, reach, layer.scale, after.tolist()))
        before, scale = after, layer.scale
    return result


_SMALLEST = 1e-250
