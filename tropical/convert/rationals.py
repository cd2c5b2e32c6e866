r"""From any representation to a tropical rational function.

*Networks* (Zhang, Naitzat and Lim, ICML 2018): a unit's value is a quotient P - Q of polynomials. Split each weight
into its positive and negative part: sums become products of powers, and ``relu(P - Q) = max(P, Q) - Q``. Terms that are
not essential and common hyperplane factors go before the next layer is composed, so that degrees multiply and not
terms.

*Lattice polynomials*: ``min_S g = -max_S (-g)``, and the maximum of quotients ``-Q_j`` is
``max_j (Σ_{l≠j} Q_l) - Σ_l Q_l``; where that formula could have many terms, through the cells, whose number belongs to
the function.

*Cells*: the difference of convex functions of lemma DC (docs/theory.md), see :mod:`tropical.convert.convex`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from tropical._exact.linear import row_space
from tropical._exact.rational import as_limit
from tropical._protocol import PiecewiseLinear, as_function
from tropical._terms import as_convention
from tropical.common_factors import cancel_hyperplanes
from tropical.complexes import CellComplex
from tropical.convert.convex import difference_of_convex
from tropical.exceptions import BudgetExceeded
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["to_rational"]

Quotient = tuple[TropicalPolynomial, TropicalPolynomial]

# The formula has up to this many terms in the denominator. With 14 clauses of 41 pieces (10^9 terms before pruning) it
# took 3 s and ended with 382 over 372 terms, the cells 0.4 s and 153 over 158.
_FORMAL = 1_000


def to_rational(
    F: PiecewiseLinear | CellComplex, convention: str = "max", *, max_terms: int | None = None
) -> TropicalRational | tuple[TropicalRational, ...]:
    """Return a function as a quotient of tropical polynomials.

    Parameters
    ----------
    F : ReLUNetwork, LatticePolynomial, TropicalPolynomial, TropicalRational or CellComplex
        Networks of any depth. Of a complex on all of R^d the function on its cells.
    convention : {"max", "min"}
    max_terms : int, optional
        Limit on the number of terms of one product before it is pruned, and on the number of cells and their parts
        where the way leads through cells.

    Returns
    -------
    TropicalRational, or a tuple of them for several outputs
        Reduced, see :meth:`TropicalRational.reduced`. The way back is :func:`tropical.lattice`.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    The numbers of terms after pruning are numbers of regions of convex functions; they grow with the product of the
    widths to the power of the rank. Linear forms are reduced first, so that the input dimension costs one echelon form.

    Examples
    --------
    >>> str(to_rational(ReLUNetwork([[[1, 0], [0, 1]], [1, -1]])))    # relu(x0) - relu(x1)
    'max(0, x0) - (max(0, x1))'
    """
    as_convention(convention)
    limit = as_limit(max_terms, "max_terms")
    if isinstance(F, CellComplex):
        results = [difference_of_convex(F, output=j, max_cells=limit) for j in range(len(F.tables))]
    else:
        function = as_function(F)
        if isinstance(function, ReLUNetwork):
            results = _of_network(function, limit)
        elif isinstance(function, LatticePolynomial) and prod(map(len, function.clauses)) <= _FORMAL:
            results = [_of_lattice(function, limit)]
        elif isinstance(function, TropicalPolynomial):
            results = [TropicalRational(function)]
        elif isinstance(function, TropicalRational):
            results = [function]
        else:
            results = [difference_of_convex(function, max_cells=limit)]
    finished = tuple(result.in_convention(convention).reduced() for result in results)
    return finished[0] if len(finished) == 1 else finished


def _of_network(network: ReLUNetwork, limit: int | None) -> list[TropicalRational]:
    basis, pivots = row_space(network.weights[0], network.dimension)
    size = max(len(pivots), 1)
    zero = TropicalPolynomial.constant(0, size, "max")
    values: list[Quotient] = [(x, zero) for x in TropicalPolynomial.variables(size, "max")]
    if not pivots:
        values = [(zero, zero)]  # the network is constant
    for depth, (matrix, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if depth:
            values = [_rectified(P, Q) for P, Q in values]
            rows: Sequence[Sequence[Fraction]] = matrix
        else:
            rows = [[row[p] for p in pivots] or [Fraction(0)] for row in matrix]
        values = [_combined(row, values, b, zero, limit) for row, b in zip(rows, bias, strict=True)]
    lift = basis or ((Fraction(0),) * network.dimension,)
    return [TropicalRational(P, Q).compose(lift) for P, Q in values]


def _rectified(P: TropicalPolynomial, Q: TropicalPolynomial) -> Quotient:
    return cancel_hyperplanes((P + Q).essential(), Q)


def _combined(
    weights: Sequence[Fraction],
    values: Sequence[Quotient],
    bias: Fraction,
    zero: TropicalPolynomial,
    limit: int | None,
) -> Quotient:
    """Return ``Σ w_j (P_j - Q_j) + bias`` as one quotient."""
    above, below = zero.scale(bias), zero
    for weight, (P, Q) in zip(weights, values, strict=True):
        if weight:
            up, down = (P, Q) if weight > 0 else (Q, P)
            above = _product(above, up.frobenius(abs(weight)), limit)
            below = _product(below, down.frobenius(abs(weight)), limit)
    return cancel_hyperplanes(above, below)


def _of_lattice(F: LatticePolynomial, limit: int | None) -> TropicalRational:
    """Return max_j (-Q_j) with Q_j the maximum of the negated pieces of a clause, or min_j P_j = -max_j (-P_j)."""
    sign = -1 if F.form == "max-min" else 1
    parts = []
    for clause in F.clauses:
        rows = [[sign * a for a in F.pieces.fractions(i)] for i in clause]
        parts.append(TropicalPolynomial([(row[-1], row[:-1]) for row in rows], "max").essential())
    one = TropicalPolynomial.constant(0, F.dimension, "max")
    before, after = [one], [one]  # products of the parts to the left and to the right of each
    for part in parts[:-1]:
        before.append(_product(before[-1], part, limit))
    for part in reversed(parts[1:]):
        after.append(_product(part, after[-1], limit))
    total = _product(before[-1], parts[-1], limit)
    others = None
    for left, right in zip(before, reversed(after), strict=True):
        product = _product(left, right, limit)
        others = product if others is None else (others + product).essential()
    assert others is not None
    return TropicalRational(others, total) if F.form == "max-min" else TropicalRational(total, others)


def _product(left: TropicalPolynomial, right: TropicalPolynomial, limit: int | None) -> TropicalPolynomial:
    """Return the essential terms of a product."""
    if limit is not None and len(left) * len(right) > limit:
        raise BudgetExceeded(f"a product of {len(left)} and {len(right)} terms, more than max_terms={limit}; raise it")
    product = left * right
    return product if len(left) == 1 or len(right) == 1 else product.essential()
