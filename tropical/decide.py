"""Exact decisions about piecewise-linear functions, with a certificate for yes and a witness for no."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tropical._exact.linear import row_space
from tropical._exact.rational import IntVector, as_limit, rational_text
from tropical._exact.region import Region, subdivide
from tropical._protocol import PiecewiseLinear, as_function
from tropical.certificates import VERSION, Certificate
from tropical.complexes import cells
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.domains import Domain, Polyhedron, as_polyhedron
from tropical.exceptions import BudgetExceeded, InvalidInput
from tropical.results import Verdict, Witness

__all__ = ["relevant_subspace", "same_function"]

_QUESTION = "same function"


def same_function(
    F: PiecewiseLinear, G: PiecewiseLinear, domain: Domain = None, max_cells: int | None = None
) -> Verdict:
    """Decide whether two functions are equal at every point of the domain.

    Parameters
    ----------
    F, G : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial, in any mixture
        Of one input dimension and one number of outputs.
    domain : None, Box or Polyhedron
        None is all of R^d.
    max_cells : int, optional
        Limit on the number of joint cells.

    Returns
    -------
    Verdict
        Yes with a certificate of kind ``same_function``, no with a rational witness. Exact: floats only propose
        points, at which rational arithmetic looks for a difference before the enumeration starts.

    Raises
    ------
    BudgetExceeded
        With no verdict, after `max_cells` joint cells on which the functions agree.

    Notes
    -----
    One exact echelon form in d dimensions; then the joint cells on the span of what F and G read, of dimension k. For
    each joint cell one sign evaluation for every preactivation and for the pieces that the proof needs.

    Examples
    --------
    >>> from tropical import LatticePolynomial, ReLUNetwork
    >>> absolute_value = ReLUNetwork([[[1], [-1]], [1, 1]])
    >>> bool(same_function(absolute_value, LatticePolynomial([([1], 0), ([-1], 0)], [[0], [1]])))
    True
    """
    left, right = as_function(F, "F"), as_function(G, "G")
    if left.dimension != right.dimension:
        raise InvalidInput("G", f"{left.dimension} inputs, as F has", str(right.dimension), "compose one of them")
    if left.outputs != right.outputs:
        raise InvalidInput("G", f"{left.outputs} outputs, as F has", str(right.outputs), "select outputs with net[j]")
    limit = as_limit(max_cells, "max_cells")
    polyhedron = as_polyhedron(domain, left.dimension)
    reduction = Reduction([left, right], polyhedron)
    witness = _refute(left, right, polyhedron)
    if witness is not None:
        return Verdict(False, _QUESTION, witness=witness)

    nodes: list[dict[str, Any]] = []
    leaves = 0
    start = reduction.start()
    shift = 1 if reduction.homogeneous else 0  # the checker's constraint 0 is 1 >= 0, which a linear cone lacks
    for step in subdivide(start, lambda region: _common(reduction, region)):
        node: dict[str, Any] = {"facts": [_fact(form, step.region, shift) for form in step.region.used]}
        if step.crossing is not None:
            node["split"] = _texts(step.crossing)
        elif step.answer is not None:
            first, second = step.answer
            if first != second:
                return Verdict(False, _QUESTION, witness=_separate(left, right, reduction, step.region, first, second))
            node["common"] = [_texts(row) for row in first]
            leaves += 1
            if limit is not None and leaves > limit:
                raise BudgetExceeded(f"more than max_cells={limit} joint cells, all equal so far; raise max_cells")
        nodes.append(node)
    evidence = {
        "basis": [_texts(row) for row in reduction.basis],
        "pivots": list(reduction.pivots),
        "nodes": nodes,
    }
    document = {
        "kind": "same_function",
        "version": VERSION,
        "domain": None if polyhedron is None else polyhedron.to_plain(),
        "functions": [left.to_plain(), right.to_plain()],
        "evidence": evidence,
    }
    return Verdict(True, _QUESTION, certificate=Certificate.from_plain(document))


Rows = tuple[tuple[Fraction, ...], ...]


def relevant_subspace(F: PiecewiseLinear, max_cells: int | None = None) -> Rows:
    """Return the exact basis of the smallest subspace V with F(x) = F(P_V x) for all x.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    tuple of k rows of d Fractions
        The reduced echelon basis of the span of the gradients of the pieces: equal subspaces give equal bases.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    It lies in the row space of the first layer, and is smaller where units cancel: it takes the cells to see that
    (docs/theory.md, section 1).

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> relevant_subspace(ReLUNetwork([[[1, 1], [1, 0], [-1, 0]], [1, 1, -1]]))   # relu(x0 + x1) + x0
    ((Fraction(1, 1), Fraction(0, 1)), (Fraction(0, 1), Fraction(1, 1)))
    >>> relevant_subspace(ReLUNetwork([[[1, 1], [-1, -1], [0, 1]], [1, -1, 0]]))  # x0 + x1
    ((Fraction(1, 1), Fraction(1, 1)),)
    """
    complex_ = cells(F, max_cells=max_cells)
    rows = [gradient for table in complex_.tables for gradient in table.gradients()]
    basis, _ = row_space(rows, complex_.tables[0].dimension)
    return basis


def _common(reduction: Reduction, region: Region) -> tuple[Rows, Rows]:
    """Return the affine functions that both functions equal on the region."""
    first, second = [resolver.resolve(region) for resolver in reduction.resolvers]
    return first.rows(), second.rows()


def _fact(form: IntVector, region: Region, shift: int) -> dict[str, Any]:
    scale, multipliers = region.cone.combination(region.vector(form))
    return {
        "form": _texts(form),
        "scale": str(scale),
        "multipliers": [[index + shift, str(weight)] for index, weight in sorted(multipliers.items())],
    }


def _texts(numbers: Sequence[Fraction] | IntVector) -> list[str]:
    return [rational_text(number) for number in numbers]


# ---------------------------------------------------------------- witnesses


def _refute(left: PiecewiseLinear, right: PiecewiseLinear, domain: Polyhedron | None) -> Witness | None:
    """Look for a point of difference where floats say that the functions are farthest apart; exact at the end."""
    if domain is not None:
        return None
    points = np.random.default_rng(0).standard_normal((_PROBES, left.dimension))
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            gaps = np.abs(left.evaluate(points) - right.evaluate(points)).reshape(_PROBES, -1).max(axis=1)
    except InvalidInput:  # coefficients beyond float64: nothing is proposed, everything is decided below
        return None
    point = points[int(np.nan_to_num(gaps).argmax())]
    for x in _simpler(point):
        witness = _witness_at(left, right, x)
        if witness is not None:
            return witness
    return None


_PROBES = 256  # against one equality proof the probes cost nothing, and unequal functions differ on open sets


def _simpler(point: np.ndarray) -> Iterator[tuple[Fraction, ...]]:
    """Yield the point rounded to ever finer binary fractions, coarse ones first: short witnesses are read by people."""
    for denominator in (1, 2, 8, 64, 2**12, 2**24):
        yield tuple(Fraction(round(value * denominator), denominator) for value in point.tolist())


def _witness_at(left: PiecewiseLinear, right: PiecewiseLinear, x: Sequence[Fraction]) -> Witness | None:
    here, there = left(x), right(x)
    return Witness(tuple(x), here, there) if here != there else None


def _separate(
    left: PiecewiseLinear, right: PiecewiseLinear, reduction: Reduction, region: Region, first: Rows, second: Rows
) -> Witness:
    """Return a point of the cell where the two affine functions differ: the interior point, or one moved along a ray.

    The difference is not zero and the rays and lines span, so it cannot vanish at the interior point and along all of
    them.
    """
    base = region.point
    moves = [*region.cone.rays, *region.cone.lines]
    if region.homogeneous:
        moves = [(*move, 0) for move in moves]
    for candidate in [base, *(tuple(a + b for a, b in zip(base, move, strict=True)) for move in moves)]:
        witness = _witness_at(left, right, reduction.lift_point(dehomogenise(candidate)))
        if witness is not None:
            return witness
    raise AssertionError("different affine functions agree on a full-dimensional cell")
