"""Command line: ``python -m tropical show|cells|lattice|verify|equal|convert``, or ``tropical`` where it is installed.

=====================================  ==========================================================================
verb                                   answers
=====================================  ==========================================================================
``show NET``                           what a file holds; ``--as smt2`` (text, latex, sage, polymake) prints it so
``cells NET``                          the numbers of cells, regions and pieces; ``--list`` all cells
``lattice NET``                        the canonical lattice polynomial
``verify NET PROPERTY``                whether a VNN-LIB property is satisfied, with a proof
``equal NET NET``                      whether two functions are the same, with a proof or a point
``convert NET FILE``                   the function in the format of the file's suffix
=====================================  ==========================================================================

NET is any file that ``tropical.load`` reads: ``.json``, ``.onnx``, ``.safetensors``, ``.txt``. The exit status is said
in :mod:`tropical.command_line` and by ``--help``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from tropical.certificates import check
from tropical.command_line import (
    NO,
    YES,
    add_limits,
    add_net_options,
    add_verb,
    answer,
    box_of,
    check_target,
    joined,
    load_function,
    new_parser,
    number_texts,
    on_terminal,
    positive,
    read,
    remark,
    run,
)
from tropical.complexes import cells
from tropical.complexes.progress import watched
from tropical.convert import lattice
from tropical.decide import same_function
from tropical.exceptions import TropicalError
from tropical.io import save, to_latex, to_polymake, to_sage, to_smtlib, to_text
from tropical.io.vnnlib import load_property
from tropical.io.vnnlib_answers import answer_text
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.properties import check_property, verify_property
from tropical.results import point_text

__all__ = ["main"]

UNKNOWN = 1  # of verify: what it answers with, besides sat and unsat
_TEXTS = {"text": to_text, "latex": to_latex, "smt2": to_smtlib, "sage": to_sage, "polymake": to_polymake}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, as :mod:`tropical.command_line` lists them."""
    given = sys.argv[1:] if arguments is None else arguments
    return run(_parser().parse_args(joined(given, "--box")))


def show(options: argparse.Namespace) -> int:
    """Say what a file holds; with --as, print it as a formula or as input for another system."""
    found = read(options.network, options)
    if options.form:
        text = _TEXTS[options.form](found).rstrip("\n")
        answer(options, {"as": options.form, "text": text}, [text])
        return YES
    facts = _facts(found)
    lines = [repr(found), *(f"{name.replace('_', ' '):<14}{value}" for name, value in facts.items() if name != "type")]
    answer(options, facts, lines)
    return YES


def _facts(obj: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"type": type(obj).__name__}
    for key, name in (("dimension", "inputs"), ("outputs", "outputs"), ("convention", "convention"), ("kind", "kind")):
        if hasattr(obj, key):
            facts[name] = getattr(obj, key)
    if isinstance(obj, ReLUNetwork):
        facts |= {"widths": list(obj.widths), "hidden_units": obj.size, "bias_free": obj.is_bias_free()}
    if isinstance(obj, LatticePolynomial):
        facts |= {"form": obj.form, "pieces": len(obj.pieces), "clauses": len(obj.clauses)}
    return facts


def count_cells(options: argparse.Namespace) -> int:
    """Count the activation cells, the linear regions and the affine pieces of a function, exactly."""
    function = load_function(options.network, options)
    domain = box_of(options.box, function.dimension)
    complex_ = cells(function, domain, options.max_cells, progress=on_terminal(options))
    numbers = {"cells": complex_.n_cells, "regions": complex_.n_regions, "pieces": complex_.n_pieces}
    document: dict[str, Any] = dict(numbers)
    lines = [f"{name:<9}{count}" for name, count in numbers.items()]
    if options.list:
        tables = complex_.tables
        document["list"] = [
            {"label": cell.label, "pieces": cell.pieces, "point": number_texts(cell.point)} for cell in complex_.cells
        ]
        document["functions"] = [[str(piece) for piece in table] for table in tables]
        for cell in complex_.cells:
            values = ", ".join(str(table[i]) for table, i in zip(tables, cell.pieces, strict=True))
            lines.append(f"{_label(cell.label)}  at {point_text(cell.point)}: {values}")
    answer(options, document, lines)
    return YES


