r"""Gaussian quantities of continuous piecewise-linear functions: exact, or enclosed by proof (docs/gaussian.md).

x ~ N(0, I_d) throughout; d is free, as everything happens on the relevant subspace V. A result is :class:`Exact` (a
closed form), :class:`Enclosure` (rational bounds, proved), or, only where asked for, :class:`MonteCarloEstimate`.

========================================  ============================================================
E[F], E[F²], E[FG], E[(F - G)²]           ``mean, second_moment, inner_product, distance``
Pr[abs(F) > τ]                            ``tail``
E[ψ(F) (xxᵀ - I)]                         ``filter_matrix``, with a number τ or a ``LabelFilter``
E[x | slice], E[xxᵀ - I | slice]          ``conditional_moments``
E[F He_α] / √α!                           ``hermite_coefficient``
Pr[x in cell]                             ``cell_probability``
Σ g_i(x_i) and functions of it            ``independent_sum``
========================================  ============================================================

How it works, one idea a module: terms of closed forms (:mod:`~tropical.gaussian.closed_form`); faces with conditional
Gaussians over the rationals (:mod:`~tropical.gaussian.faces`); integration by parts turns moments into measures of
faces (:mod:`~tropical.gaussian.isserlis`, :mod:`~tropical.gaussian.label_moments`); measures of faces are angles
(:mod:`~tropical.gaussian.cones`) or integrals of measures of smaller faces (:mod:`~tropical.gaussian.measures`), which
are enclosed together (:mod:`~tropical.gaussian.dilation`).
"""

from tropical.gaussian.coordinates import RelevantBasis
from tropical.gaussian.filters import FilterPart, LabelFilter
from tropical.gaussian.independent_sums import IndependentSum, independent_sum
from tropical.gaussian.labels import ConditionalMoments, conditional_moments, filter_matrix, tail
from tropical.gaussian.matrices import RelevantMatrix, RelevantVector
from tropical.gaussian.moments import distance, hermite_coefficient, inner_product, mean, second_moment
from tropical.gaussian.monte_carlo import MatrixEstimate
from tropical.gaussian.probability import cell_probability
from tropical.gaussian.terms import Term
from tropical.gaussian.values import Enclosure, Exact, MonteCarloEstimate
from tropical.gaussian.working_precision import precision

__all__ = [
    "ConditionalMoments",
    "Enclosure",
    "Exact",
    "FilterPart",
    "IndependentSum",
    "LabelFilter",
    "MatrixEstimate",
    "MonteCarloEstimate",
    "RelevantBasis",
    "RelevantMatrix",
    "RelevantVector",
    "Term",
    "cell_probability",
    "conditional_moments",
    "distance",
    "filter_matrix",
    "hermite_coefficient",
    "independent_sum",
    "inner_product",
    "mean",
    "precision",
    "second_moment",
    "tail",
]
