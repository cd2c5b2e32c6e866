"""Objects in a notebook: escaped, cut, cheap, and never an error."""

import copy
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from known_functions import MEDIAN
from sklearn.base import BaseEstimator
from test_package import PLAIN

import learner
import tropical as tp
from tropical import gaussian, layers, lemmas
from tropical._display import Records, html_table, matrix_latex, number_latex, number_text, value_text
from tropical.complexes.vector_pictures import cell_picture

HUGE = Fraction(10**5000 + 1, 3)
NET = tp.families.random_network((2, 4, 3, 1), seed=3, biases=True)
COMPILED = tp.families.random_network((2, 8, 6, 1), seed=3, biases=True)
SEARCHED = lemmas.search(lemmas.lemma("Q"), goal="tightest", budget=3)
MORE = [
    *lemmas.catalogue(),
    lemmas.catalogue(),
    lemmas.check("R", MEDIAN),
    lemmas.check("R", MEDIAN).certificate[0],
    lemmas.check("B", NET),
    lemmas.check("Q", MEDIAN).comparisons[0],
    lemmas.check("N", MEDIAN).hypotheses[0],
    lemmas.counting_table([2, 3, 1], seeds=range(2)),
    lemmas.counting_table([2, 3, 1], seeds=range(2)).rows[0],
    SEARCHED,
    lemmas.MAXIMUM_OF_FIVE[2],
    gaussian.mean(tp.parse("max(x0, 0)")).terms[0],
    gaussian.conditional_moments(MEDIAN, (0, 1)).mean,
    gaussian.conditional_moments(MEDIAN, (0, 1)).mean.basis,
    gaussian.LabelFilter.ramp(1).parts[0],
    lemmas.CellFilter([(None, 1), (tp.Box([0], [1]), gaussian.LabelFilter.ramp(1))]),
    gaussian.independent_sum([tp.parse("max(x0, 0)")] * 2),
    learner.RecoveryThreshold(0.5, 0.01, 0),
    learner.RecoveryThreshold(float("inf"), float("inf"), 2),
    learner.FilteredPCA(),
    learner.LatticeRegressor(),
    learner.ExhaustiveFilteredPCA(n_directions=1),
    learner.TeacherSource(NET, 10, noise=0.5),
    learner.Stage("pieces", "<b>" * 1000, 1 / 3),
    learner.SweepCell("net", 300.0, 0, 600, 2, "failed", seconds=1 / 3, error="x" * 5000),
    learner.verify(MEDIAN, MEDIAN),
    learner.verify(MEDIAN, tp.parse("x0", dimension=2), measure=True),
    learner.Verification(False, "no exact function: " + "long " * 1000),
    Records(learner.Stage(str(i), "found", 1.0) for i in range(50)),
    Records(),
    learner.ThresholdFilter(1.0),
    learner.RampFilter(1.0),
    learner.SliceFilter.by_quantiles(__import__("numpy").linspace(0, 1, 200), 64),
    # degenerate
    tp.ReLUNetwork([[[0]]]),
    tp.cells(tp.parse("3", dimension=2)),
    tp.cells(tp.parse("max(x0 + x1, 0)")),
    tp.cells(tp.parse("max(x0, x1, 0)"), tp.Box([0, 0], [1, 1])),
    tp.cells(tp.parse("max(x0, 0)", dimension=1)),
    tp.cells(tp.ReLUNetwork([[[1, -1], [-1, 1]], [1, 1]])),
    tp.TropicalPolynomial({(0, 0): 0}, convention="max").hypersurface(),
    tp.TropicalPolynomial({(1, 0): 0, (0, 0): 0}, convention="max").hypersurface(),
    tp.TropicalPolynomial({(1, 0): 0, (0, 0): 0}, convention="max").regular_subdivision(),
    tp.TropicalPolynomial({(1, 0, 2): 0, (0, 0, 0): 0}, convention="min").newton_polytope(),
    tp.value_range(tp.parse("x0")),
    tp.sup_distance(tp.parse("x0"), 0),
    tp.Polyhedron([[0, 0]], [0]),
    # huge
    tp.LatticePolynomial([([HUGE], HUGE), ([0], 1)], [[0, 1]]),
    tp.LatticePolynomial([([HUGE], HUGE), ([0], 1)], [[0, 1]]).pieces,
    tp.LatticePolynomial([([HUGE], HUGE), ([0], 1)], [[0, 1]]).pieces[0],
    tp.LatticePolynomial([([i] * 300, i) for i in range(300)], [[i, j] for i in range(300) for j in range(i)]),
    tp.LatticePolynomial([([i] * 300, i) for i in range(300)], [[0]]).pieces,
    tp.ReLUNetwork([[[HUGE, 1]], [1]]),
    tp.families.random_network((300, 40, 40, 40, 2), seed=0),
    tp.Box([0] * 1000, range(1, 1001)),
    tp.Box([-HUGE], [HUGE]),
    tp.Polyhedron([[HUGE, 1]], [HUGE]),
    tp.Polyhedron([[1] * 500] * 100, [1] * 100),
    tp.TropicalPolynomial({(HUGE, 0): HUGE, (0, 1): 0, (0, 0): 0}, convention="max"),
    tp.TropicalPolynomial({(HUGE, 0): HUGE, (0, 1): 0, (0, 0): 0}, convention="max").newton_polytope(),
    tp.TropicalPolynomial({(HUGE, 0): HUGE, (0, 1): 0, (0, 0): 0}, convention="max").regular_subdivision(),
    tp.TropicalPolynomial({(HUGE, 0): HUGE, (0, 1): 0, (0, 0): 0}, convention="max").hypersurface(),
    tp.TropicalPolynomial({(i, i * i): i for i in range(60)}, convention="max").hypersurface(),
    tp.cells(tp.ReLUNetwork([[[1, HUGE], [HUGE, 1]], [1, 1]], [[HUGE, 1], None])),
    tp.value_range(tp.parse("x0"), tp.Box([-HUGE], [HUGE])),
    tp.lipschitz(tp.LatticePolynomial([([HUGE, 1], 0)], [[0]])),
    tp.sup_distance(tp.parse("x0"), 0, tp.Box([-HUGE], [HUGE])),
    tp.Witness((HUGE,) * 50, HUGE, (HUGE, HUGE)),
    tp.Ray((HUGE,), (HUGE,)),
    layers.Affine([[HUGE]], [HUGE]),
    layers.LeakyReLU(HUGE),
    layers.Threshold(HUGE),
    layers.Maxout([range(1000)] * 3),
    gaussian.Enclosure(-HUGE, HUGE),
    tp.Certificate("same_function", "x" * 10**7),
    tp.CheckResult(False, "no" * 10**6, "<script>" * 1000, (), None, None),
]
VALUES = PLAIN + MORE
NAMES = [f"{i} {type(value).__name__}" for i, value in enumerate(VALUES)]


