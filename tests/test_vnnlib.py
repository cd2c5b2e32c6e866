"""VNN-LIB properties: read exactly, decided as z3 decides them, proved case by case; bad files are refused in words.

More than 400 lines: one format, from its grammar to proofs, on one set of properties.
"""

import sys
from dataclasses import replace
from fractions import Fraction

import pytest
import z3
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tropical import (
    BudgetExceeded,
    FormatError,
    InvalidInput,
    PropertyProof,
    ReLUNetwork,
    TropicalError,
    check,
    check_property,
    families,
    load,
    load_property,
    parse,
    save,
    verify_property,
)
from tropical.io.vnnlib_answers import answer_text, decimal_text
from tropical.io.vnnlib_grammar import read_decimal, read_version_1
from tropical.properties.elimination import analyse
from tropical.properties.formulas import Comparison
from tropical.properties.input_sets import Step, replay

SETTINGS = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def version_1(text, inputs=2, outputs=2):
    names = [f"X_{i}" for i in range(inputs)] + [f"Y_{j}" for j in range(outputs)]
    return read_version_1("".join(f"(declare-const {name} Real)\n" for name in names) + text, "test.vnnlib")


def box(low, high, inputs=2):
    return "".join(f"(assert (>= X_{i} {low}))(assert (<= X_{i} {high}))\n" for i in range(inputs))


def decided(net, question, **limits):
    """The verdict, after its witness or its proof has been checked."""
    verdict = verify_property(net, question, **limits)
    if verdict.answer == "sat":
        values = net(verdict.point)
        assert verdict.values == (values if isinstance(values, tuple) else (values,))
        assert question.holds(verdict.point, verdict.values)
        assert verdict.proof is None
    else:
        assert verdict.point is None
        result = check_property(verdict.proof, net, question)
        assert result, result.reason
    return verdict


# ---------------------------------------------------------------- random properties against z3

NUMBERS = st.sampled_from(["0.0", "1.0", "-1.0", "0.5", "-0.25", "2.0", "-3.0", "0.1"])
RELATIONS = st.sampled_from(["<=", "<", ">=", ">", "=", "!="])


@st.composite
def comparisons(draw):
    coefficients = draw(st.lists(st.sampled_from(["1.0", "-1.0", "2.0", "-0.5"]), min_size=1, max_size=3))
    variables = draw(st.lists(st.sampled_from("abyz"), min_size=len(coefficients), max_size=len(coefficients)))
    return (draw(RELATIONS), tuple(zip(coefficients, variables, strict=True)), draw(NUMBERS))


def trees():
    def grown(inner):
        return st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3).map(tuple))

    return st.recursive(comparisons(), grown, max_leaves=6)


def written(tree, version):
    """The tree as text, with variables a, b for the inputs and y, z for the outputs."""
    if tree[0] in ("and", "or"):
        return f"({tree[0]} {' '.join(written(part, version) for part in tree[1])})"
    names = {
        1: dict(zip("abyz", ("X_0", "X_1", "Y_0", "Y_1"), strict=True)),
        2: dict(zip("abyz", ("X[0,0]", "X[0,1]", "Y[0]", "Y[1]"), strict=True)),
    }[version]
    left = " ".join(f"(* {coefficient} {names[variable]})" for coefficient, variable in tree[1])
    words = {1: {"!=": "distinct"}, 2: {"=": "=="}}[version]
    return f"({words.get(tree[0], tree[0])} (+ {left}) {tree[2]})"


def as_term(tree, variables):
    import z3

    if tree[0] in ("and", "or"):
        return (z3.And if tree[0] == "and" else z3.Or)([as_term(part, variables) for part in tree[1]])
    left = z3.Sum([z3.RealVal(a) * variables["abyz".index(v)] for a, v in tree[1]])
    right = z3.RealVal(tree[2])
    return {
        "<=": left <= right,
        "<": left < right,
        ">=": left >= right,
        ">": left > right,
        "=": left == right,
        "!=": left != right,
    }[tree[0]]


