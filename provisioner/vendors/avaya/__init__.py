"""Avaya: the J100 phones with open SIP (3PCC) firmware."""

from __future__ import annotations

from provisioner.vendor_api import Agent, Boot, File, UserAgent, Vendor, load_models
from provisioner.vendors.avaya.buttons import buttons
from provisioner.vendors.avaya.context import context, warn
from provisioner.vendors.avaya.reader import read
from provisioner.vendors.avaya.syntax import AvayaSyntax

VENDOR = Vendor(
    name="avaya",
    title="Avaya J100",
    models=load_models(__package__),
    syntax=AvayaSyntax(),
    buttons=buttons,
    context=context,
    read=read,
    warn=warn,
    resync=lambda _model: "check-sync;reboot=false",
    # The directory on the server holds the device's token.
    secret_keys=r"passw|secret|pwd|token|HTTPDIR|TLSDIR",  # noqa: S106 (an expression over key names)
    files=(
        File(kind="boot", pattern="J100Supgrade.txt", template="upgrade.txt.j2", private=False),
        File(kind="common", pattern="46xxsettings.txt", template="settings.txt.j2", private=False),
        File(kind="config", pattern="{mac}.cfg", template="device.cfg.j2"),
        # The name that other systems let the boot file ask for.
        File(kind="config", pattern="{mac}.txt", template="device.cfg.j2"),
        # Phones of the same language that we know no keys of.
        File(kind="boot", pattern="96x1Supgrade.txt", private=False),
        File(kind="boot", pattern="96x1Hupgrade.txt", private=False),
    ),
    boot=Boot(
        files=("J100Supgrade.txt", "46xxsettings.txt", "{mac}.cfg"),
        agents=(Agent(text="Mozilla/4.0 (compatible; MSIE 6.0) AVAYA/{called}-{version} (MAC:{mac})"),),
        version="{release}.0.6",
    ),
    user_agents=(
        UserAgent(
            hint="avaya/",
            pattern=r"\bAVAYA/(?P<model>[A-Z]\d{3})-(?P<version>\d+(?:\.\d+)+)(?:\s+\(MAC:(?P<mac>[0-9a-f]{12})\))?",
        ),
    ),
    ouis=("c81fea", "00040d", "001b4f", "b4b017", "2cf4c5"),
)
