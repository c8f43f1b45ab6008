"""Lists: ``q`` as on the portal's pages, filters by column, ``sort``, pages, ``fields=``, and CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, request
from sqlalchemy import ColumnElement, Select, func, select

from admin.api.call import Call
from admin.api.noun import Flag, Noun, Shown, loaded
from admin.api.operations import JSON, Parameter, Reply, table, text_argument
from admin.api.schemas import WHOLE
from admin.csvs import sheet_answer
from admin.tables import LONGEST_SEARCH, Search, State, Table
from provisioner.services.fields import Schema
from provisioner.services.rows import sliced
from provisioner.spreadsheets import KINDS, MEDIA_TYPES, Format, headings, records

CSV = "text/csv"
XLSX = MEDIA_TYPES["xlsx"]
SHEETS = (CSV, XLSX)
_FORMS: Mapping[str, Format] = {CSV: "csv", XLSX: "xlsx"}
MOST_PER_PAGE = 1000
MOST_IN_SHEET = 100_000

Where = ColumnElement[bool]
Filters = Mapping[str, Callable[[Any], Where]]
Show = Callable[[Sequence[int]], list[Shown]]
Row = TypeVar("Row")


PAGES = (
    Parameter(name="page", says="From 1.", kind={"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1}),
    Parameter(
        name="per_page",
        says="How many on a page.",
        kind={"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": 25},
    ),
)
"""What a list takes that neither searches nor sorts."""


def arguments(table: Table, filters: Filters, names: Sequence[str]) -> tuple[Parameter, ...]:
    """What a list takes in its query."""
    fields = f" Fields: {', '.join(f'`{name}:`' for name in table.fields)}." if table.fields else ""
    columns = [column.key for column in table.columns if column.sort]
    sorts = [*columns, *(f"-{name}" for name in columns)]
    text = text_argument(LONGEST_SEARCH)
    return (
        Parameter(name="q", says=f"Search, as on the portal's page.{fields}", kind=text),
        Parameter(
            name="sort",
            says="The column to sort by; with a dash the other way round.",
            kind={"type": "string", "enum": sorts, "default": table.order},
        ),
        Parameter(name="page", says="From 1.", kind={"type": "integer", "minimum": 1, "maximum": 1_000_000}),
        Parameter(
            name="per_page",
            says="How many on a page.",
            kind={"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE},
        ),
        Parameter(
            name="fields",
            says="Only these fields, with commas between them.",
            kind={"type": "array", "items": {"type": "string", "enum": list(names)}},
        ),
        *(_filter(name, make) for name, make in filters.items()),
    )


def _filter(name: str, make: Callable[[Any], Where]) -> Parameter:
    if isinstance(make, Flag):
        return Parameter(name=name, says=f"Only those that are {name}, or with 0 are not.", kind={"type": "boolean"})
    return Parameter(name=name, says=f"Only those of exactly this {name}.", kind=text_argument(LONGEST_SEARCH))


@dataclass(frozen=True)
class Importable:
    """A list that a spreadsheet import takes back unchanged: its kind, and the things of these row ids."""

    kind: str
    things: Callable[[Sequence[int]], Iterable[Schema]]


def listing(call: Call, noun: Noun) -> Reply | Response:
    """A list of a noun."""

    def show(keys: Sequence[int]) -> list[Shown]:
        return noun.shown(call.scope, loaded(call, noun, keys))

    def things(keys: Sequence[int]) -> Iterable[Schema]:
        return (noun.dump(call.provisioner.vault, row) for row in loaded(call, noun, keys))

    sheet = Importable(noun.path, things) if noun.path in KINDS else None
    return look(
        call, noun.table, call.scope.all(noun.row), filters=noun.filters, show=show, names=noun.fields, sheet=sheet
    )


def look(
    call: Call,
    table: Table,
    query: Select[Any],
    *,
    filters: Filters,
    show: Show,
    names: Sequence[str],
    sheet: Importable | None = None,
) -> Reply | Response:
    """A page of a query as JSON, or all that it finds as a spreadsheet."""
    asked: Mapping[str, Any] = call.query
    fields: Sequence[str] = asked.get("fields") or names
    clauses = [*table.find(Search.of(asked.get("q", ""), table.fields))]
    clauses += [make(asked[name]) for name, make in filters.items() if name in asked]
    found = query.with_only_columns(table.key).where(*clauses)
    ordered = table.ordered(found, State(sort=asked["sort"]))
    form = _FORMS.get(request.accept_mimetypes.best_match([JSON, *_FORMS], JSON))
    if form:
        wanted = _paged(ordered, asked) if "page" in asked or "per_page" in asked else ordered.limit(MOST_IN_SHEET)
        parts = list(sliced(list(call.session.scalars(wanted))))
        if sheet and "fields" not in asked:
            things = (one for keys in parts for one in sheet.things(keys))
            return sheet_answer(table.name, form, headings(sheet.kind), records(sheet.kind, things))
        return sheet_answer(table.name, form, fields, _cells(fields, (one for keys in parts for one in show(keys))))
    total = call.session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    items = show(list(call.session.scalars(_paged(ordered, asked)))) if total else []
    return Reply(value={"items": [_only(item, fields) for item in items], "total": total})


def _paged(query: Select[Any], asked: Mapping[str, Any]) -> Select[Any]:
    length = asked.get("per_page", 25)
    return query.limit(length).offset((asked.get("page", 1) - 1) * length)


def items_of(item: Any, **more: Any) -> dict[str, Any]:
    """The schema of a list of items that have no name of their own."""
    return table(items={"type": "array", "items": item}, total=WHOLE, **more)


def page_of(call: Call, rows: Sequence[Row], show: Callable[[Row], Any] = lambda row: row) -> Reply:
    """The page of these rows that the query asks for with `PAGES`."""
    page, length = call.query["page"], call.query["per_page"]
    shown = [show(row) for row in rows[(page - 1) * length : page * length]]
    return Reply(value={"items": shown, "total": len(rows)})


def _only(item: Shown, fields: Sequence[str]) -> Shown:
    return {name: item[name] for name in fields if name in item}


def _cells(fields: Sequence[str], items: Iterable[Shown]) -> Iterator[Sequence[str]]:
    return ([_cell(item.get(name)) for name in fields] for item in items)


def _cell(value: Any) -> str:
    """A value as a cell has it: lists with blanks between, tables by their names."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(_cell(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}={_cell(one)}" for name, one in value.items() if one not in (None, ""))
    return str(value)
