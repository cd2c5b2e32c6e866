"""Terms of exact values as plain data, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from tropical._display import never_raising

__all__ = ["Term", "shown", "term_latex", "term_text"]

_TERMS_SHOWN, _TERM_SHOWN = 6, 120


class Term(NamedTuple):
    """``coefficient · π^(halves_of_pi/2) · √radicand · e^exponent · functions``; exact.

    ``functions`` holds pairs: ("erf", p) is erf √p, ("acos", p) is arccos √p.

    Attributes
    ----------
    coefficient : Fraction
    halves_of_pi : int
    radicand : int
    exponent : Fraction
    functions : tuple of (str, Fraction)
    """

    coefficient: Fraction
    halves_of_pi: int
    radicand: int
    exponent: Fraction
    functions: tuple[tuple[str, Fraction], ...]

    @never_raising
    def _repr_latex_(self) -> str:
        return f"${shown(term_latex, [self], '', '') or 'a long term'}$"


def shown(text: Callable[[Term], str], terms: Sequence[Term], plus: str, dots: str) -> str | None:
    """Return the first terms as text; None where one is too long to be read."""
    try:
        parts = [text(term) for term in terms[:_TERMS_SHOWN]] or ["0"]
    except ValueError:  # an integer of more than 4300 digits has no text
        return None
    if max(map(len, parts)) > _TERM_SHOWN:
        return None
    more = len(terms) - len(parts)
    return plus.join(parts + ([f"{dots} ({more} more terms)"] if more > 0 else []))


def term_text(term: Term) -> str:
    """Return a term as plain text."""
    factors = [] if abs(term.coefficient) == 1 else [str(term.coefficient)]
    if term.halves_of_pi:
        power = Fraction(term.halves_of_pi, 2)
        factors.append("pi" if power == 1 else f"pi^({power})")
    if term.radicand != 1:
        factors.append(f"sqrt({term.radicand})")
    if term.exponent:
        factors.append(f"exp({term.exponent})")
    factors += [f"{name}(sqrt({p}))" for name, p in term.functions]
    return ("-" if term.coefficient == -1 else "") + ("*".join(factors) or "1")


def term_latex(term: Term) -> str:
    """Return a term in LaTeX."""
    size = abs(term.coefficient)
    number = str(size) if size.denominator == 1 else rf"\tfrac{{{size.numerator}}}{{{size.denominator}}}"
    factors = []
    if term.halves_of_pi:
        power = Fraction(term.halves_of_pi, 2)
        factors.append(r"\pi" if power == 1 else rf"\pi^{{{power}}}")
    if term.radicand != 1:
        factors.append(rf"\sqrt{{{term.radicand}}}")
    if term.exponent:
        factors.append(rf"e^{{{term.exponent}}}")
    names = {"erf": r"\operatorname{erf}", "acos": r"\arccos"}
    factors += [rf"{names[name]}\sqrt{{{p}}}" for name, p in term.functions]
    head = "" if size == 1 and factors else number
    return ("-" if term.coefficient < 0 else "") + r"\,".join([*([head] if head else []), *factors])
