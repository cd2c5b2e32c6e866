"""Exact decisions about piecewise-linear functions: a certificate for yes, a witness for no.

=====================================  ===============================================================================
:func:`same_function`                  F = G everywhere
:func:`is_below`                       F <= G everywhere
:func:`value_range`                    minimum and maximum, and where
:func:`sup_distance`                   the largest |F - G|, or |F - G|/|x|
:func:`lipschitz`                      the Lipschitz constant for the norms 1, 2, ∞
:func:`is_convex`                      F is the maximum of its pieces
:func:`is_homogeneous`                 F(tx) = tF(x)
:func:`is_unreachable`                 no x satisfies a system of inequalities in x and F(x)
:func:`zero_set_is_empty`              F is nowhere 0
:func:`relevant_subspace`              what F depends on
=====================================  ===============================================================================

All of them look at the joint cells of the functions (:mod:`tropical.complexes.overlay`); the certificates are trees of
polyhedra (:mod:`tropical.decide.proofs`).
"""

from tropical.decide.distances import sup_distance
from tropical.decide.equality import same_function
from tropical.decide.order import is_below
from tropical.decide.ranges import value_range
from tropical.decide.relevant import relevant_subspace
from tropical.decide.shape import is_convex, is_homogeneous
from tropical.decide.steepness import lipschitz
from tropical.decide.systems import Inequality, is_unreachable, zero_set_is_empty

__all__ = [
    "Inequality",
    "is_below",
    "is_convex",
    "is_homogeneous",
    "is_unreachable",
    "lipschitz",
    "relevant_subspace",
    "same_function",
    "sup_distance",
    "value_range",
    "zero_set_is_empty",
]
