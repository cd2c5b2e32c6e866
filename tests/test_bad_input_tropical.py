"""Bad input to `tropical`: every public callable, every parameter, a value of every sort (see bad_input.py)."""

import operator

import sympy
from bad_input import (
    ANYTHING,
    CHOICE,
    COUNT,
    DOMAIN,
    EXACT,
    FLAG,
    FUNCTION,
    LIMIT,
    MAP,
    OPTIONAL,
    POSITIVE,
    SEED,
    SPECIFIC,
    Table,
    table_tests,
)
from known_functions import MEDIAN

import tropical as tp
from tropical import (
    Box,
    Inequality,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    TropicalRational,
    cells,
    clause_criterion,
    formal_lattice,
    layers,
    same_function,
    value_range,
    verify_property,
)
from tropical.io.vnnlib_grammar import read_version_1

NET = ReLUNetwork([[[1, 2], [3, -1]], [[1, -1]]], [[0, 1], [1]])
TWO = ReLUNetwork([[[1, 2], [3, -1]], [[1, -1], [2, 1]]])
P = TropicalPolynomial({(0, 0): 0, (1, 0): "1/2", (0, 2): -1}, convention="max")
LINE = TropicalPolynomial({(0,): 0, (1,): "1/2"}, convention="max")
R = TropicalRational(P)
COMPLEX = cells(NET)
SAME = same_function(NET, NET)
PROPERTY = read_version_1(
    "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (and (<= 0 X_0 1) (> Y_0 9)))", "p.vnnlib"
)
TENT = LatticePolynomial([([1], 0), ([-1], 1), ([0], 0)], [[0, 1], [2]])
UNSAT = verify_property(TENT, PROPERTY)
A = sympy.Symbol("a")
FORMAL = formal_lattice([[[A, 1], [-1, 0]], [1, -1]])

# sorts that some parameters of no common kind take
TEXT = "array of numbers as text"  # texts are exact numbers
PAIRS = ("[-1]", "[10^9]", "[10^400]")
MATRICES = ("seven integers", "2 x 7 integers", *PAIRS)
FLOATS = ("[0.5]", "[1e300]")
NUMBERS = ("0", "1", "2", "-1", "10^9", "10^400", "-10^400", "3/4")

TABLE = Table()
row = TABLE.row

# ---------------------------------------------------------------- domains, functions

row("tropical.Box", lo=SPECIFIC([0, 0], "[-1]"), hi=SPECIFIC([1, 1], "[10^9]", "[10^400]"))
row("tropical.Box.__contains__", on=Box([0, 0], [1, 1]), x=SPECIFIC([0, 0], *PAIRS))
row("tropical.Polyhedron", A=SPECIFIC([[1, 0], [0, 1]], "2 x 7 integers"), b=SPECIFIC([1, 2], *PAIRS))
row("tropical.Polyhedron.__contains__", on=Polyhedron([[1, 0]], [1]), x=SPECIFIC([0, 0], *PAIRS))
row("tropical.ReLUNetwork", weights=SPECIFIC([[[1, 2], [3, 4]], [1, -1]]), biases=OPTIONAL([[0, 1], [1]], "ragged"))
row(
    "tropical.ReLUNetwork.from_floats",
    called={"weights": "biases"},
    weights=SPECIFIC([[[1.0, 2.5], [3, 4]], [1, -1]]),
    biases=OPTIONAL([[0.5, 1], [1]], "ragged"),
)
for name, F in (
    ("ReLUNetwork", NET),
    ("LatticePolynomial", MEDIAN),
    ("TropicalPolynomial", P),
    ("TropicalRational", R),
):
    row(f"tropical.{name}.__call__", on=F, x=SPECIFIC([1, 2], *PAIRS))
    row(f"tropical.{name}.evaluate", on=F, X=SPECIFIC([[1.0, 2.0]], "array without rows", "array of 1e300"))
