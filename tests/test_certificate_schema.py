"""docs/certificate.schema.json: every certificate fits, damaged ones do not, and saved ones come back."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proved_statements import KINDS, STATEMENTS, domains, kind_of

from tropical import (
    Certificate,
    TropicalPolynomial,
    TropicalRational,
    check,
    is_below,
    is_convex,
    is_homogeneous,
    lipschitz,
    load,
    same_function,
    save,
    sup_distance,
    value_range,
    zero_set_is_empty,
)
from tropical.testing import functions

SCHEMA = json.loads((Path(__file__).resolve().parents[1] / "docs" / "certificate.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def fits(document):
    return VALIDATOR.is_valid(document)


@pytest.fixture(params=STATEMENTS)
def statement(request):
    return STATEMENTS[request.param]


SHORT = [  # all kinds, function types and fields, in short certificates
    "same_function, several outputs",
    "below, on a polyhedron",
    "below, a quotient",
    "range, unbounded above",
    "distance, unbounded, several outputs",
    "relative_distance, a projection",
    "lipschitz, of a constant",
    "convex, in a box",
    "homogeneous, biases cancel",
    "unreachable, inputs count",
    "complex, on a polyhedron",
]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    kinds = SCHEMA["$defs"]["certificate"]["properties"]["kind"]["enum"]
    branches = [branch["if"]["properties"]["kind"]["const"] for branch in SCHEMA["$defs"]["certificate"]["allOf"]]
    assert tuple(kinds) == tuple(branches) == KINDS
    assert {kind_of(name) for name in STATEMENTS} == set(KINDS)


def test_every_field_is_explained_and_every_definition_used():
    text = json.dumps(SCHEMA)
    for name, definition in SCHEMA["$defs"].items():
        assert definition.get("description"), name
        assert f'"#/$defs/{name}"' in text, name


def test_certificates_fit_and_come_back_from_their_files(statement, tmp_path):
    certificate = statement.certificate
    VALIDATOR.validate(certificate.to_plain())
    path = tmp_path / "proof.json"
    save(certificate, path)
    VALIDATOR.validate(json.loads(path.read_text()))
    again = load(path)
    assert again == certificate
    assert hash(again) == hash(certificate)
    result = check(again, *statement.subjects, domain=statement.domain, claim=certificate.claim)
    assert result.valid, result.reason


@given(st.integers(1, 2).flatmap(lambda d: st.tuples(functions(d), functions(d), domains(d))))
@settings(max_examples=40)
def test_whatever_is_proved_fits(case):
    F, G, domain = case
    found = [value_range(F, domain), sup_distance(F, G, domain), lipschitz(F, "inf", domain)]
    found += [is_below(F, G, domain), same_function(F, F, domain), is_convex(F, domain), is_homogeneous(F, domain)]
    found += [zero_set_is_empty(F, domain)]
    if F.is_bias_free() and G.is_bias_free():
        found.append(sup_distance(F, G, relative=True))
    for result in found:
        if result.certificate is not None:
            VALIDATOR.validate(result.certificate.to_plain())


# ---------------------------------------------------------------- damage


def every_path(value, path=()):
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from every_path(value[key], (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(document, path, value):
    """A copy of the document with another value at a path."""
    result = copy.deepcopy(document)
    at(result, path[:-1])[path[-1]] = value
    return result


def fields():
    """One place for each field of each kind: the document and the path there. What all kinds share is seen once."""
    found = {}
    for name in SHORT:
        document = STATEMENTS[name].certificate.to_plain()
        for path in every_path(document):
            value = at(document, path)
            shape = tuple("*" if isinstance(key, int) else key for key in path)
            keys = tuple(sorted(value)) if isinstance(value, dict) else ()
            # at the top and in the claim each kind has its own
            special = document["kind"] if len(path) < 2 or path[0] == "claim" else ""
            found.setdefault((shape, keys, type(value), special), (document, path))
    return list(found.values())


def test_no_key_may_be_missing_and_none_may_be_added():
    for document, path in fields():
        value = at(document, path)
        if isinstance(value, dict):
            for key in value:
                damaged = copy.deepcopy(document)
                del at(damaged, path)[key]
                assert not fits(damaged), (path, key)
            damaged = copy.deepcopy(document)
            at(damaged, path)["remark"] = "0"
            assert not fits(damaged), path


INEXACT = (0.5, 1, True, None, "0.5", "1/0", "1e3", " 1", "1\n", "--1", "+1", "", "1/-2", "½", "nan", ["1"])


def test_numbers_are_exact_text_and_places_are_integers():
    seen = 0
    for document, path in fields():
        value = at(document, path)
        wrongs = ()
        if isinstance(value, str) and path[-1] not in ("kind", "type", "form", "convention", "norm"):
            wrongs = INEXACT
        elif isinstance(value, int) and not isinstance(value, bool):
            wrongs = (0.5, "0", -2, True, [0], {})
        for wrong in wrongs:
            seen += 1
            assert not fits(changed(document, path, wrong)), (path, wrong)
    assert seen > 500


def test_nothing_of_another_type():
    for document, path in fields():
        value = at(document, path)
        if path:
            for wrong in (3.5, "text", True, [[]], {}):
                if type(wrong) is not type(value) or isinstance(value, str):
                    assert not fits(changed(document, path, wrong)), (path, wrong)


def test_no_text_or_object_for_a_list():
    for document, path in fields():
        value = at(document, path)
        if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
            assert not fits(changed(document, path, "1" * len(value))), path  # digits would read as numbers
            assert not fits(changed(document, path, dict.fromkeys(value))), path


def test_no_evidence_of_another_kind():
    """Trees alone are all alike; whatever more a kind needs is asked for."""
    alike = [{"same_function", "below"}]
    for name in SHORT:
        document = STATEMENTS[name].certificate.to_plain()
        for kind in KINDS:
            if kind != document["kind"] and {kind, document["kind"]} not in alike:
                assert not fits({**document, "kind": kind}), (name, kind)


DAMAGE = {
    "a minimum without a place": ("range", lambda d: d["claim"].update(argmin=None)),
    "a place without a minimum": ("range", lambda d: d["claim"].update(min=None)),
    "a place of no maximum": ("range, unbounded", lambda d: d["claim"].update(argmax=["0", "17"])),
    "a place of no distance": ("distance, unbounded", lambda d: d["claim"].update(point=["0", "17"])),
    "a distance without a place": ("distance", lambda d: d["claim"].update(point=None)),
    "a sign of 2": ("distance, unbounded", lambda d: d["evidence"]["unbounded"].update(sign=2)),
    "output -1": ("distance, unbounded", lambda d: d["evidence"]["unbounded"].update(output=-1)),
    "relative on a domain": (
        "relative_distance",
        lambda d: d.update(domain={"type": "polyhedron", "A": [["1", "0"]], "b": ["1"]}),
    ),
    "norm 3": ("lipschitz", lambda d: d["claim"].update(norm="3")),
    "a number for the norm": ("lipschitz", lambda d: d["claim"].update(norm=2)),
    "text for strict": ("unreachable", lambda d: d["claim"]["constraints"][0].update(strict="no")),
    "no constraints": ("unreachable", lambda d: d["claim"].update(constraints=[])),
    "an empty claim": ("same_function", lambda d: d.update(claim={})),
    "three functions": ("same_function", lambda d: d["functions"].append(d["functions"][0])),
    "one function": ("same_function", lambda d: d["functions"].pop()),
    "two functions": ("convex", lambda d: d["functions"].append(d["functions"][0])),
    "a sign of 2 in a pattern": ("complex", lambda d: d["evidence"]["cells"][0]["pattern"][0].__setitem__(0, 2)),
    "cells of a lattice": (
        "complex",
        lambda d: d.update(functions=[STATEMENTS["range, of a constant"].subjects[0].to_plain()]),
    ),
    "split and leaf in one": ("below", lambda d: d["evidence"]["nodes"][0].update(values=[])),
    "neither split nor leaf": ("below", lambda d: d["evidence"]["nodes"][0].pop("split")),
    "another version": ("below", lambda d: d.update(version=2)),
    "text for the version": ("below", lambda d: d.update(version="1")),
    "another type": ("below", lambda d: d.update(type="proof")),
    "a quotient by a lattice": (
        "below, a quotient",
        lambda d: d["functions"][0].update(numerator=d["functions"][1]),
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_specific_damage(name):
    statement, change = DAMAGE[name]
    document = STATEMENTS[statement].certificate.to_plain()
    assert fits(document)
    change(document)
    assert not fits(document)


def test_the_envelope_of_a_file(tmp_path):
    path = tmp_path / "proof.json"
    save(STATEMENTS["below"].certificate, path)
    document = json.loads(path.read_text())
    for key in document:
        assert not fits({k: v for k, v in document.items() if k != key}), key
    for key, wrong in (("format", "other"), ("version", 2), ("object", []), ("remark", "")):
        assert not fits({**document, key: wrong}), key
    untyped = {**document, "object": {k: v for k, v in document["object"].items() if k != "type"}}
    assert not fits(untyped)
    assert not fits([])
    assert not fits({})


def test_both_types_of_every_function_fit():
    one = TropicalPolynomial([(0, [1]), ("1/2", [-1])], "min")
    for F in (one, TropicalRational(one, one)):
        VALIDATOR.validate(same_function(F, F).certificate.to_plain())


def test_a_certificate_out_of_its_file_keeps_its_type():
    for statement in STATEMENTS.values():
        document = {**statement.certificate.to_plain(), "type": "certificate"}
        assert fits(document)
        assert Certificate.from_plain(document) == statement.certificate


def test_bounds_in_place_of_values_fit():
    document = STATEMENTS["range"].certificate.to_plain()
    leaf = next(node for node in document["evidence"]["nodes"] if "values" in node)
    leaf["values"] = [{"relaxed": [[1, 0, ["-1", "1/2", "1/3", "0"]], [1, 1]]}]
    assert fits(document)
    for wrong in (2, "1", 0.5, ["0"] * 3, ["0", "0", "0", 1], None, {}):
        leaf["values"] = [{"relaxed": [[1, 0, wrong], [1, 1]]}]
        assert not fits(document), wrong
