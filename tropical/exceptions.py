"""What can go wrong, by meaning.

Every error of this package derives from :class:`TropicalError`. Errors about an argument say four things: the
argument, what it has to satisfy, what was given, and the cure.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BudgetExceeded",
    "FormatError",
    "Interrupted",
    "InvalidInput",
    "InvalidType",
    "NotExact",
    "TropicalError",
]

_LONGEST_SHOWN = 120


def shown(given: object) -> str:
    """Return what was given as text for a message: a string as it is, other objects by their repr; cut when long."""
    try:
        text = given if isinstance(given, str) else repr(given)
    except Exception:  # an integer of more than 4300 digits, or an object whose repr is broken
        text = f"an object of type {type(given).__name__} that cannot be shown"
    text = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return _printable(text) or "''"


def _printable(text: str) -> str:
    """Return text with escapes for what a terminal would obey or could not print: control characters, surrogates."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text)


def _sentence(argument: str, requirement: str, given: object, cure: str) -> str:
    return _printable(f"`{argument}` needs {requirement}, got {shown(given)}; {cure}")


class TropicalError(Exception):
    """Base class of every error raised on purpose by `tropical` and `learner`."""


class InvalidInput(TropicalError, ValueError):
    """An argument has an unusable value.

    Parameters
    ----------
    argument : str
        Name of the argument.
    requirement : str
        What it has to satisfy, readable after "needs".
    given : object
        What came; strings are shown as they are, other objects by their repr, both cut when long.
    cure : str
        What the caller can do.
    """

    def __init__(self, argument: str, requirement: str, given: object, cure: str) -> None:
        super().__init__(_sentence(argument, requirement, given, cure))
        self.argument, self.requirement, self.given, self.cure = argument, requirement, shown(given), cure

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.argument, self.requirement, self.given, self.cure)


class InvalidType(InvalidInput, TypeError):
    """An argument has an unusable type (a float where an exact number is needed, say)."""


class FormatError(TropicalError, ValueError):
    """A file or plain-data object is damaged, foreign, or of an unknown version.

    Parameters
    ----------
    where : str
        Place inside the document, such as ``"data.pieces[3][0]"``, or the file's name.
    problem : str
        What is wrong there.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(_printable(f"{where}: {problem}"))
        self.where, self.problem = where, problem

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.where, self.problem)


class BudgetExceeded(TropicalError):
    """A stated limit was reached before the answer.

    Parameters
    ----------
    message : str
        Which limit, and how to raise it.
    partial : object
        What was found up to there; None where nothing of use exists.
    """

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.partial)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped a computation that had found something.

    Parameters
    ----------
    message : str
        How much.
    partial : object
        What was found up to there, consistent in itself.
    """

    def __init__(self, message: str, partial: object) -> None:
        super().__init__(message)
        self.partial = partial

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.partial)


class NotExact(TropicalError):
    """An exact object was asked for, and the data at hand do not determine one."""
