"""What the command line prints: one line a stage, exact pieces, and what is proved or not."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from tropical import LatticePolynomial, ReLUNetwork

if TYPE_CHECKING:
    from learner.stages import Stage

__all__ = ["Report", "sine_to"]

_NAME, _WIDTH, _LINES = 12, 88, 3


class Report:
    """Prints lines as ``name  text  seconds``, for a terminal of 100 columns.

    Parameters
    ----------
    write : callable
        Takes a line; ``print`` by default.
    """

    def __init__(self, write: Callable[[str], None] = print) -> None:
        self._write = write
        self._started = perf_counter()

    def line(self, name: str, text: str, seconds: float | None = None) -> None:
        """Print one stage."""
        time = "" if seconds is None else f"   [{seconds:.1f} s]"
        gap = "  " if len(name) >= _NAME else ""
        self._write(f"{name:<{_NAME}}{gap}{text}{time}")

    def stage(self, stage: Stage, note: str = "") -> None:
        """Print a stage of a fit."""
        self.line(stage.name, stage.found + note, stage.seconds)

    def function(self, exact: LatticePolynomial | ReLUNetwork, *, pieces: int | None) -> None:
        """Print the clauses, and so many of the pieces (None: all) in full; or so many units of each layer."""
        if isinstance(exact, ReLUNetwork):
            self._network(exact, pieces)
            return
        lines = wrap(f"F = {exact.outline()}", _WIDTH, subsequent_indent="    ")
        if pieces is not None and len(lines) > _LINES:
            lines = [*lines[:_LINES], "    …"]
        for i, text in enumerate(lines):
            self.line("" if i else "function", text)
        shown = len(exact.pieces) if pieces is None else min(pieces, len(exact.pieces))
        for i in range(shown):
            self._formula(f"g{i} = {exact.pieces[i]}", cut=pieces is not None)
        if shown < len(exact.pieces):
            self.line("", f"… {len(exact.pieces)} pieces in all (--full prints them, --save writes them)")

    def _network(self, exact: ReLUNetwork, units: int | None) -> None:
        self.line("function", f"F = {exact}, exact weights")
        for depth, (rows, biases) in enumerate(zip(exact.weights, exact.biases, strict=True), start=1):
            for row, bias in list(zip(rows, biases, strict=True))[:units]:
                self._formula(f"layer {depth}: [{', '.join(map(str, row))}] + {bias}", cut=units is not None)
            if units is not None and len(rows) > units:
                self.line("", f"… {len(rows)} units in layer {depth} (--full prints them, --save writes them)")

    def _formula(self, text: str, *, cut: bool) -> None:
        self.line("", text[:_WIDTH] + " …" if cut and len(text) > _WIDTH else text)

    def total(self) -> None:
        """Print the wall time since the report began."""
        self.line("total", f"{perf_counter() - self._started:.1f} s")


def sine_to(basis: np.ndarray, components: np.ndarray) -> float:
    """Return the sine of the largest principal angle from the true subspace to the one found.

    Parameters
    ----------
    basis : (k, d) orthonormal rows, the truth
    components : (l, d) orthonormal rows

    Returns
    -------
    float
        0 if the truth lies in the span found, 1 if a true direction is orthogonal to it.
    """
    if len(basis) == 0:
        return 0.0
    return float(np.linalg.norm(basis - (basis @ components.T) @ components, 2))
