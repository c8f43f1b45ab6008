"""What is no tenant's: vendors, requests and what they are taken for, devices that nobody has added yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Any

from sqlalchemy import select, true

from admin.access import Permission
from admin.api.bodies import reads
from admin.api.call import Call
from admin.api.given import RequestsIn, ValidateIn
from admin.api.lists import PAGES, items_of, page_of
from admin.api.nouns import devices_named
from admin.api.operations import SMALL, Body, Operation, Parameter, Reply, ref, table, text_argument
from admin.api.problems import Refusal
from admin.api.schemas import TEXT, TEXT_OR_NULL, TIME, WHOLE
from admin.lists.devices import key_of
from admin.scope import Scope
from admin.views.adding import seen_by
from provisioner.commands.requests import described, vendor_table
from provisioner.errors import Invalid, Problem
from provisioner.recognise import Ask, recognise, vendor_by_oui
from provisioner.registry import vendors
from provisioner.replay import replay
from provisioner.store.tables import Device, Tenant, UnknownDevice
from provisioner.values import Ipei, Mac, Transport

# --- vendors


def _vendors(_call: Call) -> Reply:
    return Reply(value={"vendors": [vendor_table(vendor) for vendor in vendors().values()]})


def _vendor(call: Call) -> Reply:
    vendor = vendors().get(call.path["vendor"].lower())
    if vendor is None:
        raise Refusal(404)
    return Reply(value=vendor_table(vendor))


# --- requests


def _ask(path: str, user_agent: str, transport: str, address: str = "") -> Ask:
    return Ask(path=path, user_agent=user_agent, transport=Transport(transport), address=address)


def _recognise(call: Call) -> Reply:
    query = call.query
    return Reply(value=described(recognise(_ask(query["path"], query["user_agent"], query["transport"]))))


def _recognise_many(call: Call) -> Reply:
    given: RequestsIn = call.body
    items = [described(recognise(_ask(one.path, one.user_agent, one.transport))) for one in given.requests]
    return Reply(value={"items": items, "total": len(items)})


def _why(call: Call) -> Reply:
    query = call.query
    try:
        address = str(ip_address(query["address"]))
    except ValueError:
        message = "is no IPv4 or IPv6 address; write one such as 10.20.0.7"
        raise Invalid([Problem(field="address", message=message)]) from None
    ask = _ask(query["path"], query["user_agent"], query["transport"], address)
    steps = replay(call.provisioner, ask)
    return Reply(value={"steps": [{"step": step.name, "ok": step.ok, "says": step.says} for step in steps]})


# --- devices


def _validate(call: Call) -> Reply:
    given: ValidateIn = call.body
    known = devices_named(call.session, given.macs, true())
    slugs = {row.id: row.slug for row in call.session.execute(select(Tenant.id, Tenant.slug))} if known else {}
    seen: dict[str, int] = {}
    items = []
    for number, text in enumerate(given.macs, 1):
        verdict = _verdict(call, text, known.get(text), slugs)
        identity = verdict["mac"] or verdict["ipei"]
        if identity and seen.setdefault(identity, number) != number:
            verdict |= {"ok": False, "problem": f"the same as number {seen[identity]}"}
        items.append(verdict)
    return Reply(value={"items": items, "total": len(items)})


def _verdict(call: Call, text: str, row: Device | None, slugs: Mapping[int, str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ok": False,
        "mac": None,
        "ipei": None,
        "vendor": None,
        "tenant": None,
        "device": None,
        "problem": None,
    }
    problems = []
    for kind, name in ((Mac, "mac"), (Ipei, "ipei")):
        try:
            identity = kind.parse(text)
        except ValueError as error:
            problems.append(str(error))
            continue
        told[name] = str(identity)
        told["vendor"] = vendor_by_oui(identity) or None if isinstance(identity, Mac) else None
        return {**told, **_free(call, row, slugs)}
    return {**told, "problem": problems[0]}


def _free(call: Call, row: Device | None, slugs: Mapping[int, str]) -> dict[str, Any]:
    """Whether the identity can be added; whose it is, is told to those who may know."""
    if row is None:
        return {"ok": True}
    mine = call.scoped.tenant.id if call.scoped else call.actor.tenant_id
    if row.tenant_id != mine and call.actor.role != "server":
        return {"problem": "is already in use; compare it with the label of the device"}
    slug = slugs[row.tenant_id]
    return {"tenant": slug, "device": key_of(row), "problem": f"tenant {slug} has it already"}


_UNKNOWN = {
    "mac": TEXT,
    "at": TIME,
    "address": TEXT,
    "user_agent": TEXT,
    "vendor": TEXT_OR_NULL,
    "model": TEXT_OR_NULL,
    "requests": WHOLE,
}


def _unknown(call: Call) -> Reply:
    rows = _seen(call)
    text = call.query.get("q", "").lower()
    if text:
        rows = [row for row in rows if text in f"{Mac(row.mac)} {row.mac} {row.address} {row.user_agent}".lower()]
    return page_of(
        call, rows, lambda row: {**{name: getattr(row, name) for name in _UNKNOWN}, "mac": str(Mac(row.mac))}
    )


def _seen(call: Call) -> list[UnknownDevice]:
    """What the viewer may know of: a token for the whole server all, an admin what asked from their networks."""
    tenant = call.session.get(Tenant, call.actor.tenant_id) if call.actor.tenant_id else None
    nowhere = Tenant(id=0, slug="", name="", networks=[])
    return seen_by(Scope(call.provisioner, call.session, call.actor, tenant or nowhere))


_TRANSPORT = {"type": "string", "enum": ["http", "tftp"], "default": "http"}
_REQUEST = (
    Parameter(name="path", says="The path, as the phone sends it.", kind=text_argument(2000, default="")),
    Parameter(name="user_agent", says="The User-Agent header.", kind=text_argument(500, default="")),
    Parameter(name="transport", says="How it asks.", kind=_TRANSPORT),
)
_ADDRESS = Parameter(
    name="address",
    says="Where it asks from.",
    kind={**text_argument(45, default="127.0.0.1"), "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
)
_TAKEN = table(
    vendor=TEXT_OR_NULL,
    model=TEXT_OR_NULL,
    version=TEXT_OR_NULL,
    mac=TEXT_OR_NULL,
    file=TEXT_OR_NULL,
    private={"type": ["boolean", "null"]},
)
_VERDICT = table(
    ok={"type": "boolean"},
    mac=TEXT_OR_NULL,
    ipei=TEXT_OR_NULL,
    vendor=TEXT_OR_NULL,
    tenant=TEXT_OR_NULL,
    device=TEXT_OR_NULL,
    problem=TEXT_OR_NULL,
)
_VENDOR = {
    "type": "object",
    "properties": {"name": TEXT, "title": TEXT, "models": {"type": "array", "items": {"type": "object"}}},
    "required": ["name", "title", "models"],
}


def operations() -> Iterator[Operation]:
    """The operations about no tenant's things."""
    yield from _of_vendors()
    yield from _of_unknown_devices()
    yield from _of_requests()
    yield from _of_verdicts()


