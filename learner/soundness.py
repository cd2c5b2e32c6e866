r"""How far a direction found can be from the relevant subspace: a bound from the samples, without a gap.

Lemma S2 bounds ``|P_{V⊥} û|`` by the noise of the matrix of which û is an eigenvector, over the eigenvalue. Two things
are sharper here (docs/learning.md has the proof). Only the noise *off V* counts, and that part of x is Gaussian and
independent of labels and of P_V x: Gordon's inequalities for Gaussian matrices replace a net. And û need not be an
eigenvector of anything: whatever combination of filtered moments comes near it serves,

    û = Σ_h p_h (T_h C_h û + s_h m_h) + r,

for numbers T_h, s_h chosen after seeing the data. With probability at least 1 - δ, for all of them at once and for
every V of dimension at most κ,

    |P_{V⊥} û| <= (ρ |g| / n + |r|) / (1 - ρ t / n - e),    if the denominator is positive,

where g_i = T_h(i) <x_i, û> + s_h(i), ρ = √d + √(H (κ + 1)) + √(2 ln(2/δ)), and with a = √d + √(2 (H ln 2 + ln(4/δ)))

    e = layers of |T| of (2 √n_S a + a²)/n,    t² = layers of T² of (√n_S + a)².

*Layers* of a function f >= 0 of the slices: S runs through the sets of slices with the i largest values, and each
counts with the gap from the i-th value to the next (positive and negative T apart in e).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from learner.moments import SliceMoments

__all__ = ["soundness_bound"]


def soundness_bound(moments: SliceMoments, direction: np.ndarray, *, largest_rank: int, level: float) -> float:
    """Return a bound on the sine of the angle between a direction and the relevant subspace.

    Parameters
    ----------
    moments : SliceMoments
        Of samples from N(0, I) in d dimensions, over a partition of (y, P_W x) with W in V.
    direction : (d,)
        A unit vector, however found.
    largest_rank : int
        κ: the bound is for every V of at most this dimension.
    level : float
        δ: share of samples for which the bound may fail.

    Returns
    -------
    float
        At most 1, which says nothing.

    Notes
    -----
    T and s solve a least-squares problem in 2H unknowns that weighs ``|r|²`` against ``d |g|²/n²``, the latter
    times a few factors; the best bound counts. O(H·d²).
    """
    kept = moments.counts > 0
    counts, sums = moments.counts[kept], moments.sums[kept]
    n, dimension, slices = int(counts.sum()), moments.dimension, int(kept.sum())
    if n == 0:
        return 1.0
    images = moments.squares[kept] @ direction
    design = np.vstack([images - counts[:, None] * direction, sums]).T / n
    squares, firsts = images @ direction, sums @ direction
    ridge = np.block([[np.diag(squares), np.diag(firsts)], [np.diag(firsts), np.diag(counts)]]) / n
    widths = _Widths(
        np.sqrt(dimension) + np.sqrt(slices * (largest_rank + 1)) + np.sqrt(2.0 * np.log(2.0 / level)),
        np.sqrt(dimension) + np.sqrt(2.0 * (slices * np.log(2.0) + np.log(4.0 / level))),
    )
    bounds = [1.0]
    for strength in _STRENGTHS:  # weights that fit less well are smaller, and so is the noise they let through
        matrix = design.T @ design + strength * dimension / n * ridge
        solution = np.linalg.lstsq(matrix, design.T @ direction, rcond=None)[0]
        T, s = solution[:slices], solution[slices:]
        rest = float(np.linalg.norm(direction - design @ solution))
        size = float(np.sqrt(max(0.0, T**2 @ squares + 2.0 * (T * s) @ firsts + s**2 @ counts)))
        bounds.append(_bound(T, counts, size, rest, widths))
    return min(bounds)


_STRENGTHS = (1.0, 3.0, 10.0, 30.0)


class _Widths(NamedTuple):
    """Largest singular value of the Gaussian part off V: on one space of weights, and uniformly over sets of slices."""

    fixed: float
    uniform: float


def _bound(T: np.ndarray, counts: np.ndarray, size: float, rest: float, widths: _Widths) -> float:
    n, a = float(counts.sum()), widths.uniform
    noise = sum(_layers(part, counts, lambda m: 2.0 * np.sqrt(m) * a + a * a) for part in (T, -T)) / n
    spread = np.sqrt(_layers(T**2, counts, lambda m: (np.sqrt(m) + a) ** 2))
    denominator = 1.0 - widths.fixed * spread / n - noise
    return (widths.fixed * size / n + rest) / denominator if denominator > 0.0 else 1.0


def _layers(values: np.ndarray, counts: np.ndarray, bound: Callable[[np.ndarray], np.ndarray]) -> float:
    """Return the sum over the level sets {values >= t > 0}, of m samples each, of bound(m) dt."""
    order = np.argsort(-values)
    heights = np.maximum(np.append(values[order], 0.0), 0.0)
    return float((heights[:-1] - heights[1:]) @ bound(np.cumsum(counts[order])))
