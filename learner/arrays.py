"""Arrays of other libraries (torch, CuPy, …) through the array API: what lies on a device stays there.

NumPy arrays take no detour: array-api-compat is imported for other arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["coordinates", "from_host", "is_foreign", "namespace", "to_host"]


def is_foreign(array: Any) -> bool:
    """Return whether something is an array of another library than NumPy, by what the array API asks of one."""
    return (
        not isinstance(array, np.ndarray | np.generic)
        and hasattr(array, "__dlpack__")
        and hasattr(array, "shape")
        and hasattr(array, "dtype")
    )


def namespace(*arrays: Any) -> Any:
    """Return the module that computes with these arrays: NumPy, or an array-API view of theirs.

    Raises
    ------
    ImportError
        If one is no NumPy array and array-api-compat is missing.
    """
    if all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        return np
    try:
        from array_api_compat import array_namespace
    except ImportError:
        cure = "pip install 'tropical-learner[distributed]'"
        raise ImportError(f"arrays other than NumPy's need array-api-compat: {cure}") from None
    return array_namespace(*arrays)


def to_host(array: Any) -> np.ndarray:
    """Return an array of any library as a NumPy array, copied from its device where it lies on one."""
    if hasattr(array, "detach"):  # torch
        return array.detach().cpu().numpy()
    if hasattr(array, "get"):  # CuPy
        return array.get()
    return np.asarray(array)


def from_host(array: np.ndarray, like: Any) -> Any:
    """Return a NumPy array as one of the library, and on the device, of another array."""
    if isinstance(like, np.ndarray):
        return array
    from array_api_compat import device

    return namespace(like).asarray(np.ascontiguousarray(array), device=device(like))


def coordinates(X: Any, rows: np.ndarray) -> Any:
    """Return the coordinates of X (n, d) along rows (k, d), (n, k) float64, where X lies."""
    xp = namespace(X)
    if xp is np:
        return X @ rows.T
    return xp.astype(X, xp.float64) @ from_host(rows.T, X)
