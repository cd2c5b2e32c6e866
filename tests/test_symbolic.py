"""SymPy: exact translation both ways, formal expansion of networks with symbolic weights, and what is refused.

More than 400 lines: the two directions of one translation, and their round trips.
"""

import copy
import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import ASSEMBLY_EXAMPLE, ASSEMBLY_NETWORK, MEDIAN

import tropical
from tropical import (
    BudgetExceeded,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    ReLUNetwork,
    SymbolicLattice,
    TropicalPolynomial,
    TropicalRational,
    formal_lattice,
    from_sympy,
    same_function,
    to_sympy,
)
from tropical.testing import lattice_polynomials, networks, points, rationals

small = st.integers(-2, 2)

x0, x1, x2 = X = sympy.symbols("x:3", real=True)
a, b, c = sympy.symbols("a b c", positive=True)
u, v, w = sympy.symbols("u v w")  # of no known sign
small_networks = networks(max_width=2, max_depth=2, entries=rationals())


def rational(value):
    return sympy.Rational(value.numerator, value.denominator)


def value_at(expression, x):
    """Return the value as SymPy computes it, from numbers alone."""
    return expression.xreplace({sympy.Symbol(f"x{i}", real=True): rational(t) for i, t in enumerate(x)})


def inputs(F):
    return sympy.symbols(f"x:{F.dimension}", real=True)


# ------------------------------------------------------------ functions to expressions


@given(st.data(), st.one_of(lattice_polynomials(), networks(entries=rationals())))
def test_expressions_have_the_values_of_the_function(data, F):
    x = data.draw(points(F.dimension))
    assert value_at(to_sympy(F), x) == rational(F(x))


@given(points(2))
def test_several_outputs_make_a_tuple(x):
    net = ReLUNetwork([[[1, -1], ["1/3", 0]], [[1, -2], [0, 0], [0, "5/7"]]], [[0, "1/2"], [0, "-3/4", 1]])
    assert tuple(value_at(part, x) for part in to_sympy(net)) == tuple(map(rational, net(x)))


def test_forms():
    assert to_sympy(MEDIAN, X[:2]) == sympy.Max(sympy.Min(0, x0), sympy.Min(0, x1), sympy.Min(x0, x1), evaluate=False)
    assert to_sympy(MEDIAN.dual()).func is sympy.Min
    assert to_sympy(ReLUNetwork([[[2]], [3]], [[-1], "1/2"])) == 3 * sympy.Max(0, 2 * x0 - 1) + sympy.Rational(1, 2)
    assert to_sympy(ReLUNetwork([[[0]], [3]], [[-1], 2])) == 2
    assert to_sympy(MEDIAN.pieces[1]) == x0
    assert to_sympy(LatticePolynomial.constant("2/3", 2)) == sympy.Rational(2, 3)
    y, z = sympy.symbols("y z")
    assert to_sympy(LatticePolynomial([([1, -1], 0)], [[0]]), variables=[z, y]) == z - y


@given(points(2))
def test_tropical_polynomials_and_quotients(x):
    for convention in ("max", "min"):
        P = TropicalPolynomial({(1, 0): 0, (0, "1/2"): 3, (0, 0): "1/3"}, convention)
        Q = TropicalPolynomial({(1, 1): -1, (0, 0): 0}, convention)
        assert value_at(to_sympy(P), x) == rational(P(x))
        assert value_at(to_sympy(TropicalRational(P, Q)), x) == rational(P(x) - Q(x))


def test_expressions_are_usable():
    expression = to_sympy(ASSEMBLY_EXAMPLE)
    f = sympy.lambdify([x0], expression)
    xs = np.linspace(-7, 7, 57)
    assert np.allclose([f(t) for t in xs], ASSEMBLY_EXAMPLE.evaluate(xs[:, None]))
    assert np.allclose(sympy.lambdify([x0], to_sympy(ASSEMBLY_NETWORK), "numpy")(xs), f(xs))
    assert expression.subs(x0, sympy.Rational(1, 3)) == rational(ASSEMBLY_EXAMPLE([Fraction(1, 3)]))
    assert sympy.latex(expression).startswith(r"\max\left(0, ")
    assert sympy.diff(to_sympy(MEDIAN.pieces[2]), x1) == 1


