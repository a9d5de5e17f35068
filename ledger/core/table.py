"""A strict reader of TOML tables: every key by its type, and no key that nobody asked for.

>>> table = Table({"name": "x", "size": "3"}, "code")
>>> table.text("name"), table.number("size")
Traceback (most recent call last):
...
ledger.core.errors.FormatError: profile: code: key 'size' is not a whole number
"""

from collections.abc import Collection, Sequence
from typing import TypeVar, cast

from ledger.core.errors import FormatError

__all__ = ["Table"]

_Choice = TypeVar("_Choice", bound=str)
_KINDS: dict[type, str] = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


class Table:
    """A table being read. Each key can be read once; `close` refuses the keys that are left."""

    def __init__(self, values: object, place: str) -> None:
        self.place = place
        if not isinstance(values, dict):
            raise self.error("not a table")
        self.values = cast("dict[str, object]", dict(values))

    def error(self, reason: str) -> FormatError:
        """Return the error to raise for `reason`, naming this table."""
        return FormatError("profile", f"{self.place}: {reason}")

    def close(self) -> None:
        """Refuse the keys that have not been read."""
        for key in self.values:
            raise self.error(f"unknown key {key!r}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not blank."""
        value = cast("str", self._take(key, str, default))
        if value is not default and not value.strip():
            raise self.error(f"key {key!r} is empty")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """Return a whole number from 0 up."""
        value = cast("int", self._take(key, int, default))
        if value < 0:
            raise self.error(f"key {key!r} is negative")
        return value

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers from 0 up."""
        values = cast("Sequence[object]", self._take(key, list, None))
        if not all(type(value) is int and value >= 0 for value in values):
            raise self.error(f"key {key!r} is not a list of whole numbers")
        return tuple(cast("Sequence[int]", values))

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        return cast("bool", self._take(key, bool, default))

    def choice(self, key: str, choices: Sequence[_Choice]) -> _Choice:
        """Return one of `choices`."""
        value = self.text(key)
        for choice in choices:
            if value == choice:
                return choice
        raise self.error(f"key {key!r} is not one of {', '.join(choices)}")

    def member(self, key: str, known: Collection[str], what: str) -> str:
        """Return a text that is in `known`; `what` says what it would be the name of."""
        value = self.text(key)
        if value not in known:
            raise self.error(f"there is no {what} {value!r}")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts, none of them empty."""
        values = cast("Sequence[object]", self._take(key, list, default))
        if not all(isinstance(value, str) and value for value in values):
            raise self.error(f"key {key!r} is not a list of texts")
        return tuple(cast("Sequence[str]", values))

    def table(self, key: str) -> "Table":
        """Return the table under `key`."""
        return Table(self._take(key, dict, None), key)

    def maybe_table(self, key: str) -> "Table | None":
        """Return the table under `key`, or None if there is no such key."""
        return self.table(key) if key in self.values else None

    def tables(self, key: str, default: tuple[object, ...] | None = None) -> "list[Table]":
        """Return the tables of the list under `key`, each named by its place in it: levels[1]."""
        values = cast("Sequence[object]", self._take(key, list, default))
        return [Table(value, f"{key}[{n}]") for n, value in enumerate(values, 1)]

    def _take(self, key: str, kind: type, default: object) -> object:
        value = self.values.pop(key, default)
        if value is None:
            raise self.error(f"key {key!r} is missing")
        if value is not default and type(value) is not kind:
            raise self.error(f"key {key!r} is not {_KINDS[kind]}")
        return value
