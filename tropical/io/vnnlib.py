"""Properties in VNN-LIB files, version 1.0 and 2.0, told apart by the line ``(vnnlib-version <2.0>)``.

Version 2.0 is read by the package ``vnnlib`` (extra ``io``), whose typed syntax tree is translated; version 1.0 by
:mod:`tropical.io.vnnlib_grammar`. Decimals are read as the rational numbers they are, never as floats.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any

from tropical._arguments import as_path
from tropical.exceptions import FormatError, InvalidInput, TropicalError
from tropical.io.vnnlib_grammar import read_decimal, read_version_1
from tropical.properties.formulas import (
    INPUT,
    OUTPUT,
    Formula,
    Linear,
    Property,
    Tensor,
    compare,
    conjunction,
    disjunction,
)

__all__ = ["load_property"]

_LONGEST = 20_000_000  # characters: some minutes of reading
_DEEPEST = 200
_BLANK = r"(?:\s|;[^\n]*(?:\n|\Z))*"
_VERSION = re.compile(_BLANK + r"\(\s*vnnlib-version\b")
_NETWORK = re.compile(_BLANK + r"\(\s*declare-network\b")
_COMMENT = re.compile(r'("[^"]*")|;[^\n]*')
_BRACKETS = re.compile(r';[^\n]*|"[^"]*"|\|[^|]*\||[()]')
# the element types whose numbers are read as real numbers; ONNX's names
_FLOATING = ("real", "float16", "float32", "float64", "bfloat16")


def load_property(path: str | os.PathLike[str]) -> Property:
    """Read a property from a VNN-LIB file, version 1.0 or 2.0.

    Parameters
    ----------
    path : path of a text file

    Returns
    -------
    Property
        With linear inequalities in the inputs X and the outputs Y of one network. Tensors of version 2.0 are flat, in
        row-major order. Floating element types are taken for real numbers: the network is exact, nothing is rounded.

    Raises
    ------
    FormatError
        With line and column, for files that are damaged, not linear, or about more than one network, input or output.
    TropicalError
        For version 2.0 where the package ``vnnlib`` is missing.
    OSError
        Where the file cannot be read.
    """
    file = as_path(path)
    name = file.name
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(_LONGEST + 1)
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}, byte {error.start}", "no UTF-8 text") from None
    if len(text) > _LONGEST:
        raise FormatError(name, f"more than {_LONGEST} characters; split the property into several files")
    _check_depth(text, name)
    if _VERSION.match(text):
        return _read_version_2(text, name)
    if _NETWORK.match(text):
        raise FormatError(name, "networks are declared in version 2.0 only; begin with (vnnlib-version <2.0>)")
    return read_version_1(text, name)


def _check_depth(text: str, name: str) -> None:
    """Refuse deep nesting before anything recursive sees it: the parser of version 2.0 would crash the process."""
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth > _DEEPEST:
            place = f"{name}, line {text.count(chr(10), 0, match.start()) + 1}"
            raise FormatError(
                place, f"nested deeper than {_DEEPEST}; write sums and formulas with many parts: (+ a b c)"
            )


def _read_version_2(text: str, name: str) -> Property:
    try:
        import vnnlib
    except ImportError:
        cure = "pip install 'tropical-learner[io]'; version 1.0 needs nothing"
        raise TropicalError(f"{name}: VNN-LIB 2.0 is read by the package vnnlib; {cure}") from None
    plain = _COMMENT.sub(lambda match: match[1] or "", text)
    foreign = re.search(r"[^\t\n\r\x20-\x5b\x5d-\x7e]", plain)
    if foreign is not None:  # its lexer reads bytes up to the first zero, and quotes escaped so would hide brackets
        place = f"{name}, line {plain.count(chr(10), 0, foreign.start()) + 1}"
        raise FormatError(place, f"unexpected {foreign[0]!r}; outside of comments ASCII without backslashes is read")
    try:
        query = vnnlib.parse_query_string(plain)
    except vnnlib.VNNLibException as error:
        raise _translated(str(error), name) from None
    except (ValueError, IndexError, OverflowError, RuntimeError) as error:  # such as an index beyond 64 bits
        raise FormatError(name, f"the package vnnlib does not read it: {str(error)[:200]}") from None
    if len(query.networks) != 1:
        raise FormatError(name, f"{len(query.networks)} networks; only properties of one network are decided")
    network = query.networks[0]
    for what, found in (("inputs", network.inputs), ("outputs", network.outputs)):
        if len(found) != 1:
            names = ", ".join(str(definition.name) for definition in found)
            raise FormatError(
                name, f"{len(found)} {what} ({names}) of a network; only one tensor each is decided: join them"
            )
    if network.hidden:
        cure = "only inputs and outputs are decided: make the hidden node an output"
        raise FormatError(name, f"the hidden node {network.hidden[0].name}; {cure}")
    tensors = [_tensor(definition, name) for definition in (network.inputs[0], network.outputs[0])]
    try:
        formula = conjunction([_formula(assertion.expr, vnnlib, name) for assertion in query.assertions])
        return Property(formula, tensors[0], tensors[1], "2.0")
    except FormatError:
        raise
    except InvalidInput as error:
        raise FormatError(name, str(error)) from None


def _tensor(definition: Any, name: str) -> Tensor:
    kind = _type_name(definition)
    if kind not in _FLOATING:
        cure = f"declare it as real; known are {', '.join(_FLOATING)}"
        raise FormatError(name, f"the element type {kind} of {definition.name}; {cure}")
    return Tensor(str(definition.name), kind, tuple(int(size) for size in definition.shape))


def _type_name(definition: Any) -> str:
    """Return the element type as it is declared."""
    words = str(definition).split()  # (declare-input X float32 [1,2])
    return words[2] if len(words) > 2 else str(definition.dtype)


def _formula(node: Any, vnnlib: Any, name: str) -> Formula:
    if isinstance(node, vnnlib.Connective):
        parts = [_formula(part, vnnlib, name) for part in node.args]
        return conjunction(parts) if isinstance(node, vnnlib.And) else disjunction(parts)
    for kind, relation in (
        (vnnlib.LessEqual, "<="),
        (vnnlib.LessThan, "<"),
        (vnnlib.GreaterEqual, ">="),
        (vnnlib.GreaterThan, ">"),
        (vnnlib.Equal, "="),
        (vnnlib.NotEqual, "!="),
    ):
        if isinstance(node, kind):
            return compare(_term(node.lhs, vnnlib, name), relation, _term(node.rhs, vnnlib, name))
    raise FormatError(name, f"the formula {str(node)[:80]}; expected and, or, <=, <, >=, >, ==, !=")


def _term(node: Any, vnnlib: Any, name: str) -> Linear:
    if isinstance(node, vnnlib.Literal):
        try:
            return Linear.number(read_decimal(node.lexeme))
        except ValueError as error:
            raise FormatError(f"{name}, line {node.line}", f"{node.lexeme[:40]}: {error}") from None
    if isinstance(node, vnnlib.Var):
        return Linear.variable(_kind(node, vnnlib, name), _flat(node.indices, node.shape))
    parts = [_term(part, vnnlib, name) for part in node.children()]
    if isinstance(node, vnnlib.Plus):
        return Linear.sum(parts)
    if isinstance(node, vnnlib.Negate):
        return Linear.sum(parts).times(read_decimal("-1"))
    if isinstance(node, vnnlib.Minus):
        return Linear.sum([parts[0], Linear.sum(parts[1:]).times(read_decimal("-1"))])
    if isinstance(node, vnnlib.Multiply):
        total = parts[0]
        for part in parts[1:]:
            product = total.product(part)
            if product is None:
                problem = f"a product of two variables, {str(node)[:80]}; only linear terms are decided"
                raise FormatError(f"{name}, line {_line(node)}", problem)
            total = product
        return total
    raise FormatError(name, f"the term {str(node)[:80]}; expected sums and multiples of variables")


def _kind(node: Any, vnnlib: Any, name: str) -> int:
    if node.kind == vnnlib.SymbolKind.Input:
        return INPUT
    if node.kind == vnnlib.SymbolKind.Output:
        return OUTPUT
    raise FormatError(f"{name}, line {node.line}", f"{node.name} is neither input nor output")


def _flat(indices: Sequence[int], shape: Sequence[int]) -> int:
    """Return the number of an element in row-major order."""
    number = 0
    for index, size in zip(indices, shape, strict=True):
        number = number * size + index
    return number


def _line(node: Any) -> int:
    return getattr(node, "line", 0) or next((line for part in node.children() if (line := _line(part))), 0)


def _translated(message: str, name: str) -> FormatError:
    """Return the package's error as one of ours: it is a line of text, or JSON with a list of problems."""
    try:
        first = json.loads(message)["errors"][0]
        what = f"{first['message']}: {first['offendingSymbol']}; {first['hint']}"
        return FormatError(f"{name}, line {first['line']}", what[:400])
    except (ValueError, KeyError, IndexError, TypeError):
        pass
    place = re.search(r"line (\d+), column (\d+)(?::\s*(.*))?", message, re.DOTALL)
    if place is None:
        return FormatError(name, message[:400])
    cure = "in VNN-LIB 2.0 declarations come before assertions, and numbers have digits and a point, no exponent"
    return FormatError(f"{name}, line {place[1]} column {place[2]}", f"unexpected {(place[3] or '')[:80]}; {cure}")
