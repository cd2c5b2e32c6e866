r"""The whole path from Gaussian samples to a lattice polynomial, as one estimator.

filtered PCA (:mod:`learner.subspace`) -> a subspace and a function on it, jointly (:mod:`learner.pursuit`) -> exact to
rounding (:mod:`learner.exact_finish`) -> pieces in R^k, hidden layers, rationals, max-min assembly and the completion
of what the samples leave open (:mod:`learner.reconstruction`) -> judged on samples held out
(:mod:`learner.confidence`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from learner.arrays import is_foreign
from learner.confidence import Evidence, confidence, is_sure
from learner.local import Local
from learner.on_device import lattice_values
from learner.pieces import label_tolerance
from learner.pursuit import Pursuit
from learner.rational_network import RationalNetwork
from learner.reconstruction import CELLS_OF_A_NETWORK, Reconstruction
from learner.refine import Refined
from learner.sampling import as_level, as_random_state, as_samples, distinct_samples, validated, warn_if_rounded
from learner.sources import as_source, gather, is_streamed
from learner.stages import Clock, Stage
from learner.subspace import FilteredPCA
from tropical import LatticePolynomial, NotExact, ReLUNetwork
from tropical._arguments import as_count, as_flag, as_real
from tropical._display import Records
from tropical.exceptions import Interrupted, InvalidInput, InvalidType

__all__ = ["LatticeRegressor"]


class LatticeRegressor(RegressorMixin, BaseEstimator):
    """Learn a continuous piecewise-linear function of few directions, exactly, from Gaussian samples.

    Neither the directions nor their number, the pieces, the clauses, nor an architecture are given.

    Parameters
    ----------
    n_components : "auto" or int
        Number of directions to look for, at most. Directions that the function does not look at are dropped.
    validation_fraction : float
        Share of the samples held out: used for nothing but `explained_`, `error_` and the choice between forms.
    level : float
        Error level of the dimension test.
    max_cells : int
        Where the pieces are rational, the samples leave regions open, and no rational network is found, the completion
        enumerates joint cells of the lower and the upper form: up to so many (some milliseconds each), else the better
        of the two forms is kept.
    max_samples : int
        Where samples come from a source beyond memory: rows taken into memory for all but the spectral start.
    max_time : float, optional
        Seconds after which the search ends with the best so far, and `confidence_` says so. A step that has begun is
        completed.
    random_state : None, int or RandomState
    progress : bool
        Print a line when a :class:`Stage` ends.
    callback : callable, optional
        Called as ``callback(stage, regressor)`` when a :class:`Stage` ends; attributes found so far are set.

    Attributes
    ----------
    components_ : float array (k, d)
        Orthonormal basis of the span of the gradients, accurate to rounding where the labels are exact; behind it the
        normals of walls between pieces (:mod:`learner.walls`), to some per cent, where `confidence_` says so.
    pieces_ : float array (M, d + 1)
        Rows (u, c) of the pieces found, in R^d; rank of the gradients k. In the order of `lattice_` where
        `predictor_` is "lattice".
    lattice_ : LatticePolynomial
        The learned function on R^d, made when it is first asked for; exact in its floats: dyadic pieces on R^k
        composed with `components_`. Where `predictor_` is "network" and :meth:`to_exact` is rational, it is the
        network's own canonical form, if that takes no more than 10·`max_cells` cells; else, and for "local" and
        "smoother", it is the best lattice polynomial of the pieces found, another function than that of `predict`.
    explained_ : float
        Share of held-out samples explained to 1e-9 standard deviations of y.
    explained_training_ : float
        Share of the training samples that lie on a piece found.
    error_ : float
        Mean square of the held-out residuals of `predict`, in units of the variance of y.
    noise_ : float
        Standard deviation of the held-out residuals, robustly, in the unit of y: label noise, and what was not learned.
    predictor_ : {"lattice", "network", "local", "smoother"}
        What `predict` evaluates. "network" where hidden layers recognised from the pieces
        (:mod:`learner.hidden_layers`) explain more held-out samples than any lattice polynomial of the pieces found, or
        as many where the samples do not determine that polynomial; in floats, those of a rational network where there
        is one (:mod:`learner.rational_network`). "local" where it halves the error or what is not explained: pieces of
        samples close by (:mod:`learner.local`), with a network near all samples (:mod:`learner.joint_fit`) if known.
        "smoother" where nothing exact comes as close: a smooth function of the components (:mod:`learner.smoother`).
    confidence_ : str
        What this amounts to, in words.
    start_ : FilteredPCA
        The spectral start.
    exact_ : ExactTable
        Evidence for exact pieces: common denominator, largest residual, rank, or why there are none.
    stages_ : list of Stage
    n_features_in_ : int

    Notes
    -----
    From noise-free labels of a function with some tens of pieces in two or three directions, some 10 to 60 samples for
    each input are enough. A piece is found if about k + 3 samples fall on it. Cost: filtered PCA; some tens of rounds
    of joint refinement, each some forty products of X with k columns; O(n·k·M) for the pieces. Memory O(n·d).
    """

    def __init__(
        self,
        n_components: str | int = "auto",
        *,
        validation_fraction: float = 0.1,
        level: float = 0.02,
        max_cells: int = 4000,
        max_samples: int = 200_000,
        max_time: float | None = None,
        random_state: Any = None,
        progress: bool = False,
        callback: Callable[[Stage, LatticeRegressor], None] | None = None,
    ) -> None:
        self.n_components = n_components
        self.validation_fraction = validation_fraction
        self.level = level
        self.max_cells = max_cells
        self.max_samples = max_samples
        self.max_time = max_time
        self.random_state = random_state
        self.progress = progress
        self.callback = callback

    def fit(self, X: Any, y: Any = None) -> LatticeRegressor:
        """Learn from samples X (n, d), rows from N(0, I), and labels y (n,).

        Parameters
        ----------
        X : array-like (n, d), or anything that :func:`learner.as_source` takes
            The spectral start sees all samples of a source, the rest a uniform subsample of `max_samples`.
        y : array-like (n,)
            Left out where the source has the labels.

        Raises
        ------
        Interrupted
            On Ctrl-C, once there is something to keep: the regressor is then fitted with the best so far.
        """
        clock = Clock(self._checked_limit())
        spectral = FilteredPCA(self.n_components, level=self.level)
        self.stages_: list[Stage] = Records()
        if is_streamed(X):
            source = as_source(X, y)
            spectral.fit(source)
            X, y = gather(source, self.max_samples)
        training, answers, X_held, y_held, rng = self._split(X, y)
        self._tolerance = label_tolerance(answers)
        if not hasattr(spectral, "components_"):
            spectral.set_params(random_state=rng).fit(training, answers)
        self.start_, self.components_ = spectral.forget_sums(), spectral.components_
        how = f"significant at level {self.level:g}" if self.n_components == "auto" else "asked for"
        self._end("directions", f"{len(self.components_)} {how}", clock)
        pursuit = self._pursue(training, answers, rng, clock)
        self.components_ = self.components_ if pursuit.best is None else pursuit.best.components
        self._end("refinement", str(pursuit), clock)
        self._built = Reconstruction(pursuit, self.components_, training, answers, rng=rng, max_cells=self.max_cells)
        for name, step in self._built.steps(X_held, y_held, clock):
            found = step()
            self.components_, self.exact_ = self._built.components, self._built.table
            self.explained_training_ = float(self._built.on_piece.mean())
            if found is not None:
                self._end(name, found, clock)
        self._adopt(training, answers)
        self._validate(pursuit.refined, X_held, y_held, clock)
        self._end("validation", f"{self.explained_:.4%} of {len(y_held)} held-out samples exact", clock)
        if clock.interrupted:
            raise Interrupted("interrupted; the regressor is fitted with the best so far", self)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the learned function at the rows of X (n, d), as floats (n,).

        One product with `components_`, then a function of R^k. Arrays of torch, CuPy or others of the array API
        stay where they are, and so do the values: those of `lattice_`.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        check_is_fitted(self, "components_")
        if is_foreign(X):
            return lattice_values(self.lattice_, X, components=self.components_)
        return self._predict(validated(self, X, reset=False))

    def is_sure(self, X: Any) -> np.ndarray:
        """Return at which rows of X (n, d) the samples determine the function, as bools (n,).

        Sure is where lower and upper form agree *and* the nearest training samples in R^k lie on pieces found (of a
        network: are explained). Where a piece, a direction or a clause is missing, the rows nearby are not sure.
        Evidence, no certificate.

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        check_is_fitted(self, "components_")
        X = validated(self, X, reset=False)
        if not self.explained_training_:
            return np.zeros(len(X), dtype=bool)
        with np.errstate(over="ignore", invalid="ignore"):  # rows beyond all samples are not sure
            return self._are_sure(X)

    def _are_sure(self, X: np.ndarray) -> np.ndarray:
        Z, (known, labels), built = X @ self._built.basis.T, self._training, self._built
        linear = bool(not self.pieces_[:, -1].any())
        if self.predictor_ == "network" and built.folded is not None:
            gap, explained = np.zeros(len(Z)), np.abs(built.folded.evaluate(known) - labels) <= self._tolerance
        else:
            lower, upper = (bound.evaluate(Z) for bound in built.bounds)
            gap, explained = np.abs(lower - upper), built.on_piece
            if self._local is not None:
                values, agreed = self._local.valued(Z)
                gap = np.where(agreed, np.maximum(np.abs(lower - values), np.abs(upper - values)), np.inf)
        return is_sure(Z, known, explained, gap, self._tolerance, homogeneous=linear)

    @property
    def lattice_(self) -> LatticePolynomial:
        """The learned function on R^d; made when it is first asked for."""
        check_is_fitted(self, "components_")
        if self._lattice is None and self._rational is not None:
            self._lattice = self._rational.lattice(CELLS_OF_A_NETWORK * self.max_cells)
        if self._lattice is None:
            basis = [[Fraction(entry) for entry in row] for row in self._built.basis.tolist()]
            self._lattice = self._built.local.compose(basis)
        return self._lattice

    @property
    def _rational(self) -> RationalNetwork | None:
        """The rational network whose floats `predict` evaluates."""
        return self._built.network if self.predictor_ == "network" else None

    def to_exact(self) -> LatticePolynomial | ReLUNetwork:
        """Return the function of `predict`, rational: with exact rank k of the gradients.

        A small network where `predictor_` is "network"; else the lattice polynomial, whose evidence is in `exact_`.
        Either goes into all of `tropical`; :func:`tropical.lattice` makes the one of the other.

        Raises
        ------
        NotExact
            If the coefficients do not look rational with a small common denominator, or rounding changes the rank: the
            source is then irrational, or the samples do not determine it.
        """
        check_is_fitted(self, "components_")
        if self.predictor_ == "network":
            if self._built.network is None:
                raise NotExact(self._built.reason)
            return self._built.network.to_network()
        return self._exact_lattice()

    def _exact_lattice(self) -> LatticePolynomial:
        if self._built.walls:
            raise NotExact("which of the pieces applies depends on the sides of walls known to some per cent")
        if self.exact_.table is None:
            raise NotExact(self.exact_.reason)
        return LatticePolynomial(self.exact_.table, self._built.clauses, self._built.form)

    def to_network(self) -> Any:
        """Return the learned function as a ReLU network.

        Rational and exact where :meth:`to_exact` is. Else, where `predictor_` is "network" or the function has one
        hidden layer, that network, small and with float weights: the function of `predict` up to rounding. Else
        `lattice_`, exactly.
        """
        check_is_fitted(self, "components_")
        if self._rational is not None:
            return self._rational.to_network()
        folded = self._built.folded
        if folded is not None and (self.predictor_ == "network" or (self.exact_.table is None and folded.depth == 1)):
            return folded.to_network(self._built.basis)
        inexact = self.exact_.table is None or self._built.walls
        return (self.lattice_ if inexact else self._exact_lattice()).to_network()

    # ------------------------------------------------------------ steps

    def _checked_limit(self) -> float:
        share, cure = self.validation_fraction, "0.1 holds out a tenth"
        as_real(share, "validation_fraction", "a number between 0 and 1", lambda part: 0.0 < part < 1.0, cure)
        as_level(self.level)
        as_count(self.max_cells, "max_cells")
        as_count(self.max_samples, "max_samples")
        as_random_state(self.random_state)
        as_flag(self.progress, "progress")
        if self.callback is not None and not callable(self.callback):
            raise InvalidType("callback", "a function of a stage and the regressor, or None", self.callback, "drop it")
        if self.max_time is None:
            return float("inf")
        requirement, cure = "a positive number of seconds", "None sets no limit"
        return as_real(self.max_time, "max_time", requirement, lambda seconds: seconds > 0.0, cure)

    def _split(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.random.RandomState]:
        """Return training and held-out samples, and the generator."""
        samples, labels = validated(self, X, y, y_numeric=True, ensure_min_samples=2)
        samples, labels = distinct_samples(*as_samples(samples, labels, least=10))
        warn_if_rounded(labels, label_tolerance(labels))
        rng = as_random_state(self.random_state)
        held = np.zeros(len(samples), dtype=bool)
        held[rng.permutation(len(samples))[: max(1, round(self.validation_fraction * len(samples)))]] = True
        least, kept = samples.shape[1] + 2, int((~held).sum())
        if kept < least:
            given = f"{kept} after holding out {int(held.sum())}"
            raise InvalidInput("X", f"at least d + 2 = {least} training samples", given, "draw more samples")
        self.n_features_in_: int = samples.shape[1]
        return samples[~held], labels[~held], samples[held], labels[held], rng

    def _end(self, name: str, found: str, clock: Clock) -> None:
        """Record the stage that ends now."""
        stage = Stage(name, found, clock.lap())
        self.stages_.append(stage)
        if self.progress:
            print(f"{stage.name}: {stage.found} [{stage.seconds:.1f} s]", flush=True)  # noqa: T201 - asked for
        if self.callback is not None:
            self.callback(stage, self)

    def _pursue(self, X: np.ndarray, y: np.ndarray, rng: np.random.RandomState, clock: Clock) -> Pursuit:
        """Search on as many samples as help; the others are for pieces."""
        most = max(_FEW_SAMPLES, _SAMPLES_AN_INPUT * X.shape[1])
        pursuit = Pursuit(X[:most], y[:most], rounding=_ROUNDING * self._tolerance, rng=rng, expired=clock.expired)
        wanted = None if self.n_components == "auto" else int(self.n_components)
        try:
            return pursuit.run(self.start_.components_, wanted)
        except KeyboardInterrupt:
            clock.interrupted = True
            return pursuit

    def _adopt(self, X: np.ndarray, y: np.ndarray) -> None:
        """Take over what was built; of the training samples keep the coordinates and labels."""
        self._training = X @ self._built.basis.T, y
        self._built.forget_samples()
        self._lattice: LatticePolynomial | None = None
        gradients, constants = self._built.local.pieces.float_arrays()
        self.pieces_ = np.column_stack([gradients @ self._built.basis, constants])
        self.explained_ = self._built.explained
        if not self._built.exact:
            self.explained_training_ = 0.0

    def _validate(self, smooth: Refined | None, X: np.ndarray, y: np.ndarray, clock: Clock) -> None:
        """Measure on held-out samples, and choose what `predict` evaluates."""
        Z, built = X @ self._built.basis.T, self._built
        residuals = built.local.evaluate(Z) - y
        self.predictor_, self._smooth, self._local = "lattice", None, None
        if built.folded is not None:
            others = built.folded.evaluate(Z) - y
            share = float((np.abs(others) <= self._tolerance).mean())
            off = built.folded.evaluate(self._training[0]) - self._training[1]
            margin = share - self.explained_, float((np.abs(off) <= self._tolerance).mean()) - self.explained_training_
            if margin > (0.0, 0.0) or (margin == (0.0, 0.0) and built.prefers_network):
                residuals, self.predictor_, self.explained_ = others, "network", share
        forms = built.forms + (built.folded is not None)
        if built.exact and self.explained_ < 1.0:
            local, forms = Local.of(built.local, built.folded or built.near, *self._training), forms + 1
            others = local.evaluate(Z) - y
            share = float((np.abs(others) <= self._tolerance).mean())
            less = 1.0 - share < _MUCH * (1.0 - self.explained_)
            if (others**2).mean() < (1.0 / _MUCH if less else _MUCH) * (residuals**2).mean():
                residuals, self.predictor_, self._local, self.explained_ = others, "local", local, share
        if smooth is not None and self.explained_ < _MOSTLY:
            others = smooth.predict(X) - y
            margin = _MUCH if self.explained_ > (_MOST if built.walls else 0.5) else 1.0
            if (others**2).mean() < margin * (residuals**2).mean():
                residuals, self.predictor_, self._smooth, self._local = others, "smoother", smooth, None
        self.error_ = float((residuals**2).mean()) / (float(y.var()) or 1.0)
        self.noise_ = 1.4826 * float(np.median(np.abs(residuals)))
        evidence = Evidence(
            explained=self.explained_,
            on_pieces=self.explained_training_,
            held=len(y),
            forms=forms,
            error=self.error_,
            noise=0.0 if self.explained_ > 0.5 else self.noise_,
            unsure=float(1.0 - self.is_sure(X).mean()) if self.explained_ > 0.5 else 1.0,
            predictor=self.predictor_,
            walls=built.walls,
            stopped="an interrupt" if clock.interrupted else "max_time" if clock.expired() else "",
        )
        self.confidence_ = confidence(evidence)

    def _predict(self, X: np.ndarray) -> np.ndarray:
        if self._smooth is not None:
            return self._smooth.predict(X)
        same = self.predictor_ == "network" or self._built.is_one_layer  # then it is the faster of two forms
        folded = self._built.folded if same else None
        return (self._local or folded or self._built.local).evaluate(X @ self._built.basis.T)


_FEW_SAMPLES, _SAMPLES_AN_INPUT = 8000, 150  # for the search of the subspace, where there are more
_ROUNDING = 0.1  # of the tolerance: what pieces have to reach while the subspace is solved for
_MUCH = 0.5  # of the error, or of what is not explained, that another predictor has to have
_MOST, _MOSTLY = 0.9, 0.98  # of the held-out samples: exact on more, rough walls may stay; or it is kept in any case
