"""Bad input to `tropical.gaussian` and `tropical.lemmas`: every public callable, every parameter, every sort."""

from fractions import Fraction

from bad_input import (
    ANYTHING,
    CHOICE,
    COUNT,
    EXACT,
    FLAG,
    FUNCTION,
    LIMIT,
    NATURAL,
    OPTIONAL,
    POSITIVE,
    SEED,
    SPECIFIC,
    Table,
    table_tests,
)

from tropical import Box, Enclosure, LatticePolynomial, ReLUNetwork, gaussian, lemmas, parse
from tropical.gaussian import LabelFilter

TENT = LatticePolynomial([([1], 0), ([-1], 1), ([0], 0)], [[0, 1], [2]])
HALF = parse("max(x0, 0)")
MATRIX = gaussian.filter_matrix(HALF, 1)
VECTOR = gaussian.conditional_moments(HALF, (0, 1)).mean
ESTIMATE = gaussian.filter_matrix(HALF, 1, method="monte-carlo", n_samples=10, random_state=0)
SUM = gaussian.independent_sum([TENT, TENT])
ONE = gaussian.second_moment(HALF)
NUMBERS = ("0", "1", "2", "-1", "10^9", "10^400", "-10^400", "3/4")

TABLE = Table()
row = TABLE.row

SAMPLED = {
    "max_cells": LIMIT(99),
    "max_faces": LIMIT(None),
    "method": CHOICE("auto"),
    "confidence": SPECIFIC(0.9, "0.5", "float32"),
    "n_samples": COUNT(100),
    "random_state": SPECIFIC(0, "None", "0", "1", "2", "10^9", "10^400", "seven integers", "[10^9]", "[10^400]"),
}
DRAWN = {**SAMPLED, "method": CHOICE("monte-carlo")}
for name, options in (("", SAMPLED), (" by samples", DRAWN)):
    row(f"tropical.gaussian.mean{name}", call=gaussian.mean, F=FUNCTION(TENT), **options)
row("tropical.gaussian.second_moment", F=FUNCTION(TENT), **SAMPLED)
row("tropical.gaussian.tail", F=FUNCTION(TENT), tau=EXACT("1/4", but=("-1", "-10^400")), **DRAWN)
row("tropical.gaussian.distance", F=FUNCTION(TENT), G=FUNCTION(TENT), **SAMPLED)
row("tropical.gaussian.inner_product", F=FUNCTION(TENT), G=FUNCTION(TENT), **SAMPLED)
row(
    "tropical.gaussian.filter_matrix",
    F=FUNCTION(TENT),
    psi=EXACT(1, but=("-1", "-10^400")),
    called={"psi": "tau"},
    **DRAWN,
)
row(
    "tropical.gaussian.conditional_moments",
    F=FUNCTION(TENT),
    interval=SPECIFIC((0, 1), "[10^9]"),
    max_cells=LIMIT(99),
    max_faces=LIMIT(None),
)
row(
    "tropical.gaussian.hermite_coefficient",
    F=FUNCTION(TENT),
    multi_index=SPECIFIC([1], "{}"),
    max_cells=LIMIT(99),
    max_faces=LIMIT(None),
)
row(
    "tropical.gaussian.cell_probability",
    cell=SPECIFIC(Box([0], [1]), "box in seven dimensions", "polyhedron in seven dimensions", "empty box"),
    basis=ANYTHING(None),  # for a Cell only
    max_faces=LIMIT(None),
)
row("tropical.gaussian.independent_sum", parts=SPECIFIC([TENT]), outer=OPTIONAL(None))
row("tropical.gaussian.precision", call=lambda digits: gaussian.precision(digits=digits).__enter__(), digits=COUNT(15))
row(
    "tropical.gaussian.IndependentSum.evaluate",
    on=SUM,
    X=SPECIFIC([[1.0, 2.0]], "array without rows", "array of 1e300"),
)
for name in ("mean", "second_moment"):
    row(f"tropical.gaussian.IndependentSum.{name}", on=SUM, width=POSITIVE("1/10"), max_bins=LIMIT(99))
row(
    "tropical.gaussian.IndependentSum.tail",
    on=SUM,
    tau=EXACT(1, but=("-1", "-10^400")),
    width=POSITIVE("1/10"),
    max_bins=LIMIT(99),
)
for name in ("filter_matrix", "filter_mean"):
    row(
        f"tropical.gaussian.IndependentSum.{name}",
        on=SUM,
        called={"psi": "tau"},
        psi=EXACT(1, but=("-1", "-10^400")),
        width=POSITIVE("1/10"),
        max_bins=LIMIT(99),
    )
