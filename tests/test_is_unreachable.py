"""Systems of inequalities in x and F(x): no point, or one; and functions without zeros."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import COARSE_FAILS_BIASED, MEDIAN
from oracles import contains, satisfies
from proved_statements import agreement_tests, copies_are_equal, domains

from tropical import (
    Box,
    BudgetExceeded,
    Inequality,
    InvalidInput,
    InvalidType,
    Polyhedron,
    ReLUNetwork,
    check,
    families,
    is_below,
    is_unreachable,
    parse,
    value_range,
    zero_set_is_empty,
)
from tropical.testing import functions, networks, rationals

ABSOLUTE = parse("abs(x0)")
TWO = ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])


def inequalities(dimension, outputs=1):
    small = st.integers(-2, 2)
    row = st.builds(
        lambda out, bound, inputs, strict: Inequality(out, bound, inputs, strict=strict),
        st.lists(small, min_size=outputs, max_size=outputs),
        rationals(),
        st.none() | st.lists(small, min_size=dimension, max_size=dimension),
        st.booleans(),
    )
    return st.lists(row, min_size=1, max_size=3)


def systems(largest=2):
    return (
        st.integers(1, largest)
        .flatmap(
            lambda d: st.tuples(st.one_of(functions(d), functions(d), networks(d, outputs=2)), st.just(d), domains(d))
        )
        .flatmap(lambda case: st.tuples(st.just(case[0]), inequalities(case[1], case[0].outputs), st.just(case[2])))
    )


def holds_at(F, system, x):
    value = F(x)
    values = value if isinstance(value, tuple) else (value,)
    found = []
    for row in system:
        total = sum(a * b for a, b in zip(row.outputs, values, strict=True))
        total += sum(a * b for a, b in zip(row.inputs or [0] * len(x), x, strict=True))
        found.append((total, total < row.bound if row.strict else total <= row.bound))
    return found


def is_witness(verdict, F, system, domain):
    x = verdict.witness.point
    found = holds_at(F, system, x)
    assert verdict.witness.left == F(x)
    assert verdict.witness.right == tuple(total for total, _ in found)
    return all(holds for _, holds in found) and contains(domain, x)


def agrees_with_z3(F, system, domain):
    verdict = is_unreachable(F, system, domain)
    rows = [(row.inputs or [0] * F.dimension, row.outputs, row.bound, row.strict) for row in system]
    assert bool(verdict) == (not satisfies(F, rows, domain))
    if verdict:
        assert check(verdict.certificate, F, domain=domain)
        claimed = [row["strict"] for row in verdict.certificate.claim["constraints"]]
        assert claimed == [row.strict for row in system]
    else:
        assert verdict.certificate is None
        assert is_witness(verdict, F, system, domain)


test_the_verdict_is_that_of_z3_and_comes_with_evidence, test_much_more_of_that = agreement_tests(
    agrees_with_z3, systems(), systems(3), usual=150, slow=1500
)


@given(st.integers(1, 2).flatmap(lambda d: st.tuples(functions(d), domains(d))))
@settings(max_examples=80)
def test_zeros(case):
    F, domain = case
    verdict = zero_set_is_empty(F, domain)
    nothing = [0] * F.dimension
    assert bool(verdict) == (not satisfies(F, [(nothing, [1], 0, False), (nothing, [-1], 0, False)], domain))
    assert bool(verdict) == (0 not in value_range(F, domain))
    if verdict:
        assert check(verdict.certificate, F, domain=domain)
    else:
        assert F(verdict.witness.point) == 0
        assert contains(domain, verdict.witness.point)


@given(functions(2), rationals())
@settings(max_examples=40)
def test_order_is_a_system(F, bound):
    assert bool(is_unreachable(F, [Inequality(-1, -bound, strict=True)])) == bool(is_below(F, bound))
    assert bool(is_unreachable(F, [Inequality(1, bound, strict=True)])) == bool(is_below(bound, F))


@pytest.mark.parametrize(
    ("text", "rows", "domain", "expected"),
    [
        ("abs(x0)", [Inequality(1, 0, strict=True)], None, True),
        ("abs(x0)", [Inequality(1, 0)], None, False),
        ("abs(x0)", [Inequality(1, 0), Inequality(0, -1, [1])], None, True),  # zero, but x0 <= -1
        ("abs(x0)", [Inequality(1, 0), Inequality(0, 0, [1], strict=True)], None, True),  # zero at 0 alone
        ("abs(x0)", [Inequality(-1, -1), Inequality(1, 1)], Box([-1], [1]), False),  # at the ends
        ("abs(x0)", [Inequality(-1, -1, strict=True)], Box([-1], [1]), True),
        ("x0", [Inequality(0, -1)], None, True),  # 0 <= -1
        ("x0", [Inequality(0, 0, strict=True)], None, True),  # 0 < 0
        ("x0", [Inequality(0, 0)], None, False),
        ("x0", [Inequality(1, 0, strict=True), Inequality(-1, 0, strict=True)], None, True),
        ("x0", [Inequality(1, 0), Inequality(-1, 0)], None, False),
        ("x0", [Inequality(1, 0), Inequality(-1, 0)], Polyhedron([[-1]], [-1]), True),
        ("x0", [Inequality(1, 1, [-1])], None, False),  # F - x0 <= 1: everywhere
        ("x0", [Inequality(1, 0, [-1], strict=True)], None, True),  # F - x0 < 0: nowhere
        ("max(x0, x1)", [Inequality(1, 0), Inequality(0, -1, [-1, 0])], None, True),  # max <= 0 and x0 >= 1
        ("max(x0, x1)", [Inequality(1, 0), Inequality(0, 0, [-1, -1])], None, False),  # the origin alone
        ("max(x0, x1)", [Inequality(1, 0), Inequality(0, 0, [-1, -1], strict=True)], None, True),
    ],
)
def test_known_systems(text, rows, domain, expected):
    F = parse(text)
    verdict = is_unreachable(F, rows, domain)
    assert bool(verdict) == expected
    assert check(verdict.certificate, F, domain=domain) if expected else is_witness(verdict, F, rows, domain)


def test_known_zeros():
    for F, domain, empty in [
        (parse("abs(x0) + 1/10000000000"), None, True),
        (ABSOLUTE, None, False),
        (ABSOLUTE, Box(["1/100000"], [1]), True),
        (MEDIAN, Box([1, 1], [2, 2]), True),
        (COARSE_FAILS_BIASED, None, False),
        (ReLUNetwork([[[0]], [1]]), None, False),  # the zero function
        (TWO, None, False),
        (TWO, Box([1], [2]), True),
        (ReLUNetwork([[[1], [-1]], [[1, 1], [0, 0]]], [[0, 0], [0, 1]]), None, True),  # one output is 1
    ]:
        verdict = zero_set_is_empty(F, domain)
        assert bool(verdict) == empty
        if empty:
            assert check(verdict.certificate, F, domain=domain)
        else:
            value = F(verdict.witness.point)
            assert not any(value if isinstance(value, tuple) else (value,))


def test_many_inputs_of_low_rank():
    net = families.random_network((20, 4, 1), 5, rank=2)
    rows = net.weights[0][:2]  # a strip around the kernel: what the domain reads is what the network reads
    strip = Polyhedron([*rows, *([-a for a in row] for row in rows)], [1] * 4)
    top = value_range(net, strip).max
    for bound, expected in ((top, False), (top + Fraction(1, 10**9), True)):
        system = [Inequality(-1, -bound)]
        verdict = is_unreachable(net, system, strip)
        assert bool(verdict) == expected
        assert check(verdict.certificate, net, domain=strip) if expected else is_witness(verdict, net, system, strip)


def test_inequalities_are_exact_values():
    row = Inequality(1, "1/2", [0, -3], strict=True)
    assert (row.outputs, row.bound, row.inputs, row.strict) == ((1,), Fraction(1, 2), (0, -3), True)
    for again in (copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
        assert again == row
        assert hash(again) == hash(row)
    assert row != Inequality(1, "1/2", [0, -3])
    assert Inequality(np.array([1, 2]), np.int64(3)) == Inequality([1, 2], 3)
    for outputs, bound in ((0.5, 0), (True, 0), ([1.0], 0), (1, 0.5), (None, 0), (1, None)):
        with pytest.raises(InvalidInput, match=r"^`(outputs|bound)"):
            Inequality(outputs, bound)


def test_a_numpy_integer_is_a_number():
    assert Inequality(np.int64(1), 0) == Inequality(1, 0)


def test_budget_and_bad_arguments():
    net, sums = families.random_network((3, 4, 4, 1), 0), parse("abs(x0) + abs(x1) + 1")
    with pytest.raises(BudgetExceeded, match="max_cells=2"):
        is_unreachable(net, [Inequality(0, -1)], max_cells=2)
    with pytest.raises(BudgetExceeded, match="max_cells=1"):
        zero_set_is_empty(sums, max_cells=1)
    for rows, error, message in [
        ([], InvalidInput, r"^`inequalities` needs at least one"),
        (3, InvalidType, r"^`inequalities` needs a list of Inequality.*tropical.Inequality\(1, 0\)"),
        ([(1, 0)], InvalidType, r"^`inequalities` needs a list of Inequality"),
        ([Inequality([1, 2], 0)], InvalidInput, r"^`inequalities\[0\]` needs 1 coefficients of outputs, got 2"),
        (
            [Inequality(1, 0), Inequality(1, 0, [1, 2])],
            InvalidInput,
            r"^`inequalities\[1\]` needs 1 coefficients of in",
        ),
    ]:
        with pytest.raises(error, match=message):
            is_unreachable(ABSOLUTE, rows)
    with pytest.raises(InvalidInput, match=r"^`F` needs a network"):
        zero_set_is_empty(0)
    assert is_unreachable(ABSOLUTE, Inequality(1, -1))


def test_verdicts_are_values():
    copies_are_equal(is_unreachable(ABSOLUTE, Inequality(1, -1)), ABSOLUTE)
    copies_are_equal(is_unreachable(ABSOLUTE, Inequality(1, 1)))
    copies_are_equal(zero_set_is_empty(ABSOLUTE + 1), ABSOLUTE + 1)
    assert repr(zero_set_is_empty(ABSOLUTE + 1)) == "Verdict(F has no zero: yes)"
    assert repr(is_unreachable(ABSOLUTE, Inequality(1, 1))).startswith(
        "Verdict(no point satisfies all inequalities: no"
    )