def test_twenty_pieces_and_twenty_clauses_convert():
    # with SymPy's own comparisons the construction of this one takes minutes
    pieces = [([i - 7, i * i % 11, Fraction(i, 3)], i % 5) for i in range(20)]
    F = LatticePolynomial(pieces, [[(i * j + i) % 20 for j in range(8)] for i in range(1, 21)])
    expression = to_sympy(F)
    x = [Fraction(1, 3), Fraction(-2), Fraction(5, 7)]
    assert value_at(expression, x) == rational(F(x))
    assert "x_{2}" in sympy.latex(expression)
    assert np.isclose(float(sympy.lambdify(X, expression)(1.5, 2.5, -3)), F.evaluate([[1.5, 2.5, -3]])[0])
    assert same_function(from_sympy(expression, X), F)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ("x y", "a sequence of SymPy symbols, got x y"),
        (x0, "a sequence of SymPy symbols"),
        ([x0], "2 symbols"),
        ([x0, x0], "each of them once"),
        ([x0, 3], r"`variables\[1\]` needs a SymPy symbol"),
        ([x0, sympy.Symbol("i", imaginary=True)], "a real symbol"),
    ],
    ids=str,
)
def test_variables_are_distinct_real_symbols(variables, message):
    with pytest.raises(InvalidInput, match=message):
        to_sympy(MEDIAN, variables)


def test_only_functions_become_expressions():
    for bad in (Fraction(1, 2), 3, "x0", x0):
        with pytest.raises(InvalidType, match="needs a lattice polynomial, a network"):
            to_sympy(bad)


def test_size_is_limited_before_anything_is_built():
    net = tropical.families.random_network((3, 30, 30, 30, 30, 1), 0)
    with pytest.raises(BudgetExceeded, match="max_nodes = 300000"):
        to_sympy(net)
    with pytest.raises(BudgetExceeded, match="max_nodes = 5"):
        to_sympy(MEDIAN, max_nodes=5)


# ------------------------------------------------------------ expressions to functions


@given(lattice_polynomials())
@settings(max_examples=60)
def test_lattice_polynomials_come_back(F):
    assert same_function(from_sympy(to_sympy(F), inputs(F)), F)


@given(small_networks)
@settings(max_examples=60)
def test_networks_come_back(net):
    assert same_function(from_sympy(to_sympy(net), inputs(net)), net)


def test_a_form_comes_back_as_that_form():
    for F in (MEDIAN, MEDIAN.dual(), ASSEMBLY_EXAMPLE):
        again = from_sympy(to_sympy(F), inputs(F))
        assert again.form == F.form
        assert {frozenset(again.pieces[i] for i in clause) for clause in again.clauses} == {
            frozenset(F.pieces[i] for i in clause) for clause in F.clauses
        }


_leaves = st.one_of(
    st.sampled_from([("x", 0), ("x", 1)]), st.tuples(st.just("number"), st.fractions(-2, 2, max_denominator=3))
)
_formulas = st.recursive(
    _leaves,
    lambda inside: st.one_of(
        st.tuples(st.sampled_from(["max", "min", "+"]), st.lists(inside, min_size=1, max_size=3)),
        st.tuples(st.just("abs"), st.lists(inside, min_size=1, max_size=1)),
        st.tuples(st.just("*"), st.tuples(_leaves.filter(lambda leaf: leaf[0] == "number"), inside)),
    ),
    max_leaves=8,
)


def built(formula, evaluate):
    kind, content = formula
    if kind == "x":
        return X[content]
    if kind == "number":
        return rational(content)
    make = {"max": sympy.Max, "min": sympy.Min, "+": sympy.Add, "abs": sympy.Abs, "*": sympy.Mul}[kind]
    return make(*(built(part, evaluate) for part in content), evaluate=evaluate)


