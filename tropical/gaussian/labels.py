r"""What a filter of the label sees: tail probabilities, filter matrices, moments of a slice.

For a filter ψ the population matrix is M_ψ = E[ψ(F(x)) (xxᵀ - I)]; it vanishes off the relevant subspace V (lemma K),
so it is returned on V, in an orthonormal basis. A filter is a :class:`LabelFilter`; an exact number τ stands for the
indicator of |F| > τ, a pair (a, b) for the slice a <= F < b.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from tropical._display import Record
from tropical._exact.linear import row_space
from tropical._exact.rational import as_limit, float_array
from tropical._protocol import PiecewiseLinear, as_scalar
from tropical.exceptions import InvalidInput, NotExact
from tropical.gaussian.closed_form import Combination
from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.decomposition import decompose
from tropical.gaussian.evaluation import Value, evaluate, evaluate_all, evaluate_probability
from tropical.gaussian.faces import AffineForm
from tropical.gaussian.filters import LabelFilter, as_filter, as_slice, as_threshold
from tropical.gaussian.label_moments import LabelMoments
from tropical.gaussian.matrices import RelevantMatrix, RelevantVector, combine
from tropical.gaussian.monte_carlo import (
    MatrixEstimate,
    Sampling,
    estimate_matrix,
    estimate_probability,
    sampling_asked,
)
from tropical.gaussian.values import Exact, MonteCarloEstimate, enclosure_of_ball
from tropical.gaussian.working_precision import bits_for, precision, target_digits, working_bits

__all__ = ["ConditionalMoments", "conditional_moments", "filter_matrix", "tail"]


def tail(
    F: PiecewiseLinear,
    tau: Any,
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
    method: str = "auto",
    confidence: float = 0.99,
    n_samples: int = 100_000,
    random_state: Any = None,
) -> Value | MonteCarloEstimate:
    """Return Pr[|F(x)| > tau] for x ~ N(0, I_d).

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Of one output.
    tau : exact number >= 0
    max_cells, max_faces, method, confidence, n_samples, random_state
        As for :func:`tropical.gaussian.mean`.

    Returns
    -------
    Exact, Enclosure or MonteCarloEstimate
        Exact for k <= 1, and for tau = 0 on cones with k <= 3; otherwise mostly an enclosure.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    One integral for each part of the level sets, whose integrand is tabulated from faces of lower dimension.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> gaussian.tail(parse("max(x0, 0)"), 1)
    Exact(1/2 + -1/2*erf(sqrt(1/2)) = 0.158655253931)
    """
    function = as_scalar(F)
    level = as_threshold(tau)
    drawn = sampling_asked(method, confidence, n_samples, random_state, max_cells, max_faces)
    if drawn is not None:
        float_bound = float(float_array(level, "tau"))

        def inside(X: np.ndarray) -> np.ndarray:
            return np.abs(function.evaluate(X)) > float_bound

        return estimate_probability(inside, function.dimension, drawn)
    moments = LabelMoments(decompose([function], max_cells), LabelFilter.threshold(level))
    return evaluate_probability(moments.mass(), moments.moments.measures, max_faces)


def filter_matrix(
    F: PiecewiseLinear,
    psi: Any,
    *,
    max_cells: int | None = None,
    max_faces: int | None = None,
    method: str = "auto",
    confidence: float = 0.99,
    n_samples: int = 100_000,
    random_state: Any = None,
) -> RelevantMatrix | MatrixEstimate:
    """Return M = E[ψ(F(x)) (xxᵀ - I)] on the relevant subspace.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Of one output.
    psi : exact number or LabelFilter
        A number τ >= 0 stands for the indicator of |F| > τ.
    max_cells, max_faces, method, confidence, n_samples, random_state
        As for :func:`tropical.gaussian.mean`. Sampling takes filters with values in [-1, 1], works on the span of what
        F reads, and bounds the error in operator norm.

    Returns
    -------
    RelevantMatrix or MatrixEstimate
        Exact entries for k <= 2, with biases or without; enclosures beyond, as measures of (k-1)-dimensional faces
        remain. ``.eigenvalues()`` encloses the spectrum, ``.ambient()`` is the matrix on R^d.

    Raises
    ------
    BudgetExceeded

    Notes
    -----
    One conditional Gaussian for each part of the level sets and each of its faces.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> matrix = gaussian.filter_matrix(parse("max(x0, -x0) - max(x1, -x1)"), 1)
    >>> matrix[0, 0], matrix[0, 0] == matrix[1, 1], matrix[0, 1]
    (Exact(pi^(-1/2)*exp(-1/4) + -pi^(-1/2)*exp(-1/4)*erf(sqrt(1/4)) = 0.210688176988), True, Exact(0))
    """
    function = as_scalar(F)
    label_filter = as_filter(psi)
    drawn = sampling_asked(method, confidence, n_samples, random_state, max_cells, max_faces)
    if drawn is not None:
        return _sampled_matrix(function, label_filter, drawn)
    moments = LabelMoments(decompose([function], max_cells), label_filter)
    return _second(moments, max_faces)


@dataclass(frozen=True, slots=True, repr=False)
class ConditionalMoments(Record):
    """Moments of x given that F lies in a set of labels (or weighted by a filter ψ, over E[ψ]).

    Attributes
    ----------
    mass : Exact or Enclosure
        E[ψ(F)]: the probability of the slice.
    mean : RelevantVector
        E[ψ(F) x] / mass.
    hermite : RelevantMatrix
        E[ψ(F) (xxᵀ - I)] / mass.
    """

    mass: Value
    mean: RelevantVector
    hermite: RelevantMatrix


def conditional_moments(
    F: PiecewiseLinear, interval: Any, *, max_cells: int | None = None, max_faces: int | None = None
) -> ConditionalMoments:
    """Return the probability of a slice of labels, and E[x | slice] and E[xxᵀ - I | slice] on V.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        Of one output.
    interval : pair (a, b), or LabelFilter
        The slice a <= F < b; None is no bound.
    max_cells, max_faces : int, optional

    Returns
    -------
    ConditionalMoments

    Raises
    ------
    BudgetExceeded
    InvalidInput
        If the slice has probability zero.
    NotExact
        If more digits than are tried do not tell the probability of the slice from zero.

    Examples
    --------
    >>> from tropical import gaussian, parse
    >>> slice_ = gaussian.conditional_moments(parse("max(x0, 0)"), (0, None))
    >>> slice_.mass, slice_.mean[0]
    (Exact(1), Exact(0))
    """
    as_limit(max_faces, "max_faces")
    label_filter = as_slice(interval)
    moments = LabelMoments(decompose([as_scalar(F)], max_cells), label_filter)
    mass_terms = moments.mass()
    if not moments.has_mass() or not mass_terms:
        raise InvalidInput("interval", "a slice of positive probability", interval, "see tropical.value_range")
    measures = moments.moments.measures
    share = evaluate_probability if label_filter.is_indicator() else evaluate
    mass = share(mass_terms, measures, max_faces)
    _check_positive(mass, interval)
    if isinstance(mass, Exact) and len(mass.terms) == 1 and mass == mass.terms[0].coefficient:
        scale = 1 / mass.terms[0].coefficient
        return ConditionalMoments(mass, _first(moments, max_faces, scale), _second(moments, max_faces, scale))
    digits = target_digits()
    extra = 4
    while True:
        with precision(digits=digits + extra):
            mass = share(mass_terms, measures, max_faces)
            _check_positive(mass, interval)
            lower = mass.enclosure(digits + extra).lower
            needed = 4 + 2 * max(0, -_decimal_exponent(lower)) if lower > 0 else 2 * extra
            if extra >= needed:
                first, second = _first(moments, max_faces), _second(moments, max_faces)
                break
            extra = needed
        if extra > _MOST_EXTRA:
            raise NotExact(f"{extra} digits do not tell the probability of the slice from zero")
    with working_bits(bits_for(digits + extra) + 32):
        ball = mass.ball(digits + extra)

        def over_mass(value: Value) -> Value:
            if isinstance(value, Exact) and not value.terms:
                return value
            return enclosure_of_ball(value.ball(digits + extra) / ball)

        return ConditionalMoments(
            mass,
            RelevantVector(tuple(map(over_mass, first.entries)), first.basis),
            RelevantMatrix(tuple(tuple(map(over_mass, row)) for row in second.entries), second.basis),
        )


_MOST_EXTRA = 2000


def _check_positive(mass: Value, interval: Any) -> None:
    if mass.enclosure(4).upper <= 0:
        raise InvalidInput("interval", "a filter of positive mean", interval, "change its sign")


def _decimal_exponent(value: Fraction) -> int:
    """Return about log10 of a positive number."""
    return (value.numerator.bit_length() - value.denominator.bit_length()) * 30103 // 100000


# ---------------------------------------------------------------- in the orthonormal basis


def _forms(moments: LabelMoments) -> tuple[RelevantBasis, list[AffineForm]]:
    decomposition = moments.decomposition
    return decomposition.basis, [AffineForm(row, fmpq(0)) for row in decomposition.basis.forms(decomposition.pivots)]


def _first(moments: LabelMoments, max_faces: int | None, scale: Fraction = Fraction(1)) -> RelevantVector:
    """Return E[ψ x] · scale on V."""
    basis, forms = _forms(moments)
    values = evaluate_all([moments.first(form) for form in forms], moments.moments.measures, max_faces)
    entries = [combine([(scale, norm, value)]) for value, norm in zip(values, basis.squared_norms, strict=True)]
    return RelevantVector(tuple(entries), basis)


def _second(moments: LabelMoments, max_faces: int | None, scale: Fraction = Fraction(1)) -> RelevantMatrix:
    """Return E[ψ (xxᵀ - I)] · scale on V."""
    basis, forms = _forms(moments)
    k = len(forms)
    pairs = [(i, j) for i in range(k) for j in range(i, k)]
    combinations: list[Combination] = [moments.second(forms[i], forms[j]) for i, j in pairs]
    values = evaluate_all(combinations, moments.moments.measures, max_faces)
    norms = basis.squared_norms
    upper = {
        (i, j): combine([(scale, norms[i] * norms[j], value)]) for (i, j), value in zip(pairs, values, strict=True)
    }
    return RelevantMatrix(tuple(tuple(upper[min(i, j), max(i, j)] for j in range(k)) for i in range(k)), basis)


def _sampled_matrix(F: PiecewiseLinear, psi: LabelFilter, sampling: Sampling) -> MatrixEstimate:
    if not psi.is_bounded_by_one():
        raise InvalidInput("psi", "values in [-1, 1] for sampling", psi, "scale it, or leave method out")
    rows, _ = row_space(F.linear_forms(), F.dimension)
    return estimate_matrix(F, psi.evaluate, RelevantBasis.of(rows, F.dimension), sampling)
