"""The exact range of a network on a box of many dimensions, by branch and bound.

Cells have exponentially many vertices there; here no vertex is listed. A node of the search is the box cut by
hyperplanes of hidden units, in the order of the layers, so that each cut is affine. Affine bounds of the output
(:mod:`tropical.decide.relaxation`) and one linear program bound F on the node; where every unit is decided the bound is
the extreme value. A unit is cut only where two linear programs show that its preactivation takes both signs on the
node, so all nodes have interior points. All of it is exact: nodes are closed by proven bounds, and what closes them is
what the certificate holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from tropical._exact.flint_numbers import from_fmpq
from tropical._exact.linear_program import Optimum, Polytope, box_bound
from tropical._exact.rational import IntVector, primitive_multiple, rational_text
from tropical.certificates import Certificate
from tropical.complexes.reduction import Reduction, domain_walls
from tropical.decide.proofs import document, strings
from tropical.decide.relaxation import Claim, Relaxation, Signs, relax
from tropical.domains import Box
from tropical.network import NetworkResolver, ReLUNetwork

__all__ = ["BoxSearch", "Extreme"]

Point = tuple[Fraction, ...]


class Extreme(NamedTuple):
    """One end of a range: the best value found, where, and the proven bound; equal where the search is complete."""

    value: Fraction
    point: Point
    bound: Fraction


@dataclass(slots=True)
class _Node:
    """A box cut by half-spaces ``split >= 0``, with the signs of units known on it."""

    splits: tuple[IntVector, ...]
    signs: Signs
    polytope: Polytope
    relaxation: Relaxation


class BoxSearch:
    """Branch and bound for a network with one output on a box.

    Attributes
    ----------
    nodes : int
        Nodes looked at so far.
    interrupted : bool
        Whether Ctrl-C ended a search, which then returned what it had.
    """

    def __init__(self, network: ReLUNetwork, box: Box) -> None:
        self.network, self.box = network, box
        self.reduction = Reduction([network], box.polyhedron())
        (resolver,) = self.reduction.resolvers
        assert isinstance(resolver, NetworkResolver)
        assert len(self.reduction.pivots) == box.dimension, "the walls of a box span everything"
        self._resolver = resolver
        self._walls = domain_walls(box.polyhedron(), self.reduction.pivots)
        self.nodes = 0
        self.interrupted = False

    def extreme(self, sign: int, max_nodes: int | None = None) -> Extreme:
        """Return the maximum (sign = 1) or the minimum (-1) of F over the box.

        Best first. After `max_nodes` nodes the search ends with the best value and the best proven bound.
        """
        point = self._proposal(sign)
        value = sign * self._at(point)
        ticket = count()
        root = self._node((), [[None] * width for width in self.network.widths[1:-1]])
        heap = [(-self._bound(root, sign).value, next(ticket), root)]
        limit = None if max_nodes is None else self.nodes + max_nodes
        while heap and -heap[0][0] > value:
            if self.interrupted or (limit is not None and self.nodes >= limit):
                return Extreme(sign * value, point, sign * -heap[0][0])
            try:
                children = [(child, self._bound(child, sign)) for child in self._children(heap[0][2])]
            except KeyboardInterrupt:
                self.interrupted = True
                continue
            heappop(heap)
            for child, optimum in children:
                reached = sign * self._at(optimum.point)
                if reached > value:
                    value, point = reached, optimum.point
                if optimum.value > value:
                    heappush(heap, (-optimum.value, next(ticket), child))
        return Extreme(sign * value, point, sign * value)

    def certificate(self, low: Extreme, high: Extreme) -> Certificate:
        """Return the certificate of kind ``range``: a tree whose leaves show both ends."""
        claim = {
            "min": rational_text(low.value),
            "argmin": strings(low.point),
            "max": rational_text(high.value),
            "argmax": strings(high.point),
        }
        nodes = list(self._tree(low.value, high.value))
        extra = {"unbounded": {}}
        domain = self.box.polyhedron()
        return document("range", [self.network], domain, self.reduction, nodes, claim=claim, evidence=extra)

    # ------------------------------------------------------------ nodes

    def _node(self, splits: tuple[IntVector, ...], signs: Signs) -> _Node:
        self.nodes += 1
        polytope = Polytope([*self._walls, *splits])

        def maximum(form: Sequence[Fraction]) -> Optimum:
            optimum = box_bound(form, self._walls)
            if splits and optimum.value > 0:  # what the box decides needs no linear program
                found = polytope.maximise(form)
                assert found is not None, "a node has interior points"
                return found
            return optimum

        return _Node(splits, signs, polytope, relax(self._resolver, self.box.dimension, signs, maximum))

    def _bound(self, node: _Node, sign: int) -> Optimum:
        """Return the maximum on a node of the affine function above sign·F."""
        above = node.relaxation.high if sign > 0 else [-a for a in node.relaxation.low]
        form = [from_fmpq(a) for a in above]
        optimum = node.polytope.maximise(form) if node.splits else box_bound(form, self._walls)
        assert optimum is not None, "a node has interior points"
        return optimum

    def _children(self, node: _Node) -> list[_Node]:
        """Return the two parts of a node on both sides of the unit whose relaxation costs most."""
        relaxation = node.relaxation
        if relaxation.layer is None:
            return []
        unit = max(relaxation.costs, key=relaxation.costs.__getitem__)
        pattern = tuple(tuple(int(sign or 0) for sign in row) for row in node.signs[: relaxation.layer])
        form = primitive_multiple([Fraction(a) for a in self._resolver.layer_forms(pattern)[unit]])
        children = []
        for sign, split in ((1, form), (0, tuple(-a for a in form))):
            signs = [list(row) for row in node.signs]
            signs[relaxation.layer][unit] = sign
            children.append(self._node((*node.splits, split), signs))
        return children

    def _proposal(self, sign: int) -> Point:
        """Return a good point: in floats, from random points to the corners that the slopes there point to."""
        low, high = (np.array([float(a) for a in ends]) for ends in (self.box.lo, self.box.hi))
        X = np.random.default_rng(0).uniform(low, high, (_STARTS, len(low)))
        values = sign * self.network.evaluate(X)
        step = np.diag(1e-4 * (high - low))
        for _ in range(_CLIMBS):
            slopes = np.stack([sign * self.network.evaluate(X + row) - values for row in step], axis=1)
            moved = np.where(slopes > 0, high, low)
            reached = sign * self.network.evaluate(moved)
            X, values = np.where((reached > values)[:, None], moved, X), np.maximum(values, reached)
        best = X[int(values.argmax())].tolist()
        ends = zip(best, self.box.lo, self.box.hi, strict=True)
        return tuple(min(max(Fraction(a), low), high) for a, low, high in ends)

    def _at(self, x: Sequence[Fraction]) -> Fraction:
        value = self.network(x)
        assert isinstance(value, Fraction)
        return value

    # ------------------------------------------------------------ the proof

    def _tree(self, low: Fraction, high: Fraction) -> Iterator[dict[str, Any]]:
        """Yield the nodes of a tree in preorder, in which each leaf shows that F is between two values."""
        pending = [self._node((), [[None] * width for width in self.network.widths[1:-1]])]
        while pending:
            node = pending.pop()
            relaxation = node.relaxation
            top, bottom = self._bound(node, 1), self._bound(node, -1)
            facts = [fact for claim in relaxation.claims for fact in _fact(claim)]
            if top.value <= high and -bottom.value >= low:
                ends = ((relaxation.high, high, top), ([-a for a in relaxation.low], -low, bottom))
                for form, bound, optimum in ends:
                    facts += _fact(Claim(form, bound, {**optimum.multipliers, -1: bound - optimum.value}))
                yield {"facts": facts, "values": [{"relaxed": _plain(relaxation)}]}
            else:
                children = self._children(node)
                yield {"facts": facts, "split": strings(children[0].splits[-1])}
                pending += reversed(children)


_STARTS, _CLIMBS = 64, 6


def _plain(relaxation: Relaxation) -> list[list[Any]]:
    return [[rule if isinstance(rule, int) else strings(rule) for rule in row] for row in relaxation.rules]


def _fact(claim: Claim) -> list[dict[str, Any]]:
    """Return the fact that a claim is, in integers; none for a constant, which needs none."""
    form = [*(-a for a in map(from_fmpq, claim.form[:-1])), claim.bound - from_fmpq(claim.form[-1])]
    if not any(form[:-1]):
        return []
    integers = primitive_multiple(form)
    lead = next(i for i, a in enumerate(integers) if a)
    factor = Fraction(integers[lead]) / form[lead]
    weights = {index + 1: weight * factor for index, weight in claim.multipliers.items()}
    numbers = primitive_multiple([Fraction(1), *weights.values()])
    pairs = sorted(zip(weights, numbers[1:], strict=True))
    return [
        {
            "form": strings(integers),
            "scale": str(numbers[0]),
            "multipliers": [[index, str(weight)] for index, weight in pairs if weight],
        }
    ]
