"""From pieces and labelled samples to a lattice polynomial (docs/theory.md, section 4, assembly).

With every piece known and labels exact, ``S_x = {i : g_i(x) >= y}`` at each sample gives ``max_x min_{i in S_x}
g_i``, which is <= F everywhere and equal to y at every sample; dually ``T_x = {i : g_i(x) <= y}`` gives an upper
bound. Only inclusion-minimal sets matter. Whether the sampled sets suffice is not decided here: that is a question
for `tropical`, or for held-out samples.
"""

from __future__ import annotations

import numpy as np

from tropical.clauses import absorb, members

__all__ = ["clauses_of_samples"]


def clauses_of_samples(
    Z: np.ndarray, y: np.ndarray, gradients: np.ndarray, constants: np.ndarray, tolerance: float, *, dual: bool = False
) -> list[list[int]]:
    """Return the inclusion-minimal sets S_x (or T_x, for the min-max form) over the samples.

    Parameters
    ----------
    Z, y : (n, k), (n,)
        Samples that some piece explains.
    gradients, constants : (M, k), (M,)
    tolerance : float
        A piece within the tolerance of the label counts as on the label.

    Notes
    -----
    n·k·M multiply-adds; then comparisons of distinct sets.
    """
    sets: set[bytes] = set()
    for start in range(0, len(Z), _CHUNK):
        rows = slice(start, start + _CHUNK)
        heights = Z[rows] @ gradients.T + constants - y[rows, None]
        inside = heights <= tolerance if dual else heights >= -tolerance
        sets.update(map(bytes, np.unique(np.packbits(inside, axis=1, bitorder="little"), axis=0)))
    return [list(members(mask)) for mask in absorb(int.from_bytes(packed, "little") for packed in sets)]


_CHUNK = 1 << 14
