"""Htek: the UC9xx desk phones, their forerunners UC8xx, and the U models."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.vendor_api import Agent, Boot, File, FlatXml, Profile, UserAgent, Vendor, load_models
from provisioner.vendors.htek.buttons import buttons
from provisioner.vendors.htek.context import context, warn
from provisioner.vendors.htek.dialect import element
from provisioner.vendors.htek.reader import read


def http_login(profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """The account of the configuration server, in the dialect of the phone."""
    told = {"FirmwareUpGrade_UserName": user, "FirmwareUpGrade_Password": password}
    return {key: value for name, value in told.items() if (key := element(profile.model, name))}


VENDOR = Vendor(
    name="htek",
    title="Htek",
    models=load_models(__package__),
    syntax=FlatXml(name="htek", below="config"),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "resync",
    # The path holds the device's token; 2, 34 and so on are passwords by their P numbers.
    secret_keys=r"passw|secret|pwd|token|ServerPath|AESKey|AuthKey|PrivKey|UnlockPin"  # noqa: S106  key names, not a secret
    r"|^P(2|34|734|506|606|1706|1806|2413\d|192|196|237|1361|5436|5730|8628|8631)$",
    http_login=http_login,
    files=(
        File(
            kind="config",
            pattern="cfg{mac}.xml",
            template="device.xml.j2",
            media_type="application/xml; charset=utf-8",
        ),
        # Asked for before it. The first answer ends the search, so all of these are answered with a 404.
        File(kind="factory", pattern="factory000x.bin", private=False),
        File(kind="factory", pattern="factory{code}.bin", private=False),
        File(kind="model", pattern="cfg{code}.xml", private=False),
        File(kind="other", pattern="{mac}.cfg"),
        File(kind="binary", pattern="cfg{mac}"),
    ),
    boot=Boot(
        files=(("factory000x.bin", "cfg{code}.xml", "{mac}.cfg", "cfg{mac}", "cfg{mac}.xml"),),
        agents=(Agent(text="Htek {called} {version} {colons}"),),
        release="2.0.4.6.41",
    ),
    user_agents=(
        UserAgent(
            hint="htek",
            pattern=r"\bhtek\s+(?P<model>UC\d+[A-Z]*)(?:\s+(?P<version>\d+(?:\.\d+)+))?"
            r"(?:\s+(?P<mac>[0-9a-f]{2}(?::?[0-9a-f]{2}){5})\b)?",
        ),
    ),
    ouis=("001fc1",),
)
