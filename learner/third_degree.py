r"""Directions that only products of three coordinates show: moments of third degree, for functions that filters miss.

Filters of the label, and of the residual within cells of known coordinates, look at moments of first and second degree.
A parity of three half-spaces has none (docs/theory.md, Λ): F = a(P_U x) sign(v_1 x) sign(v_2 x) sign(v_3 x) shows in

.. math:: T = E[\,w\,He_3(x_\perp)\,], \qquad w = \frac{y - E[y | P_U x]}{\sqrt{Var[y | P_U x]}},

alone, the third Hermite tensor off the known directions U. Its leading subspace is found in two steps:

1. from the (d, d²) unfolding M of x ⊗ He_2(x) the leading eigenvectors of M Mᵀ, as a U-statistic: a sum over pairs of
   different samples, with nothing of size d³;
2. higher-order orthogonal iteration (De Lathauwer, De Moor and Vandewalle 2000) from the leading ones and from random
   ones in their span, the best kept.

Labels with random signs have the same moments of w² and no T: what the iteration finds there is the null.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learner.gauss_newton import off_span, orthonormal

__all__ = ["standardised", "third_degree"]


def third_degree(
    X: np.ndarray,
    y: np.ndarray,
    known: np.ndarray,
    *,
    rng: np.random.RandomState,
    rank: int = 3,
    expired: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Return directions that third moments show beyond known ones; none where signs at random show as much.

    Parameters
    ----------
    X, y : (n, d), (n,)
        Standard normal inputs and labels.
    known : (l, d)
        Orthonormal rows, l >= 0.
    rng : RandomState
        For random signs and starts.
    rank : int
        Products of three look at three; where they look at fewer, the others are noise.
    expired : callable
        Give up where it returns True.

    Returns
    -------
    float array (r, d)
        r = rank, or 0: orthonormal rows, orthogonal to the known ones.

    Notes
    -----
    4·n²·d operations each for the labels and for three draws of signs, in blocks of a thousand rows; of many samples so
    few are used that this stays below 1e11. Measured in docs/learning.md, section 8.
    """
    d = X.shape[1]
    rank = min(rank, d - len(known))
    if rank < 1 or len(X) <= _LEAST * d:
        return np.empty((0, d))
    few = slice(0, int(np.sqrt(_MOST_OPERATIONS / (4.0 * d))))
    rows, weights = off_span(X[few], known), standardised(X[few] @ known.T, y[few])
    found, size = _best(rows, weights, rank, rng)
    drawn: list[float] = []
    for _ in range(_DRAWS):
        drawn.append(_best(rows, weights * rng.choice([-1.0, 1.0], len(weights)), rank, rng)[1])
        if expired() or (len(drawn) > 1 and min(drawn) > size):
            return np.empty((0, d))
    return orthonormal(off_span(found, known)) if size > np.median(drawn) else np.empty((0, d))


def standardised(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return labels less their mean near the same coordinates p (n, l), in units of their spread there, clipped."""
    from scipy.spatial import KDTree

    if not p.shape[1]:
        near = np.broadcast_to(np.arange(len(y)), (1, len(y)))
    else:
        near = np.asarray(KDTree(p).query(p, min(_NEIGHBOURS, len(y)))[1]).reshape(len(y), -1)
    around = y[near]
    mean, spread = around.mean(axis=1), around.std(axis=1)
    return np.clip((y - mean) / np.maximum(spread, _TINY), -_CLIP, _CLIP)


def _best(rows: np.ndarray, weights: np.ndarray, rank: int, rng: np.random.RandomState) -> tuple[np.ndarray, float]:
    """Return the best of many higher-order orthogonal iterations, and the size of the tensor on it."""
    vectors = np.linalg.eigh(_gram(rows, weights))[1].T[::-1]
    kept = [vectors[None, :rank]]
    for size in _LEADING:
        frame = vectors[: max(rank, size)]
        starts = [orthonormal(rng.standard_normal((rank, len(frame)))) @ frame for _ in range(_STARTS)]
        kept.append(_largest(rows, weights, np.array(starts), _FEW_TURNS, _KEPT))
    best = _largest(rows, weights, np.concatenate(kept), _MORE_TURNS, 1)
    bases, sizes = _iterated(rows, weights, best, _TURNS)
    return bases[0], float(sizes[0])


def _largest(rows: np.ndarray, weights: np.ndarray, bases: np.ndarray, turns: int, count: int) -> np.ndarray:
    """Return the subspaces on which the tensor is largest after some turns, (count, k, d)."""
    bases, sizes = _iterated(rows, weights, bases, turns)
    return bases[np.argsort(-sizes)[:count]]


def _gram(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sum over pairs i != j of w_i w_j <He_2(x_i), He_2(x_j)> x_i x_jᵀ over n², (d, d)."""
    n, d = rows.shape
    squares, total = np.einsum("ij,ij->i", rows, rows), np.zeros((d, d))
    for first in range(0, n, _BLOCK):
        part = slice(first, min(first + _BLOCK, n))
        inner = rows[part] @ rows.T
        kernel = inner**2 - squares[part, None] - squares + d
        kernel[np.arange(len(kernel)), np.arange(first, first + len(kernel))] = 0.0
        kernel *= weights[part, None] * weights
        total += rows[part].T @ (kernel @ rows)
    return (total + total.T) / (2.0 * n**2)


def _iterated(rows: np.ndarray, weights: np.ndarray, bases: np.ndarray, turns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return subspaces (s, k, d) after some turns, and the squared norms of E[w He_3] with two legs on them, (s,)."""
    (n, d), (count, k) = rows.shape, bases.shape[:2]
    weighted, values = rows * (weights / n)[:, None], np.zeros((count, k))
    for _ in range(turns):
        z = (rows @ bases.reshape(count * k, d).T).reshape(n, count, k)
        products = (z[..., :, None] * z[..., None, :] - np.eye(k)).reshape(n, -1)
        tensor = (weighted.T @ products).reshape(d, count, k, k).transpose(1, 0, 2, 3)  # x ⊗ He_2(z), to become He_3
        mean = np.einsum("n,nsk->sk", weights / n, z)
        legs = bases.transpose(0, 2, 1)
        tensor = tensor - legs[:, :, :, None] * mean[:, None, None] - legs[:, :, None, :] * mean[:, None, :, None]
        left, values, _ = np.linalg.svd(tensor.reshape(count, d, k * k), full_matrices=False)
        bases = left[:, :, :k].transpose(0, 2, 1)
    return bases, (values[:, :k] ** 2).sum(axis=1)


_LEAST = 5  # samples for each input: with fewer the null is as large as anything
_MOST_OPERATIONS = 1e11
_DRAWS = 3  # of signs: labels that show more than the median are worth a refinement, which is the judge
_NEIGHBOURS, _CLIP, _TINY = 50, 2.5, 1e-300
_LEADING, _STARTS = (10, 20), 100  # eigenvectors that starts are in the span of, and starts for each
_KEPT, _FEW_TURNS, _MORE_TURNS, _TURNS = 8, 4, 10, 20
_BLOCK = 1000
