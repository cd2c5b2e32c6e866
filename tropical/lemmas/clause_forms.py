"""Criterion R', the canonical form and lemma I: which clauses represent a function, and over which pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from tropical._exact.rational import as_items
from tropical.clauses import absorb, mask_of, members
from tropical.convert import lattice, to_network
from tropical.criterion import ClauseCriterion, clause_criterion
from tropical.decide import same_function
from tropical.domains import Domain
from tropical.exceptions import InvalidInput, InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.lemmas.report import Comparison, Hypothesis, LemmaReport, compare
from tropical.lemmas.statement import Lemma, scalar

__all__ = ["CanonicalForm", "ClauseCriterionLemma", "IrredundantPieces"]


def _functions() -> Any:
    from hypothesis import strategies as st

    from tropical import testing

    return st.one_of(testing.networks(), testing.lattice_polynomials(), testing.tropical_rationals(max_terms=3))


@dataclass(frozen=True, repr=False)
class ClauseCriterionLemma(Lemma):
    """Criterion R'; `contained` and `met` say which of its two conditions are tested."""

    contained: bool = True
    met: bool = True

    letter: ClassVar[str] = "R'"
    name: ClassVar[str] = "criterion"
    title: ClassVar[str] = "which clauses represent F is a question about two finite set families"
    statement: ClassVar[str] = (
        "Clauses over the pieces represent F iff every inclusion-minimal S_x contains a clause and every clause meets "
        "every inclusion-minimal T_x."
    )
    latex: ClassVar[str] = (
        r"\max_{S\in\mathcal S}\min_S g=F\iff(\forall x\,\exists S:S\subseteq S_x)\wedge(\forall S,x:S\cap "
        r"T_x\neq\emptyset)"
    )
    source: ClassVar[str] = "docs/theory.md, criterion R'"

    def check(self, F: Any, clauses: Any = None, *, domain: Domain = None, max_cells: int | None = None) -> LemmaReport:
        """Compare the combinatorial answer with the exact equality decision.

        Parameters
        ----------
        F : a function of any type with one output
        clauses : sequence of families of clauses, optional
            Over ``clause_criterion(F, domain=domain).pieces``. By default the canonical clauses, these with one literal
            or one clause deleted, and with one literal added: yes and no both occur.
        domain : None, Box or Polyhedron
            Pieces, sets and equality are those on the domain.
        max_cells : int, optional

        Returns
        -------
        LemmaReport
            The certificate is the pair of families, minimal S_x and minimal T_x with a point each; every comparison
            carries the equality verdict, with a certificate or a witness.
        """
        criterion = clause_criterion(scalar(F), domain=domain, max_cells=max_cells)
        families = list(_variations(criterion)) if clauses is None else _families(clauses)
        comparisons = []
        for family in families:
            formula = LatticePolynomial(criterion.pieces, family)
            verdict = same_function(criterion.function, formula, domain)
            combinatorial = self._represents(criterion, [mask_of(clause) for clause in formula.clauses])
            comparisons.append(
                Comparison(
                    f"clauses {formula.clauses}",
                    _answer(combinatorial),
                    "=",
                    _answer(bool(verdict)),
                    combinatorial == bool(verdict),
                    verdict,
                )
            )
        return self.report(comparisons, certificate=criterion, criterion=criterion)

    def _represents(self, criterion: ClauseCriterion, clauses: list[int]) -> bool:
        upper, lower = map(mask_of, criterion.upper_sets), list(map(mask_of, criterion.lower_sets))
        fits = not self.contained or all(any(c & s == c for c in clauses) for s in upper)
        return fits and (not self.met or all(c & t for c in clauses for t in lower))

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        return _functions()


def _families(clauses: Any) -> list[Any]:
    families = as_items(clauses, "clauses", "a list of lists of clauses", "pass for example [[[0, 1], [2]]]")
    if not families:
        raise InvalidInput("clauses", "at least one list of clauses", "none", "leave it out for the canonical ones")
    return families


def _answer(yes: bool) -> str:
    return "represents F" if yes else "does not"


