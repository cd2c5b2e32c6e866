"""A progress bar, where one was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(shown: bool) -> Iterator[Callable[[int], object]]:
    """Yield what takes the number of cells finished; on stderr a bar shows it if asked so (tqdm)."""
    if not shown:
        yield lambda count: None
        return
    from tqdm import tqdm

    with tqdm(unit=" cells", desc="cells") as bar:

        def move(count: int) -> None:
            if count < bar.n:  # the next layer begins
                bar.reset()
            bar.update(count - bar.n)

        yield move
