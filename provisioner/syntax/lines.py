"""Files of ``key = value`` lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import count

from provisioner.errors import Broken
from provisioner.syntax.base import Document, Syntax, clean

LINES_REMEMBERED = 8192


class Line(str):
    """A line as the syntax writes it, and the ``value`` that it gives its key; layout gives none."""

    __slots__ = ("value",)
    value: str

    def __new__(cls, text: str, value: str = "") -> Line:
        made = str.__new__(cls, text)
        made.value = value
        return made


class LineDocument(Document):
    """Lines in order, ready to be written: a key's, or layout (comments, headers, sections).

    All are in one dictionary, ``stated``, which keeps their order; layout has numbers for keys.
    """

    def __init__(self, syntax: LineSyntax) -> None:
        self.stated: dict[str | int, Line] = {}
        self._syntax = syntax
        self._numbers = count()

    def add(self, key: str, value: str) -> None:
        """Append a key. Raises Broken when it stands there already."""
        self.add_line(key, self._syntax.line(key, value))

    def add_line(self, key: str | int, line: Line) -> None:
        """Append a line under its key. Raises Broken when that stands there already."""
        if key in self.stated:
            raise Broken(f"the key {key} is stated twice")
        self.stated[key] = line

    def add_layout(self, line: str) -> None:
        """Append a line that is no key."""
        self.stated[next(self._numbers)] = Line(line)

    def lines(self) -> Iterator[tuple[str | None, str]]:
        """Each line with its key, None for layout."""
        return ((key if isinstance(key, str) else None, line) for key, line in self.stated.items())

    def items(self) -> Iterator[tuple[str, str]]:
        return ((key, line.value) for key, line in self.stated.items() if isinstance(key, str))

    def get(self, key: str) -> str | None:
        line = self.stated.get(key)
        return None if line is None else line.value

    def put(self, key: str, value: str) -> None:
        self.stated[key] = self._syntax.line(key, value)

    def drop(self, key: str) -> None:
        self.stated.pop(key, None)

    def leave_out(self, mark: str) -> None:
        for key in [key for key, line in self.stated.items() if mark in line and isinstance(key, str)]:
            del self.stated[key]

    def rename(self, key: str, name: str) -> None:
        self.rename_all({key: name})

    def rename_all(self, names: Mapping[str, str]) -> None:
        lines, self.stated = self.stated, {}
        for key, line in lines.items():
            if isinstance(key, str) and key in names:
                self.add(names[key], line.value)
            else:
                self.add_line(key, line)


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
        document = LineDocument(self)
        stated = document.stated
        for key, written in map(self._read_line, text.splitlines()):
            if key is None:
                document.add_layout(written)
            elif key in stated:
                document.add_line(self._address(document, key), written)
            else:
                stated[key] = written
        return document

    @cached_property
    def _read_line(self) -> Callable[[str], tuple[str | None, Line]]:
        """A line's key, None of layout, and how it is written. Phones of a model share nearly all their lines."""
        mark, comment = self.separator.strip(), self.comment

        @lru_cache(maxsize=LINES_REMEMBERED)
        def read(line: str) -> tuple[str | None, Line]:
            key, found, value = line.partition(mark)
            key = key.strip()
            is_layout = not found or not key or key.startswith(comment)
            return (None, Line(line.rstrip())) if is_layout else (key, self.line(key, self.meant(value.strip())))

        return read

    def _address(self, document: LineDocument, key: str) -> str:
        """By what the second line of a key is known, itself where there must be none."""
        nth, address = 1, key
        while key in self.repeatable and document.get(address) is not None:
            nth += 1
            address = f"{key}[{nth}]"
        return address

    def meant(self, text: str) -> str:
        """The value that a line means by the text after its separator."""
        return text

    def line(self, key: str, value: str) -> Line:
        """The line that states a key."""
        return Line(self._line(key, value), value)

    def write(self, document: Document) -> bytes:
        assert isinstance(document, LineDocument)
        lines = document.stated.values()
        return (self.end.join(lines) + self.end if lines else "").encode(self.encoding, "replace")

    def _line(self, key: str, value: str) -> str:
        if self.repeatable and key[-1] == "]":
            name = key.partition("[")[0]
            key = name if name in self.repeatable else key
        return f"{key}{self.separator}{value}" if value else f"{key}{self.separator}".rstrip()
