"""Published cases of other tools, recomputed: each test's id names its source."""

import json
from fractions import Fraction
from functools import reduce
from itertools import combinations, permutations
from operator import add, mul

import numpy as np
import pytest
from published import ABSENT, FOLDER

from tropical import (
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    TropicalRational,
    cells,
    check,
    families,
    from_layers,
    hidden_neuron_bound,
    lattice,
    same_function,
    to_network,
    to_polynomial,
    to_rational,
)
from tropical.layers import Affine, Threshold

if not FOLDER.is_dir():
    pytest.skip(ABSENT, allow_module_level=True)
CASES = json.loads((FOLDER / "published_cases.json").read_text())


def cases(kind):
    found = CASES[kind]
    return pytest.mark.parametrize("case", found, ids=[f"{c['id']} [{c['source'].strip()}]" for c in found])


def polynomial(terms, convention):
    return TropicalPolynomial([tuple(term) for term in terms], convention)


def rows(entries):
    return sorted(tuple(map(Fraction, entry)) for entry in entries)


def test_every_kind_of_case_is_there():
    counts = {kind: len(CASES[kind]) for kind in ("polynomials", "rationals", "equalities", "univariate_roots")}
    assert counts == {"polynomials": 14, "rationals": 6, "equalities": 3, "univariate_roots": 5}


@cases("polynomials")
def test_polynomial(case):
    P, expected = polynomial(case["terms"], case["convention"]), case["expected"]
    essential, surface = P.essential(), P.hypersurface()
    assert len(essential) == expected["essential_terms"]
    assert [exponents for _, exponents in essential.terms] == rows(expected["essential_exponents"])
    assert len(surface.cells) == expected["codim1_cells"]
    assert list(surface.vertices) == rows(expected["vertices"])
    assert surface.is_balanced()
    assert cells(P).n_cells == expected["essential_terms"]
    assert same_function(to_network(P), P)


@cases("networks")
def test_network(case):
    expected = case["expected"]
    if "thresholds" in case:  # each layer x -> max(A x, t)
        pairs = zip(case["weights"], case["thresholds"], strict=True)
        net = from_layers([layer for A, t in pairs for layer in (Affine(A), Threshold(t))])
        for x in ([0, 0], ["1/3", -5], [7, "5/2"], [-3, -2]):
            values = [Fraction(t) for t in x]
            for A, t in zip(case["weights"], case["thresholds"], strict=True):
                sums = [sum(a * v for a, v in zip(row, values, strict=True)) for row in A]
                values = [max(v, Fraction(bound)) for v, bound in zip(sums, t, strict=True)]
            assert net(x) == values[0]
    else:
        net = ReLUNetwork(case["weights"], case["biases"])
        assert cells(net).n_cells == expected["activation_cells"]
    R = to_rational(net)
    assert same_function(net, R)
    complex_ = cells(net)
    if "maps" in expected:
        assert (complex_.n_regions, complex_.n_pieces) == (expected["connected"], expected["maps"])
    else:  # nonnegative weights: convex, so the pieces are the essential terms
        assert len(to_polynomial(net)) == complex_.n_pieces == expected["essential_terms"]
    if "num_essential" in expected:
        assert len(R.numerator) <= expected["num_essential"]
        assert len(R.denominator) <= expected["den_essential"]


@cases("rationals")
def test_rational(case):
    R = TropicalRational(polynomial(case["num"], case["convention"]), polynomial(case["den"], case["convention"]))
    complex_, expected = cells(R), case["expected"]
    assert complex_.n_cells == expected["cells"]
    assert complex_.n_regions == expected["connected"]
    assert complex_.n_pieces == expected["maps"]
    assert same_function(R.reduced(), R)
    assert same_function(to_network(R), R)
    assert len(lattice(R).pieces) == expected["maps"]


@cases("equalities")
def test_equality(case):
    left, right = (
        reduce(mul, [polynomial(factor, case["convention"]) for factor in case[side]])
        for side in ("left_factors", "right_factors")
    )
    verdict = same_function(left, right)
    assert bool(verdict) == case["expected_equal_functions"]
    assert (left.essential() == right.essential()) == case["expected_equal_functions"]
    if verdict:
        assert check(verdict.certificate, left, right)
        assert (left / right).reduced() == TropicalRational(TropicalPolynomial.constant(0, 2, case["convention"]))


@cases("univariate_roots")
def test_roots(case):
    terms = [(c, [i]) for i, c in enumerate(case["coefficients_by_exponent"]) if c is not None]
    roots = TropicalPolynomial(terms, case["convention"]).roots()
    listed = [root for root, multiplicity in roots for _ in range(int(multiplicity))]
    assert listed == [Fraction(root) for root in case["expected_roots_with_multiplicity"]]


@cases("evaluations")
def test_evaluation(case):
    P = polynomial(case["terms"], case["convention"])
    assert P(case["point"]) == Fraction(case["value"])
    assert P.evaluate(np.array([[float(Fraction(x)) for x in case["point"]]])) == float(Fraction(case["value"]))


