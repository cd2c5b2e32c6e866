"""Random exact objects for property tests; small weights, so that degenerate position is common."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from tropical import LatticePolynomial, ReLUNetwork

small = st.integers(-2, 2)
rationals = st.fractions(-3, 3, max_denominator=4)


def vectors(length, entries=small):
    return st.lists(entries, min_size=length, max_size=length)


@st.composite
def networks(draw, dimension=None, max_width=3, max_depth=2, entries=small, biases=None):
    """Networks with zero, duplicated and opposite units as they come."""
    d = dimension or draw(st.integers(1, 2))
    widths = [d, *draw(st.lists(st.integers(1, max_width), min_size=0, max_size=max_depth)), 1]
    weights = [
        draw(st.lists(vectors(before, entries), min_size=after, max_size=after)) for before, after in pairwise(widths)
    ]
    with_biases = draw(st.booleans()) if biases is None else biases
    return ReLUNetwork(weights, [draw(vectors(n, entries)) for n in widths[1:]] if with_biases else None)


@st.composite
def lattice_polynomials(draw, dimension=None, max_pieces=4, max_clauses=3):
    d = dimension or draw(st.integers(1, 2))
    pieces = draw(st.lists(st.tuples(vectors(d, rationals), rationals), min_size=1, max_size=max_pieces))
    index = st.integers(0, len(pieces) - 1)
    clauses = draw(st.lists(st.lists(index, min_size=1, max_size=3), min_size=1, max_size=max_clauses))
    return LatticePolynomial(pieces, clauses, draw(st.sampled_from(["max-min", "min-max"])))


def functions(dimension):
    return st.one_of(networks(dimension), lattice_polynomials(dimension))


def points(dimension):
    return vectors(dimension, st.fractions(-20, 20, max_denominator=8))


def as_fractions(values):
    return [Fraction(value) for value in values]
