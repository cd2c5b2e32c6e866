r"""What is open about the folds of a layer, from the components that it leaves.

Beside a unit with fold H, a layer has the features O_e of what is open about it (:class:`learner.levels.Open`).
Where the fold is H + Σ t_e O_e, a function of the layer weighs O_e with t_e times the weight of the unit. So with C(t)
the map from coefficients g on all features to g_e - t_e g_(owner of e), components obey C(t) g = 0 as far as they are
determined: many equations for few unknowns. A component that neighbours were joined to by chance, or on which the sign
of the fold was guessed wrongly, does not obey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    all do, at most 12 once half of the samples are on such, and at most 36.
    """
    clear = [fit for fit in fits if fit.samples >= fit.rank + _SPARE]
    clear = sorted(clear, key=lambda fit: -fit.samples)[:_MOST_FITS]
    e, best = len(owner), None
    if not clear or not e:
        return None
    asked = _Equations(clear, units, owner)
    total = asked.samples.sum()
    for trial in range(_MOST_STARTS):
        t = _SPREADS[trial % len(_SPREADS)] * rng.standard_normal(e)
        t = asked.nearest(t, slice(None), sharp=True)
        for near in _NEAR:
            kept = asked.obey(t, near)
            if not kept.any():
                break
            t = asked.nearest(t, kept)
        kept = asked.obey(t, _OFF)
        obey = asked.samples[kept].sum()
        if obey > _MOST * total and (best is None or obey > best[0]):
            best = obey, t, kept
        if best is not None and (trial + 1 >= _STARTS or best[0] == total):
            break
    if best is None:
        return None
    _, t, kept = best
    values, rows = np.linalg.svd(asked.slopes(t)[kept].reshape(-1, e))[1:]
    free = rows[int((values > _FLAT * values[0]).sum()) :] if len(values) and values[0] > 0.0 else rows
    return t, np.asarray((np.abs(free) <= _FREE).all(axis=0))


class _Equations:
    """C(t) g = 0 for components, all at once.

    Attributes
    ----------
    samples : int array
        On each component.
    """

    def __init__(self, fits: Sequence[Fit], units: slice, owner: np.ndarray) -> None:
        self.samples, self._e, e = np.array([fit.samples for fit in fits]), len(owner), len(owner)
        here, of = slice(units.stop, units.stop + e), units.start + owner
        known = np.array([fit.coefficients for fit in fits])
        known /= np.maximum(np.linalg.norm(known, axis=1, keepdims=True), _TINY)
        self._own, self._of = known[:, here], known[:, of]
        # what is open in both, in rows turned so that they are few
        both = [np.linalg.qr(np.hstack([fit.open[:, here], fit.open[:, of]]), mode="r") for fit in fits]
        open_ = np.zeros((len(fits), max(len(rows) for rows in both), 2 * e))
        for place, rows in enumerate(both):
            open_[place, : len(rows)] = rows
        self._open_own, self._open_of = open_[:, :, :e], open_[:, :, e:]
        self._last: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def misses(self, t: np.ndarray) -> np.ndarray:
        """Return C(t) g/|g| of each component, as far as it is determined, (number of components, e)."""
        return self._at(t)[0]

    def slopes(self, t: np.ndarray) -> np.ndarray:
        """Return the derivatives of the misses in t, (number of components, e, e)."""
        return self._at(t)[1]

    def nearest(self, t: np.ndarray, some: np.ndarray | slice, *, sharp: bool = False) -> np.ndarray:
        """Return where some components miss least, from t; `sharp`: large misses count linearly."""
        e, scale = self._e, _SHARP if sharp else 1.0
        more: dict[str, Any] = {"loss": "soft_l1"} if sharp else {"xtol": 1e-15}
        more["jac"] = lambda x: scale * self._at(x)[1][some].reshape(-1, e)
        found = least_squares(lambda x: scale * self._at(x)[0][some].ravel(), t, max_nfev=40, **more)
        return np.asarray(found.x)

    def _at(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the misses and their slopes; those asked for last are kept, as solvers ask for both.

        With F = U S V what is open and P the projection on its rows, the miss is r = (1 - P) g. As t_j turns column j
        of F by -f_j and entry j of g by -u_j, r turns by (1 - P) e_j (w·f_j - u_j) + F⁺ f_j r_j, where w = U S⁻¹ V g.
        """
        if self._last is not None and np.array_equal(self._last[0], t):
            return self._last[1:]
        misses, free = self._own - t * self._of, self._open_own - t * self._open_of
        if free.shape[1]:
            left, values, rows = np.linalg.svd(free, full_matrices=False)
            firm = values > _RANK
            rows, values = rows * firm[:, :, None], np.where(firm, values, 1.0)
            inverse = (rows / values[:, :, None]).mT @ left.mT
            turned = (misses[:, None, :] @ inverse @ self._open_of)[:, 0] - self._of
            misses = misses - (misses[:, None, :] @ rows.mT @ rows)[:, 0]
            slopes = (np.eye(self._e) - rows.mT @ rows) * turned[:, None, :]
            slopes += (inverse @ self._open_of) * misses[:, None, :]
        else:
            slopes = -np.eye(self._e) * self._of[:, None, :]
        self._last = t.copy(), misses, slopes
        return misses, slopes

    def obey(self, t: np.ndarray, near: float) -> np.ndarray:
        """Return which components miss by at most so much of their coefficients."""
        return np.linalg.norm(self.misses(t), axis=1) <= near


_SPARE = 10  # samples beyond the unknowns, for a component to be asked
_MOST_FITS = 40
_STARTS, _MOST_STARTS, _SPREADS = 12, 36, (0.0, 0.3, 1.0, 3.0)
_SHARP = 1e3  # residuals above a thousandth count linearly
_NEAR, _OFF = (3e-2, 3e-3, 1e-4), 1e-6
_MOST = 0.5  # share of samples on components that obey
_RANK, _FLAT, _FREE, _TINY = 1e-7, 1e-6, 1e-6, 1e-300
