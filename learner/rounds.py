r"""One round of the reference algorithm: a threshold filter on the residual of each candidate, one direction found.

Known are orthonormal directions, the rows of a basis of W. For a candidate G on R^l the round forms

.. math:: \hat M = P_{W^\perp}\,\frac1n \sum_i \psi(y_i - G(P_W x_i))\,(x_i x_i^\top - I)\,P_{W^\perp}

and takes its top eigenvector if the eigenvalue clears what is needed; otherwise the next candidate is tried. What the
lemmas promise is computed beside what was found (docs/reference_algorithm.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, sqrt
from time import perf_counter

import numpy as np

from learner.filters import RampFilter, ThresholdFilter
from learner.guarantees import (
    filtered_trace,
    progress,
    samples_for,
    sampling_error,
    sine_bound,
    sine_bound_for_estimated_basis,
    tail_bound,
    visible_residual,
)
from learner.oracles import CandidateNet, NetSize
from tropical import LatticePolynomial

__all__ = ["Round", "Rule", "best_fit", "complement", "filter_matrix", "find_direction"]

Tick = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is fixed before the samples are looked at.

    Attributes
    ----------
    lipschitz : float
        Λ.
    directions : int
        At most so many: k in all bounds.
    threshold : float or None
        τ; None: Λ√(2(k - l)), that of lemma G.
    ramp : bool
        Whether filters are ramps.
    eigenvalue : float or None
        What an eigenvalue has to reach; None: the sampling error (S1) over `soundness`.
    soundness : float
        In (0, 1]: the bound on the sine of a direction that is taken (S2).
    level : float
        Probability that some sampling error of the run exceeds its bound.
    filters : int
        Number of filters in all rounds, for that.
    search : {"first", "best"}
        Whether a round ends with the first candidate that clears, or tries all and takes the largest eigenvalue.
    """

    lipschitz: float
    directions: int
    threshold: float | None
    ramp: bool
    eigenvalue: float | None
    soundness: float
    level: float
    filters: int
    search: str

    def tau(self, known: int) -> float:
        """Return the threshold of the round with so many known directions."""
        return self.lipschitz * sqrt(2.0 * (self.directions - known)) if self.threshold is None else self.threshold

    def psi(self, known: int, candidate: LatticePolynomial | None = None) -> ThresholdFilter | RampFilter:
        """Return the filter of residuals, or of (y, P_W x) for a candidate."""
        kind = RampFilter if self.ramp else ThresholdFilter
        return kind(self.tau(known), None if candidate is None or known == 0 else candidate.evaluate)


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One round: what was found, beside what the lemmas promise.

    Attributes
    ----------
    known, n_samples, tried : int
        Directions before the round, samples used, candidates tried.
    net : NetSize
        How many candidates there are, and lemma N's count.
    accepted : bool
        Whether the direction was taken.
    direction : float array (d,)
        The top eigenvector of `matrix`, of unit length; nothing but noise where it was not taken.
    candidate : LatticePolynomial
        G, on R^max(l, 1).
    psi : ThresholdFilter or RampFilter
        The filter used.
    matrix : float array (d, d)
        M̂ off W, for that filter.
    mass, mass_bound : float
        Mean of the filter, 1{|H| > τ} or a ramp, for H = y - G(P_W x); and lemma C's lower bound for Pr[|H| > τ]
        (Pr[|H| > 2τ] for a ramp) from the residual's second moment.
    trace, trace_bound : float
        Trace of M̂; and lemma F's lower bound on the trace over V in the first round, where H = F (NaN in later ones:
        there F speaks about F∘P_W, see :func:`learner.audit`).
    eigenvalue, eigenvalue_bound : float
        Top eigenvalue; and what lemma G promises for some candidate in the population, given `missed`.
    sampling_error, needed : float
        Bound on ‖M̂ - M_ψ‖ for all filters at once (S1); the eigenvalue needed.
    sine, sine_lemma : float, str
        Bound on the sine of the angle of the direction to V, and its reason: "S2"; "S3"; or "S2 if W lies in V", which
        nothing but the ramp is there to replace.
    residual, fit : float
        Root mean square of y - G(P_W x) for the candidate used, and for the best one of the net.
    missed : float
        ``fit`` less the net's error: at least so much, up to sampling, is the root mean square of F - F∘P_W.
    visible : float
        Root mean square of F - F∘P_W from which on lemma G promises a population eigenvalue of
        ``needed + sampling_error``; infinite where it never does.
    samples_needed : float
        Samples at which the sampling error is half of what lemma G promises.
    seconds : float
    """

    known: int
    n_samples: int
    tried: int
    net: NetSize
    accepted: bool
    direction: np.ndarray
    candidate: LatticePolynomial
    psi: ThresholdFilter | RampFilter
    matrix: np.ndarray
    mass: float
    mass_bound: float
    trace: float
    trace_bound: float
    eigenvalue: float
    eigenvalue_bound: float
    sampling_error: float
    needed: float
    sine: float
    sine_lemma: str
    residual: float
    fit: float
    missed: float
    visible: float
    samples_needed: float
    seconds: float

    def __repr__(self) -> str:
        state = f"sine <= {self.sine:.3g} ({self.sine_lemma})" if self.accepted else "no direction"
        return f"Round({self.known} known, {self.tried} candidates, eigenvalue {self.eigenvalue:.4g}, {state})"


def find_direction(
    net: CandidateNet, X: np.ndarray, y: np.ndarray, basis: np.ndarray, sine: float, rule: Rule, tick: Tick
) -> Round:
    """Go through the candidates and return the round; ``accepted`` says whether a direction is to be added.

    Parameters
    ----------
    net : CandidateNet
        On R^l.
    X, y : float arrays (n, d) and (n,)
        Fresh samples: the bounds hold if they are independent of the basis.
    basis : float array (l, d)
        Orthonormal rows, the directions known.
    sine : float
        Bound on ``‖P_{V⊥} P_W‖``.
    rule : Rule
    tick : callable
        Called with the number of candidates done.

    Notes
    -----
    For each candidate tried n·m·(d-l)² multiply-adds, m the smaller one of the filter's mass and 1 minus it, and an
    eigenvalue problem.
    """
    started = perf_counter()
    known, n = len(basis), len(X)
    Z, off = X @ basis.T, complement(basis, X.shape[1])
    rows = X @ off if known else X
    gram = rows.T @ rows
    psi = rule.psi(known)
    error = sampling_error(n, rows.shape[1], rule.level, rule.filters)
    needed = error / rule.soundness if rule.eigenvalue is None else rule.eigenvalue

    values = net.on(Z)
    fitting, fit = best_fit(net, Z, y)
    best, tried = (-inf, fitting), 0
    # any order will do; the best fit is the likeliest candidate for F∘P_W, so it comes first
    for number, residual in _residuals(values, y, [fitting], range(len(net))):
        matrix = filter_matrix(rows, psi(residual), gram)
        top = float(np.linalg.eigvalsh(matrix)[-1])
        best, tried = max(best, (top, number), key=lambda pair: pair[0]), tried + 1
        tick(1)
        if rule.search == "first" and top >= needed:
            break

    eigenvalue, number = best
    residual = y - values(np.array([number]))[0]
    weights = psi(residual)
    matrix = filter_matrix(rows, weights, gram)
    direction = off @ np.linalg.eigh(matrix)[1][:, -1]
    spread = float(np.sqrt(np.mean(residual**2)))
    candidate = net.candidate(number)
    slope = float(np.linalg.norm(candidate.pieces.float_arrays()[0], axis=1).max())
    tau, k = rule.tau(known), rule.directions
    missed = max(0.0, fit - net.error * sqrt(known))
    promised = progress(missed, rule.lipschitz, k, known, tau, ramp=rule.ramp, net_error=net.error)
    bound, lemma = _soundness(rule, slope / tau if tau else inf, error, eigenvalue, known, sine)
    return Round(
        known=known,
        n_samples=n,
        tried=tried,
        net=net.size,
        accepted=eigenvalue >= needed,
        direction=direction * np.sign(direction[np.abs(direction).argmax()]),
        candidate=candidate,
        psi=rule.psi(known, candidate),
        matrix=off @ matrix @ off.T,
        mass=float(weights.mean()),
        mass_bound=tail_bound(
            2.0 * tau if rule.ramp else tau,
            spread,
            rule.lipschitz + slope,
            min(k + known, X.shape[1]),
        ),
        trace=float(np.trace(matrix)),
        trace_bound=np.nan if known else filtered_trace(tau, rule.lipschitz, k, float(weights.mean())),
        eigenvalue=eigenvalue,
        eigenvalue_bound=promised,
        sampling_error=error,
        needed=needed,
        sine=bound,
        sine_lemma=lemma,
        residual=spread,
        fit=fit,
        missed=missed,
        visible=visible_residual(needed + error, rule.lipschitz, k, known, tau, ramp=rule.ramp, net_error=net.error),
        samples_needed=samples_for(promised / 2.0, rows.shape[1], rule.level, rule.filters),
        seconds=perf_counter() - started,
    )


def _soundness(
    rule: Rule, filter_lipschitz: float, error: float, eigenvalue: float, known: int, sine: float
) -> tuple[float, str]:
    """Return the bound on the sine of the direction, and the lemma."""
    if known == 0:
        return sine_bound(error, eigenvalue), "S2"
    if rule.ramp:
        return sine_bound_for_estimated_basis(error, eigenvalue, known, filter_lipschitz, sine), "S3"
    return sine_bound(error, eigenvalue), "S2 if W lies in V"


def complement(basis: np.ndarray, dimension: int) -> np.ndarray:
    """Return orthonormal columns (d, d - l) that span the complement of the rows of a basis (l, d)."""
    if len(basis) == 0:
        return np.eye(dimension)
    return np.linalg.qr(basis.T, mode="complete")[0][:, len(basis) :]


def filter_matrix(rows: np.ndarray, weights: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """Return ``(1/n) Σ w_i (x_i x_iᵀ - I)`` for weights in [0, 1], given ``Σ x_i x_iᵀ``.

    Where most weights are 1, the rows with smaller ones are taken away from the sum of all.
    """
    n, size = rows.shape
    mean = float(weights.mean())
    inverse = mean > 0.5
    parts = 1.0 - weights if inverse else weights
    used = np.flatnonzero(parts)
    scaled = rows[used] * np.sqrt(parts[used])[:, None]
    total = scaled.T @ scaled
    return (gram - total if inverse else total) / n - mean * np.eye(size)


def best_fit(net: CandidateNet, Z: np.ndarray, y: np.ndarray, tick: Tick = lambda count: None) -> tuple[int, float]:
    """Return the candidate with the least mean squared error, and the root of that.

    Parameters
    ----------
    net : CandidateNet
    Z : float array (n, l)
        Coordinates of the samples along the known directions.
    y : float array (n,)
    tick : callable
        Called with the number of candidates decided.

    Notes
    -----
    The minimum over all candidates: a candidate is given up when its squared errors on part of the samples sum up to
    more than those of a good one on all. Parts double, so most candidates see a hundred samples.
    """
    alive = np.arange(len(net))
    sums = np.zeros(len(net))
    totals: dict[int, float] = {}
    start, size = 0, _FIRST_PART
    while start < len(y):
        part = slice(start, start + size)
        values = net.on(Z[part])
        for block, residual in _blocks(values, y[part], alive):
            sums[block] += np.einsum("ij,ij->i", residual, residual)
        leader = int(alive[sums[alive].argmin()])
        if leader not in totals:
            totals[leader] = _squares(net, Z, y, leader)
        kept = alive[sums[alive] <= min(totals.values()) * (1.0 + _ROUNDING)]
        tick(len(alive) - len(kept))
        alive, start, size = kept, start + size, min(2 * size, _LARGEST_PART)
    tick(len(alive))
    number = int(alive[sums[alive].argmin()])
    return number, sqrt(sums[number] / len(y))


_FIRST_PART, _LARGEST_PART = 128, 1 << 15
_ROUNDING = 1e-9  # the leader itself must not be lost to a different order of summation


def _squares(net: CandidateNet, Z: np.ndarray, y: np.ndarray, number: int) -> float:
    """Return the sum of the squared errors of one candidate."""
    total = 0.0
    for start in range(0, len(y), _LARGEST_PART):
        part = slice(start, start + _LARGEST_PART)
        residual = y[part] - net.on(Z[part])(np.array([number]))[0]
        total += float(residual @ residual)
    return total


def _blocks(
    values: Callable[[np.ndarray], np.ndarray], y: np.ndarray, numbers: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of candidates and their residuals, in bounded memory."""
    size = max(1, _BLOCK // len(y))
    for start in range(0, len(numbers), size):
        block = numbers[start : start + size]
        yield block, y - values(block)


def _residuals(
    values: Callable[[np.ndarray], np.ndarray], y: np.ndarray, first: list[int], others: range
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield candidates one by one with their residuals: the named ones first, then all others."""
    rest = np.array([number for number in others if number not in first], dtype=np.intp)
    for numbers in (np.array(first, dtype=np.intp), rest):
        for block, residuals in _blocks(values, y, numbers):
            yield from zip(block.tolist(), residuals, strict=True)


_BLOCK = 1 << 20  # residuals a block, 8 MB
