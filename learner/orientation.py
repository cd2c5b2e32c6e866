r"""Which way the units of a layer are turned, from functions of these units alone.

A function that is linear in units relu(s_j H_j), s_j = ±1, with coefficients b_j, is ``Σ (b_j/2)(|H_j| + s_j H_j)``:
on the features (z, |H_1|, ..., |H_m|) its coefficients g obey ``g_z = Σ_j s_j g_j ∇H_j``. That is k equations for the
signs from each component whose coefficients are determined, and a test of them from every other.

Units that are active wherever samples fell have no fold, and pass on linear functions of what the layer is built on.
Then ``g_z - Σ_j s_j g_j ∇H_j`` is not zero but in the span of these functions, which is as unknown as the signs: with u
of them, u + 1 components are asked together whether theirs are dependent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from learner.components import Fit
from learner.small_spans import basis_of, without

__all__ = ["oriented", "oriented_beside", "passed_beside"]


def oriented(
    folds: np.ndarray, fits: Sequence[Fit], linear: bool, owner: np.ndarray | None = None
) -> tuple[np.ndarray | None, float]:
    """Return the signs that components obey, None if most do not, and the share of their samples that obeys.

    A component that neighbours were joined to by chance does not obey, so the signs are put to the vote.

    Parameters
    ----------
    folds : (m, p)
        Coefficients of the H_j on the design: k coordinates and, unless `linear`, 1.
    fits : sequence of Fit
        Components on the features (design, |H_1|, ...).
    linear : bool
    owner : int array, optional
        Which rows share a sign: what is open about a fold, further features with it. Default: each has its own.

    Returns
    -------
    float array (number of signs,) or None
    float

    Notes
    -----
    2^m candidates are tried on the components that are determined, at once, and the few best on all.
    """
    p, owner = folds.shape[1], np.arange(len(folds)) if owner is None else owner
    k = p - (not linear)
    rows, choices = folds[:, :k], _choices(owner)
    clear = [fit for fit in fits if fit.samples >= fit.rank + _SPARE]
    if not clear:
        return None, 0.0
    candidates = choices[:, owner]
    misses = np.zeros(len(candidates))
    for fit in clear:
        if not len(fit.open):
            off = fit.coefficients[:k] - candidates @ (fit.coefficients[p:, None] * rows)
            misses += fit.samples * (np.linalg.norm(off, axis=1) > _OFF * np.linalg.norm(fit.coefficients))
    total = sum(fit.samples for fit in clear)
    best, least = None, (1.0 - _MOST) * total
    tried = np.argsort(misses, kind="stable")[:_TRIED]
    for numbers in (tried[:_FIRST], tried[_FIRST:]):  # most often one of the first is it
        spans = np.empty((len(numbers), 0, k))
        missed = _missed(clear, candidates[numbers], rows, p, spans, least)
        if len(numbers) and missed.min() < least:
            best, least = choices[numbers[missed.argmin()]], float(missed.min())
        if least == 0:
            break
    return best, 0.0 if best is None else 1.0 - least / total


def oriented_beside(
    folds: np.ndarray, fits: Sequence[Fit], linear: bool, passed: int, owner: np.ndarray | None = None
) -> tuple[np.ndarray | None, np.ndarray, float]:
    """Return signs, an orthonormal basis of the linear functions passed on, and the share of samples that obeys both.

    Parameters
    ----------
    folds, fits, linear, owner
        As for :func:`oriented`; p features of any kind instead of the design, the last one 1 unless `linear`.
    passed : int
        Number u of linear functions, at least 1; the basis is (u, k), without constants.

    Notes
    -----
    u + 1 components that leave d dimensions open together tell signs apart if u + d < k. Up to 12 such sets are tried
    with all 2^m signs, each for one QR factor of k·(u + d)². For u = 1 all large components are asked together
    (:func:`_pooled`), which tells signs apart where each leaves much open.
    """
    p, owner = folds.shape[1], np.arange(len(folds)) if owner is None else owner
    k = p - (not linear)
    rows, choices, nothing = folds[:, :k], _choices(owner), np.empty((0, k))
    clear = [fit for fit in fits if fit.samples >= fit.rank + _SPARE]
    candidates = choices[:, owner]
    if passed == 1:
        found = _pooled(candidates, rows, p, sorted(clear, key=lambda fit: -fit.samples)[:_MOST_POOLED])
    else:
        laws = np.concatenate(
            [np.broadcast_to(np.eye(k, p), (len(candidates), k, p)), -(candidates[:, :, None] * rows).mT], axis=2
        )
        found = _eliminated(laws, clear, passed)
    if not found:
        return None, nothing, 0.0
    missed = _missed(clear, candidates[[number for number, _ in found]], rows, p, np.array([span for _, span in found]))
    best, span = found[int(missed.argmin())]
    return choices[best], span, 1.0 - float(missed.min()) / sum(fit.samples for fit in clear)


def passed_beside(
    folds: np.ndarray, fits: Sequence[Fit], linear: bool, signs: np.ndarray, owner: np.ndarray
) -> np.ndarray | None:
    """Return the one function passed on, (1, k), that most samples are on components with, for these signs.

    None where components know of none, or not of one alone. Parameters as for :func:`oriented_beside`.
    """
    p = folds.shape[1]
    clear = sorted((fit for fit in fits if fit.samples >= fit.rank + _SPARE), key=lambda fit: -fit.samples)
    found = _pooled(signs[owner][None], folds[:, : p - (not linear)], p, clear[:_MOST_POOLED])
    return found[0][1] if found else None


def _pooled(signs: np.ndarray, rows: np.ndarray, p: int, fits: Sequence[Fit]) -> list[tuple[int, np.ndarray]]:
    """Return candidates that many components obey together with one function passed on, and that function (1, k).

    A component says that the function lies in the span of what is left of its law and of what is open, unless nothing
    is left. Components are taken in turn as long as the intersection of these spans is not zero.
    """
    count, k = len(signs), rows.shape[1]
    total, kept = sum(fit.samples for fit in fits), np.arange(count)
    sums, weights, missed = np.zeros((count, k, k)), np.zeros(count), np.zeros(count)
    ranks = np.zeros(count, dtype=int)
    rng = np.random.RandomState(0)
    for fit in fits:
        free = _laws(_mixed(fit.open, k + _MORE, rng), signs[kept], rows, p)
        basis = _spans(free, lambda some, fit=fit, kept=kept: _laws(fit.open, signs[kept[some]], rows, p))
        off = without(basis, _laws(fit.coefficients[None], signs[kept], rows, p)[:, 0])
        lengths = np.linalg.norm(off, axis=1)
        asked = lengths > _OFF * np.linalg.norm(fit.coefficients)
        span = np.concatenate([basis, off[:, None] / np.maximum(lengths, 1e-300)[:, None, None]], axis=1)
        trial = sums[kept] + (np.eye(k) - span.mT @ span) * asked[:, None, None]
        more = ranks[kept] + (k - (span != 0.0).any(axis=2).sum(axis=1)) * asked
        good = more < k
        good[~good] = _are_singular(trial[~good], _OFF**2)
        sums[kept[good]], ranks[kept[good]] = trial[good], more[good]
        weights[kept[good]] += fit.samples
        missed[kept[~good]] += fit.samples
        kept = kept[missed[kept] <= _MOST * total]
        if not len(kept):
            break
    weights[missed > _MOST * total] = -1.0
    found = []
    for number in np.argsort(-weights, kind="stable")[:_FINALISTS].tolist():
        values, vectors = np.linalg.eigh(sums[number])
        if weights[number] > 0.0 and k > 1 and values[1] > _OFF**2 >= values[0]:
            found.append((number, vectors[:, :1].T))
    return found


def _laws(vectors: np.ndarray, signs: np.ndarray, rows: np.ndarray, p: int) -> np.ndarray:
    """Return g_z - Σ_j s_j g_j ∇H_j of some g (v, features) for many signs, (signs, v, k)."""
    k = rows.shape[1]
    terms = vectors[:, p:, None] * rows
    weighted = signs @ terms.transpose(1, 0, 2).reshape(len(rows), len(vectors) * k)
    return vectors[:, :k] - weighted.reshape(len(signs), len(vectors), k)


def _mixed(vectors: np.ndarray, most: int, rng: np.random.RandomState) -> np.ndarray:
    """Return at most so many combinations of vectors, at random: maps to fewer dimensions give them the same span."""
    return vectors if len(vectors) <= most else rng.standard_normal((most, len(vectors))) @ vectors


def _spans(free: np.ndarray, exact: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return orthonormal rows (sets, k, k) with the spans of rows (sets, r, k), up to rounding of the largest of all.

    Rows of zeros where there are fewer. Those in doubt are told by singular values of the rows that `exact` gives.
    """
    largest = float(np.linalg.norm(free, axis=2).max(initial=0.0))
    basis, lengths = basis_of(free, _ROUNDING * largest)
    doubtful = ((lengths > _ROUNDING * largest) & (lengths <= _DOUBTFUL * max(largest, _DOUBTFUL))).any(axis=1)
    if doubtful.any():
        _, sizes, vectors = np.linalg.svd(exact(np.flatnonzero(doubtful)), full_matrices=False)
        vectors = vectors * (sizes > _FLAT * max(float(sizes.max()), largest, _FLAT))[:, :, None]
        basis[doubtful] = 0.0
        basis[doubtful, : vectors.shape[1]] = vectors
    return basis


