"""Devices come in: one by one at the scanner's pace, as a pasted list, or from what was seen asking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import exists, func, select
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import changing, parsed
from admin.forms import Field, Form
from admin.forms import devices as device_forms
from admin.scope import Scope, here
from admin.views.devices import views
from admin.words import _, counted, mark
from provisioner.errors import Invalid, Problem
from provisioner.gate import is_inside
from provisioner.recognise import vendor_by_oui
from provisioner.registry import vendors
from provisioner.services import devices
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import Device, Seen, Tenant, UnknownDevice
from provisioner.values import Mac

MOST_PASTED = 5000
KEPT = ("vendor", "model", "template", "location", "base")
"""What a person who adds one after the other does not want to choose again."""


@views.route("/add", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def add() -> Response | str | tuple[str, int]:
    """One more; the form comes back ready for the next."""
    scope = here()
    is_handset = request.args.get("kind") == "ipei"
    shape = device_forms.fields(scope, is_handset=is_handset, is_new=True)
    if request.method == "GET":
        form = Form(shape, {name: request.args.get(name, "") for name in ("mac", "model", *KEPT)})
        return render_template("devices/add.html", form=form, is_handset=is_handset, added=request.args.get("added"))
    form = Form.read(shape, request.form)
    identity = _added(scope, form) if form.is_right else None
    if identity is None:
        return render_template("devices/add.html", form=form, is_handset=is_handset, added=None), 422
    if request.form.get("then") == "open":
        return redirect(url_for("portal.device.overview", key=re.sub(r"[^0-9A-Za-z]", "", identity)), 303)
    kept: dict[str, Any] = {name: form[name] for name in KEPT if form[name]}
    if is_handset:
        kept["kind"] = "ipei"
    return redirect(url_for(".add", added=identity, **kept), 303)


def _added(scope: Scope, form: Form) -> str | None:
    try:
        given = parsed(DeviceIn, device_forms.given(form.values))
        with changing(scope) as (change, tenant):
            _refuse_known(change.rows(tenant).devices.get(given.mac) if given.mac else None, "mac")
            _refuse_known(change.rows(tenant).devices.get(given.ipei) if given.ipei else None, "ipei")
            devices.put(change, tenant, given)
        return str(given.mac or given.ipei or f"{given.base} slot {given.slot}")
    except Invalid as invalid:
        form.refuse(invalid)
        return None


def _refuse_known(row: Device | None, field: str) -> None:
    """Adding changes nothing that is there."""
    if row is not None:
        name = f" ({row.name})" if row.name else ""
        raise Invalid([Problem(field=field, message=f"this device is in the list already{name}")])


@views.get("/check-mac")
@allow(Permission.TENANT_CHANGE)
def check_mac() -> str:
    """What can be said of a MAC while it is typed."""
    scope = here()
    text = request.args.get("mac", "").strip()
    if not text:
        return render_template("devices/_mac.html", verdict=None)
    verdict = _verdict(text, _known_macs(scope, [text]))
    chosen, vendor = vendors().get(request.args.get("vendor", "")), vendor_by_oui(verdict.mac) if verdict.mac else None
    told, model = sighted(scope).get(verdict.mac.hex, ("", "")) if verdict.mac else ("", "")
    return render_template(
        "devices/_mac.html",
        verdict=verdict,
        told=vendors().get(told or vendor or ""),
        model=model,
        other=chosen if chosen and vendor and chosen.name != vendor else None,
    )


# --- a pasted list


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of a pasted list: the MAC as we read it, and what is to be said of it."""

    line: int
    text: str
    mac: Mac | None
    name: str
    vendor: str | None
    says: str
    is_right: bool


