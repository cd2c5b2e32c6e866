"""Certificates of every kind against damage: a wrong statement or a gap in its proof is rejected, never accepted.

More than 400 lines: every kind of certificate has its mutants here, so that none is forgotten.
"""

import copy
import json
import random
from fractions import Fraction

import pytest
from oracles import states_truth
from proved_statements import KINDS, STATEMENTS, kind_of

from tropical import Box, Certificate, FormatError, LatticePolynomial, check, is_convex
from tropical.io.plain import from_plain

TREES = [name for name in STATEMENTS if kind_of(name) != "complex"]


def document_of(name):
    return STATEMENTS[name].certificate.to_plain()


def rejected(document, *subjects, domain=None):
    result = check(Certificate.from_plain(document), *subjects, domain=domain)
    assert not result.valid, result
    assert result.reason
    return result.reason


def nodes(d):
    return d["evidence"]["nodes"]


def leaves(d):
    return [node for node in nodes(d) if "values" in node]


def splits(d):
    return [node for node in nodes(d) if "split" in node]


def plus(container, key, step):
    container[key] = str(Fraction(container[key]) + Fraction(step))


def negate(numbers):
    numbers[:] = [str(-Fraction(a)) for a in numbers]


# ---------------------------------------------------------------- what all trees have in common

TREE_MUTANTS = {
    "the last leaf dropped": lambda d: nodes(d).pop(),
    "the last leaf doubled": lambda d: nodes(d).append(nodes(d)[-1]),
    "a leaf before the root": lambda d: nodes(d).insert(0, leaves(d)[0]),
    "all splits dropped, two leaves": lambda d: d["evidence"].update(nodes=leaves(d)[:1] * 2),
    "no nodes": lambda d: d["evidence"].update(nodes=[]),
    "a node that is nothing": lambda d: nodes(d).__setitem__(-1, {"facts": []}),
    "no facts key": lambda d: nodes(d)[-1].pop("facts"),
    "a value's constant a bit larger": lambda d: plus(leaves(d)[-1]["values"][0][0], -1, "1/1000"),
    "a value's slope a bit larger": lambda d: plus(leaves(d)[-1]["values"][0][0], 0, "1/1000"),
    "a value too long": lambda d: leaves(d)[-1]["values"][0][0].append("0"),
    "a value too short": lambda d: leaves(d)[-1]["values"][0][0].pop(),
    "an output too many": lambda d: leaves(d)[-1]["values"][0].append(leaves(d)[-1]["values"][0][0]),
    "no outputs": lambda d: leaves(d)[-1]["values"][0].clear(),
    "a function too many": lambda d: leaves(d)[-1]["values"].append(leaves(d)[-1]["values"][0]),
    "no values": lambda d: leaves(d)[-1].update(values=[]),
    "a basis row doubled": lambda d: (
        d["evidence"]["basis"].append(d["evidence"]["basis"][0]),
        d["evidence"]["pivots"].append(d["evidence"]["pivots"][0]),
    ),
    "a direction forgotten": lambda d: (d["evidence"]["basis"].pop(), d["evidence"]["pivots"].pop()),
    "a pivot counted from the end": lambda d: d["evidence"]["pivots"].__setitem__(
        0, d["evidence"]["pivots"][0] - len(d["evidence"]["basis"][0])
    ),
    "a pivot that is text": lambda d: d["evidence"]["pivots"].__setitem__(0, "0"),
    "a longer basis row": lambda d: d["evidence"]["basis"][0].append("0"),
    "a fact by division": lambda d: nodes(d)[-1]["facts"].append(
        {"form": first_split(d), "scale": "0", "multipliers": []}
    ),
    "a fact by a negative scale": lambda d: nodes(d)[-1]["facts"].append(
        {"form": [str(-Fraction(a)) for a in walls_or_one(d)], "scale": "-1", "multipliers": [[0, "1"]]}
    ),
    "a fact by a negative multiplier": lambda d: nodes(d)[-1]["facts"].append(
        {"form": minus_one(d), "scale": "1", "multipliers": [[0, "-1"]]}
    ),
    "a fact by a constraint from the end": lambda d: nodes(d)[-1]["facts"].append(
        {"form": walls_or_one(d), "scale": "1", "multipliers": [[-1, "1"]]}
    ),
    "a fact by a constraint that is none": lambda d: nodes(d)[-1]["facts"].append(
        {"form": walls_or_one(d), "scale": "1", "multipliers": [[10**9, "1"]]}
    ),
    "a fact by nothing": lambda d: nodes(d)[-1]["facts"].append(
        {"form": minus_one(d), "scale": "1", "multipliers": []}
    ),
    "a fact with half multipliers": lambda d: nodes(d)[-1]["facts"].append(
        {"form": walls_or_one(d), "scale": "1", "multipliers": [[0, "1/2"], [0, "1/2"]]}
    ),
    "a number with an exponent": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, "0e3"),
    "a number with a blank": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, " 0"),
    "a number with a newline": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(
        -1, leaves(d)[-1]["values"][0][0][-1] + "\n"
    ),
    "a number with other digits": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, "\u0661"),
    "no number": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, float("nan")),
    "a boolean for a number": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, False),
    "a number over zero": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, "0/0"),
    "a number too long to read": lambda d: leaves(d)[-1]["values"][0][0].__setitem__(-1, "1" * 10**4),
    "a claim of one more number": lambda d: d.update(claim={**(d["claim"] or {}), "min ": "0"}),
    "three functions": lambda d: d.update(functions=[*d["functions"], *d["functions"]][:3]),
    "no functions": lambda d: d.update(functions=[]),
    "an unknown domain": lambda d: d.update(domain={"type": "ball", "A": [], "b": []}),
    "a domain of another dimension": lambda d: d.update(domain={"type": "polyhedron", "A": [["1"]], "b": ["1"]}),
    "a domain without bounds": lambda d: d.update(domain={"type": "polyhedron", "A": [["1", "0"]], "b": []}),
}


def width(d):
    return len(d["evidence"]["pivots"])


def minus_one(d):
    return ["0"] * width(d) + ["-1"]


def walls_or_one(d):
    return ["0"] * width(d) + ["1"]


def first_split(d):
    return splits(d)[0]["split"] if splits(d) else minus_one(d)


@pytest.mark.parametrize("name", TREES)
def test_damaged_trees_are_rejected(name):
    count = 0
    for damage, change in TREE_MUTANTS.items():
        document = document_of(name)
        try:
            change(document)
        except IndexError:  # a constant function reads nothing: there is no direction to forget
            assert not document["evidence"]["basis"], damage
            continue
        assert "replayed" not in rejected(document), damage
        count += 1
    assert count >= 30


