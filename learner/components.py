"""Components: samples on pieces that one linear combination of known features explains (docs/learning.md, 10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from learner.jumps import jump_between
from learner.small_spans import basis_of, without

__all__ = ["Components", "Fit"]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One combination of features: coefficients, what is open about them (orthonormal rows), its samples."""

    coefficients: np.ndarray
    open: np.ndarray
    rank: int
    samples: int
    misfit: float


def _solved(triangle: np.ndarray, samples: int) -> tuple[Fit, np.ndarray]:
    """Solve the least-squares problem whose rows (features, label) have this triangular factor.

    With the fit, P (q, rank): coefficients x + P y + (what is open) cost |y|² more than x, the solution.
    """
    left, values, rows = np.linalg.svd(triangle[:, :-1])
    rank = int((values > _FLAT * values[0]).sum())
    solution = rows[:rank].T @ ((left[:, :rank].T @ triangle[:, -1]) / values[:rank])
    misfit = float(np.linalg.norm(triangle[:, :-1] @ solution - triangle[:, -1]))
    return Fit(solution, rows[rank:], rank, samples, misfit), rows[:rank].T / values[:rank]


_FLAT = 1e-9  # singular values, over the largest, that count as none


class Components:
    """Joins neighbouring units as long as one combination of features explains them, the largest first.

    Parameters
    ----------
    known : (n, q)
        Features of the samples.
    y : (n,)
    unit : int array (n,)
        Pieces, cut by folds; -1 for samples on no piece.
    pairs : int array (m, 2)
        Neighbouring samples.
    least : int
        A component starts from a unit with more samples.
    tolerance : float
        Root mean square of residuals up to which samples are explained.

    Attributes
    ----------
    of : int array (n,)
        The component of each sample, -1 for none.
    fits : list of Fit
    least : int
    """

    def __init__(
        self, known: np.ndarray, y: np.ndarray, unit: np.ndarray, pairs: np.ndarray, least: int, tolerance: float
    ) -> None:
        self.least, self._tolerance = least, tolerance
        counts = np.bincount(unit[unit >= 0])
        order = np.argsort(unit, kind="stable")[int((unit < 0).sum()) :]
        triangles = _triangles(np.column_stack([known, y])[order], counts)
        codes = np.unique(_codes(unit[pairs], len(counts)))
        neighbours: list[list[int]] = [[] for _ in counts]
        for a, b in zip((codes // len(counts)).tolist(), (codes % len(counts)).tolist(), strict=True):
            if a != b:
                neighbours[a].append(b)
                neighbours[b].append(a)
        mixing = np.random.RandomState(0).standard_normal((least + _MORE, known.shape[1]))
        component, number = np.full(len(counts) + 1, -1), 0
        misses, ranks = np.zeros(len(counts)), np.zeros(len(counts), dtype=int)
        self.fits: list[Fit] = []
        for start in np.argsort(-counts, kind="stable").tolist():
            if component[start] >= 0 or counts[start] <= least:
                continue
            component[start] = number
            triangle = triangles[start]
            fit, slopes = _solved(triangle, int(counts[start]))
            refused: set[int] = set()
            frontier, grown = neighbours[start], fit.misfit <= _SURE * tolerance * float(np.sqrt(len(y)))
            while grown:
                grown, waiting, asked, stale = False, [], False, False
                units = [u for u in dict.fromkeys(frontier) if component[u] < 0 and u not in refused]
                units = sorted(units, key=lambda u: -counts[u])
                for place, other in enumerate(units):
                    if not asked:
                        here, combined = units[place:], mixing[:, : len(fit.open)]
                        misses[here], ranks[here] = _least_misfits(fit, slopes, triangles[here], combined)
                        asked, stale = True, False
                    allowed = tolerance * np.sqrt(fit.samples + int(counts[other]))
                    if counts[other] > ranks[other] and misses[other] > _SURE * allowed:
                        refused.add(other)  # also by a fit that has grown since: it misses by no less
                        continue
                    joint = np.asarray(np.linalg.qr(np.vstack([triangle, triangles[other]]), mode="r"))
                    bigger, steeper = _solved(joint, fit.samples + int(counts[other]))
                    if counts[other] <= bigger.rank - fit.rank:
                        waiting.append(other)  # any combination explains it: later, when less is open
                    elif bigger.misfit <= tolerance * np.sqrt(bigger.samples):
                        component[other], fit, slopes, triangle = number, bigger, steeper, joint
                        grown = stale = True
                        waiting += neighbours[other]
                    else:
                        refused.add(other)
                        asked = not stale
                frontier = waiting
            number += 1
            self.fits.append(fit)
        self.of = component[unit]  # the last entry is for samples on no piece

    def explains(self, fit: Fit) -> bool:
        """Return whether the features explain the samples of a component: a single unit may be beyond them."""
        return fit.misfit <= self._tolerance * float(np.sqrt(fit.samples))

    def jumps(self, pairs: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (unit jump, what is open about it) across pairs of samples, on the first features; the surest first."""
        ends = self.of[pairs]
        apart = (ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])
        found = []
        for code in np.unique(_codes(ends[apart], len(self.fits))).tolist():
            one, other = self.fits[code // len(self.fits)], self.fits[code % len(self.fits)]
            jump = jump_between(one.coefficients - other.coefficients, np.vstack([one.open, other.open]), size)
            if jump is not None:
                found.append((len(jump[1]), -jump[2] * min(one.samples, other.samples), *jump[:2]))
        found.sort(key=lambda entry: entry[:2])
        return ((jump, open_) for _, _, jump, open_ in found)


def _least_misfits(
    fit: Fit, slopes: np.ndarray, others: np.ndarray, mixing: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much joint fits with other units miss at least, and by how much their ranks are larger at most.

    Coefficients x + P y + O z, with P the `slopes` and O what is open, cost |y|² more than x on the samples of the fit,
    and miss r + A P y + A O z on those of a unit. With r' what is left of r beyond A O, the least of |y|² + |r' + APy|²
    is r'ᵀ(1 + A P Pᵀ Aᵀ)⁻¹ r', at least |r'|⁴/(|r'|² + |Pᵀ Aᵀ r'|²). Features are linear on a unit, so that A O has a
    small rank, and few random combinations the same span; where the last of them adds to it, nothing is said.
    """
    features = others[:, :, :-1]
    left, ranks = features @ fit.coefficients - others[:, :, -1], np.zeros(len(others), dtype=int)
    if len(fit.open):
        none = _ROUNDING * np.linalg.norm(features, axis=(1, 2))
        open_ = fit.open if len(fit.open) <= len(mixing) else mixing @ fit.open
        basis, lengths = basis_of(open_ @ features.mT, none)
        left, ranks = without(basis, left), (lengths > none[:, None]).sum(axis=1)
        if open_ is not fit.open:
            left[lengths[:, -1] > none] = 0.0
    squares = np.einsum("un,un->u", left, left)
    turned = np.einsum("unq,un->uq", features, left) @ slopes
    return squares / np.sqrt(np.maximum(squares + np.einsum("uq,uq->u", turned, turned), 1e-300)), ranks


_ROUNDING = 1e-12  # of the features
_MORE = 2  # random combinations more than dimensions
_AT_ONCE, _SMALL = 64, 256  # units that are factored together, and their samples
_SURE = 2.0  # a least misfit that is so many times what is allowed is no rounding


def _codes(pairs: np.ndarray, count: int) -> np.ndarray:
    pairs = np.sort(pairs, axis=1).astype(np.int64)
    return pairs[:, 0] * count + pairs[:, 1]


def _triangles(rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the triangular factors (units, q, q) of rows (n, q), of so many for each unit.

    Small units with about as many rows are factored together, with rows of zeros.
    """
    q, starts = rows.shape[1], np.cumsum(counts) - counts
    result, padded = np.zeros((len(counts), q, q)), np.vstack([rows, np.zeros(q)])
    heights = np.where(counts > _SMALL, counts, 2 ** np.ceil(np.log2(np.maximum(counts, 1))).astype(int))
    heights = np.maximum(heights, q)
    for height in np.unique(heights).tolist():
        units = np.flatnonzero(heights == height)
        for some in np.split(units, range(_AT_ONCE, len(units), _AT_ONCE)):
            place = np.arange(height)
            places = np.where(place < counts[some, None], starts[some, None] + place, len(rows))
            result[some] = np.linalg.qr(padded[places], mode="r")
    return result
