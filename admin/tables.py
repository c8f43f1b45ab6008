"""A list page is a column list: sorting, searching and paging happen in SQL, and the whole state is in the URL.

`Table.look` turns a tenant's query and the URL's arguments into a `Look`: the keys of one page in order, the
total, and the addresses of every other page. What a row shows is the noun's own business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Boolean, ColumnElement, Select, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LENGTHS = (25, 50, 100, 250)
LONGEST_SEARCH = 200

Where = ColumnElement[bool]
Join = Callable[[Select[Any]], Select[Any]]
_WORD = re.compile(r'(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it sorts by, and the join that this needs; ``lead`` names the row and is never hidden."""

    key: str
    title: str
    sort: tuple[Any, ...]
    join: Join | None = None
    lead: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """What was typed, taken apart: ``words`` anywhere, and ``fields`` such as ``vendor:yealink``."""

    text: str = ""
    words: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str, known: Iterable[str]) -> Search:
        """Take a text apart; a word before a colon that is no field of this table is part of its word."""
        names, given = set(known), text.strip()[:LONGEST_SEARCH]
        words, fields = [], []
        for match in _WORD.finditer(given):
            name = (match[1] or "").lower()
            value = match[2] if match[2] is not None else match[3]
            if name in names:
                fields.append((name, value))
            else:
                words.append(match[0].strip('"') if match[1] else value)
        return cls(given, tuple(words), tuple(fields))


