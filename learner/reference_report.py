"""The rounds of the reference algorithm as text: what was found, beside what the lemmas promise."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learner.reference import ExhaustiveFilteredPCA
    from learner.rounds import Round

__all__ = ["rounds_report"]


def rounds_report(model: ExhaustiveFilteredPCA) -> str:
    """Return some lines a round, for a terminal of 100 columns."""
    lines = [
        f"exhaustive filtered PCA: {model.net} net, grid {model.grid}, at most {model.n_directions} directions, "
        f"level {model.level:g}"
    ]
    for i, found in enumerate(model.rounds_):
        lines += [
            f"round {i + 1}: {found.known} known, {found.n_samples} samples, {found.seconds:.2f} s",
            *_round(found),
        ]
    size, known = model.selection_, len(model.components_)
    lines += [
        f"end: {model.stopped_}",
        _line("candidates", f"{size}"),
        _line("chosen", _cut(str(model.candidate_))),
        _line(
            "error",
            f"{model.error_:.4g} root mean square; N and S: <= {model.error_bound_:.4g} if V has dimension {known}",
        ),
    ]
    return "\n".join(lines)


def _round(found: Round) -> list[str]:
    state = "taken" if found.accepted else "not taken"
    sine = f"sine to V <= {found.sine:.3g} ({found.sine_lemma})" if found.accepted else "below it"
    trace = "" if isnan(found.trace_bound) else f"; F: >= {found.trace_bound:.4g} over V"
    visible = f"{found.visible:.4g}" if isfinite(found.visible) else "no size"
    needed = f"{found.samples_needed:.2g} samples" if isfinite(found.samples_needed) else "no number of samples"
    kind = type(found.psi).__name__
    return [
        _line("candidates", f"{found.tried} tried of {found.net}"),
        _line("filter", f"{kind}, tau = {found.psi.threshold:.4g}, of y - G, G = {_cut(str(found.candidate))}"),
        _line("mass", f"{found.mass:.4g}; C: >= {found.mass_bound:.3g} beyond it"),
        _line("trace", f"{found.trace:.4g} off W{trace}"),
        _line("eigenvalue", f"{found.eigenvalue:.4g}, needed {found.needed:.4g}; G: >= {found.eigenvalue_bound:.3g}"),
        _line("sampling", f"error of the matrix <= {found.sampling_error:.4g} (S1)"),
        _line("direction", f"{state}: {sine}"),
        _line("residual", f"{found.residual:.4g} with G, {found.fit:.4g} with the best candidate"),
        _line("missed", f"F - F(P_W x) is {found.missed:.4g} or more; sure to be seen (G, S1): from {visible} on"),
        _line("", f"with {needed} what G promises is twice the sampling error"),
    ]


def _line(name: str, text: str) -> str:
    return f"  {name:<11}{text}"


def _cut(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
