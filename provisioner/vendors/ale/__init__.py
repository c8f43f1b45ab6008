"""Alcatel-Lucent Enterprise: the Myriad M phones and the 8028s in SIP mode."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.vendor_api import Agent, Boot, File, Profile, UserAgent, Vendor, load_models
from provisioner.vendors.ale.buttons import buttons
from provisioner.vendors.ale.context import context, warn
from provisioner.vendors.ale.reader import read
from provisioner.vendors.ale.syntax import AleSyntax


def http_login(_profile: Profile, user: str, password: str) -> Mapping[str, str]:
    """The account of the provisioning server."""
    return {"DeviceProvisionServerUsername": user, "DeviceProvisionServerPassword": password}


VENDOR = Vendor(
    name="ale",
    title="Alcatel-Lucent Enterprise",
    models=load_models(__package__),
    syntax=AleSyntax(),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    # The address of the server holds the device's token.
    secret_keys=r"passw|secret|pwd|token|AesKey|ServerUrl",  # noqa: S106 (an expression over key names)
    http_login=http_login,
    files=(
        File(
            kind="config",
            pattern="config.{mac}.xml",
            template="device.xml.j2",
            media_type="text/xml; charset=utf-8",
        ),
        File(kind="model", pattern="config.{model}.xml", private=False),
        # IP Touch phones, which speak another language.
        File(kind="boot", pattern="lanpbx.cfg", private=False),
        File(kind="common", pattern="sipconfig.txt", private=False),
        File(kind="legacy", pattern="sipconfig-{MAC}.txt"),
    ),
    boot=Boot(
        files=("config.{model}.xml", "config.{mac}.xml"),
        agents=(Agent(text="ALE {called} {version} {mac}"),),
        version="{release}.1604",
    ),
    user_agents=(
        UserAgent(
            hint="ale ",
            pattern=r"^ALE (?P<model>[A-Z]?\d[\w-]*) (?P<version>\d{1,4}(?:\.\d{1,4}){2,4})"
            r"(?: (?P<mac>[0-9a-f]{12})\b)?",
        ),
    ),
    ouis=("3c28a6", "487a55", "00809f"),
)