def meant(formula, x):
    kind, content = formula
    if kind == "x":
        return x[content]
    if kind == "number":
        return content
    values = [meant(part, x) for part in content]
    if kind == "*":
        return values[0] * values[1]
    return {"max": max, "min": min, "+": sum, "abs": lambda values: abs(values[0])}[kind](values)


@given(_formulas, st.booleans(), points(2))
@settings(max_examples=150)
def test_random_expressions_keep_their_meaning(formula, evaluate, x):
    assert from_sympy(built(formula, evaluate), X[:2])(x) == meant(formula, x)


def test_order_of_the_variables():
    y, x10 = sympy.symbols("y x10", real=True)
    assert from_sympy(x2 - x0).dimension == 3
    assert from_sympy(x10).pieces[0].gradient == (0,) * 10 + (1,)
    assert from_sympy(2 * y - x0).pieces[0].gradient == (-1, 2)
    assert from_sympy(2 * y - x0, [y, x1, x0]).pieces[0].gradient == (2, 0, -1)
    assert from_sympy(sympy.Integer(5)).dimension == 1
    assert from_sympy(sympy.Symbol("x01")).dimension == 1  # no number: x1 and x01 are two names


def test_quotients_that_sympy_leaves_open():
    half = sympy.Pow(2, -1, evaluate=False)
    assert from_sympy(sympy.Mul(x0, half, evaluate=False))([3]) == Fraction(3, 2)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("x0 + 1", r"the string 'x0 \+ 1'; use tropical.parse"),
        (3, "one SymPy expression"),
        (sympy.Matrix([x0]), "entries one by one"),
        (x0 > 0, "one SymPy expression"),
        (x0 + 0.5, "exact numbers, got the float 0.5.*nsimplify"),
        (x0 * x1, r"got x0\*x1; a product of two functions has curved pieces"),
        (sympy.Max(x0, 0) * abs(x1), "a product of two functions"),
        (x0**2, r"no powers, got x0\*\*2"),
        (sympy.sqrt(x0), "no powers, got sqrt"),
        (2**x0, r"no powers, got 2\*\*x0"),
        (1 / x0, "division by rational numbers"),
        (sympy.Pow(sympy.Add(1, -1, evaluate=False), -1, evaluate=False), "other than zero"),
        (sympy.sqrt(2) * x0, r"rational numbers, got sqrt\(2\)"),
        (sympy.pi + x0, "rational numbers, got pi"),
        (sympy.I * x0, "rational numbers, got I"),
        (sympy.Max(x0, sympy.oo, evaluate=False), "rational numbers, got oo"),
        (sympy.nan, "rational numbers, got nan"),
        (sympy.zoo, "rational numbers, got zoo"),
        (sympy.Piecewise((x0, x0 > 0), (0, True)), "no Piecewise"),
        (sympy.sin(x0), r"sin in sin\(x0\)"),
        (sympy.Heaviside(x0), "Heaviside in"),
        (sympy.Function("relu")(x0), r"relu in relu\(x0\)"),
        (sympy.IndexedBase("x")[0], "Indexed in"),
        (sympy.Symbol("x0") + x0, "two different symbols x0"),
        (sympy.Symbol("i", imaginary=True), "real symbols, got i"),
        (sympy.Symbol("x100000"), "variables below"),
    ],
    ids=str,
)
def test_refusals(expression, message):
    with pytest.raises(InvalidInput, match=message):
        from_sympy(expression)


def test_floats_and_strings_are_errors_of_type():
    for bad in ("x0", x0 + 0.5, sympy.Max(x0, sympy.Float(1))):
        with pytest.raises(InvalidType):
            from_sympy(bad)


def test_symbols_that_are_not_among_the_variables():
    with pytest.raises(InvalidInput, match="got x1; add it"):
        from_sympy(x0 + x1, [x0])
    with pytest.raises(InvalidInput, match=r"got x0 \(of the same name, with other assumptions\)"):
        from_sympy(x0, [sympy.Symbol("x0")])


