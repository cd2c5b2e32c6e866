"""How many values the columns of a Parquet file declare, read from its footer by a few lines of our own.

pyarrow says so, too, but ends the whole process where some statistics of a column are damaged. The footer is one struct
of Thrift's compact protocol: for each field a byte with its type and the step of its number, then the value.
"""

from __future__ import annotations

from typing import Any

__all__ = ["declared_values"]

_ROW_GROUPS, _COLUMNS, _META, _NUM_VALUES = 4, 1, 3, 5  # the numbers of the fields that lead to what is counted
_DEEPEST = 32


def declared_values(content: bytes) -> int:
    """Return the number of values of all columns in all row groups, as the last bytes of a file declare it.

    Raises
    ------
    ValueError
        Where these bytes are no footer.
    """
    length = int.from_bytes(content[-8:-4], "little")
    if content[-4:] != b"PAR1" or not 0 < length <= len(content) - 8:
        raise ValueError("no footer of a Parquet file")
    footer = _Reader(content[-8 - length : -8]).struct(0)
    total = 0
    for group in _items(footer, _ROW_GROUPS):
        for column in _items(group, _COLUMNS):
            count = _field(_field(column, _META), _NUM_VALUES)
            if not isinstance(count, int):
                raise ValueError("a column declares no number of values")
            total += count
    return total


def _field(struct: Any, number: int) -> Any:
    return struct.get(number) if isinstance(struct, dict) else None


def _items(struct: Any, number: int) -> list[Any]:
    found = _field(struct, number)
    return found if isinstance(found, list) else []


class _Reader:
    """The values of Thrift's compact protocol, structs as mappings from the numbers of their fields."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def struct(self, depth: int) -> dict[int, Any]:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        found: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._signed()
            found[number] = self._value(kind & 15, depth + 1, in_list=False)
        return found

    def _value(self, kind: int, depth: int, *, in_list: bool) -> Any:
        if kind in (1, 2):  # a boolean field is its type; in a list it is a byte
            return self._byte() == 1 if in_list else kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind in (7, 8, 13):
            return self._bytes({7: 8, 13: 16}.get(kind) or self._unsigned())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._unsigned()
            return [self._value(head & 15, depth, in_list=True) for _ in range(self._bounded(count))]
        if kind == 11:
            count = self._bounded(self._unsigned())
            kinds = self._byte() if count else 0
            return [
                (self._value(kinds >> 4, depth, in_list=True), self._value(kinds & 15, depth, in_list=True))
                for _ in range(count)
            ]
        if kind == 12:
            return self.struct(depth)
        raise ValueError(f"the type {kind} is unknown")

    def _bounded(self, count: int) -> int:
        if count > len(self._data) - self._place:  # an item takes a byte or more
            raise ValueError("it ends too early")
        return count

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        found = self._data[self._place : self._place + self._bounded(count)]
        self._place += count
        return found

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError("a number is too long")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