def _known_macs(scope: Scope, texts: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Whose the MACs among these texts are: tenant and name by twelve digits."""
    macs = {mac.hex for text in texts if (mac := _mac(text))}
    found: dict[str, tuple[int, str]] = {}
    listed = sorted(macs)
    for start in range(0, len(listed), 500):
        query = select(Device.mac, Device.tenant_id, Device.name).where(Device.mac.in_(listed[start : start + 500]))
        found |= {row.mac: (row.tenant_id, row.name) for row in scope.session.execute(query)}
    return found


def _mac(text: str) -> Mac | None:
    try:
        return Mac.parse(text)
    except ValueError:
        return None


def _verdict(text: str, known: dict[str, tuple[int, str]], line: int = 1, name: str = "", twin: int = 0) -> Verdict:
    try:
        mac = Mac.parse(text)
    except ValueError as error:
        return Verdict(line, text, None, name, None, str(error), False)
    vendor = vendor_by_oui(mac)
    title = vendors()[vendor].title if vendor else None
    if twin:
        return Verdict(line, text, mac, name, title, _("the same as line {line}", line=twin), False)
    if mac.hex in known:
        tenant_id, owner = known[mac.hex]
        mine = tenant_id == here().tenant.id
        listed = _("is in the list already: {name}", name=owner) if owner else _("is in the list already")
        says = listed if mine else _("is already in use")
        return Verdict(line, text, mac, name, title, says, False)
    return Verdict(line, text, mac, name, title, title or _("its digits tell no vendor"), True)


def _paste_fields(scope: Scope) -> tuple[Field, ...]:
    return (
        Field(
            name="list",
            label=mark("MACs, one a line"),
            kind="area",
            required=True,
            wide=True,
            hint=mark("A name may follow, after a blank, a comma or a tab; columns of a spreadsheet can be pasted."),
            attributes={"rows": "10", "spellcheck": "false", "class": "mono", "autofocus": ""},
        ),
        device_forms.vendor(),
        device_forms.model(required=True),
        Field(name="template", label=mark("Button template"), kind="select", choices=device_forms.templates(scope)),
        Field(name="location", label=mark("Location"), kind="select", choices=device_forms.locations(scope)),
    )


@views.route("/paste", methods=["GET", "POST"])
@allow(Permission.TENANT_CHANGE)
def paste() -> Response | str | tuple[str, int]:
    """A list of MACs: each line is judged before anything is added."""
    scope = here()
    shape = _paste_fields(scope)
    if request.method == "GET":
        return render_template("devices/paste.html", form=Form(shape), verdicts=None)
    form = Form.read(shape, request.form)
    verdicts = _verdicts(scope, form["list"])
    right = [verdict for verdict in verdicts if verdict.is_right]
    if request.form.get("do") == "add" and form.is_right and right and _add_all(scope, form, right):
        flash(counted(len(right), "{n} device added.", "{n} devices added."))
        return redirect(url_for(".listing", sort="-added"), 303)
    return render_template("devices/paste.html", form=form, verdicts=verdicts), 200 if form.is_right else 422


def _verdicts(scope: Scope, text: str) -> list[Verdict]:
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n")[:MOST_PASTED], 1) if line.strip()]
    parts = [(number, *_taken_apart(line)) for number, line in lines]
    known = _known_macs(scope, (mac for _number, mac, _name in parts))
    seen: dict[str, int] = {}
    verdicts = []
    for number, written, name in parts:
        mac = _mac(written)
        verdicts.append(_verdict(written, known, number, name, seen.get(mac.hex, 0) if mac else 0))
        if mac:
            seen.setdefault(mac.hex, number)
    return verdicts


_SPACED = re.compile(r"((?:[0-9A-Fa-f]{2}[ ]){5}[0-9A-Fa-f]{2})(.*)")


def _taken_apart(line: str) -> tuple[str, str]:
    """The MAC and the name of a line; a MAC may itself be written with blanks."""
    spaced = _SPACED.fullmatch(line)
    if spaced:
        return spaced[1], spaced[2].strip(" \t,;")
    mac, _separator, name = re.sub(r"[\t,;]", " ", line, count=1).partition(" ")
    return mac.strip("\"'"), name.strip(" \t,;\"'")[:120]


def _add_all(scope: Scope, form: Form, verdicts: Sequence[Verdict]) -> bool:
    """All of them in one transaction, or none; whether it went well."""
    shared = device_forms.given({name: form[name] for name in ("vendor", "model", "template", "location")})
    try:
        with changing(scope) as (change, tenant):
            change.rows(tenant).learn_claims([verdict.mac for verdict in verdicts if verdict.mac])
            for verdict in verdicts:
                devices.put(change, tenant, parsed(DeviceIn, {**shared, "mac": verdict.mac, "name": verdict.name}))
        return True
    except Invalid as invalid:
        form.refuse(invalid)
        return False


# --- seen, not added


@views.get("/seen")
@allow(Permission.TENANT_CHANGE)
def seen() -> str:
    """Phones that asked and belong to nobody, as far as this tenant may know of them."""
    scope = here()
    return render_template("devices/seen.html", rows=seen_by(scope), vendors=vendors())


@views.post("/seen/<mac>/add")
@allow(Permission.TENANT_CHANGE)
def add_seen(mac: str) -> Response:
    """Add one of them as what its own request said it is."""
    scope = here()
    row = next((row for row in seen_by(scope) if row.mac == mac), None)
    if row is None:
        flash(_("It is gone from the list: perhaps it was added already."), "warn")
        return redirect(url_for(".seen"), 303)
    if not row.model:
        return redirect(url_for(".add", mac=Mac(row.mac).colons, vendor=row.vendor or ""), 303)
    try:
        given = parsed(DeviceIn, {"mac": Mac(row.mac), "vendor": row.vendor or "", "model": row.model})
        with changing(scope) as (change, tenant):
            devices.put(change, tenant, given)
            change.session.delete(change.session.get_one(UnknownDevice, row.mac))
    except Invalid as invalid:
        flash(str(invalid), "bad")
        return redirect(url_for(".seen"), 303)
    flash(
        _("{identity} is added. Its pairing window is open: its next request pairs it.", identity=Mac(row.mac).colons)
    )
    return redirect(url_for("portal.device.overview", key=row.mac), 303)


def seen_by(scope: Scope) -> list[UnknownDevice]:
    """The newest first. Nobody sees where another tenant's phones stand.

    A server-wide viewer sees all, as does who has the server alone; others see what asked from an address from
    which their own phones ask, or from their networks where nobody else's phones are: a tenant says itself which
    networks are its own.
    """
    asked = select(UnknownDevice).where(~exists().where(Device.mac == UnknownDevice.mac))
    rows = list(scope.session.scalars(asked.order_by(UnknownDevice.at.desc()).limit(1000)))
    if scope.viewer.role == "server" or scope.session.scalar(select(func.count()).select_from(Tenant)) == 1:
        return rows
    # From the addresses to the devices: few phones ask from where strangers do.
    known = select(Seen.address, Device.tenant_id).join(Device, Device.id == Seen.device_id)
    asking = scope.session.execute(known.where(Seen.address.in_({row.address for row in rows})).distinct()).all()
    ours = {row.address for row in asking if row.tenant_id == scope.tenant.id}
    taken = {row.address for row in asking}
    networks = tuple(scope.tenant.networks)
    return [
        row for row in rows if row.address in ours or (row.address not in taken and is_inside(row.address, networks))
    ]


def sighted(scope: Scope) -> dict[str, tuple[str, str]]:
    """Vendor and model that phones told which this tenant may know of, by their MACs."""
    return {row.mac: (row.vendor, row.model) for row in seen_by(scope) if row.vendor and row.model}
