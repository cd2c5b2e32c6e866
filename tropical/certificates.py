"""Certificates, and the independent program that replays them.

This file uses the standard library only and shares nothing with the engine that finds certificates: whoever doubts a
proof has to read this one file, which is one on purpose. A certificate is plain data (dicts, lists, strings; exact
numbers are strings such as ``"-3/4"``) and holds the *statement* (kind, domain, functions) beside the *evidence*.

The statements, by kind
-----------------------
``claim`` holds the numbers of a statement; None where there are none. F and G may have several outputs where nothing
else is said; "everywhere" is everywhere on the domain.

==================  ====================================================================================================
same_function       F = G everywhere
below               F <= G everywhere, for each output
range               min F is attained at ``argmin``, max F at ``argmax`` (one output; ``min`` None: unbounded below)
distance            the largest |F_j - G_j| is ``distance``, attained at ``point`` (None: unbounded)
relative_distance   the largest (F_j - G_j)²/|x|² is ``squared``, attained at ``point`` (all forms linear, no domain)
lipschitz           ``squared`` is the square of the smallest L with |F(x) - F(y)| <= L |x - y| in the ``norm`` "1", "2"
                    or "inf": of the largest dual norm of a gradient (one output)
convex              F is convex, for each output
homogeneous         F(tx) = tF(x) wherever x and tx, t >= 0, are in the domain
unreachable         no x satisfies all ``constraints``: ``inputs·x + outputs·F(x) <= bound`` (< where ``strict``)
complex             the cells listed are all activation cells of a network
==================  ====================================================================================================

All kinds but the last: a tree of polyhedra
-------------------------------------------
``basis`` R (k rows of d numbers) and ``pivots`` with ``R[:, pivots] = I``. Every linear form L that F, G, the domain or
the claim reads from x satisfies ``L = L[:, pivots] R``. So F(x) = F'(Rx) with F' read off at the pivots, R maps R^d
onto R^k, and the rest happens in R^k.

``nodes`` is a binary tree in preorder. A node stands for a polyhedron, the root for the whole domain:

* ``facts``: affine forms h, each with ``scale > 0`` and multipliers ``m >= 0`` of the constraints that define the node,
  such that ``scale·h = Σ m_c·(constraint c)``; hence h >= 0 on the node and on all nodes below (Farkas).
  Constraint 0 is ``1 >= 0``, then the rows ``b - Ax`` of the domain, then the splits on the way from the root.
* ``split``: a form h. The first child is the part h >= 0, the second the part h <= 0; together they cover the node.
* ``values``: at a leaf, for each function and each output the affine function that it equals there. That it does
  follows from signs of affine forms (preactivations, differences of pieces), each of which has to be a fact, a split or
  a constant. Where bounds are enough, ``relaxed`` may stand for a network's values: how each hidden unit is bounded by
  affine functions on the leaf (``_relaxed`` below), from which affine bounds of the outputs follow layer by layer.

What is stated follows from what the leaves show, again by signs that are facts: of G - F (``below``), of F - min and
max - F (``range``), of c ± (F - G) (``distance``), of F - g for every g of ``pieces``, of which F is then the maximum
(``convex``). For ``lipschitz`` the gradients at all leaves count; the largest is that of a leaf around the point
``attained``. ``homogeneous``: all forms are linear; so F is linear on each part of a ray through 0, and continuous. For
``relative_distance`` a leaf shows <u, x> <= <p, x> <= |p| |x| with |p|² <= squared, u the gradient of ±(F - G).
For ``unreachable`` a combination of the constraints' excesses with weights >= 0 is at least ``margin`` > 0 (or >= 0,
with weight on a strict one). Unbounded: a point and a direction that stay in one leaf, where the function grows.

Kind ``complex``: the cells listed are all activation cells of a network F on the domain
-----------------------------------------------------------------------------------------
``basis`` and ``pivots`` as above. For each of the ``cells``:

* ``pattern``: which hidden units are active. It fixes all preactivations as affine forms, and so the *constraints* of
  the cell: each form, or minus it, is >= 0; and the walls of the domain. Points inside two cells have two patterns, so
  cells with different patterns do not overlap.
* ``rays``: vertices (z, 1) and directions (z, 0), up to a positive factor. Each satisfies all constraints, and those
  that vanish there leave it no freedom. At the sum of all of them every constraint is strict: the cell has interior
  points.
* ``facets``: pairs (h, neighbour). h is a constraint of the cell (or t >= 0, which is no facet of the cell itself).
* ``implied``: for each constraint that is not among the facets, in order, a nonnegative combination of facets that
  equals it. So the cell is given by its facets alone.

A facet on no wall of the domain has a neighbour, another cell, whose constraints all hold on the facet: modulo h they
are those of the cell, and the units that differ vanish with h. As the two do not overlap, the neighbour lies on the
other side. Then the union of the cells has no boundary inside the domain but in codimension 2, which separates nothing:
it is the domain.

An affine form h is the list of its k coefficients followed by its constant. Replaying costs one evaluation of the
functions a leaf and one combination of at most k + 1 constraints a fact; of a complex one combination for each cell and
unit.

Without any package, on a saved certificate: ``python certificates.py proof.json`` shows what it proves.

More than 400 lines: the checker is one file that can be read, and run, alone.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import pairwise
from math import gcd, lcm
from typing import Any

__all__ = ["Certificate", "CheckResult", "check"]

VERSION = 1
_KEYS = {"kind", "version", "domain", "functions", "claim", "evidence"}
_NUMBER = re.compile(r"-?[0-9]+(/[0-9]+)?\Z")
_MALFORMED = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError, MemoryError,
)  # fmt: skip
_ZERO = Fraction(0)
Form = tuple[int, ...]


class _Rejected(Exception):
    """The evidence does not prove the statement."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A statement about functions with the evidence that proves it; immutable, hashable, plain.

    Replay it with :func:`check`. ``to_plain`` and ``from_plain`` pass between the object and its JSON form, a dict
    with the keys ``kind``, ``version``, ``domain``, ``functions``, ``claim`` and ``evidence``.

    Attributes
    ----------
    kind : str
        Which statement is proved, such as ``"same_function"``.
    text : str
        The JSON form.
    """

    kind: str
    text: str

    @classmethod
    def from_plain(cls, document: dict[str, Any]) -> Certificate:
        """Build from the JSON form, or from the content of a saved file around it; ValueError for anything else.

        Parameters
        ----------
        document : dict
        """
        if not isinstance(document, dict):
            raise ValueError(f"a certificate is an object, got {type(document).__name__}")
        if isinstance(document.get("object"), dict) and "format" in document:
            document = document["object"]
        document = {key: value for key, value in document.items() if key != "type"}
        if missing := _KEYS - document.keys():
            raise ValueError(f"a certificate needs the key {min(missing)!r}")
        if unknown := document.keys() - _KEYS:
            raise ValueError(f"a certificate has no key {min(unknown)!r}")
        if document["version"] != VERSION or isinstance(document["version"], bool):
            raise ValueError(f"certificate version {document['version']!r} is unknown; this program reads {VERSION}")
        if not isinstance(document["kind"], str) or not isinstance(document["functions"], list):
            raise ValueError("a certificate needs a string `kind` and a list `functions`")
        return cls(document["kind"], json.dumps(document, sort_keys=True, separators=(",", ":")))

    def to_plain(self) -> dict[str, Any]:
        """Return the JSON form, a fresh copy."""
        return json.loads(self.text)

    @property
    def domain(self) -> dict[str, Any] | None:
        """The domain as plain data; None is all of R^d."""
        return self.to_plain()["domain"]

    @property
    def functions(self) -> list[dict[str, Any]]:
        """The functions of the statement as plain data."""
        return self.to_plain()["functions"]

    @property
    def claim(self) -> dict[str, Any] | None:
        """The numbers of the statement as plain data; None where it has none."""
        return self.to_plain()["claim"]

    @property
    def evidence(self) -> dict[str, Any]:
        """The evidence as plain data."""
        return self.to_plain()["evidence"]

    def __repr__(self) -> str:
        return f"Certificate({self.kind}, {len(self.text)} characters)"

    def _repr_html_(self) -> str:
        facts = {"kind": lambda: self.kind, "size": lambda: f"{len(self.text)} characters"}
        return _facts("Certificate", facts | {"replay": lambda: "tropical.check(certificate, *subjects)"})


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the checker found; truthy iff the certificate proves its statement about the subjects given.

    Attributes
    ----------
    valid : bool
    reason : str
        Why it was rejected, or what was replayed.
    statement : str
        What the certificate states.
    functions : tuple of dict
        The functions it speaks about, as plain data: compare them yourself where no subjects were given.
    domain : dict or None
        Where, as plain data: compare it yourself; None is all of R^d. On an empty polyhedron a statement is void.
    claim : dict or None
        The numbers of the statement, as plain data.
    """

    valid: bool
    reason: str
    statement: str
    functions: tuple[dict[str, Any], ...]
    domain: dict[str, Any] | None
    claim: dict[str, Any] | None

    def __bool__(self) -> bool:
        return self.valid

    def __hash__(self) -> int:  # the plain data are dicts, which have none
        return hash((self.valid, self.reason, self.statement))

    def __repr__(self) -> str:
        return f"CheckResult({'valid' if self.valid else 'REJECTED'}: {_cut(self.statement)}; {_cut(self.reason)})"

    def _repr_html_(self) -> str:
        facts = {"answer": lambda: "valid" if self.valid else "REJECTED", "statement": lambda: self.statement}
        return _facts("CheckResult", facts | {"reason": lambda: self.reason})


