"""Linear programs over boxes cut by half-spaces, in rationals: the dual simplex method.

Maximise an affine form f over ``{x : h_i(x) >= 0}``, where the first 2k forms are the walls of a box. A basis is a set
of k independent forms; with ``f = value - Σ y_i h_i`` over it, the walls that f pushes against have y >= 0 from the
start. While the point where the basis vanishes violates a form, that form enters; Bland's rule excludes cycles. At the
end the multipliers y prove the maximum, or nonnegative multipliers of a violated form and of the basis prove that the
set is empty. No float is involved, and no tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from tropical._exact.flint_numbers import from_fmpq, to_fmpq

__all__ = ["Optimum", "Polytope", "box_bound"]

Row = Sequence[Fraction | int]


@dataclass(frozen=True, slots=True)
class Optimum:
    """The maximum of a form: ``value - form = Σ multipliers[i]·h_i`` with multipliers >= 0; attained at ``point``."""

    value: Fraction
    point: tuple[Fraction, ...]
    multipliers: dict[int, Fraction]


def box_bound(form: Row, walls: Sequence[Row]) -> Optimum:
    """Return the maximum of a form over the box alone.

    Parameters
    ----------
    form : sequence of k + 1 numbers
    walls : sequence of forms
        Wall 2i is a positive multiple of ``x_i - low_i``, wall 2i + 1 one of ``high_i - x_i``.
    """
    value, multipliers, point = Fraction(form[-1]), {}, []
    for i, slope in enumerate(form[:-1]):
        index = 2 * i + int(slope > 0)
        wall = walls[index]
        point.append(Fraction(-wall[-1]) / wall[i])
        if slope:
            multipliers[index] = -Fraction(slope) / wall[i]
            value += multipliers[index] * wall[-1]
    return Optimum(value, tuple(point), multipliers)


class Polytope:
    """A box cut by half-spaces, ready for many linear programs.

    Parameters
    ----------
    forms : sequence of forms
        Those that are >= 0: first the 2k walls of a box, as in :func:`box_bound`.
    """

    def __init__(self, forms: Sequence[Row]) -> None:
        self._forms = forms
        self._gradients = fmpq_mat([[to_fmpq(a) for a in row[:-1]] for row in forms])
        self._constants = fmpq_mat([[to_fmpq(row[-1])] for row in forms])

    def maximise(self, form: Row) -> Optimum | None:
        """Return the maximum of a form; None where the polytope is empty.

        Notes
        -----
        k² rational operations a step besides one evaluation of all forms.
        """
        k = len(form) - 1
        gradients, constants = self._gradients, self._constants
        basis = [2 * i + int(form[i] > 0) for i in range(k)]
        # the inverse of the matrix whose rows are the gradients of the basis
        inverse = fmpq_mat(k, k)
        for i, index in enumerate(basis):
            inverse[i, i] = 1 / gradients[index, i]
        objective = fmpq_mat([[to_fmpq(a) for a in form[:-1]]])
        y = [-a for a in (objective * inverse).entries()]
        while True:
            point = inverse * fmpq_mat([[-constants[index, 0]] for index in basis])
            heights = gradients * point + constants
            violated = next((i for i, height in enumerate(heights.entries()) if height < 0), None)
            if violated is None:
                x = tuple(from_fmpq(a) for a in point.entries())
                value = sum((Fraction(a) * b for a, b in zip(form, x, strict=False)), Fraction(form[-1]))
                return Optimum(value, x, {i: from_fmpq(a) for i, a in zip(basis, y, strict=True) if a})
            row = fmpq_mat([[gradients[violated, j] for j in range(k)]])
            t = (row * inverse).entries()
            leaving, best = None, fmpq(0)
            for j in range(k):
                if t[j] > 0:
                    ratio = y[j] / t[j]
                    if leaving is None or ratio < best or (ratio == best and basis[j] < basis[leaving]):
                        leaving, best = j, ratio
            if leaving is None:
                return None
            basis[leaving] = violated
            y = [a - best * b for a, b in zip(y, t, strict=True)]
            y[leaving] = best
            column = [inverse[i, leaving] / t[leaving] for i in range(k)]
            for i in range(k):
                if column[i]:
                    for j in range(k):
                        if j != leaving and t[j]:
                            inverse[i, j] -= column[i] * t[j]
                inverse[i, leaving] = column[i]
