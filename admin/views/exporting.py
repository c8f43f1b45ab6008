"""Extensions, locations and their assignments go out as spreadsheets: exactly what the list of the page finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import joinedload

from admin.access import Permission, allow
from admin.csvs import sheet_answer
from admin.lists.extensions import TABLE as EXTENSIONS
from admin.lists.locations import TABLE as LOCATIONS
from admin.scope import Scope, here
from admin.tables import Table
from admin.views.location_assignments import TABLE as ASSIGNMENTS
from provisioner.services import locations
from provisioner.services.rows import sliced
from provisioner.services.schemas import ExtensionIn
from provisioner.spreadsheets import headings, records
from provisioner.store.tables import Extension, Location, LocationAssignment

views = Blueprint("exporting", __name__, url_prefix="/export")


def _extension(row: Extension) -> ExtensionIn:
    """What a sheet shows of an extension: no secret is opened for it."""
    return ExtensionIn.model_construct(
        number=row.number,
        name=row.name,
        auth_user=row.auth_user,
        voicemail=row.voicemail,
        location=row.assignment.location.name if row.assignment else None,
        template=row.template.name if row.template else None,
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the rows of a kind come from, and how each is told."""

    table: Table
    row: Any
    dump: Callable[[Any], Any]
    options: tuple[Any, ...] = ()


_OF_EXTENSIONS = (
    joinedload(Extension.template),
    joinedload(Extension.assignment).joinedload(LocationAssignment.location),
)
_SOURCES: Mapping[str, _Source] = {
    "extensions": _Source(EXTENSIONS, Extension, _extension, _OF_EXTENSIONS),
    "locations": _Source(LOCATIONS, Location, locations.dump),
    "assignments": _Source(ASSIGNMENTS, Extension, _extension, _OF_EXTENSIONS),
}


@views.get("")
@allow(Permission.TENANT_READ)
def export() -> Response:
    """Every row of the list, on all its pages, in its order; CSV, or XLSX with ``form=xlsx``."""
    scope, kind = here(), request.args.get("kind", "")
    source = _SOURCES.get(kind)
    if source is None:
        abort(404)
    form = "xlsx" if request.args.get("form") == "xlsx" else "csv"
    rows = records(kind, (source.dump(row) for row in _rows(scope, source)))
    return sheet_answer(f"{kind}-{scope.tenant.slug}", form, headings(kind), rows)  # type: ignore[arg-type]


def _rows(scope: Scope, source: _Source) -> Iterator[Any]:
    table, row = source.table, source.row
    state = table.state(request.args)
    query = scope.all(row).where(*table.clauses(state)).with_only_columns(row.id)
    for part in sliced(list(scope.session.scalars(table.ordered(query, state)))):
        wanted = scope.all(row).where(row.id.in_(part)).options(*source.options)
        found = {one.id: one for one in scope.session.scalars(wanted)}
        yield from (found[key] for key in part if key in found)
