"""A command that writes its errors to a terminal, as somebody sees it."""

import contextlib
import os
import subprocess

import pytest


def on_terminal(command):
    """Return what a command writes to its output, and to the terminal that its errors go to, as bytes."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, 80))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=writer, check=True)
    os.close(writer)
    seen = b""
    with contextlib.suppress(OSError):  # how Linux says that the terminal is closed
        while chunk := os.read(reader, 10_000):
            seen += chunk
    os.close(reader)
    return done.stdout, seen