row("tropical.gaussian.LabelFilter", parts=SPECIFIC((), "()"))
row("tropical.gaussian.LabelFilter.threshold", tau=EXACT(1, but=("-1", "-10^400")))
row("tropical.gaussian.LabelFilter.ramp", tau=POSITIVE(1))
row(
    "tropical.gaussian.LabelFilter.slice",
    called={"lower": "bounds", "upper": "bounds"},
    lower=EXACT(0, "None", but=("1", "2", "10^9", "10^400")),
    upper=EXACT(1, "None", but=("0", "-1", "-10^400")),
    closed=SPECIFIC((True, False), "[True]"),
)
row(
    "tropical.gaussian.LabelFilter.union",
    intervals=SPECIFIC([(0, 1)], "[]", "()", "array without rows", "array of numbers as text"),
    closed=SPECIFIC((True, False), "[True]"),
)
row(
    "tropical.gaussian.LabelFilter.polynomial",
    called={"lower": "bounds", "upper": "bounds"},
    coefficients=SPECIFIC([0, 1], "seven integers", "[-1]", "[10^9]", "[10^400]", "[]", "()", "array without rows"),
    lower=EXACT(0, "None", but=("1", "2", "10^9", "10^400")),
    upper=EXACT(1, "None", but=("0", "-1", "-10^400")),
)
row("tropical.gaussian.LabelFilter.__call__", on=LabelFilter.ramp(1), y=EXACT(1))
row("tropical.gaussian.LabelFilter.evaluate", on=LabelFilter.ramp(1), y=ANYTHING([1.0, 2.0]))
row("tropical.gaussian.LabelFilter.limits", on=LabelFilter.ramp(1), level=EXACT(1))
for name, on in (("RelevantMatrix", MATRIX), ("MatrixEstimate", ESTIMATE)):
    row(f"tropical.gaussian.{name}.__getitem__", on=on, standard=(LookupError, TypeError), index=ANYTHING((0, 0)))
row("tropical.gaussian.RelevantVector.__getitem__", on=VECTOR, standard=(LookupError, TypeError), index=ANYTHING(0))
row("tropical.gaussian.RelevantMatrix.quadratic_form", on=MATRIX, direction=SPECIFIC([1]))
row("tropical.Enclosure", lower=EXACT(0, but=("2", "10^9", "10^400")), upper=EXACT(1, but=("-1", "-10^400")))
row("tropical.Enclosure.__contains__", on=Enclosure(Fraction(0), Fraction(1)), value=EXACT(1))
row("tropical.Enclosure.ball", on=Enclosure(Fraction(0), Fraction(1)), digits=ANYTHING(1))
row("tropical.Enclosure.enclosure", on=Enclosure(Fraction(0), Fraction(1)), digits=ANYTHING(1))
row("tropical.Enclosure.__lt__", on=Enclosure(Fraction(0), Fraction(1)), other=EXACT(2))
row("tropical.Exact.ball", on=ONE, digits=COUNT(9))
row("tropical.Exact.enclosure", on=ONE, digits=COUNT(9, "None"))
for name in ("add", "sub", "mul", "lt"):
    row(f"tropical.Exact.__{name}__", on=ONE, other=ANYTHING(1))
row("tropical.Exact.__rsub__", call=lambda other: other - ONE, standard=(TypeError,), other=SPECIFIC(1, *NUMBERS))
row("tropical.Exact.__truediv__", standard=(ZeroDivisionError,), on=ONE, other=ANYTHING(2))

# ---------------------------------------------------------------- lemmas

W = [[1, 0]]
PLANE = parse("max(x0, x1, 0)")
NET = ReLUNetwork([[[1, 2], [3, -1]], [1, -1]])
MEASURED = [[2, 0], [0, 1]]
SMALL = [["1/4", 0], [0, "1/8"]]
NONE = ("[]", "()", "array without rows", "array of numbers as text")
PAIRS = ("[-1]", "[10^9]", "[10^400]")
VECTORS = ("2 x 7 integers", "array of numbers as text")


def lemma(name, **arguments):
    kind = getattr(lemmas, name)
    row(f"tropical.lemmas.{name}.check", on=kind(), **arguments)


