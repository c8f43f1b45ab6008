"""Files of ``key = value`` lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import count
from typing import Any

from provisioner.errors import Broken
from provisioner.syntax.base import Document, Syntax, clean

LINES_REMEMBERED = 8192


class LineDocument(Document):
    """Lines in order: a key with its value, or a line that is layout (comments, headers, sections).

    All are in one dictionary, ``stated``, which keeps their order; layout has numbers for keys.
    """

    def __init__(self) -> None:
        self.stated: dict[str | int, str] = {}
        self._numbers = count()

    def add(self, key: str, value: str) -> None:
        """Append a key. Raises Broken when it stands there already."""
        if key in self.stated:
            raise Broken(f"the key {key} is stated twice")
        self.stated[key] = value

    def add_layout(self, line: str) -> None:
        """Append a line that is no key."""
        self.stated[next(self._numbers)] = line

    def lines(self) -> Iterator[tuple[str | None, str]]:
        """Each line: its key and value, or None and the line itself."""
        return ((key if isinstance(key, str) else None, text) for key, text in self.stated.items())

    def items(self) -> Iterator[tuple[str, str]]:
        return ((key, value) for key, value in self.stated.items() if isinstance(key, str))

    def get(self, key: str) -> str | None:
        return self.stated.get(key)

    def put(self, key: str, value: str) -> None:
        self.stated[key] = value

    def drop(self, key: str) -> None:
        self.stated.pop(key, None)

    def rename(self, key: str, name: str) -> None:
        self.rename_all({key: name})

    def rename_all(self, names: Mapping[str, str]) -> None:
        lines, self.stated = self.stated, {}
        for key, text in lines.items():
            if isinstance(key, str):
                self.add(names.get(key, key), text)
            else:
                self.stated[key] = text


@dataclass(frozen=True, kw_only=True)
class LineSyntax(Syntax):
    """``key<separator>value``, a comment where a line starts with ``comment``.

    ``repeatable`` keys may stand in several lines; the second of ``user`` is addressed as ``user[2]``.
    """

    name: str
    clear: str
    true: str = "1"
    false: str = "0"
    separator: str = " = "
    comment: tuple[str, ...] = ("#",)
    end: str = "\n"
    encoding: str = "utf-8"
    repeatable: frozenset[str] = field(default_factory=frozenset)

    def carry(self, text: str) -> str:
        carried = clean(text)
        # A person who types the word that clears a value means the word.
        return carried.strip("%") if self.clear and carried == self.clear else carried

    def escape(self, text: str) -> str:
        return self.carry(text)

    def read(self, text: str) -> LineDocument:
        document = LineDocument()
        parts, repeatable, stated = self._parts, self.repeatable, document.stated
        for line in text.splitlines():
            key, value = parts(line)
            if key is None:
                document.add_layout(value)
            elif key in stated or key in repeatable:
                document.add(self._address(document, key) if key in repeatable else key, value)
            else:
                stated[key] = value
        return document

    @cached_property
    def _parts(self) -> Callable[[str], tuple[str | None, str]]:
        """Key and value of a line, None and the line of layout. Phones of a model share nearly all their lines."""
        mark, comment = self.separator.strip(), self.comment

        @lru_cache(maxsize=LINES_REMEMBERED)
        def parts(line: str) -> tuple[str | None, str]:
            key, found, value = line.partition(mark)
            key = key.strip()
            is_layout = not found or not key or key.startswith(comment)
            return (None, line.rstrip()) if is_layout else (key, value.strip())

        return parts

    def _address(self, document: LineDocument, key: str) -> str:
        nth, address = 1, key
        while document.get(address) is not None:
            nth += 1
            address = f"{key}[{nth}]"
        return address

    def write(self, document: Document) -> bytes:
        assert isinstance(document, LineDocument)
        line = self._line
        lines = [text if key.__class__ is int else line(key, text) for key, text in document.stated.items()]
        return (self.end.join(lines) + self.end if lines else "").encode(self.encoding, "replace")

    def _line(self, key: Any, value: str) -> str:
        if self.repeatable and key[-1] == "]":
            name = key.partition("[")[0]
            key = name if name in self.repeatable else key
        return f"{key}{self.separator}{value}" if value else f"{key}{self.separator}".rstrip()
