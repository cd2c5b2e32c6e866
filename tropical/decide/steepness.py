"""Lipschitz constants (docs/theory.md, lemma L)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from tropical._exact.rational import IntVector, as_limit, rational_text
from tropical._exact.region import Region
from tropical._protocol import PiecewiseLinear, as_scalar
from tropical.certificates import Certificate
from tropical.complexes.overlay import overlay
from tropical.complexes.reduction import Coordinates, Reduction, dehomogenise
from tropical.decide.proofs import Rows, strings, tree
from tropical.domains import Domain, Polyhedron, as_polyhedron
from tropical.exceptions import InvalidInput
from tropical.results import Lipschitz

__all__ = ["lipschitz"]


def lipschitz(F: PiecewiseLinear, norm: Any = 2, domain: Domain = None, max_cells: int | None = None) -> Lipschitz:
    """Return the smallest L with ``|F(x) - F(y)| <= L |x - y|`` for all x, y of the domain, exactly.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        With one output; select one of several with ``net[j]``.
    norm : {2, 1, "inf"}
        The norm of x - y. L is the largest dual norm of a gradient: of the 2-norm for 2, of the maximum norm for 1, of
        the 1-norm for "inf" (``float("inf")`` and ``numpy.inf`` are taken, too).
    domain : None, Box or Polyhedron
        Where; a cell counts if it meets the interior. None is all of R^d.
    max_cells : int, optional
        Limit on the number of cells.

    Returns
    -------
    Lipschitz
        ``squared`` is L² as a Fraction; ``float()`` gives L. With a gradient, a cell and an interior point that attain
        it; ``certificate`` has the kind ``lipschitz``.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    The enumeration of the cells, and one norm for each different gradient.

    Examples
    --------
    >>> from tropical import parse
    >>> lipschitz(parse("max(3*x0 + 4*x1, 0)"))
    Lipschitz(5 in the 2-norm, at x0 = 1, all others 0)
    >>> float(lipschitz(parse("max(3*x0 + 4*x1, 0)"), norm="inf")), lipschitz(parse("x0 + x1")).squared
    (7.0, Fraction(2, 1))
    """
    function = as_scalar(F)
    chosen = _as_norm(norm)
    polyhedron = as_polyhedron(domain, function.dimension)
    found = overlay([function], polyhedron, as_limit(max_cells, "max_cells"))
    first: dict[IntVector, int] = {}
    for i, part in enumerate(found.all_parts()):
        first.setdefault(part.values[0][0][:-1], i)
    forms = list(first)
    (scale,) = found.scales
    gradients = _lifted(found.coordinates, [[Fraction(a, scale) for a in form] for form in forms])
    lengths = [_dual_squared(gradient, chosen) for gradient in gradients]
    best = max(range(len(forms)), key=lengths.__getitem__)
    number = first[forms[best]]
    point = found.coordinates.lift_point(dehomogenise(found.interior(found.parts[number])))
    proof = partial(_prove, function, polyhedron, chosen, lengths[best], gradients[best])
    return Lipschitz(chosen, lengths[best], gradients[best], found.label(number), point, evidence=proof)


def _as_norm(norm: Any) -> int | str:
    if isinstance(norm, (int, float, np.integer)) and not isinstance(norm, bool):
        if norm in (1, 2):
            return int(norm)
        if norm == float("inf"):
            return "inf"
    if isinstance(norm, str) and norm == "inf":
        return norm
    raise InvalidInput("norm", '1, 2 or "inf"', norm, "the norm is that of x - y")


def _lifted(coordinates: Coordinates, gradients: Sequence[Sequence[Fraction]]) -> list[tuple[Fraction, ...]]:
    return [row[:-1] for row in coordinates.lift_forms([(*gradient, Fraction(0)) for gradient in gradients])]


def _dual_squared(gradient: Sequence[Fraction], norm: int | str) -> Fraction:
    if norm == 2:
        return sum((a * a for a in gradient), Fraction(0))
    lengths = [abs(a) for a in gradient]
    return (max(lengths) if norm == 1 else sum(lengths, Fraction(0))) ** 2


def _prove(
    function: PiecewiseLinear,
    domain: Polyhedron | None,
    norm: int | str,
    squared: Fraction,
    gradient: tuple[Fraction, ...],
) -> Certificate:
    reduction = Reduction([function], domain)
    short = tuple(gradient[p] for p in reduction.pivots)
    evidence: dict[str, Any] = {}

    def mark(number: int, region: Region, values: tuple[Rows, ...]) -> None:
        if "attained" not in evidence and values[0][0][:-1] == short:
            evidence["attained"] = {"node": number, "point": strings(dehomogenise(region.point))}

    claim = {"norm": str(norm), "squared": rational_text(squared), "gradient": strings(gradient)}
    return tree(
        "lipschitz", [function], domain, lambda *_: {}, claim=claim, reduction=reduction, mark=mark, evidence=evidence
    )