BUDGET = {"max_cells": LIMIT(999)}
DOMAINS = {"domain": OPTIONAL(None)}
lemma(
    "Algebra",
    F=FUNCTION(PLANE),
    G=FUNCTION(PLANE),
    factor=EXACT("3/2"),
    A=OPTIONAL(None, "2 x 7 integers"),
    b=OPTIONAL(None),
    **BUDGET,
)
lemma("AntiConcentration", H=FUNCTION(PLANE), tau=POSITIVE(1, "0"), **BUDGET)
lemma("Blindness", K=COUNT(4), digits=COUNT(12), tau=POSITIVE(1, "0"), psi=OPTIONAL((0, 1)))
lemma("CanonicalForm", F=FUNCTION(PLANE), **DOMAINS, **BUDGET)
lemma("ClauseCounts", F=FUNCTION(PLANE), **BUDGET)
lemma("ClauseCriterionLemma", F=FUNCTION(PLANE), clauses=OPTIONAL(None), **DOMAINS, **BUDGET)
lemma("ConvexDifference", F=FUNCTION(PLANE), **BUDGET)
lemma("DavisKahan", measured=SPECIFIC(MEASURED), population=SPECIFIC(MEASURED))
lemma("Depth", F=FUNCTION(PLANE), base=SPECIFIC(2, "2"), **BUDGET)
lemma("Gluing", F=FUNCTION(PLANE), pieces=OPTIONAL(None), **DOMAINS, **BUDGET)
lemma("IrredundantPieces", called={"form": "G"}, F=FUNCTION(PLANE), form=OPTIONAL(None), **BUDGET)
lemma(
    "LipschitzConstant",
    F=FUNCTION(PLANE),
    G=OPTIONAL(None),
    norm=SPECIFIC(2, "1", "2", "2.0", "infinity"),
    **DOMAINS,
    **BUDGET,
)
lemma("NetworkCells", network=SPECIFIC(NET, "network of two outputs"), **BUDGET)
lemma(
    "Progress",
    F=FUNCTION(PLANE),
    W=SPECIFIC((), "array of numbers as text", "[]", "()", "array without rows"),
    **BUDGET,
)
lemma("Representation", F=FUNCTION(PLANE), **DOMAINS, **BUDGET)
lemma(
    "Soundness",
    measured=SPECIFIC(MEASURED),
    population=SPECIFIC(MEASURED),
    V=OPTIONAL(None, "array of numbers as text", "[]", "()", "array without rows"),
    W=SPECIFIC((), "array of numbers as text", "[]", "()", "array without rows"),
)
lemma(
    "Steepness",
    called={"psi": "tau"},
    k=COUNT(3),
    t=POSITIVE("1/100"),
    psi=EXACT(None, "None", but=("-1", "-10^400")),
    width=POSITIVE("1/2"),
)
lemma(
    "SymmetricMaximum",
    n=COUNT(2),
    terms=OPTIONAL([("1/2", [(0, 0)], [(1, 1)])]),
    forms=OPTIONAL([([1], 0), ([-1], "1/2")]),
    everywhere=FLAG(False),
    **BUDGET,
)
lemma(
    "Visibility",
    called={"filters": "tau"},
    F=FUNCTION(PLANE),
    filters=OPTIONAL(None, "[10^9]", "[10^400]", "seven integers"),
    levels=COUNT(4),
    **BUDGET,
)

row(
    "tropical.lemmas.activation_cell_bound",
    hidden=SPECIFIC([2, 3], "seven integers", "[]", "()", "array without rows"),
    first_rank=COUNT(2, "0"),
    bias_free=FLAG(False),
)
row("tropical.lemmas.arrangement_bound", hyperplanes=COUNT(3, "0"), dimension=COUNT(2, "0"), central=FLAG(False))
row(
    "tropical.lemmas.candidate_count",
    pieces=COUNT(2),
    dimension=COUNT(2, "0"),
    steps=COUNT(2, "0", "10^9"),
    constant_steps=COUNT(2, "None", "0", "10^9"),
)
row(
    "tropical.lemmas.counting_table",
    widths=SPECIFIC([2, 2, 1], "seven integers"),
    seeds=SPECIFIC([0], "[]", "()", "[10^9]", "[10^400]", "seven integers", "array without rows"),
    rank=COUNT(None, "None"),
    biases=FLAG(False),
    max_cells=LIMIT(99),
)
row("tropical.lemmas.depth_bound", k=NATURAL(2), base=SPECIFIC(2, "2"))
row("tropical.lemmas.function_count", pieces=SPECIFIC([([1], 0)]), max_cells=LIMIT(9))
row("tropical.lemmas.lattice_structures", generators=COUNT(2, "10^9", "10^400"))
row("tropical.lemmas.lemma", name=SPECIFIC("representation"))
row("tropical.lemmas.shallow_network", F=FUNCTION(PLANE), max_cells=LIMIT(99))
row("tropical.lemmas.two_layer_network", F=FUNCTION(PLANE), max_cells=LIMIT(99))

