r"""Finite sums of closed-form terms: the language that all exact Gaussian quantities are written in.

A *term* is

.. math:: c \cdot \pi^{h/2} \sqrt{n} \; e^{q} \prod_j \alpha_j, \qquad
          \alpha \in \{\mathrm{erf}\sqrt{p},\ \arccos\sqrt{p}\},

with rationals c, q and p > 0, an integer h and a positive integer n. Sums and products of terms are sums of terms. Two
sums with the same terms are the same number; the converse is not decided (angles and values of erf have relations). So
that equal numbers mostly meet as equal terms, square factors leave the root, erf and arccos take positive arguments,
and the angles that are rational multiples of π (Niven: cos² in {0, 1/4, 1/2, 3/4, 1}) are written as such.

While a question is computed a term may also hold *face atoms*, which stand for numbers that have no closed form
(:mod:`tropical.gaussian.faces`); they are cancelled as symbols, and only those that remain are enclosed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import gcd, isqrt
from typing import NamedTuple

from flint import arb, fmpq, fmpz

__all__ = ["Combination", "Factor", "Key", "arc_cosine", "density", "error_function", "square_root"]

Symbol = tuple[str, int, int]
"""("erf", p, q) is erf √(p/q), ("acos", p, q) is arccos √(p/q); other names are face atoms."""


class Key(NamedTuple):
    """What a term has beside its coefficient."""

    halves_of_pi: int
    radicand: int
    exponent: tuple[int, int]
    symbols: tuple[Symbol, ...]


class Factor(NamedTuple):
    """A term without symbols."""

    coefficient: fmpq
    halves_of_pi: int
    radicand: int
    exponent: fmpq


_ONE = Key(0, 1, (0, 1), ())


class Combination:
    """A sum of terms, collected; mutable while it is built.

    Attributes
    ----------
    terms : dict from Key to non-zero fmpq
    """

    __slots__ = ("terms",)

    def __init__(self, terms: dict[Key, fmpq] | None = None) -> None:
        self.terms: dict[Key, fmpq] = {} if terms is None else terms

    @classmethod
    def rational(cls, value: fmpq | int) -> Combination:
        """Return a rational number."""
        number = fmpq(value)
        return cls({_ONE: number} if number else {})

    @classmethod
    def of(cls, factor: Factor, *symbols: Symbol) -> Combination:
        """Return one term."""
        exponent = (int(factor.exponent.p), int(factor.exponent.q))
        key = Key(factor.halves_of_pi, factor.radicand, exponent, tuple(sorted(symbols)))
        return cls({key: factor.coefficient} if factor.coefficient else {})

    def add(self, other: Combination, scale: fmpq | int = 1) -> None:
        """Add a rational multiple of another sum, in place."""
        terms = self.terms
        for key, coefficient in other.terms.items():
            total = terms.get(key, 0) + coefficient * scale
            if total:
                terms[key] = total
            else:
                terms.pop(key, None)

    def times(self, factor: Factor) -> Combination:
        """Return the product with a term without symbols."""
        if factor.radicand == 1 and not factor.halves_of_pi and not factor.exponent:
            scale = factor.coefficient
            return Combination({key: c * scale for key, c in self.terms.items()} if scale else {})
        return self * Combination.of(factor)

    def __mul__(self, other: Combination) -> Combination:
        result = Combination()
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                outside, radicand = _product_of_roots(left.radicand, right.radicand)
                exponent = left.exponent
                if right.exponent[0]:
                    total = fmpq(*left.exponent) + fmpq(*right.exponent)
                    exponent = (int(total.p), int(total.q))
                symbols = (*left.symbols, *right.symbols)
                if left.symbols and right.symbols:
                    symbols = tuple(sorted(symbols))
                key = Key(left.halves_of_pi + right.halves_of_pi, radicand, exponent, symbols)
                result.add(Combination({key: a * b * outside}))
        return result

    def __bool__(self) -> bool:
        return bool(self.terms)

    def ball(self, face_atom: Callable[[Symbol], arb] | None = None) -> arb:
        """Return a ball that contains the value, at the working precision.

        Raises
        ------
        KeyError
            If there are face atoms and nothing to evaluate them with.
        """
        known: dict[Symbol, arb] = {}
        total = arb(0)
        for key, coefficient in self.terms.items():
            value = arb(coefficient)
            if key.radicand != 1:
                value *= arb(key.radicand).sqrt()
            if key.halves_of_pi:
                value *= _power_of_pi(key.halves_of_pi)
            if key.exponent[0]:
                value *= arb(fmpq(*key.exponent)).exp()
            for symbol in key.symbols:
                if symbol not in known:
                    known[symbol] = _symbol_value(symbol, face_atom)
                value *= known[symbol]
            total += value
        return total

    def names(self) -> set[str]:
        """Return the names of the symbols that occur."""
        return {symbol[0] for key in self.terms for symbol in key.symbols}


def _power_of_pi(halves: int) -> arb:
    whole, half = divmod(halves, 2)
    value = arb.pi() ** whole
    return value * arb.const_sqrt_pi() if half else value


def _symbol_value(symbol: Symbol, face_atom: Callable[[Symbol], arb] | None) -> arb:
    name, p, q = symbol
    if name == "erf":
        return arb(fmpq(p, q)).sqrt().erf()
    if name == "acos":
        # arccos √x = atan2(√(1 - x), √x): no loss where the angle is small
        return arb.atan2(arb(fmpq(q - p, q)).sqrt(), arb(fmpq(p, q)).sqrt())
    if face_atom is None:
        raise KeyError(symbol)
    return face_atom(symbol)


# ---------------------------------------------------------------- square roots


@lru_cache(maxsize=4096)
def _without_squares(number: int) -> tuple[int, int]:
    """Return (s, n) with number = s²·n; n has no square factor as far as is cheap to know."""
    if number == 1:
        return 1, 1
    outside, inside = 1, 1
    if number.bit_length() <= _EASY_TO_FACTOR:
        for prime, power in fmpz(number).factor():
            outside *= int(prime) ** (power // 2)
            inside *= int(prime) ** (power % 2)
        return outside, inside
    for prime in _SMALL_PRIMES:
        while number % (prime * prime) == 0:
            number //= prime * prime
            outside *= prime
    root = isqrt(number)
    return (outside * root, 1) if root * root == number else (outside, number)


_EASY_TO_FACTOR = 64  # bits: microseconds
_SMALL_PRIMES = [p for p in range(2, 1000) if all(p % q for q in range(2, isqrt(p) + 1))]


def _product_of_roots(left: int, right: int) -> tuple[int, int]:
    """Return (s, n) with √left·√right = s·√n."""
    if left == 1 or right == 1:
        return 1, left * right
    common = gcd(left, right)
    outside, inside = _without_squares((left // common) * (right // common))
    return common * outside, inside


def square_root(value: fmpq) -> Factor:
    """Return the root of a rational number > 0 as a term."""
    denominator = int(value.q)
    outside, inside = _without_squares(int(value.p) * denominator)
    return Factor(fmpq(outside, denominator), 0, inside, fmpq(0))


def density(value: fmpq, variance: fmpq) -> Factor:
    """Return the density of N(0, variance) at a value as a term: e^(-value²/(2 variance)) / √(2π variance)."""
    root = square_root(1 / (2 * variance))
    return Factor(root.coefficient, -1, root.radicand, -value * value / (2 * variance))


def error_function(square: fmpq) -> Combination:
    """Return erf √square."""
    if not square:
        return Combination()
    return Combination.of(_PLAIN, ("erf", int(square.p), int(square.q)))


def arc_cosine(sign: int, square: fmpq) -> Combination:
    """Return arccos(sign·√square) for sign in {-1, 0, 1} and 0 <= square <= 1, as a sum of terms."""
    twelfths = square * 12
    if twelfths.q == 1 and int(twelfths.p) in _NIVEN:
        angle = fmpq(_NIVEN[int(twelfths.p)], 12)
        return Combination.of(Factor(angle if sign >= 0 else 1 - angle, 2, 1, fmpq(0)))
    # of the two acute angles of a right triangle the smaller one is kept, so that they add up to π/2 as terms
    if square > _HALF:
        kept, turns, direction = square, fmpq(0), 1
    else:
        kept, turns, direction = 1 - square, _HALF, -1
    if sign < 0:
        turns, direction = 1 - turns, -direction
    total = Combination.of(Factor(turns, 2, 1, fmpq(0)))
    total.add(Combination.of(_PLAIN, ("acos", int(kept.p), int(kept.q))), direction)
    return total


_HALF = fmpq(1, 2)
_PLAIN = Factor(fmpq(1), 0, 1, fmpq(0))
_NIVEN = {0: 6, 3: 4, 6: 3, 9: 2, 12: 0}  # 12·cos² of an angle, to 12·angle/π