def _are_singular(matrices: np.ndarray, cut: float) -> np.ndarray:
    """Return whether the least eigenvalues of positive semidefinite matrices (sets, k, k) are at most so large.

    They are at most the least pivot, and by the means' inequality at least det·((k - 1)/trace)^(k - 1). What is between
    is told by eigenvalues.
    """
    k = matrices.shape[1]
    rest = np.ascontiguousarray(matrices.transpose(1, 2, 0))
    least, logarithm = np.full(len(matrices), np.inf), np.zeros(len(matrices))
    for _ in range(k):
        pivot = rest[0, 0]
        least, pivot = np.minimum(least, pivot), np.maximum(pivot, cut)
        logarithm += np.log(pivot)
        rest = rest[1:, 1:] - rest[1:, :1] * (rest[:1, 1:] / pivot)
    trace = np.maximum(np.trace(matrices, axis1=1, axis2=2), cut)
    singular = least <= cut
    doubtful = ~singular & (logarithm - (k - 1) * np.log(trace / max(k - 1, 1)) <= np.log(_CLEARLY * cut))
    singular[doubtful] = np.linalg.eigvalsh(matrices[doubtful])[:, 0] <= cut
    return singular


def _eliminated(laws: np.ndarray, clear: Sequence[Fit], passed: int) -> list[tuple[int, np.ndarray]]:
    """Return candidates for which `passed` + 1 components are dependent, and the functions passed on."""
    k, votes = laws.shape[1], np.zeros(len(laws), dtype=int)
    spans: dict[int, np.ndarray] = {}
    sets = [
        chosen
        for chosen in combinations(range(min(len(clear), _MOST_ASKED)), passed + 1)
        if sum(len(clear[i].open) for i in chosen) + passed < k
    ]
    sets.sort(key=lambda chosen: -min(clear[i].samples for i in chosen))
    for chosen in sets[:_MOST_SETS]:
        parts = [laws @ np.vstack([clear[i].coefficients, clear[i].open]).T for i in chosen]  # (2^m, k, 1 + open)
        columns = np.concatenate([parts[0][:, :, 1:], *parts[1:]], axis=2)
        basis, triangle = np.linalg.qr(columns)
        sizes = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
        target = parts[0][:, :, 0]
        off = target - (basis @ (basis.mT @ target[:, :, None]))[:, :, 0]
        obeys = np.linalg.norm(off, axis=1) <= _OFF * np.linalg.norm(clear[chosen[0]].coefficients)
        for number in np.flatnonzero(obeys & (sizes.min(axis=1) > _OFF * sizes.max(axis=1))).tolist():
            votes[number] += 1
            weights = np.linalg.lstsq(columns[number], target[number], rcond=None)[0]
            place, span = len(clear[chosen[0]].open), []
            for part in parts[1:]:
                width = part.shape[2]
                span.append(part[number] @ weights[place : place + width])
                place += width
            spans.setdefault(number, np.linalg.qr(np.array(span).T)[0].T)
    best = np.argsort(-votes, kind="stable")[:_FINALISTS].tolist()
    return [(number, spans[number]) for number in best if votes[number]]