def z3_answer(net, tree):
    from oracles import term

    x = [z3.Real("a"), z3.Real("b")]
    solver = z3.Solver()
    solver.add(as_term(tree, [*x, term(net[0], x), term(net[1], x)]))
    answer = solver.check()
    assert answer != z3.unknown
    return "sat" if answer == z3.sat else "unsat"


HEADER_2 = "(vnnlib-version <2.0>)\n(declare-network N (declare-input X real [1,2]) (declare-output Y real [2]))\n"
SQUARE = (
    "and",
    tuple((relation, (("1.0", v),), bound) for v in "ab" for relation, bound in ((">=", "-1.0"), ("<=", "1.0"))),
)


@given(st.integers(0, 200), trees(), st.booleans(), st.sampled_from([(2, 2, 2), (2, 3, 2, 2), (2, 2)]))
@SETTINGS
def test_both_versions_agree_with_z3(tmp_path_factory, seed, tree, bounded, widths):
    net = families.random_network(widths, seed, biases=True, denominator=2)
    tree = ("and", (SQUARE, tree)) if bounded else tree
    path = tmp_path_factory.mktemp("vnnlib") / "two.vnnlib"
    path.write_text(f"{HEADER_2}(assert {written(tree, 2)})\n")
    one, two = version_1(f"(assert {written(tree, 1)})"), load_property(path)
    assert one.formula == two.formula
    assume(one.count() <= 30)
    assert decided(net, one).answer == z3_answer(net, tree)


@given(st.integers(0, 50), st.lists(comparisons(), min_size=2, max_size=5), trees())
@SETTINGS
def test_flat_and_open_inputs_agree_with_z3(seed, rows, tree):
    # equalities between inputs, and strict bounds, in every combination
    inputs = tuple(
        (relation, tuple((a, "ab"[i % 2]) for i, (a, _) in enumerate(terms)), b) for relation, terms, b in rows
    )
    whole = ("and", (*(row for row in inputs if row[0] != "!="), tree))
    net = families.random_network((2, 3, 2), seed, biases=True, denominator=2)
    question = version_1(f"(assert {written(whole, 1)})")
    assume(question.count() <= 30)
    assert decided(net, question).answer == z3_answer(net, whole)


# ---------------------------------------------------------------- the inputs alone


@given(
    st.lists(
        st.tuples(st.lists(st.integers(-2, 2), min_size=3, max_size=3), st.integers(-2, 2), st.booleans()), max_size=7
    )
)
@settings(max_examples=100)
def test_affine_hulls_agree_with_z3(rows):
    case = tuple(
        Comparison(tuple((i, Fraction(a)) for i, a in enumerate(row) if a), (), Fraction(bound), strict)
        for row, bound, strict in rows
        if any(row)
    )
    x = [z3.Real(f"x{i}") for i in range(3)]
    solver = z3.Solver()
    for part in case:
        left = z3.Sum([z3.RealVal(0), *[z3.RealVal(str(a)) * x[i] for i, a in part.inputs]])
        solver.add(left < z3.RealVal(str(part.bound)) if part.strict else left <= z3.RealVal(str(part.bound)))
    found = analyse(case, 3)
    again = replay(case, 3, found.steps, found.contradiction)
    assert (found.contradiction is None) == (solver.check() == z3.sat) == (found.interior is not None)
    if found.interior is None:
        return
    assert all(part.holds(found.interior, ()) for part in case)
    assert again.chart.free == found.chart.free
    for row in found.rows:  # what is left has interior points: the hull is no larger than it has to be
        assert not row.coefficients or row.at(found.interior) > 0
    for j, row in found.chart.eliminated.items():  # and no smaller: every equality is implied
        value = z3.Sum(
            [z3.RealVal(str(row.constant)), *[z3.RealVal(str(a)) * x[k] for k, a in row.coefficients.items()]]
        )
        solver.push()
        solver.add(x[j] != value)
        assert solver.check() == z3.unsat
        solver.pop()


