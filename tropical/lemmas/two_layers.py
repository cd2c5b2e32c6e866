r"""Two hidden layers for every function of at most four relevant dimensions: lemma D in the form of 2025.

F is a signed sum of maxima of at most five affine functions (lemmas DC and D). A maximum of up to four takes two
layers, max(max(a, b), max(c, d)), and one of five does by the identity of lemma M5. All these are sums of c·max(L, R)
with L, R sums of maxima of pairs, so the first layer makes the pairs, and the second, of R + relu(L - R), all of F.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

from tropical._circuit import Circuit, Form, Value
from tropical.convert import difference_of_convex
from tropical.exceptions import InvalidInput
from tropical.lemmas.simplices import signed_simplices
from tropical.lemmas.statement import scalar
from tropical.lemmas.symmetric_maximum import MAXIMUM_OF_FIVE
from tropical.network import ReLUNetwork

__all__ = ["two_layer_network"]

_LARGEST = 5
Pair = tuple[Form, Form]
_Sides = tuple[Fraction, tuple[Pair, ...], tuple[Pair, ...]]


def two_layer_network(F: Any, *, max_cells: int | None = None) -> ReLUNetwork:
    """Return a network of at most two hidden layers that is the same function as F, of at most four dimensions.

    Parameters
    ----------
    F : a function of any type with one output
    max_cells : int, optional
        Limit on the number of cells.

    Raises
    ------
    InvalidInput
        If F has more than four relevant dimensions.
    BudgetExceeded

    Notes
    -----
    Some hundred units of the second layer for each maximum of five, of which there are as many as full-dimensional
    simplices in a triangulation of a Newton polytope (24 for |x_0| + ... + |x_3|).

    Examples
    --------
    >>> from tropical import families, parse
    >>> two_layer_network(parse("max(x0, x1, x2, x3, 0)")).widths
    (4, 14, 122, 1)
    """
    quotient = difference_of_convex(scalar(F), max_cells=max_cells)
    terms: list[_Sides] = []
    for sign, part in ((1, quotient.numerator), (-1, quotient.denominator)):
        essential = part.essential()
        forms = [Form.of_row(piece.gradient, piece.constant) for piece in essential.pieces]
        for simplex, orientation in signed_simplices(essential).items():
            if len(simplex) > _LARGEST:
                raise InvalidInput("F", "at most 4 relevant dimensions", f"{len(simplex) - 1}", "use shallow_network")
            terms += _sides(Fraction(sign * orientation), [forms[i] for i in simplex])
    circuit = Circuit(quotient.dimension)
    pairs = list(dict.fromkeys(pair for _, left, right in terms for pair in (*left, *right)))
    made = dict(zip(pairs, circuit.layer([_maximum(pair) for pair in pairs]), strict=True))
    bends: dict[Form, Fraction] = {}
    carried = []
    for coefficient, left, right in terms:
        below = Form.combine([(1, made[pair]) for pair in right])
        gap = Form.combine([*((1, made[pair]) for pair in left), (-1, below)])
        bends[gap] = bends.get(gap, Fraction(0)) + coefficient
        carried.append((coefficient, below))
    value = Value(tuple((c, form) for form, c in bends.items()), Form.combine(carried))
    return circuit.network(circuit.layer([value]), drop_unused=True)


def _sides(weight: Fraction, forms: Sequence[Form]) -> Iterator[_Sides]:
    """Yield terms c·max(L, R) whose sum is weight times the maximum of up to five forms; L, R are sums over pairs."""
    if len(forms) < _LARGEST:
        a, b, c, d = (*forms, *[forms[-1]] * (4 - len(forms)))
        yield weight, (_sorted(a, b),), (_sorted(c, d),)
        return
    for term in MAXIMUM_OF_FIVE:
        for s in permutations(forms):
            left, right = (tuple(_sorted(s[a], s[b]) for a, b in side) for side in (term.left, term.right))
            yield weight * term.coefficient, left, right


def _sorted(a: Form, b: Form) -> Pair:
    """Return a pair so that max(a, b) and max(b, a) are one."""
    return (a, b) if (a.linear, a.constant) <= (b.linear, b.constant) else (b, a)


def _maximum(pair: Pair) -> Value:
    first, second = pair
    gap = Form.combine([(1, first), (-1, second)])
    return Value(((1, gap),), second) if gap != Form(()) else Value((), second)
