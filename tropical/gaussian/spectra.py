r"""Eigenvalues of a symmetric matrix of balls, as enclosures that survive multiple eigenvalues.

Let A be symmetric and Q an approximate matrix of eigenvectors, from floats, with no claim attached. For invertible Q

* Sylvester and Ostrowski: in descending order λ_i(QᵀAQ) = θ_i λ_i(A) with λ_min(QᵀQ) <= θ_i <= λ_max(QᵀQ);
* Gershgorin: QᵀAQ is nearly diagonal; its eigenvalues lie in the discs around its diagonal, and a union of m discs
  that is apart from the others holds exactly m of them. The same discs, around 1, bound θ_i.

Both matrices are computed in balls. No eigenvector is enclosed, so equal eigenvalues need no special care: their discs
overlap, and each of them is enclosed by the whole union.

References
----------
Horn and Johnson, *Matrix Analysis* (2nd ed. 2013), theorems 4.5.9 and 6.1.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat

from tropical.exceptions import NotExact

__all__ = ["eigenvalue_enclosures"]


def eigenvalue_enclosures(matrix: Sequence[Sequence[arb]]) -> list[arb]:
    """Return balls around the eigenvalues of every symmetric matrix inside a matrix of balls, descending.

    Raises
    ------
    NotExact
        If an entry is not finite, or so wide that nothing can be said.

    Notes
    -----
    Three matrix products in balls, O(k³). The width is about that of the entries times k, at float64's approximation
    of Q squared: Q is refined by one step where more is asked for.
    """
    size = len(matrix)
    if size == 0:
        return []
    A = arb_mat([list(row) for row in matrix])
    if not all(entry.is_finite() for entry in A.entries()):
        raise NotExact("an entry of the matrix has no finite enclosure")
    middle = np.array([[float(entry.mid()) for entry in row] for row in matrix])
    _, vectors = np.linalg.eigh((middle + middle.T) / 2)
    Q = arb_mat(vectors[:, ::-1].tolist())
    centre = A.mid()  # products of wide balls have blurred midpoints, which no step may follow
    for _ in range(_STEPS):
        Q = _refined(centre, Q)
    diagonal = Q.transpose() * A * Q
    identity = Q.transpose() * Q
    factors = [_disc(identity, i) for i in range(size)]
    least, most = min(f.lower() for f in factors), max(f.upper() for f in factors)
    if not least > 0:
        raise NotExact("approximate eigenvectors are dependent; the entries are too wide or too large")
    theta = least.union(most)
    return [value / theta for value in _separated([_disc(diagonal, i) for i in range(size)])]


_STEPS = 3  # 16 digits double with each, where eigenvalues are apart; equal ones need no precise vectors


def _refined(A: arb_mat, Q: arb_mat) -> arb_mat:
    """Return Q with smaller off-diagonal parts of QᵀAQ and QᵀQ - I: one first-order correction, of midpoints.

    It only proposes: whatever it returns, the enclosures hold.
    """
    B, C = (Q.transpose() * A * Q).mid(), (Q.transpose() * Q).mid()
    size = B.nrows()
    wide = max([abs(B[i, i]) for i in range(size)], default=arb(0))
    step = arb_mat(size, size)
    for i in range(size):
        for j in range(size):
            gap = B[j, j] - B[i, i]
            if i == j or not abs(gap) > wide * _SAME:
                step[i, j] = -(C[i, j] - (1 if i == j else 0)) / 2
            else:
                step[i, j] = (B[i, j] - B[j, j] * C[i, j]) / gap
    return (Q + Q * step).mid()


_SAME = arb(2) ** -40  # eigenvalues closer than this share a disc


def _disc(matrix: arb_mat, i: int) -> arb:
    """Return the Gershgorin disc of row i."""
    radius = arb(0)
    for j in range(matrix.ncols()):
        if j != i:
            radius += abs(matrix[i, j]).upper()
    return matrix[i, i] + radius * arb(0, 1)


def _separated(discs: list[arb]) -> list[arb]:
    """Return for each eigenvalue, descending, the union of discs that holds it."""
    result: list[arb] = []
    group: list[arb] = []
    for disc in sorted(discs, key=lambda disc: disc.upper(), reverse=True):
        if group and all(disc.upper() < other.lower() for other in group):
            result += [_union(group)] * len(group)
            group = []
        group.append(disc)
    return result + [_union(group)] * len(group)


def _union(discs: list[arb]) -> arb:
    total = discs[0]
    for disc in discs[1:]:
        total = total.union(disc)
    return total