def test_many_fixed_inputs():
    # an image of which three pixels vary: the others are substituted, not enumerated
    d = 120
    net = families.random_network((d, 4, 2), 3, biases=True)
    rows = "".join(f"(assert (= X_{i} {i % 7}.5))" for i in range(d - 3))
    free = "".join(f"(assert (>= X_{i} 0))(assert (<= X_{i} 1))" for i in range(d - 3, d))
    for tail in ("(assert (<= Y_0 Y_1))", "(assert (>= Y_0 1e6))"):
        decided(net, version_1(rows + free + tail, d, 2))


def test_implicit_equalities_between_inputs():
    # x0 + x1 <= 0, x0 - x1 <= 0, x0 >= 0: only the origin, though no two rows are opposite
    net = ReLUNetwork([[[1, 0], [0, 1]], [[1, 1], [1, -1]]], [[1, 1], [0, 0]])
    rows = "(assert (<= (+ X_0 X_1) 0))(assert (<= (- X_0 X_1) 0))(assert (>= X_0 0))"
    assert decided(net, version_1(rows + "(assert (>= Y_0 2))")).point == (0, 0)
    refuted = decided(net, version_1(rows + "(assert (> Y_0 2))"))
    assert refuted.proof.cases[0].violated == 0
    opened = decided(net, version_1(rows.replace(">= X_0", "> X_0") + "(assert (> Y_0 2))"))
    assert opened.proof.cases[0].contradiction is not None


# ---------------------------------------------------------------- known answers

TENT = ReLUNetwork([[[1], [1]], [1, -2]], [[0, -1], [0]])  # rises to 1 at x = 1, then falls


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("(assert (>= Y_0 1))", "sat"),
        ("(assert (> Y_0 1))", "unsat"),
        ("(assert (>= Y_0 1.0000000000000000000001))", "unsat"),
        ("(assert (= Y_0 0.1))", "sat"),
        ("(assert (> Y_0 X_0))", "sat"),
        ("(assert (> Y_0 X_0))(assert (>= X_0 0))", "unsat"),
        ("(assert (and (> X_0 1) (>= Y_0 1)))", "unsat"),
        ("(assert (= X_0 1))(assert (>= Y_0 1))", "sat"),
        ("(assert (= X_0 1))(assert (< Y_0 1))", "unsat"),
        ("(assert (< X_0 1))(assert (> X_0 1))", "unsat"),
        ("(assert (not (or (<= Y_0 0.5) (<= X_0 1.4))))", "sat"),
        ("(assert (=> (<= X_0 5) (>= Y_0 2)))(assert (<= X_0 5))", "unsat"),
        ("(assert (or))", "unsat"),
        ("(assert (and))", "sat"),
        ("(assert true)", "sat"),
        ("", "sat"),
    ],
)
def test_known_answers(text, answer):
    assert decided(TENT, version_1(text, 1, 1)).answer == answer


def test_acas_style():
    # five inputs in a box; "the first output is never the least", and "never one of two outputs"
    net = families.random_network((5, 6, 5, 5), 11, biases=True, denominator=8)
    inputs = "".join(
        f"(assert (<= X_{i} {high}))(assert (>= X_{i} {low}))"
        for i, (low, high) in enumerate([("0.6", "0.6798"), (-0.5, 0.5), (-0.5, 0.5), (0.45, 0.5), (-0.5, "-4.5e-1")])
    )
    least = "".join(f"(assert (<= Y_0 Y_{j}))" for j in range(1, 5))
    either = "(assert (or (and (<= Y_1 Y_0) (<= Y_1 Y_2)) (and (<= Y_3 Y_0) (<= Y_3 Y_2))))"
    for outputs in (least, either, "(assert (>= Y_0 1000))"):
        question = version_1(inputs + outputs, 5, 5)
        verdict = decided(net, question)
        assert verdict.answer == ("unsat" if "1000" in outputs else verdict.answer)