def _choices(owner: np.ndarray) -> np.ndarray:
    """Return all signs of so many folds as owners, (2^m, m)."""
    m = int(owner.max(initial=-1)) + 1
    return 1.0 - 2.0 * ((np.arange(2**m)[:, None] >> np.arange(m)) & 1)


_MOST_ASKED, _MOST_SETS, _MOST_POOLED, _FINALISTS = 10, 12, 30, 16


def _missed(
    fits: Sequence[Fit], signs: np.ndarray, rows: np.ndarray, p: int, spans: np.ndarray, most: float = np.inf
) -> np.ndarray:
    """Return how many samples are on components that do not obey signs, whatever is open about them, (signs,).

    With functions passed on, `spans` (signs, u, k). Signs that as many as `most` do not obey are not asked further.
    """
    k, missed, kept = rows.shape[1], np.zeros(len(signs)), np.arange(len(signs))
    rng, sizes = np.random.RandomState(0), np.array([min(len(fit.open), k + _MORE) for fit in fits])
    for size in sorted(set(sizes.tolist())):
        group = [fits[int(place)] for place in np.flatnonzero(sizes == size)]
        step = max(1, _MOST_SETS_AT_ONCE // max(1, len(kept)))
        for first in range(0, len(group), step):
            some = group[first : first + step]
            vectors = np.concatenate([np.vstack([fit.coefficients, _mixed(fit.open, k + _MORE, rng)]) for fit in some])
            laws = _laws(vectors, signs[kept], rows, p).reshape(len(kept) * len(some), size + 1, k)
            passed = np.repeat(spans[kept], len(some), axis=0)
            left, doubtful = _beyond(np.concatenate([laws[:, 1:], passed], axis=1), laws[:, 0])
            for place in doubtful:
                number, fit = kept[place // len(some)], some[place % len(some)]
                left[place] = _law(fit, signs[number], rows, k, p, spans[number])
            bounds = [_OFF * np.linalg.norm(fit.coefficients) for fit in some]
            breaks = np.linalg.norm(left, axis=1).reshape(len(kept), len(some)) > bounds
            missed[kept] += breaks @ np.array([fit.samples for fit in some])
            kept = kept[missed[kept] < most]
            if not len(kept):
                return missed
    return missed


def _beyond(free: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Return what is left of vectors (sets, k) beyond spans of rows (sets, r, k), and for which rounding decides."""
    largest = np.linalg.norm(free, axis=2).max(axis=1, initial=0.0)[:, None]
    basis, lengths = basis_of(free, _ROUNDING * largest[:, 0])
    doubtful = ((lengths > _ROUNDING * largest) & (lengths <= _DOUBTFUL * largest)).any(axis=1)
    return without(basis, vectors), np.flatnonzero(doubtful).tolist()


def _law(fit: Fit, signs: np.ndarray, rows: np.ndarray, k: int, p: int, passed: np.ndarray) -> np.ndarray:
    """Return what is left of the law beyond what is free in it, (k,)."""
    law = np.hstack([np.eye(k), np.zeros((k, p - k)), -(rows * signs[:, None]).T])
    off, free = law @ fit.coefficients, np.hstack([law @ fit.open.T, passed.T])
    if free.size:
        off = off - free @ np.linalg.lstsq(free, off, rcond=_FLAT)[0]
    return off


_SPARE = 10  # samples beyond the unknowns, for a component to be asked
_OFF, _FLAT = 1e-6, 1e-9
_ROUNDING, _DOUBTFUL = 1e-13, 1e-6  # shares of the largest row: between, singular values tell
_CLEARLY = 10.0
_MORE = 2  # random combinations more than dimensions
_FIRST, _TRIED = 8, 512
_MOST_SETS_AT_ONCE = 4096
_MOST = 0.5