def _facts(name: str, facts: dict[str, Callable[[], str]]) -> str:
    """Return names and values as HTML, escaped and cut; a notebook must not fail on a value that cannot be shown."""
    rows = []
    for key, value in facts.items():
        try:
            text = escape(_cut(value()))
        except Exception:
            text = "cannot be shown"
        rows.append(f"<tr><td>{key}</td><td>{text}</td></tr>")
    return f"<p><b>{name}</b></p><table>{''.join(rows)}</table>"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_SHOWN = 400


def check(certificate: Certificate, *subjects: Any, domain: Any = None, claim: Any = None) -> CheckResult:
    """Rebuild the statement from the subjects, compare it with the certificate's, and replay the evidence.

    Parameters
    ----------
    certificate : Certificate
    *subjects : objects with a ``to_plain`` method, or plain dicts
        The functions the certificate is meant to speak about, in its order. Without subjects the evidence is replayed
        and the result shows what was proved, about which functions and where.
    domain : None, or an object with a ``to_plain`` method, or a plain dict
        Where the statement is meant to hold; None is all of R^d. Compared like the subjects.
    claim : dict, optional
        The numbers it is meant to state, as in ``certificate.claim``; by default they are shown, not compared.

    Returns
    -------
    CheckResult
        Never raises on a damaged certificate: that is a rejection with its reason.
    """
    functions: tuple[dict[str, Any], ...] = ()
    stated, claimed, statement = None, None, "nothing"
    try:
        if certificate is None:
            raise _Rejected("there is no certificate: a no comes with a witness instead")
        document = Certificate.from_plain(certificate.to_plain()).to_plain()
        functions, stated, claimed = tuple(document["functions"]), document["domain"], document["claim"]
        statement = _statement(document)
        if certificate.kind != document["kind"]:
            raise _Rejected(f"the certificate is called {certificate.kind!r} and is one of kind {document['kind']!r}")
        if subjects:
            _compare(functions, subjects)
        if (subjects or domain is not None) and stated != (None if domain is None else _plain(domain, "the domain")):
            raise _Rejected(f"the certificate speaks about another domain: {statement}")
        if claim is not None and claim != claimed:
            raise _Rejected(f"the certificate claims something else: {statement}")
        for function in functions:
            _check_schema(function)
        reason = _replay_complex(document) if document["kind"] == "complex" else _replay_tree(document)
        return CheckResult(True, reason, statement, functions, stated, claimed)
    except _Rejected as rejection:
        reason = str(rejection)
    except _MALFORMED as error:
        reason = f"malformed certificate: {type(error).__name__}: {error}"
    return CheckResult(False, reason, statement, functions, stated, claimed)


def _statement(document: dict[str, Any]) -> str:
    """Return the statement in words."""
    kind, claim = document["kind"], document["claim"]
    where = "all of R^d" if document["domain"] is None else "a polyhedron"
    if kind == "complex":
        return f"{len(document['evidence']['cells'])} cells are all activation cells of F on {where}"
    if kind not in _JUDGES:
        raise _Rejected(f"unknown kind {kind!r}")
    judge = _JUDGES[kind]
    numbers = claim.keys() if isinstance(claim, dict) and claim else claim
    if numbers != (judge.numbers or None):
        raise _Rejected(f"the claim of a statement {kind!r} has the numbers {sorted(judge.numbers)}")
    return f"{judge.text} on {where}" + ("" if claim is None else f": {json.dumps(claim, sort_keys=True)}")


def _compare(functions: Sequence[dict[str, Any]], subjects: Sequence[Any]) -> None:
    if len(subjects) != len(functions):
        raise _Rejected(f"the statement is about {len(functions)} functions, {len(subjects)} subjects were given")
    for index, (stated, subject) in enumerate(zip(functions, subjects, strict=True)):
        if _plain(subject, f"subject {index}") != stated:
            raise _Rejected(f"subject {index} is not the function that the certificate speaks about")


