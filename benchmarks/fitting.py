"""One fit of LatticeRegressor to samples of a hidden function, and how many samples a fit needs, by doubling."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from math import inf
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.jobs import slowness
from benchmarks.teachers import HiddenFunction
from learner import LatticeRegressor
from learner.report import sine_to

__all__ = ["FRESH", "fitted", "samples_needed"]

FRESH = 5000
_FOUND = 1e-6  # sine of the largest angle: the exact finish leaves 1e-15, a start that is off its basin more than 1e-2
_EXACT = 0.99  # share of fresh points


def fitted(teacher: HiddenFunction, n: int, seed: int, seconds: float) -> tuple[LatticeRegressor, dict[str, Any]]:
    """Fit `LatticeRegressor`, told nothing, to n samples, and compare on fresh points.

    Parameters
    ----------
    teacher : HiddenFunction
    n : int
    seed : int
    seconds : float
        Of processor time, about: a step that has begun is completed.

    Returns
    -------
    LatticeRegressor
    dict
        Share of fresh points explained to 1e-9 standard deviations, mean square error over the variance, sine of the
        largest angle to V, numbers of directions and pieces, seconds of wall and of processor time of the fit.
    """
    X, y = teacher.sample(n, [seed, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wall, processor = perf_counter(), process_time()
        model = LatticeRegressor(random_state=seed, max_time=max(1.0, seconds) * slowness()).fit(X, y)
        wall, processor = perf_counter() - wall, process_time() - processor
    fresh, truth = teacher.sample(FRESH, [seed, 2])
    error = model.predict(fresh) - truth
    scale = float(truth.std()) or 1.0
    return model, {
        "exact": float((np.abs(error) <= 1e-9 * scale).mean()),
        "nmse": float((error**2).mean()) / scale**2,
        "sine": sine_to(teacher.basis, model.components_),
        "k": len(model.components_),
        "found": len(model.pieces_),
        "seconds": wall,
        "processor_seconds": processor,
    }


def samples_needed(
    teacher: HiddenFunction,
    seed: int,
    ratios: Iterable[int],
    seconds: float,
    *,
    each: float = inf,
    whole: bool = True,
) -> dict[str, Any]:
    """Find the first n/d of a list at which V is found, and at which the function is exact.

    Parameters
    ----------
    teacher : HiddenFunction
    seed : int
    ratios : iterable of int
        n/d, ascending.
    seconds : float
        Of processor time for all fits; what is not tried in it counts as not found.
    each : float
        The most for one fit.
    whole : bool
        Go on until the function is exact, not only until V is found.

    Returns
    -------
    dict
        ``needed``, ``needed_exact`` (None: at no ratio that was tried), the last ratio ``tried``, and the processor
        time of the fit that was exact.
    """
    end = process_time() + seconds
    result: dict[str, Any] = {"needed": None, "needed_exact": None, "tried": 0, "processor_seconds": None}
    for alpha in ratios:
        left = end - process_time()
        if left <= 0.0:
            break
        found = fitted(teacher, alpha * teacher.dimension, seed, min(each, left))[1]
        result["tried"] = alpha
        if found["sine"] > _FOUND:
            continue
        result["needed"] = result["needed"] or alpha
        if not whole:
            break
        if found["exact"] >= _EXACT:
            result["needed_exact"], result["processor_seconds"] = alpha, found["processor_seconds"]
            break
    return result
