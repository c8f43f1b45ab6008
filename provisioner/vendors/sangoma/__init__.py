"""Sangoma: the S205 to S705 desk phones."""

from __future__ import annotations

from provisioner.vendor_api import Agent, Boot, File, FlatXml, UserAgent, Vendor, load_models
from provisioner.vendors.sangoma.buttons import buttons
from provisioner.vendors.sangoma.context import context, warn
from provisioner.vendors.sangoma.reader import read

_XML = "application/xml; charset=utf-8"

VENDOR = Vendor(
    name="sangoma",
    title="Sangoma S-series",
    models=load_models(__package__),
    syntax=FlatXml(name="sangoma", below="config"),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "resync",
    # The path holds the device's token; 2, 34 and so on are passwords by their P numbers.
    secret_keys=r"passw|secret|pwd|token|^P(2|34|734|506|606|1706|1806|192|196|237|5436|5730|8628|8631)$",  # noqa: S106
    files=(
        # Deployments are known with one name or the other; whichever is asked for first ends the phone's search.
        File(kind="config", pattern="cfg{mac}.xml", template="device.xml.j2", media_type=_XML),
        File(kind="config", pattern="{mac}.xml", template="device.xml.j2", media_type=_XML),
        File(kind="model", pattern="cfg{model}.xml", private=False),
        File(kind="other", pattern="{mac}.cfg"),
        File(kind="binary", pattern="cfg{mac}"),
    ),
    boot=Boot(
        files=(("cfg{model}.xml", "{mac}.cfg", "cfg{mac}", "cfg{mac}.xml", "{mac}.xml"),),
        agents=(Agent(text="Sangoma {called} {version} {colons}"),),
        release="2.0.4.60",
    ),
    user_agents=(
        UserAgent(
            hint="sangoma",
            pattern=r"\bsangoma\s+(?P<model>S\d{3})\b(?:\s+(?P<version>\d+(?:\.\d+)+))?"
            r"(?:\s+(?P<mac>[0-9a-f]{2}(?::?[0-9a-f]{2}){5})\b)?",
        ),
    ),
    ouis=("005058",),
)
