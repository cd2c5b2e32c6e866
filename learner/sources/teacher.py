"""Samples that are drawn when they are asked for, and again the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from learner.sampling import Teacher, as_noise, as_teacher
from learner.sources.protocol import BUDGET, Chunk, Part, SampleSource, rows_of
from tropical._arguments import as_count

__all__ = ["TeacherSource"]


class TeacherSource(SampleSource):
    """Inputs from N(0, I_d) with a teacher's labels, drawn on the fly.

    Chunk i is drawn from the i-th child of the seed: every sample is the same in every pass, whoever draws it, on
    however many workers, and whatever the budget.

    Parameters
    ----------
    teacher : ReLUNetwork, LatticePolynomial or any object with `dimension` and `evaluate`
    n : int
        Number of samples.
    seed : int
    chunk : int
        Samples of one stream of random numbers; part of what fixes them.
    noise : float
        Standard deviation of Gaussian label noise, in the unit of y.

    Examples
    --------
    >>> import tropical as tp
    >>> source = TeacherSource(tp.families.cyclic(4), 10**9, seed=0)
    >>> X, y = next(source.chunks())
    >>> X.shape[1], source.n_samples
    (2, 1000000000)
    """

    exchangeable = True

    def __init__(self, teacher: Teacher, n: int, *, seed: int = 0, chunk: int = 1 << 16, noise: float = 0.0) -> None:
        self._teacher, self._noise = as_teacher(teacher), as_noise(noise)
        self._n, self._chunk, self._seed = as_count(n, "n"), as_count(chunk, "chunk"), as_count(seed, "seed", 0)

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield "teacher", self._teacher
        yield from super()._facts()
        yield "seed", self._seed
        if self._noise:
            yield "noise", f"{self._noise:g}"

    @property
    def n_features(self) -> int:
        """Number of inputs d."""
        return self._teacher.dimension

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self._n

    def parts(self, budget_bytes: int = BUDGET) -> list[Part]:
        """Return one part for each stream of random numbers.

        Parameters
        ----------
        budget_bytes : int
            What a chunk may take.
        """
        rows = rows_of(budget_bytes, self.n_features)
        return [partial(self._draw, i, rows) for i in range(-(-self._n // self._chunk))]

    def _draw(self, number: int, rows: int) -> Iterator[Chunk]:
        """Yield chunk `number`, `rows` samples at a time; a stream drawn in pieces gives the same numbers."""
        left = min(self._chunk, self._n - number * self._chunk)
        inputs, noise = (np.random.default_rng([self._seed, number, stream]) for stream in (0, 1))
        while left:
            count = min(rows, left)
            X = inputs.standard_normal((count, self.n_features))
            y = self._teacher.evaluate(X)
            yield X, y + self._noise * noise.standard_normal(count) if self._noise else y
            left -= count
