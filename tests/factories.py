"""Devices for tests: records as the database would give them, from empty to rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.neutral import Vlan
from provisioner.placeholders import check
from provisioner.profile import Native, Origin
from provisioner.record import (
    ButtonRow,
    ExtensionRecord,
    HandsetRecord,
    Layer,
    LocationRecord,
    Record,
    TemplateRecord,
)
from provisioner.registry import find_model
from provisioner.values import Ipei, Mac, Mode, Slot

HOSTILE_NAME = """O'Brien & "Søn" <100>%s;#"""
TOKEN_URL = "https://prov.example/d/0123456789abcdef0123456789abcdef0123456789abcdef/"

VALUES = {
    Mode.LINE: "1",
    Mode.SHARED_LINE: "1",
    Mode.PAGING: "224.0.1.20:5001",
    Mode.DTMF: "*1",
    Mode.URL: "http://pbx.example/door?open=1&who=me",
    Mode.XML: "http://pbx.example/menu.xml",
    Mode.PRESENCE: "102",
    Mode.NATIVE: "",
}


def extension(number: str, name: str = "", **sip: Any) -> ExtensionRecord:
    """An extension with a password; keyword arguments are neutral ``sip`` settings of its line."""
    return ExtensionRecord(
        number=number,
        name=name or f"User {number}",
        auth_user=f"auth{number}",
        password=f"pw-{number}-&<%\"'",
        voicemail="*97",
        layer=Layer(origin=Origin("extension", number), values={f"sip.{key}": value for key, value in sip.items()}),
    )


def button(slot: str, mode: Mode, value: str | None = None, label: str = "", **more: Any) -> ButtonRow:
    """A button; without a value it gets one that fits its mode."""
    given = VALUES.get(mode, "102") if value is None else value
    check(given)
    return ButtonRow(slot=Slot.parse(slot), mode=mode, value=given, label=label or str(mode), **more)


def tenant_layer(**values: Any) -> Layer:
    """The tenant's settings: a registrar, and what is given as ``section__name=value``."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    return Layer(origin=Origin("tenant", "acme"), values={"sip.server": "pbx.acme.example", **given})


def chicago() -> LocationRecord:
    """A location in a zone with daylight saving, with emergency data."""
    fields = {
        "name": "HQ", "street": "Main St", "house_number": "1", "floor": "3", "room": "301",
        "city": "Chicago", "state": "IL", "postal_code": "60601", "country": "US",
    }  # fmt: skip
    values = {
        "locale.timezone": "America/Chicago",
        "locale.country": "US",
        "locale.language": "en",
        "emergency.numbers": ("911",),
        "emergency.callback": "+13125550100",
    }
    layer = Layer(origin=Origin("location", "HQ"), values=values)
    return LocationRecord(rule="device", name="HQ", fields=fields, layer=layer)


def empty_record(vendor: str, model: str, mac: str = "805ec0123456") -> Record:
    """A device that has nothing but its model and a registrar."""
    known, found = find_model(vendor, model)
    return Record(
        mac=Mac.parse(mac),
        name="",
        vendor=known.name,
        model=found.name,
        firmware=None,
        tenant="acme",
        tenant_name="Acme Dental",
        url=TOKEN_URL,
        admin_password="Gen3rated-Passw0rd",
        file_key="Gen3ratedF1leKeyGen3ratedF1leKey",
        layers=(tenant_layer(),),
        device_layer=Layer(origin=Origin("device", mac)),
    )


RICH_BUTTONS = (
    button("line:1", Mode.LINE, "1", "{name}"),
    button("line:2", Mode.LINE, "2", "{name:2}"),
    button("line:3", Mode.BLF, "102", HOSTILE_NAME, pickup="**"),
    button("line:4", Mode.SPEED_DIAL, "+13125550123", "Lab"),
    button("line:5", Mode.PARK, "701", "Park 1"),
    button("line:6", Mode.DTMF, "*1", "Record"),
    button("line:7", Mode.PAGING, "224.0.1.20:5001", "Page all"),
    button("line:8", Mode.VOICEMAIL, "*97", "Messages"),
    button("line:9", Mode.FORWARD, "103", "Forward"),
    button("line:10", Mode.DND, "", "DND"),
    button("exp1:1", Mode.BLF, "110", "Ten"),
    button("exp1:2", Mode.SPEED_DIAL, "111", "Eleven"),
    button("exp1:3", Mode.NONE, "", ""),
)


def rich_record(vendor: str, model: str, mac: str = "805ec0123456", **changes: Any) -> Record:
    """Two accounts with hostile names, ten kinds of buttons, a module, a location with daylight saving.

    On a DECT base the extensions sit on handsets: one by IPEI, one by its slot, one with neither.
    """
    _, found = find_model(vendor, model)
    people = (extension("100", HOSTILE_NAME), extension("101", "Ärzte 東京", srtp="mandatory", transport="tls"))
    record = empty_record(vendor, model, mac)
    fields: dict[str, Any] = {
        "name": "Front desk",
        "layers": (
            tenant_layer(
                sip__port=5061, sip__outbound_proxy="edge.acme.example:5060", sip__backup_server="b.acme.example",
                phone__vlan=Vlan(id=20, priority=5, pc_id=30), phone__syslog="log.acme.example:514",
                phone__ntp=("0.ntp", "1.ntp"), phone__admin_password="Adm1n;&<pw>", calls__forward_busy="105",
            ),
        ),
        "extensions": () if found.handsets else people,
        "handsets": handsets(people) if found.handsets else (),
        "template": TemplateRecord(name="Front desk", buttons=RICH_BUTTONS),
        "location": chicago(),
        "modules": 1 if found.expansion else None,
    }  # fmt: skip
    values = {name: getattr(record, name) for name in record.__slots__}
    return Record(**{**values, **fields, **changes})


def handsets(people: Sequence[ExtensionRecord]) -> tuple[HandsetRecord, ...]:
    """Three handsets: keyed by IPEI, by slot, and by neither."""
    return (
        HandsetRecord(name="Reception", ipei=Ipei.parse("57005-0782068-7"), slot=1, extensions=tuple(people[:1])),
        HandsetRecord(name="", ipei=None, slot=3, extensions=tuple(people[1:2])),
        HandsetRecord(name="Spare", ipei=Ipei.parse("00C0235C63"), slot=None, extensions=()),
    )


def native(**keys: str | None) -> Native:
    """Vendor-native keys of the device level, dots written as double underscores."""
    given = {key.replace("__", "."): value for key, value in keys.items()}
    return Native(origin=Origin("device", "805ec0123456"), keys=given)
