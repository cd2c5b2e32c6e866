"""From plain data (what JSON can hold) to objects; ``to_plain`` of each class is the way back.

Whatever is wrong is reported as a :class:`FormatError` with its place in the document. Nothing is evaluated: numbers
are matched against one pattern, types looked up in one table.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

from tropical._exact.rational import as_fraction
from tropical.certificates import Certificate
from tropical.domains import Polyhedron
from tropical.exceptions import FormatError, InvalidInput, shown
from tropical.lattice_polynomial import LatticePolynomial
from tropical.network import ReLUNetwork
from tropical.polynomial import TropicalPolynomial
from tropical.properties import PropertyProof
from tropical.rational_function import TropicalRational

__all__ = ["from_plain", "from_plain_weights"]


def from_plain(document: Any, where: str = "object") -> Any:
    """Return the object that a plain document describes.

    Raises
    ------
    FormatError
    """
    _expect(document, dict, where)
    kind = _field(document, "type", str, where)
    if kind not in _READERS:
        raise FormatError(f"{where}.type", f"unknown type {kind!r}; known are {', '.join(sorted(_READERS))}")
    try:
        return _READERS[kind](document, where)
    except InvalidInput as error:  # well-formed data that is no valid object: ragged layers, a clause of no piece
        raise FormatError(where, str(error)) from None


def from_plain_weights(document: dict[str, Any], where: str) -> ReLUNetwork:
    """Return the network whose weights a document of another program lists; floats become dyadic rationals.

    Raises
    ------
    FormatError
    """
    if "layers" in document:
        layers = _field(document, "layers", list, where)
        for i, layer in enumerate(layers):
            _expect(layer, dict, f"{where}.layers[{i}]")
        weights = [_field(layer, "weight", list, f"{where}.layers[{i}]") for i, layer in enumerate(layers)]
        biases = [layer.get("bias") for layer in layers]
    else:
        weights = _field(document, "weights", list, where)
        biases = document.get("biases")
        if biases is not None:
            _expect(biases, list, f"{where}.biases")
    try:
        return ReLUNetwork(
            [_plain_numbers(layer, f"{where}.weights[{i}]") for i, layer in enumerate(weights)],
            None if biases is None else [_plain_numbers(b, f"{where}.biases[{i}]") for i, b in enumerate(biases)],
        )
    except FormatError:
        raise
    except InvalidInput as error:
        raise FormatError(where, str(error)) from None


def _plain_numbers(value: Any, where: str) -> Any:
    """Return nested lists of numbers as Fractions; None stays."""
    if isinstance(value, list):
        return [_plain_numbers(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, str):
        return _number(value, where)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float) and isfinite(value):
        return Fraction(value)
    raise FormatError(where, f"expected a finite number, got {shown(value)[:40]!r}")


def _network(document: dict[str, Any], where: str) -> ReLUNetwork:
    weights = _field(document, "weights", list, where)
    biases = _field(document, "biases", list, where)
    return ReLUNetwork(
        [_matrix(layer, f"{where}.weights[{i}]") for i, layer in enumerate(weights)],
        [_vector(bias, f"{where}.biases[{i}]") for i, bias in enumerate(biases)],
    )


def _lattice(document: dict[str, Any], where: str) -> LatticePolynomial:
    pieces = []
    for i, piece in enumerate(_field(document, "pieces", list, where)):
        place = f"{where}.pieces[{i}]"
        _expect(piece, dict, place)
        gradient = _vector(_field(piece, "gradient", list, place), f"{place}.gradient")
        pieces.append((gradient, _number(_field(piece, "constant", str, place), f"{place}.constant")))
    clauses = _field(document, "clauses", list, where)
    for j, clause in enumerate(clauses):
        _expect(clause, list, f"{where}.clauses[{j}]")
        for i in clause:
            _expect(i, int, f"{where}.clauses[{j}]")
    return LatticePolynomial(pieces, clauses, _field(document, "form", str, where))


def _polynomial(document: dict[str, Any], where: str) -> TropicalPolynomial:
    terms = []
    for i, term in enumerate(_field(document, "terms", list, where)):
        place = f"{where}.terms[{i}]"
        _expect(term, dict, place)
        coefficient = _number(_field(term, "coefficient", str, place), f"{place}.coefficient")
        terms.append((coefficient, _vector(_field(term, "exponents", list, place), f"{place}.exponents")))
    return TropicalPolynomial(terms, _field(document, "convention", str, where))


def _rational(document: dict[str, Any], where: str) -> TropicalRational:
    parts = []
    for name in ("numerator", "denominator"):
        part = from_plain(_field(document, name, dict, where), f"{where}.{name}")
        if not isinstance(part, TropicalPolynomial):
            raise FormatError(f"{where}.{name}", f"expected a tropical polynomial, got {document[name]['type']}")
        parts.append(part)
    return TropicalRational(*parts)


def _polyhedron(document: dict[str, Any], where: str) -> Polyhedron:
    rows = _matrix(_field(document, "A", list, where), f"{where}.A")
    return Polyhedron(rows, _vector(_field(document, "b", list, where), f"{where}.b"))


def _certificate(document: dict[str, Any], where: str) -> Certificate:
    try:
        return Certificate.from_plain(document)
    except ValueError as error:
        raise FormatError(where, str(error)) from None


def _proof(document: dict[str, Any], where: str) -> PropertyProof:
    try:
        return PropertyProof.from_plain(document)
    except ValueError as error:
        raise FormatError(where, str(error)) from None


_READERS: dict[str, Callable[[dict[str, Any], str], Any]] = {
    "relu_network": _network,
    "lattice_polynomial": _lattice,
    "tropical_polynomial": _polynomial,
    "tropical_rational": _rational,
    "polyhedron": _polyhedron,
    "certificate": _certificate,
    "property_proof": _proof,
}


def _matrix(rows: Any, where: str) -> list[list[Fraction]]:
    _expect(rows, list, where)
    return [_vector(row, f"{where}[{i}]") for i, row in enumerate(rows)]


def _vector(entries: Any, where: str) -> list[Fraction]:
    _expect(entries, list, where)
    return [_number(entry, f"{where}[{i}]") for i, entry in enumerate(entries)]


def _number(text: Any, where: str) -> Fraction:
    _expect(text, str, where)
    try:
        return as_fraction(text, "number")
    except InvalidInput as error:
        raise FormatError(where, f'expected an exact number such as "-3/4", got {error.given}') from None


def _field(document: dict[str, Any], key: str, kind: type, where: str) -> Any:
    if key not in document:
        raise FormatError(where, f"the key {key!r} is missing")
    _expect(document[key], kind, f"{where}.{key}")
    return document[key]


_NAMES = {dict: "an object", list: "a list", str: "a string", int: "an integer"}


def _expect(value: Any, kind: type, where: str) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise FormatError(where, f"expected {_NAMES[kind]}, got {type(value).__name__} {shown(value)[:40]!r}")
