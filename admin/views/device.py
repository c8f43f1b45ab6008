"""One device: what it is, what it has been told, what it asked for, and why it got what it got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from admin import pairing
from admin.access import Permission, allow
from admin.changes import as_read, changing, check_as_read, edit_device
from admin.forms import Form
from admin.forms import devices as device_forms
from admin.lists.devices import identity_of, key_of, lamps_of, pairing_of
from admin.sayings import say
from admin.scope import Scope, here
from admin.tables import Column, Search, Table, begins, contains
from admin.words import _, mark
from provisioner.errors import Invalid, ProvisionerError
from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.recognise import Ask, recognise
from provisioner.record import LocationRecord, Record
from provisioner.registry import vendors
from provisioner.render import file_names
from provisioner.replay import Step, replay
from provisioner.services import devices
from provisioner.services.pairing import Code
from provisioner.store.tables import Audit, Device, DeviceLine, Extension, Handover, Seen, Sighting
from provisioner.values import Ipei, Mac, Transport

views = Blueprint("device", __name__, url_prefix="/advanced/device-management/<key>")


def found(scope: Scope, key: str) -> Device:
    """The tenant's device of a MAC or IPEI in any notation; 404 where there is none."""
    return scope.one(Device, _named(key))


def _named(key: str) -> ColumnElement[bool]:
    if key.startswith("handset-") and key[8:].isdecimal() and len(key) < 24:
        return Device.id == int(key[8:])
    mac, ipei = _or_none(Mac, key), _or_none(Ipei, key)
    if mac is None and ipei is None:
        abort(404)
    return Device.mac == mac.hex if mac else Device.ipei == (ipei.hex if ipei else "")


def _or_none(kind: Any, text: str) -> Any:
    try:
        return kind.parse(text)
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the device's files are made of, or why they cannot be made."""

    record: Record | None = None
    profile: Profile | None = None
    error: str = ""

    @property
    def location(self) -> LocationRecord | None:
        """The location that won, with the rule by which it did."""
        return self.record.location if self.record else None


def told(scope: Scope, device: Device) -> Told:
    """The merge of the device, or of a handset's base."""
    base = pairing.gate_of(device)
    try:
        record = scope.provisioner.loader.load(scope.session, base.id)
        return Told(record=record, profile=merge(record))
    except (ProvisionerError, ValueError) as error:
        return Told(error=str(error))


def page_of(page: str, scope: Scope, device: Device, /, **shown: Any) -> str:
    """A tab of the device's page, with what stands above all tabs."""
    seen = scope.session.scalars(scope.all(Seen).where(Seen.device_id == pairing.gate_of(device).id)).first()
    now = scope.provisioner.clock()
    state, until = pairing_of(device, now)
    return render_template(
        f"device/{page}.html",
        tab=page,
        device=device,
        key=key_of(device),
        identity=identity_of(device),
        seen=seen,
        lamps=lamps_of(device, seen),
        state=state,
        until=until,
        left_s=int((until - now).total_seconds()) if until else 0,
        vendor=vendors().get(device.vendor),
        **shown,
    )


@views.get("")
@allow(Permission.TENANT_READ)
def overview(key: str) -> str:
    """What one wants to know first."""
    scope = here()
    device = found(scope, key)
    known = told(scope, device)
    return page_of(
        "overview",
        scope,
        device,
        told=known,
        warnings=warnings_of(known.profile) if known.profile else (),
        lines=lines_of(scope, device),
        handsets=_handsets(scope, device),
    )


def lines_of(scope: Scope, device: Device) -> list[Extension]:
    """The device's extensions in the order of its lines."""
    query = (
        select(Extension)
        .join(DeviceLine, DeviceLine.extension_id == Extension.id)
        .where(scope.of(Extension), DeviceLine.device_id == device.id)
        .order_by(DeviceLine.position)
    )
    return list(scope.session.scalars(query))


def _handsets(scope: Scope, device: Device) -> list[tuple[str, str, Device]]:
    members = scope.session.scalars(
        scope.all(Device)
        .where(Device.base_id == device.id)
        .options(joinedload(Device.base))
        .order_by(Device.slot, Device.id)
    )
    return [(key_of(one), identity_of(one), one) for one in members]