def test_deep_expressions():
    affine = nested = x0
    for i in range(4000):
        affine = sympy.Add(sympy.Mul(affine, -1, evaluate=False), i, evaluate=False)
    for i in range(60):
        nested = sympy.Min(sympy.Add(sympy.Max(nested, 0, evaluate=False), -1, evaluate=False), i, evaluate=False)
    value = Fraction(7, 2)
    for i in range(60):
        value = min(max(value, Fraction(0)) - 1, Fraction(i))
    assert from_sympy(affine)([1]) == 1 + 2000
    assert from_sympy(nested)(["7/2"]) == value
    same = sympy.Abs(x0)
    for _ in range(1500):  # deeper than Python's stack
        same = sympy.Abs(same, evaluate=False)
    assert from_sympy(same)([-3]) == 3
    with pytest.raises(InvalidInput, match="a large Mul"):
        from_sympy(sympy.Mul(nested, x1, evaluate=False))


def test_shared_parts_are_read_once():
    shared = x0
    for _ in range(60):
        shared = sympy.Add(shared, shared, evaluate=False)
    assert from_sympy(shared)([1]) == 2**60


def test_clauses_are_limited():
    tall = sympy.Add(*(abs(sympy.Symbol(f"x{i}")) for i in range(9)))
    with pytest.raises(BudgetExceeded, match="more than 300 clauses or pieces; raise max_clauses"):
        from_sympy(tall, max_clauses=300)
    assert len(from_sympy(tall, max_clauses=512).pieces) == 512
    # of 5 and 4 clauses of two pieces: collected after turning over 2^5 + 2^4 clauses, multiplied out 20
    pairs = [sympy.Max(*sympy.symbols(f"x{2 * i} x{2 * i + 1}")) for i in range(9)]
    steps = [sympy.Min(*pairs[:5]), sympy.Min(*pairs[5:])]
    assert len(from_sympy(sympy.Max(*steps), max_clauses=20).clauses) == 20
    with pytest.raises(BudgetExceeded):
        from_sympy(sympy.Max(*steps), max_clauses=19)


# ------------------------------------------------------------ symbolic weights


def expanded_by_numbers(net):
    return formal_lattice(net.weights, net.biases).subs({})


def expanded_by_symbols(net):
    """Return the expansion with a symbol for every entry, its sign assumed where it matters; then with the numbers."""
    values = {}

    def parameter(name, value, *, signed):
        kind = ("nonpositive" if value < 0 else "nonnegative") if signed else "real"
        symbol = sympy.Symbol(name, **{kind: True})
        values[symbol] = value
        return symbol

    weights = [
        [[parameter(f"w{k}_{i}_{j}", t, signed=k > 0) for j, t in enumerate(row)] for i, row in enumerate(matrix)]
        for k, matrix in enumerate(net.weights)
    ]
    biases = [
        [parameter(f"b{k}_{i}", t, signed=False) for i, t in enumerate(bias)] for k, bias in enumerate(net.biases)
    ]
    return formal_lattice(weights, biases, max_clauses=100_000).subs(values)


@given(networks(max_width=2, max_depth=2))
@settings(max_examples=40)
def test_numeric_expansion_is_the_network(net):
    assert same_function(expanded_by_numbers(net), net)


@given(networks(dimension=1, max_width=2, max_depth=2))
@settings(max_examples=25)
def test_symbolic_expansion_is_the_network_for_values_of_the_right_sign(net):
    assert same_function(expanded_by_symbols(net), net)


@given(st.data(), st.lists(st.lists(small, min_size=3, max_size=3), min_size=2, max_size=2))
@settings(max_examples=25)
def test_one_expansion_serves_all_values(data, first):
    """Weights that are expressions, of a sign that SymPy derives."""
    weights = [[[u, v], [w, 1], [1, -u]], [[a, -b, a * b], [-a - c, 2, -b]], [1 / a, -c]]
    biases = [[u, 0, 1], None, w]
    F = formal_lattice(weights, biases)
    positive = st.fractions("1/3", 3, max_denominator=3)
    values = {symbol: data.draw(positive) for symbol in (a, b, c)} | dict(zip((u, v, w), first[0], strict=True))
    numbers = {symbol: rational(Fraction(value)) for symbol, value in values.items()}

    def put(entry):
        return sympy.sympify(0 if entry is None else entry).xreplace(numbers)

    matrices = [[[put(e) for e in row] for row in matrix] for matrix in weights[:2]] + [[put(e) for e in weights[2]]]
    net = ReLUNetwork(matrices, [[put(e) for e in biases[0]], None, put(biases[2])])
    x = data.draw(points(2))
    assert F.subs(values)(x) == net(x)
    point = dict(zip(F.variables, map(rational, x), strict=True))
    assert F.expression.xreplace(numbers | point) == rational(net(x))


