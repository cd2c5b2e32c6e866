r"""Exact affine pieces from noise-free samples: floats accurate to rounding, no gradient descent.

Where F equals the piece ``<u, x> + c`` on many samples, a fit through samples of that piece alone has residuals at
rounding level, and *every* sample of the piece shows it: a fit is accepted for the number of samples that it explains
to 1e-9 of the labels' spread beyond the number of its unknowns (docs/theory.md, section 4, exact fits).

1. *In R^d* (:func:`ambient_pieces`), knowing the subspace roughly: neighbours of a seed sample in the estimated
   coordinates mostly share its piece; least squares, trimmed to the best part again and again, drops the others.
2. The gradients of such pieces span the relevant subspace, now accurate to rounding (:func:`span_of_pieces`).
3. *In R^k* (:func:`local_pieces`) a piece has only k + 1 unknowns, so pieces with few samples are found too: by exact
   fits through random small groups of neighbours.
"""

from __future__ import annotations

import numpy as np

from learner.exact_finish import Finished
from learner.pieces import Fit, Pieces, label_tolerance, least_squares

__all__ = [
    "ambient_pieces",
    "local_pieces",
    "pieces_from_exact",
    "pieces_from_rough",
    "span_of_pieces",
]


def pieces_from_exact(
    X: np.ndarray, y: np.ndarray, finished: Finished, *, rng: np.random.RandomState
) -> tuple[np.ndarray, Pieces]:
    """Return a basis of the span of the gradients and all pieces on it, from an exact subspace with some pieces.

    What the subspace cannot explain may need one more direction: that is sought among those samples alone.
    """
    known = Pieces.none(len(X), len(finished.components))
    Z, tolerance = X @ finished.components.T, label_tolerance(y)
    for gradient, constant in zip(finished.gradients, finished.constants, strict=True):
        mine = (known.owner < 0) & (np.abs(Z @ gradient + constant - y) <= tolerance)
        if mine.sum() > len(gradient) + 1:
            known.add(Fit(gradient, float(constant), 0.0), mine)
    found = local_pieces(Z, y, known, rng=rng)
    open_samples = found.owner < 0
    if open_samples.sum() <= _OPEN * (X.shape[1] + _REDUNDANT):
        return finished.components, found
    ambient = Pieces(found.gradients @ finished.components, found.constants, found.accuracy, found.owner)
    return _grown(X, y, finished.components, ambient, (finished.components, found), rng)


def pieces_from_rough(
    X: np.ndarray, y: np.ndarray, directions: np.ndarray, *, rng: np.random.RandomState
) -> tuple[np.ndarray, Pieces]:
    """Return a basis of the span of the gradients and all pieces on it, from a rough subspace.

    Pieces in R^d give the span, the span gives all pieces in it. Needs pieces with more than d samples each.
    """
    nothing = Pieces.none(*X.shape)
    return _grown(X, y, directions, nothing, (directions, Pieces.none(len(X), len(directions))), rng)


def _grown(
    X: np.ndarray,
    y: np.ndarray,
    directions: np.ndarray,
    ambient: Pieces,
    result: tuple[np.ndarray, Pieces],
    rng: np.random.RandomState,
) -> tuple[np.ndarray, Pieces]:
    """Look for pieces in R^d among the samples without one, until nothing is left or nothing new is found."""
    open_samples = ambient.owner < 0
    while True:
        before = len(ambient)
        ambient = ambient_pieces(X, y, directions, ambient, open_samples, rng=rng)
        if len(ambient) == before:
            return result
        components = span_of_pieces(ambient, label_tolerance(y))
        local = components if len(components) else np.zeros((1, X.shape[1]))
        result = components, local_pieces(X @ local.T, y, ambient, rng=rng)
        open_samples = result[1].owner < 0
        if open_samples.sum() <= X.shape[1] + _REDUNDANT:
            return result


_OPEN = 2  # times what a piece in R^d needs