def _variations(criterion: ClauseCriterion) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Yield the canonical clauses and their neighbours."""
    family = criterion.upper_sets
    yield family
    for j, clause in enumerate(family):
        rest = (*family[:j], *family[j + 1 :])
        if rest:
            yield rest
        if len(clause) > 1:
            yield from ((*rest, tuple(i for i in clause if i != dropped)) for dropped in clause)
        yield from ((*rest, (*clause, i)) for i in range(len(criterion.pieces)) if i not in clause)


@dataclass(frozen=True, repr=False)
class CanonicalForm(Lemma):
    """The canonical form; with ``dual="formal"`` the false claim that its formal dual is canonical, too."""

    dual: str = "canonical"

    letter: ClassVar[str] = "R°"
    name: ClassVar[str] = "canonical form"
    title: ClassVar[str] = "the minimal S_x over the sorted pieces depend on F alone, and no clause can be deleted"
    statement: ClassVar[str] = (
        "Distinct pieces sorted, clauses the inclusion-minimal S_x: equal functions have equal canonical "
        "forms, whatever "
        "complex was used, and deleting a clause changes the function. The same holds for the T_x."
    )
    latex: ClassVar[str] = r"F=G\iff\mathrm{can}(F)=\mathrm{can}(G)"
    source: ClassVar[str] = "docs/theory.md, canonical form"

    def check(self, F: Any, *, domain: Domain = None, max_cells: int | None = None) -> LemmaReport:
        """Compare canonical forms made from three representations, and delete each clause in turn; on a domain.

        Parameters
        ----------
        F : a function of any type with one output
        domain : None, Box or Polyhedron
            None is all of R^d.
        max_cells : int, optional
            Limit on the number of cells.
        """
        function = scalar(F)
        comparisons = []
        forms: dict[str, LatticePolynomial] = {}
        for form in ("max-min", "min-max"):
            canonical = lattice(function, domain, max_cells, form=form)
            assert isinstance(canonical, LatticePolynomial)
            forms[form] = canonical
            for how, other in (("of its own form", canonical), ("of a network", to_network(canonical))):
                again = lattice(other, domain, max_cells, form=form)
                comparisons.append(
                    Comparison(f"{form}: canonical form {how}", canonical, "=", again, canonical == again)
                )
            for j in range(len(canonical.clauses) if len(canonical.clauses) > 1 else 0):
                rest = (*canonical.clauses[:j], *canonical.clauses[j + 1 :])
                verdict = same_function(function, LatticePolynomial(canonical.pieces, rest, form), domain)
                comparisons.append(
                    Comparison(
                        f"{form}: deleting clause {j} changes F",
                        "changed",
                        "=",
                        _changed(verdict),
                        not verdict,
                        verdict,
                    )
                )
        if self.dual == "formal":
            formal = forms["max-min"].dual()
            same = set(formal.clauses) == set(forms["min-max"].clauses)
            comparisons.append(
                Comparison("formal dual = canonical dual", formal.clauses, "=", forms["min-max"].clauses, same)
            )
        return self.report(comparisons, certificate=forms["max-min"], dual=forms["min-max"])

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        return _functions()


def _changed(verdict: Any) -> str:
    return "unchanged" if verdict else "changed"


@dataclass(frozen=True, repr=False)
class IrredundantPieces(Lemma):
    """Lemma I; ``converse=True`` claims moreover that a form names nothing but pieces, which is false."""

    converse: bool = False

    letter: ClassVar[str] = "I"
    name: ClassVar[str] = "irredundant pieces"
    title: ClassVar[str] = "every lattice form of F names every piece of F"
    statement: ClassVar[str] = (
        "If a lattice polynomial over any affine functions equals F, each piece of F is one of them."
    )
    latex: ClassVar[str] = r"F=\max_j\min_{i\in S_j}h_i\implies\{g_1,\dots,g_M\}\subseteq\{h_i\}"
    source: ClassVar[str] = "docs/theory.md, lemma I (Baire)"
    hypotheses: ClassVar[tuple[str, ...]] = ("the lattice polynomial equals F",)

    def check(self, F: Any, form: LatticePolynomial | None = None, *, max_cells: int | None = None) -> LemmaReport:
        """Look for every piece of F among the affine functions that a lattice form names.

        Parameters
        ----------
        F : a function of any type with one output
        form : LatticePolynomial, optional
            Equal to F. By default F itself where it is one, else its canonical form.
        max_cells : int, optional
            Limit on the number of cells.
        """
        function = scalar(F)
        if form is None:
            form = function if isinstance(function, LatticePolynomial) else lattice(function, max_cells=max_cells)  # type: ignore[assignment]
        if not isinstance(form, LatticePolynomial):
            raise InvalidType("form", "a LatticePolynomial", form, "pass tropical.lattice(F)")
        verdict = same_function(function, form, max_cells=max_cells)
        condition = Hypothesis(self.hypotheses[0], bool(verdict), f"witness {verdict.witness}")
        criterion = clause_criterion(function, max_cells=max_cells)
        named = {form.pieces.fractions(i) for mask in map(mask_of, form.clauses) for i in members(mask)}
        own = [criterion.pieces.fractions(i) for i in range(len(criterion.pieces))]
        missing = [str(criterion.pieces[i]) for i, row in enumerate(own) if row not in named]
        comparisons = [compare("pieces of F that no clause names", len(missing), "<=", 0, missing or None)]
        if self.converse:
            extra = len(named) - len(named & set(own))
            comparisons.append(compare("affine functions that are no pieces", extra, "<=", 0))
        shortest = len(absorb(map(mask_of, form.clauses)))
        return self.report(comparisons, [condition], certificate=verdict, named=len(named), clauses=shortest)

    def instances(self) -> Any:
        """Return a Hypothesis strategy of instances; see :meth:`Lemma.instances`."""
        return _functions()
