r"""Exact finish: from a subspace that is right to some per cent to one that is right to rounding.

Samples of one piece satisfy y = <g, U x> + c with one (g, c). So pieces are sought on the rough coordinates, by trimmed
least squares on neighbours; a sample belongs to a piece if its residual is below a few times the scale s *and* so are
those of most of its neighbours. Then the pieces' (g, c) and the subspace are solved for jointly, the former projected
out (:mod:`learner.gauss_newton`); s is measured again, samples are assigned again. Where labels are exact, s falls
quadratically to rounding. Where they are noisy, it stays at the noise: the subspace is then the least-squares estimate
from all samples that lie on pieces, not from the best k matrices of moments.

Nothing is known about the architecture or the number of pieces, and not all pieces have to be found: a few with more
samples than unknowns, (d - k)·k + (k + 1)·pieces, fix the subspace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from learner.gauss_newton import off_span, orthonormal, turning_step

__all__ = ["Finished", "exact_finish"]


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A subspace with pieces on it.

    Attributes
    ----------
    components : (k, d)
        Orthonormal rows.
    gradients, constants : (M, k), (M,)
    owner : int array (n,)
        Piece of each sample, -1 for none.
    scale : float
        Robust standard deviation of the residuals on pieces: rounding, or the noise of the labels.
    exact : bool
        Whether the scale is rounding, on more samples than there are unknowns.
    rounds : int
    walls : (r, d)
        Normals of walls between pieces (:mod:`learner.walls`) that no piece looks at, right to some per cent.
    """

    components: np.ndarray
    gradients: np.ndarray
    constants: np.ndarray
    owner: np.ndarray
    scale: float
    exact: bool
    rounds: int
    walls: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))


def exact_finish(
    X: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    *,
    known: np.ndarray | None = None,
    homogeneous: bool,
    rounding: float,
    rng: np.random.RandomState,
    steep: bool = False,
    neighbours: int = 0,
    rounds: int = 40,
    expired: Callable[[], bool] = lambda: False,
) -> Finished | None:
    """Return the joint solution for subspace and pieces; None where no pieces are found that determine it.

    Parameters
    ----------
    X, y : (n, d), (n,)
    start : (k, d)
        Orthonormal rows.
    known : (l, d), optional
        Orthonormal rows, orthogonal to the start, that are right to rounding and are not turned.
    homogeneous : bool
        Whether pieces are linear.
    rounding : float
        Residual that counts as exact.
    rng : RandomState
        For the samples that pieces are sought around.
    steep : bool
        Whether new pieces may miss samples in proportion to their slope, as a rough subspace makes them do. Needed
        where slopes differ much; where pieces are many, it lets mixtures of them in.
    neighbours : int
        Size of the groups that new pieces are sought in, at least. Where pieces are thinner than the subspace is
        rough, small groups do not show their slopes.
    rounds : int
        At most so many.
    expired : callable
        Stop where it returns True.

    Notes
    -----
    A round costs n·M·k for assignments, and some 20 to 60 times 4·n·d·k for the joint solve.
    """
    fixed = np.empty((0, X.shape[1])) if known is None else known
    pieces = _Pieces(homogeneous, steep, neighbours, rounding, rng, fixed)
    U, kept, before, quiet = start, None, 0, 0
    for done in range(rounds):
        Z = pieces.coordinates(X, U)
        if done < _FRESH or pieces.scale > _REUSED * rounding:
            pieces.look_around(Z)
        pieces.assign(Z, y)
        unknowns = pieces.unknowns + len(U) * (X.shape[1] - len(fixed) - len(U))
        if (pieces.owner >= 0).sum() < _LEAST * unknowns + _LEAST_SPARE or expired():
            break
        U = pieces.turn(X, y, U, precise=pieces.scale < _PRECISE * float(np.std(y)))
        stalled = pieces.refit(pieces.coordinates(X, U), y)
        if kept is None and stalled:
            kept = pieces.finished(U, exact=False, rounds=done)
        exact = pieces.scales <= rounding
        members = pieces.members(exact)
        settled = members <= _GROWING * before
        quiet = quiet + 1 if exact.all() and members == before else 0
        before = members
        if quiet == _QUIET:
            break  # the same exact pieces again and again: they span fewer directions than were asked for
        if exact.any() and settled and pieces.rank(exact) == len(U) and pieces.enough(exact, X.shape[1]):
            return _polished(pieces, X, y, U, rounding, done)
    exact = pieces.scales <= rounding
    if exact.any() and pieces.rank(exact) and pieces.enough(exact, X.shape[1]):
        return _polished(pieces, X, y, U, rounding, rounds)
    return kept


