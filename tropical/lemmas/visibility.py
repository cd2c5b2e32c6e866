r"""Lemma Y: filters of the label see every relevant direction of a continuous piecewise-linear function.

How well is another matter: ``families.leap`` has directions of which all that label filters see is below any bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from flint import arb, arb_mat

from tropical import gaussian
from tropical._arguments import as_count
from tropical._exact.rational import as_items
from tropical._protocol import PiecewiseLinear
from tropical.exceptions import InvalidInput
from tropical.gaussian.filters import LabelFilter, as_filter
from tropical.gaussian.spectra import eigenvalue_enclosures
from tropical.gaussian.values import enclosure_of_ball
from tropical.gaussian.working_precision import bits_for, working_bits
from tropical.lemmas.numbers import at_most, ball_of, bounds, times
from tropical.lemmas.report import Comparison, LemmaReport
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["Visibility", "label_slices"]

_DIGITS = (20, 80, 320, 1280, 5120)


@dataclass(frozen=True, repr=False)
class Visibility(Lemma):
    """Lemma Y; with ``each`` the false claim that every single filter sees every direction."""

    each: bool = False

    letter: ClassVar[str] = "Y"
    name: ClassVar[str] = "visibility"
    title: ClassVar[str] = "filters of the label see every relevant direction: there are no leap directions"
    statement: ClassVar[str] = (
        "F continuous piecewise linear, x ~ N(0, I), y = F(x): for every v in V, v ≠ 0, there is a filter of the label "
        "with E[ψ(y)(<v,x>² - |v|²)] ≠ 0. So no v has E[(xxᵀ - I)v | y] = 0."
    )
    latex: ClassVar[str] = r"0\neq v\in V\implies\exists\psi:\ E[\psi(y)(\langle v,x\rangle^2-|v|^2)]\neq0"
    source: ClassVar[str] = "docs/theory.md, lemma Y"

    def check(self, F: Any, filters: Any = None, *, levels: int = 4, max_cells: int | None = None) -> LemmaReport:
        """Find filters that together see all of V, and prove that they do.

        Parameters
        ----------
        F : a function of any type with one output
        filters : sequence of exact numbers or LabelFilters, optional
            By default the slices between `levels` quantiles of the labels (of a sample: which filters are tried is a
            guess, what they see is exact or enclosed).
        levels : int
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            For each vector of an orthogonal basis of V the largest E[ψ(<v,x>² - |v|²)]²/|v|⁴ over the filters, and the
            smallest eigenvalue of Σ M_ψ² on V: where it is positive, no direction is lost by all of them, in a basis or
            not. Undecided where these filters do not show it; others may.

        Notes
        -----
        One filter matrix a filter (:func:`tropical.gaussian.filter_matrix`).
        """
        function = scalar(F)
        as_count(levels, "levels", 1, _MOST_LEVELS)
        chosen = label_slices(function, levels) if filters is None else _as_filters(filters)
        matrices = [gaussian.filter_matrix(function, psi, max_cells=max_cells) for psi in chosen]
        comparisons = []
        size = len(matrices[0])
        groups = [[matrix] for matrix in matrices] if self.each else [matrices]
        for number, group in enumerate(groups if size else ()):
            name = f"filter {number}" if self.each else "some filter"
            for i in range(size):
                squares = [times(matrix[i, i], matrix[i, i]) for matrix in group]
                largest = max(squares, key=lambda square: bounds(square)[0])
                comparisons.append(_positive(f"{name} sees basis vector {i}", largest, self.each))
            comparisons.append(_positive(f"{name}: no direction lost", _smallest(group), False))
        return self.report(comparisons, certificate=tuple(chosen), matrices=tuple(matrices), rank=size)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from tropical import testing

        return testing.networks(2, max_width=2, max_depth=1)


_MOST_LEVELS = 1000


def label_slices(F: PiecewiseLinear, levels: int) -> tuple[LabelFilter, ...]:
    """Return the slices of the label between quantiles of a fixed sample, rounded to three digits."""
    labels = F.evaluate(np.random.default_rng(0).standard_normal((2000, F.dimension)))
    quantiles = np.quantile(np.unique(labels), np.arange(1, levels + 1) / (levels + 1))
    ends: list[Any] = [None, *sorted({Fraction(f"{float(q):.3g}") for q in quantiles}), None]
    return tuple(LabelFilter.slice(a, b) for a, b in pairwise(ends))


def _as_filters(filters: Any) -> tuple[LabelFilter, ...]:
    cure = "pass for example [1, LabelFilter.slice(0, 1)]"
    found = tuple(map(as_filter, as_items(filters, "filters", "a list of filters", cure)))
    if not found:
        raise InvalidInput("filters", "one filter or more", filters, cure)
    return found


def _positive(name: str, value: Any, alone: bool) -> Comparison:
    """Return 0 < value: a zero of a single filter refutes, one of several filters leaves the question open."""
    none = at_most(value, 0)
    holds = None if none is None or (none and not alone) else not none
    return Comparison(name, Fraction(0), "<", value, holds)


def _smallest(matrices: list[Any]) -> Any:
    """Return an enclosure of the smallest eigenvalue of Σ M², with as many digits as show that it is positive.

    Eigenvectors are approximated in floats, which leaves some 1e-29 of the largest eigenvalue in doubt. Below that the
    determinant decides: of λ_1 >= ... >= λ_k >= 0 the last is at least det·((k - 1)/trace)^(k - 1), by the inequality
    of the means for the others.
    """
    size = len(matrices[0])
    smallest = arb(0)
    for digits in _DIGITS:
        with working_bits(bits_for(digits) + 32):
            total = arb_mat(size, size)
            for matrix in matrices:
                balls = arb_mat([[ball_of(matrix[i, j], digits) for j in range(size)] for i in range(size)])
                total = total + balls * balls
            entries = [[total[min(i, j), max(i, j)] for j in range(size)] for i in range(size)]
            smallest = eigenvalue_enclosures(entries)[-1]
            trace = sum((entries[i][i] for i in range(size)), arb(0))
            if not smallest > 0 and trace > 0:
                least = arb_mat(entries).det() * ((size - 1) / trace) ** (size - 1)
                smallest = least.lower().union(smallest.upper()) if least > 0 else smallest
        if smallest > 0:
            break
    return enclosure_of_ball(smallest)
