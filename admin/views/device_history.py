"""What a device was: the versions of its files that it was served, and of its own settings, to go back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, url_for
from werkzeug.wrappers import Response

from admin import pairing
from admin.access import Permission, allow
from admin.changes import changing, parsed
from admin.sayings import say
from admin.scope import Scope, here
from admin.settings import text_of
from admin.views.device import found, page_of, views
from admin.views.device_files import differences, note_revealed
from admin.words import _, stamp
from provisioner import archive, difference
from provisioner.archive import Entry
from provisioner.errors import Invalid, ProvisionerError
from provisioner.services import devices, versions
from provisioner.services.differences import NOT_SET, Differences, compare, told
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import Device

Readable = Mapping[str, tuple[str, str] | None]
"""What differs, by name: from what to what, in words; None for a secret that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One version of the device's own settings: what it changed, and what going back to it would change."""

    id: int
    at: datetime
    actor: str
    changes: Readable
    back: Readable
    error: str = ""


@views.get("/history")
@allow(Permission.TENANT_READ)
def history(key: str) -> str:
    """What was served when, and who changed its own settings when."""
    scope = here()
    device = found(scope, key)
    served = archive.history(scope.session, pairing.gate_of(device).id)
    return page_of(
        "history",
        scope,
        device,
        served=served,
        newest={one.id for one in archive.last_served(scope.session, pairing.gate_of(device).id).values()},
        differences=differences(scope, device),
        states=_states(scope, device),
    )


def _states(scope: Scope, device: Device) -> list[State]:
    kept = versions.history(scope.session, scope.provisioner.vault, device.id)
    return list(_compared(kept, devices.dump(scope.provisioner.vault, device))) if kept else []


def _compared(kept: Sequence[versions.Version], current: DeviceIn) -> Iterator[State]:
    """Each version against the one before it, and against what the device is now."""
    for version, older in zip(kept, [*kept[1:], None], strict=True):
        try:
            then = _as_device(current, version.own)
            before = _as_device(current, older.own) if older else then
            changes, back = _readable(compare(before, then)), _readable(compare(current, then))
            yield State(id=version.id, at=version.at, actor=version.actor, changes=changes, back=back)
        except Invalid as invalid:
            error = str(invalid.problems[0])
            yield State(id=version.id, at=version.at, actor=version.actor, changes={}, back={}, error=error)


def _readable(differences: Differences) -> Readable:
    """The differences in words. The list of buttons says nothing that the buttons themselves do not say."""
    single = any(name.startswith("buttons.") for name in differences)
    pairs = {name: pair for name, pair in told(differences).items() if name != "buttons" or not single}
    return {name: None if isinstance(pair, str) else (_words(pair[0]), _words(pair[1])) for name, pair in pairs.items()}


def _words(value: Any) -> str:
    """A value as people read it; a button in the order of the editor's columns."""
    if value == NOT_SET:
        return _("not set")
    if isinstance(value, dict):
        return " · ".join(str(part) for part in value.values() if part is not True)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return text_of(value)


def _as_device(current: DeviceIn, own: Mapping[str, Any]) -> DeviceIn:
    return parsed(DeviceIn, versions.restored(current, own))


@views.post("/history/<int:version_id>/roll-back")
@allow(Permission.TENANT_CHANGE)
def roll_back(key: str, version_id: int) -> Response:
    """Give the device its own settings, native keys and buttons as they were."""
    scope = here()
    device = found(scope, key)
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id)
            version = versions.own_of(change.session, change.vault, row.id, version_id)
            outcome = devices.roll_back(change, tenant, row, version_id)
    except Invalid as invalid:
        flash(say(invalid.problems[0].message), "bad")
        return redirect(url_for(".history", key=key), 303)
    if outcome.kind == "unchanged":
        flash(_("Nothing changed."))
    else:
        flash(_("Its own settings are what they were at {when}.", when=stamp(version.at)))
    return redirect(url_for(".history", key=key), 303)


# --- one version of a file


def _entry(scope: Scope, device: Device, entry_id: int) -> Entry:
    found_ = archive.entry(scope.session, pairing.gate_of(device).id, entry_id)
    if found_ is None:
        abort(404)
    return found_


@views.get("/history/served/<int:entry_id>")
@allow(Permission.TENANT_READ)
def served(key: str, entry_id: int) -> str:
    """A file as it was served, its secrets masked, and what the version before it had otherwise."""
    scope = here()
    device = found(scope, key)
    entry = _entry(scope, device, entry_id)
    older = _older(scope, device, entry)
    try:
        body = difference.masked_body(scope.provisioner, scope.session, entry).decode("utf-8", "replace")
        now = difference.was(scope.provisioner, scope.session, entry)
        before = difference.was(scope.provisioner, scope.session, older) if older else None
    except ProvisionerError as error:
        return page_of("served", scope, device, entry=entry, older=older, error=str(error))
    changes = difference.compare(before, now) if before else ()
    return page_of("served", scope, device, entry=entry, older=older, body=body, changes=changes, error="")


def _older(scope: Scope, device: Device, entry: Entry) -> Entry | None:
    same = archive.history(scope.session, pairing.gate_of(device).id, entry.file)
    return next((one for one in same if one.id < entry.id), None)


@views.post("/history/served/<int:entry_id>/reveal")
@allow(Permission.SECRETS_REVEAL)
def reveal_served(key: str, entry_id: int) -> str:
    """A file as it was served, secrets and all: a right of its own, and a line in the audit log."""
    scope = here()
    device = found(scope, key)
    entry = _entry(scope, device, entry_id)
    body = archive.body_of(scope.session, scope.provisioner.vault, entry).decode("utf-8", "replace")
    note_revealed(scope, device, {"file": entry.file, "served": stamp(entry.at)})
    return page_of("revealed", scope, device, name=entry.file, body=body)
