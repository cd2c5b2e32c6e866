"""How often the demo's kind of teacher is proved, and with which part of the path missing where it is not."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import tropical
from learner import LatticeRegressor, sample, verify

__all__ = ["run"]

SEEDS, SAMPLES = 24, 200_000


def run() -> None:
    """Print one line a teacher 50-6-6-1 of rank 3, weights k/4; about four minutes."""
    print(f"recovery: {SEEDS} teachers 50-6-6-1 of rank 3, bias-free, {SAMPLES} samples each")
    proved, seconds = 0, []
    for seed in range(SEEDS):
        teacher = tropical.families.random_network((50, 6, 6, 1), seed, rank=3)
        X, y = sample(teacher, SAMPLES, random_state=seed)
        clock = perf_counter()
        model = LatticeRegressor(random_state=seed).fit(X, y)
        result = verify(model, teacher)
        seconds.append(perf_counter() - clock)
        proved += result.proved
        pieces = tropical.cells(teacher).n_pieces
        state = "proved" if result.proved else "not proved"
        print(f"  seed {seed:>2}: {len(model.pieces_):>3} of {pieces:>3} pieces, {state}, {seconds[-1]:5.1f} s")
    print(f"  proved: {proved} of {SEEDS}; median {median(seconds):.1f} s")