row("tropical.ReLUNetwork.__getitem__", on=TWO, standard=(IndexError,), output=SPECIFIC(0, "0", "1", "-1"))
PIECES, CLAUSES = [([1, 2], 0), ([3, 1], "1/2")], [[0], [1]]
row("tropical.LatticePolynomial", pieces=SPECIFIC(PIECES), clauses=SPECIFIC(CLAUSES), form=CHOICE("max-min"))
row(
    "tropical.LatticePolynomial.from_floats",
    gradients=SPECIFIC([[1.0, 2.0], [3.0, 4.0]], "2 x 7 integers", "2 x 7 floats"),
    constants=SPECIFIC([0.5, 1.5], "[1e300]", *PAIRS),
    clauses=SPECIFIC(CLAUSES),
    form=CHOICE("max-min"),
)
row("tropical.LatticePolynomial.constant", value=EXACT(1), dimension=COUNT(2))
for name in ("__add__", "__sub__"):
    function = getattr(operator, name)
    row(
        f"tropical.LatticePolynomial.{name}",
        call=lambda other, function=function: function(TENT, other),
        standard=(TypeError,),
        other=SPECIFIC(1, *NUMBERS),
    )
row(
    "tropical.LatticePolynomial.__rsub__",
    call=lambda other: other - TENT,
    standard=(TypeError,),
    other=SPECIFIC(1, *NUMBERS),
)
row("tropical.LatticePolynomial.__mul__", on=TENT, factor=EXACT(2))
row("tropical.LatticePolynomial.__truediv__", on=TENT, divisor=EXACT(2, but=("0",)))
row("tropical.LatticePolynomial.dual", on=TENT, max_clauses=LIMIT(9))
row("tropical.LatticePolynomial.canonical", on=TENT, form=CHOICE("max-min"), max_cells=LIMIT(99))
row("tropical.LatticePolynomial.minimal", on=TENT, max_cells=LIMIT(99))
row("tropical.LatticePolynomial.to_sympy", on=TENT, variables=OPTIONAL(None))
row("tropical.LatticePolynomial.restrict", on=MEDIAN, basis=SPECIFIC([[1, 0]], TEXT), origin=OPTIONAL([1, 2], *PAIRS))
row(
    "tropical.LatticePolynomial.compose",
    on=MEDIAN,
    A=SPECIFIC([[1], [2]], "2 x 7 integers"),
    b=OPTIONAL([1, 2], *PAIRS),
)
for name in ("maximum", "minimum"):
    row(
        f"tropical.{name}",
        call=lambda first, other, name=name: getattr(tp, name)(first, other),
        first=SPECIFIC(TENT, "function of seven inputs"),
        other=SPECIFIC(1, *NUMBERS),
        called={"other": "argument"},
    )
row("tropical.TropicalPolynomial", terms=SPECIFIC({(0, 1): 2}), convention=CHOICE("max"))
row("tropical.TropicalPolynomial.constant", value=EXACT(1), dimension=COUNT(2), convention=CHOICE("min"))
row("tropical.TropicalPolynomial.variables", dimension=COUNT(2), convention=CHOICE("min"))
for name in ("__add__", "__mul__", "__truediv__", "__radd__"):
    row(f"tropical.TropicalPolynomial.{name}", on=P, other=SPECIFIC(P))
row("tropical.TropicalPolynomial.__pow__", on=P, exponent=EXACT(2, but=("-1", "-10^400")))
row("tropical.TropicalPolynomial.frobenius", on=P, factor=EXACT(2, but=("-1", "-10^400")))
row("tropical.TropicalPolynomial.scale", on=P, constant=EXACT(2), called={"constant": "value"})
row("tropical.TropicalPolynomial.compose", on=P, A=SPECIFIC([[1], [2]], "2 x 7 integers"), b=OPTIONAL([1, 2], *PAIRS))
row("tropical.TropicalRational", numerator=SPECIFIC(P), denominator=OPTIONAL(P))
for name in ("__add__", "__mul__", "__truediv__", "__rtruediv__"):
    row(f"tropical.TropicalRational.{name}", on=R, other=SPECIFIC(P))
