"""Warnings of the learner; its errors are those of `tropical.exceptions`."""

from __future__ import annotations

__all__ = ["NonGaussianWarning", "SampleWarning"]


class SampleWarning(UserWarning):
    """The samples are not what the guarantees speak about; results are heuristic or less than they could be."""


class NonGaussianWarning(SampleWarning):
    """The inputs do not look like N(0, I): the filters' guarantees do not apply to them as they are."""
