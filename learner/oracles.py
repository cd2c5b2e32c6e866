r"""Candidates G for F∘P_W: two finite nets of functions on R^l, and how many they hold.

*Lattice net* (lemma N, docs/reference_algorithm.md). F∘P_W is bias-free, Λ-Lipschitz and has at most M pieces.
Rounding their gradients to the grid ηZ^l moves it by at most ``(η√l/2)|z|``. So the net is all lattice polynomials on
at most M gradients of the grid, those that some vector of length <= Λ is rounded to. Only Λ enters, no norm of a weight
matrix.

*Weight net* (:mod:`learner.weight_net`). All networks of one architecture with weights on a grid. It needs bounds on
the spectral norms.

============================  ======================================
docs/reference_algorithm.md   here
============================  ======================================
l                             ``net.dimension``
lemma N's count               ``net.size.bound``
candidates in fact            ``net.size.enumerated`` = ``len(net)``
error of rounding / abs(z)    ``net.error``
Lip(G) for every G            ``net.lipschitz``
============================  ======================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import ceil, comb, floor, sqrt
from typing import Protocol

import numpy as np

from learner.clause_structures import (
    chamber_bound,
    chamber_orders,
    essential_count,
    formal_count,
    functions_of,
    structures,
)
from tropical import LatticePolynomial
from tropical.exceptions import BudgetExceeded

__all__ = ["CandidateNet", "LatticeNet", "NetSize", "count_text", "gradient_grid", "lattice_net_size", "rounding_error"]

Evaluator = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class NetSize:
    """How many candidates a net holds, as exact integers.

    Attributes
    ----------
    dimension : int
        l.
    bound : int
        The lemma's count, known before anything is listed.
    formal : int
        Formulas, up to the order of pieces or units.
    enumerated : int or None
        Candidates tried: the formulas without repetitions of functions, as far as these are cheap to see. None where
        the net was not listed.
    """

    dimension: int
    bound: int
    formal: int
    enumerated: int | None = None

    def __str__(self) -> str:
        listed = "not listed" if self.enumerated is None else f"{self.enumerated} functions"
        return f"R^{self.dimension}: {listed}, {count_text(self.formal)} formulas, bound {count_text(self.bound)}"


def count_text(count: int) -> str:
    """Return a count in full where it is short, else its size: huge integers have no decimal text."""
    if count < 10**12:
        return str(count)
    return f"{float(count):.1e}" if count < 10**300 else "more than 1e300"


class CandidateNet(Protocol):
    """A finite family of bias-free functions on R^l; candidate 0 is the zero function."""

    dimension: int
    size: NetSize
    error: float
    lipschitz: float

    def __len__(self) -> int: ...

    def on(self, Z: np.ndarray) -> Evaluator:
        """Return what takes numbers of candidates (b,) and gives their values at the rows of Z (n, l), as (b, n)."""
        ...

    def candidate(self, number: int) -> LatticePolynomial:
        """Return one candidate, exactly, on R^max(l, 1)."""
        ...


def lattice_net_size(dimension: int, pieces: int, lipschitz: Fraction, step: Fraction) -> NetSize:
    """Return lemma N's count and the number of formulas of a lattice net, without listing it.

    Parameters
    ----------
    dimension, pieces : int
        l >= 0 and M >= 1.
    lipschitz, step : Fraction
        Λ >= 0 and η > 0.

    Raises
    ------
    BudgetExceeded
        For more than seven pieces, or a grid with more than 64 steps in a length of Λ on R^2 or more.

    Notes
    -----
    The bound is ``(2⌈Λ/η⌉+1)^{lM} · min(D(M) - 2, M^N)``; the formulas are
    ``Σ_{j <= M} C(p, j) a(j)`` for p gradients and the a(j) structures in which j generators all matter.

    Examples
    --------
    >>> lattice_net_size(2, 3, Fraction(1), Fraction(1, 2))
    NetSize(dimension=2, bound=281250, formal=12411, enumerated=None)
    """
    if dimension == 0:
        return NetSize(0, 1, 1)
    clauses = min(formal_count(pieces), pieces ** chamber_bound(dimension, pieces))
    bound = (2 * ceil(lipschitz / step) + 1) ** (dimension * pieces) * clauses
    p = _count_gradients(dimension, lipschitz / step)
    formal = sum(comb(p, j) * essential_count(j) for j in range(1, min(pieces, p) + 1))
    return NetSize(dimension, bound, formal)


def rounding_error(dimension: int, step: Fraction) -> float:
    """Return ``η√l/2``: rounding gradients to the grid moves a function by at most so much times |z| (lemma N)."""
    return float(step) * sqrt(dimension) / 2.0


class LatticeNet:
    """All bias-free lattice polynomials on at most M gradients of a grid: one candidate for each function.

    Parameters
    ----------
    dimension, pieces : int
        l and M.
    lipschitz, step : Fraction
        Λ and η.
    max_candidates : int, optional
        Limit on the number of formulas.

    Raises
    ------
    BudgetExceeded
        Before anything is listed, with the :class:`NetSize`.

    Notes
    -----
    A function determines its pieces (lemma I), so a candidate is a set of gradients and one of the different functions
    that have all of them as pieces (:mod:`learner.clause_structures`). Repetitions remain only for M >= 5 and l >= 3.
    Memory: 8M bytes for each candidate. Evaluation: one product of (p, l) and (l, n), then minima and maxima of rows.
    """

    def __init__(
        self, dimension: int, pieces: int, lipschitz: Fraction, step: Fraction, *, max_candidates: int | None = None
    ) -> None:
        predicted = lattice_net_size(dimension, pieces, lipschitz, step)
        if max_candidates is not None and predicted.formal > max_candidates:
            cure = "raise max_candidates, or take a coarser grid or fewer pieces"
            raise BudgetExceeded(
                f"the lattice net on R^{dimension} has {count_text(predicted.formal)} formulas (lemma N's bound: "
                f"{count_text(predicted.bound)}), more than max_candidates={max_candidates}; {cure}",
                predicted,
            )
        self.dimension, self.step = dimension, step
        self.error = rounding_error(dimension, step)
        self.lipschitz = float(lipschitz) + self.error
        self.gradients = gradient_grid(dimension, lipschitz / step)
        self._groups = _groups(self.gradients, pieces)
        self._starts = np.cumsum([0, *(len(members) for members, _ in self._groups)])
        self.size = NetSize(dimension, predicted.bound, predicted.formal, int(self._starts[-1]))

    def __len__(self) -> int:
        return int(self._starts[-1])

    def on(self, Z: np.ndarray) -> Evaluator:
        """Return what takes numbers of candidates (b,) and gives their values at the rows of Z (n, l), as (b, n)."""
        table = (float(self.step) * np.array(self.gradients, dtype=np.float64).reshape(len(self.gradients), -1)) @ Z.T

        def evaluate(numbers: np.ndarray) -> np.ndarray:
            result = np.empty((len(numbers), len(Z)))
            groups = np.searchsorted(self._starts, numbers, side="right") - 1
            for group in np.unique(groups):
                mine = groups == group
                members, clauses = self._groups[group]
                chosen = members[numbers[mine] - self._starts[group]]
                result[mine] = _max_min(table, chosen, clauses)
            return result

        return evaluate

    def candidate(self, number: int) -> LatticePolynomial:
        """Return one candidate, exactly, on R^max(l, 1)."""
        group = int(np.searchsorted(self._starts, number, side="right")) - 1
        members, clauses = self._groups[group]
        rows = [self.gradients[i] or (0,) for i in members[number - self._starts[group]].tolist()]
        return LatticePolynomial([([entry * self.step for entry in row], 0) for row in rows], clauses)


def _max_min(table: np.ndarray, chosen: np.ndarray, clauses: Sequence[Sequence[int]]) -> np.ndarray:
    """Return max_S min_{i in S} of rows of a table, for each row of piece numbers (b, j)."""
    result = None
    for clause in clauses:
        least = table[chosen[:, clause[0]]]
        for i in clause[1:]:
            least = np.minimum(least, table[chosen[:, i]], out=least)
        result = least if result is None else np.maximum(result, least, out=result)
    assert result is not None, "structures have a clause"
    return result


def gradient_grid(dimension: int, ratio: Fraction) -> list[tuple[int, ...]]:
    """Return the points g of Z^l that vectors of length at most `ratio` are rounded to, the shortest first.

    The cube of side 1 about g meets the ball iff ``Σ max(|g_i| - 1/2, 0)² <= ratio²``.
    """
    reach = floor(ratio + Fraction(1, 2))
    limit = 4 * ratio * ratio
    points = [
        point
        for point in product(range(-reach, reach + 1), repeat=dimension)
        if sum(max(2 * abs(entry) - 1, 0) ** 2 for entry in point) <= limit
    ]
    return sorted(points, key=lambda point: (sum(entry * entry for entry in point), point))


def _count_gradients(dimension: int, ratio: Fraction) -> int:
    """Return how many points :func:`gradient_grid` has, from how many have each value of the sum."""
    reach, limit = floor(ratio + Fraction(1, 2)), floor(4 * ratio * ratio)
    if dimension == 1:
        return 2 * reach + 1
    if reach > _FINEST:
        given = f"about {count_text(reach)} steps in a length of lipschitz"
        raise BudgetExceeded(f"the grid has {given}, more than {_FINEST}; take a coarser one")
    sums = {0: 1}
    for _ in range(dimension):
        longer: dict[int, int] = {}
        for total, count in sums.items():
            for entry in range(reach + 1):
                after = total + max(2 * entry - 1, 0) ** 2
                if after <= limit:
                    longer[after] = longer.get(after, 0) + count * (2 if entry else 1)
        sums = longer
    return sum(sums.values())


_FINEST = 64  # 13 000 gradients in the plane, 10^8 pairs of them


def _groups(gradients: list[tuple[int, ...]], pieces: int) -> list[tuple[np.ndarray, tuple[tuple[int, ...], ...]]]:
    """Return, for each clause structure, the sets of gradients (count, j) that it makes a new function of."""
    groups = []
    for j in range(1, min(pieces, len(gradients)) + 1):
        sets: dict[int, list[tuple[int, ...]]] = {number: [] for number in range(len(structures(j)))}
        for chosen in combinations(range(len(gradients)), j):
            orders = None if j <= 2 else chamber_orders([gradients[i] for i in chosen])
            for number in functions_of(j, orders):
                sets[number].append(chosen)
        groups += [
            (np.array(members, dtype=np.intp).reshape(-1, j), structures(j)[number])
            for number, members in sets.items()
            if members
        ]
    return groups
