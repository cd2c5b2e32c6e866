r"""Pictures of learning, with matplotlib (the extra ``viz``): spectra, recovery, and the plane that was found.

Every function takes the axes to draw on, or makes new ones, and returns them.

=======================  ==========================================
docs/learning.md         here
=======================  ==========================================
α = n/d, α_c             abscissa and ``threshold`` of ``sine_curves``
sin of the angle to V    its ordinate
⟨û_i, x⟩                 axes of ``relevant_plane``
=======================  ==========================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learner.limits import RecoveryThreshold
from learner.null_spectrum import noise_edges, null_eigenvalues
from learner.sampling import as_level
from learner.subspace import FilteredPCA
from tropical._arguments import as_count, as_flag, as_real, as_word, real_array
from tropical._exact.rational import as_items
from tropical._protocol import as_sample_array
from tropical.exceptions import InvalidInput, InvalidType
from tropical.plot.figures import BLACK, GREY, LINES, SEQUENTIAL, axes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["recovery_table", "relevant_plane", "scree", "sine_curves"]

_MARKERS = "osD^vPX"


def scree(
    pca: FilteredPCA,
    ax: Axes | None = None,
    *,
    n_eigenvalues: int | None = 20,
    draws: int = 20,
    level: float = 0.05,
    random_state: Any = 0,
) -> Axes:
    """Draw the eigenvalues of a fitted filtered PCA over the band in which they lie without signal.

    Parameters
    ----------
    pca : FilteredPCA, fitted
    ax : matplotlib Axes, optional
    n_eigenvalues : int or None
        How many to show; None for all.
    draws : int
        Draws of the spectrum without signal, from N(0, I) (:func:`learner.null_spectrum.null_eigenvalues`).
    level : float
        The band holds the middle 1 - level of the draws, at each rank of its own.
    random_state : None, int or RandomState

    Returns
    -------
    Axes
        Filled dots are the components reported. A dashed line is the largest eigenvalue that a draw shows at that
        level; with a fixed filter, the edges of the limiting spectrum. Eigenvalues of a fixed filter have both signs
        and are ordered, and drawn, by their modulus: triangles point up for positive ones and down for negative ones.

    Notes
    -----
    The band is that of Gaussian x. The number of components is decided by a test along directions
    (:mod:`learner.dimension`), not by this picture: with a scree without a gap it can still find some.
    """
    if not isinstance(pca, FilteredPCA):
        raise InvalidType("pca", "a fitted FilteredPCA", pca, "fit one: FilteredPCA().fit(X, y)")
    level = as_level(level)
    if n_eigenvalues is not None:
        as_count(n_eigenvalues, "n_eigenvalues", cure="20 is usual")
    null = null_eigenvalues(pca, draws=draws, random_state=random_state)
    edges = noise_edges(pca)
    count = null.shape[1] if n_eigenvalues is None else min(int(n_eigenvalues), null.shape[1])
    axes = axes_of(ax)
    rank = np.arange(1, count + 1)
    values, k = pca.eigenvalues_[:count], min(len(pca.components_), count)
    up, down = ("o", "o") if edges is None else ("^", "v")
    label = f"{k} component{'s' * (k != 1)} reported"
    if edges is not None:
        null, signs, values = np.abs(null), np.sign(values), np.abs(values)
    else:
        signs = np.ones(count)
    low, high = np.quantile(null[:, :count], [level / 2, 1 - level / 2], axis=0)
    share = f"no signal, {100 * (1 - level):g} % of {draws} draws"
    axes.fill_between(rank, low, high, color="#D9D9D9", linewidth=0.0, zorder=1, label=share, gid="band")
    axes.plot(rank, values, color=GREY, linewidth=0.8, zorder=2)
    for marker, chosen in ((up, signs >= 0), (down, signs < 0)):
        rest, shown = chosen & (rank > k), chosen & (rank <= k)
        style: dict[str, Any] = {"linestyle": "none", "marker": marker}
        axes.plot(rank[rest], values[rest], color="white", markeredgecolor=BLACK, ms=5, zorder=3, gid="rest", **style)
        axes.plot(rank[shown], values[shown], color=LINES[4], ms=7, zorder=4, gid="components", label=label, **style)
        label = None  # one entry in the legend for both
    lines = [float(np.quantile(null[:, 0], 1 - level))] if edges is None else [abs(edge) for edge in edges]
    name = "largest without signal" if edges is None else r"edges of the bulk, $n, d \to \infty$"
    for place, height in enumerate(lines):
        axes.axhline(height, color=LINES[5], linestyle="--", linewidth=1.0, label=None if place else name, gid="edge")
    axes.set_xlabel("rank")
    matrix = r"eigenvalue of $\sum_h p_h (C_h^2 + w\, m_h m_h^\top)$"
    axes.set_ylabel(matrix if edges is None else r"|eigenvalue| of $M_\psi$")
    axes.locator_params(axis="x", integer=True)
    axes.legend(frameon=False, fontsize="small")
    return axes


def sine_curves(
    records: Iterable[Any],
    ax: Axes | None = None,
    *,
    alpha: str = "alpha",
    sine: str = "sine",
    by: str | None = "teacher",
    threshold: Any = None,
    log: bool = False,
) -> Axes:
    r"""Draw the sine of the angle to the relevant subspace against the ratio α = n/d: medians and quartiles.

    Parameters
    ----------
    records : iterable
        One for each run, or one for each summary of runs: mappings from names to values, or dataclasses such as the
        cells of a sweep. Those without a sine are left out.
    ax : matplotlib Axes, optional
    alpha, sine : str
        Their keys of the abscissa and the ordinate.
    by : str or None
        The key that tells curves apart; None: one curve. Where no record has it there is one curve, too.
    threshold : None, number or RecoveryThreshold
        α_c, below which no label filter sees anything.
    log : bool
        Whether the ordinate is logarithmic, for rates: sin falls like sqrt(d/n).

    Returns
    -------
    Axes
        One line a curve, with its name as label.
    """
    as_flag(log, "log")
    keys = as_word(alpha, "alpha"), as_word(sine, "sine")
    by = None if by is None else as_word(by, "by")
    rows = [row for row in _rows(records, keys) if row[sine] is not None]
    if not rows:
        raise InvalidInput("records", f"some record with a {sine!r}", "none", "pass runs that ended")
    named = by is not None and any(by in row for row in rows)
    curves: dict[str, dict[float, list[float]]] = {}
    for row in rows:
        name = str(row.get(by, "")) if named and by is not None else ""
        curves.setdefault(name, {}).setdefault(_number(row, alpha), []).append(_number(row, sine))
    axes = axes_of(ax)
    for place, (name, points) in enumerate(curves.items()):
        ratios = sorted(points)
        low, middle, high = np.array([np.quantile(points[ratio], [0.25, 0.5, 0.75]) for ratio in ratios]).T
        colour = LINES[_LINE_ORDER[place % len(LINES)]]
        axes.fill_between(ratios, low, high, color=colour, alpha=0.2, linewidth=0.0)
        marker = _MARKERS[place % len(_MARKERS)]
        axes.plot(ratios, middle, color=colour, marker=marker, markersize=5, linewidth=1.6, label=name or None)
    limit = None if threshold is None else _height(threshold)
    if limit is not None and np.isfinite(limit):
        axes.axvline(
            limit, color=BLACK, linestyle=":", linewidth=1.2, label=rf"$\alpha_c = {limit:.3g}$", gid="threshold"
        )
    axes.set_xscale("log")
    if log:
        axes.set_yscale("log")
        least = min(value for points in curves.values() for values in points.values() for value in values)
        heights = [m * 10.0**-e for e in range(16) for m in (1.0, 0.5, 0.2) if m * 10.0**-e >= least / 2.5]
        axes.set_yticks(heights, [f"{height:g}" for height in heights])
        axes.set_yticks([], minor=True)
    else:
        axes.set_ylim(0.0, 1.02)
    ticks = sorted({ratio for points in curves.values() for ratio in points})
    if len(ticks) <= _MOST_TICKS:
        axes.set_xticks(ticks, [f"{ratio:g}" for ratio in ticks])
        axes.set_xticks([], minor=True)
    axes.set_xlabel(r"$\alpha = n/d$")
    axes.set_ylabel(r"$\sin\angle(\hat V, V)$")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize="small")
    return axes


def _height(threshold: Any) -> float:
    value = threshold.value if isinstance(threshold, RecoveryThreshold) else threshold
    requirement, cure = "a number > 0, a RecoveryThreshold or None", "see learner.weak_recovery_threshold"
    return as_real(value, "threshold", requirement, lambda number: 0.0 < number < 1e100 or number == np.inf, cure)


_MOST_TICKS = 10
_LINE_ORDER = (4, 5, 2, 1, 3, 0)  # blue and vermilion first: they differ most


def recovery_table(
    records: Iterable[Any],
    ax: Axes | None = None,
    *,
    rows: str = "teacher",
    columns: str = "alpha",
    value: str = "proved",
) -> Axes:
    """Draw how often something succeeded, one row a family and one column a ratio, say.

    Parameters
    ----------
    records : iterable
        One for each run: mappings from names to values, or dataclasses such as the cells of a sweep.
    ax : matplotlib Axes, optional
    rows, columns : str
        The keys that tell rows and columns apart; numbers are sorted, other values keep their order.
    value : str
        The key of what is a success where it is True or 1: :attr:`learner.Verification.proved`, say, or the share of
        fresh samples explained.

    Returns
    -------
    Axes
        Every entry says how many of how many; no run, no entry.
    """
    runs = _rows(records, (as_word(rows, "rows"), as_word(columns, "columns"), as_word(value, "value")))
    names, heads = _ordered(run[rows] for run in runs), _ordered(run[columns] for run in runs)
    successes, totals = np.zeros((len(names), len(heads)), dtype=int), np.zeros((len(names), len(heads)), dtype=int)
    for run in runs:
        place = names.index(run[rows]), heads.index(run[columns])
        successes[place] += run[value] == 1
        totals[place] += 1
    shares = np.ma.masked_array(successes / np.maximum(totals, 1), mask=totals == 0)
    axes = axes_of(ax)
    axes.imshow(shares, cmap=SEQUENTIAL, vmin=0.0, vmax=1.0, aspect="auto")
    for i, j in np.argwhere(totals > 0).tolist():
        colour = BLACK if shares[i, j] > 0.5 else "white"
        axes.text(j, i, f"{successes[i, j]}/{totals[i, j]}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(heads)), [_short(head) for head in heads])
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_xticks(np.arange(len(heads) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2.0)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(r"$\alpha = n/d$" if columns == "alpha" else columns)
    axes.set_ylabel(r"$\alpha = n/d$" if rows == "alpha" else rows)
    axes.set_title(f"{value}: successes of all runs", fontsize="medium")
    return axes


def relevant_plane(
    model: Any,
    X: Any,
    y: Any,
    ax: Axes | None = None,
    *,
    components: Sequence[int] = (0, 1),
    max_points: int = 5_000,
    label: str = "y",
) -> Axes:
    """Draw samples on the plane that filtered PCA found, coloured by their labels.

    Parameters
    ----------
    model : fitted estimator with ``components_``, or its rows (k, d)
        With one component the labels are drawn over it.
    X : float array (n, d)
    y : float array (n,)
    ax : matplotlib Axes, optional
    components : pair of int
        Which two of them span the plane.
    max_points : int
        Only the first so many samples are drawn.
    label : str
        Name of the labels.

    Returns
    -------
    Axes
    """
    given = getattr(model, "components_", model)
    rows = np.atleast_2d(real_array(given, "model", "a fitted model, or rows of real numbers", "fit it first"))
    if not (np.abs(rows) <= 1e100).all():  # NaN compares false
        raise InvalidInput("model", "finite rows", "NaN, infinity or more than 1e100", "mend them")
    if rows.size == 0 or rows.ndim != 2:
        cure = "no direction was found: see pvalues_, or fit more samples"
        raise InvalidInput("model", "at least one component", f"components of shape {rows.shape}", cure)
    samples = as_sample_array(X, rows.shape[1])
    labels = real_array(y, "y")
    if labels.shape != (len(samples),) or not np.isfinite(labels).all():
        raise InvalidInput("y", "one finite number for each row of X", f"shape {labels.shape}", "pass the labels of X")
    most = as_count(max_points, "max_points")
    samples, labels = samples[:most], labels[:most]
    as_word(label, "label")
    style = {"s": 8, "linewidths": 0.0, "rasterized": len(samples) > _VECTORS, "gid": "samples"}
    if len(rows) == 1:
        axes = axes_of(ax)
        axes.scatter(samples @ rows[0], labels, color=LINES[4], **style)  # pyright: ignore[reportArgumentType]
        axes.set_xlabel(_coordinate(0))
        axes.set_ylabel(f"${label}$")
        return axes
    requirement, cure = f"two different numbers from 0 to {len(rows) - 1}", "(0, 1) is usual"
    given = as_items(components, "components", requirement, cure)
    chosen = [as_count(i, "components", 0, len(rows) - 1, cure) for i in given]
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise InvalidInput("components", requirement, components, cure)
    axes = axes_of(ax)
    p = samples @ rows[chosen].T
    # a few far labels would take all colours for themselves
    low, high = np.quantile(labels, [0.01, 0.99]) if len(labels) else (0.0, 1.0)
    drawn = axes.scatter(p[:, 0], p[:, 1], c=labels, cmap=SEQUENTIAL, vmin=low, vmax=high, **style)  # pyright: ignore
    axes.set_aspect("equal")
    axes.set_xlabel(_coordinate(chosen[0]))
    axes.set_ylabel(_coordinate(chosen[1]))
    bar = axes.get_figure().colorbar(drawn, ax=axes, label=f"${label}$", extend="both")  # pyright: ignore
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return axes


_VECTORS = 2_000  # more dots than this make a vector file heavy


def _coordinate(i: int) -> str:
    return rf"$\langle \hat u_{{{i}}}, x\rangle$"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rows(records: Iterable[Any], keys: tuple[str, ...]) -> list[Mapping[str, Any]]:
    rows = as_items(records, "records", "a list of records", "pass a list of dicts")
    if not rows:
        raise InvalidInput("records", "at least one record", "none", "pass a list of dicts")
    for i, row in enumerate(rows):
        if is_dataclass(row) and not isinstance(row, type):
            row = rows[i] = {field.name: getattr(row, field.name) for field in fields(row)}
        if not isinstance(row, Mapping):
            cure = "pass a list of dicts"
            raise InvalidType(f"records[{i}]", "a mapping from names to values, or a dataclass", row, cure)
        if missing := [key for key in keys if key not in row]:
            known = ", ".join(map(str, row))
            raise InvalidInput(f"records[{i}]", f"the key {missing[0]!r}", f"keys {known}", "name the key to use")
    return rows


def _number(row: Mapping[str, Any], key: str) -> float:
    return as_real(row[key], "records", f"numbers under the key {key!r}", np.isfinite, "name another key")


def _ordered(values: Iterable[Any]) -> list[Any]:
    distinct = list(dict.fromkeys(values))
    numbers = all(isinstance(value, (int, float)) for value in distinct)
    return sorted(distinct) if numbers else distinct