row("tropical.TropicalRational.__pow__", on=R, exponent=EXACT(2))
row("tropical.TropicalRational.scale", on=R, constant=EXACT(2), called={"constant": "value"})
row("tropical.TropicalRational.in_convention", on=R, convention=CHOICE("min"))
row("tropical.TropicalRational.compose", on=R, A=SPECIFIC([[1], [2]], "2 x 7 integers"), b=OPTIONAL([1, 2], *PAIRS))
row("tropical.PieceTable.from_rationals", call=tp.PieceTable.from_rationals, pieces=SPECIFIC(PIECES))
row(
    "tropical.PieceTable.__getitem__",
    on=MEDIAN.pieces,
    standard=(IndexError, TypeError),
    index=SPECIFIC(0, "0", "1", "2", "-1", "True", "False", "NumPy True"),  # what a tuple takes
)
row("tropical.parse", text=SPECIFIC("x0", "3/4"), dimension=COUNT(2, "None"))
row(
    "tropical.formal_lattice",
    weights=SPECIFIC([[[1, 2], [3, 4]], [1, -1]]),
    biases=OPTIONAL([[0, 1], [1]], "ragged"),
    variables=OPTIONAL(None),
    max_clauses=LIMIT(99),
)
row("tropical.SymbolicLattice.subs", on=FORMAL, values=SPECIFIC({A: 2}))
row(
    "tropical.from_sympy",
    expression=SPECIFIC(sympy.Max(A, 2), *NUMBERS),
    variables=OPTIONAL(None),
    max_clauses=LIMIT(99),
)
row("tropical.to_sympy", F=MAP(TENT), variables=OPTIONAL(None), max_nodes=LIMIT(None))

# ---------------------------------------------------------------- cells and what they know

row(
    "tropical.cells",
    F=MAP(NET),
    domain=DOMAIN(),
    max_cells=LIMIT(99),
    progress=FLAG(False),
    engine=CHOICE("auto"),
    n_jobs=COUNT(1, "-1"),
)
row("tropical.CellComplex.piece_of", on=COMPLEX, cell=SPECIFIC(COMPLEX.cells[0]), output=SPECIFIC(0, "0"))
for name in ("cone", "neighbours", "vertices", "rays", "is_bounded"):
    row(f"tropical.CellComplex.{name}", on=COMPLEX, cell=SPECIFIC(0, "0", "1", "2"))
row("tropical.CellComplex.volume", on=cells(NET, Box([0, 0], [1, 1])), cell=SPECIFIC(0, "0", "1", "2"))
row("tropical.CellComplex.locate", on=COMPLEX, x=SPECIFIC([0, 0], *PAIRS))
row("tropical.CellComplex.level_set", on=COMPLEX, level=EXACT(0), output=SPECIFIC(0, "0"))
row("tropical.CellComplex.betti_numbers", on=COMPLEX, which=CHOICE("zero"), level=EXACT(0), output=SPECIFIC(0, "0"))
row("tropical.CellComplex.order_cells", on=COMPLEX, output=SPECIFIC(0, "0"), max_cells=LIMIT(99))
row("tropical.NewtonPolytope.of_points", points=SPECIFIC([[0, 1], [1, 2], [0, 0]], TEXT, "2 x 7 integers"))
row("tropical.NewtonPolytope.__contains__", on=P.newton_polytope(), point=SPECIFIC([0, 1], *PAIRS))
row("tropical.RegularSubdivision.of_polynomial", polynomial=SPECIFIC(P))
row("tropical.RegularSubdivision.faces", on=P.regular_subdivision(), dimension=SPECIFIC(0, "0", "1", "2"))
row(
    "tropical.RegularSubdivision.polytope", on=P.regular_subdivision(), called={"cell": "points"}, cell=SPECIFIC((0, 1))
)
row("tropical.TropicalHypersurface.of_polynomial", polynomial=SPECIFIC(P))
row("tropical.TropicalHypersurface.imbalance", on=P.hypersurface(), ridge=SPECIFIC(P.hypersurface().ridges[0]))
row("tropical.clause_criterion", F=FUNCTION(TENT), pieces=OPTIONAL(None), domain=DOMAIN(), max_cells=LIMIT(99))
row(
    "tropical.ClauseCriterion.represents",
    on=clause_criterion(TENT),
    clauses=SPECIFIC([[0]], "ragged"),
    form=CHOICE("max-min"),
)

