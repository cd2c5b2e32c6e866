r"""Is there one more direction? A test on samples that the direction was not chosen on, at a proven level.

A direction û and weights (T_h, w_h) of the slices come from the samples outside a fold. On the fold,

    S = Σ_i [ T_h(i) (z_i² - 1)/2 + w_h(i) z_i ],    z_i = <û, x_i>.

If û is orthogonal to everything that the label depends on, z_i is N(0, 1) and independent of the slices, so for
0 <= t < 1/max T

    log E exp(tS) = Σ_h n_h [ -log(1 - t T_h)/2 - t T_h/2 + t² w_h²/(2 (1 - t T_h)) ],

and ``min_t exp(log E exp(tS) - tS)`` bounds the probability of so large an S (Chernoff): a p-value that is valid for
every n, no limit theorem, no permutations. F folds give F such p-values, dependent ones; F times the smallest is
valid (Bonferroni). For other inputs than N(0, I), :func:`permutation_pvalue` permutes the slices within the fold.
"""

from __future__ import annotations

import numpy as np

from learner.moments import SliceMoments
from learner.spectral import Weights

__all__ = ["centred", "gaussian_pvalue", "permutation_pvalue"]


def centred(weights: Weights, counts: np.ndarray) -> Weights:
    """Return the weights less their means over the samples, for one direction.

    The pooled mean and variance of x along a direction say nothing about the label, and this is blind to them.
    """
    n = max(1, int(counts.sum()))
    second = weights.second - np.tensordot(counts, weights.second, 1) / n
    return Weights(second, weights.first - counts @ weights.first / n)


def gaussian_pvalue(part: SliceMoments, direction: np.ndarray, weights: Weights) -> float:
    """Return a bound on the probability of so large an S, if x along the direction is N(0, 1) and independent of y.

    Parameters
    ----------
    part : SliceMoments
        Of the fold.
    direction : (d,)
        A unit vector chosen without the fold.
    weights : Weights
        Of one direction, T (H, 1, 1) and w (H, 1), chosen without the fold.

    Notes
    -----
    O(H·d²). Conservative by a factor of about 2.5 times the normal score of S.
    """
    kept = part.counts > 0
    counts, T, w = part.counts[kept], weights.second[kept, 0, 0], weights.first[kept, 0]
    squares = (part.squares[kept] @ direction) @ direction - counts
    S = float(T @ squares / 2.0 + w @ (part.sums[kept] @ direction))
    if S <= 0.0:
        return 1.0
    most = float(T.max(initial=0.0))
    variance = float(counts @ (T**2 / 2.0 + w**2))
    # Any t serves, the best is near S/variance; log E exp(tS) is convex in t.
    high = min((1.0 - 1e-9) / most if most > 0.0 else np.inf, 1e3 * S / variance)

    def exponent(t: float) -> float:
        rest = 1.0 - t * T
        terms = -np.log(rest) / 2.0 - t * T / 2.0 + t * t * w**2 / (2.0 * rest)
        return float(counts @ terms) - t * S

    low, golden = 0.0, (5**0.5 - 1) / 2
    for _ in range(80):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if exponent(left) < exponent(right):
            high = right
        else:
            low = left
    return float(np.exp(min(0.0, exponent((low + high) / 2.0))))


def permutation_pvalue(
    z: np.ndarray, index: np.ndarray, weights: Weights, *, draws: int, rng: np.random.RandomState
) -> float:
    """Return the p-value of S among permutations of the slices of a fold, valid for x of any law.

    Parameters
    ----------
    z : (m,)
        The fold's samples along a direction chosen without it.
    index : (m,)
        Their slices.
    weights : Weights
        Of one direction, chosen without the fold.
    draws : int
        The smallest value possible is 1/(draws + 1).
    rng : RandomState
    """
    T, w = weights.second[index, 0, 0], weights.first[index, 0]
    squares = z**2 / 2.0
    observed = T @ squares + w @ z
    orders = (rng.permutation(len(z)) for _ in range(draws))
    return (1 + sum(float(T[order] @ squares + w[order] @ z) >= observed for order in orders)) / (draws + 1)