@pytest.mark.parametrize("name", TREES)
def test_facts_have_no_idle_numbers(name):
    original = document_of(name)
    places = [(n, i) for n, node in enumerate(nodes(original)) for i in range(len(node["facts"]))]
    for number, place in places[:: 1 + len(places) // 8]:
        for change in (
            lambda fact: plus(fact["form"], -1, -1),
            lambda fact: plus(fact["form"], 0, 1),
            lambda fact: plus(fact, "scale", 1),
            lambda fact: fact["multipliers"].pop(),
            lambda fact: negate(fact["form"]),
        ):
            document = copy.deepcopy(original)
            change(nodes(document)[number]["facts"][place])
            rejected(document)


# ---------------------------------------------------------------- what each kind has of its own


def unbounded(d, side):
    return d["evidence"]["unbounded"][side]


def claims(**numbers):
    return lambda d: d["claim"].update(numbers)


def moves(key, step, place=0):
    return lambda d: plus(d["claim"][key], place, step)


def grows(key, step):
    return lambda d: plus(d["claim"], key, step)


def exchange(d, first, second):
    d[first], d[second] = d[second], d[first]


def no_wall(d):
    d.update(domain=None)


def constraints(d):
    return d["claim"]["constraints"]


def cell(d, number=0):
    return d["evidence"]["cells"][number]


def inner(d, number=0):
    return next(facet for facet in cell(d, number)["facets"] if facet[1] is not None)


def all_leaves(change):
    def damage(d):
        for leaf in leaves(d):
            change(leaf)

    return damage


def widened(d):
    d["domain"]["b"] = [str(Fraction(b) + 1) for b in d["domain"]["b"]]


MUTANTS = {
    "same_function": {
        "one function for another": (
            "same_function",
            lambda d: d["functions"].__setitem__(0, document_of("convex")["functions"][0]),
        ),
        "a weight a bit larger": ("same_function", lambda d: plus(d["functions"][0]["weights"][0][0], 0, "1/1000")),
        "an output bias a bit larger": ("same_function", lambda d: plus(d["functions"][0]["biases"][-1], 0, "1/1000")),
        "a piece a bit higher": ("same_function", lambda d: plus(d["functions"][1]["pieces"][0], "constant", "1/1000")),
        "a clause dropped": ("same_function", lambda d: d["functions"][1]["clauses"].pop()),
        "a literal dropped": ("same_function", lambda d: [c.pop() for c in d["functions"][1]["clauses"] if len(c) > 1]),
        "the other form": ("same_function", lambda d: d["functions"][1].update(form="min-max")),
        "a clause counted from the end": (
            "same_function",
            lambda d: d["functions"][1]["clauses"][0].__setitem__(0, -1),
        ),
        "a boolean in a clause": ("same_function", lambda d: d["functions"][1]["clauses"][0].__setitem__(0, True)),
        "numerator and denominator exchanged": (
            "same_function, rank 2 of 5",
            lambda d: exchange(d["functions"][1], "numerator", "denominator"),
        ),
        "a term dropped": ("same_function, rank 2 of 5", lambda d: d["functions"][1]["numerator"]["terms"].pop()),
        "outputs exchanged": ("same_function, several outputs", lambda d: d["functions"][0]["weights"][-1].reverse()),
        "an output fewer": (
            "same_function, several outputs",
            lambda d: (d["functions"][0]["weights"][-1].pop(), d["functions"][0]["biases"][-1].pop()),
        ),
        "both values changed alike": (
            "same_function",
            all_leaves(lambda leaf: [plus(leaf["values"][i][0], -1, 1) for i in (0, 1)]),
        ),
        "a true claim of another kind": (
            "same_function",
            lambda d: d.update(claim={"distance": "0", "point": ["0", "0"]}),
        ),
    },
    "below": {
        "functions exchanged": ("below", lambda d: d["functions"].reverse()),
        "functions and values exchanged": (
            "below",
            lambda d: (d["functions"].reverse(), [leaf["values"].reverse() for leaf in leaves(d)]),
        ),
        "equality under the evidence of order": ("below", lambda d: d.update(kind="same_function")),
        "F a bit higher": ("below", lambda d: [plus(p, "constant", "1/1000") for p in d["functions"][0]["pieces"]]),
        "F a bit higher, and its values": (
            "below",
            lambda d: (
                [plus(p, "constant", "1/1000") for p in d["functions"][0]["pieces"]],
                [plus(leaf["values"][0][0], -1, "1/1000") for leaf in leaves(d)],
            ),
        ),
        "G a bit lower": (
            "below, in a box",
            lambda d: [plus(p, "constant", "-3") for p in d["functions"][1]["pieces"]],
        ),
        "all of space": ("below, in a box", no_wall),
        "a wider box": ("below, in a box", lambda d: d["domain"].update(b=["20", "20", "20", "20"])),
        "a half-space without its wall": ("below, on a polyhedron", no_wall),
        "F doubled": ("below", lambda d: [p["gradient"].__setitem__(0, "2") for p in d["functions"][0]["pieces"]]),
        "outputs of G exchanged": ("below, several outputs", lambda d: d["functions"][1]["weights"][-1].reverse()),
        "outputs of G and its values exchanged": (
            "below, several outputs",
            lambda d: (
                d["functions"][1]["weights"][-1].reverse(),
                [leaf["values"][1].reverse() for leaf in leaves(d)],
            ),
        ),
        "signs of G - F dropped": ("below", all_leaves(lambda leaf: leaf.update(facts=[]))),
        "convexity under the evidence of order": ("below", lambda d: d.update(kind="convex")),
    },
    "range": {
        "minimum larger": ("range", grows("min", "1/1000")),
        "minimum smaller": ("range", grows("min", "-1/1000")),
        "maximum larger": ("range", grows("max", "1/1000")),
        "maximum smaller": ("range", grows("max", "-1/1000")),
        "the ends exchanged": (
            "range",
            lambda d: (exchange(d["claim"], "min", "max"), exchange(d["claim"], "argmin", "argmax")),
        ),
        "the places exchanged": ("range", lambda d: exchange(d["claim"], "argmin", "argmax")),
        "argmin moved": ("range", moves("argmin", "1/1000")),
        "argmax moved": ("range", moves("argmax", "1/1000", 1)),
        "argmin outside the domain": ("range, of a constant", claims(argmin=["5", "0"])),
        "argmax outside the domain": ("range, of a constant", claims(argmax=["0", "7"])),
        "argmin of another dimension": ("range, of a constant", claims(argmin=["0"])),
        "no argmin": ("range", claims(argmin=None)),
        "bounded called unbounded": ("range", claims(max=None, argmax=None)),
        "bounded called unbounded, by a ray": (
            "range",
            lambda d: (
                d["claim"].update(max=None, argmax=None),
                d["evidence"]["unbounded"].update(
                    max={"node": nodes(d).index(leaves(d)[0]), "point": ["0", "0"], "direction": ["1", "0"]}
                ),
            ),
        ),
        "unbounded called bounded": (
            "range, unbounded above",
            claims(max="1/2", argmax=["0", "0"]),
        ),
        "the ray turned round": ("range, unbounded", lambda d: negate(unbounded(d, "max")["direction"])),
        "no direction": ("range, unbounded", lambda d: unbounded(d, "max").update(direction=["0", "0"])),
        "a direction out of the leaf": (
            "range, unbounded above",
            lambda d: [unbounded(d, "max").update(direction=["-7", "-5"])],
        ),
        "a start outside its leaf": ("range, unbounded", lambda d: unbounded(d, "max").update(point=["-900", "700"])),
        "the ray of the other end": (
            "range, unbounded",
            lambda d: d["evidence"]["unbounded"].update(max=unbounded(d, "min")),
        ),
        "a ray in no leaf": ("range, unbounded", lambda d: unbounded(d, "min").update(node=0)),
        "a ray in a leaf counted from the end": ("range, unbounded", lambda d: unbounded(d, "min").update(node=-1)),
        "a ray nowhere": ("range, unbounded", lambda d: d["evidence"].pop("unbounded")),
        "a wider box": ("range", widened),
        "no box": ("range", no_wall),
        "the claim of another function": (
            "range",
            lambda d: d.update(functions=document_of("range, unbounded")["functions"]),
        ),
        "a number without its place": ("range", lambda d: d["claim"].pop("argmin")),
        "a number as a number": ("range", claims(max=-1)),
        "a maximum of 1/0": ("range", claims(max="1/0")),
    },
    "distance": {
        "larger": ("distance", grows("distance", "1/1000")),
        "smaller": ("distance", grows("distance", "-1/1000")),
        "negative": ("distance", lambda d: d["claim"].update(distance="-8/3")),
        "zero": ("distance", claims(distance="0")),
        "the point moved": ("distance", moves("point", "-1/1000")),
        "the point outside the box": ("distance", moves("point", "4")),
        "no point": ("distance", claims(point=None)),
        "bounded called unbounded": ("distance", claims(distance=None, point=None)),
        "unbounded called bounded": ("distance, unbounded", claims(distance="1000", point=["0", "0"])),
        "the ray turned round": ("distance, unbounded", lambda d: negate(d["evidence"]["unbounded"]["direction"])),
        "the other sign": (
            "distance, unbounded",
            lambda d: d["evidence"]["unbounded"].update(sign=-d["evidence"]["unbounded"]["sign"]),
        ),
        "the ray nowhere": ("distance, unbounded", lambda d: d["evidence"].pop("unbounded")),
        "the ray in an inner node": ("distance, unbounded", lambda d: d["evidence"]["unbounded"].update(node=0)),
        "another output": (
            "distance, unbounded, several outputs",
            lambda d: d["evidence"]["unbounded"].update(output=5),
        ),
        "G shifted": ("distance", lambda d: [plus(p, "constant", "1/1000") for p in d["functions"][1]["pieces"]]),
        "G shifted, and its values": (
            "distance",
            lambda d: (
                [plus(p, "constant", "1/1000") for p in d["functions"][1]["pieces"]],
                [plus(leaf["values"][1][0], -1, "1/1000") for leaf in leaves(d)],
            ),
        ),
        "a wider box": ("distance", widened),
        "relative": (
            "distance",
            lambda d: d.update(kind="relative_distance", claim={"squared": "64/9", "point": ["1", "0"]}),
        ),
        "the distance on all of space": ("distance", no_wall),
    },
    "relative_distance": {
        "larger": ("relative_distance, a projection", grows("squared", "1/1000")),
        "smaller": ("relative_distance, a projection", grows("squared", "-1/1000")),
        "negative": ("relative_distance, a projection", claims(squared="-1/2")),
        "the length of the gradient": ("relative_distance, a projection", claims(squared="1")),
        "the length of the gradient, attained by the gradient": (
            "relative_distance, a projection",
            claims(squared="1", point=["1", "0"]),
        ),
        "the point moved": ("relative_distance, a projection", moves("point", "1/1000")),
        "the origin": ("relative_distance, of one function", claims(point=["0", "0"])),
        "a point of another dimension": ("relative_distance, of one function", claims(point=["1"])),
        "a dominating form longer": (
            "relative_distance, a projection",
            all_leaves(lambda leaf: plus(leaf["dominating"][0][0], 0, "1/1000")),
        ),
        "a dominating form of zero": (
            "relative_distance, a projection",
            all_leaves(lambda leaf: leaf["dominating"][0].__setitem__(0, ["0", "0"])),
        ),
        "a dominating form shorter, and the claim": (
            "relative_distance, a projection",
            lambda d: (
                [leaf["dominating"].__setitem__(0, [["499/1000", "499/1000"], ["0", "0"]]) for leaf in leaves(d)],
                d["claim"].update(squared="249001/500000"),
            ),
        ),
        "a dominating form with a constant": (
            "relative_distance, a projection",
            all_leaves(lambda leaf: leaf["dominating"][0][0].append("1")),
        ),
        "dominating forms exchanged": (
            "relative_distance, a projection",
            all_leaves(lambda leaf: leaf["dominating"][0].reverse()),
        ),
        "one dominating form": ("relative_distance", all_leaves(lambda leaf: leaf["dominating"][0].pop())),
        "dominating forms of one output": (
            "relative_distance, several outputs",
            all_leaves(lambda leaf: leaf["dominating"].pop()),
        ),
        "no dominating forms": ("relative_distance", all_leaves(lambda leaf: leaf.pop("dominating"))),
        "a bias": (
            "relative_distance",
            lambda d: (
                plus(d["functions"][0]["biases"][-1], 0, 1),
                [plus(leaf["values"][0][0], -1, 1) for leaf in leaves(d)],
            ),
        ),
        "biases that cancel in the difference": (
            "relative_distance, of one function",
            lambda d: (
                [plus(f["biases"][-1], 0, 1) for f in d["functions"]],
                [plus(leaf["values"][i][0], -1, 1) for leaf in leaves(d) for i in (0, 1)],
            ),
        ),
        "a domain": ("relative_distance", lambda d: d.update(domain=Box([1, 1], [2, 2]).to_plain())),
        "functions exchanged": ("relative_distance, a projection", lambda d: d["functions"].reverse()),
    },
    "lipschitz": {
        "larger": ("lipschitz", grows("squared", "1/1000")),
        "smaller": ("lipschitz", grows("squared", "-1/1000")),
        "zero": ("lipschitz", claims(squared="0")),
        "not squared": ("lipschitz, in a box", claims(squared="2")),
        "the 1-norm": ("lipschitz", claims(norm="1")),
        "the maximum norm": ("lipschitz", claims(norm="inf")),
        "the 2-norm": ("lipschitz, in a box", claims(norm="2")),
        "the norm as a number": ("lipschitz", claims(norm=2)),
        "an unknown norm": ("lipschitz", claims(norm="3")),
        "another gradient": ("lipschitz", claims(gradient=["0", "0"])),
        "the gradient turned round": ("lipschitz", lambda d: negate(d["claim"]["gradient"])),
        "the gradient a bit longer": ("lipschitz", lambda d: plus(d["claim"]["gradient"], 0, "1/1000")),
        "a gradient as long": ("lipschitz", lambda d: d["claim"]["gradient"].reverse()),
        "a point of another leaf": ("lipschitz", lambda d: d["evidence"]["attained"].update(point=["1000", "-999"])),
        "another leaf": ("lipschitz", lambda d: d["evidence"]["attained"].update(node=nodes(d).index(leaves(d)[-1]))),
        "an inner node": ("lipschitz", lambda d: d["evidence"]["attained"].update(node=0)),
        "no leaf": ("lipschitz", lambda d: d["evidence"]["attained"].update(node=-1)),
        "attained nowhere": ("lipschitz", lambda d: d["evidence"].pop("attained")),
        "a point on the boundary": (
            "lipschitz, in a box",
            lambda d: d["evidence"]["attained"].update(point=boundary_point(d)),
        ),
        "a weight a bit larger": ("lipschitz", lambda d: plus(d["functions"][0]["weights"][0][0], 0, "1/1000")),
        "the claim of a smaller domain": (
            "lipschitz, in a box",
            lambda d: d.update(domain={"type": "polyhedron", "A": [["0", "1"]], "b": ["-100"]}),
        ),
    },
    "convex": {
        "a piece dropped": ("convex", lambda d: d["evidence"]["pieces"][0].pop()),
        "a piece above F": ("convex", lambda d: d["evidence"]["pieces"][0].append(["0", "0", "1"])),
        "a piece a bit higher": ("convex", lambda d: plus(d["evidence"]["pieces"][0][0], -1, "1/1000")),
        "a piece a bit lower": ("convex", lambda d: plus(d["evidence"]["pieces"][0][0], -1, "-1/1000")),
        "no pieces": ("convex", lambda d: d["evidence"]["pieces"][0].clear()),
        "pieces of no output": ("convex", lambda d: d["evidence"]["pieces"].clear()),
        "pieces of one output": ("convex, several outputs", lambda d: d["evidence"]["pieces"].pop()),
        "pieces of the other output": ("convex, several outputs", lambda d: d["evidence"]["pieces"].reverse()),
        "pieces of one more output": (
            "convex",
            lambda d: d["evidence"]["pieces"].append(d["evidence"]["pieces"][0]),
        ),
        "the minimum of the pieces": (
            "convex",
            lambda d: d["functions"][0].update(form="min-max"),
        ),
        "the other convention": ("convex, a polynomial", lambda d: d["functions"][0].update(convention="min")),
        "the function turned round": (
            "convex, a polynomial",
            lambda d: (
                d["functions"][0].update(convention="min"),
                [negate(t["exponents"]) for t in d["functions"][0]["terms"]],
                [t.update(coefficient=str(-Fraction(t["coefficient"]))) for t in d["functions"][0]["terms"]],
                [negate(leaf["values"][0][0]) for leaf in leaves(d)],
                [negate(p) for p in d["evidence"]["pieces"][0]],
            ),
        ),
        "all of space": ("convex, in a box", no_wall),
        "a value that is no piece": ("convex", lambda d: leaves(d)[0]["values"][0].__setitem__(0, ["7", "7", "7"])),
        "a piece of another dimension": ("convex", lambda d: d["evidence"]["pieces"][0].append(["0", "0"])),
        "a negative output weight": (
            "convex, several outputs",
            lambda d: negate(d["functions"][0]["weights"][-1][1]),
        ),
        "homogeneity under the evidence of convexity": ("convex", lambda d: d.update(kind="homogeneous")),
    },
    "homogeneous": {
        "a constant in a bias": ("homogeneous", lambda d: plus(d["functions"][0]["biases"][-1], 0, 1)),
        "a constant in a bias and the values": (
            "homogeneous",
            lambda d: (
                plus(d["functions"][0]["biases"][-1], 0, "1/1000"),
                [plus(leaf["values"][0][0], -1, "1/1000") for leaf in leaves(d)],
            ),
        ),
        "a constant in one value": ("homogeneous", lambda d: plus(leaves(d)[0]["values"][0][0], -1, "1/1000")),
        "a hidden bias": ("homogeneous", lambda d: plus(d["functions"][0]["biases"][0], 0, "1/1000")),
        "biases that no longer cancel": (
            "homogeneous, biases cancel",
            lambda d: plus(d["functions"][0]["pieces"][0], "constant", "1/1000"),
        ),
        "a piece that never counts until far": (
            "homogeneous, biases cancel",
            lambda d: (
                d["functions"][0]["pieces"].append({"gradient": ["2", "0"], "constant": "-1"}),
                d["functions"][0]["clauses"].append([len(d["functions"][0]["pieces"]) - 1]),
            ),
        ),
        "a coefficient in a quotient": (
            "homogeneous, a quotient",
            lambda d: plus(d["functions"][0]["denominator"]["terms"][0], "coefficient", "1/1000"),
        ),
        "another slope": ("homogeneous", lambda d: plus(d["functions"][0]["weights"][0][0], 0, "1/1000")),
        "a constant in the second output": (
            "homogeneous, several outputs",
            lambda d: (
                plus(d["functions"][0]["biases"][-1], 1, "1/1000"),
                [plus(leaf["values"][0][1], -1, "1/1000") for leaf in leaves(d)],
            ),
        ),
        "values of one output": ("homogeneous, several outputs", all_leaves(lambda leaf: leaf["values"][0].pop())),
        "outputs exchanged": ("homogeneous, several outputs", lambda d: d["functions"][0]["weights"][-1].reverse()),
        "convexity under the evidence of homogeneity": ("homogeneous", lambda d: d.update(kind="convex")),
        "order under the evidence of homogeneity": ("homogeneous", lambda d: d.update(kind="below")),
        "a number claimed": ("homogeneous", lambda d: d.update(claim={"degree": "1"})),
    },
    "unreachable": {
        "a weight negative": ("unreachable", all_leaves(lambda leaf: leaf.update(weights=["-1", "1"]))),
        "weights of zero": ("unreachable", all_leaves(lambda leaf: leaf.update(weights=["0", "0"]))),
        "weights of zero, margin zero": (
            "unreachable",
            all_leaves(lambda leaf: leaf.update(weights=["0", "0"], margin="0")),
        ),
        "weights and margin zero on a strict one": (
            "unreachable, strict",
            all_leaves(lambda leaf: leaf.update(weights=["0"], margin="0")),
        ),
        "a weight too many": ("unreachable", all_leaves(lambda leaf: leaf["weights"].append("0"))),
        "a weight too few": ("unreachable", all_leaves(lambda leaf: leaf["weights"].pop())),
        "a margin larger": ("unreachable, strict", all_leaves(lambda leaf: plus(leaf, "margin", "1/1000"))),
        "a margin negative": ("unreachable", all_leaves(lambda leaf: leaf.update(margin="-1"))),
        "a margin of zero without strictness": ("unreachable", all_leaves(lambda leaf: leaf.update(margin="0"))),
        "strictness forgotten": ("unreachable, strict", lambda d: constraints(d)[0].update(strict=False)),
        "strictness in words": ("unreachable, strict", lambda d: constraints(d)[0].update(strict="true")),
        "strictness as a number": ("unreachable, strict", lambda d: constraints(d)[0].update(strict=1)),
        "a bound raised": ("unreachable, strict", lambda d: plus(constraints(d)[0], "bound", "1/1000")),
        "a bound raised past the reach": ("unreachable", lambda d: plus(constraints(d)[0], "bound", "1")),
        "an output's coefficient turned round": ("unreachable, strict", lambda d: negate(constraints(d)[0]["outputs"])),
        "inputs turned round": ("unreachable, inputs count", lambda d: negate(constraints(d)[0]["inputs"])),
        "inputs dropped": ("unreachable, inputs count", lambda d: constraints(d)[0].update(inputs=["0", "0"])),
        "a constraint dropped": ("unreachable, no zero", lambda d: constraints(d).pop(0)),
        "all constraints dropped": (
            "unreachable",
            lambda d: (d["claim"].update(constraints=[]), [leaf.update(weights=[]) for leaf in leaves(d)]),
        ),
        "constraints exchanged": ("unreachable", lambda d: constraints(d).reverse()),
        "a coefficient for one more output": ("unreachable", lambda d: constraints(d)[0]["outputs"].append("0")),
        "a coefficient for one more input": ("unreachable", lambda d: constraints(d)[0]["inputs"].append("0")),
        "a constraint with a remark": ("unreachable", lambda d: constraints(d)[0].update(remark="0")),
        "outputs exchanged": (
            "unreachable, several outputs",
            lambda d: [row["outputs"].reverse() for row in constraints(d)],
        ),
        "all of space": ("unreachable, in a box", no_wall),
        "the function a bit lower": (
            "unreachable, no zero",
            lambda d: [plus(p, "constant", "-1/5") for p in d["functions"][0]["pieces"]],
        ),
    },
    "complex": {
        "a cell removed": ("complex", lambda d: d["evidence"]["cells"].pop()),
        "a cell doubled": ("complex", lambda d: d["evidence"]["cells"].append(cell(d))),
        "two cells exchanged": ("complex", lambda d: d["evidence"]["cells"].insert(0, d["evidence"]["cells"].pop())),
        "one cell, no neighbours": (
            "complex, in a box",
            lambda d: (
                d["evidence"].update(cells=d["evidence"]["cells"][:1]),
                [facet.__setitem__(1, None) for facet in cell(d)["facets"]],
            ),
        ),
        "a neighbour counted from the end": ("complex", lambda d: inner(d).__setitem__(1, -1)),
        "a neighbour that is true": ("complex", lambda d: inner(d).__setitem__(1, True)),
        "a facet dropped, implied by the rest": (
            "complex, in a box",
            lambda d: (cell(d)["facets"].remove(inner(d)), cell(d)["implied"].append(["1", []])),
        ),
        "a facet turned round": ("complex", lambda d: negate(inner(d)[0])),
        "a facet moved": ("complex", lambda d: plus(inner(d)[0], -1, 1)),
        "a negative multiplier": (
            "complex, in a box",
            lambda d: next(c for e in d["evidence"]["cells"] for c in e["implied"] if c[1])[1][0].__setitem__(1, "-1"),
        ),
        "a scale of zero": (
            "complex, in a box",
            lambda d: next(c for e in d["evidence"]["cells"] for c in e["implied"]).__setitem__(0, "0"),
        ),
        "a combination too many": ("complex, in a box", lambda d: cell(d)["implied"].append(["1", [[0, "1"]]])),
        "a ray turned round": ("complex", lambda d: negate(cell(d)["rays"][0])),
        "a ray of zero": ("complex", lambda d: cell(d)["rays"].append(["0", "0", "0"])),
        "a ray that is no vertex": (
            "complex, in a box",
            lambda d: cell(d)["rays"].append([str(int(a) + int(b)) for a, b in zip(*cell(d)["rays"][:2], strict=True)]),
        ),
        "no rays": ("complex", lambda d: cell(d).update(rays=[])),
        "a sign of 2": ("complex", lambda d: cell(d)["pattern"][0].__setitem__(0, 2)),
        "a sign that is true": (
            "complex",
            lambda d: cell(d)["pattern"][0].__setitem__(0, bool(cell(d)["pattern"][0][0])),
        ),
        "a sign flipped": ("complex", lambda d: cell(d)["pattern"][0].__setitem__(0, 1 - cell(d)["pattern"][0][0])),
        "a layer dropped": ("complex", lambda d: cell(d)["pattern"].pop()),
        "no box": ("complex, in a box", no_wall),
        "a wider box": ("complex, in a box", widened),
        "another bias": ("complex, in a box", lambda d: plus(d["functions"][0]["biases"][0], 1, "1/1000")),
        "an empty claim": ("complex", lambda d: d.update(claim={})),
        "two networks": ("complex", lambda d: d.update(functions=d["functions"] * 2)),
        "a lattice polynomial": ("complex", lambda d: d.update(functions=document_of("below")["functions"][:1])),
        "the evidence of another network": (
            "complex",
            lambda d: d.update(evidence=document_of("complex, on a polyhedron")["evidence"]),
        ),
    },
}


def boundary_point(d):
    """A point of the leaf that attains the constant on its boundary, one coordinate away from the point inside."""
    number = d["evidence"]["attained"]["node"]
    point = [Fraction(a) for a in d["evidence"]["attained"]["point"]]
    waiting, here = [[]], []
    for node in nodes(d)[: number + 1]:
        here = waiting.pop()
        if "split" in node:
            form = [Fraction(a) for a in node["split"]]
            waiting += [[*here, [-a for a in form]], [*here, form]]
    steps = []
    for *row, constant in here:
        height = sum(a * b for a, b in zip(row, point, strict=True)) + constant
        assert height > 0
        steps += [-height / row[0]] if row[0] else []
    return [str(point[0] + min(steps, key=abs)), *map(str, point[1:])]


CASES = [(kind, name) for kind, changes in MUTANTS.items() for name in changes]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind}: {name}" for kind, name in CASES])
def test_mutants_are_rejected(kind, name):
    source, change = MUTANTS[kind][name]
    statement = STATEMENTS[source]
    document = document_of(source)
    assert check(Certificate.from_plain(document)).valid
    change(document)
    assert json.dumps(document, sort_keys=True) != json.dumps(document_of(source), sort_keys=True)
    rejected(document)
    rejected(document, *statement.subjects, domain=statement.domain)


