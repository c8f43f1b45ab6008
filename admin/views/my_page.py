"""The own page of an extension's user: what the extension is, and its own buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, parsed
from admin.forms import buttons as editor
from admin.lists.devices import identity_of
from admin.sayings import say
from admin.scope import Scope, here
from admin.views.device import told
from admin.words import _
from provisioner.errors import Invalid
from provisioner.profile import Profile
from provisioner.registry import vendors
from provisioner.services import buttons, own_buttons
from provisioner.services.own_buttons import NOT_FOR_USERS
from provisioner.services.schemas import TemplateIn
from provisioner.store.tables import Device, Extension
from provisioner.values import Mode

views = Blueprint("my_page", __name__, url_prefix="/my-page")
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone of the extension, with what its keys do."""

    name: str
    title: str
    profile: Profile | None


@views.get("")
@allow(Permission.ACCOUNT_OWN)
def page() -> str:
    """The extension, its phones, and its own buttons."""
    extension = _own(here())
    return _page(here(), extension, editor.rows_of(buttons.dump(extension.buttons)))


def _own(scope: Scope) -> Extension:
    """The viewer's extension; 404 for who has none."""
    if scope.viewer.extension_id is None:
        abort(404)
    return scope.one(Extension, Extension.id == scope.viewer.extension_id)


def _page(scope: Scope, extension: Extension, rows: Sequence[editor.Row], problems: Sequence[str] = ()) -> str:
    fixed = own_buttons.fixed_slots(scope.session, scope.tenant, extension)
    phones = [_phone(scope, device) for device in own_buttons.phones(scope.session, extension)[:SHOWN]]
    mine = [row for row in rows if row.is_blank or row.slot not in fixed or row.errors]
    return render_template(
        "my_page.html",
        extension=extension,
        as_read=as_read(editor.rows_of(buttons.dump(extension.buttons))),
        phones=phones,
        fixed=fixed,
        rows=editor.with_blanks(mine),
        modes=[(value, title) for value, title in editor.modes() if Mode(value) not in NOT_FOR_USERS],
        problems=problems,
    )


def _phone(scope: Scope, device: Device) -> Phone:
    vendor = vendors().get(device.vendor)
    title = f"{vendor.title if vendor else device.vendor} {device.model}".strip()
    return Phone(name=device.name or identity_of(device), title=title, profile=told(scope, device).profile)


@views.post("")
@allow(Permission.ACCOUNT_OWN)
def save() -> Response | str | tuple[str, int]:
    """The buttons as they were typed: stored, or with another empty row."""
    scope = here()
    extension = _own(scope)
    typed = [row for row in editor.read(request.form) if not row.is_blank]
    if request.form.get("do") != "save":
        return _page(scope, extension, typed)
    try:
        given = parsed(TemplateIn, {"name": "own", "buttons": editor.given(typed)})
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Extension, extension.id, with_for_update=True)
            check_as_read(editor.rows_of(buttons.dump(row.buttons)))
            own_buttons.put(change, tenant, row, given.buttons)
    except Invalid as invalid:
        typed, others = editor.judged(typed, invalid)
        return _page(scope, extension, typed, [say(problem.message) for problem in others]), 422
    flash(_("Saved. Your phone gets it the next time that it asks."))
    return redirect(url_for(".page"), 303)