def _label(label: Any) -> str:
    """Return an activation pattern as groups of 0 and 1, other labels as they are."""
    if label and all(isinstance(layer, tuple) for layer in label):
        return "|".join("".join(map(str, layer)) for layer in label)
    return ",".join(map(str, label))


def show_lattice(options: argparse.Namespace) -> int:
    """Print the canonical max-min (or min-max) form of a function: one function, one form."""
    check_target(options.save)
    function = load_function(options.network, options)
    domain = box_of(options.box, function.dimension)
    complex_ = cells(function, domain, options.max_cells, progress=on_terminal(options))
    found = lattice(complex_, max_cells=options.max_cells, form=options.form)
    forms = list(found) if isinstance(found, tuple) else [found]
    if options.save:
        if len(forms) > 1:
            raise TropicalError(
                f"--save writes one function, the file has {len(forms)} outputs; print them with --json"
            )
        save(forms[0], options.save)
        remark(f"written to {options.save}")
    names = ["F"] if len(forms) == 1 else [f"F{j}" for j in range(len(forms))]
    lines = [f"{name} = {form}" for name, form in zip(names, forms, strict=True)]
    answer(options, {"functions": [form.to_plain() for form in forms]}, lines)
    return YES


def verify(options: argparse.Namespace) -> int:
    """Decide by exact arithmetic whether some input of a network satisfies a VNN-LIB property.

    The first line of the output is sat, unsat, unknown or error; after sat follows the counterexample. Remarks go to
    standard error. Exit status: 0 for sat and unsat, 1 for unknown, 2 for error, 130 when interrupted.
    """
    check_target(options.certificate, "--certificate", [options.network, options.property])
    network = load_function(options.network, options)
    question = load_property(options.property)
    for tensor in (question.input, question.output):
        if tensor.element_type.lower() != "real":
            remark(f"{tensor.name} is declared {tensor.element_type}; decided over the real numbers, without rounding")
    with watched(on_terminal(options)):
        verdict = verify_property(network, question, max_cells=options.max_cells, max_cases=options.max_cases)
        proof = verdict.proof if options.certificate else None
    if proof is not None:
        result = check_property(proof, network, question)
        if not result:
            raise TropicalError(f"the proof was not accepted, please report this: {result.reason}")
        save(proof, options.certificate)
        remark(f"proof written to {options.certificate}; {result.reason}")
    elif options.certificate:
        remark(f"a counterexample needs no certificate; {options.certificate} was not written")
    document: dict[str, Any] = {"answer": verdict.answer}
    if verdict.point is not None and verdict.values is not None:
        document |= {"inputs": number_texts(verdict.point), "outputs": number_texts(verdict.values)}
    text, rounded = answer_text(verdict, question, exact=options.exact)
    answer(options, document, [text])
    if rounded and not options.json:
        remark(f"{rounded} numbers are no short decimals and rounded to 20 digits; --exact prints them as a/b")
    return YES


def equal(options: argparse.Namespace) -> int:
    """Decide by exact arithmetic whether two functions are the same at every point.

    Yes can be written as a certificate, which is replayed by the independent checker first; no comes with a rational
    point and both values.
    """
    check_target(options.certificate, "--certificate", [options.left, options.right])
    left, right = (load_function(path, options) for path in (options.left, options.right))
    domain = box_of(options.box, left.dimension)
    with watched(on_terminal(options)):
        verdict = same_function(left, right, domain, options.max_cells)
        certificate = verdict.certificate if options.certificate else None
    if not verdict:
        assert verdict.witness is not None
        if options.certificate:
            remark(f"a difference needs no certificate; {options.certificate} was not written")
        values = [
            value if isinstance(value, tuple) else (value,) for value in (verdict.witness.left, verdict.witness.right)
        ]
        point = number_texts(verdict.witness.point)
        document = {"equal": False, "point": point, "left": number_texts(values[0]), "right": number_texts(values[1])}
        answer(options, document, [f"different {verdict.witness}"])
        return NO
    if certificate is not None:
        result = check(certificate, left, right, domain=domain)
        if not result:
            raise TropicalError(f"the certificate was not accepted, please report this: {result.reason}")
        save(certificate, options.certificate)
        remark(f"certificate written to {options.certificate}; {result.reason}")
    where = f"R^{left.dimension}" if domain is None else "the box"
    answer(options, {"equal": True}, [f"equal on all of {where}"])
    return YES


