"""The end of the path: a proof, or a witness, or the reason why there is neither."""

from fractions import Fraction

import numpy as np
import pytest

from learner import LatticeRegressor, sample, verify
from tropical import InvalidInput, LatticePolynomial, ReLUNetwork, check, families, lattice, maximum


@pytest.fixture(scope="module")
def learned():
    net = families.random_network((15, 4, 4, 1), 5, rank=2)
    X, y = sample(net, 8000, random_state=0)
    return net, LatticeRegressor(random_state=0).fit(X, y)


def test_a_learned_function_is_proved_equal_to_its_teacher(learned):
    net, model = learned
    result = verify(model, net)
    assert result
    assert result.proved
    assert result.reason == "equal to the teacher on all of R^15"
    assert check(result.certificate, net, result.lattice)
    assert result.check.valid


def test_a_mutant_teacher_is_not_proved_and_comes_with_a_rational_witness(learned):
    net, model = learned
    for layer in range(3):
        weights = [[list(row) for row in matrix] for matrix in net.weights]
        unit, entry = next((i, j) for i, row in enumerate(weights[layer]) for j, w in enumerate(row) if w)
        weights[layer][unit][entry] += Fraction(1, 1000)
        mutant = ReLUNetwork(weights, net.biases)
        result = verify(model, mutant)
        if not result.proved:
            assert result.certificate is None
            assert all(isinstance(t, Fraction) for t in result.witness.point)
            assert mutant(result.witness.point) != result.lattice(result.witness.point)
            break
    else:
        pytest.fail("no mutated weight changed the function")


def test_lattice_polynomials_are_verified_too(learned):
    net, _ = learned
    assert verify(lattice(net), net)
    other = LatticePolynomial([([1] * 15, 0)], [[0]])
    assert "differs from the teacher at" in verify(other, net).reason


def test_irrational_floats_are_not_proved():
    rng = np.random.default_rng(0)
    teacher = ReLUNetwork.from_floats([rng.standard_normal((2, 4)), rng.standard_normal(2)])
    X, y = sample(teacher, 2000, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X, y)
    assert model.explained_ == 1.0
    result = verify(model, teacher)
    assert not result.proved
    assert "no exact function" in result.reason
    assert result.lattice is None


def test_too_few_samples_are_not_proved():
    net = families.random_network((10, 5, 5, 1), 3, rank=3)
    X, y = sample(net, 400, random_state=0)
    result = verify(LatticeRegressor(random_state=0).fit(X, y), net)
    assert not result.proved
    assert result.reason


def test_bad_arguments(learned):
    net, model = learned
    with pytest.raises(InvalidInput, match=r"^`model` needs"):
        verify(3, net)
    with pytest.raises(InvalidInput, match=r"^`teacher` needs"):
        verify(model, 3)
    with pytest.raises(InvalidInput, match=r"^`teacher` needs .*, got teacher.json; tropical.load reads files$"):
        verify(model, "teacher.json")
    with pytest.raises(InvalidInput, match=r"^`teacher` needs"):
        verify(model, families.random_network((3, 2, 1), 0))


def test_what_differs_is_measured_by_proof():
    teacher = families.random_network((6, 3, 1), 1, rank=2)
    almost = maximum(lattice(teacher), -3)
    report = verify(almost, teacher, measure=True)
    assert not report.proved
    assert report.witness is not None
    samples = np.random.default_rng(0).standard_normal((200_000, 6))
    estimate = ((almost.evaluate(samples) - teacher.evaluate(samples)) ** 2).mean()
    assert float(report.enclosure) == pytest.approx(estimate, rel=0.2, abs=1e-4)
    assert verify(almost, teacher).enclosure is None
    assert verify(almost, teacher, measure=True, max_cells=None).enclosure == report.enclosure
