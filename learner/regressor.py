r"""The whole path from Gaussian samples to a lattice polynomial, as one estimator.

filtered PCA (:mod:`learner.subspace`) -> pieces in R^d -> their span, accurate to rounding -> all pieces in R^k
(:mod:`learner.piece_regression`) -> rationals where they fit (:mod:`learner.rationalize`) -> max-min assembly
(:mod:`learner.assemble`) -> completion of what the samples leave open (:mod:`tropical.completion`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from learner.assemble import clauses_of_samples
from learner.piece_regression import Pieces, ambient_pieces, label_tolerance, local_pieces, span_of_pieces
from learner.rare_pieces import rare_pieces
from learner.rationalize import rationalize
from learner.sampling import as_samples, distinct_samples, warn_if_rounded
from learner.subspace import FilteredPCA
from tropical import BudgetExceeded, LatticePolynomial, NotExact, PieceTable, simplest_between
from tropical._protocol import as_sample_array
from tropical.exceptions import InvalidInput

__all__ = ["LatticeRegressor", "Stage"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a fit: its name, what it found in words, and its wall time in seconds."""

    name: str
    found: str
    seconds: float


class LatticeRegressor(RegressorMixin, BaseEstimator):
    """Learn a continuous piecewise-linear function of few directions, exactly, from noise-free Gaussian samples.

    Neither the directions nor their number, the pieces nor the clauses are given.

    Parameters
    ----------
    n_components : "auto" or int
        Number of directions that filtered PCA starts from. The final number is the rank of the gradients found.
    validation_fraction : float
        Share of the samples held out: used for nothing but `explained_` and the choice between forms.
    level : float
        Error level of the dimension test.
    max_cells : int
        Where the pieces are rational and the samples leave regions open, the completion enumerates joint cells of the
        lower and the upper form: up to so many (some milliseconds each), else the better of the two forms is kept.
    random_state : None, int or RandomState
    callback : callable, optional
        Called as ``callback(stage, regressor)`` when a :class:`Stage` ends; attributes found so far are set.

    Attributes
    ----------
    components_ : float array (k, d)
        Orthonormal basis of the span of the gradients, accurate to rounding.
    pieces_ : float array (M, d + 1)
        Rows (u, c) of the pieces in R^d, in the order of `lattice_`; rank of the gradients k.
    lattice_ : LatticePolynomial
        The learned function on R^d, exact in its floats: dyadic pieces on R^k composed with `components_`.
    explained_ : float
        Share of held-out samples explained to 1e-9 standard deviations of y.
    explained_training_ : float
        Share of the training samples that lie on a piece found.
    confidence_ : str
        What this amounts to, in words.
    start_ : FilteredPCA
        The spectral start.
    stages_ : list of Stage
    n_features_in_ : int

    Notes
    -----
    Needs noise-free labels, and hundreds of samples for each dimension. A piece is found if about k + 3 samples fall
    on it. Cost: filtered PCA; O(d³) for each of some tens of seeds; O(n·d) for each piece found in R^d; O(n·k·M).
    """

    def __init__(
        self,
        n_components: str | int = "auto",
        *,
        validation_fraction: float = 0.1,
        level: float = 0.02,
        max_cells: int = 4000,
        random_state: Any = None,
        callback: Callable[[Stage, LatticeRegressor], None] | None = None,
    ) -> None:
        self.n_components = n_components
        self.validation_fraction = validation_fraction
        self.level = level
        self.max_cells = max_cells
        self.random_state = random_state
        self.callback = callback

    def fit(self, X: Any, y: Any) -> LatticeRegressor:
        """Learn from samples X (n, d), rows from N(0, I), and noise-free labels y (n,)."""
        if not 0.0 < self.validation_fraction < 1.0:
            cure = "0.1 holds out a tenth"
            raise InvalidInput("validation_fraction", "a number between 0 and 1", self.validation_fraction, cure)
        samples, labels = distinct_samples(*as_samples(X, y, least=10))
        warn_if_rounded(labels, label_tolerance(labels))
        rng = check_random_state(self.random_state)
        held = np.zeros(len(samples), dtype=bool)
        held[rng.permutation(len(samples))[: max(1, round(self.validation_fraction * len(samples)))]] = True
        training, answers = samples[~held], labels[~held]
        least = samples.shape[1] + 2
        if len(training) < least:
            given = f"{len(training)} after holding out {int(held.sum())}"
            raise InvalidInput("X", f"at least d + 2 = {least} training samples", given, "draw more samples")
        self.n_features_in_ = samples.shape[1]
        self.stages_: list[Stage] = []

        clock = perf_counter()
        self.start_ = FilteredPCA(self.n_components, level=self.level, random_state=rng).fit(training, answers)
        how = f"significant at level {self.level:g}" if self.n_components == "auto" else "asked for"
        clock = self._end("directions", f"{len(self.start_.components_)} {how}", clock)
        self.components_, pieces = self._find_pieces(training, answers, rng)
        on_piece = pieces.owner >= 0
        self.explained_training_ = float(on_piece.mean())
        if len(pieces) == 0:
            self.components_, pieces = self._affine_fallback(training, answers)
        found = f"{len(pieces)} on R^{len(self.components_)}, explain {self.explained_training_:.4%} of the samples"
        clock = self._end("pieces", found, clock)

        self._table: PieceTable | None = None
        if not on_piece.any():
            self._why_inexact = "no exact piece was found"
        elif not _determines_gradients(training):
            self._why_inexact = "the inputs do not span R^d, so they do not determine gradients"
        else:
            pieces = self._recognise_rationals(pieces, training, answers)
            on_piece = pieces.owner >= 0
            self.explained_training_ = float(on_piece.mean())
            clock = self._end("rationals", self._rational_text(), clock)
        forms = self._assemble(pieces, training[on_piece], answers[on_piece], label_tolerance(answers))
        found = " and ".join(f"{len(clauses)} clauses ({form})" for form, clauses in forms.items())
        clock = self._end("assembly", found, clock)
        if self._table is not None and len(forms) == 2:
            found = self._complete(self._table, forms)
            clock = self._end("completion", found, clock)
        self._choose(pieces, forms, samples[held], labels[held], label_tolerance(answers))
        self._end("validation", f"{self.explained_:.4%} of {int(held.sum())} held-out samples exact", clock)
        self.confidence_ = _confidence(self.explained_, self.explained_training_, int(held.sum()), len(forms))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the learned function at the rows of X (n, d), as floats (n,).

        One product with `components_`, then the lattice polynomial on R^k.
        """
        check_is_fitted(self, "lattice_")
        return self._local.evaluate(as_sample_array(X, self.n_features_in_) @ _basis(self.components_).T)

    def to_exact(self) -> LatticePolynomial:
        """Return the learned function with rational pieces in R^d whose gradients have exact rank k.

        Raises
        ------
        NotExact
            If the coefficients do not look rational with a small common denominator, or rounding changes the rank: the
            source is then irrational, or the samples do not determine it.
        """
        check_is_fitted(self, "lattice_")
        if self._table is None:
            raise NotExact(self._why_inexact)
        return LatticePolynomial(self._table, self.lattice_.clauses, self.lattice_.form)

    # ------------------------------------------------------------ steps

    def _end(self, name: str, found: str, started: float) -> float:
        """Record a stage and return the time at its end."""
        now = perf_counter()
        stage = Stage(name, found, now - started)
        self.stages_.append(stage)
        if self.callback is not None:
            self.callback(stage, self)
        return now

    def _find_pieces(self, X: np.ndarray, y: np.ndarray, rng: np.random.RandomState) -> tuple[np.ndarray, Pieces]:
        """Return a basis of the span of the gradients and all pieces on it.

        Pieces in R^d give the span, the span gives all pieces in it. What it cannot explain may need one more
        direction: look in R^d again, there only, until nothing is left or nothing new is found.
        """
        ambient = Pieces.none(*X.shape)
        open_samples = np.ones(len(X), dtype=bool)
        while True:
            before = len(ambient)
            ambient = ambient_pieces(X, y, self.start_.components_, ambient, open_samples, rng=rng)
            components = span_of_pieces(ambient, label_tolerance(y))
            found = local_pieces(X @ _basis(components).T, y, ambient, rng=rng)
            open_samples = found.owner < 0
            if len(ambient) == before or open_samples.sum() <= X.shape[1] + 8:
                return components, found

    def _affine_fallback(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, Pieces]:
        """Return the best affine function of the spectral coordinates, where no piece is exact."""
        components = self.start_.components_
        design = np.column_stack([X @ _basis(components).T, np.ones(len(X))])
        fit = np.linalg.lstsq(design, y, rcond=None)[0]
        return components, Pieces(fit[None, :-1], fit[-1:], np.array([np.inf]), np.full(len(X), -1))

    def _recognise_rationals(self, pieces: Pieces, X: np.ndarray, y: np.ndarray) -> Pieces:
        """Round the pieces to rationals where they allow it, and look for rational ones that few samples show.

        Returns the pieces in the order of the exact table, or as they were where there is none.
        """
        basis = _basis(self.components_)
        rows = np.column_stack([pieces.gradients @ basis, pieces.constants])
        scale = float(np.abs(rows).max())
        try:
            exact = rationalize(rows, _SAFETY * (pieces.accuracy + _SPAN_ACCURACY * scale)).rows
        except NotExact as error:
            self._why_inexact = str(error)
            return pieces
        table = PieceTable.from_rows(sorted(set(exact)))
        if table.rank() != len(self.components_):
            self._why_inexact = f"the rational pieces have rank {table.rank()}, the floats {len(self.components_)}"
            return pieces
        open_ = pieces.owner < 0
        self._n_rare = 0
        if 0 < open_.sum() <= _FEW_OPEN:
            rare = rare_pieces(table, X[open_], y[open_], label_tolerance(y))
            self._n_rare = len(rare)
            table = PieceTable.from_rows(sorted({*exact, *rare}))
        self._table = table
        gradients, constants = table.float_arrays()
        local = Pieces(gradients @ basis.T, constants, np.full(len(table), _SPAN_ACCURACY * scale), pieces.owner.copy())
        if self._n_rare:
            residuals = np.abs(X[open_] @ gradients.T + constants - y[open_, None])
            local.owner[open_] = np.where(residuals.min(axis=1) <= label_tolerance(y), residuals.argmin(axis=1), -1)
        return local

    def _rational_text(self) -> str:
        if self._table is None:
            return f"none: {self._why_inexact}"
        table = self._table
        rare = f", {self._n_rare} of them recognised from a few samples" if self._n_rare else ""
        return f"{len(table)} pieces{rare}, multiples of 1/{table.denominator}, exact rank {table.rank()}"

    def _assemble(self, pieces: Pieces, X: np.ndarray, y: np.ndarray, tolerance: float) -> dict[str, list[list[int]]]:
        """Return the clauses of the lower (max-min) and the upper (min-max) form from samples that lie on pieces."""
        if len(X) == 0:
            return {"max-min": [[0]]}
        Z = X @ _basis(self.components_).T
        return {
            form: clauses_of_samples(Z, y, pieces.gradients, pieces.constants, tolerance, dual=form == "min-max")
            for form in ("max-min", "min-max")
        }

    def _complete(self, table: PieceTable, forms: dict[str, list[list[int]]]) -> str:
        """Add the form between the two that the walls suggest; say what the samples leave open."""
        lower, upper = (LatticePolynomial(table, clauses, form) for form, clauses in forms.items())
        try:
            completion = simplest_between(lower, upper, max_cells=self.max_cells)
        except BudgetExceeded:
            return f"not tried: the two forms have more than max_cells={self.max_cells} joint cells"
        if completion.n_open == 0:
            return f"the two forms agree on all {completion.n_cells} joint cells"
        number = {row: i for i, row in enumerate(table.rows)}
        scale = table.denominator // completion.function.pieces.denominator
        rows = [tuple(a * scale for a in row) for row in completion.function.pieces.rows]
        clauses = [[number[rows[i]] for i in clause] for clause in completion.function.clauses]
        forms[COMPLETED] = sorted(sorted(clause) for clause in clauses)
        return (
            f"{completion.n_open} of {completion.n_cells} joint cells left open by the samples, "
            f"filled with the fewest new walls: {len(clauses)} clauses"
        )

    def _choose(
        self, pieces: Pieces, forms: dict[str, list[list[int]]], X: np.ndarray, y: np.ndarray, tolerance: float
    ) -> None:
        """Keep the form that explains most held-out samples; the completed one where they do not tell."""
        basis = _basis(self.components_)
        best = -1
        for form in sorted(forms, key=lambda form: form != COMPLETED):
            outside = "min-max" if form == "min-max" else "max-min"
            candidate = LatticePolynomial.from_floats(pieces.gradients, pieces.constants, forms[form], outside)
            explained = int((np.abs(candidate.evaluate(X @ basis.T) - y) <= tolerance).sum())
            if explained > best:
                best, self._local = explained, candidate
        self.explained_ = best / len(y)
        self.pieces_ = np.column_stack([pieces.gradients @ basis, pieces.constants])
        self.lattice_ = self._local.compose([[Fraction(entry) for entry in row] for row in basis.tolist()])


COMPLETED = "completed"


def _confidence(explained: float, on_pieces: float, held: int, forms: int) -> str:
    if explained == 1.0:
        # The best of m forms is kept: a form that errs on a share p passes h held-out samples with probability
        # (1 - p)^h, so that one of m does is bounded by m exp(-p h), which is 5 % at p = ln(20 m)/h.
        wrong = f"at most {np.log(20.0 * forms) / held:.1e} of the distribution of the inputs"
        text = f"exact on all {held} held-out samples: wrong on {wrong} at 95 % confidence"
        return (
            text if on_pieces == 1.0 else f"{text}; {1.0 - on_pieces:.1e} of the training samples lie on no piece found"
        )
    if explained > 0.5:
        return f"exact on {explained:.4%} of the held-out samples; some piece, clause or direction is missing"
    return "not exact: the labels are noisy, no lattice polynomial of few directions, or the samples are too few"


def _determines_gradients(X: np.ndarray) -> bool:
    """Return whether affine functions that agree on the samples are equal: (x, 1) spans R^{d+1}."""
    rows = np.column_stack([X, np.ones(len(X))])
    values = np.linalg.eigvalsh(rows.T @ rows)
    return bool(values[0] > 1e-10 * values[-1])


def _basis(components: np.ndarray) -> np.ndarray:
    """Return the components, or one zero row where there are none: a function of no direction lives on it too."""
    return components if len(components) else np.zeros((1, components.shape[1]))


_FEW_OPEN = 200  # samples on no piece that are worth an integer search each; more of them mean another problem
_SAFETY = 50.0  # between the estimated and the allowed error of a coefficient
_SPAN_ACCURACY = (
    1e-14  # of the span's basis, relative to the gradients: pieces with many samples determine it to rounding
)
