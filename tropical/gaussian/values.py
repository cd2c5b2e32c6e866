"""What a Gaussian question returns: an exact number, a proven interval, or an estimate with its confidence.

====================  =========================================  ===================================
type                  holds                                      the truth is
====================  =========================================  ===================================
``Exact``             a closed form                              this number
``Enclosure``         two rational bounds                        between them, by proof
``MonteCarloEstimate``  a mean of samples, bounds, a confidence  between them, with that probability
====================  =========================================  ===================================

They are different types on purpose: nothing sampled can be taken for something proved.

More than 400 lines: three types of one family, whose comparisons and conversions lean on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering
from typing import Any

from flint import arb, fmpq

from tropical._display import never_raising
from tropical._exact.rational import as_fraction
from tropical.exceptions import InvalidInput, NotExact
from tropical.gaussian.closed_form import Combination, Key, square_root
from tropical.gaussian.terms import Term, shown, term_latex, term_text
from tropical.gaussian.working_precision import as_digits, bits_for, target_digits, working_bits

__all__ = ["Enclosure", "Exact", "MonteCarloEstimate", "enclose", "enclosure_of_ball", "exact_value", "root"]

_DEEPEST = 1 << 15  # bits: two closed forms that agree so far are taken to be undecided


@total_ordering
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Exact:
    """A number in closed form: a finite sum of terms, see :mod:`tropical.gaussian.closed_form`.

    Attributes
    ----------
    terms : tuple of Term
        In a fixed order, no two alike but for the coefficient. No term: zero.

    Notes
    -----
    ``==`` compares terms, ``<`` and ``>`` decide with as many digits as it takes. Sums, products and rational multiples
    stay exact. ``float()`` is correct to the last bit or the one before it.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from tropical import gaussian, parse
    >>> value = gaussian.second_moment(parse("max(x0, 0)"))
    >>> value, value == Fraction(1, 2), float(value)
    (Exact(1/2), True, 0.5)
    >>> gaussian.mean(parse("max(x0, 0)")).to_sympy()
    sqrt(2)/(2*sqrt(pi))
    """

    terms: tuple[Term, ...]

    __array_ufunc__ = None

    def combination(self) -> Combination:
        """Return the terms in the form in which they are computed with."""
        terms = {}
        for term in self.terms:
            exponent = (term.exponent.numerator, term.exponent.denominator)
            symbols = tuple((name, p.numerator, p.denominator) for name, p in term.functions)
            key = Key(term.halves_of_pi, term.radicand, exponent, symbols)
            terms[key] = fmpq(term.coefficient.numerator, term.coefficient.denominator)
        return Combination(terms)

    def ball(self, digits: int) -> arb:
        """Return a ball with this many correct digits, relative to the value (absolute for tiny ones).

        Parameters
        ----------
        digits : int
        """
        bits = bits_for(as_digits(digits)) + 32
        combination = self.combination()
        while True:
            with working_bits(bits):
                value = combination.ball()
            if value.rel_accuracy_bits() >= bits_for(digits) + 2 or bits > _DEEPEST:
                return value
            bits *= 2

    def enclosure(self, digits: int | None = None) -> Enclosure:
        """Return proven rational bounds; by default with the digits of the context, at least.

        Parameters
        ----------
        digits : int, optional
        """
        return enclosure_of_ball(self.ball(target_digits() if digits is None else digits))

    def sign(self) -> int:
        """Return 1, 0 or -1.

        Raises
        ------
        NotExact
            If terms are left and 30000 bits do not tell their sum from zero.
        """
        if not self.terms:
            return 0
        bits = 64
        combination = self.combination()
        while bits <= _DEEPEST:
            with working_bits(bits):
                value = combination.ball()
            if not value.contains(0):
                return 1 if value > 0 else -1
            bits *= 2
        raise NotExact(f"{bits} bits do not tell a sum of {len(self.terms)} terms from zero")

    def to_sympy(self) -> Any:
        """Return the closed form as a SymPy expression."""
        import sympy

        total = []
        for term in self.terms:
            factors: list[Any] = [sympy.Rational(term.coefficient.numerator, term.coefficient.denominator)]
            if term.halves_of_pi:
                factors.append(sympy.pi ** sympy.Rational(term.halves_of_pi, 2))
            if term.radicand != 1:
                factors.append(sympy.sqrt(term.radicand))
            if term.exponent:
                factors.append(sympy.exp(sympy.Rational(term.exponent.numerator, term.exponent.denominator)))
            for name, p in term.functions:
                function = sympy.erf if name == "erf" else sympy.acos
                factors.append(function(sympy.sqrt(sympy.Rational(p.numerator, p.denominator))))
            total.append(sympy.Mul(*factors))
        return sympy.Add(*total)

    def __float__(self) -> float:
        return _nearest_float(self.ball(18)) if self.terms else 0.0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Exact):
            return self.terms == other.terms
        number = (
            None if isinstance(other, str) else _as_operand(other)
        )  # equal values have equal hashes, texts have not
        return NotImplemented if number is None else self.terms == number.terms

    def __hash__(self) -> int:
        return hash(self.terms[0].coefficient if self._is_rational() else self.terms) if self.terms else hash(0)

    def __lt__(self, other: Any) -> bool:
        number = _as_operand(other)
        return NotImplemented if number is None else (self - number).sign() < 0

    def __neg__(self) -> Exact:
        return self * -1

    def __add__(self, other: Any) -> Exact:
        number = _as_operand(other)
        if number is None:
            return NotImplemented
        total = self.combination()
        total.add(number.combination())
        return exact_value(total)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Exact:
        number = _as_operand(other)
        return NotImplemented if number is None else self + -number

    def __rsub__(self, other: Any) -> Exact:
        return -self + other

    def __mul__(self, other: Any) -> Exact:
        number = _as_operand(other)
        return NotImplemented if number is None else exact_value(self.combination() * number.combination())

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Exact:
        if isinstance(other, Exact):
            raise NotExact(
                "a quotient of closed forms need not be a sum of terms; divide their enclosures, or in SymPy"
            )
        return self * (1 / as_fraction(other, "other"))

    def _is_rational(self) -> bool:
        return len(self.terms) == 1 and self.terms[0][1:] == (0, 1, Fraction(0), ())

    @never_raising
    def __repr__(self) -> str:
        closed = shown(term_text, self.terms, " + ", "…") or f"a sum of {len(self.terms)} terms"
        if not self.terms or self._is_rational():
            return f"Exact({closed})"
        try:
            return f"Exact({closed} = {float(self):.12g})"
        except OverflowError:
            return f"Exact({closed})"

    @never_raising
    def _repr_latex_(self) -> str:
        closed = shown(term_latex, self.terms, " + ", r"\cdots") or rf"\text{{a sum of {len(self.terms)} terms}}"
        return f"${closed.replace('+ -', '- ')}$"


@dataclass(frozen=True, slots=True, repr=False)
class Enclosure:
    """A number that is proved to lie between two rationals.

    Attributes
    ----------
    lower, upper : Fraction
        Dyadic, as computed by ball arithmetic with rigorous error bounds.

    Notes
    -----
    ``<`` and ``>`` with an exact number answer where the interval lies on one side of it, and raise NotExact elsewhere.
    ``==`` compares the bounds, not the numbers inside.

    Examples
    --------
    >>> value = Enclosure(Fraction(1, 4), Fraction(1, 2))
    >>> value.midpoint, value.width, Fraction(1, 3) in value, value > 0
    (Fraction(3, 8), Fraction(1, 4), True, True)
    """

    lower: Fraction
    upper: Fraction

    __array_ufunc__ = None

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            object.__setattr__(self, name, as_fraction(getattr(self, name), name))
        if self.lower > self.upper:
            raise InvalidInput("upper", f"at least lower = {self.lower}", self.upper, "swap the bounds")

    @property
    def midpoint(self) -> Fraction:
        """The number in the middle."""
        return (self.lower + self.upper) / 2

    @property
    def width(self) -> Fraction:
        """Upper - lower."""
        return self.upper - self.lower

    def __contains__(self, value: Any) -> bool:
        if isinstance(value, Exact):
            return self.lower <= value <= self.upper
        if isinstance(value, Enclosure):
            return self.lower <= value.lower and value.upper <= self.upper
        return self.lower <= as_fraction(value, "value") <= self.upper

    def ball(self, digits: int = 0) -> arb:
        """Return a ball that contains the interval, at the working precision.

        Parameters
        ----------
        digits : int
            Not used, as the interval is known to no more.
        """
        lower, upper = (arb(fmpq(x.numerator, x.denominator)) for x in (self.lower, self.upper))
        return lower.union(upper)

    def enclosure(self, digits: int | None = None) -> Enclosure:
        """Return the interval itself: more digits need the question to be asked again.

        Parameters
        ----------
        digits : int, optional
            Not used.
        """
        return self

    def __lt__(self, other: Any) -> bool:
        number = as_fraction(other, "other")
        return self._decide(self.upper < number, self.lower >= number, number)

    def __gt__(self, other: Any) -> bool:
        number = as_fraction(other, "other")
        return self._decide(self.lower > number, self.upper <= number, number)

    def _decide(self, yes: bool, no: bool, number: Fraction) -> bool:
        if yes or no:
            return yes
        raise NotExact(f"{number} lies inside {self!r}; ask for more digits with tropical.gaussian.precision")

    def __float__(self) -> float:
        return float(self.midpoint)

    @never_raising
    def __repr__(self) -> str:
        try:
            radius = float(self.width / 2)
            shown = f"{radius:.2g}" if radius or not self.width else "less than 1e-300"
            return f"Enclosure({float(self.midpoint):.17g} ± {shown})"
        except OverflowError:
            return "Enclosure(bounds beyond float64)"

    @never_raising
    def _repr_latex_(self) -> str:
        try:
            return rf"${float(self.midpoint):.15g} \pm {float(self.width / 2):.2g}$"
        except OverflowError:
            return "$[{}]$".format(r"\text{bounds beyond float64}")


@dataclass(frozen=True, slots=True, repr=False)
class MonteCarloEstimate:
    """A number estimated from samples; the bounds hold with a stated probability, and nothing is proved.

    Attributes
    ----------
    value : float
        The estimate.
    lower, upper : float
        Bounds from an inequality that holds for every sample size (:mod:`tropical.gaussian.monte_carlo`). Rounding of
        float64 evaluations is not counted.
    confidence : float
        The probability, over the samples, that the bounds contain the number; at least.
    n_samples : int
    """

    value: float
    lower: float
    upper: float
    confidence: float
    n_samples: int

    def __float__(self) -> float:
        return self.value

    @never_raising
    def __repr__(self) -> str:
        bounds = f"[{self.lower:.6g}, {self.upper:.6g}]"
        return f"MonteCarloEstimate({self.value:.6g} in {bounds} at {self.confidence:.6g}, {self.n_samples} samples)"

    @never_raising
    def _repr_latex_(self) -> str:
        return (
            rf"${self.value:.6g} \in [{self.lower:.6g}, {self.upper:.6g}]\ \text{{(confidence {self.confidence:.6g})}}$"
        )


# ---------------------------------------------------------------- passages


def exact_value(combination: Combination) -> Exact:
    """Return a sum of terms without face atoms as a value."""
    terms = [
        Term(
            Fraction(int(coefficient.p), int(coefficient.q)),
            key.halves_of_pi,
            key.radicand,
            Fraction(*key.exponent),
            tuple((name, Fraction(p, q)) for name, p, q in key.symbols),
        )
        for key, coefficient in sorted(combination.terms.items(), key=lambda item: item[0])  # integers: fast
    ]
    return Exact(tuple(terms))


def root(value: Fraction) -> Exact:
    """Return the square root of a rational number >= 0."""
    if not value:
        return Exact(())
    return exact_value(Combination.of(square_root(fmpq(value.numerator, value.denominator))))


def enclosure_of_ball(ball: arb) -> Enclosure:
    """Return the interval of a finite ball; what is below 2^-20000 is rounded outward to that.

    Raises
    ------
    NotExact
        For numbers beyond 2^1000000, which nothing here can write down, and balls without a bound.
    """
    if not ball.is_finite():
        raise NotExact("the arguments are too large or too small for an enclosure")
    middle, radius = _dyadic(ball.mid()), _dyadic(ball.rad())  # exact, whatever the working precision is by now
    slack = Fraction(0)
    if middle is None:
        middle, slack = Fraction(0), _LEAST
    radius = _LEAST if radius is None else radius
    return Enclosure(middle - radius - slack, middle + radius + slack)


def enclose(lower: Fraction, upper: Fraction, ball: arb) -> Enclosure:
    """Return the interval of a ball, cut to bounds that are known anyway."""
    found = enclosure_of_ball(ball)
    return Enclosure(min(max(lower, found.lower), upper), max(min(upper, found.upper), lower))


def _dyadic(number: arb) -> Fraction | None:
    """Return a ball without radius as a Fraction, None where it is not 0 and below 2^-20000 in size."""
    mantissa, exponent = (int(part) for part in number.man_exp())
    size = mantissa.bit_length() + exponent
    if mantissa and size < -_SMALLEST:
        return None
    if size > _LARGEST:
        raise NotExact(f"a number of about 2^{size} is too large to be written down")
    return Fraction(mantissa) * Fraction(2) ** exponent


# Far tails reach 2^-(10^10): as fractions they would fill the memory.
_SMALLEST, _LARGEST = 20_000, 1_000_000
_LEAST = Fraction(1, 2**_SMALLEST)


def _nearest_float(ball: arb) -> float:
    middle = _dyadic(ball.mid())
    return 0.0 if middle is None else float(middle)


def _as_operand(value: Any) -> Exact | None:
    if isinstance(value, Exact):
        return value
    if isinstance(value, (float, bool, Enclosure, MonteCarloEstimate)):
        return None
    try:
        number = as_fraction(value, "other")
    except InvalidInput:
        return None
    return exact_value(Combination.rational(fmpq(number.numerator, number.denominator)))
