"""Spreadsheets into a tenant: every row is judged, and all are written or none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from admin.access import Permission
from admin.api.call import Call
from admin.api.lists import SHEETS
from admin.api.operations import Body, Operation, Parameter, Reply, table
from admin.api.problems import of_invalid
from admin.api.schemas import TEXT, WHOLE
from provisioner import spreadsheets
from provisioner.errors import Invalid, Problem
from provisioner.services.change import Clash, Taken
from provisioner.spreadsheets import KINDS, MOST_BYTES, Imported, Kind

_PATHS = {"assignments": "location-assignments"}  # the path of the list that the import fills
_EXAMPLES = {
    "devices": "mac,model,name\n80:5e:c0:77:00:05,T46U,Store room\n",
    "extensions": "number,name\n155,Store room\n",
    "locations": "name,city,country\nStore,Chicago,US\n",
    "assignments": "extension,location\n101,HQ\n",
}
_FLAG = {"type": "boolean", "default": False}


def _run(call: Call, kind: str) -> Reply:
    sheet = spreadsheets.read(call.body)
    places = spreadsheets.mapped(KINDS[kind], sheet.headings, {})
    with call.changing_here() as (change, tenant):
        told = spreadsheets.run(change, tenant, kind, sheet, places, dry_run=call.query["dry_run"])
    if told.problems and not call.query["dry_run"]:
        clashes = all(isinstance(problem, Clash) for problem in told.problems)
        raise of_invalid((Taken if clashes else Invalid)(told.problems))
    return Reply(value=_told(told, call.query["dry_run"]))


def _told(told: Imported, dry_run: bool) -> dict[str, Any]:
    counts = {kind: told.count(kind) for kind in ("added", "changed", "unchanged", "refused")}
    rows = [
        {
            "row": one.row,
            "subject": one.subject,
            "kind": one.kind,
            "fields": list(one.fields),
            "problems": [_problem(problem) for problem in one.problems],
        }
        for one in told.verdicts
    ]
    return {"dry_run": dry_run, "written": told.written, **counts, "rows": rows}


def _problem(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "message": problem.message}


_ROW = table(
    row=WHOLE,
    subject=TEXT,
    kind=TEXT,
    fields={"type": "array", "items": TEXT},
    problems={"type": "array", "items": table(field=TEXT, message=TEXT)},
)
_ANSWER = table(
    dry_run={"type": "boolean"},
    written={"type": "boolean"},
    added=WHOLE,
    changed=WHOLE,
    unchanged=WHOLE,
    refused=WHOLE,
    rows={"type": "array", "items": _ROW},
)


def operations() -> Iterator[Operation]:
    """One for each kind of sheet."""
    for name, kind in KINDS.items():
        yield _of(name, kind)


def _of(name: str, kind: Kind) -> Operation:
    columns = ", ".join(f"`{column.name}`" for column in kind.columns)
    return Operation(
        name=f"import{name.capitalize()}",
        method="POST",
        path=f"/tenants/{{tenant}}/import/{_PATHS.get(name, name)}",
        tag="Spreadsheets",
        title=f"Import {kind.title.lower()}",
        says="A CSV or XLSX file whose first row names the columns, in common spellings: all rows, or where one is"
        f" wrong none. With `dry_run` every row is only judged. Columns: {columns}.",
        run=lambda call: _run(call, name),
        permission=Permission.TENANT_CHANGE,
        query=(Parameter(name="dry_run", says="Judge every row, and change nothing.", kind=_FLAG),),
        body=Body(
            schema={"type": "string"},
            read=lambda _call, data: data,
            example=_EXAMPLES[name],
            media_types=SHEETS,
            largest=MOST_BYTES,
            is_text=True,
        ),
        answers={200: _ANSWER},
    )
