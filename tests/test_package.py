"""The packages as a whole: names, import cost, values that survive a journey."""

import copy
import importlib
import importlib.metadata
import pickle
import pkgutil
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import joblib
import pytest

import learner
import tropical
from tropical import (
    Box,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    cells,
    clause_criterion,
    facet_jumps,
    families,
    formal_lattice,
    gaussian,
    layers,
    same_function,
    simplest_between,
)
from tropical.io.vnnlib_grammar import read_version_1

MODULES = sorted(
    module.name
    for package in (tropical, learner)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["tropical", "learner", *MODULES])
def test_every_public_name_of_every_room_exists(name):
    module = importlib.import_module(name)
    assert all(hasattr(module, public) for public in getattr(module, "__all__", []))


@pytest.mark.parametrize("package", [tropical, learner])
def test_no_room_hides_a_public_function(package):
    # after importing every submodule a public function must still be the function, not a module of its name
    for name in MODULES:
        importlib.import_module(name)
    for name in package.__all__:
        value = getattr(package, name)
        assert callable(value) or name in ("families", "gaussian", "layers", "lemmas", "plot")


@pytest.mark.parametrize("names", ["tropical", "learner.__main__, learner"])
def test_import_is_light(names):
    heavy = {"lark", "sympy", "sklearn", "matplotlib", "networkx", "numba", "scipy", "z3", "torch", "pandas"}
    heavy |= {"onnx", "google.protobuf", "safetensors", "pyarrow", "vnnlib", "tqdm", "dask"}
    if "learner" not in names:
        heavy.add("learner")
    code = f"import sys, {names}; print(sorted(set(sys.modules) & {heavy!r}))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_the_learner_loads_its_names_when_they_are_used():
    assert {*learner._HOME, "plot"} == set(learner.__all__) <= set(dir(learner))
    assert len(learner._HOME) == sum(map(len, learner._ROOMS.values()))
    for name, room in learner._HOME.items():
        assert name in importlib.import_module(f"learner.{room}").__all__
    with pytest.raises(AttributeError, match="'learner' has no attribute 'Regressor'"):
        _ = learner.Regressor


def test_there_is_one_version():
    version = tropical.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert learner.__version__ == version == importlib.metadata.version("tropical-learner")
    root = Path(__file__).resolve().parents[1]
    newest = re.search(r"^## (\S+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version
    assert f"\nversion: {version}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")


