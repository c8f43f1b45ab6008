"""What can be done to many devices at once, in the order of the Action menu."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from admin import pairing
from admin.changes import change_of, edit_device
from admin.words import _, counted, mark
from provisioner.answer import Provisioner
from provisioner.errors import Invalid, Problem
from provisioner.services import devices, resync
from provisioner.services.resync import Resynced
from provisioner.store.tables import ButtonTemplate, Device, Job, Tenant
from provisioner.values import fits

Asks = Literal["", "minutes", "template", "location"]
Run = Callable[[Provisioner, Session, Job, Device], str]
Ahead = Callable[[Provisioner, str, Sequence[int]], Mapping[int, Resynced]]


def _always(_device: Device, _template: ButtonTemplate | None) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One entry of the menu. ``asks`` is what it wants to know first, ``cannot`` why a device is left out.

    ``missing`` says why the whole action cannot be chosen here. ``ahead`` is what takes long and needs no
    transaction: it is done for many devices at once and tells what came of each; nothing is left to ``run``.
    """

    key: str
    title: str
    says: str
    run: Run
    ahead: Ahead | None = None
    asks: Asks = ""
    cannot: Callable[[Device, ButtonTemplate | None], str | None] = _always
    is_dangerous: bool = False
    is_final: bool = False
    missing: str = ""

    def wants_count(self, many: int) -> bool:
        """Whether it is confirmed by typing how many devices change: several at once, or what nothing brings back."""
        return self.is_dangerous and (many > 1 or self.is_final)


def _open(provisioner: Provisioner, session: Session, job: Job, device: Device) -> str:
    return pairing.open_window(session, job.actor, device, int(job.arguments["minutes"]), provisioner.clock())


def _close(_provisioner: Provisioner, session: Session, job: Job, device: Device) -> str:
    return pairing.close_window(session, job.actor, device)


def _block(_provisioner: Provisioner, session: Session, job: Job, device: Device) -> str:
    return pairing.block(session, job.actor, device)


def _assign(provisioner: Provisioner, session: Session, job: Job, device: Device) -> str:
    """Give the device the template or location of the job's name, or none."""
    with change_of(provisioner, session, job.actor) as change:
        name = job.arguments.get("name") or None
        outcome = edit_device(change, session.get_one(Tenant, job.tenant_id), device, **{job.action: name})
    return _("as it was") if outcome.kind == "unchanged" else name or _("none of its own")


def _delete(provisioner: Provisioner, session: Session, job: Job, device: Device) -> str:
    with change_of(provisioner, session, job.actor) as change:
        gone = devices.remove(change, session.get_one(Tenant, job.tenant_id), [device])
    return (
        _("deleted")
        if len(gone) == 1
        else counted(len(gone) - 1, "deleted with {n} handset", "deleted with {n} handsets")
    )


def _nothing(_provisioner: Provisioner, _session: Session, _job: Job, _device: Device) -> str:
    raise Invalid([Problem(field="action", message="cannot be done here")])


def _not_open_to_closed(device: Device, _template: ButtonTemplate | None) -> str | None:
    closed = pairing.gate_of(device).state == "closed"
    return _("its window is closed already") if closed else None


def _not_blocked_twice(device: Device, _template: ButtonTemplate | None) -> str | None:
    return _("it is blocked already") if pairing.gate_of(device).state == "blocked" else None


def _fits(device: Device, template: ButtonTemplate | None) -> str | None:
    if device.mac is None:
        return _("a handset has no keys of its own; its base has")
    patterns = template.models if template else []
    if patterns and not any(one == "*" or fits(device.vendor, device.model, one) for one in patterns):
        return _("the template is not for {vendor} {model}", vendor=device.vendor, model=device.model)
    return None


_LISTED = (
    Action(
        key="open",
        title=mark("Open pairing"),
        says=mark("The pairing window opens; the next request of each phone pairs it anew."),
        asks="minutes",
        run=_open,
    ),
    Action(
        key="close",
        title=mark("Close pairing"),
        says=mark("The pairing window closes, and what the phones have as proof is worthless from now on."),
        cannot=_not_open_to_closed,
        run=_close,
    ),
    Action(
        key="block",
        title=mark("Block"),
        says=mark("The phones get nothing any more, whatever they prove, until their pairing is opened."),
        cannot=_not_blocked_twice,
        is_dangerous=True,
        run=_block,
    ),
    Action(
        key="resync",
        title=mark("Resync"),
        says=mark(
            "The phones are asked over SIP, at the address where they were served last, to fetch their files now."
        ),
        ahead=resync.ask,
        run=_nothing,
    ),
    Action(
        key="template",
        title=mark("Assign template"),
        says=mark("The phones get this button template as their own."),
        asks="template",
        cannot=_fits,
        run=_assign,
    ),
    Action(
        key="location",
        title=mark("Assign location"),
        says=mark("The phones get this location as their own; it wins over their extensions' locations."),
        asks="location",
        run=_assign,
    ),
    Action(
        key="rps",
        title=mark("Register at RPS"),
        says=mark("The phones are registered at their vendor's redirection service."),
        missing=mark("no redirection service is set up"),
        run=_nothing,
    ),
    Action(key="export", title=mark("Export"), says=mark("The devices as a spreadsheet file."), run=_nothing),
    Action(
        key="delete",
        title=mark("Delete"),
        says=mark("The devices are removed, with their own settings and buttons. A base takes its handsets with it."),
        is_dangerous=True,
        is_final=True,
        run=_delete,
    ),
)

ACTIONS: Mapping[str, Action] = {action.key: action for action in _LISTED}


def confirms(typed: str, many: int) -> bool:
    """Whether what was typed is this number, with or without what sets off its thousands."""
    return re.sub(r"[\s.,'’]", "", typed) == str(many)
