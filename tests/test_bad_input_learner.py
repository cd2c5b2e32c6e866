"""Bad input to `learner`: every public callable, every parameter, a value of every sort (see bad_input.py)."""

import copy
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from bad_input import (
    ANYTHING,
    COUNT,
    FLAG,
    LIMIT,
    NATURAL,
    OPTIONAL,
    POSITIVE,
    RANDOM_STATE,
    SPECIFIC,
    Table,
    table_tests,
)
from sklearn.exceptions import NotFittedError

import tropical as tp
from learner import (
    ExhaustiveFilteredPCA,
    FilteredPCA,
    LatticeRegressor,
    RampFilter,
    SliceFilter,
    TeacherSource,
    ThresholdFilter,
    audit,
    sample,
    sweep,
    verify,
)
from learner.plot import recovery_table, relevant_plane, scree, sine_curves

mpl.use("agg")

TEACHER = tp.ReLUNetwork([[[1, 0]], [1]])
X, Y = sample(TEACHER, 40, random_state=0)
PCA = FilteredPCA().fit(X, Y)
MODEL = LatticeRegressor(random_state=0).fit(X, Y)
NET = {"n_directions": 1, "lipschitz": 1, "grid": 1}
EXHAUSTIVE = ExhaustiveFilteredPCA(**NET).fit(X, Y)

TABLE = Table()
row = TABLE.row

WIDE = ("2 x 7 floats", "2 x 7 integers")
FRACTION = SPECIFIC(0.1, "0.5", "float32")
SAMPLES = SPECIFIC(X)
LABELS = SPECIFIC(Y)
ROWS = SPECIFIC(X, "array of 1e300")
ANY_ROWS = SPECIFIC(X, "array of 1e300", "array without rows")

row(
    "learner.FilteredPCA",
    call=lambda **options: FilteredPCA(**options).fit(X, Y),
    n_components=SPECIFIC("auto", "0", "1", "2"),
    method=SPECIFIC("likelihood"),
    filter=OPTIONAL(None),
    n_slices=COUNT(16, "10^9", "10^400", but=("1",)),
    n_cells=NATURAL(8, but=("0",)),
    mean_weight=SPECIFIC(1.0, "0", "1", "2", "0.5", "2.0", "float32", "1e300", "10^9"),
    level=FRACTION,
    whiten=FLAG(False),
    basis=OPTIONAL(None, "[]", "()", "[-1]", "[10^9]", "array without rows"),
    predictor=OPTIONAL(None),
    random_state=RANDOM_STATE(0),
    memory_budget=NATURAL(1 << 20, but=("0",)),
)
row("learner.FilteredPCA.fit", called={"X": "Parquet"}, call=FilteredPCA().fit, X=SAMPLES, y=LABELS)
row(
    "learner.FilteredPCA.partial_fit",
    call=lambda **given: FilteredPCA().partial_fit(**given),
    X=SAMPLES,
    y=LABELS,
    solve=FLAG(True),
)
row("learner.FilteredPCA.merge", call=lambda other: copy.deepcopy(PCA).merge(other), other=SPECIFIC(PCA))
row("learner.FilteredPCA.transform", on=PCA, X=ROWS)
row(
    "learner.LatticeRegressor",
    call=lambda **options: LatticeRegressor(**options).fit(X, Y),
    n_components=SPECIFIC("auto", "0", "1", "2"),
    validation_fraction=FRACTION,
    level=FRACTION,
    max_cells=NATURAL(4000, but=("0",)),
    max_samples=NATURAL(4000, but=("0",)),
    max_time=SPECIFIC(None, "None", "0.5", "1", "2", "2.0", "float32", "1e300", "10^9", "infinity"),
    random_state=RANDOM_STATE(0),
    progress=FLAG(False),
)
row(
    "learner.LatticeRegressor with a callback",
    call=lambda callback: LatticeRegressor(callback=callback).fit(X, Y),
    standard=(TypeError,),  # of what is called
    callback=OPTIONAL(None, "function", "class"),
)
row(
    "learner.LatticeRegressor.fit",
    called={"X": "Parquet"},
    call=LatticeRegressor(random_state=0).fit,
    X=SAMPLES,
    y=LABELS,
)
row("learner.LatticeRegressor.predict", on=MODEL, X=ROWS)
row("learner.LatticeRegressor.is_sure", on=MODEL, X=ROWS)
row(
    "learner.ExhaustiveFilteredPCA",
    call=lambda **options: ExhaustiveFilteredPCA(**options).fit(X, Y),
    n_directions=COUNT(1, "0"),
    n_pieces=COUNT(2),
    lipschitz=POSITIVE(1),
    grid=POSITIVE(1),
    threshold=SPECIFIC(None, "None", "0", "0.5", "1", "2", "2.0", "float32", "1e300", "10^9"),
    ramp=FLAG(False),
    net=SPECIFIC("lattice"),
    hidden_widths=ANYTHING((2,)),  # not used by the lattice net
    spectral_norms=ANYTHING(None),
    final_grid=POSITIVE(None, "None"),
    eigenvalue=SPECIFIC(None, "None", "0.5", "1", "2", "2.0", "float32", "1e300", "10^9"),
    soundness=SPECIFIC(1.0, "0.5", "1", "float32"),
    level=FRACTION,
    search=SPECIFIC("first"),
    max_candidates=LIMIT(10**6),
    progress=FLAG(False),
)
row(
    "learner.ExhaustiveFilteredPCA with the weight net",
    called={"hidden_widths": "spectral_norms"},
    call=lambda **options: ExhaustiveFilteredPCA(n_directions=1, net="weights", grid=1, **options).fit(X, Y),
    hidden_widths=SPECIFIC((1,)),
    spectral_norms=SPECIFIC([1, 1], "[10^9]", "[10^400]"),
)
row("learner.ExhaustiveFilteredPCA.fit", call=ExhaustiveFilteredPCA(**NET).fit, X=SAMPLES, y=LABELS)
row("learner.ExhaustiveFilteredPCA.predict", on=EXHAUSTIVE, X=ANY_ROWS)
row("learner.ExhaustiveFilteredPCA.transform", on=EXHAUSTIVE, X=ANY_ROWS)
NUMBER = SPECIFIC(1.0, "0", "1", "2", "0.5", "2.0", "float32", "1e300", "10^9")
for kind, extra in ((ThresholdFilter, ()), (RampFilter, ("0",))):
    name = f"learner.{kind.__name__}"
    row(
        name,
        called={"predictor": "x[0]"},
        call=lambda kind=kind, **given: kind(**given)(np.ones(3), np.ones((3, 1))),
        threshold=SPECIFIC(1.0, "0", "1", "2", "0.5", "2.0", "float32", "1e300", "10^9", but=extra),
        predictor=OPTIONAL(None),
    )
    row(f"{name}.__call__", on=kind(1.0), y=ANYTHING(Y), p=ANYTHING(None))
