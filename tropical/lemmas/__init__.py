"""The structural lemmas of docs/theory.md as executable theorems: ``check`` one, look through the ``catalogue``.

=========  ==========================  ===========================================================================
letter     name                        what is checked
=========  ==========================  ===========================================================================
R          representation              F = max min over S_x = min max over T_x; separation
R'         criterion                   which clauses represent F
R°         canonical form              it depends on F alone, and no clause can be deleted
I          irredundant pieces          every form names every piece
A          algebra                     max, min, sums, multiples, substitutions, and their sizes
Q          counts                      clauses and regions <= chambers <= Zaslavsky; Sperner
B          network cells               cells <= product of Zaslavsky numbers; pieces <= 2^S
L          lipschitz                   the largest gradient; relative distances
P          perturbation                moved pieces move values by no more
Gl         gluing                      agreement on facets; jumps and balancing
DC         difference of convex        F + B and B are convex
D          depth                       ⌈log2(k+1)⌉ hidden layers, and 2 for k = 4, by construction
N          net                         rounding error, number of candidates, Dedekind numbers
N'         weight net                  what moving the weight matrices changes
K          kernel                      filter matrices vanish off V
Y          visibility                  filters of the label see all of V: no leap directions
S1         concentration               sampling error (Monte Carlo)
S2, S3     soundness, approximate      what a wrong matrix does to eigenvectors
           subspace
S3'        perturbed basis             what a wrong basis of W does to a ramp filter, and S3 with samples
S4         davis-kahan                 what it does to the span of the leading ones
F          filter                      trace and eigenvalue of the filter of a residual
C          anti-concentration          probability that a homogeneous function is large
G          progress                    an eigenvalue bounded below by the residual's variance
X          blindness                   cyclic functions are orthogonal to low degrees
Λ          steepness                   steep parities hide from label filters
M5         maximum of five             two hidden layers suffice
=========  ==========================  ===========================================================================

A report has a verdict ("holds", "fails", "does not apply", "undecided"), both sides of every inequality as exact or
enclosed numbers, and a certificate or a counterexample. A lemma with changed fields (``dataclasses.replace``) is
another statement with the same check: ``search`` looks for its counterexamples. docs/lemmas.md tells the rest.
"""

from __future__ import annotations

from fractions import Fraction
from html import escape
from typing import Any

from tropical._display import never_raising
from tropical.exceptions import InvalidInput
from tropical.lemmas.algebra import Algebra
from tropical.lemmas.anti_concentration import AntiConcentration
from tropical.lemmas.blindness import Blindness
from tropical.lemmas.cell_filters import CellFilter
from tropical.lemmas.clause_forms import CanonicalForm, ClauseCriterionLemma, IrredundantPieces
from tropical.lemmas.concentration import Concentration
from tropical.lemmas.convex_difference import ConvexDifference
from tropical.lemmas.counts import ClauseCounts
from tropical.lemmas.dedekind import function_count, lattice_structures
from tropical.lemmas.depth import Depth, depth_bound, shallow_network
from tropical.lemmas.filtering import Filtering
from tropical.lemmas.gluing import Gluing
from tropical.lemmas.kernel import Kernel
from tropical.lemmas.lipschitz_constant import LipschitzConstant
from tropical.lemmas.net import Net, candidate_count
from tropical.lemmas.network_cells import NetworkCells, activation_cell_bound, arrangement_bound
from tropical.lemmas.perturbation import Perturbation
from tropical.lemmas.perturbed_basis import PerturbedBasis
from tropical.lemmas.progress import Progress
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport
from tropical.lemmas.representation import OrderRow, Representation
from tropical.lemmas.searching import Found, search
from tropical.lemmas.soundness import ApproximateSubspace, DavisKahan, Soundness
from tropical.lemmas.statement import Lemma
from tropical.lemmas.steepness import Steepness
from tropical.lemmas.symmetric_maximum import MAXIMUM_OF_FIVE, SymmetricMaximum, SymmetricTerm, identity_network
from tropical.lemmas.tables import CountingRow, CountingTable, counting_table
from tropical.lemmas.two_layers import two_layer_network
from tropical.lemmas.visibility import Visibility
from tropical.lemmas.weight_net import WeightNet

