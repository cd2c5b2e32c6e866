"""Hand a learned function to `tropical`: is it the teacher, on all of R^d?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import tropical
from tropical import BudgetExceeded, Certificate, CheckResult, LatticePolynomial, NotExact, ReLUNetwork, Witness
from tropical._arguments import as_flag
from tropical._display import Record, never_raising, value_text
from tropical._exact.rational import as_limit
from tropical.exceptions import InvalidInput, InvalidType
from tropical.gaussian import Enclosure, Exact

__all__ = ["Verification", "verify"]


@dataclass(frozen=True, slots=True, repr=False)
class Verification(Record):
    """What is proved about a learned function; truthy iff it is proved equal to the teacher.

    Attributes
    ----------
    proved : bool
        Equal to the teacher on all of R^d, and the certificate was replayed by the independent checker.
    reason : str
        In words: what was proved, or what is not proved and why.
    function : LatticePolynomial, ReLUNetwork or None
        The exact learned function; None where the floats determine none.
    certificate : Certificate or None
        Replay it with ``tropical.check(certificate, teacher, function)``.
    check : CheckResult or None
        What the checker found.
    witness : Witness or None
        A rational point where teacher and learned function differ, with both exact values.
    enclosure : Exact, Enclosure or None
        E[(learned - teacher)²] for x from N(0, I), proved, where they differ and `max_cells` allows it.
    """

    proved: bool
    reason: str
    function: LatticePolynomial | ReLUNetwork | None = None
    certificate: Certificate | None = None
    check: CheckResult | None = None
    witness: Witness | None = None
    enclosure: Exact | Enclosure | None = None

    def __bool__(self) -> bool:
        return self.proved

    @property
    def lattice(self) -> LatticePolynomial | None:
        """`function`, if it is a lattice polynomial; of a network :func:`tropical.lattice` makes one."""
        return self.function if isinstance(self.function, LatticePolynomial) else None

    @never_raising
    def __repr__(self) -> str:
        return f"Verification({'proved' if self.proved else 'NOT proved'}: {value_text(self.reason, _LONGEST_REASON)})"

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "proved", "yes" if self.proved else "no"
        for name, value in Record._facts(self):
            if name != "proved" and value is not None:
                yield name, str(value) if isinstance(value, Witness) else value


def verify(model: Any, teacher: Any, *, max_cells: int | None = None, measure: bool = False) -> Verification:
    """Decide exactly whether a learned function is the teacher.

    Parameters
    ----------
    model : LatticeRegressor, fitted, LatticePolynomial or ReLUNetwork
    teacher : ReLUNetwork or LatticePolynomial
        Exact; one output.
    max_cells : int, optional
        Limit for the decision; see :func:`tropical.same_function`.
    measure : bool
        Whether to enclose the expected square of the difference where there is one, which costs far more than to find
        it: on at most `max_cells` cells, or 5 000 where no limit is given.

    Returns
    -------
    Verification

    Raises
    ------
    InvalidInput
        If the teacher has another number of inputs, or one of the two has several outputs.

    Notes
    -----
    The floats of the model are rounded to rationals first (:meth:`LatticeRegressor.to_exact`); what is proved is about
    that exact function, a lattice polynomial or a network. Costs one :func:`tropical.same_function`, which is fastest
    for two networks, and one replay of its certificate.
    """
    as_limit(max_cells, "max_cells")
    as_flag(measure, "measure")
    if hasattr(model, "to_exact"):
        try:
            exact = model.to_exact()
        except NotExact as error:
            return Verification(False, f"no exact function: {error}")
    elif isinstance(model, LatticePolynomial | ReLUNetwork):
        exact = model
        if exact.outputs != 1:
            raise InvalidInput("model", "one output", f"{exact.outputs}", "select an output with net[j]")
    else:
        requirement = "a fitted LatticeRegressor, a LatticePolynomial or a ReLUNetwork"
        raise InvalidType("model", requirement, model, "fit a LatticeRegressor")
    if isinstance(teacher, type) or not hasattr(teacher, "dimension"):
        raise InvalidType("teacher", "a ReLUNetwork or a LatticePolynomial", teacher, "tropical.load reads files")
    inputs, outputs = teacher.dimension, getattr(teacher, "outputs", None)
    if (inputs, outputs) != (exact.dimension, 1):
        given = f"{type(teacher).__name__} with {inputs} inputs and {outputs} outputs"
        requirement = f"an exact function of {exact.dimension} inputs with one output"
        raise InvalidInput("teacher", requirement, given, "pass the ReLUNetwork, select an output with net[j]")
    verdict = tropical.same_function(teacher, exact, max_cells=max_cells)
    if not verdict:
        enclosure = _distance(teacher, exact, max_cells or _MOST_CELLS) if measure else None
        reason = f"differs from the teacher {verdict.witness}"
        return Verification(False, reason, exact, witness=verdict.witness, enclosure=enclosure)
    assert verdict.certificate is not None
    replay = tropical.check(verdict.certificate, teacher, exact)  # compares both functions, and the domain: all of R^d
    if not replay:
        return Verification(
            False, f"the checker rejected the certificate: {replay.reason}", exact, verdict.certificate, replay
        )
    reason = f"equal to the teacher on all of R^{exact.dimension}"
    return Verification(True, reason, exact, verdict.certificate, replay)


def _distance(teacher: Any, exact: LatticePolynomial | ReLUNetwork, max_cells: int) -> Exact | Enclosure | None:
    try:
        result = tropical.gaussian.distance(teacher, exact, max_cells=max_cells)
    except BudgetExceeded:
        return None
    return result if isinstance(result, Exact | Enclosure) else None


_MOST_CELLS = 5000
_LONGEST_REASON = 200
