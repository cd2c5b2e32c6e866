"""Docstrings of what is public: every parameter named, none that does not exist, and what is returned; and of modules.

A section ``Parameters`` is complete wherever there is one, in every public module. The functions and methods that users
call have one where they have a parameter; so have classes, or their fields are listed as attributes, or named in the
text. A summary that begins with "Return" or "Yield" says what is returned. The errors of the package that a body raises
are named, but for `InvalidType`: every argument of another type than the one said raises it.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import learner
import tropical

ROOT = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
USED = [
    *("tropical", "tropical.families", "tropical.gaussian", "tropical.io", "tropical.lemmas", "tropical.plot"),
    *("tropical.testing", "learner", "learner.sources"),
]


def modules() -> Iterator[Any]:
    for package in (tropical, learner):
        yield package
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not any(part.startswith("_") for part in found.name.split(".")):
                yield importlib.import_module(found.name)


def members(module: Any) -> Iterator[tuple[str, Any]]:
    """The package's own functions and classes that a module exports, and the methods that the classes define."""
    for name in module.__all__:
        thing = getattr(module, name)
        ours = str(getattr(thing, "__module__", "")).split(".")[0] in ("tropical", "learner")
        if not ours or not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        yield f"{thing.__module__}.{name}", thing
        for attribute, value in vars(thing).items() if inspect.isclass(thing) else ():
            method = getattr(value, "__func__", value)
            if inspect.isfunction(method) and not attribute.startswith("_") and method.__doc__:
                yield f"{thing.__module__}.{name}.{attribute}", method


def sections(thing: Any) -> dict[str, str]:
    parts = HEADING.split(inspect.cleandoc(thing.__doc__ or ""))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def named(section: str) -> set[str]:
    lines = [line for line in section.splitlines() if re.match(r"\S", line)]
    return {name.strip().lstrip("*") for line in lines for name in line.split(" :")[0].split(",")}


def parameters(thing: Any) -> set[str]:
    try:
        return set(inspect.signature(thing).parameters) - {"self", "cls"}
    except ValueError:  # exceptions without a constructor of their own
        return set()


def says_what_is_returned(method: Any) -> bool:
    """Methods that return an object of their class need not say so, nor do the checks of lemmas."""
    own = ["Self", "LemmaReport", *method.__qualname__.split(".")[:-1]]
    if inspect.signature(method).return_annotation in ("None", "NoReturn", "Generator[None]", *own):
        return True
    summary = method.__doc__.startswith(("Return", "Yield"))
    return summary or not sections(method).keys().isdisjoint({"Returns", "Yields"})


def names_its_fields(kind: type) -> bool:
    """Whether a section or the text names what a class takes; what it inherits, its base has to say."""
    if getattr(kind, "_is_protocol", False) or vars(kind).keys().isdisjoint({"__init__", "__new__"}):
        return True
    taken = set(vars(kind).get("__annotations__", {})) if "__dataclass_fields__" in vars(kind) else parameters(kind)
    doc, found = kind.__doc__ or "", sections(kind)
    given = named(found.get("Parameters", "")) | named(found.get("Attributes", ""))
    return all(
        name in given or name.startswith("_") or re.search(rf"`{name}\b", doc) for name in taken & parameters(kind)
    )


def raised(function: Any) -> Iterator[str]:
    """The classes that a body raises by name, nested functions left out."""
    inside = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body
    while inside:
        node = inside.pop()
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = getattr(node.exc, "func", node.exc)
            yield getattr(error, "attr", getattr(error, "id", ""))
        inside += ast.iter_child_nodes(node)


def errors_left_out(function: Any) -> set[str]:
    ours = {name for name in tropical.exceptions.__all__ if name != "InvalidType"}
    return {name for name in raised(function) if name in ours and name not in sections(function).get("Raises", "")}


def test_sections_name_every_parameter_and_no_other():
    wrong = {}
    for module in modules():
        for name, thing in members(module):
            found = sections(thing)
            if "Parameters" in found:
                difference = parameters(thing) ^ named(found["Parameters"])
                if difference - (named(found.get("Attributes", "")) if inspect.isclass(thing) else set()):
                    wrong[name] = sorted(difference)
    assert wrong == {}


def test_what_users_call_has_the_sections():
    bare, silent, errors = set(), set(), {}
    for module in map(importlib.import_module, USED):
        for name, thing in members(module):
            if inspect.isclass(thing):
                if not names_its_fields(thing):
                    bare.add(name)
                continue
            if parameters(thing) and "Parameters" not in sections(thing):
                bare.add(name)
            if not says_what_is_returned(thing):
                silent.add(name)
            if missing := errors_left_out(thing):
                errors[name] = missing
    assert (sorted(bare), sorted(silent), errors) == ([], [], {})


class Unsaid:
    """A class whose `first` field is named."""

    def __init__(self, first: int, second: int) -> None:
        self.sum = first + second

    def one(self, number: int) -> int:
        """Add."""
        if number < 0:
            raise tropical.InvalidInput("number", "a number >= 0", number, "add less")

        def never() -> None:
            raise tropical.NotExact("")

        return number


def test_what_is_not_said_is_seen():
    assert not names_its_fields(Unsaid)
    assert not says_what_is_returned(Unsaid.one)
    assert errors_left_out(Unsaid.one) == {"InvalidInput"}


@pytest.mark.parametrize("folder", ["tropical", "learner", "benchmarks", "tests"])
def test_long_modules_say_why(folder):
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")}
    long = {path.name: ast.get_docstring(ast.parse(text)) for path, text in texts.items() if text.count("\n") > 400}
    assert [name for name, doc in long.items() if "More than 400 lines: " not in (doc or "")] == []