def test_pieces_and_clauses():
    F = formal_lattice([[[u], [v]], [a, -b]])
    assert F.variables == (x0,)
    assert {frozenset(F.pieces[i] for i in clause) for clause in F.clauses} == {
        frozenset({a * u * x0, a * u * x0 - b * v * x0}),
        frozenset({sympy.S.Zero, -b * v * x0}),
    }
    assert F.parameters == (a, b, u, v)
    assert formal_lattice([[[a * (u + v)], [a * u + a * v]], [1, 1]]).pieces == (
        2 * a * u * x0 + 2 * a * v * x0,
        a * u * x0 + a * v * x0,
        0,
    )  # equal after expansion, so the cross terms are one piece
    # (u + v) a and u a + v a are one piece of the eight sums
    assert len(formal_lattice([[[u + v], [u], [v]], [a, a, a]]).pieces) == 7
    assert formal_lattice([[u, v]], [w]).pieces == (u * x0 + v * x1 + w,)
    assert formal_lattice([sympy.Matrix([[u], [v]]), sympy.Matrix([[a, -b]])], [sympy.Matrix([0, 0]), None]) == F
    assert formal_lattice([np.array([[1], [2]]), np.array([1, 1])]).subs({})([1]) == 3
    assert formal_lattice([np.array([[1], [2]]), list(np.array([1, 1]))], [None, np.int64(4)]).subs({})([1]) == 7


def test_several_outputs_make_several_lattices():
    first, second = formal_lattice([[[u]], [[a], [-a]]])
    assert (str(first), str(second)) == ("max(a*u*x0, 0)", "min(-a*u*x0, 0)")


def test_text():
    F = formal_lattice([[[u], [v]], [a, -b]], variables=[sympy.Symbol("t", real=True)])
    assert "a*t*u" in str(F)
    assert str(F).startswith("max(min(")
    assert repr(F).startswith("SymbolicLattice(4 pieces, 2 clauses, R^1: max(min(")
    assert F._repr_latex_().startswith(r"$\max\left(\min\left(")
    assert "a t u" in F._repr_latex_()
    wide = formal_lattice([[[sympy.Symbol(f"u{i}{j}") for j in range(5)] for i in range(7)], [a, -b] * 3 + [c]])
    assert len(repr(wide)) < 400
    assert len(wide._repr_latex_()) < len(str(wide))
    assert sympy.latex(F.expression).startswith(r"\max")


def test_values_survive_a_journey():
    F = formal_lattice([[[u], [v]], [a, -b]])
    for again in (pickle.loads(pickle.dumps(F)), copy.deepcopy(F)):
        assert isinstance(again, SymbolicLattice)
        assert again == F
        assert hash(again) == hash(F)


@pytest.mark.parametrize(
    ("weights", "place", "named"),
    [
        ([[[1], [v]], [a, u]], "weights[1][0][1]", "layer 1, row 0, column 1 (counted from 0), got u;"),
        ([[[1]], [[a], [b]], [[1, 1], [2, a - b]], [1, 1]], "weights[2][1][1]", "layer 2, row 1, column 1"),
        ([[[1]], [[a]], [sympy.Symbol("r", real=True)]], "weights[2][0][0]", 'sympy.Symbol("r", positive=True)'),
        ([[[1]], [sympy.Symbol("n", nonzero=True)]], "weights[1][0][0]", "got n;"),
    ],
    ids=str,
)
def test_a_missing_sign_is_named_with_its_place(weights, place, named):
    with pytest.raises(InvalidInput) as error:
        formal_lattice(weights)
    assert error.value.argument == place
    assert named in str(error.value)
    assert "positive=True" in error.value.cure


