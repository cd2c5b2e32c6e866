"""Functions in the syntax of other systems: z3 reads SMT-LIB, small readers of Sage's and polymake's input the rest."""

import re
from fractions import Fraction

import pytest
import z3
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tropical import (
    Box,
    BudgetExceeded,
    FormatError,
    InvalidInput,
    InvalidType,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    TropicalRational,
    families,
    load,
    parse,
    same_function,
    save,
)
from tropical.io import to_latex, to_polymake, to_sage, to_smtlib, to_smtlib_equality, to_text
from tropical.testing import functions, networks, points

FUNCTIONS = st.integers(1, 3).flatmap(functions)
WITH_POINTS = st.integers(1, 3).flatmap(lambda d: st.tuples(functions(d), st.lists(points(d), min_size=1, max_size=4)))


# ---------------------------------------------------------------- SMT-LIB, read by z3


def decided(script):
    solver = z3.Solver()
    solver.from_string(script)
    return str(solver.check())


def number(value):
    text = f"(/ {abs(value.numerator)}.0 {value.denominator}.0)"
    return f"(- {text})" if value < 0 else text


@given(WITH_POINTS)
@settings(max_examples=60)
def test_z3_finds_the_exact_values(case):
    F, places = case
    claims = [f"(= (F {' '.join(map(number, x))}) {number(F(x))})" for x in places]
    assert decided(to_smtlib(F) + f"(assert (not (and {' '.join(claims)})))") == "unsat"
    assert decided(to_smtlib(F) + f"(assert (and {' '.join(claims)}))") == "sat"


@given(networks(outputs=2), st.data())
@settings(max_examples=20)
def test_several_outputs_are_several_definitions(net, data):
    x = data.draw(points(net.dimension))
    arguments = " ".join(map(number, x))
    claims = [f"(= (net_{j} {arguments}) {number(value)})" for j, value in enumerate(net(x))]
    assert decided(to_smtlib(net, name="net") + f"(assert (not (and {' '.join(claims)})))") == "unsat"


@given(st.integers(1, 2).flatmap(lambda d: st.tuples(functions(d), functions(d))))
@settings(max_examples=40)
def test_z3_decides_equality_as_we_do(pair):
    F, G = pair
    assert decided(to_smtlib_equality(F, G)) == ("unsat" if same_function(F, G) else "sat")
    assert decided(to_smtlib_equality(F, F)) == "unsat"


def test_equality_on_a_domain():
    F, G = parse("max(x0, 0)"), parse("x0")
    assert decided(to_smtlib_equality(F, G)) == "sat"
    assert decided(to_smtlib_equality(F, G, Box([0], [1]))) == "unsat"
    assert decided(to_smtlib_equality(F, G, Polyhedron([[3]], ["-1/7"]))) == "sat"
    nets = [families.random_network((3, 4, 2), seed) for seed in (0, 1)]
    assert decided(to_smtlib_equality(*nets)) == "sat"
    assert decided(to_smtlib_equality(nets[0], nets[0])) == "unsat"
    with pytest.raises(InvalidInput, match="1 inputs and 1 outputs, as F has"):
        to_smtlib_equality(F, nets[0])


@pytest.mark.parametrize("name", ["x0", "g12", "let", "a b", "1F", "", "F)", 3])
def test_names_that_would_mean_something_else_are_refused(name):
    with pytest.raises(InvalidInput, match="`name` needs"):
        to_smtlib(parse("x0"), name=name)


def test_a_wide_maximum_is_not_a_deep_term():
    F = LatticePolynomial([([i, 1], -i * i) for i in range(1000)], [[i] for i in range(1000)])
    text = to_smtlib(F)
    assert text.count("(let") == 11
    assert decided(text + "(assert (not (= (F 3.0 2.0) 4.0)))") == "unsat"


# ---------------------------------------------------------------- Sage's input, run on a tropical semiring of ten lines


class Semiring:
    def __init__(self, field, use_min):
        assert field is Fraction
        self.best = min if use_min else max

    def __call__(self, value):
        return Scalar(value)


class Scalar:
    def __init__(self, value):
        assert isinstance(value, Fraction)
        self.value = value

    def lift(self):
        return self.value


