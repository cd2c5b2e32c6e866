"""What every function type offers the questions: the one internal protocol.

A continuous piecewise-linear function reads finitely many linear forms of x (:meth:`linear_forms`). On the span of
those forms, with coordinates read off at pivot columns, it becomes a function of few variables, given by a
:class:`Resolver`: on a cell where enough signs are known, the resolver names the affine function that F is there; where
they are not, it asks for a split (see :mod:`tropical._exact.region`). Cells, pieces and decisions need nothing else, so
every question takes any function type in any mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np

from tropical._arguments import real_array
from tropical._exact.rational import IntVector
from tropical._exact.region import Region
from tropical.exceptions import InvalidInput, InvalidType

__all__ = ["PiecewiseLinear", "Resolution", "Resolver", "Unordered", "as_function", "as_sample_array", "as_scalar"]


class Resolution(NamedTuple):
    """The affine functions that the outputs equal on a cell: integer forms over one denominator.

    ``label`` tells cells of one complex apart: the activation pattern of a network, the active piece of a lattice
    polynomial.
    """

    forms: tuple[IntVector, ...]
    denominator: int
    label: tuple[Any, ...]

    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the forms as Fractions."""
        return tuple(tuple(Fraction(entry, self.denominator) for entry in form) for form in self.forms)


class Resolver(Protocol):
    """A function restricted to its pivot coordinates."""

    def resolve(self, region: Region) -> Resolution:
        """Return what the function is on the region; raise ``Crossing`` where that needs a split."""
        ...

    def walls(self, label: tuple[Any, ...]) -> Sequence[IntVector] | None:
        """Return forms that are >= 0 exactly on the one cell of this label; None where every leaf is a cell.

        A subdivision by hyperplanes can cut the region of a term of a polynomial; the regions themselves are meant.
        """
        ...


class PiecewiseLinear(Protocol):
    """A continuous piecewise-linear function from R^dimension to R^outputs, exact."""

    @property
    def dimension(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    def linear_forms(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return linear forms, rows of length d, that F(x) depends on x through."""
        ...

    def is_bias_free(self) -> bool:
        """Return whether the representation has no constants, so that all forms met are linear."""
        ...

    def resolver(self, columns: Sequence[int]) -> Resolver:
        """Return F on the coordinates ``columns``, all others zero."""
        ...

    def __call__(self, x: Any) -> Any: ...
    def evaluate(self, X: Any) -> np.ndarray: ...
    def to_plain(self) -> dict[str, Any]: ...


class Unordered:
    """Functions have no order that ``<`` could mean, ``max`` would silently take one of two."""

    __slots__ = ()

    def _refuse_order(self, other: Any) -> Any:
        cure = "ask is_below(F, G)"
        raise InvalidType("other", "no comparison by <, <=, > or >=: functions are only partly ordered", other, cure)

    __lt__ = __le__ = __gt__ = __ge__ = _refuse_order


_TELLING = ("resolver", "linear_forms", "outputs")  # isinstance with the protocol itself takes 20 µs


def as_function(F: Any, argument: str = "F") -> PiecewiseLinear:
    """Return F if it is a function of this package, or say what is needed."""
    if isinstance(F, type) or not all(hasattr(F, name) for name in _TELLING):
        cure = "wrap weights in tropical.ReLUNetwork, pieces in tropical.LatticePolynomial or TropicalPolynomial"
        raise InvalidType(argument, "a network, a lattice polynomial, a tropical polynomial or rational", F, cure)
    return F


def as_scalar(F: Any, argument: str = "F") -> PiecewiseLinear:
    """Return F if it is a function of this package with one output, or say what is needed."""
    function = as_function(F, argument)
    if function.outputs != 1:
        raise InvalidInput(argument, "one output", f"{function.outputs}", f"select one with {argument}[j]")
    return function


def as_sample_array(X: Any, dimension: int) -> np.ndarray:
    """Return X as a finite float64 array of shape (n, dimension)."""
    array = real_array(X, "X", f"real numbers of shape (n, {dimension})", "pass a float array")
    if array.ndim != 2 or array.shape[1] != dimension:
        cure = "use X[None, :] for one point" if array.ndim == 1 else "give one column for each input"
        raise InvalidInput("X", f"shape (n, {dimension})", str(array.shape), cure)
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).any(axis=1).argmax())
        raise InvalidInput("X", "finite numbers", f"NaN or infinity in row {bad}", "drop or mend these rows")
    return array
