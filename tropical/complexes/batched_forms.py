"""What a network's outputs are on many cells at once, in int64 where no number can overflow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tropical.network import IntegerLayer

__all__ = ["output_forms"]

_LIMIT = 1 << 62


def output_forms(layers: Sequence[IntegerLayer], width: int, patterns: np.ndarray) -> np.ndarray | None:
    """Return the affine forms of the outputs on the cells with given activation patterns.

    Parameters
    ----------
    layers : sequence of IntegerLayer
    width : int
        Number k of coordinates.
    patterns : bool array (cells, hidden units)

    Returns
    -------
    int64 array (cells, outputs, k + 1) or None
        Over the scale of the last layer. None where an entry could reach 2^62.

    Notes
    -----
    An entry of a form of layer l is at most ``B_l = max_i Σ_j |W_ij| B_{l-1} + |b_i|`` in absolute value, ``B_0 = 1``;
    partial sums obey the same bound, so below 2^62 nothing overflows. Cells that agree in the layers before share the
    work: U_l·n_l·n_{l-1}·k products for U_l different prefixes of the patterns.
    """
    bound = 1
    for layer in layers:
        sizes = (sum(map(abs, row)) * bound + abs(b) for row, b in zip(layer.matrix, layer.bias, strict=True))
        bound = max(sizes)
        if bound >= _LIMIT:
            return None
    forms = np.zeros((1, width, width + 1), dtype=np.int64)
    forms[0, :, :width] = np.eye(width, dtype=np.int64)
    group = np.zeros(len(patterns), dtype=np.int64)  # for each cell the number of its prefix
    position = 0
    for depth, layer in enumerate(layers):
        if depth:
            count = len(layers[depth - 1].matrix)
            own = patterns[:, position : position + count]
            position += count
            keys = np.concatenate([group[:, None].view(np.uint8).reshape(len(group), -1), np.packbits(own, axis=1)], 1)
            _, first, inverse = np.unique(_as_bytes(keys), return_index=True, return_inverse=True)
            forms = forms[group[first]] * own[first][:, :, None]
            group = inverse.reshape(-1).astype(np.int64)
        matrix = np.array(layer.matrix, dtype=np.int64)
        forms = np.einsum("ij,cjk->cik", matrix, forms)
        forms[:, :, -1] += np.array(layer.bias, dtype=np.int64)
    return forms[group]


def _as_bytes(rows: np.ndarray) -> np.ndarray:
    """Return the rows of a uint8 array as one opaque item each, which sort fast."""
    rows = np.ascontiguousarray(rows)
    return rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
