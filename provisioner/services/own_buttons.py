"""What the user of an extension may change: its own buttons, but for those that an admin has fixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from provisioner.errors import Problem
from provisioner.services import buttons, extensions
from provisioner.services.buttons import ButtonIn, Buttons
from provisioner.services.change import Change, Outcome, refuse
from provisioner.services.schemas import ExtensionIn
from provisioner.store.tables import Button, Device, DeviceLine, Extension, Tenant
from provisioner.values import Mode, fits

NOT_FOR_USERS = frozenset({Mode.NATIVE, Mode.URL, Mode.XML, Mode.LOCAL})
"""Modes that reach past the telephone system, into the phone itself or the network around it."""
MOST = 200


def phones(session: Session, row: Extension) -> Sequence[Device]:
    """The devices that show the extension's buttons: those on whose first line it is."""
    query = (
        select(Device)
        .join(DeviceLine, DeviceLine.device_id == Device.id)
        .where(DeviceLine.extension_id == row.id, DeviceLine.position == 1, Device.tenant_id == row.tenant_id)
        .order_by(Device.id)
        .limit(MOST)
    )
    return session.scalars(query).all()


def fixed_slots(session: Session, tenant: Tenant, row: Extension) -> frozenset[str]:
    """The slots that its user may not change, by a template, by the extension, or by a device that it is on."""
    devices = phones(session, row)
    templates = {template for device in devices for template in _templates(tenant, row, device)}
    owners = or_(
        Button.extension_id == row.id,
        Button.template_id.in_(templates),
        Button.device_id.in_([device.id for device in devices]),
    )
    return frozenset(session.scalars(select(Button.slot).where(Button.fixed, owners)))


def _templates(tenant: Tenant, row: Extension, device: Device) -> Iterator[int]:
    """The templates that the device's buttons may come from: in `merge`'s order, and rather one too many."""
    own = device.template_id or row.template_id
    if own:
        yield own
    for pattern, template in tenant.default_templates.items():
        if not own and fits(device.vendor, device.model, pattern):
            yield int(template)


def put(change: Change, tenant: Tenant, row: Extension, given: Buttons) -> Outcome:
    """Make the extension's own buttons so; those that are fixed stay. Raises Invalid naming row and field."""
    fixed = fixed_slots(change.session, tenant, row)
    refuse(list(_refused(given, fixed)))
    old = {str(one.slot): one for one in buttons.dump(row.buttons)}
    kept = [one for slot, one in old.items() if slot in fixed]
    wanted = [_with_codes(one, old.get(str(one.slot))) for one in given]
    stored = extensions.dump(change.vault, row)
    fields = {name: getattr(stored, name) for name in ExtensionIn.model_fields}
    own = ExtensionIn.model_construct(**{**fields, "buttons": (*kept, *wanted)})
    return extensions.put(change, tenant, own, row)


def _refused(given: Buttons, fixed: frozenset[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, one in enumerate(given):
        if str(one.slot) in fixed:
            yield Problem(field=f"buttons.{number}.slot", message=f"{one.slot} is fixed; ask an admin to change it")
        if str(one.slot) in seen:
            yield Problem(field=f"buttons.{number}.slot", message=f"{one.slot} is taken twice; keep one")
        if one.mode in NOT_FOR_USERS:
            yield Problem(field=f"buttons.{number}.mode", message=f"{one.mode.value} is for admins; choose another")
        seen.add(str(one.slot))
    if len(given) > MOST:
        yield Problem(field="buttons", message=f"at most {MOST}")


def _with_codes(given: ButtonIn, old: ButtonIn | None) -> ButtonIn:
    """What an admin set beside the button is not the user's to change."""
    kept = {"account": old.account, "pickup": old.pickup} if old else {"account": None, "pickup": None}
    return given.model_copy(update={**kept, "fixed": False})