# ---------------------------------------------------------------- passages

row("tropical.difference_of_convex", F=MAP(NET), output=SPECIFIC(0, "0"), max_cells=LIMIT(99))
row("tropical.facet_jumps", complex_=SPECIFIC(COMPLEX), output=SPECIFIC(0, "0"))
row("tropical.from_jumps", complex_=SPECIFIC(COMPLEX), jumps=SPECIFIC({}, "{}"), max_cells=LIMIT(99))
row(
    "tropical.glue",
    complex_=SPECIFIC(COMPLEX),
    pieces=SPECIFIC([COMPLEX.piece_of(cell) for cell in COMPLEX]),
    max_cells=LIMIT(99),
)
row("tropical.from_layers", layers=SPECIFIC([layers.ReLU()]), dimension=COUNT(2, "None"))
row("tropical.hidden_neuron_bound", components=COUNT(2, "10^9", "10^400"), pieces=COUNT(3, "10^9", "10^400"))
row(
    "tropical.lattice",
    F=MAP(TENT, "network of two outputs"),
    domain=DOMAIN(),
    max_cells=LIMIT(99),
    form=CHOICE("max-min"),
)
row("tropical.polynomial_as_lattice", P=SPECIFIC(P))
row("tropical.simplest_between", lower=SPECIFIC(TENT), upper=SPECIFIC(TENT), max_cells=LIMIT(99))
row("tropical.to_network", F=MAP(TENT))
row("tropical.to_polynomial", F=FUNCTION(P), convention=CHOICE("max"), max_cells=LIMIT(99))
row("tropical.to_rational", F=MAP(NET), convention=CHOICE("max"), max_terms=LIMIT(99))
row("tropical.layers.Affine", A=SPECIFIC([[1, 2], [3, 4]], "2 x 7 integers"), b=OPTIONAL([1, 2], *PAIRS))
row("tropical.layers.LeakyReLU", slope=EXACT(1))
row("tropical.layers.Threshold", t=EXACT(1, "seven integers", *PAIRS))
row("tropical.layers.Maxout", groups=SPECIFIC([[0, 1]], "1", "2", "10^9", "10^400", "2 x 7 integers", "ragged"))

# ---------------------------------------------------------------- decisions

for name in ("is_convex", "is_homogeneous", "zero_set_is_empty"):
    row(f"tropical.{name}", F=MAP(TENT), domain=DOMAIN(), max_cells=LIMIT(99))
for name in ("same_function", "is_below"):
    row(
        f"tropical.{name}", F=SPECIFIC(TENT, *NUMBERS), G=SPECIFIC(TENT, *NUMBERS), domain=DOMAIN(), max_cells=LIMIT(99)
    )