Finder = Callable[[Search], Iterable[Where]]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the URL says about a list."""

    q: str = ""
    sort: str = ""
    usual: str = ""
    page: int = 1
    per_page: int = LENGTHS[0]
    columns: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def column(self) -> str:
        """What is sorted by."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.sort.startswith("-")

    def arguments(self) -> dict[str, str]:
        """The state as it stands in a URL; what is as usual is left out."""
        said = {
            **self.extra,
            "q": self.q,
            "sort": self.sort if self.sort != self.usual else "",
            "page": str(self.page) if self.page > 1 else "",
            "per_page": str(self.per_page) if self.per_page != LENGTHS[0] else "",
            "columns": ",".join(self.columns),
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One page of a table: the ``keys`` of its rows in order, and where the other pages are."""

    table: Table
    state: State
    path: str
    keys: tuple[Any, ...]
    total: int
    columns: tuple[Column, ...]

    @property
    def first(self) -> int:
        """The number of the first row of this page, 0 where there is none."""
        return (self.state.page - 1) * self.state.per_page + 1 if self.keys else 0

    @property
    def last(self) -> int:
        """The number of the last row of this page."""
        return self.first + len(self.keys) - 1 if self.keys else 0

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.state.per_page))

    @property
    def is_filtered(self) -> bool:
        """Whether a search hides rows."""
        return bool(self.state.q)

    def url(self, **changes: Any) -> str:
        """This page with another state; a new search or order begins at the first page."""
        state = replace(self.state, **{"page": 1, **changes})
        said = urlencode(state.arguments())
        return f"{self.path}?{said}" if said else self.path

    @property
    def here(self) -> str:
        """The address of this very page."""
        return self.url(page=self.state.page)

    @property
    def previous(self) -> str | None:
        """The page before, None on the first."""
        return self.url(page=self.state.page - 1) if self.state.page > 1 else None

    @property
    def next(self) -> str | None:
        """The page after, None on the last."""
        return self.url(page=self.state.page + 1) if self.state.page < self.pages else None

    def sorted(self, column: Column) -> str | None:
        """How the list is sorted by this column, in the words of ``aria-sort``."""
        if self.state.column != column.key:
            return None
        return "descending" if self.state.is_descending else "ascending"

    def turn(self, column: Column) -> str:
        """The list sorted by this column, or the other way round where it is."""
        turned = self.sorted(column) == "ascending"
        return self.url(sort=f"-{column.key}" if turned else column.key)

    def carried(self, *without: str) -> dict[str, str]:
        """The state as hidden inputs of a form that asks for the rest."""
        return {name: value for name, value in self.state.arguments().items() if name not in {"page", *without}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A list of rows of one kind. ``name`` is where a person's columns are remembered."""

    name: str
    key: Any
    columns: tuple[Column, ...]
    order: str
    find: Finder
    fields: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def column(self, key: str) -> Column | None:
        """The column of a key."""
        return next((column for column in self.columns if column.key == key), None)

    def state(self, arguments: Mapping[str, str]) -> State:
        """What the URL says, and for what it does not say or says wrongly, the usual."""
        sort = arguments.get("sort", "")
        per_page = _whole(arguments.get("per_page"), LENGTHS[0])
        return State(
            q=arguments.get("q", "").strip()[:LONGEST_SEARCH],
            sort=sort if self.column(sort.removeprefix("-")) else self.order,
            usual=self.order,
            page=max(1, _whole(arguments.get("page"), 1)),
            per_page=per_page if per_page in LENGTHS else LENGTHS[0],
            columns=self._known(arguments.get("columns", "").split(",")),
            extra={name: arguments[name] for name in self.extra if arguments.get(name)},
        )

    def _known(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key in keys if self.column(key)))

    def shown(self, state: State, remembered: Sequence[str] | None) -> tuple[Column, ...]:
        """The columns in their order: the URL's, else the person's, else the usual ones; never without the lead."""
        keys = state.columns or self._known(remembered or ()) or self.usual
        chosen = [column for key in keys if (column := self.column(key))]
        missing = [column for column in self.columns if column.lead and column not in chosen]
        return (*missing, *chosen)

    @property
    def usual(self) -> tuple[str, ...]:
        """The columns that are shown until somebody chooses."""
        return tuple(column.key for column in self.columns if column.shown)

    def clauses(self, state: State) -> list[Where]:
        """What the search asks of the rows."""
        return list(self.find(Search.of(state.q, self.fields)))

    def look(
        self,
        session: Session,
        query: Select[Any],
        arguments: Mapping[str, str],
        *,
        path: str,
        remembered: Sequence[str] | None = None,
        unfiltered: int | None = None,
    ) -> Look:
        """One page of the query, which selects from the table's entity within a tenant.

        ``unfiltered`` is how many rows it has without a search, where the caller knows it.
        """
        state = self.state(arguments)
        clauses = self.clauses(state)
        filtered = query.with_only_columns(self.key).where(*clauses)
        total = unfiltered if not clauses else None
        keys: tuple[Any, ...] | None = None
        if clauses:
            keys, total = self._searched(session, filtered, state)
        elif total is None and state.page == 1:
            # What fits on one page is counted by looking at it.
            keys = tuple(session.scalars(self.ordered(filtered, state).limit(state.per_page)))
            total = len(keys) if len(keys) < state.per_page else None
        if total is None:
            total = session.scalar(select(func.count()).select_from(filtered.subquery())) or 0
        state = replace(state, page=min(state.page, max(1, -(-total // state.per_page))))
        if keys is None:
            keys = self._page(session, filtered, state, total) if total else ()
        return Look(
            table=self,
            state=state,
            path=path,
            keys=keys,
            total=total,
            columns=self.shown(state, remembered),
        )

    def _searched(
        self, session: Session, filtered: Select[Any], state: State
    ) -> tuple[tuple[Any, ...] | None, int | None]:
        """The keys of the state's page and how many rows there are; neither where the page lies behind the last."""
        start = (state.page - 1) * state.per_page
        found = session.execute(self._counted(filtered, state).limit(state.per_page).offset(start)).all()
        if found:
            return tuple(row[0] for row in found), found[0][1]
        return (None, None) if start else ((), 0)

    def _page(self, session: Session, filtered: Select[Any], state: State, total: int) -> tuple[Any, ...]:
        """The keys of the state's page. What lies in the second half is counted off from the end."""
        start = (state.page - 1) * state.per_page
        many = min(state.per_page, total - start)
        if start <= total // 2:
            return tuple(session.scalars(self.ordered(filtered, state).limit(many).offset(start)))
        turned = self.ordered(filtered, state, backwards=True).limit(many).offset(total - start - many)
        return tuple(session.scalars(turned))[::-1]

    def _counted(self, filtered: Select[Any], state: State) -> Select[Any]:
        """The keys in the state's order, and beside each how many there are: the rows are read once.

        A window function would say the same, but beside a LIMIT it has PostgreSQL plan for the first few rows.
        """
        column = self.column(state.column)
        assert column
        joined = column.join(filtered) if column.join else filtered
        found = joined.add_columns(*(one.label(f"by_{place}") for place, one in enumerate(column.sort))).cte("found")
        key, *by = found.c
        many = select(func.count()).select_from(found).scalar_subquery()
        return select(key, many).order_by(*((one.desc() if state.is_descending else one.asc()) for one in (*by, key)))

    def ordered(self, query: Select[Any], state: State, *, backwards: bool = False) -> Select[Any]:
        """The query in the state's order; rows that are alike keep one order over all pages."""
        column = self.column(state.column)
        assert column
        joined = column.join(query) if column.join else query
        falls = state.is_descending != backwards
        turned = [one.desc() if falls else one.asc() for one in (*column.sort, self.key)]
        return joined.order_by(*turned)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else otherwise


class _Like(FunctionElement[bool]):
    """A column and a pattern, in which a backslash makes a wildcard a character."""

    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True


class _LikeAnyCase(_Like):
    """The same, the case of letters aside."""

    inherit_cache = True


@compiles(_Like)
def _like(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '\\')"


@compiles(_LikeAnyCase)
def _ilike(element: _LikeAnyCase, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} ILIKE {pattern} ESCAPE '\\')"


@compiles(_LikeAnyCase, "sqlite")
def _sqlite_like(element: _LikeAnyCase, compiler: SQLCompiler, **options: Any) -> str:
    # SQLite's LIKE asks for no case of ASCII letters anyway, and lower() on both sides doubles its price.
    return _like(element, compiler, **options)


def contains(column: Any, text: str) -> Where:
    """Whether a column holds a text, its letters' case aside."""
    return _alike(column, f"%{escaped(text)}%")


def holds(column: Any, text: str) -> Where:
    """Whether a column that knows one case only holds a text of that case."""
    return _Like(column, f"%{escaped(text)}%")


def begins(column: Any, text: str) -> Where:
    """Whether a column begins with a text, its letters' case aside."""
    return _alike(column, f"{escaped(text)}%")


def _alike(column: Any, pattern: str) -> Where:
    # PostgreSQL folds the case of every value that it compares; what has no letters is spared that.
    kind = _Like if pattern.isascii() and pattern.lower() == pattern.upper() else _LikeAnyCase
    return kind(column, pattern)


def escaped(text: str) -> str:
    """A text in which LIKE sees no wildcard."""
    return re.sub(r"([\\%_])", r"\\\1", text)
