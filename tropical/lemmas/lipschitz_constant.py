"""Lemma L: the Lipschitz constant is the largest gradient, and it bounds relative distances of functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from tropical._exact.rational import as_fraction
from tropical.certificates import check as check_certificate
from tropical.complexes import cells
from tropical.convert import to_rational
from tropical.decide import lipschitz, sup_distance
from tropical.domains import Domain
from tropical.lemmas.report import Comparison, LemmaReport, compare
from tropical.lemmas.statement import Lemma, scalar
from tropical.rational_function import TropicalRational

__all__ = ["LipschitzConstant"]


@dataclass(frozen=True, repr=False)
class LipschitzConstant(Lemma):
    """Lemma L; `factor` multiplies Λ² (1 is true); ``distance`` says how Λ(F - G) bounds sup |F - G|/|x|."""

    factor: Fraction = Fraction(1)
    distance: str = "<="

    letter: ClassVar[str] = "L"
    name: ClassVar[str] = "lipschitz"
    title: ClassVar[str] = "the Lipschitz constant is the largest length of a gradient of a piece"
    statement: ClassVar[str] = (
        "Λ = max |u_i| over the pieces is the smallest L with |F(x) - F(y)| <= L|x - y|, for dual norms likewise; for "
        "functions without biases sup |F - G|/|x| <= Λ(F - G), perhaps strictly."
    )
    latex: ClassVar[str] = r"\Lambda=\max_i|u_i|,\quad\sup_x|F-G|/|x|\le\Lambda(F-G)"
    source: ClassVar[str] = "docs/theory.md, lemma L"

    def check(
        self, F: Any, G: Any = None, *, norm: Any = 2, domain: Domain = None, max_cells: int | None = None
    ) -> LemmaReport:
        """Check the constant by its certificate and on the chords between cells; with G the relative distance.

        Parameters
        ----------
        F : a function of any type with one output
        G : a function like F, optional
            For F and G without biases, on all of R^d: the squares of sup |F - G|/|x| and of Λ(F - G).
        norm : {2, 1, "inf"}
        domain : None, Box or Polyhedron
        max_cells : int, optional

        Notes
        -----
        All comparisons are between squares, which are rational.
        """
        function = scalar(F)
        complex_ = cells(function, domain, max_cells)
        found = lipschitz(function, norm, domain, max_cells)
        square = as_fraction(self.factor, "factor") * found.squared
        lengths = [_dual_square(row, found.norm) for row in complex_.tables[0].gradients()]
        certificate = found.certificate
        replayed = check_certificate(certificate, function, domain=domain) if certificate is not None else None
        chords = [
            (_square(tuple(a - b for a, b in zip(x, y, strict=True)), found.norm), function(x) - function(y))
            for x, y in pairwise(cell.point for cell in complex_)
        ]
        steepest = max(((rise * rise) / run for run, rise in chords if run), default=Fraction(0))
        comparisons = [
            compare("largest |u_i|² <= Λ²", max(lengths), "<=", square, found.point),
            compare("slopes of chords squared <= Λ²", steepest, "<=", square),
            Comparison("certificate", found, "=", "valid", bool(replayed and replayed.valid), replayed),
        ]
        if G is not None and function.is_bias_free() and scalar(G, "G").is_bias_free() and domain is None:
            other = scalar(G, "G")
            far = sup_distance(function, other, relative=True, max_cells=max_cells)
            P, Q = to_rational(function), to_rational(other)
            assert isinstance(P, TropicalRational)
            steep = lipschitz(P / Q, max_cells=max_cells)
            assert far.squared is not None
            relation = "=" if self.distance == "=" else "<="
            comparisons.append(compare("(sup |F-G|/|x|)² to Λ(F-G)²", far.squared, relation, steep.squared, far.point))
        return self.report(comparisons, certificate=certificate, complex=complex_)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        return st.integers(1, 2).flatmap(
            lambda d: st.tuples(testing.networks(d, biases=False), testing.networks(d, biases=False, max_depth=1))
        )


def _square(vector: Sequence[Fraction], norm: int | str) -> Fraction:
    """Return the square of a norm of x."""
    if norm == 2:
        return sum((a * a for a in vector), Fraction(0))
    size = sum(map(abs, vector), Fraction(0)) if norm == 1 else max(map(abs, vector))
    return size * size


def _dual_square(gradient: Sequence[Fraction], norm: int | str) -> Fraction:
    return _square(gradient, {1: "inf", "inf": 1}.get(norm, 2))
