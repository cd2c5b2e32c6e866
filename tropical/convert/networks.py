r"""From formulas to networks: every function type of this package as a ReLU network.

The minima of all clauses are taken by balanced trees in parallel, then their maximum by a balanced tree, each step by

.. math:: \max(a, b) = b + \mathrm{relu}(a - b), \qquad \min(a, b) = b - \mathrm{relu}(b - a).

Reference: K.-L. Chen, H. Garudadri, B. D. Rao, *Improved Bounds on Neural Complexity for Representing Piecewise Linear
Functions*, NeurIPS 2022 (arXiv 2210.07236), Theorem 2. The depth ceil(log2 k) + ceil(log2 q) is that of the trees.
"""

from __future__ import annotations

from typing import Any

from tropical._circuit import Circuit, Extremum, Form, Term
from tropical._exact.rational import as_limit
from tropical.complexes import CellComplex
from tropical.convert.lattices import lattice
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.pieces import PieceTable
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["hidden_neuron_bound", "to_network"]


def to_network(F: Any) -> ReLUNetwork:
    r"""Return a ReLU network that is the same function, with rational weights; exact.

    Parameters
    ----------
    F : LatticePolynomial, TropicalPolynomial, TropicalRational, CellComplex or ReLUNetwork
        A network is returned as it is; of a complex with one output the lattice polynomial on its cells is made.

    Returns
    -------
    ReLUNetwork
        At most ceil(log2 s) + ceil(log2 m) hidden layers for m clauses of at most s pieces; ceil(log2 s) for a
        polynomial of s terms, the larger of two of these for a quotient. No unit is without a way to the output.

    Raises
    ------
    InvalidType
        If F is no function of this package.
    InvalidInput
        For several outputs.

    Notes
    -----
    For k distinct pieces the hidden units never exceed ``hidden_neuron_bound(k, m)``. A layer makes each of its values
    with at most 3 units, as b + relu(a - b) or as a carried form, so with C = ceil(log2 k) and D = ceil(log2 m) the
    layers that halve the clauses, and end with at most m·2^(C-i) values, cost at most 3·m·(2^C - 1) units, and those
    after them at most 3·(2^D - 1). The bound is the sum of the two plus 2·C·(m - 1).

    Equal subterms are made once, and forms carried over the same inputs share their units, so that there are often
    far fewer units. Costs O(Σ|S_j|) operations on forms of as many coefficients as the layer before has units.

    Examples
    --------
    >>> from tropical import LatticePolynomial
    >>> F = LatticePolynomial([([1, 0], 0), ([0, 1], 0), ([0, 0], 0)], [[0, 1], [2]])
    >>> net = to_network(F)
    >>> net, net(["1/2", 3])
    (ReLUNetwork(2 -> 3 -> 1 -> 1, bias-free), Fraction(1, 2))
    """
    if isinstance(F, ReLUNetwork):
        return F
    if isinstance(F, CellComplex):
        F = lattice(F)
        if isinstance(F, tuple):
            raise InvalidInput("F", "one output", f"{len(F)}", "convert the outputs one by one")
    parts = (F.numerator, F.denominator) if isinstance(F, TropicalRational) else (F,)
    terms = [_term(part) for part in parts]
    circuit = Circuit(parts[0].dimension)
    value, *subtracted = circuit.reduce(terms)
    output = Form.combine([(1, value), *((-1, form) for form in subtracted)])
    return circuit.network([output], drop_unused=True)  # parts that cancel leave units behind


def hidden_neuron_bound(components: int, pieces: int) -> int:
    r"""Return the number of hidden units that suffice for a continuous piecewise-linear function: Chen, Garudadri, Rao.

    .. math:: (3 \cdot 2^C + 2C - 3)\,q + 3 \cdot 2^D - 2C - 3, \qquad
              C = \lceil \log_2 k \rceil,\ D = \lceil \log_2 q \rceil

    Parameters
    ----------
    components : int
        k, the number of distinct affine functions.
    pieces : int
        q, the number of pieces, where a piece is a convex part of the domain: one clause for each is enough.

    Examples
    --------
    >>> hidden_neuron_bound(1, 1), hidden_neuron_bound(2, 2), hidden_neuron_bound(10, 20)
    (0, 11, 1145)
    """
    inner, outer = _halvings(components, "components"), _halvings(pieces, "pieces")
    return (3 * 2**inner + 2 * inner - 3) * pieces + 3 * 2**outer - 2 * inner - 3


def _term(F: Any) -> Term:
    """Return a lattice polynomial or a tropical polynomial as nested extrema of its pieces."""
    if isinstance(F, TropicalPolynomial):
        return Extremum.of(1 if F.convention == "max" else -1, _forms(F.pieces))
    if not isinstance(F, LatticePolynomial):
        requirement = "a lattice polynomial, a tropical polynomial or rational, or a network"
        raise InvalidType("F", requirement, F, "wrap pieces in tropical.LatticePolynomial")
    tidy = 1 * F  # merges equal pieces and absorbs clauses
    forms, clauses, outer = _forms(tidy.pieces), tidy.clauses, 1 if tidy.form == "max-min" else -1
    return Extremum.of(outer, [Extremum.of(-outer, [forms[i] for i in clause]) for clause in clauses])


def _forms(pieces: PieceTable) -> list[Form]:
    return [Form.of_row(piece.gradient, piece.constant) for piece in pieces]


def _halvings(count: int, argument: str) -> int:
    """Return ceil(log2 count)."""
    size = as_limit(count, argument)
    if size is None:
        raise InvalidInput(argument, "a positive integer", count, "count at least one")
    return (size - 1).bit_length()
