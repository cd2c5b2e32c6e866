r"""Lemma K: the matrix of a filter vanishes off the relevant subspace, whatever the filter is.

A filter ψ(y, P_W x), W ⊆ V, is a :class:`~tropical.lemmas.cell_filters.CellFilter`: a filter of the label in each cell
of the known coordinates; or one of the residual y - G(P_W x). The check integrates over cells in coordinates of the
span of V and v, where nothing is taken to vanish.
"""

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
from tropical.exceptions import InvalidInput
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.evaluation import evaluate_all
from tropical.gaussian.faces import AffineForm, FaceTable
from tropical.gaussian.isserlis import Moments
from tropical.gaussian.label_moments import part_between
from tropical.lemmas.cell_filters import CellFilter, as_cell_filter
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.residuals import difference
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["Kernel"]


@dataclass(frozen=True, repr=False)
class Kernel(Lemma):
    """Lemma K; without ``orthogonal`` the false claim that the matrix vanishes on every direction.

    Without ``known`` the false claim that filters may read coordinates outside V.
    """

    orthogonal: bool = True
    known: bool = True

    letter: ClassVar[str] = "K"
    name: ClassVar[str] = "kernel"
    title: ClassVar[str] = "no filter of the label and of known directions shows one outside the relevant subspace"
    statement: ClassVar[str] = (
        "For x ~ N(0, I), F(x) = F(P_V x), W ⊆ V and any filter ψ of the label and of P_W x, M = E[ψ(xxᵀ - I)] has "
        "Mv = 0 for v ⟂ V, and E[ψx] lies in V."
    )
    latex: ClassVar[str] = r"v\perp V\implies E[\psi(xx^\top-I)]v=0,\ \langle v,E[\psi x]\rangle=0"
    source: ClassVar[str] = "Chen, Klivans and Meka 2021; docs/theory.md, lemma K"
    hypotheses: ClassVar[tuple[str, ...]] = ("the direction is orthogonal to V", "what ψ reads beside y lies in V")

    def check(
        self,
        F: Any,
        psi: Any = 1,
        directions: Any = None,
        *,
        candidate: Any = None,
        max_cells: int | None = None,
    ) -> LemmaReport:
        """Compute both moments on the span of V and a direction v, without using that they vanish off V.

        Parameters
        ----------
        F : a function of any type with one output
        psi : exact number, LabelFilter or CellFilter
            A number τ >= 0 stands for the indicator of |y| > τ. W is what the cells of a CellFilter read.
        directions : list of vectors of exact numbers, optional
            By default a basis of the orthogonal complement of V; of all of R^d where the statement has no condition.
        candidate : a function like F, optional
            G, which has to read directions of V only; then ψ filters the residual y - G(x).
        max_cells : int, optional

        Raises
        ------
        InvalidInput
            For cells or directions of another dimension.

        Notes
        -----
        Cells and faces are those of k + 1 dimensions. Entries are closed forms for k + 1 <= 2, and beyond that where
        all measures cancel, as they do if the lemma holds.
        """
        function, cell_filter = scalar(F), as_cell_filter(psi)
        d, V = function.dimension, relevant_subspace(function, max_cells)
        read = list(cell_filter.directions())
        if any(len(row) != d for row in read):
            given = f"{len(read[0])} coordinates"
            raise InvalidInput("psi", f"cells of R^{d}", given, "give cells in the coordinates of the inputs")
        label = function
        if candidate is not None:
            G = scalar(candidate, "candidate")
            read += relevant_subspace(G, max_cells)
            label = difference(function, G)
        if directions is not None:
            chosen = as_fraction_matrix(directions, "directions")
            if chosen and len(chosen[0]) != d:
                given = f"length {len(chosen[0])}"
                raise InvalidInput("directions", f"rows of length {d}", given, "give vectors of the inputs")
        elif self.orthogonal:
            chosen = tuple(tuple(map(Fraction, row)) for row in null_space(V, d)) if V else _axes(d)
        else:
            chosen = _axes(d)
        inside = [v for v in chosen if any(sum(a * b for a, b in zip(row, v, strict=True)) for row in V)]
        outside = [row for row in read if rank([*V, row], d) > len(V)]
        conditions = []
        if self.orthogonal:
            conditions.append(Hypothesis(self.hypotheses[0], not inside, f"{inside[:1]}"))
        if self.known:
            conditions.append(Hypothesis(self.hypotheses[1], not outside, f"{outside[:1]}"))
        if any(not condition.holds for condition in conditions):
            return self.report([], conditions)
        comparisons = []
        for number, v in enumerate(chosen):
            if not any(v):
                continue
            mean, entries = _moments(label, cell_filter, [*V, *outside], v, max_cells)
            comparisons.append(compare(f"<v{number}, E[ψx]> = 0", mean, "=", 0, v))
            comparisons += [compare(f"(M v{number})_{i} = 0", entry, "=", 0, v) for i, entry in enumerate(entries)]
        return self.report(comparisons, conditions, rank=len(V), known=rank(read, d))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from tropical import testing

        return testing.networks(2, max_width=2, max_depth=1)


def _axes(d: int) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(Fraction(int(i == j)) for j in range(d)) for i in range(d))


def _moments(
    F: PiecewiseLinear, psi: CellFilter, read: Any, v: tuple[Fraction, ...], max_cells: int | None
) -> tuple[Any, list[Any]]:
    """Return <v, E[ψx]>, and uᵀE[ψ(xxᵀ - I)]v for u in a basis of the span of v and all that is read."""
    d = F.dimension
    rows, pivots = row_space([*read, v], d)
    k = len(pivots)
    homogeneous = F.is_bias_free() and not psi.is_affine()
    cone = Cone.whole_space(k) if homogeneous else Cone.whole_space(k + 1).part((*(0,) * k, 1))
    assert cone is not None
    resolver = F.resolver(pivots)
    matrix = fmpq_mat([[fmpq(a.numerator, a.denominator) for a in row] for row in rows])
    gram = matrix * matrix.transpose()
    moments = Moments(FaceTable(tuple(tuple(gram[i, j] for j in range(k)) for i in range(k))))

    def linear(u: Any) -> AffineForm:
        return AffineForm(tuple(fmpq(u[p].numerator, u[p].denominator) for p in pivots), fmpq(0))

    first = moments.name(linear(v))  # the first name: what integration by parts acts on, so that it meets no wall
    others = [moments.name(linear(u)) for u in rows]
    covariances = [sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0)) for u in rows]
    mean, entries = Combination(), [Combination() for _ in rows]
    for region, answer in leaves(Region(cone, homogeneous), resolver.resolve, max_cells, "cells"):
        scale = answer.denominator
        form = AffineForm(tuple(fmpq(a, scale) for a in answer.forms[0][:-1]), fmpq(answer.forms[0][-1], scale))
        for part, label_filter in psi.pieces(region.cone, pivots):
            for piece in label_filter.parts:
                inside = part_between(part, k, form, piece.lower, piece.upper)
                if inside is None:
                    continue
                face = moments.table.cell(inside)
                coefficients = [fmpq(c.numerator, c.denominator) for c in piece.coefficients]
                mean.add(moments.value_moment(face, form, coefficients, (first,)))
                mass = moments.value_moment(face, form, coefficients)
                for entry, other, covariance in zip(entries, others, covariances, strict=True):
                    entry.add(moments.value_moment(face, form, coefficients, (first, other)))
                    entry.add(mass, fmpq(-covariance.numerator, covariance.denominator))
    mean_value, *values = evaluate_all([mean, *entries], moments.measures)
    return mean_value, values
