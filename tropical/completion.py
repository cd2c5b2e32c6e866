r"""Between a lower and an upper bound: the function with the fewest new walls.

Labelled samples and a complete list of pieces leave two extreme answers, the assembled max-min form L and its dual U
(see docs/theory.md, section 4, assembly): every continuous function between them that is L where L = U agrees with
all that is known. Where L < U a choice has to be made. The *walls* of a piecewise-linear function, the facets between
cells with different pieces, of a network lie on the few bent hyperplanes of its units: they go on straight where
another unit's hyperplane meets them, and so the same hyperplanes carry walls again and again. A wrong choice cuts a
corner with a wall that is seen nowhere else. So the choice made here is the one whose walls are the least new. It is
a heuristic: what it returns is exact data, and a guess about the source on the open cells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tropical._arguments import as_instance
from tropical._display import Record
from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector, as_limit, primitive
from tropical._exact.region import Region, leaves
from tropical.canonical import canonical_form
from tropical.complexes.listed_cells import share_facet
from tropical.complexes.reduction import Reduction
from tropical.exceptions import InvalidInput
from tropical.lattice_polynomial import LatticePolynomial

__all__ = ["Completion", "simplest_between"]


@dataclass(frozen=True, slots=True, repr=False)
class Completion(Record):
    """A function between two bounds.

    Attributes
    ----------
    function : LatticePolynomial
        In canonical form.
    n_cells : int
        Number of joint cells of the bounds.
    n_open : int
        Number of them on which the bounds differ, so that the function is a choice there.
    """

    function: LatticePolynomial
    n_cells: int
    n_open: int


def simplest_between(lower: LatticePolynomial, upper: LatticePolynomial, *, max_cells: int | None = None) -> Completion:
    """Return the continuous function between two bounds that has the fewest new walls.

    Parameters
    ----------
    lower, upper : LatticePolynomial
        Over one table of pieces; ``lower <= upper`` is not checked.
    max_cells : int, optional
        Limit on the number of joint cells.

    Returns
    -------
    Completion
        Its function is continuous, equals both bounds where they agree, and one of them on every other joint cell.

    Raises
    ------
    BudgetExceeded
    InvalidInput
        If the two have different tables of pieces.

    Notes
    -----
    Joint cells are enumerated exactly, so no open region is too small to be seen. Within a connected set of open cells
    the choice is the best of all, by branch and bound, unless 2·10^5 branches do not tell.
    """
    cure = "pass the two bounds over one table"
    as_instance(lower, LatticePolynomial, "lower", cure)
    as_instance(upper, LatticePolynomial, "upper", cure)
    if lower.pieces != upper.pieces:
        raise InvalidInput("upper", "the table of pieces that `lower` has", "another one", "build both over one table")
    max_cells = as_limit(max_cells, "max_cells")
    reduction = Reduction([lower, upper], None)
    below, above = reduction.resolvers
    joint = leaves(
        reduction.start(),
        lambda region: (below.resolve(region), above.resolve(region)),
        max_cells,
        "joint cells of the bounds",
    )
    cells = [_JointCell(region, low.forms[0], high.forms[0]) for region, (low, high) in joint]
    walls = _Walls(cells)
    chosen = {i: cell.low for i, cell in enumerate(cells)}
    for component in walls.open_components():
        chosen.update(walls.cheapest(component))
    found = [(cell.region, chosen[i]) for i, cell in enumerate(cells)]
    function = canonical_form(reduction, found, lower.pieces.denominator)
    return Completion(function, len(cells), sum(cell.open for cell in cells))


@dataclass(slots=True, eq=False)
class _JointCell:
    """A cell on which both bounds are affine: `low` and `high` are their forms over the common denominator."""

    region: Region
    low: IntVector
    high: IntVector

    @property
    def open(self) -> bool:
        return self.low != self.high


class _Walls:
    """Which joint cells share a facet, and which hyperplanes carry walls where nothing is open."""

    def __init__(self, cells: list[_JointCell]) -> None:
        self.cells = cells
        self.neighbours: dict[int, list[tuple[int, IntVector]]] = defaultdict(list)
        self.seen: Counter[IntVector] = Counter()
        self.jumps: Counter[IntVector] = Counter()
        sides: dict[IntVector, list[tuple[int, int]]] = defaultdict(list)
        for i, cell in enumerate(cells):
            cone = cell.region.cone
            for facet in cone.facets():
                sides[cone.constraints[facet]].append((i, facet))
        for normal, here in sides.items():
            opposite = tuple(-a for a in normal)
            if normal > opposite:
                for i, facet in here:
                    for j, other in sides.get(opposite, []):
                        self._meet(i, facet, j, other, normal)

    def _meet(self, i: int, facet: int, j: int, other: int, normal: IntVector) -> None:
        one, two = self.cells[i], self.cells[j]
        if one.open or two.open:
            if share_facet(one.region.cone, facet, two.region.cone, other):
                self.neighbours[i].append((j, normal))
                self.neighbours[j].append((i, normal))
        elif one.low != two.low and _share_rays(one.region.cone, facet, two.region.cone, other):
            self.seen[normal] += 1
            self.jumps[_difference(one.low, two.low)] += 1
            self.jumps[_difference(two.low, one.low)] += 1

    def open_components(self) -> list[list[int]]:
        """Return the connected sets of open cells."""
        components, met = [], set()
        for start, cell in enumerate(self.cells):
            if cell.open and start not in met:
                met.add(start)
                component = [start]
                for i in component:
                    for j, _ in self.neighbours[i]:
                        if self.cells[j].open and j not in met:
                            met.add(j)
                            component.append(j)
                components.append(component)
        return components

    def cheapest(self, component: list[int]) -> dict[int, IntVector]:
        """Return the choice of a form for each cell of a component that costs least."""
        units = self._units(component)
        unit_of = {i: u for u, unit in enumerate(units) for i in unit}
        alone = [[0.0, 0.0] for _ in units]
        together: list[dict[int, list[list[float]]]] = [{} for _ in units]
        for i, u in unit_of.items():
            for j, normal in self.neighbours[i]:
                v = unit_of.get(j)
                if v is None:  # a cell that is not open: its form is fixed
                    for upper in (0, 1):
                        alone[u][upper] += self._novelty(self._form(i, upper), self.cells[j].low, normal)
                elif v < u:
                    table = together[u].setdefault(v, [[0.0, 0.0], [0.0, 0.0]])
                    for upper in (0, 1):
                        for other in (0, 1):
                            table[upper][other] += self._novelty(self._form(i, upper), self._form(j, other), normal)
        best = _least_cost(alone, together)
        return {i: self._form(i, best[u]) for i, u in unit_of.items()}

    def _units(self, component: list[int]) -> list[list[int]]:
        """Join neighbouring cells on which neither bound changes its piece: their choice is one."""
        units, met = [], set()
        for start in component:
            if start not in met:
                met.add(start)
                unit = [start]
                for i in unit:
                    for j, _ in self.neighbours[i]:
                        same = (self.cells[j].low, self.cells[j].high) == (self.cells[i].low, self.cells[i].high)
                        if same and j not in met:
                            met.add(j)
                            unit.append(j)
                units.append(unit)
        return units

    def _form(self, i: int, upper: int) -> IntVector:
        return self.cells[i].high if upper else self.cells[i].low

    def _novelty(self, one: IntVector, two: IntVector, normal: IntVector) -> float:
        if one == two:
            return 0.0
        jump = _difference(one, two)
        across = primitive(self.cells[0].region.vector(jump))
        if across != normal and across != tuple(-a for a in normal):
            return float("inf")  # the forms differ on the facet
        return 1.0 / (1 + self.seen[normal]) + _JUMP_WEIGHT / (1 + self.jumps[jump])


# The jump of the gradient across a wall is repeated by a unit, too, but less often than its hyperplane: a smaller
# weight. With this one 22 of 24 random teachers are proved (benchmarks/recovery.py); others were not compared.
_JUMP_WEIGHT = 0.3


def _least_cost(alone: list[list[float]], together: list[dict[int, list[list[float]]]]) -> list[int]:
    """Return the 0-1 choice for each unit that costs least, by branch and bound.

    ``alone[u][a]`` is the cost of choice a for unit u, ``together[u][v][a][b]`` that of choices a and b for u > v.
    Costs are nonnegative, so a partial choice that already costs as much as the best complete one is given up. The
    choices all 0 and all 1 are feasible and give the first bound.
    """
    count = len(alone)

    def added(chosen: list[int], choice: int) -> float:
        u = len(chosen)
        return alone[u][choice] + sum(table[choice][chosen[v]] for v, table in together[u].items())

    best, bound = [0] * count, float("inf")
    for constant in (0, 1):
        total = sum(added([constant] * u, constant) for u in range(count))
        if total < bound:
            best, bound = [constant] * count, total
    least_rest = [0.0] * (count + 1)
    for u in reversed(range(count)):
        least_rest[u] = least_rest[u + 1] + min(alone[u])
    pending: list[tuple[float, list[int]]] = [(0.0, [])]
    for _ in range(_MOST_BRANCHES):
        if not pending:
            break
        cost, chosen = pending.pop()
        if cost + least_rest[len(chosen)] >= bound:
            continue
        if len(chosen) == count:
            best, bound = chosen, cost
            continue
        branches = sorted(((cost + added(chosen, choice), [*chosen, choice]) for choice in (0, 1)), reverse=True)
        pending += [branch for branch in branches if branch[0] < bound]
    return best


_MOST_BRANCHES = 200_000  # against hanging; components of up to 14 units were seen in benchmarks/recovery.py


def _difference(one: IntVector, two: IntVector) -> IntVector:
    return tuple(a - b for a, b in zip(one, two, strict=True))


def _share_rays(cone: Cone, facet: int, other: Cone, other_facet: int) -> bool:
    """Return whether two facets have enough rays in common to be one face: sufficient for a shared facet, and quick."""
    here = {ray for ray, mask in zip(cone.rays, cone.incidence, strict=True) if mask >> facet & 1}
    there = {ray for ray, mask in zip(other.rays, other.incidence, strict=True) if mask >> other_facet & 1}
    return len(here & there) >= cone.dimension - 1 - len(cone.lines)
