"""A limit in seconds for Python code that runs in any thread."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

__all__ = ["TimeIsUp", "time_limit"]


class TimeIsUp(BaseException):
    """Raised in a thread whose time is up; no Exception, so that no ``except Exception`` on the way keeps it."""


@contextmanager
def time_limit(seconds: float | None) -> Generator[None]:
    """Raise :class:`TimeIsUp` in the present thread after so many seconds; None is no limit.

    Notes
    -----
    A timer asks the interpreter to raise the error between two bytecodes of the thread, as Ctrl-C does in the main one:
    a signal would reach the main thread only, and workers run elsewhere. So a call into compiled code ends first.
    """
    if seconds is None:
        yield
        return
    lock, thread = threading.Lock(), ctypes.c_ulong(threading.get_ident())
    state = {"over": False, "raised": False}

    def fire() -> None:
        with lock:
            if not state["over"]:
                state["raised"] = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeIsUp))

    timer = threading.Timer(min(float(seconds), threading.TIMEOUT_MAX), fire)
    timer.daemon = True
    timer.start()
    arrived = False
    try:
        yield
    except TimeIsUp:
        arrived = True
        raise
    finally:
        with lock:
            state["over"] = True
        timer.cancel()
        if state["raised"] and not arrived:  # it was asked for at the last moment: take it in here, not somewhere later
            with suppress(TimeIsUp):
                for _ in range(1000):
                    pass