def test_there_are_enough_of_each_kind():
    assert tuple(MUTANTS) == KINDS
    assert all(len(changes) >= 12 for changes in MUTANTS.values())
    assert all(kind_of(source) == kind for kind, changes in MUTANTS.items() for source, _ in changes.values())


@pytest.mark.parametrize("kind", KINDS)
def test_no_evidence_proves_a_false_statement_of_another_kind(kind):
    """What is accepted with foreign evidence needs no more than a tree, and is true: order follows from equality."""
    own = document_of(kind)
    for name in KINDS:
        if name == kind:
            continue
        other = document_of(name)
        for document in (
            {**other, "kind": kind},
            {**own, "evidence": other["evidence"]},
            {**other, "kind": kind, "claim": own["claim"]},
        ):
            if check(Certificate.from_plain(document)):
                assert kind in ("same_function", "below", "homogeneous"), name
                assert states_truth(document), name


def test_a_statement_of_another_instance_is_rejected():
    for name, statement in STATEMENTS.items():
        for other in STATEMENTS.values():
            if (other.subjects, other.domain) != (statement.subjects, statement.domain):
                assert not check(statement.certificate, *other.subjects, domain=other.domain), name
        claim = statement.certificate.claim
        result = check(statement.certificate, *statement.subjects, domain=statement.domain, claim={"min": "0"})
        assert "claims something else" in result.reason
        assert check(statement.certificate, *statement.subjects, domain=statement.domain, claim=claim)


