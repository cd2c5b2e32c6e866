"""Bad input to `tropical.plot` and `tropical.testing`: every callable, every parameter, a value of every sort."""

from fractions import Fraction

import matplotlib as mpl
from bad_input import (
    COUNT,
    EXACT,
    FLAG,
    FUNCTION,
    LIMIT,
    MAP,
    NATURAL,
    OPTIONAL,
    POSITIVE,
    SPECIFIC,
    Table,
    table_tests,
)
from hypothesis import strategies as st

from tropical import TropicalPolynomial, parse
from tropical.plot import cells, decision_boundary, graph, hasse_diagram, newton_polygon, region_graph, tropical_curve

mpl.use("agg")

F = parse("max(x0, x1, 0)")
P = TropicalPolynomial({(0, 0): 0, (1, 0): 0, (0, 1): 0}, convention="max")
TABLE = Table()
row = TABLE.row

WINDOW = POSITIVE(None, "None", but=("10^400",))
VIEW = {
    "F": FUNCTION(F, "network of two outputs"),
    "ax": OPTIONAL(None),
    "window": WINDOW,
    "plane": OPTIONAL(None),
    "origin": OPTIONAL(None),
    "max_cells": LIMIT(99),
}
CALLED = {"F": "plane"}  # more than two inputs need one
OUTPUT = {"output": SPECIFIC(0, "0")}
row(
    "tropical.plot.cells",
    call=cells,
    called=CALLED,
    **VIEW,
    **OUTPUT,
    color=SPECIFIC("piece"),
    labels=FLAG(None, "None"),
)
row("tropical.plot.decision_boundary", call=decision_boundary, called=CALLED, **VIEW, level=EXACT(0))
row("tropical.plot.graph", call=graph, called=CALLED, **VIEW, **OUTPUT, color=SPECIFIC("piece"))
row("tropical.plot.region_graph", call=region_graph, called=CALLED, **VIEW, **OUTPUT, background=FLAG(True))
row(
    "tropical.plot.hasse_diagram",
    call=hasse_diagram,
    F=SPECIFIC(F, "function of seven inputs"),
    ax=OPTIONAL(None),
    sets=SPECIFIC("intersections"),
    max_sets=LIMIT(99),
)
row(
    "tropical.plot.newton_polygon",
    call=newton_polygon,
    P=SPECIFIC(P),
    ax=OPTIONAL(None),
    subdivision=FLAG(True),
    labels=FLAG(True),
)
row(
    "tropical.plot.tropical_curve",
    call=tropical_curve,
    P=SPECIFIC(P),
    ax=OPTIONAL(None),
    window=WINDOW,
    plane=OPTIONAL(None),
    origin=OPTIONAL(None),
    labels=FLAG(True),
)

STRATEGY = OPTIONAL(st.integers(0, 3))
DIMENSION = COUNT(2, "None")
row("tropical.testing.rationals", largest=NATURAL(3), max_denominator=NATURAL(4, but=("0",)))
row("tropical.testing.vectors", length=COUNT(2, "0"), entries=STRATEGY)
row("tropical.testing.points", dimension=COUNT(2), largest=NATURAL(3), max_denominator=NATURAL(4, but=("0",)))
row("tropical.testing.affine_pieces", dimension=COUNT(2), entries=STRATEGY)
row("tropical.testing.functions", dimension=COUNT(2))
row("tropical.testing.boundary_points", F=MAP(F), distance=EXACT(Fraction(1, 9)))
row(
    "tropical.testing.tropical_polynomials",
    dimension=DIMENSION,
    convention=OPTIONAL("max"),
    max_terms=NATURAL(5, but=("0",)),
    exponents=STRATEGY,
    coefficients=STRATEGY,
)
row(
    "tropical.testing.tropical_rationals",
    dimension=DIMENSION,
    convention=OPTIONAL("max"),
    max_terms=NATURAL(5, but=("0",)),
    common_factor=FLAG(True),
)
MOST = NATURAL(4, but=("0",))
row(
    "tropical.testing.lattice_polynomials",
    dimension=DIMENSION,
    form=OPTIONAL("max-min"),
    max_pieces=MOST,
    max_clauses=MOST,
    max_literals=MOST,
)
row(
    "tropical.testing.networks",
    dimension=DIMENSION,
    max_width=COUNT(2, "0"),
    max_depth=COUNT(2, "0"),
    outputs=COUNT(1),
    entries=STRATEGY,
    biases=FLAG(None, "None"),
)

test_bad_input, test_the_right_values_are_right = table_tests(TABLE)
