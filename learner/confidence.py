"""How sure a learned function is: in words, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learner.pieces import on_sphere

__all__ = ["Evidence", "confidence", "is_sure"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fit has to show for itself.

    Attributes
    ----------
    explained : float
        Share of held-out samples that the function explains to rounding.
    on_pieces : float
        Share of training samples on a piece found.
    held : int
        Number of held-out samples.
    forms : int
        Number of functions among which they chose.
    error : float
        Mean square of the held-out residuals, in units of the variance of y.
    noise : float
        Estimated standard deviation of label noise, in the unit of y; 0 for exact labels, NaN where it is unknown.
    unsure : float
        Share of held-out samples at which the function is not sure; see :func:`is_sure`.
    predictor : str
        "lattice", "network", "local" or "smoother".
    walls : int
        Number of walls between pieces whose normals are right to some per cent.
    stopped : str
        "", or what stopped the fit before its end.
    """

    explained: float
    on_pieces: float
    held: int
    forms: int
    error: float
    noise: float
    unsure: float
    predictor: str
    walls: int
    stopped: str


def confidence(evidence: Evidence) -> str:
    """Return what the evidence amounts to. "Exact" is said only where held-out samples are explained to rounding."""
    text = _statement(evidence)
    return f"{text}; stopped by {evidence.stopped}, this is the best so far" if evidence.stopped else text


def _statement(evidence: Evidence) -> str:
    walls = "one wall" if evidence.walls == 1 else f"{evidence.walls} walls"
    sides = f"; which piece applies depends on the side of {walls}, known to some per cent" if evidence.walls else ""
    held, error = evidence.held, f"held-out error {evidence.error:.1e} of the variance of y"
    if evidence.explained == 1.0:
        # The best of m forms is kept: a form that errs on a share p passes h held-out samples with probability
        # (1 - p)^h, so that one of m does is bounded by m exp(-p h), which is 5 % at p = ln(20 m)/h.
        wrong = f"at most {np.log(20.0 * evidence.forms) / held:.1e} of the distribution of the inputs"
        text = f"exact on all {held} held-out samples: wrong on {wrong} at 95 % confidence{sides}"
        if evidence.unsure > 0.0:
            text += f"; on {evidence.unsure:.1e} of them other functions agree with the training samples as well"
        if evidence.on_pieces < 1.0 and evidence.predictor in ("lattice", "local"):
            text += f"; {1.0 - evidence.on_pieces:.1e} of the training samples lie on no piece found"
        return text
    if evidence.explained > 0.5 and evidence.predictor == "smoother":
        return (
            f"not exact: a lattice polynomial is exact on {evidence.explained:.4%} of the held-out samples, but "
            f"so far off elsewhere that predictions are those of a smooth function of the components; {error}"
        )
    if evidence.explained > 0.5:
        what = "fold" if evidence.predictor == "network" else "piece, clause"
        near = "which piece applies is asked of samples close by; "
        return (
            f"exact on {evidence.explained:.4%} of the held-out samples; some {what} or direction is missing; "
            f"{near if evidence.predictor == 'local' else ''}{error}{sides}; is_sure(X) tells where"
        )
    noisy = np.isfinite(evidence.noise) and evidence.noise > 0.0 and evidence.error < _SOMETHING
    if evidence.predictor == "lattice" and noisy:
        return (
            f"not exact: the labels look noisy, of standard deviation {evidence.noise:.2g} about the function found, "
            f"unless a direction of it is missing; {error}"
        )
    how = "predictions are those of a smooth function of the components; " if evidence.predictor == "smoother" else ""
    return (
        "not exact: the labels are noisy, no lattice polynomial of few directions, or the samples are too few; "
        f"{how}{error}"
    )


_SOMETHING = 0.9  # of the variance: a function that leaves more explains nothing, and labels may be exact about another


def is_sure(
    Z: np.ndarray, known: np.ndarray, on_piece: np.ndarray, gap: np.ndarray, tolerance: float, *, homogeneous: bool
) -> np.ndarray:
    """Return at which coordinates the function is determined by the samples, as far as samples can tell.

    Parameters
    ----------
    Z : (n, k)
        Where to ask.
    known : (m, k)
        Coordinates of the training samples.
    on_piece : bool array (m,)
        Which of them lie on a piece found.
    gap : (n,)
        Distance between the lower and the upper form at Z: they agree where the samples leave no choice among the
        functions made of the pieces found.
    tolerance : float
        Gap that counts as none.
    homogeneous : bool
        Whether neighbours are by direction.

    Notes
    -----
    Lower = upper alone says nothing where a piece is missing: then samples that lie on no piece are near. So the
    nearest k + 2 training samples have to lie on pieces, too. This is evidence, no certificate.
    """
    from scipy.spatial import KDTree

    nearest = min(len(known), Z.shape[1] + 2)
    tree = KDTree(on_sphere(known, homogeneous)[0])
    neighbours = tree.query(on_sphere(Z, homogeneous)[0], nearest)[1].reshape(len(Z), nearest)
    return (gap <= tolerance) & on_piece[neighbours].all(axis=1)
