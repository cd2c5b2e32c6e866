r"""The algorithm of Chen, Klivans and Meka (2021) as it stands, for tiny instances: exhaustive, and with its bounds.

Keep orthonormal directions that span W, none at first. In each round go through a net of candidates G for F∘P_W,
filter by the residual ``|y - G(P_W x)| > τ``, and add the top eigenvector of the filtered matrix off W if its
eigenvalue clears what is needed; stop when none does. At the end return the candidate with the least squared error on
W. The cost is exponential in M·k by design: the count is known before the run, and a budget guards it.

===========================  ==================================
docs/reference_algorithm.md  here
===========================  ==================================
k, M, Λ, η                   ``n_directions``, ``n_pieces``, ``lipschitz``, ``grid``
τ                            ``threshold``
W                            ``components_``
G at the end                 ``candidate_``
rounds, with every bound     ``rounds_``, ``report()``
===========================  ==================================

It is the oracle for :class:`learner.FilteredPCA` and :class:`learner.LatticeRegressor`, not a tool.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from learner.candidate_plan import CandidatePlan, Nets
from learner.oracles import NetSize, count_text
from learner.reference_report import rounds_report
from learner.rounds import Round, Rule, best_fit, find_direction
from learner.sampling import as_samples, warn_unless_gaussian
from tropical import LatticePolynomial
from tropical._arguments import as_flag, as_real
from tropical._exact.rational import as_choice
from tropical._protocol import as_sample_array
from tropical.exceptions import BudgetExceeded, Interrupted, InvalidInput

__all__ = ["ExhaustiveFilteredPCA"]


class ExhaustiveFilteredPCA(TransformerMixin, RegressorMixin, BaseEstimator):
    """Learn a bias-free F of few pieces and few directions by going through a net of candidates.

    Parameters
    ----------
    n_directions : int
        k: the relevant subspace has at most so many dimensions, and at most so many rounds are made.
    n_pieces : int
        M: F has at most so many pieces; for the lattice net.
    lipschitz : exact number > 0, optional
        Λ: F is Λ-Lipschitz. Needed for the lattice net; the product of the spectral norms otherwise.
    grid : exact number > 0
        Grid step: η of the gradients (lattice net), h of the weights (weight net).
    threshold : float, optional
        τ. By default Λ√(2(k - l)) with l directions known, as in lemma G.
    ramp : bool
        Filter by the ramp in place of the threshold: lemma S3 then bounds directions after the first.
    net : {"lattice", "weights"}
    hidden_widths, spectral_norms : sequences
        Of the weight net: widths n_1, ..., n_L and exact bounds B_1, ..., B_{L+1}.
    final_grid : exact number > 0, optional
        Another grid step for the choice at the end.
    eigenvalue : float, optional
        What an eigenvalue has to reach. By default the sampling error (S1) divided by `soundness`.
    soundness : float
        In (0, 1]: a direction is taken if lemma S2 bounds its sine to V by this. 1: if it is certain to be no noise.
    level : float
        Probability that a sampling error of the run exceeds its bound.
    search : {"first", "best"}
        End a round with the first candidate that clears, or take the largest eigenvalue of all.
    max_candidates : int or None
        Limit on the formulas of all rounds together.
    progress : bool
        Show a bar (tqdm).

    Attributes
    ----------
    components_ : float array (l, d)
        Orthonormal rows, in the order in which they were found; l may be 0.
    candidate_ : LatticePolynomial
        The best candidate on R^max(l, 1), exact.
    lattice_ : LatticePolynomial
        The same on R^d: composed with `components_`, exact in their floats.
    rounds_ : list of Round
        All rounds, the last one without a direction unless k were found.
    plan_ : CandidatePlan
    selection_ : NetSize
        Of the net that `candidate_` was chosen from.
    error_ : float
        Root mean square of y - candidate on the samples of the choice.
    error_bound_ : float
        ``η_F √l + Λ √(Σ sine²)``: bounds the error of the best candidate in the population if no direction is missing,
        with the sines that the rounds guarantee (lemmas N and S2 or S3).
    stopped_ : str
        Why the rounds ended.
    n_features_in_ : int

    Raises
    ------
    BudgetExceeded
        On fit, before the samples are looked at, with the plan.
    Interrupted
        On Ctrl-C, with the rounds done.

    Notes
    -----
    Sample i serves round i modulo k + 1, or the choice at the end: so the directions known are independent of the
    samples of each round, as the bounds need. Bounds on what is found (F, C, G) speak about noise-free labels; that
    what is found lies in V (K, S1-S3) holds with independent noise, too.

    References
    ----------
    Chen, Klivans, Meka, *Learning Deep ReLU Networks Is Fixed-Parameter Tractable*, FOCS 2021, arXiv 2009.13512.

    Examples
    --------
    >>> import tropical as tp
    >>> from learner import sample
    >>> X, y = sample(tp.parse("max(x0, -x0, 0*x3)"), 20_000, random_state=0)
    >>> model = ExhaustiveFilteredPCA(n_directions=1, n_pieces=2, lipschitz=1, grid="1/2").fit(X, y)
    >>> str(model.candidate_), abs(model.components_).round(1).tolist()
    ('max(-x0, x0)', [[1.0, 0.0, 0.0, 0.0]])
    """

    def __init__(
        self,
        *,
        n_directions: int,
        n_pieces: int = 2,
        lipschitz: Any = None,
        grid: Any = "1/2",
        threshold: float | None = None,
        ramp: bool = False,
        net: str = "lattice",
        hidden_widths: Sequence[int] = (2,),
        spectral_norms: Sequence[Any] | None = None,
        final_grid: Any = None,
        eigenvalue: float | None = None,
        soundness: float = 1.0,
        level: float = 0.01,
        search: str = "first",
        max_candidates: int | None = 1_000_000,
        progress: bool = False,
    ) -> None:
        self.n_directions = n_directions
        self.n_pieces = n_pieces
        self.lipschitz = lipschitz
        self.grid = grid
        self.threshold = threshold
        self.ramp = ramp
        self.net = net
        self.hidden_widths = hidden_widths
        self.spectral_norms = spectral_norms
        self.final_grid = final_grid
        self.eigenvalue = eigenvalue
        self.soundness = soundness
        self.level = level
        self.search = search
        self.max_candidates = max_candidates
        self.progress = progress

    def predicted_candidates(self) -> CandidatePlan:
        """Return how many candidates a run has at most: lemma N's count, the formulas, and the functions among them.

        The last number needs a list of them, so it is None where the formulas exceed `max_candidates`.
        """
        nets = Nets(self)
        plan = nets.predicted()
        return nets.listed() if nets.affordable(plan) else plan

    def fit(self, X: Any, y: Any) -> ExhaustiveFilteredPCA:
        """Learn from samples X (n, d), rows from N(0, I), and labels y (n,).

        Parameters
        ----------
        X : (n, d)
        y : (n,)

        Raises
        ------
        BudgetExceeded
            Before anything is evaluated, if the run has more candidates than `max_candidates`.
        Interrupted
            On Ctrl-C; the rounds done so far are in it.
        InvalidInput
            If there are to be more directions than inputs.
        """
        nets = Nets(self)
        rule = self._rule(nets)
        plan = nets.predicted()
        if not nets.affordable(plan):
            raise BudgetExceeded(
                f"the run has {count_text(plan.formal)} candidates in {len(plan.rounds)} rounds and the choice at the "
                f"end, more than max_candidates={self.max_candidates}; raise it, or take a coarser grid, fewer pieces "
                "or directions",
                plan,
            )
        samples, labels = as_samples(X, y, least=nets.directions + 1, constant=True)
        dimension = samples.shape[1]
        if nets.directions > dimension:
            raise InvalidInput("n_directions", f"at most d = {dimension}", self.n_directions, "lower it")
        warn_unless_gaussian(samples)
        self.plan_: CandidatePlan = nets.listed()
        rule = self._rule(nets, filters=self.plan_.filters)
        self.n_features_in_ = dimension
        self.components_ = np.empty((0, dimension))
        self.rounds_: list[Round] = []
        try:
            self._rounds(nets, rule, samples, labels)
            self._choose(nets, rule, samples, labels)
        except KeyboardInterrupt:
            message = f"stopped with {len(self.components_)} directions after {len(self.rounds_)} rounds"
            raise Interrupted(message, self.rounds_) from None
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the best candidate at the rows of X (n, d), as floats (n,).

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        check_is_fitted(self, "candidate_")
        return self.candidate_.evaluate(_coordinates(as_sample_array(X, self.n_features_in_), self.components_))

    def transform(self, X: Any) -> np.ndarray:
        """Return the coordinates of the rows of X along the components, (n, l).

        Parameters
        ----------
        X : array-like of float, (n, d)
        """
        check_is_fitted(self, "candidate_")
        return as_sample_array(X, self.n_features_in_) @ self.components_.T

    def report(self) -> str:
        """Return a table of all rounds: what was found, beside what the lemmas promise."""
        check_is_fitted(self, "candidate_")
        return rounds_report(self)

    # ------------------------------------------------------------ steps

    def _rounds(self, nets: Nets, rule: Rule, X: np.ndarray, y: np.ndarray) -> None:
        parts = nets.directions + 1
        squares = 0.0
        self.stopped_ = f"all {nets.directions} directions were found"
        for known in range(nets.directions):
            net = nets.net(known)
            with _bar(self.progress, f"round {known + 1}", len(net)) as tick:
                found = find_direction(
                    net, X[known::parts], y[known::parts], self.components_, min(1.0, sqrt(squares)), rule, tick
                )
            self.rounds_.append(found)
            if not found.accepted:
                self.stopped_ = f"no candidate of round {known + 1} has an eigenvalue of {found.needed:.3g}"
                break
            squares += found.sine**2
            self.components_ = np.vstack([self.components_, found.direction])

    def _choose(self, nets: Nets, rule: Rule, X: np.ndarray, y: np.ndarray) -> None:
        """Choose the candidate with the least squared error on samples that no round has used."""
        parts, known = nets.directions + 1, len(self.components_)
        unused = np.arange(len(X)) % parts >= len(self.rounds_)
        net = nets.net(known, final=True)
        Z = X[unused] @ self.components_.T
        with _bar(self.progress, "choice", len(net)) as tick:
            number, self.error_ = best_fit(net, Z, y[unused], tick)
        self.selection_: NetSize = net.size
        self.candidate_: LatticePolynomial = net.candidate(number)
        rows = [[Fraction(entry) for entry in row] for row in self.components_.tolist()]
        self.lattice_ = self.candidate_.compose(rows or [[0] * X.shape[1]])
        sines = [found.sine for found in self.rounds_ if found.accepted]
        self.error_bound_ = net.error * sqrt(known) + rule.lipschitz * sqrt(sum(sine**2 for sine in sines))

    def _rule(self, nets: Nets, filters: int = 1) -> Rule:
        """Return the parameters of the rounds, checked."""
        limits = {"threshold": self.threshold, "eigenvalue": self.eigenvalue}
        for name, value in limits.items():
            if value is not None:
                sign = ">= 0" if name == "threshold" else "> 0"
                needed = f"a number {sign} and at most {_LARGEST:g}, or None"
                least = 0.0 if name == "threshold" else float(np.finfo(float).tiny)
                as_real(value, name, needed, lambda number, least=least: least <= number <= _LARGEST, "use None")
        for name, value, top in (("soundness", self.soundness, 1.0), ("level", self.level, 0.999)):
            requirement = "a number in (0, 1]" if top == 1.0 else "a number between 0 and 1"
            as_real(value, name, requirement, lambda number, top=top: 0.0 < number <= top, "use the default")
        as_flag(self.ramp, "ramp")
        as_flag(self.progress, "progress")
        if self.ramp and self.threshold == 0:
            raise InvalidInput("threshold", "a number > 0 for a ramp", self.threshold, "raise it")
        as_choice(self.search, "search", ("first", "best"), 'the paper has "first"')
        return Rule(
            lipschitz=float(nets.lipschitz),
            directions=nets.directions,
            threshold=None if self.threshold is None else float(self.threshold),
            ramp=bool(self.ramp),
            eigenvalue=None if self.eigenvalue is None else float(self.eigenvalue),
            soundness=float(self.soundness),
            level=float(self.level),
            filters=filters,
            search=self.search,
        )


_LARGEST = 1e100  # squares stay finite


def _coordinates(X: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Return the coordinates of samples, one column of zeros where there is no direction."""
    return X @ components.T if len(components) else np.zeros((len(X), 1))


@contextmanager
def _bar(shown: bool, name: str, total: int) -> Generator[Callable[[int], object]]:
    """Yield what counts candidates done; a bar on stderr shows it if asked so."""
    if not shown:
        yield lambda count: None
        return
    from tqdm import tqdm

    with tqdm(desc=name, total=total, unit=" candidates") as bar:
        yield bar.update