__all__ = [
    "HALF",
    "MAXIMUM_OF_FIVE",
    "Algebra",
    "AntiConcentration",
    "ApproximateSubspace",
    "Blindness",
    "CanonicalForm",
    "Catalogue",
    "CellFilter",
    "ClauseCounts",
    "ClauseCriterionLemma",
    "Comparison",
    "Concentration",
    "ConvexDifference",
    "CountingRow",
    "CountingTable",
    "DavisKahan",
    "Depth",
    "Filtering",
    "Found",
    "Gluing",
    "Hypothesis",
    "IrredundantPieces",
    "Kernel",
    "Lemma",
    "LemmaReport",
    "LipschitzConstant",
    "Net",
    "NetworkCells",
    "OrderRow",
    "Perturbation",
    "PerturbedBasis",
    "Progress",
    "Representation",
    "Soundness",
    "Steepness",
    "SymmetricMaximum",
    "SymmetricTerm",
    "Visibility",
    "WeightNet",
    "activation_cell_bound",
    "arrangement_bound",
    "candidate_count",
    "catalogue",
    "check",
    "counting_table",
    "depth_bound",
    "function_count",
    "identity_network",
    "lattice_structures",
    "lemma",
    "search",
    "shallow_network",
    "two_layer_network",
]

HALF = Fraction(1, 2)

_LEMMAS: tuple[Lemma, ...] = (
    Representation(),
    ClauseCriterionLemma(),
    CanonicalForm(),
    IrredundantPieces(),
    Algebra(),
    ClauseCounts(),
    NetworkCells(),
    LipschitzConstant(),
    Perturbation(),
    Gluing(),
    ConvexDifference(),
    Depth(),
    Net(),
    WeightNet(),
    Kernel(),
    Visibility(),
    Concentration(),
    Soundness(),
    ApproximateSubspace(),
    PerturbedBasis(),
    DavisKahan(),
    Filtering(),
    AntiConcentration(),
    Progress(),
    Blindness(),
    Steepness(),
    SymmetricMaximum(),
)
_OTHER_LETTERS = {"R′": "R'", "N′": "N'", "S3′": "S3'", "Lambda": "Λ"}


class Catalogue(tuple[Lemma, ...]):
    """All lemmas, in the order of docs/theory.md; a tuple that shows itself as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        width = max((len(lemma.name) for lemma in self), default=0)
        return "\n".join(f"{lemma.letter:<3} {lemma.name:<{width}}  {lemma.title}" for lemma in self)

    @never_raising
    def __repr__(self) -> str:
        return f"Catalogue({len(self)} lemmas: {', '.join(lemma.letter for lemma in self)})"

    @never_raising
    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(lemma.letter)}</td><td>{escape(lemma.name)}</td><td>{escape(lemma.statement)}</td></tr>"
            for lemma in self
        )
        return f"<table><tr><th></th><th>name</th><th>statement</th></tr>{rows}</table>"


def catalogue() -> Catalogue:
    """Return all lemmas.

    >>> catalogue()[0]
    Lemma(R representation: F is the maximum of the minima of its pieces over the sets S_x)
    """
    return Catalogue(_LEMMAS)


def lemma(name: Any) -> Lemma:
    """Return a lemma by its letter or its name; a lemma is returned as it is.

    Parameters
    ----------
    name : str or Lemma

    Raises
    ------
    InvalidInput
        If no lemma is called so.

    Examples
    --------
    >>> lemma("Q").title
    'clauses and regions are at most the chambers of the arrangement of ties; Zaslavsky, Sperner'
    """
    if isinstance(name, Lemma):
        return name
    for known in _LEMMAS:
        if isinstance(name, str) and (_OTHER_LETTERS.get(name, name) == known.letter or name == known.name):
            return known
    names = ", ".join(f"{known.letter} ({known.name})" for known in _LEMMAS)
    raise InvalidInput("name", "the letter or the name of a lemma", name, f"one of {names}")


def check(name: Any, *instance: Any, **parameters: Any) -> LemmaReport:
    """Check a lemma on an instance; the parameters are those of the lemma's own ``check``.

    Parameters
    ----------
    name : str or Lemma
        Letter or name.
    *instance, **parameters
        For most lemmas a function of any type.

    Examples
    --------
    >>> from tropical import parse
    >>> check("representation", parse("max(min(0, x0), min(0, x1), min(x0, x1))"))
    LemmaReport(R representation: holds, tightest ratio 1)
    >>> check("Q", parse("max(x0, x1, 0)")).ratio
    Fraction(1, 1)
    """
    return lemma(name).check(*instance, **parameters)