def _plain(subject: Any, name: str) -> dict[str, Any]:
    try:
        plain = subject.to_plain() if hasattr(subject, "to_plain") else subject
    except Exception as error:  # whatever the subject does, the answer is one of this program
        raise _Rejected(f"{name} has no plain form to compare: {type(error).__name__}: {error}") from None
    if not isinstance(plain, dict):
        raise _Rejected(f"{name} has no plain form to compare")
    return plain


_SCHEMAS = {
    "relu_network": {"type", "weights", "biases"},
    "lattice_polynomial": {"type", "form", "pieces", "clauses"},
    "tropical_polynomial": {"type", "convention", "terms"},
    "tropical_rational": {"type", "numerator", "denominator"},
}


def _check_schema(function: Any) -> None:
    """Reject plain data that a reader could take for another function than the replay does."""
    kind = function["type"]
    if kind not in _SCHEMAS or function.keys() != _SCHEMAS[kind]:
        raise _Rejected(f"no function: type {kind!r} with the keys {sorted(function)}")
    if kind == "tropical_rational":
        for part in (function["numerator"], function["denominator"]):
            if part["type"] != "tropical_polynomial":
                raise _Rejected("a quotient is one of tropical polynomials")
            _check_schema(part)
        if function["numerator"]["convention"] != function["denominator"]["convention"]:
            raise _Rejected("numerator and denominator have two conventions")
        return
    if kind == "relu_network":
        lists = [function["weights"], *function["weights"], function["biases"], *function["biases"]]
        lists += [row for layer in function["weights"] for row in layer]
        widths = [len(function["weights"][0][0]), *(len(layer) for layer in function["weights"])]
        rows = [[len(row) for row in layer] for layer in function["weights"]]
        if rows != [[before] * after for before, after in pairwise(widths)]:
            raise _Rejected("a row has not one weight for each unit of the layer before")
        if [len(bias) for bias in function["biases"]] != widths[1:]:
            raise _Rejected("a layer needs one bias for each unit")
    elif kind == "lattice_polynomial":
        lists = [function["pieces"], function["clauses"], *function["clauses"]]
        lists += _entries(function["pieces"], "gradient", "constant")
    else:
        lists = [function["terms"], *_entries(function["terms"], "exponents", "coefficient")]
    if not all(isinstance(entries, list) and entries for entries in lists):
        raise _Rejected("a function needs non-empty lists of numbers, rows, layers, pieces, clauses and terms")


def _entries(affine: list[dict[str, Any]], vector: str, constant: str) -> list[Any]:
    if any(entry.keys() != {vector, constant} for entry in affine):
        raise _Rejected(f"a piece or term has {vector} and {constant}, nothing else")
    return [entry[vector] for entry in affine]


# ---------------------------------------------------------------- statements proved by a tree


def _replay_tree(document: dict[str, Any]) -> str:
    judge = _JUDGES[document["kind"]](document)
    walk = _Walk([(*(0,) * judge.width, 1), *judge.walls])
    leaves = 0
    nodes = document["evidence"]["nodes"]
    for number, node in enumerate(nodes):
        walk.enter(number)
        walk.learn(_fact(fact, walk.constraints, number) for fact in node["facts"])
        if "split" in node:
            walk.split(_form(node["split"], judge.width))
            continue
        leaves += 1
        try:
            if len(node["values"]) != len(judge.functions):
                raise _Rejected("a leaf needs the values of each function")
            known = walk.known
            values = [
                function.values(entry, known) for function, entry in zip(judge.functions, node["values"], strict=True)
            ]
            judge.leaf(values, node, known)
            judge.visit(number, values, walk.constraints)
        except _Rejected as rejection:
            raise _Rejected(f"node {number}: {rejection}") from None
    if walk.pending:
        raise _Rejected(f"{len(walk.pending)} parts of the domain are covered by no node")
    judge.finish()
    return f"replayed {len(nodes)} nodes, {leaves} leaves in R^{judge.width}"


Affine = list[Fraction]
Values = list[tuple[Affine, Affine]]  # for each output of a function an affine function below it and one above it


class _Judge:
    """What a kind of statement asks of the leaves; the functions are those on R^k."""

    text = ""
    numbers: frozenset[str] = frozenset()
    arity, outputs = 1, 0  # number of functions, and of their outputs (0: any)

    def __init__(self, document: dict[str, Any]) -> None:
        plain, evidence = document["functions"], document["evidence"]
        self.claim, self.evidence = document["claim"], evidence
        if len(plain) != self.arity:
            raise _Rejected(f"this is a statement about {self.arity} functions, not {len(plain)}")
        self.pivots: list[int] = evidence["pivots"]
        self.basis = [_numbers(row) for row in evidence["basis"]]
        self.width = len(self.pivots)
        self.dimension = _dimension(plain[0])
        _check_basis(self.basis, self.pivots, self.dimension)
        self.functions = [_reduce(function, self.basis, self.pivots, self.dimension) for function in plain]
        if len({function.outputs for function in self.functions} | {self.outputs or self.functions[0].outputs}) > 1:
            raise _Rejected("a function has another number of outputs than the statement speaks of")
        self.walls = _walls(document["domain"], self.basis, self.pivots, self.dimension)
        self.start()

    def start(self) -> None:
        """Read the claim."""

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        """Reject the leaf if it does not show its part of the statement."""
        raise NotImplementedError

    def visit(self, number: int, values: list[Values], constraints: list[Form]) -> None:
        """Look at a leaf once more where it may be the one at which an extreme value is attained."""

    def finish(self) -> None:
        """Reject the whole if something is attained nowhere."""

    def exact(self, values: Values) -> list[Affine]:
        """Return the values, which have to be given exactly."""
        if any(low != high for low, high in values):
            raise _Rejected("bounds are not enough for this kind of statement")
        return [low for low, _ in values]

    def lifted(self, form: Sequence[Fraction]) -> list[Fraction]:
        """Return the gradient on R^d of a form on R^k."""
        return [
            sum((u * row[j] for u, row in zip(form, self.basis, strict=False)), _ZERO) for j in range(self.dimension)
        ]

    def at(self, x: Sequence[str]) -> list[list[Fraction]]:
        """Return the values of the functions at a point of the domain."""
        point = _numbers(x)
        if len(point) != self.dimension:
            raise _Rejected(f"a point has {len(point)} coordinates, not {self.dimension}")
        z = [sum((a * b for a, b in zip(row, point, strict=True)), _ZERO) for row in self.basis]
        if any(_apply(wall, z) < 0 for wall in self.walls):
            raise _Rejected("a point that attains an extreme value is outside the domain")
        return [function.at(z) for function in self.functions]

    def grows(self, entry: dict[str, Any], form: Affine, constraints: list[Form]) -> None:
        """Reject unless the form grows without bound along a ray inside the leaf."""
        point, direction = ([*_numbers(entry[key])] for key in ("point", "direction"))
        if any(_apply(wall, point) < 0 or _apply([*wall[:-1], 0], direction) < 0 for wall in constraints):
            raise _Rejected("a ray leaves its leaf")
        if _apply([*form[:-1], _ZERO], direction) <= 0:
            raise _Rejected("the function does not grow along the ray")


