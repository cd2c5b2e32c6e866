r"""Information limits: how many samples a direction of a given function needs at least.

For y = F(z), z from N(0, I_k), put ``G(y) = E[zzᵀ - I | y]``. In d dimensions, n = α d samples and directions with
E[z|y] = 0, weak recovery by generalised approximate message passing needs α > α_c, and a spectral method reaches it;

    1/α_c = largest eigenvalue of  A -> E[G(y) A G(y)]  on k x k matrices

(Troiani et al. 2024; Defilippis et al. 2025; Kovačević, Zhang and Mondelli 2025).

======================  ==============================
docs/theory.md          here
======================  ==============================
α_c                     ``RecoveryThreshold.value``
E[z|y] ≠ 0              ``RecoveryThreshold.means``
======================  ==============================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lgamma
from typing import Any

import numpy as np

from tropical._arguments import as_count, real_array
from tropical._display import Record, never_raising
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["RecoveryThreshold", "weak_recovery_threshold"]


@dataclass(frozen=True, slots=True, repr=False)
class RecoveryThreshold(Record):
    """The ratio n/d beyond which a label filter recovers a direction; ``float()`` gives it.

    Attributes
    ----------
    value : float
        α_c of the directions with E[z|y] = 0; infinite if no label filter sees any of them, or if there are none.
    error : float
        Estimated error of `value`: the larger of the jackknife's standard error over randomised point sets and the
        change on half as fine a grid of y.
    means : int
        Number of directions with E[z|y] ≠ 0: they need no threshold.
    """

    value: float
    error: float
    means: int

    def __float__(self) -> float:
        return self.value

    @never_raising
    def _repr_latex_(self) -> str:
        if self.value == float("inf"):
            return r"$\alpha_c = \infty$"
        return rf"$\alpha_c = {self.value:.4g} \pm {self.error:.1g}$"


def weak_recovery_threshold(
    function: Any, k: int, *, points: int = 1 << 15, repeats: int = 8, random_state: int = 0
) -> RecoveryThreshold:
    """Return the weak recovery threshold of a function of k Gaussian variables.

    Parameters
    ----------
    function : callable or tropical function
        Takes (n, k), returns (n,); or an object with ``evaluate``. Values that occur often (y = 0 on half of space, a
        sign) are allowed.
    k : int
    points : int
        Points of a randomised Sobol sequence, a power of two is best; a sequence for each repetition.
    repeats : int
        Independent randomisations, for the error estimate.
    random_state : int

    Returns
    -------
    RecoveryThreshold

    Notes
    -----
    *Homogeneous functions* (F(λz) = λF(z), checked at points): z = rθ, and given θ the label fixes r = y/F(θ). So at
    each node of a quadrature in y, E[zzᵀ | y] is a smooth integral over directions θ: a Sobol sequence on the sphere.
    Errors of 1e-4. O(nodes · points · repeats · k²).

    *Other functions*: y is cut into bins of about `_BIN` points of each point set, ties together. In a bin, ``G A G``
    is the mean over pairs of *different* point sets, which are independent: its noise has mean zero and does not add up
    over bins. What is left is the spread of G over a bin. O(points · repeats · (log(points) + k²) + bins · k⁴).

    Examples
    --------
    >>> round(float(weak_recovery_threshold(lambda z: abs(z[:, 0]), 1, points=1 << 16)), 2)
    0.5
    """
    evaluate = _evaluation(function)
    for name, value in (("k", k), ("points", points), ("repeats", repeats)):
        least, most = {"k": (1, _LARGEST_K), "points": (1, 1 << 24), "repeats": (3, 10_000)}[name]
        as_count(value, name, least, most, "the default is usual" if name != "k" else "hidden directions are few")
    as_count(random_state, "random_state", 0)
    from scipy.special import ndtri
    from scipy.stats import qmc

    def uniform(repeat: int, width: int) -> np.ndarray:
        # SciPy calls it `seed` up to 1.14 and takes both names since
        sequence = qmc.Sobol(width, seed=np.random.default_rng([random_state, repeat]))  # pyright: ignore[reportCallIssue]
        return np.clip(sequence.random(int(points)), _EDGE, 1.0 - _EDGE)

    def normal(repeat: int) -> np.ndarray:
        return ndtri(uniform(repeat, int(k)))

    def direction(repeat: int) -> np.ndarray:
        if k == 2:
            angle = 2.0 * np.pi * uniform(repeat, 1)[:, 0]
            return np.column_stack([np.cos(angle), np.sin(angle)])
        if k == 3:  # Archimedes: the height of a uniform point of the sphere is uniform
            height, angle = uniform(repeat, 2).T * [[2.0], [2.0 * np.pi]] - [[1.0], [0.0]]
            across = np.sqrt(1.0 - height**2)
            return np.column_stack([across * np.cos(angle), across * np.sin(angle), height])
        z = normal(repeat)
        return z / np.linalg.norm(z, axis=1, keepdims=True)

    def labels(z: np.ndarray) -> np.ndarray:
        y = real_array(evaluate(z), "function", "finite values of shape (n,) at (n, k)", "check it")
        if y.shape != (len(z),) or not np.isfinite(y).all():
            raise InvalidInput("function", "finite values of shape (n,) at (n, k)", f"shape {y.shape}", "check it")
        return y

    probe = normal(0)[:_PROBED]
    if np.allclose(labels(3.0 * probe), 3.0 * labels(probe), rtol=1e-9, atol=1e-12):
        directions = [direction(repeat) for repeat in range(repeats)]
        values = [labels(theta) for theta in directions]
        largest = max(float(np.abs(value).max()) for value in values)
        tables = np.array([_on_nodes(*pair, largest) for pair in zip(directions, values, strict=True)])
        # The first row is the value 0, the others are nodes: every other one is a coarser rule.
        coarse = np.concatenate([tables[:, :1], 2.0 * tables[:, 2::2]], axis=1)
    else:
        tables = _in_bins([(z, labels(z)) for z in map(normal, range(repeats))])
        # A few bins are the values of a discrete label: there is nothing to merge.
        pairs = np.arange(0, tables.shape[1], 2)
        coarse = np.add.reduceat(tables, pairs, axis=1) if tables.shape[1] > _DISCRETE else tables
    return _threshold(tables, coarse, int(k))


_LARGEST_K = 64  # tables have k² columns, operators k⁴ entries
_EDGE = 2.0**-54  # a point of the sequence can be 0
_PROBED = 64
_BIN = 16  # points of a set in a bin
_DISCRETE = 32


def _evaluation(function: Any) -> Callable[[np.ndarray], Any]:
    if hasattr(function, "evaluate") and not isinstance(function, type):
        return function.evaluate
    if callable(function) and not isinstance(function, type):
        return function
    raise InvalidType("function", "a callable on (n, k), or `evaluate`", function, "pass a tropical function")


def _with_moments(z: np.ndarray) -> np.ndarray:
    """Return rows (1, z, vec zzᵀ), (n, 1 + k + k²)."""
    return np.column_stack([np.ones(len(z)), z, (z[:, :, None] * z[:, None, :]).reshape(len(z), -1)])


def _on_nodes(theta: np.ndarray, values: np.ndarray, largest: float) -> np.ndarray:
    """Return the measure of y at 0 and at nodes, times (1, E[z|y], E[zzᵀ - I|y]), for y = r·values.

    Nodes are equally spaced in the square root of |y|, from 0 to where no mass is left, for both signs.
    """
    n, k = theta.shape
    rows = _with_moments(theta)
    radius = np.sqrt(2.0) * np.exp(lgamma((k + 1) / 2) - lgamma(k / 2))  # E r
    at_zero = rows[values == 0.0].sum(axis=0) / n
    result = [at_zero * np.repeat([1.0, radius, float(k)], [1, k, k * k])]
    steps = np.arange(1, _NODES) / _NODES
    heights = largest * (_FAR + np.sqrt(k)) * steps**2
    mass = 2.0 * largest * (_FAR + np.sqrt(k)) * steps / _NODES
    constant = (1.0 - k / 2.0) * np.log(2.0) - lgamma(k / 2)  # of the density of r
    for sign in (1.0, -1.0):
        mine = sign * values > 0.0
        u, around = sign * values[mine], rows[mine]
        logarithms = np.log(u)
        scaled = around / np.column_stack(
            [np.ones(len(u)), np.repeat(u[:, None], k, axis=1), np.repeat(u[:, None] ** 2, k * k, axis=1)]
        )
        for y, step in zip(heights, mass, strict=True):
            r = y / u
            density = np.exp(constant + (k - 1) * (np.log(y) - logarithms) - r * r / 2.0) / u
            powers = np.repeat([1.0, sign * y, y * y], [1, k, k * k])
            result.append(step / n * (density @ scaled) * powers)
    return _centred(np.array(result), k)


_NODES, _FAR = 257, 6.0  # an even number of nodes for each sign, so every other row is every other node of each


def _centred(table: np.ndarray, k: int) -> np.ndarray:
    """Turn p E[zzᵀ|y] into p E[zzᵀ - I|y]."""
    table[:, 1 + k :] -= table[:, :1] * np.eye(k).reshape(1, -1)
    return table


def _in_bins(sets: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the measure of bins of y times (1, E[z|bin], E[zzᵀ - I|bin]) for each set of points."""
    pooled = np.sort(np.concatenate([y for _, y in sets]))
    edges = np.unique(pooled[:: _BIN * len(sets)])[1:]
    tables = []
    for z, y in sets:
        index = np.searchsorted(edges, y, side="right")
        columns = _with_moments(z).T
        sums = [np.bincount(index, weights=column, minlength=len(edges) + 1) for column in columns]
        tables.append(_centred(np.array(sums).T / len(y), z.shape[1]))
    return np.array(tables)


