"""Lemma F: where the residual is large, so is x off the directions found, and a filter sees that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from tropical import gaussian
from tropical._exact.rational import as_fraction, as_items
from tropical._protocol import PiecewiseLinear
from tropical.complexes import cells
from tropical.decide import lipschitz, sup_distance
from tropical.lemmas.numbers import at_most, plus, times
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare
from tropical.lemmas.residuals import Split, chi_square_tail, composed, difference, root_above, root_below, split
from tropical.lemmas.statement import Lemma, scalar
from tropical.pieces import as_point
from tropical.results import Point

__all__ = ["Filtering"]

_BISECTIONS = 16


@dataclass(frozen=True, repr=False)
class Filtering(Lemma):
    """Lemma F; without ``reduced`` the false statement that keeps τ although a candidate is subtracted.

    `factor` multiplies τ²/Λ² in the bound (1 is true).
    """

    reduced: bool = True
    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "F"
    name: ClassVar[str] = "filter"
    title: ClassVar[str] = "the filter of a large residual has a large trace off the directions found"
    statement: ClassVar[str] = (
        "F Λ-Lipschitz, W ⊆ V, m = dim V - dim W >= 1, H = F - F∘P_W: |H(x)| <= Λ|P_{V⊖W}x|, the filter 1{|H| > τ} has "
        "trace >= (τ²/Λ² - m)·Pr[|H| > τ] on V⊖W, and an eigenvalue >= 1/m of that. With a candidate G, "
        "|G - F∘P_W| <= η|P_W x|: on {|F - G| > τ, |P_W x| <= R} with τ - ηR for τ."
    )
    latex: ClassVar[str] = r"\mathrm{tr}\,P_{V\ominus W}E[1\{|H|>\tau\}(xx^\top-I)]\ge(\tau^2/\Lambda^2-m)\Pr[|H|>\tau]"
    source: ClassVar[str] = "Chen, Klivans and Meka 2021 for the idea; docs/reference_algorithm.md, lemma F"
    hypotheses: ClassVar[tuple[str, ...]] = ("W lies in V", "dim W < dim V", "F and G have no biases", "ηR < τ")

    def check(
        self,
        F: Any,
        W: Any = (),
        tau: Any = 1,
        *,
        candidate: Any = None,
        radius: Any = None,
        points: Any = (),
        max_cells: int | None = None,
    ) -> LemmaReport:
        """Compare traces, eigenvalues and probabilities, exact or enclosed, and the pointwise inequality at points.

        Parameters
        ----------
        F : a function of any type with one output
        W : rows of exact numbers
            Spanning vectors of W; none for W = 0.
        tau : exact number > 0
        candidate : a function like F, optional
            G; it is taken at P_W x. Both have to be without biases, as η is the largest |G - F∘P_W|/|P_W x|.
        radius : exact number, optional
            R; by default about τ/(2η).
        points : sequence of points
            Where the pointwise inequality is tested beside points of the cells and of the boundary of the event.
        max_cells : int, optional
            Limit on the number of cells.

        Returns
        -------
        LemmaReport
            Without a candidate the certificate is that of Λ: as F(x) = F(P_V x) and |P_V x - P_W x| = |P_{V⊖W} x|, it
            proves the pointwise inequality everywhere.
        """
        function, level = scalar(F), as_fraction(tau, "tau")
        parts = split(function, W, max_cells=max_cells)
        m = len(parts.rest)
        conditions = [parts.condition, Hypothesis(self.hypotheses[1], m > 0, "W = V")]
        if not parts.condition.holds or not m:
            return self.report([], conditions)
        places = [
            as_point(x, function.dimension, f"points[{i}]")
            for i, x in enumerate(as_items(points, "points", "a list of points", "pass [(0, 1)], say"))
        ]
        reach = None if radius is None else as_fraction(radius, "radius")
        known = composed(function, parts.projection)
        if candidate is not None:
            return self._with_candidate(function, known, parts, level, candidate, reach, points, conditions, max_cells)
        steep = lipschitz(function, max_cells=max_cells)
        square = steep.squared
        H = difference(function, known)
        tested = [cell.point for cell in cells(H, max_cells=max_cells)] + places
        gaps = [(H(x) ** 2, square * parts.rest_square(x), x) for x in tested]
        worst = max(gaps, key=lambda gap: gap[0] - gap[1])
        comparisons = [compare("|H|² <= Λ²|P_{V⊖W} x|² at points", worst[0], "<=", worst[1], worst[2])]
        matrix = gaussian.filter_matrix(H, level, max_cells=max_cells)
        probability = gaussian.tail(H, level, max_cells=max_cells)
        share = as_fraction(self.factor, "factor") * level * level / square - m
        comparisons += _bounded(parts, matrix, times(probability, share), m)
        return self.report(
            comparisons, conditions, certificate=steep.certificate, probability=probability, lipschitz_squared=square
        )

    def _with_candidate(
        self,
        F: PiecewiseLinear,
        known: PiecewiseLinear,
        parts: Split,
        tau: Fraction,
        candidate: Any,
        radius: Any,
        points: Any,
        conditions: list[Hypothesis],
        max_cells: int | None,
    ) -> LemmaReport:
        G = composed(scalar(candidate, "candidate"), parts.projection)
        bias_free = F.is_bias_free() and G.is_bias_free()
        conditions.append(Hypothesis(self.hypotheses[2], bias_free, "biases"))
        if not bias_free:
            return self.report([], conditions)
        error = sup_distance(G, known, relative=True, max_cells=max_cells).squared
        assert error is not None
        eta = root_above(error)
        R = (tau / (2 * eta) if eta else Fraction(8)) if radius is None else as_fraction(radius, "radius")
        conditions.append(Hypothesis(self.hypotheses[3], eta * R < tau, f"ηR = {eta * R}"))
        if eta * R >= tau:
            return self.report([], conditions)
        m, square = len(parts.rest), lipschitz(F, max_cells=max_cells).squared
        reach = as_fraction(self.factor, "factor") * (tau - eta * R if self.reduced else tau) ** 2
        D = difference(F, G)
        comparisons: list[Comparison] = []
        tested = [*(tuple(map(as_fraction, x)) for x in points), *_event_points(D, parts, tau, R)]
        event = [x for x in tested if abs(D(x)) > tau and parts.known_square(x) <= R * R]
        if event:
            x = min(event, key=parts.rest_square)
            gap = square * parts.rest_square(x)
            comparisons.append(compare("(τ - ηR)² <= Λ²|P_{V⊖W} x|² on the event", reach, "<=", gap, x))
        q = chi_square_tail(len(parts.known), R * R)
        share = reach / square - m
        H = difference(F, known)
        mass: Any = plus(gaussian.tail(H, tau + eta * R, max_cells=max_cells), times(q, -1))
        if share < 0:
            mass = Fraction(1)
        elif at_most(mass, 0) is not False:
            mass = Fraction(0)
        bound = plus(times(mass, share), times(q, -m))
        comparisons += _bounded(parts, gaussian.filter_matrix(D, tau, max_cells=max_cells), bound, m)
        return self.report(comparisons, conditions, eta=eta, radius=R, lipschitz_squared=square, points=len(event))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        network = testing.networks(2, max_width=2, max_depth=1, biases=False)
        line = st.sampled_from([(1, 0), (0, 1), (1, 1), (1, -1)])
        if self.reduced:
            return st.tuples(network, st.lists(line, max_size=1), st.sampled_from([Fraction(1), Fraction(3)]))
        return st.fixed_dictionaries({"F": network, "W": line.map(lambda row: [row]), "candidate": network})


def _bounded(parts: Split, matrix: Any, bound: Any, m: int) -> list[Comparison]:
    return [
        compare("bound <= trace on V⊖W", bound, "<=", parts.trace(matrix)),
        compare("bound/m <= an eigenvalue", times(bound, Fraction(1, m)), "<=", parts.largest_eigenvalue(matrix)),
    ]


def _event_points(D: PiecewiseLinear, parts: Split, tau: Fraction, R: Fraction) -> Iterator[Point]:
    """Yield points with |P_W x| close to R at which |D| has just passed τ."""
    for cell in cells(D):
        along = _projection(parts.projection, cell.point)
        across = tuple(a - b for a, b in zip(cell.point, along, strict=True))
        size = sum((a * a for a in along), Fraction(0))
        scale = R * root_below(1 / size, 12) * Fraction(999, 1000) if size else Fraction(0)
        for sign in (1, -1):
            start = tuple(sign * scale * a for a in along)
            yield start
            low, high = Fraction(0), Fraction(1)
            while abs(D(_moved(start, across, high))) <= tau and high < 1 << _BISECTIONS:
                low, high = high, 2 * high
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2
                low, high = (low, middle) if abs(D(_moved(start, across, middle))) > tau else (middle, high)
            yield _moved(start, across, high)


def _projection(matrix: Sequence[Sequence[Fraction]], x: Point) -> Point:
    return tuple(sum((a * b for a, b in zip(row, x, strict=True)), Fraction(0)) for row in matrix)


def _moved(x: Point, direction: Point, t: Fraction) -> Point:
    return tuple(a + t * b for a, b in zip(x, direction, strict=True))