row(
    "learner.SliceFilter",
    called={"predictor": "x[0]"},
    call=lambda **given: SliceFilter(**given).index(np.ones(3), np.ones((3, 1))),
    edges=SPECIFIC([0.0, 1.0], "[]", "()", "[0.5]", "seven integers"),
    predictor=OPTIONAL(None),
)
row(
    "learner.SliceFilter.by_quantiles",
    call=lambda **given: SliceFilter.by_quantiles(**given),
    y=ANYTHING(Y),
    count=COUNT(4),
    p=ANYTHING(None),
    predictor=OPTIONAL(None),
)
row("learner.SliceFilter.index", on=SliceFilter([0.0, 1.0]), y=ANYTHING(Y), p=ANYTHING(None))
TEACHERS = SPECIFIC(TEACHER, "function of seven inputs")
NOISE = SPECIFIC(0.0, "0", "1", "2", "0.5", "2.0", "float32", "1e300", "10^9")
row("learner.sample", teacher=TEACHERS, n=COUNT(9), noise=NOISE, random_state=RANDOM_STATE(0))
row(
    "learner.TeacherSource",
    teacher=TEACHERS,
    n=NATURAL(9, but=("0",)),
    seed=NATURAL(0),
    chunk=NATURAL(9, but=("0",)),
    noise=NOISE,
)
SOURCE = TeacherSource(TEACHER, 9)
row(
    "learner.distributed.distribute",
    source=SPECIFIC(SOURCE),
    client=SPECIFIC(SimpleNamespace(compute=None)),
    tasks=NATURAL(9, but=("0",)),
    fan_in=NATURAL(8, but=("0", "1")),
)
row("learner.TeacherSource.parts", on=SOURCE, budget_bytes=NATURAL(999, but=("0",)))
row(
    "learner.TeacherSource.chunks",
    call=lambda budget_bytes: list(SOURCE.chunks(budget_bytes)),
    budget_bytes=NATURAL(999, but=("0",)),
)
row(
    "learner.as_source",
    called={"X": "Parquet"},
    standard=(OSError,),
    call=lambda X, y: list(__import__("learner").as_source(X, y).chunks()),
    X=SPECIFIC(X),
    y=LABELS,
)
row(
    "learner.audit",
    call=audit,
    standard=(NotFittedError,),
    model=SPECIFIC(EXHAUSTIVE),
    teacher=SPECIFIC(TEACHER),
    n_samples=COUNT(100),
    random_state=RANDOM_STATE(0),
)
row(
    "learner.sweep",
    call=sweep,
    teachers=SPECIFIC({"a": TEACHER}, "{}"),
    alphas=SPECIFIC([10.0], "[]", "()", "[0.5]", "seven integers", "array without rows"),
    seeds=SPECIFIC([0], "[]", "()", "seven integers", "[10^9]", "array without rows"),
    estimator=ANYTHING(FilteredPCA(n_components=1)),
    results=OPTIONAL(None),
    noise=NOISE,
    n_test=COUNT(9),
    cap=SPECIFIC(None, "None", "0.5", "1", "2", "2.0", "float32", "1e300", "10^9", "infinity"),
    n_jobs=COUNT(1, untried=("2", "-1")),
    client=OPTIONAL(None),
    progress=FLAG(False),
)
row(
    "learner.verify",
    call=verify,
    model=SPECIFIC(MODEL, "function of seven inputs"),
    teacher=SPECIFIC(TEACHER),
    max_cells=LIMIT(99),
    measure=FLAG(False),
)
row(
    "learner.weak_recovery_threshold",
    called={"function": "X"},
    function=SPECIFIC(lambda z: z[:, 0] ** 2, "function of seven inputs"),
    k=COUNT(1),
    points=COUNT(64),
    repeats=COUNT(3, but=("1", "2")),
    random_state=NATURAL(0),
)
RECORDS = [{"alpha": 2.0, "sine": 0.5, "teacher": "a", "proved": True}]
KEYS = dict.fromkeys(("rows", "columns", "value", "alpha", "sine"), "records[0]")
AX = {"ax": OPTIONAL(None)}
row(
    "learner.plot.recovery_table",
    called=KEYS,
    call=recovery_table,
    records=SPECIFIC(RECORDS),
    rows=SPECIFIC("teacher"),
    columns=SPECIFIC("alpha"),
    value=SPECIFIC("proved"),
    **AX,
)
row(
    "learner.plot.sine_curves",
    called=KEYS,
    call=sine_curves,
    records=SPECIFIC(RECORDS),
    alpha=SPECIFIC("alpha"),
    sine=SPECIFIC("sine"),
    by=SPECIFIC("teacher", "None", "word", "no word", "1/0", "3/4", "superscript", "5000 digits"),
    threshold=SPECIFIC(None, "None", "1", "2", "0.5", "2.0", "float32", "infinity", "10^9"),
    log=FLAG(False),
    **AX,
)
row(
    "learner.plot.relevant_plane",
    called={"model": "X"},
    call=relevant_plane,
    model=SPECIFIC([[1.0, 0.0], [0.0, 1.0]], "[-1]", "[10^9]"),
    X=SPECIFIC(X),
    y=SPECIFIC(Y),
    components=SPECIFIC((0, 1)),
    max_points=NATURAL(99, but=("0",)),
    label=SPECIFIC("y", "word", "no word", "superscript", "1/0", "3/4", "5000 digits"),
    **AX,
)
row(
    "learner.plot.scree",
    call=scree,
    standard=(NotFittedError,),
    pca=SPECIFIC(PCA),
    n_eigenvalues=LIMIT(2),
    draws=COUNT(2),
    level=FRACTION,
    random_state=RANDOM_STATE(0),
    **AX,
)


@pytest.mark.parametrize("estimator", [FilteredPCA(), LatticeRegressor(), ExhaustiveFilteredPCA(**NET)])
@pytest.mark.parametrize("odd", [np.asarray(Y > 0), (Y > 0).tolist(), [str(value) for value in Y], Y.astype(str)])
def test_labels_of_the_right_length_that_are_no_numbers(estimator, odd):
    with pytest.raises(tp.InvalidType, match="`y` needs"):
        estimator.fit(X, odd)
    with pytest.raises(tp.InvalidType, match="`X` needs"):
        estimator.fit(np.column_stack([odd, odd]), Y)


test_bad_input, test_the_right_values_are_right = table_tests(TABLE)
