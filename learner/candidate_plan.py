"""Which nets a run of the reference algorithm goes through, and how many candidates that is, known before the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from learner.oracles import CandidateNet, LatticeNet, NetSize, lattice_net_size
from learner.weight_net import WeightNet, weight_net_size
from tropical._arguments import as_count
from tropical._exact.rational import as_choice, as_fraction, as_fraction_vector, as_items, as_limit
from tropical.exceptions import InvalidInput

__all__ = ["CandidatePlan", "Nets"]


@dataclass(frozen=True, slots=True)
class CandidatePlan:
    """How many candidates a run has at most, by round.

    Attributes
    ----------
    rounds : tuple of NetSize
        With 0, 1, ..., k-1 directions known.
    selection : NetSize
        For the choice at the end, with k directions.
    """

    rounds: tuple[NetSize, ...]
    selection: NetSize

    @property
    def formal(self) -> int:
        """All formulas: what the budget limits."""
        return sum(size.formal for size in (*self.rounds, self.selection))

    @property
    def filters(self) -> int:
        """Filters in all rounds: the sampling error holds for all of them at once."""
        return sum(size.formal if size.enumerated is None else size.enumerated for size in self.rounds)

    def __str__(self) -> str:
        lines = [f"round {i + 1}: {size}" for i, size in enumerate(self.rounds)]
        return "\n".join([*lines, f"choice:  {self.selection}"])


class Nets:
    """The nets of a run, from the parameters of :class:`learner.ExhaustiveFilteredPCA`; each net is listed once.

    Attributes
    ----------
    directions : int
        k.
    lipschitz : Fraction
        Λ.
    """

    def __init__(self, model: Any) -> None:
        self.directions = _count(model.n_directions, "n_directions", least=0)
        self.step = _positive(model.grid, "grid")
        self.final_step = self.step if model.final_grid is None else _positive(model.final_grid, "final_grid")
        self.limit = as_limit(model.max_candidates, "max_candidates")
        self._made: dict[tuple[int, Fraction], CandidateNet] = {}
        kind = as_choice(model.net, "net", ("lattice", "weights"), 'the lattice net is "lattice"')
        self._size: Callable[[int, Fraction], NetSize]
        self._make: Callable[[int, Fraction], CandidateNet]
        if kind == "lattice":
            pieces = _count(model.n_pieces, "n_pieces", least=1)
            if model.lipschitz is None:
                cure = "give an exact bound on the gradients' lengths, 2 say"
                raise InvalidInput("lipschitz", "a number for the lattice net", "None", cure)
            bound = self.lipschitz = _positive(model.lipschitz, "lipschitz")
            self._size = lambda known, step: lattice_net_size(known, pieces, bound, step)
            self._make = lambda known, step: LatticeNet(known, pieces, bound, step)
        else:
            widths, norms = _architecture(model)
            product = prod(norms, start=Fraction(1))
            self.lipschitz = product if model.lipschitz is None else _positive(model.lipschitz, "lipschitz")
            self._size = lambda known, step: weight_net_size(known, widths, norms, step)
            self._make = lambda known, step: WeightNet(known, widths, norms, step)

    def predicted(self) -> CandidatePlan:
        """Return the plan without listing candidates."""
        rounds = tuple(self._size(known, self.step) for known in range(self.directions))
        return CandidatePlan(rounds, self._size(self.directions, self.final_step))

    def affordable(self, plan: CandidatePlan) -> bool:
        """Return whether the plan is within the budget."""
        return self.limit is None or plan.formal <= self.limit

    def listed(self) -> CandidatePlan:
        """Return the plan with the exact numbers."""
        rounds = tuple(self.net(known).size for known in range(self.directions))
        return CandidatePlan(rounds, self.net(self.directions, final=True).size)

    def net(self, known: int, *, final: bool = False) -> CandidateNet:
        """Return the net on R^known."""
        key = known, self.final_step if final else self.step
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]


def _architecture(model: Any) -> tuple[list[int], list[Fraction]]:
    cure = "give the hidden widths, (2,) say"
    widths = [
        _count(width, f"hidden_widths[{i}]", least=1)
        for i, width in enumerate(as_items(model.hidden_widths, "hidden_widths", "a list of integers", cure))
    ]
    if not widths:
        raise InvalidInput("hidden_widths", "at least one hidden layer", "none", cure)
    if model.spectral_norms is None:
        cure = 'give an exact bound for each layer, or take net="lattice", which needs none'
        raise InvalidInput("spectral_norms", "a bound for each layer for the weight net", "None", cure)
    norms = list(as_fraction_vector(model.spectral_norms, "spectral_norms"))
    if len(norms) != len(widths) + 1 or not all(0 < norm <= _LARGEST for norm in norms):
        given = f"{[str(norm) for norm in norms]}"
        raise InvalidInput("spectral_norms", f"{len(widths) + 1} numbers > 0", given, "one for each weight matrix")
    return widths, norms


def _positive(value: Any, argument: str) -> Fraction:
    number = as_fraction(value, argument)
    if not 0 < number <= _LARGEST:
        raise InvalidInput(argument, "a number > 0 and at most 10^100", value, "nets of that size are out of reach")
    return number


_LARGEST = 10**100


def _count(value: Any, argument: str, *, least: int) -> int:
    return as_count(value, argument, least, _MOST, "count them")


_MOST = 1000  # directions, pieces, units: nets of fewer are beyond all machines
