"""Resync: phones are asked over SIP to fetch their configuration now, and each tells what came of it.

`ask` reads what it needs, sends without a transaction open, and then notes every outcome in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from provisioner.registry import vendors
from provisioner.services.pairing import gate_of
from provisioner.services.rows import sliced
from provisioner.sip import Notice, Reply, notify
from provisioner.store.database import Database
from provisioner.store.tables import Audit, Device, DeviceLine, Extension, Seen, Sighting
from provisioner.values import Ipei, Mac

AT_ONCE = 25
TIMEOUT_S = 2.0

Send = Callable[[Notice], Reply]


class Host(Protocol):
    """What asking needs of the server."""

    @property
    def database(self) -> Database:
        """Where the devices are."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time now."""


@dataclass(frozen=True, slots=True)
class Resynced:
    """What came of asking one device. Only a phone that answered 200 ``is_done``."""

    is_done: bool
    says: str


def ask(host: Host, actor: str, device_ids: Sequence[int], send: Send | None = None) -> dict[int, Resynced]:
    """Ask these devices; every one of them is in the answer. Takes seconds where phones do not answer."""
    with host.database.reading() as session:
        told = {key: one for part in sliced(device_ids) for key, one in _notices(session, part).items()}
    notices = list(dict.fromkeys(one for one in told.values() if isinstance(one, Notice)))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="resync") as pool:
        replies = dict(zip(notices, pool.map(send or partial(notify, timeout_s=TIMEOUT_S), notices), strict=True))
    found = {
        key: _outcome(one, replies[one]) if isinstance(one, Notice) else Resynced(False, one)
        for key, one in told.items()
    }
    _note(host, actor, found)
    return {key: found.get(key, Resynced(False, "the device is gone")) for key in device_ids}


def _outcome(notice: Notice, reply: Reply) -> Resynced:
    if reply.status is None:
        return Resynced(False, f"sent to {notice.address}: {reply.reason}")
    if reply.status < 300:
        return Resynced(True, f"sent, the phone answered {reply.status}")
    hint = _HINTS.get(reply.status, "")
    return Resynced(False, f"sent, the phone answered {reply.status} {reply.reason}".rstrip() + hint)


_CREDENTIALS = ": it wants its account's credentials for this, which its own settings can turn off"
_HINTS = {401: _CREDENTIALS, 407: _CREDENTIALS, 404: ": it has no such account", 489: ": it does not know this event"}


def _notices(session: Session, device_ids: Sequence[int]) -> dict[int, Notice | str]:
    """What each device is to be sent, or why it cannot be sent anything. A handset's base is asked for it."""
    rows = session.scalars(select(Device).where(Device.id.in_(device_ids)).options(joinedload(Device.base))).all()
    gates = {row.id: gate_of(row) for row in rows}
    asked = {gate.id for gate in gates.values()}
    addresses, users = _addresses(session, list(asked)), _users(session, list(asked | set(gates)))
    return {row.id: _notice(gates[row.id], addresses, users.get(row.id) or users.get(gates[row.id].id)) for row in rows}


def _notice(gate: Device, addresses: Mapping[int, str], user: str | None) -> Notice | str:
    vendor = vendors().get(gate.vendor)
    model = vendor.models.find(gate.model) if vendor else None
    event = vendor.resync(model) if vendor and model else ""
    if not vendor or not event:
        return f"no way is known to ask a {gate.vendor} {gate.model} over SIP; restart it"
    address = addresses.get(gate.id) or gate.paired_address
    if not address:
        return "never served: no address to ask at"
    return Notice(address=address, user=user or gate.mac or "", event=event)


def _addresses(session: Session, device_ids: Sequence[int]) -> dict[int, str]:
    """Where each was last served: an address that only asked may be anybody's."""
    last = select(Seen.device_id, Seen.address).where(Seen.device_id.in_(device_ids), Seen.outcome == "served")
    found = {row.device_id: row.address for row in session.execute(last)}
    for device_id in set(device_ids) - set(found):
        served = select(Sighting.address).where(Sighting.device_id == device_id, Sighting.outcome == "served")
        address = session.scalar(served.order_by(Sighting.at.desc()).limit(1))
        if address:
            found[device_id] = address
    return found


def _users(session: Session, device_ids: Sequence[int]) -> dict[int, str]:
    """The number on the first line of each."""
    first = (
        select(DeviceLine.device_id, Extension.number)
        .join(Extension, Extension.id == DeviceLine.extension_id)
        .where(DeviceLine.device_id.in_(device_ids), DeviceLine.position == 1)
    )
    return {row.device_id: row.number for row in session.execute(first)}


def _note(host: Host, actor: str, found: Mapping[int, Resynced]) -> None:
    with host.database.writing() as session:
        for part in sliced(sorted(found)):
            for row in session.scalars(select(Device).where(Device.id.in_(part))):
                session.add(
                    Audit(
                        at=host.clock(),
                        actor=actor[:120],
                        tenant_id=row.tenant_id,
                        action="resync",
                        subject=f"device {_called(row)}",
                        changes={"resync": [None, found[row.id].says]},
                    )
                )


def _called(row: Device) -> str:
    if row.mac:
        return str(Mac(row.mac))
    return str(Ipei.parse(f"0x{row.ipei}")) if row.ipei else f"slot {row.slot}"