# ------------------------------------------------------------ from tables to the threshold


def _threshold(tables: np.ndarray, coarse: np.ndarray, k: int) -> RecoveryThreshold:
    """Return the threshold from tables (R, rows, 1 + k + k²) of independent point sets."""
    first, second = slice(1, k + 1), slice(k + 1, None)
    values, vectors = np.linalg.eigh(_pairs(tables, first))
    seen = values > _MEAN_SIZE
    turn = np.kron(vectors[:, ~seen], vectors[:, ~seen])
    largest = _largest(_pairs(tables, second), turn)
    change = abs(largest - _largest(_pairs(coarse, second), turn))
    apart = [_largest(_pairs(np.delete(tables, i, axis=0), second), turn) for i in range(len(tables))]
    error = float(max(change, np.sqrt((len(tables) - 1) * np.var(apart))))
    if largest <= max(3.0 * error, _SMALLEST_SIGNAL):
        return RecoveryThreshold(np.inf, np.inf, int(seen.sum()))
    return RecoveryThreshold(1.0 / largest, error / largest**2, int(seen.sum()))


_MEAN_SIZE = 1e-3  # of Σ p |E[z|y]|² along a direction: what a mean of zero gives is below 1e-4 at 2^16 points
_SMALLEST_SIGNAL = 1e-4  # thresholds beyond 10 000 are called infinite


