r"""Lemma B: how many activation cells and pieces a network of given widths can have.

Layer l has n_l units that cut each cell of the layers before it, and there it reads at most r_l directions: so it cuts
each of them into at most the chambers of n_l hyperplanes in dimension r_l. Zaslavsky's numbers are
``Σ_{j <= r} C(n, j)`` in general and ``2 Σ_{j < r} C(n - 1, j)`` for hyperplanes through one point, r >= 1; for r = 0
nothing is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import comb, prod
from typing import Any, ClassVar

from tropical._arguments import as_count, as_flag
from tropical._exact.linear import rank
from tropical._exact.rational import as_fraction, as_items
from tropical.certificates import Certificate
from tropical.complexes import CellComplex, cells
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lemmas.report import LemmaReport, compare
from tropical.lemmas.statement import Lemma
from tropical.network import ReLUNetwork

__all__ = ["NetworkCells", "activation_cell_bound", "arrangement_bound"]

_LARGEST = 10_000  # hyperplanes, units: the bounds have thousands of digits then
_MOST_CERTIFIED = 1000  # cells


def arrangement_bound(hyperplanes: int, dimension: int, *, central: bool = False) -> int:
    """Return the largest number of chambers of n hyperplanes in dimension r, all through one point if central.

    Parameters
    ----------
    hyperplanes, dimension : int
        n and r.
    central : bool

    Examples
    --------
    >>> arrangement_bound(3, 2), arrangement_bound(3, 2, central=True), arrangement_bound(3, 0, central=True)
    (7, 6, 1)
    """
    n, d = as_count(hyperplanes, "hyperplanes", 0, _LARGEST), as_count(dimension, "dimension", 0, _LARGEST)
    r = min(d, n)
    if not as_flag(central, "central") or r == 0:
        return sum(comb(n, j) for j in range(r + 1))
    return 2 * sum(comb(n - 1, j) for j in range(r))


def activation_cell_bound(hidden: Sequence[int], first_rank: int, *, bias_free: bool = False) -> int:
    """Return lemma B's bound on the cells of a network with these hidden widths and rank of the first layer.

    Parameters
    ----------
    hidden : sequence of int
    first_rank : int
    bias_free : bool

    Examples
    --------
    >>> activation_cell_bound([4, 3], 2), activation_cell_bound([4, 3], 2, bias_free=True)
    (77, 48)
    """
    cure = "give the numbers of units, such as [4, 3]"
    widths = [as_count(n, "hidden", 1, _LARGEST, cure) for n in as_items(hidden, "hidden", "hidden widths", cure)]
    ranks = accumulate([as_count(first_rank, "first_rank", 0, _LARGEST), *widths[:-1]], min)
    central = as_flag(bias_free, "bias_free")
    return prod(arrangement_bound(n, r, central=central) for n, r in zip(widths, ranks, strict=False))


@dataclass(frozen=True, repr=False)
class NetworkCells(Lemma):
    """Lemma B; `factor` multiplies the bound on the cells (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "B"
    name: ClassVar[str] = "network cells"
    title: ClassVar[str] = "activation cells are at most a product of Zaslavsky numbers, pieces at most 2^S"
    statement: ClassVar[str] = (
        "With hidden widths n_l and r_l = min(rank W_1, n_1, ..., n_{l-1}), a network has at most Π_l "
        "Σ_{j<=r_l} C(n_l, j) "
        "cells, without biases Π_l 2 Σ_{j<min(r_l,n_l)} C(n_l-1, j) (factor 1 where r_l = 0), and at most 2^S pieces."
    )
    latex: ClassVar[str] = r"\#\text{cells}\le\prod_l\sum_{j\le\min(r_l,n_l)}\binom{n_l}{j},\quad\#\text{pieces}\le2^S"
    source: ClassVar[str] = "Zaslavsky 1975; Serra, Tjandraatmadja and Ramalingam 2018; docs/theory.md, lemma B"

    def check(self, network: ReLUNetwork, *, max_cells: int | None = None) -> LemmaReport:
        """Enumerate the cells and compare their number with the bound.

        Parameters
        ----------
        network : ReLUNetwork
            With any number of outputs.
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            The certificate is one of kind ``complex``: these are all cells. None for more than 1000 cells, where it
            would take longer than the check (:meth:`tropical.CellComplex.certificate` makes it), and where a cell
            contains a line of the row space of the first layer.

        Raises
        ------
        BudgetExceeded
        """
        if not isinstance(network, ReLUNetwork):
            raise InvalidType("network", "a ReLUNetwork", network, "activation cells belong to a network")
        complex_ = cells(network, max_cells=max_cells)
        hidden, r = network.widths[1:-1], rank(network.weights[0], network.dimension) if network.size else 0
        factor = as_fraction(self.factor, "factor")
        bound = activation_cell_bound(hidden, r)
        comparisons = [
            compare("pieces <= cells", complex_.n_pieces, "<=", complex_.n_cells),
            compare("cells <= bound", complex_.n_cells, "<=", factor * bound),
            compare("pieces <= 2^S", complex_.n_pieces, "<=", 2**network.size),
        ]
        if network.is_bias_free():
            central = activation_cell_bound(hidden, r, bias_free=True)
            comparisons.append(compare("cells <= bound without biases", complex_.n_cells, "<=", factor * central))
        measured = {"rank": r, "widths": network.widths, "complex": complex_}
        return self.report(comparisons, certificate=_certificate(complex_), counterexample=network, **measured)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from tropical import testing

        return testing.networks()


def _certificate(complex_: CellComplex) -> Certificate | None:
    if len(complex_) > _MOST_CERTIFIED:
        return None
    try:
        return complex_.certificate()
    except InvalidInput:  # a cell contains a line: certificates of complexes are for pointed cells
        return None
