r"""What is open about the folds of a layer, from the components that it leaves.

Beside a unit with fold H, a layer has the features O_e of what is open about it (:class:`learner.levels.Open`).
Where the fold is H + Σ t_e O_e, a function of the layer weighs O_e with t_e times the weight of the unit. So with C(t)
the map from coefficients g on all features to g_e - t_e g_(owner of e), components obey C(t) g = 0 as far as they are
determined: many equations for few unknowns. A component that neighbours were joined to by chance, or on which the sign
of the fold was guessed wrongly, does not obey.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import least_squares

from learner.components import Fit

__all__ = ["settled"]


def settled(
    fits: Sequence[Fit], units: slice, owner: np.ndarray, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the coefficients t of what is open, and which of them components determine; None where they do not agree.

    Parameters
    ----------
    fits : sequence of Fit
        On m units, the e features of what is open after them, and others.
    units : slice
        Where the units are.
    owner : int array (e,)
    rng : RandomState
        Of the starts.

    Notes
    -----
    Starts of a robust least-squares problem with e unknowns, each followed by one on the components that obey: until
    nearly all do, at most 12 once half of the samples are on such, and at most 60.
    """
    clear = [fit for fit in fits if fit.samples >= fit.rank + _SPARE]
    clear = sorted(clear, key=lambda fit: -fit.samples)[:_MOST_FITS]
    e, best = len(owner), None
    if not clear or not e:
        return None
    total = sum(fit.samples for fit in clear)
    for trial in range(_MOST_STARTS):
        t = _SPREADS[trial % len(_SPREADS)] * rng.standard_normal(e)
        t = least_squares(lambda x: _SHARP * _misses(x, clear, units, owner).ravel(), t, loss="soft_l1", max_nfev=40).x
        for near in _NEAR:
            kept = _obeying(t, clear, units, owner, near)
            if not kept:
                break
            t = least_squares(lambda x, some=kept: _misses(x, some, units, owner).ravel(), t, xtol=1e-15, max_nfev=40).x
        kept = _obeying(t, clear, units, owner, _OFF)
        obey = sum(fit.samples for fit in kept)
        if obey > _MOST * total and (best is None or obey > best[0]):
            best = obey, t, kept
        if best is not None and (trial + 1 >= _STARTS or best[0] >= _NEARLY_ALL * total):
            break
    if best is None:
        return None
    _, t, kept = best
    slopes = least_squares(lambda x: _misses(x, kept, units, owner).ravel(), t, max_nfev=1).jac
    values, rows = np.linalg.svd(slopes)[1:]
    free = rows[int((values > _FLAT * values[0]).sum()) :] if len(values) and values[0] > 0.0 else rows
    return t, np.asarray((np.abs(free) <= _FREE).all(axis=0))


def _obeying(t: np.ndarray, fits: Sequence[Fit], units: slice, owner: np.ndarray, near: float) -> list[Fit]:
    """Return the components that miss by at most so much of their coefficients."""
    misses = np.linalg.norm(_misses(t, fits, units, owner), axis=1)
    return [fit for fit, miss in zip(fits, misses, strict=True) if miss <= near]


def _misses(t: np.ndarray, fits: Sequence[Fit], units: slice, owner: np.ndarray) -> np.ndarray:
    """Return C(t) g of each component, as far as it is determined, (number of fits, e)."""
    e, result = len(owner), np.empty((len(fits), len(owner)))
    m, of = units.stop, units.start + owner
    for place, fit in enumerate(fits):
        off = fit.coefficients[m : m + e] - t * fit.coefficients[of]
        free = fit.open[:, m : m + e] - t * fit.open[:, of]
        if len(free):
            _, values, rows = np.linalg.svd(free, full_matrices=False)
            rows = rows[values > _RANK]
            off = off - rows.T @ (rows @ off)
        result[place] = off / max(float(np.linalg.norm(fit.coefficients)), _TINY)
    return result


_SPARE = 10  # samples beyond the unknowns, for a component to be asked
_MOST_FITS = 40
_STARTS, _MOST_STARTS, _SPREADS = 12, 60, (0.0, 0.3, 1.0, 3.0)
_SHARP = 1e3  # residuals above a thousandth count linearly
_NEAR, _OFF = (3e-2, 3e-3, 1e-4), 1e-6
_MOST, _NEARLY_ALL = 0.5, 0.9  # share of samples on components that obey
_RANK, _FLAT, _FREE, _TINY = 1e-7, 1e-6, 1e-6, 1e-300
