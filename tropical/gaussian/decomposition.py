"""Functions cut into cells of their relevant subspace, ready for Gaussian questions. Exact.

The pieces tell V; where the representation cuts along further directions (units that cancel), the functions are
enumerated anew in coordinates of V alone: F(x) = F(P_V x) depends on z = R x only, so it may be read at the point
supported on the pivots that has these coordinates. All moments then happen in dimension k = dim V, whatever d is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from flint import fmpq, fmpq_mat

from tropical._exact.cone import Cone
from tropical._exact.linear import combine_rows, rank, row_space
from tropical._exact.rational import as_limit
from tropical._exact.region import Region, leaves
from tropical._protocol import PiecewiseLinear, Resolution, Resolver
from tropical.complexes import cells
from tropical.complexes.reduction import Reduction
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.faces import AffineForm

__all__ = ["Decomposition", "decompose"]

Rows = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class Decomposition:
    """Cells on R^k, z ~ N(0, covariance), with the affine form of each function on each cell.

    Attributes
    ----------
    basis : RelevantBasis
        Of V, orthogonal.
    pivots : tuple of int
        The columns at which the echelon basis R of V is the identity.
    covariance : tuple of rows of fmpq, (k, k)
        R Rᵀ.
    cells : tuple of pairs (Cone, tuple of AffineForm)
        One form for each function; cones are homogenised unless all functions are bias-free.
    """

    basis: RelevantBasis
    pivots: tuple[int, ...]
    covariance: tuple[tuple[fmpq, ...], ...]
    cells: tuple[tuple[Cone, tuple[AffineForm, ...]], ...]

    @property
    def dimension(self) -> int:
        """K."""
        return len(self.pivots)


def decompose(functions: Sequence[PiecewiseLinear], max_cells: int | None) -> Decomposition:
    """Return the joint cells of scalar functions of one number of inputs.

    Raises
    ------
    BudgetExceeded
        After `max_cells` cells.
    """
    limit = as_limit(max_cells, "max_cells")
    return _decompose(tuple(functions), limit)


@lru_cache(maxsize=16)
def _decompose(functions: tuple[PiecewiseLinear, ...], limit: int | None) -> Decomposition:
    # several questions are asked of one function: the cells are kept for the last few
    dimension = functions[0].dimension
    if len(functions) == 1:
        complex_ = cells(functions[0], max_cells=limit)
        pivots = complex_.coordinates().pivots
        table = complex_.tables[0]
        pieces = [_form([*(row[p] for p in pivots), row[-1]], table.denominator) for row in table.rows]
        forms = [pieces[cell.pieces[0]] for cell in complex_]
        found = [(region.cone, (form,)) for region, form in zip(complex_.regions(), forms, strict=True)]
        rows = complex_.basis
    else:
        reduction = Reduction(list(functions), None)
        found = _joint_cells(reduction.start(), reduction.resolvers, limit)
        rows, pivots = reduction.basis, reduction.pivots
    relevant = _relevant(found, rows, dimension)
    if len(relevant[0]) < len(rows):
        rows, pivots = relevant
        homogeneous = all(function.is_bias_free() for function in functions)
        k = len(pivots)
        cone = Cone.whole_space(k) if homogeneous else Cone.whole_space(k + 1).part((*(0,) * k, 1))
        assert cone is not None
        found = _joint_cells(Region(cone, homogeneous), [f.resolver(pivots) for f in functions], limit)
    return Decomposition(RelevantBasis.of(rows, dimension), pivots, _gram(rows), tuple(found))


def _joint_cells(
    start: Region, resolvers: Sequence[Resolver], limit: int | None
) -> list[tuple[Cone, tuple[AffineForm, ...]]]:
    """Return the cells on which every function is one affine form."""

    def question(region: Region) -> tuple[Resolution, ...]:
        return tuple(resolver.resolve(region) for resolver in resolvers)

    return [
        (region.cone, tuple(_form(answer.forms[0], answer.denominator) for answer in answers))
        for region, answers in leaves(start, question, limit, "joint cells")
    ]


def _form(row: Sequence[int], denominator: int) -> AffineForm:
    """Return an affine form on R^k from a row of numerators."""
    return AffineForm(tuple(fmpq(a, denominator) for a in row[:-1]), fmpq(row[-1], denominator))


def _relevant(
    found: Sequence[tuple[Cone, tuple[AffineForm, ...]]], rows: Rows, dimension: int
) -> tuple[Rows, tuple[int, ...]]:
    """Return the echelon basis, in R^d, of the span of the gradients, which are given in coordinates of `rows`."""
    gradients = {form.normal: None for _, forms in found for form in forms}
    inside = [[Fraction(int(a.p), int(a.q)) for a in gradient] for gradient in gradients]
    if rank(inside, len(rows)) == len(rows):
        return rows, ()
    return row_space(combine_rows(inside, rows, dimension), dimension)


def _gram(rows: Rows) -> tuple[tuple[fmpq, ...], ...]:
    """Return R Rᵀ."""
    if not rows:
        return ()
    matrix = fmpq_mat([[fmpq(a.numerator, a.denominator) for a in row] for row in rows])
    product = matrix * matrix.transpose()
    return tuple(tuple(product[i, j] for j in range(len(rows))) for i in range(len(rows)))
