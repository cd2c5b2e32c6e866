"""Information limits: published and closed-form values, with an honest error."""

import math

import numpy as np
import pytest

from learner.limits import weak_recovery_threshold
from tropical import InvalidInput, families

CASES = {
    "abs": (families.minimum_of_absolute_values(1), 1, 0.5),
    "sign of a product": (lambda z: np.sign(z[:, 0] * z[:, 1]), 2, math.pi**2 / 4),
    "cyclic 4": (families.cyclic(4), 2, 2.535),
    "cyclic 6": (families.cyclic(6), 2, 2.557),
    "minimum of sizes": (families.minimum_of_absolute_values(2), 2, 2.4207),
    "size of cyclic 2": (lambda z: np.abs(families.cyclic(2).evaluate(z)), 2, 2.4207),
    "sign times minimum": (families.sign_times_minimum(3), 3, 6.047),
}


@pytest.mark.parametrize("name", CASES)
def test_known_values(name):
    function, k, expected = CASES[name]
    threshold = weak_recovery_threshold(function, k)
    assert float(threshold) == pytest.approx(expected, rel=1e-3)
    assert abs(threshold.value - expected) <= 3 * threshold.error + 1e-3
    assert threshold.means == 0


def test_a_function_that_is_not_homogeneous():
    # y = z²: the same information as |z|, through the bins of the general route
    threshold = weak_recovery_threshold(lambda z: z[:, 0] ** 2, 1)
    assert threshold.value == pytest.approx(0.5, abs=3 * threshold.error)
    assert threshold.error < 2e-3


def test_rounding_the_label_raises_the_threshold():
    clean = weak_recovery_threshold(lambda z: np.abs(z[:, 0]), 1)
    rounded = weak_recovery_threshold(lambda z: np.rint(np.abs(z[:, 0])), 1)
    assert rounded.value > clean.value + 0.05


def test_directions_with_a_mean_need_no_threshold():
    linear = weak_recovery_threshold(lambda z: z[:, 0], 2)
    assert linear.means == 1
    assert linear.value == math.inf  # the other direction is irrelevant
    alone = weak_recovery_threshold(lambda z: z[:, 0], 1)
    assert (alone.means, alone.value) == (1, math.inf)


def test_a_parity_of_three_signs_is_invisible_to_label_filters():
    assert weak_recovery_threshold(lambda z: np.sign(z.prod(axis=1)), 3).value == math.inf


def test_half_of_the_labels_zero():
    # max(|z| - 1, 0) hides the small ones: visible, but later than |z|
    threshold = weak_recovery_threshold(lambda z: np.maximum(np.abs(z[:, 0]) - 1.0, 0.0), 1)
    # E[E[z² - 1 | y]²]: the tail keeps z² - 1, the middle has its mean, -2 φ(1)/Pr[|z| < 1]
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)
    inside = math.erf(1 / math.sqrt(2))
    total = 2.0 - _second_inside() + (2.0 * density) ** 2 / inside
    assert threshold.value == pytest.approx(1.0 / total, rel=3e-3)


def _second_inside():
    """E[(z² - 1)²; |z| < 1] by Simpson's rule."""
    z = np.linspace(-1, 1, 2001)
    values = (z * z - 1) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return float((values[:-1:2] + 4 * values[1::2] + values[2::2]).sum() * (z[1] - z[0]) / 3)


@pytest.mark.parametrize(
    ("arguments", "options", "named"),
    [
        ((None, 1), {}, "function"),
        ((abs, 0), {}, "k"),
        ((abs, 1), {"repeats": 2}, "repeats"),
        ((lambda z: z, 2), {}, "function"),
        ((lambda z: np.full(len(z), np.nan), 2), {}, "function"),
    ],
    ids=["none", "no variables", "too few repeats", "two outputs", "not a number"],
)
def test_bad_arguments(arguments, options, named):
    with pytest.raises(InvalidInput, match=f"^`{named}` needs .*, got .*; "):
        weak_recovery_threshold(*arguments, **options)
