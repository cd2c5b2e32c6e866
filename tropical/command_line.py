"""What every command line of this project does alike: options, answers for people and machines, errors, exit status.

===  ========================================================================
 0   answered; of ``equal`` and other questions: yes
 1   answered with no: the functions differ, equality was not proved
 2   bad input; one line on standard error says what and how to mend it
 3   a limit such as ``--max-cells`` was reached before the answer
130  interrupted by Ctrl-C; nothing was written
===  ========================================================================

With ``--json`` the answer is one JSON object on one line of standard output, exact numbers as strings. Progress and
remarks go to standard error; progress bars are shown on a terminal only, and never with ``--json``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tropical import __version__
from tropical._arguments import as_path
from tropical._exact.rational import as_fraction, rational_text
from tropical._protocol import PiecewiseLinear, as_function
from tropical.domains import Box
from tropical.exceptions import BudgetExceeded, InvalidInput, TropicalError
from tropical.io import load
from tropical.io.files import check_suffix

__all__ = [
    "BAD_INPUT",
    "EXIT_STATUS",
    "INTERRUPTED",
    "NO",
    "UNDECIDED",
    "YES",
    "add_limits",
    "add_net_options",
    "add_verb",
    "answer",
    "box_of",
    "check_target",
    "joined",
    "load_function",
    "new_parser",
    "number_texts",
    "on_terminal",
    "positive",
    "read",
    "remark",
    "run",
]

YES, NO, BAD_INPUT, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_STATUS = (
    "Exit status: 0 answered (yes), 1 answered with no, 2 bad input (one line on standard error), "
    "3 a limit was reached before the answer, 130 interrupted."
)


def run(options: argparse.Namespace) -> int:
    """Run the verb that was parsed, and return the exit status; errors become one line on standard error."""
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except BudgetExceeded as error:
        return _failed(options, "unknown", error, getattr(options, "undecided", UNDECIDED))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return YES
    except (TropicalError, OSError) as error:
        return _failed(options, "error", error, BAD_INPUT)
    except MemoryError:
        return _failed(options, "error", "not enough memory; use a smaller network or --max-cells", BAD_INPUT)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


def _failed(options: argparse.Namespace, kind: str, error: Any, status: int) -> int:
    if getattr(options, "says_failure", False) and not getattr(options, "json", False):
        print(kind)
    print(f"{kind}: {' '.join(str(error).split())}", file=sys.stderr)
    return status


def answer(options: argparse.Namespace, document: dict[str, Any], lines: Iterable[str]) -> None:
    """Print the answer, as JSON if asked so."""
    if options.json:
        print(json.dumps({"command": options.command, **document}, ensure_ascii=False))
    else:
        for line in lines:
            print(line)


def number_texts(values: Iterable[Fraction]) -> list[str]:
    """Return exact numbers as strings."""
    return [rational_text(value) for value in values]


def remark(text: str) -> None:
    """Print a note for people."""
    print(f"note: {text}", file=sys.stderr)


def on_terminal(options: argparse.Namespace) -> bool:
    """Return whether somebody watches standard error; a machine that asked for JSON does not."""
    return sys.stderr.isatty() and not options.json


def new_parser(package: str, description: str, verbs: Sequence[str]) -> tuple[argparse.ArgumentParser, Any]:
    """Return the parser of ``python -m package``, which knows its version, and where its verbs are added."""
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("--version", action="version", version=f"tropical-learner {__version__}")
    return parser, parser.add_subparsers(required=True, metavar="{" + ",".join(verbs) + "}")


def add_net_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file is read."""
    parser.add_argument("--graph-output", metavar="NAME", help="the output of an ONNX graph that has several")
    parser.add_argument(
        "--layers",
        metavar="A,B,...",
        help="the layers of a safetensors file from first to last, where names do not say",
    )


def read(path: str, options: argparse.Namespace) -> Any:
    """Read any file that :func:`tropical.load` reads."""
    suffix, given = Path(path).suffix.lower(), {}
    if suffix == ".onnx" and options.graph_output:
        given["output"] = options.graph_output
    if suffix == ".safetensors" and options.layers:
        given["layers"] = options.layers.split(",")
    return load(path, **given)


def load_function(path: str, options: argparse.Namespace) -> PiecewiseLinear:
    """Read a function from any file that :func:`tropical.load` reads."""
    return as_function(read(path, options), Path(path).name)


def joined(arguments: Sequence[str], option: str) -> list[str]:
    """Return the arguments with ``option -1,1`` as one word: argparse takes what begins with - for an option."""
    words: list[str] = []
    for word in arguments:
        if words and words[-1] == option and word[:1] == "-" and word[1:2].isdigit():
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def box_of(text: str | None, dimension: int) -> Box | None:
    """Return the box that ``--box`` names: one pair of bounds for all axes, or one for each."""
    if text is None:
        return None
    bounds = [as_fraction(part.strip(), "--box") for part in text.split(",")]
    if len(bounds) == 2:
        bounds *= dimension
    if len(bounds) != 2 * dimension:
        given, cure = f"{len(bounds)}", "write --box=-1,1"
        raise InvalidInput("--box", f"two bounds, or {2 * dimension}: two for each input", given, cure)
    return Box(bounds[::2], bounds[1::2])


def check_target(path: str | None, option: str = "--save", others: Iterable[str | None] = ()) -> None:
    """Refuse a file that cannot be written, or is one of the others, before the work is done, not after."""
    if path is None:
        return
    target = as_path(path, option).absolute()
    for other in others:
        if other is not None and as_path(other, "path").resolve() == target.resolve():
            raise InvalidInput(option, f"a file other than {other}", path, "choose another name")
    if not target.parent.is_dir():
        raise InvalidInput(option, "a file in a folder that exists", path, "make the folder first")
    if target.is_dir():
        raise InvalidInput(option, "a file", f"the folder {path}", "name a file in it")
    if not os.access(target.parent, os.W_OK):
        raise InvalidInput(option, "a file in a folder that can be written to", path, "choose another folder")
    if option == "--certificate" and Path(path).suffix.lower() not in ("", ".json"):
        raise InvalidInput(option, "a file with the suffix .json", path, "certificates are JSON; rename it")
    if option == "--save":
        check_suffix(path, option)


def positive(text: str) -> int:
    """Read a positive integer, for argparse."""
    if not text.isdecimal() or not 0 < int(text[:20]) < 10**18:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text[:40]!r}")
    return int(text)


def add_verb(
    verbs: Any,
    name: str,
    verb: Callable[[argparse.Namespace], int],
    help_text: str,
    *,
    status: str = EXIT_STATUS,
    **defaults: Any,
) -> argparse.ArgumentParser:
    """Add a verb that is described by its own docstring."""
    description = " ".join((verb.__doc__ or "").split())
    parser = verbs.add_parser(name, help=help_text, description=description, epilog=status)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    parser.set_defaults(run=verb, command=name, **defaults)
    return parser


def add_limits(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    """Add limits for what can grow without measure."""
    for name in names:
        parser.add_argument(f"--{name}", type=positive, metavar="N", help=f"give up after N {name[4:]}")
