"""Several functions at once: the common refinement of their cells, and what each of them is on every part.

Networks are put side by side into one network, which the fast engine takes; units that are positive multiples of each
other have the same sign everywhere, so only one of them is kept. Other functions are refined by the reference engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import accumulate, islice
from typing import Any, cast

from tropical._exact.cone import Cone
from tropical._exact.rational import IntVector, over_common_denominator, primitive_multiple
from tropical._exact.region import Region, leaves
from tropical._protocol import PiecewiseLinear, Resolution
from tropical.complexes.cell_complex import CellComplex
from tropical.complexes.enumeration import cells
from tropical.complexes.progress import progress_bar
from tropical.complexes.reduction import Coordinates, Reduction
from tropical.domains import Polyhedron
from tropical.exceptions import BudgetExceeded, Interrupted
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork

__all__ = ["Overlay", "Part", "by_networks", "generators", "overlay", "side_by_side"]

Row = tuple[Fraction, ...]


class Part:
    """A full-dimensional polyhedron of R^k on which all functions are affine.

    Attributes
    ----------
    values : tuple of tuples of int vectors
        For each function and each output the affine form (u, c) that it equals there, over the function's scale.
    """

    __slots__ = ("_cone", "_make", "values")

    def __init__(self, values: tuple[tuple[IntVector, ...], ...], make: Callable[[], Cone]) -> None:
        self.values = values
        self._make = make
        self._cone: Cone | None = None

    @property
    def cone(self) -> Cone:
        """The cone over (z, t), or in R^k where all forms are linear; constraints are known by incidence only."""
        if self._cone is None:
            self._cone = self._make()
        return self._cone


@dataclass(frozen=True)
class Overlay:
    """Parts that cover the domain, or some of them where a budget or Ctrl-C ended the search.

    Attributes
    ----------
    coordinates : Coordinates
    homogeneous : bool
        Whether the parts are cones in R^k.
    scales : tuple of int
        For each function the denominator of its values.
    parts : sequence of Part
    label : callable
        From the number of a part to what the cells of the first function are told apart by.
    unfinished : BudgetExceeded or Interrupted or None
        Why the parts are not all there. A question that the parts do not answer ends with it: :meth:`all_parts`.
    filtered : callable or None
        What :meth:`contenders` gets from an engine that has floats.
    """

    coordinates: Coordinates
    homogeneous: bool
    scales: tuple[int, ...]
    parts: Sequence[Part]
    label: Callable[[int], tuple[Any, ...]]
    unfinished: BudgetExceeded | Interrupted | None = None
    filtered: Callable[[int], Iterable[tuple[int, IntVector]] | None] | None = None

    def all_parts(self) -> Sequence[Part]:
        """Return the parts if they cover the domain.

        Raises
        ------
        BudgetExceeded
        Interrupted
        """
        if self.unfinished is not None:
            raise self.unfinished
        return self.parts

    def generators(self, part: Part) -> list[IntVector]:
        """Return vectors (z, t) whose nonnegative combinations with t = 1 are the part, both directions of a line."""
        return generators(part.cone, self.homogeneous)

    def contenders(self, sign: int) -> Iterable[tuple[Part, IntVector]]:
        """Yield parts, each with a generator, among which is the best one for sign·F, or one along which that grows.

        For one function with one output.
        """
        found = None if self.filtered is None else self.filtered(sign)
        if found is not None:
            return ((self.parts[cell], ray) for cell, ray in found)
        return ((part, generator) for part in self.parts for generator in self.generators(part))

    def interior(self, part: Part) -> IntVector:
        """Return an interior point (z, t), t > 0."""
        return tuple(sum(entries) for entries in zip(*self.generators(part), strict=True))

    def differences(self, part: Part) -> list[IntVector]:
        """Return for each output the form of the second function less the first, up to a positive factor."""
        first, second = self.scales
        return [
            tuple(first * b - second * a for a, b in zip(f, g, strict=True)) for f, g in zip(*part.values, strict=True)
        ]


def generators(cone: Cone, homogeneous: bool) -> list[IntVector]:
    """Return vectors (z, t) whose nonnegative combinations with t = 1 are a cell, both directions of each line."""
    whole = cone.homogenised() if homogeneous else cone
    return [*whole.rays, *whole.lines, *(tuple(-a for a in line) for line in whole.lines)]


def overlay(functions: Sequence[PiecewiseLinear], domain: Polyhedron | None, max_cells: int | None) -> Overlay:
    """Return the common refinement of the cells of the functions, at most `max_cells` parts of it.

    Notes
    -----
    Networks only: one network as wide as all of them together less what is shared; N parts with the fast engine.
    Otherwise the reference engine with all functions as one question.
    """
    found = by_networks(functions, domain, max_cells)
    if found is not None:
        return found
    reduction = Reduction(functions, domain)
    start = reduction.start()
    unfinished = None
    try:
        with progress_bar() as bar:
            found = leaves(
                start,
                lambda region: tuple(r.resolve(region) for r in reduction.resolvers),
                max_cells,
                "joint cells",
                progress=bar,
            )
    except (BudgetExceeded, Interrupted) as error:
        unfinished, found = error, cast(list[tuple[Region, tuple[Resolution, ...]]], error.partial)
        if not found:
            raise
    parts = [Part(tuple(r.forms for r in answers), partial(getattr, region, "cone")) for region, answers in found]
    scales = tuple(resolution.denominator for resolution in found[0][1])  # one for all cells of one function
    return Overlay(
        reduction.coordinates(), reduction.homogeneous, scales, parts, lambda i: found[i][1][0].label, unfinished
    )


def by_networks(
    functions: Sequence[PiecewiseLinear], domain: Polyhedron | None, max_cells: int | None
) -> Overlay | None:
    """Return the overlay of networks, and affine functions that read no more, by the fast engine; None for others."""
    affine = {i: rows for i, function in enumerate(functions) if (rows := _affine_form(function)) is not None}
    networks = [function for i, function in enumerate(functions) if i not in affine]
    if not networks or not all(isinstance(function, ReLUNetwork) for function in networks):
        return None
    joint = side_by_side([net for net in networks if isinstance(net, ReLUNetwork)])
    unfinished = None
    try:
        complex_ = cells(joint, domain, max_cells)
    except (BudgetExceeded, Interrupted) as error:
        unfinished, complex_ = error, error.partial
        if not isinstance(complex_, CellComplex) or not len(complex_):
            raise
    coordinates = complex_.coordinates()
    short = {i: [(*(row[p] for p in coordinates.pivots), row[-1]) for row in rows] for i, rows in affine.items()}
    if any(coordinates.lift_forms(short[i]) != rows for i, rows in affine.items()):
        return None
    fixed = {i: over_common_denominator(rows) for i, rows in short.items()}
    source, scale = complex_.source, complex_.source.scale

    def part(cell: int) -> Part:
        outputs = iter(source.forms(cell))
        values = tuple(
            fixed[i][0] if i in fixed else tuple(islice(outputs, function.outputs))
            for i, function in enumerate(functions)
        )
        return Part(values, partial(source.generators, cell))

    scales = tuple(fixed[i][1] if i in fixed else scale for i in range(len(functions)))
    parts = _Parts(len(source), part)
    linear = parts[0].cone.dimension == len(coordinates.pivots)
    contenders = source.contenders if len(functions) == 1 and not linear else None
    return Overlay(coordinates, linear, scales, parts, source.label, unfinished, contenders)


class _Parts(Sequence[Part]):
    """Parts made when they are looked at: some questions look at few."""

    def __init__(self, count: int, make: Callable[[int], Part]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._make(i) for i in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._make(index)


def _affine_form(function: PiecewiseLinear) -> tuple[Row, ...] | None:
    """Return the outputs of a function that is affine by its looks, None for others."""
    if isinstance(function, ReLUNetwork):
        if function.size:
            return None
        return tuple((*row, b) for row, b in zip(function.weights[0], function.biases[0], strict=True))
    if isinstance(function, LatticePolynomial) and len(function.pieces) == 1:
        return (function.pieces.fractions(0),)
    return None


# ---------------------------------------------------------------- networks side by side


def side_by_side(networks: Sequence[ReLUNetwork]) -> ReLUNetwork:
    """Return one network whose outputs are those of all networks, in order, with no unit twice.

    Parameters
    ----------
    networks : sequence of ReLUNetwork
        Of one input dimension, each with a hidden layer. Shallower ones pass their last hidden units on: what is >= 0
        is its own ReLU.

    Notes
    -----
    Units of one layer whose preactivations are positive multiples of each other become one, as relu(λz) = λ relu(z) for
    λ > 0; constant ones become biases. What each network reads is kept as affine forms over the joint layer.
    """
    if len(networks) == 1:
        return networks[0]
    reading: list[list[Unit]] = [[(j, Fraction(1)) for j in range(net.dimension)] for net in networks]
    width = networks[0].dimension
    weights: list[list[Row]] = []
    biases: list[list[Fraction]] = []
    for level in range(max(len(net.weights) for net in networks) - 1):
        sums = []
        for net, units in zip(networks, reading, strict=True):
            if level < len(net.weights) - 1:
                sums.append(_composed(net.weights[level], net.biases[level], units, width))
            else:
                sums.append([_form(unit, width) for unit in units])
        kept, values = _merged([row for rows in sums for row in rows], width)
        stops = list(accumulate(len(rows) for rows in sums))
        reading = [values[stop - len(rows) : stop] for stop, rows in zip(stops, sums, strict=True)]
        width = len(kept)
        weights.append([row[:-1] for row in kept])
        biases.append([row[-1] for row in kept])
    outputs = [
        row
        for net, units in zip(networks, reading, strict=True)
        for row in _composed(net.weights[-1], net.biases[-1], units, width)
    ]
    weights.append([row[:-1] for row in outputs])
    biases.append([row[-1] for row in outputs])
    return ReLUNetwork(weights, biases)


Unit = tuple[int | None, Fraction]  # λ times a unit of the joint layer, or the constant λ


def _form(unit: Unit, width: int) -> Row:
    """Return a unit as an affine form over the joint layer."""
    index, factor = unit
    form = [Fraction(0)] * (width + 1)
    form[width if index is None else index] = factor
    return tuple(form)


def _composed(matrix: Sequence[Row], bias: Sequence[Fraction], units: Sequence[Unit], width: int) -> list[Row]:
    """Return ``matrix @ units + bias`` as affine forms over the joint layer."""
    result = []
    for row, b in zip(matrix, bias, strict=True):
        total = [Fraction(0)] * width + [b]
        for weight, (index, factor) in zip(row, units, strict=True):
            if weight:
                place = width if index is None else index
                product = weight if factor == 1 else weight * factor
                total[place] = total[place] + product if total[place] else product
        result.append(tuple(total))
    return result


def _merged(rows: Sequence[Row], width: int) -> tuple[list[Row], list[Unit]]:
    """Return the units that are needed, and the ReLU of every row in terms of them."""
    place: dict[IntVector, int] = {}
    kept: list[Row] = []
    units: list[Unit] = []
    for row in rows:
        if not any(row[:-1]):
            units.append((None, max(row[-1], Fraction(0))))
            continue
        key = primitive_multiple(row)
        if key not in place:
            place[key] = len(kept)
            kept.append(row)
        lead = next(j for j, entry in enumerate(key) if entry)
        units.append((place[key], row[lead] / kept[place[key]][lead]))
    if not kept:  # a layer has a unit, even where nothing varies
        kept.append((Fraction(0),) * (width + 1))
    return kept, units