_read = partial(Operation, method="GET", tag="Server", permission=Permission.TENANT_READ)
_ask_many = partial(Operation, method="POST", tag="Server", permission=Permission.TENANT_READ)


def _of_vendors() -> Iterator[Operation]:
    yield _read(
        name="listVendors",
        path="/vendors",
        title="List vendors and models",
        says="What each model has: accounts, keys, expansion modules, files.",
        run=_vendors,
        answers={200: table(vendors={"type": "array", "items": _VENDOR})},
    )
    yield _read(
        name="getVendor",
        path="/vendors/{vendor}",
        title="Read a vendor",
        says="With its models.",
        run=_vendor,
        answers={200: _VENDOR},
    )


def _of_unknown_devices() -> Iterator[Operation]:
    yield _read(
        name="listUnknownDevices",
        path="/unknown-devices",
        title="List devices that were seen and not added",
        says="The newest first. Tokens of a tenant see what asked from its networks.",
        run=_unknown,
        query=(Parameter(name="q", says="Part of the MAC, address or user-agent."), *PAGES),
        answers={200: items_of(table(**_UNKNOWN))},
    )


def _of_requests() -> Iterator[Operation]:
    yield _read(
        name="recognise",
        path="/recognise",
        title="Recognise a request",
        says="What it would be taken for. Nothing is looked up.",
        run=_recognise,
        query=_REQUEST,
        answers={200: _TAKEN},
    )
    yield _ask_many(
        name="recogniseMany",
        path="/recognise",
        title="Recognise many requests",
        says="One answer for each, in their order.",
        run=_recognise_many,
        body=Body(
            schema=ref("RequestsInput"),
            read=reads(RequestsIn),
            largest=4 * SMALL,
            example={"requests": [{"path": "/805ec0000001.cfg", "user_agent": "Yealink SIP-T46U 108.86.0.90"}]},
        ),
        answers={200: items_of(_TAKEN)},
    )
    yield _read(
        name="why",
        path="/why",
        title="Replay a request",
        says="Each decision about it, without noting it. Only with a token for the whole server.",
        run=_why,
        permission=Permission.SERVER_CHANGE,
        query=(*_REQUEST, _ADDRESS),
        answers={200: table(steps={"type": "array", "items": table(step=TEXT, ok={"type": "boolean"}, says=TEXT)})},
    )


def _of_verdicts() -> Iterator[Operation]:
    for name, path, whose in (
        ("validateDevices", "/devices/validate", ""),
        ("validateTenantDevices", "/tenants/{tenant}/devices/validate", " at this tenant"),
    ):
        yield _ask_many(
            name=name,
            path=path,
            title=f"Judge a list of MACs{whose}",
            says="A verdict for each, in their order: whether it is one, whose vendor it is, and whether it is free.",
            run=_validate,
            body=Body(
                schema=ref("ValidateInput"),
                read=reads(ValidateIn),
                example={"macs": ["80:5e:c0:00:00:01", "805EC0-770009"]},
            ),
            answers={200: items_of(_VERDICT)},
        )