def _polished(
    pieces: _Pieces, X: np.ndarray, y: np.ndarray, U: np.ndarray, rounding: float, rounds: int
) -> Finished | None:
    """Go on with the exact pieces alone until their residuals fall no more: the subspace is then right to rounding."""
    pieces.keep(pieces.scales <= rounding)
    best, best_scale = U, np.inf
    for _ in range(_POLISHING):
        pieces.scales[:] = rounding
        pieces.assign(pieces.coordinates(X, best), y, grow=False)
        if not len(pieces.coefficients):
            return None  # at rounding none has as many members as it was accepted for
        turned = pieces.turn(X, y, best, precise=True)
        pieces.refit(pieces.coordinates(X, turned), y)
        scale = float(np.median(pieces.measured))
        if not scale < _BETTER * best_scale:
            break
        best, best_scale = turned, scale
    pieces.scales[:] = rounding
    Z = pieces.coordinates(X, best)
    pieces.assign(Z, y, grow=False)
    pieces.refit(Z, y)
    span = pieces.span() if len(pieces.coefficients) else np.empty((0, len(best)))
    if not len(span):
        return None
    components = orthonormal(span @ best)
    found = pieces.finished(components, exact=True, rounds=rounds)
    along = np.hstack([pieces.coefficients[:, : len(pieces.fixed)], pieces.slopes @ (best @ components.T)])
    return replace(found, gradients=along)


_POLISHING, _BETTER = 6, 0.7
_FRESH = 3  # rounds that look for neighbours anew whatever the scale
_REUSED = 1e3  # scale, in units of rounding, from which chance does not put a sample on a piece: no votes are asked
_REDUNDANCY, _SPARE = 1.2, 20  # members for each unknown, and beyond, that exact pieces have to have
_LEAST, _LEAST_SPARE = 1.05, 10  # the same on the way there
_PRECISE = 1e-2
_STALL, _ANNEAL = 0.85, 0.7  # a piece whose scale falls by less has stalled; its scale is then lowered by force
_FLOOR = 1e-4
_WITHIN = 3.5  # scales from a piece that a member may be
_VOTES, _MAJORITY = 9, 0.6
_TRIMMED = 0.7  # of a seed's neighbours are fitted
_SEEDS, _COVER = 600, 0.9
_WIDEST = 1e-3  # least weight against the median, its square against the largest: conjugate gradients have to converge
_GROWING = 1.05  # exact members in a round over those in the round before, while there are still more to come
_QUIET = 5  # rounds that add no member to pieces that are all exact
_FLAT = 1e-6  # singular values of gradients below count as none
_FEWEST = 3  # members of a piece, for each of its unknowns


