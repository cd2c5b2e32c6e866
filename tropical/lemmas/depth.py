r"""Lemma D: ⌈log2(k+1)⌉ hidden layers are enough for every piecewise-linear function on R^k.

The proof is carried out: F is a difference of two convex functions (lemma DC), each a signed sum of maxima of at most
k + 1 of its terms (:mod:`tropical.lemmas.simplices`), and a maximum of k + 1 numbers takes ⌈log2(k+1)⌉ layers. The
better bound ⌈log3(k-1)⌉ + 1 is the same for k <= 7 but k = 4: :mod:`tropical.lemmas.two_layers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tropical._arguments import as_count
from tropical._circuit import Circuit, Extremum, Form
from tropical.convert import difference_of_convex
from tropical.decide import relevant_subspace, same_function
from tropical.lemmas.report import Comparison, LemmaReport, compare, decided
from tropical.lemmas.simplices import signed_simplices
from tropical.lemmas.statement import Lemma, scalar
from tropical.lemmas.two_layers import two_layer_network
from tropical.network import ReLUNetwork

__all__ = ["Depth", "depth_bound", "shallow_network"]


def depth_bound(k: int, *, base: int = 2) -> int:
    """Return a number of hidden layers that suffices for k relevant dimensions.

    Parameters
    ----------
    k : int
    base : {2, 3}
        2: ⌈log2(k+1)⌉ (Arora et al. 2018); 3: ⌈log3(k-1)⌉ + 1 for k >= 3 (Bakaev et al. 2025), the same for k <= 2.

    Examples
    --------
    >>> [depth_bound(k) for k in range(6)], [depth_bound(k, base=3) for k in range(6)]
    ([0, 1, 2, 2, 3, 3], [0, 1, 2, 2, 2, 3])
    """
    k = as_count(k, "k", 0)
    if as_base(base) == 2 or k <= 2:
        return k.bit_length()
    layers = 1
    while 3 ** (layers - 1) < k - 1:
        layers += 1
    return layers


def as_base(base: Any) -> int:
    """Return 2 or 3."""
    return as_count(base, "base", 2, 3, "see depth_bound")


def shallow_network(F: Any, *, max_cells: int | None = None) -> ReLUNetwork:
    """Return a network with at most ⌈log2(k+1)⌉ hidden layers that is the same function as F; without biases if F is.

    Parameters
    ----------
    F : a function of any type with one output
    max_cells : int, optional
        Limit on the number of cells.

    Raises
    ------
    BudgetExceeded

    Examples
    --------
    A median of three in the plane, as a maximum of minima three layers deep:

    >>> from tropical import parse
    >>> len(shallow_network(parse("max(min(0, x0), min(0, x1), min(x0, x1))")).widths) - 2
    2
    """
    quotient = difference_of_convex(scalar(F), max_cells=max_cells)
    weighted: list[tuple[int, Any]] = []
    for sign, part in ((1, quotient.numerator), (-1, quotient.denominator)):
        essential = part.essential()
        forms = [Form.of_row(piece.gradient, piece.constant) for piece in essential.pieces]
        for simplex, orientation in signed_simplices(essential).items():
            weighted.append((sign * orientation, Extremum.of(1, [forms[i] for i in simplex])))
    circuit = Circuit(quotient.dimension)
    values = circuit.reduce([term for _, term in weighted])
    output = Form.combine([(sign, value) for (sign, _), value in zip(weighted, values, strict=True)])
    return circuit.network([output], drop_unused=True)


@dataclass(frozen=True, repr=False)
class Depth(Lemma):
    """Lemma D; `fewer` is subtracted from the claimed number of layers (0 is true)."""

    fewer: int = 0

    letter: ClassVar[str] = "D"
    name: ClassVar[str] = "depth"
    title: ClassVar[str] = "⌈log2(k+1)⌉ hidden layers suffice on R^k"
    statement: ClassVar[str] = (
        "Every continuous piecewise-linear function of k relevant dimensions is a network with at most "
        "⌈log2(k+1)⌉ hidden layers, and at most ⌈log3(k-1)⌉+1 for k >= 3; without biases if it is homogeneous."
    )
    latex: ClassVar[str] = r"\text{hidden layers}\le\lceil\log_2(k+1)\rceil"
    source: ClassVar[str] = (
        "Arora, Basu, Mianjy and Mukherjee 2018; Wang and Sun 2005; ⌈log3(k-1)⌉+1 for k >= 3: Bakaev et al. 2025, "
        "arXiv 2505.14338"
    )

    def check(self, F: Any, *, base: int = 2, max_cells: int | None = None) -> LemmaReport:
        """Construct the network, count its layers and prove that it is F.

        Parameters
        ----------
        F : a function of any type with one output
        base : {2, 3}
            Which of the two bounds: see :func:`depth_bound`. They differ for k = 4 and k >= 8.
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            The certificate is the network, its proof the evidence of the identity. If fewer layers are claimed than the
            construction needs, that refutes the claim where no hidden layer is left and F is not affine; else nothing
            is decided: so with base 3 for k >= 8, where the newer construction is not implemented.
        """
        as_base(base)
        function = scalar(F)
        k = len(relevant_subspace(function, max_cells))
        claimed = depth_bound(k, base=base) - self.fewer
        build = two_layer_network if base == 3 and k == 4 else shallow_network
        network = build(function, max_cells=max_cells)
        layers = len(network.widths) - 2
        count = compare("hidden layers", layers, "<=", claimed)
        if not count.holds and claimed > 0:
            count = Comparison(
                count.name, count.left, "<=", count.right, None, "only this construction needs more layers"
            )
        comparisons = [count, decided("the network is F", network, "=", function, same_function(network, function))]
        if function.is_bias_free():
            biased = int(not network.is_bias_free())
            comparisons.append(compare("biases of a homogeneous function", biased, "<=", 0))
        return self.report(comparisons, certificate=network, rank=k, newer_bound=depth_bound(k, base=3))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        return st.one_of(testing.networks(), testing.lattice_polynomials())
