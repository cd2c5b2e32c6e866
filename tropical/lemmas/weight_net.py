r"""Lemma N for weights: how far a network without biases moves when its weight matrices do.

Rounding weights is the obvious net; it needs bounds of the spectral norms of all matrices, which the net of lattice
polynomials (lemma N) does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import fmpq

from tropical._exact.rational import as_fraction
from tropical.decide import sup_distance
from tropical.exceptions import InvalidInput, InvalidType
from tropical.gaussian.closed_form import Combination, square_root
from tropical.gaussian.spectra import eigenvalue_enclosures
from tropical.gaussian.values import Enclosure, Exact, enclosure_of_ball, exact_value
from tropical.gaussian.working_precision import bits_for, working_bits
from tropical.lemmas.numbers import ball_of, bounds, plus, times
from tropical.lemmas.report import Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma
from tropical.network import ReLUNetwork

__all__ = ["WeightNet", "spectral_norm"]

_DIGITS = 20
Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, repr=False)
class WeightNet(Lemma):
    """The weights' version of lemma N; without ``norms`` the false statement that forgets the other layers' norms."""

    norms: bool = True

    letter: ClassVar[str] = "N'"
    name: ClassVar[str] = "weight net"
    title: ClassVar[str] = "moving weight matrices moves a network by their spectral norms times those of the others"
    statement: ClassVar[str] = (
        "F, F' networks of one architecture without biases, ‖W_l‖, ‖W'_l‖ <= B_l: |F(x) - F'(x)| <= "
        "|x| Σ_l ‖W_l - W'_l‖ Π_{j≠l} B_j."
    )
    latex: ClassVar[str] = r"|F(x)-F'(x)|\le|x|\sum_l\|W_l-W'_l\|\prod_{j\ne l}B_j"
    source: ClassVar[str] = "docs/lemmas.md, N for weights"
    hypotheses: ClassVar[tuple[str, ...]] = ("no biases", "one architecture")

    def check(
        self, network: ReLUNetwork, other: ReLUNetwork | None = None, *, eta: Any = "1/4", max_cells: int | None = None
    ) -> LemmaReport:
        """Compare the exact relative distance of two networks with the bound.

        Parameters
        ----------
        network, other : ReLUNetwork
            Of one output. By default the other one has its weights rounded to multiples of eta.
        eta : exact number > 0
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            Squares are compared: that of the distance is rational, that of the bound is enclosed.

        Raises
        ------
        InvalidInput
            If the step is not positive, or a network has several outputs.
        """
        step = as_fraction(eta, "eta")
        if step <= 0:
            raise InvalidInput("eta", "a positive number", eta, "pass the step of the grid")
        for name, net in (("network", network), ("other", network if other is None else other)):
            if not isinstance(net, ReLUNetwork):
                raise InvalidType(name, "a ReLUNetwork", net, "weights are compared; see tropical.to_network")
            if net.outputs != 1:
                raise InvalidInput(name, "one output", f"{net.outputs} outputs", f"select one with {name}[j]")
        if other is None:
            other = ReLUNetwork([[[step * round(w / step) for w in row] for row in W] for W in network.weights])
        free = network.is_bias_free() and other.is_bias_free()
        conditions = [
            Hypothesis(self.hypotheses[0], free, "biases"),
            Hypothesis(self.hypotheses[1], network.widths == other.widths, f"{network.widths}, {other.widths}"),
        ]
        if not all(condition.holds for condition in conditions):
            return self.report([], conditions)
        largest = [
            max((spectral_norm(W), spectral_norm(V)), key=lambda norm: bounds(norm)[1])
            for W, V in zip(network.weights, other.weights, strict=True)
        ]
        total: Any = Fraction(0)
        moves = []
        for layer, (W, V) in enumerate(zip(network.weights, other.weights, strict=True)):
            gap = tuple(tuple(a - b for a, b in zip(p, q, strict=True)) for p, q in zip(W, V, strict=True))
            term: Any = spectral_norm(gap)
            moves.append(term)
            for j, norm in enumerate(largest if self.norms else ()):
                if j != layer:
                    term = times(term, norm)
            total = plus(total, term)
        distance = sup_distance(network, other, relative=True, max_cells=max_cells)
        assert distance.squared is not None
        comparison = compare("(sup |F-F'|/|x|)² <= bound²", distance.squared, "<=", times(total, total), distance.point)
        return self.report([comparison], conditions, certificate=other, moves=tuple(moves), norms=tuple(largest))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        step = testing.rationals(1, 4).map(lambda a: abs(a) + Fraction(1, 8))
        return st.fixed_dictionaries({"network": testing.networks(biases=False), "eta": step})


def spectral_norm(matrix: Matrix) -> Fraction | Exact | Enclosure:
    """Return the largest singular value of a rational matrix: exact up to rank one, where bounds are attained.

    Of higher rank it is enclosed.

    >>> spectral_norm(((Fraction(3), Fraction(4)),)), spectral_norm(((Fraction(1), Fraction(1)),))
    (Exact(5), Exact(sqrt(2) = 1.41421356237))
    """
    if not any(map(any, matrix)):
        return Fraction(0)
    if is_rank_one(matrix):
        square = sum(a * a for row in matrix for a in row)
        return exact_value(Combination.of(square_root(fmpq(square.numerator, square.denominator))))
    rows = matrix if len(matrix) <= len(matrix[0]) else tuple(zip(*matrix, strict=True))
    gram = [[sum((a * b for a, b in zip(p, q, strict=True)), Fraction(0)) for q in rows] for p in rows]
    with working_bits(bits_for(_DIGITS) + 64):
        largest = eigenvalue_enclosures([[ball_of(entry) for entry in row] for row in gram])[0]
        return enclosure_of_ball(largest.sqrt())


def is_rank_one(matrix: Matrix) -> bool:
    """Return whether the rows of a matrix that is not zero are multiples of one."""
    first = next(row for row in matrix if any(row))
    place = next(i for i, a in enumerate(first) if a)
    return all(a * first[place] == b * row[place] for row in matrix for a, b in zip(row, first, strict=True))
