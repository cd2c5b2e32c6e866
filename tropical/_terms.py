"""What the operations on tropical polynomials share: reading terms, collecting them, matching operands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tropical._display import value_text
from tropical._exact.rational import IntVector, as_choice, as_fraction, as_fraction_vector, as_items
from tropical.exceptions import InvalidInput, InvalidType
from tropical.pieces import PieceTable

__all__ = ["MOST_PRODUCTS", "add_terms", "as_convention", "expansion_size", "match_operands", "term_table"]

# A product or power with more terms than this before they are collected is refused rather than begun.
MOST_PRODUCTS = 20_000_000


def term_table(terms: Any) -> PieceTable:
    """Return terms given as a mapping or as pairs, checked, as affine pieces."""
    requirement, cure = "{exponents: coefficient}, or pairs (coefficient, exponents)", "pass for example {(1, 0): 3}"
    if isinstance(terms, Mapping):
        named = [
            (f"terms[{value_text(exponents)}]", coefficient, exponents) for exponents, coefficient in terms.items()
        ]
    else:
        named = []
        for i, pair in enumerate(as_items(terms, "terms", requirement, cure)):
            if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 2:
                raise InvalidType(
                    f"terms[{i}]", "a pair (coefficient, exponents)", pair, "pass for example (3, (1, 0))"
                )
            named.append((f"terms[{i}]", *pair))
    if not named:
        cure = "the tropical zero is infinite everywhere and no function to R"
        raise InvalidInput("terms", "at least one term", "none", cure)
    rows = []
    for name, coefficient, exponents in named:
        number = as_fraction(coefficient, f"{name}: coefficient")
        rows.append((*as_fraction_vector(exponents, f"{name}: exponents"), number))
    lengths = sorted({len(row) - 1 for row in rows})
    if len(lengths) > 1 or lengths == [0]:
        raise InvalidInput("terms", "exponents of one length d >= 1", f"lengths {lengths}", "pad with zeros")
    return PieceTable.from_rows(rows)


def add_terms(rows: Iterable[IntVector], sign: int) -> tuple[IntVector, ...]:
    """Return the rows sorted, of several with one exponent the one with the best coefficient."""
    best: dict[IntVector, int] = {}
    for row in rows:
        exponents, coefficient = row[:-1], sign * row[-1]
        if coefficient >= best.get(exponents, coefficient):
            best[exponents] = coefficient
    return tuple((*exponents, sign * best[exponents]) for exponents in sorted(best))


def match_operands(left: Any, right: Any, argument: str = "other") -> None:
    """Refuse operands of two conventions or dimensions."""
    if left.convention != right.convention:
        given = f"{right.convention} beside {left.convention}"
        cure = "a quotient can change it, see TropicalRational.in_convention"
        raise InvalidInput(argument, "the same convention", given, cure)
    if left.dimension != right.dimension:
        given = f"{right.dimension} variables beside {left.dimension}"
        raise InvalidInput(argument, "the same number of variables", given, "compose one of them")


def expansion_size(terms: int, power: int) -> int:
    """Return C(terms + power - 1, power), the terms of a power, or a number beyond all limits."""
    count, small = 1, min(power, terms - 1)
    for i in range(1, small + 1):
        count = count * (terms + power - i) // i
        if count > MOST_PRODUCTS:
            break
    return count


def as_convention(value: Any) -> str:
    """Return "max" or "min"."""
    return as_choice(value, "convention", ("max", "min"), "say what tropical addition is")
