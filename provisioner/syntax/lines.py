"""Files of ``key = value`` lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from provisioner.errors import Broken
from provisioner.syntax.base import Document, Syntax, clean


class LineDocument(Document):
    """Lines in order: a key with its value, or a line that is layout (comments, headers, sections)."""

    def __init__(self) -> None:
        self._lines: list[tuple[str | None, str]] = []
        self._at: dict[str, int] = {}

    def add(self, key: str, value: str) -> None:
        """Append a key. Raises Broken when it stands there already."""
        if key in self._at:
            raise Broken(f"the key {key} is stated twice")
        self._at[key] = len(self._lines)
        self._lines.append((key, value))

    def add_layout(self, line: str) -> None:
        """Append a line that is no key."""
        self._lines.append((None, line))

    def lines(self) -> Iterator[tuple[str | None, str]]:
        """Each line: its key and value, or None and the line itself; dropped keys are passed over."""
        return ((key, text) for key, text in self._lines if key != "")

    def items(self) -> Iterator[tuple[str, str]]:
        return ((key, value) for key, value in self._lines if key)

    def get(self, key: str) -> str | None:
        at = self._at.get(key)
        return None if at is None else self._lines[at][1]

    def put(self, key: str, value: str) -> None:
        at = self._at.get(key)
        if at is None:
            self.add(key, value)
        else:
            self._lines[at] = (key, value)

    def drop(self, key: str) -> None:
        at = self._at.pop(key, None)
        if at is not None:
            self._lines[at] = ("", "")

    def rename(self, key: str, name: str) -> None:
        value = self._lines[self._at[key]][1]
        at = self._at.pop(key)
        if name in self._at:
            raise Broken(f"the key {name} is stated twice")
        self._at[name] = at
        self._lines[at] = (name, value)


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
            if not found or line.lstrip().startswith(self.comment):
                document.add_layout(line.rstrip())
            else:
                document.add(self._address(document, key.strip()), value.strip())
        return document

    def _address(self, document: LineDocument, key: str) -> str:
        if key not in self.repeatable:
            return key
        nth = 1 + sum(stated.partition("[")[0] == key for stated, _ in document.items())
        return key if nth == 1 else f"{key}[{nth}]"

    def write(self, document: Document) -> bytes:
        assert isinstance(document, LineDocument)
        lines = (text if key is None else self._line(key, text) for key, text in document.lines())
        return "".join(f"{line}{self.end}" for line in lines).encode(self.encoding, "replace")

    def _line(self, key: str, value: str) -> str:
        name = key.partition("[")[0] if key.partition("[")[0] in self.repeatable else key
        return f"{name}{self.separator}{value}".rstrip()