def ring(semiring, number, names):
    assert number == len(names)  # without it Sage makes another kind of ring for one variable, with other exponents

    def polynomial(terms):
        for exponents, coefficient in terms.items():
            assert len(exponents) == len(names)
            assert all(type(a) is int and a >= 0 for a in exponents)  # Sage's polynomials have no others
            assert isinstance(coefficient, Fraction)

        def value(*x):
            sums = [c + sum(a * t.value for a, t in zip(e, x, strict=True)) for e, c in terms.items()]
            return Scalar(semiring.best(sums))

        return value

    return polynomial


def run_sage(text):
    names = {"QQ": Fraction, "TropicalSemiring": Semiring, "PolynomialRing": ring, "Polyhedron": lambda **given: given}
    exec(text, names)
    return names


@given(WITH_POINTS)
@settings(max_examples=40)
def test_sage_has_the_exact_values(case):
    F, places = case
    found = run_sage(to_sage(F))["F"]
    assert [found(*x) for x in places] == [F(x) for x in places]


def test_sage_of_fractional_and_negative_exponents():
    R = TropicalRational(TropicalPolynomial({("1/2", -1): 0, (0, "1/3"): "2/5"}, convention="min"))
    text = to_sage(R)
    assert "use_min=True" in text
    assert "# F(x) = (P(x) - Q(x)) / 6" in text
    assert run_sage(text)["F"](Fraction(1, 7), Fraction(3)) == R(["1/7", 3])


def test_exponents_that_the_other_system_cannot_hold_are_remarked():
    few, many, most = (TropicalPolynomial({(a,): 0, (0,): 1}, convention="max") for a in (2**31 - 1, 2**31, 2**63))
    assert "# exponents" not in to_sage(few) + to_polymake(many)
    assert "# exponents of 32 bits: Sage holds 31;" in to_sage(many)
    assert "# exponents of 64 bits: polymake holds 63;" in to_polymake(most)


def test_polyhedra():
    square = Polyhedron([[1, "1/2"], [-1, 0]], ["1/3", 0])
    assert run_sage(to_sage(square))["P"] == {
        "ieqs": [[Fraction(1, 3), -1, Fraction(-1, 2)], [0, 1, 0]],
        "base_ring": Fraction,
    }
    assert "INEQUALITIES=>[[1/3, -1, -1/2], [0, 1, 0]]" in to_polymake(square)
    assert to_sage(Box([0], [1])) == to_sage(Box([0], [1]).polyhedron())


# ---------------------------------------------------------------- polymake's input, read as its parser reads it

TERM = re.compile(r"([+-]?)([0-9]+(?:/[0-9]+)?)(?:\*([a-z][a-z0-9]*))?")


def read_polymake(text, name):
    (kind, sums, variables), *_ = re.findall(rf'\${name} = toTropicalPolynomial\("(\w+)\((.*)\)", qw\((.*)\)\);', text)
    terms = []
    for part in sums.split(","):
        constant, exponents = Fraction(0), dict.fromkeys(variables.split(), 0)
        assert TERM.sub("", part.strip()) == ""
        for sign, size, variable in TERM.findall(part):
            value = Fraction(size) * (-1 if sign == "-" else 1)
            if variable:
                assert value.denominator == 1
                exponents[variable] += int(value)
            else:
                constant += value
        terms.append((constant, tuple(exponents.values())))
    assert len({sum(exponents) for _, exponents in terms}) == 1  # homogeneous
    best = {"max": max, "min": min}[kind]
    return (
        kind,
        sum(terms[0][1]),
        lambda x: best(c + sum(a * t for a, t in zip(e, (0, *x), strict=True)) for c, e in terms),
    )


@given(WITH_POINTS)
@settings(max_examples=40)
def test_polymake_has_the_exact_values(case):
    F, places = case
    text = to_polymake(F)
    kind, degree, P = read_polymake(text, "P")
    Q = None
    scale = int(re.match(r"# F\(x\) = .*? / ([0-9]+),|# ", text)[1] or 1)
    if "$Q" in text:
        other, same, Q = read_polymake(text, "Q")
        assert (other, same) == (kind, degree)
        assert f"new TropicalRationalFunction<{kind.capitalize()}>(NUMERATOR=>$P, DENOMINATOR=>$Q);" in text
    else:
        assert f"new Hypersurface<{kind.capitalize()}>(POLYNOMIAL=>$P);" in text
    for x in places:
        assert (P(x) - (Q(x) if Q else 0)) / scale == F(x)


@pytest.mark.parametrize("write", [to_sage, to_polymake, to_text])
def test_several_outputs_and_other_objects(write):
    with pytest.raises(InvalidInput, match="one output"):
        write(families.random_network((2, 2, 2), 0))
    with pytest.raises(InvalidType):
        write(3)


