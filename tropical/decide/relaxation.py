"""Affine bounds of a network on a polytope where some of its units are undecided; exact.

A unit with preactivation z in [l, u], l < 0 < u, satisfies ``αz <= relu(z) <= sz + max(-sl, (1 - s)u)`` for all slopes
α, s in [0, 1]. Each unit's value thus lies between two affine functions of the inputs; they are carried through the
layers, the lower one where a weight is positive and the upper one where it is negative, or the other way round. l and u
are the extreme values on the polytope of the affine bounds of z. With ``s = u/(u - l)`` the upper bound is the chord.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flint import fmpq

from tropical._exact.flint_numbers import from_fmpq, to_fmpq
from tropical._exact.linear_program import Optimum
from tropical.network import NetworkResolver

__all__ = ["Claim", "Relaxation", "relax"]

Form = list[fmpq]
Rule = int | tuple[Fraction, Fraction, Fraction, Fraction]
Signs = list[list[int | None]]


@dataclass(frozen=True, slots=True)
class Claim:
    """The form ``bound - form``, which is >= 0 on the polytope: a combination with the multipliers."""

    form: Form
    bound: Fraction
    multipliers: dict[int, Fraction]


@dataclass(slots=True)
class Relaxation:
    """Affine bounds of the one output, and what they rest on.

    Attributes
    ----------
    low, high : form
        Affine functions below and above the output on the polytope; the same one where every unit is decided.
    rules : list of lists
        For each hidden unit 1 (active), 0 (not), or (l, u, s, α).
    claims : list of Claim
    layer : int or None
        The first layer with undecided units.
    costs : dict
        For each undecided unit of that layer how far its upper bound is from its lower one.
    """

    low: Form
    high: Form
    rules: list[list[Rule]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    layer: int | None = None
    costs: dict[int, fmpq] = field(default_factory=dict)


def relax(
    resolver: NetworkResolver, width: int, signs: Signs, maximum: Callable[[Sequence[Fraction]], Optimum]
) -> Relaxation:
    """Return affine bounds of the output on a polytope.

    Parameters
    ----------
    resolver : NetworkResolver
    width : int
        Number k of inputs.
    signs : lists
        For each hidden layer the signs of its units as far as they are known, None for others. What is found here for
        layers whose preactivations are affine is added: it holds on all parts of the polytope.
    maximum : callable
        From a form to its maximum on the polytope.
    """
    lows = highs = [[fmpq(int(i == j)) for j in range(width + 1)] for i in range(width)]
    result = Relaxation([], [])
    before = 1
    for depth, layer in enumerate(resolver.layers):
        if depth:
            lows, highs = _hidden(depth - 1, lows, highs, signs[depth - 1], maximum, result)
        own = layer.scale // before
        below, above = [], []
        for row, b in zip(layer.matrix, layer.bias, strict=True):
            weights, constant = [fmpq(w, own) for w in row], fmpq(b, layer.scale)
            below.append(_sum(weights, lows, highs, constant))
            above.append(below[-1] if lows is highs else _sum(weights, highs, lows, constant))
        lows, highs = below, below if lows is highs else above
        before = layer.scale
    result.low, result.high = lows[0], highs[0]
    return result


def _hidden(
    depth: int,
    lows: list[Form],
    highs: list[Form],
    signs: list[int | None],
    maximum: Callable[[Sequence[Fraction]], Optimum],
    result: Relaxation,
) -> tuple[list[Form], list[Form]]:
    """Return affine bounds of the ReLUs of a layer."""
    affine = lows is highs
    below: list[Form] = []
    above: list[Form] = []
    rules: list[Rule] = []
    for unit, (low, high) in enumerate(zip(lows, highs, strict=True)):
        sign, cost, ends = signs[unit], None, (fmpq(0), fmpq(0))
        if sign is None:
            sign, ends = _sign(low, high, maximum, result)
            if affine:
                signs[unit] = sign
        if sign is not None:
            chosen = (low, high) if sign else ([fmpq(0)] * len(low),) * 2
            rules.append(sign)
        else:
            least, most = ends
            slope = fmpq(round(float(from_fmpq(most / (most - least))) * _STEPS), _STEPS)
            cost = max(-slope * least, (1 - slope) * most)
            upper = [slope * a for a in high]
            upper[-1] += cost
            chosen = ([slope * a for a in low], upper)
            rules.append((from_fmpq(least), from_fmpq(most), from_fmpq(slope), from_fmpq(slope)))
            if result.layer in (None, depth):
                result.layer = depth
                result.costs[unit] = cost
        below.append(chosen[0])
        above.append(chosen[1])
    result.rules.append(rules)
    return below, below if result.layer is None else above


# Slopes are rounded to 12 binary digits: exact ones would double the digits in each layer, and any slope is sound.
_STEPS = 1 << 12


def _sign(
    low: Form, high: Form, maximum: Callable[[Sequence[Fraction]], Optimum], result: Relaxation
) -> tuple[int | None, tuple[fmpq, fmpq]]:
    """Return the sign of a preactivation between two affine functions, or None and its extreme values."""
    top = maximum([from_fmpq(a) for a in high])
    up = Claim(high, top.value, top.multipliers)
    if top.value <= 0:
        result.claims.append(Claim(high, Fraction(0), _with_rest(top, -top.value)))
        return 0, (fmpq(0), fmpq(0))
    negative = [-a for a in low]
    bottom = maximum([from_fmpq(a) for a in negative])
    if bottom.value <= 0:
        result.claims.append(Claim(negative, Fraction(0), _with_rest(bottom, -bottom.value)))
        return 1, (fmpq(0), fmpq(0))
    result.claims += [up, Claim(negative, bottom.value, bottom.multipliers)]
    return None, (to_fmpq(-bottom.value), to_fmpq(top.value))


def _with_rest(optimum: Optimum, rest: Fraction) -> dict[int, Fraction]:
    """Return multipliers with that of the constant constraint, number -1."""
    return {**optimum.multipliers, -1: rest} if rest else optimum.multipliers


def _sum(weights: Sequence[fmpq], for_positive: list[Form], for_negative: list[Form], constant: fmpq) -> Form:
    total = [fmpq(0)] * len(for_positive[0])
    for weight, high, low in zip(weights, for_positive, for_negative, strict=True):
        if weight:
            chosen = high if weight > 0 else low
            total = [t + weight * a if a else t for t, a in zip(total, chosen, strict=True)]
    total[-1] += constant
    return total
