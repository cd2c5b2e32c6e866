"""The project's own file format: versioned JSON that a person can read, exact numbers as strings (``"-3/4"``).

Plain weights from elsewhere are read, too: ``{"weights": [W1, ..., w_last], "biases": [b1, ..., b_last]}``, biases
optional, or ``{"layers": [{"weight": W1, "bias": b1}, ...]}``. There, integers and strings such as ``"1/3"`` are exact,
and a number with a point or an exponent is the float64 that it stands for, as programs write it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tropical.certificates import Certificate
from tropical.exceptions import FormatError, InvalidType
from tropical.io.atomic import write_text
from tropical.io.limits import read_bytes
from tropical.io.plain import from_plain, from_plain_weights

__all__ = ["load_json", "save_json"]

FORMAT = "tropical-learner"
VERSION = 1
_MOST_ENTRIES = 20_000_000


def save_json(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write a function of any type, a polyhedron or a certificate to a JSON file, atomically.

    Raises
    ------
    InvalidType
        For any other object.
    """
    if not hasattr(obj, "to_plain"):
        cure = "convert it first; a learned model is saved by its to_exact()"
        raise InvalidType("obj", "a function, polyhedron or certificate", obj, cure)
    plain = obj.to_plain()
    if isinstance(obj, Certificate):
        plain = {"type": "certificate", **plain}
    write_text(path, _readable({"format": FORMAT, "version": VERSION, "object": plain}) + "\n")


def load_json(path: str | os.PathLike[str]) -> Any:
    """Read what :func:`save_json` wrote: an equal object; or a network from plain weights. Nothing is executed.

    Raises
    ------
    FormatError
        Saying what is wrong where, for damaged and foreign files and unknown versions.
    OSError
        Where the file cannot be read.
    """
    name = Path(path).name
    try:
        text = read_bytes(path).decode("utf-8")
        if text.count(",") > _MOST_ENTRIES:  # each takes memory far beyond its two characters
            raise FormatError(name, f"more than {_MOST_ENTRIES} entries; use a smaller network")
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as error:
        raise FormatError(f"{name}, line {error.lineno} column {error.colno}", f"no JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}, byte {error.start}", "no UTF-8 text") from None
    except RecursionError:
        raise FormatError(name, _TOO_DEEP) from None
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(name, str(error)) from None
    try:
        return _object(document, name)
    except RecursionError:  # JSON is read to twice the depth at which its lists are walked
        raise FormatError(name, _TOO_DEEP) from None


_TOO_DEEP = "nested too deeply for a file of this format"


def _object(document: Any, name: str) -> Any:
    """Return the object of a document."""
    if isinstance(document, dict) and "format" not in document and {"weights", "layers"} & document.keys():
        return from_plain_weights(document, name)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(name, f'no file of this project: the key "format" with value "{FORMAT}" is missing')
    if document.get("version") != VERSION:
        given = document.get("version")
        raise FormatError(f"{name}: version", f"version {given!r} is unknown; this program reads {VERSION}")
    if "object" not in document:
        raise FormatError(name, "the key 'object' is missing")
    return from_plain(document["object"], f"{name}: object")


def _readable(value: Any, indent: int = 0) -> str:
    """Return JSON with one line for each innermost list or object: a matrix row is a line, as people write it."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or (len(flat) + indent <= _LINE and not _nested(value)):
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, list):
        if not _nested(value):
            return flat
        items = [pad + _readable(item, indent + 1) for item in value]
        return "[\n" + ",\n".join(items) + "\n" + " " * indent + "]"
    items = [f"{pad}{json.dumps(key)}: {_readable(item, indent + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(items) + "\n" + " " * indent + "}"


_LINE = 120


def _nested(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return any(isinstance(item, (dict, list)) for item in items)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no exact number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object has one key twice")
    return result