class _Same(_Judge):
    text, arity = "F = G", 2

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        left, right = (self.exact(entry) for entry in values)
        if left != right:
            raise _Rejected("the functions equal different affine functions on the leaf")


class _Below(_Judge):
    text, arity = "F <= G", 2

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        for (_, high), (low, _) in zip(*values, strict=True):
            _need(_minus(low, high), known, "G - F >= 0")


class _Range(_Judge):
    text, outputs = "the range of F", 1
    numbers = frozenset({"min", "argmin", "max", "argmax"})

    def start(self) -> None:
        self.bounds = {side: None if self.claim[side] is None else _number(self.claim[side]) for side in ("min", "max")}
        self.missing = {side for side, bound in self.bounds.items() if bound is None}
        if any(self.claim[f"arg{side}"] is not None for side in self.missing):
            raise _Rejected("an unbounded end is attained nowhere")
        self.rays = self.evidence.get("unbounded", {})

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        (((low, high),),) = values
        if self.bounds["min"] is not None:
            _need([*low[:-1], low[-1] - self.bounds["min"]], known, "F - min >= 0")
        if self.bounds["max"] is not None:
            _need([*(-a for a in high[:-1]), self.bounds["max"] - high[-1]], known, "max - F >= 0")

    def visit(self, number: int, values: list[Values], constraints: list[Form]) -> None:
        for side in list(self.missing):
            if self.rays[side]["node"] == number:
                (form,) = self.exact(values[0])
                self.grows(self.rays[side], form if side == "max" else [-a for a in form], constraints)
                self.missing.remove(side)

    def finish(self) -> None:
        for side, bound in self.bounds.items():
            if bound is not None and self.at(self.claim[f"arg{side}"]) != [[bound]]:
                raise _Rejected(f"the {side}imum is not attained where the certificate says")
        if self.missing:
            raise _Rejected("a ray along which the function is unbounded is in no leaf")


class _Distance(_Judge):
    text, arity = "the largest |F - G|", 2
    numbers = frozenset({"distance", "point"})

    def start(self) -> None:
        self.bound = None if self.claim["distance"] is None else _number(self.claim["distance"])
        self.found = self.bound is not None
        if not self.found and self.claim["point"] is not None:
            raise _Rejected("an unbounded distance is attained nowhere")

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        if self.bound is not None:
            for (low, high), (other_low, other_high) in zip(*values, strict=True):
                for gap in (_minus(other_low, high), _minus(low, other_high)):
                    _need([*gap[:-1], gap[-1] + self.bound], known, "distance - |F - G| >= 0")

    def visit(self, number: int, values: list[Values], constraints: list[Form]) -> None:
        if not self.found and self.evidence["unbounded"]["node"] == number:
            ray = self.evidence["unbounded"]
            left, right = (self.exact(entry)[ray["output"]] for entry in values)
            self.grows(ray, _minus(left, right) if ray["sign"] == 1 else _minus(right, left), constraints)
            self.found = True

    def finish(self) -> None:
        if self.bound is not None:
            left, right = self.at(self.claim["point"])
            if max(abs(a - b) for a, b in zip(left, right, strict=True)) != self.bound:
                raise _Rejected("the distance is not attained where the certificate says")
        elif not self.found:
            raise _Rejected("the ray along which the distance is unbounded is in no leaf")


class _Relative(_Judge):
    text, arity = "the largest |F - G|²/|x|²", 2
    numbers = frozenset({"squared", "point"})

    def start(self) -> None:
        self.bound = _number(self.claim["squared"])
        if self.walls:
            raise _Rejected("a relative distance is one on all of R^d")

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        left, right = (self.exact(entry) for entry in values)
        if len(node["dominating"]) != len(left):
            raise _Rejected("a leaf needs two dominating forms for each output")
        for f, g, both in zip(left, right, node["dominating"], strict=True):
            if f[-1] or g[-1]:
                raise _Rejected("a value has a constant")
            for difference, texts in zip((_minus(f, g), _minus(g, f)), both, strict=True):
                dominating = [*_numbers(texts), _ZERO]
                _need(_minus(dominating, difference), known, "p - u >= 0")
                if sum(a * a for a in self.lifted(dominating)) > self.bound:
                    raise _Rejected("a dominating form is longer than the distance")

    def finish(self) -> None:
        left, right = self.at(self.claim["point"])
        length = sum(a * a for a in _numbers(self.claim["point"]))
        gap = max((a - b) ** 2 for a, b in zip(left, right, strict=True))
        if not length or gap != self.bound * length:
            raise _Rejected("the distance is not attained where the certificate says")


class _Lipschitz(_Judge):
    text, outputs = "the squared Lipschitz constant of F", 1
    numbers = frozenset({"norm", "squared", "gradient"})

    def start(self) -> None:
        self.bound, self.found = _number(self.claim["squared"]), False
        self.gradient = _numbers(self.claim["gradient"])
        if self.claim["norm"] not in ("1", "2", "inf"):
            raise _Rejected(f"unknown norm {self.claim['norm']!r}")

    def _dual_squared(self, gradient: list[Fraction]) -> Fraction:
        if self.claim["norm"] == "2":
            return sum((a * a for a in gradient), _ZERO)
        lengths = [abs(a) for a in gradient]
        return (max(lengths) if self.claim["norm"] == "1" else sum(lengths, _ZERO)) ** 2

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        (form,) = self.exact(values[0])
        if self._dual_squared(self.lifted(form)) > self.bound:
            raise _Rejected("a gradient is longer than the Lipschitz constant")

    def visit(self, number: int, values: list[Values], constraints: list[Form]) -> None:
        if self.evidence["attained"]["node"] == number:
            z = _numbers(self.evidence["attained"]["point"])
            gradient = self.lifted(values[0][0][0])
            inside = all(_apply(form, z) > 0 for form in constraints if any(form))
            self.found = inside and gradient == self.gradient and self._dual_squared(gradient) == self.bound

    def finish(self) -> None:
        if not self.found:
            raise _Rejected("no leaf around the given point has the gradient that attains the constant")


