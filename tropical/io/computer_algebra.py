r"""Functions and polyhedra in the input syntax of Sage and of polymake.

Both systems know tropical polynomials with integer exponents, Sage those >= 0. Every function of this package is

.. math:: F = \tfrac1N (P - Q)

with tropical polynomials P and Q of that kind: N is a common denominator of the exponents, and one monomial in P and Q
makes them nonnegative. For a polynomial Q is that monomial. Exponents have at most 31 bits in Sage, 63 in polymake: of
weights with all digits of a float they are longer, and a comment in the text says so.

===========  =========================================================================================================
system       what is written
===========  =========================================================================================================
Sage         ``P`` and ``Q`` over a ``TropicalSemiring`` (``P.tropical_variety()``, ``P.newton_polytope()``), and a
             Python function ``F`` on rational points; ``Polyhedron(ieqs=...)``
polymake     ``$P`` and ``$Q``, homogeneous in one more variable ``h``, which comes first; ``Hypersurface`` of a
             polynomial, ``TropicalRationalFunction`` of the others (``RationalFunction`` in release 4.0 and before);
             ``Polytope`` with ``INEQUALITIES``
===========  =========================================================================================================

References
----------
SageMath, *Tropical polynomials* (doc.sagemath.org, semirings); polymake, application tropical (polymake.org).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from tropical._exact.rational import common_denominator, rational_text
from tropical._protocol import as_scalar
from tropical.convert import to_rational
from tropical.domains import Box, Polyhedron
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["to_polymake", "to_sage"]

_MOST_TERMS = 100_000
_BITS = {"Sage": 31, "polymake": 63}  # of an exponent: C's int in Sage's ETuple, polymake's Int
Terms = list[tuple[Fraction, tuple[int, ...]]]


def to_sage(obj: Any, *, max_terms: int | None = _MOST_TERMS) -> str:
    """Return a function or a polyhedron as input for Sage.

    Parameters
    ----------
    obj : function of any type with one output, Polyhedron or Box
    max_terms : int, optional
        Limit for :func:`tropical.to_rational`, 100000 by default; None for no limit.

    Raises
    ------
    InvalidType, InvalidInput
        For other objects, and functions with several outputs.
    BudgetExceeded
        If the quotient of polynomials has more terms on the way.

    Examples
    --------
    >>> from tropical import TropicalPolynomial
    >>> print(to_sage(TropicalPolynomial({(1, 0): "1/2", (0, 1): 0}, convention="max")), end="")
    # F(x) = P(x), with max for + and + for *
    T = TropicalSemiring(QQ, use_min=False)
    R = PolynomialRing(T, 2, ['x0', 'x1'])
    P = R({(0, 1): QQ('0'), (1, 0): QQ('1/2')})
    F = lambda *x: P(*[T(QQ(t)) for t in x]).lift()
    """
    if isinstance(obj, (Polyhedron, Box)):
        rows = ", ".join(f"[{', '.join(_quoted(value) for value in row)}]" for row in _inequalities(obj))
        return f"P = Polyhedron(ieqs=[{rows}], base_ring=QQ)\n"
    parts, scale, convention = _parts(obj, max_terms, negative=False)
    names = _names(parts)  # their number makes the ring one of several variables even if there is one
    lines = [
        f"# F(x) = {_meaning(parts, scale)}, with {convention} for + and + for *",
        *_remark("Sage", (a for terms in parts for _, exponents in terms for a in exponents)),
        f"T = TropicalSemiring(QQ, use_min={convention == 'min'})",
        f"R = PolynomialRing(T, {len(names)}, [{', '.join(map(repr, names))}])",
    ]
    for name, terms in zip("PQ", parts, strict=False):
        entries = ", ".join(f"{exponents}: {_quoted(coefficient)}" for coefficient, exponents in terms)
        lines.append(f"{name} = R({{{entries}}})")
    values = [f"{name}(*[T(QQ(t)) for t in x]).lift()" for name in "PQ"[: len(parts)]]
    body = " - ".join(values)
    if scale > 1:
        body = f"({body}) / QQ('{scale}')"
    return "\n".join([*lines, f"F = lambda *x: {body}", ""])


def to_polymake(obj: Any, *, max_terms: int | None = _MOST_TERMS) -> str:
    """Return a function or a polyhedron as input for polymake.

    Parameters
    ----------
    obj : function of any type with one output, Polyhedron or Box
    max_terms : int, optional
        Limit for :func:`tropical.to_rational`, 100000 by default; None for no limit.

    Raises
    ------
    InvalidType, InvalidInput
        For other objects, and functions with several outputs.
    BudgetExceeded
        If the quotient of polynomials has more terms on the way.

    Examples
    --------
    >>> from tropical import TropicalPolynomial
    >>> print(to_polymake(TropicalPolynomial({(1, 0): "1/2", (0, 2): 0}, convention="max")), end="")
    # F(x) = P(0, x), homogeneous in (h, x)
    application 'tropical';
    $P = toTropicalPolynomial("max(0+2*x1, 1/2+1*h+1*x0)", qw(h x0 x1));
    $F = new Hypersurface<Max>(POLYNOMIAL=>$P);
    """
    if isinstance(obj, (Polyhedron, Box)):
        rows = ", ".join(f"[{', '.join(map(rational_text, row))}]" for row in _inequalities(obj))
        return f"application 'polytope';\n$P = new Polytope<Rational>(INEQUALITIES=>[{rows}]);\n"
    parts, scale, convention = _parts(obj, max_terms, negative=True)
    degree = max(sum(exponents) for terms in parts for _, exponents in terms)
    names = _names(parts)
    text = _meaning(parts, scale).replace("(x)", "(0, x)")
    multiple = f"; $F is its {scale}-fold" if scale > 1 else ""
    parts = [[(c, (degree - sum(exponents), *exponents)) for c, exponents in terms] for terms in parts]
    remark = _remark("polymake", (a for terms in parts for _, exponents in terms for a in exponents))
    lines = [f"# F(x) = {text}, homogeneous in (h, x){multiple}", *remark, "application 'tropical';"]
    for name, terms in zip("PQ", parts, strict=False):
        sums = [_sum(coefficient, exponents, ["h", *names]) for coefficient, exponents in terms]
        lines.append(f'${name} = toTropicalPolynomial("{convention}({", ".join(sums)})", qw(h {" ".join(names)}));')
    kind = convention.capitalize()
    if len(parts) == 1:
        lines.append(f"$F = new Hypersurface<{kind}>(POLYNOMIAL=>$P);")
    else:
        lines.append(f"$F = new TropicalRationalFunction<{kind}>(NUMERATOR=>$P, DENOMINATOR=>$Q);")
    return "\n".join([*lines, ""])


def _parts(obj: Any, max_terms: int | None, *, negative: bool) -> tuple[list[Terms], int, str]:
    """Return the terms of P, and of Q where it is not 0, the number N, and the convention."""
    given = as_scalar(obj, "obj")
    if isinstance(given, TropicalPolynomial):
        F = TropicalRational(given)
    else:
        F = given if isinstance(given, TropicalRational) else to_rational(given, max_terms=max_terms)
    assert isinstance(F, TropicalRational)  # one output
    both = [part.terms for part in (F.numerator, F.denominator)]
    scale = common_denominator(a for terms in both for _, exponents in terms for a in exponents)
    parts = [[(c * scale, tuple(int(a * scale) for a in exponents)) for c, exponents in terms] for terms in both]
    if not negative:
        columns = list(zip(*(exponents for terms in parts for _, exponents in terms), strict=True))
        lift = [max(0, -min(column)) for column in columns]
        parts = [[(c, tuple(a + b for a, b in zip(e, lift, strict=True))) for c, e in terms] for terms in parts]
    if parts[1] == [(Fraction(0), (0,) * F.dimension)]:
        parts.pop()
    return parts, scale, F.convention


def _remark(system: str, exponents: Iterable[int]) -> list[str]:
    """Return a comment where the system cannot hold an exponent."""
    longest = max(abs(a).bit_length() for a in exponents)
    cure = "round the weights to few digits first"
    return [f"# exponents of {longest} bits: {system} holds {_BITS[system]}; {cure}"] if longest > _BITS[system] else []


def _meaning(parts: Sequence[Terms], scale: int) -> str:
    text = "P(x)" if len(parts) == 1 else "P(x) - Q(x)"
    return text if scale == 1 else f"{text} / {scale}" if len(parts) == 1 else f"({text}) / {scale}"


def _names(parts: Sequence[Terms]) -> list[str]:
    return [f"x{i}" for i in range(len(parts[0][0][1]))]


def _sum(coefficient: Fraction, exponents: Sequence[int], names: Sequence[str]) -> str:
    return rational_text(coefficient) + "".join(f"{a:+d}*{name}" for a, name in zip(exponents, names, strict=True) if a)


def _inequalities(obj: Polyhedron | Box) -> list[tuple[Fraction, ...]]:
    """Return rows (b, -a): both systems write b - <a, x> >= 0."""
    polyhedron = obj.polyhedron() if isinstance(obj, Box) else obj
    return [(b, *(-a for a in row)) for row, b in zip(polyhedron.A, polyhedron.b, strict=True)]


def _quoted(value: Fraction) -> str:
    """Return a rational that Sage reads with and without its preparser: 1/2 is a float in plain Python."""
    return f"QQ('{rational_text(value)}')"
