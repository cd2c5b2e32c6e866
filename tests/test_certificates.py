"""The independent checker: it accepts what is proved, and rejects every mutant, whatever was changed."""

import copy
import json
import os
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from known_functions import ASSEMBLY_EXAMPLE, ASSEMBLY_NETWORK, COARSE_FAILS_BIAS_FREE

import tropical.certificates
from tropical import (
    Certificate,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    check,
    families,
    lattice,
    parse,
    same_function,
    save,
    to_rational,
)

NET = families.random_network((6, 4, 4, 1), 11, rank=3)
SKEW_MEDIAN = LatticePolynomial([([0, 0], 0), ([1, 0], 0), ([1, 2], 1)], [[0, 1], [0, 2], [1, 2]])
BINOMIAL = TropicalPolynomial({(2, 1): "1/2", (0, 3): 1, (0, 0): 0}, convention="min")
SUBJECTS = {
    "bias-free": (NET, lattice(NET)),
    "biased": (ASSEMBLY_NETWORK, ASSEMBLY_EXAMPLE),
    "two lattices": (SKEW_MEDIAN, LatticePolynomial(SKEW_MEDIAN.pieces, SKEW_MEDIAN.clauses, "min-max")),
    "two networks": (COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIAS_FREE),
    "polynomials": (BINOMIAL**3, BINOMIAL.frobenius(3)),
    "quotients": (
        to_rational(families.random_network((2, 3, 2, 1), 4)),
        to_rational(families.random_network((2, 3, 2, 1), 4), "min"),
    ),
    "a network and its quotient": (NET, to_rational(NET)),
    # relu(x) + relu(y) = relu(x) + y where y >= 1 + x and y >= 1 - x
    "on a polyhedron": (
        ReLUNetwork([[[1, 0], [0, 1]], [1, 1]]),
        ReLUNetwork([[[1, 0], [0, 1], [0, -1]], [1, 1, -1]]),
    ),
}
DOMAINS = {"on a polyhedron": Polyhedron([[1, -1], [-1, -1]], [-1, -1])}


@pytest.fixture(params=SUBJECTS)
def case(request):
    F, G = SUBJECTS[request.param]
    return same_function(F, G, DOMAINS.get(request.param)).certificate, F, G, DOMAINS.get(request.param)


def mutate(certificate, change):
    document = certificate.to_plain()
    change(document)
    return Certificate.from_plain(document)


def rejected(certificate, *subjects, domain=None):
    result = check(certificate, *subjects, domain=domain)
    assert not result.valid
    assert result.reason
    return result.reason


def test_valid_certificates_are_accepted(case):
    certificate, F, G, domain = case
    assert check(certificate, F, G, domain=domain)
    shown = check(certificate)
    assert shown
    assert list(shown.functions) == [F.to_plain(), G.to_plain()]
    assert "F = G" in shown.statement


def test_json_round_trip(case):
    certificate, F, G, domain = case
    again = Certificate.from_plain(json.loads(json.dumps(certificate.to_plain())))
    assert again == certificate
    assert check(again, F, G, domain=domain)


def test_a_valid_certificate_of_another_pair_is_rejected(case):
    certificate, F, G, _ = case
    for other in SUBJECTS.values():
        if other != (F, G):
            assert "is not the function" in rejected(certificate, *other)
    assert "2 functions" in rejected(certificate, F)
    assert "no plain form" in rejected(certificate, 3, G)
    weights = [[list(row) for row in matrix] for matrix in NET.weights]
    weights[0][0][0] += 1
    assert rejected(certificate, ReLUNetwork(weights), G)


def test_the_statement_cannot_be_swapped_under_the_evidence(case):
    certificate, F, _, _ = case
    other = families.random_network((F.dimension, 3, 1), 5).to_plain()
    for index in (0, 1):

        def swap(document, index=index):
            document["functions"][index] = other

        rejected(mutate(certificate, swap))


def test_a_smaller_domain_cannot_be_widened():
    F, G = SUBJECTS["on a polyhedron"]
    domain = DOMAINS["on a polyhedron"]
    certificate = same_function(F, G, domain).certificate
    assert "another domain" in rejected(certificate, F, G)
    assert "another domain" in rejected(certificate, F, G, domain=Polyhedron([[-1, 0]], [0]))
    rejected(mutate(certificate, lambda document: document.update(domain=None)), F, G)
    rejected(mutate(certificate, lambda document: document["domain"].update(b=["1", "1"])), F, G, domain=domain)