class _Convex(_Judge):
    text = "F is convex"

    def start(self) -> None:
        self.pieces = [[_numbers(form) for form in forms] for forms in self.evidence["pieces"]]
        if len(self.pieces) != self.functions[0].outputs:
            raise _Rejected("pieces are needed for each output")

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        for form, pieces in zip(self.exact(values[0]), self.pieces, strict=True):
            if form not in pieces:
                raise _Rejected("a value is none of the pieces")
            for piece in pieces:
                _need(_minus(form, piece), known, "F >= piece")


class _Homogeneous(_Judge):
    text = "F is positively homogeneous"

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        if any(form[-1] for form in self.exact(values[0])):
            raise _Rejected("a value has a constant")


class _Unreachable(_Judge):
    text, numbers = "no point satisfies all constraints", frozenset({"constraints"})

    def start(self) -> None:
        entries = self.claim["constraints"]
        if any(entry.keys() != {"inputs", "outputs", "bound", "strict"} for entry in entries):
            raise _Rejected("a constraint has inputs, outputs, bound and strict, nothing else")
        if not isinstance(entries, list) or any(type(entry["strict"]) is not bool for entry in entries):
            raise _Rejected("constraints are a list, and strict is true or false")
        if any(len(entry["outputs"]) != self.functions[0].outputs for entry in entries):
            raise _Rejected("a constraint needs one coefficient for each output")
        inputs = _factor([_numbers(entry["inputs"]) for entry in entries], self.basis, self.pivots, self.dimension)
        self.rows = [
            (row, _numbers(entry["outputs"]), _number(entry["bound"]), entry["strict"])
            for row, entry in zip(inputs, entries, strict=True)
        ]

    def leaf(self, values: list[Values], node: dict[str, Any], known: Counter[Form]) -> None:
        weights, margin = _numbers(node["weights"]), _number(node["margin"])
        strict = any(w > 0 and row[3] for w, row in zip(weights, self.rows, strict=True))
        if min(weights) < 0 or margin < 0 or (margin == 0 and not strict):
            raise _Rejected("the weights do not exclude the leaf")
        total = [_ZERO] * self.width + [-margin]
        for weight, (inputs, outputs, bound, _) in zip(weights, self.rows, strict=True):
            excess = [*inputs, -bound]
            for coefficient, (low, high) in zip(outputs, values[0], strict=True):
                form = low if coefficient > 0 else high
                excess = [a + coefficient * b for a, b in zip(excess, form, strict=True)]
            total = [a + weight * b for a, b in zip(total, excess, strict=True)]
        _need(total, known, "the combination of the constraints >= margin")


_JUDGES: dict[str, type[_Judge]] = {
    "same_function": _Same,
    "below": _Below,
    "range": _Range,
    "distance": _Distance,
    "relative_distance": _Relative,
    "lipschitz": _Lipschitz,
    "convex": _Convex,
    "homogeneous": _Homogeneous,
    "unreachable": _Unreachable,
}


def _need(form: Sequence[Fraction], known: Counter[Form], what: str) -> None:
    if not _nonnegative(_primitive(form), known):
        raise _Rejected(f"{what} is not known")


def _minus(left: Affine, right: Affine) -> Affine:
    return [a - b for a, b in zip(left, right, strict=True)]


def _apply(form: Sequence[Fraction | int], point: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(form, [*point, Fraction(1)], strict=True)), _ZERO)


def _walls(domain: dict[str, Any] | None, basis: Any, pivots: list[int], dimension: int) -> list[Form]:
    """Return the walls ``b - Ax >= 0`` of the domain in the reduced coordinates."""
    if domain is None:
        return []
    if domain.keys() != {"type", "A", "b"} or domain["type"] != "polyhedron" or not isinstance(domain["A"], list):
        raise _Rejected("a domain is a polyhedron with the lists A and b")
    rows = _factor([_numbers(row) for row in domain["A"]], basis, pivots, dimension)
    bounds = _numbers(domain["b"])
    return [_primitive([*(-a for a in row), b]) for row, b in zip(rows, bounds, strict=True)]


class _Walk:
    """Where the preorder walk through the tree stands: the constraints of the node and what is known there.

    One list for the whole walk, cut back when a branch ends: memory is one path.
    """

    def __init__(self, constraints: list[Form]) -> None:
        self.constraints: list[Form] = []
        self.known: Counter[Form] = Counter()
        self.levels: list[tuple[int, list[Form]]] = []
        self.pending: list[tuple[int, list[Form]]] = [(0, constraints)]

    def enter(self, number: int) -> None:
        """Go to the next part of the domain that waits for its node."""
        if not self.pending:
            raise _Rejected(f"node {number} has no place in the tree")
        depth, added = self.pending.pop()
        while len(self.levels) > depth:
            length, forms = self.levels.pop()
            del self.constraints[length:]
            self.known.subtract(forms)
        self.levels.append((len(self.constraints), []))
        self.constraints += added
        self.learn(_primitive(form) for form in added)

    def learn(self, forms: Iterable[Form]) -> None:
        """Note forms that are nonnegative on this node, and so on all nodes below it."""
        for form in forms:
            self.levels[-1][1].append(form)
            self.known[form] += 1

    def split(self, form: Form) -> None:
        """Let two nodes follow: the part where the form is nonnegative, then the other one."""
        depth = len(self.levels)
        self.pending += [(depth, [tuple(-a for a in form)]), (depth, [form])]


def _fact(fact: dict[str, Any], constraints: Sequence[Form], number: int) -> Form:
    """Return the primitive form of a fact, after checking its Farkas combination."""
    form = _form(fact["form"], len(constraints[0]) - 1)
    scale = _integer(fact["scale"])
    total = [0] * len(form)
    for index, multiplier in fact["multipliers"]:
        weight = _integer(multiplier)
        if weight < 0 or not 0 <= index < len(constraints):
            raise _Rejected(f"node {number}: a multiplier is negative or names no constraint")
        total = [t + weight * a for t, a in zip(total, constraints[index], strict=True)]
    if scale <= 0 or total != [scale * a for a in form]:
        raise _Rejected(f"node {number}: the combination does not give the form {fact['form']}")
    return _primitive(form)


def _check_basis(basis: list[list[Fraction]], pivots: list[int], dimension: int) -> None:
    if len(basis) != len(pivots) or any(len(row) != dimension for row in basis):
        raise _Rejected("the basis has not one row of length d for each pivot")
    if any(not 0 <= p < dimension for p in pivots):
        raise _Rejected("a pivot is no coordinate")
    for i, row in enumerate(basis):
        if [row[p] for p in pivots] != [int(i == j) for j in range(len(pivots))]:
            raise _Rejected("the basis is not the identity at the pivots")


