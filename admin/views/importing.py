"""A spreadsheet comes in: upload, which column is what, what each row would do, and only then it is done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from admin import uploads
from admin.access import Permission, allow
from admin.changes import changing
from admin.csvs import csv_answer
from admin.scope import Scope, here
from admin.views.adding import sighted
from admin.words import _, mark, number
from provisioner.errors import Invalid, Problem
from provisioner.spreadsheets import KINDS, Imported, Kind, Sheet, Verdict, guess, headings, lacking, read, run
from provisioner.store.tables import Upload

views = Blueprint("importing", __name__, url_prefix="/import")

MOST_ROWS = 20_000
SHOWN_REFUSED = 500
SHOWN_GOOD = 200
SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What a kind is called on these pages, and the list that shows it."""

    title: str
    says: str
    endpoint: str
    back: str


NOUNS: Mapping[str, Noun] = {
    "devices": Noun(
        title=mark("Import devices"),
        says=mark("One row for each phone, base or handset: its MAC or IPEI, and what you know of it."),
        endpoint="portal.devices.listing",
        back=mark("Devices"),
    ),
    "extensions": Noun(
        title=mark("Import extensions"),
        says=mark("One row for each extension: its number, and its SIP password where it is new."),
        endpoint="portal.extensions.listing",
        back=mark("Extensions"),
    ),
    "locations": Noun(
        title=mark("Import locations"),
        says=mark("One row for each address: its name, and what emergency calls and time zones need."),
        endpoint="portal.locations.listing",
        back=mark("Locations"),
    ),
    "assignments": Noun(
        title=mark("Import location assignments"),
        says=mark("One row for each extension: its number, and the name of its location."),
        endpoint="portal.location_assignments.listing",
        back=mark("Location assignments"),
    ),
}


def _noun(name: str) -> Noun:
    if name not in NOUNS:
        abort(404)
    return NOUNS[name]


# --- upload


