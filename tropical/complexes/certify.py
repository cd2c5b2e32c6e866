"""Evidence that a complex has all activation cells of a network (certificate kind ``complex``).

For each cell: its pattern, its rays, its facets with the neighbour on the other side, and for every other unit the
combination of facets that implies its sign. Why this proves completeness is said in :mod:`tropical.certificates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector, primitive, rational_text
from tropical.certificates import VERSION, Certificate
from tropical.complexes.reduction import domain_walls
from tropical.exceptions import InvalidInput
from tropical.network import NetworkResolver, ReLUNetwork

if TYPE_CHECKING:
    from tropical.complexes.cell_complex import CellComplex

__all__ = ["certify"]


def certify(complex_: CellComplex) -> Certificate:
    """Return the certificate of a complex of activation cells."""
    network = complex_.function
    if not isinstance(network, ReLUNetwork):
        raise InvalidInput("complex", "activation cells of a network", repr(network), "convert it with to_network")
    coordinates = complex_.coordinates()
    resolver = network.resolver(coordinates.pivots)
    walls = domain_walls(complex_.domain, coordinates.pivots)
    across: dict[tuple[int, IntVector], int] = {}
    for i, j, form in complex_.adjacent():
        across[i, form] = j
        across[j, tuple(-a for a in form)] = i
    cells = []
    for i, (cell, region) in enumerate(zip(complex_, complex_.regions(), strict=True)):
        cells.append(_evidence(i, cell.label, _affine_cone(region.cone, region.homogeneous), resolver, walls, across))
    document = {
        "kind": "complex",
        "version": VERSION,
        "domain": None if complex_.domain is None else complex_.domain.to_plain(),
        "functions": [network.to_plain()],
        "claim": None,
        "evidence": {
            "basis": [_texts(row) for row in coordinates.basis],
            "pivots": list(coordinates.pivots),
            "cells": cells,
        },
    }
    return Certificate.from_plain(document)


def _affine_cone(cone: Cone, homogeneous: bool) -> Cone:
    """Return a cell as a cone over (z, t); of linear forms the apex, the origin, is its one vertex."""
    if cone.lines:
        cure = "cut it, or restrict the function to its relevant subspace"
        raise InvalidInput("complex", "cells without lines", "a cell that contains a line", cure)
    return cone.homogenised() if homogeneous else cone


def _evidence(
    number: int,
    label: tuple[tuple[int, ...], ...],
    cone: Cone,
    resolver: NetworkResolver,
    walls: Sequence[IntVector],
    across: dict[tuple[int, IntVector], int],
) -> dict[str, Any]:
    facets = [cone.constraints[c] for c in cone.facets()]
    place = {wall: i for i, wall in enumerate(facets)}
    numbered = {c: place[cone.constraints[c]] for c in cone.facets()}
    bounded = Cone(
        cone.dimension,
        (),
        cone.rays,
        tuple(sum(1 << i for c, i in numbered.items() if mask >> c & 1) for mask in cone.incidence),
        tuple(facets),
    )
    implied = []
    forms = [
        form if on else tuple(-a for a in form)
        for layer, signs in zip(resolver.preactivations(label), label, strict=True)
        for form, on in zip(layer, signs, strict=True)
    ]
    for form in [*forms, *walls]:
        key = primitive(form)
        if any(key) and key not in place:
            scale, multipliers = bounded.combination(key)
            implied.append([str(scale), [[c, str(m)] for c, m in sorted(multipliers.items())]])
    return {
        "pattern": [list(signs) for signs in label],
        "rays": [[str(a) for a in ray] for ray in cone.rays],
        "facets": [[[str(a) for a in wall], across.get((number, wall))] for wall in facets],
        "implied": implied,
    }


def _texts(numbers: Sequence[Fraction]) -> list[str]:
    return [rational_text(number) for number in numbers]