@views.route("/edit", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def edit(key: str) -> Response | str | tuple[str, int]:
    """The device's own fields."""
    scope = here()
    device = found(scope, key)
    shape = device_forms.fields(scope, is_handset=device.mac is None)
    stored = device_forms.values_of(devices.dump(scope.provisioner.vault, device))
    if request.method == "GET":
        return page_of("edit", scope, device, form=Form(shape, stored), as_read=as_read(stored))
    form = Form.read(shape, request.form)
    new_key = _save(scope, device, form) if form.is_right else None
    if new_key is None:
        return page_of("edit", scope, device, form=form, as_read=as_read(stored)), 422
    return redirect(url_for(".overview", key=new_key), 303)


def _save(scope: Scope, device: Device, form: Form) -> str | None:
    """Write the form; None when it is not right, which it says itself then."""
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id, with_for_update=True)
            check_as_read(device_forms.values_of(devices.dump(change.vault, row)))
            outcome = edit_device(change, tenant, row, **device_forms.given(form.values))
        flash(_("Nothing changed.") if outcome.kind == "unchanged" else _("Saved."))
        return key_of(row)
    except Invalid as invalid:
        form.refuse(invalid)
        return None


@views.post("/delete")
@allow(Permission.TENANT_CHANGE)
def delete(key: str) -> Response:
    """Remove it, once its identity was typed."""
    scope = here()
    device = found(scope, key)
    typed = "".join(character for character in request.form.get("identity", "") if character.isalnum()).lower()
    right = typed == "".join(character for character in identity_of(device) if character.isalnum()).lower()
    if not right:
        flash(_("Type {identity} to delete it.", identity=identity_of(device)), "warn")
        return redirect(url_for(".edit", key=key), 303)
    try:
        with changing(scope) as (change, tenant):
            devices.remove(change, tenant, [change.session.get_one(Device, device.id)])
    except Invalid as invalid:
        flash(str(invalid), "bad")
        return redirect(url_for(".edit", key=key), 303)
    flash(_("{identity} is deleted.", identity=identity_of(device)))
    return redirect(url_for("portal.devices.listing"), 303)


# --- pairing


@views.route("/pairing", methods=["GET", "POST"])
@allow(Permission.TENANT_READ)
def pair(key: str) -> Response | str:
    """The window: open it, close it, block the device; and who came through it when."""
    scope = here()
    device = found(scope, key)
    if request.method == "POST":
        if not scope.can(Permission.TENANT_CHANGE):
            abort(403)
        _pair(scope, device)
        return redirect(url_for(".pair", key=key), 303)
    return _pairing_page(scope, device)


_BY_HAND = {
    "pairing": mark("pairing"),
    "certificate": mark("certificate"),
    "pairing_code": mark("pairing code"),
}
"""What people change about the pairing, by its name in the audit log."""


def _pairing_page(scope: Scope, device: Device, made: Code | None = None) -> str:
    gate = pairing.gate_of(device)
    asked = scope.all(Sighting).where(Sighting.device_id == gate.id).order_by(Sighting.at.desc(), Sighting.id.desc())
    handed = scope.all(Handover).where(Handover.device_id == gate.id).order_by(Handover.at.desc()).limit(50)
    changes = (
        scope.all(Audit)
        .where(Audit.subject == f"device {identity_of(gate)}")
        .order_by(Audit.at.desc(), Audit.id.desc())
        .limit(50)
    )
    return page_of(
        "pairing",
        scope,
        device,
        gate=gate,
        minutes=scope.tenant.pairing_minutes or 60,
        made=made,
        code_minutes=request.form.get("minutes") if made else pairing.CODE_MINUTES,
        asked=scope.session.scalars(asked.limit(1)).first(),
        handed=scope.session.scalars(handed).all(),
        changes=[
            (row, word, *row.changes[name])
            for row in scope.session.scalars(changes)
            for name, word in _BY_HAND.items()
            if name in row.changes
        ],
    )


def _pair(scope: Scope, device: Device) -> None:
    text = request.form.get("minutes", "")
    with scope.provisioner.database.writing() as session:
        row = session.get_one(Device, device.id)
        match request.form.get("do"):
            case "open" if text.isdecimal() and len(text) < 8 and 0 < int(text) <= pairing.MOST_MINUTES:
                says = pairing.open_window(session, scope.viewer.name, row, int(text), scope.provisioner.clock())
            case "close":
                says = pairing.close_window(session, scope.viewer.name, row)
            case "block":
                says = pairing.block(session, scope.viewer.name, row)
            case "trust" | "distrust" as do:
                says = pairing.distrust(session, scope.viewer.name, row, distrusted=do == "distrust")
            case _:
                abort(400)
    flash(_("Pairing: {says}", says=says))


