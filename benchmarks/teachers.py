"""Teachers by name: a function of few coordinates, seen through a random frame of R^d.

=========================  ==========================================================================================
``cyclic K``               alternating function of one plane
``sign-min k``             sign(z_1 ··· z_k)·min|z_i|
``min-abs k``              min |z_i|
``net 3-8-8-1``            random bias-free network, weights i/4 with |i| <= 4; another one for each seed
``biased net 3-8-8-1``     the same with biases
``leap k t``               one direction visible, k hidden up to a leak that goes to 0 with t
``parity k t``             the bias-free parity of k half-spaces, times |x_0|
``near-parallel ε``        (relu(x_0 + ε x_1) - relu(x_0))/ε
=========================  ==========================================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tropical
from tropical import families

__all__ = ["HiddenFunction", "function", "hidden"]


class HiddenFunction:
    """``x -> F(B x)`` with a random orthonormal frame B of floats (an exact one in many dimensions has long entries).

    Attributes
    ----------
    function : ReLUNetwork or LatticePolynomial
        F, on R^k.
    basis : (k, d) orthonormal rows
        Of the directions that F looks at.
    dimension : int
    """

    def __init__(self, function: Any, d: int, seed: int) -> None:
        k = function.dimension
        self.function, self.dimension = function, d
        self._frame = np.linalg.qr(np.random.default_rng([seed, d, k]).standard_normal((d, k)))[0].T
        seen = np.array(tropical.relevant_subspace(function), dtype=float).reshape(-1, k)
        self.basis = np.linalg.qr(seen.T)[0].T @ self._frame

    def evaluate(self, X: Any) -> np.ndarray:
        """Return F(B x) at the rows of X (n, d)."""
        return self.function.evaluate(np.asarray(X, dtype=float) @ self._frame.T)

    def sample(self, n: int, seed: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return n inputs and their labels."""
        X = np.random.default_rng(seed).standard_normal((n, self.dimension))
        return X, self.evaluate(X)


def function(family: str, seed: int = 0) -> Any:
    """Return the function on R^k that a name of the table means."""
    name, *given = family.rsplit(" ", 2 if family.startswith(("leap", "parity")) else 1)
    match name:
        case "cyclic":
            return families.cyclic(int(given[0]))
        case "sign-min":
            return families.sign_times_minimum(int(given[0]))
        case "min-abs":
            return families.minimum_of_absolute_values(int(given[0]))
        case "leap":
            return families.leap(int(given[0]), given[1])
        case "parity":
            return families.homogeneous_parity(int(given[0]), given[1])
        case "near-parallel":
            return families.near_parallel(given[0])
        case "net" | "biased net":
            return _network(tuple(map(int, given[0].split("-"))), seed, biases=name == "biased net")
        case _:
            raise ValueError(f"no family is called {family!r}: see benchmarks/teachers.py")


def hidden(family: str, d: int, seed: int) -> HiddenFunction:
    """Return the teacher on R^d."""
    return HiddenFunction(function(family, seed), d, seed)


def _network(widths: tuple[int, ...], seed: int, *, biases: bool) -> Any:
    """Draw networks until one looks at all its inputs: narrow ones may be constant."""
    for attempt in range(100):
        net = families.random_network(widths, seed + 1000 * attempt, biases=biases)
        if len(tropical.relevant_subspace(net)) == widths[0]:
            return net
    raise ValueError(f"no network {widths} that looks at all inputs in 100 draws from seed {seed}")