def test_disjunctions_of_input_boxes():
    text = (
        "(assert (or (and (<= X_0 -1) (>= Y_0 0)) (and (>= X_0 3) (>= Y_0 0)) (and (>= X_0 0) (<= X_0 2) (> Y_0 1))))"
    )
    verdict = decided(TENT, version_1(text, 1, 1))
    assert verdict.answer == "sat"  # relu is 0 left of the origin
    verdict = decided(TENT, version_1(text.replace(">= Y_0 0", "> Y_0 0"), 1, 1))
    assert len(verdict.proof.cases) == 3


def test_other_functions_than_networks():
    F = parse("max(min(x0, 2 - x0), x1)")
    text = "(assert (= X_1 0))(assert (> Y_0 1))"
    assert decided(F, version_1(text, 2, 1)).answer == "unsat"
    assert decided(F, version_1(text.replace(">", ">="), 2, 1)).point == (1, 0)


def test_a_function_without_variables():
    constant = ReLUNetwork([[[0, 0]], [[2]]], [[3], [1]])
    assert decided(constant, version_1("(assert (= Y_0 7))", 2, 1)).answer == "sat"
    assert decided(constant, version_1("(assert (< Y_0 7))", 2, 1)).answer == "unsat"


def test_a_network_with_cancelling_units():
    zero = ReLUNetwork([[[1, 2], [1, 2], [2, 4]], [[2, 2, -2]]])
    assert decided(zero, version_1("(assert (> Y_0 0))", 2, 1)).answer == "unsat"


# ---------------------------------------------------------------- witnesses


def test_witnesses_are_short_decimals_where_the_formula_allows():
    question = version_1("(assert (>= (* 3 X_0) 1))(assert (<= (* 3 X_0) 1.2))", 1, 1)
    assert verify_property(TENT, question).point == (Fraction(4, 10),)
    exact = version_1("(assert (= (* 3 X_0) 1))", 1, 1)
    verdict = verify_property(TENT, exact)
    assert verdict.point == (Fraction(1, 3),)
    assert answer_text(verdict, exact) == (
        "sat\n((X_0 0.33333333333333333333)\n (Y_0 0.33333333333333333333))",
        2,
    )
    assert answer_text(verdict, exact, exact=True) == ("sat\n((X_0 1/3)\n (Y_0 1/3))", 0)


@given(st.fractions())
def test_decimals_do_not_lie(value):
    text, same = decimal_text(value)
    assert (read_decimal(text) == value) == same
    assert abs(read_decimal(text) - value) <= abs(value) / 10**19


@given(st.decimals(allow_nan=False, allow_infinity=False, places=30))
def test_decimals_are_read_as_they_are_written(value):
    assert read_decimal(f"{value:f}") == Fraction(value)
    assert read_decimal(f"{value:e}") == Fraction(value)


def test_long_decimals():
    assert decimal_text(Fraction(1, 2**40)) == ("0.0000000000009094947017729282379150390625", True)
    assert decimal_text(Fraction(1, 2**400))[1] is False
    assert decimal_text(Fraction(10**60)) == ("1.0000000000000000000e+60", True)
    assert decimal_text(Fraction(10**60 + 1)) == ("1.0000000000000000000e+60", False)
    assert decimal_text(Fraction(0)) == ("0.0", True)


# ---------------------------------------------------------------- proofs


@pytest.fixture(scope="module")
def proved():
    net = families.random_network((2, 4, 2), 5, biases=True)
    cases = [
        "(and (>= Y_0 100) (<= X_0 1))",
        "(and (<= Y_1 -100) (>= X_1 0))",
        "(and (> X_0 0) (< X_0 -1))",
        "(and (= X_0 0.5) (= X_1 X_0) (> Y_0 100))",
        "(and (= X_0 0.5) (> Y_0 100))",
    ]
    question = version_1(box(-1, 1) + f"(assert (or {' '.join(cases)}))")
    return net, question, verify_property(net, question).proof


