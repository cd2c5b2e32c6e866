"""Trees of polyhedra as certificates: the loop that all proofs share.

The domain is subdivided until each function is affine on every leaf and the leaf shows its part of the statement. What
an answer rests on are signs of affine forms, and each is written down as a nonnegative combination of the constraints
above it (docs/theory.md, equality and its certificate; :mod:`tropical.certificates` says how it is replayed).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import IntVector, primitive_multiple, rational_text
from tropical._exact.region import Region, subdivide
from tropical._protocol import PiecewiseLinear
from tropical.certificates import VERSION, Certificate
from tropical.complexes.progress import progress_bar
from tropical.complexes.reduction import Reduction
from tropical.domains import Polyhedron
from tropical.exceptions import BudgetExceeded

__all__ = ["Refuted", "document", "require", "strings", "tree"]

Rows = tuple[tuple[Fraction, ...], ...]
Leaf = Callable[[Region, tuple[Rows, ...]], dict[str, Any]]
Mark = Callable[[int, Region, tuple[Rows, ...]], None]


class Refuted(Exception):
    """On this part of the domain the functions do not do what the statement says."""

    def __init__(self, region: Region, values: tuple[Rows, ...]) -> None:
        super().__init__("refuted")
        self.region, self.values = region, values


def require(region: Region, form: Sequence[Fraction]) -> bool:
    """Return whether an affine form is >= 0 on the region, and note that the proof rests on it."""
    integers = primitive_multiple(form)
    side = region.sign(integers)
    if side is None or side < 0:
        return False
    if side:
        region.decide(integers)
    return True


def tree(
    kind: str,
    functions: Sequence[PiecewiseLinear],
    domain: Polyhedron | None,
    leaf: Leaf,
    *,
    claim: dict[str, Any] | None = None,
    reduction: Reduction | None = None,
    max_cells: int | None = None,
    mark: Mark = lambda number, region, values: None,
    evidence: dict[str, Any] | None = None,
) -> Certificate:
    """Return the certificate of a statement that holds.

    Parameters
    ----------
    kind : str
    functions : sequence of functions
    domain : Polyhedron or None
    leaf : callable
        From a region and the values of all functions there to what its node holds beside them; asks the region for the
        signs that the statement needs. Raises :class:`Refuted` where the statement fails.
    claim : dict, optional
    reduction : Reduction, optional
        Of the functions; given where the statement reads more than they do.
    max_cells : int, optional
        Limit on the number of leaves.
    mark : callable
        Sees every leaf with the number of its node, and may add to `evidence`.
    evidence : dict, optional
        What the evidence holds beside basis, pivots and nodes.

    Raises
    ------
    Refuted
    BudgetExceeded

    Notes
    -----
    One question a node; one Farkas combination a sign that the answer rests on.
    """
    reduction = reduction or Reduction(functions, domain)
    shift = 1 if reduction.homogeneous else 0  # the checker's constraint 0 is 1 >= 0, which a linear cone lacks

    def question(region: Region) -> tuple[tuple[Rows, ...], dict[str, Any]]:
        values = tuple(resolver.resolve(region).rows() for resolver in reduction.resolvers)
        return values, leaf(region, values)

    nodes: list[dict[str, Any]] = []
    leaves = 0
    with progress_bar(what="proof") as bar:
        for step in subdivide(reduction.start(), question):
            node: dict[str, Any] = {"facts": [_fact(form, step.region, shift) for form in step.region.used]}
            if step.crossing is not None:
                node["split"] = strings(step.crossing)
            elif step.answer is not None:
                values, extra = step.answer
                leaves += 1
                if max_cells is not None and leaves > max_cells:
                    raise BudgetExceeded(
                        f"more than max_cells={max_cells} joint cells, all as stated so far; raise max_cells"
                    )
                node |= {"values": [[strings(row) for row in rows] for rows in values], **extra}
                mark(len(nodes), step.region, values)
                bar(leaves)
            nodes.append(node)
    return document(kind, functions, domain, reduction, nodes, claim=claim, evidence=evidence)


def document(
    kind: str,
    functions: Sequence[PiecewiseLinear],
    domain: Polyhedron | None,
    reduction: Reduction,
    nodes: list[dict[str, Any]],
    *,
    claim: dict[str, Any] | None = None,
    evidence: dict[str, Any] | None = None,
) -> Certificate:
    """Return a certificate from the nodes of its tree."""
    return Certificate.from_plain(
        {
            "kind": kind,
            "version": VERSION,
            "domain": None if domain is None else domain.to_plain(),
            "functions": [function.to_plain() for function in functions],
            "claim": claim,
            "evidence": {
                "basis": [strings(row) for row in reduction.basis],
                "pivots": list(reduction.pivots),
                "nodes": nodes,
                **(evidence or {}),
            },
        }
    )


def strings(numbers: Sequence[Fraction] | IntVector) -> list[str]:
    """Return numbers as JSON holds them."""
    return [rational_text(number) for number in numbers]


def _fact(form: IntVector, region: Region, shift: int) -> dict[str, Any]:
    scale, multipliers = region.cone.combination(region.vector(form))
    return {
        "form": strings(form),
        "scale": str(scale),
        "multipliers": [[index + shift, str(weight)] for index, weight in sorted(multipliers.items())],
    }
