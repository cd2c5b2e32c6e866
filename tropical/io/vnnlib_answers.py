"""Answers as the neural network verification competition prints them.

Sources: for version 1.0 the rules of VNN-COMP (github.com/VNN-COMP/vnncomp2026, rules.md), where a counterexample is
one list of pairs, ``((X_0 0.5)`` to ``(Y_1 2.0))``; for version 2.0 the VNN-LIB standard, chapter "Solver command-line
interface" (github.com/VNNLIB/VNNLIB-Standard), where each tensor has a line with name, type and shape and then one
value a line, in row-major order.

A rational is printed as a decimal if it is one of at most 50 digits. Others are rounded, half to even, to 20
significant digits; how many were rounded is returned beside the text. ``exact`` prints ``a/b`` instead, which is not
part of either format.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from fractions import Fraction

from tropical._exact.rational import rational_text
from tropical.exceptions import InvalidInput
from tropical.properties import Property, PropertyVerdict

__all__ = ["answer_text", "decimal_text"]

_LONGEST, _ROUNDED = 50, 20


def answer_text(verdict: PropertyVerdict, property: Property, *, exact: bool = False) -> tuple[str, int]:  # noqa: A002
    """Return the answer with its counterexample, and how many numbers in it are rounded.

    Parameters
    ----------
    verdict : PropertyVerdict
    property : Property
        Says how inputs and outputs are named, and in which version's format to answer.
    exact : bool
        Print numbers that are no short decimals as ``a/b``.
    """
    if verdict.point is None or verdict.values is None:
        return verdict.answer, 0
    rounded = 0

    def shown(value: Fraction) -> str:
        nonlocal rounded
        text, same = decimal_text(value)
        if not same and exact:
            return rational_text(value)
        rounded += not same
        return text

    tensors: list[tuple[str, Sequence[Fraction]]] = []
    for tensor, values in ((property.input, verdict.point), (property.output, verdict.values)):
        if tensor.size != len(values):
            raise InvalidInput("property", f"{len(values)} elements of {tensor.name}", str(tensor.size), "match both")
        tensors.append((tensor.name, values))
    if property.version == "1.0":
        pairs = [f"({name}_{i} {shown(value)})" for name, values in tensors for i, value in enumerate(values)]
        return verdict.answer + "\n(" + "\n ".join(pairs) + ")", rounded
    lines = [verdict.answer]
    for tensor, (name, values) in zip((property.input, property.output), tensors, strict=True):
        lines.append(f"{name} {tensor.element_type} [{','.join(map(str, tensor.shape))}]")
        lines += [shown(value) for value in values]
    return "\n".join(lines), rounded


def decimal_text(value: Fraction) -> tuple[str, bool]:
    """Return a decimal, and whether it is the number itself.

    >>> decimal_text(Fraction(-5, 4)), decimal_text(Fraction(2, 3))
    (('-1.25', True), ('0.66666666666666666667', False))
    """
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0 and count <= _LONGEST:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    digits = value.numerator * 10**places // value.denominator if rest == 1 else 0
    if rest == 1 and abs(digits) < 10**_LONGEST:
        text = f"{abs(digits):0{places + 1}d}"
        whole, fraction = (text[:-places], text[-places:]) if places else (text, "0")
        return f"{'-' * (value < 0)}{whole}.{fraction}", True
    context = Context(prec=_ROUNDED, rounding=ROUND_HALF_EVEN, Emin=-(10**9), Emax=10**9)
    quotient = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    text = str(quotient).lower()
    return (text if "." in text or "e" in text else text + ".0"), not context.flags[Inexact]
