"""Text becomes tables, lists and texts that know their lines.

YAML guesses: ``0100`` is 64, ``10:20:30:40:50:51`` a number, ``NO`` is false. Here every scalar stays the
text that was written, but for ``null``, ``true`` and ``false``; what a field wants is the schema's
business. JSON is read in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from provisioner.errors import Invalid, Problem

LARGEST = 64 * 1024 * 1024
MOST_VALUES = 4_000_000
DEEPEST = 16

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_TAG = "tag:yaml.org,2002:"
_TAGS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}


class Table(dict[str, Any]):
    """A mapping that knows its own line and that of each of its fields."""

    __slots__ = ("line", "lines", "weight")

    def __init__(self, line: int | None) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.weight = 1


class Items(list[Any]):
    """A list that knows its own line and that of each of its items."""

    __slots__ = ("line", "lines", "weight")

    def __init__(self, line: int | None) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []
        self.weight = 1


def read(text: str | bytes) -> Table:
    """The document's table. Raises Invalid naming the line where it is none."""
    plain = _decoded(text)
    try:
        return _table(_Builder(plain).document())
    except yaml.YAMLError as error:
        if plain.lstrip()[:1] != "{":
            raise Invalid([_syntax_problem(error)]) from None
        return _json(plain, _syntax_problem(error))


def line_of(tree: Any, path: tuple[str | int, ...]) -> int | None:
    """The line of the value at a path, or of the nearest one around it."""
    line: int | None = getattr(tree, "line", None)
    for part in path:
        if isinstance(tree, Table) and part in tree:
            line, tree = tree.lines.get(str(part), line), tree[str(part)]
        elif isinstance(tree, Items) and isinstance(part, int) and part < len(tree):
            line, tree = (tree.lines[part] if tree.lines else line), tree[part]
        else:
            break
    return line


def _decoded(text: str | bytes) -> str:
    try:
        data = text.encode() if isinstance(text, str) else text
        plain = data.decode("utf-8-sig")
    except UnicodeError:
        raise _refused("is not UTF-8 text; save it as UTF-8") from None
    if len(data) > LARGEST:
        raise _refused(f"is larger than {LARGEST >> 20} MB; split it, each part naming the tenant")
    return plain


def _refused(message: str, line: int | None = None) -> Invalid:
    return Invalid([Problem(field="file", message=message, line=line)])


def _table(document: Any) -> Table:
    if not isinstance(document, Table):
        raise _refused("must be a table that begins with the tenant, such as `tenant: acme`", 1)
    return document


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    told = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return Problem(field="file", message=f"is no YAML: {told}", line=mark.line + 1 if mark else None)


class _Builder:
    """Builds the document from the parser's events, so that nesting and aliases cost what they weigh."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._open: list[tuple[Table | Items, str | None]] = []
        self._key: str | None = None
        self._anchors: dict[str, Any] = {}
        self._root: Any = None
        self._documents = 0

    def document(self) -> Any:
        """The one document. Raises Invalid, or YAMLError where the syntax is wrong."""
        for event in self._events:
            self._take(event)
        return self._root

    def _take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._start(Table(_line(event)), event)
            case yaml.SequenceStartEvent():
                self._start(Items(_line(event)), event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _refused("has a second document; one file describes one tenant", _line(event))

    def _scalar(self, event: Any) -> None:
        _check_tag(event)
        if self._wants_key():
            self._set_key(event)
            return
        plain = event.implicit[0] and event.tag is None
        word = event.value.lower() if plain and len(event.value) < 6 else "-"
        self._put(_WORDS.get(word, event.value), event)

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0], Table) and self._key is None

    def _set_key(self, event: Any) -> None:
        table = self._open[-1][0]
        assert isinstance(table, Table)
        if event.value in table:
            first = table.lines[event.value]
            raise _refused(f"names {event.value[:60]!r} a second time, the first is on line {first}", _line(event))
        self._key = event.value
        table.lines[event.value] = _line(event)
        if event.anchor:
            self._anchors[event.anchor] = event.value

    def _start(self, made: Table | Items, event: Any) -> None:
        _check_tag(event)
        if self._wants_key():
            raise _refused("has a field name that is a list or a table; write a text", made.line)
        if len(self._open) >= DEEPEST:
            raise _refused(f"is nested more than {DEEPEST} deep", made.line)
        self._put(made, event, weigh=False)
        self._open.append((made, event.anchor))
        # An anchor is known when its value is whole: a list cannot hold itself.
        if event.anchor:
            self._anchors.pop(event.anchor, None)

    def _end(self) -> None:
        made, anchor = self._open.pop()
        if anchor:
            self._anchors[anchor] = made
        self._weigh(made.weight, made.line)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise _refused(f"refers to *{event.anchor[:60]}, which is nothing that is whole before it", _line(event))
        if self._wants_key():
            raise _refused("has an alias as a field name; write the name", _line(event))
        self._put(self._anchors[event.anchor], event, alias=True)

    def _put(self, value: Any, event: Any, *, weigh: bool = True, alias: bool = False) -> None:
        line = _line(event)
        if not alias and event.anchor:
            self._anchors[event.anchor] = value
        if not self._open:
            self._root = value
            return
        holder = self._open[-1][0]
        if isinstance(holder, Table):
            holder[self._key or ""] = value
            self._key = None
        else:
            holder.append(value)
            holder.lines.append(line)
        if weigh:
            self._weigh(getattr(value, "weight", 1), line)

    def _weigh(self, weight: int, line: int | None) -> None:
        """What a value adds to the one around it, with its aliases written out."""
        if not self._open:
            return
        holder = self._open[-1][0]
        holder.weight += weight
        if holder.weight > MOST_VALUES:
            raise _refused(f"has more than {MOST_VALUES:,} values, aliases written out; split it", line)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _check_tag(event: Any) -> None:
    if event.tag is not None and event.tag != "!" and event.tag not in _TAGS:
        raise _refused(f"has the tag {event.tag[:60]}; leave it out", _line(event))


def _json(text: str, problem: Problem) -> Table:
    """JSON that is no YAML: it is indented with tabs, or writes a character as two escapes. It has no lines."""

    def table(pairs: list[tuple[str, Any]]) -> Table:
        made = Table(None)
        for key, value in pairs:
            if key in made:
                raise _refused(f"names {key[:60]!r} a second time in one table")
            made[key] = value
        return made

    try:
        document = json.loads(text, object_pairs_hook=table, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Invalid([problem]) from None
    return _table(document)