def test_the_command_lines_name_it():
    for package in ("tropical", "learner"):
        done = subprocess.run([sys.executable, "-m", package, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"tropical-learner {tropical.__version__}\n"


CURVE = TropicalPolynomial({(0, 0): 0, (1, 0): "1/2", (0, 2): -1}, convention="min")
TENT = LatticePolynomial([([1], 0), ([-1], 1), ([0], 0)], [[0, 1], [2]])
MEDIAN = LatticePolynomial([([0, 0], 0), ([1, 0], 0), ([0, 1], 0)], [[0, 1], [0, 2], [1, 2]])
SQUARE_PROPERTY = read_version_1(
    "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (or (and (<= 0 X_0 1) (> Y_0 1)) (< Y_0 X_0 -1 Y_0)))",
    "square.vnnlib",
)
VALUES = [
    CURVE,
    CURVE / CURVE,
    CURVE.newton_polytope(),
    CURVE.regular_subdivision(),
    CURVE.hypersurface(),
    CURVE.hypersurface().cells[0],
    CURVE.hypersurface().ridges[0],
    facet_jumps(cells(families.random_network((2, 2, 1), 0)))[0],
    clause_criterion(TENT),
    clause_criterion(TENT).represents([[0]]),
    simplest_between(TENT, TENT),
    cells(families.random_network((2, 2, 1), 0)).cells[0],
    same_function(families.random_network((2, 2, 1), 0), families.random_network((2, 2, 1), 1)).witness,
    same_function(CURVE, CURVE).certificate,
    TENT.pieces[0],
    cells(TENT).level_set()[0],
    cells(TENT).order_cells()[0],
    formal_lattice([[[2], [-1]], [1, -1]]),
    layers.Affine([[1, "1/2"]]),
    layers.ReLU(),
    layers.LeakyReLU("1/5"),
    layers.Abs(),
    layers.Threshold([1, 2]),
    layers.Maxout([[0, 1]]),
    ReLUNetwork([[[1, 2], ["1/3", 0]], [1, -1]], [[0, 1], 2]),
    LatticePolynomial([([1], 0), ([-1], "1/2")], [[0, 1]], form="min-max"),
    LatticePolynomial([([1], 0)], [[0]]).pieces,
    Box([0], ["1/2"]),
    Polyhedron([[1, 0]], [3]),
    same_function(families.random_network((2, 2, 1), 0), families.random_network((2, 2, 1), 0)),
    same_function(families.random_network((2, 2, 1), 0), families.random_network((2, 2, 1), 1)),
    cells(families.random_network((2, 3, 1), 0)),
    tropical.value_range(TENT),
    tropical.value_range(MEDIAN).descent,
    tropical.value_range(families.random_network((9, 2, 1), 0), tropical.Box([0] * 9, [1] * 9)),
    tropical.lipschitz(TENT, norm="inf"),
    tropical.sup_distance(TENT, 1),
    tropical.sup_distance(MEDIAN, 0, relative=True),
    tropical.is_convex(TENT),
    tropical.is_convex(TENT).witness,
    tropical.is_homogeneous(TENT).witness,
    tropical.is_unreachable(TENT, [tropical.Inequality(1, 0, [1], strict=True)]),
    tropical.Inequality(1, 0, [1], strict=True),
    tropical.RangeBounds((Fraction(0), Fraction(1)), (Fraction(0),), (Fraction(1), None), (Fraction(1),)),
    gaussian.tail(TENT, "1/4"),
    gaussian.mean(MEDIAN),
    gaussian.conditional_moments(MEDIAN, (0, 1)),
    gaussian.conditional_moments(MEDIAN, (0, 1)).mass,
    gaussian.filter_matrix(MEDIAN, gaussian.LabelFilter.ramp(1)),
    gaussian.mean(MEDIAN, method="monte-carlo", n_samples=10, random_state=0),
    gaussian.filter_matrix(MEDIAN, 1, method="monte-carlo", n_samples=10, random_state=0),
    gaussian.LabelFilter.ramp(1),
    SQUARE_PROPERTY,
    tropical.verify_property(TENT, SQUARE_PROPERTY),
    tropical.verify_property(TENT, SQUARE_PROPERTY).proof,
    tropical.check(same_function(*[LatticePolynomial([([1], 0)], [[0]])] * 2).certificate),
    tropical.InvalidInput("n", "a positive number", -1, "raise it"),
    tropical.FormatError("file", "damaged"),
    tropical.BudgetExceeded("too many", (1, 2)),
]


@pytest.mark.parametrize("value", VALUES, ids=[f"{i} {type(v).__name__}" for i, v in enumerate(VALUES)])
def test_values_survive_pickle_deepcopy_and_joblib(value, tmp_path):
    def through_a_file(v):
        joblib.dump(v, tmp_path / "value.joblib")
        return joblib.load(tmp_path / "value.joblib")

    for journey in (lambda v: pickle.loads(pickle.dumps(v)), copy.deepcopy, through_a_file):
        again = journey(value)
        if isinstance(value, BaseException):
            assert (type(again), str(again)) == (type(value), str(value))
        else:
            assert again == value


PLAIN = [value for value in VALUES if not isinstance(value, BaseException)]


def test_every_public_class_of_values_is_on_the_journey():
    rooms = [(tropical, name) for name in tropical.__all__] + [(layers, name) for name in layers.__all__]
    classes = {value for room, name in rooms if isinstance(value := getattr(room, name), type)}
    errors = {c for c in classes if issubclass(c, BaseException)}
    assert classes - errors - {type(value) for value in VALUES} == set()


@pytest.mark.parametrize("value", PLAIN, ids=[f"{i} {type(v).__name__}" for i, v in enumerate(PLAIN)])
def test_values_are_hashable_and_have_a_short_repr(value):
    assert hash(value) == hash(copy.deepcopy(value))
    assert len(repr(value)) < 1000
    assert "\n" not in repr(value)
