r"""Circuits of ReLU units, built layer by layer; how a piecewise-linear function becomes a network.

A *value* is an affine form over the units of the last hidden layer, over the inputs before there is one. A further
layer turns values into new ones of the shape

.. math:: \sum_j c_j\,\mathrm{relu}(f_j) + g, \qquad\text{such as}\qquad
          \max(a, b) = b + \mathrm{relu}(a - b), \quad |v| = 2\,\mathrm{relu}(v) - v,

with affine forms f_j (the *bends*, one unit each) and g (*carried* along). Units of one layer that are positive
multiples of each other are one unit. What units a carried form needs:

===========================================  ======================================================
carried form g, its constant set aside       units
===========================================  ======================================================
all coefficients of one sign, over units     1: ±g = relu(±g)
both signs, over units                       2: relu(g⁺) - relu(g⁻), which cuts nothing
over the inputs, or relu(±g) is there        2: relu(g) - relu(-g), less those that are there already
all carried forms of a layer together        at most the units before it; over the inputs at most 2·rank
===========================================  ======================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd, inf
from typing import NamedTuple

from tropical._exact.linear import rank, row_space
from tropical._exact.rational import IntVector, over_common_denominator, primitive
from tropical.network import ReLUNetwork

__all__ = ["Circuit", "Extremum", "Form", "Value"]


_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Form:
    """Affine form over the units of one layer: the sum of c·u_i over the pairs (i, c), plus a constant.

    Sparse: pairs sorted by unit, none with c = 0.
    """

    linear: tuple[tuple[int, Fraction], ...]
    constant: Fraction = Fraction(0)

    @classmethod
    def combine(cls, weighted: Iterable[tuple[Fraction | int, Form]], constant: Fraction | int = 0) -> Form:
        """Return the linear combination of forms, plus a constant."""
        shift = Fraction(constant)
        rows: list[tuple[tuple[int, Fraction], ...]] = []
        for weight, form in weighted:
            if weight:
                if form.constant:
                    shift += weight * form.constant
                linear = form.linear  # rational operations are what this costs: none for a weight of 1
                rows.append(linear if weight == 1 else tuple([(unit, weight * c) for unit, c in linear]))
        rows = [row for row in rows if row]
        if len(rows) < 2:
            return cls(rows[0] if rows else (), shift)
        totals = dict(rows[0])
        for row in rows[1:]:
            for unit, coefficient in row:
                known = totals.get(unit)
                totals[unit] = coefficient if known is None else known + coefficient
        return cls(tuple(sorted((unit, total) for unit, total in totals.items() if total)), shift)

    @classmethod
    def of_row(cls, row: Sequence[Fraction], constant: Fraction | int = 0) -> Form:
        """Return the form with these coefficients of the units 0, 1, ..."""
        return cls(tuple((unit, c) for unit, c in enumerate(row) if c), Fraction(constant))

    def __neg__(self) -> Form:
        return Form.combine([(-1, self)])

    def without_constant(self) -> Form:
        """Return the linear part."""
        return Form(self.linear)

    def row(self, width: int) -> list[Fraction]:
        """Return the coefficients of the units 0, ..., width - 1."""
        numbers = [_ZERO] * width
        for unit, coefficient in self.linear:
            numbers[unit] = coefficient
        return numbers

    def ray(self) -> tuple[tuple[tuple[int, ...], IntVector], Fraction]:
        """Return what all positive multiples of the form share, and which multiple of that it is."""
        (numerators,), denominator = over_common_denominator([[*(c for _, c in self.linear), self.constant]])
        units = tuple(unit for unit, _ in self.linear)
        return (units, primitive(numerators)), Fraction(gcd(*numerators), denominator)


class Value(NamedTuple):
    """What a layer shall make: the sum of c·relu(f) over the pairs (c, f), plus a carried form."""

    bends: tuple[tuple[Fraction | int, Form], ...]
    carried: Form = Form(())


@dataclass(frozen=True, slots=True)
class Extremum:
    """Maximum (sign 1) or minimum (sign -1) of operands, each a form or again an extremum."""

    sign: int
    operands: tuple[Form | Extremum | _Pair, ...]

    @staticmethod
    def of(sign: int, operands: Iterable[Term]) -> Term:
        """Return the extremum of one or more operands; of forms that differ by a constant the extreme one stays."""
        best: dict[Form, Fraction] = {}
        nested = []
        for operand in operands:
            if isinstance(operand, Extremum):
                nested.append(operand)
            else:
                key = operand.without_constant()
                best[key] = sign * max(sign * operand.constant, sign * best.get(key, operand.constant))
        terms = [*(Form(form.linear, constant) for form, constant in best.items()), *nested]
        return terms[0] if len(terms) == 1 else Extremum(sign, tuple(terms))


class _Pair(NamedTuple):
    """Extremum of two forms: one layer makes it."""

    sign: int
    first: Form
    second: Form


Term = Form | Extremum
_Parts = tuple[list[tuple[int, Form]], Fraction]


class Circuit:
    """Hidden layers under construction on R^dimension.

    A form is over the units of the newest layer when it is passed in; what a method returns replaces all older forms.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._layers: list[list[Form]] = []

    def inputs(self) -> list[Form]:
        """Return the coordinate functions."""
        return [Form(((i, Fraction(1)),)) for i in range(self._dimension)]

    def sign(self, form: Form) -> int | None:
        """Return 1 if the form is certainly >= 0, -1 if certainly <= 0, None if neither is plain to see."""
        if form.linear and not self._layers:
            return None
        numerators = [*(c.numerator for _, c in form.linear), form.constant.numerator]  # compared faster than fractions
        return 1 if min(numerators) >= 0 else -1 if max(numerators) <= 0 else None

    def layer(self, values: Sequence[Value]) -> list[Form]:
        """Return the values over the units of a new hidden layer; no layer is made if none of them bends."""
        folded = [self._fold(value) for value in values]
        if not any(value.bends for value in folded):
            return [value.carried for value in folded]
        units = _Units()
        bent = [[(c, units.relu(form)) for c, form in value.bends] for value in folded]
        carry = self._carrier([value.carried for value in folded], units)
        results = [Form.combine([*terms, (1, carry(value.carried))]) for terms, value in zip(bent, folded, strict=True)]
        self._layers.append(units.forms)
        return results

    def units(self, forms: Iterable[Form]) -> list[Form]:
        """Return relu of the forms over a new hidden layer with one unit for each, as it stands.

        Unlike :meth:`layer` it merges nothing and leaves nothing out: a network read from a file keeps its units, and
        with them its activation cells.
        """
        self._layers.append(list(forms))
        return [Form(((unit, Fraction(1)),)) for unit in range(len(self._layers[-1]))]

    @property
    def width(self) -> int:
        """Number of units of the newest layer, of inputs before there is one."""
        return len(self._layers[-1]) if self._layers else self._dimension

    def weights(self, outputs: int) -> int:
        """Return how many weights the network with so many outputs would have."""
        widths = [self._dimension, *map(len, self._layers), outputs]
        return sum(before * after for before, after in pairwise(widths))

    def reduce(self, terms: Iterable[Term]) -> list[Form]:
        """Return forms equal to the terms, by balanced trees that run in parallel, one layer for each level.

        Equal pairs of equal forms are taken once. A layer halves the forms that stand together in one extremum (the
        odd one is carried), and what is ready early is paired early.
        """
        current = list(terms)
        while any(isinstance(term, Extremum) for term in current):
            paired = [_paired(term) for term in current]
            leaves = list(dict.fromkeys(leaf for term in paired for leaf in _leaves(term)))
            made = dict(zip(leaves, self.layer(self._oriented(leaves)), strict=True))
            current = [_replaced(term, made) for term in paired]
        return [term for term in current if isinstance(term, Form)]

    def network(self, outputs: Sequence[Form], *, drop_unused: bool = False) -> ReLUNetwork:
        """Return the network with these outputs, without the units that no output depends on if asked so."""
        stack = [*self._layers, list(outputs)]
        if drop_unused:
            for depth in range(len(stack) - 1, 0, -1):
                used = sorted({unit for form in stack[depth] for unit, _ in form.linear})
                place = {unit: new for new, unit in enumerate(used)}
                stack[depth] = [Form(tuple((place[u], c) for u, c in f.linear), f.constant) for f in stack[depth]]
                stack[depth - 1] = [stack[depth - 1][unit] for unit in used]
            stack = [layer for layer in stack if layer]  # constant outputs leave every layer empty
        widths = [self._dimension, *map(len, stack)]
        weights = [[form.row(width) for form in layer] for layer, width in zip(stack, widths, strict=False)]
        return ReLUNetwork(weights, [[form.constant for form in layer] for layer in stack])

    def _fold(self, value: Value) -> Value:
        """Return the value without bends whose sign is certain."""
        signed = [(self.sign(form), coefficient, form) for coefficient, form in value.bends if coefficient]
        bends = tuple((coefficient, form) for sign, coefficient, form in signed if sign is None)
        straight = [(coefficient, form) for sign, coefficient, form in signed if sign == 1]
        return Value(bends, Form.combine([*straight, (1, value.carried)]))

    def _parts(self, form: Form, units: _Units) -> _Parts:
        """Return pairs (s, f) with s = ±1 and a constant: the form is the sum of the s·relu(f), plus the constant."""
        if form in units or -form in units:
            return [(1, form), (-1, -form)], Fraction(0)
        if not self._layers:
            return [(sign, Form.combine([(sign, form.without_constant())])) for sign in (1, -1)], form.constant
        parts = [(sign, Form(tuple((u, sign * c) for u, c in form.linear if sign * c > 0))) for sign in (1, -1)]
        return [(sign, part) for sign, part in parts if part.linear], form.constant

    def _carrier(self, forms: Iterable[Form], units: _Units) -> Callable[[Form], Form]:
        """Add units that carry the forms, each for itself or all through a basis: whichever needs fewer units.

        Returns the map from a form to what it is over the new units.
        """
        distinct = [form for form in dict.fromkeys(forms) if form.linear]
        alone = {form: self._parts(form, units) for form in distinct}
        cost = units.missing(alone.values())
        basis = {pivot: self._parts(form, units) for pivot, form in self._basis(distinct, units, cost).items()}
        if not basis or units.missing(basis.values()) >= cost:
            made = {form: units.made(parts) for form, parts in alone.items()}
            return lambda form: made.get(form, form)  # a constant is its own image
        axes = {pivot: units.made(parts) for pivot, parts in basis.items()}
        return lambda form: Form.combine([(c, axes[i]) for i, c in form.linear if i in axes], form.constant)

    def _basis(self, forms: Sequence[Form], units: _Units, cost: int) -> dict[int, Form]:
        """Return forms b_p with g = Σ g_p·b_p for each linear part g, or nothing if there is no use in it.

        Over units, those that occur. Over the inputs the reduced echelon basis, which is short when the forms read few
        directions of a large space. Unlike units it cuts; so it is of no use where every form bends itself (leaky
        layers), and carrying each alone cuts nothing more.
        """
        if self._layers:
            return {unit: Form(((unit, Fraction(1)),)) for form in forms for unit, _ in form.linear}
        rows = [form.row(self._dimension) for form in forms]
        if all(form in units or -form in units for form in forms) or 2 * rank(rows, self._dimension) >= cost:
            return {}
        basis, pivots = row_space(rows, self._dimension)
        return {pivot: Form.of_row(row) for pivot, row in zip(pivots, basis, strict=True)}

    def _oriented(self, leaves: Sequence[Form | _Pair]) -> list[Value]:
        """Return the values of forms to carry and of pairs, max(a, b) = b + relu(a - b), min(a, b) = b - relu(b - a).

        Of a pair the form is carried that is carried anyway, or else serves more pairs for each unit that it needs.
        """
        pairs = [leaf for leaf in leaves if isinstance(leaf, _Pair)]
        count = Counter(form.without_constant() for pair in pairs for form in (pair.first, pair.second))
        worth: dict[Form, float] = {form: n * (1 if self.sign(form) is None else 2) for form, n in count.items()}
        worth[Form(())] = inf  # a constant costs nothing
        worth.update((leaf.without_constant(), inf) for leaf in leaves if isinstance(leaf, Form))
        # the place decides ties, so that max(a, b) and max(b, a) are one
        order = {form: (worth[form], place) for place, form in enumerate(worth)}

        def value(leaf: Form | _Pair) -> Value:
            if isinstance(leaf, Form):
                return Value((), leaf)
            sign, *two = leaf
            other, carried = sorted(two, key=lambda form: order[form.without_constant()])
            return Value(((sign, Form.combine([(sign, other), (-sign, carried)])),), carried)

        return [value(leaf) for leaf in leaves]