def test_proofs_of_every_kind(proved, tmp_path):
    net, question, proof = proved
    assert check_property(proof, net, question)
    kinds = [(bool(c.steps), c.contradiction is not None, c.violated is not None) for c in proof.cases]
    assert kinds == [(False,) * 3, (False,) * 3, (False, True, False), (True, False, True), (True, False, False)]
    assert check(proof.cases[0].certificate)
    save(proof, tmp_path / "proof.json")
    assert load(tmp_path / "proof.json") == proof


def test_proofs_of_something_else_are_rejected(proved):
    net, question, proof = proved
    other = families.random_network((2, 4, 2), 6, biases=True)
    assert not check_property(proof, other, question)
    assert "case" in check_property(proof, other, question).reason
    assert not check_property(proof, net, version_1(box(-2, 1) + "(assert (> Y_0 100))"))
    assert not check_property(PropertyProof(proof.cases[:-1]), net, question)
    assert not check_property(PropertyProof((*proof.cases[1:], proof.cases[0])), net, question)
    assert not check_property(PropertyProof(()), net, question)
    assert not check_property(None, net, question)


def mutants(case):
    """Damaged proofs of one case; every one has to be rejected."""
    yield replace(case, contradiction=None, violated=None, certificate=None)
    yield replace(case, certificate=None, violated=None, contradiction=((0, Fraction(1)),))
    yield replace(case, certificate=None, violated=None, contradiction=((0, Fraction(-1)), (1, Fraction(-1))))
    yield replace(case, certificate=None, violated=None, contradiction=())
    yield replace(case, certificate=None, violated=None, contradiction=((99, Fraction(1)),))
    yield replace(case, contradiction=None, certificate=None, violated=7)
    for i, step in enumerate(case.steps):
        (row, weight), *others = step.weights
        for wrong in (
            Step(((row, weight + 1), *others), step.row, step.variable),
            Step(tuple(others), step.row, step.variable),
            Step(step.weights, step.row, 1 - step.variable),
            Step(step.weights, 0, step.variable),
            Step(tuple((j, -w) for j, w in step.weights), step.row, step.variable),
        ):
            yield replace(case, steps=(*case.steps[:i], wrong, *case.steps[i + 1 :]))
    if case.steps:
        yield replace(case, steps=case.steps[:-1])


def test_mutants_are_caught(proved):
    net, question, proof = proved
    tried = 0
    for i, case in enumerate(proof.cases):
        for mutant in mutants(case):
            if mutant == case:
                continue
            tried += 1
            damaged = PropertyProof((*proof.cases[:i], mutant, *proof.cases[i + 1 :]))
            assert not check_property(damaged, net, question), (i, mutant)
    assert tried > 40


def test_a_satisfied_inequality_refutes_nothing():
    question = version_1("(assert (= X_0 1))(assert (>= Y_0 1))(assert (<= Y_0 0))", 1, 1)
    (case,) = verify_property(TENT, question).proof.cases
    assert case.violated == 1
    assert not check_property(PropertyProof((replace(case, violated=0),)), TENT, question)


@pytest.mark.parametrize("damage", [{"version": 2}, {"cases": 3}, {"cases": [{}]}, {"cases": [{"steps": [], "x": 1}]}])
def test_damaged_plain_proofs(proved, damage, tmp_path):
    plain = {**proved[2].to_plain(), **damage}
    with pytest.raises(ValueError, match=r"version|proof|key"):
        PropertyProof.from_plain(plain)


# ---------------------------------------------------------------- limits


def test_budgets():
    net = families.random_network((2, 8, 8, 2), 0, biases=True)
    pairs = "".join(f"(assert (or (<= Y_0 {i}) (>= Y_1 {i})))" for i in range(60))
    with pytest.raises(BudgetExceeded, match="an `or` of 1152921504606846976 cases, more than max_cases=10000; raise"):
        verify_property(net, version_1(pairs))
    with pytest.raises(BudgetExceeded, match=r"0 of 2 cases are refuted.*max_cells=3"):
        verify_property(net, version_1(box(-1, 1) + "(assert (or (> Y_0 1e9) (< Y_1 -1e9)))"), max_cells=3)