# ---------------------------------------------------------------- false statements by hand


def affine(*gradient, constant="0"):
    return {
        "type": "lattice_polynomial",
        "form": "max-min",
        "pieces": [{"gradient": list(gradient), "constant": constant}],
        "clauses": [[0]],
    }


def several(form, *pieces):
    return {
        "type": "lattice_polynomial",
        "form": form,
        "pieces": [{"gradient": list(row), "constant": constant} for *row, constant in pieces],
        "clauses": [[i] for i in range(len(pieces))],
    }


def interval(low, high):
    return {"type": "polyhedron", "A": [["-1"], ["1"]], "b": [str(-low), str(high)]}


def by_hand(kind, functions, tree, claim=None, domain=None, **evidence):
    d = 1 if functions[0]["type"] != "lattice_polynomial" else len(functions[0]["pieces"][0]["gradient"])
    basis = [[str(int(i == j)) for j in range(d)] for i in range(d)]
    return {
        "kind": kind,
        "version": 1,
        "functions": functions,
        "domain": domain,
        "claim": claim,
        "evidence": {"basis": basis, "pivots": list(range(d)), "nodes": tree, **evidence},
    }


def leaf(*values, facts=(), **more):
    return {"facts": list(facts), "values": [[list(value)] for value in values], **more}


