r"""Which way the units of a layer are turned, from functions of these units alone.

A function that is linear in units relu(s_j H_j), s_j = ±1, with coefficients b_j, is ``Σ (b_j/2)(|H_j| + s_j H_j)``:
on the features (z, |H_1|, ..., |H_m|) its coefficients g obey ``g_z = Σ_j s_j g_j ∇H_j``. That is k equations for the
signs from each component whose coefficients are determined, and a test of them from every other.

Units that are active wherever samples fell have no fold, and pass on linear functions of what the layer is built on.
Then ``g_z - Σ_j s_j g_j ∇H_j`` is not zero but in the span of these functions, which is as unknown as the signs: with u
of them, u + 1 components are asked together whether theirs are dependent.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from learner.components import Fit

__all__ = ["oriented", "oriented_beside"]


def oriented(folds: np.ndarray, fits: Sequence[Fit], linear: bool) -> tuple[np.ndarray | None, float]:
    """Return the signs that components obey, None if most do not, and the share of their samples that obeys.

    A component that neighbours were joined to by chance does not obey, so the signs are put to the vote.

    Parameters
    ----------
    folds : (m, p)
        Coefficients of the H_j on the design: k coordinates and, unless `linear`, 1.
    fits : sequence of Fit
        Components on the features (design, |H_1|, ...).
    linear : bool

    Notes
    -----
    2^m candidates are tried on the components that are determined, at once, and the few best on all.
    """
    m, p = folds.shape
    k = p - (not linear)
    rows = folds[:, :k]
    clear = [fit for fit in fits if fit.samples >= fit.rank + _SPARE]
    if not clear:
        return None, 0.0
    candidates = 1.0 - 2.0 * ((np.arange(2**m)[:, None] >> np.arange(m)) & 1)
    misses = np.zeros(len(candidates))
    for fit in clear:
        if not len(fit.open):
            off = fit.coefficients[:k] - candidates @ (fit.coefficients[p:, None] * rows)
            misses += fit.samples * (np.linalg.norm(off, axis=1) > _OFF * np.linalg.norm(fit.coefficients))
    total, best, least = sum(fit.samples for fit in clear), None, np.inf
    for number in np.argsort(misses, kind="stable")[:_TRIED]:
        missed = sum(fit.samples for fit in clear if _breaks(fit, candidates[number], rows, k, p))
        if missed < least:
            best, least = candidates[number], missed
        if least == 0:
            break
    share = 1.0 - least / total
    return (best if share > _MOST else None), share


def oriented_beside(
    folds: np.ndarray, fits: Sequence[Fit], linear: bool, passed: int
) -> tuple[np.ndarray | None, np.ndarray, float]:
    """Return signs, an orthonormal basis of the linear functions passed on, and the share of samples that obeys both.

    Parameters
    ----------
    folds, fits, linear
        As for :func:`oriented`; p features of any kind instead of the design, the last one 1 unless `linear`.
    passed : int
        Number u of linear functions, at least 1; the basis is (u, k), without constants.

    Notes
    -----
    u + 1 components that leave d dimensions open together tell signs apart if u + d < k. Up to 12 such sets are tried
    with all 2^m signs, each for one QR factor of k·(u + d)².
    """
    m, p = folds.shape
    k = p - (not linear)
    rows, nothing = folds[:, :k], np.empty((0, k))
    clear = [fit for fit in fits if fit.samples >= fit.rank + _SPARE]
    sets = [
        chosen
        for chosen in combinations(range(min(len(clear), _MOST_ASKED)), passed + 1)
        if sum(len(clear[i].open) for i in chosen) + passed < k
    ]
    sets.sort(key=lambda chosen: -min(clear[i].samples for i in chosen))
    candidates = 1.0 - 2.0 * ((np.arange(2**m)[:, None] >> np.arange(m)) & 1)
    laws = np.concatenate([np.broadcast_to(np.eye(k, p), (2**m, k, p)), -(candidates[:, :, None] * rows).mT], axis=2)
    votes, spans = np.zeros(2**m, dtype=int), [nothing] * 2**m
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
            if votes[number] == 1:
                spans[number] = np.linalg.qr(np.array(span).T)[0].T
    total, best, least = sum(fit.samples for fit in clear), -1, np.inf
    for number in np.argsort(-votes, kind="stable")[:_FINALISTS].tolist():
        if votes[number]:
            missed = sum(fit.samples for fit in clear if _breaks(fit, candidates[number], rows, k, p, spans[number]))
            best, least = (number, missed) if missed < least else (best, least)
    return (None, nothing, 0.0) if best < 0 else (candidates[best], spans[best], 1.0 - least / total)


_MOST_ASKED, _MOST_SETS, _FINALISTS = 10, 12, 16


def _breaks(fit: Fit, signs: np.ndarray, rows: np.ndarray, k: int, p: int, passed: np.ndarray | None = None) -> bool:
    """Return whether no coefficients of a component, as far as they are open, obey the signs."""
    law = np.hstack([np.eye(k), np.zeros((k, p - k)), -(rows * signs[:, None]).T])
    off, free = law @ fit.coefficients, law @ fit.open.T
    if passed is not None:
        free = np.hstack([free, passed.T])
    if free.size:
        off = off - free @ np.linalg.lstsq(free, off, rcond=_FLAT)[0]
    return float(np.linalg.norm(off)) > _OFF * float(np.linalg.norm(fit.coefficients))


_SPARE = 10  # samples beyond the unknowns, for a component to be asked
_OFF, _FLAT = 1e-6, 1e-9
_TRIED = 512
_MOST = 0.5
