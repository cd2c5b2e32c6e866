"""The core works without any extra, and what needs one names it."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import learner
import tropical

PACKAGES = {
    "io": ["onnx", "pyarrow", "vnnlib", "safetensors"],
    "viz": ["matplotlib"],
    "distributed": ["dask", "distributed", "array_api_compat"],
    "smt": ["z3"],
    "testing": ["hypothesis"],
}
EVERY = [package for packages in PACKAGES.values() for package in packages] + [
    "torch",
    "statsmodels",
    "IPython",
    "pytest",
]

CORE = """
import tropical as tp
from learner import FilteredPCA, LatticeRegressor, sample, verify
from tropical.__main__ import main

net = tp.families.random_network((5, 3, 3, 1), 1, rank=2)
assert tp.cells(net).n_cells > 1
F = tp.lattice(net)
assert tp.check(tp.same_function(net, F).certificate, net, F)
assert str(tp.parse(str(F))) and F.to_sympy() is not None
assert float(tp.gaussian.second_moment(net)) > 0
assert tp.lemmas.check("B", net)
tp.save(F, "f.json"), tp.save(F, "f.smt2"), tp.save(F.to_network(), "net.safetensors", rounded=True)
assert tp.load("f.json") == F and tp.load("net.safetensors").dimension == 5
X, y = sample(net, 1500, random_state=0)
assert FilteredPCA(2).fit(X, y).components_.shape == (2, 5)
assert verify(LatticeRegressor(random_state=0).fit(X, y), net).proved
assert main(["show", "f.json"]) == 0
"""
NEEDS = {  # the extra, and calls that need it
    "io": [
        "tp.save(net, 'net.onnx')",
        "open('given.onnx', 'wb').close() or tp.load('given.onnx')",
        "open('p.vnnlib', 'w').write('(vnnlib-version <2.0>)') and tp.load_property('p.vnnlib')",
        "learner.sample_files.write_samples('s.parquet', X, y)",
        "open('given.parquet', 'wb').close() or learner.sample_files.read_samples(['given.parquet'])",
        "learner.as_source('given.parquet')",
        "learner.sweep({'net': net}, alphas=[10], seeds=[0], results='r.parquet')",
    ],
    "viz": ["tp.plot.cells(net, window=2)", "learner.plot.scree(learner.FilteredPCA(1).fit(X, y))"],
    "distributed": ["learner.distributed.distribute(learner.as_source(X, y))", "model.predict(Foreign())"],
    "testing": ["importlib.import_module('tropical.testing')", "tp.lemmas.search(tp.lemmas.lemma('B'))"],
}
CALLS = [call for calls in NEEDS.values() for call in calls]


def program(body):
    """A program in which no package of an extra can be imported."""
    return f"""
import sys
from importlib.abc import MetaPathFinder
class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {set(EVERY)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
{body}
"""


def output(body, folder):
    run = subprocess.run([sys.executable, "-c", program(body)], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_core_works(tmp_path):
    output(CORE, tmp_path)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    body = f"""
import importlib, json, warnings
import numpy as np
import tropical as tp
import learner, learner.distributed, learner.sample_files
net = tp.families.random_network((2, 2, 1), 0)
X, y = learner.sample(net, 200, random_state=0)
model = learner.LatticeRegressor(n_components=1, random_state=0).fit(X, y)
class Foreign:  # an array of another library
    shape, dtype, ndim = (3, 2), "float64", 2
    def __dlpack__(self, **_):
        raise NotImplementedError
answers = {{}}
for call in {CALLS!r}:
    try:
        eval(call)
        answers[call] = "nothing"
    except Exception as error:
        answers[call] = f"{{type(error).__name__}}: {{error}}"
print(json.dumps(answers))
"""
    return json.loads(output(body, tmp_path_factory.mktemp("bare")).splitlines()[-1])


@pytest.mark.parametrize(("extra", "call"), [(extra, call) for extra, calls in NEEDS.items() for call in calls])
def test_what_needs_an_extra_names_it(answers, extra, call):
    assert f"pip install 'tropical-learner[{extra}]'" in answers[call], answers[call]
    assert answers[call].startswith(("ImportError", "TropicalError"))


def test_the_packages_of_the_extras_are_all_hidden_here():
    root = Path(__file__).resolve().parents[1]
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra, packages in PACKAGES.items():
        named = {re.match(r"[\w-]+", text)[0].replace("-", "_") for text in extras[extra]}
        assert named <= {*packages, "z3_solver"}


def test_no_room_imports_an_extra_when_it_is_loaded():
    hidden = set(EVERY)
    for package in (tropical, learner):
        for path in Path(package.__file__).parent.rglob("*.py"):
            if path.name == "testing.py":
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in tree.body:
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not {name.partition(".")[0] for name in names} & hidden, path
