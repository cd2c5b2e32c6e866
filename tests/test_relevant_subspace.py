"""The relevant subspace: exact, the same for every representation, smaller than the first layer where units cancel."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import BudgetExceeded, LatticePolynomial, ReLUNetwork, families, lattice, relevant_subspace
from tropical.testing import functions, points

small = st.integers(-2, 2)


def project(basis, x):
    """The orthogonal projection of x on the span of the rows, exactly (Gram-Schmidt over the rationals)."""
    orthogonal, result = [], [Fraction(0)] * len(x)

    def dot(a, b):
        return sum((s * t for s, t in zip(a, b, strict=True)), Fraction(0))

    for row in basis:
        for other in orthogonal:
            scale = dot(row, other) / dot(other, other)
            row = [a - scale * b for a, b in zip(row, other, strict=True)]
        orthogonal.append(row)
        scale = dot(x, row) / dot(row, row)
        result = [r + scale * a for r, a in zip(result, row, strict=True)]
    return result


@given(functions(2), st.data())
@settings(max_examples=60)
def test_the_function_sees_the_projection_only(F, data):
    basis = relevant_subspace(F)
    x = data.draw(points(2))
    assert F(x) == F(project(basis, x))
    assert relevant_subspace(lattice(F)) == basis


@pytest.mark.parametrize(
    ("F", "k"),
    [
        (families.random_network((20, 4, 4, 1), 5, rank=2), 2),
        (ReLUNetwork([[[1, 0], [0, 1], [0, 1]], [1, 1, -1]]), 1),  # units that cancel
        (ReLUNetwork([[[1, 0], [0, 1]], [1, 0]]), 1),  # a unit without effect
        (ReLUNetwork([[[1, 0]], [[-1]], [1]]), 0),  # relu(-relu(x)) = 0
        (LatticePolynomial([([1, 0], 0), ([0, 1], 0), ([1, 0], -1)], [[0], [2]]), 1),  # a piece in no clause
        (ReLUNetwork([[[1, 0], [-1, 0]], [[1, 1], [1, -1]]]), 1),  # two outputs
        (LatticePolynomial([([0, 0], 3)], [[0]]), 0),
    ],
)
def test_dimension(F, k):
    assert len(relevant_subspace(F)) == k


def test_budget():
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        relevant_subspace(families.random_network((3, 4, 1), 0), max_cells=2)