def ambient_pieces(
    X: np.ndarray,
    y: np.ndarray,
    directions: np.ndarray,
    known: Pieces,
    open_samples: np.ndarray,
    *,
    rng: np.random.RandomState,
    enough: float = 0.5,
    crossing: bool = False,
    seeds: float = np.inf,
) -> Pieces:
    """Find pieces with many samples by trimmed least squares in R^d.

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    directions : (k, d)
        Rough orthonormal basis of the relevant subspace.
    known : Pieces
        Pieces on R^d found before.
    open_samples : bool array (n,)
        The samples to explain; of many only the first 1000·d are used.
    rng : RandomState
    enough : float
        Stop when this share of them is explained and the gradients span k dimensions.
    crossing : bool
        Whether neighbours have close labels, too: pieces that apply at the same directions, as the choice between them
        looks at others, are apart there.
    seeds : float
        At most so many.

    Returns
    -------
    Pieces
        Known and new ones.

    Notes
    -----
    About 12 least-squares fits of (3d, d) a seed, and one pass over the samples: O(36·d³ + n·d). The gradients of fits
    that fail are not wasted: fits that mix two pieces still point into the subspace, and after a run of failures the
    directions are estimated again from all gradients seen (outer products of gradients, Xia et al. 2002).
    """
    d = X.shape[1]
    pool = np.flatnonzero(open_samples)[: _POOL * d]
    X, tolerance = X[pool], label_tolerance(y)
    y = y[pool]
    pieces = Pieces(known.gradients, known.constants, known.accuracy, np.full(len(pool), -1))
    open_ = np.ones(len(pool), dtype=bool)
    goal = (1.0 - enough) * len(pool)
    needed = d + _REDUNDANT
    coordinates = _coordinates(X, y, directions, crossing)
    seen: list[np.ndarray] = []
    failures = rounds = 0
    while rounds < _ROUNDS_OF_SEEDS and seeds > 0 and open_.sum() > needed:
        seeds -= 1
        if open_.sum() <= goal and len(span_of_pieces(pieces, tolerance)) >= len(directions):
            break
        candidates = np.flatnonzero(open_)
        seed = candidates[rng.randint(len(candidates))]
        size = min(len(candidates), int(rng.choice(_NEIGHBOURS) * d) + 2)
        # Neighbours by direction suit cones (no biases), neighbours by distance suit everything else: try both.
        by_direction = not crossing and bool(rng.randint(2))
        near = candidates[_nearest(coordinates[candidates], coordinates[seed], size, by_direction)]
        fit = _trimmed_fit(X[near], y[near])
        if np.isfinite(fit.gradient).all():  # least squares of few rows may fail without saying so
            seen.append(fit.gradient)
        for loose in (_LOOSE, 1.0):
            explained = open_ & (fit.residuals(X, y) <= loose * tolerance)
            if explained.sum() <= needed:
                break
            fit = least_squares(X[explained], y[explained])
        else:
            pieces.add(fit, explained)
            open_ &= ~explained
            failures = 0
            continue
        failures += 1
        if failures == _FAILURES:
            failures, rounds = 0, rounds + 1
            if seen:
                _, _, rows = np.linalg.svd(np.array(seen), full_matrices=False)
                coordinates = _coordinates(X, y, rows[: len(directions)], crossing)
    owner = known.owner.copy()
    owner[pool] = np.where(open_, owner[pool], pieces.owner)
    return Pieces(pieces.gradients, pieces.constants, pieces.accuracy, owner)


def _coordinates(X: np.ndarray, y: np.ndarray, directions: np.ndarray, labels: bool) -> np.ndarray:
    """Return what neighbours are close in: coordinates, and the label in units of its spread."""
    Z = X @ directions.T
    return np.column_stack([Z, y / (float(y.std()) or 1.0)]) if labels else Z


_POOL = 1000
_REDUNDANT = 8  # exact samples asked for beyond the number of unknowns
_FAILURES, _ROUNDS_OF_SEEDS = 24, 8  # seeds that may fail in a row before directions are estimated again; how often
_NEIGHBOURS = (1.8, 2.5, 4.0)  # neighbours in units of d: enough for a fit after trimming, few enough to share a piece
_KEEP, _ROUNDS = 0.6, 12
_LOOSE = 1e2  # a first fit through few rows is less accurate than the one through all rows that it finds


def span_of_pieces(pieces: Pieces, tolerance: float) -> np.ndarray:
    """Return an orthonormal basis (k, d) of the span of the gradients; k is their numerical rank.

    Pieces count with the square root of their samples, as accuracy does. Gradients are accurate to about 1e-13, so the
    gap at 1e-7 is wide; gradients below the label tolerance are those of constants.
    """
    weights = np.sqrt(np.maximum(pieces.counts(), 1.0))
    _, values, rows = np.linalg.svd(pieces.gradients * weights[:, None], full_matrices=False)
    smallest = max(1e-7 * float(values.max(initial=0.0)), tolerance * float(weights.max(initial=0.0)))
    return rows[: int((values > smallest).sum())]


