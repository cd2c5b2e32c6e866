"""The Hasse diagram of the clauses: exactly the covering relation."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import tropical as tp
from tropical import plot
from tropical.clauses import covering_pairs, intersections, mask_of

MEDIAN = tp.parse("max(min(0, x0), min(0, x1), min(x0, x1))")
MASKS = st.lists(st.integers(0, 63), min_size=1, max_size=8)


@given(MASKS)
def test_covering_pairs_are_the_transitive_reduction(masks):
    family = set(masks)
    inside = {(a, b) for a in family for b in family if a != b and a & b == a}
    between = {(a, b) for a, b in inside if any((a, c) in inside and (c, b) in inside for c in family)}
    pairs = covering_pairs(masks)
    assert set(pairs) == inside - between
    assert len(pairs) == len(set(pairs))


@given(MASKS)
def test_intersections_are_closed_and_no_more(masks):
    closed = intersections(masks)
    assert all(a & b in closed for a in closed for b in closed)
    generated = set()
    for size in range(1, len(masks) + 1):
        for chosen in combinations(masks, size):
            meet = -1
            for mask in chosen:
                meet &= mask
            generated.add(meet)
    assert set(closed) == generated


def drawn(ax):
    (order,) = (c for c in ax.collections if c.get_gid() == "order")
    return {tuple(map(tuple, segment)) for segment in order.get_segments()}


def places(ax):
    return {text.get_position(): text.get_text() for text in ax.texts if text.get_gid() == "set"}


@pytest.mark.parametrize("sets", ["intersections", "clauses"])
def test_edges_join_the_places_of_covering_sets(sets):
    F = tp.LatticePolynomial([([i, 1], i * i) for i in range(5)], [[0, 1, 2], [1, 2, 3], [2, 4], [0, 1, 2, 3], [4]])
    ax = plot.hasse_diagram(F, Figure().add_subplot(), sets=sets)
    clauses = [mask_of(clause) for clause in F.clauses]
    family = intersections(clauses) if sets == "intersections" else clauses
    where = places(ax)
    assert len(where) == len(set(family))
    named = {(where[low], where[high]) for low, high in drawn(ax)}
    assert len(named) == len(drawn(ax)) == len(covering_pairs(family))
    for low, high in named:
        assert numbers(low) < numbers(high)
    assert {(numbers(a), numbers(b)) for a, b in named} == {
        (frozenset(bits(a)), frozenset(bits(b))) for a, b in covering_pairs(family)
    }
    assert all(low[1] < high[1] for low, high in drawn(ax))


def bits(mask):
    return {i for i in range(8) if mask >> i & 1}


def numbers(text):
    inner = text.partition(r"\{")[2].partition(r"\}")[0]
    return frozenset(int(part) for part in inner.split(r",\,") if part)


def test_the_median_is_a_cube_without_its_top():
    ax = plot.hasse_diagram(MEDIAN, Figure().add_subplot())
    assert len(places(ax)) == 7
    assert len(drawn(ax)) == 9
    assert sorted(text for text in places(ax).values() if "S_" in text) == [
        r"$S_{0} = \{0,\,1\}$",
        r"$S_{1} = \{0,\,2\}$",
        r"$S_{2} = \{1,\,2\}$",
    ]
    ax.figure.canvas.draw()


def test_the_budget_is_kept():
    many = tp.LatticePolynomial([([i], 0) for i in range(12)], [[j for j in range(12) if j != i] for i in range(12)])
    with pytest.raises(tp.BudgetExceeded, match="max_sets"):
        plot.hasse_diagram(many, Figure().add_subplot())
    assert not drawn(plot.hasse_diagram(many, Figure().add_subplot(), sets="clauses"))
    with pytest.raises(tp.InvalidType, match=r"tropical\.lattice"):
        plot.hasse_diagram(tp.families.random_network((2, 2, 1), 0), Figure().add_subplot())
