"""The moment sweep against its limit: one BLAS product XᵀX over the same data."""

from __future__ import annotations

import numpy as np

from benchmarks.jobs import record_ratio
from benchmarks.timing import alternate
from learner.moments import SliceMoments

__all__ = ["run"]


def run() -> None:
    """Print the time of the sweep over 16 slices as a multiple of the time of XᵀX."""
    rng = np.random.default_rng(0)
    print("moments: sweep over 16 slices / one product X.T @ X over the same rows (1 = as fast as BLAS)")
    for n, d in ((200_000, 50), (100_000, 200), (200_000, 500), (20_000, 1000)):
        X, index = rng.standard_normal((n, d)), rng.integers(0, 16, n)
        sweep, product = alternate(lambda X=X, i=index: SliceMoments(16, X.shape[1]).add(X, i), lambda X=X: X.T @ X)
        record_ratio("moments", f"sweep over 16 slices / X.T @ X, n = {n}, d = {d}", sweep, product)
        spread = f"{sweep[1] / product[2]:.1f} to {sweep[2] / product[1]:.1f}"
        speed = n * d * 8 / sweep[0] / 1e9
        print(f"  n = {n:>7}, d = {d:>4}: {sweep[0] / product[0]:5.2f}   ({spread})   {speed:.2f} GB/s")