def _pairs(tables: np.ndarray, columns: slice) -> np.ndarray:
    """Return Σ p a bᵀ over the rows, a and b the means of some columns in different point sets."""
    mass, rows = tables[:, :, 0], tables[:, :, columns]
    # Bins' edges come from all sets together, so masses of one bin are not independent: divide by their products.
    products = mass.sum(axis=0) ** 2 - (mass**2).sum(axis=0)
    weight = mass.mean(axis=0) / np.where(products > 0.0, products, np.inf)
    total = rows.sum(axis=0)
    return (total * weight[:, None]).T @ total - np.einsum("b,rbi,rbj->ij", weight, rows, rows, optimize=True)


def _largest(pairs: np.ndarray, turn: np.ndarray) -> float:
    """Return the largest eigenvalue of A -> E[G A G], G compressed to columns u by ``turn = u ⊗ u``."""
    if turn.shape[1] == 0:
        return 0.0
    r = round(turn.shape[1] ** 0.5)
    # pairs[(a b), (c d)] = E[G_ab G_cd]; A -> E[G A G] takes A_bc to Σ G_ab A_bc G_cd.
    operator = (turn.T @ pairs @ turn).reshape(r, r, r, r).transpose(0, 3, 1, 2).reshape(r * r, r * r)
    return float(np.linalg.eigvalsh((operator + operator.T) / 2.0)[-1])
