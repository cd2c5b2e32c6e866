"""What questions return: an answer together with its evidence.

A certificate costs more than most answers do. Where the decision did not need it, it is made when first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import isqrt
from typing import Any

from tropical._display import Record, Shown, never_raising, number_latex, number_text
from tropical.certificates import Certificate
from tropical.exceptions import InvalidType

__all__ = ["Chord", "Distance", "Lipschitz", "Range", "RangeBounds", "Ray", "Scaling", "Verdict", "Witness"]

_COORDINATES_SHOWN = 6

Point = tuple[Fraction, ...]
Evidence = Certificate | Callable[[], Certificate]


@dataclass(frozen=True, slots=True, repr=False)
class Witness(Record):
    """A rational point at which a statement about functions fails, and the exact values there.

    Attributes
    ----------
    point : tuple of Fraction, length d
        The point; replay it with ``F(witness.point)``.
    left, right : Fraction or tuple of Fraction
        Exact values of both sides of what should hold there: of the first and the second function, for a pair of them.
    """

    point: Point
    left: Fraction | tuple[Fraction, ...]
    right: Fraction | tuple[Fraction, ...]

    def __str__(self) -> str:
        return f"at {point_text(self.point)}: {_value_text(self.left)} against {_value_text(self.right)}"


@dataclass(frozen=True, slots=True, repr=False)
class Chord(Witness):
    """A point of a segment at which F (``left``) lies above the chord (``right``): F is not convex.

    Attributes
    ----------
    start, end : tuple of Fraction
        The ends of the segment.
    """

    start: Point
    end: Point

    def __str__(self) -> str:
        ends = f"from {point_text(self.start)} to {point_text(self.end)}"
        return f"{Witness.__str__(self)} on the chord {ends}"


@dataclass(frozen=True, slots=True, repr=False)
class Scaling(Witness):
    """A point x with F(tx) (``left``) other than tF(x) (``right``), t the ``factor``: F is not homogeneous.

    Attributes
    ----------
    point : tuple of Fraction
    left, right : Fraction, or tuple of Fraction
    factor : Fraction
    """

    factor: Fraction

    def __str__(self) -> str:
        return f"{Witness.__str__(self)} for the factor {number_text(self.factor)}"


@dataclass(frozen=True, slots=True, repr=False)
class Ray(Record):
    """The points ``point + t·direction``, t >= 0; along it a function grows (falls) without bound.

    Attributes
    ----------
    point : tuple of Fraction
    direction : tuple of Fraction
    """

    point: Point
    direction: Point

    def __str__(self) -> str:
        return f"from {point_text(self.point)} along {point_text(self.direction)}"


@dataclass(frozen=True)
class _Proved(Shown):
    """A result that comes with a certificate."""

    evidence: Evidence | None = field(default=None, kw_only=True, compare=False, repr=False)

    @property
    def certificate(self) -> Certificate | None:
        """The proof, or None; replay it with ``tropical.check(certificate, *subjects, domain=...)``."""
        if self.evidence is not None and not isinstance(self.evidence, Certificate):
            object.__setattr__(self, "evidence", self.evidence())  # what it is does not change, where it is kept does
        return self.evidence  # type: ignore[return-value]

    def _proof_text(self) -> str:
        """Return whether there is a proof, without making it."""
        if self.evidence is None:
            return "none"
        return repr(self.evidence) if isinstance(self.evidence, Certificate) else "made on first use"


@dataclass(frozen=True, repr=False)
class Verdict(_Proved):
    """The answer to a yes-or-no question about functions; truthy iff the answer is yes.

    Attributes
    ----------
    holds : bool
        The answer, decided by exact arithmetic.
    question : str
        What was asked, in words.
    witness : Witness or None
        Evidence for no.
    certificate : Certificate or None
        Evidence for yes. Where the decision did not need the proof it is made on first use, which can take some times
        as long as the decision.
    """

    holds: bool
    question: str
    witness: Witness | None = None

    def __bool__(self) -> bool:
        return self.holds

    @never_raising
    def __repr__(self) -> str:
        return f"Verdict({self.question}: {'yes' if self.holds else f'no, witness {self.witness}'})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield self.question, "yes" if self.holds else "no"
        if self.witness is not None:
            yield "witness", str(self.witness)
        if self.holds:
            yield "certificate", self._proof_text()


@dataclass(frozen=True, repr=False)
class Range(_Proved):
    """The exact minimum and maximum of a function on a domain.

    Attributes
    ----------
    min, max : Fraction or None
        None where the function is unbounded; then ``descent`` or ``ascent`` is a ray that shows it.
    argmin, argmax : tuple of Fraction or None
        A point where the value is attained.
    descent, ascent : Ray or None
    certificate : Certificate
        Of kind ``range``; made on first use.
    """

    min: Fraction | None
    argmin: Point | None
    max: Fraction | None
    argmax: Point | None
    descent: Ray | None = None
    ascent: Ray | None = None

    def __contains__(self, value: Any) -> bool:
        """Return whether F takes the value (int or Fraction): it is continuous, the domain connected."""
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            raise InvalidType("value", "an int or a Fraction", value, 'write Fraction("1/2") for example')
        return (self.min is None or self.min <= value) and (self.max is None or value <= self.max)

    @never_raising
    def __repr__(self) -> str:
        ends = []
        for value, point, ray in ((self.min, self.argmin, self.descent), (self.max, self.argmax, self.ascent)):
            ends.append(f"unbounded {ray}" if value is None else f"{number_text(value)} at {point_text(point)}")
        return f"Range(min {ends[0]}; max {ends[1]})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        for name, value, point, ray in (
            ("min", self.min, self.argmin, self.descent),
            ("max", self.max, self.argmax, self.ascent),
        ):
            yield name, f"unbounded {ray}" if value is None else f"{number_text(value)} at {point_text(point)}"
        yield "certificate", self._proof_text()

    @never_raising
    def _repr_latex_(self) -> str:
        low = r"-\infty" if self.min is None else number_latex(self.min)
        high = r"\infty" if self.max is None else number_latex(self.max)
        left, right = "(" if self.min is None else "[", ")" if self.max is None else "]"
        return rf"$\left{left}{low},\, {high}\right{right}$"


@dataclass(frozen=True, slots=True, repr=False)
class RangeBounds(Record):
    """What is proven about a range whose search was ended: carried by the error as ``.partial``.

    Attributes
    ----------
    min, max : (Fraction or None, Fraction)
        Intervals that contain the minimum and the maximum; their inner ends are attained. The outer end is None where
        the domain is not a box and no bound is known.
    argmin, argmax : tuple of Fraction
        Points where the inner ends are attained.
    """

    min: tuple[Fraction | None, Fraction]
    argmin: Point
    max: tuple[Fraction, Fraction | None]
    argmax: Point


@dataclass(frozen=True, repr=False)
class Lipschitz(_Proved):
    """The smallest L with ``|F(x) - F(y)| <= L |x - y|`` on a domain: the largest dual norm of a gradient.

    Attributes
    ----------
    norm : 1, 2 or "inf"
        The norm of x - y.
    squared : Fraction
        L², exact. ``float()`` gives L rounded; :attr:`constant` gives L where it is rational.
    gradient : tuple of Fraction, length d
        A gradient that attains it.
    cell : tuple
        The label of a cell with that gradient: the activation pattern, for a network.
    point : tuple of Fraction, length d
        A point in the interior of that cell.
    certificate : Certificate
        Of kind ``lipschitz``; made on first use.
    """

    norm: int | str
    squared: Fraction
    gradient: Point
    cell: tuple[Any, ...]
    point: Point

    @property
    def constant(self) -> Fraction | None:
        """L as a Fraction, None where it is irrational."""
        return _rational_root(self.squared)

    def __float__(self) -> float:
        return _root(self.squared)

    @never_raising
    def __repr__(self) -> str:
        return f"Lipschitz({_root_text(self.squared)} in the {self.norm}-norm, at {point_text(self.point)})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield f"constant in the {self.norm}-norm", _both_texts(_root_text(self.squared), self)
        yield "gradient", point_text(self.gradient).replace("x", "u")
        yield "cell", self.cell
        yield "point", point_text(self.point)
        yield "certificate", self._proof_text()

    @never_raising
    def _repr_latex_(self) -> str:
        norm = r"\infty" if self.norm == "inf" else self.norm
        return rf"$\Lambda_{{{norm}}} = {_root_latex(self.squared)}$"


@dataclass(frozen=True, repr=False)
class Distance(_Proved):
    """The largest ``|F - G|`` on a domain, or the largest ``|F - G|/|x|``.

    Attributes
    ----------
    squared : Fraction or None
        Its square, exact; None where the difference is unbounded. ``float()`` gives the distance rounded.
    point : tuple of Fraction or None
        Where it is attained.
    relative : bool
        Whether it is relative to ``|x|_2``.
    ascent : Ray or None
        A ray along which an unbounded difference grows.
    certificate : Certificate
        Of kind ``distance`` or ``relative_distance``; made on first use.
    """

    squared: Fraction | None
    point: Point | None
    relative: bool = False
    ascent: Ray | None = None

    @property
    def value(self) -> Fraction | None:
        """The distance as a Fraction; None where it is irrational (relative ones may be) or infinite."""
        return None if self.squared is None else _rational_root(self.squared)

    def __float__(self) -> float:
        return float("inf") if self.squared is None else _root(self.squared)

    @never_raising
    def __repr__(self) -> str:
        what = "|F - G|/|x|" if self.relative else "|F - G|"
        if self.squared is None or self.point is None:
            return f"Distance({what} unbounded {self.ascent})"
        return f"Distance({what} <= {_root_text(self.squared)}, at {point_text(self.point)})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        what = "sup |F - G|/|x|" if self.relative else "sup |F - G|"
        if self.squared is None:
            yield what, f"unbounded {self.ascent}"
        else:
            yield what, _both_texts(_root_text(self.squared), self)
            yield "at", point_text(self.point)
        yield "certificate", self._proof_text()

    @never_raising
    def _repr_latex_(self) -> str:
        what = r"\frac{|F - G|}{|x|}" if self.relative else "|F - G|"
        size = r"\infty" if self.squared is None else _root_latex(self.squared)
        return rf"$\sup {what} = {size}$"


def point_text(point: Point | None) -> str:
    """Return the coordinates that are not zero, cut where they are many."""
    coordinates = point or ()
    nonzero = [(i, value) for i, value in enumerate(coordinates) if value]
    shown = ", ".join(f"x{i} = {number_text(value)}" for i, value in nonzero[:_COORDINATES_SHOWN]) or "the origin"
    if len(nonzero) > _COORDINATES_SHOWN:
        return f"{shown}, and {len(nonzero) - _COORDINATES_SHOWN} more coordinates"
    return shown + (", all others 0" if 0 < len(nonzero) < len(coordinates) else "")


def _value_text(value: Fraction | tuple[Fraction, ...]) -> str:
    return number_text(value) if isinstance(value, Fraction) else "(" + ", ".join(map(number_text, value)) + ")"


def _rational_root(square: Fraction) -> Fraction | None:
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    return Fraction(top, bottom) if top * top == square.numerator and bottom * bottom == square.denominator else None


def _root(square: Fraction) -> float:
    """Return the square root, rounded; squares may be beyond the range of float64 where roots are not."""
    top, bottom = square.numerator, square.denominator
    shift = 2 * ((_BITS + bottom.bit_length() - top.bit_length()) // 2)
    root = isqrt((top << shift) // bottom if shift >= 0 else top // (bottom << -shift))
    return float(Fraction(root) / Fraction(2) ** (shift // 2))


_BITS = 128


def _root_text(square: Fraction) -> str:
    rational = _rational_root(square)
    return f"√({number_text(square)})" if rational is None else number_text(rational)


def _root_latex(square: Fraction) -> str:
    rational = _rational_root(square)
    return rf"\sqrt{{{number_latex(square)}}}" if rational is None else number_latex(rational)


def _both_texts(exact: str, value: Any) -> str:
    """Return an exact text and its rounding, where it says more."""
    return exact if exact.endswith("…") else f"{exact} ≈ {_rounded(value)}"


def _rounded(value: Any) -> str:
    try:
        return f"{float(value):.6g}"
    except OverflowError:
        return "beyond float64"