def test_large_boxes_are_refused_before_their_vertices_are_listed():
    net = families.random_network((30, 3, 2), 0, biases=True)
    with pytest.raises(BudgetExceeded, match=r"a box of 30 varying inputs has 2\^30 vertices"):
        verify_property(net, version_1(box(-1, 1, 30) + "(assert (> Y_0 1e9))", 30))
    assert decided(net, version_1(box(-1, 1, 30) + "(assert (< Y_0 1e9))", 30)).answer == "sat"


def test_polyhedra_with_many_vertices_are_refused(monkeypatch):
    # |x_0| + ... + |x_3| <= 1 and x_0 >= 1/2: no box, so its vertices are counted while they are made
    monkeypatch.setattr("tropical.properties.input_sets._MOST_VERTICES", 5)
    signs = [[(-1) ** (k >> i & 1) for i in range(4)] for k in range(16)]
    sums = ["(+ " + " ".join(f"(* {a} X_{i})" for i, a in enumerate(row)) + ")" for row in signs]
    rows = "".join(f"(assert (<= {left} 1))" for left in sums) + "(assert (>= X_0 0.5))"
    with pytest.raises(BudgetExceeded, match=r"a polyhedron of inputs has \d+ vertices, more than 5;"):
        verify_property(families.random_network((4, 2, 2), 0), version_1(rows, 4))


def test_one_undecided_case_does_not_hide_a_counterexample():
    net = families.random_network((2, 8, 8, 2), 0, biases=True)
    text = box(-1, 1) + "(assert (or (> Y_0 1e9) (and (= X_0 0) (= X_1 0) (<= Y_0 1e9))))"
    assert decided(net, version_1(text), max_cells=3).point == (0, 0)


def test_numbers_of_variables_have_to_match():
    with pytest.raises(InvalidInput, match="as many inputs as the function has, 1, got 2"):
        verify_property(TENT, version_1("", 2, 1))
    with pytest.raises(InvalidInput, match="as many outputs as the function has, 1, got 2"):
        verify_property(TENT, version_1("", 1, 2))
    with pytest.raises(InvalidInput, match="load_property"):
        verify_property(TENT, "prop.vnnlib")


def test_a_verdict_is_no_boolean():
    with pytest.raises(TypeError, match=r"compare \.answer"):
        bool(verify_property(TENT, version_1("", 1, 1)))


# ---------------------------------------------------------------- files that are refused

