"""A tenant as a site file: in the order of the documentation, without what is not set.

Texts that a YAML reader could take for something else are quoted: numbers, dates, ``no``, ``10:20:30``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from provisioner.errors import Invalid, Problem
from provisioner.neutral import Section
from provisioner.services import devices, extensions, integrations, locations, templates, tenants, user_page, webhooks
from provisioner.services.differences import plain
from provisioner.services.fields import Schema
from provisioner.services.rows import Rows
from provisioner.services.schemas import DeviceIn
from provisioner.services.sealed import without_secrets
from provisioner.site.bulk import collector_at_rest
from provisioner.store.tables import Tenant
from provisioner.vault import Vault

_ALWAYS = {"access", "networks", "pairing_minutes", "active", "models", "method", "enabled"}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def export(session: Session, vault: Vault, slug: str, *, secrets: bool = False) -> str:
    """The tenant's site file. Raises Invalid when there is no such tenant."""
    tenant = tenants.find(session, slug)
    if tenant is None:
        raise Invalid([Problem(field="TENANT", message=f"there is no tenant {slug[:60]!r}")])
    with collector_at_rest():
        return "\n".join(_lines(session, vault, tenant, secrets)) + "\n"


def document_of(given: Schema, *, secrets: bool) -> dict[str, Any]:
    """An object with the fields of the site file, as JSON has it, without what is not set."""
    found = fields_of(given if secrets else without_secrets(given))
    return {name: value for name, value in found.items() if name in _ALWAYS or _is_set(value)}


def fields_of(given: Schema) -> dict[str, Any]:
    """An object with the fields of the site file, as JSON has it, also what is not set."""
    return {name: _value(getattr(given, name)) for name in type(given).model_fields if name in given.model_fields_set}


def _is_set(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def _value(value: Any) -> Any:
    if isinstance(value, Section):
        fields = [name for name in type(value).model_fields if name in value.model_fields_set]
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        return {name: _value(value[name]) for name in sorted(value)}
    if isinstance(value, tuple) and value and isinstance(value[0], Schema):
        return [document_of(one, secrets=True) for one in value]
    return plain(value)


def _lines(session: Session, vault: Vault, tenant: Tenant, secrets: bool) -> Iterator[str]:
    for name, value in document_of(tenants.dump(vault, tenant), secrets=secrets).items():
        yield f"{name}: {_flow(value)}"
    said = {key: state for key, state in user_page.states(session, tenant).items() if state != "default"}
    if said:
        yield f"user_page_control: {_flow(said)}"
    rows = Rows(session, tenant, names_tenants=False)
    rows.load()
    objects = _objects(rows, vault)
    stored = sorted(integrations.rows(session, tenant).items())
    objects["integrations"] = [integrations.dump(vault, row, secrets=secrets) for _, row in stored]
    for noun, given in objects.items():
        if given:
            yield f"{noun}:"
        for one in given:
            yield from _item(document_of(one, secrets=secrets))


def _objects(rows: Rows, vault: Vault) -> dict[str, list[Any]]:
    """Every object by its list, in an order that does not depend on how they came to be."""
    return {
        "locations": sorted(map(locations.dump, rows.locations.all()), key=lambda one: one.name),
        "extensions": sorted(
            (extensions.dump(vault, row) for row in rows.extensions.all()), key=lambda one: _number(one.number)
        ),
        "button_templates": sorted(
            (templates.dump(vault, row) for row in rows.button_templates.all()), key=lambda one: one.name
        ),
        "devices": sorted((devices.dump(vault, row) for row in rows.devices.all()), key=_place),
        "webhooks": sorted(
            (webhooks.dump(vault, row) for row in rows.webhooks.all()), key=lambda one: (one.event, one.url)
        ),
    }


def _number(number: str) -> tuple[bool, int, str]:
    """Numbers in their order, names after them."""
    return not number.isdecimal(), len(number), number


def _place(device: DeviceIn) -> tuple[str, bool, int, str]:
    """By MAC, a base's handsets and further bases behind it."""
    first = device.base or device.mac
    own = device.mac or device.ipei
    return first.hex if first else "", device.base is not None, device.slot or 0, own.hex if own else ""


def _item(table: Mapping[str, Any]) -> Iterator[str]:
    """One object: a line, or where it has buttons a line for each of them."""
    if not table.get("buttons"):
        yield f"  - {_flow(table)}"
        return
    lead = "  - "
    for name, value in table.items():
        if name == "buttons":
            yield f"{lead}{name}:"
            yield from (f"      - {_flow(button)}" for button in value)
        else:
            yield f"{lead}{name}: {_flow(value)}"
        lead = "    "


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return str(value)
    quoted = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