def convert(options: argparse.Namespace) -> int:
    """Write a function in the format of the suffix: .json, .onnx, .safetensors, .smt2, .txt, .tex, .sage, .polymake."""
    check_target(options.target, "FILE")
    function = load_function(options.network, options)
    given = {"rounded": True} if options.rounded else {}
    if options.dtype:
        given["dtype"] = options.dtype
    save(function, options.target, **given)
    answer(options, {"written": options.target, **_facts(function)}, [f"{function!r} written to {options.target}"])
    return YES


def _parser() -> argparse.ArgumentParser:
    names = ["show", "cells", "lattice", "verify", "equal", "convert"]
    parser, verbs = new_parser("tropical", "Exact answers about ReLU networks.", names)
    net = "a function: .json, .onnx, .safetensors or .txt"

    verb = add_verb(verbs, "show", show, "say what a file holds")
    verb.add_argument("network", metavar="NET", help=f"{net}; of JSON also a polyhedron or a certificate")
    verb.add_argument("--as", dest="form", choices=tuple(_TEXTS), help="print the function as text for this reader")
    add_net_options(verb)

    verb = add_verb(verbs, "cells", count_cells, "count cells, regions and pieces")
    verb.add_argument("network", metavar="NET", help=net)
    verb.add_argument("--list", action="store_true", help="print each cell: its label, a point in it, its pieces")
    _add_domain(verb)

    verb = add_verb(verbs, "lattice", show_lattice, "print the canonical lattice polynomial")
    verb.add_argument("network", metavar="NET", help=net)
    verb.add_argument(
        "--form", choices=("max-min", "min-max"), default="max-min", help="what is outside (default max-min)"
    )
    verb.add_argument("--save", metavar="FILE", help="write it, in the format of the suffix")
    _add_domain(verb)

    verb = add_verb(
        verbs, "verify", verify, "decide a VNN-LIB property", status="", says_failure=True, undecided=UNKNOWN
    )
    verb.add_argument("network", metavar="NET", help=net)
    verb.add_argument("property", metavar="PROPERTY", help="a VNN-LIB file, version 1.0 or 2.0")
    verb.add_argument("--certificate", metavar="FILE", help="for unsat: replay the proof and write it as JSON")
    verb.add_argument("--exact", action="store_true", help="print numbers that are no short decimals as a/b")
    add_limits(verb, ["max-cells"])
    verb.add_argument(
        "--max-cases",
        type=positive,
        default=10_000,
        metavar="N",
        help="give up if the formula is an `or` of more than N cases (default 10000)",
    )
    add_net_options(verb)

    verb = add_verb(verbs, "equal", equal, "decide whether two functions are the same")
    verb.add_argument("left", metavar="NET", help=net)
    verb.add_argument("right", metavar="NET", help="the other one")
    verb.add_argument("--certificate", metavar="FILE", help="for yes: replay the proof and write it as JSON")
    _add_domain(verb)

    verb = add_verb(verbs, "convert", convert, "write a function in another format")
    verb.add_argument("network", metavar="NET", help=net)
    verb.add_argument("target", metavar="FILE", help="its suffix is the format")
    verb.add_argument("--rounded", action="store_true", help="round weights that are no floats of the type")
    verb.add_argument("--dtype", choices=("float32", "float64"), help="of .onnx and .safetensors (default float32)")
    add_net_options(verb)
    return parser


def _add_domain(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--box", metavar="LO,HI", help="ask on this box only, written --box=-1,1 or with bounds for each input"
    )
    add_limits(verb, ["max-cells"])
    add_net_options(verb)


if __name__ == "__main__":
    sys.exit(main())
