r"""Rigorous enclosures of face atoms: dilations of all faces at common nodes, one integral a face in any dimension.

For a face f let g_f(s) be the measure of its dilation by s about its own conditional mean. Then
(docs/gaussian.md, dilation)

.. math:: g_f(s) = g_f(\infty) - \sum_{e} w_e \int_s^\infty φ(r w_e)\, g_e(r)\, dr,

over the walls e of f, with w_e = v_e/σ_e signed, because the dilation of a face about its mean carries its walls to
dilations of the walls about *their* means. So nothing is nested: all g are tabulated at the same nodes, from points and
segments (closed) upwards, by one integration a face. The nodes are Chebyshev points on the panels [1, 2], [2, 4], ...;
g_f is analytic where |arg s| < π/4, with |g_f(s)| <= (|s|²/Re s²)^{m/2}, m = dim f, so interpolation in n points on
[a, 2a] has an error below 4 M ρ^{1-n}/(ρ-1), ρ = 19/5, with M known in advance: no estimate, no tolerance.

Cones of rank r > 3 have no such start: dilation does not change them. They are moved instead: C + sp for a point p
inside is the dilation of C + p, and γ(C) is its g at s = 0. There all g_f are entire, and
|g_f(s)| <= e^{(Im s)²|p|²/2} serves on one more panel [0, 1].
"""

from __future__ import annotations

from math import ceil, log2
from typing import Any

from flint import acb, arb, fmpq

from tropical.exceptions import BudgetExceeded
from tropical.gaussian.chebyshev import UNIT, Integrand, Panel, mass_beyond, panels
from tropical.gaussian.closed_form import Symbol
from tropical.gaussian.cones import gram
from tropical.gaussian.faces import Face, FaceTable
from tropical.gaussian.measures import Measures, is_slab
from tropical.gaussian.moved_cones import general_point, moved_cone, moved_face, rough_log2, squared_length
from tropical.gaussian.working_precision import bits_for

__all__ = ["Budget", "Dilations"]

_MOST_PANELS = 400


class Budget:
    """How many tables of faces may still be made; shared by all that one question needs.

    ``left`` is None for no limit.
    """

    def __init__(self, left: int | None) -> None:
        self.left = left
        self.spent = False

    def take(self) -> None:
        """Count one table.

        Raises
        ------
        BudgetExceeded
        """
        if self.left is None:
            return
        if self.left == 0:
            self.spent = True
            raise BudgetExceeded("the budget of faces is used up")
        self.left -= 1