class _Pieces:
    """Pieces on rough coordinates, their members, and a scale of residuals for each.

    Pieces become exact one after another: those whose gradients lie in directions that are right already come first,
    and the others, at larger scales, still have to turn theirs.
    """

    def __init__(
        self,
        homogeneous: bool,
        steep: bool,
        neighbours: int,
        rounding: float,
        rng: np.random.RandomState,
        fixed: np.ndarray,
    ) -> None:
        self.homogeneous, self.rounding, self._rng = homogeneous, rounding, rng
        self._steep, self._neighbours = steep, neighbours
        self.fixed = fixed  # directions that are not turned
        self.coefficients = np.empty((0, 0))
        self.scales = np.empty(0)
        self.measured = np.empty(0)
        self.scale = np.inf  # of new pieces
        self.owner = np.empty(0, dtype=int)
        self._near = np.empty((0, 0), dtype=int)

    @property
    def unknowns(self) -> int:
        return self.coefficients.size

    @property
    def slopes(self) -> np.ndarray:
        """Gradients along the directions that are turned."""
        return self.coefficients[:, len(self.fixed) : self.coefficients.shape[1] - (not self.homogeneous)]

    def coordinates(self, X: np.ndarray, U: np.ndarray) -> np.ndarray:
        """Return coordinates along the fixed directions and those that are turned."""
        return X @ np.vstack([self.fixed, U]).T

    def rank(self, chosen: np.ndarray) -> int:
        """Return the numerical rank of the slopes of some pieces."""
        values = np.linalg.svd(self.slopes[chosen], compute_uv=False)
        return int((values > self._flat(values)).sum())

    def _flat(self, values: np.ndarray) -> float:
        return max(_FLAT * float(values.max(initial=0.0)), self.rounding)

    def span(self) -> np.ndarray:
        """Return an orthonormal basis (r, k) of the span of the slopes."""
        _, values, rows = np.linalg.svd(self.slopes, full_matrices=False)
        return rows[: int((values > self._flat(values)).sum())]

    def members(self, chosen: np.ndarray) -> int:
        """Return the number of samples on some pieces."""
        return int(chosen[self.owner[self.owner >= 0]].sum())

    def enough(self, chosen: np.ndarray, d: int) -> bool:
        """Return whether some pieces have more members than they and their directions have unknowns."""
        rank = self.rank(chosen)
        unknowns = int(chosen.sum()) * self.coefficients.shape[1] + rank * (d - len(self.fixed) - rank)
        return self.members(chosen) >= _REDUNDANCY * unknowns + _SPARE

    def keep(self, chosen: np.ndarray) -> None:
        """Forget all pieces but some."""
        number = np.where(chosen, np.cumsum(chosen) - 1, -1)
        self.owner = np.where(self.owner >= 0, number[self.owner], -1)
        self.coefficients, self.scales = self.coefficients[chosen], self.scales[chosen]

    def design(self, Z: np.ndarray) -> np.ndarray:
        return Z if self.homogeneous else np.column_stack([Z, np.ones(len(Z))])

    def look_around(self, Z: np.ndarray) -> None:
        """Find the neighbours of each sample; by direction where pieces are cones."""
        from scipy.spatial import KDTree

        unknowns = Z.shape[1] + (not self.homogeneous)
        points = Z / np.maximum(np.linalg.norm(Z, axis=1), 1e-300)[:, None] if self.homogeneous else Z
        nearest = KDTree(points).query(points, min(len(Z), max(12, 5 * unknowns, self._neighbours)))[1]
        self._near = np.asarray(nearest).reshape(len(Z), -1)

    def assign(self, Z: np.ndarray, y: np.ndarray, *, grow: bool = True) -> None:
        """Assign samples to pieces, and look for new pieces where there are none."""
        design = self.design(Z)
        if self.coefficients.shape[1] != design.shape[1]:
            self.coefficients = np.empty((0, design.shape[1]))
        seeds = self._rng.permutation(len(Z))[:_SEEDS]
        if len(self.coefficients):
            self.owner = self._claimed(design, y)
            counts = np.bincount(self.owner[self.owner >= 0], minlength=len(self.coefficients))
            self.keep(counts >= _FEWEST * design.shape[1])
            seeds = seeds[self.owner[seeds] < 0]
        else:
            self.owner = np.full(len(Z), -1)
        if grow and len(seeds) and (self.owner >= 0).mean() < _COVER:
            self._grow(design, y, seeds)

    def _claimed(self, design: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the piece of each sample: the one that fits its neighbourhood best, if that and the sample fit."""
        limits, coherent = _WITHIN * self.scales, self.scale > _REUSED * self.rounding
        near = self._near[:, :_VOTES]
        residuals = np.abs(design @ self.coefficients.T - y[:, None])
        costs = np.minimum(residuals / limits, 1.0) ** 2
        owner = np.full(len(y), -1)
        for start in range(0, len(y), _CHUNK):
            part = slice(start, start + _CHUNK)
            group = costs[near[part]].mean(axis=1) if coherent else costs[part]
            best = np.where(residuals[part] <= limits, group, np.inf).argmin(axis=1)
            owner[part] = np.where(residuals[part][np.arange(len(best)), best] <= limits[best], best, -1)
        fits = residuals[near, owner[:, None]] <= limits[owner][:, None]
        owner[fits.mean(axis=1) < _MAJORITY] = -1
        return owner

    def _grow(self, design: np.ndarray, y: np.ndarray, seeds: np.ndarray) -> None:
        """Add pieces from seeds, the clearest first."""
        fits, spread = _trimmed(design[self._near[seeds]], y[self._near[seeds]])
        if not np.isfinite(self.scale):
            rough = spread[spread > self.rounding]  # a plateau is exact from the start and says nothing about the rest
            self.scale = 1.5 * float(np.median(rough)) if len(rough) else self.rounding
        slopes = np.linalg.norm(fits[:, len(self.fixed) : design.shape[1] - (not self.homogeneous)], axis=1)
        typical = float(np.median(slopes[spread > self.rounding])) if (spread > self.rounding).any() else 0.0
        steeper = np.maximum(1.0, slopes / typical) if self._steep and typical > 0.0 else np.ones(len(slopes))
        scales = self.scale * steeper
        rows, new = [*self.coefficients], [*self.scales]
        near = self._near[:, :_VOTES]
        for j in np.argsort(spread / scales):
            limit = _WITHIN * scales[j]
            if self.owner[seeds[j]] >= 0 or spread[j] > limit:
                continue
            row, mine = fits[j], np.empty(0, dtype=int)
            for _ in range(2):
                inside = np.abs(design @ row - y) <= limit
                mine = np.flatnonzero(inside & (self.owner < 0))
                mine = mine[inside[near[mine]].mean(axis=1) >= _MAJORITY]
                if len(mine) < _FEWEST * design.shape[1]:
                    break
                row = np.linalg.lstsq(design[mine], y[mine], rcond=None)[0]
            else:
                self.owner[mine] = len(rows)
                rows.append(row)
                new.append(scales[j])
                if (self.owner >= 0).mean() >= _COVER:
                    break
        self.coefficients = np.array(rows).reshape(len(rows), design.shape[1])
        self.scales = np.array(new)

    def turn(self, X: np.ndarray, y: np.ndarray, U: np.ndarray, *, precise: bool) -> np.ndarray:
        """Return the subspace that fits the members best, with all pieces free."""
        members = np.flatnonzero(self.owner >= 0)
        members = members[np.argsort(self.owner[members], kind="stable")]
        owner = self.owner[members]
        design = self.design(self.coordinates(X[members], U))
        rows = off_span(X[members], self.fixed)
        ends = np.searchsorted(owner, np.arange(len(self.coefficients) + 1))
        blocks = [(slice(a, b), np.linalg.qr(design[a:b])[0]) for a, b in pairwise(ends) if b > a]

        def eliminate(values: np.ndarray) -> np.ndarray:
            values = values.copy()
            for part, basis in blocks:
                values[part] -= basis @ (basis.T @ values[part])
            return values

        floor = max(_WIDEST * float(np.median(self.scales)), _WIDEST**2 * float(self.scales.max()), 1e-300)
        weights = (floor / np.maximum(self.scales, floor))[owner]
        step = turning_step(
            rows,
            self.slopes[owner] * weights[:, None],
            y[members] * weights,
            U,
            iterations=300 if precise else 30,
            tolerance=1e-10 if precise else 1e-3,
            eliminate=eliminate,
        )
        return orthonormal(U + step)

    def refit(self, Z: np.ndarray, y: np.ndarray) -> bool:
        """Fit each piece on its members again and measure its scale; return whether most have stalled."""
        design = self.design(Z)
        self.measured = np.full(len(self.coefficients), np.inf)
        for number in range(len(self.coefficients)):
            mine = np.flatnonzero(self.owner == number)
            if len(mine) >= design.shape[1]:
                self.coefficients[number] = np.linalg.lstsq(design[mine], y[mine], rcond=None)[0]
                residuals = np.abs(design[mine] @ self.coefficients[number] - y[mine])
                self.measured[number] = 1.4826 * float(np.median(residuals))
        stalled = (self.measured > _STALL * self.scales) & (self.scales > self.rounding)
        self.scales = np.where(stalled, np.minimum(self.measured, _ANNEAL * self.scales), self.measured)
        self.scales = np.maximum(self.scales, _FLOOR * self.rounding)
        rough = self.scales[self.scales > self.rounding]
        self.scale = min(self.scale, float(rough.max())) if len(rough) else self.scale
        return bool(2 * stalled.sum() > len(stalled))

    def finished(self, U: np.ndarray, *, exact: bool, rounds: int) -> Finished:
        components = np.vstack([self.fixed, U])
        constants = np.zeros(len(self.coefficients)) if self.homogeneous else self.coefficients[:, -1].copy()
        scale = float(np.median(self.scales)) if len(self.scales) else np.inf
        gradients = self.coefficients[:, : len(components)].copy()
        return Finished(components, gradients, constants, self.owner.copy(), scale, exact, rounds)


_CHUNK = 1 << 12


def _trimmed(designs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return trimmed least-squares fits of many small problems (s, q, p), and the spread of what they keep."""
    _, q, p = designs.shape
    size = max(p + 1, int(np.ceil(_TRIMMED * q)))
    weights = np.ones(labels.shape)
    small, fits, residuals = 1e-12 * np.eye(p), np.empty((len(designs), p)), np.empty(labels.shape)
    for _ in range(8):
        weighted = designs * weights[:, :, None]
        normal = np.einsum("sqp,sqr->spr", weighted, designs) + small
        fits = np.linalg.solve(normal, np.einsum("sqp,sq->sp", weighted, labels)[..., None])[..., 0]
        residuals = np.abs(labels - np.einsum("sqp,sp->sq", designs, fits))
        weights = (residuals <= np.partition(residuals, size - 1, axis=1)[:, size - 1 : size]).astype(float)
    return fits, np.sqrt((weights * residuals**2).sum(axis=1) / max(size - p, 1))