class _Units:
    """The units of a layer under construction, by the rays of their forms."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self._known: dict[object, tuple[int, Fraction]] = {}

    def __contains__(self, form: Form) -> bool:
        return form.ray()[0] in self._known

    def relu(self, form: Form) -> Form:
        """Return relu(form) over the units, with a new one if no unit is a positive multiple of it."""
        ray, size = form.ray()
        if ray not in self._known:
            self._known[ray] = (len(self.forms), size)
            self.forms.append(form)
        unit, first = self._known[ray]
        return Form(((unit, size / first),))

    def made(self, parts: _Parts) -> Form:
        """Return the sum of the ±relu(f) and the constant."""
        return Form.combine([(sign, self.relu(form)) for sign, form in parts[0]], parts[1])

    def missing(self, many: Iterable[_Parts]) -> int:
        """Return how many units are still to be added for these sums."""
        return len({form.ray()[0] for parts, _ in many for _, form in parts} - self._known.keys())


def _paired(term: Term) -> Term:
    """Return the term with its forms replaced by pairs; the odd one stays."""
    if isinstance(term, Form):
        return term
    forms = [operand for operand in term.operands if isinstance(operand, Form)]
    nested = [_paired(operand) for operand in term.operands if isinstance(operand, Extremum)]
    pairs = [_Pair(term.sign, *two) for two in zip(forms[::2], forms[1::2], strict=False)]
    return Extremum(term.sign, (*pairs, *forms[len(pairs) * 2 :], *nested))


def _leaves(term: Term | _Pair) -> Iterator[Form | _Pair]:
    if isinstance(term, Extremum):
        for operand in term.operands:
            yield from _leaves(operand)
    else:
        yield term


def _replaced(term: Term | _Pair, made: dict[Form | _Pair, Form]) -> Term:
    if isinstance(term, Extremum):
        return Extremum.of(term.sign, (_replaced(operand, made) for operand in term.operands))
    return made[term]
