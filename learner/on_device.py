"""Learned functions at points that lie on a device: the result stays there."""

from __future__ import annotations

from typing import Any

import numpy as np

from learner.arrays import coordinates, from_host, is_foreign, namespace
from tropical import LatticePolynomial
from tropical.exceptions import InvalidInput

__all__ = ["lattice_values"]

_BLOCK = 1 << 24  # values of pieces at a time, 128 MB


def lattice_values(function: LatticePolynomial, X: Any, *, components: np.ndarray | None = None) -> Any:
    """Return the float64 values of a lattice polynomial at the rows of X, on the device and in the library of X.

    Parameters
    ----------
    function : LatticePolynomial
    X : array (n, d)
        Of NumPy, torch, CuPy or another library of the array API.
    components : float array (k, d), optional
        Orthonormal rows whose span holds all gradients, as a :class:`LatticeRegressor` has: n·(d + M)·k operations
        for M pieces instead of n·d·M.

    Returns
    -------
    array (n,)

    Examples
    --------
    >>> import tropical as tp
    >>> lattice_values(tp.parse("max(x0, min(x1, 0))"), np.array([[1.0, 2.0], [-1.0, -2.0], [-3.0, -2.0]]))
    array([ 1., -1., -2.])
    """
    if X.ndim != 2 or X.shape[1] != function.dimension:
        raise InvalidInput("X", f"shape (n, {function.dimension})", str(tuple(X.shape)), "give one row a point")
    xp = namespace(X)
    gradients, constants = function.pieces.float_arrays()
    if components is not None and len(components):
        gradients = gradients @ components.T
    offsets = from_host(constants, X)
    clauses = [from_host(np.array(sorted(clause), dtype=np.int64), X) for clause in function.clauses]
    inner, outer = (xp.min, xp.maximum) if function.form == "max-min" else (xp.max, xp.minimum)
    rows = max(1, _BLOCK // len(constants))
    blocks = []
    for start in range(0, X.shape[0], rows):
        Z = X[start : min(start + rows, X.shape[0]), :]
        if components is not None and len(components):
            Z = coordinates(Z, components)
        values = coordinates(Z, gradients) + offsets
        result = None
        for clause in clauses:
            column = inner(xp.take(values, clause, axis=1), axis=1)
            result = column if result is None else outer(result, column)
        blocks.append(result)
    if not blocks:
        return from_host(np.empty(0), X) if is_foreign(X) else np.empty(0)
    return xp.concat(blocks) if len(blocks) > 1 else blocks[0]
