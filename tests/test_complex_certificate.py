"""Certificates of complexes: all activation cells, proved by their facets; every mutant is rejected."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED

from tropical import Box, Certificate, InvalidInput, Polyhedron, ReLUNetwork, cells, check, families, load, parse, save
from tropical.testing import networks

CASES = {
    "biased": (families.random_network((2, 4, 3, 1), 1, biases=True), None),
    "bias-free": (COARSE_FAILS_BIAS_FREE, None),
    "degenerate": (COARSE_FAILS_BIASED, None),
    "in a box": (families.random_network((2, 4, 3, 1), 2, biases=True), Box([-2, -2], [2, 2])),
    "on a polyhedron": (families.random_network((2, 3, 1), 3, biases=True), Polyhedron([[1, 1], [-1, 2]], [1, 3])),
    "rank 2 of 20": (families.random_network((20, 5, 3, 1), 4, rank=2), None),
    "three dimensions": (families.random_network((3, 4, 2, 1), 5, biases=True), None),
    "one dimension": (families.random_network((1, 3, 1), 1), None),
}


@pytest.fixture(params=CASES)
def case(request):
    net, domain = CASES[request.param]
    return cells(net, domain).certificate(), net, domain


def rejected(document, *subjects, domain=None):
    result = check(Certificate.from_plain(document), *subjects, domain=domain)
    assert not result.valid
    return result.reason


def test_valid_certificates_are_accepted(case, tmp_path):
    certificate, net, domain = case
    result = check(certificate, net, domain=domain)
    assert result.valid, result.reason
    assert f"{cells(net, domain).n_cells} cells are all activation cells of F" in result.statement
    save(certificate, tmp_path / "complex.json")
    assert load(tmp_path / "complex.json") == certificate
    assert check(Certificate.from_plain(json.loads(json.dumps(certificate.to_plain()))), net, domain=domain)


def test_both_engines_give_accepted_certificates():
    net = families.random_network((2, 5, 4, 1), 7, biases=True)
    for engine in ("compiled", "reference"):
        assert check(cells(net, engine=engine).certificate(), net)


@given(st.integers(1, 2).flatmap(lambda d: networks(d, max_depth=2)))
@settings(max_examples=40)
def test_every_network_has_one(net):
    complex_ = cells(net)
    if any(region.cone.lines for region in complex_.regions()):
        with pytest.raises(InvalidInput, match="without lines"):
            complex_.certificate()
    else:
        assert check(complex_.certificate(), net)


def renumber(document, gone):
    """Take a cell out and let the others' neighbours point where they pointed."""
    for cell in document["evidence"]["cells"]:
        for facet in cell["facets"]:
            if facet[1] is not None:
                facet[1] = None if facet[1] == gone else facet[1] - (facet[1] > gone)


def without_a_cell(document):
    del document["evidence"]["cells"][0]
    renumber(document, 0)


def doubled(document):
    document["evidence"]["cells"].append(copy.deepcopy(document["evidence"]["cells"][0]))


def flipped(document):
    layer = document["evidence"]["cells"][0]["pattern"][0]
    layer[0] = 1 - layer[0]


def moved_vertex(document):
    ray = document["evidence"]["cells"][0]["rays"][0]
    ray[0] = str(-int(ray[0]) - 1)


def first_inner_facet(document):
    return next(f for f in document["evidence"]["cells"][0]["facets"] if f[1] is not None)


def own_neighbour(document):
    for number, cell in enumerate(document["evidence"]["cells"]):
        for facet in cell["facets"]:
            if facet[1] is not None:
                facet[1] = number
                return


def nothing_implied(document):
    for cell in document["evidence"]["cells"]:
        cell["implied"] = [["1", []] for _ in cell["implied"]] or [["1", []]]


MUTANTS = {
    "a cell removed": without_a_cell,
    "a cell doubled": doubled,
    "a pattern flipped": flipped,
    "a vertex moved": moved_vertex,
    "a vertex left alone": lambda d: d["evidence"]["cells"][0].update(rays=d["evidence"]["cells"][0]["rays"][:1]),
    "a facet forgotten": lambda d: d["evidence"]["cells"][0]["facets"].remove(first_inner_facet(d)),
    "a facet invented": lambda d: first_inner_facet(d)[0].__setitem__(0, "17"),
    "no neighbour": lambda d: first_inner_facet(d).__setitem__(1, None),
    "itself for a neighbour": own_neighbour,
    "a neighbour that does not exist": lambda d: first_inner_facet(d).__setitem__(1, 10**6),
    "text for a neighbour": lambda d: first_inner_facet(d).__setitem__(1, "1"),
    "no cells": lambda d: d["evidence"].update(cells=[]),
    "a basis row scaled": lambda d: d["evidence"]["basis"][0].__setitem__(d["evidence"]["pivots"][0], "2"),
    "patterns of another shape": lambda d: d["evidence"]["cells"][0]["pattern"].append([1]),
    "another kind": lambda d: d.update(kind="same_function"),
    "a combination of nothing": nothing_implied,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_rejected(case, name):
    certificate, net, domain = case
    document = certificate.to_plain()
    MUTANTS[name](document)
    assert document != certificate.to_plain()
    assert rejected(document)
    assert rejected(document, net, domain=domain)


def test_every_neighbour_is_the_right_one():
    certificate = cells(CASES["biased"][0]).certificate()
    count = len(certificate.evidence["cells"])
    for number, cell in enumerate(certificate.evidence["cells"]):
        for place, (_, neighbour) in enumerate(cell["facets"]):
            if neighbour is not None:
                for other in range(count):
                    if other != neighbour:
                        document = certificate.to_plain()
                        document["evidence"]["cells"][number]["facets"][place][1] = other
                        rejected(document)


def test_another_network_and_another_domain_are_rejected(case):
    certificate, net, domain = case
    weights = [[list(row) for row in matrix] for matrix in net.weights]
    weights[0][0][0] += 1
    other = ReLUNetwork(weights, net.biases)
    assert "not the function" in rejected(certificate.to_plain(), other, domain=domain)
    document = certificate.to_plain()
    document["functions"] = [other.to_plain()]
    rejected(document)
    elsewhere = Box([-7] * net.dimension, [7] * net.dimension)
    assert "another domain" in rejected(certificate.to_plain(), net, domain=elsewhere)


def test_only_networks_have_activation_cells():
    with pytest.raises(InvalidInput, match="to_network"):
        cells(parse("max(x0, 0)")).certificate()
