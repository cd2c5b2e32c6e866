"""Warnings of the learner; its errors are those of `tropical.exceptions`."""

from __future__ import annotations

__all__ = ["NonGaussianWarning"]


class NonGaussianWarning(UserWarning):
    """The inputs do not look like N(0, I): the filters' guarantees do not apply to them as they are."""
