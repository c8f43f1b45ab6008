"""Extensions: SIP accounts, where they are assigned, and the buttons of their users."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.errors import Problem
from provisioner.services import buttons, sealed
from provisioner.services.change import Change, Clash, Outcome, Part, refuse
from provisioner.services.differences import compare
from provisioner.services.keyboard import new_buttons, set_buttons
from provisioner.services.rows import Known, Rows
from provisioner.services.schemas import ExtensionIn
from provisioner.store.tables import Extension, LocationAssignment, Tenant
from provisioner.vault import Vault

SECTIONS = ("sip", "audio", "calls")
KEPT = ("password", "buttons")


def check(known: Known, given: ExtensionIn) -> Iterator[Problem]:
    """What is wrong with it in its surroundings."""
    for field, noun, name in (
        ("location", "locations", given.location),
        ("template", "button_templates", given.template),
    ):
        lacking = known.lacks(noun, name) if name else None
        if lacking:
            yield Problem(field=field, message=lacking)


def put(change: Change, tenant: Tenant, given: ExtensionIn, row: Extension | None = None) -> Outcome:
    """Make an extension so; ``row`` is the one to change, where its number changes too."""
    rows = change.rows(tenant)
    row = row or rows.extensions.get(given.number)
    refuse([*check(rows, given), *_clashes(rows, given, row)])
    old = dump(change.vault, row) if row else None
    given = sealed.kept(given, old, KEPT)
    differences = compare(old, given)
    if row is None:
        row = _add(change, tenant, given)
    elif differences:
        _write(change, rows, row, given)
        _assign(change, row, _location_id(change, rows, given))
        set_buttons(change, row.buttons, given.buttons)
        change.breathe()
    if old is None or old.password != given.password:
        _set_password(change.vault, row, given.password)
    rows.extensions.put(row, [given.number])
    return change.note(tenant.id, f"extension {given.number}", row, differences, None if old else "added")


def _clashes(rows: Rows, given: ExtensionIn, row: Extension | None) -> Iterator[Problem]:
    if rows.extensions.get(given.number) not in (None, row):
        yield Clash(field="number", message=f"{given.number} is already in use by another extension")


def _add(change: Change, tenant: Tenant, given: ExtensionIn) -> Extension:
    rows = change.rows(tenant)
    row = Extension(tenant_id=tenant.id)
    _write(change, rows, row, given)
    parts = new_buttons("extension_id", given.buttons)
    location_id = _location_id(change, rows, given)
    if location_id is not None:
        parts.append(Part(LocationAssignment, "extension_id", {"location_id": location_id}))
    change.add(row, parts)
    return row


def _write(change: Change, rows: Rows, row: Extension, given: ExtensionIn) -> None:
    row.number, row.name = given.number, given.name
    row.auth_user, row.voicemail = given.auth_user, given.voicemail
    template_id = change.id_of(rows.button_templates.get(given.template) if given.template else None)
    if row.template_id != template_id:
        row.template_id = template_id
        change.forget(row, "template")
    sealed.store_plain(row, given)


def _location_id(change: Change, rows: Rows, given: ExtensionIn) -> int | None:
    return change.id_of(rows.locations.get(given.location) if given.location else None)


def _assign(change: Change, row: Extension, location_id: int | None) -> None:
    if location_id is None:
        row.assignment = None
    elif row.assignment is None:
        row.assignment = LocationAssignment(location_id=location_id)
    elif row.assignment.location_id != location_id:
        row.assignment.location_id = location_id
        change.forget(row.assignment, "location")


def _set_password(vault: Vault, row: Extension, password: str | None) -> None:
    row.sealed_password = vault.seal(f"extension/{row.uid}/password", password) if password else None


def remove(change: Change, tenant: Tenant, row: Extension) -> Outcome:
    """Remove an extension; its lines vanish from the devices that have them."""
    gone = change.note(tenant.id, f"extension {row.number}", None, compare(dump(change.vault, row), None), "removed")
    change.rows(tenant).extensions.drop(row)
    change.delete(row)
    return gone


def dump(vault: Vault, row: Extension) -> ExtensionIn:
    """A stored extension as it was given, secrets and all."""
    return ExtensionIn.model_construct(
        number=row.number,
        name=row.name,
        auth_user=row.auth_user,
        password=vault.open_sealed(f"extension/{row.uid}/password", row.sealed_password) or None,
        voicemail=row.voicemail,
        location=row.assignment.location.name if row.assignment else None,
        template=row.template.name if row.template else None,
        buttons=buttons.dump(row.buttons),
        **sealed.sections(row, {}, SECTIONS),
    )
