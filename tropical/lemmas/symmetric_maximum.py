r"""The maximum of five numbers needs two hidden layers only: an identity, the network built from it, and its proof.

.. math:: \max(x_0, \dots, x_4) = \sum_t c_t \sum_{s \in S_5} \max\Bigl(\sum_{(a,b) \in L_t} \max(x_{s(a)}, x_{s(b)}),
          \sum_{(a,b) \in R_t} \max(x_{s(a)}, x_{s(b)})\Bigr)

with three terms, a pair (a, a) standing for x_a. The inner maxima are the first hidden layer, the outer ones the
second. Until 2025 three layers, ⌈log2 5⌉, were thought to be needed.

The numbers may be affine functions g_0, ..., g_4 of a point of R^k, which is how lemma D uses the identity: the network
of the identity with these in front of it is max(g_0, ..., g_4).

References
----------
Bakaev, Brunck, Hertrich, Stade, Yehudayoff, *Better Neural Network Expressivity: Subdividing the Simplex*, 2025,
arXiv 2505.14338; certificates: github.com/kilianar/max-relu-certificates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any, ClassVar, NamedTuple

from tropical import families
from tropical._arguments import as_count, as_flag
from tropical._display import never_raising, number_latex
from tropical._exact.linear import combine_rows
from tropical._exact.rational import as_fraction, as_items
from tropical.decide import same_function
from tropical.domains import Polyhedron
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare, decided
from tropical.lemmas.statement import Lemma
from tropical.network import ReLUNetwork
from tropical.pieces import PieceTable

__all__ = ["MAXIMUM_OF_FIVE", "SymmetricMaximum", "SymmetricTerm", "chamber", "identity_network"]

Pairs = tuple[tuple[int, int], ...]


class SymmetricTerm(NamedTuple):
    """``coefficient · Σ_s max(Σ_left, Σ_right)`` over all permutations s.

    Attributes
    ----------
    coefficient : Fraction
    left, right : tuple of pairs of int
        Pairs (a, b) of coordinates, for max(x_a, x_b).
    """

    coefficient: Fraction
    left: Pairs
    right: Pairs

    @never_raising
    def _repr_latex_(self) -> str:
        sides = [
            " + ".join(f"x_{{s({a})}}" if a == b else rf"\max(x_{{s({a})}}, x_{{s({b})}})" for a, b in side)
            for side in (self.left, self.right)
        ]
        return rf"${number_latex(self.coefficient)} \sum_s \max\left({sides[0]},\; {sides[1]}\right)$"


MAXIMUM_OF_FIVE = (
    SymmetricTerm(Fraction(1, 120), ((0, 0), (0, 0)), ((1, 2), (1, 2))),
    SymmetricTerm(Fraction(-1, 60), ((0, 0), (1, 2)), ((1, 3), (2, 4))),
    SymmetricTerm(Fraction(1, 80), ((0, 1), (0, 2)), ((0, 3), (0, 4))),
)
"""The identity of three terms for n = 5: kilianar/max-relu-certificates, certificate 5_2."""


_MOST = 8  # numbers: the sum runs over all their permutations
_TERM = "a list of triples (coefficient, left, right)", "see MAXIMUM_OF_FIVE"


def _terms(terms: Any) -> list[SymmetricTerm]:
    """Return the terms given, checked."""
    found = []
    for i, term in enumerate(as_items(terms, "terms", *_TERM)):
        parts = as_items(term, f"terms[{i}]", *_TERM)
        if len(parts) != 3:
            raise InvalidType(f"terms[{i}]", _TERM[0], term, _TERM[1])
        sides = [_pairs(side, f"terms[{i}]") for side in parts[1:]]
        found.append(SymmetricTerm(as_fraction(parts[0], f"terms[{i}][0]"), *sides))
    if not found:
        raise InvalidInput("terms", "at least one term", "none", _TERM[1])
    return found


def identity_network(n: int, terms: Sequence[SymmetricTerm]) -> ReLUNetwork:
    """Return the network of two hidden layers that the right side of an identity is.

    The first layer holds relu(x_a - x_b), a < b, and relu(±x_i); then max(x_a, x_b) is a combination of them, and so is
    each sum of such maxima; max(L, R) = R + relu(L - R) is made by the second layer, which carries the R's combined.

    Parameters
    ----------
    n : int
    terms : sequence of SymmetricTerm

    Raises
    ------
    InvalidInput
        If a pair names no coordinate.
    """
    n = as_count(n, "n", 1, _MOST)
    terms = _terms(terms)
    if any(not a < n or not b < n for term in terms for pair in (*term.left, *term.right) for a, b in [pair]):
        raise InvalidInput("terms", f"pairs of coordinates from 0 to {n - 1}", terms, "see MAXIMUM_OF_FIVE")
    pairs = list(combinations(range(n), 2))
    place = {pair: number for number, pair in enumerate(pairs)}
    first = [[int(j == a) - int(j == b) for j in range(n)] for a, b in pairs]
    for i in range(n):
        first += [[int(j == i) for j in range(n)], [-int(j == i) for j in range(n)]]
    width = len(first)

    def value(chosen: Pairs, s: tuple[int, ...]) -> list[int]:
        row = [0] * width
        for a, b in ((s[p], s[q]) for p, q in chosen):
            low, high = min(a, b), max(a, b)
            row[len(pairs) + 2 * high] += 1
            row[len(pairs) + 2 * high + 1] -= 1
            if low != high:
                row[place[low, high]] += 1
        return row

    weights: dict[tuple[int, ...], Fraction] = {}
    carried = [Fraction(0)] * width
    for term in terms:
        for s in permutations(range(n)):
            left, right = value(term.left, s), value(term.right, s)
            unit = tuple(a - b for a, b in zip(left, right, strict=True))
            weights[unit] = weights.get(unit, Fraction(0)) + term.coefficient
            carried = [c + term.coefficient * b for c, b in zip(carried, right, strict=True)]
    units = [unit for unit, weight in weights.items() if any(unit) and weight]
    passed = [i for i in range(width) if carried[i]]
    second = [list(unit) for unit in units] + [[int(j == i) for j in range(width)] for i in passed]
    return ReLUNetwork([first, second, [*(weights[unit] for unit in units), *(carried[i] for i in passed)]])


def chamber(n: int) -> Polyhedron:
    """Return {x_0 >= x_1 >= ... >= x_{n-1}}."""
    return Polyhedron([[int(j == i + 1) - int(j == i) for j in range(n)] for i in range(n - 1)], [0] * (n - 1))


@dataclass(frozen=True, repr=False)
class SymmetricMaximum(Lemma):
    """The identity; `factor` multiplies its first coefficient (1 is true)."""

    factor: Fraction = Fraction(1)

    letter: ClassVar[str] = "M5"
    name: ClassVar[str] = "maximum of five"
    title: ClassVar[str] = "the maximum of five numbers needs only two hidden layers"
    statement: ClassVar[str] = (
        "max(x_0, ..., x_4) is a sum, over three terms and all permutations of the coordinates, of maxima of "
        "two sums of "
        "maxima of pairs: a network with two hidden layers."
    )
    latex: ClassVar[str] = (
        r"\max_i x_i=\sum_tc_t\sum_{s\in "
        r"S_5}\max\Bigl(\sum_{L_t}\max(x_{s(a)},x_{s(b)}),\sum_{R_t}\max(x_{s(a)},x_{s(b)})\Bigr)"
    )
    source: ClassVar[str] = "Bakaev et al. 2025, arXiv 2505.14338; kilianar/max-relu-certificates"
    hypotheses: ClassVar[tuple[str, ...]] = ("pairs name coordinates",)

    def check(
        self,
        n: int = 5,
        terms: Sequence[Any] | None = None,
        *,
        forms: Any = None,
        everywhere: bool = False,
        max_cells: int | None = None,
    ) -> LemmaReport:
        """Build the network and prove that it is the maximum.

        Parameters
        ----------
        n : int
        terms : sequence of (coefficient, left, right), optional
            Another identity; the one for five numbers by default.
        forms : n affine functions on R^k, optional
            The numbers, as functions of a point: exact pairs (gradient, constant) or AffinePiece. The proof is then for
            the maximum of these, on all of R^k. By default the numbers are the coordinates of R^n.
        everywhere : bool
            Whether the proof is for all of R^n. By default it is for the chamber x_0 >= ... >= x_{n-1}, and the network
            is shown to be symmetric: the proofs together say the same, with a hundredth of the leaves.
        max_cells : int, optional
            Limit on the number of cells.

        Notes
        -----
        The symmetry is that of the sum over all permutations: exchanging two coordinates permutes the units, which is
        checked on the weights, so that it is a proof.
        """
        n = as_count(n, "n", 1, _MOST)
        as_flag(everywhere, "everywhere")
        given = MAXIMUM_OF_FIVE if terms is None else _terms(terms)
        named = [i for term in given for pair in (*term.left, *term.right) for i in pair]
        condition = Hypothesis(self.hypotheses[0], all(0 <= i < n for i in named), f"{max(named, default=0)} of {n}")
        if not condition.holds:
            return self.report([], [condition])
        changed = [given[0]._replace(coefficient=given[0].coefficient * as_fraction(self.factor, "factor")), *given[1:]]
        network = identity_network(n, changed)
        if forms is not None:
            pieces = _forms(forms, n)
            network, everywhere = _substituted(network, pieces), True
            target = LatticePolynomial(pieces, [[i] for i in range(n)])
        else:
            target = families.maximum_of(n)
        where = None if everywhere else chamber(n)
        verdict = same_function(network, target, where, max_cells)
        comparisons = [
            decided("identity", network, "=", target, verdict),
            compare("hidden layers", len(network.widths) - 2, "<=", 2),
        ]
        if not everywhere:
            symmetric = all(_is_symmetric(changed, n, swap) for swap in _transpositions(n))
            comparisons.append(
                Comparison("symmetric in the coordinates", "yes" if symmetric else "no", "=", "yes", symmetric)
            )
        return self.report(comparisons, [condition], certificate=network, proof=verdict)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        from hypothesis import strategies as st

        from tropical import testing

        # in more dimensions than two a proof takes seconds
        return st.integers(1, 2).flatmap(
            lambda k: st.fixed_dictionaries({"forms": st.lists(testing.affine_pieces(k), min_size=5, max_size=5)})
        )


def _forms(forms: Any, n: int) -> PieceTable:
    """Return the affine functions given, checked."""
    pieces = PieceTable.from_rationals(forms, "forms")
    if len(pieces) != n:
        raise InvalidInput("forms", f"{n} affine functions", f"{len(pieces)}", "pass one for each of the n numbers")
    return pieces


def _substituted(network: ReLUNetwork, forms: PieceTable) -> ReLUNetwork:
    """Return the network with affine functions in place of its inputs."""
    first, *others = network.weights
    rows = [forms.fractions(i) for i in range(len(forms))]  # the constant last
    combined = combine_rows(first, rows, len(rows[0]))
    offset = [row[-1] + b for row, b in zip(combined, network.biases[0], strict=True)]
    return ReLUNetwork([[row[:-1] for row in combined], *others], [offset, *network.biases[1:]])


def _pairs(pairs: Any, argument: str) -> Pairs:
    requirement, cure = "two lists of pairs of coordinates", "see MAXIMUM_OF_FIVE"
    found = []
    for pair in as_items(pairs, argument, requirement, cure):
        ends = as_items(pair, argument, requirement, cure)
        if len(ends) != 2:
            raise InvalidType(argument, requirement, pair, cure)
        found.append((as_count(ends[0], argument, 0, cure=cure), as_count(ends[1], argument, 0, cure=cure)))
    return tuple(found)


def _transpositions(n: int) -> Iterator[tuple[int, ...]]:
    for i in range(n - 1):
        yield (*range(i), i + 1, i, *range(i + 2, n))


def _is_symmetric(terms: Sequence[SymmetricTerm], n: int, swap: tuple[int, ...]) -> bool:
    """Return whether the sum is the same formula after a permutation of the coordinates: equal multisets of maxima."""

    def multiset(after: tuple[int, ...]) -> dict[Any, Fraction]:
        found: dict[Any, Fraction] = {}
        for term in terms:
            for s in permutations(range(n)):
                sides = frozenset(
                    tuple(sorted(tuple(sorted((after[s[a]], after[s[b]]))) for a, b in side))
                    for side in (term.left, term.right)
                )
                found[sides] = found.get(sides, Fraction(0)) + term.coefficient
        return found

    return multiset(tuple(range(n))) == multiset(swap)
