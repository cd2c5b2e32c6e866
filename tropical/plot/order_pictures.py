r"""The order of the clauses of a lattice polynomial.

A smaller set of pieces has a larger minimum: ``S ⊂ T`` gives ``min_S g >= min_T g``. The clauses of a form without
absorption are incomparable; what they have in common are their intersections, which form a meet-semilattice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tropical._exact.rational import as_choice, as_limit
from tropical.clauses import covering_pairs, intersections, mask_of, members
from tropical.exceptions import InvalidType
from tropical.lattice_polynomial import LatticePolynomial
from tropical.plot.figures import BLACK, GREY, OKABE_ITO, axes_of, pale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["hasse_diagram"]


def hasse_diagram(
    F: LatticePolynomial, ax: Axes | None = None, *, sets: str = "intersections", max_sets: int | None = 500
) -> Axes:
    """Draw the Hasse diagram of the clauses S_j: sets of pieces, ordered by inclusion, smaller ones below.

    Parameters
    ----------
    F : LatticePolynomial
    ax : matplotlib Axes, optional
    sets : {"intersections", "clauses"}
        The clauses with all their intersections (filled and hollow), or the clauses alone.
    max_sets : int, optional
        Limit on the number of sets.

    Returns
    -------
    Axes
        Its collection ``"order"`` has one segment for each pair of the covering relation.

    Raises
    ------
    BudgetExceeded
        Beyond `max_sets`: k clauses can have 2^k intersections.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from tropical import parse
    >>> ax = hasse_diagram(parse("max(min(0, x0), min(0, x1), min(x0, x1))"), Figure().add_subplot())
    >>> [len(found.get_segments()) for found in ax.collections if found.get_gid() == "order"]
    [9]
    """
    if not isinstance(F, LatticePolynomial):
        raise InvalidType("F", "a LatticePolynomial", F, "take tropical.lattice(F), its canonical form")
    as_choice(sets, "sets", ("intersections", "clauses"), "say which sets are ordered")
    limit = as_limit(max_sets, "max_sets")
    clauses = [mask_of(clause) for clause in F.clauses]
    family = intersections(clauses, limit=limit) if sets == "intersections" else set(clauses)
    nodes = sorted(family, key=lambda mask: (mask.bit_count(), members(mask)))
    pairs = covering_pairs(nodes)
    places = _layout(nodes, pairs)
    axes = axes_of(ax)
    from matplotlib.collections import LineCollection

    lines = [[places[low], places[high]] for low, high in pairs]
    axes.add_collection(LineCollection(lines, colors=GREY, linewidths=1.2, zorder=1, gid="order"))
    named = {mask: j for j, mask in reversed(list(enumerate(clauses)))}
    for mask in nodes:
        inner = r",\,".join(map(str, members(mask)))
        text = rf"\{{{inner}\}}" if mask else r"\varnothing"
        text = f"$S_{{{named[mask]}}} = {text}$" if mask in named else f"${text}$"
        colour = pale(OKABE_ITO[0], 0.5) if mask in named else (1.0, 1.0, 1.0)
        style = {"boxstyle": "round,pad=0.3", "facecolor": colour, "edgecolor": BLACK, "linewidth": 0.8}
        size = "small" if len(nodes) <= _MANY else "xx-small"
        axes.text(*places[mask], text, ha="center", va="center", fontsize=size, bbox=style, zorder=2, gid="set")
    axes.margins(0.15)
    axes.autoscale_view()
    axes.set_axis_off()
    inner, outer = ("min", "max") if F.form == "max-min" else ("max", "min")
    axes.set_title(rf"$F = \{outer}_j\ \{inner}_{{i \in S_j}}\ g_i$", fontsize="medium")
    return axes


_MANY = 24


def _layout(nodes: list[int], pairs: list[tuple[int, int]]) -> dict[int, tuple[float, float]]:
    """Return places: height is the longest chain below; within a level, sets are near what they cover (barycentres)."""
    below: dict[int, list[int]] = {}
    above: dict[int, list[int]] = {}
    for low, high in pairs:
        below.setdefault(high, []).append(low)
        above.setdefault(low, []).append(high)
    rank: dict[int, int] = {}
    levels: dict[int, list[int]] = {}
    for mask in nodes:  # smaller sets come first
        rank[mask] = 1 + max((rank[low] for low in below.get(mask, ())), default=-1)
        levels.setdefault(rank[mask], []).append(mask)
    across = {mask: i - (len(level) - 1) / 2 for level in levels.values() for i, mask in enumerate(level)}
    for beside in (below, above, below, above):  # a few sweeps uncross most lines
        for height in sorted(levels, reverse=beside is above):
            level = levels[height]

            def middle(mask: int, beside: dict[int, list[Any]] = beside) -> tuple[float, int]:
                near = beside.get(mask)
                return (across[mask] if not near else sum(across[m] for m in near) / len(near), mask)

            level.sort(key=middle)
            for i, mask in enumerate(level):
                across[mask] = i - (len(level) - 1) / 2
    return {mask: (across[mask], float(rank[mask])) for mask in nodes}
