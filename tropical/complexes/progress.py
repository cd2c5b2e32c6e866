"""A progress bar, where one was asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["progress_bar", "watched"]

_WATCHED: ContextVar[bool] = ContextVar("watched", default=False)
_PATIENCE = 1.0  # seconds without a bar: what is answered by then needs none


@contextmanager
def watched(shown: bool) -> Generator[None]:
    """Show a bar for all that is enumerated or proved inside, questions and certificates alike, where it takes long."""
    token = _WATCHED.set(shown)
    try:
        yield
    finally:
        _WATCHED.reset(token)


@contextmanager
def progress_bar(shown: bool = False, what: str = "cells") -> Generator[Callable[[int], object]]:
    """Yield what takes the number of cells finished; on stderr a bar shows it (tqdm).

    Parameters
    ----------
    shown : bool
        At once, and it stays. Otherwise only inside :func:`watched`, after a second, and it goes.
    what : str
        In front of the bar.
    """
    if not shown and not _WATCHED.get():
        yield lambda count: None
        return
    from tqdm import tqdm

    with tqdm(unit=" cells", desc=what, leave=shown, delay=0 if shown else _PATIENCE) as bar:

        def move(count: int) -> None:
            if count < bar.n:  # the next layer begins
                bar.n = bar.last_print_n = 0
            bar.update(count - bar.n)

        yield move
