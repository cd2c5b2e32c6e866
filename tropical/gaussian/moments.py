r"""Moments of one function and of pairs: E[F], E[F²], E[FG], E[(F - G)²], Hermite coefficients.

All are sums over joint cells of products of affine forms (:mod:`tropical.gaussian.isserlis`), but where F is one hidden
layer without biases on three or more dimensions: there the arc-cosine kernel is closed in every dimension.

============  =====================================================  ==================================================
k = dim V     exact                                                  enclosed (one integral a face)
============  =====================================================  ==================================================
0, 1          everything, with biases or without
2             bias-free: everything; with biases: what needs no      measures of polygons
              measure of a polygon (E[F²] of the maximum of x, y, 1)
3             bias-free: everything                                  with biases
4             bias-free: E[F], E[F²] where the measures of           measures of cones
              four-dimensional cones cancel
any           one hidden layer: E[F]; bias-free: E[F²], E[FG]        all the rest; one hidden layer pair by pair
============  =====================================================  ==================================================

More than 400 lines: five quantities over the same cells, each with its parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import factorial, prod
from numbers import Integral
from typing import Any

import numpy as np
from flint import fmpq

from tropical._exact.linear import rank
from tropical._exact.rational import as_items, as_limit
from tropical._protocol import PiecewiseLinear, as_scalar
from tropical.exceptions import InvalidInput, InvalidType
from tropical.gaussian.arc_cosine import HiddenLayer, hidden_layer, layer_mean, layer_product
from tropical.gaussian.closed_form import Combination, square_root
from tropical.gaussian.decomposition import Decomposition, decompose
from tropical.gaussian.evaluation import Value, evaluate
from tropical.gaussian.faces import AffineForm, FaceTable
from tropical.gaussian.isserlis import Moments
from tropical.gaussian.measures import Measures
from tropical.gaussian.monte_carlo import (
    estimate_mean,
    estimate_product,
    estimate_square,
    lipschitz_bound,
    sampling_asked,
)
from tropical.gaussian.sectors import is_sector, sector_moments
from tropical.gaussian.shallow import shallow_product
from tropical.gaussian.values import MonteCarloEstimate

__all__ = ["distance", "hermite_coefficient", "inner_product", "mean", "second_moment"]


def mean(
    F: PiecewiseLinear,
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
    method: str = "auto",
    confidence: float = 0.99,
    n_samples: int = 100_000,
    random_state: Any = None,
) -> Value | MonteCarloEstimate:
    """Return E[F(x)] for x ~ N(0, I_d).

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Of one output; select one of a network's by ``F[j]``.
    max_cells : int, optional
        Limit on the number of cells.
    max_faces : int, optional
        Limit on the number of faces tabulated for an enclosure.
    method : {"auto", "monte-carlo"}
        "auto" proves its answer. Sampling is done only when asked for.
    confidence, n_samples, random_state
        For sampling: the probability with which the bounds hold, how many samples, and an int or Generator.

    Returns
    -------
    Exact, Enclosure or MonteCarloEstimate
        Exact for k <= 1, without biases for k <= 4, and for one hidden layer in any dimension; elsewhere an enclosure
        of the width that the context asks for (:func:`tropical.gaussian.precision`), but where no measure is left over.

    Raises
    ------
    BudgetExceeded
        After `max_cells` cells; or after `max_faces` faces, with a proven wider enclosure in ``.partial``.

    Notes
    -----
    Complexity: the cells, once each; then one table for each face of dimension 2 to k - 1 that an enclosure needs.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> gaussian.mean(parse("max(x0, x1, x2)"))
    Exact(3/2*pi^(-1/2) = 0.846284375322)
    """
    function = as_scalar(F)
    drawn = sampling_asked(method, confidence, n_samples, random_state, max_cells, max_faces)
    if drawn is not None:
        return estimate_mean(function, drawn)
    layer = _layer_beyond_cells(function)
    if layer is not None:
        return _closed(layer_mean(layer))
    decomposition = decompose([function], max_cells)
    moments = Moments(FaceTable(decomposition.covariance))
    total = Combination()
    for cone, (form,) in decomposition.cells:
        total.add(moments.value_moment(moments.table.cell(cone), form, _IDENTITY))
    return evaluate(total, moments.measures, max_faces)


def second_moment(
    F: PiecewiseLinear,
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
    method: str = "auto",
    confidence: float = 0.99,
    n_samples: int = 100_000,
    random_state: Any = None,
) -> Value | MonteCarloEstimate:
    """Return E[F(x)²] for x ~ N(0, I_d); result, errors and complexity as for :func:`mean`.

    Parameters
    ----------
    F : function of any type
        Of one output.
    max_cells, max_faces, method, confidence, n_samples, random_state
        As for :func:`mean`.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> gaussian.second_moment(parse("max(x0, -x0) - max(x1, -x1)"))
    Exact(-4*pi^(-1) + 2 = 0.726760455265)
    """
    function = as_scalar(F)
    drawn = sampling_asked(method, confidence, n_samples, random_state, max_cells, max_faces)
    if drawn is not None:
        return estimate_product(function, function, drawn)
    layer = _layer_beyond_cells(function)
    if layer is not None:
        return _product_of_layers(layer, layer, max_faces)
    decomposition = decompose([function], max_cells)
    return _sum_of_products(decomposition, lambda forms: (forms[0], forms[0]), max_faces)


def inner_product(
    F: PiecewiseLinear,
    G: PiecewiseLinear,
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
    method: str = "auto",
    confidence: float = 0.99,
    n_samples: int = 100_000,
    random_state: Any = None,
) -> Value | MonteCarloEstimate:
    """Return E[F(x) G(x)] for x ~ N(0, I_d); result, errors and complexity as for :func:`mean`, on joint cells.

    Parameters
    ----------
    F, G : functions of any type
        Of one output, on one space.
    max_cells, max_faces, method, confidence, n_samples, random_state
        As for :func:`mean`.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> gaussian.inner_product(parse("max(x0, 0)"), parse("max(x0, -x0)"))
    Exact(1/2)
    """
    left, right = _pair(F, G)
    drawn = sampling_asked(method, confidence, n_samples, random_state, max_cells, max_faces)
    if drawn is not None:
        return estimate_product(left, right, drawn)
    layers = [_layer_beyond_cells(function) for function in (left, right)]
    if layers[0] is not None and layers[1] is not None:
        return _product_of_layers(layers[0], layers[1], max_faces)
    decomposition = decompose([left, right], max_cells)
    return _sum_of_products(decomposition, lambda forms: forms, max_faces)


def distance(
    F: PiecewiseLinear,
    G: PiecewiseLinear,
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
    method: str = "auto",
    confidence: float = 0.99,
    n_samples: int = 100_000,
    random_state: Any = None,
) -> Value | MonteCarloEstimate:
    """Return E[(F(x) - G(x))²] for x ~ N(0, I_d); result, errors and complexity as for :func:`mean`.

    Exactly zero iff F and G are one function.

    Parameters
    ----------
    F, G : functions of any type
        Of one output, on one space.
    max_cells, max_faces, method, confidence, n_samples, random_state
        As for :func:`mean`.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> gaussian.distance(parse("max(x0, 0)"), parse("x0 + max(-x0, 0)"))
    Exact(0)
    """
    left, right = _pair(F, G)
    drawn = sampling_asked(method, confidence, n_samples, random_state, max_cells, max_faces)
    if drawn is not None:
        slope = lipschitz_bound(left) + lipschitz_bound(right)

        def gap(X: np.ndarray) -> np.ndarray:
            return left.evaluate(X) - right.evaluate(X)

        return estimate_square(gap, left.dimension, slope, drawn)
    layers = [_layer_beyond_cells(function) for function in (left, right)]
    if layers[0] is not None and layers[1] is not None:
        gap_layer = layers[0].minus(layers[1])
        return _product_of_layers(gap_layer, gap_layer, max_faces)
    decomposition = decompose([left, right], max_cells)
    return _sum_of_products(decomposition, _difference_twice, max_faces)


def hermite_coefficient(
    F: PiecewiseLinear,
    multi_index: Sequence[int] | Mapping[int, int],
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
) -> Value:
    r"""Return a coefficient of F in the orthonormal Hermite basis of L²(N(0, I_d)).

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Of one output.
    multi_index : sequence of d integers >= 0, or a mapping {coordinate: power}
        α, in the coordinates of the inputs x.
    max_cells, max_faces : int, optional

    Returns
    -------
    Exact or Enclosure
        :math:`E[F(x) \prod_i \mathrm{He}_{α_i}(x_i)] / \sqrt{α!}`, He the probabilists' polynomials: He_2(t) = t² - 1.
        The squares of all coefficients add up to E[F²].

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    Two integrations by parts leave the walls, :math:`\sum_C \mathrm{cov}(ℓ_1, u_C) \sum_f \mathrm{cov}(ℓ_2, a_f) p_f
    E_f[:ℓ_3 \cdots ℓ_n:]`, where ℓ_i = <P_V e_i, x>: the conditional expectation of a Wick product given P_V x is the
    Wick product of the projections. For |α| >= 2, k = 2 it is closed with biases, too. Complexity: grows like |α|³ at
    least; for a ReLU of one variable 0.25 s at degree 300, 7 s at 1000.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> gaussian.hermite_coefficient(parse("max(x0, -x0)"), [2])
    Exact(pi^(-1/2) = 0.564189583548)
    """
    function = as_scalar(F)
    as_limit(max_faces, "max_faces")
    powers = _multi_index(multi_index, function.dimension)
    decomposition = decompose([function], max_cells)
    moments = Moments(FaceTable(decomposition.covariance))
    forms = [_projected_coordinate(decomposition, i) for i, power in powers.items() for _ in range(power)]
    total = Combination()
    if len(forms) < 2:
        for cone, (form,) in decomposition.cells:
            factors = [moments.name(factor) for factor in (form, *forms)]
            total.add(moments.moment(moments.table.cell(cone), factors))
    else:
        first, second, *rest = forms
        wick = _wick_product(moments, [moments.name(form) for form in rest])
        for cone, (form,) in decomposition.cells:
            cell = moments.table.cell(cone)
            slope = sum((a * b for a, b in zip(cell.covariances(first), form.normal, strict=True)), fmpq(0))
            for wall in cell.walls if slope else ():
                crossing = sum((a * b for a, b in zip(wall.direction, second.normal, strict=True)), fmpq(0))
                if crossing:
                    for factors, weight in wick.items():
                        total.add(moments.on_wall(cell, wall, factors), slope * crossing * weight)
    scale = square_root(1 / fmpq(prod(factorial(power) for power in powers.values())))
    return evaluate(total.times(scale), moments.measures, max_faces)


# ---------------------------------------------------------------- parts

_IDENTITY = [fmpq(0), fmpq(1)]


def _pair(F: PiecewiseLinear, G: PiecewiseLinear) -> tuple[PiecewiseLinear, PiecewiseLinear]:
    left, right = as_scalar(F, "F"), as_scalar(G, "G")
    if left.dimension != right.dimension:
        raise InvalidInput("G", f"{left.dimension} inputs, as F has", right.dimension, "compose one of them")
    return left, right


def _closed(combination: Combination) -> Value:
    return evaluate(combination, Measures(FaceTable(())))


def _product_of_layers(left: HiddenLayer, right: HiddenLayer, max_faces: int | None) -> Value:
    if left.is_bias_free() and right.is_bias_free():
        return _closed(layer_product(left, right))
    return shallow_product(left, right, max_faces)


def _layer_beyond_cells(F: PiecewiseLinear) -> HiddenLayer | None:
    """Return F as one hidden layer where that is better than cells: on three or more dimensions."""
    layer = hidden_layer(F)
    if layer is None or len(layer.directions) < 3:
        return None
    rows = [[Fraction(a) for a in row] for row in layer.directions]
    return layer if rank(rows, F.dimension) >= 3 else None


def _sum_of_products(decomposition: Decomposition, factors: Any, max_faces: int | None) -> Value:
    """Return the sum over cells of E[1_cell · product of two forms made of the functions' forms]."""
    moments = Moments(FaceTable(decomposition.covariance))
    total = Combination()
    sectors = []
    for cone, forms in decomposition.cells:
        pair = factors(forms)
        if decomposition.dimension == 2 and is_sector(cone):
            sectors.append((cone, *pair))
        elif all(any(form.normal) or form.constant for form in pair):
            total.add(moments.moment(moments.table.cell(cone), [moments.name(form) for form in pair]))
    if sectors:
        total.add(sector_moments(decomposition.covariance, sectors))
    return evaluate(total, moments.measures, max_faces)


def _difference_twice(forms: Sequence[AffineForm]) -> tuple[AffineForm, AffineForm]:
    first, second = forms
    normal = tuple(a - b for a, b in zip(first.normal, second.normal, strict=True))
    gap = AffineForm(normal, first.constant - second.constant)
    return gap, gap


def _multi_index(multi_index: Any, dimension: int) -> dict[int, int]:
    """Return the non-zero powers by coordinate."""
    cure = f"pass {dimension} integers, or a mapping such as {{0: 2}}"
    if isinstance(multi_index, Mapping):
        items = list(multi_index.items())
    else:
        powers = as_items(multi_index, "multi_index", "a sequence of integers >= 0 or a mapping", cure)
        if len(powers) != dimension:
            raise InvalidInput("multi_index", f"{dimension} powers, one for each input", len(powers), cure)
        items = list(enumerate(powers))
    for pair in items:
        if any(isinstance(a, bool) or not isinstance(a, Integral) for a in pair):
            raise InvalidType("multi_index", "integers", pair, cure)
        if not 0 <= pair[0] < dimension or pair[1] < 0:
            raise InvalidInput("multi_index", f"powers >= 0 of coordinates 0 to {dimension - 1}", pair, cure)
    return {int(i): int(power) for i, power in items if power}


def _projected_coordinate(decomposition: Decomposition, i: int) -> AffineForm:
    """Return <P_V e_i, x> as a linear form in z."""
    basis = decomposition.basis
    rows = basis.forms(decomposition.pivots)
    normal = [fmpq(0)] * decomposition.dimension
    for row, ambient, norm in zip(rows, basis.rows, basis.squared_norms, strict=True):
        weight = ambient[i] / norm
        if weight:
            scale = fmpq(weight.numerator, weight.denominator)
            normal = [a + scale * b for a, b in zip(normal, row, strict=True)]
    return AffineForm(tuple(normal), fmpq(0))


def _wick_product(moments: Moments, factors: Sequence[int]) -> dict[tuple[int, ...], fmpq]:
    """Return the Wick product of linear forms as a sum of ordinary products of them: ``:ℓW: = ℓW - Σ cov(ℓ, ·) ∂W``."""
    covariance = moments.table.covariance
    polynomial: dict[tuple[int, ...], fmpq] = {(): fmpq(1)}
    for factor in factors:
        normal = moments.forms[factor].normal
        row = [sum((a * b for a, b in zip(line, normal, strict=True)), fmpq(0)) for line in covariance]
        result: dict[tuple[int, ...], fmpq] = {}
        for product, weight in polynomial.items():
            longer = tuple(sorted((*product, factor)))
            result[longer] = result.get(longer, fmpq(0)) + weight
            # the derivative of the polynomial along the factor's direction: Wick powers differentiate like powers
            for other, times in Counter(product).items():
                step = sum((a * b for a, b in zip(row, moments.forms[other].normal, strict=True)), fmpq(0))
                if step:
                    rest = list(product)
                    rest.remove(other)
                    key = tuple(rest)
                    result[key] = result.get(key, fmpq(0)) - weight * step * times
        polynomial = result
    return polynomial
