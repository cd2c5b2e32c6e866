"""What questions return: an answer together with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tropical.certificates import Certificate

__all__ = ["Verdict", "Witness"]

_COORDINATES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Witness:
    """A rational point at which two functions differ, and both exact values there.

    Attributes
    ----------
    point : tuple of Fraction, length d
        The point; replay it with ``F(witness.point)``.
    left, right : Fraction or tuple of Fraction
        Exact values of the first and the second function.
    """

    point: tuple[Fraction, ...]
    left: Fraction | tuple[Fraction, ...]
    right: Fraction | tuple[Fraction, ...]

    def __str__(self) -> str:
        nonzero = [(i, value) for i, value in enumerate(self.point) if value]
        shown = ", ".join(f"x{i} = {value}" for i, value in nonzero[:_COORDINATES_SHOWN]) or "the origin"
        more = len(nonzero) - _COORDINATES_SHOWN
        rest = f", and {more} more coordinates" if more > 0 else (", all others 0" if nonzero else "")
        return f"at {shown}{rest}: {_value_text(self.left)} against {_value_text(self.right)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a yes-or-no question about functions; truthy iff the answer is yes.

    Attributes
    ----------
    holds : bool
        The answer, decided by exact arithmetic.
    question : str
        What was asked, in words.
    certificate : Certificate or None
        Evidence for yes; replay it with ``tropical.check(certificate, *subjects)``.
    witness : Witness or None
        Evidence for no.
    """

    holds: bool
    question: str
    certificate: Certificate | None = None
    witness: Witness | None = None

    def __bool__(self) -> bool:
        return self.holds

    def __repr__(self) -> str:
        evidence = repr(self.certificate) if self.holds else f"witness {self.witness}"
        return f"Verdict({self.question}: {'yes' if self.holds else 'no'}, {evidence})"


def _value_text(value: Fraction | tuple[Fraction, ...]) -> str:
    return str(value) if isinstance(value, Fraction) else "(" + ", ".join(map(str, value)) + ")"