@cases("symmetric_max_certificates")
def test_symmetric_maximum(case):
    # the maximum of five as a combination of maxima of two sums of maxima of two, at exact points
    n = case["n"]
    x = TropicalPolynomial.variables(n, "max")
    terms = []
    for term in case["terms"]:
        sides = [reduce(mul, [x[a] + x[b] for a, b in term[side]]) for side in ("left", "right")]
        terms.append((Fraction(term["coefficient"]), sides[0] + sides[1]))
    maximum = reduce(add, x)
    for point in ([5, 3, 2, 1, 0], [1, 1, 1, 1, 1], [Fraction(1, 3), 7, -2, 0, Fraction(5, 7)], [0, 0, -9, 4, 4]):
        orders = list(permutations(point))
        total = sum(c * sum(P(order) for order in orders) for c, P in terms)
        assert total == maximum(point) == max(point)


@cases("symmetric_max_certificates")
def test_symmetric_maximum_is_proved(case):
    # with two hidden layers: max(a, b) = b + relu(a - b) in the first, maxima of two sums of those in the second
    n = case["n"]
    pairs = list(combinations(range(n), 2))
    first = [[int(j == a) - int(j == b) for j in range(n)] for a, b in pairs]
    first += [[sign * int(i == j) for j in range(n)] for i in range(n) for sign in (1, -1)]

    def maximum_of_two(a, b):
        row = [0] * len(first)
        a, b = min(a, b), max(a, b)
        row[len(pairs) + 2 * b], row[len(pairs) + 2 * b + 1] = 1, -1
        if a != b:
            row[pairs.index((a, b))] += 1
        return row

    def total(rows):
        return [sum(entries) for entries in zip(*rows, strict=True)]

    units, passed = {}, [Fraction(0)] * len(first)
    for term in case["terms"]:
        c = Fraction(term["coefficient"])
        for order in permutations(range(n)):
            left, right = (total([maximum_of_two(order[a], order[b]) for a, b in term[s]]) for s in ("left", "right"))
            difference = tuple(a - b for a, b in zip(left, right, strict=True))
            units[difference] = units.get(difference, 0) + c
            passed = [p + c * r for p, r in zip(passed, right, strict=True)]
    units = {row: c for row, c in units.items() if any(row)}
    again = [[int(i == j) for j in range(len(first))] for i in range(len(first))]
    net = ReLUNetwork([first, [*units, *again], [*units.values(), *passed]])
    maximum = families.maximum_of(n)
    # both sides are symmetric, so the chamber x0 >= x1 >= ... would do; here all of R^n is proved
    chamber = Polyhedron([[int(j == i + 1) - int(j == i) for j in range(n)] for i in range(n - 1)], [0] * (n - 1))
    assert check(same_function(net, maximum, chamber).certificate, net, maximum, domain=chamber)
    proof = same_function(net, maximum)
    assert check(proof.certificate, net, maximum)
    weights = [*net.weights[:2], [[net.weights[2][0][0] + Fraction(1, 10**6), *net.weights[2][0][1:]]]]
    assert not same_function(ReLUNetwork(weights), maximum, chamber)


def test_the_functional_that_knows_maxima_of_five():
    # hbdss_functional: 1 on max(0, x1, ..., x4), 0 on everything that a maximum of two numbers can do
    one, *x = (TropicalPolynomial.constant(0, 4, "max"), *TropicalPolynomial.variables(4, "max"))

    def functional(f):
        total = Fraction(0)
        for size in range(1, 5):
            for S in combinations(range(5), size):
                corner = [int(0 in S) - int(i in S) for i in range(1, 5)]
                total += (-1) ** size * f(corner)
        return total

    assert functional(reduce(add, [one, *x])) == 1
    for f in [*x, *(one + P for P in x), *(P + Q for P, Q in combinations(x, 2))]:
        assert functional(f) == 0


@pytest.mark.parametrize("m", range(1, 9))
def test_units_of_a_maximum(m):
    # max_of_m_hidden: the sizes of the balanced tree
    F = families.maximum_of(m)
    assert to_network(F).size <= CASES["closed_forms"]["max_of_m_hidden"][str(m)]
    assert same_function(to_network(F), F)


def test_the_bound_on_hidden_units():
    # cpwl2relu_hidden_neuron_bound, Chen et al. arXiv:2210.07236, theorem 2
    assert "(1,1)->0, (2,2)->11" in CASES["closed_forms"]["cpwl2relu_hidden_neuron_bound"]
    assert (hidden_neuron_bound(1, 1), hidden_neuron_bound(2, 2)) == (0, 11)


def test_generic_one_layer_cells():
    # sum_{i<=d} C(n, i), from the closed forms of the file: (d, n) -> count
    for d, n, count in ((2, 4, 11), (2, 6, 22), (3, 5, 26)):
        assert f"({d},{n})={count}" in CASES["closed_forms"]["generic_one_layer_cells"]
        net = families.random_network((d, n, 1), 3, biases=True)
        assert cells(net).n_cells == count
        assert same_function(to_rational(net), net)