def local_pieces(
    Z: np.ndarray, y: np.ndarray, known: Pieces, *, rng: np.random.RandomState, patience: int = 100
) -> Pieces:
    """Find all pieces in exact coordinates, starting from known ones and peeling off what is explained.

    Parameters
    ----------
    Z : (n, k)
        Coordinates along the relevant subspace, accurate to rounding.
    y : (n,)
    known : Pieces
        Pieces with ``owner`` filled; they are fitted again on Z.
    rng : RandomState
    patience : int
        Seeds that may fail in a row before the rest is given up; twice the number of open samples more where few are
        left, since each of them is then worth its own trials.

    Notes
    -----
    A seed costs 48 solves of size k + 1 and as many residuals on the unexplained samples. Where all known pieces are
    linear, linear pieces are sought first. A piece needs k + 3 samples
    (k + 2 without biases), near each other compared with the other unexplained ones.
    """
    n, k = Z.shape
    tolerance = label_tolerance(y)
    found = Pieces.none(n, k)
    for piece in np.argsort(-known.counts(), kind="stable"):
        mine = known.owner == piece
        if mine.any():
            _accept(found, Z, y, mine, tolerance, needed=k + 2)
    # constants count as zero only where they are rounding: a true constant of 1e-11 is one
    homogeneous = len(found) > 0 and bool((np.abs(found.constants) <= _ROUNDING * found.accuracy).all())
    if homogeneous:
        found.constants[:] = 0.0
    for linear in (True, False) if homogeneous else (False,):
        _search(found, Z, y, tolerance, linear=linear, rng=rng, patience=patience)
    return found


def _search(
    found: Pieces,
    Z: np.ndarray,
    y: np.ndarray,
    tolerance: float,
    *,
    linear: bool,
    rng: np.random.RandomState,
    patience: int,
) -> None:
    """Add linear or affine pieces until nothing is open, or too many seeds have failed in a row."""
    n, k = Z.shape
    unknowns = k if linear else k + 1
    design = Z if linear else np.column_stack([Z, np.ones(n)])
    failures = 0
    while True:
        candidates = np.flatnonzero(found.owner < 0)
        allowed = patience + (2 * len(candidates) if len(candidates) < _FEW else 0)
        if len(candidates) < unknowns + 2 or failures > allowed:
            return
        failures += 1
        seed = candidates[rng.randint(len(candidates))]
        size = min(len(candidates), int(rng.choice([2, 4, 8])) * unknowns)
        near = candidates[_nearest(Z[candidates], Z[seed], size, linear)]
        groups = near[np.argsort(rng.random_sample((_GROUPS, len(near))), axis=1)[:, :unknowns]]
        groups[:, 0] = seed
        with np.errstate(all="ignore"):
            fits = _solve_groups(design[groups], y[groups])
            residuals = np.abs(design[candidates] @ fits.T - y[candidates, None])
        hits = (residuals <= _LOOSE * tolerance).sum(axis=0)
        best = int(hits.argmax())
        if hits[best] < unknowns + 2:
            continue
        mine = np.zeros(n, dtype=bool)
        mine[candidates[residuals[:, best] <= _LOOSE * tolerance]] = True
        if _accept(found, Z, y, mine, tolerance, needed=unknowns + 2, homogeneous=linear):
            failures = 0


_GROUPS, _FEW = 48, 1000
_ROUNDING = 50.0  # estimated accuracies are within this factor of the errors seen


def _accept(
    found: Pieces,
    Z: np.ndarray,
    y: np.ndarray,
    mine: np.ndarray,
    tolerance: float,
    *,
    needed: int,
    homogeneous: bool = False,
) -> bool:
    """Fit a piece on its samples in R^k and keep it with every open sample it explains."""
    fit = least_squares(Z[mine], y[mine], intercept=not homogeneous)
    explained = (found.owner < 0) & (fit.residuals(Z, y) <= tolerance)
    if explained.sum() < needed:
        return False
    found.add(least_squares(Z[explained], y[explained], intercept=not homogeneous), explained)
    return True


def _nearest(points: np.ndarray, seed: np.ndarray, size: int, by_direction: bool) -> np.ndarray:
    """Return the indices of the `size` points nearest to the seed."""
    if by_direction and points.shape[1] > 1:
        lengths = np.linalg.norm(points, axis=1) * np.linalg.norm(seed) + np.finfo(float).tiny
        distances = -(points @ seed) / lengths
    else:
        distances = ((points - seed) ** 2).sum(axis=1)
    if size >= len(points):
        return np.arange(len(points))
    return np.argpartition(distances, size)[:size]


def _trimmed_fit(X: np.ndarray, y: np.ndarray) -> Fit:
    """Return the least-squares fit after repeatedly keeping the rows with the smallest residuals."""
    keep = np.arange(len(X))
    size = max(int(_KEEP * len(X)), min(len(X), X.shape[1] + 2))
    fit = least_squares(X, y)
    for _ in range(_ROUNDS):
        best = np.sort(np.argpartition(fit.residuals(X, y), size - 1)[:size])
        if np.array_equal(best, keep):
            break
        keep = best
        fit = least_squares(X[keep], y[keep])
    return fit


def _solve_groups(designs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Solve many square systems; singular ones give NaN, which no sample matches."""
    determinants = np.linalg.det(designs)
    regular = determinants != 0.0
    result = np.full(labels.shape, np.nan)
    if regular.any():
        result[regular] = np.linalg.solve(designs[regular], labels[regular][..., None])[..., 0]
    return result
