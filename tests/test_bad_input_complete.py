"""The tables of bad input cover every public callable, and every parameter of it."""

import importlib
import inspect

import pytest
import test_bad_input_files
import test_bad_input_gaussian
import test_bad_input_learner
import test_bad_input_pictures
import test_bad_input_tropical
from bad_input import SORTS, is_record, public_callables

import tropical

MODULES = (
    "tropical",
    "tropical.families",
    "tropical.gaussian",
    "tropical.io",
    "tropical.layers",
    "tropical.lemmas",
    "tropical.plot",
    "tropical.testing",
    "learner",
    "learner.plot",
    "learner.sources",
)
TABLES = [
    module.TABLE
    for module in (
        test_bad_input_files,
        test_bad_input_gaussian,
        test_bad_input_learner,
        test_bad_input_pictures,
        test_bad_input_tropical,
    )
]
ROWS = {name: row for table in TABLES for name, row in table.items()}

# what needs no row, and why
BETWEEN_ROOMS = {  # called by other rooms of the package, with what these have made
    "learner.sources.DaskSource",
    "learner.sources.DaskSource.parts",
    "learner.sources.ArraySource",
    "learner.sources.NpyFile.of_map",
    "learner.sources.NpyFile.rows",
    "learner.sources.ParquetSource.parts",
    "learner.sources.label_sample",
    "learner.TeacherSource.reduce",
    "tropical.CellComplex",
    "tropical.CellComplex.holding",
    "tropical.LatticePolynomial.resolver",
    "tropical.PieceTable.compose",
    "tropical.PieceTable.float_values",
    "tropical.PieceTable.fractions",
    "tropical.PieceTable.from_integers",
    "tropical.PieceTable.from_rows",
    "tropical.ReLUNetwork.remembered",
    "tropical.ReLUNetwork.resolver",
    "tropical.TropicalPolynomial.refusal",
    "tropical.TropicalPolynomial.resolver",
    "tropical.TropicalRational.resolver",
    "tropical.gaussian.FilterPart.holds",
    "tropical.gaussian.FilterPart.value",
    "tropical.gaussian.RelevantBasis.forms",
    "tropical.gaussian.RelevantBasis.of",
    "tropical.lemmas.Algebra.report",
    "tropical.lemmas.CellFilter.pieces",
}
NOT_CODE = {  # protocols and abstract methods
    "learner.sources.SampleSource.parts",
    "learner.sources.Summary",
    "learner.sources.Summary.add",
    "learner.sources.Summary.merge",
    "tropical.lemmas.Lemma.check",
}
TAKES_ANYTHING = {"learner.sources.is_streamed"}
ONLY_REFUSES = {"tropical.LatticePolynomial.__lt__", "tropical.TropicalPolynomial.__sub__"}
EXCUSED = BETWEEN_ROOMS | NOT_CODE | TAKES_ANYTHING | ONLY_REFUSES


def needed():
    """Return the public callables by name; records of results take what the library gives them, and check nothing."""
    found = {}
    for module in MODULES:
        for name, value in public_callables(importlib.import_module(module)).items():
            if value not in found.values() and not (isinstance(value, type) and is_record(value)):
                found[name] = value
    return found


def test_every_public_callable_has_a_row():
    assert set(needed()) - set(ROWS) - EXCUSED == set()
    assert set(needed()) >= EXCUSED


def test_every_parameter_is_tried():
    """Rows with a remark behind the name ("... as .json", "... by samples") are further ones of the same callable."""
    tried = {}
    for name, row in ROWS.items():
        tried.setdefault(name.split(" ")[0], set()).update(row.arguments)
    missing = {}
    for name, value in needed().items():
        if name in EXCUSED:
            continue
        parameters = inspect.signature(value).parameters.values()
        wanted = {p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)} - {"self", "cls"}
        if left := wanted - tried[name] - NOT_TRIED.get(name, set()):
            missing[name] = left
    assert missing == {}


NOT_TRIED = {
    "tropical.PieceTable.from_rationals": {"argument"},  # a name for messages
    "learner.sources.NpyFile": {"layout"},  # what a part of a file knows of the whole
}


@pytest.mark.parametrize("name", sorted(ONLY_REFUSES))
def test_refusals(name):
    left = tropical.parse("x0") if "Lattice" in name else tropical.TropicalPolynomial.variables(1, "max")[0]
    for right in SORTS.values():
        with pytest.raises(tropical.InvalidType):
            left < right if name.endswith("lt__") else left - right
