"""A device that has nothing but its model, so that we can see what our own templates write."""

from __future__ import annotations

from provisioner.profile import Origin
from provisioner.record import Layer, Record
from provisioner.values import Mac

HOST = "here.invalid"


def blank(mac: Mac, vendor: str, model: str) -> Record:
    """The record of such a device; its URL holds `HOST`, so that keys which lead to this server are found."""
    return Record(
        mac=mac,
        name="",
        vendor=vendor,
        model=model,
        firmware=None,
        tenant="imported",
        tenant_name="",
        url=f"https://{HOST}/d/{'0' * 48}/",
        admin_password="",
        file_key="",
        layers=(),
        device_layer=Layer(origin=Origin("device")),
    )