def split(*form):
    return {"facts": [], "split": list(form)}


ONE = affine("1")  # x
FLAT_LEAF = [split("1", "0"), split("-1", "0"), leaf(("5", "0")), leaf(("1", "0")), leaf(("1", "0"))]
EMPTY_LEAF = [split("0", "-1"), leaf(("5", "0")), leaf(("1", "0"))]  # the first part is where -1 >= 0
TOP = several("max-min", ("1", "0"), ("-1", "0"))  # |x|
BOTTOM = several("min-max", ("1", "0"), ("-1", "0"))  # -|x|
ABSOLUTE_TREE = [split("1", "0"), leaf(("1", "0")), leaf(("-1", "0"))]
# in the interval [0, 1] an impossible constraint -1 >= 0 gives every form: -x from 1 - x and -1, and so on
IMPOSSIBLE = [
    {"form": ["-1", "0"], "scale": "1", "multipliers": [[2, "1"], [3, "1"]]},
    {"form": ["1", "-1"], "scale": "1", "multipliers": [[1, "1"], [3, "1"]]},
    {"form": ["0", "-1"], "scale": "1", "multipliers": [[3, "1"]]},
]
FALSE = {
    "x has slope 5: in a flat leaf": by_hand(
        "lipschitz",
        [ONE],
        FLAT_LEAF,
        {"norm": "2", "squared": "25", "gradient": ["5"]},
        attained={"node": 2, "point": ["0"]},
    ),
    "x has slope 5: in an empty leaf": by_hand(
        "lipschitz",
        [ONE],
        [split("0", "-1"), {**leaf(("5", "0")), "facts": IMPOSSIBLE}, leaf(("1", "0"))],
        {"norm": "2", "squared": "25", "gradient": ["5"]},
        interval(0, 1),
        attained={"node": 1, "point": ["1/2"]},
    ),
    "x has slope 0: it is flat on each of two flat leaves": by_hand(
        "lipschitz",
        [ONE],
        [split("1", "0"), leaf(("0", "0")), leaf(("0", "0"))],
        {"norm": "2", "squared": "0", "gradient": ["0"]},
        attained={"node": 1, "point": ["1"]},
    ),
    "x <= 0: the part above forgotten": by_hand(
        "below", [ONE, affine("0")], [split("1", "0"), leaf(("1", "0"), ("0", "0"))]
    ),
    "x <= 0: by a split on nothing": by_hand(
        "below", [ONE, affine("0")], [split("0", "0"), leaf(("0", "0"), ("0", "0")), leaf(("1", "0"), ("0", "0"))]
    ),
    "x <= 0: by the lower half twice": by_hand(
        "below",
        [ONE, affine("0")],
        [
            split("-1", "0"),
            leaf(("1", "0"), ("0", "0")),
            split("-1", "0"),
            leaf(("1", "0"), ("0", "0")),
            leaf(("0", "0"), ("0", "0")),
        ],
    ),
    "x = 0: nothing is read": {
        **by_hand("same_function", [ONE, affine("0")], [leaf(("0",), ("0",))]),
        "evidence": {"basis": [], "pivots": [], "nodes": [{"facts": [], "values": [[["0"]], [["0"]]]}]},
    },
    "x0 = x0 + x1: one direction": {
        **by_hand("same_function", [affine("1", "0"), affine("1", "1")], []),
        "evidence": {"basis": [["1", "0"]], "pivots": [0], "nodes": [leaf(("1", "0"), ("1", "0"))]},
    },
    "x0 = x1: one pivot twice": {
        **by_hand("same_function", [affine("1", "0"), affine("0", "1")], []),
        "evidence": {
            "basis": [["1", "0"], ["1", "0"]],
            "pivots": [0, 0],
            "nodes": [leaf(("1", "0", "0"), ("1", "0", "0"))],
        },
    },
    "x = y, of two dimensions": {
        **by_hand("same_function", [ONE, affine("1", "0")], [leaf(("1", "0"), ("1", "0"))]),
    },
    "-|x| is convex: a piece for each half": by_hand(
        "convex", [BOTTOM], ABSOLUTE_TREE[:1] + ABSOLUTE_TREE[:0:-1], pieces=[[["1", "0"], ["-1", "0"]]]
    ),
    "-|x| is convex: equal on the flat leaf alone": by_hand(
        "convex",
        [BOTTOM],
        [split("1", "0"), split("-1", "0"), leaf(("0", "0")), leaf(("0", "0")), leaf(("1", "0"))],
        pieces=[[["0", "0"], ["1", "0"]]],
    ),
    "x + 1 is homogeneous: 2x on a flat leaf": by_hand(
        "homogeneous",
        [affine("1", constant="1")],
        [split("1", "-1"), split("-1", "1"), leaf(("2", "0")), leaf(("2", "0")), leaf(("2", "0"))],
    ),
    "x is at most 1: by an empty domain's facts": by_hand(
        "range",
        [ONE],
        [{**leaf(("1", "0")), "facts": IMPOSSIBLE}],
        {"min": "0", "argmin": ["0"], "max": "1/2", "argmax": ["1/2"]},
        interval(0, 1),
    ),
    "the range of an empty set": by_hand(
        "range",
        [ONE],
        [
            leaf(
                ("1", "0"),
                facts=[
                    {"form": ["-1", "0"], "scale": "1", "multipliers": [[2, "1"]]},
                    {"form": ["1", "0"], "scale": "1", "multipliers": [[1, "1"], [0, "9"]]},
                ],
            )
        ],
        {"min": "0", "argmin": ["0"], "max": "0", "argmax": ["0"]},
        interval(1, -1),
    ),
    "|x| unbounded below: along a ray that leaves": by_hand(
        "range",
        [TOP],
        ABSOLUTE_TREE,
        {"min": None, "argmin": None, "max": None, "argmax": None},
        unbounded={
            "min": {"node": 1, "point": ["1"], "direction": ["-1"]},
            "max": {"node": 1, "point": ["1"], "direction": ["1"]},
        },
    ),
    "x unbounded on [0, 1]: in an empty leaf": by_hand(
        "range",
        [ONE],
        [split("0", "-1"), {**leaf(("1", "0")), "facts": IMPOSSIBLE}, leaf(("1", "0"))],
        {"min": "0", "argmin": ["0"], "max": None, "argmax": None},
        interval(0, 1),
        unbounded={"max": {"node": 1, "point": ["1/2"], "direction": ["1"]}},
    ),
    "x and 2x are apart by 0": by_hand(
        "distance",
        [ONE, affine("2")],
        [split("0", "-1"), leaf(("1", "0"), ("1", "0")), leaf(("1", "0"), ("2", "0"))],
        {"distance": "0", "point": ["0"]},
    ),
    "nothing is reachable: no weights": by_hand(
        "unreachable", [ONE], [leaf(("1", "0"), weights=[], margin="1")], {"constraints": []}
    ),
    "x <= 0 unreachable: margin by a strict one without weight": by_hand(
        "unreachable",
        [ONE],
        [leaf(("1", "0"), weights=["0", "0"], margin="0")],
        {
            "constraints": [
                {"inputs": ["0"], "outputs": ["1"], "bound": "0", "strict": True},
                {"inputs": ["0"], "outputs": ["1"], "bound": "0", "strict": False},
            ]
        },
    ),
    "x < 0 unreachable: a negative weight on it": by_hand(
        "unreachable",
        [ONE],
        [leaf(("1", "0"), weights=["1", "-1"], margin="0")],
        {"constraints": [{"inputs": ["0"], "outputs": ["1"], "bound": "0", "strict": True}] * 2},
    ),
    "a split that is a leaf, too": by_hand(
        "same_function", [ONE, affine("2")], [{**split("1", "0"), **leaf(("1", "0"), ("1", "0"))}]
    ),
    "|x - 0| / |x| is 0": by_hand(
        "relative_distance",
        [TOP, affine("0")],
        [
            split("1", "0"),
            leaf(("1", "0"), ("0", "0"), dominating=[[["0"], ["0"]]]),
            leaf(("-1", "0"), ("0", "0"), dominating=[[["0"], ["0"]]]),
        ],
        {"squared": "0", "point": ["1"]},
    ),
    "a constant in the relative distance": by_hand(
        "relative_distance",
        [affine("0", constant="1"), affine("0")],
        [leaf(("0", "1"), ("0", "0"), dominating=[[["0"], ["0"]]])],
        {"squared": "1", "point": ["1"]},
    ),
}
TRUE_BY_HAND = {
    "|x| is |x|": by_hand(
        "same_function", [TOP, TOP], [split("1", "0"), leaf(("1", "0"), ("1", "0")), leaf(("-1", "0"), ("-1", "0"))]
    ),
    "|x| is convex": by_hand("convex", [TOP], ABSOLUTE_TREE, pieces=[[["1", "0"], ["-1", "0"]]]),
    "x has slope 1, though a flat leaf is steeper": by_hand("homogeneous", [ONE], FLAT_LEAF),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statements_by_hand_are_rejected(name):
    assert not rejected(FALSE[name]).startswith("a certificate")


@pytest.mark.parametrize("name", TRUE_BY_HAND)
def test_true_statements_by_hand_are_accepted(name):
    """So the false ones are rejected for what they say, not for how they are written."""
    result = check(Certificate.from_plain(TRUE_BY_HAND[name]))
    assert result.valid, result.reason
    assert states_truth(TRUE_BY_HAND[name])


NOT_NUMBERS = (
    "1/0",
    "nan",
    "inf",
    "1.0",
    "1e0",
    "+1",
    "1 ",
    "",
    "0x1",
    "1_0",
    "\u0661",
    1,
    1.0,
    True,
    None,
    ["1"],
    {"1": "1"},
    "1" * 10**4,
)


@pytest.mark.parametrize("name", ["range", "distance", "relative_distance", "lipschitz", "unreachable"])
def test_claims_are_exact_numbers(name):
    document = document_of(name)
    for key, value in document["claim"].items():
        for wrong in NOT_NUMBERS:
            if isinstance(value, str) and key != "norm":
                rejected({**document, "claim": {**document["claim"], key: wrong}})
            elif isinstance(value, list) and isinstance(value[0], str):
                rejected({**document, "claim": {**document["claim"], key: [wrong, *value[1:]]}})
            elif isinstance(value, list):
                for own in ("bound", "inputs", "outputs"):
                    damaged = copy.deepcopy(document)
                    old = damaged["claim"][key][0][own]
                    damaged["claim"][key][0][own] = wrong if own == "bound" else [wrong, *old[1:]]
                    rejected(damaged)


# ---------------------------------------------------------------- random damage


def every(value, path=()):
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from every(value[key], (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def damaged(document, others, generator):
    """Change one thing: a number, the length or order of a list, something for something from elsewhere."""
    whole = [path for path in every(document) if path]
    part = generator.choice(["claim", "functions", "domain", "evidence", "evidence", "evidence"])
    path = generator.choice([path for path in whole if path[0] == part] or whole)
    value, parent, key = at(document, path), at(document, path[:-1]), path[-1]
    kind = generator.random()
    if isinstance(value, str) and kind < 0.75:
        try:
            number = Fraction(value)
        except ValueError:
            number = Fraction(generator.randrange(3))
        step = Fraction(1, 1000)
        choices = [number + 1, number - 1, -number, Fraction(0), number + step, number - step, 2 * number, number / 2]
        parent[key] = str(generator.choice(choices))
    elif isinstance(value, bool):
        parent[key] = not value
    elif isinstance(value, int) and kind < 0.8:
        parent[key] = generator.choice([value + 1, value - 1, 0, -1, True])
    elif isinstance(value, list) and value and kind < 0.8:
        i, j = generator.randrange(len(value)), generator.randrange(len(value))
        change = generator.randrange(5)
        if change == 0:
            del value[i]
        elif change == 1:
            value.insert(i, copy.deepcopy(value[j]))
        elif change == 2:
            value[i], value[j] = value[j], value[i]
        elif change == 3:
            value[i] = copy.deepcopy(at(document, generator.choice(whole)))
        else:
            value.clear()
    elif kind < 0.9:
        parent[key] = copy.deepcopy(at(document, generator.choice(whole)))
    elif kind < 0.95:
        parent[key] = generator.choice([None, 3, "x", [], {}, "-1/2", [[]], True, 0.5, "1/0", 10**30, float("nan")])
    else:
        part = generator.choice(["claim", "evidence", "functions", "domain", "kind"])
        document[part] = copy.deepcopy(generator.choice(others)[part])


def survive(seed, rounds):
    """Damage certificates at random; what the checker still accepts has to be true. Returns how much was accepted."""
    generator = random.Random(seed)
    originals = {name: document_of(name) for name in STATEMENTS}
    accepted = other_statements = 0
    for _ in range(rounds):
        original = originals[generator.choice(list(originals))]
        document = copy.deepcopy(original)
        for _ in range(generator.choice([1, 1, 1, 2, 3])):
            damaged(document, list(originals.values()), generator)
        try:
            certificate = Certificate.from_plain(document)
        except ValueError:
            continue
        if check(certificate):
            accepted += 1
            statement = {key: document[key] for key in ("kind", "functions", "domain", "claim")}
            if any(original[key] != value for key, value in statement.items()) and has_one_reading(document):
                other_statements += 1
                assert states_truth(document), json.dumps(document)
    return accepted, other_statements


def has_one_reading(document):
    """Whether the package reads the functions and the domain, and no place is claimed where nothing is attained."""
    try:
        for plain in [*document["functions"], *([document["domain"]] if document["domain"] is not None else [])]:
            from_plain(plain)
    except FormatError:
        return False
    claim = document["claim"] or {}
    places = [("min", "argmin"), ("max", "argmax"), ("distance", "point")]
    return all(claim[number] is not None or claim[place] is None for number, place in places if number in claim)


def test_random_damage_never_raises_and_never_proves_a_false_statement():
    accepted, others = survive(0, 1500)
    assert accepted > 50
    assert others > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_much_random_damage(seed):
    survive(seed, 10000)


# ---------------------------------------------------------------- bounds in place of values


def relaxed(bound="1", rules=(("-1", "1", "1/2", "0"), ("-1", "1", "1/2", "0")), low=-1, high=1):
    """|x| <= bound on an interval, from lines above relu(x) and relu(-x)."""
    net = {"type": "relu_network", "weights": [[["1"], ["-1"]], [["1", "1"]]], "biases": [["0", "0"], ["0"]]}
    rules = [list(rule) if isinstance(rule, tuple) else rule for rule in rules]
    tree = [{"facts": [], "values": [{"relaxed": [rules]}, [["0", bound]]]}]
    return by_hand("below", [net, affine("0", constant=bound)], tree, domain=interval(low, high))


def test_relaxations_are_accepted():
    document = relaxed()
    result = check(Certificate.from_plain(document))
    assert result.valid, result.reason
    assert states_truth(document)
    assert check(Certificate.from_plain(relaxed("2", [("-1", "2", "2/3", "1"), ("-2", "1", "2/3", "0")], -1, 2))).valid
    assert check(Certificate.from_plain(relaxed("2", [1, 0], 0, 2))).valid
    assert check(Certificate.from_plain(relaxed("2", [0, 1], -2, 0))).valid


HALF_LINE = ("-1", "1", "1/2", "0")
RELAXED_MUTANTS = {
    "a smaller bound": relaxed("999/1000"),
    "an upper end too small": relaxed("9/10", [("-1", "4/5", "1/2", "0"), HALF_LINE]),
    "a lower end too large": relaxed("9/10", [("-4/5", "1", "1/2", "0"), HALF_LINE]),
    "both ends too close": relaxed("1/2", [("-1/2", "1/2", "1/2", "0")] * 2),
    "an upper end below zero": relaxed("1/2", [("-1", "-1", "1/2", "0")] * 2),
    "a lower end above zero": relaxed("1/2", [("1", "1", "1/2", "0")] * 2),
    "a slope above one": relaxed("1", [("-1", "1", "2", "0"), HALF_LINE]),
    "a slope below zero": relaxed("1", [("-1", "1", "-1", "0"), HALF_LINE]),
    "a lower slope above one": relaxed("1", [("-1", "1", "1/2", "2"), HALF_LINE]),
    "a lower slope below zero": relaxed("1", [("-1", "1", "1/2", "-1"), HALF_LINE]),
    "called active": relaxed("1", [1, HALF_LINE]),
    "called inactive": relaxed("1", [0, HALF_LINE]),
    "both called inactive": relaxed("0", [0, 0]),
    "a rule too few": relaxed("1", [HALF_LINE]),
    "a rule too many": relaxed("1", [HALF_LINE] * 3),
    "a rule of three numbers": relaxed("1", [HALF_LINE[:3], HALF_LINE]),
    "an unknown rule": relaxed("1", [2, HALF_LINE]),
    "a rule with a float": relaxed("1", [("-1", "1", 0.5, "0"), HALF_LINE]),
    "a wider interval": relaxed("1", high=2),
    "for equality": {**relaxed(), "kind": "same_function"},
    "for a lattice polynomial": {**relaxed(), "functions": [TOP, affine("0", constant="1")]},
}


@pytest.mark.parametrize("name", RELAXED_MUTANTS)
def test_broken_relaxations_are_rejected(name):
    rejected(RELAXED_MUTANTS[name])


# ---------------------------------------------------------------- one reading


def edit(name, change):
    def make():
        document = document_of(name)
        change(document)
        return document

    return make


INTERVAL = {
    "min": "0",
    "argmin": ["0"],
    "max": "1",
    "argmax": ["1"],
}


def on_the_interval(claim=INTERVAL, **domain):
    fact = [
        {"form": ["1", "0"], "scale": "1", "multipliers": [[1, "1"]]},
        {"form": ["-1", "1"], "scale": "1", "multipliers": [[2, "1"]]},
    ]
    return by_hand("range", [ONE], [leaf(("1", "0"), facts=fact)], dict(claim), {**interval(0, 1), **domain})


TWO_READINGS = {
    "a place of no minimum": edit("range, unbounded", claims(argmin=["0", "17"])),
    "a place of no maximum": edit("range, unbounded above", claims(argmax="nowhere")),
    "a place of no distance": edit("distance, unbounded", claims(point=["0", "17"])),
    "text for a place": lambda: on_the_interval({**INTERVAL, "argmin": "0"}),
    "an object for a place": lambda: on_the_interval({**INTERVAL, "argmax": {"1": "0"}}),
    "text for the bounds": lambda: on_the_interval(b="01"),
    "text for a row": lambda: on_the_interval(A=[["-1"], "1"]),
    "a remark in the domain": lambda: on_the_interval(lo=["1/2"]),
    "text for coefficients": edit("unreachable", lambda d: constraints(d)[0].update(outputs="1")),
    "an empty claim": edit("homogeneous", lambda d: d.update(claim={})),
    "a claim of nothing": edit("homogeneous", lambda d: d.update(claim="")),
    "a row longer than the layer before": edit("homogeneous", lambda d: d["functions"][0]["weights"][1][0].append("7")),
    "a row longer in a complex": edit("complex", lambda d: d["functions"][0]["weights"][1][0].append("7")),
    "two conventions in a quotient": lambda: by_hand(
        "same_function",
        [quotient("max", "min"), quotient("max", "max")],
        [leaf(("1", "0"), ("1", "0"))],
    ),
}


def quotient(*conventions):
    terms = [[{"exponents": ["1"], "coefficient": "0"}], [{"exponents": ["0"], "coefficient": "0"}]]
    parts = [
        {"type": "tropical_polynomial", "convention": convention, "terms": term}
        for convention, term in zip(conventions, terms, strict=True)
    ]
    return {"type": "tropical_rational", "numerator": parts[0], "denominator": parts[1]}


def test_the_statement_on_the_interval_is_accepted():
    assert check(Certificate.from_plain(on_the_interval()))


@pytest.mark.parametrize("name", TWO_READINGS)
def test_statements_have_one_reading(name):
    """What a reader may take for another statement than the one that was replayed is rejected."""
    rejected(TWO_READINGS[name]())


def test_the_domain_is_compared_without_subjects_too():
    certificate = is_convex(LatticePolynomial([([1], 0)], [[0]])).certificate
    assert check(certificate)
    assert "another domain" in check(certificate, domain=Box([0], [1])).reason


def test_a_certificate_is_called_what_it_is():
    certificate = is_convex(LatticePolynomial([([1], 0)], [[0]])).certificate
    assert "is called" in check(Certificate("homogeneous", certificate.text)).reason


def test_a_subject_that_fails_is_a_rejection():
    class Broken:
        def to_plain(self):
            raise OSError("gone")

    certificate = is_convex(LatticePolynomial([([1], 0)], [[0]])).certificate
    assert "OSError" in check(certificate, Broken()).reason
