"""Hypothesis strategies for property tests about piecewise-linear functions.

Every strategy shrinks to a textbook instance: the zero function of one variable, the network without hidden layers, the
origin. Weights are small on purpose, so that degenerate position (zero, equal and opposite units, coincident walls,
terms that tie) is common. Needs Hypothesis: ``pip install 'tropical-learner[testing]'``.

>>> from hypothesis import given
>>> from tropical import lattice, same_function
>>> @given(networks(dimension=2))
... def every_network_is_a_lattice_polynomial(net):
...     assert same_function(net, lattice(net))
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

try:
    from hypothesis import strategies as st
except ImportError:  # pragma: no cover - the extra is part of the test extra
    raise ImportError("tropical.testing needs Hypothesis: pip install 'tropical-learner[testing]'") from None

from tropical._arguments import as_count, as_flag, as_instance
from tropical._exact.rational import as_choice, as_fraction
from tropical._protocol import PiecewiseLinear, as_function
from tropical.complexes import cells
from tropical.lattice_polynomial import FORMS, LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.pieces import AffinePiece
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = [
    "affine_pieces",
    "boundary_points",
    "functions",
    "lattice_polynomials",
    "networks",
    "points",
    "rationals",
    "tropical_polynomials",
    "tropical_rationals",
    "vectors",
]

Strategy = st.SearchStrategy[Any]


def rationals(largest: int = 3, max_denominator: int = 4) -> st.SearchStrategy[Fraction]:
    """Return Fractions of absolute value at most `largest`; shrinks to 0.

    Parameters
    ----------
    largest, max_denominator : int
    """
    return _rationals(as_count(largest, "largest", 0), as_count(max_denominator, "max_denominator"))


@st.composite
def _rationals(draw: Callable[[Strategy], Any], largest: int, max_denominator: int) -> Fraction:
    # two integers: six times as fast as hypothesis.strategies.fractions with the same bounds
    denominator = draw(st.integers(1, max_denominator))
    return Fraction(draw(st.integers(-largest * denominator, largest * denominator)), denominator)


def vectors(length: int, entries: Strategy | None = None) -> st.SearchStrategy[list[Any]]:
    """Return lists of `length` numbers; shrinks to zeros.

    Parameters
    ----------
    length : int
    entries : strategy, optional
        For the numbers; :func:`rationals` by default.
    """
    size = as_count(length, "length", 0, _LONGEST)
    return st.lists(rationals() if entries is None else _strategy(entries, "entries"), min_size=size, max_size=size)


def _strategy(value: Any, argument: str) -> Strategy:
    """Return a strategy given by the caller."""
    return as_instance(value, st.SearchStrategy, argument, "pass one of hypothesis.strategies")


def points(dimension: int, *, largest: int = 20, max_denominator: int = 8) -> st.SearchStrategy[tuple[Fraction, ...]]:
    """Return rational points of R^dimension; shrinks to the origin.

    Parameters
    ----------
    dimension : int
    largest, max_denominator : int
        Of the coordinates, as for :func:`rationals`.
    """
    return vectors(_dimension(dimension), rationals(largest, max_denominator)).map(tuple)


def affine_pieces(dimension: int, *, entries: Strategy | None = None) -> st.SearchStrategy[AffinePiece]:
    """Return affine functions on R^dimension; shrinks to 0.

    Parameters
    ----------
    dimension : int
    entries : strategy, optional
        For the numbers; :func:`rationals` by default.
    """

    def piece(row: list[Any]) -> AffinePiece:
        return AffinePiece(tuple(Fraction(a) for a in row[:-1]), Fraction(row[-1]))

    return vectors(_dimension(dimension) + 1, entries).map(piece)


def _dimension(value: Any) -> int:
    return as_count(value, "dimension", 1, _LONGEST - 1, "drawing longer vectors takes too long")


_LONGEST = 1000


def _dimensions(draw: Callable[[Strategy], Any], dimension: int | None) -> tuple[int, int]:
    """Return the dimension asked for, or 1 or 2, and how many coordinates to draw.

    All are drawn and some cut off: a shrinker can then leave a dimension out and keep the rest.
    """
    return (draw(st.integers(1, 2)), 2) if dimension is None else (dimension, dimension)


def tropical_polynomials(
    dimension: int | None = None,
    *,
    convention: str | None = None,
    max_terms: int = 5,
    exponents: Strategy | None = None,
    coefficients: Strategy | None = None,
) -> st.SearchStrategy[TropicalPolynomial]:
    """Return tropical polynomials with small integer exponents, negative ones too; shrinks to the constant 0.

    Parameters
    ----------
    dimension : int, optional
        1 or 2 by default.
    convention : {"max", "min"}, optional
        Either by default.
    max_terms : int
    exponents, coefficients : strategies, optional
        For the numbers; integers from -2 to 2, and :func:`rationals`, by default.
    """
    _check_dimension(dimension)
    _check_choice(convention, "convention", ("max", "min"))
    as_count(max_terms, "max_terms")
    for name, strategy in (("exponents", exponents), ("coefficients", coefficients)):
        if strategy is not None:
            _strategy(strategy, name)
    return _tropical_polynomials(
        dimension, convention=convention, max_terms=max_terms, exponents=exponents, coefficients=coefficients
    )


@st.composite
def _tropical_polynomials(
    draw: Callable[[Strategy], Any],
    dimension: int | None = None,
    *,
    convention: str | None = None,
    max_terms: int = 5,
    exponents: Strategy | None = None,
    coefficients: Strategy | None = None,
) -> TropicalPolynomial:
    size, drawn = _dimensions(draw, dimension)
    kind = convention or draw(st.sampled_from(["max", "min"]))
    powers = vectors(drawn, st.integers(-2, 2) if exponents is None else exponents)
    term = st.tuples(rationals() if coefficients is None else coefficients, powers)
    terms = draw(st.lists(term, min_size=1, max_size=max_terms))
    return TropicalPolynomial([(coefficient, power[:size]) for coefficient, power in terms], kind)


def tropical_rationals(
    dimension: int | None = None,
    *,
    convention: str | None = None,
    max_terms: int = 4,
    common_factor: bool = True,
) -> st.SearchStrategy[TropicalRational]:
    """Return quotients of tropical polynomials, some with a common factor; shrinks to the constant 0.

    Parameters
    ----------
    dimension, convention, max_terms
        As for :func:`tropical_polynomials`.
    common_factor : bool
        Whether numerator and denominator may be multiplied by one polynomial of two terms.
    """
    _check_dimension(dimension)
    _check_choice(convention, "convention", ("max", "min"))
    as_count(max_terms, "max_terms")
    as_flag(common_factor, "common_factor")
    return _tropical_rationals(dimension, convention=convention, max_terms=max_terms, common_factor=common_factor)


@st.composite
def _tropical_rationals(
    draw: Callable[[Strategy], Any],
    dimension: int | None = None,
    *,
    convention: str | None = None,
    max_terms: int = 4,
    common_factor: bool = True,
) -> TropicalRational:
    size, drawn = _dimensions(draw, dimension)
    kind = convention or draw(st.sampled_from(["max", "min"]))

    def polynomial(terms: int) -> TropicalPolynomial:
        whole = draw(tropical_polynomials(drawn, convention=kind, max_terms=terms))
        return TropicalPolynomial([(coefficient, power[:size]) for coefficient, power in whole.terms], kind)

    numerator, denominator = polynomial(max_terms), polynomial(max_terms)
    if common_factor and draw(st.booleans()):
        factor = polynomial(2)
        numerator, denominator = numerator * factor, denominator * factor
    return TropicalRational(numerator, denominator)


def lattice_polynomials(
    dimension: int | None = None,
    *,
    form: str | None = None,
    max_pieces: int = 4,
    max_clauses: int = 3,
    max_literals: int = 3,
) -> st.SearchStrategy[LatticePolynomial]:
    """Return lattice polynomials, with equal and unused pieces and comparable clauses as they come; shrinks to 0.

    Parameters
    ----------
    dimension : int, optional
        1 or 2 by default.
    form : {"max-min", "min-max"}, optional
        Either by default.
    max_pieces, max_clauses, max_literals : int
        Largest numbers of pieces, of clauses, and of literals of a clause.
    """
    _check_dimension(dimension)
    _check_choice(form, "form", FORMS)
    for name, count in (("max_pieces", max_pieces), ("max_clauses", max_clauses), ("max_literals", max_literals)):
        as_count(count, name)
    return _lattice_polynomials(
        dimension, form=form, max_pieces=max_pieces, max_clauses=max_clauses, max_literals=max_literals
    )


@st.composite
def _lattice_polynomials(
    draw: Callable[[Strategy], Any],
    dimension: int | None = None,
    *,
    form: str | None = None,
    max_pieces: int = 4,
    max_clauses: int = 3,
    max_literals: int = 3,
) -> LatticePolynomial:
    size, drawn = _dimensions(draw, dimension)
    whole = draw(st.lists(affine_pieces(drawn), min_size=1, max_size=max_pieces))
    pieces = [(piece.gradient[:size], piece.constant) for piece in whole]
    clause = st.lists(st.integers(0, len(pieces) - 1), min_size=1, max_size=max_literals)
    clauses = draw(st.lists(clause, min_size=1, max_size=max_clauses))
    return LatticePolynomial(pieces, clauses, form or draw(st.sampled_from(["max-min", "min-max"])))


def networks(
    dimension: int | None = None,
    *,
    max_width: int = 3,
    max_depth: int = 2,
    outputs: int = 1,
    entries: Strategy | None = None,
    biases: bool | None = None,
) -> st.SearchStrategy[ReLUNetwork]:
    """Return ReLU networks with dead, equal and opposite units as they come; shrinks to the zero linear function.

    Parameters
    ----------
    dimension : int, optional
        1 or 2 by default.
    max_width, max_depth : int
        Of the hidden layers.
    outputs : int
    entries : strategy, optional
        For weights and biases; integers from -2 to 2 by default.
    biases : bool, optional
        With or without; either by default.
    """
    _check_dimension(dimension)
    as_count(max_width, "max_width", 0, _LONGEST)
    as_count(max_depth, "max_depth", 0, _LONGEST)
    as_count(outputs, "outputs", 1, _LONGEST)
    if entries is not None:
        _strategy(entries, "entries")
    if biases is not None:
        as_flag(biases, "biases")
    return _networks(
        dimension, max_width=max_width, max_depth=max_depth, outputs=outputs, entries=entries, biases=biases
    )


@st.composite
def _networks(
    draw: Callable[[Strategy], Any],
    dimension: int | None = None,
    *,
    max_width: int = 3,
    max_depth: int = 2,
    outputs: int = 1,
    entries: Strategy | None = None,
    biases: bool | None = None,
) -> ReLUNetwork:
    numbers = st.integers(-2, 2) if entries is None else entries
    size, _ = _dimensions(draw, dimension)
    # Which units there are comes first, and all possible weights are drawn whatever the answer: so a shrinker can take
    # away any one unit or layer and leave the rest as it is.
    kept = [[j for j in range(max_width) if draw(st.booleans())] for _ in range(max_depth)]
    with_biases = draw(st.booleans()) if biases is None else biases
    before, largest = list(range(size)), max(size, max_width, 2)
    weights, offsets = [], []
    for units, width in [*((hidden, max_width) for hidden in kept), (list(range(outputs)), outputs)]:
        rows = [draw(vectors(largest + 1, numbers)) for _ in range(width)]
        if units:
            weights.append([[rows[j][i] for i in before] for j in units])
            offsets.append([rows[j][-1] for j in units])
            before = units
    return ReLUNetwork(weights, offsets if with_biases else None)


def _check_dimension(dimension: Any) -> None:
    if dimension is not None:
        _dimension(dimension)


def _check_choice(value: Any, argument: str, choices: tuple[str, ...]) -> None:
    if value is not None:
        as_choice(value, argument, choices, "leave it out for either")


def functions(dimension: int) -> Strategy:
    """Return functions of all four types with one output; shrinks to a network without hidden layers.

    Parameters
    ----------
    dimension : int
    """
    _dimension(dimension)
    return st.one_of(
        networks(dimension),
        lattice_polynomials(dimension),
        tropical_polynomials(dimension),
        tropical_rationals(dimension, max_terms=3),
    )


def boundary_points(
    F: PiecewiseLinear, *, distance: Fraction = Fraction(1, 1000)
) -> st.SearchStrategy[tuple[Fraction, ...]]:
    """Return rational points on the walls between cells of F, and just beside them.

    A point is projected along a coordinate onto a wall, and then moved by 0, +distance or -distance.

    Parameters
    ----------
    F : a function of any type
        Its cells are enumerated, so it should be small.
    distance : Fraction
    """
    function = as_function(F)
    step = as_fraction(distance, "distance")
    return _boundary_points(function, distance=step)


@st.composite
def _boundary_points(
    draw: Callable[[Strategy], Any], F: PiecewiseLinear, *, distance: Fraction = Fraction(1, 1000)
) -> tuple[Fraction, ...]:
    complex_ = cells(F)
    start = draw(points(F.dimension))
    walls = sorted({wall for cell in complex_ for wall in cell.constraints if any(wall[:-1])})
    if not walls:
        return start
    wall = draw(st.sampled_from(walls))
    ((*normal, constant),) = complex_.coordinates().lift_forms([[Fraction(a) for a in wall]])
    axis = draw(st.sampled_from([i for i, a in enumerate(normal) if a]))
    height = sum((a * x for a, x in zip(normal, start, strict=True)), constant)
    step = draw(st.sampled_from([Fraction(0), distance, -distance]))
    moved = start[axis] - height / normal[axis] + step
    return (*start[:axis], moved, *start[axis + 1 :])