def _factor(
    rows: list[list[Fraction]], basis: list[list[Fraction]], pivots: list[int], dimension: int
) -> list[list[Fraction]]:
    """Return ``rows[:, pivots]`` after checking ``rows = rows[:, pivots] @ basis``."""
    coordinates = [[row[p] for p in pivots] for row in rows]
    for row, short in zip(rows, coordinates, strict=True):
        if len(row) != dimension:
            raise _Rejected(f"a linear form has {len(row)} entries in dimension {dimension}")
        for j in range(dimension):
            if row[j] != sum(c * line[j] for c, line in zip(short, basis, strict=True)):
                raise _Rejected("a function reads a linear form outside the span of the basis")
    return coordinates


def _dimension(function: dict[str, Any]) -> int:
    if function["type"] == "relu_network":
        return len(function["weights"][0][0])
    if function["type"] == "lattice_polynomial":
        return len(function["pieces"][0]["gradient"])
    polynomial = function if function["type"] == "tropical_polynomial" else function["numerator"]
    return len(polynomial["terms"][0]["exponents"])


def _reduce(function: dict[str, Any], basis: list[list[Fraction]], pivots: list[int], dimension: int) -> Any:
    if function["type"] == "relu_network":
        return _Network(function, basis, pivots, dimension)
    if function["type"] == "lattice_polynomial":
        return _Lattice(function, basis, pivots, dimension)
    if function["type"] == "tropical_polynomial":
        return _Lattice(_as_lattice(function), basis, pivots, dimension)
    parts = [_as_lattice(function[part]) for part in ("numerator", "denominator")]
    return _Quotient(*(_Lattice(part, basis, pivots, dimension) for part in parts))


def _as_lattice(polynomial: dict[str, Any]) -> dict[str, Any]:
    """Return a polynomial, the maximum or minimum of its terms, as the lattice polynomial that it is."""
    forms = {"max": "max-min", "min": "min-max"}
    if polynomial["convention"] not in forms:
        raise _Rejected(f"unknown convention {polynomial['convention']!r}")
    return {
        "form": forms[polynomial["convention"]],
        "pieces": [{"gradient": term["exponents"], "constant": term["coefficient"]} for term in polynomial["terms"]],
        "clauses": [[i] for i in range(len(polynomial["terms"]))],
    }


class _Function:
    """A function on R^k."""

    outputs = 1

    def values(self, entry: Any, known: Counter[Form]) -> Values:
        """Return bounds of the outputs on a leaf, both the value itself where that is given."""
        forms = [_numbers(form) for form in entry]
        self.check_equals(forms, known)
        return [(form, form) for form in forms]

    def check_equals(self, common: list[Affine], known: Counter[Form]) -> None:
        """Reject unless the function equals these affine functions wherever the known signs hold."""
        raise NotImplementedError

    def at(self, z: Sequence[Fraction]) -> list[Fraction]:
        """Return the outputs at a point."""
        raise NotImplementedError


class _Network(_Function):
    """ReLU after all layers but the last; preactivations are affine forms on R^k once all signs are known."""

    def __init__(self, function: dict[str, Any], basis: Any, pivots: list[int], dimension: int) -> None:
        weights = [[_numbers(row) for row in layer] for layer in function["weights"]]
        weights[0] = _factor(weights[0], basis, pivots, dimension)
        self.outputs, self.width = len(weights[-1]), len(pivots)
        self.inputs = [tuple(int(i == j) for j in range(self.width + 1)) for i in range(self.width)]
        # integers throughout: the forms of a layer are over one denominator, that of the layer before times its own
        self.layers: list[tuple[list[list[int]], list[int], int]] = []
        self.denominator = 1
        for matrix, bias in zip(weights, [_numbers(bias) for bias in function["biases"]], strict=True):
            scale = lcm(*(a.denominator for row in (*matrix, bias) for a in row))
            integers = [[int(a * scale) for a in row] for row in matrix]
            constants = [int(b * scale) * self.denominator for b in bias]
            self.denominator *= scale
            self.layers.append((integers, constants, self.denominator))

    def at(self, z: Sequence[Fraction]) -> list[Fraction]:
        values = list(z)
        for depth, (weights, biases, _) in enumerate(self.layers):
            values = [max(value, _ZERO) for value in values] if depth else values
            values = [_apply([*row, bias], values) for row, bias in zip(weights, biases, strict=True)]
        return [value / self.denominator for value in values]

    def preactivations(self, pattern: Sequence[Sequence[int]]) -> list[Form]:
        """Return the preactivations of all hidden units as affine forms, each layer's over its denominator."""
        if [len(signs) for signs in pattern] != [len(weights) for weights, *_ in self.layers[:-1]]:
            raise _Rejected("a pattern needs one sign for each hidden unit")
        if any(type(sign) is not int or sign not in (0, 1) for signs in pattern for sign in signs):
            raise _Rejected("a pattern consists of 0 and 1")
        values, found = self.inputs, []
        for (weights, biases, _), signs in zip(self.layers[:-1], pattern, strict=True):
            sums = self._combine(weights, biases, values)
            found += sums
            values = [form if on else (0,) * len(form) for form, on in zip(sums, signs, strict=True)]
        return found

    def _combine(self, weights: list[list[int]], biases: list[int], values: list[Form]) -> list[Form]:
        active = [(j, value) for j, value in enumerate(values) if any(value)]
        sums = []
        for row, bias in zip(weights, biases, strict=True):
            total = [0] * self.width + [bias]
            for j, value in active:
                if row[j]:
                    total = [t + row[j] * v for t, v in zip(total, value, strict=True)]
            sums.append(tuple(total))
        return sums

    def check_equals(self, common: list[list[Fraction]], known: Counter[Form]) -> None:
        values = self.inputs
        for depth, (weights, biases, _) in enumerate(self.layers):
            if depth:
                values = [_relu(form, known, depth, unit) for unit, form in enumerate(values)]
            values = self._combine(weights, biases, values)
        if len(values) != len(common) or any(
            list(form) != [a * self.denominator for a in given] for form, given in zip(values, common, strict=True)
        ):
            raise _Rejected("the network equals another affine function on the leaf")

    def values(self, entry: Any, known: Counter[Form]) -> Values:
        if not isinstance(entry, dict):
            return super().values(entry, known)
        bounds = [([Fraction(a) for a in form], [Fraction(a) for a in form]) for form in self.inputs]
        rules = entry["relaxed"]
        if [len(layer) for layer in rules] != [len(weights) for weights, *_ in self.layers[:-1]]:
            raise _Rejected("a relaxation needs one rule for each hidden unit")
        for depth, (weights, biases, _) in enumerate(self.layers):
            if depth:
                scale = self.layers[depth - 1][2]
                pairs = zip(bounds, rules[depth - 1], strict=True)
                bounds = [_relaxed(low, high, rule, scale, known) for (low, high), rule in pairs]
            bounds = [
                (self._bounded(row, b, bounds, 0), self._bounded(row, b, bounds, 1))
                for row, b in zip(weights, biases, strict=True)
            ]
        return [([a / self.denominator for a in low], [a / self.denominator for a in high]) for low, high in bounds]

    def _bounded(self, row: list[int], bias: int, bounds: Values, side: int) -> Affine:
        total = [_ZERO] * self.width + [Fraction(bias)]
        for weight, pair in zip(row, bounds, strict=True):
            if weight:
                total = [t + weight * a for t, a in zip(total, pair[side if weight > 0 else 1 - side], strict=True)]
        return total


