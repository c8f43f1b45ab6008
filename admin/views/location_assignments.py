"""Location assignments: which location each extension has, one by one, many at once, or from a pasted list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, func, or_, select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import changing, check_as_read, parsed, state_of
from admin.forms import Field, Form
from admin.lists.extensions import LOCATION, at_location, locations
from admin.lists.extensions import rows as extension_rows
from admin.sayings import say
from admin.scope import Scope, here
from admin.tables import Column, Search, Table, begins, contains
from admin.words import _, counted, mark
from provisioner.errors import Invalid
from provisioner.services import extensions
from provisioner.services.change import Change
from provisioner.services.schemas import ExtensionIn
from provisioner.store.tables import Extension, Location, LocationAssignment, Tenant

views = Blueprint("location_assignments", __name__, url_prefix="/advanced/location-assignments")
MOST_PASTED = 5000


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    for word in search.words:
        yield or_(begins(Extension.number, word), contains(Extension.name, word), Extension.id.in_(at_location(word)))
    for _name, value in search.fields:
        assigned = select(LocationAssignment.extension_id)
        yield Extension.id.not_in(assigned) if value == "none" else Extension.id.in_(at_location(value))


_NUMBER = (func.length(Extension.number), Extension.number)

TABLE = Table(
    name="location_assignments",
    key=Extension.id,
    order="number",
    fields=("location",),
    columns=(
        Column(key="number", title=mark("User (extension)"), sort=_NUMBER, lead=True),
        Column(
            key="location", title=mark("Current location"), sort=(func.coalesce(LOCATION, ""),), join=locations
        ),
    ),
    find=_find,
)  # fmt: skip


@views.get("")
@allow(Permission.TENANT_READ)
def listing() -> str:
    """Every extension with its location."""
    scope = here()
    look = TABLE.look(scope.session, scope.all(Extension), request.args, path=url_for(".listing"))
    return render_template(
        "location_assignments/list.html",
        look=look,
        rows=extension_rows(scope, look.keys),
        everything=scope.session.scalar(select(func.count()).select_from(Extension).where(scope.of(Extension))),
        locations=_offered(scope),
        state_of=state_of,
    )


def _offered(scope: Scope) -> list[str]:
    """The names of the locations that may be assigned: the active ones."""
    query = select(Location.name).where(scope.of(Location), Location.active).order_by(func.lower(Location.name))
    return list(scope.session.scalars(query))


@views.post("/<int:extension_id>")
@allow(Permission.TENANT_CHANGE)
def assign(extension_id: int) -> Response:
    """Give one extension its location."""
    scope = here()
    extension = scope.one(Extension, Extension.id == extension_id)
    name = request.form.get("location", "")
    flash(*_assigned(scope, [extension.number], name))
    return redirect(_back(), 303)


@views.post("/many")
@allow(Permission.TENANT_CHANGE)
def assign_many() -> Response:
    """Give the ticked extensions one location."""
    scope = here()
    keys = [int(text) for text in request.form.getlist("row")[:500] if text.isdecimal() and len(text) < 16]
    numbers = scope.session.scalars(select(Extension.number).where(scope.of(Extension), Extension.id.in_(keys))).all()
    if not numbers:
        flash(_("Tick the extensions first."), "warn")
    elif "location" not in request.form:
        flash(_("Choose a location first."), "warn")
    else:
        flash(*_assigned(scope, list(numbers), request.form["location"]))
    return redirect(_back(), 303)


def _assigned(scope: Scope, numbers: list[str], location: str) -> tuple[str, str]:
    """Write the assignments; what to tell about it, and how."""
    if location and location not in _offered(scope):
        return _("{name} is not in the list of active locations.", name=location[:60]), "bad"
    try:
        with changing(scope) as (change, tenant):
            for number in numbers:
                _put(change, tenant, number, location or None)
    except Invalid as invalid:
        return say(invalid.problems[0].message), "bad"
    where = location or _("none")
    return counted(len(numbers), "{n} extension saved: {where}.", "{n} extensions saved: {where}.", where=where), "good"


def _put(change: Change, tenant: Tenant, number: str, location: str | None) -> None:
    row = change.rows(tenant).extensions.get(number)
    assert row
    old = extensions.dump(change.vault, row)
    check_as_read(old.location or "")
    fields = {name: getattr(old, name) for name in ExtensionIn.model_fields}
    extensions.put(change, tenant, parsed(ExtensionIn, {**fields, "location": location}), row)


def _back() -> str:
    names = ("q", "sort", "page", "per_page")
    return url_for(".listing", **{name: request.form[name] for name in names if request.form.get(name)})  # type: ignore[arg-type]  # its own options are no words of ours


# --- a pasted list

PASTE = (
    Field(
        name="list",
        label=mark("Extension and location, one pair a line"),
        kind="area",
        required=True,
        wide=True,
        hint=mark(
            "The number, then a blank, a comma or a tab, then the location’s name. Two columns of a spreadsheet fit."
        ),
        attributes={"rows": "10", "spellcheck": "false", "class": "mono"},
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of a pasted list."""

    line: int
    number: str
    location: str
    says: str
    is_right: bool


@views.route("/paste", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def paste() -> Response | str | tuple[str, int]:
    """A list of pairs: each line is judged before anything is saved."""
    scope = here()
    if request.method == "GET":
        return render_template("location_assignments/paste.html", form=Form(PASTE), verdicts=None)
    form = Form.read(PASTE, request.form)
    verdicts = list(_verdicts(scope, form["list"]))
    right = [one for one in verdicts if one.is_right]
    if request.form.get("do") == "save" and right:
        with changing(scope) as (change, tenant):
            for one in right:
                _put(change, tenant, one.number, one.location)
        flash(counted(len(right), "{n} extension saved.", "{n} extensions saved."))
        return redirect(url_for(".listing"), 303)
    return render_template(
        "location_assignments/paste.html", form=form, verdicts=verdicts
    ), 200 if form.is_right else 422


def _verdicts(scope: Scope, text: str) -> Iterator[Verdict]:
    known = set(scope.session.scalars(select(Extension.number).where(scope.of(Extension))))
    offered = {name.lower(): name for name in _offered(scope)}
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n")[:MOST_PASTED], 1):
        if line.strip():
            extension, place = _pair(line.strip())
            yield _judged(number, extension, place, known, offered, seen)
            seen.setdefault(extension, number)


def _pair(line: str) -> tuple[str, str]:
    parts = re.split(r"[\t,; ]+", line, maxsplit=1)
    return parts[0], parts[1].strip() if len(parts) > 1 else ""


def _judged(  # noqa: PLR0917  # a line of a table
    line: int, extension: str, place: str, known: set[str], offered: dict[str, str], seen: dict[str, int]
) -> Verdict:
    if extension not in known:
        return Verdict(line, extension, place, _("there is no such extension"), False)
    if extension in seen:
        return Verdict(line, extension, place, _("the same as line {line}", line=seen[extension]), False)
    if place.lower() not in offered:
        return Verdict(line, extension, place, _("is no active location"), False)
    return Verdict(line, extension, offered[place.lower()], _("will be saved"), True)
