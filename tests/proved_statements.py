"""Statements of every kind that have a certificate, and domains to ask questions on; used by several tests."""

import copy
import pickle
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import (
    Box,
    Inequality,
    LatticePolynomial,
    Polyhedron,
    ReLUNetwork,
    TropicalPolynomial,
    cells,
    check,
    families,
    is_below,
    is_convex,
    is_homogeneous,
    is_unreachable,
    lattice,
    lipschitz,
    parse,
    same_function,
    sup_distance,
    to_rational,
    value_range,
    zero_set_is_empty,
)
from tropical.testing import functions

KINDS = (
    "same_function",
    "below",
    "range",
    "distance",
    "relative_distance",
    "lipschitz",
    "convex",
    "homogeneous",
    "unreachable",
    "complex",
)


@dataclass(frozen=True)
class Proved:
    """A statement about subjects on a domain, and how its certificate is found."""

    question: Any
    subjects: tuple[Any, ...]
    domain: Any = None

    @cached_property
    def certificate(self):
        return self.question(*self.subjects, self.domain).certificate


BOX = Box([-2, -2], [1, 3])
HALF = Polyhedron([[1, 0], [-1, 1]], [1, "1/2"])  # unbounded
NET = families.random_network((2, 3, 2, 1), 1, biases=True)
BIAS_FREE = families.random_network((5, 3, 2, 1), 3, rank=2)
FAN = ReLUNetwork([[[1, 0], [0, 1], [1, -1]], [1, -1, "1/2"]])
TWO_OUTPUTS = ReLUNetwork([[[1, 0], [0, 1]], [[1, 1], [1, -1]]])
QUOTIENT = to_rational(families.random_network((2, 2, 1), 4))
BINOMIAL = TropicalPolynomial({(2, 1): "1/2", (0, 3): 1, (0, 0): 0}, convention="max")
LOW = TropicalPolynomial([(0, [1, 0]), ("-1/3", [0, 0])], "min")
FLAT = LatticePolynomial([([0, 0], "2/3")], [[0]])
MEDIAN = LatticePolynomial([([0, 0], 0), ([1, 0], 0), ([1, 2], 1)], [[0, 1], [0, 2], [1, 2]])
TENT = parse("min(x0 + x1, 1 - x0, 2)")
ZIGZAG = parse("max(min(x0, x1), -x0 - 1)")


def relative(F, G, domain):
    assert domain is None
    return sup_distance(F, G, relative=True)


def steepness(norm):
    return lambda F, domain: lipschitz(F, norm, domain)


def never(*rows):
    return lambda F, domain: is_unreachable(F, rows, domain)


class _Complex:
    def __init__(self, F, domain):
        self.certificate = cells(F, domain).certificate()