def _relaxed(low: Affine, high: Affine, rule: Any, scale: int, known: Counter[Form]) -> tuple[Affine, Affine]:
    """Return affine bounds of relu(z) from those of z, all of them times the scale.

    By the rule 1 (z >= 0), 0 (z <= 0) or (l, u, s, α): αz <= relu(z) <= sz + max(-sl, (1 - s)u) for z in [l, u].
    """
    if type(rule) is int and rule == 1:
        _need(low, known, "that a unit is active")
        return low, high
    if type(rule) is int and rule == 0:
        _need([-a for a in high], known, "that a unit is not active")
        return [_ZERO] * len(low), [_ZERO] * len(low)
    if not isinstance(rule, list):
        raise _Rejected("a rule is 1, 0 or a list of four numbers")
    least, most, slope, lower = _numbers(rule)
    least, most = least * scale, most * scale
    if not (least <= 0 <= most and 0 <= slope <= 1 and 0 <= lower <= 1):
        raise _Rejected("a relaxation needs l <= 0 <= u and slopes between 0 and 1")
    _need([*low[:-1], low[-1] - least], known, "z >= l")
    _need([*(-a for a in high[:-1]), most - high[-1]], known, "z <= u")
    upper = [slope * a for a in high]
    upper[-1] += max(-slope * least, (1 - slope) * most)
    return [lower * a for a in low], upper


def _relu(form: Form, known: Counter[Form], depth: int, unit: int) -> Form:
    integer = _primitive(form)
    if _nonnegative(integer, known):
        return form
    if _nonnegative(tuple(-a for a in integer), known):
        return (0,) * len(form)
    raise _Rejected(f"the sign of unit {unit} in hidden layer {depth} is not known")


class _Lattice(_Function):
    """``max_j min_{i in S_j} g_i`` (form "max-min"), or ``min_j max_{i in S_j} g_i`` (form "min-max")."""

    def __init__(self, function: dict[str, Any], basis: Any, pivots: list[int], dimension: int) -> None:
        gradients = _factor([_numbers(p["gradient"]) for p in function["pieces"]], basis, pivots, dimension)
        constants = _numbers([p["constant"] for p in function["pieces"]])
        rows = [[*u, c] for u, c in zip(gradients, constants, strict=True)]
        self.denominator = lcm(*(a.denominator for row in rows for a in row))
        self.rows = [[int(a * self.denominator) for a in row] for row in rows]
        if function["form"] not in ("max-min", "min-max"):
            raise _Rejected(f"unknown form {function['form']!r}")
        self.sign = 1 if function["form"] == "max-min" else -1
        self.clauses = function["clauses"]
        if not self.clauses or not all(self.clauses):
            raise _Rejected("a lattice polynomial needs a clause, and every clause a piece")
        if any(type(i) is not int or not 0 <= i < len(rows) for clause in self.clauses for i in clause):
            raise _Rejected("a clause names no piece")

    def at(self, z: Sequence[Fraction]) -> list[Fraction]:
        heights = [self.sign * _apply(row, z) / self.denominator for row in self.rows]
        return [self.sign * max(min(heights[i] for i in clause) for clause in self.clauses)]

    def check_equals(self, common: list[list[Fraction]], known: Counter[Form]) -> None:
        (form,) = common
        scale = lcm(*(a.denominator for a in form))
        target = [int(a * scale) * self.denominator for a in form]
        # With s = 1 for max-min and s = -1 for min-max: s·F >= s·f as one clause lies on or above f (times s), and
        # s·F <= s·f as every clause holds a piece on or below it.
        above, below = set(), set()
        for i, row in enumerate(self.rows):
            difference = _primitive([self.sign * (a * scale - t) for a, t in zip(row, target, strict=True)])
            if _nonnegative(difference, known):
                above.add(i)
            if _nonnegative(tuple(-a for a in difference), known):
                below.add(i)
        if not any(above.issuperset(clause) for clause in self.clauses):
            raise _Rejected("no clause of the lattice polynomial is known to reach the common function")
        if any(below.isdisjoint(clause) for clause in self.clauses):
            raise _Rejected("some clause of the lattice polynomial is not known to stay within the common function")


class _Quotient(_Function):
    """Numerator minus denominator: on a leaf the denominator is one of its terms, the numerator that plus the form."""

    def __init__(self, numerator: _Lattice, denominator: _Lattice) -> None:
        self.numerator, self.denominator = numerator, denominator

    def at(self, z: Sequence[Fraction]) -> list[Fraction]:
        return [self.numerator.at(z)[0] - self.denominator.at(z)[0]]

    def check_equals(self, common: list[list[Fraction]], known: Counter[Form]) -> None:
        (form,) = common
        reason = "no term"
        for row in self.denominator.rows:
            term = [Fraction(entry, self.denominator.denominator) for entry in row]
            try:
                self.denominator.check_equals([term], known)
                self.numerator.check_equals([[a + b for a, b in zip(form, term, strict=True)]], known)
            except _Rejected as rejection:
                reason = str(rejection)
            else:
                return
        raise _Rejected(f"no term of the denominator fits the common function of the quotient: {reason}")


# ---------------------------------------------------------------- kind "complex"


