"""A node of an ONNX graph: its inputs, its attributes, and what it may change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tropical._arguments import exact_array
from tropical.exceptions import FormatError
from tropical.io.tracing import Trace, is_variable

__all__ = ["Node", "Workspace"]


@dataclass
class Workspace:
    """What a node may change: the tensors that are needed later move with each hidden layer.

    Attributes
    ----------
    trace : Trace
    tensors : dict
        All tensors by name.
    uses : Counter
        How many nodes after this one read a tensor.
    place : str
        The node, for messages.
    """

    trace: Trace
    tensors: dict[str, np.ndarray]
    uses: Counter[str]
    place: str

    def bends(self, make: Callable[[list[np.ndarray]], tuple[np.ndarray, list[np.ndarray]]]) -> np.ndarray:
        """Run what makes hidden layers, and put the live tensors over the newest one."""
        live = [name for name, tensor in self.tensors.items() if self.uses[name] > 0 and is_variable(tensor)]
        result, moved = make([self.tensors[name] for name in live])
        self.tensors.update(zip(live, moved, strict=True))
        return result


class Node:
    """A node with its inputs, None for those left out, and its attributes."""

    def __init__(self, proto: Any, inputs: list[np.ndarray | None], work: Workspace) -> None:
        self.inputs, self.work = inputs, work
        self._attributes = {attribute.name: attribute for attribute in proto.attribute}

    def wrong(self, problem: str) -> FormatError:
        """Return the error of this node."""
        return FormatError(self.work.place, problem)

    def attribute(self, name: str, default: Any) -> Any:
        """Return an attribute of the kind that the default has: int, float, list of int or a tensor."""
        if name not in self._attributes:
            return default
        found = self._attributes[name]
        if isinstance(default, (list, tuple)):
            return list(found.ints)
        return found.i if isinstance(default, int) else found.f

    def has(self, name: str) -> bool:
        """Return whether an attribute is given."""
        return name in self._attributes

    def raw(self, name: str) -> Any:
        """Return an attribute as the file has it."""
        return self._attributes[name]

    def input(self, number: int) -> np.ndarray:
        """Return an input that has to be there."""
        value = self.optional(number)
        if value is None:
            raise self.wrong(f"input {number} is missing")
        return value

    def optional(self, number: int) -> np.ndarray | None:
        """Return an input that may be left out."""
        return self.inputs[number] if number < len(self.inputs) else None

    def numbers(self, number: int) -> np.ndarray:
        """Return an input of numbers, as Fractions."""
        value = self.input(number)
        if is_variable(value):
            raise self.wrong(f"input {number} depends on the network's input, numbers are needed; simplify the graph")
        return exact_array(value, f"input {number}")

    def integers(self, number: int) -> list[int]:
        """Return an input of integers, such as a shape."""
        values = [Fraction(value) for value in self.numbers(number).flat]
        if any(value.denominator > 1 or abs(value) > 2**62 for value in values):
            raise self.wrong(f"input {number} has to be integers")
        if len(values) > 64:
            raise self.wrong(f"input {number} has {len(values)} entries, as many axes has no tensor")
        return [int(value) for value in values]

    def axes(self, number: int) -> list[int] | None:
        """Return axes, an attribute in old files and an input in new ones."""
        if self.has("axes"):
            return self.attribute("axes", [])
        return self.integers(number) if self.optional(number) is not None else None