BAD = {
    "product": ("(assert (<= (* X_0 X_1) 1))", "line 5 column 14: a product of two variables"),
    "quotient": ("(assert (<= (/ 1 X_0) 1))", "divide by numbers other than zero"),
    "division by zero": ("(assert (<= (/ X_0 0) 1))", "divide by numbers other than zero"),
    "unknown function": ("(assert (<= (sin X_0) 1))", "line 5 column 14: unexpected 'sin'"),
    "undeclared": ("(assert (<= X_2 1))", "'X_2' is not declared; write"),
    "declared twice": ("(declare-const X_0 Real)", "declared twice"),
    "gap": ("(declare-const X_3 Real)", "X_2 is not declared"),
    "foreign name": ("(declare-const speed Real)", "inputs are named X_0"),
    "type": ("(declare-const X_2 Int)", "unexpected 'Int'"),
    "nan": ("(assert (<= X_0 nan))", "'nan' is not declared"),
    "infinity": ("(assert (<= X_0 -inf))", "unexpected '-inf'"),
    "long exponent": ("(assert (<= X_0 1e999999999999))", "an exponent is at most"),
    "long product": (f"(assert (<= (* {'1e4000 ' * 90}) X_0))", "at most 100000 bits"),
    "unclosed": ("(assert (<= X_0 1)", "the text ends"),
    "closed twice": ("(assert (<= X_0 1)))", r"unexpected '\)'"),
    "deep": ("(assert " + "(not " * 10**5 + "(<= X_0 1)" + ")" * 10**5 + ")", "nested deeper than 200"),
    "call": ("(assert (<= __import__('os') 1))", "'__import__' is not declared"),
    "if": ("(assert (ite true (<= X_0 1) (<= X_0 2)))", "unexpected 'ite'"),
    "let": ("(assert (let ((a 1)) (<= X_0 a)))", "unexpected 'let'"),
    "stack": ("(push 1)", "unexpected 'push'"),
    "number and name": ("(assert (<= 0.5X_0 1))", "unexpected '0.5X_0'"),
    "many distinct": (f"(assert (distinct {'X_0 ' * 200}))", "more than 100 terms"),
    "binary": ("\x00\x01", "unexpected"),
    "network": ("(declare-network N)", "unexpected 'declare-network'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_of_version_1(name, tmp_path):
    text, message = BAD[name]
    head = "".join(f"(declare-const {variable} Real)\n" for variable in ("X_0", "X_1", "Y_0", "Y_1"))
    (tmp_path / "bad.vnnlib").write_text(head + text)
    with pytest.raises(FormatError, match=message) as caught:
        load_property(tmp_path / "bad.vnnlib")
    assert str(caught.value).startswith("bad.vnnlib")


BAD_2 = {
    "product": ("real [2]", "(assert (<= (* X[0] X[1]) 1.0))", "line 3: a product of two variables"),
    "exponent": ("real [2]", "(assert (<= X[0] 1e-3))", "line 3 column 18: unexpected 'e'"),
    "index": ("real [2]", "(assert (<= X[2] 1.0))", "line 3: Index out of bounds.*X\\[2\\]"),
    "undeclared": ("real [2]", "(assert (<= Z[0] 1.0))", "line 3: Undeclared variable: Z"),
    "integers": ("int32 [2]", "(assert (<= X[0] 1))", "the element type int32 of X; declare it as real"),
    "two inputs": ("real [2]) (declare-input Z real [2]", "(assert (<= X[0] 1.0))", r"2 inputs \(X, Z\)"),
    "hidden": ('real [2]) (declare-hidden H real [2] "h"', "(assert (<= X[0] 1.0))", "the hidden node H"),
    "huge": ("real [100000,100000]", "(assert (<= X[0,0] 1.0))", "`inputs` needs an integer from 1"),
    "deep": ("real [2]", "(assert " + "(and " * 10**5 + "(<= X[0] 1.0)" + ")" * 10**5 + ")", "nested deeper than 200"),
    "unclosed": ("real [2]", "(assert (<= X[0] 1.0)", "line 3"),
    "no ASCII": ("real [2]", "; café\n(assert (<= é 1.0))", "line 4: unexpected 'é'"),
    "cut off by a zero": (
        "real [2]",
        "(assert (<= X[0] 1.0))\n\x00(assert (<= X[0] 0.0))",
        r"line 4: unexpected '.x00'",
    ),
    "brackets behind a quote": (
        'real [2] "\\" "',
        "(assert " + "(and " * 10**5 + "(<= X[0] 1.0)" + ")" * 10**5 + ') "',
        r"line 2: unexpected '.*'; outside",
    ),
    "beyond 64 bits": ("real [2]", f"(assert (<= X[{9**30}] 1.0))", "the package vnnlib does not read it"),
    "long number": ("real [2]", f"(assert (<= X[0] 0.{'1' * 5000}))", "line 3: 0.111.*at most 4300 digits"),
}


@pytest.mark.parametrize("name", BAD_2)
def test_bad_files_of_version_2(name, tmp_path):
    declared, text, message = BAD_2[name]
    head = f"(vnnlib-version <2.0>)\n(declare-network N (declare-input X {declared}) (declare-output Y real [2]))\n"
    (tmp_path / "bad.vnnlib").write_text(head + text)
    with pytest.raises(FormatError, match=message) as caught:
        load_property(tmp_path / "bad.vnnlib")
    assert str(caught.value).startswith("bad.vnnlib")


def test_other_bad_files(tmp_path):
    path = tmp_path / "bad.vnnlib"
    path.write_bytes(b"\xff\xfe(")
    with pytest.raises(FormatError, match="no UTF-8"):
        load_property(path)
    with pytest.raises(OSError, match="missing"):
        load_property(tmp_path / "missing.vnnlib")
    path.write_text("")
    with pytest.raises(FormatError, match="X_0 is not declared"):
        load_property(path)
    path.write_text("; a comment (only\n(declare-network N (declare-input X real [1]) (declare-output Y real [1]))")
    with pytest.raises(FormatError, match="begin with"):
        load_property(path)
    path.write_text(
        "(vnnlib-version <2.0>)(declare-network f (declare-input X real [1])(declare-output Y real [1]))"
        "(declare-network g (equal-to f) (declare-input A real [1])(declare-output B real [1]))(assert (<= X[0] 1.0))"
    )
    with pytest.raises(FormatError, match="2 networks; only properties of one"):
        load_property(path)


def test_an_absent_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "vnnlib", None)
    (tmp_path / "two.vnnlib").write_text(HEADER_2 + "(assert (<= X[0,0] 1.0))")
    with pytest.raises(TropicalError, match=r"pip install 'tropical-learner\[io\]'"):
        load_property(tmp_path / "two.vnnlib")


# ---------------------------------------------------------------- declarations


def test_tensors_are_read_in_row_major_order(tmp_path):
    path = tmp_path / "two.vnnlib"
    path.write_text(
        "; a comment\n(vnnlib-version <2.0>)\n"
        "(declare-network N (declare-input image float32 [2,3]) (declare-output score float32 []))\n"
        "(assert (<= (- (+ image[0,1] (* 2.0 image[1,2])) score) 0.1))\n(assert (< score -7.25))"
    )
    question = load_property(path)
    assert (question.input.size, question.output.size) == (6, 1)
    first, second = question.formula.parts
    assert first.inputs == ((1, 1), (5, 2))
    assert first.outputs == ((0, -1),)
    assert first.bound == Fraction(1, 10)
    assert second.strict
    net = ReLUNetwork([[[1, 0, 0, 0, 0, 0]]])
    verdict = decided(net, question)
    lines = answer_text(verdict, question)[0].splitlines()
    assert lines[:2] == ["sat", "image float32 [2,3]"]
    assert lines[8] == "score float32 []"
    assert [Fraction(line) for line in lines[2:8]] == list(verdict.point)


def test_silent_commands_and_functions_of_no_argument():
    text = """(set-logic QF_LRA) (set-info :source |made by hand (|) ; a comment )
    (declare-fun X_0 () Real) (declare-fun Y_0 () Real)
    (assert (<= 0 X_0 1)) (assert (>= (/ X_0 2) +.25)) (assert (= (- Y_0) -2.E-1)) (check-sat) (get-model) (exit)"""
    question = read_version_1(text, "silent.vnnlib")
    assert question.holds([Fraction(1, 2)], [Fraction(1, 5)])
    assert not question.holds([Fraction(1, 2)], [Fraction(1, 4)])
    assert not question.holds([Fraction(2, 5)], [Fraction(1, 5)])
    assert not question.holds([Fraction(3, 2)], [Fraction(1, 5)])


def test_implications_and_negations_mean_what_they_say():
    question = version_1("(assert (=> (<= X_0 1) (not (= Y_0 2)) (< Y_0 3)))", 1, 1)
    for x in (0, 1, 2):
        for y in (1, 2, 3, 4):
            assert question.holds([Fraction(x)], [Fraction(y)]) == (not (x <= 1 and y != 2) or y < 3)
