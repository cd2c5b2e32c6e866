"""Command line: ``python -m tropical verify NET PROPERTY``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tropical.exceptions import BudgetExceeded, InvalidInput, TropicalError
from tropical.io import load, save
from tropical.io.vnnlib import load_property
from tropical.io.vnnlib_answers import answer_text
from tropical.properties import check_property, verify_property

__all__ = ["main"]

ANSWERED, UNKNOWN, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Status 0: answered, ``sat`` or ``unsat``. 1: ``unknown``, a budget was exceeded. 2: ``error``, bad input. 130:
    interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except BudgetExceeded as error:
        print("unknown")
        print(f"unknown: {error}", file=sys.stderr)
        return UNKNOWN
    except (TropicalError, OSError) as error:
        print("error")
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


def verify(options: argparse.Namespace) -> int:
    """Decide by exact arithmetic whether some input of a network satisfies a VNN-LIB property.

    The first line of the output is sat, unsat, unknown or error; after sat follows the counterexample. Remarks go to
    standard error. Exit status: 0 for sat and unsat, 1 for unknown, 2 for error, 130 when interrupted.
    """
    _check_target(options.certificate)
    network = load(options.network)
    question = load_property(options.property)
    for tensor in (question.input, question.output):
        if tensor.element_type.lower() != "real":
            _remark(f"{tensor.name} is declared {tensor.element_type}; decided over the real numbers, without rounding")
    verdict = verify_property(network, question, max_cells=options.max_cells, max_cases=options.max_cases)
    if options.certificate and verdict.proof is not None:
        result = check_property(verdict.proof, network, question)
        if not result:
            raise TropicalError(f"the proof was not accepted, please report this: {result.reason}")
        save(verdict.proof, options.certificate)
        _remark(f"proof written to {options.certificate}; {result.reason}")
    elif options.certificate:
        _remark(f"a counterexample needs no certificate; {options.certificate} was not written")
    text, rounded = answer_text(verdict, question, exact=options.exact)
    print(text)
    if rounded:
        _remark(f"{rounded} numbers are no short decimals and rounded to 20 digits; --exact prints them as a/b")
    return ANSWERED


def _remark(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def _check_target(path: str | None) -> None:
    """Refuse a file that cannot be written before the work is done, not after."""
    if path is not None and not Path(path).absolute().parent.is_dir():
        raise InvalidInput("--certificate", "a file in a folder that exists", path, "make the folder first")


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**18:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tropical", description="Exact decisions about ReLU networks.")
    commands = parser.add_subparsers(required=True, metavar="{verify}")
    first = commands.add_parser("verify", help="decide a VNN-LIB property", description=verify.__doc__)
    first.add_argument("network", metavar="NET", help="a function as tropical.save writes it (JSON)")
    first.add_argument("property", metavar="PROPERTY", help="a VNN-LIB file, version 1.0 or 2.0")
    first.add_argument("--certificate", metavar="FILE", help="for unsat: replay the proof and write it as JSON")
    first.add_argument("--exact", action="store_true", help="print numbers that are no short decimals as a/b")
    first.add_argument("--max-cells", type=_positive, metavar="N", help="give up on a case after N cells")
    first.add_argument(
        "--max-cases",
        type=_positive,
        default=10_000,
        metavar="N",
        help="give up if the formula is an `or` of more than N cases (default 10000)",
    )
    first.set_defaults(run=verify)
    return parser


if __name__ == "__main__":
    sys.exit(main())