def test_a_void_statement_on_an_empty_domain_does_not_pass_for_one_on_all_of_space():
    F, G = ReLUNetwork([[[1, 0], [0, 1]], [1, 1]]), LatticePolynomial([([0, 0], 5)], [[0]])
    facts = [
        {"form": ["-1", "-1", "5"], "scale": "1", "multipliers": [[1, "1"], [3, "1"], [0, "7"]]},
        {"form": ["1", "1", "-5"], "scale": "1", "multipliers": [[1, "5"], [2, "6"], [4, "1"]]},
    ]
    box = {"type": "polyhedron", "A": [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"]], "b": ["-1", "0", "-1", "0"]}
    evidence = {
        "basis": [["1", "0"], ["0", "1"]],
        "pivots": [0, 1],
        "nodes": [{"facts": facts, "values": [[["1", "1", "0"]], [["1", "1", "0"]]]}],
    }
    document = {
        "kind": "same_function",
        "version": 1,
        "functions": [F.to_plain(), G.to_plain()],
        "domain": box,
        "claim": None,
        "evidence": evidence,
    }
    certificate = Certificate.from_plain(document)
    assert check(certificate).domain == box  # true on the empty set, and says so
    assert "another domain" in rejected(certificate, F, G)


def test_memory_is_one_path():
    """A chain of splits does not copy what is known at each node."""
    F = LatticePolynomial([([1, 0], 0), ([0, 1], 0)], [[0], [1]])
    document = same_function(F, F).certificate.to_plain()
    document["evidence"]["nodes"] = [{"facts": [], "split": ["1", "0", str(i)]} for i in range(6000)]
    tracemalloc.start()
    rejected(Certificate.from_plain(document), F, F)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * 10**6


SCHEMA_MUTANTS = {
    "a string for a row": lambda f: f["weights"][0].__setitem__(0, "12"),
    "an unknown key": lambda f: f.update(activation="tanh"),
    "no layers": lambda f: f.update(weights=[], biases=[]),
    "an empty layer": lambda f: f["weights"].__setitem__(0, []),
    "an empty row": lambda f: f["weights"][0].__setitem__(0, []),
}
QUOTIENT_MUTANTS = {
    "an unknown key": lambda f: f.update(sign="-1"),
    "a term with a second coefficient": lambda f: f["numerator"]["terms"][0].update(constant="0"),
    "a lattice polynomial below": lambda f: f.update(denominator=SKEW_MEDIAN.to_plain()),
    "no terms": lambda f: f["denominator"].update(terms=[]),
    "an unknown convention": lambda f: f["numerator"].update(convention="plus"),
    "the other convention": lambda f: f["numerator"].update(convention="min"),
    "two conventions": lambda f: f["denominator"].update(convention="min"),
    "numerator and denominator exchanged": lambda f: f.update(numerator=f["denominator"], denominator=f["numerator"]),
}


@pytest.mark.parametrize("name", SCHEMA_MUTANTS)
def test_functions_have_one_reading(name):
    document = same_function(*SUBJECTS["two networks"]).certificate.to_plain()
    for function in document["functions"]:
        SCHEMA_MUTANTS[name](function)
    rejected(Certificate.from_plain(document))


@pytest.mark.parametrize("name", QUOTIENT_MUTANTS)
def test_quotients_have_one_reading(name):
    document = same_function(*SUBJECTS["a network and its quotient"]).certificate.to_plain()
    QUOTIENT_MUTANTS[name](document["functions"][1])
    rejected(Certificate.from_plain(document))


def leaves(document):
    return [node for node in document["evidence"]["nodes"] if "values" in node]


def splits(document):
    return [node for node in document["evidence"]["nodes"] if "split" in node]


def facts(document):
    return [fact for node in document["evidence"]["nodes"] for fact in node["facts"]]


def rotate(nodes):
    values = [node["values"] for node in nodes]
    for node, others in zip(nodes, values[1:] + values[:1], strict=True):
        node["values"] = others


MUTANTS = {
    "a node dropped": lambda d: d["evidence"]["nodes"].pop(),
    "a node added": lambda d: d["evidence"]["nodes"].append({"facts": [], "values": []}),
    "a split made a leaf": lambda d: splits(d)[0].update(values=leaves(d)[0]["values"]) or splits(d)[0].pop("split"),
    "another split": lambda d: splits(d)[0].update(split=[str(1 - int(a)) for a in splits(d)[0]["split"]]),
    "another affine function at a leaf": lambda d: [form[0].__setitem__(-1, "1/7") for form in leaves(d)[-1]["values"]],
    "all facts dropped": lambda d: [node.update(facts=[]) for node in d["evidence"]["nodes"]],
    "affine functions moved to other leaves": lambda d: rotate(leaves(d)),
    "a basis row scaled": lambda d: d["evidence"]["basis"][0].__setitem__(d["evidence"]["pivots"][0], "2"),
    "a pivot moved": lambda d: d["evidence"]["pivots"].__setitem__(0, 10**6),
    "a direction forgotten": lambda d: (d["evidence"]["basis"].pop(), d["evidence"]["pivots"].pop()),
    "an unknown kind": lambda d: d.update(kind="is_below"),
    "another kind": lambda d: d.update(kind="convex"),
    "no nodes": lambda d: d["evidence"].update(nodes=[]),
    "evidence of a wrong type": lambda d: d.update(evidence=[]),
    "a float for a number": lambda d: leaves(d)[0]["values"][0][0].__setitem__(0, 0.5),
    "code for a number": lambda d: leaves(d)[0]["values"][0][0].__setitem__(0, "__import__('os').getcwd()"),
    "an unknown function": lambda d: d["functions"][0].update(type="oracle"),
}


NOT_EVERYWHERE = {"all facts dropped"}  # signs that the splits give need no facts


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_rejected(case, name):
    certificate, F, G, domain = case
    try:
        mutant = mutate(certificate, MUTANTS[name])
    except IndexError:
        mutant = certificate
    if mutant == certificate:
        assert name in NOT_EVERYWHERE  # nothing of this kind in this certificate
        return
    rejected(mutant)
    rejected(mutant, F, G, domain=domain)


def test_every_broken_fact_is_rejected():
    certificate = same_function(*SUBJECTS["bias-free"]).certificate
    count = len(facts(certificate.to_plain()))
    assert count > 20
    for index in range(0, count, 11):
        for change in (
            lambda fact: fact.update(scale=str(int(fact["scale"]) + 1)),
            lambda fact: fact.update(scale="0", multipliers=[]),
            lambda fact: fact.update(scale="-1", multipliers=[[i, str(-int(m))] for i, m in fact["multipliers"]]),
            lambda fact: fact["multipliers"].clear(),
            lambda fact: fact["form"].__setitem__(0, str(int(fact["form"][0]) + 1)),
        ):
            document = certificate.to_plain()
            change(facts(document)[index])
            rejected(Certificate.from_plain(document))


def test_no_single_fact_at_a_leaf_is_idle():
    """Dropping any fact of a network's leaf leaves a sign unknown: certificates carry nothing they do not need."""
    certificate = same_function(COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIAS_FREE).certificate
    for index, node in enumerate(certificate.to_plain()["evidence"]["nodes"]):
        for fact in range(len(node["facts"])):
            document = certificate.to_plain()
            del document["evidence"]["nodes"][index]["facts"][fact]
            rejected(Certificate.from_plain(document))


def test_random_damage_never_raises_and_never_proves_another_statement():
    certificate, (F, G) = same_function(*SUBJECTS["biased"]).certificate, SUBJECTS["biased"]
    generator = random.Random(0)

    def damage(value):
        if isinstance(value, dict) and value:
            key = generator.choice(sorted(value))
            if generator.random() < 0.2:
                value[key] = generator.choice([None, 3, "x", [], {}, "-1/2", [[]], True])
            else:
                damage(value[key])
        elif isinstance(value, list) and value:
            index = generator.randrange(len(value))
            if generator.random() < 0.2:
                value[index] = generator.choice([None, 3, "x", [], {}, "-1/2", [[]], True])
            else:
                damage(value[index])

    for _ in range(400):
        document = certificate.to_plain()
        damage(document)
        try:
            mutant = Certificate.from_plain(document)
        except ValueError:
            continue
        result = check(mutant, F, G)
        if result.valid:  # damage that leaves a proof of the same statement, such as an idle fact
            assert document["functions"] == [F.to_plain(), G.to_plain()]
            assert document["domain"] is None


def test_the_envelope_is_checked():
    document = same_function(*SUBJECTS["biased"]).certificate.to_plain()
    for key in ("kind", "version", "domain", "functions", "claim", "evidence"):
        damaged = copy.deepcopy(document)
        del damaged[key]
        with pytest.raises(ValueError, match=key):
            Certificate.from_plain(damaged)
    with pytest.raises(ValueError, match="version 99"):
        Certificate.from_plain({**document, "version": 99})
    with pytest.raises(ValueError, match="object"):
        Certificate.from_plain([])


def test_where_there_is_no_certificate_the_checker_says_so():
    result = check(same_function(parse("x0"), 0).certificate, parse("x0"), 0)
    assert not result
    assert result.reason == "there is no certificate: a no comes with a witness instead"


def test_the_checker_runs_without_the_package(tmp_path):
    """The file alone, with site-packages switched off, replays a saved certificate."""
    F, G = SUBJECTS["bias-free"]
    save(same_function(F, G).certificate, tmp_path / "proof.json")
    (tmp_path / "certificates.py").write_text(Path(tropical.certificates.__file__).read_text())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-S", "certificates.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    save(F, tmp_path / "function.json")
    for arguments, message in [
        ([], "usage: python certificates.py proof.json\n"),
        (["none.json"], "error: none.json holds no certificate: [Errno 2]"),
        (["certificates.py"], "error: certificates.py holds no certificate: Extra data"),
        (["function.json"], "error: function.json holds no certificate: a certificate needs the key"),
    ]:
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(message)
        assert done.stderr.count("\n") == 1
    done = run("proof.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("CheckResult(valid: F = G on all of R^d")
    assert json.dumps(F.to_plain(), sort_keys=True) in done.stdout