row(
    "tropical.sup_distance",
    F=SPECIFIC(TENT, *NUMBERS),
    G=SPECIFIC(TENT, *NUMBERS),
    domain=DOMAIN(),
    relative=FLAG(False),
    max_cells=LIMIT(99),
)
row(
    "tropical.lipschitz",
    F=MAP(TENT),
    norm=SPECIFIC(2, "1", "2", "2.0", "infinity"),
    domain=DOMAIN(),
    max_cells=LIMIT(99),
)
row("tropical.relevant_subspace", F=MAP(TENT), max_cells=LIMIT(99))
row("tropical.value_range", F=MAP(TENT), domain=DOMAIN(), max_cells=LIMIT(99), method=CHOICE("auto"))
row("tropical.Range.__contains__", on=value_range(TENT), value=EXACT(1))
row(
    "tropical.Inequality",
    outputs=SPECIFIC([1], *NUMBERS, *PAIRS, "seven integers"),
    bound=EXACT(0),
    inputs=OPTIONAL([1], *PAIRS, "seven integers"),
    strict=FLAG(False),
)
row(
    "tropical.is_unreachable",
    F=MAP(TENT),
    inequalities=SPECIFIC([Inequality(1, 0)]),
    domain=DOMAIN(),
    max_cells=LIMIT(99),
)
row(
    "tropical.verify_property",
    called={"F": "function"},
    F=SPECIFIC(TENT),
    property=SPECIFIC(PROPERTY),
    max_cells=LIMIT(99),
    max_cases=LIMIT(99),
)
row(
    "tropical.check_property",
    called={"F": "function"},
    proof=ANYTHING(UNSAT.proof),
    F=SPECIFIC(TENT),
    property=SPECIFIC(PROPERTY),
)
row(
    "tropical.Property",
    formula=SPECIFIC(PROPERTY.formula),
    input=SPECIFIC(PROPERTY.input),
    output=SPECIFIC(PROPERTY.output),
    version=ANYTHING("1.0"),
)
row("tropical.Property.holds", on=PROPERTY, x=SPECIFIC([1]), y=SPECIFIC([1]))

# ---------------------------------------------------------------- families

row("tropical.families.cyclic", K=COUNT(4), digits=COUNT(9))
row("tropical.families.cyclic_error", K=COUNT(4), digits=COUNT(9))
row("tropical.families.fan", K=COUNT(4), digits=COUNT(9))
row("tropical.families.fan_error", K=COUNT(4), digits=COUNT(9))
row("tropical.families.embed", F=MAP(TENT), d=COUNT(3), frame=CHOICE("orthonormal"), seed=SEED(0))
row("tropical.families.frame", k=COUNT(2), d=COUNT(3), kind=CHOICE("orthonormal"), seed=SEED(0))
row("tropical.families.folding", dimension=COUNT(1), folds=COUNT(2), depth=COUNT(1))
row("tropical.families.homogeneous_parity", k=COUNT(2), t=POSITIVE("1/10"))
row("tropical.families.parity", k=COUNT(2), t=POSITIVE("1/10"))
row("tropical.families.leap", k=COUNT(2), t=POSITIVE("1/10"))
row("tropical.families.leap_bound", k=SPECIFIC(3), t=POSITIVE("1/10"), family=CHOICE("parity"))
row("tropical.families.maximum_of", n=COUNT(2))
row("tropical.families.minimum_of_absolute_values", k=COUNT(2))
row("tropical.families.near_parallel", epsilon=POSITIVE("1/10"))
row(
    "tropical.families.random_lattice_polynomial",
    k=COUNT(2),
    n_pieces=COUNT(3),
    n_clauses=COUNT(2),
    seed=SEED(0),
    clause_size=COUNT(2, "None"),
    form=CHOICE("max-min"),
    biases=FLAG(True),
    denominator=COUNT(4, "10^9", "10^400"),
    largest=COUNT(4, "10^9", "10^400"),
)
row(
    "tropical.families.random_network",
    widths=SPECIFIC([2, 3, 1], "seven integers"),
    seed=SEED(0),
    rank=COUNT(1, "None"),
    biases=FLAG(False),
    denominator=COUNT(4, "10^9", "10^400"),
    largest=COUNT(4, "10^9", "10^400"),
)
row("tropical.families.sawtooth", depth=COUNT(2))
row("tropical.families.sign_times_minimum", k=COUNT(2))
row("tropical.families.zonotope", generators=SPECIFIC([[1, 0], [1, 1]], "2 x 7 integers", TEXT))
row("tropical.families.zonotope_vertices", generators=SPECIFIC([[1, 0], [1, 1]], "2 x 7 integers", TEXT))

test_bad_input, test_the_right_values_are_right = table_tests(TABLE, {"tropical.TropicalPolynomial.__radd__"})
