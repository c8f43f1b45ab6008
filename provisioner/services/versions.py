"""What a device's own settings, native keys and buttons were: kept at each change of them, to go back to.

The state before the first change is kept with it, so that there is always something to go back to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from provisioner import neutral
from provisioner.errors import Invalid, Problem
from provisioner.services.change import Change
from provisioner.services.differences import Differences, plain
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import Device, DeviceVersion
from provisioner.vault import Vault

KEPT = 50
"""Versions of one device."""
OWN = (*neutral.SECTIONS, "owners", "settings", "buttons")
"""The fields of a device that are its own settings: what goes back when it is rolled back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state, since ``at``, made by ``actor`` (empty: how the device was before anybody changed it)."""

    id: int
    at: datetime
    actor: str
    own: Mapping[str, Any]


def keep(change: Change, row: Device, old: DeviceIn, new: DeviceIn, differences: Differences) -> None:
    """Keep what the device's own settings become, where they change."""
    if not any(name.partition(".")[0] in OWN for name in differences):
        return
    session, mine = change.session, DeviceVersion.device_id == row.id
    newest = session.scalars(select(DeviceVersion.id).where(mine).order_by(DeviceVersion.id.desc()).limit(KEPT)).all()
    if not newest:
        change.add(_row(change.vault, row, old, row.created_at, ""))
    change.add(_row(change.vault, row, new, change.clock(), change.actor))
    if len(newest) == KEPT:
        session.execute(
            delete(DeviceVersion).where(mine, DeviceVersion.id <= newest[-1]),
            execution_options={"synchronize_session": False},
        )


def _row(vault: Vault, row: Device, given: DeviceIn, at: datetime, actor: str) -> DeviceVersion:
    made = DeviceVersion(device_id=row.id, at=at, actor=actor[:120])
    made.sealed_own = vault.seal(_place(made), json.dumps(_own(given), sort_keys=True))
    return made


def _place(row: DeviceVersion) -> str:
    return f"device_version/{row.uid}/own"


def _own(given: DeviceIn) -> dict[str, Any]:
    found: dict[str, Any] = {name: plain(getattr(given, name)) for name in neutral.SECTIONS}
    found["owners"] = {name: owner.value for name, owner in given.owners.items()}
    found["settings"] = {vendor: dict(keys) for vendor, keys in given.settings.items()}
    found["buttons"] = [button.model_dump(mode="json") | {"slot": str(button.slot)} for button in given.buttons]
    return {name: value for name, value in found.items() if value}


def history(session: Session, vault: Vault, device_id: int) -> list[Version]:
    """Every version that is kept, newest first, secrets and all. Raises Broken when the key is another."""
    query = select(DeviceVersion).where(DeviceVersion.device_id == device_id).order_by(DeviceVersion.id.desc())
    return [
        Version(id=row.id, at=row.at, actor=row.actor, own=vault.open_json(_place(row), row.sealed_own))
        for row in session.scalars(query)
    ]


def own_of(session: Session, vault: Vault, device_id: int, version_id: int) -> Version:
    """One version of a device. Raises Invalid where it is not this device's, or gone."""
    found = next((one for one in history(session, vault, device_id) if one.id == version_id), None)
    if found is None:
        raise Invalid([Problem(field="version", message="there is no such version of this device any more")])
    return found


def restored(current: DeviceIn, own: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the device as it is, with its own settings as they were."""
    fields = {name: getattr(current, name) for name in DeviceIn.model_fields if name not in OWN}
    return {**fields, **own}
