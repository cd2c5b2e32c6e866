"""Order of functions: F <= G at every point of a domain."""

from __future__ import annotations

from functools import partial
from typing import Any

from tropical._exact.rational import as_limit
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear
from tropical.certificates import Certificate
from tropical.complexes.overlay import overlay
from tropical.decide.proofs import Refuted, Rows, require, tree
from tropical.decide.subjects import Function, as_pair, below_zero, witness_at
from tropical.domains import Domain, Polyhedron
from tropical.results import Verdict

__all__ = ["is_below"]

_QUESTION = "F <= G"


def is_below(F: Function, G: Function, domain: Domain = None, max_cells: int | None = None) -> Verdict:
    """Decide whether F(x) <= G(x) at every point of the domain, for each output.

    Parameters
    ----------
    F, G : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial, in any mixture
        Of one input dimension and one number of outputs. A number stands for the constant function:
        ``is_below(0, F)`` asks for F >= 0.
    domain : None, Box or Polyhedron
        None is all of R^d.
    max_cells : int, optional
        Limit on the number of joint cells.

    Returns
    -------
    Verdict
        Yes with a certificate of kind ``below``, no with a rational point where F > G in some output. Exact.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    The joint cells, as in :func:`same_function`; on each the affine function G - F is tested at the vertices and along
    the extreme rays.

    Examples
    --------
    >>> from tropical import Box, parse
    >>> bool(is_below(parse("min(x0, 0)"), parse("abs(x0)")))
    True
    >>> is_below(parse("abs(x0)"), 2, Box([-3], [1]))
    Verdict(F <= G: no, witness at x0 = -3: 3 against 2)
    """
    left, right, polyhedron = as_pair(F, G, domain)
    found = overlay([left, right], polyhedron, as_limit(max_cells, "max_cells"))
    for part in found.parts:
        for form in found.differences(part):
            point = below_zero(found, part, form)
            if point is not None:
                return Verdict(False, _QUESTION, witness_at(left, right, point))
    found.all_parts()
    return Verdict(True, _QUESTION, evidence=partial(_prove, left, right, polyhedron))


def _prove(left: PiecewiseLinear, right: PiecewiseLinear, domain: Polyhedron | None) -> Certificate:
    def leaf(region: Region, values: tuple[Rows, ...]) -> dict[str, Any]:
        for f, g in zip(*values, strict=True):
            if not require(region, [b - a for a, b in zip(f, g, strict=True)]):
                raise Refuted(region, values)
        return {}

    return tree("below", [left, right], domain, leaf)
