r"""What the lemmas promise, as numbers: sampling error, soundness, filtered traces, anti-concentration, progress.

Statements and proofs are in docs/reference_algorithm.md. Throughout x ~ N(0, I_d), F is bias-free and Λ-Lipschitz,
y = F(x), V is its relevant subspace or a larger one, k = dim V, and W ⊆ V has dimension l.

=======  =================================
lemma    here
=======  =================================
S1       ``sampling_error``, ``samples_for``
S2, S3   ``sine_bound``, ``sine_bound_for_estimated_basis``
S4       ``davis_kahan``
F        ``filtered_trace``
C        ``tail_bound``
G        ``progress``, ``visible_residual``
=======  =================================

Bounds are evaluated in float64: they are accurate to some 1e-13, not rounded outward.
"""

from __future__ import annotations

from math import asin, ceil, erfc, exp, gamma, inf, isinf, log, pi, sin, sqrt

__all__ = [
    "LARGEST_FILTER_NORM",
    "chi_square_tail",
    "davis_kahan",
    "filtered_trace",
    "progress",
    "samples_for",
    "sampling_error",
    "sine_bound",
    "sine_bound_for_estimated_basis",
    "tail_bound",
    "visible_residual",
]

LARGEST_FILTER_NORM = 4.0 * exp(-0.5) / sqrt(2.0 * pi)
"""``E|s² - 1|`` for s ~ N(0, 1), about 0.968: no filter matrix with |ψ| <= 1 has a larger norm (S1)."""


def chi_square_tail(t: float, degrees: int) -> float:
    """Return ``Pr[χ²_degrees > t]``; 1 for t <= 0, and 0 for t > 0 and no degrees of freedom.

    By ``Q_{m+2}(t) = Q_m(t) + (t/2)^{m/2} e^{-t/2} / Γ(m/2 + 1)`` from ``Q_1 = erfc(√(t/2))`` or ``Q_0 = 0``.
    """
    if t <= 0.0:
        return 1.0
    if isinf(t):
        return 0.0
    total, m = (erfc(sqrt(t / 2.0)), 1) if degrees % 2 else (0.0, 0)
    while m < degrees:
        total += (t / 2.0) ** (m / 2.0) * exp(-t / 2.0) / gamma(m / 2.0 + 1.0)
        m += 2
    return total


def sampling_error(n: int, dimension: int, level: float, filters: int = 1) -> float:
    """Return e with ``‖M̂ - M_ψ‖ <= e`` for all of so many fixed filters at once, with probability 1 - level (S1).

    Parameters
    ----------
    n, dimension : int
        Number of samples and size of the matrices.
    level : float
    filters : int
        The filters |ψ| <= 1 are fixed before the samples are drawn; which of them is then used may depend on them.
    """
    t = dimension * log(9.0) + log(2.0 * filters / level)
    return 4.0 * sqrt(t / n) + 4.0 * t / n


def samples_for(error: float, dimension: int, level: float, filters: int = 1) -> float:
    """Return the least n at which :func:`sampling_error` is at most `error`; infinity for error <= 0."""
    if error <= 0.0:
        return inf
    t = dimension * log(9.0) + log(2.0 * filters / level)
    root = error / (2.0 * (1.0 + sqrt(1.0 + error)))  # the positive root of 4r² + 4r = error, without cancellation
    n = t / root**2
    return float(ceil(n)) if n < 1e15 else n


def sine_bound(error: float, eigenvalue: float) -> float:
    """Return ``|P_{V⊥} û| <= error / |eigenvalue|``, 1 where that says nothing (S2: W ⊆ V exactly)."""
    return 1.0 if eigenvalue == 0.0 else min(1.0, error / abs(eigenvalue))


def sine_bound_for_estimated_basis(
    error: float, eigenvalue: float, dimension: int, filter_lipschitz: float, sine: float
) -> float:
    """Return a bound on ``|P_{V⊥} û|`` where the known directions are estimates (S3).

    Parameters
    ----------
    error : float
        Of sampling.
    eigenvalue : float
    dimension : int
        l, the number of known directions.
    filter_lipschitz : float
        Of the filter in the known coordinates; infinite for a threshold.
    sine : float
        ``‖P_{V⊥} P_{W'}‖``, or a bound on it: no more than the root of the sum of the squares of the sines of the l
        directions. P_V W' then has a basis within 2 sin(θ/2) of that of W', if θ < π/2 is the angle.
    """
    if dimension == 0 or sine == 0.0:
        return sine_bound(error, eigenvalue)
    if sine >= 1.0 or isinf(filter_lipschitz):
        return 1.0
    shift = 2.0 * sin(asin(sine) / 2.0)
    total = error + sqrt(2.0 * dimension) * filter_lipschitz * shift + LARGEST_FILTER_NORM * sine
    return sine_bound(total, eigenvalue)


