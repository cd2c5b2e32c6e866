"""The passages between the representations, each with its inverse where there is one.

=========================  ============================  ==============================================
from                       to                            by
=========================  ============================  ==============================================
any function, cells        lattice polynomial            :func:`lattice` (lemma R)
any function, cells        tropical rational function    :func:`to_rational`
convex or concave          tropical polynomial           :func:`to_polynomial`
polynomial                 lattice polynomial, formally  :func:`polynomial_as_lattice`
any function, cells        difference of convex          :func:`difference_of_convex` (lemma DC)
lattice, rational          ReLU network                  :func:`to_network`
list of layers             ReLU network                  :func:`from_layers`
cells and pieces on them   lattice polynomial            :func:`glue` (lemma Gl)
cells and jumps            lattice polynomial            :func:`from_jumps`; inverse :func:`facet_jumps`
any function               cells                         :func:`tropical.cells`
=========================  ============================  ==============================================
"""

from tropical.convert.convex import difference_of_convex
from tropical.convert.gluing import FacetJump, facet_jumps, from_jumps, glue
from tropical.convert.lattices import lattice
from tropical.convert.networks import hidden_neuron_bound, to_network
from tropical.convert.polynomials import polynomial_as_lattice, to_polynomial
from tropical.convert.rationals import to_rational
from tropical.layers import from_layers

__all__ = [
    "FacetJump",
    "difference_of_convex",
    "facet_jumps",
    "from_jumps",
    "from_layers",
    "glue",
    "hidden_neuron_bound",
    "lattice",
    "polynomial_as_lattice",
    "to_network",
    "to_polynomial",
    "to_rational",
]
