"""From pieces and labelled samples to a lattice polynomial (docs/theory.md, section 4, assembly).

With every piece known and labels exact, ``S_x = {i : g_i(x) >= y}`` at each sample gives ``max_x min_{i in S_x}
g_i``, which is <= F everywhere and equal to y at every sample; dually ``T_x = {i : g_i(x) <= y}`` gives an upper
bound. Only inclusion-minimal sets matter. Whether the sampled sets suffice is not decided here: that is a question
for `tropical`, or for held-out samples.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from learner.pieces import Pieces
from tropical import BudgetExceeded, LatticePolynomial, PieceTable, simplest_between
from tropical.clauses import absorb, members

__all__ = ["COMPLETED", "Clauses", "clauses_of_samples", "complete", "forms_of_samples", "renumbered"]

Clauses = list[list[int]]
COMPLETED = "completed"


def forms_of_samples(
    Z: np.ndarray, y: np.ndarray, gradients: np.ndarray, constants: np.ndarray, tolerance: float
) -> dict[str, Clauses]:
    """Return the clauses of the lower (max-min) and of the upper (min-max) form."""
    if len(Z) == 0:
        return {"max-min": [[0]]}
    forms = {}
    for form in ("max-min", "min-max"):
        clauses = clauses_of_samples(Z, y, gradients, constants, tolerance, dual=form == "min-max")
        forms[form] = without_refuted(clauses, Z, y, gradients, constants, tolerance, dual=form == "min-max")
    return forms


def without_refuted(
    clauses: Clauses,
    Z: np.ndarray,
    y: np.ndarray,
    gradients: np.ndarray,
    constants: np.ndarray,
    tolerance: float,
    *,
    dual: bool = False,
) -> Clauses:
    """Return the clauses less those that samples refute more often than they need them.

    Where all pieces are known no clause is above a label. Where one is missing, a clause without it may be above F far
    from the sample that made it, and samples there show it: such a clause is dropped if it is above the label of more
    samples than would be below theirs without it. The worst first, until none is.

    Notes
    -----
    n·M multiply-adds and n bytes for each clause, on at most 20 000 of the samples.
    """
    rows = slice(0, _JURY)
    sign = -1.0 if dual else 1.0
    heights = sign * (gradients @ Z[rows].T + constants[:, None] - y[rows])
    lows = [heights[clause].min(axis=0) for clause in clauses]
    above = np.array([low > tolerance for low in lows])
    if not above.any():
        return clauses
    on = np.array([np.abs(low) <= tolerance for low in lows])
    kept = np.ones(len(clauses), dtype=bool)
    while kept.sum() > 1:
        # A sample is right if some clause is on its label and none above it.
        wrongs, rights = above[kept].sum(axis=0), on[kept].sum(axis=0)
        gain = (above[kept] & (wrongs == 1) & (rights > 0)).sum(axis=1)
        gain = gain + 0.5 * (above[kept] & (wrongs > 1)).sum(axis=1) / max(1, int(wrongs.max()))
        loss = (on[kept] & (rights == 1) & (wrongs == 0)).sum(axis=1)
        worst = int((gain - loss).argmax())
        if gain[worst] <= loss[worst]:
            break
        kept[np.flatnonzero(kept)[worst]] = False
    return [clause for clause, keep in zip(clauses, kept, strict=True) if keep]


_JURY = 20_000


def complete(table: PieceTable, forms: dict[str, Clauses], max_cells: int) -> tuple[str, Clauses | None]:
    """Return what the samples leave open between the two forms, and the clauses of the function the walls suggest.

    None where the forms agree, or are not compared.
    """
    lower, upper = (LatticePolynomial(table, clauses, form) for form, clauses in forms.items())
    try:
        completion = simplest_between(lower, upper, max_cells=max_cells)
    except BudgetExceeded:
        return f"not tried: the two forms have more than max_cells={max_cells} joint cells", None
    if completion.n_open == 0:
        return f"the two forms agree on all {completion.n_cells} joint cells", None
    number = {row: i for i, row in enumerate(table.rows)}
    scale = table.denominator // completion.function.pieces.denominator
    rows = [tuple(a * scale for a in row) for row in completion.function.pieces.rows]
    clauses = [[number[rows[i]] for i in clause] for clause in completion.function.clauses]
    text = (
        f"{completion.n_open} of {completion.n_cells} joint cells left open by the samples, "
        f"filled with the fewest new walls: {len(clauses)} clauses"
    )
    return text, sorted(sorted(clause) for clause in clauses)


def renumbered(function: LatticePolynomial, pieces: Pieces) -> list[list[int]]:
    """Return the clauses of a function with its pieces numbered as in a table that has all of them, up to rounding."""
    rows = np.column_stack(function.pieces.float_arrays())
    number = np.asarray(KDTree(np.column_stack([pieces.gradients, pieces.constants])).query(rows)[1])
    return [sorted({int(number[i]) for i in clause}) for clause in function.clauses]


def clauses_of_samples(
    Z: np.ndarray, y: np.ndarray, gradients: np.ndarray, constants: np.ndarray, tolerance: float, *, dual: bool = False
) -> list[list[int]]:
    """Return the inclusion-minimal sets S_x (or T_x, for the min-max form) over the samples.

    Parameters
    ----------
    Z, y : (n, k), (n,)
        Samples that some piece explains.
    gradients, constants : (M, k), (M,)
    tolerance : float
        A piece within the tolerance of the label counts as on the label.
    dual : bool
        Whether clauses are those of the min-max form.

    Notes
    -----
    n·k·M multiply-adds; then comparisons of distinct sets.
    """
    sets: set[bytes] = set()
    for start in range(0, len(Z), _CHUNK):
        rows = slice(start, start + _CHUNK)
        heights = Z[rows] @ gradients.T + constants - y[rows, None]
        inside = heights <= tolerance if dual else heights >= -tolerance
        sets.update(map(bytes, np.unique(np.packbits(inside, axis=1, bitorder="little"), axis=0)))
    return [list(members(mask)) for mask in absorb(int.from_bytes(packed, "little") for packed in sets)]


_CHUNK = 1 << 14
