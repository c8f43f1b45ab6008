"""What belongs to the phone is never sent, whether the server has a value for it or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.merge import merge
from provisioner.neutral import Vlan, defaults
from provisioner.profile import Origin
from provisioner.record import Layer, Record
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.values import Mode, Owner
from provisioner.vendor_api import Model, Vendor
from tests.factories import button, rich_record, tenant_layer

GIVEN: dict[str, Any] = {
    "sip.server": "other.acme.example",
    "sip.port": 5070,
    "sip.transport": "tls",
    "sip.outbound_proxy": "edge.acme.example:5070",
    "sip.backup_server": "b.acme.example",
    "sip.expires": 120,
    "sip.srtp": "mandatory",
    "sip.dtmf": "info",
    "sip.subscribe_mwi": False,
    "sip.keepalive": 0,
    "sip.pickup_code": "*8",
    "sip.group_pickup_code": "*9",
    "sip.retrieve_code": "*7",
    "audio.codecs": ("pcmu", "ilbc"),
    "locale.timezone": "America/Chicago",
    "locale.country": "DE",
    "locale.language": "de",
    "locale.tone_country": "DE",
    "locale.time_format": "12",
    "locale.date_format": "ymd",
    "phone.admin_password": "0therPassw0rd",
    "phone.user_password": "Us3rPassw0rd",
    "phone.ntp": ("a.example", "b.example", "c.example", "d.example", "e.example"),
    "phone.syslog": "log.acme.example:515",
    "phone.vlan": Vlan(id=20, priority=3, pc_id=30, pc_priority=2),
    "phone.lldp": False,
    "phone.dscp_sip": 1,
    "phone.dscp_rtp": 2,
    "phone.web": False,
    "phone.poll_minutes": 0,
    "calls.dnd": True,
    "calls.call_waiting": False,
    "calls.auto_answer": True,
    "calls.forward_always": "201",
    "calls.forward_busy": "202",
    "calls.forward_no_answer": "203",
    "calls.forward_no_answer_s": 30,
    "emergency.numbers": ("110", "112", "117", "118"),
    "emergency.callback": "+4930123456789",
    "emergency.elin": "+4930123456780",
}

NEVER_SENT = {"phone.encrypt_files", "phone.file_key"}
"""What only the server looks at: the key that a phone is told is the device's."""

COMPOSED = {
    "algo": {"sip.port"},
    "avaya": {"sip.server", "sip.port", "sip.transport"},
    "cisco_mpp": {"sip.port"},
    "digium": {"sip.server"},
    "gigaset": {"sip.port", "sip.transport"},
    "grandstream": {"sip.port"},
    "htek": {"sip.port"},
    "mitel": {"sip.transport"},
    "sangoma": {"sip.port"},
    "snom": {"sip.port", "sip.transport"},
}
"""Where a vendor's keys join host, port and transport, or a key is there for one transport only: a part that is left
to the phone shows in a key that is not."""


def representatives() -> list[tuple[Vendor, Model]]:
    """Of each vendor the model with the most line keys and, where it makes them, the smallest base."""
    found = []
    for vendor in vendors().values():
        models = vendor.models.values()
        widest = max(models, key=lambda one: (one.accounts > 1, one.line_keys, one.name))
        base = min(models, key=lambda one: (one.handsets == 0, one.handsets, one.name))
        found += [(vendor, widest)] + ([(vendor, base)] if base.handsets and base is not widest else [])
    return found


def bodies(record: Record, name: str, value: Any) -> list[bytes]:
    """The files of a device whose phone owns the setting."""
    layer = Layer(origin=Origin("device"), values={name: value}, owners={name: Owner.PHONE})
    profile = merge(replace(record, device_layer=layer))
    files = vendors()[profile.vendor].files
    return [render(profile, file).body for file in files if file.template and file.fits(profile.model)]


def nothing(name: str) -> Any:
    """The value of a setting that nobody gave."""
    return () if isinstance(defaults()[name], tuple) and name != "audio.codecs" else defaults()[name]


def device(vendor: Vendor, model: Model) -> Record:
    """A device whose keys bring their own codes: what a key dials is the key's, whoever owns the code."""
    keys = (button("line:3", Mode.BLF, pickup="**"), button("line:4", Mode.SPEED_DIAL))
    return rich_record(vendor.name, model.name, layers=(tenant_layer(),), template=None, buttons=keys)


@pytest.mark.parametrize(
    ("vendor", "model"), representatives(), ids=[f"{vendor.name}-{model.name}" for vendor, model in representatives()]
)
def test_what_the_phone_owns_is_in_no_file_whether_it_is_given_or_not(vendor: Vendor, model: Model) -> None:
    record = device(vendor, model)
    told = {name for name, value in GIVEN.items() if bodies(record, name, nothing(name)) != bodies(record, name, value)}
    assert told <= COMPOSED.get(vendor.name, set())


def test_every_setting_is_tried_with_a_value_of_its_own() -> None:
    assert {*GIVEN, *NEVER_SENT} == set(defaults())
    assert [name for name, value in GIVEN.items() if value == nothing(name)] == []