class Dilations:
    """Tables of g_f for the faces of one table, at the working precision that is set when they are made.

    Parameters
    ----------
    measures : Measures
    digits : int
        Aim of the absolute error of each table, 10^-digits.
    budget : Budget
    start : int
        Where the panels begin: 1, or 0 for moved cones.
    reach : fmpq, optional
        The squared length of the point that cones were moved by.
    """

    def __init__(
        self, measures: Measures, digits: int, budget: Budget, start: int = 1, reach: fmpq | None = None
    ) -> None:
        self.measures, self.digits, self.budget = measures, digits, budget
        self.bits = bits_for(digits)
        self.nodes = ceil((self.bits + 8) / log2(3.8)) + 1
        self.start, self.reach = start, reach
        self._tables: dict[int, list[list[arb]]] = {}
        self._rows: dict[tuple[int, int], list[arb]] = {}
        self._atoms: dict[Symbol, arb] = {}
        self._fan: tuple[Dilations, tuple[fmpq, ...]] | None = None

    def atom(self, symbol: Symbol) -> arb:
        """Return a ball around a face atom; its trivial bounds once the budget is spent."""
        if symbol not in self._atoms:
            try:
                self._atoms[symbol] = self._atom(symbol)
            except BudgetExceeded:
                return self._trivial(symbol)
        return self._atoms[symbol]

    def _atom(self, symbol: Symbol) -> arb:
        name, number, second = symbol
        face = self.measures.table.faces[number]
        if name == "cone":
            return self._cone(face)
        square = self.measures.squares[second]
        if is_slab(face.walls):
            return self._flux_of_slab(face, square)
        integrand = Integrand(panels(self.start, self._panel_count(square)), self.nodes)
        integrand.add(1, square, lambda p: self.row(face, p), face.dimension)
        return _within(integrand.from_start(), 0, mass_beyond(square))

    def _flux_of_slab(self, face: Face, square: fmpq) -> arb:
        """Return the flux through a half-line or segment (or a slab), by Owen's function T.

        With signed heights h of its walls g(s) is a sum of erf(s h/√2)/2, and
        w ∫_1^∞ φ(sw) erf(s h/√2)/2 ds = T(w, h/w).
        """
        self.budget.take()
        total = mass_beyond(square) / 2 if len(face.walls) == 1 else arb(0)
        for wall in face.walls:
            if wall.shift:
                value = _owen(square, wall.shift * wall.shift / wall.variance)
                total += value if wall.shift > 0 else -value
        return _within(total, 0, mass_beyond(square))

    def _trivial(self, symbol: Symbol) -> arb:
        if symbol[0] == "cone":
            return arb(0).union(arb(1) / 2)
        return arb(0).union(mass_beyond(self.measures.squares[symbol[2]]))

    # ------------------------------------------------------------ tables

    def row(self, face: Face, p: int) -> list[arb]:
        """Return g_f at the nodes of panel p."""
        key = (face.number, p)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._row(face, p)
        return found

    def _row(self, face: Face, p: int) -> list[arb]:
        walls = face.walls
        if not any(wall.shift for wall in walls):
            return [self.measures.measure(face).ball(self.atom)] * self.nodes
        panel = panels(self.start, p + 1)[p]
        if is_slab(walls):
            return self._slab_row(face, panel)
        table = self.table(face)
        if p < len(table):
            return table[p]
        # beyond its table g is its limit up to the fluxes that are left
        error = arb(0)
        for wall in walls:
            if wall.shift:
                error += mass_beyond(wall.shift * wall.shift / wall.variance * panel.start * panel.start)
        limit = self.measures.tangent(face).ball(self.atom)
        return [_within(limit + error * UNIT, 0, 1)] * self.nodes

    def _slab_row(self, face: Face, panel: Panel) -> list[arb]:
        """Return g for a half-space or what lies between two parallel walls."""
        walls = face.walls
        start = arb(1) if len(walls) == 1 else arb(0)
        heights = [
            arb(wall.shift * wall.shift / (2 * wall.variance)).sqrt() * (1 if wall.shift > 0 else -1)
            for wall in walls
            if wall.shift
        ]
        return [sum(((height * node).erf() for height in heights), start) / 2 for node in panel.nodes(self.nodes)]

    def table(self, face: Face) -> list[list[arb]]:
        """Return g_f at the nodes of each panel, for a face that is no slab."""
        found = self._tables.get(face.number)
        if found is None:
            self.budget.take()
            limit = self.measures.tangent(face).ball(self.atom)
            tails = self._integrand(face).from_nodes()
            found = self._tables[face.number] = [[_within(limit - tail, 0, 1) for tail in row] for row in tails]
        return found

    def _integrand(self, face: Face) -> Integrand:
        """Return the integrand of g_f: the sum over its walls."""
        walls = [(wall, wall.shift * wall.shift / wall.variance) for wall in face.walls if wall.shift]
        cut = panels(self.start, self._panel_count(min(square for _, square in walls)))
        integrand = Integrand(cut, self.nodes, self.reach)
        for wall, square in walls:
            integrand.add(
                1 if wall.shift > 0 else -1, square, lambda p, e=wall.face: self.row(e, p), wall.face.dimension
            )
        return integrand

    def _panel_count(self, square: fmpq) -> int:
        """Return how many panels it takes until e^(-s² w²/2) is below the aim."""
        reach = log2(2 * self.bits * 0.7 + 16) / 2 - rough_log2(square) / 2
        return min(_MOST_PANELS, max(1, ceil(reach)) + (1 if self.start == 0 else 0))

    # ------------------------------------------------------------ cones

    def _cone(self, face: Face) -> arb:
        """Return the measure of the tangent cone of a face at its mean, of rank above 3."""
        if face.body.linear:  # a cone of a fan
            if self._fan is None:
                point = general_point(self.measures.table.covariance)
                self._fan = self._moved(FaceTable(self.measures.table.covariance), point), point
            inside, point = self._fan
            moved = moved_face(face, inside.measures.table, point)
        else:
            table, point = moved_cone(gram([wall for wall in face.walls if not wall.shift]))
            inside, moved = self._moved(table, point), table.faces[0]
        self.budget.take()
        limit = inside.measures.tangent(moved).ball(inside.atom)
        return _within(limit - inside._integrand(moved).from_start(), 0, arb(1) / 2)

    def _moved(self, table: FaceTable, point: tuple[fmpq, ...]) -> Dilations:
        """Return tables for cones moved by a point, down to s = 0."""
        reach = squared_length(table.covariance, point)
        return Dilations(Measures(table), self.digits, self.budget, start=0, reach=reach)


def _owen(square: fmpq, height_square: fmpq) -> arb:
    """Return Owen's T(w, h/w) for w², h² > 0: the mass of {x > w, 0 < y < h x/w}.

    For h <= w one integral over [0, h/w]; else T(w, h/w) = (1 - erf(w/√2) erf(h/√2))/4 - T(h, w/h).
    """
    if height_square > square:
        product = (arb(square) / 2).sqrt().erf() * (arb(height_square) / 2).sqrt().erf()
        return (1 - product) / 4 - _owen(height_square, square)
    if height_square == square:
        beyond = mass_beyond(square)
        return beyond * (1 - beyond) / 2
    half = acb(arb(square) / 2)
    end = arb(height_square / square).sqrt()

    def integrand(x: acb, analytic: bool) -> acb:
        spread = 1 + x * x
        return (-half * spread).exp() / spread

    return acb.integral(integrand, acb(0), acb(end)).real / (2 * arb.pi())


def _within(ball: arb, lower: int, upper: Any) -> arb:
    """Return the ball cut to an interval that the number is known to lie in."""
    return ball.intersection(arb(lower).union(arb(upper)))