class Balanced(HTMLParser):
    """Counts open tags."""

    def __init__(self):
        super().__init__()
        self.open, self.names = [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.names.add(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def html_of(value):
    return value._repr_html_() if hasattr(value, "_repr_html_") else ""


def latex_of(value):
    return value._repr_latex_() if hasattr(value, "_repr_latex_") else ""


def test_every_public_class_shows_itself_in_a_notebook():
    rooms = [(room, room.__all__) for room in (tp, layers, gaussian, lemmas, learner)]
    classes = {value for room, names in rooms for name in names if isinstance(value := getattr(room, name), type)}
    ordinary = {c for c in classes if not issubclass(c, BaseException)}
    silent = {c.__name__ for c in ordinary if not {"_repr_html_", "_repr_latex_"} & set(dir(c))}
    assert silent == set()
    shown = {type(value) for value in VALUES}
    abstract = {lemmas.Lemma}
    assert ordinary - shown - abstract == set()


@pytest.mark.parametrize("value", VALUES, ids=NAMES)
def test_reprs_are_short_and_well_formed(value):
    text, html, latex = repr(value), html_of(value), latex_of(value)
    assert html or latex
    if not isinstance(value, (BaseEstimator, tuple, list)):
        assert len(text) < 1000
        assert "\n" not in text
    if html and not isinstance(value, BaseEstimator):
        parser = Balanced()
        parser.feed(html)
        assert not parser.open
        allowed = {"p", "b", "table", "tr", "td", "th", "sub", "sup", "svg", "polygon", "line", "circle"}
        assert parser.names <= allowed
        assert len(re.sub(r"<svg.*</svg>", "", html)) < 8000
    if latex:
        assert latex.startswith("$")
        assert latex.endswith("$")
        assert latex.count("$") == 2
        bare = re.sub(r"\\[{}]", "", latex)
        assert bare.count("{") == bare.count("}")
        assert len(latex) < 5000


class Broken:
    """What raises wherever it is looked at."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("repr")

    __iter__ = __len__ = __float__ = __bool__ = __str__ = __repr__


BREAKABLE = [(name, value) for name, value in zip(NAMES, VALUES, strict=True) if is_dataclass(value)]


@pytest.mark.parametrize("value", [value for _, value in BREAKABLE], ids=[name for name, _ in BREAKABLE])
def test_broken_objects_are_still_shown(value):
    for field in fields(value):
        damaged = copy.copy(value)
        object.__setattr__(damaged, field.name, Broken())
        shown = [repr(damaged)] if not isinstance(value, (tp.Certificate, tp.CheckResult)) else []
        shown += [getattr(damaged, name)() for name in ("_repr_html_", "_repr_latex_") if hasattr(damaged, name)]
        assert all(isinstance(text, str) for text in shown)


def test_what_was_learned_is_told_in_a_line():
    assert repr(learner.verify(MEDIAN, MEDIAN)) == "Verification(proved: equal to the teacher on all of R^2)"
    different = learner.verify(MEDIAN, tp.parse("x0", dimension=2))
    assert repr(different).startswith("Verification(NOT proved: differs from the teacher at x0 = ")
    assert "certificate" not in different._repr_html_()
    assert repr(learner.TeacherSource(MEDIAN, 10**9)).endswith("n_samples=1000000000, n_features=2, seed=0)")
    stages = Records([learner.Stage("pieces", "8 on R^2", 0.123), learner.Stage("assembly", "4 clauses", 2.0)])
    assert stages._repr_html_() == (
        "<table><tr><th>name</th><th>found</th><th>seconds</th></tr>"
        "<tr><td>pieces</td><td>8 on R^2</td><td>0.12</td></tr>"
        "<tr><td>assembly</td><td>4 clauses</td><td>2.00</td></tr></table>"
    )


# ---------------------------------------------------------------- nothing is computed


def test_the_picture_of_a_complex_computes_no_cells():
    complex_ = tp.cells(COMPILED)
    before = dict(complex_.__dict__)
    html, text = complex_._repr_html_(), repr(complex_)
    assert complex_.__dict__ == before
    assert {"cells", "tables", "n_regions"}.isdisjoint(complex_.__dict__)
    assert not {"_numbered", "_labels", "_cones", "_facets", "_batch"} & set(complex_.source.__dict__)
    assert "pieces" not in html
    assert str(complex_.n_cells) in text
    assert complex_.n_pieces
    assert complex_.tables
    assert "pieces" in complex_._repr_html_()


@pytest.mark.parametrize("kind", ["Verdict", "Range", "Lipschitz", "Distance"])
def test_showing_an_answer_makes_no_proof(kind):
    def proof():
        raise AssertionError("a repr asked for the proof")

    half = Fraction(1, 2)
    made = {
        "Verdict": lambda: tp.Verdict(True, "same function", evidence=proof),
        "Range": lambda: tp.Range(half, (half,), half, (half,), evidence=proof),
        "Lipschitz": lambda: tp.Lipschitz(2, half, (half,), (1,), (half,), evidence=proof),
        "Distance": lambda: tp.Distance(half, (half,), evidence=proof),
    }[kind]()
    assert "made on first use" in made._repr_html_()
    assert repr(made)
    assert latex_of(made).count("$") in (0, 2)
    assert "made on first use" in tp.PropertyVerdict("unsat", evidence=proof)._repr_html_()


def test_pictures_need_no_matplotlib():
    code = (
        "import sys, tropical as tp; from tropical import lemmas;"
        "html = lemmas.check('B', tp.families.random_network((2, 3, 1), 0))._repr_html_();"
        "print('<svg' in html, 'matplotlib' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False"]


# ---------------------------------------------------------------- pictures


def polygons(svg):
    found = []
    for points in re.findall(r'<polygon points="([^"]*)"', svg):
        corners = [tuple(map(float, pair.split(","))) for pair in points.split()]
        pairs = zip(corners, corners[1:] + corners[:1], strict=True)
        found.append(abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in pairs)) / 2)
    return found


@pytest.mark.parametrize("F", [MEDIAN, NET, COMPILED, tp.parse("max(x0, min(x1, 3*x0 - x1))"), tp.to_rational(NET),
                               tp.families.random_network((6, 4, 3, 1), seed=5, rank=2)],
                         ids=["median", "net", "compiled", "lattice", "quotient", "rank two"])  # fmt: skip
def test_the_cells_in_the_picture_tile_it(F):
    areas = polygons(cell_picture(tp.cells(F)))
    assert 0.9 * tp.cells(F).n_cells <= len(areas) <= tp.cells(F).n_cells  # far out there may be cells beyond it
    assert F is COMPILED or len(areas) == tp.cells(F).n_cells
    assert sum(areas) == pytest.approx(220.0**2, rel=2e-3)  # coordinates have one digit after the point


def test_a_box_is_the_picture_of_its_cells():
    areas = polygons(cell_picture(tp.cells(NET, tp.Box([-1, -1], [1, 1]))))
    assert sum(areas) == pytest.approx(220.0**2 / 1.25**2, rel=2e-3)


def test_other_ranks_and_many_cells_have_no_picture():
    assert cell_picture(tp.cells(tp.parse("max(x0, x1, x2)"))) == ""
    assert cell_picture(tp.cells(tp.parse("max(x0, 0)", dimension=2))) == ""
    assert cell_picture(tp.cells(tp.families.random_network((2, 20, 20, 1), seed=0, biases=True))) == ""


def test_reports_show_the_cells_of_their_instance():
    for letter in ("R", "Q", "B", "Gl", "L"):
        html = lemmas.check(letter, NET)._repr_html_()
        assert len(polygons(html)) == tp.cells(NET).n_cells
    assert "<svg" not in lemmas.check("B", tp.families.random_network((3, 4, 1), 0))._repr_html_()


def test_curves_and_polygons_have_pictures():
    x, y = tp.TropicalPolynomial.variables(2, convention="max")
    conic = x**2 + (x * y).scale(1) + y**2 + x.scale(1) + y.scale(1) + x**0
    assert conic.hypersurface()._repr_html_().count("<line") == len(conic.hypersurface().cells)
    assert len(polygons(conic.regular_subdivision()._repr_html_())) == 4
    assert len(polygons(conic.newton_polytope()._repr_html_())) == 1


# ---------------------------------------------------------------- text


def test_foreign_text_is_escaped():
    evil = "<script>alert(1)</script>"
    shown = [
        tp.Verdict(True, evil),
        tp.Certificate(evil, evil),
        tp.CheckResult(True, evil, evil, (), None, None),
        tp.Lipschitz(2, Fraction(1), (Fraction(1),), (evil,), (Fraction(0),)),
        lemmas.Comparison(evil, evil, "=", evil, True),
        lemmas.Hypothesis(evil, True),
        lemmas.lemma("Q").report([lemmas.Comparison(evil, evil, "=", evil, False)]),
    ]
    for value in shown:
        assert "<script" not in value._repr_html_()
        assert "&lt;script" in value._repr_html_()
    assert "<b>" not in html_table([("<b>",)], ("<b>",))


def test_functions_and_domains_are_written_in_the_notation_of_the_field():
    assert tp.Box([0, 0], [1, "1/2"])._repr_latex_() == r"$[0,\, 1] \times [0,\, \tfrac{1}{2}]$"
    assert repr(tp.Box([-1] * 784, [1] * 784)) == "Box([-1, 1]^784)"
    half_plane = tp.Polyhedron([[1, -2]], ["1/2"])
    assert repr(half_plane) == "Polyhedron(x0 - 2*x1 <= 1/2; 1 inequalities in R^2)"
    assert half_plane._repr_latex_().endswith(r"x_{0} - 2x_{1} \le \tfrac{1}{2}\right\}$")
    network = tp.ReLUNetwork([[[1], [-1]], [1, 1]])
    assert network._repr_latex_() == (
        r"$F(x) = \begin{pmatrix} 1 & 1 \end{pmatrix} \,\mathrm{relu}\!\left("
        r"\begin{pmatrix} 1 \\ -1 \end{pmatrix} x\right)$"
    )
    assert repr(tp.parse("2*x0 - 1/3*x1 + 1").pieces[0]) == "AffinePiece(2*x0 - 1/3*x1 + 1)"
    steep = tp.AffinePiece((Fraction(-2.1), Fraction(1)), Fraction(1, 3))
    assert repr(steep) == "AffinePiece(-2.10000…*x0 + x1 + 1/3)"
    assert steep._repr_latex_() == r"$-2.10000{\ldots}x_{0} + x_{1} + \tfrac{1}{3}$"
    assert Fraction(str(steep).split("*")[0]) == Fraction(-2.1)  # the text itself is exact
    assert tp.lipschitz(tp.parse("x0 + x1"))._repr_latex_() == r"$\Lambda_{2} = \sqrt{2}$"
    assert tp.value_range(tp.parse("abs(x0)"))._repr_latex_() == r"$\left[0,\, \infty\right)$"


def test_numbers_and_values_are_cut():
    assert number_latex(Fraction(-3, 4)) == r"-\tfrac{3}{4}"
    assert number_latex(-7) == "-7"
    assert "bits" in number_latex(HUGE)
    assert number_latex(Fraction(0.1)) == r"0.100000{\ldots}"
    assert number_text(-Fraction(2**70, 3**40)) == "-97.1067…"
    assert number_text(Fraction(10**40, 3)) == "3.33333E+39…"
    assert number_text(Fraction(2**40, 3**20)) == "1099511627776/3486784401"
    assert str(tp.Witness((Fraction(1, 3**80),), Fraction(1), Fraction(0.1))) == (
        "at x0 = 6.76549E-39…: 1 against 0.100000…"
    )
    assert matrix_latex([[Fraction(1)] * 9] * 7) == r"\mathbb{Q}^{7 \times 9}"
    assert value_text(tuple(range(100))) == "(0, 1, 2, 3, … 96 more)"
    assert value_text((6, 4, 3, 2, 1)) == "(6, 4, 3, 2, 1)"
    assert value_text("x" * 100) == "x" * 59 + "…"
    assert value_text(Broken()) == "a Broken that cannot be shown"
    assert html_table(((i,) for i in range(10**9)), total=10**9).endswith("<p>and 999999988 more rows</p>")