@views.post("/pairing/code")
@allow(Permission.TENANT_CHANGE)
def make_code(key: str) -> Response | str:
    """A one-time code; it is shown this once."""
    scope = here()
    device = found(scope, key)
    try:
        with scope.provisioner.database.writing() as session:
            row = session.get_one(Device, device.id)
            made = pairing.make_code(session, scope, row, request.form.get("minutes", ""))
    except Invalid as invalid:
        flash(say(invalid.problems[0].message), "bad")
        return redirect(url_for(".pair", key=key), 303)
    return _pairing_page(scope, device, made)


# --- requests


def _find_requests(search: Search) -> Iterator[ColumnElement[bool]]:
    for word in search.words:
        yield or_(contains(Sighting.file, word), begins(Sighting.address, word), contains(Sighting.outcome, word))
    for name, value in search.fields:
        yield begins(getattr(Sighting, name), value)


REQUESTS = Table(
    name="requests",
    key=Sighting.id,
    order="-at",
    fields=("file", "address", "outcome"),
    columns=(
        Column(key="at", title=mark("WHEN"), sort=(Sighting.at,), lead=True),
        Column(key="outcome", title=mark("OUTCOME"), sort=(Sighting.outcome,)),
        Column(key="file", title=mark("FILE"), sort=(Sighting.file,)),
        Column(key="proof", title=mark("PROOF"), sort=(Sighting.proof,)),
        Column(key="address", title=mark("ADDRESS"), sort=(Sighting.address,)),
        Column(key="version", title=mark("VERSION"), sort=(Sighting.version,)),
        Column(key="user_agent", title=mark("USER-AGENT"), sort=(Sighting.user_agent,)),
    ),
    find=_find_requests,
)


@views.get("/requests")
@allow(Permission.TENANT_READ)
def requests(key: str) -> str:
    """What it asked for, and what it got."""
    scope = here()
    device = found(scope, key)
    mine = scope.all(Sighting).where(Sighting.device_id == pairing.gate_of(device).id)
    look = REQUESTS.look(scope.session, mine, request.args, path=url_for(".requests", key=key))
    rows = {row.id: row for row in scope.session.scalars(mine.where(Sighting.id.in_(look.keys)))}
    return page_of("requests", scope, device, look=look, rows=[rows[one] for one in look.keys])


# --- why


@views.get("/why")
@allow(Permission.TENANT_READ)
def why(key: str) -> str:
    """Replay a request of this device, step by step, without noting it."""
    scope = here()
    device = found(scope, key)
    known = told(scope, device)
    names = file_names(known.profile) if known.profile else []
    seen = scope.session.scalars(scope.all(Seen).where(Seen.device_id == pairing.gate_of(device).id)).first()
    given = {
        "path": request.args.get("path", f"/{seen.file}" if seen and seen.file else f"/{names[0]}" if names else "/"),
        "user_agent": request.args.get("user_agent", seen.user_agent if seen else ""),
        "address": request.args.get("address", seen.address if seen else "127.0.0.1"),
        "transport": "tftp" if request.args.get("transport") == "tftp" else "http",
    }
    steps = _replayed(scope, pairing.gate_of(device), given) if "path" in request.args else []
    return page_of("why", scope, device, given=given, steps=steps, names=names, told=known)


def _replayed(scope: Scope, device: Device, given: dict[str, str]) -> list[Step]:
    """The steps, of this device's requests only: of another one's nothing is told."""
    ask = Ask(
        path=given["path"][:2000],
        user_agent=given["user_agent"][:500],
        address=given["address"][:45],
        transport=Transport(given["transport"]),
    )
    identity = recognise(ask)
    private = identity.kind is None or identity.kind.private
    if private and (identity.mac is None or identity.mac.hex != device.mac):
        says = _("this request does not name {identity}, so it is not answered as this device's")
        return [Step("recognise", False, says.format(identity=identity_of(device)))]
    return replay(scope.provisioner, ask)
