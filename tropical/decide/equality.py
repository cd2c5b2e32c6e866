"""Equality of functions: F = G at every point of a domain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from tropical._exact.rational import as_limit
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear
from tropical.certificates import Certificate
from tropical.complexes.overlay import by_networks
from tropical.complexes.reduction import Reduction, dehomogenise
from tropical.decide.proofs import Refuted, Rows, tree
from tropical.decide.subjects import Function, as_pair, below_zero, witness_at
from tropical.domains import Domain, Polyhedron
from tropical.exceptions import InvalidInput
from tropical.results import Verdict, Witness

__all__ = ["same_function"]

_QUESTION = "same function"


def same_function(F: Function, G: Function, domain: Domain = None, max_cells: int | None = None) -> Verdict:
    """Decide whether two functions are equal at every point of the domain.

    Parameters
    ----------
    F, G : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial, in any mixture
        Of one input dimension and one number of outputs. A number stands for the constant function.
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
    One exact echelon form in d dimensions; then the joint cells on the span of what F and G read, of dimension k. Two
    networks go through the fast cell engine, and their certificate is made when it is asked for: one sign evaluation
    and one Farkas combination for each joint cell and preactivation. In other mixtures the proof is the decision.

    Examples
    --------
    >>> from tropical import LatticePolynomial, ReLUNetwork
    >>> absolute_value = ReLUNetwork([[[1], [-1]], [1, 1]])
    >>> bool(same_function(absolute_value, LatticePolynomial([([1], 0), ([-1], 0)], [[0], [1]])))
    True
    """
    left, right, polyhedron = as_pair(F, G, domain)
    limit = as_limit(max_cells, "max_cells")
    witness = _refute(left, right, polyhedron)
    if witness is not None:
        return Verdict(False, _QUESTION, witness)
    found = by_networks([left, right], polyhedron, limit)
    if found is None:
        try:
            return Verdict(True, _QUESTION, evidence=prove_equality(left, right, polyhedron, limit))
        except Refuted as refuted:
            return Verdict(False, _QUESTION, _separate(left, right, polyhedron, refuted))
    for part in found.parts:
        for form in found.differences(part):
            if any(form):
                point = below_zero(found, part, form) or below_zero(found, part, tuple(-a for a in form))
                assert point is not None, "different affine functions agree on a full-dimensional cell"
                return Verdict(False, _QUESTION, witness_at(left, right, point))
    found.all_parts()
    return Verdict(True, _QUESTION, evidence=partial(prove_equality, left, right, polyhedron))


def prove_equality(
    left: PiecewiseLinear, right: PiecewiseLinear, domain: Polyhedron | None, max_cells: int | None = None
) -> Certificate:
    """Return the certificate that two functions are equal.

    Raises
    ------
    Refuted
        Where they are not.
    BudgetExceeded
    """

    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        if values[0] != values[1]:
            raise Refuted(region, values)
        return {}

    return tree("same_function", [left, right], domain, leaf, max_cells=max_cells)


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
        if left(x) != right(x):
            return witness_at(left, right, x)
    return None


_PROBES = 256  # against one equality proof the probes cost nothing, and unequal functions differ on open sets


def _simpler(point: np.ndarray) -> Iterator[tuple[Fraction, ...]]:
    """Yield the point rounded to ever finer binary fractions, coarse ones first: short witnesses are read by people."""
    for denominator in (1, 2, 8, 64, 2**12, 2**24):
        yield tuple(Fraction(round(value * denominator), denominator) for value in point.tolist())


def _separate(left: PiecewiseLinear, right: PiecewiseLinear, domain: Polyhedron | None, refuted: Refuted) -> Witness:
    """Return a point of the cell where the two affine functions differ: the interior point, or one moved along a ray.

    The difference is not zero and the rays and lines span, so it cannot vanish at the interior point and along all of
    them.
    """
    region = refuted.region
    moves: list[Sequence[int]] = [*region.cone.rays, *region.cone.lines]
    if region.homogeneous:
        moves = [(*move, 0) for move in moves]
    coordinates = Reduction([left, right], domain)
    for candidate in [region.point, *(tuple(a + b for a, b in zip(region.point, move, strict=True)) for move in moves)]:
        x = coordinates.lift_point(dehomogenise(candidate))
        if left(x) != right(x):
            return witness_at(left, right, x)
    raise AssertionError("different affine functions agree on a full-dimensional cell")
