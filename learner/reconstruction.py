"""From a subspace to a function on it: pieces, rationals, hidden layers, clauses.

Each step says in words what it found, or nothing where it has nothing to do. What a function is made of is known only
on the directions found, R^k; the gradients in R^d are products with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from learner.adjacent_pieces import with_adjacent_pieces
from learner.assemble import COMPLETED, Clauses, complete, forms_of_samples, renumbered
from learner.folds import FoldedFunction
from learner.gauss_newton import off_span
from learner.hidden_layers import as_hidden_layers
from learner.noisy_pieces import merged_pieces
from learner.one_layer import as_one_layer
from learner.piece_regression import pieces_from_exact, pieces_from_rough
from learner.pieces import Pieces, all_pieces, label_tolerance
from learner.pursuit import Pursuit
from learner.rational_network import RationalNetwork, rational_network
from learner.rational_pieces import ExactTable, recognised
from learner.stages import Clock
from tropical import LatticePolynomial, NotExact

__all__ = ["CELLS_OF_A_NETWORK", "Reconstruction", "basis_of"]


class Reconstruction:
    """A function of R^k, step by step, from training samples and what the pursuit found.

    Parameters
    ----------
    pursuit : Pursuit
    components : (k, d)
        Orthonormal rows to start from.
    X, y : (n, d), (n,)
        Training samples.
    rng : RandomState
    max_cells : int
        Of the completion.

    Attributes
    ----------
    components : (k, d)
        Orthonormal rows that span the gradients of the pieces.
    exact : bool
        Whether pieces explain samples to rounding.
    on_piece : bool array (n,)
        The training samples that they explain.
    table : ExactTable
    local : LatticePolynomial
        On R^k: of the forms the one that explains most held-out samples.
    clauses, form
        Of `local`, in the numbers of the table.
    bounds : pair of LatticePolynomial
        Lower and upper form.
    folded : FoldedFunction or None
        A network behind the pieces: in floats, those of `network` where there is one.
    near : FoldedFunction or None
        Where no network was found behind the pieces: one that comes near all samples, and explains few.
    network : RationalNetwork or None
        The rational network that `folded` stands for.
    reason : str
        Why there is none; "" where there is.
    walls : int
        How many of the components, the last, are normals of walls between pieces, right to some per cent.
    open : bool
        Whether the forms differ somewhere, so that samples and pieces found do not determine the function.
    explained : float
        Share of held-out samples that `local` explains.
    forms : int
        Number of forms compared.
    """

    def __init__(
        self,
        pursuit: Pursuit,
        components: np.ndarray,
        X: np.ndarray,
        y: np.ndarray,
        *,
        rng: np.random.RandomState,
        max_cells: int,
    ) -> None:
        self.components = components
        self.table = ExactTable(None, "no exact piece was found")
        self.folded: FoldedFunction | None = None
        self.near: FoldedFunction | None = None
        self.network: RationalNetwork | None = None
        self.reason = "no network was found behind the pieces"
        self.explained, self.forms, self.open, self.walls = 0.0, 0, False, 0
        self._pursuit, self._X, self._y, self._rng, self._max_cells = pursuit, X, y, rng, max_cells
        self._tolerance = label_tolerance(y)
        self._whole: LatticePolynomial | None = None
        self._completed = False

    @property
    def basis(self) -> np.ndarray:
        """The components, or one zero row."""
        return basis_of(self.components)

    @property
    def prefers_network(self) -> bool:
        """Whether the network is to be taken where both explain the same: it is rational, or all else is open."""
        return self.network is not None or (self.open and not self._completed)

    def steps(self, X: np.ndarray, y: np.ndarray, clock: Clock) -> Iterator[tuple[str, Callable[[], str | None]]]:
        """Yield names of steps and the steps, in their order; X, y are the samples held out."""
        yield "pieces", self._find
        yield "one hidden layer", self._one_layer
        yield "rationals", self._recognise
        yield "assembly", self._assemble
        self._choose(X, y)
        yield "hidden layers", lambda: self._more_layers(clock)
        yield "rational network", self._recognise_network
        yield "completion", lambda: None if clock.expired() or self.network is not None else self._complete()
        if self._completed:
            self._choose(X, y)

    def forget_samples(self) -> None:
        """Drop what only the steps need."""
        del self._pursuit, self._X, self._y, self._rng, self._pieces, self._clauses

    @property
    def is_one_layer(self) -> bool:
        """Whether the lattice polynomial is the function `folded` of one hidden layer, with all its pieces."""
        return self._whole is not None

    # ------------------------------------------------------------ steps

    def _find(self) -> str:
        """Find all exact pieces, or pieces by least squares; set the components to the span of their gradients."""
        pursuit, X, y = self._pursuit, self._X, self._y
        if pursuit.finished is None:
            start = pursuit.refined.components if pursuit.refined is not None else self.components
            components, pieces = pieces_from_rough(X, y, start, rng=self._rng)
        else:
            components, pieces = pieces_from_exact(X, y, pursuit.finished, rng=self._rng)
        if len(pieces):
            self.components = components
            pieces = with_adjacent_pieces(X @ components.T, y, pieces) if len(components) else pieces
            if pursuit.finished is not None and len(pursuit.finished.walls):
                pieces = self._with_walls(pieces, pursuit.finished.walls)
        self.on_piece = pieces.owner >= 0
        self.exact = bool(self.on_piece.any())
        self._pieces = pieces if self.exact else self._inexact_pieces()
        share, beyond = float(self.on_piece.mean()), f", {self.walls} of them normals of walls" if self.walls else ""
        return f"{len(self._pieces)} on R^{len(self.components)}{beyond}, explain {share:.4%} of the samples"

    def _with_walls(self, pieces: Pieces, normals: np.ndarray) -> Pieces:
        """Add the normals of walls to the components: no piece looks at them, but the choice between pieces does."""
        values, rows = np.linalg.svd(off_span(normals, self.components), full_matrices=False)[1:]
        rows = rows[: int((values > _NORMAL).sum())]
        self.walls = len(rows)
        self.components = np.vstack([self.components, rows])
        flat = np.zeros((len(pieces), len(rows)))
        along = pieces.gradients[:, : len(self.components) - len(rows)]  # of no direction there is one of zeros
        return replace(pieces, gradients=np.hstack([along, flat]) if len(rows) else pieces.gradients)

    def _inexact_pieces(self) -> Pieces:
        """Return pieces by least squares: as the refinement left them, or one affine function of the components."""
        rough, refined, X, y = self._pursuit.rough, self._pursuit.refined, self._X, self._y
        if rough is not None and refined is not None:
            self.components = refined.components  # closer under noise: all samples made it, not those on pieces alone
            members = slice(0, len(rough.owner))
            gradients, constants, owner = merged_pieces(rough, X[members] @ self.components.T, y[members])
            if len(gradients):
                full = np.full(len(X), -1)
                full[members] = owner
                return Pieces(gradients, constants, np.full(len(gradients), np.inf), full)
        design = np.column_stack([X @ self.basis.T, np.ones(len(X))])
        fit = np.linalg.lstsq(design, y, rcond=None)[0]
        return Pieces(fit[None, :-1], fit[-1:], np.array([np.inf]), np.full(len(X), -1))

    def _one_layer(self) -> str | None:
        if not self.exact or len(self._pieces) <= 2 or self.walls:
            return None
        Z, seen = self._X @ self.basis.T, len(self._pieces)
        self.folded = as_one_layer(Z, self._y, self._pieces)
        if self.folded is None:
            return None
        self._whole = self.folded.lattice(CELLS_OF_A_NETWORK * self._max_cells)
        if self._whole is None:
            return f"{len(self.folded.folds)} folds, {seen} pieces seen"
        self._pieces = all_pieces(self._whole, Z, self._y)
        return f"{len(self.folded.folds)} folds, {len(self._pieces)} pieces, {seen} of them seen"

    def _recognise(self) -> str | None:
        if not self.exact:
            return None
        if _determines_gradients(self._X):
            self.table, self._pieces = recognised(self._pieces, self.basis, self._X, self._y, walls=self.walls)
        else:
            self.table = ExactTable(None, "the inputs do not span R^d, so they do not determine gradients")
        self.on_piece = self._pieces.owner >= 0
        return str(self.table)

    def _assemble(self) -> str:
        pieces = self._pieces
        if self._whole is not None:
            self._clauses: dict[str, Clauses] = {"max-min": renumbered(self._whole, pieces)}
        else:
            mine = pieces.owner >= 0
            Z, y = self._X[mine] @ self.basis.T, self._y[mine]
            if not self.exact and len(Z):  # the label of a noisy sample is what its piece says
                owner = pieces.owner[mine]
                y = np.einsum("ij,ij->i", Z, pieces.gradients[owner]) + pieces.constants[owner]
            self._clauses = forms_of_samples(Z, y, pieces.gradients, pieces.constants, self._tolerance)
        return " and ".join(f"{len(clauses)} clauses ({form})" for form, clauses in self._clauses.items())

    def _complete(self) -> str | None:
        if self.table.table is None or len(self._clauses) != 2 or self.walls:
            return None
        found, clauses = complete(self.table.table, self._clauses, self._max_cells)
        if clauses is not None:
            self._clauses[COMPLETED], self._completed = clauses, True
        return found

    def _choose(self, X: np.ndarray, y: np.ndarray) -> None:
        """Keep the form that explains most held-out samples, and comes closest to the others."""
        Z, best, bounds = X @ self.basis.T, (-1, -np.inf), []
        for name in sorted(self._clauses, key=lambda name: name != COMPLETED):
            form, clauses = "min-max" if name == "min-max" else "max-min", self._clauses[name]
            candidate = LatticePolynomial.from_floats(self._pieces.gradients, self._pieces.constants, clauses, form)
            residuals = np.abs(candidate.evaluate(Z) - y)
            score = (int((residuals <= self._tolerance).sum()), -float(np.median(residuals)))
            if score > best:
                best, self.local, self.clauses, self.form = score, candidate, clauses, form
            if name != COMPLETED:
                bounds.append(candidate)
        self.bounds = bounds[0], bounds[-1]
        self.explained, self.forms = best[0] / len(y), len(self._clauses)

    def _more_layers(self, clock: Clock) -> str | None:
        """Look for a network behind the pieces where the forms do not explain all samples, or differ elsewhere."""
        fresh = np.random.RandomState(0).standard_normal((_POINTS, len(self.basis)))
        lower, upper = (bound.evaluate(fresh) for bound in self.bounds)
        self.open = bool((np.abs(lower - upper) > self._tolerance).any())
        whole = self.explained == 1.0 and self.on_piece.all() and not self.open
        if not self.exact or self.folded is not None or whole or self.walls:
            return None
        Z, rng = self._X @ self.basis.T, self._rng
        limits = {"expired": clock.expired, "soon": clock.part(_FOR_LAYERS)}
        found = as_hidden_layers(Z, self._y, self._pieces, rng=rng, accept=self._is_rational, **limits)
        self.folded, self.near = found.function, found.near
        function = self.folded or self.near
        if function is None:
            return None
        text = f"{len(function.folds)} folds in {function.depth} layers"
        if self.near is None:
            return text
        off = float((np.abs(self.near.evaluate(Z) - self._y) ** 2).mean() / self._y.var())
        return f"none; near one of {text}, {off:.1e} of the variance off"

    def _is_rational(self, folded: FoldedFunction) -> bool:
        """Return whether a network is rational where pieces are: another one that explains the samples is not it."""
        if self.table.table is None:
            return True
        self.network = self._in_rationals(folded)
        return self.network is not None

    def _in_rationals(self, folded: FoldedFunction) -> RationalNetwork | None:
        if not _determines_gradients(self._X):
            self.reason = self.table.reason
            return None
        Z = self._X @ self.basis.T
        try:
            return rational_network(folded, self.basis, self.table.table, self._pieces, Z, self._y)
        except NotExact as error:
            self.reason = str(error)
            return None

    def _recognise_network(self) -> str | None:
        """Make the network rational, if its lattice form is not known anyway."""
        if self.folded is None or self._whole is not None:
            return None
        self.network = self.network or self._in_rationals(self.folded)
        if self.network is None:
            return f"none: {self.reason}"
        self.folded, self.reason = self.network.in_floats(self.basis), ""
        return str(self.network)


_NORMAL = 0.1  # sine: what is left of a normal off the gradients of pieces is none below
_FOR_LAYERS = 0.5  # of the time left: layers one by one, before several at once
_POINTS = 20_000  # at which the forms are compared
CELLS_OF_A_NETWORK = 10  # times max_cells: they cost some hundredths of a millisecond each


def basis_of(components: np.ndarray) -> np.ndarray:
    """Return the components, or one zero row where there are none: a function of no direction lives on it too."""
    return components if len(components) else np.zeros((1, components.shape[1]))


def _determines_gradients(X: np.ndarray) -> bool:
    """Return whether affine functions that agree on the samples are equal: (x, 1) spans R^{d+1}."""
    rows = np.column_stack([X, np.ones(len(X))])
    values = np.linalg.eigvalsh(rows.T @ rows)
    return bool(values[0] > 1e-10 * values[-1])
