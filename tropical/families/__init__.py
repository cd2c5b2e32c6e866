r"""Named functions and networks with known answers, for examples, tests and experiments. Exact, reproducible.

===================================================  ==================================================================
``maximum_of``, ``minimum_of_absolute_values``,      order functions of the coordinates
``sign_times_minimum``, ``mean_minus_median``
``cyclic``, ``fan``                                  alternating functions of one plane: harmonics K, 3K, 5K, ...
``parity``, ``homogeneous_parity``                   parity of k half-spaces: what all label filters lose (lemma Λ)
``leap``, ``leap_bound``                             directions hidden from the label, up to a leak with a bound
``sawtooth``, ``folding``                            depth: p^(nL) regions on the unit cube from p·n·L units
``zonotope``, ``near_parallel``                      hyperplanes in general, in special and in nearly equal position
``random_network``, ``random_lattice_polynomial``    weights and clauses by chance
``frame``, ``embed``                                 any of these in R^d
===================================================  ==================================================================

Weights are exact wherever the function has rational ones. ``cyclic`` and ``fan`` have algebraic ones: ``cyclic_error``
and ``fan_error`` bound what rounding them changes.
"""

from tropical.families.arrangements import near_parallel, zonotope, zonotope_vertices
from tropical.families.embedding import embed, frame
from tropical.families.foldings import folding, sawtooth
from tropical.families.leaps import leap, leap_bound
from tropical.families.order_functions import (
    maximum_of,
    mean_minus_median,
    minimum_of_absolute_values,
    sign_times_minimum,
)
from tropical.families.parities import homogeneous_parity, parity
from tropical.families.plane_functions import cyclic, cyclic_error, fan, fan_error
from tropical.families.random_functions import random_lattice_polynomial, random_network

__all__ = [
    "cyclic",
    "cyclic_error",
    "embed",
    "fan",
    "fan_error",
    "folding",
    "frame",
    "homogeneous_parity",
    "leap",
    "leap_bound",
    "maximum_of",
    "mean_minus_median",
    "minimum_of_absolute_values",
    "near_parallel",
    "parity",
    "random_lattice_polynomial",
    "random_network",
    "sawtooth",
    "sign_times_minimum",
    "zonotope",
    "zonotope_vertices",
]