@views.route("", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def upload() -> AnyResponse | str | tuple[str, int]:
    """Take a file and keep it until its columns are clear."""
    scope, name = here(), request.args.get("kind", "devices")
    noun = _noun(name)
    problems: Sequence[Problem] = ()
    if request.method == "POST":
        try:
            return redirect(url_for(".columns", upload_id=_kept(scope, name)), 303)
        except Invalid as invalid:
            problems = invalid.problems
    page = render_template("importing/upload.html", kind=KINDS[name], noun=noun, problems=problems)
    return page, 422 if problems else 200


def _kept(scope: Scope, kind: str) -> int:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid([Problem(field="file", message=_("Choose a file first."))])
    data = file.read()
    problems = _too_many(read(data))
    if problems:
        raise Invalid(problems)
    return uploads.keep(scope, kind, file.filename, data)


@views.get("/empty.csv")
@allow(Permission.TENANT_READ)
def empty() -> Response:
    """A file with nothing but the headings, to be filled in."""
    name = request.args.get("kind", "devices")
    _noun(name)
    return csv_answer(f"{name}.csv", headings(name, secrets=True), ())


# --- columns


@views.get("/<int:upload_id>")
@allow(Permission.TENANT_CHANGE)
def columns(upload_id: int) -> str:
    """Which column is what: our guess, to be set right."""
    scope = here()
    kept = uploads.find(scope, upload_id)
    return _columns_page(kept, uploads.sheet_of(scope, kept), ())


def _columns_page(kept: Upload, sheet: Sheet, problems: Iterable[Problem]) -> str:
    kind = KINDS[kept.kind]
    return render_template(
        "importing/columns.html",
        kept=kept,
        kind=kind,
        noun=NOUNS[kind.name],
        sheet=sheet,
        places=_places(kind, sheet),
        samples=[_samples(sheet, place) for place in range(len(sheet.headings))],
        problems=problems,
    )


def _samples(sheet: Sheet, place: int) -> list[str]:
    """The first values of a column, from its first rows."""
    texts = (row.cell(place).text for row in sheet.rows[:50])
    return list(islice((text for text in texts if text.strip()), SAMPLES))


def _places(kind: Kind, sheet: Sheet) -> dict[str, int]:
    """Where each field stands: as the page says, or as we guess while it says nothing."""
    said = {name: value for name, value in request.values.items() if name.startswith("at.")}
    if not said:
        return guess(kind, sheet.headings)
    return {
        column.name: int(place)
        for column in kind.columns
        if re.fullmatch("[0-9]{1,3}", place := said.get(f"at.{column.name}", "")) and int(place) < len(sheet.headings)
    }


# --- rows


@views.get("/<int:upload_id>/rows")
@allow(Permission.TENANT_CHANGE)
def rows(upload_id: int) -> AnyResponse | str | tuple[str, int]:
    """What each row would do; nothing is done yet."""
    scope = here()
    kept = uploads.find(scope, upload_id)
    kind, sheet = KINDS[kept.kind], uploads.sheet_of(scope, kept)
    places = _places(kind, sheet)
    problems = lacking(kind, places)
    if problems:
        return _columns_page(kept, sheet, problems), 422
    return _rows_page(kept, places, _run(scope, kind, sheet, places, dry_run=True))


def _too_many(sheet: Sheet) -> list[Problem]:
    if len(sheet.rows) <= MOST_ROWS:
        return []
    says = _("More than {n} rows: import them with the command line, or divide the file.", n=number(MOST_ROWS))
    return [Problem(field="file", message=says)]


def _run(scope: Scope, kind: Kind, sheet: Sheet, places: Mapping[str, int], **options: bool) -> Imported:
    known = sighted(scope) if kind.name == "devices" else {}
    with changing(scope) as (change, tenant):
        return run(change, tenant, kind.name, sheet, places, sighted=known, **options)


def _rows_page(kept: Upload, places: Mapping[str, int], told: Imported) -> str:
    refused = [verdict for verdict in told.verdicts if verdict.problems]
    good = [verdict for verdict in told.verdicts if not verdict.problems and verdict.kind != "unchanged"]
    return render_template(
        "importing/rows.html",
        kept=kept,
        noun=NOUNS[kept.kind],
        places=places,
        told=told,
        refused=refused[:SHOWN_REFUSED],
        good=good[:SHOWN_GOOD],
        good_in_all=len(good),
    )


@views.post("/<int:upload_id>/rows")
@allow(Permission.TENANT_CHANGE)
def apply(upload_id: int) -> AnyResponse | str | tuple[str, int]:
    """Do it: every row, or those that can be where the person says so."""
    scope = here()
    kept = uploads.find(scope, upload_id)
    kind, sheet = KINDS[kept.kind], uploads.sheet_of(scope, kept)
    places = _places(kind, sheet)
    try:
        told = _run(scope, kind, sheet, places, only_good=request.form.get("do") == "good")
    except Invalid as invalid:
        return _columns_page(kept, sheet, invalid.problems), 422
    scope.refresh()
    if not told.written:
        return _rows_page(kept, places, told), 422
    uploads.drop(scope, kept)
    flash(_summary(told))
    refused: list[Verdict] = [verdict for verdict in told.verdicts if verdict.problems]
    if refused:
        return render_template(
            "importing/left.html", noun=NOUNS[kind.name], kind=kind, refused=refused[:SHOWN_REFUSED], many=len(refused)
        )
    order = "-added" if kind.name == "devices" else None
    return redirect(url_for(NOUNS[kind.name].endpoint, sort=order), 303)


def _summary(told: Imported) -> str:
    return _(
        "{added} added, {changed} changed, {unchanged} were so already, {refused} left out.",
        added=number(told.count("added")),
        changed=number(told.count("changed")),
        unchanged=number(told.count("unchanged")),
        refused=number(told.count("refused")),
    )


@views.post("/<int:upload_id>/discard")
@allow(Permission.TENANT_CHANGE)
def discard(upload_id: int) -> AnyResponse:
    """Forget the file."""
    scope = here()
    kept = uploads.find(scope, upload_id)
    uploads.drop(scope, kept)
    flash(_("The file is forgotten; nothing was changed."))
    return redirect(url_for(NOUNS[kept.kind].endpoint), 303)
