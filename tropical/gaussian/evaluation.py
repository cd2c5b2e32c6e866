"""From sums of closed forms and face atoms to values: exact where no atom is left, enclosed otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, isfinite, log10
from typing import Any

from flint import arb

from tropical._exact.rational import as_limit
from tropical.exceptions import BudgetExceeded
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.dilation import Budget, Dilations
from tropical.gaussian.measures import Measures
from tropical.gaussian.values import Enclosure, Exact, enclosure_of_ball, exact_value
from tropical.gaussian.working_precision import bits_for, target_digits, working_bits

__all__ = ["Value", "evaluate", "evaluate_all", "evaluate_probability", "unit_interval"]

Value = Exact | Enclosure

_GUARD = 6  # digits beyond the aim: sums of some hundred atoms lose three
_TRIES = 4


def evaluate(combination: Combination, measures: Measures, max_faces: int | None = None) -> Value:
    """Return one value, see :func:`evaluate_all`."""
    (value,) = evaluate_all([combination], measures, max_faces)
    return value


def evaluate_all(
    combinations: Sequence[Combination], measures: Measures, max_faces: int | None = None
) -> tuple[Value, ...]:
    """Return values: ``Exact`` where no face atoms occur, else an ``Enclosure`` of the width the context asks for.

    Raises
    ------
    BudgetExceeded
        If more than `max_faces` faces had to be tabulated; ``.partial`` holds proven enclosures all the same.
    """
    atoms = [bool(combination.names() & {"flux", "cone"}) for combination in combinations]
    if not any(atoms):
        return tuple(map(exact_value, combinations))
    budget = Budget(as_limit(max_faces, "max_faces"))
    digits = target_digits() + _GUARD
    balls: list[arb] = []
    for _ in range(_TRIES):
        balls = _balls([c for c, open_ in zip(combinations, atoms, strict=True) if open_], measures, digits, budget)
        worst = max(2 * float(ball.rad()) for ball in balls)
        if budget.spent or worst <= 10.0 ** -target_digits():
            break
        digits += max(4, _digits_missing(worst))
    found = iter(balls)
    values = tuple(
        enclosure_of_ball(next(found)) if open_ else exact_value(combination)
        for combination, open_ in zip(combinations, atoms, strict=True)
    )
    if budget.spent:
        message = f'more than max_faces={max_faces} faces; raise max_faces, or ask for method="monte-carlo"'
        raise BudgetExceeded(message, values if len(values) > 1 else next(iter(values)))
    return values


def _balls(combinations: Sequence[Combination], measures: Measures, digits: int, budget: Budget) -> list[arb]:
    with working_bits(bits_for(digits) + 32):
        tables = Dilations(measures, digits, budget)
        return [combination.ball(tables.atom) for combination in combinations]


def _digits_missing(width: float) -> int:
    return ceil(log10(width)) + target_digits() if isfinite(width) and width > 0 else 40


def evaluate_probability(combination: Combination, measures: Measures, max_faces: int | None = None) -> Value:
    """Return the value of a number in [0, 1], cut to that interval."""
    try:
        return unit_interval(evaluate(combination, measures, max_faces))
    except BudgetExceeded as error:
        raise BudgetExceeded(str(error), unit_interval(error.partial)) from None


def unit_interval(value: Any) -> Value:
    """Return an enclosure cut to [0, 1], exact values as they are."""
    if isinstance(value, Exact):
        return value
    return Enclosure(min(max(value.lower, Fraction(0)), Fraction(1)), max(min(value.upper, Fraction(1)), Fraction(0)))
