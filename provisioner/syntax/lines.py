"""Files of ``key = value`` lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from provisioner.errors import Broken
from provisioner.syntax.base import Document, Syntax, clean


class LineDocument(Document):
    """Lines in order: a key with its value, or a line that is layout (comments, headers, sections).

    All are in one dictionary, which keeps their order; layout has numbers for keys.
    """

    def __init__(self) -> None:
        self._lines: dict[str | int, str] = {}
        self._numbers = count()

    def add(self, key: str, value: str) -> None:
        """Append a key. Raises Broken when it stands there already."""
        if key in self._lines:
            raise Broken(f"the key {key} is stated twice")
        self._lines[key] = value

    def add_layout(self, line: str) -> None:
        """Append a line that is no key."""
        self._lines[next(self._numbers)] = line

    def lines(self) -> Iterator[tuple[str | None, str]]:
        """Each line: its key and value, or None and the line itself."""
        return ((key if isinstance(key, str) else None, text) for key, text in self._lines.items())

    def items(self) -> Iterator[tuple[str, str]]:
        return ((key, value) for key, value in self._lines.items() if isinstance(key, str))

    def get(self, key: str) -> str | None:
        return self._lines.get(key)

    def put(self, key: str, value: str) -> None:
        self._lines[key] = value

    def drop(self, key: str) -> None:
        self._lines.pop(key, None)

    def rename(self, key: str, name: str) -> None:
        self.rename_all({key: name})

    def rename_all(self, names: Mapping[str, str]) -> None:
        lines, self._lines = self._lines, {}
        for key, text in lines.items():
            if isinstance(key, str):
                self.add(names.get(key, key), text)
            else:
                self._lines[key] = text


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
        mark = self.separator.strip()
        for line in text.splitlines():
            key, found, value = line.partition(mark)
            key = key.strip()
            if not found or not key or key.startswith(self.comment):
                document.add_layout(line.rstrip())
            else:
                document.add(self._address(document, key) if key in self.repeatable else key, value.strip())
        return document

    def _address(self, document: LineDocument, key: str) -> str:
        nth, address = 1, key
        while document.get(address) is not None:
            nth += 1
            address = f"{key}[{nth}]"
        return address

    def write(self, document: Document) -> bytes:
        assert isinstance(document, LineDocument)
        lines = [text if key is None else self._line(key, text) for key, text in document.lines()]
        return (self.end.join(lines) + self.end if lines else "").encode(self.encoding, "replace")

    def _line(self, key: str, value: str) -> str:
        name = key.partition("[")[0] if key.endswith("]") else key
        return f"{name if name in self.repeatable else key}{self.separator}{value}".rstrip()
