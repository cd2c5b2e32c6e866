r"""The lemmas on a run of the reference algorithm whose teacher is known: every inequality, with both of its sides.

Expectations are means over fresh samples in the coordinates that the functions depend on, so they are estimates; the
inequalities N and F hold for every single sample. Statements: docs/reference_algorithm.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from learner.filters import RampFilter
from learner.guarantees import davis_kahan, filtered_trace, progress, tail_bound
from learner.oracles import gradient_grid, rounding_error
from learner.reference import ExhaustiveFilteredPCA
from learner.rounds import Round, complement, filter_matrix
from learner.sampling import as_random_state, as_sample_size
from tropical import LatticePolynomial, lattice, relevant_subspace
from tropical._arguments import as_instance
from tropical._exact.rational import as_fraction, float_array
from tropical._protocol import as_function
from tropical.exceptions import InvalidInput

__all__ = ["Audit", "Inequality", "audit"]


@dataclass(frozen=True, slots=True)
class Inequality:
    """One side found, the other one promised.

    Attributes
    ----------
    round : int
        Counted from 1; 0 for the run as a whole.
    lemma, statement : str
    found, bound : float
    relation : {"<=", ">="}
        What `found` has to be to `bound`.
    """

    round: int
    lemma: str
    statement: str
    found: float
    relation: str
    bound: float

    @property
    def holds(self) -> bool:
        """Whether the inequality holds, but for rounding."""
        slack = _ROUNDING * (1.0 + abs(self.bound))
        return self.found <= self.bound + slack if self.relation == "<=" else self.found >= self.bound - slack

    def __str__(self) -> str:
        verdict = "" if self.holds else "   VIOLATED"
        place = f"round {self.round}" if self.round else "run"
        sides = f"{self.found:9.4g} {self.relation} {self.bound:.4g}"
        return f"{place:<8} {self.lemma:<5} {self.statement:<58} {sides}{verdict}"


_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Audit:
    """All inequalities of a run; truthy iff every one holds. Printing gives one line each."""

    inequalities: tuple[Inequality, ...]

    @property
    def holds(self) -> bool:
        """Whether every inequality holds."""
        return all(inequality.holds for inequality in self.inequalities)

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return "\n".join(map(str, self.inequalities))


def audit(model: ExhaustiveFilteredPCA, teacher: Any, *, n_samples: int = 100_000, random_state: Any = None) -> Audit:
    """Return every quantity of a run beside what the lemmas promise, given the function that was learned.

    Parameters
    ----------
    model : fitted ExhaustiveFilteredPCA
    teacher : ReLUNetwork, LatticePolynomial, ...
        Exact, bias-free, one output; its labels were noise-free.
    n_samples : int
        Fresh samples for expectations.
    random_state : None, int or RandomState

    Raises
    ------
    InvalidInput
        For a teacher of other dimensions, or with constants.

    Notes
    -----
    The hypotheses (Λ, M, k) are inequalities of the list, too: where one is violated the lemmas promise nothing.
    """
    as_instance(model, ExhaustiveFilteredPCA, "model", "fit an ExhaustiveFilteredPCA")
    check_is_fitted(model, "candidate_")
    function = as_function(teacher, "teacher")
    if function.dimension != model.n_features_in_ or function.outputs != 1:
        given = f"R^{function.dimension} -> R^{function.outputs}"
        raise InvalidInput("teacher", f"R^{model.n_features_in_} -> R", given, "pass the function learned from")
    truth = lattice(function)
    assert isinstance(truth, LatticePolynomial), "one output"
    if not truth.pieces.is_homogeneous():
        raise InvalidInput("teacher", "no constants", "a piece with one", "the lemmas are about bias-free functions")
    count = as_sample_size(n_samples, "n_samples")
    return Audit(tuple(_Auditor(model, truth, count, random_state).inequalities()))


class _Auditor:
    """Coordinates of the truth, and fresh samples in them."""

    def __init__(self, model: ExhaustiveFilteredPCA, truth: LatticePolynomial, n: int, random_state: Any) -> None:
        self.model, self.truth, self.n = model, truth, n
        self.rng = as_random_state(random_state)
        rows = relevant_subspace(truth)
        self.V = _orthonormal(float_array(rows)) if rows else np.empty((0, truth.dimension))
        self.gradients, _ = truth.pieces.float_arrays()
        self.lipschitz = float(np.linalg.norm(self.gradients, axis=1).max())

    def inequalities(self) -> list[Inequality]:
        model, k = self.model, len(self.V)
        bound = np.nan if model.lipschitz is None else float(as_fraction(model.lipschitz))
        result = [Inequality(0, "k", "dimension of the relevant subspace", k, "<=", model.n_directions)]
        if model.net == "lattice":
            result.append(Inequality(0, "L", "largest gradient, against lipschitz", self.lipschitz, "<=", bound))
            result.append(Inequality(0, "M", "pieces", len(self.truth.pieces), "<=", model.n_pieces))
        for number, found in enumerate(model.rounds_, start=1):
            result += self._filter(number, found)
            result += self._ideal(number, found)
        if len(model.components_) == k:
            statement = "error of the candidate chosen, no direction missing"
            result.append(Inequality(0, "N, S", statement, model.error_, "<=", model.error_bound_))
        return result

    def _filter(self, number: int, found: Round) -> list[Inequality]:
        """Compare the matrix of the filter that was used with its expectation, in coordinates of V + W."""
        basis = self.model.components_[: found.known]
        joint = _orthonormal(np.vstack([self.V, basis]))
        total = np.zeros((len(joint), len(joint)))
        for points in self._points(len(joint)):
            x = points @ joint
            weights = found.psi(self.truth.evaluate(x), x @ basis.T)
            total += len(points) * filter_matrix(points, weights, points.T @ points)
        off = complement(basis, basis.shape[1])
        projection = off @ off.T
        expected = projection @ joint.T @ (total / self.n) @ joint @ projection
        outside = complement(joint, joint.shape[1])
        error = float(np.linalg.norm(found.matrix - expected, 2))
        invented = float(np.linalg.norm(found.matrix @ outside, 2)) if outside.shape[1] else 0.0
        sine = float(np.linalg.norm(found.direction - self.V.T @ (self.V @ found.direction)))
        result = [
            Inequality(number, "S1", "norm of the matrix less its expectation", error, "<=", found.sampling_error),
            Inequality(number, "K", "norm of the matrix off V + W", invented, "<=", found.sampling_error),
        ]
        if found.accepted:
            lemma = found.sine_lemma.split()[0]
            result.append(Inequality(number, lemma, "sine of the direction to V", sine, "<=", found.sine))
        if found.known == 0 and len(self.V):
            values, vectors = np.linalg.eigh(found.matrix)
            leading = np.argsort(-np.abs(values))[: len(self.V)]
            smallest = float(np.abs(values[leading[-1]])) - found.sampling_error
            space = vectors[:, leading]
            angle = float(np.linalg.norm(space - self.V.T @ (self.V @ space), 2))
            statement = f"sine of the {len(leading)} leading eigenvectors to V"
            result.append(Inequality(number, "S4", statement, angle, "<=", davis_kahan(found.sampling_error, smallest)))
        return result

    def _ideal(self, number: int, found: Round) -> list[Inequality]:
        """Check F, C and G for the filter of F - F∘P_W with W moved into V, and N for the rounding of F∘P_W."""
        k, tau, ramp = len(self.V), float(found.psi.threshold), isinstance(found.psi, RampFilter)
        inside = self.model.components_[: found.known] @ self.V.T
        W = _orthonormal(inside)
        missing = k - len(W)
        if len(W) < found.known or missing <= 0 or self.lipschitz == 0.0:
            return self._rounding(number, found)
        free = complement(W, k)
        masses, moments = np.zeros(2), 0.0
        matrix = np.zeros((missing, missing))
        for z in self._points(k):
            rest = self._restricted(z) - self._restricted(z @ W.T @ W)
            weights = type(found.psi)(tau)(rest)
            masses += [weights.sum(), (np.abs(rest) > (2.0 * tau if ramp else tau)).sum()]
            moments += float(rest @ rest)
            away = z @ free
            matrix += len(z) * filter_matrix(away, weights, away.T @ away)
        (mass, beyond), matrix = masses / self.n, matrix / self.n
        spread = sqrt(moments / self.n)
        level = 2.0 * tau if ramp else tau
        top = float(np.linalg.eigvalsh(matrix)[-1])
        trace = filtered_trace(tau, self.lipschitz, missing, mass)
        promised = progress(spread, self.lipschitz, k, found.known, tau, ramp=ramp)
        return [
            Inequality(number, "F", "trace over V - W, filter of F - F(P_W x)", float(np.trace(matrix)), ">=", trace),
            Inequality(number, "F", "top eigenvalue over V - W", top, ">=", trace / missing),
            Inequality(number, "C", "mass beyond it", beyond, ">=", tail_bound(level, spread, self.lipschitz, k)),
            Inequality(number, "G", "top eigenvalue, given the second moment alone", top, ">=", promised),
            *self._rounding(number, found),
        ]

    def _rounding(self, number: int, found: Round) -> list[Inequality]:
        """Round the gradients of F∘P_W to the grid, and compare."""
        model = self.model
        if found.known == 0 or model.net != "lattice":
            return []
        basis = model.components_[: found.known]
        step = as_fraction(model.grid)
        grid = set(gradient_grid(found.known, as_fraction(model.lipschitz) / step))
        rounded = np.rint(self.gradients @ basis.T / float(step))
        outside = sum(tuple(map(int, row)) not in grid for row in rounded)
        z = next(self._points(found.known))
        clauses = self.truth.clauses
        exact = LatticePolynomial.from_floats(self.gradients @ basis.T, np.zeros(len(rounded)), clauses)
        near = LatticePolynomial.from_floats(rounded * float(step), np.zeros(len(rounded)), clauses)
        ratio = float((np.abs(exact.evaluate(z) - near.evaluate(z)) / np.linalg.norm(z, axis=1)).max())
        return [
            Inequality(number, "N", "rounded gradients that are not in the net", outside, "<=", 0),
            Inequality(
                number,
                "N",
                "largest difference to F(P_W x) over |P_W x|",
                ratio,
                "<=",
                rounding_error(found.known, step),
            ),
        ]

    def _restricted(self, z: np.ndarray) -> np.ndarray:
        return self.truth.evaluate(z @ self.V)

    def _points(self, dimension: int) -> Iterator[np.ndarray]:
        for start in range(0, self.n, _CHUNK):
            yield self.rng.standard_normal((min(_CHUNK, self.n - start), dimension))


_CHUNK = 1 << 14


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    """Return orthonormal rows with the span of the given ones."""
    if len(rows) == 0:
        return rows
    _, values, right = np.linalg.svd(rows, full_matrices=False)
    return right[values > _RANK * max(float(values[0]), 1e-300)]


_RANK = 1e-9
