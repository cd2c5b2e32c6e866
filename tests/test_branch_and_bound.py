"""Branch and bound for the range of networks on boxes of many dimensions, against the cells."""

import signal
from fractions import Fraction

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import Box, BudgetExceeded, Interrupted, InvalidInput, check, families, parse, sup_distance, value_range
from tropical._exact.linear_program import Polytope, box_bound
from tropical.decide.branch_and_bound import BoxSearch
from tropical.testing import networks

half = st.integers(-4, 4).map(lambda n: Fraction(n, 2))


@st.composite
def programs(draw):
    """A box of k dimensions, half-spaces, and a form."""
    k = draw(st.integers(1, 4))
    walls = []
    for i in range(k):
        low = draw(half)
        high = low + draw(st.integers(1, 4))
        axis = [int(i == j) for j in range(k)]
        walls += [(*axis, -low), (*(-a for a in axis), high)]
    rows = st.lists(half, min_size=k + 1, max_size=k + 1)
    return walls, draw(st.lists(rows, max_size=6)), draw(rows)


def value(form, point):
    return sum((a * b for a, b in zip(form, (*point, 1), strict=True)), Fraction(0))


@given(programs())
@settings(max_examples=150)
def test_linear_programs_come_with_their_proof(program):
    walls, cuts, form = program
    optimum = Polytope([*walls, *cuts]).maximise(form)
    if optimum is None:
        x = [z3.Real(f"x{i}") for i in range(len(form) - 1)]
        solver = z3.Solver()
        for row in [*walls, *cuts]:
            solver.add(z3.Sum([z3.RealVal(str(a)) * v for a, v in zip(row, [*x, 1], strict=True)]) >= 0)
        assert solver.check() == z3.unsat
        return
    assert value(form, optimum.point) == optimum.value
    assert all(value(row, optimum.point) >= 0 for row in [*walls, *cuts])
    total = [-Fraction(a) for a in form]
    total[-1] += optimum.value
    for index, multiplier in optimum.multipliers.items():
        assert multiplier > 0
        total = [t - multiplier * a for t, a in zip(total, [*walls, *cuts][index], strict=True)]
    assert not any(total)
    if not cuts:
        assert box_bound(form, walls).value == optimum.value


@given(st.integers(1, 3).flatmap(lambda d: st.tuples(networks(d), st.lists(half, min_size=d, max_size=d))))
@settings(max_examples=60)
def test_the_range_is_that_of_the_cells(case):
    net, low = case
    net = net[0]
    if len(net.weights) == 1:
        return
    box = Box(low, [a + 2 for a in low])
    by_cells, by_search = value_range(net, box, method="cells"), value_range(net, box, method="branch")
    assert (by_cells.min, by_cells.max) == (by_search.min, by_search.max)
    assert (net(by_search.argmin), net(by_search.argmax)) == (by_search.min, by_search.max)
    result = check(by_search.certificate, net, domain=box)
    assert result, result


def test_many_dimensions_are_harmless():
    net = families.random_network((20, 3, 1), 3, biases=True)
    box = Box([-1] * 20, [1] * 20)
    found = value_range(net, box)
    assert check(found.certificate, net, domain=box)
    assert found.min <= net([0] * 20) <= found.max
    with pytest.raises(BudgetExceeded, match="2048 vertices"):
        sup_distance(net, net, box)


def test_a_budget_leaves_proven_bounds():
    net = families.random_network((10, 5, 4, 1), 1, biases=True)
    box = Box([-1] * 10, [1] * 10)
    with pytest.raises(BudgetExceeded, match="proven so far") as caught:
        value_range(net, box, max_cells=3)
    bounds = caught.value.partial
    assert bounds.min[0] < bounds.min[1] <= bounds.max[0] < bounds.max[1]
    assert (net(bounds.argmin), net(bounds.argmax)) == (bounds.min[1], bounds.max[0])
    exact = value_range(net, box)
    assert bounds.min[0] <= exact.min <= bounds.min[1]
    assert bounds.max[0] <= exact.max <= bounds.max[1]


