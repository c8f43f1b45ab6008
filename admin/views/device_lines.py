"""A device's lines: which extension sits on which, edited in place and put into another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, edit_device
from admin.forms import devices as device_forms
from admin.sayings import say
from admin.scope import Scope, here
from admin.views.device import found, lines_of, page_of, told, views
from admin.words import _
from provisioner.errors import Invalid
from provisioner.services import devices
from provisioner.services.schemas import MOST_EXTENSIONS
from provisioner.store.tables import Device, Extension


@views.get("/lines")
@allow(Permission.TENANT_READ)
def lines(key: str) -> str:
    """Line by line, with what is free."""
    scope = here()
    device = found(scope, key)
    return _lines_page(scope, device, [one.number for one in lines_of(scope, device)], {})


@views.post("/lines")
@allow(Permission.TENANT_CHANGE)
def set_lines(key: str) -> Response | str | tuple[str, int]:
    """Another order, another extension, one more; nothing is stored before it is saved."""
    scope = here()
    device = found(scope, key)
    typed = _moved(_read(request.form), request.form.get("do", ""))
    if request.form.get("do") != "save":
        return _lines_page(scope, device, typed, {})
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id, with_for_update=True)
            check_as_read(devices.dump(change.vault, row).extensions)
            outcome = edit_device(change, tenant, row, extensions=tuple(one for one in typed if one))
    except Invalid as invalid:
        return _lines_page(scope, device, typed, _errors(invalid, typed)), 422
    flash(_("Nothing changed.") if outcome.kind == "unchanged" else _("Saved."))
    return redirect(url_for(".lines", key=key), 303)


def _read(sent: Mapping[str, str]) -> list[str]:
    """The numbers in the order of the fields; a blank one is a line that is to go."""
    text = sent.get("rows", "")
    count = int(text) if text.isdecimal() and len(text) < 4 else 0
    return [sent.get(f"line-{number}", "").strip() for number in range(min(count, MOST_EXTENSIONS))]


def _moved(typed: list[str], wanted: str) -> list[str]:
    """The lines after what the person asked the page to do with them."""
    do, _dash, text = wanted.partition("-")
    at = int(text) if text.isdecimal() and len(text) < 4 else -1
    to = {"up": at - 1, "down": at + 1}.get(do, at)
    moved = list(typed)
    if do == "drop" and 0 <= at < len(moved):
        del moved[at]
    elif 0 <= at < len(moved) and 0 <= to < len(moved):
        moved[at], moved[to] = moved[to], moved[at]
    return moved


def _errors(invalid: Invalid, typed: Sequence[str]) -> dict[int, str]:
    """What is wrong, by the line that it is about; what belongs to no line stands at -1."""
    filled = [number for number, text in enumerate(typed) if text]
    found_: dict[int, str] = {}
    for problem in invalid.problems:
        number = problem.field.rpartition(".")[2]
        known = number.isdecimal() and int(number) < len(filled)
        found_.setdefault(filled[int(number)] if known else -1, say(problem.message))
    return found_


def _lines_page(scope: Scope, device: Device, typed: Sequence[str], errors: Mapping[int, str]) -> str:
    known = told(scope, device)
    names = select(Extension.number, Extension.name).where(scope.of(Extension), Extension.number.in_(typed))
    accounts = known.profile.model.accounts if known.profile and device.mac else None
    return page_of(
        "lines",
        scope,
        device,
        told=known,
        as_read=as_read(devices.dump(scope.provisioner.vault, device).extensions),
        typed=[one for one in typed if one],
        names={row.number: row.name for row in scope.session.execute(names)},
        errors=errors,
        accounts=accounts,
        suggestions=device_forms.extensions(scope).suggestions,
    )
