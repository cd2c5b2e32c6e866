r"""One hidden layer with biases: second moments in any dimension, pair by pair.

E[FG] for F = c + Σ a_i relu(ℓ_i) and G alike is a sum over pairs of units, and a pair looks at the plane of its two
directions only: E[relu(ℓ) relu(ℓ')] is the moment of ℓ ℓ' over the wedge {ℓ >= 0, ℓ' >= 0} in R², a polyhedron with one
vertex (on R where the directions are parallel). The number of pairs grows quadratically, whatever the number of cells.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

from tropical._exact.cone import Cone
from tropical.gaussian.arc_cosine import HiddenLayer, layer_mean
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.evaluation import Value, evaluate
from tropical.gaussian.faces import AffineForm, FaceTable
from tropical.gaussian.isserlis import Moments
from tropical.gaussian.values import Exact, enclosure_of_ball, exact_value
from tropical.gaussian.working_precision import bits_for, precision, target_digits, working_bits

__all__ = ["shallow_product"]

Unit = tuple[tuple[int, ...], int]


def shallow_product(left: HiddenLayer, right: HiddenLayer, max_faces: int | None = None) -> Value:
    """Return E[F G] of two hidden layers with biases.

    Complexity: one wedge, with two values of Owen's function, for each pair of units.
    """
    plain = Combination.rational(-left.constant * right.constant)
    plain.add(layer_mean(right), left.constant)
    plain.add(layer_mean(left), right.constant)
    total = exact_value(plain)
    weights: dict[tuple[Unit, Unit], fmpq] = {}
    for u, a in zip(_units(left), left.weights, strict=True):
        for v, b in zip(_units(right), right.weights, strict=True):
            pair = (u, v) if u <= v else (v, u)
            weights[pair] = weights.get(pair, fmpq(0)) + a * b
    pairs = {pair: weight for pair, weight in weights.items() if weight}
    digits = target_digits() + len(str(len(pairs))) + 2
    with precision(digits=digits):
        values = [(weight, _pair_moment(*pair, max_faces)) for pair, weight in pairs.items()]
    with working_bits(bits_for(digits) + 64):
        ball = arb(0)
        for weight, value in values:
            if isinstance(value, Exact):
                scaled = value * Fraction(int(weight.p), int(weight.q))
                total = total + scaled
            else:
                ball += weight * value.ball()
        if ball.is_zero():
            return total
        return enclosure_of_ball(ball + total.ball(digits))


def _units(layer: HiddenLayer) -> list[Unit]:
    return list(zip(layer.directions, layer.offsets, strict=True))


def _pair_moment(first: Unit, second: Unit, max_faces: int | None) -> Value:
    """Return E[relu(ℓ) relu(ℓ')]."""
    (u, c), (v, e) = first, second
    a, b, d = _dot(u, u), _dot(u, v), _dot(v, v)
    if a * d != b * b:  # coordinates <u, x>, <v, x>
        table = FaceTable(((a, b), (b, d)))
        forms = (AffineForm((fmpq(1), fmpq(0)), fmpq(c)), AffineForm((fmpq(0), fmpq(1)), fmpq(e)))
        walls = ((1, 0, c), (0, 1, e))
    else:  # v = (b/a) u: the coordinate <u, x>
        ratio = b / a
        scale = int(ratio.q)
        table = FaceTable(((a,),))
        forms = (AffineForm((fmpq(1),), fmpq(c)), AffineForm((ratio,), fmpq(e)))
        walls = ((1, c), (int(ratio.p), e * scale))
    k = len(table.covariance)
    cone: Cone | None = Cone.whole_space(k + 1).part((*(0,) * k, 1))
    for wall in walls:
        cone = cone.part(wall) if cone is not None else None
    if cone is None:
        return Exact(())
    moments = Moments(table)
    product = moments.moment(table.cell(cone), [moments.name(form) for form in forms])
    return evaluate(product, moments.measures, max_faces)


def _dot(left: tuple[int, ...], right: tuple[int, ...]) -> fmpq:
    return fmpq(sum(a * b for a, b in zip(left, right, strict=True)))
