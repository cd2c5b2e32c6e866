r"""The polyhedron of the inputs of one case: is it empty, what is its affine hull, which point is inside?

A row is an affine form r >= 0 (or > 0) in x. Weights w >= 0 with :math:`\sum_i w_i r_i = c` identically, c constant,
prove one of two things (Farkas):

* c < 0, or c = 0 with weight on a strict row: no x satisfies all rows;
* c = 0: every row with weight vanishes on the set; one of them is solved for a variable, which is replaced everywhere.

An *elimination* is a list of such steps; it ends with an empty set or with rows that have a common interior point in
the variables left, found exactly. So a flat set, such as a box with equal bounds, is a full-dimensional one in fewer
variables, and :class:`Chart` is the affine map between them. Replaying the steps needs no code that found them:
:func:`replay` adds up and substitutes. (:mod:`.elimination` finds them.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tropical.domains import Polyhedron
from tropical.exceptions import BudgetExceeded, InvalidInput
from tropical.properties.formulas import Case

__all__ = ["Chart", "InputSet", "Row", "Step", "Weights", "add_up", "direction_of", "replay", "require_few", "rows_of"]

_ZERO = Fraction(0)
_MOST_VERTICES = 5000  # to list the cells on a box of 12 inputs, 4096 vertices, takes over a minute
Weights = tuple[tuple[int, Fraction], ...]  # number of a row, weight


class Row:
    """The affine form ``constant + Σ coefficients[j] x_j``, >= 0 or > 0; coefficients are not zero."""

    __slots__ = ("coefficients", "constant", "strict")

    def __init__(self, coefficients: dict[int, Fraction], constant: Fraction, strict: bool) -> None:
        self.coefficients, self.constant, self.strict = coefficients, constant, strict

    def replace(self, variable: int, by: Row) -> None:
        """Put an affine form in place of a variable."""
        factor = self.coefficients.pop(variable, None)
        if factor is None:
            return
        self.constant += factor * by.constant
        for j, a in by.coefficients.items():
            total = self.coefficients.get(j, _ZERO) + factor * a
            if total:
                self.coefficients[j] = total
            else:
                del self.coefficients[j]

    def at(self, x: Sequence[Fraction]) -> Fraction:
        """Return the value at a point."""
        return self.constant + sum((a * x[j] for j, a in self.coefficients.items()), _ZERO)

    def solved_for(self, variable: int) -> Row:
        """Return the affine form that the variable equals where this one vanishes."""
        factor = self.coefficients[variable]
        others = {j: -a / factor for j, a in self.coefficients.items() if j != variable}
        return Row(others, -self.constant / factor, False)


@dataclass(frozen=True, slots=True)
class Step:
    """The weighted rows add up to zero, so they vanish; row ``row`` is solved for ``variable``."""

    weights: Weights
    row: int
    variable: int


class Chart:
    """The variables left, and what the others are in terms of them: ``x = offset + matrix z``.

    Attributes
    ----------
    dimension : int
        Number of inputs d.
    free : tuple of int
        The inputs that are left, the coordinates z.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.eliminated: dict[int, Row] = {}

    @property
    def free(self) -> tuple[int, ...]:
        """The inputs that are left."""
        return tuple(j for j in range(self.dimension) if j not in self.eliminated)

    def eliminate(self, variable: int, by: Row) -> None:
        """Replace a variable by an affine form in others."""
        for row in self.eliminated.values():
            row.replace(variable, by)
        self.eliminated[variable] = by

    def is_identity(self) -> bool:
        """Return whether every input is free."""
        return not self.eliminated

    def rows(self) -> tuple[list[list[Fraction]], list[Fraction]]:
        """Return the matrix (d, number of free inputs) and the offset."""
        place = {j: i for i, j in enumerate(self.free)}
        matrix, offset = [], []
        for j in range(self.dimension):
            entries = [_ZERO] * len(place)
            if j in place:
                entries[place[j]] = Fraction(1)
                offset.append(_ZERO)
            else:
                for k, a in self.eliminated[j].coefficients.items():
                    entries[place[k]] = a
                offset.append(self.eliminated[j].constant)
            matrix.append(entries)
        return matrix, offset

    def lift(self, z: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """Return the point x with the given free coordinates."""
        x = [_ZERO] * self.dimension
        for j, value in zip(self.free, z, strict=True):
            x[j] = value
        for j, row in self.eliminated.items():
            x[j] = row.at(x)  # an eliminated variable reads free ones only
        return tuple(x)


@dataclass
class InputSet:
    """What the rows on x of one case describe.

    Attributes
    ----------
    chart : Chart
    rows : list of Row
        In the free variables; row i is that of the i-th inequality on x alone.
    steps : list of Step
    contradiction : tuple of (int, Fraction), or None
        Weights that show that the set is empty.
    interior : tuple of Fraction or None
        A point x of the relative interior, which satisfies strict rows strictly; None where the set is empty.
    """

    chart: Chart
    rows: list[Row]
    steps: list[Step] = field(default_factory=list)
    contradiction: Weights | None = None
    interior: tuple[Fraction, ...] | None = None

    def eliminate(self, step: Step) -> None:
        """Take a step: solve for the variable and replace it in all rows."""
        by = self.rows[step.row].solved_for(step.variable)
        for row in self.rows:
            row.replace(step.variable, by)
        self.chart.eliminate(step.variable, by)
        self.steps.append(step)

    def tightest(self) -> list[tuple[tuple[tuple[int, Fraction], ...], Fraction, int]]:
        """Return for every direction u that rows bound, as ``u·x + b >= 0``, the smallest b and a row that states it.

        Of rows with one b a strict one is named.
        """
        best: dict[tuple[tuple[int, Fraction], ...], tuple[Fraction, bool, int]] = {}
        for i, row in enumerate(self.rows):
            if row.coefficients:
                direction, scale = direction_of(row)
                offer = (row.constant / scale, not row.strict, i)
                if direction not in best or offer < best[direction]:
                    best[direction] = offer
        return [(direction, b, i) for direction, (b, _, i) in best.items()]

    def bounds(self) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
        """Return the lower and the upper bounds on single variables."""
        low: dict[int, Fraction] = {}
        high: dict[int, Fraction] = {}
        for direction, b, _ in self.tightest():
            if len(direction) == 1:
                ((j, a),) = direction
                (low if a > 0 else high)[j] = -b * a
        return low, high

    def require_few_vertices(self) -> None:
        """Raise BudgetExceeded for boxes of so many inputs that their vertices cannot be listed."""
        low, high = self.bounds()
        varying = len(low.keys() & high.keys())
        require_few(2**varying, f"a box of {varying} varying inputs has 2^{varying}")

    def domain(self) -> Polyhedron | None:
        """Return the closure of the set in the free variables; of parallel rows the tightest. None is all of them."""
        place = {j: i for i, j in enumerate(self.chart.free)}
        A, b = [], []
        for direction, bound, _ in self.tightest():
            entries = [_ZERO] * len(place)
            for j, a in direction:
                entries[place[j]] = -a
            A.append(entries)
            b.append(bound)
        return Polyhedron(A, b) if A else None

    def open_rows(self) -> list[Row]:
        """Return the strict rows that bound the set."""
        return [self.rows[i] for _, _, i in self.tightest() if self.rows[i].strict]


def direction_of(row: Row) -> tuple[tuple[tuple[int, Fraction], ...], Fraction]:
    """Return the coefficients divided by the modulus of the first one, and that modulus."""
    ordered = sorted(row.coefficients.items())
    scale = abs(ordered[0][1])
    return tuple((j, a / scale) for j, a in ordered), scale


def require_few(vertices: int, what: str) -> None:
    """Raise BudgetExceeded beyond the largest number of vertices."""
    if vertices > _MOST_VERTICES:
        cure = "fix or bound more of the inputs, or split the property"
        raise BudgetExceeded(f"{what} vertices, more than {_MOST_VERTICES}; {cure}")


def rows_of(case: Case) -> list[Row]:
    """Return the inequalities of a case that read x alone, as rows."""
    return [
        Row({j: -a for j, a in part.inputs}, part.bound, part.strict)
        for part in case
        if not part.outputs and part.inputs
    ]


def replay(case: Case, dimension: int, steps: Sequence[Step], contradiction: Weights | None) -> InputSet:
    """Check an elimination, and that what is said to be empty is.

    Raises
    ------
    InvalidInput
        If a step does not prove what it says.
    """
    found = InputSet(Chart(dimension), rows_of(case))
    for number, step in enumerate(steps):
        total, _ = add_up(found.rows, step.weights, f"step {number}")
        if total.coefficients or total.constant:
            raise _refused(f"step {number}", "weighted rows that add up to zero")
        if step.row not in {i for i, w in step.weights if w} or step.variable not in found.rows[step.row].coefficients:
            raise _refused(f"step {number}", "a weighted row that reads the variable")
        found.eliminate(step)
    if contradiction is not None:
        total, strict = add_up(found.rows, contradiction, "contradiction")
        if total.coefficients or total.constant > 0 or (total.constant == 0 and not strict):
            raise _refused("contradiction", "weighted rows with a sum that cannot be")
        found.contradiction = contradiction
    return found


def add_up(rows: Sequence[Row], weights: Weights, where: str) -> tuple[Row, bool]:
    """Return the weighted sum, and whether a strict row has weight."""
    coefficients: dict[int, Fraction] = {}
    constant, strict = _ZERO, False
    for i, weight in weights:
        if not 0 <= i < len(rows) or weight < 0:
            raise _refused(where, "weights >= 0 of rows that exist")
        strict = strict or (weight > 0 and rows[i].strict)
        constant += weight * rows[i].constant
        for j, a in rows[i].coefficients.items():
            coefficients[j] = coefficients.get(j, _ZERO) + weight * a
    return Row({j: a for j, a in coefficients.items() if a}, constant, False), strict


def _refused(where: str, requirement: str) -> InvalidInput:
    return InvalidInput(where, requirement, "others", "this proof is damaged or one of another property")