def test_signs_that_do_not_matter_are_not_asked_for():
    assert formal_lattice([[u, v]], [w]).clauses == ((0,),)
    formal_lattice([[[u], [v]], [1, -1]], [[w, w], w])
    assert formal_lattice([[[0], [0]], [u, v]]).pieces == (0,)  # units that are zero
    zero = sympy.Symbol("z", zero=True)
    assert formal_lattice([[[u]], [zero]], [None, v]).pieces == (v,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({a: 1}, "a number for every parameter, got none for b, u"),
        ({a: 1, b: -1, u: 1}, r"`values\[b\]` needs a number that is positive"),
        ({a: 0, b: 1, u: 1}, r"`values\[a\]` needs a number that is positive"),
        ({a: 0.5, b: 1, u: 1}, "the float 0.5"),
        ({"a": 1}, "SymPy symbols as keys"),
        ({a: "__import__('os')", b: 1, u: 1}, "a rational such as"),
        ({x0: 1, a: 1, b: 1, u: 1}, "the variable x0"),
        ({sympy.Symbol("a"): 1, b: 1, u: 1}, "none for a; add them; symbols of one name"),
        ([1, 2], "a mapping"),
    ],
    ids=str,
)
def test_values_of_parameters_are_checked(values, message):
    F = formal_lattice([[[u]], [[a]], [-b]])
    with pytest.raises(InvalidInput, match=message):
        F.subs(values)


def test_values_without_a_rational_coefficient():
    for entry in (sympy.sqrt(u), 1 / u):
        F = formal_lattice([[[entry]], [1]])
        assert F.subs({u: 4})([1]) in (2, Fraction(1, 4))
        with pytest.raises(InvalidInput, match="all coefficients are rational numbers"):
            F.subs({u: 2 if entry.is_Pow and entry.exp > 0 else 0})


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ("abc", None, "a non-empty list of weight matrices"),
        ([], None, "a non-empty list"),
        ([[[1, 2], [3]], [1, 1]], None, "rows of one length"),
        ([[[1], [2]], [1, 1, 1]], None, "3 columns after a layer of 2 units"),
        ([[[1.5]], [1]], None, r"`weights\[0\]\[0\]\[0\]` needs an exact number"),
        ([[[u + 0.5]], [1]], None, "exact numbers, got the float"),
        ([[["u"]], [1]], None, "a rational such as"),
        ([[[sympy.oo]], [1]], None, "a real number, got oo"),
        ([[[sympy.I * a]], [1]], None, "a real number"),
        ([[[x0]], [1]], None, "the symbol x0; pass variables with other names"),
        ([[[sympy.Symbol("x0", positive=True)]], [1]], None, "the symbol x0"),
        ([[[1]], [1]], [[0]], "2 vectors"),
        ([[[1]], [1]], [[0, 1], None], "1 entries, one a unit"),
        ([[[1]], [1]], [3, None], "a list of numbers"),
    ],
    ids=str,
)
def test_shapes_and_entries_are_checked(weights, biases, message):
    with pytest.raises(InvalidInput, match=message):
        formal_lattice(weights, biases)


def test_expansion_is_limited():
    first = [[sympy.Symbol(f"u{i}")] for i in range(8)]
    with pytest.raises(BudgetExceeded, match="more than 100 clauses or pieces; raise max_clauses"):
        formal_lattice([first, [1] * 8], max_clauses=100)
    assert len(formal_lattice([first, [1] * 8], max_clauses=256).pieces) == 256
    with pytest.raises(BudgetExceeded):  # turned over, eight minima of two pieces have 2^8 clauses
        formal_lattice([first, [[1, -1] * 4], [-1]], max_clauses=60)


# ------------------------------------------------------------ the dependency


def test_sympy_is_loaded_on_demand():
    code = "import sys, tropical.symbolic; print('sympy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_without_sympy_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    for call in (lambda: to_sympy(MEDIAN), lambda: from_sympy(x0), lambda: formal_lattice([[1]])):
        with pytest.raises(ImportError, match="pip install sympy"):
            call()
