"""Axes and colours that all pictures share; matplotlib loads when the first picture is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tropical._display import PALETTE
from tropical.exceptions import InvalidType

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BLACK", "GREY", "LINES", "OKABE_ITO", "SEQUENTIAL", "axes_of", "colour_bar", "colouring", "pale"]

OKABE_ITO = PALETTE
LINES = tuple(colour for colour in OKABE_ITO if colour != "#F0E442")  # a yellow line on white is hard to see
BLACK, GREY = "#1a1a1a", "#8c8c8c"
SEQUENTIAL = "cividis"  # lightness alone orders it (Nuñez, Anderton and Renslow 2018)


def axes_of(ax: Axes | None, *, three_dimensional: bool = False) -> Axes:
    """Return the axes given, or those of a new figure.

    Raises
    ------
    ImportError
        Without matplotlib; it names the extra.
    """
    try:
        from matplotlib import axes, pyplot
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'tropical-learner[viz]'") from None
    if ax is not None:
        if not isinstance(ax, axes.Axes) or (three_dimensional and ax.name != "3d"):
            kind = " of projection 3d" if three_dimensional else ""
            requirement = f"matplotlib Axes{kind} or None"
            raise InvalidType("ax", requirement, ax, "leave it out for a new figure")
        return ax
    figure = pyplot.figure(layout="constrained" if three_dimensional else "compressed")
    return figure.add_subplot(projection="3d") if three_dimensional else figure.add_subplot()


def colour_bar(ax: Axes, low: float, high: float, label: str, *, whole: bool = False) -> Any:
    """Add a bar for values from low to high beside the axes, and return what maps a value to its colour.

    Parameters
    ----------
    whole : bool
        Whether the values are integers, each with a colour of its own.
    ax : Axes
    low, high : float
        The values at the ends.
    label : str
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, Normalize

    if whole:
        values = range(int(low), int(high) + 1)
        palette = colormaps[SEQUENTIAL].resampled(max(2, len(values)))
        norm = BoundaryNorm([value - 0.5 for value in (*values, int(high) + 1)], palette.N) if len(values) > 1 else None
        norm = norm or Normalize(low - 0.5, low + 0.5)
        step = -(-len(values) // _TICKS)
        mapping = ScalarMappable(norm, palette)
        bar = ax.get_figure().colorbar(mapping, ax=ax, label=label, ticks=list(values)[::step])  # pyright: ignore
    else:
        span = high - low
        mapping = ScalarMappable(Normalize(low, high) if span else Normalize(low - 0.5, low + 0.5), SEQUENTIAL)
        bar = ax.get_figure().colorbar(mapping, ax=ax, label=label)  # pyright: ignore[reportOptionalMemberAccess]
    bar.outline.set_visible(False)
    return mapping.to_rgba


_TICKS = 10


def pale(colour: str, share: float = 0.55) -> tuple[float, float, float]:
    """Return a colour mixed with white, so that black lines and text stand out on it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (share * channel + 1.0 - share for channel in channels)
    return red, green, blue


def colouring(count: int, neighbours: Iterable[tuple[int, int]]) -> list[int]:
    """Return a colour number for each of `count` things: their own where the palette lasts, else greedily.

    Neighbours differ, as long as nothing has more of them than there are colours.
    """
    if count <= len(OKABE_ITO):
        return list(range(count))
    beside: list[set[int]] = [set() for _ in range(count)]
    for i, j in neighbours:
        beside[i].add(j)
        beside[j].add(i)
    chosen = [-1] * count
    used = [0] * len(OKABE_ITO)
    for i in sorted(range(count), key=lambda i: -len(beside[i])):
        taken = {chosen[j] for j in beside[i]}
        free = [colour for colour in range(len(OKABE_ITO)) if colour not in taken] or list(range(len(OKABE_ITO)))
        chosen[i] = min(free, key=used.__getitem__)  # the least used: colours recur as far apart as may be
        used[chosen[i]] += 1
    return chosen