def test_conversions_have_a_budget():
    net = families.random_network((3, 12, 12, 1), 0)
    with pytest.raises(BudgetExceeded):
        to_text(net, max_cells=5)
    with pytest.raises(BudgetExceeded):
        to_sage(net, max_terms=5)
    with pytest.raises(BudgetExceeded):
        to_polymake(net, max_terms=5)


# ---------------------------------------------------------------- formulas


@given(FUNCTIONS)
@example(LatticePolynomial([([0, 0], 0), ([0, 1], 0)], [[0]]))  # no clause uses the piece x1
@settings(max_examples=60)
def test_text_reads_back_as_the_same_function_of_as_many_variables(F):
    again = parse(to_text(F))
    assert again.dimension == F.dimension
    assert same_function(again, F)


LATEX = (r"\max", "max"), (r"\min", "min"), (r"\left", ""), (r"\right", ""), ("{", ""), ("}", "")


@given(FUNCTIONS)
@settings(max_examples=60)
def test_latex_says_the_same(F):
    assume(not isinstance(F, ReLUNetwork))
    text = re.sub(r"\\tfrac\{([0-9]+)\}\{([0-9]+)\}", r"\1/\2", to_latex(F))
    for mark, plain in LATEX:
        text = text.replace(mark, plain)
    again = parse(re.sub(r"([0-9])x_", r"\1*x_", text).replace("x_", "x"), F.dimension)
    assert same_function(again, F)


def test_latex_is_not_cut():
    F = LatticePolynomial([([i, 1], i) for i in range(60)], [list(range(60))])
    assert to_latex(F).count("x_{0}") == 59
    assert "…" not in to_latex(F)


def test_a_network_in_latex():
    net = ReLUNetwork([[[1, "1/2"], [0, -1]], [1, 2]], [[0, "-1/3"], 0])
    assert to_latex(net) == (
        r"\begin{pmatrix} 1 & 2 \end{pmatrix} \operatorname{relu}\left("
        r"\begin{pmatrix} 1 & \tfrac{1}{2} \\ 0 & -1 \end{pmatrix} x + "
        r"\begin{pmatrix} 0 \\ -\tfrac{1}{3} \end{pmatrix}\right)"
    )


# ---------------------------------------------------------------- files


def test_suffixes(tmp_path):
    F = parse("max(min(x0, 2*x1 - 1/3), 0)")
    for suffix, make in ((".smt2", to_smtlib), (".tex", to_latex), (".sage", to_sage), (".polymake", to_polymake)):
        save(F, tmp_path / f"f{suffix}")
        assert (tmp_path / f"f{suffix}").read_text().rstrip("\n") == make(F).rstrip("\n")
    save(F, tmp_path / "f.smt2", name="teacher")
    assert "(define-fun teacher" in (tmp_path / "f.smt2").read_text()
    save(F, tmp_path / "f.TXT")
    assert same_function(load(tmp_path / "f.TXT"), F)
    assert load(tmp_path / "f.TXT", dimension=3).dimension == 3
    save(F, tmp_path / "f")
    assert load(tmp_path / "f") == F


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("f.docx", {}, r"one of the suffixes \.json, .*got 'f\.docx'"),
        ("f.json", {"dtype": "float32"}, r"as \.json does not"),
        ("f.onnx", {"name": "F"}, "known are dtype, rounded"),
    ],
)
def test_other_suffixes_and_options(tmp_path, name, options, message):
    with pytest.raises(InvalidInput, match=message):
        save(parse("x0"), tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_damaged_text(tmp_path):
    for content, message in (
        (b"max(x0,", "f.txt, line 1, column 7: the text ends"),
        (b"\xff", "byte 0: no UTF-8"),
        (b"", "f.txt, .*: the text ends"),
    ):
        (tmp_path / "f.txt").write_bytes(content)
        with pytest.raises(FormatError, match=message):
            load(tmp_path / "f.txt")
    with pytest.raises(InvalidInput, match=r"as \.txt does not"):
        load(tmp_path / "f.txt", layers=[])


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".pickle", ".joblib", ".CKPT"])
def test_pickles_are_not_read(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"cos\nsystem\n(S'echo exploded'\ntR.")
    with pytest.raises(FormatError, match="a pickle can run any code, and is not read"):
        load(path)