def _replay_complex(document: dict[str, Any]) -> str:
    functions, domain, evidence = document["functions"], document["domain"], document["evidence"]
    if document["claim"] is not None:
        raise _Rejected("a complex is stated by its cells, without a claim")
    if len(functions) != 1 or functions[0]["type"] != "relu_network":
        raise _Rejected("a complex is a statement about one network")
    pivots: list[int] = evidence["pivots"]
    basis = [_numbers(row) for row in evidence["basis"]]
    dimension = _dimension(functions[0])
    _check_basis(basis, pivots, dimension)
    network = _Network(functions[0], basis, pivots, dimension)
    walls = _walls(domain, basis, pivots, dimension)
    if not evidence["cells"]:
        raise _Rejected("there is no cell")
    cells = [_ListedCell(entry, network, walls, number) for number, entry in enumerate(evidence["cells"])]
    if len({cell.pattern for cell in cells}) < len(cells):
        raise _Rejected("a pattern is listed twice")
    for number, cell in enumerate(cells):
        for form, neighbour in cell.facets:
            if form in walls or not any(form[:-1]):
                continue
            if type(neighbour) is not int or not 0 <= neighbour < len(cells) or neighbour == number:
                raise _Rejected(f"cell {number}: no neighbour behind a facet inside the domain")
            cell.meets(cells[neighbour], form, number)
    return f"replayed {len(cells)} cells with {sum(len(cell.facets) for cell in cells)} facets in R^{len(pivots)}"


class _ListedCell:
    """A cell of a complex: its constraints from the pattern, its facets, its rays."""

    def __init__(self, entry: dict[str, Any], network: _Network, walls: list[Form], number: int) -> None:
        self.pattern = tuple(tuple(signs) for signs in entry["pattern"])
        self.forms = network.preactivations(self.pattern)
        signs = [sign for layer in self.pattern for sign in layer]
        units = [_primitive(form if on else [-a for a in form]) for form, on in zip(self.forms, signs, strict=True)]
        if any(on and not any(form) for form, on in zip(units, signs, strict=True)):
            raise _Rejected(f"cell {number}: a unit that vanishes on the cell is called active")
        constraints = [form for form in [*units, *walls] if any(form)]
        infinity = (*(0,) * network.width, 1)
        self.facets = [(_form(texts, network.width), neighbour) for texts, neighbour in entry["facets"]]
        given = [form for form, _ in self.facets]
        if any(form != infinity and form not in constraints for form in given):
            raise _Rejected(f"cell {number}: a facet is no constraint of the cell")
        rest = [form for form in constraints if form not in given]
        if len(rest) != len(entry["implied"]):
            raise _Rejected(f"cell {number}: {len(rest)} constraints to imply, {len(entry['implied'])} combinations")
        for form, (scale, multipliers) in zip(rest, entry["implied"], strict=True):
            fact = {"form": [str(a) for a in form], "scale": scale, "multipliers": multipliers}
            _fact(fact, given, number)
        self._check_rays([_form(ray, network.width) for ray in entry["rays"]], [*constraints, infinity], number)

    def _check_rays(self, rays: list[Form], constraints: list[Form], number: int) -> None:
        inside = [sum(entries) for entries in zip(*rays, strict=True)]
        if any(_dot(form, inside) <= 0 for form in constraints):
            raise _Rejected(f"cell {number}: the sum of the rays is not inside")
        for ray in rays:
            tight = [form for form in constraints if _dot(form, ray) == 0]
            if any(_dot(form, ray) < 0 for form in constraints) or _rank(tight) != len(ray) - 1:
                raise _Rejected(f"cell {number}: {ray} is no vertex and no extreme direction")

    def meets(self, other: _ListedCell, wall: Form, number: int) -> None:
        """Check that all constraints of the neighbour hold where the form of the wall vanishes on this cell."""
        here = [on for layer in self.pattern for on in layer]
        there = [on for layer in other.pattern for on in layer]
        for mine, theirs, on, also in zip(self.forms, other.forms, here, there, strict=True):
            difference = [a - b for a, b in zip(mine, theirs, strict=True)] if on == also else mine
            if not _parallel(difference, wall) or (on != also and not _parallel(theirs, wall)):
                raise _Rejected(f"cell {number}: the neighbour does not contain the facet")


def _parallel(form: Sequence[int], wall: Form) -> bool:
    """Return whether a form is a multiple of a wall, zero included."""
    lead = next(i for i, a in enumerate(wall) if a)
    return all(a * wall[lead] == form[lead] * b for a, b in zip(form, wall, strict=True))


def _dot(form: Sequence[int], ray: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(form, ray, strict=True))


def _rank(rows: Sequence[Form]) -> int:
    """Return the rank, by elimination in integers."""
    left = [list(row) for row in rows]
    rank = 0
    while left:
        row = left.pop()
        lead = next((i for i, a in enumerate(row) if a), None)
        if lead is not None:
            rank += 1
            left = [
                list(_primitive([row[lead] * a - other[lead] * b for a, b in zip(other, row, strict=True)]))
                for other in left
            ]
    return rank


# ---------------------------------------------------------------- numbers


def _nonnegative(form: Form, known: Counter[Form]) -> bool:
    return known[form] > 0 or (not any(form[:-1]) and form[-1] >= 0)


def _numbers(texts: Any) -> list[Fraction]:
    if not isinstance(texts, list):
        raise _Rejected(f"{texts!r} is no list of numbers")
    return [_number(text) for text in texts]


def _number(text: str) -> Fraction:
    if not isinstance(text, str) or not _NUMBER.match(text):
        raise _Rejected(f"{text!r} is no exact number")
    return Fraction(text)


def _integer(text: str) -> int:
    number = _number(text)
    if number.denominator != 1:
        raise _Rejected(f"{text!r} is no integer")
    return number.numerator


def _form(texts: Sequence[str], dimension: int) -> Form:
    if not isinstance(texts, list) or len(texts) != dimension + 1:
        raise _Rejected(f"an affine form on R^{dimension} has {dimension + 1} entries, not {texts!r}")
    return tuple(_integer(text) for text in texts)


def _primitive(form: Sequence[Fraction | int]) -> Form:
    """Return the positive multiple with coprime integer entries (zero stays zero)."""
    scale = lcm(*(a.denominator for a in form))
    integers = form if scale == 1 else [a.numerator * (scale // a.denominator) for a in form]
    divisor = gcd(*(a.numerator for a in integers)) or 1
    return tuple(a.numerator // divisor for a in integers)


def _main(arguments: Sequence[str]) -> int:
    """Replay a saved certificate and show what it proves; 0 if it is valid, 1 if not, 2 if there is none to replay."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python certificates.py proof.json", file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            certificate = Certificate.from_plain(json.load(file))
    except (OSError, ValueError, RecursionError) as error:
        print(f"error: {arguments[0]} holds no certificate: {error}", file=sys.stderr)
        return 2
    outcome = check(certificate)
    lines = [str(outcome)]
    lines += [f"{chr(ord('F') + index)} = {json.dumps(function)}" for index, function in enumerate(outcome.functions)]
    try:
        print(*lines, f"domain = {json.dumps(outcome.domain)}", sep="\n", flush=True)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if outcome else 1


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