lemma(
    "ApproximateSubspace",
    measured=SPECIFIC(SMALL),
    moved=SPECIFIC(SMALL),
    population=SPECIFIC(SMALL),
    W=SPECIFIC([[1, 0]], *NONE),
    approximate=SPECIFIC([[1, 0]], *NONE),
    V=OPTIONAL(None, *NONE),
)
lemma(
    "Concentration",
    called={"psi": "tau"},
    F=FUNCTION(HALF),
    psi=EXACT(1, but=("-1", "-10^400")),
    n_samples=COUNT(20),
    trials=COUNT(9),
    delta=EXACT("1/10", but=("0", "1", "2", "-1", "10^9", "10^400", "-10^400")),
    confidence=SPECIFIC(0.9, "0.5", "float32"),
    random_state=SEED(0),
)
lemma(
    "Filtering",
    called={"candidate": "A"},
    F=FUNCTION(PLANE),
    W=SPECIFIC((), *NONE),
    tau=POSITIVE(1, "0"),
    candidate=OPTIONAL(None),
    radius=EXACT(None, "None"),
    points=SPECIFIC((), *NONE),
    **BUDGET,
)
lemma(
    "Kernel",
    called={"psi": "tau", "candidate": "other"},
    F=FUNCTION(PLANE),
    psi=EXACT(1, but=("-1", "-10^400")),
    directions=OPTIONAL(None, *NONE),
    candidate=OPTIONAL(None),
    **BUDGET,
)
lemma(
    "Net",
    F=FUNCTION(PLANE),
    eta=POSITIVE("1/2"),
    constant_step=POSITIVE(None, "None"),
    largest_constant=EXACT(None, "None"),
    **BUDGET,
)
lemma("Perturbation", called={"F": "pieces"}, F=SPECIFIC(TENT), pieces=SPECIFIC(TENT.pieces), domain=OPTIONAL(None))
lemma(
    "PerturbedBasis",
    F=FUNCTION(PLANE),
    basis=SPECIFIC(W, NONE[3]),
    approximate=SPECIFIC(W, NONE[3]),
    tau=POSITIVE(1),
    candidate=OPTIONAL(None),
    n_samples=COUNT(None, "None"),
    random_state=SEED(0),
    **BUDGET,
)
lemma("WeightNet", network=SPECIFIC(NET), other=OPTIONAL(None), eta=POSITIVE("1/4"), **BUDGET)
row("tropical.lemmas.check", call=lambda name: lemmas.check(name, PLANE), name=SPECIFIC("representation"))
row("tropical.lemmas.identity_network", n=COUNT(2), terms=SPECIFIC([("1/2", [(0, 0)], [(1, 1)])]))
row(
    "tropical.lemmas.search",
    called={"statement": "strategy"},
    statement=SPECIFIC(lemmas.lemma("Q")),
    strategy=OPTIONAL(None),
    budget=COUNT(1, untried=("2",)),
    goal=SPECIFIC("counterexample"),
    seed=SEED(0, untried=("1", "2", "10^9", "10^400")),
)
row("tropical.lemmas.CellFilter", parts=SPECIFIC([(None, 1)], *NONE[:3]))
CELLS = lemmas.CellFilter([(Box([0, 0], [1, 1]), 1)])
row("tropical.lemmas.CellFilter.__call__", on=CELLS, y=EXACT(1), x=SPECIFIC([1, 2], *PAIRS))
row("tropical.lemmas.CellFilter.evaluate", on=CELLS, y=ANYTHING([1.0]), X=ANYTHING([[1.0, 2.0]]))
row("tropical.lemmas.LemmaReport.comparison", on=lemmas.check("Q", PLANE), name=SPECIFIC("regions <= chambers"))

test_bad_input, test_the_right_values_are_right = table_tests(TABLE)
