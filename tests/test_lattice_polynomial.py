"""Lattice polynomials: evaluation, text, composition, errors."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tropical import InvalidInput, LatticePolynomial
from tropical.testing import lattice_polynomials, points, vectors

small = st.integers(-2, 2)


@given(st.data())
def test_value_is_the_max_of_mins(data):
    F = data.draw(lattice_polynomials())
    x = data.draw(points(F.dimension))
    values = [sum(u * t for u, t in zip(p.gradient, x, strict=True)) + p.constant for p in F.pieces]
    inner, outer = (min, max) if F.form == "max-min" else (max, min)
    assert F(x) == outer(inner(values[i] for i in clause) for clause in F.clauses)
    assert F.evaluate([[float(t) for t in x]])[0] == pytest.approx(float(F(x)), rel=1e-12, abs=1e-9)


@given(st.data())
def test_composition_is_evaluation_at_the_image(data):
    F = data.draw(lattice_polynomials())
    e = data.draw(st.integers(1, 3))
    A = data.draw(st.lists(vectors(e, small), min_size=F.dimension, max_size=F.dimension))
    b = data.draw(vectors(F.dimension, small))
    z = data.draw(points(e))
    image = [sum(a * t for a, t in zip(row, z, strict=True)) + c for row, c in zip(A, b, strict=True)]
    assert F.compose(A, b)(z) == F(image)


@given(lattice_polynomials(), vectors(2, small))
def test_composition_with_rank_one_has_rank_at_most_one(F, row):
    assert F.compose([row] * F.dimension).pieces.rank() <= 1


def test_text_shows_the_formula():
    F = LatticePolynomial([([1, 0], 0), ([0, 2], "-1/3"), ([0, 0], 0), ([-1, "1/2"], 5)], [[0, 1], [2], [0, 3]])
    assert str(F) == "max(min(x0, 2*x1 - 1/3), 0, min(x0, -x0 + 1/2*x1 + 5))"
    assert F._repr_latex_().startswith(r"$\max\left(\min\left(x_{0}, 2x_{1} - \tfrac{1}{3}\right)")
    assert str(LatticePolynomial([([0], 0)], [[0]], "min-max")) == "0"


def test_clauses_are_sorted_without_repeats():
    assert LatticePolynomial([([1], 0), ([2], 0)], [[1, 0, 1]]).clauses == ((0, 1),)


def test_from_floats_is_lossless():
    F = LatticePolynomial.from_floats([[0.1], [0.2]], [0.3, 0.0], [[0, 1]])
    assert F.pieces[0] == ((Fraction(0.1),), Fraction(0.3))


def test_huge_and_tiny_coefficients_stay_exact():
    F = LatticePolynomial([([10**300], f"1/{10**300}"), ([0], 0)], [[0], [1]])
    assert F([1]) == 10**300 + Fraction(1, 10**300)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([], [[0]]), "pieces"),
        (([([], 0)], [[0]]), "pieces"),
        (([([1], 0), ([1, 2], 0)], [[0]]), "pieces"),
        (([[1, 2, 3]], [[0]]), r"pieces\[0\]"),
        (([([1.5], 0)], [[0]]), r"pieces\[0\]\[0\]\[0\]"),
        (([([1], 0)], []), "clauses"),
        (([([1], 0)], [[]]), r"clauses\[0\]"),
        (([([1], 0)], [[1]]), r"clauses\[0\]"),
        (([([1], 0)], [[-1]]), r"clauses\[0\]"),
        (([([1], 0)], [[True]]), r"clauses\[0\]"),
        (([([1], 0)], "0"), "clauses"),
        (([([1], 0)], [0]), r"clauses\[0\]"),
        (([([1], 0)], [[0]], "maxmin"), "form"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        LatticePolynomial(*arguments)


def test_bad_floats_are_named():
    with pytest.raises(InvalidInput, match="finite"):
        LatticePolynomial.from_floats([[np.nan]], [0.0], [[0]])
    with pytest.raises(InvalidInput, match="shape"):
        LatticePolynomial.from_floats([0.0], [0.0], [[0]])
