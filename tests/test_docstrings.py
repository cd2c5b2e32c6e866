"""Docstrings of what is public: every parameter named, none that does not exist, and what is returned; and of modules.

A section ``Parameters`` is complete wherever there is one, in every public module. The functions that users call have
one, and methods of two parameters and more; a summary that begins with "Return" or "Yield" says what is returned.
"""

import ast
import importlib
import inspect
import pkgutil
import re
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
    bare, silent = set(), set()
    for module in map(importlib.import_module, USED):
        for name, thing in members(module):
            if inspect.isclass(thing):
                continue
            is_method = "." in thing.__qualname__
            if len(parameters(thing)) > is_method and "Parameters" not in sections(thing):
                bare.add(name)
            if not says_what_is_returned(thing):
                silent.add(name)
    assert (sorted(bare), sorted(silent)) == ([], [])


@pytest.mark.parametrize("folder", ["tropical", "learner", "benchmarks", "tests"])
def test_long_modules_say_why(folder):
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")}
    long = {path.name: ast.get_docstring(ast.parse(text)) for path, text in texts.items() if text.count("\n") > 400}
    assert [name for name, doc in long.items() if "More than 400 lines: " not in (doc or "")] == []
