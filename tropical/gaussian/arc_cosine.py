r"""One hidden layer: moments in closed form in any dimension.

For x ~ N(0, I) and α the angle between u and v,

.. math:: E[\mathrm{relu}⟨u,x⟩\,\mathrm{relu}⟨v,x⟩] = \frac{|u||v|\,(\sin α + (π - α)\cos α)}{2π}, \qquad
          E[\mathrm{relu}⟨u,x⟩] = \frac{|u|}{\sqrt{2π}},

and |u||v| sin α = √(|u|²|v|² - ⟨u,v⟩²), |u||v| cos α = ⟨u,v⟩ are free of the lengths' roots. So the moments of
c + Σ a_i relu⟨u_i, x⟩ take one angle for each pair of different directions, whatever their span is.

References
----------
Cho and Saul, *Kernel methods for deep learning* (NeurIPS 2009), the arc-cosine kernel of order 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from flint import fmpq, fmpq_mat

from tropical._exact.rational import primitive_multiple
from tropical.gaussian.closed_form import Combination, Factor, arc_cosine, density, error_function, square_root
from tropical.network import ReLUNetwork

__all__ = ["HiddenLayer", "hidden_layer", "layer_mean", "layer_product"]


class HiddenLayer(NamedTuple):
    """The function ``constant + Σ weights[i] · relu(<directions[i], x> + offsets[i])``.

    The affine forms are primitive integers, all different, with non-zero directions.
    """

    constant: fmpq
    weights: tuple[fmpq, ...]
    directions: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]

    def minus(self, other: HiddenLayer) -> HiddenLayer:
        """Return the difference of two such functions."""
        terms = [*zip(self.directions, self.offsets, self.weights, strict=True)]
        terms += [(u, c, -w) for u, c, w in zip(other.directions, other.offsets, other.weights, strict=True)]
        return _collect(self.constant - other.constant, terms)

    def is_bias_free(self) -> bool:
        """Return whether no unit has a bias."""
        return not any(self.offsets)


def hidden_layer(F: Any) -> HiddenLayer | None:
    """Return a network of one hidden layer and one output in this form, None for every other function."""
    if not isinstance(F, ReLUNetwork) or len(F.weights) != 2 or len(F.weights[1]) != 1:
        return None
    constant = F.biases[1][0]
    terms = []
    for row, bias, weight in zip(F.weights[0], F.biases[0], F.weights[1][0], strict=True):
        if any(row):
            form = primitive_multiple((*row, bias))
            pivot = next(i for i, a in enumerate(form) if a)
            scale = weight * row[pivot] / form[pivot]
            terms.append((form[:-1], form[-1], fmpq(scale.numerator, scale.denominator)))
        else:
            constant += weight * max(bias, Fraction(0))
    return _collect(fmpq(constant.numerator, constant.denominator), terms)


def _collect(constant: fmpq, terms: Sequence[tuple[tuple[int, ...], int, fmpq]]) -> HiddenLayer:
    collected: dict[tuple[tuple[int, ...], int], fmpq] = {}
    for direction, offset, weight in terms:
        collected[direction, offset] = collected.get((direction, offset), fmpq(0)) + weight
    kept = {form: weight for form, weight in collected.items() if weight}
    return HiddenLayer(constant, tuple(kept.values()), tuple(u for u, _ in kept), tuple(c for _, c in kept))


def layer_mean(layer: HiddenLayer) -> Combination:
    """Return E[F]; with biases, too: E[relu(s + c)] = σ φ(c/σ) + c Φ(c/σ) for s of variance σ²."""
    total = Combination.rational(layer.constant)
    for weight, direction, offset in zip(layer.weights, layer.directions, layer.offsets, strict=True):
        variance = fmpq(sum(a * a for a in direction))
        total.add(Combination.of(density(fmpq(offset), variance)), weight * variance)
        if offset:
            total.add(Combination.rational(fmpq(offset, 2)), weight)
            total.add(error_function(offset * offset / (2 * variance)), weight * abs(offset) / 2)
    return total


def layer_product(left: HiddenLayer, right: HiddenLayer) -> Combination:
    """Return E[F G] for layers without biases. Complexity: one angle for each pair of directions."""
    total = Combination.rational(-left.constant * right.constant)
    total.add(layer_mean(right), left.constant)
    total.add(layer_mean(left), right.constant)
    if not left.directions or not right.directions:
        return total
    products = fmpq_mat(_rows(left.directions)) * fmpq_mat(_rows(right.directions)).transpose()
    squares = [[sum(a * a for a in u) for u in layer.directions] for layer in (left, right)]
    symmetric = left.directions == right.directions
    for i, a in enumerate(left.weights):
        for j, b in enumerate(right.weights):
            if symmetric and j < i:  # the kernel is symmetric: both orders at once
                continue
            weight = a * b if not symmetric or i == j else a * b + left.weights[j] * right.weights[i]
            if weight:
                total.add(_kernel(squares[0][i], squares[1][j], products[i, j]), weight)
    return total


def _kernel(square: int, other: int, product: fmpq) -> Combination:
    """Return E[relu<u,x> relu<v,x>] for |u|², |v|² and <u,v>."""
    lengths = fmpq(square * other)
    sine = lengths - product * product
    total = Combination()
    if sine:
        root = square_root(sine)
        total.add(Combination.of(Factor(root.coefficient / 2, -2, root.radicand, fmpq(0))))
    if product:
        sign = 1 if product > 0 else -1
        beyond = arc_cosine(-sign, product * product / lengths)  # π - α
        total.add(beyond.times(Factor(product / 2, -2, 1, fmpq(0))))
    return total


def _rows(directions: Sequence[Sequence[int]]) -> list[list[fmpq]]:
    return [[fmpq(a) for a in row] for row in directions]
