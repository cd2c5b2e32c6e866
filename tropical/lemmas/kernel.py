r"""Lemma K: the matrix of a label filter vanishes off the relevant subspace, whatever the filter is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import fmpq, fmpq_mat

from tropical._exact.cone import Cone
from tropical._exact.linear import null_space, rank, row_space
from tropical._exact.rational import as_fraction_matrix
from tropical._exact.region import Region, leaves
from tropical._protocol import PiecewiseLinear
from tropical.decide import relevant_subspace
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.decomposition import Decomposition
from tropical.gaussian.evaluation import evaluate_all
from tropical.gaussian.faces import AffineForm
from tropical.gaussian.filters import LabelFilter, as_filter
from tropical.gaussian.label_moments import LabelMoments
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["Kernel"]


@dataclass(frozen=True, repr=False)
class Kernel(Lemma):
    """Lemma K; without ``orthogonal`` the false claim that the matrix vanishes on every direction."""

    orthogonal: bool = True

    letter: ClassVar[str] = "K"
    name: ClassVar[str] = "kernel"
    title: ClassVar[str] = "no filter of the label shows a direction outside the relevant subspace"
    statement: ClassVar[str] = (
        "For x ~ N(0, I), F(x) = F(P_V x) and any filter ψ of the label, M = E[ψ(xxᵀ - I)] has Mv = 0 for v ⟂ V, and "
        "E[ψx] lies in V."
    )
    latex: ClassVar[str] = r"v\perp V\implies E[\psi(xx^\top-I)]v=0,\ \langle v,E[\psi x]\rangle=0"
    source: ClassVar[str] = "Chen, Klivans and Meka 2021; docs/theory.md, lemma K"
    hypotheses: ClassVar[tuple[str, ...]] = ("the direction is orthogonal to V",)

    def check(self, F: Any, psi: Any = 1, directions: Any = None, *, max_cells: int | None = None) -> LemmaReport:
        """Compute both moments on the span of V and a direction v, without using that they vanish off V.

        Parameters
        ----------
        F : a function of any type with one output
        psi : exact number or LabelFilter
            A number τ >= 0 stands for the indicator of |y| > τ. Filters that read P_W x too are not covered.
        directions : list of vectors of exact numbers, optional
            By default a basis of the orthogonal complement of V; of all of R^d where the statement has no condition.
        max_cells : int, optional

        Notes
        -----
        Cells, level sets and faces are those of k + 1 dimensions. Entries are closed forms for k + 1 <= 2, and beyond
        that where all measures cancel, as they do if the lemma holds.
        """
        function, label_filter = scalar(F), as_filter(psi)
        d, V = function.dimension, relevant_subspace(function, max_cells)
        if directions is not None:
            chosen = as_fraction_matrix(directions, "directions")
        elif self.orthogonal:
            chosen = tuple(tuple(map(Fraction, row)) for row in null_space(V, d)) if V else _axes(d)
        else:
            chosen = _axes(d)
        inside = [v for v in chosen if any(sum(a * b for a, b in zip(row, v, strict=True)) for row in V)]
        conditions = []
        if self.orthogonal:
            conditions.append(Hypothesis(self.hypotheses[0], not inside, f"{inside[:1]}"))
            if inside:
                return self.report([], conditions)
        comparisons = []
        for number, v in enumerate(chosen):
            if not any(v):
                continue
            mean, entries = _moments(function, label_filter, V, v, max_cells)
            comparisons.append(compare(f"<v{number}, E[ψx]> = 0", mean, "=", 0, v))
            comparisons += [compare(f"(M v{number})_{i} = 0", entry, "=", 0, v) for i, entry in enumerate(entries)]
        return self.report(comparisons, conditions, rank=len(V))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from tropical import testing

        return testing.networks(2, max_width=2, max_depth=1)


def _axes(d: int) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(Fraction(int(i == j)) for j in range(d)) for i in range(d))


def _moments(
    F: PiecewiseLinear, psi: LabelFilter, V: Any, v: tuple[Fraction, ...], max_cells: int | None
) -> tuple[Any, list[Any]]:
    """Return <v, E[ψx]>, and uᵀE[ψ(xxᵀ - I)]v for u in a basis of span(V, v)."""
    d = F.dimension
    rows, pivots = row_space([*V, v], d)
    k = len(pivots)
    assert rank([*V, v], d) == k
    homogeneous = F.is_bias_free()
    cone = Cone.whole_space(k) if homogeneous else Cone.whole_space(k + 1).part((*(0,) * k, 1))
    assert cone is not None
    resolver = F.resolver(pivots)
    found = []
    for region, answer in leaves(Region(cone, homogeneous), resolver.resolve, max_cells, "cells"):
        form, scale = answer.forms[0], answer.denominator
        found.append((region.cone, (AffineForm(tuple(fmpq(a, scale) for a in form[:-1]), fmpq(form[-1], scale)),)))
    matrix = fmpq_mat([[fmpq(a.numerator, a.denominator) for a in row] for row in rows])
    gram = matrix * matrix.transpose()
    covariance = tuple(tuple(gram[i, j] for j in range(k)) for i in range(k))
    moments = LabelMoments(Decomposition(RelevantBasis.of(rows, d), pivots, covariance, tuple(found)), psi)

    def linear(u: Any) -> AffineForm:
        return AffineForm(tuple(fmpq(u[p].numerator, u[p].denominator) for p in pivots), fmpq(0))

    # v is the second factor: the first one is what integration by parts acts on
    asked = [moments.first(linear(v)), *(moments.second(linear(u), linear(v)) for u in rows)]
    mean, *entries = evaluate_all(asked, moments.moments.measures)
    return mean, entries