STATEMENTS = {
    "same_function": Proved(same_function, (NET, lattice(NET))),
    "same_function, rank 2 of 5": Proved(same_function, (BIAS_FREE, to_rational(BIAS_FREE, "min"))),
    "same_function, several outputs": Proved(same_function, (TWO_OUTPUTS, TWO_OUTPUTS), BOX),
    "same_function, polynomials": Proved(same_function, (BINOMIAL * BINOMIAL, BINOMIAL**2), HALF),
    "same_function, constants": Proved(same_function, (FLAT, FLAT)),
    "below": Proved(is_below, (parse("min(x0, x1)"), parse("max(x0, x1, x0 + x1)"))),
    "below, in a box": Proved(is_below, (TENT, parse("max(3 - x0, x0 + 2, x1)")), BOX),
    "below, on a polyhedron": Proved(is_below, (LOW, parse("max(x0, x1 - 1/2)")), HALF),
    "below, a quotient": Proved(is_below, (QUOTIENT, lattice(QUOTIENT))),
    "below, several outputs": Proved(is_below, (TWO_OUTPUTS, TWO_OUTPUTS)),
    "range": Proved(value_range, (NET,), BOX),
    "range, unbounded": Proved(value_range, (ZIGZAG,)),
    "range, unbounded above": Proved(value_range, (BINOMIAL,)),
    "range, unbounded below": Proved(value_range, (LOW,), HALF),
    "range, of a constant": Proved(value_range, (FLAT,), HALF),
    "range, rank 2 of 5": Proved(value_range, (BIAS_FREE,), Box([-1] * 5, [1] * 5)),
    "distance": Proved(sup_distance, (NET, MEDIAN), BOX),
    "distance, everywhere": Proved(sup_distance, (parse("max(x0, x1, 0)"), parse("max(x0, x1, -1/2)"))),
    "distance, unbounded": Proved(sup_distance, (NET, MEDIAN)),
    "distance, unbounded, several outputs": Proved(
        sup_distance, (TWO_OUTPUTS, ReLUNetwork([[[1, 0], [0, -1]], [[1, 1], [1, 1]]])), HALF
    ),
    "relative_distance": Proved(relative, (FAN, ReLUNetwork([[1, -1]]))),
    "relative_distance, a projection": Proved(relative, (parse("max(0, min(x0, x1))"), parse("0*x1"))),
    "relative_distance, of one function": Proved(relative, (FAN, FAN)),
    "relative_distance, several outputs": Proved(
        relative, (TWO_OUTPUTS, ReLUNetwork([[[1, 0], [0, 1]], [[1, 0], [2, -1]]]))
    ),
    "lipschitz": Proved(steepness(2), (NET,)),
    "lipschitz, in a box": Proved(steepness(1), (MEDIAN,), BOX),
    "lipschitz, maximum norm": Proved(steepness("inf"), (QUOTIENT,), HALF),
    "lipschitz, of a constant": Proved(steepness(2), (FLAT,)),
    "convex": Proved(is_convex, (parse("max(x0, 2*x1 - 1, -x0 - x1)"),)),
    "convex, in a box": Proved(is_convex, (parse("max(min(x0 + 5, 3*x1 + 20), x1 + 1)"),), BOX),
    "convex, a polynomial": Proved(is_convex, (BINOMIAL,), HALF),
    "convex, several outputs": Proved(is_convex, (ReLUNetwork([[[1, 0], [0, 1]], [[1, 1], [2, 0]]]),)),
    "homogeneous": Proved(is_homogeneous, (FAN,)),
    "homogeneous, biases cancel": Proved(is_homogeneous, (parse("max(x0 + 1, x1 + 1) - 1"),), BOX),
    "homogeneous, a quotient": Proved(is_homogeneous, (QUOTIENT,), HALF),
    "homogeneous, several outputs": Proved(is_homogeneous, (TWO_OUTPUTS,)),
    "unreachable": Proved(never(Inequality(1, -1), Inequality(-1, 3, [1, 1])), (parse("max(x0, x1, 0)"),)),
    "unreachable, strict": Proved(never(Inequality(1, 0, strict=True)), (parse("abs(x0) + abs(x1)"),), BOX),
    "unreachable, inputs count": Proved(never(Inequality(-1, 0, [1, 0], strict=True)), (parse("min(x0, x1)"),), HALF),
    "unreachable, several outputs": Proved(
        never(Inequality([1, 0], -1), Inequality([0, -1], "1/2")), (TWO_OUTPUTS,), BOX
    ),
    "unreachable, in a box": Proved(never(Inequality(1, "-5/2")), (parse("max(x0, x1)"),), BOX),
    "unreachable, no zero": Proved(zero_set_is_empty, (parse("max(x0, -x0, x1) + 1/5"),)),
    "complex": Proved(_Complex, (NET,)),
    "complex, in a box": Proved(_Complex, (NET,), BOX),
    "complex, on a polyhedron": Proved(_Complex, (FAN,), HALF),
    "complex, rank 2 of 5": Proved(_Complex, (BIAS_FREE,)),
}


def kind_of(name):
    return name.split(",")[0]


def domains(dimension):
    """None, a box, or a polyhedron, bounded or not."""
    rest = [0] * (dimension - 1)
    return st.sampled_from(
        [
            None,
            Box([-2] * dimension, [1] * dimension),
            Box(["-1/3"] * dimension, [5] * dimension),
            Polyhedron([[1, *rest], [-1, *[1] * (dimension - 1)]], [1, 4]),
            Polyhedron([[-1] * dimension], ["1/2"]),
            Polyhedron([[1, *rest], [-1, *rest], [1, *rest]], [1, "3/2", 7]),  # a strip, with a wall too many
        ]
    )


def questions(count=1, *, largest=2):
    """Functions of one dimension, all types in any mixture, and a domain."""
    return st.integers(1, largest).flatmap(
        lambda d: st.tuples(*[functions(d) for _ in range(count)], domains(d)),
    )


def agreement_tests(agrees, cases, larger, *, usual, slow):
    """Return two tests that an answer agrees with an oracle: on some cases, and among the slow ones on many more."""

    @given(cases)
    @settings(max_examples=usual)
    def test(case):
        agrees(*case)

    @pytest.mark.slow
    @given(larger)
    @settings(max_examples=slow)
    def test_more(case):
        agrees(*case)

    return test, test_more


def copies_are_equal(result, *subjects, domain=None):
    """Assert that a result and its proof survive copying and pickling, before and after the proof is made."""
    for again in (copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert again == result
        assert hash(again) == hash(result)
        assert repr(again) == repr(result)
        assert again.certificate == result.certificate
    for again in (copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert again == result
        if again.certificate is not None:
            assert check(again.certificate, *subjects, domain=domain)
