r"""Moments of products of affine forms over a face: Isserlis' theorem with walls. Exact up to measures of faces.

Let P be a face with law N(μ, S), ℓ and ℓ_1, ..., ℓ_n affine forms, and E_P the expectation of what lies in P.
Integration by parts (docs/gaussian.md, walls) gives

.. math:: E_P[ℓ \textstyle\prod_j ℓ_j] = ℓ(μ) E_P[\prod_j ℓ_j] + \sum_j \mathrm{cov}(ℓ, ℓ_j) E_P[\prod_{i≠j} ℓ_i]
          + \sum_f \mathrm{cov}(ℓ, a_f)\, p_f\, E_f[\prod_j ℓ_j],

over the walls f of P, with a_f the inward normal form, p_f = φ(v/σ)/σ its density at zero, and E_f the expectation of
what lies in f under the conditional law. Without walls this is Isserlis' (Wick's) theorem. The number of factors or the
dimension goes down in every term, so all moments are combinations of measures of faces.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq

from tropical.gaussian.closed_form import Combination, Factor, density
from tropical.gaussian.faces import AffineForm, Face, FaceTable, Wall, inner
from tropical.gaussian.measures import Measures

__all__ = ["Moments"]


class Moments:
    """Moments over the faces of one table.

    Forms are named by numbers, so that products of forms are multisets of numbers and each moment is computed once.
    """

    def __init__(self, table: FaceTable) -> None:
        self.table = table
        self.measures = Measures(table)
        self.forms: list[AffineForm] = []
        self._names: dict[AffineForm, int] = {}
        self._moments: dict[tuple[int, tuple[int, ...]], Combination] = {}
        self._densities: dict[tuple[fmpq, fmpq], Factor] = {}

    def name(self, form: AffineForm) -> int:
        """Return the number of a form."""
        number = self._names.get(form)
        if number is None:
            number = self._names[form] = len(self.forms)
            self.forms.append(form)
        return number

    def moment(self, face: Face, factors: Sequence[int]) -> Combination:
        """Return E[1_face · product of the forms with these numbers]; do not change the result.

        Complexity: at most (faces of the face) · 2^(number of factors) terms.
        """
        if not factors:
            return self.measures.measure(face)
        key = (face.number, tuple(sorted(factors)))
        found = self._moments.get(key)
        if found is None:
            found = self._moments[key] = self._moment(face, *key[1])
        return found

    def _moment(self, face: Face, first: int, *rest: int) -> Combination:
        form = self.forms[first]
        total = Combination()
        value = face.value(form)
        if value:
            total.add(self.moment(face, rest), value)
        if rest:
            covariances = face.covariances(form)
            for j, other in enumerate(rest):
                covariance = inner(covariances, self.forms[other].normal)
                if covariance:
                    total.add(self.moment(face, rest[:j] + rest[j + 1 :]), covariance)
        for wall in face.walls:
            covariance = inner(wall.direction, form.normal)
            if covariance:
                total.add(self.on_wall(face, wall, rest), covariance)
        return total

    def on_wall(self, face: Face, wall: Wall, factors: Sequence[int]) -> Combination:
        """Return p_f E_f[product of the forms] for a wall f of a face."""
        # of one wall the scale of its form is free, and the density depends on it: the faces alone are no key
        key = (wall.shift, wall.variance)
        factor = self._densities.get(key)
        if factor is None:
            factor = self._densities[key] = density(wall.shift, wall.variance)
        return self.moment(wall.face, factors).times(factor)

    def value_moment(
        self, face: Face, form: AffineForm, coefficients: Sequence[fmpq], rest: Sequence[int] = ()
    ) -> Combination:
        """Return E[1_face · q(form) · product of the forms `rest`], q the polynomial with these coefficients."""
        number = self.name(form)
        total = Combination()
        for power, coefficient in enumerate(coefficients):
            if coefficient:
                total.add(self.moment(face, (*rest, *(number,) * power)), coefficient)
        return total
