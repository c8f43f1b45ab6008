"""A device's settings: what is in force, where it comes from, what it would inherit, and its own value over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from admin import settings as shown
from admin.access import Permission, allow
from admin.changes import changing, check_as_read
from admin.sayings import say
from admin.scope import Scope, here
from admin.views.device import Told, found, page_of, told, views
from admin.words import _
from provisioner import neutral
from provisioner.errors import Invalid
from provisioner.merge import merge
from provisioner.record import Layer
from provisioner.render import unknown_native_keys
from provisioner.services import devices
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import Device


@views.get("/settings")
@allow(Permission.TENANT_READ)
def settings(key: str) -> str:
    """Every setting with its origin."""
    return _page(here(), key, "")


def _page(scope: Scope, key: str, error: str) -> str:
    device = found(scope, key)
    known = told(scope, device)
    stored = devices.dump(scope.provisioner.vault, device)
    overrides = scope.provisioner.installation.template_dir
    wanted = shown.Found.of(request.args)
    return page_of(
        "settings",
        scope,
        device,
        told=known,
        rows=wanted.among(_rows(known, stored) if device.mac else ()),
        natives=shown.natives(stored.settings, device.vendor),
        unknown=unknown_native_keys(known.profile, overrides) if known.profile else (),
        wanted=wanted,
        error=error,
        owners=shown.OWNERS,
    )


def _rows(known: Told, stored: DeviceIn) -> Iterable[shown.Row]:
    if known.record is None or known.profile is None:
        return ()
    bare = replace(known.record, device_layer=Layer(origin=known.record.device_layer.origin))
    return shown.rows(known.profile.settings, merge(bare).settings, stored)


@views.post("/settings/<name>")
@allow(Permission.TENANT_CHANGE)
def set_setting(key: str, name: str) -> Response | str | tuple[str, int]:
    """Give the device its own value, clear it on the phone, or inherit again."""
    scope = here()
    device = found(scope, key)
    if name not in neutral.defaults() or device.mac is None:
        abort(404)
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id, with_for_update=True)
            stored = devices.dump(change.vault, row)
            check_as_read(shown.own(stored, name))
            devices.set_own(change, tenant, row, **shown.changed(stored, name, request.form))
    except Invalid as invalid:
        return _page(scope, key, say(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=name))
    return redirect(url_for(".settings", key=key, _anchor=name), 303)


@views.post("/native")
@allow(Permission.TENANT_CHANGE)
def set_native(key: str) -> Response | str | tuple[str, int]:
    """Set a key of the vendor's own, take it out of the file, or leave it to the template again."""
    scope = here()
    device = found(scope, key)
    if device.mac is None:
        abort(404)
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id)
            stored = devices.dump(change.vault, row)
            keys = shown.with_native(stored.settings, row.vendor, request.form)
            devices.set_own(change, tenant, row, settings=keys)
    except Invalid as invalid:
        return _page(scope, key, say(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=request.form.get("key", "").strip()))
    return redirect(url_for(".settings", key=key, _anchor="native"), 303)
