"""Examples in docstrings run."""

import doctest
import importlib

import pytest
from test_package import MODULES


@pytest.mark.parametrize("name", MODULES)
def test_examples_of(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    assert sum(len(part.examples) for name in MODULES for part in finder.find(importlib.import_module(name))) >= 10
