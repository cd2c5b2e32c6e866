"""Stages of a fit, and its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from tropical._display import Record

__all__ = ["Clock", "Stage"]


@dataclass(frozen=True, slots=True, repr=False)
class Stage(Record):
    """One step of a fit: its name, what it found in words, and its wall time in seconds.

    Attributes
    ----------
    name : str
    found : str
    seconds : float
    """

    name: str
    found: str
    seconds: float

    def _facts(self) -> Iterable[tuple[str, Any]]:
        yield from (("name", self.name), ("found", self.found), ("seconds", f"{self.seconds:.2f}"))


class Clock:
    """Says whether the time is up, and how long a stage took."""

    def __init__(self, limit: float) -> None:
        self.interrupted = False
        self._mark = perf_counter()
        self._end = self._mark + limit

    def expired(self) -> bool:
        """Return whether the limit has passed, or the fit was interrupted."""
        return self.interrupted or perf_counter() > self._end

    def part(self, share: float) -> Callable[[], bool]:
        """Return what says whether this share of the time that is left now has passed, or the fit was interrupted."""
        now = perf_counter()
        end = now + share * max(0.0, self._end - now)
        return lambda: self.interrupted or perf_counter() > end

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        now = perf_counter()
        seconds, self._mark = now - self._mark, now
        return seconds
