r"""Functions of few variables in R^d: composition with a random frame, exact.

F∘B is a function of B x, B of shape (k, d) and rank k; its relevant subspace is the image of that of F under Bᵀ. If the
rows of B are orthonormal, B x is standard Gaussian on R^k: Λ and all Gaussian quantities are those of F. Rational
orthonormal rows exist in plenty: the first k rows of a product of reflections I - 2vvᵀ/|v|² with integer vectors v.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from tropical._arguments import check_size
from tropical._exact.linear import combine_rows, rank
from tropical._exact.rational import as_choice
from tropical._protocol import PiecewiseLinear, as_function
from tropical.exceptions import InvalidInput, InvalidType
from tropical.families._arguments import as_size, generator
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.polynomial import TropicalPolynomial
from tropical.rational_function import TropicalRational

__all__ = ["embed", "frame"]

Rows = tuple[tuple[Fraction, ...], ...]
_KINDS = ("orthonormal", "rational")
_CURE = "orthonormal keeps norms, rational is any k independent rows of small integers"


def frame(k: int, d: int, kind: str = "orthonormal", seed: int = 0) -> Rows:
    """Return k random independent rational rows of length d.

    Parameters
    ----------
    k, d : int
        1 <= k <= d.
    kind : {"orthonormal", "rational"}
        Rows that are exactly orthonormal, B Bᵀ = I; or integers from -3 to 3, drawn until the rows are independent.
    seed : int
        The same arguments and seed give the same rows.

    Raises
    ------
    InvalidInput
        If k > d.

    Notes
    -----
    The orthonormal frame is the first k rows of a product of k reflections in integer vectors with entries from -3 to
    3: O(k²d) rational operations, and denominators at most (9d)^k.

    Examples
    --------
    >>> B = frame(2, 5)
    >>> [[int(sum(a * b for a, b in zip(v, w, strict=True))) for v in B] for w in B]
    [[1, 0], [0, 1]]
    """
    size = as_size(d, "d")
    count = as_size(k, "k")
    if count > size:
        raise InvalidInput("k", f"at most d = {size}", count, "there are no more independent rows")
    check_size(count * size, "d", d)
    as_choice(kind, "kind", _KINDS, _CURE)
    return _rows(count, size, kind, generator(seed))


def embed(F: PiecewiseLinear, d: int, frame: str = "orthonormal", seed: int = 0) -> Any:
    """Return ``x -> F(B x)`` on R^d with a random frame B, as an object of the type of F.

    Parameters
    ----------
    F : ReLUNetwork, LatticePolynomial, TropicalPolynomial or TropicalRational
        On R^k.
    d : int >= k
    frame : {"orthonormal", "rational"}
        See :func:`tropical.families.frame`, which gives B: ``frame(k, d, kind, seed)``.
    seed : int

    Returns
    -------
    ReLUNetwork, LatticePolynomial, TropicalPolynomial or TropicalRational
        Of a network the first layer is multiplied by B.

    Raises
    ------
    InvalidInput
        If d is smaller than the dimension of F.

    Examples
    --------
    >>> from tropical import lipschitz, relevant_subspace
    >>> from tropical.families import parity
    >>> F = embed(parity(2, "1/3"), 7)
    >>> F.widths, lipschitz(F).squared, len(relevant_subspace(F))
    ((7, 4, 2, 1), Fraction(18, 1), 2)
    """
    function = as_function(F)
    size = as_size(d, "d")
    if size < function.dimension:
        cure = "embed into a space of at least as many dimensions"
        raise InvalidInput("d", f"at least the {function.dimension} inputs of F", size, cure)
    check_size(function.dimension * size, "d", d)
    as_choice(frame, "frame", _KINDS, _CURE)
    rows = _rows(function.dimension, size, frame, generator(seed))
    if isinstance(function, ReLUNetwork):
        first, *others = function.weights
        return ReLUNetwork([combine_rows(first, rows, size), *others], function.biases)
    if isinstance(function, (LatticePolynomial, TropicalPolynomial, TropicalRational)):
        return function.compose(rows)
    cure = "convert it, by tropical.lattice for example"
    raise InvalidType("F", "a network, a lattice polynomial, a tropical polynomial or rational", F, cure)


def _rows(k: int, d: int, kind: str, rng: np.random.Generator) -> Rows:
    if kind == "rational":
        while True:
            rows = tuple(tuple(Fraction(int(a)) for a in row) for row in rng.integers(-3, 4, size=(k, d)))
            if rank(rows, d) == k:
                return rows
    rows = [[Fraction(int(i == j)) for j in range(d)] for i in range(k)]
    for _ in range(k):
        v = [0] * d
        while not any(v):
            v = [int(a) for a in rng.integers(-3, 4, size=d)]
        square = sum(a * a for a in v)
        for i, row in enumerate(rows):
            factor = 2 * sum((a * b for a, b in zip(row, v, strict=True)), Fraction(0)) / square
            rows[i] = [a - factor * b for a, b in zip(row, v, strict=True)]
    return tuple(map(tuple, rows))
