r"""Which way the units of a layer are turned, from functions of these units alone.

A function that is linear in units relu(s_j H_j), s_j = ±1, with coefficients b_j, is ``Σ (b_j/2)(|H_j| + s_j H_j)``:
on the features (z, |H_1|, ..., |H_m|) its coefficients g obey ``g_z = Σ_j s_j g_j ∇H_j``. That is k equations for the
signs from each component whose coefficients are determined, and a test of them from every other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from learner.components import Fit

__all__ = ["oriented"]


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


def _breaks(fit: Fit, signs: np.ndarray, rows: np.ndarray, k: int, p: int) -> bool:
    """Return whether no coefficients of a component, as far as they are open, obey the signs."""
    law = np.hstack([np.eye(k), np.zeros((k, p - k)), -(rows * signs[:, None]).T])
    off, free = law @ fit.coefficients, law @ fit.open.T
    if free.size:
        off = off - free @ np.linalg.lstsq(free, off, rcond=_FLAT)[0]
    return float(np.linalg.norm(off)) > _OFF * float(np.linalg.norm(fit.coefficients))


_SPARE = 10  # samples beyond the unknowns, for a component to be asked
_OFF, _FLAT = 1e-6, 1e-9
_TRIED = 512
_MOST = 0.5