def davis_kahan(error: float, smallest: float) -> float:
    """Return the bound ``error / (smallest - error)`` on sin Θ of the leading eigenvectors; 1 where it fails (S4).

    `smallest` bounds the moduli of the non-zero population eigenvalues from below.
    """
    return 1.0 if smallest <= 2.0 * error else error / (smallest - error)


def filtered_trace(threshold: float, lipschitz: float, missing: int, mass: float, *, shift: float = 0.0) -> float:
    """Return ``((τ - shift)²/Λ² - missing) · mass``, a lower bound on the trace over V ⊖ W (F).

    Parameters
    ----------
    threshold, lipschitz : float
        τ >= 0 and Λ.
    missing : int
        k - l.
    mass : float
        Pr[|H| > τ] for H = F - F∘P_W; with a candidate, of ``{|F - G| > τ, |P_W x| <= R}``; for the ramp, if
        τ >= Λ√(k - l), Pr[|H| > 2τ].
    shift : float
        ηR for a candidate within η|z| of F∘P_W, at most τ.
    """
    if mass <= 0.0:
        return 0.0
    if shift > threshold:
        return -float(missing) * mass
    if lipschitz == 0.0:
        return inf
    return ((threshold - shift) ** 2 / lipschitz**2 - missing) * mass


def tail_bound(threshold: float, deviation: float, growth: float, dimension: int) -> float:
    """Return a lower bound on ``Pr[|H| > τ]`` for homogeneous H with E[H²] = deviation² and |H(x)| <= growth·|x| (C).

    Parameters
    ----------
    threshold, deviation, growth : float
    dimension : int
        Of a subspace that H depends on.
    """
    if deviation <= 0.0 or growth <= 0.0 or dimension == 0:
        return 0.0
    share = deviation**2 / (2.0 * dimension * growth**2)
    return share * chi_square_tail(2.0 * dimension * (threshold / deviation) ** 2, dimension)


def progress(
    deviation: float,
    lipschitz: float,
    directions: int,
    known: int,
    threshold: float,
    *,
    ramp: bool = False,
    net_error: float = 0.0,
) -> float:
    """Return a lower bound on the top population eigenvalue off W for some candidate (G, with any threshold and a net).

    Parameters
    ----------
    deviation : float
        ε with ``E[(F - F∘P_W)²] >= ε²``.
    lipschitz : float
        Λ.
    directions, known : int
        k and l.
    threshold : float
        τ; lemma G has Λ√(2(k-l)).
    ramp : bool
    net_error : float
        η such that some candidate is within η|z| of F∘P_W.

    Returns
    -------
    float
        0 where nothing is promised.

    Notes
    -----
    With a net error the trace is at least
    ``((τ-ηR)²/Λ² - (k-l)) (Pr[|H| > τ+ηR] - q) - (k-l) q``, q = Pr[χ_l > R], for every R; the best of a grid of R is
    taken. For the ramp, in place of the second threshold: 2τ+ηR.
    """
    missing = directions - known
    if missing <= 0 or deviation <= 0.0 or lipschitz <= 0.0:
        return 0.0

    def at(radius: float) -> float:
        shift = net_error * radius
        outside = chi_square_tail(radius**2, known)
        level = (2.0 * threshold if ramp else threshold) + shift
        mass = tail_bound(level, deviation, lipschitz, directions) - outside
        return filtered_trace(threshold, lipschitz, missing, mass, shift=shift) - missing * outside

    if known == 0 or net_error == 0.0:
        best = filtered_trace(
            threshold,
            lipschitz,
            missing,
            tail_bound(2.0 * threshold if ramp else threshold, deviation, lipschitz, directions),
        )
    else:
        steps = [threshold / net_error * i / _RADII for i in range(1, _RADII)]
        best = max(at(radius) for radius in steps) if threshold > 0.0 else 0.0
    return max(0.0, best / missing)


_RADII = 200


def visible_residual(
    eigenvalue: float,
    lipschitz: float,
    directions: int,
    known: int,
    threshold: float,
    *,
    ramp: bool = False,
    net_error: float = 0.0,
) -> float:
    """Return ε such that ``E[(F - F∘P_W)²] >= ε²`` makes :func:`progress` at least `eigenvalue`; infinity for none.

    So where no candidate has an eigenvalue above it, the root mean square of what the known directions miss is below ε.
    """

    def promised(deviation: float) -> float:
        return progress(deviation, lipschitz, directions, known, threshold, ramp=ramp, net_error=net_error)

    high = lipschitz * sqrt(max(directions - known, 0))  # no residual is larger, as |H| <= Λ |P_{V⊖W} x|
    if high == 0.0:
        return 0.0
    if promised(high) < eigenvalue:
        return inf
    low = 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if promised(middle) >= eigenvalue else (middle, high)
    return high


_HALVINGS = 60
