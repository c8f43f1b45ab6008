"""A device's keys: what each shows and who says so, drawn and listed, and its own buttons over the template's."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, edit_device, parsed
from admin.forms import buttons as editor
from admin.pictures import Picture, Shown, draw
from admin.sayings import say
from admin.scope import Scope, here
from admin.views.button_templates import warned
from admin.views.device import found, page_of, told, views
from admin.words import _
from provisioner.errors import Invalid
from provisioner.profile import Button, Profile
from provisioner.registry import vendors
from provisioner.services import devices
from provisioner.services.schemas import TemplateIn
from provisioner.store.tables import Device
from provisioner.values import Slot


@views.get("/keys")
@allow(Permission.TENANT_READ)
def keys(key: str) -> str:
    """Every key with the origin of its button."""
    scope = here()
    device = found(scope, key)
    stored = devices.dump(scope.provisioner.vault, device)
    return _keys_page(scope, device, editor.rows_of(stored.buttons), ())


def _keys_page(scope: Scope, device: Device, rows: Sequence[editor.Row], problems: Sequence[str]) -> str:
    known = told(scope, device)
    profile = known.profile
    picked = (vendors()[profile.vendor], profile.model) if profile else None
    return page_of(
        "keys",
        scope,
        device,
        told=known,
        as_read=as_read(editor.rows_of(devices.dump(scope.provisioner.vault, device).buttons)),
        picture=picture_of(profile) if profile and device.mac else None,
        buttons=sorted(profile.buttons.values(), key=_on_the_phone) if profile else [],
        rows=editor.with_blanks([warned(row, picked) for row in rows]),
        modes=editor.modes(),
        complaint=editor.complaint(request.form),
        problems=problems,
    )


def _on_the_phone(button: Button) -> tuple[int, str, int]:
    """The phone's own keys come before those of its modules."""
    return (button.slot.module, button.slot.group.replace("line", ""), button.slot.number)


def shown(profile: Profile) -> dict[Slot, Shown]:
    """The device's buttons as its picture and its labels show them."""
    return {
        slot: Shown(button.mode, str(button.label), str(button.value), str(button.origin))
        for slot, button in profile.buttons.items()
    }


def picture_of(profile: Profile) -> Picture:
    """The phone as it stands on the desk."""
    return draw(profile.vendor, profile.model, shown(profile), profile.modules)


@views.post("/keys")
@allow(Permission.TENANT_CHANGE)
def set_keys(key: str) -> Response | str | tuple[str, int]:
    """The device's own buttons."""
    scope = here()
    device = found(scope, key)
    profile = told(scope, device).profile
    typed = editor.changed(editor.read(request.form), request.form, profile.model if profile else None)
    if request.form.get("do") != "save":
        return _keys_page(scope, device, typed, ())
    try:
        # A template's schema is asked first, for it names the row that is wrong.
        given = parsed(TemplateIn, {"name": "own", "buttons": editor.given(typed)})
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id, with_for_update=True)
            check_as_read(editor.rows_of(devices.dump(change.vault, row).buttons))
            edit_device(change, tenant, row, buttons=given.buttons)
    except Invalid as invalid:
        typed, others = editor.judged(typed, invalid)
        return _keys_page(scope, device, typed, [say(problem.message) for problem in others]), 422
    flash(_("Saved."))
    return redirect(url_for(".keys", key=key), 303)