def test_the_budget_of_the_cells_leaves_proven_bounds_too():
    net = families.random_network((2, 6, 6, 1), 1, biases=True)
    box = Box([-1, -1], [1, 1])
    exact = value_range(net, box)
    with pytest.raises(BudgetExceeded, match="proven so far") as caught:
        value_range(net, box, max_cells=2)
    bounds = caught.value.partial
    assert bounds.min[0] <= exact.min <= bounds.min[1]
    assert bounds.max[0] <= exact.max <= bounds.max[1]


def test_an_interrupt_leaves_proven_bounds(monkeypatch):
    net = families.random_network((10, 5, 4, 1), 1, biases=True)
    children, calls = BoxSearch._children, []

    def interrupted(self, node):
        calls.append(node)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return children(self, node)

    monkeypatch.setattr(BoxSearch, "_children", interrupted)
    with pytest.raises(Interrupted, match="proven so far") as caught:
        value_range(net, Box([-1] * 10, [1] * 10))
    assert caught.value.partial.max[0] <= caught.value.partial.max[1]


def test_bad_method():
    box = Box([0], [1])
    with pytest.raises(InvalidInput, match=r"^`method` needs"):
        value_range(parse("abs(x0)"), box, method="branch")
    with pytest.raises(InvalidInput, match=r"^`method` needs"):
        value_range(parse("abs(x0)"), box, method="magic")


# ---------------------------------------------------------------- what the checker must reject

RELAXED_MUTANTS = {
    "a steeper slope below": lambda rule: rule.__setitem__(3, "3/2"),
    "a negative slope": lambda rule: rule.__setitem__(2, "-1/4"),
    "a smaller interval": lambda rule: rule.__setitem__(0, "0"),
    "an interval turned round": lambda rule: (rule.__setitem__(0, rule[1]), rule.__setitem__(1, rule[0])),
    "a lower upper end": lambda rule: rule.__setitem__(1, str(Fraction(rule[1]) / 2)),
}


@pytest.fixture(scope="module")
def relaxed():
    net = families.random_network((3, 4, 3, 1), 1, biases=True)
    box = Box([-1] * 3, [1] * 3)
    return net, box, value_range(net, box, method="branch").certificate


def relaxed_rules(document):
    for node in document["evidence"]["nodes"]:
        for values in node.get("values", []):
            for layer in values["relaxed"]:
                yield from ((layer, i) for i, rule in enumerate(layer) if isinstance(rule, list))


@pytest.mark.parametrize("name", RELAXED_MUTANTS)
def test_wrong_relaxations_are_rejected(relaxed, name):
    net, box, certificate = relaxed
    tried = 0
    for number in range(sum(1 for _ in relaxed_rules(certificate.to_plain()))):
        document = certificate.to_plain()
        layer, i = list(relaxed_rules(document))[number]
        RELAXED_MUTANTS[name](layer[i])
        assert not check(type(certificate).from_plain(document), net, domain=box)
        tried += 1
    assert tried >= 3


def test_units_cannot_be_switched(relaxed):
    net, box, certificate = relaxed
    rejected = 0
    for number, node in enumerate(certificate.to_plain()["evidence"]["nodes"]):
        if number % 3:
            continue
        for values in node.get("values", []):
            for depth, layer in enumerate(values["relaxed"]):
                for unit, rule in enumerate(layer):
                    for other in (0, 1, True, 2, None):
                        if type(other) is type(rule) and other == rule:
                            continue
                        document = certificate.to_plain()
                        document["evidence"]["nodes"][number]["values"][0]["relaxed"][depth][unit] = other
                        result = check(type(certificate).from_plain(document), net, domain=box)
                        assert not result
                        rejected += 1
    assert rejected > 50


def test_a_better_claim_is_rejected(relaxed):
    net, box, certificate = relaxed
    for end, step in (("max", -1), ("min", 1), ("max", 1), ("min", -1)):
        document = certificate.to_plain()
        document["claim"][end] = str(Fraction(document["claim"][end]) + Fraction(step, 10**6))
        assert not check(type(certificate).from_plain(document), net, domain=box)
